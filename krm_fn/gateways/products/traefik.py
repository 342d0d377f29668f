"""Traefik Proxy 2 and 3, with the builds of k3s and Rancher and Traefik Hub.

Each of its providers reads another spelling of the same wish: the Ingress and the Gateway API provider look at the
Service, under two prefixes; the CRD provider looks at a field beside each reference; the provider that imitates
ingress-nginx looks at the Ingress. Sources: pkg/provider/kubernetes of https://github.com/traefik/traefik
"""

from __future__ import annotations

from krm_fn.gateways.chains import Intermediate, Link
from krm_fn.gateways.product import (
    BY_ANNOTATION,
    COMBINED,
    HARMS,
    LOSES,
    OWN_PODS,
    SWITCH,
    VETO,
    WINS,
    BackendPath,
    Conflict,
    Mode,
    PodLabels,
    PortNote,
    Product,
    RouteKind,
    Switch,
)
from krm_fn.gateways.products.common import (
    DIRECT_ACCESS,
    GATEWAY_GROUP,
    GRPC_ROUTE,
    HTTP_ROUTE,
    INGRESS,
    POD_TEMPLATE,
    TCP_ROUTE,
    TLS_ROUTE,
)

_GROUPS = ("traefik.io", "traefik.containo.us")
_IS_SERVICE = (("kind", ("", "Service")),)
_LIKE_NGINX = "kubernetesIngressNGINX"


def _service(path: str) -> BackendPath:
    return BackendPath(path, namespace="namespace", when=_IS_SERVICE)


def _ingress_route(kind: str, *, udp: bool = False) -> RouteKind:
    return RouteKind(
        kind=kind,
        groups=_GROUPS,
        backends=(_service("spec.routes[].services[]"),),
        udp=udp,
        note="The group traefik.containo.us belongs to version 2, spec.ingressClassName to newer releases of 3.",
    )


def _named(kind: str, path: str, refers_to: str) -> Link:
    """A reference to another object of Traefik's own; ``name@provider`` means something outside of Kubernetes."""
    when = (("kind", (refers_to,)),) if refers_to == "TraefikService" else ()
    return Link(kind, _GROUPS, BackendPath(path, namespace="namespace", when=when, syntax="local"))


def _from_gateway_api(kind: str, path: str, refers_to: str) -> Link:
    when = (("group", _GROUPS), ("kind", (refers_to,)))
    return Link(kind, (GATEWAY_GROUP,), BackendPath(path, namespace="namespace", when=when, syntax="local"))


_REFERENCES = (
    "spec.weighted.services[]",
    "spec.mirroring",
    "spec.mirroring.mirrors[]",
    "spec.highestRandomWeight.services[]",
    "spec.failover.service",
    "spec.failover.fallback",
)
_TRAEFIK_SERVICE = Intermediate(
    kind="TraefikService",
    groups=_GROUPS,
    backends=tuple(_service(path) for path in _REFERENCES),
    referred_by=(
        _named("IngressRoute", "spec.routes[].services[]", "TraefikService"),
        _from_gateway_api("HTTPRoute", "spec.rules[].backendRefs[]", "TraefikService"),
        _named("Middleware", "spec.errors.service", "TraefikService"),
        *(_named("TraefikService", path, "TraefikService") for path in _REFERENCES),
    ),
    note="highestRandomWeight belongs to 3.6 and later, failover to 3.7 and later.",
)
_ERROR_PAGES = Intermediate(
    kind="Middleware",
    groups=_GROUPS,
    backends=(_service("spec.errors.service"),),
    referred_by=(
        _named("IngressRoute", "spec.routes[].middlewares[]", "Middleware"),
        _named("Middleware", "spec.chain.middlewares[]", "Middleware"),
        _from_gateway_api("HTTPRoute", "spec.rules[].filters[].extensionRef", "Middleware"),
        _from_gateway_api("GRPCRoute", "spec.rules[].filters[].extensionRef", "Middleware"),
        Link(
            "Ingress",
            INGRESS.groups,
            annotation="traefik.ingress.kubernetes.io/router.middlewares",
            suffix="@kubernetescrd",
        ),
    ),
    carries=False,
)

_IMAGES = (
    "traefik",
    "library/traefik",
    "rancher/mirrored-library-traefik",
    "rancher/hardened-traefik",
    "traefik/traefik",
    "traefik/traefik-hub",
    "traefik/traefikee",
)
_SAME_RELEASES = _IMAGES[:5]
"""Those whose tags are releases of Traefik Proxy: Hub and Enterprise count for themselves."""
_BY_DEFAULT = ("IngressRoute", "IngressRouteTCP", "IngressRouteUDP")
"""Of the own kinds those that nativeLBByDefault holds for: pkg/provider/kubernetes/crd/kubernetes.go leaves it out
where it builds TraefikServices and error pages (3.0 to 3.6)."""

_NODE_PORTS = "it sends to the ports of the nodes, past the mesh"
_NODE_PORT_ANNOTATION = Conflict(
    "traefik.ingress.kubernetes.io/service.nodeportlb", WINS, _NODE_PORTS, "true", "NodePort"
)
_NODE_PORT_FIELD = Conflict("nodePortLB", WINS, _NODE_PORTS, "true", "NodePort")
_NODE_PORT_BEATEN = Conflict(
    "nodePortLB",
    LOSES,
    "it sends to the ports of the nodes, as a Traefik outside of the cluster has to, where Services have no address",
    "true",
    "NodePort",
)
_PASSIVE_CHECK = Conflict(
    "passiveHealthCheck",
    HARMS,
    "with both, the Service's address is the only server, and failed requests (one, unless maxFailedAttempts says "
    "more) make it refuse all others for a while (10 seconds by default)",
)
_OF_HTTP = (_NODE_PORT_BEATEN, _PASSIVE_CHECK)


def _native_lb(
    kind: str,
    field: str,
    note: str = "",
    since: str = "2.10.0",
    conflicts: tuple[Conflict, ...] = _OF_HTTP,
    shared: bool = False,
) -> Switch:
    return Switch(
        "field",
        kind,
        field,
        True,
        routes=(kind,),
        since=since,
        images=_SAME_RELEASES,
        conflicts=conflicts,
        shared=shared,
        note=note,
    )


def _in_traefik_service(field: str, since: str = "2.10.0") -> Switch:
    note = "Where the kind is Service or absent." if since == "2.10.0" else ""
    return _native_lb("TraefikService", field, note, since, shared=True)


PRODUCTS = (
    Product(
        id="traefik",
        name="Traefik Proxy (with the k3s and Rancher builds, Traefik Hub)",
        family=SWITCH,
        topology=(COMBINED,),
        default_target="endpoints",
        confidence="verified-in-source",
        sources=(
            "https://github.com/traefik/traefik/blob/master/pkg/provider/kubernetes/ingress/kubernetes.go",
            "https://github.com/traefik/traefik/blob/master/pkg/provider/kubernetes/gateway/annotations.go",
            "https://github.com/traefik/traefik/pull/9885",
            "https://github.com/traefik/traefik/issues/11823",
            "https://github.com/traefik/traefik/issues/10303",
            "https://github.com/traefik/traefik-helm-chart",
        ),
        proxy_images=_IMAGES,
        shared_images=_IMAGES,
        confirmed_by=("labels", "arguments", "class"),
        pod_labels=(PodLabels((("app.kubernetes.io/name", "traefik"),), COMBINED),),
        proxy_containers=("traefik",),
        arguments=("--providers.kubernetes",),
        modes=(
            Mode(
                _LIKE_NGINX,
                "--providers.kubernetesingressnginx",
                ingress_classes=("nginx",),
                ingress_controllers=("k8s.io/ingress-nginx",),
            ),
        ),
        ingress_classes=("traefik",),
        ingress_controllers=("traefik.io/ingress-controller",),
        gateway_controllers=("traefik.io/gateway-controller",),
        routes=(
            INGRESS,
            HTTP_ROUTE,
            GRPC_ROUTE,
            TCP_ROUTE,
            TLS_ROUTE,
            _ingress_route("IngressRoute"),
            _ingress_route("IngressRouteTCP"),
            _ingress_route("IngressRouteUDP", udp=True),
            _TRAEFIK_SERVICE,
            _ERROR_PAGES,
        ),
        switches=(
            Switch(
                BY_ANNOTATION,
                "Service",
                "traefik.ingress.kubernetes.io/service.nativelb",
                routes=("Ingress",),
                since="2.10.0",
                images=_SAME_RELEASES,
                conflicts=(_NODE_PORT_ANNOTATION,),
                note="Read by the Ingress provider. Releases before 2.10 refuse a Service that has it, and its routes "
                "are gone.",
            ),
            Switch(
                BY_ANNOTATION,
                "Service",
                "traefik.io/service.nativelb",
                routes=("HTTPRoute", "GRPCRoute", "TCPRoute", "TLSRoute"),
                since="3.2.0",
                images=_SAME_RELEASES,
                note="Read by the Gateway API provider.",
            ),
            Switch(
                BY_ANNOTATION,
                "Ingress",
                "nginx.ingress.kubernetes.io/service-upstream",
                routes=("Ingress",),
                since="3.5.0",
                mode=_LIKE_NGINX,
                headless=VETO,
                images=_SAME_RELEASES,
                shared=True,
                note="Read by the provider that imitates ingress-nginx, and by no other. Of several Ingresses with one "
                "Service and port, the last decides.",
            ),
            _native_lb("IngressRoute", "spec.routes[].services[].nativeLB"),
            _native_lb("IngressRouteTCP", "spec.routes[].services[].nativeLB", conflicts=(_NODE_PORT_FIELD,)),
            _native_lb("IngressRouteUDP", "spec.routes[].services[].nativeLB", conflicts=(_NODE_PORT_FIELD,)),
            _in_traefik_service("spec.weighted.services[].nativeLB"),
            _in_traefik_service("spec.mirroring.nativeLB"),
            _in_traefik_service("spec.mirroring.mirrors[].nativeLB"),
            _in_traefik_service("spec.highestRandomWeight.services[].nativeLB", since="3.6.0"),
            _in_traefik_service("spec.failover.service.nativeLB", since="3.7.0"),
            _in_traefik_service("spec.failover.fallback.nativeLB", since="3.7.0"),
            _native_lb("Middleware", "spec.errors.service.nativeLB"),
            *(
                Switch(
                    "configuration",
                    "static configuration",
                    f"providers.{provider}.nativeLBByDefault",
                    True,
                    purpose="alternative",
                    routes=routes,
                    since=since,
                    found_by=OWN_PODS,
                    argument=f"--providers.{provider.lower()}.nativelbbydefault",
                    images=_SAME_RELEASES,
                    beside_argument=f"--providers.{provider.lower()}",
                    not_with_arguments=("--configfile",),
                    preferred=True,
                    note=f"An explicit false on one {where} counts since {heard}. An argument counts where no file "
                    "holds the static configuration.",
                )
                for provider, since, routes, where, heard in (
                    ("kubernetesIngress", "3.0.0", ("Ingress",), "Service", "3.0.0"),
                    ("kubernetesCRD", "3.0.0", _BY_DEFAULT, "reference", "3.0.0"),
                    (
                        "kubernetesGateway",
                        "3.2.0",
                        ("HTTPRoute", "GRPCRoute", "TCPRoute", "TLSRoute"),
                        "Service",
                        "3.5.0",
                    ),
                )
            ),
        ),
        fallbacks=(DIRECT_ACCESS,),
        mark_at=(POD_TEMPLATE, "HelmChartConfig spec.valuesContent, deployment.podAnnotations (k3s)"),
        host_note="passHostHeader: false on the reference, or traefik.ingress.kubernetes.io/service.passhostheader="
        "false on the Service, sends the destination's name.",
        headless_note="With nativeLB a headless Service is refused, and its backend is gone.",
        external_name_note="Refused unless the provider allows it (allowExternalNameServices).",
        limits=(
            "Sticky cookies and weights of servers inside one Service do nothing; weights between Services stay.",
            "Port 443 or a port name that begins with https makes Traefik speak TLS through the sidecar.",
            "Kept connections make balancing per connection uneven.",
            "providers.kubernetesCRD.nativeLBByDefault does not hold for TraefikServices and the error pages of "
            "Middlewares, which get a field each.",
            "References to one port of a Service in TraefikServices, and in IngressRoutes whose route has several "
            "services, are one upstream: the last one read decides about nativeLB. krm-fn compares TraefikServices "
            "only; let all references say the same.",
            "The provider that imitates ingress-nginx always sends to the pods of its global defaultBackendService. "
            "Traefik 3.5 and 3.6 start with it only if experimental.kubernetesIngressNGINX is on.",
            "A static configuration in a file is not edited, and arguments are ignored beside it: "
            "routes get a setting each.",
            "So they do with a HelmChartConfig: nothing in it tells the release, and Traefik 2 does not start with the "
            "argument.",
        ),
        ports_in=(PortNote(8080, "ping and dashboard (9000 in older charts)"), PortNote(9100, "metrics")),
        service_order="Right with the chart.",
        token="mounted",
    ),
)
