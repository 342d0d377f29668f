"""The table of Kuma versions."""

from __future__ import annotations

from krm_fn.kuma.versions import NEWEST, SUPPORTED, VERSIONS


def test_names_and_records_agree() -> None:
    assert tuple(VERSIONS) == SUPPORTED
    assert all(version.name == name and version.release.startswith(f"{name}.") for name, version in VERSIONS.items())


def test_the_newest_is_last() -> None:
    assert NEWEST.name == SUPPORTED[-1]
    assert sorted(SUPPORTED, key=lambda name: [int(part) for part in name.split(".")]) == list(SUPPORTED)
