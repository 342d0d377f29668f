"""The annotations that make gateways send to the Service address, so that the mesh can route.

Two layers. What Kuma does itself, exactly: two annotations on every Service of a labelled Namespace
(``krm_fn.kuma.service_upstream``). And, with ``scope: mesh``, what its users are told to do by hand: the same on
Services whose pods joined by their template or by a rule (https://github.com/kumahq/kuma/issues/11994), and the
settings of products that read something else, for the routes that they serve (``krm_fn.rules.product_switches``).
"""

from __future__ import annotations

from krm_fn.krm.fields import as_map, dig
from krm_fn.krm.outcome import INFO, field_path, info, warning
from krm_fn.kuma import names
from krm_fn.kuma.reading import KumaValueError
from krm_fn.kuma.service_upstream import (
    NAMESPACE_MISSING,
    NAMESPACE_NOT_INJECTED,
    UPSTREAM_ANNOTATIONS,
    decide_upstream,
)
from krm_fn.kuma.services import EXTERNAL_NAME, is_ignored
from krm_fn.rules.editing import set_text
from krm_fn.rules.membership import selected_by
from krm_fn.rules.recognition import backends_of, is_excluded
from krm_fn.rules.wording import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from krm_fn.config.meshsetup import MeshSetup
    from krm_fn.krm.outcome import Edit, Emit, Result
    from krm_fn.krm.resource import Item, Namespace
    from krm_fn.krm.resources import Resources
    from krm_fn.rules.membership import Member

UPSTREAM_SET = "service-upstream"
UPSTREAM_OVERWRITTEN = "service-upstream-overwritten"
UPSTREAM_KEPT = "service-upstream-kept"
SERVICE_MIXED = "service-half-in-mesh"


def service_upstream(resources: Resources, setup: MeshSetup) -> Iterator[Edit | Emit | Result]:
    """Write the annotations on Services, then those of further products where they read them."""
    settings = setup.service_upstream
    if not settings.enabled:
        return
    for service in resources.services:
        if not is_excluded(service, setup):
            yield from _on_service(service, resources, setup)
    if settings.scope == "mesh" and backends_of(resources, setup):
        from krm_fn.rules.product_switches import product_switches  # most packages have no route and need none of it

        yield from product_switches(resources, setup)


def _on_service(service: Item, resources: Resources, setup: MeshSetup) -> Iterator[Edit | Result]:
    """One Service. Values that Kuma cannot read are errors in any case: see krm_fn.rules.check_services."""
    try:
        decision = decide_upstream(service.data, as_resource(resources.namespaces.get(service.namespace)))
    except KumaValueError:
        return
    told = setup.results_level == INFO
    if decision.write:
        yield from _as_kuma_does(service, told)
        yield from _mixed(service, resources, setup)
    elif setup.service_upstream.scope == "mesh" and decision.reason in NOT_LABELLED and _may_be_written(service):
        joined = [member for member in _members_of(service, resources, setup) if member.in_mesh]
        if joined:
            yield from _as_users_do(service, joined[0])
            yield from _mixed(service, resources, setup)


def kuma_writes(service: Item, resources: Resources) -> bool:
    """Whether Kuma itself annotates the Service, whatever this function does and whoever stands behind it."""
    try:
        return decide_upstream(service.data, as_resource(resources.namespaces.get(service.namespace))).write
    except KumaValueError:
        return False


NOT_LABELLED = (NAMESPACE_MISSING, NAMESPACE_NOT_INJECTED)


def as_resource(namespace: Namespace | None) -> dict[str, Any] | None:
    """A Namespace, also one that is only declared: what Kuma reads of it to judge a Service."""
    return None if namespace is None else {"metadata": {"labels": namespace.labels}}


def _may_be_written(service: Item) -> bool:
    """The exceptions that Kuma makes after it has looked at the Namespace hold everywhere."""
    return dig(service.data, "spec", "type") != EXTERNAL_NAME and not is_ignored(service.annotations)


def _as_kuma_does(service: Item, told: bool) -> Iterator[Edit | Result]:
    """Both annotations, over any other value."""
    there = as_map(service.metadata.get("annotations"))
    for key, value in UPSTREAM_ANNOTATIONS.items():
        path = ("metadata", "annotations", key)
        if there.get(key) != value:
            yield from set_text(service, path, value)
        if isinstance(there.get(key), str) and there[key] != value:
            yield warning(
                UPSTREAM_OVERWRITTEN,
                f'Kuma overwrites "{there[key]}" by "true" in a Namespace that is labelled for injection, and so '
                f'does this function: annotate the Service {names.IGNORE}: "true" if it shall stay out of the mesh '
                "(spec.serviceUpstream.exclude keeps only this function from writing)",
                service,
                field_path(*path),
                there[key],
                value,
            )
    if told:
        why = "its Namespace is labelled for injection"
        yield info(UPSTREAM_SET, f"gateways send to the Service address: {why}", service)


def _as_users_do(service: Item, member: Member) -> Iterator[Edit | Result]:
    """Both annotations where they are absent; what somebody wrote stays."""
    there = as_map(service.metadata.get("annotations"))
    for key, value in UPSTREAM_ANNOTATIONS.items():
        path = ("metadata", "annotations", key)
        if there.get(key) is None:
            yield from set_text(service, path, value)
        elif there[key] != value:
            yield warning(
                UPSTREAM_KEPT,
                f'the manifest says "{shown(there[key])}", which is kept, as Kuma keeps it in this Namespace: gateways '
                "that read the annotation send to the pods and bypass the mesh, which strict mTLS refuses; take the "
                "annotation away, or name the Service in spec.serviceUpstream.exclude if that is meant",
                service,
                field_path(*path),
                there[key],
                value,
            )
    why = f"it selects pods of {member.workload.item.words}, which are in mesh {member.mesh.name}"
    yield info(UPSTREAM_SET, f"gateways send to the Service address: {why}", service)


def _members_of(service: Item, resources: Resources, setup: MeshSetup) -> list[Member]:
    return selected_by(resources, setup).get((service.namespace, service.name), [])


def _mixed(service: Item, resources: Resources, setup: MeshSetup) -> Iterator[Result]:
    """A Service with pods inside and outside of the mesh."""
    selected = [m for m in _members_of(service, resources, setup) if m.decision.severity != "error"]
    inside = [member.workload.item.words for member in selected if member.in_mesh]
    outside = [member.workload.item.words for member in selected if not member.in_mesh]
    if inside and outside:
        yield warning(
            SERVICE_MIXED,
            f"it selects pods in the mesh ({', '.join(inside[:3])}) and pods outside ({', '.join(outside[:3])}): "
            "clients in the mesh reach the former only, clients outside are sent to both and are refused by the "
            "former under strict mTLS; inject all of them, or select them by different Services",
            service,
            "spec.selector",
        )
