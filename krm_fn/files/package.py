"""Several files, or standard input, read as one package.

A `Package` is a ``Source`` (``krm_fn.krm.source``): its entries are the documents of all its files in order, so that
the function sees routes, Services and workloads together wherever they stand.
"""

from __future__ import annotations

import os
from pathlib import Path

from krm_fn.files.find import FileError, find
from krm_fn.files.stream import joined
from krm_fn.krm.documents import Documents
from krm_fn.krm.fields import as_map, as_str, dig, type_of
from krm_fn.krm.resource import LOCAL_CONFIG, Item
from krm_fn.krm.resourcelist import KIND as RESOURCE_LIST
from krm_fn.krm.resourcelist import ResourceList
from krm_fn.krm.source import InputError
from krm_fn.record import Record
from krm_fn.yamltext.scalars import APPLY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from typing import Any

    from krm_fn.yamltext.read import Duplicate

STDIN = "-"
STDIN_NAME = "standard input"
BOM = b"\xef\xbb\xbf"
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
ORIGIN = "config.kubernetes.io/origin"  # written by kustomize where buildMetadata asks for it


class UnreadableError(Exception):
    """Files that cannot be read as YAML, with all that is wrong, one message each."""

    def __init__(self, messages: Iterable[str]) -> None:
        self.messages = tuple(messages)
        super().__init__("\n".join(self.messages))


class File(Record):
    """One file: its name as messages give it, its path (None for a stream), its text, and where its entries start.

    `relative` is its path inside the package, ``first`` the position of its first entry among those of the package.
    """

    name: str
    path: Path | None
    relative: str
    raw: bytes
    source: Documents | ResourceList
    first: int

    @property
    def bom(self) -> bytes:
        """The byte order mark that the file starts with, if it does."""
        return BOM if self.raw.startswith(BOM) else b""

    @property
    def entries(self) -> range:
        """The positions of its entries among those of the package."""
        return range(self.first, self.first + len(self.source.entries))


class Package:
    """Files as one source of entries, `root` being the directory that new files go into (None: there is none)."""

    def __init__(self, files: Sequence[File], root: Path | None = None, notes: Sequence[str] = ()) -> None:
        self.files = tuple(files)
        # A ResourceList is typed by other rules than plain documents, so it comes alone (see `read_package`).
        self.typing = files[0].source.typing if files else APPLY
        self.shares_anchors = any(file.source.shares_anchors for file in files)
        self.root = root
        self.notes = tuple(notes)
        self.entries: list[Any] = [entry for file in files for entry in file.source.entries]
        self._files = [file for file in files for _ in file.source.entries]

    def with_root(self, root: Path) -> Package:
        """The package with another place for new files, which also is where its configuration is looked for."""
        return Package(self.files, root, self.notes)

    @property
    def text(self) -> str:
        """The text of all files, as one stream."""
        return joined(file.source.text for file in self.files)

    @property
    def duplicates(self) -> list[tuple[int, Duplicate]]:
        """Duplicate keys, each with the position of its entry."""
        return [(file.first + entry, found) for file in self.files for entry, found in file.source.duplicates]

    @property
    def is_resource_list(self) -> bool:
        """Whether it is one ResourceList, as ``kpt fn source`` prints it, and not a number of documents."""
        return any(isinstance(file.source, ResourceList) for file in self.files)

    @property
    def function_config(self) -> Any:
        """The functionConfig that a ResourceList among the files brings along."""
        return next((f.source.function_config for f in self.files if isinstance(f.source, ResourceList)), None)

    @property
    def config_duplicates(self) -> tuple[Duplicate, ...]:
        """Keys that stand twice in that functionConfig."""
        lists = [file.source for file in self.files if isinstance(file.source, ResourceList)]
        return tuple(found for source in lists for found in source.config_duplicates)

    def file_at(self, entry: int) -> File:
        """The file of an entry."""
        return self._files[entry]

    def slice(self, entry: int) -> tuple[str, int]:
        """The text of an entry, and the column at which its first line starts."""
        file = self._files[entry]
        return file.source.slice(entry - file.first)

    def newline_at(self, entry: int) -> str:
        """The line end of the entry's file."""
        return self._files[entry].source.newline

    def file_texts(
        self, changed: Mapping[int, str], removed: Collection[int], added: Sequence[dict[str, Any]] = ()
    ) -> dict[str, bytes]:
        """The new bytes of each file that changes, by name; `added` items go to the end of the last file."""
        touched = {self._files[entry].name for entry in (*changed, *removed)}
        texts = {}
        for file in self.files:
            new = added if file is self.files[-1] else ()
            if file.name in touched or new:
                texts[file.name] = file.bom + self.file_text(file, changed, removed, new).encode()
        return texts

    def file_text(
        self, file: File, changed: Mapping[int, str], removed: Collection[int], added: Sequence[dict[str, Any]] = ()
    ) -> str:
        """The text of one file without byte order mark, with its share of the changes."""
        ours = {entry - file.first: changed[entry] for entry in file.entries if entry in changed}
        gone = [entry - file.first for entry in file.entries if entry in removed]
        return file.source.rebuild(ours, gone, added)

    def rebuild(self, changed: Mapping[int, str], removed: Iterable[int], added: Sequence[dict[str, Any]]) -> str:
        """The text of all files, each with its changes, as one stream."""
        texts = self.file_texts(changed, frozenset(removed), added)
        return joined(texts[f.name].decode("utf-8-sig") if f.name in texts else f.source.text for f in self.files)

    def reread(self, text: str) -> list[Any]:
        """The entries of a text that `rebuild` gave; raises InputError."""
        return self.files[0].source.reread(text) if len(self.files) == 1 else Documents(text, APPLY).entries


class _Named(Record):
    """A file that arguments lead to: its name for messages, its path (None: standard input) and that in the package.

    `is_found`: a walk over a directory came upon it; nobody named it.
    """

    name: str
    path: Path | None
    relative: str
    is_found: bool = False


def read_package(paths: Sequence[str], stdin: bytes = b"", stdin_name: str = STDIN_NAME) -> Package:
    """Read files, directories (recursively) and ``-`` as one package, each file once.

    Raises FileError where a path is not there or cannot be read, or nothing is there to read at all; UnreadableError
    where files are not YAML.
    """
    files: list[File] = []
    notes: list[str] = []
    problems: list[str] = []
    seen: set[str] = set()
    for named in _named(paths, notes):
        real = os.path.realpath(named.path) if named.path is not None else STDIN
        if real in seen:
            continue
        seen.add(real)
        raw = stdin if named.path is None else read_file(named.path, named.name)
        name = stdin_name if named.path is None else named.name
        if named.path is None and not raw.strip():
            raise FileError(f"{name} is empty: did what should fill it fail?")
        first = files[-1].entries.stop if files else 0
        try:
            files.append(File(name, named.path, named.relative, raw, _source(raw), first))
        except InputError as error:
            is_skipped = named.is_found and _is_no_manifest(raw)
            (notes if is_skipped else problems).append(f"{name}: {_why(error, raw, named.is_found)}")
    # A pipe carries resources and nothing else; what is none of them would be lost without a word.
    problems += [problem for file in files if file.path is None for problem in _no_resources(file)]
    if problems:
        raise UnreadableError(problems)
    if not files:
        raise FileError("\n".join([*notes, "there is nothing to read"]))
    if len(files) > 1 and (lists := [file.name for file in files if isinstance(file.source, ResourceList)]):
        raise UnreadableError([f"{lists[0]}: a {RESOURCE_LIST} is a package of its own: give it alone"])
    return Package(files, _root(paths), notes)


def _no_resources(file: File) -> Iterator[str]:
    """What is said of the documents of a stream that are no resources at all."""
    if isinstance(file.source, ResourceList):
        return
    for position, data in enumerate(file.source.entries):
        if data is not None and not as_str(as_map(data).get("kind")):
            line = file.source.text.count("\n", 0, file.source.start_at(position)) + 1
            what = "it has no kind" if isinstance(data, dict) else f"it is a {type_of(data)}"
            yield f"{file.name}:{line}: this document is no Kubernetes resource: {what}"


def read_file(path: Path, name: str = "") -> bytes:
    """The bytes of a file; raises FileError, which calls it by its name (empty: its path)."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise FileError(f"{name or path} cannot be read: {error.strerror or error}") from None


def _named(paths: Sequence[str], notes: list[str]) -> Iterator[_Named]:
    """The files that arguments lead to, in order; those below several arguments keep the argument's own name."""
    many = len(set(paths)) > 1
    for given in paths:
        path = Path(given)
        if given == STDIN:
            yield _Named(STDIN_NAME, None, "")
        elif os.path.isdir(path):
            found = find(path)
            notes.extend(found.notes)
            if not found.files:
                notes.append(_nothing_in(path, found.ignored))
            top = os.path.basename(os.path.realpath(path)) if many else ""
            for file in found.files:
                yield _Named(str(file), file, os.path.join(top, os.path.relpath(file, path)), True)
        elif os.path.lexists(path):
            yield _Named(given, path, path.name)
        else:
            raise FileError(f"{given}: no such file or directory")


def _nothing_in(directory: Path, ignored: int) -> str:
    left_out = f" (ignore files leave out {ignored})" if ignored else ""
    return f"{directory}: there is no YAML or JSON file in it{left_out}"


def _root(paths: Sequence[str]) -> Path | None:
    """Where new files go: the first directory that was named, else the directory of the first file."""
    named = [Path(path) for path in paths if path != STDIN]
    if not named:
        return None
    return next((path for path in named if os.path.isdir(path)), named[0].parent)


def _source(raw: bytes) -> Documents | ResourceList:
    """The documents of a file; a ResourceList alone (as ``kpt fn source`` prints it) is the items that it holds."""
    text = decoded(raw)
    documents = Documents(text, APPLY)
    if len(documents.entries) == 1 and as_map(documents.entries[0]).get("kind") == RESOURCE_LIST:
        return ResourceList(text)
    return documents


def decoded(raw: bytes) -> str:
    """The text of UTF-8 bytes without their byte order mark; raises InputError for other encodings."""
    body = raw.removeprefix(BOM)
    if raw[:2] in UTF_16 or b"\0" in raw[:2]:
        raise InputError("it is UTF-16: convert it to UTF-8, kustomize and kpt read nothing else")
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        reason = f"it is not UTF-8 (byte 0x{body[error.start]:02x}): convert it, kustomize and kpt read UTF-8 only"
        raise InputError(reason, line) from None


def _is_no_manifest(raw: bytes) -> bool:
    """Whether a file that is no YAML is likely none of ours: a template, or nothing of Kubernetes."""
    return b"{{" in raw or b"apiVersion" not in raw or b"kind" not in raw


def _why(error: InputError, raw: bytes, is_found: bool) -> str:
    """Why a file is no YAML, and what comes of that."""
    if not is_found:
        return str(error)
    if b"{{" in raw:
        return "it is a template and no YAML yet, so it is left out: render it first"
    if _is_no_manifest(raw):
        place = f"line {error.line}: " if error.line else ""
        return f"it is no manifest and is left out: {place}{error.message}"
    return f"{error}\nmend it, or list it in .krmignore"


def relative_name(package: Package, item: Item) -> str:
    """The file of an item as messages give it: that of the package, else the origin that kustomize noted."""
    if item.entry < 0:
        return ""
    file = package.file_at(item.entry)
    if file.path is not None:
        return file.name
    return item.file or _origin(item) or file.name


def _origin(item: Item) -> str:
    """The ``path`` in the origin annotation, which is a small YAML text of its own."""
    for line in as_str(item.annotations.get(ORIGIN)).splitlines():
        key, _, value = line.partition(": ")
        if key == "path":
            return value.strip("'\"")
    return ""


def is_applied(data: object) -> bool:
    """Whether a document belongs on the cluster: resources do, what only tools read does not."""
    group = as_str(as_map(data).get("apiVersion")).partition("/")[0]
    if group in TOOL_GROUPS or not as_str(as_map(data).get("kind")):
        return False
    return bool(dig(data, "metadata", "annotations", LOCAL_CONFIG) != "true")


# What kustomize, kpt and this function read for themselves; no cluster has these kinds.
TOOL_GROUPS = frozenset({"kustomize.config.k8s.io", "kpt.dev", "fn.kuma.io", "config.kubernetes.io"})
