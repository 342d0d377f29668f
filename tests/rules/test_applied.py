from __future__ import annotations

from krm_fn.rules.applied import APPLIED, applied
from tests.rules.tools import check_noop, deployment, ingress, mesh, namespace, run_rule, service

TEXT = namespace() + deployment() + service() + ingress() + mesh()


def test_nothing_unless_it_is_asked_for() -> None:
    check_noop(applied, TEXT)


def test_namespaces_services_and_workloads_are_marked() -> None:
    ruled = run_rule(applied, TEXT, "markApplied: true")
    marked = [data["kind"] for data in ruled.data if APPLIED in (data["metadata"].get("annotations") or {})]
    assert marked == ["Namespace", "Deployment", "Service"]
    assert ruled.data[0]["metadata"]["annotations"][APPLIED] == "setup"


def test_a_mark_stays() -> None:
    check_noop(applied, namespace(annotations=f"{APPLIED}: setup"), "markApplied: true")
