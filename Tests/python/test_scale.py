"""The package on Toil: on this machine, and on a Slurm cluster of one node that the test starts and stops.

`make test-scale` sets the sizes: FLOE_SCALE_SCENES scenes in FLOE_SCALE_CHUNKS chunks, and FLOE_SCALE_SLURM=1 for the
cluster. Without them 40 scenes in 4 chunks run on Toil's local batch system. Scenes are Sentinel-2 products of 480 pixels,
links to at most 20 that are made, one of them poisoned.
"""
import hashlib
import json
import os
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest
import season
from conftest import FLOE, ROOT, floe

SCENES = int(os.environ.get("FLOE_SCALE_SCENES", 40))
CHUNKS = int(os.environ.get("FLOE_SCALE_CHUNKS", 4))
LENGTH = -(-SCENES // CHUNKS)
# Its image is cut: number 617 of a thousand.
BAD = SCENES * 617 // 1000
# Products that are made; the scenes are links to them.
PRODUCTS = 20 if SCENES > 100 else 4
BIN = Path(os.environ.get("FLOE_TOIL", ROOT / ".venv-toil/bin"))
TOIL = BIN / "toil-cwl-runner"
CLUSTER = ROOT / "examples/scale/one-node-slurm.sh"
needs_toil = pytest.mark.skipif(not TOIL.exists(), reason="Toil is not here: make test-scale installs it")
needs_slurm = pytest.mark.skipif(
    not os.environ.get("FLOE_SCALE_SLURM") or not shutil.which("slurmd", path=os.environ["PATH"] + ":/usr/sbin"),
    reason="Slurm is not wanted (FLOE_SCALE_SLURM=1) or not here (slurm-wlm, munge): make test-scale")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scale")
    products = []
    for i in range(PRODUCTS):
        floe("demo", folder / f"made-{i}", "--size", 480, "--seed", 10 * i + 1, "--products-only", "--quiet")
        products += (folder / f"made-{i}").glob("products/*.SAFE")
    assert len(products) == PRODUCTS
    (folder / "scenes").mkdir()
    for i in range(SCENES):
        shutil.copytree(products[i % PRODUCTS], folder / f"scenes/s{i:04}.SAFE", copy_function=os.link)
    # A file of its own, which no other scene is linked to.
    band = next(folder.glob(f"scenes/s{BAD:04}.SAFE/GRANULE/*/IMG_DATA/*_B04.jp2"))
    whole = band.read_bytes()
    band.unlink()
    band.write_bytes(whole[: len(whole) // 3])
    (folder / "groups.yaml").write_text(season.PIPELINE)
    package = floe("cwl", folder / "groups.yaml", "--without-container", "--chunk", LENGTH, cwd=folder)
    (folder / "groups.cwl").write_text(package.out)
    scenes = [{"class": "Directory", "path": str(p)} for p in sorted((folder / "scenes").iterdir())]
    (folder / "job.json").write_text(json.dumps({"scene": scenes}))
    # Each call of floe batch leaves its number of scenes.
    (folder / "bin").mkdir()
    (folder / "bin/floe").write_text(
        f'#!/bin/sh\n[ "$1" = batch ] && echo $(($(wc -l <products.csv) - 1)) >>"{folder}/calls"\nexec "{FLOE}" "$@"\n')
    (folder / "bin/floe").chmod(0o755)
    began = time.monotonic()
    floe("batch", folder / "groups.yaml", "--over", f"scene={folder}/scenes/*.SAFE", "-o", folder / "batch", "--workers", 2,
         "--quiet", expect=3, timeout=3600)
    return {"folder": folder, "seconds": time.monotonic() - began}


def sums(folder):
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
            for p in sorted(Path(folder).glob("*/*")) if p.is_file() and p.name in ("ice-lead.tif", "model.json")}


class Disk(threading.Thread):
    """The most that some folders take, looked at every other second; files with several names count once."""

    def __init__(self, *folders):
        super().__init__(daemon=True)
        self.folders, self.most, self.ended = folders, 0, threading.Event()

    @staticmethod
    def bytes(*folders):
        found = {}
        for folder in folders:
            for place, _, files in os.walk(folder):
                for name in files:
                    try:
                        state = os.lstat(os.path.join(place, name))
                    except FileNotFoundError:
                        continue  # moved or removed since the folder was listed
                    found[state.st_dev, state.st_ino] = state.st_size
        return sum(found.values())

    def run(self):
        while not self.ended.wait(2):
            self.most = max(self.most, self.bytes(*self.folders))

    def stop(self):
        self.ended.set()
        self.join()
        return self.most


def words(place, name, system, *more):
    folder = place["folder"] / name
    (folder / "work").mkdir(parents=True, exist_ok=True)
    return [str(w) for w in [
        TOIL, "--batchSystem", system, "--jobStore", folder / "jobs", "--workDir", folder / "work",
        "--tmpdir-prefix", folder / "work/tmp", "--tmp-outdir-prefix", folder / "work/out", "--bypass-file-store",
        "--no-container", "--retryCount", 3, "--outdir", folder / "out", "--logLevel", "ERROR", *more,
        f"{place['folder']}/groups.cwl#groups", place["folder"] / "job.json"]]


def environment(place, **more):
    path = f"{place['folder']}/bin:{BIN}:{os.environ['PATH']}"
    return os.environ | {"PATH": path} | more


def judge(place, results):
    import pystac
    assert sums(results) == sums(place["folder"] / "batch") and len(sums(results)) == 2 * (SCENES - 1)
    lines = [json.loads(line) for line in (results / "batch.jsonl").read_text().splitlines()[1:]]
    assert len(lines) == SCENES and [e["scene"] for e in lines if e["state"] == "failed"] == [f"s{BAD:04}"]
    pystac.Catalog.from_file(str(results / "catalog.json"))


@needs_toil
def test_toil_on_this_machine(place):
    done = subprocess.run(words(place, "local", "single_machine"), env=environment(place), capture_output=True, text=True,
                          timeout=3600)
    assert done.returncode == 0, done.stderr[-3000:]
    judge(place, place["folder"] / "local/out/results")


@needs_toil
def test_steps_over_all_results_on_toil(place):
    """One model and one mosaic, with the bytes of plain calls."""
    folder = place["folder"]
    steps = [["cluster.fit", "--samples", "*/ice-lead.tif", "--method", "kmeans", "--clusters", "2", "--model", "all.json"],
             ["raster.mosaic", "--images", "*/ice-lead.tif", "--rule", "majority", "--mosaic", "all.tif"]]
    job = json.loads((folder / "job.json").read_text()) | {"season_steps": steps}
    (folder / "season.json").write_text(json.dumps(job))
    call = words(place, "season", "single_machine")[:-1] + [str(folder / "season.json")]
    done = subprocess.run(call, env=environment(place), capture_output=True, text=True, timeout=3600)
    assert done.returncode == 0, done.stderr[-3000:]
    for number, (step, *flags) in enumerate(steps, 1):
        floe("step", "-C", folder / "batch", step, *flags, "-o", folder / "plain", "--quiet", "--overwrite")
        made = folder / f"season/out/season-{number}-{step}" / flags[-1]
        assert made.read_bytes() == (folder / "plain" / flags[-1]).read_bytes()


@pytest.fixture
def cluster(place):
    folder = place["folder"] / "slurm-daemons"
    began = time.monotonic()
    subprocess.run([CLUSTER, "start", folder, "2"], check=True, timeout=60)
    print(f"cluster up after {time.monotonic() - began:.1f} s")
    yield {"SLURM_CONF": str(folder / "slurm.conf")}
    subprocess.run([CLUSTER, "stop", folder], check=True, timeout=60)


@needs_toil
@needs_slurm
def test_slurm_without_a_disturbance(place, cluster):
    disk = Disk(place["folder"] / "slurm/jobs", place["folder"] / "slurm/work")
    disk.start()
    began = time.monotonic()
    done = subprocess.run(words(place, "slurm", "slurm"), env=environment(place, **cluster), capture_output=True, text=True,
                          timeout=7200)
    seconds = time.monotonic() - began
    assert done.returncode == 0, done.stderr[-3000:]
    judge(place, place["folder"] / "slurm/out/results")
    most, outputs = disk.stop(), disk.bytes(place["folder"] / "slurm/out")
    print(f"{SCENES} scenes in {CHUNKS} chunks: floe batch {place['seconds']:.1f} s, Toil on Slurm {seconds:.1f} s, "
          f"ratio {seconds / place['seconds']:.2f}")
    print(f"job store and work folders at most {most / 1e6:.1f} MB, outputs {outputs / 1e6:.1f} MB: {most / outputs:.2f}")
    assert most <= 1.2 * outputs or SCENES < 100


@needs_toil
@needs_slurm
def test_slurm_with_the_leader_and_a_job_killed(place, cluster):
    folder = place["folder"]
    (folder / "calls").unlink(missing_ok=True)
    leader = subprocess.Popen(words(place, "killed", "slurm"), env=environment(place, **cluster), stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)

    def started():
        return [int(n) for n in (folder / "calls").read_text().split()] if (folder / "calls").exists() else []
    end = time.monotonic() + 3600
    while len(started()) < max(1, CHUNKS // 2):
        assert leader.poll() is None and time.monotonic() < end
        time.sleep(0.2)
    leader.send_signal(signal.SIGKILL)
    leader.wait()
    # One job of those that run now.
    env = environment(place, **cluster)
    running = subprocess.run(["squeue", "-h", "-t", "R", "-o", "%A"], env=env, capture_output=True, text=True).stdout.split()
    if running:
        subprocess.run(["scancel", "--signal=KILL", "--full", running[0]], env=env)
    # Those that still run end by themselves.
    while subprocess.run(["squeue", "-h"], env=env, capture_output=True, text=True).stdout.strip():
        assert time.monotonic() < end
        time.sleep(0.5)
    done = subprocess.run(words(place, "killed", "slurm", "--restart"), env=env, capture_output=True, text=True, timeout=7200)
    assert done.returncode == 0, done.stderr[-3000:]
    judge(place, folder / "killed/out/results")
    # Two jobs run at a time here: at most those are done again.
    assert sum(started()) <= SCENES + 2 * LENGTH, started()
    print(f"scenes that jobs were given in all: {sum(started())} of {SCENES}")
