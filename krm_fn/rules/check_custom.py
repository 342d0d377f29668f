"""Gateways that an operator makes of a custom resource: marked ones in no mesh, and injection that nobody can write."""

from __future__ import annotations

from krm_fn.gateways.catalog import products_by_id
from krm_fn.krm.outcome import INFO, field_path, warning
from krm_fn.kuma import names
from krm_fn.rules.check_gateways import GATEWAY_OUTSIDE
from krm_fn.rules.custom_kinds import custom_pods
from krm_fn.rules.custom_members import is_known, members_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from krm_fn.config.meshsetup import MeshSetup
    from krm_fn.krm.outcome import Result
    from krm_fn.krm.resources import Resources
    from krm_fn.rules.custom_members import CustomMember
    from krm_fn.rules.custom_pods import Pods

NOT_WRITTEN = "operator-pods-not-written"


def check_custom(resources: Resources, setup: MeshSetup) -> Iterator[Result]:
    """Look at each resource that makes gateway pods, wherever these run."""
    for pods in custom_pods(resources):
        found = members_of(pods, resources, setup)
        yield from _outside(pods, found, setup)
        if setup.injection.mode == "manual":
            yield from _not_written(pods, found)


def _outside(pods: Pods, found: tuple[CustomMember, ...], setup: MeshSetup) -> Iterator[Result]:
    """A marked gateway whose pods get no sidecar sends past every policy of the mesh."""
    outside = [member for member in found if not member.in_mesh and is_known(member, setup)]
    if pods.marked != names.ENABLED or not outside or any(member.in_mesh for member in found):
        return
    first = outside[0]
    remedy = ""
    if first.decision.severity == INFO:  # else its message says what to do
        remedy = " Label that Namespace"
        if pods.row.labels:
            label = pods.place_of(*pods.row.labels, names.SIDECAR_INJECTION)
            remedy += f" or its pods ({label}: {names.ENABLED}), or add a rule to spec.injection.rules"
    yield warning(
        GATEWAY_OUTSIDE,
        f"it is marked as a gateway, but the pods that {products_by_id()[pods.product].name} makes of it in Namespace "
        f"{first.home.namespace} are in no mesh: {first.decision.message}{remedy}",
        pods.item,
        field_path(*pods.mark_path),
        names.ENABLED,
    )


def _not_written(pods: Pods, found: tuple[CustomMember, ...]) -> Iterator[Result]:
    """In manual mode no webhook may be there, and there is no pod template to write the sidecar into."""
    if any(member.in_mesh for member in found):
        yield warning(
            NOT_WRITTEN,
            f"{products_by_id()[pods.product].name} makes the pods of it, so that no sidecar can be written here: they "
            "join the mesh only if Kuma's webhook injects them on the cluster. Install it for their Namespace, or keep "
            "the gateway out of the mesh",
            pods.item,
        )
