"""A pipeline in the place of a step: ports, values, paths, seeds, and mistakes told where they are made."""
import json

import numpy as np
import pytest
from conftest import floe, read, write_tif

INNER = """floe: 1
inputs:
  image: { type: raster }
  other: { type: raster, optional: true }
  clusters: { type: integer, default: 3 }
  names: { type: text, optional: true }
steps:
  smooth: { use: raster.filter, in: { image: $image }, with: { window: 3 } }
  groups: { use: cluster.kmeans, in: { samples: smooth.result }, with: { clusters: $clusters } }
  report: { use: report.html }
outputs:
  maps/labels.tif: groups.labels
  model.json: groups.model
  report.html: report.page
"""
OUTER = """floe: 1
inputs:
  image: { type: path }
  wanted: { type: integer, default: 2 }
steps:
  read: { use: raster.read, with: { files: $image } }
  part:
    use: parts/inner.yaml
    in: { image: read.image }
    with: { clusters: $wanted }
  again: { use: raster.filter, in: { image: part.labels }, with: { statistic: mode } }
outputs: { labels.tif: part.labels, model.json: part.model.json, smooth.tif: again.result }
"""


@pytest.fixture
def files(tmp_path):
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts/inner.yaml").write_text(INNER)
    (tmp_path / "outer.yaml").write_text(OUTER)
    values = np.random.default_rng(1).integers(0, 3, (60, 50)) * 2000 + np.random.default_rng(2).integers(1, 500, (60, 50))
    write_tif(tmp_path / "image.tif", values.astype(np.uint16))
    return tmp_path


def run(folder, name, out, *more, expect=0):
    return floe("run", folder / name, "--set", f"image={folder}/image.tif", "-o", folder / out, "--quiet", *more, expect=expect)


def model(path):
    return {k: v for k, v in json.loads(path.read_text()).items() if k != "provenance"}


def test_a_used_pipeline_makes_what_it_makes_alone(files):
    run(files, "parts/inner.yaml", "alone", "--set", "clusters=2")
    run(files, "outer.yaml", "used")
    assert (read(files / "alone/maps/labels.tif") == read(files / "used/labels.tif")).all()
    assert model(files / "alone/model.json") == model(files / "used/model.json")
    record = json.loads((files / "used/run.json").read_text())
    assert [s["id"] for s in record["steps"]] == ["read", "part/smooth", "part/groups", "again"]
    assert set(record["pipeline_parts"]) == {"part"}


def test_inputs_and_parameters_are_set_from_outside(files):
    run(files, "outer.yaml", "a", "--set", "wanted=4")
    run(files, "outer.yaml", "b", "--set", "part.clusters=4")
    run(files, "outer.yaml", "c", "--set", "part/groups.clusters=4", "--until", "part/groups")
    models = [model(files / p) for p in ("a/model.json", "b/model.json", "c/model.json")]
    assert models[0] == models[1] == models[2] and len(models[0]["clusters"]) == 4
    wrong = run(files, "outer.yaml", "d", "--set", "part.cluster=4", expect=2)
    assert "inner.yaml has no input 'cluster' (did you mean 'clusters'?)" in wrong.err


def test_a_change_of_the_used_file_is_a_change(files):
    run(files, "outer.yaml", "out")
    batch = ["batch", files / "outer.yaml", "--over", f"image={files}/image.tif", "-o", files / "batch", "--json"]
    assert json.loads(floe(*batch).out)["done"] == 1
    assert json.loads(floe(*batch).out)["unchanged"] == 1
    (files / "parts/inner.yaml").write_text(INNER.replace("window: 3", "window: 5"))
    assert json.loads(floe(*batch).out)["done"] == 1
    # A replay takes the text as it was.
    assert "same bytes" in floe("replay", files / "out/labels.tif").out


def test_paths_count_from_the_file_that_names_them(files):
    write_tif(files / "parts/own.tif", read(files / "image.tif")[None] if read(files / "image.tif").ndim == 2 else read(files / "image.tif"))
    (files / "parts/reader.yaml").write_text(
        "floe: 1\ninputs: { more: { type: path, optional: true } }\n"
        "steps: { read: { use: raster.read, with: { files: own.tif } } }\noutputs: { image.tif: read.image }\n")
    (files / "o.yaml").write_text(
        "floe: 1\nsteps: { a: { use: parts/reader.yaml } }\noutputs: { x.tif: a.image }\n")
    floe("run", files / "o.yaml", "-o", files / "x", "--quiet")
    assert (read(files / "x/x.tif") == read(files / "image.tif")).all()


def test_check_shows_the_parts(files):
    told = floe("check", files / "outer.yaml", "--set", f"image={files}/image.tif").out
    assert "part/groups" in told and f"are the steps of {files}/parts/inner.yaml" in told
    assert "left out, since they look at written files: part/report" in told


@pytest.mark.parametrize("where, old, new, told", [
    ("parts/inner.yaml", "window: 3", "windw: 3", "parts/inner.yaml:8: part/smooth: 'windw'"),
    ("parts/inner.yaml", "window: 3", "window: 4", "parts/inner.yaml:8: part/smooth: "),
    ("parts/inner.yaml", "samples: smooth.result", "samples: smoth.result", "parts/inner.yaml:9: part/groups.samples asks for"),
    ("parts/inner.yaml", "$image", "$imag", "parts/inner.yaml:8: '$imag' is no input that takes a step's output"),
    ("parts/inner.yaml", "steps:", "stps:", "parts/inner.yaml:7: 'stps' is no part of a pipeline"),
    ("outer.yaml", "clusters: $wanted", "cluster: $wanted", "outer.yaml:10: step 'part': inner.yaml has no input 'cluster'"),
    ("outer.yaml", "clusters: $wanted", "clusters: 2.5", "part/groups: 'clusters'"),
    ("outer.yaml", "in: { image: read.image }", "in: {}", "outer.yaml:7: step 'part': input 'image' of inner.yaml is not set"),
    ("outer.yaml", "in: { image: read.image }", "in: { image: part.model }", "needs raster"),
    ("outer.yaml", "part.labels", "part.label", "has no output 'label' (did you mean 'labels'?)"),
    ("outer.yaml", "parts/inner.yaml", "parts/none.yaml", "outer.yaml:7: step 'part': there is no pipeline file"),
    ("outer.yaml", "outputs: {", "outputs: { r.html: part.report,", "left out of a pipeline that is used as a step"),
])
def test_mistakes_are_told_where_they_are_made(files, where, old, new, told):
    text = (files / where).read_text()
    (files / where).write_text(text.replace(old, new, 1))
    err = run(files, "outer.yaml", "out", expect=2).err
    assert told in err, err
    assert not (files / "out").exists()


def test_circles_are_refused(files):
    (files / "a.yaml").write_text("floe: 1\nsteps: { b: { use: b.yaml } }\noutputs: { x.tif: b.x }\n")
    (files / "b.yaml").write_text("floe: 1\nsteps: { a: { use: a.yaml } }\noutputs: { x.tif: a.x }\n")
    err = floe("check", files / "a.yaml", expect=2).err
    assert "in a circle: a.yaml <- b.yaml <- a.yaml" in err and "b.yaml:2" in err
    # What a file of the circle lacks may be missing for the circle alone: it is told by itself.
    (files / "a.yaml").write_text("floe: 1\nsteps: { b: { use: b.yaml, in: { image: b.x }, with: { n: 3 } } }\noutputs: { x.tif: b.y, z.tif: b.z }\n")
    err = floe("check", files / "a.yaml", expect=2).err
    assert err.count("error:") == 1 and "in a circle: a.yaml <- b.yaml <- a.yaml" in err
    (files / "pass.yaml").write_text("floe: 1\ninputs: { i: raster }\nsteps: { f: { use: raster.filter, in: { image: $i } } }\noutputs: { x.tif: $i }\n")
    (files / "loop.yaml").write_text("floe: 1\nsteps: { p: { use: pass.yaml, in: { i: p.x } } }\noutputs: { x.tif: p.x }\n")
    assert "leads back to itself" in floe("check", files / "loop.yaml", expect=2).err


def test_an_input_of_data_is_a_file_when_the_pipeline_runs_alone(files):
    (files / "t.csv").write_text("a,b\n1,2\n3,4\n")
    err = floe("run", files / "parts/inner.yaml", "--set", f"image={files}/t.csv", "-o", files / "x", expect=2).err
    assert "needs raster, but is given a table" in err


@pytest.mark.parametrize("flag", ["--until", "--keep"])
def test_a_pipeline_is_no_step_to_stop_at(files, flag):
    err = run(files, "outer.yaml", "p", flag, "part", expect=2).err
    assert "part/smooth" in err and "part/groups" in err and "did you mean" not in err
