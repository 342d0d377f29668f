"""Gateway products recognised in the package, and the backends of its routes: asked by several rules."""

from __future__ import annotations

from krm_fn.gateways.classes import Presence
from krm_fn.gateways.detect import gather, recognise_workload
from krm_fn.gateways.routes import walked

TYPE_CHECKING = False
if TYPE_CHECKING:
    from krm_fn.config.meshsetup import MeshSetup
    from krm_fn.gateways.addresses import Addressed
    from krm_fn.gateways.detect import Recognition
    from krm_fn.gateways.routes import Backend, Walked
    from krm_fn.krm.outcome import Path
    from krm_fn.krm.resource import Item, Workload
    from krm_fn.krm.resources import Resources

DETOUR_SUFFIX = "-mesh"
"""What the name of an ExternalName Service ends with that leads a gateway to the address of another Service."""


def is_excluded(item: Item, setup: MeshSetup) -> bool:
    """Whether ``spec.serviceUpstream.exclude`` names the item."""
    return any(
        target.matches(item.api_version, item.kind, item.name, item.namespace, item.labels, item.annotations)
        for target in setup.service_upstream.exclude
    )


def recognised(resources: Resources) -> dict[tuple[int, Path], tuple[Workload, Recognition]]:
    """The workloads that belong to a gateway product, by the place of their item."""

    def build() -> dict[tuple[int, Path], tuple[Workload, Recognition]]:
        evidence = gather(resources)
        found = {}
        for workload in resources.workloads:
            recognition = recognise_workload(workload, evidence)
            if recognition is not None:
                found[workload.item.place] = (workload, recognition)
        return found

    return resources.memo("recognised", build)


def looks_up_in(namespace: str, product_id: str, resources: Resources) -> bool:
    """Whether the proxies of a product are in the package, and all in this namespace: a bare host means one there."""
    homes = {
        workload.item.namespace
        for workload, recognition in recognised(resources).values()
        if recognition.product == product_id and recognition.carries_traffic
    }
    return homes == {namespace}


def presence_of(resources: Resources, setup: MeshSetup) -> Presence:
    """The products that the package holds or the functionConfig names."""

    def build() -> Presence:
        named = setup.service_upstream.products
        pairs = [(recognition, workload.item.namespace) for workload, recognition in recognised(resources).values()]
        return Presence.of(pairs, () if named == "auto" else named)

    return resources.memo("presence", build)


def backends_of(resources: Resources, setup: MeshSetup) -> tuple[Backend, ...]:
    """The backends of all routes that may concern a gateway.

    A reference to the ExternalName Service of a detour (`DETOUR_SUFFIX`) counts as one to the Service behind it.
    """

    def build() -> tuple[Backend, ...]:
        found = _walked(resources, setup).backends
        if setup.service_upstream.fallback != "externalName":
            return found
        declared = {(wanted.namespace, wanted.name) for wanted in setup.external_names}
        return tuple(
            backend if (backend.namespace, backend.service) in declared else _behind_the_detour(backend, resources)
            for backend in found
        )

    return resources.memo("backends", build)


def addressed_by(resources: Resources, setup: MeshSetup) -> tuple[Addressed, ...]:
    """The backends that routes write as URLs or in annotations: no product has a setting for these."""
    return _walked(resources, setup).addressed


def _walked(resources: Resources, setup: MeshSetup) -> Walked:
    return resources.memo("walked", lambda: walked(resources, presence_of(resources, setup)))


def _behind_the_detour(backend: Backend, resources: Resources) -> Backend:
    stem = backend.service.removesuffix(DETOUR_SUFFIX)
    if (
        stem == backend.service
        or resources.service(backend.namespace, stem) is None
        or resources.service(backend.namespace, backend.service) is not None
    ):
        return backend
    return backend.replace(service=stem, detour=backend.service)
