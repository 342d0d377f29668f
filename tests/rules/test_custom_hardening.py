from __future__ import annotations

from typing import Any

import pytest
import yaml

from krm_fn.krm.fields import dig
from krm_fn.krm.outcome import INFO, WARNING
from krm_fn.rules import custom_hardening as module
from krm_fn.rules.check_pods import MESH_AS_ANNOTATION, NO_CREDENTIALS
from krm_fn.rules.custom_pods import Pods
from krm_fn.rules.custom_rows import Row
from krm_fn.rules.hardening import hardening
from krm_fn.rules.traps import DNS_ORDER, START_ORDER
from tests.rules.custom_tools import (
    CONTOUR,
    ENVOY_CONTROLLER,
    KGATEWAY,
    MARK,
    SHOP,
    contour,
    dataplane,
    envoy_proxy,
    gateway,
    parameters,
    values,
)
from tests.rules.tools import check_noop, namespace, package, run_rule

APPLY = "gateways: {harden: apply}"
REPORT = "gateways: {harden: report}"
OLD = "{gateways: {harden: apply}, controlPlane: {config: {experimental: {sidecarContainers: false}}}}"
EDGE = namespace("edge")
TOKEN = "kuma.io/service-account-token-volume"
KONG_CLASS = gateway("konghq.com/gateway-operator")
NAMED = f"{MARK}, {TOKEN}: token"
PROJECTED = "volumes: [{name: mine, projected: {sources: [{serviceAccountToken: {path: token}}]}}]"


@pytest.mark.parametrize("spec", [APPLY, REPORT])
@pytest.mark.parametrize(
    "text",
    [
        pytest.param(namespace("edge", labels="") + dataplane(), id="in no mesh"),
        pytest.param(EDGE + dataplane(NAMED), id="a token volume is named"),
        pytest.param(EDGE + dataplane(spec="{automountServiceAccountToken: true}"), id="the token is mounted"),
        pytest.param(envoy_proxy(""), id="in an unknown Namespace, not marked"),
        pytest.param(EDGE + values("a: 1"), id="a product that mounts the token"),
        pytest.param(EDGE + dataplane(NAMED) + SHOP, id="no route"),
        pytest.param(
            EDGE
            + dataplane(NAMED, spec="{containers: [{name: proxy, env: [{name: KONG_DNS_ORDER, value: A}]}]}")
            + SHOP
            + KONG_CLASS,
            id="an order of names",
        ),
        pytest.param(
            EDGE
            + dataplane(NAMED, spec="{containers: [{name: proxy, envFrom: [{configMapRef: {name: a}}]}]}")
            + SHOP
            + KONG_CLASS,
            id="unknown variables",
        ),
        pytest.param(EDGE + dataplane(NAMED, spec="{containers: proxy}") + SHOP + KONG_CLASS, id="odd containers"),
        pytest.param(EDGE + dataplane(spec="{volumes: none}"), id="odd volumes"),
        pytest.param(EDGE + dataplane(f"{NAMED}, kuma.io/mesh: a", "kuma.io/mesh: b"), id="the label counts"),
        pytest.param(EDGE + dataplane(spec="{containers: [{name: kuma-sidecar}]}"), id="a sidecar of their own"),
    ],
)
def test_left_alone(text: str, spec: str) -> None:
    check_noop(hardening, text, spec)


def test_a_start_order_matters_where_one_pod_is_controller_and_proxy() -> None:
    waiting = values("deployment: {podAnnotations: {kuma.io/wait-for-dataplane-ready: 'false'}}")
    for text in (EDGE + dataplane(NAMED), EDGE + waiting):
        check_noop(hardening, text, OLD)
    told = run_rule(hardening, EDGE + values("a: 1"), OLD.replace("apply", "report")).only(START_ORDER)
    assert told.severity == INFO
    assert told.message == (
        "the controller in its pods calls the API server before the sidecar is ready, and may fail at start. Set "
        "spec.valuesContent, deployment.podAnnotations[kuma.io/wait-for-dataplane-ready] to true. "
        "spec.gateways.harden: apply does it"
    )


def after(text: str, spec: str = APPLY) -> list[dict[str, Any]]:
    ruled = run_rule(hardening, text, spec)
    assert not run_rule(hardening, yaml.safe_dump_all(ruled.data), spec).edits
    return ruled.data


@pytest.mark.parametrize(
    ("text", "annotations", "volumes"),
    [
        (
            dataplane() + EDGE,
            "spec.deployment.podTemplateSpec.metadata.annotations",
            "spec.deployment.podTemplateSpec.spec.volumes",
        ),
        (
            envoy_proxy() + namespace("envoy-system") + ENVOY_CONTROLLER,
            "spec.provider.kubernetes.envoyDeployment.pod.annotations",
            "spec.provider.kubernetes.envoyDeployment.pod.volumes",
        ),
        (contour(), "spec.envoy.podAnnotations", "spec.envoy.extraVolumes"),
    ],
)
def test_a_token_volume(text: str, annotations: str, volumes: str) -> None:
    resource = after(text)[0]
    [volume] = dig(resource, *volumes.split("."))
    assert dig(resource, *annotations.split("."))[TOKEN] == volume["name"]
    assert volume["projected"]["sources"][0]["serviceAccountToken"]["path"] == "token"


def test_a_volume_that_is_there_is_named() -> None:
    pod = dig(after(envoy_proxy(more=PROJECTED))[0], "spec", "provider", "kubernetes", "envoyDeployment", "pod")
    assert pod["annotations"][TOKEN] == "mine"
    assert len(pod["volumes"]) == 1


def test_a_pod_spec_needs_containers() -> None:
    template = dig(after(dataplane() + EDGE)[0], "spec", "deployment", "podTemplateSpec")
    assert template["spec"]["containers"] == [{"name": "proxy"}]
    there = dig(after(dataplane(spec="{containers: [{name: proxy, image: a}]}") + EDGE)[0], "spec", "deployment")
    assert there["podTemplateSpec"]["spec"]["containers"] == [{"name": "proxy", "image": "a"}]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (parameters(), "extraVolumes"),
        (parameters().replace(KGATEWAY, "gateway.gloo.solo.io/v1alpha1"), "extraVolumes"),
        (
            namespace("front") + gateway("agentgateway.dev/agentgateway", infrastructure=f"annotations: {{{MARK}}}"),
            "AgentgatewayParameters",
        ),
        (
            namespace("front") + gateway("kgateway.dev/kgateway", infrastructure=f"annotations: {{{MARK}}}"),
            "GatewayParameters",
        ),
    ],
)
@pytest.mark.parametrize("spec", [APPLY, REPORT])
def test_volumes_that_only_a_person_can_place(text: str, words: str, spec: str) -> None:
    ruled = run_rule(hardening, text, spec)
    assert not ruled.edits
    found = ruled.only(NO_CREDENTIALS)
    assert words in found.message
    assert TOKEN in found.message


def test_how_much_is_known_decides_how_loud_it_is() -> None:
    assert run_rule(hardening, EDGE + dataplane(), REPORT).only(NO_CREDENTIALS).severity == INFO
    off = EDGE + dataplane(spec="{automountServiceAccountToken: false}")
    assert run_rule(hardening, off, REPORT).only(NO_CREDENTIALS).severity == WARNING
    assert run_rule(hardening, envoy_proxy(), REPORT).only(NO_CREDENTIALS).severity == WARNING
    assert not run_rule(hardening, envoy_proxy(), "gateways: {harden: report, detect: 'off'}").results


@pytest.mark.parametrize(
    ("containers", "expected"),
    [
        ("", [{"name": "proxy", "env": [{"name": "KONG_DNS_ORDER", "value": "LAST,A,CNAME"}]}]),
        (
            "{containers: [{name: proxy, image: a, env: [{name: B, value: c}]}]}",
            [
                {
                    "name": "proxy",
                    "image": "a",
                    "env": [{"name": "B", "value": "c"}, {"name": "KONG_DNS_ORDER", "value": "LAST,A,CNAME"}],
                }
            ],
        ),
        (
            "{containers: [{name: other}]}",
            [{"name": "other"}, {"name": "proxy", "env": [{"name": "KONG_DNS_ORDER", "value": "LAST,A,CNAME"}]}],
        ),
    ],
)
@pytest.mark.parametrize("annotations", [NAMED, MARK])
def test_the_order_of_names(containers: str, expected: list[Any], annotations: str) -> None:
    text = dataplane(annotations, spec=containers) + EDGE + SHOP + KONG_CLASS
    template = dig(after(text)[0], "spec", "deployment", "podTemplateSpec")
    assert template["spec"]["containers"] == expected
    assert "KONG_DNS_ORDER" in run_rule(hardening, text, REPORT).only(DNS_ORDER).message


def test_the_mesh_as_a_label() -> None:
    template = dig(after(dataplane(f"{NAMED}, kuma.io/mesh: pay") + EDGE)[0], "spec", "deployment", "podTemplateSpec")
    assert template["metadata"]["labels"] == {"kuma.io/mesh": "pay"}
    assert "kuma.io/mesh" not in template["metadata"]["annotations"]
    ruled = run_rule(hardening, contour(f"{NAMED}, kuma.io/mesh: pay"), APPLY)
    assert not ruled.edits
    told = ruled.only(MESH_AS_ANNOTATION)
    assert told.message == (
        "the mesh of its pods is named by an annotation, which Kuma's next major version ignores. It passes no labels "
        "on: label the Namespace of the pods kuma.io/mesh: pay instead"
    )
    assert (told.severity, told.field) == (WARNING, "spec.envoy.podAnnotations[kuma.io/mesh]")
    assert told.item is ruled.resources.items[0]
    assert CONTOUR in str(ruled.data)


def test_no_empty_mapping_stays_behind() -> None:
    alone = dataplane("kuma.io/mesh: pay", spec="{automountServiceAccountToken: true}")
    template = dig(after(alone + EDGE)[0], "spec", "deployment", "podTemplateSpec")
    assert template["metadata"] == {"labels": {"kuma.io/mesh": "pay"}}


def test_each_resource_is_mended_whatever_the_one_before_it_needs() -> None:
    spec = "{containers: [{name: proxy%s}]}"
    fine = dataplane(NAMED, spec=spec % ", env: [{name: KONG_DNS_ORDER, value: A}]")
    odd = dataplane(NAMED, spec="{containers: proxy}").replace("name: dp", "name: odd")
    last = dataplane(f"{MARK}, kuma.io/mesh: pay", spec=spec % "").replace("name: dp", "name: last")
    ruled = run_rule(hardening, fine + odd + last + EDGE + SHOP + KONG_CLASS, REPORT)
    told = [(result.code, result.item.name) for result in ruled.results if result.item]
    assert told == [(MESH_AS_ANNOTATION, "last"), (NO_CREDENTIALS, "last"), (DNS_ORDER, "last")]


def test_each_resource_without_labels_is_told_of() -> None:
    named = contour(f"{NAMED}, kuma.io/mesh: pay")
    told = run_rule(hardening, named + named.replace("name: it", "name: second"), REPORT).of(MESH_AS_ANNOTATION)
    assert [result.item.name for result in told if result.item] == ["it", "second"]


def test_the_api_server_wants_the_type_of_a_provider() -> None:
    untyped = envoy_proxy().replace("type: Kubernetes, ", "")
    assert "type:" not in untyped
    [proxy] = after(untyped)
    assert proxy["spec"]["provider"]["type"] == "Kubernetes"


def test_a_product_that_mounts_the_token_may_be_told_not_to() -> None:
    row = Row((), "It", ("annotations",), spec=("spec",))
    item = package(dataplane()).items[0]
    assert module._has_token(Pods(item, "traefik", row, {}))
    assert not module._has_token(Pods(item, "traefik", row, {"spec": {"automountServiceAccountToken": False}}))


def test_volumes_of_a_product_of_which_nobody_knows_where_they_go() -> None:
    row = Row((), "It", ("annotations",))
    pods = Pods(package(dataplane()).items[0], "other", row, {})
    advice = module._by_hand(pods, module._token_edits(pods))
    assert advice == (
        "Add the volume kuma-service-account-token (projected: serviceAccountToken with path token, ConfigMap "
        "kube-root-ca.crt, downwardAPI with the namespace) to the pods, by whatever means the product has, and set "
        f"annotations[{TOKEN}] to kuma-service-account-token"
    )


def test_all_that_a_text_needs_comes_in_one_edit() -> None:
    text = EDGE + values("a: 1  # kept\ndeployment:\n  podAnnotations: {kuma.io/mesh: pay}\n")
    ruled = run_rule(hardening, text, OLD)
    [edit] = ruled.edits
    assert "# kept" in edit.value
    assert yaml.safe_load(edit.value)["deployment"] == {
        "podAnnotations": {"kuma.io/wait-for-dataplane-ready": "true"},
        "podLabels": {"kuma.io/mesh": "pay"},
    }
    assert ruled.only(START_ORDER).field.startswith("spec.valuesContent, deployment.podAnnotations")
