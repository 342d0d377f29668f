"""What differs between two trees of data."""

from __future__ import annotations

from typing import Any

import pytest

from krm_fn.yamltext.changes import EditMapping, EditSequence, Remove, Replace, changes, same

NAN = float("nan")

SAME: list[tuple[Any, Any]] = [
    ({"a": 1, "b": [None]}, {"b": [None], "a": 1}),
    (["x" * 2], ["".join(["x", "x"])]),
    (NAN, float("nan")),
    ({"a": [NAN]}, {"a": [float("nan")]}),
    ({1: "a"}, {1: "a"}),
    ([], []),
]
DIFFERENT: list[tuple[Any, Any]] = [
    (1, True),
    (0, False),
    (1, 1.0),
    (1, "1"),
    (None, False),
    ({}, []),
    ({}, None),
    ([1, 2], [2, 1]),
    ([1], [1, 1]),
    ({"a": 1}, {"b": 1}),
    ({"a": 1}, {"a": 1, "b": 1}),
    ({1: "a"}, {True: "a"}),
    ({1: "a"}, {"1": "a"}),
    ({"a": {"b": [1.0]}}, {"a": {"b": [1]}}),
]


@pytest.mark.parametrize(("first", "second"), SAME)
def test_same(first: Any, second: Any) -> None:
    assert same(first, second)
    assert same(second, first)
    assert changes(first, second) is None


@pytest.mark.parametrize(("first", "second"), DIFFERENT)
def test_different(first: Any, second: Any) -> None:
    assert not same(first, second)
    assert not same(second, first)
    assert changes(first, second) is not None


def test_a_mapping_says_what_changes_goes_and_comes() -> None:
    change = changes({"a": 1, "b": 2, "c": {"d": 1}}, {"a": 1, "c": {"d": 2}, "e": 3, "f": 4})
    assert type(change) is EditMapping
    assert list(change.edits) == ["b", "c"]
    assert type(change.edits["b"]) is Remove
    assert type(change.edits["c"]) is EditMapping
    assert list(change.added.items()) == [("e", 3), ("f", 4)]


@pytest.mark.parametrize(
    ("before", "after", "edits", "removed", "inserted"),
    [
        ([1, 2], [1, 2, 3], [], set(), {1: [3]}),
        ([1, 2], [0, 1, 2], [], set(), {-1: [0]}),
        ([1, 2, 3], [1, 3], [], {1}, {}),
        ([1, 2, 3], [1, 9, 3], [1], set(), {}),
        ([1, 2, 3], [2, 3, 4], [], {0}, {2: [4]}),
        ([{"name": "a"}, {"name": "b"}], [{"name": "b", "x": 1}], [1], {0}, {}),
        ([{"name": "a"}], [{"name": "z"}, {"name": "a", "x": 1}], [0], set(), {-1: [{"name": "z"}]}),
    ],
)
def test_lists_are_aligned(
    before: list[Any], after: list[Any], edits: list[int], removed: set[int], inserted: dict[int, list[Any]]
) -> None:
    change = changes(before, after)
    assert type(change) is EditSequence
    assert (list(change.edits), change.removed, change.inserted) == (edits, removed, inserted)


@pytest.mark.parametrize(
    ("before", "after"),
    [({"a": 1}, {"b": 1}), ({"a": 1}, {}), ({}, {"a": 1}), ([1], []), ([1], {"a": 1}), ({1: 2}, {True: 2}), ("a", "b")],
)
def test_nothing_stays(before: Any, after: Any) -> None:
    change = changes(before, after)
    assert type(change) is Replace
    assert change.value == after


def test_very_deep_data() -> None:
    first: Any = 1
    second: Any = 1
    third: Any = 2
    for _ in range(5000):
        first, second, third = [first], [second], [third]
    assert same(first, second)
    assert not same(first, third)
    assert changes(first, third) is not None
