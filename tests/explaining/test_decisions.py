"""The decisions that explain and graph show are those of the function: same results, same data."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from krm_fn.explaining import decisions as module
from krm_fn.explaining.decisions import ASKED_BY, decisions_of
from krm_fn.files.preview import preview
from krm_fn.krm.outcome import ERROR, INFO
from krm_fn.krm.source import InputError
from krm_fn.rules import RULES

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "fixtures"
CASES = sorted(
    path
    for group in ("injection", "gateways", "gateway-coverage", "service-upstream", "hardening", "manual")
    for path in (FIXTURES / group).glob("*/input.yaml")
)
OWN_OF_FUNCTION = {"duplicate-key", "cannot-edit", "generated-conflict"}


@pytest.mark.parametrize("case", CASES, ids=lambda path: f"{path.parent.parent.name}/{path.parent.name}")
def test_the_rules_leave_what_the_function_writes(case: Path) -> None:
    found = preview([str(case)])
    decisions = decisions_of(found)
    if decisions is None:
        assert found.outcome.exit_code == 1
        return
    if any(result.severity == ERROR for result in found.outcome.results):
        return
    changed = dict(found.outcome.changed)
    source = found.package.files[0].source
    try:
        written = source.reread(source.rebuild(changed, (), ()))
    except InputError:
        pytest.fail("the function wrote what it cannot read")
    ruled = {item.entry: item.data for item in decisions.after.items if not item.prefix}
    for entry, data in ruled.items():
        if entry not in found.outcome.removed:
            assert written[entry] == data
    infos = {(r.code, r.field, r.item.place if r.item else None) for r in found.outcome.results if r.severity == INFO}
    told = {(r.code, r.field, r.item.place if r.item else None) for r in decisions.results if r.severity == INFO}
    assert infos <= told


def test_an_edit_that_is_undone_again_is_no_change(tmp_path: Path) -> None:
    found = preview([str(FIXTURES / "demo" / "package")])
    decisions = decisions_of(found)
    assert decisions is not None
    kept = next(item for item in decisions.after.items if item.kind == "Mesh")
    assert decisions.changes_of(kept) == []


def test_a_preview_with_every_decision_needs_no_second_run(monkeypatch: pytest.MonkeyPatch) -> None:
    path = str(FIXTURES / "demo" / "package")
    plain = decisions_of(preview([path]))
    found = preview([path], told=INFO)
    monkeypatch.setattr(module, "decide", None)
    told = decisions_of(found)
    assert plain is not None
    assert told is not None
    assert [(r.code, r.message) for r in told.results] == [(r.code, r.message) for r in plain.results]
    assert [item.data for item in told.after.items] == [item.data for item in plain.after.items]
    assert [told.changes_of(item) for item in told.after.items] == [
        plain.changes_of(item) for item in plain.after.items
    ]


def test_what_is_named_as_asking_for_an_edit_is_a_setting() -> None:
    schema = json.loads((ROOT / "krm_fn" / "config" / "meshsetup.schema.json").read_text())
    assert set(ASKED_BY) <= {rule.__name__ for rule in RULES}
    for setting in ASKED_BY.values():
        node = schema
        for key in setting.split("."):
            node = node["properties"][key]
            if "$ref" in node:
                node = schema["$defs"][node["$ref"].rpartition("/")[2]]


@pytest.mark.parametrize("case", CASES, ids=lambda path: f"{path.parent.parent.name}/{path.parent.name}")
def test_every_edit_has_a_setting_that_asked_for_it(case: Path) -> None:
    decisions = decisions_of(preview([str(case)]))
    if decisions is not None:
        for item in decisions.before.items:
            assert {change.rule for change in decisions.changes_of(item)} <= set(ASKED_BY)
