#!/bin/bash
# SAGA's K-Means clustering for grids over a product's bands: saga.sh PRODUCT OUT K BAND...
set -euo pipefail
product=$1 out=$2 k=$3; shift 3
grids=
for band in "$@"; do
  gdalbuildvrt -q -srcnodata 0 -vrtnodata 0 "$out/$band.vrt" "$(ls "$product"/GRANULE/*/IMG_DATA/*_"$band".jp2)"
  saga_cmd -f=s io_gdal 0 -FILES="$out/$band.vrt" -GRIDS="$out/$band.sgrd" > "$out/log.txt"
  grids="$grids;$out/$band.sgrd"
done
saga_cmd -f=s imagery_classification 1 -GRIDS="${grids#;}" -CLUSTER="$out/labels.sgrd" -STATISTICS="$out/statistics.txt" -METHOD=0 -NCLUSTER="$k" -MAXITER=300 >> "$out/log.txt"
gdal_translate -q -ot Byte -a_nodata 255 -co TILED=YES -co COMPRESS=DEFLATE "$out/labels.sdat" "$out/labels.tif"
rm -f "$out"/*.sgrd "$out"/*.sdat "$out"/*.mgrd
