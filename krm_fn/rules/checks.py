"""What Kuma or Kubernetes would reject, or what would not work, in the package as the rules before left it.

One table, CHECKS, of small generators; each looks at one thing. Denials are Kuma's own texts where it has one, because
that is what people search for. Every workload's decision is reported here too, at level info.
"""

from __future__ import annotations

from krm_fn.krm.fields import as_map, dig, type_of
from krm_fn.krm.outcome import INFO, error, field_path, info, warning
from krm_fn.kuma import names
from krm_fn.kuma.injection import INVALID_LABEL, WEBHOOK_VALUE_NOT_MATCHED
from krm_fn.rules.check_gateways import GATEWAY_CHECKS, SWITCH_WORDS
from krm_fn.rules.check_injector import INJECTOR_CHECKS
from krm_fn.rules.check_namespaces import NAMESPACE_CHECKS, annotation_without_effect
from krm_fn.rules.check_pods import POD_CHECKS
from krm_fn.rules.check_policies import POLICY_CHECKS
from krm_fn.rules.check_routes import ROUTE_CHECKS
from krm_fn.rules.check_services import SERVICE_CHECKS
from krm_fn.rules.membership import Member, members
from krm_fn.rules.wording import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from krm_fn.config.meshsetup import MeshSetup
    from krm_fn.krm.outcome import Path, Result
    from krm_fn.krm.resource import Item
    from krm_fn.krm.resources import Resources

    Check = Callable[[Resources, MeshSetup], Iterator[Result]]

NOT_A_STRING = "not-a-string"
INJECTION_ON_WORKLOAD = "injection-on-workload"
MESH_ON_WORKLOAD = "mesh-on-workload"
CLUSTER_SCOPED_NAMESPACE = "cluster-scoped-with-namespace"
DUPLICATE_RESOURCE = "duplicate-resource"
CONTAINER_PATCH_MISPLACED = "container-patch-misplaced"


def checks(resources: Resources, setup: MeshSetup) -> Iterator[Result]:
    """Run every check."""
    for check in CHECKS:
        yield from check(resources, setup)


def _pods(resources: Resources, setup: MeshSetup) -> Iterator[Result]:
    """The decision on each workload, and all that its pods meet."""
    every = (*INJECTOR_CHECKS, *POD_CHECKS)
    everything = setup.results_level == INFO
    for member in members(resources, setup).values():
        if everything or member.decision.severity != INFO:
            yield from _decision(member)
        for check in every:
            yield from check(member, resources, setup)


def _decision(member: Member) -> Iterator[Result]:
    """The decision, as a result of its own code: an error or warning where it is one, else for those who ask.

    A wrong label of the Namespace is told once, of the Namespace (``krm_fn.rules.check_namespaces``).
    """
    decision, template, item = member.decision, member.workload.template, member.workload.item
    label = field_path(*template.path, "metadata", "labels", names.SIDECAR_INJECTION)
    current = template.labels.get(names.SIDECAR_INJECTION)
    if decision.code == INVALID_LABEL.code:
        if current is not None:
            advice = f"{decision.message}: the label must be one of {', '.join(names.SWITCH_VALUES)}"
            yield error(decision.code, advice, item, label, current, names.ENABLED)
    elif decision.severity == "warning":
        proposed = names.ENABLED if decision.code == WEBHOOK_VALUE_NOT_MATCHED.code else None
        field = label if current or proposed else ""
        yield warning(decision.code, decision.message, item, field, current, proposed)
    else:
        source = member.mesh.source if member.mesh.explicit else "nobody names one"
        where = f" Mesh: {member.mesh.name} ({source})." if member.in_mesh else ""
        yield info(decision.code, decision.message + where, item)


def _labels_in_the_wrong_place(resources: Resources, setup: MeshSetup) -> Iterator[Result]:
    """Injection and mesh where nobody reads them: as an annotation, or on a workload instead of its template."""
    for member in members(resources, setup).values():
        item, template = member.workload.item, member.workload.template
        labelled = names.SIDECAR_INJECTION in template.labels
        if not labelled and names.SIDECAR_INJECTION in template.annotations:
            yield annotation_without_effect(item, template.path, template.annotations[names.SIDECAR_INJECTION])
        for path in _above(template.path):
            labels = as_map(dig(item.data, *path, "metadata", "labels"))
            own = labels.get(names.SIDECAR_INJECTION)
            if isinstance(own, str) and not labelled:
                yield _without_effect(INJECTION_ON_WORKLOAD, item, path, template.path, names.SIDECAR_INJECTION, own)
            mesh = labels.get(names.KUMA_MESH)
            if isinstance(mesh, str) and member.in_mesh and mesh != member.mesh.name:
                yield _without_effect(MESH_ON_WORKLOAD, item, path, template.path, names.KUMA_MESH, mesh)


def _above(path: Path) -> tuple[tuple[str, ...], ...]:
    """Where else metadata may stand above the pod template at a path: at the top, and in a CronJob's Job template."""
    if not path:
        return ()
    steps = tuple(str(step) for step in path)
    return ((), *(steps[:end] for end in range(1, len(steps)) if steps[end - 1].endswith("Template")))


def _without_effect(code: str, item: Item, path: Path, template: Path, key: str, value: str) -> Result:
    return warning(
        code,
        f"this label has no effect: Kuma reads the pods' labels; put it on the pod template, "
        f"{field_path(*template, 'metadata', 'labels', key)}: {value}",
        item,
        field_path(*path, "metadata", "labels", key),
        value,
    )


# --- Any item ---------------------------------------------------------------------------------------------------------


def _strings(resources: Resources, setup: MeshSetup) -> Iterator[Result]:
    """Labels and annotations that Kuma or a gateway reads and that are no strings: the API server refuses them."""
    templates = {workload.item.place: workload.template for workload in resources.workloads}
    for item in resources.items:
        yield from _string_values(item, (), item.metadata)
        template = templates.get(item.place)
        if template is not None and template.path:
            yield from _string_values(item, template.path, template.metadata)


def _string_values(item: Item, path: Path, metadata: dict[str, Any]) -> Iterator[Result]:
    for part in ("labels", "annotations"):
        values = metadata.get(part)
        if not isinstance(values, dict):
            continue
        for key, value in values.items():
            if isinstance(value, str) or value is None or not isinstance(key, str):
                continue
            if "kuma.io/" in key or any(word in key for word in SWITCH_WORDS):
                yield _not_a_string(item, (*path, "metadata", part, key), value)


def _not_a_string(item: Item, path: Path, value: object) -> Result:
    nested = isinstance(value, dict | list)
    return error(
        NOT_A_STRING,
        f"the value is a {type_of(value)}, but Kubernetes takes strings only and refuses the object: "
        f"{'write a string' if nested else 'quote it'}",
        item,
        field_path(*path),
        value,
        None if nested else shown(value),
    )


def _cluster_scoped(resources: Resources, setup: MeshSetup) -> Iterator[Result]:
    """kustomize knows no Kuma kind, so its `namespace:` and `namePrefix:` hit cluster-scoped ones too."""
    for item in resources.items:
        if item.group == "kuma.io" and not item.namespace and item.metadata.get("namespace"):
            yield warning(
                CLUSTER_SCOPED_NAMESPACE,
                f"a {item.kind} has no namespace; if kustomize's `namespace:` wrote it, a `namePrefix:` has changed "
                "the name too, "
                "while labels that name the mesh keep the old one: take it out of that kustomization",
                item,
                "metadata.namespace",
                item.metadata["namespace"],
            )


def _duplicates(resources: Resources, setup: MeshSetup) -> Iterator[Result]:
    seen = resources.by_key
    for item in resources.items:
        first = seen[item.key]
        if first is not item and item.name and item.kind:
            place = f" ({first.file})" if first.file else ""
            yield warning(
                DUPLICATE_RESOURCE,
                f"an earlier item of the package{place} has the same kind, namespace and name: the one applied last "
                "wins",
                item,
                "metadata.name",
                item.name,
            )


def _container_patches(resources: Resources, setup: MeshSetup) -> Iterator[Result]:
    system = setup.control_plane.system_namespace
    for item in resources.of_kind("ContainerPatch"):
        if item.group == "kuma.io" and item.namespace != system:
            yield error(
                CONTAINER_PATCH_MISPLACED,
                f"ContainerPatch can only be placed in {system} namespace. "
                "It can be however referenced by pods in all namespaces",
                item,
                "metadata.namespace",
                item.metadata.get("namespace"),
                system,
            )


CHECKS: tuple[Check, ...] = (
    _pods,
    _labels_in_the_wrong_place,
    *NAMESPACE_CHECKS,
    *SERVICE_CHECKS,
    *GATEWAY_CHECKS,
    *POLICY_CHECKS,
    *ROUTE_CHECKS,
    _strings,
    _cluster_scoped,
    _duplicates,
    _container_patches,
)
