"""For programs: one JSON object with a version. docs/check.md describes it; new keys may come, none goes."""

from __future__ import annotations

import json
import math

from krm_fn import __version__
from krm_fn.krm.outcome import SEVERITIES
from krm_fn.report import PROGRAM

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from krm_fn.formats.finding import Finding, Report

VERSION = 1


def written(report: Report) -> str:
    """The whole report; characters that are not ASCII are escaped, so that it is safe on any terminal."""
    answer = {
        "version": VERSION,
        "tool": {"name": PROGRAM, "version": __version__},
        "configuration": report.config,
        "summary": {
            "objects": report.objects,
            "files": len(report.files),
            **{f"{severity}s": report.number(severity) for severity in SEVERITIES},
            "suppressed": report.suppressed,
        },
        "findings": [_entry(finding) for finding in report.findings],
    }
    return json.dumps(answer, indent=2, allow_nan=False) + "\n"


def _entry(finding: Finding) -> dict[str, Any]:
    """One finding; what it does not have is left out."""
    result, item, place = finding.result, finding.result.item, finding.place
    entry: dict[str, Any] = {"code": result.code, "severity": result.severity, "message": result.message}
    if item is not None:
        names = {"apiVersion": item.api_version, "kind": item.kind, "namespace": item.namespace, "name": item.name}
        entry["resource"] = {key: value for key, value in names.items() if value}
    if result.field:
        entry["field"] = result.field
    for key, value in (("currentValue", result.current), ("proposedValue", result.proposed)):
        if value is not None:
            entry[key] = finite(value)
    if place.file:
        entry["file"] = finding.path or place.file
    entry.update({key: value for key, value in (("line", place.line), ("column", place.column)) if value})
    if finding.suppressed is not None:
        suppressed = finding.suppressed
        entry["suppressed"] = {"by": suppressed.words or suppressed.field, "reason": suppressed.reason}
    return entry


def finite(value: Any) -> Any:
    """The value as JSON can have it: keys are text, and what JSON has no number for is text too."""
    if isinstance(value, dict):
        return {str(key): finite(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [finite(entry) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if isinstance(value, str | int | float | None) else str(value)
