from __future__ import annotations

from typing import Any

import pytest

from krm_fn.krm.outcome import REMOVED, WARNING, Edit, Result
from krm_fn.rules.custom_pods import Pods
from krm_fn.rules.custom_rows import Row
from krm_fn.rules.custom_writing import NOT_WRITABLE, write
from tests.rules.tools import package

LABELS, ANNOTATIONS = ("spec", "labels"), ("spec", "annotations")
THING = """
apiVersion: example.com/v1
kind: Thing
metadata: {name: it, namespace: edge}
spec: {labels: {%s}, annotations: {%s}}
"""


def written(labels: str, annotations: str, changes: list[tuple[tuple[str, ...], Any]], room: int) -> Any:
    """The spec after the changes, or what is said of them."""
    resources = package(THING % (labels, annotations))
    [item] = resources.items
    pods = Pods(item, "other", Row(("example.com",), "Thing", ANNOTATIONS, LABELS, room=room), item.data)
    said = list(write(pods, changes))
    told = said[0]
    if isinstance(told, Result):
        assert len(said) == 1
        assert (told.code, told.severity, told.item) == (NOT_WRITABLE, WARNING, item)
        return told.field, told.message
    return resources.apply(one for one in said if isinstance(one, Edit)).items[0].data["spec"]


@pytest.mark.parametrize(
    ("labels", "annotations", "changes", "expected"),
    [
        pytest.param(
            "a: b", "", [((*LABELS, "c"), "d")], {"labels": {"a": "b", "c": "d"}, "annotations": {}}, id="room for one"
        ),
        pytest.param(
            "a: b, c: d",
            "",
            [((*LABELS, "a"), "x"), ((*LABELS, "c"), "y")],
            {"labels": {"a": "x", "c": "y"}, "annotations": {}},
            id="new values",
        ),
        pytest.param(
            "a: b, c: d, e: f",
            "",
            [((*LABELS, key), "x") for key in "ace"],
            {"labels": {"a": "x", "c": "x", "e": "x"}, "annotations": {}},
            id="new values where there are too many already",
        ),
        pytest.param(
            "a: b",
            "c: d, e: f",
            [((*LABELS, "x"), "y"), ((*ANNOTATIONS, "c"), "y")],
            {"labels": {"a": "b", "x": "y"}, "annotations": {"c": "y", "e": "f"}},
            id="labels take no room of annotations",
        ),
        pytest.param(
            "a: b",
            "c: d, e: f, g: h",
            [((*LABELS, "x"), "y"), ((*ANNOTATIONS, "c"), REMOVED)],
            {"labels": {"a": "b", "x": "y"}, "annotations": {"e": "f", "g": "h"}},
            id="what is taken away needs no room",
        ),
    ],
)
def test_there_is_room(
    labels: str, annotations: str, changes: list[tuple[tuple[str, ...], Any]], expected: dict[str, Any]
) -> None:
    assert written(labels, annotations, changes, 2) == expected
    assert written(labels, annotations, changes, 0) == expected, "no limit"


def test_too_many_for_the_gateway_api() -> None:
    changes: list[tuple[tuple[str, ...], Any]] = [((*LABELS, "x"), "y"), ((*LABELS, "z"), "y")]
    assert written("a: b", "", changes, 2) == (
        "spec.labels",
        "the Gateway API allows 2 entries here, too few for what is to be added (x, z): take some away",
    )
    assert written("a: b", "", changes, 3) == {"labels": {"a": "b", "x": "y", "z": "y"}, "annotations": {}}


def test_all_that_a_person_has_to_write_is_named() -> None:
    helm = """
apiVersion: helm.cattle.io/v1
kind: HelmChartConfig
metadata: {name: traefik, namespace: edge}
spec: {valuesContent: "deployment: none"}
"""
    [item] = package(helm).items
    row = Row((), "HelmChartConfig", ("deployment", "podAnnotations"), text=("spec", "valuesContent"))
    pods = Pods(item, "traefik", row, {"deployment": "none"})
    changes = [(("deployment", "podLabels", "a"), "b"), (("deployment", "podAnnotations", "c.io/d"), "e")]
    [told] = write(pods, changes)
    assert isinstance(told, Result)
    assert told.message == (
        "the text of values cannot be edited: write deployment.podLabels.a, deployment.podAnnotations[c.io/d] by hand"
    )
    assert (told.item, told.field) == (item, "spec.valuesContent")
