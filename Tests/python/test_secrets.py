"""User, password and query of a URL are in no message, log, record or output, in whatever way the URL is written."""
import json

import numpy as np
import pytest

from conftest import floe, write_tif
from test_catalogue import scenes
from data_space import DataSpace
from served import COPY, QUICK
from web import serving

USER = "Basic YW5uYTpTZWNyZXQxMjM0NQ=="
SECRETS = ["Secret12345", "TopSecret99", "anna:"]


@pytest.fixture
def web(tmp_path):
    (tmp_path / "served").mkdir()
    write_tif(tmp_path / "served/a.tif", np.full((1, 60, 50), 7, "uint16"))
    (tmp_path / "copy.yaml").write_text(COPY)
    with serving(tmp_path / "served") as web:
        yield web


def own(web, path="a.tif"):
    return web.url(path).replace("//", "//anna:Secret12345@")


def check(*places):
    """No secret in texts, files and folders."""
    for place in places:
        files = [place] if isinstance(place, str) or place.is_file() else [p for p in place.rglob("*") if p.is_file()]
        for file in files:
            text = file if isinstance(file, str) else file.read_bytes().decode("latin-1")
            assert not [s for s in SECRETS if s in text], file


def test_a_batch_of_native_addresses(web, tmp_path):
    web.user, web.query = USER, "token=TopSecret99"
    (tmp_path / "l.csv").write_text(f"image,name\n/vsicurl/{own(web)}?token=TopSecret99,c\n")
    words = ["batch", tmp_path / "copy.yaml", "--over", tmp_path / "l.csv", "-o", tmp_path / "b", "--json"]
    first = floe(*words)
    assert (tmp_path / "b/c/image.tif").exists()
    again = floe(*words)
    check(first.out, first.err, again.out, again.err, tmp_path / "b")
    assert json.loads((tmp_path / "b/c/run.json").read_text())["settings"]["image"] == f"/vsicurl/{web.url('a.tif')}"
    (tmp_path / "l.csv").write_text(f"image\n{own(web)}?token=TopSecret99\n{own(web)}?token=TopSecret991\n")
    result = floe(*words[:5], tmp_path / "b2", expect=2)
    assert "two scenes would go into the folder" in result.err
    check(result.err, result.out)
    (tmp_path / "l.csv").write_text(f"image,name\n{own(web)}?token=TopSecret99,a\n{own(web)}?token=TopSecret991,b\n")
    result = floe(*words[:5], tmp_path / "b3", expect=2)
    assert "with different queries or users" in result.err
    check(result.err, result.out)


def test_an_address_in_the_pipeline_and_its_replay(web, tmp_path):
    web.query = "token=TopSecret99"
    address = web.url("a.tif") + "?token=TopSecret99"
    (tmp_path / "default.yaml").write_text(COPY.replace("type: path", f'type: path, default: "{address}"'))
    (tmp_path / "with.yaml").write_text(COPY.replace("[$image]", f'["{address}"]').replace("inputs: { image: { type: path } }\n", ""))
    for name in ("default", "with"):
        result = floe("run", tmp_path / f"{name}.yaml", "-o", tmp_path / name, "--log", tmp_path / "log", "--verbose")
        check(result.out, result.err, tmp_path / name, tmp_path / "log")
        again = floe("run", tmp_path / f"{name}.yaml", "-o", tmp_path / name)
        assert "nothing to do" in again.out + again.err
    check(floe("cwl", tmp_path / "default.yaml", "--over", "image").out)
    assert "(403)" in floe("replay", tmp_path / "default", expect=2).err
    result = floe("replay", tmp_path / "default", "--set", f"image={address}", "-o", tmp_path / "again")
    check(result.out, result.err, tmp_path / "again")


def test_slips_are_not_echoed(web, tmp_path):
    host = web.url()[7:]
    for place in (f"http:/anna:Secret12345@{host}a.tif?token=TopSecret99", f" {own(web)}?token=TopSecret99", f"htp://anna:Secret12345@{host}a.tif",
                  f"/vsicurl?url=http://anna:Secret12345@{host}a.tif"):
        result = floe("run", tmp_path / "copy.yaml", "--set", f"image={place}", "-o", tmp_path / "o", "--json", "--log", tmp_path / "log",
                      expect=2)
        check(result.out, result.err, tmp_path / "log")
    for words in (["run", own(web), "-o", tmp_path / "o"], ["replay", own(web)], ["gather", own(web), "-o", tmp_path / "g"],
                  ["step", "cluster.kmeans", "--clusters", own(web), "-o", tmp_path / "o"], ["info", own(web, "nothing.tif")]):
        result = floe(*words, expect=None)
        assert result.status != 0
        check(result.out, result.err)


def test_an_address_of_a_service(web, tmp_path):
    space = DataSpace(web, list(scenes(120)))
    web.user, space.page = USER, 50
    for kind in ("stac", "odata/v1"):
        out = tmp_path / kind.replace("/", "-")
        result = floe("find", "SENTINEL-2", "--service", own(web, kind), "-o", out, "--log", tmp_path / "log")
        assert len((out / "items.csv").read_text().splitlines()) == 121
        check(result.out, result.err, out, tmp_path / "log")


def test_signed_addresses_of_products(web, tmp_path):
    signed = web.url("x.zip") + "?sig=TopSecret99"
    feature = {"type": "Feature", "stac_version": "1.0.0", "id": "it", "collection": "c", "links": [],
               "geometry": {"type": "Polygon", "coordinates": [[[10, 70], [11, 70], [11, 71], [10, 71], [10, 70]]]},
               "properties": {"datetime": "2019-03-01T00:00:00Z"}, "assets": {"Product": {"href": signed, "type": "application/zip"}}}
    web.answers["/stac/search"] = json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()
    floe("find", "c", "--service", web.url("stac"), "-o", tmp_path / "o", "--quiet")
    check(tmp_path / "o")
    assert web.url("x.zip") in (tmp_path / "o/items.csv").read_text() and web.url("x.zip") in (tmp_path / "o/items.json").read_text()


def test_a_wrong_password_leaves_nothing(web, tmp_path):
    web.user = "Basic other"
    result = floe("fetch", own(web), "-o", tmp_path / "o", "--progress", "none", env=QUICK, expect=1)
    assert "credentials are missing" in result.err and list((tmp_path / "o").iterdir()) == []
    check(result.out, result.err)


def test_titles_and_signed_buckets(tmp_path):
    """A title is in pages, projects, catalogues; a bucket's address may be signed."""
    write_tif(tmp_path / "a.tif", np.full((1, 60, 50), 7, "uint16"))
    address = "/vsicurl/https://anna:Secret12345@h/x?tok=TopSecret99"
    (tmp_path / "r.yaml").write_text(f"""floe: 1
title: "pipeline {address}"
inputs: {{ image: {{ type: path }} }}
steps:
  read: {{ use: raster.read, with: {{ files: [$image] }} }}
  page: {{ use: report.html, with: {{ title: "page {address}" }} }}
  project: {{ use: qgis.project, with: {{ title: "project {address}" }} }}
outputs: {{ image.tif: read.image, report.html: page.page, p.qgs: project.project }}
""".replace("p.qgs: project.project", "p.qgz: project.project"))
    result = floe("run", tmp_path / "r.yaml", "--set", f"image={tmp_path}/a.tif", "-o", tmp_path / "o")
    check(result.out, result.err, tmp_path / "o")
    assert "<title>page " in (tmp_path / "o/report.html").read_text()
    result = floe("batch", tmp_path / "r.yaml", "--over", f"image={tmp_path}/a.tif", "-o", tmp_path / "b")
    check(result.out, result.err, tmp_path / "b")
    (tmp_path / "copy.yaml").write_text(COPY)
    env = {**QUICK, "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_NO_SIGN_REQUEST": "NO",
           "AWS_S3_ENDPOINT": "127.0.0.1:9", "AWS_HTTPS": "NO", "AWS_VIRTUAL_HOSTING": "FALSE"}
    for user in ("anna:Secret12345@", ""):
        result = floe("run", tmp_path / "copy.yaml", "--set", f"image=s3://{user}bucket/x?sig=TopSecret99", "-o", tmp_path / "s",
                      "--log", tmp_path / "log", "--json", env=env, expect=2)
        assert ("was given with a user" in result.err) == bool(user)
        check(result.out, result.err, tmp_path / "log")


def test_a_local_file_with_a_colon_and_an_at_keeps_its_name(tmp_path):
    (tmp_path / "loc").mkdir()
    write_tif(tmp_path / "loc/http:x@y.tif", np.full((1, 60, 50), 7, "uint16"))
    (tmp_path / "copy.yaml").write_text(COPY)
    floe("batch", tmp_path / "copy.yaml", "--over", "image=loc/*.tif", "-o", tmp_path / "b", cwd=tmp_path)
    record = json.loads((tmp_path / "b/http:x@y/run.json").read_text())
    assert record["settings"]["image"].endswith("loc/http:x@y.tif")
    floe("replay", tmp_path / "b/http:x@y/run.json")
