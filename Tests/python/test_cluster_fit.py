"""One model for many scenes: judged by scikit-learn on the samples of all, the same bytes for any order."""
import itertools
import json

import numpy as np
import pytest
from conftest import floe, read, run_pipeline, write_tif
from osgeo import gdal
from sklearn.cluster import KMeans
from sklearn.mixture import GaussianMixture

CENTRES = np.array([[900.0, 700.0], [3200.0, 2500.0], [6800.0, 7400.0]])
SHARES = [[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.05, 0.15, 0.8]]
SIZES = [(70, 90), (300, 40), (41, 67)]


@pytest.fixture(scope="module")
def scenes(tmp_path_factory):
    """Three scenes of other sizes and places, each with another share of the same three surfaces, and with no data."""
    folder = tmp_path_factory.mktemp("scenes")
    random = np.random.default_rng(5)
    files, samples = [], []
    for i, ((rows, columns), shares) in enumerate(zip(SIZES, SHARES)):
        which = random.choice(3, size=(rows, columns), p=shares)
        values = CENTRES[which] + random.normal(0, 260, (rows, columns, 2))
        image = np.moveaxis(np.clip(values, 1, 65000).round().astype(np.uint16), -1, 0)
        image[:, :5, :7] = 0
        files.append(write_tif(folder / f"scene-{i}.tif", image, origin=(300000.0 + 5e4 * i, 7900020.0), nodata=0))
        samples.append(image.reshape(2, -1).T[image[0].ravel() > 0])
    return files, samples


def fit(tmp_path, files, with_=""):
    steps = "".join(f"  s{i}: {{ use: raster.read, with: {{ files: '{f}' }} }}\n" for i, f in enumerate(files))
    inputs = ", ".join(f"s{i}.image" for i in range(len(files)))
    tmp_path.mkdir(exist_ok=True)
    out, record, _ = run_pipeline(
        tmp_path, f"floe: 1\nsteps:\n{steps}  fit: {{ use: cluster.fit, in: {{ samples: [{inputs}] }}, with: {{ {with_} }} }}\n"
        "outputs: { model.json: fit.model }\n")
    model = json.loads((out / "model.json").read_text())
    provenance = model.pop("provenance")
    return model, record, provenance


def test_kmeans_is_that_of_scikit_learn_on_all_samples(scenes, tmp_path):
    files, samples = scenes
    model, record, _ = fit(tmp_path, files, "method: kmeans, clusters: 3")
    judge = KMeans(3, n_init=10, tol=1e-12, random_state=0).fit(np.concatenate(samples).astype(float))
    order = np.argsort(judge.cluster_centers_.mean(1))
    ours = np.array([c["centre"] for c in model["clusters"]])
    assert np.allclose(ours, judge.cluster_centers_[order], rtol=1e-4)
    assert [c["count"] for c in model["clusters"]] == np.bincount(judge.labels_)[order].tolist()
    assert model["figures"]["valid"] == sum(map(len, samples)) and model["figures"]["skipped"] == 3 * 35
    assert record["results"]["fit"]["scenes"] == 3


def test_a_mixture_is_that_of_scikit_learn_on_all_samples(scenes, tmp_path):
    files, samples = scenes
    model, _, _ = fit(tmp_path, files, "method: gmm, clusters: 3, tolerance: 1e-9, iterations: 1000")
    judge = GaussianMixture(3, tol=1e-9, max_iter=1000, random_state=0).fit(np.concatenate(samples).astype(float))
    order = np.argsort(judge.means_.mean(1))
    assert np.allclose([c["centre"] for c in model["clusters"]], judge.means_[order], rtol=1e-3)
    assert np.allclose(model["mixture"]["weights"], judge.weights_[order], atol=1e-3)
    assert np.allclose(model["mixture"]["covariances"], judge.covariances_[order], rtol=0.02, atol=300)


@pytest.mark.parametrize("with_", [
    "method: kmeans, clusters: 4", "method: gmm, clusters: auto, cluster_range: [2, 4]",
    "method: gmm, clusters: 3, training: balanced, names: { lead: darkest, sea_ice: rest }"])
def test_any_order_and_workers_give_the_same_bytes(scenes, tmp_path, with_):
    files, _ = scenes
    orders = list(itertools.permutations(files)) if "kmeans" in with_ else [files, files[::-1]]
    models = {json.dumps(fit(tmp_path / str(i), order, with_)[0], sort_keys=True) for i, order in enumerate(orders)}
    assert len(models) == 1


def test_any_order_gives_the_same_model_with_its_provenance_and_key(scenes, tmp_path):
    """What the model's file says of its origin is the same for any order, so that what rests on it need not run again."""
    files, _ = scenes
    apply = tmp_path / "apply.yaml"
    apply.write_text("""floe: 1
inputs: { image: { type: raster }, model: { type: model } }
steps: { classes: { use: cluster.apply, in: { samples: $image, model: $model } } }
outputs: { labels.tif: classes.labels }
""")
    told, keys = set(), set()
    for i, order in enumerate(itertools.permutations(files)):
        out = tmp_path / f"step-{i}"
        floe("step", "cluster.fit", "--samples", ",".join(map(str, order)), "--method", "kmeans", "--clusters", 3,
             "--model", "model.json", "-o", out, "--quiet")
        told.add((out / "model.json").read_bytes())
        keys.add(json.loads((out / "run.json").read_text())["steps"][-1]["key"])
    assert len(told) == 1 and len(keys) == 1
    # Files of one name in several folders are told apart by what they hold.
    twins = [tmp_path / place / "scene.tif" for place in "ab"]
    for twin, file in zip(twins, files):
        twin.parent.mkdir()
        twin.write_bytes(file.read_bytes())
    made = set()
    for i, order in enumerate((twins, twins[::-1])):
        floe("step", "cluster.fit", "--samples", ",".join(map(str, order)), "--method", "kmeans", "--clusters", 3,
             "--model", "model.json", "-o", tmp_path / f"twins-{i}", "--quiet")
        made.add((tmp_path / f"twins-{i}/model.json").read_bytes())
    assert len(made) == 1
    # In a pipeline the order of the list alone.
    steps = "".join(f"  s{i}: {{ use: raster.read, with: {{ files: '{f}' }} }}\n" for i, f in enumerate(files))
    models = set()
    for i, order in enumerate(itertools.permutations(range(3))):
        names = ", ".join(f"s{n}.image" for n in order)
        (tmp_path / "p.yaml").write_text(
            f"floe: 1\nsteps:\n{steps}  fit: {{ use: cluster.fit, in: {{ samples: [{names}] }}, with: {{ method: kmeans, clusters: 3 }} }}\n"
            "outputs: { model.json: fit.model }\n")
        floe("run", tmp_path / "p.yaml", "-o", tmp_path / f"run-{i}", "--quiet")
        models.add((tmp_path / f"run-{i}/model.json").read_bytes())
    assert len(models) == 1
    # What was applied with the model of one order is there already with that of another.
    words = ["run", apply, "--set", f"image={files[0]}", "-o", tmp_path / "applied"]
    floe(*words, "--set", f"model={tmp_path}/step-0/model.json", "--quiet")
    before = (tmp_path / "applied/run.json").stat().st_mtime_ns
    floe(*words, "--set", f"model={tmp_path}/step-3/model.json", "--quiet")
    assert (tmp_path / "applied/run.json").stat().st_mtime_ns == before


def test_scenes_that_are_stored_otherwise_are_fitted_in_physical_units(scenes, tmp_path):
    files, _ = scenes
    plain, _, _ = fit(tmp_path / "plain", files, "method: kmeans, clusters: 3")
    other = tmp_path / "other.tif"
    values = gdal.Open(str(files[1])).ReadAsArray().astype(np.float32)
    values[values == 0] = np.nan
    write_tif(other, (values + 1000) / 2)
    ds = gdal.Open(str(other), gdal.GA_Update)
    for b in (1, 2):
        ds.GetRasterBand(b).SetScale(2)
        ds.GetRasterBand(b).SetOffset(-1000)
    ds = None
    mixed, _, _ = fit(tmp_path / "mixed", [files[0], other, files[2]], "method: kmeans, clusters: 3")
    centres = [np.array([c["centre"] for c in m["clusters"]]) for m in (plain, mixed)]
    assert np.allclose(*centres, rtol=1e-5)
    assert [c["count"] for c in plain["clusters"]] == [c["count"] for c in mixed["clusters"]]


def test_two_commands_classify_a_season(scenes, tmp_path):
    files, samples = scenes
    pattern = files[0].parent / "scene-*.tif"
    floe("step", "cluster.fit", "--samples", pattern, "--method", "kmeans", "--clusters", 3, "--model", "model.json",
         "-o", tmp_path)
    (tmp_path / "apply.yaml").write_text("""floe: 1
inputs: { image: { type: raster }, model: { type: model } }
steps: { classes: { use: cluster.apply, in: { samples: $image, model: $model } } }
outputs: { labels.tif: classes.labels }
""")
    floe("batch", tmp_path / "apply.yaml", "--over", f"image={pattern}", "--set", f"model={tmp_path}/model.json",
         "-o", tmp_path / "season")
    judge = KMeans(3, n_init=10, tol=1e-12, random_state=0).fit(np.concatenate(samples).astype(float))
    rank = np.argsort(np.argsort(judge.cluster_centers_.mean(1)))
    for i, file in enumerate(files):
        labels = read(tmp_path / f"season/scene-{i}/labels.tif")
        image = read(file)
        truth = rank[judge.predict(image.reshape(2, -1).T.astype(float))].reshape(labels.shape)
        assert (labels[image[0] == 0] == 255).all()
        assert (labels == truth)[image[0] > 0].mean() > 0.999


def test_scenes_that_do_not_fit_are_refused(scenes, tmp_path):
    files, _ = scenes
    one = write_tif(tmp_path / "one.tif", read(files[0])[:1])
    refused = floe("step", "cluster.fit", "--samples", f"{files[0]},{one}", "--model", "m.json", "-o", tmp_path, expect=2)
    assert "number 2 does not fit number 1: it has the bands B01, not B01, B02" in refused.err
    refused = floe("step", "cluster.fit", "--samples", f"{one},{files[0]}", "--model", "m.json", "-o", tmp_path, expect=2)
    assert "number 2 does not fit number 1: it has the bands B01, B02, not B01" in refused.err
    (tmp_path / "t.csv").write_text("a,b\n1,2\n3,4\n")
    refused = floe("step", "cluster.fit", "--samples", f"{files[0]},{tmp_path}/t.csv", "--model", "m.json", "-o", tmp_path,
                   expect=2)
    assert "number 2 is a table" in refused.err
    nothing = floe("step", "cluster.fit", "--samples", tmp_path / "none-*.tif", "--model", "m.json", "-o", tmp_path, expect=2)
    assert "nothing matches" in nothing.err


def test_numbers_of_another_scale_are_told(tmp_path):
    """A model of shares on percent: nothing names the unit, the numbers tell."""
    random = np.random.default_rng(6)
    shares = np.where(random.random((60, 60)) < 0.1, 0.06, 0.8) + random.normal(0, 0.02, (60, 60))
    write_tif(tmp_path / "a.tif", shares.astype("float32"))
    write_tif(tmp_path / "b.tif", (100 * shares).astype("float32"))
    fit = """
floe: 1
steps:
  a: { use: raster.read, with: { files: [a.tif], names: [v] } }
  k: { use: cluster.kmeans, in: { samples: a.image }, with: { clusters: 2 } }
outputs: { model.json: k.model }
"""
    out, _, _ = run_pipeline(tmp_path, fit)
    model = (out / "model.json").rename(tmp_path / "model.json")
    told = {}
    for name in "ab":
        _, record, _ = run_pipeline(tmp_path, f"""
floe: 1
steps:
  a: {{ use: raster.read, with: {{ files: [{name}.tif], names: [v] }} }}
  k: {{ use: cluster.apply, in: {{ samples: a.image }}, with: {{ model_file: {model} }} }}
outputs: {{ labels.tif: k.labels }}
""", "--force", "--overwrite")
        told[name] = [w["message"] for w in record["warnings"]]
    assert not any("far outside" in m for m in told["a"]) and any(" % of the samples lie far outside" in m for m in told["b"])


def test_a_fit_for_dark_tells_what_it_lacks(scenes, tmp_path):
    files, _ = scenes
    _, record, _ = fit(tmp_path, files, "method: kmeans, clusters: 3, training: balanced, names: { lead: dark, sea_ice: rest }")
    assert any("tell no wavelengths" in w["message"] for w in record["warnings"])
