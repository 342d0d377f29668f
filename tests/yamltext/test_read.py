"""Reading: data, positions, limits and errors."""

from __future__ import annotations

import contextlib
import gc
from typing import Any

import pytest

from krm_fn.yamltext.read import Document, YamlError, read_documents, read_value
from krm_fn.yamltext.scalars import APPLY, KYAML

DATA: list[tuple[str, Any]] = [
    ("", None),
    ("# only a comment\n", None),
    ("---\n", None),
    ("a", "a"),
    ("- 1\n- '1'\n", [1, "1"]),
    ("a: b\n", {"a": "b"}),
    ("a:\n- b\n", {"a": ["b"]}),
    ("a:\n  - - 1\n    - {x: [y, ~]}\n", {"a": [[1, {"x": ["y", None]}]]}),
    ("1: a\ntrue: b\n~: c\n", {1: "b", None: "c"}),
    ("? a\n? b\n: c\n", {"a": None, "b": "c"}),
    ("{a, b: }", {"a": None, "b": None}),
    ("[a: b]", [{"a": "b"}]),
    ("a: &x {b: 1}\nc: *x\n", {"a": {"b": 1}, "c": {"b": 1}}),
    ("a: &x y\n*x : z\n", {"a": "y", "y": "z"}),
    ("&k a: *k\n", {"a": "a"}),
    ("a: =\nb: <<\n", {"a": "=", "b": "<<"}),
    ("a: &x {p: 1, q: 2}\nb: {<<: *x, q: 3}\n", {"a": {"p": 1, "q": 2}, "b": {"q": 3, "p": 1}}),
    ("a: &x {p: 1}\n<<: *x\nb: &y {p: 2}\n", {"a": {"p": 1}, "b": {"p": 2}, "p": 1}),
    ("<<: [{a: 1}, {a: 2, b: 3}]\nc: 4\n", {"a": 1, "b": 3, "c": 4}),
    ("<<: {a: {<<: {b: 1}}}\n", {"a": {"b": 1}}),
    ('"<<": 1\n', {"<<": 1}),
    ("a: |\n  x\n   y\n\nb: >-\n  p\n  q\n", {"a": "x\n y\n", "b": "p q"}),
    ("a: 1\r\nb: |\r\n  x\r\n", {"a": 1, "b": "x\n"}),
    ("a: x\ty # c\n", {"a": "x\ty"}),
    ('a: "\\u2028\\x85"\n', {"a": "\u2028\x85"}),
    ("%YAML 1.1\n---\na: b\n...\n", {"a": "b"}),
]


@pytest.mark.parametrize(("text", "data"), DATA)
def test_data(text: str, data: Any) -> None:
    assert read_value(text, KYAML) == data


def test_keys_are_typed_by_the_reader() -> None:
    assert read_value("on: 1\n", APPLY) == {True: 1}
    assert read_value("on: 1\n", KYAML) == {"on": 1}


def one(text: str, entries_of: str | None = None) -> Document:
    [document] = read_documents(text, KYAML, entries_of)
    return document


SPANS: list[tuple[str, str]] = [
    ("a: 1\n", "a: 1"),
    ("# c\n---\n# d\na: 1 # e\n# f\n\n...\n", "a: 1"),
    ("a:\n  b: 1 # e\n  # f\n\n# g\n", "a:\n  b: 1"),
    ("a:\n", "a:"),
    ("a: # c\n", "a:"),
    ("a: !!null\n\n", "a: !!null"),
    ("-\n# c\n", "-"),
    ("a: [1,\n 2] # c\n", "a: [1,\n 2]"),
    ("{a: 1} # c\n", "{a: 1}"),
    ("a: 'x\n  y' # c\n", "a: 'x\n  y'"),
    ("a: x\n  y\n# c\n", "a: x\n  y"),
    ("a: |\n  x\n\n\n# c\n", "a: |\n  x\n"),
    ("a: |-\n  x\n\n", "a: |-\n  x"),
    ("a: |+\n  x\n\n\n", "a: |+\n  x\n\n\n"),
    ("a: |+ # c\n  x\n\n# d\n", "a: |+ # c\n  x\n\n"),
    ("a: >2\n    x \n\n", "a: >2\n    x \n"),
    ("a: |\n", "a: |"),
    ("a: |\n  x", "a: |\n  x"),
    ("a: |\n  x\n   \n", "a: |\n  x\n   \n"),
    ("a: |\r\n  x\r\n\r\n", "a: |\r\n  x\r\n"),
    ("&r\na: 1\n", "&r\na: 1"),
    ("--- &r !!map\na: 1\n", "&r !!map\na: 1"),
    ("? a\n# c\n", "? a"),
    ("a:\n  ? b\n  # c\n", "a:\n  ? b"),
    ("é: 日本 # c\n", "é: 日本"),
    ("a: x\u2028# c\n", "a: x"),
]


@pytest.mark.parametrize(("text", "span"), SPANS)
def test_the_root_ends_with_its_last_token(text: str, span: str) -> None:
    document = one(text)
    assert text[document.start : document.end] == span
    assert read_value(span, KYAML) == document.data


def test_documents() -> None:
    text = "a: 1\n---\n---\n# c\n--- # d\n- {b: 2}\n...\n"
    documents = read_documents(text, KYAML)
    assert [document.data for document in documents] == [{"a": 1}, None, None, [{"b": 2}]]
    assert [text[d.start : d.end] for d in documents] == ["a: 1", "", "", "- {b: 2}"]
    assert [text[: d.start][-3:] for d in documents[1:3]] == ["---", "---"]
    assert read_documents("", KYAML) == []


def test_anchors_live_in_their_document() -> None:
    assert [d.has_anchors for d in read_documents("a: &x 1\n---\na: 1\n", KYAML)] == [True, False]
    with pytest.raises(YamlError, match=r"the alias \*x has no anchor"):
        read_documents("a: &x 1\n---\na: *x\n", KYAML)


def test_anchors_from_outside() -> None:
    assert read_value("a: *x\n", KYAML, {"x": {"b": 1}}) == {"a": {"b": 1}}


def test_fields() -> None:
    text = "a: 1 # c\nb:\n  c: |\n    x\nd: {e: f}\ng:\n? h\n'i' : &j\n  - k\n"
    document = one(text)
    found = {
        key: (text[f.key_start :][: len(key)], text[f.value_start : f.value_end], f.flow)
        for key, f in document.fields.items()
    }
    assert found == {
        "a": ("a", "1", False),
        "b": ("b", "c: |\n    x\n", False),
        "d": ("d", "{e: f}", True),
        "g": ("g", "", False),
        "h": ("h", "", False),
        "i": ("'", "&j\n  - k", False),
    }
    assert text[document.fields["g"].value_start - 1] == ":"


def test_entries() -> None:
    text = "x: [1]\nitems: # c\n  # d\n  - a: 1 # e\n    # f\n\n  - |\n    x\n\n"
    text += "  -   {b: 2}\n  -\n  - &k v # g\n# h\ny: [2]\n"
    document = one(text, "items")
    assert [(text[e.start : e.end], e.column, e.flow) for e in document.entries] == [
        ("a: 1", 4, False),
        ("|\n    x\n", 4, False),
        ("{b: 2}", 6, True),
        ("", 3, False),
        ("&k v", 4, False),
    ]
    assert (document.entries_column, document.entries_flow) == (2, False)
    field = document.fields["items"]
    assert text[field.value_start : field.value_end].startswith("- a: 1")
    assert text[field.value_start : field.value_end].endswith("&k v")


@pytest.mark.parametrize(
    ("text", "column"),
    [("items:\n- a\n", 0), ("items:\n   - a\n", 3), ("items: &x\n- a\n", 0), ("items: !!seq &x # c\n # d\n - a\n", 1)],
)
def test_the_column_of_the_dashes(text: str, column: int) -> None:
    document = one(text, "items")
    assert document.entries_column == column
    assert len(document.entries) == 1


def test_entries_in_flow_style() -> None:
    document = one('{"items": [{"a": 1}, b]}', "items")
    assert document.flow
    assert document.entries_flow
    assert document.entries_column == -1
    assert [(e.start, e.end, e.flow) for e in document.entries] == [(11, 19, True), (21, 22, False)]


@pytest.mark.parametrize("text", ["items: x\n", "items: {a: 1}\n", "other: [1]\n", "- items: [1]\n", "items:\n", "x"])
def test_no_entries(text: str) -> None:
    document = one(text, "items")
    assert document.entries == []
    assert document.entries_column == -1


def test_duplicates_are_noted_and_the_last_counts() -> None:
    text = "a: 1\r\nb: {c: 1, c: 2}\r\n'a': 3\r\nd:\r\n- e: 1\r\n  e: 2\r\n"
    document = one(text)
    assert document.data == {"a": 3, "b": {"c": 2}, "d": [{"e": 2}]}
    assert [(d.key, d.line, text[d.index]) for d in document.duplicates] == [
        ("c", 2, "c"),
        ("a", 3, "'"),
        ("e", 6, "e"),
    ]


@pytest.mark.parametrize(
    "text", ["a: {b: 1}\nb: 1\n", "- a: 1\n- a: 1\n", "'1': a\n1: b\n", "a: &x {b: 1}\nc: {<<: *x, b: 2}\n"]
)
def test_no_duplicates(text: str) -> None:
    assert one(text).duplicates == []


ERRORS: list[tuple[str, int, int, str]] = [
    ("a: b: c\n", 1, 5, "mapping values are not allowed"),
    ("a:\n\t- b\n", 2, 1, "tabs cannot indent"),
    ("a: *x\n", 1, 4, r"\*x has no anchor"),
    ("a: &x [*x]\n", 1, 8, "inside its own anchor"),
    ("a: &x {b: {c: *x}}\n", 1, 15, "inside its own anchor"),
    ("&x a: {b: [1, *y]}\n", 1, 15, "has no anchor"),
    ("? [a]\n: b\n", 1, 3, "a key must be a single value"),
    ("a:\n  {b: 1}: c\n", 2, 3, "a key must be a single value"),
    ("a: &x [1]\n*x : b\n", 2, 1, "a key must be a single value"),
    ("a: {<<: 1}\n", 1, 5, "<< needs a mapping"),
    ("<<: [a]\n", 1, 1, "<< needs a mapping"),
    ("a: !!int x\n", 1, 4, "not of type !!int"),
    ("- !!bool y\n", 1, 3, "not of type !!bool"),
    ("a: \x00\n", 1, 4, r"U\+0000"),
    ("é: b\n# \x07\n", 2, 3, r"U\+0007"),
    ("a: \ud800\n", 1, 4, r"U\+D800"),
    ("a: [1\n", 2, 1, "bracket is still open"),
    ("a: 'b\n", 2, 1, "still open"),
    ("a: @b\n", 1, 4, "cannot start"),
    ("a: 1\n b: 2\n", 2, 3, "mapping values"),
]


@pytest.mark.parametrize(("text", "line", "column", "message"), ERRORS)
def test_errors_say_where_and_what(text: str, line: int, column: int, message: str) -> None:
    with pytest.raises(YamlError, match=message) as caught:
        read_documents(text, KYAML, "a")
    error = caught.value
    assert (error.line, error.column) == (line, column)
    shown, caret = error.context.split("\n")
    assert caret == " " * (column - 1) + "^"
    assert len(shown) <= 100


def test_a_second_document_is_an_error_for_one_value() -> None:
    with pytest.raises(YamlError, match="one document expected"):
        read_value("a\n---\nb\n", KYAML)


def test_long_lines_are_shown_around_the_caret() -> None:
    with pytest.raises(YamlError) as caught:
        read_value("a" * 5000 + ": b: c", KYAML)
    shown, caret = caught.value.context.split("\n")
    assert len(shown) <= 101
    assert len(caret) <= 101


@pytest.mark.parametrize(
    "text",
    [
        "[" * 600 + "]" * 600,
        '{"a":' * 600 + "1" + "}" * 600,
        "- " * 600 + "a",
        "".join(" " * i + "a:\n" for i in range(600)),
        "[" * 100_000,
        "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 600)),
    ],
)
def test_deep_nesting_is_refused(text: str) -> None:
    with pytest.raises(YamlError, match="levels deep"):
        read_documents(text, KYAML, "a")


def test_nesting_within_the_limit() -> None:
    data = read_value("[" * 400 + "]" * 400, KYAML)
    depth = 0
    while data:
        [data] = data
        depth += 1
    assert depth == 399


def test_alias_bombs_are_refused() -> None:
    bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 9)
    )
    with pytest.raises(YamlError, match="too much data"):
        read_documents(bomb, KYAML)
    merges = "a: &a {" + ", ".join(f"k{i}: {i}" for i in range(2000)) + "}\n"
    merges += "b:\n" + "".join("- {<<: [*a, *a]}\n" for _ in range(600))
    with pytest.raises(YamlError, match="too many keys"):
        read_documents(merges, KYAML)


def test_ordinary_aliases_are_shared() -> None:
    data = read_value("a: &a {b: [1, 2]}\n" + "".join(f"c{i}: *a\n" for i in range(1000)), KYAML)
    assert data["c999"] is data["a"]


@pytest.mark.parametrize("text", ["a: 1\n", "a: b: c"])
def test_garbage_collection_is_as_before(text: str) -> None:
    def read() -> None:
        with contextlib.suppress(YamlError):
            read_documents(text, KYAML)

    assert gc.isenabled()
    read()
    assert gc.isenabled()
    gc.disable()
    try:
        read()
        assert not gc.isenabled()
    finally:
        gc.enable()
