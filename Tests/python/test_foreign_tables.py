"""Tables and layers as others write them: multipolygons, odd CSV files, netCDF conventions, land layers. OGR, shapely, PROJ and
netCDF4 say what is right."""
import csv
import json
import math
import shutil
import sqlite3

import netCDF4
import numpy as np
import pyproj
import pytest
from osgeo import gdal, ogr, osr
from shapely.geometry import MultiPolygon, Polygon, box, shape
from shapely.ops import transform

from conftest import floe, read, run_pipeline


def srs(code):
    found = osr.SpatialReference()
    found.ImportFromEPSG(code)
    found.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    return found


def layer(path, geometries, kind=ogr.wkbUnknown, code=4326, driver="GPKG", name="land", append=False):
    ds = gdal.OpenEx(str(path), gdal.OF_VECTOR | gdal.OF_UPDATE) if append else gdal.GetDriverByName(driver).Create(
        str(path), 0, 0, 0, gdal.GDT_Unknown)
    own = ds.CreateLayer(name, srs(code) if code else None, kind)
    own.CreateField(ogr.FieldDefn("n", ogr.OFTInteger))
    for i, g in enumerate(geometries):
        feature = ogr.Feature(own.GetLayerDefn())
        feature["n"] = i
        if g is not None:
            feature.SetGeometry(ogr.CreateGeometryFromWkt(g if isinstance(g, str) else g.wkt))
        own.CreateFeature(feature)
    ds = None
    return path


SHAPES = [
    MultiPolygon([box(0, 0, 1000, 1000), box(3000, 0, 4000, 1000)]),
    # An island in a lake on an island.
    MultiPolygon([Polygon(box(0, 2000, 1000, 3000).exterior.coords, [box(400, 2400, 600, 2600).exterior.coords]),
                  box(430, 2430, 570, 2570)]),
    MultiPolygon([Polygon(box(0, 4000, 1000, 5000).exterior.coords, [box(400, 4400, 600, 4600).exterior.coords])]),
]


@pytest.mark.parametrize("driver, ending, kind", [
    ("GPKG", "gpkg", ogr.wkbMultiPolygon), ("GPKG", "gpkg", ogr.wkbUnknown), ("ESRI Shapefile", "shp", ogr.wkbPolygon),
    ("GeoJSON", "geojson", ogr.wkbUnknown),
])
def test_multipolygons_keep_their_parts(tmp_path, driver, ending, kind):
    code = 4326 if driver == "GeoJSON" else 32601
    shapes = [transform(lambda x, y: (x / 1000, y / 1000), s) for s in SHAPES] if code == 4326 else SHAPES
    layer(tmp_path / f"in.{ending}", shapes, kind, code, driver)
    out, _, _ = run_pipeline(tmp_path, f"""
floe: 1
steps:
  land: {{ use: table.read, with: {{ file: in.{ending} }} }}
outputs: {{ out.gpkg: {{ land: land.table }}, out.csv: {{ from: land.table, with: {{ polygons: wkt }} }} }}
""")
    file = gdal.OpenEx(str(out / "out.gpkg"))
    back = [shape(json.loads(f.GetGeometryRef().ExportToJson())) for f in file.GetLayer(0)]
    rows = list(csv.DictReader(open(out / "out.csv", newline="")))
    from shapely import wkt
    for want, got, row in zip(shapes, back, rows):
        assert got.is_valid and got.equals(want)
        assert wkt.loads(row["geometry"]).equals(want)


def csv_rows(tmp_path, text, encoding="utf-8", expect=0):
    (tmp_path / "t.csv").write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    out, record, result = run_pipeline(tmp_path, """
floe: 1
steps: { t: { use: table.read, with: { file: t.csv } } }
outputs: { t.csv: t.table }
""", expect=expect)
    return list(csv.DictReader(open(out / "t.csv", newline=""))) if expect == 0 else result.err


def test_fortran_exponents_and_large_numbers(tmp_path):
    rows = csv_rows(tmp_path, "a,b,c,t\n0.7125D+02,18446744073709551615,x,2019-03-01T23:56:11Z\n-1d-1,3,y,\n,4,,2019-03-02T00:00:00+02:00\n")
    assert [float(r["a"]) if r["a"] else None for r in rows] == [71.25, -0.1, None]
    assert float(rows[0]["b"]) == float(2**64 - 1) and rows[1]["b"] == "3"
    assert [r["c"] for r in rows] == ["x", "y", ""]
    assert rows[0]["t"].startswith("2019-03-01T23:56:11") and rows[2]["t"].startswith("2019-03-01T22:00:00")


@pytest.mark.parametrize("text, words", [
    ("a,b\n1,\"x\n2,y\n3,z\n", ["quote", "line 2"]),
    ("a,b\n1,x\n2,y,z\n", ["3 fields", "line 3"]),
    (b"a,b\n1,x\n2,y\0z\n", ["zero byte", "line 3"]),
    ("a,b\n1,\u00c5land\n".encode("latin1"), ["UTF-8", "line 2"]),
    ("a,b\n1,5\" pipe\n2,6\" pipe\n", ["quote", "line 2"]),
    ("a,b\n1,x\n".encode("utf-16"), ["UTF-16"]),
])
def test_what_ogr_would_misread_is_refused(tmp_path, text, words):
    said = csv_rows(tmp_path, text, expect=2)
    for word in words:
        assert word in said


def test_sound_csv_files_pass(tmp_path):
    rows = csv_rows(tmp_path, "\ufeffname;n\r\n\"a;b \"\"q\"\"\nline two\";1\r\n\u00c5land;2\r\n")
    assert [r["name"] for r in rows] == ['a;b "q"\nline two', "\u00c5land"] and [r["n"] for r in rows] == ["1", "2"]


def test_short_rows_are_told(tmp_path):
    (tmp_path / "t.csv").write_text("a,b,c\n1,2\n3,4,5\n")
    _, record, _ = run_pipeline(tmp_path, """
floe: 1
steps: { t: { use: table.read, with: { file: t.csv } } }
outputs: { o.csv: t.table }
""")
    assert any("fewer fields" in w["message"] for w in record["warnings"])


def test_texts_in_number_columns_are_refused(tmp_path):
    layer(tmp_path / "a.gpkg", ["POINT (1 2)"], ogr.wkbPoint)
    ds = gdal.OpenEx(str(tmp_path / "a.gpkg"), gdal.OF_VECTOR | gdal.OF_UPDATE)
    ds.ExecuteSQL("UPDATE land SET n = 'twelve'")
    ds = None
    _, _, result = run_pipeline(tmp_path, """
floe: 1
steps: { t: { use: table.read, with: { file: a.gpkg } } }
outputs: { o.csv: t.table }
""", expect=2)
    assert "'n'" in result.err and "text" in result.err


def test_what_is_left_out_is_told(tmp_path):
    layer(tmp_path / "a.gpkg", ["POINT Z (1 2 3)"], ogr.wkbPoint25D)
    layer(tmp_path / "a.gpkg", ["POINT (1 2)"], ogr.wkbPoint, name="other", append=True)
    _, record, _ = run_pipeline(tmp_path, """
floe: 1
steps: { t: { use: table.read, with: { file: a.gpkg } } }
outputs: { o.csv: t.table }
""")
    said = " ".join(w["message"] for w in record["warnings"])
    assert "heights" in said and "'land' is read" in said


# --- values that their column, the calendar or the globe has not


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


# --- netCDF


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


# --- land


@pytest.fixture(scope="module")
def scene(demo):
    product = demo["scene"]
    image = gdal.Open(str(next(product.glob("GRANULE/*/IMG_DATA/*_B04.jp2"))))
    t = image.GetGeoTransform()
    west, north = t[0], t[3]
    land = box(west + 600, north - 2000, west + 1800, north - 600)
    return product, land, image.RasterXSize, (west, north)


def masked_land(tmp_path, scene, file, expect=0):
    product = scene[0]
    shutil.rmtree(tmp_path / "out", ignore_errors=True)
    out, record, result = run_pipeline(tmp_path, f"""
floe: 1
steps: {{ s: {{ use: sentinel2.stack, with: {{ product: "{product}", bands: [B04], land: "{file}" }} }} }}
outputs: {{ mask.tif: s.mask }}
""", expect=expect)
    if result.status:
        return None, result.err
    return int((read(out / "mask.tif") == 6).sum()), " ".join(w["message"] for w in record["warnings"])


def test_land_layers(tmp_path, scene):
    _, utm, size, _ = scene
    to_degrees = pyproj.Transformer.from_crs(32601, 4326, always_xy=True).transform
    to_polar = pyproj.Transformer.from_crs(32601, 3413, always_xy=True).transform
    dense = utm.segmentize(50)
    degrees = transform(to_degrees, dense)
    plain, _ = masked_land(tmp_path, scene, layer(tmp_path / "plain.gpkg", [degrees]))
    # 120 by 140 pixels but for no data.
    assert 15000 < plain <= 16800
    # Without a reference system: refused where it lies elsewhere, told where it fits.
    for name, geometry in (("degrees", degrees), ("polar", transform(to_polar, dense))):
        got, said = masked_land(tmp_path, scene, layer(tmp_path / f"bare_{name}.shp", [geometry], ogr.wkbPolygon, None, "ESRI Shapefile"), expect=None)
        assert got is None and "no reference system" in said
    got, said = masked_land(tmp_path, scene, layer(tmp_path / "bare_utm.shp", [utm], ogr.wkbPolygon, None, "ESRI Shapefile"))
    assert got == plain and "no reference system" in said
    for name, geometry, system, words in (("latitude_first", degrees, 4326, "has the latitude "), ("y_first", transform(to_polar, dense), 3413, "if x and y ")):
        got, said = masked_land(tmp_path, scene, layer(tmp_path / f"{name}.gpkg", [transform(lambda x, y: (y, x), geometry)], ogr.wkbPolygon, system), expect=None)
        assert got is None and words in said and "changed places" in said
    # Land elsewhere masks nothing, which is told with both places.
    got, said = masked_land(tmp_path, scene, layer(tmp_path / "far.gpkg", [box(10, 10, 11, 11)]))
    assert got == 0 and "land masks no pixel" in said and "x 10.0 to 11.0" in said
    # The layer with polygons is meant, whichever is the first.
    both = layer(tmp_path / "both.gpkg", ["POINT (1 1)"], ogr.wkbPoint, name="towns")
    layer(both, [degrees], ogr.wkbPolygon, append=True)
    got, said = masked_land(tmp_path, scene, both)
    assert got == plain and "'land' is read" in said
    for name, geometries in (("parts", [MultiPolygon([degrees, box(10, 10, 11, 11)])]), ("null", [None, degrees])):
        assert masked_land(tmp_path, scene, layer(tmp_path / f"{name}.gpkg", geometries))[0] == plain
