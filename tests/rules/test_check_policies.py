from __future__ import annotations

import pytest
import yaml

from krm_fn.krm.outcome import WARNING
from krm_fn.rules.check_policies import POLICY_MISSES
from krm_fn.rules.checks import checks
from tests.rules.tools import check_noop, deployment, namespace, run_rule, service

MARK = "kuma.io/gateway: enabled"
EDGE = namespace("edge") + deployment("nginx", "edge", annotations=MARK) + service("nginx", "edge")
WEB = namespace() + deployment() + service()
RULES = "rules: [{default: {idleTimeout: 1s}}]"
FROM = "from: [{targetRef: {kind: Mesh}, default: {idleTimeout: 1s}}]"
TO = "to: [{targetRef: {kind: Mesh}, default: {idleTimeout: 1s}}]"


def policy(ref: str, part: str = RULES, where: str = "kuma-system", labels: str = "", group: str = "kuma.io") -> str:
    return f"""
---
apiVersion: {group}/v1alpha1
kind: MeshTimeout
metadata: {{name: timeout, namespace: {where}, labels: {{{labels}}}}}
spec: {{targetRef: {{{ref}}}, {part}}}
"""


BY_LABEL = "kind: Dataplane, labels: {app: nginx}"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(policy("kind: Dataplane, labels: {app: web}"), id="a backend"),
        pytest.param(policy(BY_LABEL, TO), id="what the gateway sends"),
        pytest.param(policy("kind: Mesh", FROM), id="everything"),
        pytest.param(policy("kind: Dataplane"), id="every Dataplane"),
        pytest.param(policy("kind: Dataplane, name: nginx-abc"), id="one Dataplane"),
        pytest.param(policy(f"{BY_LABEL}, name: nginx-abc"), id="one Dataplane, with labels besides"),
        pytest.param(policy("kind: Dataplane, labels: {app: absent}"), id="of pods that are not there"),
        pytest.param(policy(f"{BY_LABEL}, name: [1]"), id="an odd name"),
        pytest.param(policy("kind: MeshService, name: nginx", FROM), id="a MeshService without namespace"),
        pytest.param(policy("kind: MeshService, name: [1]", FROM), id="an odd service"),
        pytest.param(
            service("other", "edge", app="nginx") + policy("kind: MeshService, name: other_edge_svc_80", FROM),
            id="by a Service that does not name the gateway",
        ),
        pytest.param(policy(BY_LABEL, labels="kuma.io/mesh: payments"), id="another mesh"),
        pytest.param(policy(BY_LABEL, where="shop"), id="of a namespace without gateways"),
        pytest.param(policy(BY_LABEL, "rules: []"), id="no rules"),
        pytest.param(policy(BY_LABEL, group="example.com"), id="another group"),
        pytest.param(policy("kind: MeshSubset, tags: {kuma.io/zone: east}"), id="by zone alone"),
        pytest.param(policy("kind: MeshSubset, tags: {kuma.io/service: web_shop_svc_80}"), id="by a backend's service"),
        pytest.param(policy("kind: MeshGateway, name: edge"), id="a builtin gateway"),
        pytest.param(policy("kind: [1]"), id="an odd kind"),
        pytest.param(policy("kind: Dataplane, labels: [1]"), id="odd labels"),
        pytest.param(
            deployment("more", "edge").replace("labels: {app: more}", "labels: {app: nginx}") + policy(BY_LABEL),
            id="others too",
        ),
    ],
)
def test_nothing_to_say(text: str) -> None:
    check_noop(checks, EDGE + WEB + text, "dataplanes: {emit: none}")


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (policy(BY_LABEL), "spec.rules"),
        (policy(BY_LABEL, where="edge"), "spec.rules"),
        (policy(BY_LABEL, f"{TO}, {FROM}"), "spec.from"),
        (policy("kind: MeshSubset, tags: {app: nginx, kuma.io/zone: east}", FROM), "spec.from"),
        (policy("kind: MeshSubset, tags: {k8s.kuma.io/namespace: edge}", FROM), "spec.from"),
        (policy("kind: MeshSubset, tags: {kuma.io/service: nginx_edge_svc_80}", FROM), "spec.from"),
        (policy("kind: MeshService, name: nginx_edge_svc_80", FROM), "spec.from"),
    ],
)
def test_gateways_only(text: str, field: str) -> None:
    found = run_rule(checks, EDGE + WEB + text).only(POLICY_MISSES)
    assert (found.severity, found.field) == (WARNING, field)
    assert "edge/nginx" in found.message


def test_three_of_the_gateways_are_named() -> None:
    more = "".join(deployment(name, "edge", annotations=MARK) for name in ("b", "c", "d"))
    text = EDGE + more + policy("kind: MeshSubset, tags: {k8s.kuma.io/namespace: edge}", FROM)
    found = run_rule(checks, text).only(POLICY_MISSES)
    assert found.item is not None
    assert found.item.kind == "MeshTimeout"
    assert found.message == (
        "its `from` is for incoming traffic, and it selects delegated gateways only (Deployment edge/nginx, Deployment "
        "edge/b, Deployment edge/c), whose sidecars take none: it has no effect; write it for the backends, or, for "
        "what the gateway sends, as `to`"
    )


def test_a_policy_is_only_looked_at() -> None:
    text = EDGE + WEB + policy("kind: MeshSubset, tags: {app: nginx, kuma.io/service: nginx_edge_svc_80}", FROM)
    ruled = run_rule(checks, text)
    assert ruled.only(POLICY_MISSES)
    assert ruled.data == [document for document in yaml.safe_load_all(text) if document is not None]
