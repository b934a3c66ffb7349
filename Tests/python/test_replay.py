"""Parts of pipelines, parameters from the command line, locks, replays, and times foretold."""
import json
import shutil

import numpy as np
import pytest
from conftest import ROOT, floe, read, write_tif
from test_keys import OUTPUTS, cache, image, pipeline, record, run, sums  # noqa: F401


def test_a_part_of_a_pipeline(tmp_path):
    picture, file = image(tmp_path / "image.tif"), pipeline(tmp_path)
    run(file, picture, tmp_path / "whole", "--quiet")
    run(file, picture, tmp_path / "part", "--until", "read", "--quiet")
    assert {p.name for p in (tmp_path / "part").iterdir()} >= {"image.tif", "run.json"}
    assert not (tmp_path / "part/labels.tif").exists()
    assert [s["id"] for s in record(tmp_path / "part")["steps"]] == ["read"]
    lean = pipeline(tmp_path, outputs="{ model.json: groups.model }", name="lean.yaml")
    run(lean, picture, tmp_path / "kept", "--keep", "read", "--keep", "groups", "--quiet")
    made = {p.name for p in (tmp_path / "kept").iterdir()}
    assert {"model.json", "read.image.tif", "groups.labels.tif"} <= made and "groups.model.json" not in made
    assert (read(tmp_path / "kept/groups.labels.tif") == read(tmp_path / "whole/labels.tif")).all()
    assert "the pipeline has no step 'grops' (did you mean 'groups'?)" in run(file, picture, tmp_path / "x", "--until", "grops", expect=2).err
    assert "--until ends before it" in run(file, picture, tmp_path / "x", "--until", "read", "--keep", "groups", expect=2).err


def test_a_steps_parameter_from_the_command_line(tmp_path):
    picture, file = image(tmp_path / "image.tif"), pipeline(tmp_path)
    run(file, picture, tmp_path / "three", "--set", "groups.clusters=3", "--quiet")
    run(pipeline(tmp_path, clusters=3, name="three.yaml"), picture, tmp_path / "written", "--quiet")
    assert (tmp_path / "three/labels.tif").read_bytes() == (tmp_path / "written/labels.tif").read_bytes()
    assert set(read(tmp_path / "three/labels.tif").flat) == {0, 1, 2} or set(read(tmp_path / "three/labels.tif").flat) == {1, 2, 3}
    for setting, sentence in [("groups.cluster=3", "has no parameter 'cluster' (did you mean 'clusters'?)"),
                              ("groups.clusters=1", "between 2 and 255"), ("nobody.clusters=3", "the pipeline has no input 'nobody.clusters'")]:
        assert sentence in run(file, picture, tmp_path / "x", "--set", setting, expect=2).err
    said = run(file, picture, tmp_path / "x", "--set", "iterations=3", expect=2).err
    assert "no input 'iterations'" in said and "the parameter of step 'groups' is set by --set groups.iterations=..." in said
    # A relative path counts from the working folder, as that of an input does.
    floe("run", file, "--set", "image=image.tif", "--set", "read.files=image.tif", "-o", "again", "--quiet", cwd=tmp_path)
    assert read(tmp_path / "again/image.tif").shape == (60, 80)


def test_a_lock_refuses_other_plugins(tmp_path):
    picture, file = image(tmp_path / "image.tif"), pipeline(tmp_path)
    lock = tmp_path / "p.lock"
    lock.write_text(floe("lock", file).out)
    run(file, picture, tmp_path / "out", "--frozen", lock, "--quiet")
    held = json.loads(lock.read_text())
    assert {"ClusteringFloePlugin", "RasterStepsFloePlugin"} <= {p["name"] for p in held["plugins"]}
    for p in held["plugins"]:
        if p["name"] == "ClusteringFloePlugin":
            p["digest"] = "0" * 64
    held["libraries"]["gdal"] = "1.2.3"
    lock.write_text(json.dumps(held))
    said = run(file, picture, tmp_path / "other", "--frozen", lock, expect=2).err
    assert "the plugin ClusteringFloePlugin has other code here" in said and "the library gdal is" in said and "was 1.2.3" in said
    assert not (tmp_path / "other").exists()
    lock.write_text("{}")
    assert "is no lock" in run(file, picture, tmp_path / "other", "--frozen", lock, expect=2).err


def test_a_path_that_is_a_name_as_well(tmp_path):
    """Replayed in the run's own folder, relative paths stay what they were: `examples/compare.yaml` calls the rasters by them."""
    pixels = np.zeros((20, 30), np.uint8)
    pixels[:9] = 1
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write_tif(tmp_path / name / "classes.tif", pixels)
    words = ["--set", "reference=a/classes.tif", "--set", "predicted=b/classes.tif", "-o", "out", "--quiet"]
    floe("run", ROOT / "examples/compare.yaml", *words, cwd=tmp_path)
    assert json.loads((tmp_path / "out/score.json").read_text())["reference"] == "a/classes.tif"
    assert "same bytes" in floe("replay", "out/score.json", cwd=tmp_path).out


@pytest.mark.parametrize("what", ["run.json", "labels.tif", "."])
def test_replay_makes_the_same_bytes(tmp_path, what):
    picture, file, out = image(tmp_path / "image.tif"), pipeline(tmp_path), tmp_path / "out"
    floe("run", file, "--set", "image=image.tif", "-o", out, "--seed", 3, "--quiet", cwd=tmp_path)
    file.unlink()
    before = sums(out)
    assert "the same bytes" in floe("replay", out / what).out
    assert sums(out) == before and not list(out.glob(".floe-*"))
    assert picture.exists()


def test_replay_tells_what_differs(tmp_path):
    picture, file, out = image(tmp_path / "image.tif"), pipeline(tmp_path), tmp_path / "out"
    run(file, picture, out, "--quiet")
    moved = tmp_path / "moved" / "image.tif"
    moved.parent.mkdir()
    shutil.move(picture, moved)
    assert "there is no file or folder" in floe("replay", out, expect=2).err
    assert "the same bytes" in floe("replay", out, "--set", f"image={moved}").out
    image(moved, seed=77)
    answer = json.loads(floe("replay", out, "--set", f"image={moved}", "--json", expect=1).out)
    assert answer["same"] is False and "labels.tif" in answer["differing"]
    assert answer["causes"] == ["the input image.tif has another content"]
    other = floe("replay", out, "--set", f"image={moved}", "--set", "groups.clusters=3", expect=1).out
    assert "'groups.clusters' is 3, was not set" in other
    floe("step", "raster.read", "--files", moved, "--image", "a.tif", "-o", tmp_path / "step", "--quiet")
    assert "the same bytes" in floe("replay", tmp_path / "step/a.tif").out
    told = record(tmp_path / "step")
    (tmp_path / "step/run.json").write_text(json.dumps({**told, "pipeline_text": ""}))
    assert "run the command again" in floe("replay", tmp_path / "step/a.tif", expect=2).err
    assert "no run.json beside it" in floe("replay", moved, expect=2).err


def test_check_tells_the_time_of_past_runs(tmp_path):
    picture, file = image(tmp_path / "image.tif"), pipeline(tmp_path, outputs="{ labels.tif: groups.labels }")
    first = json.loads(floe("check", file, "--set", f"image={picture}", "-o", tmp_path / "out", "--json").out)
    assert first["seconds"] is None and "cluster.kmeans" in first["never_run_here"]
    run(file, picture, tmp_path / "out", "--quiet")
    took = sum(t["seconds"] for t in record(tmp_path / "out")["timings"])
    then = json.loads(floe("check", file, "--set", f"image={picture}", "-o", tmp_path / "out", "--json").out)
    # One run alone is its own forecast.
    assert then["seconds"] == pytest.approx(took) and then["never_run_here"] == []
    assert "time: about" in floe("check", file, "--set", f"image={picture}", "-o", tmp_path / "out").out
    run(file, picture, tmp_path / "out", "--force", "--quiet")
    assert record(tmp_path / "out")["estimate"]["seconds"] == pytest.approx(took, abs=0.01)


@pytest.mark.parametrize("name", ["image.tif", "labels.tif", "model.json"])
def test_replay_looks_at_what_lies_there(tmp_path, name):
    picture, file, out = image(tmp_path / "image.tif"), pipeline(tmp_path), tmp_path / "out"
    run(file, picture, out, "--quiet")
    data = bytearray((out / name).read_bytes())
    data[-1] ^= 1
    (out / name).write_bytes(data)
    result = floe("replay", out / name, expect=1)
    assert f"{name} is not what the record" in result.out and "SHA-256" in result.out
    answer = json.loads(floe("replay", out, "--json", expect=1).out)
    assert answer["same"] is False and answer["differing"] == [name] and name in answer["causes"][0]
    (out / name).write_bytes(data[:-1])
    assert f"{len(data) - 1} bytes, not {len(data)}" in floe("replay", out, expect=1).out
    # What is not there any more can be made again, but is missing all the same.
    (out / name).unlink()
    told = floe("replay", out, expect=1).out
    assert f"not there any more: {name}" in told and "the same bytes" not in told
    answer = json.loads(floe("replay", out, "--json", expect=1).out)
    assert answer["same"] is False and answer["missing"] == [name] and answer["differing"] == []


def test_an_output_that_is_gone_is_told_by_its_record(tmp_path):
    picture, file, out = image(tmp_path / "image.tif"), pipeline(tmp_path), tmp_path / "out"
    run(file, picture, out, "--quiet")
    (out / "model.json").unlink()
    for what in ("model.json", "labels.tif"):
        assert "not there any more: model.json" in floe("replay", out / what, expect=1).out
    assert "no such output or record" in floe("replay", out / "other.json", expect=2).err


def test_a_list_of_files_is_found_from_elsewhere(tmp_path):
    image(tmp_path / "a/image.tif")
    file = pipeline(tmp_path)
    file.write_text(file.read_text().replace("type: path", "type: list"))
    floe("run", file, "--set", "image=image.tif", "-o", tmp_path / "out", "--quiet", cwd=tmp_path / "a")
    (tmp_path / "b").mkdir()
    assert "the same bytes" in floe("replay", tmp_path / "out", cwd=tmp_path / "b").out


def test_a_single_step_is_made_again(tmp_path):
    """Maps, lists and signs of the command line come back as they were."""
    picture = image(tmp_path / "image.tif")
    floe("step", "cluster.kmeans", "--samples", picture, "--clusters", 3, "--classes", "c.tif", "--labels", "l.tif", "-o", "out", "--seed", 5, "--quiet",
         "--names", '{ lead: darkest, thin_ice: { rule: "brightness < 0.9", code: 10, label: "Thin $ice" }, sea_ice: rest }', cwd=tmp_path)
    told = json.loads(floe("replay", tmp_path / "out/c.tif", "--json").out)
    assert told == {"same": True, "differing": [], "missing": [], "causes": []}


@pytest.mark.parametrize("part", [["--until", "read"], ["--keep", "read"], ["--keep", "read", "--keep", "groups"], ["--until", "groups", "--keep", "read"]])
def test_replay_of_a_part_makes_that_part(tmp_path, part):
    picture, out = image(tmp_path / "image.tif"), tmp_path / "out"
    file = pipeline(tmp_path, outputs="{ model.json: groups.model, again.tif: groups.labels }")
    run(file, picture, out, *part, "--quiet")
    told = record(out)
    given = dict(zip(part[::2], part[1::2]))
    assert ("until" in told) == ("--until" in given) and ("keep" in told) == ("--keep" in given)
    assert told.get("until", []) + told.get("keep", []) == part[1::2]
    assert "the same bytes in all outputs" in floe("replay", out).out
    # A record of a whole run tells of no part.
    run(file, picture, tmp_path / "whole", "--quiet")
    assert not {"until", "keep"} & set(record(tmp_path / "whole"))
