"""YAML texts in many styles for the same data: what people, kustomize and other tools write."""

from __future__ import annotations

import random
from typing import Any

from krm_fn.yamltext.scalars import double_quoted, needs_quotes
from krm_fn.yamltext.write import flow, literal_lines, scalar_text


class Style:
    """A way to write YAML, drawn at random: some choices hold for the whole text, others for one place."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.step = self.random.choice([2, 2, 2, 4, 3])
        self.offset = self.random.choice([0, 0, 2, 1])
        self.newline = self.random.choice(["\n", "\n", "\n", "\r\n"])
        self.comments = self.random.choice([0.0, 0.1, 0.4])
        self.blanks = self.random.choice([0.0, 0.0, 0.15])
        self.flows = self.random.choice([0.0, 0.1, 0.5])
        self.quotes = self.random.choice([0.0, 0.3, 1.0])
        self.odd = self.random.choice([0.0, 0.0, 0.2])
        self.anchors = 0

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def text(self, data: Any, column: int = 0) -> str:
        """A document (or, from `column` on, an item's slice) with this data."""
        lines = self.node(data, column, column)
        if column:
            lines[0] = lines[0][column:]
        return self.newline.join(lines) + self.random.choice(["", self.newline if not column else ""])

    def node(self, data: Any, column: int, parent: int) -> list[str]:
        """Lines of a node whose own indentation is `column`."""
        pad = " " * column
        if isinstance(data, dict) and data and not self.chance(self.flows / 2):
            return self.mapping(data, column)
        if isinstance(data, list) and data and not self.chance(self.flows / 2):
            return self.sequence(data, column)
        return [pad + self.inline(data) + self.comment()]

    def mapping(self, data: dict[Any, Any], column: int) -> list[str]:
        lines: list[str] = []
        for number, (key, value) in enumerate(data.items()):
            if number:
                lines.extend(self.between(column))
            lead = " " * column + self.scalar(key) + ":"
            lines.extend(self.value(lead, value, column, key_above=True))
        return lines

    def sequence(self, data: list[Any], column: int) -> list[str]:
        lines: list[str] = []
        for number, value in enumerate(data):
            if number:
                lines.extend(self.between(column))
            lines.extend(self.value(" " * column + "-", value, column, key_above=False))
        return lines

    def value(self, lead: str, value: Any, column: int, key_above: bool) -> list[str]:
        anchor = ""
        if self.chance(self.odd):
            self.anchors += 1
            anchor = f" &a{self.anchors}"
        if isinstance(value, (dict, list)) and value and not self.chance(self.flows):
            if key_above or anchor:
                inner = column + (self.offset if isinstance(value, list) and key_above else self.step)
                below = self.mapping(value, inner) if isinstance(value, dict) else self.sequence(value, inner)
                return [lead + anchor + self.comment(), *self.between(inner, 0.5), *below]
            gap = self.random.choice([1, 1, 1, 3])
            inner = column + 1 + gap
            below = self.mapping(value, inner) if isinstance(value, dict) else self.sequence(value, inner)
            below[0] = lead + " " * gap + below[0][inner:]
            return below
        if isinstance(value, str) and "\n" in value and self.chance(0.7):
            width = self.step if key_above else 2
            literal = literal_lines(value, column + width, width)
            if literal is not None:
                return [f"{lead}{anchor} {literal[0]}", *literal[1:]]
        if value is None and self.chance(0.5):
            return [lead + anchor + self.comment()]
        if isinstance(value, (dict, list)) and value and self.chance(self.odd):
            return [*self.wide_flow(lead + anchor, value, column + 2)]
        return [f"{lead}{anchor}{self.random.choice([' ', ' ', '   '])}{self.inline(value)}{self.comment()}"]

    def wide_flow(self, lead: str, value: Any, column: int) -> list[str]:
        """A flow collection over several lines, perhaps with a comma at its end."""
        pad = " " * column
        opening, closing = ("{", "}") if isinstance(value, dict) else ("[", "]")
        if isinstance(value, dict):
            inner = [flow({key: item})[1:-1] for key, item in value.items()]
        else:
            inner = [flow(item) for item in value]
        last = self.random.choice([",", ""])
        lines = [f"{pad}{item}{',' if i + 1 < len(inner) else last}{self.comment()}" for i, item in enumerate(inner)]
        if self.chance(0.3):
            return [f"{lead} {opening}", *lines[:-1], f"{pad}{inner[-1]}{closing}"]
        return [f"{lead} {opening}", *lines, f"{pad}{closing}{self.comment()}"]

    def inline(self, value: Any) -> str:
        if isinstance(value, (dict, list)):
            text = flow(value, json=self.chance(0.4))
            if value and self.chance(self.odd):
                text = text[0] + " " + text[1:-1] + self.random.choice([" ", ", "]) + text[-1]
            return text
        return self.scalar(value)

    def scalar(self, value: Any) -> str:
        if isinstance(value, str):
            if self.chance(self.quotes) and value.isprintable():
                return self.random.choice([double_quoted(value), "'" + value.replace("'", "''") + "'"])
            return double_quoted(value) if needs_quotes(value) else value
        if value is None:
            return self.random.choice(["null", "~", "Null"])
        return scalar_text(value)

    def comment(self) -> str:
        return self.random.choice([" # note", "  # a: b", "   # - x", " #"]) if self.chance(self.comments) else ""

    def between(self, column: int, share: float = 1.0) -> list[str]:
        lines = []
        if self.chance(self.blanks * share):
            lines.append("")
        if self.chance(self.comments * share / 2):
            lines.append(" " * self.random.choice([column, column, 0]) + "# about: what follows")
        return lines
