"""A Pod as the converter sees it: an observed one, or one that a manifest will become.

Owners follow pkg/plugins/runtime/k8s/controllers/name-extractor.go of Kuma 2.14.3; readiness follows
pod_controller.go and inbound_converter.go.
"""

from __future__ import annotations

from krm_fn.krm.fields import as_list, as_map, as_str, string_map
from krm_fn.kuma.names import SIDECAR_CONTAINER
from krm_fn.kuma.reading import KumaValueError
from krm_fn.kuma.services import ContainerPorts
from krm_fn.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    FindOwner = Callable[[str, str], Mapping[str, Any] | None]


class Owner(Record):
    """What a Pod is named after when no Service does: a workload, or the Pod itself."""

    kind: str
    name: str


class PodInput(Record):
    """A Pod. `name` is that of its Dataplane, `pod_name` its own, empty where it is not known before apply.

    `observed` says that status and deletion are real; without it nothing counts as ready. `known_owner` spares the look
    through `owners` where the caller knows what the service-less name comes from.
    """

    name: str
    namespace: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    spec: Mapping[str, Any]
    pod_name: str = ""
    address: str = ""
    uid: str = ""
    status: Mapping[str, Any] = {}
    deleted: bool = False
    observed: bool = True
    owners: tuple[Owner, ...] = ()
    known_owner: Owner | None = None

    @property
    def service_account(self) -> str:
        return as_str(self.spec.get("serviceAccountName"))


def observed_pod(pod: Mapping[str, Any], namespace: str = "default") -> PodInput:
    """Read a Pod that carries a status; `namespace` is where it lands if it does not say."""
    metadata, status = as_map(pod.get("metadata")), as_map(pod.get("status"))
    name = as_str(metadata.get("name"))
    return PodInput(
        name=name,
        pod_name=name,
        namespace=as_str(metadata.get("namespace")) or namespace,
        labels=string_map(metadata.get("labels")),
        annotations=string_map(metadata.get("annotations")),
        spec=as_map(pod.get("spec")),
        address=as_str(status.get("podIP")),
        uid=as_str(metadata.get("uid")),
        status=status,
        deleted=bool(metadata.get("deletionTimestamp")),
        owners=owners_of(pod),
    )


def owners_of(resource: Mapping[str, Any]) -> tuple[Owner, ...]:
    """The entries of `metadata.ownerReferences`, in order."""
    references = (as_map(entry) for entry in as_list(as_map(resource.get("metadata")).get("ownerReferences")))
    return tuple(Owner(as_str(entry.get("kind")), as_str(entry.get("name"))) for entry in references)


class Intermediate(Record):
    """A kind that stands between a Pod and the workload that people write."""

    owned_by: str
    resource: str  # as the API server names it in its errors


INTERMEDIATES = {
    "ReplicaSet": Intermediate("Deployment", "replicasets.apps"),
    "Job": Intermediate("CronJob", "jobs.batch"),
}


def service_less_owner(pod: PodInput, find_owner: FindOwner) -> Owner:
    """Return what names a Pod without Services. Raise if a ReplicaSet or Job that owns it is not there."""
    if pod.known_owner is not None:
        return pod.known_owner
    for owner in pod.owners:
        intermediate = INTERMEDIATES.get(owner.kind)
        if intermediate is None:
            return owner
        resource = find_owner(owner.kind, owner.name)
        if resource is None:
            raise KumaValueError(f'{intermediate.resource} "{owner.name}" not found', "metadata.ownerReferences")
        above = owners_of(resource)
        if not above:
            return owner
        for candidate in above:
            if candidate.kind == intermediate.owned_by:
                return candidate
    return Owner("Pod", pod.name)


class PodState:
    """Ports and readiness of the containers of one Pod, read once."""

    def __init__(self, pod: PodInput) -> None:
        self.pod = pod
        self.containers = [as_map(container) for container in as_list(pod.spec.get("containers"))]
        self.ports = ContainerPorts(self.containers)
        self._ready = _readiness(pod.status.get("containerStatuses"))
        init = _readiness(pod.status.get("initContainerStatuses"))
        self._sidecar_ready = self._ready.get(SIDECAR_CONTAINER, init.get(SIDECAR_CONTAINER, True))

    def inbound_ready(self, container: str) -> bool:
        """Whether an inbound or listener to a container (empty: to none that is declared) is ready."""
        return self.pod.observed and not self.pod.deleted and self._sidecar_ready and self._container_ready(container)

    def service_less_ready(self) -> bool:
        """Whether the whole Pod is ready; its deletion is not considered here."""
        names = (as_str(container.get("name")) for container in self.containers)
        return self.pod.observed and self._sidecar_ready and all(self._container_ready(name) for name in names)

    def _container_ready(self, name: str) -> bool:
        return self._ready.get(name, True)


def _readiness(statuses: object) -> dict[str, bool]:
    """By container name; a container that is not there counts as ready, the first of two entries counts."""
    found: dict[str, bool] = {}
    entries: Iterable[Mapping[str, Any]] = (as_map(entry) for entry in as_list(statuses))
    for entry in entries:
        found.setdefault(as_str(entry.get("name")), entry.get("ready") is True)
    return found
