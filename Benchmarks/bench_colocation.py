"""Points and footprints on a full tile, and their GeoPackage: floe beside Python's libraries on the same files; see README.md.

bench_colocation.py                  runs all, alternating, and writes results/colocation.md and .json
bench_colocation.py --peer NAME ...  one peer, by itself; prints its own figures as JSON

Steps are timed inside the process (floe: run.json; Python: around the work itself, imports and reading of the points left out); CPU and
memory are those of whole processes. SAFE=folder names a Sentinel-2 product for points on a JP2 band; without it one is made.
"""
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

from measure import timed

HERE = pathlib.Path(__file__).resolve().parent
FLOE = HERE.parent / ".build/release/floe"
WORK = pathlib.Path(os.environ.get("WORK", HERE / "results/work"))
SIZE = int(os.environ.get("SIZE", 10980))
POINTS = int(os.environ.get("POINTS", 1_000_000))
# Footprints that rasterstats looks at; its time is scaled.
SAMPLE = int(os.environ.get("SAMPLE", 2000))
ROUNDS = int(os.environ.get("ROUNDS", 3))
ORIGIN, PIXEL, EPSG = (300000.0, 7900020.0), 10.0, 32601


def make(folder):
    """A raster of values, one of classes, and points along parallel tracks 300 m apart and anywhere, all from one seed."""
    import numpy as np
    import pyogrio
    import geopandas
    import rasterio
    from pyproj import Transformer
    from rasterio.transform import from_origin
    random = np.random.default_rng(1)
    profile = dict(driver="GTiff", width=SIZE, height=SIZE, crs=f"EPSG:{EPSG}", transform=from_origin(*ORIGIN, PIXEL, PIXEL), tiled=True, blockxsize=512, blockysize=512, compress="deflate")
    coarse = random.random((SIZE // 30 + 1, SIZE // 30 + 1))
    codes = np.where(np.kron(coarse, np.ones((30, 30)))[:SIZE, :SIZE] < 0.1, 2, 1).astype("uint8")
    with rasterio.open(folder / "codes.tif", "w", count=1, dtype="uint8", nodata=255, **profile) as f:
        f.write(codes, 1)
    values = np.where(codes == 2, 900, 7000).astype("uint16") + random.integers(0, 500, (SIZE, SIZE), dtype="uint16")
    for name, packing in (("values.tif", "deflate"), ("plain.tif", None)):
        with rasterio.open(folder / name, "w", count=1, dtype="uint16", nodata=0, **profile | {"compress": packing}) as f:
            f.write(values, 1)
            f.set_band_description(1, "B04")
    # Descending tracks at the angle of the orbit, spread over the tile.
    side = SIZE * PIXEL
    lines = int(POINTS**0.5)
    per = -(-POINTS // lines)
    t, u = np.meshgrid(np.linspace(0.02, 0.98, per), np.linspace(0.02, 0.93, lines))
    x, y = ORIGIN[0] + (u + 0.04 * t).ravel()[:POINTS] * side, ORIGIN[1] - t.ravel()[:POINTS] * side
    lon, lat = Transformer.from_crs(EPSG, 4326, always_xy=True).transform(x, y)
    frame = geopandas.GeoDataFrame(
        {"record": np.arange(POINTS), "class_code": random.integers(1, 3, POINTS), "sigma0_db": random.normal(20, 8, POINTS), "peakiness": random.random(POINTS)},
        geometry=geopandas.points_from_xy(lon, lat), crs=4326)
    pyogrio.write_dataframe(frame, folder / "points.gpkg", layer="points")


PIPELINE = """
floe: 1
title: Points and footprints on a tile
steps:
  points: {{ use: table.read, with: {{ file: points.gpkg }} }}
  values: {{ use: raster.read, with: {{ files: {values} }} }}
{steps}
outputs:
{outputs}
"""
CLASSES = """  codes: { use: raster.read, with: { files: codes.tif, names: [codes] } }
  classes: { use: raster.expression, in: { image: codes.image }, with: { expression: codes, classes: { 1: sea_ice, 2: lead } } }
"""


def floe_runs(folder, band):
    """Pipelines by name: text, and which of its timings counts."""
    return {
        "values": (PIPELINE.format(values="values.tif", steps="  laid: { use: colocate.track, in: { input: points.table, rasters: [values.image] }, with: { footprint: false } }", outputs="  points.nc: laid.track"), "laid"),
        "plain": (PIPELINE.format(values="plain.tif", steps="  laid: { use: colocate.track, in: { input: points.table, rasters: [values.image] }, with: { footprint: false } }", outputs="  points.nc: laid.track"), "laid"),
        "footprints": (PIPELINE.format(values="values.tif", steps=CLASSES + "  laid: { use: colocate.track, in: { input: points.table, rasters: [classes.result] }, with: { lead_search: 0 } }", outputs="  points.nc: laid.track"), "laid"),
        "all": (PIPELINE.format(values="values.tif", steps=CLASSES + "  laid: { use: colocate.track, in: { input: points.table, rasters: [values.image, classes.result] } }", outputs="  points.nc: laid.track"), "laid"),
        "package": (PIPELINE.format(values="values.tif", steps="", outputs="  out.gpkg: points.table"), "out.gpkg"),
        "jp2": (PIPELINE.format(values=band, steps="  laid: { use: colocate.track, in: { input: points.table, rasters: [values.image] }, with: { footprint: false } }", outputs="  points.nc: laid.track").replace("points.gpkg", "few.gpkg"), "laid"),
    }


def peer(name, folder, band):
    import numpy as np
    import pyogrio
    from pyproj import Transformer
    frame = pyogrio.read_dataframe(folder / ("few.gpkg" if name == "jp2" else "points.gpkg"))
    lon, lat = frame.geometry.x.to_numpy(), frame.geometry.y.to_numpy()
    if name == "package":
        out = folder / "peer.gpkg"
        out.unlink(missing_ok=True)
        began = time.monotonic()
        pyogrio.write_dataframe(frame, out, layer="points", use_arrow=True)
        return {"seconds": time.monotonic() - began}
    import rasterio
    if name == "numpy":
        with rasterio.open(folder / "values.tif") as f:
            values = f.read(1)
    transformer = Transformer.from_crs(4326, EPSG, always_xy=True)
    began = time.monotonic()
    x, y = transformer.transform(lon, lat)
    if name == "numpy":
        column, row = np.floor((x - ORIGIN[0]) / PIXEL).astype(np.int64), np.floor((ORIGIN[1] - y) / PIXEL).astype(np.int64)
        found = values[row, column]
    elif name in ("sample", "jp2"):
        with rasterio.open(band if name == "jp2" else folder / "values.tif") as f:
            found = np.fromiter((v[0] for v in f.sample(zip(x, y))), dtype="int64", count=len(x))
    else:
        from rasterstats import zonal_stats
        from shapely.geometry import Polygon
        chosen = np.random.default_rng(2).choice(np.arange(1, len(x) - 1), SAMPLE, replace=False)
        shapes = []
        for i in chosen:
            along = np.array([x[i + 1] - x[i - 1], y[i + 1] - y[i - 1]])
            along /= np.hypot(*along)
            across = np.array([-along[1], along[0]])
            shapes.append(Polygon([(x[i], y[i]) + a * along * 150 + b * across * 820 for a, b in ((1, 1), (1, -1), (-1, -1), (-1, 1))]))
        with rasterio.open(folder / "codes.tif") as f:
            codes, transform = f.read(1), f.transform
        began = time.monotonic()
        told = zonal_stats(shapes, codes, affine=transform, categorical=True, nodata=255)
        share = [t.get(2, 0) / max(1, t.get(1, 0) + t.get(2, 0)) for t in told]
        return {"seconds": (time.monotonic() - began) * len(x) / SAMPLE, "rows": chosen.tolist(), "values": share}
    seconds = time.monotonic() - began
    return {"seconds": seconds, "sum": int(found.astype("int64").sum())}


def run_floe(folder, name, text, step):
    pipeline, out = folder / f"{name}.yaml", folder / f"floe-{name}"
    pipeline.write_text(text)
    figures, _ = timed([FLOE, "run", pipeline, "-o", out, "--quiet"])
    timings = json.loads((out / "run.json").read_text())["timings"]
    figures["seconds"] = next(t["seconds"] for t in timings if step in (t.get("step"), t.get("output")))
    return figures


def band_of_product(folder):
    given = os.environ.get("SAFE")
    if not given:
        if not list((folder / "products").glob("*.SAFE")):
            subprocess.run([FLOE, "step", "synthetic.sentinel2", "--folder", folder / "products", "--size", str(SIZE), "--bands", "B04", "-o", folder / "made", "--quiet"], check=True)
        given = next((folder / "products").glob("*.SAFE"))
    return next(pathlib.Path(given).glob("GRANULE/*/IMG_DATA/*_B04.jp2"))


def few_points(folder, band):
    """200 points anywhere on the band."""
    import geopandas
    import numpy as np
    import pyogrio
    import rasterio
    from pyproj import Transformer
    random = np.random.default_rng(3)
    with rasterio.open(band) as f:
        b, crs = f.bounds, f.crs
    x, y = random.uniform(b.left, b.right, 200), random.uniform(b.bottom, b.top, 200)
    lon, lat = Transformer.from_crs(crs, 4326, always_xy=True).transform(x, y)
    pyogrio.write_dataframe(geopandas.GeoDataFrame({"record": np.arange(200)}, geometry=geopandas.points_from_xy(lon, lat), crs=4326), folder / "few.gpkg", layer="points")


def check(folder, shares):
    """The same values and, within one pixel of the footprint, the same fractions."""
    import netCDF4
    import numpy as np
    with netCDF4.Dataset(folder / "floe-footprints/points.nc") as f:
        own = np.asarray(f["fp_lead"][:])
    difference = np.abs(own[shares["rows"]] - shares["values"]).max()
    with netCDF4.Dataset(folder / "floe-values/points.nc") as f:
        values = np.ma.filled(f["s2_value_B04"][:], np.nan)
    return float(difference), float(np.nansum(values))


def aside(*arguments):
    """Runs a part of this script as a process of its own: memory of this one would count as its children's peak."""
    subprocess.run([sys.executable, __file__, *arguments], check=True)


def main():
    folder = WORK / f"points-{SIZE}-{POINTS}"
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "points.gpkg").exists():
        print("making rasters and points", flush=True)
        aside("--make", folder)
    band = band_of_product(folder)
    aside("--few", folder, band)
    runs = floe_runs(folder, band)
    peers = ["sample", "numpy", "stats", "package", "jp2"]
    figures = {f"floe {name}": [] for name in runs} | {name: [] for name in peers}
    shares = None
    for turn in range(ROUNDS):
        for name in figures:
            if name.startswith("floe "):
                f = run_floe(folder, name[5:], *runs[name[5:]])
            else:
                f, said = timed([sys.executable, __file__, "--peer", name, folder, band])
                told = json.loads(said)
                f["seconds"] = told["seconds"]
                if name == "stats":
                    shares = told
                if name == "sample":
                    total = told["sum"]
            figures[name].append(f)
            print(f"{turn + 1}/{ROUNDS} {name}: {f['seconds']:.2f} s of {f['wall']:.1f} s, {f['cpu']:.1f} CPU s, {f['memory'] / 1e6:.0f} MB", flush=True)
    difference, own_total = check(folder, shares)

    def middle(name, key):
        return statistics.median(f[key] for f in figures[name])

    rows = [
        (f"values of {POINTS} points", "values", "sample", "pyproj + rasterio.sample", 5),
        ("the same from an uncompressed file", "plain", "numpy", "pyproj + numpy on an array in memory", 1 / 1.2),
        (f"class fractions of {POINTS} footprints of 300 x 1640 m", "footprints", "stats", f"rasterstats on {SAMPLE} shapely polygons, scaled", 20),
        ("values, their mean and deviation, classes, fractions, distance to leads", "all", None, None, None),
        (f"GeoPackage of {POINTS} points with spatial index", "package", "package", "pyogrio from Arrow", 2),
        ("200 points on a JP2 band", "jp2", "jp2", "pyproj + rasterio.sample", 1),
    ]
    text = f"Raster of {SIZE} x {SIZE}, median of {ROUNDS} rounds, {os.cpu_count()} cores. Seconds of the work alone; CPU and memory of whole processes with reading the points.\n"
    text += "\n| work | floe s | CPU s | peak MB | beside | s | CPU s | peak MB | times faster | aim |\n|---|---|---|---|---|---|---|---|---|---|\n"
    told = []
    for work, own, other, label, aim in rows:
        own = f"floe {own}"
        line = {"work": work, "floe": {k: middle(own, k) for k in ("seconds", "wall", "cpu", "memory")}}
        text += f"| {work} | {middle(own, 'seconds'):.2f} | {middle(own, 'cpu'):.1f} | {middle(own, 'memory') / 1e6:.0f} | "
        if other is None:
            text += " | | | | | |\n"
        else:
            ratio = statistics.median(p["seconds"] / f["seconds"] for p, f in zip(figures[other], figures[own]))
            line |= {"peer": label, "figures": {k: middle(other, k) for k in ("seconds", "wall", "cpu", "memory")}, "ratio": ratio, "aim": aim}
            cpu, memory = ("", "") if other == "stats" else (f"{middle(other, 'cpu'):.1f}", f"{middle(other, 'memory') / 1e6:.0f}")
            text += f"{label} | {middle(other, 'seconds'):.2f} | {cpu} | {memory} | {ratio:.2f} | {aim:.2f} |\n"
        told.append(line)
    text += f"\nSum of the values: {'the same' if own_total == total else f'{own_total} against {total}'}. Largest difference of the lead fraction from rasterstats: {difference:.5f}; one pixel of a footprint is {PIXEL**2 / 300 / 1640:.5f}.\n"
    (HERE / "results").mkdir(exist_ok=True)
    (HERE / "results/colocation.md").write_text(text)
    (HERE / "results/colocation.json").write_text(json.dumps({"rows": told, "fraction_difference": difference}, indent=1))
    print("\n" + text)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--peer"]:
        print(json.dumps(peer(sys.argv[2], pathlib.Path(sys.argv[3]), sys.argv[4])))
    elif sys.argv[1:2] == ["--make"]:
        make(pathlib.Path(sys.argv[2]))
    elif sys.argv[1:2] == ["--few"]:
        few_points(pathlib.Path(sys.argv[2]), sys.argv[3])
    else:
        main()
