"""Whether a Pod, or a pod template, gets a sidecar, and why.

Two judges stand between a Pod and its sidecar: the injector's own decision (`decide`), and the selectors with which the
Helm chart installs the webhook, so that some Pods never reach the injector (`seen_by_webhook`). What a cluster does
is both together (`webhook_decision`). Follows Kuma's `pkg/plugins/runtime/k8s/webhooks/injector` and
`deployments/charts/kuma/templates/cp-webhooks-and-secrets.yaml`.
"""

from __future__ import annotations

from krm_fn.krm.fields import as_list, as_map, as_str, dig
from krm_fn.kuma import names
from krm_fn.kuma.reading import KumaValueError, go_quote, read_switch
from krm_fn.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from krm_fn.kuma.versions import KumaVersion

    Strings = Mapping[str, Any]
    Pairs = Iterable[tuple[str, str]]


class Reason(Record):
    """One possible answer: an id that is also a result code, and a sentence in which {} stands for the detail."""

    code: str
    injected: bool
    sentence: str
    severity: str = "info"


EXCEPTION = Reason(
    "injection-exception", False, "Not injected: the label {} is an exception in the control plane's configuration."
)
ALREADY_INJECTED = Reason(
    "already-injected", False, f"Left alone: there is a container named {names.SIDECAR_CONTAINER} already."
)
BY_POD_LABEL = Reason("injected-by-pod-label", True, "Injected: the label {} of the pod asks for it.")
OFF_BY_POD_LABEL = Reason(
    "injection-disabled-by-pod-label", False, "Not injected: the label {} of the pod switches injection off."
)
BY_NAMESPACE_LABEL = Reason("injected-by-namespace-label", True, "Injected: the label {} of the Namespace asks for it.")
OFF_BY_NAMESPACE_LABEL = Reason(
    "injection-disabled-by-namespace-label",
    False,
    "Not injected: the label {} of the Namespace switches injection off.",
)
NOT_ASKED_FOR = Reason(
    "not-injected", False, f"Not injected: neither the pod nor its Namespace has the label {names.SIDECAR_INJECTION}."
)
INVALID_LABEL = Reason("injection-label-invalid", False, "{}", "error")

WEBHOOK_EXCLUDED_NAMESPACE = Reason(
    "webhook-excluded-namespace",
    False,
    "Not injected: the webhook leaves out the Namespace {}, so what the pod's labels say has no effect.",
    "warning",
)
WEBHOOK_NAMESPACE_NOT_LABELLED = Reason(
    "webhook-namespace-not-labelled",
    False,
    "Not injected, whatever the pod's label says: the webhook sees no pod of a Namespace without the label "
    f"{names.SIDECAR_INJECTION}; the Namespace {{}} needs it, and the value disabled is enough.",
    "warning",
)
WEBHOOK_VALUE_NOT_MATCHED = Reason(
    "webhook-value-not-matched",
    False,
    f"Not injected: the selectors of the webhook do not match {{}}; write {names.ENABLED}.",
    "warning",
)

INJECTOR_REASONS = (
    EXCEPTION,
    ALREADY_INJECTED,
    BY_POD_LABEL,
    OFF_BY_POD_LABEL,
    BY_NAMESPACE_LABEL,
    OFF_BY_NAMESPACE_LABEL,
    NOT_ASKED_FOR,
    INVALID_LABEL,
)
WEBHOOK_REASONS = (WEBHOOK_EXCLUDED_NAMESPACE, WEBHOOK_NAMESPACE_NOT_LABELLED, WEBHOOK_VALUE_NOT_MATCHED)


class Decision(Record):
    """An answer and its reason.

    `failed` means that Kuma refuses the Pod as a whole; `message` is Kuma's text then, else a sentence for people.
    """

    injected: bool
    code: str
    message: str
    severity: str = "info"

    @property
    def failed(self) -> bool:
        return self.severity == "error"


def because(reason: Reason, detail: str = "") -> Decision:
    """Turn a reason into the decision it gives."""
    return Decision(reason.injected, reason.code, reason.sentence.replace("{}", detail), reason.severity)


# The first row that applies decides; "on" is true, yes or enabled, "off" is false, no or disabled.
#
#   exception label | kuma-sidecar | Pod label | Namespace label | decision
#   ----------------+--------------+-----------+-----------------+--------------------------------------
#   matches         | any          | any       | any             | injection-exception
#   -               | there        | any       | any             | already-injected
#   -               | -            | on        | any             | injected-by-pod-label
#   -               | -            | off       | any             | injection-disabled-by-pod-label
#   -               | -            | other     | any             | injection-label-invalid
#   -               | -            | -         | on              | injected-by-namespace-label
#   -               | -            | -         | off             | injection-disabled-by-namespace-label
#   -               | -            | -         | other           | injection-label-invalid
#   -               | -            | -         | -               | not-injected
#
# Annotations and hostNetwork do not matter.
def decide(pod_labels: Strings, pod_spec: object, ns_labels: Strings, exceptions: Pairs) -> Decision:
    """Say whether the injector gives the Pod a sidecar, as the table above has it.

    `exceptions` is `ControlPlaneConfig.injector.exceptions.labels`. An invalid label is no exception that is raised but
    a decision that failed.
    """
    exception = _exception_label(pod_labels, exceptions)
    if exception:
        return because(EXCEPTION, exception)
    if has_sidecar(pod_spec):
        return because(ALREADY_INJECTED)
    if isinstance(pod_labels.get(names.SIDECAR_INJECTION), str):
        return _by_label(pod_labels, BY_POD_LABEL, OFF_BY_POD_LABEL)
    if isinstance(ns_labels.get(names.SIDECAR_INJECTION), str):
        return _by_label(ns_labels, BY_NAMESPACE_LABEL, OFF_BY_NAMESPACE_LABEL)
    return because(NOT_ASKED_FOR)


def _by_label(labels: Strings, on: Reason, off: Reason) -> Decision:
    try:
        reason = on if read_switch(labels, names.SIDECAR_INJECTION) else off
    except KumaValueError as wrong:
        return because(INVALID_LABEL, wrong.message)
    return because(reason, f"{names.SIDECAR_INJECTION}: {labels[names.SIDECAR_INJECTION]}")


def _exception_label(labels: Strings, exceptions: Pairs) -> str:
    for key, wanted in exceptions:
        if key in labels and wanted in ("*", labels[key]):
            return f"{key}: {labels[key]}"
    return ""


def has_sidecar(pod_spec: object) -> bool:
    """Tell whether a container or init container has the sidecar's name, which is all that Kuma looks at."""
    if not isinstance(pod_spec, dict):
        return False
    return any(
        isinstance(container, dict) and container.get("name") == names.SIDECAR_CONTAINER
        for key in ("containers", "initContainers")
        for container in as_list(pod_spec.get(key))
    )


# What the chart's MutatingWebhookConfiguration lets through, in Kuma 2.14. In older minors nothing of the system
# namespace, and (2.9, 2.10) a Namespace without the label is as good as one with another value.
#
#   Namespace        | its injection label | the Pod's label | the webhook
#   -----------------+---------------------+-----------------+------------------------------------------------
#   system namespace | any                 | enabled         | sees it if kuma.io/mesh and zone-proxy-type are there
#   kube-system      | any                 | any             | webhook-excluded-namespace
#   other            | enabled, true       | any             | sees it
#   other            | another value       | enabled         | sees it
#   other            | another value       | another value   | webhook-value-not-matched
#   other            | -                   | any             | webhook-namespace-not-labelled
#
# A chart with `namespaceAllowList` restricts this further; a package does not show that.
def seen_by_webhook(
    pod_labels: Strings, namespace: str, ns_labels: Strings, system_namespace: str, version: KumaVersion
) -> Decision | None:
    """Return None if the cluster's webhook is called for the Pod, else the reason why not."""
    own = pod_labels.get(names.SIDECAR_INJECTION)
    if namespace == system_namespace:
        wanted = version.webhook_zone_proxy_labels
        if wanted and own in version.webhook_pod_values and all(key in pod_labels for key in wanted):
            return None
        return because(WEBHOOK_EXCLUDED_NAMESPACE, namespace)
    if namespace == "kube-system":
        return because(WEBHOOK_EXCLUDED_NAMESPACE, namespace)
    of_namespace = ns_labels.get(names.SIDECAR_INJECTION)
    if of_namespace in version.webhook_namespace_values:
        return None
    if version.webhook_needs_namespace_label and of_namespace is None:
        return because(WEBHOOK_NAMESPACE_NOT_LABELLED, namespace)
    if own in version.webhook_pod_values:
        return None
    return because(WEBHOOK_VALUE_NOT_MATCHED, _unmatched(own, of_namespace))


def _unmatched(own: object, of_namespace: object) -> str:
    who, value = ("pod", own) if own is not None else ("Namespace", of_namespace)
    return f"the label {names.SIDECAR_INJECTION}: {value} of the {who}"


def webhook_decision(
    pod_labels: Strings,
    pod_spec: object,
    namespace: str,
    ns_labels: Strings,
    exceptions: Pairs,
    system_namespace: str,
    version: KumaVersion,
) -> Decision:
    """Say what a cluster with Kuma's chart does to the Pod: the injector's decision, if the webhook asks for one.

    A Pod that the injector would leave alone keeps that reason, which is the one that its author can act on.
    """
    decision = decide(pod_labels, pod_spec, ns_labels, exceptions)
    if not (decision.injected or decision.failed):
        return decision
    return seen_by_webhook(pod_labels, namespace, ns_labels, system_namespace, version) or decision


def is_zone_proxy(pod_labels: Strings, services: Iterable[object], version: KumaVersion) -> bool:
    """Tell whether the Pod is a mesh-scoped zone proxy, by its own label or that of a Service that selects it.

    Such a Pod, if Pod or Namespace name its mesh, is injected before that Mesh exists; for every other one a missing
    Mesh is an error. `services` are those of the Pod's Namespace, as plain data.
    """
    if not version.mesh_zone_proxies:
        return False
    if pod_labels.get(names.ZONE_PROXY_TYPE):
        return True
    return any(_selects_zone_proxy(service, pod_labels) for service in services)


def _selects_zone_proxy(service: object, pod_labels: Strings) -> bool:
    if not dig(service, "metadata", "labels", names.ZONE_PROXY_TYPE):
        return False
    if names.SWITCH_VALUES.get(as_str(dig(service, "metadata", "annotations", names.IGNORE))):
        return False
    selector = as_map(dig(service, "spec", "selector"))
    return bool(selector) and all(key in pod_labels and pod_labels[key] == value for key, value in selector.items())


def missing_mesh(mesh: str) -> Refusal:
    """Return the injector's complaint about a mesh that does not exist."""
    return Refusal("mesh-missing", f"meshes.kuma.io {go_quote(mesh)} not found", names.KUMA_MESH)


class Refusal(Record):
    """Why Kuma does not admit a Pod: a result code, Kuma's text, and the container's or label's name it is about."""

    code: str
    message: str
    key: str = ""


def refused_label(pod_labels: Strings, version: KumaVersion) -> Refusal | None:
    """Return why the validating webhook denies the Pod for its labels. It sees Pods of labelled Namespaces only."""
    for key in version.refused_pod_labels:
        if key in pod_labels:
            message = f"cannot manually set {key} label on Pod; it is automatically managed by Kuma"
            return Refusal("managed-label-on-pod", message, key)
    return None


def mixed_meshes(mesh: str, namespace: str, dataplane_meshes: Iterable[str]) -> Refusal | None:
    """Return why a Pod of this mesh is denied beside Dataplanes of the given meshes in its Namespace.

    Counts only where `runtime.kubernetes.disallowMultipleMeshesPerNamespace` is on.
    """
    for other in dataplane_meshes:
        if other != mesh:
            return Refusal(
                "multiple-meshes-in-namespace",
                f"pod is in mesh {go_quote(mesh)} but namespace {go_quote(namespace)} already contains dataplanes in "
                f"mesh {go_quote(other)}; only one mesh per namespace is allowed when "
                "runtime.kubernetes.disallowMultipleMeshesPerNamespace is enabled",
                names.KUMA_MESH,
            )
    return None


def uid_clash(pod_spec: object, uid: int) -> Refusal | None:
    """Return why the injector refuses containers that run with the sidecar's user id."""
    clashing = containers_with_uid(pod_spec, "containers", uid)
    if not clashing:
        return None
    listed = " ".join(go_quote(name) for name in clashing)
    return Refusal("sidecar-uid-clash", f"containers using same UID as sidecar is unsupported: [{listed}]")


def containers_with_uid(pod_spec: object, key: str, uid: int) -> list[str]:
    """Name the entries of spec.containers or spec.initContainers whose own securityContext says runAsUser: uid."""
    found = []
    for container in as_list(pod_spec.get(key)) if isinstance(pod_spec, dict) else ():
        context = container.get("securityContext") if isinstance(container, dict) else None
        user = context.get("runAsUser") if isinstance(context, dict) else None
        if user == uid and not isinstance(user, bool):
            found.append(as_str(container.get("name")))
    return found


class Remark(Record):
    """Something that Kuma warns about but accepts: a result code, the annotation, a sentence, and a better value."""

    code: str
    key: str
    message: str
    proposed: str | None = None


def deprecations(annotations: Strings, version: KumaVersion) -> list[Remark]:
    """List what Kuma's injector would warn about for every Pod that reaches it, injected or not, in order of keys."""
    found = []
    for key, value in annotations.items():
        why = names.DEPRECATED_ANNOTATIONS.get(key)
        if isinstance(key, str) and key.startswith(names.METRICS_PREFIX):
            if key.startswith(names.METRICS_AGGREGATE_PREFIX):
                why = names.DEPRECATED_ANNOTATIONS[names.METRICS_PORT]
            if not version.metrics_annotations_deprecated:
                why = None
        if why is not None:
            found.append(Remark("deprecated-annotation", key, f"The annotation {key} {why}."))
        if key in names.SWITCH_KEYS and value in ("yes", "no"):
            better = names.DEPRECATED_SWITCH_VALUES[value]
            message = f"The value {value} of the annotation {key} is deprecated; use {better}."
            found.append(Remark("deprecated-boolean", key, message, better))
    return sorted(found, key=lambda remark: remark.key)
