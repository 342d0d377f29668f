"""What the pods of one workload meet in a mesh: Kuma's denials, and traps that it does not tell of.

What its injector refuses is in ``krm_fn.rules.check_injector``; each check names what happens on the cluster, so that a
reader knows what the finding would have become there.
"""

from __future__ import annotations

from krm_fn.krm.fields import as_list, as_map
from krm_fn.krm.outcome import error, field_path, warning
from krm_fn.kuma import names
from krm_fn.kuma.injection import is_zone_proxy, mixed_meshes
from krm_fn.kuma.mesh import NAMESPACE_ANNOTATION, POD_ANNOTATION, POD_LABEL, mesh_of
from krm_fn.rules.credentials import lacks_token, token_edits
from krm_fn.rules.membership import NO_LABELS, Member, control_plane_of, members, mesh_is_missing, version_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from krm_fn.config.meshsetup import MeshSetup
    from krm_fn.krm.outcome import Path, Result
    from krm_fn.krm.resources import Resources

    PodCheck = Callable[[Member, Resources, MeshSetup], Iterator[Result]]

GATEWAY_VALUE = "gateway-value"
GATEWAY_MISPLACED = "gateway-annotation-misplaced"
HOST_NETWORK = "host-network"
MESH_AS_ANNOTATION = "mesh-as-annotation"
MESH_NOT_FOUND = "mesh-not-found"
NO_CREDENTIALS = "sidecar-without-credentials"
SWITCH_VALUE = "annotation-not-a-switch"
TOKEN_VOLUME = "token-volume-missing"
ZONE_PROXY_PLACE = "zone-proxy-outside-system-namespace"

DECLARATIONS = "functionConfig.spec.namespaces"
"""The field of a finding about a Namespace that is only declared."""


def _mesh_exists(member: Member, resources: Resources, setup: MeshSetup) -> Iterator[Result]:
    """Only zone proxies whose mesh is named may come before their Mesh."""
    mesh, namespace = member.mesh, member.workload.item.namespace
    if not member.in_mesh or not mesh_is_missing(mesh.name, resources, setup):
        return
    services = _zone_proxy_services(resources).get(namespace, ())
    if mesh.explicit and is_zone_proxy(member.workload.template.labels, services, version_of(setup)):
        return
    named = f"it is the mesh of the pods (by {mesh.source})" if mesh.explicit else "the pods name no other mesh"
    yield error(
        MESH_NOT_FOUND,
        f'meshes.kuma.io "{mesh.name}" not found: {named}, but it is neither in the package nor in spec.meshes; '
        "add the Mesh, or name another",
        member.workload.item,
        _mesh_field(member),
        mesh.name,
    )


def _zone_proxy_services(resources: Resources) -> dict[str, list[dict[str, Any]]]:
    """The few Services of each namespace that may make a pod a zone proxy."""

    def build() -> dict[str, list[dict[str, Any]]]:
        found: dict[str, list[dict[str, Any]]] = {}
        for service in resources.services:
            if names.ZONE_PROXY_TYPE in service.labels:
                found.setdefault(service.namespace, []).append(service.data)
        return found

    return resources.memo("zone proxy services", build)


def _mesh_field(member: Member) -> str:
    """Where in the workload its mesh is named; empty if it is the Namespace or nobody that does."""
    parts = {POD_LABEL: "labels", POD_ANNOTATION: "annotations"}
    part = parts.get(member.mesh.source)
    return field_path(*member.workload.template.path, "metadata", part, names.KUMA_MESH) if part else ""


def _mesh_annotation(member: Member, resources: Resources, setup: MeshSetup) -> Iterator[Result]:
    """A mesh that an annotation of the pods names; those of Namespaces are looked at once for all their pods."""
    if member.in_mesh and member.mesh.source == POD_ANNOTATION:
        template = member.workload.template
        labels = member.namespace.labels if member.namespace else NO_LABELS
        left = mesh_of(template.labels, NO_LABELS, labels, NO_LABELS, setup.mesh).name
        yield warning(
            MESH_AS_ANNOTATION,
            f"the mesh {member.mesh.name} is named by an annotation, which Kuma deprecates and its next major version "
            f"ignores; the pods would then be in mesh {left}. Make it the label "
            f"{field_path(*template.path, 'metadata', 'labels', names.KUMA_MESH)}: {member.mesh.name}",
            member.workload.item,
            _mesh_field(member),
            member.mesh.name,
            {names.KUMA_MESH: member.mesh.name},
        )


def mesh_annotations_of_namespaces(resources: Resources, setup: MeshSetup) -> Iterator[Result]:
    """The same for Namespaces whose annotation names the mesh of at least one workload; once for each."""
    seen = set()
    for member in members(resources, setup).values():
        namespace = member.namespace
        if namespace is None or namespace.name in seen or not member.in_mesh:
            continue
        if member.mesh.source == NAMESPACE_ANNOTATION:
            seen.add(namespace.name)
            yield warning(
                MESH_AS_ANNOTATION,
                f"the mesh {member.mesh.name} is named by an annotation of the Namespace {namespace.name}, which Kuma "
                "deprecates and its next major version ignores; pods that name no mesh would then be in mesh "
                f"{setup.mesh}. Make it the label metadata.labels[{names.KUMA_MESH}]: {member.mesh.name}",
                namespace.item,
                field_path("metadata", "annotations", names.KUMA_MESH) if namespace.item else DECLARATIONS,
                member.mesh.name,
                {names.KUMA_MESH: member.mesh.name},
            )


def _gateway(member: Member, resources: Resources, setup: MeshSetup) -> Iterator[Result]:
    """The gateway mark: its value, and its place."""
    item, template = member.workload.item, member.workload.template
    value = template.annotations.get(names.GATEWAY)
    path = (*template.path, "metadata", "annotations", names.GATEWAY)
    if value is not None and value not in (names.ENABLED, names.GATEWAY_BUILTIN):
        # A pod that has passed the injector already is judged by the Dataplane converter alone, which knows "provided".
        passed = names.SWITCH_VALUES.get(template.annotations.get(names.SIDECAR_INJECTED, ""))
        say = error if member.in_mesh and not (passed and value == names.GATEWAY_PROVIDED) else warning
        yield say(
            GATEWAY_VALUE,
            f"{value!r} is no value that works: Kuma's injector takes a switch, its Dataplane converter the word "
            f"{names.ENABLED} "
            f"(\"invalid delegated gateway type '{value}'\"): write {names.ENABLED} for a delegated gateway, or "
            "take the annotation away",
            item,
            field_path(*path),
            value,
            names.ENABLED,
        )
    if value is not None:
        return
    elsewhere: list[tuple[Path, dict[str, str]]] = [
        ((*template.path, "metadata", "labels"), template.labels),
        (("metadata", "labels"), item.labels),
    ]
    if template.path:
        elsewhere.append((("metadata", "annotations"), item.annotations))
    for steps, place in elsewhere:
        if names.GATEWAY in place:
            yield warning(
                GATEWAY_MISPLACED,
                f"Kuma reads the mark as an annotation of the pods only: move it to {field_path(*path)}",
                item,
                field_path(*steps, names.GATEWAY),
                place[names.GATEWAY],
            )
            return


def _several_meshes(member: Member, resources: Resources, setup: MeshSetup) -> Iterator[Result]:
    """`disallowMultipleMeshesPerNamespace` refuses the pods of a second mesh."""
    kubernetes = control_plane_of(resources, setup).runtime.kubernetes
    if not (kubernetes.disallow_multiple_meshes_per_namespace and member.in_mesh):
        return
    namespace = member.workload.item.namespace
    refusal = mixed_meshes(member.mesh.name, namespace, _meshes_of(namespace, resources, setup))
    if refusal is not None:
        yield error(refusal.code, refusal.message, member.workload.item, _label(member, refusal.key), member.mesh.name)


def _meshes_of(namespace: str, resources: Resources, setup: MeshSetup) -> list[str]:
    """The meshes of a namespace's Dataplanes: of its workloads here (there is one at least), and of Dataplane items."""

    def build() -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for member in members(resources, setup).values():
            if member.in_mesh:
                found.setdefault(member.workload.item.namespace, []).append(member.mesh.name)
        for item in resources.of_kind("Dataplane"):
            if item.group == "kuma.io":
                found.setdefault(item.namespace, []).append(item.labels.get(names.KUMA_MESH, ""))
        return found

    return resources.memo("meshes of namespaces", build)[namespace]


def _switches(member: Member, resources: Resources, setup: MeshSetup) -> Iterator[Result]:
    """What the control plane reads of every pod, in a mesh or not: zone proxies, and pods with a sidecar."""
    item, template = member.workload.item, member.workload.template
    for key, product in READ_OF_EVERY_POD.items():
        value = template.annotations.get(key)
        if value is None:
            continue
        field = field_path(*template.path, "metadata", "annotations", key)
        if value not in names.SWITCH_VALUES:
            yield error(
                SWITCH_VALUE,
                f'annotation "{key}" has wrong value "{value}": the control plane fails on these pods; the value must '
                f"be one of {', '.join(names.SWITCH_VALUES)}",
                item,
                field,
                value,
            )
        elif product and names.SWITCH_VALUES[value] and item.namespace != setup.control_plane.system_namespace:
            system = setup.control_plane.system_namespace
            yield error(
                ZONE_PROXY_PLACE,
                f'{product} can only be deployed in system namespace "{system}": the annotation makes these pods a '
                "zone proxy; take it away, or move the workload",
                item,
                field,
                value,
            )


READ_OF_EVERY_POD = {names.INGRESS: "Ingress", names.EGRESS: "Egress", names.SIDECAR_INJECTED: ""}


def _token(member: Member, resources: Resources, setup: MeshSetup) -> Iterator[Result]:
    """The sidecar needs the ServiceAccount's token: the volume that the annotation names, or a mounted one."""
    if not member.decision.injected:
        return
    item, template = member.workload.item, member.workload.template
    volume = template.annotations.get(names.SERVICE_ACCOUNT_TOKEN_VOLUME)
    if volume is not None:
        if volume not in (as_map(v).get("name") for v in as_list(template.spec.get("volumes"))):
            yield error(
                TOKEN_VOLUME,
                f"volume ({volume}) specified for {names.SERVICE_ACCOUNT_TOKEN_VOLUME} but volume does not exist in "
                "pod spec",
                item,
                field_path(*template.path, "metadata", "annotations", names.SERVICE_ACCOUNT_TOKEN_VOLUME),
                volume,
            )
    elif lacks_token(member.workload, resources):
        edits = {field_path(*path): value for path, value in token_edits(template)}
        yield warning(
            NO_CREDENTIALS,
            "the ServiceAccount token is not mounted (automountServiceAccountToken: false), so the sidecar starts "
            "without credentials and, unless the control plane authenticates no data planes, never joins: add a "
            "projected volume with a serviceAccountToken (path: token) and name it in the annotation "
            f"{names.SERVICE_ACCOUNT_TOKEN_VOLUME} of the pod template",
            item,
            field_path(*template.path, "spec", "automountServiceAccountToken"),
            proposed=edits or None,
        )


def _host_network(member: Member, resources: Resources, setup: MeshSetup) -> Iterator[Result]:
    template = member.workload.template
    if member.decision.injected and template.spec.get("hostNetwork") is True:
        yield warning(
            HOST_NETWORK,
            "Kuma does not skip pods on the host's network: the sidecar's redirection rules would be written into "
            "the node's network "
            f"namespace and cut off other traffic; label the pod template {names.SIDECAR_INJECTION}: {names.DISABLED}",
            member.workload.item,
            field_path(*template.path, "spec", "hostNetwork"),
            True,
        )


def _label(member: Member, key: str) -> str:
    """The path of a label of the pods, empty where they have none of that key."""
    template = member.workload.template
    return field_path(*template.path, "metadata", "labels", key) if key in template.labels else ""


POD_CHECKS: tuple[PodCheck, ...] = (
    _mesh_exists,
    _mesh_annotation,
    _gateway,
    _several_meshes,
    _switches,
    _token,
    _host_network,
)
