"""`floe doctor` says what is wrong and how to mend it."""
import json
import os
import shutil
import subprocess

from conftest import FLOE, floe


def test_a_sound_installation(tmp_path):
    result = floe("doctor", "--scratch", tmp_path)
    assert "floe is well" in result.out
    found = json.loads(floe("doctor", "--json").out)
    assert {"GDAL", "JPEG 2000", "GeoPackage", "PROJ", "netCDF", "FFTW", "plugins", "share", "cache", "scratch", "memory", "terminal", "floe"} <= {f["subject"] for f in found}
    assert all(f["state"] in ("fine", "remark", "wrong") for f in found)


def test_proj_without_its_database(tmp_path):
    env = {**os.environ, "PROJ_LIB": str(tmp_path), "PROJ_DATA": str(tmp_path)}
    result = floe("doctor", env=env, expect=1)
    assert "WRONG  PROJ" in result.out and "PROJ_DATA" in result.out and "wrong" in result.out.splitlines()[-1]


def test_an_executable_alone(tmp_path):
    """Without plugins and share folder beside it."""
    for name in ("floe", "libFloeKit.so"):
        shutil.copy(FLOE.parent / name, tmp_path)
    env = {k: v for k, v in os.environ.items() if not k.startswith("FLOE_")} | {"XDG_DATA_HOME": "/nonexistent"}
    done = subprocess.run([tmp_path / "floe", "doctor", "--json"], capture_output=True, text=True, env=env)
    wrong = {f["subject"]: f for f in json.loads(done.stdout) if f["state"] == "wrong"}
    assert done.returncode == 1 and set(wrong) == {"plugins", "share"}, wrong
    assert "FLOE_PLUGIN_PATH" in wrong["plugins"]["remedy"] and "FLOE_SHARE" in wrong["share"]["remedy"]


def test_a_refused_plugin_is_a_remark(tmp_path):
    (tmp_path / "libBrokenFloePlugin.so").write_text("no library")
    result = floe("doctor", "--plugin-path", tmp_path)
    assert "is refused: it is not a shared library" in result.out


def test_scratch_in_memory_or_nowhere():
    if os.path.ismount("/dev/shm"):
        assert "lies in memory" in floe("doctor", "--scratch", "/dev/shm").out
    assert "WRONG  scratch" in floe("doctor", "--scratch", "/no/such/folder", expect=1).out


def faults(done):
    """What is wrong or worth a remark; each says how to mend it."""
    found = [f for f in json.loads(done.stdout) if f["state"] != "fine"]
    assert all(len(f.get("remedy") or "") > 10 and f["text"] for f in found), found
    return {f["subject"]: f for f in found}


def doctor(*arguments, env, **more):
    return subprocess.run([FLOE, "doctor", "--json", *arguments], capture_output=True, text=True, env=env, **more)


def test_without_the_library_of_the_map(tmp_path):
    told = faults(doctor("--scratch", tmp_path, env={**os.environ, "XDG_DATA_DIRS": str(tmp_path)}))["Leaflet"]
    assert told["state"] == "remark" and "libjs-leaflet" in told["remedy"]
    folder = tmp_path / "javascript/leaflet"
    folder.mkdir(parents=True)
    for name in ("leaflet.js", "leaflet.css"):
        (folder / name).write_text("")
    done = doctor("--scratch", tmp_path, env={**os.environ, "XDG_DATA_DIRS": str(tmp_path)})
    found = {f["subject"]: f for f in json.loads(done.stdout)}["Leaflet"]
    assert found["state"] == "fine" and str(folder) in found["text"]


def test_gdal_without_jpeg_2000(tmp_path):
    done = doctor("--scratch", tmp_path, env={**os.environ, "GDAL_SKIP": "JP2OpenJPEG"})
    wrong = faults(done)["JPEG 2000"]
    assert done.returncode == 1 and wrong["state"] == "wrong" and "no driver JP2OpenJPEG" in wrong["text"] and "OpenJPEG" in wrong["remedy"]


def test_gdal_without_geopackage(tmp_path):
    done = doctor("--scratch", tmp_path, env={**os.environ, "GDAL_SKIP": "GPKG"})
    assert done.returncode == 1 and "SQLite" in faults(done)["GeoPackage"]["remedy"]


def test_everything_at_once(tmp_path):
    (tmp_path / "libBrokenFloePlugin.so").write_text("no library")
    env = {**os.environ, "GDAL_SKIP": "JP2OpenJPEG GPKG", "PROJ_LIB": str(tmp_path), "PROJ_DATA": str(tmp_path), "XDG_CACHE_HOME": "/proc/nowhere"}
    done = doctor("--scratch", "/no/such/folder", "--plugin-path", tmp_path, env=env)
    found = faults(done)
    assert done.returncode == 1 and {"JPEG 2000", "GeoPackage", "PROJ", "plugins", "cache", "scratch"} <= set(found), found
    assert "--scratch" in found["scratch"]["remedy"] and "XDG_CACHE_HOME" in found["cache"]["remedy"] and "PROJ_DATA" in found["PROJ"]["remedy"]


def test_scratch_that_cannot_be_written(tmp_path):
    if os.geteuid() != 0:
        tmp_path.chmod(0o500)
        done = doctor("--scratch", tmp_path, env=os.environ)
    else:
        # Root may write everywhere, so somebody else looks; the folder is root's.
        done = doctor("--scratch", "/", env={**os.environ, "HOME": "/", "XDG_CACHE_HOME": "/"}, user=65534, group=65534, extra_groups=[], cwd="/")
    wrong = faults(done)["scratch"]
    assert done.returncode == 1 and wrong["state"] == "wrong" and "no folder that can be written" in wrong["text"]
