"""krm_fn.files.configfile: which functionConfig counts for a package."""

from __future__ import annotations

from pathlib import Path

import pytest

from krm_fn.files.configfile import config_of, read_config
from krm_fn.files.find import FileError
from krm_fn.files.package import UnreadableError, read_package

SETUP = "apiVersion: fn.kuma.io/v1alpha1\nkind: MeshSetup\nmetadata: {name: NAME}\n"
LIST = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\n"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "repo" / "apps").mkdir(parents=True)
    (tmp_path / "repo" / ".git").mkdir()
    (tmp_path / "repo" / "apps" / "web.yaml").write_text("apiVersion: v1\nkind: Service\n")
    monkeypatch.chdir(tmp_path / "repo")
    return tmp_path / "repo"


def put(path: Path, name: str) -> None:
    path.write_text(SETUP.replace("NAME", name))


@pytest.mark.parametrize(
    ("files", "paths", "name", "origin"),
    [
        ([], ["apps"], None, "no functionConfig found, so every setting has its default"),
        (["apps/krm-fn.yaml"], ["apps"], "apps/krm-fn.yaml", "apps/krm-fn.yaml"),
        (["apps/krm-fn.yaml"], ["."], "apps/krm-fn.yaml", "apps/krm-fn.yaml"),  # the only MeshSetup
        (["krm-fn.yaml"], ["apps"], "krm-fn.yaml", "krm-fn.yaml"),
        (["krm-fn.yaml", "apps/krm-fn.yaml"], ["apps"], "apps/krm-fn.yaml", "apps/krm-fn.yaml"),
        (["krm-fn.yaml", "apps/krm-fn.yaml"], ["."], "krm-fn.yaml", "krm-fn.yaml"),
        (["krm-fn.yaml", "apps/setup.yaml"], ["apps"], "krm-fn.yaml", "krm-fn.yaml"),
        (["../krm-fn.yaml"], ["apps"], None, "no functionConfig found, so every setting has its default"),
        (["apps/setup.yaml"], ["apps"], "apps/setup.yaml", "apps/setup.yaml"),
        (["apps/setup.yaml"], ["apps/web.yaml"], None, "no functionConfig found, so every setting has its default"),
        (["krm-fn.yaml"], ["-"], "krm-fn.yaml", "krm-fn.yaml"),
        (["krm-fn.yaml"], ["apps/web.yaml"], "krm-fn.yaml", "krm-fn.yaml"),
    ],
)
def test_where_it_is_found(root: Path, files: list[str], paths: list[str], name: str | None, origin: str) -> None:
    for file in files:
        put(root / file, file)
    config = config_of(read_package(paths, b"kind: A"))
    assert (config.data["metadata"]["name"] if config.data else None, config.origin) == (name, origin)


def test_without_a_repository_nothing_above_counts(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    put(tmp_path / "krm-fn.yaml", "above")
    (tmp_path / "a" / "b" / "x.yaml").write_text("a: 1\n")
    assert config_of(read_package([str(tmp_path / "a" / "b")])).data is None


def test_one_of_several_has_to_be_named(root: Path) -> None:
    put(root / "apps" / "one.yaml", "one")
    put(root / "apps" / "two.yaml", "two")
    with pytest.raises(FileError, match=r"2 MeshSetups \(apps/one\.yaml, apps/two\.yaml\).*--config FILE"):
        config_of(read_package(["apps"]))
    assert read_config(root / "apps" / "two.yaml").data["metadata"]["name"] == "two"


def test_the_function_config_of_a_list(root: Path) -> None:
    config = LIST + "functionConfig: {apiVersion: fn.kuma.io/v1alpha1, kind: MeshSetup, spec: {zone: a, zone: b}}\n"
    found = config_of(read_package(["-"], config.encode()))
    assert found.origin == "the functionConfig of standard input"
    assert [duplicate.key for duplicate in found.duplicates] == ["zone"]


def test_keys_that_stand_twice_are_kept_in_mind(root: Path) -> None:
    (root / "apps" / "setup.yaml").write_text(SETUP + "spec: {zone: a, zone: b}\n")
    assert [found.key for found in config_of(read_package(["apps"])).duplicates] == ["zone"]
    assert [found.key for found in read_config(root / "apps" / "setup.yaml").duplicates] == ["zone"]


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "one functionConfig was expected, but the file holds 0 documents"),
        (b"# nothing\n---\n", "holds 0 documents"),
        (b"a: 1\n---\nb: 1\n", "holds 2 documents"),
        (b"a: [\n", "krm-fn.yaml: line 2"),
        ("a: é".encode("latin-1"), "krm-fn.yaml: line 1: it is not UTF-8"),
        ("a: 1".encode("utf-16"), "krm-fn.yaml: it is UTF-16"),
    ],
)
def test_what_cannot_be_read(root: Path, raw: bytes, words: str) -> None:
    (root / "krm-fn.yaml").write_bytes(raw)
    with pytest.raises(UnreadableError, match=words):
        config_of(read_package(["apps"]))


def test_a_byte_order_mark_is_no_harm(root: Path) -> None:
    (root / "krm-fn.yaml").write_bytes(b"\xef\xbb\xbf" + SETUP.encode())
    assert config_of(read_package(["apps"])).data["kind"] == "MeshSetup"


def test_what_is_no_file_is_no_configuration(root: Path) -> None:
    (root / "apps" / "krm-fn.yaml").mkdir()
    assert config_of(read_package(["apps"])).data is None
    with pytest.raises(FileError, match="cannot be read: Is a directory"):
        read_config(root / "apps" / "krm-fn.yaml")
