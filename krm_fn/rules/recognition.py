"""Gateway products recognised in the package, and the backends of its routes: asked by several rules."""

from __future__ import annotations

from krm_fn.gateways.classes import Presence
from krm_fn.gateways.detect import gather, recognise_workload
from krm_fn.gateways.routes import routes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from krm_fn.config.meshsetup import MeshSetup
    from krm_fn.gateways.detect import Recognition
    from krm_fn.gateways.routes import Backend
    from krm_fn.krm.outcome import Path
    from krm_fn.krm.resource import Workload
    from krm_fn.krm.resources import Resources


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


def presence_of(resources: Resources, setup: MeshSetup) -> Presence:
    """The products that the package holds or the functionConfig names."""

    def build() -> Presence:
        named = setup.service_upstream.products
        pairs = [(recognition, workload.item.namespace) for workload, recognition in recognised(resources).values()]
        return Presence.of(pairs, () if named == "auto" else named)

    return resources.memo("presence", build)


def backends_of(resources: Resources, setup: MeshSetup) -> tuple[Backend, ...]:
    """The backends of all routes that may concern a gateway."""
    return resources.memo("backends", lambda: routes(resources, presence_of(resources, setup)))
