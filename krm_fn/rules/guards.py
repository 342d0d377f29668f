"""Settings that turn a product away from Services which it dials by itself: nobody sets them here, but they are told.

Such a field holds the name of an object, and the object's kind decides (`krm_fn.gateways.product.Naming`). For Emissary
https://github.com/emissary-ingress/emissary/blob/master/python/ambassador/ir/irserviceresolver.py
"""

from __future__ import annotations

from krm_fn.gateways.product import GUARD
from krm_fn.gateways.references import value_at
from krm_fn.krm.outcome import field_path, warning
from krm_fn.record import Record
from krm_fn.rules.recognition import is_excluded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from krm_fn.gateways.product import Naming, Product, Switch
    from krm_fn.gateways.routes import Backend
    from krm_fn.krm.outcome import Path, Result
    from krm_fn.krm.resource import Item
    from krm_fn.krm.resources import Resources
    from krm_fn.rules.backends import Facts

GUARD_KEPT = "gateway-switch-kept"


class Named(Record):
    """What a field names: ``dials`` tells whether the product then dials Services, None where nobody knows."""

    item: Item
    path: Path
    name: str
    kind: str
    dials: bool | None

    @property
    def words(self) -> str:
        """The field and what it names, for people."""
        what = f"the {self.kind} {self.name}" if self.kind else self.name
        return f"{field_path(*self.path)} of {self.item.words} names {what}"


def named_by_guard(product: Product, backend: Backend, resources: Resources) -> Named | None:
    """What the field names that decides for a route whether the product dials its Services."""
    guards = [switch for switch in product.switches if switch.purpose == GUARD and switch.naming is not None]
    for switch in sorted(guards, key=lambda switch: switch.object != backend.item.kind):
        for item in _holders(switch, product, backend, resources):
            path = tuple(switch.key.split("."))
            name = value_at(item.data, path)
            if isinstance(name, str) and name and switch.naming is not None:
                return Named(item, path, name, *_meaning(name, switch.naming, resources))
    return None


def _holders(switch: Switch, product: Product, backend: Backend, resources: Resources) -> list[Item]:
    if switch.object == backend.item.kind:
        return [backend.item]
    if switch.naming is None or any(route.kind == switch.object for route in product.routes):
        return []
    return [item for item in resources.of_kind(switch.object) if item.group == switch.naming.group]


def _meaning(name: str, naming: Naming, resources: Resources) -> tuple[str, bool | None]:
    """The kind of the object with a name, and whether it leads to Services."""
    for kind, dials in naming.kinds:
        if any(item.group == naming.group and item.name == name for item in resources.of_kind(kind)):
            return kind, dials
    return "", dict(naming.built_in).get(name)


def turned_away(
    product: Product, backends: tuple[Backend, ...], facts: Facts, told: set[tuple[int, Path]]
) -> Iterator[Result]:
    """Tell of the fields with which the product sends to pods, each once: ``told`` holds where they stand."""
    for backend in backends:
        found = named_by_guard(product, backend, facts.resources)
        if found is None or found.dials is not False or found.item.place in told:
            continue
        if facts.is_excluded(backend) or is_excluded(found.item, facts.setup):
            continue
        told.add(found.item.place)
        what = f"the {found.kind} {found.name}" if found.kind else f'"{found.name}"'
        yield warning(
            GUARD_KEPT,
            f"{product.name} reads this field; the manifest names {what}, which is kept: it sends to the pods of "
            f"Service {backend.namespace}/{backend.service} and bypasses the mesh, which strict mTLS refuses; take the "
            f"field away, or name the {found.item.kind} in spec.serviceUpstream.exclude if that is meant",
            found.item,
            field_path(*found.path),
            found.name,
        )
