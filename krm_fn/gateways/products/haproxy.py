"""HAProxy: two ingress controllers of one name and one class, and Voyager.

HAProxy Technologies' controller has no switch. The older project of Joao Morais reads the annotation that Kuma's
control plane writes, on Services of Ingresses. Images and controller names tell them apart, labels and classes do not.

Of the latter besides its sources: pkg/converters/configmap/tcpservices.go and pkg/converters/utils/services.go of 0.14;
two prefixes of annotations, CHANGELOG/CHANGELOG-v0.13.md (769).
"""

from __future__ import annotations

from krm_fn.gateways.product import (
    BY_ANNOTATION,
    BY_FLAG,
    COMBINED,
    DETOUR,
    OVERRIDE,
    PROXY,
    SWITCH,
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
    HTTP_ROUTE,
    INGRESS,
    POD_TEMPLATE,
    TCP_ROUTE,
    TLS_ROUTE,
)

_NAME = "app.kubernetes.io/name"
_JCMORAISJR = "haproxy-ingress.github.io/service-upstream"

_TCP = RouteKind(
    kind="TCP",
    groups=("ingress.v3.haproxy.org", "ingress.v1.haproxy.org"),
    backends=(BackendPath("spec[].service"), BackendPath("spec[].services[]")),
    note="ingress.v1.haproxy.org in older releases.",
)
_STREAM_SERVICES = RouteKind(
    kind="ConfigMap",
    groups=("",),
    backends=(BackendPath("data{}", name="", syntax="stream"),),
    attach="flag",
    flags=("--configmap-tcp-services",),
    note="Entries `port: namespace/service:port`.",
)
_TCP_SERVICES = RouteKind(
    kind="ConfigMap",
    groups=("",),
    backends=_STREAM_SERVICES.backends,
    attach="flag",
    flags=("--tcp-services-configmap",),
    note="Entries `port: namespace/service:port`; they always go to endpoints.",
)
_VOYAGER_NAME = ("serviceName", "service.name")
_VOYAGER_PORT = ("servicePort", "service.port", "service.port.number", "service.port.name")
_VOYAGER_INGRESS = RouteKind(
    kind="Ingress",
    groups=("voyager.appscode.com",),
    backends=tuple(
        BackendPath(path, name=name, port=_VOYAGER_PORT, syntax="dotted")
        for path in ("spec.backend", "spec.rules[].http.paths[].backend", "spec.rules[].tcp.backend")
        for name in _VOYAGER_NAME
    ),
    note="Also served as v1beta1; a Service of another namespace is written name.namespace.",
)

PRODUCTS = (
    Product(
        id="haproxytech",
        name="HAProxy Kubernetes Ingress Controller (HAProxy Technologies)",
        family=DETOUR,
        topology=(COMBINED,),
        default_target="endpoints",
        confidence="verified-in-source",
        sources=(
            "https://github.com/haproxytech/kubernetes-ingress/issues/356",
            "https://github.com/haproxytech/kubernetes-ingress/issues/237",
            "https://github.com/haproxytech/kubernetes-ingress/blob/master/pkg/service/endpoints.go",
            "https://github.com/haproxytech/kubernetes-ingress/blob/master/documentation/annotations.md",
        ),
        proxy_images=("haproxytech/kubernetes-ingress", "hapee-ingress"),
        pod_labels=(
            PodLabels((("run", "haproxy-ingress"),), COMBINED, origin="plain manifests"),
            PodLabels(((_NAME, "kubernetes-ingress"),), COMBINED, origin="chart"),
        ),
        proxy_containers=("haproxy-ingress", "kubernetes-ingress-controller"),
        ingress_classes=("haproxy",),
        ingress_controllers=("haproxy.org/ingress-controller", "haproxy.org/ingress-controller/*"),
        gateway_controllers=("haproxy.org/gateway-controller",),
        routes=(INGRESS, TCP_ROUTE, _TCP, _STREAM_SERVICES),
        fallbacks=(EXTERNAL_NAME, DIRECT_ACCESS),
        mark_at=(POD_TEMPLATE,),
        host_note="haproxy.org/set-host fixes another.",
        headless_note="Endpoints.",
        external_name_note="Dialled by name without --disable-service-external-name; the Service must declare ports.",
        limits=(
            "The 3.2 line has no annotation, flag or ConfigMap key for it; requests stand open since 2020 and 2021.",
            "Of the Gateway API only TCPRoute is served.",
            "Through an ExternalName a backend has one server and no health information.",
        ),
        ports_in=(
            PortNote(1024, "statistics and metrics"),
            PortNote(1042, "health"),
            PortNote(6060, "profiling and metrics of the controller"),
        ),
        service_order="Right with the chart.",
        token="mounted",
    ),
    Product(
        id="haproxy-ingress",
        name="HAProxy Ingress (jcmoraisjr)",
        family=SWITCH,
        topology=(COMBINED,),
        default_target="endpoints",
        confidence="verified-in-source",
        sources=(
            "https://github.com/jcmoraisjr/haproxy-ingress/blob/master/pkg/converters/ingress/ingress.go",
            "https://github.com/jcmoraisjr/haproxy-ingress/blob/master/docs/content/en/docs/configuration/keys.md",
            "https://github.com/jcmoraisjr/haproxy-ingress/issues/561",
        ),
        proxy_images=("jcmoraisjr/haproxy-ingress", "haproxy", "library/haproxy"),
        shared_images=("haproxy", "library/haproxy"),
        confirmed_by=("labels",),
        pod_labels=(
            PodLabels(((_NAME, "haproxy-ingress"),), COMBINED, origin="chart"),
            PodLabels(
                (("run", "haproxy-ingress"),),
                COMBINED,
                origin="old plain manifests; HAProxy Technologies uses it too, the image decides",
            ),
        ),
        proxy_containers=("haproxy-ingress", "haproxy"),
        ingress_classes=("haproxy",),
        ingress_controllers=("haproxy-ingress.github.io/controller",),
        gateway_controllers=("haproxy-ingress.github.io/controller",),
        routes=(INGRESS, HTTP_ROUTE, TCP_ROUTE, TLS_ROUTE, _TCP_SERVICES),
        switches=(
            Switch(
                BY_ANNOTATION,
                "Service",
                "ingress.kubernetes.io/service-upstream",
                routes=("Ingress",),
                since="0.4",
                headless=OVERRIDE,
                headless_key=_JCMORAISJR,
                kuma_writes=True,
                note="The very key that Kuma writes.",
            ),
            Switch(
                BY_ANNOTATION,
                "Service",
                _JCMORAISJR,
                purpose="alternative",
                routes=("Ingress",),
                since="0.13, which reads two prefixes",
                note="Its prefix stands first in --annotations-prefix, so that false here beats what Kuma writes. "
                "Releases before 0.13 read ingress.kubernetes.io alone, unless that flag says otherwise.",
            ),
            Switch(
                BY_ANNOTATION,
                "Ingress",
                _JCMORAISJR,
                purpose="alternative",
                routes=("Ingress",),
                since="0.13, with that prefix",
                headless=VETO,
                shared=True,
                note="Keys on the Service win. Where it has none, the Ingress that is read first decides for all that "
                "lead to the same Service and target port.",
            ),
            Switch(
                "controller",
                "controller ConfigMap",
                "data.service-upstream",
                purpose="alternative",
                routes=("Ingress",),
                found_by=BY_FLAG,
                flags=("--configmap",),
                note="The default for every Ingress; a ConfigMap that the IngressClass names as its parameters may "
                "hold it too.",
                left="one headless backend, also one outside of the package, would make HAProxy refuse the whole "
                "configuration, and what Kuma writes on the Services does the same",
            ),
        ),
        kuma_annotation_works=True,
        fallbacks=(DIRECT_ACCESS,),
        mark_at=(POD_TEMPLATE,),
        host_note="The key headers or a configuration snippet fixes another.",
        headless_note="The switch writes the word None as server address and HAProxy refuses it. Kuma annotates "
        f"headless Services too, therefore {_JCMORAISJR}=false belongs on them, which counts since 0.13 (not run).",
        external_name_note="Dialled by name unless --disable-external-name is set.",
        limits=(
            "Gateway API backends and the ConfigMap for TCP always use endpoints; the key tcp-service-port of an "
            "Ingress, which replaces that ConfigMap since 0.13, does not.",
            "Ports of a Service with the same targetPort are one backend: the one that is read first is dialled for "
            "all.",
            "One server: cookie affinity, balance algorithm, server health and dynamic scaling have no effect.",
            "Servers are named by number, not by Pod.",
        ),
        ports_in=(
            PortNote(10253, "health"),
            PortNote(9101, "metrics"),
            PortNote(10254, "metrics of the controller"),
            PortNote(1936, "statistics"),
        ),
        service_order="Right with the chart.",
        token="mounted; with an external haproxy container, in the controller's",
    ),
    Product(
        id="voyager",
        name="Voyager (AppsCode)",
        status="low activity",
        family=DETOUR,
        topology=("operator-managed",),
        default_target="endpoints",
        confidence="reported",
        sources=(
            "https://github.com/voyagermesh/voyager/blob/master/docs/guides/ingress/http/external-svc.md",
            "https://github.com/voyagermesh/voyager/blob/master/docs/guides/ingress/configuration/annotations.md",
        ),
        proxy_images=("appscode/haproxy", "voyagermesh/haproxy"),
        controller_images=("appscode/voyager", "voyagermesh/voyager"),
        pod_labels=(PodLabels((("origin", "voyager"),), PROXY, origin="generated Pods"),),
        proxy_containers=("haproxy",),
        ingress_classes=("voyager",),
        routes=(INGRESS, _VOYAGER_INGRESS),
        switches=(
            Switch(
                BY_ANNOTATION,
                "Service",
                "ingress.appscode.com/use-dns-resolver",
                purpose="detour",
                note="For Services of type ExternalName only.",
            ),
        ),
        fallbacks=(EXTERNAL_NAME,),
        mark_at=("Ingress annotation ingress.appscode.com/annotations-pod (a JSON map)",),
        headless_note="Endpoints.",
        external_name_note="With the annotation ingress.appscode.com/use-dns-resolver.",
        limits=("Pods are made per Ingress; their annotations travel through the Ingress.",),
        service_order="voyager-<ingress> only.",
    ),
)
