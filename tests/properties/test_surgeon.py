"""The surgeon's law, with generated data, generated styles and generated changes.

ruamel.yaml reads the results as an independent witness: whatever the surgeon writes is typed alike by both.
"""

from __future__ import annotations

import copy
import io
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from krm_fn.yamltext.changes import same
from krm_fn.yamltext.patch import PatchError, patch
from krm_fn.yamltext.read import read_documents, read_value
from krm_fn.yamltext.scalars import APPLY, KYAML

from .styles import Style

REAL = Path(__file__).parents[3] / "shared" / "real"

WORDS = [
    "a",
    "b",
    "name",
    "labels",
    "yes",
    "y",
    "true",
    "null",
    "~",
    "",
    "8080",
    "1e3",
    "0x1F",
    "1.5",
    "web: x",
    "a #b",
]
TRICKY = [
    "l1\nl2\n",
    "one\n\n",
    "x\n y",
    " lead\nx\n",
    "-",
    "- a",
    "{",
    "é",
    "日本",
    "it's",
    'say "x"',
    "a\\b",
    "<<",
    "=",
    "\t",
]
words = st.sampled_from(WORDS + TRICKY) | st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs"]) | st.sampled_from(" \n\t:#-'\"{}[],&*!|>"), max_size=8
)
leaves = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | words
keys = st.sampled_from(WORDS) | words | st.integers(2, 99)
trees = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=16,
)
nodes = st.dictionaries(keys, trees, min_size=1, max_size=5) | st.lists(trees, min_size=1, max_size=4)


def places(data: Any) -> list[tuple[Any, Any]]:
    """Every (collection, key or index) in the data."""
    found: list[tuple[Any, Any]] = []
    open_nodes = [data]
    while open_nodes:
        node = open_nodes.pop()
        for place in list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else []:
            found.append((node, place))
            open_nodes.append(node[place])
    return found


def changed(data: Any, rng: random.Random, values: list[Any]) -> Any:
    """A copy with a few random edits: keys set, added and removed, items inserted, removed and replaced."""
    root = [copy.deepcopy(data)]
    for value in copy.deepcopy(values):
        parent, place = rng.choice(places(root))
        node = parent[place]
        action = rng.choice(["set", "add", "add", "remove"])
        if action == "set" or (action == "add" and not isinstance(node, (dict, list))):
            parent[place] = value
        elif action == "remove" and parent is not root:
            del parent[place]
        elif isinstance(node, dict):
            node[rng.choice(["new", "b", "8080", "k: v", 7])] = value
        elif isinstance(node, list):
            node.insert(rng.randint(0, len(node)), value)
    return root[0]


def witness(text: str) -> Any:
    """What ruamel.yaml reads."""
    yaml = YAML(typ="safe", pure=True)
    yaml.allow_duplicate_keys = True
    return yaml.load(io.StringIO(text))


@settings(deadline=None)
@given(nodes, st.lists(trees, min_size=1, max_size=3), st.integers(0, 2**32), st.sampled_from([KYAML, APPLY]))
def test_patched_text_reads_as_the_changed_data(data: Any, values: list[Any], seed: int, typing: str) -> None:
    style = Style(seed)
    column = style.random.choice([0, 0, 2, 4])
    text = style.text(data, column)
    lead = " " * max(column - 2, 0) + "- " * bool(column)
    before = read_value(lead + text, typing)
    before = before[0] if column else before
    after = changed(before, style.random, values)

    result = patch(text, before, after, typing, column, style.newline)

    found = read_value(lead + result, typing)
    assert same(found[0] if column else found, after)
    assert witness(lead + result) == ([after] if column else after)


@settings(deadline=None)
@given(nodes, st.integers(0, 2**32))
def test_equal_data_leaves_the_text_alone(data: Any, seed: int) -> None:
    text = Style(seed).text(data)
    before = read_value(text, KYAML)
    assert patch(text, before, copy.deepcopy(before), KYAML) is text


@settings(deadline=None)
@given(st.dictionaries(keys, trees, min_size=1, max_size=4), st.integers(0, 2**32))
def test_an_added_key_adds_lines_and_keeps_all_others(data: dict[Any, Any], seed: int) -> None:
    style = Style(seed)
    style.flows = 0
    text = style.text({"metadata": {"annotations": data, "name": "x"}, "spec": data})
    before = read_value(text, KYAML)
    after = copy.deepcopy(before)
    after["metadata"]["annotations"]["kuma.io/added"] = "true"

    result = patch(text, before, after, KYAML, newline=style.newline)

    lines = result.split(style.newline)
    [added] = [number for number, line in enumerate(lines) if "kuma.io/added" in line]
    assert style.newline.join(lines[:added] + lines[added + 1 :]) == text


@pytest.mark.skipif(not REAL.is_dir(), reason="the real packages are not here")
@pytest.mark.parametrize("path", sorted(REAL.glob("*.yaml")), ids=lambda path: path.stem)
def test_real_packages(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    rng = random.Random(path.stem)
    values: list[Any] = ["x", "true", 7, None, {"a": "b"}, ["x", {"y": [1]}], [], {}, "two\nlines\n"]
    for document in read_documents(text, APPLY):
        if document.data is None:
            continue
        piece = text[document.start : document.end]
        assert same(read_value(piece, APPLY), document.data)
        for _ in range(20):
            after = changed(document.data, rng, rng.sample(values, rng.randint(1, 3)))
            result = patch(piece, document.data, after, APPLY)
            assert same(read_value(result, APPLY), after)


def test_what_no_text_can_say_is_refused() -> None:
    with pytest.raises(PatchError):
        patch("a: b\n", {"a": "b"}, {"a": "\ud800"}, KYAML)
