"""A line on stderr that says what takes so long: only on a terminal, and only after a second."""

from __future__ import annotations

import sys
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from krm_fn.report import PROGRAM, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE = 1.0  # seconds
CLEAR = "\r\x1b[K"  # the line is gone, the cursor at its start


@contextmanager
def progress(doing: str) -> Iterator[None]:
    """Show what is being done, and for how long, while the block runs; the line goes when it ends."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield
        return
    done = threading.Event()
    shower = threading.Thread(target=_show, args=(doing, done), daemon=True)
    shower.start()
    try:
        yield
    finally:
        done.set()
        shower.join()


def _show(doing: str, done: threading.Event) -> None:
    start = time.monotonic()
    is_shown = False
    with suppress(OSError):  # nobody is there any more to see it
        while not done.wait(PATIENCE):
            is_shown = True
            sys.stderr.write(f"\r{PROGRAM}: {shown(doing)} ({time.monotonic() - start:.0f} s) ")
            sys.stderr.flush()
        if is_shown:
            sys.stderr.write(CLEAR)
            sys.stderr.flush()
