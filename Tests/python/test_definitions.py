"""What a column's numbers mean survives floe's own files: the definition of peakiness, echoes, codes, marks; and blocks without a value are told."""
import json
import sqlite3

import netCDF4
import numpy as np
import pytest
import small_cryosat
from conftest import floe, needs_real_data, run_pipeline
from test_cryosat import L2I, READ, altered, put, told
from conftest import real_data

KEEP = """
floe: 1
steps:
  records: {{ use: table.read, with: {{ file: {file} }} }}
outputs: {{ {out}: records.table }}
"""
RULES = """
floe: 1
steps:
  records: {{ use: table.read, with: {{ file: {file} }} }}
  rules: {{ use: altimetry.classify, in: {{ input: records.table }} }}
outputs: {{ c.csv: rules.track }}
"""


def track(path, definition, column="peakiness_20_ku"):
    with netCDF4.Dataset(path, "w") as d:
        d.createDimension("row", 3)
        for name, values in [(column, [40, 5, 20]), ("stack_std_20_ku", [3, 20, 10]), ("sea_ice_concentration_20_ku", [100, 100, 100])]:
            v = d.createVariable(name, "f8", ("row",))
            v.units = "percent" if "ice" in name else "1"
            v[:] = values
        d[column].definition = definition
    return path


@pytest.mark.parametrize("kept", ["a.nc", "a.gpkg"])
@pytest.mark.parametrize("definition, column, name", [
    ("esa-l2i", "peakiness_20_ku", "cryosat2-l2i"), ("max-mean", "peakiness", "pysiral-sar"), ("esa-l2i-traditional", "peakiness_20_ku", None)])
def test_the_definition_survives_own_files(tmp_path, kept, definition, column, name):
    source = track(tmp_path / "s.nc", definition, column)
    (tmp_path / "k").mkdir()
    out, _, _ = run_pipeline(tmp_path / "k", KEEP.format(file=source, out=kept))
    if kept.endswith("gpkg"):
        with sqlite3.connect(out / kept) as file:
            (said,) = file.execute("SELECT description FROM gpkg_data_columns WHERE column_name = ?", (column,)).fetchone()
        assert said.endswith(f"definition '{definition}'")
    (tmp_path / "r").mkdir()
    _, record, result = run_pipeline(tmp_path / "r", RULES.format(file=out / kept), expect=0 if name else None)
    if name is None:
        assert result.status != 0 and "has peakiness 'esa-l2i-traditional'" in result.err
    else:
        assert record["results"]["rules"]["limits"]["set"] == name
        assert not [m for m in told(record) if "assumed" in m]


def test_a_lost_definition_is_not_guessed_in_silence(tmp_path):
    head = "peakiness_20_ku,stack_std_20_ku,sea_ice_concentration_20_ku"
    plain, moded = tmp_path / "plain.csv", tmp_path / "moded.csv"
    plain.write_text(f"{head}\n40.5,3.5,100\n5.5,20.5,100\n")
    moded.write_text(f"{head},flag_instr_mode_op_20_ku\n40.5,3.5,100,3\n5.5,20.5,100,3\n")
    _, record, _ = run_pipeline(tmp_path, RULES.format(file=plain))
    assert len([m for m in told(record) if "SAR and its definition 'esa-l2i' are assumed" in m]) == 1
    _, _, result = run_pipeline(tmp_path, RULES.format(file=moded), "--overwrite", expect=None)
    assert result.status != 0 and "has peakiness 'esa-l2i-traditional'" in result.err
    moded.write_text(moded.read_text().replace(",3\n", ",2\n"))
    _, record, _ = run_pipeline(tmp_path, RULES.format(file=moded), "--overwrite")
    assert not [m for m in told(record) if "assumed" in m]


def test_echoes_travel_between_steps(tmp_path):
    """A step reads the netCDF of another as the table that it was, echoes included: the same as in one pipeline."""
    (tmp_path / "whole").mkdir()
    product = small_cryosat.write(tmp_path / "whole")
    floe("step", "cryosat2.read", "--product", product, "--track", "t.nc", "-o", tmp_path / "a", "--quiet")
    floe("step", "altimetry.retrack", "--input", tmp_path / "a/t.nc", "--track", "r.nc", "-o", tmp_path / "b", "--quiet")
    out, _, _ = run_pipeline(tmp_path, READ.format(product=product).replace(
        "outputs: { t.nc: read.track", "  rt: { use: altimetry.retrack, in: { input: read.track } }\noutputs: { r.nc: rt.track"))
    with netCDF4.Dataset(tmp_path / "b/r.nc") as ours, netCDF4.Dataset(out / "r.nc") as theirs:
        assert set(ours.variables) == set(theirs.variables)
        for name in theirs.variables:
            a, b = ours[name][:], theirs[name][:]
            if not isinstance(a, str) and a.dtype.kind in "fiu":
                assert np.allclose(np.ma.filled(a.astype(float), np.nan), np.ma.filled(b.astype(float), np.nan), rtol=0, atol=1e-6, equal_nan=True), name
        assert ours["waveform_20_ku"].shape == (small_cryosat.RECORDS, small_cryosat.SAMPLES)
        assert ours["waveform_20_ku"].range_gate_m == theirs["waveform_20_ku"].range_gate_m
    columns = [c for layer in json.loads(floe("info", tmp_path / "a/t.nc", "--json").out) for c in layer["columns"]]
    assert {"time", "lat", "lon", "waveform_20_ku"} <= {c["name"] for c in columns}


@needs_real_data
@pytest.mark.parametrize("name, effect", [
    ("sea_ice_concentration_20_ku", "open ocean"), ("peakiness_20_ku", "limits of leads"), ("stack_std_20_ku", "deviation")])
def test_blocks_without_a_value_are_told(tmp_path, name, effect):
    product = real_data() / L2I
    with netCDF4.Dataset(product) as d:
        fill = d[name]._FillValue
    path = altered(product, tmp_path / "empty", change={name: put(slice(None), fill)})
    _, record, _ = run_pipeline(tmp_path, READ.format(product=path))
    said = [m for m in told(record) if f"holds no value of {name}" in m]
    assert len(said) == 1 and effect in said[0] and path.name in said[0]
