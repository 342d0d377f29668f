"""Manual mode: the complete sidecar in every pod template of a mesh, as Kuma's injector writes it at admission.

Two rules. `pristine` comes first of all and takes out what an earlier run wrote, so that every other rule sees what the
author wrote; `manual` writes the sidecar anew. Where nothing has changed in between, the two leave no trace in the
text; where the configuration or the version has, the sidecar is brought up to date in place.

The sidecar is Kuma's (``krm_fn.kuma.sidecar``), the record by which it is found again ours
(``krm_fn.kuma.written_sidecar``). Modes webhook and none pay nothing for all this: imports are local.
"""

from __future__ import annotations

from krm_fn.krm.outcome import Edit, error, field_path, info, warning
from krm_fn.kuma import names
from krm_fn.kuma.injection import has_sidecar
from krm_fn.kuma.reading import KumaValueError
from krm_fn.rules.check_injector import INJECTION_REFUSED, is_told_elsewhere
from krm_fn.rules.editing import NOT_A_MAPPING
from krm_fn.rules.membership import control_plane_of, members
from krm_fn.rules.webhook import container_patches, transparent_proxy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from krm_fn.config.meshsetup import MeshSetup
    from krm_fn.krm.outcome import Result
    from krm_fn.krm.resource import Workload
    from krm_fn.krm.resources import Resources
    from krm_fn.kuma.controlplane import ControlPlaneConfig
    from krm_fn.rules.membership import Member

CA_MISSING = "ca-cert-missing"
CA_INVALID = "ca-cert-invalid"
CONFIG_MAP_REFUSED = "transparent-proxy-config-refused"
JOB_SIDECAR = "job-sidecar"
NAME_TAKEN = "sidecar-name-taken"
PLACEHOLDER_IMAGE = "placeholder-image"
SIDECAR_EDITED = "sidecar-edited"
SIDECAR_RENAMED = "sidecar-renamed"

CA_FIELD = "functionConfig.spec.controlPlane.caCert"
CA_VARIABLE = "KUMA_CONTROL_PLANE_CA_CERT"
CA_FILE_VARIABLE = "KUMA_CONTROL_PLANE_CA_CERT_FILE"
PLACEHOLDERS = {"kuma/kuma-dp:latest": "kuma-dp", "kuma/kuma-init:latest": "kuma-init"}
CONFIG_FIELD = "functionConfig.spec.controlPlane.config.runtime.kubernetes.injector"


def pristine(resources: Resources, setup: MeshSetup) -> Iterator[Edit | Result]:
    """Take out the sidecars that an earlier run wrote; one that has been edited by hand stays, with a warning."""
    if setup.injection.mode != "manual":
        return
    from krm_fn.rules.own_sidecars import without_sidecar

    for workload in resources.workloads:
        found = without_sidecar(workload)
        if found is None:
            continue
        if found.conflicts:
            yield _edited(workload, found.conflicts)
        else:
            yield Edit(workload.item, workload.template.path, found.template)


def _edited(workload: Workload, conflicts: tuple[str, ...]) -> Result:
    return warning(
        SIDECAR_EDITED,
        f"left as it is: what krm-fn wrote has been edited since ({'; '.join(conflicts)}), and to write it anew would "
        "lose that; say it by annotations or a ContainerPatch and take the sidecar out with `krm-fn uninject --force`",
        workload.item,
        field_path(*workload.template.path, "spec"),
    )


def manual(resources: Resources, setup: MeshSetup) -> Iterator[Edit | Result]:
    """Write the sidecar into every pod template that Kuma's injector would give one."""
    if setup.injection.mode != "manual":
        return
    from krm_fn.rules.own_sidecars import template_of

    wanted = [m for m in members(resources, setup).values() if m.decision.injected and template_of(m.workload)]
    if not wanted:
        return
    config = control_plane_of(resources, setup)
    refused = list(_unusable(config, resources, setup))
    yield from refused
    if refused:
        return
    yield from _placeholders(config)
    for member in wanted:
        yield from _inject(member, config, resources, setup)


# --- What has to be there for any sidecar -----------------------------------------------------------------------------
def _unusable(config: ControlPlaneConfig, resources: Resources, setup: MeshSetup) -> Iterator[Result]:
    """What is wrong with the configuration, so that no sidecar could work."""
    ca_cert = setup.control_plane.ca_cert or ""
    address = setup.control_plane.address
    if "PRIVATE KEY" in ca_cert:
        text = "this holds a private key, which would be written into every workload: give the certificate alone"
        yield error(CA_INVALID, text, None, CA_FIELD)
    elif ca_cert and "-----BEGIN CERTIFICATE-----" not in ca_cert:
        text = "this is no certificate in PEM form, which starts with -----BEGIN CERTIFICATE-----"
        yield error(CA_INVALID, text, None, CA_FIELD)
    elif not ca_cert and address.lower().startswith("https:") and not _ca_by_variable(config):
        yield error(
            CA_MISSING,
            f"sidecars could not verify the control plane at {address}: give the certificate of its authority, as "
            f"`kubectl get secret kuma-tls-cert -n {setup.control_plane.system_namespace} "
            "-o jsonpath='{.data.ca\\.crt}' | base64 -d` prints it",
            None,
            CA_FIELD,
        )
    try:
        transparent_proxy(resources, setup)
    except KumaValueError as refused:
        yield error(
            CONFIG_MAP_REFUSED,
            f"{refused}: put the ConfigMap of namespace {setup.control_plane.system_namespace} into the package",
            None,
            f"{CONFIG_FIELD}.transparentProxyConfigMap",
            config.injector.transparent_proxy_config_map,
        )


def _ca_by_variable(config: ControlPlaneConfig) -> bool:
    """Whether the configuration hands the certificate to sidecars on a way of its own."""
    variables = dict(config.injector.sidecar_container.env_vars)
    return bool(variables.keys() & {CA_VARIABLE, CA_FILE_VARIABLE})


def _placeholders(config: ControlPlaneConfig) -> Iterator[Result]:
    """Kuma's own defaults name images without a version, which Helm replaces and nobody replaces here."""
    containers = {
        "sidecarContainer": config.injector.sidecar_container.image,
        "initContainer": config.injector.init_container.image,
    }
    for container, image in containers.items():
        if image in PLACEHOLDERS:
            yield warning(
                PLACEHOLDER_IMAGE,
                f"the image {image} is Kuma's placeholder: name the one that the control plane uses, "
                f"docker.io/kumahq/{PLACEHOLDERS[image]}:<its version>, or pin it by digest",
                None,
                f"{CONFIG_FIELD}.{container}.image",
                image,
            )


# --- One workload -----------------------------------------------------------------------------------------------------
def _inject(
    member: Member, config: ControlPlaneConfig, resources: Resources, setup: MeshSetup
) -> Iterator[Edit | Result]:
    """Write the sidecar into one pod template, or say why Kuma's injector would refuse it."""
    from krm_fn.kuma.sidecar import inject
    from krm_fn.kuma.sidecar_environment import ControlPlane
    from krm_fn.kuma.written_sidecar import Unrecordable, misshapen, written
    from krm_fn.rules.own_sidecars import template_of

    workload = member.workload
    item, path, template = workload.item, workload.template.path, template_of(workload) or {}
    shape = misshapen(template)
    if shape is not None:
        place = field_path(*path, *shape[0])
        yield error(NOT_A_MAPPING, f"Kubernetes wants {shape[1]} here and refuses the object", item, place)
        return
    metadata, spec = template.get("metadata") or {}, template["spec"]
    try:
        injected = inject(
            metadata.get("labels") or {},
            metadata.get("annotations") or {},
            spec,
            member.mesh.name,
            config,
            ControlPlane(setup.control_plane.address, setup.control_plane.ca_cert or ""),
            container_patches(resources, setup),
            transparent_proxy(resources, setup),
        )
        result = written(template, injected)
    except KumaValueError as refused:
        if not is_told_elsewhere(refused.key, workload.template.annotations.get(names.GATEWAY)):
            yield _refused(workload, refused)
        return
    except Unrecordable as clash:
        yield error(NAME_TAKEN, f"{clash}; Kubernetes refuses such pods", item, field_path(*path, "spec"))
        return
    if not has_sidecar(injected.spec):
        text = "a ContainerPatch renames the sidecar, so that Kuma's webhook would inject a second one: take that out"
        yield error(SIDECAR_RENAMED, text, item, field_path(*path, "spec"))
        return
    resources.remember_origin(result, template)  # so that nobody has to take the sidecar out again to judge the pod
    yield Edit(item, path, result)
    if item.kind in ("Job", "CronJob"):
        yield _job(member, config)


def _refused(workload: Workload, refused: KumaValueError) -> Result:
    path, annotations = workload.template.path, workload.template.annotations
    field, current = field_path(*path, "spec"), None
    if refused.key in annotations:
        field, current = field_path(*path, "metadata", "annotations", refused.key), annotations[refused.key]
    text = f"{refused.message}: Kuma's injector refuses the pods"
    return error(INJECTION_REFUSED, text, workload.item, field, current)


def _job(member: Member, config: ControlPlaneConfig) -> Result:
    """How the pods of a Job come to an end with a sidecar in them."""
    item, path = member.workload.item, member.workload.template.path
    if config.experimental.sidecar_containers:
        text = "the sidecar is a native one (an init container that is restarted always): it ends with the Job's pods"
    else:
        text = (
            "the sidecar ends when the control plane, once the other containers are done, stops it; "
            "experimental.sidecarContainers: true (Kubernetes 1.29) makes it end without that"
        )
    return info(JOB_SIDECAR, text, item, field_path(*path, "spec"))
