"""Signals that end a program, held back while files are between old and new."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

SIGNALS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGINT", "SIGHUP") if hasattr(signal, name))


class Interrupted(KeyboardInterrupt):
    """A signal to end came while there was still time to stop; it is delivered when the block has cleaned up."""


class Held:
    """The signal that came in the meantime, if any."""

    def __init__(self) -> None:
        self.number = 0

    def check(self) -> None:
        """Raise Interrupted if a signal came."""
        if self.number:
            raise Interrupted

    def take(self, number: int, _frame: FrameType | None) -> None:
        """Keep a signal for later."""
        self.number = number


@contextmanager
def held_signals() -> Iterator[Held]:
    """Hold back signals that end the program; the one that came is delivered when the block is left."""
    held = Held()
    before = {}
    try:
        for number in SIGNALS:
            before[number] = signal.getsignal(number)
            if before[number] in (signal.SIG_IGN, None):
                del before[number]  # nohup, say: it is to go on
            else:
                signal.signal(number, held.take)
    except ValueError:  # not the main thread: signals are not ours to handle
        before.clear()
    try:
        yield held
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if held.number:
            os.kill(os.getpid(), held.number)
