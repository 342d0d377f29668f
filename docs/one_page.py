"""What the programs that write one page each have in common: write it, or compare with ``--check``."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path


def write_or_compare(page: Path, text: Callable[[], str], source: str, usage: str | None) -> int:
    """Write the page, or say whether it is what `source` says; for the arguments of the program that calls this."""
    arguments = sys.argv[1:]
    if arguments not in ([], ["--check"]):
        sys.stderr.write(f"{usage}\n")
        return 2
    wanted = text()
    if not arguments:
        page.write_text(wanted, encoding="utf-8", newline="\n")
        return 0
    if page.exists() and page.read_text(encoding="utf-8") == wanted:
        return 0
    sys.stderr.write(f"{page.name} is not what {source}: run python docs/{Path(sys.argv[0]).name}\n")
    return 1
