"""Backends that a gateway product treats in its own way: names outside of the cluster, TLS, ports without a protocol.

Part of what ``spec.gateways.harden`` reports; docs/gateways/traps.md tells why none of these is mended by itself: each
asks for a decision that only the author can take.
"""

from __future__ import annotations

from krm_fn.gateways.catalog import products_by_id
from krm_fn.gateways.glimpse import ROUTE_KINDS
from krm_fn.krm.fields import as_list, as_map, as_str, dig
from krm_fn.krm.outcome import field_path, info, warning
from krm_fn.kuma import names
from krm_fn.kuma.services import EXTERNAL_NAME
from krm_fn.record import Record
from krm_fn.rules.membership import selected_by
from krm_fn.rules.recognition import backends_of, presence_of, recognised

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from krm_fn.config.meshsetup import MeshSetup
    from krm_fn.gateways.routes import Backend
    from krm_fn.krm.outcome import Result
    from krm_fn.krm.resource import Item, Workload
    from krm_fn.krm.resources import Resources

    Check = Callable[[Resources, MeshSetup], Iterator[Result]]

EXTERNAL_NAME_REFUSED = "external-name-refused"
EXTERNAL_NAME_HOST = "external-name-host"
PRODUCT_RETIRED = "gateway-product-retired"
TLS_ON_HTTP = "backend-tls-on-http-port"

OBJECTS = ("BackendTrafficPolicy", "IngressClassParameters", "KongIngress", "KongUpstreamPolicy")
"""Kinds that are looked at though no route is there: others need no look at the catalog."""

CLIENT = "client"
RETIRED = "retired"
HTTP_PROTOCOLS = ("http", "http2", "grpc", "kubernetes.io/h2c")


class Permission(Record):
    """What a product asks for before it follows an ExternalName Service.

    ``allowed`` and ``denied`` are words (lower case) of its arguments or configuration that say so; neither: it never
    follows one. ``edit`` is what to do.
    """

    edit: str
    allowed: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()


_STATIC_BACKEND = Permission("let the route lead to a static Backend with the name and port")
PERMISSIONS = {
    "traefik": Permission(
        "set allowExternalNameServices of its provider: --providers.kubernetesingress.allowexternalnameservices=true, "
        "or --providers.kubernetescrd.allowexternalnameservices=true for IngressRoutes",
        allowed=("allowexternalnameservices",),
    ),
    "contour": Permission(
        "set enableExternalNameService: true in Contour's configuration", allowed=("enableexternalnameservice",)
    ),
    "nginx-nic": Permission(
        "it needs NGINX Plus and the ConfigMap key resolver-addresses", allowed=("resolver-addresses",)
    ),
    "skipper": Permission(
        "list the name in -kubernetes-allowed-external-name", allowed=("kubernetes-allowed-external-name",)
    ),
    "haproxytech": Permission("take --disable-service-external-name away", denied=("disable-service-external-name",)),
    "haproxy-ingress": Permission("take --disable-external-name away", denied=("disable-external-name",)),
    "envoy-gateway": Permission("let the route lead to a Backend (gateway.envoyproxy.io) with the name as fqdn"),
    "gloo-edge": Permission("let the route lead to a static Upstream with the name and port"),
    "kgateway": _STATIC_BACKEND,
    "agentgateway": _STATIC_BACKEND,
}

TLS_OF_ROUTES = {
    "nginx.ingress.kubernetes.io/backend-protocol": ("https", "grpcs"),
    "haproxy-ingress.github.io/backend-protocol": ("h1-ssl", "h2-ssl", "https", "grpcs"),
    "ingress.kubernetes.io/backend-protocol": ("h1-ssl", "h2-ssl", "https", "grpcs"),
    "haproxy.org/server-ssl": ("true",),
}
TLS_OF_SERVICES = {
    "konghq.com/protocol": ("https", "grpcs", "tls"),
    "traefik.ingress.kubernetes.io/service.serversscheme": ("https",),
    "haproxy.org/server-ssl": ("true",),
}
"""Annotations by which a gateway speaks TLS to a backend, and the values (lower case) that say so."""


def _is_silent(setup: MeshSetup) -> bool:
    return setup.gateways.harden == "off" or setup.gateways.detect == "off"


# --- ExternalName -----------------------------------------------------------------------------------------------------
def _external_names(resources: Resources, setup: MeshSetup) -> Iterator[Result]:
    """Whether the product follows the name at all, and which Host the other side sees."""
    declared = {(entry.namespace, entry.name) for entry in setup.external_names}
    if _is_silent(setup) or not (declared or any(_is_external(service) for service in resources.services)):
        return
    told: set[tuple[str, str, str]] = set()
    present = presence_of(resources, setup).products
    for backend in backends_of(resources, setup):
        where = (backend.namespace, backend.service)
        service = resources.service(*where)
        if where not in declared and (service is None or not _is_external(service)):
            continue
        for product_id in backend.products:
            if (product_id, *where) in told or (len(backend.products) > 1 and product_id not in present):
                continue
            told.add((product_id, *where))
            yield from _external_name(product_id, backend, resources)


def _is_external(service: Item) -> bool:
    return as_str(dig(service.data, "spec", "type")) == EXTERNAL_NAME


def _external_name(product_id: str, backend: Backend, resources: Resources) -> Iterator[Result]:
    from krm_fn.rules.places import harmed_by_name  # few packages have such a Service

    product, name = products_by_id()[product_id], f"{backend.namespace}/{backend.service}"
    permission = PERMISSIONS.get(product_id)
    certain = _refuses(product_id, permission, resources) if permission is not None else None
    if permission is not None and certain is not None:
        yield (warning if certain else info)(
            EXTERNAL_NAME_REFUSED,
            f"the Service {name} is an ExternalName, which {product.name} does not follow"
            f"{'' if certain else ' unless its configuration, which is not in the package, allows it'}: "
            f"{harmed_by_name(product, backend, resources) or permission.edit}",
            backend.item,
            backend.path,
        )
    elif product.host == CLIENT and product.host_note:
        yield info(
            EXTERNAL_NAME_HOST,
            f"the Service {name} is an ExternalName, and {product.name} sends the client's Host there, which Kuma does "
            f"not mind; a destination that chooses by name wants its own: {product.host_note}",
            backend.item,
            backend.path,
        )


def _refuses(product_id: str, permission: Permission, resources: Resources) -> bool | None:
    """Whether the product refuses the name: for certain, perhaps (False), or not at all (None)."""
    workloads = [workload for workload, found in recognised(resources).values() if found.product == product_id]
    if permission.denied:
        return True if any(_says(_arguments(w), permission.denied) for w in workloads) else None
    if not permission.allowed:
        return True
    if any(_says(_arguments(w), permission.allowed) for w in workloads):
        return None
    homes = {workload.item.namespace for workload in workloads}
    for kind in ("ConfigMap", "ContourConfiguration", "HelmChartConfig"):
        for item in resources.of_kind(kind):
            if (item.namespace in homes or not homes) and _says(_texts(item.data), permission.allowed):
                return None
    return bool(workloads)


def _says(texts: Iterator[str], words: tuple[str, ...]) -> bool:
    """Whether one of the words stands in a text, and once at least not to be false."""
    for text in texts:
        lower = text.lower()
        for word in words:
            _, *behind = lower.split(word)
            if any(not rest.lstrip(" :=\"'").startswith("false") for rest in behind):
                return True
    return False


def _arguments(workload: Workload) -> Iterator[str]:
    for container in as_list(workload.template.spec.get("containers")):
        for field in ("command", "args"):
            yield from (argument for argument in as_list(as_map(container).get(field)) if isinstance(argument, str))
        for variable in as_list(as_map(container).get("env")):
            name, value = as_map(variable).get("name"), as_map(variable).get("value")
            yield f"{name}={value}"


def _texts(data: dict[str, Any]) -> Iterator[str]:
    """The settings of a configuration: its texts, each with its key."""
    for part in ("data", "spec"):
        stack = [("", data.get(part))]
        while stack:
            key, value = stack.pop()
            if isinstance(value, dict):
                stack += [(str(k), v) for k, v in value.items()]
            elif isinstance(value, str | bool):
                yield f"{key}: {value}"


# --- TLS --------------------------------------------------------------------------------------------------------------
def _tls(resources: Resources, setup: MeshSetup) -> Iterator[Result]:
    """A gateway that speaks TLS to a port that Kuma takes for HTTP: the sidecar reads TLS as a broken request."""
    if _is_silent(setup):
        return
    told: set[tuple[str, str, int]] = set()
    for backend in backends_of(resources, setup):
        service = resources.service(backend.namespace, backend.service)
        if service is None:
            continue
        sign = _tls_sign(backend.item, TLS_OF_ROUTES) or _tls_sign(service, TLS_OF_SERVICES)
        if not sign:
            continue
        joined = selected_by(resources, setup).get((service.namespace, service.name), ())
        for index, port in enumerate(as_list(dig(service.data, "spec", "ports"))):
            key = (service.namespace, service.name, index)
            if key in told or not _is_meant(port, backend) or not any(member.in_mesh for member in joined):
                continue
            protocol, field = _protocol(service, port, index)
            if protocol.lower() in HTTP_PROTOCOLS:
                told.add(key)
                yield warning(
                    TLS_ON_HTTP,
                    f"{sign} makes the gateway speak TLS to this port, which is declared as {protocol}: the sidecar "
                    "takes TLS for broken HTTP; let the gateway speak plain HTTP, as the mesh encrypts anyway, or "
                    "declare the port as tcp",
                    service,
                    field,
                    protocol,
                    "tcp",
                )


def _tls_sign(item: Item, signs: dict[str, tuple[str, ...]]) -> str:
    for key, values in signs.items():
        value = item.annotations.get(key, "")
        if value.lower() in values:
            return f"{key}: {value} of {item.words}"
    return ""


def _is_meant(port: object, backend: Backend) -> bool:
    return backend.port is None or backend.port in (as_map(port).get("port"), as_map(port).get("name"))


def _protocol(service: Item, port: object, index: int) -> tuple[str, str]:
    """The protocol of a port as Kuma reads it, and where it stands."""
    key = f"{as_map(port).get('port')}{names.PORT_PROTOCOL_SUFFIX}"
    annotated = service.annotations.get(key)
    if annotated:
        return annotated, field_path("metadata", "annotations", key)
    return as_str(as_map(port).get("appProtocol")), field_path("spec", "ports", index, "appProtocol")


# --- Products ---------------------------------------------------------------------------------------------------------
def _retired(resources: Resources, setup: MeshSetup) -> Iterator[Result]:
    """A product whose makers have stopped: its routes work under another one, its switches do not."""
    if _is_silent(setup):
        return
    for workload, recognition in recognised(resources).values():
        product = products_by_id()[recognition.product]
        if recognition.carries_traffic and product.status.startswith(RETIRED):
            yield info(
                PRODUCT_RETIRED,
                f"{product.name} was {product.status}: under another product its routes need that one's own switches, "
                "which spec.serviceUpstream writes as soon as their class names it",
                workload.item,
            )


# --- Chains, fields, objects ------------------------------------------------------------------------------------------
def _chains(resources: Resources, setup: MeshSetup) -> Iterator[Result]:
    settings = setup.service_upstream
    if settings.enabled and settings.scope == "mesh" and any(resources.of_kind(kind) for kind in ROUTE_KINDS):
        from krm_fn.rules.check_chains import check_chains  # most packages have no route and need none of it

        yield from check_chains(resources, setup)


def _fields(resources: Resources, setup: MeshSetup) -> Iterator[Result]:
    if any(resources.of_kind(kind) for kind in ROUTE_KINDS):
        from krm_fn.rules.check_fields import check_fields

        yield from check_fields(resources, setup)


def _objects(resources: Resources, setup: MeshSetup) -> Iterator[Result]:
    if not _is_silent(setup) and any(resources.of_kind(kind) for kind in OBJECTS):
        from krm_fn.rules.check_fields import check_objects

        yield from check_objects(resources, setup)


ROUTE_CHECKS: tuple[Check, ...] = (_external_names, _tls, _retired, _chains, _fields, _objects)
