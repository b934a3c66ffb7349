"""Where reruns could go wrong: inputs that change meanwhile, partner files, limits of the cache, words about what cannot be made again."""
import json
import os
import shutil
import signal
import subprocess
import time

import numpy as np
import pytest
from conftest import FLOE, floe, write_tif
from osgeo import gdal, ogr
from test_batch import batch, pipeline, scenes  # noqa: F401
from test_keys import cache, image, record, run, sums  # noqa: F401
from test_keys import pipeline as two_groups

SWAP = """floe_step: 1
name: test.swap
summary: Hands an image on, and puts other pixels in the place of a file meanwhile.
command: [sh, "{folder}/swap.sh", "{input.image}", "{output.same}"]
inputs: { image: { kind: raster, help: Any } }
outputs: { same: { kind: raster, like: image, type: uint16, help: The same } }
"""
SWAPPED = """floe: 1
inputs: { image: { type: path }, other: { type: path } }
steps:
  first: { use: raster.read, with: { files: $other } }
  swap: { use: test.swap, in: { image: first.image } }
  read: { use: raster.read, with: { files: $image } }
  smooth: { use: raster.filter, in: { image: read.image }, with: { statistic: median, window: 3 } }
  groups: { use: cluster.kmeans, in: { samples: smooth.result }, with: { clusters: 2 } }
outputs: { labels.tif: groups.labels, model.json: groups.model, same.tif: swap.same }
"""


def test_nothing_is_kept_of_an_input_that_changes_meanwhile(tmp_path):
    """What a step made of other pixels must not stand under the key of those that were there before and come back."""
    plugins, picture = tmp_path / "plugins", tmp_path / "image.tif"
    plugins.mkdir()
    (plugins / "swap.floe-step.yaml").write_text(SWAP)
    (tmp_path / "p.yaml").write_text(SWAPPED)
    a, b, other = image(tmp_path / "a.tif", 1), image(tmp_path / "b.tif", 2), image(tmp_path / "other.tif", 3)

    def go(out, swaps, *more, expect=0):
        shutil.copy(a, picture)
        lines = ['cp "$1" "$2"'] + ([f"cp {b} {picture}"] if swaps else [])
        (plugins / "swap.sh").write_text("\n".join(lines) + "\n")
        return floe("run", tmp_path / "p.yaml", "--set", f"image={picture}", "--set", f"other={other}", "-o", tmp_path / out,
                    "--plugin-path", plugins, *more, expect=expect)

    assert "image.tif changed while the run read it" in go("swapped", True, "--cache", tmp_path / "steps", expect=1).err
    go("cached", False, "--cache", tmp_path / "steps")
    go("plain", False, "--no-cache")
    assert sums(tmp_path / "cached") == sums(tmp_path / "plain")


def test_nothing_is_kept_of_a_program_that_changes_meanwhile(tmp_path):
    """A step's script that is edited while the run is on: what the new one makes is not what the key tells of."""
    plugins = tmp_path / "plugins"
    plugins.mkdir()
    (plugins / "swap.floe-step.yaml").write_text(SWAP)
    (plugins / "late.floe-step.yaml").write_text(SWAP.replace("test.swap", "test.late").replace("swap.sh", "late.sh"))
    picture, other = image(tmp_path / "image.tif", 1), image(tmp_path / "other.tif", 2)
    (tmp_path / "p.yaml").write_text("""floe: 1
inputs: { image: { type: path } }
steps:
  read: { use: raster.read, with: { files: $image } }
  swap: { use: test.swap, in: { image: read.image } }
  late: { use: test.late, in: { image: swap.same } }
  groups: { use: cluster.kmeans, in: { samples: late.same }, with: { clusters: 2 } }
outputs: { late.tif: late.same, labels.tif: groups.labels }
""")
    # The first step puts another program in the place of the second one's where it finds it.
    (plugins / "swap.sh").write_text(f'cp "$1" "$2"\ntest -e {tmp_path}/new.sh && mv {tmp_path}/new.sh {plugins}/late.sh\ntrue\n')

    def go(out, *more):
        (plugins / "late.sh").write_text('cp "$1" "$2"\n')
        return floe("run", tmp_path / "p.yaml", "--set", f"image={picture}", "-o", tmp_path / out, "--plugin-path", plugins, *more)

    (tmp_path / "new.sh").write_text(f'cp {other} "$2"\n')
    go("edited", "--cache", tmp_path / "steps")
    assert not (tmp_path / "new.sh").exists()
    go("cached", "--cache", tmp_path / "steps")
    go("plain", "--no-cache")
    assert sums(tmp_path / "cached") == sums(tmp_path / "plain")


def with_world(folder):
    """A PNG that lies where its world file says."""
    values = np.random.default_rng(1).integers(1, 255, (40, 50)).astype(np.uint8)
    memory = gdal.GetDriverByName("MEM").CreateCopy("", gdal.Open(str(write_tif(folder / "m.tif", values))))
    gdal.GetDriverByName("PNG").CreateCopy(str(folder / "a.png"), memory)
    for name in ("a.wld", "a.png.aux.xml"):
        (folder / name).unlink(missing_ok=True)
    world = folder / "a.pgw"
    world.write_text("10\n0\n0\n-10\n300005\n7900015\n")
    return folder / "a.png", world, ("300005", "400005")


def with_header(folder):
    """ENVI, whose header has the whole name before its ending."""
    values = np.random.default_rng(1).integers(1, 255, (40, 50)).astype(np.uint8)
    source = gdal.Open(str(write_tif(folder / "m.tif", values)))
    gdal.GetDriverByName("ENVI").CreateCopy(str(folder / "a.dat"), source, options=["SUFFIX=ADD"])
    (folder / "a.dat.aux.xml").unlink(missing_ok=True)
    return folder / "a.dat", folder / "a.dat.hdr", ("300000", "400000")


def in_capitals(folder):
    """A world file called as on cards that know capitals alone."""
    file, world, change = with_world(folder)
    world.rename(folder / "a.PGW")
    return file, folder / "a.PGW", change


@pytest.mark.parametrize("made", [with_world, with_header, in_capitals])
def test_partner_files_of_rasters_count(tmp_path, made):
    file, partner, (was, now) = made(tmp_path)
    (tmp_path / "p.yaml").write_text("floe: 1\ninputs: { image: { type: path } }\n"
                                     "steps: { read: { use: raster.read, with: { files: $image } } }\noutputs: { out.tif: read.image }\n")
    run(tmp_path / "p.yaml", file, tmp_path / "out", "--quiet")
    assert "nothing to do" in run(tmp_path / "p.yaml", file, tmp_path / "out").out
    text = partner.read_text()
    assert was in text
    partner.write_text(text.replace(was, now))
    assert "nothing to do" not in run(tmp_path / "p.yaml", file, tmp_path / "out").out
    assert gdal.Open(str(tmp_path / "out/out.tif")).GetGeoTransform()[0] == 400000


def test_partner_files_of_tables_count(tmp_path):
    """MapInfo's attributes lie beside the file that is named."""
    def tab(value):
        for old in tmp_path.glob("t.*"):
            old.unlink()
        layer = (data := ogr.GetDriverByName("MapInfo File").CreateDataSource(str(tmp_path / "t.tab"))).CreateLayer("t", geom_type=ogr.wkbPoint)
        layer.CreateField(ogr.FieldDefn("v", ogr.OFTInteger))
        feature = ogr.Feature(layer.GetLayerDefn())
        feature["v"] = value
        feature.SetGeometry(ogr.CreateGeometryFromWkt("POINT (1 2)"))
        layer.CreateFeature(feature)
        del feature, layer, data

    (tmp_path / "p.yaml").write_text("floe: 1\ninputs: { image: { type: path } }\n"
                                     "steps: { read: { use: table.read, with: { file: $image } } }\noutputs: { out.csv: read.table }\n")
    tab(7)
    header = (tmp_path / "t.tab").read_bytes()
    run(tmp_path / "p.yaml", tmp_path / "t.tab", tmp_path / "out", "--quiet")
    tab(8)
    (tmp_path / "t.tab").write_bytes(header)
    assert "nothing to do" not in run(tmp_path / "p.yaml", tmp_path / "t.tab", tmp_path / "out").out
    assert "8" in (tmp_path / "out/out.csv").read_text().splitlines()[1].split(",")


@pytest.mark.skipif(not shutil.which("gnuplot"), reason="gnuplot is not installed")
def test_figures_are_drawn_once_their_program_works(tmp_path):
    """Also by a batch; a report without them is not what the run would make."""
    file, picture = tmp_path / "p.yaml", image(tmp_path / "image.tif")
    file.write_text("""floe: 1
inputs: { image: { type: path } }
steps:
  read: { use: raster.read, with: { files: $image } }
  groups: { use: cluster.kmeans, in: { samples: read.image }, with: { clusters: 2 } }
  report: { use: report.html }
outputs: { labels.tif: groups.labels, report.html: report.page }
""")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/gnuplot").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "bin/gnuplot").chmod(0o755)
    broken = {**os.environ, "PATH": f"{tmp_path}/bin:{os.environ['PATH']}"}
    run(file, picture, tmp_path / "out", "--quiet", env=broken)
    batch(file, f"image={picture}", tmp_path / "many", "--quiet", env=broken)
    figures = tmp_path / "out/figures"
    assert not list(figures.glob("*.svg"))
    assert "nothing to do" not in run(file, picture, tmp_path / "out").out and list(figures.glob("*.svg"))
    assert "nothing to do" in run(file, picture, tmp_path / "out").out
    assert "1 done" in batch(file, f"image={picture}", tmp_path / "many").out
    assert "1 there already" in batch(file, f"image={picture}", tmp_path / "many").out


def held(folder):
    return {e["key"]: e for e in json.loads(floe("cache", "list", "--cache", folder, "--json").out)}


def test_one_large_entry_empties_no_cache(tmp_path):
    """What is larger than the limit goes alone; a limit that does not hold what a run makes is told."""
    file, folder = two_groups(tmp_path), tmp_path / "steps"
    run(file, image(tmp_path / "small.tif"), tmp_path / "a", "--cache", folder, "--quiet")
    small = held(folder)
    assert small
    values = np.random.default_rng(5).integers(0, 2, (500, 400)) * 3000 + np.arange(400)
    large = write_tif(tmp_path / "large.tif", values.astype(np.uint16))
    run(file, large, tmp_path / "b", "--cache", folder, "--quiet")
    for key, entry in held(folder).items():
        # The large one was used last.
        at = 2_000_000 if key in small else 3_000_000
        os.utime(folder / f"{key}.floe-step", (at, at))
    limit = sum(e["bytes"] for e in small.values()) + 1000
    floe("cache", "prune", "--to", str(limit), "--cache", folder)
    assert set(held(folder)) == set(small)
    told = run(file, large, tmp_path / "c", "--cache", tmp_path / "other", "--cache-limit", "2kB").err
    assert "step 'groups' is not kept" in told and "limit of 2 kB" in told and held(tmp_path / "other") == {}


def test_a_run_says_what_its_limit_does_not_hold(tmp_path):
    file, folder = tmp_path / "p.yaml", tmp_path / "steps"
    file.write_text("""floe: 1
inputs: { image: { type: path } }
steps:
  read: { use: raster.read, with: { files: $image } }
  three: { use: cluster.kmeans, in: { samples: read.image }, with: { clusters: 3 } }
  two: { use: cluster.kmeans, in: { samples: read.image }, with: { clusters: 2 } }
outputs: { three.tif: three.labels, two.tif: two.labels }
""")
    picture = image(tmp_path / "image.tif")
    run(file, picture, tmp_path / "a", "--cache", folder, "--quiet")
    sizes = [e["bytes"] for e in held(folder).values()]
    shutil.rmtree(folder)
    told = run(file, picture, tmp_path / "b", "--cache", folder, "--cache-limit", str(max(sizes) + 100)).err
    assert "does not hold all that this run made" in told
    gone = [s["key"] for s in record(tmp_path / "b")["steps"] if s["id"] in told.split("outputs of ")[1].split(" are not")[0].split(", ")]
    assert gone and not set(gone) & set(held(folder))


def test_a_folder_with_other_files_is_not_marked(tmp_path):
    """Programs that back up leave marked folders out."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/letter.txt").write_text("mine")
    for command in (["list"], ["verify"], ["prune", "--to", "0"]):
        assert "there is no cache" in floe("cache", *command, "--cache", tmp_path / "mine", expect=2).err
    run(two_groups(tmp_path), image(tmp_path / "image.tif"), tmp_path / "out", "--cache", tmp_path / "mine", "--quiet")
    assert not (tmp_path / "mine/CACHEDIR.TAG").exists() and held(tmp_path / "mine")


def test_a_style_of_ones_own_stays(tmp_path):
    picture, out, file = image(tmp_path / "image.tif"), tmp_path / "out", two_groups(tmp_path)
    out.mkdir()
    (out / "labels.qml").write_text("mine")
    assert "labels.qml, which floe did not write, would be replaced" in run(file, picture, out, expect=2).err
    assert (out / "labels.qml").read_text() == "mine" and len(list(out.iterdir())) == 1
    run(file, picture, out, "--overwrite", "--quiet")
    # What others keep beside floe's own output is no obstacle.
    (out / "image.tif.aux.xml").write_text("<PAMDataset/>")
    run(two_groups(tmp_path, clusters=3), picture, out, "--quiet")


def zarr(folder, picture, *more, **options):
    (folder / "z.yaml").write_text("floe: 1\ninputs: { image: { type: path } }\n"
                                   "steps: { read: { use: raster.read, with: { files: $image } } }\noutputs: { maps/z.zarr: read.image }\n")
    return run(folder / "z.yaml", picture, folder / "out", *more, **options)


def test_ones_own_files_in_an_output_that_is_a_folder(tmp_path):
    one, two = image(tmp_path / "one.tif", 1), image(tmp_path / "two.tif", 2)
    zarr(tmp_path, one, "--quiet")
    group = tmp_path / "out/maps/z.zarr"
    (group / "mine.txt").write_text("mine")
    assert "z.zarr/mine.txt, which floe did not write, would go with maps/z.zarr" in zarr(tmp_path, two, expect=2).err
    assert (group / "mine.txt").read_text() == "mine"
    (group / "mine.txt").unlink()
    whole = (group / ".zgroup").read_bytes()
    (group / ".zgroup").write_bytes(whole + b"\n")
    assert ".zgroup was changed after floe wrote it" in zarr(tmp_path, two, expect=2).err
    (group / ".zgroup").write_bytes(whole)
    # GDAL's own notes are no obstacle.
    (group / "pam.aux.xml").write_text("<PAMDataset/>")
    zarr(tmp_path, two, "--quiet")
    (group / "mine.txt").write_text("mine")
    zarr(tmp_path, one, "--quiet", "--overwrite")
    assert not (group / "mine.txt").exists()


@pytest.mark.parametrize("what", ["maps/z.zarr", "maps", "maps/z.zarr/.zgroup"])
def test_an_output_that_is_a_folder_is_made_again(tmp_path, what):
    zarr(tmp_path, image(tmp_path / "one.tif", 1), "--quiet")
    assert "the same bytes" in floe("replay", tmp_path / "out" / what).out


# MARK: Lists of batches


def test_a_name_with_the_signs_of_a_pattern_is_a_file(pipeline, tmp_path):
    folder = scenes(tmp_path / "in", 1)
    (folder / "s00.tif").rename(folder / "s[1].tif")
    assert "1 scene: 1 done" in batch(pipeline, f"image={folder}/s[1].tif", tmp_path / "out").out
    assert (tmp_path / "out/s[1]/classes.tif").exists()


def test_commas_in_the_name_of_a_file_belong_to_it(pipeline, tmp_path):
    folder = scenes(tmp_path / "in", 1)
    name = (folder / "s00.tif").rename(folder / "a,b.tif")
    batch(pipeline, f"image={folder}/*.tif", tmp_path / "out", "--quiet")
    assert (tmp_path / "out/a,b/classes.tif").exists()
    floe("step", "raster.read", "--files", name, "--image", "o.tif", "-o", tmp_path / "step", "--quiet")
    floe("step", "raster.mosaic", "--images", "a,b.tif", "--mosaic", "m.tif", "-o", tmp_path / "mosaic", "--quiet", cwd=folder)
    assert (tmp_path / "step/o.tif").exists() and (tmp_path / "mosaic/m.tif").exists()


def test_lists_of_scenes(pipeline, tmp_path):
    scenes(tmp_path / "in", 2)
    text = {
        "unnamed.csv": "name,image\n,in/s00.tif\n,in/s01.tif\n",
        "strange.csv": "image,cloud\nin/s00.tif,5\n",
        "parted.csv": "image;clusters\nin/s00.tif;2\n",
        "gaps.csv": "image,clusters\n\n\nin/s00.tif,2\nin/s01.tif\n",
    }
    for name, content in text.items():
        (tmp_path / name).write_text(content)
    batch(pipeline, tmp_path / "unnamed.csv", tmp_path / "out", "--quiet")
    assert {p.parent.name for p in (tmp_path / "out").glob("*/run.json")} == {"s00", "s01"}

    def said(over):
        return batch(pipeline, over, tmp_path / "no", expect=2, cwd=tmp_path).err
    assert "--over strange.csv: the pipeline has no input 'cloud'" in said("strange.csv")
    assert "its cells are separated by ';', those of a CSV file by commas" in said("parted.csv")
    assert "line 5 has 1 cells" in said("gaps.csv")
    assert "'clusters' is no file but of type integer" in said("clusters=2")
    assert said("image=in/gone.tif").strip().endswith("nothing matches 'in/gone.tif'")
    assert "not on standard input" in floe("batch", "-", "--over", "image=in/*.tif", "-o", tmp_path / "no", expect=2, cwd=tmp_path).err
    assert not (tmp_path / "no").exists()


def test_lists_of_files_count_from_the_list(tmp_path):
    scenes(tmp_path / "lists/in", 2)
    file = tmp_path / "p.yaml"
    file.write_text("floe: 1\ninputs: { images: { type: list }, bands: { type: list, default: [1] } }\n"
                    "steps: { read: { use: raster.read, with: { files: $images } } }\noutputs: { out.tif: read.image }\n")
    (tmp_path / "lists/l.csv").write_text('name,images\nboth,"in/s00.tif,in/s01.tif"\n')
    floe("batch", file, "--over", "lists/l.csv", "-o", "out", "--quiet", cwd=tmp_path)
    assert gdal.Open(str(tmp_path / "out/both/out.tif")).RasterCount == 2


def test_a_pipeline_that_changes_meanwhile(pipeline, tmp_path):
    folder, out = scenes(tmp_path / "in", 6, size=900), tmp_path / "out"
    process = subprocess.Popen([FLOE, "batch", pipeline, "--over", f"image={folder}/*.tif", "-o", out, "--jobs", "1"],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 60
    while len(list(out.glob("*/run.json"))) < 1 and time.monotonic() < until:
        time.sleep(0.01)
    text = pipeline.read_text()
    pipeline.write_text(text.replace("default: 2", "default: 3"))
    said = "".join(process.communicate(timeout=120))
    assert process.returncode == 3 and "was changed while the batch ran" in said
    pipeline.write_text(text)
    assert " failed" not in batch(pipeline, f"image={folder}/*.tif", out).out
    batch(pipeline, f"image={folder}/*.tif", tmp_path / "at-once", "--quiet")
    for scene in ("s00", "s03", "s05"):
        assert sums(out / scene) == sums(tmp_path / "at-once" / scene)


def test_an_interrupted_batch_says_what_stays(pipeline, tmp_path):
    folder, out = scenes(tmp_path / "in", 30, size=600), tmp_path / "out"
    process = subprocess.Popen([FLOE, "batch", pipeline, "--over", f"image={folder}/*.tif", "-o", out], stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 60
    while len(list(out.glob("*/run.json"))) < 2 and time.monotonic() < until:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=20)[1]
    assert process.returncode == 130 and "scenes that are done stay" in said and "nothing was written" not in said


def test_a_torn_line_is_told_of_once(pipeline, tmp_path):
    folder, out = scenes(tmp_path / "in", 2), tmp_path / "out"
    batch(pipeline, f"image={folder}/*.tif", out, "--quiet")
    with (out / "batch.jsonl").open("ab") as file:
        file.write(b"half a line\n")
    assert "cannot be read" in batch(pipeline, f"image={folder}/*.tif", out).err
    assert "cannot be read" not in batch(pipeline, f"image={folder}/*.tif", out).err


# MARK: Replays


def test_what_cannot_be_made_again_is_told_as_what_it_is(pipeline, tmp_path):
    folder, out = scenes(tmp_path / "in", 2), tmp_path / "out"
    (folder / "bad.tif").write_text("no raster")
    batch(pipeline, f"image={folder}/*.tif", out, "--quiet", expect=3)

    def said(path):
        return floe("replay", path, expect=2).err
    for path in (out, out / "batch.jsonl", out / "summary.csv", out / "quicklooks"):
        assert f"each scene has a record of its own: give one of the scenes, such as {out}/s00" in said(path)
    assert "the scene failed and wrote nothing" in said(out / "bad")
    lock = tmp_path / "p.lock"
    lock.write_text(floe("lock", pipeline).out)
    assert "it is a lock, not an output" in said(lock)
    whole = (out / "s00/run.json").read_bytes()
    (out / "s00/run.json").write_bytes(whole[:500])
    for path in (out / "s00", out / "s00/run.json", out / "s00/classes.tif"):
        assert "is no record of a run of floe's, or was cut short" in said(path)
    held_fast = json.loads(lock.read_text())
    lock.write_text(json.dumps({**held_fast, "floe_lock": 2}))
    assert "a lock of form 2" in floe("run", pipeline, "--set", f"image={folder}/s00.tif", "-o", tmp_path / "x", "--frozen", lock, expect=2).err


def test_an_input_that_moved_or_has_another_name(tmp_path):
    picture, out = image(tmp_path / "image.tif"), tmp_path / "out"
    run(two_groups(tmp_path), picture, out, "--quiet")
    moved = picture.rename(tmp_path / "renamed.tif")
    said = floe("replay", out, expect=2).err
    assert f"input 'image': there is no file or folder {picture} any more; --set image=PATH" in said
    told = floe("replay", out, "--set", f"image={moved}", expect=1).out
    assert "the input image.tif is called renamed.tif here" in told and "are the same" not in told
