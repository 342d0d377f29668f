from __future__ import annotations

import pytest

from krm_fn.rules.check_custom import NOT_WRITTEN, check_custom
from krm_fn.rules.check_gateways import GATEWAY_OUTSIDE
from tests.rules.custom_tools import contour, dataplane, envoy_proxy, gateway, values
from tests.rules.tools import check_noop, config, namespace, package, run_all

MANUAL = "injection: {mode: manual}"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(namespace("edge") + dataplane(), id="in a mesh"),
        pytest.param(namespace("edge", labels="") + dataplane(""), id="not marked"),
        pytest.param(dataplane(), id="in an unknown Namespace"),
        pytest.param(namespace("edge", labels="") + envoy_proxy(), id="somewhere"),
        pytest.param("kind: ConfigMap", id="no custom resource"),
    ],
)
def test_left_alone(text: str) -> None:
    check_noop(lambda resources, setup: iter(list(check_custom(resources, setup))), text)


def test_marked_in_no_mesh() -> None:
    found = run_all(namespace("edge", labels="") + dataplane()).only(GATEWAY_OUTSIDE)
    assert "podTemplateSpec.metadata.labels[kuma.io/sidecar-injection]: enabled" in found.message
    text = namespace("front", labels="") + contour() + gateway("x", "ContourDeployment/projectcontour.io")
    only_namespace = run_all(text).only(GATEWAY_OUTSIDE)
    assert only_namespace.message.endswith("Label that Namespace")


def test_the_namespace_that_no_webhook_sees() -> None:
    text = values("deployment: {podAnnotations: {kuma.io/gateway: enabled}}", "kube-system")
    assert "kube-system" in run_all(text).only(GATEWAY_OUTSIDE).message


def test_manual_mode_has_no_template_to_write_into() -> None:
    text = namespace("edge") + dataplane()
    assert "webhook" in run_all(text, MANUAL).only(NOT_WRITTEN).message
    setup = config(MANUAL)
    assert not list(check_custom(package(namespace("edge", labels="") + dataplane(""), setup), setup))
