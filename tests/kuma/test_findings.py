"""Readers that collect violations instead of failing."""

from __future__ import annotations

from typing import Any

import pytest

from krm_fn.kuma.findings import Findings


def told(findings: Findings) -> list[tuple[str, str]]:
    return [(violation.path, violation.message) for violation in findings.violations]


@pytest.mark.parametrize(
    ("value", "read", "complaints"),
    [
        (None, [], []),
        ([], [], []),
        ([{"a": 1}, None], [({"a": 1}, "p[0]"), ({}, "p[1]")], []),
        ([{}, "x"], [({}, "p[0]"), ({}, "p[1]")], [("p[1]", "must be a mapping")]),
        ({"a": 1}, [], [("p", "must be a list")]),
        ("", [], [("p", "must be a list")]),
    ],
)
def test_lists_of_mappings(value: Any, read: list[Any], complaints: list[tuple[str, str]]) -> None:
    findings = Findings()
    assert findings.mappings(value, "p") == read
    assert told(findings) == complaints


@pytest.mark.parametrize(
    ("value", "read", "complaints"),
    [
        (None, {}, []),
        ({"b": "2", "a": "1"}, {"a": "1", "b": "2"}, []),
        ({"a": "1", "b": 2}, {"a": "1"}, [('p["b"]', "must be a string")]),
        ({7: "x"}, {}, [('p["7"]', "must be a string")]),
        ([], {}, [("p", "must be a mapping")]),
    ],
)
def test_mappings_of_strings(value: Any, read: dict[str, str], complaints: list[tuple[str, str]]) -> None:
    findings = Findings()
    found = findings.texts(value, "p")
    assert list(found.items()) == list(read.items())
    assert told(findings) == complaints


RANGE = "port must be in the range [1, 65535]"


@pytest.mark.parametrize(
    ("value", "optional", "read", "complaint"),
    [
        (1, False, 1, None),
        (65535, False, 65535, None),
        (65536, False, 65536, RANGE),
        (-1, True, -1, RANGE),
        (0, False, 0, RANGE),
        (0, True, 0, None),
        (None, False, 0, RANGE),
        (None, True, 0, None),
        ("80", False, 0, "must be a whole number"),
        ("80", True, 0, "must be a whole number"),
        (True, True, 0, "must be a whole number"),
    ],
)
def test_ports(value: Any, optional: bool, read: int, complaint: str | None) -> None:
    findings = Findings()
    assert findings.port(value, "p", optional=optional) == read
    assert told(findings) == ([("p", complaint)] if complaint else [])


@pytest.mark.parametrize(
    ("value", "read", "complaint"), [("x", "x", None), (None, "", None), (7, "", "must be a string")]
)
def test_text(value: Any, read: str, complaint: str | None) -> None:
    findings = Findings()
    assert findings.text(value, "p") == read
    assert told(findings) == ([("p", complaint)] if complaint else [])
