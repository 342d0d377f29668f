"""Policies of Kuma that select delegated gateways only and have nothing there to act on.

A delegated gateway's sidecar takes no incoming traffic, so the inbound part of a policy (`from`, `rules`) reaches none:
https://github.com/kumahq/kuma/issues/7544. The control plane accepts such a policy without a word.
"""

from __future__ import annotations

from krm_fn.krm.fields import as_map, as_str, string_map
from krm_fn.krm.outcome import warning
from krm_fn.kuma import names
from krm_fn.rules.membership import is_delegated_gateway, members, services_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from krm_fn.config.meshsetup import MeshSetup
    from krm_fn.krm.outcome import Result
    from krm_fn.krm.resource import Item
    from krm_fn.krm.resources import Resources
    from krm_fn.rules.membership import Member

    Check = Callable[[Resources, MeshSetup], Iterator[Result]]
    Pair = tuple[str, str]

POLICY_MISSES = "policy-misses-gateway"

SELECTORS = {"Dataplane": "labels", "MeshSubset": "tags", "MeshServiceSubset": "tags", "MeshService": ""}
"""Kinds of a policy's `targetRef` that select some pods, and the field with what these carry."""
INBOUND = ("from", "rules")
DEFAULT_MESH = "default"


def _policies(resources: Resources, setup: MeshSetup) -> Iterator[Result]:
    candidates = [(item, parts) for item in resources.items if (parts := _inbound_parts(item))]
    if not candidates:
        return
    pods = _pods_by_pair(resources, setup)
    for item, parts in candidates:
        selected = _selected(item, pods, resources, setup)
        if selected and all(is_delegated_gateway(member.workload.template) for member in selected):
            which = ", ".join(member.workload.item.words for member in selected[:3])
            yield warning(
                POLICY_MISSES,
                f"its `{parts[0]}` is for incoming traffic, and it selects delegated gateways only ({which}), whose "
                "sidecars take none: it has no effect; write it for the backends, or, for what the gateway sends, as "
                "`to`",
                item,
                f"spec.{parts[0]}",
            )


def _inbound_parts(item: Item) -> list[str]:
    """The inbound parts of a policy that selects some pods."""
    if item.group != "kuma.io" or not item.kind.startswith("Mesh"):
        return []
    spec = item.spec
    if as_str(as_map(spec.get("targetRef")).get("kind")) not in SELECTORS:
        return []
    return [part for part in INBOUND if isinstance(spec.get(part), list) and spec[part]]


def _pods_by_pair(resources: Resources, setup: MeshSetup) -> dict[Pair, list[Member]]:
    """The members of meshes by each label of their pods, and by their namespace."""
    found: dict[Pair, list[Member]] = {}
    for member in members(resources, setup).values():
        if member.in_mesh:
            for pair in _pairs_of(member):
                found.setdefault(pair, []).append(member)
    return found


def _pairs_of(member: Member) -> set[Pair]:
    return {*member.workload.template.labels.items(), (names.KUBE_NAMESPACE, member.workload.item.namespace)}


def _selected(item: Item, pods: dict[Pair, list[Member]], resources: Resources, setup: MeshSetup) -> list[Member]:
    """The members that a policy selects; none where the package cannot tell."""
    reference = as_map(item.spec.get("targetRef"))
    kind, name = reference["kind"], reference.get("name")
    if kind == "Dataplane" and name is not None:  # the cluster makes these names up
        return []
    wanted = string_map(reference.get(SELECTORS[kind]))
    service = wanted.get(names.SERVICE_TAG, as_str(name))
    known = {(key, value) for key, value in wanted.items() if _is_of_pods(key)}
    if not (known or service):
        return []
    if item.namespace != setup.control_plane.system_namespace:
        known.add((names.KUBE_NAMESPACE, item.namespace))
    if not known and "_" in service:  # a service tag says its namespace: NAME_NAMESPACE_svc_PORT
        known.add((names.KUBE_NAMESPACE, service.split("_")[1]))
    mesh = item.labels.get(names.KUMA_MESH, DEFAULT_MESH)
    fewest = min((pods.get(pair, []) for pair in known), key=len, default=[])
    found = [member for member in fewest if member.mesh.name == mesh and known <= _pairs_of(member)]
    return [member for member in found if not service or _has_tag(member, service, resources, setup)]


def _is_of_pods(key: str) -> bool:
    """Whether the package shows the label; what Kuma adds besides (zone, protocol) narrows the choice only."""
    return names.KUMA_DOMAIN not in key or key == names.KUBE_NAMESPACE


def _has_tag(member: Member, service: str, resources: Resources, setup: MeshSetup) -> bool:
    """Whether the pods have an inbound of that service; a gateway is named by its first Service alone."""
    views = services_of(member.workload, resources, setup)
    if is_delegated_gateway(member.workload.template):
        views = views[:1]
    home = member.workload.item.namespace
    return any(service.startswith(f"{view.name}_{home}_svc_") for view in views)


POLICY_CHECKS: tuple[Check, ...] = (_policies,)
