"""kuma-cp.yaml over the defaults."""

from __future__ import annotations

from typing import Any

import pytest

from krm_fn.kuma.controlplane import DEFAULTS_2_14, ControlPlaneConfig, problems, resolve
from krm_fn.kuma.reading import KumaValueError


def injector(values: dict[str, Any]) -> dict[str, Any]:
    return {"runtime": {"kubernetes": {"injector": values}}}


def test_nothing_gives_the_defaults_themselves() -> None:
    assert resolve({}) is DEFAULTS_2_14
    assert problems(DEFAULTS_2_14) == []
    assert DEFAULTS_2_14.control_plane_url == "https://kuma-control-plane.kuma-system:5678"


def test_keys_match_without_regard_to_case_and_unknown_ones_are_ignored() -> None:
    config = resolve({"EXPERIMENTAL": {"kubeoutboundsasvips": False, "nonsense": 1}, "store": {"other": {}}})
    assert config.experimental.kube_outbounds_as_vips is False
    assert config.experimental.sidecar_containers is True
    assert config.store == DEFAULTS_2_14.store


def test_lists_are_replaced_and_maps_are_merged() -> None:
    config = resolve(injector({"nodeLabelsToCopy": ["a"], "exceptions": {"labels": {"x": "1"}}})).injector
    assert config.node_labels_to_copy == ("a",)
    assert dict(config.exceptions.labels) == {
        "openshift.io/build.name": "*",
        "openshift.io/deployer-pod-for.name": "*",
        "x": "1",
    }


def test_an_empty_list_replaces_too_and_null_counts_as_absent() -> None:
    assert resolve(injector({"nodeLabelsToCopy": []})).injector.node_labels_to_copy == ()
    assert resolve(injector({"nodeLabelsToCopy": None, "builtinDNS": None})).injector == DEFAULTS_2_14.injector


def test_durations_and_quantities() -> None:
    values = {"sidecarContainer": {"drainTime": "1m", "resources": {"limits": {"cpu": 1, "memory": "1024Mi"}}}}
    sidecar = resolve(injector(values)).injector.sidecar_container
    assert sidecar.drain_time == 60 * 10**9
    assert str(sidecar.resources.limits.cpu) == "1"
    assert str(sidecar.resources.limits.memory) == "1Gi"
    assert str(sidecar.resources.requests.cpu) == "50m"
    assert resolve(injector({"sidecarContainer": {"drainTime": 5}})).injector.sidecar_container.drain_time == 5


@pytest.mark.parametrize(
    ("config", "key"),
    [
        ({"mode": 1}, "mode"),
        ({"experimental": []}, "experimental"),
        ({"experimental": {"deltaXds": "true"}}, "experimental.deltaXds"),
        (injector({"cniEnabled": 1}), "runtime.kubernetes.injector.cniEnabled"),
        (injector({"sidecarContainer": {"uid": "5678"}}), "runtime.kubernetes.injector.sidecarContainer.uid"),
        (injector({"sidecarContainer": {"uid": True}}), "runtime.kubernetes.injector.sidecarContainer.uid"),
        (injector({"sidecarContainer": {"drainTime": "5"}}), "runtime.kubernetes.injector.sidecarContainer.drainTime"),
        (injector({"containerPatches": "a"}), "runtime.kubernetes.injector.containerPatches"),
        (injector({"containerPatches": ["a", 2]}), "runtime.kubernetes.injector.containerPatches[1]"),
        (
            injector({"sidecarTraffic": {"excludeInboundPorts": ["80"]}}),
            "runtime.kubernetes.injector.sidecarTraffic.excludeInboundPorts[0]",
        ),
        (injector({"exceptions": {"labels": ["x"]}}), "runtime.kubernetes.injector.exceptions.labels"),
        (
            injector({"initContainer": {"resources": {"limits": {"cpu": "much"}}}}),
            "runtime.kubernetes.injector.initContainer.resources.limits.cpu",
        ),
    ],
)
def test_wrong_types_name_their_path(config: dict[str, Any], key: str) -> None:
    with pytest.raises(KumaValueError) as caught:
        resolve(config)
    assert caught.value.key == key
    assert key in caught.value.message


@pytest.mark.parametrize(
    ("values", "path", "reason"),
    [
        ({"sidecarContainer": {"image": ""}}, "sidecarContainer.image", "must not be empty"),
        ({"initContainer": {"image": ""}}, "initContainer.image", "must not be empty"),
        (
            {"sidecarContainer": {"ipFamilyMode": "ipv6"}},
            "sidecarContainer.ipFamilyMode",
            "must be ipv4 or dualstack",
        ),
        (
            {"sidecarContainer": {"redirectPortInbound": 65536}},
            "sidecarContainer.redirectPortInbound",
            "must be in the range [0, 65535]",
        ),
        (
            {"sidecarContainer": {"redirectPortOutbound": 65536}},
            "sidecarContainer.redirectPortOutbound",
            "must be in the range [0, 65535]",
        ),
        (
            {"sidecarContainer": {"adminPort": 65536}},
            "sidecarContainer.adminPort",
            "must be in the range [0, 65535]",
        ),
        ({"sidecarContainer": {"drainTime": "0s"}}, "sidecarContainer.drainTime", "must be positive"),
        (
            {"sidecarContainer": {"livenessProbe": {"periodSeconds": 0}}},
            "sidecarContainer.livenessProbe",
            "must have numbers of at least 1",
        ),
        (
            {"sidecarContainer": {"readinessProbe": {"timeoutSeconds": 0}}},
            "sidecarContainer.readinessProbe",
            "must have numbers of at least 1",
        ),
    ],
)
def test_what_the_control_plane_refuses_to_start_with(values: dict[str, Any], path: str, reason: str) -> None:
    assert problems(resolve(injector(values))) == [(f"runtime.kubernetes.injector.{path}", reason)]


@pytest.mark.parametrize(
    "values",
    [
        {"redirectPortInbound": 65535, "redirectPortOutbound": 65535, "adminPort": 65535},
        {"redirectPortInbound": 0, "redirectPortOutbound": 0, "adminPort": 0},
        {"drainTime": "1ns", "ipFamilyMode": ""},
    ],
)
def test_limits_are_allowed(values: dict[str, Any]) -> None:
    assert problems(resolve(injector({"sidecarContainer": values}))) == []


def test_the_startup_probe_is_not_checked() -> None:
    config = resolve(injector({"sidecarContainer": {"startupProbe": {"periodSeconds": 0}}}))
    assert isinstance(config, ControlPlaneConfig)
    assert problems(config) == []
