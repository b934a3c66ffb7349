"""EOPF Zarr of Sentinel-2 beside the .SAFE product that it was made from: the same pixels, or a sentence."""
import json
import os
import pathlib
import shutil
import zipfile

import numpy as np
import pytest
from osgeo import gdal

import eopf
from conftest import floe, read, run_pipeline, write_tif

STACK = """
floe: 1
steps: {{ s: {{ use: sentinel2.stack, with: {{ product: {product}, {more} }} }} }}
outputs: {{ image.tif: s.image, mask.tif: s.mask }}
"""
R10 = "measurements/reflectance/r10m"


def write_jp2(path, data):
    memory = gdal.GetDriverByName("MEM").Create("", data.shape[1], data.shape[0], 1, gdal.GDT_Byte)
    memory.GetRasterBand(1).WriteArray(data)
    gdal.GetDriverByName("JP2OpenJPEG").CreateCopy(
        str(path), memory, options=["QUALITY=100", "REVERSIBLE=YES", "YCBCR420=NO", "YCC=NO"])


@pytest.fixture(scope="module")
def safe(tmp_path_factory):
    """A made L1C product of 600 x 600 pixels with clouds, cirrus, defects and saturation in its masks."""
    folder = tmp_path_factory.mktemp("safe")
    floe("step", "synthetic.sentinel2", "--folder", folder / "p", "--size", 600, "--products", "products.json", "-o",
         folder / "out", "--quiet")
    path = next((folder / "p").glob("*.SAFE"))
    quality = next(path.glob("GRANULE/*/QI_DATA"))
    random = np.random.default_rng(3)

    def marks(values, shares):
        return random.choice(values, (100, 100), p=shares).astype("u1")

    write_jp2(quality / "MSK_CLASSI_B00.jp2", marks([0, 1, 2, 3, 4], [.8, .08, .06, .02, .04]))
    for band in ("B02", "B05"):
        write_jp2(quality / f"MSK_QUALIT_{band}.jp2", marks([0, 16, 128, 32], [.9, .04, .04, .02]))
    # Its sizes and checksums are those of the masks without marks.
    (path / "manifest.safe").unlink()
    return path


@pytest.fixture(scope="module")
def zarr(safe):
    return eopf.convert(safe, safe.parent / (safe.stem + ".zarr"))


@pytest.fixture
def copy(zarr, tmp_path):
    """A store to be damaged."""
    return pathlib.Path(shutil.copytree(zarr, tmp_path / zarr.name))


def stack(folder, product, more, expect=0):
    folder.mkdir(exist_ok=True)
    return run_pipeline(folder, STACK.format(product=product, more=more), expect=expect)


def refused(tmp_path, product, more="bands: [B02, B04]", status=2):
    """The sentence of a stack that is refused; nothing is left behind."""
    out, _, result = stack(tmp_path / "refused", product, more, expect=status)
    assert not (out / "image.tif").exists()
    return result.err


def facts(path):
    """Everything in a file but where it came from."""
    dataset = gdal.Open(str(path))
    bands = [dataset.GetRasterBand(i + 1) for i in range(dataset.RasterCount)]
    tags = {k: v for k, v in dataset.GetMetadata().items() if k not in ("FLOE_PROVENANCE", "PLATFORM")}
    return (dataset.GetGeoTransform(), dataset.GetProjection(), tags, [
        (b.GetDescription(), b.DataType, b.GetScale(), b.GetOffset(), b.GetNoDataValue(), b.GetMetadata())
        for b in bands])


def same(tmp_path, safe, zarr, more):
    by_safe, _, _ = stack(tmp_path / "safe", safe, more)
    by_zarr, record, _ = stack(tmp_path / "zarr", zarr, more)
    for name in ("image.tif", "mask.tif"):
        assert read(by_safe / name).tobytes() == read(by_zarr / name).tobytes(), name
        assert facts(by_safe / name) == facts(by_zarr / name)
    return by_zarr, record


@pytest.mark.parametrize("more", [
    "bands: [B02, B03, B04, B08]",
    "bands: [B8A, B02, B01, B10], upsampling: bilinear",
    "bands: [B02, B05, B09], resolution: 20",
    "bands: [B04, B11, B01], resolution: 60",
    "bands: [B04, B12], window: [237, 301, 260, 200]",
    "bands: [B02], units: dn",
    "bands: [B02, B05], masks: [opaque_cloud, cirrus, defective, saturated]",
])
def test_the_pixels_are_those_of_the_safe(tmp_path, safe, zarr, more):
    out, record = same(tmp_path, safe, zarr, more)
    if "masks" in more:
        assert set(np.unique(read(out / "mask.tif"))) >= {0, 2, 3, 4, 5}
    if more == "bands: [B02, B03, B04, B08]":
        image = next(safe.glob("GRANULE/*/IMG_DATA/*_B03.jp2"))
        own, made = gdal.Open(str(image)).ReadAsArray(), read(out / "image.tif")
        assert np.array_equal(made[1][made[1] > 0], own[made[1] > 0]) and (made[1] > 0).mean() > 0.5
        dataset = gdal.Open(str(out / "image.tif"))
        assert dataset.GetGeoTransform() == (300000, 10, 0, 7900020, 0, -10)
        assert dataset.GetMetadataItem("PLATFORM") == "Sentinel-2A"


@pytest.mark.parametrize("options", [dict(codec="blosc"), dict(codec="raw"), dict(separator="/")])
def test_codecs_and_names_of_chunks(tmp_path, safe, options):
    same(tmp_path, safe, eopf.convert(safe, tmp_path / "S2_of_any_name.zarr", **options), "bands: [B02, B05]")


@pytest.mark.parametrize("deflated", [False, True])
@pytest.mark.parametrize("inside", ["", "x.zarr/"])
def test_archives_are_read_where_they_lie(tmp_path, safe, zarr, deflated, inside):
    path = tmp_path / (zarr.name + ".zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED if deflated else zipfile.ZIP_STORED) as archive:
        for file in sorted(zarr.rglob("*")):
            if file.is_file():
                archive.write(file, inside + str(file.relative_to(zarr)))
    same(tmp_path, safe, path, "bands: [B02, B01], masks: [opaque_cloud]")


def test_surface_reflectance(tmp_path):
    """L2A: bands at several resolutions, the scene classification for masks."""
    random = np.random.default_rng(5)
    image = random.integers(1, 9000, (2, 600, 600)).astype("u2")
    image[:, :40] = 0
    write_tif(tmp_path / "in.tif", image)
    dataset = gdal.Open(str(tmp_path / "in.tif"), gdal.GA_Update)
    for i, name in enumerate(("B02", "B04")):
        dataset.GetRasterBand(i + 1).SetDescription(name)
    dataset = None
    floe("step", "synthetic.wrap_sentinel2", "--image", tmp_path / "in.tif", "--folder", tmp_path / "p", "--level",
         "L2A", "--products", "products.json", "-o", tmp_path / "made", "--quiet")
    safe = next((tmp_path / "p").glob("*.SAFE"))
    (safe / "manifest.safe").unlink(missing_ok=True)
    metadata = safe / "MTD_MSIL2A.xml"
    text = metadata.read_text()
    listed = text[text.index("<IMAGE_FILE>") + 12:text.index("</IMAGE_FILE>")]
    classes = listed.replace("R10m", "R20m").replace("_B02_10m", "_SCL_20m")
    assert classes.endswith("R20m/" + pathlib.Path(classes).name)
    metadata.write_text(text.replace("<IMAGE_FILE>", f"<IMAGE_FILE>{classes}</IMAGE_FILE><IMAGE_FILE>", 1))
    (safe / classes).parent.mkdir(parents=True, exist_ok=True)
    write_jp2(safe / (classes + ".jp2"), random.integers(0, 12, (300, 300)).astype("u1"))
    zarr = eopf.convert(safe, tmp_path / "S2A_MSIL2A_x.zarr")
    out, _ = same(tmp_path, safe, zarr, "bands: [B02, B04], masks: [opaque_cloud, cirrus, saturated, shadow]")
    assert set(np.unique(read(out / "mask.tif"))) == {0, 1, 2, 3, 5, 7}
    out, _ = same(tmp_path, safe, zarr, "bands: [B04], resolution: 20")
    assert "names B10" in refused(tmp_path, zarr, "bands: [B10]")


def test_what_is_told_of_it(safe, zarr):
    told = [json.loads(floe("info", path, "--json").out) for path in (safe, zarr)]
    for key in ("kind", "name", "start", "stop", "footprint"):
        assert told[0].get(key) == told[1].get(key), key
    text = floe("info", zarr).out
    assert "EOPF Zarr, version 2" in text and "T01WCU" in text and "116 (descending)" in text
    assert "-1000 for all bands" in text and "EPSG:32601" in text


def test_a_reduced_resolution_is_not_there(tmp_path, zarr):
    assert "can be had at 10, 20, 60 m" in refused(tmp_path, zarr, "bands: [B02], resolution: 40")


def test_a_chunk_that_one_band_lacks_is_a_loss(tmp_path, copy):
    (copy / R10 / "b04/1.2").unlink()
    told = refused(tmp_path, copy)
    assert "b04/1.2' of band B04 is missing, while B02 has its own" in told
    # Not where it is not needed.
    stack(tmp_path / "left", copy, "bands: [B02, B04], window: [0, 0, 500, 600]")
    stack(tmp_path / "other", copy, "bands: [B02, B03]")
    told = floe("check", tmp_path / "refused/pipeline.yaml", expect=2)
    assert "is missing" in told.out + told.err


def test_a_chunk_that_no_band_has_is_no_data(tmp_path, safe, copy):
    for array in (copy / R10).glob("b*"):
        (array / "1.1").unlink()
    out, record, _ = stack(tmp_path / "z", copy, "bands: [B02, B04]")
    image, mask = read(out / "image.tif"), read(out / "mask.tif")
    assert (image[:, 250:500, 250:500] == 0).all() and (mask[250:500, 250:500] == 1).all()
    whole, _, _ = stack(tmp_path / "s", safe, "bands: [B02, B04]")
    expected = read(whole / "image.tif")
    expected[:, 250:500, 250:500] = 0
    assert np.array_equal(image, expected)
    assert "2 chunks of the chosen bands are in the product for no band" in json.dumps(record)


def test_chunks_without_data_may_be_left_out(tmp_path, safe):
    """As writers do that leave out chunks of the fill value; the edge of the made swath crosses the tile."""
    zarr = eopf.convert(safe, tmp_path / "a.zarr", empty=False, chunks={10: 18, 20: 9, 60: 3})
    assert len(list((zarr / R10 / "b02").glob("[0-9]*"))) < 34 * 34
    _, record = same(tmp_path, safe, zarr, "bands: [B02, B05]")
    assert "a writer may leave out" in json.dumps(record)


def test_an_array_without_fill_value_has_all_chunks(tmp_path, copy):
    for array in (copy / R10).glob("b*"):
        (array / "0.0").unlink()
        description = json.loads((array / ".zarray").read_text())
        (array / ".zarray").write_text(json.dumps({**description, "fill_value": None}))
    assert "has no fill value for it" in refused(tmp_path, copy)


def test_a_mask_is_whole(tmp_path, copy):
    (copy / "conditions/mask/l1c_classification/r60m/b00/0.0").unlink()
    assert "would count as not masked" in refused(tmp_path, copy, "bands: [B02], masks: [opaque_cloud]")
    shutil.rmtree(copy / "quality/mask/r10m/b02")
    told = refused(tmp_path, copy, "bands: [B02], masks: [defective]")
    assert "quality/mask/r10m/b02' for defective is missing" in told


@pytest.mark.parametrize("codec, cut", [("zlib", 100), ("raw", 100), ("blosc", 100), ("zlib", 0), ("raw", 0)])
def test_a_chunk_that_is_cut_short(tmp_path, safe, codec, cut):
    zarr = eopf.convert(safe, tmp_path / "a.zarr", codec=codec)
    chunk = zarr / R10 / "b02/1.0"
    chunk.write_bytes(chunk.read_bytes()[:cut])
    told = refused(tmp_path, zarr, status=1)
    assert "b02" in told and "cannot be read" in told


def test_bands_that_are_missing(tmp_path, copy):
    shutil.rmtree(copy / R10 / "b04")
    assert f"{R10}/b04' of band B04 is missing; the product is not whole" in refused(tmp_path, copy)
    stack(tmp_path / "other", copy, "bands: [B02, B03]")
    assert "image files of 1 bands are missing" in floe("info", copy).out
    # Without consolidated metadata nothing says that there was such an array.
    (copy / ".zmetadata").unlink()
    assert "band B04 has no image file in" in refused(tmp_path, copy)
    stack(tmp_path / "again", copy, "bands: [B02, B03]")
    shutil.rmtree(copy / "measurements")
    assert "holds no bands" in refused(tmp_path, copy)


@pytest.mark.parametrize("change, sentence", [
    (dict(add_offset=None, scale_factor=None), "has no scale_factor"),
    (dict(scale_factor="x"), "has a scale_factor that is no number"),
    (dict(scale_factor=0.0002), "one positive number for all bands is needed"),
    (dict(_FillValue=65535), "marks no data with 65535; 0 is expected"),
    (dict(_ARRAY_DIMENSIONS=["x", "y"]), "names the axes 'x, y'"),
])
def test_attributes_of_an_array(tmp_path, copy, change, sentence):
    file = copy / R10 / "b02/.zattrs"
    attributes = {**json.loads(file.read_text()), **change}
    if "_eopf_attrs" in attributes and None in change.values():
        del attributes["_eopf_attrs"]
    file.write_text(json.dumps({k: v for k, v in attributes.items() if v is not None}))
    assert sentence in refused(tmp_path, copy)


def test_offsets_stand_in_either_place(tmp_path, safe, copy):
    for file in copy.glob("measurements/reflectance/*/b*/.zattrs"):
        attributes = json.loads(file.read_text())
        file.write_text(json.dumps({k: v for k, v in attributes.items() if k not in ("scale_factor", "add_offset")}))
    same(tmp_path, safe, copy, "bands: [B02, B05]")


@pytest.mark.parametrize("change, sentence", [
    (lambda a: a["stac_discovery"]["properties"].update({"processing:version": "02.07"}),
     "says processing baseline 02.07, which has no radiometric offset, but band B01 has the add_offset -0.1"),
    (lambda a: a["stac_discovery"]["properties"].update({"proj:code": "EPSG:32602"}),
     "names two reference systems, EPSG:32601 and EPSG:32602"),
    (lambda a: (a["stac_discovery"]["properties"].pop("proj:code"), a["other_metadata"].pop("horizontal_crs_code")),
     "has no code of a reference system"),
    (lambda a: (a["stac_discovery"].update(id="S3B_OL_1_EFR____x"), a["stac_discovery"]["properties"].update(
        {"product:type": "S03OLCEFR"})), "is an EOPF product of type 'S03OLCEFR'; Sentinel-2 MSI of level 1C or 2A"),
    (lambda a: (a["stac_discovery"].update(id="x"), a["stac_discovery"]["properties"].update(
        {"product:type": "S02MSIL1B"})), "is an EOPF product of type 'S02MSIL1B'"),
    (lambda a: a.pop("stac_discovery"), "is a Zarr store, but no EOPF product"),
])
def test_attributes_of_the_root(tmp_path, copy, change, sentence):
    attributes = json.loads((copy / ".zattrs").read_text())
    change(attributes)
    (copy / ".zattrs").write_text(json.dumps(attributes))
    assert sentence in refused(tmp_path, copy)


@pytest.mark.parametrize("name", ["horizontal_CRS_code", "proj:epsg"])
def test_older_names_of_the_reference_system(tmp_path, safe, copy, name):
    attributes = json.loads((copy / ".zattrs").read_text())
    properties = attributes["stac_discovery"]["properties"]
    del properties["proj:code"], attributes["other_metadata"]["horizontal_crs_code"]
    if name == "proj:epsg":
        properties[name] = 32601
    else:
        attributes["other_metadata"][name] = "EPSG:32601"
    (copy / ".zattrs").write_text(json.dumps(attributes))
    same(tmp_path, safe, copy, "bands: [B02]")


def test_coordinates_that_are_no_grid(tmp_path, copy):
    shutil.rmtree(copy / R10 / "x")
    assert "centres of pixels 10 m apart" in refused(tmp_path, copy)


def test_other_stores(tmp_path, copy):
    (copy / ".zattrs").unlink()
    assert "without attributes at its root" in refused(tmp_path, copy)
    for file in copy.glob(".z*"):
        file.unlink()
    assert "has none of .zgroup, .zarray, zarr.json" in refused(tmp_path, copy)
    (copy / "zarr.json").write_text('{"zarr_format": 3, "node_type": "group"}')
    assert "is a Zarr store of version 3" in refused(tmp_path, copy)
    told = refused(tmp_path, "https://localhost:1/S2A_MSIL1C_x.zarr")
    assert "S2A_MSIL1C_x.zarr" in told


def test_pairs_are_those_of_the_safe(tmp_path, demo):
    """A folder of products is searched; a store is one product, and its arrays are none."""
    tables = []
    for make in (shutil.copytree, eopf.convert):
        folder = tmp_path / make.__name__
        folder.mkdir()
        shutil.copytree(demo["track"], folder / demo["track"].name)
        scene = demo["scene"]
        make(scene, folder / (scene.name if make is shutil.copytree else scene.stem + ".zarr"))
        out = tmp_path / f"pairs_{make.__name__}"
        floe("step", "colocate.pairs", "--folders", folder, "--pairs", "pairs.csv", "-o", out, "--quiet")
        tables.append((out / "pairs.csv").read_text())
    assert len(tables[0].splitlines()) == 2 and tables[0] == tables[1]


def described(copy, array, **change):
    file = copy / array / ".zarray"
    file.write_text(json.dumps({**json.loads(file.read_text()), **change}))


@pytest.mark.parametrize("consolidated", [True, False])
@pytest.mark.parametrize("change, key", [
    (dict(dtype=">u2"), "dtype"), (dict(order="F"), "order"), (dict(filters=[{"id": "delta", "dtype": "<u2"}]), "filters"),
    (dict(chunks=[500, 125]), "chunks"), (dict(dimension_separator="/"), "dimension_separator"),
])
def test_a_description_that_is_not_that_of_the_chunks(tmp_path, copy, change, key, consolidated):
    """The bytes are the same, and so must the numbers be: each of these gave others."""
    described(copy, f"{R10}/b02", **change)
    if not consolidated:
        (copy / ".zmetadata").unlink()
    told = refused(tmp_path, copy)
    assert "b02" in told
    assert key in told if consolidated or key in ("dtype", "order", "filters") else "is no chunk of an array" in told


@pytest.mark.parametrize("place, change", [
    (f"{R10}/b02/.zattrs", dict(scale_factor=0.001)), (f"{R10}/b02/.zattrs", dict(add_offset=0)),
    (f"{R10}/b02/.zarray", dict(shape=[500, 600])), (f"{R10}/x/.zarray", dict(dtype="<f8")),
    ("conditions/mask/l1c_classification/r60m/b00/.zarray", dict(order="F")),
    (".zattrs", dict(other_metadata={"mean_sensing_time": "2019-03-02T00:00:00Z"})),
])
def test_copies_that_disagree(tmp_path, copy, place, change):
    file = copy / ".zmetadata"
    tree = json.loads(file.read_text())
    tree["metadata"][place].update(change)
    file.write_text(json.dumps(tree))
    told = refused(tmp_path, copy, "bands: [B02], masks: [opaque_cloud]")
    assert ".zmetadata" in told and "must agree" in told and [*change][0] in told or "mean_sensing_time" in told
    file.write_text("[1]")
    assert "has no member 'metadata'" in refused(tmp_path, copy)


@pytest.mark.parametrize("what, sentence", [
    ("latitude", "has the latitude 177.4"), ("elsewhere", "does not touch the pixels"), ("hemisphere", "does not touch the pixels"),
])
def test_a_footprint_that_lies_elsewhere(tmp_path, copy, what, sentence):
    """Pairs of products are found by it, and pixels have another place."""
    attributes = json.loads((copy / ".zattrs").read_text())
    stac, other = attributes["stac_discovery"], attributes["other_metadata"]
    ring = stac["geometry"]["coordinates"][0]
    if what == "latitude":
        stac["geometry"]["coordinates"][0] = [[y, x] for x, y in ring]
    elif what == "elsewhere":
        stac["geometry"]["coordinates"][0] = [[x - 20, y - 10] for x, y in ring]
    else:
        stac["properties"]["proj:code"] = other["horizontal_crs_code"] = "EPSG:32701"
    (copy / ".zattrs").write_text(json.dumps(attributes))
    if what == "hemisphere":
        tree = json.loads((copy / ".zmetadata").read_text())
        tree["metadata"][".zattrs"] = attributes
        (copy / ".zmetadata").write_text(json.dumps(tree))
    assert sentence in refused(tmp_path, copy)


@pytest.mark.parametrize("way", ["pipe", "link"])
def test_a_chunk_that_cannot_be_opened(tmp_path, copy, way):
    """GDAL takes what it cannot open for a chunk that is not there, and waits for ever at a pipe."""
    chunk = copy / R10 / "b02/1.1"
    chunk.unlink()
    if way == "pipe":
        os.mkfifo(chunk)
    else:
        chunk.symlink_to(tmp_path / "nowhere")
    assert "b02/1.1" in refused(tmp_path, copy)


def test_a_stored_chunk_of_an_archive_has_its_checksum(tmp_path, safe):
    """Chunks without a checksum of their own, stored as they are: those of the archive tell of a flipped bit."""
    zarr = eopf.convert(safe, tmp_path / "a.zarr", codec="raw")
    path = tmp_path / "a.zarr.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for file in sorted(p for p in zarr.rglob("*") if p.is_file()):
            archive.write(file, str(file.relative_to(tmp_path)))
        place = archive.getinfo(f"a.zarr/{R10}/b02/1.1")
    data = bytearray(path.read_bytes())
    data[place.header_offset + 30 + len(place.filename) + 5000] ^= 4
    path.write_bytes(data)
    told = refused(tmp_path, path, status=1)
    assert "b02/1.1' has the checksum" in told and "the archive is damaged" in told
    # Not where it is not needed.
    stack(tmp_path / "other", path, "bands: [B03]")
