"""Results for machines (the ``results`` of a ResourceList) and for people (lines on stderr).

kustomize drops ``results``, so warnings and errors go to stderr too, each line with the program's name; kpt prints
results itself, so under kpt stderr has errors and the summary only.
"""

from __future__ import annotations

from krm_fn.krm.fields import as_list, as_map, as_str
from krm_fn.krm.outcome import ERROR, SEVERITIES, WARNING
from krm_fn.krm.resourcelist import OLDEST

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from krm_fn.krm.outcome import Outcome, Result
    from krm_fn.krm.resource import ResourceId

PROGRAM = "krm-fn"
FUNCTION_TAG = "function"  # tells our results from those of other functions in the same pipeline
LINES_PER_CODE = 20  # on stderr; `results` always has them all

_RANK = {severity: rank for rank, severity in enumerate(SEVERITIES)}


def in_order(results: Iterable[Result]) -> list[Result]:
    """Sort results by file, index, severity, then by the item's place in the package, field and code."""

    def key(result: Result) -> tuple[Any, ...]:
        item = result.item
        severity = _RANK[result.severity]
        if item is None:
            return ("", -1, severity, -1, (), result.field, result.code, result.message)
        index = item.file_index
        prefix = tuple(str(step) for step in item.prefix)
        file_index = -1 if index is None else index
        return (item.file, file_index, severity, item.entry, prefix, result.field, result.code, result.message)

    return sorted(results, key=key)


def at_least(results: Iterable[Result], level: str) -> list[Result]:
    """The results whose severity is the level or worse."""
    return [result for result in results if _RANK[result.severity] <= _RANK[level]]


def count(results: Iterable[Result], severity: str) -> int:
    """How many results have the severity."""
    return sum(result.severity == severity for result in results)


# --- for machines -----------------------------------------------------------------------------------------------------


def as_krm(results: Iterable[Result], api_version: str, earlier: object) -> Any:
    """The value of ``results``: ours behind those of other functions in `earlier`; None where there are none."""
    oldest = api_version == OLDEST
    before = as_map(earlier).get("items") if isinstance(earlier, dict) else earlier
    others = [entry for entry in as_list(before) if not _is_ours(entry)]
    entries = others + [_entry(result, oldest) for result in results]
    if not entries:
        return None
    if not oldest:
        return entries
    name = as_str(as_map(earlier).get("name")) if others else ""
    return {"name": name or PROGRAM, "items": entries}


def _is_ours(entry: object) -> bool:
    return as_map(as_map(entry).get("tags")).get(FUNCTION_TAG) == PROGRAM


def _entry(result: Result, oldest: bool) -> dict[str, Any]:
    """One result in the form of the specification; v1alpha1 nests the name and calls the proposal a suggestion."""
    entry: dict[str, Any] = {"message": f"{result.message} [{result.code}]", "severity": result.severity}
    item = result.item
    if item is not None:
        entry["resourceRef"] = _reference(item.id, oldest)
    if result.field:
        field: dict[str, Any] = {"path": result.field}
        if result.current is not None:
            field["currentValue"] = result.current
        if result.proposed is not None:
            field["suggestedValue" if oldest else "proposedValue"] = result.proposed
        entry["field"] = field
    if item is not None and item.file:
        index = item.file_index
        entry["file"] = {"path": item.file, **({} if index is None else {"index": index})}
    entry["tags"] = {"code": result.code, FUNCTION_TAG: PROGRAM}
    return entry


def _reference(identity: ResourceId, oldest: bool) -> dict[str, Any]:
    """What names a resource; a part that the manifest does not have is left out."""
    kind = _filled({"apiVersion": identity.api_version, "kind": identity.kind})
    name = _filled({"name": identity.name, "namespace": identity.namespace})
    return {**kind, "metadata": name} if oldest else {**kind, **name}


def _filled(fields: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in fields.items() if value}


# --- for people -------------------------------------------------------------------------------------------------------


def lines(results: Iterable[Result]) -> Iterator[str]:
    """One line a result, without its line end; many of one code are cut short."""
    seen: dict[str, int] = {}
    for result in results:
        seen[result.code] = seen.get(result.code, 0) + 1
        if seen[result.code] <= LINES_PER_CODE:
            yield line(result)
    for code, number in seen.items():
        if number > LINES_PER_CODE:
            yield f"{PROGRAM}: ... and {number - LINES_PER_CODE} more of [{code}]"


def line(result: Result) -> str:
    """Say one result: severity, what, where, message, code."""
    place = ""
    if result.item is not None:
        place = f"{result.item.words}{f' ({result.item.file})' if result.item.file else ''}: "
    field = f"{result.field}: " if result.field else ""
    message = "\n".join(shown(part) for part in result.message.split("\n")).replace("\n", f"\n{PROGRAM}:   ")
    return f"{PROGRAM}: {result.severity}: {shown(place)}{shown(field)}{message} [{result.code}]"


def shown(text: str) -> str:
    """The text for a terminal: what would move its cursor or colour it (manifests are not trusted) is escaped."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def findings(results: Iterable[Result]) -> str:
    """How many errors and warnings there are, in words."""
    results = list(results)
    parts = []
    for severity in (ERROR, WARNING):
        number = count(results, severity)
        if number:
            parts.append(plural(number, severity))
    return ", ".join(parts)


def summary_line(outcome: Outcome) -> str:
    """One line: what was done to how many items."""
    summary = outcome.summary
    found = findings(outcome.results)
    if outcome.exit_code:
        return f"{PROGRAM}: {found}; nothing was changed"
    parts = [f"{summary.changed} of {plural(summary.items, 'item')} changed"]
    if summary.added:
        parts.append(f"{plural(summary.added, 'item')} generated")
    if summary.removed:
        parts.append(f"{plural(summary.removed, 'item')} no longer wanted and removed")
    if found:
        parts.append(found)
    if summary.local_dataplanes:
        parts.append(
            f"{plural(summary.local_dataplanes, 'Dataplane')} for review only "
            "(spec.dataplanes.localConfig: false makes ordinary resources of them)"
        )
    return f"{PROGRAM}: {', '.join(parts)}"


def plural(number: int, noun: str) -> str:
    """``1 item``, ``2 items``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
