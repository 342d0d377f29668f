"""The mark that the function ran, where ``spec.markApplied`` asks for it.

`kubectl kustomize` skips exec functions without a word, so that an unprocessed build looks like a processed one; an
annotation on every Namespace, Service and workload lets a later check tell them apart.
"""

from __future__ import annotations

from krm_fn.krm.fields import as_map
from krm_fn.rules.editing import set_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from krm_fn.config.meshsetup import MeshSetup
    from krm_fn.krm.outcome import Edit, Result
    from krm_fn.krm.resources import Resources

APPLIED = "fn.kuma.io/applied"


def applied(resources: Resources, setup: MeshSetup) -> Iterator[Edit | Result]:
    """Annotate what the function is responsible for with its name."""
    if not setup.mark_applied:
        return
    namespaces = [item for item in resources.of_kind("Namespace") if item.group == ""]
    for item in (*namespaces, *resources.services, *(workload.item for workload in resources.workloads)):
        if as_map(item.metadata.get("annotations")).get(APPLIED) != setup.name:
            yield from set_text(item, ("metadata", "annotations", APPLIED), setup.name)
