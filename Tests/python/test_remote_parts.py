"""Servers that answer with less than was asked for, or with something else: the whole file or a sentence, never a part of it."""
import json
import zipfile

import numpy as np
import pytest

from conftest import floe, read, write_tif
from served import COPY, QUICK, STACK, item
from web import serving


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("parts")
    write_tif(folder / "a.tif", np.random.default_rng(3).integers(1, 9000, (2, 300, 400)).astype("uint16"), nodata=0)
    (folder / "long.csv").write_text("x,y,value\n" + "".join(f"{i % 7},{i % 5},{i}\n" for i in range(20_000)))
    with zipfile.ZipFile(folder / "a.zip", "w") as z:
        z.write(folder / "a.tif", "a.tif")
    floe("step", "synthetic.sentinel2", "--folder", folder / "s2", "--size", 240, "--truth", "truth.tif", "-o", folder / "t", "--quiet")
    floe("step", "synthetic.sentinel3", "--folder", folder, "--records", 200, "--truth", folder / "t/truth.tif", "--surfaces", "s.csv",
         "-o", folder / "t", "--quiet")
    (folder / "copy.yaml").write_text(COPY)
    return folder


@pytest.fixture
def web(made):
    with serving(made) as web:
        yield web


def table(place, out, **more):
    return floe("step", "table.read", "--file", place, "--table", "t.csv", "-o", out, "--quiet", **more)


@pytest.mark.parametrize("how", ["cap", "tiny", "stars", "trim", "capped stars"])
def test_a_short_answer_is_not_the_whole(made, web, tmp_path, how):
    if "cap" in how or how == "tiny":
        web.cap = 1000 if how == "tiny" else 32_768
    web.stars = "stars" in how
    web.faults = [("long.csv", "trim"), ("a.tif", "trim")] if how == "trim" else []
    table(made / "long.csv", tmp_path / "local")
    table(web.url("long.csv"), tmp_path / "web")
    assert (tmp_path / "local/t.csv").read_bytes() == (tmp_path / "web/t.csv").read_bytes()
    floe("run", made / "copy.yaml", "--set", f"image={web.url('a.tif')}", "-o", tmp_path / "image", "--quiet")
    assert (read(tmp_path / "image/image.tif") == read(made / "a.tif")).all() and not web.faults


def test_an_answer_without_a_byte_is_asked_for_again(made, web, tmp_path):
    table(made / "long.csv", tmp_path / "local")
    web.faults = [("long.csv", "trim")] * 4  # the last 500 bytes, and then none of them
    table(web.url("long.csv"), tmp_path / "web", env=QUICK)
    assert (tmp_path / "local/t.csv").read_bytes() == (tmp_path / "web/t.csv").read_bytes() and not web.faults


@pytest.mark.parametrize("fault, words", [("reset", "the connection was cut"), ("shift", "another part than was asked for")])
def test_a_product_whose_server_fails_on_the_way(made, web, tmp_path, fault, words):
    """The first failure is told and not what follows from it, and no other file is waited for."""
    (tmp_path / "stack.yaml").write_text(STACK)
    safe = next((made / "s2").glob("*.SAFE")).name
    for start in (8, 16, 24, 32):
        web.requests.clear()
        web.random = lambda path: fault if len(web.requests) > start else None
        result = floe("run", tmp_path / "stack.yaml", "--set", f"scene={web.url('s2/' + safe)}", "-o", tmp_path / f"o{start}", "--quiet",
                      expect=None, env=QUICK)
        assert result.status in (1, 2) and words in result.err and "missing" not in result.err, result.err
        assert len(web.requests) <= start + 24 and not (tmp_path / f"o{start}").exists()


def test_a_file_of_a_track_that_is_refused(made, web, tmp_path):
    sen3 = next(made.glob("*.SEN3")).name
    web.random = lambda path: 403 if path.endswith("measurement.nc") else None
    result = floe("step", "sentinel3.sral", "--product", web.url(sen3), "--track", "r.csv", "-o", tmp_path / "o", "--quiet", expect=None)
    assert result.status in (1, 2) and "the server refuses it (403)" in result.err and "measurement.nc" in result.err


def test_a_part_that_never_comes_has_its_sentence(made, web, tmp_path):
    size = (made / "long.csv").stat().st_size
    web.answers["/long.csv"] = lambda handler, query, body: (
        206, [("Content-Range", f"bytes 0-99/{size}")], (made / "long.csv").read_bytes()[:100])
    result = table(web.url("long.csv"), tmp_path / "o", expect=None, env=QUICK)
    assert result.status in (1, 2) and "sent another part than was asked for" in result.err and not (tmp_path / "o/t.csv").exists()


@pytest.mark.parametrize("kind", ["text/html", "text/csv"])
def test_a_page_is_no_table(made, web, tmp_path, kind):
    web.answers["/login.csv"] = lambda *_: (200, [("Content-Type", kind)], b"\n<!DOCTYPE html>\n<html>please log in</html>")
    result = table(web.url("login.csv"), tmp_path / "o", expect=None, env=QUICK)
    assert result.status in (1, 2) and "sends a web page" in result.err


def test_a_track_on_a_server_that_lists_nothing(made, web, tmp_path):
    sen3 = next(made.glob("*.SEN3")).name
    web.listings = False
    for place, out in ((made / sen3, "local"), (web.url(sen3), "web")):
        floe("step", "sentinel3.sral", "--product", place, "--track", "r.csv", "-o", tmp_path / out, "--quiet")
    assert (tmp_path / "local/r.csv").read_bytes() == (tmp_path / "web/r.csv").read_bytes()
    assert "SRAL" in floe("info", web.url(sen3)).out


def test_a_raster_in_an_archive_at_a_distance(made, web, tmp_path):
    web.user = "Basic YW5uYTpTZWNyZXQxMjM0NQ=="
    own = web.url("a.zip").replace("//", "//anna:Secret12345@")
    for n, place in enumerate((f"/vsizip//vsicurl/{own}/a.tif", f"/vsizip/{{/vsicurl/{own}}}/a.tif", f"/vsicurl_streaming/{own[:-3]}tif")):
        result = floe("run", made / "copy.yaml", "--set", f"image={place}", "-o", tmp_path / f"o{n}", "--log", tmp_path / "log")
        assert (read(tmp_path / f"o{n}/image.tif") == read(made / "a.tif")).all()
        for text in (result.out, result.err, (tmp_path / "log").read_text(), (tmp_path / f"o{n}/run.json").read_text()):
            assert "Secret12345" not in text
    result = floe("run", made / "copy.yaml", "--set", f"image=/vsizip//vsicurl/{own}/b.tif", "-o", tmp_path / "p", expect=2)
    assert "is no archive that holds 'b.tif'" in result.err and "Secret12345" not in result.err
    web.user = "Basic other"
    result = floe("run", made / "copy.yaml", "--set", f"image=/vsizip//vsicurl/{own}/a.tif", "-o", tmp_path / "p", expect=2)
    assert "credentials are missing" in result.err and "Secret12345" not in result.err
    result = floe("run", made / "copy.yaml", "--set", f"image=/vsicurl?url={own}", "-o", tmp_path / "p", expect=2)
    assert "form with options" in result.err and "Secret12345" not in result.err


def test_one_file_is_given_up_once(made, web, tmp_path):
    web.random = lambda path: "reset"
    result = floe("run", made / "copy.yaml", "--set", f"image={web.url('a.tif')}", "-o", tmp_path / "o", "--quiet", expect=2, env=QUICK)
    assert "5 times" in result.err and len(web.requests) == 5
    # Later in the run, when drivers ask again and again.
    web.random, seen = None, len(web.requests)
    web.random = lambda path: "reset" if len(web.requests) > seen + 1 else None
    result = table(web.url("long.csv"), tmp_path / "p", expect=None, env=QUICK)
    assert result.status in (1, 2) and len([r for r in web.requests[seen:] if r[1] == "/long.csv"]) <= 8


@pytest.mark.parametrize("target, sentence", [("/a.tif", "redirects without end"), ("file:///etc/passwd", "of a kind that is not read")])
def test_redirects_that_lead_nowhere_are_asked_once(made, web, tmp_path, target, sentence):
    web.redirect = {"/a.tif": target}
    result = floe("run", made / "copy.yaml", "--set", f"image={web.url('a.tif')}", "-o", tmp_path / "o", "--quiet", expect=2, env=QUICK)
    assert sentence in result.err and "times" not in result.err and len(web.requests) < 40


def test_a_document_on_the_network_names_no_local_file(made, web, tmp_path):
    (made / "evil.json").write_text(json.dumps(item("evil", f"file://{made / 'a.tif'}")))
    result = floe("run", made / "copy.yaml", "--set", f"image={web.url('evil.json')}", "-o", tmp_path / "o", expect=2)
    assert "a file of this machine" in result.err
    floe("run", made / "copy.yaml", "--set", f"image={made / 'evil.json'}", "-o", tmp_path / "local", "--quiet")


def test_one_page_of_a_catalogue_is_no_season(made, tmp_path):
    page = {"type": "FeatureCollection", "features": [item(n, str(made / "a.tif")) for n in ("one", "two")]}
    for more, words in (({"links": [{"rel": "next", "href": "https://host/x?token=2"}]}, "names a next page"),
                        ({"numberMatched": 413}, "holds 2 of 413 items")):
        (tmp_path / "page.json").write_text(json.dumps({**page, **more}))
        result = floe("batch", made / "copy.yaml", "--over", f"image={tmp_path / 'page.json'}", "-o", tmp_path / "b", expect=2)
        assert words in result.err
    (tmp_path / "page.json").write_text(json.dumps(page))
    floe("batch", made / "copy.yaml", "--over", f"image={tmp_path / 'page.json'}", "-o", tmp_path / "b", "--quiet")
    result = floe("run", made / "copy.yaml", "--set", f"image={tmp_path / 'page.json'}", "-o", tmp_path / "o", expect=None)
    assert result.status in (1, 2) and "is a list of 2 items" in result.err


def test_the_store_is_named_by_its_host(made, tmp_path):
    environment = {**QUICK, "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_NO_SIGN_REQUEST": "NO"}
    result = floe("run", made / "copy.yaml", "--set", "image=s3://b/a.tif", "-o", tmp_path / "o", expect=2,
                  env={**environment, "AWS_S3_ENDPOINT": "http://127.0.0.1:9"})
    assert "a host alone is needed: 127.0.0.1:9, with AWS_HTTPS=NO" in result.err
    result = floe("run", made / "copy.yaml", "--set", "image=s3://b/a.tif", "-o", tmp_path / "o", expect=2,
                  env={**environment, "AWS_S3_ENDPOINT": "127.0.0.1:9", "AWS_HTTPS": "NO", "AWS_VIRTUAL_HOSTING": "FALSE"})
    assert "does not answer" in result.err or "connect" in result.err
