from __future__ import annotations

import pytest

from krm_fn.files.places import Place
from krm_fn.formats.text import coloured, written
from krm_fn.krm.outcome import ERROR
from tests.formats.reports import CLEAN, HOSTILE, IN_SOURCE, MIXED, finding, item, report


def test_a_finding_is_a_line() -> None:
    assert written(report(finding(about=item()))) == (
        "app.yaml:3: warning: Service shop/web: spec.clusterIP: leads nowhere [headless-backend]\n"
    )


@pytest.mark.parametrize(
    ("place", "start"),
    [(Place(), "error: "), (Place("a b.yaml"), "a b.yaml: error: "), (Place("a.yaml", 2, 9), "a.yaml:2: error: ")],
)
def test_the_place_is_told_as_far_as_it_is_known(place: Place, start: str) -> None:
    assert (
        written(report(finding(severity=ERROR, place=place, field=""))) == f"{start}leads nowhere [headless-backend]\n"
    )


def test_nothing_is_said_without_findings() -> None:
    assert written(CLEAN) == ""
    assert written(report(finding(suppressed=IN_SOURCE))) == ""


def test_further_lines_of_a_message_are_marked() -> None:
    assert written(report(finding(message="a\nb", field=""))) == "app.yaml:3: warning: a\n  | b [headless-backend]\n"


def test_nothing_reaches_the_terminal_raw() -> None:
    text = written(HOSTILE)
    assert all(line.isprintable() for line in text.split("\n"))
    assert not [line for line in text.split("\n") if line.lstrip().startswith("::")]


def test_colours_change_nothing_but_colours() -> None:
    plain = coloured(MIXED)
    for code in ("31;1", "33;1", "36", "1", "2", "0"):
        plain = plain.replace(f"\x1b[{code}m", "")
    assert plain == written(MIXED)
    assert "\x1b[31;1merror:\x1b[0m" in coloured(MIXED)
