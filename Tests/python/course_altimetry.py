"""The course's altimetry written down independently in numpy and scipy, for comparison with floe's preset `course`.

Command line: course_altimetry.py enhanced_measurement.nc echoes.nc
where echoes.nc is what floe writes of the track after altimetry.features and altimetry.align, both with preset: course.
"""
import sys
import time

import netCDF4
import numpy as np
from scipy.optimize import curve_fit

CORRECTIONS = [
    "mod_dry_tropo_cor_zero_altitude_01", "mod_wet_tropo_cor_zero_altitude_01", "iono_cor_gim_01_ku", "ocean_tide_sol1_01",
    "load_tide_sol1_01", "pole_tide_01", "solid_earth_tide_01",
]
GATE = 0.2342


def peakiness(wave):
    """max / mean of what lies above the noise floor, in 128 bins from 50 before the peak; early peaks slice nothing."""
    peak = np.argmax(wave)
    cut = wave[peak - 50:peak + 78]
    if cut.size == 0 or not np.isfinite(cut).all() or cut.max() <= 0:
        return np.nan
    noise = np.mean(cut[10:20])
    above = cut[cut > noise]
    return cut.max() / above.mean() if above.size else np.nan


def gaussian(x, a, x0, sigma):
    return a * np.exp(-((x - x0) ** 2) / (2 * sigma**2))


def ssd(power):
    """|sigma| of a Gaussian fitted to all values of the range-integrated power, in looks."""
    x = np.arange(power.size)
    total = power.sum()
    if not total > 0:
        return np.nan
    mean = (x * power).sum() / total
    root = np.sqrt((power * (x - mean) ** 2).sum() / total)
    try:
        found, _ = curve_fit(gaussian, x, power, p0=[power.max(), mean, root])
    except RuntimeError:
        return np.nan
    return abs(found[2])


def oversample(wave, factor=24):
    """Zero padding of the spectrum; the Nyquist value is left as it is and so counts twice."""
    spectrum = np.fft.rfft(wave)
    padded = np.zeros(wave.size * factor // 2 + 1, complex)
    padded[:spectrum.size] = spectrum
    return np.fft.irfft(padded, wave.size * factor) * factor


def align(wave, shift_bins, factor=24):
    fine = oversample(wave / wave.max(), factor)
    x = np.arange(fine.size) / factor
    return np.interp(x + shift_bins, x, fine)[::factor]


def shifts(raw):
    """Clipped to the 1st and 99th percentile, what is not finite 0, the mean removed; in metres."""
    low, high = np.nanpercentile(raw, [1, 99])
    good = np.isfinite(raw) & (raw >= low) & (raw <= high)
    result = np.where(good, raw, 0.0)
    return result - result.mean(), good


class Product:
    def __init__(self, path):
        self.file = netCDF4.Dataset(path)

    def __getitem__(self, name):
        return np.ma.filled(self.file[name][:].astype(float), np.nan)

    def at_ku(self, name):
        """A 1 Hz variable on the Ku times; outside and from masked values the line goes on, masked values left out."""
        time_1hz, time_ku, values = self["time_01"], self["time_20_ku"], self[name]
        known = np.isfinite(values)
        x, y = time_1hz[known], values[known]
        i = np.clip(np.searchsorted(x, time_ku) - 1, 0, x.size - 2)
        return y[i] + (y[i + 1] - y[i]) * (time_ku - x[i]) / (x[i + 1] - x[i])


def main(product, result):
    raw, floe = Product(product), Product(result)
    waves, power = raw["waveform_20_ku"], raw["rip_20_ku"]
    started = time.process_time()
    pp = np.array([peakiness(w) for w in waves])
    widths = np.array([ssd(p) for p in power])
    features_seconds = time.process_time() - started
    report("peakiness", pp, floe["peakiness"], 1e-6)
    report("ssd", widths, floe["ssd"], 1e-3)
    report("sigma0_db", raw["sig0_water_20_ku"], floe["sigma0_db"], 1e-6)

    # The records that floe kept: the statistics of the shift are theirs.
    kept = floe["dropped_because"] == 0 if "dropped_because" in floe.file.variables else np.ones(len(pp), bool)
    flag = raw["surf_type_class_20_ku"]
    print("flag 1 or 2:", int(np.isin(flag, [1, 2]).sum()), " kept by floe:", int(kept.sum()))
    shift = raw["alt_20_ku"] - raw["tracker_range_20_ku"] - sum(raw.at_ku(n) for n in CORRECTIONS) - raw["mean_sea_surf_sol1_20_ku"]
    ours, good = shifts(shift[kept])
    theirs = floe["shift_m"][kept]
    print(f"shift: raw mean {np.nanmean(shift[kept]):.3f} std {np.nanstd(shift[kept]):.3f} m; zeroed {int((~good).sum())}; std after {ours.std():.3f} m")
    print(f"shift: largest difference {np.nanmax(abs(ours - theirs)):.3g} m")
    started = time.process_time()
    aligned = np.array([align(w, s / GATE) for w, s in zip(waves[kept], ours)])
    align_seconds = time.process_time() - started
    print(f"aligned echoes: largest difference {np.nanmax(abs(aligned - floe['waveform_aligned'][kept])):.3g} of the maximum")
    print("peak bin std:", np.argmax(waves[kept], 1).std(), "->", np.argmax(aligned, 1).std())
    print(f"CPU s: features {features_seconds:.2f}, alignment {align_seconds:.2f}, {len(pp)} records")


def report(name, ours, theirs, tolerance):
    both = np.isfinite(ours) & np.isfinite(theirs)
    worst = np.max(abs(ours[both] - theirs[both]) / np.maximum(abs(ours[both]), 1e-12))
    beyond = np.flatnonzero(both)[abs(ours[both] - theirs[both]) > tolerance * abs(ours[both])]
    only = np.flatnonzero(np.isfinite(ours) != np.isfinite(theirs))
    print(f"{name}: {both.sum()} in both, largest relative difference {worst:.3g}, beyond {tolerance:g}: {list(beyond[:10])}, only in one: {list(only[:10])}")


if __name__ == "__main__":
    main(*sys.argv[1:3])
