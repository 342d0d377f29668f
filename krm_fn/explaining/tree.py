"""The data of `krm_fn.explaining.resources` as a tree of lines for people."""

from __future__ import annotations

import json

from krm_fn.explaining.decisions import ASKED_BY
from krm_fn.explaining.membership import DECIDES, NOT_ASKED, OVERRULED
from krm_fn.record import Record
from krm_fn.report import plural
from krm_fn.yamltext.write import block

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

GOOD, BAD, DOUBT, FAINT, STRONG = "good", "bad", "doubt", "faint", "strong"
MOST_LINES = 25
MOST_TEXT = 160
STATUS_WORDS = {
    "switched": ("through the mesh", GOOD),
    "by-itself": ("through the mesh", GOOD),
    "detoured": ("through the mesh, by a detour", GOOD),
    "bypassed": ("past the mesh", BAD),
    "unknown": ("unknown", DOUBT),
    "outside": ("not in a mesh", FAINT),
}
SEVERITY_TONES = {"error": BAD, "warning": DOUBT, "info": FAINT}


class Branch(Record):
    """A line of the tree, its tone, the place that it is about, and what is below it: branches, or a text as it is."""

    text: str
    children: tuple[Branch, ...] = ()
    tone: str = ""
    place: str = ""
    verbatim: tuple[str, ...] = ()


class Line(Record):
    """A line as it is printed: the guides that lead to it, its text and tone, its place."""

    guides: str
    text: str
    tone: str
    place: str


def lines(root: Branch) -> list[Line]:
    """The lines of a tree, top down."""
    found = [Line("", root.text, root.tone or STRONG, root.place)]
    _below(root, "", found)
    return found


def _below(branch: Branch, guides: str, found: list[Line]) -> None:
    found.extend(Line(guides + "   ", text, "", "") for text in branch.verbatim)
    for number, child in enumerate(branch.children):
        is_last = number == len(branch.children) - 1
        found.append(Line(guides + ("└─ " if is_last else "├─ "), child.text, child.tone, child.place))
        _below(child, guides + ("   " if is_last else "│  "), found)


def tree_of(data: dict[str, Any]) -> Branch:
    """The tree of what `explained` or `explained_product` returned."""
    if "product" in data:
        return _product(data)
    resource = data["resource"]
    name = f"{resource['namespace']}/{resource['name']}" if resource["namespace"] else resource["name"]
    children: list[Branch] = []
    for key, draw in SECTIONS:
        if key in data:
            children += draw(data[key], data)
    return Branch(f"{resource['kind']} {name}", tuple(children), STRONG, resource["place"])


# --- Membership -------------------------------------------------------------------------------------------------------
def _membership(mesh: dict[str, Any], _: dict[str, Any]) -> list[Branch]:
    head = f"in mesh {mesh['mesh']}" if mesh["inMesh"] else "in no mesh"
    asked = Branch("injection: what is asked, in this order", tuple(_candidate(row) for row in mesh["injection"]))
    name = Branch(
        f"name of the mesh: {mesh['mesh']}" + ("" if mesh["inMesh"] else " (if it were in one)"),
        tuple(_candidate(row) for row in mesh["meshName"]),
        "" if mesh["inMesh"] else FAINT,
    )
    return [Branch(f"{head}: {_small(mesh['message'])}", (asked, name), GOOD if mesh["inMesh"] else FAINT)]


def _candidate(row: dict[str, Any]) -> Branch:
    verdict = row["verdict"]
    mark, tone = {DECIDES: ("●", STRONG), OVERRULED: ("○", ""), NOT_ASKED: ("·", FAINT)}.get(verdict, ("·", ""))
    value = "" if row["value"] is None else f": {row['value']}"
    words = [f"{mark} {row['candidate']}{value} → {verdict}"]
    words += [row[key] for key in ("note",) if key in row]
    if "writtenBy" in row:
        words.append(f"written by {row['writtenBy']}")
    place = row.get("place", "") if row["value"] is not None or verdict == DECIDES else ""
    return Branch(", ".join(words), (), tone, place)


def _small(sentence: str) -> str:
    """A sentence as the end of another one."""
    return sentence[:1].lower() + sentence[1:].rstrip(".")


def _pods(found: list[dict[str, Any]], data: dict[str, Any]) -> list[Branch]:
    if not found:
        return [Branch("an operator makes pods of it; the package does not show where", (), DOUBT)]
    return [
        Branch(f"its pods in namespace {pods['namespace']}", tuple(_membership(pods, data)))
        for pods in found
    ]  # fmt: skip


def _sidecar(text: str, _: dict[str, Any]) -> list[Branch]:
    return [Branch(f"sidecar: {text}")]


# --- Services ---------------------------------------------------------------------------------------------------------
def _services(services: list[dict[str, Any]], _: dict[str, Any]) -> list[Branch]:
    if not services:
        return [Branch("selected by no Service of the package", (), FAINT)]
    children = [
        Branch(f"{each['service']}{_ports(each)}", tuple(_annotations(each)), "", each["place"]) for each in services
    ]
    return [Branch("selected by Services", tuple(children))]


def _ports(service: dict[str, Any]) -> str:
    return " :" + ", :".join(str(port) for port in service["ports"]) if service.get("ports") else ""


def _annotations(upstream: dict[str, Any]) -> list[Branch]:
    found = []
    for row in upstream["annotations"]:
        how = ""
        if row["written"]:
            how = (
                " (written by krm-fn"
                + (f", before: {_value(row['before'])}" if row["before"] is not None else "")
                + ")"
            )
        found.append(Branch(f"{row['annotation']}: {_value(row['value'])}{how}", (), GOOD, row.get("place", "")))
    return found + [Branch(f"service-upstream: {why}", (), FAINT) for why in upstream["why"]]


def _upstream(upstream: dict[str, Any], _: dict[str, Any]) -> list[Branch]:
    return [Branch("how gateways are made to send to its address", tuple(_annotations(upstream)))]


def _selects(found: list[dict[str, Any]], _: dict[str, Any]) -> list[Branch]:
    if not found:
        return [Branch("selects no pods of the package", (), FAINT)]
    return [Branch("selects pods of", _cut([_workload_line(row) for row in found]))]


def _workloads(found: list[dict[str, Any]], _: dict[str, Any]) -> list[Branch]:
    if not found:
        return [Branch("no workloads in the package", (), FAINT)]
    inside = sum(row["mesh"] is not None for row in found)
    head = f"workloads: {inside} of {len(found)} in a mesh"
    return [Branch(head, _cut([_workload_line(row) for row in found]))]


def _workload_line(row: dict[str, Any]) -> Branch:
    mesh = f"in mesh {row['mesh']}" if row["mesh"] is not None else "in no mesh"
    tone = GOOD if row["mesh"] is not None else ""
    return Branch(f"{row['workload']}: {mesh}; {_small(row['decision'])}", (), tone, row["place"])


# --- Gateways and routes ----------------------------------------------------------------------------------------------
def _gateway(gateway: dict[str, Any], _: dict[str, Any]) -> list[Branch]:
    children = []
    if "name" in gateway:
        sure = f" ({gateway['confidence']})" if "confidence" in gateway else ""
        head = f"gateway: {gateway['name']}, {gateway['role']}{sure}"
        if "evidence" in gateway:
            children.append(Branch("recognised by", tuple(Branch(text) for text in gateway["evidence"])))
    else:
        head = "gateway: marked as one, of no product in the catalog"
    mark = gateway["mark"]
    if mark is None:
        children.append(Branch("not marked: kuma.io/gateway is not among the annotations of its pods", (), DOUBT))
    else:
        by = f" (written by {mark['writtenBy']})" if "writtenBy" in mark else ""
        children.append(Branch(f"mark kuma.io/gateway: {mark['value']}{by}", (), GOOD, mark.get("place", "")))
    if gateway.get("hostNetwork"):
        children.append(Branch("its pods use the network of the host", (), DOUBT))
    if gateway.get("switches"):
        rows = [
            Branch(f"{s['setting']}: {_value(s['value'])} on {s['on']} ({s['how']})"
                   + (", also written by Kuma" if s["kumaWrites"] else ""))
            for s in gateway["switches"]
        ]  # fmt: skip
        children.append(Branch("what makes it send to Service addresses", _cut(rows)))
    elif gateway.get("family") == "nothing":
        children.append(Branch("it sends to Service addresses without any setting", (), GOOD))
    return [Branch(head, tuple(children))]


def _routes(routes: list[dict[str, Any]], data: dict[str, Any]) -> list[Branch]:
    if not routes:
        return []
    inside = sum(row["inMesh"] for row in routes)
    head = f"{plural(len(routes), 'backend')} of routes: {inside} reached through the mesh"
    with_gateway = "gateway" not in data and "product" not in data
    return [Branch(head, _cut([_route_line(row, with_gateway) for row in routes]))]


def _route_line(row: dict[str, Any], with_gateway: bool) -> Branch:
    words, tone = STATUS_WORDS.get(row["status"], (row["status"], ""))
    if row["obstacle"]:
        words, tone = f"at its address, but not through the mesh ({row['obstacle']})", BAD
    port = "" if row["port"] is None else f":{row['port']}"
    start = f"{row['gateway']}, " if with_gateway else ""
    text = f"{start}{row['route']} → Service {row['service']}{port}: {words}: {row['how']}"
    return Branch(text, (), tone, row["place"])


def _references(references: list[dict[str, Any]], _: dict[str, Any]) -> list[Branch]:
    rows = [Branch(f"Service {row['service']} ({row['field']})") for row in references]
    return [Branch("names Services; nothing of the package is in a mesh", _cut(rows))]


def _leads(found: list[dict[str, Any]], _: dict[str, Any]) -> list[Branch]:
    return [Branch(f"leads to the gateway {row['workload']} ({row['gateway']})", (), GOOD) for row in found]


def _injection(found: dict[str, Any], _: dict[str, Any]) -> list[Branch]:
    label = "absent" if found["label"] is None else found["label"]
    by = f" (written by {found['writtenBy']})" if found["writtenBy"] else ""
    children = []
    if found["webhookLeavesItOut"]:
        children.append(Branch("Kuma's webhook leaves this Namespace out, whatever its label says", (), DOUBT))
    elif found["webhookNeedsLabel"] and found["label"] is None:
        children.append(Branch("without the label Kuma's webhook sees none of its pods", (), DOUBT))
    head = "injection is on" if found["enabled"] else "injection is not on"
    text = f"{head}: label kuma.io/sidecar-injection: {label}{by}"
    return [Branch(text, tuple(children), GOOD if found["enabled"] else "", found["place"] or "")]


def _product(data: dict[str, Any]) -> Branch:
    children = []
    for gateway in data["workloads"]:
        children.append(Branch(gateway["workload"], tuple(_gateway(gateway, data))))
    if not children:
        children.append(Branch("none of its workloads are in the package", (), FAINT))
    children += _routes(data["routes"], data)
    return Branch(data["product"]["name"], tuple(children), STRONG)


# --- Dataplanes, findings, changes ------------------------------------------------------------------------------------
def _dataplanes(found: list[dict[str, Any]], data: dict[str, Any]) -> list[Branch]:
    if not found:
        return [Branch(f"no Dataplane: {data['noDataplane']}", (), FAINT)]
    branches = []
    for dataplane in found:
        branches.append(Branch(_dataplane_head(dataplane), verbatim=tuple(block(dataplane))))
    return [Branch("Dataplanes that the control plane will make", tuple(branches))]


def _dataplane_head(dataplane: dict[str, Any]) -> str:
    networking = dataplane.get("spec", {}).get("networking", {})
    parts = []
    gateway = networking.get("gateway")
    if gateway:
        tags = gateway.get("tags", {})
        parts.append(f"gateway, named {tags.get('kuma.io/service', '?')}")
    for inbound in networking.get("inbound", ()):
        tags = inbound.get("tags", {})
        by = tags.get("k8s.kuma.io/service-name")
        parts.append(f"port {inbound.get('port')}{f' by Service {by}' if by else ''}")
    return f"{dataplane['metadata']['name']}: {'; '.join(parts) or 'no inbounds'}"


def _findings(found: list[dict[str, Any]], _: dict[str, Any]) -> list[Branch]:
    if not found:
        return []
    return [Branch(plural(len(found), "finding"), tuple(_finding(row) for row in found))]


def _finding(row: dict[str, Any]) -> Branch:
    field = f"{row['field']}: " if row["field"] else ""
    severity = "" if row["severity"] == "info" else f"{row['severity']}: "
    text = f"{severity}{field}{row['message']} [{row['code']}]"
    return Branch(text, (), SEVERITY_TONES.get(row["severity"], ""), row["place"])


def _decisions(found: list[dict[str, Any]], data: dict[str, Any]) -> list[Branch]:
    """What the rules tell of the item, less what stands above already."""
    above = {data["mesh"]["decision"]} if "mesh" in data else set()
    left = [row for row in found if row["code"] not in above | SAID_ABOVE]
    if not left:
        return []
    return [Branch("further decisions", tuple(_finding(row) for row in left))]


SAID_ABOVE = {"gateway-coverage", "service-upstream", "gateway-recognised", "no-dataplane"}


def _changes(found: list[dict[str, Any]], _: dict[str, Any]) -> list[Branch]:
    if not found:
        return [Branch("krm-fn changes nothing in it", (), FAINT)]
    rows = [
        Branch(f"{row['field']}: {_value(row['before'])} → {_value(row['after'])} (by {ASKED_BY[row['rule']]})")
        for row in found
    ]  # fmt: skip
    return [Branch(f"krm-fn changes {plural(len(found), 'field')}", tuple(rows))]


SECTIONS: tuple[tuple[str, Callable[[Any, dict[str, Any]], list[Branch]]], ...] = (
    ("mesh", _membership),
    ("pods", _pods),
    ("injection", _injection),
    ("sidecar", _sidecar),
    ("gateway", _gateway),
    ("services", _services),
    ("selects", _selects),
    ("workloads", _workloads),
    ("leadsToGateways", _leads),
    ("upstream", _upstream),
    ("routes", _routes),
    ("references", _references),
    ("dataplanes", _dataplanes),
    ("findings", _findings),
    ("decisions", _decisions),
    ("changes", _changes),
)


def _cut(branches: Iterable[Branch]) -> tuple[Branch, ...]:
    rows = tuple(branches)
    if len(rows) <= MOST_LINES:
        return rows
    return (*rows[:MOST_LINES], Branch(f"... and {len(rows) - MOST_LINES} more: -o yaml shows all", (), FAINT))


def _value(value: Any) -> str:
    """A value of a manifest in one line."""
    if value is None:
        return "(absent)"
    text = value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= MOST_TEXT else text[: MOST_TEXT - 1] + "…"
