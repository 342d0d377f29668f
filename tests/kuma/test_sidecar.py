"""The whole injection: the sidecar, its place, volumes, and the order in which a Pod is refused."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from krm_fn.kuma.controlplane import ControlPlaneConfig, resolve
from krm_fn.kuma.injection import decide
from krm_fn.kuma.reading import KumaValueError
from krm_fn.kuma.sidecar import Injected, inject, sidecar_container
from krm_fn.kuma.sidecar_environment import TOKEN_PATH, ControlPlane
from krm_fn.kuma.transparent_proxy_config import parse_config_map

CONTROL_PLANE = ControlPlane("https://cp:5678", "PEM\n")
WEB: dict[str, Any] = {"containers": [{"name": "web", "image": "web"}]}
READY = {"httpGet": {"path": "/ready", "port": 9902}, "timeoutSeconds": 3, "periodSeconds": 5, "successThreshold": 1}
READY |= {"failureThreshold": 12}


def config(native: bool = True, params: dict[str, Any] | None = None, **injector: Any) -> ControlPlaneConfig:
    return resolve(
        {
            "runtime": {"kubernetes": {"injector": injector}},
            "experimental": {"sidecarContainers": native},
            "bootstrapServer": {"params": params or {}},
        }
    )


def injected(
    spec: dict[str, Any],
    annotations: dict[str, str] | None = None,
    used: ControlPlaneConfig | None = None,
    patches: dict[str, Any] | None = None,
    tproxy: dict[str, Any] | None = None,
) -> Injected:
    return inject({"app": "web"}, annotations or {}, spec, "default", used or config(), CONTROL_PLANE, patches, tproxy)


def sidecar(
    annotations: dict[str, str] | None = None, used: ControlPlaneConfig | None = None, spec: dict[str, Any] = WEB
) -> dict[str, Any]:
    return sidecar_container(annotations or {}, spec, "default", used or config(), CONTROL_PLANE)


def names_of(entries: list[dict[str, Any]]) -> list[str]:
    return [str(entry["name"]) for entry in entries]


def test_the_container_with_nothing_configured() -> None:
    container = sidecar()
    env = container.pop("env")
    assert container == {
        "name": "kuma-sidecar",
        "image": "kuma/kuma-dp:latest",
        "imagePullPolicy": "IfNotPresent",
        "args": ["run", "--log-level=info"],
        "livenessProbe": READY | {"initialDelaySeconds": 60},
        "readinessProbe": READY | {"initialDelaySeconds": 1},
        "startupProbe": READY | {"initialDelaySeconds": 1},
        "resources": {
            "requests": {"cpu": "50m", "ephemeral-storage": "50M", "memory": "64Mi"},
            "limits": {"ephemeral-storage": "1G", "memory": "512Mi"},
        },
        "securityContext": {
            "runAsUser": 5678,
            "runAsGroup": 5678,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
            "allowPrivilegeEscalation": False,
        },
        "volumeMounts": [{"name": "kuma-sidecar-tmp", "mountPath": "/tmp"}],
    }
    assert names_of(env) == [
        "HOST_IP",
        "INSTANCE_IP",
        "KUMA_APPLICATION_PROBE_PROXY_PORT",
        "KUMA_CONTROL_PLANE_CA_CERT",
        "KUMA_CONTROL_PLANE_URL",
        "KUMA_DATAPLANE_DRAIN_TIME",
        "KUMA_DATAPLANE_MESH",
        "KUMA_DATAPLANE_RUNTIME_TOKEN_PATH",
        "KUMA_DNS_ENABLED",
        "KUMA_DNS_ENABLE_LOGGING",
        "KUMA_DNS_PROXY_PORT",
        "POD_NAME",
        "POD_NAMESPACE",
    ]


@pytest.mark.parametrize(
    ("annotation", "limit", "flags"),
    [
        (None, "0", []),
        (None, "1m", ["--concurrency=2"]),
        (None, "1100m", ["--concurrency=2"]),
        (None, "2999m", ["--concurrency=2"]),
        (None, "2999.1m", ["--concurrency=3"]),
        (None, "8500m", ["--concurrency=8"]),
        ("1", "8500m", ["--concurrency=1"]),
        ("0", "8500m", []),
        ("016", "0", ["--concurrency=16"]),
    ],
)
def test_concurrency(annotation: str | None, limit: str, flags: list[str]) -> None:
    used = config(sidecarContainer={"resources": {"limits": {"cpu": limit}}})
    annotations = {} if annotation is None else {"kuma.io/sidecar-proxy-concurrency": annotation}
    assert sidecar(annotations, used)["args"][2:] == flags


TCP = {"envoyAdminUnixSocket": False}


@pytest.mark.parametrize(
    ("annotations", "params", "port"),
    [
        ({}, {}, 9902),
        ({"kuma.io/envoy-admin-port": "1"}, {}, 9902),
        ({}, {"readinessPort": 5}, 5),
        ({}, TCP, 9901),
        ({}, TCP | {"adminPort": 5}, 5),
        ({"kuma.io/envoy-admin-port": "1"}, TCP, 1),
        ({"kuma.io/envoy-admin-port": "0"}, TCP, 9901),
    ],
)
def test_the_port_of_the_probes(annotations: dict[str, str], params: dict[str, Any], port: int) -> None:
    container = sidecar(annotations, config(params=params))
    probes = [container[key] for key in ("livenessProbe", "readinessProbe", "startupProbe")]
    assert [probe["httpGet"]["port"] for probe in probes] == [port] * 3


def test_timing_that_is_zero_is_left_out() -> None:
    nothing = {"initialDelaySeconds": 0, "timeoutSeconds": 0, "periodSeconds": 0, "failureThreshold": 0}
    used = config(sidecarContainer={"startupProbe": nothing, "readinessProbe": {"successThreshold": 4}})
    assert sidecar({}, used)["startupProbe"] == {"httpGet": {"path": "/ready", "port": 9902}, "successThreshold": 1}
    assert sidecar({}, used)["readinessProbe"]["successThreshold"] == 4


@pytest.mark.parametrize(
    ("native", "configured", "annotation", "waits"),
    [
        (False, False, None, False),
        (False, True, None, True),
        (False, True, "disabled", False),
        (False, False, "enabled", True),
        (True, True, "enabled", False),
    ],
)
def test_waiting_for_the_data_plane(native: bool, configured: bool, annotation: str | None, waits: bool) -> None:
    used = config(native, sidecarContainer={"waitForDataplaneReady": configured})
    annotations = {} if annotation is None else {"kuma.io/wait-for-dataplane-ready": annotation}
    spec = injected(WEB, annotations, used).spec
    container = next(c for c in spec["initContainers"] + spec["containers"] if c["name"] == "kuma-sidecar")
    wait = {"postStart": {"exec": {"command": ["kuma-dp", "wait", "--url", "http://localhost:9902/ready"]}}}
    stop = {"preStop": {"exec": {"command": ["killall", "-USR2", "kuma-dp"]}}}
    assert container.get("lifecycle") == (stop if native else wait if waits else None)


TOKEN = {"name": "kube-api-access-abcde", "mountPath": TOKEN_PATH, "readOnly": True, "subPath": "x"}
SOCKET = {"name": "kuma-spire-agent-socket", "mountPath": "/run/spire/sockets", "readOnly": True}
SPIRE = {"k8s.kuma.io/spire-support": "enabled"}
NAMED = {"kuma.io/service-account-token-volume": "mine"}


@pytest.mark.parametrize(
    ("annotations", "spec", "mounts"),
    [
        ({}, {"containers": [{"name": "a"}, {"name": "b", "volumeMounts": [{"name": "x"}, TOKEN]}]}, [TOKEN]),
        ({}, {"containers": [{"name": "a", "volumeMounts": [TOKEN | {"mountPath": TOKEN_PATH + "/"}]}]}, []),
        ({}, {"initContainers": [{"name": "a", "volumeMounts": [TOKEN]}], "containers": []}, []),
        ({}, {"containers": [{"name": "a", "volumeMounts": "x"}, None]}, []),
        (SPIRE, {"containers": [{"name": "a", "volumeMounts": [TOKEN]}]}, [SOCKET, TOKEN]),
        (NAMED, {"volumes": [{"name": "mine"}]}, [{"name": "mine", "mountPath": TOKEN_PATH, "readOnly": True}]),
        (
            NAMED | SPIRE,
            {"volumes": [{"name": "mine"}], "containers": [{"name": "a", "volumeMounts": [TOKEN]}]},
            [{"name": "mine", "mountPath": TOKEN_PATH, "readOnly": True}],
        ),
    ],
)
def test_mounts(annotations: dict[str, str], spec: dict[str, Any], mounts: list[dict[str, Any]]) -> None:
    assert sidecar(annotations, spec=spec)["volumeMounts"][1:] == mounts


def entries(*names: str) -> list[dict[str, Any]]:
    return [{"name": name} for name in names]


FIRST = {"kuma.io/init-first": "true"}
NO_INBOUND = {"kuma.io/gateway": "enabled"}


@pytest.mark.parametrize(
    ("native", "cni", "annotations", "init_containers", "containers"),
    [
        (True, False, {}, ["kuma-init", "kuma-sidecar", "i", "j"], ["a", "b"]),
        (True, False, FIRST, ["kuma-init", "kuma-sidecar", "i", "j"], ["a", "b"]),
        (True, True, {}, ["kuma-validation", "kuma-sidecar", "i", "j"], ["a", "b"]),
        (True, True, NO_INBOUND, ["kuma-sidecar", "i", "j"], ["a", "b"]),
        (False, False, {}, ["i", "j", "kuma-init"], ["kuma-sidecar", "a", "b"]),
        (False, False, FIRST, ["kuma-init", "i", "j"], ["kuma-sidecar", "a", "b"]),
        (False, True, FIRST, ["kuma-validation", "i", "j"], ["kuma-sidecar", "a", "b"]),
        (False, True, NO_INBOUND, ["i", "j"], ["kuma-sidecar", "a", "b"]),
    ],
)
def test_places(
    native: bool, cni: bool, annotations: dict[str, str], init_containers: list[str], containers: list[str]
) -> None:
    spec = {"initContainers": entries("i", "j"), "containers": entries("a", "b")}
    result = injected(spec, annotations, config(native, cniEnabled=cni)).spec
    assert names_of(result["initContainers"]) == init_containers
    assert names_of(result["containers"]) == containers


def test_nothing_among_the_init_containers() -> None:
    result = injected(WEB, NO_INBOUND, config(native=False, cniEnabled=True)).spec
    assert "initContainers" not in result
    assert list(result) == ["containers", "volumes"]


@pytest.mark.parametrize(
    ("annotations", "used", "added"),
    [
        ({}, config(), []),
        ({}, config(cniEnabled=True), []),
        (SPIRE, config(), ["kuma-spire-agent-socket"]),
        ({}, config(ebpf={"enabled": True}), ["sys-fs-cgroup", "bpf-fs"]),
        ({"kuma.io/transparent-proxying-ebpf": "true"}, config(), []),
    ],
)
def test_volumes(annotations: dict[str, str], used: ControlPlaneConfig, added: list[str]) -> None:
    result = injected({**WEB, "volumes": entries("mine")}, annotations, used).spec
    assert names_of(result["volumes"]) == ["mine", "kuma-init-tmp", "kuma-sidecar-tmp", *added]


def test_mesh_and_labels_of_the_pod() -> None:
    result = inject({"app": "web"}, {}, WEB, "pay", config(), CONTROL_PLANE)
    assert result.labels == {"app": "web", "kuma.io/mesh": "pay"}
    (container,) = (entry for entry in result.spec["initContainers"] if entry["name"] == "kuma-sidecar")
    assert {"name": "KUMA_DATAPLANE_MESH", "value": "pay"} in container["env"]
    assert container["restartPolicy"] == "Always"


def test_the_environment_from_the_pod_itself() -> None:
    fields = {
        entry["name"]: entry["valueFrom"]["fieldRef"]["fieldPath"] for entry in sidecar()["env"] if "valueFrom" in entry
    }
    assert {key: fields[key] for key in ("POD_NAME", "POD_NAMESPACE", "INSTANCE_IP")} == {
        "POD_NAME": "metadata.name",
        "POD_NAMESPACE": "metadata.namespace",
        "INSTANCE_IP": "status.podIP",
    }


def test_the_port_of_the_probe_proxy_is_told_to_the_sidecar() -> None:
    env = {entry["name"]: entry.get("value") for entry in sidecar(used=config(applicationProbeProxyPort=9005))["env"]}
    assert env["KUMA_APPLICATION_PROBE_PROXY_PORT"] == "9005"


@pytest.mark.parametrize(
    ("annotations", "key"),
    [
        ({"kuma.io/container-patches": "missing"}, "kuma.io/container-patches"),
        ({"kuma.io/service-account-token-volume": "missing"}, "kuma.io/service-account-token-volume"),
    ],
)
def test_what_is_missing_is_named_by_its_annotation(annotations: dict[str, str], key: str) -> None:
    with pytest.raises(KumaValueError) as caught:
        injected(WEB, annotations)
    assert caught.value.key == key


def test_volumes_in_full() -> None:
    used = config(ebpf={"enabled": True, "cgroupPath": "/cgroup", "bpffsPath": "/bpf"})
    assert injected(WEB, SPIRE, used).spec["volumes"] == [
        {"name": "kuma-init-tmp", "emptyDir": {"sizeLimit": "10M"}},
        {"name": "kuma-sidecar-tmp", "emptyDir": {"sizeLimit": "10M"}},
        {"name": "kuma-spire-agent-socket", "csi": {"driver": "csi.spiffe.io", "readOnly": True}},
        {"name": "sys-fs-cgroup", "hostPath": {"path": "/cgroup"}},
        {"name": "bpf-fs", "hostPath": {"path": "/bpf"}},
    ]


@pytest.mark.parametrize(
    ("enabled", "annotations", "validated"),
    [
        ("true", {}, True),
        ("true", {"kuma.io/gateway": "disabled"}, True),
        ("true", {"kuma.io/gateway": "enabled"}, False),
        ("false", {}, False),
    ],
)
def test_under_cni_only_redirected_traffic_is_validated(
    enabled: str, annotations: dict[str, str], validated: bool
) -> None:
    text = f"redirect: {{inbound: {{enabled: {enabled}}}}}"
    tproxy = parse_config_map("t", {"data": {"config.yaml": text}})
    result = injected(WEB, annotations, config(cniEnabled=True), tproxy=tproxy).spec
    assert ("kuma-validation" in names_of(result["initContainers"])) is validated


@pytest.mark.parametrize(
    ("annotations", "used", "on"),
    [
        ({}, config(), "disabled"),
        ({}, config(virtualProbesEnabled=True), "enabled"),
        ({"kuma.io/virtual-probes": "true"}, config(), "enabled"),
        ({"kuma.io/virtual-probes": "no"}, config(virtualProbesEnabled=True), "disabled"),
    ],
)
def test_virtual_probes_on_the_config_map_path(annotations: dict[str, str], used: ControlPlaneConfig, on: str) -> None:
    tproxy = parse_config_map("t", {"data": {"config.yaml": "{}"}})
    assert injected(WEB, annotations, used, tproxy=tproxy).annotations["kuma.io/virtual-probes"] == on


def test_without_a_config_map_of_the_pods_own() -> None:
    tproxy = parse_config_map("t", {"data": {"config.yaml": "{}"}})
    result = injected(WEB, {}, config(), tproxy=tproxy)
    assert names_of(result.spec["volumes"])[2:] == ["transparent-proxy-base"]
    assert result.spec["initContainers"][0]["args"] == ["--config=/tmp/transparent-proxy/base/config.yaml"]


def test_the_config_map_path() -> None:
    tproxy = parse_config_map("t", {"data": {"config.yaml": "redirect: {dns: {enabled: true}}"}})
    own = {"traffic.kuma.io/transparent-proxy-configmap-name": "team"}
    result = injected(WEB, own, config(), tproxy=tproxy)
    init, container = result.spec["initContainers"]
    base, custom = (f"/tmp/transparent-proxy/{part}/config.yaml" for part in ("base", "custom"))
    assert init["args"] == [f"--config={base}", f"--config={custom}"]
    assert container["args"][2:] == [f"--transparent-proxy-config={base}", f"--transparent-proxy-config={custom}"]
    mounts = ["kuma-sidecar-tmp", "transparent-proxy-base", "transparent-proxy-custom"]
    assert names_of(container["volumeMounts"]) == mounts
    assert result.spec["volumes"][2:] == [
        {
            "name": "transparent-proxy-base",
            "downwardAPI": {
                "items": [
                    {
                        "path": "config.yaml",
                        "fieldRef": {"fieldPath": "metadata.annotations['traffic.kuma.io/transparent-proxy-config']"},
                    }
                ]
            },
        },
        {"name": "transparent-proxy-custom", "configMap": {"name": "team"}},
    ]
    assert "kuma.io/builtin-dns" not in result.annotations


def test_probes_of_restartable_init_containers() -> None:
    probe = {"httpGet": {"path": "/", "port": 80}}
    spec = {**WEB, "initContainers": [{"name": "i", "restartPolicy": "Always", "startupProbe": probe}]}
    native = injected(spec).spec["initContainers"][2]["startupProbe"]
    traditional = injected(spec, used=config(native=False)).spec["initContainers"][0]["startupProbe"]
    assert native == {"httpGet": {"path": "/80/", "port": 9001}}
    assert traditional == probe


def add(path: str, value: str) -> dict[str, str]:
    return {"op": "add", "path": path, "value": value}


PATCHES: dict[str, Any] = {
    "flags": {
        "sidecarPatch": [add("/args/-", '"--x"'), add("/lifecycle/preStop/sleep/seconds", "5")],
        "initPatch": [add("/args/-", '"--y"')],
    },
    "name": {"sidecarPatch": [add("/name", '"proxy"')]},
    "broken": {"initPatch": [{"op": "remove", "path": "/nothing"}]},
}


@pytest.mark.parametrize(
    ("configured", "annotation", "flags"),
    [
        ([], None, []),
        (["flags"], None, ["--x"]),
        (["flags"], "flags", ["--x", "--x"]),
        ([], ",flags,", ["--x"]),
        (["flags"], "", ["--x"]),
    ],
)
def test_patches(configured: list[str], annotation: str | None, flags: list[str]) -> None:
    annotations = {} if annotation is None else {"kuma.io/container-patches": annotation}
    init, container = injected(WEB, annotations, config(containerPatches=configured), PATCHES).spec["initContainers"]
    assert container["args"][2:] == flags
    assert init["args"][3:] == ["--y"] * len(flags)
    # Native mode sets the life cycle after the patches.
    assert list(container["lifecycle"]) == ["preStop"]
    assert list(container["lifecycle"]["preStop"]) == ["exec"]


def test_patches_reach_the_life_cycle_in_traditional_mode() -> None:
    result = injected(WEB, {}, config(native=False, containerPatches=["flags"]), PATCHES).spec
    assert result["containers"][0]["lifecycle"] == {"preStop": {"sleep": {"seconds": 5}}}


def test_patches_reach_the_validation_container() -> None:
    used = config(cniEnabled=True, containerPatches=["flags"])
    assert injected(WEB, {}, used, PATCHES).spec["initContainers"][0]["args"][-1] == "--y"


def test_the_probes_of_a_renamed_sidecar_count_as_an_applications() -> None:
    used = config(native=False, containerPatches=["name"])
    container = injected(WEB, {}, used, PATCHES).spec["containers"][0]
    assert (container["name"], container["livenessProbe"]["httpGet"]["path"]) == ("proxy", "/9902/ready")


CLASH = {"containers": [{"name": "web", "securityContext": {"runAsUser": 5678}}]}
RESERVED = {"containers": [{"name": "web", "livenessProbe": {"httpGet": {"port": 9001}}}]}

# Each Pod has what is wrong in its row and in all rows below; the row decides what Kuma reports.
REFUSALS: list[tuple[dict[str, str], str]] = [
    ({"kuma.io/container-patches": "gone"}, "it appears some expected container patches are missing"),
    ({"kuma.io/sidecar-drain-time": "soon"}, 'time: invalid duration "soon"'),
    ({"k8s.kuma.io/spire-support": "on"}, "getting k8s.kuma.io/spire-support annotation failed: annotation"),
    ({"kuma.io/virtual-probes": "on"}, "unable to set kuma.io/virtual-probes: annotation"),
    ({"kuma.io/application-probe-proxy-port": "x"}, "unable to set kuma.io/application-probe-proxy-port: failed"),
    ({"kuma.io/sidecar-env-vars": "A"}, "invalid format. Map in"),
    ({"kuma.io/sidecar-proxy-concurrency": "x"}, 'failed to parse annotation "kuma.io/sidecar-proxy-concurrency"'),
    ({"kuma.io/envoy-admin-port": "x"}, 'failed to parse annotation "kuma.io/envoy-admin-port"'),
    ({"kuma.io/wait-for-dataplane-ready": "x"}, 'annotation "kuma.io/wait-for-dataplane-ready" has wrong'),
    (
        {"kuma.io/service-account-token-volume": "gone"},
        "volume (gone) specified for kuma.io/service-account-token-volume but volume does not exist in pod spec",
    ),
    ({"kuma.io/transparent-proxying-ebpf": "x"}, "could not generate annotations for pod: getting kuma.io/"),
    ({"kuma.io/builtin-dns": "no", "kuma.io/builtin-dns-port": "x"}, "failed to parse annotation"),
    ({"kuma.io/init-first": "x"}, 'annotation "kuma.io/init-first" has wrong value "x"'),
    ({}, "cannot override Pod's probes. Port for probe cannot be set to 9001."),
]


@pytest.mark.parametrize("row", range(len(REFUSALS)))
def test_the_first_thing_wrong_is_reported(row: int) -> None:
    annotations: dict[str, str] = {}
    for own, _message in REFUSALS[row:]:
        annotations |= own
    with pytest.raises(KumaValueError) as caught:
        injected(RESERVED, annotations)
    assert caught.value.message.startswith(REFUSALS[row][1])


@pytest.mark.parametrize(
    ("spec", "annotations", "message"),
    [
        (CLASH, {"kuma.io/container-patches": "gone"}, 'containers using same UID as sidecar is unsupported: ["web"]'),
        (RESERVED, {"kuma.io/container-patches": "broken", "kuma.io/init-first": "x"}, 'could not apply patches ["br'),
    ],
)
def test_other_refusals(spec: dict[str, Any], annotations: dict[str, str], message: str) -> None:
    with pytest.raises(KumaValueError) as caught:
        injected(spec, annotations, patches=PATCHES)
    assert caught.value.message.startswith(message)


def test_nothing_given_is_changed() -> None:
    probe = {"httpGet": {"path": "/", "port": 80, "httpHeaders": [{"name": "Host", "value": "h"}]}}
    container = {"name": "web", "volumeMounts": [dict(TOKEN)], "livenessProbe": probe}
    spec = {"containers": [container], "initContainers": [{"name": "i"}], "volumes": [{"name": "v"}]}
    patches = copy.deepcopy(PATCHES)
    before = copy.deepcopy(spec)
    for native in (True, False):
        first = injected(spec, {}, config(native, containerPatches=["flags"]), patches)
        assert first == injected(spec, {}, config(native, containerPatches=["flags"]), patches)
    assert spec == before
    assert patches == PATCHES


def test_an_injected_pod_is_left_alone() -> None:
    labels = {"kuma.io/sidecar-injection": "enabled"}
    for native in (True, False):
        assert decide(labels, injected(WEB, used=config(native)).spec, {}, ()).code == "already-injected"


@pytest.mark.parametrize(
    "spec",
    [
        {},
        {"containers": None, "initContainers": {}, "volumes": "v"},
        {"containers": ["web", None, 5, []]},
        {"containers": [{"name": None, "livenessProbe": {"httpGet": {"port": [], "httpHeaders": [1, None]}}}]},
        {"containers": [{"volumeMounts": [[]], "ports": {}, "startupProbe": {"grpc": {"port": "x"}}}]},
        {"initContainers": [None, {"restartPolicy": []}], "containers": [{"securityContext": []}]},
    ],
)
def test_specs_of_any_shape(spec: dict[str, Any]) -> None:
    for native in (True, False):
        assert "kuma-sidecar" in str(injected(spec, used=config(native)).spec)


JUNK = st.sampled_from(
    [None, True, 0, 2**70, 1.5, "", "9001", "kuma-sidecar", [], {}, [None], {"a": None}, [{"name": 1}]]
)
CONTAINERS = st.lists(
    st.one_of(
        JUNK,
        st.dictionaries(
            st.sampled_from(["name", "ports", "volumeMounts", "livenessProbe", "restartPolicy", "securityContext"]),
            st.one_of(JUNK, st.dictionaries(st.sampled_from(["httpGet", "grpc", "port", "runAsUser"]), JUNK)),
        ),
    ),
    max_size=3,
)
SPECS = st.dictionaries(st.sampled_from(["containers", "initContainers", "volumes"]), st.one_of(JUNK, CONTAINERS))
ANNOTATIONS = st.dictionaries(st.sampled_from([key for own, _message in REFUSALS for key in own]), JUNK)


@given(SPECS, ANNOTATIONS, st.booleans())
def test_any_pod_is_injected_or_refused(spec: dict[str, Any], annotations: dict[str, Any], native: bool) -> None:
    before = copy.deepcopy((spec, annotations))
    try:
        result = injected(spec, annotations, config(native), PATCHES).spec
    except KumaValueError:
        result = {}
    containers = result.get("initContainers" if native else "containers", [{"name": "kuma-sidecar", "args": []}])
    assert any(isinstance(c, dict) and c.get("name") == "kuma-sidecar" and "args" in c for c in containers)
    assert (spec, annotations) == before
