"""``krm-fn uninject``: files and streams without the sidecars that render wrote in manual mode."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands.running import krm_fn
from tests.commands.test_render import contents, said

SETUP = """\
apiVersion: fn.kuma.io/v1alpha1
kind: MeshSetup
metadata: {name: mesh-setup}
spec:
  injection: {mode: manual}
  controlPlane:
    address: https://kuma-control-plane.kuma-system:5678
    caCert: |
      -----BEGIN CERTIFICATE-----
      bm90IGEgcmVhbCBjZXJ0aWZpY2F0ZQ==
      -----END CERTIFICATE-----
"""
WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web # the shop
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata:
      labels: {app: web, kuma.io/sidecar-injection: enabled}
    spec:
      containers:
      - name: app
        image: registry.example.com/web:1
"""
HEAD = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current directory, with a package whose two Deployments have sidecars."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "a.yaml").write_text(WEB)
    (tmp_path / "p" / "b.yaml").write_text(WEB.replace("name: web #", "name: web-b #"))
    (tmp_path / "setup.yaml").write_text(SETUP)
    done = krm_fn("render", "-i", "-c", "setup.yaml", "p")
    assert done.returncode == 0, said(done)
    assert "kuma-sidecar" in (tmp_path / "p" / "a.yaml").read_text()
    return tmp_path


def test_a_file_is_printed_as_it_was(root: Path) -> None:
    before = contents(root)
    done = krm_fn("uninject", "p/a.yaml")
    assert (done.returncode, done.stdout.decode(), contents(root)) == (0, WEB, before)
    assert said(done) == ["krm-fn: p/a.yaml: 1 sidecar taken out"]


def test_standard_input_is_read_where_nothing_is_named(root: Path) -> None:
    text = (root / "p" / "a.yaml").read_bytes()
    for arguments in ([], ["-"]):
        assert krm_fn("uninject", *arguments, stdin=text).stdout.decode() == WEB


def test_in_place(root: Path) -> None:
    done = krm_fn("uninject", "--in-place", "p")
    assert done.returncode == 0
    assert (root / "p" / "a.yaml").read_text() == WEB
    assert said(done) == ["krm-fn: p/a.yaml: 1 sidecar taken out", "krm-fn: p/b.yaml: 1 sidecar taken out"]
    again = krm_fn("uninject", "--in-place", "p")
    assert (again.returncode, said(again)) == (0, ["krm-fn: there is no sidecar that krm-fn wrote"])


def test_what_was_edited_since_stays_unless_forced(root: Path) -> None:
    path = root / "p" / "a.yaml"
    path.write_text(path.read_text().replace("name: kuma-sidecar\n", "name: kuma-sidecar\n        tty: true\n"))
    before = contents(root)
    done = krm_fn("uninject", "-i", "p/a.yaml")
    assert (done.returncode, contents(root)) == (1, before)
    assert "its sidecar stays: edited since krm-fn wrote it" in said(done)[0]
    assert said(done)[-1] == "krm-fn: p/a.yaml: 0 sidecars taken out"
    assert krm_fn("uninject", "-i", "--force", "p/a.yaml").returncode == 0
    assert path.read_text() == WEB


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["p"], "several files can only be written back"),
        (["-i", "-"], "--in-place needs files"),
        (["-i"], "--in-place needs files"),
        (["nowhere.yaml"], "nowhere.yaml: no such file or directory"),
    ],
)
def test_what_cannot_be_done_is_refused(root: Path, arguments: list[str], words: str) -> None:
    before = contents(root)
    done = krm_fn("uninject", *arguments, stdin=WEB.encode())
    assert (done.returncode, done.stdout, contents(root)) == (2, b"", before)
    assert words in said(done)[-1]


def test_what_is_left_out_is_said(root: Path) -> None:
    (root / "p" / "notes.yaml").write_text("a: [\n")
    done = krm_fn("uninject", "-i", "p")
    assert done.returncode == 0
    assert said(done)[0].startswith("krm-fn: p/notes.yaml: it is no manifest and is left out")


def test_sidecars_of_others_are_theirs(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(WEB + "      - {name: kuma-sidecar, image: kuma-dp}\n")
    done = krm_fn("uninject", path)
    assert (done.returncode, done.stdout.decode()) == (0, path.read_text())
