from __future__ import annotations

import pytest

from krm_fn.rules import custom_rows as module
from krm_fn.rules.custom_rows import CONTROLLER, GATEWAYS, OWN, ROWS, Row

TEMPLATE = ("spec", "deployment", "podTemplateSpec")
POD = ("spec", "provider", "kubernetes", "envoyDeployment", "pod")
KONG_ROW = Row(
    ("gateway-operator.konghq.com",),
    "DataPlane",
    (*TEMPLATE, "metadata", "annotations"),
    (*TEMPLATE, "metadata", "labels"),
    (*TEMPLATE, "spec", "volumes"),
    (*TEMPLATE, "spec"),
    "proxy",
    product="kong-operator",
    host_network=(*TEMPLATE, "spec", "hostNetwork"),
    selects=(("gateway-operator.konghq.com/managed-by", "dataplane"),),
)
ENVOY_ROW = Row(
    ("gateway.envoyproxy.io",),
    "EnvoyProxy",
    (*POD, "annotations"),
    (*POD, "labels"),
    (*POD, "volumes"),
    product="envoy-gateway",
    only=(("spec", "provider", "type"), "Kubernetes"),
    runs=CONTROLLER,
    selects=(
        ("app.kubernetes.io/name", "envoy"),
        ("app.kubernetes.io/component", "proxy"),
        ("app.kubernetes.io/managed-by", "envoy-gateway"),
    ),
)


def test_kong_operator_merges_a_whole_pod_template() -> None:
    assert module._kong("DataPlane", "spec", "deployment") == KONG_ROW
    selects = (("app", "{name}"), *KONG_ROW.selects)
    assert KONG_ROW.replace(runs=OWN, selects=selects) in ROWS


def test_envoy_gateway_takes_fields_of_the_pod() -> None:
    assert module._envoy("envoyDeployment") == ENVOY_ROW
    assert ENVOY_ROW.replace(forbids=("spec", "provider", "kubernetes", "envoyDaemonSet")) in ROWS


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.kind)
def test_every_row_is_complete(row: Row) -> None:
    assert row.groups
    assert row.annotations
    assert row.runs in (OWN, CONTROLLER, GATEWAYS)
    assert not row.spec or row.container, "a container is added to a pod spec by its name"
    assert bool(row.product) is (row.kind != "Gateway")
