"""Decodes bands of a product with GDAL on all cores and throws the pixels away: python3 decode.py PRODUCT B02 B03 B04"""
import glob
import sys

from osgeo import gdal

gdal.SetConfigOption("GDAL_NUM_THREADS", "ALL_CPUS")
gdal.SetCacheMax(1 << 29)
for band in sys.argv[2:]:
    file = glob.glob(f"{sys.argv[1]}/GRANULE/*/IMG_DATA/*_{band}.jp2")[0]
    gdal.Open(file).ReadAsArray()
