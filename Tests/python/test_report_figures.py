"""Figures of the report from small pipelines: what gnuplot draws, how figures are named, and what is told where one cannot be drawn."""
import html
import json
import os
import re
import shutil

import numpy as np
import pytest
from conftest import floe, run_pipeline, write_tif
from osgeo import gdal

PLAIN = """
floe: 1
title: Points
steps:
  points: {{ use: table.read, with: {{ file: {file} }} }}
  groups: {{ use: cluster.kmeans, in: {{ samples: points.table }}, with: {{ features: [x, y], clusters: 3 }} }}
  report: {{ use: report.html{extra} }}
outputs:
  groups.csv: groups.labels
  report.html: report.page
"""


def many_points(tmp_path, count):
    rng = np.random.default_rng(1)
    centres = np.array([[0, 0], [6, 1], [2, 7]])[np.arange(count) % 3]
    np.savetxt(tmp_path / "points.csv", centres + rng.normal(size=(count, 2)), delimiter=",", header="x,y", comments="", fmt="%.4f")
    return tmp_path / "points.csv"


def test_many_points_are_thinned_and_the_figure_says_so(tmp_path):
    out, record, _ = run_pipeline(tmp_path, PLAIN.format(file=many_points(tmp_path, 30_000), extra=""))
    drawn = sum(len(p.read_text().splitlines()) for p in (out / "figures").glob("scatter-groups.[0-9].dat"))
    assert drawn == 2000
    assert "every 15th record is drawn" in (out / "figures/scatter-groups.svg").read_text()
    assert "every 15th record is drawn" in (out / "report.html").read_text()
    # Centres are those of all points.
    centres = np.loadtxt(out / "figures/scatter-groups.centres.dat")
    told = [[c["centre"]["x"], c["centre"]["y"]] for c in record["results"]["groups"]["clusters"]]
    np.testing.assert_allclose(sorted(centres.tolist()), sorted(told), rtol=1e-5)


def test_few_points_are_all_drawn(tmp_path):
    out, _, _ = run_pipeline(tmp_path, PLAIN.format(file=many_points(tmp_path, 300), extra=""))
    assert sum(len(p.read_text().splitlines()) for p in (out / "figures").glob("scatter-groups.[0-9].dat")) == 300
    assert "is drawn" not in (out / "figures/scatter-groups.svg").read_text()


def test_without_gnuplot_the_page_has_tables_and_one_sentence(tmp_path):
    (tmp_path / "empty").mkdir()
    pipeline = tmp_path / "pipeline.yaml"
    pipeline.write_text(PLAIN.format(file=many_points(tmp_path, 300), extra=""))
    env = {**os.environ, "PATH": str(tmp_path / "empty")}
    result = floe("run", pipeline, "-o", tmp_path / "out", env=env)
    assert "gnuplot is not installed; on Debian: apt-get install gnuplot-nox" in result.err
    page = (tmp_path / "out/report.html").read_text()
    assert "<img" not in page and "apt-get install gnuplot-nox" in page and "Clusters of groups" in page
    assert not (tmp_path / "out/figures").exists()
    doctor = {f["subject"]: f for f in json.loads(floe("doctor", "--json", env=env, expect=None).out)}
    assert doctor["gnuplot"]["state"] == "remark" and "report.html" in doctor["gnuplot"]["text"]
    assert "gnuplot-nox" in doctor["gnuplot"]["remedy"]


def test_names_of_the_user_are_only_text(tmp_path):
    """Neither HTML nor gnuplot reads anything into a column's name or a title."""
    file = tmp_path / "points.csv"
    rng = np.random.default_rng(1)
    np.savetxt(file, rng.normal(size=(50, 2)), delimiter=",", header="a'b`touch gnuplotted`,<b>y</b>", comments="", fmt="%.4f")
    text = PLAIN.format(file=file, extra=", with: { title: '<script>alert(1)</script> \"$(touch gnuplotted)\"' }")
    text = text.replace("features: [x, y]", "features: [\"a'b`touch gnuplotted`\", '<b>y</b>']")
    out, _, _ = run_pipeline(tmp_path, text)
    page = (out / "report.html").read_text()
    assert "<script>" not in page and "&lt;script&gt;" in page and "<b>y" not in page
    assert not list(tmp_path.rglob("gnuplotted"))
    assert (out / "figures/scatter-groups.svg").exists()


def test_outliers_beyond_whole_numbers_are_no_fault(tmp_path):
    rng = np.random.default_rng(1)
    image = rng.normal(size=(100, 100)).astype("float32")
    image[0, :2] = 1e30, -1e30
    write_tif(tmp_path / "a.tif", image)
    (tmp_path / "points.csv").write_text("x,y,class_code\n" + "".join(f"{i % 7},{i % 5},{1e30 if i == 3 else i % 2 + 1}\n" for i in range(60)))
    out, record, _ = run_pipeline(tmp_path, f"""
floe: 1
steps:
  a: {{ use: raster.read, with: {{ files: [{tmp_path}/a.tif] }} }}
  points: {{ use: table.read, with: {{ file: {tmp_path}/points.csv }} }}
  groups: {{ use: cluster.kmeans, in: {{ samples: points.table }}, with: {{ features: [x, y] }} }}
  report: {{ use: report.html, with: {{ classes: class_code }} }}
outputs:
  a.tif: a.image
  groups.csv: groups.labels
  report.html: report.page
""")
    assert "histograms-a" in record["results"]["report"]["figures"]
    shares = np.loadtxt(out / "figures/histograms-a.b01.dat")
    assert len(shares) == 60 and abs(shares[:, 1].sum() - 100) < 0.01


@pytest.mark.parametrize("rows", [1, 40])
@pytest.mark.parametrize("value", ["7", "1234567.891", "-3e12"])
def test_a_feature_without_spread_is_drawn(tmp_path, rows, value):
    (tmp_path / "points.csv").write_text("peakiness,ssd\n" + "".join(f"{i % 3},{value}\n" for i in range(rows)))
    out, record, _ = run_pipeline(tmp_path, f"""
floe: 1
steps:
  points: {{ use: table.read, with: {{ file: {tmp_path}/points.csv }} }}
  report: {{ use: report.html }}
outputs:
  points.csv: points.table
  report.html: report.page
""")
    assert record["results"]["report"]["figures"] == ["scatter-points"] and not record["warnings"]


def gnuplot_that(tmp_path, does):
    """An environment whose gnuplot runs a line of sh before it draws a scatter plot."""
    (tmp_path / "bin").mkdir()
    script = tmp_path / "bin/gnuplot"
    script.write_text(f"#!/bin/sh\ncase $2 in scatter-*) {does};; esac\nexec {shutil.which('gnuplot')} \"$@\"\n")
    script.chmod(0o755)
    return {**os.environ, "PATH": f"{tmp_path}/bin:{os.environ['PATH']}"}


def test_a_figure_that_cannot_be_drawn_is_a_warning(tmp_path):
    write_tif(tmp_path / "a.tif", np.arange(2500, dtype="uint16").reshape(50, 50))
    pipeline = tmp_path / "pipeline.yaml"
    pipeline.write_text(PLAIN.format(file=many_points(tmp_path, 300), extra="").replace("outputs:", f"""  a: {{ use: raster.read, with: {{ files: [{tmp_path}/a.tif] }} }}
outputs:
  a.tif: a.image"""))
    result = floe("run", pipeline, "-o", tmp_path / "out", env=gnuplot_that(tmp_path, "echo no ink >&2; exit 1"))
    sentence = "the figure 'scatter-groups' is missing: gnuplot could not draw it: no ink"
    assert sentence in result.err
    record = json.loads((tmp_path / "out/run.json").read_text())
    assert any(sentence in w["message"] if isinstance(w, dict) else sentence in w for w in record["warnings"])
    assert "histograms-a" in record["results"]["report"]["figures"] and "scatter-groups" not in record["results"]["report"]["figures"]
    page = html.unescape((tmp_path / "out/report.html").read_text())
    assert f'<p class="note">{sentence}.</p>' in page and page.count(sentence) == 2
    assert not list((tmp_path / "out/figures").glob("scatter*"))


def test_an_interrupted_gnuplot_ends_the_run(tmp_path):
    pipeline = tmp_path / "pipeline.yaml"
    pipeline.write_text(PLAIN.format(file=many_points(tmp_path, 300), extra=""))
    floe("run", pipeline, "-o", tmp_path / "out", env=gnuplot_that(tmp_path, "kill -INT $PPID; exit 1"), expect=130)
    assert not (tmp_path / "out").exists()


def test_values_of_the_same_name_have_figures_of_their_own(tmp_path):
    for name, image in [("a", np.arange(2500).reshape(50, 50)), ("b", np.arange(2500).reshape(50, 50).T)]:
        write_tif(tmp_path / f"{name}.tif", image.astype("uint16"))
    many_points(tmp_path, 30)
    out, record, _ = run_pipeline(tmp_path, f"""
floe: 1
steps:
  a: {{ use: raster.read, with: {{ files: [{tmp_path}/a.tif] }} }}
  b: {{ use: raster.read, with: {{ files: [{tmp_path}/b.tif] }} }}
  points: {{ use: table.read, with: {{ file: {tmp_path}/points.csv, x: x, y: y }} }}
  two: {{ use: cluster.kmeans, in: {{ samples: points.table }}, with: {{ features: [x, y] }} }}
  three: {{ use: cluster.kmeans, in: {{ samples: points.table }}, with: {{ features: [x, y], clusters: 3 }} }}
  report: {{ use: report.html }}
outputs:
  one/scene.tif: a.image
  two/scene.tif: b.image
  one.gpkg: {{ track: two.labels }}
  two.gpkg: {{ track: three.labels }}
  report.html: report.page
""")
    figures = record["results"]["report"]["figures"]
    assert len(set(figures)) == len(figures) == 6
    assert {"map-one-scene-b01", "map-two-scene-b01", "scatter-one-gpkg-track", "scatter-two-gpkg-track"} <= set(figures)
    page = (out / "report.html").read_text()
    for text in ["band B01 of one/scene.tif", "band B01 of two/scene.tif", "Histograms of one/scene.", "Histograms of two/scene.", "Features of one.gpkg/track.", "Features of two.gpkg/track."]:
        assert page.count(text) == 1, text
    pictures = [(out / f"figures/map-{n}-scene-b01.image.png").read_bytes() for n in ["one", "two"]]
    assert pictures[0] != pictures[1]


def test_names_that_differ_in_signs_alone_have_figures_of_their_own(tmp_path):
    write_tif(tmp_path / "a.tif", np.arange(2500, dtype="uint16").reshape(50, 50))
    _, record, _ = run_pipeline(tmp_path, f"""
floe: 1
steps:
  a: {{ use: raster.read, with: {{ files: [{tmp_path}/a.tif] }} }}
  b: {{ use: raster.filter, in: {{ image: a.image }} }}
  report: {{ use: report.html }}
outputs:
  ice_1.tif: a.image
  ice-1.tif: b.result
  report.html: report.page
""")
    assert sorted(record["results"]["report"]["figures"]) == ["histograms-ice-1", "histograms-ice-1-2", "map-ice-1-b01", "map-ice-1-b01-2"]


@pytest.mark.parametrize("folder", ["..", "/etc", "a//b", ""])
def test_figures_stay_beside_the_page(tmp_path, folder):
    text = PLAIN.format(file=many_points(tmp_path, 30), extra=f", with: {{ folder: '{folder}' }}")
    _, _, result = run_pipeline(tmp_path, text, expect=2)
    assert "folder" in result.err and "beside the page" in result.err
    assert not (tmp_path / "out").exists()


def test_two_reports_in_one_folder_are_refused_whole(tmp_path):
    text = PLAIN.format(file=many_points(tmp_path, 30), extra="").replace("outputs:", "  again: { use: report.html }\noutputs:\n  again.html: again.page")
    out, _, result = run_pipeline(tmp_path, text, expect=1)
    assert "is there already" in result.err and "folder" in result.err
    assert not out.exists()


def test_classes_by_limits_are_drawn_and_counted(tmp_path):
    """altimetry.classify makes rule_code and no class_code: its classes are those of the figures and of the tiles."""
    (tmp_path / "points.csv").write_text("peakiness,ssd\n" + "".join(f"{(5, 12, 25)[i % 3] + i / 100},{30 + i % 7}\n" for i in range(60)))
    out, record, _ = run_pipeline(tmp_path, f"""
floe: 1
steps:
  points: {{ use: table.read, with: {{ file: {tmp_path}/points.csv }} }}
  rules: {{ use: altimetry.classify, in: {{ input: points.table }}, with: {{ lead: ['peakiness >= 18'], sea_ice: ['peakiness <= 9'] }} }}
  report: {{ use: report.html }}
outputs:
  rules.csv: rules.track
  report.html: report.page
""")
    counts = {c["name"]: c["records"] for c in record["results"]["rules"]["class_counts"]}
    assert (counts["sea_ice"], counts["lead"], counts["unclassified"]) == (20, 20, 20)
    groups = sorted((out / "figures").glob("scatter-rules.[0-9].dat"))
    assert [len(p.read_text().splitlines()) for p in groups] == [20, 20, 20]
    svg = (out / "figures/scatter-rules.svg").read_text()
    assert all(label in svg for label in ["Sea ice", "Lead", "Unclassified"])
    assert "<dt>Lead, records</dt><dd>20 of 60, 33.3\u00a0%</dd>" in (out / "report.html").read_text()


def commands(folder, pattern):
    """The gnuplot script of the one figure that fits a pattern, and its name."""
    script, = (folder / "figures").glob(pattern)
    return script.read_text(), script.stem


def echoes(folder, key):
    """Highest samples of drawn mean echoes with one standard deviation above them."""
    return max(np.nanmax(np.loadtxt(file)[:, 3]) for file in (folder / "figures").glob(f"echoes-mean-*.{key}.[0-9].dat"))


@pytest.mark.parametrize("part", ["radar", "story"])
def test_axes_hold_whole_echoes(demo, part):
    """Aligned echoes rise above the maximum of the raw ones: no axis and no picture ends at 1."""
    folder = demo["folder"] / part
    means, _ = commands(folder, "echoes-mean-*.gp")
    # The third range is that of the legend.
    tops = [float(top) for top in re.findall(r"set yrange \[0:([\d.]+)\]", means)][:2]
    assert all(top >= echoes(folder, key) for top, key in zip(tops, ("raw", "aligned"), strict=True))
    overlay, name = commands(folder, "echoes-overlaid-*.gp")
    steps = [float(step) for step in re.findall(r"dy=([\d.e-]+)", overlay)]
    file = gdal.Open(str(folder / f"figures/{name}.0.aligned.png"))
    pixels = file.ReadAsArray()
    # White where no echo runs, not hatched as what is missing, and the picture ends where the highest echo does.
    assert (pixels[:, 0, 0] == 255).all() and (pixels[:, :, 1] == 255).all(axis=0).mean() > 0.5
    assert all(step * (file.RasterYSize - 1) >= 1 for step in steps)
    assert max(steps) * (file.RasterYSize - 1) >= np.loadtxt(next((folder / "figures").glob("echoes-mean-*.aligned.1.dat")))[:, 1].max()
    echogram, name = commands(folder, "echogram-*.gp")
    file = gdal.Open(str(folder / f"figures/{name}.raw.png"))
    low, high = (float(v) for v in re.search(r"set xrange \[([\d.-]+):([\d.-]+)\]", echogram).groups())
    step = float(re.search(r"dx=([\d.]+)", echogram)[1])
    # From the left edge of the first pixel to the right edge of the last.
    assert low == -step / 2 and high - low == step * file.RasterXSize


def test_clusters_of_one_class_are_told_apart(demo):
    """Line and sign of each cluster are its own, however many clusters have one colour."""
    for part in ("results", "story"):
        spectra, _ = commands(demo["folder"] / part, "spectra-*.gp")
        looks = re.findall(r"' using 1:2 with linespoints pt (\d+) .*? dt (\d+)", spectra)
        assert len(looks) > 2 and len({sign for sign, _ in looks}) == len(looks), looks


@pytest.mark.parametrize("rows", [60, 400])
def test_the_scale_bar_of_a_low_map_lies_below_its_letters(tmp_path, rows):
    write_tif(tmp_path / "v.tif", np.arange(rows * 400, dtype="float32").reshape(1, rows, 400))
    text = "floe: 1\nsteps:\n  v: { use: raster.read, with: { files: [v.tif] } }\n  report: { use: report.html }\n" \
        "outputs: { o.tif: v.image, report.html: report.page }\n"
    folder, _, _ = run_pipeline(tmp_path, text)
    script, _ = commands(folder, "map-*.gp")
    low, high = (float(v) for v in re.search(r"set yrange \[([\d.e+-]+):([\d.e+-]+)\]", script).groups())
    bar = float(re.search(r"set object 2 rect from \S+,(\S+) to", script)[1])
    label = float(re.search(r"set label 1 '[^']*' at \S+,(\S+) center", script)[1])
    bottom, top = (float(re.search(rf"set {side}margin at screen ([\d.]+)", script)[1]) for side in "bt")
    height = float(re.search(r"svg size \d+,(\d+)", script)[1])
    # In points: half a line of 13 points and the bar itself.
    assert (label - bar) / (high - low) * (top - bottom) * height > 12
