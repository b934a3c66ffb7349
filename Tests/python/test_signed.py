"""Addresses that a catalogue signs: no file keeps the signature, and the catalogue is asked for a new one when the product is fetched or read."""
import io
import json
import zipfile

import numpy as np
import pytest

from conftest import floe, read, write_tif
from served import COPY, QUICK
from web import serving

USER = "Basic YW5uYTpTZWNyZXQxMjM0NQ=="


class Signing:
    """A STAC API that signs its assets' addresses; each signature opens a file until the next one is given."""

    def __init__(self, web, assets):
        self.web, self.assets, self.given = web, assets, 0
        self.links, self.collection = [], "c"
        web.answers["/stac/search"] = lambda *_: self.answer({"type": "FeatureCollection", "features": [self.item()]})
        web.answers["/stac/collections/c/items/it"] = lambda *_: self.answer(self.item())
        for path, content in assets.items():
            web.answers[f"/{path}"] = self.file(content)

    @staticmethod
    def answer(body):
        return 200, [("Content-Type", "application/json")], json.dumps(body).encode()

    def item(self):
        self.given += 1
        assets = {path: {"href": self.web.url(path) + f"?sig=TopSecret{self.given}&se=1", "roles": ["data"],
                         "type": "application/zip" if path.endswith(".zip") else "image/tiff"} for path in self.assets}
        return {"type": "Feature", "stac_version": "1.0.0", "id": "it", "collection": self.collection, "links": self.links,
                "geometry": {"type": "Polygon", "coordinates": [[[10, 70], [11, 70], [11, 71], [10, 71], [10, 70]]]},
                "properties": {"datetime": "2019-03-01T00:00:00Z"}, "assets": assets}

    def file(self, content):
        def answer(handler, query, _):
            if query != f"sig=TopSecret{self.given}&se=1":
                return 403, [], b"signature does not hold"
            first, _, last = (handler.headers.get("Range") or "bytes=0-").removeprefix("bytes=").partition("-")
            part = content[int(first):int(last) + 1 if last else len(content)]
            return 206, [("Content-Range", f"bytes {first}-{int(first) + len(part) - 1}/{len(content)}"), ("ETag", '"a"')], part
        return answer


@pytest.fixture
def web(tmp_path):
    (tmp_path / "served").mkdir()
    (tmp_path / "copy.yaml").write_text(COPY)
    with serving(tmp_path / "served") as web:
        yield web


def zipped():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        z.writestr(zipfile.ZipInfo("a.txt"), "hello")
    return out.getvalue()


def find(web, out, service=None):
    floe("find", "c", "--service", service or web.url("stac"), "-o", out, "--quiet", env=QUICK)
    for file in out.rglob("*"):
        assert not file.is_file() or b"TopSecret" not in file.read_bytes() and b"Secret12345" not in file.read_bytes(), file
    return json.loads((out / "items.json").read_text())["features"][0]


def test_a_product_is_fetched_by_a_new_signature(web, tmp_path):
    signing = Signing(web, {"x.zip": zipped()})
    item = find(web, tmp_path / "o")
    assert item["assets"]["x.zip"]["href"] == web.url("x.zip") and item["assets"]["x.zip"]["floe:signed"] is True
    assert [link["href"] for link in item["links"]] == [web.url("stac/collections/c/items/it")]
    result = floe("fetch", tmp_path / "o/items.json", "-o", tmp_path / "p", "--progress", "none", env=QUICK)
    assert (tmp_path / "p/it").read_bytes() == zipped() and signing.given == 2
    assert "TopSecret" not in result.out + result.err


def test_the_link_of_an_item_to_itself_is_kept(web, tmp_path):
    signing = Signing(web, {"x.zip": zipped()})
    signing.links = [{"rel": "self", "href": web.url("elsewhere/it") + "?token=TopSecret0"}, {"rel": "root", "href": web.url("stac")}]
    web.answers["/elsewhere/it"] = lambda *_: signing.answer(signing.item())
    item = find(web, tmp_path / "o")
    assert [link["href"] for link in item["links"]] == [web.url("elsewhere/it"), web.url("stac")]
    floe("fetch", tmp_path / "o/items.json", "-o", tmp_path / "p", "--progress", "none", env=QUICK)
    assert (tmp_path / "p/it").read_bytes() == zipped()


@pytest.mark.parametrize("answer, sentence", [
    ((403, [], b"no"), "the server refuses it (403)"), ((404, [], b"no"), "there is nothing at this address (404)"),
    ((200, [], b'{"type": "Feature", "id": "other"}'), "the answer is another item or none")])
def test_a_catalogue_that_does_not_sign_again(web, tmp_path, answer, sentence):
    Signing(web, {"x.zip": zipped()})
    find(web, tmp_path / "o")
    web.answers["/stac/collections/c/items/it"] = lambda *_: answer
    result = floe("fetch", tmp_path / "o/items.json", "-o", tmp_path / "p", "--progress", "none", env=QUICK, expect=1)
    assert f"{web.url('stac/collections/c/items/it')}, which signs the address of 'it': {sentence}" in result.err
    assert not list((tmp_path / "p").iterdir())


def test_an_item_that_tells_not_whom_to_ask(web, tmp_path):
    Signing(web, {"x.zip": zipped()}).collection = None
    find(web, tmp_path / "o")
    result = floe("fetch", tmp_path / "o/items.json", "-o", tmp_path / "p", "--progress", "none", env=QUICK, expect=2)
    assert "the address of 'it' was signed by its catalogue, and its item does not say where to ask for it anew" in result.err


def test_a_catalogue_with_a_user(web, tmp_path):
    Signing(web, {"x.zip": zipped()})
    web.user = USER
    own = web.url("stac").replace("//", "//anna:Secret12345@")
    find(web, tmp_path / "o", own)
    result = floe("fetch", tmp_path / "o/items.json", "-o", tmp_path / "p", "--progress", "none", env=QUICK, expect=1)
    assert "credentials are missing" in result.err
    # The product's own server is another one, which asks for the signature alone.
    web.answers["/x.zip"] = lambda handler, query, body: (200, [], zipped())
    result = floe("fetch", tmp_path / "o/items.json", "-o", tmp_path / "p", "--catalogue", own, "--progress", "none", env=QUICK, expect=None)
    assert "which signs the address" not in result.err and "Secret12345" not in result.out + result.err


def test_scenes_of_a_batch_are_read_by_new_signatures(web, tmp_path):
    image = write_tif(tmp_path / "a.tif", np.random.default_rng(1).integers(1, 9000, (1, 60, 50)).astype("uint16"))
    Signing(web, {"a.tif": image.read_bytes()})
    item = find(web, tmp_path / "o")
    floe("batch", tmp_path / "copy.yaml", "--over", f"image={tmp_path / 'o/items.json'}", "-o", tmp_path / "b", "--quiet", env=QUICK)
    (tmp_path / "item.json").write_text(json.dumps(item))
    floe("run", tmp_path / "copy.yaml", "--set", f"image={tmp_path / 'item.json'}", "-o", tmp_path / "r", "--quiet", env=QUICK)
    for file in (tmp_path / "b/it/image.tif", tmp_path / "r/image.tif"):
        assert (read(file) == read(image)).all()
    for folder in ("b", "r"):
        assert not [p for p in (tmp_path / folder).rglob("*") if p.is_file() and b"TopSecret" in p.read_bytes()]
