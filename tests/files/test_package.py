"""krm_fn.files.package: several files read as one package."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from krm_fn.files.find import FileError
from krm_fn.files.package import Package, UnreadableError, is_applied, read_package

SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: NAME}\n"
LIST = (
    f"apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n- {{{SERVICE.strip().replace(chr(10), ', ')}}}\n"
)
BOM = b"\xef\xbb\xbf"


def service(name: str) -> str:
    return SERVICE.replace("NAME", name)


def names(package: Package) -> list[object]:
    return [entry["metadata"]["name"] if isinstance(entry, dict) else entry for entry in package.entries]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "apps" / "sub").mkdir(parents=True)
    (tmp_path / "apps" / "a.yaml").write_text(service("a"))
    (tmp_path / "apps" / "sub" / "b.yaml").write_text(f"{service('b')}---\n{service('c')}")
    (tmp_path / "d.json").write_text('{"apiVersion": "v1", "kind": "Service",\n\t"metadata": {"name": "d"}}')
    return tmp_path


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize(
    ("paths", "found", "relative"),
    [
        (["apps"], ["a", "b", "c"], ["a.yaml", "sub/b.yaml"]),
        (["."], ["a", "b", "c", "d"], ["apps/a.yaml", "apps/sub/b.yaml", "d.json"]),
        (["apps/a.yaml"], ["a"], ["a.yaml"]),
        (["d.json", "apps"], ["d", "a", "b", "c"], ["d.json", "apps/a.yaml", "apps/sub/b.yaml"]),
        (["apps", "apps"], ["a", "b", "c"], ["a.yaml", "sub/b.yaml"]),
        (["apps", "apps/sub"], ["a", "b", "c"], ["apps/a.yaml", "apps/sub/b.yaml"]),
        (["apps/a.yaml", "./apps/../apps/a.yaml"], ["a"], ["a.yaml"]),
        (["-"], ["s"], [""]),
        (["-", "d.json", "-"], ["s", "d"], ["", "d.json"]),
    ],
)
def test_each_file_once(paths: list[str], found: list[str], relative: list[str]) -> None:
    package = read_package(paths, service("s").encode())
    assert names(package) == found
    assert [file.relative for file in package.files] == relative
    assert [package.file_at(i).entries.index(i) for i in range(len(found))] == [
        i - file.first for file in package.files for i in file.entries
    ]


def test_a_file_through_two_links_counts_once(root: Path) -> None:
    (root / "one.yaml").symlink_to("apps/a.yaml")
    (root / "two").symlink_to("apps")
    assert names(read_package(["one.yaml", "two", "apps/a.yaml"])) == ["a", "b", "c"]


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize(
    ("paths", "where"),
    [(["apps"], "apps"), (["d.json"], "."), (["d.json", "apps"], "apps"), (["apps/a.yaml"], "apps"), (["-"], None)],
)
def test_where_new_files_go(paths: list[str], where: str | None) -> None:
    root = read_package(paths, b"kind: A").root
    assert root == (None if where is None else Path(where))


@pytest.mark.parametrize(
    ("raw", "entries"),
    [
        (b"", []),
        (b"# nothing\n", []),
        (BOM + b"a: 1\n", [{"a": 1}]),
        (b"a: 1\r\n---\r\nb: 2\r\n", [{"a": 1}, {"b": 2}]),
        (b'{"a": 1}', [{"a": 1}]),
        (b"- a\n", [["a"]]),
        (b"text", ["text"]),
        (b"%YAML 1.1\n---\na: 1\n...\n", [{"a": 1}]),
    ],
)
def test_contents(tmp_path: Path, raw: bytes, entries: list[object]) -> None:
    (tmp_path / "x.yaml").write_bytes(raw)
    package = read_package([str(tmp_path)])
    assert package.entries == entries
    assert package.files[0].raw == raw
    assert package.files[0].bom + package.file_text(package.files[0], {}, []).encode() == raw


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ("kind: é\n".encode("utf-16"), "it is UTF-16: convert it to UTF-8"),
        ("kind: é\n".encode("utf-16-le"), "it is UTF-16"),
        ("kind: é\n".encode("utf-16-be"), "it is UTF-16"),
        (b"a: 1\nkind: \xe9\n", r"line 2: it is not UTF-8 \(byte 0xe9\)"),
        (b"a: [1\n", "line 2"),
        (b"a: {{ .Values.x }}-x\n", "line 1"),
        (b"a: \x00\n", "x.yaml"),
        (b"a: 1\na b\n", "x.yaml"),
    ],
)
def test_what_was_named_must_be_readable(tmp_path: Path, raw: bytes, words: str) -> None:
    (tmp_path / "x.yaml").write_bytes(raw)
    with pytest.raises(UnreadableError, match=words):
        read_package([str(tmp_path / "x.yaml")])


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"a: [1\n", "it is no manifest and is left out"),
        ("a: 1\n".encode("utf-16"), "it is no manifest and is left out"),
        (b"apiVersion: v1\nkind: X\na: {{ .Values.x }}-x\n", "a template and no YAML yet, so it is left out"),
        (b"a: {{ .Values.x }}-x\n", "a template"),
    ],
)
def test_what_was_found_and_is_no_manifest_is_left_out_with_a_word(root: Path, raw: bytes, words: str) -> None:
    (root / "apps" / "x.yaml").write_bytes(raw)
    package = read_package(["apps"])
    assert names(package) == ["a", "b", "c"]
    (note,) = package.notes
    assert note.startswith("apps/x.yaml: ")
    assert words in note


def test_a_manifest_that_cannot_be_read_is_never_left_out(root: Path) -> None:
    (root / "apps" / "x.yaml").write_text("apiVersion: v1\nkind: X\na: [1\n")
    (root / "apps" / "y.yaml").write_text("apiVersion: v1\nkind: X\na: {1\n")
    with pytest.raises(UnreadableError) as caught:
        read_package(["apps"])
    assert [message.partition(":")[0] for message in caught.value.messages] == ["apps/x.yaml", "apps/y.yaml"]
    assert "mend it, or list it in .krmignore" in caught.value.messages[0]


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize(
    ("paths", "words"),
    [
        (["nowhere"], "nowhere: no such file or directory"),
        (["apps", "nowhere.yaml"], r"nowhere\.yaml: no such file"),
        (["empty"], "empty: there is no YAML or JSON file in it\nthere is nothing to read"),
        (["hidden"], r"hidden: there is no YAML or JSON file in it \(ignore files leave out 1\)"),
        (["-"], "standard input is empty"),
        (["apps", "-"], "standard input is empty"),
        (["broken.yaml"], r"broken\.yaml cannot be read: No such file"),
    ],
)
def test_nothing_to_read(root: Path, paths: list[str], words: str) -> None:
    (root / "empty").mkdir()
    (root / "hidden").mkdir()
    (root / "hidden" / "a.yaml").write_text(service("a"))
    (root / "hidden" / ".krmignore").write_text("*\n")
    (root / "broken.yaml").symlink_to("nothing")
    with pytest.raises(FileError, match=words):
        read_package(paths, b" \n")


def test_a_directory_without_manifests_among_others_is_only_mentioned(root: Path) -> None:
    (root / "empty").mkdir()
    package = read_package(["empty", "apps"])
    assert (names(package), package.notes) == (["a", "b", "c"], ("empty: there is no YAML or JSON file in it",))


def test_a_file_that_may_not_be_read_is_named(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refusing(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refusing)
    with pytest.raises(FileError, match=r"^d\.json cannot be read: Permission denied$"):
        read_package(["d.json"])


def test_a_resource_list_is_its_items_and_comes_alone(root: Path) -> None:
    (root / "list.yaml").write_text(LIST)
    assert names(read_package(["list.yaml"])) == ["NAME"]
    with pytest.raises(UnreadableError, match=r"list\.yaml: a ResourceList is a package of its own: give it alone"):
        read_package(["list.yaml", "d.json"])


def test_a_pipe_that_is_named_is_read(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.write(writing, service("p").encode())
    os.close(writing)
    assert names(read_package([f"/dev/fd/{reading}"])) == ["p"]
    os.close(reading)


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize("removed", [[], [0], [1], [0, 3], [0, 1, 2, 3]])
def test_what_is_rebuilt_reads_as_what_is_left(removed: list[int]) -> None:
    package = read_package(["."])
    text = package.rebuild({}, removed, ())
    left = [data for i, data in enumerate(package.entries) if i not in removed]
    assert [data for data in package.reread(text) if data is not None] == left


@pytest.mark.parametrize(
    ("data", "applied"),
    [
        ({"apiVersion": "v1", "kind": "Service"}, True),
        ({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": None}, True),
        ({"apiVersion": "kpt.dev/v1", "kind": "Kptfile"}, False),
        ({"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}, False),
        ({"apiVersion": "fn.kuma.io/v1alpha1", "kind": "MeshSetup"}, False),
        ({"apiVersion": "v1"}, False),
        ({"replicaCount": 1}, False),
        (["a"], False),
        ("text", False),
        (None, False),
        ({"kind": 1, "apiVersion": ["v1"]}, False),
        ({"kind": "X", "metadata": {"annotations": {"config.kubernetes.io/local-config": "true"}}}, False),
        ({"kind": "X", "metadata": {"annotations": {"config.kubernetes.io/local-config": "false"}}}, True),
        ({"kind": "X", "metadata": {"annotations": "config.kubernetes.io/local-config"}}, True),
    ],
)
def test_what_belongs_on_a_cluster(data: object, applied: bool) -> None:
    assert is_applied(data) is applied
