"""Elevations, sea surface, freeboard and grids beside ESA's own numbers, the truth of made tracks and plain numpy."""
import json

import netCDF4
import numpy as np
import pytest
from osgeo import gdal

from conftest import floe, needs_real_data, read, real_data, run_pipeline
from real_products import L2I, WAT, numbers, product


def chain(folder, source, elevation="", freeboard=""):
    """A track with elevation, sea surface and freeboard as netCDF."""
    run_pipeline(folder, f"""
floe: 1
title: Freeboard
steps:
  read: {{ {source} }}
  elevation: {{ use: altimetry.elevation, in: {{ input: read.track }}, with: {{ {elevation} }} }}
  surface: {{ use: altimetry.sea_surface, in: {{ input: elevation.track }} }}
  freeboard: {{ use: altimetry.freeboard, in: {{ input: surface.track }}, with: {{ {freeboard} }} }}
outputs:
  track.nc: freeboard.track
""")
    return netCDF4.Dataset(next(folder.rglob("track.nc")))


@needs_real_data
def test_elevations_are_those_of_sentinel_3s_own_sea_ice_chain(tmp_path):
    track = chain(tmp_path, f"use: sentinel3.sral, with: {{ product: {real_data() / WAT}, preset: elevation }}")
    own = product(WAT)
    of_ice = np.isin(numbers(own, "surf_type_class_20_ku"), [1, 2])
    difference = (numbers(track, "elevation_m") - numbers(own, "sea_ice_ssha_20_ku"))[of_ice]
    difference = difference[np.isfinite(difference)]
    assert len(difference) == 563
    assert np.std(difference) < 0.003 and abs(np.mean(difference)) < 0.002


@needs_real_data
def test_freeboard_of_sentinel_3_from_its_own_elevations(tmp_path):
    track = chain(
        tmp_path, f"use: sentinel3.sral, with: {{ product: {real_data() / WAT}, preset: elevation }}")
    own = product(WAT)
    difference = numbers(track, "freeboard_m") - numbers(own, "freeboard_20_ku")
    both = np.isfinite(difference)
    assert both.sum() == np.isfinite(numbers(own, "freeboard_20_ku")).sum() == 91
    # ESA's elevations differ by 2 mm; with them the difference is below 0.1 mm.
    assert np.median(np.abs(difference[both])) < 0.003


@needs_real_data
def test_freeboard_of_cryosat_2_from_its_own_elevations(tmp_path):
    track = chain(tmp_path, f"use: cryosat2.read, with: {{ product: {real_data() / L2I} }}")
    own = product(L2I)
    difference = numbers(track, "freeboard_m") - numbers(own, "freeboard_20_ku")
    both = np.isfinite(difference)
    assert both.sum() == np.isfinite(numbers(own, "freeboard_20_ku")).sum() == 589
    assert np.median(np.abs(difference[both])) < 0.03
    assert np.allclose(
        numbers(track, "elevation_m"), numbers(own, "ssha_20_ku"), atol=1e-6, equal_nan=True)
    sigma = numbers(track, "sea_surface_uncertainty_m")
    near = numbers(track, "surface_lead_distance_m")
    far = np.isfinite(sigma) & (near > 8000)
    assert np.median(sigma[far]) > np.median(sigma[np.isfinite(sigma) & (near < 1000)])


def surface_of_numpy(height, along, window=1e5, reach=5e5):
    """Sea surface at leads and its sigma from the definition: lines by `lstsq`, what a lead weighs by the inverse of the normal matrix."""
    value, weight = np.empty(len(along)), np.empty(len(along))
    for i, x in enumerate(along):
        near = np.abs(along - x) <= window / 2
        assert near.sum() >= 3
        design = np.c_[np.ones(near.sum()), along[near] - x]
        value[i] = np.linalg.lstsq(design, height[near], rcond=None)[0][0]
        weight[i] = np.linalg.inv(design.T @ design)[0, 0]
    noise = 1.4826 * np.median(np.abs(np.diff(height))[np.diff(along) <= 1000]) / np.sqrt(2)
    miss = (height - value) ** 2 - noise**2 * (1 - weight)
    shape = np.array([miss[np.abs(along - x) <= reach / 2].mean() for x in along])
    return value, np.sqrt(noise**2 * weight + np.maximum(0, shape))


def limit_of_the_leads(height, along, looks):
    """The stack deviation from which leads are left out, by the rule's own words: what stays is 5 mm below the narrower half at most."""
    near = [height[np.abs(along - x) <= 5e4] for x in along]
    above = height - np.array([np.median(z) for z in near])
    spread = np.array([max(0.05, 1.4826 * np.median(np.abs(z - np.median(z)))) for z in near])
    fine = np.abs(above) <= 3 * spread
    above, looks = above[fine], looks[fine]
    order = np.argsort(looks, kind="stable")
    half = above[order[:len(order) // 2]]
    limits = [v for v in np.unique(looks) if above[looks < v].size >= half.size and above[looks < v].mean() >= half.mean() - 0.005]
    if above.mean() >= half.mean() - 0.005 or not limits:
        return 6.29
    wide = above[looks >= limits[-1]]
    error = np.sqrt(half.var(ddof=1) / half.size + wide.var(ddof=1) / wide.size)
    return limits[-1] if wide.size >= 5 and wide.mean() < half.mean() - 2 * error else 6.29


@needs_real_data
@pytest.mark.parametrize("limit", ["", "with: { lead_deviation: 4 }"])
def test_the_sea_surface_of_cryosat_2_and_its_uncertainty_are_numpys(tmp_path, limit):
    """At the leads that are used; ESA's leads with wide stacks lie low in the real pass and are those that are left out."""
    out, record, _ = run_pipeline(tmp_path, f"""
floe: 1
title: Sea surface
steps:
  read: {{ use: cryosat2.read, with: {{ product: {real_data() / L2I} }} }}
  elevation: {{ use: altimetry.elevation, in: {{ input: read.track }} }}
  surface: {{ use: altimetry.sea_surface, in: {{ input: elevation.track }}{", " + limit if limit else ""} }}
outputs:
  track.nc: surface.track
""")
    track, own = netCDF4.Dataset(out / "track.nc"), product(L2I)
    height, along, use = (numbers(track, n) for n in ["elevation_m", "along_track_m", "lead_use"])
    looks, lead = numbers(own, "stack_std_20_ku"), numbers(own, "flag_surf_type_class_20_ku") == 256
    candidate = lead & np.isfinite(height) & (looks < 6.29)
    most = 4 if limit else limit_of_the_leads(height[candidate], along[candidate], looks[candidate])
    # Of ESA's leads, which end at 6.29 looks, the widest lie low.
    assert limit or 4.5 < most < 6
    assert np.array_equal(use == 3, lead & np.isfinite(height) & (looks >= most))
    used = use == 1
    value, sigma = surface_of_numpy(height[used], along[used])
    assert np.allclose(numbers(track, "sea_surface_m")[used], value, atol=1e-6)
    assert np.allclose(numbers(track, "sea_surface_uncertainty_m")[used], sigma, atol=1e-6)
    leads = np.flatnonzero(lead & np.isfinite(height))
    above = np.array([height[i] - np.median(height[leads][np.abs(along[leads] - along[i]) <= 5e4]) for i in leads])
    narrow, wide = above[looks[leads] < 3], above[looks[leads] >= 4]
    assert len(wide) > 100 and abs(np.mean(narrow)) < 0.005 and -0.06 < np.mean(wide) < -0.03


def made_track(folder, world, records, seed, surface=""):
    """The whole chain from echoes, by the product's flag, which takes some ice for leads; and the truth."""
    floe("step", "synthetic.sentinel3", "--folder", folder, "--records", records, "--scene-seed", seed, "--world", world,
         "--surfaces", "surfaces.csv", "--products", "products.json", "-o", folder / "made", "--quiet")
    path = json.loads((folder / "made/products.json").read_text())["track"]
    truth = np.genfromtxt(folder / "made/surfaces.csv", delimiter=",", names=True, dtype=None, encoding=None)
    out, record, _ = run_pipeline(folder, f"""
floe: 1
title: Freeboard
steps:
  read: {{ use: sentinel3.sral, with: {{ product: {path} }} }}
  features: {{ use: altimetry.features, in: {{ input: read.track }}, with: {{ select: none, drop_missing: false }} }}
  retracked: {{ use: altimetry.retrack, in: {{ input: features.track }} }}
  elevation: {{ use: altimetry.elevation, in: {{ input: retracked.track }} }}
  surface: {{ use: altimetry.sea_surface, in: {{ input: elevation.track }}, with: {{ {surface} }} }}
  freeboard: {{ use: altimetry.freeboard, in: {{ input: surface.track }} }}
outputs:
  track.nc: freeboard.track
""")
    track = netCDF4.Dataset(out / "track.nc")
    error, sigma = numbers(track, "freeboard_m") - truth["true_freeboard_m"], numbers(track, "freeboard_uncertainty_m")
    # What the flag takes for ice and is none has no true freeboard.
    known = np.isfinite(error) & np.isfinite(sigma)
    return track, truth, error[known], sigma[known], record["results"]["freeboard"]


@pytest.mark.parametrize("world", ["simple", "winter"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_freeboard_of_a_made_track_is_its_truth(tmp_path, world, seed):
    """Bias, and one sigma is one sigma: the leads beside the track of the winter world are told by their stacks and heights."""
    track, truth, error, sigma, told = made_track(tmp_path, world, 6000, seed)
    assert len(error) > 2500
    bias, inside = np.mean(error), np.mean(np.abs(error) <= sigma)
    print(f"{world} {seed}: bias {np.median(error):.4f} m, mean {bias:.4f} m, within one sigma {inside:.3f}")
    # Medians of single tracks of the winter world vary by half a centimetre about 0.7 cm.
    assert abs(bias) < 0.01 and abs(np.median(error)) < (0.015 if world == "winter" else 0.01)
    assert 0.63 <= inside <= 0.73
    assert abs(bias) < 2 * told["mean_freeboard_uncertainty_m"]
    if world == "winter":
        own = (numbers(track, "elevation_m") - truth["true_elevation_m"])[(numbers(track, "esa_class") == 1) & (truth["truth"] == 1)]
        assert np.isfinite(own).sum() > 2500 and abs(np.nanmedian(own)) < 0.015
        # What is left out lies low, beside the track.
        wide = numbers(track, "lead_use") == 3
        low = (numbers(track, "elevation_m") - truth["true_sea_surface_m"])[wide]
        assert wide.sum() > 100 and np.median(low) < -0.05
        assert np.nanmedian(truth["off_nadir_m"][wide]) > 300


def test_leads_beside_the_track_hardly_lower_the_sea(tmp_path):
    """Over six winter tracks the good records have a bias below 1 cm; with CPOM's limit for leads alone it is 1.7 cm."""
    means = []
    for seed in range(1, 7):
        (tmp_path / str(seed)).mkdir()
        track, truth, _, _, _ = made_track(tmp_path / str(seed), "winter", 6000, seed)
        error = numbers(track, "freeboard_m") - truth["true_freeboard_m"]
        means.append(np.nanmean(error[numbers(track, "freeboard_flag") == 0]))
    print(f"mean bias {np.mean(means):.4f} m, {np.min(means):.4f} to {np.max(means):.4f}")
    assert abs(np.mean(means)) < 0.01


def test_one_sigma_of_the_sea_surface_holds_two_thirds(tmp_path):
    """Over tracks of 2000 km, each of some twenty independent windows: all of them together."""
    held = []
    for seed in range(1, 9):
        (tmp_path / str(seed)).mkdir()
        track, truth, _, _, _ = made_track(tmp_path / str(seed), "simple", 6000, seed)
        error = numbers(track, "sea_surface_m") - truth["true_sea_surface_m"]
        known = np.isfinite(error)
        held.append(np.abs(error[known]) <= numbers(track, "sea_surface_uncertainty_m")[known])
    share = np.mean(np.concatenate(held))
    print(f"within one sigma {share:.3f}")
    assert 0.63 <= share <= 0.73


def test_the_mean_of_a_short_track_lies_within_its_uncertainty(tmp_path):
    """Means of 400 records err by centimetres where leads are few: as much as is told."""
    score = []
    for seed in range(1, 13):
        (tmp_path / str(seed)).mkdir()
        _, _, error, _, told = made_track(tmp_path / str(seed), "simple", 400, seed)
        score.append(np.mean(error) / told["mean_freeboard_uncertainty_m"])
    spread = np.sqrt(np.mean(np.square(score)))
    print(f"root mean square of the means' errors in sigma: {spread:.2f}, largest {np.max(np.abs(score)):.2f}")
    # Twelve normal numbers: 0.6 to 1.4 at 95 %.
    assert 0.6 < spread < 1.4 and np.max(np.abs(score)) < 3


def test_values_that_a_flag_does_not_call_good_are_in_no_cell(tmp_path):
    """Two good freeboards of a cell, an implausible one, and one that is a table's fill."""
    rows = [(80.0, 10.0, 0.2, 0), (80.0, 10.0, 0.4, 0), (80.0, 10.0, -20.3, 1), (80.0, 10.0, 3.4028235e38, 0)]
    (tmp_path / "t.csv").write_text("lat,lon,freeboard_m,freeboard_flag\n" + "".join(",".join(map(str, r)) + "\n" for r in rows))
    for flag, wanted, count in (("", 0.3, 2), (", flag: none", (0.2 + 0.4 - 20.3) / 3, 3)):
        out, record, _ = run_pipeline(tmp_path, f"""
floe: 1
title: Grid
steps:
  read: {{ use: table.read, with: {{ file: t.csv, x: lon, y: lat, crs: "EPSG:4326" }} }}
  grid: {{ use: altimetry.grid, in: {{ input: read.table }}, with: {{ column: freeboard_m, cell: 25000{flag} }} }}
outputs: {{ g.tif: grid.grid }}
""", "--force")
        dataset = gdal.Open(str(out / "g.tif"))
        bands = {dataset.GetRasterBand(i + 1).GetDescription(): dataset.GetRasterBand(i + 1).ReadAsArray() for i in range(4)}
        assert bands["mean"][np.isfinite(bands["mean"])] == pytest.approx([wanted], abs=1e-5)
        assert np.nanmax(bands["count"]) == count
        assert record["results"]["grid"]["values"] == count


def test_a_track_out_of_order_has_no_sea_surface(tmp_path):
    order = np.random.default_rng(1).permutation(400)
    lat = 75 + 0.003 * order
    (tmp_path / "t.csv").write_text(
        "lat,lon,elevation_m,class_code\n" + "".join(f"{v},10,{0.1 * (i % 3)},{1 + (i % 9 == 0)}\n" for i, v in enumerate(lat)))
    yaml = """
floe: 1
title: Order
steps:
  read: { use: table.read, with: { file: t.csv, x: lon, y: lat, crs: "EPSG:4326" } }
  surface: { use: altimetry.sea_surface, in: { input: read.table }, with: { classes: class_code, leads: ["2"] } }
outputs: { t2.csv: surface.track }
"""
    _, _, result = run_pipeline(tmp_path, yaml, expect=1)
    assert "not in order along one track" in result.err and "sort the table" in result.err


def test_two_passes_in_one_table_and_implausible_freeboards_are_told(tmp_path):
    lat = np.r_[75 + 0.003 * np.arange(200), (75 + 0.003 * np.arange(200))[::-1]]
    (tmp_path / "t.csv").write_text(
        "lat,lon,elevation_m,class_code\n" + "".join(f"{v},10,{0.5 if i % 9 == 0 else 20 + 0.1 * (i % 3)},{1 + (i % 9 == 0)}\n" for i, v in enumerate(lat)))
    _, record, _ = run_pipeline(tmp_path, """
floe: 1
title: Passes
steps:
  read: { use: table.read, with: { file: t.csv, x: lon, y: lat, crs: "EPSG:4326" } }
  surface: { use: altimetry.sea_surface, in: { input: read.table }, with: { classes: class_code, leads: ["2"] } }
  freeboard: { use: altimetry.freeboard, in: { input: surface.track }, with: { classes: class_code, ice: ["1"] } }
outputs: { t2.csv: freeboard.track }
""")
    told = [w["message"] for w in record["warnings"]]
    assert any(m.startswith("1 step of the track goes back") for m in told)
    ice = sum(i % 9 != 0 for i in range(400))
    assert record["results"]["freeboard"]["records_with_freeboard"] == ice
    assert any(f"no record has a freeboard between -0.25 and 2.25 m ('plausible'): {ice} lie outside" in m for m in told)


@needs_real_data
@pytest.mark.parametrize("crs", [6931, 3408, 3413])
def test_grid_is_numpys(tmp_path, crs):
    from pyproj import Transformer

    run_pipeline(tmp_path, f"""
floe: 1
title: Grid
steps:
  read: {{ use: cryosat2.read, with: {{ product: {real_data() / L2I} }} }}
  grid: {{ use: altimetry.grid, in: {{ input: read.track }}, with: {{ column: freeboard_20_ku, crs: "EPSG:{crs}", cell: 12500 }} }}
outputs:
  grid.tif: grid.grid
""")
    path = next(tmp_path.rglob("grid.tif"))
    dataset = gdal.Open(str(path))
    left, size, _, top, _, _ = dataset.GetGeoTransform()
    bands = {dataset.GetRasterBand(i + 1).GetDescription(): read(path)[i] for i in range(4)}
    own = product(L2I)
    values = numbers(own, "freeboard_20_ku")
    x, y = Transformer.from_crs(4326, crs, always_xy=True).transform(numbers(own, "lon_20_ku"), numbers(own, "lat_20_ku"))
    column, row = np.floor((x - left) / size).astype(int), np.floor((top - y) / size).astype(int)
    ok = np.isfinite(values)
    cells = {}
    for r, c, v in zip(row[ok], column[ok], values[ok]):
        cells.setdefault((r, c), []).append(v)
    assert np.isfinite(bands["mean"]).sum() == len(cells) > 20
    for (r, c), v in cells.items():
        for name, wanted in [("mean", np.mean(v)), ("median", np.median(v)), ("count", len(v)), ("spread", np.std(v))]:
            assert bands[name][r, c] == pytest.approx(wanted, abs=1e-6), name
