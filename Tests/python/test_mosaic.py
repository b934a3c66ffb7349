"""Several rasters as one: judged by rasterio.merge, by gdalwarp and by numpy; the same bytes for any order."""
import json
import os
import subprocess

import numpy as np
import pytest
import rasterio
from conftest import FLOE, floe, read, write_tif
from osgeo import gdal
from rasterio.merge import merge
from scipy import ndimage

TABLE = {"noData": 255, "entries": [
    {"code": c, "name": n, "label": n, "color": {"red": 40 * c, "green": 9, "blue": 200}}
    for c, n in enumerate(["open_ocean", "sea_ice", "lead"])]}


def scene(path, array, hour=None, classes=None, **place):
    """A GeoTIFF with a time of acquisition and a table of classes as floe writes them."""
    write_tif(path, array, **place)
    ds = gdal.Open(str(path), gdal.GA_Update)
    if hour is not None:
        ds.SetMetadataItem("ACQUISITION_TIME", f"2019-03-01T{hour:02}:00:00Z")
    if classes:
        ds.SetMetadataItem("FLOE_CLASSES", json.dumps(classes))
        ds.GetRasterBand(1).SetMetadataItem("QUANTITY", "class")
    ds = None
    return path


def mosaic(folder, files, *words, expect=0, **more):
    done = floe("step", "raster.mosaic", "--images", ",".join(map(str, files)), *words, "--mosaic", "m.tif", "-o", folder,
                "--quiet", expect=expect, **more)
    return folder / "m.tif" if expect == 0 else done.err


@pytest.fixture(scope="module")
def aligned(tmp_path_factory):
    """Four rasters of one grid, of other sizes, with no data; the order of times is not that of names."""
    folder = tmp_path_factory.mktemp("aligned")
    random = np.random.default_rng(11)
    files = []
    for i, (rows, columns, east, north, hour) in enumerate([(300, 420, 0, 0, 3), (280, 330, 200, -90, 1), (500, 90, 350, 40, 4), (60, 700, -130, -200, 2)]):
        image = random.integers(1, 4000, (2, rows, columns), dtype=np.uint16)
        image[:, random.random((rows, columns)) < 0.2] = 0
        files.append(scene(folder / f"a{i}.tif", image, hour, origin=(300000.0 + 10 * east, 7900020.0 + 10 * north), nodata=0))
    return files


def stacked(files, like):
    """All rasters on the grid of one, NaN where there is no data."""
    g = gdal.Open(str(like)).GetGeoTransform()
    shape = read(like).shape[-2:]
    result = np.full((len(files), 2, *shape), np.nan)
    for layer, file in zip(result, files):
        ds = gdal.Open(str(file))
        f = ds.GetGeoTransform()
        c, r = round((f[0] - g[0]) / g[1]), round((f[3] - g[3]) / g[5])
        values = ds.ReadAsArray().astype(float)
        layer[:, r:r + values.shape[1], c:c + values.shape[2]] = np.where(values == 0, np.nan, values)
    return result


@pytest.mark.parametrize("rule, theirs", [("first", "first"), ("last", "last"), ("minimum", "min"), ("maximum", "max")])
def test_rules_are_those_of_rasterio(aligned, tmp_path, rule, theirs):
    by_time = [aligned[i] for i in (1, 3, 0, 2)]
    with rasterio.open(mosaic(tmp_path, aligned, "--rule", rule)) as made:
        judge, transform = merge([str(f) for f in by_time], method=theirs, nodata=0)
        assert made.transform == transform and made.nodata == 0 and made.dtypes[0] == "uint16"
        assert made.descriptions == ("B01", "B02")
        np.testing.assert_array_equal(made.read(), judge)


def test_the_mean_is_that_of_numpy(aligned, tmp_path):
    made = mosaic(tmp_path, aligned)
    layers = stacked(aligned, made)
    with np.errstate(all="ignore"):
        judge = np.nansum(layers, axis=0) / np.isfinite(layers).sum(axis=0)
    np.testing.assert_array_equal(read(made), judge.astype(np.float32))
    assert np.isnan(gdal.Open(str(made)).GetRasterBand(1).GetNoDataValue())


def test_order_workers_and_memory_change_no_byte(aligned, tmp_path):
    for rule in ["mean", "last"]:
        one = mosaic(tmp_path / rule, aligned, "--rule", rule, "--workers", 1, "--resolution", 13, "--resampling", "bilinear").read_bytes()
        two = mosaic(tmp_path / f"{rule}-2", aligned[::-1], "--rule", rule, "--workers", 4, "--memory", "600MB",
                     "--resolution", 13, "--resampling", "bilinear").read_bytes()
        assert one == two


@pytest.mark.parametrize("resampling, gdals", [("nearest", "near"), ("bilinear", "bilinear")])
def test_several_systems_become_one_grid(tmp_path, resampling, gdals):
    """Two zones of UTM on EASE-Grid 2.0: each as gdalwarp brings it there, and numpy's maximum."""
    random = np.random.default_rng(3)
    files = []
    for i, (epsg, x) in enumerate([(32601, 560000.0), (32602, 440000.0)]):
        image = (2000 + 900 * ndimage.gaussian_filter(random.standard_normal((1, 500, 460)), (0, 6, 6)) * 20).clip(1, 9000).astype(np.uint16)
        image[0, 40:70, 90:200] = 0
        files.append(scene(tmp_path / f"z{i}.tif", image, epsg=epsg, origin=(x, 8000000.0), pixel=40.0 + 10 * i, nodata=0))
    made = gdal.Open(str(mosaic(tmp_path / "out", files, "--rule", "maximum", "--resampling", resampling)))
    g = made.GetGeoTransform()
    assert made.GetSpatialRef().GetAuthorityCode(None) == "6931" and (g[1], g[5]) == (40, -40) and g[0] % 40 == 0
    box = (g[0], g[3] + g[5] * made.RasterYSize, g[0] + g[1] * made.RasterXSize, g[3])
    layers = [gdal.Warp("", str(f), format="MEM", dstSRS="EPSG:6931", outputBounds=box, width=made.RasterXSize, height=made.RasterYSize,
                        errorThreshold=0, dstNodata=0, resampleAlg=gdals).ReadAsArray() for f in files]
    judge, ours = np.max(layers, axis=0), made.ReadAsArray()
    assert ((ours == 0) == (judge == 0)).mean() > 0.999 and (ours > 0).mean() > 0.2
    off = np.abs(ours.astype(int) - judge)
    # Pixels whose centre falls on an edge between source pixels may differ.
    # Places are interpolated to an eighth of a pixel, as gdalwarp does by default and here does not: some units of 2000.
    assert (off > 1).mean() < 0.001 if resampling == "nearest" else (off > 10).mean() < 0.001


def test_the_majority_of_classes(tmp_path):
    random = np.random.default_rng(8)
    codes = random.integers(0, 3, (5, 70, 90)).astype(np.uint8)
    codes[random.random(codes.shape) < 0.3] = 255
    files = [scene(tmp_path / f"c{i}.tif", c, classes=TABLE, nodata=255) for i, c in enumerate(codes)]
    votes = np.stack([(codes == k).sum(axis=0) for k in range(3)])
    judge = np.where(votes.sum(axis=0) == 0, 255, votes.argmax(axis=0))
    np.testing.assert_array_equal(read(mosaic(tmp_path / "out", files)), judge)
    other = json.loads(json.dumps(TABLE))
    other["entries"][2]["name"] = "thin_ice"
    files[1] = scene(tmp_path / "other.tif", codes[0], classes=other, nodata=255)
    err = mosaic(tmp_path / "no", files, expect=2)
    assert "number 2 does not fit number 1: its code 2 is 'thin_ice'" in err and "not 'lead'" in err
    assert "codes of classes have no order and no mean" in mosaic(tmp_path / "no", files[2:], "--rule", "mean", expect=2)


def test_both_hemispheres_need_a_system(tmp_path):
    image = np.ones((1, 20, 20), np.uint8)
    files = [scene(tmp_path / "n.tif", image, epsg=32601), scene(tmp_path / "s.tif", image, epsg=32701, origin=(300000.0, 2000000.0))]
    assert "'crs' is missing: of the 2 rasters" in mosaic(tmp_path / "no", files, expect=2)


def test_hundreds_of_rasters_with_few_descriptors(tmp_path):
    """150 rasters where a process may hold 64 files open."""
    values = np.arange(1, 151, dtype=np.uint16)
    files = [scene(tmp_path / f"r{i:03}.tif", np.full((1, 8, 8), v, np.uint16), origin=(300000.0 + 40 * i, 7900020.0), nodata=0)
             for i, v in enumerate(values)]
    words = [FLOE, "step", "raster.mosaic", "--images", f"{tmp_path}/r*.tif", "--rule", "maximum", "--mosaic", "m.tif", "--workers", "4",
             "-o", tmp_path / "out", "--quiet"]
    done = subprocess.run(["bash", "-c", 'ulimit -n 64; exec "$@"', "bash", *map(str, words)], capture_output=True, text=True, env=os.environ)
    assert done.returncode == 0, done.stderr
    judge = np.zeros((8, 4 * 149 + 8))
    for i, v in enumerate(values):
        judge[:, 4 * i:4 * i + 8] = v
    np.testing.assert_array_equal(read(tmp_path / "out/m.tif"), judge)
    assert len(files) == 150


def test_folders_for_paths_and_patterns(tmp_path):
    """floe step -C: inputs and outputs count from the folder."""
    (tmp_path / "winter/a").mkdir(parents=True)
    scene(tmp_path / "winter/a/x.tif", np.ones((1, 8, 8), np.uint8), nodata=0)
    floe("step", "-C", tmp_path / "winter", "raster.mosaic", "--images", "*/x.tif", "--mosaic", "m.tif", "-o", "out", "--quiet")
    assert (tmp_path / "winter/out/m.tif").exists()
    assert "-C must be a folder" in floe("step", "-C", tmp_path / "no", "raster.mosaic", expect=2).err
    assert "-C needs a folder" in floe("step", "-C", expect=2).err


def test_other_values_of_no_data_are_refused_with_what_changes_them(tmp_path):
    """The sentence's own command makes them fit."""
    image = np.ones((8, 8), "uint16")
    image[:2] = 0
    a = scene(tmp_path / "a.tif", image, nodata=0)
    b = scene(tmp_path / "b.tif", np.where(image == 0, 65535, image).astype("uint16"), nodata=65535)
    assert "-dstnodata 0" in mosaic(tmp_path / "no", [a, b], expect=2)
    gdal.Warp(str(tmp_path / "c.tif"), str(b), dstNodata=0)
    assert (read(mosaic(tmp_path / "yes", [a, tmp_path / "c.tif"], "--rule", "minimum")) == image).all()


def test_zeros_that_take_no_part_are_told(tmp_path):
    zeros, ones = np.zeros((9, 9), np.uint16), np.full((9, 9), 10, np.uint16)
    write_tif(tmp_path / "a.tif", zeros)
    write_tif(tmp_path / "b.tif", ones)
    result = floe("step", "raster.mosaic", "--images", "a.tif,b.tif", "--rule", "mean", "--mosaic", "m.tif", "-o", "out", cwd=tmp_path)
    assert (read(tmp_path / "out/m.tif") == 10).all() == ("pixels of 0 take no part in it" in result.err)
