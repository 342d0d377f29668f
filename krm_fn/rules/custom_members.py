"""Where the pods of custom resources run, and whether they are in a mesh: `krm_fn.rules.membership` for such pods.

A resource may stand for pods in several Namespaces (one for each Gateway that names it), or in one that the package
does not show; then there is no member, and only what the resource itself says is known.
"""

from __future__ import annotations

from krm_fn.gateways.product import CONTROLLER as CONTROLLER_ROLE
from krm_fn.kuma import names
from krm_fn.record import Record
from krm_fn.rules.custom_kinds import custom_pods
from krm_fn.rules.custom_pods import Pods, class_of, parameters_of
from krm_fn.rules.custom_rows import CONTROLLER, GATEWAY_GROUP, OWN
from krm_fn.rules.membership import decision_of, is_outside_webhook, mesh_in
from krm_fn.rules.recognition import recognised

TYPE_CHECKING = False
if TYPE_CHECKING:
    from krm_fn.config.meshsetup import MeshSetup
    from krm_fn.krm.outcome import Path
    from krm_fn.krm.resource import Namespace
    from krm_fn.krm.resources import Resources
    from krm_fn.kuma.injection import Decision
    from krm_fn.kuma.mesh import MeshChoice


class Home(Record):
    """A Namespace in which pods of a resource run, and the Gateway that they serve, empty if that plays no part."""

    namespace: str
    gateway: str = ""


class CustomMember(Record):
    """The pods of a custom resource in one Namespace; `namespace` is None where nobody declares it."""

    pods: Pods
    home: Home
    namespace: Namespace | None
    decision: Decision
    mesh: MeshChoice

    @property
    def in_mesh(self) -> bool:
        """Whether the pods get a sidecar."""
        return self.decision.injected


def homes(pods: Pods, resources: Resources) -> tuple[Home, ...]:
    """Where the pods run, as far as the package shows it."""
    if pods.row.runs == OWN:
        return (Home(pods.item.namespace, pods.item.name if pods.item.kind == "Gateway" else ""),)
    if pods.row.runs == CONTROLLER:
        found = recognised(resources).values()
        spaces = [w.item.namespace for w, r in found if r.product == pods.product and r.role == CONTROLLER_ROLE]
        return tuple(Home(namespace) for namespace in dict.fromkeys(spaces))
    return tuple(
        Home(gateway.namespace, gateway.name)
        for gateway in resources.of_kind("Gateway")
        if gateway.group == GATEWAY_GROUP and pods.item.key in parameters_of(gateway, class_of(gateway, resources))
    )


def custom_members(resources: Resources, setup: MeshSetup) -> dict[tuple[int, Path], tuple[CustomMember, ...]]:
    """The members of each custom resource that makes gateway pods, by the place of its item."""

    def build() -> dict[tuple[int, Path], tuple[CustomMember, ...]]:
        return {
            pods.item.place: tuple(_member(pods, home, resources, setup) for home in homes(pods, resources))
            for pods in custom_pods(resources)
        }

    return resources.memo("custom members", build)


def members_of(pods: Pods, resources: Resources, setup: MeshSetup) -> tuple[CustomMember, ...]:
    """The members of one resource."""
    return custom_members(resources, setup)[pods.item.place]


def may_be_in_mesh(pods: Pods, resources: Resources, setup: MeshSetup) -> bool:
    """Whether the pods are in a mesh, or run where the package does not show whether they are."""
    found = members_of(pods, resources, setup)
    return not found or any(member.in_mesh or not is_known(member, setup) for member in found)


def is_known(member: CustomMember, setup: MeshSetup) -> bool:
    """Whether anything tells what the webhook does in the Namespace."""
    return member.namespace is not None or is_outside_webhook(member.home.namespace, setup)


def _member(pods: Pods, home: Home, resources: Resources, setup: MeshSetup) -> CustomMember:
    namespace = resources.namespaces.get(home.namespace)
    mesh = mesh_in(namespace, pods.labels, pods.annotations, setup)
    # Only Kuma's webhook can inject what an operator makes, so it counts in any mode.
    decision = decision_of(pods.labels, pods.spec, home.namespace, True, resources, setup)
    return CustomMember(pods, home, namespace, decision, mesh)


def own_labels(pods: Pods, home: Home) -> dict[str, str]:
    """The labels by which the pods can be told from others: those the operator gives them, and the resource's own."""
    values = {"{name}": pods.item.name, "{gateway}": home.gateway}
    given = {}
    for key, value in pods.row.selects:
        for word, stands_for in values.items():
            value = value.replace(word, stands_for)
        given[key] = value
    return given | {key: value for key, value in pods.labels.items() if value and names.KUMA_DOMAIN not in key}
