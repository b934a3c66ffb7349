"""How tests read a raster through floe, and options of GDAL for a while."""
import contextlib

from osgeo import gdal

READ = """
floe: 1
steps: {{ r: {{ use: raster.read, with: {{ files: [{file}]{more} }} }} }}
outputs: {{ r.tif: r.image }}
"""


@contextlib.contextmanager
def option(name, value):
    before = gdal.GetConfigOption(name)
    gdal.SetConfigOption(name, value)
    yield
    gdal.SetConfigOption(name, before)
