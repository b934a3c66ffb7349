"""Steps made of Python functions: their declaration, values and failures."""
import json
import typing

import numpy as np
import pytest

from conftest import floe as shell, read as read_pixels, write_tif
from python_package import UTM, floe, geopandas, image, this_program  # noqa: F401

cloudpickle = pytest.importorskip("cloudpickle")
FACTOR = 3


@floe.step("test.ratio", outputs={"ratio": floe.Raster(type="float32", unit="m"), "facts": floe.Document()})
def ratio(image: floe.Raster, weight: typing.Annotated[float, floe.Param("Weight of the second band", minimum=0, maximum=10)] = 1.0,
          names: typing.List[str] = ("a", "b"), how: typing.Literal["plain", "twice"] = "plain", mark: bool = False):
    """Divides the first band by the second.

    Float32, NaN where there is no data.
    """
    floe.dropped(2, "pixels", "a reason")
    value = image[0] / (image[1] * weight) * FACTOR
    return {"ratio": value * (2 if how == "twice" else 1), "facts": {"names": names, "mark": mark, "n": int(value.size)}}


def test_a_function_is_a_step(image, tmp_path):
    array = floe.from_array(image.astype(np.float32), **UTM)
    made = ratio(array, weight=2, names=["x", "y z"], how="twice", mark=True)
    value, facts = floe.compute(made.ratio, made.facts, progress=False)
    assert np.allclose(value.values[0], image[0].astype(np.float32) / (image[1] * 2.0) * 3 * 2, rtol=1e-6) and value.attrs["units"] == "m"
    assert {k: facts[k] for k in ("names", "mark", "n")} == {"names": ["x", "y z"], "mark": True, "n": 2400}
    assert value.x.values[0] == 300005
    assert ratio.__doc__.startswith("Divides the first band by the second.") and "Weight of the second band" in ratio.__doc__
    with pytest.raises(floe.RequestError, match="'weight' must be between 0 and 10, not 11"):
        floe.run({"r.tif": ratio(array, weight=11).ratio})
    # And it is one for the shell, from the folder that `write` makes.
    write_tif(tmp_path / "image.tif", image, epsg=32601)
    shell("step", "test.ratio", "--image", tmp_path / "image.tif", "--ratio", "r.tif", "-o", tmp_path / "out", "--plugin-path",
          ratio.write(tmp_path / "plugin"), "--quiet")
    assert np.allclose(read_pixels(tmp_path / "out/r.tif"), image[0] / image[1] * 3.0, rtol=1e-6)
    record = json.loads((tmp_path / "out/run.json").read_text())
    assert [(d["count"], d["reason"]) for d in record["left_out"]] == [(2, "a reason")]


@floe.step("test.count", outputs={"counted": floe.Table(like="points", columns={"twice": {"type": "number"}})})
def count(points: floe.Table, fail: bool = False):
    """Doubles a column."""
    if fail:
        raise ValueError("the function says no")
    points["twice"] = points["v"] * 2
    return points


def test_tables_and_failures_of_functions():
    from shapely.geometry import Point
    points = geopandas.GeoDataFrame({"v": [1.5, 2.5]}, geometry=[Point(0, 0), Point(1, 1)], crs="EPSG:4326")
    assert list(count(points).counted.read(progress=False)["twice"]) == [3.0, 5.0]
    with pytest.raises(floe.RunError, match="the function says no") as told:
        count(points, fail=True).counted.read(progress=False)
    line = count.function.__code__.co_firstlineno + 4
    assert f"{__file__}:{line}: in count: ValueError" in str(told.value) and "dynamic-code" not in str(told.value)
    with pytest.raises(TypeError, match="the parameter 'x' needs a type that floe knows"):
        @floe.step("test.bad", outputs={"o": floe.Document()})
        def bad(x: complex):
            """Bad."""
