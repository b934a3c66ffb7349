"""Tables as other programs write them: words for missing values, dates in all forms, netCDF's times and places, whole numbers
of 64 bits. pandas, numpy, cftime, netCDF4 and shapely say what is right."""
import csv
import json

import netCDF4
import numpy as np
import pandas as pd
import pytest
from osgeo import gdal, ogr

from conftest import floe, run_pipeline, write_tif


def table(tmp_path, text=None, name="t.csv", more="", out="o.csv", expect=0):
    """Rows and warnings of a table that is read and written as CSV, or the sentence that refuses it."""
    if text is not None:
        (tmp_path / name).write_text(text)
    folder, record, result = run_pipeline(tmp_path, f"""
floe: 1
steps: {{ t: {{ use: table.read, with: {{ file: "{name}"{more} }} }} }}
outputs: {{ {out}: t.table }}
""", expect=expect)
    if expect:
        return result.err
    assert "HDF5-DIAG" not in result.err
    said = " ".join(w["message"] for w in record["warnings"])
    return (list(csv.DictReader(open(folder / out, newline=""))) if out.endswith(".csv") else folder / out), said


def features(file):
    """The values and points of a layer, and the EPSG code of its system."""
    ds = ogr.Open(str(file))
    layer = ds.GetLayer(0)
    system = layer.GetSpatialRef()
    rows = []
    for f in layer:
        shape = f.GetGeometryRef()
        rows.append({**f.items(), "place": shape and (shape.GetX(), shape.GetY())})
    return rows, system and system.GetAuthorityCode(None)


# --- words for missing values


@pytest.mark.parametrize("word", ["nan", "NaN", "NA", "N/A", "NULL", "null", "None", "--", "-", "#N/A", "-nan"])
def test_words_for_missing_values_among_numbers(tmp_path, word):
    text = f"p,n,s\n1.5,7,a\n{word},{word},{word}\n2.5,8,b\n"
    rows, said = table(tmp_path, text)
    assert [r["p"] for r in rows] == ["1.5", "", "2.5"] and [r["n"] for r in rows] == ["7", "", "8"]
    # Among texts it is a text.
    assert rows[1]["s"] == word and "column 's'" not in said
    assert f"'{word}' in 1 row of the number column 'p', the first in row 2" in said


def test_numbers_that_stand_for_a_missing_value(tmp_path):
    """As CPOM's tables have them: told where nothing declares them, and missing where the user does."""
    text = "e,c,n\n-2.8157,81.2,-5\n-999.9999,-999.0000,9\n243.1142,81.2,9\n-999.9999,81.2,7\n"
    rows, said = table(tmp_path, text)
    assert rows[1]["e"] == "-999.9999" and "-999.9999 in 2 rows of 'e', -999 in 1 row of 'c'" in said and "'n'" not in said
    assert "name them in 'no_data'" in said
    (tmp_path / "b").mkdir()
    rows, said = table(tmp_path / "b", text, more=", no_data: [-999.9999, -999, 9]")
    assert [r["e"] for r in rows] == ["-2.8157", "", "243.1142", ""] and [r["c"] for r in rows] == ["81.2", "", "81.2", "81.2"]
    assert [r["n"] for r in rows] == ["-5", "", "", "7"] and "no_data" not in said


def test_a_missing_value_of_single_precision(tmp_path):
    for name in ["a", "b"]:
        (tmp_path / name).mkdir()
        with netCDF4.Dataset(tmp_path / name / "t.nc", "w") as d:
            d.createDimension("row", 3)
            d.createVariable("e", "f4", ("row",))[:] = np.array([1.5, -999.9, 2.5], "f4")
    rows, said = table(tmp_path / "a", name="t.nc")
    assert "-999.9 in 1 row of 'e'" in said
    rows, said = table(tmp_path / "b", name="t.nc", more=", no_data: [-999.9]")
    assert [r["e"] for r in rows] == ["1.5", "", "2.5"] and "-999.9" not in said


def test_what_numpy_and_pandas_write(tmp_path):
    values = np.random.default_rng(1).normal(size=(50, 5))
    values[7, 1] = values[9, 4] = values[11, 1] = values[2, 2] = values[3, 3] = np.nan
    np.savetxt(tmp_path / "t.csv", values, delimiter=",", header="a,b,c,d,e", comments="")
    rows, said = table(tmp_path)
    back = np.array([[float(v) if v else np.nan for v in r.values()] for r in rows])
    assert np.array_equal(back, values, equal_nan=True)
    # One sentence tells of many columns.
    assert said.count("'nan'") == 1 and "'b' (2)" in said and "row 3" in said
    pd.DataFrame(values, columns=list("abcde")).to_csv(tmp_path / "t.csv", index=False, na_rep="N/A")
    again, _ = table(tmp_path)
    assert again == rows


def test_a_feature_with_one_nan_stays_one(tmp_path):
    rng = np.random.default_rng(2)
    kind = rng.integers(0, 2, 400)
    p, q = rng.normal(6 * kind, 1), rng.normal(0, 1, 400)
    p[17] = np.nan
    np.savetxt(tmp_path / "t.csv", np.c_[p, q], delimiter=",", header="p,q", comments="")
    out, _, _ = run_pipeline(tmp_path, """
floe: 1
steps:
  t: { use: table.read, with: { file: t.csv } }
  c: { use: cluster.kmeans, in: { samples: t.table }, with: { clusters: 2 } }
outputs: { o.csv: c.labels }
""")
    label = pd.read_csv(out / "o.csv")["cluster"].to_numpy()
    good = ~np.isnan(p)
    share = np.mean(label[good] == kind[good])
    assert max(share, 1 - share) > 0.98


def test_infinity_is_told(tmp_path):
    text = "p,q\n1.5,1\ninf,1e309\n-Infinity,2\n"
    rows, said = table(tmp_path, text)
    assert [float(r["p"]) for r in rows] == [1.5, np.inf, -np.inf] and float(rows[1]["q"]) == np.inf
    assert "in 2 rows of the column 'p', the first in row 2" in said and "column 'q'" in said
    file, said = table(tmp_path, text, out="o.gpkg")
    assert "GeoPackage cannot hold" in said
    assert [f["p"] for f in features(file)[0]] == [1.5, None, None]


def test_why_a_column_of_numbers_is_text(tmp_path):
    rows, said = table(tmp_path, "p,q\n1,2\n3,4\nabc,5\n")
    assert rows[2]["p"] == "abc" and "'p'" in said and "'abc' in row 3" in said and "'q'" not in said
    said = table(tmp_path, "lon,lat\n1,70\n2,71\n3,x71\n", more=", x: lon, y: lat", expect=2)
    assert "'lat' is text" in said and "row 3" in said and "'x71'" in said


# --- dates


@pytest.mark.parametrize("text", [
    "2019-03-01T00:00:00+05:07", "2019-03-01T00:00:00.5Z", "2019-03-01T12:30Z", "2019-03-01 12:30", "2019-03-01T12:30-03:30",
    "2019-03-01T23:59:59.123456Z", "2019-03-01T12+02", "20190301T123015Z", "2019-03-01T12:30:15 UTC",
])
def test_iso_8601_is_read_exactly(tmp_path, text):
    rows, _ = table(tmp_path, f"a,t\n1,{text}\n2,\n")
    want = pd.Timestamp(text)
    want = want.tz_convert("UTC") if want.tzinfo else want.tz_localize("UTC")
    assert abs((pd.Timestamp(rows[0]["t"]) - want).total_seconds()) <= 0.0005 and rows[0]["t"].endswith("Z")


def test_a_comma_divides_seconds_too(tmp_path):
    rows, _ = table(tmp_path, "a;t\n1;2019-03-01T00:00:00,5Z\n")
    assert rows[0]["t"] == "2019-03-01T00:00:00.500Z"


@pytest.mark.parametrize("text", [
    "31/12/19", "01/03/19 12:30", "01-03-19", "2019-03-01 01:00:00 PM", "2019-03-01 12:00:00 CET", "2019-03-01 12:00:00 EST", "1/3/2019",
])
def test_dates_are_not_guessed_at(tmp_path, text):
    rows, said = table(tmp_path, f"a,t\n1,{text}\n2,{text}\n")
    assert [r["t"] for r in rows] == [text, text]
    assert "'t'" in said and f"'{text}' in row 1" in said and "ISO 8601" in said


@pytest.mark.parametrize("text", ["01:00:00 PM", "12:30", "12:30:00+05:07"])
def test_times_of_day_stay_as_they_are_written(tmp_path, text):
    rows, _ = table(tmp_path, f"a,t\n1,{text}\n")
    assert rows[0]["t"] == text


# --- netCDF


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


# --- parameters without effect


def shapefile(path, code=None):
    import geopandas
    from shapely.geometry import Point
    geopandas.GeoDataFrame({"n": [1]}, geometry=[Point(500000, 7900000)], crs=code).to_file(path)


def test_crs_gives_a_layer_its_system(tmp_path):
    shapefile(tmp_path / "s.shp")
    file, _ = table(tmp_path, name="s.shp", more=', crs: "EPSG:32601"', out="o.gpkg")
    assert features(file)[1] == "32601"
    shapefile(tmp_path / "u.shp", 32602)
    said = table(tmp_path, name="u.shp", more=', crs: "EPSG:32601"', expect=2)
    assert "'crs'" in said and "32601" in said and "32602" in said
    table(tmp_path, name="u.shp", more=', crs: "EPSG:32602"')
    assert "'crs'" in table(tmp_path, "a,b\n1,2\n", more=', crs: "EPSG:32601"', expect=2)


def test_a_layer_without_polygons_is_refused(tmp_path):
    write_tif(tmp_path / "c.tif", np.ones((8, 8), np.uint8))
    _, _, result = run_pipeline(tmp_path, """
floe: 1
steps:
  r: { use: raster.read, with: { files: [c.tif] } }
  c: { use: raster.clip, in: { image: r.image }, with: { box: [300000, 7899950, 300050, 7900020], layer: land } }
outputs: { c.tif: c.result }
""", expect=2)
    assert "'layer'" in result.err and "polygons" in result.err


def test_a_class_without_regions_is_told(tmp_path):
    write_tif(tmp_path / "c.tif", np.ones((8, 8), np.uint8))
    _, record, _ = run_pipeline(tmp_path, """
floe: 1
steps:
  r: { use: raster.read, with: { files: [c.tif] } }
  p: { use: vector.polygonize, in: { image: r.image }, with: { classes: ["1", "7"] } }
outputs: { p.gpkg: p.polygons }
""")
    said = " ".join(w["message"] for w in record["warnings"])
    assert "no region of '7'" in said and "'1'" not in said


# --- what floe writes, it knows; no column twice; no data of a new step


def test_summary_has_each_column_once(tmp_path):
    (tmp_path / "in").mkdir()
    write_tif(tmp_path / "in/a.tif", np.ones((8, 8), np.uint8))
    (tmp_path / "p.yaml").write_text("""
floe: 1
inputs: { scene: { type: path, help: A raster } }
steps: { r: { use: raster.read, with: { files: [$scene] } } }
outputs: { o.tif: r.image }
""")
    floe("batch", tmp_path / "p.yaml", "--over", f"scene={tmp_path}/in/*.tif", "-o", tmp_path / "out", "--quiet")
    names, row = csv.reader((tmp_path / "out/summary.csv").open())
    assert len(set(names)) == len(names)
    found = dict(zip(names, row))
    assert found["scene"] == "a" and found["input_scene"].endswith("in/a.tif")


def test_info_knows_what_floe_wrote(tmp_path, demo):
    batch = tmp_path / "batch" / demo["scene"].name
    batch.mkdir(parents=True)
    (batch / "run.json").write_text((demo["results"] / "run.json").read_text())
    assert "folder of a run" in floe("info", batch).out
    sidecars = list(demo["results"].rglob("*.aux.xml"))
    assert sidecars
    for file in sidecars:
        assert file.name.removesuffix(".aux.xml") in floe("info", file).out
    for name in ["figures", "sources"]:
        if (demo["results"] / name).is_dir():
            assert "folder of a run's files" in floe("info", demo["results"] / name).out
            assert json.loads(floe("info", demo["results"] / name, "--json").out)["kind"]


def test_a_new_step_keeps_no_data(tmp_path):
    from test_external import ENV
    floe("new", "step", "ice-edge", "--in", tmp_path)
    values = np.full((12, 10), 100, np.uint16)
    values[:, 5:] = 5000
    values[3:6] = 0
    write_tif(tmp_path / "i.tif", values, nodata=0)
    floe("step", "ice_edge.threshold", "--image", tmp_path / "i.tif", "--mask", "m.tif", "--plugin-path", tmp_path / "ice-edge",
         "-o", tmp_path / "out", env=ENV)
    ds = gdal.Open(str(tmp_path / "out/m.tif"))
    assert ds.GetRasterBand(1).GetNoDataValue() == 255
    assert np.array_equal(ds.ReadAsArray(), np.where(values == 0, 255, values < 1500))


def test_the_time_of_a_run_comes_from_runs_of_like_size(tmp_path):
    import os
    home = tmp_path / "cache/floe"
    home.mkdir(parents=True)
    write_tif(tmp_path / "c.tif", np.ones((1000, 1000), np.uint8))
    (tmp_path / "p.yaml").write_text("""
floe: 1
steps: { r: { use: raster.read, with: { files: [c.tif] } }, f: { use: raster.filter, in: { image: r.image } } }
outputs: { o.tif: f.result }
""")
    env = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}

    def time(entries):
        lines = [{"use": use, "megapixels": size, "seconds": seconds, "workers": 4} for use, size, seconds in entries]
        (home / "times.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        return floe("check", tmp_path / "p.yaml", "-o", tmp_path / "out", env=env).out

    others = [("raster.read", 1, 0.5), ("write geotiff", 1, 1.5)]
    # Four seconds a megapixel on a raster of twice the size; tiny and huge ones tell nothing.
    said = time(others + [("raster.filter", 0.01, 1), ("raster.filter", 100, 1), ("raster.filter", 2, 8)])
    assert "about 6.0 s" in said and "comparable size" in said
    said = time(others + [("raster.filter", 0.01, 1), ("raster.filter", 100, 1)])
    assert "about 2.0 s" in said and "raster.filter, which ran on other sizes alone" in said
    assert "no run of comparable size" in time([(use, 0.01, 1) for use in ("raster.read", "raster.filter", "write geotiff")])


def test_the_time_of_what_rests_on_pixels_comes_from_like_pixels(tmp_path):
    """Outlines and their file hold no raster, but their times follow from the scene's size all the same."""
    import os
    home = tmp_path / "cache/floe"
    home.mkdir(parents=True)
    write_tif(tmp_path / "c.tif", np.ones((1000, 1000), np.uint8))
    (tmp_path / "t.csv").write_text("lon,lat,v\n1,2,3\n")
    (tmp_path / "p.yaml").write_text("""
floe: 1
steps:
  r: { use: raster.read, with: { files: [c.tif] } }
  o: { use: vector.polygonize, in: { image: r.image } }
  few: { use: table.select, in: { input: o.polygons }, with: { columns: [class_code] } }
  t: { use: table.read, with: { file: t.csv } }
outputs: { o.gpkg: few.result, t.csv: t.table }
""")
    env = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}

    def time(size):
        uses = {"raster.read": size, "vector.polygonize": size, "table.select": size, "write geopackage": size, "table.read": 0, "write csv": 0}
        lines = [{"use": use, "megapixels": mp, "seconds": 0.5, "workers": 4} for use, mp in uses.items()]
        (home / "times.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        return floe("check", tmp_path / "p.yaml", "-o", tmp_path / "out", env=env).out

    assert "about 3.0 s" in time(1) and "other sizes" not in time(1)
    # Of a small run, what has to do with no pixel at all is known, and nothing else.
    said = time(0.01)
    assert "about 1.0 s" in said
    assert "without raster.read, vector.polygonize, table.select, write geopackage, which ran on other sizes alone" in said


def test_a_product_of_another_family_is_told(tmp_path):
    import small_cryosat
    from conftest import ROOT
    product = small_cryosat.write(tmp_path)
    said = floe("check", ROOT / "examples/altimetry.yaml", "--set", f"track={product}", "-o", tmp_path / "out", expect=2).err
    assert "cryosat2.read" in said and small_cryosat.NAME in said


@pytest.mark.parametrize("text, values", [
    # A line of names that stands twice, and a file without names: OGR took n for false, 1000 for missing.
    ("a,n\na,n\n0.5,0\n0.75,1000\n", ["n", "0", "1000"]), ("1e-3,n\n2,0\n3,1000\n", ["n", "0", "1000"]),
    ("a,n\n1,true\n2,7\n3,false\n", ["true", "7", "false"]), ("a,n\n1,0\n2,1\n3,0\n", ["0", "1", "0"]),
    # North, Norway: no truths. True and false are numbers whatever stands beside them.
    ("a,n\n1,N\n2,N\n", ["N", "N"]), ("a,n\n1,NO\n2,\n", ["NO", ""]), ("a,n\n1,true\n2,false\n", ["1", "0"]),
    ("a,n,t\n1,true,2019-03-01T23:56:00.123456Z\n2,false,2019-03-01T23:56:01.5Z\n", ["1", "0"]),
])
def test_words_for_true_beside_numbers_are_texts(tmp_path, text, values):
    (tmp_path / "t.csv").write_text(text)
    said = floe("step", "table.read", "--file", "t.csv", "--table", "o.csv", "-o", "out", cwd=tmp_path)
    rows = list(csv.reader(open(tmp_path / "out/o.csv", newline="")))
    assert [row[1] for row in rows[1:]] == values
    assert ("a number in its first line" in said.err) == text.startswith("1e-3")


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


@pytest.mark.parametrize("text", ["a,\n1,2\n3,4\n", "sep=;\na;b\n1;2\n", "a,\"\"\n1,\n3,4\n"])
def test_a_second_column_without_a_name_is_not_lost(tmp_path, text):
    """OGR leaves it out where it is the last of two; pandas calls it 'Unnamed: 1'."""
    told = table(tmp_path, text, expect=2)
    assert "value in a second column in line" in told and "Each column needs a name" in told
    # One column with a separator behind it, as OGR writes it.
    rows, _ = table(tmp_path, "a,\n1,\n2,\n")
    assert rows == [{"a": "1"}, {"a": "2"}]


def test_columns_of_lists_are_told(tmp_path):
    text = json.dumps({"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {"a": [5, 7], "b": 1}, "geometry": {"type": "Point", "coordinates": [10, 60]}}]})
    rows, said = table(tmp_path, text, name="t.geojson")
    assert "lists in the column 'a'" in said and "'b'" not in said
    assert rows[0]["a"] == "(2:5,7)" and rows[0]["b"] == "1"


def test_times_with_and_without_a_zone_are_told(tmp_path):
    """pandas refuses to mix them."""
    rows, said = table(tmp_path, "time,n\n2019-03-01T00:00:00+05:30,1\n2019-03-01T00:00:00,2\n")
    assert [r["time"] for r in rows] == ["2019-02-28T18:30:00.000Z", "2019-03-01T00:00:00.000Z"]
    assert "times without one in the column 'time'" in said
    for zone in ("Z", ""):
        _, said = table(tmp_path, f"time,n\n2019-03-01T00:00:00{zone},1\n2019-03-02T00:00:00{zone},2\n")
        assert "without one" not in said
