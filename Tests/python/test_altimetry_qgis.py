"""The track's layer opened by QGIS: the style comes from the database, the records are drawn in the colours of their classes."""
import numpy as np
import pytest
from osgeo import gdal

from conftest import ROOT, floe, in_qgis

LOOK = r'''
import json, sys
from qgis.core import QgsApplication, QgsVectorLayer, QgsMapSettings, QgsMapRendererParallelJob
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor
app = QgsApplication([], False)
app.initQgis()
layer = QgsVectorLayer(sys.argv[1] + "|layername=track", "track", "ogr")
message, loaded = layer.loadDefaultStyle()
renderer = layer.renderer()
told = {
    "valid": layer.isValid(), "style": loaded, "renderer": renderer.type(), "abstract": layer.metadata().abstract(),
    "attribute": renderer.classAttribute() if renderer.type() == "categorizedSymbol" else None,
    "categories": [[str(c.value()), c.label(), c.symbol().color().name()] for c in renderer.categories()] if renderer.type() == "categorizedSymbol" else [],
    "time": layer.fields().field("time").typeName(), "fields": [f.name() for f in layer.fields()],
}
settings = QgsMapSettings()
settings.setLayers([layer])
settings.setDestinationCrs(layer.crs())
settings.setBackgroundColor(QColor("white"))
view = layer.extent()
view.scale(1.1)
if len(sys.argv) > 3:
    # A part of the track around the lead in its middle.
    leads = [f.geometry().asPoint() for f in layer.getFeatures("class_code = 2")]
    view.scale(float(sys.argv[3]), leads[len(leads) // 2])
settings.setExtent(view)
settings.setOutputSize(QSize(900, 700))
job = QgsMapRendererParallelJob(settings)
job.start()
job.waitForFinished()
job.renderedImage().save(sys.argv[2])
print("FACTS" + json.dumps(told))
app.exitQgis()
'''


def look(folder, package, picture, *more):
    return in_qgis(folder, LOOK, package, picture, *more)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    folder = tmp_path_factory.mktemp("altimetry-qgis")
    floe("demo", folder / "demo", "--size", 600, "--products-only", "--quiet")
    track = next((folder / "demo/products").glob("*.SEN3"))
    floe("run", ROOT / "examples/altimetry.yaml", "--set", f"track={track}", "-o", folder / "out", "--quiet")
    return look(folder, folder / "out/track.gpkg", folder / "map.png", 0.05), gdal.Open(str(folder / "map.png")).ReadAsArray()[:3]


def test_the_style_in_the_database_is_the_default(drawn):
    facts, _ = drawn
    assert facts["valid"] and facts["style"], facts
    assert facts["renderer"] == "categorizedSymbol" and facts["attribute"] == "class_code"
    assert [c[1] for c in facts["categories"]] == ["Open ocean", "Sea ice", "Lead", "Unclassified", "No class"]
    assert facts["time"] == "DateTime"
    assert "echoes.nc" in facts["abstract"]


def test_both_classes_are_seen(drawn):
    facts, image = drawn
    colours = {c[1]: [int(c[2][i:i + 2], 16) for i in (1, 3, 5)] for c in facts["categories"]}
    for name in ["Sea ice", "Lead"]:
        hit = np.all(np.abs(image.astype(int) - np.array(colours[name])[:, None, None]) < 8, axis=0)
        assert hit.sum() > 100, (name, int(hit.sum()))
