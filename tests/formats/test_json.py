from __future__ import annotations

import json
from typing import Any

import pytest

from krm_fn import __version__
from krm_fn.formats.finding import Report
from krm_fn.formats.json import written
from tests.formats.reports import CLEAN, HOSTILE, MIXED, NASTY, REPORTS, finding, item, report


def read(given: Report) -> dict[str, Any]:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    answer: dict[str, Any] = json.loads(written(given), parse_constant=refuse)
    return answer


def test_without_findings() -> None:
    assert read(CLEAN) == {
        "version": 1,
        "tool": {"name": "krm-fn", "version": __version__},
        "configuration": "mesh-setup.yaml",
        "summary": {"objects": 4, "files": 2, "errors": 0, "warnings": 0, "infos": 0, "suppressed": 0},
        "findings": [],
    }


def test_a_finding_has_everything_that_is_known() -> None:
    [entry] = read(report(finding(about=item(), current="None")))["findings"]
    assert entry == {
        "code": "headless-backend",
        "severity": "warning",
        "message": "leads nowhere",
        "resource": {"apiVersion": "v1", "kind": "Service", "namespace": "shop", "name": "web"},
        "field": "spec.clusterIP",
        "currentValue": "None",
        "file": "app.yaml",
        "line": 3,
        "column": 5,
    }


def test_what_is_unknown_is_left_out() -> None:
    entries = read(MIXED)["findings"]
    assert entries[5] == {"code": "unused-suppression", "severity": "warning", "message": "leads nowhere"}
    assert entries[1]["resource"] == {"apiVersion": "v1", "kind": "Namespace", "name": "shop"}
    assert "file" not in entries[6]
    assert entries[7]["file"] == "standard input"


def test_suppressed_findings_say_by_what_and_why() -> None:
    entries = read(MIXED)["findings"]
    assert entries[3]["suppressed"] == {
        "by": "metadata.annotations[fn.kuma.io/ignore]",
        "reason": "has to see the node",
    }
    assert entries[4]["suppressed"]["by"] == "--ignore host-network"
    assert "suppressed" not in entries[0]
    assert read(MIXED)["summary"] == {
        "objects": 4, "files": 2, "errors": 1, "warnings": 4, "infos": 1, "suppressed": 2,
    }  # fmt: skip


def test_what_json_has_no_number_for_is_text() -> None:
    assert read(MIXED)["findings"][0]["currentValue"] == {"a": [1, "nan"]}


@pytest.mark.parametrize("given", REPORTS.values(), ids=REPORTS)
def test_it_is_ascii(given: Report) -> None:
    assert written(given).isascii()
    assert all(line.isprintable() for line in written(given).split("\n"))


def test_texts_arrive_as_they_were() -> None:
    assert [entry["message"] for entry in read(HOSTILE)["findings"][: len(NASTY)]] == NASTY
