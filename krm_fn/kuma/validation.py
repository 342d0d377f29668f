"""What the validating webhook would refuse in a Dataplane.

Follows pkg/core/resources/apis/mesh/dataplane_validator.go and proxy_validators.go of Kuma 2.14.3. All violations are
collected; a field of the wrong type is one as well. Fields that a minor does not know are not looked at.
"""

from __future__ import annotations

from krm_fn.krm.fields import as_map, as_str, dig
from krm_fn.kuma.addresses import UNSPECIFIED, canonical_ip, is_host_name, is_url_path
from krm_fn.kuma.findings import Findings, Violation
from krm_fn.kuma.names import ORIGIN, PROTOCOL_TAG, SERVICE_TAG, ZONE_PROXY_TYPES
from krm_fn.kuma.reading import KumaValueError, parse_duration
from krm_fn.kuma.validation_backends import check_backend_ref, check_reachable_backends
from krm_fn.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from krm_fn.kuma.versions import KumaVersion

__all__ = ["Violation", "validate"]

SYMBOLS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:")
MESH_SYMBOLS = frozenset("0123456789abcdefghijklmnopqrstuvwxyz-_.")
TAG_NAME_SYMBOLS = SYMBOLS | {"/"}
NAME_LENGTH = 253
ALLOWED_PROTOCOLS = "Allowed values: grpc, http, http2, kafka, tcp"
NOTHING_THERE = "has to contain at least one inbound interface or gateway"
SERVICE_MISSING = f'mandatory tag "{SERVICE_TAG}" is missing'
NOT_AN_IP = "address has to be valid IP address"
LOOPBACK = "127.0.0.1"


class GatewayType(Record):
    """A kind of gateway in the words of Kuma's messages, and what it may not have."""

    name: str
    outbounds: bool
    probes: bool


DELEGATED = GatewayType("delegated", outbounds=True, probes=True)
BUILTIN = GatewayType("builtin", outbounds=False, probes=False)
GATEWAY_TYPES = {"": DELEGATED, "DELEGATED": DELEGATED, "BUILTIN": BUILTIN}


class Interface(Record):
    """An address and port as another field may collide with it."""

    address: str
    port: int


def validate(dataplane: Mapping[str, Any], version: KumaVersion, *, prefix: str = "spec.") -> list[Violation]:
    """Return all violations; `prefix` stands before the paths of fields of the spec."""
    findings = Findings()
    _check_mesh_and_origin(findings, dataplane)
    spec = findings.mapping(dataplane.get("spec"), prefix.rstrip("."))
    path = f"{prefix}networking"
    if spec.get("networking") is None:
        findings.add(path, "must be defined")
    networking = findings.mapping(spec.get("networking"), path)
    if networking or isinstance(spec.get("networking"), dict):
        gateway = _check_gateway(findings, networking, spec, path, version)
        if gateway is None and version.inbound_or_gateway_required:
            findings.require(bool(networking.get("inbound")), path, NOTHING_THERE)
        _check_networking(findings, networking, path, version)
        _check_sections(findings, spec, gateway, prefix)
    return findings.violations


def _check_mesh_and_origin(findings: Findings, dataplane: Mapping[str, Any]) -> None:
    mesh = findings.text(dataplane.get("mesh"), "mesh")
    if mesh:
        findings.require(len(mesh) <= NAME_LENGTH, "mesh", f"must not be longer than {NAME_LENGTH} characters")
        allowed = "may only consist of lower case letters, digits, dashes, underscores and dots"
        findings.require(MESH_SYMBOLS.issuperset(mesh), "mesh", allowed)
    elif dataplane.get("mesh") in (None, ""):
        findings.add("mesh", "must not be empty")
    origin = as_map(dig(dataplane, "metadata", "labels")).get(ORIGIN)
    if origin is not None and origin not in ("global", "zone"):
        findings.add(f'metadata.labels["{ORIGIN}"]', f'must be global or zone, not "{origin}"')


def _check_sections(findings: Findings, spec: Mapping[str, Any], gateway: GatewayType | None, prefix: str) -> None:
    if gateway is None or gateway.probes:
        _check_probes(findings, spec.get("probes"), f"{prefix}probes")
    if gateway is None:
        _check_metrics(findings, spec.get("metrics"), f"{prefix}metrics")


# --- Gateway ----------------------------------------------------------------------------------------------------------
def _check_gateway(
    findings: Findings, networking: Mapping[str, Any], spec: Mapping[str, Any], path: str, version: KumaVersion
) -> GatewayType | None:
    if networking.get("gateway") is None:
        return None
    where = f"{path}.gateway"
    fields = findings.mapping(networking.get("gateway"), where)
    kind = GATEWAY_TYPES.get(findings.text(fields.get("type"), f"{where}.type"))
    if kind is None:
        findings.add(f"{where}.type", "must be DELEGATED or BUILTIN")
        kind = DELEGATED
    forbidden = {"inbound": False, "outbound": kind.outbounds, "listeners": not version.mesh_zone_proxies}
    for field, allowed in forbidden.items():
        if networking.get(field) and not allowed:
            findings.add(f"{path}.{field}", f"{field} cannot be defined for {kind.name} gateways")
    if spec.get("probes") is not None and not kind.probes:
        findings.add(f"{path}.probes", f"probes cannot be defined for {kind.name} gateways")
    tags = _check_tags(findings, fields.get("tags"), f"{where}.tags")
    tags_may_lack = not tags and not version.gateway_tags_required
    findings.require(tags_may_lack or SERVICE_TAG in tags, f"{where}.tags", SERVICE_MISSING)
    protocol = tags.get(PROTOCOL_TAG)
    if protocol is not None and protocol.lower() != "tcp":
        message = f'other values than tcp are not allowed, provided value "{protocol}"'
        findings.add(f'{where}.tags["{PROTOCOL_TAG}"]', message)
    return kind


def _check_tags(findings: Findings, value: object, path: str) -> dict[str, str]:
    tags = findings.texts(value, path)
    for name, tag in tags.items():
        where = f'{path}["{name}"]'
        findings.require(bool(name), path, "tag name must be non-empty")
        names = "tag name must consist of alphanumeric characters, dots, dashes, slashes and underscores"
        findings.require(TAG_NAME_SYMBOLS.issuperset(name), where, names)
        findings.require(bool(tag), where, "tag value must be non-empty")
        values = "tag value must consist of alphanumeric characters, dots, dashes and underscores"
        findings.require(SYMBOLS.issuperset(tag), where, values)
    return tags


# --- Networking -------------------------------------------------------------------------------------------------------
def _check_networking(findings: Findings, networking: Mapping[str, Any], path: str, version: KumaVersion) -> None:
    address = _check_address(findings, networking.get("address"), f"{path}.address")
    inbounds = findings.mappings(networking.get("inbound"), f"{path}.inbound")
    used: list[Interface] = []
    own: list[Interface] = []
    names: set[str] = set()
    for inbound, where in inbounds:
        used += _check_inbound(findings, inbound, where, address, version)
        own.append(used[-2])
        names.add(as_str(inbound.get("name")) or str(inbound.get("port")))
    outbounds = findings.mappings(networking.get("outbound"), f"{path}.outbound")
    outside = [_check_outbound(findings, outbound, where) for outbound, where in outbounds]
    _check_admin(findings, networking.get("admin"), used, outside, f"{path}.admin")
    if version.mesh_zone_proxies:
        _check_listeners(findings, networking.get("listeners"), names, own, f"{path}.listeners")
    where = f"{path}.transparentProxying"
    proxying = findings.mapping(networking.get("transparentProxying"), where)
    # Kuma misspells this path, and only this one.
    check_reachable_backends(
        findings, proxying.get("reachableBackends"), f"{path}.transparentProxing.reachableBackends"
    )


def _check_address(findings: Findings, value: object, path: str) -> str:
    address = findings.text(value, path)
    if not address:
        if value in (None, ""):
            findings.add(path, "address can't be empty")
        return ""
    findings.require(address not in UNSPECIFIED, path, "must not be 0.0.0.0 or ::")
    fine = canonical_ip(address) is not None or is_host_name(address)
    findings.require(fine, path, "address has to be valid IP address or domain name")
    return address


def _check_ip(findings: Findings, value: object, path: str, message: str = NOT_AN_IP) -> str:
    address = findings.text(value, path)
    findings.require(not address or canonical_ip(address) is not None, path, message)
    return address


def _check_inbound(
    findings: Findings, inbound: Mapping[str, Any], path: str, address: str, version: KumaVersion
) -> list[Interface]:
    """Check one inbound; return its two sides: where the Dataplane listens, where the workload does."""
    port = findings.port(inbound.get("port"), f"{path}.port")
    service_port = findings.port(inbound.get("servicePort"), f"{path}.servicePort", optional=True)
    where = f"{path}.serviceAddress"
    service_address = _check_ip(
        findings, inbound.get("serviceAddress"), where, "serviceAddress has to be valid IP address"
    )
    own_address = _check_ip(findings, inbound.get("address"), f"{path}.address")
    if service_address and service_address in (address, own_address) and service_port in (0, port):
        findings.add(where, "serviceAddress and servicePort has to differ from address and port")
    tags = _check_tags(findings, inbound.get("tags"), f"{path}.tags")
    protocol = tags.get(PROTOCOL_TAG)
    if protocol is not None and protocol.lower() not in version.protocols:
        message = f'tag "{PROTOCOL_TAG}" has an invalid value "{protocol}". {ALLOWED_PROTOCOLS}'
        findings.add(f'{path}.tags["{PROTOCOL_TAG}"]', message)
    named = findings.text(inbound.get("protocol"), f"{path}.protocol") if version.inbound_protocol_field else ""
    if named and named.lower() not in version.protocols:
        findings.add(f"{path}.protocol", f'has an invalid value "{named}". {ALLOWED_PROTOCOLS}')
    tags_may_lack = not tags and not version.inbound_tags_required
    findings.require(tags_may_lack or SERVICE_TAG in tags, f'{path}.tags["{SERVICE_TAG}"]', "tag has to exist")
    _check_service_probe(findings, inbound.get("serviceProbe"), f"{path}.serviceProbe")
    listening = own_address or address
    return [Interface(listening, port), Interface(service_address or listening, service_port or port)]


def _check_service_probe(findings: Findings, value: object, path: str) -> None:
    probe = findings.mapping(value, path)
    for field in ("interval", "timeout"):
        if probe.get(field) is not None:
            _check_duration(findings, probe[field], f"{path}.{field}")
    for field in ("unhealthyThreshold", "healthyThreshold"):
        if probe.get(field) is not None:
            number = findings.number(probe[field], f"{path}.{field}")
            findings.require(number > 0, f"{path}.{field}", "must have a positive value")


def _check_duration(findings: Findings, value: object, path: str) -> None:
    try:
        nanoseconds = parse_duration(findings.text(value, path))
    except KumaValueError:
        findings.add(path, "must have a valid value")
        return
    findings.require(nanoseconds > 0, path, "must have a positive value")


def _check_outbound(findings: Findings, outbound: Mapping[str, Any], path: str) -> Interface:
    port = findings.port(outbound.get("port"), f"{path}.port")
    address = _check_ip(findings, outbound.get("address"), f"{path}.address")
    tags = _check_tags(findings, outbound.get("tags"), f"{path}.tags")
    if outbound.get("backendRef") is None:
        findings.require(SERVICE_TAG in tags, f"{path}.tags", SERVICE_MISSING)
    else:
        check_backend_ref(findings, outbound["backendRef"], f"{path}.backendRef")
        exclusive = "both backendRef and tags/service cannot be defined"
        findings.require(not tags, f"{path}.backendRef", exclusive)
    return Interface(address or LOOPBACK, port)


# --- Admin and listeners ----------------------------------------------------------------------------------------------
def _check_admin(
    findings: Findings, value: object, inbounds: list[Interface], outbounds: list[Interface], path: str
) -> None:
    port = findings.number(findings.mapping(value, path).get("port"), f"{path}.port")
    if port:
        for interfaces, kind in ((inbounds, "inbound"), (outbounds, "outbound")):
            if any(interface.port == port and _covers_loopback(interface.address) for interface in interfaces):
                findings.add(f"{path}.port", f"must differ from {kind}")


def _covers_loopback(address: str) -> bool:
    return canonical_ip(address) in (LOOPBACK, *UNSPECIFIED)


def _check_listeners(findings: Findings, value: object, names: set[str], inbounds: list[Interface], path: str) -> None:
    taken = {(interface.address, interface.port) for interface in inbounds}
    listening: dict[tuple[str, int], str] = {}
    for listener, where in findings.mappings(value, path):
        kind = findings.text(listener.get("type"), f"{where}.type")
        known = kind in ZONE_PROXY_TYPES.values()
        findings.require(known, f"{where}.type", "type must be ZoneIngress or ZoneEgress")
        address = _check_address(findings, listener.get("address"), f"{where}.address")
        port = findings.port(listener.get("port"), f"{where}.port")
        name = findings.text(listener.get("name"), f"{where}.name")
        if name:
            unique = f'name "{name}" must be unique across inbounds and listeners'
            findings.require(name not in names, f"{where}.name", unique)
            names.add(name)
        interface, shown = (address, port), f"{address}:{port}"
        if interface in listening:
            same = listening[interface] == kind
            usage = "is already used by another listener" if same else "is used by listeners of different types"
            findings.add(where, f"address:port {shown} {usage}")
        findings.require(interface not in taken, where, f"address:port {shown} collides with an inbound listener")
        listening.setdefault(interface, kind)


# --- Probes and metrics -----------------------------------------------------------------------------------------------
def _check_probes(findings: Findings, value: object, path: str) -> None:
    if value is None:
        return
    probes = findings.mapping(value, path)
    findings.port(probes.get("port"), f"{path}.port")
    for endpoint, where in findings.mappings(probes.get("endpoints"), f"{path}.endpoints"):
        findings.port(endpoint.get("inboundPort"), f"{where}.inboundPort")
        for field in ("inboundPath", "path"):
            text = findings.text(endpoint.get(field), f"{where}.{field}")
            findings.require(is_url_path(text), f"{where}.{field}", "should be a valid URL Path")


def _check_metrics(findings: Findings, value: object, path: str) -> None:
    if value is None:
        return
    metrics = findings.mapping(value, path)
    kind = findings.text(metrics.get("type"), f"{path}.type")
    if kind != "prometheus":
        findings.add(f"{path}.type", 'unknown backend type. Available backends: "prometheus"')
        return
    conf = findings.mapping(metrics.get("conf"), f"{path}.conf")
    seen: set[str] = set()
    for app, where in findings.mappings(conf.get("aggregate"), f"{path}.conf.aggregate"):
        name = findings.text(app.get("name"), f"{where}.name")
        duplicate = f"duplicate entry: {name}, values have to be unique"
        findings.require(name not in seen, f"{where}.name", duplicate)
        seen.add(name)
    _check_metrics_security(findings, conf, f"{path}.conf")


def _check_metrics_security(findings: Findings, conf: Mapping[str, Any], path: str) -> None:
    skip, tls = conf.get("skipMTLS"), conf.get("tls")
    if isinstance(skip, bool) and isinstance(tls, dict) and skip != (tls.get("mode") == "disabled"):
        findings.add(path, "skipMTLS and tls configuration cannot be defined together")
    pattern = as_str(dig(conf, "envoy", "filterRegex"))
    if pattern:
        import re

        try:
            re.compile(pattern)
        except (re.error, RecursionError, OverflowError) as error:
            if not any(escape in pattern for escape in GO_ONLY_ESCAPES):
                findings.add(path, f"provided regexp isn't correct: {error}")


GO_ONLY_ESCAPES = ("\\p", "\\P", "\\z", "\\C", "\\Q", "\\x{", "(?U", "[[:")
