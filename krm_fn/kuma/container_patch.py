"""ContainerPatch: JSON patches that users apply to the containers which the injector makes.

Follows Kuma's injector (`pkg/plugins/runtime/k8s/webhooks/injector`), which applies RFC 6902 operations with the
library evanphx/json-patch and reads the outcome back as a Kubernetes container. Imported only where a patch is at work.
"""

from __future__ import annotations

from itertools import pairwise

from krm_fn.krm.fields import as_list, as_map, as_str
from krm_fn.kuma.container_schema import as_container
from krm_fn.kuma.reading import KumaValueError, go_quote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    Operation = Callable[["Any", "Mapping[str, Any]"], "Any"]


class PatchFailed(Exception):
    """An operation that cannot be applied; the text says which and why."""


def missing_patches(names: Iterable[str], patches: Mapping[str, object]) -> str:
    """Return the injector's complaint about names without a ContainerPatch in the system namespace, or nothing."""
    missing = [name for name in names if name not in patches]
    return f"it appears some expected container patches are missing: {quoted(missing)}" if missing else ""


def quoted(names: Iterable[str]) -> str:
    """Print a list of names as Go does with %q."""
    return "[" + " ".join(go_quote(name) for name in names) + "]"


def patch_container(
    container: dict[str, Any], field: str, names: Iterable[str], patches: Mapping[str, object]
) -> dict[str, Any]:
    """Apply the operations under `field` (sidecarPatch or initPatch) of the named patches, in order.

    Without any operation the container comes back as it is. Raises KumaValueError if an operation cannot be applied or
    the outcome is no container.
    """
    contributing = []
    operations: list[Any] = []
    for name in names:
        own = as_list(as_map(patches.get(name)).get(field))
        if own:
            contributing.append(name)
            operations += own
    if not operations:
        return container
    try:
        patched = apply_operations(container, operations)
    except (PatchFailed, RecursionError) as why:
        raise KumaValueError(f"could not apply patches {quoted(contributing)}: {why}") from None
    return as_container(patched)


def apply_operations(document: Any, operations: Iterable[object]) -> Any:
    """Return the document after the operations; the given one is not touched. Raises PatchFailed."""
    document = _copy(document)
    for operation in operations:
        fields = as_map(operation)
        op = as_str(fields.get("op"))
        apply = OPERATIONS.get(op)
        if apply is None:
            raise PatchFailed(f'unknown operation "{op}"')
        document = apply(document, fields)
    return document


def _add(document: Any, fields: Mapping[str, Any]) -> Any:
    parts = _parts(fields, "path")
    value = _value(fields)
    if not parts:
        return value
    _create_parents(document, parts, fields)
    _insert(_parent(document, parts, fields), parts[-1], value, fields)
    return document


def _replace(document: Any, fields: Mapping[str, Any]) -> Any:
    parts = _parts(fields, "path")
    value = _value(fields)
    if not parts:
        return value
    parent = _parent(document, parts, fields)
    _get(parent, parts[-1], fields)
    if isinstance(parent, list):
        parent[_index(parts[-1], len(parent), fields)] = value
    else:
        parent[parts[-1]] = value
    return document


def _remove(document: Any, fields: Mapping[str, Any]) -> Any:
    parts = _parts(fields, "path")
    _take(_parent(document, parts, fields), parts, fields)
    return document


def _move(document: Any, fields: Mapping[str, Any]) -> Any:
    source, target = _parts(fields, "from"), _parts(fields, "path")
    value = _take(_parent(document, source, fields), source, fields)
    _insert(_parent(document, target, fields), target[-1], value, fields)
    return document


def _copy_value(document: Any, fields: Mapping[str, Any]) -> Any:
    source, target = _parts(fields, "from"), _parts(fields, "path")
    value = _get(_parent(document, source, fields), source[-1], fields)
    _insert(_parent(document, target, fields), target[-1], _copy(value), fields)
    return document


OPERATIONS: dict[str, Operation] = {
    "add": _add,
    "remove": _remove,
    "replace": _replace,
    "move": _move,
    "copy": _copy_value,
}


def _parts(fields: Mapping[str, Any], key: str) -> list[str]:
    pieces = as_str(fields.get(key)).split("/")[1:]
    return [piece.replace("~1", "/").replace("~0", "~") for piece in pieces]


def _value(fields: Mapping[str, Any]) -> Any:
    """Read the operation's value: a string that holds JSON."""
    import json  # costly, and few runs meet a patch

    text = fields.get("value")
    if not isinstance(text, str):
        raise _failure(fields, "it has no value")
    try:
        return json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise _failure(fields, f"its value is not JSON: {text}") from None


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _create_parents(document: Any, parts: list[str], fields: Mapping[str, Any]) -> None:
    """Make the objects and lists on the way to the last part that do not exist yet."""
    here = document
    for part, following in pairwise(parts):
        child = _peek(here, part)
        if child is None:
            child = _new_parent(following, fields)
            _pad_to(here, part, fields)
            if isinstance(here, dict):
                here[part] = child
            else:
                _insert(here, part, child, fields)
        here = child


def _new_parent(following: str, fields: Mapping[str, Any]) -> dict[str, Any] | list[Any]:
    if following == "-":
        return []
    if not _is_index(following):
        return {}
    index = int(following)
    if index < -1:
        raise _failure(fields, f"{following} is no index in a new list")
    return [None] * _paddable(max(index, 0), fields)


def _pad_to(here: Any, part: str, fields: Mapping[str, Any]) -> None:
    if isinstance(here, list) and _is_index(part):
        here.extend([None] * (_paddable(int(part), fields) - len(here)))


def _paddable(index: int, fields: Mapping[str, Any]) -> int:
    """Return the index, if a list can be padded up to it at bearable cost; no real container comes near the limit."""
    if index > MOST_ELEMENTS:
        raise _failure(fields, f"the index {index} is too large")
    return index


MOST_ELEMENTS = 10_000


def _peek(here: Any, part: str) -> Any:
    if isinstance(here, dict):
        return here.get(part)
    if isinstance(here, list) and _is_index(part) and -len(here) <= int(part) < len(here):
        return here[int(part)]
    return None


def _parent(document: Any, parts: list[str], fields: Mapping[str, Any]) -> Any:
    if not parts:
        raise _failure(fields, "the path is empty")
    here = document
    for part in parts[:-1]:
        here = _get(here, part, fields)
    if not isinstance(here, dict | list):
        raise _failure(fields, "the path leads through a value that is neither object nor list")
    return here


def _get(here: Any, part: str, fields: Mapping[str, Any]) -> Any:
    if isinstance(here, list):
        return here[_index(part, len(here), fields)]
    if not isinstance(here, dict) or part not in here:
        raise _failure(fields, f'there is no "{part}"')
    return here[part]


def _take(parent: Any, parts: list[str], fields: Mapping[str, Any]) -> Any:
    value = _get(parent, parts[-1], fields)
    del parent[_index(parts[-1], len(parent), fields) if isinstance(parent, list) else parts[-1]]
    return value


def _insert(parent: Any, part: str, value: Any, fields: Mapping[str, Any]) -> None:
    if isinstance(parent, dict):
        parent[part] = value
    elif not isinstance(parent, list):
        raise _failure(fields, "the path leads through a value that is neither object nor list")
    elif part == "-":
        parent.append(value)
    else:
        # One longer than the list: the place behind the last element is a valid one to insert at.
        parent.insert(_index(part, len(parent) + 1, fields), value)


def _index(part: str, length: int, fields: Mapping[str, Any]) -> int:
    if not _is_index(part):
        raise _failure(fields, f'"{part}" is no index of a list')
    index = int(part)
    if not -length <= index < length:
        raise _failure(fields, f"there is no element {part}")
    return index + length if index < 0 else index


def _is_index(part: str) -> bool:
    digits = part[1:] if part[:1] in ("-", "+") else part
    return digits.isascii() and digits.isdigit() and len(digits) < 10


def _failure(fields: Mapping[str, Any], why: str) -> PatchFailed:
    op, path, source = (as_str(fields.get(key)) for key in ("op", "path", "from"))
    return PatchFailed(f'{op} "{path}"{f" from {source!r}" if source else ""}: {why}')


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copy(child) for key, child in value.items()}
    if isinstance(value, list):
        return [_copy(child) for child in value]
    return value
