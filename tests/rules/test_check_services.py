from __future__ import annotations

import pytest

from krm_fn.rules.check_services import (
    IGNORE_VALUE,
    MESH_SERVICE_BY_HAND,
    MESH_SERVICE_ELSEWHERE,
    NO_MESH_SERVICE,
    PROTOCOL_UNKNOWN,
    PROTOCOL_UNUSED,
)
from krm_fn.rules.checks import checks
from tests.rules.tools import check_noop, codes, deployment, mesh, namespace, run_rule, service

IN_MESH = namespace() + deployment()
JOINED = namespace(labels="kuma.io/sidecar-injection: disabled") + deployment(
    labels="kuma.io/sidecar-injection: enabled"
)
EXCLUSIVE = mesh(spec="meshServices: {mode: Exclusive}")
EVERYWHERE = mesh(spec="meshServices: {mode: Everywhere}")
BY_HAND = """
---
apiVersion: kuma.io/v1alpha1
kind: MeshService
metadata: {name: web, namespace: shop, labels: {kuma.io/mesh: default}}
"""


def protocol(value: str, port: int = 80) -> str:
    return f"{port}.service.kuma.io/protocol: {value}"


@pytest.mark.parametrize(
    "text",
    [
        IN_MESH + service(annotations=protocol("http")),
        IN_MESH + service(annotations=protocol("GRPC")),
        IN_MESH + service(annotations=protocol("''")),
        IN_MESH + service(annotations=protocol("soap")).replace("port: 80", "port: 80, appProtocol: http"),
        IN_MESH + service(annotations=protocol("soap"), app="other"),
        namespace(labels="") + deployment() + service(annotations=protocol("soap")),
        namespace() + deployment(annotations="kuma.io/gateway: enabled") + service(annotations=protocol("soap")),
        IN_MESH + service(annotations="kuma.io/ignore: disabled"),
        IN_MESH + service() + EXCLUSIVE,
        JOINED + service(),
        JOINED + service() + EVERYWHERE,
        JOINED + service(labels="kuma.io/mesh: default") + EXCLUSIVE,
        JOINED + service(annotations="kuma.io/ignore: 'true'") + EXCLUSIVE,
        JOINED + service(spec="type: ExternalName") + EXCLUSIVE,
        IN_MESH + BY_HAND,
        IN_MESH + service() + BY_HAND.replace("{kuma.io/mesh: default", "{kuma.io/managed-by: k8s-controller"),
    ],
)
def test_nothing_to_say(text: str) -> None:
    check_noop(checks, text)


def test_a_protocol_that_kuma_does_not_know() -> None:
    found = run_rule(checks, IN_MESH + service(annotations=protocol("soap"))).only(PROTOCOL_UNKNOWN)
    assert (found.severity, found.field) == ("error", "metadata.annotations[80.service.kuma.io/protocol]")


def test_a_protocol_of_a_port_that_the_service_does_not_have() -> None:
    found = run_rule(checks, IN_MESH + service(annotations=protocol("http", 8080))).only(PROTOCOL_UNUSED)
    assert "(80)" in found.message


def test_the_ignore_annotation() -> None:
    wrong = service(annotations='kuma.io/ignore: "1"')
    assert run_rule(checks, IN_MESH + wrong).only(IGNORE_VALUE).severity == "error"
    assert run_rule(checks, namespace(labels="") + wrong).only(IGNORE_VALUE).severity == "warning"


def test_a_service_that_becomes_no_mesh_service() -> None:
    found = run_rule(checks, JOINED + service() + EXCLUSIVE).only(NO_MESH_SERVICE)
    assert (found.field, found.proposed) == ("metadata.labels[kuma.io/mesh]", "default")


def test_a_mesh_service_in_another_mesh_than_the_pods() -> None:
    pods = namespace() + deployment(labels="kuma.io/mesh: payments")
    payments = EXCLUSIVE.replace("name: default", "name: payments")
    found = run_rule(checks, pods + service() + payments).only(MESH_SERVICE_ELSEWHERE)
    assert found.proposed == "payments"
    check_noop(checks, pods + service(labels="kuma.io/mesh: payments") + payments)


def test_a_mesh_service_made_by_hand() -> None:
    assert codes(run_rule(checks, IN_MESH + service() + BY_HAND).results) == [MESH_SERVICE_BY_HAND]


# --- What is said, and where ------------------------------------------------------------------------------------------
WRONG_IGNORE = service(annotations='kuma.io/ignore: "1"', spec="type: ExternalName")


@pytest.mark.parametrize(
    ("text", "severity", "what"),
    [
        (IN_MESH + service(annotations='kuma.io/ignore: "1"'), "error", "Kuma's controller fails on the Service"),
        (IN_MESH + WRONG_IGNORE, "warning", "it counts as not set"),
        (namespace(labels="") + WRONG_IGNORE, "warning", "it counts as not set"),
    ],
)
def test_what_a_wrong_ignore_annotation_does(text: str, severity: str, what: str) -> None:
    found = run_rule(checks, text).only(IGNORE_VALUE)
    assert found.severity == severity
    assert f'annotation "kuma.io/ignore" has wrong value "1": {what}; the value must be one of' in found.message


def test_a_protocol_for_a_service_without_ports() -> None:
    bare = service(annotations=protocol("http")).replace("ports: [{port: 80}]", "ports: []")
    assert "(it has none)" in run_rule(checks, IN_MESH + bare).only(PROTOCOL_UNUSED).message


def test_the_label_of_a_service_in_another_mesh_than_its_pods() -> None:
    pods = namespace() + deployment(labels="kuma.io/mesh: payments")
    payments = EXCLUSIVE.replace("name: default", "name: payments")
    found = run_rule(checks, pods + service(labels="kuma.io/mesh: other") + payments).only(MESH_SERVICE_ELSEWHERE)
    assert (found.current, found.proposed) == ("other", "payments")
    assert "its MeshService is made in mesh other, because" in found.message


def test_an_empty_label_in_a_namespace_that_nobody_declares() -> None:
    pods = deployment(labels="kuma.io/sidecar-injection: enabled, kuma.io/mesh: payments")
    payments = EXCLUSIVE.replace("name: default", "name: payments")
    text = pods + service(labels="kuma.io/mesh: ''") + payments
    found = run_rule(checks, text, "injection: {mode: none}").only(MESH_SERVICE_ELSEWHERE)
    assert "its MeshService is made in mesh default, because" in found.message


@pytest.mark.parametrize("around", [namespace(), namespace(labels="kuma.io/sidecar-injection: disabled")])
def test_the_services_of_gateways_become_no_mesh_service(around: str) -> None:
    gateway = deployment(
        labels="kuma.io/sidecar-injection: enabled, kuma.io/mesh: payments", annotations="kuma.io/gateway: enabled"
    )
    check_noop(checks, around + gateway + service() + EXCLUSIVE.replace("name: default", "name: payments"))


def test_a_mesh_service_of_another_group_is_not_kumas() -> None:
    foreign = BY_HAND.replace("kuma.io/v1alpha1", "example.com/v1")
    check_noop(checks, IN_MESH + service() + foreign)
    found = run_rule(checks, IN_MESH + service() + foreign + BY_HAND).only(MESH_SERVICE_BY_HAND)
    assert found.item is not None
    assert found.item.group == "kuma.io"
