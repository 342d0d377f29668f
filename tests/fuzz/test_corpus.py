"""Every text of the corpus holds every law, and what once broke one does so in the way that is right now."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from krm_fn.function import transform
from krm_fn.krm.resourcelist import ResourceList
from krm_fn.krm.source import InputError
from krm_fn.yamltext.patch import PatchError, patch
from krm_fn.yamltext.read import read_documents, read_value
from krm_fn.yamltext.scalars import APPLY, KYAML
from tests.fuzz.mutations import as_item, mutated
from tests.fuzz.oracles import check

CORPUS = Path(__file__).parent / "corpus"
FOUND = CORPUS / "found"
TEXTS = sorted(CORPUS.rglob("*.yaml"))


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
def test_corpus(path: Path) -> None:
    check(path.read_bytes())


def test_mutations() -> None:
    """A glance at what the fuzzer does, the same each time."""
    seeds = [path.read_bytes() for path in TEXTS]
    rng = random.Random(1)
    for _ in range(200):
        check(mutated(as_item(rng.choice(seeds).decode()).encode(), rng, seeds, 2_000))


def found(name: str) -> str:
    return (FOUND / f"{name}.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("list-twice", lambda data: data["a"].append(3)),
        ("list-twice", lambda data: data["a"][1].update(w=4)),
        ("list-twice", lambda data: data["a"].pop()),
        ("list-twice-flow", lambda data: data["a"].insert(0, 0)),
        ("list-twice-flow", lambda data: data["b"].pop()),
        ("list-shorter-first", lambda data: data["a"].pop(0)),
        ("mapping-twice", lambda data: data["a"]["b"].update(new="x")),
        ("alias-as-key", lambda data: data.update(b=[], new=7)),
    ],
)
def test_what_stands_twice_is_edited_rightly_or_not_at_all(name: str, change: Any) -> None:
    text = found(name)
    before, after = read_value(text, KYAML), read_value(text, KYAML)
    change(after)
    try:
        result = patch(text, before, after, KYAML)
    except PatchError:
        return
    [document] = read_documents(result, KYAML)
    assert document.data == after
    assert len(document.duplicates) <= len(read_documents(text, KYAML)[0].duplicates), "no key comes to stand twice"


def test_an_item_with_a_list_twice_is_an_error_and_no_bug() -> None:
    text = found("containers-twice")
    done = transform(text)
    assert {"duplicate-key"} <= {result.code for result in done.outcome.results}
    assert done.outcome.exit_code == 1
    assert ResourceList(done.text).entries == ResourceList(text).entries


def test_a_lone_tag_means_the_same_everywhere() -> None:
    kyaml = {"a": 12, "b": "12", "c": {"d": 12, "e": "12"}, "f": [12, "12", 12]}
    assert read_value(found("lone-tags"), KYAML) == kyaml
    apply = {"a": 12, "b": 12, "c": {"d": 12, "e": 12}, "f": [12, 12, 12]}
    assert read_value(found("lone-tags"), APPLY) == apply
    root = {text: read_value(text, KYAML) for text in ("! 12", '! "12"', "- ! 12")}
    assert root == {"! 12": 12, '! "12"': "12", "- ! 12": [12]}


@pytest.mark.parametrize("times", [2, 3, 1_000])
def test_a_key_that_stands_often_is_told_of_once_for_each_mapping(times: int) -> None:
    data = "    a: b\n" * times
    text = f"apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n- one:\n{data}  two:\n{data}"
    lines = [duplicate.line for _, duplicate in ResourceList(text).duplicates]
    assert lines == [4 + times, 5 + 2 * times]


def test_a_field_of_the_list_that_stands_three_times_is_refused() -> None:
    with pytest.raises(InputError, match="'items' stands twice"):
        ResourceList("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\nitems: []\nitems: []\n")
