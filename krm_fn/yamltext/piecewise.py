"""A long list at the root of a text, read item by item: plain items by `plain`, all others by libyaml.

The list is cut at its dashes, and what is around it is read as a text of its own. That is sound because a part that
reads alone, without an open quote, bracket or block at its end, leaves a parser in the state in which the next dash
starts an item. A part that does not read alone, or that needs another (anchors, aliases, tags that a directive
declares), or that has something to be told of the whole text (errors, duplicate keys), makes `read_list` read all at
once, as `read` does. Property tests hold the two against each other.
"""

from __future__ import annotations

from krm_fn.yamltext.document import Document, Entry, Field
from krm_fn.yamltext.errors import YamlError
from krm_fn.yamltext.plain import UNSURE, end_of_plain, read_plain
from krm_fn.yamltext.spans import next_token

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

FURTHEST = 8
"""Dashes further to the right are left to libyaml."""
PATIENCE = 30
"""Where more items than that, and more than half of all, were not plain, the rest is not tried."""


class _NotApart(Exception):
    """The text cannot be read in parts."""


def read_list(text: str, typing: str, entries_of: str) -> list[Document]:
    """What ``read_documents(text, typing, entries_of)`` gives, in less time. Raises YamlError."""
    try:
        return [_Parts(text, typing, entries_of).document()]
    except (_NotApart, YamlError):
        from krm_fn.yamltext.read import read_documents

        return read_documents(text, typing, entries_of)


class _Parts:
    """The parts of one text: its items, and the outline, which is all around them."""

    def __init__(self, text: str, typing: str, entries_of: str) -> None:
        self.text = text
        self.typing = typing
        self.entries_of = entries_of
        if "\r" in text or ": &" in text or "- &" in text:
            raise _NotApart
        lead = f"{entries_of}:\n"
        self.key_start = 0 if text.startswith(lead) else text.find(f"\n{lead}") + 1
        self.first = self.key_start + len(lead)
        rest = text[self.first : self.first + FURTHEST]
        self.column = len(rest) - len(rest.lstrip(" "))
        self.dash = " " * self.column + "- "
        if not text.startswith(lead, self.key_start) or not text.startswith(self.dash, self.first):
            raise _NotApart
        if text[0] == "%" or text.find("\n%", 0, self.first) >= 0:
            raise _NotApart
        self.starts = self._starts()
        self.last = len(text)

    def _starts(self) -> list[int]:
        """Where the lines begin that look like the first of an item."""
        starts = [self.first]
        find, mark = self.text.find, f"\n{self.dash}"
        at = find(mark, self.first)
        while at >= 0:
            starts.append(at + 1)
            at = find(mark, at + 1)
        return starts

    def document(self) -> Document:
        """The document; raises _NotApart or YamlError."""
        data, entries = self._items()
        outline = self._outline()
        cut = self.last - self.first
        end = entries[-1].end

        def shifted(position: int) -> int:
            return position + cut if position > self.first else position

        fields = {}
        for name, field in outline.fields.items():
            if field.key_start >= self.first:
                field = Field(field.key_start + cut, field.value_start + cut, field.value_end + cut, field.flow)
            fields[name] = field
        fields[self.entries_of] = Field(self.key_start, self.first + self.column, end, False)
        whole = outline.end > self.first
        root = outline.data
        root[self.entries_of] = data
        return Document(
            root,
            outline.start,
            shifted(outline.end) if whole else end,
            False,
            fields,
            entries,
            False,
            self.column,
            False,
            [],
        )

    def _outline(self) -> Document:
        """The root without its list."""
        text = self.text[: self.first] + self.text[self.last :]
        document = _plain_outline(text, self.typing)
        if document is None:
            from krm_fn.yamltext.read import read_documents

            documents = read_documents(text, self.typing)
            if len(documents) != 1:
                raise _NotApart
            document = documents[0]
        field = document.fields.get(self.entries_of)
        if field is None or field.key_start != self.key_start or field.value_start != field.value_end:
            raise _NotApart
        if document.flow or document.has_anchors or document.duplicates or document.data[self.entries_of] is not None:
            raise _NotApart
        return document

    def _items(self) -> tuple[list[Any], list[Entry]]:
        """The items and where they stand; finds out where the list ends."""
        data: list[Any] = []
        entries: list[Entry] = []
        others = -1  # where items begin that libyaml has to read; neighbours are read together
        odd = 0
        for start, end in zip(self.starts, [*self.starts[1:], self.last], strict=True):
            tried = odd <= PATIENCE or odd <= len(data)
            item, entry = self._plain_item(start, end) if tried else (None, None)
            if entry is None:
                odd += 1
                edge = _next_of_root(self.text, start, end)
                if edge < end:
                    self.last = edge
                    item, entry = self._plain_item(start, edge)
            if entry is None:
                others = start if others < 0 else others
            else:
                if others >= 0:
                    self._read_others(others, start, data, entries)
                    others = -1
                data.append(item)
                entries.append(entry)
            if self.last <= end:
                break
        if others >= 0:
            self._read_others(others, self.last, data, entries)
        return data, entries

    def _plain_item(self, start: int, end: int) -> tuple[Any, Entry | None]:
        """The item between these lines and its place, if it is plain."""
        column = self.column + 2
        part = " " * column + self.text[start + column : end]
        begin = start + len(part) - len(part.lstrip(" "))
        if self.text[begin : begin + 1] in ("", "\n", "#"):
            return None, None
        item = read_plain(part, self.typing)
        last = -1 if item is UNSURE else end_of_plain(part)
        return (None, None) if last < 0 else (item, Entry(begin, start + last, begin - start, False))

    def _read_others(self, start: int, end: int, data: list[Any], entries: list[Entry]) -> None:
        """Read items that are not plain, as the list that they are."""
        lead = f"{self.entries_of}:\n"
        part = self.text[start:end]
        if any(line.startswith(("---", "...")) for line in part.splitlines()):
            raise _NotApart
        from krm_fn.yamltext.read import read_documents

        documents = read_documents(lead + part, self.typing, self.entries_of)
        document = documents[0]
        if len(documents) > 1 or document.has_anchors or document.duplicates or len(document.fields) > 1:
            raise _NotApart
        by = start - len(lead)
        data += document.data[self.entries_of]
        entries += [Entry(e.start + by, e.end + by, e.column, e.flow) for e in document.entries]


def _next_of_root(text: str, index: int, end: int) -> int:
    """Where the first line between begins that belongs to the root again; `end` where none does."""
    at = text.find("\n", index, end) + 1
    while 0 < at < end:
        if text[at] not in " #\n":
            return at
        at = text.find("\n", at, end) + 1
    return end


def _plain_outline(text: str, typing: str) -> Document | None:
    """The document that a plain text is, if it is a mapping at the left edge."""
    data = read_plain(text, typing)
    starts = _lines_of_keys(text)
    if type(data) is not dict or len(starts) != len(data):
        return None
    fields = {}
    for key, start, end in zip(data, starts, [*starts[1:], len(text)], strict=True):
        colon = text.index(":", start) + 1
        value = next_token(text, colon)
        if value >= end:
            fields[str(key)] = Field(start, colon, colon, False)
            continue
        last = end_of_plain(text[start:end])
        if last < 0:
            return None
        fields[str(key)] = Field(start, value, start + last, text[value] in "[{")
    return Document(data, starts[0], fields[str(key)].value_end, False, fields, [], False, -1, False, [])


def _lines_of_keys(text: str) -> list[int]:
    """Where the lines begin that start at the left edge and are no list items."""
    starts = []
    at = 0
    while at < len(text):
        if text[at] not in " #\n-":
            starts.append(at)
        at = text.find("\n", at) + 1 or len(text)
    return starts
