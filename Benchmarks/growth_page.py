"""The page and the plot of growth.py's figures."""
import math
import os
import pathlib
import re
import statistics
import subprocess
import tempfile

# What is true of floe whatever the figures; checked against them by whoever renews the page.
SENTENCES = {
    "head": "K-Means with two clusters on synthetic Sentinel-2 scenes, from the product's JPEG 2000 bands to labels as a cloud-optimised GeoTIFF, unless a "
            "series says otherwise; `make growth` measures it and writes this page. For comparison GDAL decodes the same bands on all cores and "
            "throws them away. An exponent says how a figure grows from the row above: 1 is proportional, 0 is constant, 0.5 is as the square root.",
    "pixels": "Three bands. Time is decoding, and decoding is proportional to pixels. In small scenes the start of the program shows, and JPEG 2000 tiles that are cut by the scene's edge. "
              "No product is larger than one tile: a larger scene is a VRT over several products. `raster.read` cuts it where its parts meet and along the parts' own JPEG 2000 tiles, so that each is decoded once. "
              "Memory does not follow the pixels: bands lie in a scratch file and are read in blocks of 256 rows; what grows with the scene is the width of these blocks and one byte a pixel of labels on the way into their file.",
    "geotiff": "Three bands from one uncompressed tiled GeoTIFF: what is left without decoding, which is reading, clustering and writing. "
               "It is proportional to pixels above the cost of starting and of the starts of K-Means on at most 200 000 samples, which is the same for every larger scene. "
               "Four tiles lie above proportionality: floe's own time grows as the pixels or less (3.9 to 12.6 CPU s from one tile to four), the system's does not. For 2.9 GB of scratch it has to free pages of its file cache, "
               "and writes to disk begin when a tenth of memory waits for them; that took 11 to 20 CPU s in runs of the same work.",
    "bands": "Growth is given over decoded pixels: the first four bands have pixels of 10 m, the next six of 20 m and the last three of 60 m, "
             "so that these decode in a quarter and a 36th of the time; where decoded pixels grow by less than a twentieth no exponent of wall is given. All bands are clustered at 10 m: where decoding adds little, what a band adds is its share of reading and of distances. "
             "Up to four bands distances are computed by loops made for their number, above by a general one. Memory, whose exponent is against the number of bands, grows with the bands of a block of rows, beside what libraries and codecs take anyway.",
    "clusters": "Four bands. Wall time hides what clusters cost, since decoding is the same for all; so the clustering step stands apart. One step over all samples costs samples times clusters, "
                "and the number of steps until the centres rest depends on the data, not on the number of clusters alone (steps on the sample and, at most 300, over all samples, together). Most steps look only at samples near a border between clusters, and the more clusters there are, the more samples lie near one: with 64, on a quarter of a tile, a step looked at 8.5 % of the samples and computed all their distances, which took two thirds of the last stage; passes over all, made anew when centres have moved too far, took the rest. The centres do not rest within 300 steps there, and the record says so. `tolerance: 1e-4`, scikit-learn's, ends far sooner.",
    "workers": "Three bands. Decoding, clustering and overviews are shared by the workers; starting, opening files, choosing the first centres and closing the file are not.",
    "memory": "Three bands. The cap bounds what is held at once, not what is used anyway: above what the run needs it changes nothing. "
              "Under a small cap labels and overviews go to scratch files instead of memory; rasters of more than 128 MB always do.",
}
TITLES = {"pixels": "Pixels", "geotiff": "Pixels, from GeoTIFF", "bands": "Bands", "clusters": "Clusters", "workers": "Workers", "memory": "Memory cap"}
SERIES = list(TITLES)


def machine():
    """The machine in words."""
    def read(path, pattern):
        found = re.search(pattern, pathlib.Path(path).read_text(), re.M)
        return found.group(1) if found else None
    cores = os.cpu_count()
    memory = round(int(read("/proc/meminfo", r"^MemTotal:\s+(\d+)")) * 1024 / 1e9)
    virtual = ", virtual" if read("/proc/cpuinfo", r"^flags.*\b(hypervisor)\b") else ""
    name = read("/proc/cpuinfo", r"^model name\s*: (.*)") or "an unnamed processor"
    return f"{cores} core{'s' if cores != 1 else ''} of {name}{virtual}, {memory} GB of memory"


def rows(figures, series):
    """Medians of wall and CPU seconds, the largest peak in MB, decoding beside it, and exponents from the row above."""
    result = []
    for point in figures["series"].get(series, []):
        runs, beside = figures["floe"][point["floe"]], figures["decode"].get(point["decode"] or "", [])
        row = {k: statistics.median(r[k] for r in runs) for k in ("wall", "cpu", "fit", "iterations")}
        row |= {"x": point["x"], "label": point["label"], "memory": max(r["memory"] for r in runs) / 1e6}
        if beside:
            row["decode"] = statistics.median(r["wall"] for r in beside)
        # Memory follows what is held at once, which is the number of bands; time follows what is decoded.
        row["width"] = int(point["label"]) if series == "bands" else point["x"]
        for k, x in (("wall", "x"), ("memory", "width"), ("fit", "x")):
            growth = row[x] / result[-1][x] if result else 1
            row[f"{k}_exponent"] = math.log(row[k] / result[-1][k]) / math.log(growth) if growth > 1.05 else None
        result.append(row)
    return result


def number(value, form):
    return "" if value is None else format(value, form)


def columns(series, all_rows):
    """Heads and cells of a series' table."""
    common = [("wall s", "wall", ".2f"), ("CPU s", "cpu", ".2f"), ("peak MB", "memory", ".0f")]
    if series in ("pixels", "geotiff", "bands"):
        first = [("bands", "label", ""), ("decoded Mpx", "x", ".1f")] if series == "bands" else [("side", "label", ""), ("Mpx", "x", ".1f")]
        for r in all_rows:
            r["ratio"] = r["wall"] / r["decode"] if "decode" in r else None
        return first + common + [("exponent of wall", "wall_exponent", ".2f"), ("exponent of memory", "memory_exponent", ".2f"), ("GDAL decodes, s", "decode", ".2f"), ("ratio", "ratio", ".2f")]
    if series == "clusters":
        for r in all_rows:
            r["beyond"] = r["wall"] - r["decode"] if "decode" in r else None
        return [("clusters", "label", "")] + common + [("exponent of memory", "memory_exponent", ".2f"), ("steps", "iterations", ".0f"), ("clustering alone, s", "fit", ".2f"), ("its exponent", "fit_exponent", ".2f"), ("wall beyond GDAL's decoding, s", "beyond", ".2f")]
    if series == "workers":
        for r in all_rows:
            r["speed"] = all_rows[0]["wall"] / r["wall"]
        return [("workers", "label", "")] + common + [("times as fast", "speed", ".2f"), ("exponent of memory", "memory_exponent", ".2f")]
    for r in all_rows:
        r["share"], r["relative"] = r["memory"] / r["x"], r["wall"] / all_rows[-1]["wall"]
    return [("cap", "label", "")] + common + [("peak to cap", "share", ".2f"), ("wall to the last row's", "relative", ".2f")]


def overall(series, all_rows):
    """From the first row to the last in one sentence with figures."""
    a, b = all_rows[0], all_rows[-1]
    if len(all_rows) < 2 or series == "memory":
        return ""
    def exponent(key):
        x = "width" if key == "memory" else "x"
        return math.log(b[key] / a[key]) / math.log(b[x] / a[x])
    what = {"clusters": ("clustering alone", "fit")}.get(series, ("wall time", "wall"))
    return (f"From {a['label']} to {b['label']}: {b['x'] / a['x']:.1f} times the {'decoded pixels' if series == 'bands' else 'pixels' if series in ('pixels', 'geotiff') else series}, "
            f"{b[what[1]] / a[what[1]]:.2f} times the {what[0]} (exponent {exponent(what[1]):.2f}), {b['memory'] / a['memory']:.2f} times the memory (exponent {exponent('memory'):.2f}).")


def write(figures, page, picture):
    text = ["# How cost grows", "", SENTENCES["head"], "", f"Measured on {figures['machine']}; a full tile has 10980 x 10980 pixels"
            + ("." if figures["size"] == 10980 else f", this scene has {figures['size']} x {figures['size']}."), ""]
    drawn = {s: rows(figures, s) for s in SERIES}
    drawn = {s: r for s, r in drawn.items() if r}
    picture.parent.mkdir(parents=True, exist_ok=True)
    plot(drawn, picture)
    text += [f"![Wall time and memory of each series]({os.path.relpath(picture, page.parent)})", ""]
    for series, all_rows in drawn.items():
        shown = columns(series, all_rows)
        text += [f"## {TITLES[series]}", "", "| " + " | ".join(c[0] for c in shown) + " |", "|---" * len(shown) + "|"]
        text += ["| " + " | ".join(number(r.get(key), form) for _, key, form in shown) + " |" for r in all_rows]
        text += ["", SENTENCES[series]] + [overall(series, all_rows)] * (overall(series, all_rows) != "") + [""]
    page.write_text("\n".join(text).rstrip() + "\n")
    print(f"written: {page}, {picture}", flush=True)


def plot(drawn, picture):
    """Small multiples by gnuplot: seconds above, memory below, one column a series, all axes logarithmic."""
    words = {"pixels": "Mpx", "geotiff": "Mpx", "bands": "decoded Mpx", "clusters": "clusters", "workers": "workers", "memory": "cap"}
    n = len(drawn)
    lines = [f"set terminal pngcairo size {80 + 290 * n},640 font 'DejaVu Sans,10' background '#ffffff'", f"set output '{picture}'",
             f"set multiplot layout 2,{n} margins {70 / (80 + 290 * n)},0.99,0.09,0.94 spacing {48 / (80 + 290 * n)},0.12",
             "set logscale xy; set grid lc '#dddddd'; set key top left reverse Left samplen 1.5 font ',8'; set ytics font ',8'"]
    with tempfile.TemporaryDirectory() as folder:
        for is_time in (True, False):
            for series, all_rows in drawn.items():
                key, x = ("wall", "x") if is_time else ("memory", "width")
                data = pathlib.Path(folder) / f"{series}-{key}.dat"
                data.write_text("\n".join(f"{r[x]} {r[key]} {r.get('decode', 'NaN')} {r['fit']}" for r in all_rows) + "\n")
                shown = [r[k] for r in all_rows for k in ((key, "decode") if is_time else (key,)) if k in r]
                shown += [r["fit"] for r in all_rows] if series == "clusters" and is_time else []
                lines.append(f"set title '{TITLES[series]}'" if is_time else "unset title")
                lines.append(f"set xlabel '{words[series] if is_time or series != 'bands' else 'bands'}' offset 0,0.5")
                # Whole decades, and room for the key above.
                low, high = 10 ** math.floor(math.log10(min(shown))), 10 ** math.ceil(math.log10(max(shown) * 2.5))
                lines.append(f"set xrange [{all_rows[0][x] / 1.2}:{all_rows[-1][x] * 1.2}]; set yrange [{low}:{high}]")
                # Few points: their own values are the marks of the axis.
                own = series in ("clusters", "workers", "memory") or (series == "bands" and not is_time)
                lines.append("set xtics (" + ", ".join(f"'{r['label']}' {r[x]}" for r in all_rows) + ") font ',8'" if own else "set xtics autofreq font ',8'")
                lines.append(f"set ylabel '{'wall, s' if is_time else 'peak memory, MB'}' offset 1,0" if series == next(iter(drawn)) else "unset ylabel")
                parts, last = [], all_rows[-1]
                if series == "memory":
                    parts += [] if is_time else ["x title 'the cap' lc '#bbbbbb' dt 2"]
                elif series == "workers" and is_time:
                    parts.append(f"{all_rows[0][key]}/x title 'ideal' lc '#bbbbbb' dt 2")
                else:
                    parts.append(f"{last[key] / last[x]}*x title 'proportional' lc '#bbbbbb' dt 2")
                parts.append(f"'{data}' using 1:2 with linespoints pt 7 ps 0.8 lw 2 lc '#1f5a91' title 'floe'")
                if is_time and series == "clusters":
                    parts.append(f"'{data}' using 1:4 with linespoints pt 5 ps 0.7 lw 1.5 lc '#4e9a55' title 'clustering alone'")
                if is_time and any("decode" in r for r in all_rows):
                    parts.append(f"'{data}' using 1:3 with linespoints pt 6 ps 0.8 lw 1.5 lc '#c4622d' title 'GDAL decodes'")
                lines.append("plot " + ", ".join(parts))
        script = pathlib.Path(folder) / "growth.gp"
        script.write_text("\n".join(lines) + "\nunset multiplot\n")
        subprocess.run(["gnuplot", "-d", script], check=True)
