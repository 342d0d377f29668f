"""The guess where added entries go. That it changes nothing but time is a law in `tests/properties`."""

from __future__ import annotations

from typing import Any

import pytest

from krm_fn.yamltext.changes import changes
from krm_fn.yamltext.patch import patch
from krm_fn.yamltext.quick import Guess, with_added_entries
from krm_fn.yamltext.read import read_value
from krm_fn.yamltext.scalars import KYAML

POD = """\
metadata:
  labels:
    app: shop # the shop
  # last of metadata
spec:
  containers:
  - name: app
    ports:
    - containerPort: 80

# end
"""
LONG = {"name": "sidecar", "args": [f"--flag-{number}" for number in range(20)]}


def guess(text: str, after: Any, column: int = 0, newline: str = "\n") -> Guess | None:
    before = read_value(" " * max(column - 2, 0) + "- " * bool(column) + text, KYAML)
    change = changes(before[0] if column else before, after)
    assert change is not None
    return with_added_entries(text, column, change, newline)


def pod(**added: Any) -> dict[str, Any]:
    """The data of POD, with further entries in its metadata, labels and spec."""
    return {
        "metadata": {"labels": {"app": "shop", **added.get("labels", {})}, **added.get("metadata", {})},
        "spec": {"containers": [{"name": "app", "ports": [{"containerPort": 80}]}], **added.get("spec", {})},
    }


def test_entries_go_below_the_last_line_of_each_mapping() -> None:
    after = pod(labels={"mesh": "default"}, metadata={"annotations": {"on": "true"}}, spec={"volumes": [{"name": "v"}]})

    found = guess(POD, after)

    assert found is not None
    assert (
        found.text
        == """\
metadata:
  labels:
    app: shop # the shop
    mesh: default
  annotations:
    "on": "true"
  # last of metadata
spec:
  containers:
  - name: app
    ports:
    - containerPort: 80
  volumes:
  - name: v

# end
"""
    )
    assert [(key, column, len(lines)) for key, _, column, lines in found.entries] == [
        ("mesh", 4, 1),
        ("annotations", 2, 2),
        ("volumes", 2, 2),
    ]
    assert read_value(found.text, KYAML) == after


def test_an_item_of_a_list_keeps_its_column() -> None:
    text = "metadata:\n    name: a\n  kind: Pod"
    after = {"metadata": {"name": "a", "labels": {"x": "z"}}, "kind": "Pod"}

    found = guess(text, after, column=2)

    assert found is not None
    assert found.text == "metadata:\n    name: a\n    labels:\n      x: z\n  kind: Pod"


def test_carriage_returns_stay_at_the_ends_of_lines() -> None:
    found = guess("a:\r\n  b: 1\r\nc: 2\r\n", {"a": {"b": 1, "d": "e"}, "c": 2}, newline="\r\n")

    assert found is not None
    assert found.text == "a:\r\n  b: 1\r\n  d: e\r\nc: 2\r\n"


@pytest.mark.parametrize(
    ("text", "after", "newline"),
    [
        pytest.param("a: {b: 1}\n", {"a": {"b": 1, "c": 2}}, "\n", id="a mapping in flow style"),
        pytest.param("a: # why\n  b: 1\n", {"a": {"b": 1, "c": 2}}, "\n", id="a comment after the key"),
        pytest.param('"a":\n  b: 1\n', {"a": {"b": 1, "c": 2}}, "\n", id="a key in quotes"),
        pytest.param("a: &x\n  b: 1\n", {"a": {"b": 1, "c": 2}}, "\n", id="an anchor"),
        pytest.param("a:\n  b: 1\n", {"a": {"b": 2}}, "\n", id="a value that changes"),
        pytest.param("a:\n  b: 1\n  c: 2\n", {"a": {"b": 1}}, "\n", id="a key that goes"),
        pytest.param("a:\n- 1\n", {"a": [1, 2]}, "\n", id="a list that grows"),
        pytest.param("a:\r  b: 1\r", {"a": {"b": 1, "c": 2}}, "\r", id="carriage returns alone"),
    ],
)
def test_everything_else_takes_the_long_way(text: str, after: Any, newline: str) -> None:
    assert guess(text, after, newline=newline) is None
    assert read_value(patch(text, read_value(text, KYAML), after, KYAML, newline=newline), KYAML) == after


def test_a_wrong_guess_is_noticed() -> None:
    text = "data:\n  script: |\n    run\n    # no comment\n"
    after = {"data": {"script": "run\n# no comment\n", "c": "d"}}

    found = guess(text, after)

    assert found is not None
    assert read_value(found.text, KYAML) != after
    assert patch(text, read_value(text, KYAML), after, KYAML) == f"{text}  c: d\n"


def test_long_entries_are_read_once_for_all_items_that_get_them(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    reads_plain = patch.__globals__["read_plain"]

    def noted(text: str, typing: str) -> Any:
        read.append(text)
        return reads_plain(text, typing)

    monkeypatch.setitem(patch.__globals__, "read_plain", noted)
    result = patch("spec:\n  a: b\n", {"spec": {"a": "b"}}, {"spec": {"a": "b", "containers": [LONG]}}, KYAML)

    assert result.count("--flag-") == 20
    assert "--flag-" not in "".join(read)
