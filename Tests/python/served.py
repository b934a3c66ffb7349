"""Products, rasters and tables that a server of the tests gives, and the pipelines that read them."""
import os
import shutil

import numpy as np
import pytest

from conftest import floe, sums, write_tif
from web import serving

QUICK = {**os.environ, "GDAL_HTTP_RETRY_DELAY": "0.02"}
STACK = """
floe: 1
inputs:
  scene: { type: path }
  box: { type: list, optional: true }
  window: { type: list, optional: true }
steps:
  stack: { use: sentinel2.stack, with: { product: $scene, bands: [B02, B11], resolution: 20, box: $box, window: $window } }
outputs: { stack.tif: stack.image, mask.tif: stack.mask }
"""
COPY = """
floe: 1
inputs: { image: { type: path } }
steps:
  image: { use: raster.read, with: { files: [$image] } }
outputs: { image.tif: image.image }
"""


def digests(folder):
    return {name: digest for name, digest in sums(folder, "*").items() if not name.startswith(".")}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder to serve: a small Sentinel-2 product as folder and zip, a raster, tables, a track."""
    folder = tmp_path_factory.mktemp("served")
    floe("step", "synthetic.sentinel2", "--folder", folder, "--size", 480, "--truth", "truth.tif", "-o", folder / "t", "--quiet")
    safe = next(folder.glob("*.SAFE"))
    shutil.make_archive(str(safe), "zip", folder, safe.name)
    rng = np.random.default_rng(3)
    write_tif(folder / "a.tif", rng.integers(1, 9000, (2, 700, 900)).astype("uint16"), nodata=0)
    (folder / "points.csv").write_text("x,y,value\n" + "".join(f"{i % 7},{i % 5},{i}\n" for i in range(200)))
    floe("step", "table.read", "--file", folder / "points.csv", "--x", "x", "--y", "y", "--table", "points.gpkg", "-o", folder, "--quiet")
    floe("step", "synthetic.sentinel3", "--folder", folder, "--records", 200, "--truth", folder / "t/truth.tif", "--surfaces", "s.csv",
         "-o", folder / "t", "--quiet")
    (folder / "stack.yaml").write_text(STACK)
    (folder / "copy.yaml").write_text(COPY)
    return folder


@pytest.fixture
def web(made):
    with serving(made) as web:
        yield web


def names(made):
    return next(made.glob("*.SAFE")).name, next(made.glob("*.SEN3")).name


def item(id, href, **assets):
    return {"stac_version": "1.0.0", "type": "Feature", "id": id, "geometry": None, "properties": {"datetime": "2019-03-01T00:00:00Z"},
            "links": [], "assets": {"image": {"href": href, "roles": ["data"], "type": "image/tiff; application=geotiff"},
                                    "thumb": {"href": "t.png", "roles": ["thumbnail"], "type": "image/png"}, **assets}}
