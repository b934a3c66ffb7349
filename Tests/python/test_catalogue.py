"""Catalogues and fetching, against a stand-in of the Copernicus Data Space and of a STAC API on loopback."""
import csv
import io
import json
import math
import os
import random
import subprocess
import zipfile
from datetime import datetime, timedelta, timezone

import numpy as np
import pytest
from osgeo import ogr
from shapely import affinity
from shapely.geometry import LineString, Polygon, box, mapping, shape

from conftest import FLOE, floe
from data_space import DataSpace
from web import serving

ogr.UseExceptions()
QUICK = {**os.environ, "GDAL_HTTP_RETRY_DELAY": "0.02"}
ACCOUNT = {**QUICK, "CDSE_USERNAME": "anna", "CDSE_PASSWORD": "Secret12345"}
T0 = datetime(2019, 3, 1, tzinfo=timezone.utc)


def iso(t):
    return t.strftime("%Y-%m-%dT%H:%M:%S.") + f"{t.microsecond // 1000:03d}Z"


def archive(name, size=300_000, members=None):
    """A zip with the product's folder inside; its bytes follow from the name."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        for member, content in (members or {f"{name}/manifest.safe": b"<a/>", f"{name}/data.bin": random.Random(name).randbytes(size)}).items():
            z.writestr(zipfile.ZipInfo(member), content)
    return out.getvalue()


def scenes(count, seed=1):
    rng = random.Random(seed)
    for i in range(count):
        lon, lat, start = rng.uniform(-180, 178), rng.uniform(60, 82), T0 + timedelta(minutes=rng.uniform(0, 10_000))
        yield {"name": f"S2A_MSIL1C_{start:%Y%m%dT%H%M%S}_N0500_R{i:03d}_T01WCU_{i:04d}.SAFE", "collection": "SENTINEL-2",
               "start": iso(start), "end": iso(start + timedelta(seconds=20)), "cloud": round(rng.uniform(0, 100), 2),
               "geometry": mapping(box(lon, lat, lon + 2, lat + 0.9))}


@pytest.fixture
def space(tmp_path):
    with serving(tmp_path) as web:
        products = list(scenes(180))
        for p in products[:4]:
            p["content"] = archive(p["name"])
        track = "S3A_SR_2_LAN_SI_20190301T235906_20190301T235915_0_0_0_0______LN3_R_NT_005.SEN3"
        products.append({"name": track, "collection": "SENTINEL-3", "start": iso(T0), "end": iso(T0 + timedelta(seconds=9)),
                         "geometry": {"type": "LineString", "coordinates": [[10, 70], [11, 71]]}, "content": archive(track)})
        yield DataSpace(web, products)


def rows(path):
    return list(csv.DictReader(open(path)))


@pytest.mark.parametrize("kind", ["odata", "stac"])
def test_find_gives_what_shapely_gives(space, tmp_path, kind):
    service = space.web.url("odata/v1" if kind == "odata" else "stac")
    west, south, east, north = 150, 64, -150, 80
    floe("find", "SENTINEL-2", "--service", service, "--box", f"{west},{south},{east},{north}", "--from", "2019-03-02", "--to", "2019-03-06",
         "--cloud", 60, "-o", tmp_path / "out")
    areas = [box(west, south, 180, north), box(-180, south, east, north)]
    wanted = {p["name"].removesuffix(".SAFE") for p in space.products if p["collection"] == "SENTINEL-2" and p["cloud"] <= 60
              and "2019-03-02" <= p["start"] < "2019-03-07" and any(shape(p["geometry"]).intersects(a) for a in areas)}
    found = rows(tmp_path / "out/items.csv")
    assert {r["name"].removesuffix(".SAFE") for r in found} == wanted and len(wanted) > 5
    assert [r["start"] for r in found] == sorted(r["start"] for r in found)
    dataset = ogr.Open(str(tmp_path / "out/items.gpkg"))
    layer = dataset[0]
    outlines = {f["name"].removesuffix(".SAFE"): f.GetGeometryRef().Area() for f in layer}
    for p in space.products:
        if p["name"].removesuffix(".SAFE") in outlines:
            assert outlines[p["name"].removesuffix(".SAFE")] == pytest.approx(shape(p["geometry"]).area, rel=1e-6)


def test_pages_limits_and_text(space, tmp_path):
    space.page = 7
    floe("find", "SENTINEL-2", "--service", space.web.url("odata/v1"), "--text", "MSIL1C", "-o", tmp_path / "all", "--quiet")
    assert len(rows(tmp_path / "all/items.csv")) == 180 and len(space.web.requests) == math.ceil(180 / 7)
    result = floe("find", "SENTINEL-2", "--service", space.web.url("odata/v1"), "--limit", 20, "-o", tmp_path / "some")
    assert len(rows(tmp_path / "some/items.csv")) == 20 and "180 in all" in result.err


def test_refusals_of_a_catalogue_are_told(space, tmp_path):
    space.web.answers["/odata/v1/Products"] = lambda *_: (400, [], b'{"detail": "Invalid field: $filter"}')
    result = floe("find", "SENTINEL-2", "--service", space.web.url("odata/v1"), "-o", tmp_path / "o", expect=1)
    assert "400" in result.err and "Invalid field" in result.err
    result = floe("find", "SENTINEL-2", "--box", "1,2,3", "--service", space.web.url("odata/v1"), "-o", tmp_path / "o", expect=2)
    assert "west, south, east, north" in result.err


# Pairs before anything is fetched

def great_circle(start, azimuth, length, points):
    from pyproj import Geod
    globe = Geod(a=6_371_008.8, b=6_371_008.8)
    lons, lats, _ = globe.fwd([start[0]] * points, [start[1]] * points, [azimuth] * points, np.linspace(0, length, points))
    return list(zip(lons, lats))


def test_pairs_are_those_of_shapely(tmp_path):
    """300 scenes and 2000 tracks, across 180° and over the pole, against shapely in an equal-area projection about each scene."""
    from pyproj import Transformer
    rng = random.Random(5)
    wide = list(scenes(300, seed=9))
    tracks = []
    for i in range(2000):
        start = T0 + timedelta(minutes=rng.uniform(0, 10_000))
        line = great_circle((rng.uniform(-180, 180), rng.uniform(58, 84)), rng.uniform(0, 360), rng.uniform(3e5, 2.5e6), 40)
        tracks.append({"name": f"S3A_SR_2_LAN_SI_{i:05d}.SEN3", "start": start, "end": start + timedelta(seconds=rng.uniform(60, 400)), "line": line})
    stac = {"type": "FeatureCollection", "features": [
        {"type": "Feature", "stac_version": "1.0.0", "id": p["name"], "geometry": p["geometry"], "assets": {}, "links": [],
         "properties": {"datetime": p["start"], "start_datetime": p["start"], "end_datetime": p["end"]}} for p in wide]}
    odata = {"@odata.context": "x", "value": [
        {"Id": str(i), "Name": t["name"], "ContentDate": {"Start": iso(t["start"]), "End": iso(t["end"])},
         "Footprint": "geography'SRID=4326;LINESTRING(" + ", ".join(f"{x:.9f} {y:.9f}" for x, y in t["line"]) + ")'"} for i, t in enumerate(tracks)]}
    (tmp_path / "s2.json").write_text(json.dumps(stac))
    (tmp_path / "s3.json").write_text(json.dumps(odata))
    floe("step", "colocate.pairs", "--found", f"{tmp_path / 's2.json'},{tmp_path / 's3.json'}", "--window", 120, "--pairs", "pairs.csv",
         "-o", tmp_path / "out", "--quiet")
    found = {(r["scene"], r["track"]): float(r["overlap_km"]) for r in rows(tmp_path / "out/pairs.csv")}
    wanted = {}
    for p in wide:
        middle = datetime.fromisoformat(p["start"].replace("Z", "+00:00")) + timedelta(seconds=10)
        ring = np.array(p["geometry"]["coordinates"][0])
        fine = np.concatenate([np.array(great_circle_between(a, b)) for a, b in zip(ring, ring[1:])])
        lon, lat = ring[:-1].mean(axis=0)
        flat = Transformer.from_crs("EPSG:4326", f"+proj=laea +lat_0={lat} +lon_0={lon} +R=6371008.8", always_xy=True)
        area = Polygon(list(zip(*flat.transform(*fine.T))))
        for t in tracks:
            if t["start"] - timedelta(minutes=120) > middle or middle > t["end"] + timedelta(minutes=120):
                continue
            points = np.concatenate([np.array(great_circle_between(a, b)) for a, b in zip(t["line"], t["line"][1:])])
            x, y = flat.transform(*points.T)
            near = np.hypot(x, y) < 5e6
            if near.sum() < 2:
                continue
            inside = LineString(np.column_stack([x, y])[near]).intersection(area)
            if inside.length > 0:
                where = LineString(np.column_stack([x, y])[near]).project(inside.centroid)
                share = where / LineString(np.column_stack([x, y])[near]).length
                crossing = t["start"] + (t["end"] - t["start"]) * share
                if abs((crossing - middle).total_seconds()) <= 7200 - 30:
                    wanted[p["name"], t["name"]] = inside.length / 1000
                elif abs((crossing - middle).total_seconds()) <= 7200 + 30:
                    found.pop((p["name"], t["name"]), None)
    assert set(found) == set(wanted) and len(wanted) > 10
    for pair, length in wanted.items():
        assert found[pair] == pytest.approx(length, rel=0.02, abs=1)


TRACK_FORMS = ["MultiLineString", "MultiPolygon", "MultiPolygon, the other way round"]


@pytest.mark.parametrize("form", TRACK_FORMS)
@pytest.mark.parametrize("swapped", [False, True])
def test_a_track_in_pieces_and_a_scene_in_parts(tmp_path, form, swapped):
    """A track that is cut at 180° is one line whatever order its pieces are listed in; all parts of a scene's outline count."""
    line = great_circle((175.0, 70.0), 60, 1.2e6, 40)
    lon = [x % 360 for x, _ in line]
    cut = next(i for i, x in enumerate(lon) if x > 180)
    share = (180 - lon[cut - 1]) / (lon[cut] - lon[cut - 1])
    at = line[cut - 1][1] + share * (line[cut][1] - line[cut - 1][1])
    east, west = [*line[:cut], (180.0, at)], [(-180.0, at), *line[cut:]]

    def strip(points):
        ring = [[x, y - 0.005] for x, y in points] + [[x, y + 0.005] for x, y in points[::-1]]
        return [ring + ring[:1]]
    pieces = [east, west] if form == "MultiLineString" else [strip(east), strip(west)]
    if "other way" in form:
        # The ring of the shorter piece begins at its other end, and that of the longer one runs the other way round.
        ring = pieces[0][0][:-1]
        ring = ring[len(ring) // 2:] + ring[:len(ring) // 2]
        pieces = [[ring + ring[:1]], [pieces[1][0][::-1]]]
    x, y = line[6]
    box = lambda x, y: [[x + a, y + b] for a, b in ((-0.6, -0.3), (0.6, -0.3), (0.6, 0.3), (-0.6, 0.3), (-0.6, -0.3))]
    shapes = {"S3A_SR_2_LAN_SI_X.SEN3": {"type": form.split(",")[0], "coordinates": pieces[::-1] if swapped else pieces},
              "S2A_one": {"type": "Polygon", "coordinates": [box(x, y)]},
              "S2A_parts": {"type": "MultiPolygon", "coordinates": [[box(100, 60)], [box(x, y)]]}}
    times = {"datetime": "2020-03-01T00:00:00Z", "start_datetime": "2020-03-01T00:00:00Z"}
    items = [{"type": "Feature", "stac_version": "1.0.0", "id": name, "geometry": geometry, "assets": {}, "links": [],
              "properties": times | {"end_datetime": "2020-03-01T00:03:20Z" if name.startswith("S3") else "2020-03-01T00:00:00Z"}}
             for name, geometry in shapes.items()]
    (tmp_path / "items.json").write_text(json.dumps({"type": "FeatureCollection", "features": items}))
    floe("step", "colocate.pairs", "--found", tmp_path / "items.json", "--pairs", "pairs.csv", "--footprints", "f.gpkg",
         "-o", tmp_path / "out", "--quiet")
    found = {r["scene"]: r for r in rows(tmp_path / "out/pairs.csv")}
    assert set(found) == {"S2A_one", "S2A_parts"}
    for row in found.values():
        # The track flies 1200 km in 200 s and passes the scene's middle after 6 of 39 pieces.
        assert float(row["dt_s"]) == pytest.approx(200 * 6 / 39, abs=1)
        assert float(row["overlap_km"]) == pytest.approx(48.8, abs=0.3)
        assert float(row["overlap_share"]) == pytest.approx(48.8 / 1200, abs=0.001)


def great_circle_between(a, b, spacing=20_000):
    from pyproj import Geod
    globe = Geod(a=6_371_008.8, b=6_371_008.8)
    azimuth, _, length = globe.inv(a[0], a[1], b[0], b[1])
    n = max(2, math.ceil(length / spacing) + 1)
    lons, lats, _ = globe.fwd([a[0]] * n, [a[1]] * n, [azimuth] * n, np.linspace(0, length, n))
    return list(zip(lons, lats))


# Fetching

def fetch(space, folder, *words, env=ACCOUNT, expect=0):
    return floe("fetch", *words, *space.words, "-o", folder, "--progress", "none", env=env, expect=expect)


def test_products_by_name_item_and_table(space, tmp_path):
    names = [p["name"] for p in space.products if "content" in p]
    floe("find", "SENTINEL-2", "--service", space.web.url("odata/v1"), "--limit", 4, "-o", tmp_path / "found", "--quiet", expect=0)
    fetch(space, tmp_path / "a", names[0], names[1].removesuffix(".SAFE"))
    fetch(space, tmp_path / "b", tmp_path / "found/items.csv")
    fetch(space, tmp_path / "c", tmp_path / "found/items.json")
    (tmp_path / "pairs.csv").write_text(f"scene,track\n{names[0]},{names[4]}\n{names[1]},{names[4]}\n")
    fetch(space, tmp_path / "d", tmp_path / "pairs.csv")
    contents = {p["name"]: p["content"] for p in space.products if "content" in p}
    for folder, wanted in (("a", names[:2]), ("b", names[:4]), ("c", names[:4]), ("d", names[:2])):
        there = {p.name: p.read_bytes() for p in (tmp_path / folder).glob("*.zip")}
        assert there == {n + ".zip": contents[n] for n in wanted}
    # netCDF is read from folders, so tracks are unpacked; nothing else is left.
    assert sorted(p.name for p in (tmp_path / "d").iterdir()) == sorted([names[0] + ".zip", names[1] + ".zip", names[4]])
    with zipfile.ZipFile(io.BytesIO(contents[names[4]])) as z:
        assert (tmp_path / "d" / names[4] / "data.bin").read_bytes() == z.read(f"{names[4]}/data.bin")
    again = fetch(space, tmp_path / "a", names[0])
    assert "there already" in again.out


def test_a_cut_download_goes_on(space, tmp_path):
    first = next(p for p in space.products if "content" in p)
    first["short"] = True
    fetch(space, tmp_path / "o", first["name"])
    assert (tmp_path / "o" / (first["name"] + ".zip")).read_bytes() == first["content"]
    ranges = [r[2].get("Range") for r in space.web.requests if "$value" in r[1]]
    assert f"bytes={len(first['content']) // 3}-" in ranges
    # And a part of unknown origin, which is begun anew.
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / f".{first['name']}.zip.part").write_bytes(first["content"][:1000])
    fetch(space, tmp_path / "p", first["name"])
    assert (tmp_path / "p" / (first["name"] + ".zip")).read_bytes() == first["content"]
    assert sorted(p.name for p in (tmp_path / "p").iterdir()) == [first["name"] + ".zip"]


def test_tokens_are_renewed(space, tmp_path):
    space.holds = 30  # less than a minute: each request wants a new one
    names = [p["name"] for p in space.products if "content" in p][:3]
    fetch(space, tmp_path / "o", *names, "--jobs", 1)
    assert space.grants[0] == "password" and set(space.grants[1:]) == {"refresh_token"}
    space.refreshes.add("Mine987654")
    env = {**QUICK, "CDSE_REFRESH_TOKEN": "Mine987654"}
    fetch(space, tmp_path / "p", names[0], env=env)
    assert (tmp_path / "p" / (names[0] + ".zip")).exists()


def test_a_wrong_account_a_wrong_sum_an_unknown_name(space, tmp_path):
    first = next(p for p in space.products if "content" in p)
    result = fetch(space, tmp_path / "o", first["name"], env={**ACCOUNT, "CDSE_PASSWORD": "Wrong98765"}, expect=1)
    assert "Invalid user credentials" in result.err and "Wrong98765" not in result.err
    first["md5"] = "0" * 32
    result = fetch(space, tmp_path / "o", first["name"], expect=1)
    assert "came with the MD5" in result.err and not list((tmp_path / "o").glob("*.zip"))
    result = fetch(space, tmp_path / "o", "S2A_MSIL1C_nothing.SAFE", expect=2)
    assert "has no product 'S2A_MSIL1C_nothing.SAFE'" in result.err
    result = fetch(space, tmp_path / "o", first["name"], env=QUICK, expect=1)
    assert "CDSE_USERNAME" in result.err


def test_the_account_is_shown_to_no_other_host(space, tmp_path):
    first = next(p for p in space.products if "content" in p)
    with serving(tmp_path) as other:
        other.answers["/zip"] = first["content"]
        path = f"/odata/v1/Products({first['id']})/$value"
        del space.web.answers[path]
        space.web.redirect[path] = f"http://localhost:{other.port}/zip"
        fetch(space, tmp_path / "o", first["name"])
        assert other.requests and all("Authorization" not in r[2] for r in other.requests)
    assert (tmp_path / "o" / (first["name"] + ".zip")).read_bytes() == first["content"]


def test_the_account_is_shown_to_no_address_that_begins_like_the_service(space, tmp_path):
    """`https://host@other/` and `https://host.other/` begin with the service's `https://host`."""
    service = space.web.url("").rstrip("/")
    with serving(tmp_path) as other:
        other.answers["/x.bin"] = b"content"
        address = service + f"@localhost:{other.port}/x.bin"
        item = {"type": "Feature", "stac_version": "1.0.0", "id": "x.bin", "geometry": None, "links": [], "properties": {"datetime": iso(T0)},
                "assets": {"Product": {"href": address}}}
        (tmp_path / "item.json").write_text(json.dumps(item))
        words = ["--catalogue", space.web.url("odata/v1"), "--download", service, "--identity", space.web.url("token")]
        floe("fetch", tmp_path / "item.json", *words, "-o", tmp_path / "o", "--progress", "none", env=ACCOUNT, expect=None)
        assert all("Bearer" not in r[2].get("Authorization", "") for r in other.requests)


@pytest.mark.parametrize("name", ["../evil.SAFE", "a/b.SAFE", ".hidden.SAFE"])
def test_names_do_not_leave_the_folder(space, tmp_path, name):
    first = next(p for p in space.products if "content" in p)
    entry = {**space.entry(first), "Name": name}
    (tmp_path / "bad.json").write_text(json.dumps({"@odata.context": "x", "value": [entry]}))
    result = fetch(space, tmp_path / "o", tmp_path / "bad.json", expect=2)
    assert "would not be a file in the folder" in result.err


def test_archives_do_not_leave_their_folder(space, tmp_path):
    track = next(p for p in space.products if p["name"].endswith(".SEN3"))
    track["content"] = archive(track["name"], members={f"{track['name']}/a.nc": b"1", f"{track['name']}/../../evil.txt": b"2"})
    result = fetch(space, tmp_path / "deep/o", track["name"], expect=1)
    assert "evil.txt', which would not lie in the folder" in result.err
    assert not list(tmp_path.rglob("evil.txt")) and not list((tmp_path / "deep/o").iterdir())


def test_no_secret_in_what_fetch_says(space, tmp_path):
    first = next(p for p in space.products if "content" in p)
    space.web.random = lambda path: 403 if "$value" in path else None
    result = fetch(space, tmp_path / "o", first["name"], expect=1)
    for secret in ["Secret12345", *space.tokens, *space.refreshes]:
        assert secret not in result.err + result.out


@pytest.mark.parametrize("content, sentence", [
    (b"<html>Please wait</html>", "is no zip archive"), ("half", "is no zip archive that can be read")])
def test_what_cannot_be_unpacked_leaves_nothing(space, tmp_path, content, sentence):
    track = next(p for p in space.products if p["name"].endswith(".SEN3"))
    whole = track["content"]
    track["content"] = whole[:len(whole) // 2] if content == "half" else content
    for _ in range(2):
        err = fetch(space, tmp_path / "o", track["name"], expect=1).err
        assert sentence in err and "it was thrown away" in err and "vsizip" not in err
        assert list((tmp_path / "o").iterdir()) == []
    track["content"] = whole
    fetch(space, tmp_path / "o", track["name"])
    assert [p.name for p in (tmp_path / "o").iterdir()] == [track["name"]]


def test_an_archive_that_lay_there_is_not_thrown_away(space, tmp_path):
    track = next(p for p in space.products if p["name"].endswith(".SEN3"))
    track["content"] = b"hello"
    (tmp_path / "o").mkdir()
    mine = tmp_path / "o" / (track["name"] + ".zip")
    mine.write_bytes(b"hello")
    assert "it was there already, remove it first" in fetch(space, tmp_path / "o", track["name"], expect=1).err
    assert mine.read_bytes() == b"hello"


def test_a_product_with_another_outline_ends_no_fetch(space, tmp_path):
    first, second = [p for p in space.products if "content" in p][:2]
    second["geometry"] = {"type": "Point", "coordinates": [10, 70]}
    fetch(space, tmp_path / "o", first["name"], second["name"])
    assert {p.name for p in (tmp_path / "o").iterdir()} == {first["name"] + ".zip", second["name"] + ".zip"}
    (tmp_path / "answer.json").write_text(json.dumps({"@odata.context": "x", "value": [space.entry(second), space.entry(first)]}))
    fetch(space, tmp_path / "p", tmp_path / "answer.json")
    assert len(list((tmp_path / "p").iterdir())) == 2
