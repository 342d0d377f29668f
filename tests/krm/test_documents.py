"""krm_fn.krm.documents: plain YAML streams, taken apart and put together again."""

from __future__ import annotations

from typing import Any

import pytest

from krm_fn.krm.documents import Documents
from krm_fn.krm.source import InputError
from krm_fn.yamltext.patch import patch
from krm_fn.yamltext.scalars import APPLY, KYAML

NEW: dict[str, Any] = {"kind": "New"}
STREAM = """\
# head
kind: A # a
---
# Source: chart/b.yaml
kind: B
text: |+
  one

--- {kind: C,
 more: x} # c
---
---
# nothing
...
---
kind: D
"""


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_documents_are_entries_and_what_is_not_touched_stays(newline: str) -> None:
    text = STREAM.replace("\n", newline)
    source = Documents(text)
    assert [entry and entry["kind"] for entry in source.entries] == ["A", "B", "C", None, None, "D"]
    assert source.newline == newline
    assert source.rebuild({}, (), ()) == text


def test_each_document_is_edited_in_its_place() -> None:
    source = Documents(STREAM)
    changed = {}
    for entry in (0, 1, 2, 5):
        before = source.entries[entry]
        piece, column = source.slice(entry)
        changed[entry] = patch(piece, before, {**before, "new": "x"}, source.typing, column, source.newline)
    answer = source.rebuild(changed, (), ())
    assert answer == STREAM.replace("kind: A # a\n", "kind: A # a\nnew: x\n").replace(
        "  one\n\n", "  one\n\nnew: x\n"
    ).replace("more: x}", "more: x,\n new: x}").replace("kind: D\n", "kind: D\nnew: x\n")


@pytest.mark.parametrize("gone", [{0}, {1}, {2}, {5}, {0, 1, 2, 5}])
@pytest.mark.parametrize("added", [[], [NEW]])
def test_documents_are_taken_out_and_added(gone: set[int], added: list[dict[str, Any]]) -> None:
    source = Documents(STREAM)
    answer = source.rebuild({}, gone, added)
    found = [entry for entry in Documents(answer).entries if entry is not None]
    assert found == [entry for i, entry in enumerate(source.entries) if i not in gone and entry is not None] + added


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "kind: New\n"),
        ("# comment", "# comment\nkind: New\n"),
        ("kind: A\n", "kind: A\n---\nkind: New\n"),
        ("kind: A", "kind: A\n---\nkind: New\n"),
        ("kind: A\r\n", "kind: A\r\n---\r\nkind: New\r\n"),
        ('{"kind": "A"}', '{"kind": "A"}\n---\nkind: New\n'),
        ("kind: A\n...\n", "kind: A\n...\n---\nkind: New\n"),
        ("a: |\n  x", "a: |-\n  x\n---\nkind: New\n"),
        ("a: |\n  x\n", "a: |\n  x\n---\nkind: New\n"),
        ("kind: A\n# end", "kind: A\n# end\n---\nkind: New\n"),
    ],
)
def test_a_document_is_added_at_the_end(text: str, expected: str) -> None:
    answer = Documents(text).rebuild({}, (), [NEW])
    assert answer == expected
    assert Documents(answer).entries[: len(Documents(text).entries)] in (Documents(text).entries, [NEW])


def test_only_generated_documents() -> None:
    assert Documents("").rebuild({}, (), [NEW, {"kind": "Other"}]) == "kind: New\n---\nkind: Other\n"


def test_duplicates_say_their_document() -> None:
    text = "a: 1\n---\nb: 1\nb: 2\n"
    assert [(entry, found.key, found.line) for entry, found in Documents(text).duplicates] == [(1, "b", 4)]


@pytest.mark.parametrize(("typing", "value"), [(KYAML, "yes"), (APPLY, True)])
def test_scalars_are_typed_as_the_reader_types_them(typing: str, value: object) -> None:
    assert Documents("a: yes\n", typing).entries == [{"a": value}]


@pytest.mark.parametrize("text", ["a: [", "a: b: c", "\ta", "- a\nb: c\n", "a\0", "--- *x\n"])
def test_what_is_no_yaml_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="not YAML"):
        Documents(text)
