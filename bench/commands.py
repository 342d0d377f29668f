"""render and diff over files on disk, beside the function over the same items as one ResourceList.

    python bench/commands.py              10,000 items in 500 files
    python bench/commands.py 1000 50      other sizes

Each figure is the median of five processes that take turns, from start to end.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from packages import package

RUNS = 5
COMMAND = str(Path(sys.executable).with_name("krm-fn"))
ENVIRONMENT = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}


def write_files(text: str, number: int, directory: Path) -> None:
    """Put the items of a ResourceList into files, and its functionConfig beside them."""
    head, _, items = text.partition("items:\n")
    config = head.partition("functionConfig:\n")[2]
    (directory / "krm-fn.yaml").write_text(textwrap.dedent(config))
    documents = [textwrap.dedent(f"  {item}") for item in f"\n{items}".split("\n- ")[1:]]
    for file in range(number):
        own = documents[file * len(documents) // number : (file + 1) * len(documents) // number]
        (directory / f"{file:05}.yaml").write_text("\n---\n".join(document.rstrip("\n") for document in own) + "\n")


def seconds(arguments: list[str], expected: int, stdin: bytes = b"") -> float:
    """A whole process; its exit code must be the expected one."""
    start = time.perf_counter()
    done = subprocess.run([COMMAND, *arguments], input=stdin, capture_output=True, check=False, env=ENVIRONMENT)
    taken = time.perf_counter() - start
    if done.returncode != expected:
        raise SystemExit(done.stderr.decode())
    return taken


def main() -> None:
    """Print the figures."""
    items, number = (int(argument) for argument in sys.argv[1:3]) if len(sys.argv) > 2 else (10_000, 500)
    text = package(items)
    taken: dict[str, list[float]] = {"function": [], "render": [], "diff": [], "render --in-place": []}
    with tempfile.TemporaryDirectory() as name:
        files = Path(name) / "files"
        files.mkdir()
        write_files(text, number, files)
        for _ in range(RUNS):
            taken["function"].append(seconds([], 0, text.encode()))
            taken["render"].append(seconds(["render", str(files)], 0))
            taken["diff"].append(seconds(["diff", str(files)], 1))
            copy = Path(shutil.copytree(files, Path(name) / "copy"))
            taken["render --in-place"].append(seconds(["render", "--in-place", str(copy)], 0))
            shutil.rmtree(copy)
    print(f"{items} items in {number} files, {len(text) / 1e6:.2f} MB")
    for what, times in taken.items():
        print(f"{what:<18} {statistics.median(times):>7.3f} s")


if __name__ == "__main__":
    main()
