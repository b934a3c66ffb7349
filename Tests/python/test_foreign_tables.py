"""Tables and layers as others write them: multipolygons, odd CSV files, what is left out. OGR and shapely say what is right."""
import csv
import json

import pytest
from osgeo import gdal, ogr
from shapely.geometry import MultiPolygon, Polygon, box, shape
from shapely.ops import transform

from conftest import run_pipeline
from layers import layer


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
