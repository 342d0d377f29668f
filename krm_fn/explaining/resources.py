"""What was decided about one resource, as plain data: a workload, a Service, a Namespace, a route, or any other item.

Presentation only: every answer is a record that the rules made. `krm_fn.explaining.tree` writes the data for people.
"""

from __future__ import annotations

from krm_fn.explaining.decisions import ASKED_BY
from krm_fn.explaining.gateway import gateway_of, gateway_of_operator, marks_of_service
from krm_fn.explaining.membership import membership_of
from krm_fn.explaining.routing import product_name, references_of, routed, upstream_of
from krm_fn.krm.fields import as_map
from krm_fn.krm.outcome import REMOVED
from krm_fn.kuma import names
from krm_fn.kuma.injection import has_sidecar
from krm_fn.rules.backends import concerns_a_mesh
from krm_fn.rules.conversion import Package
from krm_fn.rules.custom_members import custom_members
from krm_fn.rules.membership import (
    control_plane_of,
    is_labelled,
    is_observed,
    is_outside_webhook,
    members,
    selected_by,
    services_of,
    version_of,
)
from krm_fn.rules.recognition import recognised
from krm_fn.rules.webhook import lacks_config_map

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from krm_fn.explaining.decisions import Decisions
    from krm_fn.krm.outcome import Result
    from krm_fn.krm.resource import Item
    from krm_fn.krm.resources import Resources
    from krm_fn.rules.coverage import CoveredBackend
    from krm_fn.rules.membership import Member

AT_ADMISSION, IN_MANIFEST, NO_SIDECAR = "at admission", "in the manifest", "none"
NATIVE = ", native"


def explained(item: Item, decisions: Decisions) -> dict[str, Any]:
    """All that was decided about an item of the package, by what it is."""
    item = decisions.now(item)
    data: dict[str, Any] = {"resource": named(item, decisions)}
    member = members(decisions.after, decisions.setup).get(item.place)
    custom = custom_members(decisions.after, decisions.setup).get(item.place, ())
    if member is not None:
        data |= _workload(member, decisions)
    elif custom:
        data["pods"] = [{"namespace": m.home.namespace} | membership_of(m, decisions) for m in custom]
        data["gateway"] = gateway_of_operator(custom[0].pods, decisions)
        data |= _route(item, decisions)
    elif (item.group, item.kind) == ("", "Service"):
        data |= _service(item, decisions)
    elif (item.group, item.kind) == ("", "Namespace"):
        data |= _namespace(item, decisions)
    else:
        data |= _route(item, decisions)
    data["findings"] = told(decisions.findings_of(item), decisions)
    data["decisions"] = told((r for r in decisions.results_of(item) if r.severity == "info"), decisions)
    data["changes"] = changes(item, decisions)
    return data


def explained_product(product_id: str, decisions: Decisions) -> dict[str, Any]:
    """What a gateway product of the package does: where it runs, and how it reaches each backend."""
    found = [
        gateway_of(workload.item, decisions) | {"workload": workload.item.words}
        for workload, recognition in recognised(decisions.after).values()
        if recognition.product == product_id
    ]
    return {
        "product": {"id": product_id, "name": product_name(product_id)},
        "workloads": found,
        "routes": routed(decisions, lambda covered: covered.product == product_id),
    }


def named(item: Item, decisions: Decisions) -> dict[str, Any]:
    """What names an item, and where it stands."""
    return {
        "apiVersion": item.api_version,
        "kind": item.kind,
        "namespace": item.namespace or None,
        "name": item.name,
        "place": decisions.place(item),
    }


def told(results: Iterable[Result], decisions: Decisions) -> list[dict[str, Any]]:
    """Results as plain data."""
    return [
        {
            "severity": result.severity,
            "code": result.code,
            "message": result.message,
            "field": result.field or None,
            "place": decisions.place_of(result),
        }
        for result in results
    ]


def changes(item: Item, decisions: Decisions) -> list[dict[str, Any]]:
    """The fields of an item that the function writes."""
    return [
        {
            "field": change.field,
            "before": change.before,
            "after": None if change.after is REMOVED else change.after,
            "rule": change.rule,
        }
        for change in decisions.changes_of(item)
    ]


# --- Workloads --------------------------------------------------------------------------------------------------------
def _workload(member: Member, decisions: Decisions) -> dict[str, Any]:
    item = member.workload.item
    views = services_of(member.workload, decisions.after, decisions.setup)
    selecting = [decisions.after.service(item.namespace, view.name) for view in views]
    data: dict[str, Any] = {
        "mesh": membership_of(member, decisions),
        "sidecar": sidecar_of(member, decisions),
        "services": [
            {"service": service.name, "place": decisions.place(service)} | _ports(service)
            | upstream_of(service, decisions)
            for service in selecting
            if service is not None
        ],
    }  # fmt: skip
    gateway = gateway_of(item, decisions)
    if gateway:
        data["gateway"] = gateway
        data["routes"] = routed(decisions, lambda covered: covered.product == gateway.get("product"))
    return data | dataplanes_of([member], decisions)[item.place]


def sidecar_of(member: Member, decisions: Decisions) -> str:
    """How the pods come by their sidecar."""
    template = decisions.now(member.workload.item)
    path = member.workload.template.path
    spec: Any = template.data
    for step in path:
        spec = as_map(spec).get(str(step))
    native = NATIVE if control_plane_of(decisions.after, decisions.setup).experimental.sidecar_containers else ""
    if has_sidecar(as_map(as_map(spec).get("spec"))):
        return IN_MANIFEST + native
    return AT_ADMISSION + native if member.in_mesh else NO_SIDECAR


def dataplanes_of(wanted: list[Member], decisions: Decisions) -> dict[Any, dict[str, Any]]:
    """The Dataplanes of each member by the place of its item, or why there is none; also where they are not emitted."""
    resources, setup = decisions.after, decisions.setup
    found: dict[Any, dict[str, Any]] = {}
    asked = []
    for member in wanted:
        item, template = member.workload.item, member.workload.template
        if item.kind == "PodTemplate":
            why = "no pods come of a PodTemplate by itself"
        elif not (
            member.in_mesh or is_observed(item) or template.annotations.get(names.GATEWAY) == names.GATEWAY_BUILTIN
        ):
            why = "its pods are in no mesh"
        elif lacks_config_map(resources, setup):
            why = "the ConfigMap of the transparent proxy is not in the package"
        else:
            asked.append(member)
            continue
        found[item.place] = {"dataplanes": [], "noDataplane": why}
    for made in Package(resources, setup).made(asked) if asked else ():
        why = "; ".join(result.message for result in made.results if not made.dataplanes)
        found[made.member.workload.item.place] = {"dataplanes": list(made.dataplanes)} | (
            {} if made.dataplanes else {"noDataplane": why or "its pods would be refused: see the findings"}
        )
    return found


# --- Others -----------------------------------------------------------------------------------------------------------
def _ports(service: Item) -> dict[str, Any]:
    ports = service.spec.get("ports")
    shown = [as_map(port) for port in ports] if isinstance(ports, list) else []
    return {"ports": [port.get("port") for port in shown if port.get("port") is not None]}


def _service(service: Item, decisions: Decisions) -> dict[str, Any]:
    key = (service.namespace, service.name)
    selected = selected_by(decisions.after, decisions.setup).get(key, [])
    return {
        "selects": [
            {
                "workload": member.workload.item.words,
                "mesh": member.mesh.name if member.in_mesh else None,
                "decision": member.decision.message,
                "place": decisions.place(member.workload.item),
            }
            for member in selected
        ],
        **_ports(service),
        "upstream": upstream_of(service, decisions),
        "routes": routed(decisions, lambda covered: (covered.namespace, covered.service) == key),
        **marks_of_service(service, decisions),
    }


def _namespace(item: Item, decisions: Decisions) -> dict[str, Any]:
    resources, setup = decisions.after, decisions.setup
    label = ("metadata", "labels", names.SIDECAR_INJECTION)
    namespace = resources.namespaces.get(item.name)
    return {
        "injection": {
            "label": item.labels.get(names.SIDECAR_INJECTION),
            "enabled": is_labelled(namespace),
            "writtenBy": ASKED_BY.get(decisions.rule_that_wrote(item, label)),
            "place": decisions.place(item, *label) if names.SIDECAR_INJECTION in item.labels else None,
            "webhookLeavesItOut": is_outside_webhook(item.name, setup),
            "webhookNeedsLabel": setup.injection.mode == "webhook" and version_of(setup).webhook_needs_namespace_label,
        },
        "workloads": [
            {
                "workload": member.workload.item.words,
                "mesh": member.mesh.name if member.in_mesh else None,
                "decision": member.decision.message,
                "place": decisions.place(member.workload.item),
            }
            for member in members(resources, setup).values()
            if member.workload.item.namespace == item.name
        ],
    }


def _route(item: Item, decisions: Decisions) -> dict[str, Any]:
    """A route, an object between routes and Services, a Gateway or a class: the backends that it leads to."""
    served_by = _words_for(item, decisions.after)

    def concerns(covered: CoveredBackend) -> bool:
        ways = any(way.place == item.place for way in covered.way)
        return ways or not served_by.isdisjoint(covered.via.split(", "))

    found = routed(decisions, concerns)
    if found:
        return {"routes": found}
    if not concerns_a_mesh(decisions.after, decisions.setup):
        references = references_of(item, decisions)
        return {"routes": [], "references": references} if references else {}
    return {}


def _words_for(item: Item, resources: Resources) -> set[str]:
    """How the rules name a Gateway or a class as what serves a route; a GatewayClass serves by its Gateways."""
    if item.kind == "IngressClass":
        return {item.name}
    if item.kind == "Gateway":
        return {f"{item.namespace}/{item.name}"}
    if item.kind == "GatewayClass":
        return {
            f"{gateway.namespace}/{gateway.name}"
            for gateway in resources.of_kind("Gateway")
            if gateway.spec.get("gatewayClassName") == item.name
        }
    return set()
