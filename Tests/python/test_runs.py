"""How runs behave: same bytes whatever the means, interruption, completions, listings, STAC."""
import json
import os
import pathlib
import re
import signal
import subprocess
import time

import pytest
from conftest import FLOE, ROOT, floe, needs_real_data


def digest(folder):
    """Every file but the one that tells times."""
    import hashlib
    files = [p for p in sorted(folder.rglob("*")) if p.is_file() and p.name != "run.json"]
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def test_same_bytes_for_any_workers_and_memory(demo, tmp_path):
    seen = []
    for i, (workers, memory) in enumerate([(1, "8GB"), (2, "8GB"), (2, "230MB"), (64, "8GB")]):
        out = tmp_path / str(i)
        floe("run", ROOT / "examples/ice-lead.yaml", "--set", f"scene={demo['scene']}", "-o", out,
             "--workers", workers, "--memory", memory, "--quiet")
        seen.append(digest(out))
    assert seen[0] == seen[1] == seen[2] == seen[3]
    assert {"stack.tif", "ice-lead.tif", "probability.tif", "model.json", "ice-lead.stac.json", "ice-lead.qml", "figures/map-ice-lead.svg"} <= set(seen[0])


def test_ctrl_c_leaves_within_a_second_and_leaves_nothing(tmp_path):
    out = tmp_path / "demo"
    process = subprocess.Popen([FLOE, "demo", out, "--size", "5400", "--quiet"], stderr=subprocess.PIPE)
    time.sleep(2)
    assert process.poll() is None
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=10) == 130
    assert time.monotonic() - began < 6
    left = [p for p in out.rglob("*") if p.is_file()]
    assert not left, left


def test_check_reports_all_mistakes_as_json(tmp_path):
    file = tmp_path / "p.yaml"
    file.write_text("floe: 1\nsteps:\n  a: { use: cluster.kmens }\n  b: { use: raster.read }\noutputs: { x.foo: b.image }\n")
    answer = json.loads(floe("check", file, "--json", expect=2).out)
    assert answer["sound"] is False and {p["line"] for p in answer["problems"]} >= {3, 4, 5}
    assert any("did you mean 'cluster.kmeans'" in p["message"] for p in answer["problems"])


def test_check_of_a_sound_pipeline_tells_order_grids_and_sizes(demo):
    text = floe("check", ROOT / "examples/ice-lead.yaml", "--set", f"scene={demo['scene']}").out
    for words in ["1. stack  sentinel2.stack", "1200 x 1200", "EPSG:32601", "memory:", "disk:"]:
        assert words in text


def test_listing_steps_is_quick_and_complete():
    floe("steps")
    names = floe("steps").out
    for name in ["sentinel2.stack", "raster.read", "table.read", "cluster.kmeans", "cluster.gmm", "cluster.apply", "evaluate.compare"]:
        assert name in names
    declared = {s["name"]: s for s in json.loads(floe("steps", "--json").out)}
    clusters = next(p for p in declared["cluster.kmeans"]["parameters"] if p["name"] == "clusters")
    assert clusters["minimum"] == 2 and clusters["maximum"] == 255


def test_plugins_are_found_and_none_is_refused():
    found = json.loads(floe("plugins", "--json").out)
    assert len(found) >= 5 and all("refusal" not in m or m["refusal"] is None for m in found)


COMMANDS = "run batch replay lock gather cache cwl find fetch check step steps formats plugins info demo new doctor".split()


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_every_command_has_help_with_examples_that_can_be_copied(command):
    """A line that is wrapped at 80 columns is no command any more."""
    examples = floe(*command.split(), "--help").out.split("EXAMPLE\n")[1].split("\n\n")[0].splitlines()
    goes_on = False
    for line in examples:
        assert len(line) <= 80 and line.startswith("    " if goes_on else "  floe "), line
        goes_on = line.endswith("\\")
    assert not goes_on


def test_a_steps_flags_come_from_its_declaration(tmp_path, demo):
    assert "--clusters" in floe("step", "cluster.kmeans", "--help").out
    assert "did you mean 'cluster.kmeans'" in floe("step", "cluster.kmean", expect=2).err
    result = floe("step", "cluster.kmeans", "--samples", demo["results"] / "stack.tif", "--clusters", 1, "--labels", "l.tif", "-o", tmp_path, expect=2)
    assert "between 2 and 255" in result.err
    floe("step", "cluster.kmeans", "--samples", demo["results"] / "stack.tif", "--names", "lead=darkest,sea_ice=rest",
         "--classes", "c.tif", "-o", tmp_path, "--quiet")
    assert (tmp_path / "c.tif").exists()


def test_completion_scripts_and_dynamic_names():
    script = floe("--generate-completion-script", "bash").out
    assert "floe" in script and "step" in script
    shell = f"""source /dev/stdin <<'END'
{script}
END
PATH={FLOE.parent}:$PATH; COMP_LINE='floe step cluster.gmm --covariance '; COMP_POINT=${{#COMP_LINE}}
COMP_WORDS=(floe step cluster.gmm --covariance ''); COMP_CWORD=4; _floe; echo "${{COMPREPLY[@]}}"
COMP_LINE='floe step cluster.k'; COMP_POINT=${{#COMP_LINE}}; COMP_WORDS=(floe step cluster.k); COMP_CWORD=2; COMPREPLY=(); _floe; echo "${{COMPREPLY[@]}}"
"""
    lines = subprocess.run(["bash", "-c", shell], capture_output=True, text=True).stdout.split("\n")
    assert lines[0].split() == ["full", "tied", "diag", "spherical"] and lines[1].split() == ["cluster.kmeans", "cluster.kmedoids"]


def test_examples_run(tmp_path):
    floe("run", ROOT / "examples/points.yaml", "-o", tmp_path, "--quiet")
    assert (tmp_path / "kmeans.csv").read_text().count("\n") == 101


def test_stac_items_are_read_by_pystac(demo):
    import pystac
    item = json.loads((demo["results"] / "ice-lead.stac.json").read_text())
    parsed = pystac.Item.from_dict(item)
    assert parsed.properties["proj:code"] == "EPSG:32601"
    west, south, east, north = item["bbox"]
    assert -180 <= west <= 180 and south < north
    names = [c["name"] for c in item["assets"]["data"]["classification:classes"]]
    assert names == ["open_ocean", "sea_ice", "lead", "unclassified", "no_data"]
    # The schemas themselves are asked in test_stac.py.


def test_a_link_to_a_product_has_the_products_fingerprint(tmp_path):
    folder = tmp_path / "product"
    (folder / "inside").mkdir(parents=True)
    (folder / "inside/points.csv").write_text("a,b\n1,2\n")
    (folder / "list.xml").write_text("<a/>")
    (folder / "loop").symlink_to(folder)
    (tmp_path / "link").symlink_to(folder)
    found = []
    for i, path in enumerate([folder, tmp_path / "link", "changed"]):
        if path == "changed":
            (folder / "list.xml").write_text("<b/>")
            path = tmp_path / "link"
        # GDAL takes a folder of CSV files for layers.
        floe("step", "table.read", "--file", path / "inside", "--table", "t.csv", "-o", tmp_path / str(i), "--quiet")
        floe("step", "test.folder", "--plugin-path", stub(tmp_path), "--folder", path, "--report", "r.json", "-o", tmp_path / str(i), "--quiet")
        found.append(json.loads((tmp_path / str(i) / "run.json").read_text())["fingerprints"][0]["fingerprint"])
    assert found[0] == found[1] != found[2]


def stub(tmp_path):
    """A step that takes a folder and does nothing with it."""
    (tmp_path / "stub").mkdir(exist_ok=True)
    (tmp_path / "stub/test.floe-step.yaml").write_text("""floe_step: 1
name: test.folder
summary: Takes a folder.
command: [sh, -c, "echo {} > $0", "{output.report}", "{param.folder}"]
parameters: { folder: { type: path, help: Any folder, required: true } }
outputs: { report: { kind: document, help: Nothing } }
""")
    return tmp_path / "stub"


def test_a_stac_item_has_no_ground_distance_in_degrees(demo, tmp_path):
    file = tmp_path / "p.yaml"
    file.write_text(f"""floe: 1
steps:
  r: {{ use: raster.read, with: {{ files: {demo['results']}/ice-lead.tif }} }}
  w: {{ use: raster.warp, in: {{ image: r.image }}, with: {{ crs: "EPSG:4326" }} }}
outputs: {{ metres.tif: r.image, degrees.tif: w.result }}
""")
    floe("run", file, "-o", tmp_path, "--quiet")
    properties = {name: json.loads((tmp_path / f"{name}.stac.json").read_text())["properties"] for name in ("metres", "degrees")}
    assert properties["metres"]["gsd"] == 10 and "gsd" not in properties["degrees"]


def test_fewer_threads_than_asked_for(tmp_path):
    """There are no more processors, or the system gives no more: the run goes on with those that there are and says so."""
    (tmp_path / "points.csv").write_text("a,b\n1,2\n")
    words = [FLOE, "step", "table.read", "--file", tmp_path / "points.csv", "--table", "t.csv", "-o", tmp_path / "out", "--workers", "200", "--progress", "none"]
    # 200 stacks of 8 MB are more than the address space that is left.
    done = subprocess.run(["bash", "-c", 'ulimit -v 1500000; exec "$@"', "-", *map(str, words)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "200 threads were asked for" in done.stdout + done.stderr
    assert json.loads((tmp_path / "out/run.json").read_text())["workers"] < 200
