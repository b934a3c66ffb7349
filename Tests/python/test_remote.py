"""Inputs by URL: the same bytes as from the disk, and no more of a file than is needed."""
import json
import os
import pathlib
import shutil

import numpy as np
import pytest
from osgeo import gdal

from conftest import floe, read, write_tif
from served import COPY, QUICK, digests, made, names, web  # noqa: F401
from web import serving


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
