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


# --- What is said, and where ------------------------------------------------------------------------------------------
def on_workload(text: str, label: str) -> str:
    return text.replace("namespace: shop}", f"namespace: shop, labels: {{{label}}}}}")


def test_pods_that_have_the_label_need_no_other_one() -> None:
    check_noop(checks, namespace() + on_workload(deployment(labels=INJECTED), INJECTED))
    check_noop(checks, namespace() + deployment(labels=INJECTED, annotations=INJECTED))


RUNNER = """
---
apiVersion: example.com/v1
kind: Runner
metadata: {name: web, namespace: shop, labels: {TOP}}
PATH
"""


@pytest.mark.parametrize(
    ("path", "body", "fields"),
    [
        (
            "spec.podTemplate",
            "spec: {podTemplate: {spec: {containers: [{name: a}]}}}",
            ["metadata.labels[kuma.io/sidecar-injection]"],
        ),
        (
            "runTemplate.template",
            "runTemplate: {metadata: {labels: {TOP}}, template: {spec: {containers: [{name: a}]}}}",
            ["metadata.labels[kuma.io/sidecar-injection]", "runTemplate.metadata.labels[kuma.io/sidecar-injection]"],
        ),
    ],
)
def test_labels_above_the_pods_of_other_kinds_are_told_of_once_each(path: str, body: str, fields: list[str]) -> None:
    text = namespace(labels="") + RUNNER.replace("PATH", body).replace("TOP", INJECTED)
    ruled = run_rule(checks, text, f"workloadKinds: [{{group: example.com, kind: Runner, podTemplate: {path}}}]")
    assert [result.field for result in ruled.of(INJECTION_ON_WORKLOAD)] == fields


@pytest.mark.parametrize(
    ("value", "words", "proposed"),
    [
        ("true", "the value is a boolean, but", "true"),
        ("false", "the value is a boolean, but", "false"),
        ("1.5", "the value is a number, but", "1.5"),
        ("{a: b}", "the value is a mapping, but", None),
        ("[a]", "the value is a list, but", None),
    ],
)
def test_what_stands_in_place_of_a_string(value: str, words: str, proposed: str | None) -> None:
    text = namespace(labels=f"1: 2, app: shop, kuma.io/mesh: {value}")
    found = run_rule(checks, text).only(NOT_A_STRING)
    assert (found.field, found.proposed) == ("metadata.labels[kuma.io/mesh]", proposed)
    assert found.message.startswith(words)
    assert found.message.endswith(": quote it" if proposed else ": write a string")


def test_what_has_no_value_or_no_meaning_here_may_be_no_string() -> None:
    check_noop(checks, namespace(labels="kuma.io/mesh:, 1: 2, app: 3"))


def test_where_the_first_of_two_duplicates_stands() -> None:
    path = "internal.config.kubernetes.io/path: a.yaml"
    first = service().replace("annotations: {}", f"annotations: {{{path}}}")
    found = run_rule(checks, namespace() + first + service()).only(DUPLICATE_RESOURCE)
    assert found.message.startswith("an earlier item of the package (a.yaml) has the same kind, namespace and name:")
    found = run_rule(checks, namespace() + service() + service()).only(DUPLICATE_RESOURCE)
    assert found.message.startswith("an earlier item of the package has the same kind, namespace and name:")
