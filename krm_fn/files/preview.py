"""What the function would do to files: read, decided, and the bytes that each file would have. Nothing is written."""

from __future__ import annotations

import os
from os.path import basename as name_of
from pathlib import Path

from krm_fn.files.configfile import Config, config_of, read_config
from krm_fn.files.find import FileError
from krm_fn.files.package import Package, decoded, is_applied, read_package
from krm_fn.files.stream import joined, without_empty_documents
from krm_fn.files.write import FOLDER
from krm_fn.function import decide
from krm_fn.krm.documents import Documents
from krm_fn.krm.fields import dig
from krm_fn.krm.generated import GENERATED_BY, file_of
from krm_fn.krm.outcome import INFO
from krm_fn.krm.source import InputError
from krm_fn.record import Record
from krm_fn.report import shown
from krm_fn.yamltext.write import block

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from krm_fn.files.package import File
    from krm_fn.function import Ruled
    from krm_fn.krm.outcome import Outcome


STREAM_FILE = "manifests.yaml"  # what came through a pipe, where it needs a file's name


class FileChange(Record):
    """One file that is new (`before` is None), changed, or gone (`after` is None).

    `name` is what messages call it, `path` where it stands (None: on no disk), `relative` its path inside the package.
    """

    name: str
    path: Path | None
    relative: str
    before: bytes | None
    after: bytes | None


class Preview(Record):
    """A package, the configuration that counts for it, and what the function decided: how, only where it was asked."""

    package: Package
    config: Config
    outcome: Outcome
    ruled: Ruled | None = None

    def changes(self) -> list[FileChange]:
        """Every file that would be new, changed or gone, in order; none if there are errors.

        Raises FileError where a new file cannot have the place that it needs.
        """
        outcome, package = self.outcome, self.package
        touched = {package.file_at(entry).name for entry in (*outcome.changed, *outcome.removed)}
        found = []
        for file in package.files:
            if file.name in touched:
                is_empty = outcome.removed.issuperset(self._documents(file))
                after = None if is_empty else file.bom + self._text(file, outcome.removed).encode()
                found.append(FileChange(file.name, file.path, file.relative, file.raw, after))
        found += [self._new(data) for data in outcome.added]
        _refuse_clashes(found, package)
        return [change for change in found if change.before != change.after]

    def _new(self, data: dict[str, Any]) -> FileChange:
        relative = file_of(data)
        root = self.package.root
        path = root / relative if root is not None else None
        folder, _, name = relative.partition("/")
        if "/" in name or "\0" in name:
            raise FileError(f"{shown(data['metadata']['name'])!r} cannot be part of a file name: rename the item")
        if path is not None and os.path.realpath(path) != os.path.join(os.path.realpath(path.parents[1]), folder, name):
            raise FileError(f"{path} lies behind a symbolic link, which could lead anywhere: remove the link")
        return FileChange(str(path or relative), path, relative, _earlier(path, data), _written(data).encode())

    def stream(self, with_tool_files: bool = False) -> bytes:
        """The package as one stream of documents, each as it would be, generated ones last.

        What no cluster takes (Kptfile, kustomization, functionConfig, items for review only) is left out, unless
        `with_tool_files`. A ResourceList stays one, with everything in it. If there are errors, the stream is empty:
        manifests without their sidecars must not be applied in the place of those with them.
        """
        outcome, package = self.outcome, self.package
        if package.is_resource_list:
            file = package.files[0]
            return package.file_texts(outcome.changed, outcome.removed, outcome.added).get(file.name, file.raw)
        if outcome.exit_code:
            return b""
        gone = outcome.removed | (frozenset() if with_tool_files else self.left_out())
        left = [file for file in package.files if not gone.issuperset(self._documents(file))]  # nor those without any
        generated = [(name_of(file.relative), self._text(file, gone)) for file in left if _is_generated(file)]
        added = [data for data in outcome.added if with_tool_files or is_applied(data)]
        generated += [(name_of(file_of(data)), _written(data)) for data in added]
        # Last, so that they come after their namespaces, and in the same order when they are read from files again.
        last = [text for _, text in sorted(generated)]
        return joined([*(self._text(file, gone) for file in left if not _is_generated(file)), *last]).encode()

    def _text(self, file: File, gone: frozenset[int]) -> str:
        """The text of a file as it would be, without the documents that are to go."""
        texts = self.outcome.changed
        changed = {entry: texts[entry] for entry in file.entries if entry in texts and entry not in gone}
        text = self.package.file_text(file, changed, gone)
        return text if gone.isdisjoint(self._documents(file)) else without_empty_documents(text)

    def _documents(self, file: File) -> list[int]:
        """The entries of a file that hold something."""
        return [entry for entry in file.entries if self.package.entries[entry] is not None]

    def left_out(self) -> frozenset[int]:
        """The entries that only tools read, so that no stream for a cluster has them."""
        entries = enumerate(self.package.entries)
        return frozenset(entry for entry, data in entries if data is not None and not is_applied(data))


def preview(paths: Sequence[str], config_path: Path | None = None, stdin: bytes = b"", told: str = "") -> Preview:
    """Read files, find their configuration, and decide; `told` as for `preview_of`.

    Raises FileError and UnreadableError (``krm_fn.files``).
    """
    return preview_of(read_package(paths, stdin), config_path, told)


def preview_of(package: Package, config_path: Path | None = None, told: str = "") -> Preview:
    """Find the configuration of a package and decide.

    `told` is the least severity of results, empty for what the configuration says; with `info` the preview also holds
    how the rules came to their decisions (`Preview.ruled`).
    """
    config = read_config(config_path) if config_path else config_of(package)
    decided = decide(package, config.data, config.duplicates, told)
    return Preview(package, config, decided.outcome, decided.ruled if told == INFO else None)


def _earlier(path: Path | None, data: dict[str, Any]) -> bytes | None:
    """What an earlier run generated at the path, where that is no part of the package: single files were named."""
    try:
        raw = path.read_bytes() if path is not None else b""
        entries = Documents(decoded(raw)).entries
    except (OSError, InputError):
        return None
    owners = [dig(entry, "metadata", "annotations", GENERATED_BY) for entry in entries]
    return raw if owners == [data["metadata"].get("annotations", {}).get(GENERATED_BY, "")] else None


def _is_generated(file: File) -> bool:
    """Whether a file stands where generated items get files of their own."""
    return name_of(os.path.dirname(file.relative)) == FOLDER


def _written(data: dict[str, Any]) -> str:
    return "".join(f"{line}\n" for line in block(data))


def _refuse_clashes(changes: Iterable[FileChange], package: Package) -> None:
    """Two contents for one file would lose one of them."""
    taken = {os.path.realpath(file.path) for file in package.files if file.path is not None}
    for change in changes:
        if change.before is None and change.path is not None:
            place = os.path.realpath(change.path)
            if place in taken:
                raise FileError(
                    f"{change.path} is to hold a generated item, but holds something else: rename that file"
                )
            taken.add(place)
