from __future__ import annotations

import pytest

from krm_fn.config.meshsetup import MeshSetup
from krm_fn.gateways.catalog import catalog
from krm_fn.gateways.product import EFFECTS
from krm_fn.rules.coverage import coverage
from krm_fn.rules.product_switches import SWITCH_FORBIDDEN, SWITCH_KEPT, SWITCH_NONE, SWITCH_SET
from krm_fn.rules.service_upstream import service_upstream
from tests.rules.tools import config, deployment, ingress, namespace, package, run_rule, service

BOTH = 'ingress.kubernetes.io/service-upstream: "true", nginx.ingress.kubernetes.io/service-upstream: "true"'
PREFIX = "traefik.ingress.kubernetes.io/service"
NODE_PORT = f'{PREFIX}.nodeportlb: "true"'
EDGE = namespace("edge", labels="") + deployment("gate", "edge", image="docker.io/traefik:v3.6.0").replace(
    'image: "', 'args: [--providers.kubernetesingress, --providers.kubernetescrd], image: "'
)


def meshed(annotations: str = "", kind: str = "NodePort") -> str:
    more = f", {annotations}" if annotations else ""
    return namespace() + deployment() + service(annotations=BOTH + more, spec=f"type: {kind}")


def by_ingress(annotations: str = NODE_PORT, kind: str = "NodePort") -> str:
    return meshed(annotations, kind) + ingress(klass="traefik")


def by_route(fields: str, kind: str = "IngressRoute", service_type: str = "NodePort") -> str:
    return (
        meshed(kind=service_type)
        + f"""
---
apiVersion: traefik.io/v1alpha1
kind: {kind}
metadata: {{name: web, namespace: shop}}
spec: {{routes: [{{services: [{{name: web, port: 80{fields}}}]}}]}}
"""
    )


def status(text: str, setup: MeshSetup | None = None) -> list[tuple[str, str]]:
    setup = setup or config("")
    return [(covered.status, covered.how) for covered in coverage(package(text, setup), setup)]


def test_the_effects_of_the_catalog_are_known() -> None:
    found = [conflict for product in catalog() for switch in product.switches for conflict in switch.conflicts]
    assert found
    for conflict in found:
        assert conflict.effect in EFFECTS
        assert conflict.value in ("", "true")
        assert conflict.why


# --- Where nothing is written -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "field", "start"),
    [
        pytest.param(
            by_ingress(),
            f"metadata.annotations[{PREFIX}.nodeportlb]",
            f"looks at {PREFIX}.nodeportlb: true before {PREFIX}.nativelb: it sends to the ports of the nodes, past",
            id="annotation",
        ),
        pytest.param(
            by_ingress(f'{NODE_PORT}, {PREFIX}.nativelb: "true"'),
            f"metadata.annotations[{PREFIX}.nodeportlb]",
            "before",
            id="beside the switch",
        ),
        pytest.param(
            by_ingress(f'{PREFIX}.nodePortLB: "True"'),
            f"metadata.annotations[{PREFIX}.nodePortLB]",
            "looks at",
            id="annotation in other letters",
        ),
        pytest.param(
            by_route(", nodePortLB: true", "IngressRouteTCP"),
            "spec.routes[0].services[0].nodePortLB",
            "looks at nodePortLB: true before nativeLB",
            id="TCP",
        ),
        pytest.param(
            by_route(", nodePortLB: true, nativeLB: true", "IngressRouteTCP"),
            "spec.routes[0].services[0].nodePortLB",
            "looks at nodePortLB: true before nativeLB",
            id="TCP beside the switch",
        ),
        pytest.param(
            by_route(", nodePortLB: true"),
            "spec.routes[0].services[0].nodePortLB",
            "nativeLB is not written beside nodePortLB: true, so that",
            id="HTTP",
        ),
        pytest.param(
            by_route(", passiveHealthCheck: {maxFailedAttempts: 3}"),
            "spec.routes[0].services[0].passiveHealthCheck",
            "nativeLB is not written beside passiveHealthCheck, so that",
            id="passive health check",
        ),
        pytest.param(
            by_route(", passiveHealthCheck: {}, nativeLB: true"),
            "spec.routes[0].services[0].passiveHealthCheck",
            "sends to the address of shop/web, and passiveHealthCheck stands beside it: with both",
            id="passive health check beside the switch",
        ),
    ],
)
def test_what_does_not_go_together(text: str, field: str, start: str) -> None:
    ruled = run_rule(service_upstream, text)
    assert ruled.edits == []
    found = ruled.only(SWITCH_FORBIDDEN)
    assert found.field == field
    assert start in found.message
    assert found.message.endswith("in spec.serviceUpstream.exclude if that is meant")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(by_ingress(kind="LoadBalancer"), id="another type of Service"),
        pytest.param(by_ingress(f'{PREFIX}.nodeportlb: "false"'), id="no by annotation"),
        pytest.param(by_route(", nodePortLB: false"), id="no by field"),
        pytest.param(by_route(', nodePortLB: "true"'), id="text, which the API server refuses"),
        pytest.param(by_route(", nodePortLB: true", service_type="ClusterIP"), id="field, another type of Service"),
        pytest.param(by_route(", passiveHealthCheck: null"), id="no check"),
        pytest.param(by_route("", "IngressRouteTCP"), id="nothing there"),
    ],
)
def test_what_keeps_nothing_back(text: str) -> None:
    ruled = run_rule(service_upstream, text)
    assert ruled.of(SWITCH_FORBIDDEN) == []
    assert len(ruled.edits) == 1
    assert ruled.of(SWITCH_SET)


def test_both_fields_are_a_choice_where_the_switch_wins() -> None:
    text = by_route(", nodePortLB: true, nativeLB: true")
    ruled = run_rule(service_upstream, text)
    assert ruled.edits == []
    assert ruled.of(SWITCH_FORBIDDEN) == []
    assert [one for one, _ in status(text)] == ["switched"]


@pytest.mark.parametrize("kind", ["IngressRoute", "IngressRouteTCP"])
def test_a_no_of_the_author_is_told_alone(kind: str) -> None:
    ruled = run_rule(service_upstream, by_route(", nodePortLB: true, nativeLB: false", kind))
    assert ruled.of(SWITCH_FORBIDDEN) == []
    assert ruled.only(SWITCH_KEPT)


@pytest.mark.parametrize("kind", ["Service", "Ingress"])
def test_nothing_is_said_of_what_is_excluded(kind: str) -> None:
    excluded = f"serviceUpstream: {{exclude: [{{kind: {kind}}}]}}"
    assert run_rule(service_upstream, by_ingress(), excluded).of(SWITCH_FORBIDDEN) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (by_ingress(f'{NODE_PORT}, {PREFIX}.nativelb: "true"'), "bypassed"),
        (by_ingress(f'{PREFIX}.nativelb: "true"'), "switched"),
        (by_route(", nodePortLB: true, nativeLB: true", "IngressRouteTCP"), "bypassed"),
        (by_route(", passiveHealthCheck: {}, nativeLB: true"), "switched"),
    ],
)
def test_whether_the_mesh_is_passed_by(text: str, expected: str) -> None:
    ((found, _),) = status(text)
    assert found == expected


def test_a_setting_for_all_does_not_help_either() -> None:
    on = EDGE.replace("kubernetescrd]", "kubernetescrd, --providers.kubernetescrd.nativelbbydefault]")
    tcp = on + by_route(", nodePortLB: true", "IngressRouteTCP")
    assert "looks at nodePortLB: true" in run_rule(service_upstream, tcp).only(SWITCH_FORBIDDEN).message
    assert [one for one, _ in status(tcp)] == ["bypassed"]
    http = on + by_route(", nodePortLB: true")
    assert run_rule(service_upstream, http).of(SWITCH_FORBIDDEN) == []
    assert [one for one, _ in status(http)] == ["switched"]
    checked = on + by_route(", passiveHealthCheck: {}")
    assert "stands beside it" in run_rule(service_upstream, checked).only(SWITCH_FORBIDDEN).message


# --- Releases that do not know a setting ------------------------------------------------------------------------------
OLD = EDGE.replace("v3.6.0", "v2.9.10")


@pytest.mark.parametrize(
    "text", [by_ingress(""), by_route("", service_type="ClusterIP"), by_route("", "IngressRouteTCP")]
)
def test_nothing_is_written_for_a_release_that_is_too_old(text: str) -> None:
    ruled = run_rule(service_upstream, OLD + text)
    assert [edit for edit in ruled.edits if edit.item.namespace == "shop"] == []
    found = ruled.only(SWITCH_NONE)
    assert "the image docker.io/traefik:v2.9.10 of the package is older than 2.10.0, the first" in found.message
    assert "directAccess leads around that" in found.message
    assert "take nativeLB away" not in found.message


def test_what_an_old_release_may_refuse_is_to_be_taken_away() -> None:
    text = OLD + by_ingress(f'{PREFIX}.nativelb: "true"')
    found = run_rule(service_upstream, text).only(SWITCH_NONE)
    assert f"; take {PREFIX}.nativelb away from Service shop/web, which older ones may refuse" in found.message
    ((one, how),) = [pair for pair in status(text) if "image" in pair[1]]
    assert one == "bypassed"
    assert how == (
        f"the image docker.io/traefik:v2.9.10 is older than 2.10.0, the first release that reads {PREFIX}.nativelb"
    )


@pytest.mark.parametrize("tag", ["v2.10.0", "v2", "latest", "v3.6.0"])
def test_releases_that_know_it_or_tell_nothing(tag: str) -> None:
    ruled = run_rule(service_upstream, EDGE.replace("v3.6.0", tag) + by_ingress(""))
    assert ruled.of(SWITCH_NONE) == []
    assert ruled.edits
