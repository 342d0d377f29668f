"""Recognising gateway products by what their Pods look like, and saying what the verdict rests on.

An image is the best evidence: registry host, tag and digest are dropped and the rest must equal a known repository or
end with one. Images that serve other ends too (``kong``, ``traefik``, ``haproxy``, ``envoy``) need a second piece of
evidence of the kinds their product lists. Init containers never count, and a sidecar is not a gateway. Where evidence
is thin the answer is None: a mark on the wrong Pod takes its inbound traffic out of the mesh.
"""

from __future__ import annotations

from krm_fn.gateways.catalog import catalog, products_by_id
from krm_fn.gateways.marks import is_worth_a_look, like, matching_labels, products_of_image, repository
from krm_fn.gateways.product import COMBINED, CONTROLLER, JOB, PROXY
from krm_fn.krm.fields import as_list, as_map, as_str, dig
from krm_fn.memory import cache
from krm_fn.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    from krm_fn.gateways.product import PodLabels, Product
    from krm_fn.krm.resource import Workload
    from krm_fn.krm.resources import Resources

CERTAIN = "certain"
LIKELY = "likely"
POSSIBLE = "possible"
CONFIDENCES = (CERTAIN, LIKELY, POSSIBLE)
"""The product's own image, or a shared one well confirmed; a shared one with less support; labels without an image."""

CONFIRMATIONS = ("labels", "controller", "arguments", "class", "container")
"""What may confirm a shared image, strongest first: the product's Pod labels; its controller in the same Pod;
arguments only it is started with; its ingress class or GatewayClass in the package; a container named as its own."""

SIDECARS = frozenset({"kuma-sidecar", "kuma-init", "linkerd-proxy"})
_RUNS_ONCE = ("Job", "CronJob")


class Evidence(Record):
    """What the rest of the package says: classes in use, controllers behind classes, products whose controller runs."""

    ingress_classes: frozenset[str] = frozenset()
    ingress_controllers: frozenset[str] = frozenset()
    gateway_controllers: frozenset[str] = frozenset()
    controllers: frozenset[str] = frozenset()


NO_EVIDENCE = Evidence()


class Recognition(Record):
    """A Pod template recognised as part of a gateway product.

    ``role`` is one of `krm_fn.gateways.product.ROLES`, ``confidence`` of CONFIDENCES, ``evidence`` short phrases for
    people. ``containers`` are the names of the proxy containers, ``modes`` the product's modes found switched on, and
    ``named`` the objects that its flags name: kind, namespace (empty for the Pod's own) and name.
    """

    product: str
    role: str
    confidence: str
    evidence: tuple[str, ...]
    containers: tuple[str, ...] = ()
    host_network: bool = False
    modes: tuple[str, ...] = ()
    named: tuple[tuple[str, str, str], ...] = ()

    @property
    def carries_traffic(self) -> bool:
        """Whether this Pod is a gateway, and not only a controller or a job beside one."""
        return self.role in (PROXY, COMBINED)


def gather(resources: Resources) -> Evidence:
    """Collect what a package says about gateways besides the Pods in question."""
    classes = {item.name: as_str(dig(item.data, "spec", "controller")) for item in resources.of_kind("IngressClass")}
    used = {
        as_str(dig(item.data, "spec", "ingressClassName")) or item.annotations.get("kubernetes.io/ingress.class", "")
        for item in resources.of_kind("Ingress")
    }
    behind = {as_str(dig(item.data, "spec", "controllerName")) for item in resources.of_kind("GatewayClass")}
    images = {_image(c) for w in resources.workloads for c in as_list(w.template.spec.get("containers"))}
    running = {pid for image in images for pid, role in products_of_image(image) if role == CONTROLLER}
    return Evidence(
        frozenset(used - classes.keys() - {""}),
        frozenset(classes.values()) - {""},
        frozenset(behind) - {""},
        frozenset(running),
    )


def recognise_workload(workload: Workload, evidence: Evidence = NO_EVIDENCE) -> Recognition | None:
    """Recognise the Pods of a workload; see `recognise`."""
    template = workload.template
    return recognise(template.labels, template.annotations, template.spec, evidence, workload.item.kind)


def recognise(
    labels: Mapping[str, str],
    annotations: Mapping[str, str],
    spec: Mapping[str, Any],
    evidence: Evidence = NO_EVIDENCE,
    kind: str = "",
) -> Recognition | None:
    """Return the gateway product that a Pod with these labels, annotations and spec belongs to, or None.

    ``kind`` is the workload's kind: what a Job starts is no gateway.
    """
    containers = [c for c in as_list(spec.get("containers")) if as_str(as_map(c).get("name")) not in SIDECARS]
    if not is_worth_a_look(map(_image, containers), labels, annotations):
        return None
    hits = [(pid, role, container) for container in containers for pid, role in products_of_image(_image(container))]
    marked = _by_annotation(annotations)
    matching = matching_labels(labels)
    if not (hits or marked or matching):
        return None
    pod = _Pod(containers, hits, matching, evidence)
    verdict = marked or pod.by_proxy_image() or pod.by_controller_image() or pod.by_labels()
    if verdict is None:
        return None
    once = kind in _RUNS_ONCE or spec.get("restartPolicy") in ("Never", "OnFailure")
    return verdict.replace(
        role=JOB if once else verdict.role,
        host_network=spec.get("hostNetwork") is True,
        modes=_modes(products_by_id()[verdict.product], containers),
        named=_named_objects(products_by_id()[verdict.product], containers),
    )


class _Pod:
    """The evidence that one Pod offers, and the verdicts drawn from it."""

    def __init__(
        self,
        containers: list[Any],
        hits: list[tuple[str, str, Any]],
        matching: list[tuple[str, PodLabels]],
        evidence: Evidence,
    ) -> None:
        self._containers = containers
        self._hits = hits
        self._matching = matching
        self._evidence = evidence

    def by_proxy_image(self) -> Recognition | None:
        """The product with a proxy image in the Pod that has the best support; of equals, the first in the catalog."""
        best: tuple[int, Recognition] | None = None
        ids = {pid for pid, role, _ in self._hits if role == PROXY}
        for product in catalog():
            if product.id in ids:
                found = self._weigh(product)
                if found is not None and (best is None or found[0] > best[0]):
                    best = found
        return best[1] if best else None

    def by_controller_image(self) -> Recognition | None:
        """The product whose controller, and nothing else, runs in the Pod."""
        for pid, role, container in self._hits:
            if role == CONTROLLER:
                return Recognition(pid, CONTROLLER, CERTAIN, (_image_words(container),))
        return None

    def by_labels(self) -> Recognition | None:
        """The one product whose own labels the Pod bears, with a container named as the product names it."""
        named = []
        for pid, alternative in self._matching:
            container = self._own_container(products_by_id()[pid])
            if alternative.strong and container and (pid, alternative) not in named:
                named.append((pid, alternative))
        if len({pid for pid, _ in named}) != 1:
            return None
        pid, alternative = named[0]
        container = self._own_container(products_by_id()[pid])
        return Recognition(
            pid, alternative.role, POSSIBLE, (_label_words(alternative), f"container {container}"), (container,)
        )

    def _weigh(self, product: Product) -> tuple[int, Recognition] | None:
        proxies = [c for pid, role, c in self._hits if pid == product.id and role == PROXY]
        shared = all(_is_shared(product, c) for c in proxies)
        support = self._confirmations(product)
        if shared and not any(name in product.confirmed_by for name in support):
            return None
        strong = not shared or any(name in support for name in CONFIRMATIONS[:2])
        weight = (0 if shared else 100) + sum(len(CONFIRMATIONS) - CONFIRMATIONS.index(name) for name in support)
        return weight, Recognition(
            product.id,
            self._role(product, proxies),
            CERTAIN if strong else LIKELY,
            (_image_words(proxies[0]), *support.values()),
            tuple(as_str(c.get("name")) for c in proxies),
        )

    def _confirmations(self, product: Product) -> dict[str, str]:
        """Return what speaks for a product besides the image, by kind of confirmation."""
        found = {}
        alternatives = [a for pid, a in self._matching if pid == product.id and _fits_proxy(product, a)]
        container = self._own_container(product)
        elsewhere = product.id in self._evidence.controllers
        own = next((a for a in alternatives if a.strong or elsewhere), None)
        if own is not None:
            found["labels"] = _label_words(own)
        controller = next((c for pid, role, c in self._hits if pid == product.id and role == CONTROLLER), None)
        if controller is not None:
            found["controller"] = _image_words(controller)
        elif container and elsewhere:
            found["controller"] = f"its controller runs in the package, container {container}"
        argument = self._own_argument(product)
        if argument:
            found["arguments"] = f"argument {argument}"
        name = self._own_class(product)
        if name:
            found["class"] = f"class {name} in the package"
        if container:
            found["container"] = f"container {container}"
        return found

    def _own_container(self, product: Product) -> str:
        for container in self._containers:
            name = as_str(as_map(container).get("name"))
            if name and any(
                like(name, pattern) for pattern in product.proxy_containers + product.controller_containers
            ):
                return name
        return ""

    def _own_argument(self, product: Product) -> str:
        if not product.arguments:
            return ""
        return next((a for a in _arguments(self._containers) if a.lower().startswith(product.arguments)), "")

    def _own_class(self, product: Product) -> str:
        evidence = self._evidence
        for names, known in (
            (product.ingress_classes, evidence.ingress_classes),
            (product.ingress_controllers, evidence.ingress_controllers),
            (product.gateway_controllers, evidence.gateway_controllers),
        ):
            for name in names:
                if name in known:
                    return name
        return ""

    def _role(self, product: Product, proxies: list[Any]) -> str:
        if product.role_by_labels:
            for pid, alternative in self._matching:
                if pid == product.id:
                    return alternative.role
        for sign in product.role_by_environment:
            if any(_has_variable(c, sign.variable, sign.value) for c in proxies):
                return sign.role
        if COMBINED not in product.topology:
            return PROXY
        with_controller = any(pid == product.id and role == CONTROLLER for pid, role, _ in self._hits)
        return COMBINED if with_controller or "split" not in product.topology else PROXY


@cache
def _annotation_index() -> dict[tuple[str, str], str]:
    return {product.pod_annotation: product.id for product in catalog() if product.pod_annotation[0]}


def _by_annotation(annotations: Mapping[str, str]) -> Recognition | None:
    for (key, value), product_id in _annotation_index().items():
        if annotations.get(key) == value:
            return Recognition(product_id, PROXY, CERTAIN, (f"annotation {key}={value}",))
    return None


def _fits_proxy(product: Product, alternative: PodLabels) -> bool:
    return product.role_by_labels or alternative.role != CONTROLLER


def _is_shared(product: Product, container: Any) -> bool:
    name = repository(_image(container))
    own = [p for p in product.proxy_images if name == p or name.endswith("/" + p)]
    return all(pattern in product.shared_images for pattern in own)


def _image(container: object) -> str:
    return as_str(as_map(container).get("image"))


def _has_variable(container: object, variable: str, value: str) -> bool:
    return any(
        as_map(entry).get("name") == variable and as_map(entry).get("value") == value
        for entry in as_list(as_map(container).get("env"))
    )


def _arguments(containers: Iterable[Any]) -> list[str]:
    return [
        argument
        for container in containers
        for field in ("command", "args")
        for argument in as_list(as_map(container).get(field))
        if isinstance(argument, str)
    ]


def _modes(product: Product, containers: list[Any]) -> tuple[str, ...]:
    if not product.modes:
        return ()
    arguments = [argument.lower() for argument in _arguments(containers)]
    return tuple(
        mode.id
        for mode in product.modes
        if any(a in (mode.argument, f"{mode.argument}=true") or a.startswith(f"{mode.argument}.") for a in arguments)
    )


def _flags(containers: Iterable[Any]) -> Iterator[tuple[str, str]]:
    """Flags with their values, which follow an equals sign or are the next argument."""
    for container in containers:
        arguments = _arguments([container])
        for argument, after in zip(arguments, (*arguments[1:], ""), strict=False):
            flag, equals, value = argument.partition("=")
            yield flag, value if equals else after


def _named_objects(product: Product, containers: list[Any]) -> tuple[tuple[str, str, str], ...]:
    """Return the objects that flags such as ``--tcp-services-configmap=$(POD_NAMESPACE)/tcp`` name."""
    found = []
    for route in product.routes:
        for flag, value in _flags(containers) if route.flags else ():
            namespace, slash, name = value.partition("/")
            if flag in route.flags and slash and name:
                found.append((route.kind, "" if namespace.startswith("$(") else namespace, name))
    return tuple(dict.fromkeys(found))


def _image_words(container: object) -> str:
    return f"image {_image(container)}"


def _label_words(alternative: PodLabels) -> str:
    return "label " + ", ".join(f"{key}={value}" for key, value in alternative.labels)
