"""Shared means of the tests that look at floe from outside: the built executable, a demonstration product, real data."""
import hashlib
import json
import os
import pathlib
import shutil
import signal
import subprocess

import numpy as np
import pytest
from osgeo import gdal

gdal.UseExceptions()
# A shell's background job ignores Ctrl-C, and floe keeps to what it inherits; a handler of Python's own is not inherited.
signal.signal(signal.SIGINT, signal.default_int_handler)
ROOT = pathlib.Path(__file__).resolve().parents[2]
FLOE = ROOT / ".build/release/floe"


def real_data():
    return pathlib.Path(os.environ.get("FLOE_REAL_DATA", ROOT.parent / "shared/data"))


needs_real_data = pytest.mark.skipif(not real_data().is_dir(), reason="real data are not beside the checkout")


class Result:
    def __init__(self, done):
        self.status = done.returncode
        self.out = done.stdout
        self.err = done.stderr


def floe(*arguments, expect=0, timeout=600, env=None, cwd=None):
    done = subprocess.run(
        [str(FLOE), *map(str, arguments)], capture_output=True, text=True, timeout=timeout,
        env=env if env is not None else os.environ, cwd=cwd)
    if expect is not None:
        assert done.returncode == expect, f"floe {' '.join(map(str, arguments))}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return Result(done)


def sums(folder, pattern="**/*"):
    """The SHA-256 of each file of a folder by its path in there; records of runs, which hold times, are left out."""
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
            for p in sorted(pathlib.Path(folder).glob(pattern)) if p.is_file() and p.name != "run.json"}


def read(path):
    return gdal.Open(str(path)).ReadAsArray()


def write_tif(path, array, epsg=32601, origin=(300000.0, 7900020.0), pixel=10.0, nodata=None):
    """Bands first; the type is the array's."""
    array = array if array.ndim == 3 else array[None]
    types = {"uint8": gdal.GDT_Byte, "uint16": gdal.GDT_UInt16, "float32": gdal.GDT_Float32}
    ds = gdal.GetDriverByName("GTiff").Create(
        str(path), array.shape[2], array.shape[1], array.shape[0], types[array.dtype.name])
    ds.SetGeoTransform((origin[0], pixel, 0, origin[1], 0, -pixel))
    from osgeo import osr
    srs = osr.SpatialReference()
    srs.ImportFromEPSG(epsg)
    ds.SetProjection(srs.ExportToWkt())
    for i, band in enumerate(array):
        ds.GetRasterBand(i + 1).WriteArray(band)
        ds.GetRasterBand(i + 1).SetDescription(f"B{i + 1:02d}")
        if nodata is not None:
            ds.GetRasterBand(i + 1).SetNoDataValue(nodata)
    ds = None
    return path


def run_pipeline(tmp_path, yaml, *arguments, expect=0):
    """Runs a pipeline given as text; returns the output folder and the run's record."""
    file = tmp_path / "pipeline.yaml"
    file.write_text(yaml)
    out = tmp_path / "out"
    result = floe("run", file, "-o", out, "--quiet", *arguments, expect=expect)
    record = json.loads((out / "run.json").read_text()) if (out / "run.json").exists() else None
    return out, record, result


def own_cache(tmp_path, monkeypatch):
    """Gives a test floe's cache to itself, with the plugins that are known already, and returns its folder."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    usual = pathlib.Path(os.environ.get("HOME", "/")) / ".cache/floe/plugins"
    if usual.is_dir():
        shutil.copytree(usual, tmp_path / "cache/floe/plugins")
    return tmp_path / "cache/floe"


def in_qgis(folder, script, *arguments):
    """Runs a script with QGIS's modules and without a display; returns the JSON that it prints after FACTS."""
    file = folder / "look.py"
    file.write_text(script)
    done = subprocess.run(
        ["/usr/bin/python3", str(file), *map(str, arguments)], capture_output=True, text=True, timeout=300,
        env={"QT_QPA_PLATFORM": "offscreen", "HOME": str(folder), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"})
    line = next((l for l in done.stdout.splitlines() if l.startswith("FACTS")), None)
    assert line, done.stdout + done.stderr
    return json.loads(line[5:])


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    """A demonstration of 1200 x 1200 pixels: products, results and truth."""
    folder = tmp_path_factory.mktemp("demo")
    floe("demo", folder, "--size", 1200, "--seed", 1, "--quiet")
    products = json.loads((folder / "products/run.json").read_text())["results"]
    facts = {"settings": {}}
    for told in products.values():
        facts["settings"].update(told.get("settings", {}))
        facts["truth"] = told.get("truth", facts.get("truth"))
    return {
        "folder": folder,
        "scene": pathlib.Path(facts["settings"]["scene"]),
        "land": pathlib.Path(facts["settings"]["land"]),
        "truth": pathlib.Path(facts["truth"]),
        "track": pathlib.Path(facts["settings"]["track"]),
        "results": folder / "results",
        "record": json.loads((folder / "results/run.json").read_text()),
    }


def agreement(truth, labels, valid):
    return float((truth[valid] == labels[valid]).mean())


def f1(truth, predicted, code):
    hit = np.sum((truth == code) & (predicted == code))
    asked, said = np.sum(truth == code), np.sum(predicted == code)
    return 2 * hit / max(1, asked + said)
