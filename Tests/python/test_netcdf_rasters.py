"""netCDF rasters with attributes that GDAL's driver does not heed: valid ranges, missing values, scales, units of wavelengths."""
import json

import numpy as np
import pytest
from osgeo import gdal

from conftest import floe, run_pipeline, write_tif
from rasters import READ


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
    # Limits that no pixel is beyond, and pairs, which GDAL heeds.
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
