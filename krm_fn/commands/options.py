"""Arguments and options that several commands share, and how they lead to a `Preview`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from krm_fn.commands.progress import progress
from krm_fn.commands.telling import say
from krm_fn.files import kustomization
from krm_fn.files.package import STDIN, read_package
from krm_fn.files.preview import Preview, preview_of
from krm_fn.krm.fields import as_map

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from krm_fn.files.package import Package

F = TypeVar("F", bound=Callable[..., Any])


def paths_argument(command: F) -> F:
    """PATHs: files, directories, or - for standard input."""
    return click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(allow_dash=True))(command)


def config_option(command: F) -> F:
    """--config: the functionConfig."""
    return click.option(
        "-c",
        "--config",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="The functionConfig. Default: krm-fn.yaml in the package or above it in its repository, else the only "
        "MeshSetup among the manifests, else every setting's default.",
    )(command)


def kustomize_options(command: F) -> F:
    """--kustomize and --kustomize-arg: let kustomize render first."""
    command = click.option(
        "--kustomize-arg",
        "kustomize_args",
        multiple=True,
        metavar="ARG",
        help="A further argument for kustomize, such as --load-restrictor=LoadRestrictionsNone; may be repeated.",
    )(command)
    return click.option(
        "-k",
        "--kustomize",
        metavar="DIR",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        help="Take the output of `kustomize build DIR` (or `kubectl kustomize DIR`) instead of PATHs.",
    )(command)


def package_options(command: F) -> F:
    """PATHs, --config and --kustomize, as every command that looks at a package takes them."""
    return paths_argument(config_option(kustomize_options(command)))


def previewed(
    paths: Sequence[str],
    config: Path | None,
    kustomize: Path | None,
    kustomize_args: Sequence[str] = (),
    told: str = "",
) -> Preview:
    """What the function would do to what the options name; the current directory if they name nothing.

    `told` is the least severity of what it tells, empty for what the configuration says (`preview_of`).

    Raises FileError and UnreadableError (``krm_fn.files``), and UsageError for both PATHs and --kustomize.
    """
    if paths and kustomize:
        raise click.UsageError("PATHs and --kustomize exclude each other: kustomize knows its own files")
    if kustomize:
        package, listed = built(kustomize, kustomize_args)
        config = config or listed
    else:
        package = read_paths(paths or (".",))
    for note in (*package.notes, *_not_built(package)):
        say(note)
    with progress(f"deciding about {len(package.entries)} documents"):
        return preview_of(package, config, told)


def built(directory: Path, options: Sequence[str] = ()) -> tuple[Package, Path | None]:
    """What kustomize makes of a directory, and the functionConfig of krm-fn that it lists (None: none).

    Raises FileError and UnreadableError (``krm_fn.files``).
    """
    own = kustomization.own_config(directory)
    with progress(f"running kustomize on {directory}"):
        text = kustomization.build(directory, options, own, lambda words: say(f"kustomize: {words}"))
    return read_package([STDIN], text, f"kustomize build {directory}").with_root(directory), own


def _not_built(package: Package) -> Iterator[str]:
    """Says that patches are taken for resources, where files of a kustomization are read one by one."""
    directories = [
        file.path.parent
        for file in package.files
        if file.path is not None and file.path.name in kustomization.NAMES
        if any(kustomization.changes_its_files(package.entries[entry]) for entry in file.entries)
    ]
    if directories:
        more = f" (and {len(directories) - 1} more)" if len(directories) > 1 else ""
        yield (
            f"{directories[0]}{more} is a kustomization, read file by file, patches too: "
            f"--kustomize {directories[0]} takes what kustomize makes of it"
        )


def spare(found: Preview, targets: Iterable[Path], option: str) -> None:
    """Refuse to write an answer over what was read; an earlier answer there is fair game."""
    reals = {path.resolve() for path in targets}
    for file in found.package.files:
        holds_objects = any(as_map(found.package.entries[entry]).get("kind") for entry in file.entries)
        if file.path is not None and holds_objects and file.path.resolve() in reals:
            raise click.UsageError(f"{option} would overwrite the manifest {file.name}")
    if found.config.path is not None and found.config.path.resolve() in reals:
        raise click.UsageError(f"{option} would overwrite the functionConfig {found.config.path}")


def read_paths(paths: Sequence[str]) -> Package:
    """Read what PATHs name; raises FileError and UnreadableError, and UsageError where nothing can come in."""
    stdin = stdin_bytes(paths)
    with progress("reading"):
        return read_package(paths, stdin)


def stdin_bytes(paths: Sequence[str]) -> bytes:
    """Standard input, if it is asked for; UsageError where it is a terminal, which would wait for someone to type."""
    if paths and STDIN not in paths:
        return b""
    if sys.stdin is None:
        raise click.UsageError("standard input is closed: give files or directories, or pipe manifests in")
    if sys.stdin.isatty():
        raise click.UsageError("standard input is a terminal: give files, directories, or pipe manifests in")
    return sys.stdin.buffer.read()
