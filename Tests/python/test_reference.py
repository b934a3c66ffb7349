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
    jsonschema.validate(one, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate([{**one, "summary": ""}], schema)


def test_every_page_of_a_step_that_makes_rasters_tells_no_data():
    for step in json.loads(floe("steps", "--json", env=ENV).out):
        if any("raster" in o["kinds"] for o in step["outputs"]):
            page = (ROOT / f"docs/steps/{step['name']}.md").read_text().lower()
            assert "no data" in page or "no-data" in page, step["name"]
