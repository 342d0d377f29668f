"""A cheap guess at the commonest edits: further entries in block mappings that stand in plain lines.

Nearly every change of this program adds labels, annotations or a sidecar. To find the places for them one need not
parse: keys stand in their column, and what is indented deeper belongs to them. Where a text only looks like that
(inside a block scalar, say) the guess is wrong, which is harmless: `patch` reads every result again and goes the long
way when it is not the data that was meant.
"""

from __future__ import annotations

from krm_fn.yamltext.changes import EditMapping
from krm_fn.yamltext.write import block_entry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from krm_fn.yamltext.changes import Replace

    Entries = list[tuple[Any, Any, int, list[str]]]
    """Added entries of one mapping: key, value, column and lines of each."""


class Guess:
    """The text with the added entries, and what these are, in the order in which they stand."""

    __slots__ = ("entries", "text")

    def __init__(self, text: str, entries: Entries) -> None:
        self.text = text
        self.entries = entries

    @property
    def has_long_entries(self) -> bool:
        """Whether an entry takes more than one line."""
        return any(len(lines) > 1 for _, _, _, lines in self.entries)


def with_added_entries(text: str, column: int, change: Replace, newline: str) -> Guess | None:
    """The text with added entries, if the change is no more than that and all the places are plain."""
    if newline == "\r":
        return None
    source = " " * column + text
    additions = _Additions(source, newline)
    if not additions.find(0, column, column - 2, change):
        return None
    pieces = []
    entries: Entries = []
    done = len(source) - len(text)
    for place, added in sorted(additions.found, key=lambda addition: addition[0]):
        pieces.append(source[done:place])
        pieces += [newline + line for entry in added for line in entry[3]]
        entries += added
        done = place
    return Guess("".join([*pieces, source[done:]]), entries)


class _Additions:
    """What is added to one text, and where; of two at one place the deeper one comes first."""

    def __init__(self, source: str, newline: str) -> None:
        self.source = source
        self.newline = newline
        self.found: list[tuple[int, Entries]] = []

    def find(self, start: int, column: int, above: int, change: Replace) -> bool:
        """Find the places in a mapping from `start` on, whose parent's column is `above`; False if one is not plain."""
        if type(change) is not EditMapping or column <= above:
            return False
        for key, edit in change.edits.items():
            inside = self._below(key, start, column)
            if inside < 0 or not self.find(inside, _column_of(self.source, inside), column, edit):
                return False
        if change.added:
            self.found.append((_end_of_last_line(self.source, start, above), self._entries(change.added, column)))
        return True

    def _below(self, key: Any, start: int, column: int) -> int:
        """Where the line ends that is a key of the mapping and nothing else; -1 where there is none."""
        head = f"{' ' * column}{key}:{self.newline}"
        if start == 0 and self.source.startswith(head):
            return len(head)
        place = self.source.find(f"\n{head}", max(start - 1, 0))
        return -1 if place < 0 else place + 1 + len(head)

    def _entries(self, added: dict[Any, Any], column: int) -> Entries:
        step, offset = 2, 0
        if any(type(value) is not str or "\n" in value for value in added.values()):
            from krm_fn.yamltext.layout import seen_layout  # most of what is added is a line

            step, offset = seen_layout(self.source)
        return [(key, value, column, block_entry(key, value, column, offset, step)) for key, value in added.items()]


def _column_of(source: str, start: int) -> int:
    """The column of the first line that says something, -1 where none does."""
    while start < len(source):
        end = source.find("\n", start)
        line = source[start : end if end >= 0 else None].rstrip()
        body = line.lstrip(" ")
        if body and body[0] != "#":
            return len(line) - len(body)
        if end < 0:
            break
        start = end + 1
    return -1


def _end_of_last_line(source: str, start: int, above: int) -> int:
    """Where the last line of a block ends that says something: the lines from `start` that stand right of `above`."""
    last = start
    while start < len(source):
        end = source.find("\n", start)
        if end < 0:
            end = len(source)
        line = source[start:end].rstrip()
        body = line.lstrip(" ")
        if body and body[0] != "#":
            if len(line) - len(body) <= above:
                break
            last = end - 1 if source[end - 1] == "\r" else end
        start = end + 1
    return last
