"""The catalog of gateway products.

The records themselves stand in `krm_fn.gateways.products`, one module per family, each claim with the source it was
read from. They are built when somebody asks for them first, so that runs which ask for none do not pay.
"""

from __future__ import annotations

from krm_fn.memory import cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from krm_fn.gateways.product import Product, RouteKind


@cache
def catalog() -> tuple[Product, ...]:
    """Return all products. The order is fixed; where two products fit equally well, the earlier one is meant."""
    from krm_fn.gateways.products import clouds, envoy, haproxy, kong, nginx, others, smaller, solo, traefik

    modules = (kong, nginx, traefik, haproxy, envoy, solo, others, smaller, clouds)
    return tuple(product for module in modules for product in module.PRODUCTS)


@cache
def products_by_id() -> dict[str, Product]:
    """Return the catalog by product id."""
    return {product.id: product for product in catalog()}


def product(product_id: str) -> Product | None:
    """Return the product with this id, or None."""
    return products_by_id().get(product_id)


@cache
def route_kinds() -> tuple[tuple[RouteKind, tuple[str, ...]], ...]:
    """Return each kind of route once, with the ids of all products that serve it."""
    owners: dict[tuple[object, ...], tuple[RouteKind, list[str]]] = {}
    for entry in catalog():
        for route in entry.routes:
            # Products of one module share their records; to compare them whole would cost a visible part of a start.
            key = (route.kind, route.groups, route.attach, route.flags)
            owners.setdefault(key, (route, []))[1].append(entry.id)
    return tuple((route, tuple(ids)) for route, ids in owners.values())
