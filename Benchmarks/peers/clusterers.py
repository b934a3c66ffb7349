"""One of Python's clusterers over a product's bands, as a notebook would use it, written as a GeoTIFF of labels in rising brightness.

python3 clusterers.py NAME PRODUCT OUT K BAND...
NAME: kmeans, kmeans_default (with its own tolerance), minibatch, gmm (scikit-learn), intelex (scikit-learn-intelex's kmeans), faiss, opencv; OUT gets labels.tif and fit.json.
"""
import glob
import json
import sys
import time

import numpy as np
import rasterio


def kmeans(samples, k):
    from sklearn.cluster import KMeans
    # In double precision: in single it counts in single, which ends at 2**24 samples a cluster. The tolerance is floe's.
    fit = KMeans(k, n_init=1, tol=1e-10 if k == 2 else 1e-4, random_state=0).fit(samples.astype(np.float64))
    return fit.labels_, fit.cluster_centers_, {"iterations": int(fit.n_iter_)}


def kmeans_default(samples, k):
    from sklearn.cluster import KMeans
    fit = KMeans(k, n_init=1, random_state=0).fit(samples.astype(np.float64))
    return fit.labels_, fit.cluster_centers_, {"iterations": int(fit.n_iter_)}


def intelex(samples, k):
    from sklearnex import patch_sklearn
    patch_sklearn()
    return kmeans(samples, k)


def minibatch(samples, k):
    from sklearn.cluster import MiniBatchKMeans
    # Each step draws its batch from all samples by weight, which takes a second on a full tile whatever the batch: so few steps and large batches,
    # three looks at each sample. With the defaults it does not end within ten minutes.
    fit = MiniBatchKMeans(k, n_init=3, batch_size=1 << 22, max_iter=3, random_state=0).fit(samples)
    return fit.labels_, fit.cluster_centers_, {}


def gmm(samples, k):
    from sklearn.mixture import GaussianMixture
    # In reflectance, so that its regularisation of 1e-6 means what it means in floe; in double precision: in single it ends on a full tile with
    # "ill-defined empirical covariance".
    samples = samples.astype(np.float64)
    samples *= 1e-4
    samples -= 0.1
    fit = GaussianMixture(k, random_state=0).fit(samples)
    return fit.predict(samples), fit.means_, {"log_likelihood": float(fit.lower_bound_)}


def faiss(samples, k):
    import faiss
    fit = faiss.Kmeans(samples.shape[1], k, niter=100, seed=0, max_points_per_centroid=2**31 - 1)
    fit.train(samples)
    labels = np.concatenate([fit.index.search(samples[i:i + (1 << 22)], 1)[1].ravel() for i in range(0, len(samples), 1 << 22)])
    return labels, fit.centroids, {}


def opencv(samples, k):
    import cv2
    cv2.setRNGSeed(0)
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 300, 1e-3)
    _, labels, centres = cv2.kmeans(samples, k, None, stop, 1, cv2.KMEANS_PP_CENTERS)
    return labels.ravel(), centres, {}


name, product, out, k, bands = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5:]
began = time.monotonic()
planes = []
with rasterio.Env(GDAL_NUM_THREADS="ALL_CPUS", GDAL_CACHEMAX=512):
    for band in bands:
        with rasterio.open(glob.glob(f"{product}/GRANULE/*/IMG_DATA/*_{band}.jp2")[0]) as source:
            planes.append(source.read(1))
            profile = source.profile
valid = np.all([p > 0 for p in planes], axis=0)
samples = np.ascontiguousarray(np.stack(planes)[:, valid].T, np.float32)
del planes
decoded = time.monotonic()
labels, centres, more = globals()[name](samples, k)
fitted = time.monotonic()
rank = np.argsort(np.argsort(np.asarray(centres).mean(1))).astype(np.uint8)
image = np.full(valid.shape, 255, np.uint8)
image[valid] = rank[labels]
with rasterio.open(
    f"{out}/labels.tif", "w", driver="GTiff", width=profile["width"], height=profile["height"], count=1, dtype="uint8", nodata=255,
    crs=profile["crs"], transform=profile["transform"], tiled=True, compress="deflate") as target:
    target.write(image, 1)
json.dump({"decode": decoded - began, "fit": fitted - decoded, **more}, open(f"{out}/fit.json", "w"))
