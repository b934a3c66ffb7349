"""Bad input: one sentence with file, what is wrong and what would be right; exit status 2 before work, 1 during it; nothing half written."""
import os
import pathlib
import re
import shutil
import zipfile

import numpy as np
import pytest
from conftest import ROOT, floe, read, write_tif


@pytest.fixture
def product(demo, tmp_path):
    copy = tmp_path / demo["scene"].name
    shutil.copytree(demo["scene"], copy)
    return copy


def stack(product, tmp_path, bands="[B02, B04]", expect=None, more=""):
    file = tmp_path / "p.yaml"
    file.write_text(
        f"""floe: 1
steps:
  stack: {{ use: sentinel2.stack, with: {{ product: {product}, bands: {bands}{more} }} }}
outputs:
  stack.tif: stack.image
""")
    out = tmp_path / "out"
    result = floe("run", file, "-o", out, "--quiet", expect=expect)
    if result.status:
        assert not out.exists() or not list(out.iterdir()), "something was left behind"
        sentences = [line for line in result.err.splitlines() if line.strip()]
        assert sentences and all(line.startswith("error:") for line in sentences), result.err
    return result


def band(product, name):
    return next(product.glob(f"GRANULE/*/IMG_DATA/*_{name}.jp2"))


def edit(path, pattern, replacement):
    text = path.read_text()
    changed = re.sub(pattern, replacement, text, flags=re.S)
    assert changed != text
    path.write_text(changed)


def test_not_a_product(tmp_path):
    (tmp_path / "thing").mkdir()
    result = stack(tmp_path / "thing", tmp_path, expect=2)
    assert "thing" in result.err


def test_without_metadata(product, tmp_path):
    (product / "MTD_MSIL1C.xml").unlink()
    assert "MTD_MSIL" in stack(product, tmp_path, expect=2).err


def test_missing_band(product, tmp_path):
    band(product, "B04").unlink()
    assert "B04" in stack(product, tmp_path, expect=2).err


def test_empty_band(product, tmp_path):
    band(product, "B04").write_bytes(b"")
    assert "B04" in stack(product, tmp_path, expect=2).err


def test_truncated_band(product, tmp_path):
    file = band(product, "B04")
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    result = stack(product, tmp_path)
    assert result.status in (1, 2) and "B04" in result.err


def test_band_of_another_size(product, tmp_path):
    shutil.copy(band(product, "B05"), band(product, "B04"))
    result = stack(product, tmp_path)
    assert result.status in (1, 2) and "B04" in result.err and "600" in result.err and "1200" in result.err


def test_unknown_band(product, tmp_path):
    result = stack(product, tmp_path, bands="[B02, B99]", expect=2)
    assert "B99" in result.err and "p.yaml:3" in result.err


def test_offset_list_without_the_band(product, tmp_path):
    edit(product / "MTD_MSIL1C.xml", r'<RADIO_ADD_OFFSET band_id="3">[^<]*</RADIO_ADD_OFFSET>', "")
    assert "none for B04" in stack(product, tmp_path, expect=2).err


def test_metadata_without_the_offset_list(product, tmp_path):
    """From baseline 04.00 on the list must be there; before, its absence means zero."""
    edit(product / "MTD_MSIL1C.xml", r"<Radiometric_Offset_List>.*</Radiometric_Offset_List>", "")
    assert "offset" in stack(product, tmp_path, expect=2).err
    edit(product / "MTD_MSIL1C.xml", r"<PROCESSING_BASELINE>05.00<", "<PROCESSING_BASELINE>03.01<")
    stack(product, tmp_path, expect=0)
    from osgeo import gdal
    assert gdal.Open(str(tmp_path / "out/stack.tif")).GetRasterBand(1).GetOffset() == 0


def test_xml_that_is_not_xml(product, tmp_path):
    (product / "MTD_MSIL1C.xml").write_text("this is < not xml")
    assert "MTD_MSIL1C.xml" in stack(product, tmp_path, expect=2).err


def test_zip_with_a_wrong_root(tmp_path):
    archive = tmp_path / "scene.zip"
    with zipfile.ZipFile(archive, "w") as z:
        z.writestr("pictures/holiday.txt", "sun")
    assert "scene.zip" in stack(archive, tmp_path, expect=2).err


def test_zip_gives_the_same_pixels(product, tmp_path):
    stack(product, tmp_path, expect=0)
    folder = read(tmp_path / "out/stack.tif")
    shutil.rmtree(tmp_path / "out")
    archive = shutil.make_archive(str(tmp_path / "scene"), "zip", tmp_path, product.name)
    stack(archive, tmp_path, expect=0)
    assert (read(tmp_path / "out/stack.tif") == folder).all()


def test_pipeline_that_is_not_yaml(tmp_path):
    file = tmp_path / "p.yaml"
    file.write_text("floe: 1\nsteps: [")
    result = floe("run", file, "-o", tmp_path / "out", expect=2)
    assert "p.yaml:" in result.err and "not YAML" in result.err


def test_output_folder_that_cannot_be_written(demo, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    result = floe("run", ROOT / "examples/ice-lead.yaml", "--set", f"scene={demo['scene']}", "-o", blocked / "out", expect=2)
    assert "is a file" in result.err


def test_disk_full_fails_the_run_and_leaves_nothing(demo, tmp_path):
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root")
    small = tmp_path / "small"
    small.mkdir()
    if os.system(f"mount -t tmpfs -o size=3m tmpfs {small} 2>/dev/null"):
        pytest.skip("no permission to mount")
    try:
        result = floe("run", ROOT / "examples/ice-lead.yaml", "--set", f"scene={demo['scene']}", "-o", small / "out", "--quiet", expect=1)
        assert "error:" in result.err
        assert not list(small.rglob("*.tif*"))
    finally:
        os.system(f"umount {small}")


@pytest.mark.parametrize("step", ["cluster.kmeans", "cluster.gmm", "cluster.kmedoids"])
@pytest.mark.parametrize("training", ["even", "balanced"])
@pytest.mark.parametrize("values, span, clusters", [
    ([500], "2,14", 1), ([500, 900], "2,14", 2), ([500, 900], "4,10", 2), ([500, 900, 1200], "2,10", 3), ([500, 900], "2,2", 2)])
def test_auto_makes_no_more_clusters_than_distinct_values(tmp_path, step, training, values, span, clusters):
    """A number that is asked for is refused on such data, with the same figures; auto answers with what there is, and says so."""
    import numpy as np
    pixels = np.array(values, np.uint16)[np.random.default_rng(0).integers(0, len(values), (1, 40, 40))]
    pixels[0, :3] = 0
    file = write_tif(tmp_path / "few.tif", pixels, nodata=0)
    fixed = floe(
        "step", step, "--samples", file, "--clusters", len(values) + 1, "--training", training, "--labels", "labels.tif",
        "-o", tmp_path / "fixed", "--quiet", expect=1)
    told = f"only {len(values)} distinct value{'s' * (len(values) > 1)} among"
    assert told in fixed.err
    result = floe(
        "step", step, "--samples", file, "--clusters", "auto", "--cluster-range", span, "--training", training,
        "--labels", "labels.tif", "-o", tmp_path / "auto")
    labels = read(tmp_path / "auto/labels.tif")
    # Numbers rise with brightness.
    expected = np.full(pixels[0].shape, 255)
    for i, value in enumerate(sorted(values)):
        expected[pixels[0] == value] = i
    assert len(values) == clusters and (labels == expected).all()
    assert (told in result.err) == (span != "2,2")


def test_auto_on_a_table_of_two_values(tmp_path):
    (tmp_path / "t.csv").write_text("a,b\n" + "1,2\n" * 30 + "4,5\n" * 20 + ",7\n")
    result = floe(
        "step", "cluster.gmm", "--samples", tmp_path / "t.csv", "--features", "a,b", "--clusters", "auto", "--cluster-range", "3,6", "--labels", "l.csv",
        "-o", tmp_path / "out")
    labels = [line.split(",")[-1] for line in (tmp_path / "out/l.csv").read_text().splitlines()[1:]]
    assert "only 2 distinct values among 50 valid samples: 'clusters: auto' makes 2 clusters" in result.err
    assert len(set(labels[:30])) == 1 and len(set(labels[30:50])) == 1 and labels[0] != labels[30]


@pytest.mark.parametrize("step", ["cluster.kmeans", "cluster.gmm"])
def test_samples_that_cannot_be_clustered(tmp_path, step):
    import numpy as np
    cases = {"flat": np.full((1, 20, 20), 500, np.uint16), "empty": np.zeros((1, 20, 20), np.uint16)}
    for name, pixels in cases.items():
        file = write_tif(tmp_path / f"{name}.tif", pixels, nodata=0)
        result = floe("step", step, "--samples", file, "--clusters", 2, "--labels", "labels.tif", "-o", tmp_path / name, "--quiet", expect=1)
        assert "distinct" in result.err if name == "flat" else "valid" in result.err
        assert not (tmp_path / name).exists()


def test_a_model_is_not_applied_to_what_it_does_not_fit(demo, tmp_path):
    file = tmp_path / "p.yaml"

    def apply(options):
        file.write_text(
            f"""floe: 1
steps:
  stack: {{ use: sentinel2.stack, with: {{ product: {demo['scene']}, {options} }} }}
  other: {{ use: cluster.apply, in: {{ samples: stack.image }}, with: {{ model_file: {demo['results']}/model.json }} }}
outputs:
  classes.tif: other.classes
""")
        return floe("run", file, "-o", tmp_path / "out", "--quiet", expect=None)

    assert "B08" in apply("bands: [B02, B03, B04]").err
    assert "reflectance" in apply("bands: [B02, B03, B04, B08], units: dn").err
    good = apply(f"bands: [B02, B03, B04, B08], land: {demo['land']}")
    assert good.status == 0, good.err
    assert (read(tmp_path / "out/classes.tif") == read(demo["results"] / "ice-lead.tif")).all()


POINTS = "floe: 1\nsteps:\n  p: { use: table.read, with: { file: points.csv } }\noutputs: { points.%s: p.table }\n"


def points(tmp_path, header, ending, *more, expect):
    (tmp_path / "points.csv").write_text(header + "\n" + "1,2,3\n" * 2)
    (tmp_path / "p.yaml").write_text(POINTS % ending)
    return floe("run", tmp_path / "p.yaml", "-o", tmp_path / "out", *more, expect=expect)


def test_columns_of_one_name_are_numbered_and_told(tmp_path):
    result = points(tmp_path, "a,b,a", "csv", expect=0)
    assert (tmp_path / "out/points.csv").read_text().split() == ["a,b,a_2", "1,2,3", "1,2,3"]
    assert "gives the column 'a' more than once" in result.err


def test_columns_that_a_geopackage_cannot_hold_are_found_before_work(tmp_path):
    assert "p.yaml:4: output points.gpkg cannot hold 'p.table': its columns 'a' and 'A' differ in upper and lower case" in points(tmp_path, "a,b,A", "gpkg", expect=2).err
    (tmp_path / "p.yaml").write_text(POINTS.replace("points.csv", "points.csv, x: a, y: b") % "gpkg")
    (tmp_path / "points.csv").write_text("a,b,Geom\n1,2,3\n")
    assert "its column 'Geom' has the name under which a GeoPackage holds the geometry" in floe("check", tmp_path / "p.yaml", expect=2).err


def test_a_column_fid_keeps_its_name_in_a_geopackage(tmp_path):
    from osgeo import ogr
    points(tmp_path, "FID,feature_id,b", "gpkg", expect=0)
    file = ogr.Open(str(tmp_path / "out/points.gpkg"))
    layer = file.GetLayer(0)
    assert layer.GetFIDColumn() == "feature_id_2"
    assert [(f["FID"], f["feature_id"], f.GetFID()) for f in layer] == [(1, 2, 1), (1, 2, 2)]


@pytest.mark.parametrize("inputs, circle", [("a: { type: text, default: $a }", "$a <- $a"), ("a: { type: text, default: $b }\n  b: { type: text, default: $a }", "$a <- $b <- $a")])
def test_defaults_that_go_round_in_a_circle(tmp_path, inputs, circle):
    (tmp_path / "p.yaml").write_text(f"floe: 1\ninputs:\n  {inputs}\nsteps:\n  p: {{ use: table.read, with: {{ file: $a }} }}\noutputs: {{ a.csv: p.table }}\n")
    assert f"p.yaml:3: the default of input 'a' refers to itself: {circle}" in floe("check", tmp_path / "p.yaml", expect=2).err


def test_no_data_that_json_has_no_number_for(tmp_path):
    import json

    import numpy as np
    for value, text in [(float("nan"), "NaN"), (float("inf"), "Infinity"), (float("-inf"), "-Infinity")]:
        file = write_tif(tmp_path / "i.tif", np.zeros((2, 2), np.float32), nodata=value)
        assert json.loads(floe("info", file, "--json").out)["bands"][0]["no_data"] == text


def test_check_takes_the_words_of_a_run(tmp_path):
    import json
    (tmp_path / "points.csv").write_text("a,b\n1,2\n")
    file = tmp_path / "p.yaml"
    file.write_text(POINTS % "csv")
    said = floe("check", file, "-o", tmp_path / "not/yet", "--workers", 2, "--scratch", tmp_path, "--seed", 3, "--memory", "1GB", "--progress", "none").out
    assert "(cap 1.00 GB)" in said and "memory: about" in said and "free" in said
    for more, sentence in [
        (("--memory", "10MB"), "--memory must be at least 200MB, not '10MB'"), (("--workers", 0), "--workers must be between 1 and 256, not 0"),
        (("--scratch", tmp_path / "no"), "is no folder"),
    ]:
        told = [floe(command, file, *more, expect=2).err for command in ("check", "run")]
        assert told[0] == told[1] and sentence in told[0]
    answer = json.loads(floe("check", file, "--json", "--memory", "a lot", expect=2).out)
    assert answer["sound"] is False and "--memory must be a size such as 512MB" in answer["problems"][0]["message"]
    (tmp_path / "link").symlink_to(tmp_path / "nowhere/at all")
    for command in ("check", "run"):
        assert "link is a link to" in floe(command, file, "-o", tmp_path / "link", expect=2).err


def test_booleans_are_read_alike_everywhere(tmp_path):
    file = tmp_path / "p.yaml"
    text = "floe: 1\ninputs:\n  x: { type: text, optional: %s }\nsteps:\n  p: { use: table.read, with: { file: points.csv, layer: $x } }\noutputs: { a.csv: p.table }\n"
    (tmp_path / "points.csv").write_text("a,b\n1,2\n")
    for word in ("true", "yes", "On"):
        file.write_text(text % word)
        floe("check", file)
    file.write_text(text % "perhaps")
    assert "p.yaml:3: 'optional' of input 'x' must be true or false, not 'perhaps'" in floe("check", file, expect=2).err


def test_a_files_error_names_its_flag(tmp_path):
    assert "--samples: there is no file or folder" in floe("step", "cluster.kmeans", "--samples", "no.tif", "--labels", "l.tif", "-o", tmp_path, expect=2).err
    (tmp_path / "text.tif").write_text("no raster")
    result = floe("step", "cluster.kmeans", "--samples", tmp_path / "text.tif", "--labels", "l.tif", "-o", tmp_path, expect=2)
    assert "--samples: " in result.err and "'path'" not in result.err
    # Of a pipeline's input its name.
    said = floe("run", ROOT / "examples/lead-widths.yaml", "--set", "classes=no.tif", "-o", tmp_path / "o", expect=2).err
    assert "'classes': there is no file or folder" in said and "'path'" not in said


@pytest.mark.parametrize("words", [["demo", "F/x"], ["steps", "--markdown", "F/x"], ["new", "step", "a", "--in", "F"]])
def test_a_file_in_the_place_of_a_folder(tmp_path, words):
    (tmp_path / "F").write_text("")
    result = floe(*words, cwd=tmp_path, expect=1)
    assert "cannot be made: a file or a link to nothing is in its place" in result.err and "NSCocoa" not in result.err


@pytest.mark.parametrize("place", ["s3://bucket/out", "https://anna:Secret12345@host/out", "file:///tmp/out", "/vsis3/bucket/out"])
def test_outputs_are_written_to_the_disk_alone(tmp_path, place):
    """A folder called 's3:' held the results, and the run said nothing."""
    write_tif(tmp_path / "a.tif", np.full((1, 40, 40), 7, "uint8"))
    (tmp_path / "p.yaml").write_text(
        "floe: 1\ninputs: { image: { type: path } }\nsteps: { r: { use: raster.read, with: { files: [$image] } } }\noutputs: { o.tif: r.image }\n")
    run = ["run", "p.yaml", "--set", "image=a.tif"]
    for words in ([*run, "-o", place], [*run, "-o", "o", "--cache", place], ["batch", "p.yaml", "--over", "image=a.tif", "-o", place],
                  ["step", "raster.read", "--files", "a.tif", "--image", "o.tif", "-o", place], ["demo", place], ["gather", "b", "-o", place]):
        told = floe(*words, cwd=tmp_path, expect=2).err
        assert "is no folder on this disk" in told and "Secret12345" not in told, words
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.tif", "p.yaml"]


@pytest.mark.parametrize("data, words", [(b"", "is empty (0 bytes)"), (b"hello", "is no raster and no vector file")])
def test_a_file_that_nobody_knows_is_not_only_no_layer(tmp_path, data, words):
    (tmp_path / "a.tif").write_bytes(data)
    told = floe("info", tmp_path / "a.tif", expect=2).err
    assert words in told and "as a vector file" not in told
    (tmp_path / "p.yaml").write_text("floe: 1\nsteps: { r: { use: raster.read, with: { files: [a.tif] } } }\noutputs: { o.tif: r.image }\n")
    told = floe("run", tmp_path / "p.yaml", "-o", tmp_path / "o", expect=2).err
    assert ("is empty (0 bytes); a raster file is needed" in told) == (data == b"")
