"""colocate.track against pyproj, numpy and shapely, record by record, on rasters in awkward places."""
import json

import netCDF4
import numpy as np
import pytest
from osgeo import gdal
from pyproj import Transformer
from shapely import contains_xy
from shapely.geometry import Polygon

from conftest import floe, run_pipeline, write_tif

SIZE = 400
PLACES = {
    "utm north": (32632, (500000.0, 7100000.0), 10.0),
    "across 180": (32601, (380000.0, 7900000.0), 60.0),
    "utm south": (32733, (400000.0, 2400000.0), 10.0),
    "polar stereographic": (3413, (-2000.0, 2000.0), 10.0),
    "antarctic": (3031, (1000000.0, -300000.0), 25.0),
}
PIPELINE = """
floe: 1
title: Points on a raster
steps:
  points: {{ use: table.read, with: {{ file: points.csv, x: lon, y: lat }} }}
  values: {{ use: raster.read, with: {{ files: values.tif }} }}
  codes: {{ use: raster.read, with: {{ files: codes.tif, names: [codes] }} }}
  classes: {{ use: raster.expression, in: {{ image: codes.image }}, with: {{ expression: codes, classes: {{ 1: sea_ice, 2: lead }} }} }}
  laid: {{ use: colocate.track, in: {{ input: points.table, rasters: [values.image, classes.result] }}, with: {{ bilinear: true {extra} }} }}
outputs:
  track.csv: laid.track
  colocated.gpkg: {{ track: laid.track, footprints: laid.footprints, scene_outline: laid.scene_outline }}
"""


def make(tmp_path, place, points=300):
    epsg, origin, pixel = PLACES[place]
    random = np.random.default_rng(3)
    values = random.integers(1, 5000, (2, SIZE, SIZE)).astype("uint16")
    codes = np.where(random.random((SIZE, SIZE)) < 0.1, 2, 1).astype("uint8")
    codes[random.random((SIZE, SIZE)) < 0.05] = 255
    write_tif(tmp_path / "values.tif", values, epsg, origin, pixel)
    write_tif(tmp_path / "codes.tif", codes, epsg, origin, pixel, nodata=255)
    back = Transformer.from_crs(epsg, 4326, always_xy=True)
    t = np.linspace(-0.1, 1.1, points)
    x = origin[0] + (0.2 + 0.5 * t) * SIZE * pixel
    y = origin[1] - SIZE * pixel * (1 - t)
    lon, lat = back.transform(x, y)
    with open(tmp_path / "points.csv", "w") as f:
        f.write("lon,lat\n")
        f.writelines(f"{a:.12f},{b:.12f}\n" for a, b in zip(lon, lat))
    lon, lat = np.loadtxt(tmp_path / "points.csv", delimiter=",", skiprows=1, unpack=True)
    return epsg, origin, pixel, values, codes, lon, lat


def columns(path):
    import csv
    with open(path) as f:
        rows = list(csv.DictReader(f))
    return {k: np.array([float(r[k]) if r[k] not in ("", None) else np.nan for r in rows]) for k in rows[0] if k != "dropped_because"}, [
        r.get("dropped_because", "") for r in rows]


@pytest.mark.parametrize("place", PLACES)
def test_every_record(tmp_path, place):
    epsg, origin, pixel, values, codes, lon, lat = make(tmp_path, place)
    if place == "across 180":
        assert lon.min() < -170 and lon.max() > 170
    along, across = 8 * pixel, 30 * pixel
    out, record, _ = run_pipeline(tmp_path, PIPELINE.format(extra=f", along: {along}, across: {across}, lead_search: 2000"))
    found, reasons = columns(out / "track.csv")
    x, y = Transformer.from_crs(4326, epsg, always_xy=True).transform(lon, lat)
    c, r = np.floor((x - origin[0]) / pixel).astype(int), np.floor((origin[1] - y) / pixel).astype(int)
    inside = (c >= 0) & (r >= 0) & (c < SIZE) & (r < SIZE)
    assert 150 < inside.sum() < len(lon)
    for b in range(2):
        expected = np.full(len(lon), np.nan)
        expected[inside] = values[b, r[inside], c[inside]]
        np.testing.assert_array_equal(found[f"s2_value_B{b + 1:02d}"], expected)
    expected = np.full(len(lon), np.nan)
    expected[inside] = codes[r[inside], c[inside]]
    expected[expected == 255] = np.nan
    np.testing.assert_array_equal(found["s2_class"], expected)
    assert sum(reason == "outside the scene" for reason in reasons) == (~inside).sum()
    assert sum(reason == "no data in the scene" for reason in reasons) == np.isnan(expected[inside]).sum()

    columns_, rows_ = np.meshgrid(np.arange(SIZE), np.arange(SIZE))
    px, py = origin[0] + (columns_ + 0.5) * pixel, origin[1] - (rows_ + 0.5) * pixel
    lead_x, lead_y = px[codes == 2], py[codes == 2]
    for i in np.flatnonzero(inside)[::7]:
        u = np.array([x[i + 1] - x[i - 1], y[i + 1] - y[i - 1]])
        u /= np.hypot(*u)
        v = np.array([-u[1], u[0]])
        corners = [(x[i], y[i]) + sa * u * along / 2 + sb * v * across / 2 for sa, sb in [(1, 1), (1, -1), (-1, -1), (-1, 1)]]
        hit = contains_xy(Polygon(corners), px, py)
        n = along * across / pixel**2
        seen = codes[hit]
        valid = seen[seen != 255]
        tolerance = 1 / max(1, len(valid)) + 1e-9
        assert abs(found["fp_lead"][i] - np.mean(valid == 2)) <= tolerance
        assert abs(found["fp_valid"][i] - len(valid) / n) <= 0.06
        assert found["fp_majority"][i] == 1
        assert abs(found["fp_purity"][i] - max(np.mean(valid == 1), np.mean(valid == 2))) <= tolerance
        assert abs(found["fp_mean_B01"][i] - values[0][hit].mean()) <= 5000 * tolerance
        assert abs(found["fp_std_B01"][i] - values[0][hit].std()) <= 5000 * tolerance
        assert abs(found["lead_distance_m"][i] - np.hypot(lead_x - x[i], lead_y - y[i]).min()) < 1e-3
        fx, fy = (x[i] - origin[0]) / pixel - 0.5, (origin[1] - y[i]) / pixel - 0.5
        if 0 <= fx < SIZE - 1 and 0 <= fy < SIZE - 1:
            a, b = int(fx), int(fy)
            q = values[0, b:b + 2, a:a + 2]
            expected = q[0, 0] * (1 - fx + a) * (1 - fy + b) + q[0, 1] * (fx - a) * (1 - fy + b) + q[1, 0] * (1 - fx + a) * (fy - b) + q[1, 1] * (fx - a) * (fy - b)
            assert abs(found["s2_bilinear_B01"][i] - expected) < 1e-2

    layers = gdal.OpenEx(str(out / "colocated.gpkg"))
    assert layers.GetLayerByName("footprints").GetFeatureCount() == inside.sum()
    assert layers.GetLayerByName("scene_outline").GetFeatureCount() == 1


@pytest.mark.parametrize("epsg", [6931, 6932, 3571, 3413])
def test_a_record_without_a_place_lies_nowhere(tmp_path, epsg):
    """PROJ's equal-area projection of the pole takes NaN for the pole itself, which is on this raster."""
    lat = -1 if epsg == 6932 else 1
    write_tif(tmp_path / "values.tif", np.arange(1, 10001, dtype="uint16").reshape(1, 100, 100), epsg, (-1000.0, 1000.0), 20.0)
    places = [(10, 89.999), (10.5, 89.998), None, (11.5, 89.996), (12, 89.995)]
    rows = ["lon,lat,v"] + [f"{p[0]},{lat * p[1]},1.5" if p else ",,100.5" for p in places]
    (tmp_path / "points.csv").write_text("\n".join(rows) + "\n")
    out, record, _ = run_pipeline(tmp_path, f"""
floe: 1
title: No place
steps:
  points: {{ use: table.read, with: {{ file: points.csv, x: lon, y: lat }} }}
  values: {{ use: raster.read, with: {{ files: values.tif }} }}
  laid: {{ use: colocate.track, in: {{ input: points.table, rasters: [values.image] }}, with: {{ along: 50, across: 50 }} }}
  grid: {{ use: altimetry.grid, in: {{ input: points.table }}, with: {{ column: v, crs: "EPSG:{epsg}", cell: 2000, extent: [-2000, -2000, 2000, 2000] }} }}
outputs: {{ track.csv: laid.track, grid.tif: grid.grid }}
""")
    found, reasons = columns(out / "track.csv")
    assert reasons[2] == "no position" and np.isnan(found["s2_value_B01"][2]) and np.isnan(found["fp_mean_B01"][2])
    others = [0, 1, 3, 4]
    assert np.isfinite(found["s2_value_B01"][others]).all()
    # The direction of the records beside it comes from those that have a place.
    x, y = Transformer.from_crs(4326, epsg, always_xy=True).transform([p[0] for p in places if p], [lat * p[1] for p in places if p])
    u = np.array([x[1] - x[0], y[1] - y[0]])
    u /= np.hypot(*u)
    px, py = np.meshgrid(-1000 + 20 * (np.arange(100) + 0.5), 1000 - 20 * (np.arange(100) + 0.5))
    a, b = (px - x[1]) * u[0] + (py - y[1]) * u[1], (py - y[1]) * u[0] - (px - x[1]) * u[1]
    inside = (abs(a) <= 25) & (abs(b) <= 25)
    assert found["fp_mean_B01"][1] == pytest.approx(np.arange(1, 10001).reshape(100, 100)[inside].mean(), abs=1e-9)
    grid = gdal.Open(str(out / "grid.tif")).ReadAsArray()
    assert np.nansum(grid[2]) == 4 and set(grid[0][grid[2] > 0]) == {1.5}


def test_same_bytes_for_any_number_of_workers(tmp_path):
    make(tmp_path, "utm north")
    texts = []
    for workers in (1, 3):
        out, _, _ = run_pipeline(tmp_path, PIPELINE.format(extra=""), "--workers", workers)
        texts.append(((out / "track.csv").read_bytes(), (out / "colocated.gpkg").read_bytes()))
    assert texts[0] == texts[1]


def test_no_overlap_names_the_distance(tmp_path):
    make(tmp_path, "utm north")
    (tmp_path / "points.csv").write_text("lon,lat\n9.0,60.0\n9.0,60.01\n")
    _, _, result = run_pipeline(tmp_path, PIPELINE.format(extra=""), expect=1)
    assert "no record meets the scene" in result.err and " km from its edge" in result.err
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").glob("*"))


def test_limit_without_time_is_refused(tmp_path):
    make(tmp_path, "utm north")
    _, _, result = run_pipeline(tmp_path, PIPELINE.format(extra=", max_dt_minutes: 30"), expect=2)
    assert "time of the scene" in result.err


def test_class_raster_without_names(tmp_path):
    make(tmp_path, "utm north")
    text = PIPELINE.format(extra="").replace("values.image, classes.result", "plain.image").replace(
        "  classes: {", "  plain: { use: raster.read, with: { files: codes.tif, quantity: class } }\n  classes: {")
    _, _, result = run_pipeline(tmp_path, text, expect=2)
    assert "class codes without names" in result.err


@pytest.mark.parametrize("noise, significant", [(0.0, True), (1.0, False)])
def test_drift_finds_a_known_shift(tmp_path, noise, significant):
    """Codes of the track are those of the raster 30 m east and 20 m south; with noise of 1 they are drawn at random."""
    from scipy import ndimage
    random = np.random.default_rng(8)
    field = ndimage.gaussian_filter(random.normal(size=(SIZE, SIZE)), 1.5)
    codes = np.where(field > np.quantile(field, 0.7), 2, 1).astype("uint8")
    write_tif(tmp_path / "codes.tif", codes[None], 32632, (500000.0, 7100000.0), 10.0)
    rows, cols = np.arange(20, 380), 100 + np.arange(360) // 2
    lon, lat = Transformer.from_crs(32632, 4326, always_xy=True).transform(500005.0 + 10 * cols, 7099995.0 - 10 * rows)
    seen = np.where(random.random(360) < noise, np.where(random.random(360) < 0.3, 2, 1), codes[rows + 2, cols + 3])
    np.savetxt(tmp_path / "points.csv", np.c_[lon, lat, seen, np.full(360, 600)], fmt=["%.12f", "%.12f", "%d", "%d"], delimiter=",", header="lon,lat,class_code,dt_s", comments="")
    out, _, _ = run_pipeline(tmp_path, """
floe: 1
title: Drift
steps:
  points: { use: table.read, with: { file: points.csv, x: lon, y: lat } }
  codes: { use: raster.read, with: { files: codes.tif, names: [codes] } }
  classes: { use: raster.expression, in: { image: codes.image }, with: { expression: codes, classes: { 1: sea_ice, 2: lead } } }
  shift: { use: colocate.drift, in: { input: points.table, raster: classes.result }, with: { radius: 150, exclude: 60 } }
outputs:
  shift.json: shift.report
""")
    report = json.loads((out / "shift.json").read_text())
    assert report["significant"] is significant
    if significant:
        assert report["best"]["east_m"] == 30 and report["best"]["north_m"] == -20 and report["best"]["agreement"] == 1
        assert report["drift"]["east_m_s"] == -0.05


def read_track(out):
    return columns(out / "track.csv")


LONGITUDES = """
floe: 1
title: Points on a raster in degrees
steps:
  points: { use: table.read, with: { file: points.csv, x: lon, y: lat } }
  codes: { use: raster.read, with: { files: codes.tif, names: [codes] } }
  classes: { use: raster.expression, in: { image: codes.image }, with: { expression: codes, classes: { 1: sea_ice, 2: lead } } }
  laid: { use: colocate.track, in: { input: points.table, rasters: [classes.result] }, with: { along: 1200, across: 5000, lead_search: 20000 } }
outputs:
  track.csv: laid.track
"""


def test_raster_in_degrees_across_180(tmp_path):
    """Metres differ by direction there, and neighbours may have longitudes 360 degrees apart."""
    from pyproj import Geod
    geod = Geod(ellps="WGS84")
    random = np.random.default_rng(6)
    origin, pixel, size = (179.5, 72.2), 0.002, 500
    codes = np.where(random.random((size, size)) < 0.003, 2, 1).astype("uint8")
    write_tif(tmp_path / "codes.tif", codes, 4326, origin, pixel, nodata=255)
    t = np.linspace(-0.05, 1.05, 200)
    lon, lat = 179.6 + 0.8 * t, 72.15 - 0.9 * t
    wrapped = np.where(lon > 180, lon - 360, lon)
    np.savetxt(tmp_path / "points.csv", np.c_[wrapped, lat], fmt="%.12f", delimiter=",", header="lon,lat", comments="")
    out, _, _ = run_pipeline(tmp_path, LONGITUDES)
    found, reasons = read_track(out)
    c, r = np.floor((lon - origin[0]) / pixel).astype(int), np.floor((origin[1] - lat) / pixel).astype(int)
    inside = (c >= 0) & (r >= 0) & (c < size) & (r < size)
    expected = np.full(len(lon), np.nan)
    expected[inside] = codes[r[inside], c[inside]]
    np.testing.assert_array_equal(found["s2_class"], expected)
    assert (wrapped[inside] < 0).any() and (wrapped[inside] > 0).any()
    rows, cols = np.nonzero(codes == 2)
    lead_lon, lead_lat = origin[0] + (cols + 0.5) * pixel, origin[1] - (rows + 0.5) * pixel
    for i in np.flatnonzero(inside)[::10]:
        distance = geod.inv(np.full(len(cols), lon[i]), np.full(len(cols), lat[i]), lead_lon, lead_lat)[2].min()
        assert found["lead_distance_m"][i] == pytest.approx(distance, rel=0.01, abs=5)
        # The whole rectangle over its area in pixels: it keeps its size and shape on the ground where longitudes jump, too.
        column, row = np.meshgrid(np.arange(size), np.arange(size))
        metre_x, metre_y = geod.inv(lon[i] - 0.05, lat[i], lon[i] + 0.05, lat[i])[2] / 0.1, geod.inv(lon[i], lat[i] - 0.05, lon[i], lat[i] + 0.05)[2] / 0.1
        x, y = (origin[0] + (column + 0.5) * pixel - lon[i]) * metre_x, (origin[1] - (row + 0.5) * pixel - lat[i]) * metre_y
        u = np.array([(lon[i] - lon[i - 1]) * metre_x, (lat[i] - lat[i - 1]) * metre_y])
        u /= np.hypot(*u)
        hit = (abs(x * u[0] + y * u[1]) <= 600) & (abs(-x * u[1] + y * u[0]) <= 2500)
        if 40 < c[i] < size - 40 and 20 < r[i] < size - 20:
            share = (codes[hit] == 2).mean()
            # The rim of the rectangle moves by less than half a percent of its sides between sphere and ellipsoid.
            assert abs(found["fp_lead"][i] - share) <= 4 / hit.sum()


def test_several_rasters_on_different_grids(tmp_path):
    """Values at 10 m, classes at 20 m in another projection: each sampled where its own pixels lie."""
    epsg, origin, pixel, values, codes, lon, lat = make(tmp_path, "utm north")
    to = Transformer.from_crs(4326, 3413, always_xy=True)
    x, y = to.transform(lon, lat)
    corner = (np.floor(x.min()) - 500, np.ceil(y.max()) + 500)
    size = int(max(x.max() - corner[0], corner[1] - y.min()) / 20) + 30
    other = np.where(np.random.default_rng(9).random((size, size)) < 0.3, 2, 1).astype("uint8")
    write_tif(tmp_path / "codes.tif", other, 3413, corner, 20.0, nodata=255)
    out, _, _ = run_pipeline(tmp_path, PIPELINE.format(extra=""))
    found, _ = read_track(out)
    np.testing.assert_array_equal(found["s2_class"], other[np.floor((corner[1] - y) / 20).astype(int), np.floor((x - corner[0]) / 20).astype(int)])
    x, y = Transformer.from_crs(4326, epsg, always_xy=True).transform(lon, lat)
    c, r = np.floor((x - origin[0]) / pixel).astype(int), np.floor((origin[1] - y) / pixel).astype(int)
    inside = (c >= 0) & (r >= 0) & (c < SIZE) & (r < SIZE)
    expected = np.full(len(lon), np.nan)
    expected[inside] = values[0, r[inside], c[inside]]
    np.testing.assert_array_equal(found["s2_value_B01"], expected)


def test_drift_moves_back_by_v_dt(tmp_path):
    """Ice drifts eastward at 0.1 m/s; seen 600 s after the scene it lay 60 m farther west when the scene was taken."""
    epsg, origin, pixel, values, codes, lon, lat = make(tmp_path, "utm north")
    x, y = Transformer.from_crs(4326, epsg, always_xy=True).transform(lon, lat)
    np.savetxt(tmp_path / "points.csv", np.c_[lon, lat, np.full(len(lon), 1551484571.0 + 600)], fmt=["%.12f", "%.12f", "%.1f"], delimiter=",", header="lon,lat,seconds", comments="")
    text = PIPELINE.format(extra=", scene_time: '2019-03-01T23:56:11', time_column: seconds, drift: [0.1, -0.05], footprint: false")
    text = text.replace(", footprints: laid.footprints", "")
    out, _, _ = run_pipeline(tmp_path, text)
    found, _ = read_track(out)
    assert (found["dt_s"] == 600).all()
    # Grid north and true north differ by less than a degree here: 1 m of 67 m.
    bx, by = x - 60, y + 30
    c, r = (bx - origin[0]) / pixel, (origin[1] - by) / pixel
    inside = (c >= 1) & (r >= 1) & (c < SIZE - 1) & (r < SIZE - 1)
    # Only where 2 m do not lead into another pixel.
    clear = inside & (abs(c - np.floor(c) - 0.5) < 0.3) & (abs(r - np.floor(r) - 0.5) < 0.3)
    assert clear.sum() > 50
    np.testing.assert_array_equal(found["s2_value_B01"][clear], values[0, np.floor(r[clear]).astype(int), np.floor(c[clear]).astype(int)])


def test_limit_of_time_counts_and_names(tmp_path):
    _, _, _, _, _, lon, lat = make(tmp_path, "utm north")
    dt = np.linspace(-3000, 3000, len(lon))
    np.savetxt(tmp_path / "points.csv", np.c_[lon, lat, 1551484571.0 + dt], fmt=["%.12f", "%.12f", "%.3f"], delimiter=",", header="lon,lat,seconds", comments="")
    limits = ", scene_time: '2019-03-01T23:56:11', time_column: seconds, max_dt_minutes: "
    out, record, _ = run_pipeline(tmp_path, PIPELINE.format(extra=limits + "20"))
    found, reasons = read_track(out)
    late = np.array([r.startswith("time difference above 20") for r in reasons])
    outside = np.array([r == "outside the scene" for r in reasons])
    np.testing.assert_allclose(found["dt_s"], dt, atol=1e-3)
    np.testing.assert_array_equal(late, (abs(dt) > 1200) & ~outside)
    assert "no time" not in reasons
    assert late.sum() > 30 and json.dumps(record).count("time difference above 20") > 0
    (tmp_path / "out").rename(tmp_path / "first")
    # A record without a time has a reason of its own.
    lines = (tmp_path / "points.csv").read_text().splitlines()
    lines[151] = lines[151].rsplit(",", 1)[0] + ","
    (tmp_path / "points.csv").write_text("\n".join(lines) + "\n")
    out, _, _ = run_pipeline(tmp_path, PIPELINE.format(extra=limits + "20"))
    assert read_track(out)[1][150] == "no time" and not outside[150]
    (tmp_path / "out").rename(tmp_path / "second")
    np.savetxt(tmp_path / "points.csv", np.c_[lon, lat, 1551484571.0 + dt + 90000], fmt=["%.12f", "%.12f", "%.3f"], delimiter=",", header="lon,lat,seconds", comments="")
    _, _, result = run_pipeline(tmp_path, PIPELINE.format(extra=limits + "20"), expect=1)
    assert "no common time" in result.err and "min away" in result.err
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").glob("*"))


@pytest.mark.parametrize("change, sentence", [("rotated", "is rotated or sheared"), ("no system", "no coordinate reference system")])
def test_rasters_that_cannot_be_used(tmp_path, change, sentence):
    make(tmp_path, "utm north")
    ds = gdal.Open(str(tmp_path / "values.tif"), gdal.GA_Update)
    if change == "rotated":
        ds.SetGeoTransform((500000, 9, 2, 7100000, 2, -9))
    else:
        plain = gdal.GetDriverByName("GTiff").Create(str(tmp_path / "plain.tif"), SIZE, SIZE, 2, gdal.GDT_UInt16)
        plain.SetGeoTransform(ds.GetGeoTransform())
        plain.WriteArray(ds.ReadAsArray())
        plain = None
        (tmp_path / "plain.tif").replace(tmp_path / "values.tif")
    ds = None
    _, _, result = run_pipeline(tmp_path, PIPELINE.format(extra=""), expect=None)
    assert result.status in (1, 2) and sentence in result.err
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").glob("*"))


def test_track_without_coordinates(tmp_path):
    make(tmp_path, "utm north")
    text = PIPELINE.format(extra="").replace(", x: lon, y: lat", "")
    _, _, result = run_pipeline(tmp_path, text, expect=2)
    assert "no point coordinates" in result.err and "x: lon, y: lat" in result.err


@pytest.mark.parametrize("source", ["points", "laid"])
def test_columns_keep_their_definition_while_planning(tmp_path, source):
    """Limits for another definition of peakiness are refused before anything runs, after colocate.track as before it."""
    _, _, _, _, _, lon, lat = make(tmp_path, "utm north")
    with netCDF4.Dataset(tmp_path / "points.nc", "w") as d:
        d.createDimension("record", len(lon))
        for name, values in {"lon": lon, "lat": lat, "peakiness": lat, "ssd": lon}.items():
            d.createVariable(name, "f8", ["record"])[:] = values
        d["peakiness"].definition = "max-mean"
    text = PIPELINE.format(extra="").replace("points.csv", "points.nc").replace("outputs:\n", f"""\
  found: {{ use: altimetry.classify, in: {{ input: {source}.{'table' if source == 'points' else 'track'} }}, with: {{ limits: cpom-cryosat2 }} }}
outputs:
  found.csv: found.track
""")
    (tmp_path / "pipeline.yaml").write_text(text)
    result = floe("check", tmp_path / "pipeline.yaml", expect=2)
    assert "'max-mean'" in result.err and "'course'" in result.err
