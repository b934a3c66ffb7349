"""What `floe check` says of memory and scratch, against what the run takes: within a factor of two, at sizes where it matters.

The declared scratch of each step is held against what it makes by the law `keepingScratch` of `checkStep`; here stand whole runs, writers included.
"""
import json
import os
import subprocess
import time

import numpy as np
import pytest
from osgeo import gdal

from conftest import FLOE, ROOT, floe, write_tif

SIDE = 3000
# The program with its libraries, which MemoryEstimate takes for granted; below it a factor of two would be none.
PROGRAM = 95e6
# What is free: buffers of codecs, a few tiles more or less.
FREE_MEMORY, FREE_SCRATCH = 40e6, 16e6

IMAGE = "  image: { use: raster.read, with: { files: image.tif } }\n"
CODES = """  codes: { use: raster.read, with: { files: codes.tif, names: [codes] } }
  classes: { use: raster.expression, in: { image: codes.image }, with: { expression: codes, classes: { 1: sea_ice, 2: lead } } }
"""
MODEL = "  model: { use: file.read, with: { path: model.json } }\n"
# What stands before the step, the step, what is written.
STEPS = {
    "raster.read": (IMAGE, "", "o.tif: image.image"),
    "raster.clip": (IMAGE, "in: { image: image.image }, with: { box: [310000, 7880000, 325000, 7895000] }", "o.tif: s.result"),
    "raster.expression": (IMAGE, "in: { image: image.image }, with: { expression: (B01 - B02) / (B01 + B02) }", "o.tif: s.result"),
    "raster.filter": (IMAGE, "in: { image: image.image }, with: { statistic: median, window: 3 }", "o.tif: s.result"),
    "raster.local_contrast": (IMAGE, "in: { image: image.image }", "o.tif: s.result"),
    "raster.warp": (IMAGE, 'in: { image: image.image }, with: { crs: "EPSG:3413", resolution: 10 }', "o.tif: s.result"),
    "raster.sieve": (CODES, "in: { image: classes.result }", "o.tif: s.result"),
    "vector.polygonize": (CODES, "in: { image: classes.result }", "o.gpkg: s.polygons"),
    "vector.leads": (CODES, "in: { image: classes.result }", "o.gpkg: s.leads"),
    "evaluate.compare": (CODES, "in: { reference: classes.result, predicted: codes.image }", "o.json: s.score"),
    "cluster.kmeans": (IMAGE, "in: { samples: image.image }, with: { clusters: 2, names: { lead: darkest, sea_ice: rest } }", "o.tif: s.classes, l.tif: s.labels"),
    "cluster.gmm": (IMAGE, "in: { samples: image.image }, with: { clusters: 2 }", "o.tif: s.labels, p.tif: s.probability"),
    "cluster.kmedoids": (IMAGE, "in: { samples: image.image }, with: { clusters: 2 }", "o.tif: s.labels"),
    "cluster.fit": (IMAGE, "in: { samples: [image.image] }, with: { method: kmeans, clusters: 2 }", "o.json: s.model"),
    "cluster.apply": (IMAGE + MODEL, "in: { samples: image.image, model: model.data }", "o.tif: s.labels"),
}
# Two readers of one raster: the run keeps it, and the step that would keep it does not.
SHARED = ("raster.filter", (IMAGE + "  ratio: { use: raster.expression, in: { image: image.image }, with: { expression: B01 / B02 } }\n",
          "in: { image: ratio.result }, with: { statistic: median, window: 3 }", "o.tif: s.result, r.tif: ratio.result"))


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """An image of bright ice with dark leads, four bands, and its classes."""
    folder = tmp_path_factory.mktemp("estimates")
    random = np.random.default_rng(1)
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype("float32")
    lead = np.sin(x / 97 + 3 * np.sin(y / 211)) > 0.985
    noise = random.normal(0, 150, (SIDE, SIDE)).astype("float32")
    write_tif(folder / "image.tif", np.stack([7000 - 200 * b + np.roll(noise, 7 * b) - lead * (5500 - 100 * b) for b in range(4)]).astype("uint16"), nodata=0)
    write_tif(folder / "codes.tif", np.where(lead, 2, 1).astype("uint8"))
    write(folder, *STEPS["cluster.kmeans"][:2], "model.json: s.model", "cluster.kmeans")
    floe("run", folder / "p.yaml", "-o", folder / "model", "--quiet", cwd=folder)
    (folder / "model.json").write_text((folder / "model/model.json").read_text())
    return folder


def write(folder, before, settings, outputs, use):
    step = f"  s: {{ use: {use}, {settings} }}\n" if settings else ""
    (folder / "p.yaml").write_text(f"floe: 1\nsteps:\n{before}{step}outputs: {{ {outputs} }}\n")


def within_two(estimate, measured, free):
    return estimate <= 2 * measured + free and measured <= 2 * estimate + free


def checked(*words, cwd=None):
    told = json.loads(floe("check", *words, "--json", cwd=cwd).out)
    assert told["sound"], told
    return told


def in_files(process):
    """Bytes of the scratch files that a process has open: they have no name, so that no listing shows them."""
    found = {}
    try:
        for name in os.listdir(f"/proc/{process.pid}/fd"):
            try:
                if "/scratch-here/" in os.readlink(path := f"/proc/{process.pid}/fd/{name}"):
                    told = os.stat(path)
                    found[told.st_ino] = told.st_blocks * 512
            except OSError:
                # Closed meanwhile.
                continue
    except OSError:
        return 0
    return sum(found.values())


def measure(folder, out, *words):
    """The largest size of scratch files and the peak of resident memory of a run of p.yaml."""
    (folder / "scratch-here").mkdir(exist_ok=True)
    process = subprocess.Popen([FLOE, "run", "p.yaml", "-o", out, "--force", "--quiet", "--scratch", folder / "scratch-here", *map(str, words)], cwd=folder)
    files = 0
    while process.poll() is None:
        files = max(files, in_files(process))
        time.sleep(0.004)
    assert process.returncode == 0
    return files, json.loads((out / "run.json").read_text())["peak_memory_bytes"]


def assert_memory(told, peak, name):
    estimate = told["memory_bytes"]
    assert within_two(estimate, peak, 0) and within_two(estimate - PROGRAM, peak - PROGRAM, FREE_MEMORY), f"{name}: {estimate / 1e6:.0f} MB, {peak / 1e6:.0f} MB taken"


@pytest.mark.parametrize("name", STEPS)
def test_memory_of_a_step(place, tmp_path, name):
    write(place, *STEPS[name], name)
    words = ["--workers", 2, "--memory", "1GB"]
    told = checked("p.yaml", *words, cwd=place)
    _, peak = measure(place, tmp_path / "out", *words)
    assert_memory(told, peak, name)


# vector.leads works in memory alone, and is refused where it has no room.
@pytest.mark.parametrize("name", [n for n in STEPS if n not in ("vector.leads", "raster.clip", "evaluate.compare")] + ["shared"])
def test_scratch_of_a_step(place, tmp_path, name):
    use, parts = SHARED if name == "shared" else (name, STEPS[name])
    write(place, *parts, use)
    # No room for pixels, so that all scratch lies in files.
    words = ["--workers", 2, "--memory", "200MB"]
    told = checked("p.yaml", *words, cwd=place)["scratch_bytes"]
    files, _ = measure(place, tmp_path / "out", *words)
    assert within_two(told, files, FREE_SCRATCH), f"{name}: {told / 1e6:.0f} MB, {files / 1e6:.0f} MB taken"


def test_an_output_that_is_a_folder_counts_too(place, tmp_path):
    write(place, IMAGE, "", "o.zarr: image.image", "")
    words = ["--workers", 2, "--memory", "200MB"]
    told = checked("p.yaml", *words, cwd=place)["scratch_bytes"]
    files, _ = measure(place, tmp_path / "out", *words)
    assert told == SIDE * SIDE * 4 * 2 and within_two(told, files, 0)


def examples(demo):
    """Each example with what it is run on."""
    from pyproj import Transformer
    image = gdal.Open(str(demo["results"] / "ice-lead.tif"))
    x, width, _, y, _, height = image.GetGeoTransform()
    along = np.linspace(0.1, 0.9, 2000)
    lon, lat = Transformer.from_crs(image.GetProjection(), 4326, always_xy=True).transform(x + along * width * image.RasterXSize, y + along * height * image.RasterYSize)
    points = demo["folder"].parent / "points-on-ice-lead.csv"
    points.write_text("lon,lat\n" + "".join(f"{a:.8f},{b:.8f}\n" for a, b in zip(lon, lat)))
    scene, track, results = f"scene={demo['scene']}", f"track={demo['track']}", demo["results"]
    return {
        "ice-lead": [scene], "ice-lead-course": [scene], "own-classes": [scene], "apply-model": [scene, f"model={results / 'model.json'}"],
        "ice-lead-colocated": [scene, track], "altimetry": [track], "altimetry-course": [track], "freeboard": [track],
        "geotiff": [f"image={results / 'stack.tif'}", "clusters=3"], "lead-widths": [f"classes={results / 'ice-lead.tif'}"],
        "compare": [f"reference={results / 'ice-lead.tif'}", f"predicted={results / 'ice-lead.tif'}"],
        "track-on-image": [f"track={points}", f"classes={results / 'ice-lead.tif'}"], "points": [], "icesat2": [],
    }


@pytest.mark.parametrize("name", sorted(p.stem for p in (ROOT / "examples").glob("*.yaml") if p.stem != "find"))
def test_memory_of_an_example(demo, tmp_path, name):
    """catalogue.search asks a server; every other example is here."""
    words = [ROOT / f"examples/{name}.yaml", "--workers", 2]
    for setting in examples(demo)[name]:
        words += ["--set", setting]
    told = checked(*words)
    floe("run", *words, "-o", tmp_path, "--quiet")
    assert_memory(told, json.loads((tmp_path / "run.json").read_text())["peak_memory_bytes"], name)
