"""A season as one result, judged by numpy, rasterio and pyproj on the same class rasters."""
import csv
import hashlib
import json
import pathlib

import numpy as np
import pytest
from browser import chromium
from conftest import floe, write_tif

PIPELINE = """floe: 1
title: Leads of pictures
inputs: { image: { type: path } }
steps:
  read: { use: raster.read, with: { files: $image } }
  groups: { use: cluster.kmeans, in: { samples: read.image }, with: { clusters: 2, names: { lead: darkest, sea_ice: rest } } }
outputs: { classes.tif: groups.classes }
"""
# Zone, day: three days in two months, one of them with two scenes; the last one has no image.
SCENES = [(32601, "2019-03-01"), (32601, "2019-03-01"), (32602, "2019-03-09"), (32603, "2019-04-02"), (None, None)]
CELL = 700


@pytest.fixture(scope="module")
def season(tmp_path_factory):
    from osgeo import gdal
    place = tmp_path_factory.mktemp("season")
    (place / "in").mkdir()
    for i, (zone, day) in enumerate(SCENES):
        file = place / f"in/s{i}.tif"
        if zone is None:
            file.write_bytes(b"no image")
            continue
        rng = np.random.default_rng(i)
        values = np.where(rng.random((90, 130)) < 0.2 + 0.1 * i, 100, 4000).astype(np.uint16)
        values[:, :7] = 0
        write_tif(file, values, epsg=zone, origin=(400000 + 900 * i, 7900020), pixel=20, nodata=0)
        ds = gdal.Open(str(file), gdal.GA_Update)
        ds.SetMetadataItem("ACQUISITION_TIME", f"{day}T12:00:0{i}Z")
        if i == 0:
            ds.SetMetadataItem("PLATFORM", "Sentinel-2A (synthetic)")
        ds = None
    (place / "p.yaml").write_text(PIPELINE)
    for chunk, pattern in {"all": "s*", "a": "s[03]", "b": "s[14]", "c": "s2"}.items():
        floe("batch", place / "p.yaml", "--over", f"image={place}/in/{pattern}.tif", "-o", place / chunk, "--quiet", expect=None)
    options = ["--season", "lead", "--cell", CELL, "--grid", "EPSG:3413"]
    floe("gather", place / "all", "-o", place / "one", *options, "--workers", 1)
    floe("gather", place / "c", place / "b", place / "a", "-o", place / "three", *options, "--workers", 3)
    return place


def rows(file):
    return list(csv.DictReader(file.open()))


def counted(place, i):
    """Class codes, lead and observed, by rasterio, and the cell of each pixel, by pyproj."""
    import pyproj
    import rasterio
    with rasterio.open(place / f"all/s{i}/classes.tif") as file:
        codes = file.read(1)
        seen = codes != file.nodata
        r, c = np.mgrid[0:codes.shape[0], 0:codes.shape[1]]
        t = file.transform
        x, y = t.c + (c + 0.5) * t.a, t.f + (r + 0.5) * t.e
        px, py = pyproj.Transformer.from_crs(file.crs, 3413, always_xy=True).transform(x, y)
    return (codes == 2) & seen, seen, np.floor(px / CELL).astype(int), np.floor(py / CELL).astype(int)


def test_areas_by_scene_and_their_edges(season):
    table = rows(season / "one/season-scenes.csv")
    assert [r["scene"] for r in table] == ["s0", "s1", "s2", "s3"] and [r["day"] for r in table] == [d for _, d in SCENES[:4]]
    for i, row in enumerate(table):
        lead, seen, _, _ = counted(season, i)
        assert int(row["lead_pixels"]) == lead.sum() > 0 and int(row["observed_pixels"]) == seen.sum()
        other = np.pad(seen & ~lead, 1)
        edge = lead & (other[:-2, 1:-1] | other[2:, 1:-1] | other[1:-1, :-2] | other[1:-1, 2:])
        assert float(row["lead_edge_km2"]) == pytest.approx(edge.sum() * 400 / 2e6)
        assert float(row["lead_share"]) == pytest.approx(lead.sum() / seen.sum())


def test_days_with_their_uncertainty(season):
    table = rows(season / "one/season-days.csv")
    assert [(r["day"], r["scenes"]) for r in table] == [("2019-03-01", "2"), ("2019-03-09", "1"), ("2019-04-02", "1")]
    scenes = rows(season / "one/season-scenes.csv")[:2]
    a = np.array([float(s["lead_km2"]) for s in scenes])
    o = np.array([float(s["observed_km2"]) for s in scenes])
    share = a.sum() / o.sum()
    # Standard error of a ratio of sums (Cochran 1977, section 6.4), without the finite population's correction.
    between = np.sqrt(np.sum((a - share * o) ** 2) / (2 - 1) * 2) / o.sum()
    edges = sum(float(s["lead_edge_km2"]) for s in scenes) / o.sum()
    assert float(table[0]["lead_share"]) == pytest.approx(share)
    assert float(table[0]["uncertainty_scenes"]) == pytest.approx(between)
    assert float(table[0]["uncertainty"]) == pytest.approx(np.hypot(between, edges))
    assert table[1]["uncertainty_scenes"] == "" and float(table[1]["uncertainty"]) == float(table[1]["uncertainty_edges"])


def test_composites_open_in_qgis_by_their_frequency(season):
    """Without a style QGIS draws the three bands as red, green and blue."""
    from xml.etree import ElementTree
    for month in ("2019-03", "2019-04"):
        style = ElementTree.parse(season / f"one/season-{month}.qml")
        renderer, = style.iter("rasterrenderer")
        stops = [float(item.get("value")) for item in style.iter("item")]
        assert renderer.get("type") == "singlebandpseudocolor" and renderer.get("band") == "1"
        assert stops == sorted(set(stops)) and stops[0] == 0 and stops[-1] == 1


def test_monthly_composites(season):
    from osgeo import gdal
    for month, members in {"2019-03": [0, 1, 2], "2019-04": [3]}.items():
        file = gdal.Open(str(season / f"one/season-{month}.tif"))
        west, cell, _, north, _, down = file.GetGeoTransform()
        assert file.GetSpatialRef().GetAuthorityCode(None) == "3413" and (cell, down) == (CELL, -CELL)
        assert [file.GetRasterBand(i + 1).GetDescription() for i in range(3)] == ["frequency", "observations", "days"]
        got = file.ReadAsArray()
        lead, seen = np.zeros(got.shape[1:]), np.zeros(got.shape[1:])
        observations = np.zeros(got.shape[1:])
        by_day = {}
        for i in members:
            l, s, cx, cy = counted(season, i)
            column, row = cx - round(west / CELL), round(north / CELL) - 1 - cy
            np.add.at(lead, (row[l], column[l]), 1)
            np.add.at(seen, (row[s], column[s]), 1)
            here = np.zeros(got.shape[1:], bool)
            here[row[s], column[s]] = True
            observations += here
            by_day.setdefault(SCENES[i][1], []).append(here)
        days = sum(np.any(v, axis=0).astype(int) for v in by_day.values())
        assert (np.isnan(got[0]) == (seen == 0)).all() and (seen > 0).sum() > 4
        valid = seen > 0
        # Places between corners of 32 pixels are interpolated: a pixel on the border of two cells may fall into the other.
        assert np.abs(got[0][valid] * seen[valid] - lead[valid]).max() <= 2
        assert (got[1][valid] == observations[valid]).all() and (got[2][valid] == days[valid]).all()


def test_chunks_and_workers_do_not_matter(season):
    names = ["season-scenes.csv", "season-days.csv", "season-2019-03.tif", "season-2019-04.tif"]
    for name in names:
        one, three = [hashlib.sha256((season / f / name).read_bytes()).hexdigest() for f in ("one", "three")]
        assert one == three, name


def test_the_page_shows_the_series(season):
    from xml.etree import ElementTree
    page = (season / "one/summary.html").read_text()
    svg = page[page.index("<svg"):page.index("</svg>") + 6]
    picture = ElementTree.fromstring(svg)
    assert len(picture.findall(".//circle")) == 3 and "2019-03-09" in svg
    assert "season-2019-04.tif" in page
    assert "Synthetic data, no measurement, in 1 of the scenes." in page


def test_a_browser_shows_the_page_without_a_fault(season):
    """By the rules that the report is held to; with a scene that failed, and with the season's chart."""
    checks = (pathlib.Path(__file__).parent / "accessibility.js").read_text()
    with chromium() as tabs:
        for width, scheme in [(390, "light"), (390, "dark"), (1280, "light"), (1280, "dark")]:
            tab = tabs()
            tab.open(season / "one/summary.html", width, scheme=scheme)
            # Quick looks are loaded when they come into view.
            tab.run("document.querySelectorAll('img').forEach((i) => { i.loading = 'eager' })")
            assert tab.run(checks) == [] and tab.complaints == []
            assert tab.run("document.documentElement.scrollWidth") <= width
            # Tables fit; what is scrolled, as the chart on a phone, has shades that tell so.
            wide = "[...document.querySelectorAll('.wide')].filter(e => e.scrollWidth > e.clientWidth + 1)"
            assert tab.run(wide + ".filter(e => e.querySelector('table')).map(e => e.getAttribute('aria-label'))") == []
            assert tab.run(wide + ".every(e => getComputedStyle(e).backgroundImage.includes('linear-gradient'))")


def test_what_makes_no_season_is_said(season, tmp_path):
    def said(*more):
        return floe("gather", season / "all", "-o", tmp_path / "no", *more, expect=2).err
    assert "no scene has a raster of classes with 'pond'" in said("--season", "pond")
    assert "--cell must be a length" in said("--season", "lead", "--cell", "0")
    assert "--grid must be a projected system in metres" in said("--season", "lead", "--grid", "EPSG:4326")
    assert "is not a coordinate reference system" in said("--season", "lead", "--grid", "EPSG:0")
    assert "times the true ones; choose a --grid for that part of the Earth" in floe(
        "gather", season / "all", "-o", tmp_path / "no", "--season", "lead", "--cell", CELL, "--grid", "EPSG:3031", expect=None).err
    assert "--grid is for composites" in floe("gather", season / "all", "-o", tmp_path / "no", "--grid", "EPSG:3413", expect=None).err
    assert "is too small for" in floe("gather", season / "all", "-o", tmp_path / "no", "--season", "lead", "--cell", "30", expect=None).err
    assert not (tmp_path / "no").exists()
