"""The transparent proxy's configuration as the YAML text that the injector writes into an annotation.

Written by hand: the fields that Kuma leaves out, and its way of quoting, are not those of a YAML library. Follows
Kuma's `pkg/transparentproxy/config` (the `omitempty` of its fields) and `sigs.k8s.io/yaml`.
"""

from __future__ import annotations

from krm_fn.memory import cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from collections.abc import Callable
    from typing import Any

    Config = dict[str, Any]

EXECUTABLES = ("iptables", "iptables-save", "iptables-restore", "ip6tables", "ip6tables-save", "ip6tables-restore")
OMITTED_WHEN_EMPTY = frozenset(
    {
        "dropInvalidPackets",
        "storeFirewalld",
        "cniMode",
        "verbose",
        "dryRun",
        "includePorts",
        "excludePorts",
        "excludePortsForUIDs",
        "excludePortsForIPs",
        "insertRedirectInsteadOfAppend",
        *EXECUTABLES,
    }
)
# Sections that are written only if this holds of them.
CONDITIONAL: dict[str, Callable[[Config], bool]] = {
    "vnet": lambda section: bool(section["networks"]),
    "ebpf": lambda section: bool(section["enabled"]),
    "log": lambda section: bool(section["enabled"]),
    "comments": lambda section: bool(section["disabled"]),
    "iptablesExecutables": lambda section: any(section.values()),
}


def rendered(config: Config) -> str:
    """Write the configuration as the YAML text of the annotation traffic.kuma.io/transparent-proxy-config."""
    return "".join(f"{line}\n" for line in _lines(config, ""))


def _lines(config: Config, indent: str) -> list[str]:
    lines = []
    for key in sorted(config):
        value = config[key]
        if key in OMITTED_WHEN_EMPTY and not value:
            continue
        if key in CONDITIONAL and not CONDITIONAL[key](value):
            continue
        if isinstance(value, dict):
            lines += [f"{indent}{key}:", *_lines(value, indent + "  ")]
        elif isinstance(value, list) and value:
            lines += [f"{indent}{key}:", *(f"{indent}- {_scalar(part)}" for part in value)]
        else:
            lines.append(f"{indent}{key}: {_scalar(value)}")
    return lines


def _scalar(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return str(value)
    return value if _plain().fullmatch(value) and not _other_type().fullmatch(value) else _double_quoted(value)


@cache
def _plain() -> re.Pattern[str]:
    """Texts that need no quotes for their characters: what paths, addresses and names consist of."""
    import re

    return re.compile(r"[A-Za-z0-9_/.](?:[A-Za-z0-9_/.+=@ -]|:(?=[A-Za-z0-9_/.:+-]))*(?<! )")


@cache
def _other_type() -> re.Pattern[str]:
    """Texts that a YAML reader would take for a null, boolean, number or date."""
    import re

    return re.compile(
        r"~|null|true|false|yes|no|on|off|y|n"
        r"|[-+]?[0-9][0-9_]*(\.[0-9_]*)?(e[-+]?[0-9]+)?|[-+]?\.[0-9_]+(e[-+]?[0-9]+)?|[-+]?\.(inf|nan)"
        r"|0x[0-9a-f_]+|0o[0-7_]+|0b[01_]+|[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?"
        r"|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([ t].*)?|=|<<",
        re.IGNORECASE,
    )


def _double_quoted(text: str) -> str:
    import json

    return json.dumps(text)
