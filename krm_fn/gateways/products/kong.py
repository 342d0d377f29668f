"""Kong: the Ingress Controller (charts `kong` and `ingress`, plain manifests) and the Kong Operator.

The proxies of both run the same images; their Pod labels tell them apart. The annotation that Kuma's control plane
writes on Services is Kong's own: see internal/annotations of https://github.com/Kong/kubernetes-ingress-controller
"""

from __future__ import annotations

from krm_fn.gateways.chains import Intermediate, Link
from krm_fn.gateways.product import (
    BY_ANNOTATION,
    CLASS_PARAMETERS,
    COMBINED,
    CONTROLLER,
    PROXY,
    SWITCH,
    BackendPath,
    Container,
    PodLabels,
    PortNote,
    Product,
    RouteKind,
    Switch,
)
from krm_fn.gateways.products.common import (
    GRPC_ROUTE,
    HTTP_ROUTE,
    INGRESS,
    POD_TEMPLATE,
    TCP_ROUTE,
    TLS_ROUTE,
    UDP_ROUTE,
)

_IMAGES = ("kong", "library/kong", "kong/kong", "kong/kong-gateway")
_SERVICE_UPSTREAM = "ingress.kubernetes.io/service-upstream"
_HYBRID_ROLE = Container("KONG_ROLE", "control_plane", CONTROLLER)


def _layer_4_ingress(kind: str, *, udp: bool = False) -> RouteKind:
    return RouteKind(
        kind=kind,
        groups=("configuration.konghq.com",),
        backends=(BackendPath("spec.rules[].backend", name="serviceName", port=("servicePort",)),),
        udp=udp,
        note="Deprecated since 3.5.",
    )


_FACADE_GROUPS = ("incubator.ingress-controller.konghq.com",)
_IS_FACADE = (("apiGroup", _FACADE_GROUPS), ("kind", ("KongServiceFacade",)))
_FACADE = Intermediate(
    kind="KongServiceFacade",
    groups=_FACADE_GROUPS,
    backends=(BackendPath("spec.backendRef"),),
    referred_by=tuple(
        Link("Ingress", INGRESS.groups, BackendPath(path, when=_IS_FACADE))
        for path in ("spec.rules[].http.paths[].backend.resource", "spec.defaultBackend.resource")
    ),
    note="Stands between an Ingress (backend.resource) and a Service; the annotation goes on the Service behind it.",
)

_HOST = (
    "konghq.com/preserve-host=false on the route sends the destination's name, konghq.com/host-header on the Service a "
    "fixed one."
)
_DNS_ORDER = Switch(
    "environment",
    "proxy container",
    "KONG_DNS_ORDER",
    "LAST,A,CNAME",
    purpose="harden",
    note="Kong's older resolver prefers SRV answers and takes the port from them: a Service with several ports may be "
    "dialled on the wrong one.",
)

PRODUCTS = (
    Product(
        id="kong-kic",
        name="Kong Ingress Controller",
        status="active, but features are added to Kong Operator only",
        family=SWITCH,
        topology=(COMBINED, "split"),
        default_target="endpoints",
        confidence="verified-in-source",
        sources=(
            "https://github.com/Kong/kubernetes-ingress-controller/blob/main/internal/annotations/annotations.go",
            "https://github.com/Kong/kubernetes-ingress-controller/blob/main/CHANGELOG.md",
            "https://github.com/Kong/charts/tree/main/charts/ingress",
            "https://github.com/Kong/charts/tree/main/charts/kong",
            "https://github.com/Kong/kong/issues/10167",
            "https://github.com/Kong/kong/issues/4789",
            "https://github.com/Kong/charts/issues/818",
            "https://github.com/kumahq/kuma/issues/12765",
        ),
        proxy_images=_IMAGES,
        shared_images=_IMAGES,
        controller_images=("kong/kubernetes-ingress-controller",),
        pod_labels=(
            PodLabels((("app.kubernetes.io/name", "gateway"),), PROXY, origin="chart ingress"),
            PodLabels((("app.kubernetes.io/name", "controller"),), CONTROLLER, strong=False, origin="chart ingress"),
            PodLabels(
                (("app.kubernetes.io/name", "kong"), ("app.kubernetes.io/component", "app")),
                COMBINED,
                origin="chart kong",
            ),
            PodLabels(
                (("app", "ingress-kong"),), COMBINED, origin="plain manifests; controller alone in the split ones"
            ),
            PodLabels((("app", "proxy-kong"),), PROXY, origin="plain manifests, split"),
        ),
        role_by_environment=(_HYBRID_ROLE,),
        proxy_containers=("proxy",),
        controller_containers=("ingress-controller",),
        ingress_classes=("kong",),
        ingress_controllers=("ingress-controllers.konghq.com/kong",),
        gateway_controllers=("konghq.com/kic-gateway-controller",),
        routes=(
            INGRESS,
            HTTP_ROUTE,
            GRPC_ROUTE,
            TCP_ROUTE,
            UDP_ROUTE,
            TLS_ROUTE,
            _layer_4_ingress("TCPIngress"),
            _layer_4_ingress("UDPIngress", udp=True),
            _FACADE,
        ),
        switches=(
            Switch(
                BY_ANNOTATION,
                "Service",
                _SERVICE_UPSTREAM,
                since="0.6.0",
                kuma_writes=True,
                note="For every kind of route, and even for Services of type ExternalName.",
            ),
            Switch(
                "policy",
                "IngressClassParameters",
                "spec.serviceUpstream",
                True,
                purpose="alternative",
                since="2.4.0",
                found_by=CLASS_PARAMETERS,
                group="configuration.konghq.com",
                preferred=True,
                prevails=True,
                note="Named by spec.parameters of the controller's own IngressClass; holds for every route that this "
                "controller serves, those of the Gateway API and its own kinds among them, and for Services of type "
                "ExternalName.",
            ),
            Switch(
                "controller",
                "controller flag",
                "--cluster-domain",
                "cluster.local",
                purpose="alternative",
                since="3.4.0",
                note="Only lengthens the generated name svc.namespace.svc; not needed for the mesh.",
                left="the mesh does not need it",
            ),
            _DNS_ORDER,
            Switch(
                "environment",
                "proxy container",
                "KONG_NEW_DNS_CLIENT",
                "on",
                purpose="harden",
                since="Kong 3.8",
                note="The newer resolver does not have the port trap; instead of KONG_DNS_ORDER.",
            ),
            Switch(
                "environment",
                "proxy container",
                "KONG_UPSTREAM_KEEPALIVE_POOL_SIZE",
                "0",
                purpose="harden",
                note="Only for destinations that the sidecar balances as plain TCP.",
            ),
        ),
        kuma_annotation_works=True,
        mark_at=(POD_TEMPLATE,),
        host_note=_HOST,
        headless_note="With the annotation the name leads to Pods, dialled on the Service's port number.",
        external_name_note="Dialled by name; the reference needs a numeric port.",
        limits=(
            "A Service is one target: hashing, stickiness, health checks and retries elsewhere have nothing to choose.",
            "Weights between Services keep working.",
            "Kept connections make balancing per connection uneven.",
            "Releases before 3.1.4 name a Service that has both TCP and UDP ports twice as target of one upstream, "
            "which the changelog calls invalid: keep the protocols in Services of their own, or take a newer release.",
        ),
        ports_in=(
            PortNote(8080, "admission webhook, called by the API server without a mesh identity", CONTROLLER),
            PortNote(8444, "Kong's admin API, which speaks its own TLS: outbound on the controller", CONTROLLER),
            PortNote(10254, "health of the controller", CONTROLLER),
            PortNote(10255, "metrics of the controller", CONTROLLER),
            PortNote(8100, "status of the proxy"),
        ),
        service_order="Chart ingress: the headless -gateway-admin Service comes first; chart kong: -kong-manager does. "
        "All but the -proxy Service want kuma.io/ignore.",
        token="off; the vendor's manifests name a projected volume",
    ),
    Product(
        id="kong-operator",
        name="Kong Operator (Kong Gateway Operator)",
        family=SWITCH,
        topology=("operator-managed",),
        default_target="endpoints",
        confidence="verified-in-source",
        sources=(
            "https://github.com/Kong/kong-operator/blob/main/docs/cli-arguments.md",
            "https://github.com/Kong/kong-operator/pull/4018",
            "https://github.com/Kong/kong-operator/blob/main/controller/hybridgateway/target/target.go",
        ),
        proxy_images=_IMAGES,
        shared_images=_IMAGES,
        confirmed_by=("labels",),
        controller_images=("kong/kong-operator", "kong/gateway-operator", "kong/gateway-operator-oss"),
        pod_labels=(
            PodLabels((("gateway-operator.konghq.com/managed-by", "dataplane"),), PROXY, origin="generated Pods"),
            PodLabels((("gateway-operator.konghq.com/managed-by", "controlplane"),), CONTROLLER, origin="operator 1.x"),
        ),
        role_by_environment=(_HYBRID_ROLE,),
        proxy_containers=("proxy",),
        ingress_classes=("kong",),
        ingress_controllers=("ingress-controllers.konghq.com/kong",),
        gateway_controllers=("konghq.com/gateway-operator",),
        routes=(INGRESS, HTTP_ROUTE, GRPC_ROUTE, TCP_ROUTE, UDP_ROUTE, TLS_ROUTE),
        switches=(
            Switch(
                BY_ANNOTATION,
                "Service",
                _SERVICE_UPSTREAM,
                since="2.2.0 for hybrid gateways; always in ControlPlane mode, as the classic controller",
                kuma_writes=True,
                note="The target becomes svc.namespace.svc.",
            ),
            Switch(
                "controller",
                "operator flag",
                "--enable-fqdn-mode",
                purpose="alternative",
                since="2.1.0",
                note="The whole operator, hybrid gateways only; headless Services keep endpoints.",
                left="since 2.2.0 the annotation on the Service does the same, for the routes that need it",
            ),
            _DNS_ORDER,
        ),
        kuma_annotation_works=True,
        mark_at=(
            "DataPlane spec.deployment.podTemplateSpec.metadata.annotations",
            "GatewayConfiguration spec.dataPlaneOptions.deployment.podTemplateSpec.metadata.annotations",
        ),
        host_note=_HOST,
        headless_note="Keeps endpoints in fqdn mode.",
        external_name_note="Dialled by name.",
        limits=(
            "As for the Ingress Controller.",
            "Hybrid gateways before 2.2.0 do not read the annotation.",
            "The proxy Pods are generated: what they need goes into the custom resource.",
        ),
        ports_in=(
            PortNote(8444, "admin API, which speaks its own TLS"),
            PortNote(8100, "status"),
        ),
        ports_out=(PortNote(443, "Konnect and its telemetry, outside the cluster"),),
        service_order="The generated dataplane-admin-* come before dataplane-ingress-*, and manifests cannot mend it. "
        "Let policies select Pod labels.",
        token="unknown; look at a generated Pod",
    ),
)
