"""Rasters as others write them: masks, alpha bands, reference systems, units, environments. GDAL and PROJ say what is right."""
import contextlib
import json
import os

import numpy as np
import pyproj
import pytest
from osgeo import gdal, osr
from shapely.geometry import Point, shape

from conftest import floe, read, run_pipeline, write_tif

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


def masked(path, kind, array, valid, nodata=None):
    """A file whose validity stands in a mask of the given kind."""
    types = {"uint8": gdal.GDT_Byte, "uint16": gdal.GDT_UInt16, "int16": gdal.GDT_Int16, "float32": gdal.GDT_Float32,
             "int32": gdal.GDT_Int32}
    count = len(array)
    alpha = kind == "alpha"
    ds = gdal.GetDriverByName("GTiff").Create(
        str(path), array.shape[2], array.shape[1], count + alpha, types[array.dtype.name])
    ds.SetGeoTransform((300000, 10, 0, 7900020, 0, -10))
    ds.SetProjection(pyproj.CRS(32601).to_wkt("WKT1_GDAL"))
    for i in range(count):
        ds.GetRasterBand(i + 1).WriteArray(array[i])
        if nodata is not None:
            ds.GetRasterBand(i + 1).SetNoDataValue(nodata)
    if alpha:
        ds.GetRasterBand(count + 1).SetColorInterpretation(gdal.GCI_AlphaBand)
        most = 255 if array.dtype == np.uint8 else 65535 if array.dtype == np.uint16 else 1
        ds.GetRasterBand(count + 1).WriteArray(np.where(valid, most, 0).astype(array.dtype))
    else:
        with option("GDAL_TIFF_INTERNAL_MASK", "YES" if kind == "internal" else "NO"):
            ds.CreateMaskBand(gdal.GMF_PER_DATASET)
            ds.GetRasterBand(1).GetMaskBand().WriteArray(valid.astype("uint8") * 255)
    ds = None


@pytest.mark.parametrize("kind", ["internal", "sidecar", "alpha"])
@pytest.mark.parametrize("dtype, bands", [("uint8", 1), ("uint8", 3), ("uint8", 5), ("uint16", 3), ("int16", 2), ("float32", 3)])
def test_masks_are_heard(tmp_path, kind, dtype, bands):
    random = np.random.default_rng(1)
    array = random.integers(0, 256, (bands, 90, 110)).astype(dtype)
    valid = random.random((90, 110)) > 0.3
    masked(tmp_path / "a.tif", kind, array, valid)
    out, record, _ = run_pipeline(tmp_path, READ.format(file="a.tif", more=""))
    ds = gdal.Open(str(out / "r.tif"))
    assert ds.RasterCount == bands
    for i in range(bands):
        band = ds.GetRasterBand(i + 1)
        values, empty = band.ReadAsArray(), band.GetNoDataValue()
        missing = np.isnan(values) if np.isnan(empty) else values == empty
        np.testing.assert_array_equal(missing, ~valid)
        np.testing.assert_array_equal(values[valid], array[i][valid])


def test_a_mask_takes_the_declared_or_the_given_value(tmp_path):
    array = np.arange(100, dtype="uint8").reshape(1, 10, 10)
    valid = array[0] % 3 != 0
    masked(tmp_path / "a.tif", "internal", array, valid, nodata=200)
    out, _, _ = run_pipeline(tmp_path, READ.format(file="a.tif", more=""))
    np.testing.assert_array_equal(read(out / "r.tif"), np.where(valid, array[0], 200))
    masked(tmp_path / "b.tif", "sidecar", array, valid)
    out, _, _ = run_pipeline(tmp_path, READ.format(file="b.tif", more=", no_data: 255"))
    np.testing.assert_array_equal(read(out / "r.tif"), np.where(valid, array[0], 255))


def test_masks_of_overviews(tmp_path):
    array = np.full((1, 64, 64), 7, "uint16")
    valid = np.zeros((64, 64), bool)
    valid[:, 32:] = True
    masked(tmp_path / "a.tif", "internal", array, valid)
    ds = gdal.Open(str(tmp_path / "a.tif"), gdal.GA_Update)
    ds.BuildOverviews("NEAREST", [2])
    ds = None
    out, _, _ = run_pipeline(tmp_path, READ.format(file="a.tif", more=", reduction: 2"))
    values = read(out / "r.tif")
    assert (values[:, :16] == -2147483648).all() and (values[:, 16:] == 7).all()


def test_a_reference_system_without_places_is_told(tmp_path):
    ds = gdal.GetDriverByName("GTiff").Create(str(tmp_path / "a.tif"), 8, 8, 1, gdal.GDT_Byte)
    ds.SetProjection(pyproj.CRS(32601).to_wkt("WKT1_GDAL"))
    ds.GetRasterBand(1).WriteArray(np.ones((8, 8), "uint8"))
    ds = None
    _, record, _ = run_pipeline(tmp_path, READ.format(file="a.tif", more=""))
    assert any("and no places" in w["message"] for w in record["warnings"])


def test_a_level_made_without_regard_to_no_data_is_warned_of(tmp_path):
    """GDAL averages zeros that nobody declared into the pixels beside them."""
    array = np.full((64, 64), 8000, "uint16")
    array[:, :33] = 0
    write_tif(tmp_path / "a.tif", array)
    ds = gdal.Open(str(tmp_path / "a.tif"), gdal.GA_Update)
    ds.BuildOverviews("AVERAGE", [2])
    ds = None
    out, record, _ = run_pipeline(tmp_path, READ.format(file="a.tif", more=", reduction: 2, no_data: 0"))
    assert set(np.unique(read(out / "r.tif"))) == {0, 4000, 8000}
    assert any("without regard to no_data" in w["message"] for w in record["warnings"])
    _, record, _ = run_pipeline(tmp_path, READ.format(file="a.tif", more=", no_data: 0"))
    assert not any("without regard" in w["message"] for w in record["warnings"])


@pytest.mark.parametrize("declared", [False, True])
def test_a_margin_of_zeros_is_not_water_without_a_word(tmp_path, declared):
    rng = np.random.default_rng(3)
    array = rng.normal(200, 3, (200, 200)).astype("uint8")
    array[60:64, 80:] = 20
    array[:, :70] = 0
    write_tif(tmp_path / "a.tif", array)
    more = ", no_data: 0" if declared else ""
    out, record, _ = run_pipeline(tmp_path, f"""
floe: 1
steps:
  r: {{ use: raster.read, with: {{ files: [a.tif]{more} }} }}
  g:
    use: cluster.kmeans
    in: {{ samples: r.image }}
    with: {{ clusters: 3, training: balanced, names: {{ lead: dark, sea_ice: rest }} }}
outputs: {{ g.tif: g.classes }}
""")
    said = any("the darkest pixels are 0 in all bands" in w["message"] for w in record["warnings"])
    assert said != declared
    assert (read(out / "g.tif") == 2).sum() == (480 if declared else 480 + 200 * 70)


def test_the_alpha_band_is_no_band_unless_it_is_asked_for(tmp_path):
    masked(tmp_path / "a.tif", "alpha", np.ones((3, 8, 8), "uint8"), np.ones((8, 8), bool))
    out, record, _ = run_pipeline(tmp_path, READ.format(file="a.tif", more=", bands: [4]"))
    assert (read(out / "r.tif") == 255).all() and any("alpha band" in w["message"] for w in record["warnings"])
    _, _, result = run_pipeline(tmp_path, READ.format(file="a.tif", more=", bands: [5]"), expect=2)
    assert "band 5" in result.err


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


@pytest.mark.parametrize("option", [
    "GDAL_TIFF_ENDIANNESS=BIG", "GDAL_TIFF_OVR_BLOCKSIZE=128", "COMPRESS_OVERVIEW=LZW", "PREDICTOR_OVERVIEW=2",
    "GDAL_GEOREF_SOURCES=NONE", "GDAL_PAM_ENABLED=NO", "OGR_SQLITE_JOURNAL=WAL", "OSR_USE_NON_DEPRECATED=YES",
    "CREATE_TRIGGERS=NO", "CREATE_GEOMETRY_COLUMNS=NO",
])
def test_the_environment_changes_nothing(tmp_path, option):
    random = np.random.default_rng(2)
    write_tif(tmp_path / "a.tif", random.integers(1, 60000, (2, 600, 640)).astype("uint16"), nodata=0)
    yaml = """
floe: 1
steps:
  r: { use: raster.read, with: { files: [a.tif] } }
  k: { use: cluster.kmeans, in: { samples: r.image }, with: { clusters: 3, tolerance: 0.01, starts: 1 } }
  s: { use: vector.polygonize, in: { image: k.labels }, with: { min_area: 20000 } }
outputs: { r.tif: r.image, k.tif: k.labels, s.gpkg: { s: s.polygons } }
"""
    (tmp_path / "p.yaml").write_text(yaml)
    name, value = option.split("=")
    files = {}
    home = tmp_path / "home/.gdal"
    home.mkdir(parents=True)
    (home / "gdalrc").write_text(f"[configoptions]\n{name}={value}\n")
    for label, env in (("plain", {}), ("set", {name: value}), ("rc", {"HOME": str(tmp_path / "home")})):
        floe("run", tmp_path / "p.yaml", "-o", tmp_path / label, "--quiet", env={**os.environ, **env})
        files[label] = {p.name: p.read_bytes() for p in sorted((tmp_path / label).iterdir()) if p.name != "run.json"}
    assert files["set"] == files["plain"]
    assert files["rc"] == files["plain"]


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


EXPRESSIONS = [
    "not a == 3", "not a > 3", "not a < 3 and b == 1", "not b", "2 < a < 5", "5 > a > 2", "a == b == 1", "not not b", "1 < a <= 4 != 3",
    "not (a < 2) or b", "-a * -2", "a - 2 - 3", "a / 2 * 3", "not a + b", "a < 3 == b",
]


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_expressions_mean_what_python_means(tmp_path, text):
    a, b = np.arange(8, dtype="float32"), np.array([1, 1, 0, 0, 1, 1, 0, 0], "float32")
    write_tif(tmp_path / "r.tif", np.stack([a, b])[:, None, :])
    out, _, _ = run_pipeline(tmp_path, f"""
floe: 1
steps:
  r: {{ use: raster.read, with: {{ files: [r.tif], names: [a, b] }} }}
  x: {{ use: raster.expression, in: {{ image: r.image }}, with: {{ expression: "{text}" }} }}
outputs: {{ v.tif: x.result }}
""")
    want = [float(eval(text, {}, {"a": float(x), "b": float(y)})) for x, y in zip(a, b)]
    np.testing.assert_allclose(read(out / "v.tif")[0], want)


@pytest.mark.parametrize("text", ["a < not b", "a = 3", "a && b", "a ** 2", "a // 2", "2a", "1,5 * a", "'a'", "\\\"a", "a" + " + a" * 5000])
def test_other_spellings_are_refused(tmp_path, text):
    write_tif(tmp_path / "r.tif", np.ones((2, 1, 4), "float32"))
    floe_refuses = run_pipeline(tmp_path, f"""
floe: 1
steps:
  r: {{ use: raster.read, with: {{ files: [r.tif], names: [a, b] }} }}
  x: {{ use: raster.expression, in: {{ image: r.image }}, with: {{ expression: "{text}" }} }}
outputs: {{ v.tif: x.result }}
""", expect=2)[2]
    assert "expression" in floe_refuses.err


def test_quoted_names_are_bands(tmp_path):
    write_tif(tmp_path / "r.tif", np.stack([np.full((1, 4), 2, "float32"), np.full((1, 4), 5, "float32")]))
    out, _, _ = run_pipeline(tmp_path, """
floe: 1
steps:
  r: { use: raster.read, with: { files: [r.tif], names: [10m, "not"] } }
  x: { use: raster.expression, in: { image: r.image }, with: { expression: '"10m" * 10 + "not"' } }
outputs: { v.tif: x.result }
""")
    assert (read(out / "v.tif") == 25).all()


def test_large_numbers_keep_their_differences(tmp_path):
    times = 7e8 + np.arange(6, dtype="float64") / 20
    ds = gdal.GetDriverByName("GTiff").Create(str(tmp_path / "t.tif"), 6, 1, 1, gdal.GDT_Float64)
    ds.SetGeoTransform((0, 1, 0, 0, 0, -1))
    ds.GetRasterBand(1).WriteArray(times[None])
    ds = None
    out, _, _ = run_pipeline(tmp_path, """
floe: 1
steps:
  r: { use: raster.read, with: { files: [t.tif] } }
  x: { use: raster.expression, in: { image: r.image }, with: { expression: t - 700000000 } }
outputs: { v.tif: x.result }
""")
    np.testing.assert_allclose(read(out / "v.tif")[0], np.arange(6) / 20, atol=1e-6)


def test_a_dataset_inside_of_a_file(tmp_path):
    import netCDF4
    with netCDF4.Dataset(tmp_path / "f.nc", "w") as f:
        f.createDimension("y", 3)
        f.createDimension("x", 4)
        for name, factor in (("one", 1), ("two", 2)):
            v = f.createVariable(name, "f4", ("y", "x"))
            v[:] = factor * np.arange(12).reshape(3, 4)
        for name, n in (("x", 4), ("y", 3)):
            v = f.createVariable(name, "f8", (name,))
            v[:] = np.arange(n)[:: 1 if name == "x" else -1]
    (tmp_path / "p.yaml").write_text("""
floe: 1
steps: { r: { use: raster.read, with: { files: ['NETCDF:"f.nc":two'] } } }
outputs: { r.tif: r.image }
""")
    floe("run", tmp_path / "p.yaml", "-o", tmp_path / "out", "--quiet")
    want = read(f'NETCDF:"{tmp_path / "f.nc"}":two')
    assert sorted(want.ravel()) == list(range(0, 24, 2))
    np.testing.assert_array_equal(read(tmp_path / "out/r.tif"), want)
    (tmp_path / "p.yaml").write_text((tmp_path / "p.yaml").read_text().replace("f.nc", "absent.nc"))
    assert "absent.nc" in floe("run", tmp_path / "p.yaml", "-o", tmp_path / "out", expect=2).err


# --- netCDF: attributes that GDAL's driver does not hear


def conventions(path, kind, stored, fill=None, form="NETCDF4", **attributes):
    """A variable `v` of 4 by 5 numbers, rows from the north."""
    import netCDF4
    with netCDF4.Dataset(path, "w", format=form) as f:
        for name, count in (("y", 4), ("x", 5)):
            f.createDimension(name, count)
            c = f.createVariable(name, "f8", (name,))
            c.standard_name, c.units = f"projection_{name}_coordinate", "m"
            c[:] = 1000.0 * np.arange(count)[:: -1 if name == "y" else 1]
        v = f.createVariable("v", kind, ("y", "x"), fill_value=fill)
        v.set_auto_maskandscale(False)
        v[:] = np.asarray(stored).reshape(4, 5)
        for name, value in attributes.items():
            v.setncattr(name, value)


def read_convention(folder, expect=0):
    out, _, result = run_pipeline(folder, """
floe: 1
steps:
  r: { use: raster.read, with: { files: ['NETCDF:"f.nc":v'] } }
  x: { use: raster.expression, in: { image: r.image }, with: { expression: '"v" * 1' } }
outputs: { x.tif: x.result, r.tif: r.image }
""", expect=expect)
    if expect is None:
        assert result.status in (1, 2), "read in silence"
        return result.err
    ds = gdal.Open(str(out / "x.tif"))
    band = ds.GetRasterBand(1)
    return np.where(band.GetMaskBand().ReadAsArray() > 0, band.ReadAsArray().astype(float), np.nan)


COUNT = np.arange(20)


@pytest.mark.parametrize("kind, stored, attributes, want", [
    ("i2", COUNT, dict(fill=-1, scale_factor="0.5", add_offset="10"), COUNT * 0.5 + 10),
    ("i2", COUNT, dict(fill=-1, add_offset=" 10 "), COUNT + 10.0),
    # Limits that no pixel is beyond, and pairs, which GDAL hears.
    ("i2", COUNT, dict(fill=-1, valid_min=np.int16(0)), COUNT),
    ("u1", COUNT, dict(valid_max=np.uint8(255)), COUNT),
    ("i2", COUNT, dict(fill=-1, valid_range=np.array([3, 15], "i2")), np.where((COUNT < 3) | (COUNT > 15), np.nan, COUNT)),
    ("i2", COUNT, dict(fill=-1, valid_min=np.int16(3), valid_max=np.int16(15)), np.where((COUNT < 3) | (COUNT > 15), np.nan, COUNT)),
    ("i2", COUNT, dict(fill=-1, missing_value=np.int16(77)), COUNT),
    ("i2", COUNT, dict(missing_value=np.int16(7)), np.where(COUNT == 7, np.nan, COUNT)),
    ("f4", COUNT, dict(missing_value=np.float32(7), valid_min=np.float32(-5)), np.where(COUNT == 7, np.nan, COUNT)),
    ("i1", COUNT - 10, dict(fill=-1, _Unsigned="true", form="NETCDF3_CLASSIC"), np.where(COUNT == 9, np.nan, (COUNT - 10) % 256)),
    ("i2", COUNT * 3000, dict(fill=-1, _Unsigned="true"), COUNT * 3000),
])
def test_attributes_of_netcdf_rasters(tmp_path, kind, stored, attributes, want):
    conventions(tmp_path / "f.nc", kind, np.asarray(stored).astype("i8").astype("u2").astype("i2") if kind == "i2" else stored, **attributes)
    np.testing.assert_allclose(read_convention(tmp_path).ravel(), np.asarray(want, float), rtol=1e-6)


@pytest.mark.parametrize("kind, stored, attributes, words", [
    ("i2", COUNT, dict(fill=-1, valid_min=np.int16(3)), ["'v'", "f.nc", "number 0 at y 0, x 0", "valid_min 3"]),
    ("i2", COUNT, dict(fill=-1, valid_max=np.int16(15), scale_factor=0.5), ["number 16 at y 3, x 1", "valid_max 15"]),
    ("i2", COUNT, dict(fill=-1, valid_range="3, 15"), ["number 0", "valid_range 3, 15"]),
    ("i2", COUNT, dict(fill=-1, valid_range=np.array([15, 3], "i2")), ["no number valid", "15"]),
    ("i2", COUNT, dict(missing_value=np.array([5, 6], "i2")), ["number 6 at y 1, x 1", "missing_value 5, 6"]),
    ("i2", COUNT, dict(fill=-1, missing_value=np.int16(5)), ["number 5 at y 1, x 0", "missing_value 5"]),
    ("i2", np.where(COUNT == 4, -32767, COUNT), dict(missing_value=np.int16(5)), ["number -32767 at y 0, x 4", "default fill"]),
    # Without a no-data value GDAL makes 0 of what lies beyond.
    ("u1", COUNT * 10, dict(valid_range=np.array([0, 100], "u1")), ["number 110 at y 2, x 1", "valid_range 0, 100"]),
    # Limits of unpacked numbers, which GDAL compares with packed ones.
    ("i2", COUNT, dict(fill=-1, scale_factor=0.1, valid_range=np.array([0.0, 1.9])), ["number 2 at y 0, x 2", "valid_range 0, 1.9"]),
    ("i2", COUNT, dict(fill=-1, scale_factor="a half"), ["scale_factor", "a half"]),
    ("i2", COUNT, dict(fill=-1, scale_factor=np.nan), ["scale", "nan"]),
    ("i4", COUNT - 10, dict(fill=99, _Unsigned="true"), ["_Unsigned 'true'", "int32", "unsigned"]),
    ("u2", COUNT, dict(_Unsigned="false"), ["_Unsigned 'false'", "uint16", "signed"]),
    ("i1", COUNT - 10, dict(fill=-1, _Unsigned="true"), ["_Unsigned 'true'", "unsigned bytes"]),
])
def test_attributes_that_no_raster_holds_are_refused(tmp_path, kind, stored, attributes, words):
    conventions(tmp_path / "f.nc", kind, stored, **attributes)
    said = read_convention(tmp_path, expect=None)
    for word in words:
        assert word in said
    # The file is sound.
    assert "damaged" not in said


@pytest.mark.parametrize("word, value", [("scale", "nan"), ("scale", "inf"), ("scale", "0"), ("offset", "nan"), ("offset", "-inf")])
def test_scales_that_are_no_numbers_are_refused(tmp_path, word, value):
    write_tif(tmp_path / "a.tif", np.ones((4, 4), "uint16"))
    ds = gdal.Open(str(tmp_path / "a.tif"), gdal.GA_Update)
    getattr(ds.GetRasterBand(1), "SetScale" if word == "scale" else "SetOffset")(float(value))
    ds = None
    _, _, result = run_pipeline(tmp_path, READ.format(file="a.tif", more=""), expect=None)
    assert result.status in (1, 2) and f"{word} {value}" in result.err and "'B01'" in result.err


@pytest.mark.parametrize("unit, value, nanometres", [
    ("nm", "842", 842), ("Micrometers", "0.842", 842), ("\u03bcm", "0.842", 842), ("m", "8.42e-7", 842), ("Angstroms", "8420", 842),
    ("Wavenumber", "11876.4846", 842), ("Millimeters", "0.000842", 842), (None, "0.842", 842), (None, "842", 842),
    ("Index", "3", None), ("furlongs", "842", None), ("nm", "-1", None), ("nm", "0", None), ("nm", "red", None),
])
def test_units_of_wavelengths(tmp_path, unit, value, nanometres):
    """The units of ENVI's headers; a number in another one is no wavelength, and was taken for one in the infrared."""
    write_tif(tmp_path / "a.tif", np.ones((4, 4), "uint16"))
    ds = gdal.Open(str(tmp_path / "a.tif"), gdal.GA_Update)
    ds.GetRasterBand(1).SetMetadata({"WAVELENGTH": value, **({"WAVELENGTH_UNITS": unit} if unit else {})})
    ds = None
    found = json.loads(floe("info", tmp_path / "a.tif", "--json").out)["bands"][0].get("wavelength")
    assert found == (pytest.approx(nanometres, abs=1e-3) if nanometres else None)
