"""Injection labels: what the rules of the functionConfig ask for, written where Kuma reads it.

A rule for a Namespace labels the Namespace; a rule for a workload labels its pod template, never the workload itself
and never a selector. In webhook mode a Namespace must carry the label too, with any value, for its pods to be seen by
Kuma's webhook (chart of Kuma 2.11 and later), so one in the package gets ``disabled``, which changes nothing else.
"""

from __future__ import annotations

from krm_fn.krm.fields import as_map
from krm_fn.krm.outcome import Edit, field_path, info, warning
from krm_fn.kuma import names
from krm_fn.rules.custom_kinds import CUSTOM_KINDS, custom_pods
from krm_fn.rules.editing import set_text
from krm_fn.rules.membership import is_outside_webhook, version_of
from krm_fn.rules.wording import shown, target_words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from krm_fn.config.meshsetup import InjectionRule, MeshSetup
    from krm_fn.krm.outcome import Path, Result
    from krm_fn.krm.resource import Item, Namespace, Workload
    from krm_fn.krm.resources import Resources

RULE_MATCHES_NOTHING = "rule-matches-nothing"
RULES_WITHOUT_INJECTION = "rules-without-injection"
MANIFEST_WINS = "manifest-wins-over-rule"
NAMESPACE_OUTSIDE = "namespace-outside-package"

WORDS = {True: names.ENABLED, False: names.DISABLED}


def injection(resources: Resources, setup: MeshSetup) -> Iterator[Edit | Result]:
    """Carry out ``spec.injection.rules``; the first rule that matches a Namespace or workload wins."""
    rules = setup.injection.rules
    if not rules:
        return
    if setup.injection.mode == "none":
        yield warning(
            RULES_WITHOUT_INJECTION,
            "the rules have no effect, because spec.injection.mode is none: take them out, or use mode webhook",
            field="functionConfig.spec.injection.rules",
        )
        return
    used: set[int] = set()
    labelled: set[str] = set()
    joined: dict[str, Item] = {}
    for item in resources.of_kind("Namespace"):
        number, rule = first_match(rules, item, "")
        if rule is not None and item.group == "":
            used.add(number)
            if rule.inject is not None:
                labelled.add(item.name)
            yield from _labels(item, (), rule, number, setup.injection.override)
    for workload in resources.workloads:
        number, rule = first_match(rules, workload.item, workload.item.namespace)
        if rule is not None:
            used.add(number)
            yield from _labels(workload.item, workload.template.path, rule, number, setup.injection.override)
            if rule.inject and _is_asked_for(workload, setup.injection.override):
                joined.setdefault(workload.item.namespace, workload.item)
    for pods in custom_pods(resources):
        number, rule = first_match(rules, pods.item, pods.item.namespace)
        if rule is not None:
            from krm_fn.rules.custom_injection import homes_of_joined, label

            used.add(number)
            said = list(label(pods, rule, number, resources, setup))
            yield from said
            if rule.inject and (names.SIDECAR_INJECTION in pods.labels or any(isinstance(one, Edit) for one in said)):
                for home in homes_of_joined(pods, resources, setup):
                    joined.setdefault(home, pods.item)
    if setup.injection.mode == "webhook" and version_of(setup).webhook_needs_namespace_label:
        yield from _namespaces_of(joined, labelled, resources, setup)
    yield from _unused(rules, used, resources)


def first_match(rules: tuple[InjectionRule, ...], item: Item, namespace: str) -> tuple[int, InjectionRule | None]:
    """The first rule that matches an item, with its number; -1 and None where none does."""
    for number, rule in enumerate(rules):
        if rule.target.matches(item.api_version, item.kind, item.name, namespace, item.labels, item.annotations):
            return number, rule
    return -1, None


def _is_asked_for(workload: Workload, override: bool) -> bool:
    """Whether the label will say yes: what the manifest says wins, unless rules override it."""
    said = workload.template.labels.get(names.SIDECAR_INJECTION)
    return override or said is None or names.SWITCH_VALUES.get(said, False)


def _labels(item: Item, path: Path, rule: InjectionRule, number: int, override: bool) -> Iterator[Edit | Result]:
    """Set the labels that a rule asks for, or say why not."""
    metadata = item.metadata if not path else as_map(_at(item, path).get("metadata"))
    there = as_map(metadata.get("labels"))
    for key, value in wanted_labels(rule).items():
        steps = (*path, "metadata", "labels", key)
        if is_to_be_set(there.get(key), value, override):
            yield from set_text(item, steps, value)
        elif not says_the_same(there[key], value):
            yield manifest_wins(item, steps, number, there[key], value)


def wanted_labels(rule: InjectionRule) -> dict[str, str]:
    """The labels that a rule asks for."""
    wanted = {} if rule.inject is None else {names.SIDECAR_INJECTION: WORDS[rule.inject]}
    if rule.mesh:
        wanted[names.KUMA_MESH] = rule.mesh
    return wanted


def is_to_be_set(there: object, value: str, override: bool) -> bool:
    """Whether a rule may write a label: nothing is there, or rules win."""
    return there is None or (override and there != value)


def manifest_wins(item: Item, path: Path, number: int, there: object, value: str) -> Result:
    """Tell of a label that stays as its author wrote it."""
    return info(
        MANIFEST_WINS,
        f"rule {number} asks for {value}, the manifest says {shown(there)} and wins: "
        "change the manifest, or set spec.injection.override",
        item,
        field_path(*path),
        there,
        value,
    )


def says_the_same(there: object, wanted: str) -> bool:
    """Whether two labels mean the same: equal, or two spellings of one switch."""
    if there == wanted:
        return True
    switch = names.SWITCH_VALUES.get(wanted)
    return switch is not None and isinstance(there, str) and names.SWITCH_VALUES.get(there) is switch


def _at(item: Item, path: Path) -> dict[str, object]:
    data: object = item.data
    for step in path:
        data = as_map(data).get(step)
    return as_map(data)


def _namespaces_of(
    joined: dict[str, Item], labelled: set[str], resources: Resources, setup: MeshSetup
) -> Iterator[Edit | Result]:
    """Make the Namespaces of workloads that rules inject visible to the webhook.

    A Namespace that nobody knows gets one warning, from the checks; the webhook never sees some system Namespaces.
    """
    for name, first in joined.items():
        namespace = resources.namespaces.get(name)
        if namespace is None or name in labelled or is_outside_webhook(name, setup):
            continue
        if namespace.item is None:
            if names.SIDECAR_INJECTION not in namespace.labels:
                yield _outside(name, first, "this resource" if first.kind in CUSTOM_KINDS else "this workload")
        elif as_map(namespace.item.metadata.get("labels")).get(names.SIDECAR_INJECTION) is None:
            yield from set_text(namespace.item, ("metadata", "labels", names.SIDECAR_INJECTION), names.DISABLED)


def _outside(name: str, item: Item, what: str) -> Result:
    return warning(
        NAMESPACE_OUTSIDE,
        f"a rule injects {what}, but Kuma's webhook sees its pods only if the Namespace {name} carries the "
        f"label {names.SIDECAR_INJECTION} (any value, {names.DISABLED} is enough), and that Namespace is not in the "
        "package: put it in, or label it on the cluster and say so under "
        f"spec.namespaces: [{{name: {name}, labels: {{{names.SIDECAR_INJECTION}: {names.DISABLED}}}}}]",
        item,
        "metadata.namespace",
        name,
    )


def _unused(rules: tuple[InjectionRule, ...], used: set[int], resources: Resources) -> Iterator[Result]:
    for number, rule in enumerate(rules):
        if number in used:
            continue
        field = f"functionConfig.spec.injection.rules[{number}].target"
        declared = _declared(rule, resources)
        for namespace in declared:
            if not _says_so(namespace, rule):
                yield _unwritten(namespace, rule, field)
        if not declared:
            yield warning(
                RULE_MATCHES_NOTHING,
                "no Namespace or workload of the package matches the target, or an earlier rule matched first: "
                "check kind, name and namespace (anchored regular expressions), or put this rule before a wider one: "
                f"{target_words(rule.target)}",
                field=field,
            )


def _declared(rule: InjectionRule, resources: Resources) -> list[Namespace]:
    """The Namespaces outside of the package that the rule's target matches."""
    return [
        namespace
        for name, namespace in resources.namespaces.items()
        if namespace.item is None
        and rule.target.matches("v1", "Namespace", name, "", namespace.labels, namespace.annotations)
    ]


def _says_so(namespace: Namespace, rule: InjectionRule) -> bool:
    """Whether the declaration of a Namespace says already what the rule asks for."""
    switch = names.SWITCH_VALUES.get(namespace.labels.get(names.SIDECAR_INJECTION, ""))
    mesh = namespace.labels.get(names.KUMA_MESH)
    return (rule.inject is None or switch is rule.inject) and (rule.mesh is None or mesh == rule.mesh)


def _unwritten(namespace: Namespace, rule: InjectionRule, field: str) -> Result:
    """A rule for a Namespace that only spec.namespaces knows: there is nothing to write the label on."""
    labels = ", ".join(f"{key}: {value}" for key, value in wanted_labels(rule).items())
    return warning(
        NAMESPACE_OUTSIDE,
        f"the rule asks for labels of the Namespace {namespace.name}, which is declared in spec.namespaces but not in "
        f"the package, so nothing is written: label it on the cluster ({labels}) and say so in spec.namespaces, or "
        "put it into the package",
        field=field,
    )
