"""Long runs of lines that the surgeon inserts, checked once and not in every item that gets the same ones.

A patched text is read again to see whether it holds the law. Where a hundred lines of it are the same in thousands of
items, most of that time goes into reading them over and over. So a chunk of lines is read once, on its own; the patched
text is then read with one short line, a stand-in, in its place. In a block collection the two are alike: both begin in
the collection's column and are over at the end of their last line. What could reach out of a chunk, a block scalar that
takes in what follows it, is looked for by reading the chunk with a comment far to the right below it.
"""

from __future__ import annotations

from krm_fn.yamltext.changes import same
from krm_fn.yamltext.errors import YamlError
from krm_fn.yamltext.write import block_entry, block_item

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

SHORTEST = 8
"""Fewer lines are not worth the trouble."""

_PROBE = " " * 200 + "# far to the right\n"
_SOUND: dict[tuple[int, str], list[str]] = {}
"""Lines by their identity: `write.block` gives the same list where, and only where, the data are the same."""
_MOST_SOUND = 200


class Chunk:
    """The lines of one entry of a block collection, and the data that they are; `key` is None for a list item."""

    __slots__ = ("column", "key", "lines", "value")

    def __init__(self, lines: list[str], key: Any, value: Any, column: int) -> None:
        self.lines = lines
        self.key = key
        self.value = value
        self.column = column

    @property
    def data(self) -> Any:
        """What the lines read as on their own."""
        return [self.value] if self.key is None else {self.key: self.value}

    def is_sound(self, typing: str) -> bool:
        """Whether the lines read as the data, whatever comes below them."""
        if _SOUND.get((id(self.lines), typing)) is self.lines:
            return True
        from krm_fn.yamltext.read import read_value  # takes long to load, and short edits do not come this far

        text = "\n".join(self.lines) + "\n" + _PROBE
        try:
            found = read_value(text, typing)
        except YamlError:
            return False
        if not same(found, self.data):
            return False
        if len(_SOUND) < _MOST_SOUND:
            _SOUND[id(self.lines), typing] = self.lines
        return True


def noted(entries: Iterable[tuple[Any, Any, int, list[str]]]) -> list[Chunk]:
    """The chunks among added entries, each a key (None in a list), a value, their column and their lines."""
    return [Chunk(lines, key, value, column) for key, value, column, lines in entries if len(lines) >= SHORTEST]


def shortened(text: str, chunks: list[Chunk], newline: str, typing: str) -> tuple[str, dict[str, Any]]:
    """The text with a stand-in for every chunk that is sound and stands in it just once, and what they stand for."""
    stand_ins: dict[str, Any] = {}
    for number, chunk in enumerate(chunks):
        token = f"stand-in-{number}-of-krm-fn"
        lines = newline + newline.join(chunk.lines)
        if token in text or text.count(lines) != 1 or not chunk.is_sound(typing):
            continue
        at = text.index(lines)
        if text[at + len(lines) :][: len(newline)] not in ("", newline):
            continue
        entry = block_item(token, chunk.column) if chunk.key is None else block_entry(chunk.key, token, chunk.column)
        text = text[:at] + newline + entry[0] + text[at + len(lines) :]
        stand_ins[token] = chunk.value
    return text, stand_ins


def restored(data: Any, stand_ins: dict[str, Any]) -> Any:
    """The data that was read, with what stand-ins stand for in their places; each is used once."""
    left = dict(stand_ins)
    work = [data]
    while work and left:
        node = work.pop()
        entries = node.items() if type(node) is dict else enumerate(node)
        for step, value in list(entries):
            kind = type(value)
            if kind is str and value in left:
                node[step] = left.pop(value)
            elif kind is dict or kind is list:
                work.append(value)
    return data
