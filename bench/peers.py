"""Other ways to do the work, beside ours, on the same package: time and memory of whole processes.

    python bench/peers.py            10,000 items
    python bench/peers.py 1000       another size

- a native function: ``bench/native``, a minimal Go program on kustomize's own library, which sets one annotation on
  every Service. It is built when ``go`` is there and its modules can be had; otherwise a line says why it is left out.
- a round trip through ruamel.yaml, the usual way in Python to keep comments, that sets the same annotation.
- krm-fn, with all its rules.

Processes take turns; figures are medians of five (of one for ruamel.yaml, which takes minutes).
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from packages import package
from scale import COMMAND, run

NATIVE = Path(__file__).resolve().parent / "native"
RUNS = 5
ROUND_TRIP = """
import sys
from ruamel.yaml import YAML

yaml = YAML()
yaml.preserve_quotes = True
yaml.width = 10_000
data = yaml.load(sys.stdin.buffer)
for item in data["items"]:
    if item["apiVersion"] == "v1" and item["kind"] == "Service":
        item["metadata"].setdefault("annotations", {})["ingress.kubernetes.io/service-upstream"] = "true"
yaml.dump(data, sys.stdout.buffer)
"""


def native(directory: str) -> list[str] | None:
    """The command of the Go program, built into a directory; None, with a line that says why, where it cannot be."""
    go = shutil.which("go") or shutil.which("go", path="/usr/local/go/bin")
    if go is None:
        print("native function: left out, there is no go")
        return None
    program = str(Path(directory) / "native")
    done = subprocess.run([go, "build", "-o", program, "."], cwd=NATIVE, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"native function: left out, it cannot be built: {done.stderr.strip().splitlines()[-1]}")
        return None
    return [program]


def main() -> None:
    """Print the figures."""
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    text = package(size).encode()
    print(f"{size} items, {len(text) / 1e6:.2f} MB, {os.cpu_count()} processors")
    with tempfile.TemporaryDirectory() as directory:
        commands = {"krm-fn": COMMAND}
        go_program = native(directory)
        if go_program is not None:
            commands["native function (Go, kyaml)"] = go_program
        figures: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
        for _ in range(RUNS):
            for name, command in commands.items():
                figures[name].append(run(text, command))
    print(f"{'program':<30} {'s':>8} {'peak MB':>8}")
    for name, found in figures.items():
        show(name, found)
    show("round trip (ruamel.yaml)", [run(text, [sys.executable, "-c", ROUND_TRIP])])


def show(name: str, found: list[tuple[float, float]]) -> None:
    """Print one line: the median of the seconds, and the most memory."""
    seconds, memory = statistics.median(s for s, _ in found), max(m for _, m in found)
    print(f"{name:<30} {seconds:>8.2f} {memory:>8.0f}", flush=True)


if __name__ == "__main__":
    main()
