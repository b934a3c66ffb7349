"""Marks the pixels of one band that lie below a limit. floe calls it as __name__.floe-step.yaml says."""
import json
import sys

import numpy as np
from osgeo import gdal

gdal.UseExceptions()
image, mask, band, below = sys.argv[1:]

source = gdal.Open(image)
values = source.GetRasterBand(int(band)).ReadAsArray()
out = gdal.GetDriverByName("GTiff").Create(mask, source.RasterXSize, source.RasterYSize, 1, gdal.GDT_Byte)
out.SetGeoTransform(source.GetGeoTransform())
out.SetProjection(source.GetProjection())
marked = (values < float(below)).astype(np.uint8)
out.WriteArray(marked)
# JSON lines on standard error: progress (0 to 1), messages, facts for the run's record. Other lines are shown when the program fails.
print(json.dumps({"progress": 1, "record": {"marked": int(marked.sum())}}), file=sys.stderr)
