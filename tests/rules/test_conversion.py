from __future__ import annotations

import pytest

from krm_fn.rules.conversion import DATAPLANE_FAILED, NO_DATAPLANE, Package
from krm_fn.rules.membership import is_observed, members
from tests.rules.tools import config, deployment, namespace, package, service

POD = """
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}, annotations: {kuma.io/sidecar-injected: "true"}}
spec: {containers: [{name: web}, {name: kuma-sidecar}]}
status: {podIP: 10.0.0.1}
"""

SCALED_DOWN = (
    deployment().replace("kind: Deployment", "kind: StatefulSet").replace("spec:\n", "spec:\n  replicas: 0\n", 1)
)


def made(text: str, spec: str = "") -> tuple[list[str], list[str]]:
    """The addresses of the Dataplanes of all workloads, and the codes of what is said of them."""
    setup = config(spec)
    resources = package(text, setup)
    everything = list(Package(resources, setup).made(list(members(resources, setup).values())))
    addresses = [data["spec"]["networking"]["address"] for one in everything for data in one.dataplanes]
    return addresses, [result.code for one in everything for result in one.results]


@pytest.mark.parametrize(
    ("text", "addresses", "last_code"),
    [
        (namespace() + deployment(), ["web.shop.pod.invalid"], "dataplane-preview"),
        (
            namespace() + deployment("a") + deployment("a").replace("Deployment", "DaemonSet"),
            ["a-deployment.shop.pod.invalid", "a-daemonset.shop.pod.invalid"],
            "dataplane-preview",
        ),
        (namespace() + deployment(annotations="kuma.io/gateway: builtin"), [], None),
        (namespace(labels="") + deployment(), [], NO_DATAPLANE),
        (namespace() + POD.replace("podIP: 10.0.0.1", "phase: Pending"), [], NO_DATAPLANE),
        (namespace() + SCALED_DOWN, [], NO_DATAPLANE),
        (namespace() + deployment(annotations="kuma.io/reachable-backends: '['"), [], DATAPLANE_FAILED),
    ],
)
def test_what_becomes_of_a_workload(text: str, addresses: list[str], last_code: str | None) -> None:
    found, said = made(text)
    assert found == addresses
    assert (said[-1] if said else None) == last_code


def test_an_observed_pod_keeps_its_address() -> None:
    assert made(namespace() + POD + service())[0] == ["10.0.0.1"]
    resources = package(POD + POD.replace("status: {podIP: 10.0.0.1}", ""))
    assert [is_observed(item) for item in resources.items] == [True, False]


def test_without_virtual_addresses_workloads_meet_each_other() -> None:
    spec = "controlPlane: {config: {experimental: {kubeOutboundsAsVIPs: false}}}"
    assert len(made(namespace() + deployment("a") + service("a") + deployment("b"), spec)[0]) == 2
