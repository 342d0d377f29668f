"""For people: a line a finding, as compilers write it, so that editors find the place."""

from __future__ import annotations

from krm_fn.krm.outcome import ERROR, INFO, WARNING
from krm_fn.report import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from krm_fn.formats.finding import Finding, Report

_COLOURS = {ERROR: "31;1", WARNING: "33;1", INFO: "36"}
_PLACE, _CODE = "1", "2"


def written(report: Report) -> str:
    """The findings that nobody accepted; nothing if there are none."""
    return _lines(report, _plain)


def coloured(report: Report) -> str:
    """The same with the colours of terminals."""
    return _lines(report, _painted)


def _lines(report: Report, paint: Callable[[str, str], str]) -> str:
    return "".join(_line(finding, paint) for finding in report.findings if finding.counts)


def _line(finding: Finding, paint: Callable[[str, str], str]) -> str:
    severity = finding.result.severity
    place = f"{paint(shown(f'{finding.place}:'), _PLACE)} " if finding.place.file else ""
    code = paint(f"[{finding.result.code}]", _CODE)
    return f"{place}{paint(f'{severity}:', _COLOURS[severity])} {finding.printable} {code}\n"


def _plain(text: str, _colour: str) -> str:
    return text


def _painted(text: str, colour: str) -> str:
    return f"\x1b[{colour}m{text}\x1b[0m"
