"""What examples/altimetry.yaml writes, as other programs read it: the layer's columns, the echoes' conventions, the same bytes by any means."""
import datetime
import json
import sqlite3
import subprocess

import netCDF4
import numpy as np
import pytest
from conftest import ROOT, floe
from osgeo import gdal, ogr

COLUMNS = {
    "record": ogr.OFTInteger64, "time": ogr.OFTDateTime, "lat": ogr.OFTReal, "lon": ogr.OFTReal, "sigma0_db": ogr.OFTReal,
    "peakiness": ogr.OFTReal, "ssd": ogr.OFTReal, "max_power": ogr.OFTReal, "class_code": ogr.OFTInteger, "class_name": ogr.OFTString,
    "esa_class": ogr.OFTInteger, "shift_m": ogr.OFTReal, "shift_bins": ogr.OFTReal, "aligned": ogr.OFTInteger64,
    "peak_bin": ogr.OFTReal, "peak_bin_aligned": ogr.OFTReal, "dropped_because": ogr.OFTString,
}

# What one of the two pipelines has beyond the other: published limits beside the mixture, shifts before the course's rule.
FURTHER = {
    "altimetry": ("class_name", {"rule_code": ogr.OFTInteger, "rule_name": ogr.OFTString}),
    "altimetry-course": ("shift_bins", {"shift_raw_m": ogr.OFTReal}),
}


def columns(out):
    after, further = FURTHER["altimetry" if (out / "score-rules.json").exists() else "altimetry-course"]
    names = list(COLUMNS)
    place = names.index(after) + 1
    return {name: {**COLUMNS, **further}[name] for name in names[:place] + list(further) + names[place:]}


@pytest.fixture(scope="module")
def product(tmp_path_factory):
    folder = tmp_path_factory.mktemp("outputs")
    floe("demo", folder, "--size", 600, "--products-only", "--quiet")
    return next((folder / "products").glob("*.SEN3"))


@pytest.fixture(scope="module", params=["altimetry", "altimetry-course"])
def out(product, tmp_path_factory, request):
    folder = tmp_path_factory.mktemp("out")
    floe("run", ROOT / f"examples/{request.param}.yaml", "--set", f"track={product}", "-o", folder, "--quiet")
    return folder


def rows(package):
    file = ogr.Open(str(package))
    layer = file.GetLayerByName("track")
    return [[f.GetField(i) for i in range(f.GetFieldCount())] for f in layer]


def test_columns_of_the_layer(out):
    file = ogr.Open(str(out / "track.gpkg"))
    layer = file.GetLayerByName("track")
    definition = layer.GetLayerDefn()
    fields = {definition.GetFieldDefn(i).GetName(): definition.GetFieldDefn(i).GetType() for i in range(definition.GetFieldCount())}
    assert fields == columns(out) and list(fields) == list(columns(out))
    assert layer.GetGeomType() == ogr.wkbPoint and layer.GetSpatialRef().GetAuthorityCode(None) == "4326"


def test_values_of_the_layer(out, product):
    table = {name: [r[i] for r in rows(out / "track.gpkg")] for i, name in enumerate(columns(out))}
    raw = netCDF4.Dataset(product / "enhanced_measurement.nc")
    n = len(raw.dimensions["time_20_ku"])
    assert table["record"] == list(range(n))
    assert np.allclose(table["lat"], raw["lat_20_ku"][:], atol=1e-9)
    assert max(table["lon"]) < 180 and min(table["lon"]) >= -180
    start = datetime.datetime(2000, 1, 1) + datetime.timedelta(seconds=float(raw["time_20_ku"][0]))
    told = datetime.datetime.strptime(table["time"][0].split("+")[0], "%Y/%m/%d %H:%M:%S.%f" if "." in table["time"][0] else "%Y/%m/%d %H:%M:%S")
    assert abs((told - start).total_seconds()) < 0.002 and table["time"][0].endswith("+00")
    assert set(table["aligned"]) == {0, 1}
    dropped = [r is not None for r in table["dropped_because"]]
    assert any(dropped) and not all(dropped)
    assert [c is None for c in table["class_code"]] == dropped
    assert {(c, name) for c, name in zip(table["class_code"], table["class_name"]) if c is not None} >= {(1, "sea_ice"), (2, "lead")}
    assert set(table["esa_class"]) <= {0, 1, 2, 3, None}


def test_the_package_is_valid_and_styled(out, tmp_path):
    # GDAL 3.6 knows versions up to 1.3: it gets a copy with the two triggers that 1.4 took away, and all else as it is.
    copy = tmp_path / "as-1.3.gpkg"
    copy.write_bytes((out / "track.gpkg").read_bytes())
    file = sqlite3.connect(copy)
    for old in ("update1", "update3"):
        file.execute(f"CREATE TRIGGER rtree_track_geom_{old} AFTER UPDATE OF geom ON track WHEN 0 BEGIN SELECT 1; END")
    file.execute("PRAGMA user_version = 10300")
    file.commit()
    file.close()
    done = subprocess.run(["/usr/bin/python3", "-m", "osgeo_utils.samples.validate_gpkg", copy], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    with sqlite3.connect(out / "track.gpkg") as package:
        styles = package.execute("SELECT f_table_name, f_geometry_column, styleName, useAsDefault, styleQML FROM layer_styles").fetchall()
    assert [s[:4] for s in styles] == [("track", "geom", "track", 1)]
    # How it is drawn is the file's; for the names of its columns in QGIS see test_bare_geopackage.py.
    drawn = (ROOT / "styles/track.qml").read_text().partition("<renderer-v2")[2].partition("</qgis>")[0]
    assert "<renderer-v2" + drawn in styles[0][4] and "<aliases>" in styles[0][4]


def test_the_layer_names_the_file_with_the_echoes(out):
    file = ogr.Open(str(out / "track.gpkg"))
    assert file.GetLayerByName("track").GetMetadataItem("DESCRIPTION").endswith("Echoes: echoes.nc")
    told = json.loads(gdal.OpenEx(str(out / "track.gpkg")).GetMetadataItem("GPKG_METADATA_ITEM_1"))
    assert told[0]["output"] == "layer.result"


def test_echoes_follow_the_conventions(out, product):
    raw, echoes = netCDF4.Dataset(product / "enhanced_measurement.nc"), netCDF4.Dataset(out / "echoes.nc")
    assert echoes.Conventions == "CF-1.13, ACDD-1.3"
    assert echoes.source_product == product.stem and echoes.history
    # Types that CF has known since version 1.0: no unsigned numbers and none of 64 bits but floating-point ones.
    assert {v.dtype.str for v in echoes.variables.values() if v.dtype is not str} <= {"|i1", "<i2", "<i4", "<f4", "<f8"}
    dimensions = {name: len(d) for name, d in echoes.dimensions.items()}
    assert dimensions["time_20_ku"] == len(raw.dimensions["time_20_ku"])
    # Every variable of the product that lies along the records keeps its dimensions.
    for name, v in echoes.variables.items():
        if name in raw.variables and raw[name].dimensions[0] == "time_20_ku":
            assert v.dimensions == raw[name].dimensions and v.shape == raw[name].shape, name
    assert echoes["waveform_aligned"].dimensions == raw["waveform_20_ku"].dimensions == ("time_20_ku", "wf_sample_ind")
    assert echoes["rip_20_ku"].dimensions == ("time_20_ku", "max_multi_stack_ind")
    assert "time_01" in echoes["ocean_tide_sol1_01"].comment
    # The product's own packing is undone, its values are kept.
    ours, theirs = echoes["waveform_20_ku"][:], raw["waveform_20_ku"][:]
    assert (np.ma.getmaskarray(ours) == np.ma.getmaskarray(theirs)).all()
    assert np.allclose(ours.compressed(), theirs.compressed(), rtol=1e-6)
    for name in ["waveform_20_ku", "alt_20_ku", "sig0_water_20_ku", "rip_20_ku"]:
        assert echoes[name].long_name == raw[name].long_name, name
        assert getattr(echoes[name], "units", None) == getattr(raw[name], "units", "1"), name
    time = echoes["time_20_ku"]
    assert time.dimensions == ("time_20_ku",) and "_FillValue" not in time.ncattrs()
    assert (netCDF4.num2date(time[0], time.units, time.calendar) - netCDF4.num2date(raw["time_20_ku"][0], time.units, time.calendar)).total_seconds() == 0
    # CF-1.12, section 4.4.3: UTC whose leap seconds the calendar does not count.
    assert time.units_metadata == "leap_seconds: utc"
    # ACDD-1.3 recommends both highly: words to search by, parted by commas, each once.
    words = echoes.keywords.split(", ")
    assert {"Lead", "Sea ice", "Pulse peakiness"} <= set(words) and all(words)
    assert len({w.casefold() for w in words}) == len(words)
    seconds = float(echoes.time_coverage_duration.removeprefix("PT").removesuffix("S"))
    assert abs(seconds - (time[:].max() - time[:].min())) < 0.001
    assert echoes["lat_20_ku"].standard_name == "latitude" and echoes["lon_20_ku"].standard_name == "longitude"
    for name, v in echoes.variables.items():
        if "cf_role" in v.ncattrs():  # The one trajectory's name.
            continue
        assert v.dimensions[0] == "time_20_ku" and v.long_name, name
        if name not in ("time_20_ku", "lat_20_ku", "lon_20_ku", "dropped_because"):
            assert v.coordinates == "lon_20_ku lat_20_ku", name
        if "flag_values" in v.ncattrs():
            assert np.size(v.flag_values) == len(v.flag_meanings.split()), name
    # What was aligned lies on the same footing; what was not keeps its echo.
    aligned, kept = echoes["aligned"][:] == 1, echoes["dropped_because"][:] == 0
    edge = lambda echo: np.argmax(echo > 0.5 * echo.max(1, keepdims=True), 1)
    before, after = np.ma.filled(ours, 0)[aligned & kept], np.ma.filled(echoes["waveform_aligned"][:], 0)[aligned & kept]
    assert edge(after).std() < edge(before).std()


def test_same_bytes_by_any_means(product, tmp_path):
    """Every file but the run's record, whatever the number of workers and the memory."""
    means = [("1", "300MB"), ("2", "300MB"), ("1", "8GB"), ("2", "8GB")]
    found = []
    for workers, memory in means:
        folder = tmp_path / f"{workers}-{memory}"
        floe("run", ROOT / "examples/altimetry.yaml", "--set", f"track={product}", "-o", folder, "--workers", workers, "--memory", memory, "--quiet")
        found.append({str(f.relative_to(folder)): f.read_bytes() for f in folder.rglob("*") if f.is_file() and f.name not in ("run.json", "report.html")})
    own = {name for name in found[0] if not name.startswith("figures/") and not name.endswith(".stac.json")}
    assert own == {
        "catalog.json",
        "track.gpkg", "echoes.nc", "score.json", "score-rules.json", "mixture-and-rules.json", "mean-echoes.csv", "separation.json"}
    for other, by in zip(found[1:], means[1:]):
        assert other.keys() == found[0].keys()
        assert [name for name in other if other[name] != found[0][name]] == [], by
