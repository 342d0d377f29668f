"""Backends that a route does not refer to but writes as a URL or a host, and backends in annotations.

A host that names a Service is looked up by DNS, so that the gateway sends to the Service's address and through the mesh
without any setting. Only hosts that name a Service beyond doubt count. Sources: authreq, mirror and defaultbackend in
internal/ingress/annotations of https://github.com/kubernetes/ingress-nginx, with getBackendServers of its controller;
pkg/middlewares/auth of https://github.com/traefik/traefik
"""

from __future__ import annotations

from krm_fn.gateways.references import is_wanted, walk
from krm_fn.krm.outcome import field_path
from krm_fn.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from krm_fn.gateways.chains import Chain
    from krm_fn.gateways.classes import Served
    from krm_fn.gateways.product import RouteKind
    from krm_fn.gateways.references import HasService
    from krm_fn.krm.resource import Item

    _Found = tuple[str, str, int | None, bool]

_DEFAULT_PORTS = {"http": 80, "https": 443}
_CLUSTER_DOMAIN = ["cluster", "local"]


class Address(Record):
    """A place where routes of a kind write a backend, and who reads it.

    ``key`` is an annotation, or with ``is_field`` a field. ``readers`` are pairs of product id and mode ("" for none).
    ``is_name``: it holds the name of a Service beside the route, and the product sends to its pods whatever its
    settings say. With ``port`` it holds a host, and the field of that name beside it the port; else it holds a URL.
    ``when`` lists fields beside it and the values under which it does.
    """

    kind: str
    key: str
    readers: tuple[tuple[str, str], ...]
    is_field: bool = False
    is_name: bool = False
    port: str = ""
    when: tuple[tuple[str, tuple[str, ...]], ...] = ()


def _host(kind: str, key: str, port: str, reader: str, when: tuple[tuple[str, tuple[str, ...]], ...] = ()) -> Address:
    return Address(kind, key, ((reader, ""),), is_field=True, port=port, when=when)


_LIKE_NGINX = (("ingress-nginx", ""), ("traefik", "kubernetesIngressNGINX"))
ADDRESSES = (
    Address("Ingress", "nginx.ingress.kubernetes.io/auth-url", _LIKE_NGINX),
    Address("Ingress", "nginx.ingress.kubernetes.io/mirror-target", _LIKE_NGINX[:1]),
    Address("Ingress", "nginx.ingress.kubernetes.io/default-backend", _LIKE_NGINX[:1], is_name=True),
    Address("Middleware", "spec.forwardAuth.address", (("traefik", ""),), is_field=True),
    _host("Backend", "spec.endpoints[].fqdn.hostname", "port", "envoy-gateway"),
    _host("Backend", "spec.static.hosts[].host", "port", "kgateway"),
    _host("AgentgatewayBackend", "spec.static.host", "port", "agentgateway"),
    _host("Upstream", "spec.static.hosts[].addr", "port", "gloo-edge"),
    _host("ApisixUpstream", "spec.externalNodes[].name", "port", "apisix", (("type", ("Domain",)),)),
)
_BY_KIND = {kind: tuple(a for a in ADDRESSES if a.kind == kind) for kind in {a.kind for a in ADDRESSES}}


class Addressed(Record):
    """One backend that a route writes as a URL or in an annotation, and the products that read it there.

    ``field`` is where it stands in ``item``, ``key`` what that is called. ``to_pods``: the product sends to the pods in
    any case. ``bare``: the host has no namespace, so that it is the gateway's namespace that decides. ``basis``,
    ``via``, ``modes`` and ``chains`` are as in `krm_fn.gateways.routes.Backend`.
    """

    item: Item
    field: str
    key: str
    namespace: str
    service: str
    port: int | None
    products: tuple[str, ...]
    basis: str
    via: str = ""
    modes: tuple[tuple[str, str], ...] = ()
    to_pods: bool = False
    bare: bool = False
    chains: tuple[Chain, ...] = ()
    is_reached: bool = True


def addressed(
    item: Item, route: RouteKind, served: Served, has_service: HasService, ways: tuple[Chain, ...]
) -> Iterator[Addressed]:
    """Yield the backends that one route object writes so."""
    from krm_fn.gateways.chains import Intermediate

    for address in _BY_KIND.get(item.kind, ()):
        modes = dict(served.modes)
        readers = tuple(p for p in served.products if (p, modes.get(p, "")) in address.readers)
        for field, text, around in _texts(item, address) if readers else ():
            found = _read(address, text, around, item, has_service)
            if found is None:
                continue
            namespace, service, port, bare = found
            yield Addressed(
                item,
                field,
                address.key.rpartition("/")[2],
                namespace,
                service,
                port,
                readers,
                served.basis,
                served.via,
                served.modes,
                address.is_name,
                bare,
                ways,
                not isinstance(route, Intermediate) or route.is_led_to(item, ways),
            )


def _read(address: Address, text: str, around: Any, item: Item, has_service: HasService) -> _Found | None:
    if address.is_name:
        return (item.namespace, text, None, False) if _is_label(text) else None
    if not address.port:
        return service_of_url(text, item.namespace, has_service)
    named, port = _service_of_host(text, item.namespace, has_service), around.get(address.port)
    return named and (*named[:2], port if type(port) is int else None, named[2])


def service_of_url(text: str, namespace: str, has_service: HasService) -> _Found | None:
    """Return namespace, name, port of the Service that a URL names beyond doubt, and whether its host is a bare name.

    That is ``name.namespace.svc``, also with ``.cluster.local``; and where the package has such a Service, any other
    domain behind ``svc``, ``name.namespace``, or a bare name, which means one of ``namespace``.
    """
    scheme, separator, rest = text.partition("://")
    default = _DEFAULT_PORTS.get(scheme.lower())
    if not separator or default is None:
        return None
    authority = rest.partition("/")[0].partition("?")[0].rpartition("@")[2]
    host, colon, digits = authority.partition(":")
    named = _service_of_host(host, namespace, has_service)
    if named is None or (colon and not _is_port(digits)):
        return None
    home, name, bare = named
    return home, name, int(digits) if colon else default, bare


def _service_of_host(host: str, namespace: str, has_service: HasService) -> tuple[str, str, bool] | None:
    name, *more = host.lower().removesuffix(".").split(".")
    if not name or not all(_is_label(label) for label in (name, *more)):
        return None
    home = more[0] if more else namespace
    if more[1:2] not in ([], ["svc"]) or (more[2:] and more[2].isdigit()):
        return None
    if (not more[1:] or more[2:] not in ([], _CLUSTER_DOMAIN)) and not has_service(home, name):
        return None
    return home, name, not more


def _is_label(text: str) -> bool:
    return text.isascii() and text.replace("-", "").isalnum()


def _is_port(digits: str) -> bool:
    return digits.isascii() and digits.isdigit() and len(digits) < 6


def _texts(item: Item, address: Address) -> Iterator[tuple[str, str, Any]]:
    """Where the address stands, what it says and what is around it."""
    if not address.is_field:
        text = item.annotations.get(address.key)
        if text is not None:
            yield field_path("metadata", "annotations", address.key), text, None
        return
    for path, text, around in walk(item.data, address.key):
        if isinstance(text, str) and is_wanted(around, address.when):
            yield path, text, around
