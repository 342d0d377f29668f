"""The ResourceList of the KRM functions specification: its text, its items, and the text that goes back.

https://github.com/kubernetes-sigs/kustomize/blob/master/cmd/config/docs/api-conventions/functions-spec.md

Everything that the function does not change is handed back as it came: unknown top-level fields, comments, the order of
fields. Items and results may stand in block or in flow style (JSON); what is added follows the style that is there.
"""

from __future__ import annotations

from krm_fn.krm.fields import as_list
from krm_fn.krm.source import InputError, Splice, line_end, line_start, newline_of
from krm_fn.yamltext.read import YamlError, read_documents
from krm_fn.yamltext.scalars import KYAML
from krm_fn.yamltext.write import block, flow

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from krm_fn.yamltext.read import Document, Duplicate, Field

KIND = "ResourceList"
OLDEST = "config.kubernetes.io/v1alpha1"  # its results are a mapping, see krm_fn.report
UNTOUCHED = object()
API_VERSIONS = ("config.kubernetes.io/v1", "config.kubernetes.io/v1beta1", OLDEST)


class ResourceList:
    """A ResourceList read from text; raises InputError where the text is none."""

    typing = KYAML

    def __init__(self, text: str) -> None:
        self.text = text
        self.newline = newline_of(text)
        self._document = document = _only_document(text)
        root = document.data
        self.api_version: str = root["apiVersion"]
        self.entries: list[Any] = as_list(root.get("items"))
        self.function_config = root.get("functionConfig")
        self.results = root.get("results")
        self.shares_anchors = document.has_anchors

    @property
    def duplicates(self) -> list[tuple[int, Duplicate]]:
        """Duplicate keys inside items, each with the position of its item."""
        found = []
        for duplicate in self._document.duplicates:
            for position, entry in enumerate(self._document.entries):
                if entry.start <= duplicate.index < entry.end:
                    found.append((position, duplicate))
        return found

    def slice(self, entry: int) -> tuple[str, int]:
        """The text of an item, and the column at which its first line starts."""
        span = self._document.entries[entry]
        return self.text[span.start : span.end], span.column

    def rebuild(
        self,
        changed: Mapping[int, str],
        removed: Iterable[int],
        added: Sequence[dict[str, Any]],
        results: Any = UNTOUCHED,
    ) -> str:
        """The text with changed items replaced, removed ones taken out and added ones after the last.

        `results` takes the place of those that are there; None: there are none.
        """
        splice = Splice(self.text)
        gone = set(removed)
        in_flow = self._document.flow or (self._document.entries_flow and bool(self._document.entries))
        if gone and in_flow:
            self._rewrite_flow(splice, changed, gone, added)
        else:
            for position, text in changed.items():
                span = self._document.entries[position]
                splice.replace(span.start, span.end, text)
            if added and in_flow:
                self._extend_flow(splice, added)
            elif gone or added:
                self._rebuild_block(splice, gone, added)
        if results is not UNTOUCHED:
            self._put_results(splice, results)
        return splice.result()

    def _put_results(self, splice: Splice, results: Any) -> None:
        field = self._document.fields.get("results")
        if self._document.flow:
            self._flow_results(splice, field, results)
        elif field is None:
            if results is not None:
                self._append_field(splice, "results", results)
        else:
            new = "" if results is None else self._block_field("results", results)
            splice.replace(line_start(self.text, field.key_start), line_end(self.text, field.value_end), new)

    def _rebuild_block(self, splice: Splice, gone: set[int], added: Sequence[dict[str, Any]]) -> None:
        """Take out and add items of a block sequence, or start one where there is no item yet."""
        document, text = self._document, self.text
        entries = document.entries
        field = document.fields.get("items")
        if field is None:
            self._append_field(splice, "items", added)
            return
        if not entries:
            splice.replace(field.value_start, field.value_end, "")
            end = line_end(text, field.value_end)
            splice.replace(end, end, self._opening_break(end) + self._block_items(added, self._root_column))
            return
        for position in sorted(gone):
            before = entries[position - 1].end if position else text.index(":", field.key_start) + 1
            splice.replace(_dash_line(text, before, entries[position].start), line_end(text, entries[position].end), "")
        if len(gone) == len(entries) and not added:
            colon = text.index(":", field.key_start) + 1
            splice.replace(colon, colon, " []")
        end = line_end(text, entries[-1].end)
        splice.replace(end, end, self._opening_break(end) + self._block_items(added, document.entries_column))

    def _extend_flow(self, splice: Splice, added: Sequence[dict[str, Any]]) -> None:
        """Add items behind the last one of a flow sequence, or start a sequence."""
        document = self._document
        new = ", ".join(flow(data, json=True) for data in added)
        field = document.fields.get("items")
        if field is None:
            end = document.end - 1
            splice.replace(end, end, f'{_flow_comma(self.text, document.start, end)}"items": [{new}]')
        elif document.entries:
            end = document.entries[-1].end
            splice.replace(end, end, ", " + new)
        else:
            splice.replace(field.value_start, field.value_end, f"[{new}]")

    def _rewrite_flow(
        self, splice: Splice, changed: Mapping[int, str], gone: set[int], added: Sequence[dict[str, Any]]
    ) -> None:
        """Write a flow sequence anew without the items that are gone: the texts of the others stay, commas are ours."""
        spans = enumerate(self._document.entries)
        texts = [changed.get(i, self.text[span.start : span.end]) for i, span in spans if i not in gone]
        field = self._document.fields["items"]
        splice.replace(
            field.value_start, field.value_end, f"[{', '.join(texts + [flow(data, json=True) for data in added])}]"
        )

    def _flow_results(self, splice: Splice, field: Field | None, results: Any) -> None:
        if field is not None:
            splice.replace(field.value_start, field.value_end, flow([] if results is None else results, json=True))
        elif results is not None:
            end = self._document.end - 1
            comma = _flow_comma(self.text, self._document.start, end)
            splice.replace(end, end, f'{comma}"results": {flow(results, json=True)}')

    def _append_field(self, splice: Splice, name: str, value: Any) -> None:
        """Add a top-level field after the last line of the list."""
        end = line_end(self.text, self._document.end)
        splice.replace(end, end, self._opening_break(end) + self._block_field(name, value))

    def _opening_break(self, end: int) -> str:
        """A line break where the text ends without one."""
        return "" if end == 0 or self.text[end - 1] == "\n" else self.newline

    @property
    def _root_column(self) -> int:
        start = self._document.start
        return start - line_start(self.text, start)

    def _block_field(self, name: str, value: Any) -> str:
        return self._lines(block({name: value}, self._root_column))

    def _block_items(self, items: Sequence[dict[str, Any]], column: int) -> str:
        return self._lines(line for item in items for line in block([item], column))

    def _lines(self, lines: Iterable[str]) -> str:
        return "".join(line + self.newline for line in lines)


def _only_document(text: str) -> Document:
    """Read the text, which must hold exactly one ResourceList."""
    try:
        documents = read_documents(text, KYAML, entries_of="items")
    except YamlError as error:
        raise InputError(f"the input is not YAML: {error.message}", error.line, error.column, error.context) from None
    documents = [document for document in documents if document.data is not None] or documents[:1]
    if len(documents) > 1:
        raise InputError(
            f"one {KIND} was expected, but the input holds {len(documents)} documents; an orchestrator (kustomize, "
            "kpt) "
            f"wraps manifests in a {KIND}, and so does `kpt fn source`"
        )
    root = documents[0].data if documents else None
    if not isinstance(root, dict):
        raise InputError(f"the input is no {KIND}: a mapping with `kind: {KIND}` was expected")
    if root.get("kind") != KIND:
        raise InputError(f"the input is no {KIND}: its kind is {root.get('kind')!r}")
    if root.get("apiVersion") not in API_VERSIONS:
        raise InputError(
            f"apiVersion {root.get('apiVersion')!r} of the {KIND} is not supported: it must be one of "
            f"{', '.join(API_VERSIONS)}"
        )
    items = root.get("items")
    if items is not None and not isinstance(items, list):
        raise InputError(f"`items` of the {KIND} must be a list, not {type(items).__name__}")
    for duplicate in documents[0].duplicates:
        if not any(entry.start <= duplicate.index < entry.end for entry in documents[0].entries):
            raise InputError(f"the key {duplicate.key!r} stands twice in the {KIND}", duplicate.line)
    return documents[0]


def _dash_line(text: str, after: int, start: int) -> int:
    """The start of the line that holds the dash of the item at `start`, looking behind `after`."""
    position = line_end(text, after)
    while position < start:
        if text[position:start].lstrip(" ").startswith("-"):
            return position
        position = text.find("\n", position) + 1
    return line_start(text, start)


def _flow_comma(text: str, start: int, end: int) -> str:
    """What separates a new member from those of the flow mapping text[start:end]."""
    inside = text[start + 1 : end].rstrip()
    return "" if not inside or inside.endswith(",") else ", "
