"""The text of a package on its way in and out: what a ResourceList and plain documents have in common.

A `Source` knows its entries (plain data) and their spans in the text. ``rebuild`` gives the whole text back with some
entries replaced, taken out or added; every other character leaves as it came.
"""

from __future__ import annotations

from krm_fn.yamltext.spans import BREAKS, after_break, line_end

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any, Protocol

    from krm_fn.yamltext.document import Duplicate

    class Source(Protocol):
        """A package read from text."""

        @property
        def text(self) -> str:
            """All of it, as it came."""

        @property
        def entries(self) -> list[Any]:
            """The plain data of each entry, in order."""

        def newline_at(self, entry: int) -> str:
            """The line end that the text of an entry uses."""

        @property
        def typing(self) -> str:
            """How plain scalars are typed (``krm_fn.yamltext.scalars``)."""

        @property
        def shares_anchors(self) -> bool:
            """Whether anchors may let a change of one entry reach another."""

        @property
        def duplicates(self) -> list[tuple[int, Duplicate]]:
            """Duplicate keys, each with the position of the entry it stands in."""

        def slice(self, entry: int) -> tuple[str, int]:
            """The text of an entry, and the column at which its first line starts."""

        def rebuild(self, changed: Mapping[int, str], removed: Iterable[int], added: Sequence[dict[str, Any]]) -> str:
            """The text with changed entries replaced, removed ones taken out and added ones after the last."""

        def reread(self, text: str) -> list[Any]:
            """The entries of a text that `rebuild` gave; raises InputError."""


class InputError(Exception):
    """The input cannot be read at all: not YAML, or not what was announced.

    `message` says what and why; `line` and `column` (from 1, 0 if unknown) where; `context` shows the place.
    """

    def __init__(self, message: str, line: int = 0, column: int = 0, context: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column
        self.context = context

    def __str__(self) -> str:
        place = f"line {self.line}{f', column {self.column}' if self.column else ''}: " if self.line else ""
        return f"{place}{self.message}" + (f"\n{self.context}" if self.context else "")


class Splice:
    """Replacements of spans of a text, carried out at once; spans must not overlap."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._cuts: list[tuple[int, int, int, str, str]] = []

    def replace(self, start: int, end: int, new: str) -> None:
        """Put `new` in the place of text[start:end]; of several at one empty span, in the order of the calls."""
        self._cuts.append((start, end, len(self._cuts), new, ""))

    def insert_lines(self, index: int, lines: Iterable[str], newline: str) -> None:
        """Put whole lines before the character at `index`, on lines of their own whatever ends up before them."""
        self._cuts.append((index, index, len(self._cuts), "".join(line + newline for line in lines), newline))

    def result(self) -> str:
        """The text with all replacements."""
        pieces = []
        position = 0
        last = ""
        for start, end, _, new, opening in sorted(self._cuts):
            if start > position:
                pieces.append(self.text[position:start])
                last = self.text[start - 1]
            if opening and new and last and last not in BREAKS:
                pieces = [closed("".join(pieces)), opening]
            pieces.append(new)
            last = new[-1] if new else last
            position = max(position, end)
        pieces.append(self.text[position:])
        return "".join(pieces)


def newline_of(text: str) -> str:
    """The line end of the first line."""
    end = text.find("\n")
    if end < 0:
        return "\r" if "\r" in text else "\n"
    return "\r\n" if end and text[end - 1] == "\r" else "\n"


def next_line(text: str, index: int) -> int:
    """The index after the line break that ends the line of a node that ends at `index`, or the end of the text.

    A block scalar's span takes its last line break in, so the line may be over already.
    """
    if index and text[index - 1] in BREAKS and not text.startswith("\r\n", index - 1):
        return index
    return after_break(text, line_end(text, index))


def closed(text: str) -> str:
    """The text, with the same data, so that a line break after it adds nothing to its last value.

    A block scalar (``|``, ``>``) that stops with the text has no break at its end; a ``-`` in its header keeps it so.
    """
    from krm_fn.yamltext.libyaml import ScalarEvent, StreamEndEvent, events_of

    next_event = events_of(text)
    last = None
    while type(event := next_event()) is not StreamEndEvent:
        if type(event) is ScalarEvent:
            last = event
    if last is None or last.style not in ("|", ">") or last.end_mark.index < len(text):
        return text
    start = text.index(last.style, last.start_mark.index) + 1
    indicators = text[start : start + 2]
    if "-" in indicators:
        return text
    return f"{text[:start]}-{indicators.replace('+', '')}{text[start + 2 :]}"
