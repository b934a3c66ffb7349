"""Tables in netCDF: floe's own, times of CF with their calendars and scales, whole numbers of 64 bits, polygons. cftime, netCDF4 and shapely say what is right."""
import netCDF4
import numpy as np
import pytest

from conftest import floe, run_pipeline, write_tif
from tables import features, table


def test_floe_reads_its_own_netcdf(tmp_path):
    text = "lon,lat,time,v\n10,80,2019-03-01T00:00:00.250Z,1.5\n11,81,2019-03-01T00:00:01.000Z,\n"
    file, _ = table(tmp_path, text, more=", x: lon, y: lat", out="o.nc")
    with netCDF4.Dataset(file) as d:
        assert (d["lon"].units, d["lat"].units) == ("degrees_east", "degrees_north")
        assert (d["lon"].standard_name, d["lat"].standard_name) == ("longitude", "latitude")
    file.rename(tmp_path / "x.nc")
    rows, said = table(tmp_path, name="x.nc")
    assert [r["time"] for r in rows] == ["2019-03-01T00:00:00.250Z", "2019-03-01T00:00:01.000Z"]
    assert [r["v"] for r in rows] == ["1.5", ""] and said == ""
    made, _ = table(tmp_path, name="x.nc", out="o.gpkg")
    own, code = features(made)
    assert code == "4326" and [f["place"] for f in own] == [(10, 80), (11, 81)]


def foreign(path, units, values, calendar=None, kind="f8"):
    with netCDF4.Dataset(path, "w") as d:
        d.createDimension("obs", len(values))
        t = d.createVariable("when", kind, ("obs",))
        t.units = units
        if calendar:
            t.calendar = calendar
        t[:] = values
        for name, unit, start in [("x", "degree_E", 10), ("y", "degree_N", 80)]:
            v = d.createVariable(name, "f4", ("obs",))
            v.units = unit
            v[:] = start + np.arange(len(values))
        v = d.createVariable("n", "i2", ("obs",), fill_value=-1)
        v.scale_factor = 0.5
        v[:] = np.ma.masked_array(np.arange(len(values)), [True] + [False] * (len(values) - 1))
        d.createVariable("wide", "f4", ("obs", "obs"))


@pytest.mark.parametrize("units, calendar", [
    ("days since 1950-01-01 00:00:00", None), ("hours since 1-1-1 00:00:00", "standard"), ("seconds since 1970-1-1", "gregorian"),
    ("minutes since 2000-01-01 12:00:00 -06:00", "proleptic_gregorian"), ("days since 1582-10-04", "gregorian"),
    ("hours since 1-1-1", "proleptic_gregorian"), ("milliseconds since 2019-01-01T00:00:00Z", None),
])
def test_times_of_cf(tmp_path, units, calendar):
    import cftime
    at = [cftime.DatetimeGregorian(2019, 3, 1, 6), cftime.DatetimeGregorian(2020, 2, 29, 18, 30)]
    if calendar == "proleptic_gregorian":
        at = [cftime.DatetimeProlepticGregorian(*t.timetuple()[:6]) for t in at]
    foreign(tmp_path / "f.nc", units, cftime.date2num(at, units, calendar or "standard"), calendar)
    rows, said = table(tmp_path, name="f.nc")
    assert [r["when"] for r in rows] == ["2019-03-01T06:00:00.000Z", "2020-02-29T18:30:00.000Z"]
    assert [r["n"] for r in rows] == ["", "1"] and "'wide'" in said and "'n'" not in said
    layer, _ = features(table(tmp_path, name="f.nc", out="o.gpkg")[0])
    assert [f["place"] for f in layer] == [(10, 80), (11, 81)]


@pytest.mark.parametrize("units, calendar", [("days since 2000-01-01", "360_day"), ("days since 2000-01-01", "noleap"), ("months since 2000-01-01", None)])
def test_times_of_other_calendars_stay_numbers_and_are_told(tmp_path, units, calendar):
    foreign(tmp_path / "f.nc", units, [10.0, 20.0], calendar)
    rows, said = table(tmp_path, name="f.nc")
    assert [float(r["when"]) for r in rows] == [10, 20] and "'when'" in said and (calendar or "months") in said


def test_whole_numbers_of_64_bits(tmp_path):
    values = [2**53 + 1, None, -2**63, 2**63 - 1, 3]
    file, _ = table(tmp_path, "a,big\n" + "".join(f"{i},{'' if v is None else v}\n" for i, v in enumerate(values)), out="o.nc")
    with netCDF4.Dataset(file) as d:
        got = d["big"][:]
        assert got.dtype == np.int64 and [None if got.mask[i] else int(got[i]) for i in range(5)] == values
        assert d["a"].dtype == np.int32
    file.rename(tmp_path / "x.nc")
    rows, _ = table(tmp_path, name="x.nc")
    assert [int(r["big"]) if r["big"] else None for r in rows] == values


def test_a_name_that_netcdf_lacks_is_refused_while_planning(tmp_path):
    (tmp_path / "t.csv").write_text("a/b,c\n1,2\n")
    (tmp_path / "p.yaml").write_text("floe: 1\nsteps: { t: { use: table.read, with: { file: t.csv } } }\noutputs: { o.nc: t.table }\n")
    said = floe("check", tmp_path / "p.yaml", expect=2).err
    assert "p.yaml:3" in said and "'a/b'" in said and "'/'" in said


def test_polygons_leave_their_centroids_in_netcdf(tmp_path):
    from pyproj import Transformer
    codes = np.zeros((40, 40), np.uint8)
    codes[5:15, 10:30] = 1
    write_tif(tmp_path / "c.tif", codes, nodata=0)
    out, record, _ = run_pipeline(tmp_path, """
floe: 1
steps:
  r: { use: raster.read, with: { files: [c.tif] } }
  p: { use: vector.polygonize, in: { image: r.image } }
outputs: { p.nc: p.polygons }
""")
    # Ten rows from 5 and twenty columns from 10 on pixels of 10 m.
    lon, lat = Transformer.from_crs(32601, 4326, always_xy=True).transform(300000 + 200, 7900020 - 100)
    with netCDF4.Dataset(out / "p.nc") as d:
        assert np.allclose([d["lon"][0], d["lat"][0]], [lon, lat], rtol=0, atol=1e-9)
        assert d["lon"].units == "degrees_east" and d["area_m2"].coordinates == "lon lat"
    assert any("centroids" in w["message"] for w in record["warnings"])


@pytest.mark.parametrize("name, told", [("TAI time (sec. since 2000-01-01)", "TAI"), ("time in GPS seconds", "GPS"), ("time", None)])
def test_times_without_leap_seconds_are_told_of(tmp_path, name, told):
    """As CryoSat-2's own files tell them, whose units are those of UTC."""
    with netCDF4.Dataset(tmp_path / "t.nc", "w") as ds:
        ds.createDimension("row", 3)
        time = ds.createVariable("time", "f8", ("row",))
        time.units, time.long_name = "seconds since 2000-01-01 00:00:00", name
        time[:] = [0, 1, 2]
    rows, said = table(tmp_path, name="t.nc")
    assert [r["time"] for r in rows] == ["2000-01-01T00:00:00.000Z", "2000-01-01T00:00:01.000Z", "2000-01-01T00:00:02.000Z"]
    assert (f"count in {told}" in said) == (told is not None) and ("ahead of UTC" in said) == (told is not None)
