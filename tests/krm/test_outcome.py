"""krm_fn.krm.outcome: what a rule may say."""

from __future__ import annotations

import pytest

from krm_fn.krm.outcome import ERROR, INFO, REMOVED, WARNING, Result, error, field_path, info, warning


def test_severities() -> None:
    said = [make("code", "words", None, "spec.x", 1, 2) for make in (error, warning, info)]
    assert said == [Result("code", severity, "words", None, "spec.x", 1, 2) for severity in (ERROR, WARNING, INFO)]


@pytest.mark.parametrize(
    ("steps", "text"),
    [
        ((), ""),
        (("spec",), "spec"),
        (("spec", "rules", 0, "host"), "spec.rules[0].host"),
        (("metadata", "labels", "kuma.io/mesh"), "metadata.labels[kuma.io/mesh]"),
        (("metadata", "annotations", "a.b"), "metadata.annotations[a.b]"),
    ],
)
def test_paths_are_written_as_kubernetes_writes_them(steps: tuple[str | int, ...], text: str) -> None:
    assert field_path(*steps) == text


def test_removed_says_what_it_is() -> None:
    assert repr(REMOVED) == "REMOVED"
