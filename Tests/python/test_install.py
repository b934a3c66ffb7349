"""The installed copy: an empty environment, another working folder, the toolchain hidden, no path of the building machine."""
import json
import os
import pathlib
import re
import shutil
import subprocess

import numpy as np
import pytest
from conftest import ROOT, read, write_tif


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    if not shutil.which("patchelf"):
        pytest.skip("patchelf is not installed")
    folder = tmp_path_factory.mktemp("prefix")
    subprocess.run([ROOT / "tools/install.sh", folder], check=True, capture_output=True)
    return folder


def toolchain():
    return pathlib.Path(shutil.which("swift")).resolve().parents[2]


def run(prefix, *arguments, cwd, expect=0):
    """With the toolchain out of sight where the machine lets us hide it."""
    command = [str(prefix / "bin/floe"), *map(str, arguments)]
    hide = ["unshare", "-m", "sh", "-c", f'mount -t tmpfs none {toolchain()} && exec "$@"', "sh"]
    can_hide = os.geteuid() == 0 and str(toolchain()) not in ("/", "/usr") and subprocess.run([*hide, "true"], capture_output=True).returncode == 0
    done = subprocess.run([*(hide if can_hide else []), *command], capture_output=True, text=True, cwd=cwd, env={"PATH": "/usr/bin:/bin"} if can_hide else {})
    assert done.returncode == expect, done.stdout + done.stderr
    return done


def test_it_finds_its_parts_and_runs(prefix, tmp_path):
    found = json.loads(run(prefix, "plugins", "--json", cwd=tmp_path).stdout)
    bundled = {p.name for p in (ROOT / ".build/release").glob("lib*FloePlugin.so")}
    assert {pathlib.Path(m["path"]).name for m in found if not m.get("refusal")} == bundled
    assert all(m["path"].startswith(str(prefix)) for m in found)
    image = write_tif(tmp_path / "i.tif", np.random.default_rng(1).integers(1, 9000, (3, 40, 50), dtype=np.uint16))
    run(prefix, "step", "cluster.kmeans", "--samples", image, "--labels", "l.tif", "-o", tmp_path / "out", cwd=tmp_path)
    assert set(np.unique(read(tmp_path / "out/l.tif"))) == {0, 1} and (tmp_path / "out/l.qml").exists()
    assert "floe is well" in run(prefix, "doctor", cwd=tmp_path).stdout


def test_no_path_of_the_building_machine_remains(prefix):
    files = [p for p in prefix.rglob("*") if p.is_file()]
    assert files
    for file in files:
        assert str(ROOT).encode() + b"/" not in file.read_bytes(), file
    for file in [prefix / "bin/floe", *prefix.glob("lib/floe/libFloeKit.so"), *prefix.glob("lib/floe/plugins/*.so")]:
        runpath = subprocess.run(["patchelf", "--print-rpath", file], capture_output=True, text=True).stdout.strip()
        assert runpath and all(p.startswith("$ORIGIN") for p in runpath.split(":")), (file, runpath)


def test_it_runs_from_another_place(prefix, tmp_path):
    shutil.copytree(prefix, tmp_path / "moved", symlinks=True)
    found = json.loads(run(tmp_path / "moved", "plugins", "--json", cwd=tmp_path).stdout)
    assert found and all(m["path"].startswith(str(tmp_path / "moved")) and not m.get("refusal") for m in found)
    assert "floe is well" in run(tmp_path / "moved", "doctor", cwd=tmp_path).stdout


def test_what_plugin_authors_need_is_there(prefix):
    for package in ("FloeKit", "FloeTestSupport"):
        kept = {p.relative_to(ROOT / "Sources" / package): p.read_bytes() for p in (ROOT / "Sources" / package).rglob("*") if p.is_file() and ".build" not in p.parts}
        shipped = {p.relative_to(prefix / "share/floe" / package): p.read_bytes() for p in (prefix / "share/floe" / package).rglob("*") if p.is_file()}
        assert {str(p) for p in shipped} == {str(p) for p in kept if p.parts[0] in ("Sources", "Package.swift")}
        assert all(kept[p] == shipped[p] for p in shipped)
    manifest = (prefix / "share/floe/examples/plugin-swift/Package.swift").read_text()
    for path in [line.split('"')[0] for line in manifest.split('.package(path: "')[1:]]:
        assert (prefix / "share/floe/examples/plugin-swift" / path / "Package.swift").exists(), path


def displayed(command, path=()):
    """Each command with its words, as the argument parser describes it."""
    path = (*path, command["commandName"])
    yield path, command
    for child in command.get("subcommands", []):
        if child.get("shouldDisplay", True) and child["commandName"] != "help":
            yield from displayed(child, path)


def test_the_manual_page_tells_every_command_and_option(prefix, tmp_path):
    page = prefix / "share/man/man1/floe.1"
    raw = page.read_text()
    text = raw.replace("\\-", "-").replace("\\e", "\\").replace("\\&", "")
    sections = text.split("\n.S")
    for path, command in displayed(json.loads(run(prefix, "--experimental-dump-help", cwd=tmp_path).stdout)["command"]):
        part = next((s for s in sections if s.startswith(f'S "{" ".join(path)}') and s.splitlines()[0].removeprefix(f'S "{" ".join(path)}')[0] in ' "'), None) if len(path) > 1 else text
        assert part and command["abstract"] in part, path
        for argument in command.get("arguments", []):
            if argument.get("shouldDisplay", True):
                for name in argument.get("names", []):
                    assert ("--" if name["kind"] == "long" else "-") + name["name"] in part, (path, name)
                assert argument.get("abstract", "") in part, (path, argument)
    assert "__" not in text.split("\n", 1)[1]
    for heading, words in [("EXIT STATUS", ["0", "1", "2", "3", "130"]), ("ENVIRONMENT", ["FLOE_PLUGIN_PATH", "FLOE_SHARE", "XDG_CACHE_HOME", "NO_COLOR", "FLOE_CACHE, FLOE_CACHE_LIMIT", "TMPDIR", "XDG_DATA_DIRS"]), ("FILES", ["run.json"])]:
        part = text.split(f".SH {heading}\n")[1].split("\n.SH")[0]
        for word in words:
            assert re.search(rf"^\.B {re.escape(word)}$", part, re.M), (heading, word)
    assert raw == run(prefix, "__manual", cwd=tmp_path).stdout
    if shutil.which("groff"):
        done = subprocess.run(["groff", "-man", "-ww", "-Tutf8", page], capture_output=True, text=True)
        assert done.stderr == "" and "NAME" in done.stdout


def test_completions_are_there(prefix):
    """Each is what floe says now, and where the shell is at hand it can be read."""
    for shell, file in [("bash", "bash-completion/completions/floe"), ("zsh", "zsh/site-functions/_floe"), ("fish", "fish/vendor_completions.d/floe.fish")]:
        said = subprocess.run([prefix / "bin/floe", "--generate-completion-script", shell], capture_output=True, text=True, check=True).stdout
        assert (prefix / "share" / file).read_text() == said and "doctor" in said and "plugin-path" in said
        if shutil.which(shell):
            assert subprocess.run([shell, "-n", prefix / "share" / file], capture_output=True, text=True).stderr == ""


def test_the_container_asks_for_what_the_makefile_asks_for():
    """No engine is needed: packages, commands and folders of the Containerfile are those of the Makefile and of the installer."""
    lines = (ROOT / "Containerfile").read_text().replace("\\\n", " ")
    makefile = (ROOT / "Makefile").read_text()
    def packages(name):
        return set(re.search(rf"^{name} := (.*)$", makefile, re.M)[1].split())
    installed = [set(part.split("&&")[0].split()) for part in lines.split("--no-install-recommends")[1:]]
    assert len(installed) == 2
    assert installed[0] == packages("BUILD_PACKAGES") | packages("INSTALL_PACKAGES") | {"make"}
    remedy = re.search(r"apt-get install ([\w. -]+)", (ROOT / "Sources/FloeHost/Doctor/LibraryChecks.swift").read_text())[1]
    assert set(remedy.split()) <= installed[1]
    assert re.search(r"RUN make install PREFIX=(\S+)", lines)[1] == re.search(r"COPY --from=build (\S+) ", lines)[1] == re.search(r"ENV PATH=(\S+)/bin:", lines)[1]
    assert set(re.findall(r"^[A-Z]+", lines, re.M)) == {"FROM", "RUN", "WORKDIR", "COPY", "ENV", "ENTRYPOINT"}


def test_uninstall_takes_away_what_install_put_there_and_nothing_else(prefix, tmp_path):
    copy = tmp_path / "prefix"
    shutil.copytree(prefix, copy, symlinks=True)
    for place in ("bin/other", "share/floe/examples/mine.yaml", "lib/other.so"):
        (copy / place).write_text("mine")
    listed = set((copy / "share/floe/manifest.txt").read_text().split("\n")) - {""}
    assert listed == {str(p.relative_to(prefix)) for p in prefix.rglob("*") if not p.is_dir()}
    subprocess.run([ROOT / "tools/uninstall.sh", copy], check=True, capture_output=True)
    assert {str(p.relative_to(copy)) for p in copy.rglob("*") if p.is_file()} == {"bin/other", "share/floe/examples/mine.yaml", "lib/other.so"}
    assert not (copy / "lib/floe").exists() and not (copy / "share/man").exists()
    again = subprocess.run([ROOT / "tools/uninstall.sh", copy], capture_output=True, text=True)
    assert again.returncode == 1 and "there is no floe under" in again.stderr


def test_uninstall_leaves_the_prefix_alone_whatever_the_list_says(tmp_path):
    (tmp_path / "mine").write_text("mine")
    (tmp_path / "p/share/floe").mkdir(parents=True)
    (tmp_path / "p/share/floe/manifest.txt").write_text("bin/floe\n../mine\n")
    done = subprocess.run([ROOT / "tools/uninstall.sh", tmp_path / "p"], capture_output=True, text=True)
    assert done.returncode == 1 and "no file under the prefix" in done.stderr and (tmp_path / "mine").exists()
