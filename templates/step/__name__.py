"""Marks the pixels of one band that lie below a limit. floe calls it as __name__.floe-step.yaml says."""
import json
import sys

try:
    import numpy as np
    from osgeo import gdal
except ImportError as missing:
    sys.exit(f"{sys.executable} cannot import {missing.name}: this step needs NumPy and GDAL's bindings (on Debian apt-get install python3-numpy "
             "python3-gdal); 'command:' of __name__.floe-step.yaml may name another interpreter, such as /usr/bin/python3")

gdal.UseExceptions()
image, mask, band, below = sys.argv[1:]

source = gdal.Open(image)
read = source.GetRasterBand(int(band))
values = read.ReadAsArray()
# The mask says which pixels are valid, whether by a value of no data, NaN or a mask of the file's own.
is_valid = read.GetMaskBand().ReadAsArray() != 0
if np.issubdtype(values.dtype, np.floating):
    is_valid &= ~np.isnan(values)
out = gdal.GetDriverByName("GTiff").Create(mask, source.RasterXSize, source.RasterYSize, 1, gdal.GDT_Byte)
out.SetGeoTransform(source.GetGeoTransform())
out.SetProjection(source.GetProjection())
marked = is_valid & (values < float(below))
out.GetRasterBand(1).SetNoDataValue(255)
out.WriteArray(np.where(is_valid, marked, 255).astype(np.uint8))
# JSON lines on standard error: progress (0 to 1), messages, facts for the run's record. Other lines are shown when the program fails.
print(json.dumps({"progress": 1, "record": {"marked": int(marked.sum())}}), file=sys.stderr)
