"""Products and tables that tell lengths, shares and times in other units than ESA's: the same numbers come out, or a sentence."""
import netCDF4
import numpy as np
import pytest
import small_cryosat
from conftest import floe, needs_real_data, real_data, run_pipeline
from osgeo import gdal
from test_altimetry_gaps import numbers
from test_altimetry_refusals import copy, measurement  # noqa: F401
from test_cryosat import altered

HEIGHTS = """
floe: 1
steps:
  read: {{ use: sentinel3.sral, with: {{ product: {product} }} }}
  features: {{ use: altimetry.features, in: {{ input: read.track }}, with: {{ drop_missing: false }} }}
  aligned: {{ use: altimetry.align, in: {{ input: features.track }} }}
  retracked: {{ use: altimetry.retrack, in: {{ input: aligned.track }} }}
  elevation: {{ use: altimetry.elevation, in: {{ input: retracked.track }} }}
  surface: {{ use: altimetry.sea_surface, in: {{ input: elevation.track }} }}
  freeboard: {{ use: altimetry.freeboard, in: {{ input: surface.track }} }}
outputs: {{ t.nc: freeboard.track }}
"""
NAMES = ["shift_m", "height_m", "elevation_m", "sea_surface_m", "freeboard_m", "dropped_because"]
LENGTHS = {
    "alt_20_ku": ("km", 1e-3), "tracker_range_20_ku": ("kilometres", 1e-3), "mean_sea_surf_sol1_20_ku": ("mm", 1e3),
    "mean_sea_surf_sol2_20_ku": ("cm", 1e2), "ocean_tide_sol1_01": ("millimetre", 1e3), "ocean_tide_sol2_01": ("mm", 1e3), "pole_tide_01": ("cm", 1e2),
    "inv_bar_cor_01": ("metres", 1),
}


def rescaled(path, units):
    """The stored numbers stay; the file tells them in another unit."""
    with netCDF4.Dataset(path, "a") as d:
        d.set_auto_maskandscale(False)
        for name, (unit, factor) in units.items():
            v = d[name]
            v.units = unit
            v.scale_factor = getattr(v, "scale_factor", 1.0) * factor
            if hasattr(v, "add_offset"):
                v.add_offset = v.add_offset * factor
    return path


def track(folder, product, expect=0):
    folder.mkdir(exist_ok=True)
    out, _, result = run_pipeline(folder, HEIGHTS.format(product=product), expect=expect)
    return {name: numbers(out / "t.nc", name) for name in NAMES} if expect == 0 else result.err


def same(ours, theirs):
    for name in NAMES:
        assert np.isfinite(theirs[name]).sum() > 50, name
        assert np.allclose(ours[name], theirs[name], rtol=0, atol=1e-6, equal_nan=True), name


def test_lengths_in_other_units(tmp_path, measurement):
    same(track(tmp_path, rescaled(copy(measurement, tmp_path), LENGTHS)), track(tmp_path / "plain", measurement))


def test_what_is_no_length_is_refused(tmp_path, measurement):
    said = track(tmp_path, rescaled(copy(measurement, tmp_path), {"mean_sea_surf_sol2_20_ku": ("K", 1)}), expect=2)
    assert "column 'mean_sea_surf_sol2_20_ku' is given in 'K'; a length is needed" in said


def test_concentration_as_a_share(tmp_path, measurement):
    path = rescaled(copy(measurement, tmp_path), {"sea_ice_concentration_20_ku": ("1", 0.01)})
    same(track(tmp_path, path), track(tmp_path / "plain", measurement))


def test_times_at_1_hz_count_from_an_epoch_of_their_own(tmp_path, measurement):
    path = copy(measurement, tmp_path)
    with netCDF4.Dataset(path, "a") as d:
        d["time_01"].units = "seconds since 1970-01-01 00:00:00 UTC"
        d["time_01"][:] = d["time_01"][:] + 946_684_800
    same(track(tmp_path, path), track(tmp_path / "plain", measurement))


def test_records_under_another_name_are_told_with_what_is_there(tmp_path, measurement):
    path = copy(measurement, tmp_path)
    with netCDF4.Dataset(path, "a") as d:
        d.renameDimension("time_20_ku", "time_20_hz")
        d.renameVariable("time_20_ku", "time_20_hz")
    said = track(tmp_path, path, expect=2)
    assert "has no variable 'time_20_ku'" in said and "time_20_hz" in said and "reduced_measurement.nc" not in said


READ = "floe: 1\nsteps:\n  read: {{ use: cryosat2.read, with: {{ product: {product} }} }}\noutputs: {{ t.nc: read.track }}\n"


def test_cryosat_2_counts_from_another_epoch(tmp_path):
    (tmp_path / "plain").mkdir()
    plain = small_cryosat.write(tmp_path / "plain")
    moved = altered(plain, tmp_path / "moved")
    with netCDF4.Dataset(moved, "a") as d:
        for name in ["time_20_ku", "time_cor_01"]:
            d[name].units = "seconds since 2000-01-01 12:00:00 TAI"
            d[name][:] = d[name][:] - 43_200
    a, _, _ = run_pipeline(tmp_path / "plain", READ.format(product=plain))
    b, _, _ = run_pipeline(tmp_path / "moved", READ.format(product=moved))
    for name in ["time_20_ku", "pole_tide_01", "alt_20_ku"]:
        assert np.allclose(numbers(a / "t.nc", name), numbers(b / "t.nc", name), rtol=0, atol=1e-5, equal_nan=True), name


@pytest.mark.parametrize("value", [1e300, np.inf, 9.969209968386869e36])
def test_an_orbit_number_that_is_no_number(tmp_path, value):
    path = small_cryosat.write(tmp_path)
    with netCDF4.Dataset(path, "a") as d:
        d.cycle_number = value
    facts = [line.split() for line in floe("info", path).out.splitlines()]
    assert ["records", "60"] in facts
    (cycle,) = [words[1] for words in facts if words[:1] == ["Cycle"]]
    assert float(cycle) == value


@needs_real_data
def test_classes_of_l2i_are_bits(tmp_path):
    """A lead in SARIn mode may have both bits, sarin_valid (16) and sar_lead (256)."""
    (source,) = (real_data() / "cryosat2").glob("CS_*SIR_SARI2*.nc")
    with netCDF4.Dataset(source) as d:
        esa = np.ma.filled(d["flag_surf_type_class_20_ku"][:].astype(int), 0)
    product = altered(
        source, tmp_path / "bits", change={"flag_surf_type_class_20_ku": lambda v: np.where(v >= 64, v | 16, np.where(v == 32, 64 | 256, v)).astype(v.dtype)})
    out, _, _ = run_pipeline(tmp_path, READ.format(product=product))
    wanted = np.select([esa == 64, esa == 128, esa == 256], [0, 1, 2], 3)
    assert np.array_equal(numbers(out / "t.nc", "esa_class"), wanted) and (esa == 32).sum() > 1000


@pytest.mark.parametrize("crs, shape", [(3411, (448, 304)), (3031, (332, 316)), (3412, (332, 316))])
def test_nsidcs_grids_need_no_extent(tmp_path, crs, shape):
    (tmp_path / "t.csv").write_text(f"lon,lat,v\n30.5,{75 if crs == 3411 else -75},1.5\n")
    out, _, _ = run_pipeline(tmp_path, f"""
floe: 1
steps:
  t: {{ use: table.read, with: {{ file: t.csv, x: lon, y: lat }} }}
  g: {{ use: altimetry.grid, in: {{ input: t.table }}, with: {{ column: v, crs: "EPSG:{crs}", cell: 25000 }} }}
outputs: {{ g.tif: g.grid }}
""")
    grid = gdal.Open(str(out / "g.tif"))
    assert (grid.RasterYSize, grid.RasterXSize) == shape and np.nansum(grid.ReadAsArray()[0]) == 1.5


@pytest.mark.parametrize("kind, instead", [("GDR_2_", "SIR_SARI2 or SIR_SINI2"), ("SIN_2_", "SIR_SINI2")])
def test_level_2_is_told_what_to_fetch_instead(tmp_path, kind, instead):
    path = small_cryosat.write(tmp_path)
    other = path.rename(tmp_path / path.name.replace("SIN_1B", kind))
    said = floe("step", "cryosat2.read", "--product", other, "--track", "t.csv", "-o", tmp_path / "o", expect=2).err
    assert f"is of type 'SIR_{kind}'" in said and f"{instead} of the same pass is the product to fetch" in said


def test_a_column_without_any_value(tmp_path):
    (tmp_path / "t.csv").write_text("lon,lat,h,class_code\n" + "".join(f"10,{70 + i * 0.01},,1\n" for i in range(9)))
    _, _, result = run_pipeline(tmp_path, """
floe: 1
steps:
  t: { use: table.read, with: { file: t.csv, x: lon, y: lat } }
  s: { use: altimetry.sea_surface, in: { input: t.table }, with: { elevation: h } }
outputs: { t.nc: s.track }
""", expect=2)
    assert "'elevation' names 'h', which is text, or without any value" in result.err


@pytest.mark.parametrize("lat, crs, other", [(-75, 6931, "southern hemisphere, whose grid of this kind is crs: EPSG:6932"), (75, 3976, "crs: EPSG:3413")])
def test_an_empty_grid_names_the_one_of_the_other_pole(tmp_path, lat, crs, other):
    (tmp_path / "t.csv").write_text(f"lon,lat,v\n30.5,{lat},1.5\n")
    _, record, _ = run_pipeline(tmp_path, f"""
floe: 1
steps:
  t: {{ use: table.read, with: {{ file: t.csv, x: lon, y: lat }} }}
  g: {{ use: altimetry.grid, in: {{ input: t.table }}, with: {{ column: v, crs: "EPSG:{crs}", cell: 25000 }} }}
outputs: {{ g.tif: g.grid }}
""")
    assert [other in w["message"] for w in record["warnings"]] == [True]
