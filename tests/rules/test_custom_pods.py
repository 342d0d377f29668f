from __future__ import annotations

from typing import Any

import pytest
import yaml

from krm_fn.krm.fields import dig
from krm_fn.krm.outcome import INFO, WARNING
from krm_fn.rules.custom_kinds import CUSTOM_KINDS
from krm_fn.rules.custom_rows import KINDS, ROWS
from krm_fn.rules.custom_writing import NOT_WRITABLE
from krm_fn.rules.gateways import (
    GATEWAY_NOT_MARKABLE,
    GATEWAY_RECOGNISED,
    GATEWAY_RULE_UNUSED,
    GATEWAY_UNMARKED,
    gateways,
)
from tests.rules.tools import check_noop, namespace, run_rule

ANNOTATE = "gateways: {detect: annotate}"
KONG = "gateway-operator.konghq.com/v1beta1"
KGATEWAY = "gateway.kgateway.dev/v1alpha1"
HELM = "helm.cattle.io/v1"
MARK = "kuma.io/gateway: enabled"
NGINX_CLASS = """
---
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: edge}
spec: {controllerName: gateway.nginx.org/nginx-gateway-controller%s}
"""
GATEWAY = """
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge, namespace: edge}
spec: {gatewayClassName: edge%s}
"""


def custom(kind: str, api_version: str, spec: str, name: str = "it") -> str:
    return f"""
---
apiVersion: {api_version}
kind: {kind}
metadata: {{name: {name}, namespace: edge}}
spec: {{{spec}}}
"""


def values(text: str, name: str = "traefik") -> str:
    document = {
        "apiVersion": "helm.cattle.io/v1",
        "kind": "HelmChartConfig",
        "metadata": {"name": name, "namespace": "edge"},
        "spec": {"valuesContent": text},
    }
    return f"\n---\n{yaml.safe_dump(document)}"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(custom("DataPlane", "example.com/v1", ""), id="a kind of somebody else"),
        pytest.param(
            custom("GatewayParameters", "gateway.kgateway.dev/v1alpha1", "selfManaged: {}"), id="self-managed"
        ),
        pytest.param(GATEWAY % "", id="a class that is not in the package"),
        pytest.param(NGINX_CLASS.replace("gateway.nginx.org", "example.com") % "" + GATEWAY % "", id="another class"),
        pytest.param(
            NGINX_CLASS.replace("gateway.nginx.org/nginx-gateway-controller", "projectcontour.io/gateway-controller")
            % ""
            + GATEWAY % "",
            id="a product that passes nothing on",
        ),
        pytest.param(values("a: [b"), id="values that are no YAML"),
        pytest.param(values("- a"), id="values that are a list"),
        pytest.param(custom("HelmChartConfig", HELM, "valuesContent: 7", "traefik"), id="values that are a number"),
        pytest.param(custom("HelmChartConfig", HELM, "valuesContent: {a: 1}", "traefik"), id="values that are no text"),
        pytest.param(values("deployment: {replicas: 1}", "other"), id="another chart"),
        pytest.param(values("a: 1\n---\nb: 2\n"), id="two documents"),
        pytest.param(
            custom(
                "DataPlane",
                KONG,
                "deployment: {podTemplateSpec: {metadata: {annotations: {kuma.io/gateway: enabled}}}}",
            ),
            id="marked already",
        ),
    ],
)
def test_left_alone(text: str) -> None:
    check_noop(gateways, text, ANNOTATE)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (custom("DataPlane", KONG, ""), "spec.deployment.podTemplateSpec.metadata.annotations"),
        (
            custom("GatewayConfiguration", KONG, ""),
            "spec.dataPlaneOptions.deployment.podTemplateSpec.metadata.annotations",
        ),
        (
            custom("EnvoyProxy", "gateway.envoyproxy.io/v1alpha1", ""),
            "spec.provider.kubernetes.envoyDeployment.pod.annotations",
        ),
        (
            custom("EnvoyProxy", "gateway.envoyproxy.io/v1alpha1", "provider: {kubernetes: {envoyDaemonSet: {}}}"),
            "spec.provider.kubernetes.envoyDaemonSet.pod.annotations",
        ),
        (
            custom("GatewayParameters", "gateway.kgateway.dev/v1alpha1", "kube: {}"),
            "spec.kube.podTemplate.extraAnnotations",
        ),
        (
            custom("GatewayParameters", "gateway.gloo.solo.io/v1alpha1", ""),
            "spec.kube.podTemplate.extraAnnotations",
        ),
        (custom("ContourDeployment", "projectcontour.io/v1alpha1", ""), "spec.envoy.podAnnotations"),
        (GATEWAY % "" + NGINX_CLASS % "", "spec.infrastructure.annotations"),
    ],
)
def test_marked_where_the_operator_looks(text: str, path: str) -> None:
    ruled = run_rule(gateways, text, ANNOTATE)
    assert dig(ruled.data[0], *path.split(".")) == {"kuma.io/gateway": "enabled"}
    assert ruled.only(GATEWAY_RECOGNISED).field == f"{path}[kuma.io/gateway]"
    again = run_rule(gateways, yaml.safe_dump_all(ruled.data), ANNOTATE)
    assert not again.edits


def test_a_gateway_whose_parameters_are_marked_is_not_marked_too() -> None:
    parameters = custom("GatewayParameters", "gateway.kgateway.dev/v1alpha1", "")
    klass = NGINX_CLASS.replace("gateway.nginx.org/nginx-gateway-controller", "kgateway.dev/kgateway")
    reference = "parametersRef: {group: gateway.kgateway.dev, kind: GatewayParameters, name: it"
    by_gateway = klass % "" + GATEWAY % f", infrastructure: {{{reference}}}}}"
    by_class = klass % f", {reference}, namespace: edge}}" + GATEWAY % ""
    for text in (by_gateway, by_class):
        ruled = run_rule(gateways, parameters + text, ANNOTATE)
        assert [edit.item.kind for edit in ruled.edits] == ["GatewayParameters"]
        assert len(run_rule(gateways, text, ANNOTATE).edits) == 1, "parameters elsewhere are out of sight"


@pytest.mark.parametrize(
    ("parameters", "reference"),
    [
        pytest.param(
            custom("GatewayParameters", "example.com/v1", ""),
            "{group: example.com, kind: GatewayParameters, name: it",
            id="a kind of the same name",
        ),
        pytest.param(
            custom("Backend", KGATEWAY, ""),
            "{group: gateway.kgateway.dev, kind: Backend, name: it",
            id="another kind of the group",
        ),
    ],
)
def test_a_gateway_whose_parameters_hold_no_mark_is_marked_itself(parameters: str, reference: str) -> None:
    klass = NGINX_CLASS.replace("gateway.nginx.org/nginx-gateway-controller", "kgateway.dev/kgateway")
    text = klass % f", parametersRef: {reference}, namespace: edge}}" + GATEWAY % ""
    assert [edit.item.kind for edit in run_rule(gateways, parameters + text, ANNOTATE).edits] == ["Gateway"]


def marked_values(text: str) -> Any:
    [edit] = run_rule(gateways, values(text), ANNOTATE).edits
    return edit.value


def test_a_text_of_values_keeps_its_comments() -> None:
    before = "# Of the cluster\ndeployment:\n  replicas: 2  # one for each node\nlogs: {}\n"
    after = marked_values(before)
    assert after.startswith("# Of the cluster\ndeployment:\n  replicas: 2  # one for each node\n")
    assert yaml.safe_load(after)["deployment"] == {"replicas": 2, "podAnnotations": {"kuma.io/gateway": "enabled"}}


@pytest.mark.parametrize("text", ["", "\n"])
def test_no_values_yet(text: str) -> None:
    assert yaml.safe_load(marked_values(text)) == {"deployment": {"podAnnotations": {"kuma.io/gateway": "enabled"}}}


def test_a_chart_without_any_values() -> None:
    [edit] = run_rule(gateways, custom("HelmChartConfig", HELM, "", "traefik"), ANNOTATE).edits
    assert yaml.safe_load(edit.value) == {"deployment": {"podAnnotations": {"kuma.io/gateway": "enabled"}}}


@pytest.mark.parametrize("text", ["deployment: none", "deployment: {podAnnotations: none}", "deployment: [a]"])
def test_values_that_stand_in_the_way(text: str) -> None:
    ruled = run_rule(gateways, values(text), ANNOTATE)
    assert not ruled.edits
    told = ruled.only(NOT_WRITABLE)
    assert told.message == (
        "the text of values cannot be edited: write deployment.podAnnotations[kuma.io/gateway] by hand"
    )
    assert told.field == "spec.valuesContent"
    assert told.item is ruled.resources.items[0]


@pytest.mark.parametrize(
    "text",
    [
        custom("DataPlane", KONG, "deployment: {podTemplateSpec: {spec: {hostNetwork: true}}}"),
        values("hostNetwork: true"),
    ],
)
def test_the_network_of_the_host_is_refused(text: str) -> None:
    ruled = run_rule(gateways, text, ANNOTATE)
    assert not ruled.edits
    assert "host's network" in ruled.only(GATEWAY_NOT_MARKABLE).message


def test_a_report_warns_where_the_pods_would_be_in_a_mesh() -> None:
    dataplane = custom("DataPlane", KONG, "")
    assert run_rule(gateways, namespace("edge") + dataplane).only(GATEWAY_UNMARKED).severity == WARNING
    assert run_rule(gateways, namespace("edge", labels="") + dataplane).only(GATEWAY_UNMARKED).severity == INFO
    assert run_rule(gateways, namespace("edge") + dataplane, "gateways: {detect: 'off'}").results == []


def test_a_mark_that_does_not_work() -> None:
    text = "deployment: {podTemplateSpec: {metadata: {annotations: {kuma.io/gateway: 'true'}}}}"
    found = run_rule(gateways, custom("DataPlane", KONG, text), ANNOTATE).only(GATEWAY_UNMARKED)
    assert (found.current, found.proposed) == ("true", "enabled")


def test_a_rule_names_the_resource() -> None:
    spec = "gateways: {detect: 'off', rules: [{target: {kind: DataPlane, name: %s}}]}"
    ruled = run_rule(gateways, custom("DataPlane", KONG, ""), spec % "it")
    assert len(ruled.edits) == 1
    assert not ruled.of(GATEWAY_RULE_UNUSED)
    assert run_rule(gateways, custom("DataPlane", KONG, ""), spec % "other").of(GATEWAY_RULE_UNUSED)


def test_fields_of_an_odd_type() -> None:
    ruled = run_rule(gateways, custom("DataPlane", KONG, "deployment: [1]"), ANNOTATE)
    assert not ruled.edits
    assert ruled.of("not-a-mapping")


def test_the_kinds_are_all_known_beforehand() -> None:
    assert CUSTOM_KINDS == KINDS
    assert all(row.product or row.kind == "Gateway" for row in ROWS)


def test_the_api_server_wants_the_type_of_a_provider() -> None:
    [proxy] = run_rule(gateways, custom("EnvoyProxy", "gateway.envoyproxy.io/v1alpha1", ""), ANNOTATE).data
    assert proxy["spec"]["provider"]["type"] == "Kubernetes"
    on_host = custom("EnvoyProxy", "gateway.envoyproxy.io/v1alpha1", "provider: {type: Host, host: {}}")
    check_noop(gateways, on_host, ANNOTATE)


def test_a_resource_that_the_configuration_makes_a_workload_is_treated_as_one() -> None:
    kinds = f"{{{ANNOTATE}, workloadKinds: [{{group: gateway-operator.konghq.com, kind: DataPlane, podTemplate: %s}}]}}"
    template = "deployment: {podTemplateSpec: {spec: {containers: [{name: proxy, image: 'kong/kong-gateway:3.9'}]}}}"
    spec = kinds % "spec.deployment.podTemplateSpec"
    ruled = run_rule(gateways, namespace("edge") + custom("DataPlane", KONG, template), spec)
    assert not [result for result in ruled.results if "makes pods of it" in result.message]


def test_what_is_never_applied_is_left_alone() -> None:
    local = custom("DataPlane", KONG, "").replace(
        "namespace: edge", "namespace: edge, annotations: {config.kubernetes.io/local-config: 'true'}"
    )
    ruled = run_rule(gateways, local, ANNOTATE)
    assert not ruled.edits
    assert not ruled.results
    ruled = run_rule(gateways, local + custom("DataPlane", KONG, "", "applied"), ANNOTATE)
    assert [edit.item.name for edit in ruled.edits] == ["applied"]


def test_a_known_place_outside_of_the_mesh_is_not_marked() -> None:
    ruled = run_rule(gateways, namespace("edge", labels="") + custom("DataPlane", KONG, ""), ANNOTATE)
    assert not ruled.edits
    assert "in no mesh" not in ruled.only(GATEWAY_UNMARKED).message
    assert "Not injected" in ruled.only(GATEWAY_UNMARKED).message
