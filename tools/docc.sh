#!/bin/bash
# docc.sh FOLDER: the reference of the kit's contract as a web site, made by DocC from the symbol graphs and the
# catalogue in Sources/FloeKit. `python3 -m http.server -d FOLDER` shows it under /documentation/floesdk.
set -euo pipefail
mkdir -p "$1"
out=$(realpath "$1")
cd "$(dirname "$0")/.."
graphs=$(mktemp -d)
trap 'rm -rf "$graphs"' EXIT
tools/symbol-graphs.sh "$graphs"
docc=$(command -v docc || echo "$(dirname "$(realpath "$(command -v swift)")")/docc")
"$docc" convert Sources/FloeKit/Sources/FloeSDK/FloeSDK.docc --additional-symbol-graph-dir "$graphs" --output-dir "$out" \
  --fallback-display-name FloeSDK --fallback-bundle-identifier floe.FloeSDK
