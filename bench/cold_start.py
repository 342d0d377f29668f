"""Cold start: the whole process on ten items, beside an empty Python program.

Prints the median and the shortest of 31 runs that take turns, and both ratios: other work on the machine lengthens
medians, and hardly ever the shortest run.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

RUNS = 31
LIST = Path(__file__).resolve().parent / "quickstart.yaml"


def seconds(command: list[str], text: bytes) -> float:
    """How long one process takes from start to end."""
    start = time.perf_counter()
    quiet = subprocess.DEVNULL
    subprocess.run(command, input=text, stdout=quiet, stderr=quiet, check=True, env=environment())
    return time.perf_counter() - start


def environment() -> dict[str, str]:
    """The caller's environment, with byte code written as an installation has it."""
    return {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}


def main() -> None:
    """Run both in turns, so that a busy machine disturbs both alike."""
    text = LIST.read_bytes()
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "krm-fn": [str(Path(sys.executable).with_name("krm-fn"))],
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    for command in commands.values():
        seconds(command, text)
    for _ in range(RUNS):
        for name, command in commands.items():
            times[name].append(seconds(command, text))
    print(f"{'':16} {'median':>9} {'shortest':>9}")
    for name, found in times.items():
        print(f"{name:16} {statistics.median(found) * 1000:6.1f} ms {min(found) * 1000:6.1f} ms")
    empty, ours = times.values()
    medians, shortest = statistics.median(ours) / statistics.median(empty), min(ours) / min(empty)
    print(f"{'ratio':16} {medians:9.2f} {shortest:9.2f}  (bound: 3)")


if __name__ == "__main__":
    main()
