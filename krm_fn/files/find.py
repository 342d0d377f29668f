"""Which files a package consists of: YAML and JSON below a directory, less what its ignore files leave out.

``.gitignore`` counts as git reads it, ``.krmignore`` as kpt does: same syntax, any directory may hold one, it speaks
for the files below it, and the last pattern that matches wins. A directory that is named counts even where a directory
above it ignores it. Symbolic links are not followed: one that stays inside the package would make its target count
twice, one that leads out would let a package write to what is not its own.
"""

from __future__ import annotations

import os
from pathlib import Path

from pathspec import GitIgnoreSpec

from krm_fn.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

IGNORE_FILES = (".gitignore", ".krmignore")
SUFFIXES = (".yaml", ".yml", ".json")
NAMES = ("Kptfile",)  # YAML without a suffix
CHART = "Chart.yaml"  # what stands beside it in these directories is no YAML yet, or another chart
CHART_DIRECTORIES = ("templates", "charts")
NEVER = (".git", ".hg", ".svn")


class FileError(Exception):
    """A file or directory that cannot be taken in; the message names it."""


class Found(Record):
    """The files of a package in order, and what was left out on the way, in words for people.

    `ignored` is the number of manifests and directories that ignore files left out.
    """

    files: tuple[Path, ...]
    notes: tuple[str, ...] = ()
    ignored: int = 0


class _Rules(Record):
    """The patterns of one ignore file, and its directory's absolute path with a slash at the end."""

    directory: str
    spec: GitIgnoreSpec


class _Level(Record):
    """A directory on the walk: its path as it was named, the real one, and the ignore files that speak for it."""

    path: Path
    real: str
    rules: tuple[_Rules, ...]


def find(directory: Path) -> Found:
    """List the YAML and JSON files below a directory, sorted by path.

    Raises FileError where a directory or an ignore file cannot be read, or a symbolic link leads out of the directory.
    """
    walk = _Walk(directory)
    walk.run()
    return Found(tuple(sorted(walk.files)), tuple(walk.notes), walk.ignored)


class _Walk:
    """A walk over a directory, level by level: a deep tree must not end in Python's limit on recursion."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.top = os.path.realpath(directory)
        self.files: list[Path] = []
        self.notes: list[str] = []
        self.ignored = 0

    def run(self) -> None:
        levels = [_Level(self.directory, self.top, _rules_above(self.top))]
        while levels:
            levels.extend(reversed(self._below(levels.pop())))

    def _below(self, level: _Level) -> list[_Level]:
        """Take in the files of a directory, and return the directories in it."""
        rules = (*level.rules, *_rules_in(level.real))
        entries = _entries(level.path)
        is_chart = any(entry.name == CHART for entry in entries)
        below = []
        for entry in entries:
            name = entry.name
            real = f"{level.real.rstrip('/')}/{name}"
            is_directory = entry.is_dir(follow_symlinks=False)
            is_link = entry.is_symlink()
            if name in NEVER or not (is_directory or is_link or (_is_manifest(name) and entry.is_file())):
                continue
            if _is_ignored(real, rules, is_directory):
                self.ignored += is_directory or _is_manifest(name)
            elif is_link:
                self._link(level.path / name)
            elif not is_directory:
                self.files.append(level.path / name)
            elif is_chart and name in CHART_DIRECTORIES:
                self.notes.append(f"{level.path / name}: a Helm chart's {name} are left out: render the chart first")
            else:
                below.append(_Level(level.path / name, real, rules))
        return below

    def _link(self, path: Path) -> None:
        """Tell of a link to a manifest or a directory; refuse a manifest from outside of the package."""
        target = os.path.realpath(path)
        if not os.path.exists(target):
            if _is_manifest(path.name):
                self.notes.append(f"{path}: a symbolic link that leads nowhere is left out")
        elif os.path.isdir(target):
            self.notes.append(f"{path}: a symbolic link to a directory is not followed")
        elif _is_manifest(path.name):
            if os.path.commonpath((target, self.top)) != self.top:
                raise FileError(
                    f"{path} is a symbolic link to {target}, out of the package: "
                    "name that file as an argument, copy it in, or list the link in .krmignore"
                )
            self.notes.append(f"{path}: a symbolic link inside the package is not followed")


def _entries(directory: Path) -> list[os.DirEntry[str]]:
    """What a directory holds, sorted by name."""
    try:
        with os.scandir(directory) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        raise FileError(
            f"{directory} cannot be read: {error.strerror or error}; list it in .krmignore to leave it out"
        ) from None


def _is_manifest(name: str) -> bool:
    return name.endswith(SUFFIXES) or name in NAMES


def _is_ignored(real: str, rules: Iterable[_Rules], is_directory: bool) -> bool:
    """Whether the last pattern that matches says so, the nearest ignore file having the last word."""
    ignored = False
    name = f"{real}/" if is_directory else real
    for rule in rules:
        verdict = rule.spec.check_file(name[len(rule.directory) :]).include
        ignored = ignored if verdict is None else verdict
    return ignored


def _rules_above(top: str) -> tuple[_Rules, ...]:
    """git reads the ignore files of all directories from the repository's top down."""
    above = [Path(top), *Path(top).parents]
    repository = next((i for i, parent in enumerate(above) if os.path.lexists(parent / ".git")), 0)
    rules = tuple(rule for parent in reversed(above[1 : repository + 1]) for rule in _rules_in(str(parent)))
    return () if _is_ignored(top, rules, True) else rules


def _rules_in(directory: str) -> Iterator[_Rules]:
    for name in IGNORE_FILES:
        file = os.path.join(directory, name)
        if os.path.isfile(file):
            yield _Rules(f"{directory.rstrip('/')}/", _spec(_lines(file)))


def _lines(file: str) -> list[str]:
    """The lines of an ignore file, as git sees them."""
    try:
        with open(file, encoding="utf-8-sig", errors="surrogateescape", newline="\n") as stream:
            return [line.rstrip("\r\n") for line in stream]
    except OSError as error:
        raise FileError(f"{file} cannot be read: {error.strerror or error}") from None


def _spec(lines: list[str]) -> GitIgnoreSpec:
    """The patterns of an ignore file; git passes over those that mean nothing."""
    try:
        return GitIgnoreSpec.from_lines(lines)
    except ValueError:
        return GitIgnoreSpec.from_lines([line for line in lines if _is_pattern(line)])


def _is_pattern(line: str) -> bool:
    try:
        GitIgnoreSpec.from_lines([line])
    except ValueError:
        return False
    return True
