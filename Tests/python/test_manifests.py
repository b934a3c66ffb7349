"""Manifests of steps: listed beside the others, checked as strictly as a Swift step, each mistake with its line."""
import json
import re

import pytest

from conftest import FLOE, ROOT, floe
from programs import ENV, image, manifest, run  # noqa: F401


def test_it_is_listed_beside_the_others(tmp_path):
    folder = ROOT / "examples/plugin-python"
    assert "example.forest" in floe("plugins", "--plugin-path", folder).out
    assert "example.forest" in floe("steps", "--plugin-path", folder).out
    help = floe("step", "example.forest", "--help", "--plugin-path", folder).out
    assert "--trees  (integer, 1 to 10,000)" in help and "default 100" in help


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
