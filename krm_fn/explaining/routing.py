"""Who routes to which Service, by which gateway, and how it is reached: the rules' coverage as plain data."""

from __future__ import annotations

from krm_fn.files.places import steps_of
from krm_fn.gateways.catalog import products_by_id
from krm_fn.kuma.reading import KumaValueError
from krm_fn.kuma.service_upstream import (
    BUILTIN_GATEWAY,
    IS_EXTERNAL_NAME,
    IS_IGNORED,
    NAMESPACE_INJECTED,
    NAMESPACE_MISSING,
    NAMESPACE_NOT_INJECTED,
    UPSTREAM_ANNOTATIONS,
    decide_upstream,
)
from krm_fn.rules.coverage import coverage
from krm_fn.rules.membership import selected_by
from krm_fn.rules.proxies import proxies_of
from krm_fn.rules.recognition import backends_of, is_excluded
from krm_fn.rules.service_upstream import as_resource

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from krm_fn.explaining.decisions import Decisions
    from krm_fn.krm.resource import Item
    from krm_fn.rules.coverage import CoveredBackend

UNKNOWN_PRODUCT = "unknown gateway"
WHY_UPSTREAM = {
    BUILTIN_GATEWAY: "it belongs to a builtin gateway of Kuma's own",
    NAMESPACE_MISSING: "nothing declares its Namespace",
    NAMESPACE_NOT_INJECTED: "its Namespace is not labelled for injection",
    IS_EXTERNAL_NAME: "it is of type ExternalName",
    IS_IGNORED: "it carries kuma.io/ignore",
    NAMESPACE_INJECTED: "its Namespace is labelled for injection",
}
WRITERS = ("service_upstream",)
"""The rules whose changes of a Service are about how gateways send to it."""


def product_name(product_id: str) -> str:
    """How people call a product."""
    known = products_by_id().get(product_id)
    return known.name if known else UNKNOWN_PRODUCT


def routed(decisions: Decisions, wanted: Callable[[CoveredBackend], bool]) -> list[dict[str, Any]]:
    """The backends that are wanted, each with its gateway, its route and how it is reached."""
    return [
        covered_data(covered, decisions) for covered in coverage(decisions.after, decisions.setup) if wanted(covered)
    ]


def covered_data(covered: CoveredBackend, decisions: Decisions) -> dict[str, Any]:
    """One reference to a Service as plain data."""
    proxies = proxies_of(covered.product, decisions.after, decisions.setup)
    data: dict[str, Any] = {
        "gateway": product_name(covered.product),
        "product": covered.product or None,
        "via": covered.via or None,
        "route": " → ".join(item.words for item in covered.way),
        "field": covered.path,
        "place": decisions.place(covered.route, *steps_of(covered.path)),
        "service": f"{covered.namespace}/{covered.service}",
        "port": covered.port,
        "status": covered.status,
        "gatewayMeshes": sorted({proxy.mesh for proxy in proxies if proxy.mesh}),
        "inMesh": covered.in_mesh,
        "obstacle": covered.obstacle or None,
        "how": covered.how,
    }
    if not covered.reached:
        data["reached"] = False
    return data


def references_of(route: Item, decisions: Decisions) -> list[dict[str, Any]]:
    """The Services that a route names, for a package that has nothing in a mesh, so that nothing is judged."""
    return [
        {"service": f"{backend.namespace}/{backend.service}", "port": backend.port, "field": backend.path}
        for backend in backends_of(decisions.after, decisions.setup)
        if backend.item.place == route.place
    ]


def upstream_of(service: Item, decisions: Decisions) -> dict[str, Any]:
    """What makes gateways send to a Service's address: the annotations that are there or get written, and why."""
    written = {c.path: c for c in decisions.changes_of(service) if c.rule in WRITERS}
    rows = []
    for key in dict.fromkeys((*UPSTREAM_ANNOTATIONS, *(str(path[-1]) for path in written))):
        path = ("metadata", "annotations", key)
        now = decisions.now(service).annotations.get(key)
        change = written.get(path)
        if now is None and change is None:
            continue
        row: dict[str, Any] = {"annotation": key, "value": now, "written": change is not None}
        if change is not None:
            row["before"] = change.before
        else:
            row["place"] = decisions.place(service, *path)
        rows.append(row)
    return {"annotations": rows, "why": _why(service, decisions)}


def _why(service: Item, decisions: Decisions) -> list[str]:
    """The rule's own words where it said any, else which of its conditions is not met."""
    settings = decisions.setup.service_upstream
    said = [r.message for r in decisions.results_of(service) if r.code.startswith("service-upstream")]
    if said:
        return said
    if not settings.enabled:
        return ["not written: spec.serviceUpstream.enabled is false"]
    if is_excluded(service, decisions.setup):
        return ["not written: spec.serviceUpstream.exclude names it"]
    namespace = decisions.after.namespaces.get(service.namespace)
    try:
        reason = decide_upstream(service.data, as_resource(namespace)).reason
    except KumaValueError as wrong:
        return [f"not written: {wrong}"]
    words = WHY_UPSTREAM[reason]
    if reason not in (NAMESPACE_MISSING, NAMESPACE_NOT_INJECTED):
        return [f"not written: {words}"]
    if settings.scope != "mesh":
        return [f"not written: {words}, and spec.serviceUpstream.scope is {settings.scope}"]
    selected = selected_by(decisions.after, decisions.setup).get((service.namespace, service.name), [])
    if not selected:
        return [f"not written: {words}, and it selects no pods of the package"]
    if not any(member.in_mesh for member in selected):
        return [f"not written: {words}, and none of the pods that it selects are in a mesh"]
    return [f"not written: {words}"]
