"""`floe fetch URL`: the file as the server has it now, whole or not at all, whatever came before."""
import hashlib
import json
import os
import re

import pytest

from conftest import floe
from web import serving

QUICK = {**os.environ, "GDAL_HTTP_RETRY_DELAY": "0.02"}
CONTENT = os.urandom(135_400)


@pytest.fixture
def web(tmp_path):
    (tmp_path / "served").mkdir()
    (tmp_path / "served/a.bin").write_bytes(CONTENT)
    with serving(tmp_path / "served") as web:
        yield web


def fetch(web, folder, name="a.bin", expect=0):
    return floe("fetch", web.url(name), "-o", folder, "--progress", "none", env=QUICK, expect=expect, timeout=120)


def cut_all(web):
    """Every body ends in its middle, but for questions of one byte."""
    def kind(path):
        wanted = web.requests[-1][2].get("Range") or ""
        return None if re.fullmatch(r"bytes=(\d+)-\1", wanted) else "cut"
    web.random = kind


@pytest.mark.parametrize("stars", [False, True])
def test_a_server_that_caps_ranges(web, tmp_path, stars):
    web.cap, web.stars = 32_768, stars
    web.faults = [("a.bin", None), ("a.bin", "cut")]  # the question, then half of the file: the rest comes in ranges
    fetch(web, tmp_path / "o")
    assert (tmp_path / "o/a.bin").read_bytes() == CONTENT and [p.name for p in (tmp_path / "o").iterdir()] == ["a.bin"]


def test_what_came_goes_on(web, tmp_path):
    cut_all(web)
    result = fetch(web, tmp_path / "o", expect=1)
    part = tmp_path / "o/.a.bin.part"
    have = part.stat().st_size
    assert f"goes on after the {have} bytes" in result.err and not (tmp_path / "o/a.bin").exists()
    assert part.read_bytes() == CONTENT[:have] and have > len(CONTENT) / 2
    web.random, seen = None, len(web.requests)
    fetch(web, tmp_path / "o")
    assert (tmp_path / "o/a.bin").read_bytes() == CONTENT and [p.name for p in (tmp_path / "o").iterdir()] == ["a.bin"]
    assert {r[2].get("Range") for r in web.requests[seen:]} == {f"bytes={have}-{have}", f"bytes={have}-"}
    assert all(r[2].get("If-Range") for r in web.requests[seen:])


@pytest.mark.parametrize("etags", [True, False])
def test_a_file_that_changed_in_between(web, tmp_path, etags):
    web.etags = etags
    cut_all(web)
    fetch(web, tmp_path / "o", expect=1)
    changed = os.urandom(len(CONTENT))
    (tmp_path / "served/a.bin").write_bytes(changed)
    os.utime(tmp_path / "served/a.bin", (1e9, 1e9))
    web.random = None
    fetch(web, tmp_path / "o")
    assert (tmp_path / "o/a.bin").read_bytes() == changed


def test_a_part_of_unknown_origin_is_not_gone_on_with(web, tmp_path):
    (tmp_path / "o").mkdir()
    (tmp_path / "o/.a.bin.part").write_bytes(b"x" * 50_000)
    fetch(web, tmp_path / "o")
    assert (tmp_path / "o/a.bin").read_bytes() == CONTENT
    # Nor one of another address.
    (tmp_path / "served/sub").mkdir()
    (tmp_path / "served/sub/a.bin").write_bytes(CONTENT[::-1])
    cut_all(web)
    fetch(web, tmp_path / "p", "sub/a.bin", expect=1)
    web.random = None
    fetch(web, tmp_path / "p")
    assert (tmp_path / "p/a.bin").read_bytes() == CONTENT


@pytest.mark.parametrize("more", [500, -500])
def test_a_length_that_is_wrong_ends(web, tmp_path, more):
    def answer(handler, query, body):
        first, last = re.fullmatch(r"bytes=(\d+)-(\d*)", handler.headers.get("Range") or "bytes=0-").groups()
        first, last = int(first), min(int(last or len(CONTENT)), len(CONTENT) - 1)
        if first > last:
            handler.reply(416, b"", [("Content-Range", f"bytes */{len(CONTENT)}")])
            return None
        content = CONTENT[first:last + 1]
        headers = [("Content-Range", f"bytes {first}-{last}/{len(CONTENT)}")] if "Range" in handler.headers else []
        length = max(0, len(content) + more) if len(content) > 1 else 1
        handler.reply(206 if headers else 200, content[:length], headers, length=length)
        handler.close_connection = True
        return None
    web.answers["/a.bin"] = answer
    result = fetch(web, tmp_path / "o", expect=None)
    assert len(web.requests) < 600
    assert (tmp_path / "o/a.bin").read_bytes() == CONTENT if result.status == 0 else "error: a.bin" in result.err


def test_what_is_not_there_is_asked_for_once(web, tmp_path):
    result = fetch(web, tmp_path / "o", "nothing.bin", expect=1)
    assert "there is nothing at this address (404)" in result.err and len(web.requests) == 1
    assert list((tmp_path / "o").iterdir()) == []


def test_a_page_is_no_file(web, tmp_path):
    web.answers["/a.bin"] = lambda *_: (200, [("Content-Type", "text/html")], b"<!doctype html><html>please log in</html>")
    result = fetch(web, tmp_path / "o", expect=1)
    assert "sends a web page" in result.err and list((tmp_path / "o").iterdir()) == []


def test_an_empty_file_and_one_without_ranges(web, tmp_path):
    (tmp_path / "served/empty.bin").write_bytes(b"")
    fetch(web, tmp_path / "o", "empty.bin")
    assert (tmp_path / "o/empty.bin").read_bytes() == b""
    web.ranges = False
    fetch(web, tmp_path / "o")
    assert (tmp_path / "o/a.bin").read_bytes() == CONTENT


def test_addresses_of_other_kinds_are_refused(web, tmp_path):
    (tmp_path / "items.json").write_text(
        '{"type": "FeatureCollection", "features": [{"type": "Feature", "stac_version": "1.0.0", "id": "a", "geometry": null, '
        '"properties": {}, "assets": {"Product": {"href": "file:///etc/passwd"}}}]}')
    result = floe("fetch", tmp_path / "items.json", "-o", tmp_path / "o", "--progress", "none", env=QUICK, expect=1)
    assert "is no https:// address" in result.err and not list((tmp_path / "o").iterdir())


def test_a_catalogue_that_does_not_answer_is_a_failure_and_no_wrong_request(tmp_path):
    """By the exit status a script knows whether to try again; `floe find` has had it so."""
    name = "S2A_MSIL1C_20190301T235611_N0207_R116_T01WCU_20190302T014622.SAFE"
    dead = "https://127.0.0.1:1/odata/v1"
    result = floe("fetch", name, "--catalogue", dead, "-o", tmp_path / "o", "--progress", "none", env=QUICK, expect=1)
    assert dead in result.err and result.err.startswith("error: ")
    floe("find", "SENTINEL-2", "--service", dead, "-o", tmp_path / "f", "--progress", "none", env=QUICK, expect=1)


def test_two_files_of_one_name_are_refused(web, tmp_path):
    (tmp_path / "served/sub").mkdir()
    (tmp_path / "served/sub/a.bin").write_bytes(b"another")
    result = floe("fetch", web.url("a.bin"), web.url("sub/a.bin"), "-o", tmp_path / "o", "--progress", "none", env=QUICK, expect=2)
    assert "is the name of two files" in result.err and web.url("sub/a.bin") in result.err
    floe("fetch", web.url("a.bin"), web.url("a.bin"), "-o", tmp_path / "o", "--progress", "none", env=QUICK)
    assert (tmp_path / "o/a.bin").read_bytes() == CONTENT


@pytest.mark.parametrize("right", [True, False])
def test_the_sha256_of_an_item_is_compared(web, tmp_path, right):
    digest = hashlib.sha256(CONTENT if right else b"other").hexdigest()
    item = {"type": "Feature", "stac_version": "1.0.0", "id": "a.bin", "geometry": None, "links": [],
            "properties": {"datetime": "2019-03-01T00:00:00Z"},
            "assets": {"Product": {"href": web.url("a.bin"), "file:size": len(CONTENT), "file:checksum": "1220" + digest}}}
    (tmp_path / "item.json").write_text(json.dumps(item))
    result = floe("fetch", tmp_path / "item.json", "-o", tmp_path / "o", "--progress", "none", env=QUICK, expect=0 if right else 1)
    if right:
        assert "size and SHA-256" in result.out and (tmp_path / "o/a.bin").read_bytes() == CONTENT
    else:
        assert "came with the SHA-256" in result.err and not list((tmp_path / "o").iterdir())
