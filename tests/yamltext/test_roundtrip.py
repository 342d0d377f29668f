"""The last resort: a node rewritten by ruamel.yaml, comments and quotes kept."""

from __future__ import annotations

from typing import Any

import pytest

from krm_fn.yamltext.roundtrip import rewrite
from krm_fn.yamltext.scalars import APPLY


def rewritten(text: str, before: Any, after: Any, column: int = 0, newline: str = "\n") -> str:
    return rewrite(text, before, after, APPLY, column, newline)


@pytest.mark.parametrize(
    ("text", "before", "after", "result"),
    [
        ("a: 1\nb: 2 # why\n", {"a": 1, "b": 2}, {"a": 1, "b": 3}, "a: 1\nb: 3 # why\n"),
        ("a: 1\nb: 2\n", {"a": 1, "b": 2}, {"a": 1}, "a: 1\n"),
        ("a: 1\n", {"a": 1}, {"a": 1, "b": 2}, "a: 1\nb: 2\n"),
        ("a: {x: 1}\nb: 1\n", {"a": {"x": 1}, "b": 1}, {"a": "text", "b": 1}, "a: text\nb: 1\n"),
        ("a: 'q'\nb: 1\n", {"a": "q", "b": 1}, {"a": "q", "b": 2}, "a: 'q'\nb: 2\n"),
        ("a:\n- 1\n# two\n- 2\n- 3\n", {"a": [1, 2, 3]}, {"a": [1, 3]}, "a:\n- 1\n# two\n- 3\n"),
        ("a: [1, 3]\n", {"a": [1, 3]}, {"a": [0, 1, 2, 3, 4]}, "a: [0, 1, 2, 3, 4]\n"),
        ("- 1\n- a: 2 # c\n", [1, {"a": 2}], [1, {"a": 3}], "- 1\n- a: 3 # c\n"),
    ],
)
def test_changes(text: str, before: Any, after: Any, result: str) -> None:
    assert rewritten(text, before, after) == result


def test_without_a_change_not_a_byte_changes() -> None:
    assert rewritten("a:   1   # odd\n", {"a": 1}, {"a": 1}) == "a:   1   # odd\n"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("yes", '"yes"'),
        ("1", '"1"'),
        ("", '""'),
        ("x", "x"),
        (1, "1"),
        (True, "true"),
        ("one\ntwo\n", "|\n  one\n  two"),
        (["1", "x"], '\n- "1"\n- x'),
        ({"k": "no"}, '\n  k: "no"'),
    ],
)
def test_new_values_read_back_as_they_are(value: Any, written: str) -> None:
    separator = "" if written.startswith("\n") else " "
    assert rewritten("a: 1\n", {"a": 1}, {"a": 1, "b": value}) == f"a: 1\nb:{separator}{written}\n"


def test_a_node_that_stands_further_right() -> None:
    """Its first line begins in the middle of a line, at `column`."""
    text = "a: 1\n    b: 2"
    assert rewritten(text, {"a": 1, "b": 2}, {"a": 1, "b": 3}, column=4) == "a: 1\n    b: 3"


def test_other_line_breaks() -> None:
    result = rewritten("a: 1\r\nb: 2\r\n", {"a": 1, "b": 2}, {"a": 1, "b": 3}, newline="\r\n")
    assert result == "a: 1\r\nb: 3\r\n"


def test_long_lines_are_not_folded() -> None:
    long = "word " * 200 + "end"
    assert rewritten(f"a: {long}\nb: 1\n", {"a": long, "b": 1}, {"a": long, "b": 2}) == f"a: {long}\nb: 2\n"
