"""SARIF 2.1.0 (OASIS, errata 01), for code scanning: GitHub's, Azure DevOps' and the viewers of editors.

GitHub refuses a result without a physical location, so one that has none gets `NOWHERE`.
"""

from __future__ import annotations

import hashlib
import json
from urllib.parse import quote

from krm_fn import __version__
from krm_fn.formats.explanations import explanation
from krm_fn.krm.outcome import ERROR, INFO, WARNING
from krm_fn.report import PROGRAM

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from krm_fn.formats.finding import Finding, Report

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
FINGERPRINT = "krmFnFinding/v1"
LEVELS = {ERROR: "error", WARNING: "warning", INFO: "note"}
NOWHERE = "stdin"  # as other tools call standard input


def written(report: Report) -> str:
    """One run; its rules are those that something was found for. Findings that were accepted are marked so."""
    codes = list(dict.fromkeys(finding.result.code for finding in report.findings))
    seen: dict[str, int] = {}
    run = {
        "tool": {"driver": {"name": PROGRAM, "version": __version__, "rules": [_rule(code) for code in codes]}},
        "invocations": [{"executionSuccessful": True}],
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, codes.index(finding.result.code), seen) for finding in report.findings],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(code: str) -> dict[str, Any]:
    """What docs/results.md says of a code."""
    told = explanation(code)
    rule: dict[str, Any] = {"id": code, "name": "".join(word.capitalize() for word in code.split("-"))}
    rule["shortDescription"] = {"text": told.first_sentence or code}
    if told.text:
        rule["fullDescription"] = {"text": told.plain}
        rule["help"] = {"text": told.plain, "markdown": told.text}
    if told.severity:
        rule["defaultConfiguration"] = {"level": LEVELS[told.severity]}
    return rule


def _result(finding: Finding, rule: int, seen: dict[str, int]) -> dict[str, Any]:
    fingerprint = _fingerprint(finding)
    seen[fingerprint] = seen.get(fingerprint, 0) + 1
    result: dict[str, Any] = {
        "ruleId": finding.result.code,
        "ruleIndex": rule,
        "level": LEVELS[finding.result.severity],
        "message": {"text": finding.words},
        "locations": [_location(finding)],
        "partialFingerprints": {FINGERPRINT: f"{fingerprint}:{seen[fingerprint]}"},
    }
    if finding.suppressed is not None:
        kind = "inSource" if finding.suppressed.is_in_source else "external"
        result["suppressions"] = [{"kind": kind, "status": "accepted", "justification": finding.suppressed.reason}]
    return result


def _location(finding: Finding) -> dict[str, Any]:
    place, item = finding.place, finding.result.item
    physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(finding.path) if finding.path else NOWHERE}}
    if place.line:
        physical["region"] = {"startLine": place.line, **({"startColumn": place.column} if place.column else {})}
    location: dict[str, Any] = {"physicalLocation": physical}
    if item is not None:
        location["logicalLocations"] = [{"fullyQualifiedName": item.words, "kind": "resource"}]
    return location


def _uri(path: str) -> str:
    """A reference to a file; a colon in its first step would read as a scheme."""
    uri = quote(path, safe="/~!$&'()*+,=@", errors="surrogateescape")
    return f"file://{uri}" if uri.startswith("/") else uri


def _fingerprint(finding: Finding) -> str:
    """What stays the same when lines move and words are put better: code, resource and field."""
    item = finding.result.item
    name = (item.group, item.kind, item.namespace, item.name) if item else ("", "", "", "")
    parts = "\0".join((finding.result.code, *name, finding.result.field))
    return hashlib.sha256(parts.encode("utf-8", "backslashreplace")).hexdigest()[:32]
