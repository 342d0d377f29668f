"""Rules and garbage: any field may hold any type, and no rule falls over it."""

from __future__ import annotations

from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

from krm_fn.krm.outcome import Edit
from krm_fn.krm.resource import WORKLOAD_KINDS
from krm_fn.krm.resources import Resources
from krm_fn.rules import RULES
from tests.rules.tools import config, deployment, ingress, mesh, namespace, service

GARBAGE = st.sampled_from(
    [None, True, 0, -1, 1.5, "", "x", "kuma.io/mesh", [], [None], ["a"], {}, {"a": None}, {"": 7}]
)
SETUP = config("""
injection: {rules: [{target: {kind: Deployment}, inject: true, mesh: m}, {target: {kind: Namespace}, inject: true}]}
gateways: {detect: annotate, rules: [{target: {name: kong}, service: kong}]}
serviceUpstream: {products: [kong-kic, ingress-nginx, traefik, haproxy-ingress]}
dataplanes: {emit: all}
externalNames: [{name: a, namespace: shop, meshService: {name: a, namespace: b, port: 1}}]
meshes: []
markApplied: true
""")
ANNOTATIONS = "kuma.io/gateway: enabled, kuma.io/container-patches: a, kuma.io/sidecar-env-vars: a=b"
SOUND: list[Any] = list(
    yaml.safe_load_all(
        namespace()
        + deployment("kong", annotations=ANNOTATIONS, spec="initContainers: [{name: a}]", image="kong:3")
        + service("kong", annotations="80.service.kuma.io/protocol: http, kuma.io/ignore: x")
        + deployment(labels="k8s.kuma.io/zone-proxy-type: a")
        + service()
        + ingress(annotations="ingress.kubernetes.io/service-upstream: 'a'")
        + mesh(spec="meshServices: {mode: Exclusive}, constraints: {dataplaneProxy: {requirements: [{tags: {a: b}}]}}")
        + "\n---\n{apiVersion: kuma.io/v1alpha1, kind: Dataplane, mesh: a, metadata: {name: a}, spec: {networking: {}}}"
        + "\n---\n{apiVersion: kuma.io/v1alpha1, kind: MeshService, metadata: {name: web, namespace: shop}}"
        + "\n---\n{apiVersion: kuma.io/v1alpha1, kind: ContainerPatch, metadata: {name: a, namespace: kuma-system}}"
    )
)[1:]


def paths(value: object, above: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every path in plain data."""
    found = [above] if above else []
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, member in entries:
        found += paths(member, (*above, key))
    return found


PATHS = [path for path in paths(SOUND) if len(path) > 1]


def with_garbage(value: Any, path: tuple[str | int, ...], garbage: object) -> Any:
    if not path:
        return garbage
    copy: Any = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = with_garbage(copy[path[0]], path[1:], garbage)
    return copy


@given(st.sampled_from(PATHS), GARBAGE)
def test_garbage_anywhere(path: tuple[str | int, ...], garbage: object) -> None:
    resources = Resources.read(with_garbage(SOUND, path, garbage), "default", (), WORKLOAD_KINDS)
    for rule in RULES:
        said = list(rule(resources, SETUP))
        resources = resources.apply(one for one in said if isinstance(one, Edit))
