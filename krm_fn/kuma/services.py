"""Services of a Pod: which ones lead to it, in Kuma's order, and to which container ports.

Follows pkg/plugins/runtime/k8s/controllers/pod_controller.go (findMatchingServices) and util/util.go (FindPort) of Kuma
2.14.3. A ServiceIndex holds the Services of one Namespace, so that the Pods of a large one need not try every Service.
"""

from __future__ import annotations

from krm_fn.krm.fields import as_int, as_list, as_map, as_str, dig, string_map
from krm_fn.kuma.names import (
    ENDPOINT_SLICE_SERVICE,
    IGNORE,
    PORT_PROTOCOL_SUFFIX,
    SWITCH_VALUES,
    ZONE_PROXY_TYPE,
)
from krm_fn.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

TCP = "TCP"
HEADLESS = "None"
EXTERNAL_NAME = "ExternalName"


class ServicePort(Record):
    """One TCP port of a Service, with what the API server would fill in."""

    port: int
    target: int | str
    name: str = ""
    app_protocol: str = ""


class ServiceView(Record):
    """What Kuma reads of a Service. `selector` is None if it can never match: its values are not all strings."""

    name: str
    namespace: str
    selector: dict[str, str] | None
    matched: dict[str, str]
    labels: dict[str, str]
    annotations: dict[str, str]
    type: str
    cluster_ip: str
    raw_ports: list[Any]

    @property
    def headless(self) -> bool:
        return self.cluster_ip == HEADLESS

    @property
    def external(self) -> bool:
        return self.type == EXTERNAL_NAME

    @property
    def zone_proxy(self) -> bool:
        """Whether it is a zone proxy Service, by its label (any value)."""
        return ZONE_PROXY_TYPE in self.labels

    def ports(self) -> Iterator[ServicePort]:
        """The TCP ports, in order."""
        for entry in self.raw_ports:
            port = service_port(entry)
            if port is not None:
                yield port

    def protocol_of(self, port: ServicePort, protocols: frozenset[str]) -> str:
        """The application protocol: a known appProtocol, else the annotation for the Service port, else tcp."""
        known = port.app_protocol.lower()
        if known in protocols:
            return known
        return (self.annotations.get(f"{port.port}{PORT_PROTOCOL_SUFFIX}") or "tcp").lower()


def service_port(entry: object) -> ServicePort | None:
    """Read one of `spec.ports`; None if it is not TCP or has no number. An absent or zero targetPort is the port."""
    fields = as_map(entry)
    number = as_int(fields.get("port"))
    if number is None or (fields.get("protocol") or TCP) != TCP:
        return None
    target = fields.get("targetPort")
    if not isinstance(target, (int, str)) or isinstance(target, bool) or not target:
        target = number
    return ServicePort(number, target, as_str(fields.get("name")), as_str(fields.get("appProtocol")))


def service_view(service: Mapping[str, Any], ignored_labels: Iterable[str] = ()) -> ServiceView:
    """Read a Service; `matched` is its selector without the ignored keys."""
    metadata, spec = as_map(service.get("metadata")), as_map(service.get("spec"))
    selector = _selector(spec.get("selector"))
    ignored = frozenset(ignored_labels)
    return ServiceView(
        name=as_str(metadata.get("name")),
        namespace=as_str(metadata.get("namespace")),
        selector=selector,
        matched={k: v for k, v in (selector or {}).items() if k not in ignored},
        labels=string_map(metadata.get("labels")),
        annotations=string_map(metadata.get("annotations")),
        type=as_str(spec.get("type")),
        cluster_ip=as_str(spec.get("clusterIP")),
        raw_ports=as_list(spec.get("ports")),
    )


def _selector(value: object) -> dict[str, str] | None:
    if value is None:
        return {}
    if not isinstance(value, dict):
        return None
    selector = {k: "" if v is None else v for k, v in value.items()}
    return selector if all(isinstance(k, str) and isinstance(v, str) for k, v in selector.items()) else None


def is_ignored(annotations: Mapping[str, str]) -> bool:
    """Whether `kuma.io/ignore` is on; here, unlike in service_upstream, a wrong value counts as off."""
    return SWITCH_VALUES.get(annotations.get(IGNORE, ""), False)


def matches(selector: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    """Whether every pair of the selector is among the labels."""
    return all(labels.get(key) == value for key, value in selector.items())


class ServiceIndex:
    """The Services of one Namespace, found by the labels or the uid of a Pod."""

    def __init__(
        self,
        services: Iterable[Mapping[str, Any]] = (),
        endpoint_slices: Iterable[Mapping[str, Any]] = (),
        ignored_labels: Iterable[str] = (),
    ) -> None:
        ignored = frozenset(ignored_labels)
        views = [service_view(service, ignored) for service in services]
        self._views = [view for view in views if view.selector is not None and not is_ignored(view.annotations)]
        self._by_name = {view.name: view for view in views}
        self._slices = endpoint_slices
        self._unrestricted = [view for view in self._views if view.selector and not view.matched]
        self._by_pair = _by_rarest_pair([view for view in self._views if view.matched])
        self._by_uid: dict[str, list[ServiceView]] | None = None

    def named(self, name: str) -> ServiceView | None:
        """The Service of that name, ignored ones included."""
        return self._by_name.get(name)

    def of_pod(self, labels: Mapping[str, str], uid: str = "") -> list[ServiceView]:
        """Return the Services that lead to a Pod, ordered by name; ignored ones are left out.

        Services without selector match through the EndpointSlices that name the Pod's uid.
        """
        found = list(self._unrestricted)
        for pair in labels.items():
            found += [view for view in self._by_pair.get(pair, ()) if matches(view.matched, labels)]
        if uid:
            found += self._without_selector().get(uid, ())
        found.sort(key=_by_service_name)
        return found

    def _without_selector(self) -> dict[str, list[ServiceView]]:
        if self._by_uid is None:
            self._by_uid = {}
            open_services = {view.name: view for view in self._views if not view.selector}
            for service_name, uid in _endpoints(self._slices) if open_services else ():
                view = open_services.get(service_name)
                known = self._by_uid.setdefault(uid, [])
                if view is not None and view not in known:
                    known.append(view)
        return self._by_uid


def _by_service_name(view: ServiceView) -> str:
    return view.name


def _by_rarest_pair(views: list[ServiceView]) -> dict[tuple[str, str], list[ServiceView]]:
    """File each Service under the pair of its selector that fewest others have."""
    count: dict[tuple[str, str], int] = {}
    for view in views:
        for pair in view.matched.items():
            count[pair] = count.get(pair, 0) + 1
    found: dict[tuple[str, str], list[ServiceView]] = {}
    for view in views:
        found.setdefault(min(view.matched.items(), key=count.__getitem__), []).append(view)
    return found


def _endpoints(slices: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Pairs of Service name and Pod uid."""
    for endpoint_slice in slices:
        service = as_str(dig(endpoint_slice, "metadata", "labels", ENDPOINT_SLICE_SERVICE))
        for endpoint in as_list(endpoint_slice.get("endpoints")):
            uid = as_str(dig(endpoint, "targetRef", "uid"))
            if uid:
                yield service, uid


class TargetPort(Record):
    """Where a Service port leads: the port of a container, with the names of port and container if it is declared."""

    port: int
    name: str = ""
    container: str = ""


class ContainerPorts:
    """The TCP ports that the containers of a Pod declare (init containers are never searched)."""

    def __init__(self, containers: Iterable[object]) -> None:
        self._by_number: dict[int, TargetPort] = {}
        self._by_name: dict[str, TargetPort] = {}
        for container in containers:
            name = as_str(as_map(container).get("name"))
            for entry in as_list(as_map(container).get("ports")):
                self._add(name, as_map(entry))

    def _add(self, container: str, entry: Mapping[str, Any]) -> None:
        number = as_int(entry.get("containerPort"))
        if number is None or (entry.get("protocol") or TCP) != TCP:
            return
        target = TargetPort(number, as_str(entry.get("name")), container)
        self._by_number.setdefault(number, target)
        if target.name:
            self._by_name.setdefault(target.name, target)

    def find(self, port: ServicePort) -> TargetPort | None:
        """The container port of a Service port; None if it is named and nobody declares that name."""
        if isinstance(port.target, str):
            return self._by_name.get(port.target)
        return self._by_number.get(port.target) or TargetPort(port.target)
