"""The Python package: steps as functions, pipelines composed in Python, runs."""
import inspect
import json
import keyword
import os
import re
import signal
import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest

from conftest import ROOT, floe as shell, write_tif
from python_package import UTM, floe, image, this_program  # noqa: F401

yaml = pytest.importorskip("yaml")


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
