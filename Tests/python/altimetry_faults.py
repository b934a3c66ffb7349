"""Faults put into a made altimeter product, so that rules which agree on a clean one part."""
import shutil

import netCDF4
import numpy as np

FIRST = 10  # the noise bins of a cut are its samples 10 to 19
BEFORE = 50  # the cut begins so many samples before the peak


def faulty(folder, target, seed=0, masked_1hz=0.01):
    """A copy of a SEN3 folder with faults; its path."""
    rng = np.random.default_rng(seed)
    shutil.copytree(folder, target)
    with netCDF4.Dataset(target / "enhanced_measurement.nc", "a") as d:
        d.set_auto_maskandscale(False)
        count = len(d.dimensions["time_20_ku"])
        fill = {name: v._FillValue for name, v in d.variables.items() if hasattr(v, "_FillValue")}

        def change(name, rows, value=None):
            values = d[name][:]
            values[rows] = fill[name] if value is None else value
            d[name][:] = values

        def some(share, of=count):
            return np.flatnonzero(rng.random(of) < share)

        for name in ["mod_dry_tropo_cor_zero_altitude_01", "load_tide_sol1_01", "ocean_tide_sol1_01"]:
            change(name, some(masked_1hz, len(d.dimensions["time_01"])))
        change("mean_sea_surf_sol1_20_ku", some(0.15))
        change("sig0_water_20_ku", some(0.02))
        change("alt_20_ku", some(0.01))
        change("surf_type_class_20_ku", some(0.01))

        waves = d["waveform_20_ku"][:]
        whole = (waves != fill["waveform_20_ku"]).all(1) & (waves.max(1) > 0)
        peaks = waves.argmax(1)
        for row in some(0.05):  # peaks before bin 50, at bin 50 and at the very end
            if whole[row]:
                waves[row] = np.roll(waves[row], int(rng.choice([5, 30, 39, 40, 45, 49, 50, 51, 200, 254])) - peaks[row])
        peaks = waves.argmax(1)
        for row in some(0.6):  # ten noise samples whose mean is one of them, to the last count
            first = peaks[row] - BEFORE + FIRST
            if whole[row] and first >= 0:
                level = int(rng.integers(20_000, 120_000))
                waves[row, first:first + 10] = level + np.array([-700, 700, 0, 0, -31, 31, 0, 0, -8, 8]) + 0
        waves[some(0.01)] = fill["waveform_20_ku"]
        waves[some(0.005)] = 0
        for row in some(0.01):
            waves[row, rng.integers(0, 256, 3)] = fill["waveform_20_ku"]
        d["waveform_20_ku"][:] = waves

        power = d["rip_20_ku"][:]
        for row in some(0.02):
            power[row, rng.integers(60, 140, 5)] = fill["rip_20_ku"]
        power[some(0.005)] = 0
        power[some(0.005)] = fill["rip_20_ku"]
        d["rip_20_ku"][:] = power
    return target
