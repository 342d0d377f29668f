"""Write what follows from the gateway catalog: the tables of docs/gateways/README.md, and krm_fn/gateways/glimpse.py.

python docs/generate_gateways.py           write both
python docs/generate_gateways.py --check   exit 1 and name the files that are out of date
"""

from __future__ import annotations

import sys
from pathlib import Path

from krm_fn.gateways.catalog import catalog, route_kinds
from krm_fn.gateways.product import (
    BY_ANNOTATION,
    BY_FIELD,
    DETOUR,
    IMPOSSIBLE,
    NOTHING,
    SWITCH,
    UPSTREAM,
    PodLabels,
    Product,
    Switch,
)

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "gateways" / "README.md"
GLIMPSE = ROOT / "krm_fn" / "gateways" / "glimpse.py"
BEGIN = "<!-- generated: {name} -->"
END = "<!-- end of generated part -->"

FAMILIES = (
    (SWITCH, "A switch exists"),
    (NOTHING, "Nothing to do"),
    (DETOUR, "No switch, a detour works"),
    (IMPOSSIBLE, "Not possible"),
)
NONE = "none"
FALLBACKS = {
    "direct-access": "direct access",
    "externalname-service": "ExternalName Service",
    "chain-second-gateway": "a delegated gateway behind it",
}


def page(text: str) -> str:
    """Return the page with its generated parts renewed."""
    for name, table in (("products", products_table()), ("recognition", recognition_table())):
        begin = BEGIN.format(name=name)
        before, found, rest = text.partition(begin)
        if not found:
            raise SystemExit(f"{PAGE.name} has no line {begin}")
        text = f"{before}{begin}\n\n{table}\n{END}{rest.partition(END)[2]}"
    return text


def products_table() -> str:
    """Return, family by family, what each product needs and what is done about it."""
    rows = []
    for family, title in FAMILIES:
        rows.append(f"### {title}\n")
        rows += _table(
            ("Product", "What makes it dial Services", "krm-fn", "Otherwise", "Host sent", "Read in"),
            [_product_row(product) for product in catalog() if product.family == family],
        )
    return "\n".join(rows)


def _product_row(product: Product) -> tuple[str, ...]:
    return (
        f"{product.name}<br>`{product.id}`",
        "<br>".join(_switch(s) for s in product.switches if s.purpose == UPSTREAM) or _by_itself(product),
        _today(product),
        ", ".join(FALLBACKS[name] for name in product.fallbacks) or NONE,
        product.host,
        {"verified-in-source": "source", "documented": "documentation", "reported": "reports"}[product.confidence],
    )


def _switch(switch: Switch) -> str:
    value = str(switch.value).lower() if isinstance(switch.value, bool) else switch.value
    if switch.how == BY_ANNOTATION:
        value = f'"{value}"'
    release = switch.since if switch.since.startswith("unreleased") else f"since {switch.since}"
    since = f" ({release})" if switch.since else ""
    routes = f" for {', '.join(switch.routes)}" if switch.routes and switch.routes != (switch.object,) else ""
    mode = f", with the provider {switch.mode}" if switch.mode else ""
    return f"{switch.object}: `{switch.key}: {value}`{routes}{mode}{since}"


def _by_itself(product: Product) -> str:
    return "it does so by itself" if product.family == NOTHING else "nothing"


def _today(product: Product) -> str:
    if product.leave_routes:
        return "leaves its routes alone"
    if product.family == NOTHING:
        return "leaves the Services alone"
    upstream = [s for s in product.switches if s.purpose == UPSTREAM]
    annotated = dict.fromkeys(s.object for s in upstream if s.how == BY_ANNOTATION)
    fields = dict.fromkeys(s.object for s in upstream if s.how == BY_FIELD)
    objects = dict.fromkeys(s.object for s in product.switches if s.found_by and _is_written(s, product))
    done = [f"annotates the {' or the '.join(annotated)}"] if annotated else []
    done += [f"sets the field in {', '.join(fields)}"] if fields else []
    done += [f"sets it in the {' or a '.join(objects)}"] if objects else []
    written = {*annotated, *fields, *objects}
    rest = any(s.object not in written for s in upstream)
    return "; ".join([*done, "reports the rest"] if done and rest else done or ["reports the routes"])


def _is_written(switch: Switch, product: Product) -> bool:
    """Whether krm-fn writes a setting that holds for many routes: where no annotation does, or where it is sturdier."""
    by_object = any(s.purpose == UPSTREAM and s.found_by for s in product.switches)
    return switch.released and (by_object or switch.preferred)


def recognition_table() -> str:
    """Return how each product is recognised."""
    return "\n".join(
        _table(
            ("Product", "Images", "Pod labels", "Classes and controllers"),
            [_recognition_row(product) for product in catalog()],
        )
    )


def _recognition_row(product: Product) -> tuple[str, ...]:
    images = [f"`{i}`" + ("\\*" if i in product.shared_images else "") for i in product.proxy_images]
    controllers = [f"`{image}` (controller)" for image in product.controller_images]
    classes = [f"`{name}`" for name in product.ingress_classes]
    return (
        f"`{product.id}`",
        "<br>".join(images + controllers) or NONE,
        "<br>".join(_labels(alternative) for alternative in product.pod_labels) or NONE,
        "<br>".join([*classes, *(f"`{c}`" for c in product.ingress_controllers + product.gateway_controllers)]) or NONE,
    )


def _labels(alternative: PodLabels) -> str:
    text = ", ".join(f"{key}={value}" for key, value in alternative.labels)
    return f"`{text}` ({alternative.role})"


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    lines = [head, ("---",) * len(head), *rows]
    return [*(f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |" for line in lines), ""]


def glimpse() -> str:
    """Return the module with the names that make a package worth a look into the catalog."""
    images = {"/".join(i.split("/")[-2:]) for p in catalog() for i in p.proxy_images + p.controller_images}
    strong = {a.labels[0] for p in catalog() for a in p.pod_labels if a.strong}
    names: dict[str, set[str] | set[tuple[str, str]]] = {
        "IMAGE_ENDS": images,
        "LABELS": {label for label in strong if not label[1].endswith("*")},
        "LABEL_KEYS": {key for key, value in strong if value.endswith("*")},
        "ANNOTATIONS": {p.pod_annotation for p in catalog() if p.pod_annotation[0]},
        "ROUTE_KINDS": {route.kind for route, _ in route_kinds() if not route.flags},
    }
    return _GLIMPSE_HEAD + "".join(_assignment(name, values) for name, values in names.items())


def _assignment(name: str, values: set[str] | set[tuple[str, str]]) -> str:
    """Return the assignment as `ruff format` would leave it."""
    entries = sorted(_quoted(value) for value in values)
    line = f"{name} = frozenset({{{', '.join(entries)}}})"
    if len(line) <= 120:
        return line + "\n"
    return f"{name} = frozenset(\n    {{\n" + "".join(f"        {entry},\n" for entry in entries) + "    }\n)\n"


def _quoted(value: str | tuple[str, str]) -> str:
    return f'"{value}"' if isinstance(value, str) else f'("{value[0]}", "{value[1]}")'


_GLIMPSE_HEAD = '''\
"""What to look for before the catalog is opened: a package without any of these has no gateway and no route.

Written by docs/generate_gateways.py from the catalog; do not edit. Reading this takes a fraction of what building the
catalog takes, and most packages need no more.
"""

from __future__ import annotations

'''


def main(arguments: list[str]) -> int:
    """Write the files, or compare them with what would be written."""
    wanted = {PAGE: page(PAGE.read_text(encoding="utf-8")), GLIMPSE: glimpse()}
    stale = [p for p, text in wanted.items() if not p.exists() or p.read_text(encoding="utf-8") != text]
    if "--check" in arguments:
        for path in stale:
            sys.stderr.write(f"out of date: {path.relative_to(ROOT)}\n")
        return 1 if stale else 0
    for path in stale:
        path.write_text(wanted[path], encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
