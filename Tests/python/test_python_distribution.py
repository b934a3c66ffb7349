"""The Python package as it is given away: the wheel, the course's notebook, the recipe."""
import os
import re
import subprocess
import sys
import warnings
import zipfile

import numpy as np
import pytest

from conftest import FLOE, ROOT, floe as shell, read as read_pixels
from python_package import floe, this_program  # noqa: F401


def test_the_wheel(tmp_path):
    pytest.importorskip("flit_core")
    source = tmp_path / "source"
    import shutil
    shutil.copytree(ROOT / "python", source, ignore=shutil.ignore_patterns("__pycache__", "dist"))
    subprocess.run([sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "--disable-pip-version-check", "-w", tmp_path / "dist", source],
                   check=True, capture_output=True)
    [wheel] = (tmp_path / "dist").glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {f"floe/{p.name}" for p in (ROOT / "python/floe").glob("*.py")} == {n for n in names if n.startswith("floe/")}
    assert wheel.name.endswith("-py3-none-any.whl") and f"-{floe.__version__}-" in wheel.name
    assert floe.__version__ in shell("--version").out
    done = subprocess.run([sys.executable, "-c", "import floe; print(floe.__file__, len(floe.steps()))"], capture_output=True, text=True,
                          env={**os.environ, "PYTHONPATH": str(wheel)}, cwd=tmp_path)
    assert done.returncode == 0 and str(wheel) in done.stdout, done.stderr
    absent = subprocess.run([sys.executable, "-c", "import floe; floe.cluster"], capture_output=True, text=True, cwd=tmp_path,
                            env={"PYTHONPATH": str(wheel), "PATH": "/nonexistent"})
    assert "ProgramNotFound: the program floe was not found" in absent.stderr


@pytest.fixture(scope="module")
def notebook(tmp_path_factory):
    """The course's notebook, run in a kernel of its own."""
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    pytest.importorskip("matplotlib")
    read = nbformat.read(ROOT / "examples/notebooks/geol0069-week4.ipynb", as_version=4)
    assert all(not c.get("outputs") and c.get("execution_count") is None for c in read.cells if c.cell_type == "code"), "outputs are not kept in the repository"
    folder = tmp_path_factory.mktemp("notebook")
    before = {k: os.environ.get(k) for k in ("PYTHONPATH", "FLOE", "FLOE_SCENE", "FLOE_TRACK", "TMPDIR")}
    os.environ.update(PYTHONPATH=str(ROOT / "python"), FLOE=str(FLOE), TMPDIR=str(folder))
    os.environ.pop("FLOE_SCENE", None), os.environ.pop("FLOE_TRACK", None)
    try:
        nbclient.NotebookClient(read, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(folder)}}).execute()
    finally:
        for key, value in before.items():
            os.environ.pop(key, None) if value is None else os.environ.__setitem__(key, value)
    nbformat.write(read, folder / "done.ipynb")
    return read


def test_the_notebook_does_the_course(notebook):
    import base64
    figures, texts = [], []
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            assert output.output_type != "error"
            if "image/png" in output.get("data", {}):
                figures.append(base64.b64decode(output["data"]["image/png"]))
            texts.append(output.get("text", "") if output.get("name") == "stdout" else "")
    from PIL import Image
    import io
    assert len(figures) == 7
    for figure in figures:
        pixels = np.asarray(Image.open(io.BytesIO(figure)).convert("RGB"))
        assert min(pixels.shape[:2]) > 300 and len(np.unique(pixels.reshape(-1, 3), axis=0)) > 50
    said = "\n".join(texts)
    # The made scene has leads on a few percent of its sea; both find them.
    share = float(re.search(r"^Lead +[\d.]+ km² +([\d.]+)%", said, re.M)[1])
    assert 4 < share < 9 and re.search(r"^lead +mixture +\d{3} ", said, re.M)
    assert "use: cluster.gmm" in said and "1 pair, 2.9 minutes apart" in said
    # Pixels without data are equal on both sides and agree on nothing.
    agreed, valid = re.search(r"agree on ([\d.]+)% of (\d+) pixels with data", said).groups()
    assert int(valid) < 480 * 480 and 50 < float(agreed) < 100


def test_the_recipe_in_python(demo, capsys, monkeypatch, tmp_path):
    """As it stands; the share of leads is that of the pixels with data, by numpy on the written file."""
    recipe = re.search(r"```python\n(.*?)```", (ROOT / "docs/recipes.md").read_text(), re.S)[1]
    names = {}
    monkeypatch.chdir(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(recipe.replace("SCENE.SAFE", str(demo["scene"])), names)
        floe.run({"classes.tif": names["groups"].classes}, out=tmp_path / "out")
    pixels = read_pixels(tmp_path / "out/classes.tif")
    assert float(capsys.readouterr().out.split()[0]) == pytest.approx((pixels == 2).sum() / (pixels != 255).sum())
