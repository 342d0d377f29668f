"""What the webhook refuses in a Dataplane."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from krm_fn.kuma.validation import validate
from krm_fn.kuma.versions import V2_14

PORT = "port must be in the range [1, 65535]"
TAGS = {"kuma.io/service": "web_shop_svc_80"}
NOT_IP = "address has to be valid IP address"
LISTENER = {"type": "ZoneIngress", "address": "10.0.0.1", "port": 10001, "name": "zi"}


def dataplane(networking: Any, **spec: Any) -> dict[str, Any]:
    if isinstance(networking, dict):
        networking = {"address": "10.0.0.1", **networking}
    return {"mesh": "default", "metadata": {}, "spec": {"networking": networking, **spec}}


def inbound(**fields: Any) -> dict[str, Any]:
    return {"inbound": [{"port": 8080, "tags": TAGS, **fields}]}


def outbound(**fields: Any) -> dict[str, Any]:
    return {"outbound": [{"port": 80, "tags": TAGS, **fields}]}


def gateway(**fields: Any) -> dict[str, Any]:
    return {"gateway": {"tags": TAGS, **fields}}


def backends(**ref: Any) -> dict[str, Any]:
    return {"transparentProxying": {"reachableBackends": {"refs": [{"kind": "MeshService", **ref}]}}}


VALID: list[dict[str, Any]] = [
    dataplane({}),
    dataplane(inbound()),
    dataplane(inbound(tags={}, protocol="TLS")),
    dataplane(inbound(tags=None, servicePort=0, serviceAddress="")),
    dataplane(inbound(serviceAddress="10.0.0.1", servicePort=9090)),
    dataplane(inbound(tags=TAGS | {"a/b.c-d_e:f": "x.y-z_1:2"})),
    dataplane(inbound(tags=TAGS | {"kuma.io/protocol": "MySQL"})),
    dataplane(inbound(serviceProbe={"interval": "1s", "healthyThreshold": 1})),
    dataplane({"address": "web-0.web.shop.svc"} | inbound()),
    dataplane({"address": "fd00::1"}),
    dataplane({"address": "Host_1.pod.invalid."}),
    dataplane({"gateway": {}}),
    dataplane(gateway() | outbound()),
    dataplane(gateway(type="BUILTIN")),
    dataplane(gateway(tags=TAGS | {"kuma.io/protocol": "TCP"})),
    dataplane(gateway(), metrics={"type": "other"}),
    dataplane(inbound() | {"admin": {"port": 9901}}),
    dataplane(inbound(port=9901) | {"admin": {"port": 9901}}),
    dataplane(outbound(backendRef={"kind": "MeshExternalService", "name": "x"}, tags={})),
    dataplane(outbound(backendRef={"kind": "MeshService", "labels": {"a": "b"}, "port": 80}, tags=None)),
    dataplane(backends(name="a.b", namespace="shop")),
    dataplane(backends(labels={"a": "b"})),
    dataplane({"transparentProxying": {"reachableBackends": {}}}),
    dataplane({"listeners": [LISTENER, LISTENER | {"port": 10002, "name": "", "type": "ZoneEgress"}]}),
    dataplane({}, probes={"port": 9000, "endpoints": [{"inboundPort": 80, "inboundPath": "/", "path": "/80/"}]}),
    dataplane({}, metrics={"type": "prometheus", "conf": {"aggregate": [{"name": "a"}, {"name": "b"}]}}),
    dataplane({}, metrics={"type": "prometheus", "conf": {"skipMTLS": True, "tls": {"mode": "disabled"}}}),
]


@pytest.mark.parametrize("data", VALID)
def test_valid(data: dict[str, Any]) -> None:
    before = copy.deepcopy(data)
    assert validate(data, V2_14) == []
    assert data == before


@pytest.mark.parametrize(
    ("data", "path", "message"),
    [
        ({"mesh": "default", "spec": {}}, "networking", "must be defined"),
        ({"mesh": "default"}, "networking", "must be defined"),
        (dataplane({"address": ""}), "networking.address", "address can't be empty"),
        (dataplane({"address": "0.0.0.0"}), "networking.address", "must not be 0.0.0.0 or ::"),
        (dataplane({"address": "::"}), "networking.address", "must not be 0.0.0.0 or ::"),
        (dataplane({"address": "a b"}), "networking.address", "address has to be valid IP address or domain name"),
        (dataplane({"address": "-a"}), "networking.address", "address has to be valid IP address or domain name"),
        (dataplane({"address": "a..b"}), "networking.address", "address has to be valid IP address or domain name"),
        (dataplane({"address": "a" * 64}), "networking.address", "address has to be valid IP address or domain name"),
        (
            dataplane({"address": "fe80::1%eth0"}),
            "networking.address",
            "address has to be valid IP address or domain name",
        ),
        (dataplane({"address": 7}), "networking.address", "must be a string"),
        (
            dataplane({"address": "127.0.0.1", "admin": {"port": 8080}} | inbound()),
            "networking.admin.port",
            "must differ from inbound",
        ),
        (
            dataplane({"admin": {"port": 9090}} | inbound(serviceAddress="127.0.0.1", servicePort=9090)),
            "networking.admin.port",
            "must differ from inbound",
        ),
        (dataplane({"admin": {"port": 80}} | outbound()), "networking.admin.port", "must differ from outbound"),
        (dataplane(gateway() | inbound()), "networking.inbound", "inbound cannot be defined for delegated gateways"),
        (
            dataplane(gateway(type="BUILTIN") | inbound()),
            "networking.inbound",
            "inbound cannot be defined for builtin gateways",
        ),
        (
            dataplane(gateway(type="BUILTIN") | outbound()),
            "networking.outbound",
            "outbound cannot be defined for builtin gateways",
        ),
        (
            dataplane(gateway() | {"listeners": [LISTENER]}),
            "networking.listeners",
            "listeners cannot be defined for delegated gateways",
        ),
        (
            dataplane(gateway(type="BUILTIN"), probes={}),
            "networking.probes",
            "probes cannot be defined for builtin gateways",
        ),
        (dataplane(gateway(type="OTHER")), "networking.gateway.type", "must be DELEGATED or BUILTIN"),
        (dataplane(gateway(tags={"a": "b"})), "networking.gateway.tags", 'mandatory tag "kuma.io/service" is missing'),
        (
            dataplane(gateway(tags=TAGS | {"kuma.io/protocol": "http"})),
            'networking.gateway.tags["kuma.io/protocol"]',
            'other values than tcp are not allowed, provided value "http"',
        ),
        (dataplane(inbound(port=0)), "networking.inbound[0].port", PORT),
        (dataplane(inbound(port=65536)), "networking.inbound[0].port", PORT),
        (dataplane(inbound(port="80")), "networking.inbound[0].port", "must be a whole number"),
        (dataplane(inbound(port=True)), "networking.inbound[0].port", "must be a whole number"),
        (dataplane(inbound(servicePort=-1)), "networking.inbound[0].servicePort", PORT),
        (
            dataplane(inbound(serviceAddress="host")),
            "networking.inbound[0].serviceAddress",
            "serviceAddress has to be valid IP address",
        ),
        (
            dataplane(inbound(serviceAddress="10.0.0.1", servicePort=8080)),
            "networking.inbound[0].serviceAddress",
            "serviceAddress and servicePort has to differ from address and port",
        ),
        (
            dataplane(inbound(serviceAddress="10.0.0.2", address="10.0.0.2")),
            "networking.inbound[0].serviceAddress",
            "serviceAddress and servicePort has to differ from address and port",
        ),
        (dataplane(inbound(address="01.2.3.4")), "networking.inbound[0].address", NOT_IP),
        (
            dataplane(inbound(tags=TAGS | {"kuma.io/protocol": "mongo"})),
            'networking.inbound[0].tags["kuma.io/protocol"]',
            'tag "kuma.io/protocol" has an invalid value "mongo". Allowed values: grpc, http, http2, kafka, tcp',
        ),
        (
            dataplane(inbound(protocol="mongo")),
            "networking.inbound[0].protocol",
            'has an invalid value "mongo". Allowed values: grpc, http, http2, kafka, tcp',
        ),
        (dataplane(inbound(tags={"a": "b"})), 'networking.inbound[0].tags["kuma.io/service"]', "tag has to exist"),
        (dataplane(inbound(tags=TAGS | {"": "x"})), "networking.inbound[0].tags", "tag name must be non-empty"),
        (
            dataplane(inbound(tags=TAGS | {"a b": "x"})),
            'networking.inbound[0].tags["a b"]',
            "tag name must consist of alphanumeric characters, dots, dashes, slashes and underscores",
        ),
        (dataplane(inbound(tags=TAGS | {"a": ""})), 'networking.inbound[0].tags["a"]', "tag value must be non-empty"),
        (
            dataplane(inbound(tags=TAGS | {"a": "x/y"})),
            'networking.inbound[0].tags["a"]',
            "tag value must consist of alphanumeric characters, dots, dashes and underscores",
        ),
        (dataplane(inbound(tags=TAGS | {"a": 1})), 'networking.inbound[0].tags["a"]', "must be a string"),
        (
            dataplane(inbound(serviceProbe={"interval": "0s"})),
            "networking.inbound[0].serviceProbe.interval",
            "must have a positive value",
        ),
        (
            dataplane(inbound(serviceProbe={"timeout": "soon"})),
            "networking.inbound[0].serviceProbe.timeout",
            "must have a valid value",
        ),
        (
            dataplane(inbound(serviceProbe={"unhealthyThreshold": 0})),
            "networking.inbound[0].serviceProbe.unhealthyThreshold",
            "must have a positive value",
        ),
        (dataplane(outbound(port=None)), "networking.outbound[0].port", PORT),
        (dataplane(outbound(address="host")), "networking.outbound[0].address", NOT_IP),
        (dataplane(outbound(tags={})), "networking.outbound[0].tags", 'mandatory tag "kuma.io/service" is missing'),
        (
            dataplane(outbound(tags={}, backendRef={"kind": "Service", "name": "x", "port": 1})),
            "networking.outbound[0].backendRef.kind",
            "invalid value. Available values are: MeshExternalService,MeshMultiZoneService,MeshService",
        ),
        (
            dataplane(outbound(tags={}, backendRef={"kind": "MeshService", "port": 1})),
            "networking.outbound[0].backendRef",
            "either 'name' or 'labels' should be specified",
        ),
        (
            dataplane(outbound(tags={}, backendRef={"kind": "MeshService", "name": "x"})),
            "networking.outbound[0].backendRef.port",
            PORT,
        ),
        (
            dataplane(outbound(backendRef={"kind": "MeshService", "name": "x", "port": 1})),
            "networking.outbound[0].backendRef",
            "both backendRef and tags/service cannot be defined",
        ),
        (
            dataplane(backends(kind="X", name="x")),
            "networking.transparentProxing.reachableBackends.refs[0].kind",
            "invalid value. Available values are: MeshExternalService,MeshMultiZoneService,MeshService",
        ),
        (
            dataplane(backends(name="a" * 254)),
            "networking.transparentProxing.reachableBackends.refs[0].name",
            "value length must less or equal 253",
        ),
        (
            dataplane(backends()),
            "networking.transparentProxing.reachableBackends.refs[0].name",
            "name or labels are required",
        ),
        (
            dataplane(backends(namespace="x")),
            "networking.transparentProxing.reachableBackends.refs[0].name",
            "name is required, when namespace is defined",
        ),
        (
            dataplane(backends(name="x", labels={"a": "b"})),
            "networking.transparentProxing.reachableBackends.refs[0].labels",
            "labels cannot be defined when name is specified",
        ),
        (
            dataplane({"listeners": [LISTENER | {"type": "X"}]}),
            "networking.listeners[0].type",
            "type must be ZoneIngress or ZoneEgress",
        ),
        (
            dataplane({"listeners": [LISTENER | {"address": ""}]}),
            "networking.listeners[0].address",
            "address can't be empty",
        ),
        (dataplane({"listeners": [LISTENER | {"port": 0}]}), "networking.listeners[0].port", PORT),
        (
            dataplane(inbound(name="zi") | {"listeners": [LISTENER]}),
            "networking.listeners[0].name",
            'name "zi" must be unique across inbounds and listeners',
        ),
        (
            dataplane(inbound() | {"listeners": [LISTENER | {"name": "8080"}]}),
            "networking.listeners[0].name",
            'name "8080" must be unique across inbounds and listeners',
        ),
        (
            dataplane({"listeners": [LISTENER, LISTENER | {"name": "b"}]}),
            "networking.listeners[1]",
            "address:port 10.0.0.1:10001 is already used by another listener",
        ),
        (
            dataplane({"listeners": [LISTENER, LISTENER | {"name": "b", "type": "ZoneEgress"}]}),
            "networking.listeners[1]",
            "address:port 10.0.0.1:10001 is used by listeners of different types",
        ),
        (
            dataplane(inbound() | {"listeners": [LISTENER | {"port": 8080}]}),
            "networking.listeners[0]",
            "address:port 10.0.0.1:8080 collides with an inbound listener",
        ),
        (dataplane({}, probes={}), "probes.port", PORT),
        (
            dataplane({}, probes={"port": 1, "endpoints": [{"inboundPort": 1, "inboundPath": "/a", "path": "b"}]}),
            "probes.endpoints[0].path",
            "should be a valid URL Path",
        ),
        (
            dataplane({}, metrics={"type": "statsd"}),
            "metrics.type",
            'unknown backend type. Available backends: "prometheus"',
        ),
        (
            dataplane({}, metrics={"type": "prometheus", "conf": {"aggregate": [{"name": "a"}, {"name": "a"}]}}),
            "metrics.conf.aggregate[1].name",
            "duplicate entry: a, values have to be unique",
        ),
        (
            dataplane({}, metrics={"type": "prometheus", "conf": {"skipMTLS": True, "tls": {"mode": "providedTLS"}}}),
            "metrics.conf",
            "skipMTLS and tls configuration cannot be defined together",
        ),
        (dataplane("x"), "networking", "must be a mapping"),
        (dataplane({"inbound": {}}), "networking.inbound", "must be a list"),
    ],
)
def test_one_violation(data: dict[str, Any], path: str, message: str) -> None:
    assert [(found.path, found.message) for found in validate(data, V2_14)] == [(f"spec.{path}", message)]
    assert [found.path for found in validate(data, V2_14, prefix="")] == [path]


@pytest.mark.parametrize("mesh", [None, "", "A", "a b", "x" * 254, 5, []])
def test_wrong_mesh(mesh: Any) -> None:
    assert [found.path for found in validate({**dataplane({}), "mesh": mesh}, V2_14)] == ["mesh"]


def test_origin() -> None:
    for origin, wrong in (("zone", False), ("global", False), ("", True), ("x", True)):
        data = {**dataplane({}), "metadata": {"labels": {"kuma.io/origin": origin}}}
        assert bool(validate(data, V2_14)) is wrong


def test_names_of_backends_and_expressions() -> None:
    assert "invalid characters" in validate(dataplane(backends(name="A_b")), V2_14)[0].message
    broken = {"type": "prometheus", "conf": {"envoy": {"filterRegex": "("}}}
    assert "provided regexp isn't correct" in validate(dataplane({}, metrics=broken), V2_14)[0].message
    go = {"type": "prometheus", "conf": {"envoy": {"filterRegex": "\\pL\\z"}}}
    assert validate(dataplane({}, metrics=go), V2_14) == []


def test_all_violations_are_collected() -> None:
    data = dataplane({"address": "", "inbound": [{"port": 0, "tags": {"a": ""}}]}, probes={})
    assert len(validate(data, V2_14)) == 5


FIELDS = st.sampled_from(
    ["networking", "address", "inbound", "outbound", "gateway", "listeners", "tags", "port", "name", "type", "admin",
     "transparentProxying", "reachableBackends", "refs", "backendRef", "labels", "serviceProbe", "interval", "probes",
     "endpoints", "path", "metrics", "conf", "aggregate", "envoy", "filterRegex", "kuma.io/protocol", "serviceAddress"]
)  # fmt: skip
JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["", "x", "prometheus", "::1", "1.1.1.1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS | st.integers(), inner, max_size=5),
    max_leaves=25,
)


@settings(max_examples=200)
@given(JUNK, JUNK)
def test_no_shape_makes_it_fail(networking: Any, spec: Any) -> None:
    assert isinstance(validate({"mesh": spec, "metadata": networking, "spec": spec}, V2_14), list)
    assert isinstance(validate(dataplane(networking, metrics=spec, probes=spec), V2_14), list)
