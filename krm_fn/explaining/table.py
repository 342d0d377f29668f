"""All workloads of a package in a table: in which mesh, decided by what, as which gateway, with how many findings."""

from __future__ import annotations

from krm_fn.explaining.membership import decider_of
from krm_fn.explaining.resources import AT_ADMISSION, IN_MANIFEST, dataplanes_of, sidecar_of
from krm_fn.explaining.routing import product_name
from krm_fn.krm.outcome import ERROR, WARNING
from krm_fn.report import plural
from krm_fn.rules.membership import is_delegated_gateway, members, services_of
from krm_fn.rules.recognition import recognised

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from krm_fn.explaining.decisions import Decisions
    from krm_fn.krm.resource import Item

NOTHING = "\N{EN DASH}"
SHORT_KINDS = {
    "DaemonSet": "ds",
    "Deployment": "deploy",
    "ReplicaSet": "rs",
    "ReplicationController": "rc",
    "StatefulSet": "sts",
}
SHORT_DECIDERS = {
    "exceptions in the control plane's configuration": "exception",
    "a container of the sidecar's name": "own sidecar",
    "Namespace label": "namespace label",
    "neither label": "no label",
    "selectors of the webhook": "webhook",
}


def rows(decisions: Decisions, namespace: str | None = None) -> list[dict[str, Any]]:
    """One row for each workload, in the order of namespaces and of the input."""
    everyone = [
        member
        for member in members(decisions.after, decisions.setup).values()
        if namespace is None or member.workload.item.namespace == namespace
    ]
    everyone.sort(key=lambda member: member.workload.item.namespace)
    made = dataplanes_of(everyone, decisions)
    known = recognised(decisions.after)
    found = []
    for member in everyone:
        item = member.workload.item
        recognition = known[item.place][1] if item.place in known else None
        found.append(
            {
                "namespace": item.namespace,
                "kind": item.kind,
                "name": item.name,
                "mesh": member.mesh.name if member.in_mesh else None,
                "decidedBy": decider_of(member),
                "decision": member.decision.code,
                "message": member.decision.message,
                "sidecar": sidecar_of(member, decisions),
                "gateway": None
                if recognition is None
                else {"product": recognition.product, "role": recognition.role, "confidence": recognition.confidence},
                "marked": is_delegated_gateway(member.workload.template),
                "services": [view.name for view in services_of(member.workload, decisions.after, decisions.setup)],
                "dataplanes": [data["metadata"]["name"] for data in made[item.place]["dataplanes"]],
                "errors": _count(item, ERROR, decisions),
                "warnings": _count(item, WARNING, decisions),
                "changes": len(decisions.changes_of(item)),
                "place": decisions.place(item),
            }
        )
    return found


def _count(item: Item, severity: str, decisions: Decisions) -> int:
    return sum(result.severity == severity for result in decisions.findings_of(item))


HEADINGS = ("NAMESPACE", "WORKLOAD", "MESH", "DECIDED BY", "SIDECAR", "GATEWAY", "SVC", "DP", "FINDINGS")
WIDE_HEADINGS = ("NAMESPACE", "WORKLOAD", "MESH", "DECIDED BY", "WHY", "SIDECAR", "GATEWAY", "SERVICES", "DATAPLANES",
                 "FINDINGS", "CHANGES", "PLACE")  # fmt: skip
LIMITS = {"NAMESPACE": 20, "WORKLOAD": 34, "MESH": 12, "GATEWAY": 17, "DECIDED BY": 15}
"""The widest that a column of the narrow table may be, so that a line fits in 120 columns."""


def cells(row: dict[str, Any], wide: bool) -> list[str]:
    """The texts of one row."""
    kind = SHORT_KINDS.get(row["kind"], row["kind"].lower())
    sidecar = row["sidecar"].replace(AT_ADMISSION, "webhook").replace(IN_MANIFEST, "manifest").replace("none", NOTHING)
    decider = SHORT_DECIDERS.get(row["decidedBy"], row["decidedBy"])
    start = [row["namespace"], f"{kind}/{row['name']}", row["mesh"] or NOTHING]
    gateway = row["gateway"]
    if not wide:
        product = gateway["product"] if gateway and gateway["role"] in ("proxy", "combined") else ""
        role = gateway["role"] if gateway and not product else ""
        numbers = [str(len(row["services"])), str(len(row["dataplanes"]))]
        return [*start, decider, sidecar.partition(",")[0], product or role or _marked(row), *numbers, _findings(row)]
    product = f"{product_name(gateway['product'])}, {gateway['role']} ({gateway['confidence']})" if gateway else ""
    return [
        *start,
        decider,
        row["message"],
        sidecar,
        product or _marked(row),
        ",".join(row["services"]) or NOTHING,
        ",".join(row["dataplanes"]) or NOTHING,
        _findings(row),
        str(row["changes"]),
        row["place"] or NOTHING,
    ]


def _marked(row: dict[str, Any]) -> str:
    return "marked" if row["marked"] else NOTHING


def _findings(row: dict[str, Any]) -> str:
    parts = [plural(row[f"{word}s"], word) for word in (ERROR, WARNING) if row[f"{word}s"]]
    return ", ".join(parts) or NOTHING


def lines(found: list[dict[str, Any]], wide: bool = False) -> list[str]:
    """The table as lines of text, its columns as wide as their texts; cut at LIMITS unless it may be wide."""
    headings = WIDE_HEADINGS if wide else HEADINGS
    table = [list(headings), *(cells(row, wide) for row in found)]
    if not wide:
        table = [
            [_cut(text, LIMITS.get(heading)) for text, heading in zip(row, headings, strict=True)] for row in table
        ]
    widths = [max(len(row[column]) for row in table) for column in range(len(headings))]
    return ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in table]


def _cut(text: str, limit: int | None) -> str:
    return text if limit is None or len(text) <= limit else text[: limit - 1] + "…"
