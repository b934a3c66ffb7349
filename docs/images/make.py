"""Makes the README's picture from the results of `make demo`: python3 docs/images/make.py demo/results docs/images/ice-lead.png"""
import sys

import numpy as np
from osgeo import gdal

folder, target = sys.argv[1:3]
SIZE, GAP = 640, 12
stack = gdal.Translate("", f"{folder}/stack.tif", format="MEM", width=SIZE, height=SIZE, resampleAlg="average").ReadAsArray()
classes = gdal.Translate("", f"{folder}/ice-lead.tif", format="MEM", width=SIZE, height=SIZE, resampleAlg="mode").ReadAsArray()

valid = (stack[:3] > 0).all(0)
rgb = np.full((3, SIZE, SIZE), 255, np.uint8)
for i, band in enumerate([2, 1, 0]):
    low, high = np.percentile(stack[band][valid], (1, 99))
    rgb[i] = np.where(valid, np.clip((stack[band] - low) / (high - low), 0, 1) * 245, 255)

coded = gdal.Open(f"{folder}/ice-lead.tif")
table = coded.GetRasterBand(1).GetColorTable()
colours = np.full((256, 3), 255, np.uint8)
for code in range(4):
    colours[code] = table.GetColorEntry(code)[:3]
picture = np.full((3, SIZE, 2 * SIZE + GAP), 255, np.uint8)
picture[:, :, :SIZE] = rgb
picture[:, :, SIZE + GAP:] = colours[classes].transpose(2, 0, 1)
gdal.UseExceptions()
memory = gdal.GetDriverByName("MEM").Create("", picture.shape[2], SIZE, 3)
memory.WriteRaster(0, 0, picture.shape[2], SIZE, picture.tobytes())
gdal.GetDriverByName("PNG").CreateCopy(target, memory)
