"""The fuzzer itself: it goes on after what breaks a law, and keeps the smallest input for each place."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz import oracles, run


def test_findings_keep_the_smallest_input_of_each_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def check(raw: bytes) -> str:
        if raw.startswith(b"bad"):
            raise ValueError("a bug")
        return "fine"

    monkeypatch.setattr(oracles, "check", check)
    findings = run.Findings(tmp_path)
    for raw in (b"good", b"bad, and long", b"bad", b"bad again"):
        findings.hold(raw)
    [kept] = tmp_path.glob("*.yaml")
    assert kept.read_bytes() == b"bad"
    assert "a bug" in kept.with_suffix(".txt").read_text("utf-8")
    assert findings.reached == {"fine": 1}


def test_seeds_are_the_corpus_and_the_fixtures() -> None:
    assert len(run.seeds()) > 800


def test_a_blind_run_finds_nothing(tmp_path: Path) -> None:
    findings = run.Findings(tmp_path)
    run.blindly(findings, run.seeds()[:40], 2)
    assert sum(findings.reached.values()) > 0
    assert not list(tmp_path.iterdir())
