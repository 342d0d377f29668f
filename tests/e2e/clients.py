"""What the end-to-end tests share: starting real clients, and copies of the examples to start them on."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, NoReturn

import pytest
import yaml

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "fixtures" / "examples"
IMAGE_OF_THE_EXAMPLES = "localhost/krm-fn:latest"
GATEWAY = "kuma.io/gateway"
UPSTREAM = "ingress.kubernetes.io/service-upstream"
UPSTREAM_NGINX = "nginx.ingress.kubernetes.io/service-upstream"

# Values that PyYAML, YAML 1.1 and YAML 1.2 read differently, in items that the function leaves alone and in one that it
# changes: the Service selects the pods of the example's `web`.
VALUES = """\
    equals: "="
    merge: "<<"
    "y": "yes"
    exponent: "1e3"
    commit: "123e45"
    octal: "08"
    octal12: "0o17"
    hex: "0x1F"
    sexagesimal: "12:30:45"
    date: "2020-1-1"
    nothing: "null"
    tilde: "~"
    infinity: ".inf"
    blanks: "  both sides  "
    lines: "one\\ntwo\\n"
    unicode: "größer ≥ 😀"
    substitution: ${NOT_YET}
"""
AWKWARD = f"""\
apiVersion: v1
kind: ConfigMap
metadata:
  name: awkward-values
  namespace: demo-app
  annotations:
{VALUES}\
data:
  script: |
    #!/bin/sh
    # a comment in a script

    echo "done"
  folded: >-
    one line
    of text
---
apiVersion: v1
kind: Service
metadata:
  name: awkward-service
  namespace: demo-app
  annotations:
{VALUES}\
spec:
  selector:
    app: web
  ports:
  - name: http
    port: 80
    targetPort: http
    appProtocol: http
---
apiVersion: monitoring.coreos.com/v1alpha1
kind: AlertmanagerConfig
metadata:
  name: awkward-matchers
  namespace: demo-app
spec:
  inhibitRules:
  - sourceMatch:
    - matchType: =
      name: alertname
      value: 1e3
"""

Manifest = dict[str, Any]


def missing(what: str) -> NoReturn:
    """Skip the test; where everything is promised to be there, fail it."""
    if os.environ.get("KRM_FN_E2E") == "require":
        pytest.fail(f"{what}, and KRM_FN_E2E=require asks for it", pytrace=False)
    pytest.skip(what)


class Clients:
    """Starts programs in an environment where they find each other, this krm-fn, and a container engine."""

    def __init__(self, environ: dict[str, str]) -> None:
        self.environ = environ

    def need(self, program: str) -> None:
        if shutil.which(program, path=self.environ["PATH"]) is None:
            missing(f"no {program} in PATH")

    def run(
        self, *command: str | Path, stdin: str = "", cwd: Path | None = None, **environ: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a client to its end; the caller looks at the exit code."""
        self.need(str(command[0]))
        return subprocess.run(
            command,
            input=stdin,
            cwd=cwd,
            env=self.environ | environ,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def ok(self, *command: str | Path, stdin: str = "", cwd: Path | None = None, **environ: str) -> str:
        """Run a client that must succeed, and return its standard output."""
        done = self.run(*command, stdin=stdin, cwd=cwd, **environ)
        assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout[-2000:]}\n{done.stderr}"
        return done.stdout


def copy_examples(target: Path, image: str = IMAGE_OF_THE_EXAMPLES) -> Path:
    """Copy the examples below `target`, with `image` for the function's."""
    shutil.copytree(EXAMPLES, target / "examples")
    for file in (target / "examples").rglob("*"):
        if file.is_file():
            replace(file, IMAGE_OF_THE_EXAMPLES, image)
    return target / "examples"


def replace(file: Path, old: str, new: str) -> None:
    file.write_text(file.read_text().replace(old, new))


def manifests(text: str) -> list[Manifest]:
    return [document for document in yaml.safe_load_all(text) if document is not None]


def find(documents: list[Manifest], kind: str, name: str) -> Manifest:
    found = [d for d in documents if d["kind"] == kind and d["metadata"]["name"] == name]
    assert len(found) == 1, (
        f"{kind} {name}: {len(found)} among {[(d['kind'], d['metadata']['name']) for d in documents]}"
    )
    return found[0]


def annotations_of(manifest: Manifest) -> dict[str, str]:
    found: dict[str, str] = manifest["metadata"].get("annotations", {})
    return found


def files(directory: Path) -> dict[str, str]:
    """The text of every file below `directory`, by relative path."""
    return {str(f.relative_to(directory)): f.read_text() for f in sorted(directory.rglob("*")) if f.is_file()}


def assert_processed(documents: list[Manifest], prefix: str = "") -> None:
    """The examples' resources carry what the function is there to write, and those outside the mesh do not."""
    template = find(documents, "Deployment", f"{prefix}proxy-kong")["spec"]["template"]
    assert template["metadata"]["annotations"] == {GATEWAY: "enabled"}
    for name in ("web", "orders"):
        service = annotations_of(find(documents, "Service", prefix + name))
        assert (service[UPSTREAM], service[UPSTREAM_NGINX]) == ("true", "true")
        template = find(documents, "Deployment", prefix + name)["spec"]["template"]
        assert "annotations" not in template["metadata"]
    for kind in ("Service", "Deployment"):
        assert annotations_of(find(documents, kind, f"{prefix}mail")) == {}


def without_additions(documents: list[Manifest]) -> list[Manifest]:
    """The documents less what `assert_processed` found: what must be equal to a build without the function."""

    def less(holder: Manifest) -> None:
        kept = {k: v for k, v in holder.get("annotations", {}).items() if k not in (GATEWAY, UPSTREAM, UPSTREAM_NGINX)}
        holder.pop("annotations", None)
        if kept:
            holder["annotations"] = kept

    for document in documents:
        less(document["metadata"])
        if document["kind"] == "Deployment":
            less(document["spec"]["template"]["metadata"])
    return documents
