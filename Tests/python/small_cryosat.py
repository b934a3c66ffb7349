"""A small CryoSat-2 L1b file of SARIn mode, made with netCDF4: every value can be told from its index."""
import netCDF4
import numpy as np

NAME = "CS_OFFL_SIR_SIN_1B_20180301T000000_20180301T000003_E001.nc"
RECORDS, SAMPLES = 60, 32
# Seconds of TAI since 2000 at 2018-03-01T00:00:00 UTC, 37 s behind.
START = 6634 * 86400 + 37


def write(folder):
    path = folder / NAME
    with netCDF4.Dataset(path, "w") as d:
        d.set_auto_maskandscale(False)
        d.product_name, d.sir_op_mode = NAME[:-3], "SARIN     "
        for name, length in [("time_20_ku", RECORDS), ("time_cor_01", 3), ("ns_20_ku", SAMPLES)]:
            d.createDimension(name, length)

        def put(name, dimensions, kind, values, **attributes):
            fill = attributes.pop("fill", False)
            v = d.createVariable(name, kind, dimensions, fill_value=fill)
            v.set_auto_maskandscale(False)
            v.setncatts(attributes)
            v[:] = values

        row = np.arange(RECORDS)
        since = {"units": "seconds since 2000-01-01 00:00:00.0"}
        put("time_20_ku", ("time_20_ku",), "f8", START + 0.05 * row, **since)
        put("time_cor_01", ("time_cor_01",), "f8", START + np.arange(3.0), **since)
        put("lat_20_ku", ("time_20_ku",), "i4", 800_000_000 + 30_000 * row, fill=-2147483648, units="degrees_north", scale_factor=1e-7)
        put("lon_20_ku", ("time_20_ku",), "i4", -1_200_000_000 + 100_000 * row, fill=-2147483648, units="degrees_east", scale_factor=1e-7)
        put("alt_20_ku", ("time_20_ku",), "i4", 720_000_000 + 1000 * row, fill=-2147483648, units="m", scale_factor=1e-3)
        put("window_del_20_ku", ("time_20_ku",), "i8", 4_800_000_000 + 1000 * row, fill=-(2**63), units="seconds", scale_factor=1e-12)
        put("echo_scale_factor_20_ku", ("time_20_ku",), "i4", np.full(RECORDS, 500_000_000), fill=-2147483648, scale_factor=1e-9)
        put("echo_scale_pwr_20_ku", ("time_20_ku",), "i4", np.full(RECORDS, -60), fill=-2147483648)
        echo = np.tile(np.arange(SAMPLES) * 10 + 5, (RECORDS, 1))
        # The largest count of all is a peak and no missing value.
        echo[:, 16] = 65535
        put("pwr_waveform_20_ku", ("time_20_ku", "ns_20_ku"), "u2", echo)
        for name, value in [
            ("mod_dry_tropo_cor_01", -2300), ("mod_wet_tropo_cor_01", -100), ("iono_cor_gim_01", -50), ("ocean_tide_01", 300),
            ("ocean_tide_eq_01", -10), ("load_tide_01", 20), ("solid_earth_tide_01", 40), ("pole_tide_01", 1),
            ("inv_bar_cor_01", 200), ("hf_fluct_total_cor_01", 270),
        ]:
            put(name, ("time_cor_01",), "i4", value + 100 * np.arange(3), fill=-2147483648, units="m", scale_factor=1e-3)
        flag = np.zeros(RECORDS, np.int32)
        flag[7] = -2147483648
        put("flag_mcd_20_ku", ("time_20_ku",), "i4", flag, fill=-1)
    return path
