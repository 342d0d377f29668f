"""Edits that do not run over what stands in their way.

An Edit creates the mappings that are missing on its path. Where something else stands on it (a list of labels, a text
as spec) there is nothing to edit: Kubernetes refuses such an object, and to replace it would hide the mistake.
"""

from __future__ import annotations

from krm_fn.krm.outcome import Edit, error, field_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from krm_fn.krm.outcome import Path, Result
    from krm_fn.krm.resource import Item

NOT_A_MAPPING = "not-a-mapping"


def set_text(item: Item, path: Path, value: str) -> Iterator[Edit | Result]:
    """Set a label or annotation; an error where one of its parents is neither a mapping nor absent."""
    parent: object = item.data
    for depth, step in enumerate(path[:-1]):
        if not isinstance(parent, dict):
            break
        parent = parent.get(step)
        if parent is None:
            break
        if not isinstance(parent, dict):
            yield error(
                NOT_A_MAPPING,
                f"this is a {type(parent).__name__}, but Kubernetes wants a mapping here and refuses the object; "
                f"{field_path(*path)} cannot be set",
                item,
                field_path(*path[: depth + 1]),
            )
            return
    yield Edit(item, path, value)
