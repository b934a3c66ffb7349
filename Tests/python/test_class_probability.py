"""Classes of a mixture are those of the largest probability, whatever the recipe: against the bands of the file and against SciPy."""
import json

import numpy as np
import pytest
from conftest import ROOT, floe, read, run_pipeline, write_tif
from osgeo import gdal
from scipy.stats import multivariate_normal

CODES = {"p_lead": 2, "p_sea_ice": 1, "p_thin_ice": 4, "p_unclassified": 3}
RECIPES = {
    "dark": "clusters: 8, training: balanced, names: { lead: dark, sea_ice: rest }",
    "auto": "clusters: auto, cluster_range: [2, 6], training: balanced, names: { lead: dark, sea_ice: rest }",
    "thin ice": "clusters: 8, training: balanced, names: { lead: dark, thin_ice: { rule: 'brightness < 0.75', code: 4 }, sea_ice: rest }",
    "darkest": "clusters: 6, names: { lead: darkest, sea_ice: rest }",
    "threshold": "clusters: 8, names: { lead: 'B04 < 0.5', sea_ice: rest }",
    "unclassified": "clusters: 8, names: { lead: dark, sea_ice: 'brightness > 0.9' }",
    "diagonal": "clusters: 8, covariance: diag, training: balanced, names: { lead: dark, sea_ice: rest }",
}


def most_probable(file):
    """The code of the largest band of each pixel, the lowest code of equal ones; 255 for no data."""
    ds = gdal.Open(str(file))
    names = [ds.GetRasterBand(i + 1).GetDescription() for i in range(ds.RasterCount)]
    bands = ds.ReadAsArray()
    rising = sorted((CODES[name], bands[i]) for i, name in enumerate(names) if name in CODES)
    values = np.stack([band for _, band in rising])
    best = np.array([code for code, _ in rising])[values.argmax(0)]
    return np.where(values[0] == 65535, 255, best)


@pytest.mark.parametrize("recipe", RECIPES)
def test_the_class_of_a_pixel_has_the_largest_probability(demo, tmp_path, recipe):
    pipeline = (ROOT / "examples/ice-lead.yaml").read_text().replace(
        "clusters: $clusters, training: balanced, names: { lead: dark, sea_ice: rest }", RECIPES[recipe])
    (tmp_path / "pipeline.yaml").write_text(pipeline)
    floe("run", tmp_path / "pipeline.yaml", "--set", f"scene={demo['scene']}", "-o", tmp_path / "out", "--quiet")
    classes = read(tmp_path / "out/ice-lead.tif")
    expected = most_probable(tmp_path / "out/probability.tif")
    assert (classes != 255).any() and len(np.unique(expected)) > 1
    assert (classes == expected).all()
    areas = json.loads((tmp_path / "out/run.json").read_text())["results"]["groups"]["class_areas"]
    assert {a["code"]: a["pixels"] for a in areas} == {c: n for c, n in zip(*np.unique(expected, return_counts=True)) if c != 255}
    # The model gives the same classes to the same scene.
    (tmp_path / "apply.yaml").write_text(f"""floe: 1
steps:
  stack: {{ use: raster.read, with: {{ files: {tmp_path}/out/stack.tif }} }}
  other: {{ use: cluster.apply, in: {{ samples: stack.image }}, with: {{ model_file: {tmp_path}/out/model.json }} }}
outputs:
  c.tif: other.classes
  p.tif: other.probability
""")
    floe("run", tmp_path / "apply.yaml", "-o", tmp_path / "again", "--quiet")
    again = read(tmp_path / "again/c.tif")
    assert (again == most_probable(tmp_path / "again/p.tif")).all() and (again != classes).mean() < 1e-4


def test_many_clusters_of_one_class_outweigh_one_of_another(tmp_path):
    """SciPy's densities of the model's mixture: a cluster may be the most probable one, and its class not the most probable class."""
    random = np.random.default_rng(4)
    levels = random.choice([3000, 4200, 4800, 5400, 6000], (120, 150), p=[0.2, 0.2, 0.2, 0.2, 0.2])
    pixels = np.stack([np.clip(levels + random.normal(0, 700, levels.shape), 1, 60000) for _ in range(2)]).astype("uint16")
    file = write_tif(tmp_path / "s.tif", pixels, nodata=0)
    out, _, _ = run_pipeline(tmp_path, f"""floe: 1
steps:
  image: {{ use: raster.read, with: {{ files: {file} }} }}
  groups:
    use: cluster.gmm
    in: {{ samples: image.image }}
    with: {{ clusters: 5, names: {{ lead: 'B01 < 4000', sea_ice: rest }} }}
outputs:
  l.tif: groups.labels
  c.tif: groups.classes
  p.tif: groups.probability
  m.json: groups.model
""")
    model = json.loads((out / "m.json").read_text())
    mixture = model["mixture"]
    points = np.moveaxis(pixels, 0, -1).astype(float)
    parts = np.stack([
        w * multivariate_normal(m, c).pdf(points) for w, m, c in zip(mixture["weights"], mixture["means"], mixture["covariances"])])
    parts /= parts.sum(0)
    codes = np.array([2 if m[0] < 4000 else 1 for m in mixture["means"]])
    lead = parts[codes == 2].sum(0)
    decided = np.abs(lead - 0.5) > 1e-3
    classes, labels = read(out / "c.tif"), read(out / "l.tif")
    assert ((classes == 2) == (lead > 0.5))[decided].all()
    # Which the most probable cluster does not always say.
    assert ((codes[labels] == 2) != (lead > 0.5))[decided].any() and (labels == parts.argmax(0)).mean() > 0.999


def test_columns_of_a_table(tmp_path):
    """By rules alone, without limits, a record's class has the largest probability as well."""
    random = np.random.default_rng(5)
    values = random.choice([3, 4.2, 4.8, 5.4, 6], 4000)[:, None] + random.normal(0, 0.7, (4000, 2))
    (tmp_path / "t.csv").write_text("v,w\n" + "\n".join(f"{v:.6f},{w:.6f}" for v, w in values) + "\n")
    out, _, _ = run_pipeline(tmp_path, f"""floe: 1
steps:
  table: {{ use: table.read, with: {{ file: {tmp_path}/t.csv }} }}
  groups:
    use: cluster.gmm
    in: {{ samples: table.table }}
    with: {{ features: [v, w], clusters: 5, limits: none, min_posterior: 0, names: {{ lead: 'v < 4', sea_ice: rest }} }}
outputs:
  c.csv: groups.classes
  p.csv: groups.probability
""")

    def columns(name):
        lines = (out / name).read_text().splitlines()
        return dict(zip(lines[0].split(","), zip(*(line.split(",") for line in lines[1:]))))
    code = np.array(columns("c.csv")["class_code"], int)
    p = columns("p.csv")
    lead, ice = (np.array(p[name], float) for name in ("p_lead", "p_sea_ice"))
    assert ((code == 2) == (lead > ice))[np.abs(lead - ice) > 1e-4].all() and {1, 2} == set(code)
