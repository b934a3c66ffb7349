"""What reaches which server: no secret anywhere, credentials at their own host, servers that nobody named left alone, plain HTTP refused."""
import json
import shutil
import ssl
import subprocess
import time

import pytest
from osgeo import gdal

from conftest import FLOE, floe, read
from served import QUICK, made, web  # noqa: F401
from web import serving


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
