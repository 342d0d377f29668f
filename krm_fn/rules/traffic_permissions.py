"""MeshTrafficPermissions from each gateway to each backend that it routes to: ``spec.gateways.trafficPermissions``.

A mesh with mTLS answers 403 until somebody allows the gateway. Both ends are selected by pod labels and namespace, not
by service name: which Service names a gateway is an accident of their names (docs/gateways/traps.md). The policies
stand in the backend's namespace, where Kuma lets them act on the pods of that namespace only.
https://kuma.io/docs/latest/policies/meshtrafficpermission/
"""

from __future__ import annotations

from itertools import count

from krm_fn.krm.fields import dig, string_map
from krm_fn.krm.outcome import Emit, info, warning
from krm_fn.kuma import names
from krm_fn.record import Record
from krm_fn.rules.custom_kinds import custom_pods
from krm_fn.rules.membership import control_plane_of, is_delegated_gateway, members, selected_by
from krm_fn.rules.recognition import addressed_by, backends_of, looks_up_in, recognised

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from krm_fn.config.meshsetup import MeshSetup
    from krm_fn.krm.outcome import Result
    from krm_fn.krm.resource import Item
    from krm_fn.krm.resources import Resources
    from krm_fn.rules.membership import Member

NOT_DERIVED = "traffic-permission-not-derived"
BY_IDENTITY = "traffic-permission-by-identity"

BY_TAGS = ("MeshSubset", "tags")
BY_LABELS = ("Dataplane", "labels")
SELECTING = {"2.9": BY_TAGS}
"""How a policy of a Kuma minor selects the pods that it is for, where not BY_LABELS: which the later ones prefer."""

# Labels that change with every rollout, or that controllers add to pods.
UNSTABLE = frozenset({"pod-template-hash", "controller-revision-hash", "rollouts-pod-template-hash"})
NAME_LENGTH = 253


class Source(Record):
    """Pods of a gateway: whose they are, where they run, and the labels that tell them from others."""

    item: Item
    namespace: str
    mesh: str
    product: str | None
    labels: dict[str, str]


def traffic_permissions(resources: Resources, setup: MeshSetup) -> Iterator[Emit | Result]:
    """Emit a policy for each pair of a gateway and a Service in its mesh that its product's routes lead to."""
    if setup.gateways.traffic_permissions != "emit":
        return
    services = _services_of_products(resources, setup)
    gateways = list(_gateways(resources, setup))
    if custom_pods(resources):
        from krm_fn.rules.custom_permissions import not_derived, sources

        gateways += sources(resources, setup)
        yield from not_derived(services, resources, setup)
    if not gateways:
        return
    yield from _told_by_identity(gateways, resources, setup)
    policies: dict[tuple[str, str, str], dict[str, Any]] = {}
    origins: dict[tuple[str, str, str], Item] = {}
    for gateway in gateways:
        if gateway.product is None:
            yield info(
                NOT_DERIVED,
                "nobody knows which product this gateway is, hence not which routes are its own: write the "
                "MeshTrafficPermissions to its backends yourself",
                gateway.item,
            )
            continue
        for service in services.get(gateway.product, ()):
            if not is_behind(service, gateway.mesh, resources, setup):
                continue
            policy = _policy(gateway, service, setup)
            key = (service.namespace, service.name, f"{gateway.mesh}/{policy['metadata']['name']}")
            if key in policies:  # workloads of several kinds under one name: each is allowed
                allowed = policies[key]["spec"]["from"]
                allowed += [entry for entry in policy["spec"]["from"] if entry not in allowed]
            else:
                policies[key], origins[key] = policy, service
    _give_each_its_own_name(policies)
    for key, policy in policies.items():
        yield Emit(policy, origins[key])


def _gateways(resources: Resources, setup: MeshSetup) -> Iterator[Source]:
    found = recognised(resources)
    for member in members(resources, setup).values():
        item = member.workload.item
        if member.in_mesh and is_delegated_gateway(member.workload.template):
            product = found[item.place][1].product if item.place in found else None
            yield Source(item, item.namespace, member.mesh.name, product, _pod_labels(member))


def _services_of_products(resources: Resources, setup: MeshSetup) -> dict[str, list[Item]]:
    """The Services of the package that the routes of each product lead to."""
    found: dict[str, dict[tuple[str, str], Item]] = {}
    for backend in backends_of(resources, setup):
        service = resources.service(backend.namespace, backend.service)
        if service is not None:
            for product in backend.products:
                found.setdefault(product, {})[service.namespace, service.name] = service
    for written in addressed_by(resources, setup):
        service = resources.service(written.namespace, written.service)
        if service is not None:
            for product in written.products:
                if not written.bare or looks_up_in(written.namespace, product, resources):
                    found.setdefault(product, {})[service.namespace, service.name] = service
    return {product: list(services.values()) for product, services in found.items()}


def is_behind(service: Item, mesh: str, resources: Resources, setup: MeshSetup) -> bool:
    """Whether pods of a mesh stand behind the Service, and a selector says which."""
    if not string_map(dig(service.data, "spec", "selector")):
        return False
    served = selected_by(resources, setup).get((service.namespace, service.name), ())
    return any(m.in_mesh and m.mesh.name == mesh for m in served)


def _policy(gateway: Source, service: Item, setup: MeshSetup) -> dict[str, Any]:
    kind, selects = SELECTING.get(setup.kuma_version, BY_LABELS)
    labels = {names.KUMA_MESH: gateway.mesh}
    if setup.zone is not None:  # a zone with a global control plane takes no policy without it
        labels[names.ORIGIN] = "zone"
    sources = {names.KUBE_NAMESPACE: gateway.namespace, **gateway.labels}
    return {
        "apiVersion": "kuma.io/v1alpha1",
        "kind": "MeshTrafficPermission",
        "metadata": {
            "name": f"{gateway.namespace}-{gateway.item.name}-to-{service.name}"[:NAME_LENGTH].rstrip("-."),
            "namespace": service.namespace,
            "labels": labels,
        },
        "spec": {
            "targetRef": {"kind": kind, selects: dict(string_map(dig(service.data, "spec", "selector")))},
            "from": [
                {"targetRef": {"kind": "MeshSubset", "tags": sources}, "default": {"action": "Allow"}},
            ],
        },
    }


def _give_each_its_own_name(policies: dict[tuple[str, str, str], dict[str, Any]]) -> None:
    """Number the policies of one name: ends of names are cut off, and ``a-to-b-to-c`` comes of different pairs.

    In the order of what they are for, so that the order of the resources does not count.
    """
    taken = {_key(policy) for policy in policies.values()}
    numbers: dict[tuple[str, str], Iterator[int]] = {}
    for _, policy in sorted(policies.items()):
        namespace, name = _key(policy)
        if (namespace, name) not in numbers:  # the first of a name keeps it
            numbers[namespace, name] = count(2)
            continue
        stem = name[: NAME_LENGTH - 8].rstrip("-.")
        free = (f"{stem}-{number}" for number in numbers[namespace, name])
        policy["metadata"]["name"] = next(name for name in free if (namespace, name) not in taken)
        taken.add(_key(policy))


def _key(policy: dict[str, Any]) -> tuple[str, str]:
    return policy["metadata"]["namespace"], policy["metadata"]["name"]


def _pod_labels(gateway: Member) -> dict[str, str]:
    """What the workload selects its own pods by, else their labels; the narrower set would follow every release."""
    item, template = gateway.workload.item, gateway.workload.template
    selector = dig(item.data, "spec", "selector")
    chosen = string_map(dig(selector, "matchLabels"))
    labels = {key: value for key, value in chosen.items() if template.labels.get(key) == value} or template.labels
    kept = {key: value for key, value in labels.items() if value and key not in UNSTABLE}
    return {key: value for key, value in kept.items() if names.KUMA_DOMAIN not in key}


def _told_by_identity(gateways: list[Source], resources: Resources, setup: MeshSetup) -> Iterator[Result]:
    """Certificates of a MeshIdentity, and Dataplanes without tags, do not say what `from` asks for."""
    meshes = {gateway.mesh for gateway in gateways}
    for item in resources.of_kind("MeshIdentity"):
        if item.group == "kuma.io" and item.labels.get(names.KUMA_MESH, setup.mesh) in meshes:
            yield warning(
                BY_IDENTITY,
                "certificates of a MeshIdentity hold a SPIFFE ID and no tags, so that the MeshTrafficPermissions of "
                "spec.gateways.trafficPermissions, which select the gateway by its tags, do not let it through: write "
                "them with spec.rules and the SPIFFE ID of the gateway's ServiceAccount",
                item,
            )
    if control_plane_of(resources, setup).experimental.inbound_tags_disabled:
        yield warning(
            BY_IDENTITY,
            "experimental.inboundTagsDisabled takes the tags out of Dataplanes, so that the MeshTrafficPermissions of "
            "spec.gateways.trafficPermissions cannot select the gateway by them: write them with spec.rules",
            None,
            "functionConfig.spec.controlPlane.config",
        )
