"""A GeoPackage opened alone by QGIS, without a project: names with units, words for codes, map tips and symbols from its own `layer_styles`."""
import json
import sqlite3
import subprocess
import sys


from conftest import ROOT, floe, in_qgis, run_pipeline
from test_colocation import PIPELINE, make

LOOK = r'''
import json, sys
from qgis.core import QgsApplication, QgsExpression, QgsExpressionContext, QgsExpressionContextUtils, QgsProject, QgsVectorLayer
app = QgsApplication([], False)
app.initQgis()
def facts(layer):
    fields = [f.name() for f in layer.fields()]
    told = {"valid": layer.isValid(), "aliases": {f: layer.attributeAlias(i) for i, f in enumerate(fields)},
            "maps": {f: layer.editorWidgetSetup(i).config().get("map") for i, f in enumerate(fields) if layer.editorWidgetSetup(i).type() == "ValueMap"},
            "tip": layer.mapTipTemplate(), "title": layer.displayExpression()}
    if layer.isSpatial():
        told["renderer"] = layer.renderer().type()
        told["symbols"] = [[i.label(), i.symbol().color().name(), i.symbol().symbolLayerCount()] for i in layer.renderer().legendSymbolItems() if i.symbol()]
    context = QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(layer))
    first = next(layer.getFeatures(), None)
    if first is not None:
        context.setFeature(first)
        told["shown"] = QgsExpression.replaceExpressionText(layer.mapTipTemplate(), context)
    return told
told = {"bare": {}, "project": {}}
for source in sys.argv[2:]:
    # What QGIS does with a file that is dropped on it.
    told["bare"][source.split("layername=")[1]] = facts(QgsVectorLayer(source, "any", "ogr", QgsVectorLayer.LayerOptions(True)))
if sys.argv[1]:
    QgsProject.instance().read(sys.argv[1])
    told["project"] = {l.name(): facts(l) for l in QgsProject.instance().mapLayers().values() if isinstance(l, QgsVectorLayer)}
print("FACTS" + json.dumps(told))
app.exitQgis()
'''


def look(folder, *sources, project=""):
    return in_qgis(folder, LOOK, project, *sources)


def sources(package):
    with sqlite3.connect(package) as file:
        names = [r[0] for r in file.execute("SELECT table_name FROM gpkg_contents WHERE table_name <> 'layer_styles'")]
    return [f"{package}|layername={n}" for n in names]


def test_freeboard_has_units_words_and_a_tip(tmp_path):
    floe("demo", tmp_path / "demo", "--size", 480, "--products-only", "--quiet")
    track = next((tmp_path / "demo/products").glob("*.SEN3"))
    floe("run", ROOT / "examples/freeboard.yaml", "--set", f"track={track}", "-o", tmp_path / "out", "--quiet")
    layer = look(tmp_path, *sources(tmp_path / "out/track.gpkg"))["bare"]["track"]
    assert layer["valid"] and layer["renderer"] == "RuleRenderer" and ["Below 0 m"] in [s[:1] for s in layer["symbols"]]
    # From the columns' descriptions in docs/steps, with their units.
    for column, alias in {
        "freeboard_m": "Radar freeboard (m)", "elevation_m": "Elevation above the mean sea surface (m)", "lat": "Latitude on WGS 84 (degree)",
        "time": "Time of the record (UTC)", "along_track_m": "Distance along the track (m)",
        "freeboard_uncertainty_m": "Uncertainty of the freeboard (m)",
    }.items():
        assert layer["aliases"][column] == alias
    assert layer["maps"]["esa_class"] == [{"Open ocean": "0"}, {"Sea ice": "1"}, {"Lead": "2"}, {"Unclassified": "3"}]
    assert {"Lead left out as outlier": "2"} in layer["maps"]["lead_use"]
    assert "Radar freeboard (m)" in layer["shown"] and layer["title"] == "'record ' || \"record\""
    assert any(word in layer["shown"] for word in ("Open ocean", "Sea ice", "Lead", "Unclassified"))


def test_bare_layers_are_those_of_the_project(tmp_path):
    make(tmp_path, "across 180")
    text = PIPELINE.format(extra=", along: 600, across: 3000").replace(
        "outputs:", "  project: { use: qgis.project }\noutputs:\n  floe.qgz: project.project")
    out, _, _ = run_pipeline(tmp_path, text)
    told = look(tmp_path, *sources(out / "colocated.gpkg"), project=out / "floe.qgz")
    assert set(told["bare"]) == {"track", "footprints", "scene_outline"}
    for name, layer in told["bare"].items():
        assert layer == told["project"][name], name
    assert told["bare"]["scene_outline"]["aliases"]["pixel_m"] == "Width of a pixel (m)"
    assert {"Lead": "2"} in told["bare"]["footprints"]["maps"]["fp_majority"]
    # Again from the start: the same bytes, styles included.
    first = (out / "colocated.gpkg").read_bytes()
    floe("run", tmp_path / "pipeline.yaml", "-o", tmp_path / "again", "--quiet", "--workers", 1)
    assert (tmp_path / "again/colocated.gpkg").read_bytes() == first


def test_no_two_columns_of_a_layer_share_an_alias(demo, tmp_path):
    """QGIS's lists of fields show the alias alone; the reader gives ESA's class twice, with one description."""
    for file in ("radar/track.gpkg", "story/colocated.gpkg"):
        layers = look(tmp_path, *sources(demo["folder"] / file))["bare"]
        for name, layer in layers.items():
            shown = [(alias or column).casefold() for column, alias in layer["aliases"].items()]
            assert len(set(shown)) == len(shown), (file, name, sorted(s for s in shown if shown.count(s) > 1))
    for column in ("esa_class", "surf_type_class_20_ku"):
        assert layers["track"]["aliases"][column].endswith(f", {column}")


def test_tables_without_a_style_have_names_too(tmp_path):
    """Points, polygons without classes, and rows without a place; names that XML and expressions would take apart."""
    (tmp_path / "points.csv").write_text("lon,lat,a & <b>,it's\n10,70,1,2\n11,71,3,4\n")
    (tmp_path / "land.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [{
        "type": "Feature", "properties": {"name": "island"},
        "geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}}]}))
    out, _, _ = run_pipeline(tmp_path, """
floe: 1
title: Plain tables
steps:
  points: { use: table.read, with: { file: points.csv, x: lon, y: lat } }
  rows: { use: table.read, with: { file: points.csv } }
  land: { use: table.read, with: { file: land.geojson } }
  project: { use: qgis.project }
outputs:
  plain.gpkg: { points: points.table, rows: rows.table, land: land.table }
  plain.qgz: project.project
""")
    told = look(tmp_path, *sources(out / "plain.gpkg"), project=out / "plain.qgz")
    bare = told["bare"]
    assert {n: l.get("renderer") for n, l in bare.items()} == {"points": "singleSymbol", "land": "singleSymbol", "rows": None}
    assert bare["points"] == told["project"]["points"] and bare["land"] == told["project"]["land"]
    assert bare["points"]["symbols"][0][1] == "#e66101"
    for name in ("points", "rows"):
        assert bare[name]["aliases"]["a & <b>"] == "a & <b>" and bare[name]["aliases"]["it's"] == "it's"
        assert "<b>a &amp; &lt;b&gt;</b> 1" in bare[name]["shown"] and "<b>it&#39;s</b> 2" in bare[name]["shown"]
    assert bare["land"]["title"] == '"name"'
    # Registered as QGIS does it; each layer has one default style of its own geometry column.
    with sqlite3.connect(out / "plain.gpkg") as file:
        assert file.execute("SELECT data_type FROM gpkg_contents WHERE table_name = 'layer_styles'").fetchall() == [("attributes",)]
        found = file.execute("SELECT f_table_name, f_geometry_column, styleName, useAsDefault FROM layer_styles ORDER BY id").fetchall()
    assert sorted(found) == [("land", "geom", "outlines", 1), ("points", "geom", "points", 1), ("rows", "", "columns", 1)]
    done = subprocess.run([sys.executable, "-m", "osgeo_utils.samples.validate_gpkg", str(as_1_3(out / "plain.gpkg", tmp_path))], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def as_1_3(package, folder):
    """GDAL 3.6 knows versions up to 1.3: a copy with the two triggers that 1.4 took away, and all else as it is."""
    copy = folder / "as-1.3.gpkg"
    copy.write_bytes(package.read_bytes())
    with sqlite3.connect(copy) as file:
        for (layer,) in file.execute("SELECT table_name FROM gpkg_geometry_columns").fetchall():
            for old in ("update1", "update3"):
                file.execute(f"CREATE TRIGGER rtree_{layer}_geom_{old} AFTER UPDATE OF geom ON {layer} WHEN 0 BEGIN SELECT 1; END")
        file.execute("PRAGMA user_version = 10300")
    return copy
