"""The transparent proxy's ConfigMap beside the control plane's configuration."""

from __future__ import annotations

import pytest

from krm_fn.rules.check_injector import CONFIG_MAP_DIFFERS
from krm_fn.rules.checks import checks
from tests.rules.tools import codes, config, deployment, namespace, run_rule

SPEC = """
controlPlane:
  config: {runtime: {kubernetes: {injector: {transparentProxyConfigMap: tproxy}}}}
"""
IN_MESH = namespace() + deployment()
CONFIG_MAP = """
---
apiVersion: v1
kind: ConfigMap
metadata: {name: tproxy, namespace: kuma-system}
data: {config.yaml: "%s"}
"""
OTHER_PORT = CONFIG_MAP % "redirect: {inbound: {port: 15106}}"


def test_a_port_that_differs_is_told_once() -> None:
    result = run_rule(checks, IN_MESH + deployment("b") + OTHER_PORT, SPEC).only(CONFIG_MAP_DIFFERS)
    assert result.severity == "warning"
    assert result.message == (
        "The ConfigMap's redirect.inbound.port: 15106 differs from the control plane's 15006. "
        "The redirection follows the one and the sidecar the other: make them equal"
    )
    assert (result.field, result.current, result.proposed) == (
        "data[config.yaml], redirect.inbound.port",
        15106,
        "15006",
    )
    assert result.item is not None
    assert (result.item.kind, result.item.name) == ("ConfigMap", "tproxy")


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        (IN_MESH + CONFIG_MAP % "{}", SPEC),
        (IN_MESH + CONFIG_MAP % "redirect: {inbound: {port: 15006}}", SPEC),
        (IN_MESH, SPEC),
        (IN_MESH + OTHER_PORT, ""),
        (namespace(labels="") + deployment() + OTHER_PORT, SPEC),
        (namespace(labels="kuma.io/sidecar-injection: disabled") + deployment() + OTHER_PORT, SPEC),
    ],
)
def test_nothing_to_tell(text: str, spec: str) -> None:
    assert CONFIG_MAP_DIFFERS not in codes(run_rule(checks, text, spec).results)


def test_one_that_cannot_be_read_refuses_the_pods_instead() -> None:
    text = IN_MESH + deployment("b", annotations='kuma.io/envoy-admin-port: "1"') + CONFIG_MAP % "redirect: []"
    ruled = run_rule(checks, text, SPEC)
    assert codes(ruled.results) == ["injection-refused"] * 2
    assert {result.message for result in ruled.results} == {
        "could not retrieve transparent proxy configuration: unable to parse configuration: redirect is no mapping: "
        "Kuma's injector refuses the pods"
    }


def test_one_outside_of_the_package_refuses_nothing() -> None:
    assert codes(run_rule(checks, IN_MESH, SPEC).results) == []


def test_the_config_is_valid() -> None:
    assert config(SPEC)


@pytest.mark.parametrize(
    ("spec", "found"), [("", ["kuma.io/transparent-proxying-inbound-port"]), (SPEC, ["kuma.io/sidecar-uid"])]
)
def test_annotations_that_are_void_beside_a_config_map(spec: str, found: list[str]) -> None:
    own = 'kuma.io/sidecar-uid: "1", kuma.io/transparent-proxying-inbound-port: "15006"'
    if not spec:
        own = own.replace("15006", "1")
    text = namespace() + deployment(annotations=own) + CONFIG_MAP % "{}"
    said = run_rule(checks, text, spec).of("annotation-overridden")
    assert [(result.field or "").split("[")[-1].rstrip("]") for result in said] == found
