"""Marks the pixels of one band that lie below a limit. floe calls it as __name__.floe-step.yaml says."""
import json
import sys

from osgeo import gdal

gdal.UseExceptions()
image, mask, band, below = sys.argv[1:]

source = gdal.Open(image)
values = source.GetRasterBand(int(band)).ReadAsArray()
out = gdal.GetDriverByName("GTiff").Create(mask, source.RasterXSize, source.RasterYSize, 1, gdal.GDT_Byte)
out.SetGeoTransform(source.GetGeoTransform())
out.WriteArray((values < float(below)).astype("uint8"))
# JSON lines on standard error: progress (0 to 1), messages, facts for the run's record. Other lines are shown when the program fails.
print(json.dumps({"progress": 1, "record": {"marked": int((values < float(below)).sum())}}), file=sys.stderr)
