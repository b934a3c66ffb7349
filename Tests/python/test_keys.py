"""Keys: what is made again and what not; whose files are replaced; outputs that come to their places as one act."""
import hashlib
import json
import os
import shutil
import subprocess
import time

import numpy as np
import pytest
from conftest import FLOE, floe, own_cache, sums, write_tif
from osgeo import gdal

PIPELINE = """floe: 1
inputs:
  image: {{ type: path }}
steps:
  read: {{ use: raster.read, with: {{ files: $image }} }}
  groups: {{ use: cluster.kmeans, in: {{ samples: read.image }}, with: {{ clusters: {clusters} }} }}
outputs: {outputs}
"""
OUTPUTS = "{ image.tif: read.image, labels.tif: groups.labels, model.json: groups.model }"


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    return own_cache(tmp_path, monkeypatch)


def image(path, seed=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    values = np.random.default_rng(seed).integers(0, 2, (60, 80)) * 3000 + np.arange(80)
    return write_tif(path, values.astype(np.uint16))


def pipeline(folder, clusters=2, outputs=OUTPUTS, name="p.yaml"):
    (folder / name).write_text(PIPELINE.format(clusters=clusters, outputs=outputs))
    return folder / name


def run(file, picture, out, *more, **options):
    return floe("run", file, "--set", f"image={picture}", "-o", out, *more, **options)


def record(out, name="run.json"):
    return json.loads((out / name).read_text())


def keys(out):
    found = record(out)
    return {s["id"]: s["key"] for s in found["steps"]} | {o["name"]: o["key"] for o in found["outputs"]}


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_keys_stand_in_record_provenance_and_catalogue(tmp_path):
    picture, out = image(tmp_path / "image.tif"), tmp_path / "out"
    run(pipeline(tmp_path), picture, out, "--quiet")
    told = record(out)
    assert told["fingerprints"] == [{"name": "image.tif", "fingerprint": sha256(picture)}]
    assert {f["name"]: f["sha256"] for f in told["files"]} == sums(out)
    assert all(len(k) == 64 for k in keys(out).values())
    plugins = {p["name"]: p for p in told["plugins"]}
    assert {"ClusteringFloePlugin", "RasterStepsFloePlugin"} <= set(plugins)
    assert all(len(p["digest"]) == 64 for p in plugins.values())
    inside = json.loads(gdal.Open(str(out / "labels.tif")).GetMetadataItem("FLOE_PROVENANCE"))
    groups = next(s for s in inside["steps"] if s["id"] == "groups")
    assert inside["key"] == groups["key"] + ".labels" and groups["key"] == keys(out)["groups"]
    assert groups["plugin"] == plugins["ClusteringFloePlugin"]
    assert record(out, "model.json")["provenance"]["key"] == groups["key"] + ".model"


def test_a_stac_item_has_the_key(demo):
    item = json.loads((demo["results"] / "ice-lead.stac.json").read_text())
    steps = {s["id"]: s["key"] for s in demo["record"]["steps"]}
    assert item["properties"]["floe:key"] == steps["groups"] + ".classes"
    assert {p["name"] for p in item["properties"]["floe:plugins"]} == {"Sentinel2FloePlugin", "ClusteringFloePlugin"}


def test_keys_do_not_depend_on_path_zone_language_or_workers(tmp_path):
    found = []
    for i, (zone, language, workers) in enumerate([("UTC", "C", 1), ("Pacific/Apia", "tr_TR.UTF-8", 2), ("Asia/Kathmandu", "de_DE.UTF-8", 2)]):
        place = tmp_path / ("x" * (i + 1)) / "deep er"
        picture = image(place / "image.tif")
        env = os.environ | {"TZ": zone, "LC_ALL": language, "LANG": language}
        floe("run", "p.yaml" if i else pipeline(place), "--set", "image=image.tif" if i else f"image={picture}",
             "-o", place / "out", "--workers", workers, "--quiet", env=env, cwd=pipeline(place).parent)
        found.append((keys(place / "out"), sums(place / "out")))
    assert found[0] == found[1] == found[2]


def test_a_late_change_leaves_early_keys(tmp_path):
    picture = image(tmp_path / "image.tif")
    run(pipeline(tmp_path), picture, tmp_path / "a", "--quiet")
    run(pipeline(tmp_path, clusters=3), picture, tmp_path / "b", "--quiet")
    run(pipeline(tmp_path), picture, tmp_path / "c", "--quiet", "--seed", 5)
    a, b, c = (keys(tmp_path / x) for x in "abc")
    assert a["read"] == b["read"] and a["groups"] != b["groups"] and a["groups"] != c["groups"]
    assert a["labels.tif"] != b["labels.tif"]


def test_nothing_to_do(tmp_path):
    picture, out, file = image(tmp_path / "image.tif"), tmp_path / "out", pipeline(tmp_path)
    run(file, picture, out, "--quiet")
    before = {p: (p.stat().st_mtime_ns, p.stat().st_ino) for p in out.rglob("*")}

    def is_untouched(*more):
        said = run(file, picture, out, *more).out
        return "nothing to do" in said and before == {p: (p.stat().st_mtime_ns, p.stat().st_ino) for p in out.rglob("*")}

    assert is_untouched() and is_untouched("--workers", 1, "--memory", "300MB")
    # Another time of the same content, a comment in the pipeline, another name of the folder.
    os.utime(picture, (1, 1))
    file.write_text("# a remark\n" + file.read_text())
    assert is_untouched()
    assert json.loads(run(file, picture, out, "--json").out)["outputs"] == record(out)["outputs"]
    assert "nothing to do" not in run(file, picture, out, "--force").out


def test_a_run_with_a_report_is_found_done(tmp_path):
    file = pipeline(tmp_path)
    file.write_text(file.read_text().replace("outputs: {", "  report: { use: report.html }\noutputs: { report.html: report.page,"))
    picture, out = image(tmp_path / "image.tif"), tmp_path / "out"
    run(file, picture, out, "--quiet")
    assert record(out)["without_key"] == {}
    assert "nothing to do" in run(file, picture, out).out


@pytest.mark.parametrize("change", ["input", "output gone", "sidecar gone", "beside", "seed"])
def test_something_to_do(tmp_path, change):
    picture, out, file, more = image(tmp_path / "image.tif"), tmp_path / "out", pipeline(tmp_path), []
    run(file, picture, out, "--quiet")
    before = (out / "run.json").stat().st_mtime_ns
    if change == "input":
        # The same size, and the same time as far as a program can set it.
        then = picture.stat()
        bytes_ = bytearray(picture.read_bytes())
        at = len(bytes_) - 40
        bytes_[at] ^= 1
        picture.write_bytes(bytes_)
        os.utime(picture, ns=(then.st_atime_ns, then.st_mtime_ns))
    elif change == "output gone":
        (out / "labels.tif").unlink()
    elif change == "sidecar gone":
        (out / "labels.qml").unlink()
    elif change == "beside":
        # GDAL reads it with the raster.
        (tmp_path / "image.tif.aux.xml").write_text("<PAMDataset><Metadata><MDI key='a'>b</MDI></Metadata></PAMDataset>")
    else:
        more = ["--seed", 9]
    assert "nothing to do" not in run(file, picture, out, *more).out
    assert before < (out / "run.json").stat().st_mtime_ns


def test_digests_are_remembered_and_a_damaged_memory_harms_nothing(tmp_path, cache):
    picture, file = image(tmp_path / "image.tif"), pipeline(tmp_path)
    time.sleep(2.1)
    run(file, picture, tmp_path / "a", "--quiet")
    kept = sorted((cache / "digests").iterdir())
    assert any(sha256(picture) in p.read_text() for p in kept)
    for p in kept:
        p.write_bytes(p.read_bytes()[:20] + b"\0\xff")
    run(file, picture, tmp_path / "b", "--quiet")
    assert keys(tmp_path / "a") == keys(tmp_path / "b")
    # A memory that cannot be made is none.
    shutil.rmtree(cache / "digests")
    (cache / "digests").write_text("")
    run(file, picture, tmp_path / "c", "--quiet")
    assert keys(tmp_path / "a") == keys(tmp_path / "c")


def test_many_processes_share_the_memory(tmp_path, cache):
    picture, file = image(tmp_path / "image.tif"), pipeline(tmp_path)
    time.sleep(2.1)
    started = [subprocess.Popen([FLOE, "run", file, "--set", f"image={picture}", "-o", tmp_path / f"o{i}", "--quiet", "--workers", "1"])
               for i in range(6)]
    assert [p.wait(120) for p in started] == [0] * 6
    assert all(keys(tmp_path / f"o{i}") == keys(tmp_path / "o0") for i in range(6))
    digests = list((cache / "digests").glob("*.json"))
    assert digests and all(json.loads(p.read_text()) for p in digests)


def test_a_mosaic_counts_with_its_parts(tmp_path):
    part, out, file = image(tmp_path / "part.tif"), tmp_path / "out", pipeline(tmp_path)
    mosaic = tmp_path / "mosaic.vrt"
    gdal.BuildVRT(str(mosaic), [str(part)]).FlushCache()
    run(file, mosaic, out, "--quiet")
    assert "nothing to do" in run(file, mosaic, out).out
    image(part, seed=8)
    assert "nothing to do" not in run(file, mosaic, out).out


def test_a_step_that_writes_elsewhere_is_always_run(tmp_path):
    words = ["step", "synthetic.sentinel2", "--folder", tmp_path / "products", "--size", 240, "--products", "p.json", "-o", tmp_path / "out"]
    floe(*words, "--quiet")
    shutil.rmtree(tmp_path / "products")
    assert "nothing to do" not in floe(*words).out
    assert list((tmp_path / "products").glob("*.SAFE"))
    assert "place" in record(tmp_path / "out")["without_key"]["step"]


# MARK: Whose files are replaced


def test_files_that_floe_did_not_write_stay(tmp_path):
    picture, out, file = image(tmp_path / "image.tif"), tmp_path / "out", pipeline(tmp_path)
    out.mkdir()
    (out / "labels.tif").write_text("mine")
    for command in ("check", "run"):
        said = floe(command, file, "--set", f"image={picture}", "-o", out, expect=2).err
        assert "labels.tif, which floe did not write, would be replaced" in said and "--overwrite" in said
    assert sorted(p.name for p in out.iterdir()) == ["labels.tif"] and (out / "labels.tif").read_text() == "mine"
    run(file, picture, out, "--overwrite", "--quiet")
    # Its own it replaces without a question.
    run(pipeline(tmp_path, clusters=3), picture, out, "--quiet")
    (out / "model.json").write_text("{}")
    assert "model.json was changed after floe wrote it" in run(file, picture, out, "--force", expect=2).err
    assert (out / "model.json").read_text() == "{}"


def test_a_foreign_run_json_stays(tmp_path):
    picture, out = image(tmp_path / "image.tif"), tmp_path / "out"
    out.mkdir()
    (out / "run.json").write_text('{"mine": 1}')
    assert "run.json is no record of a run of floe's" in run(pipeline(tmp_path), picture, out, expect=2).err


def test_an_older_run_goes_with_all_its_files(tmp_path):
    picture, out = image(tmp_path / "image.tif"), tmp_path / "out"
    run(pipeline(tmp_path, outputs="{ a/image.tif: read.image, labels.tif: groups.labels }"), picture, out, "--quiet")
    (out / "notes.txt").write_text("mine")
    run(pipeline(tmp_path, outputs="{ model.json: groups.model }"), picture, out, "--quiet")
    assert sorted(p.name for p in out.iterdir()) == ["model.json", "notes.txt", "run.json"]
    # Another pipeline's run is not taken away in silence.
    other = pipeline(tmp_path, outputs="{ labels.tif: groups.labels }", name="other.yaml")
    assert "holds model.json of a run of p.yaml" in run(other, picture, out, expect=2).err
    assert (out / "model.json").exists()
    run(other, picture, out, "--overwrite", "--quiet")
    assert not (out / "model.json").exists() and {"labels.tif", "notes.txt", "run.json"} <= {p.name for p in out.iterdir()}


def test_what_a_run_reads_is_not_taken_away(tmp_path):
    picture, out = image(tmp_path / "image.tif"), tmp_path / "out"
    run(pipeline(tmp_path, outputs="{ image.tif: read.image }"), picture, out, "--quiet")
    said = run(pipeline(tmp_path, outputs="{ labels.tif: groups.labels }"), out / "image.tif", out, expect=2).err
    assert "image.tif, which this run reads, belongs to an older run" in said and (out / "image.tif").exists()


@pytest.mark.parametrize("way", ["itself", "link"])
def test_what_a_run_reads_is_not_replaced(tmp_path, way):
    """Its own result of an earlier run, filtered again and again by the same call, could not be made anew."""
    picture, out = image(tmp_path / "image.tif"), tmp_path / "out"
    file = pipeline(tmp_path, outputs="{ image.tif: read.image }")
    run(file, picture, out, "--quiet")
    before = (out / "image.tif").read_bytes()
    (tmp_path / "link").symlink_to(out)
    place = out / "image.tif" if way == "itself" else tmp_path / "link/image.tif"
    assert "image.tif, which this run reads, would be replaced" in run(file, place, out, expect=2).err
    assert (out / "image.tif").read_bytes() == before
    run(file, place, tmp_path / "other", "--quiet")
    run(file, place, out, "--overwrite", "--quiet")


def test_a_step_leaves_a_runs_record(tmp_path):
    picture, out = image(tmp_path / "image.tif"), tmp_path / "out"
    run(pipeline(tmp_path), picture, out, "--quiet")
    before = (out / "run.json").read_bytes()
    words = ["step", "cluster.kmeans", "--samples", out / "image.tif", "--labels", "again.tif", "-o", out]
    floe(*words, "--quiet")
    assert (out / "run.json").read_bytes() == before
    assert record(out, "again.run.json")["outputs"][0]["name"] == "again.tif"
    assert "nothing to do" in floe(*words).out
    # Single steps in one folder know each other's files.
    for name in ("x.tif", "y.tif", "x.tif"):
        floe("step", "raster.read", "--files", picture, "--image", name, "-o", tmp_path / "steps", "--quiet", "--force")
    assert {p.name for p in (tmp_path / "steps").iterdir()} == {"x.tif", "x.qml", "y.tif", "y.qml", "run.json"}


# MARK: One act


@pytest.fixture(scope="module")
def saboteur(tmp_path_factory):
    """A library that ends the process, or fails, at the n-th rename within an output folder."""
    folder = tmp_path_factory.mktemp("saboteur")
    compiler = shutil.which("cc") or shutil.which("clang")
    if not compiler:
        pytest.skip("no C compiler")
    (folder / "s.c").write_text(r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int rename(const char *a, const char *b) {
  static int n;
  int (*real)(const char *, const char *) = dlsym(RTLD_NEXT, "rename");
  if (strstr(a, "/out/") && !strstr(a, "/lock") && ++n == atoi(getenv("AT"))) {
    if (!strcmp(getenv("HOW"), "kill")) { kill(getpid(), SIGKILL); pause(); }
    errno = EIO;
    return -1;
  }
  return real(a, b);
}
""")
    subprocess.run([compiler, "-shared", "-fPIC", "-o", folder / "s.so", folder / "s.c", "-ldl"], check=True)
    return folder / "s.so"


@pytest.mark.parametrize("how", ["kill", "fail"])
def test_outputs_come_to_their_places_as_one_act(tmp_path, saboteur, how):
    picture, out = image(tmp_path / "image.tif"), tmp_path / "out"
    old = pipeline(tmp_path, outputs="{ image.tif: read.image, labels.tif: groups.labels, old/model.json: groups.model }")
    run(old, picture, out, "--quiet")
    before = sums(out)
    back = 0
    for at in range(1, 40):
        new = pipeline(tmp_path, clusters=3, outputs="{ image.tif: read.image, labels.tif: groups.labels, new/model.json: groups.model }")
        env = os.environ | {"LD_PRELOAD": str(saboteur), "AT": str(at), "HOW": how}
        done = subprocess.run([FLOE, "run", new, "--set", f"image={picture}", "-o", out, "--quiet"], env=env, capture_output=True, text=True)
        if done.returncode == 0:
            break
        assert done.returncode == (-9 if how == "kill" else 1), done.stderr
        if how == "fail":
            assert "cannot be put in place" in done.stderr and sums(out) == before
        said = run(pipeline(tmp_path, outputs="{ image.tif: read.image, labels.tif: groups.labels, old/model.json: groups.model }"), picture, out)
        # After a kill the next call finds the older run whole, or the new one whole and makes the older again.
        back += "nothing to do" in said.out
        assert sums(out) == before and not list(out.glob(".floe-*"))
    assert back >= 6, back
    assert (out / "new/model.json").exists() and not (out / "old").exists()


def test_a_living_runs_folder_is_left_alone(tmp_path):
    """Two runs into one folder at once: each ends well, and what lies there at the end is of one of them."""
    picture, out, file = image(tmp_path / "image.tif"), tmp_path / "out", pipeline(tmp_path)
    both = [subprocess.Popen([FLOE, "run", file, "--set", f"image={picture}", "-o", out, "--quiet", "--seed", str(i)]) for i in (1, 2)]
    assert [p.wait(60) for p in both] == [0, 0]
    assert {f["name"]: f["sha256"] for f in record(out)["files"]} == sums(out)
