"""What `cryosat2.read` says of products that lack something: each substitution, gap and bad place is told, with what follows from it."""
import zipfile

import netCDF4
import numpy as np
import pytest
import small_cryosat
from conftest import floe, needs_real_data, real_data, run_pipeline

L2I = "cryosat2/CS_LTA__SIR_SARI2__20150214T000431_20150214T000746_D001.nc"
SAR = "cryosat2/CS_LTA__SIR_SAR_1B_20141118T092303_20141118T092355_D001.nc"
READ = """
floe: 1
steps:
  read: {{ use: cryosat2.read, with: {{ product: {product} }} }}
outputs: {{ t.nc: read.track }}
"""
RETRACK = """
floe: 1
steps:
  read: {{ use: cryosat2.read, with: {{ product: {product} }} }}
  rt: {{ use: altimetry.retrack, in: {{ input: read.track }} }}
outputs: {{ t.nc: rt.track }}
"""
CORRECTIONS = [
    "mod_dry_tropo_cor_01", "mod_wet_tropo_cor_01", "iono_cor_gim_01", "ocean_tide_01", "ocean_tide_eq_01", "load_tide_01",
    "solid_earth_tide_01", "pole_tide_01", "inv_bar_cor_01", "hf_fluct_total_cor_01",
]
FILL = -2147483648


@pytest.fixture()
def small(tmp_path):
    (tmp_path / "whole").mkdir()
    return small_cryosat.write(tmp_path / "whole")


def altered(source, folder, without=(), change=None, rename=None):
    """The product again, some variables absent or under another name, of others the stored values changed."""
    folder.mkdir(exist_ok=True)
    path = folder / source.name
    with netCDF4.Dataset(source) as a, netCDF4.Dataset(path, "w") as b:
        a.set_auto_maskandscale(False)
        b.setncatts({k: a.getncattr(k) for k in a.ncattrs()})
        for name, dimension in a.dimensions.items():
            b.createDimension(name, len(dimension))
        for name, v in a.variables.items():
            if name in without:
                continue
            values = v[:]
            if change and name in change:
                values = change[name](values.copy())
            w = b.createVariable((rename or {}).get(name, name), v.dtype, v.dimensions, fill_value=getattr(v, "_FillValue", None))
            w.set_auto_maskandscale(False)
            w.setncatts({k: v.getncattr(k) for k in v.ncattrs() if k != "_FillValue"})
            w[:] = values
    return path


def put(rows, value):
    def change(values):
        values[rows] = value
        return values
    return change


def told(record):
    return [w["message"] for w in record["warnings"]]


def left_out(record, step):
    return {e["reason"]: e["count"] for e in record["left_out"] if e["step"] == step}


def test_what_stands_in_for_something_is_told_once(tmp_path, small):
    path = altered(small, tmp_path / "bent", rename={"iono_cor_gim_01": "iono_cor_01"})
    _, record, _ = run_pipeline(tmp_path, READ.format(product=path))
    said = [m for m in told(record) if "iono_cor_01" in m]
    assert len(said) == 1 and "iono_cor_gim_01" in said[0] and "Bent" in said[0] and path.name in said[0]
    _, record, _ = run_pipeline(tmp_path, READ.format(product=small), "--force", "--overwrite")
    assert not [m for m in told(record) if "iono" in m or "flag_mcd" in m]


def test_what_is_missing_is_told_with_what_follows(tmp_path, small):
    path = altered(small, tmp_path / "less", without=["flag_mcd_20_ku"])
    _, record, _ = run_pipeline(tmp_path, READ.format(product=path))
    for name, effect in [("flag_mcd_20_ku", "degraded"), ("surf_type_01", "select: none"), ("stack_std_20_ku", "altimetry.features")]:
        said = [m for m in told(record) if name in m]
        assert len(said) == 1 and effect in said[0], (name, told(record))


@needs_real_data
def test_a_whole_product_gives_no_warning(tmp_path):
    for name in [SAR, L2I]:
        _, record, _ = run_pipeline(tmp_path, READ.format(product=real_data() / name), "--overwrite")
        assert not told(record)


@pytest.mark.parametrize("name", ["time_cor_01", "lat_20_ku", "lon_20_ku", "echo_scale_pwr_20_ku", "echo_scale_factor_20_ku", "window_del_20_ku", "alt_20_ku", "inv_bar_cor_01"])
def test_a_variable_that_is_not_there_is_found_before_work(tmp_path, small, name):
    path = altered(small, tmp_path / "less", without=[name])
    for words in (["check"], ["run", "-o", tmp_path / "o"]):
        (tmp_path / "p.yaml").write_text(READ.format(product=path))
        said = floe(words[0], tmp_path / "p.yaml", *words[1:], expect=2).err
        assert name in said and path.name in said


def test_a_latitude_beyond_a_pole_is_a_missing_position(tmp_path, small):
    path = altered(small, tmp_path / "bad", change={"lat_20_ku": put([3, 4], 1_000_000_000)})
    out, record, _ = run_pipeline(tmp_path, f"""
floe: 1
steps:
  read: {{ use: cryosat2.read, with: {{ product: {path} }} }}
  rt: {{ use: altimetry.retrack, in: {{ input: read.track }} }}
  surface: {{ use: altimetry.sea_surface, in: {{ input: rt.track }}, with: {{ classes: record, leads: ["20", "40"] }} }}
outputs: {{ t.nc: surface.track }}
""")
    assert left_out(record, "read")["latitude beyond a pole"] == 2
    with netCDF4.Dataset(out / "t.nc") as track:
        lat = np.ma.filled(track["lat_20_ku"][:].astype(float), np.nan)
        along = np.ma.filled(track["along_track_m"][:].astype(float), np.nan)
    assert np.flatnonzero(np.isnan(lat)).tolist() == [3, 4] == np.flatnonzero(np.isnan(along)).tolist()
    assert "CryoSat-2 SIRAL L1B" in floe("info", path).out


def test_lost_elevations_are_counted_by_term(tmp_path, small):
    """Ten records without altitude, five without window delay, and a 1 Hz value of one correction; the last has none at all."""
    path = altered(small, tmp_path / "gaps", change={
        "alt_20_ku": put(range(10), FILL), "window_del_20_ku": put(range(10, 15), -(2**63)), "pole_tide_01": put([0, 1, 2], FILL)})
    out, record, _ = run_pipeline(tmp_path, RETRACK.format(product=path))
    # Record 7 is degraded and was left out before.
    assert left_out(record, "rt") == {"no elevation: no alt_20_ku": 9, "no elevation: no tracker_range_20_ku": 5, "no elevation: no pole_tide_01": 45}
    said = [m for m in told(record) if "holds no value of pole_tide_01" in m]
    assert len(said) == 1 and path.name in said[0]
    with netCDF4.Dataset(out / "t.nc") as track:
        assert np.ma.filled(track["elevation_m"][:].astype(float), np.nan)[~np.isnan(np.ma.filled(track["elevation_m"][:].astype(float), np.nan))].size == 0


def test_an_empty_block_of_corrections_is_told(tmp_path, small):
    path = altered(small, tmp_path / "empty", change={name: put([0, 1, 2], FILL) for name in CORRECTIONS})
    _, record, _ = run_pipeline(tmp_path, RETRACK.format(product=path))
    said = [m for m in told(record) if "holds no value of" in m]
    assert len(said) == 1 and all(n in said[0] for n in ["mod_dry_tropo", "iono_cor_gim", "ocean_tide", "hf_fluct"]) and "no elevation" in said[0]
    assert sum(left_out(record, "rt").values()) == small_cryosat.RECORDS - 1


def test_a_zip_is_read_as_its_product(tmp_path, small):
    one, two, none = (tmp_path / f"{n}.zip" for n in ["one", "two", "none"])
    other = small.name.replace("20180301T000003", "20180301T000004")
    with zipfile.ZipFile(one, "w") as f:
        f.write(small, "folder/" + small.name)
    with zipfile.ZipFile(two, "w") as f:
        f.write(small, small.name)
        f.write(small, other)
    with zipfile.ZipFile(none, "w") as f:
        f.writestr("readme.txt", "nothing")
    def values(product):
        out, _, _ = run_pipeline(tmp_path, READ.format(product=product), "--overwrite")
        with netCDF4.Dataset(out / "t.nc") as track:
            return np.ma.filled(track["tracker_range_20_ku"][:], np.nan), np.ma.filled(track["waveform_20_ku"][:], np.nan)
    for a, b in zip(values(one), values(small)):
        assert np.array_equal(a, b)
    (tmp_path / "p.yaml").write_text(READ.format(product=two))
    said = floe("check", tmp_path / "p.yaml", expect=2).err
    assert small.name in said and other in said and "two.zip" in said
    (tmp_path / "p.yaml").write_text(READ.format(product=none))
    assert "holds no CryoSat-2 product" in floe("check", tmp_path / "p.yaml", expect=2).err
    named = tmp_path / (small.stem + ".zip")
    one.rename(named)
    assert "CryoSat-2 SIRAL L1B" in floe("info", named).out


@needs_real_data
def test_level_2_sends_nobody_to_sentinel_3(tmp_path):
    (tmp_path / "p.yaml").write_text(f"""
floe: 1
steps:
  read: {{ use: cryosat2.read, with: {{ product: {real_data() / L2I} }} }}
  features: {{ use: altimetry.features, in: {{ input: read.track }} }}
outputs: {{ t.nc: features.track }}
""")
    said = floe("check", tmp_path / "p.yaml", expect=2).err
    assert "level 1B" in said and "cryosat2.read" in said and "SR_2_LAN_SI" not in said


@needs_real_data
def test_low_resolution_echoes_are_said_to_take_the_settings_of_sar(tmp_path):
    product = real_data() / "cs2_waveforms/CS_OFFL_SIR_LRM_1B_20221214T020321_20221214T020524_E001.nc"
    (tmp_path / "p.yaml").write_text(RETRACK.format(product=product))
    done = floe("check", tmp_path / "p.yaml")
    assert "low-resolution mode" in done.out + done.err and "0.047 m" in done.out + done.err


@needs_real_data
def test_limits_belong_to_the_peakiness_of_l2i(tmp_path):
    """Read as a product, without a word on limits: ESA's leads and ice by the product's own flag, from the product's own numbers."""
    out, record, _ = run_pipeline(tmp_path, f"""
floe: 1
steps:
  read: {{ use: cryosat2.read, with: {{ product: {real_data() / L2I} }} }}
  rules: {{ use: altimetry.classify, in: {{ input: read.track }} }}
  groups:
    use: cluster.gmm
    in: {{ samples: read.track }}
    with: {{ features: [sig0_1_20_ku, peakiness_20_ku, stack_std_20_ku], clusters: 3, names: {{ lead: highest peakiness_20_ku, sea_ice: rest }} }}
outputs: {{ r.nc: rules.track, g.nc: groups.classes }}
""")
    with netCDF4.Dataset(real_data() / L2I) as own:
        read = lambda name: np.ma.filled(own[name][:].astype(float), np.nan)
        flag, pp, ssd, sic = (read(n) for n in ["flag_surf_type_class_20_ku", "peakiness_20_ku", "stack_std_20_ku", "sea_ice_concentration_20_ku"])
    with netCDF4.Dataset(out / "r.nc") as track:
        assert track["peakiness_20_ku"].definition == "esa-l2i"
        code = np.ma.filled(track["rule_code"][:].astype(float), np.nan)
    with netCDF4.Dataset(out / "g.nc") as track:
        group = np.ma.filled(track["class_code"][:].astype(float), np.nan)
    assert record["results"]["rules"]["limits"]["set"] == "cryosat2-l2i" == record["results"]["groups"]["limits"]["set"]
    assert np.array_equal(code == 2, (pp >= 31) & (ssd < 6.29) & (sic >= 15))
    assert (code[flag == 256] == 2).all() and (code[flag == 128] == 1).all()
    assert not (code[(flag == 128) | (flag == 64)] == 2).any()
    decided = flag != 32
    for ours in [code, group]:
        hit = np.sum((ours == 2) & (flag == 256))
        assert hit / np.sum((ours == 2) & decided) >= 0.99 and hit / 957 >= 0.90
    (tmp_path / "p.yaml").write_text(f"""
floe: 1
steps:
  read: {{ use: cryosat2.read, with: {{ product: {real_data() / L2I} }} }}
  rules: {{ use: altimetry.classify, in: {{ input: read.track }}, with: {{ limits: cpom-cryosat2 }} }}
outputs: {{ r.nc: rules.track }}
""")
    said = floe("check", tmp_path / "p.yaml", expect=2).err
    assert "'peakiness_20_ku' has peakiness 'esa-l2i'" in said and "'cryosat2-l2i' belongs to it" in said
