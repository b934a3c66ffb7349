"""What a run says of itself in STAC: judged by pystac, the published schemas of the extensions, and by following links."""
import json
import shutil
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest
from conftest import floe, real_data

PREFIX = "https://stac-extensions.github.io/"


def published():
    """Schemas by address: those that EUMETSAT's and ESA's EOPF carries in its wheel, and those beside the real data."""
    from importlib.util import find_spec
    found = {}
    spec = find_spec("eopf")
    folders = [Path(spec.origin).parent / "product/stac_extensions/extensions"] if spec and spec.origin else []
    for folder in [*folders, real_data() / "stac_schemas"]:
        for file in sorted(folder.glob("*.json")):
            schema = json.loads(file.read_text())
            address = schema.get("$id", file.name).rstrip("#")
            # The first one counts: schemas of one address are the same.
            found.setdefault(address, schema)
    return found


def core():
    """STAC's own schemas from pystac's wheel, under the addresses that they refer to each other by."""
    import pystac.validation
    folder = Path(pystac.validation.__file__).parent / "jsonschemas"
    found = {}
    for file in sorted(folder.rglob("*.json")):
        schema = json.loads(file.read_text())
        address = schema.get("$id", "").rstrip("#")
        if "stac-spec" in str(file):
            version = file.parent.name
            kind = file.stem
            place = {"item": "item-spec", "catalog": "catalog-spec", "collection": "collection-spec"}.get(kind, "item-spec")
            found[f"https://schemas.stacspec.org/{version}/{place}/json-schema/{file.name}"] = schema
        if address:
            found[address] = schema
    found["https://geojson.org/schema/Feature.json"] = json.loads((folder / "geojson/Feature.json").read_text())
    found["https://geojson.org/schema/Geometry.json"] = json.loads((folder / "geojson/Geometry.json").read_text())
    return found


def mistakes(value, schema, known):
    from jsonschema import Draft7Validator
    from referencing import Registry, Resource
    from referencing.jsonschema import DRAFT7

    def absent(address):
        # Drafts of GeoJSON's lines and the like, of which the wheel has the whole in Geometry.json.
        raise AssertionError(f"no schema for {address} is at hand")
    registry = Registry(retrieve=absent).with_resources(
        (address, Resource.from_contents(s, default_specification=DRAFT7)) for address, s in known.items())
    return [f"{'/'.join(map(str, e.absolute_path))}: {e.message[:300]}" for e in Draft7Validator(schema, registry=registry).iter_errors(value)]


def follow(file, link):
    """The place that a link leads to; a fragment is a JSON pointer."""
    address, pointer = urldefrag(link["href"])
    assert "://" not in address and not address.startswith("/"), link
    target = (file.parent / unquote(address)).resolve()
    assert target.is_file(), f"{file.name}: {link['rel']} leads to {address}, which is not there"
    value = json.loads(target.read_text())
    for part in pointer.split("/")[1:]:
        value = value[int(part) if isinstance(value, list) else part]
    return value


@pytest.fixture(scope="module")
def runs(demo, tmp_path_factory):
    """A run with rasters and a model, one with tables, as items by their paths."""
    items = {}
    for folder in [demo["results"], demo["folder"] / "radar", demo["folder"] / "story"]:
        for file in sorted(folder.rglob("*.stac.json")):
            items[file] = json.loads(file.read_text())
    return items


def test_every_item_keeps_to_the_schemas(runs):
    known, cores = published(), core()
    judged = set()
    for file, item in runs.items():
        assert mistakes(item, cores["https://schemas.stacspec.org/v1.1.0/item-spec/json-schema/item.json"], cores) == [], file
        for address in item["stac_extensions"]:
            if address in known:
                judged.add(address[len(PREFIX):].split("/schema")[0])
                assert mistakes(item, known[address], known | cores) == [], (file, address)
    if not known:
        pytest.skip("neither eopf nor the real data are here, so that there are no schemas of extensions")
    if any("classification/v2" in k for k in known):
        assert {"classification/v2.0.0", "processing/v1.2.0", "projection/v2.0.0", "raster/v2.0.0", "altimetry/v0.1.0"} <= judged
    if (real_data() / "stac_schemas").is_dir():
        assert {"file/v2.1.0", "table/v1.2.0"} <= judged


def test_every_link_leads_somewhere(runs):
    seen = set()
    for file, item in runs.items():
        for link in item["links"]:
            seen.add(link["rel"])
            target = follow(file, link)
            if link["rel"] == "self":
                assert target == item
            elif link["rel"] in ("parent", "root"):
                back = [follow(file.parent / link["href"], x)["id"] for x in target["links"] if x["rel"] == "item"]
                assert target["type"] == "Catalog" and item["id"] in back
            elif link["rel"] == "processing-execution":
                assert file.name in {Path(f["name"]).name for f in target["files"]}
            elif link["rel"] == "derived_from":
                assert target["type"] == "Feature" and target["id"] in link["title"]
            elif link["rel"] == "via":
                assert isinstance(target, str) and Path(target).exists()
        for asset in item["assets"].values():
            assert (file.parent / unquote(asset["href"])).exists()
    assert {"self", "parent", "root", "derived_from", "processing-execution", "via"} <= seen


def test_pystac_opens_a_run_and_what_it_came_from(demo):
    import pystac
    catalog = pystac.Catalog.from_file(str(demo["results"] / "catalog.json"))
    items = {i.id: i for i in catalog.get_items(recursive=True)}
    assert {"ice-lead", "probability", "stack", "model.json"} <= set(items)
    lead = items["ice-lead"]
    assert lead.get_root().id == lead.get_parent().id == catalog.id
    [source] = [i for i in lead.get_derived_from() if i.properties["platform"].startswith("sentinel-2")]
    assert source.id in demo["scene"].name and source.datetime == lead.datetime
    # The scene's footprint holds the raster's.
    w, s, e, n = source.bbox
    assert w - 1e-6 <= lead.bbox[0] and lead.bbox[2] <= e + 1e-6 and s - 1e-6 <= lead.bbox[1] and lead.bbox[3] <= n + 1e-6


def test_classes_and_their_code_of_no_data(demo):
    from osgeo import gdal
    item = json.loads((demo["results"] / "ice-lead.stac.json").read_text())
    classes = item["assets"]["data"]["classification:classes"]
    assert "https://stac-extensions.github.io/classification/v2.0.0/schema.json" in item["stac_extensions"]
    raster = gdal.Open(str(demo["results"] / "ice-lead.tif"))
    band = raster.GetRasterBand(1)
    assert [c["value"] for c in classes if c.get("nodata")] == [int(band.GetNoDataValue())]
    table = band.GetColorTable()
    for c in classes:
        if not c.get("nodata"):
            assert "%02X%02X%02X" % table.GetColorEntry(c["value"])[:3] == c["color_hint"]
    assert item["properties"]["processing:level"] == "L2"


def test_the_expression_runs_again(demo, tmp_path):
    """What an item calls its processing is a pipeline: with the files put back and an output it makes the same classes."""
    item = json.loads((demo["results"] / "ice-lead.stac.json").read_text())
    expression = item["properties"]["processing:expression"]
    assert expression["format"] == "floe" and item["properties"]["processing:version"] == item["properties"]["processing:software"]["floe"]
    text = json.dumps(expression["expression"] | {"outputs": {"ice-lead.tif": "groups.classes"}})
    for path in (demo["scene"], demo["land"]):
        text = text.replace(f'"{path.name}"', json.dumps(str(path)))
    (tmp_path / "again.yaml").write_text(text)
    floe("run", tmp_path / "again.yaml", "-o", tmp_path / "out", "--quiet")
    from conftest import read
    assert (read(tmp_path / "out/ice-lead.tif") == read(demo["results"] / "ice-lead.tif")).all()


def test_tables_tell_their_columns(demo):
    from osgeo import ogr
    item = json.loads((demo["folder"] / "radar/track.gpkg.stac.json").read_text())
    file = ogr.Open(str(demo["folder"] / "radar/track.gpkg"))
    layer = file.GetLayer(0)
    names = [layer.GetLayerDefn().GetFieldDefn(i).GetName() for i in range(layer.GetLayerDefn().GetFieldCount())]
    said = [c["name"] for c in item["properties"]["table:columns"]]
    assert item["properties"]["table:row_count"] == layer.GetFeatureCount() and set(said) & set(names)
    assert item["properties"]["altm:instrument_type"] == "sar"
    # The place is that of the points, by GDAL.
    points = [f.GetGeometryRef().GetPoint_2D() for f in layer if f.GetGeometryRef()]
    latitudes = [p[1] for p in points]
    assert item["bbox"][1] == pytest.approx(min(latitudes), abs=1e-6) and item["bbox"][3] == pytest.approx(max(latitudes), abs=1e-6)
    assert item["geometry"]["type"] in ("LineString", "MultiLineString")
    assert item["properties"]["start_datetime"] < item["properties"]["end_datetime"]


def test_a_model_reads_as_one(demo):
    """stac-model is the MLM extension's own library."""
    item = json.loads((demo["results"] / "model.json.stac.json").read_text())
    model = json.loads((demo["results"] / "model.json").read_text())
    [given] = item["properties"]["mlm:input"]
    assert [b["name"] for b in item["assets"]["model"]["bands"]] == [f["name"] for f in model["features"]]
    assert given["input"]["shape"] == [len(model["features"]), -1, -1]
    assert {c["name"] for c in item["properties"]["mlm:output"][0]["classification:classes"]} == {"lead", "sea_ice"}
    assert [a["roles"] for a in item["assets"].values()] == [["mlm:model", "data"]]
    schema = pytest.importorskip("stac_model.schema")
    parsed = schema.MLModelProperties.model_validate(item["properties"])
    assert parsed.tasks and parsed.input[0].input.shape[0] == len(model["features"])


def test_a_batch_is_a_catalogue_of_runs(demo, tmp_path):
    import pystac
    (tmp_path / "p.yaml").write_text("""floe: 1
inputs: { image: { type: path } }
steps:
  read: { use: raster.read, with: { files: $image } }
  groups: { use: cluster.kmeans, in: { samples: read.image }, with: { clusters: 2 } }
outputs: { labels.tif: groups.labels, model.json: groups.model }
""")
    for name in ("b", "c"):
        shutil.copy(demo["results"] / "probability.tif", tmp_path / f"{name}.tif")
    floe("batch", tmp_path / "p.yaml", "--over", f"image={tmp_path}/*.tif", "-o", tmp_path / "out", "--quiet")
    catalog = pystac.Catalog.from_file(str(tmp_path / "out/catalog.json"))
    assert [c.get_self_href().split("/")[-2] for c in catalog.get_children()] == ["b", "c"]
    items = list(catalog.get_items(recursive=True))
    assert len(items) == 4 and all(i.get_parent().get_parent().id == catalog.id for i in items)
    floe("gather", tmp_path / "out", "-o", tmp_path / "all")
    assert len(list(pystac.Catalog.from_file(str(tmp_path / "all/catalog.json")).get_items(recursive=True))) == 4
    # A scene of one item has no catalogue of its own.
    (tmp_path / "one.yaml").write_text((tmp_path / "p.yaml").read_text().replace(", model.json: groups.model", ""))
    floe("batch", tmp_path / "one.yaml", "--over", f"image={tmp_path}/*.tif", "-o", tmp_path / "single", "--quiet")
    catalog = pystac.Catalog.from_file(str(tmp_path / "single/catalog.json"))
    assert not list(catalog.get_children()) and len(list(catalog.get_items())) == 2
    assert not (tmp_path / "single/b/catalog.json").exists()
    # A catalogue of somebody else's is not replaced.
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/catalog.json").write_text("{}")
    err = floe("run", tmp_path / "p.yaml", "--set", f"image={tmp_path}/c.tif", "-o", tmp_path / "mine", expect=2).err
    assert "catalog.json, which floe did not write" in err


COPY = """floe: 1
inputs: { image: { type: path } }
steps: { read: { use: raster.read, with: { files: $image } } }
outputs: { "%s": read.image }
"""


@pytest.mark.parametrize("name", ["a picture.tif", "a#1.tif", "50%.tif", "a%20b.tif"])
def test_an_item_of_floes_own_is_read_whatever_its_file_is_called(demo, tmp_path, name):
    (tmp_path / "p.yaml").write_text(COPY % name)
    (tmp_path / "q.yaml").write_text(COPY % "x.tif")
    floe("run", tmp_path / "p.yaml", "--set", f"image={demo['results'] / 'probability.tif'}", "-o", tmp_path / "out", "--quiet")
    item = next((tmp_path / "out").glob("*.stac.json"))
    floe("run", tmp_path / "q.yaml", "--set", f"image={item}", "-o", tmp_path / "again", "--quiet")
    assert (tmp_path / "again/x.tif").exists()


def described(folder, href, **told):
    """An item by hand, of a file in the folder."""
    item = {"type": "Feature", "stac_version": "1.1.0", "id": "a", "geometry": None, "links": [],
            "properties": {"datetime": "2019-03-01T00:00:00Z"},
            "assets": {"data": {"href": href, "type": "image/tiff", "roles": ["data"], **told}}}
    (folder / "item.json").write_text(json.dumps(item))
    return folder / "item.json"


def test_a_name_counts_as_it_stands_before_it_is_decoded(demo, tmp_path):
    (tmp_path / "q.yaml").write_text(COPY % "x.tif")
    source = demo["results"] / "probability.tif"
    for href, name in [("./a b.tif", "a b.tif"), ("./a%20b.tif", "a b.tif"), ("./c%20d.tif", "c%20d.tif"), ("./e#f.tif", "e#f.tif")]:
        shutil.copy(source, tmp_path / name)
        floe("check", tmp_path / "q.yaml", "--set", f"image={described(tmp_path, href)}", "-o", tmp_path / "o")
        (tmp_path / name).unlink()
    assert "no file or folder" in floe("check", tmp_path / "q.yaml", "--set", f"image={described(tmp_path, './c%20d.tif')}", expect=2).err


def test_a_file_that_is_not_the_items_is_refused(demo, tmp_path):
    import hashlib
    (tmp_path / "q.yaml").write_text(COPY % "x.tif")
    data = (demo["results"] / "probability.tif").read_bytes()
    (tmp_path / "a.tif").write_bytes(data)
    right = {"file:size": len(data), "file:checksum": "1220" + hashlib.sha256(data).hexdigest()}

    def check(expect, **told):
        item = described(tmp_path, "./a.tif", **told)
        return floe("check", tmp_path / "q.yaml", "--set", f"image={item}", "-o", tmp_path / "o", expect=expect).err
    check(0, **right)
    assert f"it has {len(data)} bytes, file:size says 7" in check(2, **{"file:size": 7})
    assert "its SHA-256 is" in check(2, **{**right, "file:checksum": "1220" + "0" * 64})
    # Sums of other kinds (MD5) are not compared.
    check(0, **{**right, "file:checksum": "d50110" + "0" * 32})
