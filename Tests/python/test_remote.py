"""Inputs by URL: the same bytes as from the disk, a sentence for each fault, no secret anywhere, servers that nobody named left alone."""
import gzip
import hashlib
import json
import os
import pathlib
import random
import shutil
import ssl
import subprocess
import time

import numpy as np
import pytest
from osgeo import gdal, ogr

from conftest import FLOE, floe, read, write_tif
from web import serving

gdal.UseExceptions()
QUICK = {**os.environ, "GDAL_HTTP_RETRY_DELAY": "0.02"}
STACK = """
floe: 1
inputs:
  scene: { type: path }
  box: { type: list, optional: true }
  window: { type: list, optional: true }
steps:
  stack: { use: sentinel2.stack, with: { product: $scene, bands: [B02, B11], resolution: 20, box: $box, window: $window } }
outputs: { stack.tif: stack.image, mask.tif: stack.mask }
"""
COPY = """
floe: 1
inputs: { image: { type: path } }
steps:
  image: { use: raster.read, with: { files: [$image] } }
outputs: { image.tif: image.image }
"""


def digests(folder):
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.glob("*"))
            if p.is_file() and p.name not in ("run.json",) and not p.name.startswith(".")}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder to serve: a small Sentinel-2 product as folder and zip, a raster, tables, a track."""
    folder = tmp_path_factory.mktemp("served")
    floe("step", "synthetic.sentinel2", "--folder", folder, "--size", 480, "--truth", "truth.tif", "-o", folder / "t", "--quiet")
    safe = next(folder.glob("*.SAFE"))
    shutil.make_archive(str(safe), "zip", folder, safe.name)
    rng = np.random.default_rng(3)
    write_tif(folder / "a.tif", rng.integers(1, 9000, (2, 700, 900)).astype("uint16"), nodata=0)
    (folder / "points.csv").write_text("x,y,value\n" + "".join(f"{i % 7},{i % 5},{i}\n" for i in range(200)))
    floe("step", "table.read", "--file", folder / "points.csv", "--x", "x", "--y", "y", "--table", "points.gpkg", "-o", folder, "--quiet")
    floe("step", "synthetic.sentinel3", "--folder", folder, "--records", 200, "--truth", folder / "t/truth.tif", "--surfaces", "s.csv",
         "-o", folder / "t", "--quiet")
    (folder / "stack.yaml").write_text(STACK)
    (folder / "copy.yaml").write_text(COPY)
    return folder


@pytest.fixture
def web(made):
    with serving(made) as web:
        yield web


def names(made):
    return next(made.glob("*.SAFE")).name, next(made.glob("*.SEN3")).name


def test_zipped_product_gives_the_same_bytes(made, web, tmp_path):
    safe, _ = names(made)
    local = floe("run", made / "stack.yaml", "--set", f"scene={made / safe}.zip", "-o", tmp_path / "local", "--quiet")
    result = floe("run", made / "stack.yaml", "--set", f"scene={web.url(safe + '.zip')}", "-o", tmp_path / "web")
    assert digests(tmp_path / "local") == digests(tmp_path / "web") and local.status == 0
    assert "over the network in" in result.err + result.out
    record = json.loads((tmp_path / "web/run.json").read_text())
    assert record["network"]["bytes"] == web.sent and record["network"]["requests"] == len(web.requests)


@pytest.mark.parametrize("listings", [True, False])
def test_product_folder_gives_the_same_bytes(made, web, tmp_path, listings):
    safe, _ = names(made)
    floe("run", made / "stack.yaml", "--set", f"scene={made / safe}", "-o", tmp_path / "local", "--quiet")
    web.listings = listings
    out = tmp_path / "web"
    floe("run", made / "stack.yaml", "--set", f"scene={web.url(safe)}", "-o", out, "--quiet")
    assert digests(out) == digests(tmp_path / "local")
    # The manifest has the checksums of all files: it stands for them.
    assert json.loads((out / "run.json").read_text())["fingerprints"][0]["by"] == "manifest"


def test_a_part_of_a_product(made, web, tmp_path):
    safe, _ = names(made)
    for place, out in ((made / safe, "local"), (web.url(safe), "web")):
        floe("run", made / "stack.yaml", "--set", f"scene={place}", "--set", "window=10,20,40,30", "-o", tmp_path / out, "--quiet")
    assert (read(tmp_path / "web/stack.tif") == read(tmp_path / "local/stack.tif")).all()


def part_of(column, row, width, height):
    """The pipeline that cuts so many pixels of an image of `images`."""
    west, north = 300000 + 10 * column, 7900020 - 10 * row
    box = f"[{west}, {north - 10 * height}, {west + 10 * width}, {north}]"
    return COPY.replace(
        "outputs:", f"  part: {{ use: raster.clip, in: {{ image: image.image }}, with: {{ box: {box} }} }}\noutputs:").replace(
        "image.tif: image.image", "image.tif: part.result")


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """A JPEG 2000 image of 16 tiles of half a megabyte, with the marker that tells their lengths and without."""
    folder = tmp_path_factory.mktemp("jp2")
    pixels = np.random.default_rng(5).integers(1, 60000, (1, 2048, 2048)).astype("uint16")
    source = gdal.Open(str(write_tif(folder / "noise.tif", pixels)))
    for name, marker in (("listed", "YES"), ("plain", "NO")):
        gdal.GetDriverByName("JP2OpenJPEG").CreateCopy(
            str(folder / f"{name}.jp2"), source, options=[
                "REVERSIBLE=YES", "QUALITY=100", "BLOCKXSIZE=512", "BLOCKYSIZE=512", f"TLM={marker}", "RESOLUTIONS=3"])
        # A box that nobody reads: files of up to 32 MB are fetched whole, since they are known by their bytes.
        with open(folder / f"{name}.jp2", "ab") as file:
            file.write((33_000_008).to_bytes(4, "big") + b"free" + bytes(33_000_000))
    assert (b"\xff\x55" in (folder / "listed.jp2").read_bytes()[:20000]) and (folder / "plain.jp2").stat().st_size > 5_000_000
    return folder, pixels[0]


def test_a_part_of_an_image_reads_its_tiles_alone(images, tmp_path):
    folder, pixels = images
    environment = {**QUICK, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    file = tmp_path / "part.yaml"
    file.write_text(part_of(1700, 1800, 100, 90))
    with serving(folder) as web:
        for name, most in (("listed", 5), ("plain", 22), ("plain", 5)):
            before = len(web.requests), web.sent
            out = tmp_path / f"{name}-{most}"
            floe("run", file, "--set", f"image={web.url(name + '.jp2')}", "-o", out, "--quiet", env=environment)
            assert (read(out / "image.tif") == pixels[1800:1890, 1700:1800]).all()
            assert len(web.requests) - before[0] <= most and web.sent - before[1] < 1_500_000, (name, web.requests[before[0]:])
        file.write_text(COPY)
        floe("run", file, "--set", f"image={web.url('listed.jp2')}", "-o", tmp_path / "whole", "--quiet", env=environment)
        assert (read(tmp_path / "whole/image.tif") == pixels).all()


def test_a_list_of_tiles_that_is_wrong_is_told(images, tmp_path):
    """Two lengths of the marker changed so that their sum stays: headers and marker contradict each other."""
    folder, _ = images
    data = bytearray((folder / "listed.jp2").read_bytes())
    at = data.index(b"\xff\x55")
    length = int.from_bytes(data[at + 2:at + 4], "big")
    sizes = data[at + 5]
    entry = (sizes >> 4 & 3) + 4
    entries = [at + 6 + i * entry + (sizes >> 4 & 3) for i in range((length - 4) // entry)]
    for place, change in ((entries[13], 7), (entries[14], -7)):
        data[place:place + 4] = (int.from_bytes(data[place:place + 4], "big") + change).to_bytes(4, "big")
    (tmp_path / "served").mkdir()
    (tmp_path / "served/bad.jp2").write_bytes(data)
    file = tmp_path / "part.yaml"
    file.write_text(part_of(1100, 1800, 100, 90))
    with serving(tmp_path / "served") as web:
        result = floe("run", file, "--set", f"image={web.url('bad.jp2')}", "-o", tmp_path / "o", "--quiet", expect=None,
                      env={**QUICK, "XDG_CACHE_HOME": str(tmp_path / "cache")})
    assert result.status == 1 and "bad.jp2" in result.err and not (tmp_path / "o").exists()


def test_raster_gives_the_same_bytes(made, web, tmp_path):
    floe("run", made / "copy.yaml", "--set", f"image={made / 'a.tif'}", "-o", tmp_path / "local", "--quiet")
    for form in (web.url("a.tif"), "/vsicurl/" + web.url("a.tif"), web.url("a.tif") + "?key=abcdefgh&b=1"):
        shutil.rmtree(tmp_path / "web", ignore_errors=True)
        floe("run", made / "copy.yaml", "--set", f"image={form}", "-o", tmp_path / "web", "--quiet")
        assert digests(tmp_path / "local") == digests(tmp_path / "web")
    # GDAL's own client reads the same.
    assert (gdal.Open("/vsicurl/" + web.url("a.tif")).ReadAsArray() == read(tmp_path / "web/image.tif")).all()


def test_nothing_to_do_the_second_time(made, web, tmp_path):
    floe("run", made / "copy.yaml", "--set", f"image={web.url('a.tif')}", "-o", tmp_path / "o", "--quiet")
    again = floe("run", made / "copy.yaml", "--set", f"image={web.url('a.tif')}", "-o", tmp_path / "o")
    assert "nothing to do" in again.err + again.out


@pytest.mark.parametrize("name", ["points.csv", "points.gpkg"])
def test_tables(made, web, tmp_path, name):
    for place, out in ((made / name, "local"), (web.url(name), "web")):
        floe("step", "table.read", "--file", place, "--table", "t.csv", "-o", tmp_path / out, "--quiet")
    assert (tmp_path / "local/t.csv").read_bytes() == (tmp_path / "web/t.csv").read_bytes()


def test_tracks_are_fetched_whole_since_netcdf_reads_files(made, web, tmp_path):
    _, sen3 = names(made)
    for place, out in ((made / sen3, "local"), (web.url(sen3), "web")):
        floe("step", "sentinel3.sral", "--product", place, "--track", "r.csv", "-o", tmp_path / out, "--quiet")
    assert (tmp_path / "local/r.csv").read_bytes() == (tmp_path / "web/r.csv").read_bytes()
    assert not list(pathlib.Path(os.environ.get("TMPDIR", "/var/tmp")).glob(".floe-*"))


def test_the_folder_for_temporary_files_stays(made, web, tmp_path):
    folder = tmp_path / "empty"
    folder.mkdir()
    _, sen3 = names(made)
    floe("step", "sentinel3.sral", "--product", web.url(sen3), "--track", "r.csv", "-o", tmp_path / "o", "--quiet",
         env={**QUICK, "TMPDIR": str(folder)})
    assert folder.is_dir() and not list(folder.iterdir())


def test_info_and_check(made, web):
    safe, _ = names(made)
    assert "900 x 700" in floe("info", web.url("a.tif")).out
    told = floe("info", web.url(safe + ".zip")).out
    assert "Sentinel-2 MSI L1C" in told and "over the network in" in told
    assert "over the network in" in floe("check", made / "copy.yaml", "--set", f"image={web.url('a.tif')}").out


# Each fault has its sentence

@pytest.mark.parametrize("fault, words", [
    (404, "there is nothing at this address (404)"),
    (403, "the server refuses it (403)"),
    (401, "credentials are missing"),
    (503, "the server cannot answer now (503)"),
    (429, "asked too often (429)"),
    ("cut", "the connection was cut"),
    ("reset", "the connection was cut"),
])
def test_a_lasting_fault_has_its_sentence(made, web, tmp_path, fault, words):
    web.random = lambda path: fault
    result = floe("run", made / "copy.yaml", "--set", f"image={web.url('a.tif')}", "-o", tmp_path / "o", "--quiet", expect=2, env=QUICK)
    assert words in result.err and web.url("a.tif") in result.err
    assert not (tmp_path / "o").exists() or not list((tmp_path / "o").iterdir())


def test_a_server_that_does_not_answer(made, web, tmp_path):
    web.delay, web.random = 3, lambda path: "slow"
    env = {**QUICK, "GDAL_HTTP_TIMEOUT": "1", "GDAL_HTTP_MAX_RETRY": "0"}
    result = floe("run", made / "copy.yaml", "--set", f"image={web.url('a.tif')}", "-o", tmp_path / "o", "--quiet", expect=2, env=env)
    assert "did not answer in time" in result.err


@pytest.mark.parametrize("fault", [429, 500, 502, 503, "cut", "reset"])
def test_a_passing_fault_is_none(made, web, tmp_path, fault):
    floe("run", made / "copy.yaml", "--set", f"image={made / 'a.tif'}", "-o", tmp_path / "local", "--quiet")
    web.faults = [("a.tif", fault)] * 3
    floe("run", made / "copy.yaml", "--set", f"image={web.url('a.tif')}", "-o", tmp_path / "web", "--quiet", env=QUICK)
    assert digests(tmp_path / "local") == digests(tmp_path / "web") and not web.faults


def test_a_server_without_ranges_sends_the_whole_once(made, tmp_path):
    folder = tmp_path / "served"
    folder.mkdir()
    write_tif(folder / "large.tif", np.random.default_rng(1).integers(1, 60000, (1, 1000, 1200)).astype("uint16"))
    floe("run", made / "copy.yaml", "--set", f"image={folder / 'large.tif'}", "-o", tmp_path / "local", "--quiet")
    with serving(folder) as web:
        web.ranges = False
        result = floe("run", made / "copy.yaml", "--set", f"image={web.url('large.tif')}", "-o", tmp_path / "web")
    assert "sends files only whole" in result.err
    assert digests(tmp_path / "local") == digests(tmp_path / "web")


@pytest.mark.parametrize("name, parameter", [("a.tif", "image"), ("points.csv", "file")])
def test_a_file_that_is_compressed_on_the_way(made, web, tmp_path, name, parameter):
    content = gzip.compress((made / name).read_bytes())
    web.answers[f"/{name}"] = lambda *_: (200, [("Content-Encoding", "gzip")], content)
    words = ["run", made / "copy.yaml", "--set", f"image={web.url(name)}"] if parameter == "image" else [
        "step", "table.read", "--file", web.url(name), "--table", "t.csv"]
    result = floe(*words, "-o", tmp_path / "o", "--quiet", expect=2)
    assert "compressed (Content-Encoding: gzip)" in result.err and web.url(name) in result.err


def test_a_file_that_changes_on_the_server(made, tmp_path):
    folder = tmp_path / "served"
    folder.mkdir()
    shutil.copy(made / "a.tif", folder / "a.tif")
    with serving(folder) as web:
        def change(path, seen=[0]):
            seen[0] += 1
            if seen[0] == 3:
                os.utime(folder / "a.tif", (1, 1))
            return None
        web.random = change
        result = floe("run", made / "copy.yaml", "--set", f"image={web.url('a.tif')}", "-o", tmp_path / "o", "--quiet", expect=None)
    assert result.status in (1, 2) and "changed on the server" in result.err


def test_random_faults_give_the_right_bytes_or_a_sentence(made, web, tmp_path):
    """Twelve runs here; `FLOE_FAULT_RUNS` asks for more."""
    floe("run", made / "copy.yaml", "--set", f"image={made / 'a.tif'}", "-o", tmp_path / "local", "--quiet")
    right = digests(tmp_path / "local")
    ended = {0: 0, 1: 0, 2: 0}
    for seed in range(int(os.environ.get("FLOE_FAULT_RUNS", 12))):
        rng = random.Random(seed)
        web.random = lambda path: rng.choice([429, 500, 503, "cut", "reset"]) if rng.random() < 0.15 + 0.05 * (seed % 10) else None
        out = tmp_path / f"o{seed}"
        result = floe("run", made / "copy.yaml", "--set", f"image={web.url('a.tif')}", "-o", out, "--quiet", expect=None, env=QUICK)
        ended[result.status] += 1
        if result.status == 0:
            assert digests(out) == right
        else:
            assert result.err.startswith("error: ") and (not out.exists() or not list(out.iterdir()))
    assert ended[0] > 0


# Secrets, and servers that nobody named

def test_no_secret_is_written_or_said(made, web, tmp_path):
    web.query = "token=Secret12345&user=Somebody99"
    url = web.url("a.tif") + "?" + web.query
    result = floe("run", made / "copy.yaml", "--set", f"image={url}", "-o", tmp_path / "o", "--verbose", "--log", tmp_path / "log")
    web.query = "token=Another"
    refused = floe("run", made / "copy.yaml", "--set", f"image={url}", "-o", tmp_path / "p", "--verbose", expect=2)
    assert "(403)" in refused.err
    web.query, web.user = None, "Basic YW5uYTpTZWNyZXQxMjM0NQ=="
    own = web.url("a.tif").replace("//", "//anna:Secret12345@")
    floe("run", made / "copy.yaml", "--set", f"image={own}", "-o", tmp_path / "q", "--quiet")
    texts = [result.out, result.err, refused.err, (tmp_path / "log").read_text()]
    texts += [p.read_bytes().decode("latin-1") for o in "oq" for p in (tmp_path / o).rglob("*") if p.is_file()]
    for text in texts:
        assert "Secret12345" not in text and "Somebody99" not in text
    assert json.loads((tmp_path / "o/run.json").read_text())["settings"]["image"] == web.url("a.tif")


def test_credentials_stay_with_their_host(made, web, tmp_path):
    """A redirect to another host name must not take user and password along."""
    with serving(made) as other:
        web.user = "Basic YW5uYTpTZWNyZXQxMjM0NQ=="
        web.redirect = {"/moved.tif": f"http://localhost:{other.port}/a.tif"}
        own = web.url("moved.tif").replace("//", "//anna:Secret12345@")
        floe("run", made / "copy.yaml", "--set", f"image={own}", "-o", tmp_path / "o", "--quiet")
        assert other.requests and all("Authorization" not in r[2] for r in other.requests)
        assert (read(tmp_path / "o/image.tif") == read(made / "a.tif")).all()


def test_a_batch_hides_secrets_from_the_process_list(made, web, tmp_path):
    web.query, web.lag = "token=Secret12345", 0.1
    (tmp_path / "list.csv").write_text(f"name,image\none,{web.url('a.tif')}?{web.query}\n")
    process = subprocess.Popen([str(FLOE), "batch", str(made / "copy.yaml"), "--over", str(tmp_path / "list.csv"), "-o", str(tmp_path / "o"),
                                "--quiet"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    lines = set()
    while process.poll() is None:
        lines |= set(subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True).stdout.splitlines())
        time.sleep(0.05)
    assert process.returncode == 0, process.stderr.read()
    assert not [line for line in lines if "Secret12345" in line]
    files = [file for file in (tmp_path / "o").rglob("*") if file.is_file()]
    assert files
    for file in files:
        assert b"Secret12345" not in file.read_bytes()


def test_a_mosaic_reaches_no_server_that_no_input_names(made, web, tmp_path):
    with serving(made) as other:
        vrt = gdal.BuildVRT(str(tmp_path / "m.vrt"), str(made / "a.tif"))
        vrt = None
        text = (tmp_path / "m.vrt").read_text()
        start = text.index(">", text.index("<SourceFilename")) + 1
        text = text[:start] + f"/vsicurl/{other.url('a.tif')}" + text[text.index("</SourceFilename"):]
        (tmp_path / "m.vrt").write_text(text.replace('relativeToVRT="1"', 'relativeToVRT="0"'))
        (tmp_path / "two.yaml").write_text("""
floe: 1
inputs: { image: { type: path }, other: { type: path } }
steps:
  a: { use: raster.read, with: { files: [$image] } }
  b: { use: raster.read, with: { files: [$other] } }
outputs: { a.tif: a.image, b.tif: b.image }
""")
        result = floe("run", tmp_path / "two.yaml", "--set", f"image={web.url('a.tif')}", "--set", f"other={tmp_path / 'm.vrt'}",
                      "-o", tmp_path / "o", "--quiet", expect=None)
        assert result.status != 0 and "no input of the request names that server" in result.err
        assert not other.requests


@pytest.mark.parametrize("url", ["https://[::1:80/a.tif", "https://host.invalid:port/a.tif", "https://[::1]:99999/a.tif", "https://[::1]x/a.tif"])
def test_addresses_that_cannot_be_read(made, tmp_path, url):
    result = floe("run", made / "copy.yaml", "--set", f"image={url}", "-o", tmp_path / "o", expect=2)
    assert "is no URL that can be read" in result.err and "times" not in result.err


def test_an_encrypted_address_that_leads_to_one_that_is_not(made, tmp_path):
    """Checked where this machine has an address beside loopback."""
    words = subprocess.run(["hostname", "-I"], capture_output=True, text=True).stdout.split()
    host = next((w for w in words if "." in w), None)
    if host is None or shutil.which("openssl") is None:
        pytest.skip("one machine's other address, or openssl, is missing")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days", "2", "-subj",
                    "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    # rasterio, where another test of this process imports it, sets the second for the processes that come after.
    env = {**QUICK, "CURL_CA_BUNDLE": str(certificate), "GDAL_CURL_CA_BUNDLE": str(certificate)}
    with serving(made, host) as plain, serving(made) as web:
        web.server.socket = context.wrap_socket(web.server.socket, server_side=True)
        web.redirect = {"/moved.tif": f"http://{host}:{plain.port}/a.tif"}
        floe("run", made / "copy.yaml", "--set", f"image=https://localhost:{web.port}/a.tif", "-o", tmp_path / "right", "--quiet", env=env)
        result = floe("run", made / "copy.yaml", "--set", f"image=https://localhost:{web.port}/moved.tif", "-o", tmp_path / "o", expect=2, env=env)
    assert f"redirects to http://{host}:{plain.port}/a.tif, which is not encrypted" in result.err and not (tmp_path / "o").exists()


def test_plain_http_to_other_hosts_is_refused(made, tmp_path):
    result = floe("run", made / "copy.yaml", "--set", "image=http://192.0.2.1/a.tif", "-o", tmp_path / "o", expect=2)
    assert "is not encrypted" in result.err


# STAC documents as inputs

def item(id, href, **assets):
    return {"stac_version": "1.0.0", "type": "Feature", "id": id, "geometry": None, "properties": {"datetime": "2019-03-01T00:00:00Z"},
            "links": [], "assets": {"image": {"href": href, "roles": ["data"], "type": "image/tiff; application=geotiff"},
                                    "thumb": {"href": "t.png", "roles": ["thumbnail"], "type": "image/png"}, **assets}}


def test_an_item_stands_for_its_file(made, web, tmp_path):
    (made / "item.json").write_text(json.dumps(item("one", "./a.tif")))
    floe("run", made / "copy.yaml", "--set", f"image={made / 'a.tif'}", "-o", tmp_path / "local", "--quiet")
    for n, place in enumerate((made / "item.json", web.url("item.json"), f"{made / 'item.json'}#image")):
        floe("run", made / "copy.yaml", "--set", f"image={place}", "-o", tmp_path / f"o{n}", "--quiet")
        assert digests(tmp_path / f"o{n}") == digests(tmp_path / "local")
    (tmp_path / "far.json").write_text(json.dumps(item("far", web.url("a.tif"))))
    result = floe("run", made / "copy.yaml", "--set", f"image={tmp_path / 'far.json'}", "-o", tmp_path / "far")
    assert digests(tmp_path / "far") == digests(tmp_path / "local") and "which is read over the network" in result.err


def test_several_assets_must_be_told_apart(made, tmp_path):
    more = {"other": {"href": "b.tif", "roles": ["data"], "type": "image/tiff"}}
    (tmp_path / "item.json").write_text(json.dumps(item("two", "a.tif", **more)))
    result = floe("run", made / "copy.yaml", "--set", f"image={tmp_path / 'item.json'}", "-o", tmp_path / "o", expect=2)
    assert "has the assets image, other" in result.err and "#image" in result.err


def test_catalogues_and_collections_feed_a_batch(made, web, tmp_path):
    (made / "c").mkdir(exist_ok=True)
    for name in ("one", "two"):
        (made / f"c/{name}.json").write_text(json.dumps(item(name, "../a.tif")))
    links = [{"rel": "item", "href": f"./{n}.json"} for n in ("one", "two")]
    (made / "c/catalog.json").write_text(json.dumps({"stac_version": "1.0.0", "type": "Catalog", "id": "c", "description": "", "links": links}))
    for n, place in enumerate((made / "c/catalog.json", web.url("c/catalog.json"))):
        floe("batch", made / "copy.yaml", "--over", f"image={place}", "-o", tmp_path / f"b{n}", "--quiet")
        assert sorted(p.parent.name for p in (tmp_path / f"b{n}").glob("*/image.tif")) == ["one", "two"]
    result = floe("run", made / "copy.yaml", "--set", f"image={made / 'c/catalog.json'}", "-o", tmp_path / "o", expect=2)
    assert "lists 2 items" in result.err


# S3

@pytest.fixture(scope="module")
def bucket(made):
    server = pytest.importorskip("moto.server")
    boto3 = pytest.importorskip("boto3")
    web = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    web.start()
    host, port = web.get_host_and_port()
    keys = {"AWS_ACCESS_KEY_ID": "AKIAMADEUP1234567890", "AWS_SECRET_ACCESS_KEY": "madeupSecret1234567890abcd", "AWS_DEFAULT_REGION": "us-east-1"}
    client = boto3.client("s3", endpoint_url=f"http://{host}:{port}", region_name="us-east-1",
                          aws_access_key_id=keys["AWS_ACCESS_KEY_ID"], aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"])
    client.create_bucket(Bucket="eodata")
    safe, _ = names(made)
    for file in [made / "a.tif", *(made / safe).rglob("*")]:
        if file.is_file():
            client.upload_file(str(file), "eodata", str(file.relative_to(made)))
    yield {**QUICK, **keys, "AWS_S3_ENDPOINT": f"{host}:{port}", "AWS_HTTPS": "NO", "AWS_VIRTUAL_HOSTING": "FALSE", "AWS_REGION": "us-east-1"}
    web.stop()


def test_raster_and_product_from_s3(made, bucket, tmp_path):
    safe, _ = names(made)
    for pipeline, name, there in (("copy.yaml", "image", "a.tif"), ("stack.yaml", "scene", safe)):
        floe("run", made / pipeline, "--set", f"{name}={made / there}", "-o", tmp_path / f"local-{name}", "--quiet")
        result = floe("run", made / pipeline, "--set", f"{name}=s3://eodata/{there}", "-o", tmp_path / name, env=bucket)
        assert "over the network in" in result.err + result.out
        files = list((tmp_path / f"local-{name}").glob("*.tif"))
        assert files
        for file in files:
            assert (read(file) == read(tmp_path / name / file.name)).all()
        assert bucket["AWS_SECRET_ACCESS_KEY"] not in (tmp_path / name / "run.json").read_text()
    assert digests(tmp_path / "local-image") == digests(tmp_path / "image")


def test_what_s3_lacks_or_refuses(made, bucket, tmp_path):
    result = floe("run", made / "copy.yaml", "--set", "image=s3://eodata/nothing.tif", "-o", tmp_path / "o", env=bucket, expect=2)
    assert "s3://eodata/nothing.tif" in result.err
    without = {k: v for k, v in bucket.items() if not k.startswith("AWS_") or k in ("AWS_S3_ENDPOINT", "AWS_HTTPS", "AWS_VIRTUAL_HOSTING")}
    without["AWS_EC2_METADATA_DISABLED"] = "TRUE"
    result = floe("run", made / "copy.yaml", "--set", "image=s3://eodata/a.tif", "-o", tmp_path / "o", env=without, expect=2)
    assert "AWS_SECRET_ACCESS_KEY" in result.err
