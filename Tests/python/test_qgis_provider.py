"""The Processing provider in QGIS itself: what it lists, what it runs, how it fails and how it is cancelled."""
import json
import os
import subprocess

import numpy as np
import pytest

from conftest import FLOE, ROOT, floe, write_tif

USE = r'''
import faulthandler, json, os, sys, threading, time
faulthandler.enable()
sys.path[:0] = ["/usr/share/qgis/python/plugins", sys.argv[1]]
from qgis.core import *
app = QgsApplication([], False)
app.initQgis()
from processing.core.Processing import Processing
Processing.initialize()
import processing
import floe_provider
plugin = floe_provider.classFactory(None)
plugin.initProcessing()
provider = plugin.provider
folder = sys.argv[2]


class Feedback(QgsProcessingFeedback):
    def __init__(self):
        super().__init__(False)
        self.said, self.steps = [], []
        self.progressChanged.connect(lambda p: self.steps.append(p))

    def pushInfo(self, text): self.said.append(text)
    def pushWarning(self, text): self.said.append(text)
    def setProgressText(self, text): self.said.append(text)


def run(name, feedback=None, **parameters):
    return processing.run("floe:" + name, parameters, feedback=feedback or Feedback())


def path(name):
    return os.path.join(folder, name)


told = {}
'''
END = '''
plugin.unload()
told["unloaded"] = QgsApplication.processingRegistry().providerById("floe") is None
print("FACTS" + json.dumps(told), flush=True)
os._exit(0)
'''


def use(folder, body, program=FLOE, **more):
    script = folder / "use.py"
    script.write_text(USE + body + END)
    environment = {"QT_QPA_PLATFORM": "offscreen", "HOME": str(folder), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"} | more
    if program is not None:
        environment["FLOE"] = str(program)
    done = subprocess.run(
        ["/usr/bin/python3", str(script), str(ROOT / "examples/qgis"), str(folder)],
        capture_output=True, text=True, timeout=300, env=environment)
    line = next((l for l in done.stdout.splitlines() if l.startswith("FACTS")), None)
    assert line, f"exit {done.returncode}\n{done.stdout}{done.stderr}"
    return json.loads(line[5:])


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    folder = tmp_path_factory.mktemp("provider")
    random = np.random.default_rng(1)
    image = np.where(random.random((2, 120, 120)) < 0.3, 500, 6000) + random.integers(0, 100, (2, 120, 120))
    image[1] = image[0]
    write_tif(folder / "image.tif", image.astype("uint16"), nodata=0)
    with open(folder / "points.csv", "w") as f:
        f.write("lon,lat,a,b\n")
        f.writelines(f"{10 + i / 100},{70 + i / 100},{i % 2 * 10 + i / 100},{i % 2 * 5}\n" for i in range(60))
    return folder


def test_lists_steps_and_pipelines(scene):
    facts = use(scene, r'''
told["names"] = sorted(a.name() for a in provider.algorithms())
told["skipped"], told["trouble"] = provider.skipped, provider.trouble
kmeans = provider.algorithm("cluster.kmeans")
told["parameters"] = {}
for p in kmeans.parameterDefinitions():
    facts = {"type": p.type(), "optional": bool(p.flags() & p.FlagOptional), "default": p.defaultValue()}
    if p.type() == "number": facts.update(range=[p.minimum(), p.maximum()], whole=p.dataType() == p.Integer)
    if p.type() == "enum": facts["options"] = p.options()
    told["parameters"][p.name()] = facts
told["help"] = kmeans.shortHelpString()
told["pipeline"] = {p.name(): p.type() for p in provider.algorithm("pipeline_ice-lead").parameterDefinitions()}
told["pairs"] = {p.name(): p.type() for p in provider.algorithm("colocate.pairs").parameterDefinitions()}
told["faults"] = [a.name() for a in provider.algorithms() if not a.parameterDefinitions() or a.create() is None]
''')
    assert facts["trouble"] == "" and facts["unloaded"] and not facts["faults"]
    steps = {s["name"] for s in json.loads(floe("steps", "--json").out)}
    listed = {n for n in facts["names"] if not n.startswith("pipeline_")}
    assert steps == {n.removesuffix("_table") for n in listed} | set(facts["skipped"])
    assert set(facts["skipped"]) == {"file.read", "qgis.project", "report.html"} and all(facts["skipped"].values())
    pipelines = {"pipeline_" + p.stem for p in (ROOT / "examples").glob("*.yaml")}
    assert pipelines <= set(facts["names"])
    p = facts["parameters"]
    assert p["samples"]["type"] == "raster" and not p["samples"]["optional"]
    # A number or the word auto.
    assert p["clusters"] == {"type": "string", "optional": True, "default": "2"}
    assert p["iterations"]["type"] == "number" and p["iterations"]["whole"] and p["iterations"]["range"][0] == 1
    assert p["dark_ratio"]["default"] == 0.5 and not p["dark_ratio"]["whole"]
    assert p["standardise"]["type"] == "boolean" and p["standardise"]["default"] is False
    assert p["water"]["options"] == ["lead", "open_ocean"] and p["water"]["default"] == "lead"
    assert p["names"]["type"] == "string"
    assert p["labels"]["type"] == "rasterDestination" and p["model"]["type"] == "fileDestination"
    assert p["classes"]["type"] == "rasterDestination" and p["classes"]["optional"]
    assert "Lloyd 1982" in facts["help"]
    texts = dict.fromkeys(["land_layer", "bands", "resolution", "box", "clusters"], "string")
    assert facts["pipeline"] == {"scene": "file", "land": "file", "OUTPUT": "folderDestination"} | texts
    assert facts["pairs"]["pairs"] == "vectorDestination"


def test_runs_steps_and_opens_styled(scene):
    facts = use(scene, r'''
f = Feedback()
made = run("raster.read", f, files=[path("image.tif")], names="B02,B04", image=path("read.tif"))
told["read"] = QgsRasterLayer(made["image"]).bandCount()
f = Feedback()
made = run("cluster.kmeans", f, samples=QgsRasterLayer(path("read.tif"), "read"), names="lead: darkest, sea_ice: rest",
           clusters=2, labels=path("out/labels.tif"), classes=path("elsewhere/classes.tif"), model=path("out/model.json"))
told["made"], told["said"], told["progress"] = {k: v for k, v in made.items()}, f.said, f.steps
layer = QgsRasterLayer(made["classes"], "classes")
told["renderer"] = layer.renderer().type()
told["classes"] = [[c.value, c.label] for c in layer.renderer().classes()]
labels = QgsRasterLayer(made["labels"], "labels")
told["labels"] = labels.renderer().type()
told["files"] = sorted(os.listdir(path("out")))
made = run("cluster.apply", samples=path("read.tif"), model=path("out/model.json"), labels=path("again.tif"))
told["again"] = os.path.exists(made["labels"])
made = run("raster.expression", image=path("read.tif"), expression="B02 - B04", result=QgsProcessing.TEMPORARY_OUTPUT)
told["temporary"] = QgsRasterLayer(made["result"]).isValid()
table = run("table.read", file=path("points.csv"), table=path("points.gpkg"))["table"]
groups = run("cluster.kmeans_table", samples=table, features="a,b", labels=path("groups.gpkg"))["labels"]
vector = QgsVectorLayer(groups, "groups")
told["rows"], told["valid"] = vector.featureCount(), vector.isValid()
''')
    assert facts["read"] == 2
    assert facts["renderer"] == "paletted" and [2, "Lead"] in facts["classes"] and [1, "Sea ice"] in facts["classes"]
    assert facts["labels"] == "paletted"
    assert {"labels.tif", "labels.qml", "model.json"} <= set(facts["files"]) and not [f for f in facts["files"] if f.startswith(".")]
    assert json.loads(facts["made"]["RECORD"])["clusters"]
    assert any("cluster.kmeans" in s for s in facts["said"]) and max(facts["progress"]) == 100
    assert any("lead: cluster 0" in s for s in facts["said"])
    assert facts["again"] and facts["temporary"]
    assert facts["rows"] == 60 and facts["valid"]


def test_runs_a_pipeline(scene):
    facts = use(scene, r'''
made = run("pipeline_points", OUTPUT=path("points"))
told["files"] = sorted(os.listdir(made["OUTPUT"]))
''')
    assert {"kmeans.csv", "gmm.csv", "kmeans.json", "gmm.json"} <= set(facts["files"])


def test_runs_a_pipeline_on_a_product(scene):
    floe("step", "synthetic.sentinel2", "--folder", scene / "products", "--size", "300", "--products", "products.json", "-o", scene / "made")
    facts = use(scene, r'''
import glob
f = Feedback()
made = run("pipeline_ice-lead", f, scene=glob.glob(path("products/*.SAFE"))[0], OUTPUT=path("ice"))
told["files"], told["progress"] = sorted(os.listdir(made["OUTPUT"])), f.steps
layer = QgsRasterLayer(os.path.join(made["OUTPUT"], "ice-lead.tif"), "classes")
told["renderer"], told["classes"] = layer.renderer().type(), [c.label for c in layer.renderer().classes()]
''')
    assert {"stack.tif", "ice-lead.tif", "ice-lead.qml", "probability.tif", "model.json", "run.json"} <= set(facts["files"])
    assert facts["renderer"] == "paletted" and {"Sea ice", "Lead"} <= set(facts["classes"]) and max(facts["progress"]) == 100


def test_settings_page(tmp_path):
    """The options under Processing > floe: where the program and the pipelines are; without them nothing is found here."""
    (tmp_path / "own").mkdir()
    (tmp_path / "own/mine.yaml").write_text((ROOT / "examples/points.yaml").read_text())
    (tmp_path / "no-program").write_text("text")
    facts = use(tmp_path, r'''
from processing.core.ProcessingConfig import ProcessingConfig
told["before"] = [len(provider.algorithms()), provider.trouble]
told["page"] = {s.name: [s.description, s.value] for s in ProcessingConfig.settings.values() if s.group == provider.name()}
ProcessingConfig.setSettingValue("FLOE_PROGRAM", os.environ["PROGRAM_TO_SET"])
ProcessingConfig.setSettingValue("FLOE_PIPELINES", path("own"))
provider.refreshAlgorithms()
told["after"], told["trouble"] = sorted(a.name() for a in provider.algorithms()), provider.trouble
ProcessingConfig.setSettingValue("FLOE_PROGRAM", path("no-program"))
provider.refreshAlgorithms()
told["wrong"] = [len(provider.algorithms()), provider.trouble]
plugin.unload()
told["removed"] = [n for n in ("FLOE_PROGRAM", "FLOE_PIPELINES") if n in ProcessingConfig.settings]
plugin.initProcessing()
''', program=None, PROGRAM_TO_SET=str(FLOE))
    assert facts["before"][0] == 0 and "was not found" in facts["before"][1]
    assert set(facts["page"]) == {"FLOE_PROGRAM", "FLOE_PIPELINES"} and all(d for d, _ in facts["page"].values())
    assert "cluster.kmeans" in facts["after"] and [n for n in facts["after"] if n.startswith("pipeline_")] == ["pipeline_mine"]
    assert facts["trouble"] == "" and facts["wrong"][0] == 0 and "was not found" in facts["wrong"][1]
    assert facts["removed"] == []


def test_failures_are_floes_sentences(scene):
    facts = use(scene, r'''
told["sentences"] = []
for name, parameters in (
    ("cluster.kmeans", dict(samples=path("image.tif"), clusters=1, labels=path("bad/labels.tif"))),
    ("raster.expression", dict(image=path("image.tif"), expression="B01 +", result=path("bad/result.tif"))),
    ("cluster.kmeans", dict(samples=path("none.tif"), labels=path("bad/labels.tif"))),
    ("pipeline_ice-lead", dict(scene=path("none.SAFE"), OUTPUT=path("bad/out"))),
):
    try:
        run(name, **parameters)
        told["sentences"].append("")
    except QgsProcessingException as error:
        told["sentences"].append(str(error))
told["left"] = sorted(f for _, _, files in os.walk(path("bad")) for f in files)
''')
    clusters, expression, missing, product = facts["sentences"]
    assert "'clusters' must be between 2 and 255, not 1" in clusters
    assert "expression" in expression
    assert "none.tif" in missing and "none.SAFE" in product
    assert facts["left"] == []


def test_cancel(scene):
    # Many starts and steps on noise: work for minutes.
    write_tif(scene / "noise.tif", np.random.default_rng(2).integers(1, 10000, (3, 2000, 2000)).astype("uint16"))
    facts = use(scene, r'''
f = Feedback()
f.began = 0.0
threading.Timer(2.0, f.cancel).start()
began = time.time()
try:
    made = run("cluster.kmeans", f, samples=path("noise.tif"), clusters=200, iterations=100000, tolerance=0, labels=path("stopped/labels.tif"))
    told["made"] = sorted(made)
except QgsProcessingException as error:
    told["made"] = str(error)
told["seconds"] = time.time() - began
told["left"] = os.listdir(path("stopped"))
told["running"] = os.popen("ps -eo args").read().count(path("noise.tif"))
''')
    assert 1.5 < facts["seconds"] < 8, facts
    assert facts["left"] == [] and facts["running"] == 0
    assert "labels" not in facts["made"]


def test_without_floe_nothing_is_listed_but_said(scene):
    facts = use(scene, r'''
told["count"], told["trouble"] = len(provider.algorithms()), provider.trouble
''', program="/nowhere/floe")
    assert facts["count"] == 0 and "was not found" in facts["trouble"]


def test_it_is_one_for_qgis_4_too():
    """Enumerations are written with their type, as PyQt6 wants them, and the metadata lets QGIS 4 load the plugin."""
    import configparser
    import re
    facts = configparser.ConfigParser()
    facts.read(ROOT / "examples/qgis/floe_provider/metadata.txt")
    assert facts["general"]["qgisMinimumVersion"] == "3.22" and float(facts["general"]["qgisMaximumVersion"]) >= 4
    text = "\n".join(p.read_text() for p in (ROOT / "examples/qgis/floe_provider").glob("*.py"))
    scoped = {"Qgis.MessageLevel", "QgsProcessingParameterNumber.Type", "QgsProcessingParameterFile.Behavior", "QgsProcessing.SourceType",
              "QgsProcessingAlgorithm.Flag", "QgsProcessingParameterDefinition.Flag", "QgsProcessingContext.LayerDetails"}
    assert {m for m in re.findall(r"\b(?:Qgs\w+|Qgis)\.[A-Z]\w*", text)} == scoped
    guide = (ROOT / "examples/qgis/README.md").read_text()
    assert "QGIS/QGIS3/" in guide and "QGIS/QGIS4/" in guide
