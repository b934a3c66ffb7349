"""Programs as steps: a manifest beside a few lines of Python, and a call of it."""
import os
import pathlib
import sys

import numpy as np
import pytest

from conftest import floe, write_tif

# The interpreter of the tests has scikit-learn and GDAL: programs are to find the same one.
ENV = {**os.environ, "PATH": f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}"}


@pytest.fixture
def image(tmp_path):
    """Two bands, dark on the left and bright on the right."""
    pixels = np.full((2, 60, 80), 1000, np.uint16)
    pixels[:, :, 40:] = 8000
    pixels += np.random.default_rng(3).integers(0, 200, pixels.shape, dtype=np.uint16)
    return write_tif(tmp_path / "image.tif", pixels)


def manifest(folder, program, *, name="test.step", command=None, extra="", ports=None):
    """A step `NAME` whose program is Python text that sees its arguments in `a`."""
    folder.mkdir(exist_ok=True)
    (folder / "program.py").write_text("import json, os, sys, time\na = sys.argv[1:]\n" + program)
    command = command or '[python3, "{folder}/program.py", "{input.image}", "{output.report}"]'
    ports = ports or """inputs:
  image: { kind: raster, help: Any raster }
outputs:
  report: { kind: document, help: A report }
"""
    (folder / "test.floe-step.yaml").write_text(
        f"floe_step: 1\nname: {name}\nsummary: A step of the tests.\ncommand: {command}\n{extra}\n{ports}")
    return folder


def run(folder, image, *more, expect=0, out="report.json", port="--report", step="test.step"):
    return floe(
        "step", step, "--plugin-path", folder, "--image", image, port, out, "-o", folder / "out", *more,
        env=ENV, expect=expect, timeout=120)
