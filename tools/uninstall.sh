#!/usr/bin/env bash
# Takes away what tools/install.sh put under a prefix, and nothing else: tools/uninstall.sh PREFIX. Called by `make uninstall`.
set -euo pipefail
[ $# = 1 ] || { echo "usage: tools/uninstall.sh PREFIX" >&2; exit 2; }
[ -f "$1/share/floe/manifest.txt" ] || { echo "there is no floe under $1: share/floe/manifest.txt, the list of its files, is missing" >&2; exit 1; }
cd "$1"
manifest=$(cat share/floe/manifest.txt)
while read -r file; do
  # The list is a file like any other: nothing outside of the prefix goes by it.
  case /$file/ in */../*|//*) echo "share/floe/manifest.txt names '$file', which is no file under the prefix" >&2; exit 1;; esac
done <<< "$manifest"
while read -r file; do rm -f -- "$file"; done <<< "$manifest"
# Folders that are empty now, the deepest first; bin, lib and share belong to others too.
dirname -- $(tr '\n' ' ' <<< "$manifest") | LC_ALL=C sort -ru | while read -r folder; do
  while [ "$folder" != . ] && rmdir -- "$folder" 2>/dev/null; do folder=$(dirname -- "$folder"); done
done
echo "floe is gone from $1"
