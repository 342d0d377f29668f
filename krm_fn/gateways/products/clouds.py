"""Gateways that cannot be in the mesh: load balancers of clouds, proxies of nodes, gateways of other meshes.

They are listed so that their routes are reported and their Pods left alone. The usual answer is a delegated gateway
behind them.
"""

from __future__ import annotations

from krm_fn.gateways.product import CONTROLLER, IMPOSSIBLE, PROXY, BackendPath, PodLabels, PortNote, Product, RouteKind
from krm_fn.gateways.products.common import (
    CHAIN,
    GRPC_ROUTE,
    HTTP_ROUTE,
    INGRESS,
    TCP_ROUTE,
    TLS_ROUTE,
    UDP_ROUTE,
)

_NO_IDENTITY = "It has no mesh identity: a backend with strict mTLS refuses it."
_BEHIND = "Make a delegated gateway its only backend."

_ISTIO_ROUTE = RouteKind(
    kind="VirtualService",
    groups=("networking.istio.io",),
    backends=tuple(
        BackendPath(f"spec.{protocol}[].route[].destination", name="host", port=("port.number",), syntax="fqdn")
        for protocol in ("http", "tcp", "tls")
    ),
    wanted="spec.gateways",
    unwanted=("mesh",),
    note="Without a gateway in spec.gateways it concerns sidecars only.",
)
_IS_SERVICE = (("kind", ("Service",)),)
_OPENSHIFT_ROUTE = RouteKind(
    kind="Route",
    groups=("route.openshift.io",),
    backends=(
        BackendPath("spec.to", port=("../port.targetPort",), when=_IS_SERVICE),
        BackendPath("spec.alternateBackends[]", port=(), when=_IS_SERVICE),
    ),
    note="Chosen by labels or namespaces that the IngressController selects.",
)

PRODUCTS = (
    Product(
        id="istio-gateway",
        name="Istio ingress gateway",
        family=IMPOSSIBLE,
        topology=("split", "operator-managed"),
        default_target="endpoints",
        confidence="verified-in-source",
        sources=("https://github.com/istio/istio", "https://github.com/istio/istio/issues/36386"),
        proxy_images=("istio/proxyv2", "proxyv2"),
        shared_images=("istio/proxyv2", "proxyv2"),
        confirmed_by=("labels",),
        controller_images=("istio/pilot",),
        pod_labels=(
            PodLabels((("istio", "ingressgateway"),), PROXY),
            PodLabels((("gateway.istio.io/managed", "istio.io-gateway-controller"),), PROXY, origin="generated Pods"),
            PodLabels((("app", "istiod"),), CONTROLLER),
        ),
        proxy_containers=("istio-proxy",),
        ingress_classes=("istio",),
        ingress_controllers=("istio.io/ingress-controller",),
        gateway_controllers=("istio.io/gateway-controller",),
        routes=(INGRESS, HTTP_ROUTE, GRPC_ROUTE, TCP_ROUTE, TLS_ROUTE, _ISTIO_ROUTE),
        headless_note="Endpoints.",
        external_name_note="Through a ServiceEntry.",
        limits=(
            "Two meshes and two injectors would meet in one Pod.",
            "The gateway chart writes the image auto, which Istio's own injector replaces.",
        ),
        token="of another audience, which Kuma cannot use",
    ),
    Product(
        id="cilium",
        name="Cilium Ingress and Gateway API",
        family=IMPOSSIBLE,
        topology=("per-node",),
        default_target="endpoints",
        confidence="verified-in-source",
        sources=("https://github.com/cilium/cilium",),
        proxy_images=("cilium/cilium-envoy",),
        controller_images=("cilium/operator-generic", "cilium/cilium"),
        pod_labels=(PodLabels((("k8s-app", "cilium-envoy"),), PROXY, origin="DaemonSet on the host network"),),
        ingress_classes=("cilium",),
        ingress_controllers=("cilium.io/ingress-controller",),
        gateway_controllers=("io.cilium/gateway-controller",),
        routes=(INGRESS, HTTP_ROUTE, GRPC_ROUTE, TLS_ROUTE),
        fallbacks=(CHAIN,),
        headless_note="Endpoints.",
        external_name_note="Not supported.",
        limits=("One process per node on the host network, which cannot carry a sidecar.", _BEHIND),
    ),
    Product(
        id="openshift-router",
        name="OpenShift Router",
        family=IMPOSSIBLE,
        topology=("operator-managed", "per-node"),
        default_target="endpoints",
        confidence="verified-in-source",
        sources=(
            "https://github.com/openshift/router/blob/master/pkg/router/template/router.go",
            "https://github.com/kumahq/kuma/issues/4296",
        ),
        proxy_images=("openshift/origin-haproxy-router", "openshift/ose-haproxy-router"),
        controller_images=("openshift/origin-cluster-ingress-operator",),
        pod_labels=(
            PodLabels((("ingresscontroller.operator.openshift.io/deployment-ingresscontroller", "*"),), PROXY),
        ),
        proxy_containers=("router",),
        ingress_classes=("openshift-default",),
        ingress_controllers=("openshift.io/ingress-to-route",),
        gateway_controllers=("openshift.io/gateway-controller/v1",),
        routes=(INGRESS, _OPENSHIFT_ROUTE),
        fallbacks=(CHAIN,),
        headless_note="Endpoints.",
        external_name_note="Behind a setting of the router.",
        limits=(
            "The ClusterIP is used while a Service is idled, and only then.",
            "An operator owns the Pods, so that a mark would not last.",
            _BEHIND,
        ),
    ),
    Product(
        id="aws-lbc",
        name="AWS Load Balancer Controller",
        family=IMPOSSIBLE,
        topology=("external",),
        default_target="endpoints",
        confidence="verified-in-source",
        sources=("https://github.com/kubernetes-sigs/aws-load-balancer-controller",),
        controller_images=("eks/aws-load-balancer-controller", "amazon/aws-alb-ingress-controller"),
        pod_labels=(PodLabels((("app.kubernetes.io/name", "aws-load-balancer-controller"),), CONTROLLER),),
        ingress_classes=("alb",),
        ingress_controllers=("ingress.k8s.aws/alb",),
        gateway_controllers=("gateway.k8s.aws/alb", "gateway.k8s.aws/nlb"),
        routes=(INGRESS, HTTP_ROUTE, GRPC_ROUTE, TCP_ROUTE, UDP_ROUTE, TLS_ROUTE),
        fallbacks=(CHAIN,),
        limits=(
            "target-type instance goes through node ports, ip to Pods; neither passes a sidecar.",
            _NO_IDENTITY,
            _BEHIND,
        ),
        ports_in=(
            PortNote(9443, "admission webhook", CONTROLLER),
            PortNote(61779, "health", CONTROLLER),
        ),
    ),
    Product(
        id="gce",
        name="GKE Ingress and GKE Gateway controller",
        family=IMPOSSIBLE,
        topology=("external",),
        default_target="endpoints",
        confidence="documented",
        sources=("https://github.com/kubernetes/ingress-gce",),
        ingress_classes=("gce", "gce-internal"),
        gateway_controllers=("networking.gke.io/gateway",),
        routes=(INGRESS, HTTP_ROUTE),
        fallbacks=(CHAIN,),
        limits=(
            "cloud.google.com/neg on a Service selects Pods; the balancer stands outside the cluster.",
            _NO_IDENTITY,
            _BEHIND,
        ),
    ),
    Product(
        id="azure-agic",
        name="Azure Application Gateway Ingress Controller, Application Gateway for Containers",
        family=IMPOSSIBLE,
        topology=("external",),
        default_target="endpoints",
        confidence="reported",
        sources=("https://github.com/Azure/application-gateway-kubernetes-ingress",),
        controller_images=("azure-application-gateway/kubernetes-ingress", "application-lb/images/alb-controller"),
        ingress_classes=("azure-application-gateway", "azure-alb-external"),
        ingress_controllers=("azure/application-gateway",),
        gateway_controllers=("alb.networking.azure.io/alb-controller",),
        routes=(INGRESS, HTTP_ROUTE),
        fallbacks=(CHAIN,),
        limits=(_NO_IDENTITY, _BEHIND),
    ),
    Product(
        id="consul-api-gateway",
        name="Consul API Gateway",
        family=IMPOSSIBLE,
        topology=("operator-managed",),
        default_target="endpoints",
        confidence="verified-in-source",
        sources=("https://github.com/hashicorp/consul-k8s",),
        proxy_images=("hashicorp/consul-dataplane",),
        shared_images=("hashicorp/consul-dataplane",),
        confirmed_by=("labels",),
        controller_images=("hashicorp/consul-k8s-control-plane", "hashicorp/consul-api-gateway"),
        pod_labels=(PodLabels((("component", "api-gateway"),), PROXY),),
        gateway_controllers=(
            "consul.hashicorp.com/gateway-controller",
            "consul.hashicorp.com/gateway-controller-consul",
        ),
        routes=(HTTP_ROUTE, TCP_ROUTE),
        limits=("It belongs to another mesh: destinations and identities are Consul's.",),
    ),
    Product(
        id="kuma-builtin",
        name="Kuma builtin gateway",
        status="removed in Kuma 3",
        family=IMPOSSIBLE,
        topology=("operator-managed",),
        default_target="cluster-ip",
        confidence="verified-in-source",
        sources=("https://github.com/kumahq/kuma",),
        proxy_images=("kumahq/kuma-dp", "kong/kuma-dp"),
        shared_images=("kumahq/kuma-dp", "kong/kuma-dp"),
        confirmed_by=(),
        pod_labels=(
            PodLabels(
                (("app", "*"),), PROXY, strong=False, origin="generated Pods, the name of the MeshGatewayInstance"
            ),
        ),
        pod_annotation=("kuma.io/gateway", "builtin"),
        gateway_controllers=("gateways.kuma.io/controller",),
        routes=(HTTP_ROUTE, TCP_ROUTE),
        leave_routes=True,
        headless_note="Handled by Kuma.",
        external_name_note="Not supported.",
        limits=("It is no delegated gateway: what is attached to it is left alone.",),
    ),
)
