"""From what the function decided to what ``krm-fn check`` reports: findings with their places, accepted ones marked."""

from __future__ import annotations

import os
from pathlib import Path

from krm_fn.config.load import load
from krm_fn.config.meshsetup import MeshSetup
from krm_fn.files.kustomization import kustomization_in
from krm_fn.files.package import ORIGIN, TOOL_GROUPS, read_package
from krm_fn.files.places import FUNCTION_CONFIG, Place, Places
from krm_fn.formats.explanations import texts
from krm_fn.formats.finding import Finding, in_order
from krm_fn.function import run, workload_kinds
from krm_fn.krm.fields import as_list, as_map, as_str
from krm_fn.krm.generated import generated_by
from krm_fn.krm.outcome import ERROR, INFO, WARNING, error
from krm_fn.krm.resource import Item
from krm_fn.krm.resources import Resources
from krm_fn.kuma.services import EXTERNAL_NAME
from krm_fn.report import at_least
from krm_fn.rules.applied import APPLIED
from krm_fn.suppressions import Suppressions, is_written_in, written_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from krm_fn.files.configfile import Config
    from krm_fn.files.preview import Preview
    from krm_fn.krm.outcome import Result
    from krm_fn.suppressions import Suppression

NOT_APPLIED = "not-applied"


def findings_of(
    found: Preview,
    options: Sequence[Suppression] = (),
    require_applied: bool = False,
    with_decisions: bool = False,
    rendered_from: Path | None = None,
) -> list[Finding]:
    """All findings about a package, in the order of files and lines.

    Those of severity info only `with_decisions`, of a preview that was made with them.
    `options` are the suppressions of the command line; `rendered_from` is the directory that kustomize rendered.
    """
    setup = _setup_of(found)
    needs_resources = require_applied or is_written_in(found.package.text)
    resources = _resources(found, setup) if setup and needs_resources else None
    suppressions = Suppressions((*(written_in(resources, texts()) if resources else ()), *options))
    results = at_least(found.outcome.results, INFO if with_decisions else WARNING)
    if require_applied and resources and setup:
        results += not_applied(resources, setup, found.config)
    pairs = [(result, suppressions.of(result)) for result in results]
    if setup is not None and not _stopped(results):
        if not suppressions.are_all_used and not with_decisions:
            everything = run(found.package, found.config.data, found.config.duplicates, INFO)
            for result in everything.results:
                if result.severity == INFO:  # it may be a decision that was accepted
                    suppressions.of(result)
        pairs += _about(suppressions)
    pairs.sort(key=lambda pair: pair[0].item.entry if pair[0].item is not None else -1)
    finder = _Finder(found, rendered_from)
    return in_order(finder.finding(result, accepted) for result, accepted in pairs)


def names_of_files(found: Preview) -> tuple[str, ...]:
    """The names of all files, as findings have them."""
    return tuple(_relative(file.path) or file.name for file in found.package.files)


def number_of_objects(found: Preview) -> int:
    """How many objects the package holds: not what only tools read, and a List is what its members are."""
    return sum(_number(data) for data in found.package.entries)


def not_applied(resources: Resources, setup: MeshSetup, config: Config) -> Iterator[Result]:
    """Whatever the function is responsible for that does not bear its mark."""
    namespaces = [item for item in resources.of_kind("Namespace") if item.group == ""]
    for item in (*namespaces, *resources.services, *(workload.item for workload in resources.workloads)):
        mark = item.annotations.get(APPLIED, "")
        is_marked = mark == setup.name if config.data is not None else bool(mark)  # any name, where none is known
        if not is_marked and not item.is_local and not _is_generated(item):
            yield error(
                NOT_APPLIED,
                _why_not(mark, setup, config),
                item,
                f"metadata.annotations[{APPLIED}]",
                mark or None,
                setup.name if config.data is not None else None,
            )


def _why_not(mark: str, setup: MeshSetup, config: Config) -> str:
    if mark:
        return (
            f"this bears the mark of the functionConfig {mark!r}, not of {setup.name!r}: "
            "check with the functionConfig that it was built with (--config)"
        )
    if config.data is not None and not setup.mark_applied:
        return "the function leaves its mark only with spec.markApplied: true: set it, and build again"
    return (
        "the function did not run on this, as it bears no mark: kubectl kustomize, and kustomize without "
        "--enable-exec, skip exec functions without a word; build with --enable-alpha-plugins --enable-exec, and with "
        "spec.markApplied: true"
    )


def _is_generated(item: Item) -> bool:
    """What the function made itself: rules do not see it, so it bears another mark."""
    return bool(generated_by(item)) and (item.kind != "Service" or item.spec.get("type") == EXTERNAL_NAME)


def _about(suppressions: Suppressions) -> list[tuple[Result, Suppression | None]]:
    """What is wrong with the suppressions; the command line can accept that too."""
    problems = list(suppressions.problems(texts()))
    return [
        (problem, suppressions.of(problem) if problem.item is None else _accepted(suppressions, problem))
        for problem in problems
    ]


def _accepted(suppressions: Suppressions, problem: Result) -> Suppression | None:
    return next((each for each in suppressions.all if not each.is_in_source and each.covers(problem)), None)


def _stopped(results: Sequence[Result]) -> bool:
    """Whether the configuration kept the rules from running, so that nothing is known about suppressions."""
    return any(each.severity == ERROR and each.field.startswith(FUNCTION_CONFIG) for each in results)


# --- what the function is asked ---------------------------------------------------------------------------------------


def _setup_of(found: Preview) -> MeshSetup | None:
    """The configuration, None if it is not valid."""
    setup = load(found.config.data)
    return setup if isinstance(setup, MeshSetup) else None


def _resources(found: Preview, setup: MeshSetup) -> Resources:
    return Resources.read(found.package.entries, setup.default_namespace, (), workload_kinds(setup))


def _number(data: object) -> int:
    kind, members = as_str(as_map(data).get("kind")), as_map(data).get("items")
    if kind.endswith("List") and isinstance(members, list):
        return sum(_number(member) for member in as_list(members))
    return int(bool(kind) and as_str(as_map(data).get("apiVersion")).partition("/")[0] not in TOOL_GROUPS)


# --- places -----------------------------------------------------------------------------------------------------------


class _Finder:
    """Gives results their places, and files the names that programs know them by."""

    def __init__(self, found: Preview, rendered_from: Path | None) -> None:
        self._found = found
        self._rendered_from = rendered_from
        self._places = Places(found.package, found.config.origin)
        self._paths = {file.name: file.path for file in found.package.files}
        self._config: tuple[Places, Item, Path | None] | None = None

    def finding(self, result: Result, accepted: Suppression | None) -> Finding:
        """The result as a finding."""
        item = result.item
        if item is None:
            place, path = self._in_config(result.field) if result.field.startswith(FUNCTION_CONFIG) else (Place(), None)
            return Finding(result, place, _relative(path), accepted)
        place = self._places.of(result)
        if place.file in self._paths:
            if self._rendered_from is not None:  # nobody sees the lines of the stream that kustomize gave
                place = Place(_relative(kustomization_in(self._rendered_from) or self._rendered_from))
                return Finding(result, place, place.file, accepted)
            return Finding(result, place, _relative(self._paths[place.file]), accepted)
        if place.file:  # the caller noted where the item comes from
            place = self._from_origin(item, place)
        return Finding(result, place, place.file, accepted)

    def _from_origin(self, item: Item, place: Place) -> Place:
        """kustomize notes paths as they are seen from the directory that it renders."""
        is_remote = "repo:" in as_str(item.annotations.get(ORIGIN))
        if self._rendered_from is None or is_remote:
            return place
        return place.replace(file=_relative(self._rendered_from / place.file))

    def _in_config(self, field: str) -> tuple[Place, Path | None]:
        """The place of a field of the functionConfig, and the file that it stands in."""
        config, package = self._found.config, self._found.package
        if self._config is None:
            if config.path is not None:
                own = read_package([str(config.path)])
                entry = next((entry for entry, data in enumerate(own.entries) if data is not None), None)
            else:
                own, entry = package, _position(package.entries, config.data)
            if entry is None:
                return Place(config.origin), None
            self._config = Places(own), Item(own.entries[entry], entry, (), ""), own.file_at(entry).path
        places, item, path = self._config
        return places.of_field(item, field.removeprefix(FUNCTION_CONFIG).lstrip(".")), path


def _position(entries: Sequence[object], data: object) -> int | None:
    return next((entry for entry, each in enumerate(entries) if each is data and data is not None), None)


def _relative(path: Path | None) -> str:
    """The path from the current directory, with slashes; as it is where that leads out of it."""
    if path is None:
        return ""
    relative = os.path.relpath(path)
    return path.as_posix() if relative.startswith("..") and path.is_absolute() else Path(relative).as_posix()
