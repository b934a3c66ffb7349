"""Altimetry from product to score, beside an independent Python of the course's recipe."""
import json

import course_altimetry
import netCDF4
import numpy as np
import pytest
from conftest import ROOT, floe, run_pipeline


@pytest.fixture(scope="module")
def product(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sral")
    _, record, _ = run_pipeline(folder, f"""
floe: 1
title: A synthetic altimeter product
steps:
  made: {{ use: synthetic.sentinel3, with: {{ folder: {folder}, records: 1800, scene_seed: 1 }} }}
outputs:
  products.json: made.products
""")
    return record["results"]["made"]["settings"]["track"]


@pytest.fixture(scope="module")
def course(product, tmp_path_factory):
    out = tmp_path_factory.mktemp("course")
    floe("run", ROOT / "examples/altimetry-course.yaml", "--set", f"track={product}", "-o", out, "--quiet")
    return out


def test_the_course_preset_gives_the_courses_numbers(product, course):
    figures = course_altimetry.compare(product + "/enhanced_measurement.nc", course / "echoes.nc")
    for name in ["peakiness", "ssd", "sigma0_db"]:
        assert len(figures[name]["beyond"]) <= figures["records"] / 1000, figures[name]
        assert len(figures[name]["only_in_one"]) <= figures["records"] / 1000, figures[name]
    assert figures["kept"] == figures["kept_by_floe"]
    assert figures["shift_m"]["largest_difference"] < 1e-6
    assert figures["aligned_largest_difference"] < 1e-5
    score = json.loads((course / "score.json").read_text())["confusion_matrix"]
    ours = np.array(course_altimetry.confusion(figures))
    theirs = np.array(score["counts"])[:2, :2]
    assert score["codes"][:2] == [1, 2]
    assert np.abs(ours - theirs).max() <= 2, (ours, theirs)


def test_the_default_recipe_aligns_and_says_what_it_leaves_out(product, tmp_path):
    floe("run", ROOT / "examples/altimetry.yaml", "--set", f"track={product}", "-o", tmp_path, "--quiet")
    record = json.loads((tmp_path / "run.json").read_text())
    edge = record["results"]["aligned"]["leading edge std"]
    assert edge["before"] > 8 and edge["after"] <= 1.5
    echoes = netCDF4.Dataset(tmp_path / "echoes.nc")
    assert echoes.Conventions == "CF-1.8"
    assert echoes["waveform_aligned"].dimensions == ("time_20_ku", "wf_sample_ind")
    # No record is moved by nothing in silence: one without a shift of its own says so.
    aligned, shift = echoes["aligned"][:], np.ma.filled(echoes["shift_m"][:], np.nan)
    assert (np.isfinite(shift) == (aligned == 1)).all()
