"""Writing fields of pods that an operator makes: into the resource, or into the text of values that it holds."""

from __future__ import annotations

from krm_fn.krm.fields import as_map, dig
from krm_fn.krm.outcome import REMOVED, Edit, field_path, warning
from krm_fn.krm.resources import with_value
from krm_fn.rules.custom_pods import text_of
from krm_fn.rules.editing import set_value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from krm_fn.krm.outcome import Path, Result
    from krm_fn.rules.custom_pods import Pods

NOT_WRITABLE = "operator-pods-not-writable"


def write(pods: Pods, changes: Sequence[tuple[Path, Any]]) -> Iterator[Edit | Result]:
    """Set fields of the pods' resource, all in one step; a result where that cannot be."""
    full = _overfull(pods, changes)
    if full is not None:
        yield warning(
            NOT_WRITABLE,
            f"the Gateway API allows {pods.row.room} entries here, too few for what is to be added "
            f"({', '.join(str(path[-1]) for path, _ in changes)}): take some away",
            pods.item,
            field_path(*full),
        )
        return
    if pods.row.text:
        new = _changed_text(pods, changes)
        if new is not None:
            yield Edit(pods.item, pods.row.text, new)
            return
        fields = ", ".join(field_path(*path) for path, _ in changes)
        yield warning(
            NOT_WRITABLE,
            f"the text of values cannot be edited: write {fields} by hand",
            pods.item,
            field_path(*pods.row.text),
        )
        return
    if pods.row.only is not None and dig(pods.data, *pods.row.only[0]) is None:  # the API server requires it
        changes = [pods.row.only, *changes]
    for path, value in changes:
        yield from set_value(pods.item, path, value)


def _overfull(pods: Pods, changes: Sequence[tuple[Path, Any]]) -> Path | None:
    """The labels or annotations that would get more entries than they may have."""
    for parent in dict.fromkeys(path[:-1] for path, _ in changes) if pods.row.room else ():
        there = as_map(dig(pods.data, *(str(step) for step in parent)))
        new = {path[-1] for path, value in changes if path[:-1] == parent and value is not REMOVED}
        if len(there.keys() | new) > pods.row.room and not new <= there.keys():
            return parent
    return None


def _changed_text(pods: Pods, changes: Sequence[tuple[Path, Any]]) -> str | None:
    """The text of values with changes, edited as any other YAML: nothing else in it changes."""
    from krm_fn.yamltext.patch import PatchError, patch
    from krm_fn.yamltext.scalars import KYAML

    if not all(_is_open(pods.data, path[:-1]) for path, _ in changes):
        return None
    after = pods.data
    for path, value in changes:
        after = with_value(after, path, value)
    try:
        text: str = patch(text_of(pods.item, pods.row), pods.data, after, KYAML)
    except PatchError:
        return None
    return text


def _is_open(values: object, path: Path) -> bool:
    """Whether mappings, or nothing, stand on the path."""
    for step in path:
        values = as_map(values).get(step)
        if values is None:
            return True
        if not isinstance(values, dict):
            return False
    return True
