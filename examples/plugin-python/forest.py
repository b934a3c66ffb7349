"""Classifies the pixels of a raster with a random forest that learns from labelled points."""
import argparse
import json
import sys

import numpy as np
from osgeo import gdal
from sklearn.ensemble import RandomForestClassifier

gdal.UseExceptions()


def tell(**message):
    print(json.dumps(message), file=sys.stderr, flush=True)


p = argparse.ArgumentParser()
for name in ("image", "points", "column", "classes"):
    p.add_argument(f"--{name}", required=True)
p.add_argument("--trees", type=int)
p.add_argument("--seed", type=int)
a = p.parse_args()

source = gdal.Open(a.image)
pixels = source.ReadAsArray().reshape(source.RasterCount, -1).T
x0, dx, _, y0, _, dy = source.GetGeoTransform()
points = np.genfromtxt(a.points, delimiter=",", names=True)
column, row = ((points["x"] - x0) // dx).astype(int), ((points["y"] - y0) // dy).astype(int)
inside = (column >= 0) & (column < source.RasterXSize) & (row >= 0) & (row < source.RasterYSize)
tell(dropped=int((~inside).sum()), unit="points", reason="outside of the image")
samples = pixels[row[inside] * source.RasterXSize + column[inside]]
forest = RandomForestClassifier(a.trees, random_state=a.seed % 2**32, n_jobs=-1).fit(samples, points[a.column][inside])
tell(progress=0.5, message=f"{len(samples)} points taught {a.trees} trees")
classes = forest.predict(pixels).astype(np.uint8).reshape(source.RasterYSize, source.RasterXSize)
out = gdal.GetDriverByName("GTiff").Create(a.classes, source.RasterXSize, source.RasterYSize, 1, gdal.GDT_Byte)
out.SetGeoTransform(source.GetGeoTransform())
out.SetProjection(source.GetProjection())
out.WriteArray(classes)
tell(progress=1.0, record={"trained_on": len(samples)})
