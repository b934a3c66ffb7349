"""The step reference and the JSON description agree with the steps."""
import json
import os

import jsonschema
import pytest
from conftest import ROOT, floe

# The bundled steps alone: no plugin of the person who runs the tests.
ENV = {k: v for k, v in os.environ.items() if not k.startswith("FLOE_")} | {"XDG_DATA_HOME": "/nonexistent"}


def test_the_reference_is_fresh(tmp_path):
    floe("steps", "--markdown", tmp_path, env=ENV)
    made = {p.name: p.read_text() for p in tmp_path.iterdir()}
    kept = {p.name: p.read_text() for p in (ROOT / "docs/steps").glob("*.md")}
    assert made == kept, "docs/steps is stale: run make docs"


def test_pages_of_steps_that_are_gone_are_removed_and_others_kept(tmp_path):
    floe("steps", "--markdown", tmp_path, env=ENV)
    (tmp_path / "old.step.md").write_text((tmp_path / "raster.read.md").read_text())
    (tmp_path / "notes.md").write_text("mine")
    floe("steps", "--markdown", tmp_path, env=ENV)
    assert not (tmp_path / "old.step.md").exists() and (tmp_path / "notes.md").read_text() == "mine"


def test_json_follows_the_schema():
    schema = json.loads((ROOT / "docs/steps.schema.json").read_text())
    steps = json.loads(floe("steps", "--json", "--plugin-path", ROOT / "examples/plugin-python", env=ENV).out)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(steps, schema)
    assert {"cluster.kmeans", "example.forest"} <= {s["name"] for s in steps}
    one = json.loads(floe("steps", "cluster.kmeans", "--json", env=ENV).out)
    jsonschema.validate([one], schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate([{**one, "summary": ""}], schema)


def test_every_bundled_step_has_an_example_whose_form_is_right(tmp_path):
    """Ports, parameters and names are checked; files that an example names need not be there."""
    allowed = ("there is no file or folder", "is no input of the pipeline", "there is no step", "is not set", "is not connected")
    for step in json.loads(floe("steps", "--json", env=ENV).out):
        assert step["example"], step["name"]
        pipeline = tmp_path / "p.yaml"
        text = step["example"].rstrip() + "\n"
        if not text.startswith(("floe:", "steps:")):
            text = "steps:\n" + "".join(f"  {line}\n" for line in text.splitlines())
        pipeline.write_text(text if text.startswith("floe:") else "floe: 1\n" + text)
        result = floe("check", pipeline, "-o", tmp_path / "out", env=ENV, expect=None)
        errors = [line for line in result.err.splitlines() if line.startswith("error:")]
        assert all(any(a in e for a in allowed) for e in errors), (step["name"], errors)
