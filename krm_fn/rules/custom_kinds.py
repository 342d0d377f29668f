"""Whether a package holds custom resources of which operators make gateway pods: most do not, and pay nothing.

What such resources hold is in ``krm_fn.rules.custom_pods``, which is read only where one of the kinds is there.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from krm_fn.krm.resources import Resources
    from krm_fn.rules.custom_pods import Pods

CUSTOM_KINDS = (
    "DataPlane",
    "GatewayConfiguration",
    "EnvoyProxy",
    "GatewayParameters",
    "ContourDeployment",
    "Gateway",
    "HelmChartConfig",
)
"""The kinds of ``krm_fn.rules.custom_rows.ROWS``."""


def custom_pods(resources: Resources) -> tuple[Pods, ...]:
    """The pods that operators make of custom resources, in the order of the table and then of the input."""
    if not any(resources.of_kind(kind) for kind in CUSTOM_KINDS):
        return ()
    from krm_fn.rules.custom_pods import read

    return read(resources)
