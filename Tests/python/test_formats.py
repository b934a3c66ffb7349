"""Output formats: writers of plugins and programs, folders put in place whole, parameters of writers."""
import json
import os
import pathlib
import shutil
import sys

import numpy as np
import pytest
from conftest import ROOT, floe, read, write_tif
from osgeo import gdal, ogr, osr

# Programs of manifests are to find the interpreter of the tests.
ENV = {**os.environ, "PATH": f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}"}


def pipeline(folder, image, outputs, *more, expect=0, out="out", env=None):
    file = folder / "formats.yaml"
    file.write_text(f"floe: 1\nsteps:\n  image: {{ use: raster.read, with: {{ files: {image} }} }}\noutputs:\n{outputs}\n")
    return floe("run", file, "-o", folder / out, "--quiet", *more, expect=expect, env=env)


def image(folder, seed=1, shape=(2, 300, 400)):
    pixels = np.random.default_rng(seed).integers(1, 9000, shape, dtype=np.uint16)
    pixels[:, :40, :60] = 7
    return write_tif(folder / f"image{seed}.tif", pixels, nodata=7), pixels


def files(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_zarr_is_read_back_by_gdal(tmp_path):
    tif, pixels = image(tmp_path)
    pipeline(tmp_path, tif, "  maps/scene.zarr: { from: image.image, with: { chunk: 128 } }")
    folder = tmp_path / "out/maps/scene.zarr"
    for i, name in enumerate(("B01", "B02")):
        got = gdal.Open(f'ZARR:"{folder}":/{name}')
        assert (got.ReadAsArray() == pixels[i]).all()
        assert got.GetGeoTransform() == (300000.0, 10.0, 0.0, 7900020.0, 0.0, -10.0)
        assert got.GetRasterBand(1).GetNoDataValue() == 7
        wanted = osr.SpatialReference()
        wanted.ImportFromEPSG(32601)
        assert got.GetSpatialRef().IsSame(wanted, ["IGNORE_DATA_AXIS_TO_SRS_AXIS_MAPPING=YES"])
        about = json.loads(got.GetMetadata()["FLOE_PROVENANCE"])
        assert about["steps"][0]["use"] == "raster.read" and about["format"]["with"]["chunk"] == "128"
        # The store itself, without GDAL: Zarr's specification, version 2.
        array = json.loads((folder / name / ".zarray").read_text())
        assert array["chunks"] == [128, 128] and array["shape"] == [300, 400] and array["fill_value"] == 7
        assert array["dtype"] == "<u2" and array["compressor"]["id"] == "zstd"
    # Names along the axes as xarray looks for them; y falls, row 0 is north.
    assert json.loads((folder / "B01/.zattrs").read_text())["_ARRAY_DIMENSIONS"] == ["Y", "X"]
    multi = gdal.OpenEx(str(folder), gdal.OF_MULTIDIM_RASTER).GetRootGroup()
    y = multi.OpenMDArray("Y").ReadAsArray()
    assert y[0] == 7900020 - 5 and y[1] == y[0] - 10


def test_a_folder_takes_the_place_of_an_older_one_whole(tmp_path):
    tif, _ = image(tmp_path)
    pipeline(tmp_path, tif, "  a.zarr: { from: image.image, with: { chunk: 64 } }")
    small, pixels = image(tmp_path, seed=2, shape=(1, 90, 80))
    result = pipeline(tmp_path, small, "  a.zarr: image.image")
    folder = tmp_path / "out/a.zarr"
    assert sorted(p.name for p in folder.iterdir() if p.is_dir()) == ["B01", "X", "Y"], result.err
    assert (read(folder) == pixels[0]).all()
    assert not [p for p in (tmp_path / "out").iterdir() if p.name.startswith(".floe")]
    pipeline(tmp_path, small, "  a.zarr: image.image", "--workers", 3, out="again")
    assert files(tmp_path / "again/a.zarr") == files(folder)


def test_a_folder_that_is_no_zarr_is_not_replaced(tmp_path):
    tif, _ = image(tmp_path)
    mine = tmp_path / "out/a.zarr/notes.txt"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    said = pipeline(tmp_path, tif, "  a.zarr: image.image", expect=2).err
    assert "holds no Zarr group" in said and mine.read_text() == "mine"
    shutil.rmtree(mine.parent)
    mine.parent.write_text("a file")
    assert "is a file" in pipeline(tmp_path, tif, "  a.zarr: image.image", expect=2).err
    # A file inside of the output that is a folder.
    said = pipeline(tmp_path, tif, "  b.zarr: image.image\n  b.zarr/inside.tif: image.image", expect=2).err
    assert "inside.tif" in said and "b.zarr" in said


def test_an_unknown_ending_is_refused_with_those_known(tmp_path):
    tif, _ = image(tmp_path)
    said = pipeline(tmp_path, tif, "  a.parquet: image.image", expect=2).err
    for ending in (".tif", ".zarr", ".gpkg", ".csv", ".nc", ".json", ".html", ".txt", ".qgz"):
        assert ending in said
    assert "formats.yaml:5" in said


@pytest.mark.parametrize("settings, words", [
    ("{ chnk: 64 }", "did you mean 'chunk'"), ("{ chunk: 3 }", "between 16 and 8192"),
    ("{ compression: lz }", "must be one of zstd, zlib, none"),
])
def test_parameters_of_writers_are_checked(tmp_path, settings, words):
    tif, _ = image(tmp_path)
    said = pipeline(tmp_path, tif, f"  a.zarr: {{ from: image.image, with: {settings} }}", expect=2).err
    assert words in said and "a.zarr" in said


def test_writers_are_listed():
    formats = {f["name"]: f for f in json.loads(floe("formats", "--json").out)}
    assert formats["geotiff"]["suffixes"] == ["tif", "tiff"] and formats["geotiff"]["kinds"] == ["raster"]
    assert formats["zarr"]["is_folder"] and [p["name"] for p in formats["zarr"]["parameters"]] == ["chunk", "compression"]
    assert formats["geopackage"]["has_layers"] and not formats["csv"]["has_layers"]
    text = floe("formats").out
    assert ".zarr  zarr: raster, a folder" in text and "chunk: Rows and columns" in text
    assert ".tif" in next(line for line in floe("plugins").out.splitlines() if "writes:" in line)


# MARK: a program as a writer

TABLE = """lon,lat,height,name,count
-20.5,80.25,1.5,a,3
-21.5,80.5,,b,4
-22.5,80.75,2.5,,
"""


def points(folder):
    (folder / "points.csv").write_text(TABLE)
    file = folder / "points.yaml"
    file.write_text(f"""floe: 1
steps:
  points: {{ use: table.read, with: {{ file: {folder / "points.csv"}, x: lon, y: lat }} }}
outputs:
  points.parquet: points.table
  points.gpkg: points.table
""")
    return file


def test_geoparquet_by_a_program(tmp_path):
    geopandas = pytest.importorskip("geopandas")
    parquet = pytest.importorskip("pyarrow.parquet")
    file = points(tmp_path)
    plugin = ROOT / "examples/plugin-python"
    floe("run", file, "-o", tmp_path / "out", "--plugin-path", plugin, "--quiet", env=ENV)
    path = tmp_path / "out/points.parquet"
    metadata = parquet.read_schema(path).metadata
    geo = json.loads(metadata[b"geo"])
    # GeoParquet 1.1.0: the members that must be there, and what they may be.
    assert geo["version"] == "1.1.0" and geo["primary_column"] in geo["columns"]
    column = geo["columns"][geo["primary_column"]]
    assert column["encoding"] == "WKB" and column["geometry_types"] == ["Point"]
    assert json.loads(metadata[b"floe:provenance"])["steps"][0]["use"] == "table.read"
    # Another reader, which refuses what is no GeoParquet.
    frame = geopandas.read_parquet(path)
    assert [(p.x, p.y) for p in frame.geometry] == [(-20.5, 80.25), (-21.5, 80.5), (-22.5, 80.75)]
    source = ogr.Open(str(tmp_path / "out/points.gpkg"))
    layer = source.GetLayer(0)
    rows = [{n: f.GetField(n) if f.IsFieldSetAndNotNull(n) else None for n in ("height", "name", "count")} for f in layer]
    got = frame[["height", "name", "count"]].astype(object).where(frame[["height", "name", "count"]].notna(), None)
    assert got.to_dict("records") == rows
    assert rows[1]["height"] is None and rows[2]["count"] is None
    known = layer.GetSpatialRef()
    assert (frame.crs is None) == (known is None or known.GetAuthorityCode(None) is None)
    if frame.crs is not None:
        assert str(frame.crs.to_epsg()) == known.GetAuthorityCode(None)


def test_the_program_gets_its_parameters_and_the_same_bytes_come_out(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    file = points(tmp_path)
    file.write_text(file.read_text().replace(
        "points.parquet: points.table", "points.parquet: { from: points.table, with: { compression: snappy } }"))
    plugin = ROOT / "examples/plugin-python"
    for out in ("a", "b"):
        floe("run", file, "-o", tmp_path / out, "--plugin-path", plugin, "--quiet", env=ENV)
    assert (tmp_path / "a/points.parquet").read_bytes() == (tmp_path / "b/points.parquet").read_bytes()
    assert parquet.ParquetFile(tmp_path / "a/points.parquet").metadata.row_group(0).column(0).compression == "SNAPPY"
    listed = json.loads(floe("formats", "--json", "--plugin-path", plugin).out)
    assert any(f["name"] == "geoparquet" and f["suffixes"] == ["parquet"] for f in listed)


def test_a_table_without_geometry_is_plain_parquet_and_says_so(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    file = points(tmp_path)
    file.write_text(file.read_text().replace(", x: lon, y: lat", ""))
    said = floe("run", file, "-o", tmp_path / "out", "--plugin-path", ROOT / "examples/plugin-python", env=ENV).err
    assert "has no geometry" in said
    table = parquet.read_table(tmp_path / "out/points.parquet")
    assert b"geo" not in table.schema.metadata and table.column("lat").to_pylist() == [80.25, 80.5, 80.75]


def writer(folder, text, program="import sys\nopen(sys.argv[2], 'w').write('made')\n"):
    folder.mkdir()
    (folder / "program.py").write_text(program)
    (folder / "test.floe-writer.yaml").write_text(text)
    return folder


GOOD = """floe_writer: 1
name: test
summary: A writer of the tests.
suffixes: [foo]
kind: table
command: [python3, "{folder}/program.py", "{input}", "{output}"]
"""


@pytest.mark.parametrize("change, words", [
    (("floe_writer: 1", "floe_writer: 2"), "'floe_writer: 1' is needed"),
    (("suffixes: [foo]", "suffixes: [.Foo]"), "must be in lower case"),
    (("kind: table", "kind: picture"), "one of raster, table, model, document"),
    (("{output}", "{outptu}"), "did you mean '{output}'"),
    (("kind: table", "kind: raster\nlayers: true"), "'layers' need 'format: gpkg'"),
    (("suffixes", "sufixes"), "did you mean 'suffixes'"),
])
def test_mistakes_in_a_manifest_are_named(tmp_path, change, words):
    folder = writer(tmp_path / "plugin", GOOD.replace(*change))
    said = " ".join(floe("plugins", "--plugin-path", folder).out.split())
    assert words in said and "test.floe-writer.yaml:" in said


def test_a_program_that_fails_leaves_nothing(tmp_path):
    file = points(tmp_path)
    file.write_text(file.read_text().replace("points.parquet", "points.foo"))
    folder = writer(tmp_path / "plugin", GOOD, "import sys\nsys.exit('the disk of the program is full')\n")
    said = floe("run", file, "-o", tmp_path / "out", "--plugin-path", folder, expect=1, env=ENV).err
    assert "points.foo" in said and "the disk of the program is full" in said and not (tmp_path / "out").exists()
    (folder / "program.py").write_text("")
    said = floe("run", file, "-o", tmp_path / "out", "--plugin-path", folder, expect=1, env=ENV).err
    assert "left no file there" in said


def test_the_first_writer_for_an_ending_wins(tmp_path):
    folder = writer(tmp_path / "plugin", GOOD.replace("[foo]", "[foo, gpkg]"))
    listed = json.loads(floe("formats", "--json", "--plugin-path", folder).out)
    # Folders of --plugin-path come first, so the test's writer has .gpkg and the bundled one is named as lost.
    assert [f["name"] for f in listed if "gpkg" in f["suffixes"]] == ["test"]
    said = " ".join(floe("plugins", "--plugin-path", folder).out.split())
    assert "its writer 'geopackage' or one for the same suffix is already given by" in said
