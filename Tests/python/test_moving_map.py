"""The report's interactive map, in Chromium: what it shows and says, against the rasters themselves as GDAL reads them."""
import json
import os
import re

import numpy as np
import pytest
from browser import chromium
from conftest import floe, run_pipeline, write_tif
from osgeo import gdal

CLUSTERS = """floe: 1
steps:
  image: {{ use: raster.read, with: {{ files: {file} }} }}
  groups: {{ use: cluster.kmeans, in: {{ samples: image.image }}, with: {{ clusters: 2, names: {{ lead: darkest, sea_ice: rest }}, dark_ratio: 0.9 }} }}
  report: {{ use: report.html }}
outputs:
  classes.tif: groups.classes
  image.tiff: image.image
  report.html: report.page
"""


@pytest.fixture(scope="module")
def tabs():
    with chromium() as tab:
        yield tab


def opened(tabs, path, width=1280, height=1000):
    tab = tabs()
    tab.open(path, width, height=height)
    state = tab.run("""(async () => { const box = document.querySelector('.moving');
        for (let i = 0; i < 200 && !box.dataset.state; i++) await new Promise((go) => setTimeout(go, 50));
        box.querySelector('.view').scrollIntoView({ behavior: 'instant' }); await new Promise((go) => setTimeout(go, 300));
        return [box.dataset.state, box.querySelector('.told').textContent]; })()""")
    assert state[0] == "ready", state
    return tab


def frame(tab):
    return tab.run("(() => { const r = document.querySelector('.moving .view').getBoundingClientRect(); return [r.x, r.y, r.width, r.height]; })()")


def point(tab, x, y):
    """What the page tells of a place of the window, by its name."""
    tab.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
    rows = tab.run("[...document.querySelectorAll('.moving .told div')].map(d => [d.querySelector('dt').textContent, d.querySelector('dd').textContent])")
    return dict(rows)


def sampled(dataset, x, y, band=1, overview=None):
    """The pixel below a place, and how far the place is from the pixel's edge, in pixels."""
    t = dataset.GetGeoTransform()
    source = dataset.GetRasterBand(band)
    factor = 1
    if overview is not None:
        source = source.GetOverview(overview)
        factor = dataset.RasterXSize / source.XSize
    column, row = (x - t[0]) / t[1] / factor, (y - t[3]) / t[5] / factor
    edge = min(abs(v - round(v)) for v in (column, row)) * factor * abs(t[1])
    return source.ReadAsArray(int(column), int(row), 1, 1)[0, 0], edge


def place(told):
    name, text = next((n, t) for n, t in told.items() if n.startswith("EPSG:"))
    return tuple(float(v) for v in text.split(","))


def test_values_under_the_pointer_are_the_rasters(demo, tabs):
    folder = demo["folder"] / "story"
    tab = opened(tabs, folder / "report.html")
    classes, stack = gdal.Open(str(folder / "ice-lead.tif")), gdal.Open(str(folder / "stack.tif"))
    x0, y0, w, h = frame(tab)
    rng = np.random.default_rng(3)
    words = {1: "Sea ice (1)", 2: "Lead (2)", 255: "no data"}
    seen, checked = set(), 0
    import pyproj
    geographic = pyproj.Transformer.from_crs("EPSG:32601", "EPSG:4326", always_xy=True)
    for u, v in rng.uniform(0.05, 0.95, (60, 2)):
        told = point(tab, x0 + u * w, y0 + v * h)
        if "Class" not in told:
            continue
        x, y = place(told)
        code, edge = sampled(classes, x, y)
        if edge > 1:
            assert told["Class"] == words[int(code)], (x, y)
            seen.add(int(code))
            checked += 1
        lon, lat = geographic.transform(x, y)
        numbers = [float(n) for n in re.findall(r"[\d.]+", told["Latitude, longitude"])]
        assert abs(numbers[0] - lat) < 2e-4 and abs(numbers[1] - abs(lon)) < 5e-4
        # Bands are shown from the overview, in steps of 1/254 of their range.
        value, edge = sampled(stack, x, y, 1, 0)
        shown = next(t for n, t in told.items() if n.startswith("B02"))
        if edge > 1.5 and shown != "no data":
            band = stack.GetRasterBand(1)
            assert abs(float(shown.split()[0]) - (value * (band.GetScale() or 1) + (band.GetOffset() or 0))) < 0.004
    assert checked > 30 and {1, 2} <= seen
    assert tab.complaints == []


def test_layers_go_on_and_off_and_the_map_moves(demo, tabs, tmp_path):
    tab = opened(tabs, demo["folder"] / "story/report.html")
    labels = tab.run("[...document.querySelectorAll('.moving .layers label')].map(l => [l.textContent, l.dataset.kind, l.querySelector('input').checked])")
    kinds = {kind: on for _, kind, on in labels if kind not in ("image",)}
    assert kinds["classes"] and kinds["points"] and kinds["polygons"] is not None
    assert [on for _, kind, on in labels if kind == "image"] == [True, False]
    x0, y0, w, h = frame(tab)

    def view():
        tab.screenshot(tmp_path / "shot.png")
        return gdal.Open(str(tmp_path / "shot.png")).ReadAsArray()[:3, int(y0) + 2:int(y0 + h) - 2, int(x0) + 2:int(x0 + w) - 2].astype(int)

    def tick(kind):
        tab.run(f"document.querySelector('.moving .layers label[data-kind={kind}] input').click()")
        tab.run("new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)))")

    def orange(picture):
        return np.all(np.abs(picture - np.array([230, 97, 1])[:, None, None]) < 40, axis=0).sum()

    before = view()
    for kind in ["classes", "points", "polygons", "image"]:
        tick(kind)
        without = view()
        assert np.abs(without - before).max() > 20, kind
        tick(kind)
        assert np.abs(view() - before).mean() < 0.5, kind
    tab.run("(() => { const s = document.querySelector('.moving input[type=range]'); s.value = 100; s.dispatchEvent(new Event('input')); })()")
    assert orange(view()) > 2 * orange(before)
    # Zoom in, and the mouse drags the map.
    width = "document.querySelector('.moving canvas.leaflet-image-layer').getBoundingClientRect().width"
    first = tab.run(width)
    tab.run("document.querySelector('.moving [data-do=in]').click()")
    tab.run("new Promise((go) => setTimeout(go, 500))")
    assert abs(tab.run(width) / first - 2) < 0.05
    at = x0 + w / 2, y0 + h / 2
    one = place(point(tab, *at))
    tab.call("Input.dispatchMouseEvent", type="mousePressed", x=at[0], y=at[1], button="left", buttons=1, clickCount=1)
    for k in range(1, 11):
        tab.call("Input.dispatchMouseEvent", type="mouseMoved", x=at[0] + 6 * k, y=at[1], button="left", buttons=1)
    tab.call("Input.dispatchMouseEvent", type="mouseReleased", x=at[0] + 60, y=at[1], button="left", clickCount=1)
    tab.run("new Promise((go) => setTimeout(go, 800))")
    two = place(point(tab, *at))
    assert two[0] < one[0] - 200 and abs(two[1] - one[1]) < 200
    tab.run("document.querySelector('.moving [data-do=whole]').click()")
    tab.run("new Promise((go) => setTimeout(go, 500))")
    assert abs(tab.run(width) - first) < 2
    assert tab.complaints == []


def test_records_and_footprints_tell_what_they_are(demo, tabs):
    folder = demo["folder"] / "story"
    tab = opened(tabs, folder / "report.html")
    data = json.loads(tab.run("document.querySelector('.moving script').textContent"))
    track = next(v for v in data["vectors"] if v["kind"] == "points")
    from osgeo import ogr
    source = ogr.Open(str(folder / "colocated.gpkg"))
    layer = source.GetLayer("track")
    codes = {f["record"]: f["class_code"] for f in layer}
    record = next(c for c in track["columns"] if c["name"] == "record")["values"]
    shown = {int(re.sub(r"\D", "", r)): track["groups"][g]["label"] for r, g in zip(record, track["group"]) if g >= 0}
    names = {1: "Sea ice", 2: "Lead", 3: "Unclassified"}
    assert len(shown) > 25 and all(names[codes[r]] == label for r, label in shown.items())
    # The pointer on the middle record of the track says which it is.
    x0, y0, w, h = frame(tab)
    (bx0, by0, bx1, by1), n = data["bounds"], len(record) // 2
    scale = min(w / (bx1 - bx0), h / (by1 - by0))
    told = {}
    for factor in (1, 0.97, 0.94, 0.9, 0.85, 0.8, 0.75, 0.7, 0.6, 0.5):
        x = x0 + w / 2 + (track["places"][n][0] - (bx0 + bx1) / 2) * scale * factor
        y = y0 + h / 2 - (track["places"][n][1] - (by0 + by1) / 2) * scale * factor
        told = point(tab, x, y)
        if any(name == "Altimeter track" for name in told):
            break
    text = next(t for name, t in told.items() if name == "Altimeter track")
    found = int(re.sub(r"\D", "", re.search(r"record ([\d\u202f]+)", text)[1]))
    assert text.startswith(shown.get(found, "record"))


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_cut_and_paper_has_still_figures(demo, tabs, width):
    tab = opened(tabs, demo["folder"] / "story/report.html", width)
    cut = """[...document.querySelectorAll('.moving, .moving *')].filter(e => !e.closest('.view') && !['SCRIPT', 'OPTION'].includes(e.tagName))
        .filter(e => { const r = e.getBoundingClientRect(); return r.right > innerWidth + 1 || r.left < -1 || e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== 'inline' && e.clientWidth > 0; })
        .map(e => e.outerHTML.slice(0, 80))"""
    assert tab.run(cut) == []
    x0, _, w, h = frame(tab)
    assert w > 0.5 * (width - 40) and h > 200
    tab.call("Emulation.setEmulatedMedia", media="print")
    assert tab.run("getComputedStyle(document.querySelector('.moving')).display") == "none"
    assert tab.run("document.images.length") > 3


def thin(tmp_path):
    """Ice with a crack of one pixel, 2100 pixels wide, so that a reduced picture loses it."""
    pixels = np.full((1, 300, 2100), 8000, np.uint16)
    pixels[0, 150, :] = 400
    pixels[0, :, 700:720] = 400
    write_tif(tmp_path / "i.tif", pixels, epsg=32601)
    return run_pipeline(tmp_path, CLUSTERS.format(file=tmp_path / "i.tif"))


def test_thin_leads_are_drawn_where_there_are_any(tabs, tmp_path):
    out, record, _ = thin(tmp_path)
    tab = opened(tabs, out / "report.html")
    labels = tab.run("[...document.querySelectorAll('.moving .layers label')].map(l => l.textContent)")
    assert "Pixels with any lead" in labels
    x0, y0, w, h = frame(tab)
    classes = gdal.Open(str(out / "classes.tif"))
    codes = classes.ReadAsArray()
    t = classes.GetGeoTransform()
    shares = set()
    for _ in range(3):
        tab.run("document.querySelector('.moving [data-do=in]').click()")
        tab.run("new Promise((go) => setTimeout(go, 500))")
    for v in np.linspace(0.2, 0.8, 120):
        told = point(tab, x0 + w / 2, y0 + v * h)
        if "Share of lead" not in told:
            continue
        x, y = place(told)
        column, row = (x - t[0]) / t[1], (y - t[3]) / t[5]
        if min(abs(c / 2 - round(c / 2)) for c in (column, row)) * 20 < 1.1:
            continue
        block = codes[int(row) // 2 * 2:int(row) // 2 * 2 + 2, int(column) // 2 * 2:int(column) // 2 * 2 + 2]
        assert abs(float(told["Share of lead"]) - (block == 2).mean()) < 1e-3
        shares.add((block == 2).mean())
    assert shares == {0, 0.5}
    # The still figure has it, too.
    assert "map-classes-share-of-lead" in record["results"]["report"]["figures"]


def test_the_data_do_not_depend_on_workers(tmp_path):
    pixels = (np.random.default_rng(1).integers(0, 9000, (1, 700, 1300))).astype(np.uint16)
    write_tif(tmp_path / "i.tif", pixels, epsg=32601)
    (tmp_path / "p.yaml").write_text(CLUSTERS.format(file=tmp_path / "i.tif"))
    pages = []
    for workers, memory in ((1, "200MB"), (4, "1GB")):
        out = tmp_path / f"out{workers}"
        floe("run", tmp_path / "p.yaml", "-o", out, "--workers", workers, "--memory", memory, "--quiet")
        text = (out / "report.html").read_text()
        pages.append(re.findall(r"<script.*?</script>", text, re.S))
    assert pages[0] == pages[1] and len(pages[0]) == 3


def test_without_leaflet_there_are_still_maps_and_a_sentence(tmp_path):
    write_tif(tmp_path / "i.tif", np.arange(2500, dtype="uint16").reshape(1, 50, 50), epsg=32601)
    (tmp_path / "p.yaml").write_text(CLUSTERS.format(file=tmp_path / "i.tif"))
    result = floe("run", tmp_path / "p.yaml", "-o", tmp_path / "out", env={**os.environ, "XDG_DATA_DIRS": str(tmp_path / "none")})
    assert "Leaflet is not installed; on Debian: apt-get install libjs-leaflet" in result.err
    page = (tmp_path / "out/report.html").read_text()
    assert "<script" not in page and 'id="figure-map-classes"' in page and "libjs-leaflet" in page


def hatching(picture):
    """The share of pixels in the colour of the stripes that mean no data."""
    return np.all(np.abs(picture[:3].astype(int) - np.array([176, 164, 186])[:, None, None]) < 12, axis=0).mean()


@pytest.mark.parametrize("kind", ["scene", "classes"])
def test_hatching_is_no_data_alone(tabs, tmp_path, kind):
    """One band and classes that are half clear: nothing of the stripes behind shows through, on the left half nothing else."""
    pixels = np.full((1, 200, 400), 8000, np.uint16)
    pixels[0, 80:100] = 400
    pixels[0, :, :200] = 0
    write_tif(tmp_path / "i.tif", pixels, epsg=32601, nodata=0)
    text = CLUSTERS.format(file=tmp_path / "i.tif")
    if kind == "classes":
        text = text.replace("  image.tiff: image.image\n", "")
    (tmp_path / "p.yaml").write_text(text)
    floe("run", tmp_path / "p.yaml", "-o", tmp_path / "out", "--quiet")
    tab = opened(tabs, tmp_path / "out/report.html")
    x0, y0, w, h = frame(tab)
    tab.screenshot(tmp_path / "shot.png")
    picture = gdal.Open(str(tmp_path / "shot.png")).ReadAsArray()[:, int(y0) + 30:int(y0 + h) - 30]
    # The map starts at the part with values: the pointer tells which side of the edge a column is on.
    sides = {}
    for u in np.linspace(0.05, 0.95, 18):
        names = {point(tab, x0 + u * w + d, y0 + h / 2).get("Class") for d in (-6, 6)}
        column = int(x0 + u * w)
        # A strip on an edge is of both sides.
        if len(names) == 1:
            sides.setdefault(names.pop(), []).append(hatching(picture[:, :, column - 4:column + 5]))
    assert max(v for name, v in ((n, max(s)) for n, s in sides.items()) if name not in (None, "no data")) < 0.01
    assert min(min(s) for n, s in sides.items() if n in (None, "no data")) > 0.05


HOLES = """floe: 1
steps:
  image: { use: raster.read, with: { files: [h.tif] } }
  groups:
    use: cluster.kmeans
    in: { samples: image.image }
    with: { clusters: 2, names: { lead: darkest, sea_ice: rest }, dark_ratio: 0.9 }
  shapes: { use: vector.polygonize, in: { image: groups.classes } }
  report: { use: report.html }
outputs: { classes.tif: groups.classes, shapes.gpkg: { shapes: shapes.polygons }, report.html: report.page }
"""


def test_a_hole_of_a_polygon_is_not_the_polygon(tmp_path, tabs):
    """Ice around a lead around a floe: each place is in one polygon alone, of the class that the raster has there."""
    pixels = np.full((1, 200, 200), 8000, np.uint16)
    pixels[0, 50:150, 50:150] = 400
    pixels[0, 80:120, 80:120] = 8000
    write_tif(tmp_path / "h.tif", pixels + np.random.default_rng(0).integers(0, 100, pixels.shape, dtype=np.uint16))
    folder, _, _ = run_pipeline(tmp_path, HOLES)
    tab = opened(tabs, folder / "report.html")
    x0, y0, w, h = frame(tab)
    for part, label in ((0.1, "Sea ice"), (0.35, "Lead"), (0.5, "Sea ice"), (0.65, "Lead"), (0.9, "Sea ice")):
        told = point(tab, x0 + w * part, y0 + h / 2)
        assert told["Class"].startswith(label) and next(text for name, text in told.items() if name.startswith("Polygons")).startswith(label), told
    data = json.loads(tab.run("document.querySelector('.moving script').textContent"))
    shapes = next(v for v in data["vectors"] if v["kind"] == "polygons")
    assert sorted(len(rings) for rings in shapes["places"]) == [1, 2, 2]
    assert tab.complaints == []


def test_footprints_have_the_class_of_the_scene(demo, tabs):
    """As QGIS draws them; the record's own class is that of its point."""
    from osgeo import ogr
    source = ogr.Open(str(demo["folder"] / "story/colocated.gpkg"))
    majority = {f["record"]: None if f["dropped_because"] else f["fp_majority"] for f in source.GetLayer("footprints")}
    tab = opened(tabs, demo["folder"] / "story/report.html")
    data = json.loads(tab.run("document.querySelector('.moving script').textContent"))
    layer = next(v for v in data["vectors"] if v["name"] == "Footprints")
    record = next(c for c in layer["columns"] if c["name"] == "record")["values"]
    names = {0: "Open ocean", 1: "Sea ice", 2: "Lead", 3: "Unclassified", None: None}
    assert len(record) == len(majority) > 10
    for number, group in zip(record, layer["group"], strict=True):
        label = layer["groups"][group]["label"] if group >= 0 else None
        assert label == names[majority[int(re.sub(r"\D", "", number))]]
