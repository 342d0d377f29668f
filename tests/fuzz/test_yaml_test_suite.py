"""The YAML test suite: what it calls valid is read as the data it gives, or refused in words; each exception is listed.

The suite speaks of YAML 1.2. Kubernetes' readers, like libyaml, are of YAML 1.1 with much of 1.2, so the two cannot
agree everywhere. What matters is that no difference is a silent one: a difference that is not in these tables fails,
and so does an entry that is no difference any more.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from krm_fn.yamltext.changes import same
from krm_fn.yamltext.piecewise import read_list
from krm_fn.yamltext.read import YamlError, read_documents
from krm_fn.yamltext.scalars import APPLY, KYAML

SUITE = Path(__file__).parent / "corpus" / "yaml-test-suite"
EXPECTED: dict[str, dict[str, Any]] = json.loads((SUITE / "expected.json").read_text(encoding="utf-8"))

READ_OTHERWISE = {
    "565N": "!!binary is decoded, as go-yaml does; the suite shows its base64 text",
    "652Z": "`?` between brackets starts a key also without a blank: libyaml and go-yaml",
    "HM87-01": "`?` between brackets starts a key also without a blank: libyaml and go-yaml",
    "L24T-01": "blanks at the very end of a text without a line break are a line of their own to YAML 1.2 only",
    "S4JQ": "`! 12` is an integer to go-yaml, a string to YAML 1.2",
    "UGM3": "a date is a timestamp to kyaml; 450.00 is a float, which JSON cannot say",
    "Y2GN": "the name of an anchor ends at a colon: libyaml and go-yaml",
}
"""Valid texts whose data differ from the suite's, and why."""

REFUSED = {
    "keys that are mappings or lists, which no Kubernetes object has": """
        4FJ6 6BFJ 6PBE 9MMW KK5P LX3P M2N8-00 M2N8-01 M5DY Q9WF RZP5 SBG9 V9D5 X38W XW4D""",
    "tabs where libyaml and go-yaml want blanks": """
        6BCT 6CA3 A2M4 DK95-00 DK95-03 DK95-04 Q5MG R4YG Y79Y-01 Y79Y-10 96NN-00 96NN-01""",
    "directives that libyaml does not know, such as those of YAML 1.3": "2LFX 6LVF BEC7 MUS6-05 MUS6-06",
    "keys, colons, comments and anchors in places where only YAML 1.2 has them": """
        2JQS 2SXE 4ABK 4MUZ-00 4MUZ-01 4MUZ-02 58MP 5MUD 5T43 6M2F 8XYN 9SA2 CFD4 DBG4 DK3J FP8R FRK4 HM87-00 HWV9
        K3WX M7A3 NHX8 NJ66 NKF9 QT73 S3PD SM9W-01 UKK6-00 UT92 VJP3-01 W4TN W5VH 7Z25""",
}
"""Valid texts that are refused, with libyaml's words or ours."""

READ_THOUGH_INVALID = {
    "9C9N": "lines of a flow collection at the left edge",
    "9JBA": "a comment without a blank before it",
    "9HCY": "a directive without an end of the document before it",
    "CVW2": "a comment without a blank before it",
    "DK95-01": "a tab that starts a line of a quoted scalar",
    "EB22": "a directive without an end of the document before it",
    "G5U8": "a lone dash between brackets",
    "MUS6-00": "a directive with text behind it",
    "MUS6-01": "a directive without an end of the document before it",
    "QB6E": "lines of a quoted scalar at the left edge",
    "RHX7": "a directive without an end of the document before it",
    "S98Z": "blank lines of a block scalar longer than its indentation",
    "SU5Z": "a comment without a blank before it",
    "X4QW": "a comment without a blank before it",
    "Y79Y-03": "a tab that starts a line of a flow collection",
    "YJV2": "a lone dash between brackets",
}
"""Texts that the suite calls invalid and libyaml reads all the same."""


def text_of(name: str) -> str:
    return (SUITE / f"{name}.yaml").read_bytes().decode().removeprefix("\ufeff")


def outcome(name: str) -> str:
    """In which of the tables the case belongs; empty where we and the suite agree."""
    expected = EXPECTED[name]
    try:
        found = [document.data for document in read_documents(text_of(name), KYAML)]
    except YamlError:
        return "" if expected.get("fail") else "refused"
    if expected.get("fail"):
        return "read though invalid"
    return "" if "documents" not in expected or same(found, expected["documents"]) else "read otherwise"


def test_the_suite_is_here() -> None:
    assert len(EXPECTED) == 402
    assert sorted(path.stem for path in SUITE.glob("*.yaml")) == sorted(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_data_are_those_of_the_suite_or_the_difference_is_known(name: str) -> None:
    known = {
        "": name not in READ_OTHERWISE | READ_THOUGH_INVALID
        and not any(name in ids.split() for ids in REFUSED.values()),
        "read otherwise": name in READ_OTHERWISE,
        "read though invalid": name in READ_THOUGH_INVALID,
        "refused": any(name in ids.split() for ids in REFUSED.values()),
    }
    assert known[outcome(name)], f"{outcome(name) or 'as the suite wants it'}: {text_of(name)!r}"


@pytest.mark.parametrize("typing", [KYAML, APPLY])
def test_fast_and_slow_paths_agree_on_the_suite(typing: str) -> None:
    """Each text as a document, and as the items of a list."""
    for name in EXPECTED:
        text = text_of(name)
        indented = "".join(f"  {line}" if line.strip() else line for line in text.splitlines(keepends=True))
        for tried in (text, f"kind: X\nitems:\n- a: 1\n- {indented[2:]}\n- b: 2\n", f"items:\n- a: 1\n{text}"):
            assert answer(read_list, tried, typing) == answer(read_documents, tried, typing), name


def answer(read: Any, text: str, typing: str) -> str:
    try:
        return repr([[getattr(document, name) for name in DOCUMENT_FIELDS] for document in read(text, typing, "items")])
    except YamlError as error:
        return str(error)


DOCUMENT_FIELDS = ("data", "start", "end", "flow", "fields", "entries", "entries_flow", "entries_column", "duplicates")
