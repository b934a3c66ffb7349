"""CryoSat-2 level 1b: echoes, times and corrections beside netCDF4, features and rules beside numpy, bad products."""
import json

import netCDF4
import numpy as np
import pytest

import small_cryosat
from conftest import floe, needs_real_data, real_data, run_pipeline
from real_products import L2I, SAR, numbers, product

LRM = "cs2_waveforms/CS_OFFL_SIR_LRM_1B_20221214T020321_20221214T020524_E001.nc"


@needs_real_data
@pytest.mark.parametrize("name, bins, gate", [(SAR, 256, 299792458 / 320e6 / 4), (LRM, 128, 299792458 / 320e6 / 2)])
def test_cryosat_2_level_1b_is_what_netcdf4_reads(tmp_path, name, bins, gate):
    run_pipeline(tmp_path, f"""
floe: 1
title: CryoSat-2
steps:
  read: {{ use: cryosat2.read, with: {{ product: {real_data() / name} }} }}
outputs:
  track.nc: read.track
""")
    track, own = netCDF4.Dataset(next(tmp_path.rglob("track.nc"))), product(name)
    # The samples reach 65535, which netCDF4 would mask as the default fill of the type.
    power = numbers(own, "pwr_waveform_20_ku", masked=False) * (
        numbers(own, "echo_scale_factor_20_ku") * 2.0 ** numbers(own, "echo_scale_pwr_20_ku"))[:, None]
    ours = numbers(track, "waveform_20_ku")
    assert ours.shape[1] == bins and np.isfinite(ours).all()
    assert np.allclose(ours, power, rtol=1e-6, atol=0)
    assert np.allclose(numbers(track, "tracker_range_20_ku"), numbers(own, "window_del_20_ku") * 299792458 / 2, atol=1e-6)
    attributes = track["waveform_20_ku"]
    assert float(attributes.range_gate_m) == pytest.approx(gate, rel=1e-12) and float(attributes.nominal_bin) == bins / 2
    # The product counts in TAI, 35 s ahead of UTC in 2014 and 37 s in 2022; its own attributes say the same.
    ahead = 35 if name == SAR else 37
    time = track["time"] if "time" in track.variables else track["time_20_ku"]
    assert netCDF4.num2date(time[0], time.units).strftime("%H:%M:%S") == {SAR: "09:23:02", LRM: "02:03:21"}[name]
    assert ahead == round(_seconds(own.first_record_time.split("=")[1]) - _seconds_of(own.sensing_start))
    t, hz = numbers(own, "time_20_ku"), numbers(own, "time_cor_01")
    for column, sign in [
        ("mod_dry_tropo_cor_zero_altitude_01", {"mod_dry_tropo_cor_01": 1}),
        ("ocean_tide_sol1_01", {"ocean_tide_01": 1, "ocean_tide_eq_01": 1, "load_tide_01": 1}),
        ("hf_fluct_cor_01", {"hf_fluct_total_cor_01": 1, "inv_bar_cor_01": -1}),
    ]:
        wanted = sum(factor * np.interp(t, hz, numbers(own, n)) for n, factor in sign.items())
        near = np.isfinite(numbers(track, column))
        assert near.all() and np.allclose(numbers(track, column), wanted, atol=1e-9), column


def _seconds(text):
    hours, minutes, seconds = text.split("T")[1].split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def _seconds_of(text):
    hours, minutes, seconds = text.split(" ")[1].split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def test_a_small_sarin_product_comes_out_as_it_was_made(tmp_path):
    path = small_cryosat.write(tmp_path)
    out, record, _ = run_pipeline(tmp_path, f"""
floe: 1
title: SARIn
steps:
  read: {{ use: cryosat2.read, with: {{ product: {path} }} }}
outputs:
  track.nc: read.track
""")
    track = netCDF4.Dataset(out / "track.nc")
    row = np.arange(small_cryosat.RECORDS)
    echo = numbers(track, "waveform_20_ku")
    assert np.allclose(echo[:, 16], 65535 * 0.5 * 2.0**-60, rtol=1e-6) and np.allclose(echo[:, 3], 35 * 0.5 * 2.0**-60, rtol=1e-6)
    assert np.allclose(numbers(track, "tracker_range_20_ku"), (4.8e-3 + 1e-9 * row) * 299792458 / 2, atol=1e-6)
    assert float(track["waveform_20_ku"].range_gate_m) == pytest.approx(0.2342128, abs=1e-7)
    assert float(track["waveform_20_ku"].nominal_bin) == 16 and track["waveform_20_ku"].radar_mode == "sarin"
    # Linear to the last 1 Hz value at 2 s, which then holds for its own second.
    second = np.minimum(0.05 * row, 2)
    assert np.allclose(numbers(track, "mod_dry_tropo_cor_zero_altitude_01"), -2.3 + 0.1 * second, atol=1e-9)
    assert np.allclose(numbers(track, "ocean_tide_sol1_01"), 0.31 + 0.3 * second, atol=1e-9)
    assert np.allclose(numbers(track, "hf_fluct_cor_01"), 0.07, atol=1e-9)
    assert any("degraded" in json.dumps(part) for part in [record.get("dropped", record)])


@needs_real_data
def test_info_tells_of_cryosat_2():
    facts = floe("info", real_data() / L2I).out
    for text in ["CryoSat-2 SIRAL L2I", "SAR", "4312", "957 lead", "629 sea_ice"]:
        assert text in facts, facts
    assert "0.2342 m" in floe("info", real_data() / SAR).out
    assert "low-resolution" in floe("info", real_data() / LRM).out


@needs_real_data
def test_features_and_rules_of_cryosat_2_level_1b(tmp_path):
    """No range-integrated power, but its deviation: peakiness and backscatter as numpy computes them, CPOM's rule on them."""
    out, record, _ = run_pipeline(tmp_path, f"""
floe: 1
title: CryoSat-2
steps:
  read: {{ use: cryosat2.read, with: {{ product: {real_data() / SAR} }} }}
  features: {{ use: altimetry.features, in: {{ input: read.track }}, with: {{ peakiness: max-mean, select: none }} }}
  usual: {{ use: altimetry.features, in: {{ input: read.track }} }}
  rules: {{ use: altimetry.classify, in: {{ input: usual.track }}, with: {{ limits: cpom-cryosat2 }} }}
outputs:
  features.nc: features.track
  rules.nc: rules.track
""")
    ours, own = netCDF4.Dataset(out / "features.nc"), product(SAR)
    power = numbers(own, "pwr_waveform_20_ku", masked=False) * (
        numbers(own, "echo_scale_factor_20_ku") * 2.0 ** numbers(own, "echo_scale_pwr_20_ku"))[:, None]
    assert np.allclose(numbers(ours, "peakiness"), power.max(1) / power.mean(1), rtol=1e-6)
    assert np.allclose(numbers(ours, "ssd"), numbers(own, "stack_std_20_ku"), equal_nan=True)
    assert np.allclose(
        numbers(ours, "sigma0_db"), 10 * np.log10(power.max(1)) + numbers(ours, "scale_factor_20_ku"), atol=1e-4)
    rules = netCDF4.Dataset(out / "rules.nc")
    pp, ssd, code = (numbers(rules, n) for n in ["peakiness", "ssd", "rule_code"])
    kept = np.isfinite(code) & np.isfinite(pp) & np.isfinite(ssd)
    # The course's definition in double precision from the file's own counts: samples that equal the mean of ten are common.
    for row, echo in enumerate(power):
        peak = int(np.argmax(echo))
        if peak < 50 or np.isnan(pp[row]):
            continue
        cut = echo[peak - 50:peak + 78]
        above = cut[cut > cut[10:20].mean()]
        assert pp[row] == pytest.approx(above.max() / above.mean(), rel=1e-6), row
    # Most of this pass lies over land.
    assert kept.sum() > 100
    assert np.array_equal(code[kept] == 2, (pp[kept] >= 18) & (ssd[kept] < 6.29))
    said = [w["message"] for w in record["warnings"]]
    assert any("no sea-ice concentration" in m for m in said), said


@needs_real_data
def test_bad_products_are_refused_in_a_sentence(tmp_path):
    unknown = tmp_path / "CS_OFFL_SIR_SAR_1B_20141118T092303_20141118T092355_C001.nc"
    unknown.symlink_to(real_data() / SAR)
    said = floe("step", "cryosat2.read", "--product", unknown, "--track", "t.csv", "-o", tmp_path / "o", expect=None)
    assert said.status == 2 and "baseline 'C'" in said.err and "D and E" in said.err
    two = tmp_path / "two"
    two.mkdir()
    for name in [SAR, L2I]:
        (two / name.split("/")[1]).symlink_to(real_data() / name)
    said = floe("step", "cryosat2.read", "--product", two, "--track", "t.csv", "-o", tmp_path / "o", expect=None)
    assert said.status == 2 and "SAR_1B" in said.err and "SARI2" in said.err
    told = floe("info", two, expect=None)
    assert told.status == 2 and "SAR_1B" in told.err and "SARI2" in told.err, told.err
    low = tmp_path / "low.yaml"
    low.write_text(f"""
floe: 1
title: Low resolution
steps:
  read: {{ use: cryosat2.read, with: {{ product: {real_data() / LRM} }} }}
  retracked: {{ use: altimetry.retrack, in: {{ input: read.track }} }}
  elevation: {{ use: altimetry.elevation, in: {{ input: retracked.track }}, with: {{ surface: none }} }}
  surface: {{ use: altimetry.sea_surface, in: {{ input: elevation.track }}, with: {{ classes: surf_type_20_ku, leads: [ocean] }} }}
outputs: {{ track.csv: surface.track }}
""")
    said = floe("check", low, expect=2).err
    assert "LRM" in said and "SAR or SARIn" in said
    low.write_text(low.read_text().split("  retracked:")[0] + """
  features: { use: altimetry.features, in: { input: read.track } }
outputs: { track.csv: features.track }
""")
    said = floe("check", low, expect=2).err
    assert "LRM" in said and "SAR or SARIn" in said
