"""JUnit XML, for the test reports of Jenkins, GitLab and others: a suite for each file, a case for each finding.

A file without findings is a case that passes, as a report without any case counts as broken in some of them. What makes
the build fail is a failure, what is only said a case that passes and says so, what was accepted a skipped one.
"""

from __future__ import annotations

from xml.etree import ElementTree

from krm_fn.report import PROGRAM, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from krm_fn.formats.finding import Finding, Report

PACKAGE = "package"  # the suite of findings that belong to no file


def written(report: Report) -> str:
    """The report as XML 1.0, with the characters that it cannot hold left out."""
    by_file: dict[str, list[Finding]] = {name: [] for name in report.files}
    for finding in report.findings:
        by_file.setdefault(finding.path or finding.place.file or PACKAGE, []).append(finding)
    root = ElementTree.Element("testsuites", name=PROGRAM)
    for name, findings in (by_file or {PACKAGE: []}).items():
        root.append(_suite(name, findings, report.failing))
    for key in ("tests", "failures", "errors"):
        root.set(key, str(sum(int(suite.get(key, "0")) for suite in root)))
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def _suite(name: str, findings: list[Finding], failing: frozenset[str]) -> ElementTree.Element:
    cases = [_case(finding, failing) for finding in findings]
    if not cases:
        cases = [ElementTree.Element("testcase", name="no findings", classname=_legal(name))]
    failures, skipped = (sum(case.find(kind) is not None for case in cases) for kind in ("failure", "skipped"))
    suite = ElementTree.Element(
        "testsuite", name=_legal(name), tests=str(len(cases)), failures=str(failures), errors="0", skipped=str(skipped)
    )
    suite.extend(cases)
    return suite


def _case(finding: Finding, failing: frozenset[str]) -> ElementTree.Element:
    result, place = finding.result, str(finding.place)
    who = f"{result.item.words}: " if result.item else ""
    field = f" {result.field}" if result.field else ""
    case = ElementTree.Element("testcase", name=_legal(f"{who}{result.code}{field}"), classname=_legal(place))
    text = f"{shown(f'{place}: ') if place else ''}{result.severity}: {finding.printable} [{result.code}]"
    if finding.suppressed is not None:
        reason = finding.suppressed.reason or "no reason given"
        ElementTree.SubElement(case, "skipped", type=result.code, message=_legal(f"suppressed: {reason}"))
    elif result.severity in failing:
        failure = ElementTree.SubElement(case, "failure", type=result.severity, message=_legal(result.message))
        failure.text = text
    else:
        ElementTree.SubElement(case, "system-out").text = text
    return case


def _legal(text: str) -> str:
    """The text less what XML 1.0 has no way to write, not even escaped: https://www.w3.org/TR/xml/#charsets."""
    return text if text.isprintable() else "".join(filter(_is_legal, text))


def _is_legal(character: str) -> bool:
    number = ord(character)
    return character in "\t\n\r" or 0x20 <= number <= 0xD7FF or 0xE000 <= number <= 0xFFFD or number >= 0x10000
