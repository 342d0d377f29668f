"""Gloo, and what grew out of it: kgateway and agentgateway.

All learn endpoints from their control plane; their Pods are mostly generated from custom resources.
"""

from __future__ import annotations

from krm_fn.gateways.chains import Intermediate, Link
from krm_fn.gateways.product import (
    CONTROLLER,
    DETOUR,
    OWN_PODS,
    PROXY,
    SWITCH,
    TOLERATES,
    BackendPath,
    PodLabels,
    PortNote,
    Product,
    RouteKind,
    Switch,
)
from krm_fn.gateways.products.common import (
    DIRECT_ACCESS,
    EXTERNAL_NAME,
    GRPC_ROUTE,
    HTTP_ROUTE,
    INGRESS,
    POD_TEMPLATE,
    TCP_ROUTE,
    TLS_ROUTE,
    from_gateway_api,
    named_by_routes,
)

_NAME = "app.kubernetes.io/name"
_COMPONENT = "app.kubernetes.io/component"
_GATEWAY_ANNOTATIONS = "Gateway spec.infrastructure.annotations"
_SERVICE_NAME = "<svc>.<ns>.svc.cluster.local"


def _gloo_backends(action: str) -> tuple[BackendPath, ...]:
    refs = (f"{action}.single.kube.ref", f"{action}.multi.destinations[].destination.kube.ref")
    return tuple(BackendPath(ref, namespace="namespace", port=("../port",)) for ref in refs)


_GLOO_ROUTES = (("VirtualService", "spec.virtualHost.routes[]"), ("RouteTable", "spec.routes[]"))
_GLOO_ROUTE_GROUPS = ("gateway.solo.io",)
_GLOO_GROUPS = ("gloo.solo.io",)


def _from_gloo(*paths: str) -> tuple[Link, ...]:
    return tuple(
        Link(kind, _GLOO_ROUTE_GROUPS, BackendPath(f"{routes}.{path}", namespace="namespace"))
        for kind, routes in _GLOO_ROUTES
        for path in paths
    )


_GLOO_VIRTUAL_SERVICE = RouteKind(
    kind="VirtualService",
    groups=_GLOO_ROUTE_GROUPS,
    backends=_gloo_backends("spec.virtualHost.routes[].routeAction"),
    note="routeAction.single.upstream names an Upstream, delegateAction a RouteTable.",
)
_GLOO_ROUTE_TABLE = Intermediate(
    kind="RouteTable",
    groups=_GLOO_ROUTE_GROUPS,
    backends=_gloo_backends("spec.routes[].routeAction"),
    referred_by=(
        *_from_gloo("delegateAction", "delegateAction.ref"),
        *(
            Link(
                kind,
                _GLOO_ROUTE_GROUPS,
                BackendPath(f"{routes}.delegateAction.selector"),
                labels="labels",
                namespaces="namespaces",
            )
            for kind, routes in _GLOO_ROUTES
        ),
    ),
    note="Named or selected by labels in delegateAction; expressions of a selector are not looked at.",
)
_GLOO_UPSTREAM = Intermediate(
    kind="Upstream",
    groups=_GLOO_GROUPS,
    backends=(BackendPath("spec.kube", name="serviceName", namespace="serviceNamespace", port=("servicePort",)),),
    referred_by=(
        *_from_gloo("routeAction.single.upstream", "routeAction.multi.destinations[].destination.upstream"),
        from_gateway_api(_GLOO_GROUPS, "HTTPRoute", "spec.rules[].backendRefs[]", "Upstream"),
    ),
    carries=False,
    note="Mostly written by Gloo's discovery in the cluster, so that a package need not have it.",
)
_KGATEWAY_BACKEND = named_by_routes("Backend", ("gateway.kgateway.dev",), "Names hosts (spec.static).")
_AGENTGATEWAY_BACKEND = named_by_routes("AgentgatewayBackend", ("agentgateway.dev",), "Names a host (spec.static).")

PRODUCTS = (
    Product(
        id="gloo-edge",
        name="Gloo Edge, Gloo Gateway classic (Solo.io)",
        status="active, being replaced by kgateway",
        family=SWITCH,
        topology=("split",),
        default_target="endpoints",
        confidence="verified-in-source",
        sources=(
            "https://github.com/solo-io/gloo/blob/main/projects/gloo/constants/istio.go",
            "https://github.com/solo-io/gloo/blob/main/install/helm/gloo/templates/1-gloo-deployment.yaml",
        ),
        proxy_images=("solo-io/gloo-envoy-wrapper", "gloo-envoy-wrapper", "gloo-ee-envoy-wrapper"),
        controller_images=tuple(
            f"solo-io/{name}"
            for name in ("gloo", "gloo-ee", "discovery", "gateway", "ingress", "sds", "certgen", "access-logger")
        ),
        pod_labels=(
            PodLabels((("gloo", "gateway-proxy"),), PROXY),
            PodLabels((("gateway-proxy", "live"),), PROXY),
            PodLabels((("gloo", "gloo"),), CONTROLLER),
            PodLabels((("gloo", "discovery"),), CONTROLLER),
        ),
        proxy_containers=("gateway-proxy",),
        ingress_classes=("gloo",),
        gateway_controllers=("solo.io/gloo-gateway",),
        routes=(INGRESS, HTTP_ROUTE, _GLOO_VIRTUAL_SERVICE, _GLOO_ROUTE_TABLE, _GLOO_UPSTREAM),
        switches=(
            Switch(
                "environment",
                "environment of the gloo control-plane Deployment",
                "ENABLE_ISTIO_SIDECAR_ON_GATEWAY",
                routes=("Ingress", "VirtualService", "RouteTable", "Upstream"),
                since="1.12 line",
                headless=TOLERATES,
                found_by=OWN_PODS,
                images=("solo-io/gloo", "solo-io/gloo-ee"),
                note="For Istio, works beside any sidecar; deprecated since 1.17; not for proxies of the Gateway API.",
            ),
            Switch(
                "field",
                "Upstream",
                "spec.static.hosts[].addr/port",
                _SERVICE_NAME,
                purpose="detour",
                note="A static Upstream in place of the discovered one.",
            ),
        ),
        fallbacks=(DIRECT_ACCESS,),
        mark_at=(f"{POD_TEMPLATE} of gateway-proxy", "GatewayParameters spec.kube.podTemplate.extraAnnotations"),
        host_note="options.autoHostRewrite sends the destination's name, options.hostRewrite a fixed one.",
        headless_note="Keeps endpoints.",
        external_name_note="Through a static Upstream.",
        limits=(
            "The option settings.linkerd only adds a header, which Kuma does not look at.",
            "DaemonSet installations with host ports run on the host network by default.",
        ),
        ports_in=(
            PortNote(8443, "validation webhook", CONTROLLER),
            PortNote(9977, "xDS for the proxies", CONTROLLER),
            PortNote(9988, "gRPC between parts of the control plane", CONTROLLER),
        ),
        service_order="The main Service comes first.",
        token="unknown; may be off for the proxy",
    ),
    Product(
        id="kgateway",
        name="kgateway (CNCF, formerly Gloo Gateway)",
        family=DETOUR,
        topology=("operator-managed",),
        default_target="endpoints",
        confidence="verified-in-source",
        sources=(
            "https://github.com/kgateway-dev/kgateway/issues/6195",
            "https://github.com/kgateway-dev/kgateway/issues/10809",
            "https://github.com/kgateway-dev/kgateway",
        ),
        proxy_images=("kgateway-dev/envoy-wrapper", "envoy-wrapper"),
        controller_images=("kgateway-dev/kgateway", "kgateway-dev/sds"),
        pod_labels=(
            PodLabels((("kgateway", "kube-gateway"),), PROXY, origin="generated Pods"),
            PodLabels((("kgateway", "kgateway"),), CONTROLLER),
        ),
        proxy_containers=("kgateway-proxy",),
        gateway_controllers=("kgateway.dev/kgateway",),
        routes=(HTTP_ROUTE, GRPC_ROUTE, TCP_ROUTE, TLS_ROUTE, _KGATEWAY_BACKEND),
        switches=(
            Switch(
                "field",
                "Backend",
                "spec.static.hosts[].host/port",
                _SERVICE_NAME,
                purpose="detour",
                since="2.0",
                note="The route then names this Backend (gateway.kgateway.dev) in place of the Service.",
            ),
            Switch(
                "label",
                "Service",
                "istio.io/ingress-use-waypoint",
                purpose="detour",
                since="2.0",
                note="Belongs to another mesh's ambient mode; may change without notice. Do not build on it.",
            ),
        ),
        fallbacks=(DIRECT_ACCESS, EXTERNAL_NAME),
        mark_at=("GatewayParameters spec.kube.podTemplate.extraAnnotations", _GATEWAY_ANNOTATIONS),
        host_note="The filter URLRewrite of an HTTPRoute fixes another.",
        headless_note="Endpoints.",
        external_name_note="Through a static Backend.",
        limits=("Read in the lines 2.0 and 2.1; of newer releases only the documentation.",),
        ports_in=(PortNote(9977, "xDS", CONTROLLER), PortNote(9091, "metrics")),
        service_order="One Service per Gateway.",
        token="of another audience only; a projected volume has to be added",
    ),
    Product(
        id="agentgateway",
        name="agentgateway (data plane of kgateway, and alone)",
        status="active, young",
        family=DETOUR,
        topology=("operator-managed",),
        default_target="endpoints",
        confidence="reported",
        sources=("https://github.com/agentgateway/agentgateway",),
        proxy_images=("agentgateway", "agentgateway/agentgateway"),
        controller_images=("agentgateway/controller",),
        pod_labels=(
            PodLabels(
                (("gateway.networking.k8s.io/gateway-class-name", "agentgateway"),), PROXY, origin="generated Pods"
            ),
        ),
        proxy_containers=("agentgateway",),
        gateway_controllers=("agentgateway.dev/agentgateway",),
        routes=(HTTP_ROUTE, GRPC_ROUTE, TCP_ROUTE, TLS_ROUTE, _AGENTGATEWAY_BACKEND),
        switches=(
            Switch(
                "field",
                "AgentgatewayBackend",
                "spec.static.host/port",
                _SERVICE_NAME,
                purpose="detour",
                note="A static backend in place of the Service.",
            ),
        ),
        fallbacks=(DIRECT_ACCESS,),
        mark_at=("AgentgatewayParameters (an overlay of the Deployment)", _GATEWAY_ANNOTATIONS),
        headless_note="Endpoints.",
        external_name_note="Through a static backend.",
        limits=("Endpoints come from its control plane's own discovery.",),
        service_order="One Service per Gateway.",
        token="off",
    ),
)
