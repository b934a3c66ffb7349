"""The pipeline as an OGC Application Package: judged by cwltool and eoap-validator, run by cwltool without a container."""
import datetime
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
from conftest import FLOE, ROOT, floe, read, write_tif

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


SEASON = """floe: 1
title: Stack and classes
inputs:
  image: { type: path, help: A raster file }
steps:
  read: { use: raster.read, with: { files: $image, names: [B01] } }
  groups: { use: cluster.kmeans, in: { samples: read.image }, with: { clusters: 2, names: { lead: darkest, sea_ice: rest } } }
outputs:
  stack.tif: read.image
  classes.tif: groups.classes
"""
OVER_ALL = [
    ["cluster.fit", "--samples", "*/stack.tif", "--method", "gmm", "--clusters", "2", "--names", "lead=darkest,sea_ice=rest", "--model", "model.json"],
    ["raster.mosaic", "--images", "*/classes.tif", "--rule", "majority", "--mosaic", "the mosaic's.tif"],
]


@pytest.fixture(scope="module")
def winter(tmp_path_factory):
    """Five images that overlap, of which one is no image, and the package over them."""
    folder = tmp_path_factory.mktemp("winter")
    rng = np.random.default_rng(6)
    (folder / "images").mkdir()
    for i in range(5):
        write_tif(folder / f"images/image-{i}.tif", rng.integers(1, 4000, (40, 50), dtype=np.uint16), origin=(300000.0 + 150 * i, 7900020.0 - 70 * i))
    (folder / "images/image-3.tif").write_bytes(b"no image")
    (folder / "season.yaml").write_text(SEASON)
    (folder / "season.cwl").write_text(floe("cwl", folder / "season.yaml", "--files", "--without-container", "--author", AUTHOR).out)
    floe("batch", folder / "season.yaml", "--over", f"image={folder}/images/*.tif", "-o", folder / "batch", "--quiet", expect=3)
    for step, *words in OVER_ALL:
        floe("step", "-C", folder / "batch", step, *words, "-o", folder / "made", "--quiet", "--overwrite")
    return folder


def season_job(winter, chunk, **more):
    images = sorted((winter / "images").iterdir())
    return json.dumps({"image": [{"class": "File", "path": str(p)} for p in images], "chunk_length": chunk} | more)


def judge_season(winter, out):
    """One model and one mosaic for all scenes: the bytes of plain calls, whatever the chunks."""
    found = {p.name: p for p in Path(out).glob("season-*/*")}
    assert sorted(p.name for p in Path(out).glob("season-*")) == ["season-1-cluster.fit", "season-2-raster.mosaic"]
    for name in ["model.json", "the mosaic's.tif"]:
        assert found[name].read_bytes() == (winter / "made" / name).read_bytes(), name


@pytest.mark.parametrize("chunk", [1, 2, 3])
def test_one_model_and_one_mosaic_for_all_chunks(winter, tmp_path, chunk):
    """Five images are five, three or two chunks."""
    (tmp_path / "job.json").write_text(season_job(winter, chunk, season_steps=OVER_ALL))
    tool(BIN / "cwltool", "--no-container", "--outdir", tmp_path / "out", f"{winter}/season.cwl#season", tmp_path / "job.json", cwd=tmp_path)
    judge_season(winter, tmp_path / "out")
    assert sums(tmp_path / "out/results") == sums(winter / "batch")


def test_the_model_and_the_mosaic_are_those_of_all_scenes(winter):
    """Numpy's majority of the classes, the lowest of those that are as frequent; the model knows every pixel."""
    votes = np.zeros((4, 40 + 28, 50 + 60), int)
    for i in [0, 1, 2, 4]:
        classes = read(winter / f"batch/image-{i}/classes.tif")
        for code in range(4):
            votes[code, 7 * i:7 * i + 40, 15 * i:15 * i + 50] += classes == code
    judge = np.where(votes.sum(axis=0) == 0, 255, votes.argmax(axis=0))
    np.testing.assert_array_equal(read(winter / "made/the mosaic's.tif"), judge)
    assert json.loads((winter / "made/model.json").read_text())["figures"]["valid"] == 4 * 40 * 50


def test_no_shell_reads_the_words(winter, tmp_path):
    """A step that fails ends the workflow, with its sentence."""
    (tmp_path / "job.json").write_text(season_job(winter, 5, season_steps=[["cluster.fit", "--samples", "$(touch hacked);*", "--model", "m"]]))
    done = tool(BIN / "cwltool", "--no-container", "--outdir", tmp_path / "out", f"{winter}/season.cwl#season", tmp_path / "job.json", cwd=tmp_path, status=1)
    assert "nothing matches '$(touch hacked);*'" in done.stderr and not list(tmp_path.rglob("hacked"))


def staged(folder, safe):
    """A product as a platform stages it in: a catalogue, an item beside it, the product below the item."""
    import pystac
    root = folder / safe.stem
    shutil.copytree(safe, root / safe.name)
    item = pystac.Item(safe.stem, {"type": "Point", "coordinates": [-150, 72]}, [-150, 72, -150, 72], datetime.datetime(2019, 3, 1), {})
    for file in sorted(root.rglob("*_B??.jp2")):
        item.add_asset(file.stem[-3:], pystac.Asset(str(file.relative_to(root)), media_type="image/jp2", roles=["data"]))
    catalogue = pystac.Catalog("staged", "Staged")
    catalogue.add_item(item)
    catalogue.normalize_hrefs(str(folder))
    catalogue.save(catalog_type="SELF_CONTAINED")
    return folder


STACK = """floe: 1
inputs:
  scene: { type: path, help: A product }
steps:
  stack: { use: sentinel2.stack, with: { product: $scene, bands: [B02, B04] } }
outputs: { stack.tif: stack.image }
"""


def test_a_product_may_be_a_staged_catalogue(tmp_path):
    """A Directory in and out, each a STAC catalogue: the folder stands for its only item's product."""
    import pystac
    floe("step", "synthetic.sentinel2", "--folder", tmp_path / "made", "--size", 240, "--bands", "B02,B03,B04,B08", "--products", "p.json",
         "-o", tmp_path / "made", "--quiet")
    safe = next((tmp_path / "made").glob("*.SAFE"))
    place = staged(tmp_path / "staged", safe)
    (tmp_path / "stack.yaml").write_text(STACK)
    for name, scene in {"plain": safe, "folder": place, "slash": f"{place}/", "document": place / "catalog.json"}.items():
        floe("run", tmp_path / "stack.yaml", "--set", f"scene={scene}", "-o", tmp_path / name, "--quiet")
    made = [read(tmp_path / n / "stack.tif") for n in ("plain", "folder", "slash", "document")]
    assert all((m == made[0]).all() for m in made)
    (tmp_path / "stack.cwl").write_text(floe("cwl", tmp_path / "stack.yaml", "--without-container", "--author", AUTHOR).out)
    (tmp_path / "job.json").write_text(json.dumps({"scene": [{"class": "Directory", "path": str(place)}]}))
    tool(BIN / "cwltool", "--no-container", "--outdir", tmp_path / "out", f"{tmp_path}/stack.cwl#stack", tmp_path / "job.json", cwd=tmp_path)
    catalogue = pystac.Catalog.from_file(str(tmp_path / "out/results/catalog.json"))
    items = list(catalogue.get_items(recursive=True))
    assert len(items) == 1 and (tmp_path / "out/results" / safe.stem / "stack.tif").exists(), "called after its item"
    for node in [catalogue, *catalogue.get_children(), *items]:
        node.validate() if needs_no_network(node) else None
        for link in node.links:
            assert Path((link.get_absolute_href() or link.get_href()).split("#")[0]).exists(), link
    for asset in items[0].assets.values():
        assert Path(asset.get_absolute_href()).exists()
    # A folder of results is what it is, not the file of its only item.
    assert "is not a Sentinel-2 product" in floe("check", tmp_path / "stack.yaml", "--set", f"scene={tmp_path}/out/results", expect=2).err


def needs_no_network(node):
    """Schemas of extensions are elsewhere; the tests of items have those."""
    return not getattr(node, "stac_extensions", [])


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
    small = floe("cwl", place / "groups.yaml", "--chunk", 1, "--set", f"image={place}/images/image-0.tif").out
    large = place / "large.tif"
    write_tif(large, np.zeros((3000, 4000), np.uint16))

    def asked(text):
        tool = next(p for p in yaml.safe_load(text)["$graph"] if p["id"].endswith("-process"))
        need = next(r for r in tool["requirements"] if r["class"] == "ResourceRequirement")
        return need["ramMax"], need["outdirMin"]

    few, many = asked(small), asked(floe("cwl", place / "groups.yaml", "--chunk", 1, "--set", f"image={large}").out)
    assert few[1] == 16 and 16 < many[1] < 64 and many[0] >= few[0]
    assert asked(floe("cwl", place / "groups.yaml", "--chunk", 40, "--set", f"image={large}").out)[1] == 40 * many[1]


@pytest.mark.parametrize("name", ["class", "pipeline", "chunks", "season"])
def test_names_that_a_package_cannot_give_away(tmp_path, name):
    """A job with a member 'class' is no job for CWL: cwltool ends with a trace of its own."""
    (tmp_path / "p.yaml").write_text(PIPELINE.replace("image:", f"{name}:", 1).replace("$image", f"${name}"))
    told = floe("cwl", tmp_path / "p.yaml", expect=2).err
    assert f"an input is called '{name}', which the package needs for itself" in told
