"""Altimeter products of other shape, packing and content: results that do not depend on packing, or one sentence."""
import json

import netCDF4
import numpy as np
import pytest
from conftest import ROOT, floe
from test_altimetry_refusals import NAME, copy, measurement, refused  # noqa: F401 (fixture)


def run(track, out, *more, expect=0, example="altimetry"):
    result = floe("run", ROOT / f"examples/{example}.yaml", "--set", f"track={track}", "-o", out, "--quiet", *more, expect=expect)
    return result, netCDF4.Dataset(out / "echoes.nc") if expect == 0 else None


def every(value):
    return lambda d, v: (d, np.full_like(v, value))


def rewritten(source, path, rows=None, width=None, types=None, packing=None):
    """The product again with fewer records or samples, and variables in other types or packing but with the same physical values."""
    with netCDF4.Dataset(source) as a, netCDF4.Dataset(path, "w") as b:
        a.set_auto_maskandscale(False)
        b.setncatts({k: a.getncattr(k) for k in a.ncattrs()})
        for name, dimension in a.dimensions.items():
            length = len(rows) if rows is not None and name == "time_20_ku" else len(dimension)
            b.createDimension(name, width if width and name == "wf_sample_ind" else length)
        for name, v in a.variables.items():
            values, fill = v[:], getattr(v, "_FillValue", None)
            attributes = {k: v.getncattr(k) for k in v.ncattrs() if k != "_FillValue"}
            if rows is not None and v.dimensions[:1] == ("time_20_ku",):
                values = values[rows]
            if width and "wf_sample_ind" in v.dimensions:
                values = values[..., :width]
            dtype = v.dtype
            if name in (types or {}):
                dtype, new_fill = types[name]
                masked = values == fill
                values = np.where(masked, new_fill, values.astype(dtype)).astype(dtype)
                fill = new_fill
            if name in (packing or {}):
                dtype, scale, offset, new_fill = packing[name]
                physical = values * attributes.get("scale_factor", 1) + attributes.get("add_offset", 0)
                stored = (physical - offset) / scale
                values = np.where(values == fill, new_fill, np.round(stored) if np.dtype(dtype).kind == "i" else stored).astype(dtype)
                attributes |= {"scale_factor": scale, "add_offset": offset}
                fill = new_fill
            w = b.createVariable(name, dtype, v.dimensions, fill_value=fill)
            w.set_auto_maskandscale(False)
            w.setncatts(attributes)
            w[:] = values
    return path


def columns(echoes, names):
    return {n: np.ma.filled(echoes[n][:].astype(float), np.nan) for n in names}


def test_packing_does_not_matter(measurement, tmp_path):
    """Echoes as signed integers, heights as doubles and with another scale: the same features, shifts and classes."""
    other = rewritten(
        measurement, tmp_path / NAME, types={"waveform_20_ku": ("i4", -1), "rip_20_ku": ("f8", -9.0)},
        packing={"alt_20_ku": ("f8", 1.0, 0.0, 1e20), "lat_20_ku": ("i4", 1e-7, 0.0, -2**31), "ocean_tide_sol1_01": ("i4", 1e-5, 0.5, 2**31 - 1)})
    names = ["peakiness", "ssd", "sigma0_db", "shift_m", "class_code", "waveform_aligned"]
    a, b = (columns(run(p, tmp_path / o)[1], names) for p, o in ((measurement, "a"), (other, "b")))
    for name in names:
        assert np.allclose(a[name], b[name], rtol=1e-5, atol=1e-5, equal_nan=True), name


def test_half_of_the_samples(measurement, tmp_path):
    """128 bins: alignment by geometry works with the gate's width; absolute ranges are refused, for the nominal bin is not known."""
    path = rewritten(measurement, tmp_path / NAME, width=128)
    _, echoes = run(path, tmp_path / "out")
    assert echoes["waveform_aligned"].shape[1] == 128 and echoes.range_gate_m == "0.468426" and "nominal_bin" not in echoes.ncattrs()
    floe("step", "sentinel3.sral", "--product", path, "--track", "t.nc", "-o", tmp_path / "read", "--quiet")
    (tmp_path / "r.yaml").write_text(f"""
floe: 1
title: Retracked
steps:
  read: {{ use: sentinel3.sral, with: {{ product: {path} }} }}
  aligned: {{ use: altimetry.align, in: {{ input: read.track }}, with: {{ method: retracked }} }}
outputs:
  a.nc: aligned.track
""")
    said = floe("run", tmp_path / "r.yaml", "-o", tmp_path / "no", "--quiet", expect=1)
    assert "nominal_bin" in said.err and "absolute ranges are refused" in said.err and not (tmp_path / "no").exists()


def test_one_record(measurement, tmp_path):
    """One record is read, measured and aligned; two clusters of it are refused in a sentence."""
    kept = np.flatnonzero(netCDF4.Dataset(measurement)["surf_type_class_20_ku"][:] == 1)[60:61]
    path = rewritten(measurement, tmp_path / NAME, rows=kept)
    (tmp_path / "one.yaml").write_text(f"""
floe: 1
title: One record
steps:
  read: {{ use: sentinel3.sral, with: {{ product: {path} }} }}
  features: {{ use: altimetry.features, in: {{ input: read.track }} }}
  aligned: {{ use: altimetry.align, in: {{ input: features.track }} }}
outputs:
  one.nc: aligned.track
""")
    floe("run", tmp_path / "one.yaml", "-o", tmp_path / "out", "--quiet")
    one = netCDF4.Dataset(tmp_path / "out/one.nc")
    assert len(one.dimensions["time_20_ku"]) == 1 and one["shift_m"][0] == 0 and one["aligned"][0] == 1
    refused(path, tmp_path / "x", 1, "1 valid sample", "2 clusters")


@pytest.mark.parametrize("value", [0, 4294967295], ids=["zero", "missing"])
def test_no_echo_at_all(measurement, tmp_path, value):
    refused(copy(measurement, tmp_path, change={"waveform_20_ku": every(value)}), tmp_path, 1, "no record of '", "no echo")


def test_power_missing_in_some_records(measurement, tmp_path):
    def change(d, v):
        v[100:110] = 4294967295
        v[110:120] = 0
        return d, v
    out = tmp_path / "out"
    _, echoes = run(copy(measurement, tmp_path, change={"rip_20_ku": change}), out)
    ssd = np.ma.filled(echoes["ssd"][:], np.nan)
    assert np.isnan(ssd[100:120]).all() and np.isfinite(ssd).sum() > 300
    assert (echoes["dropped_because"][100:120] != 0).all()


def test_missing_samples_in_floating_point_echoes(measurement, tmp_path):
    """NaN and fill values inside of echoes stored as floats: the records stay unaligned for their own reason, the others are as before."""
    whole = rewritten(measurement, tmp_path / NAME, types={"waveform_20_ku": ("f4", 9e36)})
    (tmp_path / "holes").mkdir()
    holes = rewritten(measurement, tmp_path / "holes" / NAME, types={"waveform_20_ku": ("f4", 9e36)})
    with netCDF4.Dataset(holes, "a") as d:
        d.set_auto_maskandscale(False)
        d["waveform_20_ku"][100:105, 7] = np.nan
        d["waveform_20_ku"][105:110, 200:] = 9e36
    (_, a), (_, b) = (run(p, tmp_path / o) for p, o in ((whole, "a"), (holes, "b")))
    hit = np.isin(np.arange(len(a.dimensions["time_20_ku"])), np.arange(100, 110))
    a_all, b_all = (columns(d, ["shift_bins", "aligned", "waveform_aligned", "max_power"]) for d in (a, b))
    assert (b_all["aligned"][hit] == 0).all() and np.isnan(b_all["shift_bins"][hit]).all() and np.isnan(b_all["waveform_aligned"][hit]).all()
    assert (a_all["aligned"][hit] == 1).any()
    assert np.array_equal(a_all["max_power"][~hit], b_all["max_power"][~hit], equal_nan=True)
    assert np.array_equal(a_all["aligned"][~hit], b_all["aligned"][~hit])


def test_infinite_samples_are_missing_ones(measurement, tmp_path):
    """In the course's recipe, where missing samples become 0: infinity like NaN."""
    found = []
    for name, value in (("nan", np.nan), ("inf", np.inf)):
        (tmp_path / name).mkdir()
        path = rewritten(measurement, tmp_path / name / NAME, types={"waveform_20_ku": ("f4", 9e36)})
        with netCDF4.Dataset(path, "a") as d:
            d.set_auto_maskandscale(False)
            d["waveform_20_ku"][100:140, 7] = value
        _, echoes = run(path, tmp_path / f"out-{name}", example="altimetry-course")
        found.append(columns(echoes, ["aligned", "shift_m", "waveform_aligned"]))
    assert np.isfinite(found[0]["waveform_aligned"][100:140]).all(axis=1).any()
    for key, values in found[0].items():
        assert np.array_equal(values, found[1][key], equal_nan=True), key


def test_everything_unclassified_by_esa(measurement, tmp_path):
    """Nothing to score against: track and classes are written, the score has counts, null figures and a warning."""
    path = copy(measurement, tmp_path, change={"surf_type_class_20_ku": every(3)})
    _, echoes = run(path, tmp_path / "out")
    score = json.loads((tmp_path / "out/score.json").read_text())
    assert "nothing could be compared" in score["warning"] and "codes 3" in score["warning"]
    assert score["accuracy"] is None and score["kappa"] is None and score["macro_avg"]["f1_score"] is None and score["evaluated"] == 0
    assert sum(map(sum, score["confusion_matrix"]["counts"])) == score["pairs"] > 300 and 3 in score["confusion_matrix"]["codes"]
    assert {1, 2} <= set(np.ma.compressed(echoes["class_code"][:]).tolist())


def test_everything_unclassified_by_esa_in_the_courses_recipe(measurement, tmp_path):
    """The course's recipe chooses records by the flag and has none left."""
    path = copy(measurement, tmp_path, change={"surf_type_class_20_ku": every(3)})
    said, _ = run(path, tmp_path / "out", expect=1, example="altimetry-course")
    assert "ESA's class is neither sea ice nor lead" in said.err and not (tmp_path / "out").exists()


def test_across_the_antimeridian(measurement, tmp_path):
    """A track over 180 degrees east: longitudes wrapped, a window across it holds both sides."""
    def change(d, v):
        v[:] = np.round((179.9 + 0.2 * np.arange(len(v)) / (len(v) - 1)) / 1e-6).astype(v.dtype)
        return d, v
    path = copy(measurement, tmp_path, change={"lon_20_ku": change})
    floe("step", "sentinel3.sral", "--product", path, "--box", "179.95,-90,-179.95,90", "--track", "t.nc", "-o", tmp_path / "out", "--quiet")
    t = netCDF4.Dataset(tmp_path / "out/t.nc")
    lon, kept = t["lon_20_ku"][:], t["dropped_because"][:] == 0
    assert lon.min() < -179.8 and lon.max() > 179.8 and (lon < 180).all()
    assert (kept == (abs(lon) >= 179.95)).all() and 0 < kept.sum() < len(kept)
