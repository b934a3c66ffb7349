"""Broken plugins: each gets its own sentence in `floe plugins`, and no run that does not need it is disturbed."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import numpy as np
import pytest
from conftest import FLOE, ROOT, floe, read, write_tif
from test_strangers import build, leads, package  # noqa: F401  (fixtures)


@pytest.fixture(scope="module")
def stamp():
    """The stamp of the kit that floe runs on."""
    kit = (ROOT / ".build/release/libFloeKit.so").read_bytes()
    parts = re.search(rb"floe-kit\|([^|\0]+)\|([^|\0]+)\|([^|\0]+)\|([^|\0]+)\|end", kit).groups()
    return dict(zip(("version", "contract", "digest", "compiler"), (part.decode() for part in parts)))


def library(folder, name, stamp=None, body="", entry=True, **changes):
    """A shared library in C that carries a stamp, doctored by `changes`, and an entry point."""
    text = ""
    if stamp:
        s = {**stamp, **changes}
        text = f'const char stamp[] = "floe-kit|{s["version"]}|{s["contract"]}|{s["digest"]}|{s["compiler"]}|end";'
    source = folder / f"{name}.c"
    source.write_text(f'{text}\nextern int nowhere(void);\n' + (f"void floe_plugin_{name}FloePlugin(void *registry) {{ {body} }}\n" if entry else ""))
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", folder / f"lib{name}FloePlugin.so", source], check=True)


@pytest.fixture(scope="module")
def inconsistent(tmp_path_factory):
    """A plugin in Swift whose step lacks a family and declares an empty range."""
    folder = tmp_path_factory.mktemp("bad")
    floe("new", "plugin", "bad-step", "--in", folder)
    step = folder / "bad-step/Sources/BadStep/ThresholdStep.swift"
    step.write_text(step.read_text().replace('name = "bad_step.threshold"', 'name = "threshold"'))
    return build(folder / "bad-step") / "libBadStepFloePlugin.so"


@pytest.fixture(scope="module")
def broken(stamp, inconsistent, leads, tmp_path_factory):  # noqa: F811
    folder = tmp_path_factory.mktemp("broken")
    library(folder, "OtherVersion", stamp, version="9.9.9")
    library(folder, "OtherDigest", stamp, digest="feedfacefeedface")
    library(folder, "OtherContract", stamp, contract="feedfacefeedface")
    library(folder, "OtherCompiler", stamp, compiler="Snake C 1.0")
    library(folder, "NoStamp")
    library(folder, "NoDoor", stamp, entry=False)
    library(folder, "MissingSymbol", stamp, body="nowhere();")
    library(folder, "Traps", stamp, body="__builtin_trap();")
    library(folder, "Exits", stamp, body="extern void _exit(int); _exit(0);")
    library(folder, "Silent", stamp)
    (folder / "libTextFloePlugin.so").write_text("#!/bin/sh\n")
    (folder / "libEmptyFloePlugin.so").write_bytes(b"")
    whole = (folder / "libNoDoorFloePlugin.so").read_bytes()
    (folder / "libCutFloePlugin.so").write_bytes(whole[: len(whole) // 2] + b"floe-kit|%s|%s|%s|%s|end\0" % tuple(stamp[k].encode() for k in ("version", "contract", "digest", "compiler")))
    (folder / "libFolderFloePlugin.so").mkdir()
    os.mkfifo(folder / "libPipeFloePlugin.so")
    (folder / "libDanglingFloePlugin.so").symlink_to("/no/such/file")
    shutil.copy(inconsistent, folder)
    shutil.copy(leads / "libLeadWidthFloePlugin.so", folder)
    second = folder / "second"
    second.mkdir()
    shutil.copy(leads / "libLeadWidthFloePlugin.so", second)
    return folder


@pytest.fixture(scope="module")
def env(tmp_path_factory):
    return {**os.environ, "XDG_CACHE_HOME": str(tmp_path_factory.mktemp("cache"))}


@pytest.fixture(scope="module")
def refusals(broken, env):
    found = json.loads(floe("plugins", "--json", "--plugin-path", broken, "--plugin-path", broken / "second", env=env).out)
    return {m["path"].removeprefix(str(broken) + "/").removesuffix("FloePlugin.so").removeprefix("lib"): m.get("refusal") for m in found}


SENTENCES = {
    "OtherVersion": "it was built with kit 9.9.9, this floe has kit",
    "OtherDigest": r"it was built with other sources of kit .* under the same contract \(digest feedfacefeedface, here",
    "OtherContract": r"it was built for another contract of kit .* \(feedfacefeedface, here",
    "OtherCompiler": "it was built by 'Snake C 1.0', this floe by",
    "NoStamp": "it carries no floe-kit stamp",
    "NoDoor": "it has no function 'floe_plugin_NoDoorFloePlugin'",
    "MissingSymbol": "it cannot be opened: .*undefined symbol: nowhere",
    "Traps": r"it crashed when it was opened \(signal 4, Illegal instruction\)",
    "Exits": "it ended the probe without an answer",
    "Silent": "did not register anything",
    "Text": "it is not a shared library",
    "Empty": "it is not a shared library",
    "Cut": "it crashed when it was opened|it cannot be opened",
    "Folder": "it is no file but a folder",
    "Pipe": "it is no file but a folder, pipe",
    "Dangling": "it is a link to nothing",
    "BadStep": "its step 'threshold' is declared wrongly: step name 'threshold' must be 'family.step'",
    "second/libLeadWidth": "its step 'leads.width' is already given by .*libLeadWidthFloePlugin.so, which is found first",
}


@pytest.mark.parametrize("plugin", SENTENCES)
def test_each_has_its_own_sentence(refusals, plugin):
    assert re.search(SENTENCES[plugin], refusals[plugin] or "not refused"), refusals[plugin]


def test_the_sentences_differ(refusals):
    # Empty and Text are both no library; Folder and Pipe are both no file.
    assert len({re.sub(r"\w+FloePlugin|/\S+", "", refusals[p]) for p in SENTENCES}) >= len(SENTENCES) - 2
    assert refusals["LeadWidth"] is None


def test_the_cache_tells_the_same(broken, env, refusals):
    again = json.loads(floe("plugins", "--json", "--plugin-path", broken, env=env).out)
    assert {m["path"]: m.get("refusal") for m in again if str(broken) in m["path"]}[str(broken / "libTrapsFloePlugin.so")] == refusals["Traps"]


def test_people_see_them_too(broken, env):
    text = floe("plugins", "--plugin-path", broken, env=env).out
    assert "TrapsFloePlugin  REFUSED" in text and "link to nothing" in text


def test_other_runs_are_not_disturbed(broken, env, tmp_path):
    image = write_tif(tmp_path / "i.tif", np.arange(12, dtype=np.uint16).reshape(3, 4))
    pipeline = tmp_path / "p.yaml"
    pipeline.write_text(f"floe: 1\nsteps:\n  i: {{ use: raster.read, with: {{ files: {image} }} }}\noutputs:\n  o.tif: i.image\n")
    result = floe("run", pipeline, "-o", tmp_path / "out", "--plugin-path", broken, "--quiet", env=env)
    assert result.err == "" and (read(tmp_path / "out/o.tif") == np.arange(12).reshape(3, 4)).all()


def test_an_unreadable_file(stamp):
    """Root reads every file, so somebody else looks where the tests run as root; pytest's own folders are closed to them."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        library(folder, "Secret", stamp)
        (folder / "libSecretFloePlugin.so").chmod(0)
        other = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
        done = subprocess.run(
            [FLOE, "plugins", "--json", "--plugin-path", folder], capture_output=True, text=True, cwd="/", env={**os.environ, "HOME": "/nonexistent"}, **other)
        assert done.returncode == 0, done.stderr
        refusals = {pathlib.Path(m["path"]).name: m.get("refusal") for m in json.loads(done.stdout)}
    assert "it cannot be read" in refusals["libSecretFloePlugin.so"]
    assert refusals["libRasterStepsFloePlugin.so"] is None
