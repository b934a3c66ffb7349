"""The demonstration: an officially shaped product, results near the truth, files that other programs accept."""
import json
import subprocess
import sys

import numpy as np
import pytest
from conftest import ROOT, f1, floe, read
from osgeo import gdal


def otsu(values):
    counts, edges = np.histogram(values, 2048)
    centres = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts)
    sums = np.cumsum(counts * centres)
    total, whole = below[-1], sums[-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        between = (whole * below / total - sums) ** 2 / (below * (total - below))
    return centres[np.nanargmax(between)]


def test_gdals_own_driver_opens_the_product(demo):
    info = gdal.Open(str(demo["scene"] / "MTD_MSIL1C.xml"))
    assert info.GetDriver().ShortName == "SENTINEL2"
    names = [n for n, _ in info.GetSubDatasets()]
    ten = gdal.Open(next(n for n in names if ":10m:" in n))
    assert (ten.RasterXSize, ten.RasterYSize) == (1200, 1200)
    assert ten.GetRasterBand(1).ReadAsArray(600, 0, 10, 10).shape == (10, 10)


def test_leads_are_found_better_than_by_otsu(demo):
    truth, classes = read(demo["truth"]), read(demo["results"] / "ice-lead.tif")
    stack = read(demo["results"] / "stack.tif")
    known = (truth != 255) & (classes != 255)
    assert f1(truth[known], classes[known], 2) > 0.95
    red = stack[2].astype(float)
    simple = np.where(red < otsu(red[known]), 2, 1)
    assert f1(truth[known], simple[known], 2) < 0.95


@pytest.mark.parametrize("seed", [2, 3])
def test_other_seeds_give_the_same_code_to_the_same_thing(tmp_path, seed):
    floe("demo", tmp_path, "--size", 900, "--seed", seed, "--quiet")
    score = json.loads((tmp_path / "truth/score.json").read_text())
    record = json.loads((tmp_path / "results/run.json").read_text())
    assert record["results"]["groups"]["naming"][0].startswith("lead:")
    assert "lead" in json.dumps(score)


def test_a_scene_without_leads_has_none(tmp_path):
    floe("demo", tmp_path, "--size", 600, "--seed", 10, "--quiet")
    classes = read(tmp_path / "results/ice-lead.tif")
    assert set(np.unique(classes)) <= {1, 255}
    record = json.loads((tmp_path / "results/run.json").read_text())
    assert any("no lead found" in w["message"] for w in record["warnings"])


def test_cogs_pass_gdals_validator(demo):
    for name in ["stack", "ice-lead", "probability"]:
        done = subprocess.run(
            [sys.executable, "-m", "osgeo_utils.samples.validate_cloud_optimized_geotiff", str(demo["results"] / f"{name}.tif")],
            capture_output=True, text=True)
        assert done.returncode == 0 and "is a valid cloud" in done.stdout, done.stdout + done.stderr


def test_class_raster_carries_all_that_qgis_needs(demo):
    ds = gdal.Open(str(demo["results"] / "ice-lead.tif"))
    band = ds.GetRasterBand(1)
    assert band.GetNoDataValue() == 255 and band.DataType == gdal.GDT_Byte
    assert band.GetDescription() == "class"
    assert band.GetCategoryNames()[:4] == ["Open ocean", "Sea ice", "Lead", "Unclassified"]
    assert band.GetColorTable().GetColorEntry(2)[:3] == (230, 97, 1)
    assert band.GetDefaultRAT().GetRowCount() == 4
    assert band.GetOverviewCount() >= 1
    # Overviews of codes hold no code that the raster itself does not.
    codes = set(np.unique(band.ReadAsArray()))
    for i in range(band.GetOverviewCount()):
        assert set(np.unique(band.GetOverview(i).ReadAsArray())) <= codes
    qml = (demo["results"] / "ice-lead.qml").read_text()
    assert 'type="paletted"' in qml and qml.count("<paletteEntry") == 4
    assert "FLOE_PROVENANCE" in ds.GetMetadata()


def test_stack_carries_scale_offset_and_wavelength(demo):
    ds = gdal.Open(str(demo["results"] / "stack.tif"))
    assert [ds.GetRasterBand(i).GetDescription() for i in range(1, 5)] == ["B02", "B03", "B04", "B08"]
    band = ds.GetRasterBand(3)
    assert band.DataType == gdal.GDT_UInt16 and band.GetNoDataValue() == 0
    assert band.GetScale() == pytest.approx(1e-4) and band.GetOffset() == pytest.approx(-0.1)
    assert float(band.GetMetadataItem("WAVELENGTH")) == pytest.approx(664.6, abs=1)


def test_probabilities_add_up(demo):
    ds = gdal.Open(str(demo["results"] / "probability.tif"))
    names = [ds.GetRasterBand(i).GetDescription() for i in range(1, ds.RasterCount + 1)]
    assert names == ["p_lead", "p_sea_ice", "entropy"]
    p = ds.ReadAsArray()
    valid = p[0] != 65535
    assert np.abs(p[0][valid].astype(int) + p[1][valid] - 50000).max() <= 1
    classes = read(demo["results"] / "ice-lead.tif")
    assert np.array_equal(classes == 255, ~valid)
    sure = valid & (p[0] != p[1])
    # The class is that of the most probable cluster; several of the other class may hold more together, on hardly a pixel.
    assert ((classes == 2)[sure] == (p[0] > p[1])[sure]).mean() > 0.99999


def test_info_prints_the_product(demo):
    text = floe("info", demo["scene"]).out
    for word in ["Sentinel-2A", "05.00", "T01WCU", "EPSG:32601", "B8A", "2019-03-01T23:56"]:
        assert word in text
    data = json.loads(floe("info", demo["scene"], "--json").out)
    assert data["acquisition"]["level"] == "L1C" and len(data["bands"]) == 13


def test_warnings_of_the_demonstration_are_about_its_data(demo):
    """Nothing of floe's own files, or of their place while they are written, is among them."""
    for part in ("results", "radar", "story"):
        told = [w["message"] for w in json.loads((demo["folder"] / part / "run.json").read_text())["warnings"]]
        assert told and not [m for m in told if ".floe-" in m or "layer_styles" in m], told


def test_story_compares_leads_by_majority(demo):
    """The track crosses the widest lead, so that some footprints are mostly lead and the comparison by majority says something."""
    told = json.loads((demo["folder"] / "story/comparison.json").read_text())
    assert told["kappa"] > 0.3 and told["balanced_accuracy"] > 0.8
    from osgeo import ogr
    source = ogr.Open(str(demo["folder"] / "story/colocated.gpkg"))
    layer = source.GetLayer("track")
    layer.SetAttributeFilter("fp_majority = 2 AND fp_purity >= 0.8")
    assert layer.GetFeatureCount() >= 1


@pytest.mark.parametrize("clusters", [2, 6])
def test_uncertainty_is_that_between_classes(tmp_path, demo, clusters):
    """Also where there are as many clusters as classes: a cluster that brightness divides is not one class."""
    floe("run", ROOT / "examples/ice-lead.yaml", "--set", f"scene={demo['scene']}", "--set", f"clusters={clusters}", "-o", tmp_path, "--quiet")
    bands = read(tmp_path / "probability.tif").astype(float)
    p = bands[:2, bands[0] < 65535] * 2e-5
    entropy = -(p * np.log(np.maximum(p, 1e-12))).sum(0) / np.log(2)
    assert np.abs(p.sum(0) - 1).max() < 5e-5 and np.abs(entropy - bands[2, bands[0] < 65535] * 2e-5).max() < 1e-3
