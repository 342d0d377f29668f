"""The ResourceList of the KRM functions specification: its text, its items, and the text that goes back.

https://github.com/kubernetes-sigs/kustomize/blob/master/cmd/config/docs/api-conventions/functions-spec.md

Everything that the function does not change is handed back as it came: unknown top-level fields, comments, the order of
fields. Items and results may stand in block or in flow style (JSON); what is added follows the style that is there.
"""

from __future__ import annotations

from krm_fn.krm.fields import as_list, type_of
from krm_fn.krm.source import InputError, Splice, newline_of, next_line
from krm_fn.yamltext.changes import same
from krm_fn.yamltext.errors import YamlError
from krm_fn.yamltext.patch import resume_at
from krm_fn.yamltext.piecewise import read_list
from krm_fn.yamltext.scalars import KYAML
from krm_fn.yamltext.spans import BREAKS, after_break, line_end, line_start, through_comment
from krm_fn.yamltext.write import block, flow

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from krm_fn.yamltext.document import Document, Duplicate, Field

KIND = "ResourceList"
OLDEST = "config.kubernetes.io/v1alpha1"  # its results are a mapping, see krm_fn.report
UNTOUCHED = object()
BLANKS = BREAKS + " \t"
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
        position, entries = 0, self._document.entries
        for duplicate in sorted(self._document.duplicates, key=lambda duplicate: duplicate.index):
            while position < len(entries) and entries[position].end <= duplicate.index:
                position += 1
            if position < len(entries) and entries[position].start <= duplicate.index:
                found.append((position, duplicate))
        return found

    @property
    def config_duplicates(self) -> list[Duplicate]:
        """Duplicate keys inside the functionConfig."""
        field = self._document.fields.get("functionConfig")
        if field is None:
            return []
        return [found for found in self._document.duplicates if field.value_start <= found.index < field.value_end]

    def start_at(self, entry: int) -> int:
        """Where the text of an entry starts in the whole."""
        return self._document.entries[entry].start

    def newline_at(self, entry: int) -> str:
        """The line end of the text, in all its entries."""
        return self.newline

    def slice(self, entry: int) -> tuple[str, int]:
        """The text of an item, and the column at which its first line starts (0 where that does not matter)."""
        start, end = self._span(entry)
        span = self._document.entries[entry]
        return self.text[start:end], 0 if span.flow else span.column

    def _span(self, entry: int) -> tuple[int, int]:
        """Where an item starts and ends; the comment behind a block item's last line belongs to it."""
        span = self._document.entries[entry]
        return span.start, span.end if span.flow else through_comment(self.text, span.end)

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
        for position, text in changed.items():
            if position not in gone:
                start, end = self._span(position)
                splice.replace(start, resume_at(self.text, end, text), text)
        if self._document.flow or (self._document.entries_flow and self._document.entries):
            self._rebuild_flow(splice, gone, added)
        else:
            self._rebuild_block(splice, gone, added)
        if results is not UNTOUCHED and not same(results or None, self.results or None):
            self._put_results(splice, results)
        return splice.result()

    def reread(self, text: str) -> list[Any]:
        """The items of a text that `rebuild` gave; raises InputError."""
        return ResourceList(text).entries

    def _put_results(self, splice: Splice, results: Any) -> None:
        field = self._document.fields.get("results")
        if field is None:
            if results is not None:
                self._append_field(splice, "results", results)
        elif self._document.flow:
            self._put_value(splice, field, flow([] if results is None else results, json=True))
        else:
            start = line_start(self.text, field.key_start)
            splice.replace(start, next_line(self.text, field.value_end), "")
            if results is not None:
                splice.insert_lines(start, block({"results": results}, self._root_column), self.newline)

    def _rebuild_block(self, splice: Splice, gone: set[int], added: Sequence[dict[str, Any]]) -> None:
        """Take out and add items of a block sequence, or start one where there is no item yet."""
        document, text = self._document, self.text
        entries = document.entries
        field = document.fields.get("items")
        if field is None:
            if added:
                self._append_field(splice, "items", list(added))
            return
        colon = text.find(":", field.key_start) + 1
        for position in gone:
            before = entries[position - 1].end if position else colon
            start = _dash_line(text, before, entries[position].start)
            splice.replace(start, next_line(text, entries[position].end), "")
        if gone and len(gone) == len(entries) and not added:
            splice.replace(colon, colon, " []")
        if added and not entries:
            start = field.value_start - (text[field.value_start - 1] == " ")
            splice.replace(start, field.value_end, "")
        if added:
            end = next_line(text, self._span(len(entries) - 1)[1] if entries else field.value_end)
            column = document.entries_column if entries else self._root_column
            splice.insert_lines(end, (line for data in added for line in block([data], column)), self.newline)

    def _rebuild_flow(self, splice: Splice, gone: set[int], added: Sequence[dict[str, Any]]) -> None:
        """Take out and add items of a flow sequence, or start one where there is none."""
        entries = self._document.entries
        field = self._document.fields.get("items")
        new = [flow(data, json=True) for data in added]
        if field is None:
            if added:
                self._append_field(splice, "items", list(added))
        elif len(gone) == len(entries):
            if gone or added:
                self._put_value(splice, field, f"[{', '.join(new)}]")
        else:
            self._take_out(splice, gone)
            gap = _gap(self.text, entries[-1].start)
            splice.replace(entries[-1].end, entries[-1].end, "".join(f",{gap}{item}" for item in new))

    def _put_value(self, splice: Splice, field: Field, new: str) -> None:
        """Give a field of a flow mapping its value."""
        start, end, lead = _flow_value(self.text, field)
        splice.replace(start, end, lead + new)

    def _take_out(self, splice: Splice, gone: set[int]) -> None:
        """Cut items out of a flow sequence that keeps others, each with the comma on one of its sides."""
        entries = self._document.entries
        first_kept = min(set(range(len(entries))) - gone)
        for position in gone:
            if position < first_kept:
                splice.replace(entries[position].start, entries[position + 1].start, "")
            else:
                splice.replace(entries[position - 1].end, entries[position].end, "")

    def _append_field(self, splice: Splice, name: str, value: Any) -> None:
        """Add a top-level field after the last one."""
        if not self._document.flow:
            end = next_line(self.text, self._document.end)
            splice.insert_lines(end, block({name: value}, self._root_column), self.newline)
            return
        last = max(self._document.fields.values(), key=lambda field: field.key_start)
        gap = _gap(self.text, last.key_start)
        end = _flow_value(self.text, last)[1]
        blank = " " if self.text[end - 1] == ":" else ""
        splice.replace(end, end, f'{blank},{gap}"{name}": {flow(value, json=True)}')

    @property
    def _root_column(self) -> int:
        """The column of the root's keys: of the first one, also where that has a tag or a ``?`` before it."""
        start = line_start(self.text, min(field.key_start for field in self._document.fields.values()))
        return next(index for index in range(start, len(self.text)) if self.text[index] != " ") - start


def _only_document(text: str) -> Document:
    """Read the text, which must hold exactly one ResourceList."""
    try:
        documents = read_list(text, KYAML, "items")
    except YamlError as error:
        raise InputError(f"the input is not YAML: {error.message}", error.line, error.column, error.context) from None
    documents = [document for document in documents if document.data is not None] or documents[:1]
    if len(documents) > 1:
        raise InputError(
            f"one {KIND} was expected, but the input holds {len(documents)} documents; kustomize and kpt wrap "
            f"manifests in a {KIND}, and so does `kpt fn source`"
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
    _check_items(text, documents[0])
    return documents[0]


def _check_items(text: str, document: Document) -> None:
    """Refuse what cannot be answered item by item."""
    root = document.data
    items = root.get("items")
    if items is not None and not isinstance(items, list):
        raise InputError(f"`items` of the {KIND} must be a list, not a {type_of(items)}")
    if len(items or ()) != len(document.entries):
        raise InputError(f"`items` of the {KIND} must be a list of its own, neither an alias nor merged")
    field = document.fields.get("items")
    if field is not None and not document.flow and _is_empty(field) and text[field.value_start - 1] != ":":
        raise InputError(f"`items` of the {KIND} must have a colon and a value")
    root_keys = {field.key_start for field in document.fields.values()}
    for duplicate in document.duplicates:
        if duplicate.index in root_keys:
            raise InputError(f"the key {duplicate.key!r} stands twice in the {KIND}", duplicate.line)


def _dash_line(text: str, after: int, start: int) -> int:
    """The start of the line that holds the dash of the item at `start`, looking behind `after`."""
    position = next_line(text, after)
    while position < start:
        if text[position:start].lstrip(" ").startswith("-"):
            return position
        position = after_break(text, line_end(text, position))
    return line_start(text, start)


def _is_empty(field: Field) -> bool:
    return field.value_start == field.value_end


def _flow_value(text: str, field: Field) -> tuple[int, int, str]:
    """Where the value of a field of a flow mapping stands or would stand, and what a new one needs before it."""
    start, end = field.value_start, field.value_end
    if _is_empty(field) and text[start - 1] != ":":
        colon = start
        while text[colon] in BLANKS:
            colon += 1
        if text[colon] != ":":
            return start, end, ": "
        start = end = colon + 1
    return start, end, " " if text[start - 1] == ":" else ""


def _gap(text: str, start: int) -> str:
    """The white space before a member of a flow collection, which is how further ones are set apart."""
    position = start
    while position and text[position - 1] in BLANKS:
        position -= 1
    return text[position:start] if position and text[position - 1] in ",[{" else " "
