"""Packages full of routes: the time for each gateway product, and how it grows with the number of routes.

    python bench/routes.py               1,000, 2,000 and 4,000 routes, each to a Service of its own
    python bench/routes.py 500 5000      these numbers

The figures are seconds of one run in this process; twice the routes should take twice the time.
"""

from __future__ import annotations

import gc
import sys
import time

from krm_fn.function import transform

NUMBERS = (1_000, 2_000, 4_000)
PACKAGE = """\
apiVersion: config.kubernetes.io/v1
kind: ResourceList
functionConfig:
  apiVersion: fn.kuma.io/v1alpha1
  kind: MeshSetup
  metadata: {name: mesh-setup}
  spec: {serviceUpstream: {fallback: externalName}}
items:
"""
NAMESPACE = """\
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {kuma.io/sidecar-injection: enabled}}
"""
SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: s%d, namespace: shop}
spec: {selector: {app: s%d}, ports: [{port: 80}]}
"""


def gateway(image: str, arguments: str = "") -> str:
    """The product's own Deployment."""
    container = f'{{name: gateway, image: "{image}", args: [{arguments}]}}'
    return f"""\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: gateway, namespace: shop}}
spec: {{template: {{metadata: {{labels: {{app: gateway}}}}, spec: {{containers: [{container}]}}}}}}
"""


def ingress_class(name: str, controller: str, more: str = "") -> str:
    """An IngressClass."""
    return f"""\
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {{name: {name}}}
spec: {{controller: {controller}{more}}}
"""


def ingress(class_name: str) -> str:
    """An Ingress of that class."""
    return f"""\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: r%d, namespace: shop}}
spec:
  ingressClassName: {class_name}
  rules:
  - http: {{paths: [{{path: /, pathType: Prefix, backend: {{service: {{name: s%d, port: {{number: 80}}}}}}}}]}}
"""


def route(api_version: str, kind: str, spec: str) -> str:
    """A route of a kind of its own; `spec` is flow text."""
    return f"apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: r%d, namespace: shop}}\nspec: {{{spec}}}\n"


TRAEFIK = gateway("docker.io/traefik:v3.5.0", "--providers.kubernetesingress, --providers.kubernetescrd")
PARAMETERS = (
    ", parameters: {apiGroup: configuration.konghq.com, kind: IngressClassParameters, name: p, namespace: shop}"
)
ENVOY = """\
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: eg}
spec: {controllerName: gateway.envoyproxy.io/gatewayclass-controller}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: gateway, namespace: shop}
spec: {gatewayClassName: eg, listeners: [{name: http, port: 80, protocol: HTTP}]}
"""
HTTP_ROUTE = route(
    "gateway.networking.k8s.io/v1",
    "HTTPRoute",
    "parentRefs: [{name: gateway}], rules: [{backendRefs: [{name: s%d, port: 80}]}]",
)
POLICY = """\
---
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: BackendTrafficPolicy
metadata: {name: p%d, namespace: shop}
spec: {targetSelectors: [{kind: HTTPRoute, matchLabels: {app: r%d}}]}
"""
PRODUCTS: dict[str, tuple[str, str]] = {
    "ingress-nginx": (ingress_class("nginx", "k8s.io/ingress-nginx"), ingress("nginx")),
    "Kong": (
        ingress_class("kong", "ingress-controllers.konghq.com/kong", PARAMETERS)
        + "---\napiVersion: configuration.konghq.com/v1alpha1\nkind: IngressClassParameters\n"
        "metadata: {name: p, namespace: shop}\nspec: {}\n",
        ingress("kong"),
    ),
    "Traefik, Ingresses": (
        TRAEFIK + "---\n" + ingress_class("traefik", "traefik.io/ingress-controller"),
        ingress("traefik"),
    ),
    "Traefik, IngressRoutes": (
        gateway("docker.io/traefik:v3.5.0"),
        route("traefik.io/v1alpha1", "IngressRoute", "routes: [{services: [{name: s%d, port: 80}]}]"),
    ),
    "F5, VirtualServers": (
        gateway("nginx/nginx-ingress:3.7"),
        route(
            "k8s.nginx.org/v1",
            "VirtualServer",
            "host: h%d, upstreams: [{name: u, service: s%d, port: 80}], routes: [{path: /, action: {pass: u}}]",
        ),
    ),
    "Contour, HTTPProxies": (
        gateway("ghcr.io/projectcontour/contour:v1.30.0"),
        route(
            "projectcontour.io/v1",
            "HTTPProxy",
            "virtualhost: {fqdn: h%d}, routes: [{services: [{name: s%d, port: 80}]}]",
        ),
    ),
    "Envoy Gateway, generated policies": (ENVOY, HTTP_ROUTE),
    "Envoy Gateway, selecting policies": (
        ENVOY,
        HTTP_ROUTE.replace("{name: r%d,", "{labels: {app: r%d}, name: r%d,") + POLICY,
    ),
}


def package(head: str, each: str, number: int) -> str:
    """A ResourceList with that many routes and their Services."""
    documents = [NAMESPACE, *head.split("---\n")]
    for index in range(number):
        documents += (SERVICE + "---\n" + each).replace("%d", str(index)).split("---\n")
    items = ("- " + document.rstrip("\n").replace("\n", "\n  ") + "\n" for document in documents)
    return PACKAGE + "".join(items)


def seconds(text: str) -> float:
    """How long one run takes; as in the command, without collections of garbage."""
    gc.collect()
    gc.disable()
    start = time.perf_counter()
    transform(text)
    taken = time.perf_counter() - start
    gc.enable()
    return taken


def main() -> None:
    """Print a row for each product."""
    numbers = [int(argument) for argument in sys.argv[1:]] or NUMBERS
    print(f"{'routes':>34}" + "".join(f"{number:>9,}" for number in numbers))
    for name, (head, each) in PRODUCTS.items():
        print(f"{name:>34}" + "".join(f"{seconds(package(head, each, number)):>7.2f} s" for number in numbers))


if __name__ == "__main__":
    main()
