"""Objects between a route and a Service, such as a TraefikService: which routes lead through them, which are missing.

What a gateway product writes is a route, a chain of such objects, and a Service at the end. The object that holds the
reference to the Service is where settings go (`krm_fn.gateways.routes` walks it like a route); here is found how
traffic comes to it. A route may lead to one object by several ways: the shortest counts. Objects may refer to each
other in a circle, and a thousand routes may share one object, so that no more than WAYS are kept for each.
"""

from __future__ import annotations

from krm_fn.gateways.product import BackendPath, RouteKind
from krm_fn.gateways.references import references, walk
from krm_fn.krm.fields import as_list, as_map
from krm_fn.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from krm_fn.krm.outcome import Path
    from krm_fn.krm.resource import Item
    from krm_fn.krm.resources import Resources

    Place = tuple[int, Path]
    Chain = tuple[Item, ...]

WAYS = 100
"""How many routes are remembered for one object: more would make a package of n routes and n objects take n * n."""
DEPTH = 16
"""How many objects of a chain are remembered; nobody writes longer ones by hand."""
SELECTED = 1000
"""How many objects one selector is followed to."""


class Link(Record):
    """Where objects of a kind name an intermediate one: at a path, or in an annotation.

    The annotation lists ``namespace-name`` with a suffix, separated by commas. With ``labels`` the path leads to
    selectors, which have the wanted labels in that field. They select in the namespaces listed in ``namespaces``
    ("*" among them: in all), without it beside the object that selects; or ``anywhere``.
    """

    kind: str
    groups: tuple[str, ...]
    at: BackendPath | None = None
    annotation: str = ""
    suffix: str = ""
    labels: str = ""
    namespaces: str = ""
    anywhere: bool = False


class Intermediate(RouteKind):
    """A kind that stands between routes and Services. It is walked as a route kind of its own.

    ``referred_by`` tells who may name it. ``carries``: traffic of a route goes through it, so that a route which names
    a missing one has no backend, and one that no route names has no traffic; else it only adds a side-way, and settings
    outside of routes may bring it into use. ``root`` is a field that makes an object of the kind a route itself, which
    others cannot name.
    """

    referred_by: tuple[Link, ...] = ()
    carries: bool = True
    root: str = ""

    def is_between(self, item: Item) -> bool:
        """Whether an object of the kind stands between a route and Services, and is not a route itself."""
        return not self.root or not walk(item.data, self.root)

    def is_led_to(self, item: Item, ways: tuple[Chain, ...]) -> bool:
        """Whether traffic may come to an object of the kind: by the ways known, or because it needs none."""
        return bool(ways) or not self.carries or not self.is_between(item)


class Missing(Record):
    """A reference to an intermediate object that the package does not have."""

    item: Item
    path: str
    kind: str
    namespace: str
    name: str


class Chains(Record):
    """How routes lead to intermediate objects.

    ``ways`` holds by the place of an object the items that lead to it, each from the route on, without the object
    itself; an object that no route leads to is not among them.
    """

    ways: dict[Place, tuple[Chain, ...]]
    missing: tuple[Missing, ...]


def chains(resources: Resources) -> Chains:
    """Return the chains of a package."""

    def build() -> Chains:
        from krm_fn.gateways.catalog import route_kinds

        kinds = [route for route, _ in route_kinds() if isinstance(route, Intermediate)]
        return _Walk(resources).through(kinds)

    return resources.memo("chains", build)


class _Walk:
    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._targets: dict[Place, dict[Place, Item]] = {}
        self._sources: dict[Place, Item] = {}
        self._missing: list[Missing] = []

    def through(self, kinds: Iterable[Intermediate]) -> Chains:
        between: set[Place] = set()
        for kind in kinds:
            between.update(item.place for item in self._all_between(kind))
            for link in kind.referred_by:
                for item in self._resources.of_kind(link.kind):
                    if item.group in link.groups:
                        self._follow(item, link, kind)
        return Chains(self._ways(between), tuple(self._missing))

    def _all_between(self, kind: Intermediate) -> list[Item]:
        return [i for i in self._resources.of_kind(kind.kind) if i.group in kind.groups and kind.is_between(i)]

    def _follow(self, item: Item, link: Link, kind: Intermediate) -> None:
        if link.at is None or link.labels:
            found = self._annotated(item, link, kind) if link.at is None else self._selected(item, link.at, link, kind)
            for target in found:
                self._connect(item, target)
            return
        for ref in references(item.data, link.at, item.namespace, _has_none):
            named = self._find(kind, ref.namespace, ref.name)
            if named is not None:
                if kind.is_between(named):
                    self._connect(item, named)
            elif kind.carries:
                self._missing.append(Missing(item, ref.path, kind.kind, ref.namespace, ref.name))

    def _connect(self, item: Item, target: Item) -> None:
        self._sources[item.place] = item
        self._targets.setdefault(item.place, {})[target.place] = target

    def _find(self, kind: Intermediate, namespace: str, name: str) -> Item | None:
        by_key = self._resources.by_key
        return next((by_key[key] for g in kind.groups if (key := (g, kind.kind, namespace, name)) in by_key), None)

    def _annotated(self, item: Item, link: Link, kind: Intermediate) -> Iterator[Item]:
        text = item.annotations.get(link.annotation)
        if text is None:
            return

        def build() -> dict[str, Item]:
            return {f"{one.namespace}-{one.name}": one for one in self._all_between(kind)}

        known = self._resources.memo(("joined names", kind.kind), build)
        for part in text.split(","):
            name = part.strip()
            if name.endswith(link.suffix) and (target := known.get(name.removesuffix(link.suffix))) is not None:
                yield target

    def _selected(self, item: Item, at: BackendPath, link: Link, kind: Intermediate) -> Iterator[Item]:
        """Look through those with the first of the labels only: many selectors may meet many objects."""

        def build() -> dict[tuple[str, Any], list[Item]]:
            found: dict[tuple[str, Any], list[Item]] = {}
            for one in self._all_between(kind):
                for pair in (("", ""), *one.labels.items()):
                    found.setdefault(pair, []).append(one)
            return found

        for _, selector, _ in walk(item.data, at.path):
            if not isinstance(selector, dict):
                continue
            by_label = self._resources.memo(("between by label", kind.kind), build)
            wanted = as_map(selector.get(link.labels))
            if not all(isinstance(value, str) for value in wanted.values()):
                continue
            homes = as_list(selector.get(link.namespaces)) or [item.namespace]
            left = SELECTED
            for one in by_label.get(next(iter(wanted.items()), ("", "")), ()):
                if not (link.anywhere or "*" in homes or one.namespace in homes):
                    continue
                if left and all(one.labels.get(key) == value for key, value in wanted.items()):
                    left -= 1
                    yield one

    def _ways(self, between: set[Place]) -> dict[Place, tuple[Chain, ...]]:
        """Follow each route breadth first; an object with WAYS routes has passed all of them on."""
        ways: dict[Place, list[Chain]] = {}
        for place, root in self._sources.items():
            if place in between:
                continue
            seen = {place}
            level: list[tuple[Item, Chain]] = [(root, ())]
            while level:
                below: list[tuple[Item, Chain]] = []
                for item, before in level:
                    chain = (*before, item) if len(before) < DEPTH else before
                    for target in self._targets.get(item.place, {}).values():
                        if target.place in seen:
                            continue
                        seen.add(target.place)
                        kept = ways.setdefault(target.place, [])
                        if len(kept) < WAYS:
                            kept.append(chain)
                            below.append((target, chain))
                level = below
        return {place: tuple(found) for place, found in ways.items()}


def _has_none(_: str, __: str) -> bool:
    return False
