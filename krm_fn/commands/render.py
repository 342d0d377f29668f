"""``krm-fn render``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from krm_fn import report
from krm_fn.commands.options import package_options, previewed
from krm_fn.commands.output import write_out
from krm_fn.commands.progress import progress
from krm_fn.commands.telling import say, tell
from krm_fn.files.find import FileError
from krm_fn.files.preview import STREAM_FILE
from krm_fn.files.write import write_all
from krm_fn.report import plural

if TYPE_CHECKING:
    from collections.abc import Container

    from krm_fn.files.preview import Preview


@click.command()
@package_options
@click.option(
    "-o",
    "--output-dir",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write the whole package, changed or not, into a directory: a new one, or that of an earlier run.",
)
@click.option("-i", "--in-place", is_flag=True, help="Write the changed files back: all of them, or none on any error.")
@click.option("--dry-run", is_flag=True, help="With --in-place or --output-dir: only say which files would be written.")
@click.option(
    "--local-config", is_flag=True, help="Keep in the stream what no cluster takes: items for review, Kptfiles, ..."
)
def render(
    paths: tuple[str, ...],
    config: Path | None,
    kustomize: Path | None,
    kustomize_args: tuple[str, ...],
    output_dir: Path | None,
    in_place: bool,
    dry_run: bool,
    local_config: bool,
) -> int:
    """Print manifests as they would be in the mesh, or write them.

    PATHs are YAML and JSON files, directories (recursively, less what .krmignore and .gitignore leave out), or - for
    standard input; default: the current directory. The answer is one stream of documents for `kubectl apply -f -`,
    without what no cluster takes. Documents that do not change leave byte for byte as they came.

    Exit codes: 0 fine, also with warnings; 1 errors in the manifests, nothing is written; 2 unreadable.

    \b
    Examples:
      krm-fn render apps/ | kubectl apply -f -
      kustomize build overlays/prod | krm-fn render -c mesh-setup.yaml -
      krm-fn render --in-place .
      krm-fn render --kustomize overlays/prod --output-dir rendered/prod
    """
    if in_place and output_dir:
        raise click.UsageError("--in-place and --output-dir exclude each other")
    if dry_run and not (in_place or output_dir):
        raise click.UsageError("--dry-run goes with --in-place or --output-dir: printing changes no file anyway")
    found = previewed(paths, config, kustomize, kustomize_args)
    if in_place:
        _write_back(found, dry_run)
    elif output_dir:
        _write_copy(found, output_dir, dry_run)
    else:
        write_out(found.stream(local_config))
    tell(found, _closing(found, in_place or output_dir is not None, dry_run, local_config))
    return found.outcome.exit_code


def _closing(found: Preview, to_files: bool, dry_run: bool, local_config: bool) -> str:
    """What came of it, and where it all went."""
    words = report.summary_line(found.outcome).removeprefix(f"{report.PROGRAM}: ")
    if found.outcome.exit_code:
        return words
    if dry_run:
        return f"{words}; nothing was written: this was a dry run"
    left_out = 0 if to_files or local_config or found.package.is_resource_list else len(found.left_out())
    return f"{words}; {plural(left_out, 'document')} left out that only tools read" if left_out else words


def _write_back(found: Preview, dry_run: bool) -> None:
    """Write changed, new and unwanted files of the package itself."""
    if any(file.path is None for file in found.package.files):
        raise click.UsageError("--in-place needs files: what comes through a pipe has none to write to")
    changes = found.changes()
    if not dry_run:
        paths = {change.path: change for change in changes if change.path is not None}
        with progress(f"writing {plural(len(paths), 'file')}"):
            write_all({path: c.after for path, c in paths.items()}, {path: c.before for path, c in paths.items()})
    for change in changes:
        _announce("write" if change.after is not None else "delete", change.name, dry_run)


def _write_copy(found: Preview, directory: Path, dry_run: bool) -> None:
    """Write every file of the package, as it would be, below a directory."""
    if found.outcome.exit_code:
        return
    texts = _copies(found)
    before = _contents(directory, texts, found)
    changed = {directory / name: text for name, text in texts.items() if before.get(name) != text}
    if not dry_run:
        with progress(f"writing {plural(len(changed), 'file')}"):
            write_all(changed, {path: before.get(os.path.relpath(path, directory)) for path in changed})
    for path in changed:
        _announce("write", str(path), dry_run)


def _copies(found: Preview) -> dict[str, bytes | None]:
    """What each file of the package would be, by its path in the package; what goes is left out."""
    if all(file.path is None for file in found.package.files):
        return {STREAM_FILE: found.stream(with_tool_files=True)}
    changes = {change.relative: change.after for change in found.changes()}
    texts: dict[str, bytes | None] = {}
    for file in found.package.files:
        name = file.relative or STREAM_FILE
        if name in texts:
            raise FileError(f"two files would become {name}: render them into directories of their own")
        texts[name] = changes.get(name, file.raw)
    texts |= changes
    return {name: text for name, text in texts.items() if text is not None}


def _contents(directory: Path, texts: Container[str], found: Preview) -> dict[str, bytes]:
    """What an earlier run has left in the directory; refuses one that holds, or is, anything else."""
    if not directory.exists():
        return {}
    if any(_is_below(file.path, directory) for file in found.package.files if file.path is not None):
        raise FileError(f"{directory} holds files of the package itself: name another directory, or use --in-place")
    names = {os.path.relpath(path, directory): path for path in directory.rglob("*") if not path.is_dir()}
    strange = sorted(name for name in names if name not in texts)
    if strange:
        some = ", ".join(strange[:3]) + (", ..." if len(strange) > 3 else "")
        raise FileError(f"{directory} holds what this run does not write ({some}): name a new directory, or clear it")
    return {name: path.read_bytes() for name, path in names.items()}


def _is_below(path: Path, directory: Path) -> bool:
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(directory))


def _announce(verb: str, name: str, dry_run: bool) -> None:
    done = {"write": "wrote", "delete": "deleted"}[verb]
    say(f"{f'would {verb}' if dry_run else done} {name}")
