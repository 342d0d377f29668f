"""The functionConfig of a command: the file that was named, else the one that the package holds.

Looked for, in this order: ``krm-fn.yaml`` in the package, or in a directory above it up to the top of its repository;
the functionConfig inside a ResourceList; the only MeshSetup among the package's documents. Without any, every setting
has its default.
"""

from __future__ import annotations

import os
from pathlib import Path

from krm_fn.config.meshsetup import API_VERSION, KIND
from krm_fn.files.find import FileError
from krm_fn.files.package import Package, UnreadableError, decoded, read_file
from krm_fn.krm.documents import Documents
from krm_fn.krm.fields import as_map
from krm_fn.krm.source import InputError
from krm_fn.record import Record
from krm_fn.yamltext.scalars import KYAML

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from krm_fn.yamltext.read import Duplicate

CONFIG_NAME = "krm-fn.yaml"


class Config(Record):
    """A functionConfig: its data (None: none was found), where it comes from in words, and keys that stand twice.

    `path` is the file that holds nothing else, None where there is no such file.
    """

    data: Any
    origin: str
    path: Path | None = None
    duplicates: tuple[Duplicate, ...] = ()


def read_config(path: Path) -> Config:
    """Read a file with one functionConfig, a MeshSetup or a ConfigMap.

    Raises FileError where it cannot be read, UnreadableError where it is not one YAML document.
    """
    raw = read_file(path)
    try:
        documents = Documents(decoded(raw), KYAML)
    except InputError as error:
        raise UnreadableError([f"{path}: {error}"]) from None
    configs = [entry for entry in documents.entries if entry is not None]
    if len(configs) != 1:
        raise UnreadableError([f"{path}: one functionConfig was expected, but the file holds {len(configs)} documents"])
    return Config(configs[0], str(path), path, tuple(found for _, found in documents.duplicates))


def config_of(package: Package) -> Config:
    """Find the functionConfig of a package; raises as `read_config`, and FileError where it cannot tell which."""
    places = list(_places(package.root or Path()))
    for directory in places:
        path = directory / CONFIG_NAME
        if os.path.isfile(path):
            _refuse_link_out(path, places[-1])
            return read_config(path)
    if package.function_config is not None:
        name = f"the functionConfig of {package.files[0].name}"
        return Config(package.function_config, name, None, package.config_duplicates)
    own = [entry for entry, data in enumerate(package.entries) if _is_setup(data)]
    if len(own) > 1:
        names = ", ".join(dict.fromkeys(package.file_at(entry).name for entry in own))
        raise FileError(f"the package has {len(own)} {KIND}s ({names}): say which one counts with --config FILE")
    if own:
        duplicates = tuple(found for entry, found in package.duplicates if entry == own[0])
        return Config(package.entries[own[0]], package.file_at(own[0]).name, None, duplicates)
    return Config(None, "no functionConfig found, so every setting has its default")


def _places(root: Path) -> Iterator[Path]:
    """The directory and those above it, up to the top of its repository; without a repository, it alone."""
    yield root
    above = [Path(os.path.realpath(root))]
    above += above[0].parents
    top = next((i for i, parent in enumerate(above) if os.path.lexists(parent / ".git")), 0)
    yield from (Path(os.path.relpath(parent)) for parent in above[1 : top + 1])


def _refuse_link_out(path: Path, top: Path) -> None:
    """What nobody named is read in the repository only: errors quote what stands in a file."""
    real = os.path.realpath(path)
    if not Path(real).is_relative_to(os.path.realpath(top)):
        raise FileError(f"{path} is a symbolic link to {real}, out of the package: name that file with --config")


def _is_setup(data: object) -> bool:
    return (as_map(data).get("apiVersion"), as_map(data).get("kind")) == (API_VERSION, KIND)
