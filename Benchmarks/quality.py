"""How good a raster of labels is: inertia in double precision, agreement with another, leads against truth."""
import glob

import numpy as np
from osgeo import gdal

ROWS = 1024
LEAD = 2


class Scene:
    """The bands of a product, their valid pixels and the truth, kept for many questions."""

    def __init__(self, product, bands):
        gdal.SetConfigOption("GDAL_NUM_THREADS", "ALL_CPUS")
        self.planes = [gdal.Open(glob.glob(f"{product}/GRANULE/*/IMG_DATA/*_{b}.jp2")[0]).ReadAsArray() for b in bands]
        self.valid = np.all([p > 0 for p in self.planes], axis=0)
        self.truth = gdal.Open(str(product).replace(".SAFE", "_truth.tif")).ReadAsArray()

    def blocks(self):
        for row in range(0, self.valid.shape[0], ROWS):
            part = slice(row, row + ROWS)
            yield part, self.valid[part]

    def labels(self, path):
        """Labels numbered by rising brightness, 255 where a pixel has none."""
        found = gdal.Open(str(path)).ReadAsArray()
        found[~self.valid] = 255
        counts, sums, _ = self.moments(found)
        order = [c for c in np.argsort(np.where(counts > 0, sums.sum(1) / np.maximum(counts, 1), np.inf)) if counts[c] > 0 and c != 255]
        table = np.full(256, 255, np.uint8)
        table[order] = np.arange(len(order))
        return table[found]

    def moments(self, labels):
        """Counts, sums and sums of squares of DN by label: exact, since they are whole numbers."""
        counts, sums, squares = np.zeros(256, np.int64), np.zeros((256, len(self.planes))), np.zeros((256, len(self.planes)))
        for part, valid in self.blocks():
            codes = labels[part][valid]
            counts += np.bincount(codes, minlength=256)
            for f, plane in enumerate(self.planes):
                x = plane[part][valid].astype(np.float64)
                sums[:, f] += np.bincount(codes, x, 256)
                squares[:, f] += np.bincount(codes, x * x, 256)
        return counts, sums, squares

    def inertia(self, labels):
        """Sum of squared distances of reflectance to the means of the labels."""
        counts, sums, squares = self.moments(labels)
        used = counts[:255] > 0
        return float((squares[:255][used] - sums[:255][used] ** 2 / counts[:255][used, None]).sum()) * 1e-8

    def leads(self, labels, land=6):
        """Recall and precision of the darkest label as leads, where the truth knows the surface."""
        known = self.valid & (self.truth != 255)
        lead, said = self.truth[known] == LEAD, labels[known] == 0
        hits = np.count_nonzero(lead & said)
        return hits / max(1, np.count_nonzero(lead)), hits / max(1, np.count_nonzero(said))

    def agreement(self, a, b):
        return float(np.count_nonzero((a == b) & self.valid) / np.count_nonzero(self.valid))
