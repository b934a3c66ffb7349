"""The command line by itself: what `floe info` says of what floe writes, and pipelines from standard input."""
import json
import os
import re
import subprocess

import numpy as np
import pytest
from conftest import FLOE, ROOT, floe, write_tif


def told(path):
    """The rows of `floe info`, as pairs."""
    return [(name, text.strip()) for name, _, text in
            ((line + "  ").partition("  ") for line in floe("info", path).out.splitlines()) if name]


def test_info_knows_everything_that_a_run_writes(demo):
    for folder in ("results", "story", "radar"):
        for output in json.loads((demo["folder"] / folder / "run.json").read_text())["outputs"]:
            path = demo["folder"] / folder / output["name"]
            if path.suffix not in (".html", ".txt"):
                assert floe("info", path).out.strip(), path
                json.loads(floe("info", path, "--json").out)


def test_info_of_a_model_a_record_an_item_a_score_and_a_project(demo):
    results, story = demo["results"], demo["folder"] / "story"
    model = dict(told(results / "model.json"))
    content = json.loads((results / "model.json").read_text())
    assert model["kind"] == "model" and model["model"] == content["kind"] and model["clusters"] == str(len(content["clusters"]))
    assert model["made by"] == "sentinel2.stack -> cluster.gmm" and demo["scene"].name in [t for n, t in told(results / "model.json") if n == "from"]
    record = told(results / "run.json")
    assert ("kind", "record of a run") in record and ("output", "ice-lead.tif (raster)") in record
    left = demo["record"]["left_out"][0]
    assert ("left out", f"{left['step']}: {left['count']} {left['unit']}, {left['reason']}") in record
    item = dict(told(results / "ice-lead.stac.json"))
    assert item["kind"].startswith("STAC") and item["asset data"] == "./ice-lead.tif" and "west south east north" in item["extent"]
    score = dict(told(story / "comparison.json"))
    body = json.loads((story / "comparison.json").read_text())
    assert score["kind"] == "comparison" and score["pairs evaluated"] == str(body["evaluated"]) and score["accuracy"] == f"{body['accuracy']:.3f}"
    project = told(story / "floe.qgz")
    assert ("kind", "QGIS project") in project and any(n.startswith("layer ") and "ice-lead.tif" in t for n, t in project)
    both = json.loads(floe("info", results / "model.json", "--json").out)
    assert both["kind"] == "model" and both["content"]["clusters"] == content["clusters"]


def test_info_of_a_pipeline(tmp_path):
    rows = told(ROOT / "examples/ice-lead.yaml")
    assert ("kind", "pipeline") in rows and ("step groups", "cluster.gmm") in rows and ("output", "ice-lead.tif") in rows
    assert dict(rows)["input land"].startswith("path, may be left out: Land polygons")
    (tmp_path / "bad.yaml").write_text("floe: 1\nstep: {}\n")
    assert "bad.yaml:2" in floe("info", tmp_path / "bad.yaml", expect=2).err


def test_geojson_is_a_table_and_broken_json_is_refused(tmp_path):
    (tmp_path / "p.json").write_text(json.dumps({"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {"v": 1.5}, "geometry": {"type": "Point", "coordinates": [1, 2]}}]}))
    assert "layer" in floe("info", tmp_path / "p.json").out
    (tmp_path / "b.json").write_text('{"kind": ')
    assert "b.json" in floe("info", tmp_path / "b.json", expect=2).err


@pytest.mark.parametrize("command", ["run", "check"])
def test_a_pipeline_from_standard_input(tmp_path, command):
    """Relative paths count from the working folder; mistakes have their line."""
    text = "floe: 1\nsteps:\n  t: { use: table.read, with: { file: points.csv } }\noutputs:\n  o.csv: t.table\n"
    (tmp_path / "points.csv").write_text("x,y\n1,2\n3,4\n")
    done = subprocess.run([FLOE, command, "-", "-o", tmp_path / "out"], input=text, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    if command == "run":
        assert (tmp_path / "out/o.csv").read_text().splitlines()[0] == "x,y"
    wrong = subprocess.run([FLOE, command, "-", "-o", tmp_path / "no"], input=text.replace("points", "none"), capture_output=True, text=True, cwd=tmp_path)
    assert wrong.returncode == 2 and "standard input:3: " in wrong.stderr and "none.csv" in wrong.stderr
    empty = subprocess.run([FLOE, command, "-"], stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=tmp_path)
    assert empty.returncode == 2 and "standard input:1: is not a pipeline" in empty.stderr


def test_a_log_keeps_what_is_said_whatever_is_shown(tmp_path):
    (tmp_path / "points.csv").write_text("v,w\n1,2\n3,4\n5,9\n")
    (tmp_path / "p.yaml").write_text("floe: 1\nsteps:\n  t: { use: table.read, with: { file: points.csv } }\n"
                                     "  g: { use: cluster.kmeans, in: { samples: t.table }, with: { features: [v, w] } }\noutputs:\n  o.csv: g.labels\n")
    log = tmp_path / "run.log"
    quiet = floe("run", tmp_path / "p.yaml", "-o", tmp_path / "out", "--quiet", "--log", log)
    lines = log.read_text().splitlines()
    assert quiet.err == "" and all(re.match(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ ", line) for line in lines)
    said = [line.split(" ", 1)[1] for line in lines]
    assert "g: cluster.kmeans begins" in said and any(s.startswith("g: done in ") for s in said)
    # A second run goes on at the end; failures are in it, too.
    wrong = floe("run", tmp_path / "none.yaml", "--log", log, expect=2)
    assert log.read_text().startswith("\n".join(lines)) and log.read_text().splitlines()[-1].endswith(wrong.err.strip())
    json_events = floe("run", tmp_path / "p.yaml", "-o", tmp_path / "again", "--progress", "json", "--log", tmp_path / "json.log")
    assert "g: cluster.kmeans begins" in (tmp_path / "json.log").read_text() and '"event"' not in (tmp_path / "json.log").read_text()
    assert all(line.startswith("{") for line in json_events.err.splitlines())
    nowhere = floe("run", tmp_path / "p.yaml", "-o", tmp_path / "no2", "--log", tmp_path / "no/folder.log", expect=2)
    assert "--log" in nowhere.err and "cannot be written" in nowhere.err


def test_a_trace_holds_steps_passes_and_outputs_in_chromes_format(tmp_path):
    """The events that Chrome's "Trace Event Format" calls complete and counter, as one JSON array."""
    write_tif(tmp_path / "a.tif", np.arange(60 * 50, dtype="uint16").reshape(1, 60, 50))
    (tmp_path / "p.yaml").write_text("floe: 1\nsteps:\n  t: { use: raster.read, with: { files: a.tif } }\n"
                                     "  g: { use: raster.filter, in: { image: t.image } }\noutputs:\n  o.tif: g.result\n")
    trace = tmp_path / "trace.json"
    floe("run", tmp_path / "p.yaml", "-o", tmp_path / "out", "--quiet", "--trace", trace)
    events = json.loads(trace.read_text())
    spans = {e["name"]: e for e in events if e["ph"] == "X"}
    assert spans["g"]["cat"] == "step" and spans["g"]["args"]["use"] == "raster.filter"
    assert spans["o.tif"]["cat"] == "write" and any(e["cat"] == "pass" and e["args"]["step"] == "g" for e in spans.values())
    assert spans["t"]["ts"] + spans["t"]["dur"] <= spans["g"]["ts"] and all(e["dur"] >= 0 for e in spans.values())
    assert any(e["ph"] == "C" and e["args"]["MB"] > 1 for e in events)
    nowhere = floe("run", tmp_path / "p.yaml", "-o", tmp_path / "no", "--trace", tmp_path / "no/t.json", expect=2)
    assert "--trace" in nowhere.err and "cannot be written" in nowhere.err


def test_the_environment_sets_what_is_shown(tmp_path):
    (tmp_path / "points.csv").write_text("v,w\n1,2\n3,4\n5,9\n")
    (tmp_path / "p.yaml").write_text("floe: 1\nsteps:\n  t: { use: table.read, with: { file: points.csv } }\noutputs:\n  o.csv: t.table\n")
    wrong = floe("run", tmp_path / "p.yaml", "-o", tmp_path / "a", expect=2, env={**os.environ, "FLOE_LOG": "loud"})
    assert "FLOE_LOG must be one of debug, info, notice, warning, error, not 'loud'" in wrong.err
    floe("run", tmp_path / "p.yaml", "-o", tmp_path / "a", env={**os.environ, "FLOE_LOG": "error"})
