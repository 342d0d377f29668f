"""Small clusters for tests of Dataplanes: a Pod, Services and all that a Pod meets."""

from __future__ import annotations

from typing import Any

from krm_fn.kuma.controlplane import resolve
from krm_fn.kuma.dataplane import Conversion, Surroundings, convert
from krm_fn.kuma.outbounds import endpoints_by_service
from krm_fn.kuma.pods import observed_pod
from krm_fn.kuma.services import ServiceIndex
from krm_fn.kuma.versions import NEWEST, KumaVersion

INJECTED = {"kuma.io/sidecar-injected": "true"}


def pod(
    *,
    name: str = "web-1",
    labels: Any = None,
    annotations: dict[str, str] | None = None,
    status: Any = None,
    injected: bool = True,
    metadata: dict[str, Any] | None = None,
    **spec: Any,
) -> dict[str, Any]:
    """A Pod in Namespace `shop` with address 10.0.0.1 and one container `app` that declares port 8080 as `http`."""
    containers = [{"name": "app", "ports": [{"containerPort": 8080, "name": "http"}]}]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": "shop",
            "uid": f"uid-{name}",
            "labels": {"app": "web"} if labels is None else labels,
            "annotations": {**(INJECTED if injected else {}), **(annotations or {})},
            **(metadata or {}),
        },
        "spec": {"containers": containers, **spec},
        "status": {"podIP": "10.0.0.1"} if status is None else status,
    }


def service(
    name: str = "web", *ports: dict[str, Any], labels: Any = None, annotations: Any = None, **spec: Any
) -> dict[str, Any]:
    """A Service in Namespace `shop` that selects `app: web`; port 80 to 8080 unless told otherwise."""
    return {
        "metadata": {"name": name, "namespace": "shop", "labels": labels or {}, "annotations": annotations or {}},
        "spec": {"selector": {"app": "web"}, "ports": list(ports) or [{"port": 80, "targetPort": 8080}], **spec},
    }


def surroundings(
    *services: dict[str, Any],
    config: dict[str, Any] | None = None,
    mode: str | None = "Disabled",
    zone: str = "east",
    namespace: dict[str, Any] | None = None,
    nodes: dict[str, dict[str, str]] | None = None,
    owners: dict[tuple[str, str], dict[str, Any]] | None = None,
    elsewhere: dict[str, ServiceIndex] | None = None,
    no_namespace: bool = False,
    version: KumaVersion = NEWEST,
) -> Surroundings:
    """All that a Pod of Namespace `shop` meets; `mode` None is a Mesh that does not exist."""
    resolved = resolve(config or {}, version.defaults, version.unknown_settings)
    index = ServiceIndex(services, (), resolved.injector.ignored_service_selector_labels)
    indexes = {"shop": index, **(elsewhere or {})}
    found_owners, found_nodes = owners or {}, nodes or {}
    return Surroundings(
        namespace=None if no_namespace else namespace or {"metadata": {"name": "shop"}},
        services=index,
        version=version,
        config=resolved,
        mode_of_mesh=lambda _: mode,
        node_labels=found_nodes.get,
        find_owner=lambda kind, name: found_owners.get((kind, name)),
        find_service=lambda name, where: indexes[where].named(name) if where in indexes else None,
        zone=zone,
    )


def conversion(
    resource: dict[str, Any], *services: dict[str, Any], existing: Any = None, dataplanes: Any = (), **around: Any
) -> Conversion:
    """Convert a Pod in the surroundings described."""
    endpoints = endpoints_by_service(dataplanes, "default")
    return convert(observed_pod(resource), surroundings(*services, **around), existing, endpoints)


def dataplane(resource: dict[str, Any], *services: dict[str, Any], **around: Any) -> dict[str, Any]:
    """The Dataplane of a Pod that must have one."""
    found = conversion(resource, *services, **around).dataplane
    assert found is not None
    return found


def networking(resource: dict[str, Any], *services: dict[str, Any], **around: Any) -> dict[str, Any]:
    """Its `spec.networking`."""
    found: dict[str, Any] = dataplane(resource, *services, **around)["spec"]["networking"]
    return found
