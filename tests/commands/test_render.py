"""``krm-fn render``: what goes to standard output, to files and to standard error."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from krm_fn.commands.progress import CLEAR
from krm_fn.files.package import Package, read_package
from tests.commands.running import Run, krm_fn

NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n"
MARKED = NAMESPACE + "  labels:\n    kuma.io/sidecar-injection: enabled\n"
CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web, namespace: shop}\n"
SETUP = """\
apiVersion: fn.kuma.io/v1alpha1
kind: MeshSetup
metadata: {name: mesh-setup}
spec:
  injection:
    rules:
    - {target: {kind: Namespace}, inject: true}
"""
EMITS = "  externalNames:\n  - {name: api, namespace: shop, hostname: api.mesh, ports: [{port: 80}]}\n"
WRONG = SETUP + "  zoen: x\n"


def said(run: Run) -> list[str]:
    return run.stderr.decode("utf-8", "backslashreplace").splitlines()


def contents(root: Path) -> dict[str, str]:
    return {str(p.relative_to(root)): p.read_text() for p in sorted(root.rglob("*")) if p.is_file()}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current directory, with a package in it."""
    (tmp_path / "p" / "sub").mkdir(parents=True)
    (tmp_path / "p" / "krm-fn.yaml").write_text(SETUP)
    (tmp_path / "p" / "namespace.yaml").write_text(NAMESPACE)
    (tmp_path / "p" / "sub" / "web.yaml").write_text(CONFIG_MAP)
    monkeypatch.chdir(tmp_path)
    return tmp_path


# --- to standard output -----------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize("paths", [["p"], ["p/"], ["./p/."], ["p", "p/sub", "p"]])
def test_a_stream(paths: list[str]) -> None:
    done = krm_fn("render", *paths)
    assert (done.returncode, done.stdout.decode()) == (0, f"{MARKED}---\n{CONFIG_MAP}")
    assert said(done)[-1].startswith("krm-fn: 1 of ")
    assert said(done)[-1].endswith("krm-fn.yaml)")


def test_the_current_directory_if_nothing_is_named(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root / "p")
    assert krm_fn("render").stdout.decode() == f"{MARKED}---\n{CONFIG_MAP}"


def test_standard_input(root: Path) -> None:
    done = krm_fn("render", "-c", "p/krm-fn.yaml", "-", stdin=NAMESPACE.encode())
    assert (done.returncode, done.stdout.decode()) == (0, MARKED)
    assert said(done) == ["krm-fn: 1 of 1 item changed (configured by p/krm-fn.yaml)"]


def test_the_stream_again_is_the_same(root: Path) -> None:
    once = krm_fn("render", "p").stdout
    assert krm_fn("render", "-c", "p/krm-fn.yaml", "-", stdin=once).stdout == once


@pytest.mark.usefixtures("root")
def test_without_configuration_that_is_said() -> None:
    done = krm_fn("render", "-", stdin=NAMESPACE.encode())
    assert (done.stdout.decode(), done.returncode) == (NAMESPACE, 0)
    assert said(done) == ["krm-fn: 0 of 1 item changed (no functionConfig found, so every setting has its default)"]


def test_local_configuration_is_kept_if_asked_for(root: Path) -> None:
    kinds = [document["kind"] for document in yaml.safe_load_all(krm_fn("render", "--local-config", "p").stdout)]
    assert kinds == ["MeshSetup", "Namespace", "ConfigMap"]


def test_errors_give_1_and_nothing_else(root: Path) -> None:
    (root / "p" / "krm-fn.yaml").write_text(WRONG)
    done = krm_fn("render", "p")
    assert (done.returncode, done.stdout) == (1, b"")
    assert said(done)[0].startswith("p/krm-fn.yaml: error: functionConfig.spec.zoen: ")
    assert said(done)[-1] == "krm-fn: 1 error; nothing was changed (configured by p/krm-fn.yaml)"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere"], "krm-fn: nowhere: no such file or directory"),
        (["empty"], "krm-fn: empty: there is no YAML or JSON file in it"),
        (["-"], "krm-fn: standard input is empty: did what should fill it fail?"),
        (["bad.yaml"], "krm-fn: bad.yaml: line 2"),
        (["-c", "bad.yaml", "p"], "krm-fn: bad.yaml: line 2"),
        (["--config", "nowhere", "p"], "Error: Invalid value for '-c' / '--config': File 'nowhere' does not exist."),
        (["--kustomize", "p", "p"], "Error: PATHs and --kustomize exclude each other"),
        (["--kustomize", "nowhere"], "Error: Invalid value for '-k' / '--kustomize'"),
        (["-i", "-o", "out", "p"], "Error: --in-place and --output-dir exclude each other"),
        (["--dry-run", "p"], "Error: --dry-run goes with --in-place or --output-dir"),
        (["-i", "-"], "Error: --in-place needs files"),
        (["--in-plac", "p"], "Error: No such option '--in-plac'. Did you mean '--in-place'?"),
    ],
)
def test_wrong_usage_and_what_cannot_be_read_give_2(root: Path, arguments: list[str], words: str) -> None:
    (root / "empty").mkdir()
    (root / "bad.yaml").write_text("a: [\n")
    done = krm_fn("render", *arguments, stdin=NAMESPACE.encode() if "-i" in arguments else b"")
    assert (done.returncode, done.stdout) == (2, b"")
    assert any(words in line for line in said(done)), said(done)


def test_what_is_left_out_is_said_in_one_line(root: Path) -> None:
    (root / "p" / "notes.yaml").write_text("a: [\n")
    (root / "p" / "link.yaml").symlink_to("namespace.yaml")
    done = krm_fn("render", "p")
    assert done.stdout.decode() == f"{MARKED}---\n{CONFIG_MAP}"
    assert [line.partition(": it is")[0] for line in said(done)[:-1]] == [
        "krm-fn: p/link.yaml: a symbolic link inside the package is not followed",
        "krm-fn: p/notes.yaml",
    ]


def test_a_link_out_of_the_package_is_refused(root: Path) -> None:
    (root / "outside.yaml").write_text(NAMESPACE)
    (root / "p" / "link.yaml").symlink_to("../outside.yaml")
    done = krm_fn("render", "-i", "p")
    assert (done.returncode, (root / "outside.yaml").read_text()) == (2, NAMESPACE)
    assert "out of the package" in said(done)[0]


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize("arguments", [("render", "p"), ("diff", "p"), ("render", "--help")])
def test_a_reader_that_went_away(arguments: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "krm_fn", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == b"krm-fn: standard output was closed before everything was written\n"
    process.stderr.close()
    assert process.wait(timeout=60) == 2


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize("arguments", ["render p", "diff p"])
@pytest.mark.parametrize(
    ("redirection", "words"), [(">&-", "standard output was closed"), (">/dev/full", "No space left on device")]
)
def test_an_answer_that_cannot_be_written_is_no_success(arguments: str, redirection: str, words: str) -> None:
    command = f"{sys.executable} -m krm_fn {arguments} {redirection}"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_names_do_no_harm_to_terminals(root: Path) -> None:
    name = "a \n\x1b[31m.yaml"
    (root / "p" / name).write_text(NAMESPACE.replace("shop", "red"))
    with open(os.fsencode(root) + b"/p/\xff.yaml", "w") as file:
        file.write(NAMESPACE.replace("shop", "bytes"))
    done = krm_fn("render", "-i", "p")
    assert done.returncode == 0
    assert "krm-fn: wrote p/a \\n\\x1b[31m.yaml" in said(done)
    assert "krm-fn: wrote p/\\udcff.yaml" in said(done)
    assert b"\x1b" not in done.stderr


# --- in place ---------------------------------------------------------------------------------------------------------


def test_in_place_writes_what_changes_and_then_nothing(root: Path) -> None:
    (root / "p" / "krm-fn.yaml").write_text(SETUP + EMITS)
    (root / "p" / "namespace.yaml").chmod(0o640)
    before = contents(root / "p")
    done = krm_fn("render", "--in-place", "p")
    assert (done.returncode, done.stdout) == (0, b"")
    assert said(done)[:2] == ["krm-fn: wrote p/namespace.yaml", "krm-fn: wrote p/krm-fn/service_shop_api.yaml"]
    after = contents(root / "p")
    assert {name for name in after if after[name] != before.get(name)} == {
        "namespace.yaml",
        "krm-fn/service_shop_api.yaml",
    }
    assert after["namespace.yaml"] == MARKED
    assert stat.S_IMODE((root / "p" / "namespace.yaml").stat().st_mode) == 0o640
    times = {path: path.stat().st_mtime_ns for path in (root / "p").rglob("*")}
    again = krm_fn("render", "--in-place", "p")
    assert said(again)[-1].startswith("krm-fn: 0 of 4 items changed")
    assert [line for line in said(again) if "wrote" in line or "deleted" in line] == []
    assert {path: path.stat().st_mtime_ns for path in (root / "p").rglob("*")} == times


def test_what_is_no_longer_wanted_is_deleted(root: Path) -> None:
    (root / "p" / "krm-fn.yaml").write_text(SETUP + EMITS)
    krm_fn("render", "-i", "p")
    (root / "p" / "krm-fn.yaml").write_text(SETUP)
    done = krm_fn("render", "-i", "p")
    assert said(done)[0] == "krm-fn: deleted p/krm-fn/service_shop_api.yaml"
    assert sorted(path.name for path in (root / "p").iterdir()) == ["krm-fn.yaml", "namespace.yaml", "sub"]


def test_single_files_twice(root: Path) -> None:
    (root / "p" / "krm-fn.yaml").write_text(SETUP + EMITS)
    assert krm_fn("render", "-i", "p/namespace.yaml").returncode == 0
    once = contents(root)
    done = krm_fn("render", "-i", "p/namespace.yaml")
    assert (done.returncode, contents(root), len(said(done))) == (0, once, 1)
    (root / "p" / "krm-fn" / "service_shop_api.yaml").write_text("mine: 1\n")
    done = krm_fn("render", "-i", "p/namespace.yaml")
    assert (done.returncode, (root / "p" / "krm-fn" / "service_shop_api.yaml").read_text()) == (2, "mine: 1\n")


def test_a_dry_run_writes_nothing(root: Path) -> None:
    before = contents(root)
    done = krm_fn("render", "-i", "--dry-run", "p")
    assert (done.returncode, contents(root)) == (0, before)
    assert said(done) == [
        "krm-fn: would write p/namespace.yaml",
        "krm-fn: 1 of 3 items changed; nothing was written: this was a dry run (configured by p/krm-fn.yaml)",
    ]


def test_with_errors_nothing_is_written(root: Path) -> None:
    (root / "p" / "krm-fn.yaml").write_text(WRONG)
    before = contents(root)
    done = krm_fn("render", "-i", "p")
    assert (done.returncode, contents(root)) == (1, before)


def test_a_named_link_is_written_through(root: Path) -> None:
    (root / "link.yaml").symlink_to("p/namespace.yaml")
    assert krm_fn("render", "-i", "-c", "p/krm-fn.yaml", "link.yaml").returncode == 0
    assert (root / "link.yaml").is_symlink()
    assert (root / "p" / "namespace.yaml").read_text() == MARKED


@pytest.mark.parametrize("text", [NAMESPACE.replace("\n", "\r\n"), "\ufeff" + NAMESPACE, NAMESPACE.rstrip("\n")])
def test_line_ends_and_marks_stay(root: Path, text: str) -> None:
    path = root / "p" / "namespace.yaml"
    path.write_bytes(text.encode())
    assert krm_fn("render", "-i", "p").returncode == 0
    after = path.read_bytes().decode()
    assert after.startswith(text)
    assert after.count("\r\n") == (after.count("\n") if "\r" in text else 0)
    assert yaml.safe_load(after.removeprefix("\ufeff"))["metadata"]["labels"] == {
        "kuma.io/sidecar-injection": "enabled"
    }


SLOW = """
import os, sys, time
fsync = os.fsync
def slow(handle):
    fsync(handle)
    open(sys.argv[1], "w").close()
    while not os.path.exists(sys.argv[1] + " over"):
        time.sleep(0.01)
os.fsync = slow
from krm_fn.cli import run
sys.exit(run(sys.argv[2:]))
"""


def test_a_signal_leaves_no_half_of_it(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    moment = tmp_path_factory.mktemp("moment") / "now"
    for number in range(3):
        (root / "p" / f"n{number}.yaml").write_text(NAMESPACE.replace("shop", f"n{number}"))
    before = contents(root)
    command = [sys.executable, "-c", SLOW, str(moment), "render", "-i", "p"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE)
    while not moment.exists() and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    moment.with_name("now over").touch()
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors, contents(root)) == (-signal.SIGTERM, b"", before)


# --- into a directory -------------------------------------------------------------------------------------------------


def test_a_whole_copy(root: Path) -> None:
    (root / "p" / "krm-fn.yaml").write_text(SETUP + EMITS)
    before = contents(root / "p")
    done = krm_fn("render", "p", "--output-dir", "out/deep")
    assert done.returncode == 0
    assert contents(root / "p") == before
    copy = contents(root / "out" / "deep")
    assert {name: text for name, text in copy.items() if text != before.get(name)}.keys() == {
        "namespace.yaml",
        "krm-fn/service_shop_api.yaml",
    }
    assert before.keys() < copy.keys()
    assert krm_fn("render", "out/deep").stdout == krm_fn("render", "p").stdout
    again = krm_fn("render", "out/deep", "--output-dir", "twice")
    assert (again.returncode, contents(root / "twice")) == (0, copy)


def test_an_earlier_copy_is_brought_up_to_date(root: Path) -> None:
    krm_fn("render", "p", "-o", "out")
    (root / "p" / "sub" / "web.yaml").write_text(CONFIG_MAP + "data: {a: b}\n")
    done = krm_fn("render", "p", "-o", "out")
    assert said(done)[0] == "krm-fn: wrote out/sub/web.yaml"
    assert "wrote" not in said(done)[1]
    assert (root / "out" / "sub" / "web.yaml").read_text() == CONFIG_MAP + "data: {a: b}\n"


@pytest.mark.parametrize(
    ("put", "directory", "words"),
    [
        ("out/other.txt", "out", "out holds what this run does not write (other.txt)"),
        ("out/sub/old.yaml", "out", "out holds what this run does not write (sub/old.yaml)"),
        ("x", "p", "p holds files of the package itself"),
        ("x", ".", ". holds files of the package itself"),
    ],
)
def test_nothing_else_is_overwritten(root: Path, put: str, directory: str, words: str) -> None:
    (root / put).parent.mkdir(parents=True, exist_ok=True)
    (root / put).write_text("")
    before = contents(root)
    done = krm_fn("render", "p", "-o", directory)
    assert (done.returncode, contents(root)) == (2, before)
    assert words in said(done)[0]


def test_several_directories_stay_apart(root: Path) -> None:
    for name in ("a", "b"):
        (root / name).mkdir()
        (root / name / "x.yaml").write_text(CONFIG_MAP.replace("web", name))
    assert krm_fn("render", "a", "b", "-o", "out").returncode == 0
    assert contents(root / "out").keys() == {"a/x.yaml", "b/x.yaml"}
    (root / "c" / "a").mkdir(parents=True)
    (root / "c" / "a" / "x.yaml").write_text(CONFIG_MAP.replace("web", "c"))
    done = krm_fn("render", "a", "c/a", "-o", "new")
    assert (done.returncode, (root / "new").exists()) == (2, False)
    assert said(done)[0] == "krm-fn: two files would become a/x.yaml: render them into directories of their own"


def test_a_stream_becomes_one_file(root: Path) -> None:
    done = krm_fn("render", "-c", "p/krm-fn.yaml", "-", "-o", "out", stdin=NAMESPACE.encode())
    assert (done.returncode, contents(root / "out")) == (0, {"manifests.yaml": MARKED})


def test_a_dry_run_makes_no_directory(root: Path) -> None:
    done = krm_fn("render", "p", "-o", "out", "--dry-run")
    assert (done.returncode, (root / "out").exists()) == (0, False)
    assert "krm-fn: would write out/namespace.yaml" in said(done)


def test_with_errors_no_directory_is_made(root: Path) -> None:
    (root / "p" / "krm-fn.yaml").write_text(WRONG)
    assert krm_fn("render", "p", "-o", "out").returncode == 1
    assert not (root / "out").exists()


# --- kustomize and progress -------------------------------------------------------------------------------------------


def test_kustomize_renders_first(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = root / "bin" / "kustomize"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\necho '# Warning: old' >&2\ncat <<'END'\n{NAMESPACE}END\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{root / 'bin'}:{os.environ['PATH']}")
    done = krm_fn("render", "--kustomize", "p")
    assert (done.returncode, done.stdout.decode()) == (0, MARKED)
    assert said(done) == [
        "krm-fn: kustomize: # Warning: old",
        "krm-fn: 1 of 1 item changed (configured by p/krm-fn.yaml)",
    ]


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize(
    ("patience", "on_terminal", "shown"), [(0.005, True, True), (5, True, False), (0.005, False, False)]
)
def test_progress_is_for_terminals_and_for_what_takes_long(
    monkeypatch: pytest.MonkeyPatch, patience: float, on_terminal: bool, shown: bool
) -> None:
    def slow(*arguments: Any) -> Package:
        time.sleep(0.1)
        return read_package(*arguments)

    monkeypatch.setattr("krm_fn.commands.progress.PATIENCE", patience)
    monkeypatch.setattr("krm_fn.commands.options.read_package", slow)
    done = krm_fn("render", "p", on_terminal=on_terminal)
    assert done.stdout.decode() == f"{MARKED}---\n{CONFIG_MAP}"
    assert (b"krm-fn: reading (0 s)" in done.stderr) is shown
    assert (CLEAR.encode() in done.stderr) is shown
