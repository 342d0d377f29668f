"""What keeps the setting of a route from doing its work: something beside it, or a release that does not know it.

``Switch.conflicts`` and ``Switch.since`` say what; here is looked whether the package has it.
"""

from __future__ import annotations

from krm_fn.gateways.references import concrete_steps, value_at
from krm_fn.gateways.switches import readable_for
from krm_fn.krm.fields import as_map, dig
from krm_fn.record import Record
from krm_fn.rules.wording import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from krm_fn.gateways.product import Conflict, Product, Switch
    from krm_fn.gateways.routes import Backend
    from krm_fn.krm.outcome import Path
    from krm_fn.krm.resource import Item
    from krm_fn.krm.resources import Resources


class Found(Record):
    """A conflict of a switch that is there: what it is, and where it stands."""

    conflict: Conflict
    item: Item
    path: Path
    value: object

    @property
    def words(self) -> str:
        """The key with its value."""
        value = f": {shown(self.value)}" if self.conflict.value else ""
        return f"{self.path[-1]}{value}"


def conflict_of(switch: Switch, on_service: bool, backend: Backend, resources: Resources) -> Found | None:
    """What stands beside a switch of a route and does not go together with it."""
    for conflict in switch.conflicts:
        service = resources.service(backend.namespace, backend.service)
        if conflict.service_type and (service is None or dig(service.data, "spec", "type") != conflict.service_type):
            continue
        found = _on(service, conflict) if on_service else _beside(backend, conflict)
        if found is not None:
            return found
    return None


def _on(service: Item | None, conflict: Conflict) -> Found | None:
    """An annotation; products that read such keys into fields do not mind their case."""
    for key, value in service.annotations.items() if service is not None else ():
        if service is not None and key.lower() == conflict.key and value.lower() == conflict.value:
            return Found(conflict, service, ("metadata", "annotations", key), value)
    return None


def _beside(backend: Backend, conflict: Conflict) -> Found | None:
    steps = concrete_steps(backend.path)
    value = as_map(value_at(backend.item.data, steps)).get(conflict.key)
    if value is None or (conflict.value and value is not (conflict.value == "true")):
        return None
    return Found(conflict, backend.item, (*steps, conflict.key), value)


def conflicts_of(product: Product, backend: Backend, resources: Resources) -> Iterator[tuple[Switch, Found]]:
    """The same for all that the product reads for a route."""
    for switch, on_service, _ in readable_for(product, backend):
        found = conflict_of(switch, on_service, backend, resources)
        if found is not None:
            yield switch, found
