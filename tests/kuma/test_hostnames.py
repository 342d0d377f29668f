"""Mesh hostnames."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from krm_fn.kuma import hostnames
from krm_fn.kuma.controlplane import resolve


@pytest.mark.parametrize(
    ("kind", "arguments", "name", "port"),
    [
        (hostnames.mesh_service, ("backend", "shop", 8080), "backend.shop.svc.8080.mesh", 80),
        (hostnames.mesh_service, ("backend", "shop", 8080, "east"), "backend.shop.svc.east.mesh.local", 8080),
        (
            hostnames.headless_mesh_service,
            ("db-0", "db", "shop", 5432, "east"),
            "db-0.db.shop.svc.east.mesh.local",
            5432,
        ),
        (hostnames.universal_mesh_service, ("backend", 80, "vm"), "backend.svc.vm.mesh.local", 80),
        (hostnames.mesh_multi_zone_service, ("ledger", 8080), "ledger.mzsvc.mesh.local", 8080),
        (hostnames.mesh_external_service, ("cards", 443), "cards.extsvc.mesh.local", 443),
    ],
)
def test_names(kind: Callable[..., hostnames.MeshHostname], arguments: tuple[Any, ...], name: str, port: int) -> None:
    found = kind(*arguments)
    assert (found.name, found.port) == (name, port)
    assert found.legacy is name.endswith(".mesh")


def test_domain_and_port_of_legacy_names_are_configuration() -> None:
    config = resolve({"dnsServer": {"domain": "corp", "serviceVipPort": 8080}})
    found = hostnames.mesh_service("backend", "shop", 80, config=config)
    assert (found.name, found.port) == ("backend.shop.svc.80.corp", 8080)
    assert hostnames.legacy_tag_name("backend_shop_svc_80", "corp") == "backend_shop_svc_80.corp"
    assert hostnames.legacy_tag_name("backend_shop_svc_80") == "backend_shop_svc_80.mesh"
    assert hostnames.legacy_name("backend", "shop", 80) == "backend.shop.svc.80.mesh"


@pytest.mark.parametrize(
    ("config", "mode", "reason"),
    [
        ({}, "Disabled", None),
        ({}, "Everywhere", None),
        ({}, "ReachableBackends", None),
        ({}, "Exclusive", "mesh-services-exclusive"),
        ({"dnsServer": {"serviceVipEnabled": False}}, "Disabled", "service-vips-disabled"),
        ({"experimental": {"inboundTagsDisabled": True}}, "Disabled", "inbound-tags-disabled"),
    ],
)
def test_where_legacy_names_exist(config: dict[str, Any], mode: str, reason: str | None) -> None:
    assert hostnames.why_no_legacy_names(resolve(config), mode) == reason


UNDERSCORES = "must not contain underscores; use the name with dots"
RFC_1123 = "must be an RFC 1123 name: labels of letters, digits and inner dashes, separated by dots"


@pytest.mark.parametrize(
    "name",
    [
        "backend.shop.svc.8080.mesh",
        "a",
        "a.",
        "1.2",
        "a-b.c",
        "10.0.0.1",
        "x" * 63 + ".mesh",
        ".".join(["a" * 62] * 4),
        "a." * 126 + "a",
    ],
)
def test_names_that_the_api_accepts(name: str) -> None:
    assert hostnames.external_name_problems(name) == []


@pytest.mark.parametrize(
    ("name", "problems"),
    [
        ("", ["must not be empty"]),
        ("backend_shop_svc_8080.mesh", [UNDERSCORES]),
        ("_x.mesh", [UNDERSCORES]),
        ("Backend.mesh", ["must be in lower case"]),
        ("a..b", [RFC_1123]),
        (".", [RFC_1123]),
        ("-a.b", [RFC_1123]),
        ("a-.b", [RFC_1123]),
        ("a b", [RFC_1123]),
        ("ä.mesh", [RFC_1123]),
        ("a." * 127, ["must not be longer than 253 characters"]),
        ("A_-", [UNDERSCORES, "must be in lower case", RFC_1123]),
    ],
)
def test_names_that_the_api_refuses(name: str, problems: list[str]) -> None:
    assert hostnames.external_name_problems(name) == problems


@pytest.mark.parametrize(
    ("name", "doubts"),
    [
        ("backend.shop.svc.8080.mesh", []),
        ("x" * 63 + "." + "y" * 63, []),
        ("10.0.0.1", ["is an IP address, which Kubernetes takes for a name"]),
        ("x" * 64 + ".mesh", ["has a label of more than 63 characters, which DNS cannot ask for"]),
    ],
)
def test_doubtful_names(name: str, doubts: list[str]) -> None:
    assert hostnames.external_name_doubts(name) == doubts
