"""STAC items, collections and catalogues as inputs: each stands for the file that it names."""
import json

from conftest import floe
from served import digests, item, made, web  # noqa: F401


def test_an_item_stands_for_its_file(made, web, tmp_path):
    (made / "item.json").write_text(json.dumps(item("one", "./a.tif")))
    floe("run", made / "copy.yaml", "--set", f"image={made / 'a.tif'}", "-o", tmp_path / "local", "--quiet")
    for n, place in enumerate((made / "item.json", web.url("item.json"), f"{made / 'item.json'}#image")):
        floe("run", made / "copy.yaml", "--set", f"image={place}", "-o", tmp_path / f"o{n}", "--quiet")
        assert digests(tmp_path / f"o{n}") == digests(tmp_path / "local")
    (tmp_path / "far.json").write_text(json.dumps(item("far", web.url("a.tif"))))
    result = floe("run", made / "copy.yaml", "--set", f"image={tmp_path / 'far.json'}", "-o", tmp_path / "far")
    assert digests(tmp_path / "far") == digests(tmp_path / "local") and "which is read over the network" in result.err


def test_several_assets_must_be_told_apart(made, tmp_path):
    more = {"other": {"href": "b.tif", "roles": ["data"], "type": "image/tiff"}}
    (tmp_path / "item.json").write_text(json.dumps(item("two", "a.tif", **more)))
    result = floe("run", made / "copy.yaml", "--set", f"image={tmp_path / 'item.json'}", "-o", tmp_path / "o", expect=2)
    assert "has the assets image, other" in result.err and "#image" in result.err


def test_catalogues_and_collections_feed_a_batch(made, web, tmp_path):
    (made / "c").mkdir(exist_ok=True)
    for name in ("one", "two"):
        (made / f"c/{name}.json").write_text(json.dumps(item(name, "../a.tif")))
    links = [{"rel": "item", "href": f"./{n}.json"} for n in ("one", "two")]
    (made / "c/catalog.json").write_text(json.dumps({"stac_version": "1.0.0", "type": "Catalog", "id": "c", "description": "", "links": links}))
    for n, place in enumerate((made / "c/catalog.json", web.url("c/catalog.json"))):
        floe("batch", made / "copy.yaml", "--over", f"image={place}", "-o", tmp_path / f"b{n}", "--quiet")
        assert sorted(p.parent.name for p in (tmp_path / f"b{n}").glob("*/image.tif")) == ["one", "two"]
    result = floe("run", made / "copy.yaml", "--set", f"image={made / 'c/catalog.json'}", "-o", tmp_path / "o", expect=2)
    assert "lists 2 items" in result.err
