"""Altimetry from netCDF to classified GeoPackage: floe beside the course's functions in Python, on one product; see README.md.

bench_altimetry.py           runs both, alternating, and writes results/altimetry.md and results/altimetry.json
bench_altimetry.py --peer    the Python side: MEASUREMENT OUT.gpkg SHARE; `-` for no GeoPackage and a score instead
"""
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

import measure

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "Tests/python"))
FLOE = HERE.parent / ".build/release/floe"
RECORDS = int(os.environ.get("RECORDS", 60000))
# As many as the course's product holds of ice and leads.
CHAIN = int(os.environ.get("CHAIN", 12195))
ROUNDS = int(os.environ.get("ROUNDS", 3))
# Share of the records whose features and alignment Python computes; their time is scaled, that of all else is not.
SHARE = float(os.environ.get("SHARE", 1))
WORK = pathlib.Path(os.environ.get("WORK", HERE / "results/work"))


def peer(measurement, package, share):
    import course_altimetry as course
    import numpy as np
    from sklearn.metrics import classification_report, confusion_matrix
    from sklearn.mixture import GaussianMixture
    from sklearn.preprocessing import StandardScaler
    np.seterr(all="ignore")
    import netCDF4
    from scipy.interpolate import interp1d
    file = netCDF4.Dataset(measurement)

    def raw(name):
        return np.ma.filled(file[name][:].astype(float), np.nan)

    waves, power = raw("waveform_20_ku"), raw("rip_20_ku")
    sigma0, flag, time_ku = raw("sig0_water_20_ku"), raw("surf_type_class_20_ku"), raw("time_20_ku")
    lat, lon = raw("lat_20_ku"), raw("lon_20_ku")
    n = max(1000, int(len(waves) * share))
    began = time.process_time(), time.monotonic()
    pp = np.array([course.peakiness(w) for w in waves[:n]])
    widths = np.array([course.stack_width(p) for p in power[:n]])
    path = sum(interp1d(raw("time_01"), raw(c), fill_value="extrapolate")(time_ku) for c in course.CORRECTIONS)
    raw_shift = raw("alt_20_ku") - raw("tracker_range_20_ku") - path - raw(course.MEAN_SEA_SURFACE)
    kept = np.isfinite(pp) & np.isfinite(widths) & np.isfinite(sigma0[:n]) & np.isin(flag[:n], [1, 2])
    shift, _ = course.centred(raw_shift[:n][kept])
    began_alignment = time.process_time(), time.monotonic()
    normalised = waves[:n][kept] / np.nanmax(waves[:n][kept], axis=1, keepdims=True)
    aligned = np.array([course.shifted(w, s) for w, s in zip(normalised, shift)])
    alignment = time.process_time() - began_alignment[0], time.monotonic() - began_alignment[1]
    peaks = np.argmax(aligned, 1)
    spent = time.process_time() - began[0], time.monotonic() - began[1]
    more = len(waves) / n - 1
    x = StandardScaler().fit_transform(np.column_stack([sigma0[:n], pp, widths])[kept])
    labels = GaussianMixture(2, random_state=0).fit_predict(x)
    lead = int(x[labels == 1, 1].mean() > x[labels == 0, 1].mean())
    classes, moved, peak, kept_at = np.full(len(waves), 3), np.full(len(waves), np.nan), np.full(len(waves), -1), np.flatnonzero(kept)
    classes[kept_at], moved[kept_at], peak[kept_at] = np.where(labels == lead, 2, 1), shift, peaks
    told = {"more_cpu": spent[0] * more, "more_wall": spent[1] * more, "align_cpu": alignment[0] * (1 + more), "align_wall": alignment[1] * (1 + more)}
    if package == "-":
        truth = flag[:n][kept]
        confusion_matrix(truth, classes[kept_at]), classification_report(truth, classes[kept_at], output_dict=True)
    else:
        write(package, waves, time_ku, lat, lon, sigma0, pp, widths, classes, flag, moved, peak)
    print(json.dumps(told))


def write(package, waves, time_ku, lat, lon, sigma0, pp, widths, classes, flag, moved, peak):
    import numpy as np
    from osgeo import ogr, osr
    pp, widths = (np.concatenate([v, np.full(len(waves) - len(v), np.nan)]) for v in (pp, widths))
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


def timed(command):
    """Wall and CPU seconds, the peak of resident memory, and what was printed."""
    # One thread for numpy's libraries: the course's loops use one, and more would only wait.
    figures, said = measure.timed(command, {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"})
    more = json.loads(said) if said.startswith("{") else {}
    result = figures | {"wall": figures["wall"] + more.pop("more_wall", 0), "cpu": figures["cpu"] + more.pop("more_cpu", 0)} | more
    if command[0] == FLOE:
        out = pathlib.Path(command[command.index("-o") + 1])
        steps = json.loads((out / "run.json").read_text())["timings"]
        result["align_wall"] = next(s["seconds"] for s in steps if s.get("use") == "altimetry.align")
    return result


def pipeline(name, without, output):
    """The example with one output alone: steps that it does not rest on are left out."""
    lines, skip = [], False
    for line in (HERE.parent / "examples/altimetry.yaml").read_text().splitlines():
        if line.startswith("outputs:"):
            break
        if line.startswith("  ") and not line.startswith("   "):
            skip = line.split(":")[0].strip() in {*without, "report"}
        if not skip:
            lines.append(line)
    path = WORK / f"altimetry-{name}.yaml"
    path.write_text("\n".join(lines) + f"\noutputs:\n  {output}\n")
    return path


def product(records):
    folder = WORK / f"sral-{records}"
    folder.mkdir(parents=True, exist_ok=True)
    if not list(folder.glob("*.SEN3")):
        print(f"making a product of {records} records", flush=True)
        subprocess.run([FLOE, "step", "synthetic.sentinel3", "--folder", folder, "--records", str(records), "--products", "p.json", "-o", folder / "made", "--quiet"], check=True)
    return next(folder.glob("*.SEN3"))


def compare(title, work):
    """Runs all, alternating; the figures and a Markdown table with the ratio of the last, which is Python's, to each."""
    figures = {name: [] for name in work}
    for turn in range(ROUNDS):
        for name, command in work.items():
            (WORK / "peer.gpkg").unlink(missing_ok=True)
            figures[name].append(timed(command))
            f = figures[name][-1]
            print(f"{turn + 1}/{ROUNDS} {name}: {f['wall']:.2f} s, {f['cpu']:.2f} CPU s, {f['memory'] / 1e6:.0f} MB", flush=True)
    peers = list(figures.values())[-1]
    text = f"{title}, median of {ROUNDS} rounds, {os.cpu_count()} cores"
    text += ".\n" if SHARE >= 1 else f"; Python computed features and alignment of {SHARE:.0%} of the records, their time is scaled.\n"
    text += "\n| work | wall s | CPU s | peak MB | alignment alone, wall s | Python's wall to this | Python's CPU to this | Python's alignment to this |\n|---|---|---|---|---|---|---|---|\n"
    rows = []
    for name, runs in figures.items():
        row = {k: statistics.median(f[k] for f in runs) for k in ("wall", "cpu", "align_wall")}
        row |= {f"{k}_ratio": statistics.median(p[k] / max(f[k], 1e-3) for p, f in zip(peers, runs)) for k in ("wall", "cpu", "align_wall")}
        row["memory"] = max(f["memory"] for f in runs)
        text += f"| {name} | {row['wall']:.2f} | {row['cpu']:.2f} | {row['memory'] / 1e6:.0f} | {row['align_wall']:.3f} | {row['wall_ratio']:.1f} | {row['cpu_ratio']:.1f} | {row['align_wall_ratio']:.1f} |\n"
        rows.append({"work": name} | row | {"runs": runs})
    return text, {"title": title, "rounds": ROUNDS, "share": SHARE, "cores": os.cpu_count(), "rows": rows}


def main():
    many, few = product(RECORDS), product(CHAIN)
    short = pipeline("short", ("score", "echoes", "separation"), "track.gpkg: { track: layer.result }")
    chain = pipeline("chain", ("layer", "echoes", "separation"), "score.json: score.score")

    def run(path, track, out, *more):
        return [FLOE, "run", path, "--set", f"track={track}", "-o", WORK / out, "--quiet", "--force", *more]

    def python(track, package):
        return [sys.executable, __file__, "--peer", track / "enhanced_measurement.nc", package, SHARE]

    results = [
        compare(f"{RECORDS} records, netCDF to classified GeoPackage", {
            "floe": run(short, many, "short"),
            "floe, one worker": run(short, many, "short-1", "--workers", "1"),
            "floe, examples/altimetry.yaml with echoes.nc, separation and score": run(HERE.parent / "examples/altimetry.yaml", many, "example"),
            "Python functions": python(many, WORK / "peer.gpkg"),
        }),
        compare(f"{CHAIN} records: read, features, alignment, two clusters, score", {
            "floe": run(chain, few, "chain"),
            "floe, one worker": run(chain, few, "chain-1", "--workers", "1"),
            "Python functions": python(few, "-"),
        }),
    ]
    (HERE / "results").mkdir(exist_ok=True)
    (HERE / "results/altimetry.md").write_text("\n".join(text for text, _ in results))
    (HERE / "results/altimetry.json").write_text(json.dumps([figures for _, figures in results], indent=1))
    for text, _ in results:
        print("\n" + text)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--peer"]:
        peer(sys.argv[2], sys.argv[3], float(sys.argv[4]))
    else:
        main()
