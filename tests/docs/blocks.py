"""The fenced blocks of the documentation, and what a comment above one says about running it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    path.relative_to(ROOT)
    for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("fixtures/*/README.md"))
)
SHELL = ("sh", "bash", "console")
OUTPUT = ("text", "mermaid")

FENCED = re.compile(r"(?ms)^( *)```(\w*)\n(.*?)^ *```$")
REMARK = re.compile(r"<!-- (not run|run in|exit code): (.+?) -->\s*$")


class Block(NamedTuple):
    """A fenced code block; `output` is the text of the block of output that follows at once."""

    page: Path
    line: int
    language: str
    text: str
    remarks: dict[str, str]
    output: str = ""

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def commands(self) -> list[tuple[str, str]]:
        """What is typed, and what is shown of the answer ("" for nothing)."""
        if self.language != "console":
            return [(self.text, self.output)]
        parts = re.split(r"(?m)^\$ ", self.text)[1:]
        typed = [re.match(r"(?:.*\\\n)*.*\n", part) for part in parts]
        return [(found[0], part[found.end() :]) for found, part in zip(typed, parts, strict=True) if found]


def read(page: Path) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def blocks_of(page: Path) -> Iterator[Block]:
    text = read(page)
    found = list(FENCED.finditer(text))
    for at, fence in enumerate(found):
        after = found[at + 1] if at + 1 < len(found) else None
        follows = after and after[2] in OUTPUT and not text[fence.end() : after.start()].strip()
        yield Block(
            page,
            text.count("\n", 0, fence.start()) + 1,
            fence[2],
            _inner(fence),
            _remarks(text[: fence.start()]),
            _inner(after) if follows and after else "",
        )


def _inner(fence: re.Match[str]) -> str:
    return re.sub(rf"(?m)^{fence[1]}", "", fence[3])


def _remarks(before: str) -> dict[str, str]:
    """The comments directly above a fence."""
    remarks = {}
    while found := REMARK.search(before.rsplit("\n", 2)[-2] + "\n" if before.count("\n") > 1 else ""):
        remarks[found[1]] = found[2]
        before = before[: before.rstrip("\n").rfind("\n") + 1]
    return remarks


def prose_of(page: Path) -> str:
    """A page without its code blocks."""
    return re.sub(r"(?ms)^ *```.*?^ *```$", "", read(page))


def all_blocks(*languages: str) -> list[Block]:
    return [block for page in PAGES for block in blocks_of(page) if block.language in languages]
