"""Altimetry from product to score; the course's recipe has a file of its own."""
import json

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


def test_the_default_recipe_aligns_and_says_what_it_leaves_out(product, tmp_path):
    floe("run", ROOT / "examples/altimetry.yaml", "--set", f"track={product}", "-o", tmp_path, "--quiet")
    record = json.loads((tmp_path / "run.json").read_text())
    edge = record["results"]["aligned"]["leading_edge_std"]
    assert edge["before"] > 8 and edge["after"] <= 1.5
    echoes = netCDF4.Dataset(tmp_path / "echoes.nc")
    assert echoes.Conventions == "CF-1.13, ACDD-1.3"
    assert echoes["waveform_aligned"].dimensions == ("time_20_ku", "wf_sample_ind")
    # No record is moved by nothing in silence: one without a shift of its own says so.
    aligned, shift = echoes["aligned"][:], np.ma.filled(echoes["shift_m"][:], np.nan)
    assert (np.isfinite(shift) == (aligned == 1)).all()


@pytest.mark.parametrize("seed, records", [(2, 1200), (3, 2500), (11, 900), (42, 4000)])
def test_aligned_edges_on_other_scenes(seed, records, tmp_path):
    """Any scene and length: the leading edge within 1.5 bins over a surface of varying height, nothing zeroed, every record accounted for."""
    floe(
        "step", "synthetic.sentinel3", "--folder", tmp_path, "--records", records, "--scene-seed", seed, "--products", "p.json",
        "-o", tmp_path / "made", "--quiet")
    product = next(tmp_path.glob("*.SEN3"))
    floe("run", ROOT / "examples/altimetry.yaml", "--set", f"track={product}", "-o", tmp_path / "out", "--quiet")
    results = json.loads((tmp_path / "out/run.json").read_text())["results"]["aligned"]
    assert results["leading_edge_std"]["before"] > 8 and results["leading_edge_std"]["after"] <= 1.5
    assert "records_set_to_zero_shift" not in results
    echoes = netCDF4.Dataset(tmp_path / "out/echoes.nc")
    aligned, shift, kept = echoes["aligned"][:] == 1, np.ma.filled(echoes["shift_m"][:], np.nan), echoes["dropped_because"][:] == 0
    assert (np.isfinite(shift) == aligned).all()
    # Whatever is aligned has every term of its shift; the others are told of with a reason.
    terms = ["alt_20_ku", "tracker_range_20_ku", "mean_sea_surf_sol2_20_ku", "mod_dry_tropo_cor_zero_altitude_01", "mod_wet_tropo_cor_zero_altitude_01",
             "iono_cor_gim_01_ku", "ocean_tide_sol1_01", "solid_earth_tide_01", "pole_tide_01", "inv_bar_cor_01", "hf_fluct_cor_01"]
    complete = np.all([np.isfinite(np.ma.filled(echoes[t][:], np.nan)) for t in terms], 0)
    assert not (aligned & ~complete)[kept].any() and aligned[kept].mean() > 0.5
    # No whole echo became one of zeros or of missing samples.
    raw, moved = np.ma.filled(echoes["waveform_20_ku"][:], np.nan), np.ma.filled(echoes["waveform_aligned"][:], np.nan)
    whole = np.isfinite(raw).all(1) & (raw.max(1) > 0)
    assert (moved[whole].max(1) > 0.1).all()
    assert results["records_aligned"] == int((aligned & kept).sum())
