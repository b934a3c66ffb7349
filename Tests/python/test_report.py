"""The report: a page that a browser shows without a fault, figures that are kept and can be drawn anew, numbers that are the run's."""
import html.parser
import json
import pathlib
import re
import shutil
import subprocess

import numpy as np
import pytest
from browser import chromium
from conftest import ROOT, floe, read, run_pipeline, write_tif

CHECKS = (pathlib.Path(__file__).parent / "accessibility.js").read_text()
PAGES = ["results", "radar", "story"]


@pytest.fixture(scope="module")
def tabs():
    with chromium() as tab:
        yield tab


class Tables(html.parser.HTMLParser):
    """The tables of a page by caption, as lists of rows of texts."""

    def __init__(self, path):
        super().__init__()
        self.tables, self.rows, self.cell, self.caption, self.images = {}, None, None, None, []
        self.feed(path.read_text())

    def handle_starttag(self, tag, attributes):
        if tag == "table":
            self.rows = []
        elif tag == "caption":
            self.caption = ""
        elif tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.cell = ""
        elif tag == "img":
            self.images.append(dict(attributes))

    def handle_data(self, data):
        if self.cell is not None:
            self.cell += data
        elif self.caption is not None and not self.rows:
            self.caption += data

    def handle_endtag(self, tag):
        if tag in ("td", "th"):
            self.rows[-1].append(self.cell)
            self.cell = None
        elif tag == "table":
            self.tables[self.caption] = self.rows
            self.caption = None

    def table(self, start):
        return next(rows for caption, rows in self.tables.items() if caption.startswith(start))


def number(text):
    return float(re.sub(r"[^\d.e-]", "", text.replace("−", "-")))


def test_polygons_of_a_made_scene_are_synthetic_too(demo, tmp_path):
    """The class raster is read from its file; the page shows no raster and no track."""
    out, _, _ = run_pipeline(tmp_path, f"""floe: 1
steps:
  read: {{ use: raster.read, with: {{ files: ["{demo['results']}/ice-lead.tif"] }} }}
  leads: {{ use: vector.leads, in: {{ image: read.image }} }}
  page: {{ use: report.html }}
outputs: {{ leads.gpkg: leads.leads, report.html: page.page }}
""")
    text = html.unescape((out / "report.html").read_text())
    assert "Synthetic data, no measurement. From S2A_MSIL1C_" in text and "A run of floe:" not in text


def test_parameters_with_names_stand_as_a_pipeline_writes_them(tmp_path):
    """Nested, and in their own order, which decides."""
    write_tif(tmp_path / "a.tif", (np.random.default_rng(1).integers(0, 3, (60, 50)) * 3000 + 5).astype(np.uint16))
    names = '{ lead: darkest, thin_ice: { rule: "brightness < 0.75", code: 4 }, sea_ice: rest }'
    out, record, _ = run_pipeline(tmp_path, f"""floe: 1
steps:
  read: {{ use: raster.read, with: {{ files: ["{tmp_path}/a.tif"] }} }}
  groups: {{ use: cluster.kmeans, in: {{ samples: read.image }}, with: {{ clusters: 3, names: {names} }} }}
  page: {{ use: report.html }}
outputs: {{ c.tif: groups.classes, report.html: page.page }}
""")
    wanted = names.replace('"', "")
    told = next(s for s in record["steps"] if s["id"] == "groups")
    assert told["with_text"]["names"] == wanted and "thin_ice" in told["with"]["names"]
    assert f"names: {wanted}" in html.unescape((out / "report.html").read_text().replace("<wbr>", ""))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("page", PAGES)
def test_a_browser_shows_the_page_without_a_fault(demo, tabs, tmp_path, page, width, scheme):
    path = demo["folder"] / page / "report.html"
    tab = tabs()
    tab.open(path, width, scheme=scheme)
    assert tab.run(CHECKS) == []
    assert tab.complaints == []
    # Nothing but the page itself and what is inside it.
    assert [u for u in tab.requests if not u.startswith("data:")] == [path.resolve().as_uri()]
    assert tab.run("document.documentElement.scrollWidth") <= width
    tab.screenshot(tmp_path / "shot.png")
    picture = read(tmp_path / "shot.png")[:3].astype(float)
    assert picture.shape[2] == width and picture.std() > 10
    # Paper is light or dark as asked for.
    corner = picture[:, 5, 3].mean()
    assert corner > 200 if scheme == "light" else corner < 60


FAULTY = """<!DOCTYPE html><html><head><title>x</title></head><body><main><h1>a</h1><h3 id="t">b</h3><p id="t" style="color:#999;background:#fff">pale</p>
<a href="#nowhere">away</a><img src="data:image/png;base64,AAAA" alt="x"><table><tr><th>h</th></tr></table></main></body></html>"""


def test_the_checks_find_faults(tabs, tmp_path):
    (tmp_path / "faulty.html").write_text(FAULTY)
    tab = tabs()
    tab.open(tmp_path / "faulty.html", 390)
    found = "\n".join(tab.run(CHECKS))
    for fault in ["no language", "skips a level", "given twice", "leads nowhere", "is missing", "too short", "no caption", "no scope", "contrast of 2.85"]:
        assert fault in found, found


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_files(demo, tabs, page):
    folder = demo["folder"] / page
    tab = tabs()
    tab.open(folder / "report.html", 1280)
    links = tab.run("[...document.querySelectorAll('a')].map(a => a.getAttribute('href'))")
    files = [href for href in links if not href.startswith("#")]
    assert len(files) >= 3 * tab.run("document.images.length") > 0
    for href in files:
        assert (folder / href).stat().st_size > 0


@pytest.mark.parametrize("page", PAGES)
def test_every_figure_comes_as_svg_png_and_script(demo, page):
    folder = demo["folder"] / page / "figures"
    record = json.loads((folder.parent / "run.json").read_text())["results"]["report"]["figures"]
    assert len(record) == len(set(record)) > 3
    for name in record:
        assert (folder / f"{name}.svg").read_text().rstrip().endswith("</svg>")
        picture = read(folder / f"{name}.png")
        assert picture.shape[1] > 200 and picture[:3].std() > 5, name
        # What is named in the script is there.
        for file in re.findall(r"'([^']+\.(?:dat|png))'", (folder / f"{name}.gp").read_text()):
            assert (folder / file).exists(), file
    assert (folder.parent / "report.html").stat().st_size < 10_000_000


def test_the_story_has_all_parts(demo):
    names = json.loads((demo["folder"] / "story/run.json").read_text())["results"]["report"]["figures"]
    for part in ["map-stack-true-colour", "map-stack-false-colour", "map-ice-lead", "map-groups-probability-p-lead", "spectra-groups", "histograms-stack",
                 "scatter-track", "echoes-mean-track", "echogram-track", "peaks-track", "echoes-overlaid-track", "shifts-track", "echoes-chosen-track",
                 "stack-power-track", "drift-shift-report"]:
        assert part in names


def test_numbers_are_those_of_the_run(demo):
    page = Tables(demo["folder"] / "story/report.html")
    record = json.loads((demo["folder"] / "story/run.json").read_text())
    areas = {a["label"]: a for a in record["results"]["groups"]["class_areas"]}
    for label, pixels, km2, _ in page.table("Class areas")[1:]:
        assert number(pixels) == areas[label]["pixels"]
        assert abs(number(km2) - areas[label]["area_km2"]) < 0.006
    matrix = record["results"]["altimeter_and_esa"]["score"]["confusion_matrix"]["counts"]
    shown = page.table("Confusion matrix of altimeter and esa")[1:]
    assert [[number(c) for c in row[1:-1]] for row in shown] == matrix
    rows = page.table("What was left out")[1:]
    left = {(step, row[3]): number(row[1]) for row in rows for step in [row[0], *row[4].split(", ")]}
    for item in record["left_out"]:
        assert left[item["step"], item["reason"]] == item["count"]
    # A number with its reason stands once, whatever steps count it.
    assert len({tuple(row[1:4]) for row in rows}) == len(rows) < len(record["left_out"]) / 1.8
    # Alternative texts tell the numbers too.
    alt = next(i["alt"] for i in page.images if i["alt"].startswith("Map of classes"))
    assert f"{areas['Lead']['share'] * 100:.1f}" in alt


# Stripes where there is no data: neither snow nor any class has them.
HATCHING = {(238, 234, 242), (176, 164, 186)}


def test_the_class_map_has_the_colours_of_the_class_table(demo):
    picture = read(demo["results"] / "figures/map-ice-lead.image.png")
    colours = {tuple(c) for c in picture.reshape(3, -1).T}
    assert colours <= {(214, 234, 244), (230, 97, 1), *HATCHING} and (230, 97, 1) in colours
    classes = read(demo["results"] / "ice-lead.tif")
    share = (classes == 2).sum() / (classes != 255).sum()
    lead, ice = (np.all(picture == np.array(c)[:, None, None], axis=0).sum() for c in [(230, 97, 1), (214, 234, 244)])
    assert abs(lead / (lead + ice) - share) < 0.02
    # No data is hatched, in both colours, and nowhere else.
    bare = sum(np.all(picture == np.array(c)[:, None, None], axis=0) for c in HATCHING)
    assert HATCHING <= colours and abs(bare.mean() - (classes == 255).mean()) < 0.02
    white = read(demo["results"] / "figures/map-stack-true-colour.image.png").reshape(3, -1).T
    assert HATCHING <= {tuple(c) for c in white}


def test_intervals_are_wilsons(demo):
    """Against Brown, Cai and DasGupta's formula as statsmodels has it, written here anew."""
    def wilson(k, n, z=1.959963984540054):
        p = k / n
        return [(p + z * z / 2 / n + s * z * np.sqrt(p * (1 - p) / n + z * z / 4 / n / n)) / (1 + z * z / n) for s in (-1, 1)]

    # Published: 0 of 10 is 0 to 0.278, 8 of 10 is 0.490 to 0.943 (Newcombe 1998, his method 3).
    assert np.allclose([wilson(0, 10)[1], *wilson(8, 10)], [0.2775, 0.4902, 0.9433], atol=1e-4)
    page = Tables(demo["folder"] / "radar/report.html")
    score = json.loads((demo["folder"] / "radar/run.json").read_text())["results"]["score"]["score"]
    rows = {row[0]: row[1:] for row in page.table("Classification report of score")[1:]}
    counts = np.array(score["confusion_matrix"]["counts"])[:2, :2]
    for i, label in enumerate(["Sea ice", "Lead"]):
        for cell, n in zip(rows[label], (counts[:, i].sum(), counts[i].sum(), None, counts[i].sum() + counts[:, i].sum() - counts[i, i])):
            value, low, high = map(float, re.findall(r"[\d.]+", cell))
            if n is None:
                union = counts[i].sum() + counts[:, i].sum() - counts[i, i]
                expected = [2 * v / (1 + v) for v in wilson(counts[i, i], union)]
            else:
                expected = wilson(counts[i, i], n)
                assert abs(value - counts[i, i] / n) < 6e-4
            assert np.allclose([low, high], expected, atol=6e-4), (label, cell)
    text = (demo["folder"] / "radar/report.html").read_text()
    low, high = wilson(counts.trace(), counts.sum())
    assert f"Accuracy {counts.trace() / counts.sum():.3f} ({low:.3f} to {high:.3f})" in text


def test_few_pairs_have_numbers_and_intervals_and_no_curve(demo):
    page = Tables(demo["folder"] / "story/report.html")
    record = json.loads((demo["folder"] / "story/run.json").read_text())["results"]
    for key, start in (("agreement_by_purity", "Agreement by the share"), ("agreement_by_minutes", "Agreement by time")):
        expected = [(name.replace("_", " "), step["pairs"]) for name, told in record.items()
                    for step in (told.get("score") or {}).get(key, [])]
        assert sorted((row[0], number(row[2])) for row in page.table(start)[1:]) == sorted(expected)
        has_curve = any(len((told.get("score") or {}).get(key, [])) > 1 for told in record.values())
        assert (key.replace("_", "-") in record["report"]["figures"]) == has_curve
    # The minutes are told where a figure of one step cannot show them.
    assert "Records and scene are 2.9 minutes apart" in (demo["folder"] / "story/report.html").read_text()


def test_a_track_without_a_scene_has_a_map(demo):
    record = json.loads((demo["folder"] / "radar/run.json").read_text())["results"]
    assert "map-track-echoes" in record["report"]["figures"]
    rows = np.loadtxt(demo["folder"] / "radar/figures/map-track-echoes.track.dat")
    # pyproj is the judge of where the records lie.
    import netCDF4
    import pyproj
    with netCDF4.Dataset(demo["folder"] / "radar/echoes.nc") as data:
        lon, lat = data["lon_20_ku"][:], data["lat_20_ku"][:]
    x, y = pyproj.Transformer.from_crs(4326, 3413, always_xy=True).transform(lon, lat)
    assert len(rows) == len(x) and np.allclose(rows[:, 0], x, atol=1) and np.allclose(rows[:, 1], y, atol=1)


def test_areas_are_those_of_the_raster_that_is_drawn(tmp_path):
    """A map of bare cluster numbers does not wear the areas of the classes made beside it."""
    pixels = np.full((1, 60, 90), 8000, np.uint16)
    pixels[:, :, :30] = 500
    pixels[:, :, 30:40] = 4000
    write_tif(tmp_path / "i.tif", pixels, epsg=32601)
    run_pipeline(tmp_path, f"""floe: 1
steps:
  image: {{ use: raster.read, with: {{ files: {tmp_path / "i.tif"} }} }}
  groups: {{ use: cluster.kmeans, in: {{ samples: image.image }}, with: {{ clusters: 3, names: {{ lead: darkest, sea_ice: rest }}, dark_ratio: 0.9 }} }}
  report: {{ use: report.html }}
outputs:
  labels.tif: groups.labels
  classes.tif: groups.classes
  report.html: report.page
""")
    page = Tables(tmp_path / "out/report.html")
    alts = [i["alt"] for i in page.images if i["alt"].startswith("Map of classes")]
    labels = next(a for a in alts if "luster" in a)
    # 60 rows of 10 m; 30, 10 and 50 columns.
    assert [round(float(v), 3) for v in re.findall(r"([\d.]+) km²", labels)] == [0.18, 0.06, 0.3]
    assert re.findall(r"([\d.]+) %", labels) == ["33.3", "11.1", "55.6"]
    classes = next(a for a in alts if "Lead" in a)
    assert re.findall(r"([\d.]+) %", classes) == ["66.7", "33.3"]


def test_a_faint_uncertainty_is_drawn_by_decades(demo):
    script = (demo["results"] / "figures/map-probability-entropy.gp").read_text()
    picture = read(demo["results"] / "figures/map-probability-entropy.image.png").reshape(3, -1).T
    stored = read(demo["results"] / "probability.tif")[-1]
    faint = (stored[stored != 65535] > 5000).mean() < 0.02
    assert ("set logscale cb" in script) == faint
    # Not one flat colour.
    assert len({tuple(c) for c in picture} - HATCHING) > 3


@pytest.mark.parametrize("page", PAGES)
def test_words_of_the_inside_stay_there(demo, page):
    text = re.sub(r"<details>.*?</details>|<style>.*?</style>|base64,[^\"]*", "", (demo["folder"] / page / "report.html").read_text(), flags=re.S)
    for word in ["step groups", "column class_code", "column fp_majority", "column esa_class", "Mind this"]:
        assert word not in text, word


@pytest.mark.parametrize("page", PAGES)
def test_nothing_is_cut_on_a_phone_and_on_paper(demo, tabs, page):
    """On a phone figures are scrolled in their frames, so that their letters can be read; on paper nobody can scroll."""
    tab = tabs()
    tab.open(demo["folder"] / page / "report.html", 390)
    wide = "[...document.querySelectorAll('%s')].filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.getAttribute('aria-label'))"
    # Figures are drawn in letters of 13 points.
    letters = tab.run("[...document.querySelectorAll('.picture img')].map(i => 13 * i.getBoundingClientRect().width / i.getAttribute('width'))")
    assert len(letters) > 3 and min(letters) >= 9
    assert tab.run("getComputedStyle(document.querySelector('.picture')).overflowX") == "auto"
    tab = tabs()
    # A4 between margins of 1 cm, at 96 dots an inch.
    tab.open(demo["folder"] / page / "report.html", 718)
    tab.call("Emulation.setEmulatedMedia", media="print")
    assert tab.run(wide % ".picture, .wide") == []
    assert tab.run("document.documentElement.scrollWidth") <= 718
    # A number stands on one line: only the blanks of a range or an interval part it.
    parted = """[...document.querySelectorAll('td.n')].filter(e => !/[ \\n]/.test(e.textContent.trim())).filter(e => {
      const range = document.createRange(); range.selectNodeContents(e);
      return new Set([...range.getClientRects()].map(r => Math.round(r.top))).size > 1 }).map(e => e.textContent)"""
    assert tab.run(parted) == [] and tab.run("document.querySelectorAll('td.n').length") > 20
    # Nor does the foot of the page make a sheet of its own.
    assert tab.run("parseFloat(getComputedStyle(document.body).paddingBottom)") == 0


@pytest.mark.parametrize("page", PAGES)
def test_no_parameter_is_told_without_a_value(demo, page):
    text = re.sub(r"<[^>]*>", "", (demo["folder"] / page / "report.html").read_text().split("Steps with the effective parameters")[-1].split("</table>")[0])
    assert text.count(": ") > 10 and not re.search(r": ?(;|$)", text, re.M)


def test_no_text_lies_outside_of_a_figure(demo):
    """In SVG gnuplot takes letters for wider than they are, and once put a legend's second row below the figure."""
    seen = 0
    for page in PAGES:
        for path in (demo["folder"] / page / "figures").glob("*.svg"):
            text = path.read_text()
            width, height = map(float, re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', text).groups())
            for x, y in re.findall(r'<g transform="translate\(([-\d.]+),([-\d.]+)\)[^>]*>\s*<text>', text):
                assert 0 <= float(x) <= width and 5 <= float(y) <= height, (path.name, x, y)
                seen += 1
    assert seen > 200


def test_svg_and_png_are_the_same_figure(demo, tabs, tmp_path):
    """What the legend's plot switches off is on again for the second picture: both have a colour bar."""
    folder = demo["folder"] / "story/figures"
    tab = tabs()
    tab.open(folder / "map-groups-probability-p-lead.svg", 680, height=900)
    tab.screenshot(tmp_path / "shot.png")
    drawn = read(folder / "map-groups-probability-p-lead.png")[:3].astype(int)
    # The bar's bright end, in the right quarter of both.
    for picture in (read(tmp_path / "shot.png")[:3].astype(int), drawn):
        right = picture[:, :, picture.shape[2] * 3 // 4:]
        assert np.all(np.abs(right - np.array([254, 232, 56])[:, None, None]) < 25, axis=0).sum() > 20


def test_figures_do_not_depend_on_workers_or_time(demo, tmp_path):
    def figures(folder, *arguments):
        floe("run", ROOT / "examples/altimetry.yaml", "--set", f"track={demo['track']}", "-o", folder, "--quiet", *arguments)
        return {p.name: p.read_bytes() for p in (folder / "figures").iterdir()}

    one = figures(tmp_path / "one", "--workers", 1, "--memory", "300MB")
    assert one == figures(tmp_path / "two", "--workers", 4)
    assert one == {p.name: p.read_bytes() for p in (demo["folder"] / "radar/figures").iterdir()}


def test_a_kept_script_draws_the_same_figure(demo, tmp_path):
    folder = tmp_path / "figures"
    shutil.copytree(demo["folder"] / "story/figures", folder)
    for name in ["map-ice-lead", "echoes-mean-track", "spectra-groups"]:
        before = (folder / f"{name}.svg").read_bytes()
        (folder / f"{name}.svg").unlink()
        subprocess.run(["gnuplot", f"{name}.gp"], cwd=folder, check=True)
        assert (folder / f"{name}.svg").read_bytes() == before
        assert b"Produced by GNUPLOT" in before and str(demo["folder"]).encode() not in before
