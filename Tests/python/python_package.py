"""The Python package of this checkout with what it needs, the program that it runs, and an image."""
import sys

import numpy as np
import pytest

from conftest import FLOE, ROOT

sys.path.insert(0, str(ROOT / "python"))
pytest.importorskip("xarray")
geopandas = pytest.importorskip("geopandas")
import floe  # noqa: E402, F401  (for those that import this module)

UTM = dict(crs="EPSG:32601", transform=(300000.0, 10.0, 0.0, 7900020.0, 0.0, -10.0))


@pytest.fixture(autouse=True)
def this_program(monkeypatch):
    monkeypatch.setenv("FLOE", str(FLOE))


@pytest.fixture
def image():
    """Two bands of whole numbers, dark on the left."""
    pixels = np.full((2, 40, 60), 1000, np.uint16)
    pixels[:, :, 30:] = 8000
    pixels += np.random.default_rng(5).integers(0, 200, pixels.shape, dtype=np.uint16)
    return pixels
