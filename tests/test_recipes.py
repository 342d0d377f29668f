"""docs/flux.md: its commands run as they stand there (Flux's own program replaced by one that notes how it was called),
and its manifests have the fields that Flux documents.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "flux.md").read_text(encoding="utf-8")
BASE = ROOT / "fixtures" / "examples" / "base"
DEMO = ROOT / "fixtures" / "demo" / "package"


def blocks(language: str) -> list[str]:
    return re.findall(rf"(?ms)^```{language}\n(.*?)^```$", PAGE)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with an overlay and a directory of plain manifests, and the programs that the page calls."""
    if shutil.which("git") is None or shutil.which("kubectl") is None:
        pytest.skip("git and kubectl are needed")
    shutil.copytree(BASE, tmp_path / "checkout" / "base")
    overlay = tmp_path / "checkout" / "overlays" / "prod"
    overlay.mkdir(parents=True)
    (overlay / "kustomization.yaml").write_text("resources: [../../base]\n")
    shutil.copytree(DEMO, tmp_path / "checkout" / "apps" / "prod")
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "flux").write_text(f'#!/bin/sh\nprintf "%s\\n" "$*" >> {tmp_path}/flux.log\n')
    (programs / "krm-fn").write_text(f'#!/bin/sh\nexec {sys.executable} -m krm_fn "$@"\n')
    for program in programs.iterdir():
        program.chmod(0o755)
    for command in (
        "init -q -b main",
        "add .",
        "commit -q -m start",
        "remote add origin https://git.example.com/d.git",
    ):
        git(tmp_path, command)
    return tmp_path


def git(directory: Path, command: str) -> None:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    subprocess.run(["git", *identity, *command.split()], cwd=directory / "checkout", check=True, capture_output=True)


def shell(directory: Path, script: str) -> subprocess.CompletedProcess[str]:
    path = f"{directory / 'programs'}:{os.environ['PATH']}"
    environ = os.environ | {"PATH": path, "PYTHONPATH": str(ROOT)}
    command = ["sh", "-e", "-c", script]
    return subprocess.run(
        command, cwd=directory / "checkout", env=environ, capture_output=True, text=True, timeout=120, check=False
    )


RENDER_AND_PUSH = "".join(blocks("sh")[:2])


def test_the_artifact_holds_what_a_cluster_takes(checkout: Path) -> None:
    done = shell(checkout, RENDER_AND_PUSH)
    assert done.returncode == 0, done.stderr
    [file] = (checkout / "checkout" / "rendered").iterdir()
    found: list[Any] = [document for document in yaml.safe_load_all(file.read_text()) if document]
    assert {"Namespace", "Deployment", "Service"} <= {each["kind"] for each in found}
    assert not {each["kind"] for each in found} & {"Kustomization", "MeshSetup", "Dataplane"}
    assert "service-upstream" in file.read_text()
    pushed, tagged = (checkout / "flux.log").read_text().splitlines()
    assert pushed.startswith("push artifact oci://registry.example.com/deployments/prod:")
    assert " --path=rendered --source=https://git.example.com/d.git --revision=main@sha1:" in pushed
    assert tagged.endswith("--tag=production")


def test_an_error_stops_before_anything_is_pushed(checkout: Path) -> None:
    (checkout / "checkout" / "krm-fn.yaml").write_text(
        "kind: MeshSetup\napiVersion: fn.kuma.io/v1alpha1\nspec: {a: 1}\n"
    )
    assert shell(checkout, RENDER_AND_PUSH).returncode != 0
    assert not (checkout / "flux.log").exists()


def test_files_that_are_not_up_to_date_are_noticed(checkout: Path) -> None:
    script = blocks("sh")[-1]
    assert shell(checkout, script).returncode == 1
    git(checkout, "add .")
    git(checkout, "commit -q -m rendered")
    done = shell(checkout, script)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_manifests_fit_together() -> None:
    [text] = blocks("yaml")
    repository, kustomization = yaml.safe_load_all(text)
    assert (repository["apiVersion"], repository["kind"]) == ("source.toolkit.fluxcd.io/v1", "OCIRepository")
    assert kustomization["apiVersion"] == "kustomize.toolkit.fluxcd.io/v1"
    assert kustomization["spec"]["sourceRef"] == {"kind": repository["kind"], "name": repository["metadata"]["name"]}
    url = repository["spec"]["url"]
    assert url in RENDER_AND_PUSH
    assert f"--tag={repository['spec']['ref']['tag']}" in RENDER_AND_PUSH
    assert set(repository["spec"]) == {"interval", "url", "ref"}
    assert {"interval", "sourceRef", "path", "prune"} <= set(kustomization["spec"])
