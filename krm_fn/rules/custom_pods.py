"""The resources of the package that an operator makes gateway pods of, read by the rows of `krm_fn.rules.custom_rows`.

Which Gateways pass labels and annotations on to pods depends on the product behind their class.
"""

from __future__ import annotations

from krm_fn.gateways.catalog import catalog
from krm_fn.gateways.product import IMPOSSIBLE
from krm_fn.krm.fields import as_map, as_str, dig, string_map
from krm_fn.krm.outcome import field_path
from krm_fn.kuma import names
from krm_fn.record import Record
from krm_fn.rules.custom_rows import GATEWAY_GROUP, ROWS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from krm_fn.gateways.product import Product
    from krm_fn.krm.outcome import Path
    from krm_fn.krm.resource import Item
    from krm_fn.krm.resources import Resources
    from krm_fn.rules.custom_rows import Fields, Row


class Pods(Record):
    """The pods of a custom resource. `data` is where the row's fields are: the resource, or the values in its text."""

    item: Item
    product: str
    row: Row
    data: dict[str, Any]

    @property
    def labels(self) -> dict[str, str]:
        """The labels that the resource gives the pods."""
        return string_map(dig(self.data, *self.row.labels)) if self.row.labels else {}

    @property
    def annotations(self) -> dict[str, str]:
        """The annotations that the resource gives the pods."""
        return string_map(dig(self.data, *self.row.annotations))

    @property
    def spec(self) -> dict[str, Any]:
        """What the resource says of the pods' spec."""
        return as_map(dig(self.data, *self.row.spec)) if self.row.spec else {}

    @property
    def marked(self) -> str | None:
        """The gateway mark as it stands there."""
        mark = as_map(dig(self.data, *self.row.annotations)).get(names.GATEWAY)
        return None if mark is None else str(mark)

    @property
    def on_host(self) -> bool:
        """Whether the pods use the network of the host."""
        return bool(self.row.host_network) and dig(self.data, *self.row.host_network) is True

    @property
    def mark_path(self) -> Fields:
        """The field of the gateway mark."""
        return (*self.row.annotations, names.GATEWAY)

    def place_of(self, *path: str | int) -> str:
        """A field for people: within a text of values, the text first."""
        field = field_path(*path)
        return f"{field_path(*self.row.text)}, {field}" if self.row.text else field


def read(resources: Resources) -> tuple[Pods, ...]:
    """Return the pods of custom resources that are applied, and that ``spec.workloadKinds`` makes no workloads."""
    return resources.memo("custom pods", lambda: tuple(_read(resources)))


def _read(resources: Resources) -> Iterator[Pods]:
    workloads: set[tuple[int, Path]] | None = None
    for row in ROWS:
        for item in resources.of_kind(row.kind):
            if item.group not in row.groups or item.is_local or (row.name and item.name != row.name):
                continue
            if workloads is None:
                workloads = {workload.item.place for workload in resources.workloads}
            product = row.product or _product_of_gateway(item, row, resources)
            data = _values(item, row) if row.text else item.data
            if product and data is not None and item.place not in workloads and _applies(row, data):
                yield Pods(item, product, row, data)


def _applies(row: Row, data: dict[str, Any]) -> bool:
    if row.requires and not isinstance(dig(data, *row.requires), dict):
        return False
    if row.forbids and dig(data, *row.forbids) is not None:
        return False
    return row.only is None or dig(data, *row.only[0]) in (None, row.only[1])


# --- Which product passes a Gateway's labels and annotations on -------------------------------------------------------
def _product_of_gateway(item: Item, row: Row, resources: Resources) -> str:
    """The product that copies a Gateway's annotations onto its pods; none where its parameters are marked instead."""
    gateway_class = class_of(item, resources)
    controller = as_str(dig(gateway_class.data, "spec", "controllerName")) if gateway_class is not None else ""
    product = _product_of_controller(controller)
    if (
        product is None
        or product.family == IMPOSSIBLE
        or f"{row.kind} {'.'.join(row.annotations)}" not in product.mark_at
    ):
        return ""
    return "" if any(_is_told_instead(key, resources) for key in parameters_of(item, gateway_class)) else product.id


def class_of(gateway: Item, resources: Resources) -> Item | None:
    """The GatewayClass of a Gateway, if the package holds it."""
    name = as_str(gateway.spec.get("gatewayClassName"))
    return resources.by_key.get((GATEWAY_GROUP, "GatewayClass", "", name))


def parameters_of(gateway: Item, gateway_class: Item | None) -> list[tuple[str, str, str, str]]:
    """The keys of the resources that a Gateway and its class name as parameters."""
    references = [dig(gateway.data, "spec", "infrastructure", "parametersRef")]
    if gateway_class is not None:
        references.append(dig(gateway_class.data, "spec", "parametersRef"))
    keys = []
    for reference in references:
        group, kind, name, home = (
            as_str(as_map(reference).get(field)) for field in ("group", "kind", "name", "namespace")
        )
        keys.append((group, kind, home or gateway.namespace, name))
    return keys


def _product_of_controller(controller: str) -> Product | None:
    return next((product for product in catalog() if controller in product.gateway_controllers), None)


def _is_told_instead(key: tuple[str, str, str, str], resources: Resources) -> bool:
    return any(row.kind == key[1] and key[0] in row.groups for row in ROWS) and key in resources.by_key


def _values(item: Item, row: Row) -> dict[str, Any] | None:
    """The values in a text of YAML; None where they cannot be read."""
    from krm_fn.yamltext.errors import YamlError
    from krm_fn.yamltext.read import read_documents
    from krm_fn.yamltext.scalars import KYAML

    try:
        [document] = read_documents(text_of(item, row), KYAML)
    except (ValueError, YamlError):  # no YAML, or more than one document
        return None
    return document.data if isinstance(document.data, dict) else None


def text_of(item: Item, row: Row) -> str:
    """The text of values as the resource has it; that of empty ones where it has none."""
    text = dig(item.data, *row.text)
    if text is None:
        return "{}\n"
    return (text if text.strip() else "{}\n") if isinstance(text, str) else ""
