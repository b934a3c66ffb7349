"""The short forms of `make fuzz`, `make crash` and `make test-remote`: a few inputs and runs of each kind."""
import os
import resource
import subprocess
import sys

from conftest import FLOE, ROOT


def machine(module, *arguments, cwd=ROOT / "Tests/python", timeout=300):
    return subprocess.run([sys.executable, "-m", module, *arguments], cwd=cwd, capture_output=True, text=True, timeout=timeout,
                          env={**os.environ, "FLOE": str(FLOE), "PYTHONDONTWRITEBYTECODE": "1"})


def test_damaged_inputs_are_read_right_or_refused_in_a_sentence():
    done = machine("fuzz", "--count", "3", "--seed", "2", "--jobs", "2")
    assert done.returncode == 0 and "faults: 0" in done.stdout, done.stdout + done.stderr


def test_killed_and_starved_runs_leave_whole_files():
    done = machine("crash", "--count", "1", "--seed", "2")
    assert done.returncode == 0 and "faults: 0" in done.stdout, done.stdout + done.stderr


def test_servers_that_fail_cost_a_sentence_or_nothing():
    done = machine("distance", "--count", "6", "--seed", "2")
    assert done.returncode == 0 and "faults: 0" in done.stdout, done.stdout + done.stderr


def test_half_an_output_of_a_run_at_a_distance_is_found_out(tmp_path):
    false = tmp_path / "floe"
    false.write_text(f"""#!/bin/sh
'{FLOE}' "$@" && exit 0
while [ $# -gt 1 ]; do [ "$1" = -o ] && mkdir -p "$2" && echo half > "$2/image.tif"; shift; done
""")
    false.chmod(0o755)
    done = subprocess.run([sys.executable, "-m", "distance", "--count", "1", "--kind", "403", "--job", "image"], cwd=ROOT / "Tests/python",
                          capture_output=True, text=True, timeout=300, env={**os.environ, "FLOE": str(false)})
    assert done.returncode == 1 and "status 0 and other bytes" in done.stdout, done.stdout + done.stderr


def test_the_judges_see_what_is_wrong(tmp_path):
    """A reader that ignores damage is found out: here one that reads a sound file whatever it is given."""
    false = tmp_path / "floe"
    false.write_text(f"""#!/bin/sh
if [ "$1" = run ] && [ -f in.tif ] && grep -q 'files: .in.tif' pipeline.yaml; then cp in.tif sound.tif
  '{ROOT}/.venv/bin/python' -c "
import numpy as np, sys
sys.path.insert(0, '{ROOT}/Tests/python')
from conftest import write_tif
write_tif('in.tif', np.full((2, 90, 130), 7, 'uint16'))"
  '{FLOE}' "$@"; s=$?; cp sound.tif in.tif; exit $s
fi
exec '{FLOE}' "$@"
""")
    false.chmod(0o755)
    done = subprocess.run([sys.executable, "-m", "fuzz", "--count", "3", "--reader", "GeoTIFF"], cwd=ROOT / "Tests/python",
                          capture_output=True, text=True, timeout=300, env={**os.environ, "FLOE": str(false)})
    assert done.returncode == 1 and "silent wrong result" in done.stdout, done.stdout + done.stderr


def test_too_small_an_address_space_is_refused_and_nothing_waits():
    """Below it the system's queues wait for ever for a thread, or libraries end the process."""
    for limit, status in ((400, 1), (900, 1), (4000, 0)):
        done = subprocess.run([FLOE, "steps"], capture_output=True, text=True, timeout=60,
                              preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit << 20, limit << 20)))
        assert done.returncode == status, done.stderr
        if status:
            assert f"the address space of this process is limited to {limit * 1024 * 1024 / 1e6:.0f} MB (ulimit -v)" in done.stderr
