"""Custom resources of which operators make gateway pods, as text."""

from __future__ import annotations

import yaml

from tests.rules.tools import deployment, namespace, service

KONG = "gateway-operator.konghq.com/v1beta1"
ENVOY = "gateway.envoyproxy.io/v1alpha1"
KGATEWAY = "gateway.kgateway.dev/v1alpha1"
CONTOUR = "projectcontour.io/v1alpha1"
MARK = "kuma.io/gateway: enabled"
LABEL = "kuma.io/sidecar-injection"
SHOP = namespace() + deployment() + service(spec="ports: [{name: http, port: 80}, {name: metrics, port: 9090}]")
ENVOY_CONTROLLER = deployment("controller", "envoy-system", image="envoyproxy/gateway:v1.5.0")


def custom(kind: str, api_version: str, spec: str = "", name: str = "it") -> str:
    return f"""
---
apiVersion: {api_version}
kind: {kind}
metadata: {{name: {name}, namespace: edge}}
spec: {{{spec}}}
"""


def dataplane(annotations: str = MARK, labels: str = "", spec: str = "") -> str:
    metadata = f"metadata: {{annotations: {{{annotations}}}, labels: {{{labels}}}}}"
    template = f"{metadata}{spec and ', spec: '}{spec}"
    return custom("DataPlane", KONG, f"deployment: {{podTemplateSpec: {{{template}}}}}", "dp")


def envoy_proxy(annotations: str = MARK, more: str = "") -> str:
    pod = f"pod: {{annotations: {{{annotations}}}{more and ', '}{more}}}"
    return custom("EnvoyProxy", ENVOY, f"provider: {{type: Kubernetes, kubernetes: {{envoyDeployment: {{{pod}}}}}}}")


def parameters(annotations: str = MARK) -> str:
    return custom("GatewayParameters", KGATEWAY, f"kube: {{podTemplate: {{extraAnnotations: {{{annotations}}}}}}}")


def contour(annotations: str = MARK) -> str:
    return custom("ContourDeployment", CONTOUR, f"envoy: {{podAnnotations: {{{annotations}}}}}")


def gateway(controller: str, parameters: str = "", infrastructure: str = "") -> str:
    """A Gateway, its class, and a route from the shop to it; `parameters` is a kind and group, as ``kind/group``."""
    kind, _, group = parameters.partition("/")
    reference = f", parametersRef: {{group: {group}, kind: {kind}, name: it, namespace: edge}}" if kind else ""
    return f"""
---
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {{name: edge}}
spec: {{controllerName: {controller}{reference}}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{name: gw, namespace: front}}
spec: {{gatewayClassName: edge, infrastructure: {{{infrastructure}}}}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: web, namespace: shop}}
spec: {{parentRefs: [{{name: gw, namespace: front}}], rules: [{{backendRefs: [{{name: web, port: 80}}]}}]}}
"""


def values(text: str, where: str = "edge") -> str:
    document = {
        "apiVersion": "helm.cattle.io/v1",
        "kind": "HelmChartConfig",
        "metadata": {"name": "traefik", "namespace": where},
        "spec": {"valuesContent": text},
    }
    return f"\n---\n{yaml.safe_dump(document)}"
