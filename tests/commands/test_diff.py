"""``krm-fn diff``: its diff, its colours and its exit codes."""

from __future__ import annotations

import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands.running import krm_fn
from tests.commands.test_render import CONFIG_MAP, EMITS, MARKED, NAMESPACE, SETUP, WRONG, contents, said

DIFF = """\
--- a/p/namespace.yaml
+++ b/p/namespace.yaml
@@ -2,3 +2,5 @@
 kind: Namespace
 metadata:
   name: shop
+  labels:
+    kuma.io/sidecar-injection: enabled
"""
COLORED = """\
\x1b[1m--- a/p/namespace.yaml\x1b[0m
\x1b[1m+++ b/p/namespace.yaml\x1b[0m
\x1b[36m@@ -2,3 +2,5 @@\x1b[0m
 kind: Namespace
 metadata:
   name: shop
\x1b[32m+  labels:\x1b[0m
\x1b[32m+    kuma.io/sidecar-injection: enabled\x1b[0m
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "krm-fn.yaml").write_text(SETUP)
    (tmp_path / "p" / "namespace.yaml").write_text(NAMESPACE)
    (tmp_path / "p" / "web.yaml").write_text(CONFIG_MAP)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_changes_give_1_and_write_nothing(root: Path) -> None:
    before = contents(root)
    done = krm_fn("diff", "p")
    assert (done.returncode, done.stdout.decode(), contents(root)) == (1, DIFF, before)
    assert said(done) == ["krm-fn: 1 file would change (configured by p/krm-fn.yaml)"]


def test_no_change_gives_0(root: Path) -> None:
    (root / "p" / "namespace.yaml").write_text(MARKED)
    done = krm_fn("diff", "p")
    assert (done.returncode, done.stdout) == (0, b"")
    assert said(done) == ["krm-fn: nothing would change (configured by p/krm-fn.yaml)"]


@pytest.mark.parametrize("arguments", [["p"], ["nowhere"], ["--colour"], ["-k", "p", "p"]])
def test_errors_of_any_kind_give_2(root: Path, arguments: list[str]) -> None:
    (root / "p" / "krm-fn.yaml").write_text(WRONG)
    done = krm_fn("diff", *arguments)
    assert (done.returncode, done.stdout) == (2, b"")


@pytest.mark.usefixtures("root")
def test_standard_input_is_one_file() -> None:
    done = krm_fn("diff", "-c", "p/krm-fn.yaml", "-", stdin=NAMESPACE.encode())
    assert (done.returncode, done.stdout.decode()) == (1, DIFF.replace("p/namespace.yaml", "manifests.yaml"))
    assert krm_fn("diff", "-c", "p/krm-fn.yaml", "-", stdin=MARKED.encode()).returncode == 0


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize("text", ["# only a comment\n", "\ufeff" + MARKED, "---\n---\n" + MARKED, MARKED.rstrip("\n")])
def test_a_stream_that_does_not_change(text: str) -> None:
    done = krm_fn("diff", "-c", "p/krm-fn.yaml", "-", stdin=text.encode())
    assert (done.returncode, done.stdout) == (0, b"")


@pytest.mark.usefixtures("root")
def test_a_byte_order_mark_is_no_change() -> None:
    done = krm_fn("diff", "-c", "p/krm-fn.yaml", "-", stdin=("\ufeff" + NAMESPACE).encode())
    assert (done.returncode, done.stdout.decode()) == (1, DIFF.replace("p/namespace.yaml", "manifests.yaml"))


def test_new_documents_of_a_stream_stand_at_its_end(root: Path) -> None:
    (root / "p" / "krm-fn.yaml").write_text(SETUP + EMITS)
    done = krm_fn("diff", "-c", "p/krm-fn.yaml", "-", stdin=MARKED.encode())
    added = [line[1:] for line in done.stdout.decode().splitlines()[3:] if line.startswith("+")]
    assert (done.returncode, added[:3]) == (1, ["---", "apiVersion: v1", "kind: Service"])


def test_kustomize_renders_first(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = root / "bin" / "kustomize"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{NAMESPACE}END\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{root / 'bin'}:{os.environ['PATH']}")
    (root / "p" / "krm-fn.yaml").write_text(SETUP + EMITS)
    done = krm_fn("diff", "--kustomize", "p")
    assert done.returncode == 1
    assert done.stdout.decode().startswith(DIFF.split("@@")[0].replace("p/namespace.yaml", "manifests.yaml"))
    assert b"/dev/null" not in done.stdout


# --- applied by git ---------------------------------------------------------------------------------------------------


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not here")
@pytest.mark.parametrize("where", ["", "p"])
@pytest.mark.parametrize("is_repository", [True, False])
def test_git_applies_it(root: Path, where: str, is_repository: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    package = root / "p"
    (package / "krm-fn.yaml").write_text(SETUP + EMITS)
    if is_repository:
        subprocess.run(["git", "init", "-q"], check=True)
    texts = {
        "crlf.yaml": NAMESPACE.replace("\n", "\r\n"),
        "open.yaml": NAMESPACE.rstrip("\n"),
        "bom.yaml": "\ufeff" + NAMESPACE,
        "with space.yaml": NAMESPACE,
        "größe.yaml": NAMESPACE,
        'q"\t.yaml': NAMESPACE,
        "json.json": '{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}',
    }
    for number, (name, text) in enumerate(texts.items()):
        (package / name).write_bytes(text.replace("shop", f"n{number}").encode())
    shutil.copytree(package, root / "wanted")
    assert krm_fn("render", "-i", "wanted").returncode == 0
    monkeypatch.chdir(root / where)
    for _ in range(2):
        done = krm_fn("diff", "." if where else "p")
        assert done.returncode == 1
        subprocess.run(["git", "apply", "--whitespace=nowarn"], input=done.stdout, check=True)
        assert krm_fn("diff", "." if where else "p").returncode == 0
        wanted = {name: text for name, text in contents(root / "wanted").items() if name != "krm-fn.yaml"}
        assert {name: text for name, text in contents(package).items() if name != "krm-fn.yaml"} == wanted
        # Once more: the generated file goes again, and the last Namespace comes back.
        (package / "krm-fn.yaml").write_text(SETUP)
        (root / "wanted" / "krm-fn.yaml").write_text(SETUP)
        assert krm_fn("render", "-i", root / "wanted").returncode == 0


def test_files_elsewhere_have_their_path_in_the_package(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "here").mkdir()
    monkeypatch.chdir(root / "here")
    assert krm_fn("diff", "../p").stdout.decode() == DIFF.replace("p/namespace.yaml", "namespace.yaml")
    monkeypatch.chdir(root)
    assert krm_fn("diff", root / "p").stdout.decode() == DIFF


# --- colours ----------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize(
    ("arguments", "env", "colored"),
    [
        ([], {}, True),
        (["--color", "auto"], {}, True),
        (["--color", "never"], {}, False),
        (["--color", "always"], {"NO_COLOR": "1"}, True),
        ([], {"NO_COLOR": "1"}, False),
        ([], {"NO_COLOR": ""}, True),  # https://no-color.org: when not an empty string
        ([], {"TERM": "dumb"}, False),
    ],
)
def test_colours_on_a_terminal(arguments: list[str], env: dict[str, str], colored: bool) -> None:
    done = krm_fn("diff", *arguments, "p", env={"NO_COLOR": "", "TERM": "xterm", **env}, on_terminal=True)
    assert done.stdout.decode() == (COLORED if colored else DIFF)


@pytest.mark.usefixtures("root")
def test_colours_on_a_real_terminal() -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "krm_fn", "diff", "p"]
    environment = {key: value for key, value in os.environ.items() if key != "NO_COLOR"} | {"TERM": "xterm"}
    subprocess.run(command, stdout=theirs, stderr=subprocess.PIPE, check=False, timeout=60, env=environment)
    os.close(theirs)
    seen = os.read(ours, 100_000).decode().replace("\r\n", "\n")
    os.close(ours)
    assert seen == COLORED


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize(
    ("arguments", "colored"), [([], False), (["--color", "auto"], False), (["--color", "always"], True)]
)
def test_colours_in_a_pipe(arguments: list[str], colored: bool) -> None:
    assert krm_fn("diff", *arguments, "p").stdout.decode() == (COLORED if colored else DIFF)
