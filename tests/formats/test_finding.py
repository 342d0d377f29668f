from __future__ import annotations

import pytest

from krm_fn.files.places import Place
from krm_fn.formats.finding import Report, in_order
from tests.formats.reports import CLEAN, MIXED, NOTHING, finding, report


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (CLEAN, "4 objects in 2 files, no findings"),
        (NOTHING.replace(objects=0), "0 objects in 0 files, no findings"),
        (MIXED, "4 objects in 2 files, 1 error, 4 warnings, 1 info, 2 suppressed"),
        (
            report(MIXED.findings[3]).replace(objects=1),
            "1 object in 1 file, no findings, 1 suppressed",
        ),
        (report(*[finding()] * 10), "4 objects in 1 file, 10 warnings"),
    ],
)
def test_the_summary(given: Report, expected: str) -> None:
    assert given.summary == expected


def test_files_stay_in_their_order_and_lines_come_sorted() -> None:
    places = [Place("b", 9, 1), Place("a", 2, 1), Place("b", 10, 3), Place(), Place("b", 10, 2)]
    assert [each.place for each in in_order(finding(place=place) for place in places)] == [
        places[0], places[4], places[2], places[1], places[3],
    ]  # fmt: skip


@pytest.mark.parametrize(("least", "number"), [("error", 1), ("warning", 7), ("info", 8)])
def test_at_least(least: str, number: int) -> None:
    assert len(MIXED.at_least(least).findings) == number
