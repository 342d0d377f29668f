from __future__ import annotations

import pytest

from krm_fn.rules.check_pods import (
    GATEWAY_MISPLACED,
    GATEWAY_VALUE,
    HOST_NETWORK,
    MESH_AS_ANNOTATION,
    MESH_NOT_FOUND,
    NO_CREDENTIALS,
    SWITCH_VALUE,
    TOKEN_VOLUME,
    ZONE_PROXY_PLACE,
)
from krm_fn.rules.checks import checks
from tests.rules.tools import INJECTED, check_noop, codes, deployment, mesh, namespace, run_rule, service

IN_MESH = namespace()
NO_TOKEN = "automountServiceAccountToken: false"
ACCOUNT = """
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: web, namespace: shop}
automountServiceAccountToken: false
"""


def marked(part: str) -> str:
    """The gateway mark at the workload itself."""
    return deployment().replace("namespace: shop}", f"namespace: shop, {part}: {{kuma.io/gateway: enabled}}}}")


# --- The mesh ---------------------------------------------------------------------------------------------------------
def test_a_mesh_that_nobody_lists_is_assumed() -> None:
    check_noop(checks, IN_MESH + deployment(labels="kuma.io/mesh: any") + mesh("other"))


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (deployment(), ""),
        (deployment(labels="kuma.io/mesh: typo"), "spec.template.metadata.labels[kuma.io/mesh]"),
    ],
)
def test_a_mesh_that_is_not_there(text: str, field: str) -> None:
    found = run_rule(checks, IN_MESH + text, "meshes: [payments]").only(MESH_NOT_FOUND)
    assert (found.severity, found.field) == ("error", field)


PROXY = deployment(labels="kuma.io/mesh: new")
ZONE = "k8s.kuma.io/zone-proxy-type: ingress"


@pytest.mark.parametrize(
    ("text", "fine"),
    [
        (deployment(labels=f"kuma.io/mesh: new, {ZONE}"), True),
        (deployment(labels=ZONE), False),
        (PROXY + service(labels=ZONE), True),
        (PROXY + service(labels=ZONE, annotations='kuma.io/ignore: "true"'), False),
        (PROXY + service(labels=ZONE, app="other"), False),
        (PROXY + service(), False),
        (deployment() + service(labels=ZONE), False),
    ],
)
def test_zone_proxies_come_before_their_mesh_if_they_name_it(text: str, fine: bool) -> None:
    found = run_rule(checks, IN_MESH + text, "meshes: []").of(MESH_NOT_FOUND)
    assert (not found) is fine


def test_a_mesh_named_by_an_annotation() -> None:
    on_pod = run_rule(checks, IN_MESH + deployment(annotations="kuma.io/mesh: a")).only(MESH_AS_ANNOTATION)
    assert on_pod.field == "spec.template.metadata.annotations[kuma.io/mesh]"
    assert on_pod.proposed == {"kuma.io/mesh": "a"}
    text = namespace(annotations="kuma.io/mesh: a") + deployment() + deployment("b")
    on_namespace = run_rule(checks, text).only(MESH_AS_ANNOTATION)
    assert on_namespace.item is not None
    assert on_namespace.item.kind == "Namespace"
    check_noop(checks, namespace(annotations="kuma.io/mesh: a") + deployment(labels="kuma.io/mesh: b"))


# --- The gateway mark -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("value", ["provided", "'true'", "disabled", "'no'", "''", "maybe"])
def test_values_that_no_kuma_takes(value: str) -> None:
    found = run_rule(checks, IN_MESH + deployment(annotations=f"kuma.io/gateway: {value}")).only(GATEWAY_VALUE)
    assert (found.severity, found.proposed) == ("error", "enabled")


def test_outside_of_a_mesh_nobody_reads_the_value() -> None:
    text = namespace(labels="") + deployment(annotations="kuma.io/gateway: provided")
    assert run_rule(checks, text).only(GATEWAY_VALUE).severity == "warning"


@pytest.mark.parametrize(
    "text",
    [
        deployment(labels="kuma.io/gateway: enabled"),
        marked("annotations"),
        marked("labels"),
    ],
)
def test_a_mark_in_the_wrong_place(text: str) -> None:
    found = run_rule(checks, IN_MESH + text).only(GATEWAY_MISPLACED)
    assert "spec.template.metadata.annotations[kuma.io/gateway]" in found.message


# --- Everything else --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("key", ["ingress", "egress"])
def test_zone_proxies_of_old_stand_in_the_system_namespace_only(key: str) -> None:
    text = deployment(annotations=f'kuma.io/{key}: "true"')
    assert codes(run_rule(checks, namespace(labels="") + text).results) == [ZONE_PROXY_PLACE]
    home = namespace("kuma-system", labels="") + text.replace("namespace: shop", "namespace: kuma-system")
    check_noop(checks, home)
    wrong = deployment(annotations=f"kuma.io/{key}: maybe")
    assert codes(run_rule(checks, namespace(labels="") + wrong).results) == [SWITCH_VALUE]


def test_credentials() -> None:
    assert codes(run_rule(checks, IN_MESH + deployment(spec=NO_TOKEN)).results) == [NO_CREDENTIALS]
    account = "serviceAccountName: web"
    assert codes(run_rule(checks, IN_MESH + ACCOUNT + deployment(spec=account)).results) == [NO_CREDENTIALS]
    check_noop(checks, IN_MESH + ACCOUNT + deployment(spec=account + ", automountServiceAccountToken: true"))
    check_noop(checks, IN_MESH + ACCOUNT + deployment())
    check_noop(checks, namespace(labels="") + deployment(spec=NO_TOKEN))
    named = 'kuma.io/service-account-token-volume: "token"'
    check_noop(checks, IN_MESH + deployment(annotations=named, spec=NO_TOKEN + ", volumes: [{name: token}]"))
    assert codes(run_rule(checks, IN_MESH + deployment(annotations=named)).results) == [TOKEN_VOLUME]


def test_the_host_network() -> None:
    assert codes(run_rule(checks, IN_MESH + deployment(spec="hostNetwork: true")).results) == [HOST_NETWORK]
    check_noop(checks, namespace(labels="") + deployment(spec="hostNetwork: true"))


def test_several_meshes_in_a_namespace() -> None:
    text = IN_MESH + deployment("a", labels="kuma.io/mesh: a") + deployment("b", labels="kuma.io/mesh: b")
    check_noop(checks, text)
    spec = "controlPlane: {config: {runtime: {kubernetes: {disallowMultipleMeshesPerNamespace: true}}}}"
    assert codes(run_rule(checks, text, spec).results) == ["multiple-meshes-in-namespace"] * 2


# --- What is said, and where ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("labels", "named"),
    [
        ("", 'meshes.kuma.io "default" not found: the pods name no other mesh, but it is neither'),
        ("kuma.io/mesh: typo", 'meshes.kuma.io "typo" not found: it is the mesh of the pods (by pod label), but it is'),
    ],
)
def test_which_mesh_is_missing_and_who_named_it(labels: str, named: str) -> None:
    found = run_rule(checks, IN_MESH + deployment(labels=labels), "meshes: [payments]").only(MESH_NOT_FOUND)
    assert found.message.startswith(named)
    assert found.current == ("typo" if labels else "default")


@pytest.mark.parametrize(
    ("above", "labels", "spec", "left"),
    [
        (namespace(labels=f"{INJECTED}, kuma.io/mesh: b"), "", "{}", "b"),
        (IN_MESH, "", "{}", "default"),
        (IN_MESH, "", "mesh: house", "house"),
        ("", INJECTED, "{injection: {mode: none}, mesh: house}", "house"),
    ],
)
def test_the_mesh_that_is_left_when_annotations_count_no_more(above: str, labels: str, spec: str, left: str) -> None:
    found = run_rule(checks, above + deployment(labels=labels, annotations="kuma.io/mesh: a"), spec)
    assert f"the pods would then be in mesh {left}. Make it the label" in found.only(MESH_AS_ANNOTATION).message


def test_namespaces_whose_annotation_names_the_mesh() -> None:
    out = deployment("out", labels="kuma.io/sidecar-injection: disabled")
    text = namespace(annotations="kuma.io/mesh: a") + out + deployment()
    found = run_rule(checks, text).only(MESH_AS_ANNOTATION)
    assert found.field == "metadata.annotations[kuma.io/mesh]"
    check_noop(checks, namespace(annotations="kuma.io/mesh: a") + out)
    declared = f"namespaces: [{{name: shop, labels: {{{INJECTED}}}, annotations: {{kuma.io/mesh: a}}}}]"
    found = run_rule(checks, deployment(), declared).only(MESH_AS_ANNOTATION)
    assert (found.item, found.field) == (None, "functionConfig.spec.namespaces")


@pytest.mark.parametrize(
    ("annotations", "severity"),
    [
        ('kuma.io/sidecar-injected: "true", kuma.io/gateway: provided', "warning"),
        ('kuma.io/sidecar-injected: "true", kuma.io/gateway: maybe', "error"),
        ("kuma.io/gateway: provided", "error"),
        ('kuma.io/sidecar-injected: "false", kuma.io/gateway: provided', "error"),
    ],
)
def test_of_a_pod_that_has_its_sidecar_the_converter_alone_reads_the_mark(annotations: str, severity: str) -> None:
    found = run_rule(checks, IN_MESH + deployment(annotations=annotations)).only(GATEWAY_VALUE)
    assert found.severity == severity


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (deployment(labels="kuma.io/gateway: enabled"), "spec.template.metadata.labels[kuma.io/gateway]"),
        (marked("labels"), "metadata.labels[kuma.io/gateway]"),
        (marked("annotations"), "metadata.annotations[kuma.io/gateway]"),
    ],
)
def test_the_place_of_a_misplaced_mark(text: str, field: str) -> None:
    assert run_rule(checks, IN_MESH + text).only(GATEWAY_MISPLACED).field == field


def test_a_token_volume_that_is_not_there() -> None:
    text = deployment(annotations="kuma.io/service-account-token-volume: token")
    found = run_rule(checks, IN_MESH + text).only(TOKEN_VOLUME)
    assert found.field == "spec.template.metadata.annotations[kuma.io/service-account-token-volume]"
