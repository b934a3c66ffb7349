#!/usr/bin/env bash
# Packages floe with every library that it needs: tools/package.sh tree FOLDER | tarball | deb. Called by `make tarball` and `make deb`.
#
# Beside what tools/install.sh puts there:
#   lib/floe/libs/              GDAL, PROJ, netCDF, FFTW and what they need; of the system only glibc, libstdc++ and libgcc are used
#   lib/floe/share/gdal, proj   their tables
#   lib/floe/share/leaflet      the script that draws the interactive maps of reports
#   share/floe/licences/        the copyright files of these libraries' Debian packages
# The tree runs from any place. Both packages are made of it, so that one package serves every Debian with a glibc that is not older
# than the one it was made with. FLOE_PACK_LEVEL sets the compression, 6 by default; 0 is none.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
what=${1:-}
version=$(sed -n 's/^__version__ = "\(.*\)"/\1/p' "$here/python/floe/__init__.py")
architecture=$(dpkg --print-architecture)
level=${FLOE_PACK_LEVEL:-6}
out=${FLOE_DIST:-$here/dist}
work=
# Files carry the time of the last commit: the same sources give the same package.
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$here" log -1 --format=%ct 2>/dev/null || echo 1735689600)}

# What belongs to the system: the C and C++ runtimes, which must be its own.
is_of_system() { case $(basename "$1") in ld-linux*|libc.so.*|libm.so.*|libmvec.so.*|libpthread.so.*|libdl.so.*|librt.so.*|libresolv.so.*|libutil.so.*|libstdc++.so.*|libgcc_s.so.*) true;; *) false;; esac; }

# Where Debian has it: a folder, or in later releases a link to one.
leaflet=/usr/share/javascript/leaflet/

tree() {
  local prefix=$1 lib=$1/lib/floe share=$1/share/floe
  [ -f "$leaflet/leaflet.css" ] || { echo "Leaflet is not installed, which draws the interactive maps of reports: apt-get install libjs-leaflet" >&2; exit 1; }
  "$here/tools/install.sh" "$prefix" >&2
  mkdir -p "$lib/libs" "$lib/share" "$share/licences"
  # All at once, by the loader itself, so that every library is the one that floe runs with here.
  local found
  found=$(LD_LIBRARY_PATH=$lib ldd "$prefix/bin/floe" "$lib"/*.so "$lib"/plugins/*.so | awk '$3 ~ /^\// { print $3 } / not found/ { print "MISSING " $1; }' | sort -u)
  if grep MISSING <<< "$found" >&2; then echo "libraries are missing" >&2; exit 1; fi
  local packages=
  while read -r file; do
    case $(realpath "$file") in "$(realpath "$prefix")"/*) continue;; esac
    is_of_system "$file" && continue
    install -m 644 "$(realpath "$file")" "$lib/libs/$(basename "$file")"
    packages+=" $(dpkg -S "$(realpath "$file")" 2>/dev/null | head -1 | cut -d: -f1 || true)"
  done <<< "$found"
  for f in "$lib"/libs/*; do patchelf --set-rpath '$ORIGIN' "$f"; done
  patchelf --set-rpath '$ORIGIN/../lib/floe:$ORIGIN/../lib/floe/libs' "$prefix/bin/floe"
  for f in "$lib"/*.so; do patchelf --set-rpath '$ORIGIN:$ORIGIN/libs' "$f"; done
  for f in "$lib"/plugins/*.so; do patchelf --set-rpath '$ORIGIN/..:$ORIGIN/../libs' "$f"; done
  # PROJ looks for share/proj beside the folder of its library. Grids for other continents' datums are not brought.
  cp -r /usr/share/gdal "$lib/share/gdal"
  mkdir -p "$lib/share/proj"
  cp /usr/share/proj/proj.db /usr/share/proj/proj.ini /usr/share/proj/*.json "$lib/share/proj/" 2>/dev/null || cp /usr/share/proj/proj.db "$lib/share/proj/"
  mkdir -p "$lib/share/leaflet"
  local script
  script=$(find "$leaflet" -name leaflet.min.js 2>/dev/null | head -1)
  install -m 644 "${script:-$leaflet/leaflet.js}" "$leaflet/leaflet.css" "$lib/share/leaflet/"
  for p in $(tr ' ' '\n' <<< "$packages gdal-data proj-data libjs-leaflet" | sort -u); do
    [ -f "/usr/share/doc/$p/copyright" ] && cp -L "/usr/share/doc/$p/copyright" "$share/licences/$p" || true
  done
  "$here/tools/manifest.sh" "$prefix"
}

tarball() {
  local name=floe-$version-linux-$(uname -m)
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  tree "$work/$name"
  mkdir -p "$out"
  tar -C "$work" --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" -cf - "$name" | xz -T0 "-$level" > "$out/$name.tar.xz"
  echo "$out/$name.tar.xz: unpack it anywhere, run bin/floe"
}

deb() {
  local size glibc
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  tree "$work/usr"
  rm "$work/usr/share/floe/manifest.txt"
  gzip -9n "$work/usr/share/man/man1/floe.1"
  # The system's QGIS and Python find what belongs to them.
  mkdir -p "$work/usr/share/qgis/python/plugins" "$work/usr/lib/python3/dist-packages" "$work/usr/share/doc/floe"
  ln -s ../../../floe/examples/qgis/floe_provider "$work/usr/share/qgis/python/plugins/floe_provider"
  ln -s ../../../share/floe/python/floe "$work/usr/lib/python3/dist-packages/floe"
  { echo "floe, $version; licences of the libraries that it brings: /usr/share/floe/licences"; echo; cat "$here/LICENSE"; } > "$work/usr/share/doc/floe/copyright"
  gzip -9nc "$here/CHANGELOG.md" > "$work/usr/share/doc/floe/changelog.gz"
  glibc=$(dpkg-query -W -f='${Version}' libc6 | sed 's/-.*//')
  find "$work" -mindepth 1 -newermt "@$SOURCE_DATE_EPOCH" -exec touch -hd "@$SOURCE_DATE_EPOCH" {} +
  mkdir -p "$work/DEBIAN"
  (cd "$work" && find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum > DEBIAN/md5sums)
  size=$(du -sk "$work/usr" | cut -f1)
  cat > "$work/DEBIAN/control" <<CONTROL
Package: floe
Version: $version
Architecture: $architecture
Maintainer: The floe authors <floe@example.org>
Installed-Size: $size
Depends: libc6 (>= $glibc), libstdc++6 (>= 12), libgcc-s1
Recommends: gnuplot-nox, fonts-dejavu-core
Suggests: qgis, python3-numpy, python3-xarray, python3-geopandas, python3-rasterio
Section: science
Priority: optional
Description: sea ice and leads from satellite products, without a desktop
 floe turns Sentinel-2 scenes into rasters of ice and leads and altimeter tracks into classified echoes, lays the tracks on the imagery and
 writes GeoTIFF and GeoPackage that open styled in QGIS. It brings GDAL, PROJ, Leaflet and the other libraries that it needs, its plugins, a
 provider for QGIS's Processing toolbox, and a package for Python.
CONTROL
  mkdir -p "$out"
  dpkg-deb --root-owner-group $([ "$level" = 0 ] && echo -Znone || echo -Zxz "-z$level") --build "$work" "$out/floe_${version}_$architecture.deb" >&2
  echo "$out/floe_${version}_$architecture.deb: apt install it by its path"
}

case $what in
  tree) [ $# = 2 ] || { echo "usage: tools/package.sh tree FOLDER" >&2; exit 2; }; tree "$2";;
  tarball|deb) "$what";;
  *) echo "usage: tools/package.sh tree FOLDER | tarball | deb" >&2; exit 2;;
esac
