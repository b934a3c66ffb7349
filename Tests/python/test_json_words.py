"""Every answer of --json and every record: names in snake_case, times as ISO 8601 in UTC. test_examples.py holds each step's record to the same."""
import json

import pytest

from conftest import ROOT, floe
from json_words import mistakes
from test_catalogue import ACCOUNT, space  # noqa: F401


def test_the_walk_finds_what_it_is_to_find():
    assert mistakes({"a": {"b c": 1}, "results": {"My step": {"records kept": 3, "clusters": [{"centre": {"B02": 1}}]}}}) == [
        "$.a: the name 'b c'", "$.results.My step: the name 'records kept'"]
    assert mistakes({"started": "2019-03-01 23:56", "x": ["2019-03-01T23:56:11+01:00", "2019-03-01T23:56:11.5Z"]}) == [
        "$.started: the time '2019-03-01 23:56'", "$.x[]: the time '2019-03-01T23:56:11+01:00'"]
    assert mistakes({"isThere": 1}) and mistakes({"proj:code": 1}) and not mistakes({"proj:code": 1}, standard=True)


def test_records_and_documents_of_the_demonstration(demo):
    """run.json of optical, radar and colocated runs with all that they wrote as JSON, and what `floe info` tells of each file."""
    seen = 0
    for path in sorted(demo["folder"].rglob("*")):
        parts = path.relative_to(demo["folder"]).parts
        if not path.is_file() or any(p.endswith((".SAFE", ".SEN3")) or p in ("figures", "sources") for p in parts):
            continue
        is_stac = path.name in ("catalog.json", "items.json") or path.name.endswith(".stac.json")
        if path.suffix in (".json", ".tif", ".gpkg", ".csv", ".nc", ".qgz", ".html"):
            told = floe("info", path, "--json", expect=None)
            if told.status == 0:
                assert mistakes(json.loads(told.out), standard=is_stac) == [], path
                seen += 1
        if path.suffix == ".json" and not is_stac:
            assert mistakes(json.loads(path.read_text())) == [], path
    assert seen > 15
    for product in (demo["scene"], demo["track"]):
        assert mistakes(json.loads(floe("info", product, "--json").out)) == []


def test_commands(demo, tmp_path):
    track = f"track={demo['track']}"
    freeboard = ROOT / "examples/freeboard.yaml"
    out = tmp_path / "out"
    told = {
        "run": floe("run", freeboard, "--set", track, "-o", out, "--json", "-q").out,
        "check": floe("check", freeboard, "--set", track, "--json").out,
        "refused": floe("check", freeboard, "--json", expect=2).out,
        "replay": floe("replay", out, "--json").out,
        "batch": floe("batch", freeboard, "--over", f"track={demo['track'].parent}/*.SEN3", "-o", tmp_path / "batch", "--json", "-q").out,
        "gather": floe("gather", tmp_path / "batch", "-o", tmp_path / "gathered", "--json").out,
        "steps": floe("steps", "--json").out, "step": floe("steps", "cluster.gmm", "--json").out,
        "formats": floe("formats", "--json").out, "plugins": floe("plugins", "--json").out,
        "doctor": floe("doctor", "--json", expect=None).out,
        "demo": floe("demo", tmp_path / "demo", "--size", 240, "--products-only", "--json").out,
        "new": floe("new", "step", "made", "--in", tmp_path / "new", "--json").out,
        "failure": floe("run", "nothere.yaml", "--json", expect=2).out,
    }
    for pipeline in sorted((ROOT / "examples").glob("*.yaml")):
        told[pipeline.name] = floe("info", pipeline, "--json").out
    for folder in (out, tmp_path / "batch", tmp_path / "batch/batch.jsonl", tmp_path / "gathered"):
        told[str(folder)] = floe("info", folder, "--json").out
    assert {name: found for name, text in told.items() if (found := mistakes(json.loads(text)))} == {}
    # Lines: what became of the scenes, and the progress of a run.
    events = floe("run", freeboard, "--set", track, "-o", tmp_path / "events", "--progress", "json").err.splitlines()
    lines = [line for line in (tmp_path / "batch/batch.jsonl").read_text().splitlines() + events if line.startswith("{")]
    assert len(lines) > 10
    for line in lines:
        assert mistakes(json.loads(line)) == [], line


def test_catalogues(space, tmp_path):  # noqa: F811
    found = floe("find", "SENTINEL-2", "--service", space.web.url("odata/v1"), "--from", "2019-03-01", "--to", "2019-03-03", "-o", tmp_path / "found", "--json")
    assert mistakes(json.loads(found.out)) == []
    assert mistakes(json.loads((tmp_path / "found/run.json").read_text())) == []
    name = next(p["name"] for p in space.products if "content" in p)
    fetched = floe("fetch", name, *space.words, "-o", tmp_path / "products", "--progress", "none", "--json", env=ACCOUNT)
    assert mistakes(json.loads(fetched.out)) == []


@pytest.mark.parametrize("name", ["run", "info", "check", "batch", "fetch", "doctor", "steps", "plugins", "replay", "formats", "demo", "new", "error"])
def test_schemas_name_nothing_else(name):
    """The names that the published schemas give."""
    def names(schema):
        if isinstance(schema, dict):
            yield from schema.get("properties", {}) if isinstance(schema.get("properties"), dict) else ()
            for inner in schema.values():
                yield from names(inner)
        elif isinstance(schema, list):
            for inner in schema:
                yield from names(inner)

    known = set(names(json.loads((ROOT / f"docs/{name}.schema.json").read_text())))
    assert known and [k for k in known if mistakes({k: 0})] == []
