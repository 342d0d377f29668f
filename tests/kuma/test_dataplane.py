"""Which Pods have a Dataplane, and what is in it."""

from __future__ import annotations

from typing import Any

import pytest

from krm_fn.kuma.dataplane import convert, mesh_of_pod
from krm_fn.kuma.pods import observed_pod
from krm_fn.kuma.reading import KumaValueError
from krm_fn.kuma.services import ServiceIndex
from krm_fn.kuma.versions import NEWEST
from tests.kuma.worlds import conversion, dataplane, networking, pod, service, surroundings

NO_TAGS = {"experimental": {"inboundTagsDisabled": True}}
EXCLUSIVE = "Exclusive"
BUILTIN = {"kuma.io/gateway": "builtin", "kuma.io/tags": '{"kuma.io/service": "edge"}'}


# --- Which Pods -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("resource", "around", "reason"),
    [
        (pod(injected=False), {}, "no-sidecar"),
        (pod(annotations={"kuma.io/sidecar-injected": "no"}), {}, "no-sidecar"),
        (pod(injected=False, labels={"kuma.io/sidecar-injection": "enabled"}), {}, "no-sidecar"),
        (pod(status={}), {}, "pod-without-address"),
        (pod(status={"podIP": "10.0.0.1", "phase": "Succeeded"}), {}, "pod-succeeded"),
        (pod(status={"podIP": "10.0.0.1", "phase": "Failed", "reason": "Evicted"}), {}, "pod-evicted"),
        (pod(), {"namespace": {"status": {"phase": "Terminating"}}}, "namespace-terminating"),
        (pod(status={}, annotations={"kuma.io/ingress": "true"}), {}, "zone-ingress"),
        (pod(status={}, annotations={"kuma.io/egress": "enabled"}), {}, "zone-egress"),
        (pod(status={}, annotations=BUILTIN), {}, "pod-without-address"),
        (pod(annotations=BUILTIN | {"kuma.io/tags": "[]"}), {}, "builtin-gateway-tags-unreadable"),
        (pod(annotations=BUILTIN | {"kuma.io/tags": '{"a": 1}'}), {}, "builtin-gateway-tags-unreadable"),
        (pod(annotations={"kuma.io/gateway": "builtin"}), {}, "builtin-gateway-tags-unreadable"),
        (pod(), {"config": {"mode": "global"}}, "global-control-plane"),
    ],
)
def test_none(resource: dict[str, Any], around: dict[str, Any], reason: str) -> None:
    found = conversion(resource, service(), **around)
    assert (found.dataplane, found.reason) == (None, reason)


@pytest.mark.parametrize(
    "resource",
    [
        pod(status={"podIP": "10.0.0.1", "phase": "Failed"}),
        pod(status={"podIP": "10.0.0.1", "phase": "Pending"}, hostNetwork=True),
        pod(annotations={"kuma.io/ingress": "false", "kuma.io/sidecar-injected": "yes"}),
    ],
)
def test_these_have_one(resource: dict[str, Any]) -> None:
    assert networking(resource, service())["address"] == "10.0.0.1"


@pytest.mark.parametrize(
    ("annotations", "message"),
    [
        ({"kuma.io/ingress": "on"}, 'annotation "kuma.io/ingress" has wrong value "on"'),
        ({"kuma.io/sidecar-injected": "1"}, 'annotation "kuma.io/sidecar-injected" has wrong value "1"'),
        ({"kuma.io/ingress": "true"}, 'Ingress can only be deployed in system namespace "kuma-system"'),
        ({"kuma.io/egress": "true"}, 'Egress can only be deployed in system namespace "kuma-system"'),
        ({"kuma.io/gateway": "true"}, "invalid delegated gateway type 'true'"),
        ({"kuma.io/gateway": ""}, "invalid delegated gateway type ''"),
        ({"kuma.io/envoy-admin-port": "x"}, 'failed to parse annotation "kuma.io/envoy-admin-port"'),
    ],
)
def test_errors_of_annotations_name_them(annotations: dict[str, str], message: str) -> None:
    with pytest.raises(KumaValueError) as caught:
        conversion(pod(annotations=annotations), service())
    assert caught.value.message.startswith(message)
    assert caught.value.key == next(iter(annotations))


@pytest.mark.parametrize(
    ("resource", "around", "message", "key"),
    [
        (pod(), {"no_namespace": True}, 'namespaces "shop" not found', "metadata.namespace"),
        (pod(), {"mode": None}, 'meshes.kuma.io "default" not found', "kuma.io/mesh"),
        (pod(nodeName="n1"), {}, "unable to get Node n1", "spec.nodeName"),
    ],
)
def test_errors(resource: dict[str, Any], around: dict[str, Any], message: str, key: str) -> None:
    with pytest.raises(KumaValueError) as caught:
        conversion(resource, service(), **around)
    assert (caught.value.message, caught.value.key) == (message, key)


M = "kuma.io/mesh"


@pytest.mark.parametrize(
    ("labels", "annotations", "namespace", "mesh"),
    [
        ({M: "a"}, {M: "b"}, {"labels": {M: "c"}, "annotations": {M: "d"}}, "a"),
        ({}, {M: "b"}, {"labels": {M: "c"}, "annotations": {M: "d"}}, "b"),
        ({}, {}, {"labels": {M: "c"}, "annotations": {M: "d"}}, "c"),
        ({}, {}, {"labels": {M: ""}, "annotations": {M: "d"}}, "d"),
        ({}, {}, {"labels": {"mesh": "c"}, "annotations": "d"}, "default"),
        ({}, {}, {"labels": {M: 7}}, "default"),
        ({}, {}, None, "default"),
    ],
)
def test_the_mesh_is_named_by_pod_or_namespace(
    labels: dict[str, str], annotations: dict[str, str], namespace: Any, mesh: str
) -> None:
    resource = pod(labels=labels, annotations=annotations)
    assert dataplane(resource, service(), namespace={"metadata": namespace})["mesh"] == mesh


def test_another_mesh_may_be_the_default() -> None:
    around = surroundings(service()).replace(default_mesh="standard")
    assert mesh_of_pod(observed_pod(pod()), around) == "standard"
    assert mesh_of_pod(observed_pod(pod(labels={M: "mine"})), around) == "mine"


def test_a_service_without_selector_leads_to_the_pod_of_its_endpoint_slices() -> None:
    """Kubernetes fills them in by the Pod's uid."""
    endpoints = [{"targetRef": {"uid": "uid-web-1"}}]
    endpoint_slice = {"metadata": {"labels": {"kubernetes.io/service-name": "web"}}, "endpoints": endpoints}
    around = surroundings().replace(services=ServiceIndex([service(selector=None)], [endpoint_slice]))
    ports = [
        [inbound["port"] for inbound in found["spec"]["networking"]["inbound"]]
        for name in ("web-1", "web-2")
        if (found := convert(observed_pod(pod(name=name)), around).dataplane)
    ]
    assert ports == [[8080], [49151]]


# --- Inbounds ---------------------------------------------------------------------------------------------------------
def test_a_whole_dataplane() -> None:
    resource = pod(
        labels={"app": "web", "empty": "", "k8s.kuma.io/x": "1", "kuma.io": "kept"},
        annotations={"kuma.io/envoy-admin-port": "9901"},
        serviceAccountName="web",
    )
    found = dataplane(resource, service(annotations={"80.service.kuma.io/protocol": "HTTP"}))
    assert list(found) == ["apiVersion", "kind", "mesh", "metadata", "spec"]
    assert found["mesh"] == "default"
    assert found["metadata"] == {
        "name": "web-1",
        "namespace": "shop",
        "labels": {
            "app": "web",
            "empty": "",
            "k8s.kuma.io/namespace": "shop",
            "k8s.kuma.io/service-account": "web",
            "k8s.kuma.io/x": "1",
            "kuma.io": "kept",
            "kuma.io/env": "kubernetes",
            "kuma.io/mesh": "default",
            "kuma.io/origin": "zone",
            "kuma.io/proxy-type": "sidecar",
            "kuma.io/workload": "web",
            "kuma.io/zone": "east",
        },
    }
    inbound = {
        "health": {"ready": True},
        "name": "http",
        "port": 8080,
        "protocol": "http",
        "tags": {
            "app": "web",
            "k8s.kuma.io/namespace": "shop",
            "k8s.kuma.io/service-name": "web",
            "k8s.kuma.io/service-port": "80",
            "kuma.io": "kept",
            "kuma.io/protocol": "http",
            "kuma.io/service": "web_shop_svc_80",
            "kuma.io/zone": "east",
        },
    }
    wanted = {"networking": {"address": "10.0.0.1", "admin": {"port": 9901}, "inbound": [inbound]}}
    assert found["spec"] == wanted
    assert list(found["metadata"]["labels"]) == sorted(found["metadata"]["labels"])


def test_without_a_zone_neither_tag_nor_label() -> None:
    found = dataplane(pod(), service(), zone="")
    assert "kuma.io/zone" not in found["metadata"]["labels"]
    assert "kuma.io/zone" not in found["spec"]["networking"]["inbound"][0]["tags"]


def test_headless_services_tag_the_instance() -> None:
    inbounds = networking(pod(), service("a", clusterIP="None"), service("b", clusterIP="10.1.1.1"))["inbound"]
    assert [inbound["tags"].get("kuma.io/instance") for inbound in inbounds] == ["web-1", None]


def test_node_labels_beat_those_of_the_pod() -> None:
    nodes = {"n1": {"kubernetes.io/hostname": "n1", "other": "x"}}
    resource = pod(labels={"app": "web", "kubernetes.io/hostname": "mine"}, nodeName="n1")
    found = dataplane(resource, service(), nodes=nodes)
    tags = found["spec"]["networking"]["inbound"][0]["tags"]
    assert tags["kubernetes.io/hostname"] == "n1"
    assert "other" not in tags
    assert found["metadata"]["labels"]["kubernetes.io/hostname"] == "mine"
    without_tags = dataplane(resource, service(), nodes=nodes, config=NO_TAGS)
    assert without_tags["metadata"]["labels"]["kubernetes.io/hostname"] == "n1"
    assert "tags" not in without_tags["spec"]["networking"]["inbound"][0]


def test_no_node_is_looked_up_if_no_label_is_copied() -> None:
    config: dict[str, Any] = {"runtime": {"kubernetes": {"injector": {"nodeLabelsToCopy": []}}}}
    assert networking(pod(nodeName="gone"), service(), config=config)["inbound"]


def statuses(**ready: bool) -> list[dict[str, Any]]:
    return [{"name": name.replace("_", "-"), "ready": value} for name, value in ready.items()]


@pytest.mark.parametrize(
    ("status", "metadata", "state"),
    [
        ({}, {}, None),
        ({"containerStatuses": statuses(app=True, other=False)}, {}, None),
        ({"conditions": [{"type": "Ready", "status": "False"}]}, {}, None),
        ({"containerStatuses": statuses(app=False)}, {}, "NotReady"),
        ({"containerStatuses": [{"name": "app"}]}, {}, "NotReady"),
        ({"containerStatuses": statuses(kuma_sidecar=False)}, {}, "NotReady"),
        ({"initContainerStatuses": statuses(kuma_sidecar=False)}, {}, "NotReady"),
        (
            {
                "containerStatuses": statuses(kuma_sidecar=True),
                "initContainerStatuses": statuses(kuma_sidecar=False),
            },
            {},
            None,
        ),
        ({}, {"deletionTimestamp": "2024-01-01T00:00:00Z"}, "NotReady"),
        ({"containerStatuses": "junk", "initContainerStatuses": [None, 3]}, {}, None),
    ],
)
def test_state(status: dict[str, Any], metadata: dict[str, Any], state: str | None) -> None:
    (inbound,) = networking(pod(status={"podIP": "10.0.0.1", **status}, metadata=metadata), service())["inbound"]
    assert inbound.get("state") == state
    assert inbound["health"] == ({} if state else {"ready": True})


def test_an_undeclared_port_depends_on_the_sidecar_only() -> None:
    status = {"podIP": "10.0.0.1", "containerStatuses": statuses(app=False)}
    (inbound,) = networking(pod(status=status), service("web", {"port": 80, "targetPort": 1234}))["inbound"]
    assert inbound["port"] == 1234
    assert "name" not in inbound
    assert inbound["health"] == {"ready": True}


def test_ignored_beats_everything() -> None:
    config = {"runtime": {"kubernetes": {"injector": {"ignoredServiceSelectorLabels": ["version"]}}}}
    status = {"podIP": "10.0.0.1", "containerStatuses": statuses(app=False)}
    services = [service(f"s{v}", selector={"app": "web", "version": v}) for v in ("1", "2")]
    resource = pod(labels={"app": "web", "version": "1"}, status=status)
    assert [i["state"] for i in networking(resource, *services, config=config)["inbound"]] == ["NotReady", "Ignored"]


def test_duplicates_go_only_without_tags_and_in_mode_exclusive() -> None:
    two = (service("a"), service("b"))
    count = {
        (mode, without_tags): len(
            networking(pod(), *two, mode=mode, config=NO_TAGS if without_tags else None)["inbound"]
        )
        for mode in ("Disabled", EXCLUSIVE)
        for without_tags in (False, True)
    }
    assert count == {("Disabled", False): 2, ("Disabled", True): 2, (EXCLUSIVE, False): 2, (EXCLUSIVE, True): 1}


# --- Without Services -------------------------------------------------------------------------------------------------
def owned_by(*owners: tuple[str, str]) -> dict[str, Any]:
    return {"ownerReferences": [{"kind": kind, "name": name} for kind, name in owners]}


REPLICA_SETS = {
    ("ReplicaSet", "web-5d8"): {"metadata": owned_by(("Deployment", "web"))},
    ("ReplicaSet", "bare"): {"metadata": {}},
    ("ReplicaSet", "rolled"): {"metadata": owned_by(("Rollout", "web"))},
    ("Job", "night-1"): {"metadata": owned_by(("CronJob", "night"))},
}


@pytest.mark.parametrize(
    ("owners", "name"),
    [
        ((), "web-1"),
        ((("ReplicaSet", "web-5d8"),), "web"),
        ((("ReplicaSet", "bare"),), "bare"),
        ((("ReplicaSet", "rolled"),), "web-1"),
        ((("ReplicaSet", "rolled"), ("StatefulSet", "db")), "db"),
        ((("Job", "night-1"),), "night"),
        ((("DaemonSet", "agent"), ("ReplicaSet", "gone")), "agent"),
    ],
)
def test_service_less_name(owners: tuple[tuple[str, str], ...], name: str) -> None:
    (inbound,) = networking(pod(metadata=owned_by(*owners)), owners=REPLICA_SETS)["inbound"]
    assert inbound["port"] == 49151
    assert inbound["tags"]["kuma.io/service"] == f"{name}_shop_svc"


def test_a_replica_set_that_is_gone_is_an_error() -> None:
    with pytest.raises(KumaValueError) as caught:
        conversion(pod(metadata=owned_by(("ReplicaSet", "gone"))))
    assert caught.value.message == 'replicasets.apps "gone" not found'
    assert caught.value.key == "metadata.ownerReferences"


@pytest.mark.parametrize(
    "services",
    [
        [service(type="ExternalName")],
        [service("web", {"port": 53, "protocol": "UDP"})],
        [service("web", {"port": 80, "targetPort": "unknown"})],
        [service(annotations={"kuma.io/ignore": "true"})],
        [service(selector={"app": "other"})],
    ],
)
def test_services_without_use_give_the_service_less_inbound(services: list[dict[str, Any]]) -> None:
    assert [inbound["port"] for inbound in networking(pod(), *services)["inbound"]] == [49151]


def test_service_less_tags_keep_kuma_labels() -> None:
    resource = pod(labels={"app": "web", "kuma.io/mesh": "m", "empty": ""})
    (inbound,) = networking(resource)["inbound"]
    assert inbound["tags"] == {
        "app": "web",
        "k8s.kuma.io/namespace": "shop",
        "kuma.io/instance": "web-1",
        "kuma.io/mesh": "m",
        "kuma.io/protocol": "tcp",
        "kuma.io/service": "web-1_shop_svc",
        "kuma.io/zone": "east",
    }


def test_service_less_readiness_does_not_look_at_deletion() -> None:
    deleted = {"deletionTimestamp": "2024-01-01T00:00:00Z"}
    assert networking(pod(metadata=deleted))["inbound"][0]["health"] == {"ready": True}
    status = {"podIP": "10.0.0.1", "containerStatuses": statuses(app=False)}
    assert networking(pod(status=status))["inbound"][0]["state"] == "NotReady"


# --- Gateways ---------------------------------------------------------------------------------------------------------
def test_a_gateway_is_known_by_its_first_service() -> None:
    resource = pod(annotations={"kuma.io/gateway": "enabled"})
    found = networking(resource, service("kong-proxy"), service("kong-admin"), service("zz"))
    assert found["gateway"]["tags"]["kuma.io/service"] == "kong-admin_shop_svc_80"
    assert found["gateway"]["tags"]["kuma.io/protocol"] == "tcp"
    assert set(found) == {"address", "gateway"}


def test_a_gateway_has_no_protocol_tag_but_tcp() -> None:
    resource = pod(annotations={"kuma.io/gateway": "enabled"})
    tags = networking(resource, service("a", {"port": 80, "appProtocol": "http"}))["gateway"]["tags"]
    assert "kuma.io/protocol" not in tags
    provided = pod(annotations={"kuma.io/gateway": "provided"})
    tags = networking(provided, service("a", {"port": 80, "appProtocol": "http"}))["gateway"]["tags"]
    assert tags["kuma.io/protocol"] == "http"


def test_a_provided_gateway_of_a_deployment() -> None:
    resource = pod(annotations={"kuma.io/gateway": "provided"}, metadata=owned_by(("ReplicaSet", "web-5d8")))
    found = networking(resource, service(), owners=REPLICA_SETS)
    assert found["gateway"] == {"tags": {"kuma.io/service-name": "web_shop_svc"}}


@pytest.mark.parametrize("owner", [("StatefulSet", "web"), ("ReplicaSet", "bare"), None])
def test_a_provided_gateway_of_nothing_else_is_known_by_its_service(owner: tuple[str, str] | None) -> None:
    metadata = owned_by(*([owner] if owner else []))
    resource = pod(annotations={"kuma.io/gateway": "provided"}, metadata=metadata)
    tags = networking(resource, service(), owners=REPLICA_SETS)["gateway"]["tags"]
    assert tags["kuma.io/service"] == "web_shop_svc_80"
    assert "kuma.io/service-name" not in tags


def test_a_gateway_is_nothing_to_warn_of() -> None:
    assert conversion(pod(annotations={"kuma.io/gateway": "enabled"}), service()).events == ()


def test_a_gateway_without_tags() -> None:
    resource = pod(annotations={"kuma.io/gateway": "enabled"})
    assert networking(resource, service(), config=NO_TAGS)["gateway"] == {}


def test_a_builtin_gateway() -> None:
    resource = pod(annotations=BUILTIN, injected=False, serviceAccountName="edge")
    found = dataplane(resource, service(), mode=None, no_namespace=True)
    tags = {"kuma.io/service": "edge", "kuma.io/zone": "east"}
    assert found["spec"] == {"networking": {"address": "10.0.0.1", "gateway": {"tags": tags, "type": "BUILTIN"}}}
    labels = found["metadata"]["labels"]
    assert labels["kuma.io/proxy-type"] == "gateway"
    assert labels["k8s.kuma.io/service-account"] == "edge"
    assert "kuma.io/workload" not in labels


def test_a_builtin_gateway_in_full() -> None:
    found = dataplane(pod(annotations=BUILTIN), namespace={"metadata": {"labels": {M: "edge"}}})
    assert (found["apiVersion"], found["kind"], found["mesh"]) == ("kuma.io/v1alpha1", "Dataplane", "edge")
    assert found["metadata"]["labels"]["kuma.io/mesh"] == "edge"
    assert found["metadata"]["labels"]["kuma.io/zone"] == "east"


def test_a_builtin_gateway_with_unreadable_tags_is_warned_of() -> None:
    found = conversion(pod(annotations=BUILTIN | {"kuma.io/tags": "x"}))
    assert found.events == ("builtin-gateway-tags-unreadable",)


def test_the_mode_is_that_of_the_pods_mesh() -> None:
    modes = {"pay": "Exclusive", "default": "Disabled"}
    proxy = zone_proxy("zi", "ingress", {"port": 10001})
    around = surroundings(proxy).replace(mode_of_mesh=modes.get)
    for mesh, events in (("pay", ()), ("default", ("zone-proxy-listeners-skipped",))):
        found = convert(observed_pod(pod(labels={"app": "web", M: mesh})), around)
        assert found.events == events
        assert found.dataplane is not None
        assert ("listeners" in found.dataplane["spec"]["networking"]) is (mesh == "pay")


def test_metrics_and_probes_of_the_application() -> None:
    annotations = {
        "prometheus.metrics.kuma.io/port": "1234",
        "kuma.io/virtual-probes": "enabled",
        "kuma.io/virtual-probes-port": "9000",
    }
    spec = dataplane(pod(annotations=annotations), service())["spec"]
    assert list(spec) == ["metrics", "networking", "probes"]
    assert spec["metrics"]["type"] == "prometheus"
    assert spec["probes"] == {"port": 9000}


def test_zone_proxy_services_of_older_versions_are_services() -> None:
    found = networking(pod(), zone_proxy("zi", "ingress"), version=NEWEST.replace(mesh_zone_proxies=False))
    assert [inbound["tags"]["kuma.io/service"] for inbound in found["inbound"]] == ["zi_shop_svc_80"]
    assert "listeners" not in found


def test_a_builtin_gateway_without_any_tag() -> None:
    resource = pod(annotations={"kuma.io/gateway": "builtin", "kuma.io/tags": "{}"})
    assert networking(resource, zone="")["gateway"] == {"type": "BUILTIN"}


# --- The admin port ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("text", "admin"), [("9902", {"port": 9902}), ("0", {}), (None, None)])
def test_the_admin_port(text: str | None, admin: dict[str, int] | None) -> None:
    """As protobuf writes it: a number that is 0 does not stand there."""
    annotations = {} if text is None else {"kuma.io/envoy-admin-port": text}
    assert networking(pod(annotations=annotations), service()).get("admin") == admin


# --- Listeners --------------------------------------------------------------------------------------------------------
def zone_proxy(name: str, value: str, *ports: dict[str, Any], **spec: Any) -> dict[str, Any]:
    return service(name, *ports, labels={"k8s.kuma.io/zone-proxy-type": value}, **spec)


def test_a_zone_proxy_only_pod() -> None:
    found = dataplane(pod(), zone_proxy("zi", "ingress", {"port": 10001}), mode=EXCLUSIVE)
    listener = {"address": "10.0.0.1", "name": "10001", "port": 10001, "type": "ZoneIngress"}
    assert found["spec"]["networking"] == {
        "address": "10.0.0.1",
        "listeners": [listener],
        "transparentProxying": {"reachableBackends": {}},
    }
    assert found["metadata"]["labels"]["kuma.io/listener-zoneingress"] == "enabled"
    assert "kuma.io/listener-zoneegress" not in found["metadata"]["labels"]


def test_listeners_beside_inbounds() -> None:
    egress = zone_proxy("ze", "egress", {"port": 1, "name": "out", "targetPort": 9000}, type="ExternalName")
    found = networking(pod(), service(), egress, mode=EXCLUSIVE)
    assert [inbound["port"] for inbound in found["inbound"]] == [8080]
    assert [(listener["name"], listener["type"]) for listener in found["listeners"]] == [("out", "ZoneEgress")]
    assert "transparentProxying" not in found


def test_zone_proxies_need_mode_exclusive() -> None:
    found = conversion(pod(), zone_proxy("zi", "anything"), mode="Everywhere")
    assert found.events == ("zone-proxy-listeners-skipped",)
    assert found.dataplane is not None
    assert found.dataplane["spec"]["networking"] == {"address": "10.0.0.1"}


def test_listeners_on_one_port() -> None:
    same = networking(pod(), zone_proxy("a", "ingress"), zone_proxy("b", "ingress"), mode=EXCLUSIVE)
    assert len(same["listeners"]) == 1
    with pytest.raises(KumaValueError) as caught:
        conversion(pod(), zone_proxy("a", "ingress"), zone_proxy("b", "egress"), mode=EXCLUSIVE)
    assert caught.value.message.startswith('conflicting listener types on port 8080: services "a" and "b" have')


def test_an_unknown_zone_proxy_type() -> None:
    with pytest.raises(KumaValueError) as caught:
        conversion(pod(), zone_proxy("a", "both"), mode=EXCLUSIVE)
    assert "service shop/a has invalid k8s.kuma.io/zone-proxy-type label value" in caught.value.message


# --- Labels -----------------------------------------------------------------------------------------------------------
def test_labels_of_an_existing_dataplane_stay_underneath() -> None:
    existing = {
        "metadata": {
            "labels": {"old": "1", "app": "old", "kuma.io/zone": "wrong", "kuma.io/listener-zoneegress": "enabled"}
        }
    }
    labels = dataplane(pod(), service(), existing=existing)["metadata"]["labels"]
    assert (labels["old"], labels["app"], labels["kuma.io/zone"]) == ("1", "web", "wrong")
    assert "kuma.io/listener-zoneegress" not in labels


@pytest.mark.parametrize(
    ("origin", "present"),
    [
        (None, {"kuma.io/zone", "kuma.io/env", "k8s.kuma.io/namespace"}),
        ("zone", {"kuma.io/zone", "kuma.io/env", "k8s.kuma.io/namespace"}),
        ("global", set()),
        ("other", {"kuma.io/zone", "kuma.io/env"}),
    ],
)
def test_origin(origin: str | None, present: set[str]) -> None:
    resource = pod(labels={"app": "web", **({"kuma.io/origin": origin} if origin else {})})
    labels = dataplane(resource, service())["metadata"]["labels"]
    assert {key for key in ("kuma.io/zone", "kuma.io/env", "k8s.kuma.io/namespace") if key in labels} == present


def test_workload_label() -> None:
    config = {"runtime": {"kubernetes": {"workloadLabels": ["name", "app"]}}}
    resource = pod(labels={"app": "web", "name": ""}, serviceAccountName="sa")
    assert dataplane(resource, config=config)["metadata"]["labels"]["kuma.io/workload"] == "web"
    assert dataplane(resource)["metadata"]["labels"]["kuma.io/workload"] == "sa"
    assert "kuma.io/workload" not in dataplane(pod())["metadata"]["labels"]


# --- Outbounds --------------------------------------------------------------------------------------------------------
def other(name: str, address: str, *tags: str, **inbound: Any) -> dict[str, Any]:
    inbounds = [{"port": 5432, "tags": {"kuma.io/service": tag, "kuma.io/instance": name}, **inbound} for tag in tags]
    return {"mesh": "default", "spec": {"networking": {"address": address, "inbound": inbounds}}}


VIPS_OFF = {"experimental": {"kubeOutboundsAsVIPs": False}}


def test_outbounds() -> None:
    services = [
        service("db", clusterIP="None", selector={"app": "db"}),
        service("api", clusterIP="10.9.9.9", selector={"app": "api"}),
        service("ext", clusterIP="10.9.9.8", selector={"app": "x"}, type="ExternalName"),
    ]
    dataplanes = [
        other("db-0", "10.0.0.7", "db_shop_svc_5432"),
        other("db-1", "10.0.0.1", "db_shop_svc_5432"),
        other("api-0", "10.0.0.8", "api_shop_svc_80", "api_shop_svc_443", "gone_shop_svc_80", "a_b_svc", "x"),
        other("e", "10.0.0.9", "ext_shop_svc_80", "api_shop_svc_49151", "api_elsewhere_svc_1"),
        other("i", "10.0.0.9", "api_shop_svc_8080", state="Ignored"),
        {**other("m", "10.0.0.9", "api_shop_svc_81"), "mesh": "another"},
        {"spec": {"networking": {"inbound": [None, {"tags": 3}]}}},
    ]
    assert networking(pod(), *services, dataplanes=dataplanes, config=VIPS_OFF)["outbound"] == [
        {"address": "10.9.9.9", "port": 443, "tags": {"kuma.io/service": "api_shop_svc_443"}},
        {"address": "10.9.9.9", "port": 80, "tags": {"kuma.io/service": "api_shop_svc_80"}},
        {
            "address": "10.0.0.7",
            "port": 5432,
            "tags": {"kuma.io/instance": "db-0", "kuma.io/service": "db_shop_svc_5432"},
        },
    ]
    assert "outbound" not in networking(pod(), *services, dataplanes=dataplanes)
    reachable = pod(
        annotations={
            "traffic.kuma.io/transparent-proxy-config": "x",
            "kuma.io/transparent-proxying-reachable-services": "api_shop_svc_80",
        }
    )
    found = networking(reachable, *services, dataplanes=dataplanes, config=VIPS_OFF)
    assert [outbound["port"] for outbound in found["outbound"]] == [80]


# --- Any shape --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("junk", [None, 3, "x", [], [1], {"a": None}])
@pytest.mark.parametrize("field", ["labels", "containers", "initContainers", "status", "ownerReferences"])
def test_fields_of_any_type(field: str, junk: Any) -> None:
    resource = pod(annotations={"kuma.io/virtual-probes": "true", "kuma.io/virtual-probes-port": "9000"})
    if field in ("labels", "ownerReferences"):
        resource["metadata"][field] = junk
    elif field == "status":
        resource["status"] = {"podIP": "10.0.0.1", "containerStatuses": junk, "initContainerStatuses": junk}
    else:
        resource["spec"][field] = junk
    assert conversion(resource, service()).dataplane is not None
