"""What Kuma's webhook would make of the pods of a workload, or why it would refuse them.

A refused pod is not created, and the workload's controller tries again and again; in the repository nothing hints at
it. So every workload that is to be injected is run through the injector (``krm_fn.kuma.sidecar``) where anything about
it could be refused at all. The injected pod itself is not written anywhere.
"""

from __future__ import annotations

from krm_fn.krm.fields import as_list, as_map
from krm_fn.krm.resource import Workload
from krm_fn.kuma import names
from krm_fn.kuma.probes import PROBES, rewrite_probes
from krm_fn.kuma.reading import KumaValueError, read_list
from krm_fn.kuma.sidecar_annotations import injected_metadata
from krm_fn.record import Record
from krm_fn.rules.membership import control_plane_of, is_delegated_gateway, is_observed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from krm_fn.config.meshsetup import MeshSetup
    from krm_fn.krm.resources import Resources
    from krm_fn.kuma.controlplane import ControlPlaneConfig
    from krm_fn.rules.membership import Member

HARMLESS = frozenset({names.KUMA_MESH, names.SIDECAR_INJECTION})


class Pod(Record):
    """Labels, annotations and spec of the pods of a workload, as the control plane will meet them."""

    labels: dict[str, Any]
    annotations: dict[str, Any]
    spec: dict[str, Any]


def pod_of(member: Member, resources: Resources, setup: MeshSetup) -> Pod:
    """The pods as the webhook leaves them, if it injects them; else as they stand in the template.

    Of the containers that it adds there is a stub of the sidecar at most: nothing that is computed from a pod looks at
    more. Raises KumaValueError where the webhook refuses the pods.
    """
    template = member.workload.template
    if setup.injection.mode == "manual":  # `template` is without the sidecar, the item may have it
        template = Workload(member.workload.item, template.path).template
    if not (setup.injection.mode == "webhook" and member.decision.injected):
        return Pod(template.labels, template.annotations, template.spec)
    config = control_plane_of(resources, setup)
    labels, annotations = injected_metadata(
        template.labels,
        template.annotations,
        template.spec,
        member.mesh.name,
        config,
        transparent_proxy(resources, setup),
    )
    return Pod(labels, annotations, _with_probes(template.spec, annotations, config))


def _with_probes(spec: dict[str, Any], annotations: dict[str, Any], config: ControlPlaneConfig) -> dict[str, Any]:
    """The spec with the application's probes as the injector rewrites them, also of init containers behind it."""
    containers, init_containers = as_list(spec.get("containers")), as_list(spec.get("initContainers"))
    if not any(key in as_map(container) for container in (*containers, *init_containers) for key in PROBES):
        return spec
    sidecar = [{"name": names.SIDECAR_CONTAINER}] if config.experimental.sidecar_containers else []
    rewritten = {**spec, "containers": list(containers), "initContainers": [*sidecar, *init_containers]}
    rewrite_probes(rewritten, annotations)
    return rewritten


def to_be_injected(member: Member) -> bool:
    """Whether the pods still have the injector before them: not what a cluster has reported."""
    return member.decision.injected and not is_observed(member.workload.item)


def refusal(member: Member, resources: Resources, setup: MeshSetup) -> KumaValueError | None:
    """Why the webhook would refuse the pods of a workload that is to be injected; None if it would not.

    ContainerPatches that the package does not hold are taken to exist: see `missing_patches`.
    """
    if not to_be_injected(member):
        return None
    config = control_plane_of(resources, setup)
    try:
        if not needs_a_look(member, config):
            if not lacks_config_map(resources, setup):
                transparent_proxy(resources, setup)  # one that cannot be read refuses every pod
            if not is_delegated_gateway(member.workload.template):
                _with_probes(member.workload.template.spec, _usual_annotations(config), config)
        elif not lacks_config_map(resources, setup):
            _inject(member, config, resources, setup)
    except KumaValueError as refused:
        return refused
    return None


def needs_a_look(member: Member, config: ControlPlaneConfig) -> bool:
    """Whether the pods say anything, apart from their probes, that the injector could refuse."""
    if config.injector.container_patches:
        return True
    return any(
        "kuma.io/" in key and key not in HARMLESS and (key, value) != (names.GATEWAY, names.ENABLED)
        for key, value in member.workload.template.annotations.items()
    )


def _usual_annotations(config: ControlPlaneConfig) -> dict[str, str]:
    """What decides about probes where a pod says nothing itself."""
    injector = config.injector
    return {
        names.APPLICATION_PROBE_PROXY_PORT: str(injector.application_probe_proxy_port),
        names.VIRTUAL_PROBES: names.ENABLED if injector.virtual_probes_enabled else names.DISABLED,
        names.VIRTUAL_PROBES_PORT: str(injector.virtual_probes_port),
    }


def _inject(member: Member, config: ControlPlaneConfig, resources: Resources, setup: MeshSetup) -> None:
    # Rarely needed, and it brings the whole sidecar along.
    from krm_fn.kuma.sidecar import inject
    from krm_fn.kuma.sidecar_environment import ControlPlane

    template = member.workload.template
    patches: dict[str, dict[str, Any]] = {name: {} for name in patches_of(member, config)}
    inject(
        template.labels,
        template.annotations,
        template.spec,
        member.mesh.name,
        config,
        ControlPlane(setup.control_plane.address),
        patches | container_patches(resources, setup),
        transparent_proxy(resources, setup),
    )


# --- What the injector reads besides the pod --------------------------------------------------------------------------
def patches_of(member: Member, config: ControlPlaneConfig) -> list[str]:
    """The names of the ContainerPatches that apply to a workload's pods."""
    return [
        *config.injector.container_patches,
        *read_list(member.workload.template.annotations, names.CONTAINER_PATCHES),
    ]


def container_patches(resources: Resources, setup: MeshSetup) -> dict[str, dict[str, Any]]:
    """The specs of the ContainerPatches in the system namespace, by name."""

    def build() -> dict[str, dict[str, Any]]:
        system = setup.control_plane.system_namespace
        patches = (item for item in resources.of_kind("ContainerPatch") if item.group == "kuma.io")
        return {item.name: item.spec for item in patches if item.namespace == system}

    return resources.memo("container patches", build)


def lacks_config_map(resources: Resources, setup: MeshSetup) -> bool:
    """Whether the transparent proxy is configured by a ConfigMap that lives outside of the package."""
    name = control_plane_of(resources, setup).injector.transparent_proxy_config_map
    return bool(name) and ("", "ConfigMap", setup.control_plane.system_namespace, name) not in resources.by_key


def transparent_proxy(resources: Resources, setup: MeshSetup) -> dict[str, Any] | None:
    """The transparent proxy's configuration, where the control plane takes it from a ConfigMap; may raise."""
    name = control_plane_of(resources, setup).injector.transparent_proxy_config_map
    if not name:
        return None

    def build() -> dict[str, Any]:
        # Rare, and it brings a YAML reader of its own.
        from krm_fn.kuma.transparent_proxy_config import parse_config_map

        item = resources.by_key.get(("", "ConfigMap", setup.control_plane.system_namespace, name))
        return parse_config_map(name, None if item is None else item.data)

    return resources.memo("transparent proxy", build)
