"""Runs floe as a process of its own and tells QGIS what it says."""
import json
import os
import queue
import signal
import subprocess
import threading
import time

from qgis.core import QgsProcessingException

PATIENCE = 10.0
"""Seconds that floe has to clean up after SIGINT before it is killed."""


def _lines(stream, into):
    with stream:
        for line in stream:
            into.put(line.rstrip("\n"))
    into.put(None)


def _end(process, feedback):
    """SIGINT to the whole group, then, if that does not help, SIGKILL."""
    for number, wait in ((signal.SIGINT, PATIENCE), (signal.SIGKILL, PATIENCE)):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            pass
        try:
            process.wait(wait)
            break
        except subprocess.TimeoutExpired:
            feedback.pushWarning("floe does not stop by itself and is killed")


def run(words, feedback):
    """Runs floe and waits.

    :return: whether it went through; False when the user cancelled.
    :raises QgsProcessingException: with floe's sentence when it failed.
    """
    words = [*words, "--progress", "json"]
    feedback.pushCommandInfo(" ".join(words))
    try:
        # A group of its own: a signal reaches floe and all that it started, and not QGIS.
        process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace",
            start_new_session=True)
    except OSError as error:
        raise QgsProcessingException(f"floe cannot be started: {error}")
    said, printed = queue.Queue(), queue.Queue()
    threads = [threading.Thread(target=_lines, args=a, daemon=True) for a in ((process.stderr, said), (process.stdout, printed))]
    for thread in threads:
        thread.start()
    complaints = []
    try:
        while True:
            if feedback.isCanceled():
                _end(process, feedback)
                return False
            try:
                line = said.get(timeout=0.1)
            except queue.Empty:
                if process.poll() is not None and not threads[0].is_alive():
                    break
                continue
            if line is None:
                break
            _tell(line, feedback, complaints)
        while process.poll() is None:
            if feedback.isCanceled():
                _end(process, feedback)
                return False
            time.sleep(0.02)
    finally:
        if process.poll() is None:
            _end(process, feedback)
    if feedback.isCanceled():
        return False
    if process.returncode != 0:
        sentence = "\n".join(complaints) or f"floe ended with status {process.returncode}"
        raise QgsProcessingException(sentence)
    is_places = False
    for line in iter(printed.get, None):
        # Where the files are is told by QGIS.
        is_places = line.startswith("written to ") or (is_places and line.startswith(" "))
        if line.strip() and not is_places:
            feedback.pushInfo(line)
    feedback.setProgress(100)
    return True


def _tell(line, feedback, complaints):
    try:
        event = json.loads(line)
        kind = event["event"]
    except (ValueError, TypeError, KeyError):
        # Not an event: floe's last words, or what a library prints.
        if line.startswith("error: "):
            line = line[len("error: "):]
            complaints.append(line)
        elif complaints:
            complaints.append(line)
        elif line.strip():
            feedback.pushInfo(line)
        return
    step = event.get("step", "")
    if kind == "began":
        feedback.setProgress(0)
        feedback.setProgressText(f"{step}: {event.get('what', '')}")
    elif kind == "progress" and event.get("total"):
        feedback.setProgress(100.0 * event["done"] / event["total"])
    elif kind == "message":
        told = f"{step}: {event.get('message', '')}"
        if event.get("level") == "error":
            complaints.append(told)
        elif event.get("level") == "warning":
            feedback.pushWarning(told)
        else:
            feedback.pushInfo(told)
