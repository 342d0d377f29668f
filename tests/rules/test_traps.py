"""What each trap finds, and in what words; that each is mended as reported is in ``test_hardening``."""

from __future__ import annotations

import pytest

from krm_fn.krm.outcome import INFO, WARNING
from krm_fn.rules.check_pods import MESH_AS_ANNOTATION, NO_CREDENTIALS
from krm_fn.rules.hardening import hardening
from krm_fn.rules.traps import DNS_ORDER, HELPER_INJECTED, START_ORDER, port_trap, routed_with_several_ports
from tests.rules.custom_tools import gateway
from tests.rules.tools import (
    INJECTED,
    check_noop,
    config,
    deployment,
    ingress,
    namespace,
    package,
    run_rule,
    service,
)

MARK = "kuma.io/gateway: enabled"
APPLY = "gateways: {harden: apply}"
OLD_SIDECARS = "{gateways: {harden: report}, controlPlane: {config: {experimental: {sidecarContainers: false}}}}"
CONTROLLER = "kong/kubernetes-ingress-controller:3.4"
NGINX = "registry.k8s.io/ingress-nginx/controller:v1.11.3"
NO_TOKEN = "automountServiceAccountToken: false"
DISABLED = "kuma.io/sidecar-injection: disabled"
PAYMENTS = "kuma.io/mesh: payments"
EDGE = namespace("edge")
OUTSIDE = namespace("outside", labels="")
SEVERAL_PORTS = "ports: [{name: http, port: 80}, {name: metrics, port: 9090}]"
WEB = namespace() + deployment() + service(spec=SEVERAL_PORTS)
KIC = deployment("kic", "edge", image=CONTROLLER)
KONG_LABELS = "app.kubernetes.io/name: gateway"
OPERATOR_LABELS = "gateway-operator.konghq.com/managed-by: dataplane"
KONG_ROUTE = gateway("konghq.com/gateway-operator")


def kong(name: str, labels: str = KONG_LABELS) -> str:
    return deployment(name, "edge", labels=labels, image="kong:3.9")


def found(code: str, text: str, spec: str = "") -> list[str]:
    """The names of the items that a trap is told of."""
    return [result.item.name for result in run_rule(hardening, text, spec).of(code) if result.item]


# --- Credentials ------------------------------------------------------------------------------------------------------
def test_each_marked_gateway_gets_a_token() -> None:
    """Also where some have one already, or are in no mesh."""
    text = EDGE + OUTSIDE
    text += deployment("outside", "outside", annotations=MARK, spec=NO_TOKEN)
    text += deployment("named", "edge", annotations=f"{MARK}, kuma.io/service-account-token-volume: a", spec=NO_TOKEN)
    text += deployment("mounted", "edge", annotations=MARK)
    text += deployment("first", "edge", annotations=MARK, spec=NO_TOKEN)
    text += deployment("second", "edge", annotations=MARK, spec=NO_TOKEN)
    assert found(NO_CREDENTIALS, text, APPLY) == ["first", "second"]


# --- The mesh as an annotation ----------------------------------------------------------------------------------------
def test_each_workload_in_the_mesh_that_names_its_mesh_by_an_annotation() -> None:
    text = namespace() + OUTSIDE + deployment("outside", "outside", annotations=PAYMENTS) + deployment("silent")
    text += deployment("first", annotations=PAYMENTS) + deployment("second", annotations=PAYMENTS)
    assert found(MESH_AS_ANNOTATION, text, APPLY) == ["first", "second"]


def test_a_namespace_is_mended_once_for_all_its_pods() -> None:
    text = namespace(annotations=PAYMENTS) + deployment("a") + deployment("b")
    text += namespace("edge", annotations=PAYMENTS) + deployment("c", "edge")
    assert found(MESH_AS_ANNOTATION, text, APPLY) == ["shop", "edge"]


def test_an_observed_pod_keeps_its_annotation() -> None:
    pod = f"""
---
apiVersion: v1
kind: Pod
metadata: {{name: web, namespace: shop, annotations: {{{PAYMENTS}}}}}
spec: {{containers: [{{name: web, image: "web:1"}}]}}
status: {{phase: Running}}
"""
    check_noop(hardening, namespace() + pod, APPLY)


# --- Ports from DNS ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("services", "start"),
    [
        (["shop/a"], "shop/a has more than one port"),
        (["shop/a", "shop/b"], "shop/a, shop/b have more than one port"),
        (["shop/a", "shop/b", "shop/c", "shop/d"], "shop/a, shop/b, shop/c have more than one port"),
    ],
)
def test_the_services_of_the_port_trap(services: list[str], start: str) -> None:
    why = "the proxy's resolver, which gets the Service's name now, may take the port of another from DNS"
    assert port_trap(services) == f"{start}, and {why}"


def test_only_proxies_of_the_product_that_the_routes_lead_to() -> None:
    text = EDGE + WEB + KONG_ROUTE + kong("kic") + kong("operated", OPERATOR_LABELS)
    assert found(DNS_ORDER, text) == ["operated"]


def test_each_proxy_container_is_told_of_in_the_same_words() -> None:
    two = kong("operated", OPERATOR_LABELS).replace(
        "containers: [", 'containers: [{name: logs, image: "logs:1"}, {name: proxy, image: "kong:3.9"}, '
    )
    results = run_rule(hardening, EDGE + WEB + KONG_ROUTE + two).of(DNS_ORDER)
    assert [result.field for result in results] == [f"spec.template.spec.containers[{i}].env" for i in (1, 2)]
    why = f"{port_trap(['shop/web'])}: the container needs KONG_DNS_ORDER=LAST,A,CNAME."
    assert [result.message.partition(". ")[0] + "." for result in results] == [why, why]


ENVOY_TOO = """
---
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: envoy}
spec: {controllerName: gateway.envoyproxy.io/gatewayclass-controller}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: envoy, namespace: front}
spec: {gatewayClassName: envoy}
"""
BOTH_GATEWAYS = KONG_ROUTE.replace("parentRefs: [", "parentRefs: [{name: envoy, namespace: front}, ") + ENVOY_TOO
KONG_TRAP = {"kong-operator": ["shop/web"]}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(WEB + KONG_ROUTE, KONG_TRAP, id="in the mesh"),
        pytest.param(WEB + BOTH_GATEWAYS, KONG_TRAP, id="through another product too"),
        pytest.param(
            namespace(labels=DISABLED) + deployment(labels=INJECTED) + service(spec=SEVERAL_PORTS) + KONG_ROUTE,
            KONG_TRAP,
            id="by the label of its pods",
        ),
        pytest.param(
            namespace(labels="") + deployment() + service(spec=SEVERAL_PORTS) + KONG_ROUTE, {}, id="not in the mesh"
        ),
        pytest.param(namespace() + deployment() + service() + KONG_ROUTE, {}, id="one port"),
        pytest.param(namespace() + KONG_ROUTE, {}, id="no Service"),
        pytest.param(WEB + ingress(klass="nginx"), {}, id="a product without the trap"),
    ],
)
def test_services_that_a_resolver_may_take_the_wrong_port_of(text: str, expected: dict[str, list[str]]) -> None:
    assert routed_with_several_ports(package(text), config()) == expected


# --- Controllers and Jobs beside a gateway ----------------------------------------------------------------------------
JOB = f"""
---
apiVersion: batch/v1
kind: Job
metadata: {{name: create, namespace: edge}}
spec: {{template: {{spec: {{restartPolicy: OnFailure, containers: [{{name: create, image: "{NGINX}"}}]}}}}}}
"""


def webhook(service: str) -> str:
    return f"""
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {{name: checks}}
webhooks: [{{name: a.example.com, clientConfig: {{service: {service}}}}}]
"""


CALLED = "the API server calls its webhook without a mesh certificate, refused by strict mTLS"
BESIDE = "it only configures gateways, and its sidecar would only stand in the way"


@pytest.mark.parametrize(
    ("text", "spec", "severity", "why"),
    [
        pytest.param(KIC, "", INFO, BESIDE, id="a controller"),
        pytest.param(
            KIC + service("kic", "edge") + webhook("{namespace: edge, name: kic}"),
            "",
            WARNING,
            CALLED,
            id="one whose webhook is called",
        ),
        pytest.param(KIC + webhook("{namespace: edge, name: kic}"), "", INFO, BESIDE, id="a Service that is absent"),
        pytest.param(
            KIC + service("kic", "edge") + webhook("{namespace: edge, name: [kic]}"), "", INFO, BESIDE, id="odd name"
        ),
        pytest.param(
            KIC + service("kic", "edge") + webhook("{namespace: {a: b}, name: kic}"), "", INFO, BESIDE, id="odd home"
        ),
        pytest.param(
            JOB,
            "",
            INFO,
            "it is a Job of a gateway product, which may run before the mesh is ready to serve it",
            id="a Job",
        ),
        pytest.param(
            JOB,
            OLD_SIDECARS,
            WARNING,
            "it is a Job of a gateway product, and never ends while its sidecar runs",
            id="a Job beside an ordinary sidecar",
        ),
    ],
)
def test_why_a_helper_stays_out_of_the_mesh(text: str, spec: str, severity: str, why: str) -> None:
    result = run_rule(hardening, EDGE + text, spec).only(HELPER_INJECTED)
    assert result.severity == severity
    assert result.message == (
        f"{why}. Set spec.template.metadata.labels[kuma.io/sidecar-injection] to disabled. "
        "spec.gateways.harden: apply does it"
    )


def test_helpers_that_somebody_has_decided_on_do_not_hide_the_others() -> None:
    text = EDGE + OUTSIDE + kong("proxy") + deployment("outside", "outside", image=CONTROLLER)
    text += deployment("out", "edge", image=CONTROLLER, labels=DISABLED)
    text += deployment("in", "edge", image=CONTROLLER, labels=INJECTED)
    text += deployment("ruled", "edge", image=CONTROLLER) + KIC + JOB
    spec = "gateways: {rules: [{target: {kind: Deployment, name: ruled}}]}"
    assert found(HELPER_INJECTED, text, spec) == ["kic", "create"]


# --- Start order ------------------------------------------------------------------------------------------------------
def test_only_a_controller_in_the_pod_of_its_proxy_has_to_wait() -> None:
    text = EDGE + OUTSIDE + kong("proxy") + deployment("outside", "outside", image=NGINX, annotations=MARK)
    text += deployment("set", "edge", image=NGINX, annotations="kuma.io/wait-for-dataplane-ready: 'false'")
    text += deployment("nginx", "edge", image=NGINX)
    assert found(START_ORDER, text, OLD_SIDECARS) == ["nginx"]
