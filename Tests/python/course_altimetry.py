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


def compare(product, result):
    """Figures of both side by side; shares of the largest relative differences are dimensionless."""
    raw, floe = Product(product), Product(result)
    waves, power = raw["waveform_20_ku"], raw["rip_20_ku"]
    started = time.process_time()
    pp = np.array([peakiness(w) for w in waves])
    widths = np.array([ssd(p) for p in power])
    figures = {"records": len(pp), "features_cpu_s": time.process_time() - started}
    sigma0 = raw["sig0_water_20_ku"]
    figures["peakiness"] = difference(pp, floe["peakiness"], 1e-6)
    figures["ssd"] = difference(widths, floe["ssd"], 1e-3)
    figures["sigma0_db"] = difference(sigma0, floe["sigma0_db"], 1e-6)

    flag = raw["surf_type_class_20_ku"]
    whole = np.isfinite(pp) & np.isfinite(widths) & np.isfinite(sigma0)
    kept = whole & np.isin(flag, [1, 2])
    figures["kept"] = int(kept.sum())
    figures["kept_by_floe"] = int((floe["dropped_because"] == 0).sum())
    shift = raw["alt_20_ku"] - raw["tracker_range_20_ku"] - sum(raw.at_ku(n) for n in CORRECTIONS) - raw["mean_sea_surf_sol1_20_ku"]
    ours, good = shifts(shift[kept])
    figures["shift_m"] = {
        "raw_mean": np.nanmean(shift[kept]), "raw_std": np.nanstd(shift[kept]), "zeroed": int((~good).sum()), "std": ours.std(),
        "largest_difference": np.nanmax(abs(ours - floe["shift_m"][kept]))}
    started = time.process_time()
    aligned = np.array([align(w, s / GATE) for w, s in zip(waves[kept], ours)])
    figures["align_cpu_s"] = time.process_time() - started
    figures["aligned_largest_difference"] = np.nanmax(abs(aligned - floe["waveform_aligned"][kept]))
    figures["peak_bin_std"] = [np.argmax(waves[kept], 1).std(), np.argmax(aligned, 1).std()]
    figures["features"] = np.column_stack([sigma0, pp, widths])
    figures["flag"], figures["rows"] = flag, kept
    return figures


def confusion(figures, seed=0):
    """Rows ESA's ice and lead, columns found ice and lead, by a mixture of two Gaussians; the scaler sees all records."""
    from sklearn.mixture import GaussianMixture
    from sklearn.preprocessing import StandardScaler
    x = StandardScaler().fit_transform(figures["features"])[figures["rows"]]
    labels = GaussianMixture(2, random_state=seed).fit_predict(x)
    if x[labels == 1, 1].mean() < x[labels == 0, 1].mean():
        labels = 1 - labels
    truth = figures["flag"][figures["rows"]] == 2
    return [[int(((truth == t) & (labels == c)).sum()) for c in (0, 1)] for t in (False, True)]


def difference(ours, theirs, tolerance):
    both = np.isfinite(ours) & np.isfinite(theirs)
    relative = abs(ours[both] - theirs[both]) / np.maximum(abs(ours[both]), 1e-12)
    return {
        "in_both": int(both.sum()), "largest": float(relative.max()), "beyond": np.flatnonzero(both)[relative > tolerance].tolist(),
        "only_in_one": np.flatnonzero(np.isfinite(ours) != np.isfinite(theirs)).tolist()}


if __name__ == "__main__":
    for key, value in compare(*sys.argv[1:3]).items():
        if not isinstance(value, np.ndarray):
            print(f"{key}: {value}")
