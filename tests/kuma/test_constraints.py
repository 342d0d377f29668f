"""Membership of a mesh."""

from __future__ import annotations

from typing import Any

import pytest

from krm_fn.kuma.constraints import violates_constraints


def mesh(requirements: Any = None, restrictions: Any = None) -> dict[str, Any]:
    proxy = {"requirements": requirements, "restrictions": restrictions}
    return {"metadata": {"name": "pay"}, "spec": {"constraints": {"dataplaneProxy": proxy}}}


def dataplane(*tags: dict[str, str]) -> dict[str, Any]:
    return {"spec": {"networking": {"inbound": [{"port": 1, "tags": each} for each in tags]}}}


BLUE, RED = {"team": "blue"}, {"team": "red"}


@pytest.mark.parametrize(
    ("data", "rules", "paths"),
    [
        (dataplane(BLUE), mesh(), []),
        (dataplane(BLUE), {}, []),
        (dataplane(BLUE), {"spec": {"constraints": "x"}}, []),
        (dataplane(BLUE), mesh([{"tags": BLUE}]), []),
        (dataplane(BLUE), mesh([{"tags": {"team": "*"}}]), []),
        (dataplane(BLUE, RED), mesh([{"tags": BLUE}, {"tags": RED}]), []),
        (dataplane(BLUE), mesh(None, [{"tags": RED}]), []),
        (dataplane(BLUE), mesh(None, [{"tags": {**BLUE, "x": "*"}}]), []),
        (dataplane(), mesh([{"tags": BLUE}]), []),
        (dataplane(BLUE, RED), mesh([{"tags": BLUE}]), ["spec.networking.inbound[1]"]),
        (dataplane({"team": ""}), mesh([{"tags": {"team": "*"}}]), ["spec.networking.inbound[0]"]),
        (dataplane(BLUE), mesh(None, [{"tags": {"team": "*"}}]), ["spec.networking.inbound[0]"]),
        (
            {"spec": {"networking": {"gateway": {"tags": RED}}}},
            mesh([{"tags": BLUE}], [{"tags": RED}]),
            ["spec.networking.gateway", "spec.networking.gateway"],
        ),
        (
            {"spec": {"networking": {"inbound": [None, 3]}}},
            mesh([{"tags": BLUE}]),
            ["spec.networking.inbound[0]", "spec.networking.inbound[1]"],
        ),
    ],
)
def test_constraints(data: dict[str, Any], rules: dict[str, Any], paths: list[str]) -> None:
    found = violates_constraints(data, rules)
    assert [violation.path for violation in found] == paths


def test_messages() -> None:
    required, restricted = violates_constraints(
        dataplane({"b": "2", "a": "1"}), mesh([{"tags": BLUE}], [{"tags": {"a": "*"}}])
    )
    start = 'dataplane cannot be a member of mesh "pay" because its tags "a=1 b=2"'
    assert required.message == f"{start} does not fulfill any requirements defined on the Mesh"
    assert restricted.message == f'{start} matches restricted tags "a=*" defined on the Mesh'
