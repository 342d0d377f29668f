"""``krm-fn gateways``: the catalog of gateway products, as a table or one product with all that is known of it."""

from __future__ import annotations

import json
import shutil
import sys
from typing import TYPE_CHECKING

import click

from krm_fn.commands.output import write_out
from krm_fn.config.problem import nearest
from krm_fn.gateways.catalog import catalog, product, products_by_id
from krm_fn.gateways.product import BY_ANNOTATION, DETOUR, IMPOSSIBLE, NOTHING, SWITCH, UPSTREAM
from krm_fn.record import Record
from krm_fn.yamltext.write import block

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any

    from krm_fn.gateways.product import Product, Switch

HEAD = ("ID", "NAME", "FAMILY", "SWITCH", "HEADLESS", "SINCE", "CONFIDENCE")
FAMILY_WORDS = {
    SWITCH: "a setting makes it dial Services",
    NOTHING: "dials Services by itself",
    DETOUR: "no setting, but a way around",
    IMPOSSIBLE: "cannot be a delegated gateway",
}
HEADLESS_WORDS = {
    "tolerates": "the setting does no harm there",
    "leave": "no setting on a headless Service",
    "veto": "no setting on an object with a headless backend: it would be refused",
    "override": "switched off again on a headless Service",
}
WIDE = 100
"""A terminal narrower than this gets no column that the catalog fills with long texts; a pipe gets everything."""


@click.command()
@click.argument("product_id", metavar="[PRODUCT]", required=False)
@click.option(
    "-o",
    "--output",
    type=click.Choice(["table", "json", "yaml", "markdown"]),
    default="table",
    show_default=True,
    help="table and markdown are for people; json and yaml have every field of the catalog.",
)
def gateways(product_id: str | None, output: str) -> int:
    """List the gateway products that are known, or tell all about one.

    For each: what makes it send to the address of a Service instead of to pods (the object that carries the setting,
    the key and the value), what becomes of headless Services, since which release, and how sure that is. With a PRODUCT
    also how it is recognised, its other settings, limits, and the sources of all that.

    \b
    Examples:
      krm-fn gateways
      krm-fn gateways traefik
      krm-fn gateways kong-kic -o yaml
      krm-fn gateways -o json | jq -r '.[] | select(.family == "switch") | .id'
    """
    if product_id is None:
        write_out(LISTED[output](catalog()).encode())
        return 0
    found = product(product_id)
    if found is None:
        guess = nearest(product_id, products_by_id())
        hint = f"did you mean {guess!r}?" if guess else "`krm-fn gateways` lists those that are"
        raise click.UsageError(f"{product_id!r} is not in the catalog: {hint}")
    write_out(TOLD[output](found).encode())
    return 0


# --- All products -----------------------------------------------------------------------------------------------------
def _rows(products: Iterable[Product]) -> list[tuple[str, ...]]:
    """One row for each product and each of its settings that make it dial Services."""
    rows: list[tuple[str, ...]] = []
    for each in products:
        switches: Sequence[Switch | None] = [s for s in each.switches if s.purpose == UPSTREAM] or [None]
        for switch in switches:
            rows.append((each.id, _short(each.name), each.family, *_cells(switch, each), each.confidence))
    return rows


def _short(name: str) -> str:
    """A product's name without what is added to it for precision."""
    return name.partition(" (")[0].partition(",")[0]


def _cells(switch: Switch | None, each: Product) -> tuple[str, str, str]:
    if switch is None:
        return "none needed" if each.family == NOTHING else "none", "", ""
    routes = f" (for {', '.join(switch.routes)})" if switch.routes and switch.routes != (switch.object,) else ""
    return f"{switch.object} {_setting(switch)}{routes}", switch.headless, switch.since


def _setting(switch: Switch) -> str:
    """Key and value as they stand in a manifest."""
    value = _value(switch)
    if switch.how == BY_ANNOTATION:
        value = f'"{value}"'
    return f"{switch.key}: {value}"


def _value(switch: Switch) -> str:
    return str(switch.value).lower() if isinstance(switch.value, bool) else switch.value


def _table(products: Iterable[Product]) -> str:
    rows = [HEAD, *_rows(products)]
    columns = len(HEAD)
    if sys.stdout is not None and sys.stdout.isatty() and shutil.get_terminal_size().columns < WIDE:
        rows, columns = [(row[0], row[2], row[3]) for row in rows], 3
    widths = [max(len(row[column]) for row in rows) for column in range(columns)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
    return "".join(f"{line}\n" for line in lines)


def _markdown(products: Iterable[Product]) -> str:
    heads = (tuple(cell.capitalize() if cell != "ID" else cell for cell in HEAD), ("---",) * len(HEAD))
    rows = [
        (f"`{row[0]}`", *row[1:3], *(f"`{row[3]}`" if ": " in row[3] else row[3],), *row[4:]) for row in _rows(products)
    ]
    return "".join(f"| {' | '.join(_in_a_cell(cell) for cell in row)} |\n" for row in (*heads, *rows))


def _in_a_cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


# --- One product ------------------------------------------------------------------------------------------------------
def _sections(each: Product) -> list[tuple[str, list[str]]]:
    """Titles and lines; a section without lines is left out by who shows it."""
    return [
        ("", _summary(each)),
        ("Settings", [line for switch in each.switches for line in _switch_lines(switch)]),
        ("Recognised by", _recognition(each)),
        ("Routes", [_noted(route.kind, route.note) for route in each.routes]),
        ("Behaviour", _behaviour(each)),
        ("Limits", list(each.limits)),
        ("Sources", list(each.sources)),
    ]


def _summary(each: Product) -> list[str]:
    lines = [
        f"id: {each.id}",
        f"status: {each.status}",
        f"family: {each.family} ({FAMILY_WORDS[each.family]})",
        f"dials by default: {each.default_target}",
        f"confidence: {each.confidence}",
    ]
    return lines + ([f"ways around: {', '.join(each.fallbacks)}"] if each.fallbacks else [])


def _switch_lines(switch: Switch) -> list[str]:
    routes = f", for {', '.join(switch.routes)}" if switch.routes else ""
    since = f", since {switch.since}" if switch.since else ""
    headless = f"; headless: {HEADLESS_WORDS[switch.headless]}" if switch.purpose == UPSTREAM else ""
    return [_noted(f"{switch.purpose}: {switch.object} {_setting(switch)}{routes}{since}{headless}", switch.note)]


def _recognition(each: Product) -> list[str]:
    lines = [f"image {image} (proxy)" for image in each.proxy_images]
    lines += [f"image {image} (controller)" for image in each.controller_images]
    lines += [f"labels {', '.join(f'{k}={v}' for k, v in a.labels)} ({a.role})" for a in each.pod_labels]
    lines += [f"ingress class {name}" for name in each.ingress_classes]
    lines += [f"controller {name}" for name in each.ingress_controllers + each.gateway_controllers]
    key, value = each.pod_annotation
    return [*lines, *([f"pod annotation {key}={value}"] if key else [])]


def _behaviour(each: Product) -> list[str]:
    notes = (
        ("Host header that backends see", _noted(each.host, each.host_note)),
        ("headless Services", each.headless_note),
        ("ExternalName Services", each.external_name_note),
        ("Service that names the Dataplane", each.service_order),
        ("ServiceAccount token", each.token),
    )
    return [f"{name}: {note}" for name, note in notes if note]


def _noted(text: str, note: str) -> str:
    return f"{text}. {note}" if note else text


def _text(each: Product) -> str:
    lines = [each.name]
    for title, body in _sections(each):
        if body:
            lines += ["", *([f"{title}:"] if title else []), *(f"  {line}" for line in body)]
    return "".join(f"{line}\n" for line in lines)


def _page(each: Product) -> str:
    lines = [f"# {each.name}"]
    for title, body in _sections(each):
        if body:
            lines += ["", *([f"## {title}", ""] if title else []), *(f"- {_linked(line)}" for line in body)]
    return "".join(f"{line}\n" for line in lines)


def _linked(line: str) -> str:
    return f"<{line}>" if line.startswith("https://") else line


# --- Data -------------------------------------------------------------------------------------------------------------
def _plain(value: Any) -> Any:
    """A record as plain data, with what is empty left out."""
    if isinstance(value, Record):
        fields = ((name, getattr(value, name)) for name in value._fields)
        return {name: _plain(each) for name, each in fields if each not in ("", (), ("", ""))}
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return value


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _yaml(value: Any) -> str:
    return "".join(f"{line}\n" for line in block(value))


LISTED: Mapping[str, Callable[[Sequence[Product]], str]] = {
    "table": _table,
    "markdown": _markdown,
    "json": lambda products: _json([_plain(each) for each in products]),
    "yaml": lambda products: _yaml([_plain(each) for each in products]),
}
TOLD: Mapping[str, Callable[[Product], str]] = {
    "table": _text,
    "markdown": _page,
    "json": lambda each: _json(_plain(each)),
    "yaml": lambda each: _yaml(_plain(each)),
}
