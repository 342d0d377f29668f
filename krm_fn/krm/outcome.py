"""What a rule may say: an Edit of an item, an Emit of a resource that shall exist, a Result for the reader.

Rules do nothing themselves; the pipeline in ``krm_fn.function`` carries out what they say. Results follow the
``results`` of the KRM functions specification (severity, resourceRef, field, file, tags).
"""

from __future__ import annotations

from krm_fn.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from krm_fn.krm.resource import Item

    Path = tuple[str | int, ...]

ERROR = "error"  # the outcome would be rejected, or would not work: nothing is transformed, exit code 1
WARNING = "warning"  # it will be applied, but is likely not what the author wants
INFO = "info"  # a decision taken
SEVERITIES = (ERROR, WARNING, INFO)  # most severe first


class Removed:
    """The value of an Edit that takes a field away."""

    def __repr__(self) -> str:
        return "REMOVED"


REMOVED = Removed()


class Edit(Record):
    """Set the field at `path` of an item to `value` (creating mappings on the way), or remove it (`REMOVED`)."""

    item: Item
    path: Path
    value: Any


class Emit(Record):
    """This resource shall exist; it was derived from `origin` (None: from the functionConfig alone)."""

    data: dict[str, Any]
    origin: Item | None = None


class Result(Record):
    """One entry of ``results``: a stable kebab-case code, a message that says what, where, why and what to do.

    `current` and `proposed` are plain values of the field, None where they would not help.
    """

    code: str
    severity: str
    message: str
    item: Item | None = None
    field: str = ""
    current: Any = None
    proposed: Any = None


class Summary(Record):
    """What a run did, in numbers."""

    items: int = 0
    changed: int = 0
    added: int = 0
    removed: int = 0
    local_dataplanes: int = 0


class Outcome(Record):
    """What a run decided: entries of the input that change (their new text) or go, new ones, and all results in order.

    `exit_code` is 0, or 1 if a result is an error; then nothing changes, goes or comes.
    """

    results: tuple[Result, ...]
    summary: Summary
    changed: Mapping[int, str] = {}
    removed: frozenset[int] = frozenset()
    added: tuple[dict[str, Any], ...] = ()

    @property
    def exit_code(self) -> int:
        """0: fine, also with warnings; 1: there are errors."""
        return int(any(result.severity == ERROR for result in self.results))


def error(
    code: str, message: str, item: Item | None = None, field: str = "", current: Any = None, proposed: Any = None
) -> Result:
    """Return a Result of severity error."""
    return Result(code, ERROR, message, item, field, current, proposed)


def warning(
    code: str, message: str, item: Item | None = None, field: str = "", current: Any = None, proposed: Any = None
) -> Result:
    """Return a Result of severity warning."""
    return Result(code, WARNING, message, item, field, current, proposed)


def info(
    code: str, message: str, item: Item | None = None, field: str = "", current: Any = None, proposed: Any = None
) -> Result:
    """Return a Result of severity info."""
    return Result(code, INFO, message, item, field, current, proposed)


def field_path(*steps: str | int) -> str:
    """Write a path as Kubernetes' own field errors do: ``spec.rules[0].host``, ``metadata.labels[kuma.io/mesh]``."""
    text = ""
    for step in steps:
        if isinstance(step, int) or "." in step or "/" in step:
            text += f"[{step}]"
        else:
            text += f".{step}" if text else step
    return text
