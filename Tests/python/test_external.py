"""Steps in any language: a manifest beside a program, checked as strictly as a Swift step."""
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from conftest import FLOE, ROOT, floe, read, write_tif

# The interpreter of the tests has scikit-learn and GDAL: programs are to find the same one.
ENV = {**os.environ, "PATH": f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}"}


@pytest.fixture
def image(tmp_path):
    """Two bands, dark on the left and bright on the right."""
    pixels = np.full((2, 60, 80), 1000, np.uint16)
    pixels[:, :, 40:] = 8000
    pixels += np.random.default_rng(3).integers(0, 200, pixels.shape, dtype=np.uint16)
    return write_tif(tmp_path / "image.tif", pixels)


def manifest(folder, program, *, name="test.step", command=None, extra="", ports=None):
    """A step `NAME` whose program is Python text that sees its arguments in `a`."""
    folder.mkdir(exist_ok=True)
    (folder / "program.py").write_text("import json, os, sys, time\na = sys.argv[1:]\n" + program)
    command = command or '[python3, "{folder}/program.py", "{input.image}", "{output.report}"]'
    ports = ports or """inputs:
  image: { kind: raster, help: Any raster }
outputs:
  report: { kind: document, help: A report }
"""
    (folder / "test.floe-step.yaml").write_text(
        f"floe_step: 1\nname: {name}\nsummary: A step of the tests.\ncommand: {command}\n{extra}\n{ports}")
    return folder


def run(folder, image, *more, expect=0, out="report.json", port="--report", step="test.step"):
    return floe(
        "step", step, "--plugin-path", folder, "--image", image, port, out, "-o", folder / "out", *more,
        env=ENV, expect=expect, timeout=120)


def test_the_example_classifies(image, tmp_path):
    folder = ROOT / "examples/plugin-python"
    points = tmp_path / "points.csv"
    rows = [f"{300005 + 10 * c},{7900015 - 10 * r},{2 if c < 40 else 1}" for r in range(5, 60, 10) for c in range(5, 80, 10)]
    points.write_text("x,y,class\n" + "\n".join(rows + ["0,0,1"]) + "\n")
    pipeline = tmp_path / "p.yaml"
    pipeline.write_text(f"""floe: 1
steps:
  image: {{ use: raster.read, with: {{ files: {image} }} }}
  points: {{ use: table.read, with: {{ file: {points} }} }}
  forest: {{ use: example.forest, in: {{ image: image.image, points: points.table }}, with: {{ trees: 20 }} }}
outputs:
  classes.tif: forest.classes
""")
    found = []
    for workers in (1, 3):
        out = tmp_path / f"out{workers}"
        floe("run", pipeline, "-o", out, "--plugin-path", folder, "--workers", workers, env=ENV)
        found.append((out / "classes.tif").read_bytes())
        record = json.loads((out / "run.json").read_text())
        assert record["results"]["forest"]["trained_on"] == len(rows)
        assert any(d["count"] == 1 and d["unit"] == "points" for d in record["left_out"])
        assert not [p for p in out.iterdir() if p.name.startswith(".floe")]
    assert found[0] == found[1]
    classes = read(tmp_path / "out1/classes.tif")
    assert (classes[:, :40] == 2).all() and (classes[:, 40:] == 1).all()
    check = floe("check", pipeline, "--plugin-path", folder, env=ENV)
    assert "classes: raster 80 x 60" in check.out and "uint8" in check.out


def test_it_is_listed_beside_the_others(tmp_path):
    folder = ROOT / "examples/plugin-python"
    assert "example.forest" in floe("plugins", "--plugin-path", folder).out
    assert "example.forest" in floe("steps", "--plugin-path", folder).out
    help = floe("step", "example.forest", "--help", "--plugin-path", folder).out
    assert "--trees  (integer, 1 to 10,000)" in help and "default 100" in help


@pytest.mark.parametrize("setting, sentence", [
    ("trees=0", "'trees' must be between 1 and 10000, not 0"),
    ("trees=many", "'trees' must be a whole number, not 'many'"),
    ("tree=5", "did you mean 'trees'?"),
])
def test_bad_parameters_are_refused_before_work(image, tmp_path, setting, sentence):
    name, value = setting.split("=")
    pipeline = tmp_path / "p.yaml"
    pipeline.write_text(f"""floe: 1
steps:
  image: {{ use: raster.read, with: {{ files: {image} }} }}
  forest:
    use: example.forest
    in: {{ image: image.image }}
    with: {{ {name}: {value} }}
outputs:
  classes.tif: forest.classes
""")
    result = floe("run", pipeline, "-o", tmp_path / "out", "--plugin-path", ROOT / "examples/plugin-python", env=ENV, expect=2)
    assert sentence in result.err and "p.yaml:7" in result.err
    assert "'points' is not connected" in result.err
    assert not (tmp_path / "out").exists()


def test_arguments_arrive_as_they_are(image, tmp_path):
    folder = manifest(
        tmp_path / "s", "json.dump({'args': a[2:]}, open(a[1], 'w'))",
        command='[python3, "{folder}/program.py", "{input.image}", "{output.report}", "{param.text}", "--list={param.list}", "{param.list}", "--gone={param.gone}", "{not a name} {param.text}"]',
        extra="parameters: { text: { help: T }, list: { help: L, type: list of integer }, gone: { help: G } }")
    nasty = "; $(touch x) `id` 'q\" * é"
    run(folder, image, "--text", nasty, "--list", "1,2")
    assert json.loads((folder / "out/report.json").read_text())["args"] == [nasty, "--list=1,2", "1", "2", "{not a name} " + nasty]


def test_failure_tells_the_last_lines(image, tmp_path):
    folder = manifest(tmp_path / "s", "print('first'); print('no such band: B99', file=sys.stderr); sys.exit(3)")
    result = run(folder, image, expect=1)
    assert "ended with status 3" in result.err and "no such band: B99" in result.err
    assert not (folder / "out").exists()


def test_missing_wrong_and_spoilt_results(image, tmp_path):
    folder = manifest(tmp_path / "s", "pass")
    assert "wrote no 'report'" in run(folder, image, expect=1).err
    folder = manifest(tmp_path / "s", "open(a[1], 'w').write('{not json')")
    assert "'report'" in run(folder, image, expect=1).err
    ports = """inputs:
  image: { kind: raster, help: Any raster }
outputs:
  out: { kind: raster, help: A raster, like: image, type: uint8 }
"""
    program = """from osgeo import gdal
s = gdal.Open(a[0])
d = gdal.GetDriverByName('GTiff').Create(a[1], s.RasterXSize // 2, s.RasterYSize, 1, gdal.GDT_Byte)
d.SetGeoTransform(s.GetGeoTransform())
d.SetSpatialRef(s.GetSpatialRef())
"""
    folder = manifest(tmp_path / "t", program, ports=ports, command='[python3, "{folder}/program.py", "{input.image}", "{output.out}"]')
    result = run(folder, image, expect=1, out="o.tif", port="--out")
    assert "not as announced: its size is 40 x 60, not 80 x 60" in result.err
    folder = manifest(tmp_path / "t", program.replace(" // 2", "").replace("Byte", "Float32"), ports=ports, command='[python3, "{folder}/program.py", "{input.image}", "{output.out}"]')
    assert "pixels are float32, not uint8" in run(folder, image, expect=1, out="o.tif", port="--out").err


def test_table_columns_are_added_to_the_rows_handed_over(tmp_path):
    points = tmp_path / "p.csv"
    points.write_text("x,y,v\n" + "".join(f"{i},{i},{i * i}\n" for i in range(5)))
    ports = """inputs:
  table: { kind: table, help: Points, format: csv }
outputs:
  more: { kind: table, help: With twice the value, like: table, format: csv, columns: { twice: { unit: m, help: Twice v } } }
"""
    program = """import csv
rows = list(csv.DictReader(open(a[0])))
w = csv.writer(open(a[1], 'w')); w.writerow(['x', 'twice']); w.writerows([[r['x'], 2 * float(r['v'])] for r in rows])
"""
    command = '[python3, "{folder}/program.py", "{input.table}", "{output.more}"]'
    folder = manifest(tmp_path / "s", program, ports=ports, command=command)
    floe("step", "test.step", "--plugin-path", folder, "--table", points, "--more", "o.csv", "-o", folder / "out", env=ENV)
    lines = (folder / "out/o.csv").read_text().split()
    assert lines[0] == "x,y,v,twice" and lines[-1] == "4,4,16,32"
    manifest(folder, program.replace("for r in rows", "for r in rows[1:]"), ports=ports, command=command)
    result = floe("step", "test.step", "--plugin-path", folder, "--table", points, "--more", "o.csv", "-o", folder / "out2", env=ENV, expect=1)
    assert "has 4 rows, but 5 were handed over" in result.err
    manifest(folder, "open(a[1], 'w').write('twice\\n1\\n')", ports=ports, command=command)
    result = floe("step", "test.step", "--plugin-path", folder, "--table", points, "--more", "o.csv", "-o", folder / "out3", env=ENV, expect=1)
    assert "from two columns on" in result.err


def alive(pid):
    try:
        return open(f"/proc/{pid}/stat").read().split(")")[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def gone(pid):
    for _ in range(40):
        if not alive(pid):
            return True
        time.sleep(0.05)
    return False


STUBBORN = """import subprocess, signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen(['sleep', '300'])
open({pids!r}, 'w').write(f'{{os.getpid()}} {{child.pid}}')
print(json.dumps({{'progress': 0.5}}), file=sys.stderr, flush=True)
time.sleep(300)
"""


def test_the_time_limit_ends_the_whole_group(image, tmp_path):
    pids = tmp_path / "pids"
    folder = manifest(tmp_path / "s", STUBBORN.format(pids=str(pids)), extra="timeout: 1")
    began = time.time()
    result = run(folder, image, expect=1)
    assert "stopped after 1 s" in result.err and time.time() - began < 20
    started = pids.read_text().split()
    assert started and all(gone(int(p)) for p in started)
    assert not (folder / "out").exists()


def test_interruption_ends_the_whole_group(image, tmp_path):
    pids = tmp_path / "pids"
    folder = manifest(tmp_path / "s", STUBBORN.format(pids=str(pids)))
    process = subprocess.Popen(
        [FLOE, "step", "test.step", "--plugin-path", folder, "--image", image, "--report", "r.json", "-o", folder / "out"],
        env=ENV, stderr=subprocess.PIPE)
    while not (pids.exists() and pids.read_text().count(" ") == 1):
        assert process.poll() is None
        time.sleep(0.05)
    began = time.time()
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == 130 and time.time() - began < 6
    started = pids.read_text().split()
    assert started and all(gone(int(p)) for p in started)
    assert not (folder / "out").exists()


def test_a_child_left_behind_does_not_hold_the_run(image, tmp_path):
    pids = tmp_path / "pids"
    folder = manifest(
        tmp_path / "s",
        f"import subprocess\nc = subprocess.Popen(['sleep', '300'])\nopen({str(pids)!r}, 'w').write(str(c.pid))\njson.dump({{}}, open(a[1], 'w'))")
    began = time.time()
    run(folder, image)
    assert time.time() - began < 20 and gone(int(pids.read_text()))


def test_messages_and_progress(image, tmp_path):
    folder = manifest(tmp_path / "s", """for m in [{'progress': 0.25}, {'message': 'a warning', 'level': 'warning'}, {'progress': 7}]:
    print(json.dumps(m), file=sys.stderr)
print('x' * 300000, file=sys.stderr)
json.dump({}, open(a[1], 'w'))
""")
    result = run(folder, image, "--progress", "json")
    assert "a warning" in result.err and '"done":25' in result.err.replace(" ", "") and '"done":100' in result.err.replace(" ", "")
    record = json.loads((folder / "out/run.json").read_text())
    assert any(w["message"] == "a warning" for w in record["warnings"])


@pytest.mark.parametrize("wrong, line, sentence", [
    ("name: test.step\nsummary: S.\ncommand: python3 x", 4, "'command' must be a list of words"),
    ("name: step\nsummary: S.\ncommand: [x]", 2, "must be 'family.step'"),
    ("name: t.s\nsummary: S.\ncomand: [x]", 4, "did you mean 'command'?"),
    ("name: t.s\nsummary: S.\ncommand: [x, '{input.imag}']\ninputs: { image: { kind: raster } }", 4, "did you mean '{input.image}'?"),
    ("name: t.s\nsummary: S.\ncommand: [x]\nparameters:\n  n: { type: int, help: N }", 6, "parameter type 'int' is unknown"),
    ("name: t.s\nsummary: S.\ncommand: [x]\nparameters:\n  n: { type: integer, help: N, minimum: 5, default: 2 }", 6, "the default of 'n' must be at least 5, not 2"),
    ("name: t.s\nsummary: S.\ncommand: [x, '{output.o}']\noutputs:\n  o: { kind: raster }", 6, "needs 'like: INPUT'"),
    ("name: t.s\nsummary: S.\ncommand: [x, '{output.o}']\noutputs:\n  o: { kind: picture }", 6, "needs a kind"),
    ("name: t.s\nsummary: S.\ncommand: [x]\noutputs:\n  o: { kind: table }", 4, "does not tell the program where to write 'o'"),
    ("name: t.s\nsummary: S.\ncommand: [x, '{output.o}']\noutputs:\n  o: { kind: model }", 6, "needs 'model: KIND'"),
    ("name: t.s\nsummary: S.\ncommand: [x, '{output.o}']\noutputs:\n  o: { kind: document, columns: { a: {} } }", 6, "'columns' is for table outputs"),
    ("name: t.s\nsummary: S.\ncommand: [x, '{output.o}']\noutputs:\n  o: { kind: table, format: nc }", 6, "comes back as gpkg or csv"),
    ("name: t.s\nsummary: S.\ncommand: [x]\ntimeout: soon", 5, "'timeout' must be a whole number of seconds from 1, not 'soon'"),
    ("name: [", 3, "is not YAML"),
])
def test_mistakes_of_a_manifest_are_told_with_their_line(tmp_path, wrong, line, sentence):
    (tmp_path / "w.floe-step.yaml").write_text("floe_step: 1\n" + wrong)
    found = [m for m in json.loads(floe("plugins", "--json", "--plugin-path", tmp_path).out) if m["path"].startswith(str(tmp_path))]
    assert sentence in found[0]["refusal"] and f"w.floe-step.yaml:{line}:" in found[0]["refusal"], found[0]["refusal"]


def test_a_program_that_is_not_there_is_told_before_work(image, tmp_path):
    folder = manifest(tmp_path / "s", "", command='[no-such-program, "{output.report}"]')
    assert "there is no program 'no-such-program' on PATH" in run(folder, image, expect=2).err


# What a parameter of a Swift step refuses, and the same parameter in a manifest.
TWINS = [
    ("raster.sieve", "smaller_than", "{ help: S, type: integer, unit: pixels, minimum: 2, maximum: 1000000000, default: 10 }", ["1", "2000000000", "1.5", "x"]),
    ("raster.filter", "statistic", "{ help: S, choices: [median, mode], default: median }", ["mean", "medain"]),
    ("vector.polygonize", "min_area", "{ help: S, type: number, unit: m2, minimum: 0, default: 0 }", ["-0.5", "wide", "nan"]),
    ("raster.warp", "resolution", "{ help: S, type: number, minimum: 0.000000001, maximum: 10000000 }", ["0", "1e9"]),
    ("raster.read", "bands", "{ help: S, type: list of integer, minimum: 1, maximum: 65535 }", ["0", "1,70000", "1,b"]),
]


@pytest.mark.parametrize("step, name, declaration, values", TWINS, ids=[t[0] for t in TWINS])
def test_a_parameter_is_refused_as_that_of_a_swift_step(image, tmp_path, step, name, declaration, values):
    port = "{ files: %s, " % image if step == "raster.read" else "{ "
    source = "" if step == "raster.read" else "in: { image: i.image }, "
    folder = manifest(
        tmp_path / "s", "", command=f'[python3, "{{folder}}/program.py", "{{input.image}}", "{{output.report}}", "{{param.{name}}}"]',
        extra=f"parameters: {{ {name}: {declaration} }}")
    for value in values:
        told = []
        for use, given in ((step, f"{source}with: {port}{name}: {value} }}"), ("test.step", f"in: {{ image: i.image }}, with: {{ {name}: {value} }}")):
            text = value if "," not in value else f"[{value}]"
            pipeline = tmp_path / "p.yaml"
            pipeline.write_text(f"floe: 1\nsteps:\n  i: {{ use: raster.read, with: {{ files: {image} }} }}\n  s: {{ use: {use}, {given.replace(name + ': ' + value, name + ': ' + text)} }}\noutputs:\n  o.tif: i.image\n")
            err = floe("check", pipeline, "--plugin-path", folder, env=ENV, expect=2).err
            told.append([line.split(": s: ")[1] for line in err.splitlines() if f"'{name}'" in line])
        assert told[0] and told[0] == told[1], (value, told)


def test_a_default_and_a_unit_are_shown_and_in_force(image, tmp_path):
    folder = manifest(
        tmp_path / "s", "json.dump({'width': a[2]}, open(a[1], 'w'))",
        command='[python3, "{folder}/program.py", "{input.image}", "{output.report}", "{param.width}"]',
        extra="parameters: { width: { help: Width, type: number, unit: m, minimum: 1, default: 2.5 } }")
    help = floe("step", "test.step", "--help", "--plugin-path", folder).out
    assert "--width" in help and "default 2.5" in help and " m" in help
    run(folder, image)
    assert json.loads((folder / "out/report.json").read_text())["width"] == "2.5"


MODEL = """inputs:
  image: { kind: raster, help: Any raster }
  model: { kind: model, help: A fitted model, optional: true }
  notes: { kind: document, help: Notes, optional: true }
outputs:
  report: { kind: document, help: A report }
  fitted: { kind: model, model: counting, help: A model }
"""


def test_models_and_documents_travel_as_json(image, tmp_path):
    program = """given = {w.split('=')[0]: json.load(open(w.split('=')[1])) for w in a[3:]}
json.dump(given, open(a[1], 'w'))
json.dump({'kind': KIND, 'count': given.get('model', {}).get('count', 0) + 1}, open(a[2], 'w'))
"""
    command = '[python3, "{folder}/program.py", "{input.image}", "{output.report}", "{output.fitted}", "model={input.model}", "notes={input.notes}"]'
    folder = manifest(tmp_path / "s", program.replace("KIND", "'counting'"), command=command, ports=MODEL)
    pipeline = tmp_path / "p.yaml"
    pipeline.write_text(f"""floe: 1
steps:
  image: {{ use: raster.read, with: {{ files: {image} }} }}
  first: {{ use: test.step, in: {{ image: image.image }} }}
  second: {{ use: test.step, in: {{ image: image.image, model: first.fitted, notes: first.report }} }}
outputs:
  model.json: second.fitted
  report.json: second.report
""")
    floe("run", pipeline, "-o", tmp_path / "out", "--plugin-path", folder, "--quiet", env=ENV)
    assert json.loads((tmp_path / "out/model.json").read_text())["count"] == 2
    report = json.loads((tmp_path / "out/report.json").read_text())
    assert report["model"] == {"kind": "counting", "count": 1} and report["notes"] == {}
    # A model that was written is one again.
    floe("step", "test.step", "--plugin-path", folder, "--image", image, "--model", tmp_path / "out/model.json", "--fitted", "m.json", "-o", tmp_path / "third", env=ENV)
    assert json.loads((tmp_path / "third/m.json").read_text())["count"] == 3
    manifest(folder, program.replace("KIND", "'other'"), command=command, ports=MODEL)
    result = floe("run", pipeline, "-o", tmp_path / "no", "--plugin-path", folder, "--quiet", env=ENV, expect=1)
    assert """the program's 'fitted' has "kind": "other", not "kind": "counting" as the manifest says""" in result.err


@pytest.mark.parametrize("to, back", [("gpkg", "gpkg"), ("csv", "csv"), ("nc", "gpkg")])
def test_tables_travel_in_plain_formats(tmp_path, to, back):
    points = tmp_path / "p.csv"
    points.write_text("x,y,v,name\n" + "".join(f"{i},{60 + i},{i * i},n{i}\n" for i in range(5)))
    ports = f"""inputs:
  table: {{ kind: table, help: Points, format: {to} }}
outputs:
  more: {{ kind: table, help: With thrice the value, like: table, format: {back}, columns: {{ thrice: {{ unit: m, help: Thrice v }} }} }}
"""
    program = """from osgeo import ogr
if a[0].endswith('.nc'):
    import netCDF4
    values = [float(v) for v in netCDF4.Dataset(a[0])['v'][:]]
else:
    source = ogr.Open(a[0])
    values = [float(f['v']) for f in source.GetLayer(0)]
out = ogr.GetDriverByName('CSV' if a[1].endswith('csv') else 'GPKG').CreateDataSource(a[1])
layer = out.CreateLayer('more', geom_type=ogr.wkbNone)
for name in ('key', 'thrice'):
    layer.CreateField(ogr.FieldDefn(name, ogr.OFTReal))
for i, v in enumerate(values):
    feature = ogr.Feature(layer.GetLayerDefn())
    feature['key'], feature['thrice'] = i, 3 * v
    layer.CreateFeature(feature)
layer = out = None
"""
    folder = manifest(tmp_path / "s", program, ports=ports, command='[python3, "{folder}/program.py", "{input.table}", "{output.more}"]')
    floe("step", "test.step", "--plugin-path", folder, "--table", points, "--more", "o.csv", "-o", folder / "out", env=ENV)
    lines = (folder / "out/o.csv").read_text().split()
    assert lines[0] == "x,y,v,name,thrice" and lines[-1] == "4,64,16,n4,48"


def listed(folder, **more):
    found = json.loads(floe("plugins", "--json", "--plugin-path", folder, env={**ENV, **more}).out)
    return next(m for m in found if str(folder) in m["path"])


def test_the_flags_of_floe_are_no_names_of_a_steps_own(tmp_path):
    flags = set(re.findall(r"--([a-z-]+)", floe("run", "--help").out)) - {"set", "no", "frozen", "until", "keep"}  # of runs alone
    assert {"output", "workers", "memory", "scratch", "seed", "plugin-path"} <= flags
    for flag in sorted(flags):
        folder = manifest(tmp_path / flag, "", extra=f"parameters: {{ {flag.replace('-', '_')}: {{ help: A number }} }}")
        assert f"has the name of floe's own flag --{flag}; give it another name" in (listed(folder).get("refusal") or ""), flag


@pytest.mark.parametrize("ports, sentence", [
    ("optional: maybe", "'optional' of 'image' must be true or false, not 'maybe'"), ("many: 2", "'many' of 'image' must be true or false, not '2'"),
])
def test_booleans_of_a_manifest(tmp_path, ports, sentence):
    text = "inputs:\n  image: { kind: raster, help: Any, %s }\noutputs:\n  report: { kind: document, help: A report }\n"
    assert sentence in listed(manifest(tmp_path / "s", "", ports=text % ports))["refusal"]
    right = listed(manifest(tmp_path / "t", "", ports=text % "optional: yes, many: on"))
    assert right.get("refusal") is None and right["steps"][0]["inputs"][0]["is_required"] is False and right["steps"][0]["inputs"][0]["accepts_many"] is True


def test_a_step_that_floe_has_itself_is_not_taken_over(image, tmp_path):
    folder = manifest(tmp_path / "s", "", name="file.read")
    assert listed(folder)["refusal"] == "its step 'file.read' is already given by floe itself, which is found first"
    floe("step", "cluster.kmeans", "--samples", image, "--labels", "l.tif", "--plugin-path", folder, "-o", tmp_path / "out", "--quiet")


def test_of_two_steps_with_one_name_the_later_one_alone_is_dropped(image, tmp_path):
    """A plugin keeps its other steps."""
    folder = manifest(tmp_path / "s", "", name="cluster.kmeans")
    found = json.loads(floe("plugins", "--json", "--plugin-path", folder, env=ENV).out)
    bundled = next(m for m in found if "Clustering" in m["path"])
    assert bundled.get("refusal") is None and bundled["shadowed"] == {"cluster.kmeans": str(folder / "test.floe-step.yaml")}
    assert {"cluster.gmm", "cluster.apply"} <= {s["name"] for s in bundled["steps"]} and "cluster.kmeans" not in {s["name"] for s in bundled["steps"]}
    assert "not used: its step 'cluster.kmeans' is already given by" in " ".join(floe("plugins", "--plugin-path", folder, env=ENV).out.split())
    floe("step", "cluster.gmm", "--samples", image, "--labels", "l.tif", "--plugin-path", folder, "-o", tmp_path / "out", "--quiet")
    assert "--image" in floe("step", "cluster.kmeans", "--help", "--plugin-path", folder).out


def test_a_plugin_path_that_is_no_folder_is_told(tmp_path):
    for place in ("/no/such/folder", FLOE):
        for words in (["plugins"], ["steps"], ["formats"], ["steps", "--json"], ["check", ROOT / "examples/points.yaml"], ["step", "raster.read", "--help"]):
            told = floe(*words, "--plugin-path", place, expect=None).err
            assert told.count(f"warning: --plugin-path '{place}' is no folder") == 1, words
        assert f"--plugin-path '{place}' is no folder" in floe("doctor", "--plugin-path", place, expect=None).out


def test_huge_counts_of_a_program(image, tmp_path):
    huge = "{'dropped': 9223372036854775807, 'reason': 'far'}"
    folder = manifest(tmp_path / "s", f"for m in [{huge}, {huge}, {{'dropped': -3, 'reason': 'near'}}]: print(json.dumps(m))\njson.dump({{}}, open(a[1], 'w'))")
    run(folder, image)
    told = json.loads((folder / "out/run.json").read_text())["left_out"]
    assert [(d["count"], d["reason"]) for d in told] == [(9223372036854775807, "far")]
