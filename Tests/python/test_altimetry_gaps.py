"""Sentinel-3 products with values at another rate, places beyond a pole, and terms that are there without a value; tables with fills."""
import netCDF4
import numpy as np
import pytest
from conftest import floe, run_pipeline
from test_altimetry_refusals import copy, measurement  # noqa: F401

READ = """
floe: 1
steps:
  read: {{ use: sentinel3.sral, with: {{ product: {product}, preset: elevation }} }}
  elevation: {{ use: altimetry.elevation, in: {{ input: read.track }}, with: {{ {more} }} }}
outputs: {{ t.nc: elevation.track }}
"""
ALONE = """
floe: 1
steps:
  read: {{ use: sentinel3.sral, with: {{ product: {product} }} }}
outputs: {{ t.nc: read.track }}
"""


def told(record):
    return [w["message"] for w in record["warnings"]]


def left_out(record, step):
    return {e["reason"]: e["count"] for e in record["left_out"] if e["step"] == step}


def numbers(path, name):
    with netCDF4.Dataset(path) as d:
        return np.ma.filled(d[name][:].astype(float), np.nan)


def filled(dimensions, values):
    return dimensions, np.full_like(values, np.iinfo(values.dtype).max)


def test_a_surface_at_1_hz_is_told_with_the_one_at_20_hz(tmp_path, measurement):
    path = copy(measurement, tmp_path, ["mean_sea_surf_sol1_20_ku"])
    with netCDF4.Dataset(path, "a") as d:
        slow = d.createVariable("mean_sea_surf_sol1_01", "f8", ("time_01",))
        slow.units = "m"
        slow[:] = np.linspace(10, 12, len(d.dimensions["time_01"]))
        t, hz = d["time_20_ku"][:], d["time_01"][:]
    out, record, _ = run_pipeline(tmp_path, READ.format(product=path, more=""))
    said = [m for m in told(record) if "mean_sea_surf_sol1_01" in m]
    assert len(said) == 1 and "10 cm" in said[0] and "surface: mean_sea_surf_sol2_20_ku" in said[0]
    ours = numbers(out / "t.nc", "mean_sea_surf_sol1_20_ku")
    within = (t >= hz[0]) & (t <= hz[-1])
    assert np.allclose(ours[within], np.interp(t, hz, np.linspace(10, 12, len(hz)))[within], atol=1e-6)
    out, record, _ = run_pipeline(tmp_path, READ.format(product=measurement, more=""))
    assert not [m for m in told(record) if "20 Hz" in m]


def test_a_latitude_beyond_a_pole_is_a_missing_position(tmp_path, measurement):
    def change(dimensions, values):
        values[[5, 6]] = 95_000_000
        return dimensions, values
    path = copy(measurement, tmp_path, change={"lat_20_ku": change})
    out, record, _ = run_pipeline(tmp_path, READ.format(product=path, more="") .replace(
        "outputs: {", "  surface: { use: altimetry.sea_surface, in: { input: elevation.track } }\noutputs: { s.nc: surface.track,"))
    assert left_out(record, "read")["latitude beyond a pole"] == 2
    assert np.isnan(numbers(out / "s.nc", "along_track_m"))[[5, 6]].all()
    assert np.isfinite(numbers(out / "s.nc", "sea_surface_m")).any()
    floe("info", path)


def test_a_whole_1_hz_block_without_values_is_told(tmp_path, measurement):
    with netCDF4.Dataset(measurement) as d:
        names = [n for n, v in d.variables.items() if v.dimensions == ("time_01",) and n != "time_01" and v.dtype.kind == "i"]
    path = copy(measurement, tmp_path, change={name: filled for name in names})
    with netCDF4.Dataset(path) as d:
        # Each is really missing by its own fill value.
        assert all(np.ma.getmaskarray(d[n][:]).all() for n in ["mod_dry_tropo_cor_zero_altitude_01", "pole_tide_01"])
    _, record, _ = run_pipeline(tmp_path, ALONE.format(product=path))
    said = [m for m in told(record) if "1 Hz" in m]
    assert len(said) == 1 and "pole_tide_01" in said[0] and "no value" in said[0]


@pytest.mark.parametrize("name", ["pole_tide_01", "sea_ice_concentration_20_ku"])
def test_a_variable_without_a_value_is_told(tmp_path, measurement, name):
    _, record, _ = run_pipeline(tmp_path, ALONE.format(product=copy(measurement, tmp_path, change={name: filled})))
    said = [m for m in told(record) if f"holds no value of {name}" in m]
    assert len(said) == 1


def test_a_correction_at_the_surface_is_another_quantity(tmp_path, measurement):
    def some(dimensions, values):
        return dimensions, np.full_like(values, -23000)
    path = copy(measurement, tmp_path, ["mod_dry_tropo_cor_zero_altitude_01"], change={"mod_dry_tropo_cor_meas_altitude_01": some})
    _, record, _ = run_pipeline(tmp_path, ALONE.format(product=path))
    said = [m for m in told(record) if "mod_dry_tropo_cor_meas_altitude_01" in m]
    assert len(said) == 1 and "another quantity" in said[0]


def refusal(tmp_path, product, more=""):
    (tmp_path / "p.yaml").write_text(READ.format(product=product, more=more))
    return floe("run", tmp_path / "p.yaml", "-o", tmp_path / "o", expect=None).err


def test_what_is_there_without_a_value_is_named_and_nothing_else(tmp_path, measurement):
    (tmp_path / "a").mkdir()
    said = refusal(tmp_path, copy(measurement, tmp_path / "a", ["inv_bar_cor_01"]))
    assert "atmospheric pressure" in said and "it has hf_fluct_cor_01 without inv_bar_cor_01" in said and "no value" not in said
    (tmp_path / "b").mkdir()
    said = refusal(tmp_path, copy(measurement, tmp_path / "b", change={"range_sea_ice_20_ku": filled}))
    assert "no range to the surface" in said and "range_sea_ice_20_ku holds no value" in said
    (tmp_path / "c").mkdir()
    said = refusal(tmp_path, copy(measurement, tmp_path / "c", change={n: filled for n in ["mean_sea_surf_sol1_20_ku", "mean_sea_surf_sol2_20_ku"]}))
    assert "mean_sea_surf_sol1_20_ku, mean_sea_surf_sol2_20_ku hold no value" in said


TABLE = """
floe: 1
steps:
  s: {{ use: table.read, with: {{ file: {file}{xy} }} }}
  surf: {{ use: altimetry.sea_surface, in: {{ input: s.table }}, with: {{ elevation: h, classes: ssh, leads: ["1"], window: 10000, max_gap: 20000 }} }}
  fb: {{ use: altimetry.freeboard, in: {{ input: surf.track }}, with: {{ elevation: h, classes: ssh, ice: ["0"] }} }}
  g: {{ use: altimetry.grid, in: {{ input: fb.track }}, with: {{ column: freeboard_m, crs: "EPSG:3413", cell: 5000 }} }}
outputs: {{ t.csv: fb.track, g.tif: g.grid }}
"""


@pytest.mark.parametrize("form, lone, count", [("csv", 3.4028235e38, 1), ("nc", 3.4028235e38, 0), ("csv", -9999, 1), ("nc", 9999, 1)])
def test_a_fill_is_no_sea_surface(tmp_path, form, lone, count):
    """A table as ICESat-2's, whose lone lead is a fill: what it would be with that record's height missing."""
    n = 600
    rng = np.random.default_rng(1)
    ssh = np.zeros(n, int)
    ssh[[100, 101, 102, 103, 400]] = 1
    h = np.where(ssh == 1, rng.normal(0, 0.02, n), rng.normal(0.3, 0.1, n)).round(6)
    lat = 72 + np.arange(n) * 0.0005

    def run(name, value):
        values = h.copy()
        values[400] = value
        if form == "csv":
            lines = [f"-150.5,{a:.6f},{'' if np.isnan(v) else v},{s}" for a, v, s in zip(lat, values, ssh)]
            (tmp_path / f"{name}.csv").write_text("lon,lat,h,ssh\n" + "\n".join(lines) + "\n")
        else:
            with netCDF4.Dataset(tmp_path / f"{name}.nc", "w") as d:
                d.createDimension("row", n)
                for key, kind, v, fill, unit in [("lon", "f8", np.full(n, -150.5), None, "degrees_east"), ("lat", "f8", lat, None, "degrees_north"),
                                                 ("h", "f4", np.where(np.isnan(values), 3.4028235e38, values), np.float32(3.4028235e38), "m"), ("ssh", "i4", ssh, None, "1")]:
                    w = d.createVariable(key, kind, ("row",), fill_value=fill)
                    w.set_auto_maskandscale(False)
                    w.units = unit
                    w[:] = v
        out, record, _ = run_pipeline(tmp_path, TABLE.format(file=f"{name}.{form}", xy=", x: lon, y: lat" if form == "csv" else ""), "--overwrite")
        return np.genfromtxt(out / "t.csv", delimiter=",", names=True, usecols=None, dtype=None, encoding=None), record

    clean, _ = run("clean", np.nan)
    got, record = run("fill", lone)
    # A declared fill is missing to the reader already.
    assert left_out(record, "surf").get("a height below -500 m or above 9 km: no surface lies there", 0) == count
    for name in ["sea_surface_m", "sea_surface_uncertainty_m", "freeboard_m"]:
        assert np.array_equal(got[name].astype(float), clean[name].astype(float), equal_nan=True), name
    assert np.nanmax(np.abs(got["freeboard_m"].astype(float))) < 2


def test_distance_along_the_track_is_the_ellipsoids(tmp_path):
    from pyproj import Geod

    lat = 60 + 0.003 * np.arange(8000)
    lon = 30 + 0.002 * np.arange(8000)
    (tmp_path / "t.csv").write_text(
        "lon,lat,elevation_m,class_code\n" + "".join(f"{x:.6f},{y:.6f},{0.1 * (i % 3):.1f},{1 + (i % 9 == 0)}\n" for i, (x, y) in enumerate(zip(lon, lat))))
    out, _, _ = run_pipeline(tmp_path, """
floe: 1
steps:
  read: { use: table.read, with: { file: t.csv, x: lon, y: lat, crs: "EPSG:4326" } }
  surface: { use: altimetry.sea_surface, in: { input: read.table }, with: { classes: class_code, leads: ["2"] } }
outputs: { s.csv: surface.track }
""")
    along = np.genfromtxt(out / "s.csv", delimiter=",", names=True, dtype=None, encoding=None)["along_track_m"]
    _, _, steps = Geod(ellps="WGS84").inv(lon[:-1], lat[:-1], lon[1:], lat[1:])
    assert np.allclose(along[1:], np.cumsum(steps), rtol=3e-6) and (np.diff(along) > 0).all()
