"""How floe's time and memory grow with pixels, bands, clusters, workers and the memory cap; see README.md.

Writes results/growth.json after every point and takes from it what is measured already (FRESH=1 begins anew), then
docs/growth.md and docs/images/growth.png; of scenes that are no full tile results/growth-SIZE.* alone.
"""
import hashlib
import json
import os
import pathlib
import subprocess
import sys

import growth_page
from measure import timed

HERE = pathlib.Path(__file__).resolve().parent
FLOE = HERE.parent / ".build/release/floe"
FULL = 10980
SIZE = int(os.environ.get("SIZE", FULL // 2 // 60 * 60 if os.environ.get("QUICK") == "1" else FULL))
# Sides of the scenes of the pixel series; a side above SIZE is made of several scenes of SIZE.
SIZES = [int(s) for s in os.environ.get("SIZES", f"{SIZE // 240 * 60},{SIZE // 120 * 60},{SIZE},{2 * SIZE}").split(",")]
ONLY = os.environ.get("ONLY", "pixels,geotiff,bands,clusters,workers,memory").split(",")
ROUNDS = int(os.environ.get("ROUNDS", 1))
WORK = pathlib.Path(os.environ.get("WORK", HERE / "results/work"))
RESULTS = HERE / "results" / ("growth.json" if SIZE == FULL else f"growth-{SIZE}.json")

RESOLUTION = {b: 10 for b in ("B02", "B03", "B04", "B08")} | {b: 20 for b in ("B05", "B06", "B07", "B8A", "B11", "B12")} | {b: 60 for b in ("B01", "B09", "B10")}
BANDS = ["B04", "B03", "B02", "B08", "B05", "B06", "B07", "B8A", "B11", "B12", "B01", "B09", "B10"]
THREE, FOUR = ["B02", "B03", "B04"], ["B02", "B03", "B04", "B08"]
BAND_COUNTS, CLUSTERS, WORKERS = [1, 2, 3, 4, 6, 8, 10, 13], [2, 4, 8, 16, 32, 64], [1, 2]
CAPS = {"256MB": 256e6, "512MB": 512e6, "1GB": 1e9, "2GB": 2e9, "8GB": 8e9}
if os.environ.get("SPARSE") == "1":
    BAND_COUNTS, CLUSTERS = [1, 2, 3, 4, 6, 10, 13], [2, 4, 16, 64]
    CAPS = {k: v for k, v in CAPS.items() if k != "1GB"}


def scene(side):
    """A made product of that side."""
    products = WORK / f"products-{side}"
    if not list(products.glob("*.SAFE")):
        print(f"making a scene of {side} x {side} pixels", flush=True)
        subprocess.run([FLOE, "demo", WORK / f"demo-{side}", "--size", str(side), "--products-only", "--quiet"], check=True)
        (WORK / f"demo-{side}/products").rename(products)
    return next(products.glob("*.SAFE"))


def band_file(product, band):
    return next(product.glob(f"GRANULE/*/IMG_DATA/*_{band}.jp2"))


def mosaic(side, band):
    """A VRT of that side: the scene of SIZE beside and below itself, under names of its own so that nothing is decoded once for all."""
    times, folder = side // SIZE, WORK / f"mosaic-{side}"
    if times * SIZE != side:
        sys.exit(f"a side of {side} pixels is no multiple of {SIZE}")
    folder.mkdir(exist_ok=True)
    sources = ""
    for i in range(times * times):
        copy = folder / f"{band}-{i}.jp2"
        copy.unlink(missing_ok=True)
        copy.symlink_to(band_file(scene(SIZE), band))
        sources += (f'<SimpleSource><SourceFilename relativeToVRT="1">{copy.name}</SourceFilename><SourceBand>1</SourceBand>'
                    f'<SrcRect xOff="0" yOff="0" xSize="{SIZE}" ySize="{SIZE}"/>'
                    f'<DstRect xOff="{i % times * SIZE}" yOff="{i // times * SIZE}" xSize="{SIZE}" ySize="{SIZE}"/></SimpleSource>')
    file = folder / f"{band}.vrt"
    file.write_text(f'<VRTDataset rasterXSize="{side}" rasterYSize="{side}"><SRS>EPSG:32601</SRS><GeoTransform>300000,10,0,7900020,0,-10</GeoTransform>'
                    f'<VRTRasterBand dataType="UInt16" band="1"><NoDataValue>0</NoDataValue>{sources}</VRTRasterBand></VRTDataset>')
    return file


def geotiff(side):
    """Three bands of a scene, or of a mosaic, as an uncompressed tiled GeoTIFF."""
    file = WORK / f"growth-{side}.tif"
    if not file.exists():
        print(f"making a GeoTIFF of {side} x {side} pixels", flush=True)
        vrt, making = file.with_suffix(".vrt"), file.with_suffix(".part.tif")
        sources = [mosaic(side, b) if side > SIZE else band_file(scene(side), b) for b in THREE]
        subprocess.run(["gdalbuildvrt", "-q", "-separate", "-srcnodata", "0", "-vrtnodata", "0", vrt, *sources], check=True)
        subprocess.run(["gdal_translate", "-q", "-co", "TILED=YES", "-co", "BIGTIFF=IF_SAFER", vrt, making], check=True)
        making.rename(file)
    return file


def kmeans(name, *options, product=None, files=None, bands=THREE, clusters=2):
    """The command: bands of a product, or files, to a COG of labels."""
    if files:
        source = f"raster.read, with: {{ files: [{', '.join(map(str, files))}], no_data: 0 }}"
    else:
        source = f"sentinel2.stack, with: {{ product: {product}, bands: [{', '.join(bands)}], resolution: 10 }}"
    path = WORK / f"growth-{name}.yaml"
    path.write_text(f"floe: 1\nsteps:\n  image: {{ use: {source} }}\n"
                    f"  fit: {{ use: cluster.kmeans, in: {{ samples: image.image }}, with: {{ clusters: {clusters} }} }}\noutputs:\n  labels.tif: fit.labels\n")
    return [FLOE, "run", path, "-o", WORK / f"growth-{name}", "--quiet", *options]


def decoding(*what, product="-"):
    return [sys.executable, HERE / "decode.py", product, *what]


def points(series):
    """Points of a series: x, its label, floe's command, name and command of the decoding beside it."""
    product = scene(SIZE)
    if series in ("pixels", "geotiff"):
        for side in SIZES:
            if series == "geotiff":
                command, beside = kmeans(f"geotiff-{side}", files=[geotiff(side)]), decoding(geotiff(side))
            elif side > SIZE:
                files = [mosaic(side, b) for b in THREE]
                command, beside = kmeans(f"pixels-{side}", files=files), decoding(*files)
            else:
                command, beside = kmeans(f"pixels-{side}", product=scene(side)), decoding(*THREE, product=scene(side))
            yield side * side / 1e6, str(side), command, f"{series} {side}", beside
    elif series == "bands":
        held = [b for b in BANDS if list(product.glob(f"GRANULE/*/IMG_DATA/*_{b}.jp2"))]
        for n in [n for n in BAND_COUNTS if n <= len(held)]:
            x = sum((SIZE * 10 // RESOLUTION[b]) ** 2 for b in held[:n]) / 1e6
            yield x, str(n), kmeans(f"bands-{n}", product=product, bands=held[:n]), f"bands {n}", decoding(*held[:n], product=product)
    elif series == "clusters":
        for k in CLUSTERS:
            yield k, str(k), kmeans(f"clusters-{k}", product=product, bands=FOUR, clusters=k), "bands 4", decoding(*FOUR, product=product)
    elif series == "workers":
        for n in WORKERS:
            yield n, str(n), kmeans(f"workers-{n}", "--workers", str(n), product=product), None, None
    elif series == "memory":
        for label, cap in CAPS.items():
            yield cap / 1e6, label, kmeans(f"memory-{label}", "--memory", label, product=product), None, None


def measure(key, command, store, note=""):
    """Adds runs to `store[key]` up to ROUNDS; False when the command failed, which is told."""
    runs = store.setdefault(key, [])
    while len(runs) < ROUNDS:
        try:
            run, _ = timed(command)
        except RuntimeError as failure:
            print(f"{key}: failed\n{failure}", flush=True)
            return False
        if command[0] == FLOE:
            record = json.loads((command[command.index("-o") + 1] / "run.json").read_text())
            run["fit"] = next(t["seconds"] for t in record["timings"] if t.get("step") == "fit")
            run["iterations"] = record["results"]["fit"]["iterations"]
        runs.append(run)
        print(f"{key}{note}: {run['wall']:.2f} s, {run['cpu']:.2f} CPU s, {run['memory'] / 1e6:.0f} MB", flush=True)
    return True


def build():
    """A digest of floe's program, libraries and plugins, so that figures of different builds are told apart."""
    digest = hashlib.sha256()
    for file in [FLOE, *sorted(FLOE.parent.glob("*.so"))]:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def main():
    if unknown := set(ONLY) - set(growth_page.SERIES):
        sys.exit(f"ONLY names {', '.join(sorted(unknown))}; there are {', '.join(growth_page.SERIES)}")
    WORK.mkdir(parents=True, exist_ok=True)
    RESULTS.parent.mkdir(exist_ok=True)
    figures = {"size": SIZE, "machine": growth_page.machine(), "build": build(), "floe": {}, "decode": {}, "series": {}}
    if RESULTS.exists() and os.environ.get("FRESH") != "1":
        known = json.loads(RESULTS.read_text())
        if known["build"] != figures["build"]:
            print(f"{RESULTS.name} holds figures of another build of floe; FRESH=1 measures them anew", flush=True)
        figures |= {k: known[k] for k in ("build", "floe", "decode", "series")}

    def save():
        part = RESULTS.with_suffix(".part")
        part.write_text(json.dumps(figures, indent=1))
        part.replace(RESULTS)

    for series in ONLY:
        print(f"--- {series}", flush=True)
        rows = figures["series"][series] = []
        for x, label, command, beside, decode in points(series):
            key = f"{series} {label}"
            if decode:
                measure(beside, decode, figures["decode"], " (GDAL alone)")
            if measure(key, command, figures["floe"]):
                rows.append({"x": x, "label": label, "floe": key, "decode": beside})
            save()
        if SIZE == FULL:
            growth_page.write(figures, HERE.parent / "docs/growth.md", HERE.parent / "docs/images/growth.png")
        else:
            growth_page.write(figures, RESULTS.with_suffix(".md"), RESULTS.with_suffix(".png"))


if __name__ == "__main__":
    main()
