"""Injection labels of pods that an operator makes: written into the resource that it copies pod labels from.

Kuma reads injection from labels only; a resource that passes nothing but annotations on cannot carry it, and then the
Namespace of the pods decides.
"""

from __future__ import annotations

from krm_fn.gateways.catalog import products_by_id
from krm_fn.krm.fields import as_map, dig
from krm_fn.krm.outcome import field_path, info, warning
from krm_fn.kuma import names
from krm_fn.rules.custom_members import is_known, members_of
from krm_fn.rules.custom_writing import write
from krm_fn.rules.injection import is_to_be_set, manifest_wins, says_the_same, wanted_labels
from krm_fn.rules.membership import version_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from krm_fn.config.meshsetup import InjectionRule, MeshSetup
    from krm_fn.krm.outcome import Edit, Path, Result
    from krm_fn.krm.resources import Resources
    from krm_fn.rules.custom_pods import Pods

NO_POD_LABELS = "operator-pods-without-labels"
ELSEWHERE = "operator-pods-elsewhere"


def label(
    pods: Pods, rule: InjectionRule, number: int, resources: Resources, setup: MeshSetup
) -> Iterator[Edit | Result]:
    """Write the labels that a rule asks for, or say why not."""
    if not pods.row.labels:
        yield from _without_labels(pods, rule, number, resources, setup)
        return
    there = as_map(dig(pods.data, *pods.row.labels))
    changes: list[tuple[Path, str]] = []
    for key, value in wanted_labels(rule).items():
        path = (*pods.row.labels, key)
        if is_to_be_set(there.get(key), value, setup.injection.override):
            changes.append((path, value))
        elif not says_the_same(there[key], value):
            yield manifest_wins(pods.item, path, number, there[key], value)
    if changes:
        yield from write(pods, changes)
    if rule.inject and setup.injection.mode == "webhook" and version_of(setup).webhook_needs_namespace_label:
        yield from _out_of_sight(pods, resources, setup)


def _out_of_sight(pods: Pods, resources: Resources, setup: MeshSetup) -> Iterator[Result]:
    """The label of the pods counts only in a Namespace that the webhook sees, which may be out of sight here."""
    found = members_of(pods, resources, setup)
    unknown = list(dict.fromkeys(member.home.namespace for member in found if not is_known(member, setup)))
    if found and not unknown:
        return
    where = f"in {', '.join(unknown)}, which is" if unknown else "in a Namespace that is"
    yield (warning if unknown else info)(
        ELSEWHERE,
        f"a rule injects the pods that {products_by_id()[pods.product].name} makes of it, {where} neither in the "
        f"package nor declared: the webhook sees them only if that Namespace carries the label "
        f"{names.SIDECAR_INJECTION} (any value, {names.DISABLED} is enough). Label it, and declare it in "
        "spec.namespaces",
        pods.item,
        pods.place_of(*pods.row.labels, names.SIDECAR_INJECTION),
    )


def homes_of_joined(pods: Pods, resources: Resources, setup: MeshSetup) -> list[str]:
    """The Namespaces in which the pods of a resource get a sidecar by their own label."""
    said = pods.labels.get(names.SIDECAR_INJECTION)
    asked = setup.injection.override or said is None or names.SWITCH_VALUES.get(said, False)
    if not pods.row.labels or not asked:
        return []
    return [member.home.namespace for member in members_of(pods, resources, setup)]


def _without_labels(
    pods: Pods, rule: InjectionRule, number: int, resources: Resources, setup: MeshSetup
) -> Iterator[Result]:
    """Say what to do instead, unless the Namespace of the pods does it already."""
    found = members_of(pods, resources, setup)
    joins = all(rule.inject in (None, member.in_mesh) for member in found)
    if found and joins and all(rule.mesh in (None, member.mesh.name) for member in found):
        return
    wanted = ", ".join(f"{key}: {value}" for key, value in wanted_labels(rule).items())
    spaces = ", ".join(dict.fromkeys(member.home.namespace for member in found))
    yield warning(
        NO_POD_LABELS,
        f"rule {number} asks for labels of the pods that {products_by_id()[pods.product].name} makes of it ({wanted}), "
        f"but a {pods.item.kind} passes annotations on and no labels, and Kuma does not read injection from "
        f"annotations: label the Namespace of the pods{f' ({spaces})' if spaces else ''} instead",
        pods.item,
        field_path(*pods.row.annotations),
    )
