"""Tables with faults, and parameters without effect: each is told, nothing is lost."""
import csv
import json

import numpy as np
import pytest
from osgeo import gdal

from conftest import floe, run_pipeline, write_tif
from tables import features, table


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
    from programs import ENV
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


@pytest.mark.parametrize("text", ["a,\n1,2\n3,4\n", "sep=;\na;b\n1;2\n", "a,\"\"\n1,\n3,4\n"])
def test_a_second_column_without_a_name_is_not_lost(tmp_path, text):
    """OGR leaves it out where it is the last of two; pandas calls it 'Unnamed: 1'."""
    told = table(tmp_path, text, expect=2)
    assert "value in a second column in line" in told and "Each column needs a name" in told
    # One column with a separator after it, as OGR writes it.
    rows, _ = table(tmp_path, "a,\n1,\n2,\n")
    assert rows == [{"a": "1"}, {"a": "2"}]


def test_columns_of_lists_are_told(tmp_path):
    text = json.dumps({"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {"a": [5, 7], "b": 1}, "geometry": {"type": "Point", "coordinates": [10, 60]}}]})
    rows, said = table(tmp_path, text, name="t.geojson")
    assert "lists in the column 'a'" in said and "'b'" not in said
    assert rows[0]["a"] == "(2:5,7)" and rows[0]["b"] == "1"
