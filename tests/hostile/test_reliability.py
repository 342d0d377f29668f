"""docs/reliability.md: the tests that it names exist, and its table of bounds is that of the hostile inputs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from .inputs import FILES, FUNCTION

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", PAGE)))
BOUNDS = [
    [cell.strip() for cell in row.split("|")[1:-1]] for row in PAGE.partition("## Bounds")[2].splitlines() if "|" in row
]


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_named_tests_exist(path: str, name: str) -> None:
    assert f"def {name or 'test_'}" in (ROOT / path).read_text(encoding="utf-8")


def test_every_promise_names_a_test() -> None:
    rows = [row for row in PAGE.partition("## Tests of the tests")[0].splitlines() if row.startswith("| ")]
    assert len(rows) > 5
    assert all("tests/" in row for row in rows if not row.startswith(("| promise", "| ---")))


def test_bounds_are_those_of_the_hostile_inputs() -> None:
    rows = {row[0]: row for row in BOUNDS[2:]}
    assert list(rows) == [hostile.name for hostile in (*FUNCTION, *FILES)]
    for hostile in (*FUNCTION, *FILES):
        assert rows[hostile.name][1] == (f"{hostile.full:,}" if hostile.full > 1 else "")
        assert rows[hostile.name][2] in hostile.outcomes
