"""Settings that hold for many routes, judged and written: where one is on, where one is made best, and its edit.

What carries them is found by ``krm_fn.rules.carriers``, and which of that is best for a route by
``krm_fn.rules.places``. What is there is edited; a policy that a product needs is generated where nothing in the
package can carry its setting, one for each route. Such a policy is merged with those of the Gateway
(``Switch.merged_by``), which may be somebody else's and not in the package: without that it would replace them,
timeouts and rate limits and all
(https://github.com/envoyproxy/gateway/blob/main/internal/gatewayapi/backendtrafficpolicy.go).
"""

from __future__ import annotations

from krm_fn.gateways.product import CLASS_WIDE, PARENT_PARAMETERS, TARGET_REFS, UPSTREAM
from krm_fn.gateways.references import value_at
from krm_fn.krm.fields import as_list
from krm_fn.krm.outcome import Edit, Emit, field_path, info, warning
from krm_fn.rules.carriers import carriers, shared_switches
from krm_fn.rules.editing import set_value
from krm_fn.rules.own_pods import image_before
from krm_fn.rules.recognition import is_excluded
from krm_fn.rules.wording import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from krm_fn.config.meshsetup import MeshSetup
    from krm_fn.gateways.product import Product, Switch
    from krm_fn.gateways.routes import Backend
    from krm_fn.krm.outcome import Result
    from krm_fn.krm.resource import Item
    from krm_fn.krm.resources import Resources
    from krm_fn.rules.backends import Facts
    from krm_fn.rules.own_pods import Carrier
    from krm_fn.rules.places import Passed, Place

    Said = Iterator[Edit | Emit | Result]

OBJECT_SET = "gateway-object-switch"
OBJECT_KEPT = "gateway-object-switch-kept"
OBJECT_LEFT = "gateway-object-switch-left"
POLICY_EMITTED = "gateway-policy-generated"

NAME_LENGTH = 253  # of an object's name


def is_on_in_objects(product: Product, backend: Backend, resources: Resources) -> Item | None:
    """The object that turns the product's setting on for a route, if one does and none that is stronger says no."""
    for switch in shared_switches(product, backend):
        if image_before(switch, product, resources):
            continue
        found = carriers(switch, product, backend, resources)
        speaking = [carrier for carrier in found if carrier.value is not None]
        if not speaking:
            continue
        complete = len(speaking) == len(found) or switch.found_by == TARGET_REFS
        if switch.found_by == PARENT_PARAMETERS:
            from krm_fn.rules.places import each_gateway_has_one  # few products have such parameters

            complete = complete and each_gateway_has_one(switch, backend, resources)
        return speaking[0].item if complete and all(carrier.is_on for carrier in speaking) else None
    return None


def can_write_for_route(product: Product, backend: Backend) -> bool:
    """Whether the product's way to dial Services is a setting that can be made for this route without others."""
    return any(s.purpose == UPSTREAM and s.found_by not in CLASS_WIDE for s in shared_switches(product, backend))


def is_planned(product: Product, backend: Backend, facts: Facts) -> str:
    """The policy that is generated for a route, in words, empty where none is."""
    if not can_write_for_route(product, backend):
        return ""
    from krm_fn.rules.places import best_place

    place = best_place(product, backend, facts)
    if place.switch is None or place.carriers:
        return ""
    return f"{place.switch.object} {backend.item.namespace}/{policy_name(backend.item)}"


class Objects:
    """What one run of the rule writes for many routes: each is said once, whatever number of routes it holds for."""

    def __init__(self, setup: MeshSetup) -> None:
        self.setup = setup
        self._said: set[object] = set()
        self._lists: dict[object, list[Any]] = {}

    def for_route(self, product: Product, backend: Backend, place: Place) -> Said:
        """Turn the setting on for one route: where somebody set it already, in the objects at hand, or in a new one."""
        for passed in place.passed:
            yield from self._left(product, passed)
        for carrier in place.carriers:
            yield from self.write(product, carrier)
        if place.switch is not None and not place.carriers:
            yield from self._emit(product, place.switch, backend)

    def _left(self, product: Product, passed: Passed) -> Said:
        """Tell once of an object that would hold for too much."""
        carrier, switch = passed.carrier, passed.switch
        key = (OBJECT_LEFT, carrier.item.place, carrier.path)
        if key in self._said:
            return
        self._said.add(key)
        yield info(
            OBJECT_LEFT,
            f"{product.name} reads {switch.key}: {shown(switch.value)} for many routes at once; it is not written "
            f"here, and what leads into a mesh gets a setting of its own: {passed.why}",
            carrier.item,
            field_path(*carrier.path),
            None,
            carrier.wanted,
        )

    def write(self, product: Product, carrier: Carrier) -> Said:
        """Turn the setting on in one carrier, unless somebody has said something there."""
        item, path = carrier.item, carrier.path
        key = (item.place, path, str(carrier.wanted))
        if key in self._said or is_excluded(item, self.setup):
            return
        self._said.add(key)
        field = field_path(*path)
        if carrier.value is None:
            yield from self._appended(carrier) if carrier.append else set_value(item, path, carrier.wanted)
        elif not carrier.is_on:
            yield warning(
                OBJECT_KEPT,
                f"{product.name} reads this for many routes at once; the manifest says "
                f"{shown(carrier.value)!r}, which is kept: they lead to pods and bypass the mesh, which strict mTLS "
                f"refuses; take the setting away, or name the {item.kind} in spec.serviceUpstream.exclude if that is "
                "meant",
                item,
                field,
                carrier.value,
                carrier.wanted,
            )
            return
        yield info(
            OBJECT_SET,
            f"{product.name} sends to Service addresses for all routes that this object holds for",
            item,
            field,
            None,
            carrier.wanted,
        )

    def _appended(self, carrier: Carrier) -> Iterator[Edit]:
        """The list with one more entry, and with those that were added to it a moment ago."""
        key = (carrier.item.place, carrier.path)
        there = self._lists.get(key)
        if there is None:
            there = as_list(value_at(carrier.item.data, carrier.path))
        self._lists[key] = [*there, carrier.wanted]
        yield Edit(carrier.item, carrier.path, self._lists[key])

    def _emit(self, product: Product, switch: Switch, backend: Backend) -> Said:
        item = backend.item
        if item.place in self._said:
            return
        self._said.add(item.place)
        name = policy_name(item)
        merged = dict([switch.merged_by]) if switch.merged_by[0] else {}
        yield Emit(
            {
                "apiVersion": f"{switch.group}/{switch.version}",
                "kind": switch.object,
                "metadata": {"name": name, "namespace": item.namespace},
                "spec": {
                    "targetRefs": [{"group": item.group, "kind": item.kind, "name": item.name}],
                    **merged,
                    switch.key.removeprefix("spec."): switch.value,
                },
            },
            item,
        )
        yield info(
            POLICY_EMITTED,
            f"{product.name} sends to Service addresses by the {switch.object} {item.namespace}/{name}, which is "
            f"generated for this route (read since release {switch.since})",
            item,
        )


def policy_name(item: Item) -> str:
    """The name of the policy that is generated for a route."""
    name = f"{item.name}-{item.kind.lower()}-service-routing"
    if len(name) <= NAME_LENGTH:
        return name
    from zlib import crc32

    return f"{name[: NAME_LENGTH - 9].rstrip('-.')}-{crc32(name.encode()):08x}"
