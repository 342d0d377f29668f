"""Collecting violations while walking through data whose shape nobody has checked."""

from __future__ import annotations

from krm_fn.krm.fields import as_int
from krm_fn.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PORT_MAX = 65535
PORT_RANGE = f"port must be in the range [1, {PORT_MAX}]"


class Violation(Record):
    """What is wrong, and where, as Kuma writes paths: `spec.networking.inbound[0].tags["kuma.io/service"]`."""

    path: str
    message: str


class Findings:
    """Violations in the order in which they are found, and readers that add one where a type is wrong."""

    def __init__(self) -> None:
        self.violations: list[Violation] = []

    def add(self, path: str, message: str) -> None:
        self.violations.append(Violation(path, message))

    def require(self, fine: bool, path: str, message: str) -> None:
        """Add the message unless all is fine."""
        if not fine:
            self.add(path, message)

    def mapping(self, value: object, path: str) -> dict[Any, Any]:
        if value is not None and not isinstance(value, dict):
            self.add(path, "must be a mapping")
        return value if isinstance(value, dict) else {}

    def mappings(self, value: object, path: str) -> list[tuple[dict[Any, Any], str]]:
        """The entries of a list of mappings, each with its path."""
        if value is not None and not isinstance(value, list):
            self.add(path, "must be a list")
        entries = value if isinstance(value, list) else []
        return [(self.mapping(entry, f"{path}[{i}]"), f"{path}[{i}]") for i, entry in enumerate(entries)]

    def text(self, value: object, path: str) -> str:
        if value is not None and not isinstance(value, str):
            self.add(path, "must be a string")
        return value if isinstance(value, str) else ""

    def number(self, value: object, path: str) -> int:
        """A whole number; absent is 0, as in protobuf."""
        number = as_int(value)
        if value is not None and number is None:
            self.add(path, "must be a whole number")
        return number or 0

    def port(self, value: object, path: str, *, optional: bool = False) -> int:
        """A port; absent and 0 are allowed only if it is optional."""
        before = len(self.violations)
        number = self.number(value, path)
        if len(self.violations) == before and not (optional and number == 0):
            self.require(1 <= number <= PORT_MAX, path, PORT_RANGE)
        return number

    def texts(self, value: object, path: str) -> dict[str, str]:
        """A mapping of strings; entries of other types are reported and left out."""
        found = {}
        for key, entry in self.mapping(value, path).items():
            if isinstance(key, str) and isinstance(entry, str):
                found[key] = entry
            else:
                self.add(f'{path}["{key}"]', "must be a string")
        return dict(sorted(found.items()))
