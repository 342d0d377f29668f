"""Pods as the webhook would leave them: by configuration that no pod mentions, and by the ConfigMap of the proxy."""

from __future__ import annotations

from typing import Any

import pytest

from krm_fn.rules.checks import checks
from krm_fn.rules.conversion import Package
from krm_fn.rules.membership import members
from tests.rules.tools import codes, config, deployment, namespace, package, run_rule, service

CONFIG_MAP = """
---
apiVersion: v1
kind: ConfigMap
metadata: {name: tproxy, namespace: kuma-system}
data: {config.yaml: "{}"}
"""
PATCH = """
---
apiVersion: kuma.io/v1alpha1
kind: ContainerPatch
metadata: {name: tune, namespace: kuma-system}
spec: {sidecarPatch: [{op: remove, path: /args/%s}]}
"""


def injector(settings: str) -> str:
    return f"controlPlane: {{config: {{runtime: {{kubernetes: {{injector: {{{settings}}}}}}}}}}}"


BY_CONFIG_MAP = injector("transparentProxyConfigMap: tproxy")
PATCHED = injector("containerPatches: [tune]")


@pytest.mark.parametrize(
    ("text", "spec", "found"),
    [
        (deployment() + PATCH % 0, PATCHED, []),
        (deployment() + PATCH % 9, PATCHED, ["injection-refused"]),
        (deployment() + PATCH % 9, "", []),
        (deployment(labels="kuma.io/sidecar-injection: disabled") + PATCH % 9, PATCHED, []),
    ],
)
def test_patches_that_the_configuration_names_for_all_pods(text: str, spec: str, found: list[str]) -> None:
    assert codes(run_rule(checks, namespace() + text, spec).results) == found


VIRTUAL = "applicationProbeProxyPort: 0, virtualProbesEnabled: true, virtualProbesPort: 9500"


def probed(port: int) -> str:
    return deployment().replace('image: "', f'livenessProbe: {{httpGet: {{port: {port}}}}}, image: "')


@pytest.mark.parametrize(
    ("port", "settings", "refused"),
    [
        (9500, VIRTUAL, True),
        (9501, VIRTUAL, False),
        (9500, VIRTUAL.replace("true", "false"), False),
        (9500, "", False),
        (9001, "", True),
        (9001, VIRTUAL, False),
    ],
)
def test_a_probe_on_the_port_that_the_configuration_reserves(port: int, settings: str, refused: bool) -> None:
    found = codes(run_rule(checks, namespace() + probed(port), injector(settings)).results)
    assert found == (["injection-refused"] if refused else [])


@pytest.mark.parametrize(
    ("annotation", "text", "spec", "refused"),
    [
        # Without a ConfigMap the injector reads this annotation; with one it does not.
        ("kuma.io/builtin-dns-port: x, kuma.io/builtin-dns: 'true'", "", "", True),
        ("kuma.io/builtin-dns-port: x, kuma.io/builtin-dns: 'true'", CONFIG_MAP, BY_CONFIG_MAP, False),
        ("traffic.kuma.io/exclude-inbound-ports: x", "", "", False),
        ("traffic.kuma.io/exclude-inbound-ports: x", CONFIG_MAP, BY_CONFIG_MAP, True),
        ("traffic.kuma.io/exclude-inbound-ports: x", "", BY_CONFIG_MAP, False),
    ],
)
def test_which_annotations_are_read(annotation: str, text: str, spec: str, refused: bool) -> None:
    ruled = run_rule(checks, namespace() + deployment(annotations=annotation) + text, spec)
    assert bool(ruled.of("injection-refused")) is refused


def networking(spec: str, text: str = "") -> dict[str, Any]:
    setup = config(spec)
    resources = package(namespace() + deployment() + service() + text, setup)
    (made,) = Package(resources, setup).made(list(members(resources, setup).values()))
    found: dict[str, Any] = made.dataplanes[0]["spec"]["networking"]
    return found


def test_the_dataplane_says_how_traffic_is_redirected() -> None:
    """Where a ConfigMap says it, the pod's annotation holds it, and the Dataplane has no ports."""
    assert networking("")["transparentProxying"] == {
        "ipFamilyMode": "DualStack",
        "redirectPortInbound": 15006,
        "redirectPortOutbound": 15001,
    }
    assert "transparentProxying" not in networking(BY_CONFIG_MAP, CONFIG_MAP)
