"""GeoPackages in other programs' hands: SQLite's own check of the spatial index, OGR's filter, GDAL's validator, later edits."""
import json
import sqlite3
import subprocess
import sys

import numpy as np
import pytest
from osgeo import gdal, ogr

from conftest import floe, run_pipeline

ogr.UseExceptions()
ROWS = 30_011
PIPELINE = """
floe: 1
title: Points and rectangles
steps:
  points: { use: table.read, with: { file: points.csv, x: lon, y: lat } }
  values: { use: raster.read, with: { files: values.tif } }
  laid: { use: colocate.track, in: { input: points.table, rasters: [values.image] } }
outputs:
  all.gpkg: { track: laid.track, footprints: laid.footprints, scene_outline: laid.scene_outline }
"""


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    from conftest import write_tif
    from pyproj import Transformer
    folder = tmp_path_factory.mktemp("gpkg")
    random = np.random.default_rng(5)
    write_tif(folder / "values.tif", random.integers(1, 9, (300, 300)).astype("uint16"), 32632, (500000.0, 7100000.0))
    x, y = 500000 + random.uniform(-300, 3300, ROWS), 7100000 - random.uniform(-300, 3300, ROWS)
    lon, lat = Transformer.from_crs(32632, 4326, always_xy=True).transform(x, y)
    with open(folder / "points.csv", "w") as f:
        f.write("lon,lat,note,seconds\n")
        for i, (a, b) in enumerate(zip(lon, lat)):
            # Some without a place, some texts empty, quoted or beyond ASCII.
            place = "," if i % 1000 == 7 else f"{a:.10f},{b:.10f}"
            f.write(f"{place},{['', 'a', chr(34) + 'it' + chr(39) + 's, so' + chr(34), 'ä°'][i % 4]},{i / 8}\n")
    out, record, _ = run_pipeline(folder, PIPELINE)
    return folder, out / "all.gpkg"


def test_spatial_index_is_sound(written):
    _, path = written
    db = sqlite3.connect(path)
    names = [r[0] for r in db.execute("SELECT table_name FROM gpkg_geometry_columns ORDER BY 1")]
    assert names == ["footprints", "scene_outline", "track"]
    for name in names:
        assert db.execute(f"SELECT rtreecheck('rtree_{name}_geom')").fetchone()[0] == "ok"
        rows, shapes = db.execute(f"SELECT count(*), count(geom) FROM {name}").fetchone()
        assert db.execute(f"SELECT count(*) FROM rtree_{name}_geom").fetchone()[0] == shapes
        assert db.execute("SELECT feature_count FROM gpkg_ogr_contents WHERE table_name = ?", (name,)).fetchone()[0] == rows
        assert db.execute("SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?", (name,)).fetchone()[0] >= 8
    assert db.execute("SELECT count(*) - count(geom) FROM track").fetchone()[0] == len(range(7, ROWS, 1000))
    assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


@pytest.mark.parametrize("layer", ["track", "footprints"])
def test_spatial_filter_finds_what_a_plain_search_finds(written, layer):
    _, path = written
    source = ogr.Open(str(path))
    whole = source.GetLayer(layer)
    boxes = [(f.GetFID(), f.GetGeometryRef().GetEnvelope()) for f in whole if f.GetGeometryRef() is not None]
    e = np.array([b for _, b in boxes])
    extent = e[:, 0].min(), e[:, 1].max(), e[:, 2].min(), e[:, 3].max()
    assert whole.GetExtent() == pytest.approx(extent, abs=1e-6)
    random = np.random.default_rng(1)
    for _ in range(20):
        x, y = sorted(random.uniform(extent[0], extent[1], 2)), sorted(random.uniform(extent[2], extent[3], 2))
        whole.SetSpatialFilterRect(x[0], y[0], x[1], y[1])
        # By the index alone, then by GEOS: what GEOS finds is among what rectangles find and holds all that lie inside.
        found = {f.GetFID() for f in whole}
        touched = (e[:, 0] <= x[1]) & (e[:, 1] >= x[0]) & (e[:, 2] <= y[1]) & (e[:, 3] >= y[0])
        inside = (e[:, 0] >= x[0]) & (e[:, 1] <= x[1]) & (e[:, 2] >= y[0]) & (e[:, 3] <= y[1])
        assert {boxes[i][0] for i in np.flatnonzero(inside)} <= found <= {boxes[i][0] for i in np.flatnonzero(touched)}
        if layer == "track":
            assert len(found) == touched.sum()
        assert found
    whole.SetSpatialFilter(None)


def test_rows_too_large_for_a_page(written, tmp_path):
    """One text longer than a page of SQLite's: all other rows and the index are the same."""
    folder, path = written
    lines = open(folder / "points.csv", encoding="utf-8").read().splitlines()
    for name in ("values.tif", "points.csv"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    cells = lines[13].split(",")
    cells[2] = "long " * 2000
    (tmp_path / "points.csv").write_text("\n".join(lines[:13] + [",".join(cells)] + lines[14:]) + "\n", encoding="utf-8")
    out, _, _ = run_pipeline(tmp_path, PIPELINE)
    long, short = sqlite3.connect(out / "all.gpkg"), sqlite3.connect(path)
    for table in ("track", "footprints", "rtree_track_geom_node", "rtree_track_geom_rowid", "rtree_track_geom_parent", "gpkg_ogr_contents", "sqlite_sequence"):
        a, b = (db.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall() for db in (long, short))
        different = [i for i, (x, y) in enumerate(zip(a, b)) if x != y]
        assert len(a) == len(b) and different == ([12] if table == "track" else []), table
    assert long.execute("SELECT length(note) FROM track WHERE fid = 13").fetchone()[0] == 10000
    assert long.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


@pytest.mark.parametrize("count", [1, 15, 16, 17, 51, 52, 3000])
def test_small_and_large_tables(tmp_path, count):
    """Around the 16 rows of a statement and the 51 of a node of the index, two levels: each is sound, from the first row to the last."""
    with open(tmp_path / "points.csv", "w") as f:
        f.write("lon,lat,n\n")
        f.writelines(f"{i % 170},{i % 80},{10 ** (i % 15)}\n" for i in range(count))
    out, _, _ = run_pipeline(tmp_path, "floe: 1\ntitle: Rows\nsteps:\n  p: { use: table.read, with: { file: points.csv, x: lon, y: lat } }\noutputs:\n  p.gpkg: p.table\n")
    db = sqlite3.connect(out / "p.gpkg")
    assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    assert db.execute("SELECT rtreecheck('rtree_p_geom')").fetchone()[0] == "ok"
    assert db.execute("SELECT fid, lon, lat, n FROM p").fetchall() == [(i + 1, i % 170, i % 80, 10 ** (i % 15)) for i in range(count)]


def test_values_come_back(written):
    folder, path = written
    source = ogr.Open(str(path))
    layer = source.GetLayer("track")
    expected = [l.rstrip("\n") for l in open(folder / "points.csv", encoding="utf-8")][1:]
    assert layer.GetFeatureCount() == ROWS == len(expected)
    kinds = {layer.GetLayerDefn().GetFieldDefn(i).GetName(): layer.GetLayerDefn().GetFieldDefn(i).GetTypeName() for i in range(layer.GetLayerDefn().GetFieldCount())}
    assert kinds["note"] == "String" and kinds["seconds"] == "Real" and kinds["dropped_because"] == "String"
    outside = 0
    for i, feature in enumerate(layer):
        assert feature.GetFID() == i + 1 and feature["seconds"] == i / 8
        assert feature["note"] == [None, "a", "it's, so", "ä°"][i % 4]
        if i % 1000 == 7:
            assert feature.GetGeometryRef() is None and feature["dropped_because"] == "no position"
        else:
            lon, lat = map(float, expected[i].split(",")[:2])
            assert (feature.GetGeometryRef().GetX(), feature.GetGeometryRef().GetY()) == (lon, lat)
        outside += feature["dropped_because"] == "outside the scene"
    assert 0 < outside < ROWS / 2


def test_gdals_validator_accepts_it(written, tmp_path):
    _, path = written
    # GDAL 3.6 knows versions up to 1.3: it gets a copy with the two triggers that 1.4 took away, and all else as it is.
    copy = tmp_path / "as-1.3.gpkg"
    copy.write_bytes(path.read_bytes())
    file = sqlite3.connect(copy)
    for layer in ("track", "footprints", "scene_outline"):
        for old in ("update1", "update3"):
            file.execute(f"CREATE TRIGGER rtree_{layer}_geom_{old} AFTER UPDATE OF geom ON {layer} WHEN 0 BEGIN SELECT 1; END")
    file.execute("PRAGMA user_version = 10300")
    file.commit()
    file.close()
    done = subprocess.run([sys.executable, "-m", "osgeo_utils.samples.validate_gpkg", str(copy)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_index_and_counts_follow_later_edits(written, tmp_path):
    _, path = written
    copy = tmp_path / "edited.gpkg"
    copy.write_bytes(path.read_bytes())
    source = ogr.Open(str(copy), 1)
    layer = source.GetLayer("track")
    feature = ogr.Feature(layer.GetLayerDefn())
    feature.SetGeometry(ogr.CreateGeometryFromWkt("POINT (40 10)"))
    layer.CreateFeature(feature)
    layer.DeleteFeature(1)
    assert feature.GetFID() == ROWS + 1
    source = layer = None
    source = ogr.Open(str(copy))
    layer = source.GetLayer("track")
    assert layer.GetFeatureCount() == ROWS
    layer.SetSpatialFilterRect(39, 9, 41, 11)
    assert [f.GetFID() for f in layer] == [ROWS + 1]
    source = layer = None
    assert sqlite3.connect(copy).execute("SELECT rtreecheck('rtree_track_geom')").fetchone()[0] == "ok"


def test_it_is_version_1_4(written):
    """Rows of OGC 12-128r19: the version's number, the triggers of annex F.3, the addresses of definitions."""
    file = sqlite3.connect(written[1])
    assert file.execute("PRAGMA application_id").fetchone()[0] == 0x47504B47
    assert file.execute("PRAGMA user_version").fetchone()[0] == 10400
    triggers = {r[0] for r in file.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'rtree_track%'")}
    assert triggers == {f"rtree_track_geom_{t}" for t in ("insert", "update2", "update4", "update5", "update6", "update7", "delete")}
    found = set(file.execute("SELECT extension_name, definition FROM gpkg_extensions"))
    assert found == {(n, f"http://www.geopackage.org/spec140/#extension_{w}") for n, w in
                     (("gpkg_rtree_index", "rtree"), ("gpkg_metadata", "metadata"), ("gpkg_schema", "schema"))}


def test_index_follows_moved_and_emptied_geometries(written, tmp_path):
    copy = tmp_path / "moved.gpkg"
    copy.write_bytes(written[1].read_bytes())
    source = ogr.Open(str(copy), 1)
    layer = source.GetLayer("track")
    for fid, wkt in ((1, "POINT (41 11)"), (2, None), (3, "POINT EMPTY"), (8, "POINT (41.5 11)")):
        # Row 8 had no place before.
        feature = layer.GetFeature(fid)
        feature.SetGeometry(ogr.CreateGeometryFromWkt(wkt) if wkt else None)
        layer.SetFeature(feature)
    feature = layer = source = None
    layer = (source := ogr.Open(str(copy))).GetLayer("track")
    layer.SetSpatialFilterRect(40, 10, 42, 12)
    assert [f.GetFID() for f in layer] == [1, 8]
    layer = source = None
    file = sqlite3.connect(copy)
    assert file.execute("SELECT rtreecheck('rtree_track_geom')").fetchone()[0] == "ok"
    assert file.execute("SELECT count(*) FROM rtree_track_geom WHERE id IN (2, 3)").fetchone()[0] == 0


def test_columns_keep_units_and_words(written, tmp_path):
    from conftest import floe
    file = sqlite3.connect(written[1])
    rows = {r[0]: r[1:] for r in file.execute("SELECT column_name, name, title, description FROM gpkg_data_columns WHERE table_name = 'track'")}
    assert rows and all(name == title for name, title, _ in rows.values())
    found = file.execute("SELECT title, description FROM gpkg_data_columns WHERE table_name = 'scene_outline' AND column_name = 'pixel_m'").fetchone()
    assert found == ("pixel_m (m)", "Width of a pixel")
    told = json.loads(floe("info", written[1], "--json").out)
    column = next(c for l in told if l["layer"] == "scene_outline" for c in l["columns"] if c["name"] == "pixel_m")
    assert column["unit"] == "m" and column["summary"] == "Width of a pixel"
    # A code has its words as a domain, which OGR and QGIS take.
    from test_colocation import PIPELINE as LAID, make
    make(tmp_path, "across 180")
    out, _, _ = run_pipeline(tmp_path, LAID.format(extra=", along: 600, across: 3000"))
    source = gdal.OpenEx(str(next(out.glob("*.gpkg"))))
    definition = source.GetLayer("footprints").GetLayerDefn()
    domain = source.GetFieldDomain(definition.GetFieldDefn(definition.GetFieldIndex("fp_majority")).GetDomainName())
    assert domain.GetEnumeration()["2"] == "Lead"


def test_provenance_is_prov(written):
    """The structure of the W3C member submission PROV-JSON: each relation names elements that are there."""
    file = sqlite3.connect(written[1])
    uri, text = file.execute("SELECT md_standard_uri, metadata FROM gpkg_metadata WHERE id = 2").fetchone()
    assert "prov-json" in uri
    prov = json.loads(text)
    assert prov["prefix"]["prov"] == "http://www.w3.org/ns/prov#"
    known = {k for kind in ("entity", "activity", "agent") for k in prov[kind]}
    ends = {"used": ("prov:activity", "prov:entity"), "wasGeneratedBy": ("prov:entity", "prov:activity"),
            "wasAssociatedWith": ("prov:activity", "prov:agent"), "wasDerivedFrom": ("prov:generatedEntity", "prov:usedEntity")}
    for relation, keys in ends.items():
        assert prov[relation] and all(r[k] in known for r in prov[relation].values() for k in keys), relation
    assert {a["prov:type"] for a in prov["activity"].values()} == {"table.read", "raster.read", "colocate.track"}
    assert len([e for e in prov["entity"].values() if len(e.get("floe:sha256", "")) == 64]) == 2
    made = {(r["prov:entity"], r["prov:activity"]) for r in prov["wasGeneratedBy"].values()}
    assert ("floe:value/laid.track", "floe:step/laid") in made
    assert file.execute("SELECT md_standard_uri FROM gpkg_metadata WHERE id = 1").fetchone()[0] == "urn:floe:provenance:1"


@pytest.mark.parametrize("outputs", [
    "{ o.gpkg: { gpkg_x: t.table } }", "{ o.gpkg: { sqlite_x: t.table } }", "{ o.gpkg: { LAYER_STYLES: t.table } }",
    '{ o.gpkg: { "-x": t.table } }', "{ o.gpkg: { x: t.table, rtree_x_geom: t.table } }", "{ gpkg_x.gpkg: t.table }",
])
def test_names_that_a_geopackage_keeps_for_itself(tmp_path, outputs):
    """They are refused before the work, as OGR and SQLite would refuse them after it."""
    (tmp_path / "t.csv").write_text("lon,lat\n10,60\n")
    (tmp_path / "p.yaml").write_text(
        f"floe: 1\nsteps: {{ t: {{ use: table.read, with: {{ file: t.csv, x: lon, y: lat }} }} }}\noutputs: {outputs}\n")
    for command in ("check", "run"):
        assert "cannot have a layer" in floe(command, "p.yaml", "-o", "o", cwd=tmp_path, expect=2).err
