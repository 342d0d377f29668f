"""The list of rules: a rule whose module is not loaded would have had nothing to say."""

from __future__ import annotations

from pathlib import Path

import pytest

from krm_fn.config.load import load
from krm_fn.config.meshsetup import MeshSetup
from krm_fn.gateways.catalog import products_by_id
from krm_fn.krm.outcome import Edit
from krm_fn.krm.resourcelist import ResourceList
from krm_fn.krm.resources import Resources
from krm_fn.krm.source import InputError
from krm_fn.rules import RULES

FIXTURES = sorted((Path(__file__).resolve().parents[2] / "fixtures").rglob("input.yaml"))
SOME = FIXTURES[::7]  # each seventh, of all areas: the whole set takes long, and conditions are few


def _package(path: Path) -> tuple[Resources, MeshSetup] | None:
    try:
        source = ResourceList(path.read_text(encoding="utf-8-sig"))
    except InputError:
        return None
    setup = load(source.function_config, tuple(products_by_id()))
    if not isinstance(setup, MeshSetup):
        return None
    return Resources.read(source.entries, setup.default_namespace), setup


@pytest.mark.parametrize("path", SOME, ids=lambda path: "/".join(path.parts[-3:-1]))
def test_a_rule_that_is_not_wanted_would_say_nothing(path: Path) -> None:
    package = _package(path)
    if package is None:
        return
    resources, setup = package
    for rule in RULES:
        said = list(rule.load()(resources, setup))
        if not rule.wanted(setup):
            assert said == [], rule.__name__
        resources = resources.apply(one for one in said if isinstance(one, Edit))


def test_every_rule_is_wanted_by_some_fixture() -> None:
    setups = [package[1] for path in FIXTURES if (package := _package(path)) is not None]
    assert [rule.__name__ for rule in RULES if not any(map(rule.wanted, setups))] == []
