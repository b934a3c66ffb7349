"""Reference systems of rasters and of what is made of them: kept as they are, lengths and areas in metres. PROJ and shapely say what is right."""
import json

import numpy as np
import pyproj
import pytest
from osgeo import gdal, osr
from shapely.geometry import Point, shape

from conftest import run_pipeline, write_tif
from rasters import READ, option


def test_a_reference_system_without_places_is_told(tmp_path):
    ds = gdal.GetDriverByName("GTiff").Create(str(tmp_path / "a.tif"), 8, 8, 1, gdal.GDT_Byte)
    ds.SetProjection(pyproj.CRS(32601).to_wkt("WKT1_GDAL"))
    ds.GetRasterBand(1).WriteArray(np.ones((8, 8), "uint8"))
    ds = None
    _, record, _ = run_pipeline(tmp_path, READ.format(file="a.tif", more=""))
    assert any("and no places" in w["message"] for w in record["warnings"])


@pytest.mark.parametrize("code", [3408, 3409, 3410, 3411, 3412, 3413, 27492, 3785])
def test_reference_systems_are_not_replaced(tmp_path, code):
    south = code in (3409, 3412)
    lon, lat = (20, -70) if south else (-8, 40) if code == 27492 else (-40, 72)
    x, y = pyproj.Transformer.from_crs(4326, code, always_xy=True).transform(lon, lat)
    (tmp_path / "p.csv").write_text(f"x,y,n\n{x!r},{y!r},1.5\n")
    out, _, _ = run_pipeline(tmp_path, f"""
floe: 1
steps: {{ t: {{ use: table.read, with: {{ file: p.csv, x: x, y: y, crs: "EPSG:{code}" }} }} }}
outputs: {{ p.gpkg: {{ p: t.table }} }}
""")
    with option("OSR_USE_NON_DEPRECATED", "NO"):
        file = gdal.OpenEx(str(out / "p.gpkg"))
        assert file.GetLayer(0).GetSpatialRef().GetAuthorityCode(None) == str(code)
    # And read from a file: a marked pixel is found under its place.
    a = np.zeros((101, 101), "float32")
    a[50, 50] = 1
    ds = gdal.GetDriverByName("GTiff").Create(str(tmp_path / "a.tif"), 101, 101, 1, gdal.GDT_Float32)
    ds.SetGeoTransform((x - 505, 10, 0, y + 505, 0, -10))
    with option("OSR_USE_NON_DEPRECATED", "NO"):
        srs = osr.SpatialReference()
        srs.ImportFromEPSG(code)
    ds.SetSpatialRef(srs)
    ds.GetRasterBand(1).WriteArray(a)
    ds = None
    out, _, _ = run_pipeline(tmp_path, READ.format(file="a.tif", more=""))
    with option("OSR_USE_NON_DEPRECATED", "NO"):
        image = gdal.Open(str(out / "r.tif"))
        assert image.GetSpatialRef().GetAuthorityCode(None) == str(code)


BASE = "+proj=stere +lat_0=90 +lat_ts=70 +lon_0=-45 +datum=WGS84 +no_defs"


@pytest.mark.parametrize("unit, metres", [("m", 1), ("km", 1000), ("us-ft", 1200 / 3937), ("ft", 0.3048)])
def test_areas_are_metres_whatever_the_maps_unit(tmp_path, unit, metres):
    a = np.full((60, 60), 1, "uint8")
    a[20:40, 25:30] = 2
    crs = pyproj.CRS(f"{BASE} +units={unit}")
    ds = gdal.GetDriverByName("GTiff").Create(str(tmp_path / "c.tif"), 60, 60, 1, gdal.GDT_Byte)
    ds.SetGeoTransform((0, 10 / metres, 0, 0, 0, -10 / metres))
    ds.SetProjection(crs.to_wkt("WKT1_GDAL"))
    ds.GetRasterBand(1).WriteArray(a)
    ds = None
    out, record, _ = run_pipeline(tmp_path, """
floe: 1
steps:
  r: { use: raster.read, with: { files: [c.tif] } }
  x: { use: raster.expression, in: { image: r.image }, with: { expression: c, classes: { 1: sea_ice, 2: lead } } }
  p: { use: vector.polygonize, in: { image: x.result }, with: { classes: [lead] } }
outputs: { p.gpkg: { p: p.polygons } }
""")
    file = gdal.OpenEx(str(out / "p.gpkg"))
    feature = file.GetLayer(0).GetNextFeature()
    # A lead of 200 m by 50 m.
    assert feature["area_m2"] == pytest.approx(10_000, rel=1e-9)
    assert feature["perimeter_m"] == pytest.approx(500, rel=1e-9)
    assert (feature["length_m"], feature["mean_width_m"]) == pytest.approx((200, 50), rel=1e-9)


def test_regions_that_touch_at_corners_are_valid(tmp_path):
    random = np.random.default_rng(5)
    a = random.integers(1, 3, (80, 80)).astype("uint8")
    write_tif(tmp_path / "c.tif", a, nodata=255)
    from scipy import ndimage
    for connectivity in (4, 8):
        out, _, _ = run_pipeline(tmp_path, f"""
floe: 1
steps:
  r: {{ use: raster.read, with: {{ files: [c.tif] }} }}
  p: {{ use: vector.polygonize, in: {{ image: r.image }}, with: {{ connectivity: {connectivity} }} }}
outputs: {{ p.gpkg: {{ p: p.polygons }} }}
""")
        file = gdal.OpenEx(str(out / "p.gpkg"))
        features = [(f["class_code"], f["pixels"], shape(json.loads(f.GetGeometryRef().ExportToJson())))
                    for f in file.GetLayer(0)]
        assert all(g.is_valid for _, _, g in features)
        for code in (1, 2):
            own = [(n, g) for c, n, g in features if c == code]
            structure = np.ones((3, 3)) if connectivity == 8 else None
            assert len(own) == ndimage.label(a == code, structure)[1]
            assert sum(n for n, _ in own) == (a == code).sum()
            assert sum(g.area for _, g in own) == pytest.approx((a == code).sum() * 100)


def test_an_outline_that_holds_the_pole(tmp_path, demo):
    product = demo["scene"]
    for name, epsg, origin, size, count in (
        ("polar", 3413, (-4e6, 4e6), 1e5, 80), ("south", 3031, (-2e6, 2e6), 1e5, 40), ("ease", 6931, (-9e6, 9e6), 5e5, 36),
        ("globe", 4326, (0, 90), 5, 72),
    ):
        rows = 36 if epsg == 4326 else count
        ds = gdal.GetDriverByName("GTiff").Create(str(tmp_path / "like.tif"), count, rows, 1, gdal.GDT_Byte)
        ds.SetGeoTransform((origin[0], size, 0, origin[1], 0, -size))
        ds.SetProjection(pyproj.CRS(epsg).to_wkt("WKT1_GDAL"))
        ds = None
        out, _, _ = run_pipeline(tmp_path, f"""
floe: 1
steps:
  s: {{ use: sentinel2.stack, with: {{ product: "{product}", bands: [B04] }} }}
  l: {{ use: raster.read, with: {{ files: [like.tif] }} }}
  w: {{ use: raster.warp, in: {{ image: s.image, like: l.image }} }}
outputs: {{ {name}.tif: w.result }}
""")
        item = json.loads((out / f"{name}.stac.json").read_text())
        outline = shape(item["geometry"])
        assert outline.is_valid
        pole = -90 if epsg == 3031 else 90
        assert outline.intersects(Point(0, pole))
        for lon in (0.1, 90, 179.9, -90):
            assert outline.contains(Point(lon, pole * 85 / 90)), (name, lon)
        assert item["bbox"][0] == -180 and item["bbox"][2] == 180 and pole in (item["bbox"][1], item["bbox"][3])
        if epsg != 4326:
            # Places by PROJ: in the grid means in the outline, but for the bend of edges between its points.
            back = pyproj.Transformer.from_crs(4326, epsg, always_xy=True)
            for lon, lat in np.random.default_rng(1).uniform((-179, -89), (179, 89), (400, 2)):
                x, y = back.transform(lon, lat)
                inside = np.isfinite(x) and origin[0] < x < origin[0] + count * size and origin[1] - count * size < y < origin[1]
                near = outline.exterior.distance(Point(lon, lat)) < 1
                assert near or outline.contains(Point(lon, lat)) == inside or epsg == 6931, (name, lon, lat)
