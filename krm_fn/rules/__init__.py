"""The steps of the function, one module each: the feature list, in the order of the contract.

A rule looks at the Resources and says what shall change; it changes nothing itself. Each rule sees what the ones before
it changed. A rule's module is loaded when the configuration wants what it does: the function is started anew for every
build, and loading costs more than running.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from krm_fn.config.meshsetup import MeshSetup
    from krm_fn.krm.outcome import Edit, Emit, Result
    from krm_fn.krm.resources import Resources

    Rule = Callable[[Resources, MeshSetup], Iterable[Edit | Emit | Result]]


def _always(setup: MeshSetup) -> bool:
    return True


def _sidecars_written(setup: MeshSetup) -> bool:
    return setup.injection.mode == "manual"


def _decisions_told(setup: MeshSetup) -> bool:
    return setup.results_level == "info"


class LateRule:
    """The rule `__name__` of a module of this package, loaded when it is `wanted`; otherwise it has nothing to say."""

    __slots__ = ("__name__", "_module", "wanted")

    def __init__(self, module: str, name: str, wanted: Callable[[MeshSetup], bool] = _always) -> None:
        self._module = module
        self.__name__ = name
        self.wanted = wanted

    def __call__(self, resources: Resources, setup: MeshSetup) -> Iterable[Edit | Emit | Result]:
        return self.load()(resources, setup) if self.wanted(setup) else ()

    def load(self) -> Rule:
        """The rule itself."""
        module = __import__(f"{__name__}.{self._module}", fromlist=(self.__name__,))
        found: Rule = getattr(module, self.__name__)
        return found


RULES: tuple[LateRule, ...] = (
    LateRule("manual", "pristine", _sidecars_written),
    LateRule("injection", "injection", lambda setup: bool(setup.injection.rules)),
    LateRule("gateways", "gateways"),
    LateRule("hardening", "hardening", lambda setup: setup.gateways.harden != "off"),
    LateRule("manual", "manual", _sidecars_written),
    LateRule("service_upstream", "service_upstream", lambda setup: setup.service_upstream.enabled),
    LateRule("dataplanes", "dataplanes"),
    LateRule("external_names", "external_names", lambda setup: bool(setup.external_names)),
    LateRule("traffic_permissions", "traffic_permissions", lambda setup: setup.gateways.traffic_permissions == "emit"),
    LateRule("coverage", "gateway_coverage", _decisions_told),
    LateRule("checks", "checks"),
    LateRule("applied", "applied", lambda setup: setup.mark_applied),
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
