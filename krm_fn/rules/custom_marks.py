"""Where the mark goes when a custom resource makes the gateway's pods: an operator copies it onto them.

Each row is a field whose annotations reach the pods of the proxy; the catalog names the same places for people
(`Product.mark_at`). On k3s the installation of Traefik is a text of Helm values inside a HelmChartConfig, so the mark
goes into that text. Which Gateways pass annotations on depends on the product behind their class.
"""

from __future__ import annotations

from krm_fn.gateways.catalog import catalog
from krm_fn.gateways.product import IMPOSSIBLE
from krm_fn.krm.fields import as_map, as_str, dig
from krm_fn.krm.resources import with_value
from krm_fn.kuma import names
from krm_fn.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from krm_fn.gateways.product import Product
    from krm_fn.krm.outcome import Path
    from krm_fn.krm.resource import Item
    from krm_fn.krm.resources import Resources

GATEWAY_GROUP = "gateway.networking.k8s.io"


class Row(Record):
    """A kind of resource and its field of pod annotations.

    ``product`` is empty where the class of a Gateway tells; ``requires`` is a field that must be there for this row,
    ``forbids`` one that must not; ``text`` a field that holds all of it as YAML text; ``here``: the pods run in the
    resource's own namespace; ``host_network`` is where pods on the host's network would say so.
    """

    groups: tuple[str, ...]
    kind: str
    path: tuple[str, ...]
    product: str = ""
    name: str = ""
    requires: tuple[str, ...] = ()
    forbids: tuple[str, ...] = ()
    text: tuple[str, ...] = ()
    here: bool = False
    host_network: tuple[str, ...] = ()


_KONG = ("gateway-operator.konghq.com",)
_ENVOY = ("spec", "provider", "kubernetes")
_TEMPLATE = ("deployment", "podTemplateSpec")

ROWS: tuple[Row, ...] = (
    Row(
        _KONG,
        "DataPlane",
        ("spec", *_TEMPLATE, "metadata", "annotations"),
        "kong-operator",
        here=True,
        host_network=("spec", *_TEMPLATE, "spec", "hostNetwork"),
    ),
    Row(
        _KONG,
        "GatewayConfiguration",
        ("spec", "dataPlaneOptions", *_TEMPLATE, "metadata", "annotations"),
        "kong-operator",
        host_network=("spec", "dataPlaneOptions", *_TEMPLATE, "spec", "hostNetwork"),
    ),
    Row(
        ("gateway.envoyproxy.io",),
        "EnvoyProxy",
        (*_ENVOY, "envoyDaemonSet", "pod", "annotations"),
        "envoy-gateway",
        requires=(*_ENVOY, "envoyDaemonSet"),
    ),
    Row(
        ("gateway.envoyproxy.io",),
        "EnvoyProxy",
        (*_ENVOY, "envoyDeployment", "pod", "annotations"),
        "envoy-gateway",
        forbids=(*_ENVOY, "envoyDaemonSet"),
    ),
    Row(
        ("gateway.kgateway.dev",),
        "GatewayParameters",
        ("spec", "kube", "podTemplate", "extraAnnotations"),
        "kgateway",
        forbids=("spec", "selfManaged"),
    ),
    Row(
        ("gateway.gloo.solo.io",),
        "GatewayParameters",
        ("spec", "kube", "podTemplate", "extraAnnotations"),
        "gloo-edge",
        forbids=("spec", "selfManaged"),
    ),
    Row(("projectcontour.io",), "ContourDeployment", ("spec", "envoy", "podAnnotations"), "contour"),
    Row((GATEWAY_GROUP,), "Gateway", ("spec", "infrastructure", "annotations"), here=True),
    Row(
        ("helm.cattle.io",),
        "HelmChartConfig",
        ("deployment", "podAnnotations"),
        "traefik",
        name="traefik",
        text=("spec", "valuesContent"),
        here=True,
        host_network=("hostNetwork",),
    ),
)
KINDS = tuple(dict.fromkeys(row.kind for row in ROWS))


class Place(Record):
    """A resource that makes gateway pods: the field of the mark, what stands there now, and the edit that marks.

    ``path`` and ``value`` are the edit; `value` is None where the text inside the resource cannot be edited.
    """

    item: Item
    product: str
    field: tuple[str, ...]
    marked: str | None
    host_network: bool
    here: bool
    path: Path
    value: Any


def places(resources: Resources) -> tuple[Place, ...]:
    """Return the places for marks in custom resources, in the order of the table and then of the input."""
    return resources.memo("places of marks", lambda: tuple(_places(resources)))


def _places(resources: Resources) -> Iterator[Place]:
    for row in ROWS:
        for item in resources.of_kind(row.kind):
            if item.group not in row.groups or (row.name and item.name != row.name):
                continue
            product = row.product or _product_of_gateway(item, row, resources)
            if not product or (row.requires and not isinstance(dig(item.data, *row.requires), dict)):
                continue
            if row.forbids and dig(item.data, *row.forbids) is not None:
                continue
            place = _in_text(item, row, product) if row.text else _in_fields(item, row, product)
            if place is not None:
                yield place


def _in_fields(item: Item, row: Row, product: str) -> Place:
    return _place(item, row, product, item.data, (*row.path, names.GATEWAY), names.ENABLED)


def _place(item: Item, row: Row, product: str, data: object, path: Path, value: Any) -> Place:
    marked = as_map(dig(data, *row.path)).get(names.GATEWAY)
    on_host = bool(row.host_network) and dig(data, *row.host_network) is True
    said = None if marked is None else str(marked)
    return Place(item, product, (*row.path, names.GATEWAY), said, on_host, row.here, path, value)


def _in_text(item: Item, row: Row, product: str) -> Place | None:
    """The same inside a text of YAML, which is edited as any other: nothing else in it changes."""
    from krm_fn.yamltext.errors import YamlError
    from krm_fn.yamltext.patch import PatchError, patch
    from krm_fn.yamltext.read import read_documents
    from krm_fn.yamltext.scalars import KYAML

    text = dig(item.data, *row.text)
    if text is None or (isinstance(text, str) and not text.strip()):
        text = "{}\n"
    if not isinstance(text, str):
        return None
    try:
        [document] = read_documents(text, KYAML)
        values = document.data
        if not isinstance(values, dict):
            return None
        marked = with_value(values, (*row.path, names.GATEWAY), names.ENABLED)
        new: str | None = patch(text, values, marked, KYAML) if _is_open(values, row.path) else None
    except (ValueError, YamlError, PatchError):  # no YAML, or more than one document
        return None
    return _place(item, row, product, values, row.text, new)


def _is_open(values: object, path: tuple[str, ...]) -> bool:
    """Whether mappings, or nothing, stand on the path."""
    for step in path:
        values = as_map(values).get(step)
        if values is None:
            return True
        if not isinstance(values, dict):
            return False
    return True


def _product_of_gateway(item: Item, row: Row, resources: Resources) -> str:
    """The product that copies a Gateway's annotations onto its pods; none where its parameters are marked instead."""
    name = as_str(item.spec.get("gatewayClassName"))
    gateway_class = resources.by_key.get((GATEWAY_GROUP, "GatewayClass", "", name))
    controller = as_str(dig(gateway_class.data, "spec", "controllerName")) if gateway_class is not None else ""
    product = _product_of_controller(controller) if controller else None
    if product is None or product.family == IMPOSSIBLE or f"{row.kind} {'.'.join(row.path)}" not in product.mark_at:
        return ""
    references = [dig(item.data, "spec", "infrastructure", "parametersRef")]
    if gateway_class is not None:
        references.append(dig(gateway_class.data, "spec", "parametersRef"))
    return "" if any(_is_marked_instead(ref, item.namespace, resources) for ref in references) else product.id


def _product_of_controller(controller: str) -> Product | None:
    return next((product for product in catalog() if controller in product.gateway_controllers), None)


def _is_marked_instead(reference: object, namespace: str, resources: Resources) -> bool:
    group, kind, name = (as_str(as_map(reference).get(field)) for field in ("group", "kind", "name"))
    home = as_str(as_map(reference).get("namespace")) or namespace
    known = any(row.kind == kind and group in row.groups for row in ROWS)
    return known and (group, kind, home, name) in resources.by_key
