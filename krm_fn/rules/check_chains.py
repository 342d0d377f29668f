"""Ways from routes to Services that lead nowhere, or to pods whatever is set.

Part of what ``spec.serviceUpstream`` reports with ``scope: mesh``, beside `krm_fn.rules.product_switches`.
"""

from __future__ import annotations

from krm_fn.gateways.chains import chains
from krm_fn.gateways.switches import ABSENT
from krm_fn.krm.outcome import warning
from krm_fn.kuma import names
from krm_fn.rules.backends import Facts, concerns_a_mesh
from krm_fn.rules.coverage import BYPASSED, coverage
from krm_fn.rules.product_switches import SWITCH_NONE
from krm_fn.rules.recognition import addressed_by, is_excluded
from krm_fn.rules.route_doubts import BACKEND_NOT_FOUND

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from krm_fn.config.meshsetup import MeshSetup
    from krm_fn.gateways.addresses import Addressed
    from krm_fn.krm.outcome import Result
    from krm_fn.krm.resources import Resources


def check_chains(resources: Resources, setup: MeshSetup) -> Iterator[Result]:
    """Tell of each missing object once for each that names it, and of each Service that a setting does not reach."""
    if concerns_a_mesh(resources, setup):
        yield from _missing_between(resources)
        facts = Facts(resources, setup)
        for backend in addressed_by(resources, setup):
            if backend.to_pods and facts.state(backend.namespace, backend.service) == ABSENT:
                yield from _missing_service(backend, resources)
        yield from _past_all_settings(resources, setup)


def _missing_between(resources: Resources) -> Iterator[Result]:
    told = set()
    for missing in chains(resources).missing:
        key = (missing.item.place, missing.kind, missing.namespace, missing.name)
        if key in told or _lives_elsewhere(missing.namespace, resources):
            continue
        told.add(key)
        yield warning(
            BACKEND_NOT_FOUND,
            f"the package has no {missing.kind} {missing.namespace}/{missing.name}: if the cluster has none either, "
            "the gateway answers with an error; if it has, put it into the package with the Services behind it, so "
            "that they are seen",
            missing.item,
            missing.path,
            missing.name,
        )


def _missing_service(backend: Addressed, resources: Resources) -> Iterator[Result]:
    if not _lives_elsewhere(backend.namespace, resources):
        yield warning(
            BACKEND_NOT_FOUND,
            f"the package has no Service {backend.namespace}/{backend.service}, which {backend.key} names: if the "
            "cluster has none either, the gateway does as if nothing was said; correct the name, or put the Service "
            "into the package",
            backend.item,
            backend.field,
            backend.service,
        )


def _lives_elsewhere(namespace: str, resources: Resources) -> bool:
    declared = resources.namespaces.get(namespace)
    return declared is not None and declared.item is None


def _past_all_settings(resources: Resources, setup: MeshSetup) -> Iterator[Result]:
    if not any(backend.to_pods for backend in addressed_by(resources, setup)):
        return
    from krm_fn.gateways.catalog import products_by_id

    to_pods = {(b.item.place, b.field) for b in addressed_by(resources, setup) if b.to_pods}
    for covered in coverage(resources, setup):
        if covered.status != BYPASSED or (covered.route.place, covered.path) not in to_pods:
            continue
        service = resources.service(covered.namespace, covered.service)
        if is_excluded(covered.route, setup) or (service is not None and is_excluded(service, setup)):
            continue
        yield warning(
            SWITCH_NONE,
            f"{products_by_id()[covered.product].name} sends to the pods of Service "
            f"{covered.namespace}/{covered.service} instead of its address, past the mesh, whatever is set: "
            f'{covered.written_in} has no setting for that; {names.DIRECT_ACCESS_SERVICES}: "*" on the pods of the '
            "gateway leads to them through the mesh; what is seen to in another way can be named in "
            "spec.serviceUpstream.exclude",
            covered.route,
            covered.path,
            covered.service,
        )
