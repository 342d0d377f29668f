"""The container image runs for whoever an orchestrator makes it run as, with everything taken away."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.e2e.clients import EXAMPLES, Clients

pytestmark = pytest.mark.e2e

CONFINED = ("--network", "none", "--read-only", "--cap-drop", "all", "--security-opt", "no-new-privileges")


@pytest.fixture
def resource_list() -> str:
    """A ResourceList with the documents of the example, in the text that they have there."""
    documents = [text for file in sorted(EXAMPLES.glob("base/[a-m]*.yaml")) for text in _documents(file)]
    config = (EXAMPLES / "kpt" / "mesh-setup.yaml").read_text()
    return (
        "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nfunctionConfig:\n"
        + _indented(config)
        + "items:\n"
        + "".join("- " + _indented(text)[2:] for text in documents)
    )


def _documents(file: Path) -> list[str]:
    texts = ("".join(re.findall(r"(?m)^(?! *#).*\n", part)) for part in file.read_text().split("---\n"))
    return [text for text in texts if "kind: Kustomization" not in text]


def _indented(text: str) -> str:
    return re.sub(r"(?m)^(?=.)", "  ", text)


@pytest.mark.parametrize("user", ["", "nobody", "65534:65534", "999", "1000730000:0", "0"])
def test_any_user_gets_the_same_answer_as_without_a_container(
    engine: str, image: str, clients: Clients, resource_list: str, user: str
) -> None:
    chosen = ("--user", user) if user else ()
    command = (engine, "run", "--rm", "-i", *CONFINED, *chosen, "-e", "HOME=/nonexistent", image)
    outside = clients.run("krm-fn", stdin=resource_list)
    inside = subprocess.run(command, input=resource_list, capture_output=True, text=True, timeout=60, check=False)
    assert outside.returncode == 0, outside.stderr
    assert (inside.returncode, inside.stdout, inside.stderr) == (0, outside.stdout, outside.stderr)
    assert "ingress.kubernetes.io/service-upstream" in inside.stdout


def test_nothing_on_standard_input_is_wrong_usage(engine: str, image: str) -> None:
    command = (engine, "run", "--rm", "-i", *CONFINED, image)
    done = subprocess.run(command, input="", capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (2, "")


def test_the_program_is_in_the_path_for_another_entry_point(engine: str, image: str) -> None:
    command = (engine, "run", "--rm", *CONFINED, "--user", "999", "--entrypoint", "krm-fn", image, "--version")
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_no_module_is_compiled_at_start(engine: str, image: str, resource_list: str) -> None:
    verbose = ("--entrypoint", "/opt/krm-fn/bin/python3", image, "-v", "/opt/krm-fn/bin/krm-fn")
    done = subprocess.run(
        (engine, "run", "--rm", "-i", *CONFINED, *verbose),
        input=resource_list,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0
    loaded = re.findall(r"(?m)^# code object from '(.*)'$", done.stderr)
    assert any("krm_fn/__pycache__/__main__." in path for path in loaded)
    assert [path for path in loaded if path.endswith(".py")] == []


def test_the_image_says_what_it_is(engine: str, image: str) -> None:
    said = subprocess.run((engine, "image", "inspect", image), capture_output=True, text=True, timeout=60, check=True)
    config = json.loads(said.stdout)[0]["Config"]
    assert config["User"] == "65532:65532"
    assert config["Entrypoint"] == ["/opt/krm-fn/bin/krm-fn"]
    assert config["Labels"]["org.opencontainers.image.licenses"] == "Apache-2.0"
