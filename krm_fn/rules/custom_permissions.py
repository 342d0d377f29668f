"""Gateways that an operator makes, as sources of MeshTrafficPermissions: where they run, and by which labels.

The operator gives the pods labels of its own (`Row.selects`), which reach the Dataplane's tags with those that the
resource adds. The name of a Service does not matter, so that generated ones do no harm. Where Namespace or labels are
not known, a result says which policy to write by hand.
"""

from __future__ import annotations

from krm_fn.gateways.catalog import products_by_id
from krm_fn.krm.outcome import field_path, warning
from krm_fn.kuma import names
from krm_fn.rules.custom_kinds import custom_pods
from krm_fn.rules.custom_members import Home, members_of, own_labels
from krm_fn.rules.traffic_permissions import NOT_DERIVED, Source, is_behind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from krm_fn.config.meshsetup import MeshSetup
    from krm_fn.krm.outcome import Result
    from krm_fn.krm.resource import Item
    from krm_fn.krm.resources import Resources
    from krm_fn.rules.custom_pods import Pods


def sources(resources: Resources, setup: MeshSetup) -> list[Source]:
    """The marked gateways in a mesh whose pods can be told from others."""
    return [
        Source(pods.item, member.home.namespace, member.mesh.name, pods.product, labels)
        for pods in _marked(resources)
        for member in members_of(pods, resources, setup)
        if member.in_mesh and (labels := own_labels(pods, member.home))
    ]


def not_derived(services: dict[str, list[Item]], resources: Resources, setup: MeshSetup) -> Iterator[Result]:
    """Marked gateways with routes into the mesh, of which Namespace or labels are unknown."""
    for pods in _marked(resources):
        found = members_of(pods, resources, setup)
        nameless = [member for member in found if member.in_mesh and not own_labels(pods, member.home)]
        meshes = [member.mesh.name for member in nameless] or [pods.labels.get(names.KUMA_MESH) or setup.mesh]
        backends = [s for s in services.get(pods.product, ()) if is_behind(s, meshes[0], resources, setup)]
        if not backends or (found and not nameless):
            continue
        product, allowed = products_by_id()[pods.product].name, own_labels(pods, Home("", "<its Gateway>"))
        tags = ", ".join(f"{key}: {value}" for key, value in allowed.items() if value)
        why = "labels" if nameless else "Namespace"
        known = f"{names.KUBE_NAMESPACE}: {nameless[0].home.namespace if nameless else '<their Namespace>'}"
        yield warning(
            NOT_DERIVED,
            f"{product} makes the pods of this gateway, and nobody can tell from the package which {why} they have: "
            f"write a MeshTrafficPermission for {_listed(backends)} whose from selects MeshSubset "
            f"{{{known}, {tags or '<labels of a generated pod>'}}}",
            pods.item,
            field_path(*pods.mark_path),
        )


def _marked(resources: Resources) -> Iterator[Pods]:
    return (pods for pods in custom_pods(resources) if pods.marked == names.ENABLED)


def _listed(services: list[Item]) -> str:
    first = ", ".join(f"{service.namespace}/{service.name}" for service in services[:3])
    return f"{first} and {len(services) - 3} more" if len(services) > 3 else first
