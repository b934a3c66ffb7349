"""Values that their column cannot hold, or that are on no calendar or globe, in CSV files, GeoPackages and shapefiles, and sound ones beside them.
OGR and shapely say what is right."""
import csv
import sqlite3

import numpy as np
import pytest
from osgeo import gdal, ogr
from shapely.geometry import MultiPolygon, Polygon, box
from shapely.ops import transform

from conftest import floe, run_pipeline
from layers import layer, srs


def told(tmp_path, file, more="", expect=None):
    """The sentence that refuses a table, or its rows and the warnings."""
    out, record, result = run_pipeline(tmp_path, f"""
floe: 1
steps: {{ t: {{ use: table.read, with: {{ file: "{file}"{more} }} }} }}
outputs: {{ o.csv: t.table }}
""", expect=expect)
    if expect is None:
        assert result.status in (1, 2), "read in silence"
        return result.err
    return list(csv.DictReader(open(out / "o.csv", newline=""))), " ".join(w["message"] for w in record["warnings"])


@pytest.mark.parametrize("value", ["2019-02-31", "2019-02-29", "2100-02-29", "2019-04-31T10:00:00Z"])
@pytest.mark.parametrize("typed", ["ogr", "floe"])
def test_dates_that_no_calendar_has_are_refused(tmp_path, value, typed):
    # Fortran's exponent makes floe type the columns itself.
    (tmp_path / "t.csv").write_text(f"a,t\n{'1' if typed == 'ogr' else '1D0'},2019-03-01\n2,{value}\n")
    said = told(tmp_path, "t.csv")
    assert "row 2" in said and value[:10] in said and "'t'" in said


def test_dates_that_exist_pass(tmp_path):
    (tmp_path / "t.csv").write_text("a,t\n1,2020-02-29\n2,2000-02-29\n3,\n4,2016-12-31T23:59:60Z\n")
    rows, _ = told(tmp_path, "t.csv", expect=0)
    assert [r["t"][:19] for r in rows] == ["2020-02-29T00:00:00", "2000-02-29T00:00:00", "", "2017-01-01T00:00:00"]


def edited(path, query):
    """A GeoPackage of three points whose table SQLite changed behind OGR's back."""
    ds = gdal.GetDriverByName("GPKG").Create(str(path), 0, 0, 0, gdal.GDT_Unknown)
    own = ds.CreateLayer("t", srs(4326), ogr.wkbPoint)
    for name, kind in (("v", ogr.OFTReal), ("t", ogr.OFTDateTime), ("d", ogr.OFTDate), ("n", ogr.OFTInteger64), ("i", ogr.OFTInteger)):
        own.CreateField(ogr.FieldDefn(name, kind))
    for i in range(3):
        f = ogr.Feature(own.GetLayerDefn())
        f["v"], f["n"], f["i"] = i + 0.5, 2**53 + 1 + i, i
        f.SetGeometry(ogr.CreateGeometryFromWkt(f"POINT ({i} 70)"))
        own.CreateFeature(f)
    ds = own = f = None
    with sqlite3.connect(path) as base:
        for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            base.execute(f'DROP TRIGGER "{name}"')
        base.execute(query)
    base.close()


@pytest.mark.parametrize("query, words", [
    ("UPDATE t SET i = 3000000000 WHERE fid = 2", ["3000000000", "'i'", "32 bits", "fid 2"]),
    ("UPDATE t SET i = 1.5 WHERE fid = 3", ["1.5", "'i'", "fid 3", "point"]),
    ("UPDATE t SET n = 1e300", ["1.0e+300", "'n'", "64 bits", "3 rows"]),
    ("UPDATE t SET v = '1.5abc' WHERE fid = 2", ["1.5abc", "'v'", "text"]),
    ("UPDATE t SET t = '2019-02-31T00:00:00Z' WHERE fid = 2", ["row 2", "2019-02-31", "'t'"]),
    ("UPDATE t SET d = '2019-02-31' WHERE fid = 3", ["row 3", "2019-02-31", "'d'"]),
    ("UPDATE t SET t = '2019-02-01T25:00:00Z'", ["2019-02-01T25:00:00Z", "column t"]),
    ("UPDATE t SET d = 'yesterday'", ["yesterday", "column d"]),
    ("UPDATE t SET d = 20190301", ["column d"]),
])
def test_what_a_geopackages_columns_cannot_hold_is_refused(tmp_path, query, words):
    edited(tmp_path / "a.gpkg", query)
    said = told(tmp_path, "a.gpkg")
    for word in words:
        assert word in said


def test_what_a_geopackages_columns_hold_is_read(tmp_path):
    edited(tmp_path / "a.gpkg", "UPDATE t SET i = -2147483648, t = '2020-02-29T23:59:59Z', d = NULL, n = NULL WHERE fid = 2")
    rows, _ = told(tmp_path, "a.gpkg", expect=0)
    assert rows[1]["i"] == "-2147483648" and rows[1]["t"].startswith("2020-02-29T23:59:59") and rows[1]["d"] == rows[1]["n"] == ""
    assert [r["n"] for r in rows] == ["9007199254740993", "", "9007199254740995"]


def shapefile(folder, old, new):
    """A shapefile of one point, one field of whose table is replaced byte by byte."""
    ds = gdal.GetDriverByName("ESRI Shapefile").Create(str(folder / "s.shp"), 0, 0, 0, gdal.GDT_Unknown)
    own = ds.CreateLayer("s", srs(4326), ogr.wkbPoint)
    own.CreateField(ogr.FieldDefn("d", ogr.OFTDate))
    for name, kind, width, places in (("n", ogr.OFTInteger64, 18, 0), ("r", ogr.OFTReal, 12, 4)):
        field = ogr.FieldDefn(name, kind)
        field.SetWidth(width)
        field.SetPrecision(places)
        own.CreateField(field)
    f = ogr.Feature(own.GetLayerDefn())
    f.SetField("d", 2019, 3, 1, 0, 0, 0.0, 0)
    f["n"], f["r"] = 123456789012345678, 1.5
    f.SetGeometry(ogr.CreateGeometryFromWkt("POINT (1 70)"))
    own.CreateFeature(f)
    ds = own = f = None
    data = (folder / "s.dbf").read_bytes()
    assert data.count(old) == 1 and len(old) == len(new)
    (folder / "s.dbf").write_bytes(data.replace(old, new))


DATE, WHOLE, REAL = b"20190301", b"123456789012345678", b"      1.5000"


@pytest.mark.parametrize("old, new, column", [
    (DATE, b"20190231", "d"), (DATE, b"20191301", "d"), (DATE, b"abcdefgh", "d"), (DATE, b"2019-3-1", "d"),
    (WHOLE, b"12345678901234x678", "n"), (WHOLE, b"               1.5", "n"), (WHOLE, b"               1e5", "n"),
    (REAL, b"      1,5000", "r"), (REAL, b"      1.5D+2", "r"), (REAL, b"    1.5000 m", "r"),
])
def test_fields_of_shapefiles_that_would_be_cut_are_refused(tmp_path, old, new, column):
    shapefile(tmp_path, old, new)
    said = told(tmp_path, "s.shp")
    assert "row 1" in said and new.decode().strip() in said and f"'{column}'" in said


@pytest.mark.parametrize("old, new, want", [
    (DATE, b"20190301", ("2019-03-01", "123456789012345678", "1.5")), (DATE, b"        ", ("", "123456789012345678", "1.5")),
    (DATE, b"00000000", ("", "123456789012345678", "1.5")), (WHOLE, b"*" * 18, ("2019-03-01", "", "1.5")),
    (WHOLE, b"               -12", ("2019-03-01", "-12", "1.5")), (REAL, b"     1.5e+02", ("2019-03-01", "123456789012345678", "150")),
    (REAL, b"*****.******", ("2019-03-01", "123456789012345678", "")),
])
def test_fields_of_shapefiles_are_read(tmp_path, old, new, want):
    shapefile(tmp_path, old, new)
    ((row,), _) = told(tmp_path, "s.shp", expect=0)
    assert (row["d"][:10], row["n"], row["r"]) == want


@pytest.mark.parametrize("text", ['"a\nb",c\n1,2\n', 'a,"b\r\nc",d\r\n1,2,3\r\n'])
def test_a_line_break_in_a_columns_name_is_refused(tmp_path, text):
    (tmp_path / "t.csv").write_bytes(text.encode())
    said = told(tmp_path, "t.csv")
    assert "line 1" in said and "name" in said


def test_a_lone_dash_is_a_missing_value_and_told(tmp_path):
    (tmp_path / "t.csv").write_text("a,n,w,t\n1.5,-,x,2019-03-01\n-,2,-,2019-03-02\n3,-,z,\n")
    rows, said = told(tmp_path, "t.csv", expect=0)
    assert [r["a"] for r in rows] == ["1.5", "", "3"] and [r["n"] for r in rows] == ["", "2", ""]
    assert [r["w"] for r in rows] == ["x", "-", "z"] and rows[0]["t"].startswith("2019-03-01")
    assert "'-' in 2 rows of the number column 'n', the first in row 1" in said and "column 'a'" in said and "'w'" not in said


@pytest.mark.parametrize("odd", ["+", ".", "-.", "1e+"])
def test_signs_without_digits_are_no_numbers(tmp_path, odd):
    (tmp_path / "t.csv").write_text(f"a,b\n1.5,x\n{odd},y\n")
    rows, _ = told(tmp_path, "t.csv", expect=0)
    assert [r["a"] for r in rows] == ["1.5", odd]


def test_decimal_commas_stay_numbers_beside_a_dash(tmp_path):
    (tmp_path / "t.csv").write_text("a;b\n1,5;2\n-;3\n")
    rows, _ = told(tmp_path, "t.csv", expect=0)
    assert [r["a"] for r in rows] == ["1.5", ""]


@pytest.mark.parametrize("latitude", ["177.5", "95", "-90.5", "3.4028235e38"])
def test_latitudes_beyond_the_poles_are_refused(tmp_path, latitude):
    (tmp_path / "t.csv").write_text(f"lon,lat\n70,71\n71.1,{latitude}\n")
    said = told(tmp_path, "t.csv", ", x: lon, y: lat")
    assert "row 2" in said and "'lat'" in said and "EPSG:4326" in said and "changed places" in said
    if len(latitude) < 6:
        layer(tmp_path / "a.gpkg", ["POINT (1 2)", f"POINT (71 {latitude})"], ogr.wkbPoint)
        layer(tmp_path / "b.gpkg", [box(70, 60, 71, float(latitude))], ogr.wkbPolygon)
        assert latitude in told(tmp_path, "a.gpkg") and "latitude" in told(tmp_path, "b.gpkg")


def test_places_on_the_globe_and_on_maps_pass(tmp_path):
    (tmp_path / "t.csv").write_text("lon,lat\n190,90\n-170,-90\n,\n")
    rows, _ = told(tmp_path, "t.csv", ", x: lon, y: lat", expect=0)
    assert [r["lat"] for r in rows] == ["90", "-90", ""]
    (tmp_path / "m.csv").write_text("e,n\n500000,7900000\n")
    rows, _ = told(tmp_path, "m.csv", ', x: e, y: n, crs: "EPSG:32601"', expect=0)
    assert rows[0]["n"] == "7900000"


def test_centroids_over_the_180_meridian(tmp_path):
    shapes = [
        MultiPolygon([box(178, 70, 180, 71), box(-180, 70, -177, 71)]),
        MultiPolygon([box(-180, 70, -179, 71), Polygon(box(170, 70, 180, 72).exterior.coords, [box(172, 70.5, 173, 71).exterior.coords])]),
        MultiPolygon([box(-90, 0, 0, 10), box(0, 0, 90, 10)]), MultiPolygon([box(-10, 0, -8, 1), box(20, 0, 21, 1)]),
        MultiPolygon([box(179, 0, 185, 1)]),
    ]
    layer(tmp_path / "in.gpkg", shapes, ogr.wkbMultiPolygon)
    rows, _ = told(tmp_path, "in.gpkg", expect=0)
    moved = [transform(lambda x, y: (np.where(np.asarray(x) < 0, np.asarray(x) + 360, x), y), s) for s in shapes[:2]] + shapes[2:]
    for row, want in zip(rows, moved):
        x = (want.centroid.x + 180) % 360 - 180
        assert abs(float(row["x"]) - x) < 1e-9 and abs(float(row["y"]) - want.centroid.y) < 1e-9
    # On maps in metres coordinates are what they are.
    layer(tmp_path / "utm.gpkg", [MultiPolygon([box(0, 0, 10, 10), box(1000, 0, 1010, 10)])], ogr.wkbMultiPolygon, 32601)
    assert float(told(tmp_path, "utm.gpkg", expect=0)[0][0]["x"]) == 505


@pytest.mark.parametrize("text, name, values", [
    ("a\n1\n2\n", "a", ["1", "2"]), ("\ufeffa\r\n1.5\r\n-2D1", "a", ["1.5", "-20"]), ('"a b"\n"x, y"\n"two\nlines"\n', "a b", ["x, y", "two\nlines"]),
    ('t\n2019-03-01\n""\n', "t", ["2019-03-01T00:00:00.000Z", ""]), ("1\n2\n", "field_1", ["1", "2"]), ("a\n", "a", []),
])
def test_files_of_one_column_are_tables(tmp_path, text, name, values):
    (tmp_path / "t.csv").write_bytes(text.encode())
    rows, _ = told(tmp_path, "t.csv", expect=0)
    assert [r[name] for r in rows] == values
    assert name in floe("info", tmp_path / "t.csv").out
