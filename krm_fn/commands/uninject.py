"""``krm-fn uninject``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from krm_fn.commands.options import paths_argument, read_paths
from krm_fn.commands.output import write_out
from krm_fn.commands.telling import say
from krm_fn.files.package import STDIN, UnreadableError
from krm_fn.files.write import write_all
from krm_fn.krm.source import InputError
from krm_fn.record import Record
from krm_fn.report import plural
from krm_fn.uninject import uninject as take_out

if TYPE_CHECKING:
    from krm_fn.files.package import File
    from krm_fn.uninject import Uninjected


class _Undone(Record):
    """A file and what it is without sidecars."""

    file: File
    found: Uninjected


@click.command()
@paths_argument
@click.option("-i", "--in-place", is_flag=True, help="Write the files anew instead of printing them.")
@click.option("--force", is_flag=True, help="Also take out what has been edited by hand since krm-fn wrote it.")
def uninject(paths: tuple[str, ...], in_place: bool, force: bool) -> int:
    """Take the sidecars out that krm-fn wrote in manual mode.

    Reads files, directories, or standard input: plain documents or a ResourceList. Everything that injection rewrote
    (probes, annotations) is as it was before. Sidecars that someone else wrote stay. Exit code 1: some sidecar had to
    stay.

    \b
    Examples:
      krm-fn uninject deployment.yaml | kubectl apply -f -
      krm-fn uninject --in-place apps/
      kpt fn source DIR | krm-fn uninject | kpt fn sink NEW
    """
    package = read_paths(paths or (STDIN,))
    for note in package.notes:
        say(note)
    if len(package.files) != 1 and not in_place:
        raise click.UsageError("several files can only be written back: add --in-place, or give one file")
    undone = [_undone(file, force) for file in package.files]
    if in_place:
        _write_back(undone)
    else:
        write_out(_bytes(undone[0]))
    for each in undone:
        _tell(each)
    if not any(each.found.removed or each.found.left for each in undone):
        say("there is no sidecar that krm-fn wrote")
    return int(any(each.found.left for each in undone))


def _undone(file: File, force: bool) -> _Undone:
    try:
        return _Undone(file, take_out(file.source.text, force))
    except InputError as error:
        raise UnreadableError([f"{file.name}: {error}"]) from None


def _bytes(undone: _Undone) -> bytes:
    return undone.file.bom + undone.found.text.encode()


def _write_back(undone: list[_Undone]) -> None:
    if any(each.file.path is None for each in undone):
        raise click.UsageError("--in-place needs files: standard input has none to write to")
    changed = [each for each in undone if _bytes(each) != each.file.raw]
    texts = {each.file.path: _bytes(each) for each in changed if each.file.path}
    write_all(texts, {each.file.path: each.file.raw for each in changed if each.file.path})


def _tell(undone: _Undone) -> None:
    name, found = undone.file.name, undone.found
    for note in (*found.notes, *found.left):
        say(f"{name}: {note}")
    if found.removed or found.left:
        say(f"{name}: {plural(found.removed, 'sidecar')} taken out")
