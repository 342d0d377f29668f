"""krm_fn.files.write: all files or none, whole, with their permissions, and no litter."""

from __future__ import annotations

import errno
import fcntl
import os
import resource
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from krm_fn.files.find import FileError
from krm_fn.files.interrupt import Interrupted, held_signals
from krm_fn.files.write import FOLDER, write_all
from krm_fn.krm.generated import file_of

OLD = {"a.yaml": b"a: 1\n", "b.yaml": b"b: 1\n", "krm-fn/c.yaml": b"c: 1\n"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in OLD.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(text)
    return tmp_path


def contents(root: Path) -> dict[str, bytes]:
    """Every file below a directory, and empty directories as such."""
    paths = sorted(root.rglob("*"))
    files = {str(path.relative_to(root)): path.read_bytes() for path in paths if path.is_file()}
    return files | {f"{path.relative_to(root)}/": b"" for path in paths if path.is_dir() and not any(path.iterdir())}


def everything(root: Path) -> tuple[dict[Path, bytes | None], dict[Path, bytes | None]]:
    """One file changed, one deleted, one new in a new directory; and what they were."""
    texts: dict[Path, bytes | None] = {
        root / "a.yaml": b"a: 2\n",
        root / "b.yaml": None,
        root / "new" / "deep" / "d.yaml": b"d: 1\n",
        root / "krm-fn" / "c.yaml": b"c: 2\n",
    }
    return texts, {path: OLD.get(str(path.relative_to(root))) for path in texts}


def test_changed_deleted_and_new_files(root: Path) -> None:
    write_all(*everything(root))
    assert contents(root) == {"a.yaml": b"a: 2\n", "new/deep/d.yaml": b"d: 1\n", "krm-fn/c.yaml": b"c: 2\n"}


def test_nothing_to_write_touches_nothing(root: Path) -> None:
    write_all({})
    assert contents(root) == OLD


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o755, 0o444])
def test_permissions_stay(root: Path, mode: int) -> None:
    (root / "a.yaml").chmod(mode)
    write_all({root / "a.yaml": b"new"})
    assert stat.S_IMODE((root / "a.yaml").stat().st_mode) == mode


def test_a_new_file_has_the_permissions_that_any_new_file_has(root: Path) -> None:
    before = os.umask(0o027)
    try:
        write_all({root / "n.yaml": b""})
    finally:
        os.umask(before)
    assert stat.S_IMODE((root / "n.yaml").stat().st_mode) == 0o640


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_the_owner_stays(root: Path) -> None:
    os.chown(root / "a.yaml", 12345, 54321)
    write_all({root / "a.yaml": b"new"})
    assert ((root / "a.yaml").stat().st_uid, (root / "a.yaml").stat().st_gid) == (12345, 54321)


def test_a_link_is_written_through(root: Path) -> None:
    (root / "link.yaml").symlink_to("a.yaml")
    write_all({root / "link.yaml": b"new"}, {root / "link.yaml": OLD["a.yaml"]})
    assert (root / "link.yaml").is_symlink()
    assert (root / "a.yaml").read_bytes() == b"new"


@pytest.mark.parametrize("name", ["with space.yaml", "new\nline.yaml", "\udcff.yaml", "é.yaml", f"{'x' * 250}.yaml"])
def test_names(root: Path, name: str) -> None:
    write_all({root / name: b"1"})
    write_all({root / name: b"2"}, {root / name: b"1"})
    assert (root / name).read_bytes() == b"2"


# --- generated files --------------------------------------------------------------------------------------------------


def test_the_folder_is_that_of_generated_files() -> None:
    assert file_of({"kind": "Dataplane", "metadata": {"name": "x"}}).split("/")[0] == FOLDER


@pytest.mark.parametrize(("others", "stays"), [([], False), (["other.yaml"], True)])
def test_the_folder_of_generated_files_goes_with_the_last_of_them(root: Path, others: list[str], stays: bool) -> None:
    for name in others:
        (root / FOLDER / name).write_bytes(b"")
    write_all({root / FOLDER / "c.yaml": None})
    assert (root / FOLDER).exists() is stays


def test_another_folder_stays_when_it_becomes_empty(root: Path) -> None:
    (root / "own").mkdir()
    (root / "own" / "x.yaml").write_bytes(b"")
    write_all({root / "own" / "x.yaml": None})
    assert (root / "own").is_dir()


# --- what goes wrong --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "by_another", "words"),
    [
        ("a.yaml", b"a: 3\n", "a.yaml was changed by someone else in the meantime; nothing was written"),
        ("b.yaml", b"", "b.yaml was changed by someone else in the meantime"),
        ("a.yaml", None, "a.yaml was changed by someone else in the meantime"),
        ("new/deep/d.yaml", b"", "d.yaml is there already and is none of the package's files"),
    ],
)
def test_what_another_wrote_is_not_lost(root: Path, name: str, by_another: bytes | None, words: str) -> None:
    texts, expected = everything(root)
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if by_another is None:
        path.unlink()
    else:
        path.write_bytes(by_another)
    before = contents(root)
    with pytest.raises(FileError, match=words):
        write_all(texts, expected)
    assert contents(root) == before


def fails_at(number: int, function: Callable[..., None], code: int) -> Callable[..., None]:
    """The function, which fails at its n-th call."""
    calls = iter(range(1, 1000))

    def failing(*arguments: object, **options: object) -> None:
        if next(calls) == number:
            raise OSError(code, os.strerror(code), "some temporary name")
        function(*arguments, **options)

    return failing


@pytest.mark.parametrize("name", ["replace", "fsync", "chmod"])
@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_failure_at_any_step_leaves_all_as_it_was(
    root: Path, monkeypatch: pytest.MonkeyPatch, name: str, number: int
) -> None:
    monkeypatch.setattr(os, name, fails_at(number, getattr(os, name), errno.ENOSPC))
    with pytest.raises(FileError, match=r"/(a|d|c)\.yaml: No space left on device; nothing was written"):
        write_all(*everything(root))
    assert contents(root) == OLD


def test_a_deletion_that_fails_leaves_all_as_it_was(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unlink = Path.unlink

    def refusing(path: Path, missing_ok: bool = False) -> None:
        if path.name == "b.yaml":
            raise PermissionError(errno.EPERM, "Operation not permitted", str(path))
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", refusing)
    with pytest.raises(FileError, match=r"b\.yaml: Operation not permitted; nothing was written"):
        write_all(*everything(root))
    assert contents(root) == OLD


def test_without_hard_links_a_failure_is_put_right_too(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_arguments: object) -> None:
        raise OSError(errno.EOPNOTSUPP, "Operation not supported")

    monkeypatch.setattr(os, "link", no_links)
    monkeypatch.setattr(os, "replace", fails_at(3, os.replace, errno.EIO))
    with pytest.raises(FileError, match="nothing was written"):
        write_all(*everything(root))
    assert contents(root) == OLD


def test_what_cannot_be_put_back_is_named(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replace, calls = os.replace, iter(range(100))

    def once(source: Path, target: Path) -> None:
        if next(calls):
            raise OSError(errno.EIO, "Input/output error")
        replace(source, target)

    monkeypatch.setattr(os, "replace", once)
    with pytest.raises(FileError, match=r"failed midway, and these files could not be put back: .*a\.yaml$"):
        write_all({root / "a.yaml": b"new", root / "b.yaml": b"new"})


def test_a_file_size_limit(root: Path) -> None:
    """The same as a full disk, for those who may not mount a small one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(FileError, match=r"b\.yaml: File too large; nothing was written"):
            write_all({root / "a.yaml": b"new", root / "b.yaml": b"x" * 2000})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert contents(root) == OLD


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    directory = tmp_path / "disk"
    directory.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(directory)]
    try:
        mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except OSError:
        mounted = False
    if not mounted:
        pytest.skip("no file system may be mounted here")
    yield directory
    subprocess.run(["umount", str(directory)], check=True)


def test_a_full_disk(small_disk: Path) -> None:
    (small_disk / "a.yaml").write_bytes(b"a: 1\n")
    (small_disk / "b.yaml").write_bytes(b"b: 1\n")
    with pytest.raises(FileError, match=r"b\.yaml: No space left on device; nothing was written"):
        write_all({small_disk / "a.yaml": b"new", small_disk / "b.yaml": b"x" * 100_000})
    assert contents(small_disk) == {"a.yaml": b"a: 1\n", "b.yaml": b"b: 1\n"}


@pytest.fixture
def ordinary_user() -> Iterator[None]:
    """A user to whom file permissions mean something."""
    if os.geteuid() != 0:
        yield
        return
    os.setegid(65534)
    os.seteuid(65534)
    yield
    os.seteuid(0)
    os.setegid(0)


@pytest.mark.usefixtures("ordinary_user")
def test_a_directory_that_may_not_be_written() -> None:
    with tempfile.TemporaryDirectory() as name:  # the one of pytest is closed to others
        root = Path(name)
        (root / "closed").mkdir()
        (root / "a.yaml").write_bytes(b"a")
        (root / "closed" / "b.yaml").write_bytes(b"b")
        (root / "closed").chmod(0o555)
        with pytest.raises(FileError, match=r"closed/b\.yaml: Permission denied; nothing was written"):
            write_all({root / "a.yaml": b"new", root / "closed" / "b.yaml": b"new", root / "new" / "c.yaml": b"new"})
        assert contents(root) == {"a.yaml": b"a", "closed/b.yaml": b"b"}
        (root / "closed").chmod(0o755)


@pytest.mark.parametrize("name", ["pipe.yaml", "krm-fn", "a.yaml/below.yaml"])
def test_what_is_no_file_is_not_replaced(root: Path, name: str) -> None:
    os.mkfifo(root / "pipe.yaml")
    before = sorted(path.name for path in root.rglob("*"))
    with pytest.raises(FileError, match="nothing was written"):
        write_all({root / "b.yaml": b"new", root / name: b"new"})
    assert sorted(path.name for path in root.rglob("*")) == before
    assert (root / "b.yaml").read_bytes() == OLD["b.yaml"]


# --- two writers, and signals -----------------------------------------------------------------------------------------


def test_two_runs_do_not_write_at_once(root: Path) -> None:
    handle = os.open(root, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    with pytest.raises(FileError, match=r"another run is writing to .* now; nothing was written: run again"):
        write_all(*everything(root))
    assert contents(root) == OLD
    os.close(handle)
    write_all(*everything(root))
    assert contents(root) != OLD


STOPPED = """
import os, signal, sys, time
from pathlib import Path
from krm_fn.files import write
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)  # under nohup, too
step, moment = getattr(os, sys.argv[2]), sys.argv[3]
calls = []
def slow(*arguments, **options):
    calls.append(arguments)
    if len(calls) == 2:
        Path(moment).touch()
        while not Path(moment).with_name("go on").exists():
            time.sleep(0.01)
    return step(*arguments, **options)
setattr(write.os, sys.argv[2], slow)
root = Path(sys.argv[1])
write.write_all({root / name: b"new" for name in ("a.yaml", "b.yaml", "krm-fn/c.yaml", "d/d.yaml")})
time.sleep(20)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
@pytest.mark.parametrize(("step", "is_written"), [("fsync", False), ("replace", True)])
def test_a_signal_leaves_all_files_old_or_all_new(
    root: Path, tmp_path_factory: pytest.TempPathFactory, step: str, is_written: bool, number: int
) -> None:
    moment = tmp_path_factory.mktemp("moment") / "now"
    process = subprocess.Popen([sys.executable, "-c", STOPPED, str(root), step, str(moment)], stderr=subprocess.PIPE)
    while not moment.exists() and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(number)
    moment.with_name("go on").touch()
    process.communicate(timeout=60)
    assert process.returncode == -number
    new = dict.fromkeys(["a.yaml", "b.yaml", "krm-fn/c.yaml", "d/d.yaml"], b"new")
    assert contents(root) == (new if is_written else OLD)


def test_signals_that_are_ignored_stay_ignored(root: Path) -> None:
    """Under nohup a closed terminal is no reason to stop."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with held_signals() as held:
            os.kill(os.getpid(), signal.SIGHUP)
            held.check()
        write_all({root / "a.yaml": b"new"})
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
    assert (root / "a.yaml").read_bytes() == b"new"


def test_a_signal_is_held_until_the_end_of_the_block() -> None:
    came: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: came.append(number))
    try:
        with held_signals() as held:
            os.kill(os.getpid(), signal.SIGTERM)
            with pytest.raises(Interrupted):
                held.check()
            assert came == []
        assert came == [signal.SIGTERM]
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_thread_holds_no_signals(root: Path) -> None:
    thread = threading.Thread(target=write_all, args=({root / "a.yaml": b"new"},))
    thread.start()
    thread.join()
    assert (root / "a.yaml").read_bytes() == b"new"
