"""Plugins as strangers write them: packages of their own, built in their own folders, loaded by the floe that is here."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from conftest import FLOE, ROOT, floe, read, write_tif

# One folder for all strangers' builds keeps the kit that they compile for themselves.
SCRATCH = ROOT / ".build-outsider"


def build(package):
    done = subprocess.run(
        ["swift", "build", "-c", "release", "--package-path", package, "--scratch-path", SCRATCH], capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout + done.stderr
    return SCRATCH / "release"


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """The example plugin in a folder of its own."""
    package = tmp_path_factory.mktemp("outside") / "lead-width"
    shutil.copytree(ROOT / "examples/plugin-swift", package, ignore=shutil.ignore_patterns(".build"))
    manifest = package / "Package.swift"
    manifest.write_text(manifest.read_text().replace("../../Sources", str(ROOT / "Sources")))
    return package


@pytest.fixture(scope="module")
def leads(package, tmp_path_factory):
    """The folder with the built example plugin alone."""
    folder = tmp_path_factory.mktemp("plugins")
    shutil.copy(build(package) / "libLeadWidthFloePlugin.so", folder)
    return folder


@pytest.fixture
def classes(tmp_path):
    """Ice with one lead of 5 pixels (50 m) across the whole image."""
    codes = np.ones((400, 700), np.uint8)
    codes[200:205] = 2
    return write_tif(tmp_path / "classes.tif", codes, nodata=255)


def run(leads, classes, out, *more, expect=0, set="", plugin=True):
    pipeline = out.parent / "p.yaml"
    pipeline.write_text(f"""floe: 1
steps:
  classes: {{ use: raster.read, with: {{ files: {classes} }} }}
  widths: {{ use: leads.width, in: {{ classes: classes.image }}{set} }}
outputs:
  widths.csv: widths.widths
  widths.json: widths.summary
""")
    return floe("run", pipeline, "-o", out, "--quiet", *(["--plugin-path", leads] if plugin else []), *more, expect=expect)


def test_its_own_tests_pass(package):
    """Widths of straight leads, and the contract by `checkStep`; optimised, since the distance transform is slow without."""
    done = subprocess.run(
        ["swift", "test", "-c", "release", "--disable-testable-imports", "--package-path", package, "--scratch-path", SCRATCH],
        capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "keepsTheContract() passed" in done.stdout + done.stderr


def test_it_is_listed_and_described(leads):
    found = {m["path"]: m for m in json.loads(floe("plugins", "--json", "--plugin-path", leads).out)}
    mine = found[str(leads / "libLeadWidthFloePlugin.so")]
    assert mine["version"] == "1.0.0" and mine.get("refusal") is None
    assert [s["name"] for s in mine["steps"]] == ["leads.width"]
    assert "Width of a bin" in floe("step", "leads.width", "--help", "--plugin-path", leads).out


def test_it_measures_in_a_pipeline(leads, classes, tmp_path):
    results = []
    for workers in (1, 3):
        out = tmp_path / f"out{workers}"
        run(leads, classes, out, "--workers", workers)
        results.append(((out / "widths.csv").read_bytes(), (out / "widths.json").read_bytes()))
    assert results[0] == results[1]
    summary = json.loads((tmp_path / "out1/widths.json").read_text())
    assert summary["width_median"] == 55 and summary["area_share"] == 5 / 400
    rows = (tmp_path / "out1/widths.csv").read_text().splitlines()
    assert rows[0] == "width_from,width_to,centreline_pixels,share"


def test_errors_cross_the_border(leads, classes, tmp_path):
    assert "'lead' must be between 0 and 255, not 300" in run(leads, classes, tmp_path / "o", set=", with: { lead: 300 }", expect=2).err
    two = write_tif(tmp_path / "two.tif", np.ones((2, 9, 9), np.uint8))
    assert "widths: needs one band of class codes" in run(leads, two, tmp_path / "o", expect=2).err
    late = run(leads, classes, tmp_path / "o", set=", with: { bin: 0.0001 }", expect=2)
    assert "'bin' must be between 0.001" in late.err
    wide = write_tif(tmp_path / "wide.tif", np.full((300, 300), 2, np.uint8), pixel=1000.0)
    assert "would make" in run(leads, wide, tmp_path / "o", set=", with: { bin: 0.001 }", expect=1).err
    assert "there is no step 'leads.width'" in run(leads, classes, tmp_path / "o", plugin=False, expect=2).err
    assert not (tmp_path / "o").exists()


def test_cancellation_crosses_the_border(leads, tmp_path):
    big = write_tif(tmp_path / "big.tif", np.full((6000, 6000), 2, np.uint8))
    process = subprocess.Popen(
        [FLOE, "step", "leads.width", "--plugin-path", leads, "--classes", big, "--summary", "s.json", "-o", tmp_path / "out", "--progress", "json"],
        stderr=subprocess.PIPE, text=True)
    for line in process.stderr:
        if '"blocks"' in line:
            break
    began = time.time()
    process.send_signal(signal.SIGINT)
    process.stderr.read()
    assert process.wait(10) == 130 and time.time() - began < 6
    assert not (tmp_path / "out").exists()


def test_a_new_plugin_builds_and_runs(tmp_path):
    said = floe("new", "plugin", "ice-edge", "--in", tmp_path).out
    assert "swift build -c release" in said
    folder = tmp_path / "plugins"
    folder.mkdir()
    shutil.copy(build(tmp_path / "ice-edge") / "libIceEdgeFloePlugin.so", folder)
    image = write_tif(tmp_path / "image.tif", np.array([[1, 2, 3], [4, 0, 6]], np.uint16), nodata=0)
    floe("step", "ice_edge.threshold", "--image", image, "--below", "3", "--mask", "mask.tif", "--plugin-path", folder, "-o", tmp_path / "out")
    assert read(tmp_path / "out/mask.tif").tolist() == [[1, 1, 0], [0, 255, 0]]
    wrong = floe("step", "ice_edge.threshold", "--image", image, "--band", "B99", "--mask", "mask.tif", "--plugin-path", folder, "-o", tmp_path / "o", expect=2)
    assert "'band' is 'B99', which the image does not have; it has B01" in wrong.err


def test_a_new_step_runs(tmp_path):
    said = " ".join(floe("new", "step", "ice-edge", "--in", tmp_path).out.split())
    assert "python3-gdal" in said and "'command:' of ice_edge.floe-step.yaml" in said
    image = write_tif(tmp_path / "image.tif", np.array([[1, 2, 3], [4, 0, 6]], np.uint16))
    env = {**os.environ, "PATH": f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}"}
    floe("step", "ice_edge.threshold", "--image", image, "--below", "3", "--mask", "m.tif", "--plugin-path", tmp_path / "ice-edge", "-o", tmp_path / "out", env=env)
    assert read(tmp_path / "out/m.tif").tolist() == [[1, 1, 0], [0, 1, 0]]


def test_a_new_step_says_what_its_python_lacks(tmp_path):
    floe("new", "step", "ice-edge", "--in", tmp_path)
    image = write_tif(tmp_path / "image.tif", np.array([[1, 2, 3], [4, 0, 6]], np.uint16))
    # A Python without any package: `-S` leaves site-packages out.
    bare = tmp_path / "bin/python3"
    bare.parent.mkdir()
    bare.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S -E "$@"\n')
    bare.chmod(0o755)
    env = {**os.environ, "PATH": f"{bare.parent}:{os.environ['PATH']}"}
    failed = floe("step", "ice_edge.threshold", "--image", image, "--mask", "m.tif", "--plugin-path", tmp_path / "ice-edge", "-o", tmp_path / "out",
                  env=env, expect=1)
    assert "cannot import numpy" in failed.err and "python3-gdal" in failed.err and "'command:' of ice_edge.floe-step.yaml" in failed.err
    assert "Traceback" not in failed.err


def test_bad_names_and_taken_folders_are_refused(tmp_path):
    for kind in ("plugin", "step"):
        assert "cannot be the name of a plugin or step" in floe("new", kind, "9/x", "--in", tmp_path, expect=2).err
    (tmp_path / "there").mkdir()
    assert "is there already" in floe("new", "step", "there", "--in", tmp_path, expect=2).err
    assert "is not the kit's package" in floe("new", "plugin", "x", "--in", tmp_path, "--kit", tmp_path, expect=2).err
