"""What mkdocs does for the site besides (mkdocs.yml names this file).

- Pages link to files of the repository that are not documentation. On GitHub such links lead to the files. For the site
  each such file, or directory, becomes a page below source/, and the links lead there.
- Headings get the anchors that GitHub gives them.
- A pattern in nav stands for the pages that it matches and that are not named elsewhere.
"""

from __future__ import annotations

import fnmatch
import logging
import posixpath
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.pages import Page
from pymdownx.slugs import slugify

ROOT = Path(__file__).resolve().parent.parent
DOCS, SOURCE = "docs", "source"
LOG = logging.getLogger("mkdocs.hooks.krm_fn")

FENCE = re.compile(r"(?ms)^( *)(```|~~~).*?^\1\2 *$")
LINK = re.compile(r"(\]\()([^)#\s:]+)(#[^)\s]*)?(?=\))")
LANGUAGES = {".py": "python", ".yaml": "yaml", ".yml": "yaml", ".json": "json", ".toml": "toml", ".sh": "sh"}
WHOLE = 60_000
"""Up to this size a directory is shown with the text of its files, else as a list of them."""


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Make anchors as GitHub does, and put pages in the place of patterns in nav."""
    config.mdx_configs.setdefault("toc", {})["slugify"] = slugify(case="lower")
    pages = sorted(path.relative_to(config.docs_dir).as_posix() for path in Path(config.docs_dir).rglob("*.md"))
    named = set(_names(config.nav))
    config.nav = _without_patterns(config.nav, [page for page in pages if page not in named])
    return config


def _names(nav: Any) -> Iterator[str]:
    for entry in nav if isinstance(nav, list) else nav.values() if isinstance(nav, dict) else ():
        yield from [entry] if isinstance(entry, str) else _names(entry)


def _without_patterns(nav: Any, pages: list[str]) -> Any:
    if isinstance(nav, str):
        return fnmatch.filter(pages, nav) if "*" in nav else nav
    if isinstance(nav, dict):
        return {title: _without_patterns(entry, pages) for title, entry in nav.items()}
    flat: list[Any] = []
    for entry in nav:
        found = _without_patterns(entry, pages)
        flat += found if isinstance(found, list) else [found]
    return flat


# --- Links out of docs/ -----------------------------------------------------------------------------------------------
def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add a page for each file of the repository that a page links to, and for those that these link to."""
    waiting = [(_in_repository(file.src_uri), file.content_string) for file in files.documentation_pages()]
    waiting += [("", f"[]({name})") for name in _names(config.nav) if name.startswith(f"{SOURCE}/")]
    while waiting:
        path, text = waiting.pop()
        for target in _targets(path, text):
            uri = _in_site(target)
            if files.get_file_from_path(uri) is not None:
                continue
            if not (ROOT / target).exists() or not uri.startswith(f"{SOURCE}/"):
                LOG.warning("%s links to %s, which is not there", path, target)
                continue
            content = _page_of(target)
            files.append(File.generated(config, uri, content=content, inclusion=InclusionLevel.NOT_IN_NAV))
            waiting.append((_in_repository(uri), content if _is_text(uri) else ""))
    return files


def on_page_markdown(markdown: str, *, page: Page, **_: Any) -> str:
    """Lead links to files of the repository to their pages."""
    uri = page.file.src_uri
    path = _in_repository(uri)
    if _is_text(uri):

        def repointed(found: re.Match[str]) -> str:
            target = _in_site(_target(path, found[2]))
            return found[1] + posixpath.relpath(target, posixpath.dirname(uri) or ".") + (found[3] or "")

        return _outside_fences(markdown, lambda text: LINK.sub(repointed, text))
    return markdown


def _targets(path: str, text: str) -> list[str]:
    """Return what a page links to, as paths from the top of the repository."""
    return [_target(path, found[2]) for found in LINK.finditer(FENCE.sub("", text))]


def _target(path: str, link: str) -> str:
    if link.startswith(f"{SOURCE}/"):
        return link.removeprefix(f"{SOURCE}/")  # only nav names pages of the site by themselves
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), link))


def _in_repository(uri: str) -> str:
    """Return where the text of a page of the site stands in the repository."""
    return uri.removeprefix(f"{SOURCE}/") if uri.startswith(f"{SOURCE}/") else f"{DOCS}/{uri}"


def _is_text(uri: str) -> bool:
    """Whether a page is one in the repository too, not one that shows a file or directory."""
    return not uri.startswith(f"{SOURCE}/") or (ROOT / _in_repository(uri)).is_file()


def _in_site(target: str) -> str:
    """Return the page that shows a file or directory of the repository."""
    if target.endswith(".md"):
        return target.removeprefix(f"{DOCS}/") if target.startswith(f"{DOCS}/") else f"{SOURCE}/{target}"
    return f"{SOURCE}/{target}/README.md" if (ROOT / target).is_dir() else f"{SOURCE}/{target}.md"


def _outside_fences(text: str, change: Callable[[str], str]) -> str:
    parts, end = [], 0
    for fence in FENCE.finditer(text):
        parts += [change(text[end : fence.start()]), fence[0]]
        end = fence.end()
    return "".join([*parts, change(text[end:])])


# --- Pages of files ---------------------------------------------------------------------------------------------------
def _page_of(target: str) -> str:
    path = ROOT / target
    if path.is_dir() and (path / "README.md").is_file():
        path = path / "README.md"
    if path.suffix == ".md":
        return path.read_text(encoding="utf-8")
    head = f"---\ntitle: {target}\nsearch:\n  exclude: true\n---\n\n# {target}\n\n"
    if path.is_file():
        return head + _fenced(path)
    files = sorted(file for file in path.rglob("*") if file.is_file() and "__pycache__" not in file.parts)
    if sum(file.stat().st_size for file in files) > WHOLE:
        return head + "".join(f"- `{file.relative_to(path)}`\n" for file in files)
    return head + "\n".join(f"## {file.relative_to(path)}\n\n{_fenced(file)}" for file in files)


def _fenced(file: Path) -> str:
    text = file.read_text(encoding="utf-8")
    longest = max((len(ticks) for ticks in re.findall(r"`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{LANGUAGES.get(file.suffix, 'text')}\n{text.rstrip()}\n{fence}\n"
