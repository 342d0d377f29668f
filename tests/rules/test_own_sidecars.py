"""Workloads as their authors wrote them, whatever manual mode made of them since."""

from __future__ import annotations

import pytest
import yaml

from krm_fn.kuma.written_sidecar import FORMAT, RECORD
from krm_fn.rules.own_sidecars import before_injection, template_of, without_sidecar
from tests.rules.tools import deployment, namespace, package, run_all

MANUAL = """
injection: {mode: manual}
controlPlane:
  address: http://cp:5676
  config: {runtime: {kubernetes: {injector: {sidecarContainer: {image: "dp@sha256:1"}, initContainer: {image: "i:1"}}}}}
"""


def injected() -> str:
    """A Deployment with the sidecar that manual mode wrote."""
    return yaml.safe_dump(run_all(namespace() + deployment(), MANUAL).data[1])


def test_a_workload_as_its_author_wrote_it() -> None:
    resources = package(injected())
    (workload,) = resources.workloads
    before = before_injection(workload, resources)
    (author,) = package(deployment()).workloads
    assert len(workload.template.spec["containers"] + workload.template.spec.get("initContainers", [])) > 1
    assert before.item is workload.item
    assert before.template.path == ("spec", "template")
    assert (before.template.metadata, before.template.spec) == (author.template.metadata, author.template.spec)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(deployment(), id="no sidecar"),
        pytest.param(deployment(annotations=f"{RECORD}: text"), id="a record that cannot be read"),
        pytest.param(injected().replace("image: dp@sha256:1", "image: mine:1"), id="edited by hand"),
    ],
)
def test_workloads_that_are_taken_as_they_stand(text: str) -> None:
    resources = package(text)
    (workload,) = resources.workloads
    assert before_injection(workload, resources) is workload


def test_what_is_known_of_the_template_counts_before_what_can_be_read_out_of_it() -> None:
    resources = package(injected())
    (workload,) = resources.workloads
    resources.remember_origin(template_of(workload), {"spec": {"containers": [{"name": "origin"}]}})
    before = before_injection(workload, resources)
    assert before.template.spec == {"containers": [{"name": "origin"}]}
    assert before.template.path == ("spec", "template")


@pytest.mark.parametrize("written", ["text", "[{metadata: {}}]", "null", "1"])
def test_a_template_that_is_no_mapping(written: str) -> None:
    text = f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec: {{template: {written}}}"
    (workload,) = package(text).workloads
    assert template_of(workload) is None
    assert without_sidecar(workload) is None


def test_a_pod_is_its_own_template() -> None:
    text = f'apiVersion: v1\nkind: Pod\nmetadata: {{name: web, annotations: {{{RECORD}: "{FORMAT}{{}}"}}}}'
    (workload,) = package(text).workloads
    assert template_of(workload) is workload.item.data
    found = without_sidecar(workload)
    assert found is not None
    assert found.template["metadata"]["name"] == "web"
    assert RECORD not in found.template["metadata"].get("annotations", {})
