from __future__ import annotations

import pytest

from krm_fn.krm.outcome import Edit, Result
from krm_fn.rules.editing import NOT_A_MAPPING, set_text
from tests.rules.tools import package

PATH = ("metadata", "annotations", "a")


@pytest.mark.parametrize("metadata", ["{}", "{name: a}", "{annotations: null}", "{annotations: {}}", "null"])
def test_what_is_missing_is_made(metadata: str) -> None:
    (item,) = package(f"{{kind: A, metadata: {metadata}}}").items
    (said,) = set_text(item, PATH, "b")
    assert said == Edit(item, PATH, "b")


@pytest.mark.parametrize(
    ("metadata", "field"),
    [("[]", "metadata"), ("text", "metadata"), ("{annotations: []}", "metadata.annotations")],
)
def test_what_is_in_the_way_stays(metadata: str, field: str) -> None:
    (item,) = package(f"{{kind: A, metadata: {metadata}}}").items
    (said,) = set_text(item, PATH, "b")
    assert isinstance(said, Result)
    assert (said.code, said.severity, said.field) == (NOT_A_MAPPING, "error", field)
