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


def told(data: dict[str, Any]) -> list[tuple[str, str]]:
    return [(found.path, found.message) for found in validate(data, V2_14)]


REFS = "networking.transparentProxing.reachableBackends.refs"  # as Kuma spells it
A_MAPPING, A_LIST, A_STRING, A_NUMBER = (
    f"must be {wanted}" for wanted in ("a mapping", "a list", "a string", "a whole number")
)


@pytest.mark.parametrize(
    ("data", "path", "message"),
    [
        ({"mesh": "default", "spec": "x"}, "", A_MAPPING),
        (dataplane("x"), "networking", A_MAPPING),
        (dataplane({"gateway": "x"}), "networking.gateway", A_MAPPING),
        (dataplane(gateway(type=7)), "networking.gateway.type", A_STRING),
        (dataplane(gateway(tags="x")), "networking.gateway.tags", A_MAPPING),
        (dataplane(gateway(tags=TAGS | {"a": 1})), 'networking.gateway.tags["a"]', A_STRING),
        (dataplane({"inbound": "x"}), "networking.inbound", A_LIST),
        (dataplane({"inbound": ["x"]}), "networking.inbound[0]", A_MAPPING),
        (dataplane(inbound(port="80")), "networking.inbound[0].port", A_NUMBER),
        (dataplane(inbound(protocol=7)), "networking.inbound[0].protocol", A_STRING),
        (dataplane(inbound(serviceAddress=7)), "networking.inbound[0].serviceAddress", A_STRING),
        (dataplane(inbound(serviceProbe="x")), "networking.inbound[0].serviceProbe", A_MAPPING),
        (
            dataplane(inbound(serviceProbe={"healthyThreshold": "1"})),
            "networking.inbound[0].serviceProbe.healthyThreshold",
            A_NUMBER,
        ),
        (
            dataplane(inbound(serviceProbe={"interval": 7})),
            "networking.inbound[0].serviceProbe.interval",
            A_STRING,
        ),
        (dataplane({"outbound": {}}), "networking.outbound", A_LIST),
        (dataplane(outbound(address=7)), "networking.outbound[0].address", A_STRING),
        (dataplane(outbound(tags="x")), "networking.outbound[0].tags", A_MAPPING),
        (dataplane({"admin": "x"}), "networking.admin", A_MAPPING),
        (dataplane({"admin": {"port": "x"}}), "networking.admin.port", A_NUMBER),
        (dataplane({"listeners": "x"}), "networking.listeners", A_LIST),
        (dataplane({"listeners": [LISTENER | {"type": 7}]}), "networking.listeners[0].type", A_STRING),
        (dataplane({"listeners": [LISTENER | {"name": 7}]}), "networking.listeners[0].name", A_STRING),
        (dataplane({"transparentProxying": "x"}), "networking.transparentProxying", A_MAPPING),
        (
            dataplane({"transparentProxying": {"reachableBackends": "x"}}),
            REFS.removesuffix(".refs"),
            A_MAPPING,
        ),
        (dataplane(backends(kind=7)), f"{REFS}[0].kind", A_STRING),
        (dataplane(backends(name=7)), f"{REFS}[0].name", A_STRING),
        (dataplane(backends(name="a", namespace=7)), f"{REFS}[0].namespace", A_STRING),
        (dataplane(backends(labels="x")), f"{REFS}[0].labels", A_MAPPING),
        (dataplane(outbound(backendRef="x", tags={})), "networking.outbound[0].backendRef", A_MAPPING),
        (dataplane(outbound(backendRef={"kind": 7}, tags={})), "networking.outbound[0].backendRef.kind", A_STRING),
        (
            dataplane(outbound(backendRef={"kind": "MeshService", "name": 7}, tags={})),
            "networking.outbound[0].backendRef.name",
            A_STRING,
        ),
        (
            dataplane(outbound(backendRef={"kind": "MeshService", "labels": "x"}, tags={})),
            "networking.outbound[0].backendRef.labels",
            A_MAPPING,
        ),
        (dataplane({}, probes="x"), "probes", A_MAPPING),
        (dataplane({}, probes={"port": 1, "endpoints": "x"}), "probes.endpoints", A_LIST),
        (
            dataplane({}, probes={"port": 1, "endpoints": [{"inboundPort": "x", "inboundPath": "/", "path": "/"}]}),
            "probes.endpoints[0].inboundPort",
            A_NUMBER,
        ),
        (
            dataplane({}, probes={"port": 1, "endpoints": [{"inboundPort": 1, "inboundPath": 7, "path": "/"}]}),
            "probes.endpoints[0].inboundPath",
            A_STRING,
        ),
        (
            dataplane({}, metrics={"type": "prometheus", "conf": {"aggregate": [{"name": 7}]}}),
            "metrics.conf.aggregate[0].name",
            A_STRING,
        ),
        (dataplane({}, metrics="x"), "metrics", A_MAPPING),
        (dataplane({}, metrics={"type": 7}), "metrics.type", A_STRING),
        (dataplane({}, metrics={"type": "prometheus", "conf": []}), "metrics.conf", A_MAPPING),
    ],
)
def test_wrong_types_say_where(data: dict[str, Any], path: str, message: str) -> None:
    """First, for what misses because of them is said too."""
    full = f"spec.{path}" if path else "spec"
    assert told(data)[0] == (full, message)


SHAPE = "may only consist of lower case letters, digits, dashes, underscores and dots"


@pytest.mark.parametrize(
    ("mesh", "message"),
    [
        (None, "must not be empty"),
        ("", "must not be empty"),
        ("A", SHAPE),
        ("a b", SHAPE),
        ("x" * 254, "must not be longer than 253 characters"),
        (5, A_STRING),
        ([], A_STRING),
    ],
)
def test_wrong_mesh(mesh: Any, message: str) -> None:
    assert told({**dataplane({}), "mesh": mesh}) == [("mesh", message)]


@pytest.mark.parametrize("mesh", ["a", "0-a_b.c", "x" * 253])
def test_names_of_meshes(mesh: str) -> None:
    assert told({**dataplane({}), "mesh": mesh}) == []


@pytest.mark.parametrize(("origin", "wrong"), [("zone", False), ("global", False), ("", True), ("x", True)])
def test_origin(origin: str, wrong: bool) -> None:
    data = {**dataplane({}), "metadata": {"labels": {"kuma.io/origin": origin}}}
    complaint = ('metadata.labels["kuma.io/origin"]', f'must be global or zone, not "{origin}"')
    assert told(data) == ([complaint] if wrong else [])


def test_every_inbound_is_compared_with_the_admin_port() -> None:
    inbounds = {"inbound": [{"port": 8080, "tags": TAGS}, {"port": 9090, "tags": TAGS}]}
    data = dataplane({"address": "127.0.0.1", "admin": {"port": 8080}} | inbounds)
    assert told(data) == [("spec.networking.admin.port", "must differ from inbound")]


def test_names_of_listeners_differ_from_each_other() -> None:
    listeners = [LISTENER, LISTENER | {"port": 10002, "name": "other"}, LISTENER | {"port": 10003}]
    unique = 'name "zi" must be unique across inbounds and listeners'
    assert told(dataplane({"listeners": listeners})) == [("spec.networking.listeners[2].name", unique)]


NEEDY = V2_14.replace(inbound_or_gateway_required=True)


@pytest.mark.parametrize(
    ("data", "fine"),
    [
        (dataplane({}), False),
        (dataplane({"inbound": []}), False),
        (dataplane(inbound()), True),
        (dataplane(gateway()), True),
    ],
)
def test_older_versions_want_an_inbound_or_a_gateway(data: dict[str, Any], fine: bool) -> None:
    nothing = [("spec.networking", "has to contain at least one inbound interface or gateway")]
    assert [(found.path, found.message) for found in validate(data, NEEDY)] == ([] if fine else nothing)


def test_older_versions_know_no_protocol_field() -> None:
    data = dataplane(inbound(protocol=7))
    assert len(validate(data, V2_14)) == 1
    assert validate(data, V2_14.replace(inbound_protocol_field=False)) == []


def test_an_empty_networking_is_looked_at() -> None:
    data = {"mesh": "default", "spec": {"networking": {}}}
    assert told(data) == [("spec.networking.address", "address can't be empty")]


def test_the_shortest_interval() -> None:
    assert told(dataplane(inbound(serviceProbe={"interval": "1ns"}))) == []


def test_names_of_backends_and_expressions() -> None:
    ((path, message),) = told(dataplane(backends(name="A_b")))
    assert path == f"spec.{REFS}[0].name"
    assert message.startswith("invalid characters. A lowercase RFC 1123 subdomain must consist of ")
    assert told(dataplane(backends(name="x" * 253))) == []
    assert told(dataplane(backends(name="x" * 254))) == [(path, "value length must less or equal 253")]
    broken = {"type": "prometheus", "conf": {"envoy": {"filterRegex": "("}}}
    ((path, message),) = told(dataplane({}, metrics=broken))
    assert path == "spec.metrics.conf"
    assert message.startswith("provided regexp isn't correct: ")
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
