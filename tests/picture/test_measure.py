"""How wide texts are, and where things in a row come to stand."""

from __future__ import annotations

import pytest

from krm_fn.picture.measure import spread, text_width


@pytest.mark.parametrize(
    ("wanted", "low", "high", "expected"),
    [
        ([], 0, 100, []),
        ([5], 0, 100, [5]),
        ([5, 50], 0, 100, [5, 50]),
        ([50, 50], 0, 100, [45, 55]),
        ([50, 40], 0, 100, [40, 50]),
        ([-5, 0], 0, 100, [0, 10]),
        ([99, 100], 0, 100, [90, 100]),
        ([0, 0, 0], 0, 20, [0, 10, 20]),
    ],
)
def test_spread(wanted: list[float], low: float, high: float, expected: list[float]) -> None:
    assert spread(wanted, 10, low, high) == expected


def test_wide_letters_count_for_more() -> None:
    assert text_width("iii", 10) < text_width("nnn", 10) < text_width("mmm", 10) < text_width("mmm", 10, True)
