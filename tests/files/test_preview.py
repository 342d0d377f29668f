"""krm_fn.files.preview: what would become of each file, and the stream for a cluster."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from krm_fn.files.find import FileError
from krm_fn.files.package import read_package
from krm_fn.files.preview import FileChange, Preview, preview, preview_of

NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n"
SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: NAME, namespace: shop}\nspec: {ports: [{port: 80}]}\n"
KPTFILE = "apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata:\n  name: x\n"
SETUP = """\
apiVersion: fn.kuma.io/v1alpha1
kind: MeshSetup
metadata:
  name: mesh-setup
spec:
  namespaces:
  - {name: shop, labels: {kuma.io/sidecar-injection: enabled}}
  injection:
    rules:
    - {target: {kind: Namespace}, inject: true}
"""
EMITS = """\
  externalNames:
  - {name: api, namespace: shop, hostname: api.mesh, ports: [{port: 80}]}
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "krm-fn.yaml").write_text(SETUP)
    (tmp_path / "p" / "namespace.yaml").write_text(NAMESPACE)
    (tmp_path / "p" / "web.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "p"


def emitting(root: Path) -> None:
    (root / "krm-fn.yaml").write_text(SETUP + EMITS)


def changed(found: Preview) -> list[tuple[str, str]]:
    def what(change: FileChange) -> str:
        return "new" if change.before is None else "gone" if change.after is None else "changed"

    return [(change.name, what(change)) for change in found.changes()]


def kinds(stream: bytes) -> list[str]:
    return [document["kind"] for document in yaml.safe_load_all(stream)]


def test_only_what_changes(root: Path) -> None:
    found = preview(["p"])
    assert changed(found) == [("p/namespace.yaml", "changed")]
    (change,) = found.changes()
    assert change.before == NAMESPACE.encode()
    assert change.after == NAMESPACE.encode() + b"  labels:\n    kuma.io/sidecar-injection: enabled\n"


def test_generated_items_get_files_of_their_own_and_go_again(root: Path) -> None:
    emitting(root)
    found = preview(["p"])
    name = "p/krm-fn/service_shop_api.yaml"
    assert changed(found) == [("p/namespace.yaml", "changed"), (name, "new")]
    new = found.changes()[1]
    assert (new.path, new.relative) == (Path(name), "krm-fn/service_shop_api.yaml")
    (root / "krm-fn").mkdir()
    (root / "krm-fn" / "service_shop_api.yaml").write_bytes(new.after or b"")
    assert changed(preview(["p"])) == [("p/namespace.yaml", "changed")]
    (root / "krm-fn.yaml").write_text(SETUP)
    assert changed(preview(["p"])) == [(name, "gone"), ("p/namespace.yaml", "changed")]


def test_a_generated_item_among_others_leaves_its_file(root: Path) -> None:
    emitting(root)
    generated = preview(["p"]).changes()[1].after or b""
    (root / "all.yaml").write_bytes(SERVICE.replace("NAME", "own").encode() + b"---\n" + generated)
    (root / "krm-fn.yaml").write_text(SETUP)
    change = preview(["p"]).changes()[0]
    assert (change.name, kinds(change.after or b"")[:1]) == ("p/all.yaml", ["Service"])
    assert b"api.mesh" not in (change.after or b"")


def test_a_file_in_the_way_is_not_lost(root: Path) -> None:
    emitting(root)
    (root / "krm-fn").mkdir()
    (root / "krm-fn" / "service_shop_api.yaml").write_text(SERVICE.replace("NAME", "other"))
    with pytest.raises(FileError, match=r"service_shop_api\.yaml is to hold a generated item, but holds something"):
        preview(["p"]).changes()


def test_single_files_know_what_was_generated_beside_them(root: Path) -> None:
    emitting(root)
    name = "p/krm-fn/service_shop_api.yaml"
    paths = ["p/web.yaml"]
    (change,) = preview(paths).changes()
    assert (change.name, change.before) == (name, None)
    (root / "krm-fn").mkdir()
    (root / "krm-fn" / "service_shop_api.yaml").write_bytes(change.after or b"")
    assert preview(paths).changes() == []
    (root / "krm-fn" / "service_shop_api.yaml").write_bytes((change.after or b"").replace(b"api.mesh", b"old.mesh"))
    assert changed(preview(paths)) == [(name, "changed")]
    for other in (SERVICE.replace("NAME", "api"), "a: [", (change.after or b"").decode().replace("mesh-setup", "x")):
        (root / "krm-fn" / "service_shop_api.yaml").write_text(other)
        assert preview(paths).changes()[0].before is None  # somebody else's: writing will refuse


def test_generated_files_never_leave_the_package(root: Path, tmp_path: Path) -> None:
    emitting(root)
    (tmp_path / "elsewhere").mkdir()
    (root / "krm-fn").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileError, match=r"service_shop_api\.yaml lies behind a symbolic link"):
        preview(["p"]).changes()


@pytest.mark.parametrize("name", ["../../x", "a/b", "/etc/x", "a\0b"])
def test_a_name_is_no_path(root: Path, name: str) -> None:
    found = preview(["p"])
    data = {"kind": "Service", "metadata": {"name": name, "namespace": "shop"}}
    with pytest.raises(FileError, match="cannot be part of a file name"):
        Preview(found.package, found.config, found.outcome.replace(added=(data,))).changes()


def test_with_errors_nothing_changes_and_nothing_is_streamed(root: Path) -> None:
    (root / "krm-fn.yaml").write_text(SETUP + "  zoen: x\n")
    found = preview(["p"])
    assert (found.outcome.exit_code, found.changes(), found.stream(), found.stream(True)) == (1, [], b"", b"")


# --- the stream -------------------------------------------------------------------------------------------------------


def test_the_stream_has_what_a_cluster_takes(root: Path) -> None:
    emitting(root)
    (root / "Kptfile").write_text(KPTFILE)
    (root / "values.yaml").write_text("replicas: 1\n")
    (root / "empty.yaml").write_text("# nothing\n")
    (root / "kustomization.yaml").write_text("kind: Kustomization\napiVersion: kustomize.config.k8s.io/v1beta1\n")
    assert kinds(preview(["p"]).stream()) == ["Namespace", "ConfigMap", "Service"]


def test_everything_if_asked_for(root: Path) -> None:
    (root / "Kptfile").write_text(KPTFILE)
    assert kinds(preview(["p"]).stream(True)) == ["Kptfile", "MeshSetup", "Namespace", "ConfigMap"]


def test_what_does_not_change_keeps_its_bytes(root: Path) -> None:
    text = "\ufeff# a\r\n" + SERVICE.replace("NAME", "x").replace("\n", "\r\n") + "---\r\n# end"
    found = preview_of(read_package(["-"], text.encode()))
    assert found.stream() == text.removeprefix("\ufeff").encode()


@pytest.mark.parametrize("last", ["", "---\n" + SERVICE.replace("NAME", "z")])
@pytest.mark.parametrize("first", ["", SERVICE.replace("NAME", "a") + "---\n"])
def test_no_empty_document_is_left_of_what_is_left_out(first: str, last: str) -> None:
    found = preview_of(read_package(["-"], f"{first}{KPTFILE}{last}".encode()))
    stream = found.stream()
    assert len(list(yaml.safe_load_all(stream))) == len(kinds(stream)) == bool(first) + bool(last)


def test_files_of_any_shape_make_one_stream(root: Path) -> None:
    shapes = [
        '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "json"}}',
        "%YAML 1.1\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: x}\n...\n",
        "# why\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: x}",
        "---\r\napiVersion: v1\r\nkind: Node\r\nmetadata: {name: x}\r\n---\r\n",
        "\ufeffapiVersion: v1\nkind: Event\nmetadata: {name: x}\nmessage: |\n  text",
        "\n\napiVersion: v1\nkind: Binding\nmetadata: {name: x}\nmessage: >+\n  text\n\n\n",
    ]
    for number, shape in enumerate(shapes):
        (root / f"{number}.yaml").write_bytes(shape.encode())
    found = preview(["p"])
    documents = [document for document in yaml.safe_load_all(found.stream()) if document is not None]
    expected = [data for i, data in enumerate(found.package.entries) if i not in found.left_out()]
    expected = [data for data in expected if data is not None and data["kind"] != "Namespace"]
    assert [document for document in documents if document["kind"] != "Namespace"] == expected


def test_a_resource_list_stays_one(root: Path) -> None:
    text = f"apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n- {KPTFILE}".replace("\n", "\n  ")
    text = text.replace("\n  kind: ResourceList\n  items:\n  -", "\nkind: ResourceList\nitems:\n-").rstrip(" ")
    found = preview_of(read_package(["-"], text.encode()))
    assert found.stream() == text.encode()


def test_what_is_told_does_not_change_what_is_done(root: Path) -> None:
    emitting(root)
    (root / "pod.yaml").write_text("apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: shop}\n")
    plain, told = preview(["p"]), preview(["p"], told="info")
    assert told.changes() == plain.changes()
    assert "info" in {result.severity for result in told.outcome.results}
    assert "info" not in {result.severity for result in plain.outcome.results}
    assert plain.ruled is None
    assert told.ruled is not None
    assert "injection" in {rule for rule, edits in told.ruled.edits if edits}
