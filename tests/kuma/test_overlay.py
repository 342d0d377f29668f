"""A configuration file laid over the defaults: how each type is read, and what is said of a wrong one."""

from __future__ import annotations

from typing import Any

import pytest

from krm_fn.kuma.overlay import Duration, Numbers, TextMap, Texts, overlay
from krm_fn.kuma.reading import KumaValueError, parse_quantity
from krm_fn.record import Record


class Inner(Record):
    some_number: int = 1
    on: bool = False


class Settings(Record):
    name: str = "default"
    wait: Duration = Duration(5)
    cpu: Any = parse_quantity("50m")
    texts: Texts = Texts(("a", "b"))
    numbers: Numbers = Numbers((1,))
    labels: TextMap = TextMap((("k", "v"),))
    inner: Inner = Inner()


DEFAULTS = Settings()


@pytest.mark.parametrize(
    ("values", "changes"),
    [
        ({}, {}),
        ({"unknown": 1, 7: 2, "other": {"a": 1}}, {}),
        ({"name": None, "inner": None}, {}),
        ({"name": "x"}, {"name": "x"}),
        ({"NAME": "x"}, {"name": "x"}),
        ({"name": "x", "Name": "y"}, {"name": "y"}),
        ({"wait": 7}, {"wait": 7}),
        ({"wait": "1ms"}, {"wait": 1_000_000}),
        ({"cpu": "1"}, {"cpu": parse_quantity("1")}),
        ({"texts": ["x"]}, {"texts": ("x",)}),
        ({"texts": []}, {"texts": ()}),
        ({"numbers": [3, 4]}, {"numbers": (3, 4)}),
        ({"labels": {"k": "w", "l": "x"}}, {"labels": (("k", "w"), ("l", "x"))}),
        ({"labels": {1: "x"}}, {"labels": (("k", "v"), ("1", "x"))}),
        ({"inner": {"someNumber": 3}}, {"inner": Inner(3)}),
        ({"inner": {"someNumber": 0, "on": True}}, {"inner": Inner(0, True)}),
        ({"inner": {"someNumber": 3}, "INNER": {"on": True}}, {"inner": Inner(3, True)}),
        ({"inner": {"some_number": 3}}, {}),
    ],
)
def test_values_are_laid_over(values: dict[Any, Any], changes: dict[str, Any]) -> None:
    found = overlay(DEFAULTS, values)
    assert found == DEFAULTS.replace(**changes)
    assert Settings() == DEFAULTS


def test_without_a_change_the_record_is_the_same() -> None:
    assert overlay(DEFAULTS, {"unknown": 1}) is DEFAULTS
    assert overlay(DEFAULTS, {"name": "x", "inner": {}}).inner is DEFAULTS.inner


def test_types_survive() -> None:
    found = overlay(DEFAULTS, {"wait": 7, "texts": ["x"], "numbers": [1], "labels": {"a": "b"}})
    assert [type(value) for value in (found.wait, found.texts, found.numbers, found.labels)] == [
        Duration,
        Texts,
        Numbers,
        TextMap,
    ]


@pytest.mark.parametrize(
    ("values", "key", "complaint"),
    [
        (None, "", "config must be a mapping, not None"),
        ([], "", "config must be a mapping, not a list"),
        ("x", "", 'config must be a mapping, not "x"'),
        ({"inner": "x"}, "inner", 'inner must be a mapping, not "x"'),
        ({"Inner": True}, "Inner", "Inner must be a mapping, not true"),
        ({"name": 7}, "name", "name must be a string, not 7"),
        ({"name": False}, "name", "name must be a string, not false"),
        ({"name": {}}, "name", "name must be a string, not a mapping"),
        ({"inner": {"on": "true"}}, "inner.on", 'inner.on must be true or false, not "true"'),
        ({"inner": {"on": 1}}, "inner.on", "inner.on must be true or false, not 1"),
        ({"inner": {"someNumber": -1}}, "inner.someNumber", "inner.someNumber must be a number of at least 0, not -1"),
        (
            {"inner": {"SomeNumber": "3"}},
            "inner.SomeNumber",
            'inner.SomeNumber must be a number of at least 0, not "3"',
        ),
        ({"wait": 1.5}, "wait", "wait must be a duration such as 30s, not 1.5"),
        ({"wait": []}, "wait", "wait must be a duration such as 30s, not a list"),
        ({"texts": "x"}, "texts", 'texts must be a list, not "x"'),
        ({"texts": ["x", 7]}, "texts[1]", "texts[1] must be a string, not 7"),
        ({"numbers": {}}, "numbers", "numbers must be a list, not a mapping"),
        ({"numbers": [-1]}, "numbers[0]", "numbers[0] must be a number of at least 0, not -1"),
        ({"labels": ["x"]}, "labels", "labels must be a mapping, not a list"),
        ({"labels": {"a": "b", "c": 7}}, "labels.c", "labels.c must be a string, not 7"),
        ({"labels": {1: 7}}, "labels.1", "labels.1 must be a string, not 7"),
    ],
)
def test_wrong_types(values: object, key: str, complaint: str) -> None:
    with pytest.raises(KumaValueError) as caught:
        overlay(DEFAULTS, values)
    assert (caught.value.key, caught.value.message) == (key, complaint)


@pytest.mark.parametrize(
    ("values", "key"), [({"wait": "soon"}, "wait"), ({"cpu": "lots"}, "cpu"), ({"cpu": []}, "cpu")]
)
def test_values_that_cannot_be_read_say_where(values: dict[str, Any], key: str) -> None:
    with pytest.raises(KumaValueError) as caught:
        overlay(DEFAULTS, values)
    assert caught.value.key == key
    assert caught.value.message.startswith(f"{key}: ")
