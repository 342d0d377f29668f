"""``krm-fn diff``."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from krm_fn.commands.options import package_options, previewed
from krm_fn.commands.output import color_option, is_colored, write_out
from krm_fn.commands.telling import tell
from krm_fn.files.preview import STREAM_FILE, FileChange
from krm_fn.files.unified import unified
from krm_fn.report import plural

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from krm_fn.files.preview import Preview

SAME, CHANGES, ERROR = 0, 1, 2  # as `diff` and `kubectl diff` have it

# How git colours the lines of a diff: as terminals are told to (ECMA-48, "select graphic rendition").
PLAIN, BOLD, CYAN, RED, GREEN = (b"\x1b[%dm" % number for number in (0, 1, 36, 31, 32))
COLORS = {b"@": CYAN, b"-": RED, b"+": GREEN}


@click.command()
@package_options
@color_option
def diff(
    paths: tuple[str, ...], config: Path | None, kustomize: Path | None, kustomize_args: tuple[str, ...], color: str
) -> int:
    """Show what render would change, and write nothing.

    The answer is one unified diff of all files, which `git apply` and `patch -p1` take. Its paths start at the current
    directory; files elsewhere have their path in the package.

    Exit codes: 0 nothing would change; 1 something would; 2 errors in the manifests, or unreadable.

    \b
    Examples:
      krm-fn diff apps/
      krm-fn diff apps/ | git apply
      krm-fn diff --kustomize overlays/prod
    """
    found = previewed(paths, config, kustomize, kustomize_args)
    if found.outcome.exit_code:
        tell(found)
        return ERROR
    changes = [change for change in _changes(found) if change.before != change.after]
    colored = is_colored(color)
    write_out(b"".join(_colored(lines) if colored else b"".join(lines) for lines in map(_lines, changes)))
    tell(found, _closing(changes))
    return CHANGES if changes else SAME


def _changes(found: Preview) -> list[FileChange]:
    """The files that change; a stream is one file, to which new documents are added."""
    files = found.package.files
    if any(file.path is not None for file in files):
        return found.changes()
    outcome, (file,) = found.outcome, files
    if not (outcome.changed or outcome.removed or outcome.added):
        return []
    after = file.bom + found.stream(with_tool_files=True).removeprefix(file.bom)
    return [FileChange(STREAM_FILE, None, STREAM_FILE, file.raw, after)]


def _lines(change: FileChange) -> list[bytes]:
    return unified(_name(change), change.before, change.after)


def _name(change: FileChange) -> str:
    """The path from the current directory, or the one in the package where that lies elsewhere."""
    if change.path is None:
        return change.relative
    name = os.path.relpath(change.path)
    return change.relative if name.split(os.sep)[0] == os.pardir else name


def _colored(lines: Iterable[bytes]) -> bytes:
    return b"".join(_painted(line, in_header=position < 2) for position, line in enumerate(lines))


def _painted(line: bytes, in_header: bool) -> bytes:
    """A line in its colour, which ends before the line does."""
    color = BOLD if in_header else COLORS.get(line[:1])
    text = line.rstrip(b"\r\n")
    return color + text + PLAIN + line[len(text) :] if color else line


def _closing(changes: list[FileChange]) -> str:
    """How many files would change, in words."""
    if not changes:
        return "nothing would change"
    numbers = (
        (sum(c.before is not None and c.after is not None for c in changes), "change"),
        (sum(c.before is None for c in changes), "be new"),
        (sum(c.after is None for c in changes), "be deleted"),
    )
    return ", ".join(f"{plural(number, 'file')} would {verb}" for number, verb in numbers if number)
