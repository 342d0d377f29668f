from __future__ import annotations

import pytest

from krm_fn.rules.check_injector import INIT_UID, INJECTION_REFUSED, PATCH_MISSING
from krm_fn.rules.checks import checks
from tests.rules.tools import check_noop, codes, deployment, namespace, run_rule

IN_MESH = namespace()
NATIVE_OFF = "controlPlane: {config: {experimental: {sidecarContainers: false}}}"
PATCH = """
---
apiVersion: kuma.io/v1alpha1
kind: ContainerPatch
metadata: {name: tune, namespace: kuma-system}
spec: {sidecarPatch: [{op: add, path: /args/0, value: '"-x"'}]}
"""


def probing(port: str, annotations: str = "") -> str:
    text = deployment(annotations=annotations)
    return text.replace('image: "web:1"', f'image: "web:1", livenessProbe: {{httpGet: {{path: /, port: {port}}}}}')


@pytest.mark.parametrize(
    "annotations",
    [
        "",
        "kuma.io/sidecar-env-vars: A=1;B=2",
        'kuma.io/sidecar-proxy-concurrency: "2"',
        "kuma.io/sidecar-drain-time: 10s",
        "kuma.io/gateway: enabled",
        'kuma.io/gateway: enabled, kuma.io/envoy-admin-port: "9000"',
        "kuma.io/builtin-dns: enabled",
        "traffic.kuma.io/exclude-outbound-ports: not checked by anyone",
        "kuma.io/transparent-proxying: enabled",
    ],
)
def test_what_the_injector_takes(annotations: str) -> None:
    check_noop(checks, IN_MESH + deployment(annotations=annotations))


@pytest.mark.parametrize(
    ("annotation", "words"),
    [
        ("kuma.io/sidecar-env-vars: A", "invalid format. Map in"),
        ("kuma.io/sidecar-env-vars: ''", "invalid format. Map in"),
        ("kuma.io/sidecar-drain-time: soon", "time: invalid duration"),
        ("kuma.io/sidecar-proxy-concurrency: two", "strconv.ParseUint"),
        ('kuma.io/envoy-admin-port: "-1"', "strconv.ParseUint"),
        ("k8s.kuma.io/spire-support: maybe", "getting k8s.kuma.io/spire-support annotation failed"),
        ("kuma.io/wait-for-dataplane-ready: maybe", "has wrong value"),
        ("kuma.io/builtin-dns: maybe", "could not generate annotations for pod: "),
        ("kuma.io/transparent-proxying-ebpf: maybe", "getting kuma.io/transparent-proxying-ebpf annotation failed"),
        ("kuma.io/init-first: maybe", "has wrong value"),
        ("kuma.io/gateway: builtin", "unable to set kuma.io/virtual-probes"),
        ('kuma.io/gateway: enabled, kuma.io/application-probe-proxy-port: "1"', "can't be enabled in gateway mode"),
    ],
)
def test_what_the_injector_refuses(annotation: str, words: str) -> None:
    found = run_rule(checks, IN_MESH + deployment(annotations=annotation)).only(INJECTION_REFUSED)
    assert found.severity == "error"
    assert words in found.message
    assert found.field.startswith("spec.template.metadata.annotations[") or "duration" in words
    outside = run_rule(checks, namespace(labels="") + deployment(annotations=annotation))
    assert codes(outside.results, "error") == []


def test_virtual_probes_on_a_gateway() -> None:
    text = IN_MESH + deployment(annotations="kuma.io/gateway: enabled, kuma.io/virtual-probes: enabled")
    assert INJECTION_REFUSED in codes(run_rule(checks, text).results)


@pytest.mark.parametrize("text", [probing("9001"), probing("9001", "kuma.io/sidecar-drain-time: 5s")])
def test_a_probe_on_the_port_of_the_probe_proxy(text: str) -> None:
    assert "cannot override Pod's probes" in run_rule(checks, IN_MESH + text).only(INJECTION_REFUSED).message


@pytest.mark.parametrize(
    "text",
    [
        probing("8080"),
        probing("http"),
        probing("9001", "kuma.io/gateway: enabled"),
        probing("9001", 'kuma.io/application-probe-proxy-port: "9100"'),
    ],
)
def test_probes_elsewhere(text: str) -> None:
    check_noop(checks, IN_MESH + text)


@pytest.mark.parametrize(("spec", "found"), [("{}", [INJECTION_REFUSED]), (NATIVE_OFF, [])])
def test_a_restartable_init_container_is_probed_too(spec: str, found: list[str]) -> None:
    own = 'initContainers: [{name: a, restartPolicy: Always, livenessProbe: {tcpSocket: {port: "9001"}}}]'
    assert codes(run_rule(checks, IN_MESH + deployment(spec=own), spec).results) == found


def test_user_ids() -> None:
    clash = deployment().replace('image: "web:1"', "securityContext: {runAsUser: 5678}")
    assert codes(run_rule(checks, IN_MESH + clash).results) == ["sidecar-uid-clash"]
    init = deployment(spec="initContainers: [{name: a, securityContext: {runAsUser: 5678}}]")
    assert codes(run_rule(checks, IN_MESH + init).results) == [INIT_UID]
    check_noop(checks, namespace(labels="") + clash + init.replace("web", "b"))


def test_a_label_that_kuma_manages() -> None:
    labelled = deployment(labels="kuma.io/workload: web")
    off = namespace(labels="kuma.io/sidecar-injection: disabled")
    assert codes(run_rule(checks, off + labelled).results) == ["managed-label-on-pod"]
    check_noop(checks, namespace(labels="") + labelled)


def test_container_patches() -> None:
    patched = IN_MESH + deployment(annotations="kuma.io/container-patches: tune")
    elsewhere = run_rule(checks, patched).only(PATCH_MISSING)
    assert elsewhere.severity == "warning"
    assert 'missing: ["tune"]' in elsewhere.message
    missing = run_rule(checks, patched + namespace("kuma-system", labels="")).only(PATCH_MISSING)
    assert missing.severity == "error"
    assert missing.field == "spec.template.metadata.annotations[kuma.io/container-patches]"
    check_noop(checks, patched + PATCH)
    broken = run_rule(checks, patched + PATCH.replace("/args/0", "/args/9"))
    assert "could not apply patches" in broken.only(INJECTION_REFUSED).message


def test_deprecated_and_void_annotations() -> None:
    text = IN_MESH + deployment(annotations="prometheus.metrics.kuma.io/path: /m, kuma.io/init-first: 'yes'")
    assert codes(run_rule(checks, text).results) == ["deprecated-annotation", "deprecated-boolean"]
    void = IN_MESH + deployment(annotations='kuma.io/transparent-proxying-inbound-port: "1"')
    assert codes(run_rule(checks, void).results) == ["annotation-overridden"]


def test_an_observed_pod_has_the_injector_behind_it() -> None:
    pod = """
---
apiVersion: v1
kind: Pod
metadata:
  name: web
  namespace: shop
  annotations: {kuma.io/sidecar-injected: "true", kuma.io/virtual-probes: enabled, kuma.io/sidecar-env-vars: A}
spec: {containers: [{name: kuma-sidecar}]}
status: {phase: Running, podIP: 10.0.0.1}
"""
    check_noop(checks, IN_MESH + pod)


# --- What is said, and where ------------------------------------------------------------------------------------------
def test_the_fields_of_findings_stand_in_the_pod_template() -> None:
    clash = deployment().replace('image: "web:1"', "securityContext: {runAsUser: 5678}")
    found = run_rule(checks, IN_MESH + clash).only("sidecar-uid-clash")
    assert (found.field, found.current) == ("spec.template.spec.containers", 5678)
    assert found.message.endswith(": run them with another user id than 5678")
    init = deployment(spec="initContainers: [{name: a, securityContext: {runAsUser: 5678}}]")
    assert run_rule(checks, IN_MESH + init).only(INIT_UID).field == "spec.template.spec.initContainers"
    probes = run_rule(checks, IN_MESH + probing("9001")).only(INJECTION_REFUSED)
    assert (probes.field, probes.current) == ("spec.template.spec", None)


@pytest.mark.parametrize("name", ["kube-system", "kuma-system"])
def test_the_pod_validator_looks_at_no_namespace_of_the_system(name: str) -> None:
    labelled = namespace(name, labels="kuma.io/sidecar-injection: disabled")
    check_noop(checks, labelled + deployment(where=name, labels="kuma.io/workload: web"))


def test_patches_that_the_control_plane_applies_to_every_pod() -> None:
    spec = "controlPlane: {config: {runtime: {kubernetes: {injector: {containerPatches: [tune]}}}}}"
    missing = run_rule(checks, IN_MESH + deployment(), spec).only(PATCH_MISSING)
    assert missing.current is None
    check_noop(checks, IN_MESH + deployment() + PATCH, spec)


def test_all_missing_patches_are_named() -> None:
    patched = IN_MESH + deployment(annotations='kuma.io/container-patches: "one,tune,two"') + PATCH
    found = run_rule(checks, patched).only(PATCH_MISSING)
    assert found.message == (
        'it appears some expected container patches are missing: ["one" "two"]: Kuma\'s injector refuses the pods; '
        "add the ContainerPatches to namespace kuma-system"
    )


def test_an_annotation_without_effect_hides_no_deprecated_one() -> None:
    port = 'kuma.io/transparent-proxying-inbound-port: "1"'
    text = IN_MESH + deployment(annotations=f"{port}, prometheus.metrics.kuma.io/path: /m")
    assert codes(run_rule(checks, text).results) == ["annotation-overridden", "deprecated-annotation"]


def test_the_injection_annotation_hides_no_deprecated_one() -> None:
    text = deployment(annotations="kuma.io/sidecar-injection: enabled, prometheus.metrics.kuma.io/path: /m")
    assert codes(run_rule(checks, IN_MESH + text).results) == ["deprecated-annotation", "injection-as-annotation"]
