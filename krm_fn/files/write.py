"""Writing files so that none is ever half written, and all or none of a set change.

Every new text goes to a file beside its target first and onto the disk; only when all of them stand there are they
renamed over their targets, which is one step for each file. What a target was before stays beside it as a hard link
until all of them are done, so that a failure on the way is put right again. A signal to end is obeyed when the files
are whole; only ``kill -9`` or a power cut between two renames leaves some files new and others old.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path

from krm_fn.files.find import FileError
from krm_fn.files.interrupt import held_signals
from krm_fn.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

NEW_FILE_MODE = 0o644
FOLDER = "krm-fn"  # where generated files go (krm_fn.krm.generated.file_of)
SYNCING = 16  # files that are on their way to the disk at the same time
UNFINISHED = ".krm-fn"  # suffix of what stands beside a target while it is written; no suffix of a manifest


class _Step(Record):
    """A target, the file with its new text (None: it is to go), and the one that keeps what it was (None: nothing)."""

    path: Path
    target: Path
    unfinished: Path | None
    kept: Path | None


def write_all(texts: Mapping[Path, bytes | None], expected: Mapping[Path, bytes | None] | None = None) -> None:
    """Write each text to its path, or delete the file where the text is None; nothing is written if any of it fails.

    Permissions are kept, links written through, directories made as they are needed; the directory of generated files
    goes with its last file. `expected` are the bytes that a file had when it was read (None: there was no file): if
    someone else has written since, nothing happens. Raises FileError that says what stopped it.
    """
    if texts:
        with held_signals() as held, _lock(texts):
            writing = _Writing(dict(expected or {}))
            try:
                for path, text in texts.items():
                    held.check()
                    writing.prepare(path, text)
                writing.to_disk()
                writing.check()
                held.check()
                writing.carry_out()
            except OSError as error:
                raise FileError(f"{_name(error, texts)}: {error.strerror or error}; nothing was written") from None
            finally:
                writing.clean()


class _Writing:
    """A set of files on the way to the disk."""

    def __init__(self, expected: dict[Path, bytes | None]) -> None:
        self.expected = expected
        self.steps: list[_Step] = []
        self.litter: list[Path] = []
        self.made: list[Path] = []
        self.done = False

    def prepare(self, path: Path, text: bytes | None) -> None:
        """Put a new text beside its target, and a link to what the target is."""
        target = Path(os.path.realpath(path))
        self._make_directory(target.parent)
        with _naming(path):
            unfinished = None if text is None else self._unfinished(target, text)
            kept = self._kept(target)
        self.steps.append(_Step(path, target, unfinished, kept))

    def to_disk(self) -> None:
        """Wait until the new texts are on the disk: several at once, because each wait is one for the disk's turn."""
        from concurrent.futures import ThreadPoolExecutor  # not quick to import, and most runs write nothing

        with ThreadPoolExecutor(SYNCING) as pool:
            for _ in pool.map(_sync, self.steps):
                pass

    def check(self) -> None:
        """Refuse to overwrite what another program wrote after it was read."""
        for path in self.expected:
            self._check(path)

    def carry_out(self) -> None:
        """Put every new text in its place; what was put is taken back if one of them cannot be."""
        started: list[_Step] = []
        try:
            for step in self.steps:
                self._check(step.path)
                started.append(step)
                with _naming(step.path):
                    if step.unfinished is not None:
                        os.replace(step.unfinished, step.target)
                    else:
                        step.target.unlink(missing_ok=True)
        except (OSError, FileError):
            _take_back(started)
            raise
        self.done = True

    def clean(self) -> None:
        """Leave nothing but the files: no links, no unfinished texts, no directory that is empty now."""
        for path in self.litter:
            with suppress(OSError):
                path.unlink(missing_ok=True)
        for directory in reversed(self.made) if not self.done else ():
            with suppress(OSError):
                directory.rmdir()
        for parent in {step.target.parent for step in self.steps if self.done and step.unfinished is None}:
            if parent.name == FOLDER:
                with suppress(OSError):  # it holds other files
                    parent.rmdir()

    def _check(self, path: Path) -> None:
        if path in self.expected:
            try:
                now = path.read_bytes()
            except FileNotFoundError:
                now = None
            if now != self.expected[path]:
                raise FileError(
                    f"{path} was changed by someone else in the meantime; nothing was written: run again"
                    if self.expected[path] is not None
                    else f"{path} is there already and is none of the package's files; nothing was written: "
                    "move it away, or take it out of the ignore file that hides it"
                )

    def _make_directory(self, directory: Path) -> None:
        missing = []
        while not directory.exists():
            missing.append(directory)
            directory = directory.parent
        for each in reversed(missing):
            each.mkdir()
            self.made.append(each)

    def _unfinished(self, target: Path, text: bytes) -> Path:
        """A file with a new text, with its target's permissions and owner."""
        handle, name = tempfile.mkstemp(prefix=".", suffix=UNFINISHED, dir=target.parent)
        self.litter.append(Path(name))
        with os.fdopen(handle, "wb") as file:
            file.write(text)
        try:
            before = target.stat()
        except FileNotFoundError:
            os.chmod(name, NEW_FILE_MODE & ~_umask())
            return Path(name)
        if not stat.S_ISREG(before.st_mode):
            raise OSError(0, "it is no ordinary file")
        made = os.stat(name)
        if (before.st_uid, before.st_gid) != (made.st_uid, made.st_gid):
            with suppress(OSError):  # only root may give files away
                os.chown(name, before.st_uid, before.st_gid)
        os.chmod(name, stat.S_IMODE(before.st_mode))
        return Path(name)

    def _kept(self, target: Path) -> Path | None:
        """A second name for what the target is now; a copy where the file system has no hard links."""
        if not target.exists():
            return None
        kept = Path(tempfile.mktemp(prefix=".", suffix=UNFINISHED, dir=target.parent))
        self.litter.append(kept)
        try:
            os.link(target, kept)
        except OSError:
            shutil.copy2(target, kept)
        return kept


def _sync(step: _Step) -> None:
    if step.unfinished is not None:
        with _naming(step.path):
            handle = os.open(step.unfinished, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


def _take_back(started: Iterable[_Step]) -> None:
    """Put targets back to what they were."""
    stuck = []
    for step in started:
        try:
            if step.kept is None:
                step.target.unlink(missing_ok=True)
            elif not (step.target.exists() and step.target.samefile(step.kept)):
                os.replace(step.kept, step.target)
        except OSError:
            stuck.append(str(step.path))
    if stuck:
        raise FileError(f"writing failed midway, and these files could not be put back: {', '.join(stuck)}")


@contextmanager
def _lock(texts: Mapping[Path, bytes | None]) -> Iterator[None]:
    """Keep other runs out of the directory that holds all the files, while they are written."""
    directory = Path(os.path.commonpath([os.path.dirname(os.path.realpath(path)) for path in texts]))
    while not directory.exists():
        directory = directory.parent
    handle = -1
    try:
        with suppress(OSError):  # a directory that may be written but not read, say
            handle = os.open(directory, os.O_RDONLY)
        if handle >= 0:
            _lock_now(handle, directory)
        yield
    finally:
        if handle >= 0:
            os.close(handle)


def _lock_now(handle: int, directory: Path) -> None:
    try:
        import fcntl
    except ImportError:  # Windows has none: there, comparing the bytes before each step has to do
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise FileError(f"another run is writing to {directory} now; nothing was written: run again") from None
    except OSError:  # a file system without locks
        return


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Let errors name the file that is meant, and not the one beside it."""
    try:
        yield
    except OSError as error:
        error.filename = str(path)
        raise


def _name(error: OSError, texts: Mapping[Path, bytes | None]) -> str:
    return str(error.filename or next(iter(texts)))


def _umask() -> int:
    umask = os.umask(0)
    os.umask(umask)
    return umask
