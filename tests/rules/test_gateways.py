from __future__ import annotations

import pytest

from krm_fn.rules.gateways import (
    GATEWAY_NOT_MARKABLE,
    GATEWAY_ON_CONTROLLER,
    GATEWAY_RECOGNISED,
    GATEWAY_RULE_BUILTIN,
    GATEWAY_RULE_UNUSED,
    GATEWAY_SERVICE,
    GATEWAY_SERVICE_IGNORED,
    GATEWAY_UNMARKED,
    gateways,
)
from tests.rules.tools import check_edit, check_noop, codes, deployment, namespace, run_rule, service

MARK = "kuma.io/gateway: enabled"
RULE = "gateways: {rules: [{target: {kind: Deployment, name: kong}}]}"
ANNOTATE = "gateways: {detect: annotate}"
IMAGE = "registry.k8s.io/ingress-nginx/controller:v1.11.3"
PROXY_POD = deployment("kong", image=IMAGE)
CONTROLLER = deployment("kong", image="kong/kubernetes-ingress-controller:3.4")


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        pytest.param(namespace() + deployment(), ANNOTATE, id="no gateway"),
        pytest.param(namespace() + deployment("kong", annotations=MARK), RULE, id="marked already"),
        pytest.param(namespace(labels="") + PROXY_POD, "{}", id="recognised outside of the mesh"),
        pytest.param(namespace() + CONTROLLER, ANNOTATE, id="a mere controller"),
        pytest.param(namespace() + PROXY_POD, "gateways: {detect: 'off'}", id="detection is off"),
        pytest.param(namespace() + deployment("kong", annotations="kuma.io/gateway: 'true'"), RULE, id="another value"),
        pytest.param(
            namespace() + deployment("kong", annotations="kuma.io/gateway: builtin", image=IMAGE),
            ANNOTATE,
            id="builtin",
        ),
    ],
)
def test_left_alone(text: str, spec: str) -> None:
    check_noop(gateways, text, spec)


def test_a_rule_marks_the_pod_template() -> None:
    check_edit(gateways, deployment("kong"), RULE, deployment("kong", annotations=MARK))


def test_a_null_mark_counts_as_absent() -> None:
    before = deployment("kong", annotations="kuma.io/gateway: null")
    check_edit(gateways, before, RULE, deployment("kong", annotations=MARK))


def test_detection_marks_with_evidence() -> None:
    after = deployment("kong", annotations=MARK, image=IMAGE)
    ruled = check_edit(gateways, namespace() + PROXY_POD, ANNOTATE, namespace() + after)
    assert "ingress-nginx/controller" in ruled.only(GATEWAY_RECOGNISED).message


def test_detection_reports_a_proxy_in_the_mesh() -> None:
    ruled = run_rule(gateways, namespace() + PROXY_POD)
    assert codes(ruled.results) == [GATEWAY_UNMARKED]
    assert "spec.gateways.rules" in ruled.results[0].message


def test_a_builtin_gateway_named_by_a_rule() -> None:
    text = deployment("kong", annotations="kuma.io/gateway: builtin")
    assert codes(run_rule(gateways, text, RULE).results) == [GATEWAY_RULE_BUILTIN]


def test_a_rule_for_nothing() -> None:
    assert codes(run_rule(gateways, deployment("web"), RULE).results) == [GATEWAY_RULE_UNUSED]


@pytest.mark.parametrize("annotations", ["", MARK])
def test_a_rule_that_marks_a_controller_warns_in_every_run(annotations: str) -> None:
    text = namespace() + deployment("kong", annotations=annotations, image="kong/kubernetes-ingress-controller:3.4")
    assert codes(run_rule(gateways, text, RULE).results) == [GATEWAY_ON_CONTROLLER]


def test_a_proxy_on_the_host_network_is_not_marked() -> None:
    text = namespace() + deployment("kong", image=IMAGE, spec="hostNetwork: true")
    ruled = run_rule(gateways, text, ANNOTATE)
    assert codes(ruled.results) == [GATEWAY_NOT_MARKABLE]
    assert not ruled.edits


# --- The Service that names the gateway -------------------------------------------------------------------------------
NAMED = "gateways: {rules: [{target: {name: kong}, service: kong-proxy}]}"
MARKED = deployment("kong", annotations=MARK)
PROXY = service("kong-proxy", app="kong")


def test_the_other_services_are_ignored() -> None:
    ruled = check_edit(
        gateways,
        MARKED + service("kong-admin", app="kong") + PROXY,
        NAMED,
        MARKED + service("kong-admin", app="kong", annotations='kuma.io/ignore: "true"') + PROXY,
    )
    assert ruled.only(GATEWAY_SERVICE_IGNORED).severity == "info"


@pytest.mark.parametrize(
    ("services", "words"),
    [
        (service("kong-admin", app="kong"), "is not in the package"),
        (service("kong-proxy", app="other"), "does not select its pods"),
        (service("kong-proxy", app="kong", annotations='kuma.io/ignore: "true"'), "take that annotation away"),
    ],
)
def test_a_service_that_cannot_name_it(services: str, words: str) -> None:
    ruled = run_rule(gateways, MARKED + services, NAMED)
    assert words in ruled.only(GATEWAY_SERVICE).message
    assert not ruled.edits


def test_an_ignored_service_that_leads_to_others_too_is_a_warning() -> None:
    other = deployment("app").replace("app: app", "app: kong")
    text = namespace() + MARKED + other + service("all", app="kong") + PROXY
    assert "Deployment shop/app" in run_rule(gateways, text, NAMED).only(GATEWAY_SERVICE_IGNORED).message
