"""Runs floe on inputs of a server on loopback that fails at random, and looks at what comes out.

    python -m distance [--count 100] [--seed 1] [--job NAME] [--kind NAME]

A run that ends with status 0 must have the bytes of an undisturbed one. Any other must say in one sentence what was asked for and what came
instead, and leave no output folder and no temporary file. Faults that pass within three requests must be survived. No
text and no file may hold what the address, the account or the keys hide; no run may take a minute. Ends with status 1 when one of
these did not hold. The same SEED and COUNT give the same faults.
"""
import argparse
import collections
import email.utils
import os
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

from distance.jobs import JOBS, Job, LIMIT, Made, call, sums, values
from web import serving

# Kinds, whether a fault of the kind passes when it is asked again, and words of the sentence for it.
KINDS = {
    "slow": (True, ["in time", "too slow", "timed out"]), "trickle": (True, ["in time", "too slow", "timed out"]),
    "cut": (True, ["cut", "ends after", "sends nothing further", "sends only"]), "reset": (True, ["cut", "answer"]),
    "429": (True, ["(429)"]), "429 and when": (True, ["(429)"]), "500": (True, ["(500)"]), "503": (True, ["(503)"]),
    "away": (True, ["connect", "cut", "answer"]), "trim": (True, ["another part", "sends only", "cut"]),
    "whole": (False, ["another part", "sends files only whole"]),
    "shift": (False, ["another part", "checksum", "MD5"]), "retag": (False, ["changed on the server", "checksum", "changed while"]),
    "403": (False, ["(403)"]), "404": (False, ["(404)", "no file", "has no", "missing", "is not there"]),
    "move": (False, ["redirect", "(401)", "(403)", "(404)"]),
}


class Plan:
    """Which requests of a run meet a fault."""

    def __init__(self, rng, kind, asked):
        self.rng, self.kind = rng, kind
        # The path of one of the requests of the undisturbed run; an empty one is all of them.
        self.part = rng.choice(["", rng.choice(asked)])
        self.how = rng.choice(["few", "some", "lasting"])
        if kind in ("403", "404"):
            self.part, self.how = rng.choice(asked), "lasting"
        if kind in ("retag", "away"):
            self.how = "few"
        fitting = [p for p in asked if self.part in p]
        self.first = rng.randrange(len(fitting))
        self.length = 1 if kind in ("retag", "away", "slow", "trickle") else rng.randint(1, 3)
        self.share = rng.uniform(0.05, 0.5)
        self.met = self.hits = 0

    @property
    def must_pass(self):
        return KINDS[self.kind][0] and self.how == "few"

    def fault(self, path):
        """What a request meets."""
        if self.part not in path:
            return None
        at, self.met = self.met, self.met + 1
        hit = {"few": self.first <= at < self.first + self.length, "lasting": at >= self.first or self.kind in ("403", "404"),
               "some": self.rng.random() < self.share}[self.how]
        if not hit or self.kind in ("slow", "trickle") and self.hits >= 4 and self.how != "lasting":
            return None
        self.hits += 1
        if self.kind == "429 and when":
            when = self.rng.choice(["0", "1", email.utils.formatdate(time.time() + 1, usegmt=True), "soon", "-3"])
            return 429, [("Retry-After", when)]
        return int(self.kind) if self.kind.isdigit() else self.kind

    def __str__(self):
        what = {"few": f"{self.length} from the {self.first + 1}.", "some": f"{self.share:.0%}", "lasting": f"all from the {self.first + 1}."}
        return f"{what[self.how]} of {self.part or 'all'}, met {self.hits} times"


class Trials:
    def __init__(self, place, seed):
        self.place, self.seed = place, seed
        self.made = Made(place)
        self.right = {}
        # Addresses are in the outputs: one port for all runs.
        with serving(self.made.folder) as web:
            self.port = web.port

    def reference(self, name):
        """The bytes of an undisturbed run, and the paths that it asks for; the same as from the disk, where it can be read from there."""
        if name in self.right:
            return self.right[name]
        with serving(self.made.folder, port=self.port) as web:
            job = Job(name, self.place, self.made, web)
            folder = self.place / f"right-{name}"
            environment = job.environment(folder, "0.1")
            status, said, told = call(job.words(folder / "out"), environment, folder)
            assert status == 0, f"the undisturbed {name} fails: {status}\n{said}\n{told}"
            right = sums(folder / "out")
            if name == "fetch":
                contents = {p["name"] + ".zip": p["content"] for p in self.made.products if "content" in p}
                assert all((folder / "out" / n).read_bytes() == c for n, c in contents.items() if not n.startswith("S3"))
            elif not name.startswith("find"):
                status, said, told = call(job.words(folder / "local", isLocal=True), environment, folder)
                assert status == 0, told
                # At a distance a large file is known by its entity tag, which the outputs tell.
                if name == "large":
                    assert values(folder / "local") == values(folder / "out"), name
                else:
                    assert sums(folder / "local") == right, name
            asked = [r[1] for r in web.requests]
        self.right[name] = right, asked
        return self.right[name]

    def trial(self, number, name, kind):
        """How a run ended, and what did not hold; None for nothing."""
        right, asked = self.reference(name)
        rng = random.Random(f"{self.seed} {number}")
        folder = self.place / f"run-{number}"
        with serving(self.made.folder, port=self.port) as web, serving(self.made.folder) as other:
            job = Job(name, self.place, self.made, web)
            plan = Plan(rng, kind, asked)
            other.answers = web.answers
            web.random, web.elsewhere = plan.fault, f"http://localhost:{other.port}"
            web.delay = {"away": 0.5, "slow": rng.choice([0.3, 4]), "trickle": rng.choice([0.4, 5])}.get(kind, 0)
            out = folder / "out"
            words = job.words(out) + (["--progress", "none"] if name == "fetch" else ["--log", folder / "log"])
            words += [[], ["--quiet"], ["--verbose"]][0 if name == "fetch" else rng.randrange(3)]
            environment = job.environment(folder, "0.1")
            before = time.monotonic()
            status, said, told = call(words, environment, folder)
            seconds = time.monotonic() - before
            wrong = self.judge(job, plan, folder, status, said, told, right, other)
        if not wrong:
            shutil.rmtree(folder)
        said = next((line for line in told.splitlines() if line.startswith("error:")), "") if status else "done"
        return status, f"{kind}, {name} ({plan}; {seconds:.0f} s)", said, wrong and f"{wrong}\n      {told.strip()[-600:]}"

    def judge(self, job, plan, folder, status, said, told, right, other):
        if status is None:
            return f"no end within {LIMIT} s"
        for secret in job.secrets():
            places = ["its output" if secret in said else "", "its messages" if secret in told else ""]
            places += [str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file() and secret.encode() in p.read_bytes()]
            if any(places):
                return f"'{secret[:12]}...' is in {', '.join(filter(None, places))}"
        if any("Authorization" in r[2] or "Marker" in r[3] for r in other.requests):
            return "another host was given the credentials"
        left = [str(p.relative_to(folder)) for p in folder.rglob("*") if p.name.startswith(".floe-") or p.parent.name == "tmp"]
        if left:
            return f"left behind: {' '.join(left)}"
        out = folder / "out"
        if status == 0:
            now = sums(out)
            if plan.part.endswith("xfdumanifest.xml") and plan.kind in ("403", "404"):
                # A measurement file alone is a product too, whose manifest tells nothing of the records.
                if values(out) != values(self.place / f"right-{job.name}/out"):
                    return "status 0 and other values without the manifest"
                log = (folder / "log").read_text()
                if plan.kind == "403" and not ("(403)" in log and "xfdumanifest.xml" in log):
                    return "the refused manifest is not told of"
            elif now != right:
                return f"status 0 and other bytes: {sorted(n for n in {*now, *right} if now.get(n) != right.get(n))[:4]}"
            return None
        if status not in (1, 2):
            return f"crash (status {status})"
        if job.name == "fetch":
            # What came is kept for the next call.
            whole = {n: d for n, d in sums(out).items() if not n.startswith(".")} if out.exists() else {}
            if any(right.get(n) != d for n, d in whole.items()):
                return "a product that is not the catalogue's"
        elif out.exists():
            return f"an output folder is left with {sorted(p.name for p in out.iterdir())}"
        errors = [line for line in told.splitlines() if line.startswith("error:")]
        if len(errors) != 1 and not (job.name == "fetch" and errors):
            return f"{len(errors)} sentences of failure"
        names = [f"127.0.0.1:{job.web.port}", "s3://eodata/", *(p["name"] for p in self.made.products)]
        if not all(any(n in line for n in names) for line in errors):
            return "the sentence names no address"
        if plan.hits and not all(any(w in line for w in KINDS[plan.kind][1]) for line in errors):
            return "the sentence does not name the cause"
        if not plan.hits:
            return "a failure without a fault"
        if plan.must_pass:
            return "a fault that passes was not survived"
        return None


def main():
    parser = argparse.ArgumentParser(prog="distance", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100, help="disturbed runs in all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--job", choices=JOBS)
    parser.add_argument("--kind", choices=KINDS)
    parser.add_argument("--only", type=int, help="the run with this number alone")
    parser.add_argument("--say", action="store_true", help="tell of each run")
    parser.add_argument("--keep", help="a folder for what the runs with faults left")
    asked = parser.parse_args()
    counts = collections.defaultdict(collections.Counter)
    with tempfile.TemporaryDirectory(prefix="floe-distance-", dir=os.environ.get("TMPDIR")) as place:
        trials = Trials(Path(place), asked.seed)
        rng = random.Random(asked.seed)
        kinds = [k for k in KINDS if asked.kind in (None, k)]
        # Each kind comes equally often, on jobs by chance.
        for number in range(asked.count):
            kind = kinds[number % len(kinds)]
            name = rng.choice(JOBS)
            if asked.job:
                name = asked.job
            if asked.only is not None and number != asked.only:
                continue
            status, what, said, wrong = trials.trial(number, name, kind)
            counts[kind]["runs"] += 1
            counts[kind]["faults" if wrong else "done" if status == 0 else "refused"] += 1
            if wrong and asked.keep:
                shutil.copytree(Path(place) / f"run-{number}", Path(asked.keep) / f"{asked.seed}-{number}", dirs_exist_ok=True)
            if wrong or asked.say:
                print(f"  {number} {what}: {wrong or said}", flush=True)
    for kind, count in counts.items():
        print(f"{kind:14s} {count['runs']:5d} runs, {count['done']:4d} the same bytes, {count['refused']:4d} a sentence, {count['faults']:3d} faults")
    faults = sum(c["faults"] for c in counts.values())
    print(f"faults: {faults}")
    sys.exit(1 if faults else 0)


main()
