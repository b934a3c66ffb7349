"""Clustering against scikit-learn: centres, inertia, labels, log-likelihood, probabilities, all four covariance types."""
import json

import numpy as np
import pytest
from conftest import agreement, needs_real_data, read, real_data, run_pipeline, write_tif
from osgeo import gdal
from sklearn.cluster import KMeans
from sklearn.metrics import classification_report
from sklearn.mixture import GaussianMixture


def scene(seed=7, size=300):
    """Three overlapping Gaussian populations in three bands, with a corner of no data."""
    rng = np.random.default_rng(seed)
    kinds = rng.choice(3, size=(size, size), p=[0.15, 0.25, 0.6])
    means = np.array([[1500, 1400, 1200], [4200, 4000, 3600], [8000, 8200, 7900]], float)
    root = np.array([[250, 0, 0], [180, 160, 0], [120, 90, 140]], float)
    spread = np.array([0.7, 1.4, 2.0])
    values = means[kinds] + spread[kinds][..., None] * (rng.standard_normal((size, size, 3)) @ root.T)
    dn = np.clip(np.rint(values), 1, 30000).astype(np.uint16).transpose(2, 0, 1)
    dn[:, :40, :60] = 0
    return dn


PIPELINE = """
floe: 1
steps:
  image: {{ use: raster.read, with: {{ files: {file} }} }}
  fit:
    use: {step}
    in: {{ samples: image.image }}
    with: {{ clusters: {k}, {options} }}
outputs:
  labels.tif: fit.labels
  model.json: fit.model
{more}
"""


def samples(dn):
    flat = dn.reshape(dn.shape[0], -1).T.astype(float)
    valid = (flat > 0).all(axis=1)
    return flat[valid], valid.reshape(dn.shape[1:])


@pytest.mark.parametrize("k,standardise", [(2, False), (3, False), (3, True)])
def test_kmeans(tmp_path, k, standardise):
    dn = scene()
    file = write_tif(tmp_path / "scene.tif", dn, nodata=0)
    out, record, _ = run_pipeline(
        tmp_path, PIPELINE.format(file=file, step="cluster.kmeans", k=k, options=f"standardise: {str(standardise).lower()}", more=""))
    x, valid = samples(dn)
    space = (x - x.mean(0)) / x.std(0) if standardise else x
    peer = KMeans(k, n_init=10, tol=1e-9, random_state=0).fit(space)
    fact = record["results"]["fit"]
    assert fact["inertia"] <= 1.0001 * peer.inertia_
    centres = peer.cluster_centers_ * (x.std(0) if standardise else 1) + (x.mean(0) if standardise else 0)
    order = np.argsort(centres.mean(1))
    rank = np.empty(k, int)
    rank[order] = np.arange(k)
    labels = read(out / "labels.tif")
    assert (labels[~valid] == 255).all()
    assert (rank[peer.labels_] == labels[valid]).mean() >= 0.9999
    ours = np.array([[c["centre"][f"B{i:02d}"] for i in (1, 2, 3)] for c in fact["clusters"]])
    assert np.allclose(ours, centres[order], rtol=1e-4)
    assert sum(c["count"] for c in fact["clusters"]) == valid.sum()


@pytest.mark.parametrize("covariance", ["full", "tied", "diag", "spherical"])
def test_gmm(tmp_path, covariance):
    dn = scene()
    file = write_tif(tmp_path / "scene.tif", dn, nodata=0)
    out, record, _ = run_pipeline(
        tmp_path,
        PIPELINE.format(
            file=file, step="cluster.gmm", k=3, options=f"covariance: {covariance}, tolerance: 1e-6, iterations: 2000",
            more="  probability.tif: fit.probability"))
    x, valid = samples(dn)
    peer = GaussianMixture(3, covariance_type=covariance, tol=1e-6, max_iter=2000, random_state=0).fit(x)
    fact = record["results"]["fit"]
    assert fact["mean_log_likelihood"] >= peer.score(x) - 1e-4
    assert fact["bic"] == pytest.approx(peer.bic(x), rel=1e-5)
    order = np.argsort(peer.means_.mean(1))
    stored = gdal.Open(str(out / "probability.tif")).ReadAsArray()[:3, valid]
    assert np.abs(stored / 50000 - peer.predict_proba(x)[:, order].T).max() < 5e-3
    rank = np.argsort(order)
    assert (rank[peer.predict(x)] == read(out / "labels.tif")[valid]).mean() >= 0.9995
    model = json.loads((out / "model.json").read_text())
    assert np.allclose([c["centre"] for c in model["clusters"]], peer.means_[order], rtol=1e-3)


def test_a_table_clusters_like_scikit_learn(tmp_path):
    rng = np.random.default_rng(3)
    points = np.concatenate([rng.normal(c, 0.5, (25, 2)) for c in ((0, 0), (4, 0), (0, 5), (6, 6))])
    csv = tmp_path / "points.csv"
    csv.write_text("x,y\n" + "\n".join(f"{a!r},{b!r}" for a, b in points.tolist()) + "\n,1.0\n")
    out, record, _ = run_pipeline(
        tmp_path,
        f"""
floe: 1
steps:
  points: {{ use: table.read, with: {{ file: {csv} }} }}
  fit: {{ use: cluster.kmeans, in: {{ samples: points.table }}, with: {{ clusters: 4, features: [x, y] }} }}
outputs:
  labels.csv: fit.labels
""")
    peer = KMeans(4, n_init=10, random_state=0).fit(points)
    assert record["results"]["fit"]["inertia"] == pytest.approx(peer.inertia_, rel=1e-5)
    assert sum(d["count"] for d in record["left_out"]) == 1
    lines = (out / "labels.csv").read_text().splitlines()
    assert len(lines) == 102


def test_course_recipe_on_the_demo(demo, tmp_path):
    """B04 digital numbers above zero, two clusters: what the notebook does by hand."""
    from conftest import ROOT, floe
    out = tmp_path / "out"
    floe("run", ROOT / "examples/ice-lead-course.yaml", "--set", f"scene={demo['scene']}", "-o", out, "--quiet")
    dn = read(next(demo["scene"].glob("GRANULE/*/IMG_DATA/*_B04.jp2")))
    x = dn[dn > 0].astype(float)[:, None]
    peer = KMeans(2, n_init=10, tol=1e-9, random_state=0).fit(x)
    labels = read(out / "kmeans.tif")
    dark = peer.cluster_centers_.ravel().argmin()
    assert ((peer.labels_ == dark) == (labels[dn > 0] == 0)).mean() >= 0.9999


def test_course_mixture_is_scikit_learns_default(tmp_path):
    """More samples than a fit begins on: from the first step on all take part, as in scikit-learn, to its loose tolerance."""
    dn = scene(seed=5, size=620)[:1]
    file = write_tif(tmp_path / "scene.tif", dn, nodata=0)
    out, record, _ = run_pipeline(
        tmp_path, PIPELINE.format(file=file, step="cluster.gmm", k=2, options="preset: course", more=""))
    x, valid = samples(dn)
    assert len(x) > 300_000
    peer = GaussianMixture(2, random_state=0).fit(x)
    order = np.argsort(peer.means_[:, 0])
    model = json.loads((out / "model.json").read_text())
    assert np.allclose([c["centre"][0] for c in model["clusters"]], peer.means_[order, 0], rtol=2e-4)
    rank = np.argsort(order)
    assert (rank[peer.predict(x)] == read(out / "labels.tif")[valid]).mean() >= 0.9999
    # One EM run to the end gives something else, so that the tolerance is seen.
    end = GaussianMixture(2, random_state=0, tol=1e-9, max_iter=3000).fit(x)
    assert np.abs(np.sort(end.means_[:, 0]) / peer.means_[order, 0] - 1).max() > 5e-4


@needs_real_data
def test_real_pixels_through_both_doors(tmp_path):
    """Real Sentinel-2 pixels, as plain rasters and wrapped into a product with JP2s: one class raster, scikit-learn's."""
    folder = real_data() / "s2_crop_22WEV"
    blue, red = sorted(folder.glob("*_B0[24]_*.tif"))
    out, record, _ = run_pipeline(
        tmp_path,
        f"""
floe: 1
steps:
  image: {{ use: raster.read, with: {{ files: [{blue}, {red}], names: [B02, B04] }} }}
  fit: {{ use: cluster.kmeans, in: {{ samples: image.image }}, with: {{ clusters: 2 }} }}
  wrap: {{ use: synthetic.wrap_sentinel2, in: {{ image: image.image }}, with: {{ folder: {tmp_path}/wrapped }} }}
outputs:
  labels.tif: fit.labels
  wrapped.json: wrap.products
""")
    product = next((tmp_path / "wrapped").glob("*.SAFE"))
    file = tmp_path / "second.yaml"
    file.write_text(
        f"""
floe: 1
steps:
  stack: {{ use: sentinel2.stack, with: {{ product: {product}, bands: [B02, B04], units: dn }} }}
  fit: {{ use: cluster.kmeans, in: {{ samples: stack.image }}, with: {{ clusters: 2 }} }}
outputs:
  labels.tif: fit.labels
""")
    from conftest import floe
    floe("run", file, "-o", tmp_path / "second", "--quiet")
    first, second = read(out / "labels.tif"), read(tmp_path / "second/labels.tif")
    assert np.array_equal(first, second)
    x, valid = samples(np.stack([read(blue), read(red)]))
    # Until no label changes: at 1e-9 a ten-thousandth of them still would.
    peer = KMeans(2, n_init=10, tol=0, max_iter=1000, random_state=0).fit(x)
    rank = np.argsort(np.argsort(peer.cluster_centers_.mean(1)))
    assert agreement(rank[peer.labels_], first[valid], np.ones(len(x), bool)) >= 0.9999
    assert record["results"]["fit"]["inertia"] <= peer.inertia_ * 1.000001
