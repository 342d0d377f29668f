"""A workload as a gateway: what it was recognised as and by what, its mark, and the switches of its product."""

from __future__ import annotations

from krm_fn.explaining.decisions import ASKED_BY
from krm_fn.explaining.routing import product_name
from krm_fn.gateways.catalog import products_by_id
from krm_fn.krm.outcome import field_path
from krm_fn.kuma import names
from krm_fn.rules.gateways import mark_path
from krm_fn.rules.membership import is_delegated_gateway, members, selected_by
from krm_fn.rules.recognition import recognised

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from krm_fn.explaining.decisions import Decisions
    from krm_fn.krm.resource import Item
    from krm_fn.rules.custom_pods import Pods


def gateway_of(item: Item, decisions: Decisions) -> dict[str, Any]:
    """What is known of a workload as a gateway; empty where it is none."""
    member = members(decisions.after, decisions.setup).get(item.place)
    known = recognised(decisions.after).get(item.place)
    mark = member.workload.template.annotations.get(names.GATEWAY) if member else None
    if known is None and mark is None:
        return {}
    data: dict[str, Any] = {"mark": None}
    if member is not None and mark is not None:
        path = mark_path(member.workload)
        rule = decisions.rule_that_wrote(item, path)
        place = {"writtenBy": f"krm-fn ({ASKED_BY[rule]})"} if rule else {"place": decisions.place(item, *path)}
        data["mark"] = {"field": field_path(*path), "value": mark, **place}
    if known is None:
        return data
    recognition = known[1]
    product = products_by_id()[recognition.product]
    return data | {
        "product": product.id,
        "name": product.name,
        "role": recognition.role,
        "confidence": recognition.confidence,
        "evidence": list(recognition.evidence),
        "containers": list(recognition.containers),
        "carriesTraffic": recognition.carries_traffic,
        "hostNetwork": recognition.host_network,
        "family": product.family,
        "switches": [
            {
                "setting": switch.key,
                "value": switch.value,
                "on": switch.object,
                "how": switch.how,
                "purpose": switch.purpose,
                "kumaWrites": switch.kuma_writes,
            }
            for switch in product.switches
            if switch.purpose in ("upstream", "alternative")
        ],
        "sources": list(product.sources),
    }


def gateway_of_operator(pods: Pods, decisions: Decisions) -> dict[str, Any]:
    """What is known of a resource that an operator makes gateway pods of."""
    mark = pods.marked
    rule = decisions.rule_that_wrote(pods.item, pods.mark_path)
    place = (
        {"writtenBy": f"krm-fn ({ASKED_BY[rule]})"} if rule else {"place": decisions.place(pods.item, *pods.mark_path)}
    )
    return {
        "mark": None if mark is None else {"field": pods.place_of(*pods.mark_path), "value": mark, **place},
        "product": pods.product,
        "name": product_name(pods.product),
        "role": "made by its operator",
        "hostNetwork": pods.on_host,
    }


def marks_of_service(service: Item, decisions: Decisions) -> dict[str, Any]:
    """Whether a Service names a delegated gateway, which it does if it leads to one and Kuma counts it."""
    selected = selected_by(decisions.after, decisions.setup).get((service.namespace, service.name), [])
    gateways = [member.workload.item for member in selected if is_delegated_gateway(member.workload.template)]
    if not gateways:
        return {}
    known = recognised(decisions.after)
    return {
        "leadsToGateways": [
            {
                "workload": item.words,
                "gateway": product_name(known[item.place][1].product) if item.place in known else "delegated gateway",
            }
            for item in gateways
        ]
    }
