"""The pipeline as an OGC Application Package: judged by cwltool and eoap-validator, run by cwltool without a container."""
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from conftest import FLOE, ROOT, floe, write_tif

BIN = Path(sys.executable).parent
AUTHOR = "Ada Maria Berg <ada.berg@example.org> (Institute of Ice)"
PIPELINE = """floe: 1
title: Two groups of one image
inputs:
  image: { type: path, help: A raster file }
  clusters: { type: integer, default: 2, help: "How many; more than one" }
  land: { type: path, optional: true, help: Land that is left out }
steps:
  read: { use: raster.read, with: { files: $image } }
  groups: { use: cluster.kmeans, in: { samples: read.image }, with: { clusters: $clusters } }
outputs:
  labels.tif: groups.labels
"""


def tool(*words, cwd, status=0):
    path = f"{FLOE.parent}:{BIN}:{os.environ['PATH']}"
    done = subprocess.run([str(w) for w in words], cwd=cwd, capture_output=True, text=True, env=os.environ | {"PATH": path})
    assert done.returncode == status, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with five images, of which one is no image, the pipeline and its package."""
    folder = tmp_path_factory.mktemp("package")
    rng = np.random.default_rng(5)
    (folder / "images").mkdir()
    for i in range(5):
        write_tif(folder / f"images/image-{i}.tif", rng.integers(1, 4000, (40, 50), dtype=np.uint16))
    (folder / "images/image-3.tif").write_bytes(b"no image")
    (folder / "groups.yaml").write_text(PIPELINE)
    words = ["cwl", folder / "groups.yaml", "--files", "--author", AUTHOR, "--image", "example.org/floe:1", "--chunk", "2"]
    (folder / "groups.cwl").write_text(floe(*words).out)
    (folder / "local.cwl").write_text(floe(*words, "--without-container").out)
    return folder


@pytest.mark.parametrize("pipeline", ["ice-lead", "apply-model", "groups"])
def test_validators_find_nothing(pipeline, place, tmp_path):
    if pipeline == "groups":
        text = (place / "groups.cwl").read_text()
    else:
        over = ["--over", "scene"] if pipeline == "apply-model" else []
        text = floe("cwl", ROOT / f"examples/{pipeline}.yaml", "--author", AUTHOR, *over).out
    file = tmp_path / "package.cwl"
    file.write_text(text)
    tool(BIN / "cwltool", "--validate", file, cwd=tmp_path)
    report = tool(BIN / "eoap-validator", file, "--profile", "eoap-package", "--profile", "metadata", "--format", "json", cwd=tmp_path)
    findings = json.loads(report.stdout)["findings"]
    assert len(findings) > 30 and [f for f in findings if f["status"] not in ("passed", "not-applicable")] == []


def sums(folder):
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
            for p in sorted(Path(folder).rglob("*.tif"))}


def test_a_run_gives_what_a_batch_gives(place, tmp_path):
    images = sorted((place / "images").iterdir())
    job = {"image": [{"class": "File", "path": str(p)} for p in images], "clusters": 3}
    (tmp_path / "job.json").write_text(json.dumps(job))
    tool(BIN / "cwltool", "--no-container", "--outdir", tmp_path / "cwl", f"{place}/local.cwl#groups", tmp_path / "job.json", cwd=tmp_path)
    results = tmp_path / "cwl/results"
    floe("batch", place / "groups.yaml", "--over", f"image={place}/images/*.tif", "--set", "clusters=3", "-o", tmp_path / "batch", expect=3)
    assert sums(results) == sums(tmp_path / "batch") and len(sums(results)) == 4
    lines = [json.loads(line) for line in (results / "batch.jsonl").read_text().splitlines()[1:]]
    failed = [line for line in lines if line["state"] == "failed"]
    assert [f["scene"] for f in failed] == ["image-3"] and "image-3.tif" in failed[0]["message"]
    # Plain images have no time, and so no items; the catalogue is one all the same.
    assert json.loads((results / "catalog.json").read_text())["type"] == "Catalog"


def test_lists_are_arrays(place, tmp_path):
    """An input of type list is an array of texts or numbers, and reaches floe as --set does."""
    rng = np.random.default_rng(7)
    write_tif(tmp_path / "two.tif", rng.integers(1, 4000, (3, 30, 40), dtype=np.uint16))
    (tmp_path / "some.yaml").write_text(PIPELINE.replace(
        "  land:", "  features: { type: list, optional: true }\n  land:").replace("clusters: $clusters", "clusters: $clusters, features: $features"))
    text = floe("cwl", tmp_path / "some.yaml", "--files", "--author", AUTHOR, "--without-container").out
    (tmp_path / "some.cwl").write_text(text)
    for part in yaml.safe_load(text)["$graph"]:
        if "features" in (part.get("inputs") or {}):
            assert part["inputs"]["features"]["type"] == ["null", {"type": "array", "items": ["string", "double"]}]
    tool(BIN / "cwltool", "--validate", "some.cwl", cwd=tmp_path)
    tool(BIN / "eoap-validator", "some.cwl", "--profile", "eoap-package", cwd=tmp_path)
    image = {"class": "File", "path": str(tmp_path / "two.tif")}
    made = {}
    for name, features in {"some": ["B01", "B03"], "all": None}.items():
        (tmp_path / "job.json").write_text(json.dumps({"image": [image]} | ({"features": features} if features else {})))
        tool(BIN / "cwltool", "--no-container", "--outdir", tmp_path / name, f"{tmp_path}/some.cwl#some", tmp_path / "job.json", cwd=tmp_path)
        more = ["--set", f"features={','.join(features)}"] if features else []
        floe("batch", tmp_path / "some.yaml", "--over", f"image={tmp_path}/two.tif", *more, "-o", tmp_path / f"{name}-batch", "--quiet")
        made[name] = sums(tmp_path / name / "results")
        assert made[name] == sums(tmp_path / f"{name}-batch") and made[name]
    assert made["some"] != made["all"]


def test_gather_joins_chunks_and_refuses_what_does_not_belong_together(place, tmp_path):
    for i, pattern in enumerate(["image-[012].tif", "image-[34].tif"]):
        floe("batch", place / "groups.yaml", "--over", f"image={place}/images/{pattern}", "-o", tmp_path / f"c{i}", expect=3 if i else 0)
    floe("gather", tmp_path / "c1", tmp_path / "c0", "-o", tmp_path / "all")
    assert sums(tmp_path / "all") == sums(tmp_path / "c0") | sums(tmp_path / "c1")
    rows = (tmp_path / "all/summary.csv").read_text().splitlines()
    assert [r.split(",")[:2] for r in rows[1:]] == [[f"image-{i}", "failed" if i == 3 else "done"] for i in range(5)]
    assert json.loads((tmp_path / "all/catalog.json").read_text())["id"] == "all"
    floe("gather", tmp_path / "c1", "-o", tmp_path / "strict", "--strict", expect=3)
    err = floe("gather", tmp_path / "c0", tmp_path / "all", "-o", tmp_path / "twice", expect=2).err
    assert "scene 'image-0' is both in" in err and not (tmp_path / "twice").exists()
    assert "holds files" in floe("gather", tmp_path / "c0", "-o", tmp_path / "all", expect=2).err
    assert "is no folder that floe batch wrote" in floe("gather", place, "-o", tmp_path / "no", expect=2).err
    other = place / "other.yaml"
    shutil.copy(place / "groups.yaml", other)
    floe("batch", other, "--over", f"image={place}/images/image-4.tif", "-o", tmp_path / "other")
    assert "gather one pipeline at a time" in floe("gather", tmp_path / "c0", tmp_path / "other", "-o", tmp_path / "no", expect=2).err


def test_what_cannot_be_packed_is_said(place, tmp_path):
    assert "--over must name a path input" in floe("cwl", place / "groups.yaml", "--over", "clusters", expect=2).err
    assert "say with --over which is many" in floe("cwl", ROOT / "examples/ice-lead-colocated.yaml", expect=2).err
    assert "--author must be" in floe("cwl", place / "groups.yaml", "--author", "Ada", expect=2).err
    assert "--image must be" in floe("cwl", place / "groups.yaml", "--image", "a b", expect=2).err
    assert "names no author" in floe("cwl", place / "groups.yaml").err
    own = tmp_path / "own.yaml"
    own.write_text(PIPELINE.replace("clusters:", "chunks:", 1).replace("$clusters", "$chunks"))
    assert "an input is called 'chunks'" in floe("cwl", own, expect=2).err


def test_resources_follow_an_example_product(place):
    """A job's disk grows with the product: 40 x 50 pixels here, against 4000 x 3000, a byte and overviews for each."""
    small = floe("cwl", place / "groups.yaml", "--set", f"image={place}/images/image-0.tif").out
    large = place / "large.tif"
    write_tif(large, np.zeros((3000, 4000), np.uint16))

    def asked(text):
        tool = next(p for p in yaml.safe_load(text)["$graph"] if p["id"].endswith("-process"))
        need = next(r for r in tool["requirements"] if r["class"] == "ResourceRequirement")
        return need["ramMax"], int(need["outdirMin"].split("*")[0].strip("$( "))

    few, many = asked(small), asked(floe("cwl", place / "groups.yaml", "--set", f"image={large}").out)
    assert few[1] == 16 and 16 < many[1] < 64 and many[0] >= few[0]
