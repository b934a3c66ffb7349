"""Leads and sea ice of altimeter records by limits in physical units: clusters, mixtures and the published rules, on real records."""
import csv
import json

import numpy as np
import pytest
from conftest import needs_real_data, real_data, run_pipeline

ESA_OCEAN, ESA_ICE, ESA_LEAD, ESA_UNDEFINED = 64, 128, 256, 32
OCEAN, ICE, LEAD, UNCLASSIFIED = 0, 1, 2, 3
COLUMNS = {"peakiness": "peakiness_20_ku", "ssd": "stack_std_20_ku", "sigma0": "sig0_1_20_ku", "sic": "sea_ice_concentration_20_ku"}

FIT = """
floe: 1
steps:
  records: {{ use: table.read, with: {{ file: {file} }} }}
  groups:
    use: {step}
    in: {{ samples: records.table }}
    with:
      features: [peakiness_20_ku, stack_std_20_ku, sig0_1_20_ku]
      clusters: {k}
      standardise: true
      names: {{ lead: highest peakiness_20_ku, sea_ice: rest }}
      {more}
outputs:
  classes.csv: groups.classes
"""
RULES = """
floe: 1
steps:
  records: {{ use: table.read, with: {{ file: {file} }} }}
  rules: {{ use: altimetry.classify, in: {{ input: records.table }}, with: {{ {with_} }} }}
outputs:
  classes.csv: rules.track
"""


@pytest.fixture(scope="module")
def l2i():
    """All 4312 records of a real CryoSat-2 pass: three features, concentration, ESA's class."""
    netCDF4 = pytest.importorskip("netCDF4")
    (file,) = (real_data() / "cryosat2").glob("CS_*SIR_SARI2*.nc")
    with netCDF4.Dataset(file) as f:
        read = lambda name: np.ma.filled(f[name][:].astype(float), np.nan)
        table = {key: read(name) for key, name in COLUMNS.items()}
        table["esa"] = read("flag_surf_type_class_20_ku").astype(int)
    return table


def write(path, table, rows):
    with open(path, "w", newline="") as f:
        out = csv.writer(f)
        out.writerow(["esa", *COLUMNS.values()])
        for i in np.flatnonzero(rows):
            # All with decimals, so that the file's columns are read as numbers.
            out.writerow([table["esa"][i], *(f"{table[key][i]:.4f}" for key in COLUMNS)])
    return path


def codes(folder, column="class_code"):
    with open(folder / "classes.csv", newline="") as f:
        return np.array([int(row[column]) if row[column] else -1 for row in csv.DictReader(f)])


def scores(esa, ours):
    """Precision over what ESA decides; recall over all of ESA's leads, unclassified ones counted as missed."""
    decided = esa != ESA_UNDEFINED
    hit = np.sum((ours == LEAD) & (esa == ESA_LEAD))
    return hit / max(1, np.sum((ours == LEAD) & decided)), hit / max(1, np.sum(esa == ESA_LEAD))


@needs_real_data
@pytest.mark.parametrize("step", ["cluster.kmeans", "cluster.gmm"])
@pytest.mark.parametrize("k", [2, 3, 6])
@pytest.mark.parametrize("undefined", [True, False])
def test_clusters_find_esas_leads(tmp_path, l2i, step, k, undefined):
    rows = np.ones(len(l2i["esa"]), bool) if undefined else l2i["esa"] != ESA_UNDEFINED
    out, record, _ = run_pipeline(tmp_path, FIT.format(file=write(tmp_path / "l2i.csv", l2i, rows), step=step, k=k, more=""))
    precision, recall = scores(l2i["esa"][rows], codes(out))
    assert precision >= 0.99 and recall >= 0.90
    counted = {e["name"]: e["records"] for e in record["results"]["groups"]["class_counts"]}
    assert sum(counted.values()) == rows.sum() and counted["unclassified"] == sum(r["count"] for r in record["results"]["groups"]["unclassified"])


@needs_real_data
@pytest.mark.parametrize("step", ["cluster.kmeans", "cluster.gmm"])
@pytest.mark.parametrize("esa", [ESA_ICE, ESA_OCEAN])
def test_no_lead_where_there_is_none(tmp_path, l2i, step, esa):
    rows = l2i["esa"] == esa
    assert rows.sum() == {ESA_ICE: 629, ESA_OCEAN: 1138}[esa]
    out, record, result = run_pipeline(tmp_path, FIT.format(file=write(tmp_path / "l2i.csv", l2i, rows), step=step, k=2, more=""))
    ours = codes(out)
    assert not (ours == LEAD).any()
    assert record["results"]["groups"]["naming"][0].startswith("no lead found: no cluster has half of its records within")
    if esa == ESA_OCEAN:
        assert not (ours == ICE).any()


@needs_real_data
@pytest.mark.parametrize("step", ["cluster.kmeans", "cluster.gmm"])
@pytest.mark.parametrize("feature", [None, "stack_std_20_ku", "sig0_1_20_ku"])
def test_leads_too_few_for_a_cluster_are_leads(tmp_path, l2i, step, feature):
    """A few real leads among ESA's ice and ocean: found by their own values, in whatever cluster they lie."""
    esa = l2i["esa"]
    some = np.random.default_rng(0).choice(np.flatnonzero(esa == ESA_LEAD), 35, replace=False)
    rows = (esa == ESA_ICE) | (esa == ESA_OCEAN)
    rows[some] = True
    text = FIT
    if feature:
        text = text.replace("[peakiness_20_ku, stack_std_20_ku, sig0_1_20_ku]", f"[{feature}]").replace("highest peakiness_20_ku", f"highest {feature}")
    out, record, _ = run_pipeline(tmp_path, text.format(file=write(tmp_path / "few.csv", l2i, rows), step=step, k=2, more="limits: cryosat2-l2i"))
    ours, esa = codes(out), esa[rows]
    assert not (ours[esa != ESA_LEAD] == LEAD).any()
    # A mixture may doubt some by their posterior.
    assert (ours[esa == ESA_LEAD] == LEAD).sum() >= (35 if step == "cluster.kmeans" else 18)
    assert record["results"]["groups"]["naming"][0].startswith("lead: ")


def by_hand(l2i, lead, diffuse):
    pp, ssd, sic = l2i["peakiness"], l2i["ssd"], l2i["sic"]
    want = np.full(len(pp), UNCLASSIFIED)
    want[(pp <= diffuse) & (ssd > 6.29) & (sic >= 75)] = ICE
    want[(pp <= diffuse) & (ssd > 6.29) & (sic <= 0)] = OCEAN
    want[(pp >= lead) & (ssd < 6.29) & (sic >= 15)] = LEAD
    return want


@needs_real_data
@pytest.mark.parametrize("with_", ["limits: cryosat2-l2i", ""])
def test_limits_of_l2i_are_esas_classes(tmp_path, l2i, with_):
    """CPOM's limits in ESA's definition, chosen by the column: all leads and all ice of ESA, and no lead among ice and ocean."""
    file = write(tmp_path / "l2i.csv", l2i, np.ones(len(l2i["esa"]), bool))
    out, record, _ = run_pipeline(tmp_path, RULES.format(file=file, with_=with_))
    got = codes(out, "rule_code")
    assert (got == by_hand(l2i, 31, 16)).all()
    assert scores(l2i["esa"], got) == (1, 1)
    assert (got[l2i["esa"] == ESA_ICE] == ICE).all() and (l2i["esa"] == ESA_ICE).sum() == 629
    assert record["results"]["rules"]["limits"]["set"] == "cryosat2-l2i" and "1.72" in record["results"]["rules"]["limits"]["source"]
    # The file has lost the mode, on which the definition of that name rests.
    assert ["SAR and its definition 'esa-l2i' are assumed" in w["message"] for w in record["warnings"]] == [True]


@needs_real_data
def test_cpom_rules_are_the_published_ones(tmp_path, l2i):
    """The published numbers on a column that does not say how it is defined: taken for CPOM's own, with a word."""
    rows = np.ones(len(l2i["esa"]), bool)
    file = write(tmp_path / "l2i.csv", l2i, rows)
    _, _, result = run_pipeline(tmp_path, RULES.format(file=file, with_="limits: cpom-cryosat2"), expect=2)
    assert "'peakiness_20_ku' has peakiness 'esa-l2i', the limits 'cpom-cryosat2' belong to 'course'" in result.err
    assert "'cryosat2-l2i' belongs to it" in result.err
    plain = tmp_path / "pp.csv"
    plain.write_text(file.read_text().replace("peakiness_20_ku", "pp", 1))
    out, record, _ = run_pipeline(tmp_path, RULES.format(file=plain, with_="limits: cpom-cryosat2"))
    assert [w["message"] for w in record["warnings"]] == ["nothing says how 'pp' is defined: 'course' is assumed, to which the limits 'cpom-cryosat2' belong"]
    pp, ssd, sic = l2i["peakiness"], l2i["ssd"], l2i["sic"]
    diffuse = (pp <= 9) & (ssd > 6.29)
    assert (codes(out, "rule_code") == by_hand(l2i, 18, 9)).all()
    # Concentrations are parameters, and so are the limits.
    out, _, _ = run_pipeline(tmp_path, RULES.format(file=plain, with_="limits: cpom-cryosat2, lead_concentration: 99, ice_concentration: 20"), "--overwrite")
    got = codes(out, "rule_code")
    assert ((got == LEAD) == ((pp >= 18) & (ssd < 6.29) & (sic >= 99))).all()
    assert ((got == ICE) == (diffuse & (sic >= 20))).all()
    out, _, _ = run_pipeline(tmp_path, RULES.format(
        file=file, with_="lead: ['peakiness_20_ku >= 40', 'stack_std_20_ku < 4'], sea_ice: ['peakiness_20_ku < 16']"), "--overwrite")
    got = codes(out, "rule_code")
    assert ((got == LEAD) == ((pp >= 40) & (ssd < 4))).all() and ((got == ICE) == (pp < 16)).all()


def small(path, header, rows):
    path.write_text("\n".join([",".join(header), *(",".join(map(str, r)) for r in rows)]) + "\n")
    return path


def test_limits_of_another_definition_are_refused(tmp_path):
    """`peakiness_1` is maximum / mean over all bins: CPOM's limits say nothing of it, and radians are no looks."""
    rows = [[60.5, 2.5, 100.5], [4.5, 40.5, 100.5]]
    file = small(tmp_path / "a.csv", ["peakiness_1_20_ku", "ssd", "sic"], rows)
    _, _, result = run_pipeline(tmp_path, RULES.format(file=file, with_="limits: cpom-cryosat2"), expect=2)
    assert "'peakiness_1_20_ku' has peakiness 'max-mean', the limits 'cpom-cryosat2' belong to 'course'" in result.err
    # ESA's peakiness_2 of Sentinel-3 is neither, and no set speaks of it.
    file = small(tmp_path / "p2.csv", ["peakiness_2_20_ku", "ssd", "sic"], rows)
    _, _, result = run_pipeline(tmp_path, RULES.format(file=file, with_=""), expect=2)
    assert "'peakiness_2_20_ku' has peakiness 'esa-peakiness-2'" in result.err and "no set belongs to it" in result.err
    file = small(tmp_path / "b.csv", ["ssd", "n"], [[2.5, 1], [3.5, 2]])
    _, _, result = run_pipeline(tmp_path, RULES.format(file=file, with_=""), expect=2)
    assert "no column of peakiness" in result.err
    _, _, result = run_pipeline(tmp_path, RULES.format(file=file, with_="limits: cpom"), expect=2)
    assert "'cpom', which is no set of limits; there are cpom-cryosat2" in result.err
    _, _, result = run_pipeline(tmp_path, RULES.format(file=file, with_="lead: ['ssd <> 3'], sea_ice: ['ssd > 6']"), expect=2)
    assert "must be 'column sign number'" in result.err


def test_posteriors_below_the_limit_are_unclassified(tmp_path):
    """Two overlapping populations: between them the mixture cannot tell, and says so."""
    from sklearn.mixture import GaussianMixture
    rng = np.random.default_rng(3)
    x = np.concatenate([rng.normal(7, 1.0, 3000), rng.normal(22, 5.0, 1500)]).round(4)
    file = small(tmp_path / "a.csv", ["peakiness", "n"], [(v, i) for i, v in enumerate(x)])
    pipeline = FIT.replace("[peakiness_20_ku, stack_std_20_ku, sig0_1_20_ku]", "[peakiness]").replace("highest peakiness_20_ku", "highest peakiness")
    out, record, _ = run_pipeline(tmp_path, pipeline.format(
        file=file, step="cluster.gmm", k=2, more="min_posterior: 0.95\n      lead_limits: [peakiness >= 12]\n      ice_limits: [peakiness < 12]"))
    fit = GaussianMixture(2, n_init=3, tol=1e-6, max_iter=1000, random_state=0).fit(x[:, None])
    p = fit.predict_proba(x[:, None])[:, np.argmax(fit.means_[:, 0])]
    want = np.where(x >= 12, LEAD, ICE)
    unsure = np.where(want == LEAD, p, 1 - p) < 0.95
    got = codes(out)
    # The two fits differ by a little, and so does who is just below the limit.
    assert np.mean((got == UNCLASSIFIED) != unsure) < 0.003 and unsure.sum() > 20
    assert (got[got != UNCLASSIFIED] == want[got != UNCLASSIFIED]).all()
    reasons = {r["reason"]: r["count"] for r in record["results"]["groups"]["unclassified"]}
    assert reasons["posterior below 0.95"] > 20 and sum(reasons.values()) == (got == UNCLASSIFIED).sum()


def test_tables_without_radar_features_have_no_leads(tmp_path):
    rng = np.random.default_rng(1)
    x = np.concatenate([rng.normal(0, 1, 50), rng.normal(20, 1, 50)])
    file = small(tmp_path / "a.csv", ["a", "n"], [(round(v, 4), i) for i, v in enumerate(x)])
    pipeline = FIT.replace("[peakiness_20_ku, stack_std_20_ku, sig0_1_20_ku]", "[a]").replace("highest peakiness_20_ku", "highest a")
    out, record, _ = run_pipeline(tmp_path, pipeline.format(file=file, step="cluster.kmeans", k=2, more=""))
    assert (codes(out) == ICE).all()
    assert "no column of peakiness" in record["results"]["groups"]["naming"][0]
    out, _, _ = run_pipeline(tmp_path, pipeline.format(file=file, step="cluster.kmeans", k=2, more="limits: none"))
    assert ((codes(out) == LEAD) == (x > 10)).all()
