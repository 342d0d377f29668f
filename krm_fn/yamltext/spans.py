"""Where things end in a YAML text: tokens, lines, and what lies between tokens.

libyaml marks the end of a block collection at the next token, and the end of a block scalar past its blank lines; what
replaces or follows a node must stand directly after its last character. Breaks are those of YAML 1.1, NEL, LS and PS
included, as libyaml and go-yaml see them.
"""

from __future__ import annotations

from krm_fn.yamltext.libyaml import ScalarEvent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

BREAKS = "\r\n\x85\u2028\u2029"
_BLANKS = BREAKS + " \t"


def node_end(text: str, event: Any, key_event: Any) -> int:
    """Where a node ends whose last event with text is `event`; `key_event` is the last key before it, if any."""
    end: int = event.end_mark.index
    if type(event) is not ScalarEvent:
        return end
    if event.style in ("|", ">"):
        return block_scalar_end(text, event)
    if event.value == "" and key_event is not None and event.start_mark.index == end:
        # "? key" without a value: libyaml places the value at the next token
        written: int = key_event.end_mark.index
        return end if text[end - 1] in ":-" else written
    return end


def block_scalar_end(text: str, event: Any) -> int:
    """The end of a block scalar by its chomping.

    ``|-``: the end of its last line; ``|``: after that line's break; ``|+``: after the blank lines that follow it.
    """
    start: int = event.start_mark.index
    end: int = event.end_mark.index
    body = text[start:end]
    header = body.splitlines()[0].split(" #", 1)[0].rpartition(event.style)[2]
    last_line = event.value.removesuffix("\n").rpartition("\n")[2]
    if "+" in header or (event.value and not last_line.strip()):
        return end
    last = line_end(text, start + len(body.rstrip(_BLANKS)), end)
    if "-" in header or not event.value or last == end:
        return last
    return after_break(text, last)


def line_end(text: str, index: int, limit: int | None = None) -> int:
    """The index of the first line break at or after `index`; `limit` (the text's length) if there is none."""
    limit = len(text) if limit is None else limit
    end = text.find("\n", index, limit)
    if end < 0:
        end = limit
    part = text[index:end]
    if part.isascii() and "\r" not in part:
        return end
    for position, character in enumerate(part):
        if character in BREAKS:
            return index + position
    return end


def after_break(text: str, index: int) -> int:
    """The index after the line break at `index`; `index` itself at the end of the text."""
    if text.startswith("\r\n", index):
        return index + 2
    return min(index + 1, len(text))


def before_break(text: str, index: int) -> int:
    """The index of the line break that ends right before `index`, a line's start."""
    if index >= 2 and text.startswith("\r\n", index - 2):
        return index - 2
    return max(index - 1, 0)


def line_start(text: str, index: int) -> int:
    """The index where the line of `index` begins."""
    start = text.rfind("\n", 0, index) + 1
    part = text[start:index]
    if part.isascii() and "\r" not in part:
        return start
    for position in range(len(part) - 1, -1, -1):
        if part[position] in BREAKS:
            return start + position + 1
    return start


def next_token(text: str, index: int) -> int:
    """The index of the next character that is neither blank nor comment; `index` lies between tokens."""
    while index < len(text):
        character = text[index]
        if character == "#":
            index = line_end(text, index)
        elif character in _BLANKS or character == "\ufeff":
            index += 1
        else:
            return index
    return index


def through_comment(text: str, end: int) -> int:
    """`end`, the end of a block node, moved past a comment on the same line: up to the line break.

    Give `patch` a slice up to here, so that a line added at its end does not come between the node and its comment.
    """
    if end and text[end - 1] in BREAKS:
        return end
    rest = line_end(text, end)
    return rest if text[end:rest].lstrip(" \t").startswith("#") else end
