"""Servers that fail: a lasting fault has its sentence, a passing one is none, and no part of a file is taken for the whole."""
import gzip
import os
import random
import shutil

import numpy as np
import pytest

from conftest import floe, write_tif
from served import QUICK, digests, made, web  # noqa: F401
from web import serving


@pytest.mark.parametrize("fault, words", [
    (404, "there is nothing at this address (404)"),
    (403, "the server refuses it (403)"),
    (401, "credentials are missing"),
    (503, "the server cannot answer now (503)"),
    (429, "asked too often (429)"),
    ("cut", "the connection was cut"),
    ("reset", "the connection was cut"),
])
def test_a_lasting_fault_has_its_sentence(made, web, tmp_path, fault, words):
    web.random = lambda path: fault
    result = floe("run", made / "copy.yaml", "--set", f"image={web.url('a.tif')}", "-o", tmp_path / "o", "--quiet", expect=2, env=QUICK)
    assert words in result.err and web.url("a.tif") in result.err
    assert not (tmp_path / "o").exists() or not list((tmp_path / "o").iterdir())


def test_a_server_that_does_not_answer(made, web, tmp_path):
    web.delay, web.random = 3, lambda path: "slow"
    env = {**QUICK, "GDAL_HTTP_TIMEOUT": "1", "GDAL_HTTP_MAX_RETRY": "0"}
    result = floe("run", made / "copy.yaml", "--set", f"image={web.url('a.tif')}", "-o", tmp_path / "o", "--quiet", expect=2, env=env)
    assert "did not answer in time" in result.err


@pytest.mark.parametrize("fault", [429, 500, 502, 503, "cut", "reset"])
def test_a_passing_fault_is_none(made, web, tmp_path, fault):
    floe("run", made / "copy.yaml", "--set", f"image={made / 'a.tif'}", "-o", tmp_path / "local", "--quiet")
    web.faults = [("a.tif", fault)] * 3
    floe("run", made / "copy.yaml", "--set", f"image={web.url('a.tif')}", "-o", tmp_path / "web", "--quiet", env=QUICK)
    assert digests(tmp_path / "local") == digests(tmp_path / "web") and not web.faults


def test_a_server_without_ranges_sends_the_whole_once(made, tmp_path):
    folder = tmp_path / "served"
    folder.mkdir()
    write_tif(folder / "large.tif", np.random.default_rng(1).integers(1, 60000, (1, 1000, 1200)).astype("uint16"))
    floe("run", made / "copy.yaml", "--set", f"image={folder / 'large.tif'}", "-o", tmp_path / "local", "--quiet")
    with serving(folder) as web:
        web.ranges = False
        result = floe("run", made / "copy.yaml", "--set", f"image={web.url('large.tif')}", "-o", tmp_path / "web")
    assert "sends files only whole" in result.err
    assert digests(tmp_path / "local") == digests(tmp_path / "web")


@pytest.mark.parametrize("name, parameter", [("a.tif", "image"), ("points.csv", "file")])
def test_a_file_that_is_compressed_on_the_way(made, web, tmp_path, name, parameter):
    content = gzip.compress((made / name).read_bytes())
    web.answers[f"/{name}"] = lambda *_: (200, [("Content-Encoding", "gzip")], content)
    words = ["run", made / "copy.yaml", "--set", f"image={web.url(name)}"] if parameter == "image" else [
        "step", "table.read", "--file", web.url(name), "--table", "t.csv"]
    result = floe(*words, "-o", tmp_path / "o", "--quiet", expect=2)
    assert "compressed (Content-Encoding: gzip)" in result.err and web.url(name) in result.err


def test_a_file_that_changes_on_the_server(made, tmp_path):
    folder = tmp_path / "served"
    folder.mkdir()
    shutil.copy(made / "a.tif", folder / "a.tif")
    with serving(folder) as web:
        def change(path, seen=[0]):
            seen[0] += 1
            if seen[0] == 3:
                os.utime(folder / "a.tif", (1, 1))
            return None
        web.random = change
        result = floe("run", made / "copy.yaml", "--set", f"image={web.url('a.tif')}", "-o", tmp_path / "o", "--quiet", expect=None)
    assert result.status in (1, 2) and "changed on the server" in result.err


def test_random_faults_give_the_right_bytes_or_a_sentence(made, web, tmp_path):
    """Twelve runs here; `FLOE_FAULT_RUNS` asks for more."""
    floe("run", made / "copy.yaml", "--set", f"image={made / 'a.tif'}", "-o", tmp_path / "local", "--quiet")
    right = digests(tmp_path / "local")
    ended = {0: 0, 1: 0, 2: 0}
    for seed in range(int(os.environ.get("FLOE_FAULT_RUNS", 12))):
        rng = random.Random(seed)
        web.random = lambda path: rng.choice([429, 500, 503, "cut", "reset"]) if rng.random() < 0.15 + 0.05 * (seed % 10) else None
        out = tmp_path / f"o{seed}"
        result = floe("run", made / "copy.yaml", "--set", f"image={web.url('a.tif')}", "-o", out, "--quiet", expect=None, env=QUICK)
        ended[result.status] += 1
        if result.status == 0:
            assert digests(out) == right
        else:
            assert result.err.startswith("error: ") and (not out.exists() or not list(out.iterdir()))
    assert ended[0] > 0
