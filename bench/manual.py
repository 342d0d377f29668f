"""What writing sidecars costs: the same generated package in mode webhook and in mode manual.

python bench/manual.py            10,000 items
python bench/manual.py 1000       that many
"""

from __future__ import annotations

import statistics
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from packages import package
from scale import run

RUNS = 5
CONTROL_PLANE = """\
    controlPlane:
      address: http://kuma-control-plane.kuma-system:5676
      config:
        runtime: {kubernetes: {injector: {sidecarContainer: {image: dp:1}, initContainer: {image: init:1}}}}
    injection:
      mode: MODE
"""


def main() -> None:
    """Print the medians of runs that take turns."""
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    text = package(size)
    modes = ("webhook", "manual")
    texts = {mode: text.replace("    injection:\n", CONTROL_PLANE.replace("MODE", mode), 1).encode() for mode in modes}
    runs: dict[str, list[float]] = {mode: [] for mode in modes}
    peak = dict.fromkeys(modes, 0.0)
    for _ in range(RUNS):
        for mode in modes:
            seconds, memory = run(texts[mode])
            runs[mode].append(seconds)
            peak[mode] = max(peak[mode], memory)
    for mode in modes:
        print(f"{mode:>8} {statistics.median(runs[mode]):>7.2f} s {peak[mode]:>6.0f} MB")
    print(f"manual is {statistics.median(runs['manual']) / statistics.median(runs['webhook']):.2f} times webhook")


if __name__ == "__main__":
    main()
