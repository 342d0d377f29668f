from __future__ import annotations

import pytest

from krm_fn.krm.outcome import ERROR
from krm_fn.rules.check_pods import MESH_NOT_FOUND
from krm_fn.rules.conversion import DATAPLANE_FAILED
from krm_fn.rules.dataplanes import (
    CONFIG_MAP_MISSING,
    CONSTRAINT,
    DATAPLANE_INVALID,
    FOR_REVIEW,
    SHARED_NAME,
    dataplanes,
)
from tests.rules.tools import check_noop, codes, deployment, mesh, namespace, run_rule, service

GATEWAY = "kuma.io/gateway: enabled"
KONG = namespace() + deployment("kong", annotations=GATEWAY) + service("kong")
ALL = "dataplanes: {emit: all}"
NONE = "dataplanes: {emit: none}"


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        pytest.param(namespace() + deployment() + service(), "{}", id="no gateway"),
        pytest.param(KONG, NONE, id="none asked for"),
        pytest.param(namespace(labels="") + deployment("kong", annotations=GATEWAY), "{}", id="not in the mesh"),
        pytest.param(namespace() + deployment(annotations="kuma.io/gateway: builtin"), "{}", id="builtin"),
        pytest.param(
            namespace() + deployment(annotations='kuma.io/envoy-admin-port: "9000"') + service(),
            NONE,
            id="a harmless annotation",
        ),
    ],
)
def test_nothing_is_made(text: str, spec: str) -> None:
    check_noop(dataplanes, text, spec)


def test_the_dataplane_of_a_gateway_is_for_review() -> None:
    (made,) = run_rule(dataplanes, KONG, "zone: z").emits
    assert made["metadata"]["annotations"] == FOR_REVIEW
    assert made["spec"]["networking"]["gateway"]["tags"]["kuma.io/service"] == "kong_shop_svc_80"
    assert made["spec"]["networking"]["address"] == "kong.shop.pod.invalid"


def test_or_an_ordinary_resource() -> None:
    (made,) = run_rule(dataplanes, KONG, "dataplanes: {localConfig: false}").emits
    assert "annotations" not in made["metadata"]


@pytest.mark.parametrize("kind", ["DaemonSet", "ReplicaSet", "Deployment"])
def test_gateways_of_several_kinds(kind: str) -> None:
    assert len(run_rule(dataplanes, KONG.replace("Deployment", kind)).emits) == 1


def test_all_means_all_in_a_mesh() -> None:
    text = namespace() + deployment("a") + deployment("b", labels="kuma.io/sidecar-injection: disabled")
    assert [made["metadata"]["name"] for made in run_rule(dataplanes, text, ALL).emits] == ["a"]


def test_two_previews_of_one_name() -> None:
    stateful = deployment().replace("kind: Deployment", "kind: StatefulSet")
    text = namespace() + stateful + deployment("web-0")
    found = run_rule(dataplanes, text, ALL).only(SHARED_NAME)
    assert found.item is not None
    assert found.item.name == "web-0"


def test_virtual_probes_are_converted_as_the_injector_rewrote_them() -> None:
    text = namespace() + deployment(annotations='kuma.io/application-probe-proxy-port: "0"').replace(
        'image: "web:1"', 'image: "web:1", readinessProbe: {httpGet: {path: /ready, port: 8080}}'
    )
    ruled = run_rule(dataplanes, text, ALL)
    assert codes(ruled.results) == []
    assert ruled.emits[0]["spec"]["probes"] == {
        "endpoints": [{"inboundPath": "/ready", "inboundPort": 8080, "path": "/8080/ready"}],
        "port": 9000,
    }


@pytest.mark.parametrize("spec", ["{}", NONE, ALL])
@pytest.mark.parametrize(
    ("annotation", "code"),
    [
        ("kuma.io/transparent-proxying-ip-family-mode: ipv6", DATAPLANE_FAILED),
        ("prometheus.metrics.kuma.io/port: http", DATAPLANE_FAILED),
        ("prometheus.metrics.kuma.io/aggregate-app-path: /m", DATAPLANE_FAILED),
        ("kuma.io/reachable-backends: '[1'", DATAPLANE_FAILED),
        ("kuma.io/reachable-backends: '{refs: [{kind: Pod, name: a}]}'", DATAPLANE_INVALID),
    ],
)
def test_what_kuma_would_refuse_is_an_error_also_where_no_dataplane_is_asked_for(
    spec: str, annotation: str, code: str
) -> None:
    assert codes(run_rule(dataplanes, namespace() + deployment(annotations=annotation), spec).results, ERROR) == [code]


@pytest.mark.parametrize(("version", "expected"), [("v2", []), ("v1", [CONSTRAINT])])
def test_constraints_of_the_mesh(version: str, expected: list[str]) -> None:
    strict = mesh(spec='constraints: {dataplaneProxy: {requirements: [{tags: {version: "v2"}}]}}')
    text = namespace() + deployment(labels=f"version: {version}") + service() + strict
    assert codes(run_rule(dataplanes, text).results) == expected


WRITTEN = """
---
apiVersion: kuma.io/v1alpha1
kind: Dataplane
mesh: payments
metadata: {name: a, namespace: shop}
spec: {networking: {address: 10.0.0.1, inbound: [{port: 80, tags: {kuma.io/service: a}}]}}
"""


def test_dataplanes_of_the_package_are_checked() -> None:
    check_noop(dataplanes, WRITTEN)
    check_noop(dataplanes, WRITTEN, "meshes: [payments]")
    assert codes(run_rule(dataplanes, WRITTEN, "meshes: []").results) == [MESH_NOT_FOUND]
    assert codes(run_rule(dataplanes, WRITTEN.replace("port: 80", "port: 0")).results) == [DATAPLANE_INVALID]


@pytest.mark.parametrize("garbage", ["metadata: 7", "spec: []", "metadata: {name: [1]}\nspec: {networking: 3}"])
def test_garbage_is_refused_without_a_fall(garbage: str) -> None:
    text = f"apiVersion: kuma.io/v1alpha1\nkind: Dataplane\n{garbage}\n"
    assert DATAPLANE_INVALID in codes(run_rule(dataplanes, text).results)


def test_a_transparent_proxy_config_that_lives_elsewhere() -> None:
    spec = "controlPlane: {config: {runtime: {kubernetes: {injector: {transparentProxyConfigMap: tproxy}}}}}"
    ruled = run_rule(dataplanes, KONG, spec)
    assert codes(ruled.results) == [CONFIG_MAP_MISSING]
    assert not ruled.emits
    config_map = """
---
apiVersion: v1
kind: ConfigMap
metadata: {name: tproxy, namespace: kuma-system}
data: {config.yaml: "{}"}
"""
    ruled = run_rule(dataplanes, KONG + config_map, spec)
    assert codes(ruled.results) == []
    assert len(ruled.emits) == 1
