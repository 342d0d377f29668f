"""A long list read item by item: the same document as read at once, and when it is read at once."""

from __future__ import annotations

from typing import Any

import pytest

from krm_fn.yamltext import piecewise, read
from krm_fn.yamltext.piecewise import read_list
from krm_fn.yamltext.plain import read_plain
from krm_fn.yamltext.read import YamlError, read_documents
from krm_fn.yamltext.scalars import KYAML

IN_PARTS = [
    "items:\n- a: 1\n",
    "items:\n- a: 1",
    "kind: L\nitems:\n- a: 1\n- b:\n  - c\n\n# d\n- e: f # g\n",
    "items:\n  - a: 1\n  - b: 2\nresults: []\n",
    "# c\nf:\n  g: h\nitems:\n- a: 1\n# end\nresults:\n- r\nz:\n",
    "items:\n- a: |\n    b\n    - c\n\n- d: 1\n",
    "items:\n- {a: b}\n- - c\n- d\n- 'e'\n- # f\n  g: h\n-   i: j\n- k:\n- l: m\n",
    "k: l\nitems:\n- a: 'b\n    c'\n- d: [e,\n  f]\n",
    'f: {g: h}\nitems:\n- a: "\\u00e9"\n- é: ü\n',
    "---\nitems:\n- a: 1\n",
    "k: l\nitems:\n- a: b\x85- c: d\n",
]

AT_ONCE = [
    "",
    "a: 1\n",
    "items: []\n",
    "items: [{a: 1}]\n",
    "items:\n",
    "items: # c\n- a: 1\n",
    "items:\n# c\n- a: 1\n",
    "items:\n- a: 1\nitems:\n- b: 2\n",
    "items:\n- a: &x 1\n- b: *x\n",
    "x: &x 1\nitems:\n- b: *x\n",
    "items:\n- a: 1\n  a: 2\n",
    "items:\r\n- a: 1\r\n",
    "%TAG ! tag:x,2002:\n---\nitems:\n- a: !y 1\n",
    "items:\n- a: 1\n---\nb: 2\n",
    "items:\n- a: |\n    b\n...\n---\nc: 1\n",
    "items:\n- a: 0\n-\n  a: 1\n",
    "a: |\n  b\nc: 'd\nitems:\n- e'\n",
    "items:\n- a: 'b\n- c'\n",
    "? items\n: - a\n",
]

WRONG = [
    "items:\n- a: 'b\n",
    "items:\n- a: 1\n b: 2\n",
    "items:\n- a: 1\n- c: *x\n",
    "items:\n- a: b: c\nd: e\n",
    "items:\n- a: \x07\n",
    "items:\n- a: [b,\n- c]\n",
    "items:\n- a: |\n    b\n...\n- c: 1\n",
]


def _at_once(text: str, monkeypatch: pytest.MonkeyPatch) -> tuple[Any, bool]:
    """What `read_list` gives, and whether it read the whole text."""
    seen: list[str] = []

    def noted(given: str, *arguments: Any) -> Any:
        seen.append(given)
        return read_documents(given, *arguments)

    monkeypatch.setattr(read, "read_documents", noted)
    return read_list(text, KYAML, "items"), text in seen


@pytest.mark.parametrize("text", IN_PARTS)
def test_the_parts_are_the_whole(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    documents, at_once = _at_once(text, monkeypatch)
    assert repr(documents) == repr(read_documents(text, KYAML, "items"))
    assert not at_once


@pytest.mark.parametrize("text", AT_ONCE)
def test_what_parts_may_not_show_is_read_at_once(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    documents, at_once = _at_once(text, monkeypatch)
    assert repr(documents) == repr(read_documents(text, KYAML, "items"))
    assert at_once


@pytest.mark.parametrize("text", WRONG)
def test_errors_are_those_of_the_whole(text: str) -> None:
    with pytest.raises(YamlError) as of_parts:
        read_list(text, KYAML, "items")
    with pytest.raises(YamlError) as of_whole:
        read_documents(text, KYAML, "items")
    assert str(of_parts.value) == str(of_whole.value)
    assert of_parts.value.context == of_whole.value.context


def test_a_list_of_odd_items_is_not_tried_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []

    def noted(text: str, typing: str) -> Any:
        tried.append(text)
        return read_plain(text, typing)

    monkeypatch.setattr(piecewise, "PATIENCE", 1)
    monkeypatch.setattr(piecewise, "read_plain", noted)
    text = "k: l\nitems:\n" + "- a: |\n    b\n" * 5 + "- c: d\nresults: []\n"
    assert repr(read_list(text, KYAML, "items")) == repr(read_documents(text, KYAML, "items"))
    assert len([part for part in tried if "a: |" in part]) == 2
