"""Services: annotations that Kuma cannot read, and Services that their mesh would not know.

Follows pkg/plugins/runtime/k8s/controllers (service_controller.go, meshservice_controller.go) of Kuma 2.14.
"""

from __future__ import annotations

from krm_fn.krm.fields import as_list, dig
from krm_fn.krm.outcome import error, field_path, warning
from krm_fn.kuma import names
from krm_fn.kuma.meshservices import DISABLED, EXCLUSIVE, becomes_mesh_service, mode_of
from krm_fn.kuma.services import EXTERNAL_NAME, is_ignored, service_port
from krm_fn.record import Record
from krm_fn.rules.membership import is_labelled, selected_by, version_of
from krm_fn.rules.service_upstream import as_resource

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from krm_fn.config.meshsetup import MeshSetup
    from krm_fn.krm.outcome import Result
    from krm_fn.krm.resource import Item
    from krm_fn.krm.resources import Resources
    from krm_fn.rules.membership import Member

    Check = Callable[[Resources, MeshSetup], Iterator[Result]]

IGNORE_VALUE = "service-upstream-refused"
PROTOCOL_UNKNOWN = "protocol-unknown"
PROTOCOL_UNUSED = "protocol-annotation-unused"
NO_MESH_SERVICE = "no-mesh-service"
MESH_SERVICE_ELSEWHERE = "mesh-service-in-other-mesh"
MESH_SERVICE_BY_HAND = "mesh-service-by-hand"

MANAGED = "k8s-controller"  # the value of kuma.io/managed-by on what Kuma made itself


def _annotations(resources: Resources, setup: MeshSetup) -> Iterator[Result]:
    """Annotations whose value matters to Kuma."""
    for service in resources.services:
        annotations = service.annotations
        if names.IGNORE in annotations and annotations[names.IGNORE] not in names.SWITCH_VALUES:
            yield _wrong_ignore(service, resources)
        for key, value in annotations.items():
            if key.endswith(names.PORT_PROTOCOL_SUFFIX):
                yield from _protocol(service, key, value, resources, setup)


def _wrong_ignore(service: Item, resources: Resources) -> Result:
    """In a labelled Namespace Kuma fails on the Service again and again; elsewhere it takes it for not ignored."""
    labelled = is_labelled(resources.namespaces.get(service.namespace))
    read = labelled and dig(service.data, "spec", "type") != EXTERNAL_NAME
    value = service.annotations[names.IGNORE]
    what = "Kuma's controller fails on the Service" if read else "it counts as not set"
    return (error if read else warning)(
        IGNORE_VALUE,
        f'annotation "{names.IGNORE}" has wrong value "{value}": {what}; the value must be one of '
        f"{', '.join(names.SWITCH_VALUES)}",
        service,
        field_path("metadata", "annotations", names.IGNORE),
        value,
    )


def _protocol(service: Item, key: str, value: str, resources: Resources, setup: MeshSetup) -> Iterator[Result]:
    """An unknown protocol makes Kuma refuse the Dataplanes of the pods; gateways have no protocol."""
    selected = selected_by(resources, setup).get((service.namespace, service.name), ())
    joined = [m for m in selected if m.in_mesh and names.GATEWAY not in m.workload.template.annotations]
    if not joined or not value:
        return
    known, field = version_of(setup).protocols, field_path("metadata", "annotations", key)
    ports = [port for port in map(service_port, as_list(dig(service.data, "spec", "ports"))) if port is not None]
    asked = [port for port in ports if str(port.port) == key.removesuffix(names.PORT_PROTOCOL_SUFFIX)]
    if not asked:
        numbers = ", ".join(str(port.port) for port in ports)
        yield warning(
            PROTOCOL_UNUSED,
            "the number in the annotation is no TCP port of the Service, so that it has no effect: it must be a "
            f"`port` of the Service ({numbers or 'it has none'}), not the targetPort",
            service,
            field,
            value,
        )
    elif value.lower() not in known and any(port.app_protocol.lower() not in known for port in asked):
        yield error(
            PROTOCOL_UNKNOWN,
            f'tag "{names.PROTOCOL_TAG}" has an invalid value "{value.lower()}": Kuma refuses the Dataplanes of '
            f"{joined[0].workload.item.words}, whose pods then do not join the mesh; the value must be one of "
            f"{', '.join(sorted(known))}",
            service,
            field,
            value,
        )


# --- MeshServices -----------------------------------------------------------------------------------------------------
class Unlabelled(Record):
    """A Service that lacks the label of its pods' mesh: why that matters, and the mesh."""

    service: Item
    member: Member
    code: str
    why: str
    current: str | None
    wanted: str


def _mesh_services(resources: Resources, setup: MeshSetup) -> Iterator[Result]:
    """Services of which Kuma makes no MeshService, or one in another mesh than their pods."""
    for missing in unlabelled_services(resources, setup):
        code = missing.code
        yield warning(
            code,
            f"{missing.why}: label the Service {names.KUMA_MESH}: {missing.wanted}",
            missing.service,
            field_path("metadata", "labels", names.KUMA_MESH),
            missing.current,
            missing.wanted,
        )


def unlabelled_services(resources: Resources, setup: MeshSetup) -> Iterator[Unlabelled]:
    """The Services that a label would bring into the mesh of their pods.

    Judged where the package holds the Mesh. In other modes than Exclusive such Services are reached as ever.
    """
    modes = {name: mode_of(mesh.data) for name, mesh in resources.meshes.items()}
    if all(mode == DISABLED for mode in modes.values()):
        return
    selected = selected_by(resources, setup)
    for service in resources.services:
        joined = [member for member in selected.get((service.namespace, service.name), ()) if member.in_mesh]
        if joined and modes.get(joined[0].mesh.name, DISABLED) != DISABLED:
            yield from _unlabelled(service, joined[0], modes[joined[0].mesh.name], resources, setup)


def _unlabelled(
    service: Item, member: Member, mode: str, resources: Resources, setup: MeshSetup
) -> Iterator[Unlabelled]:
    namespace = resources.namespaces.get(service.namespace)
    pods = member.workload.template.annotations
    wanted, own = member.mesh.name, service.labels.get(names.KUMA_MESH)
    if becomes_mesh_service(service.data, as_resource(namespace), pods):
        mesh = own or (namespace.labels.get(names.KUMA_MESH) if namespace else "") or setup.mesh
        if mesh != wanted:
            why = (
                f"its pods are in mesh {wanted}, but its MeshService is made in mesh {mesh}, because only labels of "
                "Service and Namespace count for that"
            )
            yield Unlabelled(service, member, MESH_SERVICE_ELSEWHERE, why, own, wanted)
    elif mode == EXCLUSIVE and becomes_mesh_service(_labelled(service, wanted), None, pods):
        why = (
            f"no MeshService is made of it, because neither is its Namespace labelled {names.SIDECAR_INJECTION}: "
            f"{names.ENABLED} nor the Service {names.KUMA_MESH}; in mesh {wanted}, whose MeshServices mode is "
            f"{EXCLUSIVE}, nobody reaches it"
        )
        yield Unlabelled(service, member, NO_MESH_SERVICE, why, None, wanted)


def _labelled(service: Item, mesh: str) -> dict[str, object]:
    """The Service as it would be with the label."""
    metadata = {**service.metadata, "labels": {**service.labels, names.KUMA_MESH: mesh}}
    return {**service.data, "metadata": metadata}


def _by_hand(resources: Resources, setup: MeshSetup) -> Iterator[Result]:
    """MeshServices that stand where Kuma would make its own; theirs have no cluster IP as address."""
    for item in resources.of_kind("MeshService"):
        service = resources.service(item.namespace, item.name)
        if item.group != "kuma.io" or service is None or item.labels.get(names.MANAGED_BY) == MANAGED:
            continue
        if not is_ignored(service.annotations):
            yield warning(
                MESH_SERVICE_BY_HAND,
                f"it has the name of the Service {service.name}, so that Kuma cannot make its own MeshService of that; "
                "this one gets another address than the Service's, and gateways that send to the Service's address "
                "do not reach it: take it out, or give it another name",
                item,
                "metadata.name",
                item.name,
            )


SERVICE_CHECKS: tuple[Check, ...] = (_annotations, _mesh_services, _by_hand)
