"""All that is printed with --json, against the schemas in docs/, and what the command line does with its own words."""
import json
import re

import jsonschema
import numpy as np
import pytest
from conftest import ROOT, floe, write_tif

FILES = {p.name: json.loads(p.read_text()) for p in (ROOT / "docs").glob("*.schema.json")}
PIPELINE = """floe: 1
title: Two groups
steps:
  image: {{ use: raster.read, with: {{ files: {file} }} }}
  groups: {{ use: cluster.kmeans, in: {{ samples: image.image }}, with: {{ clusters: 2, names: {{ lead: darkest, sea_ice: rest }}, dark_ratio: 0.9 }} }}
  regions: {{ use: vector.polygonize, in: {{ image: groups.classes }} }}
outputs:
  classes.tif: groups.classes
  regions.gpkg: regions.polygons
  model.json: groups.model
"""


def follows(text, name):
    value = json.loads(text)
    schema = FILES[f"{name}.schema.json"]
    # One schema names another by its file.
    resolver = jsonschema.RefResolver("", schema, store=FILES)
    jsonschema.Draft202012Validator(schema, resolver=resolver).validate(value)
    return value


def keys(value):
    """All names of members that floe chose itself; below some of them stand names of users and products."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            if key not in ("with", "settings", "parameters", "results", "content"):
                yield from keys(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from keys(inner)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("json")
    pixels = np.full((1, 40, 60), 8000, np.uint16)
    pixels[:, :, :20] = 500
    write_tif(folder / "i.tif", pixels, epsg=32601)
    (folder / "p.yaml").write_text(PIPELINE.format(file=folder / "i.tif"))
    each = PIPELINE.replace("steps:", "inputs:\n  image: {{ type: path, help: An image }}\nsteps:", 1).replace("{file}", "$image")
    (folder / "each.yaml").write_text(each.format())
    record = floe("run", folder / "p.yaml", "-o", folder / "out", "--json", "-q").out
    return folder, record


def test_schemas_are_schemas():
    assert len(FILES) >= 10
    for content in FILES.values():
        jsonschema.Draft202012Validator.check_schema(content)


def test_each_command_follows_its_schema(run):
    folder, record = run
    told = {
        "run": record, "check": floe("check", folder / "p.yaml", "--json").out, "formats": floe("formats", "--json").out,
        "plugins": floe("plugins", "--json").out, "doctor": floe("doctor", "--json", expect=None).out, "steps": floe("steps", "--json").out,
        "replay": floe("replay", folder / "out", "--json").out,
        "new": floe("new", "step", "made", "--in", folder / "new", "--json").out,
        "batch": floe("batch", folder / "each.yaml", "--over", f"image={folder}/i*.tif", "-o", folder / "b", "--json").out,
    }
    for name, text in told.items():
        value = follows(text, name)
        if name not in ("run",):
            assert all(re.fullmatch(r"[^A-Z]*", key) for key in keys(value)), name
    follows((folder / "out/run.json").read_text(), "run")
    follows(floe("steps", "cluster.gmm", "--json").out, "steps")
    follows(floe("gather", folder / "b", "-o", folder / "gathered", "--json").out, "batch")
    follows(floe("demo", folder / "demo", "--size", 240, "--products-only", "--json").out, "demo")
    for name in ["classes.tif", "regions.gpkg", "model.json", "run.json"]:
        follows(floe("info", folder / "out" / name, "--json").out, "info")
    follows(floe("info", folder / "p.yaml", "--json").out, "info")
    # A schema that takes anything would say nothing.
    with pytest.raises(jsonschema.ValidationError):
        follows('[{"state": "fine"}]', "doctor")
    with pytest.raises(jsonschema.ValidationError):
        follows('{"bands": [{"name": "B01"}]}', "info")


def test_a_product_has_iso_times(demo):
    value = follows(floe("info", demo["scene"], "--json").out, "info")
    assert value["acquisition"]["time"].startswith("2019-03-01T23:56") and "sun_zenith" in value["acquisition"]


@pytest.mark.parametrize("words, status", [
    (["run", "nothere.yaml"], 2), (["check", "nothere.yaml"], 2), (["step", "no.step"], 2), (["info", "nothere"], 2), (["replay", "nothere"], 2),
    (["steps", "no.step"], 2), (["run"], 2), (["run", "p.yaml", "--workers", "0"], 2),
])
def test_failures_are_json_too(tmp_path, words, status):
    result = floe(*words, "--json", expect=status, cwd=tmp_path)
    value = json.loads(result.out)
    is_check = words[0] == "check"
    follows(result.out, "check" if is_check else "error")
    assert is_check or value["error"]["status"] == status and value["error"]["message"].split("\n")[0][:30] in result.err


def test_a_run_that_fails_says_so_in_json(run, tmp_path):
    folder, _ = run
    (tmp_path / "p.yaml").write_text((folder / "p.yaml").read_text().replace(str(folder / "i.tif"), str(tmp_path / "bad.tif")))
    data = (folder / "i.tif").read_bytes()
    (tmp_path / "bad.tif").write_bytes(data[:len(data) // 2])
    result = floe("run", tmp_path / "p.yaml", "-o", tmp_path / "out", "--json", expect=None)
    assert result.status != 0
    assert follows(result.out, "error")["error"]["status"] == result.status


@pytest.mark.parametrize("words, text", [
    (["run", "p.yaml", "-o", "a", "-o", "b"], "--output is given twice, as 'a' and 'b'"),
    (["run", "p.yaml", "--workers=1", "--workers", "2"], "--workers is given twice, as '1' and '2'"),
    (["demo", "x", "--size", "300", "--size", "400"], "--size is given twice"),
])
def test_an_option_given_twice_is_refused(tmp_path, words, text):
    assert text in floe(*words, expect=2, cwd=tmp_path).err


def test_short_flags(run, tmp_path):
    folder, _ = run
    assert floe("-V").out == floe("--version").out
    quiet = floe("run", folder / "p.yaml", "-o", tmp_path / "q", "-q")
    assert quiet.err == "" and quiet.out == ""
    assert floe("run", folder / "p.yaml", "-o", tmp_path / "v", "-v", "--set", "groups.clusters=2").err != ""
