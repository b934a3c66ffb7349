#!/usr/bin/env bash
# Puts floe under a prefix: tools/install.sh PREFIX. Called by `make install`, after the build.
#
#   bin/floe                    the executable
#   lib/floe/                   the kit, and the parts of Swift's runtime that are used
#   lib/floe/plugins/           the bundled plugins
#   share/floe/                 styles, examples, templates, documentation, the Python package, and for plugin authors the sources of the kit and of FloeTestSupport
#   share/man/man1/floe.1       the manual page
#   share/bash-completion ...   completions for bash, zsh and fish
set -euo pipefail
[ $# = 1 ] || { echo "usage: tools/install.sh PREFIX" >&2; exit 2; }
prefix=$1
here=$(cd "$(dirname "$0")/.." && pwd)
built=$(swift build --package-path "$here" -c release --show-bin-path)
lib=$prefix/lib/floe share=$prefix/share/floe
# What an older floe left here, its libraries above all, must not meet the new one.
if [ -f "$share/manifest.txt" ]; then "$here/tools/uninstall.sh" "$prefix" > /dev/null; fi
mkdir -p "$prefix/bin" "$lib/plugins" "$share"
prefix=$(cd "$prefix" && pwd) && lib=$prefix/lib/floe && share=$prefix/share/floe

install -m 755 "$built/floe" "$prefix/bin/floe"
install -m 755 "$built/libFloeKit.so" "$lib/"
install -m 755 "$built"/lib*FloePlugin.so "$lib/plugins/"

# Swift's runtime: whatever the executable and the plugins ask for that lies in the toolchain.
runtime=$(dirname "$(ldd "$built/floe" | awk '/libswiftCore/ { print $3 }')")
ldd "$built/floe" "$built"/lib*.so | awk -v from="$runtime/" 'index($3, from) == 1 { print $3 }' | sort -u | xargs -I{} install -m 755 {} "$lib/"

# No path of the machine that built it stays in a run path.
patchelf --set-rpath '$ORIGIN/../lib/floe' "$prefix/bin/floe"
for f in "$lib"/*.so; do patchelf --set-rpath '$ORIGIN' "$f"; done
for f in "$lib"/plugins/*.so; do patchelf --set-rpath '$ORIGIN/..' "$f"; done
strip --strip-debug "$prefix/bin/floe" "$lib"/libFloeKit.so "$lib"/plugins/*.so
# C code names its own files in messages, and without a soname the linker names a library's versions after the file it made:
# slashes of equal number take the checkout's place.
for f in "$prefix/bin/floe" "$lib"/libFloeKit.so "$lib"/plugins/*.so; do
  FOLDER=$here perl -0777 -pi -e 's/\Q$ENV{FOLDER}\E/"\/" x length($ENV{FOLDER})/ge' "$f"
done

for part in styles examples templates docs python; do rm -rf "${share:?}/$part"; cp -r "$here/$part" "$share/"; find "$share/$part" -name __pycache__ -prune -exec rm -rf {} +; done
find "$share/examples" -name .build -prune -exec rm -rf {} +
for package in FloeKit FloeTestSupport; do
  rm -rf "${share:?}/$package"
  mkdir -p "$share/$package"
  cp -r "$here/Sources/$package/Package.swift" "$here/Sources/$package/Sources" "$share/$package/"
done
install -m 644 "$here/LICENSE" "$here/README.md" "$share/"
sed -i 's#path: "../../Sources/#path: "../../#g' "$share/examples/plugin-swift/Package.swift"

mkdir -p "$prefix/share/man/man1"
"$prefix/bin/floe" __manual > "$prefix/share/man/man1/floe.1"

mkdir -p "$prefix/share/bash-completion/completions" "$prefix/share/zsh/site-functions" "$prefix/share/fish/vendor_completions.d"
"$prefix/bin/floe" --generate-completion-script bash > "$prefix/share/bash-completion/completions/floe"
"$prefix/bin/floe" --generate-completion-script zsh > "$prefix/share/zsh/site-functions/_floe"
"$prefix/bin/floe" --generate-completion-script fish > "$prefix/share/fish/vendor_completions.d/floe.fish"
"$here/tools/manifest.sh" "$prefix"
echo "floe is installed: $prefix/bin/floe"
