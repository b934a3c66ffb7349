"""What is run: floe on inputs that a server on loopback has, and what the outputs must be."""
import base64
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys

import numpy as np
from osgeo import gdal

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "Tests/python"))
from conftest import write_tif  # noqa: E402
from data_space import DataSpace  # noqa: E402
from test_catalogue import archive, scenes  # noqa: E402
from web import bucket  # noqa: E402

gdal.UseExceptions()
FLOE = os.environ.get("FLOE", str(ROOT / ".build/release/floe"))
# What must stand in no text and no file.
USER, SIGNATURE, KEY, SESSION, PASSWORD = "MarkerUser71", "MarkerQuery72", "MarkerKey73/abcdefghijkl", "MarkerSession74", "MarkerPassword75"
LIMIT = 60
STACK = """floe: 1
inputs: { scene: { type: path } }
steps:
  stack: { use: sentinel2.stack, with: { product: $scene, bands: [B02, B03, B04, B08] } }
  groups:
    use: cluster.kmeans
    in: { samples: stack.image }
    with: { clusters: 6, training: balanced, names: { lead: dark, sea_ice: rest } }
outputs: { stack.tif: stack.image, ice-lead.tif: groups.classes, model.json: groups.model }
"""
COPY = """floe: 1
inputs: { image: { type: path } }
steps:
  image: { use: raster.read, with: { files: [$image] } }
outputs: { image.tif: image.image }
"""
PART = """floe: 1
inputs: { image: { type: path } }
steps:
  image: { use: raster.read, with: { files: [$image] } }
  part: { use: raster.clip, in: { image: image.image }, with: { box: [310000, 7880020, 314000, 7886020] } }
outputs: { part.tif: part.result }
"""


def call(words, environment, place):
    """Status, standard output and standard error; status None for a run that did not end in time."""
    try:
        done = subprocess.run(["nice", FLOE, *map(str, words)], capture_output=True, timeout=LIMIT, env=environment, cwd=place)
    except subprocess.TimeoutExpired as late:
        return None, (late.stdout or b"").decode(errors="replace"), (late.stderr or b"").decode(errors="replace")
    return done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")


def sums(folder):
    """SHA-256 of all files; records tell times and addresses."""
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.rglob("*"))
            if p.is_file() and p.name != "run.json"}


def values(folder):
    """What the outputs hold beside what they tell of their origin: pixels, tables, and a model's numbers."""
    found = {}
    for file in sorted(folder.glob("*.tif")):
        found[file.name] = hashlib.sha256(gdal.Open(str(file)).ReadAsArray().tobytes()).hexdigest()
    for file in sorted(folder.glob("*.csv")):
        found[file.name] = hashlib.sha256(file.read_bytes()).hexdigest()
    for file in sorted(folder.glob("model.json")):
        found[file.name] = {k: v for k, v in json.loads(file.read_text()).items() if k != "provenance"}
    return found


class Made:
    """A folder to serve, with the bucket `eodata` in it, and the products of a catalogue."""

    def __init__(self, place):
        self.folder = place / "served"
        self.bucket = self.folder / "eodata"
        self.bucket.mkdir(parents=True)
        environment = dict(os.environ)

        def floe(*words):
            status, said, told = call(words, environment, place)
            assert status == 0, f"floe {' '.join(map(str, words))}: {status}\n{said}\n{told}"

        floe("step", "synthetic.sentinel2", "--folder", self.bucket, "--size", 480, "--truth", "truth.tif", "-o", place / "t", "--quiet")
        self.safe = next(self.bucket.glob("*.SAFE")).name
        shutil.make_archive(str(self.folder / self.safe), "zip", self.bucket, self.safe)
        floe("step", "synthetic.sentinel3", "--folder", self.folder, "--records", 200, "--truth", place / "t/truth.tif",
             "--surfaces", "s.csv", "-o", place / "t", "--quiet")
        self.track = next(self.folder.glob("*.SEN3")).name
        rng = np.random.default_rng(3)
        write_tif(place / "a.tif", rng.integers(1, 9000, (2, 1400, 1500)).astype("uint16"), nodata=0)
        gdal.GetDriverByName("COG").CreateCopy(str(self.folder / "a.tif"), gdal.Open(str(place / "a.tif")),
                                               options=["BLOCKSIZE=256", "COMPRESS=DEFLATE"])
        # More than 32 MB: known by what the server tells, and read in parts.
        write_tif(place / "large.tif", rng.integers(1, 9000, (1, 4400, 4400)).astype("uint16"), nodata=0)
        gdal.GetDriverByName("COG").CreateCopy(str(self.folder / "large.tif"), gdal.Open(str(place / "large.tif")),
                                               options=["BLOCKSIZE=512", "COMPRESS=NONE", "OVERVIEWS=NONE"])
        for name, text in (("stack", STACK), ("copy", COPY), ("part", PART)):
            (place / f"{name}.yaml").write_text(text)
        self.products = list(scenes(60))
        for p in self.products[:3]:
            p["content"] = archive(p["name"])
        name = "S3A_SR_2_LAN_SI_20190301T235906_20190301T235915_0_0_0_0______LN3_R_NT_005.SEN3"
        self.products.append({"name": name, "collection": "SENTINEL-3", "start": "2019-03-01T00:00:00.000Z",
                              "end": "2019-03-01T00:00:09.000Z", "content": archive(name),
                              "geometry": {"type": "LineString", "coordinates": [[10, 70], [11, 71]]}})


class Job:
    """One command on one server."""

    def __init__(self, name, place, made, web):
        self.name, self.place, self.made, self.web = name, place, made, web
        web.etags = True
        self.space = None
        if name == "s3":
            bucket(web, "eodata")
        elif name in ("fetch", "find", "find-stac"):
            self.space = DataSpace(web, made.products)
            self.space.password = PASSWORD
        else:
            web.user = "Basic " + base64.b64encode(f"anna:{USER}".encode()).decode()
            web.query = f"sig={SIGNATURE}"

    def url(self, path):
        return self.web.url(path).replace("//", f"//anna:{USER}@") + f"?sig={SIGNATURE}"

    def words(self, out, isLocal=False):
        """The command with its outputs in a folder."""
        made, place = self.made, self.place
        run = {"zip": ("stack", "scene", made.safe + ".zip"), "folder": ("stack", "scene", f"eodata/{made.safe}"),
               "image": ("copy", "image", "a.tif"), "large": ("part", "image", "large.tif"), "s3": ("stack", "scene", f"eodata/{made.safe}")}
        if self.name in run:
            pipeline, name, path = run[self.name]
            far = f"s3://{path}" if self.name == "s3" else self.url(path)
            return ["run", place / f"{pipeline}.yaml", "--set", f"{name}={made.folder / path if isLocal else far}", "-o", out]
        if self.name == "track":
            path = made.folder / made.track if isLocal else self.url(made.track)
            return ["step", "sentinel3.sral", "--product", path, "--track", "r.csv", "-o", out]
        if self.name == "fetch":
            return ["fetch", *[p["name"] for p in made.products if "content" in p], *self.space.words, "-o", out, "--jobs", 2]
        service = self.web.url("odata/v1" if self.name == "find" else "stac")
        return ["find", "SENTINEL-2", "--service", service, "--from", "2019-03-02", "-o", out]

    def environment(self, folder, retry):
        """Folders of the run's own, and the secrets that go by the environment."""
        for name in ("tmp", "cache"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        more = {"GDAL_HTTP_RETRY_DELAY": retry, "GDAL_HTTP_TIMEOUT": "3", "TMPDIR": folder / "tmp", "XDG_CACHE_HOME": folder / "cache"}
        if self.name == "s3":
            more |= {"AWS_ACCESS_KEY_ID": "AKIAMADEUP1234567890", "AWS_SECRET_ACCESS_KEY": KEY, "AWS_SESSION_TOKEN": SESSION,
                     "AWS_REGION": "us-east-1", "AWS_S3_ENDPOINT": f"127.0.0.1:{self.web.port}", "AWS_HTTPS": "NO",
                     "AWS_VIRTUAL_HOSTING": "FALSE", "AWS_EC2_METADATA_DISABLED": "TRUE"}
        if self.name == "fetch":
            more |= {"CDSE_USERNAME": "anna", "CDSE_PASSWORD": PASSWORD}
        return {**{k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "CDSE_"))}, **{k: str(v) for k, v in more.items()}}

    def secrets(self):
        """The markers, as they are and as they go over the line."""
        found = [USER, SIGNATURE, KEY, SESSION, PASSWORD, base64.b64encode(f"anna:{USER}".encode()).decode()]
        return found + (sorted(self.space.tokens | self.space.refreshes) if self.space else [])


JOBS = ["zip", "folder", "s3", "image", "large", "track", "fetch", "find", "find-stac"]
