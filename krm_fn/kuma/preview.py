"""The Dataplanes that a workload will have, before it is applied.

Kuma makes Dataplanes from running Pods. What a manifest does not tell (addresses, nodes, random parts of names) is left
out or stood in for; what it tells is computed exactly as at run time:

- A Pod, and each replica of a StatefulSet, is named as it will be; a StatefulSet without replicas gives nothing.
- Every other workload gives one Dataplane under its own name, however many replicas it has (also none: scalers begin
  there), and also while it is suspended.
- The address is a name: that of the replica in a governing headless Service, else one that never resolves.
- Nothing counts as ready.
"""

from __future__ import annotations

from krm_fn.krm.fields import as_int, as_map, as_str, dig
from krm_fn.kuma.dataplane import build, is_builtin_gateway, why_none
from krm_fn.kuma.inbounds import SERVICE_LESS_PORT
from krm_fn.kuma.names import JOB_NAME, JOB_NAME_OLD, POD_INDEX, STATEFULSET_POD_NAME
from krm_fn.kuma.pods import Owner, PodInput
from krm_fn.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from krm_fn.kuma.dataplane import Surroundings
    from krm_fn.kuma.outbounds import Endpoint

POD = "Pod"
STATEFUL_SET = "StatefulSet"
DEFAULT_SERVICE_ACCOUNT = "default"
MOST_REPLICAS = 1000
LABEL_LENGTH = 63
NAME_LENGTH = 253


class WorkloadInput(Record):
    """A workload, and its pod template as the webhook will leave it: what that adds is merged in by the caller.

    `generated_name` says that a Pod has a generateName only, `shared_name` that another workload of the Namespace has
    the same name. Replicas, first ordinal and governing Service matter for StatefulSets (see ``scale_of``).
    """

    kind: str
    name: str
    namespace: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    spec: Mapping[str, Any]
    replicas: int = 1
    first_ordinal: int = 0
    governing_service: str = ""
    generated_name: bool = False
    shared_name: bool = False


class Preview(Record):
    """Dataplanes, or none and the reason; `notes` say what only the cluster will know."""

    dataplanes: tuple[dict[str, Any], ...] = ()
    reason: str = ""
    notes: tuple[str, ...] = ()
    events: tuple[str, ...] = ()


class Admission(Record):
    """What the cluster does to Pods of a kind: labels that cannot be known, and whether they are named after it."""

    unknown_labels: tuple[str, ...] = ()
    names_service: bool = True


ADMISSIONS = {
    "Deployment": Admission(("pod-template-hash",)),
    "Rollout": Admission(("rollouts-pod-template-hash",), names_service=False),
    STATEFUL_SET: Admission(("controller-revision-hash",)),
    "DaemonSet": Admission(("controller-revision-hash", "pod-template-generation")),
    "Job": Admission(("batch.kubernetes.io/controller-uid", "controller-uid")),
    "CronJob": Admission(("batch.kubernetes.io/controller-uid", "controller-uid", JOB_NAME, JOB_NAME_OLD)),
}
NO_LABELS = Admission()

# --- Why there is no Dataplane ----------------------------------------------------------------------------------------
NO_REPLICAS = "no-replicas"


def preview(
    workload: WorkloadInput,
    around: Surroundings,
    mesh: str,
    endpoints: Mapping[str, list[Endpoint]] | None = None,
) -> Preview:
    """Return the Dataplanes of a workload that is in a mesh. Raise KumaValueError where Kuma would fail."""
    found: list[dict[str, Any]] = []
    events: tuple[str, ...] = ()
    for pod in _pods(workload, around):
        reason = why_none(pod, around)
        if reason:
            return Preview(reason=reason)
        conversion = build(pod, around, mesh, endpoints=endpoints)
        events = conversion.events
        if conversion.dataplane is None:
            return Preview(reason=conversion.reason, events=events)
        found.append(conversion.dataplane)
    if not found:
        return Preview(reason=NO_REPLICAS)
    return Preview(tuple(found), notes=tuple(_notes(workload, around, found[0])), events=events)


def scale_of(spec: Mapping[str, Any]) -> tuple[int, int, str]:
    """Read replicas, first ordinal and governing Service from the spec of a StatefulSet."""
    replicas, first = as_int(spec.get("replicas")), as_int(dig(spec, "ordinals", "start"))
    return 1 if replicas is None else max(replicas, 0), max(first or 0, 0), as_str(spec.get("serviceName"))


# --- Pods to be -------------------------------------------------------------------------------------------------------
def _pods(workload: WorkloadInput, around: Surroundings) -> Iterator[PodInput]:
    spec = _admitted_spec(workload.spec, around)
    if workload.kind == STATEFUL_SET:
        for replica in range(min(workload.replicas, MOST_REPLICAS)):
            yield _replica(workload, around, spec, workload.first_ordinal + replica)
        return
    name = workload.name
    own_name = workload.kind == POD and not workload.generated_name
    if workload.shared_name and not own_name:
        name += f"-{workload.kind.lower()}"
    labels = dict(workload.labels)
    if workload.kind == "Job":
        labels |= {JOB_NAME: workload.name, JOB_NAME_OLD: workload.name}
    names_service = ADMISSIONS.get(workload.kind, NO_LABELS).names_service
    yield PodInput(
        name=name,
        namespace=workload.namespace,
        labels=labels,
        annotations=workload.annotations,
        spec=spec,
        pod_name=name if own_name else "",
        address=placeholder(name, workload.namespace),
        observed=False,
        known_owner=Owner(workload.kind, workload.name) if names_service else Owner(POD, name),
    )


def _replica(workload: WorkloadInput, around: Surroundings, spec: Mapping[str, Any], ordinal: int) -> PodInput:
    name = f"{workload.name}-{ordinal}"
    return PodInput(
        name=name,
        namespace=workload.namespace,
        labels={**workload.labels, STATEFULSET_POD_NAME: name, POD_INDEX: str(ordinal)},
        annotations=workload.annotations,
        spec=spec,
        pod_name=name,
        address=_replica_address(name, workload, around),
        observed=False,
        known_owner=Owner(STATEFUL_SET, workload.name),
    )


def _replica_address(pod: str, workload: WorkloadInput, around: Surroundings) -> str:
    governing = around.services.named(workload.governing_service)
    if governing is None or not governing.headless:
        return placeholder(pod, workload.namespace)
    return f"{pod}.{governing.name}.{workload.namespace}.svc"


def placeholder(name: str, namespace: str) -> str:
    """A host name that stands for an address nobody knows yet: valid for Kuma, and never resolved by anyone."""
    suffix = f".{namespace[:LABEL_LENGTH]}.pod.invalid"
    labels = (label[:LABEL_LENGTH].rstrip("-") for label in name[: NAME_LENGTH - len(suffix)].split("."))
    return ".".join(label for label in labels if label) + suffix


def _admitted_spec(spec: Mapping[str, Any], around: Surroundings) -> dict[str, Any]:
    """The spec with the service account that admission fills in, and without a Node that nobody can look up."""
    admitted = dict(spec)
    account = as_str(spec.get("serviceAccountName")) or as_str(spec.get("serviceAccount"))
    admitted["serviceAccountName"] = account or DEFAULT_SERVICE_ACCOUNT
    node = as_str(spec.get("nodeName"))
    if node and around.node_labels(node) is None:
        del admitted["nodeName"]
    return admitted


# --- Notes ------------------------------------------------------------------------------------------------------------
def _notes(workload: WorkloadInput, around: Surroundings, dataplane: Mapping[str, Any]) -> Iterator[str]:
    """What the cluster will add to the Dataplanes, or write in another way."""
    address = as_str(dig(dataplane, "spec", "networking", "address"))
    yield f"the address is not known before a Pod runs; {address} stands for it"
    named = workload.kind == STATEFUL_SET or (workload.kind == POD and not workload.generated_name)
    if not named:
        yield "each Pod gets a Dataplane of its own name, which ends in random characters"
    admission = ADMISSIONS.get(workload.kind, NO_LABELS)
    if admission.unknown_labels:
        yield f"labels and tags that the cluster adds: {', '.join(admission.unknown_labels)}"
    if workload.kind == STATEFUL_SET and workload.replicas > MOST_REPLICAS:
        yield f"only the first {MOST_REPLICAS} of {workload.replicas} replicas are shown"
    if is_builtin_gateway(workload.annotations):
        return
    yield "readiness is not known before a Pod runs; nothing counts as ready"
    if around.config.injector.node_labels_to_copy and not as_str(workload.spec.get("nodeName")):
        yield f"labels of the Node become tags: {', '.join(around.config.injector.node_labels_to_copy)}"
    if not admission.names_service and _is_service_less(dataplane):
        yield "without a Service, kuma.io/service holds the name of each Pod; that of the Dataplane stands for it"


def _is_service_less(dataplane: Mapping[str, Any]) -> bool:
    inbounds = dig(dataplane, "spec", "networking", "inbound") or ()
    return any(as_map(inbound).get("port") == SERVICE_LESS_PORT for inbound in inbounds)
