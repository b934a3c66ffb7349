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
    assert {"GDAL", "JPEG 2000", "GeoPackage", "PROJ", "netCDF", "FFTW", "plugins", "share", "scratch", "memory"} <= {f["subject"] for f in found}
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
