"""What all commands have in common: an answer that is lost is no success, and the configuration is told."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.commands.running import full, krm_fn
from tests.commands.test_render import CONFIG_MAP, NAMESPACE, SETUP, contents, said

ANSWERS = (
    ["render", "p"],
    ["diff", "p"],
    ["check", "-f", "json", "p"],
    ["explain", "-o", "json", "p"],
    ["explain", "p"],
    ["explain", "ns/shop", "p"],
    ["graph", "p"],
    ["graph", "-o", "-", "p"],
    ["init", "--dry-run", "p"],
    ["uninject", "p/namespace.yaml"],
    ["schema"],
    ["gateways"],
    ["gateways", "traefik"],
    ["argocd", "discover"],
    ["argocd", "generate"],
    ["argocd", "parameters"],
)
WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec: {template: {metadata: {labels: {app: web}}, spec: {containers: [{name: app, image: app}]}}}
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current directory, with a package in it, and with its functionConfig above that."""
    (tmp_path / "p").mkdir()
    (tmp_path / ".git").mkdir()
    (tmp_path / "krm-fn.yaml").write_text(SETUP)
    (tmp_path / "p" / "namespace.yaml").write_text(NAMESPACE)
    (tmp_path / "p" / "web.yaml").write_text(WEB)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize("arguments", ANSWERS, ids=" ".join)
def test_an_answer_that_is_lost_is_no_success(arguments: list[str]) -> None:
    assert krm_fn(*arguments).returncode == (arguments[0] == "diff")
    closed = krm_fn(*arguments, output=None)
    assert (closed.returncode, said(closed)[-1]) == (
        2,
        "krm-fn: standard output was closed before everything was written",
    )
    lost = krm_fn(*arguments, output=full())
    assert (lost.returncode, said(lost)[-1]) == (2, "krm-fn: standard output: No space left on device")


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["render", "p"], "1 of 2 items changed"),
        (["diff", "p"], "1 file would change"),
        (["check", "p"], "2 objects in 2 files, no findings"),
        (["explain", "p"], "1 workload, 1 in a mesh"),
        (["explain", "deploy/web", "p"], "deploy/web: no findings"),
        (["explain", "product/traefik", "p"], "product/traefik: 0 workloads"),
        (["explain", "-n", "other", "p"], "the package has no workloads in namespace other"),
        (["graph", "p"], "no backends of routes"),
    ],
)
def test_the_closing_line_tells_the_configuration(arguments: list[str], line: str) -> None:
    assert said(krm_fn(*arguments))[-1] == f"krm-fn: {line} (configured by krm-fn.yaml)"


def test_so_it_does_where_there_is_none(root: Path) -> None:
    (root / "krm-fn.yaml").unlink()
    closings = {
        said(krm_fn(name, "p"))[-1].partition(" (")[2] for name in ("render", "diff", "check", "explain", "graph")
    }
    assert closings == {"no functionConfig found, so every setting has its default)"}


def test_problems_of_the_package_are_counted_below_the_table(root: Path) -> None:
    (root / "p" / "web.yaml").write_text(WEB.replace("shop", "elsewhere"))
    assert said(krm_fn("explain", "p"))[-1].startswith(
        "krm-fn: 1 workload, 0 in a mesh; 1 warning in the package: see `krm-fn check` ("
    )


def test_a_directory_that_is_gone(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "gone").mkdir()
    monkeypatch.chdir(root / "gone")
    (root / "gone").rmdir()
    for arguments in (["diff", root / "p"], ["check"], ["argocd", "generate"]):
        done = krm_fn(*arguments)
        assert (done.returncode, done.stdout) == (2, b"")
        assert said(done) == ["krm-fn: the current directory is gone: change into one that exists"]


def test_a_config_behind_a_link_is_read_in_the_repository_only(
    root: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    (root / "krm-fn.yaml").rename(root / "setup.yaml")
    (root / "krm-fn.yaml").symlink_to("setup.yaml")
    assert said(krm_fn("check", "p"))[-1].endswith("(configured by krm-fn.yaml)")
    secret = tmp_path_factory.mktemp("elsewhere") / "secret"
    secret.write_text("password: [hunter2\n")
    (root / "krm-fn.yaml").unlink()
    (root / "krm-fn.yaml").symlink_to(secret)
    done = krm_fn("check", "p")
    assert (done.returncode, "hunter2" in done.stderr.decode()) == (2, False)
    assert "out of the package: name that file with --config" in said(done)[0]


def test_no_answer_goes_over_what_was_read(root: Path) -> None:
    before = contents(root)
    for arguments in (
        ["graph", "-o", "p/web.yaml"],
        ["graph", "-o", "krm-fn.yaml"],
        ["check", "-r", "json=p/web.yaml"],
    ):
        done = krm_fn(*arguments, "p")
        assert (done.returncode, contents(root)) == (2, before)
        assert "would overwrite the" in said(done)[-1]
    assert krm_fn("check", "-r", "json=-", "p").returncode == 2
    assert contents(root) == before


def test_files_of_a_kustomization_are_not_what_it_makes_of_them(root: Path) -> None:
    (root / "p" / "kustomization.yaml").write_text("resources: [web.yaml]\n")
    assert len(said(krm_fn("check", "p"))) == 1
    (root / "p" / "kustomization.yaml").write_text("resources: [web.yaml]\nnamePrefix: a-\n")
    assert said(krm_fn("check", "p"))[0] == (
        "krm-fn: p is a kustomization, read file by file, patches too: --kustomize p takes what kustomize makes of it"
    )
    (root / "p" / "more").mkdir()
    (root / "p" / "more" / "Kustomization").write_text("patches: []\n")
    assert len(said(krm_fn("check", "p"))) == 2


def test_an_empty_answer_of_kustomize_is_no_package(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "bin").mkdir()
    (root / "bin" / "kustomize").write_text("#!/bin/sh\n")
    (root / "bin" / "kustomize").chmod(0o755)
    monkeypatch.setenv("PATH", str(root / "bin"))
    done = krm_fn("check", "-k", "p")
    assert (done.returncode, said(done)) == (2, ["krm-fn: kustomize build p is empty: did what should fill it fail?"])


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize(
    ("first", "words"),
    [
        ("deployment", "a resource is KIND/NAME, such as deployment/web"),
        ("deploy/", "a resource is KIND/NAME, such as deploy/web"),
        ("nothing.yaml", "nothing.yaml: no such file or directory"),
        ("nowhere/at/all", "nowhere/at/all: no such file or directory"),
    ],
)
def test_half_a_resource(first: str, words: str) -> None:
    done = krm_fn("explain", first)
    assert (done.returncode, done.stdout) == (2, b"")
    assert said(done)[-1].endswith(words)


def test_json_of_numbers_that_json_has_not(root: Path) -> None:
    (root / "p" / "map.yaml").write_text(CONFIG_MAP + "data: {a: .nan, b: .inf}\n")
    for arguments in (["cm/web"], []):
        assert "NaN" not in krm_fn("explain", *arguments, "p", "-o", "json").stdout.decode()


@pytest.mark.usefixtures("root")
def test_a_gateway_that_is_not_there() -> None:
    done = krm_fn("graph", "--gateway", "nope", "p")
    assert (done.returncode, done.stdout) == (2, b"")
    assert said(done)[-1] == "krm-fn: nope: the package has no gateway of this name here; it has none"
    (Path("p") / "kong.yaml").write_text(
        WEB.replace("name: web", "name: edge").replace("name: app, image: app", "name: proxy, image: 'kong:3.9'")
    )
    assert said(krm_fn("graph", "--gateway", "nope", "p"))[-1].endswith("it has edge")
    assert krm_fn("graph", "--gateway", "edge", "p").returncode == 0
    assert said(krm_fn("graph", "-n", "nope", "p"))[0].endswith("leads to a Service in what was asked for")


def test_the_plugin_is_installed_or_it_is_said_why_not(root: Path) -> None:
    done = krm_fn("install-kustomize-plugin", "--home", root / "home")
    assert (done.returncode, done.stderr) == (0, b"")
    assert os.access(done.stdout.decode().strip(), os.X_OK)
    (root / "file").write_text("")
    refused = krm_fn("install-kustomize-plugin", "--home", root / "file" / "deeper")
    assert (refused.returncode, refused.stdout) == (2, b"")
    assert said(refused)[0].endswith("cannot be written: Not a directory")


def test_an_unreadable_file_is_named(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = Path.read_bytes

    def refusing(path: Path) -> bytes:  # the superuser may read everything
        if path.name == "web.yaml":
            raise PermissionError(13, "Permission denied", str(path))
        return read(path)

    (root / "krm-fn.yaml").unlink()
    monkeypatch.setattr(Path, "read_bytes", refusing)
    for arguments in (
        ["render"],
        ["check"],
        ["explain"],
        ["init", "--dry-run"],
        ["argocd", "discover"],
        ["argocd", "generate"],
    ):
        done = krm_fn(*arguments, cwd=root / "p")
        assert (done.returncode, done.stdout) == (2, b"")
        assert said(done) == ["krm-fn: web.yaml cannot be read: Permission denied"]


def test_many_of_a_kind_are_summed_up(root: Path) -> None:
    text = "---\n".join(WEB.replace("web", f"w{n}").replace("shop", f"s{n}") for n in range(30))
    (root / "p" / "web.yaml").write_text(text)
    lines = said(krm_fn("render", "p"))
    assert len(lines) < 30
    assert any(line.startswith("krm-fn: ... and ") and line.endswith(" more of [unknown-namespace]") for line in lines)


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize("arguments", [["check", "-"], ["uninject"], ["graph", "p", "-"]], ids=" ".join)
def test_nobody_is_waited_for(arguments: list[str]) -> None:
    """A terminal would wait for someone to type."""
    for on_terminal, words in ((True, "standard input is a terminal"), (False, "standard input is closed")):
        done = krm_fn(*arguments, stdin=None, on_terminal=on_terminal)
        assert (done.returncode, done.stdout) == (2, b"")
        assert words in said(done)[-1]


@pytest.mark.usefixtures("root")
def test_a_terminal_is_not_asked_where_files_are_named() -> None:
    assert krm_fn("render", "p", stdin=None, on_terminal=True).returncode == 0
    assert krm_fn("render", "p", stdin=None).returncode == 0
