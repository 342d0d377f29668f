"""A cheap guess at the commonest edit: further string entries in a block mapping that stands in plain lines.

Nearly every change of this program adds a label or an annotation. To find the place for it one need not parse: keys
stand in their column, and what is indented deeper belongs to them. Where a text only looks like that (inside a block
scalar, say) the guess is wrong, which is harmless: `patch` reads every result again and goes the long way when it is
not the data that was meant.
"""

from __future__ import annotations

from krm_fn.yamltext.changes import EditMapping
from krm_fn.yamltext.write import key_text, scalar_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from krm_fn.yamltext.changes import Replace


def with_added_entries(text: str, column: int, change: Replace, newline: str) -> str | None:
    """The text with the added entries of one mapping, if the change is no more than that and the place is plain."""
    source = " " * column + text
    start, above = 0, column - 2
    while type(change) is EditMapping and not change.added:
        if len(change.edits) != 1:
            return None
        ((key, change),) = change.edits.items()
        head = f"{' ' * column}{key}:{newline}"
        place = source.find(f"\n{head}", max(start - 1, 0))
        if place < 0 and not source.startswith(head):
            return None
        start, above = place + 1 + len(head), column
        column = _column_of(source, start)
    if type(change) is not EditMapping or change.edits or column <= above:
        return None
    lines = _entries(change.added, column, max(column - above, 1))
    if lines is None:
        return None
    end = _end_of_last_line(source, start, above)
    return source[len(source) - len(text) : end] + "".join(newline + line for line in lines) + source[end:]


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


def _entries(added: dict[Any, Any], column: int, step: int) -> list[str] | None:
    """The lines of string entries, and of mappings that hold nothing but strings; None if there is anything else."""
    lines = []
    for key, value in added.items():
        lead = f"{' ' * column}{key_text(key)}:"
        if type(value) is str and "\n" not in value:
            lines.append(f"{lead} {scalar_text(value)}")
        elif type(value) is dict and value and all(type(inner) is str for inner in value.values()):
            inside = _entries(value, column + step, step)
            if inside is None:
                return None
            lines += [lead, *inside]
        else:
            return None
    return lines
