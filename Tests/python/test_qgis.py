"""The project opened by QGIS itself: layers, reference systems, extent, styles, and a drawn picture."""
import numpy as np
import pytest
from osgeo import gdal

from conftest import ROOT, in_qgis, run_pipeline, write_tif
from test_colocation import PIPELINE, make

LOOK = r'''
import json, sys
from qgis.core import QgsApplication, QgsProject, QgsMapSettings, QgsMapRendererParallelJob
from qgis.PyQt.QtCore import QSize
app = QgsApplication([], False)
app.initQgis()
project = QgsProject.instance()
told = {"read": project.read(sys.argv[1]), "crs": project.crs().authid(), "layers": []}
told["groups"] = {g.name(): [[n.name(), n.itemVisibilityChecked()] for n in g.findLayers()] for g in project.layerTreeRoot().findGroups()}
order = [n.layer() for n in project.layerTreeRoot().findLayers()]
for layer in order:
    renderer = layer.renderer()
    facts = {"name": layer.name(), "valid": layer.isValid(), "crs": layer.crs().authid(), "renderer": renderer.type(), "source": layer.source()}
    if renderer.type() == "paletted":
        facts["classes"] = [[c.value, c.label, c.color.name()] for c in renderer.classes()]
        facts["opacity"] = renderer.opacity()
    if renderer.type() == "categorizedSymbol":
        facts["attribute"] = renderer.classAttribute()
        facts["categories"] = [c.label() for c in renderer.categories()]
    facts["abstract"] = layer.abstract() if hasattr(layer, "abstract") else layer.metadata().abstract()
    facts["metadata"] = layer.metadata().abstract()
    if hasattr(layer, "fields"):
        facts["aliases"] = {f.name(): layer.attributeAlias(i) for i, f in enumerate(layer.fields())}
        facts["maps"] = {f.name(): layer.editorWidgetSetup(i).config().get("map") for i, f in enumerate(layer.fields()) if layer.editorWidgetSetup(i).type() == "ValueMap"}
        facts["tip"] = layer.mapTipTemplate()
        facts["title"] = layer.displayExpression()
        from qgis.core import QgsExpression, QgsExpressionContext, QgsExpressionContextUtils
        context = QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(layer))
        first = next(layer.getFeatures(), None)
        if first is not None:
            context.setFeature(first)
            facts["shown"] = QgsExpression.replaceExpressionText(layer.mapTipTemplate(), context)
    told["layers"].append(facts)
view = project.viewSettings().defaultViewExtent()
told["extent"] = [view.xMinimum(), view.yMinimum(), view.xMaximum(), view.yMaximum()]
settings = QgsMapSettings()
settings.setLayers(order)
settings.setDestinationCrs(project.crs())
settings.setExtent(view)
settings.setOutputSize(QSize(400, 400))
job = QgsMapRendererParallelJob(settings)
job.start()
job.waitForFinished()
job.renderedImage().save(sys.argv[2])
print("FACTS" + json.dumps(told))
app.exitQgis()
'''


def look(folder, project):
    picture = folder / "map.png"
    return in_qgis(folder, LOOK, project, picture), picture


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    folder = tmp_path_factory.mktemp("qgis")
    make(folder, "across 180")
    text = PIPELINE.format(extra=", along: 600, across: 3000").replace("outputs:", "  project: { use: qgis.project }\noutputs:\n  values.tif: values.image\n  classes.tif: classes.result\n  floe.qgz: project.project")
    out, _, _ = run_pipeline(folder, text)
    # The folder is moved: paths in the project are relative.
    moved = out.rename(folder / "elsewhere")
    facts, picture = look(folder, moved / "floe.qgz")
    return facts, picture, moved


def test_layers_are_valid_styled_and_ordered(opened):
    facts, _, _ = opened
    assert facts["read"] and facts["crs"] == "EPSG:32601"
    assert [l["name"] for l in facts["layers"]] == ["track", "footprints", "scene_outline", "classes", "values"]
    assert all(l["valid"] for l in facts["layers"]), facts
    by = {l["name"]: l for l in facts["layers"]}
    assert by["track"]["crs"] == "EPSG:4326" and by["footprints"]["crs"] == "EPSG:32601"
    assert by["footprints"]["renderer"] == "categorizedSymbol" and by["footprints"]["attribute"] == "fp_majority"
    assert "Lead" in by["footprints"]["categories"]
    assert by["scene_outline"]["renderer"] == "singleSymbol"
    assert by["classes"]["renderer"] == "paletted"
    assert by["classes"]["classes"] == [[1, "Sea ice", "#d6eaf4"], [2, "Lead", "#e66101"]]
    assert facts["extent"] == [380000.0, 7876000.0, 404000.0, 7900000.0]


def test_the_project_explains_itself(opened):
    facts, _, _ = opened
    assert list(facts["groups"]) == ["Records, footprints and polygons", "Classes", "Images"]
    assert facts["groups"]["Classes"] == [["classes", True]] and facts["groups"]["Images"] == [["values", True]]
    by = {l["name"]: l for l in facts["layers"]}
    assert abs(by["classes"]["opacity"] - 0.6) < 0.01
    assert by["scene_outline"]["aliases"]["pixel_m"] == "Width of a pixel (m)"
    assert by["footprints"]["title"] not in ("fid", "dropped_because") and by["track"]["title"] != "fid"
    maps = by["footprints"]["maps"]["fp_majority"]
    assert {"Lead": "2"} in maps and {"Sea ice": "1"} in maps
    assert "Lead" in by["footprints"]["shown"] or "Sea ice" in by["footprints"]["shown"]
    for layer in facts["layers"]:
        assert layer["metadata"], layer["name"]
    assert "Classes: 0" in by["classes"]["metadata"] or "1 Sea ice" in by["classes"]["metadata"]


def test_picture_shows_both_classes(opened):
    _, picture, moved = opened
    image = gdal.Open(str(picture)).ReadAsArray()[:3]
    truth = gdal.Open(str(moved / "classes.tif")).ReadAsArray()
    # Half-transparent over the ramp of the image, whose red is at most 198 above its blue: 0.6 of the class and 0.4 of that.
    red_over_blue = image[0].astype(int) - image[2]
    shown = {1: red_over_blue < 90, 2: red_over_blue > 90}
    # 400 pixels for 400: each pixel of the picture is one of the raster, but where vectors lie over it.
    share = (shown[1] & (truth == 1)).sum() / (truth == 1).sum(), (shown[2] & (truth == 2)).sum() / (truth == 2).sum()
    assert min(share) > 0.7, share


def test_picture_is_the_expected_one(opened):
    """Against `expected/qgis-map.png`, means over 4 x 4 pixels of an accepted drawing: fonts play no part, edges may be smoothed otherwise."""
    _, picture, _ = opened
    image = gdal.Open(str(picture)).ReadAsArray()[:3].astype(float).reshape(3, 100, 4, 100, 4).mean((2, 4))
    expected = gdal.Open(str(ROOT / "Tests/python/expected/qgis-map.png")).ReadAsArray().astype(float)
    assert np.abs(image - expected).mean() < 3
    # The tolerance tells a picture without the track from one with it.
    assert np.abs(np.roll(image, 20, 2) - expected).mean() > 6


def test_same_bytes_again(opened, tmp_path):
    _, _, moved = opened
    make(tmp_path, "across 180")
    text = PIPELINE.format(extra=", along: 600, across: 3000").replace("outputs:", "  project: { use: qgis.project }\noutputs:\n  values.tif: values.image\n  classes.tif: classes.result\n  floe.qgz: project.project")
    out, _, _ = run_pipeline(tmp_path, text)
    assert (out / "floe.qgz").read_bytes() == (moved / "floe.qgz").read_bytes()


def test_a_project_in_a_folder_finds_its_layers(tmp_path):
    write_tif(tmp_path / "a.tif", np.full((1, 20, 20), 7, "uint16"), nodata=0)
    out, _, _ = run_pipeline(tmp_path, """
floe: 1
title: Folders
steps:
  a: { use: raster.read, with: { files: a.tif } }
  p: { use: qgis.project }
outputs:
  rasters/a.tif: a.image
  maps/near.tif: a.image
  maps/p.qgz: p.project
""")
    facts, _ = look(tmp_path, out / "maps/p.qgz")
    assert len(facts["layers"]) == 2 and all(l["valid"] for l in facts["layers"]), facts
    import zipfile
    text = zipfile.ZipFile(out / "maps/p.qgz").read("p.qgs").decode()
    assert "<datasource>../rasters/a.tif</datasource>" in text and "<datasource>./near.tif</datasource>" in text
