"""The Python package: steps as functions, pipelines composed in Python, results as xarray, geopandas and dicts."""
import inspect
import json
import keyword
import os
import pathlib
import re
import signal
import subprocess
import sys
import textwrap
import time
import typing
import warnings
import zipfile

import numpy as np
import pytest
from conftest import FLOE, ROOT, floe as shell, read as read_pixels, write_tif

sys.path.insert(0, str(ROOT / "python"))
pytest.importorskip("xarray")
geopandas = pytest.importorskip("geopandas")
import floe  # noqa: E402

yaml = pytest.importorskip("yaml")
UTM = dict(crs="EPSG:32601", transform=(300000.0, 10.0, 0.0, 7900020.0, 0.0, -10.0))


@pytest.fixture(autouse=True)
def this_program(monkeypatch):
    monkeypatch.setenv("FLOE", str(FLOE))


@pytest.fixture
def image():
    """Two bands of whole numbers, dark on the left."""
    pixels = np.full((2, 40, 60), 1000, np.uint16)
    pixels[:, :, 30:] = 8000
    pixels += np.random.default_rng(5).integers(0, 200, pixels.shape, dtype=np.uint16)
    return pixels


# Functions


def test_every_step_is_a_function_with_its_declaration():
    declared = json.loads(shell("steps", "--json").out)
    assert {d["name"] for d in declared} == set(floe.steps())
    for d in declared:
        family, name = d["name"].split(".")
        function = getattr(getattr(floe, family), name)
        names = {p["name"] for p in d["inputs"] + d["parameters"]} | ({"preset"} if d["presets"] else set())
        words = {n + "_" if keyword.iskeyword(n) else n for n in names}  # PEP 8: from_
        assert set(inspect.signature(function).parameters) == words, d["name"]
        text = " ".join(function.__doc__.split())
        for p in d["inputs"] + d["parameters"] + d["outputs"]:
            assert " ".join(p["help"].split()) in text, (d["name"], p["name"])
    defaults = {k: p.default for k, p in inspect.signature(floe.cluster.gmm).parameters.items()}
    assert defaults["clusters"] == 2 and defaults["tolerance"] == 1e-4 and defaults["standardise"] is False and defaults["training"] == "even"


def test_wrong_words_are_refused_where_they_stand(image):
    line = inspect.currentframe().f_lineno + 2
    with pytest.raises(floe.RequestError) as refused:
        floe.cluster.gmm(image, cluster=3)
    [problem] = refused.value.problems
    assert "did you mean 'clusters'" in problem.message and (problem.file, problem.line) == (__file__, line)
    with pytest.raises(floe.RequestError, match="cluster.gmm needs 'samples'"):
        floe.cluster.gmm(clusters=3)
    with pytest.raises(AttributeError, match="there is no step 'cluster.gm'"):
        floe.cluster.gm
    with pytest.raises(AttributeError, match="has no output 'lables'; it has labels"):
        floe.cluster.kmeans(image).lables
    model = floe.cluster.kmeans(image).model
    with pytest.raises(floe.RequestError, match="'samples' of cluster.gmm takes a raster or table, not the model 'model' of cluster.kmeans"):
        floe.cluster.gmm(model)


# Pipelines


def test_what_is_no_pipeline_is_refused_in_words(image, tmp_path):
    groups = floe.cluster.kmeans(image, clusters=2)
    for call, kind, words in [
        (lambda: floe.run({}), floe.RequestError, "needs at least one output"),
        (lambda: floe.Pipeline({}), floe.RequestError, "needs at least one output"),
        (lambda: floe.compute(), floe.RequestError, "needs at least one output"),
        (lambda: floe.run(3), TypeError, "a pipeline's file, a Pipeline or a dict of outputs, not int"),
        (lambda: floe.check(None), TypeError, "a pipeline's file, a Pipeline or a dict of outputs, not NoneType"),
        (lambda: floe.compute("x"), TypeError, "takes outputs of steps, not str"),
        (lambda: floe.sentinel2.stack("a.SAFE"), TypeError, "no input by position; parameters have names, as in product="),
        (lambda: groups.labels.read(workers=-1), floe.RequestError, "--workers must be between 1 and 256, not -1"),
        (lambda: floe.cluster.kmeans(image[:, :0]).labels.read(), ValueError, "at least one band, row and column"),
    ]:
        with pytest.raises(kind, match=re.escape(words)) as caught:
            call()
        if kind is floe.RequestError and "output" in words:
            assert caught.value.problems[0].file == __file__ and caught.value.problems[0].line
    for name in ("no.tif", "no.gpkg", "no.csv", "no.nc", "no.json", "no.html"):
        with pytest.raises(FileNotFoundError, match=name):
            floe.read(tmp_path / name)
    shown = groups._repr_html_()
    assert "cluster.kmeans" in shown and "<td>labels</td><td>raster or table</td>" in shown


def test_a_plugin_path_that_is_no_folder_warns(tmp_path):
    with pytest.warns(floe.FloeWarning, match="is no folder"):
        floe.load(plugin_path=tmp_path / "nowhere")
    floe.load()


def test_a_composed_pipeline_is_the_file_that_the_shell_runs(image, tmp_path):
    write_tif(tmp_path / "image.tif", image, epsg=32601)
    scene = floe.Input("scene", help="Any raster: the bands")
    stack = floe.raster.read(files=scene)
    groups = floe.cluster.gmm(stack, clusters=2, names={"lead": "darkest", "sea_ice": "rest"}, dark_ratio=0.9).named("groups")
    pipeline = floe.Pipeline({"maps/classes.tif": groups.classes, "model.json": groups}, title="Two: classes", seed=7)
    text = yaml.safe_load(pipeline.save(tmp_path / "p.yaml").read_text())
    assert text == {
        "floe": 1, "title": "Two: classes", "seed": 7, "inputs": {"scene": {"type": "path", "help": "Any raster: the bands"}},
        "steps": {"read": {"use": "raster.read", "with": {"files": "$scene"}},
                  "groups": {"use": "cluster.gmm", "in": {"samples": "read.image"},
                             "with": {"clusters": 2, "names": {"lead": "darkest", "sea_ice": "rest"}, "dark_ratio": 0.9}}},
        "outputs": {"maps/classes.tif": "groups.classes", "model.json": "groups.model"}}
    shell("run", tmp_path / "p.yaml", "--set", f"scene={tmp_path / 'image.tif'}", "-o", tmp_path / "shell", "--quiet")
    done = floe.run(pipeline, scene=tmp_path / "image.tif", out=tmp_path / "python", progress=False)
    assert list(done) == ["maps/classes.tif", "model.json"]
    assert (tmp_path / "shell/maps/classes.tif").read_bytes() == done.path("maps/classes.tif").read_bytes()
    by_file = floe.run(tmp_path / "p.yaml", scene=tmp_path / "image.tif", progress=False)
    assert by_file.path("maps/classes.tif").read_bytes() == done.path("maps/classes.tif").read_bytes()
    classes = done["maps/classes.tif"]
    assert classes.attrs["flag_meanings"].split()[:3] == ["open_ocean", "sea_ice", "lead"] and classes.dtype == np.uint8
    assert (classes[0, :, :30] == 2).all() and (classes[0, :, 30:] == 1).all()
    assert floe.check(pipeline, scene=tmp_path / "image.tif")["sound"] is True
    with pytest.raises(KeyError, match="the outputs are maps/classes.tif, model.json"):
        done["classes.tif"]


@pytest.mark.parametrize("value", ["yes", "a: b", "# no", "", " x", "ø\n\"", "$1", "-5", "1e3", "null", True, 3, 0.1, 1e-30, -2.5, [1, "b"],
                                   {"a b": ["x,y", {"c": 1}]}, np.float32(0.5), np.arange(3)])
def test_yaml_reads_back_as_what_was_meant(value):
    from floe import _yaml
    meant = value.tolist() if hasattr(value, "tolist") else value
    found = yaml.safe_load(_yaml.text(value))
    # YAML 1.1 wants a point before an exponent; floe takes the number from its text.
    assert (float(found) if isinstance(found, str) and isinstance(meant, float) else found) == meant


def test_problems_have_file_and_line(tmp_path):
    file = tmp_path / "bad.yaml"
    file.write_text("floe: 1\ninputs:\n  scene: { type: path }\nsteps:\n  a: { use: raster.read, with: { files: nofile.tif } }\noutputs:\n  o.tif: a.image\n")
    for call in (floe.run, floe.check):
        with pytest.raises(floe.RequestError) as refused:
            call(file)
        assert [(p.file, p.line) for p in refused.value.problems] == [(str(file), 3), (str(file), 5)]
        assert "nofile.tif" in refused.value.problems[1].message
    lines = inspect.currentframe().f_lineno
    image = floe.raster.read(files=tmp_path / "nofile.tif")
    groups = floe.cluster.kmeans(image, clusters=999)
    for call in (floe.run, floe.check):
        with pytest.raises(floe.RequestError) as refused:
            call({"labels.tif": groups.labels})
        assert [(p.file, p.line) for p in refused.value.problems] == [(__file__, lines + 1), (__file__, lines + 2)]
        assert "must be between 2 and 255, not 999" in refused.value.problems[1].message and "pipeline.yaml" not in str(refused.value)


# Values


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


# Runs


def test_a_notebook_shows_map_areas_and_what_was_left_out(demo):
    from html.parser import HTMLParser
    done = floe.run(ROOT / "examples/ice-lead.yaml", scene=demo["scene"], resolution=20, clusters=4, bands=["B02", "B04"], progress=False)
    page = done._repr_html_()
    done.record["title"] = ""
    assert repr(done).startswith("<run of an untitled pipeline: ")
    open_tags = []

    class Balance(HTMLParser):
        def handle_starttag(self, tag, attributes):
            if tag != "img":
                open_tags.append(tag)

        def handle_endtag(self, tag):
            assert open_tags.pop() == tag

    Balance().feed(page)
    assert open_tags == [] and 'src="data:image/png;base64,' in page
    assert re.search(r'<img alt="Map ice-lead: Sea ice [\d.]+ km² \([\d.]+ %\), Lead', page)
    for area in done.results["groups"]["class_areas"]:
        assert f"{area['area_km2']:.2f} km²" in page and area["label"] in page
    assert all(d["reason"] in page for d in done.left_out) and done.left_out
    assert {"map-ice-lead", "map-stack-true-colour"} & set(done.figures) and done.figure("map-ice-lead").startswith(b"\x89PNG")


def test_bars_of_tqdm(image, capfd):
    pytest.importorskip("tqdm")
    floe.cluster.kmeans(floe.from_array(image, **UTM)).labels.read(progress=True)
    assert re.search(r"\d+/\d+ \[", capfd.readouterr().err)
    floe.cluster.kmeans(floe.from_array(image, **UTM)).labels.read(progress=False)
    assert capfd.readouterr().err == ""


def test_an_interrupt_ends_everything(tmp_path):
    """A step that waits is under way when Python is interrupted: all its processes end, and no output is left."""
    pytest.importorskip("cloudpickle")
    program = tmp_path / "slow.py"
    program.write_text(textwrap.dedent(f"""
        import sys, time
        sys.path.insert(0, {str(ROOT / 'python')!r})
        import floe
        @floe.step("test.slow", outputs={{"report": floe.Document()}})
        def slow(image: floe.Raster):
            open({str(tmp_path / 'began')!r}, "w").write(str(__import__("os").getpid()))
            time.sleep(100)
            return {{}}
        if __name__ == "__main__":
            import numpy as np
            try:
                floe.run({{"report.json": slow(floe.from_array(np.ones((4, 4))))}}, out={str(tmp_path / 'out')!r}, progress=False)
            except KeyboardInterrupt:
                print("interrupted")
        """))
    process = subprocess.Popen([sys.executable, program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
    until = time.monotonic() + 60
    while not (tmp_path / "began").exists() or not (tmp_path / "began").read_text():
        assert process.poll() is None and time.monotonic() < until, process.communicate()
        time.sleep(0.05)
    worker = int((tmp_path / "began").read_text())
    process.send_signal(signal.SIGINT)
    out, error = process.communicate(timeout=30)
    assert out == "interrupted\n", error
    with pytest.raises(ProcessLookupError):
        for _ in range(50):
            os.kill(worker, 0)
            time.sleep(0.1)
    assert not (tmp_path / "out").exists() or list((tmp_path / "out").iterdir()) == []


# Steps from functions


cloudpickle = pytest.importorskip("cloudpickle")
FACTOR = 3


@floe.step("test.ratio", outputs={"ratio": floe.Raster(type="float32", unit="m"), "facts": floe.Document()})
def ratio(image: floe.Raster, weight: typing.Annotated[float, floe.Param("Weight of the second band", minimum=0, maximum=10)] = 1.0,
          names: typing.List[str] = ("a", "b"), how: typing.Literal["plain", "twice"] = "plain", mark: bool = False):
    """Divides the first band by the second.

    Float32, NaN where there is no data.
    """
    floe.dropped(2, "pixels", "a reason")
    value = image[0] / (image[1] * weight) * FACTOR
    return {"ratio": value * (2 if how == "twice" else 1), "facts": {"names": names, "mark": mark, "n": int(value.size)}}


def test_a_function_is_a_step(image, tmp_path):
    array = floe.from_array(image.astype(np.float32), **UTM)
    made = ratio(array, weight=2, names=["x", "y z"], how="twice", mark=True)
    value, facts = floe.compute(made.ratio, made.facts, progress=False)
    assert np.allclose(value.values[0], image[0].astype(np.float32) / (image[1] * 2.0) * 3 * 2, rtol=1e-6) and value.attrs["units"] == "m"
    assert {k: facts[k] for k in ("names", "mark", "n")} == {"names": ["x", "y z"], "mark": True, "n": 2400}
    assert value.x.values[0] == 300005
    assert ratio.__doc__.startswith("Divides the first band by the second.") and "Weight of the second band" in ratio.__doc__
    with pytest.raises(floe.RequestError, match="'weight' must be between 0 and 10, not 11"):
        floe.run({"r.tif": ratio(array, weight=11).ratio})
    # And it is one for the shell, from the folder that `write` makes.
    write_tif(tmp_path / "image.tif", image, epsg=32601)
    shell("step", "test.ratio", "--image", tmp_path / "image.tif", "--ratio", "r.tif", "-o", tmp_path / "out", "--plugin-path",
          ratio.write(tmp_path / "plugin"), "--quiet")
    assert np.allclose(read_pixels(tmp_path / "out/r.tif"), image[0] / image[1] * 3.0, rtol=1e-6)
    record = json.loads((tmp_path / "out/run.json").read_text())
    assert [(d["count"], d["reason"]) for d in record["left_out"]] == [(2, "a reason")]


@floe.step("test.count", outputs={"counted": floe.Table(like="points", columns={"twice": {"type": "number"}})})
def count(points: floe.Table, fail: bool = False):
    """Doubles a column."""
    if fail:
        raise ValueError("the function says no")
    points["twice"] = points["v"] * 2
    return points


def test_tables_and_failures_of_functions():
    from shapely.geometry import Point
    points = geopandas.GeoDataFrame({"v": [1.5, 2.5]}, geometry=[Point(0, 0), Point(1, 1)], crs="EPSG:4326")
    assert list(count(points).counted.read(progress=False)["twice"]) == [3.0, 5.0]
    with pytest.raises(floe.RunError, match="the function says no") as told:
        count(points, fail=True).counted.read(progress=False)
    line = count.function.__code__.co_firstlineno + 4
    assert f"{__file__}:{line}: in count: ValueError" in str(told.value) and "dynamic-code" not in str(told.value)
    with pytest.raises(TypeError, match="the parameter 'x' needs a type that floe knows"):
        @floe.step("test.bad", outputs={"o": floe.Document()})
        def bad(x: complex):
            """Bad."""


# The distribution


def test_the_wheel(tmp_path):
    pytest.importorskip("flit_core")
    source = tmp_path / "source"
    import shutil
    shutil.copytree(ROOT / "python", source, ignore=shutil.ignore_patterns("__pycache__", "dist"))
    subprocess.run([sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "--disable-pip-version-check", "-w", tmp_path / "dist", source],
                   check=True, capture_output=True)
    [wheel] = (tmp_path / "dist").glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {f"floe/{p.name}" for p in (ROOT / "python/floe").glob("*.py")} == {n for n in names if n.startswith("floe/")}
    assert wheel.name.endswith("-py3-none-any.whl") and f"-{floe.__version__}-" in wheel.name
    assert floe.__version__ in shell("--version").out
    done = subprocess.run([sys.executable, "-c", "import floe; print(floe.__file__, len(floe.steps()))"], capture_output=True, text=True,
                          env={**os.environ, "PYTHONPATH": str(wheel)}, cwd=tmp_path)
    assert done.returncode == 0 and str(wheel) in done.stdout, done.stderr
    absent = subprocess.run([sys.executable, "-c", "import floe; floe.cluster"], capture_output=True, text=True, cwd=tmp_path,
                            env={"PYTHONPATH": str(wheel), "PATH": "/nonexistent"})
    assert "ProgramNotFound: the program floe was not found" in absent.stderr


# The notebook


@pytest.fixture(scope="module")
def notebook(tmp_path_factory):
    """The course's notebook, run in a kernel of its own."""
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    pytest.importorskip("matplotlib")
    read = nbformat.read(ROOT / "examples/notebooks/geol0069-week4.ipynb", as_version=4)
    assert all(not c.get("outputs") and c.get("execution_count") is None for c in read.cells if c.cell_type == "code"), "outputs are not kept in the repository"
    folder = tmp_path_factory.mktemp("notebook")
    before = {k: os.environ.get(k) for k in ("PYTHONPATH", "FLOE", "FLOE_SCENE", "FLOE_TRACK", "TMPDIR")}
    os.environ.update(PYTHONPATH=str(ROOT / "python"), FLOE=str(FLOE), TMPDIR=str(folder))
    os.environ.pop("FLOE_SCENE", None), os.environ.pop("FLOE_TRACK", None)
    try:
        nbclient.NotebookClient(read, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(folder)}}).execute()
    finally:
        for key, value in before.items():
            os.environ.pop(key, None) if value is None else os.environ.__setitem__(key, value)
    nbformat.write(read, folder / "done.ipynb")
    return read


def test_the_notebook_does_the_course(notebook):
    import base64
    figures, texts = [], []
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            assert output.output_type != "error"
            if "image/png" in output.get("data", {}):
                figures.append(base64.b64decode(output["data"]["image/png"]))
            texts.append(output.get("text", "") if output.get("name") == "stdout" else "")
    from PIL import Image
    import io
    assert len(figures) == 7
    for figure in figures:
        pixels = np.asarray(Image.open(io.BytesIO(figure)).convert("RGB"))
        assert min(pixels.shape[:2]) > 300 and len(np.unique(pixels.reshape(-1, 3), axis=0)) > 50
    said = "\n".join(texts)
    # The made scene has leads on a few percent of its sea; both find them.
    share = float(re.search(r"^Lead +[\d.]+ km² +([\d.]+)%", said, re.M)[1])
    assert 4 < share < 9 and re.search(r"^lead +mixture +\d{3} ", said, re.M)
    assert "use: cluster.gmm" in said and "1 pair, 2.9 minutes apart" in said
    # Pixels without data are equal on both sides and agree on nothing.
    agreed, valid = re.search(r"agree on ([\d.]+)% of (\d+) pixels with data", said).groups()
    assert int(valid) < 480 * 480 and 50 < float(agreed) < 100


def test_the_recipe_in_python(demo, capsys, monkeypatch, tmp_path):
    """As it stands; the share of leads is that of the pixels with data, by numpy on the written file."""
    recipe = re.search(r"```python\n(.*?)```", (ROOT / "docs/recipes.md").read_text(), re.S)[1]
    names = {}
    monkeypatch.chdir(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(recipe.replace("SCENE.SAFE", str(demo["scene"])), names)
        floe.run({"classes.tif": names["groups"].classes}, out=tmp_path / "out")
    pixels = read_pixels(tmp_path / "out/classes.tif")
    assert float(capsys.readouterr().out.split()[0]) == pytest.approx((pixels == 2).sum() / (pixels != 255).sum())
