#!/bin/bash
# GRASS i.cluster and i.maxlik over a product's bands: grass.sh PRODUCT OUT K BAND...
set -euo pipefail
if [ -z "${GISRC:-}" ]; then
  first=$(ls "$1"/GRANULE/*/IMG_DATA/*_"$4".jp2)
  exec grass --tmp-location "$first" --exec bash "$0" "$@"
fi
product=$1 out=$2 k=$3; shift 3
for band in "$@"; do
  r.in.gdal --quiet input="$(ls "$product"/GRANULE/*/IMG_DATA/*_"$band".jp2)" output="$band" memory=1000
  r.null --quiet map="$band" setnull=0
done
g.region raster="$1"
maps=$(IFS=,; echo "$*")
i.group --quiet group=scene subgroup=bands input="$maps"
i.cluster --quiet group=scene subgroup=bands signaturefile=found classes="$k"
i.maxlik --quiet group=scene subgroup=bands signaturefile=found output=labels
r.mapcalc --quiet "zero = labels - 1"
r.out.gdal --quiet -c -f input=zero output="$out/labels.tif" format=GTiff type=Byte nodata=255 createopt=TILED=YES,COMPRESS=DEFLATE
