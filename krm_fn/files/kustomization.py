"""Building a kustomization, also one that lists krm-fn's own functionConfig among its transformers.

kustomize refuses every function unless its flags allow functions, and then they may be any program of the repository.
With ``--enable-alpha-plugins`` alone it skips exec functions without a word. That is what is needed here, as long as
the only one is krm-fn, which runs on the outcome in any case: so the kustomizations are searched for others first.
"""

from __future__ import annotations

import os
from pathlib import Path

from krm_fn.config.meshsetup import API_VERSION
from krm_fn.files import kustomize as program
from krm_fn.files.find import FileError
from krm_fn.krm.documents import Documents
from krm_fn.krm.fields import as_list, as_map, as_str
from krm_fn.krm.source import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
PLAIN = frozenset({"apiVersion", "kind", "metadata", "resources", "buildMetadata", "transformers", "validators"})
"""Fields that mostly leave the files of a directory as they are: transformers are functions, krm-fn for one."""
BUILT_UPON = ("resources", "bases", "components")
PLUGINS = ("transformers", "generators", "validators")
BUILTIN = "builtin"
REFUSED = "external plugins disabled"  # kustomize's own words
SKIP_EXEC = "--enable-alpha-plugins"
HINT = (
    "the kustomization runs functions. krm-fn runs on the outcome here, so its functionConfig need not be listed; if "
    "it is, it must be the only function there, and be started with `exec`. To let kustomize run any: "
    "--kustomize-arg=--enable-alpha-plugins --kustomize-arg=--enable-exec"
)


def kustomization_in(directory: Path) -> Path | None:
    """The file that makes a directory a kustomization, None for another directory."""
    return next((directory / name for name in NAMES if (directory / name).is_file()), None)


def changes_its_files(kustomization: object) -> bool:
    """Whether kustomize makes something else of the files beside it: it has patches, prefixes, generators, say."""
    return not as_map(kustomization).keys() <= PLAIN


def own_config(directory: Path) -> Path | None:
    """The functionConfig of krm-fn that a kustomization lists, where krm-fn is its only function."""
    found = set(_plugins(directory))
    path = found.pop() if len(found) == 1 else None
    return Path(os.path.relpath(path)) if path is not None else None


def build(
    directory: Path,
    options: Sequence[str] = (),
    config: Path | None = None,
    hear: Callable[[str], object] = str,
    hint: str = HINT,
) -> bytes:
    """What kustomize makes of a directory, without krm-fn where it is listed with the functionConfig `config`.

    `hear` gets what kustomize says beside its answer. Raises FileError with what it said, and `hint` where it would
    have to run other functions.
    """
    try:
        return program.build(directory, options, hear)
    except FileError as error:
        if REFUSED not in str(error):
            raise
        if config is None or set(_plugins(directory)) != {config.resolve()}:
            raise FileError(f"{error}\n{hint}") from None
    try:
        return program.build(directory, [*options, SKIP_EXEC], hear)
    except FileError as error:
        raise FileError(f"{error}\n{hint}") from None


def _plugins(directory: Path) -> Iterator[Path | None]:
    """The files of all plugins of a kustomization and of those it is built upon; None for one that nobody knows."""
    waiting, seen = [directory.resolve()], set()
    while waiting:
        here = waiting.pop()
        file = kustomization_in(here)
        if file is None or here in seen:
            continue
        seen.add(here)
        for data in _documents(file)[:1]:
            for entry in _entries(data, BUILT_UPON):
                if os.path.isdir(here / entry):
                    waiting.append((here / entry).resolve())
                elif not os.path.isfile(here / entry):
                    yield None  # out of the network
            for entry in _entries(data, PLUGINS):
                yield from _plugin(here, entry)


def _plugin(directory: Path, entry: str) -> Iterator[Path | None]:
    """The file of a plugin that kustomize does not have built in; None where it is no file with one of krm-fn."""
    if not os.path.isfile(directory / entry):
        yield None  # a resource in place of a file's name, say
        return
    found = {as_str(as_map(each).get("apiVersion")) for each in _documents(directory / entry)}
    if found == {API_VERSION}:
        yield (directory / entry).resolve()
    elif found != {BUILTIN}:
        yield None


def _documents(path: Path) -> list[Any]:
    try:
        return [entry for entry in Documents(path.read_bytes().decode("utf-8-sig")).entries if entry is not None]
    except (InputError, OSError, UnicodeDecodeError):
        return []


def _entries(data: object, keys: tuple[str, ...]) -> list[str]:
    return [entry for key in keys for entry in as_list(as_map(data).get(key)) if isinstance(entry, str)]
