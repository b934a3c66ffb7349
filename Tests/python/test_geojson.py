"""GeoJSON (and GML) as other programs write it: whole numbers of 64 bits and beyond, numbers beside texts, features with an id."""
import json

import pytest

from test_table_faults import table


def features(*properties, ids=None):
    """Members of features as text, so that numbers stay as they are written."""
    given = ids or [None] * len(properties)
    return '{"type": "FeatureCollection", "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}, "features": [' + ", ".join(
        '{"type": "Feature", %s"properties": {%s}, "geometry": {"type": "Point", "coordinates": [10.12345678901234567, 60]}}'
        % ("" if name is None else f'"id": {name}, ', own) for own, name in zip(properties, given)) + "]}"


@pytest.mark.parametrize("number", [2 ** 53 + 1, -(2 ** 53) - 1, 2 ** 63 - 2])
def test_whole_numbers_of_geojson_keep_all_digits(tmp_path, number):
    rows, said = table(tmp_path, features(f'"a": {number}', '"a": 1'), name="t.geojson")
    assert [r["a"] for r in rows] == [str(number), "1"] and not said


@pytest.mark.parametrize("number, lost", [(2 ** 53 + 1, True), (2 ** 53, False), (-(2 ** 53) - 1, True), (2 ** 53 + 2, False), (2 ** 63 - 1, True)])
def test_whole_numbers_of_geojson_beside_decimals_that_lose_digits_are_told(tmp_path, number, lost):
    rows, said = table(tmp_path, features('"a": 0.5, "b": 1', f'"a": {number}, "b": 2'), name="t.geojson")
    assert float(rows[1]["a"]) == float(number)
    assert (f"'{number}' in row 2" in said and "'a'" in said) == lost and bool(said) == lost


@pytest.mark.parametrize("number", [2 ** 63, -(2 ** 63) - 1, 2 ** 64, 10 ** 80])
@pytest.mark.parametrize("form", ['"a": {}', '"a": 1.5, "b": {}', '"a": [1, {}]', '"a": "x", "b": {{"c": {}}}'])
def test_whole_numbers_of_geojson_beyond_64_bits_are_refused(tmp_path, number, form):
    """OGR reads the largest number of 64 bits."""
    for name in ("t.geojson", "t.json"):
        told = table(tmp_path, features('"a": 1', form.format(number)), name=name, expect=2)
        assert "row 2" in told and str(number)[:40] in told and "beyond 64 bits" in told
    lines = "".join(json.dumps(f) + "\n" for f in json.loads(features('"a": 1', form.format(number)))["features"])
    assert "row 2" in table(tmp_path, lines, name="t.geojsonl", expect=2)


def test_numbers_beside_texts_in_geojson_are_told(tmp_path):
    rows, said = table(tmp_path, features('"a": 1, "b": "x"', '"a": "one", "b": "2"', '"a": 3, "b": null'), name="t.geojson")
    assert [r["a"] for r in rows] == ["1", "one", "3"]
    assert "numbers (2) and texts (1, the first in row 2) in the column 'a'" in said and "'b'" not in said


@pytest.mark.parametrize("ids, own, column, told", [
    (["7", "9"], "", None, "as the number of the row"),
    (["9007199254740993", "2"], "", None, "as the number of the row"),
    (['"x7"', '"x9"'], "", ["x7", "x9"], None),
    (['"7"', "9"], "", ["7", "9"], None),
    (["-7", "9"], "", ["-7", "9"], None),
    (["7", "9"], ', "id": 5', ["5", "5"], "which alone is read"),
    (['"x7"', '"x9"'], ', "id": 5', ["5", "5"], "which alone is read"),
    (None, ', "id": 5', ["5", "5"], None),
])
def test_ids_of_features_are_a_column_or_told(tmp_path, ids, own, column, told):
    rows, said = table(tmp_path, features('"a": 1' + own, '"a": 2' + own, ids=ids), name="t.geojson")
    assert [r.get("id") for r in rows] == (column or [None, None])
    assert (told in said) if told else not said


@pytest.mark.parametrize("text", [r'"a\u0062": 1, "q\"{[": "}]\\"', '"ab": 1, "n": {"properties": {"x": 1}}, "l": []'])
def test_odd_members_of_geojson_are_read(tmp_path, text):
    rows, _ = table(tmp_path, features(text, text.replace(": 1", ": 0.5", 1)), name="t.geojson")
    assert [float(r["ab"]) for r in rows] == [1, 0.5]


def gml(*numbers):
    return '<ogr:FeatureCollection xmlns:ogr="http://ogr.maptools.org/" xmlns:gml="http://www.opengis.net/gml">' + "".join(
        f'<gml:featureMember><ogr:t><ogr:a>{n}</ogr:a></ogr:t></gml:featureMember>' for n in numbers) + "</ogr:FeatureCollection>"


def test_whole_numbers_of_gml_beyond_64_bits_are_refused(tmp_path):
    said = table(tmp_path, gml(1, 2 ** 64), name="t.gml", expect=1)
    assert str(2 ** 64) in said and "cannot be read" in said


@pytest.mark.parametrize("other, told", [("0.5", True), ("1", False)])
def test_whole_numbers_of_gml_beside_decimals_that_may_lose_digits_are_told(tmp_path, other, told):
    rows, said = table(tmp_path, gml(other, 2 ** 53 + 1), name="t.gml")
    assert ("beyond 2^53 in the column 'a'" in said and "in row 2" in said) == told
    assert int(float(rows[1]["a"])) == 2 ** 53 if told else rows[1]["a"] == str(2 ** 53 + 1)
