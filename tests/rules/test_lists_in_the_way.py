"""Fields of entries of lists: what is there is edited, what has the wrong type is said."""

from __future__ import annotations

import pytest

from krm_fn.krm.outcome import Edit, Result
from krm_fn.rules.editing import NOT_A_MAPPING, set_value
from tests.rules.tools import package

PATH = ("spec", "routes", 1, "port")


@pytest.mark.parametrize(
    "spec", ["{}", "null", "{routes: null}", "{routes: []}", "{routes: [{}]}", "{routes: [{}, {port: 1}]}"]
)
def test_what_is_missing_is_made(spec: str) -> None:
    (item,) = package(f"{{kind: A, spec: {spec}}}").items
    assert list(set_value(item, PATH, 80)) == [Edit(item, PATH, 80)]


@pytest.mark.parametrize(
    ("spec", "field", "words"),
    [
        ("[]", "spec", "but Kubernetes wants a mapping here"),
        ("{routes: {}}", "spec.routes", "but Kubernetes wants a list here"),
        ("{routes: text}", "spec.routes", "but Kubernetes wants a list here"),
        ("{routes: [{}, []]}", "spec.routes[1]", "but Kubernetes wants a mapping here"),
    ],
)
def test_what_is_in_the_way_stays(spec: str, field: str, words: str) -> None:
    (item,) = package(f"{{kind: A, spec: {spec}}}").items
    (said,) = set_value(item, PATH, 80)
    assert isinstance(said, Result)
    assert (said.code, said.severity, said.field) == (NOT_A_MAPPING, "error", field)
    assert words in said.message
    assert said.message.endswith("spec.routes[1].port cannot be set")
