"""Who gets a sidecar: the truth tables of krm_fn.kuma.injection, row by row."""

from __future__ import annotations

from typing import Any

import pytest

from krm_fn.kuma import injection
from krm_fn.kuma.names import KUMA_MESH, SIDECAR_INJECTION, WORKLOAD, ZONE_PROXY_TYPE
from krm_fn.kuma.versions import V2_14

EXCEPTIONS = (("openshift.io/build.name", "*"), ("team", "legacy"))
PLAIN: dict[str, Any] = {"containers": [{"name": "web"}]}
WITH_SIDECAR = {"containers": [{"name": "web"}, {"name": "kuma-sidecar"}]}
WITH_NATIVE_SIDECAR = {"initContainers": [{"name": "kuma-sidecar"}], "containers": [{"name": "web"}]}


def label(value: str | None) -> dict[str, Any]:
    return {"app": "web"} if value is None else {"app": "web", SIDECAR_INJECTION: value}


DECISIONS = [
    # pod label, namespace label, code
    ("enabled", None, "injected-by-pod-label"),
    ("true", None, "injected-by-pod-label"),
    ("yes", "disabled", "injected-by-pod-label"),
    ("enabled", "rubbish", "injected-by-pod-label"),
    ("disabled", "enabled", "injection-disabled-by-pod-label"),
    ("false", None, "injection-disabled-by-pod-label"),
    ("no", "yes", "injection-disabled-by-pod-label"),
    ("", "enabled", "injection-label-invalid"),
    ("Enabled", "enabled", "injection-label-invalid"),
    (" enabled", None, "injection-label-invalid"),
    (None, "enabled", "injected-by-namespace-label"),
    (None, "true", "injected-by-namespace-label"),
    (None, "yes", "injected-by-namespace-label"),
    (None, "disabled", "injection-disabled-by-namespace-label"),
    (None, "false", "injection-disabled-by-namespace-label"),
    (None, "on", "injection-label-invalid"),
    (None, None, "not-injected"),
]


@pytest.mark.parametrize(("pod", "namespace", "code"), DECISIONS)
def test_labels_decide(pod: str | None, namespace: str | None, code: str) -> None:
    decision = injection.decide(label(pod), PLAIN, label(namespace), EXCEPTIONS)
    assert decision.code == code
    assert decision.injected == code.startswith("injected-by-")
    assert decision.failed == (code == "injection-label-invalid")


@pytest.mark.parametrize(("pod", "namespace", "_code"), DECISIONS)
@pytest.mark.parametrize("spec", [WITH_SIDECAR, WITH_NATIVE_SIDECAR])
def test_a_pod_with_a_sidecar_is_left_alone_whatever_the_labels(
    pod: str | None, namespace: str | None, _code: str, spec: dict[str, Any]
) -> None:
    assert injection.decide(label(pod), spec, label(namespace), EXCEPTIONS).code == "already-injected"


@pytest.mark.parametrize(
    ("extra", "code"),
    [
        ({"openshift.io/build.name": "anything"}, "injection-exception"),
        ({"openshift.io/build.name": ""}, "injection-exception"),
        ({"team": "legacy"}, "injection-exception"),
        ({"team": "legacy-2"}, "injected-by-pod-label"),
        ({"team": "*"}, "injected-by-pod-label"),
        ({"openshift.io/build": "x"}, "injected-by-pod-label"),
    ],
)
def test_exceptions(extra: dict[str, str], code: str) -> None:
    assert injection.decide(label("enabled") | extra, PLAIN, {}, EXCEPTIONS).code == code


def test_an_exception_is_seen_before_the_sidecar_and_the_invalid_label() -> None:
    labels = label("rubbish") | {"team": "legacy"}
    decision = injection.decide(labels, WITH_SIDECAR, label("rubbish"), EXCEPTIONS)
    assert decision.message == (
        "Not injected: the label team: legacy is an exception in the control plane's configuration."
    )


@pytest.mark.parametrize(
    "spec",
    [
        {"initContainers": [{"name": "kuma-init"}], "containers": [{"name": "web"}]},
        {"hostNetwork": True, "containers": [{"name": "web"}]},
        {"ephemeralContainers": [{"name": "kuma-sidecar"}]},
        {"containers": "kuma-sidecar"},
        {"containers": ["kuma-sidecar", None]},
        {},
        None,
        [],
    ],
)
def test_only_the_name_of_a_container_counts(spec: object) -> None:
    assert injection.decide(label("enabled"), spec, {}, EXCEPTIONS).injected


@pytest.mark.parametrize("value", [True, None, 1, ["enabled"], {"enabled": 1}])
def test_a_label_that_is_no_string_counts_as_absent(value: object) -> None:
    assert injection.decide({SIDECAR_INJECTION: value}, PLAIN, label("enabled"), EXCEPTIONS).code == (
        "injected-by-namespace-label"
    )


def test_the_text_of_an_invalid_label_is_kumas() -> None:
    decision = injection.decide(label("on"), PLAIN, {}, ())
    assert decision.message == 'annotation "kuma.io/sidecar-injection" has wrong value "on"'


WEBHOOK = [
    # pod label, namespace label, reason why the webhook does not see the pod
    (None, "enabled", None),
    (None, "true", None),
    ("no", "true", None),
    ("enabled", "disabled", None),
    ("enabled", "yes", None),
    ("enabled", "", None),
    ("true", "disabled", "webhook-value-not-matched"),
    ("yes", "false", "webhook-value-not-matched"),
    (None, "yes", "webhook-value-not-matched"),
    (None, "disabled", "webhook-value-not-matched"),
    ("enabled", None, "webhook-namespace-not-labelled"),
    ("true", None, "webhook-namespace-not-labelled"),
    (None, None, "webhook-namespace-not-labelled"),
]


@pytest.mark.parametrize(("pod", "namespace", "code"), WEBHOOK)
def test_who_the_webhook_sees(pod: str | None, namespace: str | None, code: str | None) -> None:
    reason = injection.seen_by_webhook(label(pod), "shop", label(namespace), "kuma-system", V2_14)
    assert (reason and reason.code) == code


VISIBLE = (
    "Not injected, whatever the pod's label says: the webhook sees no pod of a Namespace without the label "
    "kuma.io/sidecar-injection; the Namespace shop needs it, and the value disabled is enough."
)
LEFT_OUT = "Not injected: the webhook leaves out the Namespace {}, so what the pod's labels say has no effect."
UNMATCHED = (
    "Not injected: the selectors of the webhook do not match the label kuma.io/sidecar-injection: {}; write enabled."
)


@pytest.mark.parametrize(
    ("pod", "where", "namespace", "message"),
    [
        ("true", "shop", "disabled", UNMATCHED.format("true of the pod")),
        (None, "shop", "yes", UNMATCHED.format("yes of the Namespace")),
        ("enabled", "shop", None, VISIBLE),
        ("enabled", "kube-system", "enabled", LEFT_OUT.format("kube-system")),
        ("enabled", "kuma-system", "enabled", LEFT_OUT.format("kuma-system")),
    ],
)
def test_the_webhook_explains_itself(pod: str | None, where: str, namespace: str | None, message: str) -> None:
    reason = injection.seen_by_webhook(label(pod), where, label(namespace), "kuma-system", V2_14)
    assert reason is not None
    assert (reason.message, reason.severity, reason.injected) == (message, "warning", False)


@pytest.mark.parametrize(
    ("pod", "namespace", "message"),
    [
        ("yes", None, "Injected: the label kuma.io/sidecar-injection: yes of the pod asks for it."),
        ("no", None, "Not injected: the label kuma.io/sidecar-injection: no of the pod switches injection off."),
        (None, "true", "Injected: the label kuma.io/sidecar-injection: true of the Namespace asks for it."),
        (
            None,
            "false",
            "Not injected: the label kuma.io/sidecar-injection: false of the Namespace switches injection off.",
        ),
        (
            None,
            None,
            "Not injected: neither the pod nor its Namespace has the label kuma.io/sidecar-injection.",
        ),
    ],
)
def test_the_injector_explains_itself(pod: str | None, namespace: str | None, message: str) -> None:
    assert injection.decide(label(pod), PLAIN, label(namespace), EXCEPTIONS).message == message


def test_a_reason_needs_no_detail() -> None:
    decision = injection.because(injection.Reason("a", True, "Because of {}."))
    assert decision == injection.Decision(True, "a", "Because of .")


ZONE_PROXY = {KUMA_MESH: "default", ZONE_PROXY_TYPE: "ingress"}


@pytest.mark.parametrize(
    ("labels", "namespace", "seen"),
    [
        (label("enabled"), "kube-system", False),
        (label("enabled") | ZONE_PROXY, "kube-system", False),
        (label("enabled"), "kuma-system", False),
        (label("enabled") | ZONE_PROXY, "kuma-system", True),
        (label("enabled") | {KUMA_MESH: "", ZONE_PROXY_TYPE: ""}, "kuma-system", True),
        (label("enabled") | {KUMA_MESH: "default"}, "kuma-system", False),
        (label("true") | ZONE_PROXY, "kuma-system", False),
        (label(None) | ZONE_PROXY, "kuma-system", False),
    ],
)
def test_system_namespaces(labels: dict[str, str], namespace: str, seen: bool) -> None:
    reason = injection.seen_by_webhook(labels, namespace, label("enabled"), "kuma-system", V2_14)
    assert (reason and reason.code) == (None if seen else "webhook-excluded-namespace")


def test_another_system_namespace() -> None:
    assert injection.seen_by_webhook(label("enabled"), "kuma-system", label("enabled"), "mesh", V2_14) is None
    assert injection.seen_by_webhook(label("enabled"), "mesh", label("enabled"), "mesh", V2_14) is not None


@pytest.mark.parametrize(
    ("pod", "namespace", "code", "severity"),
    [
        ("enabled", "disabled", "injected-by-pod-label", "info"),
        (None, "enabled", "injected-by-namespace-label", "info"),
        ("enabled", None, "webhook-namespace-not-labelled", "warning"),
        ("true", "disabled", "webhook-value-not-matched", "warning"),
        (None, "yes", "webhook-value-not-matched", "warning"),
        # What the injector would leave alone is not blamed on the webhook.
        (None, None, "not-injected", "info"),
        ("disabled", None, "injection-disabled-by-pod-label", "info"),
        (None, "disabled", "injection-disabled-by-namespace-label", "info"),
        # An invalid label refuses the Pod only where the webhook is called.
        ("on", "enabled", "injection-label-invalid", "error"),
        ("on", "disabled", "webhook-value-not-matched", "warning"),
        ("on", None, "webhook-namespace-not-labelled", "warning"),
    ],
)
def test_what_a_cluster_does(pod: str | None, namespace: str | None, code: str, severity: str) -> None:
    decision = injection.webhook_decision(label(pod), PLAIN, "shop", label(namespace), EXCEPTIONS, "kuma-system", V2_14)
    assert (decision.code, decision.severity) == (code, severity)


def test_the_webhook_of_a_version_that_does_not_need_the_namespace_label() -> None:
    older = V2_14.replace(webhook_needs_namespace_label=False, webhook_zone_proxy_labels=())
    assert injection.seen_by_webhook(label("enabled"), "shop", {}, "kuma-system", older) is None
    assert injection.seen_by_webhook(label("enabled") | ZONE_PROXY, "kuma-system", {}, "kuma-system", older)


def test_reasons_have_ids_of_their_own() -> None:
    codes = [reason.code for reason in injection.INJECTOR_REASONS + injection.WEBHOOK_REASONS]
    assert len(set(codes)) == len(codes)


def service(
    selector: object, zone_proxy: object = "ingress", annotations: dict[str, Any] | None = None
) -> dict[str, Any]:
    return {
        "metadata": {"labels": {ZONE_PROXY_TYPE: zone_proxy}, "annotations": annotations or {}},
        "spec": {"selector": selector},
    }


@pytest.mark.parametrize(
    ("labels", "services", "is_one"),
    [
        ({ZONE_PROXY_TYPE: "ingress"}, [], True),
        ({ZONE_PROXY_TYPE: "anything"}, [], True),
        ({ZONE_PROXY_TYPE: ""}, [], False),
        ({"app": "zone"}, [], False),
        ({"app": "zone"}, [service({"app": "other"}), service({"app": "zone"})], True),
        ({"app": "zone"}, [service({"app": "zone", "tier": "x"})], False),
        ({"app": "zone"}, [service({})], False),
        ({"app": "zone"}, [service(None), service("app"), {}, None, "x"], False),
        ({"app": "zone"}, [service({"app": "zone"}, "")], False),
        ({"app": "zone"}, [service({"app": "zone"}, annotations={"kuma.io/ignore": "true"})], False),
        ({"app": "zone"}, [service({"app": "zone"}, annotations={"kuma.io/ignore": "false"})], True),
        ({"app": "zone"}, [service({"app": "zone"}, annotations={"kuma.io/ignore": "on"})], True),
        ({"app": "zone"}, [service({"app": "zone"}, annotations={ZONE_PROXY_TYPE: "ingress"}, zone_proxy=None)], False),
    ],
)
def test_zone_proxies(labels: dict[str, str], services: list[object], is_one: bool) -> None:
    assert injection.is_zone_proxy(labels, services, V2_14) is is_one
    assert not injection.is_zone_proxy(labels, services, V2_14.replace(mesh_zone_proxies=False))


def test_the_text_for_a_missing_mesh_is_kumas() -> None:
    refusal = injection.missing_mesh("pay")
    assert refusal == injection.Refusal("mesh-missing", 'meshes.kuma.io "pay" not found', KUMA_MESH)


def test_the_workload_label_is_refused() -> None:
    text = "cannot manually set kuma.io/workload label on Pod; it is automatically managed by Kuma"
    assert injection.refused_label({WORKLOAD: ""}, V2_14) == injection.Refusal("managed-label-on-pod", text, WORKLOAD)


def test_other_labels_are_not_refused() -> None:
    assert injection.refused_label({"app": "web", SIDECAR_INJECTION: "enabled", KUMA_MESH: "m"}, V2_14) is None


def test_one_mesh_per_namespace() -> None:
    assert injection.mixed_meshes("a", "shop", []) is None
    assert injection.mixed_meshes("a", "shop", ["a", "a"]) is None
    text = (
        'pod is in mesh "a" but namespace "shop" already contains dataplanes in mesh "b"; only one mesh per namespace '
        "is allowed when runtime.kubernetes.disallowMultipleMeshesPerNamespace is enabled"
    )
    refusal = injection.mixed_meshes("a", "shop", ["a", "b"])
    assert refusal == injection.Refusal("multiple-meshes-in-namespace", text, KUMA_MESH)


def user(name: str, uid: object) -> dict[str, Any]:
    return {"name": name, "securityContext": {"runAsUser": uid}}


def test_uid_clash_names_all_containers() -> None:
    spec = {"containers": [user("a", 5678), user("c", 1), user("b", 5678)], "initContainers": [user("i", 5678)]}
    text = 'containers using same UID as sidecar is unsupported: ["a" "b"]'
    assert injection.uid_clash(spec, 5678) == injection.Refusal("sidecar-uid-clash", text)
    assert injection.containers_with_uid(spec, "initContainers", 5678) == ["i"]


@pytest.mark.parametrize(
    "spec",
    [
        {"containers": [user("a", 1000), {"name": "b"}]},
        {"containers": [user("a", "5678")]},
        {"containers": [{"name": "a", "securityContext": "5678"}, "x", None]},
        {"securityContext": {"runAsUser": 5678}, "containers": [{"name": "a"}]},
        {"initContainers": [user("i", 5678)]},
        {"containers": 5678},
        None,
    ],
)
def test_no_uid_clash(spec: object) -> None:
    assert injection.uid_clash(spec, 5678) is None


@pytest.mark.parametrize(
    ("annotations", "found"),
    [
        ({"kuma.io/builtindns": "enabled"}, [("deprecated-annotation", "kuma.io/builtindns", None)]),
        ({"kuma.io/virtual-probes-port": "9000"}, [("deprecated-annotation", "kuma.io/virtual-probes-port", None)]),
        (
            {"prometheus.metrics.kuma.io/aggregate-app-port": "80"},
            [("deprecated-annotation", "prometheus.metrics.kuma.io/aggregate-app-port", None)],
        ),
        ({"kuma.io/gateway": "yes"}, [("deprecated-boolean", "kuma.io/gateway", "true")]),
        ({"kuma.io/init-first": "no"}, [("deprecated-boolean", "kuma.io/init-first", "false")]),
        (
            {"kuma.io/virtual-probes": "no", "kuma.io/gateway": "yes"},
            [
                ("deprecated-boolean", "kuma.io/gateway", "true"),
                ("deprecated-annotation", "kuma.io/virtual-probes", None),
                ("deprecated-boolean", "kuma.io/virtual-probes", "false"),
            ],
        ),
        ({"kuma.io/gateway": "enabled", "kuma.io/builtin-dns": "true"}, []),
        ({"example.com/gateway": "yes", "prometheus.metrics.kuma.io/aggregate": "x"}, []),
        ({"k8s.kuma.io/spire-support": "yes"}, []),
        ({"kuma.io/gateway": True, 7: "yes", "kuma.io/ingress": ["yes"]}, []),
        ({}, []),
    ],
)
def test_deprecations(annotations: dict[str, Any], found: list[tuple[str, str, str | None]]) -> None:
    assert [(d.code, d.key, d.proposed) for d in injection.deprecations(annotations, V2_14)] == found


def test_deprecations_in_words() -> None:
    annotations = {"kuma.io/virtual-probes": "no", "prometheus.metrics.kuma.io/aggregate-a-port": "1"}
    assert [remark.message for remark in injection.deprecations(annotations, V2_14)] == [
        "The annotation kuma.io/virtual-probes will be removed.",
        "The value no of the annotation kuma.io/virtual-probes is deprecated; use false.",
        "The annotation prometheus.metrics.kuma.io/aggregate-a-port is deprecated; use a MeshMetric policy.",
    ]


def test_metrics_are_deprecated_from_some_version_on() -> None:
    annotations = {"prometheus.metrics.kuma.io/port": "1", "prometheus.metrics.kuma.io/aggregate-a-port": "1"}
    assert len(injection.deprecations(annotations, V2_14)) == 2
    assert injection.deprecations(annotations, V2_14.replace(metrics_annotations_deprecated=False)) == []


def test_a_cluster_leaves_a_pod_with_a_sidecar_alone() -> None:
    labels = label("enabled")
    decision = injection.webhook_decision(labels, WITH_SIDECAR, "shop", labels, EXCEPTIONS, "kuma-system", V2_14)
    assert decision.code == "already-injected"
