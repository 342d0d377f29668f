"""Indexes over the catalog: from an image or a Pod's labels to the products that have them.

A package may hold ten thousand workloads and one gateway, so that what is no gateway must be told at once, and without
building the catalog: `is_worth_a_look` asks for names only, those in `krm_fn.gateways.glimpse`.
"""

from __future__ import annotations

from krm_fn.gateways.catalog import catalog
from krm_fn.gateways.glimpse import ANNOTATIONS, IMAGE_ENDS, LABEL_KEYS, LABELS
from krm_fn.gateways.product import CONTROLLER, PROXY
from krm_fn.memory import cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from krm_fn.gateways.product import PodLabels


def repository(image: str) -> str:
    """Return an image reference without registry host, tag and digest."""
    name = image.partition("@")[0]
    slash = name.rfind("/")
    colon = name.find(":", slash + 1)
    if colon >= 0:
        name = name[:colon]
    first, slashed, rest = name.partition("/")
    return rest if slashed and ("." in first or ":" in first or first == "localhost") else name


def is_worth_a_look(images: Iterable[str], labels: Mapping[str, str], annotations: Mapping[str, str]) -> bool:
    """Whether anything about a Pod has a name that the catalog knows; False is final."""
    return (
        any(map(_is_known, images))
        or any(label in LABELS or label[0] in LABEL_KEYS for label in labels.items())
        or any(annotation in ANNOTATIONS for annotation in annotations.items())
    )


def products_of_image(image: str) -> tuple[tuple[str, str], ...]:
    """Return (product id, PROXY or CONTROLLER) for each product that ships this image."""
    if not _is_known(image):
        return ()
    name = repository(image)
    entries = _by_last_component().get(name.rpartition("/")[2], ())
    return tuple(
        (product_id, role) for pattern, product_id, role in entries if name == pattern or name.endswith("/" + pattern)
    )


def _is_known(image: str) -> bool:
    """Whether the last one or two components of an image's path end a pattern of the catalog."""
    head, _, tail = image.partition("@")[0].rpartition("/")
    name = tail.partition(":")[0]
    return name in IMAGE_ENDS or f"{head.rpartition('/')[2]}/{name}" in IMAGE_ENDS


@cache
def _by_last_component() -> dict[str, tuple[tuple[str, str, str], ...]]:
    """Return (pattern, product id, role) by the last path component of the pattern: most images miss at once."""
    found: dict[str, tuple[tuple[str, str, str], ...]] = {}
    for product in catalog():
        for role, patterns in ((PROXY, product.proxy_images), (CONTROLLER, product.controller_images)):
            for pattern in patterns:
                tail = pattern.rpartition("/")[2]
                entry = (pattern, product.id, role)
                if not any(known[1:] == entry[1:] and pattern.endswith(known[0]) for known in found.get(tail, ())):
                    found[tail] = (*found.get(tail, ()), entry)
    return found


@cache
def _label_index() -> dict[object, tuple[tuple[str, PodLabels], ...]]:
    """Return the label sets by their first label: (key, value), or the key alone where any value will do."""
    found: dict[object, tuple[tuple[str, PodLabels], ...]] = {}
    for product in catalog():
        for alternative in product.pod_labels:
            key, value = alternative.labels[0]
            first: object = key if value.endswith("*") else (key, value)
            found[first] = (*found.get(first, ()), (product.id, alternative))
    return found


def matching_labels(labels: Mapping[str, str]) -> list[tuple[str, PodLabels]]:
    """Return the label sets that a Pod with these labels bears, each with the id of its product."""
    index = _label_index()
    found = []
    for label in labels.items():
        for first in (label, label[0]):
            for product_id, alternative in index.get(first, ()):
                if all(like(labels.get(key), pattern) for key, pattern in alternative.labels):
                    found.append((product_id, alternative))
    return found


def like(value: str | None, pattern: str) -> bool:
    """Whether a value equals a pattern, or begins like one that ends with a star."""
    if value is None:
        return False
    return value.startswith(pattern[:-1]) if pattern.endswith("*") else value == pattern
