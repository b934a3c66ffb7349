"""Many scenes in one call: each whole or not at all, none twice, whatever ends the call."""
import csv
import hashlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import time

import numpy as np
import pytest
import yaml
from conftest import FLOE, ROOT, floe, own_cache, write_tif

PIPELINE = """floe: 1
title: Groups of a picture
inputs:
  image: { type: path }
  clusters: { type: integer, default: 2 }
steps:
  read: { use: raster.read, with: { files: $image } }
  groups:
    use: cluster.kmeans
    in: { samples: read.image }
    with: { clusters: $clusters, names: { lead: darkest, sea_ice: rest } }
outputs: { classes.tif: groups.classes, model.json: groups.model }
"""


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    own_cache(tmp_path, monkeypatch)


@pytest.fixture
def pipeline(tmp_path):
    (tmp_path / "groups.yaml").write_text(PIPELINE)
    return tmp_path / "groups.yaml"


def scenes(folder, count, size=80):
    """Pictures of two levels; every third one is a link to the one before it."""
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(count):
        path = folder / f"s{i:02}.tif"
        if i % 3 == 2:
            path.symlink_to(folder / f"s{i - 1:02}.tif")
        else:
            values = np.random.default_rng(i).integers(0, 2, (size, size)) * 3000 + np.arange(size)
            write_tif(path, values.astype(np.uint16))
    return folder


def batch(pipeline, over, out, *more, **options):
    return floe("batch", pipeline, "--over", over, "-o", out, *more, **options)


def sums(out):
    """The digest of every file of the scenes; records and summaries hold times."""
    return {str(p.relative_to(out)): hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(out.glob("*/*"))
            if p.is_file() and p.name != "run.json" and p.parent.name != "quicklooks"}


def made(out):
    """When each scene's record was made."""
    return {p.parent.name: p.stat().st_mtime_ns for p in out.glob("*/run.json")}


def ledger(out):
    """How scenes ended, line by line; the lines that list the scenes of a call left out."""
    return [e for line in (out / "batch.jsonl").read_text().splitlines() if "scene" in (e := json.loads(line))]


def test_one_bad_scene_costs_one_scene(pipeline, tmp_path):
    folder, out = scenes(tmp_path / "in", 7), tmp_path / "out"
    bad = folder / "s03.tif"
    good = bad.read_bytes()
    bad.write_bytes(good[:200])
    result = batch(pipeline, f"image={folder}/*.tif", out, expect=3)
    assert "s03" in result.out and "7 scenes: 6 done, 1 failed" in result.out
    assert sorted(made(out)) == ["s00", "s01", "s02", "s04", "s05", "s06"]
    failed = [e for e in ledger(out) if e["state"] == "failed"]
    assert [e["scene"] for e in failed] == ["s03"] and "s03.tif" in failed[0]["message"]
    # The scenes are what single runs make.
    floe("run", pipeline, "--set", f"image={folder}/s05.tif", "-o", tmp_path / "single", "--quiet")
    for name in ("classes.tif", "classes.qml", "model.json"):
        assert (tmp_path / "single" / name).read_bytes() == (out / "s05" / name).read_bytes()

    before = made(out)
    again = batch(pipeline, f"image={folder}/*.tif", out, expect=3)
    assert "6 there already" in again.out and "not tried again" in again.out and made(out) == before
    assert "1 failed" in batch(pipeline, f"image={folder}/*.tif", out, "--retry-failed", expect=3).out
    bad.write_bytes(good)
    mended = batch(pipeline, f"image={folder}/*.tif", out)
    assert "7 scenes: 1 done, 6 there already" in mended.out
    assert {k: v for k, v in made(out).items() if k != "s03"} == before


def test_summary_catalogue_and_quick_looks(pipeline, tmp_path):
    import pystac
    folder, out = scenes(tmp_path / "in", 4), tmp_path / "out"
    (folder / "x<b>&.tif").write_text("no raster")
    batch(pipeline, f"image={folder}/*.tif", out, "--quiet", expect=3)
    rows = list(csv.DictReader((out / "summary.csv").open()))
    assert [r["scene"] for r in rows] == ["s00", "s01", "s02", "s03", "x<b>&"]
    assert [r["state"] for r in rows] == ["done"] * 4 + ["failed"]
    for row in rows[:4]:
        areas = {c["name"]: c["area_km2"] for c in json.loads((out / row["scene"] / "run.json").read_text())["results"]["groups"]["class_areas"]}
        assert float(row["groups/lead_km2"]) == areas["lead"] > 0
        assert float(row["groups/lead_share"]) + float(row["groups/sea_ice_share"]) == pytest.approx(1)
    page = (out / "summary.html").read_text()
    assert "Synthetic data" not in page
    assert "x&lt;b&gt;&amp;" in page and "<b>" not in page
    # Classes by their labels with pixels beside the area, and what the colours mean.
    assert "Lead, km²" in page and "\u00a0pixels)" in page and 'class="keys"' in page
    from osgeo import gdal
    look = gdal.Open(str(out / "quicklooks/s00.png"))
    assert (look.RasterXSize, look.RasterYSize) == (80, 80)
    # The picture's colours are the classes' own.
    classes = gdal.Open(str(out / "s00/classes.tif"))
    table = classes.GetRasterBand(1).GetColorTable()
    codes, seen = classes.ReadAsArray(), look.ReadAsArray()
    for code in np.unique(codes):
        assert look.GetRasterBand(1).GetColorTable().GetColorEntry(int(code))[:3] == table.GetColorEntry(int(code))[:3]
    assert (codes == seen).all()
    catalog = pystac.Catalog.from_dict(json.loads((out / "catalog.json").read_text()))
    assert catalog.description.endswith("5 scenes")


@pytest.mark.parametrize("jobs, workers, memory", [(1, 1, "400MB"), (3, 2, "1200MB")])
def test_same_bytes_for_any_number_at_a_time(pipeline, tmp_path, jobs, workers, memory):
    folder = scenes(tmp_path / "in", 5)
    batch(pipeline, f"image={folder}/*.tif", tmp_path / "a", "--quiet")
    batch(pipeline, f"image={folder}/*.tif", tmp_path / "b", "--quiet", "--jobs", jobs, "--workers", workers, "--memory", memory)
    assert sums(tmp_path / "a") == sums(tmp_path / "b")


def test_killed_at_any_moment_nothing_is_lost_and_nothing_done_twice(pipeline, tmp_path):
    folder, out = scenes(tmp_path / "in", 9), tmp_path / "out"
    bad = folder / "s06.tif"
    bad.write_text("no raster")
    batch(pipeline, f"image={folder}/*.tif", tmp_path / "undisturbed", "--quiet", expect=3)
    words = [FLOE, "batch", pipeline, "--over", f"image={folder}/*.tif", "-o", out, "--quiet"]
    chance = random.Random(4)
    for _ in range(6):
        before = made(out)
        process = subprocess.Popen(words, stderr=subprocess.PIPE)
        time.sleep(chance.uniform(0.1, 1.2))
        process.send_signal(signal.SIGKILL)
        process.wait()
        # The scenes' processes go with it.
        time.sleep(1.2)
        assert before.items() <= made(out).items()
    assert subprocess.run(words, capture_output=True).returncode == 3
    assert sums(out) == sums(tmp_path / "undisturbed")
    assert not list(out.rglob(".floe-*"))
    told = [e["scene"] for e in ledger(out) if e["state"] == "failed"]
    assert told == ["s06"]


def test_ctrl_c_leaves_within_a_second_and_keeps_what_is_done(pipeline, tmp_path):
    folder, out = scenes(tmp_path / "in", 40, size=600), tmp_path / "out"
    process = subprocess.Popen([FLOE, "batch", pipeline, "--over", f"image={folder}/*.tif", "-o", out], stderr=subprocess.PIPE)
    until = time.monotonic() + 60
    while len(made(out)) < 2 and time.monotonic() < until:
        time.sleep(0.05)
    assert process.poll() is None
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=10) == 130
    assert time.monotonic() - began < 6
    time.sleep(0.3)
    done = made(out)
    assert 2 <= len(done) < 40 and not list(out.rglob(".floe-*"))
    for scene in done:
        assert {f["name"] for f in json.loads((out / scene / "run.json").read_text())["files"]} <= {p.name for p in (out / scene).iterdir()}


def test_two_batches_in_one_folder(pipeline, tmp_path):
    folder, out = scenes(tmp_path / "in", 12, size=500), tmp_path / "out"
    first = subprocess.Popen([FLOE, "batch", pipeline, "--over", f"image={folder}/*.tif", "-o", out, "--quiet"])
    while not (out / "batch.jsonl").exists():
        time.sleep(0.01)
    time.sleep(0.1)
    assert "another batch works in" in batch(pipeline, f"image={folder}/*.tif", out, expect=2).err
    assert first.wait(120) == 0


def test_csv_zip_cross_and_catalogue(pipeline, tmp_path):
    folder = scenes(tmp_path / "in", 3)
    (folder / "list.csv").write_text('name,image,clusters\n"first, one",s00.tif,2\nsecond,s01.tif,3\nthird,s01.tif,\n')
    out = tmp_path / "csv"
    batch(pipeline, folder / "list.csv", out, "--quiet")
    assert sorted(made(out)) == ["first, one", "second", "third"]
    assert json.loads((out / "second/run.json").read_text())["settings"] == {"image": f"{folder}/s01.tif", "clusters": "3"}
    answer = json.loads(floe("batch", pipeline, "--over", f"image={folder}/*.tif", "--set", "clusters=3", "-o", tmp_path / "set", "--json").out)
    assert answer["done"] == 3 and all(s["settings"]["clusters"] == "3" for s in answer["scenes"])
    more = scenes(tmp_path / "other", 2)
    assert "go together one by one" in floe("batch", pipeline, "--over", f"image={folder}/*.tif", "--over", f"clusters={more}/*.tif", "-o", tmp_path / "zip", expect=2).err
    # Two scenes of one name are told apart by their folders.
    batch(pipeline, f"image={tmp_path}/*/s00.tif", tmp_path / "parents", "--quiet")
    assert sorted(made(tmp_path / "parents")) == ["in-s00", "other-s00"]


@pytest.mark.parametrize("over, sentence", [
    ("image=nowhere/*.tif", "nothing matches 'nowhere/*.tif': there is no folder nowhere"),
    ("image=*.png", "nothing matches '*.png'"),
    ("pictures=*.tif", "the pipeline has no input 'pictures'"),
    ("in", "--over must be name=PATTERN or a .csv file"),
    ("gone.csv", "gone.csv"),
    ("ragged.csv", "line 3 has 1 cells, the header 2"),
    ("twice.csv", "two scenes would go into the folder 'a'"),
    ("quote.csv", "a quote in the row that begins on line 2 is not closed"),
    ("reserved.csv", "a scene cannot be called 'summary.csv'"),
])
def test_requests_that_are_wrong(pipeline, tmp_path, over, sentence):
    scenes(tmp_path / "in", 1)
    shutil.copy(tmp_path / "in/s00.tif", tmp_path / "a.tif")
    (tmp_path / "ragged.csv").write_text("name,image\na,a.tif\nb\n")
    (tmp_path / "twice.csv").write_text("name,image\na,a.tif\na,a.tif\n")
    (tmp_path / "quote.csv").write_text('name,image\n"a,a.tif\n')
    (tmp_path / "reserved.csv").write_text("name,image\nsummary.csv,a.tif\n")
    assert sentence in batch(pipeline, over, tmp_path / "out", expect=2, cwd=tmp_path).err
    assert not (tmp_path / "out").exists()


def test_a_pipeline_that_is_wrong_for_all_is_refused_at_once(pipeline, tmp_path):
    folder = scenes(tmp_path / "in", 3)
    pipeline.write_text(PIPELINE.replace("clusters: $clusters", "clusters: 1"))
    assert "between 2 and 255" in batch(pipeline, f"image={folder}/*.tif", tmp_path / "out", expect=2).err
    assert not (tmp_path / "out").exists()


def test_ledgers(pipeline, tmp_path):
    folder, out = scenes(tmp_path / "in", 3), tmp_path / "out"
    (folder / "s01.tif").write_text("no raster")
    (folder / "s02.tif").unlink()
    batch(pipeline, f"image={folder}/*.tif", out, "--quiet", expect=3)
    # Torn by a kill: the scene that the line told of is looked at again, and the next line begins anew.
    whole = (out / "batch.jsonl").read_bytes()
    (out / "batch.jsonl").write_bytes(whole[:-15])
    assert "cannot be read" in batch(pipeline, f"image={folder}/*.tif", out, expect=3).err
    torn = [line for line in (out / "batch.jsonl").read_text().splitlines() if line and not line.endswith("}")]
    assert len(torn) == 1 and (out / "batch.jsonl").read_bytes().endswith(b"\n")
    other = pipeline.with_name("other.yaml")
    other.write_text(PIPELINE)
    assert "holds a batch of groups.yaml, this is one of other.yaml" in batch(other, f"image={folder}/*.tif", out, expect=2).err
    (out / "batch.jsonl").write_text("mine\n")
    err = batch(pipeline, f"image={folder}/*.tif", out, expect=2).err
    assert "no ledger of a batch" in err and "move the file away together with summary.csv, summary.html, catalog.json" in err
    # The advice leads to a batch.
    for name in ("batch.jsonl", "summary.csv", "summary.html", "catalog.json"):
        (out / name).rename(tmp_path / name)
    batch(pipeline, f"image={folder}/*.tif", out, "--quiet", expect=3)
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "summary.csv").write_text("mine")
    assert "summary.csv, which no batch of floe's wrote" in batch(pipeline, f"image={folder}/*.tif", mine, expect=2).err


def test_progress_as_json_tells_the_time_left(pipeline, tmp_path):
    folder = scenes(tmp_path / "in", 4)
    lines = [json.loads(line) for line in batch(pipeline, f"image={folder}/*.tif", tmp_path / "out", "--progress", "json").err.splitlines()]
    ended = [e for e in lines if e["event"] == "ended"]
    assert [e["done"] for e in ended] == [1, 2, 3, 4] and all(e["total"] == 4 for e in ended)
    assert ended[0]["seconds_left"] > 0 and ended[-1]["seconds_left"] == 0
    assert {e["scene"] for e in lines if e["event"] == "began"} == {"s00", "s01", "s02", "s03"}


def test_satellite_scenes(demo, tmp_path):
    """The main job over links to a product: items of the catalogue are found and valid."""
    import pystac
    (tmp_path / "in").mkdir()
    for i in range(2):
        (tmp_path / f"in/scene{i}").mkdir()
        (tmp_path / f"in/scene{i}" / demo["scene"].name).symlink_to(demo["scene"])
    out = tmp_path / "out"
    batch(ROOT / "examples/ice-lead.yaml", f"scene={tmp_path}/in/*/*.SAFE", out, "--quiet")
    catalog = pystac.Catalog.from_file(str(out / "catalog.json"))
    items = list(catalog.get_items(recursive=True))
    assert len(items) >= 4 and all(i.assets for i in items)
    rows = list(csv.DictReader((out / "summary.csv").open()))
    assert len(rows) == 2 and rows[0]["groups/lead_km2"] == rows[1]["groups/lead_km2"]


def test_a_scene_that_a_network_fault_cost_is_tried_again(tmp_path):
    from web import serving
    env = {**os.environ, "GDAL_HTTP_RETRY_DELAY": "0.01", "GDAL_HTTP_MAX_RETRY": "1"}
    (tmp_path / "srv").mkdir()
    write_tif(tmp_path / "srv/big.tif", np.random.default_rng(0).integers(0, 4000, (900, 900)).astype(np.uint16))
    copy = tmp_path / "copy.yaml"
    copy.write_text("floe: 1\ninputs: { image: { type: path } }\nsteps: { r: { use: raster.read, with: { files: [$image] } } }\n"
                    "outputs: { x.tif: r.image }\n")
    with serving(tmp_path / "srv") as web:
        (tmp_path / "list.csv").write_text(f"name,image\na,{web.url('big.tif')}\n")
        for kind in (503, "reset", "cut"):
            for start in range(2, 24):
                out, asked = tmp_path / f"{kind}-{start}", [0]

                def fault(path):
                    asked[0] += 1
                    return kind if asked[0] > start else None
                web.random = fault
                status = floe("batch", copy, "--over", tmp_path / "list.csv", "-o", out, "--quiet", env=env, expect=None).status
                web.random = None
                told = (out / "batch.jsonl").read_text().splitlines()[1:] if (out / "batch.jsonl").exists() else []
                # The fault is to come while a step runs: before, the content is not known, and the request is another one later.
                if status == 3 and told and json.loads(told[-1])["step"] and "copy.yaml:" not in told[-1]:
                    break
            else:
                pytest.fail(f"no step met the fault '{kind}'")
            assert json.loads(told[-1])["is_passing"] is True, kind
            floe("batch", copy, "--over", tmp_path / "list.csv", "-o", out, "--quiet", env=env)
            assert (out / "a/x.tif").exists()


def test_the_examples_of_the_help_name_inputs_that_are_there():
    text = " ".join(floe("batch", "--help").out.split())
    found = re.findall(r"floe batch (\S+\.yaml) (.*?)(?= floe batch |$)", text)
    examples = [(name, words) for name, words in found if (ROOT / "examples" / name).exists()]
    assert len(examples) >= 3
    for name, words in examples:
        inputs = yaml.safe_load((ROOT / "examples" / name).read_text())["inputs"]
        given = re.findall(r"--(?:over|set) (\w+)=", words)
        assert set(given) <= set(inputs), (name, given)


def item(name, href, kind, **asset):
    return {"type": "Feature", "stac_version": "1.1.0", "id": name, "geometry": None, "links": [],
            "properties": {"datetime": "2019-03-01T00:00:00Z"},
            "assets": {"data": {"href": href, "type": kind, "roles": ["data"], **asset}}}


def test_of_a_catalogue_the_rasters_are_the_scenes(pipeline, tmp_path):
    folder = scenes(tmp_path / "in", 2)
    (folder / "t.csv").write_text("lon,lat,v\n1,2,3\n")
    (folder / "m.json").write_text("{}")
    items = [item("s00", "./s00.tif", "image/tiff; application=geotiff"), item("t", "./t.csv", "text/csv"),
             item("m", "./m.json", "application/json"), item("s01", "./s01.tif", "image/tiff; application=geotiff")]
    (folder / "items.json").write_text(json.dumps({"type": "FeatureCollection", "features": items}))
    result = batch(pipeline, f"image={folder}/items.json", tmp_path / "out")
    assert sorted(made(tmp_path / "out")) == ["s00", "s01"]
    assert "of the 4 items" in result.err and "2 others are left out" in result.err
    # Where there is no raster, all are taken.
    (folder / "tables.json").write_text(json.dumps({"type": "FeatureCollection", "features": items[1:2]}))
    assert "left out" not in batch(pipeline, f"image={folder}/tables.json", tmp_path / "tables", expect=None).err
    # A file that is not the one that its item tells of is refused.
    wrong = item("s00", "./s00.tif", "image/tiff", **{"file:size": 5})
    (folder / "wrong.json").write_text(json.dumps({"type": "FeatureCollection", "features": [wrong]}))
    assert "file:size says 5" in batch(pipeline, f"image={folder}/wrong.json", tmp_path / "w", expect=2).err


def test_addresses_that_are_not_read_are_told_as_such(pipeline, tmp_path):
    (tmp_path / "l.csv").write_text("name,image\na,gs://bucket/a.tif\n")
    for over in ("image=ftp://host/a.tif", str(tmp_path / "l.csv")):
        err = batch(pipeline, over, tmp_path / "out", expect=2).err
        assert "an address of a kind that is not read" in err and "https://" in err


def test_a_setting_given_twice_is_refused(pipeline, tmp_path):
    folder = scenes(tmp_path / "in", 1)
    err = batch(pipeline, f"image={folder}/*.tif", tmp_path / "out", "--set", "clusters=2", "--set", "clusters=3", expect=2).err
    assert "--set clusters is given twice, as '2' and '3'" in err


def test_a_search_that_found_nothing_is_no_scene(pipeline, tmp_path):
    """As `floe find` writes it; it was one scene that failed, with the advice to give it to floe batch."""
    (tmp_path / "items.json").write_text('{"type": "FeatureCollection", "features": []}')
    told = floe("batch", pipeline, "--over", f"image={tmp_path}/items.json", "-o", tmp_path / "o", expect=2).err
    assert "items.json lists no item" in told and not (tmp_path / "o").exists()
