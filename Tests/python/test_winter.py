"""Made worlds beside real ones: the winter scene and track against real products, and the demonstration over them."""
import json

import netCDF4
import numpy as np
import pytest
from conftest import floe, needs_real_data, read, real_data
from osgeo import gdal


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    folder = tmp_path_factory.mktemp("winter")
    floe("step", "synthetic.sentinel2", "--folder", folder, "--size", 1980, "--scene-seed", 3, "--world", "winter",
         "--bands", "B01,B02,B04,B09", "--products", "products.json", "--details", "details.tif", "-o", folder / "made", "--quiet")
    return json.loads((folder / "made/products.json").read_text())


@pytest.fixture(scope="module")
def track(tmp_path_factory):
    folder = tmp_path_factory.mktemp("winter-track")
    floe("step", "synthetic.sentinel3", "--folder", folder, "--records", 3000, "--world", "winter", "--surfaces", "surfaces.csv",
         "--products", "products.json", "-o", folder / "made", "--quiet")
    path = json.loads((folder / "made/products.json").read_text())["track"]
    rows = np.genfromtxt(folder / "made/surfaces.csv", delimiter=",", names=True, dtype=None, encoding=None)
    return netCDF4.Dataset(path + "/enhanced_measurement.nc"), rows, path


def band(product, name):
    import pathlib
    return read(next(pathlib.Path(product).glob(f"GRANULE/*/IMG_DATA/*_{name}.jp2"))).astype(float)


@needs_real_data
def test_the_winter_scene_is_as_bright_and_as_even_as_the_real_one(scene):
    """Ice and dark pixels of B01 and B09, differences of neighbours and over a kilometre, share of dark sea."""
    real = next((real_data() / "course_scene").glob("S2A*"))
    percent = read(real_data() / "course_scene/lead_percent_60m_north.tif")
    truth = read(scene["truth"])
    covered = truth.reshape(330, 6, 330, 6)
    known, lead = (covered != 255).all((1, 3)), (covered == 2).mean((1, 3))
    for name in ["B01", "B09"]:
        ours, theirs = band(scene["scene"], name) - 1000, band(real, name)
        ice, real_ice = known & (lead == 0), percent == 0
        assert np.median(ours[ice]) == pytest.approx(np.median(theirs[real_ice]), rel=0.03)
        dark, real_dark = ours[known & (lead > 0.99)], theirs[(percent >= 100) & (percent != 255)]
        assert np.percentile(dark, 5) == pytest.approx(np.percentile(real_dark, 5), abs=120)

        def spread(values, valid, lag):
            both = valid[:, lag:] & valid[:, :-lag]
            return np.median(np.abs(values[:, lag:] - values[:, :-lag])[both])

        for lag in [1, 4, 16]:
            assert 0.3 < spread(ours, ice, lag) / spread(theirs, real_ice, lag) < 2


def test_what_is_darker_than_air_at_the_edge_of_the_swath_has_no_data(scene, tmp_path):
    """DN 1 of L1C in the visible: no surface under air is as dark."""
    stored = [band(scene["scene"], name) for name in ("B02", "B04")]
    ones = (stored[0] == 1) | (stored[1] == 1)
    assert ones.sum() > 20
    floe("step", "sentinel2.stack", "--product", scene["scene"], "--bands", "B02,B04", "--image", "i.tif", "--mask", "m.tif", "-o",
         tmp_path, "--quiet")
    absent = (stored[0] <= 1) | (stored[1] <= 1)
    assert np.array_equal(read(tmp_path / "m.tif") == 1, absent)
    image = read(tmp_path / "i.tif")
    assert all(np.array_equal(plane, np.where(absent, 0, values)) for plane, values in zip(image, stored))


@needs_real_data
def test_peakiness_of_the_winter_track_overlaps_as_in_a_real_product(track):
    """Quantiles of peakiness in the classes of ESA's flag, ours beside those of a CryoSat-2 product."""
    product, rows, _ = track
    echoes = np.ma.filled(product["waveform_20_ku"][:].astype(float), np.nan)
    with np.errstate(invalid="ignore"):
        peakiness = echoes.max(1) * 256 / echoes.sum(1)
    flag = np.ma.filled(product["surf_type_class_20_ku"][:], 127)
    real = netCDF4.Dataset(next((real_data() / "cryosat2").glob("*SARI2*")))
    their_flag, theirs = real["flag_surf_type_class_20_ku"][:], real["peakiness_20_ku"][:]
    for code, esa in [(0, 64), (1, 128), (2, 256)]:
        own = peakiness[(flag == code) & np.isfinite(peakiness)]
        for q in [5, 50, 95]:
            assert np.percentile(own, q) == pytest.approx(np.percentile(theirs[their_flag == esa], q), rel=0.25), (code, q)
    # Between the classes lies something in both.
    assert 0.02 < (flag == 3).mean() < 0.5


def test_the_flag_of_the_winter_track_is_not_its_truth(track):
    product, rows, _ = track
    flag = np.ma.filled(product["surf_type_class_20_ku"][:], 127)
    lead = rows["lead_fraction"]
    sea = np.isin(rows["truth"], [1, 2])
    # Leads that the flag leaves open or takes for ice, and leads where none lies in the footprint.
    assert ((flag != 2) & (lead > 0.02) & sea).sum() > 10
    assert ((flag == 2) & (lead == 0) & sea).sum() > 0
    # The larger the share of lead, the more often the flag says so.
    shares = [(flag == 2)[sea & (lead >= a) & (lead < b)].mean() for a, b in [(0, 1e-9), (0.01, 0.1), (0.1, 1.1)]]
    assert shares[0] < 0.1 < shares[1] < shares[2] and shares[2] > 0.8


def test_leads_beside_the_track_come_late(track):
    product, rows, _ = track
    echoes = np.ma.filled(product["waveform_20_ku"][:].astype(float), np.nan)
    found = np.ma.filled(product["range_sea_ice_20_ku"][:] - product["tracker_range_20_ku"][:], np.nan)
    # How far behind the surface that the product's retracker found the largest sample lies, in metres.
    peak = np.where(np.isfinite(echoes).all(1) & (echoes.max(1) > 0), (echoes.argmax(1) - 88) * 0.234213, np.nan)
    behind = peak - found
    far = np.isfinite(behind) & (rows["off_nadir_m"] > 1500) & (rows["off_nadir_m"] < 3000)
    near = np.isfinite(behind) & (rows["off_nadir_m"] < 300)
    assert far.sum() > 10 and near.sum() > 10
    # y² (1 + H/R) / 2H for y = 1500 ... 3000 m is 1.6 ... 6.2 m behind the sea, and ice before it is what is found.
    later = np.median(behind[far]) - np.median(behind[near])
    assert 1.0 < later < 6.5


def test_made_data_say_that_they_are_synthetic(scene, track, tmp_path):
    """Products, rasters, STAC items, report, GeoPackage and netCDF, where a person looks."""
    product, _, path = track
    assert "synthetic" in product.title.lower() and "synthetic" in product.source
    assert "synthetic" in floe("info", scene["scene"]).out and "synthetic" in floe("info", path).out
    ds = gdal.Open(scene["truth"])
    assert "synthetic" in ds.GetRasterBand(1).GetMetadataItem("SUMMARY")
    pipeline = tmp_path / "p.yaml"
    pipeline.write_text(f"""
floe: 1
title: From made products
steps:
  stack: {{ use: sentinel2.stack, with: {{ product: {scene['scene']}, bands: [B02, B04] }} }}
  groups: {{ use: cluster.kmeans, in: {{ samples: stack.image }}, with: {{ clusters: 2 }} }}
  records: {{ use: sentinel3.sral, with: {{ product: {path} }} }}
  report: {{ use: report.html }}
outputs:
  stack.tif: stack.image
  labels.tif: groups.labels
  track.nc: records.track
  track.gpkg: {{ track: records.track }}
  report.html: report.page
""")
    out = tmp_path / "out"
    floe("run", pipeline, "-o", out, "--quiet")
    for name in ["stack", "labels"]:
        assert "synthetic" in gdal.Open(str(out / f"{name}.tif")).GetMetadataItem("PLATFORM")
        item = next(p for p in [out / f"{name}.stac.json", out / f"{name}.json", out / f"{name}.tif.json"] if p.exists())
        assert "synthetic" in json.loads(item.read_text())["properties"]["title"]
    assert "Synthetic data, no measurement" in (out / "report.html").read_text()
    assert "synthetic" in netCDF4.Dataset(out / "track.nc").title.lower()
    from osgeo import ogr
    assert "synthetic" in ogr.Open(str(out / "track.gpkg")).GetLayer("track").GetMetadataItem("DESCRIPTION")
