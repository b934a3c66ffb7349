"""The preset `course` beside the recipe in numpy, SciPy and scikit-learn, on made products with and without faults."""
import json
import pathlib

import netCDF4
import numpy as np
import pytest
from altimetry_faults import faulty
from conftest import ROOT, floe
from course_altimetry import CourseRun, centred, peakiness, shifted

CASES = {"clean": (1, None), "faults": (2, 0.0), "more faults": (5, 0.0), "a few masked corrections": (7, 0.004), "masked corrections": (3, 0.03)}


def made(folder, seed, records=1400):
    floe("step", "synthetic.sentinel3", "--folder", folder, "--records", records, "--scene-seed", seed,
         "--products", "p.json", "-o", folder / "made", "--quiet")
    return next(folder.glob("*.SEN3"))


class Case:
    def __init__(self, folder, seed, masked):
        product = made(folder, seed)
        if masked is not None:
            product = faulty(product, folder / "faulty" / product.name, seed, masked)
        self.product = product
        self.peer = CourseRun(product)
        self.out = folder / "out"
        floe("run", ROOT / "examples/altimetry-course.yaml", "--set", f"track={product}", "-o", self.out, "--quiet")
        self.echoes = netCDF4.Dataset(self.out / "echoes.nc")
        self.kept = np.flatnonzero(self.echoes["dropped_because"][:] == 0)

    def column(self, name):
        return np.ma.filled(self.echoes[name][:].astype(float), np.nan)


@pytest.fixture(scope="module", params=list(CASES))
def case(request, tmp_path_factory):
    return Case(tmp_path_factory.mktemp("course"), *CASES[request.param])


def close(ours, theirs, tolerance):
    """Equal within `tolerance` of their size, missing in the same places."""
    assert np.array_equal(np.isnan(ours), np.isnan(theirs)), np.flatnonzero(np.isnan(ours) != np.isnan(theirs))
    whole = ~np.isnan(ours)
    worst = np.max(np.abs(ours - theirs)[whole] / np.maximum(np.abs(theirs[whole]), 1), initial=0)
    assert worst <= tolerance, worst


def test_features_of_every_record(case):
    close(case.column("sigma0_db"), case.peer.all_sigma0, 1e-9)
    close(case.column("peakiness"), case.peer.all_peakiness, 1e-6)
    # A fit to noise or to almost nothing has several solutions: one record in a thousand may find another.
    ours, theirs = case.column("ssd"), case.peer.all_ssd
    both = np.isfinite(ours) & np.isfinite(theirs)
    apart = both & (np.abs(ours - theirs) > 1e-3 * np.maximum(1, np.abs(theirs)))
    assert apart.sum() + (np.isnan(ours) != np.isnan(theirs)).sum() <= len(ours) / 1000


def test_the_same_records_are_kept(case):
    assert np.array_equal(case.kept, case.peer.rows)


def test_shifts(case):
    close(case.column("shift_raw_m")[case.kept], case.peer.raw_shift, 1e-9)
    ours = case.column("shift_m")[case.kept]
    assert np.abs(ours - case.peer.shift).max() < 1e-6
    assert np.array_equal(ours == 0, case.peer.zeroed)


def test_aligned_echoes(case):
    ours = case.column("waveform_aligned")[case.kept]
    assert np.abs(ours - case.peer.aligned).max() < 1e-5


def test_groups(case):
    """The mixture and K-Means put the same records into the same groups, all but two."""
    codes = case.column("class_code")[case.kept]
    assert np.sum(codes != case.peer.gmm + 1) <= 2
    for name, theirs in (("score", case.peer.gmm_confusion), ("score-kmeans", case.peer.kmeans_confusion)):
        score = json.loads((case.out / f"{name}.json").read_text())["confusion_matrix"]
        place = [score["codes"].index(c) for c in (1, 2)]
        ours = np.array(score["counts"])[np.ix_(place, place)]
        assert np.abs(ours - theirs).max() <= 2, (name, ours, theirs)
        assert ours.sum() == theirs.sum()


def test_printed_figures(case):
    rows = json.loads((case.out / "figures.json").read_text())["printed_figures"]
    ours = {r["figure"]: r["value"] for r in rows}
    theirs = case.peer.figures()
    for here, there in {
        "nan_cells": "nan_cells", "records_kept": "kept", "reference_ice": "esa_ice", "reference_lead": "esa_lead",
        "shift_zeroed": "zeroed",
    }.items():
        assert ours[here] == theirs[there], here
    for here, there in {
        "mixture_ice": "gmm_ice", "mixture_lead": "gmm_lead", "other_ice": "kmeans_ice", "other_lead": "kmeans_lead",
    }.items():
        assert abs(ours[here] - theirs[there]) <= 2, here
    for here, there in {
        "shift_raw_mean": "raw_mean", "shift_raw_std": "raw_std", "shift_raw_min": "raw_min", "shift_raw_max": "raw_max",
        "shift_std": "shift_std", "peak_std_before": "peak_std_before", "peak_std_after": "peak_std_after",
    }.items():
        assert ours[here] == pytest.approx(theirs[there], rel=1e-6, abs=1e-6), here
    # Two records in the other group move a mean of hundreds by less than this.
    for kind in ("ice", "lead"):
        for when in ("before", "after"):
            assert ours[f"{kind}_echo_peak_{when}"] == pytest.approx(theirs[f"{kind}_peak_{when}"], abs=5e-3)
        for i, feature in enumerate(("sigma0_db", "peakiness", "ssd")):
            assert ours[f"mixture_{kind}_mean_{feature}"] == pytest.approx(theirs[f"{kind}_means"][i], rel=1e-2)


def test_the_recipe_has_rules_that_these_products_tell_apart(tmp_path):
    """The other readings of the recipe give other numbers here: what is compared above can fail."""
    product = made(tmp_path, 2)
    peer = CourseRun(faulty(product, tmp_path / "faulty" / product.name, 2, 0.0))
    # The mean taken off every record instead of off those that move.
    everywhere = np.where(peer.zeroed, 0, peer.raw_shift)
    everywhere -= everywhere.mean()
    assert peer.zeroed.sum() > 50 and np.abs(everywhere - peer.shift).min() > 1e-2
    # Masked corrections left out instead of let through: other shifts, where any are masked.
    through = CourseRun(faulty(product, tmp_path / "masked" / product.name, 3, 0.03))
    assert np.abs(through.raw_shift[np.isfinite(through.raw_shift)]).max() > 1e6
    # A second division by the maximum after the shift.
    again = peer.aligned / peer.aligned.max(axis=1, keepdims=True)
    assert np.abs(again - peer.aligned).max() > 0.05
    # The Nyquist value counted twice.
    doubled = 0
    for echo, metres in zip(peer.normalised[:50], peer.shift[:50]):
        echo = np.nan_to_num(echo)
        spectrum = np.zeros(256 * 24 // 2 + 1, complex)
        spectrum[:129] = np.fft.rfft(echo)
        fine = np.fft.irfft(spectrum, 256 * 24) * 24
        x = np.arange(fine.size) * 0.2342 / 24
        doubled = max(doubled, np.abs(np.interp(x + metres, x, fine)[::24] - shifted(echo, metres)).max())
    assert doubled > 1e-4
    # The noise floor compared in single precision, and a window that is clamped where the peak is early.
    single = np.array([peakiness(echo.astype(np.float32)) for echo in peer.all_waves], float)
    both = np.isfinite(single) & np.isfinite(peer.all_peakiness)
    assert np.sum(np.abs(single / peer.all_peakiness - 1)[both] > 1e-4) > 20
    early = [e for e in peer.all_waves if np.isfinite(e).all() and e.max() > 0 and e.argmax() < 50]
    assert len(early) > 10 and all(np.isnan(peakiness(e)) for e in early)
    # The scaler fitted on the kept records alone, classes of ESA instead of the mixture's, rows instead of cells.
    kept_alone = peer.features.std(axis=0)
    assert np.max(np.abs(kept_alone / peer.scaler.scale_ - 1)) > 1e-2
    assert np.isnan(peer.all_scaled).any(axis=1).sum() < peer.nan_cells
    figures = peer.figures()
    by_flag = peer.aligned[peer.flag == 2].mean(axis=0).max()
    assert abs(by_flag - figures["lead_peak_after"]) > 5e-3


def test_a_course_run_by_hand():
    """What the numbers above rest on, on arrays that fit the head."""
    echo = np.ones(256)
    echo[100], echo[101] = 11, 3
    assert peakiness(echo) == 11 / 7
    echo = np.ones(256)
    echo[49] = 11
    assert np.isnan(peakiness(echo))
    shift, zeroed = centred(np.array([*range(101), np.nan], float))
    assert zeroed.sum() == 3 and shift[0] == shift[100] == shift[101] == 0 and shift[50] == 0 and shift[51] == 1
