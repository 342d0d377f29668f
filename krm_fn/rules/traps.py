"""Known traps of gateway products that an edit can mend: one table; each finds its cases and says the edit for one.

`krm_fn.rules.hardening` reports or mends them. Where they come from: docs/gateways/traps.md.
"""

from __future__ import annotations

from krm_fn.gateways.product import COMBINED, CONTROLLER, JOB
from krm_fn.krm.fields import as_list, as_map, as_str, dig
from krm_fn.krm.outcome import INFO, REMOVED, WARNING, field_path
from krm_fn.kuma import names
from krm_fn.kuma.mesh import NAMESPACE_ANNOTATION, POD_ANNOTATION
from krm_fn.record import Record
from krm_fn.rules.check_pods import MESH_AS_ANNOTATION, NO_CREDENTIALS
from krm_fn.rules.check_services import MESH_SERVICE_ELSEWHERE, NO_MESH_SERVICE, unlabelled_services
from krm_fn.rules.credentials import lacks_token, token_edits
from krm_fn.rules.gateways import GATEWAY_ON_CONTROLLER, mark_path, named_by_rules
from krm_fn.rules.membership import control_plane_of, is_delegated_gateway, is_observed, members, selected_by
from krm_fn.rules.recognition import backends_of, recognised
from krm_fn.rules.service_upstream import kuma_writes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from krm_fn.config.meshsetup import MeshSetup
    from krm_fn.gateways.detect import Recognition
    from krm_fn.krm.outcome import Path
    from krm_fn.krm.resource import Item
    from krm_fn.krm.resources import Resources
    from krm_fn.rules.custom_pods import Pods
    from krm_fn.rules.membership import Member

    Finds = Callable[[Resources, MeshSetup], Iterator["Finding"]]

DNS_ORDER = "gateway-port-by-dns"
HELPER_INJECTED = "gateway-helper-injected"
START_ORDER = "gateway-starts-before-sidecar"

WEBHOOKS = ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration")


class Finding(Record):
    """A case of a trap: what is wrong with an item, and the edits that mend it, the most telling one first.

    `pods` is set where an operator makes pods of the item; `advice` where no edit of the item is sound: it says
    what to write, and where, and then the edits are only proposed.
    """

    item: Item
    why: str
    edits: tuple[tuple[Path, Any], ...]
    severity: str = INFO
    pods: Pods | None = None
    advice: str = ""

    def place_of(self, path: Path) -> str:
        """A field of the item for people."""
        return field_path(*path) if self.pods is None else self.pods.place_of(*path)


class Trap(Record):
    """A code, what finds its cases, and whether another rule reports them with the same edit anyway."""

    code: str
    finds: Finds
    told: bool = False


class PortCure(Record):
    """An environment variable of the proxy container that keeps a product from taking ports from DNS answers.

    ``instead`` are variables that cure it too, with the values (lower case) that leave the trap open.
    """

    variable: str
    value: str
    instead: tuple[tuple[str, tuple[str, ...]], ...]


_KONG = PortCure("KONG_DNS_ORDER", "LAST,A,CNAME", (("KONG_NEW_DNS_CLIENT", ("off", "false", "")),))
PORT_CURES = {"kong-kic": _KONG, "kong-operator": _KONG}
"""Products whose resolver prefers SRV answers, which name all ports of a Service: https://github.com/Kong/kong/issues/10167"""


# --- Who is concerned -------------------------------------------------------------------------------------------------
def _recognised(resources: Resources, setup: MeshSetup) -> Iterator[tuple[Member, Recognition]]:
    """The parts of known products; where detection is off, nobody is told of them, only mended where that is asked."""
    if setup.gateways.detect == "off" and setup.gateways.harden != "apply":
        return
    everyone = members(resources, setup)
    for place, (workload, recognition) in recognised(resources).items():
        if not is_observed(workload.item):
            yield everyone[place], recognition


def _mark_on_controller(resources: Resources, setup: MeshSetup) -> Iterator[Finding]:
    """Kuma lists a marked controller as a second, broken gateway; a rule that names it is the author's to narrow."""
    ruled = named_by_rules(resources, setup)
    for member, recognition in _recognised(resources, setup):
        workload = member.workload
        if recognition.role not in (CONTROLLER, JOB) or workload.item.place in ruled:
            continue
        if is_delegated_gateway(workload.template):
            why = "no traffic passes through it, and its mark makes Kuma list it as another, broken gateway"
            yield Finding(workload.item, why, ((mark_path(workload), REMOVED),))


def _token_volume(resources: Resources, setup: MeshSetup) -> Iterator[Finding]:
    """Gateways without credentials for their sidecar; other workloads are told of, never mended."""
    concerned = {
        member.workload.item.place: member for member, found in _recognised(resources, setup) if found.carries_traffic
    }
    for place, member in members(resources, setup).items():
        if is_delegated_gateway(member.workload.template) and not is_observed(member.workload.item):
            concerned.setdefault(place, member)
    for member in concerned.values():
        template = member.workload.template
        if not member.decision.injected or names.SERVICE_ACCOUNT_TOKEN_VOLUME in template.annotations:
            continue
        edits = token_edits(template) if lacks_token(member.workload, resources) else ()
        if edits:
            why = "its pods mount no ServiceAccount token, without which the control plane refuses the sidecar"
            yield Finding(member.workload.item, why, edits)


def _mesh_annotations(resources: Resources, setup: MeshSetup) -> Iterator[Finding]:
    """The mesh named by an annotation, of pods or of a Namespace in the package."""
    seen = set()
    for member in members(resources, setup).values():
        if not member.in_mesh or is_observed(member.workload.item):
            continue
        item, path = member.workload.item, member.workload.template.path
        if member.mesh.source == NAMESPACE_ANNOTATION and member.namespace and member.namespace.item is not None:
            item, path = member.namespace.item, ()
        elif member.mesh.source != POD_ANNOTATION:
            continue
        if item.place in seen:
            continue
        seen.add(item.place)
        label, annotation = ((*path, "metadata", part, names.KUMA_MESH) for part in ("labels", "annotations"))
        why = "its mesh is named by an annotation, which Kuma's next major version ignores"
        yield Finding(item, why, ((label, member.mesh.name), (annotation, REMOVED)))


def _without_mesh_service(resources: Resources, setup: MeshSetup) -> Iterator[Finding]:
    return _unlabelled(NO_MESH_SERVICE, resources, setup)


def _mesh_service_elsewhere(resources: Resources, setup: MeshSetup) -> Iterator[Finding]:
    return _unlabelled(MESH_SERVICE_ELSEWHERE, resources, setup)


def _unlabelled(code: str, resources: Resources, setup: MeshSetup) -> Iterator[Finding]:
    """Services that lack the label of their pods' mesh; where the Namespace gets it, that is enough for most."""
    for missing in unlabelled_services(resources, setup):
        namespace = resources.namespaces.get(missing.service.namespace)
        migrated = missing.member.mesh.source == NAMESPACE_ANNOTATION and namespace and namespace.item is not None
        if missing.code == code and not (migrated and code == MESH_SERVICE_ELSEWHERE and missing.current is None):
            path = ("metadata", "labels", names.KUMA_MESH)
            yield Finding(missing.service, missing.why, ((path, missing.wanted),))


# --- Traps of products ------------------------------------------------------------------------------------------------
def _port_by_dns(resources: Resources, setup: MeshSetup) -> Iterator[Finding]:
    """A Service with several ports, dialled by name by a resolver that believes the port of an SRV answer."""
    proxies = [
        (member, recognition)
        for member, recognition in _recognised(resources, setup)
        if recognition.carries_traffic and member.in_mesh and recognition.product in PORT_CURES
    ]
    if not proxies:
        return
    routed = routed_with_several_ports(resources, setup)
    for member, recognition in proxies:
        services = routed.get(recognition.product)
        cure, template = PORT_CURES[recognition.product], member.workload.template
        if not services:
            continue
        why = f"{port_trap(services)}: the container needs {cure.variable}={cure.value}"
        for index, container in enumerate(as_list(template.spec.get("containers"))):
            env = as_map(container).get("env")
            if as_map(container).get("name") not in recognition.containers or not is_open(container, cure):
                continue
            if env is None or isinstance(env, list):
                path = (*template.path, "spec", "containers", index, "env")
                value = [*as_list(env), {"name": cure.variable, "value": cure.value}]
                yield Finding(member.workload.item, why, ((path, value),), WARNING)


def port_trap(services: list[str]) -> str:
    """Why Services with several ports are a trap for a resolver that believes SRV answers."""
    return (
        f"{', '.join(services[:3])} {'has' if len(services) == 1 else 'have'} more than one port, and the proxy's "
        "resolver, which gets the Service's name now, may take the port of another from DNS"
    )


def is_open(container: object, cure: PortCure) -> bool:
    """Whether nothing cures the container; what `envFrom` brings is unknown, and left alone."""
    if as_list(as_map(container).get("envFrom")):
        return False
    variables = {as_str(dig(v, "name")): dig(v, "value") for v in as_list(as_map(container).get("env"))}
    if cure.variable in variables:
        return False
    return not any(
        name in variables and str(variables[name] or "").lower() not in useless for name, useless in cure.instead
    )


def routed_with_several_ports(resources: Resources, setup: MeshSetup) -> dict[str, list[str]]:
    """For each product that may be trapped, the Services with several ports that its routes lead to by name."""
    found: dict[str, dict[str, None]] = {}
    behind = selected_by(resources, setup)
    for backend in backends_of(resources, setup):
        for product in backend.products:
            service = resources.service(backend.namespace, backend.service) if product in PORT_CURES else None
            if service is None or len(as_list(dig(service.data, "spec", "ports"))) < 2:
                continue
            in_mesh = any(member.in_mesh for member in behind.get((service.namespace, service.name), ()))
            annotated = service.annotations.get(names.INGRESS_SERVICE_UPSTREAM) == "true"
            if in_mesh or annotated or kuma_writes(service, resources):
                found.setdefault(product, {})[f"{service.namespace}/{service.name}"] = None
    return {product: list(services) for product, services in found.items()}


def _helpers(resources: Resources, setup: MeshSetup) -> Iterator[Finding]:
    """Controllers and Jobs beside a gateway have nothing to do in the mesh, and break in it."""
    called = _called_by_webhooks(resources, setup)
    native = control_plane_of(resources, setup).experimental.sidecar_containers
    ruled = named_by_rules(resources, setup)
    for member, recognition in _recognised(resources, setup):
        workload = member.workload
        if recognition.role not in (CONTROLLER, JOB) or not member.decision.injected:
            continue
        if names.SIDECAR_INJECTION in workload.template.labels or workload.item.place in ruled:
            continue
        why, severity = "it only configures gateways, and its sidecar would only stand in the way", INFO
        if recognition.role == JOB and native:
            why = "it is a Job of a gateway product, which may run before the mesh is ready to serve it"
        elif recognition.role == JOB:
            why, severity = "it is a Job of a gateway product, and never ends while its sidecar runs", WARNING
        elif workload.item.place in called:
            why, severity = (
                "the API server calls its webhook without a mesh certificate, refused by strict mTLS",
                WARNING,
            )
        path = (*workload.template.path, "metadata", "labels", names.SIDECAR_INJECTION)
        yield Finding(workload.item, why, ((path, names.DISABLED),), severity)


def _called_by_webhooks(resources: Resources, setup: MeshSetup) -> set[tuple[int, Path]]:
    """The places of the workloads behind the Services that webhook configurations name."""
    found: set[tuple[int, Path]] = set()
    for kind in WEBHOOKS:
        for item in resources.of_kind(kind):
            for webhook in as_list(item.data.get("webhooks")):
                service = as_map(dig(webhook, "clientConfig", "service"))
                home, name = service.get("namespace"), service.get("name")
                if isinstance(home, str) and isinstance(name, str):
                    served = selected_by(resources, setup).get((home, name), ())
                    found.update(member.workload.item.place for member in served)
    return found


def _start_order(resources: Resources, setup: MeshSetup) -> Iterator[Finding]:
    """A controller in the proxy's pod calls the API server at once; a native sidecar is ready by then anyway."""
    control_plane = control_plane_of(resources, setup)
    if control_plane.experimental.sidecar_containers or (
        control_plane.injector.sidecar_container.wait_for_dataplane_ready
    ):
        return
    for member, recognition in _recognised(resources, setup):
        template = member.workload.template
        if recognition.role != COMBINED or not member.decision.injected:
            continue
        if names.WAIT_FOR_DATAPLANE_READY not in template.annotations:
            path = (*template.path, "metadata", "annotations", names.WAIT_FOR_DATAPLANE_READY)
            why = "the controller in its pods calls the API server before the sidecar is ready, and may fail at start"
            yield Finding(member.workload.item, why, ((path, "true"),))


TRAPS: tuple[Trap, ...] = (
    Trap(GATEWAY_ON_CONTROLLER, _mark_on_controller, told=True),
    Trap(MESH_AS_ANNOTATION, _mesh_annotations, told=True),
    Trap(HELPER_INJECTED, _helpers),
    Trap(NO_CREDENTIALS, _token_volume, told=True),
    Trap(NO_MESH_SERVICE, _without_mesh_service, told=True),
    Trap(MESH_SERVICE_ELSEWHERE, _mesh_service_elsewhere, told=True),
    Trap(DNS_ORDER, _port_by_dns),
    Trap(START_ORDER, _start_order),
)
"""Those that take something away come first: they may leave out a mapping that others then make anew."""
