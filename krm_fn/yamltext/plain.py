"""Plain YAML, read line by line: the block mappings and lists of which nearly all manifests consist.

libyaml takes more than half of the time of a large run, and what it reads is nearly always the same: ``key: value`` and
``- key: value`` on lines of their own. Such lines need no parser, as long as whatever is not exactly that is left to
one. So this reader answers only where it is sure. It says `UNSURE` at anchors, aliases and tags, block scalars, scalars
and flow collections of several lines, escapes, odd keys, keys that stand twice, tabs, other line breaks than line feeds
and other unusual characters, deep nesting, huge texts, and everything that libyaml refuses. Property tests hold its
answers against libyaml's.

A line is two look-ups: what stands before the first ``": "`` (few spellings, over and over) and what comes after it.
"""

from __future__ import annotations

from marshal import dumps, loads

from krm_fn.yamltext.scalars import known_scalars

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LONGEST = 2_000_000
"""Characters. What is remembered of each line is worth its memory for many items that are alike, not for one huge."""
DEEPEST = 100
LONGEST_KEY = 512  # libyaml ends its patience at 1024
MOST_FLOWS = 2_000
"""So many different flow collections are read one by one; where there are more, libyaml reads their items at once."""
_MEMORY = 50_000
_KEY_MARKS = str.maketrans("", "", "_./-")
_PLAIN_STARTS = frozenset("_./$(+")


class _Unsure:
    """What a text is read as that is not plain."""


UNSURE = _Unsure()


class _Odd:
    """A value that is no scalar: a flow collection (`data`, written by marshal), nothing (""), or unsure (None)."""

    __slots__ = ("data",)

    def __init__(self, data: bytes | None) -> None:
        self.data = data


_NOTHING = _Odd(b"")
_UNSURE_VALUE = _Odd(None)

_SKIP = (-1, -1, None)
_UNSURE_LINE = (-2, -1, None)


class _Values(dict[str, "Any"]):
    """What stands after ``": "`` or ``"- "`` -> a scalar, or an _Odd."""

    def __init__(self, typing: str) -> None:
        super().__init__()
        self.typing = typing
        self.known = known_scalars(typing)
        self.flows = 0

    def __missing__(self, text: str) -> Any:
        value = self[text] = self._value(text.strip(" "))
        return value

    def _value(self, text: str) -> Any:
        first = text[:1]
        if first == '"' or first == "'":
            return _quoted(text, first)
        if first == "[" or first == "{":
            self.flows += 1
            return _flow(text, self.typing) if self.flows <= MOST_FLOWS else _UNSURE_VALUE
        if not first or first == "#":
            return _NOTHING
        text = without_comment(text)
        if not _starts_plain(text) or ": " in text or text[-1] == ":":
            return _UNSURE_VALUE
        return self.known[text]


class _Heads(dict[str, "tuple[int, int, Any]"]):
    """What stands before ``": "`` -> the column of the dash (-1: none) and of the key, and the key."""

    def __init__(self, typing: str) -> None:
        super().__init__()
        self.known = known_scalars(typing)

    def __missing__(self, head: str) -> tuple[int, int, Any]:
        found = self[head] = self._head(head)
        return found

    def _head(self, head: str) -> tuple[int, int, Any]:
        body = head.lstrip(" ")
        if body[:1] == "#":
            return _SKIP
        column, dash = len(head) - len(body), -1
        if body[:2] == "- ":
            key = body[2:].lstrip(" ")
            dash, column, body = column, column + len(body) - len(key), key
        if not is_plain_key(body):
            return _UNSURE_LINE
        return dash, column, self.known[body]


class _Lines(dict[str, "tuple[int, int, Any, Any]"]):
    """Lines without ``": "`` -> as heads, and a value: _NOTHING behind a key, else that of a list item."""

    def __init__(self, heads: _Heads, values: _Values) -> None:
        super().__init__()
        self.heads = heads
        self.scalars = values

    def __missing__(self, line: str) -> tuple[int, int, Any, Any]:
        found = self[line] = self._line(line)
        return found

    def _line(self, line: str) -> tuple[int, int, Any, Any]:
        body = line.strip(" ")
        if not body or body[0] == "#":
            return (*_SKIP, None)
        if body[-1] == ":":
            return (*self.heads[line.rstrip(" ")[:-1]], _NOTHING)
        column = len(line) - len(line.lstrip(" "))
        if body[:2] != "- ":
            return (*_UNSURE_LINE, None)
        value = self.scalars[body[2:]]
        return (*_UNSURE_LINE, None) if value is _NOTHING else (column, -1, None, value)


class _Memory:
    """What the lines seen so far mean to one of Kubernetes' readers."""

    __slots__ = ("heads", "lines", "values")

    def __init__(self, typing: str) -> None:
        self.heads = _Heads(typing)
        self.values = _Values(typing)
        self.lines = _Lines(self.heads, self.values)

    @property
    def size(self) -> int:
        return len(self.heads) + len(self.values) + len(self.lines)


_memories: dict[str, _Memory] = {}


def _memory(typing: str) -> _Memory:
    memory = _memories.get(typing)
    if memory is None or memory.size > _MEMORY:
        memory = _memories[typing] = _Memory(typing)
    return memory


def read_plain(text: str, typing: str) -> Any:
    """The data of a text that is one block mapping or block list, or UNSURE.

    The first line may be indented; the others are not left of it. `typing` is as in `read`.
    """
    if len(text) > LONGEST or not text.replace("\n", "").isprintable():
        return UNSURE
    memory = _memory(typing)
    heads, values, lines = memory.heads, memory.values, memory.lines
    root: Any = None
    here: Any = None  # the innermost open collection, and its column
    column = -1
    outer: list[tuple[Any, int]] = []
    waiting: Any = UNSURE  # the key of `here` whose value may follow on the next lines
    value: Any
    for line in text.split("\n"):
        head, colon, rest = line.partition(": ")
        if colon:
            dash, indent, key = heads[head]
            value = values[rest] if indent >= 0 else None
        else:
            dash, indent, key, value = lines[line]
        left = dash if dash >= 0 else indent
        if left < 0:
            if dash == -1:  # a blank line, or a comment
                continue
            return UNSURE
        in_list = dash >= 0
        if waiting is not UNSURE and (left > column or (in_list and left == column)):
            new: Any = [] if in_list else {}
            here[waiting] = new
            outer.append((here, column))
            if len(outer) > DEEPEST:
                return UNSURE
            here, column = new, left
        elif here is None:
            root = here = [] if in_list else {}
            column = left
        else:
            while left < column and outer:
                here, column = outer.pop()
            if not in_list and type(here) is list and outer:  # a list in the column of its key is over
                here, column = outer.pop()
            if left != column or in_list is not (type(here) is list):
                return UNSURE
        waiting = UNSURE
        if type(value) is _Odd:
            if value.data:
                value = loads(value.data)
            elif value.data is None:
                return UNSURE
        if in_list:
            if indent < 0:
                here.append(value)
                continue
            new = {}
            here.append(new)
            outer.append((here, column))
            here, column = new, indent
        elif key in here:
            return UNSURE
        if value is _NOTHING:
            waiting = key
            here[key] = None
        else:
            here[key] = value
    return UNSURE if here is None else root


def end_of_plain(text: str) -> int:
    """Where the last token ends of a text that `read_plain` read; -1 where that is a key without a value."""
    end = len(text)
    while True:
        start = text.rfind("\n", 0, end) + 1
        line = text[start:end]
        body = line.lstrip(" ")
        if body and body[0] != "#":
            break
        end = start - 1
    _, colon, rest = line.partition(": ")
    if not colon:
        if body.rstrip(" ")[-1] == ":":
            return -1
        rest = body[2:]
    value = rest.lstrip(" ")
    if not value or value[0] == "#":
        return -1
    at = start + len(line) - len(value)
    if value[0] == '"' or value[0] == "'":
        return at + value.index(value[0], 1) + 1
    if value[0] == "[" or value[0] == "{":
        return at + flow_end(value)
    return at + len(without_comment(value))


def without_comment(text: str) -> str:
    """A plain scalar without the comment and the blanks behind it."""
    at = text.find(" #")
    return (text if at < 0 else text[:at]).rstrip(" ")


def is_plain_key(text: str) -> bool:
    """Whether a key is written without anything that YAML could mean more by."""
    if not 0 < len(text) < LONGEST_KEY or not text.isascii() or not (text[0].isalnum() or text[0] == "_"):
        return False
    letters = text.translate(_KEY_MARKS)
    return not letters or letters.isalnum()


def _starts_plain(text: str) -> bool:
    first = text[0]
    return first.isalnum() or first in _PLAIN_STARTS or (first == "-" and text[1:2].isalnum())


def _quoted(text: str, quote: str) -> Any:
    """The text between quotes, unless it has escapes, lacks its end or is a key."""
    end = text.find(quote, 1)
    tail = text[end + 1 :]
    if end < 0 or "\\" in text[:end] or (tail and (tail[0] != " " or tail.lstrip(" ")[0] != "#")):
        return _UNSURE_VALUE
    return text[1:end]


def _flow(text: str, typing: str) -> _Odd:
    """A flow collection on one line, which libyaml reads once."""
    if text in ("[]", "{}"):
        return _Odd(dumps([] if text == "[]" else {}))
    from krm_fn.yamltext.read import YamlError, read_documents

    if any(mark in text for mark in "&*!"):  # they reach out of the line
        return _UNSURE_VALUE
    if text.count("[") + text.count("{") > DEEPEST:
        return _UNSURE_VALUE
    try:
        documents = read_documents(text, typing)
    except YamlError:
        return _UNSURE_VALUE
    if len(documents) != 1 or not documents[0].flow or documents[0].duplicates:
        return _UNSURE_VALUE
    return _Odd(dumps(documents[0].data))


def flow_end(text: str) -> int:
    """Where the flow collection ends with which a text begins that `read_plain` read."""
    from krm_fn.yamltext.read import read_documents

    return read_documents(text, "kyaml")[0].end
