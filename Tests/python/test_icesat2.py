"""ICESat-2's HDF5 files, whose beams are groups, read as tables by name."""
import netCDF4
import numpy as np
import pytest
from conftest import floe, run_pipeline

ROWS = {"gt1l": 300, "gt1r": 260}
FILL = np.float32(3.4028235e38)


def write(path):
    """A file as ATL07 is laid out: segments of a beam along delta_time, heights and statistics in groups inside."""
    with netCDF4.Dataset(path, "w") as file:
        file.createDimension("one", 1)
        for name, value in (("ancillary_data/atlas_sdp_gps_epoch", 1198800018.0), ("orbit_info/rgt", 1056)):
            file.createVariable(name, "f8", ("one",))[:] = value
        for beam, rows in ROWS.items():
            group = file.createGroup(f"{beam}/sea_ice_segments")
            group.createDimension("delta_time", rows)
            group.createDimension("bins", 4)

            def put(name, values, kind, unit, dims=("delta_time",), fill=None, **texts):
                variable = group.createVariable(name, kind, dims, fill_value=fill)
                variable.units = unit
                variable.setncatts(texts)
                variable.set_auto_mask(False)
                variable[:] = values
            i = np.arange(rows)
            height = (0.02 + 0.3 * (i % 5 > 0) + 0.01 * np.sin(i)).astype("f4")
            height[7] = FILL
            put("delta_time", 37184408.25 + 0.0025 * i, "f8", "seconds since 2018-01-01", standard_name="time",
                long_name="Elapsed GPS seconds")
            put("latitude", 80 + 1.5e-4 * i, "f8", "degrees_north", standard_name="latitude")
            put("longitude", -150 - 1e-4 * i, "f8", "degrees_east", standard_name="longitude")
            put("heights/height_segment_height", height, "f4", "meters", fill=FILL)
            put("heights/height_segment_ssh_flag", i % 5 == 0, "i1", "1")
            put("heights/quality", i % 3, "i4", "1")
            put("stats/quality", i % 4, "i4", "1")
            put("stats/hist_w", np.ones((rows, 4)), "f4", "1", dims=("delta_time", "bins"))
    return path


@pytest.fixture(scope="module")
def granule(tmp_path_factory):
    return write(tmp_path_factory.mktemp("icesat2") / "ATL07-01_20190307005808_10560201_006_01.h5")


def test_info_lists_the_beams(granule):
    said = floe("info", granule).out
    for beam, rows in ROWS.items():
        assert f"layer {beam}/sea_ice_segments  {rows} rows, points in EPSG:4326" in said, said
    assert "height_segment_height" in said and "layer ancillary_data" not in said and "layer orbit_info" not in said


def test_a_beam_is_a_table_by_the_names_of_its_variables(tmp_path, granule):
    out, record, _ = run_pipeline(tmp_path, f"""
floe: 1
title: Beam
steps:
  read: {{ use: table.read, with: {{ file: {granule}, layer: gt1r/sea_ice_segments }} }}
outputs: {{ t.csv: read.table }}
""")
    own = netCDF4.Dataset(granule)["gt1r/sea_ice_segments"]
    track = np.genfromtxt(out / "t.csv", delimiter=",", names=True, dtype=None, encoding=None, deletechars="")
    assert len(track) == ROWS["gt1r"]
    height = np.ma.filled(own["heights/height_segment_height"][:].astype(float), np.nan)
    assert np.isnan(height[7]) and np.allclose(track["height_segment_height"], height, atol=1e-6, equal_nan=True)
    assert np.array_equal(track["height_segment_ssh_flag"], own["heights/height_segment_ssh_flag"][:])
    # Two variables of one name are told apart by their groups.
    assert np.array_equal(track["heights_quality"], own["heights/quality"][:])
    assert np.array_equal(track["stats_quality"], own["stats/quality"][:])
    assert str(track["delta_time"][0]).startswith("2019-03-07T09:00:08.25")
    told = " ".join(w["message"] for w in record["warnings"])
    # The count of GPS seconds starts at a moment that is told in UTC.
    assert "GPS" not in told and "hist_w" in told


def test_freeboard_of_a_beam(tmp_path, granule):
    out, _, _ = run_pipeline(tmp_path, f"""
floe: 1
title: Beam
steps:
  segments: {{ use: table.read, with: {{ file: {granule}, layer: gt1l/sea_ice_segments }} }}
  surface:
    use: altimetry.sea_surface
    in: {{ input: segments.table }}
    with: {{ elevation: height_segment_height, classes: height_segment_ssh_flag, leads: [1], window: 10000, max_gap: 20000 }}
  freeboard:
    use: altimetry.freeboard
    in: {{ input: surface.track }}
    with: {{ elevation: height_segment_height, classes: height_segment_ssh_flag, ice: [0] }}
outputs: {{ t.csv: freeboard.track }}
""")
    track = np.genfromtxt(out / "t.csv", delimiter=",", names=True, dtype=None, encoding=None)
    freeboard = track["freeboard_m"][np.isfinite(track["freeboard_m"])]
    assert len(freeboard) == 4 * ROWS["gt1l"] // 5 - 1 and abs(np.median(freeboard) - 0.3) < 0.01


@pytest.mark.parametrize("layer, words", [
    ("", "keeps its tables in groups: name one of them in 'layer': gt1l/sea_ice_segments, gt1r/sea_ice_segments"),
    (", layer: gt3l/sea_ice_segments", "has no layer 'gt3l/sea_ice_segments'; its tables are the groups gt1l/sea_ice_segments"),
])
def test_a_layer_must_be_named_where_there_are_several(tmp_path, granule, layer, words):
    _, _, result = run_pipeline(tmp_path, f"""
floe: 1
title: Beam
steps:
  read: {{ use: table.read, with: {{ file: {granule}{layer} }} }}
outputs: {{ t.csv: read.table }}
""", expect=2)
    assert words in " ".join(result.err.split()), result.err


def test_the_only_group_with_a_table_needs_no_name(tmp_path):
    with netCDF4.Dataset(tmp_path / "one.nc", "w") as file:
        group = file.createGroup("data")
        group.createDimension("row", 3)
        group.createVariable("a", "i4", ("row",))[:] = [1, 2, 3]
    out, _, _ = run_pipeline(tmp_path, """
floe: 1
title: Group
steps: { read: { use: table.read, with: { file: one.nc } } }
outputs: { t.csv: read.table }
""")
    assert (out / "t.csv").read_text().split() == ["a", "1", "2", "3"]
