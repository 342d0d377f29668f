"""Where a setting that holds for many routes is made best for one of them, and what speaks against each place.

What describes the proxies of a Gateway, and a policy, hold for further routes than the one that needs them. So the
backends of all of those are looked at: some would break with the setting, or break the Gateway
(``Switch.not_with_external_name``, ``Switch.headless_since``). A place with something against it is passed over for a
narrower one; where none is left, nothing is written and the reason is told.
"""

from __future__ import annotations

from krm_fn.gateways.product import PARENT_PARAMETERS, TARGET_REFS
from krm_fn.gateways.references import value_at
from krm_fn.gateways.switches import EXTERNAL, HEADLESS_SERVICE
from krm_fn.record import Record
from krm_fn.rules.carriers import attached_policies, carriers, gateways_of, parameters_of, shared_switches
from krm_fn.rules.own_pods import image_before, run_release
from krm_fn.rules.recognition import backends_of, is_excluded
from krm_fn.rules.wording import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from krm_fn.gateways.product import Product, Switch
    from krm_fn.gateways.routes import Backend
    from krm_fn.krm.outcome import Path
    from krm_fn.krm.resource import Item
    from krm_fn.krm.resources import Resources
    from krm_fn.rules.backends import Facts
    from krm_fn.rules.own_pods import Carrier


class Passed(Record):
    """A carrier that would hold for more than the route that is asked for, and why it is left alone."""

    switch: Switch
    carrier: Carrier
    why: str


class Place(Record):
    """Where to make a setting: in ``carriers``, or in a policy to be generated if there are none.

    Without a ``switch`` there is no place, and ``why`` says the reason, if one is known.
    """

    switch: Switch | None = None
    carriers: tuple[Carrier, ...] = ()
    passed: tuple[Passed, ...] = ()
    why: str = ""


def each_gateway_has_one(switch: Switch, backend: Backend, resources: Resources) -> bool:
    """Whether all Gateways of a route have parameters that the package holds."""
    gateways = gateways_of(backend, resources)
    return bool(gateways) and all(parameters_of(gateway, switch, resources) for gateway in gateways)


def best_place(product: Product, backend: Backend, facts: Facts) -> Place:
    """The setting to make for a route, and where.

    A policy that speaks already is stronger than anything else; then what describes the proxies of all its Gateways;
    then a policy that could speak; then one that is generated.
    """
    switches = {}
    unread = []
    for switch in shared_switches(product, backend):
        image = image_before(switch, product, facts.resources)
        if image:
            unread.append(f"{switch.object} has it since release {switch.since}, and the image {image} is older")
        else:
            switches[switch.found_by] = switch
    policy, parent = switches.get(TARGET_REFS), switches.get(PARENT_PARAMETERS)
    policies = carriers(policy, product, backend, facts.resources) if policy else ()
    passed: list[Passed] = []
    if policy and any(carrier.value is not None for carrier in policies):
        left = [Passed(policy, each, why) for each in policies if (why := _against(product, policy, each, facts))]
        kept = tuple(each for each in policies if all(each is not one.carrier for one in left))
        return Place(policy, kept, tuple(left))
    if parent and each_gateway_has_one(parent, backend, facts.resources):
        found = carriers(parent, product, backend, facts.resources)
        passed += _all_against(product, parent, found, facts)
        if not passed:
            return Place(parent, found)
    if policy is None or not (policies or policy.version):
        return Place(why=_reasons(passed, *unread))
    against = _all_against(product, policy, policies, facts)
    if policies and not against:
        return Place(policy, policies, tuple(passed))
    passed += against
    why = _against_generating(product, policy, backend, facts)
    return Place(why=_reasons(passed, why)) if why else Place(policy, (), tuple(passed))


def _reasons(passed: Iterable[Passed], *more: str) -> str:
    found = [f"{each.carrier.item.words} does not get it: {each.why}" for each in passed]
    return "; ".join(dict.fromkeys([*found, *more]))


def harmed_by_name(product: Product, backend: Backend, resources: Resources) -> str:
    """The setting that is on for a reference to an ExternalName Service and must not be, with what it does."""
    for switch in shared_switches(product, backend):
        said = [carrier for carrier in carriers(switch, product, backend, resources) if carrier.value is not None]
        for carrier in said:
            if switch.not_with_external_name and carrier.is_on:
                where = f"{carrier.item.words} has {switch.key}: {shown(carrier.value)} for it"
                return f"{where}: {switch.not_with_external_name}"
        if said:
            break
    return ""


# --- What speaks against a place --------------------------------------------------------------------------------------
def _all_against(product: Product, switch: Switch, found: Iterable[Carrier], facts: Facts) -> list[Passed]:
    return [Passed(switch, each, why) for each in found if (why := _against(product, switch, each, facts))]


def _against(product: Product, switch: Switch, carrier: Carrier, facts: Facts) -> str:
    """Why a setting cannot be made in an object, empty if it can, or need not, or nobody may."""
    if carrier.value is not None or is_excluded(carrier.item, facts.setup):
        return ""
    if carrier.hindrance:
        return carrier.hindrance
    place = carrier.item.place
    key = ("breaks", product.id, switch.object, place)  # of all routes that it holds for the answer is one
    return facts.resources.memo(key, lambda: _breaks(product, switch, _held_by(switch, facts).get(place, []), facts))


def _against_generating(product: Product, switch: Switch, backend: Backend, facts: Facts) -> str:
    """Why no policy is generated for a route."""
    attached = attached_policies(switch, backend, facts.resources)
    if attached.is_own:
        perhaps = next((each.policy for each in attached.doubtful if each.perhaps), None)
        there = perhaps.words if perhaps is not None else "it"
        return f"a {switch.object} generated for the route would clash with {there}"
    path = tuple(switch.key.split("."))
    for each in attached.doubtful:
        value = value_at(each.policy.data, path)
        if value is not None and value != switch.value:
            return f"{each.policy.words} says {switch.key}: {shown(value)} for a part of its Gateway, which is kept"
    return _breaks(product, switch, _of_routes(facts)[backend.item.place], facts)


def _of_routes(facts: Facts) -> dict[tuple[int, Path], list[Backend]]:
    """The backends of each route."""

    def build() -> dict[tuple[int, Path], list[Backend]]:
        found: dict[tuple[int, Path], list[Backend]] = {}
        for backend in backends_of(facts.resources, facts.setup):
            found.setdefault(backend.item.place, []).append(backend)
        return found

    return facts.resources.memo("backends of routes", build)


def _breaks(product: Product, switch: Switch, held: Iterable[Backend], facts: Facts) -> str:
    """The first of the backends that a setting holds for and would break, or with which it would break the rest."""
    for backend in held:
        state = facts.state(backend.namespace, backend.service)
        where = f"{backend.item.words} leads to Service {backend.namespace}/{backend.service}, which"
        if state == EXTERNAL and switch.not_with_external_name:
            return f"{where} is of type ExternalName: {switch.not_with_external_name}"
        since = switch.headless_since
        if (
            state == HEADLESS_SERVICE
            and since
            and not backend.route.udp
            and not run_release(since, switch.images, product, facts.resources)
        ):
            return f"{where} is headless, and {product.name} before release {since} breaks that then"
    return ""


def _held_by(switch: Switch, facts: Facts) -> dict[tuple[int, Path], list[Backend]]:
    """The backends of all routes that an object with the setting holds for, or may."""
    resources = facts.resources

    def build() -> dict[tuple[int, Path], list[Backend]]:
        found: dict[tuple[int, Path], list[Backend]] = {}
        for backend in backends_of(resources, facts.setup):
            for item in _holding(switch, backend, resources):
                found.setdefault(item.place, []).append(backend)
        return found

    return resources.memo(("held by", switch.object), build)


def _holding(switch: Switch, backend: Backend, resources: Resources) -> list[Item]:
    if switch.found_by == TARGET_REFS:
        return list(dict.fromkeys(each.policy for each in attached_policies(switch, backend, resources).everything))
    found = [parameters_of(gateway, switch, resources) for gateway in gateways_of(backend, resources)]
    return [item for item in found if item is not None]
