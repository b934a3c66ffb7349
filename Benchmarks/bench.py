"""floe beside its peers on the same made scene in one run, alternating; see README.md."""
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys

from measure import timed
from quality import Scene

HERE = pathlib.Path(__file__).resolve().parent
FLOE = HERE.parent / ".build/release/floe"
QUICK = os.environ.get("QUICK") == "1"
SIZE = int(os.environ.get("SIZE", 5460 if QUICK else 10980))
ROUNDS = int(os.environ.get("ROUNDS", 3))
# Peers take up to a quarter of an hour each; once is enough to tell them apart.
PEER_ROUNDS = int(os.environ.get("PEER_ROUNDS", 1))
ALL_PEERS = ["kmeans", "kmeans_default", "intelex", "minibatch", "faiss", "opencv", "grass", "saga", "gmm", "kmeans-25"]
PEERS = os.environ.get("PEERS", ",".join(ALL_PEERS)).split(",")
ONLY = os.environ.get("ONLY")
# Figures of the last run stay for what this one leaves out.
KEEP = os.environ.get("KEEP") == "1"
WORK = pathlib.Path(os.environ.get("WORK", HERE / "results/work"))
THREE, FOUR = ["B02", "B03", "B04"], ["B02", "B03", "B04", "B08"]


def pipeline(name, steps, outputs, inputs="scene: { type: path }"):
    file = WORK / f"{name}.yaml"
    file.write_text(f"floe: 1\ninputs: {{ {inputs} }}\nsteps:\n" + "".join(f"  {s}\n" for s in steps)
                    + "outputs:\n" + "".join(f"  {o}\n" for o in outputs))
    return file


def stack(bands, resolution=10):
    return f"stack: {{ use: sentinel2.stack, with: {{ product: $scene, bands: [{', '.join(bands)}], resolution: {resolution} }} }}"


def cluster(step, options, samples="stack.image"):
    return f"fit: {{ use: cluster.{step}, in: {{ samples: {samples} }}, with: {{ {options} }} }}"


LABELS = ["labels.tif: fit.labels"]


def example(name, report):
    """`examples/ice-lead.yaml`, with or without its report."""
    text = (HERE.parent / "examples/ice-lead.yaml").read_text()
    if not report:
        text = "".join(line for line in text.splitlines(True) if "report" not in line)
    file = WORK / f"{name}.yaml"
    file.write_text(text)
    return file


def works(scene, geotiff, model):
    """What floe does: name, decoding that it is compared to, target of the ratio, target of memory in GB, command of a round."""
    def run(name, file, *more, source=None):
        command = [FLOE, "run", file, "--set", f"scene={source or scene}", "-o", WORK / name, "--quiet", *more]
        return lambda round: [str(word).replace("ROUND", str(round + 1)) for word in command]

    kmeans = pipeline("kmeans", [stack(THREE), cluster("kmeans", "clusters: 2")], LABELS + ["model.json: fit.model"])
    one = pipeline("kmeans-1-band", [stack(["B04"]), cluster("kmeans", "clusters: 2")], LABELS)
    many = pipeline("kmeans-25", [stack(FOUR), cluster("kmeans", "clusters: 25, tolerance: 1e-4")], LABELS + ["model.json: fit.model"])
    six = pipeline("kmeans-6", [stack(FOUR), cluster("kmeans", "clusters: 6")], LABELS)
    gmm = pipeline("gmm", [stack(THREE), cluster("gmm", "clusters: 2")], LABELS + ["probability.tif: fit.probability"])
    gmm_six = pipeline("gmm-6", [stack(FOUR), cluster("gmm", "clusters: 6")], LABELS + ["probability.tif: fit.probability"])
    auto = pipeline("auto", [stack(FOUR), cluster("gmm", "clusters: auto")], LABELS)
    apply = pipeline("apply", [stack(THREE), cluster("apply", f"model_file: {model}")], LABELS)
    preview = pipeline("preview", [stack(THREE, 40), cluster("kmeans", "clusters: 2")], LABELS)
    four = pipeline("stack", [stack(FOUR)], ["stack.tif: stack.image"])
    read = "image: { use: raster.read, with: { files: [$scene] } }"
    tiff = pipeline("kmeans-geotiff", [read, cluster("kmeans", "clusters: 2", "image.image")], LABELS)
    # Filled by `warm`; each round asks for another width of leads, so that only the stack is there already.
    cache = ["--cache", WORK / "cache", "--cache-limit", "60GB"]
    return [
        ("examples/ice-lead.yaml without report", 4, 1.15, 0.6, run("ice-lead", example("ice-lead", False))),
        ("examples/ice-lead.yaml with report", 4, 1.20, 0.8, run("ice-lead-report", example("ice-lead-report", True))),
        ("stack of 4 bands", 4, 1.15, 0.7, run("stack", four)),
        ("K-Means k = 2, 3 bands", 3, 0.97, 0.5, run("kmeans", kmeans)),
        ("K-Means k = 2, 3 bands, eight workers", 3, None, None, run("kmeans-8", kmeans, "--workers", "8")),
        ("K-Means k = 2, 1 band", 1, 1.08, 0.5, run("kmeans-1-band", one)),
        ("K-Means k = 25, 4 bands", 4, 1.05, 0.5, run("kmeans-25", many)),
        ("GMM k = 2, 3 bands, probabilities", 3, 1.2, 1.2, run("gmm", gmm)),
        ("GMM k = 6, 4 bands, probabilities", 4, 1.25, 0.6, run("gmm-6", gmm_six)),
        ("GMM, clusters: auto, 4 bands", 4, 1.30, 0.6, run("auto", auto)),
        ("K-Means k = 6, 4 bands, --memory 300MB", 4, 1.10, 0.3, run("kmeans-300", six, "--memory", "300MB")),
        ("cluster.apply, 3 bands", 3, 1.03, 0.4, run("apply", apply)),
        ("cluster.apply, 3 bands, stack cached", 3, 0.10, 0.5, run("apply-cached", apply, *cache, "--set", "fit.max_lead_width=100ROUND")),
        ("K-Means k = 6, 4 bands, stack cached", 4, 0.15, 0.5, run("kmeans-cached", six, *cache, "--set", "fit.max_lead_width=100ROUND")),
        ("preview, 40 m, 3 bands", 3, 0.10, 0.2, run("preview", preview)),
        ("K-Means k = 2, 3 bands from GeoTIFF", 3, None, 1.0, run("kmeans-geotiff", tiff, source=geotiff)),
    ]


def warm(ours):
    """Fills the cache of steps with both stacks."""
    shutil.rmtree(WORK / "cache", ignore_errors=True)
    for name, *_, command in ours:
        if "stack cached" in name:
            subprocess.run(command(-1), check=True)


def peers(scene, python):
    """What others do, if they are here: name, command, folder."""
    def python_peer(name, k, bands):
        out = WORK / f"peer-{name}-{k}"
        out.mkdir(exist_ok=True)
        return [python, HERE / "peers/clusterers.py", name, scene, out, k, *bands], out

    def shell_peer(name):
        out = WORK / f"peer-{name}"
        out.mkdir(exist_ok=True)
        return [HERE / f"peers/{name}.sh", scene, out, 2, *THREE], out

    titles = {
        "kmeans": "scikit-learn KMeans k = 2", "kmeans_default": "scikit-learn KMeans k = 2, its default tolerance", "intelex": "scikit-learn-intelex KMeans k = 2", "minibatch": "scikit-learn MiniBatchKMeans k = 2",
        "gmm": "scikit-learn GaussianMixture k = 2", "faiss": "faiss Kmeans k = 2", "opencv": "OpenCV kmeans k = 2",
    }
    for name in ALL_PEERS if KEEP else PEERS:
        if name in titles:
            yield (name, titles[name], *python_peer(name, 2, THREE))
        elif name == "kmeans-25":
            yield (name, "scikit-learn KMeans k = 25, 4 bands", *python_peer("kmeans", 25, FOUR))
        elif name in ("grass", "saga"):
            if name not in PEERS or shutil.which("grass" if name == "grass" else "saga_cmd"):
                yield (name, {"grass": "GRASS i.cluster + i.maxlik k = 2", "saga": "SAGA K-Means k = 2"}[name], *shell_peer(name))
            else:
                print(f"{name}: skipped, not installed (Debian: grass-core, saga)", flush=True)


def made_scene():
    products = WORK / f"products-{SIZE}"
    if not list(products.glob("*.SAFE")):
        print(f"making a scene of {SIZE} x {SIZE} pixels", flush=True)
        subprocess.run([FLOE, "demo", WORK / f"demo-{SIZE}", "--size", str(SIZE), "--products-only", "--quiet"], check=True)
        (WORK / f"demo-{SIZE}/products").rename(products)
    return next(products.glob("*.SAFE"))


def geotiff(scene):
    """The three bands as a tiled GeoTIFF, made by GDAL from the product."""
    file = WORK / f"bands-{SIZE}.tif"
    if not file.exists():
        vrt = file.with_suffix(".vrt")
        sources = [next(scene.glob(f"GRANULE/*/IMG_DATA/*_{b}.jp2")) for b in THREE]
        subprocess.run(["gdalbuildvrt", "-q", "-separate", "-srcnodata", "0", "-vrtnodata", "0", vrt, *sources], check=True)
        subprocess.run(["gdal_translate", "-q", "-co", "TILED=YES", "-co", "BIGTIFF=IF_SAFER", vrt, file], check=True)
    return file


def main():
    WORK.mkdir(parents=True, exist_ok=True)
    scene = made_scene()
    image = geotiff(scene)
    python = sys.executable
    # A model to apply, made once.
    first = pipeline("model", [stack(THREE), cluster("kmeans", "clusters: 2")], ["model.json: fit.model"])
    subprocess.run([FLOE, "run", first, "--set", f"scene={scene}", "-o", WORK / "model", "--quiet"], check=True)
    all_ours = works(scene, image, WORK / "model/model.json")
    ours = [w for w in all_ours if not ONLY or ONLY in w[0]]
    decodes = {n: [python, HERE / "decode.py", scene, *bands] for n, bands in {1: ["B04"], 3: THREE, 4: FOUR}.items()}
    figures = kept() if KEEP else {}
    measured = set()
    warm(ours)

    def measure(name, command, round, rounds):
        """A run's figures; nil for a command that failed."""
        try:
            f, _ = timed(command)
        except RuntimeError as failure:
            print(f"{name}: failed\n{failure}", flush=True)
            return None
        if name not in measured:
            figures.pop(name, None)
        measured.add(name)
        figures.setdefault(name, []).append(f)
        print(f"{round + 1}/{rounds} {name}: {f['wall']:.2f} s, {f['cpu']:.2f} CPU s, {f['memory'] / 1e6:.0f} MB", flush=True)
        return f

    def beside(bands, name, command, round, rounds):
        """Decoding, and right after it the work: a machine's speed drifts by more than the targets' distance within minutes."""
        decode = measure(f"decode {bands}", decodes[bands], round, rounds)
        work = measure(name, command, round, rounds)
        if decode and work:
            work["decode"] = decode["wall"]

    for round in range(ROUNDS):
        for name, bands, _, _, command in ours:
            words = command(round)
            # A run whose outputs are there already has nothing to do.
            shutil.rmtree(words[words.index("-o") + 1], ignore_errors=True)
            beside(bands, "floe " + name, words, round, ROUNDS)
    folders = {}
    for key, name, command, folder in peers(scene, python):
        if key not in PEERS:
            if name in figures:
                folders[key] = (name, folder)
            continue
        folders[key] = (name, folder)
        for round in range(PEER_ROUNDS):
            (folder / "labels.tif").unlink(missing_ok=True)
            beside(4 if "4 bands" in name else 3, name, command, round, PEER_ROUNDS)
    table(scene, [w for w in all_ours if "floe " + w[0] in figures], folders, figures)


def kept():
    """The medians of the last run, as one round."""
    file = HERE / "results/bench.json"
    if not file.exists():
        return {}
    last = json.loads(file.read_text())
    if last["size"] != SIZE:
        return {}
    return {n: [m] for n, m in last["decode"].items()} | {r["work"]: [{k: r[k] for k in ("wall", "cpu", "memory")} | {"decode": r["wall"] / r["ratio"]}] for r in last["rows"]}


def table(scene, ours, folders, figures):
    middle = {n: {k: statistics.median(f[k] for f in all) for k in ("wall", "cpu")} | {"memory": max(f["memory"] for f in all)} for n, all in figures.items()}
    rows = []
    named = [("floe " + name, bands, {"target": target, "memory_target_gb": memory}) for name, bands, target, memory, _ in ours]
    named += [(name, 4 if "4 bands" in name else 3, {}) for name, _ in folders.values()]
    for name, bands, aims in named:
        if m := middle.get(name):
            rows.append({"work": name, **m, "bands": bands, "ratio": statistics.median(f["wall"] / f["decode"] for f in figures[name] if "decode" in f), **aims})
    quality(scene, ours, folders, rows)
    text = [f"Scene of {SIZE} x {SIZE} pixels; floe: median of {ROUNDS} rounds, peers: of {PEER_ROUNDS}. Ratio: wall to decoding the same bands with GDAL on all cores, right before.", "",
            "| work | wall s | CPU s | peak MB | ratio | target | inertia to scikit-learn's | labels as scikit-learn's | lead recall | lead precision | log-likelihood |", "|---|" + "---|" * 10]
    for n in sorted(k for k in middle if k.startswith("decode")):
        m = middle[n]
        text.append(f"| {n} band(s), GDAL alone | {m['wall']:.2f} | {m['cpu']:.2f} | {m['memory'] / 1e6:.0f} | 1 | | | | | | |")
    for r in rows:
        def cell(key, form):
            return format(r[key], form) if r.get(key) is not None else ""
        target = " ".join(filter(None, [f"<= {r['target']}" if r.get("target") else "", f"{r['memory_target_gb']} GB" if r.get("memory_target_gb") else ""]))
        text.append(f"| {r['work']} | {r['wall']:.2f} | {r['cpu']:.2f} | {r['memory'] / 1e6:.0f} | {r['ratio']:.3f} | {target} | {cell('inertia_ratio', '.6f')} | "
                    f"{cell('agreement', '.6f')} | {cell('lead_recall', '.4f')} | {cell('lead_precision', '.4f')} | {cell('log_likelihood', '.6f')} |")
    mine = middle.get("floe K-Means k = 2, 3 bands from GeoTIFF")
    for key, what in (("kmeans", "at floe's tolerance"), ("kmeans_default", "at its default tolerance")):
        told = WORK / f"peer-{key}-2/fit.json"
        if mine and key in folders and told.exists():
            fit = json.loads(told.read_text())["fit"]
            text += ["", f"scikit-learn's fit and labels alone take {fit:.1f} s {what}, floe from GeoTIFF to GeoTIFF {mine['wall']:.2f} s: {fit / mine['wall']:.1f} x."]
    (HERE / "results").mkdir(exist_ok=True)
    (HERE / "results/bench.md").write_text("\n".join(text) + "\n")
    (HERE / "results/bench.json").write_text(json.dumps({"size": SIZE, "rounds": ROUNDS, "decode": {k: v for k, v in middle.items() if k.startswith("decode")}, "rows": rows}, indent=1))
    print("\n" + "\n".join(text))


def quality(scene, ours, folders, rows):
    """Adds inertia, agreement, leads and likelihood to the rows whose labels are there."""
    by_name = {r["work"]: r for r in rows}
    three, truth = Scene(scene, THREE), {}
    reference = None
    if "kmeans" in folders and (folders["kmeans"][1] / "labels.tif").exists():
        reference = three.labels(folders["kmeans"][1] / "labels.tif")
        truth["inertia"] = three.inertia(reference)
    places = {"floe K-Means k = 2, 3 bands": "kmeans", "floe K-Means k = 2, 3 bands, --memory 400MB": "kmeans-400", "floe cluster.apply, 3 bands": "apply",
              "floe K-Means k = 2, 3 bands from GeoTIFF": "kmeans-geotiff", "floe GMM k = 2, 3 bands, probabilities": "gmm"}
    files = {n: WORK / p / "labels.tif" for n, p in places.items()} | {n: f / "labels.tif" for k, (n, f) in folders.items() if k != "kmeans-25"}
    for name, file in files.items():
        if name not in by_name or not file.exists():
            continue
        row, labels = by_name[name], three.labels(file)
        row["lead_recall"], row["lead_precision"] = three.leads(labels)
        if "GMM" in name or "Gaussian" in name:
            record = file.parent / "run.json"
            row["log_likelihood"] = (json.loads(record.read_text())["results"]["fit"]["mean_log_likelihood"] if record.exists()
                                     else json.loads((file.parent / "fit.json").read_text())["log_likelihood"])
        elif reference is not None:
            row["inertia_ratio"], row["agreement"] = three.inertia(labels) / truth["inertia"], three.agreement(labels, reference)
    gmms = [n for n in files if n in by_name and ("GMM" in n or "Gaussian" in n)]
    if len(gmms) == 2:
        by_name[gmms[0]]["agreement"] = three.agreement(three.labels(files[gmms[0]]), three.labels(files[gmms[1]]))
    many, beside = WORK / "kmeans-25/labels.tif", folders["kmeans-25"][1] / "labels.tif" if "kmeans-25" in folders else None
    if "floe K-Means k = 25, 4 bands" in by_name and beside and many.exists() and beside.exists():
        del three
        four = Scene(scene, FOUR)
        theirs = four.inertia(four.labels(beside))
        by_name["floe K-Means k = 25, 4 bands"]["inertia_ratio"] = four.inertia(four.labels(many)) / theirs


if __name__ == "__main__":
    main()
