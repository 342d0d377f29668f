"""Writing block and flow text."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from krm_fn.yamltext.read import read_value
from krm_fn.yamltext.scalars import APPLY, KYAML
from krm_fn.yamltext.write import block, block_entry, block_item, flow, literal_lines

POD: dict[str, Any] = {
    "kind": "Pod",
    "metadata": {"name": "a", "labels": {"on": "true", "x": "1e3"}, "annotations": {}},
    "spec": {"containers": [{"name": "c", "args": ["-x", "8080"], "ports": []}, {"name": "d"}], "script": "a\nb\n"},
}


def test_block_compact() -> None:
    assert "\n".join(block(POD)) == (
        'kind: Pod\nmetadata:\n  name: a\n  labels:\n    "on": "true"\n    x: "1e3"\n  annotations: {}\n'
        'spec:\n  containers:\n  - name: c\n    args:\n    - -x\n    - "8080"\n    ports: []\n  - name: d\n'
        "  script: |\n    a\n    b"
    )


def test_block_wide_and_indented() -> None:
    lines = block({"a": [{"b": ["c"]}]}, indent=2, sequence_offset=2, step=4)
    assert lines == ["  a:", "    - b:", "        - c"]


def test_entries_and_items() -> None:
    assert block_entry("k", {"a": 1}, 4) == ["    k:", "      a: 1"]
    assert block_item({"a": 1, "b": None}, 2) == ["  - a: 1", "    b: null"]
    assert block_item([["x"], []], 0) == ["- - - x", "  - []"]


VALUES: list[tuple[Any, str]] = [
    (None, "null"),
    (True, "true"),
    (False, "false"),
    (12, "12"),
    (1.0, "1.0"),
    (1e16, "1.0e+16"),
    (1e-05, "1.0e-05"),
    (1.5e300, "1.5e+300"),
    (float("inf"), ".inf"),
    (float("-inf"), "-.inf"),
    ("", '""'),
    ("yes", '"yes"'),
    ("web", "web"),
    ({}, "{}"),
    ([], "[]"),
    ("a\n", '"a\\n"'),
]


@pytest.mark.parametrize(("value", "text"), VALUES)
def test_values(value: Any, text: str) -> None:
    assert block(value) == [text]
    assert flow(value) == text
    for typing in (KYAML, APPLY):
        assert read_value(text, typing) == value
        assert type(read_value(text, typing)) is type(value)


LITERALS: list[tuple[str, list[str] | None]] = [
    ("a\nb", ["|-", "  a", "  b"]),
    ("a\n\n b\n", ["|", "  a", "", "   b"]),
    ("\na\n", ["|", "", "  a"]),
    (" a\nb\n", ["|2", "   a", "  b"]),
    ("a\tb\n", ["|", "  a\tb"]),
    ("a\n\n", None),
    ("a \nb", None),
    ("\ta\nb", None),
    ("a\x07\nb", None),
    ("a\x85\nb", None),
    ("\n", None),
    ("a\r\nb\n", None),
]


@pytest.mark.parametrize(("text", "lines"), LITERALS)
def test_literals(text: str, lines: list[str] | None) -> None:
    assert literal_lines(text, 2, 2) == lines
    written = "\n".join(block({"k": text, "l": [text]})) + "\n"
    assert read_value(written, KYAML) == {"k": text, "l": [text]}
    assert yaml.safe_load(written) == {"k": text, "l": [text]}


@pytest.mark.parametrize(
    ("data", "text", "as_json"),
    [
        ({"a": [1, {"b": "c"}], "d": {}}, "{a: [1, {b: c}], d: {}}", '{"a": [1, {"b": "c"}], "d": {}}'),
        (["http://x", "a,b", None], '["http://x", "a,b", null]', '["http://x", "a,b", null]'),
        ([[], [[]]], "[[], [[]]]", "[[], [[]]]"),
    ],
)
def test_flow(data: Any, text: str, as_json: str) -> None:
    assert flow(data) == text
    assert flow(data, json=True) == as_json
    assert json.loads(as_json) == data
    assert read_value(text, KYAML) == data


@pytest.mark.parametrize("key", ["yes", "a b", "a: b", "", "<<", "é", "k" * 2000, 'x"' * 800, 7, True, None, 1.5])
def test_keys(key: Any) -> None:
    data = {key: {key: [{key: "v"}]}}
    assert read_value("\n".join(block(data)) + "\n", KYAML) == data
    assert read_value(flow(data), KYAML) == data


def test_depth_is_no_matter() -> None:
    data: Any = 1
    for _ in range(3000):
        data = [{"a": data}]
    assert len(block(data)) == 3000
    assert flow(data).count("[") == 3000
