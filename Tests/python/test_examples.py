"""The example of each step runs: as it stands in the step's declaration, on the products of the demonstration."""
import json
import os
import re
import shutil

import numpy as np
import pytest
import small_cryosat
from conftest import ROOT, floe, write_tif
from json_words import mistakes
from osgeo import gdal

ENV = {k: v for k, v in os.environ.items() if not k.startswith("FLOE_")} | {"XDG_DATA_HOME": "/nonexistent"}
STEPS = {s["name"]: s for s in json.loads(floe("steps", "--json", env=ENV).out)}

# Steps that examples refer to without showing them. A new example that takes another name's output: add the name here.
BEFORE = {
    "stack": "{ use: sentinel2.stack, with: { product: $scene } }",
    "first": "{ use: sentinel2.stack, with: { product: $scene } }",
    "second": "{ use: sentinel2.stack, with: { product: $scene } }",
    "third": "{ use: sentinel2.stack, with: { product: $scene } }",
    "groups": "{ use: cluster.kmeans, in: { samples: stack.image }, with: { names: { lead: darkest, sea_ice: rest } } }",
    "ndwi": "{ use: raster.expression, in: { image: stack.image }, with: { expression: (B02 - B04) / (B02 + B04), name: ndwi } }",
    "read": "{ use: sentinel3.sral, with: { product: $track } }",
    "retracked": "{ use: altimetry.retrack, in: { input: read.track } }",
    "elevation": "{ use: altimetry.elevation, in: { input: retracked.track } }",
    "surface": "{ use: altimetry.sea_surface, in: { input: elevation.track } }",
    "freeboard": "{ use: altimetry.freeboard, in: { input: surface.track } }",
    "features": "{ use: altimetry.features, in: { input: read.track } }",
    "aligned": "{ use: altimetry.align, in: { input: features.track } }",
    "echoes": "{ use: sentinel3.sral, with: { product: $track } }",
    "named": "{ use: cluster.kmeans, in: { samples: aligned.track }, with: { features: [sigma0_db, peakiness], standardise: true, "
             "names: { lead: highest peakiness, sea_ice: lowest peakiness } } }",
    "laid": "{ use: colocate.track, in: { input: named.classes, rasters: [groups.classes] } }",
    "shift": "{ use: colocate.drift, in: { input: named.classes, raster: groups.classes } }",
}
# Where an example means a track by a name that elsewhere means a scene.
INSTEAD = {step: {"groups": BEFORE["named"]} for step in ("table.select", "evaluate.compare")}
COURSE = "with: { preset: course, features: [sigma0_db, peakiness, ssd], standardise: true, limits: none, rest: unclassified, " \
         "names: { lead: highest peakiness and lowest ssd, sea_ice: lowest peakiness and highest ssd } } }"
INSTEAD["altimetry.course_figures"] = {
    "read": "{ use: sentinel3.sral, with: { product: $track, preset: course } }",
    "features": "{ use: altimetry.features, in: { input: read.track }, with: { preset: course } }",
    "aligned": "{ use: altimetry.align, in: { input: features.track }, with: { preset: course } }",
    "groups": "{ use: cluster.gmm, in: { samples: aligned.track }, " + COURSE,
    "kmeans": "{ use: cluster.kmeans, in: { samples: aligned.track }, " + COURSE,
}
# Scores take the truth of a synthetic product; what they judge here need not be good.
INSTEAD["synthetic.score_leads"] = {
    "scene": "{ use: synthetic.sentinel2, with: { folder: made, size: 480, world: winter, bands: [B01, B09] } }",
    "groups": "{ use: cluster.kmeans, in: { samples: scene.details }, with: { names: { lead: brightest, sea_ice: rest } } }",
}
INSTEAD["synthetic.score_footprints"] = {
    "track": "{ use: synthetic.sentinel3, with: { folder: made, records: 400, world: winter } }",
    "echoes": "{ use: cluster.kmeans, in: { samples: track.surfaces }, with: { features: [lead_fraction], "
              "names: { lead: highest lead_fraction, sea_ice: lowest lead_fraction } } }",
}
# Outputs whose kind the declaration leaves open, or that go by what is connected.
OUTPUTS = {"cluster.apply": ["  labels.tif: other.labels\n"], "file.read": ["  model.json: saved.data\n"]}
ENDINGS = {"raster": "tif", "table": "gpkg", "model": "json", "document": "json"}


@pytest.fixture(scope="module")
def place(demo, tmp_path_factory):
    """A folder with the files that examples name."""
    folder = tmp_path_factory.mktemp("examples")
    pixels = np.random.default_rng(1).integers(1, 9000, (60, 60), dtype=np.uint16)
    for band in ("B02", "B04"):
        write_tif(folder / f"{band}.tif", pixels, nodata=0)
        file = gdal.Open(str(folder / f"{band}.tif"), gdal.GA_Update)
        file.GetRasterBand(1).SetDescription(band)
        file = None
    shutil.copy(demo["results"] / "model.json", folder)
    shutil.copy(ROOT / "examples/points.csv", folder)
    for name, product in (("scenes", demo["scene"]), ("tracks", demo["track"])):
        shutil.copytree(product, folder / name / product.name)
    return folder


def names(node):
    """The steps whose outputs a text of YAML takes."""
    return {m for part in re.findall(r"\bin: \{(.*?)\}", node, re.S) for m in re.findall(r"\b([a-z_]\w*)\.[a-z_]+", part)}


def pipeline(step):
    """The example of a step, with what it needs around it."""
    text = step["example"].rstrip() + "\n"
    if text.startswith("floe:"):
        return text
    body = text.split("steps:\n", 1)[1].split("outputs:\n")[0] if text.startswith("steps:") else "".join(f"  {line}\n" for line in text.splitlines())
    before, known, wanted = {}, set(re.findall(r"^  (\w+):", body, re.M)), names(body)
    while wanted - known:
        name = min(wanted - known)
        node = INSTEAD.get(step["name"], {}).get(name) or BEFORE.get(name)
        assert node, f"the example of {step['name']} takes '{name}', of which BEFORE in this test knows nothing"
        before[name] = node
        known.add(name)
        wanted |= names(node)
    last = re.findall(r"^  (\w+):", body, re.M)[-1]
    outputs = [f"  {o['name']}.{ENDINGS[o['kinds'][0]]}: {last}.{o['name']}\n" for o in step["outputs"] if o["is_required"]]
    outputs = OUTPUTS.get(step["name"], outputs)
    if step["name"] == "qgis.project":
        before |= {n: BEFORE[n] for n in ("stack", "groups")}
        outputs = ["  project.qgz: project.project\n", "  classes.tif: groups.classes\n"]
    if step["name"] == "report.html":
        outputs = ["  report.html: report.page\n", "  classes.tif: groups.classes\n"]
    inputs = "inputs: { scene: { type: path, optional: true }, track: { type: path, optional: true } }\n"
    return "floe: 1\n" + inputs + "steps:\n" + "".join(f"  {n}: {v}\n" for n, v in before.items()) + body + "outputs:\n" + "".join(outputs)


# catalogue.search asks a server of the internet; test_catalogue.py gives it one.
@pytest.mark.parametrize("name", [name for name in STEPS if name != "catalogue.search"])
def test_the_example_runs(name, demo, place, tmp_path):
    assert STEPS[name]["example"], f"{name} has no example"
    file = place / f"{name}.yaml"
    file.write_text(pipeline(STEPS[name]))
    track = small_cryosat.write(tmp_path) if name == "cryosat2.read" else demo["track"]
    floe("run", file, "--set", f"scene={demo['scene']}", "--set", f"track={track}", "-o", tmp_path / "out", "--quiet", env=ENV, cwd=place)
    record = json.loads((tmp_path / "out/run.json").read_text())
    assert name in {t["use"] for t in record["timings"] if "use" in t} and record["outputs"]
    assert mistakes(record) == []
