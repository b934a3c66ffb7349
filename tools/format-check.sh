#!/usr/bin/env bash
# Names every tracked Swift file that swift-format would change, or that has a line over 120 columns; fails if there is one.
set -euo pipefail
cd "$(dirname "$0")/.."
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
git ls-files '*.swift' | while read -r file; do mkdir -p "$made/$(dirname "$file")" && cp "$file" "$made/$file"; done
cp .swift-format "$made/"
find "$made" -name '*.swift' -print0 | xargs -0 swift format --in-place --parallel --configuration .swift-format
bad=0
while read -r file; do
  if ! cmp -s "$file" "$made/$file"; then echo "$file: not in swift-format's form; run 'make format'" >&2; bad=1; fi
  if awk 'length($0) > 120 { exit 1 }' "$file"; then :; else echo "$file: a line is longer than 120 columns" >&2; bad=1; fi
done < <(git ls-files '*.swift')
exit "$bad"
