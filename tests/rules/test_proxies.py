"""The proxies of a gateway product, and what pods in a mesh make of traffic from them."""

from __future__ import annotations

import pytest

from krm_fn.krm.resources import Resources
from krm_fn.rules.proxies import Proxy, Standing, proxies_of, standing_of
from tests.rules.custom_tools import ENVOY_CONTROLLER, dataplane, envoy_proxy
from tests.rules.tools import INJECTED, config, deployment, namespace, package, service

HAPROXY = "haproxytech/kubernetes-ingress"
OUT = namespace("out", labels="")
KNOWN = namespace("envoy-system", labels="")


def gate(name: str, where: str = "edge", labels: str = "") -> str:
    return deployment(name, where, labels=labels, image=HAPROXY)


def names(proxies: tuple[Proxy, ...]) -> list[str]:
    return [proxy.words for proxy in proxies]


def test_proxies_are_in_the_order_of_the_package() -> None:
    text = namespace("edge") + OUT + gate("b") + gate("a", "out") + gate("c", "nowhere") + deployment()
    found = proxies_of("haproxytech", package(text), config())
    assert [(proxy.words, proxy.mesh, proxy.doubtful) for proxy in found] == [
        ("Deployment edge/b", "default", False),
        ("Deployment out/a", "", False),
        ("Deployment nowhere/c", "", True),
    ]
    assert [proxy.member is not None for proxy in found] == [True] * 3
    assert proxies_of("contour", package(text), config()) == ()


@pytest.mark.parametrize(
    ("around", "mesh", "doubtful"),
    [
        pytest.param(namespace("envoy-system"), "default", False, id="in a mesh"),
        pytest.param(namespace("envoy-system", f"{INJECTED}, kuma.io/mesh: payments"), "payments", False, id="named"),
        pytest.param(KNOWN, "", False, id="in no mesh"),
        pytest.param("", "", True, id="Namespace not declared"),
    ],
)
def test_proxies_that_an_operator_makes(around: str, mesh: str, doubtful: bool) -> None:
    resources = package(around + ENVOY_CONTROLLER + envoy_proxy())
    (proxy,) = proxies_of("envoy-gateway", resources, config())
    assert proxy.words == "EnvoyProxy edge/it in Namespace envoy-system"
    assert (proxy.mesh, proxy.doubtful, proxy.member) == (mesh, doubtful, None)


def test_a_namespace_that_the_webhook_leaves_out_is_no_doubt() -> None:
    setup = config("controlPlane: {systemNamespace: edge}")
    (proxy,) = proxies_of("kong-operator", package(dataplane(), setup), setup)
    assert (proxy.mesh, proxy.doubtful) == ("", False)
    (proxy,) = proxies_of("kong-operator", package(dataplane()), config())
    assert (proxy.mesh, proxy.doubtful) == ("", True)


# --- How they stand to the pods behind a Service ----------------------------------------------------------------------
PAYMENTS = namespace("payments", f"{INJECTED}, kuma.io/mesh: payments")
BEHIND = (
    namespace()
    + deployment()
    + service()
    + PAYMENTS
    + deployment("pay", "payments")
    + service("pay", "payments")
    + OUT
    + deployment("free", "out")
    + service("free", "out")
)


def standing(resources: Resources, namespace: str = "shop", name: str = "web") -> Standing:
    return standing_of("haproxytech", namespace, name, resources, config())


def test_each_service_has_pods_of_its_own() -> None:
    resources = package(BEHIND + gate("gate", "shop"))
    assert standing(resources).meshes == ("default",)
    assert standing(resources, "payments", "pay").meshes == ("payments",)
    assert standing(resources, "out", "free").meshes == ()
    assert names(standing(resources).trusted) == ["Deployment shop/gate"]
    assert names(standing(resources, "payments", "pay").strangers) == ["Deployment shop/gate"]
    assert names(standing(resources, "out", "free").trusted) == ["Deployment shop/gate"]


@pytest.mark.parametrize(
    ("gates", "refusal", "exceptions"),
    [
        ("", "", ""),
        (gate("a", "shop"), "", ""),
        (gate("a", "nowhere"), "", ""),
        (gate("a", "out"), "the gateway itself is in no mesh: plain traffic, which strict mTLS refuses", ""),
        (
            gate("a", "payments"),
            "the gateway itself is in mesh payments, the pods behind it in mesh default, and no mesh trusts another",
            "",
        ),
        (
            gate("a", "out") + gate("b", "out"),
            "Deployment out/a and Deployment out/b are in no mesh: plain traffic, which strict mTLS refuses",
            "",
        ),
        (
            gate("a", "out") + gate("b", "payments"),
            "Deployment out/a is in no mesh: plain traffic, which strict mTLS refuses; Deployment payments/b is in "
            "mesh payments, the pods behind it in mesh default, and no mesh trusts another",
            "",
        ),
        (gate("a", "shop") + gate("b", "out"), "", "but of its proxies Deployment out/b is in no mesh"),
        (
            gate("a", "nowhere") + gate("b", "payments"),
            "",
            "but of its proxies Deployment payments/b is in mesh payments",
        ),
        (
            gate("a", "out") + gate("b", "out") + gate("c", "out"),
            "Deployment out/a, Deployment out/b and Deployment out/c are in no mesh: plain traffic, which strict mTLS "
            "refuses",
            "",
        ),
        (
            "".join(gate(name, "out") for name in "abcde"),
            "Deployment out/a, Deployment out/b, Deployment out/c and 2 more are in no mesh: plain traffic, which "
            "strict mTLS refuses",
            "",
        ),
    ],
)
def test_why_pods_refuse_a_gateway(gates: str, refusal: str, exceptions: str) -> None:
    found = standing(package(BEHIND + gates))
    assert found.refusal == refusal
    assert found.exceptions == exceptions
    assert found.is_refused is bool(refusal)
