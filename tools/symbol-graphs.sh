#!/bin/bash
# symbol-graphs.sh FOLDER: the compiler's symbol graphs of the modules that `import FloeSDK` brings, public declarations
# alone. Needs the kit built (make build).
set -euo pipefail
folder=$(realpath "$1")
cd "$(dirname "$0")/.."
modules=.build/release/Modules
[ -f "$modules/FloeSDK.swiftmodule" ] || { echo "$modules has no FloeSDK; run make build first" >&2; exit 1; }
target=$(swift -print-target-info | python3 -c 'import json, sys; print(json.load(sys.stdin)["target"]["triple"])')
flags=(-target "$target" -I "$modules" -output-dir "$folder" -minimum-access-level public)
for map in .build/release/*.build/module.modulemap Sources/FloeKit/Sources/*/module.modulemap; do
  flags+=(-Xcc "-fmodule-map-file=$PWD/$map")
done
flags+=(-Xcc -ISources/FloeKit/Sources/CFloeStamp/include)
for flag in $(pkg-config --cflags gdal proj netcdf fftw3f cminpack sqlite3 libcrypto); do flags+=(-Xcc "$flag"); done
for module in FloeCore FloeNumerics FloeSDK; do
  swift symbolgraph-extract -module-name "$module" "${flags[@]}"
done
