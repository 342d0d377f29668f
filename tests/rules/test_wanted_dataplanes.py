"""Whose Dataplanes are emitted, whose are only looked at, and those that stand in the package."""

from __future__ import annotations

import pytest

from krm_fn.rules.dataplanes import dataplanes
from tests.rules.tools import deployment, mesh, namespace, run_rule, service

GATEWAY = "kuma.io/gateway: enabled"
POD = """
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}, annotations: {%s}}
spec: {containers: [{name: web}, {name: kuma-sidecar}]}
status: {podIP: 10.0.0.1}
"""
JOINED = 'kuma.io/sidecar-injected: "true"'
POD_TEMPLATE = """
---
apiVersion: v1
kind: PodTemplate
metadata: {name: web, namespace: shop}
template: {metadata: {labels: {app: web}, annotations: {%s}}, spec: {containers: [{name: web}]}}
"""
LOCAL = deployment(annotations=GATEWAY).replace(
    "metadata: {name", 'metadata: {annotations: {config.kubernetes.io/local-config: "true"}, name', 1
)


@pytest.mark.parametrize(
    ("text", "emit", "mode", "emitted"),
    [
        (deployment(annotations=GATEWAY), "gateways", "webhook", 1),
        (deployment(), "gateways", "webhook", 0),
        (deployment(annotations="kuma.io/gateway: builtin"), "gateways", "webhook", 0),
        (deployment(annotations=GATEWAY), "none", "webhook", 0),
        (deployment(), "all", "webhook", 1),
        (deployment(labels="kuma.io/sidecar-injection: disabled"), "all", "webhook", 0),
        (POD % JOINED, "all", "webhook", 1),
        (POD % f"{JOINED}, {GATEWAY}", "gateways", "webhook", 1),
        (POD_TEMPLATE % GATEWAY, "gateways", "webhook", 0),
        (POD_TEMPLATE % "", "all", "webhook", 0),
        (LOCAL, "gateways", "webhook", 0),
        (LOCAL, "all", "webhook", 0),
    ],
)
def test_what_is_asked_for(text: str, emit: str, mode: str, emitted: int) -> None:
    spec = f"dataplanes: {{emit: {emit}}}\ninjection: {{mode: {mode}}}"
    assert len(run_rule(dataplanes, namespace() + text + service(), spec).emits) == emitted


# --- Looked at, but not emitted ---------------------------------------------------------------------------------------
UNREADABLE = 'kuma.io/reachable-backends: "["'


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (deployment(annotations=UNREADABLE), 1),
        (deployment("a") + deployment(annotations=UNREADABLE), 1),
        (deployment("out", labels="kuma.io/sidecar-injection: disabled") + deployment(annotations=UNREADABLE), 1),
        (POD_TEMPLATE % UNREADABLE, 0),
        (POD_TEMPLATE % UNREADABLE + deployment(annotations=UNREADABLE), 1),
        (deployment(annotations=UNREADABLE, labels="kuma.io/sidecar-injection: disabled"), 0),
        (deployment(annotations="example.com/reachable-backends: '['"), 0),
    ],
)
def test_annotations_that_kuma_might_refuse_are_looked_at(text: str, found: int) -> None:
    ruled = run_rule(dataplanes, namespace() + text + service(), "dataplanes: {emit: none}")
    assert len(ruled.of("dataplane-failed")) == found
    assert not ruled.emits


ZONE_PROXY = service(labels="k8s.kuma.io/zone-proxy-type: elsewhere")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (deployment() + ZONE_PROXY, 1),
        (deployment() + deployment("other") + service("other") + ZONE_PROXY, 1),
        (deployment() + service("other", labels="k8s.kuma.io/zone-proxy-type: elsewhere"), 0),
        (deployment() + service(), 0),
    ],
)
def test_pods_behind_zone_proxy_services_are_looked_at(text: str, found: int) -> None:
    exclusive = "---\napiVersion: kuma.io/v1alpha1\nkind: Mesh\nmetadata: {name: default}\n"
    exclusive += "spec: {meshServices: {mode: Exclusive}}\n"
    ruled = run_rule(dataplanes, namespace() + text + exclusive, "dataplanes: {emit: none}")
    assert len(ruled.of("dataplane-failed")) == found


# --- Dataplanes of the package ----------------------------------------------------------------------------------------
def written(name: str, mesh: str, group: str = "kuma.io/v1alpha1") -> str:
    return f"""
---
apiVersion: {group}
kind: Dataplane
mesh: {mesh}
metadata: {{name: {name}, namespace: shop}}
spec: {{networking: {{address: 10.0.0.1}}}}
"""


def test_the_mesh_of_a_dataplane_in_the_package() -> None:
    text = written("other", "missing", "example.com/v1") + written("a", "default") + written("b", "missing")
    (result,) = run_rule(dataplanes, text, "meshes: [default]").results
    assert (result.code, result.severity, result.field, result.current) == (
        "mesh-not-found",
        "error",
        "mesh",
        "missing",
    )
    assert result.item is not None
    assert result.item.name == "b"
    assert result.message == (
        'meshes.kuma.io "missing" not found: it is neither in the package nor in spec.meshes; add the Mesh, '
        "or name another"
    )


# --- Why there is none ------------------------------------------------------------------------------------------------
OUTSIDE = deployment(labels="kuma.io/sidecar-injection: disabled")
ALL = "dataplanes: {emit: all}\n"


@pytest.mark.parametrize(
    ("text", "mode", "said"),
    [
        (OUTSIDE, "webhook", []),
        (OUTSIDE, "none", ["no-dataplane"]),
        (POD % "", "webhook", ["no-dataplane"]),
        (POD % "", "none", ["no-dataplane"]),
        (POD_TEMPLATE % "", "none", []),
    ],
)
def test_pods_outside_of_a_mesh(text: str, mode: str, said: list[str]) -> None:
    """Where nothing is to be injected any more, everything is looked at as it stands."""
    ruled = run_rule(dataplanes, namespace() + text, f"{ALL}injection: {{mode: {mode}}}")
    assert [result.code for result in ruled.results] == said
    assert not ruled.emits


TPROXY = "controlPlane: {config: {runtime: {kubernetes: {injector: {transparentProxyConfigMap: tproxy}}}}}\n"


@pytest.mark.parametrize(
    ("text", "mode", "missing", "emitted"),
    [
        (deployment("a") + POD % JOINED, "webhook", 1, ["web"]),
        (POD % JOINED, "webhook", 0, ["web"]),
        (OUTSIDE, "webhook", 0, []),
        (deployment(annotations=JOINED, spec="hostAliases: []"), "none", 0, ["web"]),
    ],
)
def test_without_the_config_map_only_what_runs_has_a_dataplane(
    text: str, mode: str, missing: int, emitted: list[str]
) -> None:
    spec = f"{ALL}{TPROXY}injection: {{mode: {mode}}}"
    ruled = run_rule(dataplanes, namespace() + text + service(), spec)
    assert len(ruled.of("transparent-proxy-config-missing")) == missing
    assert [data["metadata"]["name"] for data in ruled.emits] == emitted


def test_the_replicas_of_a_workload_are_refused_once() -> None:
    strict = 'constraints: {dataplaneProxy: {requirements: [{tags: {version: "v2"}}]}}'
    both = deployment().replace("Deployment", "StatefulSet").replace("spec:\n", "spec:\n  replicas: 2\n", 1)
    text = namespace() + both + service() + mesh(spec=strict)
    assert len(run_rule(dataplanes, text, "dataplanes: {emit: none}").results) == 1
    assert len(run_rule(dataplanes, text, ALL).emits) == 2
