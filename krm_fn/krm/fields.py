"""Reading fields of resources whose shape nobody has checked.

Manifests are hostile input: any field may hold any type. These readers treat a wrong type as an absent field, so that
callers can follow a path without asking at every step.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def as_map(value: object) -> dict[Any, Any]:
    """Return the value if it is a mapping, else an empty one."""
    return value if isinstance(value, dict) else {}


def as_list(value: object) -> list[Any]:
    """Return the value if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def as_str(value: object) -> str:
    """Return the value if it is a string, else the empty string."""
    return value if isinstance(value, str) else ""


def as_int(value: object) -> int | None:
    """Return the value if it is an integer (booleans are none), else None."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def dig(value: object, *keys: str) -> Any:
    """Follow mapping keys downwards; None where one is missing or its parent is no mapping."""
    for key in keys:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def string_map(value: object) -> dict[str, str]:
    """Return the entries of a mapping (labels, annotations, a selector) whose key and value are strings.

    Nearly always that is the mapping itself, which the caller must not change.
    """
    if not isinstance(value, dict):
        return {}
    for key, entry in value.items():
        if type(key) is not str or type(entry) is not str:
            return {k: v for k, v in value.items() if isinstance(k, str) and isinstance(v, str)}
    return value


_TYPES: dict[type, str] = {dict: "mapping", list: "list", str: "text", bool: "boolean", int: "number", float: "number"}


def type_of(value: object) -> str:
    """How YAML calls the type of plain data, for messages."""
    return _TYPES.get(type(value), "null")
