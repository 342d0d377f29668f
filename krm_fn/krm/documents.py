"""Plain multi-document YAML as a package: for kustomize's legacy plugins and for people's own files.

Each document is one entry. Documents that hold nothing stay where they are.
"""

from __future__ import annotations

from krm_fn.krm.source import InputError, Splice, newline_of, next_line
from krm_fn.yamltext.patch import resume_at
from krm_fn.yamltext.read import YamlError, read_documents
from krm_fn.yamltext.scalars import APPLY
from krm_fn.yamltext.spans import line_start, through_comment
from krm_fn.yamltext.write import block

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from krm_fn.yamltext.read import Duplicate


class Documents:
    """Documents read from text; raises InputError where the text is not YAML."""

    shares_anchors = False  # an anchor ends with its document

    def __init__(self, text: str, typing: str = APPLY) -> None:
        self.text = text
        self.typing = typing
        self.newline = newline_of(text)
        try:
            self._documents = read_documents(text, typing)
        except YamlError as error:
            raise InputError(
                f"the input is not YAML: {error.message}", error.line, error.column, error.context
            ) from None
        self.entries: list[Any] = [document.data for document in self._documents]

    @property
    def duplicates(self) -> list[tuple[int, Duplicate]]:
        """Duplicate keys, each with the position of its document."""
        return [(i, duplicate) for i, document in enumerate(self._documents) for duplicate in document.duplicates]

    def start_at(self, entry: int) -> int:
        """Where the text of an entry starts in the whole."""
        return self._span(entry)[0]

    def newline_at(self, entry: int) -> str:
        """The line end of the text, in all its entries."""
        return self.newline

    def slice(self, entry: int) -> tuple[str, int]:
        """The text of a document's root, and the column of its first line (0 where that does not matter)."""
        start, end = self._span(entry)
        column = 0 if self._documents[entry].flow else start - line_start(self.text, start)
        return self.text[start:end], column

    def _span(self, entry: int) -> tuple[int, int]:
        """Where a document's root starts and ends; the comment behind its last line belongs to it."""
        document = self._documents[entry]
        return document.start, document.end if document.flow else through_comment(self.text, document.end)

    def rebuild(self, changed: Mapping[int, str], removed: Iterable[int], added: Sequence[dict[str, Any]]) -> str:
        """The text with changed documents replaced, removed ones emptied and added ones at the end."""
        splice = Splice(self.text)
        for position, text in changed.items():
            start, end = self._span(position)
            splice.replace(start, resume_at(self.text, end, text), text)
        for position in removed:
            start, end = self._span(position)
            splice.replace(line_start(self.text, start), next_line(self.text, end), "")
        started = any(entry is not None for entry in self.entries)
        for data in added:
            mark = ["---"] if started else []
            started = True
            splice.insert_lines(len(self.text), [*mark, *block(data)], self.newline)
        return splice.result()

    def reread(self, text: str) -> list[Any]:
        """The documents of a text that `rebuild` gave; raises InputError."""
        return Documents(text, self.typing).entries
