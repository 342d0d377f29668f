"""Edits that do not run over what stands in their way.

An Edit creates the mappings that are missing on its path. Where something else stands on it (a list of labels, a text
as spec) there is nothing to edit: Kubernetes refuses such an object, and to replace it would hide the mistake.
"""

from __future__ import annotations

from krm_fn.krm.fields import type_of
from krm_fn.krm.outcome import Edit, error, field_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from krm_fn.krm.outcome import Path, Result
    from krm_fn.krm.resource import Item

NOT_A_MAPPING = "not-a-mapping"


def set_text(item: Item, path: Path, value: str) -> Iterator[Edit | Result]:
    """Set a label or annotation; an error where one of its parents is neither a mapping nor absent."""
    return set_value(item, path, value)


def set_value(item: Item, path: Path, value: Any) -> Iterator[Edit | Result]:
    """Set a field of any kind, or remove it; an error where a parent has not the type that the path asks for."""
    parent: object = item.data
    for depth, step in enumerate(path[:-1]):
        parent = _child(parent, step)
        if parent is None:
            break
        wanted = list if isinstance(path[depth + 1], int) else dict
        if not isinstance(parent, wanted):
            yield error(
                NOT_A_MAPPING,
                f"this is a {type_of(parent)}, but Kubernetes wants a {type_of(wanted())} here and refuses the "
                f"object; {field_path(*path)} cannot be set",
                item,
                field_path(*path[: depth + 1]),
            )
            return
    yield Edit(item, path, value)


def _child(parent: object, step: str | int) -> object:
    if isinstance(parent, dict):
        return parent.get(step)
    if isinstance(parent, list) and isinstance(step, int) and step < len(parent):
        return parent[step]
    return None
