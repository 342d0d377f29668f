from __future__ import annotations

import pytest
import yaml

from krm_fn.krm.fields import dig
from krm_fn.krm.outcome import INFO, WARNING
from krm_fn.rules.custom_injection import ELSEWHERE, NO_POD_LABELS
from krm_fn.rules.custom_writing import NOT_WRITABLE
from krm_fn.rules.injection import MANIFEST_WINS, NAMESPACE_OUTSIDE, RULE_MATCHES_NOTHING, injection
from tests.rules.custom_tools import (
    ENVOY_CONTROLLER,
    LABEL,
    contour,
    dataplane,
    envoy_proxy,
    gateway,
    parameters,
    values,
)
from tests.rules.tools import check_noop, codes, namespace, run_rule

EDGE = namespace("edge")
NGINX = "gateway.nginx.org/nginx-gateway-controller"


def rule(kind: str, more: str = "inject: true", setup: str = "") -> str:
    return f"injection: {{rules: [{{target: {{kind: {kind}}}, {more}}}]{setup}}}"


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        pytest.param(EDGE + dataplane(labels=f"{LABEL}: enabled"), rule("DataPlane"), id="there already"),
        pytest.param(EDGE + dataplane(labels=f"{LABEL}: 'true'"), rule("DataPlane"), id="another spelling"),
        pytest.param(
            EDGE + dataplane(labels=f"{LABEL}: enabled"),
            rule("DataPlane", setup=", override: true"),
            id="nothing to win",
        ),
        pytest.param(
            namespace("edge", labels="") + dataplane(labels=f"{LABEL}: disabled"),
            rule("DataPlane"),
            id="the Namespace of pods that stay out",
        ),
        pytest.param(
            namespace("edge", labels="") + dataplane(labels=f"{LABEL}: perhaps"),
            rule("DataPlane"),
            id="the Namespace of pods with a label of no known value",
        ),
        pytest.param(EDGE + dataplane(), "{}", id="no rules"),
        pytest.param(
            EDGE + dataplane(labels="kuma.io/mesh: default"),
            rule("DataPlane", "mesh: default"),
            id="the mesh is named already",
        ),
        pytest.param(
            namespace("front") + contour() + gateway("x", "ContourDeployment/projectcontour.io"),
            rule("ContourDeployment"),
            id="no labels, but the Namespace injects",
        ),
    ],
)
def test_left_alone(text: str, spec: str) -> None:
    check_noop(injection, text, spec)


@pytest.mark.parametrize(
    ("text", "kind", "path"),
    [
        (dataplane(), "DataPlane", "spec.deployment.podTemplateSpec.metadata.labels"),
        (envoy_proxy(), "EnvoyProxy", "spec.provider.kubernetes.envoyDeployment.pod.labels"),
        (parameters(), "GatewayParameters", "spec.kube.podTemplate.extraLabels"),
    ],
)
def test_labels_go_where_the_operator_looks(text: str, kind: str, path: str) -> None:
    ruled = run_rule(injection, text + EDGE, rule(kind, "inject: true, mesh: payments"))
    assert dig(ruled.data[0], *path.split(".")) == {LABEL: "enabled", "kuma.io/mesh": "payments"}
    assert not ruled.of(RULE_MATCHES_NOTHING)
    again = run_rule(injection, yaml.safe_dump_all(ruled.data), rule(kind, "inject: true, mesh: payments"))
    assert not again.edits


def test_the_labels_of_a_gateway() -> None:
    text = namespace("front") + gateway(NGINX)
    ruled = run_rule(injection, text, rule("Gateway"))
    assert dig(ruled.data[2], "spec", "infrastructure", "labels") == {LABEL: "enabled"}
    foreign = run_rule(injection, namespace("front") + gateway("example.com/other"), rule("Gateway"))
    assert foreign.of(RULE_MATCHES_NOTHING)


def test_a_gateway_has_room_for_eight_labels() -> None:
    labels = ", ".join(f"l{number}: x" for number in range(7))
    text = namespace("front") + gateway(NGINX, infrastructure=f"labels: {{{labels}}}")
    assert len(run_rule(injection, text, rule("Gateway")).edits) == 1
    full = run_rule(injection, text, rule("Gateway", "inject: true, mesh: payments"))
    assert not full.edits
    assert full.only(NOT_WRITABLE).field == "spec.infrastructure.labels"


def test_a_text_of_values() -> None:
    [edit] = run_rule(
        injection, EDGE + values("replicas: 1  # one\n"), rule("HelmChartConfig", "mesh: m, inject: true")
    ).edits
    assert edit.value.startswith("replicas: 1  # one\n")
    labels = yaml.safe_load(edit.value)["deployment"]["podLabels"]
    assert labels == {LABEL: "enabled", "kuma.io/mesh": "m"}


def test_what_the_manifest_says_wins() -> None:
    off = EDGE + dataplane(labels=f"{LABEL}: disabled")
    ruled = run_rule(injection, off, rule("DataPlane"))
    assert not ruled.edits
    won = ruled.only(MANIFEST_WINS)
    assert (won.severity, won.current, won.proposed) == (INFO, "disabled", "enabled")
    assert won.item is not None
    assert won.item.words == "DataPlane edge/dp"
    assert won.field == f"spec.deployment.podTemplateSpec.metadata.labels[{LABEL}]"
    assert won.message.startswith("rule 0 asks for enabled, the manifest says disabled and wins: ")
    assert len(run_rule(injection, off, rule("DataPlane", setup=", override: true")).edits) == 1


def test_the_namespace_of_the_pods_is_made_visible() -> None:
    ruled = run_rule(injection, namespace("edge", labels="") + dataplane(), rule("DataPlane"))
    assert [edit.item.kind for edit in ruled.edits] == ["DataPlane", "Namespace"]
    declared = rule("DataPlane") + "\nnamespaces: [{name: edge}]"
    assert "injects this resource" in run_rule(injection, dataplane(), declared).only(NAMESPACE_OUTSIDE).message
    unknown = run_rule(injection, dataplane(), rule("DataPlane")).only(ELSEWHERE)
    assert (unknown.severity, "in edge" in unknown.message) == (WARNING, True)
    there = namespace("edge", labels="") + dataplane(labels=f"{LABEL}: enabled")
    assert [edit.item.kind for edit in run_rule(injection, there, rule("DataPlane")).edits] == ["Namespace"]
    old = rule("DataPlane") + "\nkumaVersion: '2.10'"
    assert not run_rule(injection, dataplane(), old).results


def test_pods_beside_the_controller() -> None:
    spaces = namespace("edge", labels="") + namespace("envoy-system", labels="")
    ruled = run_rule(injection, spaces + envoy_proxy() + ENVOY_CONTROLLER, rule("EnvoyProxy"))
    assert [edit.item.name for edit in ruled.edits] == ["it", "envoy-system"]
    unknown = run_rule(injection, spaces + envoy_proxy(), rule("EnvoyProxy"))
    assert [edit.item.name for edit in unknown.edits] == ["it"]
    assert unknown.only(ELSEWHERE).severity == INFO


BY_GATEWAY = gateway("x", "ContourDeployment/projectcontour.io")


def test_namespaces_that_nobody_knows_are_all_named() -> None:
    by_gateway = gateway("kgateway.dev/kgateway", "GatewayParameters/gateway.kgateway.dev")
    text = parameters() + by_gateway + by_gateway.replace("namespace: front}", "namespace: side}")
    found = run_rule(injection, text, rule("GatewayParameters")).only(ELSEWHERE)
    assert ", in front, side, which is neither in the package nor declared: " in found.message


@pytest.mark.parametrize(
    ("text", "spaces"),
    [
        (contour(), ""),
        (contour() + BY_GATEWAY, " (front)"),
        (contour() + BY_GATEWAY + BY_GATEWAY.replace("namespace: front}", "namespace: side}"), " (front, side)"),
    ],
)
def test_a_resource_without_labels_of_pods(text: str, spaces: str) -> None:
    around = namespace("front", labels="") + namespace("side", labels="")
    ruled = run_rule(injection, around + text, rule("ContourDeployment", "inject: true, mesh: payments"))
    assert not ruled.edits
    found = ruled.only(NO_POD_LABELS)
    assert found.severity == WARNING
    assert found.message == (
        f"rule 0 asks for labels of the pods that Contour makes of it ({LABEL}: enabled, kuma.io/mesh: payments), but "
        "a ContourDeployment passes annotations on and no labels, and Kuma does not read injection from annotations: "
        f"label the Namespace of the pods{spaces} instead"
    )


def test_a_label_that_cannot_be_written() -> None:
    text = EDGE + dataplane().replace("labels: {}", "labels: [1]")
    assert codes(run_rule(injection, text, rule("DataPlane")).results) == ["not-a-mapping"]
