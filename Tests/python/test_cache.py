"""Outputs of steps that are kept by their keys: what a run takes from them, and that its bytes are the same."""
import json
import os
import pathlib
import random
import shutil
import subprocess

import numpy as np
import pytest
import yaml
from conftest import FLOE, ROOT, floe, sums as all_sums, write_tif

EXAMPLES = ROOT / "examples"
# So many random edits of pipelines are tried; 200 for a thorough look.
EDITS = int(os.environ.get("FLOE_CACHE_EDITS", "4"))

PIPELINE = """floe: 1
inputs:
  image: { type: path }
steps:
  read: { use: raster.read, with: { files: $image } }
  smooth: { use: raster.filter, in: { image: read.image }, with: { statistic: median, window: 3 } }
  groups:
    use: cluster.gmm
    in: { samples: smooth.result }
    with: { clusters: 2, names: { lead: darkest, sea_ice: rest } }
  shapes: { use: vector.polygonize, in: { image: groups.classes } }
outputs: { classes.tif: groups.classes, p.tif: groups.probability, model.json: groups.model, shapes.gpkg: shapes.polygons }
"""


@pytest.fixture
def made(tmp_path):
    """A pipeline, its image with pixels that take no part, and a folder for a cache."""
    (tmp_path / "p.yaml").write_text(PIPELINE)
    values = np.random.default_rng(3).integers(0, 2, (300, 70)) * 3000 + np.random.default_rng(4).integers(100, 900, (300, 70))
    values[:20, :30] = 0
    return tmp_path, write_tif(tmp_path / "image.tif", values.astype(np.uint16), nodata=0)


def sums(folder):
    """Every output but what tells times: run.json and the report's page."""
    return {name: digest for name, digest in all_sums(folder).items() if not name.endswith(".html")}


def record(folder):
    return json.loads((folder / "run.json").read_text())


def taken(folder):
    return {t["step"] for t in record(folder)["timings"] if t.get("from_cache")}


def told(folder):
    """What the record tells of the steps: facts, what was left out, warnings."""
    found = record(folder)
    return found["results"], found["left_out"], [w for w in found["warnings"] if w["step"] != "cache"]


def run(made, name, *more, cache=True, **options):
    folder, image = made
    words = ["--cache", folder / "cache"] if cache else ["--no-cache"]
    return floe("run", folder / "p.yaml", "--set", f"image={image}", "-o", folder / name, *words, *more, **options)


def entries(made):
    return json.loads(floe("cache", "list", "--cache", made[0] / "cache", "--json").out)


def test_a_late_change_runs_late_steps_alone(made):
    run(made, "plain", cache=False)
    run(made, "first")
    folder = made[0]
    assert taken(folder / "first") == set()
    assert sums(folder / "first") == sums(folder / "plain")
    assert {e["use"] for e in entries(made)} == {"cluster.gmm", "vector.polygonize"}
    run(made, "again")
    # Nobody reads the pixels of the steps above.
    assert taken(folder / "again") == {"read", "smooth", "groups", "shapes"}
    assert sums(folder / "again") == sums(folder / "plain")
    assert told(folder / "again") == told(folder / "plain")
    run(made, "late", "--set", "shapes.connectivity=8")
    run(made, "late-plain", "--set", "shapes.connectivity=8", cache=False)
    assert taken(folder / "late") == {"read", "smooth", "groups"}
    assert sums(folder / "late") == sums(folder / "late-plain")
    assert told(folder / "late") == told(folder / "late-plain")


def test_an_output_that_an_entry_lacks_is_made_and_kept(made):
    folder, _ = made
    whole = PIPELINE
    (folder / "p.yaml").write_text(whole.replace("p.tif: groups.probability, ", ""))
    run(made, "less")
    (folder / "p.yaml").write_text(whole)
    run(made, "more")
    assert "groups" not in taken(folder / "more")
    run(made, "third")
    assert "groups" in taken(folder / "third")
    run(made, "plain", cache=False)
    assert sums(folder / "third") == sums(folder / "more") == sums(folder / "plain")


def test_force_takes_nothing_and_keeps_anew(made):
    run(made, "first")
    run(made, "second", "--force")
    assert taken(made[0] / "second") == set()


@pytest.mark.parametrize("place", [0.0, 0.5, 1.0])
def test_a_damaged_entry_is_made_anew_with_a_warning(made, place):
    run(made, "first")
    folder, _ = made
    for file in (folder / "cache").glob("*.floe-step"):
        content = bytearray(file.read_bytes())
        # A byte that belongs to something: gaps between sections hold zeros.
        at = next(i for i in range(int(place * (len(content) - 1)), -1, -1) if content[i])
        content[at] ^= 0x55
        file.write_bytes(content)
    verify = floe("cache", "verify", "--cache", folder / "cache", expect=1)
    assert "2 damaged" in verify.out
    second = run(made, "second")
    assert "is made anew" in second.err
    assert sums(folder / "second") == sums(folder / "first")
    assert any("is made anew" in w["message"] for w in record(folder / "second")["warnings"])
    third = run(made, "third")
    assert "anew" not in third.err and sums(folder / "third") == sums(folder / "first")


def test_cut_and_foreign_files_are_no_entries(made):
    run(made, "first")
    folder, _ = made
    files = sorted((folder / "cache").glob("*.floe-step"))
    for i, file in enumerate(files):
        file.write_bytes([file.read_bytes()[:5000], b""][i % 2])
    # The entry of one step under the key of another is found out, too.
    run(made, "second")
    assert sums(folder / "second") == sums(folder / "first")
    a, b = sorted((folder / "cache").glob("*.floe-step"))[:2]
    shutil.copy(a, b)
    assert "another key" in run(made, "third").err
    assert sums(folder / "third") == sums(folder / "first")
    for file in files:
        file.write_bytes(b"x")
    assert "2 damaged" in floe("cache", "verify", "--remove", "--cache", folder / "cache").out
    assert entries(made) == []


def test_a_folder_that_cannot_be_used_is_a_sentence(made, monkeypatch):
    folder, image = made
    (folder / "file").write_text("")
    words = ["run", folder / "p.yaml", "--set", f"image={image}", "-o", folder / "out"]
    assert "the cache's folder" in floe(*words, "--cache", folder / "file/cache", expect=2).err
    assert "--cache-limit" in floe(*words, "--cache", folder / "c", "--cache-limit", "much", expect=2).err
    assert "no cache is named" in floe("cache", "list", expect=2, env={**os.environ, "FLOE_CACHE": ""}).err
    assert "there is no cache" in floe("cache", "prune", "--cache", folder / "none", expect=2).err
    assert not (folder / "out").exists()
    monkeypatch.setenv("FLOE_CACHE", str(folder / "by-variable"))
    floe(*words)
    assert list((folder / "by-variable").glob("*.floe-step"))
    assert (folder / "by-variable/CACHEDIR.TAG").read_bytes().startswith(b"Signature: 8a477f597d28d172789f06886806bc55")


def test_what_was_not_used_for_longest_goes_first(made):
    run(made, "first")
    folder, _ = made
    for i in range(3, 5):
        run(made, f"k{i}", "--set", f"groups.clusters={i}", "--force")
    everything = entries(made)
    assert len(everything) == 6
    stamps = {e["key"]: i for i, e in enumerate(reversed(everything))}
    for key, i in stamps.items():
        os.utime(folder / "cache" / f"{key}.floe-step", (1_000_000 + i, 1_000_000 + i))
    keep = sorted(stamps, key=stamps.get)[-3:]
    size = sum(e["bytes"] for e in everything if e["key"] in keep)
    floe("cache", "prune", "--to", str(size), "--cache", folder / "cache")
    assert {e["key"] for e in entries(made)} == set(keep)
    # At the end of a run the cache keeps to its limit; what is larger than that is not kept at all.
    run(made, "limited", "--cache-limit", str(size), "--set", "groups.clusters=7")
    assert sum(e["bytes"] for e in entries(made)) <= size
    told = run(made, "tiny", "--cache-limit", "20kB", "--set", "groups.clusters=8").err
    assert "is not kept" in told
    floe("cache", "prune", "--to", "0", "--cache", folder / "cache")
    assert entries(made) == []


def test_many_processes_share_a_cache(made):
    folder, image = made
    run(made, "plain", cache=False)
    words = [FLOE, "run", folder / "p.yaml", "--set", f"image={image}", "--quiet", "--cache", folder / "cache"]
    running = [subprocess.Popen([*map(str, words), "-o", str(folder / f"at-once-{i}")]) for i in range(3)]
    assert [p.wait(timeout=120) for p in running] == [0] * 3
    for i in range(3):
        assert sums(folder / f"at-once-{i}") == sums(folder / "plain")
    assert "all whole" in floe("cache", "verify", "--cache", folder / "cache").out
    assert not list((folder / "cache").glob("*part"))


def test_single_steps_and_batches_use_the_cache(made):
    folder, image = made
    words = ["step", "cluster.kmeans", "--samples", image, "--labels", "l.tif", "--cache", folder / "cache"]
    floe(*words, "-o", folder / "a")
    floe(*words, "-o", folder / "b")
    assert "step" in taken(folder / "b")
    assert sums(folder / "a") == sums(folder / "b")
    batch = ["batch", folder / "p.yaml", "--over", f"image={image}", "--cache", folder / "cache"]
    floe(*batch, "-o", folder / "x")
    floe(*batch, "-o", folder / "y")
    assert taken(folder / "y/image") == {"read", "smooth", "groups", "shapes"}
    assert sums(folder / "x/image") == sums(folder / "y/image")


# Parameters of the examples' steps with values that are worth a change; whatever they lead to, both runs do the same.
CHANGES = {
    "ice-lead.yaml": {
        "stack.resolution": [20, 60], "stack.bands": ["B02,B03,B04,B08", "B04,B08", "B02,B04"],
        "groups.clusters": [2, 3, 4, "auto"], "groups.training": ["balanced", "even"],
        "groups.uncertainty": ["entropy", "top"], "groups.covariance": ["full", "diag"],
    },
    "ice-lead-colocated.yaml": {
        "stack.resolution": [20, 60], "groups.clusters": [2, 3, 4], "echoes.clusters": [2, 3],
        "laid.max_dt_minutes": [10, 30], "altimeter_and_scene.where": ["fp_purity >= 0.5", "fp_purity >= 0.8"],
        "features.preset": ["course"],
    },
    "altimetry.yaml": {
        "groups.clusters": [2, 3], "groups.standardise": ["true", "false"], "rules.limits": ["cpom-cryosat2", "pysiral-sar"],
        "groups.min_posterior": [0, 0.9],
    },
    "freeboard.yaml": {"grid.cell": [5000, 25000], "surface.window": [50000, 100000], "retracked.threshold": [0.4, 0.5]},
    "points.yaml": {"kmeans.clusters": [2, 4, 5], "gmm.clusters": [2, 3], "gmm.covariance": ["full", "spherical"]},
    "icesat2.yaml": {"grid.cell": [5000, 10000], "surface.window": [5000, 10000]},
}


def edited(text, random):
    """The pipeline, now and then without an output or with a step's values written beside the others."""
    pipeline = yaml.safe_load(text)
    outputs = pipeline["outputs"]
    # The report tells times, and takes most of the time.
    for step in [n for n, s in pipeline["steps"].items() if s["use"] == "report.html"]:
        del pipeline["steps"][step], outputs["report.html"]
    if len(outputs) > 1 and random.random() < 0.4:
        del outputs[random.choice(sorted(outputs))]
    steps = [n for n, s in pipeline["steps"].items() if any(f"{n}." in json.dumps(v) for v in outputs.values())]
    if steps and random.random() < 0.2:
        outputs["further.json"] = f"{random.choice(sorted(steps))}.model"
    return yaml.safe_dump(pipeline, sort_keys=False)


def test_random_edits_give_the_bytes_of_runs_without_a_cache(demo, tmp_path):
    choose = random.Random(int(os.environ.get("FLOE_CACHE_SEED", "1")))
    used = compared = 0
    current = {name: {"stack.resolution": 60} if "ice-lead" in name else {} for name in CHANGES}
    for i in range(EDITS):
        name = choose.choice(sorted(CHANGES))
        parameter = choose.choice(sorted(CHANGES[name]))
        current[name][parameter] = choose.choice(CHANGES[name][parameter])
        text = edited((EXAMPLES / name).read_text(), choose)
        file = tmp_path / "examples" / name
        shutil.copytree(EXAMPLES, file.parent, dirs_exist_ok=True)
        file.write_text(text)
        words = ["run", file, "--quiet"]
        known = (yaml.safe_load(text).get("inputs") or {})
        for key in ("scene", "land", "track"):
            if key in known:
                words += ["--set", f"{key}={demo[key]}"]
        for key, value in current[name].items():
            words += ["--set", f"{key}={value}"]
        plain = floe(*words, "-o", tmp_path / f"plain-{i}", "--no-cache", expect=None)
        cached = floe(*words, "-o", tmp_path / f"cached-{i}", "--cache", tmp_path / "cache", expect=None)
        assert (cached.status, cached.err.replace(f"cached-{i}", "")) == (plain.status, plain.err.replace(f"plain-{i}", ""))
        if plain.status == 0:
            compared += 1
            used += len(taken(tmp_path / f"cached-{i}"))
            assert sums(tmp_path / f"cached-{i}") == sums(tmp_path / f"plain-{i}"), (name, current[name])
            assert told(tmp_path / f"cached-{i}") == told(tmp_path / f"plain-{i}"), (name, current[name])
        for folder in (f"plain-{i}", f"cached-{i}"):
            shutil.rmtree(tmp_path / folder, ignore_errors=True)
    assert compared > EDITS / 2
    if EDITS > 20:
        assert used > EDITS
