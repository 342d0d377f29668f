"""Large packages: time and memory of a whole run, beside the leanest possible pass over the same text.

    python bench/scale.py                 1,000 to 100,000 items
    python bench/scale.py 10000           that size only
    python bench/scale.py 10000 100000    these sizes

Each figure is the median of five processes that take turns. The lean pass (``bench/lean.py``) composes the text to
plain dicts from libyaml's events, in a process of its own whose start is not counted; the run is counted from start to
end.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from packages import package

HERE = Path(__file__).resolve().parent
RUNS = 5
SIZES = (1_000, 5_000, 10_000, 20_000, 50_000, 100_000)
COMMAND = [str(Path(sys.executable).with_name("krm-fn"))]
ENVIRONMENT = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
LEAN = f"""
import gc, sys, time
sys.path.insert(0, {str(HERE)!r})
from lean import lean
text = sys.stdin.read()
gc.disable()
start = time.perf_counter()
lean(text)
print(time.perf_counter() - start)
"""


def lean_seconds(text: bytes) -> float:
    """The lean pass, timed inside its process."""
    done = subprocess.run([sys.executable, "-c", LEAN], input=text, capture_output=True, check=True, env=ENVIRONMENT)
    return float(done.stdout)


def run(text: bytes, command: list[str] = COMMAND) -> tuple[float, float]:
    """A process, the function's by default, from its start to its end: seconds, and the most memory it had, in MB."""
    with tempfile.TemporaryFile() as given:
        given.write(text)
        given.seek(0)
        start = time.perf_counter()
        process = subprocess.Popen(
            command,
            stdin=given,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=ENVIRONMENT,
        )
        _, status, usage = os.wait4(process.pid, 0)
        if os.waitstatus_to_exitcode(status):
            raise SystemExit("the run failed")
        return time.perf_counter() - start, usage.ru_maxrss / 1024


def changed_items(text: bytes) -> str:
    """What the function says of its work."""
    done = subprocess.run(COMMAND, input=text, capture_output=True, check=True, env=ENVIRONMENT)
    return done.stderr.decode().strip().splitlines()[-1]


def main() -> None:
    """Print the figures."""
    sizes = [int(argument) for argument in sys.argv[1:]] or list(SIZES)
    print(f"{'items':>7} {'MB':>7} {'lean s':>8} {'run s':>8} {'ratio':>6} {'ms/item':>8} {'peak MB':>8}")
    for size in sizes:
        text = package(size).encode()
        lean, runs = [], []
        for _ in range(RUNS):
            lean.append(lean_seconds(text))
            runs.append(run(text))
        base, whole = statistics.median(lean), statistics.median(seconds for seconds, _ in runs)
        peak = max(memory for _, memory in runs)
        figures = f"{base:>8.3f} {whole:>8.3f} {whole / base:>6.2f} {whole / size * 1000:>8.3f} {peak:>8.0f}"
        print(f"{size:>7} {len(text) / 1e6:>7.2f} {figures}")
    print(changed_items(package(sizes[0]).encode()))


if __name__ == "__main__":
    main()
