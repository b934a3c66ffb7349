"""floe beside its peers on the same made scene in one run; see README.md."""
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

import numpy as np
from osgeo import gdal

HERE = pathlib.Path(__file__).resolve().parent
FLOE = HERE.parent / ".build/release/floe"
QUICK = os.environ.get("QUICK") == "1"
SIZE = int(os.environ.get("SIZE", 5460 if QUICK else 10980))
ROUNDS = int(os.environ.get("ROUNDS", 3))
WORK = pathlib.Path(os.environ.get("WORK", HERE / "results/work"))
BANDS = ["B02", "B03", "B04"]

PIPELINES = {
    "kmeans": ("[B02, B03, B04]", "10", "cluster.kmeans", "clusters: 2", ["labels.tif: fit.labels"]),
    "kmeans-1-band": ("[B04]", "10", "cluster.kmeans", "clusters: 2", ["labels.tif: fit.labels"]),
    "kmeans-25": ("[B02, B03, B04, B08]", "10", "cluster.kmeans", "clusters: 25, tolerance: 1e-4", ["labels.tif: fit.labels"]),
    "gmm": ("[B02, B03, B04]", "10", "cluster.gmm", "clusters: 2", ["labels.tif: fit.labels", "probability.tif: fit.probability"]),
    "preview": ("[B02, B03, B04]", "40", "cluster.kmeans", "clusters: 2", ["labels.tif: fit.labels"]),
}


def timed(command):
    """Wall and CPU seconds and the peak of resident memory of a command."""
    began = time.monotonic()
    process = subprocess.Popen([str(c) for c in command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{' '.join(map(str, command))}\n{said}")
    return {"wall": time.monotonic() - began, "cpu": usage.ru_utime + usage.ru_stime, "memory": usage.ru_maxrss * 1024}


def pipeline(name):
    bands, resolution, step, options, outputs = PIPELINES[name]
    file = WORK / f"{name}.yaml"
    file.write_text(
        f"floe: 1\ninputs: {{ scene: {{ type: path }} }}\nsteps:\n"
        f"  stack: {{ use: sentinel2.stack, with: {{ product: $scene, bands: {bands}, resolution: {resolution} }} }}\n"
        f"  fit: {{ use: {step}, in: {{ samples: stack.image }}, with: {{ {options} }} }}\n"
        "outputs:\n" + "".join(f"  {o}\n" for o in outputs))
    return file


def main():
    WORK.mkdir(parents=True, exist_ok=True)
    products = WORK / f"products-{SIZE}"
    if not list(products.glob("*.SAFE")):
        print(f"making a scene of {SIZE} x {SIZE} pixels", flush=True)
        subprocess.run([FLOE, "demo", products.parent / f"demo-{SIZE}", "--size", str(SIZE), "--products-only", "--quiet"], check=True)
        (products.parent / f"demo-{SIZE}" / "products").rename(products)
    scene = next(products.glob("*.SAFE"))
    python = sys.executable
    (WORK / "sklearn").mkdir(exist_ok=True)

    def floe(name, *more):
        return [FLOE, "run", pipeline(name), "--set", f"scene={scene}", "-o", WORK / name, "--quiet", *more]

    (WORK / "stack.yaml").write_text(
        "floe: 1\ninputs: { scene: { type: path } }\nsteps:\n"
        "  stack: { use: sentinel2.stack, with: { product: $scene, bands: [B02, B03, B04, B08] } }\noutputs: { stack.tif: stack.image }\n")
    work = {
        "decode alone, 3 bands": [python, HERE / "decode.py", scene, *BANDS],
        "floe K-Means, k = 2, 3 bands": floe("kmeans"),
        "floe K-Means, k = 2, 3 bands, 512 MB": floe("kmeans", "--memory", "512MB"),
        "floe K-Means, k = 2, 1 band": floe("kmeans-1-band"),
        "floe GMM, k = 2, 3 bands, probabilities": floe("gmm"),
        "floe stack of 4 bands": [FLOE, "run", WORK / "stack.yaml", "--set", f"scene={scene}", "-o", WORK / "stack", "--quiet"],
        "floe preview, 40 m": floe("preview"),
    }
    if os.environ.get("PEERS", "1") == "1":
        work["scikit-learn K-Means, k = 2, 3 bands"] = [python, HERE / "peer_sklearn.py", scene, WORK / "sklearn", *BANDS]
    figures = {name: [] for name in work}
    for round in range(ROUNDS):
        for name, command in work.items():
            figures[name].append(timed(command))
            f = figures[name][-1]
            print(f"{round + 1}/{ROUNDS} {name}: {f['wall']:.1f} s, {f['cpu']:.1f} CPU s, {f['memory'] / 1e6:.0f} MB", flush=True)

    decode = [f["wall"] for f in figures["decode alone, 3 bands"]]
    rows = []
    for name, all in figures.items():
        rows.append({
            "work": name, "wall": statistics.median(f["wall"] for f in all), "cpu": statistics.median(f["cpu"] for f in all),
            "memory": max(f["memory"] for f in all),
            "ratio": statistics.median(f["wall"] / d for f, d in zip(all, decode)),
        })
    quality = {}
    if (WORK / "sklearn/fit.json").exists():
        ours = gdal.Open(str(WORK / "kmeans/labels.tif")).ReadAsArray()
        theirs = gdal.Open(str(WORK / "sklearn/labels.tif")).ReadAsArray()
        record = json.loads((WORK / "kmeans/run.json").read_text())
        quality = {
            "inertia to scikit-learn's": record["results"]["fit"]["inertia"] / json.loads((WORK / "sklearn/fit.json").read_text())["inertia"],
            "pixels with scikit-learn's label": float(np.mean(ours == theirs)),
        }
    text = f"Scene of {SIZE} x {SIZE} pixels, median of {ROUNDS} rounds.\n\n| work | wall s | CPU s | peak MB | wall to decoding |\n|---|---|---|---|---|\n"
    text += "".join(f"| {r['work']} | {r['wall']:.1f} | {r['cpu']:.1f} | {r['memory'] / 1e6:.0f} | {r['ratio']:.2f} |\n" for r in rows)
    text += "".join(f"\n{k}: {v:.6f}\n" for k, v in quality.items())
    (HERE / "results").mkdir(exist_ok=True)
    (HERE / "results/bench.md").write_text(text)
    (HERE / "results/bench.json").write_text(json.dumps({"size": SIZE, "rows": rows, "quality": quality}, indent=1))
    print("\n" + text)


main()
