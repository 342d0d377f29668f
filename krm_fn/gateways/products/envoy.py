"""Gateways built on Envoy: Contour, Emissary, Envoy Gateway.

All but Emissary learn endpoints from their control plane (EDS). The image of Envoy itself serves a thousand other ends,
so that only the products' own Pod labels count. How HTTPProxies include each other:
https://github.com/projectcontour/contour/blob/main/internal/dag/httpproxy_processor.go
What Envoy Gateway makes of Services without endpoints or address, and of policies:
https://github.com/envoyproxy/gateway/blob/main/internal/gatewayapi/route.go and its release notes 1.7.5, 1.8.0, 1.8.2;
https://github.com/envoyproxy/gateway/blob/main/internal/gatewayapi/policyindex.go
"""

from __future__ import annotations

from krm_fn.gateways.chains import Intermediate, Link
from krm_fn.gateways.product import (
    COMBINED,
    CONTROLLER,
    DETOUR,
    GUARD,
    NOTHING,
    PARENT_PARAMETERS,
    PROXY,
    SWITCH,
    TARGET_REFS,
    TOLERATES,
    BackendPath,
    Naming,
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
    UDP_ROUTE,
    named_by_routes,
)

_NAME = "app.kubernetes.io/name"
_COMPONENT = "app.kubernetes.io/component"
_GATEWAY_ANNOTATIONS = "Gateway spec.infrastructure.annotations"
_SERVICE_NAME = "<svc>.<ns>.svc.cluster.local"

_CONTOUR_GROUPS = ("projectcontour.io",)


def _of_http_proxy(path: str) -> Link:
    return Link("HTTPProxy", _CONTOUR_GROUPS, BackendPath(path, namespace="namespace"))


_HTTP_PROXY = Intermediate(
    kind="HTTPProxy",
    groups=_CONTOUR_GROUPS,
    backends=(BackendPath("spec.routes[].services[]"), BackendPath("spec.tcpproxy.services[]")),
    root="spec.virtualhost",
    referred_by=(
        _of_http_proxy("spec.includes[]"),
        _of_http_proxy("spec.tcpproxy.include"),
        _of_http_proxy("spec.tcpproxy.includes"),
    ),
    note="Without spec.virtualhost it has to be included by another one.",
)
_EXTENSION_SERVICE = Intermediate(
    kind="ExtensionService",
    groups=_CONTOUR_GROUPS,
    backends=(BackendPath("spec.services[]"),),
    referred_by=(_of_http_proxy("spec.virtualhost.authorization.extensionRef"),),
    carries=False,
    external_names=False,
    note="The configuration of Contour may name it too, for authorization, rate limits or tracing of all. It refuses "
    "ExternalName Services (internal/dag/extension_processor.go, 1.30 to 1.33).",
)


def _emissary(kind: str, field: str = "spec.service", note: str = "") -> RouteKind:
    return RouteKind(
        kind=kind,
        groups=("getambassador.io",),
        backends=(BackendPath(field, name="", syntax="url"),),
        note=note,
    )


_RESOLVERS = Naming(
    "getambassador.io",
    kinds=(("KubernetesServiceResolver", True), ("KubernetesEndpointResolver", False), ("ConsulResolver", False)),
    built_in=(
        ("kubernetes-service", True),
        ("kubernetes-endpoint", False),
        ("endpoint", False),
        ("consul-endpoint", False),
        ("consul", False),
    ),
)


def _resolver(kind: str, field: str, since: str = "", note: str = "") -> Switch:
    return Switch(
        "field",
        kind,
        field,
        "kubernetes-service (or absent)",
        purpose=GUARD,
        since=since,
        headless=TOLERATES,
        note=note,
        naming=_RESOLVERS,
    )


_NO_EXTERNAL_NAME = (
    "before releases 1.7.5, 1.8.2 and 1.9.0 the whole Gateway gets no further changes then; let that route lead to a "
    "Backend (gateway.envoyproxy.io) with the name as fqdn"
)
_CONTROLLER_IMAGES = ("envoyproxy/gateway",)
_BACKEND = named_by_routes("Backend", ("gateway.envoyproxy.io",), "Names hosts (spec.endpoints[].fqdn) or addresses.")

PRODUCTS = (
    Product(
        id="contour",
        name="Contour",
        family=DETOUR,
        topology=("split", "operator-managed"),
        default_target="endpoints",
        confidence="verified-in-source",
        sources=(
            "https://github.com/projectcontour/contour/blob/main/apis/projectcontour/v1alpha1/contourconfig.go",
            "https://github.com/projectcontour/contour/blob/main/examples/render/contour.yaml",
            "https://linkerd.io/2/tasks/using-ingress/",
        ),
        proxy_images=("envoyproxy/envoy", "bitnami/envoy"),
        shared_images=("envoyproxy/envoy", "bitnami/envoy"),
        confirmed_by=("labels", "controller"),
        controller_images=("projectcontour/contour", "bitnami/contour", "projectcontour/contour-operator"),
        pod_labels=(
            PodLabels((("app", "envoy"),), PROXY, strong=False, origin="plain manifests"),
            PodLabels((("app", "contour"),), CONTROLLER, origin="plain manifests"),
            PodLabels(((_NAME, "contour"), (_COMPONENT, "envoy")), PROXY, origin="chart"),
            PodLabels(((_NAME, "contour"), (_COMPONENT, "contour")), CONTROLLER, origin="chart"),
        ),
        proxy_containers=("envoy",),
        ingress_classes=("contour",),
        ingress_controllers=("projectcontour.io/*",),
        gateway_controllers=("projectcontour.io/gateway-controller",),
        routes=(INGRESS, HTTP_ROUTE, GRPC_ROUTE, TLS_ROUTE, TCP_ROUTE, _HTTP_PROXY, _EXTENSION_SERVICE),
        switches=(
            Switch(
                "configuration",
                "ContourConfiguration or configuration file",
                "enableExternalNameService",
                True,
                purpose="detour",
                since="1.17.1",
                note="Off by default since that release; the detour needs it.",
                seen_at=(
                    ("ContourConfiguration", "spec.enableExternalNameService"),
                    ("ContourDeployment", "spec.runtimeSettings.enableExternalNameService"),
                    ("ConfigMap", "data{}"),
                ),
            ),
        ),
        fallbacks=(EXTERNAL_NAME, DIRECT_ACCESS),
        mark_at=(f"{POD_TEMPLATE} of the envoy workload", "ContourDeployment spec.envoy.podAnnotations"),
        host_note="requestHeadersPolicy.set of an HTTPProxy fixes another.",
        headless_note="Endpoints.",
        external_name_note="Refused unless enabled; an HTTPProxy then usually has to rewrite the Host.",
        limits=(
            "Backends always come over EDS.",
            "The Envoy Pods use host ports, which inbound interception never sees.",
        ),
        ports_in=(
            PortNote(8001, "xDS with Contour's own certificates; outbound on the Envoy Pods if it fails", CONTROLLER),
            PortNote(8000, "metrics and health of the controller", CONTROLLER),
            PortNote(8002, "readiness and statistics of Envoy"),
        ),
        service_order="One Service, named envoy.",
        token="off on the Envoy Pods; a projected volume has to be added and named",
    ),
    Product(
        id="emissary",
        name="Emissary-ingress and Ambassador Edge Stack",
        status="active (Emissary), commercial (Edge Stack)",
        family=NOTHING,
        topology=(COMBINED,),
        default_target="service-dns",
        confidence="verified-in-source",
        sources=(
            "https://github.com/emissary-ingress/emissary/blob/master/python/ambassador/src/ambassador/ir/irserviceresolver.py",
            "https://linkerd.io/2/tasks/using-ingress/",
        ),
        proxy_images=(
            "emissary-ingress/emissary",
            "datawire/emissary",
            "datawire/aes",
            "datawire/ambassador",
            "ambassador/aes",
        ),
        pod_labels=(
            PodLabels(((_NAME, "emissary-ingress"),), COMBINED),
            PodLabels((("product", "aes"),), COMBINED),
            PodLabels((("service", "ambassador"),), COMBINED, origin="old manifests"),
            PodLabels(((_NAME, "emissary-apiext"),), CONTROLLER, origin="the webhook that converts its CRDs"),
        ),
        role_by_labels=True,
        proxy_containers=("ambassador", "aes", "emissary-ingress"),
        ingress_classes=("ambassador",),
        ingress_controllers=("getambassador.io/ingress-controller",),
        routes=(
            INGRESS,
            _emissary(
                "Mapping", note="Mappings inside the annotation getambassador.io/config of Services are not read."
            ),
            _emissary("TCPMapping"),
            _emissary("AuthService", "spec.auth_service"),
            _emissary("RateLimitService"),
        ),
        switches=(
            _resolver(
                "Mapping",
                "spec.resolver",
                "0.50",
                "Or the name of any other KubernetesServiceResolver: its kind decides. A KubernetesEndpointResolver "
                "or ConsulResolver leaves the mesh.",
            ),
            _resolver("TCPMapping", "spec.resolver"),
            _resolver(
                "Module",
                "spec.config.resolver",
                note="Counts for what names no resolver itself. The Module is the one named ambassador.",
            ),
        ),
        fallbacks=(DIRECT_ACCESS,),
        mark_at=(POD_TEMPLATE,),
        host_note="spec.auto_host_rewrite sends the destination's name, spec.host_rewrite a fixed one.",
        headless_note="The name leads to Pods, dialled on the port written in service.",
        external_name_note="Dialled by name.",
        limits=(
            "The Service resolver refuses a load_balancer policy: take spec.load_balancer out together with resolver.",
        ),
        ports_in=(
            PortNote(8877, "admin and health"),
            PortNote(8005, "snapshots for add-ons"),
            PortNote(8443, "the conversion webhook of emissary-apiext", CONTROLLER),
        ),
        service_order="The main Service happens to come before the -admin one.",
        token="mounted",
    ),
    Product(
        id="envoy-gateway",
        name="Envoy Gateway",
        family=SWITCH,
        topology=("operator-managed",),
        default_target="endpoints",
        confidence="verified-in-source",
        sources=(
            "https://github.com/envoyproxy/gateway/blob/main/api/v1alpha1/envoyproxy_types.go",
            "https://github.com/envoyproxy/gateway/blob/main/api/v1alpha1/backendtrafficpolicy_types.go",
            "https://github.com/envoyproxy/gateway/issues/1900",
            "https://github.com/envoyproxy/gateway/blob/main/internal/infrastructure/kubernetes/proxy/resource_provider.go",
        ),
        proxy_images=("envoyproxy/envoy",),
        shared_images=("envoyproxy/envoy",),
        confirmed_by=("labels",),
        controller_images=("envoyproxy/gateway", "envoyproxy/ratelimit"),
        pod_labels=(
            PodLabels(
                ((_NAME, "envoy"), (_COMPONENT, "proxy"), ("app.kubernetes.io/managed-by", "envoy-gateway")),
                PROXY,
                origin="generated Pods",
            ),
            PodLabels((("control-plane", "envoy-gateway"),), CONTROLLER),
        ),
        proxy_containers=("envoy",),
        gateway_controllers=("gateway.envoyproxy.io/gatewayclass-controller",),
        routes=(HTTP_ROUTE, GRPC_ROUTE, TLS_ROUTE, TCP_ROUTE, UDP_ROUTE, _BACKEND),
        switches=(
            Switch(
                "proxy",
                "EnvoyProxy",
                "spec.routingType",
                "Service",
                since="1.1.0",
                headless=TOLERATES,
                headless_since="1.7.0",
                not_with_external_name=_NO_EXTERNAL_NAME,
                found_by=PARENT_PARAMETERS,
                group="gateway.envoyproxy.io",
                preferred=True,
                images=_CONTROLLER_IMAGES,
                note="A whole GatewayClass or Gateway, by parametersRef.",
            ),
            Switch(
                "policy",
                "BackendTrafficPolicy",
                "spec.routingType",
                "Service",
                purpose="alternative",
                since="1.8.0",
                headless=TOLERATES,
                not_with_external_name=_NO_EXTERNAL_NAME,
                merged_by=("mergeType", "StrategicMerge"),
                found_by=TARGET_REFS,
                group="gateway.envoyproxy.io",
                version="v1alpha1",
                images=_CONTROLLER_IMAGES,
                note="Per rule, route, listener or Gateway, the narrowest first; wins over EnvoyProxy. Release 1.7 "
                "accepts the field and does not read it. Without mergeType a policy of a route replaces the one of "
                "its Gateway.",
            ),
        ),
        fallbacks=(DIRECT_ACCESS,),
        mark_at=("EnvoyProxy spec.provider.kubernetes.envoyDeployment.pod.annotations (or envoyDaemonSet)",),
        host_note="The filter URLRewrite of an HTTPRoute, or an HTTPRouteFilter, fixes another.",
        headless_note="Keeps endpoints since 1.7.0; older releases refuse it beside the setting, the oldest stall.",
        external_name_note="Refused; a Backend with fqdn does it. Beside the setting, releases before 1.7.5, 1.8.2 and "
        "1.9.0 stop passing on changes to the whole Gateway.",
        limits=(
            "Its load balancing policy, zone awareness, active health checks, client persistence have no effect.",
            "What policies send to beside the route (external authorization and processing, access logs, traces) "
            "follows EnvoyProxy alone; a BackendTrafficPolicy with routingType does not change it.",
            "A policy of a route or a rule with neither routingType nor mergeType hides the Gateway's routingType "
            "since 1.9; 1.8 asks the Gateway's policy then.",
            "Routes and policies outside of the package are not seen: an ExternalName backend there, or a policy that "
            "already targets the route.",
        ),
        ports_in=(
            PortNote(19001, "readiness and statistics of Envoy"),
            PortNote(18000, "xDS with its own certificates", CONTROLLER),
            PortNote(9443, "topology injector webhook", CONTROLLER),
        ),
        service_order="One Service per Gateway.",
        token="off; a projected volume has to be added through EnvoyProxy and named",
    ),
)
