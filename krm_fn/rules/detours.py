"""Detours for gateways that send to pods and cannot be told otherwise, where ``serviceUpstream.fallback`` asks for one.

``directAccess``: the sidecar of the proxy gets a listener for every pod address
(https://kuma.io/docs/latest/reference/kubernetes-annotations/#kumaiodirect-access-services), so that mTLS and identity
hold; routes, retries and timeouts of the destination do not. ``externalName``: the route names a Service of type
ExternalName that leads to the address of the Service; the function generates it and writes its name into the route.
"""

from __future__ import annotations

from krm_fn.gateways.product import BY_ANNOTATION, DIRECT_ACCESS, FOR_DETOUR
from krm_fn.gateways.product import EXTERNAL_NAME as BY_NAME
from krm_fn.gateways.references import concrete_steps, walk
from krm_fn.gateways.routes import NOT_NEEDED
from krm_fn.krm.fields import as_list, as_map, dig
from krm_fn.krm.outcome import Edit, Emit, field_path, info, warning
from krm_fn.kuma import names
from krm_fn.rules.editing import set_text
from krm_fn.rules.membership import members
from krm_fn.rules.own_pods import run_release
from krm_fn.rules.recognition import DETOUR_SUFFIX, recognised
from krm_fn.rules.wording import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from krm_fn.config.meshsetup import MeshSetup
    from krm_fn.gateways.product import Product, Switch
    from krm_fn.gateways.routes import Backend
    from krm_fn.krm.outcome import Path, Result
    from krm_fn.krm.resource import Item, Workload
    from krm_fn.krm.resources import Resources

    Said = Iterator[Edit | Emit | Result]

DIRECT_ACCESS_SET = "gateway-direct-access"
DIRECT_ACCESS_KEPT = "gateway-direct-access-kept"
DETOUR_SET = "gateway-detour"
DETOUR_UNSEEN = "gateway-detour-not-enabled"

ANY_SERVICE = "*"
FALLBACKS = {DIRECT_ACCESS: "directAccess", BY_NAME: "externalName"}
"""What ``spec.serviceUpstream.fallback`` calls the ways around that products have."""
NAME_LENGTH = 63  # of a Service's name


def wants_direct_access(product: Product, setup: MeshSetup) -> bool:
    """Whether direct access is asked for, and is a way for this product."""
    return setup.service_upstream.fallback == "directAccess" and DIRECT_ACCESS in product.fallbacks


def wants_external_name(product: Product, setup: MeshSetup) -> bool:
    """Whether an ExternalName Service is asked for, and is a way for this product."""
    return setup.service_upstream.fallback == "externalName" and BY_NAME in product.fallbacks


# --- Direct access ----------------------------------------------------------------------------------------------------
def proxies(product: Product, resources: Resources, setup: MeshSetup) -> tuple[Workload, ...]:
    """The product's workloads in the package that carry traffic and have a sidecar."""

    def build() -> tuple[Workload, ...]:
        found = (pair for pair in recognised(resources).values() if pair[1].product == product.id)
        known = members(resources, setup)
        return tuple(w for w, recognition in found if recognition.carries_traffic and known[w.item.place].in_mesh)

    return resources.memo(("proxies", product.id), build)


def has_direct_access(product: Product, resources: Resources, setup: MeshSetup) -> bool:
    """Whether all sidecars of the product's proxies have a listener for each pod."""
    found = proxies(product, resources, setup)
    return bool(found) and all(
        workload.template.annotations.get(names.DIRECT_ACCESS_SERVICES) == ANY_SERVICE for workload in found
    )


def direct_access(product: Product, resources: Resources, setup: MeshSetup) -> Said:
    """Give the proxies of a product direct access to all pods."""
    for workload in proxies(product, resources, setup):
        path: Path = (*workload.template.path, "metadata", "annotations", names.DIRECT_ACCESS_SERVICES)
        there = workload.template.annotations.get(names.DIRECT_ACCESS_SERVICES)
        if there is not None and there != ANY_SERVICE:
            yield warning(
                DIRECT_ACCESS_KEPT,
                f"the manifest gives {product.name} direct access to {there!r}, which is kept: check that all pods are "
                f'meant to which its routes lead, or write "{ANY_SERVICE}"',
                workload.item,
                field_path(*path),
                there,
                ANY_SERVICE,
            )
            continue
        if there is None:
            yield from set_text(workload.item, path, ANY_SERVICE)
        yield info(
            DIRECT_ACCESS_SET,
            f"{product.name} sends to pods: its sidecar gets a listener for each, so that mTLS and identity hold; "
            "routes, retries and timeouts of the destination's policies do not",
            workload.item,
            field_path(*path),
            None,
            ANY_SERVICE,
        )


# --- ExternalName Services --------------------------------------------------------------------------------------------
def name_path(backend: Backend) -> Path | None:
    """Where the route writes the name of the Service alone, None where it stands in a longer text."""
    written = backend.written
    if written is None or written.syntax != "plain" or not written.name or written.name.startswith("../"):
        return None
    return (*concrete_steps(backend.path), *written.name.split("."))


def external_name_hindrance(product: Product, resources: Resources) -> str:
    """Why no route of a product is led to an ExternalName Service, empty where they may be."""
    image, since = product.external_names_since
    if not since or run_release(since, (image,), product, resources):
        return ""
    return (
        f"before release {since} a route that names an ExternalName Service is refused, and the package shows no "
        f"{image} with the tag of that release or a newer one"
    )


def can_be_renamed(backend: Backend, resources: Resources, setup: MeshSetup) -> bool:
    """Whether the detour is possible: a reference to rewrite, a Service to lead to, a free name.

    A reference to another namespace is left: the ReferenceGrant that allows it may name the Service.
    """
    name = backend.service + DETOUR_SUFFIX
    service = resources.service(backend.namespace, backend.service)
    if name_path(backend) is None or service is None or len(name) > NAME_LENGTH or backend.grant != NOT_NEEDED:
        return False
    if not backend.route.external_names:
        return False
    if any((wanted.namespace, wanted.name) == (backend.namespace, name) for wanted in setup.external_names):
        return False
    return resources.service(backend.namespace, name) is None


def external_name(product: Product, backends: Sequence[Backend], resources: Resources) -> Said:
    """Generate the ExternalName Service of some backends, all of one Service, and let their routes name it."""
    first = backends[0]
    service = resources.service(first.namespace, first.service)
    if service is None:
        return
    name = first.service + DETOUR_SUFFIX
    yield Emit(_service(service, name, product), service)
    enabling = [s for s in product.switches if s.purpose == FOR_DETOUR and s.how == "configuration"]
    needed = [f"{switch.object}: {switch.key}: {shown(switch.value)}" for switch in enabling]
    if any(switch.seen_at and not _is_seen(switch, resources) for switch in enabling):
        yield warning(
            DETOUR_UNSEEN,
            f"{product.name} refuses routes to ExternalName Services unless it is told otherwise, and nothing in the "
            f"package does so: set {' and '.join(needed)}, before this is applied, else the route ends with an error",
            first.item,
            first.path,
            first.service,
        )
    also = f"; it follows ExternalName Services only with {' and '.join(needed)}" if needed else ""
    also += f". ExternalName Services there: {product.external_name_note}" if product.external_name_note else ""
    for backend in backends:
        path = name_path(backend)
        if path is None:
            continue
        if not backend.detour:
            yield Edit(backend.item, path, name)
        yield info(
            DETOUR_SET,
            f"{product.name} sends to the address of Service {first.namespace}/{first.service} by the ExternalName "
            f"Service {name}, which is generated for it{also}",
            backend.item,
            field_path(*path),
            first.service,
            name,
        )


def _is_seen(switch: Switch, resources: Resources) -> bool:
    """Whether something in the package has a setting on, be it in the text of a configuration file."""

    def build() -> bool:
        line = f"{switch.key}: {shown(switch.value)}"
        return any(
            value == switch.value or (isinstance(value, str) and line in map(str.strip, value.splitlines()))
            for kind, path in switch.seen_at
            for item in resources.of_kind(kind)
            for _, value, _ in walk(item.data, path)
        )

    return resources.memo(("seen", switch.object, switch.key), build)


def _service(service: Item, name: str, product: Product) -> dict[str, Any]:
    annotations = {
        switch.key: str(switch.value)
        for switch in product.switches
        if switch.purpose == FOR_DETOUR and switch.how == BY_ANNOTATION and switch.object == "Service"
    }
    metadata: dict[str, Any] = {"name": name, "namespace": service.namespace}
    if annotations:
        metadata["annotations"] = annotations
    spec: dict[str, Any] = {
        "type": "ExternalName",
        "externalName": f"{service.name}.{service.namespace}.svc.cluster.local",
    }
    ports = [_port(port) for port in map(as_map, as_list(dig(service.data, "spec", "ports"))) if port.get("port")]
    if ports:
        spec["ports"] = ports
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}


def _port(port: dict[str, Any]) -> dict[str, Any]:
    """The port as the Service offers it: what its pods listen on does not count outside."""
    kept = {key: port[key] for key in ("name", "port", "protocol", "appProtocol") if port.get(key) is not None}
    return {**kept, "targetPort": port["port"]}
