"""Aliases and merge keys of one node: what they stand for, and the changes that write them out.

A walk over the node's events beside its data. The surgeon needs it when a change meets shared data: a node whose anchor
is used again, a key that only a merge provides, or an alias whose anchor is outside the text at hand.
"""

from __future__ import annotations

from krm_fn.yamltext.changes import EditMapping, EditSequence, Remove, Replace
from krm_fn.yamltext.libyaml import (
    AliasEvent,
    DocumentEndEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    events_of,
)
from krm_fn.yamltext.scalars import known_scalars, tagged_value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class _Frame:
    """A collection being walked: its data (None below a merge key), the key or index that comes next."""

    __slots__ = ("awaits_key", "data", "edits", "explicit", "is_mapping", "merged", "place")

    def __init__(self, data: Any, is_mapping: bool) -> None:
        self.data = data
        self.is_mapping = is_mapping
        self.awaits_key = is_mapping
        self.place: Any = -1
        self.edits: dict[Any, Replace] = {}
        self.explicit: set[Any] = set()
        self.merged: list[str] | None = None

    def child(self) -> Any:
        """The data at the current place."""
        if self.is_mapping and type(self.data) is dict:
            return self.data.get(self.place)
        if not self.is_mapping and type(self.data) is list and self.place < len(self.data):
            return self.data[self.place]
        return None

    def change(self) -> Replace | None:
        """The change that writes out what this collection shares."""
        if self.merged is not None and type(self.data) is dict:
            if not self.explicit:
                return Replace(self.data)
            return EditMapping(self.data, {**self.edits, "<<": Remove(None)}, self.merged_keys())
        if not self.edits:
            return None
        if self.is_mapping:
            return EditMapping(self.data, self.edits, {})
        return EditSequence(self.data, self.edits, set(), {})

    def merged_keys(self) -> dict[Any, Any]:
        return {key: value for key, value in self.data.items() if key not in self.explicit}


class Shared:
    """What a node shares.

    `written_out` is the change after which it shares nothing (None if it does not); `outside` maps the anchors that it
    uses without having them to their data, as far as the node shows it.
    """

    def __init__(self, source: str, data: Any, typing: str) -> None:
        self.written_out: Replace | None = None
        self.outside: dict[str, Any] = {}
        self._anchors: set[str] = set()
        self._typing = typing
        self._walk(source, data)

    def _walk(self, source: str, data: Any) -> None:
        next_event = events_of(source)
        root = _Frame([data], False)
        frames = [root]
        next_event()
        next_event()
        while True:
            event = next_event()
            kind = type(event)
            frame = frames[-1]
            if kind is DocumentEndEvent:
                break
            if kind is MappingEndEvent or kind is SequenceEndEvent:
                frames.pop()
                self._close(frame, frames[-1])
                continue
            if frame.awaits_key:
                frame.place = self._key(event)
                frame.awaits_key = False
                if frame.place == "<<" and kind is ScalarEvent and event.implicit[0]:
                    frame.merged = []
                else:
                    frame.explicit.add(frame.place)
                continue
            frame.awaits_key = frame.is_mapping
            if not frame.is_mapping:
                frame.place += 1
            if kind is not AliasEvent and event.anchor is not None:
                self._anchors.add(event.anchor)
            if kind is MappingStartEvent or kind is SequenceStartEvent:
                frames.append(_Frame(frame.child(), kind is MappingStartEvent))
            elif kind is AliasEvent:
                self._alias(event.anchor, frames)
        self.written_out = root.edits.get(0)

    def _alias(self, anchor: str, frames: list[_Frame]) -> None:
        frame = frames[-1]
        merging = next((f for f in frames[-2:] if f.merged is not None and f.place == "<<"), None)
        if merging is not None and merging.merged is not None:
            merging.merged.append(anchor)
            return
        frame.edits[frame.place] = Replace(frame.child())
        if anchor not in self._anchors:
            self.outside[anchor] = frame.child()

    def _close(self, frame: _Frame, parent: _Frame) -> None:
        change = frame.change()
        if change is not None and not (parent.merged is not None and parent.place == "<<"):
            parent.edits[parent.place] = change
        for anchor in frame.merged or ():
            if anchor not in self._anchors and type(frame.data) is dict:
                self.outside.setdefault(anchor, frame.merged_keys())

    def _key(self, event: Any) -> Any:
        if type(event) is not ScalarEvent:
            return event
        if event.anchor is not None:
            self._anchors.add(event.anchor)
        if event.implicit[0]:
            return known_scalars(self._typing)[event.value]
        return event.value if event.tag is None else tagged_value(event.tag, event.value, self._typing)
