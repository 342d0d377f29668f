"""krm_fn.files.stream: texts of several files as one stream."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from krm_fn.files.stream import joined, without_empty_documents
from krm_fn.krm.documents import Documents
from krm_fn.krm.source import InputError


@pytest.mark.parametrize(
    ("texts", "stream"),
    [
        ([], ""),
        (["a: 1\n"], "a: 1\n"),
        (["a: 1"], "a: 1"),  # a single one stays as it is
        (["a: 1\n", "b: 2\n"], "a: 1\n---\nb: 2\n"),
        (["a: 1", "b: 2"], "a: 1\n---\nb: 2"),
        (["---\na: 1\n", "---\nb: 2\n"], "---\na: 1\n---\nb: 2\n"),
        (["a: 1\r\n", "b: 2\r\n"], "a: 1\r\n---\nb: 2\r\n"),
        (["a: 1\n...\n", "b: 2\n"], "a: 1\n...\n---\nb: 2\n"),
        (["a: 1\n...\n", "---\nb: 2\n"], "a: 1\n...\n---\nb: 2\n"),
        (["a: 1\n", "# why\n---\nb: 2\n"], "a: 1\n# why\n---\nb: 2\n"),
        (["a: 1\n", "# why\nb: 2\n"], "a: 1\n---\n# why\nb: 2\n"),
        (["a: 1\n", "--- # why\nb: 2\n"], "a: 1\n--- # why\nb: 2\n"),
        (["a: 1\n", "--- {b: 2}\n"], "a: 1\n--- {b: 2}\n"),
        (["a: 1\n", "---b: 2\n"], "a: 1\n---\n---b: 2\n"),  # a key that starts like a marker
        (["a: 1\n", "%YAML 1.1\n---\nb: 2\n"], "a: 1\n...\n%YAML 1.1\n---\nb: 2\n"),
        (["a: |\n  x", "b: 2\n"], "a: |-\n  x\n---\nb: 2\n"),  # no break at the end of the value
        (["a: |\n  x\n", "b: 2\n"], "a: |\n  x\n---\nb: 2\n"),
        (["# nothing\n", "%YAML 1.1\n---\nb: 2\n"], "# nothing\n%YAML 1.1\n---\nb: 2\n"),
        (["a: |+\n  x\n", "\n\n---\nb: 2\n"], "a: |+\n  x\n---\nb: 2\n"),  # or the value would grow
        (['{"a": 1}', '{"b": 2}'], '---\n{"a": 1}\n---\n{"b": 2}'),  # else all of it would count as JSON
        (['{"a": 1}'], '{"a": 1}'),
        (["a: 1\n", '{"b": 2}'], 'a: 1\n---\n{"b": 2}'),
    ],
)
def test_joined(texts: list[str], stream: str) -> None:
    assert joined(texts) == stream
    apart = [data for text in texts for data in Documents(text).entries]
    assert Documents(stream).entries == apart
    assert list(yaml.load_all(stream, yaml.CSafeLoader)) == apart


PIECES = st.sampled_from(
    [
        "a: 1", "b: |\n  x", "c: >+\n  x\n\n", "- d", "text", "# e", "---", "--- # f", "...", "", "{g: 1}", "--- |\n x",
        "\r\nh: 1\r", "---i: 1", "%YAML 1.1", "j: '\n\n  k'", "[l]", "  m: 1", "--- n", "\u2028", "o: \x85",
    ]
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(PIECES, max_size=6).map("\n".join), max_size=4))
def test_whatever_can_be_read_alone_is_read_the_same_together(texts: list[str]) -> None:
    apart: list[object] = []
    for text in texts:
        try:
            apart += Documents(text).entries
        except InputError:
            reject()
    stream = joined(texts)
    left = [data for data in apart if data is not None]
    assert [data for data in Documents(stream).entries if data is not None] == left
    assert [data for data in Documents(without_empty_documents(stream)).entries if data is not None] == left


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("", ""),
        ("a: 1\n", "a: 1\n"),
        ("---\na: 1\n---\nb: 2\n", "---\na: 1\n---\nb: 2\n"),
        ("---\n---\na: 1\n", "---\na: 1\n"),
        ("%YAML 1.1\n\n# why\n---\n", "%YAML 1.1\n\n# why\n---\n"),
        ("a: 1\n---\n\n  \n---\nb: 2\n", "a: 1\n---\nb: 2\n"),
        ("a: 1\n---\n", "a: 1\n"),
        ("a: 1\n---\n---\n", "a: 1\n"),
        ("a: 1\r\n---\r\n---\r\nb: 2\r\n", "a: 1\r\n---\r\nb: 2\r\n"),
        ("a: 1\n---\n# a word\n---\nb: 2\n", "a: 1\n---\n# a word\n---\nb: 2\n"),
        ("a: 1\n---\n--- # b\nb: 2\n", "a: 1\n--- # b\nb: 2\n"),
        ("a: |\n  ---\n  ---\nb: 1\n", "a: |\n  ---\n  ---\nb: 1\n"),
        ("a: |+\n  x\n\n\n---\n---\nb: 1\n", "a: |+\n  x\n\n\n---\nb: 1\n"),
        ("%YAML 1.1\n---\n---\nb: 1\n", "%YAML 1.1\n---\n---\nb: 1\n"),
        ("---x: 1\n---\nb: 1\n", "---x: 1\n---\nb: 1\n"),
    ],
)
def test_without_empty_documents(text: str, left: str) -> None:
    assert without_empty_documents(text) == left
    kept = [data for data in Documents(text).entries if data is not None]
    assert [data for data in Documents(left).entries if data is not None] == kept
