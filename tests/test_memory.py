"""Remembering what a function gave."""

from __future__ import annotations

import pytest

from krm_fn.memory import cache


def test_a_function_is_called_once_for_its_arguments() -> None:
    calls = []

    @cache
    def half(number: int, rest: bool = False) -> float:
        """Half of it."""
        calls.append((number, rest))
        return number % 2 if rest else number / 2

    assert [half(4), half(4), half(5, True), half(5, True), half(5)] == [2, 2, 1, 1, 2.5]
    assert calls == [(4, False), (5, True), (5, False)]
    assert (half.__name__, half.__doc__) == ("half", "Half of it.")


def test_what_fails_is_tried_again() -> None:
    calls = []

    @cache
    def fails() -> None:
        calls.append(1)
        raise ValueError

    for _ in range(2):
        with pytest.raises(ValueError, match=r"^$"):
            fails()
    assert len(calls) == 2
