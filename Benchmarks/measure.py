"""How the benchmarks time a command."""
import os
import subprocess
import tempfile
import time


def timed(command, environment=None):
    """Wall and CPU seconds and the peak of resident memory in bytes, of a command and its children; and what it printed."""
    with tempfile.TemporaryFile("w+") as errors:
        began = time.monotonic()
        process = subprocess.Popen(
            [str(c) for c in command], stdout=subprocess.PIPE, stderr=errors, text=True, env=os.environ | (environment or {}))
        said = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - began
        if status:
            errors.seek(0)
            raise RuntimeError(f"{' '.join(map(str, command))}\n{errors.read()[-2000:]}")
    return {"wall": wall, "cpu": usage.ru_utime + usage.ru_stime, "memory": usage.ru_maxrss * 1024}, said
