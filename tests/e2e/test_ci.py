"""What ships for CI: the hooks with the real pre-commit, the step of the GitHub Action, the GitLab job."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from krm_fn.commands import cli
from tests.e2e.clients import ROOT, Clients

HOOKS: list[dict[str, Any]] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())
STEP = ROOT / "ci" / "github-check"
SETUP = """\
apiVersion: fn.kuma.io/v1alpha1
kind: MeshSetup
metadata: {name: mesh-setup}
spec:
  injection:
    rules:
    - {target: {kind: Namespace}, inject: true}
"""
NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n"
MARKED = NAMESPACE + "  labels:\n    kuma.io/sidecar-injection: enabled\n"
WRONG = NAMESPACE + "  labels:\n    kuma.io/sidecar-injection: true\n"
GIT = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}


@pytest.fixture
def git(clients: Clients) -> Clients:
    return Clients(clients.environ | GIT)


def committed(git: Clients, directory: Path) -> str:
    """Make a repository of a directory, and return its commit."""
    identity = ["-c", "user.name=x", "-c", "user.email=x@example.com"]
    git.ok("git", "init", "-q", cwd=directory)
    git.ok("git", "add", "-A", "-f", cwd=directory)
    git.ok("git", *identity, "commit", "-q", "-m", "all", cwd=directory)
    return git.ok("git", "rev-parse", "HEAD", cwd=directory).strip()


@pytest.fixture
def package(tmp_path: Path) -> Path:
    root = tmp_path / "package"
    root.mkdir()
    (root / "krm-fn.yaml").write_text(SETUP)
    (root / "namespace.yaml").write_text(NAMESPACE)
    return root


# --- pre-commit -------------------------------------------------------------------------------------------------------


def test_hooks_run_commands_that_exist() -> None:
    assert [hook["id"] for hook in HOOKS] == ["krm-fn-check", "krm-fn-diff"]
    for hook in HOOKS:
        assert hook["entry"].split() == ["krm-fn", hook["id"].removeprefix("krm-fn-")]
        assert hook["entry"].split()[1] in cli.list_commands(click.Context(cli))
        assert (hook["language"], hook["pass_filenames"], hook["require_serial"]) == ("python", False, True)


@pytest.mark.parametrize(
    ("name", "runs"),
    [
        ("a.yaml", True),
        ("sub/a.yml", True),
        ("a.json", True),
        ("Kptfile", True),
        ("sub/Kptfile", True),
        (".krmignore", True),
        ("README.md", False),
        ("a.yaml.bak", False),
        ("NotAKptfile", False),
    ],
)
def test_hooks_run_for_manifests(name: str, runs: bool) -> None:
    assert [bool(re.search(hook["files"], name)) for hook in HOOKS] == [runs, runs]


@pytest.mark.e2e
def test_pre_commit_runs_the_hooks(git: Clients, package: Path, tmp_path: Path) -> None:
    git.need("pre-commit")
    sources = tmp_path / "sources"
    shutil.copytree(ROOT / "krm_fn", sources / "krm_fn", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml"):
        shutil.copy(ROOT / name, sources)
    revision = committed(git, sources)
    hooks = "".join(f"  - id: {hook['id']}\n" for hook in HOOKS)
    (package / ".pre-commit-config.yaml").write_text(f"repos:\n- repo: {sources}\n  rev: {revision}\n  hooks:\n{hooks}")
    committed(git, package)
    environ = {"PRE_COMMIT_HOME": str(tmp_path / "home")}

    def outcomes() -> tuple[int, list[str], str]:
        command = ["pre-commit", "run", "--all-files", "--color", "never"]
        done = subprocess.run(
            command, cwd=package, env=git.environ | environ, capture_output=True, text=True, check=False, timeout=600
        )
        found = re.findall(r"(?m)^krm-fn (\w+)\.+(Passed|Failed)$", done.stdout)
        return done.returncode, [f"{name} {outcome}" for name, outcome in found], done.stdout + done.stderr

    code, found, text = outcomes()
    assert (code, found) == (1, ["check Passed", "diff Failed"]), text
    assert "+    kuma.io/sidecar-injection: enabled" in text
    (package / "namespace.yaml").write_text(MARKED)
    assert outcomes()[:2] == (0, ["check Passed", "diff Passed"])
    (package / "namespace.yaml").write_text(WRONG)
    code, found, text = outcomes()
    assert (code, found[0]) == (1, "check Failed"), text
    assert "namespace.yaml:6: error: Namespace shop" in text


# --- GitHub -----------------------------------------------------------------------------------------------------------


def test_the_action_hands_over_all_its_inputs() -> None:
    check, upload = ACTION["runs"]["steps"]
    used = set(re.findall(r"inputs\.([\w-]+)", str(ACTION["runs"])))
    assert used == set(ACTION["inputs"])
    assert set(check["env"]) == set(re.findall(r"\$\{(KRM_FN_(?!COMMAND)\w+)", STEP.read_text()))
    assert "${{" not in check["run"]  # what stands there would be run
    assert os.access(STEP, os.X_OK)
    assert upload["with"]["sarif_file"] == ACTION["outputs"]["sarif-file"]["value"]


def stepped(root: Path, **environ: str) -> tuple[subprocess.CompletedProcess[str], str, str]:
    """Run the step of the action; its process, what it sets as outputs, and the summary of the job."""
    output, summary = root.parent / "output", root.parent / "summary"
    output.unlink(missing_ok=True)
    summary.unlink(missing_ok=True)
    command = str(Path(sys.executable).with_name("krm-fn"))
    files = {"GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(summary), "RUNNER_TEMP": str(root.parent)}
    done = subprocess.run(
        ["bash", STEP],
        cwd=root,
        env={**os.environ, "KRM_FN_COMMAND": command, **files, **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert not list(root.parent.glob("krm-fn.*"))
    return done, output.read_text() if output.exists() else "", summary.read_text()


def test_a_good_package_passes(package: Path) -> None:
    done, output, summary = stepped(package)
    assert (done.returncode, output) == (0, "sarif-file=krm-fn.sarif\n"), done.stderr
    assert json.loads((package / "krm-fn.sarif").read_text())["version"] == "2.1.0"
    assert summary.startswith("### krm-fn: nothing that would not work\n")


@pytest.mark.parametrize(
    ("environ", "code"),
    [
        ({}, 1),
        ({"KRM_FN_FAIL_ON": "never"}, 0),
        ({"KRM_FN_PATHS": "krm-fn.yaml"}, 0),
        ({"KRM_FN_PATHS": "krm-fn.yaml\nwith space.yaml\n"}, 1),
        ({"KRM_FN_PATHS": "nowhere"}, 2),
        ({"KRM_FN_PATHS": "--help"}, 2),
        ({"KRM_FN_PATHS": "$(touch made)"}, 2),
        ({"KRM_FN_CONFIG": "nowhere.yaml"}, 2),
    ],
)
def test_the_step_ends_as_the_check_does(package: Path, environ: dict[str, str], code: int) -> None:
    (package / "with space.yaml").write_text(WRONG)
    done, output, summary = stepped(package, KRM_FN_SARIF="out.sarif", **environ)
    assert done.returncode == code, done.stderr
    assert "::error" in done.stdout or code != 1
    assert output == ("" if code == 2 else "sarif-file=out.sarif\n")
    assert summary.startswith("### krm-fn could not check" if code == 2 else "### krm-fn: ")
    assert not (package / "made").exists()


def test_the_summary_is_no_markup(package: Path) -> None:
    (package / "x.yaml").write_text(WRONG.replace("shop", "'<b>&'"))
    _, _, summary = stepped(package)
    assert "<b>" not in summary
    assert "&lt;b&gt;&amp;" in summary


@pytest.mark.e2e
def test_the_step_installs_krm_fn_by_itself(package: Path) -> None:
    done, output, _ = stepped(package, KRM_FN_COMMAND="", KRM_FN_PYTHON=sys.executable)
    assert (done.returncode, output) == (0, "sarif-file=krm-fn.sarif\n"), done.stderr


# --- GitLab -----------------------------------------------------------------------------------------------------------


def test_the_job_for_gitlab_leaves_its_report(package: Path, clients: Clients) -> None:
    job = yaml.safe_load((ROOT / "ci" / "gitlab.yml").read_text())["krm-fn"]
    (package / "namespace.yaml").write_text(WRONG)
    done = clients.run("sh", "-ec", job["script"][-1], cwd=package, KRM_FN_PATHS=job["variables"]["KRM_FN_PATHS"])
    assert done.returncode == 1
    assert (package / job["artifacts"]["reports"]["junit"]).read_text().startswith("<?xml")
