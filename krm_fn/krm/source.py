"""The text of a package on its way in and out: what a ResourceList and plain documents have in common.

A `Source` knows its entries (plain data) and their spans in the text. ``rebuild`` gives the whole text back with some
entries replaced, taken out or added; every other character leaves as it came.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any, Protocol

    from krm_fn.yamltext.read import Duplicate

    class Source(Protocol):
        """A package read from text."""

        @property
        def text(self) -> str:
            """All of it, as it came."""

        @property
        def entries(self) -> list[Any]:
            """The plain data of each entry, in order."""

        @property
        def newline(self) -> str:
            """The line end that the text uses."""

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
        place = f"line {self.line}, column {self.column}: " if self.line else ""
        return f"{place}{self.message}" + (f"\n{self.context}" if self.context else "")


class Splice:
    """Replacements of spans of a text, carried out at once; spans must not overlap."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._cuts: list[tuple[int, int, int, str]] = []

    def replace(self, start: int, end: int, new: str) -> None:
        """Put `new` in the place of text[start:end]; of several at one empty span, in the order of the calls."""
        self._cuts.append((start, end, len(self._cuts), new))

    def result(self) -> str:
        """The text with all replacements."""
        pieces = []
        position = 0
        for start, end, _, new in sorted(self._cuts):
            pieces.append(self.text[position:start])
            pieces.append(new)
            position = max(position, end)
        pieces.append(self.text[position:])
        return "".join(pieces)


def newline_of(text: str) -> str:
    """The line end of the first line."""
    end = text.find("\n")
    return "\r\n" if end > 0 and text[end - 1] == "\r" else "\n"


def line_end(text: str, index: int) -> int:
    """The index after the line break that ends the line of a node that ends at `index`, or the end of the text.

    A block scalar's span takes its last line break in, so the line may be over already.
    """
    if index and text[index - 1] == "\n":
        return index
    end = text.find("\n", index)
    return len(text) if end < 0 else end + 1


def line_start(text: str, index: int) -> int:
    """The index of the first character of the line of `index`."""
    return text.rfind("\n", 0, index) + 1
