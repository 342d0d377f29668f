"""Where lines and tokens end in a YAML text, and what lies between tokens.

Breaks are those of YAML 1.1, NEL, LS and PS included, as libyaml and go-yaml see them.
"""

from __future__ import annotations

BREAKS = "\r\n\x85\u2028\u2029"
BLANKS = BREAKS + " \t"


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
        elif character in BLANKS or character == "\ufeff":
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
