"""The everyday raster steps against GDAL, scipy and known results."""
import json

import numpy as np
import pytest
from osgeo import gdal
from scipy import ndimage

from conftest import floe, needs_real_data, read, real_data, run_pipeline, write_tif


@needs_real_data
def test_ponds_of_greenland(tmp_path):
    folder = real_data() / "s2_crop_22WEV"
    files = sorted(str(p) for p in folder.rglob("*") if p.suffix in (".tif", ".jp2", ".tiff"))
    blue, red = next(f for f in files if "B02" in f), next(f for f in files if "B04" in f)
    out, record, _ = run_pipeline(tmp_path, f"""
floe: 1
title: Melt ponds
steps:
  bands: {{ use: raster.read, with: {{ files: ["{blue}", "{red}"], names: [B02, B04] }} }}
  ndwi: {{ use: raster.expression, in: {{ image: bands.image }}, with: {{ expression: (B02 - B04) / (B02 + B04), name: ndwi }} }}
  smooth: {{ use: raster.filter, in: {{ image: ndwi.result }}, with: {{ statistic: median, window: 3, edge: nearest }} }}
  ponds: {{ use: raster.expression, in: {{ image: smooth.result }}, with: {{ expression: ndwi > 0.25, classes: {{ 0: ice, 1: pond }} }} }}
  outlines: {{ use: vector.polygonize, in: {{ image: ponds.result }}, with: {{ classes: pond, connectivity: 8 }} }}
outputs:
  ponds.tif: ponds.result
  ponds.gpkg: outlines.polygons
""")
    file = gdal.OpenEx(str(out / "ponds.gpkg"))
    areas = [f["area_m2"] for f in file.GetLayer(0)]
    assert len(areas) == 85
    assert sum(a >= 500 for a in areas) == 55
    assert sum(areas) == 1_457_500


def test_filters_like_scipy(tmp_path):
    random = np.random.default_rng(1)
    image = random.integers(0, 50, (1, 150, 170)).astype("uint16")
    write_tif(tmp_path / "a.tif", image)
    out, _, _ = run_pipeline(tmp_path, """
floe: 1
title: Filters
steps:
  a: { use: raster.read, with: { files: a.tif } }
  median: { use: raster.filter, in: { image: a.image }, with: { statistic: median, window: 5, edge: nearest } }
outputs:
  median.tif: median.result
""")
    np.testing.assert_array_equal(read(out / "median.tif"), ndimage.median_filter(image[0], 5, mode="nearest"))


@pytest.mark.parametrize("epsg, target", [(32601, "EPSG:3413"), (32733, "EPSG:3031"), (32632, "EPSG:4326")])
def test_warp_like_gdal(tmp_path, epsg, target):
    random = np.random.default_rng(2)
    image = ndimage.zoom(random.integers(1, 200, (30, 30)), 10, order=0)[None].astype("uint8")
    origin = (300000.0, 7900000.0) if epsg != 32733 else (300000.0, 1900000.0)
    write_tif(tmp_path / "a.tif", image, epsg, origin, 50.0, nodata=0)
    out, _, _ = run_pipeline(tmp_path, f"""
floe: 1
title: Warp
steps:
  a: {{ use: raster.read, with: {{ files: a.tif }} }}
  b: {{ use: raster.warp, in: {{ image: a.image }}, with: {{ crs: "{target}" }} }}
outputs:
  b.tif: b.result
""")
    ours = gdal.Open(str(out / "b.tif"))
    g = ours.GetGeoTransform()
    box = (g[0], g[3] + g[5] * ours.RasterYSize, g[0] + g[1] * ours.RasterXSize, g[3])
    theirs = gdal.Warp("", str(tmp_path / "a.tif"), format="MEM", dstSRS=target, outputBounds=box, width=ours.RasterXSize,
                       height=ours.RasterYSize, errorThreshold=0, dstNodata=0)
    a, b = ours.ReadAsArray(), theirs.ReadAsArray()
    # Only pixels whose centre falls on an edge between source pixels may differ.
    assert (a != b).mean() < 0.001 and (a != 0).mean() > 0.3


@pytest.mark.parametrize("method, gdals", [
    ("bilinear", "bilinear"), ("cubic", "cubic"), ("cubicspline", "cubicspline"), ("lanczos", "lanczos"), ("average", "average"), ("mode", "mode"),
    ("minimum", "min"), ("maximum", "max"), ("median", "med")])
@pytest.mark.parametrize("resolution, target", [(35, 32601), (170, 32601), (400, 32601), (30, 3413)])
def test_resamplings_like_gdal(tmp_path, method, gdals, resolution, target):
    """Onto the same map with other pixels, where kernels grow, and onto a turned one."""
    if method in ("cubicspline", "lanczos") and target != 32601:
        pytest.skip("gdalwarp takes the size of these kernels from the box about the turned window")
    random = np.random.default_rng(3)
    image = (1000 + 100 * ndimage.gaussian_filter(random.standard_normal((700, 640)), 2) / 0.14).astype("uint16")[None]
    image[0, 100:140, 200:260] = 0
    write_tif(tmp_path / "a.tif", image, 32601, (500000.0, 7900000.0), 50.0, nodata=0)
    out, _, _ = run_pipeline(tmp_path, f"""
floe: 1
steps:
  a: {{ use: raster.read, with: {{ files: a.tif }} }}
  b: {{ use: raster.warp, in: {{ image: a.image }}, with: {{ crs: "EPSG:{target}", resolution: {resolution}, resampling: {method} }} }}
outputs: {{ b.tif: b.result }}
""")
    ours = gdal.Open(str(out / "b.tif"))
    g = ours.GetGeoTransform()
    box = (g[0], g[3] + g[5] * ours.RasterYSize, g[0] + g[1] * ours.RasterXSize, g[3])
    theirs = gdal.Warp("", str(tmp_path / "a.tif"), format="MEM", dstSRS=f"EPSG:{target}", outputBounds=box, width=ours.RasterXSize,
                       height=ours.RasterYSize, errorThreshold=0, dstNodata=0, resampleAlg=gdals)
    a, b = ours.ReadAsArray().astype(float), theirs.ReadAsArray().astype(float)
    both = (a > 0) & (b > 0)
    assert ((a > 0) == (b > 0)).mean() > 0.995 and both.mean() > 0.4
    # On a turned map with larger pixels gdalwarp takes its kernel's size from the box about the turned window; these are smaller.
    off = np.abs(a - b)[both]
    # A Lanczos kernel that ends on a pixel's edge is cut here or there by rounding: every fifth column at 170 m.
    assert np.median(off) <= 1 if method == "lanczos" else off.mean() < 0.5 and (off <= 2).mean() > 0.985


def test_clip_and_sieve_like_gdal(tmp_path):
    random = np.random.default_rng(5)
    image = (random.random((1, 200, 220)) < 0.4).astype("uint8") + 1
    write_tif(tmp_path / "a.tif", image)
    out, _, _ = run_pipeline(tmp_path, """
floe: 1
title: Clip and sieve
steps:
  a: { use: raster.read, with: { files: a.tif } }
  part: { use: raster.clip, in: { image: a.image }, with: { box: [300100, 7899000, 301000, 7899900] } }
  clean: { use: raster.sieve, in: { image: part.result }, with: { smaller_than: 6 } }
outputs:
  part.tif: part.result
  clean.tif: clean.result
""")
    part = gdal.Open(str(out / "part.tif"))
    assert part.GetGeoTransform()[0] == 300100 and part.GetGeoTransform()[3] == 7899900
    np.testing.assert_array_equal(part.ReadAsArray(), image[0, 12:102, 10:100])
    copy = gdal.GetDriverByName("MEM").CreateCopy("", part)
    gdal.SieveFilter(copy.GetRasterBand(1), None, copy.GetRasterBand(1), 6, 4)
    np.testing.assert_array_equal(read(out / "clean.tif"), copy.ReadAsArray())


@pytest.mark.parametrize("expression, part", [
    ("(B01 - B09) / 2", "did you mean 'B01'"), ("(B01", "ends where ')'"), ("B01 +* 2", "'*' at character 6"), ("sqr(B01)", "did you mean 'sqrt'"),
    ("max(B01)", "takes 2 arguments"), ("", "empty"),
])
def test_wrong_expressions(tmp_path, expression, part):
    write_tif(tmp_path / "a.tif", np.ones((1, 4, 4), "uint8"))
    _, _, result = run_pipeline(tmp_path, f"""
floe: 1
title: Wrong
steps:
  a: {{ use: raster.read, with: {{ files: a.tif, names: [B01] }} }}
  b: {{ use: raster.expression, in: {{ image: a.image }}, with: {{ expression: "{expression}" }} }}
outputs:
  b.tif: b.result
""", expect=2)
    assert part in result.err


@pytest.mark.parametrize("west", [0, -180, 100])
def test_warp_of_the_globe_like_gdal(tmp_path, west):
    random = np.random.default_rng(4)
    image = ndimage.zoom(random.integers(1, 200, (18, 36)), 10, order=0)[None].astype("uint8")
    write_tif(tmp_path / "a.tif", np.roll(image, -west, axis=2), 4326, (west, 90.0), 1.0, nodata=0)
    write_tif(tmp_path / "like.tif", np.zeros((1, 150, 150), "uint8"), 3413, (-2250000.0, 2250000.0), 30000.0)
    out, _, _ = run_pipeline(tmp_path, """
floe: 1
title: Globe
steps:
  a: { use: raster.read, with: { files: a.tif } }
  like: { use: raster.read, with: { files: like.tif } }
  b: { use: raster.warp, in: { image: a.image, like: like.image } }
outputs:
  b.tif: b.result
""")
    # The same globe from -180 on, which gdalwarp takes without a hint.
    write_tif(tmp_path / "plain.tif", np.roll(image, 180, axis=2), 4326, (-180.0, 90.0), 1.0, nodata=0)
    theirs = gdal.Warp("", str(tmp_path / "plain.tif"), format="MEM", dstSRS="EPSG:3413", outputBounds=(-2250000, -2250000, 2250000, 2250000),
                       width=150, height=150, errorThreshold=0, dstNodata=0).ReadAsArray()
    ours = read(out / "b.tif")
    assert (ours == 0).sum() == 0 and (ours != theirs).mean() < 0.002


def test_regions_on_degrees_are_measured_in_metres(tmp_path):
    from pyproj import Geod
    image = np.ones((1, 40, 60), "uint8")
    image[0, 10:14, 20:50] = 2
    write_tif(tmp_path / "a.tif", image, 4326, (177.0, 72.0), 0.01, nodata=0)
    out, record, _ = run_pipeline(tmp_path, """
floe: 1
title: Degrees
steps:
  a: { use: raster.read, with: { files: a.tif } }
  c: { use: raster.expression, in: { image: a.image }, with: { expression: B01, classes: { 1: sea_ice, 2: lead } } }
  big: { use: vector.polygonize, in: { image: c.result }, with: { classes: [lead], min_area: 1e6 } }
outputs:
  big.gpkg: big.polygons
""")
    file = gdal.OpenEx(str(out / "big.gpkg"))
    lead = file.GetLayer(0).GetNextFeature()
    west, east, south, north = 177.2, 177.5, 71.86, 71.9
    along = np.linspace(west, east, 3001)
    area, perimeter = Geod(ellps="WGS84").polygon_area_perimeter(
        np.concatenate([along, along[::-1]]), np.concatenate([np.full(3001, south), np.full(3001, north)]))
    assert abs(lead["area_m2"] / abs(area) - 1) < 1e-6 and abs(lead["perimeter_m"] / perimeter - 1) < 1e-5
    assert lead["pixels"] == 120 and lead["length_m"] > 10000 and 4000 < lead["mean_width_m"] < 5000


@pytest.mark.parametrize("settings, part", [
    ("files: a.tif, bands: []", "names no band"), ("files: a.tif, no_data: -9999", "which the uint8 pixels of"),
    ("files: [a.tif, tall.tif]", "its pixel size is 10.0 x 20.0, not 10.0 x 10.0"), ("files: south.tif", "not north-up"),
    ("files: rotated.tif", "rotated or sheared"),
])
def test_rasters_that_cannot_be_read(tmp_path, settings, part):
    for name in ("a", "tall", "south", "rotated"):
        write_tif(tmp_path / f"{name}.tif", np.ones((1, 8, 8), "uint8"))
    for name, t in {"tall": (300000, 10, 0, 7900020, 0, -20), "south": (300000, 10, 0, 7900020, 0, 10), "rotated": (300000, 10, 1, 7900020, 1, -10)}.items():
        gdal.Open(str(tmp_path / f"{name}.tif"), gdal.GA_Update).SetGeoTransform(t)
    (tmp_path / "p.yaml").write_text(f"""
floe: 1
title: Refused
steps:
  a: {{ use: raster.read, with: {{ {settings} }} }}
outputs:
  a.tif: a.image
""")
    result = floe("check", tmp_path / "p.yaml", expect=None)
    assert result.status != 0 and part in result.err + result.out


def test_no_data_as_the_pixels_hold_it(tmp_path):
    image = np.full((1, 8, 8), 0.5, "float32")
    image[0, :2] = -9999.9
    write_tif(tmp_path / "f.tif", image)
    write_tif(tmp_path / "g.tif", image, nodata=-9999.9)
    write_tif(tmp_path / "b.tif", np.ones((1, 8, 8), "uint8"))
    (tmp_path / "b.tif.aux.xml").write_text(
        '<PAMDataset><PAMRasterBand band="1"><NoDataValue>-9999</NoDataValue></PAMRasterBand></PAMDataset>')
    out, record, _ = run_pipeline(tmp_path, """
floe: 1
title: No data
steps:
  f: { use: raster.read, with: { files: f.tif, no_data: -9999.9 } }
  g: { use: raster.read, with: { files: g.tif } }
  b: { use: raster.read, with: { files: b.tif } }
  x: { use: raster.expression, in: { image: f.image }, with: { expression: B01 * 2 } }
  y: { use: raster.expression, in: { image: g.image }, with: { expression: B01 * 2 } }
  z: { use: raster.expression, in: { image: b.image }, with: { expression: B01 * 2 } }
outputs:
  x.tif: x.result
  y.tif: y.result
  z.tif: z.result
""")
    for name in ("x.tif", "y.tif"):
        values = read(out / name)
        assert np.isnan(values[:2]).all() and (values[2:] == 1).all()
    assert (read(out / "z.tif") == 2).all()
    assert any("no-data value -9999.0" in w["message"] if isinstance(w, dict) else "no-data value -9999.0" in w for w in record["warnings"])


def test_land_of_the_world_keeps_the_tile(tmp_path):
    write_tif(tmp_path / "a.tif", np.ones((1, 100, 100), "uint8"), 32601, (300000.0, 7900020.0), 100.0, nodata=0)
    near = [[177.5, 71.15], [177.6, 71.15], [177.6, 71.1], [177.5, 71.1], [177.5, 71.15]]
    far = [[-17, 15], [-6, 36], [32, 31], [51, 12], [40, -15], [20, -35], [-17, 15]], [[-91.5, 0], [-91, 0.1], [-90.8, -0.9], [-91.5, 0]]
    polygons = {"near": [near], "world": [near, *far]}
    for name, rings in polygons.items():
        features = [{"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [r]}} for r in rings]
        (tmp_path / f"{name}.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    out, _, _ = run_pipeline(tmp_path, """
floe: 1
title: Land
steps:
  a: { use: raster.read, with: { files: a.tif } }
  near: { use: raster.clip, in: { image: a.image }, with: { polygons: near.geojson } }
  world: { use: raster.clip, in: { image: a.image }, with: { polygons: world.geojson } }
outputs:
  near.tif: near.result
  world.tif: world.result
""")
    near, world = read(out / "near.tif"), read(out / "world.tif")
    np.testing.assert_array_equal(near, world)
    assert 0.01 < near.mean() < 0.9


def test_widths_of_water_need_metres(tmp_path):
    image = np.tile(np.array([100, 900], "uint16"), (1, 40, 20))
    write_tif(tmp_path / "a.tif", image, 4326, (177.0, 72.0), 0.001, nodata=0)
    _, _, result = run_pipeline(tmp_path, """
floe: 1
title: Degrees
steps:
  a: { use: raster.read, with: { files: a.tif, quantity: reflectance } }
  k: { use: cluster.kmeans, in: { samples: a.image }, with: { clusters: 2, names: { lead: darkest, sea_ice: rest }, water: open_ocean } }
outputs:
  k.tif: k.classes
""", expect=None)
    assert result.status != 0 and "the raster is in degrees (EPSG:4326)" in result.err


def test_polygons_between_the_centres_of_pixels_are_told(tmp_path):
    """They lie on the raster, and keep nothing of it."""
    write_tif(tmp_path / "a.tif", np.full((1, 40, 50), 7, "uint8"), 32601, (300000, 7900000), 100, nodata=0)
    for name, side in (("small", 30), ("large", 90)):
        ring = [[300010 + x, 7899990 - y] for x, y in ((0, 0), (side, 0), (side, side), (0, side), (0, 0))]
        (tmp_path / f"{name}.geojson").write_text(json.dumps({
            "type": "FeatureCollection", "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32601"}},
            "features": [{"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [ring]}}]}))
        out, record, _ = run_pipeline(tmp_path, f"""
floe: 1
steps:
  a: {{ use: raster.read, with: {{ files: a.tif }} }}
  c: {{ use: raster.clip, in: {{ image: a.image }}, with: {{ polygons: {name}.geojson }} }}
outputs: {{ c.tif: c.result }}
""")
        said = " ".join(w["message"] for w in record["warnings"])
        kept = int((read(out / "c.tif") > 0).sum())
        assert (kept, "all pixels are no data" in said) == ((0, True) if name == "small" else (1, False))


@pytest.mark.parametrize("epsg, corner, told", [(3857, (-2e7, 1.5e7), True), (3413, (0, -1e6), False)])
def test_areas_on_a_map_that_stretches_are_told(tmp_path, epsg, corner, told):
    """At 79 degrees north Web Mercator draws each square metre 28 times as large."""
    write_tif(tmp_path / "a.tif", np.ones((1, 40, 50), "uint8"), epsg, corner, 100, nodata=0)
    _, record, _ = run_pipeline(tmp_path, """
floe: 1
steps:
  a: { use: raster.read, with: { files: a.tif } }
  p: { use: vector.polygonize, in: { image: a.image } }
outputs: { p.gpkg: { p: p.polygons } }
""")
    assert ("times the true ones" in " ".join(w["message"] for w in record["warnings"])) == told


@pytest.mark.parametrize("origin, epsg, told", [
    ((300100.0, 7900000.0), 32601, False), ((900000.0, 7900000.0), 32601, True), ((-1e6, -1e6), 3413, True)])
def test_a_grid_that_the_raster_does_not_reach_is_told(tmp_path, origin, epsg, told):
    write_tif(tmp_path / "a.tif", np.full((30, 30), 7, np.uint8), nodata=255)
    write_tif(tmp_path / "like.tif", np.zeros((20, 20), np.uint8), origin=origin, epsg=epsg)
    result = floe("step", "raster.warp", "--image", "a.tif", "--like", "like.tif", "--result", "r.tif", "-o", "out", cwd=tmp_path)
    assert (read(tmp_path / "out/r.tif") == 255).all() == told
    assert ("all pixels are no data" in result.err) == told


def test_a_resolution_beside_like_is_refused(tmp_path):
    write_tif(tmp_path / "a.tif", np.ones((9, 9), np.uint8), nodata=255)
    result = floe("step", "raster.warp", "--image", "a.tif", "--like", "a.tif", "--resolution", 20, "--result", "r.tif", "-o", "out",
                  cwd=tmp_path, expect=2)
    assert "'resolution' is 20" in result.err and "'like'" in result.err


@pytest.mark.parametrize("classes, told", [
    ("{0: water, 1: water}", "'water' to the codes 0 and 1"), ('{0: "", 1: pond}', "the code 0 no name")])
def test_classes_have_names_of_their_own(tmp_path, classes, told):
    write_tif(tmp_path / "a.tif", np.ones((9, 9), np.uint8))
    result = floe("step", "raster.expression", "--image", "a.tif", "--expression", "B01", "--classes", classes, "--result", "r.tif",
                  "-o", "out", cwd=tmp_path, expect=2)
    assert told in result.err


@pytest.mark.parametrize("names, later", [(["water", "ice", "water"], "water_2"), (["Ice (thin)", "open", "Ice [thin]"], "ice__thin__2"),
                                          (["a", "a_2", "a"], "a_3")])
def test_codes_of_one_name_are_told(tmp_path, names, later):
    codes = np.random.default_rng(6).integers(0, 3, (30, 30)).astype(np.uint8)
    write_tif(tmp_path / "a.tif", codes, nodata=255)
    ds = gdal.Open(str(tmp_path / "a.tif"), gdal.GA_Update)
    ds.GetRasterBand(1).SetCategoryNames(names)
    ds = None
    out, record, _ = run_pipeline(tmp_path, f"""
floe: 1
steps:
  r: {{ use: raster.read, with: {{ files: [a.tif] }} }}
  p: {{ use: vector.polygonize, in: {{ image: r.image }}, with: {{ classes: [{later}] }} }}
outputs: {{ p.csv: p.polygons }}
""")
    said = " ".join(w["message"] for w in record["warnings"])
    assert f"the codes 0 and 2: 2 is called '{later}'" in said
    lines = (out / "p.csv").read_text().splitlines()
    column = lines[0].split(",").index("pixels")
    assert sum(int(line.split(",")[column]) for line in lines[1:]) == (codes == 2).sum()
