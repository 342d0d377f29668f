"""Findings that somebody accepted: ``fn.kuma.io/ignore`` on an object or its pod template, or ``--ignore``.

    fn.kuma.io/ignore: |
      host-network: the agent has to see the node's own traffic
      deprecated-annotation,deprecated-boolean: the chart writes them

Only ``krm-fn check`` asks for them: what the function writes and says is the same with and without.
"""

from __future__ import annotations

from fnmatch import fnmatchcase

from krm_fn.krm.outcome import field_path, warning
from krm_fn.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from krm_fn.krm.outcome import Path, Result
    from krm_fn.krm.resource import Item
    from krm_fn.krm.resources import Resources

IGNORE = "fn.kuma.io/ignore"
UNUSED = "unused-suppression"
WITHOUT_REASON = "suppression-without-reason"
LONGEST_SHOWN = 80  # characters of what an annotation has in the place of a code
MOST_GUESSES = 20  # at what was meant: each takes milliseconds, and an annotation may hold many codes
OWN_CODES = frozenset({UNUSED, WITHOUT_REASON})


class Suppression(Record):
    """Codes that are accepted, and why.

    In an annotation of `item` (at `field`) they are accepted for that item. On the command line `item` is None, `words`
    is the option, and `pattern` a glob over ``Kind/name`` and ``Kind/name.namespace`` (empty: everything).
    """

    codes: tuple[str, ...]
    reason: str
    item: Item | None = None
    field: str = ""
    pattern: str = ""
    words: str = ""

    @property
    def is_in_source(self) -> bool:
        """Whether a manifest says it, not the command line."""
        return self.item is not None

    def covers(self, result: Result) -> bool:
        """Whether it accepts the finding."""
        if result.code not in self.codes:
            return False
        if self.item is not None:
            return result.item is not None and result.item.entry >= 0 and result.item.place == self.item.place
        return not self.pattern or _is_named(result.item, self.pattern)


def _is_named(item: Item | None, pattern: str) -> bool:
    if item is None:
        return False
    name = f"{item.kind}/{item.name}"
    return fnmatchcase(name, pattern) or fnmatchcase(f"{name}.{item.namespace}", pattern)


class Suppressions:
    """All suppressions of a run; it remembers which of them were of use."""

    def __init__(self, suppressions: Iterable[Suppression]) -> None:
        self.all = tuple(suppressions)
        self._of_place: dict[tuple[int, Path], list[Suppression]] = {}
        self._of_options = [each for each in self.all if each.item is None]
        for each in self.all:
            if each.item is not None:
                self._of_place.setdefault(each.item.place, []).append(each)
        self._used: set[tuple[int, str]] = set()

    def of(self, result: Result) -> Suppression | None:
        """The suppression that accepts a finding, None if none does; those of the manifests come first."""
        own = self._of_place.get(result.item.place, []) if result.item is not None else []
        found = [each for each in (*own, *self._of_options) if each.covers(result)]
        self._used.update((id(each), result.code) for each in found)
        return found[0] if found else None

    @property
    def are_all_used(self) -> bool:
        """Whether each code of each suppression accepted something."""
        return all((id(each), code) in self._used for each in self.all for code in each.codes)

    def problems(self, known: Collection[str]) -> Iterator[Result]:
        """What is wrong with the suppressions themselves, once all findings were asked for; `known` are all codes."""
        guesses = MOST_GUESSES
        for each in self.all:
            if not each.reason and each.is_in_source:
                yield warning(
                    WITHOUT_REASON,
                    f"the suppression of {_short(', '.join(each.codes))} gives no reason, so nobody can tell when it "
                    "may go: write the reason behind it and a colon",
                    each.item,
                    each.field,
                )
            for code in each.codes:
                if (id(each), code) not in self._used and (each.is_in_source or code not in OWN_CODES):
                    question = nearest(code, known) if code not in known and guesses > 0 else ""
                    guesses -= code not in known
                    yield warning(UNUSED, _why_unused(each, code, known, question), each.item, each.field)


def _why_unused(suppression: Suppression, code: str, known: Collection[str], question: str) -> str:
    what = f"the suppression of {_short(code)!r}" if suppression.is_in_source else suppression.words
    if code in OWN_CODES:
        return f"{what} has no effect in an annotation: take it out, and mend the suppression that it is about"
    if code in known:
        return f"{what} matches no finding: take it out"
    return f"{what} matches no finding, as there is no such code{question}"


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}..."


def nearest(code: str, known: Collection[str]) -> str:
    """A question for the code that was likely meant; empty if none comes close."""
    from difflib import get_close_matches

    close = get_close_matches(code[:LONGEST_SHOWN], sorted(known), 1)
    return f"; did you mean {close[0]}?" if close else ""


def is_written_in(text: str) -> bool:
    """Whether a package may have suppressions: most have none, and need not be searched object by object."""
    return IGNORE in text or IGNORE.replace("/", "\\/") in text  # some writers of JSON escape slashes


def written_in(resources: Resources, known: Collection[str]) -> Iterator[Suppression]:
    """The suppressions in the annotations of objects and of their pod templates; `known` are all codes."""
    for item in resources.items:
        if IGNORE in item.annotations:
            yield from parsed(item.annotations[IGNORE], known, item, ("metadata", "annotations", IGNORE))
    for workload in resources.workloads:
        template = workload.template
        if template.path and IGNORE in template.annotations:
            path = (*template.path, "metadata", "annotations", IGNORE)
            yield from parsed(template.annotations[IGNORE], known, workload.item, path)


def parsed(text: str, known: Collection[str], item: Item, path: Path) -> Iterator[Suppression]:
    """Read the value of the annotation: ``code: reason`` or ``code,code: reason``, one a line or separated by ``;``.

    A part that names no code goes on with the reason before it, which may contain a semicolon or run over lines.
    """
    entries: list[tuple[tuple[str, ...], list[str]]] = []
    for part, glue in _parts(text):
        head, colon, reason = part.partition(":")
        codes = tuple(code.strip() for code in head.split(",") if code.strip())
        is_address = colon and reason.startswith("//")  # https://...
        names_codes = bool(codes) and not is_address and all(map(_looks_like_code, codes))
        if names_codes and (colon or not entries or all(code in known for code in codes)):
            entries.append((codes, [reason.strip()] if reason.strip() else []))
        elif part.strip() and entries:
            so_far = entries[-1][1]
            so_far += [glue, part.strip()] if so_far else [part.strip()]
        elif part.strip():
            entries.append(((part.strip(),), []))  # nobody can tell what it means: it is reported as unused
    for codes, pieces in entries:
        yield Suppression(codes, "".join(pieces), item, field_path(*path))


def _parts(text: str) -> Iterator[tuple[str, str]]:
    """What may be an entry of its own, and what stands before it where it is none."""
    for line in text.split("\n"):
        first, *others = line.split(";")
        yield first, " "
        yield from ((part, "; ") for part in others)


def _looks_like_code(text: str) -> bool:
    return text.isascii() and text.replace("-", "").isalnum() and text == text.lower()
