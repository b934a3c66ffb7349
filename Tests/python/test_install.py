"""The installed copy: an empty environment, another working folder, the toolchain hidden, no path of the building machine."""
import json
import os
import pathlib
import shutil
import subprocess

import numpy as np
import pytest
from conftest import ROOT, read, write_tif


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    if not shutil.which("patchelf"):
        pytest.skip("patchelf is not installed")
    folder = tmp_path_factory.mktemp("prefix")
    subprocess.run([ROOT / "tools/install.sh", folder], check=True, capture_output=True)
    return folder


def toolchain():
    return pathlib.Path(shutil.which("swift")).resolve().parents[2]


def run(prefix, *arguments, cwd, expect=0):
    """With the toolchain out of sight where the machine lets us hide it."""
    command = [str(prefix / "bin/floe"), *map(str, arguments)]
    hide = ["unshare", "-m", "sh", "-c", f'mount -t tmpfs none {toolchain()} && exec "$@"', "sh"]
    can_hide = os.geteuid() == 0 and str(toolchain()) not in ("/", "/usr") and subprocess.run([*hide, "true"], capture_output=True).returncode == 0
    done = subprocess.run([*(hide if can_hide else []), *command], capture_output=True, text=True, cwd=cwd, env={"PATH": "/usr/bin:/bin"} if can_hide else {})
    assert done.returncode == expect, done.stdout + done.stderr
    return done


def test_it_finds_its_parts_and_runs(prefix, tmp_path):
    found = json.loads(run(prefix, "plugins", "--json", cwd=tmp_path).stdout)
    bundled = {p.name for p in (ROOT / ".build/release").glob("lib*FloePlugin.so")}
    assert {pathlib.Path(m["path"]).name for m in found if not m.get("refusal")} == bundled
    assert all(m["path"].startswith(str(prefix)) for m in found)
    image = write_tif(tmp_path / "i.tif", np.random.default_rng(1).integers(1, 9000, (3, 40, 50), dtype=np.uint16))
    run(prefix, "step", "cluster.kmeans", "--samples", image, "--labels", "l.tif", "-o", tmp_path / "out", cwd=tmp_path)
    assert set(np.unique(read(tmp_path / "out/l.tif"))) == {0, 1} and (tmp_path / "out/l.qml").exists()
    assert "floe is well" in run(prefix, "doctor", cwd=tmp_path).stdout


def test_no_path_of_the_building_machine_remains(prefix):
    files = [p for p in prefix.rglob("*") if p.is_file()]
    assert files
    for file in files:
        assert str(ROOT).encode() + b"/" not in file.read_bytes(), file
    for file in [prefix / "bin/floe", *prefix.glob("lib/floe/libFloeKit.so"), *prefix.glob("lib/floe/plugins/*.so")]:
        runpath = subprocess.run(["patchelf", "--print-rpath", file], capture_output=True, text=True).stdout.strip()
        assert runpath and all(p.startswith("$ORIGIN") for p in runpath.split(":")), (file, runpath)


def test_a_plugin_built_on_the_installed_kit_is_taken(prefix, tmp_path):
    run(prefix, "new", "plugin", "ice-edge", "--in", tmp_path, cwd=tmp_path)
    package = tmp_path / "ice-edge"
    assert str(prefix) in (package / "Package.swift").read_text()
    done = subprocess.run(
        ["swift", "build", "-c", "release", "--package-path", package, "--scratch-path", ROOT / ".build-outsider/installed"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    plugins = tmp_path / "plugins"
    plugins.mkdir()
    shutil.copy(ROOT / ".build-outsider/installed/release/libIceEdgeFloePlugin.so", plugins)
    image = write_tif(tmp_path / "i.tif", np.array([[1, 5]], np.uint16))
    run(prefix, "step", "ice_edge.threshold", "--image", image, "--below", "3", "--mask", "m.tif", "--plugin-path", plugins, "-o", tmp_path / "out", cwd=tmp_path)
    assert read(tmp_path / "out/m.tif").tolist() == [[1, 0]]


def test_completions_are_there(prefix):
    for file in ["bash-completion/completions/floe", "zsh/site-functions/_floe", "fish/vendor_completions.d/floe.fish"]:
        assert "floe" in (prefix / "share" / file).read_text()
