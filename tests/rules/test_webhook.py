from __future__ import annotations

import pytest

from krm_fn.kuma.reading import KumaValueError
from krm_fn.rules.membership import control_plane_of, members
from krm_fn.rules.webhook import container_patches, needs_a_look, patches_of, pod_of, refusal, to_be_injected
from tests.rules.tools import config, deployment, namespace, package

PATCH = """
---
apiVersion: kuma.io/v1alpha1
kind: ContainerPatch
metadata: {name: tune, namespace: kuma-system}
spec: {sidecarPatch: []}
"""


def test_the_pod_as_the_webhook_leaves_it() -> None:
    setup = config()
    resources = package(namespace() + deployment(), setup)
    (member,) = members(resources, setup).values()
    pod = pod_of(member, resources, setup)
    assert pod.labels == {"app": "web", "kuma.io/mesh": "default"}
    assert pod.annotations["kuma.io/sidecar-injected"] == "true"
    assert pod.spec is member.workload.template.spec


@pytest.mark.parametrize(
    ("labels", "spec"), [("", ""), ("kuma.io/sidecar-injection: enabled", "injection: {mode: none}")]
)
def test_the_pod_as_it_stands(labels: str, spec: str) -> None:
    setup = config(spec)
    resources = package(namespace(labels=labels) + deployment(), setup)
    (member,) = members(resources, setup).values()
    assert pod_of(member, resources, setup).annotations == {}


def test_probes_are_rewritten_and_the_template_is_not_touched() -> None:
    setup = config()
    text = deployment().replace('image: "web:1"', "readinessProbe: {tcpSocket: {port: 81}}")
    resources = package(namespace() + text, setup)
    (member,) = members(resources, setup).values()
    (container,) = pod_of(member, resources, setup).spec["containers"]
    assert container["readinessProbe"]["httpGet"]["path"] == "/tcp/81"
    assert "tcpSocket" in member.workload.template.spec["containers"][0]["readinessProbe"]


@pytest.mark.parametrize(
    ("annotations", "needed"),
    [
        ("", False),
        ("team: a", False),
        ("kuma.io/gateway: enabled", False),
        ("kuma.io/gateway: builtin", True),
        ("kuma.io/mesh: a", False),
        ("kuma.io/init-first: 'true'", True),
        ("traffic.kuma.io/exclude-inbound-ports: '1'", True),
    ],
)
def test_which_pods_are_looked_at_closely(annotations: str, needed: bool) -> None:
    setup = config()
    resources = package(namespace() + deployment(annotations=annotations), setup)
    (member,) = members(resources, setup).values()
    assert needs_a_look(member, control_plane_of(resources, setup)) is needed


def test_a_refusal() -> None:
    setup = config()
    resources = package(namespace() + deployment(annotations="kuma.io/init-first: maybe"), setup)
    (member,) = members(resources, setup).values()
    assert to_be_injected(member)
    found = refusal(member, resources, setup)
    assert isinstance(found, KumaValueError)
    assert found.key == "kuma.io/init-first"


def test_container_patches() -> None:
    setup = config("controlPlane: {config: {runtime: {kubernetes: {injector: {containerPatches: [all]}}}}}")
    resources = package(namespace() + deployment(annotations="kuma.io/container-patches: tune") + PATCH, setup)
    (member,) = members(resources, setup).values()
    assert patches_of(member, control_plane_of(resources, setup)) == ["all", "tune"]
    assert set(container_patches(resources, setup)) == {"tune"}
    assert refusal(member, resources, setup) is None
