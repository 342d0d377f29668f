"""Reading: libyaml's events composed to plain data, with positions only where the function needs them.

PyYAML's own loader builds a tree of nodes and types scalars with its resolver; this reader takes the event stream,
types scalars as Kubernetes does (see `scalars`) and notes where documents, their fields and the entries of one list
stand in the text, so that these can be replaced without touching the rest.

Positions are character indices. The end of a node is the end of its last token: comments and blank lines after it stay
outside. Only a block scalar (``|``, ``>``) ends after a line break, because there the break is part of the value: with
``|-`` it ends before the break of its last line, with ``|`` after it, with ``|+`` after its blank lines. So
``text[start:end]`` read alone gives the same data.

Limits, all reported as YamlError: 500 levels of nesting; one million nodes (and merged keys) added by aliases; no alias
inside its own anchor; keys must be scalars.
"""

from __future__ import annotations

import gc

from krm_fn.yamltext.document import Document, Duplicate, Entry, Field
from krm_fn.yamltext.errors import YamlError, from_characters, from_parser, line_breaks
from krm_fn.yamltext.libyaml import (
    AliasEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    YAMLError,
    events_of,
)
from krm_fn.yamltext.limits import MAX_ADDED_BY_ALIASES, MAX_DEPTH, refuse_bombs
from krm_fn.yamltext.node_ends import node_end
from krm_fn.yamltext.scalars import KYAML, known_scalars, tagged_value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

__all__ = ["Document", "Duplicate", "Entry", "Field", "YamlError", "read_documents", "read_value"]

_LONE_TAGS = ("! ", "!\t", "!\n", "!\r")


class _Merge:
    """The key under which a mapping holds the value of ``<<`` until it is complete."""


_MERGE = _Merge()


def read_documents(
    text: str, typing: str, entries_of: str | None = None, anchors: dict[str, Any] | None = None
) -> list[Document]:
    """Read every document of a YAML stream; `text` comes without byte order mark.

    `typing` names the reader to follow (scalars.KYAML or APPLY), `entries_of` the root key whose list items' positions
    are wanted, `anchors` the data of anchors outside the text. Raises YamlError.
    """
    collecting = gc.isenabled()
    gc.disable()  # only fresh, reachable containers are made here: collecting them would double the time
    try:
        return list(_Reader(text, typing, entries_of, anchors or {}).documents())
    except YAMLError as error:
        raise from_parser(error, text) from None
    except UnicodeEncodeError:
        raise from_characters(text) from None
    finally:
        if collecting:
            gc.enable()


def read_value(text: str, typing: str, anchors: dict[str, Any] | None = None) -> Any:
    """The data of the only document in `text`, or None for no document. Raises YamlError, also for a second one.

    `anchors` gives the data of anchors outside the text that aliases in it may name.
    """
    documents = read_documents(text, typing, anchors=anchors)
    if len(documents) > 1:
        raise YamlError("one document expected, found several", text, documents[1].start)
    return documents[0].data if documents else None


class _Reader:
    """The state of one pass over a text."""

    def __init__(self, text: str, typing: str, entries_of: str | None, given: dict[str, Any]) -> None:
        self.text = text
        self.typing = typing
        self.entries_of = entries_of
        self.known = known_scalars(typing)
        self.next_event: Callable[[], Any] = events_of(text)
        if typing == KYAML and "!" in text and any(mark in text for mark in _LONE_TAGS):
            self.next_event = _with_strings(self.next_event)
        self.may_have_anchors = "&" in text
        self.may_have_merges = "<<" in text
        self.may_have_flow = "{" in text or "[" in text
        self.given = given
        self.anchors: dict[str, Any] = {}
        self.first_alias = -1
        self.open: list[Any] = []
        self.merging: list[tuple[dict[Any, Any], int]] = []
        self.merged = 0
        self.repeated: list[tuple[dict[Any, Any], Any, int]] = []

    def documents(self) -> Iterator[Document]:
        self.next_event()  # stream start
        while type(marker := self.next_event()) is not StreamEndEvent:
            yield self._document(marker)
            self.next_event()  # document end

    def _document(self, marker: Any) -> Document:
        self.anchors = dict(self.given)
        self.repeated = []
        self.first_alias = -1
        event = self.next_event()
        start = event.start_mark.index
        fields: dict[str, Field] = {}
        entries: list[Entry] = []
        entries_flow, entries_column = False, -1
        if type(event) is MappingStartEvent:
            data, end, layout = self._root(event, fields, entries)
            if layout is not None:
                entries_flow = bool(layout.flow_style)
                entries_column = -1 if entries_flow else _dash_column(layout, self.text)
        else:
            data, end = self._node(event)
            if end == start:
                start = end = marker.end_mark.index
        if self.first_alias >= 0:
            refuse_bombs(data, self.text, self.first_alias)
        repeated = self._duplicates()
        return Document(
            data,
            start,
            end,
            _is_flow(event),
            fields,
            entries,
            entries_flow,
            entries_column,
            bool(self.anchors),
            repeated,
        )

    def _duplicates(self) -> list[Duplicate]:
        """One for each key and mapping, however often it stands there: the last one, which counts in the data."""
        last = {(id(mapping), key): index for mapping, key, index in self.repeated}
        duplicates = []
        line, counted = 1, 0
        for (_, key), index in sorted(last.items(), key=lambda found: found[1]):
            line += line_breaks(self.text, counted, index)
            counted = index
            duplicates.append(Duplicate(key, line, index))
        return duplicates

    def _root(self, start: Any, fields: dict[str, Field], entries: list[Entry]) -> tuple[dict[Any, Any], int, Any]:
        """The root's fields one by one, noting where each stands; also its end and the start event of the entries."""
        root: dict[Any, Any] = {}
        if start.anchor is not None:
            self.anchors[start.anchor] = root
        self.open.append(root)
        layout = None
        end = start.end_mark.index
        while type(event := self.next_event()) is not MappingEndEvent:
            key_start, key_end = event.start_mark.index, event.end_mark.index
            key = self._key(event, root)
            event = self.next_event()
            if key == self.entries_of:
                entries.clear()  # of a list under the same key before
                layout = event if type(event) is SequenceStartEvent else None
            if key == self.entries_of and layout is not None:
                root[key], end = self._entries(event, entries)
            else:
                root[key], end = self._node(event)
            value_start = event.start_mark.index
            if end == value_start and self.text[end - 1 : end] != ":":
                value_start = end = key_end
            fields["<<" if key is _MERGE else str(key)] = Field(key_start, value_start, end, _is_flow(event))
        self.open.pop()
        if self.merging:
            self._merge(root)
        return root, event.end_mark.index if start.flow_style else end, layout

    def _entries(self, start: Any, entries: list[Entry]) -> tuple[list[Any], int]:
        """The items of the list asked for, each with its span."""
        items: list[Any] = []
        if start.anchor is not None:
            self.anchors[start.anchor] = items
        self.open.append(items)
        while type(event := self.next_event()) is not SequenceEndEvent:
            item, end = self._node(event)
            mark = event.start_mark
            entries.append(Entry(mark.index, end, mark.column, _is_flow(event)))
            items.append(item)
        self.open.pop()
        return items, event.end_mark.index if start.flow_style else end

    def _node(self, event: Any) -> tuple[Any, int]:
        """Compose the node that starts with `event`, and find its end.

        The time of a run goes here, hence its length: state is kept in local variables, mappings and sequences have a
        loop each instead of a question at each scalar, and positions are asked for only at the end. `event` is the last
        token with text; `following` runs ahead of it, as the end of a block collection is marked past comments.
        """
        next_event = self.next_event
        known = self.known
        anchors = self.anchors if self.may_have_anchors else None
        may_have_flow = self.may_have_flow
        plain_keys = not (self.may_have_anchors or self.may_have_merges)
        kind = type(event)
        if kind is not MappingStartEvent and kind is not SequenceStartEvent:
            return self._leaf(event, self.open), node_end(self.text, event, None)
        stack = self.open[:]
        bottom = len(stack)
        key_event = None
        here: Any = None
        new: Any
        key: Any = None
        following: Any = event
        while True:
            if kind is MappingStartEvent or kind is SequenceStartEvent:
                new = {} if kind is MappingStartEvent else []
                if here is not None:
                    if type(here) is dict:
                        here[key] = new
                    else:
                        here.append(new)
                    stack.append(here)
                    if len(stack) > MAX_DEPTH:
                        raise YamlError(f"nested more than {MAX_DEPTH} levels deep", self.text, event.start_mark.index)
                if event.anchor is not None:
                    self.anchors[event.anchor] = new
                here = new
            else:  # the end of a collection
                if may_have_flow and following.end_mark.index > following.start_mark.index:
                    event = following
                if self.merging and self.merging[-1][0] is here:
                    self._merge(here)
                if len(stack) == bottom:
                    return here, node_end(self.text, event, key_event)
                here = stack.pop()
            if type(here) is dict:
                while True:
                    following = next_event()
                    if type(following) is not ScalarEvent:
                        kind = type(following)
                        if kind is MappingEndEvent:
                            break
                        key = self._key(following, here)
                    elif plain_keys and following.implicit[0]:
                        key = known[following.value]
                        if key in here:
                            self.repeated.append((here, key, following.start_mark.index))
                    else:
                        key = self._key(following, here)
                    key_event = following
                    event = next_event()
                    kind = type(event)
                    if kind is ScalarEvent:
                        if event.implicit[0]:
                            here[key] = known[event.value]
                        elif event.tag is None:
                            here[key] = event.value
                        else:
                            here[key] = self._tagged(event)
                        if anchors is not None and event.anchor is not None:
                            anchors[event.anchor] = here[key]
                    elif kind is AliasEvent:
                        here[key] = self._alias(event, [*stack, here])
                    else:
                        break
            else:
                append = here.append
                while True:
                    following = next_event()
                    kind = type(following)
                    if kind is SequenceEndEvent:
                        break
                    event = following
                    if kind is ScalarEvent:
                        if event.implicit[0] and anchors is None:
                            append(known[event.value])
                        else:
                            append(self._leaf(event, stack))
                    elif kind is AliasEvent:
                        append(self._alias(event, [*stack, here]))
                    else:
                        break

    def _leaf(self, event: Any, open_nodes: Sequence[Any]) -> Any:
        """The value of a scalar or an alias."""
        if type(event) is AliasEvent:
            return self._alias(event, open_nodes)
        if event.implicit[0]:
            value = self.known[event.value]
        else:
            value = event.value if event.tag is None else self._tagged(event)
        if event.anchor is not None:
            self.anchors[event.anchor] = value
        return value

    def _tagged(self, event: Any) -> Any:
        try:
            return tagged_value(event.tag, event.value, self.typing)
        except ValueError as error:
            raise YamlError(str(error), self.text, event.start_mark.index) from None

    def _key(self, event: Any, mapping: dict[Any, Any]) -> Any:
        """The key for `mapping` that a scalar or an alias to one stands for; notes repetitions and merges."""
        index = event.start_mark.index
        if type(event) is MappingStartEvent or type(event) is SequenceStartEvent:
            raise YamlError("a key must be a single value, not a mapping or a list", self.text, index)
        key = self._leaf(event, ())
        if type(event) is ScalarEvent and event.value == "<<" and event.implicit[0]:
            self.merging.append((mapping, index))
            key = _MERGE
        elif type(key) is dict or type(key) is list:
            raise YamlError("a key must be a single value, not a mapping or a list", self.text, index)
        if key in mapping:
            self.repeated.append((mapping, "<<" if key is _MERGE else key, index))
        return key

    def _alias(self, event: Any, open_nodes: Sequence[Any]) -> Any:
        """The data of the anchor; shared, not copied."""
        index = event.start_mark.index
        if event.anchor not in self.anchors:
            raise YamlError(f"the alias *{event.anchor} has no anchor &{event.anchor} before it", self.text, index)
        value = self.anchors[event.anchor]
        if any(node is value for node in open_nodes) and type(value) in (dict, list):
            raise YamlError(f"the alias *{event.anchor} stands inside its own anchor", self.text, index)
        if self.first_alias < 0:
            self.first_alias = index
        return value

    def _merge(self, mapping: dict[Any, Any]) -> None:
        """Merge what ``<<`` names into the mapping, as YAML 1.1 does: own keys win, then the first source."""
        while self.merging and self.merging[-1][0] is mapping:
            index = self.merging.pop()[1]
        value = mapping.pop(_MERGE)
        sources = [value] if type(value) is dict else value
        if type(sources) is not list or any(type(source) is not dict for source in sources):
            raise YamlError("<< needs a mapping, or a list of mappings", self.text, index)
        for source in sources:
            self.merged += len(source)
            if self.merged > MAX_ADDED_BY_ALIASES:
                raise YamlError("the merge keys (<<) of this text add too many keys", self.text, index)
            for key, merged in source.items():
                mapping.setdefault(key, merged)


def _with_strings(next_event: Callable[[], Any]) -> Callable[[], Any]:
    """Events for kyaml, to which ``! "12"`` is a string: libyaml calls it as good as plain, which `apply` follows."""

    def following() -> Any:
        event = next_event()
        if type(event) is ScalarEvent and event.style and event.tag == "!":
            event.tag, event.implicit = None, (False, True)
        return event

    return following


def _is_flow(event: Any) -> bool:
    return (type(event) is MappingStartEvent or type(event) is SequenceStartEvent) and bool(event.flow_style)


def _dash_column(start: Any, text: str) -> int:
    """The column of a block sequence's dashes: libyaml ends its start event before the first dash, or after it."""
    mark = start.end_mark
    column: int = mark.column
    return column - 1 if text[mark.index - 1 : mark.index] == "-" else column
