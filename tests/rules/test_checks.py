from __future__ import annotations

import pytest

from krm_fn.rules.checks import (
    CLUSTER_SCOPED_NAMESPACE,
    CONTAINER_PATCH_MISPLACED,
    DUPLICATE_RESOURCE,
    INJECTION_ON_WORKLOAD,
    MESH_ON_WORKLOAD,
    NOT_A_STRING,
    checks,
)
from tests.rules.tools import INJECTED, check_noop, codes, deployment, ingress, mesh, namespace, run_rule, service

OFF = namespace(labels="kuma.io/sidecar-injection: disabled")
CRON_JOB = """
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly, namespace: shop}
spec:
  jobTemplate:
    metadata: {labels: {LABELS}}
    spec: {template: {spec: {containers: [{name: a}]}}}
"""
PATCH = """
---
apiVersion: kuma.io/v1alpha1
kind: ContainerPatch
metadata: {name: tune, namespace: NAMESPACE}
"""


@pytest.mark.parametrize(
    "text",
    [
        "",
        namespace() + deployment() + service() + ingress() + mesh(),
        namespace(labels="") + deployment(labels="version: 1"),
        namespace() + CRON_JOB.replace("LABELS", ""),
        namespace("kuma-system", labels="") + PATCH.replace("NAMESPACE", "kuma-system"),
    ],
)
def test_ordinary_packages(text: str) -> None:
    check_noop(checks, text)


# --- Decisions --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "severity", "code"),
    [
        (namespace() + deployment(), "info", "injected-by-namespace-label"),
        (namespace(labels="") + deployment(), "info", "not-injected"),
        (namespace() + deployment(labels="kuma.io/sidecar-injection: maybe"), "error", "injection-label-invalid"),
        (namespace(labels="") + deployment(labels=INJECTED), "warning", "webhook-namespace-not-labelled"),
        (OFF + deployment(labels="kuma.io/sidecar-injection: 'yes'"), "warning", "webhook-value-not-matched"),
        (deployment(where="kube-system", labels=INJECTED), "warning", "webhook-excluded-namespace"),
    ],
)
def test_every_decision_is_a_result(text: str, severity: str, code: str) -> None:
    assert run_rule(checks, text, "results: {level: info}").only(code).severity == severity


def test_decisions_that_nobody_asked_for_are_not_told() -> None:
    assert run_rule(checks, namespace() + deployment()).results == []


def test_what_to_do_about_a_namespace_that_the_webhook_does_not_see() -> None:
    found = run_rule(checks, namespace(labels="") + deployment(labels=INJECTED)).results[0]
    assert "disabled is enough" in found.message


# --- Labels in the wrong place ----------------------------------------------------------------------------------------
def test_labels_on_the_workload() -> None:
    text = deployment().replace("namespace: shop}", "namespace: shop, labels: {kuma.io/sidecar-injection: enabled}}")
    found = run_rule(checks, namespace(labels="") + text).only(INJECTION_ON_WORKLOAD)
    assert found.field == "metadata.labels[kuma.io/sidecar-injection]"
    text = deployment().replace("namespace: shop}", "namespace: shop, labels: {kuma.io/mesh: payments}}")
    assert codes(run_rule(checks, namespace() + text).results) == [MESH_ON_WORKLOAD]
    check_noop(checks, namespace(labels="kuma.io/mesh: payments, " + INJECTED) + text)


def test_labels_on_the_job_template() -> None:
    text = namespace() + CRON_JOB.replace("LABELS", "kuma.io/sidecar-injection: disabled")
    found = run_rule(checks, text).only(INJECTION_ON_WORKLOAD)
    assert found.field == "spec.jobTemplate.metadata.labels[kuma.io/sidecar-injection]"


# --- Any item ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "text",
    [
        namespace(labels="kuma.io/sidecar-injection: true"),
        namespace(labels="") + deployment(annotations="kuma.io/sidecar-proxy-concurrency: 2"),
        namespace(labels="") + service(annotations="ingress.kubernetes.io/service-upstream: true"),
        namespace(labels="") + ingress(annotations="nginx.org/use-cluster-ip: true"),
    ],
)
def test_values_that_are_no_strings(text: str) -> None:
    found = run_rule(checks, text).only(NOT_A_STRING)
    assert found.proposed in ("true", "2")


def test_kinds_and_namespaces() -> None:
    assert codes(run_rule(checks, mesh().replace("}", ", namespace: shop}", 1)).results) == [CLUSTER_SCOPED_NAMESPACE]
    misplaced = run_rule(checks, PATCH.replace("NAMESPACE", "shop"))
    assert codes(misplaced.results) == [CONTAINER_PATCH_MISPLACED]
    lands_there = "defaultNamespace: kuma-system"
    check_noop(checks, PATCH.replace(", namespace: NAMESPACE", ""), lands_there)


def test_duplicates() -> None:
    text = namespace() + deployment() + deployment()
    assert codes(run_rule(checks, text).results) == [DUPLICATE_RESOURCE]
    check_noop(checks, namespace() + deployment() + deployment().replace("Deployment", "StatefulSet"))
