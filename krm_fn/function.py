"""The whole function on one screen: text in; text, results and exit code out. Pure: no files, no streams, no
environment.

    text -> Source -> Resources -> rule 1 -> Resources' -> rule 2 -> ... -> settled -> patched -> text

Rules say what shall change (``krm_fn.krm.outcome``); here it is carried out, on the data at once and on the text at the
end, by the one surgeon (``krm_fn.yamltext.patch``). If any result is an error, every item leaves as it came.
"""

from __future__ import annotations

from krm_fn import report
from krm_fn.config.load import load
from krm_fn.config.meshsetup import MeshSetup
from krm_fn.krm.fields import as_map, dig
from krm_fn.krm.generated import generated_by, settle
from krm_fn.krm.outcome import ERROR, INFO, REMOVED, Edit, Emit, Outcome, Summary, error, warning
from krm_fn.krm.resource import WORKLOAD_KINDS, Item, Namespace
from krm_fn.krm.resourcelist import ResourceList
from krm_fn.krm.resources import Resources, is_list, with_value
from krm_fn.krm.source import InputError
from krm_fn.kuma.controlplane import problems
from krm_fn.kuma.reading import KumaValueError
from krm_fn.kuma.services import EXTERNAL_NAME
from krm_fn.record import Record
from krm_fn.rules import GENERATED_KINDS, RULES
from krm_fn.rules.dataplanes import is_local
from krm_fn.rules.membership import control_plane_config_map, control_plane_of
from krm_fn.yamltext.changes import differ, same
from krm_fn.yamltext.patch import PatchError, patch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any

    from krm_fn.config.load import ConfigProblem
    from krm_fn.krm.outcome import Result
    from krm_fn.krm.source import Source
    from krm_fn.yamltext.document import Duplicate

DUPLICATE_KEY = "duplicate-key"
CANNOT_EDIT = "cannot-edit"
CONTROL_PLANE_CONFIG = "control-plane-config"


class Transformed(Record):
    """A run over a ResourceList: the text to hand back, results included, and what was decided."""

    text: str
    outcome: Outcome


class Ruled(Record):
    """What the rules made of the resources `before`: those `after`, the emitted ones and the results.

    `edits` are those of each rule, in order, where every decision was asked for.
    """

    setup: MeshSetup
    before: Resources
    after: Resources
    emits: tuple[Emit, ...] = ()
    results: tuple[Result, ...] = ()
    edits: tuple[tuple[str, list[Edit]], ...] = ()


class Decided(Record):
    """The outcome of a run, and how the rules came to it; `ruled` is None where the configuration is refused."""

    outcome: Outcome
    ruled: Ruled | None = None


def transform(text: str) -> Transformed:
    """Run the function on the text of a ResourceList; its ``results`` are part of the answer.

    Raises InputError where the text is no ResourceList, or none that can be answered.
    """
    source = ResourceList(text)
    outcome = run(source, source.function_config, source.config_duplicates)
    results = report.at_least(outcome.results, _results_level(source.function_config))
    listed = report.as_krm(results, source.api_version, source.results)
    answer = source.rebuild(outcome.changed, outcome.removed, outcome.added, listed)
    if source.shares_anchors and not _is_resource_list(answer):
        raise InputError("an alias needs an anchor in `results`, which this function writes anew: take the anchor out")
    return Transformed(answer, outcome)


def run(
    source: Source, function_config: object, config_duplicates: Sequence[Duplicate] = (), told: str = ""
) -> Outcome:
    """Run the function on a package; the caller puts the text together (`Source.rebuild`).

    `config_duplicates` are the keys that stand twice in the text of the functionConfig. `told` is the least severity
    of results, where it is not the configuration that shall decide it.
    """
    return decide(source, function_config, config_duplicates, told).outcome


def decide(
    source: Source, function_config: object, config_duplicates: Sequence[Duplicate] = (), told: str = ""
) -> Decided:
    """The same as `run`, with what the rules saw and left."""
    problems = [_config_duplicate(duplicate) for duplicate in config_duplicates]
    setup = load(function_config, _product_ids(function_config))
    if not isinstance(setup, MeshSetup):
        problems += [_config_result(problem) for problem in setup]
    elif not problems:
        return _Run(source, setup.replace(results_level=told) if told else setup, told == INFO).decided()
    return Decided(Outcome(tuple(problems), Summary(_number(Resources.read(source.entries, "").items))))


def _product_ids(function_config: object) -> tuple[str, ...]:
    """The known products, where the configuration names some."""
    config = as_map(function_config)
    if dig(config, "spec", "serviceUpstream", "products") is None and dig(config, "data") is None:
        return ()
    from krm_fn.gateways.catalog import products_by_id

    return tuple(products_by_id())


class _Run:
    """One run over a package with a valid configuration."""

    def __init__(self, source: Source, setup: MeshSetup, keeps_edits: bool) -> None:
        self.source = source
        self.setup = setup
        self.keeps_edits = keeps_edits
        everything = Resources.read(source.entries, setup.default_namespace, _known(setup), workload_kinds(setup))
        self.everything = everything.items
        # Rules do not see what this functionConfig generated earlier: they decide anew what shall exist.
        self.earlier = tuple(item for item in everything.items if _is_generated(item, setup.name))
        owned = {item.place for item in self.earlier}
        self.resources = everything if not owned else everything.without(owned)

    def decided(self) -> Decided:
        """Say what changes, and how it came to that."""
        refused = tuple(_refused_config(self.resources, self.setup))
        if refused:
            return Decided(self._outcome(Ruled(self.setup, self.resources, self.resources, (), refused)))
        ruled = self._rules()
        return Decided(self._outcome(ruled), ruled)

    def _outcome(self, ruled: Ruled) -> Outcome:
        tracks_files = any(item.file for item in self.everything)
        settled = settle(
            self.resources.items,
            self.earlier,
            ruled.emits,
            self.setup.name,
            tracks_files,
            self.setup.default_namespace,
        )
        edited = zip(self.resources.items, ruled.after.items, strict=True)
        changes = [(item, item.data) for before, item in edited if _may_differ(before, item)]
        changes += settled.changed
        after = self._after(changes, settled.removed)
        texts, problems = self._texts(after)
        removed = frozenset(item.entry for item in settled.removed if not item.prefix)
        if not problems and (removed or (texts and self.source.shares_anchors)):
            problems = self._reached_others(texts, removed, after)
        results = report.in_order([*ruled.results, *settled.conflicts, *problems, *self._duplicates(texts)])
        summary = Summary(_number(self.everything))
        if any(result.severity == ERROR for result in results):
            return Outcome(tuple(results), summary)
        summary = summary.replace(
            changed=sum(item.entry in texts for item, _ in changes),
            added=len(settled.added),
            removed=len(settled.removed),
            local_dataplanes=len({Item(e.data, -1, (), "").key for e in ruled.emits if is_local(e.data)}),
        )
        return Outcome(tuple(results), summary, texts, removed, settled.added)

    def _rules(self) -> Ruled:
        """Run the rules in order, each on what the one before left."""
        resources = self.resources
        emits: list[Emit] = []
        results: list[Result] = []
        kept: list[tuple[str, list[Edit]]] = []
        everything = self.setup.results_level == INFO  # most runs want no decisions told, and there are many
        for rule in RULES:
            edits: list[Edit] = []
            for said in rule(resources, self.setup):
                if isinstance(said, Edit):
                    if not said.item.is_local:  # read for what it says, never changed
                        edits.append(said)
                elif isinstance(said, Emit):
                    emits.append(said)
                elif said.severity != INFO or (everything and not (said.item is not None and said.item.is_local)):
                    results.append(said)
            resources = resources.apply(edits)
            if self.keeps_edits:
                kept.append((rule.__name__, edits))
        return Ruled(self.setup, self.resources, resources, tuple(emits), tuple(results), tuple(kept))

    def _after(
        self, changes: Iterable[tuple[Item, dict[str, Any]]], removed: Iterable[Item]
    ) -> dict[int, dict[str, Any]]:
        """The new data of each entry that changes: of the item that it is, or of members of its List."""
        after: dict[int, dict[str, Any]] = {}
        for item, data in changes:
            entry = after.get(item.entry, self.source.entries[item.entry])
            after[item.entry] = with_value(entry, item.prefix, data)
        for item in sorted(removed, key=lambda item: item.place, reverse=True):
            if item.prefix:
                entry = after.get(item.entry, self.source.entries[item.entry])
                after[item.entry] = with_value(entry, item.prefix, REMOVED)
        return after

    def _texts(self, after: dict[int, dict[str, Any]]) -> tuple[dict[int, str], list[Result]]:
        """The new text of each entry that changes, or why it cannot be edited."""
        source = self.source
        texts, problems = {}, []
        for entry, data in after.items():
            text, column = source.slice(entry)
            try:
                new = patch(text, source.entries[entry], data, source.typing, column, source.newline_at(entry))
                if new is not text:
                    texts[entry] = new
            except PatchError as cause:
                problems.append(_cannot_edit(self._item(entry), str(cause)))
        return texts, problems

    def _item(self, entry: int) -> Item:
        """The item that an entry of the input is."""
        return next(item for item in self.everything if item.entry == entry)

    def _duplicates(self, texts: dict[int, str]) -> list[Result]:
        """Duplicate keys: readers disagree about which one counts, so such an item is not edited."""
        found = self.source.duplicates
        items = {item.entry: item for item in self.everything if not item.prefix} if found else {}
        return [
            (error if entry in texts else warning)(DUPLICATE_KEY, _duplicate_words(duplicate), items.get(entry))
            for entry, duplicate in found
        ]

    def _reached_others(
        self, texts: dict[int, str], removed: frozenset[int], after: dict[int, dict[str, Any]]
    ) -> list[Result]:
        """Read all again: nothing but what was meant may have changed, as it would through anchors across items."""
        wanted = [after.get(i, data) for i, data in enumerate(self.source.entries) if i not in removed]
        try:
            found = self.source.reread(self.source.rebuild(texts, removed, ()))
        except InputError:
            found = []
        if same([data for data in found if data is not None], [data for data in wanted if data is not None]):
            return []
        reason = "an anchor in it is used by another item, which would change too"
        return [_cannot_edit(self._item(entry), reason) for entry in sorted(removed | texts.keys())]


def _may_differ(before: Item, item: Item) -> bool:
    """Whether edits changed an item; of an entry with one item the surgeon finds out, who has to compare anyway."""
    if item is before:
        return False
    return not (item.prefix or is_list(item)) or differ(before.data, item.data)


def _refused_config(resources: Resources, setup: MeshSetup) -> Iterator[Result]:
    """What keeps a control plane from starting with ``spec.controlPlane.config``."""
    try:
        config = setup.control_plane.config or control_plane_config_map(resources, setup)
        refusals = problems(control_plane_of(resources, setup)) if config else []
    except KumaValueError as wrong:
        refusals = [(wrong.key, wrong.message)]
    for key, reason in refusals:
        field = f"functionConfig.spec.controlPlane.config.{key}".rstrip(".")
        yield error(CONTROL_PLANE_CONFIG, f"the control plane would not start with this value: {reason}", None, field)


def _known(setup: MeshSetup) -> tuple[Namespace, ...]:
    return tuple(Namespace(n.name, dict(n.labels), dict(n.annotations)) for n in setup.namespaces)


def workload_kinds(setup: MeshSetup) -> dict[tuple[str, str], tuple[str, ...]]:
    """Group and kind of all workloads, with the path to the pod template of each."""
    further = {(kind.group, kind.kind): tuple(kind.pod_template.split(".")) for kind in setup.workload_kinds}
    return {**WORKLOAD_KINDS, **further} if further else WORKLOAD_KINDS


def _is_generated(item: Item, owner: str) -> bool:
    """Whether an earlier run made the item: it bears the mark, and is of a kind that rules make.

    Annotations are copied, and set for all by kustomize: what others wrote must not go for that.
    """
    if generated_by(item) != owner or (item.group, item.kind) not in GENERATED_KINDS:
        return False
    return item.kind != "Service" or item.spec.get("type") == EXTERNAL_NAME


def _number(items: Iterable[Item]) -> int:
    """How many items there are; a List is what its members are."""
    return sum(not is_list(item) for item in items)


def _is_resource_list(text: str) -> bool:
    try:
        ResourceList(text)
    except InputError:
        return False
    return True


def _duplicate_words(duplicate: Duplicate) -> str:
    return (
        f"the key {duplicate.key!r} stands twice in one mapping (line {duplicate.line} of the input); "
        "Kubernetes' readers disagree about which one counts: remove one of the two"
    )


def _config_duplicate(duplicate: Duplicate) -> Result:
    return error(DUPLICATE_KEY, _duplicate_words(duplicate), None, "functionConfig")


def _cannot_edit(item: Item, reason: str) -> Result:
    return error(
        CANNOT_EDIT,
        f"the text cannot be edited without touching what shall stay: {reason}; write the item without anchors, "
        "aliases and other rare YAML",
        item,
    )


def _config_result(problem: ConfigProblem) -> Result:
    message = problem.message.removeprefix(f"{problem.path}: ")  # the field says it
    return error(problem.code, message, None, f"functionConfig.{problem.path}".rstrip("."), problem.value)


def _results_level(function_config: object) -> str:
    """The configured level, also where the rest of the configuration is invalid."""
    config = as_map(function_config)
    level = dig(config, "spec", "results", "level") or dig(config, "data", "results-level")
    return level if level in ("error", "info") else "warning"
