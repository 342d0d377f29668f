"""Texts of several files as one stream of documents that every reader takes apart in the same way.

YAML allows more than Kubernetes' readers do: kubectl splits at lines that start with ``---`` before it reads anything,
takes a stream that starts with ``{`` for JSON to its end, and reads one document only of each part.
"""

from __future__ import annotations

from krm_fn.krm.source import closed
from krm_fn.yamltext.spans import BREAKS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MARK, END = "---", "..."


def joined(texts: Iterable[str]) -> str:
    """One stream of several texts, whatever each starts and ends with; a single one stays as it is."""
    pieces: list[str] = []
    is_open = False  # whether there is a document that a directive would fall into
    for text in texts:
        first = _first_line(text)
        if pieces:
            if pieces[-1] and pieces[-1][-1] not in BREAKS:
                pieces[-1] = closed(pieces[-1]) + "\n"
            if first.startswith("%"):
                pieces += [f"{END}\n"] * is_open
            elif is_mark(first):
                text = _without_blank_start(text)
            else:
                pieces.append(f"{MARK}\n")
                is_open = True
        is_open = is_open or bool(first)
        pieces.append(text)
    if len(pieces) > 1 and _first_line(pieces[0]).startswith("{"):
        pieces.insert(0, f"{MARK}\n")
    return "".join(pieces)


def without_empty_documents(text: str) -> str:
    """The text without the document markers that nothing follows, as documents leave them that were taken out."""
    kept: list[str] = []
    waiting: list[str] = []  # a marker, and blank lines after it
    is_directed = False  # whether a directive stands before, which needs its marker
    for line in _lines(text):
        is_bare_mark = line.rstrip() == MARK and line.startswith(MARK)
        if waiting and not line.strip():
            waiting.append(line)
            continue
        if not is_mark(line):
            kept += waiting
        waiting = []
        if is_bare_mark and not is_directed:
            waiting = [line]
        else:
            kept.append(line)
        if _says_something(line):
            is_directed = line.startswith("%")
    return "".join(kept)


def is_mark(line: str) -> bool:
    """Whether a line starts a document: ``---``, alone or with a blank behind it."""
    return line.startswith(MARK) and line[3:4] in ("", " ", "\t", *BREAKS)


def _first_line(text: str) -> str:
    """The first line that is neither blank nor a comment; empty if there is none."""
    return next(filter(_says_something, _lines(text)), "")


def _says_something(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _without_blank_start(text: str) -> str:
    """The text without the blank lines at its start: a value that keeps its blank lines would take them for its own."""
    start = 0
    for line in _lines(text):
        if line.strip():
            break
        start += len(line)
    return text[start:]


def _lines(text: str) -> Iterator[str]:
    """The lines of a text with their ends: those of ``\\n`` only, at which Kubernetes' readers split too."""
    start = 0
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        yield text[start:end]
        start = end
