"""Dataplanes of workloads that are not applied yet."""

from __future__ import annotations

from typing import Any

import pytest

from krm_fn.kuma.outbounds import Endpoint
from krm_fn.kuma.preview import WorkloadInput, placeholder, preview, scale_of
from krm_fn.kuma.reading import KumaValueError
from krm_fn.kuma.validation import validate
from krm_fn.kuma.versions import V2_14
from tests.kuma.worlds import INJECTED, service, surroundings

KINDS = ["Deployment", "ReplicaSet", "DaemonSet", "Job", "CronJob", "Rollout", "ReplicationController", "Widget"]
NO_LABELS: dict[str, Any] = {"runtime": {"kubernetes": {"injector": {"nodeLabelsToCopy": []}}}}


def workload(kind: str = "Deployment", **fields: Any) -> WorkloadInput:
    given: dict[str, Any] = {
        "kind": kind,
        "name": "web",
        "namespace": "shop",
        "labels": {"app": "web"},
        "annotations": INJECTED,
        "spec": {"containers": [{"name": "app", "ports": [{"containerPort": 8080}]}]},
    }
    return WorkloadInput(**{**given, **fields})


def dataplanes(subject: WorkloadInput, *services: dict[str, Any], **around: Any) -> list[dict[str, Any]]:
    found = preview(subject, surroundings(*services, **around), "default").dataplanes
    for dataplane in found:
        assert validate(dataplane, V2_14) == []
    return list(found)


def test_a_deployment() -> None:
    (found,) = dataplanes(workload(replicas=3), service())
    assert found["metadata"] == {
        "name": "web",
        "namespace": "shop",
        "labels": {
            "app": "web",
            "k8s.kuma.io/namespace": "shop",
            "k8s.kuma.io/service-account": "default",
            "kuma.io/env": "kubernetes",
            "kuma.io/mesh": "default",
            "kuma.io/origin": "zone",
            "kuma.io/proxy-type": "sidecar",
            "kuma.io/workload": "default",
            "kuma.io/zone": "east",
        },
    }
    assert found["spec"]["networking"] == {
        "address": "web.shop.pod.invalid",
        "inbound": [
            {
                "health": {},
                "port": 8080,
                "protocol": "tcp",
                "state": "NotReady",
                "tags": {
                    "app": "web",
                    "k8s.kuma.io/namespace": "shop",
                    "k8s.kuma.io/service-name": "web",
                    "k8s.kuma.io/service-port": "80",
                    "kuma.io/protocol": "tcp",
                    "kuma.io/service": "web_shop_svc_80",
                    "kuma.io/zone": "east",
                },
            }
        ],
    }


@pytest.mark.parametrize("kind", KINDS)
def test_one_dataplane_named_after_the_workload(kind: str) -> None:
    for replicas in (0, 5):
        assert [d["metadata"]["name"] for d in dataplanes(workload(kind, replicas=replicas))] == ["web"]
    (shared,) = dataplanes(workload(kind, shared_name=True))
    assert shared["metadata"]["name"] == f"web-{kind.lower()}"


@pytest.mark.parametrize("kind", KINDS)
def test_without_services_the_workload_gives_the_name(kind: str) -> None:
    (found,) = dataplanes(workload(kind, shared_name=True))
    (inbound,) = found["spec"]["networking"]["inbound"]
    # The Pods of a Rollout are named one by one, and only they know how: the Dataplane's own name stands for it.
    name = "web-rollout" if kind == "Rollout" else "web"
    assert inbound["tags"]["kuma.io/service"] == f"{name}_shop_svc"
    assert "kuma.io/instance" not in inbound["tags"]
    assert inbound["port"] == 49151
    assert inbound["state"] == "NotReady"


def test_a_pod_knows_its_name() -> None:
    (found,) = dataplanes(workload("Pod", shared_name=True))
    assert found["metadata"]["name"] == "web"
    assert found["spec"]["networking"]["inbound"][0]["tags"]["kuma.io/instance"] == "web"
    (generated,) = dataplanes(workload("Pod", generated_name=True))
    assert "kuma.io/instance" not in generated["spec"]["networking"]["inbound"][0]["tags"]


def test_each_replica_of_a_stateful_set() -> None:
    subject = workload("StatefulSet", replicas=2, first_ordinal=3, governing_service="peers", shared_name=True)
    found = dataplanes(subject, service("peers", clusterIP="None"))
    assert [d["metadata"]["name"] for d in found] == ["web-3", "web-4"]
    assert [d["spec"]["networking"]["address"] for d in found] == ["web-3.peers.shop.svc", "web-4.peers.shop.svc"]
    tags = found[0]["spec"]["networking"]["inbound"][0]["tags"]
    assert tags["statefulset.kubernetes.io/pod-name"] == "web-3"
    assert tags["apps.kubernetes.io/pod-index"] == "3"
    assert tags["kuma.io/instance"] == "web-3"
    assert found[1]["metadata"]["labels"]["apps.kubernetes.io/pod-index"] == "4"


@pytest.mark.parametrize("governing", ["", "web", "elsewhere"])
def test_a_replica_without_headless_service_has_no_address_yet(governing: str) -> None:
    (found,) = dataplanes(workload("StatefulSet", governing_service=governing), service())
    assert found["spec"]["networking"]["address"] == "web-0.shop.pod.invalid"


def test_services_of_single_replicas() -> None:
    per_pod = service("first", selector={"statefulset.kubernetes.io/pod-name": "web-0"})
    found = dataplanes(workload("StatefulSet", replicas=2), per_pod)
    assert [d["spec"]["networking"]["inbound"][0]["port"] for d in found] == [8080, 49151]


def test_a_stateful_set_without_replicas() -> None:
    found = preview(workload("StatefulSet", replicas=0), surroundings(), "default")
    assert (found.dataplanes, found.reason) == ((), "no-replicas")


def test_very_many_replicas_are_cut_off() -> None:
    found = preview(workload("StatefulSet", replicas=10**9), surroundings(), "default")
    assert len(found.dataplanes) == 1000
    assert any("1000 of 1000000000" in note for note in found.notes)


@pytest.mark.parametrize(
    ("spec", "scale"),
    [
        ({}, (1, 0, "")),
        ({"replicas": 3, "serviceName": "db", "ordinals": {"start": 2}}, (3, 2, "db")),
        ({"replicas": 0}, (0, 0, "")),
        ({"replicas": "3", "serviceName": 4, "ordinals": [1]}, (1, 0, "")),
        ({"replicas": -1, "ordinals": {"start": -5}}, (0, 0, "")),
    ],
)
def test_scale(spec: dict[str, Any], scale: tuple[int, int, str]) -> None:
    assert scale_of(spec) == scale


def test_labels_of_jobs() -> None:
    (job,) = dataplanes(workload("Job"))
    assert job["metadata"]["labels"]["batch.kubernetes.io/job-name"] == "web"
    assert job["metadata"]["labels"]["job-name"] == "web"
    (cron,) = dataplanes(workload("CronJob"))
    assert "job-name" not in cron["metadata"]["labels"]


@pytest.mark.parametrize(
    ("spec", "account"), [({"serviceAccountName": "sa"}, "sa"), ({"serviceAccount": "old"}, "old"), ({}, "default")]
)
def test_service_account(spec: dict[str, Any], account: str) -> None:
    (found,) = dataplanes(workload(spec=spec))
    assert found["metadata"]["labels"]["k8s.kuma.io/service-account"] == account
    assert found["metadata"]["labels"]["kuma.io/workload"] == account


def test_a_node_that_nobody_can_look_up_is_no_error() -> None:
    nodes = {"n1": {"kubernetes.io/hostname": "n1"}}
    known, unknown = (dataplanes(workload(spec={"nodeName": name}), nodes=nodes)[0] for name in ("n1", "n2"))
    assert known["spec"]["networking"]["inbound"][0]["tags"]["kubernetes.io/hostname"] == "n1"
    assert "kubernetes.io/hostname" not in unknown["spec"]["networking"]["inbound"][0]["tags"]


@pytest.mark.parametrize(
    ("annotations", "reason"),
    [
        ({}, "no-sidecar"),
        (INJECTED | {"kuma.io/gateway": "builtin"}, "builtin-gateway-tags-unreadable"),
    ],
)
def test_none(annotations: dict[str, str], reason: str) -> None:
    found = preview(workload(annotations=annotations), surroundings(), "default")
    assert (found.dataplanes, found.reason) == ((), reason)


@pytest.mark.parametrize(
    ("annotations", "around", "message"),
    [
        ({"kuma.io/ingress": "true"}, {}, "can only be deployed in system namespace"),
        (INJECTED | {"kuma.io/gateway": "provided!"}, {}, "invalid delegated gateway type"),
        (INJECTED, {"mode": None}, "not found"),
    ],
)
def test_errors(annotations: dict[str, str], around: dict[str, Any], message: str) -> None:
    with pytest.raises(KumaValueError, match=message):
        preview(workload(annotations=annotations), surroundings(**around), "default")


@pytest.mark.parametrize(
    ("subject", "config", "words", "absent"),
    [
        (workload(), {}, ["web.shop.pod.invalid", "random", "pod-template-hash", "Node"], ["kuma.io/service"]),
        (workload("Pod"), NO_LABELS, ["address"], ["random", "Node", "hash"]),
        (workload("Rollout"), {}, ["rollouts-pod-template-hash", "kuma.io/service"], []),
        (
            workload(annotations={"kuma.io/gateway": "builtin", "kuma.io/tags": "{}"}),
            {},
            ["address"],
            ["Node", "ready"],
        ),
    ],
)
def test_notes(subject: WorkloadInput, config: dict[str, Any], words: list[str], absent: list[str]) -> None:
    text = "\n".join(preview(subject, surroundings(config=config), "default").notes)
    assert [word for word in words if word not in text] == []
    assert [word for word in absent if word in text] == []


ADDRESS = "the address is not known before a Pod runs; web.shop.pod.invalid stands for it"
RANDOM = "each Pod gets a Dataplane of its own name, which ends in random characters"
READINESS = "readiness is not known before a Pod runs; nothing counts as ready"
ADDED = "labels and tags that the cluster adds: "
NODE = "labels of the Node become tags: a, b"
TWO_LABELS: dict[str, Any] = {"runtime": {"kubernetes": {"injector": {"nodeLabelsToCopy": ["a", "b"]}}}}
ON_NODE = {"containers": [], "nodeName": "n1"}


@pytest.mark.parametrize(
    ("subject", "config", "notes"),
    [
        (workload(), TWO_LABELS, [ADDRESS, RANDOM, ADDED + "pod-template-hash", READINESS, NODE]),
        (workload(spec=ON_NODE), TWO_LABELS, [ADDRESS, RANDOM, ADDED + "pod-template-hash", READINESS]),
        (
            workload("DaemonSet"),
            NO_LABELS,
            [ADDRESS, RANDOM, ADDED + "controller-revision-hash, pod-template-generation", READINESS],
        ),
        (workload("Pod", replicas=10_000), NO_LABELS, [ADDRESS, READINESS]),
        (workload("Pod", generated_name=True), NO_LABELS, [ADDRESS, RANDOM, READINESS]),
        (
            workload("Rollout"),
            NO_LABELS,
            [
                ADDRESS,
                RANDOM,
                ADDED + "rollouts-pod-template-hash",
                READINESS,
                "without a Service, kuma.io/service holds the name of each Pod; that of the Dataplane stands for it",
            ],
        ),
    ],
)
def test_notes_in_full(subject: WorkloadInput, config: dict[str, Any], notes: list[str]) -> None:
    assert list(preview(subject, surroundings(config=config), "default").notes) == notes


@pytest.mark.parametrize(("replicas", "cut_off"), [(1000, False), (1001, True)])
def test_replicas_at_the_limit(replicas: int, cut_off: bool) -> None:
    found = preview(workload("StatefulSet", replicas=replicas), surroundings(config=NO_LABELS), "default")
    assert len(found.dataplanes) == 1000
    note = f"only the first 1000 of {replicas} replicas are shown"
    assert (note in found.notes) is cut_off


@pytest.mark.parametrize(
    ("kind", "tag"),
    [("Deployment", "kuma.io/service-name"), ("ReplicaSet", "kuma.io/service"), ("Pod", "kuma.io/service")],
)
def test_a_provided_gateway_is_known_by_its_deployment(kind: str, tag: str) -> None:
    gateway = workload(kind, annotations=INJECTED | {"kuma.io/gateway": "provided"})
    (found,) = preview(gateway, surroundings(service()), "default").dataplanes
    assert tag in found["spec"]["networking"]["gateway"]["tags"]


def test_other_dataplanes_become_outbounds_where_kuma_makes_them() -> None:
    around = surroundings(service(clusterIP="10.9.9.9"), config={"experimental": {"kubeOutboundsAsVIPs": False}})
    endpoints = {"web_shop_svc_80": [Endpoint("10.0.0.2", 8080)]}
    (found,) = preview(workload(), around, "default", endpoints).dataplanes
    assert found["spec"]["networking"]["outbound"] == [
        {"address": "10.9.9.9", "port": 80, "tags": {"kuma.io/service": "web_shop_svc_80"}}
    ]
    (found,) = preview(workload(), around, "default").dataplanes
    assert "outbound" not in found["spec"]["networking"]


@pytest.mark.parametrize(
    ("name", "namespace", "address"),
    [
        ("web", "shop", "web.shop.pod.invalid"),
        ("a-.b--.-.c", "shop", "a.b.c.shop.pod.invalid"),
        (f"{'x' * 63}y.b", "shop", f"{'x' * 63}.b.shop.pod.invalid"),
        ("a.b", "shop", "a.b.shop.pod.invalid"),
        ("x" * 70, "n" * 63, f"{'x' * 63}.{'n' * 63}.pod.invalid"),
        ("x" * 62 + "-y", "shop", f"{'x' * 62}.shop.pod.invalid"),
    ],
)
def test_placeholder(name: str, namespace: str, address: str) -> None:
    assert placeholder(name, namespace) == address


def test_a_gateway_with_unreadable_tags_is_warned_of() -> None:
    gateway = workload(annotations={"kuma.io/gateway": "builtin", "kuma.io/tags": "x"})
    found = preview(gateway, surroundings(), "default")
    assert found.reason == "builtin-gateway-tags-unreadable"
    assert found.events == ("builtin-gateway-tags-unreadable",)


def test_what_is_skipped_is_warned_of() -> None:
    proxy = service(labels={"k8s.kuma.io/zone-proxy-type": "ingress"})
    assert preview(workload(), surroundings(proxy), "default").events == ("zone-proxy-listeners-skipped",)


def test_labels_of_a_job_keep_those_of_the_template() -> None:
    (found,) = dataplanes(workload("Job", labels={"app": "web", "team": "a"}))
    tags = found["spec"]["networking"]["inbound"][0]["tags"]
    assert (tags["app"], tags["team"], tags["job-name"]) == ("web", "a", "web")


def test_replicas_are_named_after_their_set_and_not_ready() -> None:
    (found,) = dataplanes(workload("StatefulSet", replicas=1))
    (inbound,) = found["spec"]["networking"]["inbound"]
    assert inbound["tags"]["kuma.io/service"] == "web_shop_svc"
    assert inbound["state"] == "NotReady"


def test_a_placeholder_is_never_too_long() -> None:
    address = placeholder(".".join(["a" * 60] * 4), "n" * 63)
    assert len(address) <= 253
    assert validate({"mesh": "m", "spec": {"networking": {"address": address}}}, V2_14) == []
