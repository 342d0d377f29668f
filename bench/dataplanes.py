"""What previewing every Dataplane costs: the same generated package with `dataplanes.emit` none, gateways and all.

python bench/dataplanes.py            10,000 items
python bench/dataplanes.py 1000       that many
"""

from __future__ import annotations

import statistics
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from packages import package
from scale import run

RUNS = 5
VALUES = ("none", "gateways", "all")


def main() -> None:
    """Print the medians of runs that take turns."""
    text = package(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
    texts = {
        value: text.replace("    injection:\n", f"    dataplanes: {{emit: {value}}}\n    injection:\n", 1).encode()
        for value in VALUES
    }
    runs: dict[str, list[float]] = {value: [] for value in VALUES}
    for _ in range(RUNS):
        for value in VALUES:
            runs[value].append(run(texts[value])[0])
    for value in VALUES:
        print(f"emit: {value:<9} {statistics.median(runs[value]):>6.2f} s")
    print(f"all is {statistics.median(runs['all']) / statistics.median(runs['gateways']):.2f} times gateways")


if __name__ == "__main__":
    main()
