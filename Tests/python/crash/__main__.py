"""Kills runs, fills their disk, lies to them, and looks at what is left.

    python -m crash [--count 40] [--seed 1] [--kind NAME]

A folder holds the outputs of an older run. Another run into it is killed, starved or failed. Each file must then be the
older or the newer one, whole; a run that failed by itself must have left the older ones, all of them; the next run must end
well with the very bytes of an undisturbed one, and leave no temporary folder. Ends with status 1 when one of these did not
hold. Disks that fill need the right to mount (or user namespaces); kinds that this machine cannot do are named as skipped.
"""
import argparse
import hashlib
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "Tests/python"))
from conftest import write_tif  # noqa: E402

FLOE = os.environ.get("FLOE", str(ROOT / ".build/release/floe"))
PIPELINE = """floe: 1
inputs: { k: { type: integer }, image: { type: path } }
steps:
  r: { use: raster.read, with: { files: [$image] } }
  g: { use: cluster.kmeans, in: { samples: r.image }, with: { clusters: $k } }
  p: { use: vector.polygonize, in: { image: g.labels } }
  f: { use: raster.filter, in: { image: r.image } }
outputs: { f.tif: f.result, sub/l.tif: g.labels, p.gpkg: { regions: p.polygons }, p.csv: p.polygons, m.json: g.model }
"""
KINDS = ["kill", "term", "hup", "int", "pipe", "fsize", "nofile", "memory", "disk", "read-only", "EIO", "ENOSPC", "short",
         "close", "sync", "rename", "two"]


def state(folder):
    """The digest of each output; the record of the run differs from call to call."""
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.rglob("*"))
            if p.is_file() and p.name != "run.json" and not any(part.startswith(".floe-") for part in p.relative_to(folder).parts)}


def leftovers(folder):
    return [p.name for p in folder.glob(".floe-*")]


class Trials:
    def __init__(self, place, seed):
        self.place = place
        self.rng = np.random.default_rng(seed)
        # Patches of three brightnesses: three clusters are others than two.
        patches = np.kron(self.rng.choice([2000, 20000, 50000], (2, 20, 20)), np.ones((15, 15), int))
        image = (patches + self.rng.integers(0, 500, patches.shape)).astype("uint16")
        write_tif(place / "image.tif", image, nodata=0)
        (place / "pipeline.yaml").write_text(PIPELINE)
        self.old, self.new = place / "old", place / "new"
        for k, folder in ((2, self.old), (3, self.new)):
            done = self.run(folder, k)
            if done.returncode:
                sys.exit(f"an undisturbed run fails: {done.stderr}")
        began = time.monotonic()
        self.run(place / "time", 3)
        self.seconds = time.monotonic() - began
        # What the older outputs take, in pages.
        self.kilobytes = 64 + sum(4 + p.stat().st_size // 4096 * 4 + 4 for p in self.old.rglob("*"))
        self.before, self.after = state(self.old), state(self.new)
        assert self.before and set(self.before) == set(self.after) and self.before != self.after
        self.library = place / "faults.so"
        built = subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", str(self.library), str(Path(__file__).parent / "faults.c"), "-ldl"],
                               capture_output=True, text=True)
        self.has_library = built.returncode == 0
        self.can_mount = subprocess.run(self.mounting(place / "m", "size=1m", "true"), capture_output=True).returncode == 0

    def command(self, out, k, *more):
        return [FLOE, "run", str(self.place / "pipeline.yaml"), "--set", f"k={k}", "--set", f"image={self.place / 'image.tif'}",
                "-o", str(out), "--quiet", "--workers", "2", *more]

    def run(self, out, k, **options):
        return subprocess.run(self.command(out, k), capture_output=True, text=True, timeout=120, **options)

    @staticmethod
    def mounting(folder, options, command):
        """A command in a mount namespace of its own, in which `folder` is a small disk."""
        folder.mkdir(exist_ok=True)
        unshare = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-rm"]
        return [*unshare, "sh", "-c", f"mount -t tmpfs -o {options} none '{folder}' && {command}"]

    def disturb(self, kind, out):
        """One disturbed run into `out`; whether it ended by itself, and what it said. None where this machine cannot."""
        rng = self.rng
        if kind in ("kill", "term", "hup", "int"):
            number = {"kill": signal.SIGKILL, "term": signal.SIGTERM, "hup": signal.SIGHUP, "int": signal.SIGINT}[kind]
            # As a terminal's child has it: a background job of a shell would ignore some of these.
            process = subprocess.Popen(self.command(out, 3), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                       preexec_fn=lambda: [signal.signal(s, signal.SIG_DFL) for s in (signal.SIGINT, signal.SIGHUP)])
            time.sleep(float(rng.uniform(0, self.seconds)))
            process.send_signal(number)
            said = process.communicate(timeout=60)[0]
            return kind != "kill", process.returncode, said
        if kind == "pipe":
            process = subprocess.Popen(self.command(out, 3, "--progress", "json"), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            process.stdout.close()
            process.stderr.close()
            return True, process.wait(60), ""
        limits = {"fsize": (resource.RLIMIT_FSIZE, int(rng.integers(1, 600_000))), "nofile": (resource.RLIMIT_NOFILE, 64),
                  "memory": (resource.RLIMIT_AS, int(rng.integers(200, 1500)) << 20)}
        if kind in limits:
            which, value = limits[kind]
            # A limit of memory may end the process wherever it is, as a kill does.
            done = self.run(out, 3, preexec_fn=lambda: resource.setrlimit(which, (value, value)))
            return done.returncode in (0, 1, 2), done.returncode, done.stdout + done.stderr
        if kind in ("disk", "read-only"):
            if not self.can_mount:
                return None
            words = " ".join(f"'{w}'" for w in self.command(out, 3))
            disk = self.place / "m"
            size = "size=64m" if kind == "read-only" else f"size={self.kilobytes + int(rng.integers(0, 2 * self.kilobytes))}k"
            ready = f"mount -o remount,ro '{out}' && " if kind == "read-only" else ""
            copy = f"cp -a '{self.old}/.' '{out}/' 2>/dev/null; {ready}"
            kept = f"; s=$?; mkdir -p '{disk}.kept' && cp -a '{out}/.' '{disk}.kept/'; exit $s"
            shutil.rmtree(f"{disk}.kept", ignore_errors=True)
            shutil.rmtree(out)
            done = subprocess.run(self.mounting(out, size, f"{{ {copy} {words}; }}{kept}"), capture_output=True, text=True, timeout=120)
            shutil.rmtree(out, ignore_errors=True)
            shutil.copytree(f"{disk}.kept", out)
            return True, done.returncode, done.stdout + done.stderr
        if kind == "two":
            both = [subprocess.Popen(self.command(out, 3), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) for _ in range(2)]
            said = "".join(p.communicate(timeout=120)[0] for p in both)
            return True, min(p.returncode for p in both), said
        if not self.has_library:
            return None
        call, error = {"EIO": ("write", 5), "ENOSPC": ("write", 28), "short": ("write", 0), "close": ("close", 122),
                       "sync": ("sync", 5), "rename": ("rename", 13)}[kind]
        number = int(rng.integers(1, {"write": 60, "close": 30, "sync": 12, "rename": 14}[call]))
        done = self.run(out, 3, env={**os.environ, "LD_PRELOAD": str(self.library), "FAULT": f"{call}:{error}:{number}", "FAULT_PATH": str(out)})
        if kind == "short" and done.returncode != 0:
            return True, done.returncode, "a short write is no failure: " + done.stderr
        return True, done.returncode, done.stdout + done.stderr

    def trial(self, kind, number):
        """A sentence where something did not hold; else None; `skipped` where this machine cannot."""
        out = self.place / f"{kind}-{number}"
        shutil.copytree(self.old, out)
        try:
            found = self.disturb(kind, out)
            if found is None:
                return "skipped"
            ended, status, said = found
            now = state(out)
            for name, digest in now.items():
                if digest not in (self.before.get(name), self.after.get(name)):
                    return f"{name} is neither the older nor the newer file (status {status})"
            if kind == "short" and status != 0:
                return said[-300:]
            if ended:
                if status == 0 and now != self.after:
                    return f"status 0, and not all files are the newer ones: {said[-200:]}"
                # A signal that comes before the program listens ends it as any other.
                if status not in (0, None) and now not in (self.before, self.after):
                    return f"status {status}, and a mixture of two runs is left: {said[-200:]}"
                if status not in (0, 1, 2, 130, -1, -2, -13, -15):
                    return f"crash (status {status}): {said[-300:]}"
                if status in (1, 2) and not said.strip() and kind != "pipe":
                    return "failed without a word"
                if any(word in said for word in ("Fatal error", "Error Domain", "NSCocoaErrorDomain", "NSPOSIXErrorDomain")):
                    return f"a message of a library instead of a sentence: {said[-300:]}"
                # A disk that cannot be written cannot be tidied either.
                if leftovers(out) and kind not in ("disk", "read-only", "rename"):
                    return f"status {status}, and {leftovers(out)} are left: {said[-200:]}"
            again = self.run(out, 3)
            if again.returncode:
                return f"the next run fails: {again.stderr[-300:]}"
            if state(out) != self.after:
                return "the next run gives other bytes"
            if leftovers(out):
                return f"the next run leaves {leftovers(out)}"
            return None
        finally:
            shutil.rmtree(out, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(prog="crash", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=40, help="disturbed runs of each kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kind", choices=KINDS)
    asked = parser.parse_args()
    faults = 0
    with tempfile.TemporaryDirectory(prefix="floe-crash-", dir=os.environ.get("TMPDIR")) as place:
        os.environ["XDG_CACHE_HOME"] = place + "/cache"
        trials = Trials(Path(place), asked.seed)
        for kind in [asked.kind] if asked.kind else KINDS:
            found = []
            for number in range(asked.count):
                fault = trials.trial(kind, number)
                found.append(fault)
                if fault == "skipped":
                    break
                if fault:
                    print(f"  {kind} {number}: {fault}", flush=True)
            wrong = sum(1 for f in found if f and f != "skipped")
            print(f"{kind:10s} " + ("skipped: this machine cannot" if "skipped" in found else f"{len(found):5d} runs, {wrong:3d} faults"), flush=True)
            faults += wrong
    print(f"faults: {faults}")
    sys.exit(1 if faults else 0)


main()
