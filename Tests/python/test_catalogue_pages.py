"""Catalogues page by page: every way in which a next page is named, pages that repeat, boxes in the west, pairs over all pages."""
import json
import urllib.parse

import pytest

from conftest import floe
from data_space import DataSpace
from test_catalogue import rows, scenes
from web import serving


@pytest.fixture
def web(tmp_path):
    with serving(tmp_path) as web:
        yield web


def stac(web, count, link, step=10, path="/api/search"):
    """A STAC API whose next links `link(token, address)` makes."""
    def answer(handler, query, body):
        asked = json.loads(body) if body else {}
        at = int(dict(urllib.parse.parse_qsl(query)).get("token", asked.get("token", 0)))
        items = [{"type": "Feature", "stac_version": "1.0.0", "id": f"it{i:03d}", "collection": "c", "links": [], "assets": {},
                  "geometry": {"type": "Polygon", "coordinates": [[[-60, 70], [-50, 70], [-50, 71], [-60, 71], [-60, 70]]]},
                  "properties": {"datetime": f"2019-03-01T00:{i:02d}:00Z"}} for i in range(at, min(count, at + step))]
        links = [link(at + step)] if at + step < count else []
        return 200, [("Content-Type", "application/geo+json")], json.dumps(
            {"type": "FeatureCollection", "features": items, "links": links, "numberMatched": count}).encode()
    web.answers[path] = answer


@pytest.mark.parametrize("kind", ["GET", "none", "relative", "query", "POST", "merge"])
def test_next_pages(web, tmp_path, kind):
    links = {
        "GET": lambda n: {"rel": "next", "method": "GET", "href": web.url(f"api/search?token={n}")},
        "none": lambda n: {"rel": "next", "href": web.url(f"api/search?token={n}")},
        "relative": lambda n: {"rel": "next", "href": f"/api/search?token={n}"},
        "query": lambda n: {"rel": "next", "href": f"?token={n}"},
        "POST": lambda n: {"rel": "next", "method": "POST", "href": "./search", "body": {"collections": ["c"], "token": n}},
        "merge": lambda n: {"rel": "next", "method": "POST", "href": "search", "body": {"token": n}, "merge": True}}
    stac(web, 25, links[kind])
    result = floe("find", "c", "--service", web.url("api?key=Mine12345"), "--box", "-60,70,-50,75", "-o", tmp_path / "o")
    assert [r["id"] for r in rows(tmp_path / "o/items.csv")] == [f"it{i:03d}" for i in range(25)]
    first, *others = web.requests
    assert (first[0], first[1], first[3]) == ("POST", "/api/search", "key=Mine12345") and len(others) == 2
    for command, path, _, query, body in others:
        assert path == "/api/search" and "key=Mine12345" in query
        assert (command == "POST") == (kind in ("POST", "merge")) and (body == b"") == (command == "GET")
        if kind == "merge":
            assert json.loads(body)["bbox"] == [-60, 70, -50, 75]
    assert "Mine12345" not in result.out + result.err + (tmp_path / "o/run.json").read_text()


def test_a_page_that_comes_again_is_told(web, tmp_path):
    stac(web, 25, lambda n: {"rel": "next", "href": web.url("api/search?token=0")})
    result = floe("find", "c", "--service", web.url("api"), "-o", tmp_path / "o", expect=1)
    assert "announces 25 products, but names a page again that was read, after 10 of them" in result.err


def test_pages_that_end_too_early_are_told(web, tmp_path):
    stac(web, 25, lambda n: {"rel": "prev", "href": web.url("api/search")})
    result = floe("find", "c", "--service", web.url("api"), "-o", tmp_path / "o")
    assert "announces 25 products, but its pages hold 10" in result.err and len(rows(tmp_path / "o/items.csv")) == 10


def test_pairs_read_all_pages_of_an_address(web, tmp_path):
    space = DataSpace(web, list(scenes(180)))
    address = web.url("odata/v1/Products") + "?" + urllib.parse.urlencode({"$filter": "contains(Name,'S2A')", "$top": 50})
    result = floe("step", "colocate.pairs", "--found", address, "--pairs", "pairs.csv", "-o", tmp_path / "o", expect=1)
    assert "180 scenes and 0 tracks" in result.err
    assert len([r for r in web.requests if "skip" in r[3]]) == 3
    # One page that was saved is told.
    answer = json.loads(space.search(None, urllib.parse.urlencode({"$filter": "contains(Name,'S2A')"}), b"")[2])
    (tmp_path / "page.json").write_text(json.dumps(answer))
    result = floe("step", "colocate.pairs", "--found", tmp_path / "page.json", "--pairs", "pairs.csv", "-o", tmp_path / "o", expect=1)
    assert "holds 20 of the 180 products" in result.err and "20 scenes and 0 tracks" in result.err


def items(web, *found):
    """A STAC API with one page; each item is a change of a plain one."""
    plain = {"type": "Feature", "stac_version": "1.0.0", "id": "a", "collection": "c", "links": [], "assets": {}, "geometry": None,
             "properties": {"datetime": "2019-03-01T00:00:00Z"}}
    page = {"type": "FeatureCollection", "features": [{**plain, **more} for more in found], "links": [], "numberMatched": len(found)}
    web.answers["/api/search"] = lambda *_: (200, [("Content-Type", "application/geo+json")], json.dumps(page).encode())


def test_items_of_two_collections_may_have_one_name(web, tmp_path):
    items(web, {}, {"collection": "d"})
    result = floe("find", "c", "d", "--service", web.url("api"), "-o", tmp_path / "o")
    assert len(rows(tmp_path / "o/items.csv")) == 2 and "its pages hold" not in result.err


def test_products_without_a_time_are_listed(web, tmp_path):
    items(web, {"properties": {"datetime": None}})
    result = floe("find", "c", "--service", web.url("api"), "-o", tmp_path / "o")
    assert "1 product" in result.out and [r["id"] for r in rows(tmp_path / "o/items.csv")] == ["a"]


def test_a_name_with_a_zero_byte_is_refused(web, tmp_path):
    items(web, {"id": "a\0b"})
    result = floe("find", "c", "--service", web.url("api"), "-o", tmp_path / "o", expect=1)
    assert "has a zero byte in its name" in result.err and not (tmp_path / "o").exists()
