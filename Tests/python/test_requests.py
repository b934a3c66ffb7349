"""Requests as shells, disks and haste make them: names that are too long or alike, pipelines that are no files, empty paths, texts
that unpack without end."""
import os
import subprocess
import sys
import zipfile

import numpy as np
import pytest

from conftest import FLOE, floe, read, write_tif

COPY = "floe: 1\nsteps: {{ r: {{ use: raster.read, with: {{ files: [a.tif] }} }} }}\noutputs: {{ {} }}\n"


@pytest.mark.parametrize("name, told", [
    ("x" * 300 + ".tif", "has a name of 304 bytes"),
    ("\u00e4" * 130 + ".tif", "has a name of 264 bytes"),
    ("x" * 248 + ".tif", "xx.stac.json', has a name of 258 bytes"),
    ("a/" + "y" * 256 + "/o.tif", "has a name of 256 bytes"),
    ("/".join(["y" * 200] * 22) + "/o.tif", "would have a path of"),
])
def test_names_that_are_too_long_are_refused_before_the_work(tmp_path, name, told):
    write_tif(tmp_path / "a.tif", np.ones((1, 8, 8), "uint8"))
    (tmp_path / "p.yaml").write_text(COPY.format(f'? "{name}" : r.image'))
    for command in ("check", "run"):
        done = floe(command, "p.yaml", "-o", "out", expect=2, cwd=tmp_path)
        assert told in done.err and "p.yaml:3" in done.err and len(done.err) < 600
        assert "done in" not in done.err and not (tmp_path / "out").exists()


@pytest.mark.parametrize("folder, told", [("x" * 256, "has 256 bytes, at most 255"), ("/".join(["y" * 200] * 25), "its path has 5")])
def test_output_folders_whose_names_are_too_long_are_refused(tmp_path, folder, told):
    write_tif(tmp_path / "a.tif", np.ones((1, 8, 8), "uint8"))
    (tmp_path / "p.yaml").write_text(COPY.format("o.tif: r.image"))
    for command in ("check", "run"):
        assert told in floe(command, "p.yaml", "-o", folder, expect=2, cwd=tmp_path).err


def test_the_longest_names_are_written(tmp_path):
    write_tif(tmp_path / "a.tif", np.ones((1, 8, 8), "uint8"))
    name = "x" * 243 + ".tif"  # and .aux.xml beside it
    (tmp_path / "p.yaml").write_text(COPY.format(f"{name}: r.image"))
    floe("run", "p.yaml", "-o", "o" * 255, "--quiet", cwd=tmp_path)
    assert (tmp_path / ("o" * 255) / name).exists()


@pytest.mark.parametrize("outputs, other", [
    ("o.tif: r.image, O.TIF: r.image", "output 'o.tif'"),
    ("o.tif: r.image, A/o.tif: r.image, a/O.tif: r.image", "output 'A/o.tif'"),
    ("o.tif: r.image, O.tiff: r.image", "'o.qml', which is written beside 'o.tif'"),
    ("o.tif: r.image, \u00c4.tif: r.image, \u00e4.tif: r.image", "output '\u00c4.tif'"),
])
def test_outputs_that_differ_by_case_alone_are_refused(tmp_path, outputs, other):
    """On a USB disk the later one takes the place of the first."""
    write_tif(tmp_path / "a.tif", np.ones((1, 8, 8), "uint8"))
    (tmp_path / "p.yaml").write_text(COPY.format(outputs))
    said = floe("run", "p.yaml", "-o", "out", expect=2, cwd=tmp_path).err
    assert f"would take the place of {other}" in said and not (tmp_path / "out").exists()


def test_scenes_whose_names_differ_by_case_alone_are_refused(tmp_path):
    for name in ("a.tif", "A.tif", "b/a.tif"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        write_tif(tmp_path / name, np.ones((1, 8, 8), "uint8"))
    (tmp_path / "p.yaml").write_text(
        "floe: 1\ninputs: { f: { type: path, help: A file } }\n" + COPY.format("o.tif: r.image").split("\n", 1)[1].replace("a.tif", "$f"))
    (tmp_path / "list.csv").write_text("name,f\nx,a.tif\nX,A.tif\n")
    said = floe("batch", "p.yaml", "--over", "list.csv", "-o", "out", expect=2, cwd=tmp_path).err
    assert "two scenes would go into the folder 'X', in upper or lower case" in said and not (tmp_path / "out/x").exists()
    (tmp_path / "list.csv").write_text("name,f\nSummary.CSV,a.tif\n")
    assert "which the batch itself writes" in floe("batch", "p.yaml", "--over", "list.csv", "-o", "out", expect=2, cwd=tmp_path).err
    # Of one name but for its case in two folders: these tell them apart.
    (tmp_path / "b/A.tif").write_bytes((tmp_path / "b/a.tif").read_bytes())
    (tmp_path / "b/a.tif").unlink()
    (tmp_path / "A.tif").unlink()
    (tmp_path / "c").mkdir()
    (tmp_path / "a.tif").rename(tmp_path / "c/a.tif")
    floe("batch", "p.yaml", "--over", "f=[bc]/*.tif", "-o", "two", "--quiet", cwd=tmp_path)
    assert (tmp_path / "two/b-A/o.tif").exists() and (tmp_path / "two/c-a/o.tif").exists()


def shell(tmp_path, line):
    return subprocess.run(["bash", "-c", line.replace("FLOE", str(FLOE))], cwd=tmp_path, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("line", [
    "FLOE run <(cat deep/p.yaml) -o out", "FLOE run /dev/stdin -o out < deep/p.yaml", "cat deep/p.yaml | FLOE run /dev/stdin -o out",
    "FLOE run - -o out < deep/p.yaml", "FLOE run /dev/fd/5 -o out 5< deep/p.yaml"])
def test_a_pipeline_that_a_shell_hands_over_is_read(tmp_path, line):
    """Its paths count from the working folder."""
    write_tif(tmp_path / "a.tif", np.ones((1, 8, 8), "uint8"))
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep/p.yaml").write_text(COPY.format("o.tif: r.image"))
    done = shell(tmp_path, line)
    assert done.returncode == 0, done.stderr
    assert (read(tmp_path / "out/o.tif") == 1).all()
    assert shell(tmp_path, line.replace("run", "check")).returncode == 0


def test_pipelines_that_are_no_files_are_refused_in_a_sentence(tmp_path):
    os.mkfifo(tmp_path / "pipe.yaml")
    for name, told in (("pipe.yaml", "is a named pipe"), ("/dev/zero", "is a device"), ("/dev/null", "is a device")):
        said = floe("run", name, "-o", "out", expect=2, cwd=tmp_path, timeout=60).err
        assert told in said and "'-' reads a pipeline from standard input" in said
    assert "more than 16 MB" in shell(tmp_path, "yes | FLOE run <(cat) -o out").stderr
    assert "more than 16 MB" in shell(tmp_path, "yes | FLOE run - -o out").stderr
    with open(tmp_path / "large.yaml", "wb") as file:
        file.truncate(1 << 40)
    assert "more than 16 MB" in floe("check", "large.yaml", expect=2, cwd=tmp_path).err
    done = shell(tmp_path, "FLOE batch <(echo) --over scene='*.SAFE' -o out")
    assert done.returncode == 2 and "give it as a file" in done.stderr


def test_a_pipeline_that_cannot_be_read_is_told_with_the_reason(tmp_path):
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "a.yaml").symlink_to("b.yaml")
    (tmp_path / "b.yaml").symlink_to("a.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"title: \xe4\n")
    (tmp_path / "mine.yaml").write_text("floe: 1\n")
    (tmp_path / "mine.yaml").chmod(0)
    cases = [("folder.yaml", "is a folder"), ("a.yaml", "Too many levels of symbolic links"), ("latin.yaml", "UTF-8"), ("none.yaml", "there is no such")]
    if os.geteuid() != 0:
        cases.append(("mine.yaml", "Permission denied"))
    for name, told in cases:
        said = floe("run", name, "-o", "out", expect=2, cwd=tmp_path).err
        assert told in said and name in said


def test_an_empty_path_is_not_the_working_folder(tmp_path):
    """As a shell makes of a variable that is not set."""
    write_tif(tmp_path / "a.tif", np.ones((1, 8, 8), "uint8"))
    (tmp_path / "p.yaml").write_text(
        "floe: 1\ninputs: { f: { type: path, help: A file } }\n" + COPY.format("o.tif: r.image").split("\n", 1)[1].replace("a.tif", "$f"))
    for value in ("", " "):
        said = floe("run", "p.yaml", "--set", f"f={value}", "-o", "out", expect=2, cwd=tmp_path).err
        assert "--set f" in said and "is empty; name a file" in said
    (tmp_path / "q.yaml").write_text(COPY.format("o.tif: r.image").replace("a.tif", "''"))
    assert "q.yaml:2" in (said := floe("run", "q.yaml", "-o", "out", expect=2, cwd=tmp_path).err) and "a path is empty" in said


@pytest.mark.parametrize("folder", ["", " "])
def test_an_empty_output_folder_is_not_the_working_folder(tmp_path, folder):
    write_tif(tmp_path / "a.tif", np.ones((1, 8, 8), "uint8"))
    (tmp_path / "p.yaml").write_text(COPY.format("o.tif: r.image"))
    for command in ("check", "run"):
        assert "--output is empty" in floe(command, "p.yaml", "-o", folder, expect=2, cwd=tmp_path).err
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.tif", "p.yaml"]


@pytest.mark.parametrize("name", ["o.tif", "o.qml"])
def test_a_link_that_leads_nowhere_is_not_replaced(tmp_path, name):
    """It may lead to a disk that is away."""
    write_tif(tmp_path / "a.tif", np.ones((1, 8, 8), "uint8"))
    (tmp_path / "p.yaml").write_text(COPY.format("o.tif: r.image"))
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / name).symlink_to("/nowhere/there.tif")
    said = floe("run", "p.yaml", "-o", "out", expect=2, cwd=tmp_path).err
    assert f"{name}, a link to /nowhere/there.tif" in said and (tmp_path / "out" / name).is_symlink()
    floe("run", "p.yaml", "-o", "out", "--overwrite", cwd=tmp_path)
    assert (read(tmp_path / "out/o.tif") == 1).all() and not (tmp_path / "out/o.tif").is_symlink()


# What unpacks without end

TABLE = "floe: 1\nsteps: {{ t: {{ use: table.read, with: {{ file: '{}' }} }} }}\noutputs: {{ o.csv: t.table }}\n"


def packed(path, name, head, line, count):
    """A file in an archive: a line many times."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as z, z.open(name, "w", force_zip64=True) as file:
        file.write(head)
        for _ in range(count // 1000):
            file.write(line * 1000)
    assert path.stat().st_size < 5_000_000


# The peak of a child counts what its parent was before it, so that a small program is its parent.
MEASURED = "import resource, subprocess, sys; status = subprocess.call(sys.argv[1:]); print('peak', resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, status)"


def ended(tmp_path, *words):
    """Status, what was said, and the peak of memory in bytes of a run."""
    run = subprocess.run([sys.executable, "-S", "-c", MEASURED, str(FLOE), *words], cwd=tmp_path, text=True, capture_output=True, timeout=600)
    peak, status = run.stdout.split("peak ")[-1].split()
    return int(status), run.stdout + run.stderr, int(peak) * 1024


@pytest.mark.parametrize("head, line, count", [
    (b"a,b,c\n", b"1,2,3\n", 9_000_000), (b"a\n", b"1\n", 26_000_000), (b"a,b\n", b"1," + b"x" * 2000 + b"\n", 150_000)])
def test_tables_that_unpack_beyond_the_memory_are_refused(tmp_path, head, line, count):
    packed(tmp_path / "b.zip", "b.csv", head, line, count)
    (tmp_path / "p.yaml").write_text(TABLE.format(f"/vsizip/{tmp_path}/b.zip/b.csv"))
    status, said, peak = ended(tmp_path, "run", "p.yaml", "-o", "out", "--memory", "200MB")
    assert status in (1, 2) and "does not fit into memory" in said and "b.csv" in said and "--memory" in said
    assert peak < 900_000_000 and not (tmp_path / "out/o.csv").exists()


def test_tables_that_fit_are_read(tmp_path):
    packed(tmp_path / "b.zip", "b.csv", b"a,b,c\n", b"1,2,3\n", 20_000)
    (tmp_path / "p.yaml").write_text(TABLE.format(f"/vsizip/{tmp_path}/b.zip/b.csv"))
    floe("run", "p.yaml", "-o", "out", "--memory", "200MB", "--quiet", cwd=tmp_path)
    assert len((tmp_path / "out/o.csv").read_text().splitlines()) == 20_001


@pytest.mark.parametrize("name, inside", [("b.xlsx", "xl/worksheets/sheet1.xml"), ("b.ods", "content.xml"), ("b.kmz", "doc.kml"), ("b.zip", "doc.kml")])
def test_documents_that_unpack_beyond_the_memory_are_refused(tmp_path, name, inside):
    packed(tmp_path / name, inside, b"<kml>", b"<a>1</a>\n", 8_000_000)
    (tmp_path / "p.yaml").write_text(TABLE.format(name if name != "b.zip" else f"/vsizip/{tmp_path}/b.zip/doc.kml"))
    status, said, peak = ended(tmp_path, "run", "p.yaml", "-o", "out", "--memory", "200MB")
    assert status == 2 and "MB of XML" in said and "--memory" in said and peak < 400_000_000
