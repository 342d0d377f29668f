"""Workflow commands of GitHub Actions: each finding becomes an annotation at its line of a pull request.

Nothing from a manifest may end a command and begin another, so it is escaped as GitHub's own toolkit does
(actions/toolkit, packages/core/src/command.ts).
"""

from __future__ import annotations

from krm_fn.krm.outcome import ERROR, INFO, WARNING
from krm_fn.report import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from krm_fn.formats.finding import Finding, Report

COMMANDS = {ERROR: "error", WARNING: "warning", INFO: "notice"}


def written(report: Report) -> str:
    """One command a finding; those that were accepted are left out."""
    return "".join(_command(finding) for finding in report.findings if finding.counts)


def _command(finding: Finding) -> str:
    place = finding.place
    where = {"file": finding.path, "line": str(place.line or ""), "col": str(place.column or "")}
    if not finding.path:  # the lines of a stream mean nothing to GitHub
        where = {}
    properties = {**where, "title": finding.result.code}
    listed = ",".join(f"{key}={_property(value)}" for key, value in properties.items() if value)
    message = "\n".join(shown(line) for line in _message(finding).split("\n"))
    return f"::{COMMANDS[finding.result.severity]} {listed}::{_data(message)}\n"


def _message(finding: Finding) -> str:
    """GitHub shows no place of a stream, so the message begins with it."""
    place = str(finding.place)
    return f"{place}: {finding.words}" if place and not finding.path else finding.words


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(shown(text)).replace(":", "%3A").replace(",", "%2C")
