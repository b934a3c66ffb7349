"""Altimetry from netCDF to classified GeoPackage: floe beside the course's functions in Python, on one product; see README.md.

bench_altimetry.py           runs both, alternating, and writes results/altimetry.md
bench_altimetry.py --peer    the Python side: MEASUREMENT OUT.gpkg SHARE
"""
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "Tests/python"))
FLOE = HERE.parent / ".build/release/floe"
RECORDS = int(os.environ.get("RECORDS", 60000))
ROUNDS = int(os.environ.get("ROUNDS", 3))
# Share of the records whose features and alignment Python computes; their time is scaled, that of all else is not.
SHARE = float(os.environ.get("SHARE", 1))
WORK = pathlib.Path(os.environ.get("WORK", HERE / "results/work"))


def peer(measurement, package, share):
    import course_altimetry as course
    import numpy as np
    from osgeo import ogr, osr
    from sklearn.mixture import GaussianMixture
    from sklearn.preprocessing import StandardScaler
    np.seterr(all="ignore")
    raw = course.Product(measurement)
    waves, power = raw["waveform_20_ku"], raw["rip_20_ku"]
    sigma0, flag, time_ku = raw["sig0_water_20_ku"], raw["surf_type_class_20_ku"], raw["time_20_ku"]
    lat, lon = raw["lat_20_ku"], raw["lon_20_ku"]
    n = max(1000, int(len(waves) * share))
    began = time.process_time(), time.monotonic()
    pp = np.array([course.peakiness(w) for w in waves[:n]])
    widths = np.array([course.ssd(p) for p in power[:n]])
    raw_shift = raw["alt_20_ku"] - raw["tracker_range_20_ku"] - sum(raw.at_ku(c) for c in course.CORRECTIONS) - raw["mean_sea_surf_sol1_20_ku"]
    kept = np.isfinite(pp) & np.isfinite(widths) & np.isfinite(sigma0[:n]) & np.isin(flag[:n], [1, 2])
    shift, good = course.shifts(raw_shift[:n][kept])
    aligned = np.array([course.align(w, s / course.GATE) for w, s in zip(waves[:n][kept], shift)])
    peaks = np.argmax(aligned, 1)
    spent = time.process_time() - began[0], time.monotonic() - began[1]
    more = len(waves) / n - 1
    x = StandardScaler().fit_transform(np.column_stack([sigma0[:n], pp, widths])[kept])
    labels = GaussianMixture(2, random_state=0).fit_predict(x)
    lead = int(x[labels == 1, 1].mean() > x[labels == 0, 1].mean())
    classes, moved, peak, kept_at = np.full(len(waves), 3), np.full(len(waves), np.nan), np.full(len(waves), -1), np.flatnonzero(kept)
    classes[kept_at], moved[kept_at], peak[kept_at] = np.where(labels == lead, 2, 1), shift, peaks
    pp, widths = (np.concatenate([v, np.full(len(waves) - n, np.nan)]) for v in (pp, widths))
    source = ogr.GetDriverByName("GPKG").CreateDataSource(package)
    reference = osr.SpatialReference()
    reference.ImportFromEPSG(4326)
    reference.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    layer = source.CreateLayer("track", reference, ogr.wkbPoint)
    columns = {"time": time_ku, "lat": lat, "lon": lon, "sigma0_db": sigma0, "peakiness": pp, "ssd": widths, "max_power": waves.max(1), "class_code": classes, "esa_class": flag, "shift_m": moved, "peak_bin_aligned": peak}
    for name in columns:
        layer.CreateField(ogr.FieldDefn(name, ogr.OFTReal))
    layer.StartTransaction()
    for i in range(len(waves)):
        feature = ogr.Feature(layer.GetLayerDefn())
        for k, v in enumerate(columns.values()):
            if np.isfinite(v[i]):
                feature.SetField(k, float(v[i]))
        point = ogr.Geometry(ogr.wkbPoint)
        point.AddPoint_2D(lon[i], lat[i])
        feature.SetGeometry(point)
        layer.CreateFeature(feature)
    layer.CommitTransaction()
    source = None
    print(json.dumps({"more_cpu": spent[0] * more, "more_wall": spent[1] * more}))


def timed(command):
    """Wall and CPU seconds, the peak of resident memory, and what was printed."""
    began = time.monotonic()
    # One thread for numpy's libraries: the course's loops use one, and more would only wait.
    process = subprocess.Popen([str(c) for c in command], stdout=subprocess.PIPE, text=True, env=os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"})
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{' '.join(map(str, command))} failed")
    more = json.loads(said) if said.startswith("{") else {"more_cpu": 0, "more_wall": 0}
    return {
        "wall": time.monotonic() - began + more["more_wall"], "cpu": usage.ru_utime + usage.ru_stime + more["more_cpu"],
        "memory": usage.ru_maxrss * 1024}


def main():
    folder = WORK / f"sral-{RECORDS}"
    folder.mkdir(parents=True, exist_ok=True)
    if not list(folder.glob("*.SEN3")):
        print(f"making a product of {RECORDS} records", flush=True)
        subprocess.run([FLOE, "step", "synthetic.sentinel3", "--folder", folder, "--records", str(RECORDS), "--products", "p.json", "-o", folder / "made", "--quiet"], check=True)
    product = next(folder.glob("*.SEN3"))
    example = HERE.parent / "examples/altimetry.yaml"
    # The same steps, with the GeoPackage alone for output: steps that it does not rest on are left out.
    lines, skip = [], False
    for line in example.read_text().splitlines():
        if line.startswith("outputs:"):
            break
        if line.startswith("  ") and not line.startswith("   "):
            skip = line.split(":")[0].strip() in ("score", "echoes", "separation")
        if not skip:
            lines.append(line)
    short = WORK / "altimetry-short.yaml"
    short.write_text("\n".join(lines) + "\noutputs:\n  track.gpkg: { track: layer.result }\n")

    package = WORK / "peer.gpkg"
    work = {
        "floe, netCDF to classified GeoPackage": [FLOE, "run", short, "--set", f"track={product}", "-o", WORK / "short", "--quiet"],
        "the same with one worker": [FLOE, "run", short, "--set", f"track={product}", "-o", WORK / "short-1", "--quiet", "--workers", "1"],
        "floe, examples/altimetry.yaml with echoes.nc, separation and score": [FLOE, "run", example, "--set", f"track={product}", "-o", WORK / "example", "--quiet"],
        "Python functions, netCDF to classified GeoPackage": [sys.executable, __file__, "--peer", product / "enhanced_measurement.nc", package, SHARE],
    }
    figures = {name: [] for name in work}
    for turn in range(ROUNDS):
        for name, command in work.items():
            package.unlink(missing_ok=True)
            figures[name].append(timed(command))
            f = figures[name][-1]
            print(f"{turn + 1}/{ROUNDS} {name}: {f['wall']:.1f} s, {f['cpu']:.1f} CPU s, {f['memory'] / 1e6:.0f} MB", flush=True)
    peers = [f for name, all in figures.items() if name.startswith("Python") for f in all]
    text = f"Product of {RECORDS} records, median of {ROUNDS} rounds, {os.cpu_count()} cores"
    text += ".\n" if SHARE >= 1 else f"; Python computed features and alignment of {SHARE:.0%} of the records, their time is scaled.\n"
    text += "\n| work | wall s | CPU s | peak MB | Python's wall to this | Python's CPU to this |\n|---|---|---|---|---|---|\n"
    for name, all in figures.items():
        wall, cpu = (statistics.median(f[k] for f in all) for k in ("wall", "cpu"))
        ratios = [statistics.median(p[k] / f[k] for p, f in zip(peers, all)) for k in ("wall", "cpu")]
        text += f"| {name} | {wall:.1f} | {cpu:.1f} | {max(f['memory'] for f in all) / 1e6:.0f} | {ratios[0]:.1f} | {ratios[1]:.1f} |\n"
    (HERE / "results").mkdir(exist_ok=True)
    (HERE / "results/altimetry.md").write_text(text)
    print("\n" + text)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--peer"]:
        peer(sys.argv[2], sys.argv[3], float(sys.argv[4]))
    else:
        main()
