"""Why pods are in a mesh, or not: all that Kuma looks at, in its order, with what stands there and where.

The decision is the rules' (``krm_fn.rules.membership``); its code says which of the candidates decided.
"""

from __future__ import annotations

from krm_fn.kuma import names
from krm_fn.kuma.injection import (
    ALREADY_INJECTED,
    BY_NAMESPACE_LABEL,
    BY_POD_LABEL,
    EXCEPTION,
    INVALID_LABEL,
    NOT_ASKED_FOR,
    OFF_BY_NAMESPACE_LABEL,
    OFF_BY_POD_LABEL,
    WEBHOOK_REASONS,
    decide,
)
from krm_fn.kuma.mesh import DEFAULT, POD_LABEL, SOURCES
from krm_fn.rules.injection import first_match
from krm_fn.rules.membership import NO_LABELS, Member, control_plane_of, is_outside_webhook

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from krm_fn.explaining.decisions import Decisions
    from krm_fn.krm.outcome import Path
    from krm_fn.krm.resource import Item, Namespace
    from krm_fn.kuma.injection import Decision
    from krm_fn.kuma.mesh import MeshChoice
    from krm_fn.rules.custom_members import CustomMember

EXCEPTIONS, CONTAINER, POD, NAMESPACE, NEITHER, WEBHOOK, KRM_FN = (
    "exceptions in the control plane's configuration",
    "a container of the sidecar's name",
    "pod label",
    "Namespace label",
    "neither label",
    "selectors of the webhook",
    "manual mode",
)

_DECIDES = {
    EXCEPTION.code: EXCEPTIONS,
    ALREADY_INJECTED.code: CONTAINER,
    BY_POD_LABEL.code: POD,
    OFF_BY_POD_LABEL.code: POD,
    BY_NAMESPACE_LABEL.code: NAMESPACE,
    OFF_BY_NAMESPACE_LABEL.code: NAMESPACE,
    NOT_ASKED_FOR.code: NEITHER,
    **{reason.code: WEBHOOK for reason in WEBHOOK_REASONS},
}
DECIDES, PASSED, NOT_ASKED, LETS_THROUGH, OVERRULED = (
    "decides",
    "says nothing",
    "not asked any more",
    "lets it through",
    "would decide",
)


class _Pods:
    """The pods whose membership is to be told, of a workload or of what an operator makes."""

    def __init__(self, member: Member | CustomMember, decisions: Decisions) -> None:
        self.namespace: Namespace | None = member.namespace
        self.decision: Decision = member.decision
        self.mesh: MeshChoice = member.mesh
        self.in_mesh: bool = member.in_mesh
        self.labels: dict[str, str]
        self.annotations: dict[str, str]
        self.label_path: Path
        self.annotation_path: Path
        if isinstance(member, Member):
            template = member.workload.template
            self.item, self.home = member.workload.item, member.workload.item.namespace
            self.labels, self.annotations, self.spec = template.labels, template.annotations, template.spec
            self.label_path = (*template.path, "metadata", "labels")
            self.annotation_path = (*template.path, "metadata", "annotations")
            self.meets_webhook = decisions.setup.injection.mode == "webhook"
        else:
            pods = member.pods
            self.item, self.home = pods.item, member.home.namespace
            self.labels, self.annotations, self.spec = pods.labels, pods.annotations, pods.spec
            self.label_path, self.annotation_path = pods.row.labels, pods.row.annotations
            self.meets_webhook = True  # nobody else injects what an operator makes

    @property
    def namespace_labels(self) -> dict[str, str]:
        return self.namespace.labels if self.namespace else NO_LABELS


def membership_of(member: Member | CustomMember, decisions: Decisions) -> dict[str, Any]:
    """Whether the pods are in a mesh and in which one, with all candidates for both answers."""
    pods = _Pods(member, decisions)
    return {
        "inMesh": pods.in_mesh,
        "mesh": pods.mesh.name,
        "decision": pods.decision.code,
        "message": pods.decision.message,
        "decidedBy": _decider(pods.labels, pods.decision.code),
        "injection": _injection(pods, decisions),
        "meshName": _mesh_name(pods, decisions),
    }


def decider_of(member: Member) -> str:
    """What decided about injection, in a few words."""
    return _decider(member.workload.template.labels, member.decision.code)


def _decider(labels: Mapping[str, str], code: str) -> str:
    if code == INVALID_LABEL.code:
        return POD if names.SIDECAR_INJECTION in labels else NAMESPACE
    return _DECIDES.get(code, KRM_FN)


def _injection(pods: _Pods, decisions: Decisions) -> list[dict[str, Any]]:
    """The candidates in the injector's order, then the webhook that stands before it."""
    exceptions = control_plane_of(decisions.after, decisions.setup).injector.exceptions.labels
    code = pods.decision.code
    decider = _decider(pods.labels, code)
    own = decider
    if decider in (WEBHOOK, KRM_FN):  # the injector was overruled: what would it have said?
        own = _decider(pods.labels, decide(pods.labels, pods.spec, pods.namespace_labels, exceptions).code)
    label = (*pods.label_path, names.SIDECAR_INJECTION)
    values = {
        EXCEPTIONS: ", ".join(key for key, _ in exceptions) or None,
        CONTAINER: names.SIDECAR_CONTAINER if own == CONTAINER else None,
        POD: _said(pods.labels),
        NAMESPACE: _said(pods.namespace_labels),
        NEITHER: None,
    }
    rows: list[dict[str, Any]] = []
    decided = False
    for name, value in values.items():
        if name == NEITHER and own != NEITHER:
            continue
        is_it = name == own
        verdict = NOT_ASKED if decided else PASSED
        if is_it:
            verdict = DECIDES if own == decider else OVERRULED
            decided = True
        row: dict[str, Any] = {"candidate": name, "value": value, "verdict": verdict}
        if name == POD and value is not None:
            row |= _origin(pods.item, label, decisions)
        elif name == NAMESPACE:
            row |= _origin_in_namespace(pods, decisions)
        elif name == EXCEPTIONS and is_it:
            row["place"] = decisions.place_in_config("spec", "controlPlane", "config")
        rows.append(row)
    rows += _webhook(pods, decider, decisions)
    if decider == KRM_FN:
        rows.append({"candidate": KRM_FN, "value": pods.decision.message, "verdict": DECIDES})
    return rows


def _webhook(pods: _Pods, decider: str, decisions: Decisions) -> list[dict[str, Any]]:
    """What the selectors of the webhook do with the pods, in mode webhook."""
    if decider == WEBHOOK:
        return [{"candidate": WEBHOOK, "value": pods.decision.message, "verdict": DECIDES}]
    if not (pods.decision.injected and pods.meets_webhook):
        return []
    if pods.namespace is None and not is_outside_webhook(pods.home, decisions.setup):
        value = f"nothing declares the Namespace {pods.home}: its label is needed too (see spec.namespaces)"
        return [{"candidate": WEBHOOK, "value": value, "verdict": "unknown"}]
    return [{"candidate": WEBHOOK, "value": None, "verdict": LETS_THROUGH}]


def _mesh_name(pods: _Pods, decisions: Decisions) -> list[dict[str, Any]]:
    """The places that may name the mesh, in order, and the default."""
    own, there = pods.namespace, pods.namespace_labels
    tables = (pods.labels, pods.annotations, there, own.annotations if own else NO_LABELS)
    rows: list[dict[str, Any]] = []
    decided = False
    for source, table in zip(SOURCES, tables, strict=True):
        is_it = source == pods.mesh.source
        value = table.get(names.KUMA_MESH)
        row: dict[str, Any] = {
            "candidate": source,
            "value": value,
            "verdict": DECIDES if is_it else NOT_ASKED if decided else PASSED,
        }
        if is_it and source.startswith("pod"):
            path = pods.label_path if source == POD_LABEL else pods.annotation_path
            row |= _origin(pods.item, (*path, names.KUMA_MESH), decisions)
        elif is_it and own is not None:
            kind = f"{source.rpartition(' ')[2]}s"
            row |= _origin_of(own, ("metadata", kind, names.KUMA_MESH), decisions)
        rows.append(row)
        decided = decided or is_it
    value = decisions.setup.mesh
    rows.append({"candidate": DEFAULT, "value": value, "verdict": NOT_ASKED if decided else DECIDES})
    return rows


def _said(labels: dict[str, Any]) -> str | None:
    value = labels.get(names.SIDECAR_INJECTION)
    return value if isinstance(value, str) else None


def _origin(item: Item, path: Path, decisions: Decisions) -> dict[str, Any]:
    """Where a label stands; of one that a rule of the functionConfig writes, where the rule stands."""
    if decisions.rule_that_wrote(item, path) == "injection":
        number, rule = first_match(decisions.setup.injection.rules, item, item.namespace)
        if rule is not None:
            place = decisions.place_in_config("spec", "injection", "rules", number)
            return {"writtenBy": f"rule {number} of spec.injection.rules", "place": place}
        return {"writtenBy": "spec.injection.rules, so that the webhook sees pods of this Namespace", "place": ""}
    return {"place": decisions.place(item, *path)}


def _origin_in_namespace(pods: _Pods, decisions: Decisions) -> dict[str, Any]:
    if pods.namespace is None:
        return {"note": f"nothing declares the Namespace {pods.home}"}
    return _origin_of(pods.namespace, ("metadata", "labels", names.SIDECAR_INJECTION), decisions)


def _origin_of(namespace: Namespace, path: Path, decisions: Decisions) -> dict[str, Any]:
    if namespace.item is None:
        return {"note": "declared in spec.namespaces", "place": decisions.place_in_config("spec", "namespaces")}
    return _origin(namespace.item, path, decisions)
