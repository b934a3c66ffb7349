"""The altimetry recipe of the course, once more in numpy, SciPy and scikit-learn.

It is written from the description of the recipe (features, selection, alignment, groups and the numbers that the
course's notebook prints) and shares no line with the program that it checks. Where the recipe has faults, they are
here: they are part of the published numbers.

Use: `CourseRun(folder)`; every array that is not said to be "of all records" has one entry per *kept* record.
"""
import os
import warnings

import numpy as np
from netCDF4 import Dataset
from scipy.interpolate import interp1d
from scipy.optimize import OptimizeWarning, curve_fit
from sklearn.cluster import KMeans
from sklearn.metrics import confusion_matrix
from sklearn.mixture import GaussianMixture
from sklearn.preprocessing import StandardScaler

GATE_METRES = 0.2342
OVERSAMPLING = 24
CORRECTIONS = (
    "mod_dry_tropo_cor_zero_altitude_01", "mod_wet_tropo_cor_zero_altitude_01", "iono_cor_gim_01_ku",
    "ocean_tide_sol1_01", "load_tide_sol1_01", "pole_tide_01", "solid_earth_tide_01")
MEAN_SEA_SURFACE = "mean_sea_surf_sol1_20_ku"


def peakiness(echo):
    """Maximum over mean of the samples above the noise floor, in a cut of 128 bins that starts 50 before the peak.

    A peak before bin 50 gives a negative start; Python counts that from the end, the cut is empty, the answer NaN.
    """
    top = np.nanmax(echo) if np.isfinite(echo).any() else np.nan
    if not top > 0:
        return np.nan
    peak = int(np.flatnonzero(echo == top)[0])
    cut = echo[peak - 50:peak + 78]
    if cut.size == 0:
        return np.nan
    floor = np.nanmean(cut[10:20])
    above = cut[cut > floor]
    return np.nanmax(above) / np.nanmean(above) if above.size else np.nan


def stack_width(power):
    """|sigma| in looks of a Gaussian a*exp(-(x-x0)^2 / 2 sigma^2) fitted to all values; missing ones count as 0."""
    y = np.where(np.isnan(power), 0.0, power)
    x = np.arange(y.size)
    total = y.sum()
    if not total > 0:
        return np.nan
    centre = (x * y).sum() / total
    width = np.sqrt((y * (x - centre) ** 2).sum() / total)
    try:
        best, _ = curve_fit(
            lambda x, a, x0, sigma: a * np.exp(-((x - x0) ** 2) / (2 * sigma ** 2)), x, y,
            p0=[y.max(), centre, width])
    except (RuntimeError, TypeError):  # it did not converge, or there are too few values
        return np.nan
    return abs(best[2])


def oversample(echo, factor=OVERSAMPLING):
    """`echo` on a grid `factor` times finer: the whole complex spectrum padded with zeros on both sides."""
    count = echo.size
    spectrum = np.fft.fftshift(np.fft.fft(np.nan_to_num(echo)))
    padding = np.zeros((count * factor - count) // 2)
    wide = np.fft.ifftshift(np.concatenate([padding, spectrum, padding]))
    return np.fft.ifft(wide).real * factor


def shifted(echo, metres):
    """`echo` read at x + `metres`, between samples by a straight line, beyond the ends the end sample."""
    fine = oversample(echo)
    x = np.linspace(0, echo.size * GATE_METRES, fine.size, endpoint=False)
    return np.interp(x + metres, x, fine)[::OVERSAMPLING]


def centred(raw):
    """The shifts used, from the raw ones: outside the 1st to 99th percentile, or not finite, means 0; the mean of
    those that are not 0 is taken off those alone. Also: which were set to 0."""
    finite = np.isfinite(raw)
    low, high = np.percentile(raw[finite], [1, 99])  # linear between order statistics
    zeroed = ~finite | (raw < low) | (raw > high)
    shift = np.where(zeroed, 0.0, raw)
    moves = shift != 0
    shift[moves] -= shift[moves].mean()
    return shift, zeroed


class CourseRun:
    """The whole recipe on one SEN3 folder (or a netCDF file)."""

    def __init__(self, product, align=True, seed=0):
        path = product if os.path.isfile(product) else os.path.join(product, "enhanced_measurement.nc")
        with warnings.catch_warnings(), Dataset(path) as file:
            warnings.simplefilter("ignore", category=RuntimeWarning)
            warnings.simplefilter("ignore", category=OptimizeWarning)
            self.file = file
            self._features()
            self._select()
            self._groups(seed)
            self._shifts()
            if align:
                self._align()
            del self.file

    def at20(self, name):
        """A 20 Hz variable in its unit, masked values NaN."""
        return np.ma.filled(self.file[name][:].astype(float), np.nan)

    def at20_from_1(self, name):
        """A 1 Hz variable brought to the 20 Hz times by straight lines, past the ends too.

        The mask is dropped: a masked value is the bare number of the file, not scaled (32767 "m")."""
        values = np.ma.getdata(self.file[name][:]).astype(float)
        times = np.ma.getdata(self.file["time_01"][:]).astype(float)
        wanted = np.ma.getdata(self.file["time_20_ku"][:]).astype(float)
        return interp1d(times, values, kind="linear", fill_value="extrapolate")(wanted)

    def _features(self):
        waves = self.at20("waveform_20_ku")
        self.all_sigma0 = self.at20("sig0_water_20_ku")
        self.all_peakiness = np.array([peakiness(echo) for echo in waves])
        self.all_ssd = np.array([stack_width(power) for power in self.at20("rip_20_ku")])
        self.all_flag = self.at20("surf_type_class_20_ku")
        self.all_features = np.column_stack([self.all_sigma0, self.all_peakiness, self.all_ssd])
        # Fitted on every record, before anything is dropped; NaN cells are passed over.
        self.scaler = StandardScaler().fit(self.all_features)
        self.all_scaled = self.scaler.transform(self.all_features)
        self.nan_cells = int(np.isnan(self.all_scaled).sum())
        self.all_waves = waves

    def _select(self):
        whole = ~np.isnan(self.all_scaled).any(axis=1)
        self.rows = np.flatnonzero(whole & ((self.all_flag == 1) | (self.all_flag == 2)))
        self.flag = self.all_flag[self.rows].astype(int)
        self.features = self.all_features[self.rows]
        self.scaled = self.all_scaled[self.rows]
        self.waves = self.all_waves[self.rows]

    def _groups(self, seed):
        """0 ice, 1 lead: the group of the greater mean peakiness is the lead."""
        def named(labels):
            means = [self.features[labels == k, 1].mean() for k in (0, 1)]
            return labels if means[1] > means[0] else 1 - labels
        self.mixture = GaussianMixture(n_components=2, random_state=seed).fit(self.scaled)
        self.gmm = named(self.mixture.predict(self.scaled))
        self.kmeans = named(KMeans(n_clusters=2, random_state=seed).fit(self.scaled).labels_)
        self.gmm_confusion = confusion_matrix(self.flag - 1, self.gmm, labels=[0, 1])
        self.kmeans_confusion = confusion_matrix(self.flag - 1, self.kmeans, labels=[0, 1])

    def _shifts(self):
        corrections = np.zeros(self.all_flag.size)
        for name in CORRECTIONS:
            corrections += self.at20_from_1(name)
        raw = (self.at20("alt_20_ku") - self.at20("tracker_range_20_ku") - corrections
               - self.at20(MEAN_SEA_SURFACE))
        self.raw_shift = raw[self.rows]
        self.shift, self.zeroed = centred(self.raw_shift)

    def _align(self):
        top = np.nanmax(self.waves, axis=1, keepdims=True)
        self.normalised = self.waves / np.where(top == 0, 1.0, top)
        self.aligned = np.array([shifted(echo, metres) for echo, metres in zip(self.normalised, self.shift)])
        self.peak_before = np.argmax(self.normalised, axis=1)
        self.peak_after = np.argmax(self.aligned, axis=1)

    def figures(self):
        """What the notebook prints, by name."""
        ice, lead = self.gmm == 0, self.gmm == 1
        mean = lambda echoes, chosen: np.nanmean(echoes[chosen], axis=0)
        return {
            "nan_cells": self.nan_cells, "kept": self.rows.size,
            "esa_ice": int((self.flag == 1).sum()), "esa_lead": int((self.flag == 2).sum()),
            "gmm_ice": int(ice.sum()), "gmm_lead": int(lead.sum()),
            "kmeans_ice": int((self.kmeans == 0).sum()), "kmeans_lead": int((self.kmeans == 1).sum()),
            "ice_means": self.features[ice].mean(axis=0), "lead_means": self.features[lead].mean(axis=0),
            "raw_mean": np.nanmean(self.raw_shift), "raw_std": np.nanstd(self.raw_shift),
            "raw_min": np.nanmin(self.raw_shift), "raw_max": np.nanmax(self.raw_shift),
            "zeroed": int(self.zeroed.sum()), "shift_std": self.shift.std(),
            "peak_std_before": self.peak_before.std(), "peak_std_after": self.peak_after.std(),
            "ice_peak_before": mean(self.normalised, ice).max(), "ice_peak_after": mean(self.aligned, ice).max(),
            "lead_peak_before": mean(self.normalised, lead).max(), "lead_peak_after": mean(self.aligned, lead).max(),
        }
