"""Rasters as others write them: masks, alpha bands, margins, sub-datasets, large numbers, environments. GDAL says what is right."""
import os

import numpy as np
import pyproj
import pytest
from osgeo import gdal

from conftest import floe, read, run_pipeline, write_tif
from rasters import READ, option


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
