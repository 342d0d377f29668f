"""Dataplanes: what the control plane will generate for the workloads in a mesh, for review before apply.

What Kuma's own validation would refuse is an error, also where the Dataplane itself is not asked for. From a workload
to its Dataplanes: ``krm_fn.rules.conversion``.
"""

from __future__ import annotations

from krm_fn.krm.fields import as_map, as_str
from krm_fn.krm.outcome import INFO, Emit, error, warning
from krm_fn.krm.resource import ARGO_HOOK, LOCAL_CONFIG
from krm_fn.kuma import names
from krm_fn.rules.check_pods import MESH_NOT_FOUND
from krm_fn.rules.membership import (
    control_plane_of,
    is_delegated_gateway,
    is_observed,
    members,
    mesh_is_missing,
    services_of,
    version_of,
)
from krm_fn.rules.webhook import lacks_config_map

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from krm_fn.config.meshsetup import MeshSetup
    from krm_fn.krm.outcome import Result
    from krm_fn.krm.resource import Item
    from krm_fn.krm.resources import Resources
    from krm_fn.rules.membership import Member

DATAPLANE_INVALID = "dataplane-invalid"
CONSTRAINT = "mesh-constraint"
SHARED_NAME = "dataplane-name-shared"
CONFIG_MAP_MISSING = "transparent-proxy-config-missing"

FOR_REVIEW = {LOCAL_CONFIG: "true", ARGO_HOOK: "Skip"}


def is_local(data: Mapping[str, Any]) -> bool:
    """Whether a generated item is for review only."""
    return data["kind"] == "Dataplane" and as_map(data["metadata"].get("annotations")).get(LOCAL_CONFIG) == "true"


def dataplanes(resources: Resources, setup: MeshSetup) -> Iterator[Emit | Result]:
    """Emit the Dataplanes that ``spec.dataplanes.emit`` asks for; check them, those that the package holds, and those
    that Kuma might refuse for what the pods or their Services say."""
    yield from _written_by_hand(resources, setup)
    everyone = members(resources, setup).values()
    wanted = [member for member in everyone if _is_wanted(member, setup)]
    doubtful = [] if len(wanted) == len(everyone) else list(_doubtful(resources, setup))
    if not wanted and not doubtful:
        return
    if lacks_config_map(resources, setup) and any(_is_to_be_injected(member, setup) for member in (*wanted, *doubtful)):
        yield _config_map_missing(resources, setup)
        wanted = [member for member in wanted if not _is_to_be_injected(member, setup)]
        doubtful = []
    from krm_fn.rules.conversion import Package  # much to load, and most packages need no Dataplane

    package = Package(resources, setup)
    first: dict[tuple[str, str], Item] = {}
    for made in package.made(wanted):
        yield from made.results
        for data in made.dataplanes:
            yield from _refusals(data, made.member.workload.item, resources, setup)
            yield from _shared_name(data, made.member.workload.item, first)
            yield Emit(_marked(data, setup), made.member.workload.item)
    for made in package.made(doubtful):
        yield from (result for result in made.results if result.severity != INFO)
        for data in made.dataplanes[:1]:
            yield from _refusals(data, made.member.workload.item, resources, setup)


def _is_to_be_injected(member: Member, setup: MeshSetup) -> bool:
    return setup.injection.mode == "webhook" and member.decision.injected and not is_observed(member.workload.item)


def _config_map_missing(resources: Resources, setup: MeshSetup) -> Result:
    name = control_plane_of(resources, setup).injector.transparent_proxy_config_map
    where = f"{setup.control_plane.system_namespace}/{name}"
    return warning(
        CONFIG_MAP_MISSING,
        "no Dataplane can be computed: the control plane takes the transparent proxy's configuration from the "
        f"ConfigMap {where}, which is not in the package: put a copy in, which is not applied if it carries "
        f'{LOCAL_CONFIG}: "true"',
        field="functionConfig.spec.controlPlane.config.runtime.kubernetes.injector.transparentProxyConfigMap",
        current=name,
    )


def _shared_name(data: Mapping[str, Any], item: Item, first: dict[tuple[str, str], Item]) -> Iterator[Result]:
    """Previews of two workloads under one name: only the first is in the output."""
    metadata = data["metadata"]
    other = first.setdefault((metadata["namespace"], metadata["name"]), item)
    if other.key != item.key:
        yield warning(
            SHARED_NAME,
            f"its Dataplane {metadata['name']} has the name of one of {other.words}, so that only the latter is shown: "
            "rename one of the two workloads",
            item,
            "metadata.name",
            item.name,
        )


# What a Dataplane takes from annotations and what can be wrong with it. Every other one is checked by the injector.
READ_BY_CONVERTER = frozenset(
    {
        names.APPLICATION_PROBE_PROXY_PORT,
        names.ENVOY_ADMIN_PORT,
        names.REACHABLE_BACKENDS,
        names.SIDECAR_INJECTED,
        names.TRANSPARENT_PROXYING,
        names.TRANSPARENT_PROXYING_IP_FAMILY_MODE,
        names.VIRTUAL_PROBES,
    }
)


def _doubtful(resources: Resources, setup: MeshSetup) -> Iterator[Member]:
    """Members whose Dataplanes are not asked for, and which Kuma might refuse."""
    constrained = {name for name, mesh in resources.meshes.items() if as_map(mesh.spec.get("constraints"))}
    zone_proxies = any(names.ZONE_PROXY_TYPE in service.labels for service in resources.services)
    for member in members(resources, setup).values():
        if not member.in_mesh or member.workload.item.kind == "PodTemplate" or _is_wanted(member, setup):
            continue
        if (
            member.mesh.name in constrained
            or any(
                k in READ_BY_CONVERTER or k.startswith(names.METRICS_PREFIX)
                for k in member.workload.template.annotations
            )
            or (zone_proxies and any(view.zone_proxy for view in services_of(member.workload, resources, setup)))
        ):
            yield member


def _is_wanted(member: Member, setup: MeshSetup) -> bool:
    emit = setup.dataplanes.emit
    template = member.workload.template
    item = member.workload.item
    if item.kind == "PodTemplate" or item.is_local or emit == "none":  # no pods come of the first two
        return False
    if emit == "gateways":
        return member.in_mesh and is_delegated_gateway(template)
    if is_observed(item) or setup.injection.mode == "none":
        return True
    return member.in_mesh or template.annotations.get(names.GATEWAY) == names.GATEWAY_BUILTIN


def _marked(data: dict[str, Any], setup: MeshSetup) -> dict[str, Any]:
    """For review only, unless the configuration says otherwise."""
    if not setup.dataplanes.local_config:
        return data
    return {**data, "metadata": {**data["metadata"], "annotations": dict(FOR_REVIEW)}}


def _refusals(data: Mapping[str, Any], item: Item, resources: Resources, setup: MeshSetup) -> Iterator[Result]:
    """What the validating webhook would say to a Dataplane."""
    from krm_fn.kuma.constraints import violates_constraints
    from krm_fn.kuma.validation import validate

    for violation in validate(data, version_of(setup)):
        yield error(
            DATAPLANE_INVALID,
            f"Kuma would refuse the Dataplane {_name_of(data)}: {violation.path}: {violation.message}",
            item,
            violation.path if item.kind == "Dataplane" else "",
        )
    mesh = resources.meshes.get(as_str(data.get("mesh")))
    if mesh is not None:
        for violation in violates_constraints(data, mesh.data):
            yield error(CONSTRAINT, f"{violation.path}: {violation.message}", item)


def _name_of(data: Mapping[str, Any]) -> str:
    return as_str(as_map(data.get("metadata")).get("name"))


def _written_by_hand(resources: Resources, setup: MeshSetup) -> Iterator[Result]:
    """The Dataplanes of the package; the webhook looks at them, and at their Mesh."""
    for item in resources.of_kind("Dataplane"):
        if item.group != "kuma.io":
            continue
        yield from _refusals(item.data, item, resources, setup)
        mesh = as_str(item.data.get("mesh"))
        if mesh and mesh_is_missing(mesh, resources, setup):
            yield error(
                MESH_NOT_FOUND,
                f'meshes.kuma.io "{mesh}" not found: it is neither in the package nor in spec.meshes; add the Mesh, '
                "or name another",
                item,
                "mesh",
                mesh,
            )
