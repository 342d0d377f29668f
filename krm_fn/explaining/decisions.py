"""Everything that the rules said about a package: each edit with the rule that made it, each result, before and after.

It is one run of the function, asked for every decision; nothing is decided here.
"""

from __future__ import annotations

from krm_fn.files.package import read_package
from krm_fn.files.places import Place, Places
from krm_fn.function import Ruled, decide
from krm_fn.krm.fields import as_map
from krm_fn.krm.outcome import INFO, REMOVED, Edit, Result, field_path
from krm_fn.krm.resource import Item
from krm_fn.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from krm_fn.files.preview import Preview
    from krm_fn.krm.outcome import Path


ASKED_BY = {
    "applied": "spec.markApplied",
    "gateways": "spec.gateways",
    "hardening": "spec.gateways.harden",
    "injection": "spec.injection.rules",
    "manual": "spec.injection.mode",
    "pristine": "spec.injection.mode",
    "service_upstream": "spec.serviceUpstream",
}
"""The setting that asks for what a rule edits, by the rule's name."""


class Change(Record):
    """One field that the function writes: by which rule, the value before (None: absent) and after (None: removed)."""

    rule: str
    path: Path
    before: Any
    after: Any

    @property
    def field(self) -> str:
        """The field as results write it."""
        return field_path(*self.path)


class Decisions:
    """A package as it is (`before`), as the rules leave it (`after`), and all that they said on the way."""

    def __init__(self, found: Preview, ruled: Ruled) -> None:
        self.setup = ruled.setup
        self.found = found
        self.before = ruled.before
        self.after = ruled.after
        self.emits = ruled.emits
        problems = [result for result in found.outcome.results if result.severity != INFO]
        self.results: list[Result] = problems + [result for result in ruled.results if result.severity == INFO]
        self._edits: dict[tuple[int, Path], list[tuple[str, Edit]]] = {}
        for rule, edits in ruled.edits:
            for edit in edits:
                self._edits.setdefault(edit.item.place, []).append((rule, edit))
        self._places = Places(found.package, found.config.origin)
        self._config_places: tuple[Places, Item] | None = None
        self._first = {item.place: item for item in self.before.items}
        self._now = {item.place: item for item in self.after.items}
        self._of_item: dict[tuple[int, Path], list[Result]] = {}
        for result in self.results:
            if result.item is not None:
                self._of_item.setdefault(result.item.place, []).append(result)

    @property
    def generated(self) -> list[dict[str, Any]]:
        """What the rules want to exist besides the package's own resources."""
        return [emit.data for emit in self.emits]

    def now(self, item: Item) -> Item:
        """The item as the rules leave it."""
        return self._now.get(item.place, item)

    # --- of one item --------------------------------------------------------------------------------------------------
    def results_of(self, item: Item) -> list[Result]:
        """What the rules said about an item, problems first."""
        return self._of_item.get(item.place, [])

    def findings_of(self, item: Item) -> list[Result]:
        """The warnings and errors about an item."""
        return [result for result in self.results_of(item) if result.severity != INFO]

    def changes_of(self, item: Item) -> list[Change]:
        """The fields that the function would write, the last value of each; none where it comes back as it was."""
        first, now = self._first.get(item.place, item), self.now(item)
        last: dict[Path, str] = {}
        for rule, edit in self._edits.get(item.place, ()):
            last[edit.path] = rule
        found = []
        for path, rule in last.items():
            found += [Change(rule, *each) for each in _differences(path, _at(first.data, path), _at(now.data, path))]
        return sorted(found, key=lambda change: tuple(str(step) for step in change.path))

    def rule_that_wrote(self, item: Item, path: Path) -> str:
        """The name of the rule that wrote a field, empty where its author did."""
        return next((rule for rule, edit in self._edits.get(item.place, ()) if edit.path == path), "")

    # --- places -------------------------------------------------------------------------------------------------------
    def place(self, item: Item, *path: str | int) -> str:
        """File and line of a field as its author wrote it; of the nearest parent where it is not there."""
        return str(self._places.of_field(item, field_path(*path)))

    def place_of(self, result: Result) -> str:
        """File and line that a result points to."""
        return str(self._places.of(result))

    def place_in_config(self, *path: str | int) -> str:
        """File and line of a field of the functionConfig."""
        config = self.found.config
        if config.path is not None:
            if self._config_places is None:
                places = Places(read_package([str(config.path)]))
                self._config_places = places, Item(as_map(config.data), 0, (), "")
            places, item = self._config_places
            return str(places.of_field(item, field_path(*path)))
        own = next((item for item in self.before.items if item.data is config.data), None)
        if own is not None:
            return self.place(own, *path)
        return str(Place(config.origin)) if config.data is not None else ""


def decisions_of(found: Preview) -> Decisions | None:
    """Return what the rules decide about a package; None where its configuration is refused, as the outcome says.

    A preview that was not made with every decision (`told`) costs another run.
    """
    ruled = found.ruled or decide(found.package, found.config.data, found.config.duplicates, INFO).ruled
    return Decisions(found, ruled) if ruled is not None else None


def _at(data: object, path: Path) -> Any:
    for step in path:
        if isinstance(data, dict):
            data = data.get(step)
        elif isinstance(data, list) and isinstance(step, int) and step < len(data):
            data = data[step]
        else:
            return None
    return data


def _differences(path: Path, before: Any, after: Any) -> Iterator[tuple[Path, Any, Any]]:
    """The fields below a path that differ, as deep as both sides are mappings."""
    if after is REMOVED:
        after = None
    if before == after and type(before) is type(after):
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for key in (*before, *(key for key in after if key not in before)):
            yield from _differences((*path, str(key)), before.get(key), after.get(key))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from _differences((*path, index), old, new)
    else:
        yield path, before, after
