from __future__ import annotations

import pytest

from krm_fn.gateways.catalog import products_by_id
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
from tests.rules.custom_tools import KONG, custom
from tests.rules.tools import INJECTED, check_edit, check_noop, codes, deployment, namespace, run_rule, service

MARK = "kuma.io/gateway: enabled"
RULE = "gateways: {rules: [{target: {kind: Deployment, name: kong}}]}"
ANNOTATE = "gateways: {detect: annotate}"
IMAGE = "registry.k8s.io/ingress-nginx/controller:v1.11.3"
PROXY_POD = deployment("kong", image=IMAGE)
PRODUCT = products_by_id()["kong-operator"].name
CONTROLLER = deployment("kong", image="kong/kubernetes-ingress-controller:3.4")


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        pytest.param(namespace() + deployment(), ANNOTATE, id="no gateway"),
        pytest.param(namespace() + deployment("kong", annotations=MARK), RULE, id="marked already"),
        pytest.param(namespace(labels="") + PROXY_POD, "{}", id="recognised outside of the mesh"),
        pytest.param(namespace() + CONTROLLER, ANNOTATE, id="a mere controller"),
        pytest.param(namespace() + PROXY_POD, "gateways: {detect: 'off'}", id="detection is off"),
        pytest.param(deployment("kong", where="kube-system", image=IMAGE), ANNOTATE, id="a namespace without webhook"),
        pytest.param(deployment("kong", where="kuma-system", image=IMAGE), ANNOTATE, id="Kuma's own namespace"),
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


def test_detection_marks_in_a_namespace_that_nobody_declares() -> None:
    check_edit(gateways, PROXY_POD, ANNOTATE, deployment("kong", annotations=MARK, image=IMAGE))


@pytest.mark.parametrize(
    "selector",
    ["labelSelector: tier=edge", "annotationSelector: owner=me", "labelSelector: tier, annotationSelector: owner"],
)
def test_a_rule_selects_by_labels_and_annotations_of_the_workload(selector: str) -> None:
    def two(annotations: str = "") -> str:
        described = deployment("edge", annotations=annotations).replace(
            "{name: edge, namespace: shop}",
            "{name: edge, namespace: shop, labels: {tier: edge}, annotations: {owner: me}}",
        )
        return described + deployment("web")

    check_edit(gateways, two(), f"gateways: {{rules: [{{target: {{{selector}}}}}]}}", two(MARK))


def test_detection_reports_a_proxy_in_the_mesh() -> None:
    ruled = run_rule(gateways, namespace() + PROXY_POD)
    assert codes(ruled.results) == [GATEWAY_UNMARKED]
    assert "spec.gateways.rules" in ruled.results[0].message


def test_a_builtin_gateway_named_by_a_rule() -> None:
    text = deployment("kong", annotations="kuma.io/gateway: builtin")
    assert codes(run_rule(gateways, text, RULE).results) == [GATEWAY_RULE_BUILTIN]


def test_a_rule_for_nothing() -> None:
    assert codes(run_rule(gateways, deployment("web"), RULE).results) == [GATEWAY_RULE_UNUSED]


@pytest.mark.parametrize(
    ("annotations", "spec", "remedy"),
    [
        ("", RULE, "narrow the target of the rule in spec.gateways.rules"),
        (MARK, RULE, "narrow the target of the rule in spec.gateways.rules"),
        (MARK, "{}", "take the annotation away"),
    ],
)
def test_a_mark_on_a_controller_warns_in_every_run(annotations: str, spec: str, remedy: str) -> None:
    text = namespace() + deployment("kong", annotations=annotations, image="kong/kubernetes-ingress-controller:3.4")
    ruled = run_rule(gateways, text, spec)
    assert codes(ruled.results) == [GATEWAY_ON_CONTROLLER]
    assert ruled.only(GATEWAY_ON_CONTROLLER).message.endswith(
        f"makes Kuma list it as a second, broken gateway; {remedy}"
    )


@pytest.mark.parametrize(("labels", "severity"), [(INJECTED, "warning"), ("", "info")])
def test_a_product_that_cannot_be_a_delegated_gateway_is_not_marked(labels: str, severity: str) -> None:
    text = namespace(labels=labels) + deployment("istio", image="istio/proxyv2:1.20", labels="istio: ingressgateway")
    ruled = run_rule(gateways, text, ANNOTATE)
    assert not ruled.edits
    found = ruled.only(GATEWAY_NOT_MARKABLE)
    assert found.severity == severity
    assert found.message.endswith("but not to be marked: this product cannot be a delegated gateway")


def test_a_proxy_on_the_host_network_is_not_marked() -> None:
    text = namespace() + deployment("kong", image=IMAGE, spec="hostNetwork: true")
    ruled = run_rule(gateways, text, ANNOTATE)
    assert codes(ruled.results) == [GATEWAY_NOT_MARKABLE]
    assert not ruled.edits


# --- Resources of which an operator makes gateways --------------------------------------------------------------------
def dataplane(mark: str = "") -> str:
    return custom(
        "DataPlane",
        KONG,
        f"deployment: {{podTemplateSpec: {{metadata: {{annotations: {{{mark and 'kuma.io/gateway: '}{mark}}}}}}}}}",
    )


@pytest.mark.parametrize(
    ("mark", "spec", "code", "severity", "message", "values"),
    [
        ("", ANNOTATE, GATEWAY_RECOGNISED, "info", "marked as gateway: {} makes pods of it", (None, "enabled")),
        (
            "",
            "gateways: {detect: 'off', rules: [{target: {kind: DataPlane}}]}",
            GATEWAY_RECOGNISED,
            "info",
            "marked as gateway: {} makes pods of it",
            (None, "enabled"),
        ),
        ("enabled", "{}", GATEWAY_RECOGNISED, "info", "{} makes pods of it", ("enabled", None)),
        ("builtin", "{}", GATEWAY_RECOGNISED, "info", "{} makes pods of it", ("builtin", None)),
        (
            "'true'",
            "{}",
            GATEWAY_UNMARKED,
            "warning",
            "{} makes pods of it, with a mark that does not work: write enabled",
            ("true", "enabled"),
        ),
    ],
)
def test_what_is_said_of_a_resource_of_an_operator(
    mark: str, spec: str, code: str, severity: str, message: str, values: tuple[str | None, str | None]
) -> None:
    [found] = run_rule(gateways, namespace("edge") + dataplane(mark), spec).results
    assert (found.code, found.severity) == (code, severity)
    assert found.message == message.format(PRODUCT)
    assert found.item is not None
    assert found.item.words == "DataPlane edge/it"
    assert found.field == "spec.deployment.podTemplateSpec.metadata.annotations[kuma.io/gateway]"
    assert (found.current, found.proposed) == values


# --- The Service that names the gateway -------------------------------------------------------------------------------
NAMED = "gateways: {rules: [{target: {name: kong}, service: kong-proxy}]}"
MARKED = deployment("kong", annotations=MARK)
PROXY = service("kong-proxy", app="kong")
ADMIN = service("kong-admin", app="kong")
IGNORED = 'kuma.io/ignore: "true"'


def test_the_other_services_are_ignored() -> None:
    ruled = check_edit(
        gateways,
        MARKED + ADMIN + PROXY,
        NAMED,
        MARKED + service("kong-admin", app="kong", annotations=IGNORED) + PROXY,
    )
    assert ruled.only(GATEWAY_SERVICE_IGNORED).severity == "info"


@pytest.mark.parametrize(
    ("services", "why"),
    [
        ("", "is not in the package (namespace shop)"),
        (service("kong-proxy", where="other", app="kong"), "is not in the package (namespace shop)"),
        (ADMIN, "is not in the package (namespace shop); those that do are kong-admin"),
        (
            ADMIN + service("kong-status", app="kong"),
            "is not in the package (namespace shop); those that do are kong-admin, kong-status",
        ),
        (service("kong-proxy", app="other"), "does not select its pods"),
        (ADMIN + service("kong-proxy", app="other"), "does not select its pods; those that do are kong-admin"),
        (
            service("kong-proxy", app="kong", annotations=IGNORED),
            "carries kuma.io/ignore, so that Kuma does not count it: take that annotation away",
        ),
    ],
)
def test_a_service_that_cannot_name_it(services: str, why: str) -> None:
    ruled = run_rule(gateways, MARKED + services, NAMED)
    found = ruled.only(GATEWAY_SERVICE)
    assert found.message == f"the Service kong-proxy that shall name the gateway {why}"
    assert (found.field, found.current) == ("functionConfig.spec.gateways.rules[0].service", "kong-proxy")
    assert not ruled.edits


@pytest.mark.parametrize(
    ("others", "named"),
    [
        (["a"], "Deployment shop/a"),
        (["a", "b", "c", "d"], "Deployment shop/a, Deployment shop/b, Deployment shop/c"),
    ],
)
def test_an_ignored_service_that_leads_to_others_too_is_a_warning(others: list[str], named: str) -> None:
    apps = "".join(deployment(name).replace(f"app: {name}", "app: kong") for name in others)
    found = run_rule(gateways, namespace() + MARKED + apps + ADMIN + PROXY, NAMED).only(GATEWAY_SERVICE_IGNORED)
    assert found.severity == "warning"
    assert found.message == (
        "taken out of Kuma's sight, so that the gateway kong is named by the Service kong-proxy; it also leads to "
        f"{named}, which the mesh no longer reaches by it"
    )
