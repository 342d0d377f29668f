"""Which Pods are gateways, in which role and on what evidence; above all, which are not."""

from __future__ import annotations

from typing import Any

import pytest

from krm_fn.gateways.detect import (
    CERTAIN,
    LIKELY,
    NO_EVIDENCE,
    POSSIBLE,
    Evidence,
    Recognition,
    gather,
    recognise,
    recognise_workload,
)
from krm_fn.gateways.marks import products_of_image, repository
from krm_fn.krm.resources import Resources

NAME = "app.kubernetes.io/name"
COMPONENT = "app.kubernetes.io/component"
KONG_CLASS = Evidence(ingress_classes=frozenset({"kong"}))


def pod(*containers: str | dict[str, Any], **spec: Any) -> dict[str, Any]:
    """A pod spec; a container is written ``name=image`` or in full."""
    return {
        "containers": [
            dict(zip(("name", "image"), c.split("=", 1), strict=True)) if isinstance(c, str) else c for c in containers
        ],
        **spec,
    }


def args(name: str, image: str, *arguments: str) -> dict[str, Any]:
    return {"name": name, "image": image, "args": list(arguments)}


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("kong", "kong"),
        ("kong:3.9", "kong"),
        ("docker.io/library/kong:3.9", "library/kong"),
        ("registry:5000/kong/kong-gateway@sha256:0123", "kong/kong-gateway"),
        ("localhost/kong/kong-gateway", "kong/kong-gateway"),
        ("kong/kong-gateway:3.9@sha256:0123", "kong/kong-gateway"),
        ("registry.k8s.io/ingress-nginx/controller:v1.12.0", "ingress-nginx/controller"),
        ("mirror/ingress-nginx/controller", "mirror/ingress-nginx/controller"),
        ("", ""),
        ("/", "/"),
        (":", ""),
    ],
)
def test_repository(image: str, expected: str) -> None:
    assert repository(image) == expected


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("registry.k8s.io/ingress-nginx/controller:v1", ["ingress-nginx"]),
        ("corp.example/mirror/ingress-nginx/controller", ["ingress-nginx"]),
        ("corp.example/ingress-nginx-controller", []),
        ("myingress-nginx/controller", []),
        ("controller", []),
        ("nginx", []),
        ("nginx:1.27", []),
        ("nginxinc/nginx-unprivileged", []),
        ("ghcr.io/nginx/nginx-gateway-fabric/nginx:2.1", ["nginx-gateway-fabric"]),
        ("nginx/nginx-ingress:5", ["nginx-nic"]),
        ("traefik/whoami", []),
        ("traefik:v3", ["traefik"]),
        ("prom/haproxy-exporter", []),
        ("quay.io/prometheus/haproxy-exporter", []),
        ("haproxytech/kubernetes-ingress:3.2", ["haproxytech"]),
        ("quay.io/jcmoraisjr/haproxy-ingress", ["haproxy-ingress"]),
        ("haproxytech/haproxy-alpine", []),
        ("envoyproxy/envoy:v1.34", ["contour", "envoy-gateway"]),
        ("envoyproxy/gateway", ["envoy-gateway"]),
        ("kong:3", ["kong-kic", "kong-operator"]),
        ("kong/kubernetes-ingress-controller:3.5", ["kong-kic"]),
        ("kong/kuma-dp:2.14", ["kuma-builtin"]),
        ("kong/deck", []),
    ],
)
def test_products_of_image(image: str, expected: list[str]) -> None:
    assert [product for product, _ in products_of_image(image)] == expected


FOUND = [
    # Kong
    ("chart kong", {NAME: "kong", COMPONENT: "app"},
     pod("ingress-controller=kong/kubernetes-ingress-controller:3.5", "proxy=kong:3.9"), "kong-kic", "combined",
     CERTAIN),
    ("chart ingress, proxy", {NAME: "gateway"}, pod("proxy=kong:3.9"), "kong-kic", "proxy", CERTAIN),
    ("chart ingress, controller", {NAME: "controller"},
     pod("ingress-controller=kong/kubernetes-ingress-controller:3.5"), "kong-kic", "controller", CERTAIN),
    ("split manifests, proxy", {"app": "proxy-kong"}, pod("proxy=docker.io/library/kong:3.9"), "kong-kic", "proxy",
     CERTAIN),
    ("split manifests, controller", {"app": "ingress-kong"},
     pod("ingress-controller=kong/kubernetes-ingress-controller"), "kong-kic", "controller", CERTAIN),
    ("own labels, both containers", {"app": "edge"},
     pod("a=kong/kubernetes-ingress-controller", "b=corp.example/kong/kong-gateway:3.9"), "kong-kic", "combined",
     CERTAIN),
    ("own labels, the vendor's container name", {"app": "edge"}, pod("proxy=kong"), "kong-kic", "proxy", LIKELY),
    ("operator's data plane", {"gateway-operator.konghq.com/managed-by": "dataplane"}, pod("proxy=kong/kong-gateway"),
     "kong-operator", "proxy", CERTAIN),
    ("operator itself", {}, pod("manager=kong/kong-operator:2.2"), "kong-operator", "controller", CERTAIN),
    ("control plane of a hybrid installation", {NAME: "kong", COMPONENT: "app"},
     pod({"name": "proxy", "image": "kong", "env": [{"name": "KONG_ROLE", "value": "control_plane"}]}), "kong-kic",
     "controller", CERTAIN),
    # NGINX
    ("ingress-nginx", {NAME: "ingress-nginx", COMPONENT: "controller"},
     pod("controller=registry.k8s.io/ingress-nginx/controller:v1.12.0@sha256:abc"), "ingress-nginx", "combined",
     CERTAIN),
    ("ingress-nginx, only the image", {}, pod("x=ingress-nginx/controller"), "ingress-nginx", "combined", CERTAIN),
    ("ingress-nginx from a renamed image", {NAME: "ingress-nginx", COMPONENT: "controller"},
     pod("controller=corp.example/edge/ingress:7"), "ingress-nginx", "combined", POSSIBLE),
    ("F5", {"app": "nginx-ingress"}, pod("nginx-ingress=nginx/nginx-ingress:5.0"), "nginx-nic", "combined", CERTAIN),
    ("Gateway Fabric's proxy", {"gateway.networking.k8s.io/gateway-name": "edge"},
     pod("nginx=ghcr.io/nginx/nginx-gateway-fabric/nginx:2.1"), "nginx-gateway-fabric", "proxy", CERTAIN),
    ("Gateway Fabric's controller", {}, pod("c=ghcr.io/nginx/nginx-gateway-fabric:2.1"), "nginx-gateway-fabric",
     "controller", CERTAIN),
    # Traefik
    ("Traefik's chart", {NAME: "traefik"}, pod("traefik=docker.io/traefik:v3.5"), "traefik", "combined", CERTAIN),
    ("Traefik with a Kubernetes provider", {"app": "edge"},
     pod(args("web", "traefik:v3", "--providers.kubernetesCRD")), "traefik", "combined", LIKELY),
    # HAProxy: the image tells the twins apart
    ("HAProxy Technologies", {"run": "haproxy-ingress"}, pod("haproxy-ingress=haproxytech/kubernetes-ingress:3.2"),
     "haproxytech", "combined", CERTAIN),
    ("HAProxy Ingress", {"run": "haproxy-ingress"}, pod("haproxy-ingress=quay.io/jcmoraisjr/haproxy-ingress"),
     "haproxy-ingress", "combined", CERTAIN),
    ("HAProxy Ingress beside a plain haproxy", {NAME: "haproxy-ingress"},
     pod("haproxy=haproxy:2.8", "haproxy-ingress=jcmoraisjr/haproxy-ingress"), "haproxy-ingress", "combined", CERTAIN),
    # Envoy
    ("Contour's chart", {NAME: "contour", COMPONENT: "envoy"}, pod("envoy=envoyproxy/envoy:v1.34"), "contour", "proxy",
     CERTAIN),
    ("Contour's manifests", {"app": "envoy"},
     pod("shutdown-manager=ghcr.io/projectcontour/contour:v1.32", "envoy=envoyproxy/envoy"), "contour", "proxy",
     CERTAIN),
    ("Contour itself", {"app": "contour"}, pod("contour=ghcr.io/projectcontour/contour"), "contour", "controller",
     CERTAIN),
    ("Envoy Gateway's proxy",
     {NAME: "envoy", COMPONENT: "proxy", "app.kubernetes.io/managed-by": "envoy-gateway"},
     pod("envoy=envoyproxy/envoy", "shutdown-manager=envoyproxy/gateway"), "envoy-gateway", "proxy", CERTAIN),
    ("Emissary", {}, pod("a=emissary-ingress/emissary:3"), "emissary", "combined", CERTAIN),
    ("Emissary's webhook shares the image", {NAME: "emissary-apiext"}, pod("a=emissary-ingress/emissary:3"), "emissary",
     "controller", CERTAIN),
    ("Istio's gateway, image filled in later", {"istio": "ingressgateway"}, pod("istio-proxy=auto"), "istio-gateway",
     "proxy", POSSIBLE),
    # others
    ("APISIX", {}, pod("apisix=apache/apisix:3.13"), "apisix", "proxy", CERTAIN),
    ("Tyk", {"app": "gateway-tyk"}, pod("gateway-tyk=docker.tyk.io/tyk-gateway/tyk-gateway:v5"), "tyk", "proxy",
     CERTAIN),
    ("Pomerium", {}, pod("pomerium=pomerium/ingress-controller"), "pomerium", "combined", CERTAIN),
    ("ngrok's agent", {NAME: "ngrok-operator", COMPONENT: "agent"}, pod("agent=ngrok/ngrok-operator"), "ngrok", "proxy",
     CERTAIN),
    ("ngrok's controller", {NAME: "ngrok-operator", COMPONENT: "controller"}, pod("m=ngrok/ngrok-operator"), "ngrok",
     "controller", CERTAIN),
    ("OpenShift's router", {"ingresscontroller.operator.openshift.io/deployment-ingresscontroller": "default"},
     pod("router=quay.io/openshift/origin-haproxy-router"), "openshift-router", "proxy", CERTAIN),
    ("OpenShift's router from a renamed image",
     {"ingresscontroller.operator.openshift.io/deployment-ingresscontroller": "default"}, pod("router=corp.example/r"),
     "openshift-router", "proxy", POSSIBLE),
    ("AWS controller", {}, pod("c=public.ecr.aws/eks/aws-load-balancer-controller:v2"), "aws-lbc", "controller",
     CERTAIN),
    ("KrakenD", {}, pod("krakend=krakend:2"), "krakend", "proxy", CERTAIN),
]  # fmt: skip


@pytest.mark.parametrize(
    ("labels", "spec", "product", "role", "confidence"), [case[1:] for case in FOUND], ids=[case[0] for case in FOUND]
)
def test_recognised(labels: dict[str, str], spec: dict[str, Any], product: str, role: str, confidence: str) -> None:
    found = recognise(labels, {}, spec)
    assert found is not None
    assert (found.product, found.role, found.confidence) == (product, role, confidence)
    assert found.evidence
    assert found.carries_traffic == (role in ("proxy", "combined"))


LEFT_ALONE = [
    ("a plain nginx", {"app": "web"}, pod("nginx=nginx:1.27")),
    ("a web server called controller", {"app": "controller"}, pod("controller=nginx")),
    ("a plain kong", {"app": "kong"}, pod("kong=kong:3.9")),
    ("a wait for the database", {"app": "shop"},
     pod("shop=shop:1", initContainers=[{"name": "wait-for-db", "image": "kong:3.9"}])),
    ("an image that ends like Kong's", {"app": "x"}, pod("kong=acme/kong:1")),
    ("decK", {"app": "sync"}, pod("deck=kong/deck")),
    ("a plain haproxy", {"app": "db"}, pod("haproxy=haproxy:2.8")),
    ("the exporter of haproxy", {"app": "x"}, pod("haproxy-exporter=quay.io/prometheus/haproxy-exporter")),
    ("haproxy with the vendor's container name", {"app": "db"}, pod("haproxy-ingress=haproxy:2.8")),
    ("a plain envoy", {"app": "front"}, pod("envoy=envoyproxy/envoy:v1.34")),
    ("an envoy labelled envoy", {"app": "envoy"}, pod("envoy=envoyproxy/envoy:v1.34")),
    ("an envoy beside an application", {NAME: "shop"}, pod("shop=shop", "envoy=envoyproxy/envoy")),
    ("whoami", {"app": "whoami"}, pod("whoami=traefik/whoami")),
    ("a traefik with a file", {"app": "x"}, pod(args("traefik", "traefik:v3", "--providers.file.filename=/x"))),
    ("labels of Traefik's chart alone", {NAME: "traefik"}, pod("auth=thomseddon/traefik-forward-auth")),
    ("labels that anybody may have", {NAME: "gateway"}, pod("shop=shop")),
    ("labels of both HAProxy products, unknown image", {"run": "haproxy-ingress"}, pod("haproxy-ingress=x")),
    ("the chart's default backend", {NAME: "ingress-nginx", COMPONENT: "default-backend"}, pod("controller=x")),
    ("a part of the chart's labels, unknown image", {NAME: "ingress-nginx"}, pod("controller=x")),
    ("a component called alike", {NAME: "ingress-nginx", COMPONENT: "controllers"}, pod("controller=x")),
    ("a container called alike", {NAME: "ingress-nginx", COMPONENT: "controller"}, pod("controllers=x")),
    ("Istio's sidecar", {"app": "shop"}, pod("shop=shop", "istio-proxy=docker.io/istio/proxyv2:1.27")),
    ("Consul's sidecar", {"app": "shop"}, pod("shop=shop", "consul-dataplane=hashicorp/consul-dataplane")),
    ("Kuma's sidecar", {"app": "shop"}, pod("shop=shop", "kuma-sidecar=kumahq/kuma-dp:2.14")),
    ("Kuma's sidecar by another name", {"app": "shop"}, pod("shop=shop", "dp=kumahq/kuma-dp:2.14")),
    ("ngrok without labels", {}, pod("ngrok=ngrok/ngrok-operator")),
    ("a sidecar with a gateway's image", {"app": "shop"},
     pod("shop=shop", "kuma-sidecar=haproxytech/kubernetes-ingress:3.2")),
    ("nothing", {}, {}),
]  # fmt: skip


@pytest.mark.parametrize(("labels", "spec"), [case[1:] for case in LEFT_ALONE], ids=[case[0] for case in LEFT_ALONE])
def test_left_alone(labels: dict[str, str], spec: dict[str, Any]) -> None:
    assert recognise(labels, {}, spec) is None


@pytest.mark.parametrize(
    "spec",
    [
        {"containers": None},
        {"containers": "kong"},
        {"containers": [None, 1, "kong", [], {}]},
        {"containers": [{"image": 3}, {"image": None}, {"image": ["kong"]}, {"image": {}}]},
        {"containers": [{"image": "kong", "name": 5, "args": "x", "env": "y", "command": [1, None]}]},
        {"containers": [{"image": "traefik", "args": [None, {}], "env": [None, 3]}], "hostNetwork": "yes"},
        {"containers": {"name": "proxy", "image": "kong"}},
    ],
)
def test_hostile_shapes_are_no_gateway(spec: dict[str, Any]) -> None:
    assert recognise({"app": "x"}, {}, spec) is None


def test_hostile_shapes_beside_a_gateway() -> None:
    spec = pod("proxy=kong", hostNetwork="yes", restartPolicy=[])
    spec["containers"] += [None, {"image": []}, {"name": {}, "image": "kong", "env": [{"name": []}]}]
    found = recognise({"app": "proxy-kong"}, {}, spec)
    assert found is not None
    assert not found.host_network


@pytest.mark.parametrize(
    ("labels", "spec", "evidence", "expected"),
    [
        ({"app": "edge"}, pod("kong=kong:3"), KONG_CLASS, "kong-kic"),
        ({"app": "edge"}, pod("kong=kong:3"),
         Evidence(gateway_controllers=frozenset({"konghq.com/kic-gateway-controller"})),
         "kong-kic"),
        ({"app": "edge"}, pod("kong=kong:3"), Evidence(ingress_classes=frozenset({"nginx"})), None),
        ({"app": "edge"}, pod("shop=shop"), KONG_CLASS, None),
        ({"app": "edge"}, pod("web=traefik"),
         Evidence(ingress_controllers=frozenset({"traefik.io/ingress-controller"})),
         "traefik"),
        ({"app": "db"}, pod("haproxy=haproxy"), Evidence(ingress_classes=frozenset({"haproxy"})), None),
        ({"app": "front"}, pod("envoy=envoyproxy/envoy"),
         Evidence(gateway_controllers=frozenset({"projectcontour.io/gateway-controller"})), None),
        ({"app": "envoy"}, pod("envoy=envoyproxy/envoy"), Evidence(controllers=frozenset({"contour"})), "contour"),
    ],
)  # fmt: skip
def test_the_rest_of_the_package_counts(
    labels: dict[str, str], spec: dict[str, Any], evidence: Evidence, expected: str | None
) -> None:
    found = recognise(labels, {}, spec, evidence)
    assert (found.product if found else None) == expected


KONG_BOTH = Evidence(
    gateway_controllers=frozenset({"konghq.com/kic-gateway-controller", "konghq.com/gateway-operator"})
)
OPERATED = {"gateway-operator.konghq.com/managed-by": "dataplane"}
CONTOURS = {NAME: "contour", COMPONENT: "envoy"}


@pytest.mark.parametrize(
    ("labels", "spec", "evidence", "product", "containers"),
    [
        # of two that are supported equally, the first in the catalog
        (OPERATED | {"app": "proxy-kong"}, pod("edge=kong"), NO_EVIDENCE, "kong-kic", ("edge",)),
        # labels count for more than a class and a container's name together
        (OPERATED, pod("edge=kong", "ingress-controller=other"), KONG_CLASS, "kong-operator", ("edge",)),
        # an image that only one product has counts for more than one that everybody uses, however well confirmed
        (CONTOURS, pod("shutdown-manager=projectcontour/contour", "envoy=envoyproxy/envoy",
                       "edge=haproxytech/kubernetes-ingress"), NO_EVIDENCE, "haproxytech", ("edge",)),
    ],
)  # fmt: skip
def test_of_several_products_the_best_supported_is_found(
    labels: dict[str, str], spec: dict[str, Any], evidence: Evidence, product: str, containers: tuple[str, ...]
) -> None:
    found = recognise(labels, {}, spec, evidence)
    assert found is not None
    assert (found.product, found.containers) == (product, containers)


@pytest.mark.parametrize(
    ("labels", "spec", "evidence", "expected", "containers"),
    [
        ({NAME: "kong", COMPONENT: "app"},
         pod("ingress-controller=kong/kubernetes-ingress-controller:3.5", "proxy=kong:3.9"), NO_EVIDENCE,
         ("image kong:3.9", "label app.kubernetes.io/name=kong, app.kubernetes.io/component=app",
          "image kong/kubernetes-ingress-controller:3.5", "container ingress-controller"), ("proxy",)),
        ({"app": "edge"}, pod("proxy=kong"), Evidence(controllers=frozenset({"kong-kic"})),
         ("image kong", "its controller runs in the package, container proxy", "container proxy"), ("proxy",)),
        ({"app": "edge"}, pod("edge=kong", "proxy=other"), KONG_BOTH,
         ("image kong", "class konghq.com/kic-gateway-controller in the package", "container proxy"), ("edge",)),
        ({"app": "edge"}, pod(args("web", "traefik:v3", "--providers.kubernetesCRD")), NO_EVIDENCE,
         ("image traefik:v3", "argument --providers.kubernetesCRD"), ("web",)),
        ({"istio": "ingressgateway"}, pod("istio-proxy=auto", "logs=x"), NO_EVIDENCE,
         ("label istio=ingressgateway", "container istio-proxy"), ("istio-proxy",)),
        ({}, pod("gateway-edge=tykio/tyk-gateway"), NO_EVIDENCE,
         ("image tykio/tyk-gateway", "container gateway-edge"), ("gateway-edge",)),
        ({}, pod("gateways=tykio/tyk-gateway"), NO_EVIDENCE, ("image tykio/tyk-gateway",), ("gateways",)),
        ({}, pod("manager=kong/kong-operator:2.2"), NO_EVIDENCE, ("image kong/kong-operator:2.2",), ()),
    ],
)  # fmt: skip
def test_a_verdict_says_what_it_rests_on(
    labels: dict[str, str],
    spec: dict[str, Any],
    evidence: Evidence,
    expected: tuple[str, ...],
    containers: tuple[str, ...],
) -> None:
    found = recognise(labels, {}, spec, evidence)
    assert found is not None
    assert (found.evidence, found.containers) == (expected, containers)


@pytest.mark.parametrize(
    ("variable", "role"),
    [
        ({"name": "KONG_ROLE", "value": "control_plane"}, "controller"),
        ({"name": "KONG_ROLE", "value": "data_plane"}, "proxy"),
        ({"name": "OTHER_ROLE", "value": "control_plane"}, "proxy"),
        ({"name": "KONG_ROLE", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "role"}}}, "proxy"),
        ("KONG_ROLE=control_plane", "proxy"),
    ],
)
def test_the_role_in_a_hybrid_installation(variable: object, role: str) -> None:
    found = recognise({"app": "proxy-kong"}, {}, pod({"name": "proxy", "image": "kong", "env": [variable]}))
    assert found is not None
    assert found.role == role


@pytest.mark.parametrize(
    ("kind", "labels", "spec"),
    [
        ("Job", {NAME: "ingress-nginx", COMPONENT: "admission-webhook"},
         pod("create=registry.k8s.io/ingress-nginx/kube-webhook-certgen:v1.5", restartPolicy="OnFailure")),
        ("Pod", {NAME: "ingress-nginx", COMPONENT: "admission-webhook"},
         pod("create=registry.k8s.io/ingress-nginx/kube-webhook-certgen:v1.5", restartPolicy="OnFailure")),
        ("Pod", {NAME: "ingress-nginx", COMPONENT: "admission-webhook"},
         pod("create=registry.k8s.io/ingress-nginx/kube-webhook-certgen:v1.5", restartPolicy="Never")),
        ("Job", {NAME: "kong", COMPONENT: "init-migrations"}, pod("kong-migrations=kong:3")),
        ("CronJob", {NAME: "kong", COMPONENT: "app"}, pod("proxy=kong:3")),
    ],
)  # fmt: skip
def test_what_a_job_starts_is_no_gateway(kind: str, labels: dict[str, str], spec: dict[str, Any]) -> None:
    found = recognise(labels, {}, spec, KONG_CLASS, kind)
    assert found is not None
    assert found.role == "job"
    assert not found.carries_traffic


def test_migrations_without_other_evidence_are_nothing() -> None:
    assert recognise({"app": "kong-migrations"}, {}, pod("kong-migrations=kong:3"), NO_EVIDENCE, "Job") is None


def test_the_builtin_gateway_is_told_by_its_annotation() -> None:
    spec = pod("kuma-gateway=kumahq/kuma-dp:2.14")
    found = recognise({"app": "edge"}, {"kuma.io/gateway": "builtin"}, spec)
    assert found is not None
    assert (found.product, found.role, found.confidence) == ("kuma-builtin", "proxy", CERTAIN)
    assert found.evidence == ("annotation kuma.io/gateway=builtin",)
    assert recognise({"app": "edge"}, {"kuma.io/gateway": "enabled"}, spec) is None


def test_host_network_is_noted() -> None:
    found = recognise({"application": "skipper-ingress"}, {}, pod("skipper=teapot/skipper", hostNetwork=True))
    assert found is not None
    assert found.host_network


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--providers.kubernetesIngressNGINX"], ("kubernetesIngressNGINX",)),
        (["--providers.kubernetesingressnginx=true"], ("kubernetesIngressNGINX",)),
        (["--providers.kubernetesIngressNGINX.ingressClass=nginx"], ("kubernetesIngressNGINX",)),
        (["--providers.kubernetesingressnginx=false"], ()),
        (["--providers.kubernetesingress"], ()),
    ],
)
def test_modes(arguments: list[str], expected: tuple[str, ...]) -> None:
    found = recognise({NAME: "traefik"}, {}, pod(args("traefik", "traefik:v3", *arguments)))
    assert found is not None
    assert found.modes == expected


def test_a_mode_may_stand_in_the_command() -> None:
    container = {"name": "traefik", "image": "traefik:v3", "command": ["traefik", "--providers.kubernetesIngressNGINX"]}
    found = recognise({NAME: "traefik"}, {}, pod(container))
    assert found is not None
    assert found.modes == ("kubernetesIngressNGINX",)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--tcp-services-configmap", "infra/tcp"], (("ConfigMap", "infra", "tcp"),)),
        (["--tcp-services-configmap", "$(POD_NAMESPACE)/tcp", "--v=2"], (("ConfigMap", "", "tcp"),)),
        (["--tcp-services-configmap=", "infra/tcp"], ()),
        (["--tcp-services-configmap"], ()),
        (["--tcp-services-configmap=infra/"], ()),
        (["infra/tcp"], ()),
        ([], ()),
    ],
)
def test_the_value_of_a_flag_may_be_the_next_argument(arguments: list[str], expected: tuple[object, ...]) -> None:
    found = recognise({}, {}, pod(args("controller", "ingress-nginx/controller", *arguments)))
    assert found is not None
    assert found.named == expected


def test_a_flag_takes_no_value_from_another_container() -> None:
    containers = [args("a", "ingress-nginx/controller", "--tcp-services-configmap"), args("b", "x", "infra/tcp")]
    found = recognise({}, {}, pod(*containers))
    assert found is not None
    assert found.named == ()


def test_objects_named_by_flags() -> None:
    spec = pod(
        args(
            "controller",
            "ingress-nginx/controller",
            "--tcp-services-configmap=$(POD_NAMESPACE)/tcp",
            "--udp-services-configmap=other/udp",
            "--publish-service=x/y",
            "--tcp-services-configmap=broken",
        )
    )
    found = recognise({}, {}, spec)
    assert found is not None
    assert found.named == (("ConfigMap", "", "tcp"), ("ConfigMap", "other", "udp"))


def test_evidence_of_a_package() -> None:
    resources = Resources.read(
        [
            {"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "metadata": {"name": "edge"},
             "spec": {"controller": "traefik.io/ingress-controller"}},
            {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "a"},
             "spec": {"ingressClassName": "edge"}},
            {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
             "metadata": {"name": "b", "annotations": {"kubernetes.io/ingress.class": "kong"}}},
            {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "c"}, "spec": None},
            {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "GatewayClass", "metadata": {"name": "g"},
             "spec": {"controllerName": "konghq.com/kic-gateway-controller"}},
            {"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "metadata": {"name": "bare"}},
            {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "GatewayClass", "metadata": {"name": "bare"}},
            {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "c"},
             "spec": {"template": {"spec": pod("contour=projectcontour/contour")}}},
            {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "odd"}, "spec": 7},
        ],
        "default",
    )  # fmt: skip
    assert gather(resources) == Evidence(
        frozenset({"kong"}),
        frozenset({"traefik.io/ingress-controller"}),
        frozenset({"konghq.com/kic-gateway-controller"}),
        frozenset({"contour"}),
    )
    found = [recognise_workload(workload, gather(resources)) for workload in resources.workloads]
    assert [isinstance(entry, Recognition) for entry in found] == [True, False]
