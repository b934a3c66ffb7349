"""A season of small scenes in one batch: how long it takes beside single runs, what one bad scene costs, and what kills do.

    make test-batch COUNT=1000 KILLS=10

Scenes are 480 pixels wide, from 20 products; one scene in the middle is poisoned. Fails where a promise of docs/batch.md does not hold; times
are printed and judged by nobody.
"""
import argparse
import csv
import hashlib
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
FLOE = ROOT / ".build/release/floe"
PIPELINE = """floe: 1
inputs: { scene: { type: path } }
steps:
  stack: { use: sentinel2.stack, with: { product: $scene, bands: [B02, B03, B04, B08] } }
  groups:
    use: cluster.kmeans
    in: { samples: stack.image }
    with: { clusters: 6, training: balanced, names: { lead: dark, sea_ice: rest } }
outputs: { ice-lead.tif: groups.classes, model.json: groups.model }
"""


def floe(*words, expect=0):
    done = subprocess.run([str(FLOE), *map(str, words)], capture_output=True, text=True)
    assert done.returncode == expect, f"floe {' '.join(map(str, words))}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def timed(call):
    began = time.monotonic()
    result = call()
    return result, time.monotonic() - began


def sums(folder):
    """Every output of every scene; records tell times."""
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.glob("*/*")) if p.is_file() and p.name != "run.json"
    }


def ledger(folder):
    """The scenes in the order in which they ended, once for each time that they were computed."""
    lines = (folder / "batch.jsonl").read_text().splitlines()
    return [entry for line in lines if "scene" in (entry := json.loads(line))]


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--count", type=int, default=1000)
    options.add_argument("--kills", type=int, default=10)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--workers", type=int, default=os.cpu_count())
    chosen = options.parse_args()
    choose = random.Random(chosen.seed)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="floe-season-"))
    try:
        season(folder, chosen, choose)
    finally:
        shutil.rmtree(folder)


def season(folder, chosen, choose):
    os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
    scenes = []
    for i in range(min(20, chosen.count)):
        floe("demo", folder / f"made-{i}", "--size", 480, "--seed", 10 * i + 1, "--products-only", "--quiet")
        scenes += list((folder / f"made-{i}").glob("products/*.SAFE"))
    assert len(scenes) == min(20, chosen.count)
    poisoned = chosen.count * 617 // 1000
    bad = folder / "poisoned" / scenes[0].name
    shutil.copytree(scenes[0], bad)
    # Not the masks of the same name in QI_DATA, which nobody reads here.
    band = next(bad.glob("GRANULE/*/IMG_DATA/*_B04.jp2"))
    whole = band.read_bytes()
    band.write_bytes(whole[: len(whole) // 3])
    with open(folder / "scenes.csv", "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["name", "scene"])
        for i in range(chosen.count):
            rows.writerow([f"scene-{i:04}", bad if i == poisoned else scenes[i % len(scenes)]])
    (folder / "p.yaml").write_text(PIPELINE)
    batch = ["batch", folder / "p.yaml", "--over", folder / "scenes.csv", "--workers", chosen.workers, "--json", "-o"]

    single = 0
    for i, scene in enumerate(scenes):
        run = ["run", folder / "p.yaml", "--set", f"scene={scene}", "--workers", 1, "--quiet", "-o", folder / f"single-{i}"]
        single += timed(lambda: floe(*run))[1]
    single *= chosen.count / len(scenes) / chosen.workers
    # A first call also finds out that nothing is to do, from what was remembered of the inputs.
    again, nothing = timed(lambda: floe(*run))

    told, wall = timed(lambda: floe(*batch, folder / "whole", expect=3))
    told = json.loads(told)
    assert (told["done"], told["failed"]) == (chosen.count - 1, 1), told
    failed = [s for s in told["scenes"] if s["state"] == "failed"]
    assert [s["scene"] for s in failed] == [f"scene-{poisoned:04}"] and failed[0]["step"] and failed[0]["message"]
    told, idle = timed(lambda: json.loads(floe(*batch, folder / "whole", expect=3)))
    assert (told["done"], told["unchanged"]) == (0, chosen.count - 1)

    kills = 0
    for _ in range(chosen.kills):
        process = subprocess.Popen(
            [str(w) for w in [FLOE, *batch, folder / "killed"]], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(timeout=choose.uniform(0.05, 1.2) * wall / chosen.kills)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            kills += 1
    told = json.loads(floe(*batch, folder / "killed", expect=3))
    assert told["failed"] == 1 and told["done"] + told["unchanged"] == chosen.count - 1
    assert sums(folder / "killed") == sums(folder / "whole")
    ended = [e["scene"] for e in ledger(folder / "killed")]
    # A scene whose outputs were in place, but not yet its line in the ledger, is found by its outputs.
    twice = len(ended) - len(set(ended))
    assert twice == 0, f"{twice} scenes were computed twice"

    band.write_bytes(whole)
    told, _ = timed(lambda: json.loads(floe(*batch, folder / "whole")))
    assert (told["done"], told["unchanged"]) == (1, chosen.count - 1)

    print(f"{chosen.count} scenes of 480 pixels from {len(scenes)} products, {chosen.workers} workers, scene {poisoned} poisoned")
    print(f"single run, nothing to do: {nothing:.2f} s")
    print(f"batch: {chosen.count - 1} done, 1 failed, {wall:.0f} s; single runs' times / workers: {single:.0f} s; ratio {wall / single:.2f}")
    print(f"batch, nothing to do: {idle:.1f} s")
    print(f"{kills} kills: no scene computed twice, the same {len(sums(folder / 'whole'))} files; one mended: one computed")


if __name__ == "__main__":
    main()
