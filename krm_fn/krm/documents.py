"""Plain multi-document YAML as a package: for kustomize's legacy plugins and for people's own files.

Each document is one entry. Documents that hold nothing stay where they are.
"""

from __future__ import annotations

from krm_fn.krm.source import InputError, Splice, line_end, line_start, newline_of
from krm_fn.yamltext.read import YamlError, read_documents
from krm_fn.yamltext.scalars import APPLY
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

    def slice(self, entry: int) -> tuple[str, int]:
        """The text of a document's root, and the column at which its first line starts."""
        document = self._documents[entry]
        return self.text[document.start : document.end], document.start - line_start(self.text, document.start)

    def rebuild(self, changed: Mapping[int, str], removed: Iterable[int], added: Sequence[dict[str, Any]]) -> str:
        """The text with changed documents replaced, removed ones emptied and added ones at the end."""
        splice = Splice(self.text)
        for position, text in changed.items():
            document = self._documents[position]
            splice.replace(document.start, document.end, text)
        for position in removed:
            document = self._documents[position]
            splice.replace(line_start(self.text, document.start), line_end(self.text, document.end), "")
        end = len(self.text)
        started = any(entry is not None for entry in self.entries)
        for data in added:
            opening = self.newline if self.text and not self.text.endswith("\n") and data is added[0] else ""
            mark = f"---{self.newline}" if started else ""
            started = True
            splice.replace(end, end, opening + mark + "".join(line + self.newline for line in block(data, 0)))
        return splice.result()
