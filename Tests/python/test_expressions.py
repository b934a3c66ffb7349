"""`raster.expression`: what an expression means, beside Python, and which spellings are refused."""
import numpy as np
import pytest

from conftest import read, run_pipeline, write_tif

EXPRESSIONS = [
    "not a == 3", "not a > 3", "not a < 3 and b == 1", "not b", "2 < a < 5", "5 > a > 2", "a == b == 1", "not not b", "1 < a <= 4 != 3",
    "not (a < 2) or b", "-a * -2", "a - 2 - 3", "a / 2 * 3", "not a + b", "a < 3 == b",
]


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_expressions_mean_what_python_means(tmp_path, text):
    a, b = np.arange(8, dtype="float32"), np.array([1, 1, 0, 0, 1, 1, 0, 0], "float32")
    write_tif(tmp_path / "r.tif", np.stack([a, b])[:, None, :])
    out, _, _ = run_pipeline(tmp_path, f"""
floe: 1
steps:
  r: {{ use: raster.read, with: {{ files: [r.tif], names: [a, b] }} }}
  x: {{ use: raster.expression, in: {{ image: r.image }}, with: {{ expression: "{text}" }} }}
outputs: {{ v.tif: x.result }}
""")
    want = [float(eval(text, {}, {"a": float(x), "b": float(y)})) for x, y in zip(a, b)]
    np.testing.assert_allclose(read(out / "v.tif")[0], want)


@pytest.mark.parametrize("text", ["a < not b", "a = 3", "a && b", "a ** 2", "a // 2", "2a", "1,5 * a", "'a'", "\\\"a", "a" + " + a" * 5000])
def test_other_spellings_are_refused(tmp_path, text):
    write_tif(tmp_path / "r.tif", np.ones((2, 1, 4), "float32"))
    floe_refuses = run_pipeline(tmp_path, f"""
floe: 1
steps:
  r: {{ use: raster.read, with: {{ files: [r.tif], names: [a, b] }} }}
  x: {{ use: raster.expression, in: {{ image: r.image }}, with: {{ expression: "{text}" }} }}
outputs: {{ v.tif: x.result }}
""", expect=2)[2]
    assert "expression" in floe_refuses.err


def test_quoted_names_are_bands(tmp_path):
    write_tif(tmp_path / "r.tif", np.stack([np.full((1, 4), 2, "float32"), np.full((1, 4), 5, "float32")]))
    out, _, _ = run_pipeline(tmp_path, """
floe: 1
steps:
  r: { use: raster.read, with: { files: [r.tif], names: [10m, "not"] } }
  x: { use: raster.expression, in: { image: r.image }, with: { expression: '"10m" * 10 + "not"' } }
outputs: { v.tif: x.result }
""")
    assert (read(out / "v.tif") == 25).all()
