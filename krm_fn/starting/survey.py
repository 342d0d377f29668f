"""What a package holds that its functionConfig has to say something about."""

from __future__ import annotations

from krm_fn.config.meshsetup import MeshSetup
from krm_fn.config.strict import is_label, is_resource_name
from krm_fn.gateways.catalog import products_by_id
from krm_fn.gateways.detect import POSSIBLE
from krm_fn.gateways.product import IMPOSSIBLE
from krm_fn.krm.fields import as_list, dig
from krm_fn.krm.resource import WORKLOAD_KINDS
from krm_fn.krm.resources import Resources, is_list
from krm_fn.kuma import names
from krm_fn.kuma.injection import has_sidecar
from krm_fn.kuma.written_sidecar import RECORD
from krm_fn.record import Record
from krm_fn.rules.custom_kinds import CUSTOM_KINDS, custom_pods
from krm_fn.rules.membership import is_outside_webhook, members, services_of
from krm_fn.rules.recognition import recognised
from krm_fn.starting.kuma_facts import KumaFacts, kuma_facts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from krm_fn.gateways.detect import Recognition
    from krm_fn.krm.resource import Item, Workload

WEBHOOK, MANUAL, NONE = "webhook", "manual", "none"
ENABLED = ("enabled", "true")
KUBE_NAMESPACES = ("kube-system", "kube-public", "kube-node-lease")


class Gateway(Record):
    """A workload, or a resource of which an operator makes pods, that is a gateway.

    `service` is the Service that shall name it where several lead to its pods, `services` all of those; `is_sure` is
    False where a person has to look first.
    """

    item: Item
    why: str
    is_marked: bool = False
    is_sure: bool = True
    service: str = ""
    services: tuple[str, ...] = ()


class Survey(Record):
    """What was found. Names are valid; texts in words may hold anything and are escaped by who shows them.

    `asking` are workloads that want to be in a mesh by their own label and are not, `outside` those that say nothing:
    of `outside_namespaces` all, so that they are not listed one by one.
    `to_inject` are the Namespaces of the package whose workloads nothing puts into a mesh, where that is so for all;
    `to_inject_elsewhere` the same for namespaces that the package does not declare (empty: those without a name).
    """

    workloads: int
    in_mesh: tuple[str, ...]
    asking: tuple[Item, ...]
    outside: tuple[Item, ...]
    outside_namespaces: tuple[str, ...]
    to_inject: tuple[str, ...]
    to_inject_elsewhere: tuple[str, ...]
    undeclared: tuple[str, ...]
    has_items_without_namespace: bool
    mode: str
    mode_why: str
    gateways: tuple[Gateway, ...]
    meshes: tuple[str, ...]
    named_meshes: tuple[str, ...]
    without_switch: tuple[str, ...]
    unknown_kinds: tuple[tuple[str, str], ...]
    kuma: KumaFacts


def survey(entries: Sequence[object]) -> Survey:
    """Look at the entries of a package."""
    setup = MeshSetup()
    resources = Resources.read(entries, setup.default_namespace)
    kuma = kuma_facts(entries, resources)
    if kuma.version:
        setup = setup.replace(kuma_version=kuma.version.value)
    if kuma.system_namespace:
        setup = setup.replace(
            control_plane=setup.control_plane.replace(system_namespace=kuma.system_namespace.value),
        )
    membership = members(resources, setup).values()
    joined = tuple(m.workload.item.words for m in membership if m.in_mesh)
    out = [m.workload for m in membership if not m.in_mesh and is_resource_name(m.workload.item.name)]
    asked = joined or any(_says_something(workload) for workload in resources.workloads)
    whole = _whole_namespaces(out, resources, setup)
    inside = [] if asked else sorted({w.item.namespace for w in _candidates(resources, setup)})
    mode, mode_why = _mode(resources)
    return Survey(
        len(resources.workloads),
        joined,
        tuple(w.item for w in out if w.template.labels.get(names.SIDECAR_INJECTION) in ENABLED),
        tuple(w.item for w in out if not _says_something(w) and w.item.namespace not in whole),
        tuple(sorted(whole)),
        tuple(name for name in inside if name in resources.namespaces),
        tuple(_elsewhere(resources, setup, inside)),
        tuple(_undeclared(resources)),
        any(_has_no_namespace(item) for item in resources.items if not is_list(item)),
        mode,
        mode_why,
        tuple(_gateways(resources, setup)),
        tuple(sorted(name for name in resources.meshes if is_resource_name(name))),
        tuple(sorted(_named_meshes(resources))),
        tuple(_without_switch(resources)),
        tuple(_unknown_kinds(resources)),
        kuma,
    )


# --- Mesh -------------------------------------------------------------------------------------------------------------
def _says_something(workload: Workload) -> bool:
    """Whether somebody has decided about injection already."""
    return names.SIDECAR_INJECTION in workload.template.labels or has_sidecar(workload.template.spec)


def _candidates(resources: Resources, setup: MeshSetup) -> Iterator[Workload]:
    """Workloads that can join a mesh and whose Namespace says nothing about it."""
    for workload in resources.workloads:
        namespace = resources.namespaces.get(workload.item.namespace)
        said = namespace is not None and names.SIDECAR_INJECTION in namespace.labels
        outside = is_outside_webhook(workload.item.namespace, setup) or workload.item.namespace in KUBE_NAMESPACES
        if not said and not outside and is_label(workload.item.namespace):
            yield workload


def _whole_namespaces(out: Sequence[Workload], resources: Resources, setup: MeshSetup) -> set[str]:
    """Namespaces of the package of which no workload is in a mesh and none has said anything about it."""
    silent = {workload.item.place for workload in _candidates(resources, setup) if not _says_something(workload)}
    left = silent & {workload.item.place for workload in out}
    return {
        name
        for name, workloads in resources.workloads_by_namespace.items()
        if name in resources.namespaces and all(workload.item.place in left for workload in workloads)
    }


def _elsewhere(resources: Resources, setup: MeshSetup, inside: Sequence[str]) -> Iterator[str]:
    bare = any(_has_no_namespace(workload.item) for workload in _candidates(resources, setup))
    for name in inside:
        if name not in resources.namespaces:
            yield "" if name == setup.default_namespace and bare else name


def _has_no_namespace(item: Item) -> bool:
    """Whether a namespaced item says nothing about where it lands; of custom resources nobody knows their scope."""
    return bool(item.namespace) and not item.metadata.get("namespace") and (item.group, item.kind) in _NAMESPACED


_NAMESPACED = frozenset({*WORKLOAD_KINDS, ("", "Service"), ("", "ConfigMap"), ("networking.k8s.io", "Ingress")})


def _undeclared(resources: Resources) -> list[str]:
    """Namespaces of workloads that the package does not hold."""
    found = {w.item.namespace for w in resources.workloads if w.item.metadata.get("namespace")}
    return sorted(name for name in found - resources.namespaces.keys() if is_label(name))


def _named_meshes(resources: Resources) -> set[str]:
    """Meshes that labels or annotations name."""
    found = set()
    for item in resources.items:
        found |= {item.labels.get(names.KUMA_MESH), item.annotations.get(names.KUMA_MESH)}
    for workload in resources.workloads:
        template = workload.template
        found |= {template.labels.get(names.KUMA_MESH), template.annotations.get(names.KUMA_MESH)}
    return {name for name in found if name and is_resource_name(name)}


def _mode(resources: Resources) -> tuple[str, str]:
    workloads = resources.workloads
    written = next((w for w in workloads if RECORD in w.template.annotations), None)
    if written is not None:
        return MANUAL, f"{written.item.words} carries a sidecar that krm-fn wrote"
    with_sidecar = [w for w in workloads if has_sidecar(w.template.spec)]
    if with_sidecar and len(with_sidecar) == len(workloads):
        return NONE, "every workload carries a sidecar already"
    return WEBHOOK, "no workload carries a sidecar, so Kuma's webhook adds it on the cluster"


# --- Gateways ---------------------------------------------------------------------------------------------------------
def _gateways(resources: Resources, setup: MeshSetup) -> Iterator[Gateway]:
    for workload, recognition in recognised(resources).values():
        product = products_by_id()[recognition.product]
        usable = recognition.carries_traffic and not recognition.host_network and product.family != IMPOSSIBLE
        if usable and is_resource_name(workload.item.name):
            views = services_of(workload, resources, setup)
            services = tuple(view.name for view in views if _is_service_name(view.name))
            yield Gateway(
                workload.item,
                f"{product.name}: {'; '.join(recognition.evidence)}",
                names.GATEWAY in workload.template.annotations,
                recognition.confidence != POSSIBLE,
                _naming(services, workload.item.namespace, resources) if len(services) > 1 else "",
                services,
            )
    for pods in custom_pods(resources):
        if not pods.on_host and is_resource_name(pods.item.name):
            product = products_by_id()[pods.product]
            yield Gateway(pods.item, f"{product.name} makes pods of it", pods.marked is not None)


def _is_service_name(text: str) -> bool:
    """Whether it is an RFC 1035 label, as names of Services are."""
    return is_label(text) and text[0].isalpha()


def _naming(services: Sequence[str], namespace: str, resources: Resources) -> str:
    """The Service that faces clients, if that is plain to see."""
    items = [item for name in services if (item := resources.service(namespace, name)) is not None]
    facing = [item for item in items if item.spec.get("type") in ("LoadBalancer", "NodePort")]
    open_to_all = [item for item in items if item.spec.get("clusterIP") != "None"]
    for choice in (facing, open_to_all):
        if len(choice) == 1 and _is_service_name(choice[0].name):
            return choice[0].name
    return ""


def _without_switch(resources: Resources) -> list[str]:
    """Names of the recognised products that can be led around only, by fallbacks that krm-fn can write."""
    found: dict[str, Recognition] = {r.product: r for _, r in recognised(resources).values() if r.carries_traffic}
    return [products_by_id()[pid].name for pid in found if products_by_id()[pid].family == "detour"]


def _unknown_kinds(resources: Resources) -> list[tuple[str, str]]:
    """Kinds that krm-fn does not know as workloads, with a pod template where workloads have it."""
    found = {
        (item.group, item.kind)
        for item in resources.items
        if (item.group, item.kind) not in WORKLOAD_KINDS
        and item.kind not in CUSTOM_KINDS
        and as_list(dig(item.data, "spec", "template", "spec", "containers"))
    }
    return sorted(kind for kind in found if all(part.replace(".", "").replace("-", "").isalnum() for part in kind))
