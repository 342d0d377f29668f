"""Splices in flow style: between brackets and commas, on one line or on several."""

from __future__ import annotations

from krm_fn.yamltext.changes import Unspliceable
from krm_fn.yamltext.incisions import (
    IN_MAPPING,
    Entry,
    Incisions,
    Slot,
    quote_of,
    scalar_like,
    single_quoted,
)
from krm_fn.yamltext.libyaml import AliasEvent
from krm_fn.yamltext.spans import line_end, line_start, next_token
from krm_fn.yamltext.write import flow

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class FlowIncisions(Incisions):
    """What can be done to flow collections, and to values in them."""

    def replace_in_flow(self, event: Any, end: int, value: Any, slot: Slot) -> None:
        start: int = event.start_mark.index
        anchor = f"&{event.anchor} " if type(event) is not AliasEvent and event.anchor is not None else ""
        json = slot.quote == '"'
        json = json and quote_of(event) != "'"
        text = anchor + (flow(value, json=True) if json else _scalar_or_flow(value, event))
        if end > start:
            self.splices.append((start, end, text))
        elif slot.kind == IN_MAPPING:
            place: int = slot.key_event.end_mark.index
            colon = next_token(self.source, place)
            if self.source[colon : colon + 1] == ":":
                self.splices.append((colon + 1, colon + 1, " " + text))
            else:
                self.splices.append((place, place, ": " + text))
        else:
            raise Unspliceable("an item of a flow list is empty")

    def in_flow(self, value: Any, quote: str) -> str:
        """`value` between brackets, strings quoted as their neighbours are."""
        if type(value) is str and quote == "'" and value.isprintable():
            return single_quoted(value)
        return flow(value, json=quote == '"')

    def cut_in_flow(self, entries: list[Entry], removed: set[int]) -> None:
        """Remove entries between brackets, each with the comma before it; leading ones with the comma after."""
        if not removed:
            return
        lead = next(i for i in range(len(entries)) if i not in removed)
        if lead:
            self.splices.append((entries[0].start, entries[lead].start, ""))
        for index in sorted(removed):
            if index > lead:
                self.splices.append((entries[index - 1].end, entries[index].end, ""))

    def insert_in_flow(self, entries: list[Entry], index: int, texts: list[str], close: int) -> None:
        """Insert entries after the one at `index` (-1: at the front), each on its own line if others are."""
        if not texts:
            return
        source, newline = self.source, self.newline
        model = entries[max(index, 0)]
        start = line_start(source, model.start)
        lead = source[start : model.start]
        own_line = start > self.origin and not lead.strip(" \t")
        separator = "," + newline + lead if own_line else ", "
        if index < 0:
            self.splices.append((model.start, model.start, separator.join(texts) + separator))
            return
        comma = next_token(source, model.end)
        if index < len(entries) - 1 or not own_line or line_end(source, model.end) >= close:
            if comma < close and index == len(entries) - 1:  # a comma before the bracket stays the last one
                text = separator[1:] + separator.join(texts) + ","
                self.splices.append((comma + 1, comma + 1, text))
            else:
                self.splices.append((model.end, model.end, separator + separator.join(texts)))
            return
        trailing = comma < close
        if not trailing:
            self.splices.append((model.end, model.end, ","))
        place = line_end(source, comma if trailing else model.end)
        text = newline + lead + separator.join(texts) + ("," if trailing else "")
        self.splices.append((place, place, text))


def _scalar_or_flow(value: Any, event: Any) -> str:
    if type(value) is dict or type(value) is list:
        return flow(value)
    return scalar_like(value, event, True)
