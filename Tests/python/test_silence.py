"""Nothing wrong in silence: inputs that are no files, are too large or too precise; pages, folders and progress."""
import json
import os
import signal
import stat
import subprocess
import time
import zipfile

import numpy as np
import pytest
from osgeo import gdal

from conftest import FLOE, floe, read, run_pipeline, write_tif
from refusals import READINGS, refused


@pytest.mark.parametrize("name", ["pipe", "pipe.zip", "/dev/zero"])
def test_pipes_and_devices_are_refused_at_once(tmp_path, name):
    if not name.startswith("/"):
        os.mkfifo(tmp_path / name)
    kind = "a device" if name.startswith("/") else "a named pipe"
    for steps, output in READINGS:
        assert kind in refused(tmp_path, steps.replace("IN", name), output)
    assert kind in floe("info", name, cwd=tmp_path, expect=2, timeout=60).err


def test_a_pipe_inside_of_a_product_is_refused(tmp_path, demo):
    product = tmp_path / demo["scene"].name
    subprocess.run(["cp", "-r", demo["scene"], product], check=True)
    band = next(product.rglob("IMG_DATA/*_B04.jp2"))
    band.unlink()
    os.mkfifo(band)
    (product / "manifest.safe").unlink()
    said = refused(tmp_path, "{ use: sentinel2.stack, with: { product: PRODUCT, bands: [B04] } }".replace("PRODUCT", product.name), "o.tif: s.image")
    assert band.name in said


def test_rasters_beyond_any_machine_are_refused(tmp_path):
    grid = '<VRTDataset rasterXSize="2000000000" rasterYSize="2000000000"><SRS>EPSG:32601</SRS><GeoTransform>0,10,0,0,0,-10</GeoTransform>'
    (tmp_path / "big.vrt").write_text(grid + '<VRTRasterBand dataType="Float64" band="1"/></VRTDataset>')
    said = refused(tmp_path, READINGS[0][0].replace("IN", "big.vrt"), "o.tif: s.image")
    assert "2000000000 x 2000000000 pixels" in said


def test_pixels_of_any_size_end_in_a_result_or_a_sentence(tmp_path):
    for size in ("1e140", "1e-140", "1e-9"):
        grid = f'<VRTDataset rasterXSize="20" rasterYSize="20"><SRS>EPSG:32601</SRS><GeoTransform>0,{size},0,0,0,-{size}</GeoTransform>'
        (tmp_path / "odd.vrt").write_text(grid + '<VRTRasterBand dataType="Byte" band="1"/></VRTDataset>')
        for use, port, name in (("raster.local_contrast", "result", "o.tif"), ("vector.polygonize", "polygons", "o.gpkg"),
                                ("raster.sieve", "result", "o.tif"), ("raster.filter", "result", "o.tif")):
            (tmp_path / "p.yaml").write_text(
                "floe: 1\nsteps: { r: { use: raster.read, with: { files: [odd.vrt] } }, s: { use: USE, in: { image: r.image } } }\n"
                .replace("USE", use) + f"outputs: {{ {name}: s.{port} }}\n")
            done = floe("run", "p.yaml", "-o", "out", "--quiet", expect=None, timeout=30, cwd=tmp_path)
            assert done.status in (0, 1, 2), (size, use, done.err[-500:])


def test_metadata_that_unpack_to_gigabytes_are_refused(tmp_path):
    name = "S2A_MSIL1C_20190301T235611_N0500_R116_T01WCU_20230501T014625.SAFE"
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as z:
        with z.open(f"{name}/MTD_MSIL1C.xml", "w") as f:
            f.write(b"<a>")
            for _ in range(200):
                f.write(b"<b>1</b>" * (1 << 17))
            f.write(b"</a>")
    said = refused(tmp_path, READINGS[3][0].replace("IN", "bomb.zip"), "o.tif: s.image")
    assert "XML documents of up to" in said


def test_megabytes_of_json_take_seconds(tmp_path):
    write_tif(tmp_path / "r.tif", np.ones((1, 10, 10), "uint16"))
    (tmp_path / "m.json").write_text('{"kind": "kmeans", "x": [' + ",".join(["1.5"] * 5_000_000) + "]}")
    # An older reader took 66 s on a quiet machine; this one is done long before the limit, also on a busy one.
    done = floe("step", "cluster.apply", "--samples", "r.tif", "--model-file", "m.json", "--classes", "c.tif", "-o", "out",
                expect=2, cwd=tmp_path, timeout=60)
    assert "features" in done.err


@pytest.mark.parametrize("text,place", [
    ('{"kind": 1,}', "column 12"), ('{"a": 01}', "line 1"), ("[1, 2", "',' or ']'"), ('"\\ud800"', "UTF-16"), ('{"a": 1e999}', "1e999"),
    ("nul", "a value"), ("[" * 600 + "]" * 600, "nested"), ("{} {}", "after"), ('{"a":\n "b\tc"}', "line 2"),
])
def test_json_that_is_none_is_refused_with_its_place(tmp_path, text, place):
    write_tif(tmp_path / "r.tif", np.ones((1, 10, 10), "uint16"))
    (tmp_path / "m.json").write_text(text)
    done = floe("step", "cluster.apply", "--samples", "r.tif", "--model-file", "m.json", "--classes", "c.tif", "-o", "out", expect=2, cwd=tmp_path)
    assert "m.json" in done.err and place in done.err


def two_lines(count=400):
    """Places two decimetres apart, far from zero: which of two lines each lies on, and its northing."""
    side = np.random.default_rng(2).integers(0, 2, count)
    return side, 7_912_345.0 + 0.2 * side + np.random.default_rng(3).uniform(-0.02, 0.02, count)


def test_columns_far_from_zero_keep_their_precision(tmp_path):
    side, northing = two_lines()
    (tmp_path / "t.csv").write_text("a,northing\n" + "".join(f"{i},{v!r}\n" for i, v in enumerate(northing.tolist())))
    floe("step", "cluster.kmeans", "--samples", "t.csv", "--features", "northing", "--clusters", 2, "--labels", "l.csv", "--model", "m.json",
         "-o", "out", cwd=tmp_path)
    rows = [line.split(",") for line in (tmp_path / "out/l.csv").read_text().split()]
    at = rows[0].index(next(n for n in rows[0] if "cluster" in n or "label" in n))
    labels = np.array([int(r[at]) for r in rows[1:]])
    assert (labels == side).all()
    centres = sorted(c["centre"][0] for c in json.loads((tmp_path / "out/m.json").read_text())["clusters"])
    for k, centre in enumerate(centres):
        assert abs(centre - northing[side == k].mean()) < 1e-4


@pytest.mark.parametrize("kind", [gdal.GDT_Float64, gdal.GDT_Int32])
def test_wide_pixels_keep_their_precision(tmp_path, kind):
    side, northing = two_lines(2500)
    values = (northing if kind == gdal.GDT_Float64 else np.round(northing * 100)).reshape(50, 50)
    values[0, :5] = -9999
    ds = gdal.GetDriverByName("GTiff").Create(str(tmp_path / "r.tif"), 50, 50, 1, kind)
    ds.SetGeoTransform((300000, 10, 0, 7900000, 0, -10))
    ds.GetRasterBand(1).WriteArray(values)
    ds.GetRasterBand(1).SetNoDataValue(-9999)
    ds = None
    floe("step", "cluster.kmeans", "--samples", "r.tif", "--clusters", 2, "--labels", "l.tif", "--model", "m.json", "-o", "out", cwd=tmp_path)
    labels = read(tmp_path / "out/l.tif")
    assert (labels.ravel()[5:] == side[5:]).all() and (labels[0, :5] == 255).all()
    floe("step", "cluster.apply", "--samples", "r.tif", "--model-file", "out/m.json", "--labels", "again.tif", "-o", "out2", cwd=tmp_path)
    assert (read(tmp_path / "out2/again.tif") == labels).all()


def test_an_alpha_band_is_a_band_where_it_is_asked_for(tmp_path):
    pixels = np.random.default_rng(1).integers(1, 255, (4, 30, 30)).astype("uint8")
    pixels[3, :10] = 0
    ds = gdal.GetDriverByName("GTiff").Create(str(tmp_path / "rgba.tif"), 30, 30, 4, gdal.GDT_Byte, ["PHOTOMETRIC=RGB", "ALPHA=YES"])
    ds.SetGeoTransform((300000, 10, 0, 7900000, 0, -10))
    for i in range(4):
        ds.GetRasterBand(i + 1).WriteArray(pixels[i])
    ds = None
    steps = "floe: 1\nsteps: { r: { use: raster.read, with: { files: [rgba.tif]MORE } } }\noutputs: { o.tif: r.image }\n"
    out, record, _ = run_pipeline(tmp_path, steps.replace("MORE", ", bands: [1, 2, 3, 4]"))
    assert (read(out / "o.tif") == pixels).all()
    assert any("masks no pixel" in w["message"] for w in record["warnings"])
    out, _, _ = run_pipeline(tmp_path, steps.replace("MORE", ""))
    assert read(out / "o.tif").shape[0] == 3


def test_values_that_begin_with_a_dollar_sign(tmp_path):
    (tmp_path / "$t.csv").write_text("a,b\n1,2\n3,4\n")
    floe("step", "table.read", "--file", "$t.csv", "--table", "x.csv", "-o", "out", cwd=tmp_path)
    assert (tmp_path / "out/x.csv").read_text().split() == ["a,b", "1,2", "3,4"]
    (tmp_path / "p.yaml").write_text("floe: 1\nsteps: { t: { use: table.read, with: { file: $$t.csv } } }\noutputs: { x.csv: t.table }\n")
    floe("run", "p.yaml", "-o", "out2", cwd=tmp_path)
    assert (tmp_path / "out2/x.csv").read_bytes() == (tmp_path / "out/x.csv").read_bytes()


@pytest.mark.parametrize("name,word", [
    ("S2A_OPER_PRD_MSIL1C_PDMC_20160423T132349_R008_V20160422T101026_20160422T101026.SAFE", "December 2016"),
    ("S2A_USER_PRD_MSIL2A_PDMC_20160423T132349_R008_V20160422T101026_20160422T101026.SAFE", "December 2016"),
    ("S2A_OPER_PRD_MSIL1B_PDMC_20160423T132349_R008_V20160422T101026_20160422T101026.SAFE", "level 1B"),
])
def test_sentinel_2_products_that_are_not_read_are_called_what_they_are(tmp_path, name, word):
    (tmp_path / name / "GRANULE").mkdir(parents=True)
    (tmp_path / name / name.replace("PRD_MSI", "MTD_SAF").replace(".SAFE", ".xml")).write_text("<a/>")
    assert word in floe("info", name, cwd=tmp_path, expect=2).err
    assert word in refused(tmp_path, READINGS[3][0].replace("IN", name), "o.tif: s.image")


def test_a_folder_of_products_names_them(tmp_path, demo):
    for name in (demo["track"].name, demo["track"].name.replace("S3A", "S3B")):
        (tmp_path / "both" / name).mkdir(parents=True)
    said = floe("info", "both", cwd=tmp_path, expect=2).err
    assert demo["track"].name in said and "give one of them" in said


def test_a_style_of_bands_that_are_gone_is_told(tmp_path, demo):
    out, record, _ = run_pipeline(tmp_path, f"floe: 1\nsteps: {{ r: {{ use: raster.read, with: {{ files: [{demo['results']}/stack.tif], bands: [1], names: [only] }} }} }}\noutputs: {{ o.tif: r.image }}\n")
    assert any("the style shows band" in w["message"] for w in record["warnings"])
    assert 'Band="2"' not in (out / "o.qml").read_text() and 'band="2"' not in (out / "o.qml").read_text()


PAGE = """floe: 1
steps:
  r: { use: raster.read, with: { files: [in.tif] } }
  k: { use: cluster.kmeans, in: { samples: r.image }, with: { clusters: 2 } }
  page: { use: report.html, in: { more: [k.labels] } }
outputs: { l.tif: k.labels, report.html: page.page }
"""


def page(tmp_path):
    pixels = np.random.default_rng(1).integers(1, 250, (1, 60, 60)).astype("uint8")
    write_tif(tmp_path / "in.tif", pixels)
    (tmp_path / "p.yaml").write_text(PAGE)


def test_a_report_has_the_same_bytes_each_time(tmp_path):
    page(tmp_path)
    for out, workers in (("a", 1), ("b", 2)):
        floe("run", "p.yaml", "-o", out, "--workers", workers, cwd=tmp_path)
        time.sleep(1.1)
    files = sorted(p.relative_to(tmp_path / "a") for p in (tmp_path / "a").rglob("*") if p.is_file() and p.name != "run.json")
    assert "report.html" in map(str, files)
    for file in files:
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes(), file


def test_a_drawing_program_that_hangs_ends_with_the_run(tmp_path):
    page(tmp_path)
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "gnuplot").write_text("#!/bin/sh\ntrap '' TERM INT\nexec sleep 301\n")
    (tools / "gnuplot").chmod(0o755)
    process = subprocess.Popen([FLOE, "run", "p.yaml", "-o", "out", "--quiet"], cwd=tmp_path, stderr=subprocess.PIPE,
                               env={**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"})
    time.sleep(4)
    process.send_signal(signal.SIGINT)
    began = time.monotonic()
    assert process.wait(20) == 130 and time.monotonic() - began < 5
    assert not list((tmp_path / "out").glob("*")) if (tmp_path / "out").exists() else True


def test_a_shared_scratch_folder_is_left_as_it_was(tmp_path):
    page(tmp_path)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    both = [subprocess.Popen([FLOE, "run", "p.yaml", "-o", out, "--quiet", "--scratch", "scratch"], cwd=tmp_path) for out in "ab"]
    assert [p.wait(60) for p in both] == [0, 0]
    assert not list(scratch.iterdir())


def test_what_a_killed_run_left_is_named_and_removed(tmp_path):
    page(tmp_path)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    # A folder as a killed run leaves it: its lock is free.
    for place in (scratch, tmp_path):
        (place / ".floe-1-1").mkdir()
        (place / ".floe-1-1/lock").touch()
        (place / ".floe-1-1/half.tif").write_text("half")
    told = floe("doctor", "--scratch", "scratch", cwd=tmp_path, expect=None).out
    assert told.count(".floe-1-1") == 2
    floe("run", "p.yaml", "-o", ".", "--scratch", "scratch", cwd=tmp_path)
    assert not list(scratch.iterdir()) and not list(tmp_path.glob(".floe-*"))


def test_progress_in_json_keeps_to_the_log_level(tmp_path):
    page(tmp_path)
    def messages(*more):
        done = floe("run", "p.yaml", "-o", "out", "--progress", "json", *more, cwd=tmp_path)
        lines = [json.loads(line) for line in done.err.splitlines() if line.startswith("{")]
        return [line["level"] for line in lines if line["event"] == "message"]
    assert not set(messages("--force", "--quiet")) - {"error"}
    assert len(messages("--force", "--verbose")) >= len(messages("--force"))


def test_temporary_files_have_names_that_nobody_guesses(tmp_path, demo):
    """A link laid in the way of a predictable name would be followed."""
    archive = tmp_path / (demo["track"].name + ".zip")
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as z:
        for file in demo["track"].rglob("*"):
            if file.is_file():
                z.write(file, file.relative_to(demo["track"].parent))
    place = tmp_path / "tmp"
    place.mkdir()
    place.chmod(place.stat().st_mode | stat.S_ISVTX)
    floe("step", "sentinel3.sral", "--product", archive.name, "--track", "t.csv", "-o", "out", cwd=tmp_path, env={**os.environ, "TMPDIR": str(place)})
    assert not list(place.iterdir())


def test_tables_without_rows_are_called_so(tmp_path):
    points = "{ use: table.read, with: { file: t.csv, x: lon, y: lat } }"
    (tmp_path / "t.csv").write_text("lon,lat\n")
    said = refused(tmp_path, points, "o.csv: s.table")
    assert "t.csv' has no rows" in said and "is text" not in said
    # A text among numbers is still called one.
    (tmp_path / "t.csv").write_text("lon,lat\n1,north\n")
    assert "column 'lat' is text" in refused(tmp_path, points, "o.csv: s.table")
    (tmp_path / "t.csv").write_text("")
    assert "t.csv' is empty" in refused(tmp_path, points, "o.csv: s.table")
