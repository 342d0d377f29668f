"""Which policies hold for a route: those of its rule, its own, those of its Gateways or of their listeners.

A policy names what it is for, with a section (``sectionName``: one rule of a route, one listener of a Gateway) or
without; or it selects that by labels (``targetSelectors``). The narrowest decides. What a silent one means has changed:
Envoy Gateway 1.8 asks the next wider one then, 1.9 does so only for a policy that is merged with its Gateway's, and
never goes from a rule's to the route's. Here something counts only where both agree.
https://github.com/envoyproxy/gateway/blob/main/internal/gatewayapi/policyindex.go
"""

from __future__ import annotations

from krm_fn.gateways.classes import GATEWAY_GROUP
from krm_fn.gateways.references import concrete_steps, value_at
from krm_fn.krm.fields import as_list, as_map, as_str, dig, string_map
from krm_fn.krm.target import selector_from_object
from krm_fn.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from krm_fn.gateways.product import Switch
    from krm_fn.gateways.routes import Backend
    from krm_fn.krm.resource import Item
    from krm_fn.krm.resources import Resources
    from krm_fn.krm.target import Selector

    Named = dict[tuple[str, str, str, str], list["Attached"]]
    ByLabel = dict[tuple[str, str], list[tuple[int, "Selecting"]]]

RULE = "rule"
ROUTE = "route"
GATEWAY = "gateway"
LEVELS = (RULE, ROUTE, GATEWAY)
"""What a policy may be for, the narrowest first: a rule, a route, a Gateway or one of its listeners."""

SAME = "Same"


class Attached(Record):
    """A policy that holds for an object, or for one section of it.

    ``by_labels`` tells that it has found the object by its labels, ``perhaps`` that it is so only if its namespace may
    do that, which the package does not tell.
    """

    policy: Item
    section: str = ""
    by_labels: bool = False
    perhaps: bool = False


class Policies(Record):
    """What is attached to a reference of a route: what holds for it, by level, and what may hold for a part or at all.

    ``levels`` are those with a policy, the narrowest first. ``doubtful`` are policies of listeners that may not be the
    only ones of the route, of one Gateway where the route has others, and of other namespaces.
    """

    levels: tuple[tuple[str, tuple[Attached, ...]], ...] = ()
    doubtful: tuple[Attached, ...] = ()

    @property
    def everything(self) -> tuple[Attached, ...]:
        """All that holds for the reference at some level, or may do so."""
        return (*(each for _, attached in self.levels for each in attached), *self.doubtful)

    @property
    def is_own(self) -> bool:
        """Whether the rule or the route has a policy of its own, or may have: a further one would clash with it."""
        return any(level in (RULE, ROUTE) for level, _ in self.levels) or any(each.perhaps for each in self.doubtful)


def policies_of(switch: Switch, backend: Backend, gateways: Sequence[Item], resources: Resources) -> Policies:
    """The policies with a setting that concern one reference of a route."""
    item, rule = backend.item, _rule_name(backend)
    own = _attached(switch, item, resources)
    doubtful = [each for each in own if each.perhaps]
    parents = []
    for gateway in gateways:
        listener = _only_listener(gateway, backend)
        found = [each for each in _attached(switch, gateway, resources) if not each.perhaps]
        doubtful += [each for each in found if each.section and not listener]
        parents.append(_of_gateway(switch, found, listener))
    of_gateways = [each for parent in parents for each in parent]
    if not all(parents) or len({_speaks(switch, parent) for parent in parents}) > 1:
        doubtful, of_gateways = doubtful + of_gateways, []
    by_level = {
        RULE: [each for each in own if each.section and each.section == rule],
        ROUTE: [each for each in own if not each.section and not each.perhaps],
        GATEWAY: of_gateways,
    }
    return Policies(tuple((level, tuple(found)) for level, found in by_level.items() if found), tuple(doubtful))


def _of_gateway(switch: Switch, attached: Sequence[Attached], listener: str) -> list[Attached]:
    """The policies of a Gateway for a route that comes by one listener: those of the listener if they say anything."""
    narrow = [each for each in attached if each.section and each.section == listener]
    wide = [each for each in attached if not each.section]
    return narrow if narrow and (not wide or _speaks(switch, narrow)) else wide


def _said(switch: Switch, attached: Sequence[Attached]) -> list[object]:
    """What policies say, of those that say anything."""
    path = tuple(switch.key.split("."))
    return [value for value in (value_at(each.policy.data, path) for each in attached) if value is not None]


def _speaks(switch: Switch, attached: Sequence[Attached]) -> bool:
    return bool(_said(switch, attached))


def deciding(switch: Switch, policies: Policies) -> tuple[Attached, ...]:
    """The policies that count: those that speak, unless a narrower silent one may hide them; else the narrowest."""
    hidden: set[str] = set()
    for level, attached in policies.levels:
        said = _said(switch, attached)
        if said and (level not in hidden or any(value != switch.value for value in said)):
            return attached
        if said:
            break
        if level == RULE:
            hidden.add(ROUTE)
        if level in (RULE, ROUTE) and not all(_is_merged(switch, each.policy) for each in attached):
            hidden.add(GATEWAY)
    return policies.levels[0][1] if policies.levels else ()


def _is_merged(switch: Switch, policy: Item) -> bool:
    return dig(policy.data, "spec", switch.merged_by[0]) is not None


def _rule_name(backend: Backend) -> str:
    """The name of the rule that a reference stands in."""
    steps = concrete_steps(backend.path)
    return as_str(value_at(backend.item.data, (*steps[:3], "name"))) if steps[:2] == ("spec", "rules") else ""


def _only_listener(gateway: Item, backend: Backend) -> str:
    """The listener by which alone a route is attached to a Gateway, empty if that may be several."""
    names = {as_str(dig(ref, "sectionName")) for ref in _parents(gateway, backend.item)}
    if len(names) == 1 and "" not in names:
        return names.pop()
    listeners = as_list(dig(gateway.data, "spec", "listeners"))
    return as_str(dig(listeners[0], "name")) if len(listeners) == 1 else ""


def _parents(gateway: Item, route: Item) -> Iterator[dict[str, Any]]:
    for entry in as_list(dig(route.data, "spec", "parentRefs")):
        ref = as_map(entry)
        if ref.get("name") == gateway.name and (ref.get("namespace") or route.namespace) == gateway.namespace:
            yield ref


# --- From objects to policies -----------------------------------------------------------------------------------------
class Selecting(Record):
    """A policy that selects what it is for by labels: its selector as it stands, and read."""

    policy: Item
    target: dict[str, Any]
    selector: Selector


def _attached(switch: Switch, item: Item, resources: Resources) -> list[Attached]:
    named, selecting = _targets(switch, resources)
    found = list(named.get((item.group, item.kind, item.namespace, item.name), ()))
    candidates = [each for pair in (ANY_LABELS, *item.labels.items()) for each in selecting.get(pair, ())]
    for _, each in sorted(candidates, key=lambda candidate: candidate[0]):
        if not any(one.policy is each.policy and not one.section for one in found):
            attached = _selected(each, item)
            found += [attached] if attached else []
    return found


def _selected(each: Selecting, item: Item) -> Attached | None:
    """What selects an object by its labels; one without a group means the Gateway API's."""
    policy, target = each.policy, each.target
    if target.get("kind") != item.kind or target.get("group", GATEWAY_GROUP) != item.group:
        return None
    if not each.selector.matches(item.labels):
        return None
    where = as_str(dig(target, "namespaces", "from")) or SAME
    here = policy.namespace == item.namespace
    if where == SAME:
        return Attached(policy, by_labels=True) if here else None
    return Attached(policy, by_labels=True, perhaps=not here or where != "All")


ANY_LABELS = ("", "")
"""Where policies stand whose selectors name no label with its value."""


def _targets(switch: Switch, resources: Resources) -> tuple[Named, ByLabel]:
    """The policies by what they name, and those that select by the first label that they want, in their order."""

    def build() -> tuple[Named, ByLabel]:
        named: Named = {}
        selecting: ByLabel = {}
        for number, policy in enumerate(resources.of_kind(switch.object)):
            if policy.group != switch.group:
                continue
            spec = as_map(policy.data.get("spec"))
            for ref in [spec.get("targetRef"), *as_list(spec.get("targetRefs"))]:
                group, kind, name, section = (as_str(dig(ref, f)) for f in ("group", "kind", "name", "sectionName"))
                if name:
                    named.setdefault((group, kind, policy.namespace, name), []).append(Attached(policy, section))
            for target in map(as_map, as_list(spec.get("targetSelectors"))):
                first = next(iter(string_map(target.get("matchLabels")).items()), ANY_LABELS)
                each = Selecting(policy, target, selector_from_object(target))
                selecting.setdefault(first, []).append((number, each))
        return named, selecting

    return resources.memo(("targets", switch.object), build)
