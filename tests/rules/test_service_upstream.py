from __future__ import annotations

import pytest

from krm_fn.rules.service_upstream import SERVICE_MIXED, UPSTREAM_KEPT, UPSTREAM_OVERWRITTEN, service_upstream
from tests.rules.tools import check_edit, check_noop, codes, deployment, namespace, run_rule, service

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
