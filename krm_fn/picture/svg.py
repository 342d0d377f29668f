"""The picture as SVG, complete in itself: its style has a light and a dark half, and every text is escaped."""

from __future__ import annotations

from krm_fn.picture.graph import (
    BYPASS,
    ENTRY,
    GATEWAY,
    MESH,
    OTHERS,
    OUTSIDE,
    REMOTE,
    STATUS_WORDS,
    STATUSES,
    UNKNOWN,
    WORKLOAD,
)
from krm_fn.picture.layout import layout_of
from krm_fn.picture.markup import escaped, pixels
from krm_fn.picture.measure import text_width

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from krm_fn.picture.graph import Graph, Node
    from krm_fn.picture.layout import Band, Box, Layout, Line

LIGHT = {
    "page": "#ffffff", "box": "#ffffff", "band": "#f6f8fa", "text": "#1f2328", "muted": "#59636e", "border": "#d1d9e0",
    MESH: "#1a7f37", BYPASS: "#cf222e", UNKNOWN: "#818b98", OUTSIDE: "#59636e", ENTRY: "#818b98",
}  # fmt: skip
DARK = {
    "page": "#0d1117", "box": "#161b22", "band": "#11161d", "text": "#e6edf3", "muted": "#9198a1", "border": "#30363d",
    MESH: "#3fb950", BYPASS: "#f85149", UNKNOWN: "#7d8590", OUTSIDE: "#9198a1", ENTRY: "#7d8590",
}  # fmt: skip
DASHES = {BYPASS: "7 5", UNKNOWN: "2 5"}
WIDTHS = {MESH: 2.0, BYPASS: 2.2, UNKNOWN: 2.0, OUTSIDE: 1.3, ENTRY: 1.6}
MESH_COLORS = ("#8250df", "#0969da", "#bf8700", "#1b7c83", "#bc4c00", "#bf3989")
FONT = "system-ui, -apple-system, 'Segoe UI', 'Noto Sans', Helvetica, Arial, sans-serif"
DRAWN = (ENTRY, OUTSIDE, UNKNOWN, MESH, BYPASS)
"""What is drawn later lies above what was drawn before."""
LEGEND_HEIGHT = 44.0
HEAD_HEIGHT = 34.0


def svg(graph: Graph) -> str:
    """Return the picture with title and legend as an SVG document."""
    layout = layout_of(graph)
    meshes = graph.meshes
    legend = list(_legend(graph, layout.height + HEAD_HEIGHT))
    width = max(layout.width, _legend_width(graph), 48 + text_width(graph.title, 17))
    height = layout.height + HEAD_HEIGHT + LEGEND_HEIGHT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{pixels(width)}" height="{pixels(height)}" '
        f'viewBox="0 0 {pixels(width)} {pixels(height)}" role="img" aria-label="{escaped(graph.title)}">',
        f"<style>{style()}</style>",
        f'<rect class="page" width="{pixels(width)}" height="{pixels(height)}"/>',
        f'<text class="title" x="24" y="33">{escaped(graph.title)}</text>',
        f'<g transform="translate(0 {pixels(HEAD_HEIGHT)})">',
        *body(layout, meshes),
        "</g>",
        *legend,
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def body(layout: Layout, meshes: tuple[str, ...]) -> Iterator[str]:
    """The drawing itself: bands, headings, lines, boxes."""
    yield _markers()
    for band in layout.bands:
        yield from _band(band)
    for x, text in layout.headings:
        yield f'<text class="heading" x="{pixels(x)}" y="36">{escaped(text)}</text>'
    for line in sorted(layout.lines, key=lambda line: DRAWN.index(line.edge.status)):
        yield _line(line)
    for box in layout.boxes:
        yield from _box(box, layout.graph, meshes)


def style() -> str:
    """The style sheet of a picture, for both colour schemes."""
    fixed = (
        f"svg{{font-family:{FONT}}}"
        ".title{font-size:17px;font-weight:600}.heading{font-size:12px;font-weight:600;letter-spacing:.06em;"
        "text-transform:uppercase}.name{font-size:13px;font-weight:600}.sub{font-size:11px}.ns,.legend{font-size:12px}"
        ".edge{fill:none}.box{stroke-width:1.2}.absent .box{stroke-dasharray:4 3}"
        + "".join(f".e-{s}{{stroke-width:{WIDTHS[s]}}}" for s in WIDTHS)
        + "".join(f".e-{s}{{stroke-dasharray:{dash}}}" for s, dash in DASHES.items())
    )
    return f"{fixed}{_colors(LIGHT)}@media (prefers-color-scheme:dark){{{_colors(DARK)}}}"


def _colors(table: dict[str, str]) -> str:
    rules = [
        f".page{{fill:{table['page']}}}",
        f".band{{fill:{table['band']};stroke:{table['border']}}}",
        f".box{{fill:{table['box']};stroke:{table['border']}}}",
        f".gateway .box{{stroke:{table['muted']};stroke-width:1.8}}",
        f".title,.name{{fill:{table['text']}}}",
        f".heading,.sub,.ns,.legend{{fill:{table['muted']}}}",
        f".nomesh{{fill:{table['border']}}}",
    ]
    for status in (*STATUSES, ENTRY):
        rules.append(f".e-{status}{{stroke:{table[status]}}}.m-{status}{{fill:{table[status]}}}")
    return "".join(rules)


def mesh_color(mesh: str, meshes: tuple[str, ...]) -> str:
    """The colour of a mesh, by its place among all."""
    return MESH_COLORS[meshes.index(mesh) % len(MESH_COLORS)]


def _markers() -> str:
    arrows = "".join(
        f'<marker id="arrow-{status}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="9" markerHeight="9" '
        f'markerUnits="userSpaceOnUse" orient="auto"><path class="m-{status}" d="M0 1 L10 5 L0 9 z"/></marker>'
        for status in (*STATUSES, ENTRY)
    )
    return f"<defs>{arrows}</defs>"


def _band(band: Band) -> Iterator[str]:
    yield f'<rect class="band" {_rectangle(band.x, band.y, band.width, band.height)} rx="10"/>'
    label = shortened(f"namespace {band.namespace}" if band.namespace else "not in this package", band.width - 24, 12)
    yield f'<text class="ns" x="{pixels(band.x + 14)}" y="{pixels(band.y + 19)}">{escaped(label)}</text>'


def _rectangle(x: float, y: float, width: float, height: float) -> str:
    return f'x="{pixels(x)}" y="{pixels(y)}" width="{pixels(width)}" height="{pixels(height)}"'


def _line(line: Line) -> str:
    bend = max(36.0, (line.x2 - line.x1) / 2)
    x1, y1, _, y2, out, back, end = (
        pixels(each) for each in (line.x1, line.y1, line.x2, line.y2, line.x1 + bend, line.x2 - bend, line.x2 - 2)
    )
    path = f"M{x1} {y1} C{out} {y1} {back} {y2} {end} {y2}"
    edge = line.edge
    ways = " ".join(str(number) for number in edge.ways)
    return (
        f'<path class="edge e-{edge.status}" d="{path}" marker-end="url(#arrow-{edge.status})" '
        f'data-w="{ways}"><title>{escaped(STATUS_WORDS[edge.status])}</title></path>'
    )


def _box(box: Box, graph: Graph, meshes: tuple[str, ...]) -> Iterator[str]:
    node = box.node
    ways = " ".join(str(number) for number in graph.ways_of(node))
    classes = f"node {node.kind}{' absent' if node.absent else ''}"
    yield f'<g class="{classes}" data-w="{ways}" transform="translate({pixels(box.x)} {pixels(box.y)})">'
    yield f"<title>{escaped(_hover(node))}</title>"
    yield f'<rect class="box" width="{pixels(box.width)}" height="{pixels(box.height)}" rx="7"/>'
    if node.mesh:
        color = mesh_color(node.mesh, meshes)
        yield f'<rect x="0" y="9" width="4" height="{pixels(box.height - 18)}" rx="2" fill="{color}"/>'
    elif node.kind in (GATEWAY, OTHERS, REMOTE, WORKLOAD):
        yield f'<rect class="nomesh" x="0" y="9" width="4" height="{pixels(box.height - 18)}" rx="2"/>'
    room = box.width - 24
    yield f'<text class="name" x="13" y="20">{escaped(shortened(node.title, room, 13, True))}</text>'
    yield f'<text class="sub" x="13" y="36">{escaped(shortened(node.subtitle, room, 11))}</text>'
    yield "</g>"


def _hover(node: Node) -> str:
    where = f"{node.namespace}/{node.title}" if node.namespace else node.title
    return "\n".join(text for text in (where, node.subtitle, node.detail) if text)


def shortened(text: str, room: float, size: float, bold: bool = False) -> str:
    """The text as far as it fits, with dots for the rest."""
    if text_width(text, size, bold) <= room:
        return text
    while text and text_width(text + "…", size, bold) > room:
        text = text[:-1]
    return text.rstrip() + "…"


def _legend_entries(graph: Graph) -> list[tuple[str, str]]:
    counts = graph.counts
    found = [(status, f"{STATUS_WORDS[status]} ({counts[status]})") for status in STATUSES if counts[status]]
    return found + [(f"mesh {mesh}", f"mesh {mesh}") for mesh in graph.meshes]


def _legend_width(graph: Graph) -> float:
    return 48.0 + sum(70 + text_width(text, 12) for _, text in _legend_entries(graph))


def _legend(graph: Graph, top: float) -> Iterator[str]:
    x, y = 24.0, top + 18
    for key, text in _legend_entries(graph):
        if key in STATUSES:
            yield f'<path class="edge e-{key}" d="M{pixels(x)} {pixels(y)} h36" marker-end="url(#arrow-{key})"/>'
        else:
            color = mesh_color(key.removeprefix("mesh "), graph.meshes)
            yield f'<rect x="{pixels(x + 28)}" y="{pixels(y - 8)}" width="4" height="16" rx="2" fill="{color}"/>'
        yield f'<text class="legend" x="{pixels(x + 44)}" y="{pixels(y + 4)}">{escaped(text)}</text>'
        x += 70 + text_width(text, 12)
