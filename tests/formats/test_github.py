from __future__ import annotations

import pytest

from krm_fn.files.places import Place
from krm_fn.formats.github import written
from krm_fn.krm.outcome import ERROR, INFO
from tests.formats.reports import CLEAN, HOSTILE, IN_SOURCE, NASTY, finding, item, report

COMMANDS = ("::error ", "::warning ", "::notice ")


def test_a_warning() -> None:
    assert written(report(finding(about=item()))) == (
        "::warning file=app.yaml,line=3,col=5,title=headless-backend::Service shop/web: spec.clusterIP: leads nowhere\n"
    )


def test_severities() -> None:
    text = written(report(finding(severity=ERROR), finding(), finding(severity=INFO)))
    assert [line.partition(" ")[0] for line in text.splitlines()] == ["::error", "::warning", "::notice"]


def test_nothing_without_findings() -> None:
    assert written(CLEAN) == ""
    assert written(report(finding(suppressed=IN_SOURCE))) == ""


@pytest.mark.parametrize(
    ("place", "path", "expected"),
    [
        (Place("a.yaml"), "a.yaml", "::warning file=a.yaml,title=headless-backend::x"),
        (Place(), "", "::warning title=headless-backend::x"),
        (Place("standard input", 7, 1), "", "::warning title=headless-backend::standard input:7: x"),
        (
            Place("a, b:c%.yaml", 1),
            "a, b:c%.yaml",
            "::warning file=a%2C b%3Ac%25.yaml,line=1,title=headless-backend::x",
        ),
    ],
)
def test_places(place: Place, path: str, expected: str) -> None:
    assert written(report(finding(message="x", field="", place=place, path=path))) == f"{expected}\n"


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("50%", "50%25"),
        ("a\nb", "a%0Ab"),
        ("a\r\nb", "a\\r%0Ab"),
        ("%0A::error::x", "%250A::error::x"),
        ("a,b:c", "a,b:c"),
    ],
)
def test_messages_are_escaped(message: str, expected: str) -> None:
    assert written(report(finding(message=message, field=""))).partition("headless-backend::")[2] == f"{expected}\n"


def test_no_finding_makes_a_command_of_its_own() -> None:
    lines = written(HOSTILE).split("\n")
    unsuppressed = [each for each in HOSTILE.findings if each.suppressed is None]
    assert len(lines) == len(unsuppressed) + 1
    assert lines.pop() == ""
    assert all(line.startswith(COMMANDS) and line.isprintable() for line in lines)
    assert all("title=headless-backend::" in line for line in lines)
    assert len(lines) > 3 * len(NASTY)
