"""The rare rest: a node rewritten by ruamel.yaml's round trip, which keeps comments and quotes but not every byte.

Nothing else imports ruamel.yaml: loading it takes longer than a run on a small package, so this module is imported when
it is needed, and `patch` checks what it gives.
"""

from __future__ import annotations

import io

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

from krm_fn.yamltext.changes import EditMapping, EditSequence, Remove, Replace, changes
from krm_fn.yamltext.layout import seen_layout
from krm_fn.yamltext.scalars import needs_quotes
from krm_fn.yamltext.write import literal_lines

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def rewrite(text: str, before: Any, after: Any, typing: str, column: int, newline: str) -> str:
    """The node with `after` in it; arguments as for `patch`, which checks the result. Raises as ruamel does."""
    change = changes(before, after)
    if change is None:
        return text
    yaml = _round_trip(*seen_layout(text))
    document = {"node": yaml.load(" " * column + text)}
    _apply(document, "node", change)
    stream = io.StringIO()
    yaml.dump(document["node"], stream)
    lines = stream.getvalue().removesuffix("...\n").split("\n")
    indented = [" " * column + line if line else "" for line in lines]
    result = newline.join(indented)[column:]
    return result if text.endswith(("\n", "\r")) else result.rstrip("\r\n")


def _round_trip(step: int, offset: int) -> YAML:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.allow_duplicate_keys = True
    yaml.width = 1_000_000
    yaml.indent(mapping=step, sequence=offset + 2, offset=offset)
    return yaml


def _apply(parent: Any, key: Any, change: Replace) -> None:
    node = parent[key]
    if type(change) is EditMapping and isinstance(node, CommentedMap):
        for name, edit in change.edits.items():
            if type(edit) is Remove:
                del node[name]
            elif name in node:
                _apply(node, name, edit)
            else:
                node[name] = _round_trip_data(edit.value)
        for name, value in change.added.items():
            node[_round_trip_data(name)] = _round_trip_data(value)
    elif type(change) is EditSequence and isinstance(node, CommentedSeq):
        for index, edit in change.edits.items():
            _apply(node, index, edit)
        for index in sorted({*change.removed, *change.inserted}, reverse=True):
            for item in reversed(change.inserted.get(index, [])):
                node.insert(index + 1, _round_trip_data(item))
            if index in change.removed:
                del node[index]
    else:
        parent[key] = _round_trip_data(change.value)


def _round_trip_data(value: Any) -> Any:
    """Plain data as ruamel.yaml writes it safely: strings that need quotes are marked."""
    if type(value) is dict:
        return CommentedMap((_round_trip_data(key), _round_trip_data(item)) for key, item in value.items())
    if type(value) is list:
        return CommentedSeq(_round_trip_data(item) for item in value)
    if type(value) is str and literal_lines(value, 2, 2) is not None and "\n" in value:
        return LiteralScalarString(value)
    if type(value) is str and needs_quotes(value):
        return DoubleQuotedScalarString(value)
    return value
