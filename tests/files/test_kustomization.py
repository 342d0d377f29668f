"""krm_fn.files.kustomization: which functions a kustomization runs, and that krm-fn alone is built without."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from krm_fn.files.find import FileError
from krm_fn.files.kustomization import build, changes_its_files, kustomization_in, own_config
from tests.commands.running import krm_fn
from tests.commands.test_render import MARKED, NAMESPACE, SETUP, said

OTHER = "apiVersion: example.com/v1\nkind: Other\nmetadata: {name: x}\n"
PREFIX = "apiVersion: builtin\nkind: PrefixTransformer\nmetadata: {name: x}\nprefix: a-\n"
REFUSES = """#!/bin/sh
case "$*" in
*--enable-alpha-plugins*) %s ;;
*) echo "external plugins disabled; unable to load external plugin 'MeshSetup'" >&2; exit 1 ;;
esac
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current directory, with an overlay `o` on a base `b`; krm-fn.yaml stands beside them."""
    for name in ("o", "b", "bin"):
        (tmp_path / name).mkdir()
    (tmp_path / "o" / "kustomization.yaml").write_text("resources: [../b]\ntransformers: [setup.yaml]\n")
    (tmp_path / "o" / "setup.yaml").write_text(SETUP)
    (tmp_path / "b" / "kustomization.yaml").write_text("resources: [namespace.yaml]\n")
    (tmp_path / "b" / "namespace.yaml").write_text(NAMESPACE)
    program = tmp_path / "bin" / "kustomize"
    program.write_text(REFUSES % f"cat {tmp_path / 'b' / 'namespace.yaml'}")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize("arguments", [[], ["-c", "o/setup.yaml"]])
def test_what_lists_krm_fn_is_built_without_it_and_its_config_counts(arguments: list[str]) -> None:
    done = krm_fn("render", "-k", "o", *arguments)
    assert (done.returncode, done.stdout.decode()) == (0, MARKED)
    assert said(done) == ["krm-fn: 1 of 1 item changed (configured by o/setup.yaml)"]


def test_init_sees_it_as_built(root: Path) -> None:
    done = krm_fn("init", "--force", "--write", "o")
    assert done.returncode == 0
    assert not any("one by one" in line for line in said(done))
    assert "krm-fn: see what it does: krm-fn render -k o" in said(done)
    assert "krm-fn.yaml" in (root / "o" / "kustomization.yaml").read_text()


@pytest.mark.parametrize(
    ("overlay", "found"),
    [
        ("transformers: [setup.yaml]", "o/setup.yaml"),
        ("resources: [../b]\nvalidators: [setup.yaml]", "o/setup.yaml"),
        ("transformers: [setup.yaml, prefix.yaml]", "o/setup.yaml"),  # kustomize has it built in
        ("transformers: [prefix.yaml]", None),
        ("transformers: [setup.yaml, other.yaml]", None),
        ("transformers: [setup.yaml, nowhere.yaml]", None),
        ("transformers: [setup.yaml]\nresources: ['https://example.com/x?ref=y']", None),
        ("transformers: [setup.yaml]\ngenerators: ['apiVersion: v1\\nkind: X']", None),
        ("transformers: [setup.yaml, 7, {a: b}]", "o/setup.yaml"),
        ("transformers: ['%s']" % ("x" * 5000), None),
        ("resources: ['%s']\ntransformers: [setup.yaml]" % ("x" * 5000), None),
        ("transformers: setup.yaml", None),
        ("a: [", None),
        ("", None),
        ("resources: [.]\ntransformers: [setup.yaml]", "o/setup.yaml"),
    ],
)
def test_the_only_function(root: Path, overlay: str, found: str | None) -> None:
    (root / "o" / "kustomization.yaml").write_text(overlay)
    (root / "o" / "other.yaml").write_text(OTHER)
    (root / "o" / "prefix.yaml").write_text(PREFIX)
    assert own_config(Path("o")) == (Path(found) if found else None)


def test_one_of_a_base_is_found_and_two_are_not_one(root: Path) -> None:
    (root / "b" / "kustomization.yaml").write_text("transformers: [setup.yaml]\n")
    (root / "b" / "setup.yaml").write_text(SETUP)
    assert own_config(Path("o")) is None
    (root / "o" / "kustomization.yaml").write_text("resources: [../b]\n")
    assert own_config(Path("o")) == Path("b/setup.yaml")


def test_a_directory_that_is_none(root: Path) -> None:
    assert (kustomization_in(root), own_config(root)) == (None, None)


def test_other_functions_are_not_skipped_without_a_word(root: Path) -> None:
    (root / "o" / "other.yaml").write_text(OTHER)
    (root / "o" / "kustomization.yaml").write_text("transformers: [setup.yaml, other.yaml]\n")
    with pytest.raises(FileError, match=r"external plugins disabled.*\n.*--kustomize-arg=--enable-exec"):
        build(Path("o"), (), own_config(Path("o")))


def test_a_build_that_fails_without_krm_fn_too(root: Path) -> None:
    (root / "bin" / "kustomize").write_text(REFUSES % "echo no docker >&2; exit 1")
    with pytest.raises(FileError, match="no docker\nhint"):
        build(Path("o"), (), own_config(Path("o")), hint="hint")
    (root / "bin" / "kustomize").write_text("#!/bin/sh\necho broken >&2; exit 1\n")
    with pytest.raises(FileError, match=r"broken$"):
        build(Path("o"), (), own_config(Path("o")))


@pytest.mark.parametrize(
    ("data", "changes"),
    [
        ({"resources": ["a"]}, False),
        ({"resources": ["a"], "transformers": ["krm-fn.yaml"]}, False),
        ({"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}, False),
        (None, False),
        ({"patches": []}, True),
        ({"namespace": "x"}, True),
        ({"configMapGenerator": []}, True),
    ],
)
def test_what_makes_something_else_of_files(data: Any, changes: bool) -> None:
    assert changes_its_files(data) is changes


def test_an_unreadable_kustomization_has_no_functions(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refusing(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refusing)
    assert own_config(root / "o") is None
