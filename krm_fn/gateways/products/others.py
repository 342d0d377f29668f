"""API gateways and proxies of their own make: APISIX, Tyk, Pomerium, Skipper.

Besides their sources: pkg/providers/apisix/translation/apisix_upstream.go of apache/apisix-ingress-controller 1.7 and
1.8 (a subset, and a headless Service, under resolveGranularity); config/config.go, skipper.go and
dataclients/kubernetes/routegroup.go of zalando/skipper 0.15 to 0.22 (which arguments there are, and which are not).
"""

from __future__ import annotations

from krm_fn.gateways.chains import Intermediate, Link
from krm_fn.gateways.product import (
    BY_ANNOTATION,
    COMBINED,
    CONTROLLER,
    DETOUR,
    NOTHING,
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
    UDP_ROUTE,
)

_NAME = "app.kubernetes.io/name"
_COMPONENT = "app.kubernetes.io/component"
_SERVICE_URL = "http://<svc>.<ns>.svc:<port>"
_DNS_PODS = "The name leads to Pods."

_APISIX_ROUTE = RouteKind(
    kind="ApisixRoute",
    groups=("apisix.apache.org",),
    backends=tuple(
        BackendPath(path, name="serviceName", port=("servicePort",))
        for path in ("spec.http[].backends[]", "spec.stream[].backend")
    ),
)
_APISIX_UPSTREAM = Intermediate(
    kind="ApisixUpstream",
    groups=("apisix.apache.org",),
    backends=(BackendPath("metadata", port=(), syntax="namesake"),),
    referred_by=(Link("ApisixRoute", ("apisix.apache.org",), BackendPath("spec.http[].upstreams[]")),),
    carries=False,
    note="Configures the Service that bears its own name, or leads to hosts (externalNodes) for routes that name it.",
)
_TYK_API = RouteKind(
    kind="ApiDefinition",
    groups=("tyk.tyk.io",),
    backends=tuple(
        BackendPath(path, name="", syntax="url") for path in ("spec.proxy.target_url", "spec.proxy.target_list[]")
    ),
)
_ROUTE_GROUP = RouteKind(
    kind="RouteGroup",
    groups=("zalando.org",),
    backends=(
        BackendPath("spec.backends[]", name="serviceName", port=("servicePort",), when=(("type", ("service",)),)),
    ),
    note="Always goes to endpoints.",
)

PRODUCTS = (
    Product(
        id="apisix",
        name="Apache APISIX",
        family=SWITCH,
        topology=("split",),
        default_target="endpoints",
        confidence="verified-in-source",
        sources=(
            "https://github.com/apache/apisix-ingress-controller/blob/master/api/v2/apisixroute_types.go",
            "https://github.com/apache/apisix-ingress-controller/issues/853",
            "https://github.com/apache/apisix-ingress-controller/issues/2536",
            "https://github.com/apache/apisix-helm-chart",
        ),
        proxy_images=("apache/apisix", "apache/apisix-dev", "api7/api7-ee-3-gateway"),
        controller_images=("apache/apisix-ingress-controller", "api7/adc", "apache/apisix-dashboard"),
        pod_labels=(
            PodLabels(((_NAME, "apisix"),), PROXY),
            PodLabels(((_NAME, "apisix-ingress-controller"),), CONTROLLER),
            PodLabels(((_NAME, "ingress-controller"),), CONTROLLER, strong=False, origin="older sub-chart"),
        ),
        proxy_containers=("apisix",),
        ingress_classes=("apisix",),
        ingress_controllers=("apisix.apache.org/apisix-ingress-controller",),
        gateway_controllers=("apisix.apache.org/apisix-ingress-controller",),
        routes=(
            INGRESS,
            HTTP_ROUTE,
            GRPC_ROUTE,
            TCP_ROUTE,
            UDP_ROUTE,
            TLS_ROUTE,
            _APISIX_ROUTE,
            _APISIX_UPSTREAM,
        ),
        switches=(
            Switch(
                "field",
                "ApisixRoute",
                "spec.http[].backends[].resolveGranularity",
                "service",
                routes=("ApisixRoute",),
                since="1.6.0",
                not_beside=("subset",),
                note="The default is endpoint (endpoints in older releases). The field is older; 1.6.0 lists a repair "
                "of it (1251). A subset beside it is forgotten: the ClusterIP stands for all Pods of the Service.",
            ),
            Switch(
                "field",
                "ApisixRoute",
                "spec.stream[].backend.resolveGranularity",
                "service",
                routes=("ApisixRoute",),
                since="1.6.0",
                not_beside=("subset",),
                note="The documentation of 1.7 and 1.8 calls it deprecated; it is read all the same.",
            ),
            Switch(
                "field",
                "ApisixUpstream",
                "spec.externalNodes[]",
                "type Domain or Service",
                purpose="detour",
                note="The route names it under upstreams in place of backends.",
            ),
        ),
        fallbacks=(EXTERNAL_NAME, DIRECT_ACCESS),
        mark_at=(POD_TEMPLATE,),
        host_note="ApisixUpstream passHost: node sends the destination's name, rewrite with upstreamHost a fixed one.",
        headless_note="Only an empty ClusterIP is noticed: the switch writes the host None (not run). Leave it off.",
        external_name_note="Dialled by name since 2.0.0; 1.x finds no endpoints, and refuses the route that names it.",
        external_names_since=("apache/apisix-ingress-controller", "2.0.0"),
        limits=(
            "Of all its routes only ApisixRoute has a switch.",
            "k8s.apisix.apache.org/svc-namespace of an Ingress, which moves its backends elsewhere, is not read here.",
            "A Service is one node: what ApisixUpstream says of hashing, stickiness and health is idle.",
        ),
        ports_in=(
            PortNote(9180, "admin API, called by the controller"),
            PortNote(9090, "control API"),
            PortNote(9091, "metrics"),
            PortNote(9443, "admission webhook", CONTROLLER),
            PortNote(8080, "metrics and probes of the controller", CONTROLLER),
        ),
        ports_out=(PortNote(2379, "etcd outside the mesh, in etcd mode"),),
        service_order="-admin and -control come before -gateway: all but -gateway want kuma.io/ignore.",
        token="mounted",
    ),
    Product(
        id="tyk",
        name="Tyk Gateway with Tyk Operator",
        status="active; the operator is closed source since October 2024",
        family=NOTHING,
        topology=("split",),
        default_target="service-dns",
        confidence="verified-in-source",
        sources=("https://github.com/TykTechnologies/tyk-operator", "https://github.com/TykTechnologies/tyk-charts"),
        proxy_images=("tykio/tyk-gateway", "tyk-gateway/tyk-gateway", "tykio/tyk-gateway-ee"),
        controller_images=tuple(
            f"tykio/{name}" for name in ("tyk-operator", "tyk-dashboard", "tyk-pump-docker-pub", "tyk-mdcb-docker")
        ),
        pod_labels=(
            PodLabels((("app", "gateway-*"),), PROXY, strong=False, origin="charts"),
            PodLabels((("control-plane", "tyk-operator-controller-manager"),), CONTROLLER),
        ),
        proxy_containers=("gateway-*",),
        ingress_classes=("tyk",),
        routes=(INGRESS, _TYK_API),
        switches=(
            Switch(
                "field",
                "Ingress",
                "none",
                "http://<svc>.<ns>.svc.cluster.local:<port>",
                purpose="generated",
                note="The operator writes this target by itself.",
            ),
            Switch(
                "field",
                "ApiDefinition",
                "spec.proxy.target_url",
                _SERVICE_URL,
                purpose="guard",
                note="Written by a person.",
            ),
            Switch(
                "configuration",
                "TykOasApiDefinition",
                "ConfigMap document x-tyk-api-gateway.upstream.url",
                _SERVICE_URL,
                purpose="guard",
            ),
        ),
        mark_at=(POD_TEMPLATE,),
        host="destination",
        host_note="spec.proxy.preserve_host_header sends the client's.",
        headless_note=f"{_DNS_PODS} They are dialled on the written port.",
        external_name_note="Dialled by name.",
        limits=(
            "An Ingress needs the annotation tyk.io/template in practice.",
            "Read in the last open release of the operator; of newer ones only the documentation.",
        ),
        ports_in=(PortNote(9443, "webhook of the operator", CONTROLLER),),
        ports_out=(PortNote(6379, "Redis; inside the mesh it must be reached as a Service"),),
        service_order="gateway-control-svc-* comes before gateway-svc-* and wants kuma.io/ignore.",
        token="mounted",
    ),
    Product(
        id="pomerium",
        name="Pomerium Ingress Controller",
        family=SWITCH,
        topology=(COMBINED, "operator-managed"),
        default_target="endpoints",
        confidence="verified-in-source",
        sources=(
            "https://github.com/pomerium/ingress-controller/blob/main/model/ingress_config.go",
            "https://github.com/pomerium/ingress-controller/blob/main/pomerium/ingress_to_route.go",
        ),
        proxy_images=("pomerium/ingress-controller", "pomerium/pomerium"),
        pod_labels=(PodLabels(((_NAME, "pomerium"), (_COMPONENT, "proxy")), COMBINED),),
        proxy_containers=("pomerium",),
        ingress_classes=("pomerium",),
        ingress_controllers=("pomerium.io/ingress-controller",),
        gateway_controllers=("pomerium.io/gateway-controller",),
        routes=(INGRESS, HTTP_ROUTE),
        dials_service_for=("HTTPRoute",),
        switches=(
            Switch(
                BY_ANNOTATION,
                "Ingress",
                "ingress.pomerium.io/service_proxy_upstream",
                routes=("Ingress",),
                since="0.16.1",
                headless=TOLERATES,
                note="The target becomes <svc>.<ns>.svc.cluster.local; the cluster domain cannot be changed.",
            ),
        ),
        mark_at=(POD_TEMPLATE,),
        host="destination",
        host_note="ingress.pomerium.io/preserve_host_header sends the client's, host_rewrite beside it a fixed one.",
        headless_note=f"{_DNS_PODS} They are dialled on the Service's port.",
        external_name_note="Dialled by name.",
        limits=("Active health checks and balancing options see one target.",),
        ports_in=(PortNote(9090, "metrics"), PortNote(28080, "health")),
        service_order="pomerium-metrics comes before pomerium-proxy and wants kuma.io/ignore.",
        token="mounted",
    ),
    Product(
        id="skipper",
        name="Skipper (Zalando)",
        family=DETOUR,
        topology=(COMBINED, "per-node"),
        default_target="endpoints",
        confidence="verified-in-source",
        sources=(
            "https://github.com/zalando/skipper/blob/master/dataclients/kubernetes/ingressv1.go",
            "https://github.com/zalando/skipper/blob/master/docs/kubernetes/ingress-controller.md",
        ),
        proxy_images=("teapot/skipper", "zalando/skipper", "teapot/skipper-internal"),
        controller_images=("teapot/kube-ingress-aws-controller", "zalando/kube-ingress-aws-controller"),
        pod_labels=(PodLabels((("application", "skipper-ingress"),), COMBINED),),
        proxy_containers=("skipper", "skipper-ingress"),
        ingress_classes=("skipper",),
        routes=(INGRESS, _ROUTE_GROUP),
        fallbacks=(DIRECT_ACCESS,),
        mark_at=(POD_TEMPLATE,),
        host="destination",
        host_note="The flag -proxy-preserve-host sends the client's.",
        headless_note="Endpoints.",
        external_name_note="An Ingress dials it by name at the target port, with the name as Host; "
        "-kubernetes-only-allowed-external-names may forbid that. A RouteGroup refuses it.",
        limits=(
            "No argument makes it dial Services: in 0.15 to 0.22 skipper.Options has KubernetesForceService, for "
            "programs that embed Skipper, and its own program sets it nowhere and exits at arguments it does not know.",
            "Such a program dials the Service's name at the target port, so that port and targetPort must be one "
            "number, ignores zalando.org/skipper-backend-protocol, and speaks TLS to port 443 alone. Ingresses only.",
            "Its class is a regular expression, and objects without a class are served too.",
            "The sample DaemonSet and Deployment run on the host network and must not be injected as they are.",
        ),
        ports_in=(PortNote(9911, "metrics and support"),),
        service_order="One Service.",
        token="mounted",
    ),
)
