"""Two class rasters whose codes have names: scikit-learn judges, and names decide what a code is."""
import json

import numpy as np
import pytest
from sklearn.metrics import accuracy_score

from conftest import run_pipeline, write_tif

PIPELINE = """
floe: 1
steps:
  a: {{ use: raster.read, with: {{ files: [a.tif], names: [v] }} }}
  b: {{ use: raster.read, with: {{ files: [b.tif], names: [v] }} }}
  x: {{ use: raster.expression, in: {{ image: a.image }}, with: {{ expression: v, classes: {first} }} }}
  y: {{ use: raster.expression, in: {{ image: b.image }}, with: {{ expression: v, classes: {second} }} }}
  s: {{ use: evaluate.compare, in: {{ reference: x.result, predicted: y.result }} }}
outputs: {{ s.json: s.score }}
"""


@pytest.fixture
def rasters(tmp_path):
    random = np.random.default_rng(8)
    a = random.integers(0, 4, (40, 50)).astype("uint8")
    b = np.where(random.random(a.shape) < 0.2, random.integers(0, 4, a.shape), a).astype("uint8")
    write_tif(tmp_path / "a.tif", a)
    write_tif(tmp_path / "b.tif", b)
    return a, b


def test_a_code_of_another_name_than_unclassified_is_a_class(tmp_path, rasters):
    names = "{ 0: p, 1: q, 2: r, 3: s }"
    out, _, _ = run_pipeline(tmp_path, PIPELINE.format(first=names, second=names))
    score = json.loads((out / "s.json").read_text())
    assert score["accuracy"] == pytest.approx(accuracy_score(*(x.ravel() for x in rasters)))


def test_names_that_contradict_each_other_are_refused(tmp_path, rasters):
    err = run_pipeline(
        tmp_path, PIPELINE.format(first="{ 0: lead, 1: sea_ice, 2: water }", second="{ 0: water, 1: sea_ice, 2: lead }"), expect=2)[2].err
    assert "the code 0 is 'lead' in the reference and 'water' in the prediction" in err


def test_other_names_for_a_code_are_told(tmp_path, rasters):
    _, record, _ = run_pipeline(tmp_path, PIPELINE.format(first="{ 0: water, 1: ice, 2: lead, 3: nilas }", second="{ 0: water, 1: ice, 2: lead, 3: thin }"))
    assert any("'nilas' in the reference and 'thin' in the prediction" in w["message"] for w in record["warnings"])


def scored(tmp_path, reference, predicted):
    """The outputs and the record of a comparison of two columns of codes."""
    np.savetxt(tmp_path / "t.csv", np.c_[reference, predicted], fmt="%d", delimiter=",", header="a,b", comments="")
    out, record, _ = run_pipeline(tmp_path, """
floe: 1
steps:
  t: { use: table.read, with: { file: t.csv } }
  s: { use: evaluate.compare, in: { reference: t.table }, with: { reference_column: a, predicted_column: b } }
outputs: { s.json: s.score }
""")
    return out, record


def test_codes_that_do_not_fit_are_told(tmp_path):
    """CryoSat-2's own codes: 64 ocean, 128 sea ice, 256 lead, of which the last is beyond a byte."""
    codes = np.random.default_rng(4).choice([64, 128, 256], 90)
    _, record = scored(tmp_path, codes, codes)
    told = [w["message"] for w in record["warnings"]]
    assert len(told) == 1 and told[0].startswith(f"{(codes == 256).sum()} records have a code outside 0...255")


def test_pairs_that_one_side_leaves_unclassified_are_all_counted(tmp_path):
    """Open ocean stands in the prediction alone, and is left unclassified by the reference like the rest."""
    a = np.repeat([3, 3, 3, 1], [5, 7, 11, 4])
    b = np.repeat([0, 1, 2, 1], [5, 7, 11, 4])
    out, _ = scored(tmp_path, a, b)
    told = json.loads((out / "s.json").read_text())["unclassified"]
    assert (told["reference_only"], told["predicted_only"], told["both"]) == (23, 0, 0)


def tables(tmp_path, reference, predicted):
    """Two tables of one kind, compared row by row: the warnings."""
    for name, rows in (("a", reference), ("b", predicted)):
        (tmp_path / f"{name}.csv").write_text("\n".join(",".join(map(str, row)) for row in rows) + "\n")
    _, record, _ = run_pipeline(tmp_path, """
floe: 1
steps:
  a: { use: table.read, with: { file: a.csv } }
  b: { use: table.read, with: { file: b.csv } }
  s: { use: evaluate.compare, in: { reference: a.table, predicted: b.table }, with: { reference_column: truth } }
outputs: { s.json: s.score }
""")
    return " ".join(w["message"] for w in record["warnings"])


def rows(key, keys, column, codes):
    return [(key, column), *zip(keys, codes)]


@pytest.mark.parametrize("key, keys", [
    ("id", list(range(40))), ("name", [f"point-{i}" for i in range(40)]),
    ("time", [f"2019-03-01T00:00:{i:02d}.050Z" for i in range(40)])])
def test_rows_in_another_order_are_told(tmp_path, key, keys):
    random = np.random.default_rng(4)
    codes, order = random.integers(1, 3, 40), random.permutation(40)
    reference = rows(key, keys, "truth", codes)
    assert "in another order" not in tables(tmp_path, reference, rows(key, keys, "class_code", codes))
    (tmp_path / "other").mkdir()
    shuffled = rows(key, [keys[i] for i in order], "class_code", codes[order])
    said = tables(tmp_path / "other", reference, shuffled)
    assert f"'{key}' in another order" in said and "by their place" in said


def test_rows_of_other_times_are_told(tmp_path):
    codes = [1, 2] * 10
    times = [f"2019-03-01T00:00:{i:02d}Z" for i in range(20)]
    later = times[:17] + [t.replace("T00", "T05") for t in times[17:]]
    said = tables(tmp_path, rows("time", times, "truth", codes), rows("time", later, "class_code", codes))
    assert "other times in 3 of 20 rows, the first in row 18" in said


def test_columns_are_named_once(tmp_path):
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    for columns, told in (("[]", "names no column"), ("[a, b, a]", "'a' twice")):
        result = run_pipeline(tmp_path, f"""
floe: 1
steps:
  t: {{ use: table.read, with: {{ file: a.csv }} }}
  s: {{ use: table.select, in: {{ input: t.table }}, with: {{ columns: {columns} }} }}
outputs: {{ s.csv: s.result }}
""", expect=None)[2]
        assert result.status in (1, 2) and told in result.err
