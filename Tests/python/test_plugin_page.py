"""docs/plugins.md: its commands are run as they stand, by a newcomer with an installed floe and an empty home."""
import json
import os
import pathlib
import re
import subprocess
import sys

import pytest
from conftest import ROOT, floe, read
from osgeo import gdal
from programs import ENV, image, manifest, run  # noqa: F401  (image is a fixture)
from test_install import prefix, run as hidden  # noqa: F401  (prefix is a fixture)

PAGE = (ROOT / "docs/plugins.md").read_text()


def fences(language, heading=None):
    """The fenced blocks of a language, in order, of the whole page or of the part under a heading."""
    text = PAGE if heading is None else PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.S | re.M)


@pytest.fixture(scope="module")
def desk(prefix, tmp_path_factory):  # noqa: F811
    """An empty folder, an empty home, floe on the path; the page's first block is done."""
    folder = tmp_path_factory.mktemp("desk")
    home = tmp_path_factory.mktemp("home")
    swift = subprocess.run(["sh", "-c", "command -v swift"], capture_output=True, text=True).stdout.strip()
    env = {"HOME": str(home), "PATH": f"{prefix}/bin:{pathlib.Path(sys.executable).parent}:{pathlib.Path(swift).parent}:/usr/bin:/bin"}
    assert len(fences("sh")) == 4, "the page has another number of blocks of commands than this test runs"
    shell(fences("sh")[0], folder, env)
    return folder, env


def shell(commands, folder, env):
    done = subprocess.run(["bash", "-euc", commands], cwd=folder, env=env, capture_output=True, text=True, timeout=1800)
    assert done.returncode == 0, commands + done.stdout + done.stderr
    return done.stdout


def test_a_step_in_any_language(desk):
    folder, env = desk
    said = shell(fences("sh", "In any language")[0], folder, env)
    assert "ice_edge.threshold" in said and "--below" in said
    mask = read(folder / "dark/mask.tif")
    assert mask.shape == (480, 480) and {0, 1} <= set(mask.flat) <= {0, 1, 255} and (folder / "dark/mask.qml").exists()
    assert gdal.Open(str(folder / "dark/mask.tif")).GetRasterBand(1).GetNoDataValue() == 255


def test_a_plugin_in_swift(desk, prefix):  # noqa: F811
    folder, env = desk
    build, keep = fences("sh", "In Swift")
    said = shell(build + keep, folder, env)
    assert "DarkIceFloePlugin 0.1.0" in said and "dark_ice.threshold" in said
    mask = read(folder / "dark-ice-out/mask.tif")
    assert mask.shape == (480, 480) and {0, 1} <= set(mask.flat)
    assert fences("swift")[0].strip() in (folder / "dark-ice/Tests/DarkIceTests/ThresholdTests.swift").read_text()
    # The same without a toolchain in sight.
    hidden(prefix, "step", "dark_ice.threshold", "--image", folder / "demo/results/stack.tif", "--mask", "m.tif", "--plugin-path", folder / "dark-ice/.build/release", "-o", folder / "hidden", cwd=folder)
    assert f"{env['HOME']}/.local/share/floe/plugins" in shell("floe plugins", folder, env)


def test_the_messages_of_the_page_are_heard(image, tmp_path):  # noqa: F811
    lines = next(block for block in re.findall(r"^```\n(.*?)^```$", PAGE, re.S | re.M) if '"progress"' in block)
    messages = [json.loads(line) for line in lines.splitlines()]
    assert {"progress", "message", "record", "dropped"} <= {k for m in messages for k in m}
    folder = manifest(tmp_path / "s", f"for line in {lines.splitlines()!r}: print(line, file=sys.stderr)\njson.dump({{}}, open(a[1], 'w'))")
    result = run(folder, image, "--progress", "json")
    record = json.loads((folder / "out/run.json").read_text())
    assert '"done":50' in result.err.replace(" ", "")
    assert any(w["message"] == "3 samples lie outside" for w in record["warnings"])
    assert any(told.get("accuracy") == 0.97 for told in record["results"].values())
    assert any(d["count"] == 12 and d["reason"] == "outside of the image" for d in record["left_out"])


@pytest.mark.parametrize("kind", ["step", "writer"])
def test_the_tables_of_parts_are_what_manifests_may_say(kind, tmp_path):
    tables = re.findall(r"(?:^\| `.*\n)+", PAGE, re.M)
    table = next(t for t in tables if f"`floe_{kind}" in t)
    parts = set(re.findall(r"`(\w+)(?:: 1)?`", " ".join(line.split("|")[1] for line in table.splitlines())))
    (tmp_path / f"w.floe-{kind}.yaml").write_text(f"floe_{kind}: 1\nwrong: 1\n")
    found = [m for m in json.loads(floe("plugins", "--json", "--plugin-path", tmp_path).out) if m["path"].startswith(str(tmp_path))]
    assert parts == set(re.search(r"its parts are ([\w, ]+)", found[0]["refusal"])[1].split(", "))


def test_the_python_example_is_short():
    program = (ROOT / "examples/plugin-python/forest.py").read_text().splitlines()
    assert len(program) < 40 and f"scikit-learn in {len(program)} lines" in PAGE
