"""Bad altimeter products: a sentence with file and variable, exit status 2 before work and 1 during it, nothing half written."""
import shutil

import netCDF4
import numpy as np
import pytest
from conftest import ROOT, floe

NAME = "enhanced_measurement.nc"


@pytest.fixture(scope="module")
def measurement(tmp_path_factory):
    folder = tmp_path_factory.mktemp("refusals")
    floe("step", "synthetic.sentinel3", "--folder", folder, "--records", 400, "--products", "p.json", "-o", folder / "made", "--quiet")
    return next(folder.glob("*.SEN3")) / NAME


def copy(source, folder, without=(), change=None, dimensions=None):
    """The measurement file again, some variables absent, of others dimensions and stored values changed."""
    path = folder / NAME
    with netCDF4.Dataset(source) as a, netCDF4.Dataset(path, "w") as b:
        a.set_auto_maskandscale(False)
        b.setncatts({k: a.getncattr(k) for k in a.ncattrs()})
        for name, dimension in a.dimensions.items():
            b.createDimension(name, len(dimension))
        for name, length in (dimensions or {}).items():
            b.createDimension(name, length)
        for name, v in a.variables.items():
            if name in without:
                continue
            lies_along, values = v.dimensions, v[:]
            if change and name in change:
                lies_along, values = change[name](lies_along, values.copy())
            w = b.createVariable(name, v.dtype, lies_along, fill_value=getattr(v, "_FillValue", None))
            w.set_auto_maskandscale(False)
            w.setncatts({k: v.getncattr(k) for k in v.ncattrs() if k != "_FillValue"})
            w[:] = values
    return path


def refused(track, tmp_path, status, *words):
    out = tmp_path / "out"
    result = floe("run", ROOT / "examples/altimetry.yaml", "--set", f"track={track}", "-o", out, "--quiet", expect=status)
    sentences = [l for l in result.err.splitlines() if l.strip()]
    assert sentences and all(l.startswith("error:") for l in sentences), result.err
    for word in words:
        assert word in result.err, (word, result.err)
    assert not out.exists() or not list(out.iterdir()), "something was left behind"
    return result


@pytest.mark.parametrize("content", [b"", b"this is no netCDF file\n" * 100], ids=["empty", "text"])
def test_not_netcdf(tmp_path, content):
    (tmp_path / NAME).write_bytes(content)
    refused(tmp_path / NAME, tmp_path, 2, NAME, "netCDF")


@pytest.mark.parametrize("share", [0.02, 0.5, 0.999])
def test_truncated(measurement, tmp_path, share):
    whole = measurement.read_bytes()
    (tmp_path / NAME).write_bytes(whole[: int(len(whole) * share)])
    refused(tmp_path / NAME, tmp_path, 2, NAME, "netCDF")


def test_a_folder_that_is_no_product(tmp_path):
    (tmp_path / "X.SEN3").mkdir()
    refused(tmp_path / "X.SEN3", tmp_path, 2, "X.SEN3", NAME)


def test_no_such_file(tmp_path):
    refused(tmp_path / "gone.SEN3", tmp_path, 2, "gone.SEN3")


def test_zip_without_a_product(tmp_path):
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside/readme.txt").write_text("nothing")
    refused(shutil.make_archive(str(tmp_path / "thing"), "zip", tmp_path / "inside"), tmp_path, 2, "thing.zip")


def test_reduced_or_standard_file_without_waveforms(measurement, tmp_path):
    path = copy(measurement, tmp_path, ["waveform_20_ku", "rip_20_ku"])
    for name in ["standard_measurement.nc", "reduced_measurement.nc"]:
        refused(path.rename(tmp_path / name), tmp_path, 2, name, "waveform_20_ku")
        path = tmp_path / name


def test_land_product_without_power_and_flag(measurement, tmp_path):
    path = copy(measurement, tmp_path, ["rip_20_ku", "surf_type_class_20_ku"])
    refused(path, tmp_path, 2, NAME, "rip_20_ku", "surf_type_class_20_ku", "SR_2_LAN_SI")


@pytest.mark.parametrize("name", ["lat_20_ku", "time_20_ku", "alt_20_ku", "mean_sea_surf_sol2_20_ku", "iono_cor_gim_01_ku"])
def test_variable_absent(measurement, tmp_path, name):
    # The time's dimension stays.
    refused(copy(measurement, tmp_path, [name]), tmp_path, 2, name, "enhanced_measurement" if name.endswith(("lat_20_ku", "time_20_ku")) else "track of '")


@pytest.mark.parametrize("name", ["lat_20_ku", "alt_20_ku", "waveform_20_ku", "time_20_ku", "iono_cor_gim_01_ku", "time_01"])
def test_dimensions_that_disagree(measurement, tmp_path, name):
    path = copy(measurement, tmp_path, change={name: lambda d, v: (("odd", *d[1:]), v[:7])}, dimensions={"odd": 7})
    result = refused(path, tmp_path, None, NAME, name, "odd")
    assert result.status in (1, 2)


def test_all_records_filtered_away(measurement, tmp_path):
    path = copy(measurement, tmp_path, change={"surf_type_20_ku": lambda d, v: (d, np.full_like(v, 3))})
    refused(path, tmp_path, 1, "surf_type_20_ku", "no record of '", "400 ")


def test_window_that_holds_no_record(measurement, tmp_path):
    result = floe(
        "step", "sentinel3.sral", "--product", measurement, "--box", "10,-80,20,-70", "--track", "t.nc", "-o", tmp_path / "out", "--quiet", expect=1)
    assert NAME in result.err and "outside of the box" in result.err
    assert not (tmp_path / "out").exists()


def stored(index, value):
    def change(dimensions, values):
        values[index] = value(values)
        return dimensions, values
    return change


@pytest.mark.parametrize("name", ["time_20_ku", "time_01"])
def test_time_that_is_missing(measurement, tmp_path, name):
    path = copy(measurement, tmp_path, change={name: stored(5, lambda v: np.nan)})
    refused(path, tmp_path, 1, NAME, name, "index 5")


@pytest.mark.parametrize("name", ["time_20_ku", "time_01"])
@pytest.mark.parametrize("earlier", [3, 4])
def test_times_that_do_not_increase(measurement, tmp_path, name, earlier):
    path = copy(measurement, tmp_path, change={name: stored(5, lambda v: v[earlier])})
    refused(path, tmp_path, 1, NAME, name, "index 5", "increase")
