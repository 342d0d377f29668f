"""ConfigProblem: one thing that is wrong with a functionConfig, said completely."""

from __future__ import annotations

from krm_fn.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    Path = tuple[str | int, ...]
    Where = Callable[[Path], str]

UNKNOWN_KIND = "config-unknown-kind"
UNKNOWN_FIELD = "config-unknown-field"
MISSING_FIELD = "config-missing-field"
WRONG_TYPE = "config-wrong-type"
WRONG_VALUE = "config-wrong-value"
CONFLICT = "config-conflict"
BAD_EXPRESSION = "config-bad-expression"
CODES = (
    UNKNOWN_KIND,
    UNKNOWN_FIELD,
    MISSING_FIELD,
    WRONG_TYPE,
    WRONG_VALUE,
    CONFLICT,
    BAD_EXPRESSION,
)


class ConfigProblem(Record):
    """What is wrong, and where.

    `path` is written as ``spec.injection.rules[0].target.name``; `message` says everything by itself and repeats the
    other fields in words; `allowed` describes the values that are accepted there, `suggestion` is the nearest of them
    (both empty where there is nothing to say); `code` is one of CODES.
    """

    path: str
    value: Any
    message: str
    allowed: str = ""
    suggestion: str = ""
    code: str = WRONG_VALUE


def problem(code: str, path: str, value: object, fault: str, allowed: str = "", suggestion: str = "") -> ConfigProblem:
    """Return a ConfigProblem whose message is made of its parts."""
    message = f"{path}: {fault}"
    if allowed:
        message += f"; allowed: {allowed}"
    if suggestion:
        message += f"; did you mean {suggestion}?"
    return ConfigProblem(path, value, message, allowed, suggestion, code)


def path_text(path: Path) -> str:
    """Write a path of keys and indexes as people do: ``spec.namespaces[0].labels["kuma.io/mesh"]``."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif str(step).replace("-", "_").isidentifier():  # YAML keys need not be text
            text += f".{step}" if text else step
        else:
            text += f'["{step}"]'
    return text or "functionConfig"


def shown(value: object) -> str:
    """Return a plain value as YAML would show it, in one short piece."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a map"
    if isinstance(value, list):
        return "a list"
    text = f'"{value}"' if isinstance(value, str) else str(value)
    text = text.replace("\n", "\\n")
    return text if len(text) <= 80 else text[:76] + "..." + text[-1]


def listed(words: Iterable[str]) -> str:
    """Join words as a sentence would: a, b or c."""
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last


def nearest(word: str, choices: Iterable[str]) -> str:
    """Return the choice that somebody who wrote `word` most likely meant, empty if none comes close."""
    # Loaded only when something is wrong: it is not needed otherwise, and starting fast matters.
    from difflib import get_close_matches

    spellings = {_plain(choice): choice for choice in choices}
    found = get_close_matches(_plain(word), spellings, n=1, cutoff=0.6)
    return spellings[found[0]] if found else ""


def _plain(word: str) -> str:
    return word.lower().replace("-", "").replace("_", "").replace(".", "")
