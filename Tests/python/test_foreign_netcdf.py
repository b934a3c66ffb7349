"""Missing values, scales and limits of netCDF variables as the conventions write them. netCDF4 says what is right."""
import csv
import math

import netCDF4
import numpy as np
import pytest

from conftest import run_pipeline


def track(folder, define):
    n = 60
    folder.mkdir(exist_ok=True)
    with netCDF4.Dataset(folder / "enhanced_measurement.nc", "w") as f:
        f.createDimension("time_20_ku", n)
        f.createDimension("time_01", 4)
        f.createDimension("echo", 128)
        for name, values in (("time_20_ku", 7e8 + np.arange(n) / 20), ("time_01", 7e8 + np.arange(4))):
            t = f.createVariable(name, "f8", (name,))
            t.units = "seconds since 2000-01-01 00:00:00.0"
            t[:] = values
        for name, units, values in (("lat_20_ku", "degrees_north", 72e6 + np.arange(n) * 3000), ("lon_20_ku", "degrees_east", 18e7 + np.arange(n) * 1000)):
            v = f.createVariable(name, "i4", ("time_20_ku",))
            v.setncatts({"units": units, "scale_factor": 1e-6})
            v.set_auto_maskandscale(False)
            v[:] = values
        define(f)


BASE = np.arange(60) * 100


def with_odd(values, kind, at, odd):
    stored = np.asarray(values).astype(kind).copy()
    stored[at] = odd
    return stored


CONVENTIONS = {
    "unsigned_short": ("i2", with_odd((BASE + 30000).astype("u2").view("i2"), "i2", 5, -1), dict(fill=np.int16(-1), _Unsigned="true", scale_factor=0.01)),
    "unsigned_byte": ("i1", with_odd((np.arange(60) + 150).astype("u1").view("i1"), "i1", 5, -1), dict(fill=np.int8(-1), _Unsigned="true", scale_factor=1.0)),
    "unsigned_int": ("i4", with_odd((BASE.astype("u4") + 3_000_000_000).view("i4"), "i4", 5, -1), dict(fill=np.int32(-1), _Unsigned="true", scale_factor=0.5)),
    "signed_in_unsigned": ("u2", (BASE - 3000).astype("i2").view("u2"), dict(_Unsigned="false", scale_factor=0.01)),
    "valid_min_max": ("i2", with_odd(BASE, "i2", [7, 9], [30000, -5]), dict(fill=np.int16(32767), valid_min=np.int16(0), valid_max=np.int16(20000), scale_factor=0.01)),
    "valid_range": ("i2", with_odd(BASE, "i2", [7, 9], [30000, -5]), dict(fill=np.int16(32767), valid_range=np.array([0, 20000], "i2"), scale_factor=-0.01, add_offset=3.0)),
    "valid_range_float": ("f4", with_odd(BASE, "f4", [7, 9], [3e4, -5]), dict(valid_range=np.array([0, 2e4], "f4"))),
    "missing_value": ("i2", with_odd(BASE, "i2", 9, -9999), dict(fill=np.int16(32767), missing_value=np.int16(-9999), scale_factor=0.01)),
    "several_missing": ("i2", with_odd(BASE, "i2", [9, 10], [-9999, -9998]), dict(missing_value=np.array([-9999, -9998], "i2"))),
    "nan_fill": ("f4", with_odd(BASE, "f4", [11, 12], [1e20, np.nan]), dict(fill=np.float32("nan"), missing_value=np.float32(1e20))),
    "double_missing": ("f4", with_odd(BASE, "f4", 13, -999.9), dict(missing_value=np.float64(-999.9))),
    "text_scale": ("i2", BASE.astype("i2"), dict(fill=np.int16(32767), scale_factor="0.01")),
    "default_fill": ("i4", with_odd(BASE, "i4", 3, -2147483647), dict(missing_value=np.int32(-5))),
}


@pytest.mark.parametrize("name", CONVENTIONS)
def test_missing_values_of_netcdf(tmp_path, name):
    kind, stored, attributes = CONVENTIONS[name]
    attributes = dict(attributes)
    fill = attributes.pop("fill", None)

    def define(f):
        v = f.createVariable(name, kind, ("time_20_ku",), fill_value=fill)
        v.setncatts({"units": "m", **attributes})
        v.set_auto_maskandscale(False)
        v[:] = stored
        # The same as echoes, which are read in single precision.
        w = f.createVariable(name + "_echo", kind, ("time_20_ku", "echo"), fill_value=fill, zlib=True)
        w.setncatts({"units": "m", **attributes})
        w.set_auto_maskandscale(False)
        w[:] = np.repeat(stored[:, None], 128, 1)

    track(tmp_path / "S3A_X.SEN3", define)
    if name == "text_scale":
        want = BASE * 0.01
    elif name == "signed_in_unsigned":
        want = (BASE - 3000) * 0.01
    else:
        with netCDF4.Dataset(tmp_path / "S3A_X.SEN3/enhanced_measurement.nc") as f:
            want = np.ma.filled(np.ma.asarray(f[name][:], float), np.nan)
    out, _, _ = run_pipeline(tmp_path, f"""
floe: 1
steps:
  t: {{ use: sentinel3.read, with: {{ product: S3A_X.SEN3, variables: [{name}, {name}_echo] }} }}
outputs: {{ t.csv: t.track, t.nc: t.track }}
""")
    got = [float(r[name]) if r[name] else math.nan for r in csv.DictReader(open(out / "t.csv"))]
    np.testing.assert_allclose(got, want, rtol=1e-6)
    with netCDF4.Dataset(out / "t.nc") as f:
        echoes = np.ma.filled(np.ma.asarray(f[name + "_echo"][:], float), np.nan)
    np.testing.assert_allclose(echoes[:, 7], want, rtol=1e-6)


def test_a_scale_that_is_no_number_is_refused(tmp_path):
    def define(f):
        v = f.createVariable("odd", "i2", ("time_20_ku",))
        v.scale_factor = "a hundredth"
        v.set_auto_maskandscale(False)
        v[:] = BASE

    track(tmp_path / "S3A_X.SEN3", define)
    _, _, result = run_pipeline(tmp_path, """
floe: 1
steps: { t: { use: sentinel3.read, with: { product: S3A_X.SEN3, variables: [odd] } } }
outputs: { t.csv: t.track }
""", expect=None)
    assert result.status in (1, 2) and "a hundredth" in result.err
