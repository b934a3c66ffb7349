"""colocate.drift on made networks of leads: true shifts are found, unrelated tracks are called meaningless.

The suite tries a few pairs; `FLOE_DRIFT_PAIRS=200,100 pytest Tests/python/test_drift.py -s` the numbers that are promised
(200 unrelated pairs, of which at most 4 may be significant, and 100 true shifts, of which 95 are to be found).
"""
import json
import os

import numpy as np
import pytest
from pyproj import Transformer

from conftest import run_pipeline, write_tif

SIZE, PIXEL, RECORDS, SPACING = 1500, 20.0, 60, 330.0
ALONG, ACROSS = 300.0, 1640.0
ORIGIN, EPSG = (400000.0, 8000000.0), 32601
UNRELATED, TRUE = (int(n) for n in os.environ.get("FLOE_DRIFT_PAIRS", "8,8").split(","))
PIPELINE = """
floe: 1
title: Drift
steps:
  points: { use: table.read, with: { file: points.csv, x: lon, y: lat } }
  codes: { use: raster.read, with: { files: codes.tif, names: [codes] } }
  classes: { use: raster.expression, in: { image: codes.image }, with: { expression: codes, classes: { 1: sea_ice, 2: lead } } }
  shift: { use: colocate.drift, in: { input: points.table, raster: classes.result } }
outputs:
  shift.json: shift.report
"""


def network(random, share=0.03):
    """Curved leads of 30 to 200 m until the share of the scene is lead: `lead[row][column]`, row 0 the southernmost."""
    lead = np.zeros((SIZE, SIZE), bool)
    while lead.mean() < share:
        width = np.clip(np.exp(random.normal(np.log(60), 0.5)), 30, 200)
        length = int(random.uniform(5000, 30000) / (PIXEL / 2))
        heading = random.uniform(0, 2 * np.pi) + np.cumsum(random.normal(0, 0.01, length))
        x = random.uniform(0, SIZE) + np.cumsum(np.cos(heading)) / 2
        y = random.uniform(0, SIZE) + np.cumsum(np.sin(heading)) / 2
        reach = int(np.ceil(width / 2 / PIXEL))
        for dy in range(-reach, reach + 1):
            for dx in range(-reach, reach + 1):
                if np.hypot(dx, dy) * PIXEL <= width / 2:
                    c, r = np.floor(x + dx).astype(int), np.floor(y + dy).astype(int)
                    inside = (c >= 0) & (r >= 0) & (c < SIZE) & (r < SIZE)
                    lead[r[inside], c[inside]] = True
    return lead


def straight(random):
    """Places of the records in metres from the lower left corner, all inside, and the track's direction."""
    while True:
        heading = random.uniform(0, 2 * np.pi)
        u = np.array([np.cos(heading), np.sin(heading)])
        places = random.uniform(0.2, 0.8, 2) * SIZE * PIXEL + (np.arange(RECORDS) - (RECORDS - 1) / 2)[:, None] * SPACING * u
        if places.min() >= 0 and places.max() < SIZE * PIXEL:
            return places, u


def crossed(lead, places, u, share=0.02):
    """Whether each record's footprint holds at least a share of lead."""
    result = np.zeros(len(places), bool)
    reach = (ALONG + ACROSS) / 2
    for i, (x, y) in enumerate(places):
        c = np.arange(max(0, int((x - reach) / PIXEL)), min(SIZE, int((x + reach) / PIXEL) + 1))
        r = np.arange(max(0, int((y - reach) / PIXEL)), min(SIZE, int((y + reach) / PIXEL) + 1))
        if len(c) == 0 or len(r) == 0:
            continue
        dx, dy = np.meshgrid((c + 0.5) * PIXEL - x, (r + 0.5) * PIXEL - y)
        seen = lead[np.ix_(r, c)][(abs(dx * u[0] + dy * u[1]) <= ALONG / 2) & (abs(dx * u[1] - dy * u[0]) <= ACROSS / 2)]
        result[i] = len(seen) > 0 and seen.mean() >= share
    return result


def search(folder, lead, places, isLead):
    write_tif(folder / "codes.tif", np.where(lead, 2, 1).astype("uint8")[None, ::-1], EPSG, ORIGIN, PIXEL)
    x, y = ORIGIN[0] + places[:, 0], ORIGIN[1] - SIZE * PIXEL + places[:, 1]
    lon, lat = Transformer.from_crs(EPSG, 4326, always_xy=True).transform(x, y)
    np.savetxt(folder / "points.csv", np.c_[lon, lat, np.where(isLead, 2, 1), np.full(len(lon), 900)],
               fmt=["%.12f", "%.12f", "%d", "%d"], delimiter=",", header="lon,lat,class_code,dt_s", comments="")
    out, record, _ = run_pipeline(folder, PIPELINE)
    return json.loads((out / "shift.json").read_text()), record


def pairs(tmp_path, count, related):
    """Reports of pairs with at least three leads crossed, and the errors of the shifts in metres."""
    reports, errors, seed = [], [], 0
    while len(reports) < count:
        seed += 1
        random = np.random.default_rng([seed, related])
        lead = network(random)
        places, u = straight(random)
        length, heading = random.uniform(300, 2000), random.uniform(0, 2 * np.pi)
        shift = length * np.array([np.cos(heading), np.sin(heading)])
        if related:
            isLead = crossed(lead, places + shift, u)
        else:
            isLead = crossed(network(random), *straight(random))
        if isLead[0] + (np.diff(isLead.astype(int)) == 1).sum() < 3:
            continue
        folder = tmp_path / f"{seed}"
        folder.mkdir()
        report, _ = search(folder, lead, places, isLead)
        reports.append(report)
        errors.append(np.hypot(report["best"]["east_m"] - shift[0], report["best"]["north_m"] - shift[1]))
    return reports, np.array(errors)


def test_true_shifts_are_found(tmp_path):
    reports, errors = pairs(tmp_path, TRUE, True)
    found = np.array([r["significant"] for r in reports])
    print(f"\ntrue shifts: {found.sum()} of {TRUE} significant, error median {np.median(errors[found]):.0f} m, "
          f"90 % {np.percentile(errors[found], 90):.0f} m, within 200 m {(found & (errors < 200)).sum()}")
    assert found.sum() >= 0.95 * TRUE - (TRUE < 50)
    assert np.median(errors[found]) < 100
    for report in np.array(reports)[found]:
        best = report["best"]
        assert report["p_value"] <= 0.01 and report["chance"]["gumbel_p_value"] <= 0.008
        assert report["drift"]["east_m_s"] == pytest.approx(-best["east_m"] / 900)


def test_unrelated_tracks_are_meaningless(tmp_path):
    reports, _ = pairs(tmp_path, UNRELATED, False)
    found = np.array([r["significant"] for r in reports])
    print(f"\nunrelated pairs: {found.sum()} of {UNRELATED} significant; p below 0.2 in {sum(r['p_value'] < 0.2 for r in reports)}")
    assert found.sum() <= max(1, 0.02 * UNRELATED)
    for report in np.array(reports)[~found]:
        assert "drift" not in report and report["reason"]


def test_too_few_leads_and_the_same_bytes(tmp_path):
    """A track over one lead tells nothing of a shift; the search follows from the seed alone."""
    random = np.random.default_rng(5)
    lead = network(random)
    places, u = straight(random)
    isLead = np.zeros(RECORDS, bool)
    isLead[20:22] = True
    report, record = search(tmp_path, lead, places, isLead)
    assert not report["significant"] and report["leads_crossed"] == 1
    assert "crosses 1 lead " in report["reason"] and "meaningless" in json.dumps(record)
    texts = []
    for workers in (1, 2):
        out, _, _ = run_pipeline(tmp_path, PIPELINE, "--workers", workers)
        texts.append((out / "shift.json").read_bytes())
    assert texts[0] == texts[1]


def test_a_track_of_fewer_than_ten_records_is_told_and_no_failure(tmp_path):
    places = np.array([SIZE * PIXEL / 2, SIZE * PIXEL / 2]) + np.arange(9)[:, None] * [0, SPACING]
    report, record = search(tmp_path, np.zeros((SIZE, SIZE), bool), places, np.arange(9) == 4)
    assert report["best"] is None and not report["significant"] and report["records"] == 9 and report["lead_records"] == 1
    assert report["reason"] == "only 9 records with a class in 'class_code' lie on the scene; at least 10 are needed"
    assert any("no shift was searched: only 9 records" in w["message"] for w in record["warnings"])


def test_an_endless_search_is_refused(tmp_path):
    write_tif(tmp_path / "codes.tif", np.ones((1, 100, 100), "uint8"), EPSG, ORIGIN, 10.0)
    (tmp_path / "points.csv").write_text("lon,lat,class_code\n177,72,1\n")
    text = PIPELINE.replace("raster: classes.result }", "raster: classes.result }, with: { radius: 10000 }")
    _, _, result = run_pipeline(tmp_path, text, expect=2)
    assert "2001 shifts a side, more than 1001" in result.err and "at least 20.0 m" in result.err
