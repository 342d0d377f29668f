"""Runs the command blocks of a page, one after the other, in a place like that of a reader.

The place is a git repository with manifests under the names that the pages use (`apps/`, `overlays/prod`, `PACKAGE`,
...), and with the fixtures of this project that they name. Each block finds it new, unless its page says that its
commands follow one another.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from tests.docs.blocks import ROOT, Block, read

CLIENTS = ("kubectl", "kustomize", "kpt", "docker", "podman")
"""Programs that not every developer has: blocks with one of them run with the end-to-end tests."""

IMAGE = "localhost/krm-fn:latest"

APP = """\
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels:
    kuma.io/sidecar-injection: enabled
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
      - name: web
        image: registry.example.com/web:1.0
        ports:
        - containerPort: 8080
---
apiVersion: v1
kind: Service
metadata:
  name: web
  namespace: shop
spec:
  selector: {app: web}
  ports:
  - port: 80
    targetPort: 8080
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop
  namespace: shop
spec:
  ingressClassName: kong
  rules:
  - http:
      paths:
      - path: /
        pathType: Prefix
        backend:
          service: {name: web, port: {number: 80}}
"""
RENDERED = APP.replace(
    "spec:\n  selector: {app: web}",
    """\
  annotations:
    ingress.kubernetes.io/service-upstream: "true"
    nginx.ingress.kubernetes.io/service-upstream: "true"
spec:
  selector: {app: web}""",
)
"""What krm-fn makes of it."""

BUILT = APP.replace("metadata:\n  name", "metadata:\n  annotations:\n    fn.kuma.io/applied: mesh-setup\n  name")
"""The same with the mark of `spec.markApplied`."""

SETUP = """\
apiVersion: fn.kuma.io/v1alpha1
kind: MeshSetup
metadata:
  name: mesh-setup
  annotations:
    config.kubernetes.io/local-config: "true"
    config.kubernetes.io/function: |
      exec:
        path: krm-fn
spec:
  kumaVersion: "2.14"
  markApplied: true
  dataplanes: {emit: all}
"""
KUSTOMIZATION = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n- {resource}\n"
FILES = {
    "apps/shop.yaml": APP,
    "apps/shop/shop.yaml": APP,
    "apps/shop/krm-fn.yaml": SETUP,
    "apps/prod/shop.yaml": RENDERED,
    "deployment.yaml": APP,
    "manifests.yaml": BUILT,
    "mesh-setup.yaml": SETUP,
    "kustomization.yaml": KUSTOMIZATION.format(resource="deployment.yaml") + "transformers:\n- mesh-setup.yaml\n",
    "overlays/prod/deployment.yaml": APP,
    "overlays/prod/kustomization.yaml": KUSTOMIZATION.format(resource="deployment.yaml"),
    ".krmignore": "fixtures/\nPACKAGE/\nDIR/\napps/*/\noverlays/\nmanifests.yaml\ndeployment.yaml\n",
}
COPIES = {
    "fixtures/demo": "fixtures/demo",
    "fixtures/examples": "fixtures/examples",
    "PACKAGE": "fixtures/demo/package",  # its functionConfig is renamed
    "DIR": "fixtures/demo/package",
    "Makefile": "Makefile",
}
FOLLOW = "<!-- the commands of this page follow one another -->"
RESET = "git reset --hard --quiet && git clean -dffxq"
COMMIT = "git init --quiet && git add --all && git -c user.name=a -c user.email=a@example.com commit --quiet -m first"


def make_place(target: Path, image: str = IMAGE) -> Path:
    """Write what the blocks of a page find, with `image` for the one that they name; return the directory."""
    for name, text in FILES.items():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_text(text, encoding="utf-8")
    for name, source in COPIES.items():
        copy = shutil.copytree if (ROOT / source).is_dir() else shutil.copy
        copy(ROOT / source, target / name)
    (target / "PACKAGE/mesh-setup.yaml").rename(target / "PACKAGE/krm-fn.yaml")
    replace(target / "PACKAGE/Kptfile", "mesh-setup.yaml", "krm-fn.yaml")
    for file in filter(Path.is_file, target.rglob("*")):
        replace(file, IMAGE, image)
    subprocess.run(COMMIT, shell=True, cwd=target, env=environ(), check=True, capture_output=True)
    return target


def replace(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    if old in text and old != new:
        file.write_text(text.replace(old, new), encoding="utf-8")


def environ() -> dict[str, str]:
    """What commands find: this krm-fn first in PATH, the virtual environment for make, and no settings of ours."""
    mine = {name: value for name, value in os.environ.items() if not name.startswith(("KRM_FN", "GIT_", "KUSTOMIZE"))}
    return mine | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "VENV": str(Path(sys.executable).parent.parent),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "NO_COLOR": "1",
        "COLUMNS": "80",
    }


def needs(block: Block) -> set[str]:
    """The clients without which a block cannot run."""
    words = set(re.findall(r"(?<![\w./=-])[a-z]+(?= |$)", re.sub(r"(?m)#.*$", "", block.text)))
    typed = {client for client in CLIENTS if client in words and re.search(rf"(?m)(^|[|;&$(] *){client} ", block.text)}
    return typed | ({"kustomize"} if re.search(r"(?m)^(?!krm-fn: ).*krm-fn .*(--kustomize|-k) ", block.text) else set())


def needs_image(block: Block) -> bool:
    """Whether a block starts the container image of krm-fn."""
    return bool(re.search(r"kpt fn render (?!.*--allow-exec)|--image localhost|kustomize-container", block.text))


def run(blocks: Iterable[Block], place: Path, settings: dict[str, str]) -> None:
    """Run blocks in order; fails at the first that does not do what the page says."""
    settings = settings | {"KUSTOMIZE_PLUGIN_HOME": f"{place}.plugins"}
    for block in blocks:
        if (place / ".git").is_dir() and FOLLOW not in read(block.page):
            subprocess.run(RESET, shell=True, cwd=place, env=environ(), check=True, capture_output=True)
        where = place / block.remarks.get("run in", ".")
        code = int(block.remarks.get("exit code", "0"))
        for typed, shown in block.commands:
            script = ("" if "exit code" in block.remarks else "set -eo pipefail\n") + typed
            done = subprocess.run(
                ["bash", "-c", script],
                cwd=where,
                env=settings,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT if block.language == "console" else subprocess.PIPE,
                text=True,
                encoding="utf-8",
                timeout=180,
                check=False,
            )
            assert done.returncode == code, f"{block}: {done.returncode}\n{typed}\n{done.stdout[-2000:]}\n{done.stderr}"
            if shown:
                assert same(done.stdout, shown), f"{block}\n$ {typed}{done.stdout}"


def same(printed: str, shown: str) -> bool:
    """Whether a page shows what was printed; a line of three dots stands for any lines."""
    lines = ["(?:.*\n)*?" if line.strip(" │") == "..." else re.escape(line) + " *\n" for line in shown.splitlines()]
    return re.fullmatch("".join(lines), printed if printed.endswith("\n") else f"{printed}\n") is not None
