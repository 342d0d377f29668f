"""Print the rows of the bounds in docs/reliability.md: `KRM_FN_HOSTILE=full python -m tests.hostile.figures`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from .inputs import FILES, FUNCTION
from .test_bounds import answer_to, outcome


def main() -> None:
    for hostile in (*FUNCTION, *FILES):
        with tempfile.TemporaryDirectory() as folder:
            raw, answer = answer_to(hostile, Path(folder))
        size = f"{hostile.full:,}" if hostile.full > 1 else ""
        figures = f"{len(raw) / 1e6:.1f} MB | {answer.seconds:.1f} s, {answer.megabytes} MB"
        sys.stdout.write(f"| {hostile.name} | {size} | {outcome(raw, answer, hostile)} | {figures} |\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
