"""Checks of addresses, ports, names and paths, as Go's net package, govalidator and Kubernetes make them."""

from __future__ import annotations

from krm_fn.kuma.reading import DIGITS

LOWER = frozenset("abcdefghijklmnopqrstuvwxyz")
ALPHANUMERIC = LOWER | DIGITS
HOST_SYMBOLS = ALPHANUMERIC | frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ_-")
HEX = frozenset("0123456789abcdefABCDEF")
UNSPECIFIED = ("0.0.0.0", "::")


def canonical_ip(text: str) -> str | None:
    """Return the address in its shortest spelling, None if the text is no IP address."""
    if ":" not in text:
        parts = text.split(".")
        return text if len(parts) == 4 and all(_is_octet(part) for part in parts) else None
    if "%" in text or len(text) > 64:
        return None
    import ipaddress

    try:
        address = ipaddress.IPv6Address(text)
    except ValueError:
        return None
    return str(address.ipv4_mapped or address)


def _is_octet(part: str) -> bool:
    return 0 < len(part) <= 3 and DIGITS.issuperset(part) and int(part) <= 255 and (part == "0" or part[0] != "0")


def is_host_name(text: str) -> bool:
    """Whether the text is a DNS name as loose as Kuma takes it: also upper case, underscores, a trailing dot."""
    labels = text[:-1].split(".") if text[-1:] == "." else text.split(".")
    return len(text.replace(".", "")) <= 255 and all(
        0 < len(label) <= 63 and label[0] != "-" and HOST_SYMBOLS.issuperset(label) for label in labels
    )


def is_subdomain(text: str) -> bool:
    """Whether the text is an RFC 1123 subdomain: lower case labels of letters, digits and inner dashes, with dots.

    The length is not looked at, and labels may be longer than 63 characters, as in Kubernetes.
    """
    return all(
        bool(label) and ALPHANUMERIC.issuperset(label.replace("-", "")) and label[0] != "-" and label[-1] != "-"
        for label in text.split(".")
    )


def is_url_path(text: str) -> bool:
    """Whether a URL may have this path: it begins with a slash, without control characters or broken escapes."""
    if text[:1] != "/" or any(ord(char) < 0x20 or char == "\x7f" for char in text):
        return False
    escapes = text.split("?", 1)[0].split("%")[1:]
    return all(len(part) >= 2 and HEX.issuperset(part[:2]) for part in escapes)
