"""Records: small immutable values with named, typed fields.

A subclass lists its fields as annotations, with defaults where it has them, as a frozen dataclass would:

    class Port(Record):
        number: int
        name: str = ""

The standard library's ``dataclasses`` would serve, but importing it (and building each class) costs more than all else
that a run on a small package does: see ``docs/decisions/0001-records.md``. Type checkers treat a Record as a frozen
dataclass. Default values must be immutable: they are shared.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Self, dataclass_transform
else:

    def dataclass_transform(**_options):
        return lambda cls: cls


@dataclass_transform(frozen_default=True)
class Record:
    """Base of all records: positional or keyword construction, equality, repr, `replace`."""

    _fields: tuple[str, ...] = ()
    if not TYPE_CHECKING:

        def __init__(self, *args, **kwargs):
            fields = self._fields
            values = self.__dict__
            if args:
                if len(args) > len(fields):
                    raise TypeError(f"{type(self).__name__} takes at most {len(fields)} values, {len(args)} given")
                for name, value in zip(fields, args, strict=False):  # mostly fewer values than fields
                    values[name] = value
            if kwargs:
                for name in kwargs:
                    if name not in fields or name in values:
                        raise TypeError(f"{type(self).__name__} has no further field {name!r}")
                values.update(kwargs)
            if len(values) < len(fields):
                for name in self._needed:
                    if name not in values:
                        raise TypeError(f"{type(self).__name__} needs a value for {name!r}")

        def __init_subclass__(cls):
            own = tuple(name for name in cls.__annotations__ if not name.startswith("_"))
            cls._fields = cls._fields + tuple(name for name in own if name not in cls._fields)
            cls._needed = tuple(name for name in cls._fields if not hasattr(cls, name))

        def __setattr__(self, name, value):
            raise AttributeError(f"{type(self).__name__} is immutable: {name!r} cannot be set")

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and all(getattr(self, f) == getattr(other, f) for f in self._fields)

    def __hash__(self) -> int:
        return hash((type(self), *(getattr(self, f) for f in self._fields)))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{f}={getattr(self, f)!r}' for f in self._fields)})"

    def replace(self, **changes: Any) -> Self:
        """Return a copy with the given fields changed."""
        return type(self)(**{f: getattr(self, f) for f in self._fields} | changes)
