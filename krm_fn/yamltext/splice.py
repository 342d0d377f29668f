"""Splicing: a tree of changes becomes replacements of parts of the text.

The surgeon walks libyaml's events along the changed paths only, passes over everything else by counting depth, and
stops as soon as nothing is left to change. What it writes looks like its surroundings: new keys come after the last
key of their mapping, in its column; new lists and mappings are indented as others in the text; flow collections stay
flow collections, JSON stays JSON; a scalar keeps its quotes, a node its anchor. A removed entry takes its lines with
it, together with the comment at its end; comment lines above it stay, as they may speak of more than the entry.
"""

from __future__ import annotations

from krm_fn.yamltext.changes import EditMapping, EditSequence, Remove, Replace, Unspliceable
from krm_fn.yamltext.chunks import Chunk, noted
from krm_fn.yamltext.incisions import AT_ROOT, IN_LIST, IN_MAPPING, Entry, Slot, is_block, quote_of
from krm_fn.yamltext.incisions_block import BlockIncisions
from krm_fn.yamltext.incisions_flow import FlowIncisions
from krm_fn.yamltext.libyaml import (
    AliasEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    events_of,
)
from krm_fn.yamltext.node_ends import node_end
from krm_fn.yamltext.scalars import known_scalars, tagged_value
from krm_fn.yamltext.spans import BREAKS, next_token
from krm_fn.yamltext.write import block_entry, block_item, flow_key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_STOPPED = -1


class Surgeon(BlockIncisions, FlowIncisions):
    """One operation on one text: walks to where it changes, and makes the incisions there."""

    def __init__(self, source: str, origin: int, newline: str, typing: str) -> None:
        super().__init__(source, origin, newline)
        self.typing = typing
        self.chunks: list[Chunk] = []
        self.known = known_scalars(typing)
        self.next_event = events_of(source)
        self.may_have_flow = "{" in source or "[" in source

    def operate(self, change: Replace) -> str:
        """The source with the change in it. Raises Unspliceable, and what libyaml raises."""
        next_event = self.next_event
        next_event()
        next_event()
        event = next_event()
        column = 0
        if self.origin and self.source[self.origin - 1] == " " and "-" in self.source[: self.origin]:
            event = next_event()
            column = self.origin - 2
        slot = Slot(AT_ROOT, column, False, "")
        self.node(event, change, slot, False)
        return self.spliced()

    def node(self, event: Any, change: Replace, slot: Slot, end_needed: bool) -> int:
        """Splice the change of the node that starts with `event`; gives its end, or _STOPPED when nobody needs it."""
        kind = type(event)
        if kind is MappingStartEvent and type(change) is EditMapping:
            if not event.flow_style:
                return self.mapping(event, change, end_needed)
            if self.source[event.end_mark.index - 1] == "{":
                return self.mapping(event, change, end_needed)
        elif kind is SequenceStartEvent and type(change) is EditSequence:
            return self.sequence(event, change, end_needed)
        end = self.skip(event, slot.key_event)
        self.replace(event, end, change.value, slot)
        return end

    def skip(self, event: Any, key_event: Any) -> int:
        """Pass over a node; gives its end."""
        kind = type(event)
        if kind is not MappingStartEvent and kind is not SequenceStartEvent:
            return self.end(event, key_event)
        next_event = self.next_event
        may_have_flow = self.may_have_flow
        depth = 1
        before = last = event
        while depth:
            event = next_event()
            kind = type(event)
            if kind is ScalarEvent or kind is AliasEvent:
                before, last = last, event
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                depth += 1
            else:
                depth -= 1
                if may_have_flow and event.end_mark.index > event.start_mark.index:
                    last = event
        return self.end(last, before)

    def end(self, event: Any, key_event: Any) -> int:
        end = node_end(self.source, event, key_event)
        if end == len(self.source) and type(event) is ScalarEvent and event.style in ("|", ">"):
            self.open_scalar = None if self.source[-1] in BREAKS else event
        return end

    def key(self, event: Any) -> Any:
        """The key as the reader types it; an object equal to no key for an alias."""
        if type(event) is not ScalarEvent:
            if type(event) is AliasEvent:
                return event
            raise Unspliceable("a key is not a single value")
        if event.implicit[0]:
            return self.known[event.value]
        return event.value if event.tag is None else tagged_value(event.tag, event.value, self.typing)

    def mapping(self, start: Any, change: EditMapping, end_needed: bool) -> int:
        next_event = self.next_event
        edits = change.edits
        left = len(edits)
        end_needed = end_needed or bool(change.added) or any(type(edit) is Remove for edit in edits.values())
        column: int = start.end_mark.column
        entries: list[Entry] = []
        while True:
            key_event = next_event()
            if type(key_event) is MappingEndEvent:
                break
            key = self.key(key_event)
            event = next_event()
            edit = edits.get(key)
            if edit is None:
                end = self.skip(event, key_event)
            else:
                left -= 1
                if type(edit) is Remove:
                    end = self.skip(event, key_event)
                elif any(entry.key == key for entry in entries):
                    raise Unspliceable(f"the key {key!r} stands twice in one mapping")
                else:
                    quote = key_event.style if start.flow_style else ""
                    slot = Slot(IN_MAPPING, column, bool(start.flow_style), quote, key_event)
                    end = self.node(event, edit, slot, end_needed or left > 0)
            if not left and not end_needed:
                return _STOPPED
            entries.append(Entry(key, key_event, event, key_event.start_mark.index, end))
        if left > 0:
            change = _with_merged_keys(change, entries)
        removed = {i for i, entry in enumerate(entries) if type(change.edits.get(entry.key)) is Remove}
        if len(removed) == len(entries):
            raise Unspliceable("no key of a mapping stays")
        if start.flow_style:
            quote = entries[-1].key_event.style
            texts = [
                flow_key(key, quote == '"') + self.in_flow(value, _value_quote(entries, quote))
                for key, value in change.added.items()
            ]
            self.cut_in_flow(entries, removed)
            self.insert_in_flow(entries, len(entries) - 1, texts, key_event.start_mark.index)
            return int(key_event.end_mark.index)
        if removed:
            self.cut_lines(_starts(self.source, start.end_mark.index, entries), entries, removed)
        if change.added:
            step, offset = self.layout()
            lines = []
            for key, value in change.added.items():
                lines += self.noted(block_entry(key, value, column, offset, step), key, value, column)
            self.insert_after(_last_kept(entries, removed).end, lines)
        return entries[-1].end

    def sequence(self, start: Any, change: EditSequence, end_needed: bool) -> int:
        next_event = self.next_event
        in_flow = bool(start.flow_style)
        left = len(change.edits)
        end_needed = end_needed or bool(change.removed) or bool(change.inserted)
        first = start.end_mark.index
        column = start.end_mark.column
        if not in_flow and self.source[max(first - 1, 0) : first] == "-":
            # libyaml ends the start of a list in its key's column after the first dash
            first -= 1
            column -= 1
        entries: list[Entry] = []
        dash = first
        while True:
            event = next_event()
            if type(event) is SequenceEndEvent:
                break
            index = len(entries)
            edit = change.edits.get(index)
            if edit is None:
                end = self.skip(event, None)
            else:
                left -= 1
                slot = Slot(IN_LIST, column, in_flow, quote_of(event) if in_flow else "", dash=dash)
                end = self.node(event, edit, slot, True if not in_flow else end_needed or left > 0)
            if not left and not end_needed:
                return _STOPPED
            entries.append(Entry(index, None, event, event.start_mark.index if in_flow else dash, end))
            if not in_flow:
                dash = next_token(self.source, end)
        last = max(change.edits.keys() | change.removed | change.inserted.keys())
        if last >= len(entries) or len(change.removed) == len(entries):
            raise Unspliceable("the key of a list stands twice")  # and the change is that of the other list
        if in_flow:
            self.cut_in_flow(entries, change.removed)
            quote = quote_of(entries[-1].event)
            for index, items in change.inserted.items():
                texts = [self.in_flow(item, quote) for item in items]
                self.insert_in_flow(entries, index, texts, event.start_mark.index)
            return int(event.end_mark.index)
        if change.removed:
            self.cut_lines([entry.start for entry in entries], entries, change.removed)
        step, offset = self.layout() if change.inserted else (2, 0)
        for index, items in change.inserted.items():
            lines = []
            for item in items:
                lines += self.noted(block_item(item, column, offset, step), None, item, column)
            if index >= 0:
                self.insert_after(entries[index].end, lines)
            else:
                self.insert_before(first, column, lines)
        return entries[-1].end

    def noted(self, lines: list[str], key: Any, value: Any, column: int) -> list[str]:
        """The lines of a new entry; many of them are noted, see `chunks`."""
        self.chunks += noted([(key, value, column, lines)])
        return lines

    def replace(self, event: Any, end: int, value: Any, slot: Slot) -> None:
        """Write `value` in place of the node that starts with `event` and ends at `end`."""
        if slot.flow:
            self.replace_in_flow(event, end, value, slot)
        elif is_block(event):
            self.replace_block(event, end, value, slot)
        else:
            self.replace_inline(event, end, value, slot)


def _with_merged_keys(change: EditMapping, entries: list[Entry]) -> EditMapping:
    """Keys that the mapping has only by a merge: their changes become keys of its own."""
    written = {entry.key for entry in entries}
    if any(type(key) is AliasEvent for key in written):
        raise Unspliceable("a key is an alias")
    missing = {key: edit for key, edit in change.edits.items() if key not in written}
    if any(type(edit) is Remove for edit in missing.values()):
        raise Unspliceable("a merged key cannot be removed")
    added = {key: edit.value for key, edit in missing.items()}
    return EditMapping(change.value, change.edits, added | change.added)


def _starts(source: str, first: int, entries: list[Entry]) -> list[int]:
    """Where the entries of a block mapping start: at the key, or at the question mark before it."""
    starts = [first]
    for entry in entries[:-1]:
        starts.append(next_token(source, entry.end))
    return starts


def _last_kept(entries: list[Entry], removed: set[int]) -> Entry:
    return next(entry for i, entry in reversed(list(enumerate(entries))) if i not in removed)


def _value_quote(entries: list[Entry], key_quote: str) -> str:
    return '"' if key_quote == '"' else quote_of(entries[-1].event)
