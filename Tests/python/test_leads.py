"""Leads parted at their junctions: against shapes whose length, width and direction are known from how they were drawn."""
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


def drawn(bars, size=600):
    """A raster of 1 with bars of 2: (x, y, degrees clockwise from the map's north, length, width) in metres from the upper left."""
    wkts = []
    for x, y, degrees, length, width in bars:
        along = np.array([np.sin(np.radians(degrees)), np.cos(np.radians(degrees))])
        across = np.array([along[1], -along[0]])
        centre = np.array([X0 + x, Y0 - y])
        corners = [centre + along * length / 2 * s + across * width / 2 * t for s, t in ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))]
        wkts.append("POLYGON ((" + ", ".join(f"{a} {b}" for a, b in corners) + "))")
    ds = gdal.GetDriverByName("MEM").Create("", size, size, 1, gdal.GDT_Byte)
    ds.SetGeoTransform((X0, PIXEL, 0, Y0, 0, -PIXEL))
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


def leads(tmp_path, pixels, more=""):
    write_tif(tmp_path / "c.tif", pixels.astype("uint8"), origin=(X0, Y0), pixel=PIXEL)
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
