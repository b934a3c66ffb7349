"""The time that `floe check` expects of a run: from earlier runs of like size."""
import json

import numpy as np

from conftest import floe, write_tif


def test_the_time_of_a_run_comes_from_runs_of_like_size(tmp_path):
    import os
    home = tmp_path / "cache/floe"
    home.mkdir(parents=True)
    write_tif(tmp_path / "c.tif", np.ones((1000, 1000), np.uint8))
    (tmp_path / "p.yaml").write_text("""
floe: 1
steps: { r: { use: raster.read, with: { files: [c.tif] } }, f: { use: raster.filter, in: { image: r.image } } }
outputs: { o.tif: f.result }
""")
    env = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}

    def time(entries):
        lines = [{"use": use, "megapixels": size, "seconds": seconds, "workers": 4} for use, size, seconds in entries]
        (home / "times.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        return floe("check", tmp_path / "p.yaml", "-o", tmp_path / "out", env=env).out

    others = [("raster.read", 1, 0.5), ("write geotiff", 1, 1.5)]
    # Four seconds a megapixel on a raster of twice the size; tiny and huge ones tell nothing.
    said = time(others + [("raster.filter", 0.01, 1), ("raster.filter", 100, 1), ("raster.filter", 2, 8)])
    assert "about 6.0 s" in said and "comparable size" in said
    said = time(others + [("raster.filter", 0.01, 1), ("raster.filter", 100, 1)])
    assert "about 2.0 s" in said and "raster.filter, which ran on other sizes alone" in said
    assert "no run of comparable size" in time([(use, 0.01, 1) for use in ("raster.read", "raster.filter", "write geotiff")])


def test_the_time_of_what_rests_on_pixels_comes_from_like_pixels(tmp_path):
    """Outlines and their file hold no raster, but their times follow from the scene's size all the same."""
    import os
    home = tmp_path / "cache/floe"
    home.mkdir(parents=True)
    write_tif(tmp_path / "c.tif", np.ones((1000, 1000), np.uint8))
    (tmp_path / "t.csv").write_text("lon,lat,v\n1,2,3\n")
    (tmp_path / "p.yaml").write_text("""
floe: 1
steps:
  r: { use: raster.read, with: { files: [c.tif] } }
  o: { use: vector.polygonize, in: { image: r.image } }
  few: { use: table.select, in: { input: o.polygons }, with: { columns: [class_code] } }
  t: { use: table.read, with: { file: t.csv } }
outputs: { o.gpkg: few.result, t.csv: t.table }
""")
    env = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}

    def time(size):
        uses = {"raster.read": size, "vector.polygonize": size, "table.select": size, "write geopackage": size, "table.read": 0, "write csv": 0}
        lines = [{"use": use, "megapixels": mp, "seconds": 0.5, "workers": 4} for use, mp in uses.items()]
        (home / "times.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        return floe("check", tmp_path / "p.yaml", "-o", tmp_path / "out", env=env).out

    assert "about 3.0 s" in time(1) and "other sizes" not in time(1)
    # Of a small run, what has to do with no pixel at all is known, and nothing else.
    said = time(0.01)
    assert "about 1.0 s" in said
    assert "without raster.read, vector.polygonize, table.select, write geopackage, which ran on other sizes alone" in said
