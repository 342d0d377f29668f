"""Which workloads are in a mesh, in which one, and why: asked by every rule after injection.

Mode `webhook` answers what the cluster would do: the injector's decision and the webhook's own selectors. Modes
`manual` and `none` answer with the injector's decision alone. The decisions themselves are Kuma's
(``krm_fn.kuma.injection``).
"""

from __future__ import annotations

from krm_fn.krm.fields import as_map, as_str, dig
from krm_fn.kuma import names
from krm_fn.kuma.controlplane import resolve
from krm_fn.kuma.injection import Decision, decide, has_sidecar, webhook_decision
from krm_fn.kuma.mesh import MeshChoice, mesh_of
from krm_fn.kuma.reading import KumaValueError
from krm_fn.kuma.services import ServiceIndex
from krm_fn.kuma.versions import VERSIONS
from krm_fn.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from krm_fn.config.meshsetup import MeshSetup
    from krm_fn.krm.outcome import Path
    from krm_fn.krm.resource import Item, Namespace, PodTemplate, Workload
    from krm_fn.krm.resources import Resources
    from krm_fn.kuma.controlplane import ControlPlaneConfig
    from krm_fn.kuma.services import ServiceView
    from krm_fn.kuma.versions import KumaVersion

CONFIG_MAP, CONFIG_FILE = "control-plane-config", "config.yaml"
NO_LABELS: dict[str, str] = {}
KUBE_SYSTEM = "kube-system"


class Member(Record):
    """A workload and its place in the mesh. `namespace` is None where nobody declares it.

    In manual mode `workload` is as its author wrote it: its template is without the sidecar, also where the item has
    it. `in_mesh`: its pods have a sidecar, or get one; `mesh` is the mesh they are in, or would be in.
    """

    workload: Workload
    namespace: Namespace | None
    decision: Decision
    mesh: MeshChoice
    in_mesh: bool


def version_of(setup: MeshSetup) -> KumaVersion:
    """The Kuma minor to reproduce."""
    return VERSIONS[setup.kuma_version]


def control_plane_of(resources: Resources, setup: MeshSetup) -> ControlPlaneConfig:
    """The control plane's configuration, defaults filled in; raises KumaValueError for a value Kuma would refuse."""
    return resources.memo(
        "control plane",
        lambda: resolve(_settings(resources, setup), version_of(setup).defaults, version_of(setup).unknown_settings),
        of_pods=True,
    )


def control_plane_config_map(resources: Resources, setup: MeshSetup) -> Item | None:
    """The ConfigMap of the package that holds the control plane's configuration, as Kuma's Helm chart names it."""
    system = setup.control_plane.system_namespace
    for item in resources.of_kind("ConfigMap"):
        named = item.group == "" and item.namespace == system and item.name.endswith(CONFIG_MAP)
        if named and dig(item.data, "data", CONFIG_FILE):
            return item
    return None


def _settings(resources: Resources, setup: MeshSetup) -> Mapping[str, Any]:
    """What the functionConfig says of the control plane's configuration, laid over the ConfigMap of the package."""
    item, given = control_plane_config_map(resources, setup), setup.control_plane.config
    if item is None:
        return given
    from krm_fn.yamltext.read import YamlError, read_value
    from krm_fn.yamltext.scalars import KYAML

    try:
        file = read_value(as_str(item.data["data"][CONFIG_FILE]), KYAML)
    except YamlError as wrong:
        raise KumaValueError(f"{item.words} cannot be read: {wrong.message}") from None
    return _merged(file, given) if isinstance(file, dict) else given


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Two configurations as one, mappings key by key; of settings in two spellings, those above come last and count.

    Case is left to the reader of the settings: it does not matter in their names, but in those of variables and labels.
    """
    result = dict(below)
    for key, value in above.items():
        there = result.pop(key, None)
        result[key] = _merged(there, value) if isinstance(there, dict) and isinstance(value, dict) else value
    return result


def members(resources: Resources, setup: MeshSetup) -> dict[tuple[int, Path], Member]:
    """Every workload's membership, by the place of its item."""

    def build() -> dict[tuple[int, Path], Member]:
        return {workload.item.place: _member(workload, resources, setup) for workload in resources.workloads}

    return resources.memo("members", build, of_pods=True)


def _member(workload: Workload, resources: Resources, setup: MeshSetup) -> Member:
    if setup.injection.mode == "manual":
        from krm_fn.rules.own_sidecars import before_injection

        workload = before_injection(workload, resources)
    template = workload.template
    namespace = resources.namespaces.get(workload.item.namespace)
    webhook = setup.injection.mode == "webhook"
    decision = decision_of(template.labels, template.spec, workload.item.namespace, webhook, resources, setup)
    if setup.injection.mode == "manual" and decision.injected:
        from krm_fn.kuma.uninjectable import uninjectable

        item = workload.item
        decision = uninjectable(None if template.path else item.data, template.spec, item.file) or decision
    mesh = mesh_in(namespace, template.labels, template.annotations, setup)
    return Member(workload, namespace, decision, mesh, decision.injected or _has_joined(template))


def mesh_in(
    namespace: Namespace | None, labels: Mapping[str, str], annotations: Mapping[str, str], setup: MeshSetup
) -> MeshChoice:
    """The mesh of pods with such labels and annotations; `namespace` is None where nobody declares it."""
    if namespace is None:
        return mesh_of(labels, annotations, NO_LABELS, NO_LABELS, setup.mesh)
    return mesh_of(labels, annotations, namespace.labels, namespace.annotations, setup.mesh)


def decision_of(
    labels: Mapping[str, str],
    spec: Mapping[str, Any],
    where: str,
    by_webhook: bool,
    resources: Resources,
    setup: MeshSetup,
) -> Decision:
    """What happens to pods in a Namespace, by their labels and spec: the webhook's answer, or the injector's alone.

    Of a Namespace that nobody declares, the injector's decision on the pods' own label.
    """
    exceptions = control_plane_of(resources, setup).injector.exceptions.labels
    namespace = resources.namespaces.get(where)
    around = namespace.labels if namespace else NO_LABELS
    if not by_webhook or (namespace is None and not is_outside_webhook(where, setup)):
        return decide(labels, spec, around, exceptions)
    system = setup.control_plane.system_namespace
    return webhook_decision(labels, spec, where, around, exceptions, system, version_of(setup))


def is_outside_webhook(namespace: str, setup: MeshSetup) -> bool:
    """Whether the webhook leaves the Namespace out, whatever labels it has (zone proxies excepted)."""
    return namespace in (KUBE_SYSTEM, setup.control_plane.system_namespace)


def is_undeclared(member: Member, setup: MeshSetup) -> bool:
    """Whether nobody declares the Namespace, which is a warning of its own: the pods may well be in a mesh."""
    return member.namespace is None and not is_outside_webhook(member.workload.item.namespace, setup)


def is_observed(item: Item) -> bool:
    """Whether the item is a Pod as a cluster reported it."""
    return item.kind == "Pod" and bool(as_map(item.data.get("status")))


def mesh_is_missing(name: str, resources: Resources, setup: MeshSetup) -> bool:
    """Whether a Mesh is known not to exist: where the functionConfig lists the meshes, the list is complete."""
    return setup.meshes is not None and name not in setup.meshes and name not in resources.meshes


def _has_joined(template: PodTemplate) -> bool:
    """Whether the pod carries a sidecar already, and the annotation by which the control plane knows it."""
    announced = names.SWITCH_VALUES.get(template.annotations.get(names.SIDECAR_INJECTED, ""), False)
    return announced and has_sidecar(template.spec)


def service_indexes(resources: Resources, setup: MeshSetup) -> dict[str, ServiceIndex]:
    """The Services of each namespace, as Kuma matches them to pods."""

    def build() -> dict[str, ServiceIndex]:
        ignored = control_plane_of(resources, setup).injector.ignored_service_selector_labels
        slices: dict[str, list[dict[str, Any]]] = {}
        for item in resources.of_kind("EndpointSlice"):
            slices.setdefault(item.namespace, []).append(item.data)
        return {
            namespace: ServiceIndex([service.data for service in services], slices.get(namespace, ()), ignored)
            for namespace, services in resources.services_by_namespace.items()
        }

    return resources.memo("service indexes", build)


def services_of(workload: Workload, resources: Resources, setup: MeshSetup) -> list[ServiceView]:
    """The Services that lead to the workload's pods, in Kuma's order."""
    index = service_indexes(resources, setup).get(workload.item.namespace)
    if index is None:
        return []
    uid = workload.item.metadata.get("uid")
    return index.of_pod(workload.template.labels, uid if isinstance(uid, str) else "")


def selected_by(resources: Resources, setup: MeshSetup) -> dict[tuple[str, str], list[Member]]:
    """The members that each Service (namespace, name) leads to; a Service that leads to none is not there."""

    def build() -> dict[tuple[str, str], list[Member]]:
        found: dict[tuple[str, str], list[Member]] = {}
        for member in members(resources, setup).values():
            for service in services_of(member.workload, resources, setup):
                found.setdefault((member.workload.item.namespace, service.name), []).append(member)
        return found

    return resources.memo("selected by", build)


def is_labelled(namespace: Namespace | None) -> bool:
    """Whether the Namespace's label switches injection on (a wrong value does not)."""
    return namespace is not None and names.SWITCH_VALUES.get(namespace.labels.get(names.SIDECAR_INJECTION, ""), False)


def is_delegated_gateway(template: PodTemplate) -> bool:
    """Whether the pods are marked as a delegated gateway."""
    return template.annotations.get(names.GATEWAY) == names.ENABLED
