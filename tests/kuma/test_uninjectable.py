"""Pods that cannot have a sidecar in their manifest, row by row."""

from __future__ import annotations

from typing import Any

import pytest

from krm_fn.kuma.uninjectable import uninjectable

DISABLED = "Say so with the label kuma.io/sidecar-injection: disabled"
HOST_NETWORK = (
    "Not injected: the pods use the host's network, where the sidecar's redirection would hit the whole node. "
    f"{DISABLED}, which keeps Kuma's webhook from injecting them, too"
)
STATIC = "Not injected: this is a static pod ({}), which the kubelet starts without the ServiceAccount token that a "
STATIC += f"sidecar needs. {DISABLED}"
RUNNING = (
    "Not injected: this Pod has a status, so it was read from a cluster, where nobody can add containers to it. Inject "
    "the workload that it comes from, or take the status out"
)


def pod(metadata: Any = None, status: Any = None) -> dict[str, Any]:
    return {"metadata": metadata, "status": status}


def annotated(key: str, value: object) -> dict[str, Any]:
    return pod({"annotations": {key: value}})


def owned(*kinds: object) -> dict[str, Any]:
    return pod({"ownerReferences": [{"kind": kind} for kind in kinds]})


@pytest.mark.parametrize(
    ("found", "spec", "file", "code", "message"),
    [
        (pod(), {"hostNetwork": True}, "", "host-network", HOST_NETWORK),
        (None, {"hostNetwork": True}, "", "host-network", HOST_NETWORK),
        (pod(status={"phase": "Running"}), {"hostNetwork": True}, "", "host-network", HOST_NETWORK),
        (
            annotated("kubernetes.io/config.mirror", "abc"),
            {},
            "",
            "static-pod",
            STATIC.format("annotation kubernetes.io/config.mirror"),
        ),
        (
            annotated("kubernetes.io/config.mirror", None),
            {},
            "",
            "static-pod",
            STATIC.format("annotation kubernetes.io/config.mirror"),
        ),
        (
            annotated("kubernetes.io/config.source", "file"),
            {},
            "",
            "static-pod",
            STATIC.format("annotation kubernetes.io/config.source: file"),
        ),
        (
            annotated("kubernetes.io/config.source", "http"),
            {},
            "",
            "static-pod",
            STATIC.format("annotation kubernetes.io/config.source: http"),
        ),
        (owned("ReplicaSet", "Node"), {}, "", "static-pod", STATIC.format("its owner is a Node")),
        (
            pod(),
            {},
            "etc/kubernetes/manifests/web.yaml",
            "static-pod",
            STATIC.format("its file is in a folder kubernetes/manifests/"),
        ),
        (pod(status={"phase": "Running"}), {}, "web.yaml", "running-pod", RUNNING),
    ],
)
def test_why_not(found: dict[str, Any] | None, spec: dict[str, Any], file: str, code: str, message: str) -> None:
    decision = uninjectable(found, spec, file)
    assert decision is not None
    assert (decision.code, decision.message) == (code, message)
    assert (decision.injected, decision.severity) == (False, "warning")


@pytest.mark.parametrize(
    ("found", "spec", "file"),
    [
        (None, {}, ""),
        # What makes a Pod static or running says nothing of the template of a workload.
        (None, {}, "etc/kubernetes/manifests/web.yaml"),
        (pod(), {}, ""),
        (pod(), {}, "kubernetes/manifests.yaml"),
        (pod(), {}, "manifests/web.yaml"),
        (pod(), {"hostNetwork": False}, ""),
        (pod(), {"hostNetwork": "true"}, ""),
        (pod(), {"hostNetwork": 1}, ""),
        (pod(status={}), {}, ""),
        (pod(status="Running"), {}, ""),
        (annotated("kubernetes.io/config.source", "api"), {}, ""),
        (annotated("kubernetes.io/config.source", None), {}, ""),
        (annotated("kubernetes.io/config.hash", "file"), {}, ""),
        (pod({"labels": {"kubernetes.io/config.mirror": "abc"}}), {}, ""),
        (owned("ReplicaSet"), {}, ""),
        (owned("node", None, 1), {}, ""),
        (pod({"ownerReferences": ["Node", None, {"name": "Node"}]}), {}, ""),
        (pod("x"), {}, ""),
        ({}, {}, ""),
    ],
)
def test_these_can(found: dict[str, Any] | None, spec: dict[str, Any], file: str) -> None:
    assert uninjectable(found, spec, file) is None
