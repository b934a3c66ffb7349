"""The command line by itself: flags, help, pipelines from standard input, logs and traces."""
import json
import os
import re
import shlex
import subprocess

import numpy as np
import pytest
from conftest import FLOE, ROOT, floe, write_tif


def test_an_example_that_is_not_there_is_told_with_its_place(tmp_path):
    """As the guide's commands are typed in a folder of one's own."""
    for command in (["run"], ["check"], ["batch", "--over", "scene=*.SAFE", "-o", "o"]):
        said = floe(command[0], "examples/ice-lead.yaml", *command[1:], expect=2, cwd=tmp_path).err
        place = re.search(r"there is no such pipeline file; the example of that name lies at (\S+)$", said, re.M)
        assert place and os.path.samefile(place[1], ROOT / "examples/ice-lead.yaml"), said
    assert "there is no such pipeline file\n" in floe("run", "my-own.yaml", expect=2, cwd=tmp_path).err


@pytest.mark.parametrize("command", ["run", "check"])
def test_a_pipeline_from_standard_input(tmp_path, command):
    """Relative paths count from the working folder; mistakes have their line."""
    text = "floe: 1\nsteps:\n  t: { use: table.read, with: { file: points.csv } }\noutputs:\n  o.csv: t.table\n"
    (tmp_path / "points.csv").write_text("x,y\n1,2\n3,4\n")
    done = subprocess.run([FLOE, command, "-", "-o", tmp_path / "out"], input=text, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    if command == "run":
        assert (tmp_path / "out/o.csv").read_text().splitlines()[0] == "x,y"
    wrong = subprocess.run([FLOE, command, "-", "-o", tmp_path / "no"], input=text.replace("points", "none"), capture_output=True, text=True, cwd=tmp_path)
    assert wrong.returncode == 2 and "standard input:3: " in wrong.stderr and "none.csv" in wrong.stderr
    empty = subprocess.run([FLOE, command, "-"], stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=tmp_path)
    assert empty.returncode == 2 and "standard input:1: is not a pipeline" in empty.stderr


def test_a_log_keeps_what_is_said_whatever_is_shown(tmp_path):
    (tmp_path / "points.csv").write_text("v,w\n1,2\n3,4\n5,9\n")
    (tmp_path / "p.yaml").write_text("floe: 1\nsteps:\n  t: { use: table.read, with: { file: points.csv } }\n"
                                     "  g: { use: cluster.kmeans, in: { samples: t.table }, with: { features: [v, w] } }\noutputs:\n  o.csv: g.labels\n")
    log = tmp_path / "run.log"
    quiet = floe("run", tmp_path / "p.yaml", "-o", tmp_path / "out", "--quiet", "--log", log)
    lines = log.read_text().splitlines()
    assert quiet.err == "" and all(re.match(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ ", line) for line in lines)
    said = [line.split(" ", 1)[1] for line in lines]
    assert "g: cluster.kmeans begins" in said and any(s.startswith("g: done in ") for s in said)
    # A second run goes on at the end; failures are in it, too.
    wrong = floe("run", tmp_path / "none.yaml", "--log", log, expect=2)
    assert log.read_text().startswith("\n".join(lines)) and log.read_text().splitlines()[-1].endswith(wrong.err.strip())
    json_events = floe("run", tmp_path / "p.yaml", "-o", tmp_path / "again", "--progress", "json", "--log", tmp_path / "json.log")
    assert "g: cluster.kmeans begins" in (tmp_path / "json.log").read_text() and '"event"' not in (tmp_path / "json.log").read_text()
    events = json_events.err.splitlines()
    assert events and all("event" in json.loads(line) for line in events)
    nowhere = floe("run", tmp_path / "p.yaml", "-o", tmp_path / "no2", "--log", tmp_path / "no/folder.log", expect=2)
    assert "--log" in nowhere.err and "cannot be written" in nowhere.err


def test_a_trace_holds_steps_passes_and_outputs_in_chromes_format(tmp_path):
    """The events that Chrome's "Trace Event Format" calls complete and counter, as one JSON array."""
    write_tif(tmp_path / "a.tif", np.arange(60 * 50, dtype="uint16").reshape(1, 60, 50))
    (tmp_path / "p.yaml").write_text("floe: 1\nsteps:\n  t: { use: raster.read, with: { files: a.tif } }\n"
                                     "  g: { use: raster.filter, in: { image: t.image } }\noutputs:\n  o.tif: g.result\n")
    trace = tmp_path / "trace.json"
    floe("run", tmp_path / "p.yaml", "-o", tmp_path / "out", "--quiet", "--trace", trace)
    events = json.loads(trace.read_text())
    spans = {e["name"]: e for e in events if e["ph"] == "X"}
    assert spans["g"]["cat"] == "step" and spans["g"]["args"]["use"] == "raster.filter"
    assert spans["o.tif"]["cat"] == "write" and any(e["cat"] == "pass" and e["args"]["step"] == "g" for e in spans.values())
    assert spans["t"]["ts"] + spans["t"]["dur"] <= spans["g"]["ts"] and all(e["dur"] >= 0 for e in spans.values())
    assert any(e["ph"] == "C" and e["args"]["MB"] > 1 for e in events)
    nowhere = floe("run", tmp_path / "p.yaml", "-o", tmp_path / "no", "--trace", tmp_path / "no/t.json", expect=2)
    assert "--trace" in nowhere.err and "cannot be written" in nowhere.err


def test_the_environment_sets_what_is_shown(tmp_path):
    (tmp_path / "points.csv").write_text("v,w\n1,2\n3,4\n5,9\n")
    (tmp_path / "p.yaml").write_text("floe: 1\nsteps:\n  t: { use: table.read, with: { file: points.csv } }\noutputs:\n  o.csv: t.table\n")
    wrong = floe("run", tmp_path / "p.yaml", "-o", tmp_path / "a", expect=2, env={**os.environ, "FLOE_LOG": "loud"})
    assert "FLOE_LOG must be one of debug, info, notice, warning, error, not 'loud'" in wrong.err
    floe("run", tmp_path / "p.yaml", "-o", tmp_path / "a", env={**os.environ, "FLOE_LOG": "error"})


@pytest.mark.parametrize("command", ["run", "check"])
def test_a_setting_given_twice_is_refused(tmp_path, command):
    write_tif(tmp_path / "i.tif", np.zeros((20, 20), np.uint16))
    (tmp_path / "p.yaml").write_text(
        "floe: 1\ninputs: { image: { type: path } }\nsteps: { r: { use: raster.read, with: { files: $image } } }\noutputs: { x.tif: r.image }\n")
    err = floe(command, "p.yaml", "--set", "image=a.tif", "--set", "image=i.tif", "-o", "out", expect=2, cwd=tmp_path).err
    assert "--set image is given twice, as 'a.tif' and 'i.tif'" in err and not (tmp_path / "out").exists()


IDLE = """floe: 1
inputs:
  image: { type: path }
  idle: { type: integer, default: 3 }
  size: { type: integer, default: 3 }
  base: { type: integer, default: $size }
steps:
  read: { use: raster.read, with: { files: $image } }
  loose: { use: raster.filter, in: { image: read.image }, with: { window: $base } }
outputs: { x.tif: read.image }
"""


def test_what_has_no_effect_is_said(tmp_path):
    write_tif(tmp_path / "i.tif", np.arange(400, dtype=np.uint16).reshape(20, 20))
    (tmp_path / "p.yaml").write_text(IDLE)
    checked = floe("check", "p.yaml", "--set", "image=i.tif", cwd=tmp_path).out
    ran = floe("run", "p.yaml", "--set", "image=i.tif", "--set", "idle=4", "-o", "out", cwd=tmp_path).err
    for text in (checked, ran):
        assert text.count("no step uses the input 'idle'") == 1 and "p.yaml:4:" in text
        assert text.count("the outputs of step 'loose' go nowhere") == 1 and "p.yaml:9:" in text
        for used in ("image", "size", "base"):
            assert f"input '{used}'" not in text
        assert "step 'read' go" not in text
    assert "what it is set to changes nothing" in ran and "what it is set to" not in checked
    # Of a part of the pipeline it is no news.
    part = floe("run", "p.yaml", "--set", "image=i.tif", "--until", "read", "-o", "part", cwd=tmp_path).err
    assert "go nowhere" not in part and "no step uses" not in part


def test_the_examples_have_nothing_without_effect(demo):
    settings = {"scene": demo["scene"], "land": demo["land"], "track": demo["track"]}
    for name in ("ice-lead.yaml", "ice-lead-colocated.yaml", "altimetry.yaml", "ice-lead-course.yaml", "altimetry-course.yaml"):
        text = (ROOT / "examples" / name).read_text()
        words = [w for key, value in settings.items() if f"\n  {key}:" in text for w in ("--set", f"{key}={value}")]
        out = floe("check", ROOT / "examples" / name, *words, expect=None).out
        assert "go nowhere" not in out and "no step uses" not in out, name


@pytest.mark.parametrize("address", ["ftp://host/a.tif", "gs://bucket/a.tif", "file:///tmp/a.tif"])
def test_addresses_that_are_not_read(tmp_path, address):
    (tmp_path / "p.yaml").write_text(
        "floe: 1\ninputs: { image: { type: path } }\nsteps: { r: { use: raster.read, with: { files: $image } } }\noutputs: { x.tif: r.image }\n")
    scheme = address.split("/")[0] + "//"
    for words in (["run", "p.yaml", "--set", f"image={address}", "-o", "out"], ["info", address]):
        err = floe(*words, expect=2, cwd=tmp_path).err
        assert f"is an address of a kind that is not read, {scheme}" in err and "no file or folder" not in err
        assert "https://, s3://" in err or "give the path alone, /tmp/a.tif" in err


# Help of steps


STEPS = json.loads(floe("steps", "--json").out)


@pytest.mark.parametrize("step", STEPS, ids=lambda s: s["name"])
def test_the_help_of_every_step_is_a_commands_help(step):
    text = floe("step", step["name"], "--help").out
    lines = text.splitlines()
    assert lines[0].startswith(step["name"] + " - ") and len(lines[0]) <= 80
    assert "\n\n\n" not in text
    for part in ("USAGE", "EXAMPLE", "OPTIONS", "OUTPUTS", "IN A PIPELINE"):
        assert part in lines, part
    # Marks of Markdown; the example of a pipeline is as it is declared.
    prose = text.split("IN A PIPELINE")[0]
    assert "`" not in prose and "**" not in prose and not re.search(r"(?<![\w*])\*[A-Za-z][^*]*[a-z]\*(?![\w*])", prose)
    for flag in ("-o, --output", "--workers", "--memory", "--json", "--quiet", "--plugin-path"):
        assert flag in text, flag
    assert f"floe step {step['name']}" in text.split("USAGE")[1].split("\n\n")[0]
    example = text.split("EXAMPLE\n")[1].split("\n\n")[0].splitlines()
    assert all(len(line) <= 80 for line in example) and example[0].startswith(f"  floe step {step['name']}") and "-o out" in example[-1]
    assert all(line.endswith("\\") for line in example[:-1]) and not example[-1].endswith("\\")
    declared = {"--" + p["name"].replace("_", "-") for p in step["inputs"] + step["parameters"] + step["outputs"]}
    flags = {w.replace("--no-", "--") for line in example for w in line.split() if w.startswith("--")}
    assert flags and flags <= declared | {"--preset"} | {"--out-" + f[2:] for f in declared}, flags - declared


def test_the_example_of_a_steps_help_runs(demo, tmp_path):
    text = floe("step", "cluster.kmeans", "--help").out
    command = text.split("EXAMPLE\n")[1].split("\n\n")[0].replace("\\\n", " ").strip()
    assert command.startswith("floe step cluster.kmeans --samples stack.tif --clusters 2")
    done = subprocess.run(
        ["bash", "-c", f'floe() {{ "{FLOE}" "$@"; }}; {command} --quiet'.replace("stack.tif", str(demo["results"] / "stack.tif"))], cwd=tmp_path)
    assert done.returncode == 0 and (tmp_path / "out/labels.tif").exists()


@pytest.mark.parametrize("command", ["", "run", "batch", "check", "gather", "fetch", "replay", "cwl"])
def test_paragraphs_of_help_are_filled(command):
    """A line ends where the next word would not fit, or where a paragraph ends."""
    overview = floe(*command.split(), "--help").out.split("USAGE:")[0]
    for part in overview.split("\n\n"):
        lines = part.splitlines()
        for line, after in zip(lines, lines[1:]):
            if "EXAMPLE" in part or line.endswith("."):
                continue
            assert len(line) + 1 + len(after.split()[0]) > 78, line


# Lists and maps in flags


OWN = '{ lead: darkest, pale_ice: { rule: brightest, code: 10, label: "Pale, ice", color: "#f7f7f7" }, sea_ice: rest }'


@pytest.mark.parametrize("words", [["--names", OWN], ["--names=" + OWN], ["--names", OWN[1:-1]], ["--names", "lead=darkest", "--names", OWN.replace("lead: darkest, ", "")]])
def test_own_classes_in_a_flag(demo, tmp_path, words):
    floe("step", "cluster.kmeans", "--samples", demo["results"] / "stack.tif", "--clusters", 4, "--classes", "c.tif", *words, "-o", tmp_path, "--quiet")
    assert "Pale, ice" in floe("info", tmp_path / "c.tif").out


def test_own_classes_by_set(demo, tmp_path):
    floe("run", ROOT / "examples/ice-lead.yaml", "--set", f"scene={demo['scene']}", "--set", f"groups.names={OWN}", "--set", "bands=[B02, B04]",
         "--until", "groups", "--set", "groups.clusters=4", "-o", tmp_path, "--quiet")
    assert "Pale, ice" in floe("info", tmp_path / "ice-lead.tif").out
    err = floe("check", ROOT / "examples/ice-lead.yaml", "--set", f"scene={demo['scene']}", "--set", "groups.names={ lead: dark", expect=2).err
    assert "cannot be read as a map" in err and "in quotes" in err


@pytest.mark.parametrize("value, sentence", [
    ("{ lead: darkest, thin_ice: dark }", "in a flag the same in quotes"), ("{ lead=darkest }", "between braces"),
    ("{ lead: { rule: dark, color: #004488 } }", "needs quotes of its own"),
])
def test_maps_that_cannot_be_read_say_what_would_do(demo, tmp_path, value, sentence):
    err = floe("step", "cluster.kmeans", "--samples", demo["results"] / "stack.tif", "--names", value, "--classes", "c.tif", "-o", tmp_path, expect=2).err
    assert sentence in " ".join(err.split()), err


# Commands


def test_commands_that_are_not_there():
    for words in (["rum"], ["rum", "--json"], ["help", "rum"]):
        done = floe(*words, expect=2)
        assert "error: there is no command 'rum' (did you mean 'run'?)" in done.err
        if "--json" in words:
            assert "there is no command 'rum'" in json.loads(done.out)["error"]["message"]
    assert "'cache lst'" in floe("cache", "lst", expect=2).err
    assert "USAGE" in floe("help", "run").out
    assert floe("run", expect=2).err.startswith("error: ")


def test_general_flags_stand_before_a_command_too(tmp_path):
    assert floe("-q", "run", ROOT / "examples/points.yaml", "-o", tmp_path).out == ""
    floe("-q", "step", "cluster.kmeans", "--samples", ROOT / "examples/points.csv", "--features", "x,y", "--labels", "l.csv", "-o", tmp_path / "step")
    # A command that prints its answer alone takes them too, and prints it.
    for words in (["steps"], ["plugins"], ["formats"], ["info", ROOT / "examples/points.csv"], ["check", ROOT / "examples/points.yaml"], ["cache", "list", "--help"]):
        for flag in ("-q", "--quiet", "-v", "--verbose"):
            done = floe(flag, *words)
            if words[0] != "check":
                assert done.out == floe(*words).out, (flag, words)
    assert "Unknown option" not in floe("-q", "doctor", expect=None).err
    assert "gather" in floe("-q", "gather", expect=2).err and "Unknown option" not in floe("-q", "gather", expect=2).err
    assert floe("-q", "--version").out == floe("--version").out
    assert "no command 'rum'" in floe("-q", "rum", expect=2).err


def test_a_slip_in_a_flag_is_told_before_what_is_missing():
    for words in (["run", "--helpp"], ["batch", "--over", "a=b", "--helpp"], ["info", "--helpp"]):
        err = floe(*words, expect=2).err
        assert "Unknown option '--helpp'" in err and "--help" in err and "Missing" not in err, words
    assert "Missing expected argument" in floe("run", "--workers", 2, expect=2).err


def test_help_of_one_step():
    assert floe("help", "step", "cluster.gmm").out == floe("step", "cluster.gmm", "--help").out
    assert "Runs one step" in floe("help", "step").out


# What else floe writes


def test_a_refused_demonstration_leaves_no_folder(tmp_path):
    floe("demo", tmp_path / "d", "--size", 1, expect=2)
    assert not (tmp_path / "d").exists()
    (tmp_path / "own").mkdir()
    floe("demo", tmp_path / "own", "--size", 1, expect=2)
    assert (tmp_path / "own").is_dir()


def test_check_estimates_memory(demo, tmp_path):
    words = [ROOT / "examples/ice-lead.yaml", "--set", f"scene={demo['scene']}", "--workers", 2]
    checked = json.loads(floe("check", *words, "--json").out)
    floe("run", *words, "-o", tmp_path, "--quiet")
    peak = json.loads((tmp_path / "run.json").read_text())["peak_memory_bytes"]
    assert peak / 2 < checked["memory_bytes"] < peak * 2 and checked["memory_bytes"] <= checked["memory_limit_bytes"]


def test_the_recipes(demo, tmp_path):
    text = (ROOT / "docs/recipes.md").read_text()
    for name in re.findall(r"examples/([\w-]+\.yaml)", text):
        assert (ROOT / "examples" / name).exists(), name
    classes, stack = demo["results"] / "ice-lead.tif", demo["results"] / "stack.tif"
    floe("run", ROOT / "examples/geotiff.yaml", "--set", f"image={stack}", "--set", "clusters=4", "-o", tmp_path / "a", "--quiet")
    floe("run", ROOT / "examples/own-classes.yaml", "--set", f"scene={demo['scene']}", "-o", tmp_path / "b", "--quiet")
    floe("run", ROOT / "examples/lead-widths.yaml", "--set", f"classes={classes}", "-o", tmp_path / "c", "--quiet")
    assert "mean_width_m" in (tmp_path / "c/leads.csv").read_text().splitlines()[0]
    floe("run", ROOT / "examples/compare.yaml", "--set", f"reference={classes}", "--set", f"predicted={tmp_path}/a/ice-lead.tif", "-o", tmp_path / "d", "--quiet")
    score = (tmp_path / "d/score.txt").read_text()
    assert f"Reference: {classes}" in score and "95 % intervals" in score
    from osgeo import gdal, osr
    file = gdal.Open(str(classes))
    place, system, degrees = file.GetGeoTransform(), osr.SpatialReference(file.GetProjection()), osr.SpatialReference()
    degrees.ImportFromEPSG(4326)
    for s in (system, degrees):
        s.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    way = osr.CoordinateTransformation(system, degrees)
    points = [way.TransformPoint(place[0] + 2000 + 50 * i, place[3] - 2000 - 40 * i)[:2] for i in range(30)]
    (tmp_path / "track.csv").write_text("lon,lat\n" + "".join(f"{x},{y}\n" for x, y in points))
    floe("run", ROOT / "examples/track-on-image.yaml", "--set", f"track={tmp_path}/track.csv", "--set", f"classes={classes}", "--set", f"image={stack}",
         "-o", tmp_path / "e", "--quiet")
    head = (tmp_path / "e/track.csv").read_text().splitlines()[0]
    assert "s2_class" in head and "fp_lead" in head and "s2_value_B04" in head


def test_a_track_that_stays_at_one_place_is_told_of(demo, tmp_path):
    """Nothing tells the direction of its footprints: their columns are empty, and a sentence says so."""
    (tmp_path / "buoy.csv").write_text("lon,lat\n177.5,71.09\n177.5,71.09\n177.5,71.09\n177.51,71.09\n")
    words = ["run", ROOT / "examples/track-on-image.yaml", "--set", f"track={tmp_path}/buoy.csv", "--set", f"classes={demo['results']}/ice-lead.tif"]
    said = floe(*words, "-o", tmp_path / "o").err
    assert "2 of 4 records on the scene have no footprint" in said and "track's direction" in said
    rows = [line.split(",") for line in (tmp_path / "o/track.csv").read_text().splitlines()]
    place = rows[0].index("fp_lead")
    assert [row[place] == "" for row in rows[1:]] == [True, True, False, False]
    (tmp_path / "dates.csv").write_text("time,lon,lat\n01.03.2019 23:30,177.5,71.09\n01.03.2019 23:31,177.51,71.09\n")
    words[3] = f"track={tmp_path}/dates.csv"
    assert "'time_column' names 'time', which is text; times such as 2019-03-01T23:56:11Z" in floe(*words, "-o", tmp_path / "p", expect=2).err


@pytest.mark.parametrize("example, name", [("geotiff", "image"), ("track-on-image", "track")])
def test_a_product_given_to_a_general_reader_is_told(demo, tmp_path, example, name):
    words = ["--set", f"{name}={demo['scene']}"] + (["--set", f"classes={demo['results']}/ice-lead.tif"] if name == "track" else [])
    said = floe("check", ROOT / f"examples/{example}.yaml", *words, expect=2).err
    assert "is a product of sentinel2, which sentinel2.stack reads" in said


def test_steps_fit_the_terminal():
    """Words stay whole in 80 columns, and texts below their beginnings; for programs a step is one line."""
    import fcntl
    import struct
    import termios
    master, slave = os.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    process = subprocess.Popen([FLOE, "steps"], stdin=slave, stdout=slave, stderr=slave)
    os.close(slave)
    got = b""
    while True:
        try:
            part = os.read(master, 65536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        got += part
    assert process.wait(timeout=60) == 0
    os.close(master)
    shown = got.decode().replace("\r\n", "\n").rstrip("\n").split("\n")
    plain = floe("steps").out.rstrip("\n").split("\n")
    column = len(plain[0]) - len(plain[0].partition("  ")[2].lstrip())
    assert all(len(line) <= 80 for line in shown) and len(shown) > len(plain)
    joined = []
    for line in shown:
        if line.startswith(" " * column):
            joined[-1] += " " + line[column:]
        else:
            joined.append(line)
    assert joined == plain


def shell_lines():
    """The lines of the documentation that begin with `floe` and a command, joined where a backslash breaks them."""
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        for block in re.findall(r"^```sh\n(.*?)^```", page.read_text(), re.S | re.M):
            for line in block.replace("\\\n", " ").splitlines():
                if line.startswith("floe "):
                    yield page.name, line


def test_lines_of_the_documentation_are_commands():
    """Each can be typed as it stands: its flags are the command's own, and no word of prose is among its arguments."""
    texts, seen = {}, 0
    known = {s["name"] for s in json.loads(floe("steps", "--json").out)}
    for page, line in shell_lines():
        words = shlex.split(line, comments=True)[1:]
        words = words[:next((i for i, w in enumerate(words) if w in ("|", ">", "&&", "2>")), len(words))]
        depth = 2 if words[0] in ("new", "cache") else 1
        command, rest = words[:depth], words[depth:]
        if command == ["step"]:
            if rest[0] == "-C":
                rest = rest[2:]
            if rest[0] not in known:
                continue
            command, rest = ["step", rest[0]], rest[1:]
        if tuple(command) not in texts:
            flags = texts[tuple(command)] = {}
            # A name in brackets follows what takes a value; examples come without it.
            for names, value in re.findall(r"(?<![\w-])(--?[a-z][\w-]*(?:, --?[a-z][\w-]*)*)( <[^>]*>)?", floe(*command, "--help").out):
                for name in names.split(", "):
                    flags[name] = flags.get(name, False) or bool(value)
        flags, plain = texts[tuple(command)], []
        at = 0
        while at < len(rest):
            word = rest[at]
            if word.startswith("-") and word != "-":
                assert word in flags, f"{page}: {line}: {word}"
                # The help of a step has no such names.
                at += 2 if flags[word] or command[0] == "step" and not "".join(rest[at + 1:at + 2]).startswith("--") else 1
            else:
                plain.append(word)
                at += 1
        assert command[0] in ("fetch", "find", "gather", "new") or len(plain) <= 1, f"{page}: {line}: {plain}"
        seen += 1
    assert seen > 40


def test_no_line_ends_in_blanks(tmp_path):
    """Tables whose last cell is empty, manifests without a version, help with empty paragraphs."""
    (tmp_path / "points.csv").write_text("lon,lat,name\n10,70,a\n11,71,b\n")
    (tmp_path / "steps").mkdir()
    (tmp_path / "steps/a.floe-step.yaml").write_text(
        "floe_step: 1\nname: mine.copy\nsummary: Copies.\ncommand: ['true', '{input.image}', '{output.copy}']\n"
        "inputs: { image: { kind: raster, help: An image } }\noutputs: { copy: { kind: raster, like: image, help: A copy } }\n")
    own = ["--plugin-path", tmp_path / "steps"]
    for words in (["plugins", *own], ["steps", *own], ["step", "mine.copy", "--help", *own], ["formats"], ["doctor"], ["info", tmp_path / "points.csv"],
                  ["info", ROOT / "examples/ice-lead.yaml"], ["check", ROOT / "examples/points.yaml"], ["--help"], ["run", "--help"], ["step", "cluster.gmm", "--help"]):
        done = floe(*words, expect=None)
        assert done.out, words
        assert [line for line in (done.out + done.err).splitlines() if line != line.rstrip()] == [], words


def test_a_negative_number_is_a_value_and_no_option(tmp_path):
    """In a word of its own as behind `=`."""
    for words, value in (
        (["run", ROOT / "examples/points.yaml", "--workers", "-1"], "-1"), (["run", ROOT / "examples/points.yaml", "--seed", "-5"], "-5"),
        (["demo", tmp_path / "d", "--size", "-480"], "-480"), (["batch", ROOT / "examples/points.yaml", "--over", "points=*.csv", "--jobs", "-2"], "-2"),
        (["step", "cluster.kmeans", "--samples", "no.tif", "--labels", "l.tif", "--workers", "-1"], "-1"),
    ):
        told = floe(*words, expect=2, cwd=tmp_path).err
        assert "Missing value" not in told and value in told.splitlines()[0], words
        joined = floe(*words[:-2], f"{words[-2]}={words[-1]}", expect=2, cwd=tmp_path).err
        assert told == joined, words
