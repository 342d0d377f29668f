from __future__ import annotations

import pytest

from krm_fn.rules.service_upstream import (
    SERVICE_MIXED,
    UPSTREAM_KEPT,
    UPSTREAM_OVERWRITTEN,
    kuma_writes,
    service_upstream,
)
from tests.rules.tools import check_edit, check_noop, codes, deployment, namespace, package, run_rule, service

BOTH = 'ingress.kubernetes.io/service-upstream: "true", nginx.ingress.kubernetes.io/service-upstream: "true"'
FALSE = BOTH.replace('"true"', '"false"')
JOINED = deployment(labels="kuma.io/sidecar-injection: enabled")
OFF = namespace(labels="kuma.io/sidecar-injection: disabled")


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        pytest.param(namespace() + service(annotations=BOTH), "{}", id="there already"),
        pytest.param(namespace() + service(), "serviceUpstream: {enabled: false}", id="switched off"),
        pytest.param(namespace() + service(), "serviceUpstream: {exclude: [{name: web}]}", id="excluded"),
        pytest.param(namespace() + service(annotations=FALSE), "serviceUpstream: {exclude: [{}]}", id="kept silently"),
        pytest.param(namespace(labels="") + service() + deployment(), "{}", id="no mesh"),
        pytest.param(OFF + service() + deployment(), "{}", id="disabled"),
        pytest.param(OFF + service() + JOINED, "serviceUpstream: {scope: namespace}", id="only what Kuma does"),
        pytest.param(OFF + service(app="other") + JOINED, "{}", id="selects nothing in the mesh"),
        pytest.param(OFF + service("ext", app="web", spec="type: ExternalName") + JOINED, "{}", id="ExternalName"),
        pytest.param(namespace() + service(spec="type: ExternalName"), "{}", id="ExternalName in a labelled one"),
        pytest.param(namespace() + service(annotations='kuma.io/ignore: "true"'), "{}", id="ignored"),
        pytest.param(OFF + service(annotations='kuma.io/ignore: "yes"') + JOINED, "{}", id="ignored, pod joined"),
        pytest.param(namespace() + service(annotations="kuma.io/gateway: builtin"), "{}", id="builtin gateway"),
        pytest.param(namespace(labels="kuma.io/sidecar-injection: oops") + service(), "{}", id="told by the checks"),
    ],
)
def test_left_alone(text: str, spec: str) -> None:
    check_noop(service_upstream, text, spec)


def test_every_service_of_a_labelled_namespace() -> None:
    check_edit(service_upstream, namespace() + service(), "{}", namespace() + service(annotations=BOTH))


def test_headless_services_too() -> None:
    headless = "clusterIP: None"
    after = namespace() + service(annotations=BOTH, spec=headless)
    check_edit(service_upstream, namespace() + service(spec=headless), "{}", after)


def test_services_of_pods_that_joined_by_their_template() -> None:
    check_edit(service_upstream, OFF + JOINED + service(), "{}", OFF + JOINED + service(annotations=BOTH))


def test_a_false_is_overwritten_where_kuma_overwrites_it() -> None:
    before, after = namespace() + service(annotations=FALSE), namespace() + service(annotations=BOTH)
    ruled = check_edit(service_upstream, before, "{}", after)
    assert codes(ruled.results) == [UPSTREAM_OVERWRITTEN] * 2


def test_a_false_is_kept_elsewhere_and_reported() -> None:
    ruled = run_rule(service_upstream, OFF + JOINED + service(annotations=FALSE))
    assert codes(ruled.results) == [UPSTREAM_KEPT] * 2
    assert not ruled.edits


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet"])
def test_a_service_half_in_the_mesh(kind: str) -> None:
    outside = deployment("old", labels="kuma.io/sidecar-injection: disabled").replace("Deployment", kind)
    text = namespace() + deployment() + outside.replace("app: old", "app: web") + service()
    found = run_rule(service_upstream, text).only(SERVICE_MIXED)
    assert f"{kind} shop/old" in found.message
    assert "Deployment shop/web" in found.message


def test_pods_that_kuma_refuses_are_not_called_outside() -> None:
    refused = deployment("old", labels="kuma.io/sidecar-injection: maybe").replace("app: old", "app: web")
    text = namespace() + deployment() + refused + service(annotations=BOTH)
    check_noop(service_upstream, text)


def test_a_service_half_in_the_mesh_names_three_workloads_of_each_side() -> None:
    inside = "".join(deployment(f"in{n}") for n in range(4)).replace("app: in", "tier: x, app: in")
    outside = "".join(deployment(f"out{n}", labels="kuma.io/sidecar-injection: disabled") for n in range(4))
    everyone = service().replace("app: web", "tier: x")
    text = namespace() + inside + outside.replace("app: out", "tier: x, app: out") + everyone
    found = run_rule(service_upstream, text).only(SERVICE_MIXED)
    assert found.message.startswith(
        "it selects pods in the mesh (Deployment shop/in0, Deployment shop/in1, Deployment shop/in2) and pods outside "
        "(Deployment shop/out0, Deployment shop/out1, Deployment shop/out2): clients in the mesh"
    )


@pytest.mark.parametrize(
    ("text", "writes"),
    [
        (namespace() + service(), True),
        (namespace() + service(annotations=FALSE), True),
        (OFF + service(), False),
        (service(), False),
        (namespace(labels="kuma.io/sidecar-injection: oops") + service(), False),
        (namespace() + service(annotations="kuma.io/ignore: oops"), False),
        (namespace() + service(annotations='kuma.io/ignore: "true"'), False),
    ],
)
def test_what_kuma_itself_annotates(text: str, writes: bool) -> None:
    resources = package(text)
    assert kuma_writes(resources.services[0], resources) is writes
