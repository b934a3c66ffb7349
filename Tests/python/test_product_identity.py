"""A product's folder is one thing wherever it lies: the same keys and bytes from the disk and from a server, and a change of it is seen."""
import hashlib
import json
import re
import shutil

import numpy as np
import pytest

from conftest import floe, own_cache, read
from served import QUICK, STACK, digests
from web import bucket, serving

HEX = re.compile(r"^[0-9a-f]{64}$")


@pytest.fixture(scope="module")
def products(tmp_path_factory):
    """A folder with a small scene and a track."""
    folder = tmp_path_factory.mktemp("products")
    floe("demo", folder, "--size", 480, "--products-only", "--quiet")
    return folder / "products"


@pytest.fixture
def place(products, tmp_path, monkeypatch):
    """A copy of the products, and floe's cache, for one test alone."""
    own_cache(tmp_path, monkeypatch)
    folder = tmp_path / "served"
    folder.mkdir()
    for product in (*products.glob("*.SAFE"), *products.glob("*.SEN3")):
        shutil.copytree(product, folder / product.name)
    (folder / "stack.yaml").write_text(STACK)
    return folder


def scene(place):
    return next(place.glob("*.SAFE"))


def track(place):
    return next(place.glob("*.SEN3"))


def band(product, name="B02"):
    return next(product.glob(f"GRANULE/*/IMG_DATA/*_{name}.jp2"))


def stack(place, product, out, *more, **options):
    return floe("run", place / "stack.yaml", "--set", f"scene={product}", "-o", out, *more, **options)


def known(out):
    """What the record of a run says of its one input."""
    return json.loads((out / "run.json").read_text())["fingerprints"][0]


def records(product, out, **options):
    return floe("step", "sentinel3.sral", "--product", product, "--track", "r.gpkg", "-o", out, "--quiet", **options)


def sums_of(manifest):
    """The checksums of a manifest by its files, read by expressions alone."""
    found = re.findall(r'href="(?:\./)?([^"]+)"[^>]*/>\s*<checksum checksumName="(\w+)">(\w+)</checksum>', manifest.read_text())
    return {name: (algorithm, value) for name, algorithm, value in found}


def test_made_products_tell_checksums_of_all_their_files(place):
    for product, name in ((scene(place), "manifest.safe"), (track(place), "xfdumanifest.xml")):
        files = {str(p.relative_to(product)): p for p in product.rglob("*") if p.is_file() and p.name != name}
        assert sums_of(product / name) == {n: ("MD5", hashlib.md5(p.read_bytes()).hexdigest()) for n, p in files.items()}


def test_a_folder_gives_the_same_bytes_from_everywhere(place, tmp_path):
    safe, sen3 = scene(place), track(place)
    stack(place, safe, tmp_path / "disk", "--quiet")
    records(sen3, tmp_path / "disk-track")
    manifest = hashlib.sha256(b"manifest\n" + (safe / "manifest.safe").read_bytes()).hexdigest()
    assert known(tmp_path / "disk") == {"name": safe.name, "fingerprint": manifest, "by": "manifest"}
    with serving(place) as web:
        stack(place, web.url(safe.name), tmp_path / "web", "--quiet")
        stack(place, web.url(safe.name) + "/", tmp_path / "slash", "--quiet")
        records(web.url(sen3.name), tmp_path / "web-track")
    for out in ("web", "slash"):
        assert digests(tmp_path / out) == digests(tmp_path / "disk") and known(tmp_path / out) == known(tmp_path / "disk")
    assert digests(tmp_path / "web-track") == digests(tmp_path / "disk-track")
    with serving(tmp_path) as web:
        bucket(web, "served")
        env = {**QUICK, "AWS_ACCESS_KEY_ID": "AKIAMADEUP1234567890", "AWS_SECRET_ACCESS_KEY": "madeup/Secret1234567890abcd",
               "AWS_REGION": "us-east-1", "AWS_S3_ENDPOINT": f"127.0.0.1:{web.port}", "AWS_HTTPS": "NO", "AWS_VIRTUAL_HOSTING": "FALSE"}
        stack(place, f"s3://served/{safe.name}", tmp_path / "s3", "--quiet", env=env)
    assert digests(tmp_path / "s3") == digests(tmp_path / "disk")


def test_a_part_gives_the_same_bytes(place, tmp_path):
    window = ("--set", "window=10,20,40,30", "--quiet")
    stack(place, scene(place), tmp_path / "disk", *window)
    with serving(place) as web:
        stack(place, web.url(scene(place).name), tmp_path / "web", *window)
    assert digests(tmp_path / "web") == digests(tmp_path / "disk")


def test_files_for_people_leave_a_product_what_it_is(place, tmp_path):
    """Real products have pages and schemas that their manifest does not list."""
    safe = scene(place)
    stack(place, safe, tmp_path / "before", "--quiet")
    (safe / "HTML").mkdir()
    (safe / "HTML/star_bg.jpg").write_bytes(b"jpg")
    (safe / "rep_info").mkdir()
    (safe / "rep_info/S2_User_Product_Level-1C_Metadata.xsd").write_text("<a/>")
    (safe / ".DS_Store").write_bytes(b"x")
    stack(place, safe, tmp_path / "after", "--quiet")
    assert known(tmp_path / "after") == known(tmp_path / "before")


def change_a_band(safe):
    """One flipped byte, so that neither size nor manifest tells."""
    file = band(safe)
    data = bytearray(file.read_bytes())
    data[-9] ^= 1
    file.write_bytes(data)


def remove_a_band(safe):
    band(safe, "B10").unlink()


def add_a_sidecar(safe):
    file = band(safe)
    file.with_name(file.name + ".aux.xml").write_text("<PAMDataset/>")


def change_the_manifest(safe):
    file = safe / "manifest.safe"
    file.write_text(re.sub("<checksum.*?</checksum>", "", file.read_text(), count=1))


def change_the_tile(safe):
    file = next(safe.glob("GRANULE/*/MTD_TL.xml"))
    file.write_text(file.read_text().replace("<", " <", 1).lstrip() + "\n")


@pytest.mark.parametrize("change", [change_a_band, remove_a_band, add_a_sidecar, change_the_manifest, change_the_tile])
def test_a_folder_that_is_not_as_its_manifest_says_is_known_by_its_files(place, tmp_path, change):
    safe = scene(place)
    (place / "b11.yaml").write_text(STACK.replace("B02, B11", "B11"))
    words = ("run", place / "b11.yaml", "--set", f"scene={safe}", "-o", tmp_path / "out")
    floe(*words, "--quiet")
    before = known(tmp_path / "out")
    change(safe)
    again = floe(*words)
    assert "nothing to do" not in again.out + again.err
    after = known(tmp_path / "out")
    assert "by" not in after and HEX.match(after["fingerprint"]) and after["fingerprint"] != before["fingerprint"]
    again = floe(*words)
    assert "nothing to do" in again.out + again.err


def test_a_product_that_is_named_by_its_metadata_counts_whole(place, tmp_path):
    """Its bands are read, too: another band is another input."""
    safe = scene(place)
    stack(place, safe / "MTD_MSIL1C.xml", tmp_path / "o", "--quiet")
    assert known(tmp_path / "o")["by"] == "manifest"
    with serving(place) as web:
        stack(place, web.url(safe.name) + "/MTD_MSIL1C.xml", tmp_path / "web", "--quiet")
    assert digests(tmp_path / "web") == digests(tmp_path / "o")
    for manifest in (True, False):
        if not manifest:
            (safe / "manifest.safe").unlink()
            stack(place, safe / "MTD_MSIL1C.xml", tmp_path / "o", "--quiet")
        before = read(tmp_path / "o/stack.tif")
        shutil.copy(band(safe, "B03" if manifest else "B04"), band(safe))
        result = stack(place, safe / "MTD_MSIL1C.xml", tmp_path / "o", expect=None)
        assert "nothing to do" not in result.out + result.err
        if manifest:
            assert result.status == 1 and "manifest.safe says" in result.err
        else:
            assert (read(tmp_path / "o/stack.tif") != before).any()


def test_a_track_that_is_named_by_its_measurements_counts_with_its_manifest(place, tmp_path):
    sen3 = track(place)
    records(sen3 / "enhanced_measurement.nc", tmp_path / "o")
    first = known(tmp_path / "o")["fingerprint"]
    manifest = sen3 / "xfdumanifest.xml"
    manifest.write_text(manifest.read_text().replace("A (synthetic)", "B (synthetic)"))
    records(sen3 / "enhanced_measurement.nc", tmp_path / "o")
    assert known(tmp_path / "o")["fingerprint"] != first


# At a distance the manifest alone is in the key: what is read must be as it says.


@pytest.mark.parametrize("what, words", [
    ("band", "manifest.safe says"), ("metadata", "manifest.safe says"), ("size", "manifest.safe says"), ("unlisted", "is not listed in manifest.safe"),
])
@pytest.mark.parametrize("part", [False, True])
def test_what_a_server_has_must_be_as_the_manifest_says(place, tmp_path, what, words, part):
    if part and what == "band":
        pytest.skip("of parts nothing tells")
    safe = scene(place)
    if what == "band":
        change_a_band(safe)
    elif what == "metadata":
        file = next(safe.glob("GRANULE/*/MTD_TL.xml"))
        file.write_text(re.sub(r"(<ZENITH_ANGLE[^>]*>)\d", r"\g<1>6", file.read_text(), count=1))
    elif what == "size":
        with open(band(safe), "ab") as file:
            file.write(b"\0\0\0\x08free")
    else:
        text = (safe / "manifest.safe").read_text()
        name = re.escape(str(band(safe).relative_to(safe)))
        objects = re.split(r"(?=    <dataObject )", text)
        kept = [o for o in objects if not re.search(name, o)]
        assert len(kept) == len(objects) - 1
        (safe / "manifest.safe").write_text("".join(kept))
    with serving(place) as web:
        result = stack(place, web.url(safe.name), tmp_path / "o", "--quiet", *(["--set", "window=10,20,40,30"] if part else []), expect=1)
    assert words in result.err and not (tmp_path / "o").exists()


@pytest.mark.parametrize("part", [False, True])
def test_a_manifest_of_something_else_tells_nothing(place, tmp_path, part):
    """As in archives that rewrite products: the product is read and has no key."""
    safe = scene(place)
    with open(safe / "MTD_MSIL1C.xml", "a") as file:
        file.write("\n")
    if part:
        text = (safe / "manifest.safe").read_text()
        (safe / "manifest.safe").write_text(re.sub(r'size="\d+"', 'size="744"', text))
    more = ["--set", "window=10,20,40,30"] if part else []
    with serving(place) as web:
        stack(place, web.url(safe.name), tmp_path / "web", "--quiet", *more)
    (safe / "manifest.safe").unlink()
    stack(place, safe, tmp_path / "disk", "--quiet", *more)
    assert known(tmp_path / "web")["fingerprint"] is None
    assert (read(tmp_path / "web/stack.tif") == read(tmp_path / "disk/stack.tif")).all()


def test_measurements_at_a_distance_must_be_as_the_manifest_says(place, tmp_path):
    sen3 = track(place)
    manifest = sen3 / "xfdumanifest.xml"
    text = manifest.read_text()
    manifest.write_text(re.sub(r"(checksumName=\"MD5\">)\w+", r"\g<1>" + "0" * 32, text))
    with serving(place) as web:
        result = records(web.url(sen3.name), tmp_path / "o", expect=None)
    assert result.status != 0 and "has the MD5 checksum" in result.err and "enhanced_measurement.nc" in result.err
    # On the disk the file counts with its own bytes.
    records(sen3, tmp_path / "disk")
    assert "by" not in known(tmp_path / "disk")


def test_a_manifest_without_checksums_tells_nothing(place, tmp_path):
    """Two such products with the same names and sizes cannot be told apart: nothing is taken for done."""
    safe = scene(place)
    manifest = safe / "manifest.safe"
    manifest.write_text(re.sub(r"\s*<checksum.*?</checksum>", "", manifest.read_text()))
    stack(place, safe, tmp_path / "disk", "--quiet")
    assert HEX.match(known(tmp_path / "disk")["fingerprint"]) and "by" not in known(tmp_path / "disk")
    with serving(place) as web:
        for _ in range(2):
            result = stack(place, web.url(safe.name), tmp_path / "web")
            assert "nothing to do" not in result.out + result.err
    told = json.loads((tmp_path / "web/run.json").read_text())
    assert told["fingerprints"][0]["fingerprint"] is None and "it gives no checksum of" in told["without_key"]["stack"]
    assert (read(tmp_path / "web/stack.tif") == read(tmp_path / "disk/stack.tif")).all()


def test_parts_of_a_product_at_a_distance_stand_for_no_other(place, tmp_path):
    """A band that is damaged on the server: parts that were read of it must not be taken for those of the product on the disk."""
    (place / "groups.yaml").write_text("""
floe: 1
inputs: { scene: { type: path } }
steps:
  stack: { use: sentinel2.stack, with: { product: $scene, bands: [B02, B03], window: [10, 20, 80, 90] } }
  groups: { use: cluster.kmeans, in: { samples: stack.image }, with: { clusters: 2 } }
outputs: { labels.tif: groups.labels, stack.tif: stack.image }
""")
    safe = scene(place)
    whole = tmp_path / "whole"
    shutil.copytree(safe, whole / safe.name)
    # Pixels of another band of the same size as the file that the manifest lists.
    other, own = band(safe, "B03").read_bytes(), band(safe).stat().st_size
    length = max(len(other), own)
    for product in (safe, whole / safe.name):
        for name in ("B02", "B03"):
            file = band(product, name)
            data = file.read_bytes()
            gap = length + 16 - len(data)
            file.write_bytes(data + gap.to_bytes(4, "big") + b"free" + bytes(gap - 8))
        text = (product / "manifest.safe").read_text()
        for name in ("B02", "B03"):
            file = band(product, name)
            at = text.index(str(file.relative_to(product)))
            start = text.rindex('size="', 0, at) + 6
            text = text[:start] + str(length + 16) + text[text.index('"', start):]
            at = text.index('MD5">', text.index(str(file.relative_to(product)))) + 5
            text = text[:at] + hashlib.md5(file.read_bytes()).hexdigest() + text[at + 32:]
        (product / "manifest.safe").write_text(text)
    shutil.copy(band(safe, "B03"), band(safe))
    words = ("run", place / "groups.yaml", "-o", tmp_path / "o", "--cache", tmp_path / "kept", "--set")
    with serving(place) as web:
        floe(*words, f"scene={web.url(safe.name)}", "--quiet")
    wrong = read(tmp_path / "o/stack.tif")
    assert (wrong[0] == wrong[1]).all()
    floe(*words, f"scene={whole / safe.name}", "--quiet")
    right = read(tmp_path / "o/stack.tif")
    assert (right[0] != right[1]).any()
    floe("run", place / "groups.yaml", "-o", tmp_path / "again", "--set", f"scene={whole / safe.name}", "--quiet")
    assert digests(tmp_path / "again") == digests(tmp_path / "o") and np.isfinite(right).all()
