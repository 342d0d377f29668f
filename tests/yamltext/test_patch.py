"""The surgeon: texts before and after, as whole literals. {what: [(before, change, after)]}"""

from __future__ import annotations

import copy
import gc
from collections.abc import Callable
from typing import Any

import pytest

from krm_fn.yamltext import patch as patch_module
from krm_fn.yamltext.patch import PatchError, patch, resume_at, through_comment
from krm_fn.yamltext.read import read_documents, read_value
from krm_fn.yamltext.scalars import APPLY, KYAML

Change = Callable[[Any], object]


def put(*path: Any) -> Change:
    """Set the value (the last argument) at a path."""
    *way, key, value = path

    def change(data: Any) -> None:
        for step in way:
            data = data[step]
        data[key] = value

    return change


def drop(*path: Any) -> Change:
    """Remove what is at a path."""
    *way, key = path

    def change(data: Any) -> None:
        for step in way:
            data = data[step]
        del data[key]

    return change


def insert(*path: Any) -> Change:
    """Insert an item (the last argument) into the list at a path, at the index before it."""
    *way, index, value = path

    def change(data: Any) -> None:
        for step in way:
            data = data[step]
        data.insert(index, value)

    return change


def unshared(data: Any) -> Any:
    """A copy in which no two places share an object, unlike those of copy.deepcopy."""
    if isinstance(data, dict):
        return {key: unshared(value) for key, value in data.items()}
    return [unshared(item) for item in data] if isinstance(data, list) else data


def patched(text: str, change: Change, column: int = 0, newline: str = "\n", typing: str = KYAML) -> str:
    lead = " " * max(column - 2, 0) + "- " * bool(column)
    before = read_value(lead + text, typing)
    before = before[0] if column else before
    after = unshared(before)
    change(after)
    result = patch(text, before, after, typing, column, newline)
    found = read_value(lead + result, typing)
    assert (found[0] if column else found) == after
    return result


ADDED_KEYS: list[tuple[str, Change, str]] = [
    ("a: b\n", put("k", "v"), "a: b\nk: v\n"),
    ("a: b", put("k", "v"), "a: b\nk: v"),
    ("a: b # c\n# d\n", put("k", "v"), "a: b # c\nk: v\n# d\n"),
    ("m:\n  a: b # c\n  # d\n\nn: 1\n", put("m", "k", "true"), 'm:\n  a: b # c\n  k: "true"\n  # d\n\nn: 1\n'),
    ("m:\n    a:\n        b: 1\n", put("m", "k", {"x": "v"}), "m:\n    a:\n        b: 1\n    k:\n        x: v\n"),
    ("m:\n  a: 1\ns: 2\n", put("m", "k", {"x": {"p": "z"}}), "m:\n  a: 1\n  k:\n    x:\n      p: z\ns: 2\n"),
    ("m:\n  a:\n  - 1\n", put("m", "k", ["x", {"p": 1, "z": []}]),
     "m:\n  a:\n  - 1\n  k:\n  - x\n  - p: 1\n    z: []\n"),
    ("m:\n  a:\n    - 1\n", put("m", "k", ["x"]), "m:\n  a:\n    - 1\n  k:\n    - x\n"),
    ("m:\n  a: |\n    x\n\n  # c\nn: 1\n", put("m", "k", "v"), "m:\n  a: |\n    x\n  k: v\n\n  # c\nn: 1\n"),
    ("a: |\n  x\n", put("k", "v"), "a: |\n  x\nk: v\n"),
    ("a: |-\n  x\n\n", put("k", "v"), "a: |-\n  x\nk: v\n\n"),
    ("a: |+\n  x\n\n", put("k", "v"), "a: |+\n  x\n\nk: v\n"),
    ("a: |\n  x", put("k", "v"), "a: |-\n  x\nk: v"),
    ("a: |2+ # c\n    x", put("k", "v"), "a: |2- # c\n    x\nk: v"),
    ("a: >\n  x\n  y\n", put("k", "v"), "a: >\n  x\n  y\nk: v\n"),
    ("a: 'x\n  y' # c\n", put("k", "v"), "a: 'x\n  y' # c\nk: v\n"),
    ("a:\n  b:\n    c: 1\n  # d\n", put("k", "v"), "a:\n  b:\n    c: 1\nk: v\n  # d\n"),
    ("a:\n", put("k", "v"), "a:\nk: v\n"),
    ("a: # c\n", put("k", "v"), "a: # c\nk: v\n"),
    ("? a\n", put("k", "v"), "? a\nk: v\n"),
    ("a: x\t# tab\n", put("k", "v"), "a: x\t# tab\nk: v\n"),
    ("é: 日本 # ü\n", put("k", "é"), "é: 日本 # ü\nk: é\n"),
    ("a: b # x\u2028c: d\n", put("k", "v"), "a: b # x\u2028c: d\nk: v\n"),
    ("- a: 1\n- b: 2\n", put(0, "k", "v"), "- a: 1\n  k: v\n- b: 2\n"),
    ("-   a: 1\n", put(0, "k", "v"), "-   a: 1\n    k: v\n"),
    ("- - a: 1\n  - b\n", put(0, 0, "k", "v"), "- - a: 1\n    k: v\n  - b\n"),
    ("m: &x # c\n  a: 1\n", put("m", "k", "v"), "m: &x # c\n  a: 1\n  k: v\n"),
    ("m: !!map\n  a: 1\n", put("m", "k", "v"), "m: !!map\n  a: 1\n  k: v\n"),
    ("'m':\n  \"a\": 1\n", put("m", "k", "v"), "'m':\n  \"a\": 1\n  k: v\n"),
    ("a: 1\n...\n", put("k", "v"), "a: 1\nk: v\n...\n"),
    ("a: 1\n", put("yes", "no"), 'a: 1\n"yes": "no"\n'),
    ("a: 1\n", put(7, None), "a: 1\n7: null\n"),
    ("a: 1\n", put("t", "x\ny\n"), "a: 1\nt: |\n  x\n  y\n"),
]  # fmt: skip

EMPTY_MAPS: list[tuple[str, Change, str]] = [
    (f"m:\n  a:{old}\n  n: x\n", put("m", "a", {"k": "v"}), f"m:\n  a:{new}\n    k: v\n  n: x\n")
    for old, new in [
        (" {}", ""), (" null", ""), (" ~", ""), ("", ""), (" {} # c", " # c"), (" # c", " # c"), ("   {}", ""),
        (" { }", ""), (" &x {}", " &x"), (" &x", " &x"), (" !!map {}", ""), (" {\n    }", ""), (" ''", ""), (" []", ""),
    ]
]  # fmt: skip

FLOW: list[tuple[str, Change, str]] = [
    ("m: {a: b} # c\n", put("m", "k", "v"), "m: {a: b, k: v} # c\n"),
    ("m: { a: b }\n", put("m", "k", "true"), 'm: { a: b, k: "true" }\n'),
    ("m: {a: b,}\n", put("m", "k", "v"), "m: {a: b, k: v,}\n"),
    ("m: {a: b, }\n", put("m", "k", "v"), "m: {a: b, k: v, }\n"),
    ('m: {"a": "b"}\n', put("m", "k", ["v"]), 'm: {"a": "b", "k": ["v"]}\n'),
    ("m: {'a': 'b'}\n", put("m", "k", "v"), "m: {'a': 'b', k: 'v'}\n"),
    ('{"a": {}, "b": null}', put("a", {"k": "v"}), '{"a": {"k": "v"}, "b": null}'),
    ('{"a":1}\n', put("a", "x"), '{"a":"x"}\n'),
    ("{a: , b: 1}\n", put("a", "x"), "{a: x , b: 1}\n"),
    ("{a, b: 1}\n", put("a", "x"), "{a: x, b: 1}\n"),
    ("m: {\n  a: b # c\n}\n", put("m", "k", "v"), "m: {\n  a: b, # c\n  k: v\n}\n"),
    ("m: {\n  a: b, # c\n}\n", put("m", "k", "v"), "m: {\n  a: b, # c\n  k: v,\n}\n"),
    ("m: {\n  a: 1,\n  b: 2}\n", put("m", "k", "v"), "m: {\n  a: 1,\n  b: 2,\n  k: v}\n"),
    ("m: {a: 1, b: 2, c: 3}\n", drop("m", "b"), "m: {a: 1, c: 3}\n"),
    ("m: {a: 1, b: 2, c: 3}\n", drop("m", "a"), "m: {b: 2, c: 3}\n"),
    ("m: {a: 1, b: 2}\n", drop("m", "b"), "m: {a: 1}\n"),
    ("m: {a: 1}\n", drop("m", "a"), "m: {}\n"),
    ("m: {a: 1, b: {c: d}}\n", put("m", "b", "c", "e"), "m: {a: 1, b: {c: e}}\n"),
    ("l: [a, b]\n", insert("l", 2, "c"), "l: [a, b, c]\n"),
    ("l: [a, b]\n", insert("l", 0, "c"), "l: [c, a, b]\n"),
    ("l: [a, b]\n", insert("l", 1, "c"), "l: [a, c, b]\n"),
    ('l: ["a"]\n', insert("l", 1, "b"), 'l: ["a", "b"]\n'),
    ("l: ['a']\n", insert("l", 1, "b"), "l: ['a', 'b']\n"),
    ("l: [a, b, c]\n", drop("l", 1), "l: [a, c]\n"),
    ("l: [a, b, c]\n", drop("l", 0), "l: [b, c]\n"),
    ("l: [a]\n", drop("l", 0), "l: []\n"),
    ("l: [a: b, c]\n", put("l", 0, "k", "v"), "l: [{a: b, k: v}, c]\n"),
    ("l: [\n  a,\n  b\n]\n", insert("l", 1, "c"), "l: [\n  a,\n  c,\n  b\n]\n"),
    ("l: [\n  a,\n  b,\n]\n", insert("l", 2, "c"), "l: [\n  a,\n  b,\n  c,\n]\n"),
    ("l: [a]\n", put("l", {"x": 1}), "l: {x: 1}\n"),
    ("{a: 1}", put("k", {"x": [1, None]}), "{a: 1, k: {x: [1, null]}}"),
]

VALUES: list[tuple[str, Change, str]] = [
    ("a: b # c\n", put("a", "d"), "a: d # c\n"),
    ("a: b # c\n", put("a", "true"), 'a: "true" # c\n'),
    ("a: 'b'\n", put("a", "it's"), "a: 'it''s'\n"),
    ("a: 'b'\n", put("a", "x\x07"), 'a: "x\\u0007"\n'),
    ('a: "b"\n', put("a", "c"), 'a: "c"\n'),
    ('a: "b\\n"\n', put("a", "c\n"), 'a: "c\\n"\n'),
    ("a: '1'\n", put("a", 2), "a: 2\n"),
    ("a: 1\n", put("a", True), "a: true\n"),
    ("a: true\n", put("a", 1), "a: 1\n"),
    ("a: 1\n", put("a", 1.0), "a: 1.0\n"),
    ("a: 1 # c\n", put("a", None), "a: null # c\n"),
    ("a: # c\n", put("a", "b"), "a: b # c\n"),
    ("a:\nb: 1\n", put("a", []), "a: []\nb: 1\n"),
    ("a:\n  b\n", put("a", "c"), "a:\n  c\n"),
    ("a: b\n  c # d\ne: 1\n", put("a", "x"), "a: x # d\ne: 1\n"),
    ("a: |\n  b\n\nc: 1\n", put("a", "x"), "a: x\n\nc: 1\n"),
    ("a: |\n  b\n", put("a", "x\ny\n"), "a: |\n  x\n  y\n"),
    ("a: b # c\nd: 1\n", put("a", "x\ny\n"), "a: | # c\n  x\n  y\nd: 1\n"),
    ("a: b", put("a", "x\ny\n"), "a: |\n  x\n  y\n"),
    ("a: !!str 12\n", put("a", "13"), 'a: "13"\n'),
    ("a: &x b\nc: 1\n", put("a", "d"), "a: &x d\nc: 1\n"),
    ("a: # c\n  b: 1 # d\n  # e\nf: 1\n", put("a", "x"), "a: x # c\n  # e\nf: 1\n"),
    ("a:\n  # c\n  b: 1\n", put("a", ["x"]), "a:\n  # c\n- x\n"),
    ("a:\n- 1\n- 2\nb: 1\n", put("a", {"x": {"p": 1}}), "a:\n  x:\n    p: 1\nb: 1\n"),
    ("a: &x\n  b: 1\nc: 1\n", put("a", "d"), "a: &x d\nc: 1\n"),
    ("a: b # c\n", put("a", {"x": ["p"]}), "a: # c\n  x:\n  - p\n"),
    ("- a # c\n- b\n", put(0, {"x": 1, "p": 2}), "- x: 1 # c\n  p: 2\n- b\n"),
    ("-\n- b\n", put(0, {"x": 1, "p": 2}), "- x: 1\n  p: 2\n- b\n"),
    ("- # c\n- b\n", put(0, "x"), "- x # c\n- b\n"),
    ("- a: 1\n  b: 2 # c\n- d\n", put(0, "x"), "- x\n- d\n"),
    ("- &x a\n- b\n", put(0, {"x": 1}), "- &x\n  x: 1\n- b\n"),
    ("'a' : b\n", put("a", "c"), "'a' : c\n"),
    ("? a\n: b\n", put("a", "c"), "? a\n: c\n"),
]

REMOVED: list[tuple[str, Change, str]] = [
    ("a: 1\nb: 2 # c\nd: 3\n", drop("b"), "a: 1\nd: 3\n"),
    ("# x\na: 1 # y\n# z\nb: 2\n", drop("a"), "# x\n# z\nb: 2\n"),
    ("a: 1\nb: 2\n", drop("a"), "b: 2\n"),
    ("a: 1\nb: 2", drop("b"), "a: 1"),
    ("a: 1\nb:\n  c: 2\n  # d\n\ne: 1\n", drop("b"), "a: 1\n  # d\n\ne: 1\n"),
    ("a: 1\nb: |\n  x\n\n", drop("b"), "a: 1\n\n"),
    ("a: 1\nb: |+\n  x\n\n", drop("b"), "a: 1\n"),
    ("a: |\n  x\nb: 1", drop("b"), "a: |\n  x\n"),
    ("m:\n  a: 1\nn: 1\n", drop("m", "a"), "m: {}\nn: 1\n"),
    ("m: # c\n  a: 1\n", drop("m", "a"), "m: {} # c\n"),
    ("- name: x # c\n  # about value\n  value: y\n", drop(0, "name"), "- # about value\n  value: y\n"),
    ("- name: x\n  value: y\n", drop(0, "name"), "- value: y\n"),
    ("- name: x\n  value: y\n- z\n", drop(0, "value"), "- name: x\n- z\n"),
    ("- name: x\n", drop(0, "name"), "- {}\n"),
    ("? a\n? b\nc: 1\n", drop("b"), "? a\nc: 1\n"),
    ("a: 1\na: 2\nb: 3\n", drop("a"), "b: 3\n"),
]

LISTS: list[tuple[str, Change, str]] = [
    ("l:\n- a # c\n", insert("l", 1, "b"), "l:\n- a # c\n- b\n"),
    ("l:\n  - a\nm: 1\n", insert("l", 1, {"x": 1, "p": ["z"]}), "l:\n  - a\n  - x: 1\n    p:\n      - z\nm: 1\n"),
    ("l:\n- a: 1\n  # in\n\n# out\nm: 1\n", insert("l", 1, "b"), "l:\n- a: 1\n- b\n  # in\n\n# out\nm: 1\n"),
    ("l:\n# about a\n- a\n", insert("l", 0, "b"), "l:\n- b\n# about a\n- a\n"),
    ("l: # c\n\n- a\n", insert("l", 0, "b"), "l: # c\n\n- b\n- a\n"),
    ("- a\n", insert(0, "b"), "- b\n- a\n"),
    ("- - a\n  - c\n", insert(0, 0, "b"), "- - b\n  - a\n  - c\n"),
    ("l:\n- a\n# about c\n- c\n", insert("l", 1, "b"), "l:\n- a\n- b\n# about c\n- c\n"),
    ("l:\n- |\n  x\n- c\n", insert("l", 1, "b"), "l:\n- |\n  x\n- b\n- c\n"),
    ("l:\n- a # x\n- b # y\n- c\n", drop("l", 1), "l:\n- a # x\n- c\n"),
    ("l:\n- a\n- b\n", drop("l", 0), "l:\n- b\n"),
    ("l:\n- a\n- b\nm: 1\n", drop("l", 1), "l:\n- a\nm: 1\n"),
    ("l:\n- a\nm: 1\n", drop("l", 0), "l: []\nm: 1\n"),
    ("l:\n- a\n- b\n- c\n", put("l", 1, "x"), "l:\n- a\n- x\n- c\n"),
    ("l:\n- a\n- b\n- c\n", put("l", ["b", "c", "d"]), "l:\n- b\n- c\n- d\n"),
    ("- - a\n  - b\n- c\n", drop(0, 0), "- - b\n- c\n"),
    ("l: []\n", put("l", [{"a": 1}]), "l:\n- a: 1\n"),
    ("m:\n  - x\nl: []\n", put("l", ["a"]), "m:\n  - x\nl:\n  - a\n"),
    ("l:\n- name: a\n  x: 1 # c\n- name: b\n", put("l", [{"name": "n"}, {"name": "a", "x": 2}, {"name": "b"}]),
     'l:\n- name: "n"\n- name: a\n  x: 2 # c\n- name: b\n'),
    ("l:\n- name: a # 1\n- name: b # 2\n", put("l", [{"name": "b", "x": 1}]), "l:\n- name: b # 2\n  x: 1\n"),
]  # fmt: skip

SHARED: list[tuple[str, Change, str]] = [
    ("a: &x\n  b: 1\nc: *x\n", put("c", "d", 2), "a: &x\n  b: 1\nc:\n  b: 1\n  d: 2\n"),
    ("a: &x\n  b: 1\nc: *x # e\n", put("a", "d", 2), "a: &x\n  b: 1\n  d: 2\nc: # e\n  b: 1\n"),
    ("a: &x {b: 1}\nc: [*x]\n", put("c", 0, "b", 2), "a: &x {b: 1}\nc: [{b: 2}]\n"),
    ("a: &x {b: 1}\nc: *x\n", put("d", 1), "a: &x {b: 1}\nc: *x\nd: 1\n"),
    ("a: &x {b: 1}\nc:\n  <<: *x\n  e: 1\n", put("c", "b", 2), "a: &x {b: 1}\nc:\n  <<: *x\n  e: 1\n  b: 2\n"),
    ("a: &x {b: 1}\nc:\n  <<: *x\n  e: 1\n", put("c", "f", 2), "a: &x {b: 1}\nc:\n  <<: *x\n  e: 1\n  f: 2\n"),
    ("a: &x {b: 1, d: 2}\nc:\n  <<: *x\n  e: 1\n", drop("c", "b"), "a: &x {b: 1, d: 2}\nc:\n  e: 1\n  d: 2\n"),
    ("a: &x {b: 1}\nc: {<<: *x}\n", put("a", "b", 2), "a: &x {b: 2}\nc: {b: 1}\n"),
]

ALL = [*ADDED_KEYS, *EMPTY_MAPS, *FLOW, *VALUES, *REMOVED, *LISTS, *SHARED]


@pytest.fixture
def no_round_trip(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object, reason: str) -> str:
        raise AssertionError(f"ruamel.yaml was needed: {reason}")

    monkeypatch.setattr(patch_module._Operation, "round_trip", refuse)


@pytest.mark.usefixtures("no_round_trip")
@pytest.mark.parametrize(("before", "change", "after"), ALL, ids=[case[0] for case in ALL])
def test_changes(before: str, change: Change, after: str) -> None:
    assert patched(before, change) == after


CRLF = [case for case in ALL if "\u2028" not in case[0] and "\\n" not in case[0] + case[2]]


@pytest.mark.usefixtures("no_round_trip")
@pytest.mark.parametrize(("before", "change", "after"), CRLF, ids=[case[0] for case in CRLF])
def test_changes_with_carriage_returns(before: str, change: Change, after: str) -> None:
    result = patched(before.replace("\n", "\r\n"), change, newline="\r\n")
    assert result == after.replace("\n", "\r\n")


def indented(text: str, column: int) -> str:
    """A document as the slice of an item in `column`."""
    return "".join(
        line if not number or not line.strip() else " " * column + line
        for number, line in enumerate(text.splitlines(keepends=True))
    )


ITEMS = [c for c in ALL if not c[0].startswith(("#", "?")) and "..." not in c[0] and "\u2028" not in c[0]]


@pytest.mark.usefixtures("no_round_trip")
@pytest.mark.parametrize(("before", "change", "after"), ITEMS, ids=[case[0] for case in ITEMS])
@pytest.mark.parametrize("column", [2, 6])
def test_changes_in_an_item(before: str, change: Change, after: str, column: int) -> None:
    assert patched(indented(before, column), change, column) == indented(after, column)


LEFT_ALONE = [case[0] for case in ALL] + [case[2] for case in ALL]


@pytest.mark.parametrize("text", LEFT_ALONE)
def test_equal_data_leaves_the_text_alone(text: str) -> None:
    data = read_value(text, KYAML)
    assert patch(text, data, data, KYAML) is text
    assert patch(text, data, copy.deepcopy(data), KYAML) is text


def test_the_order_of_keys_is_no_change() -> None:
    text = "b: 1\na: 2\n"
    assert patch(text, {"b": 1, "a": 2}, {"a": 2, "b": 1}, KYAML) is text


def test_several_changes_in_order() -> None:
    text = "kind: A\nm:\n  a: 1\n  l:\n  - x\n  b: 2\ns: [1]\n"
    before = read_value(text, KYAML)
    after = {
        "kind": "B",
        "m": {"l": ["w", "x", {"q": 1}], "b": 2, "z": {"p": None}, "c": 3},
        "s": [1, 2],
        "t": "u",
    }
    assert patch(text, before, after, KYAML) == (
        "kind: B\nm:\n  l:\n  - w\n  - x\n  - q: 1\n  b: 2\n  z:\n    p: null\n  c: 3\ns: [1, 2]\nt: u\n"
    )


def test_root_of_another_kind() -> None:
    assert patch("a: 1\nb: 2 # c\n", {"a": 1, "b": 2}, ["x"], KYAML) == "- x\n"
    assert patch("a # c\n", "a", {"x": 1, "p": 2}, KYAML) == "x: 1 # c\np: 2\n"
    assert patch("{a: 1}", {"a": 1}, "x", KYAML) == "x"
    assert patch("a: 1", {"a": 1}, {}, KYAML) == "{}"


def test_the_typing_decides_what_is_a_change() -> None:
    assert patch("a: on\n", {"a": True}, {"a": "on"}, APPLY) == 'a: "on"\n'
    assert patch("a: on\n", {"a": "on"}, {"a": True}, KYAML) == "a: true\n"


def test_an_alias_to_another_item_stays() -> None:
    text = "a: *x\n    b: 1\n    c:\n      <<: *y\n      d: 1"
    before = {"a": {"p": 1}, "b": 1, "c": {"d": 1, "q": 2}}
    after = {"a": {"p": 1}, "b": 2, "c": {"d": 1, "q": 3}}
    assert patch(text, before, after, KYAML, 4) == "a: *x\n    b: 2\n    c:\n      <<: *y\n      d: 1\n      q: 3"


def test_slices_put_back_into_their_list() -> None:
    text = "items:\n- a: b # c\n- a: |\n    x\n- a: c"
    [document] = read_documents(text, KYAML, "items")
    after = [{"a": "b", "k": "v"}, {"a": "l\nm\n"}, {"a": "c", "t": "x\ny\n"}]
    pieces = []
    done = 0
    for entry, old, new in zip(document.entries, document.data["items"], after, strict=True):
        end = through_comment(text, entry.end)
        piece = patch(text[entry.start : end], old, new, KYAML, entry.column)
        pieces += [text[done : entry.start], piece]
        done = resume_at(text, end, piece)
    pieces.append(text[done:])
    assert "".join(pieces) == "items:\n- a: b # c\n  k: v\n- a: |\n    l\n    m\n- a: c\n  t: |\n    x\n    y\n"


@pytest.mark.parametrize(
    ("text", "end", "piece", "index"),
    [
        ("ab\ncd", 2, "x", 2),
        ("ab\ncd", 2, "x\n", 3),
        ("ab\r\ncd", 2, "x\r\n", 4),
        ("ab\ncd", 3, "x\n", 3),
        ("ab", 2, "x\n", 2),
    ],
)
def test_resume_at(text: str, end: int, piece: str, index: int) -> None:
    assert resume_at(text, end, piece) == index


def test_what_splicing_cannot_do_goes_through_ruamel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patch_module._Operation, "spliced", lambda *_: "broken: [")
    text = "a: 1 # c\nb:\n- 'x' # d\n- y\n"
    after = {"a": "yes", "b": ["x", "z", {"k": "l\nm\n"}], "n": {"o": "1e3"}}
    result = patch(text, {"a": 1, "b": ["x", "y"]}, after, KYAML)
    assert read_value(result, KYAML) == after
    assert "# c" in result
    assert "'x' # d" in result


@pytest.mark.parametrize("value", ["\ud800", 2**70])
def test_what_no_text_can_say_is_refused(value: Any) -> None:
    with pytest.raises(PatchError):
        patch("a: 1\n", {"a": 1}, {"a": value}, KYAML)


def test_a_text_that_is_not_yaml_is_refused() -> None:
    with pytest.raises(PatchError):
        patch("a: [", {"a": 1}, {"a": 2}, KYAML)


def test_depth_is_no_matter() -> None:
    depth = 300
    text = "".join(f"{' ' * level}a:\n" for level in range(depth)) + " " * depth + "b: 1\n"
    before = read_value(text, KYAML)
    after = read_value(text.replace("b: 1", "b: 2"), KYAML)
    assert read_value(patch(text, before, after, KYAML), KYAML) == after


def test_garbage_collection_is_as_before() -> None:
    assert gc.isenabled()
    patch("a: 1\n", {"a": 1}, {"a": 2}, KYAML)
    assert gc.isenabled()
