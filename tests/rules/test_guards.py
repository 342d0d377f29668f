from __future__ import annotations

import pytest

from krm_fn.rules.coverage import BY_ITSELF, BYPASSED, UNKNOWN, coverage
from krm_fn.rules.guards import GUARD_KEPT
from krm_fn.rules.service_upstream import service_upstream
from tests.rules.tools import codes, config, deployment, namespace, package, run_rule, service

BOTH = 'ingress.kubernetes.io/service-upstream: "true", nginx.ingress.kubernetes.io/service-upstream: "true"'
MESHED = namespace() + deployment() + service(annotations=BOTH)


def emissary(kind: str, spec: str = "", name: str = "own", group: str = "getambassador.io") -> str:
    return f"""
---
apiVersion: {group}/v3alpha1
kind: {kind}
metadata: {{name: {name}, namespace: shop}}
spec: {{{spec}}}
"""


def mapping(resolver: str = "", kind: str = "Mapping") -> str:
    return emissary(kind, f'service: "web:80"{resolver and f", resolver: {resolver}"}', "web")


SERVICES, PODS = emissary("KubernetesServiceResolver"), emissary("KubernetesEndpointResolver")
MODULE = emissary("Module", "config: {resolver: endpoint}", "ambassador")


@pytest.mark.parametrize(
    ("text", "status", "named"),
    [
        (mapping(), BY_ITSELF, ""),
        (mapping("kubernetes-service"), BY_ITSELF, ""),
        (mapping("own") + SERVICES, BY_ITSELF, ""),
        (mapping("own") + PODS, BYPASSED, "the KubernetesEndpointResolver own"),
        (mapping("own", "TCPMapping") + PODS, BYPASSED, "the KubernetesEndpointResolver own"),
        (mapping("own") + emissary("ConsulResolver"), BYPASSED, "the ConsulResolver own"),
        (mapping("endpoint"), BYPASSED, '"endpoint"'),
        (mapping("kubernetes-endpoint"), BYPASSED, '"kubernetes-endpoint"'),
        (mapping("consul"), BYPASSED, '"consul"'),
        (mapping("endpoint") + emissary("KubernetesServiceResolver", name="endpoint"), BY_ITSELF, ""),
        (
            mapping("kubernetes-service") + emissary("KubernetesEndpointResolver", name="kubernetes-service"),
            BYPASSED,
            "the KubernetesEndpointResolver kubernetes-service",
        ),
        (mapping("own"), UNKNOWN, ""),
        (mapping("own") + emissary("KubernetesEndpointResolver", group="example.com"), UNKNOWN, ""),
        (mapping("[endpoint]"), BY_ITSELF, ""),
        (mapping('""'), BY_ITSELF, ""),
        (mapping() + MODULE, BYPASSED, '"endpoint"'),
        (mapping("kubernetes-service") + MODULE, BY_ITSELF, ""),
        (mapping() + MODULE.replace("getambassador.io", "example.com"), BY_ITSELF, ""),
        (mapping() + MODULE.replace("config: {resolver: endpoint}", "config: 7"), BY_ITSELF, ""),
    ],
)
def test_the_kind_of_a_resolver_decides(text: str, status: str, named: str) -> None:
    (covered,) = coverage(package(MESHED + text), config())
    assert covered.status == status
    assert not named or f"""names {named.strip('"')}""" in covered.how
    ruled = run_rule(service_upstream, MESHED + text)
    assert (ruled.edits, ruled.emits) == ([], [])
    assert codes(ruled.results) == ([GUARD_KEPT] if named else [])
    assert all(f"names {named}, which is kept" in result.message for result in ruled.results)


@pytest.mark.parametrize("exclude", ["{kind: Mapping}", "{kind: Service}"])
def test_what_is_meant_can_be_excluded(exclude: str) -> None:
    text = MESHED + mapping("endpoint")
    assert not run_rule(service_upstream, text, f"serviceUpstream: {{exclude: [{exclude}]}}").results
    assert run_rule(service_upstream, text).only(GUARD_KEPT).field == "spec.resolver"


def test_a_module_is_told_once() -> None:
    both = mapping() + mapping().replace("name: web, names", "name: more, names").replace("web:80", "api:80")
    assert (
        run_rule(service_upstream, MESHED + service("api", annotations=BOTH) + both + MODULE).only(GUARD_KEPT).field
        == "spec.config.resolver"
    )


def test_outside_of_a_mesh_nothing_is_said() -> None:
    text = deployment() + service() + mapping("endpoint")
    assert not run_rule(service_upstream, text).results


def test_one_that_is_right_or_excluded_hides_no_other() -> None:
    wrong = mapping("endpoint").replace("name: web, names", "name: wrong, names")
    assert run_rule(service_upstream, MESHED + mapping("kubernetes-service") + wrong).only(GUARD_KEPT).item is not None
    excluded = "serviceUpstream: {exclude: [{kind: Mapping, name: web}, {kind: Module}]}"
    found = run_rule(service_upstream, MESHED + mapping("endpoint") + wrong, excluded).only(GUARD_KEPT)
    assert found.item is not None
    assert found.item.name == "wrong"
    assert run_rule(service_upstream, MESHED + mapping() + MODULE, excluded.replace("web", "none")).results == []
