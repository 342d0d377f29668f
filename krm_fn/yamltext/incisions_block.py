"""Splices in block style: lines that come, lines that go, values that change.

Whatever comes is placed at the end of a line and starts with a line break, whatever goes is taken from the end of the
line above to the end of its own: so neighbouring splices never overlap, and the end of the text stays as it was.
"""

from __future__ import annotations

from krm_fn.yamltext.changes import Unspliceable
from krm_fn.yamltext.incisions import (
    AT_ROOT,
    IN_LIST,
    IN_MAPPING,
    Entry,
    Incisions,
    Slot,
    is_flow,
    quote_of,
    scalar_like,
)
from krm_fn.yamltext.libyaml import AliasEvent, ScalarEvent
from krm_fn.yamltext.spans import BREAKS, after_break, before_break, line_end, line_start, next_token
from krm_fn.yamltext.write import block, flow, literal_lines

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class BlockIncisions(Incisions):
    """What can be done to block collections, and to values in them."""

    def insert_after(self, end: int, lines: list[str]) -> None:
        """Insert lines below the line on which a block node ends, and below the comment there."""
        place = self.last_line_end(end)
        if self.open_scalar is not None and place == len(self.source):
            self.close_scalar(self.open_scalar)
        self.splices.append((place, place, self.newline.join(["", *lines])))

    def close_scalar(self, event: Any) -> None:
        """Keep the value of a block scalar at the end of the text, where a line break is about to come after it."""
        self.open_scalar = None
        start: int = event.start_mark.index
        if any(begin <= start < end for begin, end, _ in self.splices):
            return  # it goes
        header = self.source[start : line_end(self.source, start)].split(" #", 1)[0].rstrip()
        end = start + len(header)
        if header[-1] != "-":
            self.splices.append((end - 1 if header[-1] == "+" else end, end, "-"))

    def last_line_end(self, end: int) -> int:
        """The line break (or the text's end) that closes the last line of a block node ending at `end`."""
        if end and self.source[end - 1] in BREAKS:
            return before_break(self.source, end)
        return line_end(self.source, end)

    def insert_before(self, first: int, column: int, lines: list[str]) -> None:
        """Insert items before the first one, above the comments that belong to it."""
        start = line_start(self.source, first)
        if self.shares_line(first):
            self.splices.append((first, first, self.newline.join(lines)[column:] + self.newline + " " * column))
            return
        while start > self.origin:
            above = line_start(self.source, before_break(self.source, start))
            if above < self.origin or not self.source[above:start].lstrip(" ").startswith("#"):
                break
            start = above
        place = before_break(self.source, start)
        if start == 0:
            self.splices.append((0, 0, "".join(line + self.newline for line in lines)))
        else:
            self.splices.append((place, place, self.newline.join(["", *lines])))

    def shares_line(self, index: int) -> bool:
        """Whether a dash (or what the origin leaves out) stands before `index` on its line."""
        start = line_start(self.source, index)
        return start < self.origin or bool(self.source[start:index].strip(" "))

    def cut_lines(self, starts: list[int], entries: list[Entry], removed: set[int]) -> None:
        """Remove block entries with their lines: from the end of the line above to the end of their last line."""
        source = self.source
        lead = next(i for i in range(len(entries)) if i not in removed)
        first_line = line_start(source, starts[0])
        at_dash = self.shares_line(starts[0])
        if lead and (at_dash or first_line == 0):
            stop = after_break(source, self.last_line_end(entries[lead - 1].end))
            while at_dash and source[stop] in " " + BREAKS:  # "- name: x": what follows moves up to the dash
                stop += 1
            self.splices.append((starts[0] if at_dash else 0, stop, ""))
        else:
            lead = 0
        for index in sorted(removed):
            if index >= lead:
                start = before_break(source, line_start(source, starts[index]))
                self.splices.append((start, self.last_line_end(entries[index].end), ""))

    def replace_block(self, event: Any, end: int, value: Any, slot: Slot) -> None:
        """Replace a block collection: its lines go, the line of its key stays with its comment."""
        source = self.source
        first, rest = self.rendered(value, event, slot)
        anchor = f"&{event.anchor}" if event.anchor is not None else ""
        stop = self.last_line_end(end)
        start: int = event.start_mark.index
        if slot.kind != IN_MAPPING:
            self.splices.append((start, stop, self.newline.join([" ".join(filter(None, (anchor, first))), *rest])))
            return
        colon = self.colon(slot)
        content: int = event.end_mark.index
        head = _properties_end(source, start) if event.anchor is not None or event.tag is not None else colon
        self.splices.append((colon, head, "".join(" " + word for word in (anchor, first) if word)))
        above = before_break(source, line_start(source, content))
        if above < head:
            raise Unspliceable("a block collection starts on the line of its key")
        self.splices.append((above, stop, "".join(self.newline + line for line in rest)))

    def replace_inline(self, event: Any, end: int, value: Any, slot: Slot) -> None:
        """Replace a scalar, an alias, a flow collection or nothing at all, in block context."""
        source = self.source
        start: int = event.start_mark.index
        first, rest = self.rendered(value, event, slot)
        anchor = f"&{event.anchor}" if type(event) is not AliasEvent and event.anchor is not None else ""
        words = [word for word in (anchor, first) if word]
        stop = before_break(source, end) if end > start and source[end - 1] in BREAKS else end
        if slot.kind == IN_MAPPING:
            colon = self.colon(slot)
            if start == end or not first:
                text = "".join(" " + word for word in words)
                self.splices.append((colon, max(stop, colon), text))
            else:
                self.splices.append((start, stop, " ".join(words)))
        elif start == end:
            place = slot.dash + 1 if slot.kind == IN_LIST else start
            self.splices.append((place, place, "".join(" " + word for word in words)))
        else:
            self.splices.append((start, stop, " ".join(words)))
        if rest:
            place = self.last_line_end(max(end, self.colon(slot)) if slot.kind == IN_MAPPING else end)
            if slot.kind == IN_LIST and start == end:
                place = line_end(source, slot.dash)
            self.splices.append((place, place, "".join(self.newline + line for line in rest)))

    def colon(self, slot: Slot) -> int:
        """The index after the colon that follows the key."""
        index = next_token(self.source, slot.key_event.end_mark.index)
        if self.source[index : index + 1] != ":":
            raise Unspliceable("a key has no colon")
        return index + 1

    def rendered(self, value: Any, event: Any, slot: Slot) -> tuple[str, list[str]]:
        """`value` as block text: what stands after the key or dash, and the lines below."""
        if (type(value) is dict or type(value) is list) and value:
            inside = next_token(self.source, event.end_mark.index) if is_flow(event) else -1
            if inside >= 0 and self.source[inside] not in "]}":  # what was written in flow style stays so
                return flow(value, json=self.source[inside] == '"'), []
            return self.rendered_collection(value, event, slot)
        if type(value) is str and "\n" in value and slot.kind != AT_ROOT and quote_of(event) == "":
            width = self.layout()[0] if slot.kind == IN_MAPPING else 2
            lines = literal_lines(value, slot.column + width, width)
            if lines is not None:
                return lines[0], lines[1:]
        return scalar_like(value, event, False), []

    def rendered_collection(self, value: Any, event: Any, slot: Slot) -> tuple[str, list[str]]:
        step, offset = self.layout()
        if slot.kind == IN_MAPPING:
            column = slot.column + (step if type(value) is dict else offset)
            return "", block(value, column, offset, step)
        anchored = type(event) is not AliasEvent and event.anchor is not None
        nothing = event.start_mark.index == event.end_mark.index and type(event) is ScalarEvent
        column = slot.column + 2 if anchored or nothing else event.start_mark.column
        if slot.kind == AT_ROOT and (anchored or nothing):
            column = self.origin
        lines = block(value, column, offset, step)
        if anchored:
            return "", lines
        return lines[0][column:], lines[1:]


def _properties_end(source: str, index: int) -> int:
    """The end of the anchor and tag that start at `index`."""
    end = index
    while source[index : index + 1] in ("&", "!"):
        while index < len(source) and source[index] not in " \t" + BREAKS:
            index += 1
        end = index
        while source[index : index + 1] in (" ", "\t"):
            index += 1
    return end
