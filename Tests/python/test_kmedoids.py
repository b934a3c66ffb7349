"""cluster.kmedoids beside a search over every choice of medoids, and its contract on rasters."""
import itertools
import json

import numpy as np
import pytest
from conftest import floe, read, write_tif


def smallest(points, count):
    """The least sum of Euclidean distances to the nearest of `count` points, and these points."""
    d = np.sqrt(((points[:, None] - points[None]) ** 2).sum(-1))
    return min((d[list(m)].min(0).sum(), m) for m in itertools.combinations(range(len(points)), count))


@pytest.mark.parametrize("count", [2, 3])
def test_medoids_are_those_of_trying_everything(tmp_path, count):
    rng = np.random.default_rng(8)
    points = np.concatenate([rng.normal(m, 1, (14, 2)) for m in ((0, 0), (8, 1), (3, 9))] + [[[90, 90]]]).round(4)
    (tmp_path / "p.csv").write_text("a,b\n" + "\n".join(f"{a},{b}" for a, b in points) + "\n")
    floe("step", "cluster.kmedoids", "--samples", tmp_path / "p.csv", "--clusters", count, "--features", "a,b",
         "--labels", "l.csv", "--model", "m.json", "-o", tmp_path / "out", "--quiet")
    model = json.loads((tmp_path / "out/m.json").read_text())
    cost, wanted = smallest(points, count)
    medoids = np.array([c["centre"] for c in model["clusters"]])
    assert sorted(map(tuple, medoids.round(4))) == sorted(map(tuple, points[list(wanted)]))
    assert model["kind"] == "kmedoids" and model["figures"]["mean_distance"] == pytest.approx(cost / len(points), rel=1e-6)
    labels = np.genfromtxt(tmp_path / "out/l.csv", delimiter=",", names=True)["cluster"].astype(int)
    nearest = np.sqrt(((points[:, None] - medoids[None]) ** 2).sum(-1)).argmin(1)
    assert (labels == nearest).all()


def test_bytes_do_not_depend_on_workers_or_memory_and_models_are_applied(tmp_path):
    rng = np.random.default_rng(2)
    pixels = rng.normal(6000, 300, (3, 700, 600))
    pixels[:, 200:220] = rng.normal(900, 100, (3, 20, 600))
    pixels[:, :30] = 0
    image = write_tif(tmp_path / "image.tif", pixels.astype(np.uint16), nodata=0)
    seen = []
    for i, more in enumerate((["--workers", 1], ["--workers", 3, "--memory", "300MB"])):
        out = tmp_path / f"out{i}"
        floe("step", "cluster.kmedoids", "--samples", image, "--clusters", 2, "--draw-size", 200, "--seed", 5,
             "--names", "lead=darkest,sea_ice=rest", "--labels", "l.tif", "--classes", "c.tif", "--model", "m.json",
             "-o", out, "--quiet", *more)
        seen.append([(out / n).read_bytes() for n in ("l.tif", "c.tif", "m.json")])
    assert seen[0] == seen[1]
    labels = read(tmp_path / "out0/l.tif")
    assert (labels[:30] == 255).all() and (labels[200:220] == 0).all() and (labels[30:200] == 1).all()
    # Medoids are pixels of the image.
    model = json.loads((tmp_path / "out0/m.json").read_text())
    stored = {tuple(p) for p in pixels.astype(np.uint16).reshape(3, -1).T}
    assert all(tuple(int(v) for v in c["centre"]) in stored for c in model["clusters"])
    floe("step", "cluster.apply", "--samples", image, "--model-file", tmp_path / "out0/m.json", "--labels", "l.tif",
         "--classes", "c.tif", "-o", tmp_path / "again", "--quiet")
    assert (read(tmp_path / "again/l.tif") == labels).all()
    assert (read(tmp_path / "again/c.tif") == read(tmp_path / "out0/c.tif")).all()


def test_refusals(tmp_path):
    image = write_tif(tmp_path / "image.tif", np.arange(100, dtype=np.uint16).reshape(10, 10))
    said = floe("step", "cluster.kmedoids", "--samples", image, "--clusters", 9, "--draw-size", 9, "--labels", "l.tif",
                "-o", tmp_path / "out", expect=2).err
    assert "draw_size" in said and "more than the 9 clusters" in said
    (tmp_path / "m.json").write_text(json.dumps({"kind": "dbscan", "features": [
        {"name": "B01", "unit": "1", "quantity": "value"}], "mean": [0], "spread": [1], "clusters": [
        {"centre": [1], "variance": [1], "count": 1}]}))
    said = floe("step", "cluster.apply", "--samples", image, "--model-file", tmp_path / "m.json", "--labels", "l.tif",
                "-o", tmp_path / "out", expect=2).err
    assert "'dbscan'" in said and "'kmeans', 'gmm' and 'kmedoids' can be applied" in said
