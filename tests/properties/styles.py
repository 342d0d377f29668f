"""YAML texts in many styles for the same data: what people, kustomize and other tools write.

A wild style has everything that YAML lets one write: scalars over several lines, block scalars with every header,
aliases and merge keys, tags, explicit keys, tabs between tokens, directives and markers, JSON.
"""

from __future__ import annotations

import json
import random
from typing import Any

from krm_fn.yamltext.changes import same
from krm_fn.yamltext.scalars import double_quoted, needs_quotes
from krm_fn.yamltext.write import flow, literal_lines, scalar_text


class Style:
    """A way to write YAML, drawn at random: some choices hold for the whole text, others for one place."""

    def __init__(self, seed: int, wild: bool = False) -> None:
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
        self.wild = wild
        self.tight = False  # the text so far ends with a scalar that would take blank lines in
        self.known: list[tuple[str, Any]] = []  # anchors so far
        if wild:
            self.newline = self.random.choice(["\n", "\n", "\n", "\r\n", "\r"])
        self.aliases = self.share(0.0, 0.0, 0.6)
        self.long = self.share(0.0, 0.3, 0.8)
        self.tags = self.share(0.0, 0.0, 0.2)
        self.explicit = self.share(0.0, 0.0, 0.2)
        self.tabs = self.share(0.0, 0.0, 0.3)
        self.as_json = self.share(0.0, 0.0, 0.0, 0.0, 0.0, 1.0)
        self.marked = self.share(0.0, 0.0, 1.0)

    def share(self, *shares: float) -> float:
        """One of them for a wild style, nothing for any other."""
        return self.random.choice(shares) if self.wild else 0.0

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def text(self, data: Any, column: int = 0) -> str:
        """A document (or, from `column` on, an item's slice) with this data."""
        if self.as_json and not column:
            return self.json(data)
        lines = self.node(data, column, column)
        if column:
            lines[0] = lines[0][column:]
        end = self.random.choice(["", self.newline if not column else ""])
        if self.wild and not column:
            end = self.newline  # what a block scalar needs to keep its value
            if self.marked:
                before = [["---"], ["%YAML 1.1", "---"], ["# first", "", "--- # c"], ["# about: it"]]
                lines = [*self.random.choice(before), *lines]
                if not self.tight:
                    lines += self.random.choice([["..."], ["# last"], []])
        return self.newline.join(lines) + end

    def json(self, data: Any) -> str:
        """On one line, or as programs indent it."""
        try:
            text = json.dumps(data, indent=self.random.choice([2, 4]), ensure_ascii=False, allow_nan=False)
        except (TypeError, ValueError):
            text = ""
        plain = text and text.replace("\n", "").isprintable() and all(type(key) is str for key in _keys(data))
        if not plain or self.chance(0.3):
            return flow(data, json=True) + self.newline
        return text.replace("\n", self.newline) + self.newline

    def node(self, data: Any, column: int, parent: int) -> list[str]:
        """Lines of a node whose own indentation is `column`."""
        pad = " " * column
        if isinstance(data, dict) and data and not self.chance(self.flows / 2):
            return self.mapping(data, column)
        if isinstance(data, list) and data and not self.chance(self.flows / 2):
            return self.sequence(data, column)
        return [pad + self.inline(data) + self.comment()]

    def mapping(self, data: dict[Any, Any], column: int, may_merge: bool = True) -> list[str]:
        lines: list[str] = []
        for number, (key, value) in enumerate(data.items()):
            if number:
                lines.extend(self.between(column))
            merged = self.merge(data) if may_merge and not number else None
            if merged is not None:
                lines.append(f"{' ' * column}<<: *{merged[0]}{self.comment()}")
                rest = {key: value for key, value in data.items() if key not in merged[1]}
                return lines + (self.mapping(rest, column, may_merge=False) if rest else [])
            if self.chance(self.explicit):
                lines.append(f"{' ' * column}? {self.scalar(key)}{self.comment()}")
                lead = " " * column + ":"
            else:
                lead = " " * column + self.scalar(key) + ":"
            lines.extend(self.value(lead, value, column, key_above=True))
        return lines

    def merge(self, data: dict[Any, Any]) -> tuple[str, dict[Any, Any]] | None:
        """An anchor before, of a mapping all of whose entries are also in this one."""
        if not self.chance(self.aliases):
            return None
        for name, value in self.known:
            if isinstance(value, dict) and value and all(k in data and same(data[k], v) for k, v in value.items()):
                return name, value
        return None

    def sequence(self, data: list[Any], column: int) -> list[str]:
        lines: list[str] = []
        for number, value in enumerate(data):
            if number:
                lines.extend(self.between(column))
            lines.extend(self.value(" " * column + "-", value, column, key_above=False))
        return lines

    def value(self, lead: str, value: Any, column: int, key_above: bool) -> list[str]:
        """What follows a key or a dash in `column`."""
        self.tight = False
        if self.chance(self.aliases):
            for name, known in self.known:
                if same(known, value):
                    return [f"{lead} *{name}{self.comment()}"]
        anchor = name = ""
        if self.chance(max(self.odd, self.aliases)):
            self.anchors += 1
            name = f"a{self.anchors}"
            anchor = f" &{name}"
        if self.chance(self.tags):
            tag = self.tag(value)
            anchor = self.random.choice([anchor + tag, tag + anchor])
        lines = self.tagged(lead, anchor, value, column, key_above)
        if name:
            self.known.append((name, value))
        return lines

    def tagged(self, lead: str, anchor: str, value: Any, column: int, key_above: bool) -> list[str]:
        """A value with what stands before it, anchor and tag."""
        if isinstance(value, (dict, list)) and value and not self.chance(self.flows):
            if key_above or anchor:
                inner = column + (self.offset if isinstance(value, list) and key_above else self.step)
                between = [lead + anchor + self.comment(), *self.between(inner, 0.5)]
                return between + (
                    self.mapping(value, inner) if isinstance(value, dict) else self.sequence(value, inner)
                )
            gap = self.random.choice([1, 1, 1, 3])
            inner = column + 1 + gap
            below = self.mapping(value, inner) if isinstance(value, dict) else self.sequence(value, inner)
            below[0] = lead + " " * gap + below[0][inner:]
            return below
        if isinstance(value, str):
            lines = self.long_text(lead + anchor, value, column, key_above)
            if lines:
                return lines
        if value is None and self.chance(0.5) and "!" not in anchor:
            return [lead + anchor + self.comment()]
        if isinstance(value, (dict, list)) and value and self.chance(self.odd):
            return [*self.wide_flow(lead + anchor, value, column + 2)]
        gap_text = self.random.choice([" ", " ", "   "])
        comment = self.comment()
        if key_above and lead.strip(" ") != ":" and self.chance(self.tabs):  # libyaml wants none after "-", "?" and ":"
            gap_text = self.random.choice(["\t", " \t"])
            comment = comment.replace(" ", "\t", 1)
        return [f"{lead}{anchor}{gap_text}{self.inline(value, '!' in anchor)}{comment}"]

    def tag(self, value: Any) -> str:
        """A tag that says what the value is anyway."""
        names = {str: "str", int: "int", bool: "bool", type(None): "null", dict: "map", list: "seq"}
        name = names.get(type(value))
        if name == "int" and not -(2**63) <= value < 2**64:
            name = None  # a float to go-yaml
        return "" if name is None else self.random.choice([f" !!{name}", f" !<tag:yaml.org,2002:{name}>"])

    def long_text(self, lead: str, value: str, column: int, key_above: bool) -> list[str]:
        """A string over several lines, or nothing where that cannot be or shall not."""
        if self.chance(self.long):
            way = self.random.choice([self.block_scalar, self.block_scalar, self.folded_plain, self.folded_quoted])
            lines = way(lead, value, column)
            if lines:
                return lines
        if "\n" in value and self.chance(0.7):
            width = self.step if key_above else 2
            literal = literal_lines(value, column + width, width)
            if literal is not None:
                self.tight = self.wild
                return [f"{lead} {literal[0]}", *literal[1:]]
        return []

    def block_scalar(self, lead: str, value: str, column: int) -> list[str]:
        """Literal or folded, with every header that fits."""
        body = value.rstrip("\n")
        lines = body.split("\n")
        if not body or not body.replace("\n", "").isprintable() or any(line.startswith("\t") for line in lines):
            return []
        width = self.random.choice([1, 2, 2, 4, 9])
        breaks = len(value) - len(body)
        chomping = "-" if not breaks else "+" if breaks > 1 else self.random.choice(["", "+"])
        first = next(line for line in lines if line)
        digit = str(width) if first[0] == " " or not lines[0] or self.chance(0.3) else ""
        style = "|"
        if self.chance(0.4) and all(line and line[0] != " " and line[-1] != " " for line in lines):
            style = ">"
            lines = [part for line in lines for part in (*self.folded(line), "")][:-1]
        pad = " " * (column + width)
        text = [pad + line if line else "" for line in lines] + [""] * (breaks - 1)
        header = style + self.random.choice([digit + chomping, chomping + digit])
        self.tight = True
        return [f"{lead} {header}{self.comment()}", *text]

    def folded(self, line: str) -> list[str]:
        """A line in parts, cut at single blanks between words."""
        parts = [""]
        for number, word in enumerate(line.split(" ")):
            parts[-1] += " " * bool(number) + word
        words = line.split(" ")
        if all(words) and self.chance(0.5):
            at = self.random.randint(1, len(words))
            parts = [" ".join(words[:at]), " ".join(words[at:])]
        return [part for part in parts if part]

    def folded_plain(self, lead: str, value: str, column: int) -> list[str]:
        words = value.split(" ")
        if needs_quotes(value) or not all(word and word[0].isalnum() for word in words) or len(words) < 2:
            return []
        pad = " " * (column + self.random.choice([1, 2, 6]))
        at = self.random.randint(1, len(words) - 1)
        blank = self.random.choice(["", "", " "])
        return [f"{lead} {' '.join(words[:at])}{blank}", pad + " ".join(words[at:]) + self.comment()]

    def folded_quoted(self, lead: str, value: str, column: int) -> list[str]:
        pad = " " * (column + self.random.choice([1, 2, 6]))
        at = self.random.randint(0, len(value))
        first, rest = value[:at], value[at:]
        if self.chance(0.5) and value.isprintable() and first.strip(" ") and rest[:1] == " " and rest[1:].strip(" "):
            if first[-1] == " " or rest[1] == " ":
                return []
            first, rest = first.replace("'", "''"), rest[1:].replace("'", "''")
            return [f"{lead} '{first}", f"{pad}{rest}'{self.comment()}"]
        begun, ended = double_quoted(first)[:-1], double_quoted(rest)[1:]
        escape = "\\" if ended[0] in " \t" else ""
        return [f"{lead} {begun}\\", f"{pad}{escape}{ended}{self.comment()}"]

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

    def inline(self, value: Any, tagged: bool = False) -> str:
        if tagged and isinstance(value, (bool, int)):
            return scalar_text(value)
        if tagged and value is None:
            return "null"
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
        if not self.chance(self.comments):
            return ""
        return self.random.choice([" # note", "  # a: b", "   # - x", " #", " # é 日本 '\"|"][: 5 if self.wild else 4])

    def between(self, column: int, share: float = 1.0) -> list[str]:
        lines: list[str] = []
        if self.tight:
            return lines
        if self.chance(self.blanks * share):
            lines.append("")
        if self.chance(self.comments * share / 2):
            lines.append(" " * self.random.choice([column, column, 0]) + "# about: what follows")
        return lines


def _keys(data: Any) -> list[Any]:
    """Every key in the data."""
    found: list[Any] = []
    work = [data]
    while work:
        node = work.pop()
        if isinstance(node, dict):
            found += node
            work += node.values()
        elif isinstance(node, list):
            work += node
    return found
