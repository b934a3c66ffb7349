"""What a run shows while it runs and at its end: on a real terminal, in a pipe, for programs, and with --quiet."""
import json
import os
import re
import shlex
import subprocess
import time
import uuid

import pytest
from conftest import FLOE, ROOT, floe


def words(demo, out, *more):
    return [str(FLOE), "run", str(ROOT / "examples/ice-lead.yaml"), "--set", f"scene={demo['scene']}", "-o", str(out), *more]


class Terminal:
    """A terminal of tmux in which one command runs."""

    def __init__(self, command, width, log):
        self.name = f"floe-{uuid.uuid4().hex[:8]}"
        self.log = log
        shell = f"sleep 0.5; {shlex.join(command)}; s=$?; echo; echo \"status=$s\"; sleep 60"
        subprocess.run(["tmux", "-L", self.name, "-f", "/dev/null", "new-session", "-d", "-x", str(width), "-y", "60", shell], check=True,
                       env={**os.environ, "LC_ALL": "C.UTF-8", "TERM": "xterm"})
        subprocess.run(["tmux", "-L", self.name, "pipe-pane", f"cat > {shlex.quote(str(log))}"], check=True)

    def screen(self):
        done = subprocess.run(["tmux", "-L", self.name, "capture-pane", "-p", "-J", "-S", "-500"], capture_output=True, text=True, check=True)
        return done.stdout

    def wait(self, text, seconds=120):
        until = time.monotonic() + seconds
        while text not in (screen := self.screen()):
            assert time.monotonic() < until, screen
            time.sleep(0.1)
        return screen

    def close(self):
        subprocess.run(["tmux", "-L", self.name, "kill-server"], capture_output=True)


@pytest.mark.parametrize("width", [100, 50])
def test_a_terminal_shows_a_bar_with_rate_and_time_left(demo, tmp_path, width):
    log = tmp_path / "typescript"
    terminal = Terminal(words(demo, tmp_path / "out"), width, log)
    try:
        screen = terminal.wait("status=0")
    finally:
        terminal.close()
    raw = log.read_bytes().decode()
    bars = [b for b in re.split(r"[\r\n]", raw) if "█" in b or "·" in b]
    assert bars
    for b in bars:
        shown = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", b)
        assert len(shown) < width
    if width == 100:
        assert any(re.search(r"stack \[.*\] +\d+ %  \d+ \S+/s  .* left", b) for b in bars), bars[:3]
    # Bars are drawn over: none stays on the screen, and each step leaves one line.
    assert "█" not in screen
    assert re.search(r"^stack: done in [\d.]+ s$", screen, re.M)
    assert f"report: {tmp_path}/out/report.html" in screen.replace("\n", "")


def test_a_pipe_gets_steady_lines(demo, tmp_path):
    done = subprocess.run(words(demo, tmp_path / "out"), capture_output=True, text=True, check=True)
    assert "\r" not in done.stderr and "\x1b" not in done.stderr and "█" not in done.stderr
    ended = re.findall(r"^(\S+): done in", done.stderr, re.M)
    assert ended == ["stack", "groups", "stack.tif", "ice-lead.tif", "probability.tif", "model.json", "report", "report.html"]
    for line in done.stderr.splitlines():
        assert re.match(r"(warning|notice|info): |\S+: ", line), line


def test_programs_get_one_object_a_line(demo, tmp_path):
    done = subprocess.run(words(demo, tmp_path / "out", "--progress", "json"), capture_output=True, text=True, check=True)
    events = [json.loads(line) for line in done.stderr.splitlines()]
    assert {"began", "progress", "ended"} <= {e["event"] for e in events}
    running, counted = None, {}
    for e in events:
        if e["event"] == "began":
            running = e["step"]
        elif e["event"] == "ended":
            assert e["step"] == running and e["seconds"] >= 0
        elif e["event"] == "progress":
            assert e["step"] == running and 0 <= e["done"] <= e["total"] and e["unit"]
            counted.setdefault((e["step"], e["unit"], e["total"]), []).append(e["done"])
    assert any(step == "report" and unit == "figures" for step, unit, _ in counted)
    assert any(step == "stack" and max(done) == total for (step, _, total), done in counted.items())


def test_the_run_ends_with_a_summary(demo, tmp_path):
    out = floe(*words(demo, tmp_path / "out")[1:]).out
    record = json.loads((tmp_path / "out/run.json").read_text())
    for a in record["results"]["groups"]["class_areas"]:
        assert re.search(rf"{a['label']} +{a['area_km2']:.2f} km² +{a['share'] * 100:.2f} %", out), out
    for d in record["left_out"][:2]:
        assert str(d["count"]) in out and d["reason"] in out
    assert f"written to {tmp_path}/out:" in out and "ice-lead.tif" in out
    # Many figures are one entry; the page has a line of its own.
    assert re.search(r"figures/\s\(\d+\sfiles\)", out) and ".gp" not in out
    assert f"report: {tmp_path}/out/report.html" in out


def test_a_score_and_classes_of_records_are_in_the_summary(demo, tmp_path):
    out = floe("run", ROOT / "examples/altimetry.yaml", "--set", f"track={demo['track']}", "-o", tmp_path).out
    assert re.search(r"score: accuracy 0\.\d+, lead F1 0\.\d+", out)
    assert re.search(r"lead +\d+ records +\d+\.\d\d %", out)


def test_quiet_leaves_only_errors(demo, tmp_path):
    done = subprocess.run(words(demo, tmp_path / "out", "--quiet"), capture_output=True, text=True, check=True)
    assert done.stdout == "" and done.stderr == ""
    wrong = floe("run", ROOT / "examples/ice-lead.yaml", "--set", "scene=nowhere.SAFE", "-o", tmp_path / "no", "--quiet", expect=2)
    assert wrong.out == "" and "nowhere.SAFE" in wrong.err


@pytest.mark.parametrize("variables, has_colour", [("TERM=xterm", True), ("TERM=xterm NO_COLOR=1", False), ("TERM=xterm NO_COLOR=", True), ("TERM=dumb", False)])
def test_a_terminal_has_colours_unless_its_user_objects(tmp_path, variables, has_colour):
    """As no-color.org has it: any value but an empty one switches colours off."""
    log = tmp_path / "typescript"
    terminal = Terminal(["env", *variables.split(), str(FLOE), "run", "nowhere.yaml"], 100, log)
    try:
        terminal.wait("status=2")
    finally:
        terminal.close()
    raw = log.read_bytes().decode()
    assert ("\x1b[1;31merror:\x1b[0m" in raw) == has_colour and "error:" in raw
    assert "\x1b" not in floe("run", "nowhere.yaml", expect=2).err


def test_a_terminal_breaks_long_sentences_between_words(tmp_path):
    """Only there: a pipe and a log have one line a sentence."""
    wrong = ["run", str(ROOT / "examples/ice-lead.yaml"), "--set", "scene=nowhere.SAFE", "--set", "clusters=-3", "--set", "bandz=B02"]
    sentences = [line for line in floe(*wrong, "-o", tmp_path / "o", expect=2).err.splitlines() if line]
    assert max(map(len, sentences)) > 60
    log = tmp_path / "typescript"
    terminal = Terminal([str(FLOE), *wrong, "-o", str(tmp_path / "o"), "--log", str(tmp_path / "log")], 60, log)
    try:
        terminal.wait("status=2")
    finally:
        terminal.close()
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", log.read_bytes().decode()).replace("\r", "").split("\n\nstatus=")[0].splitlines()
    shown = shown[next(i for i, line in enumerate(shown) if line.startswith("error:")):]
    # No word is broken; what goes on stands further right.
    assert all(len(line) <= 60 or " " not in line.strip() for line in shown), shown
    assert all(line.startswith(("error:", "  ")) for line in shown) and any(line.startswith("  ") for line in shown)
    assert re.sub(r"\n +", " ", "\n".join(shown)).splitlines() == sentences
    logged = [line.split(" ", 1)[1] for line in (tmp_path / "log").read_text().splitlines()]
    assert [line for line in logged if line.startswith("error:")] == sentences
