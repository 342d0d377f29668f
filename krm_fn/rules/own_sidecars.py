"""Workloads and the sidecars that manual mode wrote into them: how the pod templates were before.

Asked by ``krm_fn.rules.membership``, so that every rule decides on what the author wrote, whether the sidecar is in the
manifest already or not.
"""

from __future__ import annotations

from krm_fn.krm.fields import dig
from krm_fn.krm.resource import PodTemplate, Workload
from krm_fn.kuma.undone_sidecar import undone
from krm_fn.kuma.written_sidecar import has_record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from krm_fn.krm.resources import Resources
    from krm_fn.kuma.undone_sidecar import Undone


def template_of(workload: Workload) -> dict[str, Any] | None:
    """The plain data of a workload's pod template as it stands; None where it has none."""
    data = dig(workload.item.data, *(str(step) for step in workload.template.path))
    return data if isinstance(data, dict) else None


def without_sidecar(workload: Workload) -> Undone | None:
    """The pod template without the sidecar that krm-fn wrote; None where it wrote none."""
    template = template_of(workload)
    return undone(template) if template is not None and has_record(template) else None


def before_injection(workload: Workload, resources: Resources) -> Workload:
    """The workload as its author wrote it: without the sidecar, unless that has been edited by hand."""
    before = resources.origin(template_of(workload))
    if before is None:
        found = without_sidecar(workload)
        if found is None or found.conflicts:
            return workload
        before = found.template
    view = Workload(workload.item, workload.template.path)
    view.template = PodTemplate(before, workload.template.path)
    return view
