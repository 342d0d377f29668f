"""Reading references: paths, conditions, and the ways products write a Service's name."""

from __future__ import annotations

from typing import Any

import pytest

from krm_fn.gateways.product import BackendPath
from krm_fn.gateways.references import SYNTAXES, concrete_steps, pattern, references, value_at, walk

KNOWN = {("shop", "web"), ("other", "api")}


def has_service(namespace: str, name: str) -> bool:
    return (namespace, name) in KNOWN


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a", ["a"]),
        ("a.b[]", ["a.b[0]", "a.b[1]"]),
        ("a.b[].c", ["a.b[0].c"]),
        ("a.m{}", ["a.m.x", "a.m.y"]),
        ("a.b", ["a.b"]),
        ("a.missing[]", []),
        ("a.m[]", []),
        ("a.b{}", []),
        ("a.b.c", []),
        ("a.none", []),
        ("a.b[].c.d", []),
        ("a.deep[].d[]", ["a.deep[0].d[0]", "a.deep[2].d[0]", "a.deep[2].d[1]"]),
        ("a.deep[].m{}", ["a.deep[0].m.x", "a.deep[1].m.y"]),
    ],
)
def test_walk(path: str, expected: list[str]) -> None:
    deep = [{"d": [1], "m": {"x": 1}}, {"m": {"y": 1}}, {"d": [2, 3]}]
    data = {"a": {"b": [{"c": 1}, "text"], "m": {"x": 1, "y": None}, "none": None, "deep": deep}}
    assert [at for at, _, _ in walk(data, path)] == expected


@pytest.mark.parametrize("data", [None, 1, "text", [], [{}], {"spec": []}, {"spec": {"rules": {}}}, {1: 2}])
def test_walk_through_anything(data: Any) -> None:
    assert walk(data, "spec.rules[].x") == []


@pytest.mark.parametrize(
    ("syntax", "text", "expected"),
    [
        ("plain", "web", ("shop", "web", None)),
        ("prefixed", "web", ("shop", "web", None)),
        ("prefixed", "other/api", ("other", "api", None)),
        ("prefixed", "other/", None),
        ("dotted", "api.other", ("other", "api", None)),
        ("dotted", "web", ("shop", "web", None)),
        ("fqdn", "web", ("shop", "web", None)),
        ("fqdn", "api.other.svc.cluster.local", ("other", "api", None)),
        ("fqdn", "api.other.svc", ("other", "api", None)),
        ("fqdn", "api.other", None),
        ("fqdn", "www.example.com", None),
        ("url", "web", ("shop", "web", 80)),
        ("url", "https://web", ("shop", "web", 443)),
        ("url", "http://web:8080/path?x=1", ("shop", "web", 8080)),
        ("url", "api.other:81", ("other", "api", 81)),
        ("url", "http://user@api.other.svc.cluster.local.:81/x", ("other", "api", 81)),
        ("url", "http://anything.elsewhere.svc", ("elsewhere", "anything", 80)),
        ("url", "https://web?next=http://www.example.com", ("shop", "web", 443)),
        ("url", "http://api.other.svc/login?next=https://www.example.com/", ("other", "api", 80)),
        ("url", "web/login?next=https://api.other.svc/", ("shop", "web", 80)),
        ("url", "web/to/https://api.other.svc/", ("shop", "web", 80)),
        ("url", "web?next=https://api.other.svc/", ("shop", "web", 80)),
        ("url", "web.", ("shop", "web", 80)),
        ("url", "ftp://web", ("shop", "web", None)),
        ("url", "https://example.com", None),
        ("url", "https://www.example.com/svc", None),
        ("url", "http://", None),
        ("url", "http://:80", None),
        ("url", "http://[::1]:80", None),
        ("url", "localhost:8500", None),
        ("url", "127.0.0.1:8500", None),
        ("namesake", "web", ("shop", "web", None)),
        ("namesake", "api", None),
        ("url", "web:99999999", ("shop", "web", None)),
        ("url", "web:123456", ("shop", "web", None)),
        ("url", "web:http", ("shop", "web", None)),
        ("stream", "shop/db:5432", ("shop", "db", 5432)),
        ("stream", "shop/db:pg:PROXY", ("shop", "db", "pg")),
        ("stream", "shop/db:", ("shop", "db", None)),
        ("stream", "shop/db:123456", ("shop", "db", "123456")),
        ("stream", "db:5432", None),
        ("stream", "/db:5432", None),
        ("stream", "shop/db", None),
    ],
)
def test_syntaxes(syntax: str, text: str, expected: tuple[str, str, Any] | None) -> None:
    assert SYNTAXES[syntax](text, "shop", has_service) == expected


def found(data: object, backend: BackendPath) -> list[tuple[str, str, str, object]]:
    return [(r.path, r.namespace, r.name, r.port) for r in references(data, backend, "shop", has_service)]


def test_a_reference_without_a_namespace_stays_at_home() -> None:
    refs = BackendPath("refs[]", namespace="namespace")
    others = [{"name": 6}, "d", None, {"name": ""}]
    data = {
        "refs": [*others, {"name": "a"}, {"name": "b", "namespace": "x"}, {"name": "c", "namespace": 5}, {"name": "d"}]
    }
    assert found(data, refs) == [
        ("refs[4]", "shop", "a", None),
        ("refs[5]", "x", "b", None),
        ("refs[6]", "shop", "c", None),
        ("refs[7]", "shop", "d", None),
    ]
    assert found({"refs": [{"name": "a", "namespace": "x", "": "y"}]}, BackendPath("refs[]"))[0][1] == "shop"


def test_conditions_on_fields() -> None:
    refs = BackendPath("refs[]", when=(("kind", ("", "Service")), ("group", ("",))))
    data = {
        "refs": [
            {"name": "a"},
            {"name": "b", "kind": "Service", "group": ""},
            {"name": "c", "kind": "TraefikService"},
            {"name": "d", "group": "example.com"},
            {"name": "e", "kind": ["Service"]},
        ]
    }
    assert [name for _, _, name, _ in found(data, refs)] == ["a", "b"]


@pytest.mark.parametrize(
    ("reference", "port"),
    [
        ({"port": {"number": 80}}, 80),
        ({"port": {"name": "http"}}, "http"),
        ({"port": {"number": None, "name": "http"}}, "http"),
        ({"port": {"number": True}}, None),
        ({"port": {"name": ""}}, None),
        ({"port": 80}, None),
        ({}, None),
    ],
)
def test_ports(reference: dict[str, Any], port: object) -> None:
    backend = BackendPath("ref", port=("port.number", "port.name"))
    assert found({"ref": {"name": "a", **reference}}, backend) == [("ref", "shop", "a", port)]


def test_a_port_beside_the_reference() -> None:
    backend = BackendPath("spec.to", port=("../port.targetPort",))
    assert found({"spec": {"to": {"name": "a"}, "port": {"targetPort": 81}}}, backend) == [("spec.to", "shop", "a", 81)]


def test_a_name_and_a_namespace_beside_the_reference() -> None:
    backend = BackendPath("spec.to", name="../name", namespace="../home")
    assert found({"spec": {"to": {}, "name": "a", "home": "x"}}, backend) == [("spec.to", "x", "a", None)]


@pytest.mark.parametrize(
    ("path", "steps", "general"),
    [
        ("spec.rules[0].paths[12].x", ("spec", "rules", 0, "paths", 12, "x"), "spec.rules[].paths[].x"),
        ("spec[3]", ("spec", 3), "spec[]"),
        ("metadata", ("metadata",), "metadata"),
        ("data.a[b]", ("data", "a", "b"), "data.a[]"),
    ],
)
def test_concrete_paths(path: str, steps: tuple[str | int, ...], general: str) -> None:
    assert concrete_steps(path) == steps
    assert pattern(path) == general


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (("a", 1, "b"), 5),
        (("a", 0), {}),
        (("a", 2), None),
        (("a", 3), None),
        (("a", "b"), None),
        (("a", 1, "b", "c"), None),
        (("c",), None),
        ((), {"a": [{}, {"b": 5}]}),
    ],
)
def test_value_at(steps: tuple[str | int, ...], expected: object) -> None:
    assert value_at({"a": [{}, {"b": 5}]}, steps) == expected
