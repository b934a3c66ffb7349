"""Texts of files that another language would obey: gnuplot, SQL, XML, CSV, the terminal. The program that reads it is the judge."""
import json
import random
import re
import sqlite3
import subprocess
import xml.dom.minidom

import numpy as np
import pytest
from osgeo import gdal

from conftest import floe, run_pipeline, write_tif

# A quote before a combining mark, a CDATA end, line breaks of all kinds, escape sequences, templates.
PIECES = ["'", "'\u0301", '"', '"\u0301', "]]>", "<b>", "&", "\n", "\r\n", "\r", "\u2028", "\x1b[31m", "\x07", "\x9b2J", "`touch owned`", "$(touch owned)",
          "system('touch owned')", "{{x}}", "%s", "\\", ";", "--", "\u202e", "%{x}", "@", "#", "!touch owned"]


def hostile(seed):
    own = random.Random(seed)
    return "".join(own.choice(PIECES) for _ in range(own.randint(1, 8)))


def image(path, summary, name="a"):
    write_tif(path, np.random.default_rng(1).integers(1, 200, (1, 40, 40)).astype("uint8"))
    ds = gdal.Open(str(path), gdal.GA_Update)
    ds.GetRasterBand(1).SetMetadataItem("SUMMARY", summary)
    ds.GetRasterBand(1).SetDescription(name)
    ds = None


REPORT = """
floe: 1
title: {title}
steps:
  r: {{ use: raster.read, with: {{ files: [a.tif] }} }}
  report: {{ use: report.html }}
outputs: {{ map.tif: r.image, report.html: report.page }}
"""


@pytest.mark.parametrize("seed", range(12))
def test_no_text_becomes_a_program_of_gnuplot(tmp_path, seed):
    text = "x\nsystem('touch owned')\n" if seed == 0 else "x'\u0301;system('touch owned');'" if seed == 1 else hostile(seed)
    image(tmp_path / "a.tif", text.replace("\0", ""), name="b" + text[:4].replace("\n", ""))
    out, record, _ = run_pipeline(tmp_path, REPORT.format(title=json.dumps("t " + text)), expect=0)
    assert not list(tmp_path.rglob("owned"))
    page = re.sub("<script.*?</script>", "", (out / "report.html").read_text(), flags=re.S)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", page)
    figures, scripts = list(out.rglob("*.svg")), list(out.rglob("*.gp"))
    assert figures and scripts
    for figure in figures:
        xml.dom.minidom.parse(str(figure))
    for script in scripts:
        # Each text stays on the line that the figure gives it.
        assert not re.search(r"^\s*system\(", script.read_text(), re.M)


@pytest.mark.parametrize("seed", range(20, 40))
def test_names_go_through_sql_and_csv(tmp_path, seed):
    text = hostile(seed)
    columns = json.dumps("c" + text)
    (tmp_path / "t.csv").write_text('"n","t"\n1,"' + text.replace('"', '""') + '"\n', newline="")
    (tmp_path / "p.yaml").write_text(f"""
floe: 1
title: {json.dumps(text)}
steps: {{ t: {{ use: table.read, with: {{ file: t.csv }} }} }}
outputs: {{ t.gpkg: {{ {json.dumps("layer " + re.sub(r"[^'a-z]", "", text))}: t.table }}, o.csv: t.table }}
""")
    result = floe("run", tmp_path / "p.yaml", "-o", tmp_path / "out", "--quiet", expect=None)
    assert result.status in (0, 2), result.err
    if result.status == 0:
        import csv
        got = list(csv.DictReader(open(tmp_path / "out/o.csv", newline="")))[0]["t"]
        assert got.replace("\r\n", "\n").replace("\r", "\n") == text.replace("\r\n", "\n").replace("\r", "\n")
        db = sqlite3.connect(tmp_path / "out/t.gpkg")
        assert db.execute("pragma integrity_check").fetchone()[0] == "ok"
    assert not list(tmp_path.rglob("owned"))


def test_parameters_in_a_record_are_yaml(tmp_path):
    """Maps stand there as a pipeline writes them, on one line, and read back as what was meant."""
    yaml = pytest.importorskip("yaml")
    classes = {code: f"a{piece}b" for code, piece in enumerate(PIECES)}
    image(tmp_path / "a.tif", "")
    _, record, _ = run_pipeline(tmp_path, f"""
floe: 1
steps:
  r: {{ use: raster.read, with: {{ files: [a.tif] }} }}
  e: {{ use: raster.expression, in: {{ image: r.image }}, with: {{ expression: a * 0, classes: {json.dumps(classes)} }} }}
outputs: {{ e.tif: e.result }}
""")
    text = next(s["with_text"]["classes"] for s in record["steps"] if s["id"] == "e")
    assert yaml.safe_load(text) == classes and len(text.splitlines()) == 1


def test_the_terminal_obeys_no_file(tmp_path):
    name = "evil\x1b[2J\x9b31m\u202e.tif"
    write_tif(tmp_path / name, np.ones((1, 4, 4), "uint8"))
    for arguments in (["info", tmp_path / name], ["info", tmp_path / ("no" + name)], ["info", tmp_path / name, "--json"]):
        result = floe(*arguments, expect=None)
        for text in (result.out, result.err):
            assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text)
    assert json.loads(result.out)


def test_a_full_standard_output_is_a_failure():
    with open("/dev/full", "w") as full:
        from conftest import FLOE
        done = subprocess.run([str(FLOE), "steps", "--json"], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1 and "standard output" in done.stderr


@pytest.mark.parametrize("change, word", [
    (lambda m: m["mixture"].update(weights=[-1, 2]), "weights"),
    (lambda m: m["mixture"].update(weights=[0.5, 0.4]), "add up"),
    (lambda m: m["mixture"]["covariances"][0][0].__setitem__(0, -1), "diagonal"),
    (lambda m: m["mixture"]["covariances"][0][0].__setitem__(1, m["mixture"]["covariances"][0][0][1] * 1.5 + 7), "symmetric"),
    (lambda m: [m["mixture"]["covariances"][0][a].__setitem__(1 - a, 1e9) for a in (0, 1)], "positive definite"),
    (lambda m: m["clusters"][0]["variance"].__setitem__(0, -2), "variance"),
])
def test_models_that_no_fit_gives(tmp_path, change, word):
    rng = np.random.default_rng(1)
    a = np.where(rng.random((2, 60, 60)) > 0.3, 8000, 2500) + rng.normal(0, 150, (2, 60, 60))
    write_tif(tmp_path / "a.tif", a.astype("uint16"), nodata=0)
    out, _, _ = run_pipeline(tmp_path, """
floe: 1
steps:
  r: { use: raster.read, with: { files: [a.tif] } }
  g: { use: cluster.gmm, in: { samples: r.image }, with: { clusters: 2 } }
outputs: { model.json: g.model }
""")
    model = json.loads((out / "model.json").read_text())
    body = model.get("body", model)
    change(body)
    (tmp_path / "model.json").write_text(json.dumps(model))
    (tmp_path / "apply.yaml").write_text("""
floe: 1
steps:
  r: { use: raster.read, with: { files: [a.tif] } }
  g: { use: cluster.apply, in: { samples: r.image }, with: { model_file: model.json } }
outputs: { l.tif: g.labels }
""")
    result = floe("run", tmp_path / "apply.yaml", "-o", tmp_path / "o2", expect=2)
    assert word in result.err
