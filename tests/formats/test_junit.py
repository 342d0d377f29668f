from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
import xmlschema

from krm_fn.formats.finding import Report
from krm_fn.formats.junit import written
from krm_fn.krm.outcome import ERROR, WARNING
from tests.formats.reports import CLEAN, HOSTILE, MIXED, NASTY, NOTHING, REPORTS, finding, item, report

SCHEMA = xmlschema.XMLSchema(str(Path(__file__).parent / "schemas" / "junit-10.xsd"))


def root_of(given: Report) -> ElementTree.Element:
    return ElementTree.fromstring(written(given).encode())


def cases_of(given: Report) -> list[ElementTree.Element]:
    return list(root_of(given).iter("testcase"))


@pytest.mark.parametrize("given", REPORTS.values(), ids=REPORTS)
def test_it_follows_the_schema(given: Report) -> None:
    SCHEMA.validate(root_of(given))


def test_the_schema_refuses_what_is_wrong() -> None:
    assert not SCHEMA.is_valid(ElementTree.fromstring(written(CLEAN).replace("testcase", "testCase")))


def test_a_file_without_findings_is_a_case_that_passes() -> None:
    assert [(case.get("name"), case.get("classname"), len(case)) for case in cases_of(CLEAN)] == [
        ("no findings", "app.yaml", 0), ("no findings", "other.yaml", 0),
    ]  # fmt: skip
    assert len(cases_of(NOTHING)) == 1


def test_what_fails_the_build_is_a_failure() -> None:
    kinds = [[child.tag for child in case] for case in cases_of(report(*MIXED.findings[:4]))]
    assert kinds == [["failure"], ["system-out"], ["skipped"], ["system-out"]]
    strict = report(*MIXED.findings[:4], failing=frozenset({ERROR, WARNING}))
    assert [[child.tag for child in case] for case in cases_of(strict)][:2] == [["failure"], ["failure"]]


def test_a_failure() -> None:
    [case] = cases_of(report(finding(severity=ERROR, about=item())))
    assert case.attrib == {"name": "Service shop/web: headless-backend spec.clusterIP", "classname": "app.yaml:3"}
    [failure] = case
    assert failure.attrib == {"type": "error", "message": "leads nowhere"}
    assert failure.text == ("app.yaml:3: error: Service shop/web: spec.clusterIP: leads nowhere [headless-backend]")


def test_accepted_findings_are_skipped_with_their_reason() -> None:
    skipped = [case.find("skipped") for case in cases_of(MIXED)]
    assert [each.get("message") for each in skipped if each is not None] == [
        "suppressed: has to see the node", "suppressed: --ignore host-network",
    ]  # fmt: skip


@pytest.mark.parametrize("given", [MIXED, HOSTILE], ids=["mixed", "hostile"])
def test_the_numbers_are_right(given: Report) -> None:
    root = root_of(given)
    for suite in root:
        assert suite.get("tests") == str(len(suite.findall("testcase")))
        assert suite.get("failures") == str(len(suite.findall("testcase/failure")))
        assert suite.get("skipped") == str(len(suite.findall("testcase/skipped")))
    assert root.get("tests") == str(len(list(root.iter("testcase"))))
    assert root.get("failures") == str(len(list(root.iter("failure"))))


def test_findings_without_a_file_have_a_suite_too() -> None:
    assert [suite.get("name") for suite in root_of(MIXED)] == ["app.yaml", "other.yaml", "package", "standard input"]


@pytest.mark.parametrize("text", NASTY)
def test_texts_stay_inside_their_element(text: str) -> None:
    [case] = cases_of(report(finding(severity=ERROR, message=text, field="")))
    [failure] = case
    legal = "".join(
        c for c in text if c in "\t\n\r" or (c >= " " and not "\ud800" <= c <= "\udfff" and c not in "\ufffe\uffff")
    )
    assert failure.get("message") == legal
    assert len(failure) == 0
