"""colocate.pairs on made products whose times and places are changed: what is paired, what is named when nothing is."""
import csv
import re
import shutil
from datetime import datetime, timedelta

import pytest
from osgeo import ogr
from pyproj import Geod
from shapely.geometry import box
from shapely import wkb

from conftest import floe

ogr.UseExceptions()
TRACK = "S3A_SR_2_LAN_SI_20190301T235906_20190301T235915_20230502T020001_0010_042_116______LN3_R_NT_005.SEN3"
TRACK_TIME = datetime(2019, 3, 1, 23, 59, 11)
CENTRE = (177.49, 71.11)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A scene of 2.4 km and a track over it, from whose files the others are made."""
    folder = tmp_path_factory.mktemp("made")
    for step, extra in (("synthetic.sentinel2", ["--size", 240, "--bands", "B02", "--truth", "truth.tif"]),
                        ("synthetic.sentinel3", ["--records", 200, "--truth", folder / "truth.tif", "--surfaces", "s.csv"])):
        floe("step", step, "--folder", folder / "products", *extra, "-o", folder, "--quiet")
    return next((folder / "products").glob("*.SAFE")), next((folder / "products").glob("*.SEN3"))


def iso(time):
    return time.isoformat(timespec="milliseconds") + "Z"


def scene(made, folder, name, time, ulx=None, zone=None):
    """The scene's metadata alone, sensed at another time or moved to another place; the pixels are left behind."""
    target = folder / f"S2A_MSIL1C_20190301T235611_N0500_R116_T01WCU_{name}.SAFE"
    shutil.copytree(made[0], target, ignore=shutil.ignore_patterns("*.jp2"))
    tile = next(target.glob("GRANULE/*/MTD_TL.xml"))
    text = re.sub(r"(<SENSING_TIME[^>]*>)[^<]*", lambda m: m[1] + iso(time), tile.read_text())
    if ulx is not None:
        text = re.sub(r"<ULX>\d+", f"<ULX>{ulx}", text)
    if zone is not None:
        text = text.replace("EPSG:32601", f"EPSG:326{zone:02d}").replace("zone 1N", f"zone {zone}N")
    tile.write_text(text)
    product = target / "MTD_MSIL1C.xml"
    product.write_text(re.sub(r"(<PRODUCT_URI>)[^<]*", lambda m: m[1] + target.name, product.read_text()))
    if ulx is not None:
        from pyproj import Transformer
        back = Transformer.from_crs(32600 + (zone or 1), 4326, always_xy=True)
        ring = [back.transform(ulx + x, 7900020 - y) for x, y in ((0, 0), (2400, 0), (2400, 2400), (0, 2400), (0, 0))]
        corners = " ".join(f"{lat} {lon}" for lon, lat in ring)
        product.write_text(re.sub(r"<EXT_POS_LIST>[^<]*", f"<EXT_POS_LIST>{corners}", product.read_text()))
    return target


def track(made, folder, name, start, points, seconds=10):
    """The track's manifest with another line; its measurements are linked."""
    target = folder / f"S3A_SR_2_LAN_SI_{name}.SEN3"
    target.mkdir(parents=True)
    (target / "enhanced_measurement.nc").symlink_to(made[1] / "enhanced_measurement.nc")
    text = (made[1] / "xfdumanifest.xml").read_text()
    text = re.sub(r"(<sentinel-safe:startTime>)[^<]*", lambda m: m[1] + iso(start), text)
    text = re.sub(r"(<sentinel-safe:stopTime>)[^<]*", lambda m: m[1] + iso(start + timedelta(seconds=seconds)), text)
    text = re.sub(r"(<gml:posList>)[^<]*", lambda m: m[1] + " ".join(f"{lat} {lon}" for lon, lat in points), text)
    text = re.sub(r"(<sentinel3:productName>)[^<]*", lambda m: m[1] + target.name, text)
    (target / "xfdumanifest.xml").write_text(text)
    return target


def pairs(folder, *more, expect=0):
    result = floe("step", "colocate.pairs", "--folders", folder / "in", "--pairs", "pairs.csv", "--footprints", "footprints.gpkg",
                  "-o", folder / "out", *more, expect=expect)
    rows = list(csv.DictReader(open(folder / "out/pairs.csv"))) if expect == 0 else None
    return rows, result


@pytest.fixture
def three(made, tmp_path):
    """Scenes 3, 30 and 90 minutes before the track passes, and the track."""
    for minutes in (3, 30, 90):
        scene(made, tmp_path / "in/scenes", f"{minutes:02d}", TRACK_TIME - timedelta(minutes=minutes))
    shutil.copytree(made[1], tmp_path / "in/tracks" / made[1].name)
    return tmp_path


def test_pairs_within_the_window(three):
    rows, result = pairs(three)
    assert [r["scene"].split("_")[-1] for r in rows] == ["03", "30"]
    for row, minutes in zip(rows, (3, 30)):
        # The track passes the centre at its time; the scene is small.
        assert float(row["dt_s"]) == pytest.approx(60 * minutes, abs=1)
        assert row["scene_time"] == iso(TRACK_TIME - timedelta(minutes=minutes))
        assert row["overlap_start"] < row["track_time"] < row["overlap_stop"]
        assert row["track"] + ".SEN3" == TRACK
        assert float(row["overlap_km"]) == pytest.approx(2.45, abs=0.1)
        assert float(row["overlap_km2"]) == pytest.approx(1.64 * float(row["overlap_km"]), rel=1e-9)
    assert len(pairs(three, "--window", 100)[0]) == 3


def test_preset_has_ten_minutes(three):
    rows, _ = pairs(three, "--preset", "course")
    assert [round(float(r["dt_s"]) / 60) for r in rows] == [3]
    assert len(pairs(three, "--preset", "course", "--window", 40)[0]) == 2


def test_nothing_within_the_window_names_the_nearest(three):
    _, result = pairs(three, "--window", 2, expect=1)
    assert "no pair within 2" in result.err and "3.0 min apart" in result.err and TRACK[:-5] in result.err
    assert not (three / "out/pairs.csv").exists() and not (three / "out/footprints.gpkg").exists()


def test_track_beside_the_scene_is_no_pair(made, tmp_path):
    scene(made, tmp_path / "in/scenes", "03", TRACK_TIME - timedelta(minutes=3))
    track(made, tmp_path / "in/tracks", "beside", TRACK_TIME, [(178.5, 71.0), (178.4, 71.2)])
    _, result = pairs(tmp_path, expect=1)
    assert "no track crosses a scene" in result.err and "3.0 min apart" in result.err


def test_products_without_partner(made, tmp_path):
    scene(made, tmp_path / "in/scenes", "03", TRACK_TIME)
    _, result = pairs(tmp_path, expect=1)
    assert "1 scenes and 0 tracks" in result.err
    (tmp_path / "in/scenes").rename(tmp_path / "elsewhere")
    _, result = pairs(tmp_path, expect=1)
    assert "no product was recognised" in result.err


def test_across_the_180th_meridian(made, tmp_path):
    from pyproj import Transformer
    to = Transformer.from_crs(4326, 32601, always_xy=True)
    # UTM zone 1 begins at 180°: the scene lies with its middle on the meridian.
    ulx = round((to.transform(180.0, 71.11)[0] - 1200) / 10) * 10
    scene(made, tmp_path / "in/scenes", "edge", TRACK_TIME - timedelta(minutes=5), ulx=ulx)
    north = Transformer.from_crs(32601, 4326, always_xy=True)
    middle = north.transform(ulx + 1200, 7900020 - 1200)[1]
    # A slanting line over the meridian, whose longitudes jump from -179.9 to 179.9.
    line = [(-179.9, middle - 0.02), (-179.95, middle - 0.01), (179.95, middle + 0.01), (179.9, middle + 0.02)]
    track(made, tmp_path / "in/tracks", "across", TRACK_TIME, line)
    # One that never comes near, though its longitudes lie between.
    track(made, tmp_path / "in/tracks", "far", TRACK_TIME, [(0.1, middle), (0.0, middle), (-0.1, middle)])
    rows, _ = pairs(tmp_path)
    assert len(rows) == 1
    assert float(rows[0]["dt_s"]) == pytest.approx(305, abs=0.5)
    # The length inside, by the geodesic through both middle points within the scene in UTM.
    a, b = to.transform(180.05 - 360, middle - 0.01), to.transform(179.95, middle + 0.01)
    assert float(rows[0]["overlap_km"]) == pytest.approx(length_inside(a, b, box(ulx, 7900020 - 2400, ulx + 2400, 7900020)) / 1000, rel=0.01)
    data = ogr.Open(str(tmp_path / "out/footprints.gpkg"))
    parts = {}
    for feature in data.GetLayer(0):
        geometry = wkb.loads(bytes(feature.GetGeometryRef().ExportToWkb()))
        parts.setdefault(feature.GetField("product"), []).extend(getattr(geometry, "geoms", [geometry]))
    assert len(parts) == 2
    for pieces in parts.values():
        # Cut at 180°: two parts, none of which spans the globe.
        assert len(pieces) == 2 and all(p.bounds[2] - p.bounds[0] < 1 for p in pieces)
        assert {p.bounds[0] < 0 for p in pieces} == {True, False}
    outline = next(pieces for name, pieces in parts.items() if "MSIL1C" in name)
    area = sum(abs(Geod(ellps="WGS84").geometry_area_perimeter(p)[0]) for p in outline)
    assert area == pytest.approx(2400 * 2400, rel=0.01)


def length_inside(a, b, outline):
    from shapely.geometry import LineString
    return LineString([a, b]).intersection(outline).length


def test_three_hundred_products(made, tmp_path):
    """150 scenes and 150 tracks, an hour between neighbours: each scene has the track of its own minute alone."""
    for i in range(150):
        time = TRACK_TIME + timedelta(hours=i)
        scene(made, tmp_path / "in/scenes", f"{i:03d}", time)
        track(made, tmp_path / "in/tracks", f"{i:03d}", time + timedelta(seconds=55), [(177.55, 71.05), (177.43, 71.17)])
    rows, result = pairs(tmp_path, "--window", 5, "--depth", 1)
    assert len(rows) == 150
    assert all(float(r["dt_s"]) == pytest.approx(60, abs=1) for r in rows)
    assert all(r["scene"][-3:] == r["track"][-3:] for r in rows)


def test_near_the_pole(made, tmp_path):
    """A scene in polar stereographic north of 89.9 degrees: longitudes run all around it, and the pole lies inside."""
    from pyproj import Transformer
    target = scene(made, tmp_path / "in/scenes", "pole", TRACK_TIME - timedelta(minutes=5), ulx=300000)
    back = Transformer.from_crs(3413, 4326, always_xy=True)
    ring = [back.transform(x, y) for x, y in ((-6000, 4000), (4000, 4000), (4000, -6000), (-6000, -6000), (-6000, 4000))]
    product = target / "MTD_MSIL1C.xml"
    corners = " ".join(f"{lat} {lon}" for lon, lat in ring)
    product.write_text(re.sub(r"<EXT_POS_LIST>[^<]*", f"<EXT_POS_LIST>{corners}", product.read_text()))
    # Straight over the pole from one side to the other, and past it at 60 km.
    track(made, tmp_path / "in/tracks", "over", TRACK_TIME, [back.transform(-30000, 30000), back.transform(30000, -30000)])
    track(made, tmp_path / "in/tracks", "past", TRACK_TIME, [back.transform(-30000, 60000), back.transform(30000, 60000)])
    rows, _ = pairs(tmp_path)
    assert [r["track"].split("_")[-1] for r in rows] == ["over"]
    # The diagonal of the square from (-4000, 4000) to (4000, -4000) on the map, whose scale at the pole is 0.9703.
    assert float(rows[0]["overlap_km"]) == pytest.approx(8 * 2**0.5 / 0.9703, rel=0.01)
    middle = TRACK_TIME + timedelta(seconds=5)
    assert abs(datetime.fromisoformat(rows[0]["track_time"].rstrip("Z")) - middle) < timedelta(seconds=0.2)
    assert float(rows[0]["dt_s"]) == pytest.approx(305, abs=0.2)


def test_products_side_by_side_hide_none(made, tmp_path):
    """A scene directly in the folder beside others and beside tracks: all are seen; and so in a folder whose name holds a comma."""
    for minutes in (3, 30):
        scene(made, tmp_path / "in", f"{minutes:02d}", TRACK_TIME - timedelta(minutes=minutes))
    shutil.copytree(made[1], tmp_path / "in" / made[1].name)
    assert len(pairs(tmp_path)[0]) == 2
    (tmp_path / "in").rename(tmp_path / "March 1, 2019")
    (tmp_path / "pairs.yaml").write_text(
        "floe: 1\ntitle: Pairs\nsteps:\n  p: { use: colocate.pairs, with: { folders: ['March 1, 2019'] } }\noutputs:\n  pairs.csv: p.pairs\n")
    floe("run", tmp_path / "pairs.yaml", "-o", tmp_path / "again", "--quiet")
    assert len(list(csv.DictReader(open(tmp_path / "again/pairs.csv")))) == 2
