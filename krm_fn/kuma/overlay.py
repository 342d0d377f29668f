"""Laying the keys of a configuration file over a Record of defaults.

A key belongs to the field of the same name in snake case, whatever its case; unknown keys are ignored, as Go's JSON
reader does. How a value is read depends on the type of the default it replaces.
"""

from __future__ import annotations

from krm_fn.krm.fields import as_int
from krm_fn.kuma.reading import KumaValueError, Quantity, parse_duration, parse_quantity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, TypeVar

    from krm_fn.record import Record

    R = TypeVar("R", bound=Record)


class Duration(int):
    """Nanoseconds; in the file a Go duration text, or a bare number of nanoseconds."""


class Texts(tuple[str, ...]):
    """A list of strings; a list in the file replaces it."""


class Numbers(tuple[int, ...]):
    """A list of numbers; a list in the file replaces it."""


class TextMap(tuple[tuple[str, str], ...]):
    """A map of strings as pairs; a map in the file is merged over it."""


def overlay(record: R, values: object) -> R:
    """Return the record with the values laid over it: mappings merged, lists replaced, null as if absent.

    Raise KumaValueError, whose key is the path of the value, where a value has the wrong type or cannot be read.
    """
    laid: R = _overlay(record, values, ())
    return laid


Path = tuple[str, ...]


def _overlay(record: Any, values: object, path: Path) -> Any:
    if not isinstance(values, dict):
        raise _wrong(path, "a mapping", values)
    fields = {field.replace("_", ""): field for field in record._fields}
    changes: dict[str, Any] = {}
    for key, value in values.items():
        field = fields.get(key.lower()) if isinstance(key, str) else None
        if field is not None and value is not None:
            current = changes.get(field, getattr(record, field))
            read: Callable[..., Any] = READERS.get(type(current), _overlay)
            changes[field] = read(current, value, (*path, key))
    return record.replace(**changes) if changes else record


def _wrong(path: Path, wanted: str, value: object) -> KumaValueError:
    name = ".".join(path)
    return KumaValueError(f"{name or 'config'} must be {wanted}, not {_shown(value)}", name)


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return f'"{value}"' if isinstance(value, str) else str(value)


def _bool(_current: object, value: object, path: Path) -> bool:
    if isinstance(value, bool):
        return value
    raise _wrong(path, "true or false", value)


def _int(_current: object, value: object, path: Path) -> int:
    number = as_int(value)
    if number is None or number < 0:
        raise _wrong(path, "a number of at least 0", value)
    return number


def _text(_current: object, value: object, path: Path) -> str:
    if isinstance(value, str):
        return value
    raise _wrong(path, "a string", value)


def _duration(_current: object, value: object, path: Path) -> Duration:
    number = as_int(value)
    if number is not None:
        return Duration(number)
    if isinstance(value, str):
        try:
            return Duration(parse_duration(value))
        except KumaValueError as error:
            raise _unreadable(path, error) from None
    raise _wrong(path, "a duration such as 30s", value)


def _amount(_current: object, value: object, path: Path) -> Quantity:
    try:
        return parse_quantity(value)
    except KumaValueError as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: KumaValueError) -> KumaValueError:
    name = ".".join(path)
    return KumaValueError(f"{name}: {error.message}", name)


def _texts(_current: object, value: object, path: Path) -> Texts:
    return Texts(_text(None, entry, where) for entry, where in _entries(value, path))


def _numbers(_current: object, value: object, path: Path) -> Numbers:
    return Numbers(_int(None, entry, where) for entry, where in _entries(value, path))


def _entries(value: object, path: Path) -> Iterator[tuple[object, Path]]:
    if not isinstance(value, list):
        raise _wrong(path, "a list", value)
    for index, entry in enumerate(value):
        yield entry, (*path[:-1], f"{path[-1]}[{index}]")


def _text_map(current: TextMap, value: object, path: Path) -> TextMap:
    if not isinstance(value, dict):
        raise _wrong(path, "a mapping", value)
    added = {str(key): _text(None, entry, (*path, str(key))) for key, entry in value.items()}
    return TextMap((dict(current) | added).items())


READERS: dict[type, Callable[..., Any]] = {
    bool: _bool,
    int: _int,
    str: _text,
    Duration: _duration,
    Quantity: _amount,
    Texts: _texts,
    Numbers: _numbers,
    TextMap: _text_map,
}
