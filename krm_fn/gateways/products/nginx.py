"""The NGINX family: ingress-nginx of the Kubernetes community, NGINX Ingress Controller of F5, NGINX Gateway Fabric.

All three read their own settings on their own objects; none reads what Kuma's control plane writes on Services.
"""

from __future__ import annotations

from krm_fn.gateways.chains import Intermediate, Link
from krm_fn.gateways.product import (
    BY_ANNOTATION,
    BY_FLAG,
    COMBINED,
    CONTROLLER,
    PROXY,
    SWITCH,
    TOLERATES,
    VETO,
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
    UDP_ROUTE,
)

_NAME = "app.kubernetes.io/name"
_COMPONENT = "app.kubernetes.io/component"

_STREAM_SERVICES = RouteKind(
    kind="ConfigMap",
    groups=("",),
    backends=(BackendPath("data{}", name="", syntax="stream"),),
    attach="flag",
    flags=("--tcp-services-configmap", "--udp-services-configmap"),
    note="Entries `port: namespace/service:port`; they always go to endpoints.",
)


_F5_GROUPS = ("k8s.nginx.org",)


def _f5_route(kind: str, syntax: str, note: str = "") -> RouteKind:
    return RouteKind(
        kind=kind,
        groups=_F5_GROUPS,
        backends=(BackendPath("spec.upstreams[]", name="service", syntax=syntax),),
        note=note,
    )


_VIRTUAL_SERVER_ROUTE = Intermediate(
    kind="VirtualServerRoute",
    groups=_F5_GROUPS,
    backends=(BackendPath("spec.upstreams[]", name="service", syntax="prefixed"),),
    referred_by=(
        Link("VirtualServer", _F5_GROUPS, BackendPath("spec.routes[]", name="route", syntax="prefixed")),
        Link(
            "VirtualServer", _F5_GROUPS, BackendPath("spec.routes[].routeSelector"), labels="matchLabels", anywhere=True
        ),
    ),
    note="A VirtualServer names it (route), or in newer releases its labels (routeSelector; not read in their source).",
)
_F5_IMAGES = tuple(f"nginx-ic{flavour}/nginx-plus-ingress" for flavour in ("", "-nap", "-dos"))

PRODUCTS = (
    Product(
        id="ingress-nginx",
        name="ingress-nginx (Kubernetes community)",
        status="retired in March 2026",
        family=SWITCH,
        topology=(COMBINED,),
        default_target="endpoints",
        confidence="verified-in-source",
        sources=(
            "https://github.com/kubernetes/ingress-nginx/blob/main/internal/ingress/annotations/serviceupstream/main.go",
            "https://github.com/kubernetes/ingress-nginx/blob/main/internal/ingress/controller/controller.go",
            "https://github.com/kubernetes/ingress-nginx/pull/981",
            "https://github.com/kubernetes/ingress-nginx/pull/7469",
            "https://github.com/kubernetes/ingress-nginx/issues/4024",
            "https://github.com/kubernetes/ingress-nginx/issues/8554",
        ),
        proxy_images=(
            "ingress-nginx/controller",
            "ingress-nginx/controller-chroot",
            "rancher/nginx-ingress-controller",
            "bitnami/nginx-ingress-controller",
            "bitnamilegacy/nginx-ingress-controller",
        ),
        controller_images=("ingress-nginx/kube-webhook-certgen",),
        pod_labels=(
            PodLabels(((_NAME, "ingress-nginx"), (_COMPONENT, "controller")), COMBINED),
            PodLabels(
                ((_NAME, "ingress-nginx"), (_COMPONENT, "admission-webhook")), CONTROLLER, origin="certificate Jobs"
            ),
        ),
        proxy_containers=("controller",),
        ingress_classes=("nginx",),
        ingress_controllers=("k8s.io/ingress-nginx",),
        routes=(INGRESS, _STREAM_SERVICES),
        switches=(
            Switch(
                BY_ANNOTATION,
                "Ingress",
                "nginx.ingress.kubernetes.io/service-upstream",
                routes=("Ingress",),
                since="0.9.0-beta",
                headless=TOLERATES,
                shared=True,
                note="Read on the Ingress and nowhere else; the flag --annotations-prefix renames the prefix.",
            ),
            Switch(
                "controller",
                "controller ConfigMap",
                "data.service-upstream",
                purpose="alternative",
                routes=("Ingress",),
                since="controller-v1.0.1",
                found_by=BY_FLAG,
                flags=("--configmap",),
                preferred=True,
                note="The default for every Ingress; an annotation still wins.",
            ),
        ),
        mark_at=(POD_TEMPLATE,),
        host_note="nginx.ingress.kubernetes.io/upstream-vhost on the Ingress fixes another; Istio recipes need it, "
        "Kuma does not.",
        headless_note="Logs an error and keeps endpoints.",
        external_name_note="Dialled by name, with an error in the log when the switch is on.",
        limits=(
            "Affinity and hashing see one upstream; retries have no second server; readiness is not looked at.",
            "Ingresses that name the same Service and port share an upstream, and the first one decides: annotate all, "
            "canaries too.",
            "The ConfigMaps for TCP and UDP always use endpoints, ssl-passthrough always the ClusterIP.",
        ),
        ports_in=(PortNote(8443, "admission webhook"), PortNote(10254, "health and metrics")),
        service_order="The main Service comes first. With host ports and no Service, the metrics or admission Service "
        "names the Dataplane.",
        token="mounted",
    ),
    Product(
        id="nginx-nic",
        name="NGINX Ingress Controller (F5)",
        family=SWITCH,
        topology=(COMBINED,),
        default_target="endpoints",
        confidence="verified-in-source",
        sources=(
            "https://github.com/nginx/kubernetes-ingress/blob/main/internal/configs/annotations.go",
            "https://github.com/nginx/kubernetes-ingress/blob/main/docs/crd/k8s.nginx.org_virtualservers.md",
            "https://github.com/nginx/kubernetes-ingress/issues/2529",
            "https://github.com/nginx/kubernetes-ingress/pull/4665",
        ),
        proxy_images=("nginx/nginx-ingress", *_F5_IMAGES),
        pod_labels=(
            PodLabels(((_NAME, "nginx-ingress"),), COMBINED, origin="chart"),
            PodLabels((("app", "nginx-ingress"),), COMBINED, origin="plain manifests"),
        ),
        proxy_containers=("nginx-ingress",),
        ingress_classes=("nginx",),
        ingress_controllers=("nginx.org/ingress-controller",),
        routes=(
            INGRESS,
            _f5_route("VirtualServer", "prefixed"),
            _VIRTUAL_SERVER_ROUTE,
            _f5_route("TransportServer", "plain", "Has no switch."),
        ),
        switches=(
            Switch(
                BY_ANNOTATION,
                "Ingress",
                "nginx.org/use-cluster-ip",
                routes=("Ingress",),
                since="3.5.0",
                headless=VETO,
                unless=(("nginx.org/mergeable-ingress-type", "master"),),
                note="Of mergeable Ingresses the minions carry it, never the master.",
            ),
            Switch(
                "field",
                "VirtualServer",
                "spec.upstreams[].use-cluster-ip",
                True,
                routes=("VirtualServer",),
                since="1.11.0",
                headless=VETO,
                not_beside=("subselector",),
                shared=True,
                shared_below=True,
                note="Not together with subselector. Upstreams of one Service and port share their servers with those "
                "of the VirtualServerRoutes below: the last one read decides "
                "(internal/configs/virtualserver.go of 1.12.5).",
            ),
            Switch(
                "field",
                "VirtualServerRoute",
                "spec.upstreams[].use-cluster-ip",
                True,
                routes=("VirtualServerRoute",),
                since="1.11.0",
                headless=VETO,
                not_beside=("subselector",),
                shared=True,
                shared_below=True,
            ),
        ),
        fallbacks=(DIRECT_ACCESS,),
        mark_at=(POD_TEMPLATE,),
        host_note="action.proxy.requestHeaders.set of a VirtualServer fixes another.",
        headless_note="The switch writes the word None as server address, and NGINX refuses the configuration.",
        external_name_note="Needs a resolver, which is an NGINX Plus feature.",
        limits=(
            "One server per upstream: balancing methods, slow start, active health checks, sticky cookies are void.",
            "TransportServer and the Services of external-auth policies always use endpoints.",
            "IPv6 ClusterIPs in a VirtualServerRoute are written without brackets (not run).",
        ),
        ports_in=(PortNote(8081, "readiness"), PortNote(9113, "metrics")),
        service_order="Right with the chart.",
        token="mounted",
    ),
    Product(
        id="nginx-gateway-fabric",
        name="NGINX Gateway Fabric",
        family=SWITCH,
        topology=("operator-managed",),
        default_target="endpoints",
        confidence="verified-in-source",
        sources=(
            "https://github.com/nginx/nginx-gateway-fabric/pull/5280",
            "https://github.com/nginx/nginx-gateway-fabric/pull/5557",
            "https://github.com/nginx/nginx-gateway-fabric/issues/5243",
            "https://github.com/nginx/nginx-gateway-fabric/blob/main/internal/controller/provisioner/objects.go",
        ),
        proxy_images=tuple(f"nginx-gateway-fabric/{name}" for name in ("nginx", "nginx-plus", "nginx-plus-f5waf")),
        controller_images=("nginx/nginx-gateway-fabric", "nginx-gateway-fabric"),
        pod_labels=(
            PodLabels((("gateway.networking.k8s.io/gateway-name", "*"),), PROXY, strong=False, origin="generated Pods"),
            PodLabels(((_NAME, "nginx-gateway-fabric"),), CONTROLLER, origin="chart"),
        ),
        proxy_containers=("nginx",),
        gateway_controllers=("gateway.nginx.org/nginx-gateway-controller",),
        routes=(HTTP_ROUTE, GRPC_ROUTE, TLS_ROUTE, TCP_ROUTE, UDP_ROUTE),
        switches=(
            Switch(
                "policy",
                "UpstreamSettingsPolicy",
                "spec.useClusterIP",
                True,
                routes=("HTTPRoute", "GRPCRoute"),
                since="unreleased: not in 2.6.7, expected in 2.7",
                headless=TOLERATES,
                note="Its targetRefs name Services.",
                left="no release has it yet",
            ),
            Switch(
                "proxy",
                "NginxProxy",
                "spec.useClusterIP",
                True,
                routes=("HTTPRoute", "GRPCRoute"),
                since="unreleased: expected in 2.7",
                headless=TOLERATES,
                note="A whole Gateway or GatewayClass; the policy wins.",
                left="no release has it yet",
            ),
        ),
        fallbacks=(DIRECT_ACCESS, EXTERNAL_NAME),
        mark_at=(
            "Gateway spec.infrastructure.annotations",
            "NginxProxy spec.kubernetes.deployment.patches",
        ),
        host_note="The filters requestHeaderModifier and URLRewrite of an HTTPRoute fix another.",
        headless_note="Keeps endpoints.",
        external_name_note="Dialled by name.",
        limits=("Releases up to 2.6 have no switch: use direct access.", "Layer 4 routes have none at all."),
        ports_in=(
            PortNote(
                8443, "gRPC of the control plane with its own TLS; outbound on the proxies if it fails", CONTROLLER
            ),
            PortNote(9113, "metrics"),
        ),
        service_order="One Service per Gateway.",
        token="mounted on the proxies",
    ),
)
