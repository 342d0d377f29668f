"""Pods as the converter sees them: what is read, whom they belong to, what is ready."""

from __future__ import annotations

from typing import Any

import pytest

from krm_fn.kuma.pods import Owner, PodState, observed_pod, service_less_owner
from krm_fn.kuma.reading import KumaValueError


def test_an_observed_pod() -> None:
    found = observed_pod(
        {
            "metadata": {
                "name": "web-1",
                "namespace": "shop",
                "uid": "u-1",
                "labels": {"app": "web", "bad": 1},
                "annotations": {"a": "b"},
                "deletionTimestamp": "2026-01-01T00:00:00Z",
                "ownerReferences": [{"kind": "ReplicaSet", "name": "web-5d8"}, "x", {"kind": 1}],
            },
            "spec": {"serviceAccountName": "sa"},
            "status": {"podIP": "10.0.0.1", "phase": "Running"},
        },
        "elsewhere",
    )
    assert (found.name, found.pod_name, found.namespace, found.uid) == ("web-1", "web-1", "shop", "u-1")
    assert (found.labels, found.annotations) == ({"app": "web"}, {"a": "b"})
    assert (found.address, found.status["phase"], found.deleted, found.observed) == ("10.0.0.1", "Running", True, True)
    assert found.owners == (Owner("ReplicaSet", "web-5d8"), Owner("", ""), Owner("", ""))
    assert found.service_account == "sa"


@pytest.mark.parametrize("empty", [{}, {"metadata": None, "spec": [], "status": "x"}, {"metadata": {"name": 1}}])
def test_a_pod_of_any_shape(empty: dict[str, Any]) -> None:
    found = observed_pod(empty, "shop")
    assert (found.name, found.namespace, found.uid, found.address, found.service_account) == ("", "shop", "", "", "")
    assert found.owners == ()
    assert observed_pod(empty).namespace == "default"


def owned(*owners: tuple[str, str]) -> dict[str, Any]:
    references = [{"kind": kind, "name": name} for kind, name in owners]
    return {"metadata": {"name": "web-1", "namespace": "shop", "ownerReferences": references}}


def find_owner(kind: str, name: str) -> dict[str, Any] | None:
    known = {
        ("ReplicaSet", "web-5d8"): owned(("Rollout", "other"), ("Deployment", "web")),
        ("ReplicaSet", "bare"): owned(),
        ("Job", "night-1"): owned(("CronJob", "night")),
        ("Job", "odd"): owned(("Deployment", "web")),
    }
    return known.get((kind, name))


@pytest.mark.parametrize(
    ("owners", "owner"),
    [
        ([], Owner("Pod", "web-1")),
        ([("StatefulSet", "db")], Owner("StatefulSet", "db")),
        ([("ReplicaSet", "web-5d8")], Owner("Deployment", "web")),
        ([("ReplicaSet", "bare")], Owner("ReplicaSet", "bare")),
        ([("Job", "night-1")], Owner("CronJob", "night")),
        ([("Job", "odd")], Owner("Pod", "web-1")),
        ([("Job", "odd"), ("DaemonSet", "agent")], Owner("DaemonSet", "agent")),
    ],
)
def test_who_names_a_pod_without_services(owners: list[tuple[str, str]], owner: Owner) -> None:
    assert service_less_owner(observed_pod(owned(*owners)), find_owner) == owner


@pytest.mark.parametrize(("kind", "resource"), [("ReplicaSet", "replicasets.apps"), ("Job", "jobs.batch")])
def test_an_owner_that_is_gone(kind: str, resource: str) -> None:
    with pytest.raises(KumaValueError) as caught:
        service_less_owner(observed_pod(owned((kind, "gone"))), find_owner)
    assert caught.value.message == f'{resource} "gone" not found'
    assert caught.value.key == "metadata.ownerReferences"


def test_a_known_owner_is_not_looked_for() -> None:
    known = Owner("Deployment", "web")
    pod = observed_pod(owned(("ReplicaSet", "gone"))).replace(known_owner=known)
    assert service_less_owner(pod, find_owner) is known


def state(*statuses: Any, init: Any = (), deleted: bool = False, observed: bool = True) -> PodState:
    pod = observed_pod({"status": {"containerStatuses": list(statuses), "initContainerStatuses": list(init)}})
    return PodState(pod.replace(deleted=deleted, observed=observed, spec={"containers": [{"name": "app"}]}))


READY, WAITING = {"name": "app", "ready": True}, {"name": "app", "ready": False}
SIDECAR, NO_SIDECAR = {"name": "kuma-sidecar", "ready": True}, {"name": "kuma-sidecar", "ready": False}


@pytest.mark.parametrize(
    ("found", "inbound", "whole_pod"),
    [
        (state(), True, True),
        (state(READY, SIDECAR), True, True),
        (state(WAITING, SIDECAR), False, False),
        (state(WAITING, READY), False, False),
        (state(READY, WAITING), True, True),
        (state({"name": "app", "ready": "true"}), False, False),
        (state({"name": "app"}), False, False),
        (state({"name": "other", "ready": False}), True, True),
        (state("x", None), True, True),
        (state(READY, NO_SIDECAR), False, False),
        (state(READY, init=[NO_SIDECAR]), False, False),
        (state(READY, init=[SIDECAR]), True, True),
        (state(READY, SIDECAR, init=[NO_SIDECAR]), True, True),
        (state(READY, init=[WAITING]), True, True),
        (state(READY, deleted=True), False, True),
        (state(READY, observed=False), False, False),
    ],
)
def test_readiness(found: PodState, inbound: bool, whole_pod: bool) -> None:
    assert found.inbound_ready("app") is inbound
    assert found.service_less_ready() is whole_pod
