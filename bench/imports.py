"""What imports cost over an empty program: the reason for docs/decisions/0001-records.md."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

PROGRAMS = (
    "pass",
    "import re",
    "import typing",
    "import dataclasses",
    "import yaml",
    "import click",
    "import jsonschema",
    "import ruamel.yaml",
)


def milliseconds(program: str, runs: int = 15) -> float:
    """The median time of a process that runs the program."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", program], check=True)
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1000


if __name__ == "__main__":
    for program in PROGRAMS:
        print(f"{program:24} {milliseconds(program):6.1f} ms")
