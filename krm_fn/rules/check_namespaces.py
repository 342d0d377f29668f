"""Namespaces: those that nobody knows, and labels and annotations that do not do what they seem to."""

from __future__ import annotations

from krm_fn.krm.outcome import error, field_path, warning
from krm_fn.kuma import names
from krm_fn.kuma.injection import BY_POD_LABEL, INVALID_LABEL
from krm_fn.rules.check_pods import DECLARATIONS, mesh_annotations_of_namespaces
from krm_fn.rules.membership import is_labelled, is_outside_webhook, members

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from krm_fn.config.meshsetup import MeshSetup
    from krm_fn.krm.outcome import Path, Result
    from krm_fn.krm.resource import Item, Namespace
    from krm_fn.krm.resources import Resources

    Check = Callable[[Resources, MeshSetup], Iterator[Result]]

UNKNOWN_NAMESPACE = "unknown-namespace"
INJECTION_AS_ANNOTATION = "injection-as-annotation"
SYSTEM_NAMESPACE_INJECTED = "system-namespace-injected"


def _unknown(resources: Resources, setup: MeshSetup) -> Iterator[Result]:
    """One warning for each namespace that holds workloads or Services and that nobody declares.

    Of those that the webhook leaves out in any case there is nothing to know.
    """
    known = resources.namespaces
    found: dict[str, Item] = {}
    for item in (*(workload.item for workload in resources.workloads), *resources.services):
        if item.namespace not in known:
            found.setdefault(item.namespace, item)
    asking = _asked_for_by_pods(resources, setup) if found else set()
    for name, first in found.items():
        if not is_outside_webhook(name, setup):
            yield _unknown_namespace(name, first, name in asking)


def _asked_for_by_pods(resources: Resources, setup: MeshSetup) -> set[str]:
    """The namespaces in which the label of a pod asks for a sidecar."""
    everyone = members(resources, setup).values()
    return {m.workload.item.namespace for m in everyone if m.decision.code == BY_POD_LABEL.code}


def _unknown_namespace(name: str, first: Item, asked_for: bool) -> Result:
    example = names.DISABLED if asked_for else names.ENABLED
    why = (
        f"pods in it ask for a sidecar, and the webhook sees them only if the Namespace carries the label "
        f"{names.SIDECAR_INJECTION} (any value, {names.DISABLED} is enough)"
        if asked_for
        else "it counts as not labelled for injection"
    )
    return warning(
        UNKNOWN_NAMESPACE,
        f"the Namespace {name} is neither in the package nor declared: {why}. Put it into the package, or declare "
        f"it as it is on the cluster, for example spec.namespaces: [{{name: {name}, "
        f"labels: {{{names.SIDECAR_INJECTION}: {example}}}}}]",
        first,
        "metadata.namespace",
        name,
    )


def _labels(resources: Resources, setup: MeshSetup) -> Iterator[Result]:
    """Values of the injection label, and the key where nobody reads it."""
    for namespace in resources.namespaces.values():
        value = namespace.labels.get(names.SIDECAR_INJECTION)
        if value is not None and value not in names.SWITCH_VALUES:
            yield _invalid(namespace, value)
        if value is None and names.SIDECAR_INJECTION in namespace.annotations:
            yield annotation_without_effect(namespace.item, (), namespace.annotations[names.SIDECAR_INJECTION])
        if namespace.name == setup.control_plane.system_namespace and is_labelled(namespace):
            yield warning(
                SYSTEM_NAMESPACE_INJECTED,
                f"{namespace.name} is the control plane's own Namespace; Kuma's chart wants injection off in it",
                namespace.item,
                field_path("metadata", "labels", names.SIDECAR_INJECTION) if namespace.item else DECLARATIONS,
                value,
                names.DISABLED,
            )


def _invalid(namespace: Namespace, value: str) -> Result:
    return error(
        INVALID_LABEL.code,
        f'annotation "{names.SIDECAR_INJECTION}" has wrong value "{value}" (the label of the Namespace '
        f"{namespace.name}): Kuma refuses every pod in it that has no label of its own, and fails on its Services; the "
        f"label must be one of {', '.join(names.SWITCH_VALUES)}",
        namespace.item,
        field_path("metadata", "labels", names.SIDECAR_INJECTION) if namespace.item else DECLARATIONS,
        value,
        names.ENABLED,
    )


def annotation_without_effect(item: Item | None, path: Path, value: str) -> Result:
    """The injection key as an annotation of a pod template or, without a path, of a Namespace or Pod."""
    return warning(
        INJECTION_AS_ANNOTATION,
        f"Kuma does not read {names.SIDECAR_INJECTION} as an annotation any more: make it the label "
        f"{field_path(*path, 'metadata', 'labels', names.SIDECAR_INJECTION)}: {value}",
        item,
        field_path(*path, "metadata", "annotations", names.SIDECAR_INJECTION) if item else DECLARATIONS,
        value,
        {names.SIDECAR_INJECTION: value},
    )


NAMESPACE_CHECKS: tuple[Check, ...] = (_unknown, _labels, mesh_annotations_of_namespaces)
