"""Plain YAML read line by line: what is read, where it ends, and all that is left to libyaml."""

from __future__ import annotations

from typing import Any

import pytest

from krm_fn.yamltext import plain
from krm_fn.yamltext.plain import DEEPEST, LONGEST_KEY, UNSURE, end_of_plain, read_plain
from krm_fn.yamltext.read import read_documents
from krm_fn.yamltext.scalars import APPLY, KYAML

READ: list[tuple[str, Any]] = [
    ("a: 1\n", {"a": 1}),
    ("a: 1", {"a": 1}),
    ("a: b c # d\n\n# e: f\ng: h#i\n", {"a": "b c", "g": "h#i"}),
    ("a:\n  b:\n    c: 'd'\n  e: \"f\"\ng:\n", {"a": {"b": {"c": "d"}, "e": "f"}, "g": None}),
    (
        "a:\n- b\n- c: d\n  e: f\n-   g: h\n    i: j\nk: l\n",
        {"a": ["b", {"c": "d", "e": "f"}, {"g": "h", "i": "j"}], "k": "l"},
    ),
    ("a:\n  - b:\n    - c\n    d: e\n  - f\n", {"a": [{"b": ["c"], "d": "e"}, "f"]}),
    ("- a\n- 1\n- 'b'\n", ["a", 1, "b"]),
    ("    a: 1\n    b: 2\n", {"a": 1, "b": 2}),
    ("a: []\nb: {}\nc: [d, {e: f}] # g\n", {"a": [], "b": {}, "c": ["d", {"e": "f"}]}),
    ("a: # b\n  c: d\n", {"a": {"c": "d"}}),
    ("a:   b  \n", {"a": "b"}),
    ("a: null\n", {"a": None}),
    ("2: a\ntrue: b\n", {2: "a", True: "b"}),
    ("a: http://b:80/c\nd: -1\ne: .5\n", {"a": "http://b:80/c", "d": -1, "e": 0.5}),
    ("a: 'b: c # d'\n", {"a": "b: c # d"}),
    ("a: é\n", {"a": "é"}),
]

LEFT_TO_LIBYAML = [
    "",
    "\n# a\n",
    "a\n",
    "'a'\n",
    "a: &b c\n",
    "a: *b\n",
    "a: !!str 1\n",
    "a: |\n  b\n",
    "a: >-\n  b\n",
    "a: b\n  c\n",
    "a: 'b\n  c'\n",
    'a: "b\n  c"\n',
    'a: "\\n"\n',
    "a: 'b''c'\n",
    "a: 'b'c\n",
    "a: 'b'#c\n",
    "a: b: c\n",
    "a: b:\n",
    "a: [b,\n  c]\n",
    "a: [b\n",
    "a: [b] c\n",
    "a: [&b c]\n",
    "a: {b: 1, b: 2}\n",
    "a: - b\n",
    "a: ? b\n",
    "? a\n: b\n",
    "-\n  a: b\n",
    "- - a\n",
    "- # a\n  b: c\n",
    "'a': b\n",
    "a b: c\n",
    "<<: a\n",
    ".a: b\n",
    "a : b\n",
    "a: 1\na: 2\n",
    "1: a\ntrue: b\n",
    "a: 1\n  b: 2\n",
    "a: 1\n b: 2\n",
    "  a: 1\nb: 2\n",
    "a:\n    b: 1\n  c: 2\n",
    "a: 1\n- b\n",
    "- a\nb: c\n",
    "a:\n- b\n  - c\n",
    "- a\n- b\n- c: 1\n c: 2\n",
    "a:\tb\n",
    "a: b\tc\n",
    "a: 1\r\nb: 2\r\n",
    "a: b\x85\n",
    "a: b # \u2028c: d\n",
    "\ufeffa: b\n",
    "a: b # \x07\n",
    "---\na: b\n",
    "a: b\n...\n",
    "a: b\n--- c: d\n",
    "%YAML 1.1\n---\na: b\n",
    "a: ~\n",
    "a: @b\n",
    "a: `b\n",
    "a: %b\n",
    "a: b\n{c: d}\n",
    f"{'a' * LONGEST_KEY}: b\n",
    "".join(" " * depth + "a:\n" for depth in range(DEEPEST + 2)),
    f"a: {'[' * DEEPEST}{']' * DEEPEST} # [\n",
]


@pytest.mark.parametrize(("text", "data"), READ)
def test_plain_texts_are_read(text: str, data: Any) -> None:
    assert read_plain(text, KYAML) == data
    [document] = read_documents(text, KYAML)
    assert document.data == data
    end = end_of_plain(text)
    assert end == (-1 if text.endswith("g:\n") else document.end)


@pytest.mark.parametrize("text", LEFT_TO_LIBYAML)
def test_everything_else_is_not(text: str) -> None:
    assert read_plain(text, KYAML) is UNSURE


def test_words_are_typed_by_the_reader() -> None:
    assert read_plain("a: on\non: b\n", APPLY) == {"a": True, True: "b"}
    assert read_plain("a: on\non: b\n", KYAML) == {"a": "on", "on": "b"}


def test_what_is_read_twice_is_not_shared() -> None:
    text = "a: [b]\nc: [b]\nd: []\ne: []\n"
    first = read_plain(text, KYAML)
    first["a"].append("x")
    first["d"].append("x")
    assert read_plain(text, KYAML) == {"a": ["b"], "c": ["b"], "d": [], "e": []}
    assert first == {"a": ["b", "x"], "c": ["b"], "d": ["x"], "e": []}


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("a: b # c\n\n# d\n", 4),
        ("a: 'b' # c\n", 6),
        ("a: [b] # c\n", 6),
        ("- a\n- b c  \n", 9),
        ("a:\n", -1),
        ("a:\n# b\n", -1),
        ("a: # b\n", -1),
        ("- a: # b\n", -1),
    ],
)
def test_the_last_token_ends(text: str, end: int) -> None:
    assert end_of_plain(text) == end


def test_too_many_different_flow_collections_are_left_to_libyaml(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain, "_memories", {})
    monkeypatch.setattr(plain, "MOST_FLOWS", 2)
    assert read_plain("a: [1]\nb: [2]\n", KYAML) == {"a": [1], "b": [2]}
    assert read_plain("a: [3]\n", KYAML) is UNSURE
    assert read_plain("a: [1]\n", KYAML) == {"a": [1]}


def test_memory_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain, "_memories", {})
    monkeypatch.setattr(plain, "_MEMORY", 2)
    read_plain("a: 1\nb: 2\nc: 3\n", KYAML)
    assert plain._memory(KYAML).size == 0
