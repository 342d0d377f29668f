"""The package laid out for Kuma's converter: from a workload to its Dataplanes, or to the reason why there is none.

The conversion is Kuma's (``krm_fn.kuma.dataplane``). A Pod item with a status is an observed Pod and is converted as it
stands; every other workload is previewed from its template, in webhook mode as the webhook would leave it
(``krm_fn.rules.webhook``).
"""

from __future__ import annotations

from krm_fn.krm.fields import as_str
from krm_fn.krm.outcome import error, field_path, info, warning
from krm_fn.kuma import names
from krm_fn.kuma.dataplane import GATEWAY_TAGS_UNREADABLE, LISTENERS_SKIPPED, Conversion, Surroundings, convert
from krm_fn.kuma.meshservices import mode_of
from krm_fn.kuma.outbounds import endpoints_by_service
from krm_fn.kuma.pods import observed_pod
from krm_fn.kuma.preview import Preview, WorkloadInput, preview, scale_of
from krm_fn.kuma.reading import KumaValueError
from krm_fn.kuma.services import ServiceIndex
from krm_fn.record import Record
from krm_fn.rules.membership import control_plane_of, is_observed, members, service_indexes, version_of
from krm_fn.rules.webhook import pod_of, refusal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from krm_fn.config.meshsetup import MeshSetup
    from krm_fn.krm.outcome import Result
    from krm_fn.krm.resource import Item, Namespace
    from krm_fn.krm.resources import Resources
    from krm_fn.kuma.outbounds import Endpoint
    from krm_fn.rules.membership import Member

DATAPLANE_FAILED = "dataplane-failed"
DATAPLANE_PREVIEW = "dataplane-preview"
NO_DATAPLANE = "no-dataplane"

EVENTS = {
    LISTENERS_SKIPPED: "zone proxy Services give listeners only in a mesh whose MeshServices mode is Exclusive, which "
    "this one's is not: they are skipped",
    GATEWAY_TAGS_UNREADABLE: "the annotation kuma.io/tags of a builtin gateway must be a JSON object of strings: "
    "without it there is no Dataplane",
}


class Made(Record):
    """The Dataplanes of one workload, or why there is none."""

    member: Member
    dataplanes: tuple[dict[str, Any], ...] = ()
    results: tuple[Result, ...] = ()


class Package:
    """A package laid out for Kuma's converter."""

    def __init__(self, resources: Resources, setup: MeshSetup) -> None:
        self.resources = resources
        self.setup = setup
        self.config = control_plane_of(resources, setup)
        self.indexes = service_indexes(resources, setup)
        self._around: dict[str, Surroundings] = {}
        self._names: dict[tuple[str, str], int] = {}
        for workload in resources.workloads:
            key = (workload.item.namespace, workload.item.name)
            self._names[key] = self._names.get(key, 0) + 1

    def made(self, wanted: list[Member]) -> Iterator[Made]:
        """Convert; where VIPs are off, outbounds need the Dataplanes of the whole mesh first.

        An observed Pod meets the Dataplanes that the package holds, as it did on its cluster; workloads that are
        still to come meet each other's.
        """
        if self.config.experimental.kube_outbounds_as_vips:
            for member in wanted:
                yield self._make(member, None)
            return
        there = [item.data for item in self.resources.of_kind("Dataplane") if item.group == "kuma.io"]
        everyone = [self._make(member, None) for member in members(self.resources, self.setup).values()]
        to_come = there + [data for made in everyone for data in made.dataplanes]
        for member in wanted:
            known = there if is_observed(member.workload.item) else to_come
            yield self._make(member, self._endpoints(member.mesh.name, known))

    def _endpoints(self, mesh: str, known: list[dict[str, Any]]) -> dict[str, list[Endpoint]]:
        key = ("endpoints", mesh, id(known))
        return self.resources.memo(key, lambda: endpoints_by_service(known, mesh))

    def _make(self, member: Member, endpoints: dict[str, list[Endpoint]] | None) -> Made:
        """Convert. Pods that the webhook refuses have no Dataplane; the checks tell of them, and of missing Meshes."""
        item = member.workload.item
        observed = is_observed(item)
        if not observed and refusal(member, self.resources, self.setup) is not None:
            return Made(member)
        try:
            return self._observed(member, endpoints) if observed else self._previewed(member, endpoints)
        except KumaValueError as refused:
            if member.in_mesh and refused.key == names.KUMA_MESH:
                return Made(member)
            field, current = _place_of(refused.key, member)
            return Made(member, (), (error(DATAPLANE_FAILED, refused.message, item, field, current),))

    def _observed(self, member: Member, endpoints: dict[str, list[Endpoint]] | None) -> Made:
        item = member.workload.item
        existing = self.resources.by_key.get(("kuma.io", "Dataplane", item.namespace, item.name))
        pod = observed_pod(item.data, item.namespace)
        found = convert(pod, self._surroundings(member), existing.data if existing else None, endpoints)
        if found.dataplane is None:
            return Made(member, (), (_none(item, found),))
        return Made(member, (found.dataplane,), _events(item, found.events))

    def _previewed(self, member: Member, endpoints: dict[str, list[Endpoint]] | None) -> Made:
        item = member.workload.item
        workload = self._workload(member)
        if workload is None:
            return Made(member)
        found = preview(workload, self._surroundings(member), member.mesh.name, endpoints)
        results = list(_events(item, found.events))
        if not found.dataplanes:
            return Made(member, (), (_none(item, found), *results))
        results.append(info(DATAPLANE_PREVIEW, "; ".join(found.notes), item))
        return Made(member, found.dataplanes, tuple(results))

    def _workload(self, member: Member) -> WorkloadInput | None:
        """The workload as its pods will be; None where it gives no pods that Kuma would look at."""
        item = member.workload.item
        pod = pod_of(member, self.resources, self.setup)
        replicas, first, governing = scale_of(item.spec)
        name = item.name or as_str(item.metadata.get("generateName")).rstrip("-")
        if not name:
            return None
        return WorkloadInput(
            item.kind,
            name,
            item.namespace,
            pod.labels,
            pod.annotations,
            pod.spec,
            replicas,
            first,
            governing,
            generated_name=not item.name,
            shared_name=self._names[item.namespace, item.name] > 1,
        )

    def _surroundings(self, member: Member) -> Surroundings:
        namespace = member.workload.item.namespace
        found = self._around.get(namespace)
        if found is None:
            resources = self.resources
            found = self._around[namespace] = Surroundings(
                namespace=_as_resource(member.namespace),
                services=self.indexes.get(namespace) or ServiceIndex(),
                version=version_of(self.setup),
                config=self.config,
                mode_of_mesh=self._mode_of_mesh,
                node_labels=self._node_labels,
                find_owner=lambda kind, name: _data(
                    resources.by_key.get(("apps" if kind == "ReplicaSet" else "batch", kind, namespace, name))
                ),
                find_service=lambda name, home: self.indexes[home].named(name) if home in self.indexes else None,
                zone=self.setup.zone or self.config.multizone.zone.name,
                default_mesh=self.setup.mesh,
                system_namespace=self.setup.control_plane.system_namespace,
            )
        return found

    def _mode_of_mesh(self, name: str) -> str | None:
        """The MeshServices mode; of a Mesh outside the package, which is assumed to exist, the default."""
        item = self.resources.meshes.get(name)
        if item is not None:
            return mode_of(item.data)
        return mode_of({}) if self.setup.meshes is None or name in self.setup.meshes else None

    def _node_labels(self, name: str) -> Mapping[str, str] | None:
        """The labels of a Node; a package without any Node does not tell, which is no error."""
        item = self.resources.by_key.get(("", "Node", "", name))
        if item is not None:
            return item.labels
        return None if self.resources.of_kind("Node") else {}


def _data(item: Item | None) -> dict[str, Any] | None:
    return None if item is None else item.data


def _as_resource(namespace: Namespace | None) -> dict[str, Any]:
    """What Kuma reads of the Namespace; one that nobody declares has no labels."""
    if namespace is not None and namespace.item is not None:
        return namespace.item.data
    labels = namespace.labels if namespace else {}
    annotations = namespace.annotations if namespace else {}
    return {"metadata": {"labels": labels, "annotations": annotations}}


def _place_of(key: str, member: Member) -> tuple[str, str | None]:
    """Where in the item a value stands that Kuma refuses, and the value: an annotation, or a field of the pod."""
    template = member.workload.template
    if key in template.annotations:
        return field_path(*template.path, "metadata", "annotations", key), template.annotations[key]
    if "/" in key or not key:
        return "", None
    return field_path(*template.path, *key.split(".")), None


def _none(item: Item, found: Conversion | Preview) -> Result:
    return info(NO_DATAPLANE, f"no Dataplane: {found.reason}", item)


def _events(item: Item, events: tuple[str, ...]) -> tuple[Result, ...]:
    return tuple(warning(event, EVENTS[event], item) for event in events)
