"""The Debian package: unpacked in another folder it runs there, without the libraries, tables and toolchain of the system."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
from conftest import ROOT, read, write_tif

SYSTEM = re.compile(r"ld-linux|lib(c|m|mvec|pthread|dl|rt|resolv|util|stdc\+\+|gcc_s)\.so\.")


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    for program in ("patchelf", "dpkg-deb"):
        if not shutil.which(program):
            pytest.skip(f"{program} is not installed")
    folder = tmp_path_factory.mktemp("package")
    subprocess.run([ROOT / "tools/package.sh", "deb"], check=True, capture_output=True, env={**os.environ, "FLOE_PACK_LEVEL": "0", "FLOE_DIST": str(folder)})
    [deb] = folder.glob("*.deb")
    subprocess.run(["dpkg-deb", "-x", deb, folder / "elsewhere"], check=True)
    yield deb, folder / "elsewhere"
    # A quarter of a gigabyte each.
    shutil.rmtree(folder)


def hidden(*command, cwd, **more):
    """With toolchain and the system's GDAL and PROJ tables out of sight where the machine lets us hide them."""
    toolchain = pathlib.Path(shutil.which("swift")).resolve().parents[2]
    places = [str(p) for p in (toolchain, "/usr/share/gdal", "/usr/share/proj") if str(p) not in ("/", "/usr") and pathlib.Path(p).is_dir()]
    mounts = " && ".join(f"mount -t tmpfs none {p}" for p in places)
    words = ["unshare", "-m", "sh", "-c", f'{mounts} && exec "$@"', "sh"]
    if os.geteuid() != 0 or subprocess.run([*words, "true"], capture_output=True).returncode != 0:
        words = []
    return subprocess.run([*words, *map(str, command)], capture_output=True, text=True, cwd=cwd, env={"PATH": "/usr/bin:/bin", **more})


def test_it_asks_the_system_for_the_c_and_cpp_runtimes_alone(package):
    deb, root = package
    fields = subprocess.run(["dpkg-deb", "-f", deb], capture_output=True, text=True, check=True).stdout
    depends = re.search(r"^Depends: (.*)$", fields, re.M)[1]
    assert {d.split()[0] for d in depends.split(", ")} == {"libc6", "libstdc++6", "libgcc-s1"}
    objects = [root / "usr/bin/floe", *(root / "usr/lib/floe").rglob("*.so*")]
    assert len(objects) > 60
    for file in objects:
        for line in subprocess.run(["ldd", file], capture_output=True, text=True).stdout.splitlines():
            if "=>" in line and not SYSTEM.search(line):
                assert str(root) in line.split("=>")[1], (file, line)
    # Every library's terms come along.
    licences = {p.name for p in (root / "usr/share/floe/licences").iterdir()}
    assert {"gdal-data", "proj-data", "libjs-leaflet"} <= licences and any(p.startswith("libgdal") for p in licences) and any(p.startswith("libfftw3") for p in licences)


def test_it_runs_there(package, tmp_path):
    _, root = package
    program = root / "usr/bin/floe"
    well = hidden(program, "doctor", cwd=tmp_path)
    assert well.returncode == 0 and "floe is well" in well.stdout, well.stdout + well.stderr
    image = write_tif(tmp_path / "i.tif", np.random.default_rng(1).integers(1, 9000, (2, 40, 50), dtype=np.uint16), epsg=32601)
    done = hidden(program, "step", "cluster.kmeans", "--samples", image, "--labels", "l.tif", "-o", tmp_path / "out", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert set(np.unique(read(tmp_path / "out/l.tif"))) == {0, 1} and (tmp_path / "out/l.qml").exists()
    # Another reference system: PROJ's table is the package's own.
    done = hidden(program, "step", "raster.warp", "--image", image, "--crs", "EPSG:3413", "--result", "w.tif", "-o", tmp_path / "warped", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    from osgeo import gdal
    assert 'ID["EPSG",3413]' in gdal.Info(str(tmp_path / "warped/w.tif"))
    found = json.loads(hidden(program, "plugins", "--json", cwd=tmp_path).stdout)
    assert found and all(m["path"].startswith(str(root)) and not m.get("refusal") for m in found)


def test_its_reports_have_the_interactive_map(package, tmp_path):
    """On a machine without Leaflet, that is with no folder of data to find it in."""
    _, root = package
    write_tif(tmp_path / "i.tif", np.arange(2500, dtype="uint16").reshape(1, 50, 50), epsg=32601)
    (tmp_path / "p.yaml").write_text("""floe: 1
steps:
  image: { use: raster.read, with: { files: [i.tif] } }
  report: { use: report.html }
outputs: { image.tif: image.image, report.html: report.page }
""")
    program, bare = root / "usr/bin/floe", {"XDG_DATA_DIRS": str(tmp_path / "none")}
    done = hidden(program, "run", "p.yaml", "-o", "out", cwd=tmp_path, **bare)
    assert done.returncode == 0 and "Leaflet" not in done.stderr, done.stderr
    page = (tmp_path / "out/report.html").read_text()
    assert page.count("<script") == 3 and "Vladimir Agafonkin" in page and 'class="moving"' in page
    found = {f["subject"]: f for f in json.loads(hidden(program, "doctor", "--json", cwd=tmp_path, **bare).stdout)}["Leaflet"]
    assert found["state"] == "fine" and str(root / "usr/lib/floe/share/leaflet") in found["text"]


def test_qgis_python_and_shells_find_their_parts(package, tmp_path):
    _, root = package
    for place in ("usr/share/qgis/python/plugins/floe_provider/metadata.txt", "usr/share/man/man1/floe.1.gz", "usr/share/floe/docs/python.md",
                  "usr/share/bash-completion/completions/floe", "usr/share/zsh/site-functions/_floe", "usr/share/fish/vendor_completions.d/floe.fish",
                  "usr/share/doc/floe/copyright"):
        assert (root / place).exists(), place
    done = hidden(sys.executable, "-c", "import floe; print(floe.program(), len(floe.steps()), floe.example('ice-lead.yaml'))", cwd=tmp_path,
                  PYTHONPATH=str(root / "usr/lib/python3/dist-packages"))
    assert done.returncode == 0, done.stderr
    program, count, example = done.stdout.split()
    assert program == str(root / "usr/bin/floe") and int(count) > 30 and example == str(root / "usr/share/floe/examples/ice-lead.yaml")


def test_no_path_of_the_building_machine_remains(package):
    _, root = package
    for file in root.rglob("*"):
        if file.is_file():
            assert str(ROOT).encode() + b"/" not in file.read_bytes(), file
