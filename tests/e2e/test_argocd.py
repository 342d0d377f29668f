"""The plugin as Argo CD's plugin server runs it: a private copy of the repository, no shell, a process group, a time
limit.

`PluginServer` does what cmpserver/plugin/plugin.go of Argo CD does with ``deploy/argocd/plugin.yaml``.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.clients import EXAMPLES, GATEWAY, ROOT, UPSTREAM, Clients, files

pytestmark = pytest.mark.e2e

PLUGIN = yaml.safe_load((ROOT / "deploy" / "argocd" / "plugin.yaml").read_text())["spec"]
DEMO = ROOT / "fixtures" / "demo" / "package"
TIMEOUT = 90


class PluginError(Exception):
    """A command of the plugin failed; the message is what Argo CD would show."""


class PluginServer:
    """Argo CD's plugin server, as far as a plugin can tell."""

    def __init__(self, work: Path, environ: dict[str, str], timeout: float = TIMEOUT) -> None:
        self.work = work
        self.environ = environ
        self.timeout = timeout

    def match(self, repository: Path, path: str, **entries: str) -> bool:
        return self._run(PLUGIN["discover"]["find"], repository, path, entries) != ""

    def generate(self, repository: Path, path: str, **entries: str) -> list[Any]:
        text = self._run(PLUGIN["generate"], repository, path, entries)
        assert text, "Argo CD would delete every resource of the application"
        return [document for document in yaml.safe_load_all(text) if document is not None]

    def parameters(self, repository: Path, path: str, **entries: str) -> list[Any]:
        dynamic = json.loads(self._run(PLUGIN["parameters"]["dynamic"], repository, path, entries))
        return [*dynamic, *PLUGIN["parameters"]["static"]]

    def _run(self, command: Any, repository: Path, path: str, entries: dict[str, str]) -> str:
        entries = {"ARGOCD_APP_NAME": "app", "ARGOCD_APP_SOURCE_PATH": path, **entries}
        with self._copy(repository) as copy:
            process = subprocess.Popen(
                [*command["command"], *command.get("args", ())],
                cwd=copy / path,
                env=self.environ | entries,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                process_group=0,
                text=True,
            )
            try:
                out, said = process.communicate(timeout=self.timeout)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGTERM)
                out, said = process.communicate(timeout=5)
            if process.returncode:
                raise PluginError(said.strip())
            return out.removesuffix("\n")

    @contextmanager
    def _copy(self, repository: Path) -> Iterator[Path]:
        """Send the repository as the repo server does: a compressed archive, unpacked into a new directory."""
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=1) as archive:
            archive.add(repository, ".")
        copy = self.work / os.urandom(8).hex()
        with tarfile.open(fileobj=io.BytesIO(gzip.decompress(packed.getvalue()))) as archive:
            archive.extractall(copy, filter="data")
        before = files(copy)
        try:
            yield copy
            assert files(copy) == before, "the copy was written to"
        finally:
            shutil.rmtree(copy)


@pytest.fixture
def server(clients: Clients, tmp_path: Path) -> PluginServer:
    clients.need("krm-fn")
    return PluginServer(tmp_path / "_cmp_server", clients.environ | {"HOME": "/nonexistent"})


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with several applications."""
    apps = tmp_path / "repository" / "apps"
    shutil.copytree(DEMO, apps / "counter")
    shutil.copytree(EXAMPLES / "base", apps / "shop")
    shutil.copytree(EXAMPLES / "base", apps / "other")
    (apps / "shop" / "krm-fn.yaml").write_text((EXAMPLES / "kpt" / "mesh-setup.yaml").read_text())
    return tmp_path / "repository"


def test_the_demo_is_discovered_and_rendered(server: PluginServer, repository: Path) -> None:
    assert server.match(repository, "apps/counter")
    found = server.generate(repository, "apps/counter", ARGOCD_APP_NAMESPACE="counter")
    assert not {each["kind"] for each in found} & {"Kptfile", "MeshSetup", "Dataplane"}
    [proxy] = [each for each in found if each["metadata"]["name"] == "proxy-kong"]
    assert proxy["spec"]["template"]["metadata"]["annotations"][GATEWAY] == "enabled"
    assert all(each["apiVersion"] and each["kind"] and each["metadata"]["name"] for each in found)


def test_a_kustomization_is_rendered(server: PluginServer, clients: Clients, repository: Path) -> None:
    clients.need("kubectl")
    found = server.generate(repository, "apps/shop")
    [web] = [each for each in found if (each["kind"], each["metadata"]["name"]) == ("Service", "web")]
    assert web["metadata"]["annotations"][UPSTREAM] == "true"
    assert not {each["kind"] for each in found} & {"Dataplane", "Kustomization", "MeshSetup"}


def test_another_directory_is_not_taken(server: PluginServer, repository: Path) -> None:
    assert not server.match(repository, "apps/other")
    (repository / "krm-fn.yaml").write_text((repository / "apps" / "shop" / "krm-fn.yaml").read_text())
    assert server.match(repository, "apps/other")


def test_parameters_are_announced_and_count(server: PluginServer, repository: Path) -> None:
    announced = {each["name"]: each for each in server.parameters(repository, "apps/counter")}
    assert announced["zone"]["string"] == "zone-1"
    assert {"config", "kustomize"} <= announced.keys()
    given = json.dumps([{"name": "mark-applied", "string": "true"}])
    found = server.generate(repository, "apps/counter", ARGOCD_APP_PARAMETERS=given)
    assert any("fn.kuma.io/applied" in each["metadata"].get("annotations", {}) for each in found)


@pytest.mark.parametrize(
    ("path", "entries", "expected"),
    [
        ("apps", {"ARGOCD_APP_PARAMETERS": "[{"}, "is not JSON"),
        ("apps/counter", {"ARGOCD_APP_PARAMETERS": '[{"name": "zome", "string": "a"}]'}, "did you mean 'zone'?"),
        ("apps/empty", {}, "no YAML or JSON file"),
        ("apps/broken", {}, "a.yaml"),
    ],
)
def test_failures_say_why(
    server: PluginServer, repository: Path, path: str, entries: dict[str, str], expected: str
) -> None:
    for name, text in (("empty/README.md", "nothing"), ("broken/a.yaml", "apiVersion: v1\nkind: [ConfigMap\n")):
        (repository / "apps" / name).parent.mkdir(exist_ok=True)
        (repository / "apps" / name).write_text(text)
    with pytest.raises(PluginError, match=expected.replace("?", r"\?")):
        server.generate(repository, path, **entries)


def test_renders_at_the_same_time_do_not_meet(server: PluginServer, repository: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        renders = list(pool.map(lambda _: server.generate(repository, "apps/counter"), range(8)))
    assert all(render == renders[0] for render in renders)
    assert list(server.work.iterdir()) == []


def test_a_timeout_ends_the_whole_process_group(clients: Clients, tmp_path: Path, repository: Path) -> None:
    """kustomize is a child of krm-fn: it must not outlive it."""
    programs = tmp_path / "programs"
    programs.mkdir()
    slow = programs / "kustomize"
    told = f"open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))"
    slow.write_text(f"#!{sys.executable}\nimport os, time\n{told}\ntime.sleep(600)\n")
    slow.chmod(0o755)
    environ = clients.environ | {"PATH": f"{programs}:{clients.environ['PATH']}"}
    server = PluginServer(tmp_path / "_cmp_server", environ, timeout=3)
    with pytest.raises(PluginError):
        server.generate(repository, "apps/shop")
    pid = int((tmp_path / "pid").read_text())
    for _ in range(50):
        if not _runs(pid):
            return
        time.sleep(0.1)
    pytest.fail("kustomize still runs")


def _runs(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status")
    return status.exists() and "\nState:\tZ" not in status.read_text()


@pytest.mark.parametrize("command", ["discover", "generate", "parameters"])
def test_the_image_does_it_confined(command: str, engine: str, image: str, clients: Clients, repository: Path) -> None:
    """As deploy/argocd runs it: user 999, a root that cannot be written to, and (here) a copy that cannot either."""
    confined = ("--network", "none", "--read-only", "--cap-drop", "all", "--security-opt", "no-new-privileges")
    where = (
        "--user",
        "999",
        "-v",
        f"{repository}:/tmp/checkout:ro",
        "-w",
        "/tmp/checkout/apps/counter",
        "-e",
        "HOME=/nonexistent",
    )
    program = ("--entrypoint", "krm-fn", image, "argocd", command)
    inside = subprocess.run(
        (engine, "run", "--rm", *confined, *where, *program), capture_output=True, text=True, timeout=60, check=False
    )
    outside = clients.run("krm-fn", "argocd", command, cwd=repository / "apps" / "counter")
    assert outside.returncode == 0, outside.stderr
    assert (inside.returncode, inside.stdout) == (0, outside.stdout), inside.stderr
