"""Programs of steps that do not keep to what they announced: another raster, a child that outlives them."""
import os
import sys

import numpy as np
import pytest

from conftest import floe, write_tif

PROGRAM = """import os, subprocess, sys
from osgeo import gdal, osr
gdal.UseExceptions()
source, target, way = sys.argv[1:4]
gdal.Translate(target, source)
ds = gdal.Open(target, gdal.GA_Update)
t = list(ds.GetGeoTransform())
if way == "zone":
    s = osr.SpatialReference(); s.ImportFromEPSG(32602); ds.SetProjection(s.ExportToWkt())
if way == "none":
    ds.SetProjection("")
if way == "pixel":
    t[1] *= 2; ds.SetGeoTransform(t)
ds = None
if way == "pipe":
    os.remove(target); os.mkfifo(target)
if way == "child":
    subprocess.Popen(["sleep", "300"], start_new_session=True, cwd="/")
"""


@pytest.fixture
def program(tmp_path):
    plugins = tmp_path / "plugins"
    plugins.mkdir()
    (plugins / "copy.py").write_text(PROGRAM)
    (plugins / "copy.floe-step.yaml").write_text(f"""floe_step: 1
name: test.copy
summary: Copies a raster.
command: [{sys.executable}, "{{folder}}/copy.py", "{{input.image}}", "{{output.result}}", "{{param.way}}"]
timeout: 60
inputs: {{ image: {{ kind: raster, help: Any raster }} }}
parameters: {{ way: {{ type: text, help: What goes wrong }} }}
outputs: {{ result: {{ kind: raster, like: image, type: uint8, help: The copy }} }}
""")
    write_tif(tmp_path / "in.tif", np.ones((1, 40, 60), "uint8"))

    def run(way, expect):
        (tmp_path / "p.yaml").write_text(
            f"floe: 1\nsteps: {{ r: {{ use: raster.read, with: {{ files: [in.tif] }} }}, c: {{ use: test.copy, in: {{ image: r.image }}, with: {{ way: {way} }} }} }}\noutputs: {{ o.tif: c.result }}\n")
        return floe("run", "p.yaml", "-o", "out", "--quiet", "--plugin-path", "plugins", expect=expect, cwd=tmp_path, timeout=50)

    return run


@pytest.mark.parametrize("way,word", [
    ("zone", "its reference system is EPSG:32602, not EPSG:32601"), ("none", "its reference system is none, not EPSG:32601"),
    ("pixel", "its pixel size is 20.0 x 10.0, not 10.0 x 10.0"), ("pipe", "a named pipe"),
])
def test_a_program_that_returns_another_raster_is_not_believed(program, way, word):
    assert word in program(way, 1).err


def test_a_child_that_left_the_programs_group_ends_with_it(program):
    program("child", 0)
    left = []
    for number in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{number}/cmdline", "rb") as f:
                words = f.read().split(b"\0")
            with open(f"/proc/{number}/environ", "rb") as f:
                marked = b"FLOE_STEP_RUN=" in f.read()
        except OSError:
            continue
        if marked and words[:2] == [b"sleep", b"300"]:
            left.append(number)
    assert not left
