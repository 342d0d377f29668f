"""The fast way from plain data to a MeshSetup: accepts exactly what the JSON Schema accepts, or says nothing at all.

Importing a schema validator and running it takes longer than everything else that the function does on a small package.
So valid configurations are read here, by tables of readers; when one of them meets a value that it does not accept, it
gives up, and `krm_fn.config.explain` finds out what is wrong. Tests hold the two to the same verdict.

A reader is a function from a plain value to the checked one; it raises Refused.
"""

from __future__ import annotations

from krm_fn.config.meshsetup import (
    API_VERSION,
    AUTO,
    KIND,
    KUMA_VERSIONS,
    ControlPlane,
    Dataplanes,
    ExternalName,
    GatewayRule,
    Gateways,
    Hostname,
    Injection,
    InjectionRule,
    KnownNamespace,
    MeshExternalServiceRef,
    MeshMultiZoneServiceRef,
    MeshServiceRef,
    MeshSetup,
    NamedPort,
    ServiceUpstream,
    WorkloadKind,
)
from krm_fn.krm.target import Target
from krm_fn.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Reader = Callable[[object], Any]


class Refused(Exception):
    """A value is not acceptable; which one and why is for others to say."""


def read(config: dict[str, Any]) -> MeshSetup | None:
    """Return the MeshSetup that plain data describes, None if the schema would refuse the data."""
    if config.get("apiVersion") != API_VERSION or config.get("kind") != KIND:
        return None
    if not config.keys() <= {"apiVersion", "kind", "metadata", "spec"}:
        return None
    try:
        values = _metadata(config.get("metadata", {}))
        spec = config.get("spec")
        if spec is not None:
            values |= _spec(spec)
    except Refused:
        return None
    return MeshSetup(**values)


def _metadata(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Refused
    return {"name": _some_text(value["name"])} if "name" in value else {}


def _spec(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Refused
    return dict(_read_entry(_SPEC, key, item) for key, item in value.items())


def _read_entry(fields: dict[str, tuple[str, Reader]], key: object, value: object) -> tuple[str, Any]:
    field = fields.get(key) if isinstance(key, str) else None
    if field is None:
        raise Refused
    return field[0], field[1](value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise Refused
    return value


def _text_or_none(value: object) -> str | None:
    return _text(value) or None


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise Refused
    return value


def _port(value: object) -> int:
    # A float without a fraction is an integer to JSON Schema.
    if isinstance(value, bool) or not isinstance(value, int | float) or not 1 <= value <= 65535 or value != int(value):
        raise Refused
    return int(value)


def _map(value: object) -> dict[Any, Any]:
    if not isinstance(value, dict):
        raise Refused
    return value


def _text_map(value: object) -> dict[str, str]:
    entries = _map(value)
    if not all(isinstance(key, str) and isinstance(item, str) for key, item in entries.items()):
        raise Refused
    return entries


def _text_that(holds: Callable[[str], bool]) -> Reader:
    def read_text(value: object) -> str:
        if not isinstance(value, str) or not holds(value):
            raise Refused
        return value

    return read_text


def _one_of(*allowed: str) -> Reader:
    off = "off" in allowed  # which YAML 1.1 readers turn into false

    def read_choice(value: object) -> str:
        if off and value is False:
            return "off"
        if not isinstance(value, str) or value not in allowed:
            raise Refused
        return value

    return read_choice


def _list_of(reader: Reader, least: int = 0) -> Reader:
    def read_list(value: object) -> tuple[Any, ...]:
        if not isinstance(value, list) or len(value) < least:
            raise Refused
        return tuple(reader(item) for item in value)

    return read_list


def _record(kind: type[Record], required: str = "", /, **readers: Reader) -> Reader:
    """Return a reader for a map with these (camel case) keys; the fields of the record are their snake case forms."""
    fields = {key: (_snake(key), reader) for key, reader in readers.items()}
    needed = set(required.split())

    def read_record(value: object) -> Record:
        if not isinstance(value, dict) or not needed <= value.keys():
            raise Refused
        return kind(**dict(_read_entry(fields, key, item) for key, item in value.items()))

    return read_record


def _snake(name: str) -> str:
    return "".join("_" + char.lower() if char.isupper() else char for char in name)


def _external_name(value: object) -> ExternalName:
    entries = _map(value)
    fields = dict(_read_entry(_EXTERNAL_NAME, key, item) for key, item in entries.items())
    if len(fields) < len(entries) or not {"name", "namespace", "destination"} <= fields.keys():
        raise Refused  # two destinations make one field
    return ExternalName(**fields)


def _products(value: object) -> str | tuple[str, ...]:
    if value == AUTO:
        return AUTO
    products: tuple[str, ...] = _list_of(_some_text)(value)
    return products


def is_label(text: str) -> bool:
    """Return whether text is an RFC 1123 label of at most 63 characters."""
    return len(text) <= 63 and _is_part(text)


def is_resource_name(text: str) -> bool:
    """Return whether text is an RFC 1123 subdomain of at most 63 characters."""
    return len(text) <= 63 and all(map(_is_part, text.split(".")))


def _is_part(text: str) -> bool:
    return (
        text.isascii()
        and text.replace("-", "").isalnum()
        and text == text.lower()
        and text[0] != "-"
        and text[-1] != "-"
    )


def _is_service_name(text: str) -> bool:
    return is_label(text) and text[0].isalpha()


def _is_hostname(text: str) -> bool:
    return 0 < len(text) <= 253 and all(map(is_label, text.removesuffix(".").split(".")))


def _is_group(text: str) -> bool:
    return not text or (len(text) <= 253 and all(map(_is_part, text.split("."))))


def _is_kind(text: str) -> bool:
    return text.isascii() and text.isalnum() and text[0].isalpha()


def _is_field_path(text: str) -> bool:
    return text.isascii() and all(part.replace("-", "a").replace("_", "a").isalnum() for part in text.split("."))


def _is_address(text: str) -> bool:
    rest = text.removeprefix("http://") if text.startswith("http://") else text.removeprefix("https://")
    return 0 < len(rest) < len(text) and all("!" <= char <= "~" for char in rest)


_some_text = _text_that(bool)
_label = _text_that(is_label)
_service_name = _text_that(_is_service_name)
_resource_name = _text_that(is_resource_name)
_expression = _text_that(lambda text: len(text) <= 1000)

_target = _record(
    Target,
    group=_expression,
    version=_expression,
    kind=_expression,
    name=_expression,
    namespace=_expression,
    labelSelector=_text,
    annotationSelector=_text,
)


class _Results(Record):
    level: str = MeshSetup.results_level


_results = _record(_Results, level=_one_of("error", "warning", "info"))

_EXTERNAL_NAME: dict[str, tuple[str, Reader]] = {
    "name": ("name", _service_name),
    "namespace": ("namespace", _label),
    "meshService": (
        "destination",
        _record(MeshServiceRef, "name namespace port", name=_label, namespace=_label, port=_port, zone=_resource_name),
    ),
    "meshMultiZoneService": (
        "destination",
        _record(MeshMultiZoneServiceRef, "name port", name=_resource_name, port=_port),
    ),
    "meshExternalService": (
        "destination",
        _record(MeshExternalServiceRef, "name port", name=_resource_name, port=_port),
    ),
    "hostname": ("destination", lambda value: Hostname(_text_that(_is_hostname)(value))),
    "ports": ("ports", _list_of(_record(NamedPort, "port", name=_label, port=_port), least=1)),
}

_SPEC: dict[str, tuple[str, Reader]] = {
    "kumaVersion": ("kuma_version", _one_of(*KUMA_VERSIONS)),
    "mesh": ("mesh", _resource_name),
    "zone": ("zone", _resource_name),
    "defaultNamespace": ("default_namespace", _label),
    "controlPlane": (
        "control_plane",
        _record(
            ControlPlane, systemNamespace=_label, address=_text_that(_is_address), caCert=_text_or_none, config=_map
        ),
    ),
    "namespaces": (
        "namespaces",
        _list_of(_record(KnownNamespace, "name", name=_label, labels=_text_map, annotations=_text_map)),
    ),
    "meshes": ("meshes", _list_of(_resource_name)),
    "injection": (
        "injection",
        _record(
            Injection,
            mode=_one_of("webhook", "manual", "none"),
            rules=_list_of(_record(InjectionRule, "target", target=_target, inject=_flag, mesh=_resource_name)),
            override=_flag,
        ),
    ),
    "gateways": (
        "gateways",
        _record(
            Gateways,
            detect=_one_of("off", "report", "annotate"),
            rules=_list_of(_record(GatewayRule, "target", target=_target, service=_service_name)),
            harden=_one_of("off", "report", "apply"),
            trafficPermissions=_one_of("none", "emit"),
        ),
    ),
    "serviceUpstream": (
        "service_upstream",
        _record(
            ServiceUpstream,
            enabled=_flag,
            scope=_one_of("mesh", "namespace"),
            products=_products,
            fallback=_one_of("report", "directAccess", "externalName"),
            exclude=_list_of(_target),
        ),
    ),
    "dataplanes": (
        "dataplanes",
        _record(Dataplanes, emit=_one_of("gateways", "all", "none"), localConfig=_flag),
    ),
    "externalNames": ("external_names", _list_of(_external_name)),
    "markApplied": ("mark_applied", _flag),
    "workloadKinds": (
        "workload_kinds",
        _list_of(
            _record(
                WorkloadKind,
                "kind podTemplate",
                group=_text_that(_is_group),
                kind=_text_that(_is_kind),
                podTemplate=_text_that(_is_field_path),
            )
        ),
    ),
    "results": ("results_level", lambda value: _results(value).level),
}
