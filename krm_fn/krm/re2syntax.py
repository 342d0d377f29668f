"""Reads regular expressions as RE2 does, into nodes for `krm_fn.krm.patterns` to run.

Known: literals, ``.``, classes with ranges and ``[:posix:]`` names, ``\\d \\w \\s`` and their opposites, groups of
every form, ``|``, all repetitions, ``^ $ \\A \\z``, the flags ``i``, ``s`` and ``U``. Not known, and refused with a
message: the flag ``m``, ``\\b``, ``\\p{...}``, ``\\Q...\\E``, octal escapes. What RE2 refuses (back references,
looking around) is refused too.

Follows https://github.com/google/re2/wiki/Syntax and Go's regexp/syntax (limits on repetition, stacked operators).
"""

from __future__ import annotations

from krm_fn.krm.patterns import MAX_LENGTH, PatternError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Ranges = tuple[tuple[str, str], ...]
    Node = tuple[Any, ...]

MAX_DEPTH = 50
MAX_REPEAT = 1000

_DIGIT: Ranges = (("0", "9"),)
_WORD: Ranges = (("0", "9"), ("A", "Z"), ("_", "_"), ("a", "z"))
_SPACE: Ranges = (("\t", "\n"), ("\f", "\r"), (" ", " "))
_PERL = {"d": _DIGIT, "w": _WORD, "s": _SPACE}
_POSIX: dict[str, Ranges] = {
    "alnum": (("0", "9"), ("A", "Z"), ("a", "z")),
    "alpha": (("A", "Z"), ("a", "z")),
    "ascii": (("\0", "\x7f"),),
    "blank": (("\t", "\t"), (" ", " ")),
    "cntrl": (("\0", "\x1f"), ("\x7f", "\x7f")),
    "digit": _DIGIT,
    "graph": (("!", "~"),),
    "lower": (("a", "z"),),
    "print": ((" ", "~"),),
    "punct": (("!", "/"), (":", "@"), ("[", "`"), ("{", "~")),
    "space": (("\t", "\r"), (" ", " ")),
    "upper": (("A", "Z"),),
    "word": _WORD,
    "xdigit": (("0", "9"), ("A", "F"), ("a", "f")),
}
_CONTROL = {"a": "\a", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_ANY: Ranges = (("\0", "\U0010ffff"),)


def parse(pattern: str) -> Node:
    """Return the node tree of a pattern; raises PatternError.

    Nodes are ("set", ranges, negated, fold), ("cat", nodes), ("alt", nodes), ("repeat", node, least, most or None),
    ("start",) and ("end",).
    """
    return _Parser(pattern).parse()


class _Parser:
    def __init__(self, pattern: str) -> None:
        if len(pattern) > MAX_LENGTH:
            raise PatternError(f"is longer than {MAX_LENGTH} characters")
        self.text = pattern
        self.at = 0
        self.depth = 0
        self.fold = False
        self.dot_all = False

    def fail(self, reason: str, at: int | None = None) -> PatternError:
        return PatternError(f"{reason} (at character {(self.at if at is None else at) + 1})")

    def parse(self) -> Node:
        node = self.alternatives()
        if self.at < len(self.text):
            raise self.fail("')' closes nothing")
        return node

    def alternatives(self) -> Node:
        branches = [self.sequence()]
        while self.text[self.at : self.at + 1] == "|":
            self.at += 1
            branches.append(self.sequence())
        return branches[0] if len(branches) == 1 else ("alt", branches)

    def sequence(self) -> Node:
        nodes: list[Node] = []
        repeatable = False
        while self.at < len(self.text) and self.text[self.at] not in "|)":
            begin = self.at
            counts = self.repetition()
            if counts is None:
                node = self.atom()
                if node is not None:
                    nodes.append(node)
                repeatable = bool(nodes)
                continue
            if not repeatable:
                raise self.fail("nothing to repeat, or two repetitions in a row", begin)
            repeatable = False
            node = ("repeat", nodes.pop(), *counts)
            if _repeats(node) > MAX_REPEAT:
                raise self.fail(f"repeats more than {MAX_REPEAT} times", begin)
            nodes.append(node)
        return ("cat", nodes)

    def repetition(self) -> tuple[int, int | None] | None:
        """Read a repetition operator if one stands here; a brace that is none is an ordinary character."""
        operator = self.text[self.at]
        counts: tuple[int, int | None]
        if operator in "*+?":
            counts = {"*": (0, None), "+": (1, None), "?": (0, 1)}[operator]
            self.at += 1
        elif operator == "{":
            end = self.text.find("}", self.at)
            least, comma, most = self.text[self.at + 1 : max(end, 0)].partition(",")
            if end < 0 or not _is_number(least) or not (_is_number(most) or not most):
                return None
            counts = (int(least), int(most) if most else None if comma else int(least))
            if max(counts[0], counts[1] or 0) > MAX_REPEAT or (counts[1] is not None and counts[1] < counts[0]):
                raise self.fail("bad repetition count")
            self.at = end + 1
        else:
            return None
        if self.text[self.at : self.at + 1] == "?":
            self.at += 1
        return counts

    def atom(self) -> Node | None:
        begin = self.at
        char = self.text[begin]
        self.at += 1
        if char == "(":
            return self.group(begin)
        if char == "[":
            return self.char_class(begin)
        if char == ".":
            return ("set", _ANY, False, False) if self.dot_all else ("set", (("\n", "\n"),), True, False)
        if char == "^":
            return ("start",)
        if char == "$":
            return ("end",)
        if char != "\\":
            return ("set", ((char, char),), False, self.fold)
        letter = self.text[self.at : self.at + 1]
        if letter in ("A", "z"):
            self.at += 1
            return ("start",) if letter == "A" else ("end",)
        ranges, negated = self.escape(begin)
        return ("set", ranges, negated, self.fold)

    def escape(self, begin: int) -> tuple[Ranges, bool]:
        """Read what follows a backslash: the ranges it stands for, and whether it means all others."""
        letter = self.text[self.at : self.at + 1]
        if not letter:
            raise self.fail("nothing follows the last '\\'", begin)
        self.at += 1
        if letter.lower() in _PERL:
            return _PERL[letter.lower()], letter.isupper()
        if letter in _CONTROL:
            return ((_CONTROL[letter], _CONTROL[letter]),), False
        if letter == "x":
            char = self.code_point(begin)
            return ((char, char),), False
        if letter.isascii() and not letter.isalnum():
            return ((letter, letter),), False
        raise self.fail(f"'\\{letter}' is not supported", begin)

    def code_point(self, begin: int) -> str:
        if self.text[self.at : self.at + 1] == "{":
            end = self.text.find("}", self.at)
            digits, self.at = (self.text[self.at + 1 : end], end + 1) if end > 0 else ("", self.at)
        else:
            digits = self.text[self.at : self.at + 2]
            if len(digits) < 2:
                raise self.fail("bad '\\x' escape", begin)
            self.at += 2
        if digits and len(digits) <= 6 and all(d in "0123456789abcdefABCDEF" for d in digits):
            number = int(digits, 16)
            if self.at <= len(self.text) and number <= 0x10FFFF:
                return chr(number)
        raise self.fail("bad '\\x' escape", begin)

    def group(self, begin: int) -> Node | None:
        """Read a group after its '('; flags that hold for the rest of the group around them give no node."""
        outside = self.fold, self.dot_all
        if self.text.startswith("?", self.at) and not self.group_head(begin):
            return None
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.fail(f"groups are nested more than {MAX_DEPTH} deep", begin)
        node = self.alternatives()
        if self.at >= len(self.text):
            raise self.fail("'(' is never closed", begin)
        self.at += 1
        self.depth -= 1
        self.fold, self.dot_all = outside
        return node

    def group_head(self, begin: int) -> bool:
        """Read from '?' up to where the content of the group begins; False: only flags were set."""
        for name in ("?P<", "?<"):
            if (
                self.text.startswith(name, self.at)
                and self.text[self.at + len(name) : self.at + len(name) + 1] not in "=!"
            ):
                end = self.text.find(">", self.at)
                label = self.text[self.at + len(name) : max(end, 0)]
                if not (label.isascii() and label.replace("_", "a").isalnum()):
                    raise self.fail("bad name of a group", begin)
                self.at = end + 1
                return True
        on = True
        for index in range(self.at + 1, len(self.text)):
            flag = self.text[index]
            if flag in ":)":
                self.at = index + 1
                return flag == ":"
            if flag == "-" and on:
                on = False
            elif flag == "i":
                self.fold = on
            elif flag == "s":
                self.dot_all = on
            elif flag != "U":
                break
        raise self.fail("this form of group is not supported", begin)

    def char_class(self, begin: int) -> Node:
        negated = self.text.startswith("^", self.at)
        self.at += negated
        ranges: list[tuple[str, str]] = []
        first = True
        while first or not self.text.startswith("]", self.at):
            if self.at >= len(self.text):
                raise self.fail("'[' is never closed", begin)
            first = False
            low = self.class_item(begin)
            if len(low) != 1 or low[0][0] != low[0][1] or not self.is_range():
                ranges += low
                continue
            self.at += 1
            high = self.class_item(begin)
            if len(high) != 1 or high[0][0] != high[0][1] or high[0][0] < low[0][0]:
                raise self.fail("bad range in a class", begin)
            ranges.append((low[0][0], high[0][0]))
        self.at += 1
        return ("set", tuple(ranges), negated, self.fold)

    def is_range(self) -> bool:
        return self.text.startswith("-", self.at) and self.text[self.at + 1 : self.at + 2] not in ("]", "")

    def class_item(self, begin: int) -> Ranges:
        start = self.at
        if self.text.startswith("[:", start):
            end = self.text.find(":]", start + 2)
            if end >= 0:
                name = self.text[start + 2 : end]
                if name.removeprefix("^") not in _POSIX:
                    raise self.fail(f"no class is named '[:{name}:]'")
                self.at = end + 2
                ranges = _POSIX[name.removeprefix("^")]
                return _others(ranges) if name.startswith("^") else ranges
        if start >= len(self.text):
            raise self.fail("'[' is never closed", begin)
        self.at += 1
        if self.text[start] != "\\":
            return ((self.text[start], self.text[start]),)
        ranges, negated = self.escape(start)
        return _others(ranges) if negated else ranges


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 5 and (text == "0" or text[0] != "0")


def _others(ranges: Ranges) -> Ranges:
    """Return the characters outside ranges that are sorted and do not touch."""
    result = []
    low = 0
    for first, last in ranges:
        if low < ord(first):
            result.append((chr(low), chr(ord(first) - 1)))
        low = ord(last) + 1
    return (*result, (chr(low), "\U0010ffff"))


def _repeats(node: Node) -> int:
    """Return how often the innermost part of a node may be written out, which Go limits to 1000."""
    if node[0] in ("cat", "alt"):
        return max((_repeats(part) for part in node[1]), default=1)
    if node[0] == "repeat":
        least, most = node[2:]
        return max(1, int(most or least)) * _repeats(node[1])
    return 1
