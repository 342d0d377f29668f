"""Splices, and what the surgeon knows of the places where it makes them."""

from __future__ import annotations

from krm_fn.yamltext.changes import Unspliceable
from krm_fn.yamltext.layout import seen_layout
from krm_fn.yamltext.libyaml import MappingStartEvent, ScalarEvent, SequenceStartEvent
from krm_fn.yamltext.scalars import double_quoted
from krm_fn.yamltext.write import scalar_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

AT_ROOT, IN_LIST, IN_MAPPING = range(3)


class Entry:
    """A walked entry of a mapping or list: where it starts and ends, and the event of its value."""

    __slots__ = ("end", "event", "key", "key_event", "start")

    def __init__(self, key: Any, key_event: Any, event: Any, start: int, end: int) -> None:
        self.key = key
        self.key_event = key_event
        self.event = event
        self.start = start
        self.end = end


class Slot:
    """The place of a node: below which kind of parent, in which column, after which key or dash."""

    __slots__ = ("column", "dash", "flow", "key_event", "kind", "quote")

    def __init__(self, kind: int, column: int, flow: bool, quote: str, key_event: Any = None, dash: int = -1) -> None:
        self.kind = kind
        self.column = column
        self.flow = flow
        self.quote = quote
        self.key_event = key_event
        self.dash = dash


class Incisions:
    """The replacements to be made in one text.

    `source` is the text with the blanks (and a dash) before its first line that put all of it in its true columns;
    nothing before `origin` changes.
    """

    def __init__(self, source: str, origin: int, newline: str) -> None:
        self.source = source
        self.origin = origin
        self.newline = newline
        self.splices: list[tuple[int, int, str]] = []
        self.open_scalar: Any = None  # a block scalar at the very end of the source, without a line break
        self._layout: tuple[int, int] | None = None

    def layout(self) -> tuple[int, int]:
        """How this text indents: the step of mappings, and the offset of dashes from their key."""
        if self._layout is None:
            self._layout = seen_layout(self.source)
        return self._layout

    def spliced(self) -> str:
        """Apply the splices; those at one place in the order in which they were found."""
        source = self.source
        pieces: list[str] = []
        done = 0
        for start, end, text in sorted(self.splices, key=lambda splice: splice[:2]):
            if start < done:
                raise Unspliceable("two changes meet in one place")
            pieces.append(source[done:start])
            pieces.append(text)
            done = end
        pieces.append(source[done:])
        return "".join(pieces)


def is_block(event: Any) -> bool:
    return (type(event) is MappingStartEvent or type(event) is SequenceStartEvent) and not event.flow_style


def is_flow(event: Any) -> bool:
    return (type(event) is MappingStartEvent or type(event) is SequenceStartEvent) and bool(event.flow_style)


def quote_of(event: Any) -> str:
    """The quote of a scalar, empty if it has none."""
    if type(event) is ScalarEvent and event.style in ('"', "'"):
        return str(event.style)
    return ""


def single_quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def scalar_like(value: Any, event: Any, in_flow: bool) -> str:
    """A scalar, or an empty collection, in the quotes of the scalar it replaces."""
    if type(value) is str:
        quote = quote_of(event)
        if quote == "'" and value.isprintable():
            return single_quoted(value)
        if quote:
            return double_quoted(value)
    return scalar_text(value, in_flow)
