"""Words and numbers that stand for missing values in tables of other programs, infinities, columns that turn out to be text. pandas and numpy say what is right."""
import netCDF4
import numpy as np
import pandas as pd
import pytest

from conftest import run_pipeline
from tables import features, table


@pytest.mark.parametrize("word", ["nan", "NaN", "NA", "N/A", "NULL", "null", "None", "--", "-", "#N/A", "-nan"])
def test_words_for_missing_values_among_numbers(tmp_path, word):
    text = f"p,n,s\n1.5,7,a\n{word},{word},{word}\n2.5,8,b\n"
    rows, said = table(tmp_path, text)
    assert [r["p"] for r in rows] == ["1.5", "", "2.5"] and [r["n"] for r in rows] == ["7", "", "8"]
    # Among texts it is a text.
    assert rows[1]["s"] == word and "column 's'" not in said
    assert f"'{word}' in 1 row of the number column 'p', the first in row 2" in said


def test_numbers_that_stand_for_a_missing_value(tmp_path):
    """As CPOM's tables have them: told where nothing declares them, and missing where the user does."""
    text = "e,c,n\n-2.8157,81.2,-5\n-999.9999,-999.0000,9\n243.1142,81.2,9\n-999.9999,81.2,7\n"
    rows, said = table(tmp_path, text)
    assert rows[1]["e"] == "-999.9999" and "-999.9999 in 2 rows of 'e', -999 in 1 row of 'c'" in said and "'n'" not in said
    assert "name them in 'no_data'" in said
    (tmp_path / "b").mkdir()
    rows, said = table(tmp_path / "b", text, more=", no_data: [-999.9999, -999, 9]")
    assert [r["e"] for r in rows] == ["-2.8157", "", "243.1142", ""] and [r["c"] for r in rows] == ["81.2", "", "81.2", "81.2"]
    assert [r["n"] for r in rows] == ["-5", "", "", "7"] and "no_data" not in said


def test_a_missing_value_of_single_precision(tmp_path):
    for name in ["a", "b"]:
        (tmp_path / name).mkdir()
        with netCDF4.Dataset(tmp_path / name / "t.nc", "w") as d:
            d.createDimension("row", 3)
            d.createVariable("e", "f4", ("row",))[:] = np.array([1.5, -999.9, 2.5], "f4")
    rows, said = table(tmp_path / "a", name="t.nc")
    assert "-999.9 in 1 row of 'e'" in said
    rows, said = table(tmp_path / "b", name="t.nc", more=", no_data: [-999.9]")
    assert [r["e"] for r in rows] == ["1.5", "", "2.5"] and "-999.9" not in said


def test_what_numpy_and_pandas_write(tmp_path):
    values = np.random.default_rng(1).normal(size=(50, 5))
    values[7, 1] = values[9, 4] = values[11, 1] = values[2, 2] = values[3, 3] = np.nan
    np.savetxt(tmp_path / "t.csv", values, delimiter=",", header="a,b,c,d,e", comments="")
    rows, said = table(tmp_path)
    back = np.array([[float(v) if v else np.nan for v in r.values()] for r in rows])
    assert np.array_equal(back, values, equal_nan=True)
    # One sentence tells of many columns.
    assert said.count("'nan'") == 1 and "'b' (2)" in said and "row 3" in said
    pd.DataFrame(values, columns=list("abcde")).to_csv(tmp_path / "t.csv", index=False, na_rep="N/A")
    again, _ = table(tmp_path)
    assert again == rows


def test_a_feature_with_one_nan_stays_one(tmp_path):
    rng = np.random.default_rng(2)
    kind = rng.integers(0, 2, 400)
    p, q = rng.normal(6 * kind, 1), rng.normal(0, 1, 400)
    p[17] = np.nan
    np.savetxt(tmp_path / "t.csv", np.c_[p, q], delimiter=",", header="p,q", comments="")
    out, _, _ = run_pipeline(tmp_path, """
floe: 1
steps:
  t: { use: table.read, with: { file: t.csv } }
  c: { use: cluster.kmeans, in: { samples: t.table }, with: { clusters: 2 } }
outputs: { o.csv: c.labels }
""")
    label = pd.read_csv(out / "o.csv")["cluster"].to_numpy()
    good = ~np.isnan(p)
    share = np.mean(label[good] == kind[good])
    assert max(share, 1 - share) > 0.98


def test_infinity_is_told(tmp_path):
    text = "p,q\n1.5,1\ninf,1e309\n-Infinity,2\n"
    rows, said = table(tmp_path, text)
    assert [float(r["p"]) for r in rows] == [1.5, np.inf, -np.inf] and float(rows[1]["q"]) == np.inf
    assert "in 2 rows of the column 'p', the first in row 2" in said and "column 'q'" in said
    file, said = table(tmp_path, text, out="o.gpkg")
    assert "GeoPackage cannot hold" in said
    assert [f["p"] for f in features(file)[0]] == [1.5, None, None]


def test_why_a_column_of_numbers_is_text(tmp_path):
    rows, said = table(tmp_path, "p,q\n1,2\n3,4\nabc,5\n")
    assert rows[2]["p"] == "abc" and "'p'" in said and "'abc' in row 3" in said and "'q'" not in said
    said = table(tmp_path, "lon,lat\n1,70\n2,71\n3,x71\n", more=", x: lon, y: lat", expect=2)
    assert "'lat' is text" in said and "row 3" in said and "'x71'" in said
