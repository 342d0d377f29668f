"""The steps of the function, one module each: the feature list, in the order of the contract.

A rule looks at the Resources and says what shall change; it changes nothing itself. Each rule sees what the ones before
it changed.
"""

from __future__ import annotations

from krm_fn.rules.applied import applied
from krm_fn.rules.checks import checks
from krm_fn.rules.coverage import gateway_coverage
from krm_fn.rules.dataplanes import dataplanes
from krm_fn.rules.external_names import external_names
from krm_fn.rules.gateways import gateways
from krm_fn.rules.hardening import hardening
from krm_fn.rules.injection import injection
from krm_fn.rules.manual import manual, pristine
from krm_fn.rules.service_upstream import service_upstream
from krm_fn.rules.traffic_permissions import traffic_permissions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from krm_fn.config.meshsetup import MeshSetup
    from krm_fn.krm.outcome import Edit, Emit, Result
    from krm_fn.krm.resources import Resources

    Rule = Callable[[Resources, MeshSetup], Iterator[Edit | Emit | Result]]

RULES: tuple[Rule, ...] = (
    pristine,
    injection,
    gateways,
    hardening,
    manual,
    service_upstream,
    dataplanes,
    external_names,
    traffic_permissions,
    gateway_coverage,
    checks,
    applied,
)

GENERATED_KINDS = frozenset(
    {
        ("kuma.io", "Dataplane"),
        ("kuma.io", "MeshTrafficPermission"),
        ("gateway.envoyproxy.io", "BackendTrafficPolicy"),
        ("", "Service"),
    }
)
"""Group and kind of all that rules emit: an item of another kind that bears our mark was not made by us."""
