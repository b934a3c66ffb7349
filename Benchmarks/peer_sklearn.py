"""K-Means of a product's bands as a notebook does it, written as GeoTIFF: python3 peer_sklearn.py PRODUCT OUT B02 B03 B04"""
import glob
import json
import sys

import numpy as np
from osgeo import gdal
from sklearn.cluster import KMeans

product, out, bands = sys.argv[1], sys.argv[2], sys.argv[3:]
gdal.SetConfigOption("GDAL_NUM_THREADS", "ALL_CPUS")
sources = [gdal.Open(glob.glob(f"{product}/GRANULE/*/IMG_DATA/*_{b}.jp2")[0]) for b in bands]
pixels = np.stack([s.ReadAsArray() for s in sources])
valid = (pixels > 0).all(0)
samples = pixels[:, valid].T.astype(np.float32)
fit = KMeans(2, n_init=1, tol=1e-8, random_state=0).fit(samples)
labels = np.full(valid.shape, 255, np.uint8)
rank = np.argsort(np.argsort(fit.cluster_centers_.mean(1))).astype(np.uint8)
labels[valid] = rank[fit.labels_]
ds = gdal.GetDriverByName("GTiff").Create(f"{out}/labels.tif", labels.shape[1], labels.shape[0], 1, gdal.GDT_Byte, ["TILED=YES", "COMPRESS=DEFLATE"])
ds.SetGeoTransform(sources[0].GetGeoTransform())
ds.SetProjection(sources[0].GetProjection())
ds.GetRasterBand(1).WriteArray(labels)
# Summed anew in double precision, in reflectance as floe reports it: scikit-learn's own figure is a sum of single-precision numbers.
inertia = 0.0
for first in range(0, len(samples), 1 << 20):
    part = slice(first, first + (1 << 20))
    inertia += float(((samples[part].astype(np.float64) - fit.cluster_centers_[fit.labels_[part]].astype(np.float64)) ** 2).sum())
json.dump({"inertia": inertia * 1e-8, "own_inertia": float(fit.inertia_) * 1e-8}, open(f"{out}/fit.json", "w"))
