"""What is generated from the catalog is up to date: the tables for users, and the names to look for first."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from krm_fn.gateways.catalog import catalog
from krm_fn.gateways.marks import is_worth_a_look

ROOT = Path(__file__).parents[2]


def test_tables_and_names_equal_the_catalog() -> None:
    command = [sys.executable, str(ROOT / "docs" / "generate_gateways.py"), "--check"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, ""), "run python docs/generate_gateways.py"


def test_every_product_stands_in_the_page() -> None:
    text = (ROOT / "docs" / "gateways" / "README.md").read_text(encoding="utf-8")
    assert all(text.count(f"`{product.id}`") >= 2 for product in catalog())


def test_every_image_and_own_label_is_worth_a_look() -> None:
    for product in catalog():
        for image in product.proxy_images + product.controller_images:
            assert is_worth_a_look([f"registry.example/{image}:1@sha256:0"], {}, {})
        for alternative in product.pod_labels:
            labels = {key: value.rstrip("*") + "x" * value.endswith("*") for key, value in alternative.labels}
            assert is_worth_a_look([], labels, {}) == alternative.strong


def test_ordinary_pods_are_not_worth_a_look() -> None:
    assert not is_worth_a_look(["nginx:1.27", "acme/shop", ""], {"app": "shop"}, {"kuma.io/gateway": "enabled"})


def test_the_catalog_is_not_opened_for_ordinary_packages() -> None:
    program = """
import sys
from krm_fn.gateways.detect import gather, recognise_workload
from krm_fn.gateways.routes import routes
from krm_fn.krm.resources import Resources
pod = {"containers": [{"name": "web", "image": "nginx"}]}
meta = {"name": "web", "labels": {"app": "web"}}
resources = Resources.read([
    {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": pod},
    {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"a": "b"}},
], "default")
assert recognise_workload(resources.workloads[0], gather(resources)) is None
assert routes(resources) == ()
assert not [name for name in sys.modules if name.startswith("krm_fn.gateways.products.")]
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=ROOT)
    assert run.returncode == 0, run.stderr
