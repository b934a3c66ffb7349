"""Times and numbers at the end of their digits, names that spreadsheets run, axes without a reference system."""
import csv
import datetime
import json

import netCDF4
import numpy as np
import pytest

from conftest import floe, run_pipeline, write_tif

LEAP_SECONDS = ["1972-06-30", "1972-12-31", "1981-06-30", "1987-12-31", "2005-12-31", "2015-06-30", "2016-12-31"]


def table(tmp_path, text, expect=0):
    """Rows and warnings of a CSV file that is read and written, or the sentence that refuses it."""
    (tmp_path / "t.csv").write_text(text)
    out, record, result = run_pipeline(tmp_path, """
floe: 1
steps: { t: { use: table.read, with: { file: t.csv } } }
outputs: { o.csv: t.table }
""", expect=expect)
    if expect != 0:
        assert result.status in (1, 2), "read in silence"
        return result.err
    return list(csv.DictReader(open(out / "o.csv", newline=""))), " ".join(w["message"] for w in record["warnings"])


# A fraction of four digits makes floe type the column itself; else OGR does.
@pytest.mark.parametrize("other", ["2019-03-01T00:00:00Z", "2019-03-01T00:00:00.1234Z"])
@pytest.mark.parametrize("day", LEAP_SECONDS)
def test_leap_seconds_are_read(tmp_path, day, other):
    rows, _ = table(tmp_path, f"a,t\n1,{day}T23:59:60Z\n2,{other}\n")
    after = datetime.date.fromisoformat(day) + datetime.timedelta(days=1)
    assert rows[0]["t"][:19] == f"{after}T00:00:00"


@pytest.mark.parametrize("other", ["2019-03-01T00:00:00Z", "2019-03-01T00:00:00.1234Z"])
@pytest.mark.parametrize("time", [
    "2018-12-31T23:59:60Z", "2017-06-30T23:59:60Z", "2016-12-31T22:59:60Z", "2016-12-30T23:59:60Z", "2019-03-01T12:00:60Z",
    "2016-12-31T23:59:60+01:00"])
def test_other_seconds_of_60_are_refused(tmp_path, time, other):
    said = table(tmp_path, f"a,t\n1,{other}\n2,{time}\n", expect=None)
    assert "row 2" in said and "'t'" in said and ":60" in said and "no clock has" in said


@pytest.mark.parametrize("other", ["2019-03-01T00:00:00Z", "2019-03-01T00:00:00.1234Z"])
def test_a_leap_second_of_another_zone_is_read(tmp_path, other):
    rows, _ = table(tmp_path, f"a,t\n1,2017-01-01T05:29:60+05:30\n2,{other}\n")
    assert rows[0]["t"][:19] == "2017-01-01T00:00:00"


def test_microseconds_stay(tmp_path):
    times = ["2019-03-01T23:56:11.123456Z", "2019-03-01T23:56:11.999999Z", "2019-03-01T23:56:11Z", "1969-12-31T23:59:59.000001Z"]
    rows, _ = table(tmp_path, "a,t\n" + "".join(f"{i},{t}\n" for i, t in enumerate(times)))
    assert [r["t"] for r in rows] == [t if "." in t else t.replace("Z", ".000000Z") for t in times]


@pytest.mark.parametrize("fraction, told", [("123456", True), ("999900", True), ("123", False), ("5", False), ("059", False)])
def test_fine_times_of_layers_are_told(tmp_path, fraction, told):
    features = [{"type": "Feature", "properties": {"t": f"2019-03-01T00:00:{s:02d}.{fraction}Z"}, "geometry": None} for s in range(60)]
    (tmp_path / "t.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    _, record, _ = run_pipeline(tmp_path, """
floe: 1
steps: { t: { use: table.read, with: { file: t.geojson } } }
outputs: { o.csv: t.table }
""")
    assert ("finer than a millisecond" in " ".join(w["message"] for w in record["warnings"])) == told


def test_times_of_milliseconds_keep_three_digits(tmp_path):
    random = np.random.default_rng(3)
    start = np.datetime64("1975-01-01T00:00:00.000")
    times = [f"{start + np.timedelta64(int(n), 'ms')}Z" for n in random.integers(0, 2 ** 41, 200)]
    rows, _ = table(tmp_path, "a,t\n" + "".join(f"{i},{t}\n" for i, t in enumerate(times)))
    assert [r["t"] for r in rows] == times


@pytest.mark.parametrize("number, lost", [(2 ** 53 + 1, True), (2 ** 53, False), (-(2 ** 53) - 1, True), (2 ** 53 + 2, False)])
def test_whole_numbers_beside_decimals_that_lose_digits_are_told(tmp_path, number, lost):
    assert (int(float(number)) != number) == lost
    rows, said = table(tmp_path, f"a,b\n0.5,1\n{number},2\n")
    assert float(rows[1]["a"]) == float(number)
    assert (f"'{number}' in row 2" in said and str(int(float(number))) in said and "'a'" in said) == lost


def test_whole_numbers_alone_keep_all_digits(tmp_path):
    rows, said = table(tmp_path, "a,b\n9007199254740993,1\n1,2\n")
    assert rows[0]["a"] == "9007199254740993" and "2^53" not in said


def test_names_that_spreadsheets_run_are_texts_in_the_summary(tmp_path):
    write_tif(tmp_path / "a.tif", np.ones((8, 8), np.uint8))
    names = ["=1+cmd", "+x", "-y", "@z", "plain", "-5"]
    (tmp_path / "list.csv").write_text("name,image\n" + "".join(f"{n},a.tif\n" for n in names))
    (tmp_path / "p.yaml").write_text("""
floe: 1
inputs: { image: { type: path, help: A raster } }
steps: { r: { use: raster.read, with: { files: [$image] } } }
outputs: { o.tif: r.image }
""")
    floe("batch", tmp_path / "p.yaml", "--over", tmp_path / "list.csv", "-o", tmp_path / "out", "--quiet")
    cells = {r["scene"] for r in csv.DictReader((tmp_path / "out/summary.csv").open())}
    assert cells == {"'=1+cmd", "'+x", "'-y", "'@z", "plain", "-5"}
    assert all((tmp_path / "out" / n / "o.tif").exists() for n in names)


def grid(path, standard_names, mapping=None):
    with netCDF4.Dataset(path, "w") as d:
        for axis, values, name, unit in (("lat", 80 - 0.1 * np.arange(20), standard_names[0], "degrees_north"),
                                         ("lon", 10 + 0.1 * np.arange(25), standard_names[1], "degrees_east")):
            d.createDimension(axis, values.size)
            v = d.createVariable(axis, "f8", (axis,))
            v[:], v.units, v.standard_name = values, "degrees" if name.startswith("grid_") else unit, name
        v = d.createVariable("v", "f4", ("lat", "lon"))
        v[:] = np.arange(500.0).reshape(20, 25)
        if mapping:
            v.grid_mapping = "crs"
            c = d.createVariable("crs", "i4", ())
            c.grid_mapping_name, c.semi_major_axis, c.inverse_flattening = "latitude_longitude", 6378137.0, 298.257223563
    return path


@pytest.mark.parametrize("names, mapping, told", [
    (("latitude", "longitude"), False, True), (("latitude", "longitude"), True, False),
    (("grid_latitude", "grid_longitude"), False, False)])
def test_degrees_without_a_grid_mapping_are_told(tmp_path, names, mapping, told):
    grid(tmp_path / "a.nc", names, mapping)
    result = floe("step", "raster.read", "--files", "a.nc", "--image", "r.tif", "-o", "out", cwd=tmp_path)
    assert ("gdal_translate -a_srs EPSG:4326" in result.err) == told


def test_a_step_that_needs_a_reference_system_says_what_gives_one(tmp_path):
    grid(tmp_path / "a.nc", ("latitude", "longitude"))
    result = floe("step", "raster.warp", "--image", "a.nc", "--crs", "EPSG:3413", "--result", "r.tif", "-o", "out", cwd=tmp_path,
                  expect=None)
    assert result.status in (1, 2)
    assert "no coordinate reference system" in result.err and "gdal_translate -a_srs" in result.err and "EPSG:4326" in result.err
