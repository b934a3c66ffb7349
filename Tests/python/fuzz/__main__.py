"""Damages inputs and looks what floe makes of them.

    python -m fuzz [--count 100] [--seed 1] [--reader NAME] [--keep FOLDER]

Every damaged input is one run of the program. It must end within ten seconds with status 0, 1 or 2; leave nothing in the
output folder when it fails; say in a sentence why; and what it writes must be what another reader of the same file reads.
Ends with status 1 when one of these did not hold. The same seed and count give the same files.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from osgeo import gdal

from . import readers

ROOT = Path(__file__).resolve().parents[3]
FLOE = os.environ.get("FLOE", str(ROOT / ".build/release/floe"))
LIMIT = 10
# netCDF4 and HDF5 of Python are not made for several threads; only the program's runs go side by side.
LIBRARIES = threading.Lock()
ODD = ("Fatal error", "NSCocoaErrorDomain", "NSPOSIXErrorDomain", "Traceback", "Swift/", "Error Domain", "DecodingError")


def call(arguments, folder, limit=LIMIT):
    try:
        done = subprocess.run([FLOE, *arguments], cwd=folder, capture_output=True, timeout=limit)
        return done.returncode, (done.stdout + done.stderr).decode("utf-8", "replace")
    except subprocess.TimeoutExpired:
        return None, ""


def material(folder):
    """Sound inputs that take a while to make."""
    made = folder / "made"
    status, said = call(["run", str(ROOT / "examples/demo/products.yaml"), "--set", f"folder={made}", "--set", "size=360", "--set", "seed=3", "-o", str(folder / "record"), "--quiet"], folder, 300)
    if status != 0:
        sys.exit(f"no products were made: {said}")
    found = {
        "scene": next(made.glob("*.SAFE")), "track": next(made.glob("*.SEN3")),
        "pixels": np.random.default_rng(5).integers(1, 10000, (3, 50, 50)).astype("uint16"),
    }
    readers.write_tif(folder / "in.tif", found["pixels"], nodata=0)
    status, said = call(["step", "cluster.kmeans", "--samples", "in.tif", "--clusters", "4", "--model", "model.json", "-o", "model"], folder, 60)
    if status != 0:
        sys.exit(f"no model was made: {said}")
    found["model"] = folder / "model/model.json"
    return found


def trial(kind, number, seed, found, place):
    """One damaged input; the fault, or None, and what was done."""
    rng = np.random.default_rng([seed, zlib.crc32(kind.name.encode()), number + 1])
    folder = place / f"{kind.name.replace(' ', '-')}-{number}"
    folder.mkdir()
    with LIBRARIES:
        reader = kind()
        target = reader.make(folder, found)
        if isinstance(reader, readers.Product):
            reader.path = next(p.name for p in folder.iterdir())
            reader.sound = found["sound", kind.name] if number >= 0 else None
        file = folder / "pipeline.yaml"
        if not file.exists():
            file.write_text(reader.pipeline())
        done = readers.m.pick(rng, reader.damages)(target, rng) if number >= 0 else "nothing"
    status, said = call(["run", "pipeline.yaml", "-o", "out", "--quiet", *getattr(reader, "arguments", ())], folder)
    out = folder / "out"
    with LIBRARIES:
        if number < 0 and isinstance(reader, readers.Product) and status == 0:
            found["sound", kind.name] = gdal.Open(str(out / "o.tif")).ReadAsArray()
        fault = judge(reader, status, said, folder, out) if number >= 0 else None if status == 0 else f"the sound input fails: {said}"
    return fault, done, status, said, folder


def judge(reader, status, said, folder, out):
    if status is None:
        return "hang"
    if status not in (0, 1, 2):
        return f"crash (status {status})"
    if any(word in said for word in ODD):
        return "a message of a library instead of a sentence"
    left = sorted(p.name for p in out.iterdir()) if out.exists() else []
    if status and left:
        return f"half output: {left}"
    if [name for name in left if name.startswith(".floe-")]:
        return f"leftovers: {left}"
    if status:
        if getattr(reader, "must_run", False):
            return "the pipeline did not run for the sake of a manifest that it does not use"
        return None if said.strip() else "failed without a word"
    gdal.PushErrorHandler("CPLQuietErrorHandler")
    try:
        wrong = reader.judge(folder, out)
    except Exception as error:  # noqa: BLE001 - a judge that fails is a fault of the machinery, and to be seen
        return f"the judge failed: {error!r}"
    finally:
        gdal.PopErrorHandler()
    return f"silent wrong result: {wrong}" if wrong else None


def main():
    parser = argparse.ArgumentParser(prog="fuzz", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100, help="damaged inputs a reader")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--reader", help="only the one of this name")
    parser.add_argument("--only", type=int, help="only the trial of this number")
    parser.add_argument("--keep", type=Path, help="where inputs that showed a fault are kept")
    parser.add_argument("--jobs", type=int, default=max(1, (os.cpu_count() or 2) // 2))
    asked = parser.parse_args()
    faults = 0
    with tempfile.TemporaryDirectory(prefix="floe-fuzz-", dir=os.environ.get("TMPDIR")) as place:
        place = Path(place)
        os.environ["XDG_CACHE_HOME"] = str(place / "cache")
        found = material(place)
        for kind in readers.ALL:
            if asked.reader and asked.reader != kind.name:
                continue
            first = trial(kind, -1, asked.seed, found, place)
            if first[0]:
                sys.exit(f"{kind.name}: {first[0]}")
            counts = {"read": 0, "refused": 0, "faults": 0}
            numbers = [asked.only] if asked.only is not None else range(asked.count)
            with ThreadPoolExecutor(asked.jobs) as pool:
                for number, (fault, done, status, said, folder) in zip(
                        numbers, pool.map(lambda n: trial(kind, n, asked.seed, found, place), numbers)):
                    counts["faults" if fault else "read" if status == 0 else "refused"] += 1
                    if fault:
                        print(f"  {kind.name} {number} ({done}): {fault}", flush=True)
                        if asked.keep:
                            shutil.copytree(folder, asked.keep / folder.name, dirs_exist_ok=True)
                            (asked.keep / folder.name / "said.json").write_text(json.dumps({"status": status, "said": said[-4000:]}))
                    shutil.rmtree(folder, ignore_errors=True)
            shutil.rmtree(first[4], ignore_errors=True)
            print(f"{kind.name:26s} {counts['read']:6d} read, {counts['refused']:6d} refused, {counts['faults']:4d} faults", flush=True)
            faults += counts["faults"]
    print(f"faults: {faults}")
    sys.exit(1 if faults else 0)


main()
