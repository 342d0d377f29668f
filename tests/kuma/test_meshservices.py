"""Modes of MeshServices, and which Services become one."""

from __future__ import annotations

from typing import Any

import pytest

from krm_fn.kuma.meshservices import becomes_mesh_service, mode_of

INJECTED = {"metadata": {"labels": {"kuma.io/sidecar-injection": "enabled"}}}


@pytest.mark.parametrize(
    ("mesh", "mode"),
    [
        ({}, "Disabled"),
        ({"spec": {"meshServices": {}}}, "Disabled"),
        ({"spec": {"meshServices": {"mode": "Everywhere"}}}, "Everywhere"),
        ({"spec": {"meshServices": {"mode": "ReachableBackends"}}}, "ReachableBackends"),
        ({"spec": {"meshServices": {"mode": "Exclusive"}}}, "Exclusive"),
        ({"spec": {"meshServices": {"mode": "exclusive"}}}, "Disabled"),
        ({"spec": {"meshServices": {"mode": 1}}}, "Disabled"),
        ({"spec": None}, "Disabled"),
    ],
)
def test_mode(mesh: dict[str, Any], mode: str) -> None:
    assert mode_of(mesh) == mode


def service(labels: Any = None, annotations: Any = None, **spec: Any) -> dict[str, Any]:
    return {"metadata": {"labels": labels, "annotations": annotations}, "spec": spec}


@pytest.mark.parametrize(
    ("data", "namespace", "endpoint", "becomes"),
    [
        (service(), INJECTED, None, True),
        (service(clusterIP="None"), INJECTED, {}, True),
        (service({"kuma.io/mesh": "m"}), None, None, True),
        (service(annotations={"kuma.io/ignore": "on"}), INJECTED, None, True),
        (service(), None, None, False),
        (service(), {"metadata": {"labels": {"kuma.io/sidecar-injection": "disabled"}}}, None, False),
        (service(type="ExternalName"), INJECTED, None, False),
        (service(annotations={"kuma.io/ignore": "true"}), INJECTED, None, False),
        (service(annotations={"kuma.io/gateway": "enabled"}), INJECTED, None, False),
        (service({"k8s.kuma.io/zone-proxy-type": "ingress"}), INJECTED, None, False),
        (service(), INJECTED, {"kuma.io/gateway": "enabled"}, False),
    ],
)
def test_becomes_mesh_service(
    data: dict[str, Any], namespace: dict[str, Any] | None, endpoint: dict[str, str] | None, becomes: bool
) -> None:
    assert becomes_mesh_service(data, namespace, endpoint) is becomes
