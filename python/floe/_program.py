"""The program floe as a child process: found, run, listened to, interrupted."""
from __future__ import annotations

import functools
import json
import logging
import os
import pathlib
import re
import shutil
import signal
import subprocess
import threading
import warnings

from ._errors import FloeWarning, Problem, ProgramNotFound, RequestError, RunError

log = logging.getLogger("floe")
_warned = {}
"""What was warned of, as Python's filters want to know."""
_places = set()
"""The same, kept where other packages change the filters and with that make Python forget."""
PATIENCE = 10.0
"""Seconds that floe has to clean up after an interrupt before the next, stronger signal."""


def program():
    """The path of the program floe: `$FLOE`, the installation or checkout that holds this package, else `PATH`."""
    named = os.environ.get("FLOE")
    if named:
        found = shutil.which(os.path.expanduser(named))
        if found is None:
            raise ProgramNotFound(f"the environment variable FLOE names '{named}', which is no program")
        return found
    for folder in pathlib.Path(__file__).resolve().parents:
        for place in ("bin/floe", ".build/release/floe"):
            if os.access(folder / place, os.X_OK) and (folder / place).is_file():
                return str(folder / place)
    found = shutil.which("floe")
    if found is None:
        raise ProgramNotFound("the program floe was not found: put it on PATH, or set the environment variable FLOE to its path")
    return found


def example(name):
    """The path of one of floe's example pipelines, such as "ice-lead.yaml"."""
    executable = pathlib.Path(program()).resolve()
    shares = [os.environ["FLOE_SHARE"]] if os.environ.get("FLOE_SHARE") else []
    shares += [executable.parents[1] / "share" / "floe", *executable.parents]
    for share in shares:
        path = pathlib.Path(share) / "examples" / name
        if path.exists():
            return path
    raise FileNotFoundError(f"there is no example '{name}' beside {executable}; the environment variable FLOE_SHARE can name the folder")


def plugin_words(plugin_path):
    if plugin_path is None:
        return []
    folders = [plugin_path] if isinstance(plugin_path, (str, os.PathLike)) else plugin_path
    return [word for folder in folders for word in ("--plugin-path", os.fspath(folder))]


def ask(*words):
    """Runs a command that answers at once and returns what it prints.

    Raises `RequestError` or `RunError` with floe's own sentences.
    """
    done = subprocess.run([program(), *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")
    if done.returncode != 0:
        _fail(done.returncode, done.stderr.splitlines(), [])
    for line in done.stderr.splitlines():
        if line.startswith("warning: "):
            warnings.warn(line[len("warning: "):], FloeWarning, stacklevel=3)
        elif line.strip():
            log.info("%s", line)
    return done.stdout


def check(words):
    """What `floe check` finds, as a dict. Raises `RequestError` with every mistake."""
    done = subprocess.run(
        [program(), "check", *words, "--json"], stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")
    try:
        found = json.loads(done.stdout)
    except ValueError:
        _fail(done.returncode, done.stderr.splitlines(), [])
    if done.returncode != 0:
        raise RequestError([Problem(p["message"], p.get("file") or None, p.get("line") or None) for p in found["problems"]])
    return found


def steps(plugin_path=None):
    """The declarations of all steps, as `floe steps --json` prints them: a list of dicts."""
    return json.loads(_steps(program(), tuple(plugin_words(plugin_path)), os.environ.get("FLOE_PLUGIN_PATH")))


@functools.lru_cache(maxsize=8)
def _steps(_program, words, _environment):
    return ask("steps", "--json", *words)


def execute(words, *, progress=None, relocate=lambda text: text, place=(None, None)):
    """Runs a pipeline and returns what the program prints.

    `progress`: True shows bars (tqdm), False none, None shows them where tqdm is installed. Warnings of the steps become
    `FloeWarning` at `place` (file, line), other messages go to the logger "floe"; `relocate` mends places in their text. An
    interrupt ends the program, which leaves nothing behind.
    """
    # A group of its own: a signal reaches floe and all that it started, and a Ctrl-C of the terminal reaches it once.
    process = subprocess.Popen(
        [program(), *words, "--progress", "json"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, errors="replace", start_new_session=True)
    printed = []
    reader = threading.Thread(target=lambda: printed.append(process.stdout.read()), daemon=True)
    reader.start()
    said, told, warned = [], [], []
    bars = _Bars(progress)
    try:
        for line in process.stderr:
            _hear(line.rstrip("\n"), bars, said, told, warned, relocate, place)
        status = process.wait()
    except BaseException:
        _end(process)
        raise
    finally:
        bars.close()
        process.stderr.close()
    reader.join()
    process.stdout.close()
    if status == 130:
        raise KeyboardInterrupt
    if status != 0:
        _fail(status, said, told)
    return printed[0]


def _end(process):
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            pass
        try:
            process.wait(PATIENCE)
            return
        except subprocess.TimeoutExpired:
            log.warning("floe does not stop by itself")


def _hear(line, bars, said, told, warned, relocate, place):
    try:
        event = json.loads(line)
        kind = event["event"]
    except (ValueError, TypeError, KeyError):
        # Not an event: floe's last words, or what a library prints.
        said.append(line)
        if line.startswith("warning: "):
            _warn(line[len("warning: "):], place[0] or "floe", place[1] or 1)
        return
    step = event.get("step", "")
    if kind == "progress":
        bars.show(step, event.get("done", 0), event.get("total", 0), event.get("unit", ""))
    elif kind == "ended":
        bars.close()
    elif kind == "message":
        told_by, level = event.get("message", ""), event.get("level")
        sentence = relocate(told_by if step == "check" else f"{step}: {told_by}")
        if level == "error":
            told.append(sentence)
        elif level == "warning":
            # What the check said already, with its place, is not said again by the run.
            if not any(earlier.endswith(sentence) for earlier in warned):
                warned.append(sentence)
                # At the step, where that is known: what is read twice warns once, unless the filters say otherwise.
                own = re.match(r"(.+?):(\d+): ", sentence) if sentence != told_by else None
                file, at = (own[1], int(own[2])) if own and "\n" not in own[1] else (place[0] or "floe", place[1] or 1)
                _warn(sentence, file, at)
        else:
            log.log(logging.DEBUG if level == "debug" else logging.INFO, "%s", sentence)


def _warn(sentence, file, at):
    """Warns at a place, once of the same there unless the filters say otherwise."""
    if (sentence, file, at) not in _places or _is_wanted_always(sentence):
        _places.add((sentence, file, at))
        warnings.warn_explicit(sentence, FloeWarning, file, at, registry=_warned)


def _is_wanted_always(sentence):
    """Whether the filters ask for a warning each time, or for an error: the first that fits decides, as in `warnings`."""
    for action, message, category, module, line in warnings.filters:
        fits = message is None or hasattr(message, "match") and message.match(sentence)
        if fits and issubclass(FloeWarning, category) and module is None and line == 0:
            return action in ("always", "all", "error")
    return False


def _fail(status, said, told):
    """Raises what floe said on its way out. Each of its sentences begins with `error: `; lines without belong to the one before."""
    sentences = []
    for line in said:
        if line.startswith("error: "):
            sentences.append(line[len("error: "):])
        elif sentences and line.strip():
            sentences[-1] += "\n" + line
    if status == 2:
        raise RequestError([_problem(s) for s in sentences] or [Problem("\n".join(said) or "the request was wrong")])
    if status < 0:
        raise RunError(f"floe was ended by signal {-status} ({signal.Signals(-status).name})")
    raise RunError("\n".join(sentences or told or said) or f"floe ended with status {status}")


def _problem(sentence):
    found = re.match(r"(?P<file>[^\n]+?):(?P<line>\d+): (?P<message>.*)", sentence, re.S)
    return Problem(found["message"], found["file"], int(found["line"])) if found else Problem(sentence)


class _Bars:
    """One bar, which shows what is being counted now. Unasked, it is drawn for what takes longer than a second."""

    def __init__(self, wanted):
        self.make, self.bar, self.now, self.delay = None, None, None, 0 if wanted else 1
        if wanted is False:
            return
        try:
            from tqdm.auto import tqdm
            self.make = tqdm
        except ImportError:
            if wanted:
                raise ImportError("progress bars need the package tqdm") from None

    def show(self, step, done, total, unit):
        if self.make is None or not total:
            return
        if self.now != (step, unit, total):
            self.close()
            self.now = (step, unit, total)
            self.bar = self.make(total=total, desc=step, unit=f" {unit}", leave=False, delay=self.delay)
        self.bar.update(done - self.bar.n)

    def close(self):
        if self.bar is not None:
            self.bar.close()
        self.bar, self.now = None, None
