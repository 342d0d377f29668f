"""Meshes that meet in one Namespace, where the control plane allows one: those of pods, and of Dataplanes."""

from __future__ import annotations

import pytest

from krm_fn.rules.checks import checks
from tests.rules.tools import deployment, namespace, run_rule

ONE_MESH = "controlPlane: {config: {runtime: {kubernetes: {disallowMultipleMeshesPerNamespace: true}}}}"
CODE = "multiple-meshes-in-namespace"


def dataplane(mesh: str, where: str = "shop", group: str = "kuma.io/v1alpha1") -> str:
    return f"""
---
apiVersion: {group}
kind: Dataplane
metadata: {{name: dp, namespace: {where}, labels: {{kuma.io/mesh: {mesh}}}}}
mesh: {mesh}
spec: {{}}
"""


WORKLOAD = namespace() + deployment(labels="kuma.io/mesh: a")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (WORKLOAD, 0),
        (WORKLOAD + dataplane("a"), 0),
        (WORKLOAD + dataplane("b"), 1),
        (WORKLOAD + dataplane("b", where="elsewhere"), 0),
        (WORKLOAD + dataplane("b", group="example.com/v1"), 0),
        (WORKLOAD + namespace("other") + deployment("c", where="other", labels="kuma.io/mesh: b"), 0),
        (WORKLOAD + deployment("out", labels="kuma.io/sidecar-injection: disabled, kuma.io/mesh: b"), 0),
        (WORKLOAD + deployment("in", labels="kuma.io/mesh: b"), 2),
    ],
)
def test_who_counts(text: str, found: int) -> None:
    assert len(run_rule(checks, text, ONE_MESH).of(CODE)) == found
    assert run_rule(checks, text).of(CODE) == []


def test_what_is_said() -> None:
    result = run_rule(checks, WORKLOAD + dataplane("b"), ONE_MESH).only(CODE)
    assert result.severity == "error"
    assert result.field == "spec.template.metadata.labels[kuma.io/mesh]"
    assert result.current == "a"
    assert 'pod is in mesh "a" but namespace "shop" already contains dataplanes in mesh "b"' in result.message


def test_a_dataplane_without_the_label_is_in_another_mesh_for_the_pod_validator() -> None:
    unlabelled = dataplane("a").replace("labels: {kuma.io/mesh: a}", "labels: {}")
    result = run_rule(checks, WORKLOAD + unlabelled, ONE_MESH).only(CODE)
    assert 'already contains dataplanes in mesh ""' in result.message
