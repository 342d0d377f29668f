"""mermaid, dot, svg and html: right grammar, nothing of a manifest as markup, nothing loaded from elsewhere."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from krm_fn.picture.dot import dot, quoted
from krm_fn.picture.graph import (
    BYPASS,
    CLIENTS,
    ENTRY,
    GATEWAY,
    MESH,
    OUTSIDE,
    ROUTE,
    SERVICE,
    UNKNOWN,
    WORKLOAD,
    Edge,
    Graph,
    Node,
    Way,
)
from krm_fn.picture.html import html
from krm_fn.picture.mermaid import label, mermaid, too_large
from krm_fn.picture.svg import shortened, svg

HOSTILE = [
    "<script>alert(1)</script>",
    "</title></svg></style><img src=x onerror=alert(1)>",
    '" onload="alert(1)',
    "' onclick='x",
    "&lt;b&gt; &amp;",
    "]]>",
    '"]; click n0 "javascript:alert(1)"',
    "%%{init: {'securityLevel':'loose'}}%%",
    "`**markdown**`",
    "end\nsubgraph x",
    "#60;b#62;",
    "a\\",
    '\\"',
    "\\N\\G\\n",
    "\x00\x07\x1b[31m\x7f",
    "\u202egnp.exe",
    "\ud800",
    "javascript:alert(1)",
    "",
]


def picture(text: str = "web") -> Graph:
    """One box of each kind, one line of each status; all texts the same."""
    kinds = (CLIENTS, GATEWAY, ROUTE, SERVICE, WORKLOAD)
    nodes = tuple(Node(f"n{i}", kind, text, text, text, text, False, text) for i, kind in enumerate(kinds))
    statuses = (ENTRY, MESH, BYPASS, UNKNOWN)
    edges = tuple(Edge(f"n{i}", f"n{i + 1}", status, (0, 1)) for i, status in enumerate(statuses))
    edges += (Edge("n3", "n4", OUTSIDE, (1,)),)
    ways = (Way(0, text, text, text, MESH, text, text), Way(1, text, text, text, BYPASS, text, text))
    return Graph(text, nodes, edges, ways, (text,))


texts = st.text(max_size=30) | st.sampled_from(HOSTILE)

# --- mermaid ----------------------------------------------------------------------------------------------------------
LABEL = r'"(?:[A-Za-z0-9 \-_./:,()]|#\d+;|<br>)*"'
SHAPES = "|".join(
    rf"{re.escape(a)}{LABEL}{re.escape(b)}"
    for a, b in (("([", "])"), ("{{", "}}"), (">", "]"), ("(", ")"), ("[/", "/]"), ("[", "]"))
)
STATEMENTS = [
    r"%% [A-Za-z0-9 \-_./:,()]*",
    "flowchart LR",
    rf" +subgraph \w+\[{LABEL}\]",
    " +direction LR",
    " +end",
    rf" +n\d+(?:{SHAPES})",
    r" +n\d+ (?:==>|-\.->|-->) n\d+",
    rf" +l\w+\[{LABEL}\] (?:==>|-\.->|-->) r\w+\(\( \)\)",
    r" +linkStyle \d+(?:,\d+)* stroke:#[0-9a-f]{6}(?:,stroke-width:2px)?",
    r" +classDef \w+ [a-z\-]+:[#0-9a-f ]+(?:,stroke-width:2px)?",
    r" +class n\d+(?:,n\d+)* \w+",
]


@given(texts)
@settings(max_examples=150, deadline=None)
def test_each_line_of_mermaid_is_one_of_the_statements_that_we_write(text: str) -> None:
    lines = mermaid(picture(text)).split("\n")
    assert lines.pop() == ""
    for line in lines:
        assert any(re.fullmatch(statement, line) for statement in STATEMENTS), line
    assert sum(line.strip().startswith("subgraph") for line in lines) == sum(line.strip() == "end" for line in lines)


def test_mermaid_links_are_styled_by_their_number() -> None:
    lines = mermaid(picture()).splitlines()
    links = [line for line in lines if re.search(r" (==>|-\.->|-->) ", line)]
    styled = {
        int(number): line.partition("stroke:")[2]
        for line in lines
        if line.strip().startswith("linkStyle")
        for number in line.split()[1].split(",")
    }
    assert sorted(styled) == list(range(len(links)))
    for number, link in enumerate(links):
        if "==>" in link:
            assert styled[number].startswith("#2da44e")
        if " n1 -.-> n2" in f" {link}":
            assert styled[number].startswith("#cf222e")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("web", "web"),
        ('a"b', "a#34;b"),
        ("#1;", "#35;1#59;"),
        ("a<b>", "a#60;b#62;"),
        ("x" * 61, f"{'x' * 57}..."),
        ("ß", "#223;"),
    ],
)
def test_labels_of_mermaid(text: str, expected: str) -> None:
    assert label(text) == expected


def test_what_github_does_not_draw_is_said() -> None:
    small = picture()
    assert too_large(small, mermaid(small)) == ""
    many = small.replace(edges=small.edges * 101)
    assert "505 edges" in too_large(many, "")
    assert "characters" in too_large(small, "x" * 50_001)


# --- dot --------------------------------------------------------------------------------------------------------------
@given(texts)
@settings(max_examples=150, deadline=None)
def test_no_text_ends_a_string_of_dot(text: str) -> None:
    found = quoted(text, text)
    assert re.fullmatch(r'"(?:[^"\\]|\\["\\n])*"', found)
    assert "\n" not in found


@pytest.mark.skipif(shutil.which("dot") is None, reason="graphviz is not installed")
@pytest.mark.parametrize("text", [text for text in HOSTILE if text != "\ud800"])
def test_graphviz_reads_it(text: str) -> None:
    done = subprocess.run(["dot", "-Tplain"], input=dot(picture(text)).encode(), capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    lines = done.stdout.decode().splitlines()
    assert sum(line.startswith("edge n") for line in lines) == 5


# --- svg --------------------------------------------------------------------------------------------------------------
SVG = "{http://www.w3.org/2000/svg}"
ELEMENTS = {"svg", "style", "rect", "text", "g", "defs", "marker", "path", "title"}
ATTRIBUTES = {
    "width", "height", "viewBox", "role", "aria-label", "class", "x", "y", "transform", "id", "refX", "refY",
    "markerWidth", "markerHeight", "markerUnits", "orient", "d", "rx", "fill", "data-w", "marker-end",
}  # fmt: skip


@given(texts)
@settings(max_examples=150, deadline=None)
def test_svg_is_xml_of_our_own_elements_only(text: str) -> None:
    root = ET.fromstring(svg(picture(text)))
    for element in root.iter():
        assert element.tag.removeprefix(SVG) in ELEMENTS
        assert set(element.attrib) <= ATTRIBUTES
    assert len(root.findall(f".//{SVG}path[@class='edge e-bypass']")) == 2  # the line and the legend


def test_svg_loads_nothing_and_has_both_colour_schemes() -> None:
    text = svg(picture())
    assert re.findall(r"url\((?!#)", text) == []
    assert "href" not in text
    assert "prefers-color-scheme:dark" in text
    assert re.findall(r"https?://[^\"]+", text) == ["http://www.w3.org/2000/svg"]


def test_a_long_name_is_cut_and_whole_where_the_pointer_rests() -> None:
    name = "a-very-long-name-" * 8
    text = svg(picture(name))
    assert "…</text>" in text
    assert f"{name}\n" in text
    assert shortened("short", 200, 13) == "short"


# --- html -------------------------------------------------------------------------------------------------------------
class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs


def parsed(text: str) -> Tags:
    found = Tags()
    found.feed(text)
    return found


@given(texts)
@settings(max_examples=100, deadline=None)
def test_no_text_becomes_a_tag_or_an_attribute_of_the_page(text: str) -> None:
    plain, found = parsed(html(picture())), parsed(html(picture(text)))
    without = [tag for tag in plain.tags if tag != "rect"]
    assert [tag for tag in found.tags if tag != "rect"] == without or not text  # no text: no namespace, no band
    assert not [name for name, _ in found.attributes if name.startswith("on") or name in ("href", "src")]


def test_the_page_loads_nothing() -> None:
    page = html(picture())
    assert {value for _, value in parsed(page).attributes if value and "//" in value} == {"http://www.w3.org/2000/svg"}
    assert "@import" not in page
    assert re.findall(r"url\((?!#)", page) == []
    assert "default-src 'none'" in page


def test_the_policy_allows_the_pages_own_script_and_no_other() -> None:
    page = html(picture("</script><script>alert(1)</script>"))
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    assert len(scripts) == 1
    digest = base64.b64encode(hashlib.sha256(scripts[0].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in page
    assert "unsafe-inline'; script" in page


def test_the_table_has_the_worst_first_and_a_reason_for_each_way() -> None:
    rows = re.findall(r'<tr data-w="(\d+)" data-status="(\w+)"', html(picture()))
    assert rows == [("1", BYPASS), ("0", MESH)]
