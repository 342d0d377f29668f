"""Resources: all items of a package, indexed; edits give the next Resources, nothing is changed in place.

Indexes are made when first asked for and live as long as the Resources do. ``memo`` lets a rule's helper keep its own
derived view the same way, so that nobody computes it twice on the same data.
"""

from __future__ import annotations

from krm_fn.krm.fields import as_list, as_map
from krm_fn.krm.outcome import REMOVED
from krm_fn.krm.resource import WORKLOAD_KINDS, Item, Namespace, Workload

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any, TypeVar

    from krm_fn.krm.outcome import Edit, Path

    T = TypeVar("T")

LIST_DEPTH = 8  # a List inside a List is odd, more levels than this are an attack


class Resources:
    """All items, in the order of the input, each member of a ``kind: List`` after the List itself.

    `known_namespaces` are those that the functionConfig declares; an item of the same name wins.
    """

    def __init__(
        self,
        items: tuple[Item, ...],
        default_namespace: str,
        known_namespaces: tuple[Namespace, ...] = (),
        workload_kinds: dict[tuple[str, str], tuple[str, ...]] | None = None,
    ) -> None:
        self.items = items
        self.default_namespace = default_namespace
        self._known_namespaces = known_namespaces
        self._workload_kinds = WORKLOAD_KINDS if workload_kinds is None else workload_kinds
        self._memo: dict[object, Any] = {}
        self._memo_of_pods: dict[object, Any] = {}
        self._origins: dict[int, tuple[object, Any]] = {}

    @classmethod
    def read(
        cls,
        entries: Iterable[object],
        default_namespace: str,
        known_namespaces: tuple[Namespace, ...] = (),
        workload_kinds: dict[tuple[str, str], tuple[str, ...]] | None = None,
    ) -> Resources:
        """Make the Resources of plain entries; one that is no mapping holds no item."""
        items: list[Item] = []
        for index, data in enumerate(entries):
            if isinstance(data, dict):
                items.extend(_unpack(data, index, (), default_namespace))
        return cls(tuple(items), default_namespace, known_namespaces, workload_kinds)

    def without(self, places: set[tuple[int, Path]]) -> Resources:
        """Return the Resources without the items at these places."""
        items = tuple(item for item in self.items if item.place not in places)
        return Resources(items, self.default_namespace, self._known_namespaces, self._workload_kinds)

    def memo(self, key: object, build: Callable[[], T], of_pods: bool = False) -> T:
        """Return what `build` makes, made once for these Resources.

        `of_pods`: it is made of Namespaces and workloads only, so it outlives edits of other items.
        """
        memo = self._memo_of_pods if of_pods else self._memo
        if key not in memo:
            memo[key] = build()
        return memo[key]  # type: ignore[no-any-return]  # the key decides the type

    def remember_origin(self, data: object, origin: Any) -> None:
        """Keep, for these Resources and all that edits make of them, what an object of plain data was made from."""
        self._origins[id(data)] = data, origin

    def origin(self, data: object) -> Any:
        """What this very object was made from; None where nobody said."""
        known, origin = self._origins.get(id(data), (None, None))
        return origin if known is data else None

    def of_kind(self, kind: str) -> tuple[Item, ...]:
        """The items of a kind, whatever their group."""
        return self._kinds.get(kind, ())

    @property
    def _kinds(self) -> dict[str, tuple[Item, ...]]:
        def build() -> dict[str, tuple[Item, ...]]:
            kinds: dict[str, list[Item]] = {}
            for item in self.items:
                kinds.setdefault(item.kind, []).append(item)
            return {kind: tuple(items) for kind, items in kinds.items()}

        return self.memo("kinds", build)

    @property
    def by_key(self) -> dict[tuple[str, str, str, str], Item]:
        """Items by group, kind, namespace and name; of two with one key, the first."""

        def build() -> dict[tuple[str, str, str, str], Item]:
            found: dict[tuple[str, str, str, str], Item] = {}
            for item in self.items:
                found.setdefault(item.key, item)
            return found

        return self.memo("by_key", build)

    @property
    def workloads(self) -> tuple[Workload, ...]:
        """Every item that has a pod template, or is a Pod."""

        def build() -> tuple[Workload, ...]:
            paths = self._workload_kinds
            found = []
            for item in self.items:
                path = paths.get((item.group, item.kind))
                if path is not None:
                    found.append(Workload(item, path))
            return tuple(found)

        return self.memo("workloads", build, of_pods=True)

    @property
    def workloads_by_namespace(self) -> dict[str, list[Workload]]:
        """The workloads of each namespace."""

        def build() -> dict[str, list[Workload]]:
            found: dict[str, list[Workload]] = {}
            for workload in self.workloads:
                found.setdefault(workload.item.namespace, []).append(workload)
            return found

        return self.memo("workloads_by_namespace", build, of_pods=True)

    @property
    def services(self) -> tuple[Item, ...]:
        """The Kubernetes Services (not Knative's, which share the kind)."""
        return self.memo("services", lambda: tuple(item for item in self.of_kind("Service") if item.group == ""))

    @property
    def services_by_namespace(self) -> dict[str, list[Item]]:
        """The Services of each namespace."""

        def build() -> dict[str, list[Item]]:
            found: dict[str, list[Item]] = {}
            for service in self.services:
                found.setdefault(service.namespace, []).append(service)
            return found

        return self.memo("services_by_namespace", build)

    def service(self, namespace: str, name: str) -> Item | None:
        """The Service of that name, if the package has it."""
        return self.by_key.get(("", "Service", namespace, name))

    @property
    def namespaces(self) -> dict[str, Namespace]:
        """Namespaces by name: those of the package, then those that the functionConfig declares."""

        def build() -> dict[str, Namespace]:
            found = {known.name: known for known in self._known_namespaces}
            for item in reversed(self.of_kind("Namespace")):
                if item.group == "":
                    found[item.name] = Namespace(item.name, item.labels, item.annotations, item)
            return found

        return self.memo("namespaces", build, of_pods=True)

    @property
    def meshes(self) -> dict[str, Item]:
        """The Mesh items by name."""

        def build() -> dict[str, Item]:
            return {item.name: item for item in reversed(self.of_kind("Mesh")) if item.group == "kuma.io"}

        return self.memo("meshes", build)

    def apply(self, edits: Iterable[Edit]) -> Resources:
        """Return the Resources with the edits carried out, in order; these Resources stay as they are."""
        by_place: dict[tuple[int, Path], list[Edit]] = {}
        for edit in edits:
            by_place.setdefault(edit.item.place, []).append(edit)
        if not by_place:
            return self
        items = []
        for item in self.items:
            changes = by_place.get(item.place)
            if changes is None:
                items.append(item)
                continue
            data = item.data
            for edit in changes:
                data = with_value(data, edit.path, edit.value)
            items.append(Item(data, item.entry, item.prefix, self.default_namespace))
        edited = Resources(tuple(items), self.default_namespace, self._known_namespaces, self._workload_kinds)
        edited._origins = self._origins
        if not any(self._concerns_pods(edits_of_item[0].item) for edits_of_item in by_place.values()):
            edited._memo_of_pods = self._memo_of_pods
        return edited

    def _concerns_pods(self, item: Item) -> bool:
        return item.kind == "Namespace" or (item.group, item.kind) in self._workload_kinds


def with_value(data: Any, path: Path, value: Any) -> Any:
    """Return a copy of plain data with the value at the path set or `REMOVED`; what is off the path is shared."""
    if not path:
        return value
    step, rest = path[0], path[1:]
    if isinstance(step, int):
        copy: Any = list(as_list(data))
        if value is REMOVED and not rest:
            del copy[step]
        else:
            copy[step] = with_value(copy[step], rest, value)
        return copy
    if value is REMOVED and step not in as_map(data):
        return data
    copy = dict(as_map(data))
    if value is REMOVED and not rest:
        del copy[step]
    else:
        copy[step] = with_value(copy.get(step), rest, value)
    return copy


def is_list(item: Item) -> bool:
    """Whether the item is a ``kind: List`` (or ``DeploymentList``, ...) that holds other items."""
    return item.kind.endswith("List") and isinstance(item.data.get("items"), list)


def _unpack(data: dict[str, Any], entry: int, prefix: Path, default_namespace: str) -> Iterator[Item]:
    """Yield the item, and the members of a List after it."""
    item = Item(data, entry, prefix, default_namespace)
    yield item
    if is_list(item) and len(prefix) < 2 * LIST_DEPTH:
        for index, member in enumerate(as_list(data.get("items"))):
            if isinstance(member, dict) and member.get("kind"):
                yield from _unpack(member, entry, (*prefix, "items", index), default_namespace)
