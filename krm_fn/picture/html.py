"""The picture as one page of HTML, complete in itself: the drawing, a search, and why each way leads where it does.

Nothing is loaded from elsewhere. Every text of a manifest is escaped, and a content security policy allows no script
but the page's own, by its hash.
"""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from importlib.resources import files

from krm_fn.picture.graph import BYPASS, MESH, OUTSIDE, STATUS_WORDS, STATUSES, UNKNOWN
from krm_fn.picture.layout import layout_of
from krm_fn.picture.markup import escaped, pixels
from krm_fn.picture.svg import body, mesh_color, style

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from krm_fn.picture.graph import Graph, Way

WORST_FIRST = (BYPASS, UNKNOWN, OUTSIDE, MESH)


def html(graph: Graph) -> str:
    """Return the page."""
    script, sheet = _resource("page.js"), _resource("page.css")
    digest = b64encode(sha256(script.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; img-src data:"
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            f"<title>{escaped(graph.title)}</title>",
            f"<style>{style()}{sheet}</style>",
            "</head>",
            "<body>",
            *_head(graph),
            '<div class="picture" id="picture" tabindex="0" aria-label="drawing; the table below says the same">',
            *_drawing(graph),
            "</div>",
            *_table(graph),
            f"<script>{script}</script>",
            "</body>",
            "</html>",
        ]
    ) + "\n"  # fmt: skip


def _resource(name: str) -> str:
    return files("krm_fn.picture").joinpath(name).read_text(encoding="utf-8")


def _head(graph: Graph) -> Iterator[str]:
    yield "<header>"
    yield f"<h1>{escaped(graph.title)}</h1>"
    for note in graph.notes:
        yield f'<p class="note">{escaped(note)}</p>'
    yield '<div class="controls">'
    yield '<input id="search" type="search" placeholder="Filter: gateway, route, Service, reason" autocomplete="off">'
    counts = graph.counts
    for status in STATUSES:
        if counts[status]:
            yield (
                f'<label class="chip c-{status}"><input type="checkbox" checked data-status="{status}">'
                f'<svg width="30" height="8" aria-hidden="true"><path class="edge e-{status}" d="M1 4h28"/></svg>'
                f"{escaped(STATUS_WORDS[status])} <b>{counts[status]}</b></label>"
            )
    for mesh in graph.meshes:
        color = mesh_color(mesh, graph.meshes)
        yield f'<span class="chip"><i style="background:{color}"></i>mesh {escaped(mesh)}</span>'
    yield '<span class="grow"></span><button id="fit" type="button" aria-pressed="true">fit to width</button>'
    yield "</div>"
    yield "</header>"


def _drawing(graph: Graph) -> Iterator[str]:
    layout = layout_of(graph)
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{pixels(layout.width)}" height="{pixels(layout.height)}" '
        f'viewBox="0 0 {pixels(layout.width)} {pixels(layout.height)}" role="img" aria-label="{escaped(graph.title)}">'
    )
    yield from body(layout, graph.meshes)
    yield "</svg>"


def _table(graph: Graph) -> Iterator[str]:
    yield '<section><h2>Why <span id="count"></span></h2>'
    if not graph.ways:
        yield "<p>No route leads to a Service.</p></section>"
        return
    yield "<table><thead><tr><th>Status</th><th>Gateway</th><th>Route</th><th>Service</th><th>Why</th><th>Where</th>"
    yield '</tr></thead><tbody id="ways">'
    for way in sorted(graph.ways, key=lambda way: (WORST_FIRST.index(way.status), way.number)):
        yield _row(way)
    yield "</tbody></table></section>"


def _row(way: Way) -> str:
    cells = (way.gateway, way.route, way.service, way.how, way.place)
    return (
        f'<tr data-w="{way.number}" data-status="{way.status}" tabindex="0">'
        f'<td><span class="status s-{way.status}">{escaped(STATUS_WORDS[way.status])}</span></td>'
        + "".join(f"<td>{escaped(cell)}</td>" for cell in cells)
        + "</tr>"
    )
