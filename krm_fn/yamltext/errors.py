"""What is wrong with a text that is not YAML, or not the YAML that Kubernetes reads: where, and in clear words."""

from __future__ import annotations

from krm_fn.memory import cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re

_WIDTH = 100

_HINTS = (
    ("cannot start any token", "tabs cannot indent YAML, and @, ` and % cannot start a value without quotes"),
    ("mapping values are not allowed", "a ': ' stands where a value ends; quote the value, or check the indentation"),
    ("did not find expected key", "check the indentation of this line and of the lines above"),
    ("did not find expected '-' indicator", "the entries of a list must stand in one column"),
    ("could not find expected ':'", "a key needs ': ' after it; check quotes and indentation above"),
    ("found undefined alias", "an alias (*name) needs an anchor (&name) earlier in the same document"),
    ("found unexpected end of stream", "a quote or bracket is still open"),
    ("did not find expected ',' or", "a bracket is still open; entries between brackets are separated by commas"),
    ("unknown escape character", "between double quotes a backslash must be doubled"),
    ("block sequence entries are not allowed", "a list must start on its own line, not after the key"),
)


class YamlError(Exception):
    """The text cannot be read.

    `message` says what is wrong; `line` and `column` (from 1) say where, `index` is the character; `context` shows the
    line with a caret below.
    """

    def __init__(self, message: str, text: str, index: int) -> None:
        index = min(max(index, 0), len(text))
        self.message = message
        self.index = index
        self.line, self.column = position(text, index)
        self.context = _context(text, index)
        super().__init__(f"line {self.line}, column {self.column}: {message}")


def position(text: str, index: int) -> tuple[int, int]:
    r"""Line and column of a character, both from 1. Lines end at ``\n``, ``\r\n`` or ``\r``, as in editors."""
    return 1 + line_breaks(text, 0, index), index - _line_start(text, index) + 1


def line_breaks(text: str, start: int, end: int) -> int:
    """The number of line breaks in a part of the text."""
    return text.count("\n", start, end) + text.count("\r", start, end) - text.count("\r\n", start, end)


def _line_start(text: str, index: int) -> int:
    return max(text.rfind("\n", 0, index), text.rfind("\r", 0, index)) + 1


def _context(text: str, index: int) -> str:
    start = _line_start(text, index)
    line = text[start : start + 10 * _WIDTH].split("\n", 1)[0].split("\r", 1)[0]
    caret = index - start
    if caret > _WIDTH // 2:
        line = "…" + line[caret - _WIDTH // 2 :]
        caret = _WIDTH // 2 + 1
    shown = "".join(c if c.isprintable() else " " if c == "\t" else "�" for c in line[:_WIDTH])
    return f"{shown}\n{' ' * min(caret, _WIDTH)}^"


def from_parser(error: Exception, text: str) -> YamlError:
    """The YamlError for what PyYAML's parser (C or Python) raised on `text`."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is None:
        return from_characters(text)
    problem = getattr(error, "problem", None) or "not YAML"
    message = str(problem)
    for part, hint in _HINTS:
        if part in message:
            message = f"{message} ({hint})"
            break
    return YamlError(message, text, mark.index)


def from_characters(text: str) -> YamlError:
    """The YamlError for a text with a character that YAML forbids, such as NUL or half of a surrogate pair."""
    match = _forbidden().search(text)
    if match is None:
        return YamlError("not YAML", text, 0)
    code = ord(match.group())
    return YamlError(f"the character U+{code:04X} is not allowed in YAML", text, match.start())


@cache
def _forbidden() -> re.Pattern[str]:
    from re import compile  # loaded only when something is wrong: starting fast matters

    return compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
