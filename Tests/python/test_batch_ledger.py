"""What a batch remembers: the state of each scene in ledger, summary and gathering, folders of others, names, locks."""
import csv
import json
import random
import shutil

import numpy as np
from conftest import floe, write_tif
from test_batch import cache, pipeline, batch, ledger, made, PIPELINE, scenes, sums  # noqa: F401


def states(out):
    """The state of each scene as the summary has it."""
    return {r["scene"]: r["state"] for r in csv.DictReader((out / "summary.csv").open())}


def gathered(out, place):
    """The same after a gathering, whose folders have to agree."""
    result = floe("gather", out, "-o", place)
    found = states(place)
    assert sorted(p.parent.name for p in place.glob("*/run.json")) == sorted(s for s, state in found.items() if state == "done")
    return found, result.out + result.err


def test_ledger_summary_and_gathering_agree(pipeline, tmp_path):
    """Whatever the sequence of calls, the three tell the same of each scene."""
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    for i in range(3):
        write_tif(folder / f"c{i}.tif", (np.random.default_rng(i).integers(0, 2, (60, 60)) * 3000 + 7).astype(np.uint16))
    over = f"image={folder}/*.tif"

    def agree(step):
        found, told = gathered(out, tmp_path / f"g{step}")
        assert found == states(out), step
        return found, told

    batch(pipeline, over, out, "--quiet")
    assert set(agree(0)[0].values()) == {"done"}
    # An input that is damaged for a while, and then is what it was.
    whole = (folder / "c1.tif").read_bytes()
    (folder / "c1.tif").write_bytes(whole[:300])
    batch(pipeline, over, out, "--quiet", expect=3)
    assert agree(1)[0] == {"c0": "done", "c1": "failed", "c2": "done"}
    (folder / "c1.tif").write_bytes(whole)
    assert "3 there already" in batch(pipeline, over, out).out
    assert agree(2)[0] == {"c0": "done", "c1": "done", "c2": "done"}
    # A call with nothing to tell adds no line.
    before = (out / "batch.jsonl").read_bytes()
    batch(pipeline, over, out, "--quiet")
    assert (out / "batch.jsonl").read_bytes() == before
    # A scene that is no more in the list is in neither, and both say so.
    (folder / "c2.tif").rename(tmp_path / "c2.tif")
    err = batch(pipeline, over, out).err
    assert "1 scene of an earlier call is not in this list (c2)" in err and (out / "c2/classes.tif").exists()
    found, told = agree(3)
    assert found == {"c0": "done", "c1": "done"} and "1 more of earlier lists" in told
    (tmp_path / "c2.tif").rename(folder / "c2.tif")
    assert "3 there already" in batch(pipeline, over, out).out
    assert agree(4)[0] == {"c0": "done", "c1": "done", "c2": "done"}
    # Scenes that were not run are no end: c0 fails, and the call ends with it.
    for name in ("c0", "c1", "c2"):
        (folder / f"{name}.tif").write_text(f"no raster {name}")
    batch(pipeline, over, out, "--quiet", "--fail-fast", "--jobs", 1, expect=3)
    err = floe("gather", out, "-o", tmp_path / "no", expect=2).err
    assert "has not come to its end (scene 'c1' was not run)" in err and not (tmp_path / "no").exists()
    batch(pipeline, over, out, "--quiet", expect=3)
    assert set(agree(5)[0].values()) == {"failed"}


def test_a_torn_line_is_mended_by_the_next_call(pipeline, tmp_path):
    folder, out = scenes(tmp_path / "in", 2), tmp_path / "out"
    batch(pipeline, f"image={folder}/*.tif", out, "--quiet")
    whole = (out / "batch.jsonl").read_bytes()
    (out / "batch.jsonl").write_bytes(whole[:-15])
    assert "run the same batch again, which mends it" in floe("gather", out, "-o", tmp_path / "g", expect=2).err
    batch(pipeline, f"image={folder}/*.tif", out, "--quiet")
    assert gathered(out, tmp_path / "g")[0] == {"s00": "done", "s01": "done"}


def test_what_lies_in_the_folder_is_no_failure_of_the_input(pipeline, tmp_path):
    folder = scenes(tmp_path / "in", 2)
    over = f"image={folder}/*.tif"
    for remedy in ("--overwrite", None):
        out = tmp_path / f"out{remedy}"
        (out / "s00").mkdir(parents=True)
        (out / "s00/classes.tif").write_text("mine")
        first = batch(pipeline, over, out, expect=3)
        assert "which floe did not write" in first.out and "1 done, 1 failed" in first.out
        # Each call looks again.
        again = batch(pipeline, over, out, expect=3).out
        assert "1 there already, 1 failed" in again and "not tried again" not in again
        assert (out / "s00/classes.tif").read_text() == "mine"
        if remedy is None:
            (out / "s00/classes.tif").unlink()
        assert "1 done, 1 there already" in batch(pipeline, over, out, *([remedy] if remedy else [])).out
        assert (out / "s00/run.json").exists()


def test_a_scene_does_not_take_the_place_of_another(pipeline, tmp_path):
    """Two days with a file of one name, into one batch folder."""
    for i, day in enumerate(("monday", "tuesday")):
        (tmp_path / day).mkdir()
        write_tif(tmp_path / day / "x.tif", (np.random.default_rng(i).integers(0, 4, (50, 50)) * 3000 + 5).astype(np.uint16))
    out = tmp_path / "out"
    batch(pipeline, "image=monday/*.tif", out, "--quiet", cwd=tmp_path)
    before = sums(out)
    for more in ([], ["--force"], ["--retry-failed"]):
        err = batch(pipeline, "image=tuesday/*.tif", out, *more, expect=2, cwd=tmp_path).err
        assert f"scene 'x' in {out}/x was made of image={tmp_path}/monday/x.tif" in err and f"{tmp_path}/tuesday/x.tif" in err
        assert "--overwrite" in err and "a column 'name'" in err and "another folder with -o" in err
        assert sums(out) == before and states(out) == {"x": "done"}
    # The same scene elsewhere, or named otherwise, is the same scene.
    (tmp_path / "archive").mkdir()
    shutil.copy(tmp_path / "monday/x.tif", tmp_path / "archive/x.tif")
    batch(pipeline, f"image={tmp_path}/archive/*.tif", out, "--quiet")
    batch(pipeline, f"image={tmp_path}/monday/*.tif", out, "--quiet")
    assert sums(out) == before
    # So is one whose content has changed where it lies, and other settings.
    write_tif(tmp_path / "monday/x.tif", (np.random.default_rng(9).integers(0, 4, (50, 50)) * 3000 + 5).astype(np.uint16))
    assert "1 done" in batch(pipeline, "image=monday/*.tif", out, cwd=tmp_path).out
    assert "1 done" in batch(pipeline, "image=monday/*.tif", out, "--set", "clusters=3", cwd=tmp_path).out
    assert "1 done" in batch(pipeline, "image=tuesday/*.tif", out, "--overwrite", cwd=tmp_path).out
    # Both days in one call have names of their own.
    batch(pipeline, "image=*day/x.tif", tmp_path / "both", "--quiet", cwd=tmp_path)
    assert sorted(made(tmp_path / "both")) == ["monday-x", "tuesday-x"]


def test_a_list_of_files_is_told_apart_as_a_file_is(pipeline, tmp_path):
    """An input of the type list, by pattern and by CSV, and one relative path from two folders."""
    text = PIPELINE.replace("image: { type: path }", "image: { type: list }")
    (tmp_path / "list.yaml").write_text(text)
    for i, day in enumerate(("monday", "tuesday")):
        (tmp_path / day).mkdir()
        write_tif(tmp_path / day / "x.tif", (np.random.default_rng(i).integers(0, 4, (50, 50)) * 3000 + 5).astype(np.uint16))
        write_tif(tmp_path / day / "y.tif", (np.random.default_rng(i + 5).integers(0, 4, (50, 50)) * 3000 + 5).astype(np.uint16))
        (tmp_path / f"{day}.csv").write_text(f'image,name\n"{day}/x.tif,{day}/y.tif",both\n')
    out = tmp_path / "out"
    for first, second, scene in (("image=monday/x.tif", "image=tuesday/x.tif", "x"), ("monday.csv", "tuesday.csv", "both")):
        batch(tmp_path / "list.yaml", first, out, "--quiet", cwd=tmp_path)
        before = sums(out)
        err = batch(tmp_path / "list.yaml", second, out, expect=2, cwd=tmp_path).err
        assert f"scene '{scene}' in {out}/{scene} was made of image={tmp_path}/monday/x.tif" in err and "--overwrite" in err
        assert sums(out) == before
        assert "1 there already" in batch(tmp_path / "list.yaml", first, out, cwd=tmp_path).out
        assert "1 done" in batch(tmp_path / "list.yaml", second, out, "--overwrite", cwd=tmp_path).out
    # The same content elsewhere is the same scene; one name in another folder is not.
    for kind in (pipeline, tmp_path / "list.yaml"):
        out = tmp_path / f"of-{kind.stem}"
        batch(kind, "image=x.tif", out, "--quiet", cwd=tmp_path / "monday")
        assert "would be replaced" in batch(kind, "image=x.tif", out, expect=2, cwd=tmp_path / "tuesday").err
        (tmp_path / "copy" / kind.stem).mkdir(parents=True)
        shutil.copy(tmp_path / "monday/x.tif", tmp_path / "copy" / kind.stem / "x.tif")
        assert "1 there already" in batch(kind, "image=x.tif", out, cwd=tmp_path / "copy" / kind.stem).out


def test_a_batch_holds_to_a_lock(pipeline, tmp_path):
    folder, out, lock = scenes(tmp_path / "in", 2), tmp_path / "out", tmp_path / "p.lock"
    lock.write_text(floe("lock", pipeline).out)
    batch(pipeline, f"image={folder}/*.tif", out, "--frozen", lock, "--quiet")
    assert states(out) == {"s00": "done", "s01": "done"}
    held = json.loads(lock.read_text())
    held["libraries"]["gdal"] = "1.2.3"
    lock.write_text(json.dumps(held))
    err = batch(pipeline, f"image={folder}/*.tif", tmp_path / "other", "--frozen", lock, expect=2).err
    assert "the library gdal is" in err and not (tmp_path / "other").exists()


def test_the_step_of_a_failure_is_told(pipeline, tmp_path):
    """Also of one that the plan met, before any step ran."""
    folder, out = scenes(tmp_path / "in", 2), tmp_path / "out"
    (folder / "s01.tif").write_text("no raster")
    told = batch(pipeline, f"image={folder}/*.tif", out, expect=3).out
    assert "read: read:" not in told and "read: groups.yaml" not in told.replace(f"{tmp_path}/", "")
    row = next(r for r in csv.DictReader((out / "summary.csv").open()) if r["state"] == "failed")
    assert row["failed_step"] == "read" and "read: " in row["message"]
    assert ledger(out)[-1]["step"] == "read" or [e["step"] for e in ledger(out) if e["scene"] == "s01"] == ["read"]


def test_a_ledger_of_an_older_version_is_read(pipeline, tmp_path):
    """`is_passing` was `isPassing`; a batch that goes on from such a ledger computes nothing twice."""
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    for i in range(2):
        write_tif(folder / f"c{i}.tif", (np.random.default_rng(i).integers(0, 2, (60, 60)) * 3000 + 7).astype(np.uint16))
    (folder / "c1.tif").write_bytes((folder / "c1.tif").read_bytes()[:300])
    over = f"image={folder}/*.tif"
    batch(pipeline, over, out, "--quiet", expect=3)
    text = (out / "batch.jsonl").read_text()
    assert text.count('"is_passing"') == 2
    (out / "batch.jsonl").write_text(text.replace('"is_passing"', '"isPassing"'))
    before = states(out)
    done = batch(pipeline, over, out, expect=3)
    assert "batch.jsonl" not in done.err and "1 there already" in done.out
    assert states(out) == before == {"c0": "done", "c1": "failed"}
