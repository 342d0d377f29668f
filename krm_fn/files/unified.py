"""Unified diffs of files, as ``git apply`` and ``patch`` read them.

https://www.gnu.org/software/diffutils/manual/html_node/Detailed-Unified.html

Without git's own ``diff --git`` lines, so that paths are taken from the directory in which the diff is applied. Lines
end at line feeds only, for git too; a carriage return is part of its line. Documents are paired before their lines are:
the standard library compares a package of ten thousand resources for minutes, a document in a moment.
"""

from __future__ import annotations

from difflib import SequenceMatcher

from krm_fn.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

CONTEXT = 3  # lines around a change
NO_NEWLINE = b"\n\\ No newline at end of file\n"
NOTHING = b"/dev/null"
SEPARATOR = b"---"
MANY_LINES = 2_000  # from here on a document is compared by looking for where its two versions meet again
TOO_MANY_LINES = 20_000  # a difference of this size is shown as what it is: all old lines, all new lines
MEETING = 4  # so many equal lines are such a place


class Span(Record):
    """Lines [start, end) of the old text that become lines [new_start, new_end) of the new one."""

    start: int
    end: int
    new_start: int
    new_end: int


def unified(name: str, before: bytes | None, after: bytes | None) -> list[bytes]:
    """The lines of a diff of one file, each with its end; none where nothing differs. None stands for no file."""
    old, new = _lines(before or b""), _lines(after or b"")
    changes = list(_changes(old, new))
    if not changes:
        return []
    lines = [_header(b"--- ", b"a/", name, before), _header(b"+++ ", b"b/", name, after)]
    for hunk in _hunks(changes):
        lines += _hunk(hunk, old, new)
    return lines


def _header(mark: bytes, side: bytes, name: str, text: bytes | None) -> bytes:
    return mark + (NOTHING if text is None else _quoted(side + name.encode("utf-8", "surrogateescape"))) + b"\n"


def _quoted(path: bytes) -> bytes:
    """A path as git writes it: in quotes, as in C, where it holds what would not survive in a line of text."""
    if all(byte >= 0x20 and byte != 0x7F and byte not in b'"\\' for byte in path):
        return path + (b"\t" if b" " in path else b"")  # the tab says where the name ends
    escapes = {ord('"'): '\\"', ord("\\"): "\\\\", ord("\n"): "\\n", ord("\t"): "\\t", ord("\r"): "\\r"}
    quoted = "".join(escapes.get(b) or (chr(b) if 0x20 <= b < 0x7F else f"\\{b:03o}") for b in path)
    return f'"{quoted}"'.encode()


def _lines(text: bytes) -> list[bytes]:
    lines = text.split(b"\n")
    return [line + b"\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def _hunks(changes: Sequence[Span]) -> Iterator[list[Span]]:
    """Changes whose context would overlap belong together."""
    hunk = [changes[0]]
    for change in changes[1:]:
        if change.start - hunk[-1].end > 2 * CONTEXT:
            yield hunk
            hunk = []
        hunk.append(change)
    yield hunk


def _hunk(hunk: Sequence[Span], old: Sequence[bytes], new: Sequence[bytes]) -> list[bytes]:
    first, last = hunk[0], hunk[-1]
    lead = min(CONTEXT, first.start)
    start, end = first.start - lead, min(last.end + CONTEXT, len(old))
    new_start, new_end = first.new_start - lead, last.new_end + end - last.end
    lines = [f"@@ -{_range(start, end)} +{_range(new_start, new_end)} @@\n".encode()]
    position = start
    for change in hunk:
        lines += (b" " + line for line in old[position : change.start])
        lines += (b"-" + line for line in old[change.start : change.end])
        lines += (b"+" + line for line in new[change.new_start : change.new_end])
        position = change.end
    lines += (b" " + line for line in old[position:end])
    return [line if line.endswith(b"\n") else line + NO_NEWLINE for line in lines]


def _range(start: int, end: int) -> str:
    """Where lines start, and how many they are; no lines at all start at the line before them."""
    number = end - start
    first = start + 1 if number else start
    return str(first) if number == 1 else f"{first},{number}"


# --- what changes into what -------------------------------------------------------------------------------------------


def _changes(old: list[bytes], new: list[bytes]) -> Iterator[Span]:
    """The differences of two texts, in order, with equal lines between each two."""
    joined: Span | None = None
    for found in _raw_changes(old, new):
        if joined is not None and (found.start, found.new_start) == (joined.end, joined.new_end):
            joined = Span(joined.start, found.end, joined.new_start, found.new_end)
            continue
        if joined is not None:
            yield joined
        joined = found
    if joined is not None:
        yield joined


def _raw_changes(old: list[bytes], new: list[bytes]) -> Iterator[Span]:
    for part in _document_changes(_documents(old), _documents(new)):
        inside = _line_changes(old[part.start : part.end], new[part.new_start : part.new_end])
        for change in inside:
            yield Span(
                part.start + change.start,
                part.start + change.end,
                part.new_start + change.new_start,
                part.new_start + change.new_end,
            )


def _document_changes(old: list[_Document], new: list[_Document]) -> Iterator[Span]:
    """The documents that differ; as many as before are each what it was, changed."""
    if len(old) == len(new):
        blocks = [[0, len(old), 0, len(new)]]
    else:
        matcher = SequenceMatcher(None, [d.text for d in old], [d.text for d in new], autojunk=False)
        blocks = [block for tag, *block in matcher.get_opcodes() if tag != "equal"]
    old_ends = [0, *(document.end for document in old)]
    new_ends = [0, *(document.end for document in new)]
    for start, end, new_start, new_end in blocks:
        if end - start != new_end - new_start:
            yield Span(old_ends[start], old_ends[end], new_ends[new_start], new_ends[new_end])
            continue
        for i, j in zip(range(start, end), range(new_start, new_end), strict=True):
            if old[i].text != new[j].text:
                yield Span(old[i].start, old[i].end, new[j].start, new[j].end)


class _Document(Record):
    """The lines [start, end) of a document, the one that separates it from the last included."""

    text: bytes
    start: int
    end: int


def _documents(lines: list[bytes]) -> list[_Document]:
    starts = [0, *(i for i, line in enumerate(lines) if i and line.startswith(SEPARATOR))] if lines else []
    ends = [*starts[1:], len(lines)]
    return [_Document(b"".join(lines[s:e]), s, e) for s, e in zip(starts, ends, strict=False)]


def _line_changes(old: Sequence[bytes], new: Sequence[bytes]) -> Iterator[Span]:
    """The differences of two documents: the shortest ones, or for a long one those that are found quickly."""
    for part in [Span(0, len(old), 0, len(new))] if len(old) + len(new) < MANY_LINES else _meetings(old, new):
        if max(part.end - part.start, part.new_end - part.new_start) > TOO_MANY_LINES:
            yield part
            continue
        inside = SequenceMatcher(None, old[part.start : part.end], new[part.new_start : part.new_end], autojunk=False)
        for tag, i, end, j, new_end in inside.get_opcodes():
            if tag != "equal":
                yield Span(part.start + i, part.start + end, part.new_start + j, part.new_start + new_end)


def _meetings(old: Sequence[bytes], new: Sequence[bytes]) -> Iterator[Span]:
    """Walk both texts; from where they part, look for the nearest place where they meet again."""
    i = j = 0
    while i < len(old) or j < len(new):
        if i < len(old) and j < len(new) and old[i] == new[j]:
            i, j = i + 1, j + 1
            continue
        part = _next_meeting(old, new, i, j)
        yield part
        i, j = part.end, part.new_end


def _next_meeting(old: Sequence[bytes], new: Sequence[bytes], i: int, j: int) -> Span:
    """From (i, j), where the texts part, to where they meet; the farther ahead is looked, the more has to be equal."""
    ahead: dict[tuple[bytes, ...], int] = {}
    new_ahead: dict[tuple[bytes, ...], int] = {}
    for step in range(max(len(old) - i, len(new) - j)):
        if i + step < len(old):
            ahead.setdefault(tuple(old[i + step : i + step + MEETING]), i + step)
        if j + step < len(new):
            new_ahead.setdefault(tuple(new[j + step : j + step + MEETING]), j + step)
        here, there = tuple(old[i + step : i + step + MEETING]), tuple(new[j + step : j + step + MEETING])
        if here and here in new_ahead:
            return Span(i, i + step, j, new_ahead[here])
        if there and there in ahead:
            return Span(i, ahead[there], j, j + step)
    return Span(i, len(old), j, len(new))
