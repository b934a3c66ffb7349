#!/bin/bash
# Prints the digest of the kit's contract: every public declaration of the modules that `import FloeSDK` brings, as the
# compiler's symbol graphs have them, without comments and bodies. Needs the kit built (make build).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$(dirname "$0")/symbol-graphs.sh" "$folder"
python3 - "$folder" <<'P'
import glob, hashlib, json, sys
lines = set()
for path in glob.glob(sys.argv[1] + "/*.symbols.json"):
    for symbol in json.load(open(path))["symbols"]:
        # What the compiler derives, such as == of Equatable, follows from the rest.
        if "::SYNTHESIZED::" not in symbol["identifier"]["precise"]:
            text = "".join(part["spelling"] for part in symbol["declarationFragments"])
            lines.add(".".join(symbol["pathComponents"]) + ": " + text)
print(hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()[:16])
P
