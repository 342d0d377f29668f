"""What is generated from the catalog is up to date: the tables for users, and the names to look for first."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from krm_fn.gateways.catalog import catalog
from krm_fn.gateways.marks import is_worth_a_look

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "gateways"
PROBLEMS = [line.strip("|").split("|") for line in (PAGES / "traps.md").read_text("utf-8").splitlines()]
PROBLEMS = [cells for cells in PROBLEMS if len(cells) == 5 and "---" not in cells[1] and cells[0].strip() != "#"]


def test_tables_and_names_equal_the_catalog() -> None:
    command = [sys.executable, str(ROOT / "docs" / "generate_gateways.py"), "--check"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, ""), "run python docs/generate_gateways.py"


def test_every_product_stands_in_the_page() -> None:
    text = (PAGES / "README.md").read_text(encoding="utf-8")
    assert all(text.count(f"`{product.id}`") >= 2 for product in catalog())
    assert all(f"]({product.id}.md)" in text for product in catalog())


@pytest.mark.parametrize("product", [product.id for product in catalog()])
def test_the_page_of_a_product_links_all_its_fixtures(product: str) -> None:
    text = (PAGES / f"{product}.md").read_text(encoding="utf-8")
    linked = set(re.findall(r"\]\(\.\./\.\./fixtures/products/([^)]+)/\)", text))
    assert linked == {
        f"{product}/{path.parent.name}" for path in ROOT.glob(f"fixtures/products/{product}/*/input.yaml")
    }


@pytest.mark.parametrize("product", [product.id for product in catalog()])
def test_a_page_shows_lines_of_the_output_only(product: str) -> None:
    """The diff is computed; here it is read back: applied to its input it may add and keep nothing else."""
    text = (PAGES / f"{product}.md").read_text(encoding="utf-8")
    case, _, rest = text.partition("Both files stand in [")[2].partition("](../../fixtures/")[2].partition(")")
    diff = rest.partition("~~~diff\n")[2].partition("~~~")[0].splitlines()[2:]
    files = {name: ROOT / "fixtures" / case / f"{name}.yaml" for name in ("input", "output")} if diff else {}
    lines = {name: file.read_text(encoding="utf-8").splitlines() for name, file in files.items()}
    at: dict[str, int] = {}
    for line in diff:
        if found := re.fullmatch(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@", line):
            at = {"input": int(found[1]) - 1, "output": int(found[2]) - 1}
            continue
        for name in {" ": ("input", "output"), "-": ("input",), "+": ("output",)}[line[0]]:
            assert lines[name][at[name]] == line[1:]
            at[name] += 1


def test_all_problems_are_listed() -> None:
    assert [int(cells[0]) for cells in PROBLEMS if cells[0].strip()] == list(range(1, 21))


@pytest.mark.parametrize("cells", PROBLEMS, ids=lambda cells: str(cells[1].strip()))
def test_fixtures_of_a_problem_exist_and_give_its_results(cells: list[str]) -> None:
    cases = [(PAGES / case).resolve() for case in re.findall(r"\]\((\.\./\.\./fixtures/[^)]+)\)", cells[4])]
    assert bool(cases) == (cells[2].strip() != "out of reach")
    assert [case for case in cases if not (case / "input.yaml").is_file()] == []
    results = [yaml.safe_load((case / "output.yaml").read_text("utf-8")).get("results") or [] for case in cases]
    given = {entry["tags"]["code"] for entries in results for entry in entries}
    assert set(re.findall(r"results\.md#([a-z-]+)", cells[3])) <= given


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
