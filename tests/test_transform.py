"""Every fixture through `transform`, in this process, where the tools that watch the tests can see it."""

from __future__ import annotations

from pathlib import Path

import pytest

from krm_fn.function import transform

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
CASES = sorted(path.parent for path in FIXTURES.rglob("output.yaml"))


def text(path: Path) -> str:
    return path.read_bytes().decode("utf-8-sig")


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.relative_to(FIXTURES)))
def test_fixture(case: Path) -> None:
    assert transform(text(case / "input.yaml")).text == text(case / "output.yaml")
