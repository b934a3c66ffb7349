"""A scene at a distance beside the same scene on the disk; see README.md.

remote.py                   runs examples/ice-lead.yaml on both, alternating, and writes results/remote.md and results/remote.json
remote.py --serve FOLDER    the object store: FOLDER/eodata as a bucket on loopback; each answer waits DELAY seconds
"""
import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import time
import urllib.request

import measure

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "Tests/python"))
FLOE = pathlib.Path(os.environ.get("FLOE", HERE.parent / ".build/release/floe"))
WORK = pathlib.Path(os.environ.get("WORK", HERE / "results/work"))
SIZE = int(os.environ.get("SIZE", 10980))
ROUNDS = int(os.environ.get("ROUNDS", 3))
# Seconds before the first byte of each answer.
DELAY = float(os.environ.get("DELAY", 0.03))
PIPELINE = pathlib.Path(os.environ.get("PIPELINE", HERE.parent / "examples/ice-lead.yaml"))
# s3, or http for the same files by their plain addresses.
BY = os.environ.get("BY", "s3")
TARGET = 1.15


def serve(folder):
    from web import bucket, serving
    with serving(folder) as web:
        bucket(web, "eodata")

        def told(*_):
            # What was asked for since the last question, this one left out.
            with web.lock:
                told = {"requests": len(web.requests) - 1, "bytes": web.sent}
                web.requests.clear()
                web.sent = 0
            return 200, [], json.dumps(told).encode()

        web.answers["/told"] = told
        web.lag = DELAY
        print(web.port, flush=True)
        sys.stdin.read()


def made():
    """A made scene as `eodata/NAME.SAFE` in a folder, kept for the next time."""
    folder = pathlib.Path(os.environ.get("SCENES", WORK / f"scene-{SIZE}"))
    bucket = folder / "eodata"
    # One that an older floe made has no checksums, so that it is another input at a distance.
    if "SCENES" not in os.environ and any("<checksum" not in file.read_text() for file in bucket.glob("*.SAFE/manifest.safe")):
        shutil.rmtree(bucket)
    if not list(bucket.glob("*.SAFE")):
        shutil.rmtree(folder / "making", ignore_errors=True)
        (folder / "making").mkdir(parents=True)
        measure.timed([FLOE, "step", "synthetic.sentinel2", "--folder", folder / "making", "--size", SIZE, "--truth", "truth.tif",
                       "-o", folder / "truth", "--quiet"])
        (folder / "making").rename(bucket)
    return folder, next(bucket.glob("*.SAFE")).name


def values(folder):
    """What the outputs hold beside what they tell of their origin."""
    import hashlib
    from osgeo import gdal
    gdal.UseExceptions()
    found = {}
    for file in sorted(folder.glob("*.tif")):
        digest = hashlib.sha256()
        image = gdal.Open(str(file))
        for row in range(0, image.RasterYSize, 512):
            digest.update(image.ReadAsArray(0, row, image.RasterXSize, min(512, image.RasterYSize - row)).tobytes())
        found[file.name] = digest.hexdigest()
    return found


def sums(folder):
    import hashlib
    found = {}
    for file in sorted(p for p in folder.rglob("*") if p.is_file() and p.name != "run.json"):
        with open(file, "rb") as f:
            found[str(file.relative_to(folder))] = hashlib.file_digest(f, "sha256").hexdigest()
    return found


def main():
    chosen = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    chosen.add_argument("--serve", metavar="FOLDER")
    chosen = chosen.parse_args()
    if chosen.serve:
        return serve(chosen.serve)
    WORK.mkdir(parents=True, exist_ok=True)
    folder, safe = made()
    server = subprocess.Popen([sys.executable, __file__, "--serve", str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        port = int(server.stdout.readline())
        compare(folder, safe, port)
    finally:
        server.stdin.close()
        server.wait()


def compare(folder, safe, port):
    keys = {"AWS_ACCESS_KEY_ID": "AKIAMADEUP1234567890", "AWS_SECRET_ACCESS_KEY": "madeup", "AWS_REGION": "us-east-1",
            "AWS_S3_ENDPOINT": f"127.0.0.1:{port}", "AWS_HTTPS": "NO", "AWS_VIRTUAL_HOSTING": "FALSE"}
    far = f"http://127.0.0.1:{port}/eodata/{safe}" if BY == "http" else f"s3://eodata/{safe}"
    places = {"local": folder / "eodata" / safe, BY: far}
    rounds = {name: [] for name in places}
    told = []

    def ask():
        return json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}/told"))

    for number in range(ROUNDS):
        # Who comes first changes, so that neither always finds the machine as the other left it.
        for name in sorted(places, reverse=number % 2 == 1):
            out = WORK / f"remote-{name}"
            shutil.rmtree(out, ignore_errors=True)
            shutil.rmtree(WORK / "remote-cache", ignore_errors=True)
            ask()
            spent, _ = measure.timed([FLOE, "run", PIPELINE, "--set", f"scene={places[name]}", "-o", out, "--quiet"],
                                     {**keys, "XDG_CACHE_HOME": str(WORK / "remote-cache")})
            rounds[name].append(spent)
            if name == BY:
                told.append(ask())
            print(f"round {number + 1}, {name}: {spent['wall']:.1f} s, CPU {spent['cpu']:.1f} s, {spent['memory'] / 1e6:.0f} MB"
                  + (f", {told[-1]['requests']} requests, {told[-1]['bytes'] / 1e6:.0f} MB" if name == BY else ""), flush=True)
    ratios = [far["wall"] / near["wall"] for near, far in zip(rounds["local"], rounds[BY])]
    ratio = statistics.median(ratios)
    here, there = WORK / "remote-local", WORK / f"remote-{BY}"
    isSame = values(here) == values(there) and bool(values(here))
    first, second = sums(here), sums(there)
    same = sum(first[n] == second.get(n) for n in first)
    result = {"size": SIZE, "delay": DELAY, "rounds": rounds, "ratios": ratios, "ratio": ratio, "target": TARGET, "told": told,
              "same_values": isSame, "same_files": same, "files": len(first), "day": time.strftime("%Y-%m-%d")}
    (HERE / "results").mkdir(exist_ok=True)
    (HERE / "results/remote.json").write_text(json.dumps(result, indent=1) + "\n")

    def middle(name, what):
        return statistics.median(r[what] for r in rounds[name])

    lines = [f"{PIPELINE.name} on a made scene of {SIZE} pixels, {DELAY * 1000:.0f} ms before each answer; medians of {ROUNDS} rounds.", "",
             "| scene | seconds | CPU s | memory MB | requests | MB read |", "|---|---|---|---|---|---|"]
    for name in places:
        far = f"{told[-1]['requests']} | {told[-1]['bytes'] / 1e6:.0f}" if name == BY else "- | -"
        lines.append(f"| {name} | {middle(name, 'wall'):.1f} | {middle(name, 'cpu'):.1f} | {middle(name, 'memory') / 1e6:.0f} | {far} |")
    lines += ["", f"Ratio, the median of pairs: {ratio:.2f} (target {TARGET}); pixels {'the same' if isSame else 'DIFFERENT'}; "
              f"{same} of {len(first)} files have the same bytes."]
    (HERE / "results/remote.md").write_text("\n".join(lines) + "\n")
    print("\n".join(lines))
    sys.exit(0 if isSame and first == second else 1)


main()
