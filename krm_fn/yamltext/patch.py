"""The one surgeon: the text of a node with the difference between its data before and after, and nothing else, changed.

Its law is ``read(patch(t, read(t), x)) == x`` for plain data x, types included, and it is checked on every call. A
change that cannot be spliced is tried once more with aliases and merge keys written out, then through ruamel.yaml (see
`roundtrip`); what holds the law by neither is refused.
"""

from __future__ import annotations

import gc

from krm_fn.yamltext.changes import EditSequence, Replace, Unspliceable, changes, same
from krm_fn.yamltext.errors import YamlError
from krm_fn.yamltext.plain import UNSURE, read_plain
from krm_fn.yamltext.quick import with_added_entries
from krm_fn.yamltext.spans import BREAKS, after_break, through_comment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from krm_fn.yamltext.chunks import Chunk

__all__ = ["PatchError", "patch", "resume_at", "through_comment"]


class PatchError(Exception):
    """The change cannot be written into this text without breaking it; the message says why."""


def patch(text: str, before: Any, after: Any, typing: str, column: int = 0, newline: str = "\n") -> str:
    """`text` with the differences between `before` and `after` in it, and nothing else changed.

    `text` is the slice of one node: a document, or an item of a list. Its first line starts in `column` (what stands
    before it there is missing), its other lines are complete. `before` is what reading it gives. A comment may follow
    the node; `through_comment` says how far a slice should reach. `newline` ends the lines that are added.

    The result may end with a line break where `text` did not, if its last value is a block scalar: see `resume_at`.
    Raises PatchError.
    """
    change = changes(before, after)
    if change is None:
        return text
    collecting = gc.isenabled()
    gc.disable()
    try:
        return _Operation(text, before, after, typing, column, newline).result(change)
    finally:
        if collecting:
            gc.enable()


def resume_at(text: str, end: int, patched: str) -> int:
    """Where the surrounding text goes on after a patched slice that ended at `end`.

    That is `end`, or one line break later when the patched slice brings a line break of its own.
    """
    if patched and patched[-1] in BREAKS and not (end and text[end - 1] in BREAKS) and text[end : end + 1] in BREAKS:
        return after_break(text, end)
    return end


class _Operation:
    """One patch, with its attempts."""

    def __init__(self, text: str, before: Any, after: Any, typing: str, column: int, newline: str) -> None:
        self.text = text
        self.before = before
        self.after = after
        self.typing = typing
        self.column = column
        self.newline = newline
        # Blanks and a dash put the text into its columns, below a parent as indented as its own.
        self.in_list = column >= 2
        self.lead = " " * (column - 2) + "- " if self.in_list else " " * column
        self.outside: dict[str, Any] = {}
        self.chunks: list[Chunk] = []

    def result(self, change: Replace) -> str:
        guess = self.guessed(change)
        if guess is not None:
            return guess
        from krm_fn.yamltext.libyaml import YAMLError

        source = self.lead + self.text
        reason = "the changed text would not read back as the changed data"
        try:
            result = self.checked(self.spliced(source, change), self.after)
            if result is not None:
                return result
        except (Unspliceable, ValueError) as error:
            reason = str(error)
        except YAMLError:
            raise PatchError("the text cannot be read on its own") from None
        try:
            result = self.with_aliases_written_out(source)
        except (Unspliceable, ValueError, YAMLError):
            result = None
        return self.round_trip(reason) if result is None else result

    def guessed(self, change: Replace) -> str | None:
        guess = with_added_entries(self.text, self.column, change, self.newline)
        if guess is None:
            return None
        if guess.has_long_entries:
            from krm_fn.yamltext.chunks import noted

            self.chunks = noted(guess.entries)
        return guess.text if self.reads_as(guess.text, self.after) else None

    def spliced(self, source: str, change: Replace) -> str:
        # The common edits do not come this far; the modules are loaded for those that do.
        from krm_fn.yamltext.splice import Surgeon

        surgeon = Surgeon(source, len(self.lead), self.newline, self.typing)
        text = surgeon.operate(change)[len(self.lead) :]
        self.chunks = surgeon.chunks
        return text

    def checked(self, text: str, data: Any) -> str | None:
        """`text` if it reads as `data`, if need be with a last line break; None if it does not."""
        if self.reads_as(text, data):
            return text
        if self.reads_as(text + self.newline, data):
            return text + self.newline
        return None

    def reads_as(self, text: str, data: Any) -> bool:
        if self.chunks:
            from krm_fn.yamltext.chunks import shortened

            short, stand_ins = shortened(text, self.chunks, self.newline, self.typing)
            if stand_ins and self.is_read_as(short, data, stand_ins):
                return True
        return self.is_read_as(text, data, {})

    def is_read_as(self, text: str, data: Any, stand_ins: dict[str, Any]) -> bool:
        found = read_plain(" " * self.column + text, self.typing)
        if found is UNSURE:
            from krm_fn.yamltext.read import read_value  # plain texts do not need it

            try:
                found = read_value(self.lead + text, self.typing, self.outside)
            except YamlError:
                return False
            if self.in_list:
                if type(found) is not list or len(found) != 1:
                    return False
                found = found[0]
        if stand_ins:
            from krm_fn.yamltext.chunks import restored

            found = restored([found], stand_ins)[0]
        return same(found, data)

    def with_aliases_written_out(self, source: str) -> str | None:
        """First give the slice what it takes from anchors elsewhere, then write its own aliases out."""
        if "*" not in source:
            return None
        from krm_fn.yamltext.aliases import Shared

        shared = Shared(source, [self.before] if self.in_list else self.before, self.typing)
        change = changes(self.before, self.after)
        if change is None or shared.written_out is None:
            return None
        if shared.outside:
            self.outside = shared.outside
            result = self.checked(self.spliced(source, change), self.after)
            if result is not None:
                return result
        writing_out = shared.written_out
        if self.in_list and type(writing_out) is EditSequence:
            writing_out = writing_out.edits[0]
        plain = self.checked(self.spliced(source, writing_out), self.before)
        if plain is None:
            return None
        return self.checked(self.spliced(self.lead + plain, change), self.after)

    def round_trip(self, reason: str) -> str:
        from krm_fn.yamltext.roundtrip import rewrite

        try:
            text = rewrite(self.text, self.before, self.after, self.typing, self.column, self.newline)
        except Exception as error:  # ruamel.yaml raises whatever its many parts raise; each means the same here
            raise PatchError(f"{reason}; ruamel.yaml: {type(error).__name__}: {error}") from error
        result = self.checked(text, self.after)
        if result is None:
            raise PatchError(reason)
        return result
