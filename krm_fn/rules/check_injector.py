"""What Kuma's injector and its pod validator refuse, and what the injector warns about.

Follows ``pkg/plugins/runtime/k8s/webhooks`` of Kuma 2.14. Texts are Kuma's own where it has one, because that is what
people search for; what to do about it stands behind them.
"""

from __future__ import annotations

from krm_fn.krm.fields import dig
from krm_fn.krm.outcome import error, field_path, warning
from krm_fn.kuma import names
from krm_fn.kuma.injection import containers_with_uid, deprecations, refused_label, uid_clash
from krm_fn.kuma.reading import KumaValueError
from krm_fn.rules.membership import control_plane_of, is_outside_webhook, version_of
from krm_fn.rules.webhook import (
    container_patches,
    lacks_config_map,
    patches_of,
    refusal,
    to_be_injected,
    transparent_proxy,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from krm_fn.config.meshsetup import MeshSetup
    from krm_fn.krm.outcome import Result
    from krm_fn.krm.resources import Resources
    from krm_fn.rules.membership import Member

    PodCheck = Callable[[Member, Resources, MeshSetup], Iterator[Result]]

INIT_UID = "init-container-sidecar-uid"
INJECTION_REFUSED = "injection-refused"
PATCH_MISSING = "container-patch-missing"
CONFIG_MAP_DIFFERS = "transparent-proxy-config-differs"
CONFIG_KEY = "config.yaml"


def _managed_label(member: Member, resources: Resources, setup: MeshSetup) -> Iterator[Result]:
    """The pod validator looks at every pod of a Namespace with the label, injected or not."""
    item, template, namespace = member.workload.item, member.workload.template, member.namespace
    if namespace is None or names.SIDECAR_INJECTION not in namespace.labels:
        return
    if is_outside_webhook(namespace.name, setup):
        return
    refused = refused_label(template.labels, version_of(setup))
    if refused is not None:
        field = field_path(*template.path, "metadata", "labels", refused.key)
        message = f"{refused.message}: take the label away from the pods"
        yield error(refused.code, message, item, field, template.labels[refused.key])


def _injection(member: Member, resources: Resources, setup: MeshSetup) -> Iterator[Result]:
    """The first reason for which the injector refuses the pods; it would tell no other one either."""
    if not to_be_injected(member) or setup.injection.mode == "manual":  # there the sidecar has been written by now
        return
    item, template = member.workload.item, member.workload.template
    uid = control_plane_of(resources, setup).injector.sidecar_container.uid
    clash = uid_clash(template.spec, uid)
    if clash is not None:
        remedy = f"run them with another user id than {uid}"
        field = field_path(*template.path, "spec", "containers")
        yield error(clash.code, f"{clash.message}: {remedy}", item, field, uid)
        return
    yield from _patches(member, resources, setup)
    refused = refusal(member, resources, setup)
    if refused is None or is_told_elsewhere(refused.key, template.annotations.get(names.GATEWAY)):
        return
    field, current = field_path(*template.path, "spec"), None
    if refused.key in template.annotations:
        field = field_path(*template.path, "metadata", "annotations", refused.key)
        current = template.annotations[refused.key]
    yield error(INJECTION_REFUSED, f"{refused.message}: Kuma's injector refuses the pods", item, field, current)


def is_told_elsewhere(key: str, gateway: str | None) -> bool:
    """Whether a check of its own says more about it (``krm_fn.rules.check_pods``)."""
    return key == names.SERVICE_ACCOUNT_TOKEN_VOLUME or (key == names.GATEWAY and gateway != names.GATEWAY_BUILTIN)


def _patches(member: Member, resources: Resources, setup: MeshSetup) -> Iterator[Result]:
    """ContainerPatches that are not there: an error in a package that brings the system namespace or such patches."""
    template, config = member.workload.template, control_plane_of(resources, setup)
    if not config.injector.container_patches and names.CONTAINER_PATCHES not in template.annotations:
        return
    known, system = container_patches(resources, setup), setup.control_plane.system_namespace
    missing = [name for name in patches_of(member, config) if name not in known]
    if not missing:
        return
    named = " ".join(f'"{name}"' for name in missing)
    complete = bool(known) or ("", "Namespace", "", system) in resources.by_key
    field = field_path(*template.path, "metadata", "annotations", names.CONTAINER_PATCHES)
    current = template.annotations.get(names.CONTAINER_PATCHES)
    text = f"it appears some expected container patches are missing: [{named}]"
    if complete:
        text += f": Kuma's injector refuses the pods; add the ContainerPatches to namespace {system}"
    else:
        text += f": unless the cluster has them in namespace {system}, Kuma's injector refuses the pods"
    yield (error if complete else warning)(PATCH_MISSING, text, member.workload.item, field, current)


def _init_containers(member: Member, resources: Resources, setup: MeshSetup) -> Iterator[Result]:
    if not to_be_injected(member):
        return
    uid, template = control_plane_of(resources, setup).injector.sidecar_container.uid, member.workload.template
    for name in containers_with_uid(template.spec, "initContainers", uid):
        yield warning(
            INIT_UID,
            f"the init container {name} runs with the sidecar's user id {uid}, whose traffic is never redirected: it "
            "bypasses the mesh",
            member.workload.item,
            field_path(*template.path, "spec", "initContainers"),
        )


def _remarks(member: Member, resources: Resources, setup: MeshSetup) -> Iterator[Result]:
    """Annotations that are deprecated, or without effect; those of pods with a sidecar may be the injector's own."""
    template = member.workload.template
    if not template.annotations or not to_be_injected(member):
        return
    remarks = deprecations(template.annotations, version_of(setup))
    if not OVERRIDDEN_KEYS.isdisjoint(template.annotations):
        from krm_fn.kuma.sidecar_warnings import injection_warnings

        config = control_plane_of(resources, setup)
        by_config_map = bool(config.injector.transparent_proxy_config_map)
        remarks += injection_warnings(template.annotations, {}, config, by_config_map)
    for remark in remarks:
        if remark.key == names.SIDECAR_INJECTION:  # reported wherever it stands, in a mesh or not
            continue
        field = field_path(*template.path, "metadata", "annotations", remark.key)
        current = template.annotations[remark.key]
        yield warning(remark.code, remark.message, member.workload.item, field, current, remark.proposed)


def _config_map(member: Member, resources: Resources, setup: MeshSetup) -> Iterator[Result]:
    """What the injector warns about with every pod, told once: the transparent proxy's ConfigMap, and the sidecar's
    settings that contradict it."""
    config = control_plane_of(resources, setup)
    if not config.injector.transparent_proxy_config_map or not member.decision.injected:
        return
    if resources.memo("told of the ConfigMap", lambda: member) is not member:
        return
    if lacks_config_map(resources, setup):
        return
    from krm_fn.kuma.sidecar_warnings import config_map_warnings

    try:
        tproxy = transparent_proxy(resources, setup)
    except KumaValueError:  # the injector refuses the pods, which is told
        return
    name, system = config.injector.transparent_proxy_config_map, setup.control_plane.system_namespace
    item = resources.by_key["", "ConfigMap", system, name]
    for remark in config_map_warnings(tproxy or {}, config):
        yield warning(
            CONFIG_MAP_DIFFERS,
            f"{remark.message} The redirection follows the one and the sidecar the other: make them equal",
            item,
            field_path("data", CONFIG_KEY) + f", {remark.key}",
            dig(tproxy, *remark.key.split(".")),
            remark.proposed,
        )


OVERRIDDEN_KEYS = frozenset(
    {
        names.BUILTIN_DNS,
        names.BUILTIN_DNS_PORT,
        names.SIDECAR_UID,
        names.TRANSPARENT_PROXYING,
        names.TRANSPARENT_PROXYING_INBOUND_PORT,
        names.TRANSPARENT_PROXYING_OUTBOUND_PORT,
    }
)

INJECTOR_CHECKS: tuple[PodCheck, ...] = (_managed_label, _injection, _init_containers, _remarks, _config_map)
