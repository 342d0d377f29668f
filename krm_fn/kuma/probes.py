"""Probes of the application: which mechanism lets the kubelet through to it, and the rewritten probes.

With mutual TLS on, the kubelet cannot reach the application's ports. Either the sidecar's application probe proxy
answers in its place (the default), or a virtual listener of Envoy forwards plain HTTP probes. Follows Kuma's
`pkg/plugins/runtime/k8s/probes` and `.../webhooks/injector`.
"""

from __future__ import annotations

from krm_fn.krm.fields import as_int, as_list, as_map, as_str
from krm_fn.kuma import names
from krm_fn.kuma.reading import KumaValueError, parse_uint32, read_switch, read_uint32

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    Handler = dict[str, Any]

PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc")
HEADER_HOST = "X-Kuma-Probes-Host"
HEADER_SCHEME = "X-Kuma-Probes-Scheme"
HEADER_TIMEOUT = "X-Kuma-Probes-Timeout"
HEADER_GRPC_SERVICE = "X-Kuma-Probes-GRPC-Service"


# --- Which mechanism --------------------------------------------------------------------------------------------------
def virtual_probes_on(annotations: Mapping[str, str], configured: bool) -> bool:
    """Return what the injector writes into kuma.io/virtual-probes. Raises KumaValueError."""
    try:
        own = read_switch(annotations, names.VIRTUAL_PROBES, configured)
        if read_switch(annotations, names.GATEWAY):
            if own and names.VIRTUAL_PROBES in annotations:
                raise KumaValueError("virtual probes can't be enabled in gateway mode", names.VIRTUAL_PROBES)
            return False
    except KumaValueError as wrong:
        raise prefixed(f"unable to set {names.VIRTUAL_PROBES}: ", wrong) from None
    # With the proxy switched off for this Pod, virtual probes take over, whatever their own annotation says.
    switched_off = annotations.get(names.APPLICATION_PROBE_PROXY_PORT, "").strip("0") == ""
    return own or (switched_off and bool(annotations.get(names.APPLICATION_PROBE_PROXY_PORT)))


def probe_proxy_port(annotations: Mapping[str, str], configured: int) -> int:
    """Return the port of the application probe proxy in the sidecar, and in the annotation of the legacy path.

    The gateway annotation counts here with any value, also `disabled`. Raises KumaValueError.
    """
    try:
        own = read_uint32(annotations, names.APPLICATION_PROBE_PROXY_PORT)
        if names.GATEWAY in annotations:
            return _no_proxy_for_gateway(own)
    except KumaValueError as wrong:
        raise prefixed(f"unable to set {names.APPLICATION_PROBE_PROXY_PORT}: ", wrong) from None
    return configured if own is None else own


def probe_proxy_port_by_config_map(annotations: Mapping[str, str], configured: int) -> int:
    """Return the port that the ConfigMap path writes and excludes. It differs from `probe_proxy_port` in two ways.

    Only a gateway annotation that is on counts, and virtual probes that are switched off switch the proxy off too.
    Raises KumaValueError.
    """
    try:
        own = read_uint32(annotations, names.APPLICATION_PROBE_PROXY_PORT)
        if _tolerant_switch(annotations, names.GATEWAY):
            return _no_proxy_for_gateway(own)
    except KumaValueError as wrong:
        raise prefixed(f"unable to set {names.APPLICATION_PROBE_PROXY_PORT}: ", wrong) from None
    if own is not None:
        return own
    if names.VIRTUAL_PROBES in annotations and not _tolerant_switch(annotations, names.VIRTUAL_PROBES):
        return 0
    return configured


def _no_proxy_for_gateway(own: int | None) -> int:
    if own:
        message = "application probe proxies probes can't be enabled in gateway mode"
        raise KumaValueError(message, names.APPLICATION_PROBE_PROXY_PORT)
    return 0


def _tolerant_switch(annotations: Mapping[str, str], key: str) -> bool:
    return names.SWITCH_VALUES.get(annotations.get(key, ""), False)


def prefixed(prefix: str, wrong: KumaValueError) -> KumaValueError:
    """Return the same complaint with words before it, as Go wraps errors."""
    return KumaValueError(prefix + wrong.message, wrong.key)


# --- Rewriting --------------------------------------------------------------------------------------------------------
def rewrite_probes(spec: dict[str, Any], annotations: Mapping[str, str]) -> None:
    """Rewrite the application's probes in a pod spec, as the annotations of the injected Pod have it.

    The lists of containers must be the caller's own; containers with probes are replaced in them, not changed.
    Raises KumaValueError if a probe uses the port that the sidecar answers on.
    """
    rewrite = _mechanism(annotations)
    if rewrite is None:
        return
    init_containers = as_list(spec.get("initContainers"))
    behind_sidecar = False
    for index, container in enumerate(init_containers):
        if behind_sidecar and as_map(container).get("restartPolicy") == "Always":
            init_containers[index] = _rewritten(container, rewrite)
        behind_sidecar = behind_sidecar or as_map(container).get("name") == names.SIDECAR_CONTAINER
    containers = as_list(spec.get("containers"))
    for index, container in enumerate(containers):
        if as_map(container).get("name") != names.SIDECAR_CONTAINER:
            containers[index] = _rewritten(container, rewrite)


def _mechanism(annotations: Mapping[str, str]) -> Callable[[Handler, Handler], Handler | None] | None:
    proxy = parse_uint32(annotations[names.APPLICATION_PROBE_PROXY_PORT], names.APPLICATION_PROBE_PROXY_PORT)
    if proxy:
        return lambda container, probe: proxied(container, probe, proxy)
    if read_switch(annotations, names.VIRTUAL_PROBES):
        virtual = parse_uint32(annotations[names.VIRTUAL_PROBES_PORT], names.VIRTUAL_PROBES_PORT)
        return lambda container, probe: virtualized(container, probe, virtual)
    return None


def _rewritten(container: Any, rewrite: Callable[[Handler, Handler], Handler | None]) -> Any:
    result = container
    for key in PROBES:
        probe = as_map(container).get(key)
        changed = rewrite(container, probe) if isinstance(probe, dict) else None
        if changed is not None:
            result = {**result, key: changed}
    return result


def proxied(container: Mapping[str, Any], probe: Mapping[str, Any], proxy_port: int) -> dict[str, Any] | None:
    """Return the probe as an httpGet of the application probe proxy; None if there is nothing to convert."""
    for kind, describe in PROXIED.items():
        handler = probe.get(kind)
        if isinstance(handler, dict):
            port = resolve_port(container, handler.get("port"), named=kind != "grpc")
            _refuse_reserved(port, proxy_port)
            path, headers = describe(handler, port, probe)
            return _with_handler(probe, kind, path, proxy_port, headers)
    return None


def _with_handler(probe: Mapping[str, Any], kind: str, path: str, port: int, headers: list[Any]) -> dict[str, Any]:
    handler: Handler = {"path": path, "port": port}
    if headers:
        handler["httpHeaders"] = headers
    kept = ((key, value) for key, value in probe.items() if key == kind or key not in HANDLERS)
    return dict(("httpGet", handler) if key == kind else (key, value) for key, value in kept)


def _proxied_http(handler: Handler, port: int, probe: Mapping[str, Any]) -> tuple[str, list[Any]]:
    headers = list(as_list(handler.get("httpHeaders")))
    for index, header in enumerate(headers):
        if as_map(header).get("name") == "Host":
            headers[index] = {**header, "name": HEADER_HOST}
            break
    scheme = as_str(handler.get("scheme"))
    if scheme not in ("", "HTTP"):
        headers.append(_header(HEADER_SCHEME, scheme))
    return f"/{port}{_rooted(handler)}", headers + _timeout_header(probe)


def _proxied_tcp(_handler: Handler, port: int, probe: Mapping[str, Any]) -> tuple[str, list[Any]]:
    return f"/tcp/{port}", _timeout_header(probe)


def _proxied_grpc(handler: Handler, port: int, probe: Mapping[str, Any]) -> tuple[str, list[Any]]:
    service = as_str(handler.get("service"))
    return f"/grpc/{port}", _timeout_header(probe) + ([_header(HEADER_GRPC_SERVICE, service)] if service else [])


# In the order in which Kuma looks for a handler.
PROXIED: dict[str, Callable[[Handler, int, Mapping[str, Any]], tuple[str, list[Any]]]] = {
    "httpGet": _proxied_http,
    "tcpSocket": _proxied_tcp,
    "grpc": _proxied_grpc,
}


def virtualized(container: Mapping[str, Any], probe: Mapping[str, Any], virtual_port: int) -> dict[str, Any] | None:
    """Return the HTTP probe aimed at the virtual listener; None for every other probe."""
    handler = probe.get("httpGet")
    if not isinstance(handler, dict):
        return None
    port = resolve_port(container, handler.get("port"))
    _refuse_reserved(port, virtual_port)
    return {**probe, "httpGet": {**handler, "path": f"/{port}{_rooted(handler)}", "port": virtual_port}}


def resolve_port(container: Mapping[str, Any], port: object, named: bool = True) -> int:
    """Return the number of a probe's port: itself, or that of the container's port of this name; else 0."""
    if isinstance(port, str) and port.isascii() and port.isdigit():
        port = int(port[:20])
    number = as_int(port)
    if number or not named:
        return number or 0
    for candidate in as_list(container.get("ports")):
        if isinstance(port, str) and as_map(candidate).get("name") == port:
            return as_int(as_map(candidate).get("containerPort")) or 0
    return 0


def _rooted(handler: Handler) -> str:
    path = as_str(handler.get("path"))
    return path if path.startswith("/") else f"/{path}"


def _timeout_header(probe: Mapping[str, Any]) -> list[Any]:
    timeout = as_int(probe.get("timeoutSeconds")) or 0
    return [_header(HEADER_TIMEOUT, str(timeout))] if timeout > 1 else []


def _header(name: str, value: str) -> dict[str, str]:
    return {"name": name, "value": value}


def _refuse_reserved(port: int, reserved: int) -> None:
    if port == reserved:
        raise KumaValueError(
            f"cannot override Pod's probes. Port for probe cannot be set to {reserved}. "
            "It is reserved for the dataplane that will serve pods without mTLS."
        )
