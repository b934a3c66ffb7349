"""Bad input: one sentence with file, what is wrong and what would be right; exit status 2 before work, 1 during it; nothing half written."""
import os
import pathlib
import re
import shutil
import zipfile

import pytest
from conftest import ROOT, floe, read, write_tif


@pytest.fixture
def product(demo, tmp_path):
    copy = tmp_path / demo["scene"].name
    shutil.copytree(demo["scene"], copy)
    return copy


def stack(product, tmp_path, bands="[B02, B04]", expect=None, more=""):
    file = tmp_path / "p.yaml"
    file.write_text(
        f"""floe: 1
steps:
  stack: {{ use: sentinel2.stack, with: {{ product: {product}, bands: {bands}{more} }} }}
outputs:
  stack.tif: stack.image
""")
    out = tmp_path / "out"
    result = floe("run", file, "-o", out, "--quiet", expect=expect)
    if result.status:
        assert not out.exists() or not list(out.iterdir()), "something was left behind"
        sentences = [line for line in result.err.splitlines() if line.strip()]
        assert sentences and all(line.startswith("error:") for line in sentences), result.err
    return result


def band(product, name):
    return next(product.glob(f"GRANULE/*/IMG_DATA/*_{name}.jp2"))


def edit(path, pattern, replacement):
    text = path.read_text()
    changed = re.sub(pattern, replacement, text, flags=re.S)
    assert changed != text
    path.write_text(changed)


def test_not_a_product(tmp_path):
    (tmp_path / "thing").mkdir()
    result = stack(tmp_path / "thing", tmp_path, expect=2)
    assert "thing" in result.err


def test_without_metadata(product, tmp_path):
    (product / "MTD_MSIL1C.xml").unlink()
    assert "MTD_MSIL" in stack(product, tmp_path, expect=2).err


def test_missing_band(product, tmp_path):
    band(product, "B04").unlink()
    assert "B04" in stack(product, tmp_path, expect=2).err


def test_empty_band(product, tmp_path):
    band(product, "B04").write_bytes(b"")
    assert "B04" in stack(product, tmp_path, expect=2).err


def test_truncated_band(product, tmp_path):
    file = band(product, "B04")
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    result = stack(product, tmp_path)
    assert result.status in (1, 2) and "B04" in result.err


def test_band_of_another_size(product, tmp_path):
    shutil.copy(band(product, "B05"), band(product, "B04"))
    result = stack(product, tmp_path)
    assert result.status in (1, 2) and "B04" in result.err and "600" in result.err and "1200" in result.err


def test_unknown_band(product, tmp_path):
    result = stack(product, tmp_path, bands="[B02, B99]", expect=2)
    assert "B99" in result.err and "p.yaml:3" in result.err


def test_offset_list_without_the_band(product, tmp_path):
    edit(product / "MTD_MSIL1C.xml", r'<RADIO_ADD_OFFSET band_id="3">[^<]*</RADIO_ADD_OFFSET>', "")
    assert "none for B04" in stack(product, tmp_path, expect=2).err


def test_metadata_without_the_offset_list(product, tmp_path):
    """From baseline 04.00 on the list must be there; before, its absence means zero."""
    edit(product / "MTD_MSIL1C.xml", r"<Radiometric_Offset_List>.*</Radiometric_Offset_List>", "")
    assert "offset" in stack(product, tmp_path, expect=2).err
    edit(product / "MTD_MSIL1C.xml", r"<PROCESSING_BASELINE>05.00<", "<PROCESSING_BASELINE>03.01<")
    stack(product, tmp_path, expect=0)
    from osgeo import gdal
    assert gdal.Open(str(tmp_path / "out/stack.tif")).GetRasterBand(1).GetOffset() == 0


def test_xml_that_is_not_xml(product, tmp_path):
    (product / "MTD_MSIL1C.xml").write_text("this is < not xml")
    assert "MTD_MSIL1C.xml" in stack(product, tmp_path, expect=2).err


def test_zip_with_a_wrong_root(tmp_path):
    archive = tmp_path / "scene.zip"
    with zipfile.ZipFile(archive, "w") as z:
        z.writestr("pictures/holiday.txt", "sun")
    assert "scene.zip" in stack(archive, tmp_path, expect=2).err


def test_zip_gives_the_same_pixels(product, tmp_path):
    stack(product, tmp_path, expect=0)
    folder = read(tmp_path / "out/stack.tif")
    shutil.rmtree(tmp_path / "out")
    archive = shutil.make_archive(str(tmp_path / "scene"), "zip", tmp_path, product.name)
    stack(archive, tmp_path, expect=0)
    assert (read(tmp_path / "out/stack.tif") == folder).all()


def test_pipeline_that_is_not_yaml(tmp_path):
    file = tmp_path / "p.yaml"
    file.write_text("floe: 1\nsteps: [")
    result = floe("run", file, "-o", tmp_path / "out", expect=2)
    assert "p.yaml:" in result.err and "not YAML" in result.err


def test_output_folder_that_cannot_be_written(demo, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    result = floe("run", ROOT / "examples/ice-lead.yaml", "--set", f"scene={demo['scene']}", "-o", blocked / "out", expect=2)
    assert "is a file" in result.err


def test_disk_full_fails_the_run_and_leaves_nothing(demo, tmp_path):
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root")
    small = tmp_path / "small"
    small.mkdir()
    if os.system(f"mount -t tmpfs -o size=3m tmpfs {small} 2>/dev/null"):
        pytest.skip("no permission to mount")
    try:
        result = floe("run", ROOT / "examples/ice-lead.yaml", "--set", f"scene={demo['scene']}", "-o", small / "out", "--quiet", expect=1)
        assert "error:" in result.err
        assert not list(small.rglob("*.tif*"))
    finally:
        os.system(f"umount {small}")


@pytest.mark.parametrize("step", ["cluster.kmeans", "cluster.gmm"])
def test_samples_that_cannot_be_clustered(tmp_path, step):
    import numpy as np
    cases = {"flat": np.full((1, 20, 20), 500, np.uint16), "empty": np.zeros((1, 20, 20), np.uint16)}
    for name, pixels in cases.items():
        file = write_tif(tmp_path / f"{name}.tif", pixels, nodata=0)
        result = floe("step", step, "--samples", file, "--clusters", 2, "--labels", "labels.tif", "-o", tmp_path / name, "--quiet", expect=1)
        assert "distinct" in result.err if name == "flat" else "valid" in result.err
        assert not (tmp_path / name).exists()


def test_a_model_is_not_applied_to_what_it_does_not_fit(demo, tmp_path):
    file = tmp_path / "p.yaml"

    def apply(options):
        file.write_text(
            f"""floe: 1
steps:
  stack: {{ use: sentinel2.stack, with: {{ product: {demo['scene']}, {options} }} }}
  other: {{ use: cluster.apply, in: {{ samples: stack.image }}, with: {{ model_file: {demo['results']}/model.json }} }}
outputs:
  classes.tif: other.classes
""")
        return floe("run", file, "-o", tmp_path / "out", "--quiet", expect=None)

    assert "B08" in apply("bands: [B02, B03, B04]").err
    assert "reflectance" in apply("bands: [B02, B03, B04, B08], units: dn").err
    good = apply(f"bands: [B02, B03, B04, B08], land: {demo['land']}")
    assert good.status == 0, good.err
    assert (read(tmp_path / "out/classes.tif") == read(demo["results"] / "ice-lead.tif")).all()
