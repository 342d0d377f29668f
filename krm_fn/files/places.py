"""Where in which file a result points: the line of the field that it names, or of the nearest parent that is there."""

from __future__ import annotations

import yaml

from krm_fn.files.package import relative_name
from krm_fn.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from krm_fn.files.package import File, Package
    from krm_fn.krm.outcome import Path, Result
    from krm_fn.krm.resource import Item

FUNCTION_CONFIG = "functionConfig"


class Place(Record):
    """A file by its name in messages (empty: none), with line and column from 1 (0: unknown)."""

    file: str = ""
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


class Places:
    """Finds the places of results in a package, fastest in the order of its entries."""

    def __init__(self, package: Package, config_name: str = "") -> None:
        self._package = package
        self._config_name = config_name
        self._entry = -1
        self._found: tuple[yaml.Node | None, int] = None, 0
        self._counted: dict[str, tuple[int, int]] = {}

    def of(self, result: Result) -> Place:
        """The place that a result is about; a stream has no lines of its own, so there the item's origin counts."""
        if result.item is None:
            return Place(self._config_name) if result.field.startswith(FUNCTION_CONFIG) else Place()
        return self.of_field(result.item, result.field)

    def of_field(self, item: Item, field: str) -> Place:
        """The place of a field of an item, written as results write it (``spec.rules[0].host``)."""
        if item.entry < 0:
            return Place()
        name = relative_name(self._package, item)
        file = self._package.file_at(item.entry)
        if name != file.name:  # it was rendered elsewhere: the lines of the stream say nothing about its source
            return Place(name)
        root, first_line = self._node(item.entry)
        if root is None:
            return Place(name, first_line)
        mark = _mark_at(root, (*item.prefix, *steps_of(field)))
        return Place(name, first_line + mark.line, mark.column + 1)

    def _node(self, entry: int) -> tuple[yaml.Node | None, int]:
        """The nodes of an entry with their marks, and the line in its file at which it starts."""
        if entry != self._entry:  # results come in the order of entries, so one entry at a time is enough
            file = self._package.file_at(entry)
            text, column = file.source.slice(entry - file.first)
            try:
                node = yaml.compose(" " * column + text, Loader=yaml.CSafeLoader)
            except (yaml.YAMLError, RecursionError):  # an alias to what stands outside the entry, say
                node = None
            self._entry, self._found = entry, (node, self._line(file, file.source.start_at(entry - file.first)))
        return self._found

    def _line(self, file: File, index: int) -> int:
        """The line of a position; counted on from the last one that was asked for, where that stands before it."""
        start, line = self._counted.get(file.name, (0, 1))
        if start > index:
            start, line = 0, 1
        line += file.source.text.count("\n", start, index)
        self._counted[file.name] = index, line
        return line


def steps_of(field: str) -> Path:
    """The steps of a field path: names, and numbers for positions in lists."""
    steps: list[str | int] = []
    for part in _parts(field):
        is_index = part.startswith("[") and part[1:-1].isdecimal()
        steps.append(int(part[1:-1]) if is_index else part.strip("[]"))
    return tuple(steps)


def _parts(field: str) -> list[str]:
    """Split at dots and before brackets, but not inside of brackets, which hold names with dots."""
    parts = [""]
    inside = False
    for character in field:
        if character == "[" and not inside:
            parts.append("[")
            inside = True
        elif character == "." and not inside:
            parts.append("")
        else:
            parts[-1] += character
            inside = inside and character != "]"
    return [part for part in parts if part]


def _mark_at(node: yaml.Node, path: Path) -> yaml.Mark:
    """The start of the node at the path (of its key, in a mapping), or of the deepest one on the way that is there."""
    mark = node.start_mark
    for step in path:
        found = _child(node, step)
        if found is None:
            break
        mark, node = found
    return mark


def _child(node: yaml.Node, step: str | int) -> tuple[yaml.Mark, yaml.Node] | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step].start_mark, node.value[step]
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value == str(step):
                return key.start_mark, value
    return None
