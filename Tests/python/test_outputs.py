"""Outputs come to their places whole or not at all: names, what lies there already, other processes, streams and signals."""
import json
import os
import shlex
import signal
import sqlite3
import subprocess
import time

import numpy as np
import pytest
from conftest import FLOE, floe, read, write_tif


@pytest.fixture
def image(tmp_path):
    return write_tif(tmp_path / "image.tif", np.arange(12, dtype=np.uint16).reshape(3, 4))


@pytest.fixture
def pipeline(tmp_path, image):
    """Writes a pipeline with the outputs given as YAML; `r.image` is a raster, `p.table` a table."""
    (tmp_path / "points.csv").write_text("x,y,a\n1,2,3\n4,5,6\n")

    def write(outputs):
        file = tmp_path / "p.yaml"
        file.write_text(
            f"""floe: 1
steps:
  r: {{ use: raster.read, with: {{ files: {image} }} }}
  p: {{ use: table.read, with: {{ file: points.csv, x: x, y: y }} }}
outputs: {outputs}
""")
        return file

    return write


def left(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def test_a_folder_left_by_a_killed_process_of_the_same_number_is_left_alone(tmp_path, image):
    """As in a container, where each run may be process 1."""
    out = tmp_path / "out"
    script = f"""mkdir -p {out}/.floe-$$-1/out && echo spoilt > {out}/.floe-$$-1/out/old.tif
exec {FLOE} step raster.read --files {image} --image new.tif -o {out} --quiet"""
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (out / "new.tif").exists() and not (out / "old.tif").exists()
    assert [p.read_text() for p in out.glob(".floe-*/out/old.tif")] == ["spoilt\n"]


def test_older_files_stay_where_the_journal_of_a_killed_run_cannot_be_read(tmp_path, image):
    kept = tmp_path / "out/.floe-1-0"
    (kept / "old").mkdir(parents=True)
    (kept / "lock").touch()
    (kept / "old/labels.tif").write_text("older")
    (kept / "journal.json").write_text('{ "aside": [')
    result = floe("step", "raster.read", "--files", image, "--image", "new.tif", "-o", tmp_path / "out", expect=1)
    assert "its journal cannot be read" in result.err and f"{kept}/old" in result.err, result.err
    assert (kept / "old/labels.tif").read_text() == "older" and not (tmp_path / "out/new.tif").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root lists every folder")
def test_an_output_folder_that_cannot_be_listed_is_not_replaced(tmp_path, pipeline):
    """Whether all in it is floe's, nobody can tell then."""
    file, out = pipeline("{ a.zarr: r.image }"), tmp_path / "out"
    floe("run", file, "-o", out, "--quiet")
    (out / "a.zarr").chmod(0o300)
    try:
        result = floe("run", file, "-o", out, "--quiet", expect=2)
    finally:
        (out / "a.zarr").chmod(0o755)
    assert "a.zarr' cannot be listed" in result.err and "it would be replaced" in result.err, result.err


@pytest.mark.parametrize("name", ["../labels.tif", "/tmp/floe-labels.tif", "a/../../labels.tif", "a//labels.tif", ""])
def test_a_steps_outputs_stay_in_the_folder(tmp_path, image, name):
    result = floe("step", "raster.read", "--files", image, "--image", name, "-o", tmp_path / "out", expect=2)
    assert f"output '{name}' must be a file name inside the output folder" in result.err
    assert not (tmp_path / "out").exists() and not (tmp_path / "labels.tif").exists()


@pytest.mark.parametrize("outputs, sentence", [
    ("{ a.csv: p.table, ./a.csv: p.table }", "output 'a.csv' is given twice"),
    ("{ a.tif: r.image, sub/../a.tif: r.image }", "must be a file name inside the output folder"),
    ("{ a.tif: r.image, a.TIF: r.image }", "'a.qml', which is written beside output 'a.TIF', would overwrite 'a.qml', which is written beside 'a.tif'"),
    ("{ a.csv: p.table, a.csv/b.csv: p.table }", "output 'a.csv/b.csv' cannot lie in output 'a.csv': that is a file"),
    ("{ a.csv/b.csv: p.table, a.csv: p.table }", "output 'a.csv' cannot be a file and the folder of output 'a.csv/b.csv'"),
    ("{ run.json/a.csv: p.table }", "cannot lie in floe's record of the run"),
    ("{ a.gpkg: { T: p.table, t: p.table } }", "has the layers 'T' and 't', which a file .gpkg does not tell apart"),
    ("{ folder.csv: p.table }", "out/folder.csv is a folder"),
    ("{ file/a.csv: p.table }", "out/file is a file"),
    ("{ b.tif: r.image }", "out/b.qml is a folder"),
])
def test_outputs_that_would_take_each_others_place_are_found_before_work(pipeline, tmp_path, outputs, sentence):
    out = tmp_path / "out"
    (out / "folder.csv").mkdir(parents=True)
    (out / "b.qml").mkdir()
    (out / "file").write_text("")
    for command in ("check", "run"):
        assert sentence in floe(command, pipeline(outputs), "-o", out, expect=2).err
    assert left(out) == ["file"]


@pytest.mark.parametrize("name, sentence", [("run.json", "would overwrite floe's record of the run"), ("a.stac.json", "would overwrite 'a.stac.json', which is written beside 'a.tif'")])
def test_documents_do_not_take_the_place_of_floes_own_files(tmp_path, image, name, sentence):
    file = tmp_path / "p.yaml"
    file.write_text(f"""floe: 1
steps:
  r: {{ use: raster.read, with: {{ files: {image} }} }}
  k: {{ use: cluster.kmeans, in: {{ samples: r.image }} }}
outputs: {{ a.tif: r.image, {name}: k.model }}
""")
    assert sentence in floe("run", file, "-o", tmp_path / "out", expect=2).err


def test_a_name_may_be_spelt_with_a_dot(pipeline, tmp_path):
    floe("run", pipeline("{ ./s/./a.tif: r.image }"), "-o", tmp_path / "out", "--quiet")
    assert left(tmp_path / "out") == ["run.json", "s/a.qml", "s/a.tif"]
    assert json.loads((tmp_path / "out/run.json").read_text())["outputs"][0]["name"] == "s/a.tif"


def test_what_belonged_to_an_older_file_goes_with_it(pipeline, tmp_path):
    """Statistics, overviews and a STAC item of another file would be taken for the new one's; floe did not write these."""
    out = tmp_path / "out"
    out.mkdir()
    for name in ["a.tif.aux.xml", "a.stac.json", "a.qml", "a.tif.ovr", "other.tif.aux.xml", "other.qml"]:
        (out / name).write_text("old")
    refused = floe("run", pipeline("{ a.tif: r.image }"), "-o", out, expect=2).err
    assert all(f"{name}, which floe did not write" in refused for name in ("a.qml", "a.stac.json", "a.tif.aux.xml"))
    floe("run", pipeline("{ a.tif: r.image }"), "-o", out, "--quiet", "--overwrite")
    assert left(out) == ["a.qml", "a.tif", "other.qml", "other.tif.aux.xml", "run.json"]
    assert (out / "a.qml").read_text() != "old" and (read(out / "a.tif") == np.arange(12).reshape(3, 4)).all()


def test_a_geopackage_with_changes_beside_it_is_not_replaced(pipeline, tmp_path):
    out, file = tmp_path / "out", pipeline("{ a.csv: p.table, p.gpkg: p.table }")
    floe("run", file, "-o", out, "--quiet")
    before = (out / "a.csv").stat().st_mtime_ns
    db = sqlite3.connect(out / "p.gpkg")
    db.execute("PRAGMA journal_mode=wal")
    # Only GDAL knows the functions that the layer's own triggers call.
    db.execute("CREATE TABLE extra (a)")
    db.commit()
    assert "p.gpkg-wal holds changes" in floe("run", file, "-o", out, expect=2).err
    assert (out / "a.csv").stat().st_mtime_ns == before
    assert db.execute("SELECT count(*) FROM extra").fetchall() == [(0,)]
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    # Empty now, but there as long as somebody has the file open.
    assert (out / "p.gpkg-wal").stat().st_size == 0
    floe("run", file, "-o", out, "--quiet")
    assert left(out) == ["a.csv", "p.gpkg", "run.json"]
    assert sqlite3.connect(out / "p.gpkg").execute("SELECT a FROM p").fetchall() == [(3,), (6,)]


@pytest.mark.parametrize("journal, status", [(b"\xd9\xd5\x05\xf9", 2), (b"\0\0\0\0", 0), (b"", 0)])
def test_a_geopackage_with_a_journal(pipeline, tmp_path, journal, status):
    """Left by a program that died in the middle of a change; zeros mean that the change was finished."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out/p.gpkg-journal").write_bytes(journal)
    result = floe("run", pipeline("{ p.gpkg: p.table }"), "-o", tmp_path / "out", "--quiet", expect=status)
    assert ("p.gpkg-journal holds changes" in result.err) == (status == 2)
    assert (tmp_path / "out/p.gpkg-journal").exists() == (status == 2)


@pytest.mark.parametrize("streams", ["2>/dev/full", "2>&-", ">&- 2>&-", ">/dev/full 2>/dev/full", "2> >(exec <&-)", "<&- >&- 2>&-"])
def test_streams_that_nobody_reads_do_not_end_a_run(tmp_path, image, streams):
    command = f"{FLOE} step raster.read --files {image} --image a.tif -o out --progress json {streams}"
    done = subprocess.run(["bash", "-c", command], cwd=tmp_path, stdout=subprocess.PIPE)
    assert done.returncode == 0
    assert left(tmp_path / "out") == ["a.qml", "a.tif", "run.json"]
    assert (read(tmp_path / "out/a.tif") == np.arange(12).reshape(3, 4)).all()


@pytest.fixture
def program(tmp_path, image):
    """The words of a run of a program, a line of the shell that writes its report to `$0`."""

    def words(line):
        folder = tmp_path / "step"
        folder.mkdir()
        (folder / "test.floe-step.yaml").write_text(f"""floe_step: 1
name: test.step
summary: A step of the tests.
command: [sh, -c, {json.dumps(line)}, "{{output.report}}"]
inputs: {{ image: {{ kind: raster, help: Any raster }} }}
outputs: {{ report: {{ kind: document, help: A report }} }}
""")
        return [FLOE, "step", "test.step", "--plugin-path", folder, "--image", image, "--report", "r.json", "-o", tmp_path / "out", "--quiet"]

    return words


def test_programs_do_not_inherit_what_floe_ignores(tmp_path, program):
    subprocess.run(program("""printf '{"mask": "%s"}' $(grep SigIgn /proc/$$/status | cut -f2) > $0"""), check=True)
    assert int(json.loads((tmp_path / "out/r.json").read_text())["mask"], 16) & (1 << (signal.SIGPIPE - 1)) == 0


def test_a_signal_that_was_ignored_stays_ignored(tmp_path, program):
    """`nohup floe run` outlives its terminal."""
    started = tmp_path / "started"
    words = program(f"touch {shlex.quote(str(started))}; sleep 1.5; echo '{{}}' > $0")
    process = subprocess.Popen(words, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    while not started.exists():
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGHUP)
    assert process.wait(20) == 0
    assert left(tmp_path / "out") == ["r.json", "run.json"]
