"""Writing: plain data as YAML text that every reader takes for the same data.

Plain style: two ways to place lists (kustomize's compact one, dashes in the key's column, and the wide one, indented),
literal blocks for texts of several lines, double quotes where a string needs any, no folding, no anchors. What a text
around it looks like is the caller's knowledge; see `patch`.
"""

from __future__ import annotations

from marshal import dumps

from krm_fn.yamltext.scalars import double_quoted, scalar

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LONGEST_SIMPLE_KEY = 1000
"""YAML lets a reader give up after 1024 characters without a colon; a longer key is written after ``? ``."""

_WRITTEN: dict[tuple[bytes, int, int, int], list[str]] = {}
_MOST_WRITTEN = 500
"""What has been written already, as far as it fits: whoever edits thousands of items writes the same into most."""

_AT_ROOT, _AFTER_DASH, _AFTER_KEY = range(3)


def block(data: Any, indent: int = 0, sequence_offset: int = 0, step: int = 2) -> list[str]:
    """The lines of `data` in block style, without line ends, each beginning with `indent` blanks.

    The dashes of a list stand `sequence_offset` columns right of its key, the keys of a nested mapping `step` columns.
    Scalars and empty collections are one line, a literal block excepted. Callers must not change the list.
    """
    try:
        written = (dumps(data, 2), indent, sequence_offset, step)
    except ValueError:  # nested too deep for it
        return _lines(" " * indent, indent, data, _AT_ROOT, sequence_offset, step)
    lines = _WRITTEN.get(written)
    if lines is None:
        lines = _lines(" " * indent, indent, data, _AT_ROOT, sequence_offset, step)
        if len(_WRITTEN) < _MOST_WRITTEN:
            _WRITTEN[written] = lines
    return lines


def block_entry(key: Any, value: Any, indent: int, sequence_offset: int = 0, step: int = 2) -> list[str]:
    """The lines of one mapping entry in block style."""
    return block({key: value}, indent, sequence_offset, step)


def block_item(item: Any, indent: int, sequence_offset: int = 0, step: int = 2) -> list[str]:
    """The lines of one list item in block style; its dash stands in column `indent`."""
    return block([item], indent, sequence_offset, step)


def _lines(lead: str, column: int, data: Any, place: int, sequence_offset: int, step: int) -> list[str]:
    """Write depth first with a stack of what is still to come: (text before it on its line, parent's column, ...)."""
    lines: list[str] = []
    work = [(lead, column, data, place)]
    while work:
        lead, column, node, place = work.pop()
        kind = type(node)
        if (kind is not dict and kind is not list) or not node:
            lines.extend(_leaf(lead, column, node, place, step))
            continue
        if place == _AFTER_KEY:
            lines.append(lead)
            column += step if kind is dict else sequence_offset
            lead = " " * column
        elif place == _AFTER_DASH:
            column += 2
            lead += " "
        children: list[tuple[str, int, Any, int]] = []
        if kind is list:
            for item in node:
                children.append((lead + "-", column, item, _AFTER_DASH))
                lead = " " * column
        else:
            for key, value in node.items():
                children.append((lead + _key_lead(key, column), column, value, _AFTER_KEY))
                lead = " " * column
        work.extend(reversed(children))
    return lines


def _key_lead(key: Any, column: int) -> str:
    text = key_text(key)
    return f"{text}:" if len(text) < LONGEST_SIMPLE_KEY else f"? {text}\n{' ' * column}:"


def _leaf(lead: str, column: int, value: Any, place: int, step: int) -> list[str]:
    lines = lead.split("\n") if "\n" in lead else [lead]
    separator = "" if place == _AT_ROOT else " "
    if type(value) is str and "\n" in value and place != _AT_ROOT:
        width = 2 if place == _AFTER_DASH else step
        literal = literal_lines(value, column + width, width)
        if literal is not None:
            lines[-1] += separator + literal[0]
            return lines + literal[1:]
    lines[-1] += separator + scalar_text(value)
    return lines


def literal_lines(text: str, indent: int, width: int) -> list[str] | None:
    """Header and lines of a literal block whose lines stand in column `indent`, `width` right of the parent's.

    None where a literal would be fragile or wrong: characters that need escapes, blanks at line ends, tabs that indent,
    several breaks at the end (blank lines below would join them).
    """
    body = text.rstrip("\n")
    lines = body.split("\n")
    if not body or not body.replace("\n", "").replace("\t", "").isprintable():
        return None
    if any(line and (line[-1] in " \t" or line[0] == "\t") for line in lines):
        return None
    first = body.lstrip("\n")
    if first[0] == " " and not 1 <= width <= 9:
        return None
    breaks = len(text) - len(body)
    if breaks > 1:
        return None
    header = "|" + (str(width) if first[0] == " " else "") + ("" if breaks else "-")
    pad = " " * indent
    return [header, *(pad + line if line else "" for line in lines)]


def scalar_text(value: Any, flow: bool = False, json: bool = False) -> str:
    """A scalar, or an empty collection, as YAML on one line; with `json`, strings always have double quotes."""
    if type(value) is str:
        return double_quoted(value) if json else scalar(value, flow)
    if value is None:
        return "null"
    if value is True or value is False:
        return "true" if value else "false"
    if type(value) is float:
        return _float_text(value)
    if type(value) is dict:
        return "{}"
    if type(value) is list:
        return "[]"
    return str(value)


def key_text(key: Any, flow: bool = False, json: bool = False) -> str:
    """A mapping's key as YAML on one line."""
    return scalar_text(key, flow, json)


def _float_text(value: float) -> str:
    """With a point, so that YAML 1.1 readers see a float in 1e+16 as well."""
    if value != value:
        return ".nan"
    if value in (float("inf"), float("-inf")):
        return ".inf" if value > 0 else "-.inf"
    text = repr(value)
    return text if "." in text else text.replace("e", ".0e")


def flow(data: Any, json: bool = False) -> str:
    """`data` on one line between brackets; with `json` as JSON wants it, as far as JSON can say it."""
    pieces: list[str] = []
    work: list[tuple[bool, Any]] = [(True, data)]
    while work:
        is_data, node = work.pop()
        if not is_data:
            pieces.append(node)
        elif type(node) is dict and node:
            work.append((False, "}"))
            for position, (key, value) in enumerate(reversed(node.items())):
                work.append((True, value))
                work.append((False, ("{" if position == len(node) - 1 else ", ") + flow_key(key, json)))
        elif type(node) is list and node:
            work.append((False, "]"))
            for position, item in enumerate(reversed(node)):
                work.append((True, item))
                work.append((False, "[" if position == len(node) - 1 else ", "))
        else:
            pieces.append(scalar_text(node, flow=True, json=json))
    return "".join(pieces)


def flow_key(key: Any, json: bool = False) -> str:
    """A key between brackets, up to where its value begins."""
    text = key_text(key, flow=True, json=json)
    return f"{text}: " if len(text) < LONGEST_SIMPLE_KEY else f"? {text} : "
