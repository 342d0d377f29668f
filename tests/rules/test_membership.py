from __future__ import annotations

import pytest

from krm_fn.krm.resource import Namespace
from krm_fn.rules.membership import (
    is_labelled,
    is_outside_webhook,
    is_undeclared,
    members,
    mesh_is_missing,
    selected_by,
    services_of,
)
from tests.rules.tools import config, deployment, mesh, namespace, package, service

LABEL = "kuma.io/sidecar-injection"
SIDECAR = deployment(annotations='kuma.io/sidecar-injected: "true"').replace("{name: web,", "{name: kuma-sidecar,")


@pytest.mark.parametrize(
    ("text", "spec", "code", "in_mesh"),
    [
        (namespace() + deployment(), "", "injected-by-namespace-label", True),
        (namespace(labels="") + deployment(), "", "not-injected", False),
        (namespace(labels="") + deployment(labels=f"{LABEL}: enabled"), "", "webhook-namespace-not-labelled", False),
        (
            namespace(labels="") + deployment(labels=f"{LABEL}: enabled"),
            "injection: {mode: none}",
            "injected-by-pod-label",
            True,
        ),
        (deployment(labels=f"{LABEL}: enabled"), "", "injected-by-pod-label", True),
        (deployment(where="kube-system", labels=f"{LABEL}: enabled"), "", "webhook-excluded-namespace", False),
        (
            namespace("kube-system") + deployment(where="kube-system"),
            "",
            "webhook-excluded-namespace",
            False,
        ),
        (namespace() + SIDECAR, "", "already-injected", True),
        (namespace() + SIDECAR.replace('"true"', '"false"'), "", "already-injected", False),
        (namespace() + deployment(labels="openshift.io/build.name: a"), "", "injection-exception", False),
        (
            deployment(),
            f"namespaces: [{{name: shop, labels: {{{LABEL}: enabled}}}}]",
            "injected-by-namespace-label",
            True,
        ),
    ],
)
def test_who_is_in_a_mesh(text: str, spec: str, code: str, in_mesh: bool) -> None:
    setup = config(spec)
    (member,) = members(package(text, setup), setup).values()
    assert (member.decision.code, member.in_mesh) == (code, in_mesh)


def test_the_mesh_and_who_names_it() -> None:
    setup = config("mesh: main")
    resources = package(
        namespace(annotations="kuma.io/mesh: ns") + deployment() + deployment("b", annotations="kuma.io/mesh: pod"),
        setup,
    )
    assert [member.mesh.name for member in members(resources, setup).values()] == ["ns", "pod"]
    (member,) = members(package(deployment(), setup), setup).values()
    assert (member.mesh.name, member.mesh.explicit) == ("main", False)
    (member,) = members(package(namespace() + deployment(), setup), setup).values()
    assert (member.mesh.name, member.mesh.explicit) == ("main", False), "a Namespace that names no mesh changes nothing"


def test_services_and_whom_they_lead_to() -> None:
    setup = config()
    resources = package(
        namespace() + deployment() + service("b", app="web") + service("a", app="web") + service("c"), setup
    )
    (member,) = members(resources, setup).values()
    assert [view.name for view in services_of(member.workload, resources, setup)] == ["a", "b"]
    assert set(selected_by(resources, setup)) == {("shop", "a"), ("shop", "b")}


def test_what_a_service_leads_to_follows_the_control_planes_configuration() -> None:
    versioned = service().replace("selector: {app: web}", "selector: {app: web, version: v2}")
    text = namespace() + deployment() + versioned
    ignoring = config(
        "controlPlane: {config: {runtime: {kubernetes: {injector: {ignoredServiceSelectorLabels: [version]}}}}}"
    )
    assert not selected_by(package(text), config())
    assert [m.workload.item.name for m in selected_by(package(text), ignoring)["shop", "web"]] == ["web"]


@pytest.mark.parametrize(
    ("uid", "names"),
    [("a-1", ["by-slice"]), ("a-2", []), ('""', []), ("null", []), ("[a-1]", []), ("{a-1: a}", []), ("1", [])],
)
def test_a_service_without_selector_leads_to_the_pods_of_its_endpoint_slices(uid: str, names: list[str]) -> None:
    text = f"""
---
apiVersion: v1
kind: Pod
metadata: {{name: web, namespace: shop, uid: {uid}}}
spec: {{containers: [{{name: web, image: a}}]}}
---
apiVersion: v1
kind: Service
metadata: {{name: by-slice, namespace: shop}}
spec: {{ports: [{{port: 80}}]}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{name: by-slice-1, namespace: shop, labels: {{kubernetes.io/service-name: by-slice}}}}
endpoints: [{{addresses: [10.0.0.1], targetRef: {{kind: Pod, name: web, uid: a-1}}}}]
"""
    setup = config()
    resources = package(text, setup)
    (member,) = members(resources, setup).values()
    assert [view.name for view in services_of(member.workload, resources, setup)] == names


def test_a_missing_mesh_is_known_only_where_the_list_is_complete() -> None:
    resources = package(mesh("there"))
    assert not mesh_is_missing("any", resources, config())
    assert mesh_is_missing("any", resources, config("meshes: []"))
    assert not mesh_is_missing("there", resources, config("meshes: []"))
    assert not mesh_is_missing("listed", resources, config("meshes: [listed]"))


def test_namespaces_that_the_webhook_leaves_out() -> None:
    setup = config("controlPlane: {systemNamespace: mesh-system}")
    assert is_outside_webhook("mesh-system", setup)
    assert is_outside_webhook("kube-system", setup)
    assert not is_outside_webhook("kuma-system", setup)


@pytest.mark.parametrize(
    ("text", "undeclared"),
    [
        (deployment(), True),
        (namespace() + deployment(), False),
        (namespace(labels="") + deployment(), False),
        (deployment(where="kube-system"), False),
        (deployment(where="kuma-system"), False),
    ],
)
def test_a_namespace_that_nobody_declares(text: str, undeclared: bool) -> None:
    (member,) = members(package(text), config()).values()
    assert is_undeclared(member, config()) is undeclared


@pytest.mark.parametrize(
    ("labels", "labelled"),
    [
        ({LABEL: "enabled"}, True),
        ({LABEL: "yes"}, True),
        ({LABEL: "true"}, True),
        ({LABEL: "disabled"}, False),
        ({LABEL: "oops"}, False),
        ({LABEL: ""}, False),
        ({}, False),
    ],
)
def test_the_label_of_a_namespace(labels: dict[str, str], labelled: bool) -> None:
    assert is_labelled(Namespace("shop", labels, {})) is labelled


def test_a_namespace_that_is_not_there_has_no_label() -> None:
    assert is_labelled(None) is False
