from __future__ import annotations

import pytest

from krm_fn.krm.target import Target
from krm_fn.rules.wording import shown, target_words


def test_a_target_as_it_is_written() -> None:
    assert target_words(Target()) == "{}"
    assert target_words(Target(kind="Deployment", name="web-.*")) == "{kind: Deployment, name: web-.*}"
    assert target_words(Target(label_selector="a=b")) == "{labelSelector: a=b}"


@pytest.mark.parametrize(("value", "text"), [(True, "true"), (False, "false"), ("yes", "yes"), (7, "7")])
def test_a_value_as_it_is_written(value: object, text: str) -> None:
    assert shown(value) == text
