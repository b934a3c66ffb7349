"""What `floe info` says of all that floe writes, and of the files of others."""
import json

import numpy as np
from conftest import ROOT, floe, write_tif


def told(path):
    """The rows of `floe info`, as pairs."""
    return [(name, text.strip()) for name, _, text in
            ((line + "  ").partition("  ") for line in floe("info", path).out.splitlines()) if name]


def test_info_knows_everything_that_a_run_writes(demo):
    for folder in ("results", "story", "radar"):
        for output in json.loads((demo["folder"] / folder / "run.json").read_text())["outputs"]:
            path = demo["folder"] / folder / output["name"]
            if path.suffix not in (".html", ".txt"):
                assert floe("info", path).out.strip(), path
                json.loads(floe("info", path, "--json").out)


def test_info_of_a_model_a_record_an_item_a_score_and_a_project(demo):
    results, story = demo["results"], demo["folder"] / "story"
    model = dict(told(results / "model.json"))
    content = json.loads((results / "model.json").read_text())
    assert model["kind"] == "model" and model["model"] == content["kind"] and model["clusters"] == str(len(content["clusters"]))
    assert model["made by"] == "sentinel2.stack -> cluster.gmm" and demo["scene"].name in [t for n, t in told(results / "model.json") if n == "from"]
    record = told(results / "run.json")
    assert ("kind", "record of a run") in record and ("output", "ice-lead.tif (raster)") in record
    left = demo["record"]["left_out"][0]
    assert ("left out", f"{left['step']}: {left['count']} {left['unit']}, {left['reason']}") in record
    item = dict(told(results / "ice-lead.stac.json"))
    assert item["kind"].startswith("STAC") and item["asset data"] == "./ice-lead.tif" and "west south east north" in item["extent"]
    score = dict(told(story / "comparison.json"))
    body = json.loads((story / "comparison.json").read_text())
    assert score["kind"] == "comparison" and score["pairs evaluated"] == str(body["evaluated"]) and score["accuracy"] == f"{body['accuracy']:.3f}"
    project = told(story / "floe.qgz")
    assert ("kind", "QGIS project") in project and any(n.startswith("layer ") and "ice-lead.tif" in t for n, t in project)
    both = json.loads(floe("info", results / "model.json", "--json").out)
    assert both["kind"] == "model" and both["content"]["clusters"] == content["clusters"]


def test_info_of_a_pipeline(tmp_path):
    rows = told(ROOT / "examples/ice-lead.yaml")
    assert ("kind", "pipeline") in rows and ("step groups", "cluster.gmm") in rows and ("output", "ice-lead.tif") in rows
    assert dict(rows)["input land"].startswith("path, may be left out: Land polygons")
    (tmp_path / "bad.yaml").write_text("floe: 1\nstep: {}\n")
    assert "bad.yaml:2" in floe("info", tmp_path / "bad.yaml", expect=2).err


def test_geojson_is_a_table_and_broken_json_is_refused(tmp_path):
    (tmp_path / "p.json").write_text(json.dumps({"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {"v": 1.5}, "geometry": {"type": "Point", "coordinates": [1, 2]}}]}))
    assert "layer" in floe("info", tmp_path / "p.json").out
    (tmp_path / "b.json").write_text('{"kind": ')
    assert "b.json" in floe("info", tmp_path / "b.json", expect=2).err


def test_info_of_what_runs_and_batches_keep(demo, tmp_path):
    write_tif(tmp_path / "i.tif", np.random.default_rng(0).integers(0, 2, (40, 40)).astype(np.uint16) * 3000)
    (tmp_path / "bad.tif").write_text("no raster")
    (tmp_path / "p.yaml").write_text(
        "floe: 1\ntitle: A copy\ninputs: { image: { type: path } }\nsteps:\n  r: { use: raster.read, with: { files: $image } }\n"
        "  g: { use: cluster.kmeans, in: { samples: r.image }, with: { clusters: 2 } }\noutputs: { x.tif: g.labels }\n")
    floe("batch", "p.yaml", "--over", "image=*.tif", "-o", "batch", "--quiet", expect=3, cwd=tmp_path)
    floe("run", "p.yaml", "--set", "image=i.tif", "-o", "run", "--cache", "cache", "--quiet", cwd=tmp_path)
    (tmp_path / "p.lock").write_text(floe("lock", "p.yaml", cwd=tmp_path).out)
    (tmp_path / "p.cwl").write_text(floe("cwl", "p.yaml", cwd=tmp_path).out)
    style = next((tmp_path / "run").glob("*.qml"))
    wanted = {
        "p.lock": ("lock", "plugin ClusteringFloePlugin"), "batch/batch.jsonl": ("ledger of a batch", "failed bad"),
        "batch/summary.html": ("summary of a batch", "title"), style: ("QGIS style", "raster renderer"),
        "p.cwl": ("application package", "image"), "batch": ("folder of a batch", "over all scenes"),
        "run": ("folder of a run", "output"), "cache": ("cache of steps", "entries"),
        demo["folder"] / "story/report.html": ("page of a report", "title"),
    }
    for path, (kind, name) in wanted.items():
        rows = told(tmp_path / path)
        assert ("kind", kind) in rows and name in [n for n, _ in rows], (path, rows)
        content = json.loads(floe("info", tmp_path / path, "--json").out)
        assert content["kind"] == kind and content["facts"], path
    assert ("scenes", "2: 1 done, 1 failed") in told(tmp_path / "batch")
    before = sorted(p.name for p in (tmp_path / "cache").iterdir())
    floe("info", tmp_path / "cache")
    assert sorted(p.name for p in (tmp_path / "cache").iterdir()) == before
    # Folders and pages of others stay unknown.
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/page.html").write_text("<html><title>Mine</title></html>")
    assert "a folder that floe knows no product of" in floe("info", tmp_path / "mine", expect=2).err
    floe("info", tmp_path / "mine/page.html", expect=2)


def test_info_of_figures_logs_and_texts(demo, tmp_path):
    floe("run", ROOT / "examples/points.yaml", "-o", tmp_path, "--log", tmp_path / "said.log", "--quiet")
    assert dict(told(tmp_path / "said.log"))["kind"] == "log"
    score = dict(told(demo["folder"] / "truth/score.txt"))
    assert score["kind"] == "comparison as text" and score["reference"]
    figures = demo["folder"] / "story/figures"
    for file in sorted(figures.iterdir()):
        rows = dict(told(file))
        assert rows["kind"] == {".svg": "figure", ".png": "figure", ".gp": "gnuplot script", ".dat": "data of a figure"}[file.suffix], file
        json.loads(floe("info", file, "--json").out)
    (tmp_path / "notes.txt").write_text("One line.\nAnother.\n")
    assert dict(told(tmp_path / "notes.txt"))["lines"] == "2"
    # A picture without a script beside it is a raster.
    write_tif(tmp_path / "p.tif", np.zeros((4, 5), np.uint8))
    assert "raster" in floe("info", tmp_path / "p.tif").out


def test_info_tells_rows_places_and_extent(demo, tmp_path):
    """As OGR and GDAL tell them."""
    from osgeo import gdal, ogr
    for path in (demo["folder"] / "story/colocated.gpkg", demo["folder"] / "radar/track.gpkg", demo["land"], ROOT / "examples/points.csv"):
        file = ogr.Open(str(path))
        rows = told(path)
        heads = {name.removeprefix("layer "): text for name, text in rows if name.startswith("layer ")}
        # Its place stands below the name of a layer.
        extents = {a.removeprefix("layer "): text for (a, _), (b, text) in zip(rows, rows[1:], strict=False) if b == "extent"}
        layers = {layer["layer"]: layer for layer in json.loads(floe("info", path, "--json").out)}
        for layer in (file.GetLayer(i) for i in range(file.GetLayerCount())):
            if layer.GetName() == "layer_styles":
                continue
            head, facts = heads[layer.GetName()], layers[layer.GetName()]
            count, system = layer.GetFeatureCount(), layer.GetSpatialRef()
            assert head.startswith(f"{count} row") and facts["rows"] == count
            has_place = layer.GetGeomType() != ogr.wkbNone
            assert (facts["geometry"] is not None) == has_place == (" in " in head)
            if has_place:
                code = f"{system.GetAuthorityName(None)}:{system.GetAuthorityCode(None)}"
                assert facts["crs"]["code"] == code and head.endswith(f" in {code}")
                box = dict(zip(("min_x", "max_x", "min_y", "max_y"), layer.GetExtent(), strict=True))
                assert facts["extent"] == box
                assert extents[layer.GetName()] == "x {min_x:.10g} to {max_x:.10g}, y {min_y:.10g} to {max_y:.10g}".format(**box)
            else:
                assert facts["extent"] is None and layer.GetName() not in extents
    image = demo["results"] / "stack.tif"
    place, file = gdal.Open(str(image)).GetGeoTransform(), gdal.Open(str(image))
    right, bottom = place[0] + place[1] * file.RasterXSize, place[3] + place[5] * file.RasterYSize
    rows = dict(told(image))
    assert rows["extent"] == f"x {place[0]:.10g} to {right:.10g}, y {bottom:.10g} to {place[3]:.10g}"
    assert "stored * 0.0001 - 0.1, no data 0" in rows["band B02"]
    assert dict(told(demo["results"] / "ice-lead.tif"))["band class"] == "class, unit 1, no data 255"
    assert dict(told(demo["results"] / "probability.tif"))["band p_lead"].endswith("stored * 2e-05, no data 65535")
    assert "reflectance = DN * 0.0001 - 0.1" in floe("info", demo["scene"]).out


def test_info_of_manifests_and_of_folders_of_runs(demo, tmp_path):
    floe("new", "step", "lead-width", "--in", tmp_path)
    manifest = next(tmp_path.rglob("*.floe-step.yaml"))
    rows = dict(told(manifest))
    assert rows["kind"] == "manifest of a step" and rows["step"].endswith(".threshold") and rows["summary"]
    assert dict(told(manifest.parent))["manifest"] == manifest.name
    manifest.write_text(manifest.read_text().replace("summary:", "sumary:"))
    assert "(did you mean 'summary'?)" in floe("info", manifest, expect=2).err
    rows = dict(told(demo["folder"]))
    assert rows["kind"] == "folder of runs" and {"products", "results", "radar", "story", "truth"} <= set(rows)
    (tmp_path / "empty").mkdir()
    floe("info", tmp_path / "empty", expect=2)
    assert dict(told(ROOT / "examples/plugin-python/geoparquet.floe-writer.yaml"))["kind"] == "manifest of an output format"
