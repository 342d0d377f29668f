"""The documentation as a site: it builds without a warning, and needs nothing from elsewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from html import unescape
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.docs.blocks import ROOT

LOADED = re.compile(
    r"<(?:script|img|iframe|source|embed|audio|video)\b[^>]*?\ssrc=[\"']?([^\"'\s>]+)"
    r"|<link\b(?=[^>]*\srel=[\"']?(?:stylesheet|preload|preconnect|dns-prefetch|icon|modulepreload))[^>]*?\shref=[\"']?([^\"'\s>]+)"
)
STYLE = re.compile(r"@import\s+[\"'(url]*([^\"')\s;]+)|url\(\s*[\"']?(https?:[^\"')]+|//[^\"')]+)")
HREF = re.compile(r"<a\b[^>]*?\shref=(?:\"([^\"]*)\"|([^\s>\"]+))")
ID = re.compile(r"\s(?:id|name)=(?:\"([^\"]*)\"|([^\s>\"]+))")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("site")
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(target)],
        cwd=ROOT,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    said = [line for line in built.stderr.splitlines() if line and not line.startswith("INFO")]
    assert (built.returncode, said) == (0, [])
    assert [line for line in built.stderr.splitlines() if "INFO    -  Doc file" in line] == []
    return target


def pages(site: Path) -> dict[Path, str]:
    return {path: path.read_text(encoding="utf-8") for path in site.rglob("*.html")}


def test_each_page_of_docs_is_in_the_site(site: Path) -> None:
    for page in (ROOT / "docs").rglob("*.md"):
        path = site / page.relative_to(ROOT / "docs").with_suffix("")
        here = path.parent if path.name in ("index", "README") else path
        assert (here / "index.html").is_file(), page


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    texts = pages(site)
    loaded = {name for text in texts.values() for pair in LOADED.findall(text) for name in pair if name}
    assert {".css", ".js"} <= {Path(name).suffix for name in loaded}
    assert [name for name in loaded if re.match(r"(?:https?:)?//", name)] == []
    styles = [*(path.read_text(encoding="utf-8") for path in site.rglob("*.css")), *texts.values()]
    assert [name for text in styles for pair in STYLE.findall(text) for name in pair if "//" in name] == []
    # Material's script loads Mermaid from a host of its own, but only for elements of this class.
    assert [path for path, text in texts.items() if re.search(r"class=\"?[^\">]*\bmermaid\b", text)] == []


def test_each_link_leads_to_a_page_and_a_place_in_it(site: Path) -> None:
    texts = pages(site)
    ids = {path: {first or second for first, second in ID.findall(text)} for path, text in texts.items()}
    broken = []
    for path, text in texts.items():
        if path.name == "404.html":
            continue  # its links are from the top of the host, which only the one who puts it there knows
        for pair in HREF.findall(text):
            link, _, anchor = unescape(pair[0] or pair[1]).partition("#")
            if re.match(r"[a-z]+:", link):
                continue
            to = Path(os.path.normpath(path.parent / unquote(link))) if link else path
            to = to / "index.html" if to.is_dir() else to
            if to not in texts or (anchor and unquote(anchor) not in ids[to]):
                broken.append(f"{path.relative_to(site)}: {pair[0] or pair[1]}")
    assert sorted(set(broken)) == []


def test_files_of_the_repository_have_pages(site: Path) -> None:
    for page, words in (
        ("source/krm_fn/function.py", ["transform", "highlight"]),
        ("source/fixtures/products/kong-kic/service-annotation", ["input.yaml", "output.yaml"]),
        ("source", ["Before and after", "Install"]),  # of README.md
    ):
        text = (site / page / "index.html").read_text(encoding="utf-8")
        assert [word for word in words if word not in text] == []


def test_lists_and_tables_are_lists_and_tables(site: Path) -> None:
    """GitHub lets a list or a table follow a paragraph at once, the program that makes the site does not."""
    broken = [
        f"{path.relative_to(site)}: {line}"
        for path, text in pages(site).items()
        for line in re.findall(r"(?m)^(?:- |\* |\d+\. |\|).*$", re.sub(r"(?s)<pre.*?</pre>", "", text))
    ]
    assert broken == []


def test_files_are_not_found_by_the_search(site: Path) -> None:
    index = (site / "search/search_index.json").read_text(encoding="utf-8")
    assert '"location":"tutorial/' in index
    assert '"location":"source/fixtures/products/' not in index
