#!/usr/bin/env bash
# floe on another release of Debian, in a folder of its own: tools/debian.sh SUITE [test | package | shell]
#
#   test      installs what the Makefile asks for there, builds, and runs all tests (the default)
#   package   installs dist/floe_*.deb there as a user would, and makes a small demonstration
#   shell     a shell inside, to look around
#
# Needs root, debootstrap and a network. The folder is $FLOE_DEBIAN, /var/tmp/floe-SUITE by default; it is kept, so that the next call is quick.
# The Swift toolchain that runs here is bound into it.
set -euo pipefail
suite=${1:-} task=${2:-test}
case $suite in [a-z]*) ;; *) echo "usage: tools/debian.sh SUITE [test | package | shell], for example tools/debian.sh trixie" >&2; exit 2;; esac
case $task in test|package|shell) ;; *) echo "tools/debian.sh knows test, package and shell, not '$task'" >&2; exit 2;; esac
[ "$(id -u)" = 0 ] || { echo "tools/debian.sh needs root: it makes a system in a folder" >&2; exit 1; }
command -v debootstrap > /dev/null || { echo "debootstrap is missing: apt-get install debootstrap" >&2; exit 1; }
here=$(cd "$(dirname "$0")/.." && pwd)
folder=${FLOE_DEBIAN:-/var/tmp/floe-$suite}
mirror=${FLOE_DEBIAN_MIRROR:-http://deb.debian.org/debian}

if [ ! -e "$folder/.floe-made" ]; then
  debootstrap --variant=minbase "$suite" "$folder" "$mirror"
  touch "$folder/.floe-made"
fi
[ ! -e /etc/resolv.conf ] || cp -L /etc/resolv.conf "$folder/etc/resolv.conf"

# Mounts live in a namespace of their own and end with it.
inside() { FOLDER=$folder TOOLCHAIN=${toolchain:-} unshare -m bash -c '
  mount -t proc proc "$FOLDER/proc" && mount --rbind /dev "$FOLDER/dev"
  if [ -n "$TOOLCHAIN" ]; then mkdir -p "$FOLDER/opt/swift" && mount --bind "$TOOLCHAIN" "$FOLDER/opt/swift"; fi
  exec env -i HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive PATH=/opt/swift/usr/bin:/usr/sbin:/usr/bin:/sbin:/bin chroot "$FOLDER" "$@"' bash "$@"; }

case $task in
  package)
    rm -f "$folder"/root/floe_*.deb
    cp "${FLOE_DIST:-$here/dist}"/floe_*.deb "$folder/root/"
    inside bash -ec 'apt-get update -q; apt-get install -y -q --no-install-recommends --reinstall /root/floe_*.deb; cd /root; rm -rf demo
      floe --version; floe doctor || true; floe demo demo --size 240 --quiet; ls demo/results';;
  *)
    toolchain=$(dirname "$(dirname "$(dirname "$(readlink -f "$(command -v swift)")")")")
    inside bash -ec 'apt-get update -q; apt-get install -y -q --no-install-recommends make git ca-certificates g++ libc6-dev libncurses6 libxml2 libcurl4 libedit2 tzdata binutils patchelf perl python3'
    # What is under version control, changed or not: no build of another system.
    mkdir -p "$folder/src/floe"
    (cd "$here" && git ls-files -z --cached --others --exclude-standard | xargs -0 sh -c 'for f; do [ -e "$f" ] && printf "%s\0" "$f"; done' sh | tar --null -T - -cf -) | tar -C "$folder/src/floe" -xf -
    if [ "$task" = shell ]; then inside bash -c 'cd /src/floe && exec bash'; else inside bash -c 'cd /src/floe && git init -q . 2>/dev/null; git add -A 2>/dev/null; make test SUDO='; fi;;
esac
