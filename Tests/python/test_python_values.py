"""What goes into the Python package and comes out: arrays, tables, models and documents as xarray, geopandas and dicts."""
import subprocess
import sys
import warnings

import numpy as np
import pytest

from conftest import ROOT, floe as shell, read as read_pixels, write_tif
from python_package import UTM, floe, geopandas, image, this_program  # noqa: F401


def test_arrays_go_in_and_come_out_where_they_belong(image, tmp_path):
    array = floe.from_array(image, bands=["B02", "B04"], **UTM)
    doubled = floe.raster.expression(array, expression="B02 * 2 + B04").result.read(progress=False)
    assert np.array_equal(doubled.values[0], image[0] * 2.0 + image[1])
    assert doubled.x.values[0] == 300005 and doubled.y.values[0] == 7900015 and doubled.y.values[-1] == 7900015 - 390
    import pyproj
    assert pyproj.CRS(doubled.spatial_ref.attrs["crs_wkt"]).to_epsg() == 32601
    # A part of a raster lies where it was cut out.
    part = doubled.isel(x=slice(10, 30), y=slice(5, 25))
    again = floe.raster.filter(part, statistic="median", window=1).read(progress=False)
    assert np.array_equal(again.values, part.values) and again.x.values[0] == part.x.values[0] and again.y.values[-1] == part.y.values[-1]
    uneven = part.assign_coords(x=np.r_[part.x.values[:-1], part.x.values[-1] + 7])
    with pytest.raises(ValueError, match="'x' is not evenly spaced"):
        floe.raster.filter(uneven, window=1).read()


def test_transforms_in_either_order(image):
    affine = pytest.importorskip("affine")
    for transform in [UTM["transform"], (10, 0, 300000, 0, -10, 7900020), affine.Affine(10, 0, 300000, 0, -10, 7900020)]:
        made = floe.from_array(image, crs="EPSG:32601", transform=transform)
        assert made.spatial_ref.attrs["GeoTransform"] == "300000.0 10.0 0.0 7900020.0 0.0 -10.0"
    with pytest.raises(ValueError, match="GDAL's order .* Affine's .* north up and not rotated"):
        floe.from_array(image, transform=(10, 3, 300000, 3, -10, 7900020))


def test_what_is_read_twice_warns_once(demo):
    stack = floe.sentinel2.stack(product=demo["scene"], bands=["B01"])
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("default")
        stack.image.read(progress=False)
        # As packages do when they are imported; Python forgets then what it has shown.
        warnings.filterwarnings("ignore", message="of another package")
        stack.image.to_numpy(progress=False)
        found = [str(w.message) for w in told if "zenith" in str(w.message)]
        warnings.simplefilter("always")
        stack.image.read(progress=False, workers=1)
    assert len(found) == 1 and len([w for w in told if "zenith" in str(w.message)]) == 2


def test_any_ending_that_floe_writes(image, tmp_path):
    write_tif(tmp_path / "i.tif", image)
    stack = floe.raster.read(files=tmp_path / "i.tif")
    assert "a.tiff: " in str(floe.Pipeline({"a.tiff": stack})) and "a.zarr: " in str(floe.Pipeline({"a.zarr": stack}))
    with pytest.raises(floe.RequestError, match="xyz"):
        floe.run({"a.xyz": stack}, progress=False)
    with pytest.raises(TypeError, match="gives no table"):
        floe.Pipeline({"a.csv": stack})


def test_reflectance_is_in_its_units(demo):
    stack = floe.sentinel2.stack(product=demo["scene"], bands=["B02", "B04"])
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        found = stack.image.read(progress=False)
    # The made scene has the offset of processing baseline 04.00: reflectance = (DN - 1000) / 10000, no data is DN 0.
    dn = read_pixels(next(demo["scene"].rglob("IMG_DATA/*_B04.jp2")))
    expected = np.where(dn == 0, np.nan, (dn - 1000.0) / 10000)
    assert np.allclose(found.sel(band="B04").values, expected, atol=1e-6, equal_nan=True)
    assert found.wavelength.sel(band="B04") == pytest.approx(664.6, abs=1)
    # What the check says of a low sun is a warning at the line that called.
    low = [w for w in told if "zenith" in str(w.message)]
    assert low and all(w.category is floe.FloeWarning and w.filename == __file__ for w in low)
    assert all(str(w.message).startswith(f"{__file__}:") for w in low)


def test_tables_are_geopandas_and_xarray(image, tmp_path):
    from shapely.geometry import Point
    rows, columns = np.array([3, 20, 39]), np.array([5, 40, 59])
    points = geopandas.GeoDataFrame(
        {"name": ["a", "b", "c"]}, crs="EPSG:32601",
        geometry=[Point(300000 + 10 * c + 3, 7900020 - 10 * r - 4) for r, c in zip(rows, columns)])
    laid = floe.colocate.track(points, [floe.from_array(image, bands=["B02", "B04"], **UTM)], footprint=False, max_dt_minutes=None)
    found = laid.track.read(progress=False)
    assert isinstance(found, geopandas.GeoDataFrame) and list(found["name"]) == ["a", "b", "c"]
    column = next(c for c in found.columns if c.endswith("B02") or c.lower().endswith("b02"))
    assert list(found[column]) == list(image[0, rows, columns])
    dataset = laid.track.to_xarray(progress=False)
    assert list(dataset[column].values) == list(image[0, rows, columns])


def test_fiona_serves_where_pyogrio_is_not(image, tmp_path, monkeypatch):
    """As on Debian 12."""
    pytest.importorskip("fiona")
    monkeypatch.setitem(sys.modules, "pyogrio", None)
    from floe import _files
    write_tif(tmp_path / "i.tif", image, epsg=32601)
    shell("step", "vector.polygonize", "--image", tmp_path / "i.tif", "--polygons", "p.gpkg", "-o", tmp_path, "--quiet")
    made = floe.read(tmp_path / "p.gpkg")
    assert made.crs == "EPSG:32601" and len(made) > 1
    assert len(floe.read(_files.write(made, tmp_path / "again"))) == len(made)
    with pytest.raises(ImportError, match="tables without geometry need the package pyogrio: pip install pyogrio"):
        _files.write_table(made.drop(columns="geometry"), tmp_path / "t.gpkg", "t")


def test_several_values_in_one_run(image):
    k = floe.cluster.kmeans(floe.from_array(image, **UTM), clusters=2)
    labels, model = floe.compute(k.labels, k.model, progress=False)
    # scikit-learn is the judge of the centres.
    from sklearn.cluster import KMeans
    theirs = KMeans(2, n_init=10, random_state=0).fit(image.reshape(2, -1).T.astype(float)).cluster_centers_
    assert np.allclose(sorted(map(tuple, [c["centre"] for c in model["clusters"]])), sorted(map(tuple, theirs)), rtol=1e-6)
    assert set(np.unique(labels)) == {0, 1}


def test_models_go_from_run_to_run(image):
    array = floe.from_array(image, **UTM)
    model = floe.cluster.kmeans(array, clusters=2).model.read(progress=False)
    applied = floe.cluster.apply(array, model=model).labels.read(progress=False)
    assert (applied[0, :, :30] == 0).all() and (applied[0, :, 30:] == 1).all()


def test_rasterio_serves_where_gdals_bindings_are_not(image, tmp_path):
    pytest.importorskip("rasterio")
    program = f"""
import sys
sys.path.insert(0, {str(ROOT / 'python')!r})
if sys.argv[1] == "rasterio":
    sys.modules["osgeo"] = None
import numpy as np, floe
from floe import _files
array = floe.from_array(np.load({str(tmp_path / 'a.npy')!r}), bands=["B02", "B04"], nodata=0, crs="EPSG:32601", transform={UTM['transform']})
_files.write_raster(array, sys.argv[2])
read = floe.read(sys.argv[3])
print(read.values.sum(), read.attrs, list(read.band.values), read.x.values[:2], read.y.values[:2], read.spatial_ref.attrs["GeoTransform"])
"""
    np.save(tmp_path / "a.npy", image)
    said = {}
    for first, second in (("osgeo", "rasterio"), ("rasterio", "osgeo")):
        done = subprocess.run([sys.executable, "-c", program, first, tmp_path / f"{first}.tif", tmp_path / f"{first}.tif"], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        said[first] = done.stdout
    assert said["osgeo"] == said["rasterio"]
    crossed = subprocess.run([sys.executable, "-c", program, "osgeo", tmp_path / "again.tif", tmp_path / "rasterio.tif"], capture_output=True, text=True)
    assert crossed.stdout == said["osgeo"], crossed.stderr
