"""What manifests tell about the Kuma of the cluster."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from krm_fn.krm.resources import Resources
from krm_fn.starting.kuma_facts import KumaFacts, kuma_facts, minor_of

CONTROL_PLANE = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: kuma-control-plane, namespace: mesh-system}
spec:
  template:
    spec:
      containers:
      - name: control-plane
        image: docker.io/kumahq/kuma-cp:2.11.3
        env: [{name: KUMA_MULTIZONE_ZONE_NAME, value: east}]
"""
CRD = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: meshes.kuma.io
  labels: {helm.sh/chart: kuma-2.12.4}
"""
KUSTOMIZATION = """\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
helmCharts:
- name: kuma
  repo: https://kumahq.github.io/charts
  version: 2.13.0
  valuesInline: {controlPlane: {mode: zone, zone: west}}
"""
RELEASE = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: kuma}
spec:
  chart: {spec: {chart: kuma, version: 2.10.1}}
  values: {controlPlane: {zone: north}}
"""
APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: kuma}
spec:
  source:
    chart: kuma
    targetRevision: 2.9.2
    helm: {valuesObject: {controlPlane: {zone: south}}}
"""
LABELLED_ZONE = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: a, labels: {kuma.io/zone: zone-7}}
"""
OTHER_CHART = KUSTOMIZATION.replace("name: kuma", "name: redis")


def facts(*texts: str) -> KumaFacts:
    entries: list[Any] = [document for text in texts for document in yaml.safe_load_all(text)]
    return kuma_facts(entries, Resources.read(entries, "default"))


@pytest.mark.parametrize(
    ("text", "version", "zone"),
    [
        (CONTROL_PLANE, "2.11", "east"),
        (CRD, "2.12", ""),
        (KUSTOMIZATION, "2.13", "west"),
        (RELEASE, "2.10", "north"),
        (APPLICATION, "2.9", "south"),
        (LABELLED_ZONE, "", "zone-7"),
        (OTHER_CHART, "", ""),
        (CONTROL_PLANE.replace("kuma-cp", "kumactl-exporter"), "", "east"),
        (CONTROL_PLANE.replace(":2.11.3", ":latest"), "", "east"),
        (CONTROL_PLANE.replace(":2.11.3", "@sha256:" + "0" * 64), "", "east"),
        (CRD.replace("kuma-2.12.4", "kuma-counter-2.12.4"), "", ""),
    ],
)
def test_what_is_evident(text: str, version: str, zone: str) -> None:
    found = facts(text)
    assert (found.version.value if found.version else "") == version
    assert (found.zone.value if found.zone else "") == zone


def test_evidence_that_disagrees_proves_nothing() -> None:
    found = facts(CONTROL_PLANE, KUSTOMIZATION)
    assert found == KumaFacts(system_namespace=found.system_namespace)


def test_a_minor_that_is_not_supported_is_told_apart() -> None:
    found = facts(CONTROL_PLANE.replace("2.11.3", "1.8.0"))
    assert found.version is None
    assert found.unsupported is not None
    assert found.unsupported.value == "1.8"


def test_the_namespace_of_the_control_plane() -> None:
    found = facts(CONTROL_PLANE)
    assert found.system_namespace is not None
    assert found.system_namespace.value == "mesh-system"


@pytest.mark.parametrize("version", ["", "latest", "2", "2.x", "v", "2..1", "²." + "1", "2." + "9" * 99])
def test_what_is_no_version(version: str) -> None:
    assert minor_of(version) == ""


@pytest.mark.parametrize(("version", "minor"), [("v2.11.3", "2.11"), ("2.9", "2.9"), ("2.014.1-rc1", "2.14")])
def test_versions(version: str, minor: str) -> None:
    assert minor_of(version) == minor


@pytest.mark.parametrize(
    "odd",
    [
        {"chart": ["kuma"], "version": 2.1},
        {"helmCharts": [None, {"name": "kuma", "version": None}]},
        {"kind": "Deployment", "apiVersion": "apps/v1", "spec": {"template": {"spec": {"containers": "x"}}}},
        {
            "kind": "Deployment",
            "apiVersion": "apps/v1",
            "metadata": {"labels": {"helm.sh/chart": 5, "kuma.io/zone": [1]}},
        },
    ],
)
def test_odd_shapes_are_passed_over(odd: dict[str, Any]) -> None:
    assert kuma_facts([odd], Resources.read([odd], "default")) == KumaFacts()
