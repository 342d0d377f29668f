"""Write what follows from the gateway catalog: the tables of docs/gateways/README.md, one page for each product beside
it, with what a fixture shows of the product, and krm_fn/gateways/glimpse.py.

python docs/generate_gateways.py           write all
python docs/generate_gateways.py --check   exit 1 and name the files that are out of date
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterable
from pathlib import Path
from textwrap import dedent

import yaml

from krm_fn.gateways.catalog import catalog, route_kinds
from krm_fn.gateways.product import (
    ALTERNATIVE,
    BY_ANNOTATION,
    BY_FIELD,
    CHAIN,
    CLASS_WIDE,
    DETOUR,
    DIRECT_ACCESS,
    EXTERNAL_NAME,
    FOR_DETOUR,
    IMPOSSIBLE,
    NOTHING,
    OWN_PODS,
    SWITCH,
    UPSTREAM,
    Conflict,
    Container,
    PodLabels,
    Product,
    Switch,
)

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "gateways" / "README.md"
INDEX = PAGE.with_name("traps.md")
FIXTURES = ROOT / "fixtures" / "products"
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
    DIRECT_ACCESS: "direct access",
    EXTERNAL_NAME: "ExternalName Service",
    CHAIN: "a delegated gateway behind it",
}
EXAMPLES = {
    "emissary": "nothing-needed",
    "haproxy-ingress": "headless-override",
    "haproxytech": "direct-access",
    "ingress-nginx": "ingress",
    "kong-kic": "service-annotation",
    "nginx-nic": "ingress",
    "skipper": "direct-access",
    "traefik": "ingress",
}
"""The case that a page shows, of those in fixtures/products/<product>, where that is not the first with a change."""

FAMILY_WORDS = {
    SWITCH: "There is a switch: with it the gateway dials the Service, and the sidecar picks the Pod.",
    NOTHING: "Nothing has to be done: the gateway dials Services by itself.",
    DETOUR: "There is no switch, but a detour works.",
    IMPOSSIBLE: "It cannot be a delegated gateway of a Kuma mesh.",
}
TARGET_WORDS = {
    "endpoints": "the addresses of Pods, which it reads from EndpointSlices or Endpoints",
    "service-dns": "the DNS name of the Service",
    "cluster-ip": "the ClusterIP of the Service",
    "configured": "what its own configuration says",
}
PURPOSE_WORDS = {
    UPSTREAM: "makes it dial Services",
    ALTERNATIVE: "another way to the same",
    "guard": "has to stay as it is",
    "harden": "mends a known trap",
    FOR_DETOUR: "part of a detour",
    "generated": "what it writes by itself",
}
CONFIDENCE_WORDS = {
    "verified-in-source": "Read in the source code of the product.",
    "documented": "Read in the documentation of the product, not in its source code.",
    "reported": "Put together from reports and documentation; not checked in the source code.",
}
HOST_WORDS = {"client": "the one that the client sent", "destination": "the name of the destination"}
SPELT_OUT = {
    "Endpoints.": "Its Pods are dialled, as those of any other Service.",
    "Keeps endpoints.": "Its Pods are dialled, switch or no switch.",
    "Not confirmed.": "This was concluded, not read anywhere.",
    "One Service.": "There is only one.",
    "Right with the chart.": "With the vendor's chart the right Service comes first.",
    "As for the Ingress Controller.": "The limits of [Kong Ingress Controller](kong-kic.md) hold here too.",
    "voyager-<ingress> only.": "There is only one for each Ingress, voyager-<ingress>.",
}
"""Notes of the catalog that are too short for somebody who reads one page only."""


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
        f"[{product.name}]({product.id}.md)<br>`{product.id}`",
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


def product_page(product: Product) -> str:
    """Return the page of one product."""
    sections = (
        ("", _summary(product)),
        ("What krm-fn does", _doings(product)),
        ("Switches", _switches(product)),
        ("Before and after", _example(product)),
        ("How it is recognised", _recognition(product)),
        ("Routes", _routes(product)),
        ("Host header, headless and ExternalName Services", _behaviour(product)),
        ("Ports", _ports(product)),
        ("Identity", _identity(product)),
        ("Limits", [f"- {_prose(limit)}" for limit in product.limits]),
        ("Sources", [CONFIDENCE_WORDS[product.confidence], "", *(f"- <{source}>" for source in product.sources)]),
    )
    lines = [f"# {product.name}", "", _PAGE_HEAD]
    for title, body in sections:
        lines += [f"## {title}", ""] if title and body else []
        lines += [*body, ""] if body else []
    return "\n".join(lines).rstrip("\n") + "\n"


_PAGE_HEAD = """\
<!-- Written by docs/generate_gateways.py from the catalog and a fixture; do not edit. -->

[All products](README.md) | [what users of gateways run into](traps.md)
"""


def _prose(note: str) -> str:
    """Return a note of the catalog as a text for users."""
    text = SPELT_OUT.get(note, note).replace(" (not run)", " (read in the source, not tried in a cluster)")
    return text.replace("<", "&lt;")


def _sentence(note: str) -> str:
    text = _prose(note)
    named = "-" in text.partition(" ")[0]  # begins with the name of an object, whose letters stay
    return (text if named else text[:1].upper() + text[1:]) + "." * (not text.endswith("."))


def _summary(product: Product) -> list[str]:
    rows = [
        ("product id", f"`{product.id}`"),
        ("status", product.status),
        ("dials by default", TARGET_WORDS[product.default_target]),
    ]
    return _table(("", ""), rows)[:-1]


def _doings(product: Product) -> list[str]:
    lines = [f"{FAMILY_WORDS[product.family]} krm-fn {_today(product)}."]
    if product.kuma_annotation_works:
        lines.append("Kuma's control plane writes the annotation too, in Namespaces that carry the injection label.")
    if product.dials_service_for:
        lines.append(f"For {', '.join(product.dials_service_for)} no switch is needed: it dials Services there.")
    possible = [FALLBACKS[name] for name in product.fallbacks if name != CHAIN]
    if possible and product.family in (SWITCH, DETOUR):
        names = " or ".join(possible).replace("ExternalName", "an ExternalName")
        what = _link("What these are", "README.md#what-each-product-needs")
        lines.append(f"Without a switch, `spec.serviceUpstream.fallback` can ask for {names}. ({what}.)")
    left: dict[str, list[str]] = {}
    for switch in product.switches:
        if switch.left:
            left.setdefault(switch.left, []).append(f"`{switch.key}` ({switch.object})")
    lines += [f"Not written: {' and '.join(keys)}, because {reason}." for reason, keys in left.items()]
    if CHAIN in product.fallbacks:
        lines.append("A delegated gateway of another product can stand behind it, as its only backend.")
    return [*lines, "", "More in [service upstream](../service-upstream.md)."]


def _link(text: str, target: str) -> str:
    return f"[{text}]({target})"


def _switches(product: Product) -> list[str]:
    head = ("Object", "Key", "Value", "For", "Since", "What it is for", "Note")
    rows = [_switch_row(switch) for switch in product.switches]
    return _table(head, rows)[:-1] if rows else ["The product has no setting for it."]


def _switch_row(switch: Switch) -> tuple[str, ...]:
    value = str(switch.value).lower() if isinstance(switch.value, bool) else switch.value
    mode = f"With the provider {switch.mode}." if switch.mode else ""
    forbidden = [f"Not where `{key}: {value}` stands." for key, value in switch.unless]
    forbidden += [f"Written as `{switch.argument}={value}`."] * bool(switch.argument)
    forbidden += [f"Read beside `{switch.beside_argument}`."] * bool(switch.beside_argument)
    forbidden += [f"Not read beside `{argument}`." for argument in switch.not_with_arguments]
    forbidden += [f"Not beside `{field}`." for field in switch.not_beside if field not in switch.note]
    forbidden += [f"Not written beside {_conflict(conflict)}." for conflict in switch.conflicts]
    return (
        switch.object,
        "" if switch.key == "none" else f"`{switch.key}`",
        f'`"{value}"`' if switch.how == BY_ANNOTATION else f"`{value}`",
        ", ".join(switch.routes) or "all routes",
        switch.since or ("" if switch.purpose in ("guard", "generated") else "not recorded"),
        PURPOSE_WORDS[switch.purpose],
        " ".join(filter(None, (_prose(switch.note), mode, *forbidden))),
    )


def _conflict(conflict: Conflict) -> str:
    value = f": {conflict.value}" if conflict.value else ""
    of_type = f" (Services of type `{conflict.service_type}`)" if conflict.service_type else ""
    return f"`{conflict.key}{value}`{of_type}"


def _example(product: Product) -> list[str]:
    """Return what one fixture shows, and links to all others of the product."""
    cases = sorted(path.parent for path in (FIXTURES / product.id).glob("*/input.yaml"))
    if not cases:
        return []
    first = next((case for case in cases if _items(_text(case)) != _items(_text(case, "output.yaml"))), cases[0])
    shown = first.with_name(EXAMPLES.get(product.id, first.name))
    before, after = _text(shown), _text(shown, "output.yaml")
    lines = [f"{_remark(before)} Both files stand in {_case_link(shown)}."]
    if config := _part(before, "functionConfig"):
        lines += ["", "The configuration:", "", "```yaml", dedent(config).rstrip("\n"), "```"]
    # Fenced with tildes: a diff between backticks is one that the demo prints.
    old, new = _items(before), _items(after)
    diff = list(difflib.unified_diff(old, new, "input.yaml", "output.yaml", n=2, lineterm=""))
    lines += ["", "~~~diff", *diff, "~~~"] if diff else ["", "The resources stay as they are."]
    codes = sorted({entry["tags"]["code"] for entry in yaml.safe_load(after).get("results") or ()})
    if codes:
        lines += ["", f"Results: {', '.join(_link(code, f'../results.md#{code}') for code in codes)}."]
    others = [f"- {_case_link(case)}: {_prose(_remark(_text(case)))}" for case in cases if case != shown]
    return [*lines, *(["", "More cases:", "", *others] if others else [])]


def _text(case: Path, name: str = "input.yaml") -> str:
    return (case / name).read_text(encoding="utf-8")


def _case_link(case: Path) -> str:
    return _link(case.name, f"../../{case.relative_to(ROOT).as_posix()}/")


def _remark(text: str) -> str:
    """Return the comment that a fixture begins with."""
    lines = text.splitlines()
    end = next(at for at, line in enumerate(lines) if not line.startswith("#"))
    return " ".join(line.lstrip("# ") for line in lines[:end])


def _items(text: str) -> list[str]:
    """Return the lines up to the end of the items: a diff of them has the line numbers of the files."""
    lines = text.splitlines()
    begin = lines.index("items:")
    return lines[: next((at for at in range(begin + 1, len(lines)) if lines[at][:1].isalpha()), len(lines))]


def _part(text: str, key: str) -> str:
    """Return the lines below a key of the list."""
    lines = text.splitlines()
    if f"{key}:" not in lines:
        return ""
    begin = lines.index(f"{key}:") + 1
    end = next((at for at in range(begin, len(lines)) if lines[at][:1].isalpha()), len(lines))
    return "\n".join(lines[begin:end])


def _recognition(product: Product) -> list[str]:
    _, images, labels, classes = _recognition_row(product)
    rows = [("images", images), ("Pod labels", labels), ("classes and controllers", classes)]
    key, value = product.pod_annotation
    modes = [f"`{mode.argument}`, which lets it serve {', '.join(mode.ingress_classes)}" for mode in product.modes]
    rows += [("Pod annotation", f"`{key}: {value}`")] if key else []
    rows += (
        [("arguments that begin with", "<br>".join(f"`{a}`" for a in product.arguments))] if product.arguments else []
    )
    rows += [("arguments of a mode", "<br>".join(modes))] if modes else []
    rows += [("variables that tell the role", "<br>".join(_sign(s) for s in product.role_by_environment))] * bool(
        product.role_by_environment
    )
    lines = _table(("", ""), rows)[:-1]
    if product.shared_images:
        lines += [
            "",
            "\\* Others use this image too: [something else must agree](README.md#how-products-are-recognised).",
        ]
    if " (" in images + labels:
        lines += ["", "A *proxy* carries traffic, a *controller* only configures, *combined* Pods do both."]
    if product.topology == ("external",):
        lines += ["", "What carries the traffic stands outside of the cluster: there is no Pod to mark."]
    elif not product.proxy_images and not product.pod_labels:
        lines += ["", "Nothing in a Pod tells of it; a rule in `spec.gateways.rules` can name the Pods."]
    return lines


def _sign(sign: Container) -> str:
    return f"`{sign.variable}={sign.value}` ({sign.role})"


def _routes(product: Product) -> list[str]:
    rows = [(r.kind, ", ".join(f"`{g}`" if g else "core" for g in r.groups), _prose(r.note)) for r in product.routes]
    return _table(("Kind", "API groups", "Note"), rows)[:-1] if rows else ["It has no kinds of routes that are read."]


def _behaviour(product: Product) -> list[str]:
    host = " ".join(filter(None, (f"Backends see {HOST_WORDS[product.host]}.", _prose(product.host_note))))
    notes = (("headless Services", product.headless_note), ("ExternalName Services", product.external_name_note))
    return [f"- Host header: {host}", *(f"- {name}: {_sentence(note)}" for name, note in notes if note)]


def _ports(product: Product) -> list[str]:
    rows = [
        (str(note.port), way, note.needed_on, _prose(note.reason))
        for way, notes in (("incoming", product.ports_in), ("outgoing", product.ports_out))
        for note in notes
    ]
    if not rows:
        return []
    lines = [
        "Connections that have to stay outside of the mesh. A marked gateway takes all incoming ones past its sidecar;",
        "on other Pods in a mesh the ports have to be excluded.",
        "",
    ]
    return [*lines, *_table(("Port", "Direction", "On Pods with the role", "What it is"), rows)[:-1]]


def _identity(product: Product) -> list[str]:
    lines = [f"- the mark `kuma.io/gateway: enabled` goes to: {', '.join(product.mark_at)}"] if product.mark_at else []
    if product.service_order:
        lines.append(f"- which Service names the Dataplane: {_sentence(product.service_order)}")
    if product.token:
        lines.append(f"- ServiceAccount token, which the sidecar needs: {_prose(product.token)}")
    return lines


def _by_itself(product: Product) -> str:
    return "it does so by itself" if product.family == NOTHING else "nothing"


def _today(product: Product) -> str:
    if product.leave_routes:
        return "leaves its routes alone"
    if product.family == NOTHING:
        return "leaves the Services alone"
    if not product.routes:
        return "sees none of its routes"
    upstream = [s for s in product.switches if s.purpose == UPSTREAM]
    annotated = dict.fromkeys(s.object for s in upstream if s.how == BY_ANNOTATION)
    fields = dict.fromkeys(s.object for s in upstream if s.how == BY_FIELD)
    by_object = any(s.found_by and s.found_by not in CLASS_WIDE for s in upstream)
    objects = dict.fromkeys(
        s.object for s in product.switches if by_object and s.found_by and s.released and not s.left
    )
    for_all = [s for s in product.switches if s.is_class_wide and s.released]
    done = [f"annotates the {' or the '.join(annotated)}"] if annotated else []
    done += [f"sets the field in {', '.join(fields)}"] if fields else []
    done += [f"sets it in the {' or a '.join(objects)}"] if objects else []
    if for_all:
        places = " or ".join(dict.fromkeys(map(_class_wide_place, for_all)))
        instead = " instead" if any(not s.kuma_writes for s in upstream if not s.found_by) else ""
        done.append(f"{places}{instead}, where all its routes lead into the mesh")
    written = {*annotated, *fields, *objects, *(s.object for s in for_all)}
    rest = any(s.object not in written for s in upstream)
    return "; ".join([*done, "reports the rest"] if done and rest else done or ["reports the routes"])


def _class_wide_place(switch: Switch) -> str:
    if switch.found_by != OWN_PODS:
        return f"sets it in the {switch.object}"
    return "adds the argument to its container" if switch.argument else "adds the variable to its container"


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


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
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
    wanted |= {PAGE.with_name(f"{product.id}.md"): product_page(product) for product in catalog()}
    stale = [p for p, text in wanted.items() if not p.exists() or p.read_text(encoding="utf-8") != text]
    gone = sorted({*PAGE.parent.glob("*.md")} - {INDEX, *wanted})
    if "--check" in arguments:
        for path in stale + gone:
            sys.stderr.write(f"out of date: {path.relative_to(ROOT)}\n")
        return 1 if stale or gone else 0
    for path in stale:
        path.write_text(wanted[path], encoding="utf-8")
    for path in gone:
        path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
