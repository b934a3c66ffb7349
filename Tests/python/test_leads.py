"""Leads parted at their junctions: against shapes whose length, width and direction are known from how they were drawn."""
import json

import numpy as np
import pyproj
import pytest
from conftest import run_pipeline, write_tif
from osgeo import gdal, ogr, osr

X0, Y0, PIXEL = 300000.0, 7900020.0, 10.0
PIPELINE = """floe: 1
steps:
  classes: {{ use: raster.read, with: {{ files: {file} }} }}
  leads: {{ use: vector.leads, in: {{ image: classes.image }}, with: {{ of: 2{more} }} }}
outputs:
  leads.gpkg: leads.leads
  leads.csv: leads.leads
"""


def drawn(bars, size=(600, 600), pixel=(PIXEL, PIXEL)):
    """A raster of 1 with bars of 2: (x, y, degrees clockwise from the map's north, length, width) in metres from the upper left;
    size in columns and rows, pixel in width and height."""
    wkts = []
    for x, y, degrees, length, width in bars:
        along = np.array([np.sin(np.radians(degrees)), np.cos(np.radians(degrees))])
        across = np.array([along[1], -along[0]])
        centre = np.array([X0 + x, Y0 - y])
        corners = [centre + along * length / 2 * s + across * width / 2 * t for s, t in ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))]
        wkts.append("POLYGON ((" + ", ".join(f"{a} {b}" for a, b in corners) + "))")
    ds = gdal.GetDriverByName("MEM").Create("", *size, 1, gdal.GDT_Byte)
    ds.SetGeoTransform((X0, pixel[0], 0, Y0, 0, -pixel[1]))
    srs = osr.SpatialReference()
    srs.ImportFromEPSG(32601)
    ds.SetProjection(srs.ExportToWkt())
    ds.GetRasterBand(1).Fill(1)
    memory = ogr.GetDriverByName("Memory").CreateDataSource("bars")
    layer = memory.CreateLayer("bars", srs, ogr.wkbPolygon)
    for wkt in wkts:
        feature = ogr.Feature(layer.GetLayerDefn())
        feature.SetGeometry(ogr.CreateGeometryFromWkt(wkt))
        layer.CreateFeature(feature)
    gdal.RasterizeLayer(ds, [1], layer, burn_values=[2])
    return ds.ReadAsArray()


def leads(tmp_path, pixels, more="", pixel=(PIXEL, PIXEL), epsg=32601, origin=(X0, Y0)):
    write_tif(tmp_path / "c.tif", pixels.astype("uint8"), epsg=epsg, origin=origin, pixel=pixel[0])
    ds = gdal.Open(str(tmp_path / "c.tif"), gdal.GA_Update)
    ds.SetGeoTransform((origin[0], pixel[0], 0, origin[1], 0, -pixel[1]))
    ds = None
    out, record, _ = run_pipeline(tmp_path, PIPELINE.format(file=tmp_path / "c.tif", more=more))
    source = ogr.Open(str(out / "leads.gpkg"))
    rows = [{**f.items(), "shape": f.GetGeometryRef().Clone()} for f in source.GetLayer(0)]
    return rows, record, out


def true(x, y, degrees, reach):
    """The azimuth from true north, which is not the map's: pyproj's geodesic between the ends."""
    along = np.array([np.sin(np.radians(degrees)), np.cos(np.radians(degrees))]) * reach
    centre = np.array([X0 + x, Y0 - y])
    to = pyproj.Transformer.from_crs(32601, 4326, always_xy=True)
    (a, b), (c, d) = (to.transform(*(centre + along * s)) for s in (-1, 1))
    return pyproj.Geod(ellps="WGS84").inv(a, b, c, d)[0]


def turned(a, b):
    return abs((a - b + 90) % 180 - 90)


@pytest.mark.parametrize("degrees", [0, 20, 45, 90, 110, 160])
def test_a_straight_lead(tmp_path, degrees):
    pixels = drawn([(3000, 3000, degrees, 4000, 200)])
    rows, _, _ = leads(tmp_path, pixels)
    assert len(rows) == 1
    row = rows[0]
    assert abs(row["length_m"] - 4000) < 80 and abs(row["mean_width_m"] - 200) < 8 and abs(row["max_width_m"] - 200) < 25
    assert row["area_m2"] == (pixels == 2).sum() * 100 and abs(row["shape"].GetArea() - row["area_m2"]) < 1
    assert turned(true(3000, 3000, degrees, 2000), row["orientation_deg"]) < 1
    assert row["junctions"] == 0


@pytest.mark.parametrize("width", range(1, 9))
def test_a_diagonal_of_any_width(tmp_path, width):
    """60 steps of stairs, each `width` pixels across: thinning must not eat lines of an even width."""
    pixels = np.ones((80, 90), "uint8")
    for i in range(10, 70):
        pixels[i, i:i + width] = 2
    rows, _, _ = leads(tmp_path, pixels)
    assert len(rows) == 1
    assert abs(rows[0]["length_m"] - 60 * 10 * 2 ** 0.5) < 20 + 5 * width
    assert abs(rows[0]["mean_width_m"] / (width * 10 / 2 ** 0.5) - 1) < 0.07
    assert rows[0]["mean_width_m"] <= rows[0]["max_width_m"] * 1.1 + 10


@pytest.mark.parametrize("width", range(1, 11))
def test_the_widest_place_of_even_and_odd_leads(tmp_path, width):
    pixels = np.ones((60, 200), "uint8")
    pixels[20:20 + width, 20:180] = 2
    rows, _, _ = leads(tmp_path, pixels)
    assert len(rows) == 1 and rows[0]["max_width_m"] == 10 * width


def test_branches_are_leads_of_their_own(tmp_path):
    """A main lead of 300 m, which a branch of 100 m leaves, and a lead apart."""
    pixels = drawn([(2000, 3000, 0, 5000, 300), (2900, 3000, 90, 1800, 100), (5000, 2000, 45, 1500, 80)])
    rows, record, out = leads(tmp_path, pixels)
    assert len(rows) == 4 and len({r["group"] for r in rows}) == 2
    assert sum(r["pixels"] for r in rows) == (pixels == 2).sum()
    by_width = sorted(rows, key=lambda r: r["mean_width_m"])
    assert [round(r["mean_width_m"], -1) for r in by_width] == pytest.approx([80, 100, 300, 300], abs=25)
    alone = next(r for r in rows if r["junctions"] == 0)
    assert abs(alone["length_m"] - 1500) < 40
    branch = min((r for r in rows if r["junctions"] == 1), key=lambda r: r["mean_width_m"])
    # From the middle of the main lead, 2000 m, to 3800 m from the edge.
    assert abs(branch["length_m"] - 1800) < 180 and turned(branch["orientation_deg"], true(2900, 3000, 90, 900)) < 2
    halves = [r for r in rows if r is not branch and r is not alone]
    assert abs(sum(r["length_m"] for r in halves) - 5000) < 100
    told = record["results"]["leads"]
    assert told["leads"] == 4 and told["groups"] == 2
    shares = told["width_distribution"]
    assert sum(s["leads"] for s in shares) == 4 and abs(sum(s["share_of_length"] for s in shares) - 1) < 1e-9
    assert {s["from_m"]: s["leads"] for s in shares}[50] == 1 + (branch["mean_width_m"] < 100)
    # A table of numbers, not of outlines: the place is the centroid.
    lines = (out / "leads.csv").read_text().splitlines()
    names = lines[0].split(",")
    assert "geometry" not in names and max(map(len, lines)) < 250
    for line, row in zip(lines[1:], rows):
        cells = dict(zip(names, line.split(",")))
        centre = row["shape"].Centroid()
        assert abs(float(cells["x"]) - centre.GetX()) < 1e-3 and abs(float(cells["y"]) - centre.GetY()) < 1e-3


def test_small_leads_are_counted_and_a_class_that_is_none_is_refused(tmp_path):
    pixels = np.ones((40, 60))
    pixels[10, 10:40] = 2
    pixels[20, 20] = 2
    rows, record, _ = leads(tmp_path, pixels, ", min_area: 500")
    assert len(rows) == 1 and rows[0]["pixels"] == 30 and abs(rows[0]["length_m"] - 300) < 1 and abs(rows[0]["mean_width_m"] - 10) < 0.1
    assert any(d["step"] == "leads" and d["count"] == 1 and "smaller than" in d["reason"] for d in record["left_out"])
    (tmp_path / "b").mkdir()
    _, _, result = run_pipeline(tmp_path / "b", PIPELINE.format(file=tmp_path / "c.tif", more="").replace("of: 2", "of: crack"), expect=2)
    assert "'of' names 'crack', which is no class" in result.err


def test_no_lead_is_no_row(tmp_path):
    rows, record, _ = leads(tmp_path, np.ones((30, 30)))
    assert rows == [] and record["results"]["leads"]["width_distribution"] == []


def random_bars():
    """60 straight leads, one in each cell of 4 km: lengths of 2.5 to 3.5 km, widths of 150 to 400 m, any direction."""
    random = np.random.default_rng(15)
    for i in range(60):
        place = (np.array([i % 8, i // 8]) + 0.5) * 4000 + random.uniform(-100, 100, 2)
        yield (*place, random.uniform(0, 180), random.uniform(2500, 3500), random.uniform(150, 400))


@pytest.mark.parametrize("pixel, length, width", [
    ((10, 10), 0.01, 0.01), ((20, 20), 0.02, 0.02), ((60, 60), 0.07, 0.08), ((20, 60), 0.04, 0.04), ((60, 20), 0.04, 0.04)])
def test_random_leads_on_pixels_of_any_sides(tmp_path, pixel, length, width):
    """The sides of a pixel count in their own directions: 20 x 60 m is no worse than 60 x 60 m."""
    bars = list(random_bars())
    rows, _, result = leads(tmp_path, drawn(bars, (32000 // pixel[0], 32000 // pixel[1]), pixel), pixel=pixel)
    assert len(rows) == 60
    cell = {}
    for row in rows:
        centre = row["shape"].Centroid()
        cell[int((centre.GetX() - X0) // 4000) + 8 * int((Y0 - centre.GetY()) // 4000)] = row
    found = [cell[i] for i in range(60)]
    lengths, widths = (np.array([row[name] for row in found]) for name in ("length_m", "mean_width_m"))
    true_lengths, true_widths = (np.array([bar[k] for bar in bars]) for k in (3, 4))
    assert np.abs(lengths / true_lengths - 1).max() < length and abs((lengths / true_lengths).mean() - 1) < length / 3
    assert np.abs(widths / true_widths - 1).max() < width and abs((widths / true_widths).mean() - 1) < width / 3
    assert np.abs([row["max_width_m"] for row in found] - true_widths).max() < 1.3 * max(pixel)
    assert max(turned(true(*bar[:3], bar[3] / 2), row["orientation_deg"]) for bar, row in zip(bars, found)) < 0.5


@pytest.mark.parametrize("pixel", [(20, 60), (60, 20), (20, 50)])
def test_leads_along_rows_and_columns_of_pixels_that_are_not_square(tmp_path, pixel):
    """Exact: 3 and 4 pixels wide, and one pixel alone."""
    pixels = np.ones((300, 300))
    pixels[10:13, 20:280] = 2
    pixels[30:290, 50:54] = 2
    pixels[200, 200] = 2
    rows, record, _ = leads(tmp_path, pixels, pixel=pixel)
    across, down, dot = sorted(rows, key=lambda r: r["lead"])
    assert abs(across["max_width_m"] - 3 * pixel[1]) < 1e-3 and abs(down["max_width_m"] - 4 * pixel[0]) < 1e-3
    assert abs(across["length_m"] / (260 * pixel[0]) - 1) < 0.01 and abs(down["length_m"] / (260 * pixel[1]) - 1) < 0.01
    assert dot["length_m"] == max(pixel) and abs(dot["mean_width_m"] - min(pixel)) < 1e-6
    assert not any("pixels" in w["message"] for w in record["warnings"])


def test_a_map_of_another_part_of_the_earth_is_warned_of(tmp_path):
    """Mercator at 75 N draws 1 / cos 75 = 3.9 times too long (Snyder 1987, equation 7-3)."""
    pixels = np.ones((40, 60))
    pixels[10:13, 10:40] = 2
    y = 6378137 * np.log(np.tan(np.radians(45 + 75 / 2)))
    _, record, _ = leads(tmp_path, pixels, epsg=3857, origin=(0.0, y))
    assert "3.9 times the true ones" in json.dumps(record["warnings"])


def test_a_map_of_another_part_of_the_earth_is_warned_of_wherever_areas_are_told(tmp_path):
    y = 6378137 * np.log(np.tan(np.radians(45 + 75 / 2)))
    pixels = np.full((60, 80), 200) + np.random.default_rng(1).integers(-3, 4, (60, 80))
    pixels[20:24] = 10
    write_tif(tmp_path / "c.tif", pixels.astype("uint8"), epsg=3857, origin=(0.0, y))
    _, record, _ = run_pipeline(tmp_path, """floe: 1
steps:
  image: { use: raster.read, with: { files: c.tif } }
  groups:
    use: cluster.kmeans
    in: { samples: image.image }
    with: { clusters: 2, names: { lead: darkest, sea_ice: rest } }
  shapes: { use: vector.polygonize, in: { image: groups.classes } }
outputs: { shapes.csv: shapes.polygons, c2.tif: groups.classes }
""")
    said = [w["message"] for w in record["warnings"] if "3.9 times the true ones" in w["message"]]
    assert any("areas of classes" in m for m in said) and any("areas and lengths" in m for m in said)


@pytest.mark.parametrize("top, told", [(75.2, False), (85, True)])
def test_degrees_over_a_wide_span_are_warned_of(tmp_path, top, told):
    """A degree of longitude has 29 km at 75 N and 9.7 km at 85 N."""
    pixels = np.ones((40, 60))
    pixels[10:13, 10:40] = 2
    _, record, _ = leads(tmp_path, pixels, epsg=4326, origin=(0.0, top), pixel=((top - 75) / 40,) * 2)
    assert any("are made with the middle's" in w["message"] for w in record["warnings"]) == told


def test_maps_of_no_place_are_told(tmp_path):
    pixels = np.ones((40, 60))
    pixels[10:13, 10:40] = 2
    write_tif(tmp_path / "c.tif", pixels.astype("uint8"), pixel=PIXEL)
    for name, system, words in (
        ("site", 'LOCAL_CS["site",UNIT["metre",1]]', "no place on the Earth"), ("bare", "", "no reference system"),
    ):
        ds = gdal.Open(str(tmp_path / "c.tif"))
        copy = gdal.GetDriverByName("GTiff").CreateCopy(str(tmp_path / f"{name}.tif"), ds)
        copy.SetProjection(system)
        ds = copy = None
        pipeline = PIPELINE.format(file=f"{name}.tif", more="").replace("  leads.gpkg: leads.leads\n", "")
        out, record, _ = run_pipeline(tmp_path, pipeline)
        assert any(words in w["message"] for w in record["warnings"])
        row = (out / "leads.csv").read_text().splitlines()
        assert dict(zip(row[0].split(","), row[1].split(",")))["area_m2"] == "9000"


@pytest.mark.parametrize("shape, least, most", [
    ("..#. ..#. #### .#..", 30, 60),
    (".##.. ##### .###. .##.. .##.. .##..", 40, 80),
    ("..#. ..## .### #.#. ###. ###. ###. ###. .##. .##. .##.", 85, 140),
])
def test_small_stars_and_holes_are_as_long_as_they_reach(tmp_path, shape, least, most):
    """Leads of a real scene: a star of 7 pixels was one pixel long and seven wide."""
    lines = shape.split()
    pixels = np.ones((30, 30))
    for y, line in enumerate(lines):
        for x, c in enumerate(line):
            pixels[8 + y, 8 + x] = 2 if c == "#" else 1
    rows, _, _ = leads(tmp_path, pixels)
    assert len(rows) == 1
    assert least <= rows[0]["length_m"] <= most
    assert rows[0]["mean_width_m"] <= 1.5 * rows[0]["max_width_m"]
