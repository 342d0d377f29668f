"""Addresses, names and paths, at their limits."""

from __future__ import annotations

import pytest

from krm_fn.kuma.addresses import canonical_ip, is_host_name, is_subdomain, is_url_path


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("0.0.0.0", "0.0.0.0"),
        ("255.255.255.255", "255.255.255.255"),
        ("::1", "::1"),
        ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("0000:0000:0000:0000:0000:ffff:255.255.255.255", "255.255.255.255"),
        ("", None),
        ("10.0.0", None),
        ("10.0.0.1.2", None),
        ("10.0.0.", None),
        ("10.0.0.256", None),
        ("10.0.0.1000", None),
        ("10.0.0.01", None),
        ("10.0.0.0x1", None),
        ("10.0.0.+1", None),
        ("10.0.0.\u0661", None),
        ("fe80::1%eth0", None),
        (":::1", None),
        ("0" * 70 + "::1", None),
    ],
)
def test_canonical_ip(text: str, address: str | None) -> None:
    assert canonical_ip(text) == address


@pytest.mark.parametrize(
    ("text", "fine"),
    [
        ("web", True),
        ("Web_1.shop", True),
        ("web.", True),
        ("a-.b", True),
        ("x" * 63, True),
        (".".join(["x" * 51] * 5), True),
        ("", False),
        (".", False),
        ("web..", False),
        ("a..b", False),
        ("-web", False),
        ("w b.", False),
        ("we!.", False),
        ("w.!.", False),
        ("x" * 64, False),
        (".".join(["x" * 64] * 4), False),
        (".".join(["x" * 32] * 8), False),
        ("wäb", False),
    ],
)
def test_host_names(text: str, fine: bool) -> None:
    assert is_host_name(text) is fine


@pytest.mark.parametrize(
    ("text", "fine"),
    [
        ("web", True),
        ("a-b.c--d.0", True),
        ("x" * 300, True),
        ("", False),
        ("Web", False),
        ("web.", False),
        ("-a", False),
        ("a-", False),
        ("-", False),
        ("a.-.b", False),
        ("a_b", False),
    ],
)
def test_subdomains(text: str, fine: bool) -> None:
    assert is_subdomain(text) is fine


@pytest.mark.parametrize(
    ("text", "fine"),
    [
        ("/", True),
        ("/a b", True),
        ("/metrics?x=%zz", True),
        ("/metrics?x?y=%zz", True),
        ("/%2f", True),
        ("/%2F%20x", True),
        ("/%2fz", True),
        ("/ä", True),
        ("", False),
        ("metrics", False),
        ("?/", False),
        ("/a\tb", False),
        ("/a\x1fb", False),
        ("/a\x7fb", False),
        ("/%", False),
        ("/%2", False),
        ("/%zz", False),
        ("/%2z/%20", False),
        ("/%20/%2", False),
        ("/%zz?x", False),
        ("/ %zz x", False),
    ],
)
def test_url_paths(text: str, fine: bool) -> None:
    assert is_url_path(text) is fine
