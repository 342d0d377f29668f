from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from jsonschema import Draft4Validator

from krm_fn.files.places import Place
from krm_fn.formats.finding import Report
from krm_fn.formats.sarif import FINGERPRINT, written
from krm_fn.krm.outcome import ERROR, INFO
from tests.formats.reports import CLEAN, HOSTILE, MIXED, NASTY_PATHS, REPORTS, finding, item, report

SCHEMA = json.loads((Path(__file__).parent / "schemas" / "sarif-schema-2.1.0.json").read_text("utf-8"))


def run_of(given: Report) -> dict[str, Any]:
    answer = json.loads(written(given))
    assert answer["version"] == "2.1.0"
    [run] = answer["runs"]
    assert isinstance(run, dict)
    return run


def results_of(given: Report) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = run_of(given)["results"]
    return results


@pytest.mark.parametrize("given", REPORTS.values(), ids=REPORTS)
def test_it_follows_the_schema(given: Report) -> None:
    validator = Draft4Validator(SCHEMA, format_checker=Draft4Validator.FORMAT_CHECKER)
    assert [f"{list(e.path)}: {e.message}" for e in validator.iter_errors(json.loads(written(given)))] == []


def test_the_schema_refuses_what_is_wrong() -> None:
    answer = json.loads(written(MIXED))
    answer["runs"][0]["results"][0]["level"] = "info"
    assert not Draft4Validator(SCHEMA).is_valid(answer)


def test_without_findings_there_still_is_a_run() -> None:
    run = run_of(CLEAN)
    assert run["results"] == []
    assert run["tool"]["driver"]["rules"] == []


def test_a_result() -> None:
    [result] = results_of(report(finding(severity=ERROR, about=item())))
    fingerprint = result.pop("partialFingerprints")
    assert result == {
        "ruleId": "headless-backend",
        "ruleIndex": 0,
        "level": "error",
        "message": {"text": "Service shop/web: spec.clusterIP: leads nowhere"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "app.yaml"},
                    "region": {"startLine": 3, "startColumn": 5},
                },
                "logicalLocations": [{"fullyQualifiedName": "Service shop/web", "kind": "resource"}],
            }
        ],
    }
    assert list(fingerprint) == [FINGERPRINT]


def test_rules_explain_their_codes_once() -> None:
    run = run_of(MIXED)
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [
        "headless-backend", "host-network", "unused-suppression", "name-taken", "no-such-code",
    ]  # fmt: skip
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"])
    assert rules[0]["name"] == "HeadlessBackend"
    assert rules[0]["shortDescription"]["text"].startswith("A route leads to a headless Service")
    assert rules[0]["defaultConfiguration"] == {"level": "warning"}
    assert "`" not in rules[0]["help"]["text"]
    assert rules[-1] == {"id": "no-such-code", "name": "NoSuchCode", "shortDescription": {"text": "no-such-code"}}


def test_every_result_has_a_place_as_github_demands() -> None:
    for result in results_of(MIXED):
        assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert "region" not in results_of(report(finding(place=Place("a.yaml"))))[0]["locations"][0]["physicalLocation"]
    [streamed] = results_of(report(finding(place=Place("standard input", 7, 1), path="")))
    assert streamed["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "stdin"}, "region": {"startLine": 7, "startColumn": 1},
    }  # fmt: skip


def test_infos_are_notes() -> None:
    assert [result["level"] for result in results_of(report(finding(severity=INFO)))] == ["note"]


def test_accepted_findings_are_marked() -> None:
    found = [result.get("suppressions") for result in results_of(MIXED)]
    assert found[:3] == [None] * 3
    assert found[3] == [{"kind": "inSource", "status": "accepted", "justification": "has to see the node"}]
    assert found[4] == [{"kind": "external", "status": "accepted", "justification": "--ignore host-network"}]


@pytest.mark.parametrize("path", NASTY_PATHS)
def test_paths_are_references_that_lead_back(path: str) -> None:
    [result] = results_of(report(finding(place=Place(path, 1, 1))))
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri.isascii()
    assert urlsplit(uri).scheme == ("file" if path.startswith("/") else "")
    assert unquote(urlsplit(uri).path, errors="surrogateescape") == path


def fingerprint(**changes: Any) -> str:
    [result] = results_of(report(finding(**{"about": item(), **changes})))
    return str(result["partialFingerprints"][FINGERPRINT])


def test_fingerprints_outlive_moves_and_better_words() -> None:
    assert fingerprint(place=Place("else.yaml", 99)) == fingerprint(message="put better") == fingerprint()
    others = {
        fingerprint(code="name-taken"),
        fingerprint(about=item(name="x")),
        fingerprint(field="spec"),
        fingerprint(),
    }
    assert len(others) == 4


def test_fingerprints_are_unique() -> None:
    for given in (MIXED, HOSTILE):
        found = [result["partialFingerprints"][FINGERPRINT] for result in results_of(given)]
        assert len(set(found)) == len(found)
