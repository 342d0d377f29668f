"""The inverse of manual mode: text in, the same text without the sidecars that krm-fn wrote out. Pure, as the function.

It needs no configuration: what has to be known stands in the record beside each sidecar
(``krm_fn.kuma.written_sidecar``), so it finds pod templates by that record, whatever the kind of their workload.
"""

from __future__ import annotations

from krm_fn.krm.documents import Documents
from krm_fn.krm.resource import Item
from krm_fn.krm.resourcelist import KIND, ResourceList
from krm_fn.krm.resources import with_value
from krm_fn.krm.source import InputError
from krm_fn.kuma.undone_sidecar import undone
from krm_fn.kuma.written_sidecar import RECORD, has_record
from krm_fn.record import Record
from krm_fn.yamltext.changes import same
from krm_fn.yamltext.patch import PatchError, patch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from krm_fn.krm.outcome import Path
    from krm_fn.krm.source import Source

DEEPEST = 24  # a CronJob in a List in a List has its template at half of that


class Uninjected(Record):
    """The text without sidecars, how many went, what stays and why (`left`), and what else to know (`notes`)."""

    text: str
    removed: int = 0
    left: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def uninject(text: str, force: bool = False) -> Uninjected:
    """Take the sidecars that krm-fn wrote out of a ResourceList, or of plain documents.

    What has been edited by hand since stays, unless `force` is given. Raises InputError where the text is not YAML.
    """
    if RECORD not in text:
        return Uninjected(text)
    source = source_of(text)
    removed = 0
    texts: dict[int, str] = {}
    left, notes = [], []
    twice = {entry for entry, _ in source.duplicates}
    after = list(source.entries)
    for entry, data in enumerate(source.entries):
        words = Item(data, entry, (), "").words if isinstance(data, dict) else ""
        number = 0
        for path in _places(data, ()):
            found = undone(_at(data, path))
            keys = ", ".join(found.kept)
            if found.unreadable or (found.conflicts and not force):
                left.append(f"{words}: its sidecar stays: edited since krm-fn wrote it: {'; '.join(found.conflicts)}")
                continue
            if found.conflicts:
                notes.append(f"{words}: taken out although edited: {'; '.join(found.conflicts)}")
            if keys:
                notes.append(f"{words}: edited since krm-fn wrote them, so they stay: {keys}")
            after[entry] = with_value(after[entry], path, found.template)
            number += 1
        if not number:
            continue
        try:
            if entry in twice:
                raise PatchError("a key stands twice in one mapping")
            piece, column = source.slice(entry)
            texts[entry] = patch(piece, data, after[entry], source.typing, column, source.newline_at(entry))
            removed += number
        except PatchError as cause:
            after[entry] = data
            left.append(f"{words}: its sidecar stays: the text cannot be edited: {cause}")
    result = source.rebuild(texts, (), ())
    if texts and not _meant(source, result, after):
        reason = "its sidecar stays: an anchor in it is used by another item, which would change too"
        left += [f"{Item(source.entries[entry], entry, (), '').words}: {reason}" for entry in texts]
        return Uninjected(text, 0, tuple(left), ())
    return Uninjected(result, removed, tuple(left), tuple(notes))


def source_of(text: str) -> Source:
    """The text as a ResourceList if it is one, else as documents, as `kubectl apply` reads them."""
    documents = Documents(text)
    first = next((entry for entry in documents.entries if entry is not None), None)
    return ResourceList(text) if isinstance(first, dict) and first.get("kind") == KIND else documents


def _places(data: Any, path: Path) -> Iterator[Path]:
    """The paths of all pod templates with a record."""
    if isinstance(data, dict):
        if has_record(data):
            yield path
            return
        children: Any = data.items()
    elif isinstance(data, list):
        children = enumerate(data)
    else:
        return
    if len(path) < DEEPEST:
        for step, child in children:
            yield from _places(child, (*path, step))


def _at(data: Any, path: Path) -> Any:
    for step in path:
        data = data[step]
    return data


def _meant(source: Source, text: str, after: list[Any]) -> bool:
    """Whether the text reads as it should: only an anchor that items share can be in the way."""
    if not source.shares_anchors:
        return True
    try:
        return same(source.reread(text), after)
    except InputError:
        return False
