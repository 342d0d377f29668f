"""Standard output of the commands: the answer as a whole, or word that it was lost; colours where they are wanted."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    F = TypeVar("F", bound=Callable[..., Any])

CLOSED = "standard output was closed before everything was written"
WHEN = ("auto", "always", "never")


class LostOutputError(Exception):
    """The answer could not be written; the message says why."""


def write_out(answer: bytes) -> None:
    """Write the whole answer and make sure that it went out; raises LostOutputError."""
    if sys.stdout is None:
        raise LostOutputError(CLOSED)
    try:
        sys.stdout.buffer.write(answer)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise LostOutputError(CLOSED) from None
    except OSError as error:
        raise LostOutputError(f"standard output: {error.strerror or error}") from None


def discard_output() -> None:
    """Send the rest of standard output nowhere: Python would try it once more when it ends, and complain."""
    with suppress(OSError, AttributeError, ValueError):  # none, closed, or not a file at all
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def color_option(command: F) -> F:
    """--color: when standard output is coloured."""
    return click.option(
        "--color",
        type=click.Choice(WHEN),
        default=WHEN[0],
        show_default=True,
        help="Colours: auto means on a terminal, unless NO_COLOR is set.",
    )(command)


def is_colored(when: str) -> bool:
    """Whether standard output is to be coloured, `when` being one of WHEN."""
    if when != "auto":
        return when == "always"
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return not plain and sys.stdout is not None and sys.stdout.isatty()
