"""Makes the README's picture of a real scene from a run of examples/ice-lead.yaml: the part of 420 x 300 pixels with most leads.

floe run examples/ice-lead.yaml --set scene=S2A_MSIL1C_20190301T235611_....SAFE --set bands=B01,B09 --set resolution=60 -o out
.venv/bin/python docs/images/make.py out docs/images/real-scene.png
"""

import sys

import numpy as np
from osgeo import gdal
from scipy.ndimage import uniform_filter

gdal.UseExceptions()
folder, target = sys.argv[1:]
height, width, gap = 300, 420, 12
bright = gdal.Open(f"{folder}/stack.tif").ReadAsArray()[0].astype(float)
classes = gdal.Open(f"{folder}/ice-lead.tif").ReadAsArray()

leads = uniform_filter((classes == 2).astype(float), size=(height, width), mode="constant")
covered = uniform_filter((classes != 255).astype(float), size=(height, width), mode="constant") > 0.98
row, column = np.unravel_index(np.argmax(np.where(covered, leads, 0)), leads.shape)
part = np.s_[max(0, row - height // 2) :, max(0, column - width // 2) :]
bright, classes = bright[part][:height, :width], classes[part][:height, :width]

low, high = np.percentile(bright[bright > 0], [0.2, 99.8])
grey = (np.clip((bright - low) / (high - low), 0, 1) * 255).astype(np.uint8)
colours = np.full((*classes.shape, 3), (214, 232, 242), np.uint8)
colours[classes == 2] = (230, 97, 1)
colours[classes == 255] = 255
picture = np.concatenate(
    [np.repeat(grey[:, :, None], 3, 2), np.full((len(grey), gap, 3), 255, np.uint8), colours], 1
).repeat(2, 0).repeat(2, 1)

memory = gdal.GetDriverByName("MEM").Create("", picture.shape[1], picture.shape[0], 3)
for band in range(3):
    memory.GetRasterBand(band + 1).WriteArray(picture[:, :, band])
gdal.GetDriverByName("PNG").CreateCopy(target, memory)
