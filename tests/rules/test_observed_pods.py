"""What the converter meets in a package: owners, Dataplanes that exist, EndpointSlices, other workloads, Namespaces."""

from __future__ import annotations

from typing import Any

import pytest

from krm_fn.rules.conversion import DATAPLANE_FAILED, Package
from krm_fn.rules.membership import members
from tests.rules.tools import config, deployment, namespace, package, service


def pod(name: str = "web", metadata: str = "", where: str = "shop", address: str = "10.0.0.1", labels: str = "") -> str:
    return f"""
---
apiVersion: v1
kind: Pod
metadata:
  name: {name}
  namespace: {where}
  uid: uid-{name}
  labels: {{app: {name}{labels and ", "}{labels}}}
  annotations: {{kuma.io/sidecar-injected: "true"}}
  {metadata}
spec: {{containers: [{{name: web, ports: [{{containerPort: 80}}]}}, {{name: kuma-sidecar}}]}}
status: {{podIP: {address}}}
"""


def owned_by(kind: str, name: str) -> str:
    return f"ownerReferences: [{{kind: {kind}, name: {name}}}]"


def resource(kind: str, name: str, metadata: str, group: str, where: str = "shop") -> str:
    return f"""
---
apiVersion: {group}/v1
kind: {kind}
metadata:
  name: {name}
  namespace: {where}
  {metadata}
"""


def dataplanes(text: str, spec: str = "") -> dict[str, dict[str, Any]]:
    """Those of all workloads, by name."""
    setup = config(spec)
    resources = package(text, setup)
    made = Package(resources, setup).made(list(members(resources, setup).values()))
    return {data["metadata"]["name"]: data for one in made for data in one.dataplanes}


def said(text: str, spec: str = "") -> list[tuple[str, str, str]]:
    setup = config(spec)
    resources = package(text, setup)
    made = Package(resources, setup).made(list(members(resources, setup).values()))
    return [(result.code, result.message, result.field) for one in made for result in one.results]


def tags(dataplane: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = dataplane["spec"]["networking"]["inbound"][0]["tags"]
    return found


# --- Owners -----------------------------------------------------------------------------------------------------------
REPLICA_SET = resource("ReplicaSet", "web-5d8", owned_by("Deployment", "shopfront"), "apps")
JOB = resource("Job", "night-1", owned_by("CronJob", "night"), "batch")


@pytest.mark.parametrize(
    ("owner", "known", "tag"),
    [
        (owned_by("ReplicaSet", "web-5d8"), REPLICA_SET, "shopfront_shop_svc"),
        (owned_by("Job", "night-1"), JOB, "night_shop_svc"),
        (owned_by("StatefulSet", "db"), "", "db_shop_svc"),
        ("", REPLICA_SET + JOB, "web_shop_svc"),
    ],
)
def test_owners_name_pods_without_services(owner: str, known: str, tag: str) -> None:
    assert tags(dataplanes(namespace() + pod(metadata=owner) + known)["web"])["kuma.io/service"] == tag


@pytest.mark.parametrize(
    ("owner", "known", "missing"),
    [
        (owned_by("ReplicaSet", "web-5d8"), "", 'replicasets.apps "web-5d8" not found'),
        (
            owned_by("ReplicaSet", "web-5d8"),
            REPLICA_SET.replace("namespace: shop", "namespace: other"),
            'replicasets.apps "web-5d8" not found',
        ),
        (owned_by("ReplicaSet", "web-5d8"), REPLICA_SET.replace("apps/v1", "batch/v1"), 'replicasets.apps "web-5d8"'),
        (owned_by("Job", "night-1"), JOB.replace("batch/v1", "apps/v1"), 'jobs.batch "night-1" not found'),
    ],
)
def test_owners_that_are_missing(owner: str, known: str, missing: str) -> None:
    failed = [one for one in said(namespace() + pod(metadata=owner) + known) if one[0] == DATAPLANE_FAILED]
    ((_, message, field),) = failed
    assert field == "metadata.ownerReferences"
    assert message.startswith(missing)


# --- Dataplanes that exist --------------------------------------------------------------------------------------------
def existing(name: str = "web", labels: str = "mine: x", group: str = "kuma.io/v1alpha1", inbound: str = "") -> str:
    return f"""
---
apiVersion: {group}
kind: Dataplane
mesh: default
metadata: {{name: {name}, namespace: shop, labels: {{{labels}}}}}
spec: {{networking: {{address: 10.0.0.7, inbound: [{inbound}]}}}}
"""


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (existing(), True),
        (existing(name="other"), False),
        (existing(group="example.com/v1"), False),
        ("", False),
    ],
)
def test_labels_of_an_existing_dataplane_stay(text: str, kept: bool) -> None:
    labels = dataplanes(namespace() + pod() + service() + text)["web"]["metadata"]["labels"]
    assert ("mine" in labels) is kept


VIPS_OFF = "controlPlane: {config: {experimental: {kubeOutboundsAsVIPs: false}}}"
OTHER = existing("other", inbound="{port: 80, tags: {kuma.io/service: db_shop_svc_80, kuma.io/instance: i}}")
DB = service("db", spec="clusterIP: 10.9.9.9")


def outbounds(text: str, spec: str = VIPS_OFF, name: str = "web") -> list[tuple[Any, ...]]:
    found = dataplanes(namespace() + text, spec)[name]["spec"]["networking"].get("outbound", [])
    return [(one["address"], one["port"], one["tags"]["kuma.io/service"]) for one in found]


@pytest.mark.parametrize(
    ("text", "spec", "found"),
    [
        (pod() + DB + OTHER, VIPS_OFF, [("10.9.9.9", 80, "db_shop_svc_80")]),
        (pod() + DB + OTHER, "", []),
        (pod() + OTHER, VIPS_OFF, []),
        (pod() + DB, VIPS_OFF, []),
        (pod() + DB + OTHER.replace("mesh: default", "mesh: another"), VIPS_OFF, []),
        (pod() + DB + OTHER.replace("kuma.io/v1alpha1", "example.com/v1"), VIPS_OFF, []),
        # What a cluster has reported meets what the cluster had, not what is still to come.
        (pod() + DB + deployment("db"), VIPS_OFF, []),
    ],
)
def test_an_observed_pod_meets_the_dataplanes_that_are_there(text: str, spec: str, found: list[Any]) -> None:
    assert outbounds(text, spec) == found


def test_a_workload_meets_what_is_there_and_what_is_to_come() -> None:
    text = deployment() + DB + deployment("db") + service("more", spec="clusterIP: 10.9.9.8")
    there = OTHER.replace("db_shop_svc_80", "more_shop_svc_80")
    assert outbounds(text + there) == [("10.9.9.9", 80, "db_shop_svc_80"), ("10.9.9.8", 80, "more_shop_svc_80")]


def test_services_of_other_namespaces_are_found() -> None:
    elsewhere = service("db", where="data", spec="clusterIP: 10.9.9.9")
    there = OTHER.replace("db_shop_svc_80", "db_data_svc_80")
    assert outbounds(pod() + elsewhere + there) == [("10.9.9.9", 80, "db_data_svc_80")]
    assert outbounds(pod() + there) == []


# --- EndpointSlices ---------------------------------------------------------------------------------------------------
def endpoint_slice(uid: str, where: str = "shop", kind: str = "EndpointSlice") -> str:
    return f"""
---
apiVersion: discovery.k8s.io/v1
kind: {kind}
metadata: {{name: open-1, namespace: {where}, labels: {{kubernetes.io/service-name: open}}}}
endpoints: [{{targetRef: {{uid: {uid}}}}}]
"""


OPEN = """
---
apiVersion: v1
kind: Service
metadata: {name: open, namespace: shop}
spec: {ports: [{port: 8080, targetPort: 80}]}
"""


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        (endpoint_slice("uid-web"), "open_shop_svc_8080"),
        (endpoint_slice("uid-other"), "web_shop_svc"),
        (endpoint_slice("uid-web", where="other"), "web_shop_svc"),
        (endpoint_slice("uid-web", kind="Endpoints"), "web_shop_svc"),
        ("", "web_shop_svc"),
    ],
)
def test_a_service_without_selector_goes_by_endpoint_slices(text: str, tag: str) -> None:
    assert tags(dataplanes(namespace() + pod() + OPEN + text)["web"])["kuma.io/service"] == tag


def test_labels_that_are_ignored_in_selectors() -> None:
    selecting = service(spec="selector: {app: web, version: v2}").replace("selector: {app: web}, ", "")
    spec = "controlPlane: {config: {runtime: {kubernetes: {injector: {ignoredServiceSelectorLabels: [version]}}}}}"
    state = [
        dataplanes(namespace() + pod() + selecting, used)["web"]["spec"]["networking"]["inbound"][0].get("state")
        for used in (spec, "")
    ]
    assert state == ["Ignored", None]


# --- Namespaces and meshes --------------------------------------------------------------------------------------------
def test_a_namespace_that_only_the_config_declares() -> None:
    spec = "namespaces: [{name: shop, labels: {kuma.io/mesh: pay}}]"
    assert dataplanes(pod() + service(), spec)["web"]["mesh"] == "pay"
    annotated = "namespaces: [{name: shop, annotations: {kuma.io/mesh: pay}}]"
    assert dataplanes(pod() + service(), annotated)["web"]["mesh"] == "pay"


@pytest.mark.parametrize(("labels", "mesh"), [("", "standard"), ("kuma.io/mesh: pay", "pay")])
def test_the_mesh_that_the_config_names_for_pods_that_name_none(labels: str, mesh: str) -> None:
    assert dataplanes(namespace(labels=labels) + pod() + service(), "mesh: standard")["web"]["mesh"] == mesh


def test_zone_proxies_of_old_in_the_system_namespace() -> None:
    ingress = pod(where="mesh-system").replace("kuma.io/sidecar-injected", "kuma.io/ingress")
    text = namespace("mesh-system") + ingress
    ((code, message, _),) = said(text, "controlPlane: {systemNamespace: mesh-system}")
    assert (code, message) == ("no-dataplane", "no Dataplane: zone-ingress")
    ((code, message, field),) = said(text)
    assert code == DATAPLANE_FAILED
    assert message == 'Ingress can only be deployed in system namespace "kuma-system"'
    assert field == "metadata.annotations[kuma.io/ingress]"


def test_each_mesh_has_endpoints_of_its_own() -> None:
    there = OTHER + OTHER.replace("mesh: default", "mesh: pay").replace("name: other", "name: others").replace(
        "db_shop_svc_80", "cards_shop_svc_80"
    )
    text = pod() + pod("till", address="10.0.0.2", labels="kuma.io/mesh: pay") + DB
    text += service("cards", spec="clusterIP: 10.9.9.8") + there
    assert outbounds(text) == [("10.9.9.9", 80, "db_shop_svc_80")]
    assert outbounds(text, name="till") == [("10.9.9.8", 80, "cards_shop_svc_80")]


def test_pods_that_run_and_pods_to_come_meet_different_dataplanes() -> None:
    text = pod() + deployment() + deployment("db") + DB
    text = text.replace("kind: Deployment\nmetadata: {name: web,", "kind: Deployment\nmetadata: {name: later,")
    assert outbounds(text) == []
    assert outbounds(text, name="later") == [("10.9.9.9", 80, "db_shop_svc_80")]


def test_a_pod_that_names_no_namespace_is_in_the_default_one() -> None:
    spec = "defaultNamespace: shop"
    found = dataplanes(namespace() + pod().replace("  namespace: shop\n", "") + service(), spec)["web"]
    assert found["metadata"]["namespace"] == "shop"
    assert tags(found)["kuma.io/service"] == "web_shop_svc_80"


def test_what_the_control_plane_would_warn_of_is_told_at_the_pod() -> None:
    setup = config()
    proxy = service(labels="k8s.kuma.io/zone-proxy-type: ingress")
    resources = package(namespace() + pod() + proxy, setup)
    (made,) = Package(resources, setup).made(list(members(resources, setup).values()))
    (result,) = made.results
    assert (result.code, result.severity) == ("zone-proxy-listeners-skipped", "warning")
    assert result.item is not None
    assert (result.item.kind, result.item.name) == ("Pod", "web")
    assert "they are skipped" in result.message
