#!/usr/bin/env bash
# Writes down what an installation consists of: tools/manifest.sh PREFIX. `make uninstall` and the next `make install` go by it.
set -euo pipefail
cd "$1"
{ find bin/floe lib/floe share/floe share/man/man1/floe.1 share/bash-completion/completions/floe share/zsh/site-functions/_floe \
    share/fish/vendor_completions.d/floe.fish ! -type d; echo share/floe/manifest.txt; } | LC_ALL=C sort -u > share/floe/manifest.new
grep -v '^share/floe/manifest.new$' share/floe/manifest.new > share/floe/manifest.txt
rm share/floe/manifest.new
