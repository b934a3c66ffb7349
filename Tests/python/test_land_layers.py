"""Land layers as masks: reference systems, swapped axes, layers elsewhere. PROJ says what is right."""
import shutil

import pyproj
import pytest
from osgeo import gdal, ogr
from shapely.geometry import MultiPolygon, box
from shapely.ops import transform

from conftest import read, run_pipeline
from layers import layer


@pytest.fixture(scope="module")
def scene(demo):
    product = demo["scene"]
    image = gdal.Open(str(next(product.glob("GRANULE/*/IMG_DATA/*_B04.jp2"))))
    t = image.GetGeoTransform()
    west, north = t[0], t[3]
    land = box(west + 600, north - 2000, west + 1800, north - 600)
    return product, land, image.RasterXSize, (west, north)


def masked_land(tmp_path, scene, file, expect=0):
    product = scene[0]
    shutil.rmtree(tmp_path / "out", ignore_errors=True)
    out, record, result = run_pipeline(tmp_path, f"""
floe: 1
steps: {{ s: {{ use: sentinel2.stack, with: {{ product: "{product}", bands: [B04], land: "{file}" }} }} }}
outputs: {{ mask.tif: s.mask }}
""", expect=expect)
    if result.status:
        return None, result.err
    return int((read(out / "mask.tif") == 6).sum()), " ".join(w["message"] for w in record["warnings"])


def test_land_layers(tmp_path, scene):
    _, utm, size, _ = scene
    to_degrees = pyproj.Transformer.from_crs(32601, 4326, always_xy=True).transform
    to_polar = pyproj.Transformer.from_crs(32601, 3413, always_xy=True).transform
    dense = utm.segmentize(50)
    degrees = transform(to_degrees, dense)
    plain, _ = masked_land(tmp_path, scene, layer(tmp_path / "plain.gpkg", [degrees]))
    # 120 by 140 pixels but for no data.
    assert 15000 < plain <= 16800
    # Without a reference system: refused where it lies elsewhere, told where it fits.
    for name, geometry in (("degrees", degrees), ("polar", transform(to_polar, dense))):
        got, said = masked_land(tmp_path, scene, layer(tmp_path / f"bare_{name}.shp", [geometry], ogr.wkbPolygon, None, "ESRI Shapefile"), expect=None)
        assert got is None and "no reference system" in said
    got, said = masked_land(tmp_path, scene, layer(tmp_path / "bare_utm.shp", [utm], ogr.wkbPolygon, None, "ESRI Shapefile"))
    assert got == plain and "no reference system" in said
    for name, geometry, system, words in (("latitude_first", degrees, 4326, "has the latitude "), ("y_first", transform(to_polar, dense), 3413, "if x and y ")):
        got, said = masked_land(tmp_path, scene, layer(tmp_path / f"{name}.gpkg", [transform(lambda x, y: (y, x), geometry)], ogr.wkbPolygon, system), expect=None)
        assert got is None and words in said and "changed places" in said
    # Land elsewhere masks nothing, which is told with both places.
    got, said = masked_land(tmp_path, scene, layer(tmp_path / "far.gpkg", [box(10, 10, 11, 11)]))
    assert got == 0 and "land masks no pixel" in said and "x 10.0 to 11.0" in said
    # The layer with polygons is meant, whichever is the first.
    both = layer(tmp_path / "both.gpkg", ["POINT (1 1)"], ogr.wkbPoint, name="towns")
    layer(both, [degrees], ogr.wkbPolygon, append=True)
    got, said = masked_land(tmp_path, scene, both)
    assert got == plain and "'land' is read" in said
    for name, geometries in (("parts", [MultiPolygon([degrees, box(10, 10, 11, 11)])]), ("null", [None, degrees])):
        assert masked_land(tmp_path, scene, layer(tmp_path / f"{name}.gpkg", geometries))[0] == plain
