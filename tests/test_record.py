"""Records: construction, equality, immutability, and what goes wrong with a word."""

from __future__ import annotations

from typing import Any

import pytest

from krm_fn.record import Record


class Point(Record):
    x: int
    y: int = 2


class Named(Point):
    name: str = ""
    _cache: int = 0


@pytest.mark.parametrize("made", [Point(1), Point(1, 2), Point(x=1), Point(1, y=2), Point(y=2, x=1)])
def test_ways_to_the_same_record(made: Point) -> None:
    assert made == Point(1)
    assert hash(made) == hash(Point(1))
    assert repr(made) == "Point(x=1, y=2)"


@pytest.mark.parametrize(
    ("arguments", "named", "complaint"),
    [
        ((1, 2, 3), {}, "Point takes at most 2 values, 3 given"),
        ((), {}, "Point needs a value for 'x'"),
        ((), {"y": 1}, "Point needs a value for 'x'"),
        ((1,), {"z": 1}, "Point has no further field 'z'"),
        ((1,), {"x": 1}, "Point has no further field 'x'"),
    ],
)
def test_wrong_values(arguments: tuple[Any, ...], named: dict[str, Any], complaint: str) -> None:
    with pytest.raises(TypeError) as caught:
        Point(*arguments, **named)
    assert str(caught.value) == complaint


def test_a_record_is_immutable() -> None:
    with pytest.raises(AttributeError, match="Point is immutable: 'x' cannot be set"):
        Point(1).x = 2  # type: ignore[misc]  # the type says so too


def test_records_of_other_classes_differ() -> None:
    assert Point(1) != Named(1)
    assert Point(1) != (1, 2)
    assert Point(1) != Point(1, 3)


def test_a_subclass_has_the_fields_of_both() -> None:
    assert Named._fields == ("x", "y", "name")
    assert Named(1, 2, "n").replace(x=5) == Named(5, 2, "n")


def test_replace_takes_fields_only() -> None:
    point = Point(1)
    assert point.replace(y=3) == Point(1, 3)
    assert point == Point(1)
    with pytest.raises(TypeError):
        point.replace(z=1)
