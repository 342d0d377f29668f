"""``deployment/web``: from what a person types, as for kubectl, to the resource that is meant."""

from __future__ import annotations

from krm_fn.gateways.catalog import products_by_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from krm_fn.krm.resource import Item
    from krm_fn.krm.resources import Resources

PRODUCT = "product"

SHORT_NAMES = {
    "cj": "cronjob",
    "cm": "configmap",
    "crd": "customresourcedefinition",
    "deploy": "deployment",
    "dp": "dataplane",
    "ds": "daemonset",
    "ep": "endpoints",
    "gtw": "gateway",
    "gc": "gatewayclass",
    "ing": "ingress",
    "netpol": "networkpolicy",
    "ns": "namespace",
    "po": "pod",
    "rc": "replicationcontroller",
    "rs": "replicaset",
    "sa": "serviceaccount",
    "sts": "statefulset",
    "svc": "service",
}
"""As kubectl and the projects' own resource definitions have them."""


class NotFoundError(Exception):
    """No resource of that name, or more than one; the message says what there is."""


def find(text: str, namespace: str | None, resources: Resources) -> Item | str:
    """Return the item that ``KIND/NAME`` means, or the id of a product for ``product/ID``; raise NotFoundError."""
    kind, _, name = text.partition("/")
    if kind.lower() == PRODUCT:
        if name not in products_by_id():
            like = [product_id for product_id in products_by_id() if name.partition("-")[0] in product_id]
            raise NotFoundError(f"{text}: no gateway product has this id; there is {_listed(like or products_by_id())}")
        return name
    of_kind = [item for item in resources.items if is_kind(kind, item)]
    if not of_kind:
        kinds = ", ".join(sorted({item.kind for item in resources.items if item.kind}))
        raise NotFoundError(f"{text}: there is no such file, and the package has no {kind}; its kinds are {kinds}")
    found = [item for item in of_kind if item.name == name]
    if namespace is not None:
        here = [item for item in found if item.namespace in (namespace, "")]
        if found and not here:
            raise NotFoundError(f"{text} is not in namespace {namespace}, but in {_listed(i.namespace for i in found)}")
        found = here
    if not found:
        raise NotFoundError(f"{text}: the package has no {of_kind[0].kind} of this name; it has {_names(of_kind)}")
    if len({item.key for item in found}) > 1:
        homes = _listed(item.namespace or item.api_version for item in found)
        raise NotFoundError(f"{text} is in several namespaces ({homes}): say which one with --namespace")
    return found[0]


def is_kind(word: str, item: Item) -> bool:
    """Whether a word names the item's kind: in any case, singular, plural or short, with its group behind a dot."""
    name, _, group = word.lower().partition(".")
    name = SHORT_NAMES.get(name, name)
    kind = item.kind.lower()
    if name not in (kind, f"{kind}s", f"{kind}es", f"{kind[:-1]}ies" if kind.endswith("y") else kind):
        return False
    return not group or item.group == group or item.group.startswith(f"{group}.")


def _names(items: list[Item]) -> str:
    return _listed((f"{item.namespace}/{item.name}" if item.namespace else item.name for item in items), 8)


def _listed(texts: Iterable[str], limit: int = 20) -> str:
    different = list(dict.fromkeys(texts))
    more = f" and {len(different) - limit} more" if len(different) > limit else ""
    return ", ".join(different[:limit]) + more
