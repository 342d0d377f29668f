"""Manifests of real projects, where they are at hand, and every golden output: valid, and untouched where unchanged.

The folder ``../shared/real`` is not part of the project; without it the tests on real manifests are skipped.
"""

from __future__ import annotations

import contextlib
import difflib
import warnings
from pathlib import Path
from typing import Any

import pytest

from krm_fn.function import transform
from krm_fn.krm.documents import Documents
from krm_fn.krm.resourcelist import ResourceList
from krm_fn.yamltext.scalars import KYAML

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the validator's own imports warn of their age
    import kubernetes_validate

ROOT = Path(__file__).resolve().parent.parent
REAL = sorted((ROOT.parent / "shared" / "real").glob("*.yaml"))
FIXTURES = sorted((ROOT / "fixtures").rglob("output.yaml"))
GOLDEN = ROOT / "tests" / "real"
KUBERNETES = "1.31"
CORE_GROUPS = ("v1", "apps/v1", "batch/v1", "networking.k8s.io/v1", "policy/v1", "rbac.authorization.k8s.io/v1")

CONFIGS = {
    "defaults": "{}",
    "everything in the mesh": """
      injection: {rules: [{target: {kind: Namespace}, inject: true}], override: true}
      gateways: {detect: annotate}
      dataplanes: {emit: all, localConfig: false}
      results: {level: info}
""",
}


def as_list(path: Path, spec: str) -> str:
    """A ResourceList whose items are the documents of a file, each with its text as it is."""
    source = Documents(path.read_text(), KYAML)
    head = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\n"
    head += "functionConfig:\n  apiVersion: fn.kuma.io/v1alpha1\n"
    head += f"  kind: MeshSetup\n  metadata: {{name: real}}\n  spec: {spec}\nitems:\n"
    items = []
    for entry, data in enumerate(source.entries):
        if data is not None:
            lines = source.slice(entry)[0].rstrip("\n").split("\n")
            items.append("\n".join([f"- {lines[0]}", *(f"  {line}" if line else "" for line in lines[1:])]) + "\n")
    return head + "".join(items)


@pytest.mark.skipif(not REAL, reason="no ../shared/real beside the project")
@pytest.mark.parametrize("spec", CONFIGS.values(), ids=CONFIGS)
@pytest.mark.parametrize("path", REAL, ids=lambda path: path.stem)
def test_real_package(path: Path, spec: str) -> None:
    text = as_list(path, spec)
    done = transform(text)
    assert done.outcome.exit_code == 0, [result.message for result in done.outcome.results]
    before, after = ResourceList(text), ResourceList(done.text)
    for entry in range(len(before.entries)):
        same = before.entries[entry] == after.entries[entry]
        assert same == (entry not in done.outcome.changed)
        if same:
            assert before.slice(entry) == after.slice(entry)
    again = transform(done.text)
    assert ResourceList(again.text).entries == after.entries
    assert not again.outcome.changed
    for item in after.entries:
        check(item)


@pytest.mark.skipif(not REAL, reason="no ../shared/real beside the project")
@pytest.mark.parametrize("name", CONFIGS)
@pytest.mark.parametrize("path", REAL, ids=lambda path: path.stem)
def test_real_package_gets_the_reviewed_lines(path: Path, name: str, update_golden: bool) -> None:
    """The lines that come and go, read by a person against the specification; the manifests stay where they are."""
    text = as_list(path, CONFIGS[name])
    pairs = difflib.unified_diff(text.splitlines(), transform(text).text.splitlines(), lineterm="", n=0)
    found = "".join(f"{line}\n" for line in list(pairs)[2:])
    golden = GOLDEN / f"{path.stem}.{name.replace(' ', '-')}.diff"
    if update_golden:
        golden.write_text(found)
    assert found == golden.read_text()


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: str(path.parent.relative_to(ROOT / "fixtures")))
def test_fixture_output_is_valid_kubernetes(path: Path) -> None:
    """What was valid is valid afterwards; some cases are about items that never were."""
    given = ResourceList((path.parent / "input.yaml").read_text()).entries
    refused = {identity(item) for item in given if not is_valid(item)}
    for item in ResourceList(path.read_text()).entries:
        if identity(item) not in refused:
            check(item)


def identity(item: Any) -> tuple[str, ...]:
    if not isinstance(item, dict) or not isinstance(item.get("metadata"), dict):
        return ()
    metadata = item["metadata"]
    return tuple(str(part) for part in (item.get("kind"), metadata.get("namespace"), metadata.get("name")))


def is_valid(item: Any) -> bool:
    try:
        check(item)
    except kubernetes_validate.utils.ValidationError:
        return False
    return True


def check(item: Any) -> None:
    """Core resources must be what the API server accepts; custom ones have no schema here."""
    if not isinstance(item, dict) or item.get("apiVersion") not in CORE_GROUPS:
        return
    with contextlib.suppress(kubernetes_validate.utils.SchemaNotFoundError):  # a List, say
        kubernetes_validate.validate(item, KUBERNETES, strict=False)
