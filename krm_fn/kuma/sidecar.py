"""What the injector makes of a Pod: the sidecar, its helpers, volumes, and the application's probes.

`inject` is the whole of it, in Kuma's own order, so that the first thing wrong with a Pod is the one that Kuma reports.
Follows Kuma's `pkg/plugins/runtime/k8s/webhooks/injector` and `pkg/plugins/runtime/k8s/containers`.
"""

from __future__ import annotations

from krm_fn.krm.fields import as_list, as_map, string_map
from krm_fn.kuma import names
from krm_fn.kuma.init_container import (
    BASE_VOLUME,
    BPFFS_VOLUME,
    CGROUP_VOLUME,
    CUSTOM_VOLUME,
    INIT_TMP,
    SIDECAR_TMP,
    config_files,
    config_mounts,
    custom_config_map,
    init_container,
    resources,
    unprivileged,
)
from krm_fn.kuma.injection import uid_clash
from krm_fn.kuma.probes import rewrite_probes
from krm_fn.kuma.reading import (
    KumaValueError,
    read_list,
    read_switch,
    read_uint32,
)
from krm_fn.kuma.sidecar_annotations import injected_metadata
from krm_fn.kuma.sidecar_environment import TOKEN_PATH, ControlPlane, environment, spire_on
from krm_fn.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from krm_fn.kuma.controlplane import ControlPlaneConfig, Probe

SPIRE_VOLUME = "kuma-spire-agent-socket"
STORAGE = ("50M", "1G")

# The order in which fields of an injected container are written.
FIELD_ORDER = (
    "name",
    "image",
    "imagePullPolicy",
    "restartPolicy",
    "command",
    "args",
    "env",
    "lifecycle",
    "livenessProbe",
    "readinessProbe",
    "startupProbe",
    "resources",
    "securityContext",
    "volumeMounts",
)


class Injected(Record):
    """A Pod (template) with its sidecar: what its labels, annotations and spec are now."""

    labels: Mapping[str, Any]
    annotations: Mapping[str, Any]
    spec: dict[str, Any]


def inject(
    labels: Mapping[str, Any],
    annotations: Mapping[str, Any],
    spec: Mapping[str, Any],
    mesh: str,
    config: ControlPlaneConfig,
    control_plane: ControlPlane,
    patches: Mapping[str, Any] | None = None,
    tproxy: dict[str, Any] | None = None,
) -> Injected:
    """Return the Pod as Kuma's injector leaves it; nothing that is given is changed, unchanged parts are shared.

    Whether it is to be injected has been decided before (`injection.decide`), and the mesh exists. `patches` are the
    specs of the ContainerPatches in the system namespace, by name. `tproxy` is what `parse_config_map` of
    transparent_proxy_config returned, where the configuration names a ConfigMap; None otherwise. Raises KumaValueError
    with Kuma's text where the injector refuses the Pod.
    """
    clash = uid_clash(spec, config.injector.sidecar_container.uid)
    if clash:
        raise KumaValueError(clash.message)
    own = string_map(annotations)
    by_config_map = tproxy is not None
    patch_names = [*config.injector.container_patches, *read_list(own, names.CONTAINER_PATCHES)]
    _check_patches(patch_names, patches or {})
    sidecar = sidecar_container(own, spec, mesh, config, control_plane, by_config_map)
    sidecar = _patched(sidecar, "sidecarPatch", patch_names, patches)
    new_labels, new_annotations = injected_metadata(labels, annotations, spec, mesh, config, tproxy)
    merged = string_map(new_annotations)
    init = init_container(merged, config, by_config_map, _inbound_redirected(own, tproxy))
    if init is not None:
        init = _patched(init, "initPatch", patch_names, patches)
    new_spec = dict(spec)
    new_spec["volumes"] = as_list(spec.get("volumes")) + volumes(own, config, by_config_map)
    _place(new_spec, sidecar, init, read_switch(merged, names.INIT_FIRST), config.experimental.sidecar_containers)
    rewrite_probes(new_spec, merged)
    return Injected(new_labels, new_annotations, new_spec)


def _check_patches(patch_names: list[str], patches: Mapping[str, Any]) -> None:
    if patch_names and not all(name in patches for name in patch_names):
        from krm_fn.kuma.container_patch import missing_patches

        raise KumaValueError(missing_patches(patch_names, patches), names.CONTAINER_PATCHES)


def _patched(
    container: dict[str, Any], field: str, patch_names: list[str], patches: Mapping[str, Any] | None
) -> dict[str, Any]:
    if not patch_names or not patches:
        return container
    from krm_fn.kuma.container_patch import patch_container

    return patch_container(container, field, patch_names, patches)


def _inbound_redirected(own: Mapping[str, str], tproxy: dict[str, Any] | None) -> bool:
    by_config = tproxy is None or bool(tproxy["redirect"]["inbound"]["enabled"])
    return by_config and not read_switch(own, names.GATEWAY)


# --- The sidecar container --------------------------------------------------------------------------------------------
def sidecar_container(
    own: Mapping[str, str],
    spec: Mapping[str, Any],
    mesh: str,
    config: ControlPlaneConfig,
    control_plane: ControlPlane,
    by_config_map: bool = False,
) -> dict[str, Any]:
    """Return the container kuma-sidecar for a Pod with these annotations of its own, before patches and placement.

    Raises KumaValueError.
    """
    sidecar = config.injector.sidecar_container
    env = environment(own, mesh, config, control_plane)
    arguments = ["run", "--log-level=info", *_concurrency(own, config)]
    if by_config_map:
        arguments += config_files("--transparent-proxy-config", own)
    port = probe_port(own, config)
    waiting = read_switch(own, names.WAIT_FOR_DATAPLANE_READY, sidecar.wait_for_dataplane_ready)
    container: dict[str, Any] = {
        "name": names.SIDECAR_CONTAINER,
        "image": sidecar.image,
        "imagePullPolicy": "IfNotPresent",
        "args": arguments,
        "env": env,
        "livenessProbe": _ready_probe(port, sidecar.liveness_probe, 1),
        "readinessProbe": _ready_probe(port, sidecar.readiness_probe, sidecar.readiness_probe.success_threshold),
        "resources": resources(sidecar.resources, STORAGE),
        "securityContext": unprivileged(config),
        "volumeMounts": _mounts(own, spec, config, by_config_map),
    }
    if config.experimental.sidecar_containers:
        container["startupProbe"] = _ready_probe(port, sidecar.startup_probe, 1)
    elif waiting:
        command = ["kuma-dp", "wait", "--url", f"http://localhost:{port}/ready"]
        container["lifecycle"] = {"postStart": {"exec": {"command": command}}}
    return container


def in_order(container: dict[str, Any]) -> dict[str, Any]:
    """Return the container with its fields in the order in which people read them."""
    ordered = {field: container[field] for field in FIELD_ORDER if field in container}
    return ordered | container


def _concurrency(own: Mapping[str, str], config: ControlPlaneConfig) -> list[str]:
    number = read_uint32(own, names.SIDECAR_PROXY_CONCURRENCY)
    if number is None:
        limit = config.injector.sidecar_container.resources.limits.cpu
        number = 0 if limit.is_zero else max(2, limit.milli // 1000)
    return [f"--concurrency={number}"] if number else []


def probe_port(own: Mapping[str, str], config: ControlPlaneConfig) -> int:
    """Return the port on which the sidecar says whether it is ready. Raises KumaValueError."""
    params = config.bootstrap_server.params
    admin_port = read_uint32(own, names.ENVOY_ADMIN_PORT) or params.admin_port
    return params.readiness_port if params.envoy_admin_unix_socket else admin_port


def _ready_probe(port: int, timing: Probe, success_threshold: int) -> dict[str, Any]:
    numbers = {
        "initialDelaySeconds": timing.initial_delay_seconds,
        "timeoutSeconds": timing.timeout_seconds,
        "periodSeconds": timing.period_seconds,
        "successThreshold": success_threshold,
        "failureThreshold": timing.failure_threshold,
    }
    return {"httpGet": {"path": "/ready", "port": port}, **{key: number for key, number in numbers.items() if number}}


def _mounts(
    own: Mapping[str, str], spec: Mapping[str, Any], config: ControlPlaneConfig, by_config_map: bool
) -> list[dict[str, Any]]:
    mounts = [{"name": SIDECAR_TMP, "mountPath": "/tmp"}, *config_mounts(own, by_config_map)]
    token_volume = own.get(names.SERVICE_ACCOUNT_TOKEN_VOLUME)
    if token_volume is not None:
        _require_volume(token_volume, spec)
        # Kuma returns here, so that this annotation keeps the socket of SPIRE out.
        return [*mounts, {"name": token_volume, "mountPath": TOKEN_PATH, "readOnly": True}]
    if spire_on(own, config):
        mounts.append({"name": SPIRE_VOLUME, "mountPath": config.injector.spire.mount_path, "readOnly": True})
    token = _token_mount(spec)
    return mounts if token is None else [*mounts, dict(token)]


def _require_volume(name: str, spec: Mapping[str, Any]) -> None:
    if not any(as_map(volume).get("name") == name for volume in as_list(spec.get("volumes"))):
        key = names.SERVICE_ACCOUNT_TOKEN_VOLUME
        raise KumaValueError(f"volume ({name}) specified for {key} but volume does not exist in pod spec", key)


def _token_mount(spec: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the first mount of a service-account token among the containers, for the sidecar to share."""
    for container in as_list(spec.get("containers")):
        for mount in as_list(as_map(container).get("volumeMounts")):
            if as_map(mount).get("mountPath") == TOKEN_PATH:
                return as_map(mount)
    return None


# --- Volumes and places -----------------------------------------------------------------------------------------------
def volumes(own: Mapping[str, str], config: ControlPlaneConfig, by_config_map: bool) -> list[dict[str, Any]]:
    """Return the volumes that the injector adds, in order."""
    added: list[dict[str, Any]] = [
        {"name": INIT_TMP, "emptyDir": {"sizeLimit": "10M"}},
        {"name": SIDECAR_TMP, "emptyDir": {"sizeLimit": "10M"}},
    ]
    if spire_on(own, config):
        added.append({"name": SPIRE_VOLUME, "csi": {"driver": "csi.spiffe.io", "readOnly": True}})
    if by_config_map:
        field = f"metadata.annotations['{names.TRAFFIC_TRANSPARENT_PROXY_CONFIG}']"
        item = {"path": "config.yaml", "fieldRef": {"fieldPath": field}}
        added.append({"name": BASE_VOLUME, "downwardAPI": {"items": [item]}})
        if custom_config_map(own):
            added.append({"name": CUSTOM_VOLUME, "configMap": {"name": custom_config_map(own)}})
    ebpf = config.injector.ebpf
    if ebpf.enabled:
        added.append({"name": CGROUP_VOLUME, "hostPath": {"path": ebpf.cgroup_path}})
        added.append({"name": BPFFS_VOLUME, "hostPath": {"path": ebpf.bpffs_path}})
    return added


def _place(
    spec: dict[str, Any], sidecar: dict[str, Any], init: dict[str, Any] | None, init_first: bool, native: bool
) -> None:
    """Put the containers into the spec; its lists of containers become new ones."""
    containers, own_init = as_list(spec.get("containers")), as_list(spec.get("initContainers"))
    added = [] if init is None else [init]
    if native:
        stop = {"exec": {"command": ["killall", "-USR2", "kuma-dp"]}}
        sidecar = {**sidecar, "restartPolicy": "Always", "lifecycle": {"preStop": stop}}
        spec["containers"] = list(containers)
        init_containers = [*added, in_order(sidecar), *own_init]
    else:
        spec["containers"] = [in_order(sidecar), *containers]
        init_containers = [*added, *own_init] if init_first else [*own_init, *added]
    if init_containers:
        spec["initContainers"] = init_containers
