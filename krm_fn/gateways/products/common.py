"""Kinds of routes that many products serve: Ingress and the Gateway API.

Sources: https://kubernetes.io/docs/reference/kubernetes-api/service-resources/ingress-v1/ and
https://gateway-api.sigs.k8s.io/reference/spec/
"""

from __future__ import annotations

from krm_fn.gateways import product
from krm_fn.gateways.chains import Intermediate, Link
from krm_fn.gateways.product import BackendPath, RouteKind

GATEWAY_GROUP = "gateway.networking.k8s.io"

_INGRESS_PORT = ("port.number", "port.name")

INGRESS = RouteKind(
    kind="Ingress",
    groups=("networking.k8s.io", "extensions"),
    attach="ingress-class",
    backends=(
        BackendPath("spec.defaultBackend.service", port=_INGRESS_PORT),
        BackendPath("spec.rules[].http.paths[].backend.service", port=_INGRESS_PORT),
        BackendPath("spec.backend", name="serviceName", port=("servicePort",)),
        BackendPath("spec.rules[].http.paths[].backend", name="serviceName", port=("servicePort",)),
    ),
    note="The serviceName forms belong to v1beta1, which clusters stopped serving with Kubernetes 1.22.",
)

_SERVICE = (("group", ("",)), ("kind", ("", "Service")))


def _service_ref(path: str) -> BackendPath:
    return BackendPath(path, namespace="namespace", when=_SERVICE)


_LAYER_4 = (_service_ref("spec.rules[].backendRefs[]"),)
_LAYER_7 = (
    *_LAYER_4,
    _service_ref("spec.rules[].filters[].requestMirror.backendRef"),
    _service_ref("spec.rules[].filters[].externalAuth.backendRef"),
    _service_ref("spec.rules[].backendRefs[].filters[].requestMirror.backendRef"),
)


def _gateway_route(kind: str, backends: tuple[BackendPath, ...], *, udp: bool = False) -> RouteKind:
    return RouteKind(kind=kind, groups=(GATEWAY_GROUP,), backends=backends, attach="parent-gateway", udp=udp)


HTTP_ROUTE = _gateway_route("HTTPRoute", _LAYER_7)
GRPC_ROUTE = _gateway_route("GRPCRoute", _LAYER_7)
TLS_ROUTE = _gateway_route("TLSRoute", _LAYER_4)
TCP_ROUTE = _gateway_route("TCPRoute", _LAYER_4)
UDP_ROUTE = _gateway_route("UDPRoute", _LAYER_4, udp=True)


def from_gateway_api(groups: tuple[str, ...], kind: str, path: str, refers_to: str) -> Link:
    """A reference from a Gateway API route to an object of a product's own."""
    when = (("group", groups), ("kind", (refers_to,)))
    return Link(kind, (GATEWAY_GROUP,), BackendPath(path, namespace="namespace", when=when))


def named_by_routes(kind: str, groups: tuple[str, ...], note: str) -> Intermediate:
    """What backendRefs may name in place of a Service, and which itself names hosts (`krm_fn.gateways.addresses`)."""
    routes = ("HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute")
    links = tuple(from_gateway_api(groups, route, "spec.rules[].backendRefs[]", kind) for route in routes)
    return Intermediate(kind=kind, groups=groups, backends=(), referred_by=links, note=note)


POD_TEMPLATE = "spec.template.metadata.annotations"
DIRECT_ACCESS = product.DIRECT_ACCESS
EXTERNAL_NAME = product.EXTERNAL_NAME
CHAIN = product.CHAIN
