"""Decodes bands of a product, or files, with GDAL on all cores and throws the pixels away: python3 decode.py PRODUCT B02 B03 mosaic.vrt"""
import glob
import sys

from osgeo import gdal

gdal.SetConfigOption("GDAL_NUM_THREADS", "ALL_CPUS")
gdal.SetCacheMax(1 << 29)
for band in sys.argv[2:]:
    file = band if "." in band else glob.glob(f"{sys.argv[1]}/GRANULE/*/IMG_DATA/*_{band}.jp2")[0]
    dataset = gdal.Open(file)
    for i in range(dataset.RasterCount):
        dataset.GetRasterBand(i + 1).ReadAsArray()
