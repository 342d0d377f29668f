"""What reading a YAML text gives: documents as plain data, and where their parts stand in the text.

Positions are character indices. The end of a node is the end of its last token: comments and blank lines after it stay
outside. Only a block scalar (``|``, ``>``) ends after a line break, because there the break is part of the value: with
``|-`` it ends before the break of its last line, with ``|`` after it, with ``|+`` after its blank lines. So
``text[start:end]`` read alone gives the same data.
"""

from __future__ import annotations

from krm_fn.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Entry(Record):
    """One item of the list asked for: its span, the column its first line starts at, whether it is in flow style."""

    start: int
    end: int
    column: int
    flow: bool


class Field(Record):
    """One key of a root mapping, and the span of its value (empty, after the colon, where none is written)."""

    key_start: int
    value_start: int
    value_end: int
    flow: bool


class Duplicate(Record):
    """A key that its mapping already has; the later one counts in the data. `line` is from 1, `index` a character."""

    key: Any
    line: int
    index: int


class Document(Record):
    """One YAML document as plain data, and where its root node stands in the text.

    `entries` are filled when the root is a mapping whose `entries_of` is a list; `entries_column` is the column of that
    list's dashes (-1 for a list in flow style). An empty document has data None and an empty span after its marker.
    """

    data: Any
    start: int
    end: int
    flow: bool
    fields: dict[str, Field]
    entries: list[Entry]
    entries_flow: bool
    entries_column: int
    has_anchors: bool
    duplicates: list[Duplicate]
