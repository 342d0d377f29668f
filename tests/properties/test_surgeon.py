"""The surgeon's law, with generated data, generated styles and generated changes.

ruamel.yaml reads the results as an independent witness: whatever the surgeon writes is typed alike by both. kustomize
reads some, where it is there.
"""

from __future__ import annotations

import copy
import io
import json
import random
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from krm_fn.yamltext.changes import same
from krm_fn.yamltext.patch import PatchError, patch
from krm_fn.yamltext.piecewise import read_list
from krm_fn.yamltext.read import read_documents, read_value
from krm_fn.yamltext.scalars import APPLY, KYAML

from .profiles import examples
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
# The same subtree in several places gives aliases something to stand for.
shared = st.builds(lambda tree, other: {"one": tree, "two": {"three": tree, "b": other}, "four": [tree]}, trees, trees)
deep = st.builds(lambda tree, steps: _nested(tree, steps), trees, st.lists(st.sampled_from(["a", 0]), max_size=40))
nodes = st.dictionaries(keys, trees, min_size=1, max_size=5) | st.lists(trees, min_size=1, max_size=4) | shared | deep


def _nested(tree: Any, steps: list[Any]) -> Any:
    for step in steps:
        tree = {step: tree, "z": 1} if step else [tree, None]
    return [tree]


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


def places_of_text(text: str, column: int) -> str:
    """What stands before a slice whose first line starts in `column`."""
    return " " * max(column - 2, 0) + "- " * bool(column)


def witness(text: str) -> Any:
    """What ruamel.yaml reads."""
    yaml = YAML(typ="safe", pure=True)
    yaml.allow_duplicate_keys = True
    return yaml.load(io.StringIO(text))


@examples(150)
@given(nodes, st.integers(0, 2**32), st.sampled_from([KYAML, APPLY]))
def test_every_style_says_what_it_means(data: Any, seed: int, typing: str) -> None:
    """The generator and the reader against each other, so that no law below holds for the wrong reason."""
    text = Style(seed, wild=True).text(data)
    assert same(read_value(text, typing), data)
    assert same(read_list(text, typing, "four")[0].data, data)


@examples(150)
@given(nodes, st.lists(trees, min_size=1, max_size=3), st.integers(0, 2**32), st.sampled_from([KYAML, APPLY]))
def test_patched_text_reads_as_the_changed_data(data: Any, values: list[Any], seed: int, typing: str) -> None:
    style = Style(seed, wild=seed % 2 == 0)
    column = style.random.choice([0, 0, 2, 4])
    text = style.text(data, column)
    lead = places_of_text(text, column)
    before = read_value(lead + text, typing)
    before = before[0] if column else before
    after = changed(before, style.random, values)

    try:
        result = patch(text, before, after, typing, column, style.newline)
    except PatchError:
        assert style.wild, "only rare YAML may be refused"
        return

    found = read_value(lead + result, typing)
    assert same(found[0] if column else found, after)
    if not style.tabs and not has_unusual_breaks(text):  # ruamel.yaml takes no tab between tokens
        assert witness(lead + result) == ([after] if column else after)


def with_added_keys(data: Any, rng: random.Random, values: list[Any]) -> Any:
    """A copy in which mappings that hold something have further keys."""
    root = [copy.deepcopy(data)]
    mappings = [node for node in (parent[place] for parent, place in places(root)) if isinstance(node, dict) and node]
    for value in values if mappings else []:
        rng.choice(mappings)[rng.choice(["new", "newer"])] = value
    return root[0]


@examples(150)
@given(nodes, st.lists(trees, min_size=1, max_size=3), st.integers(0, 2**32), st.sampled_from([KYAML, APPLY]))
def test_the_guess_saves_time_and_changes_nothing(data: Any, values: list[Any], seed: int, typing: str) -> None:
    style = Style(seed, wild=seed % 2 == 0)
    style.flows = 0 if seed % 3 else style.flows
    column = style.random.choice([0, 0, 2, 4])
    text = style.text(data, column)
    before = read_value(places_of_text(text, column) + text, typing)
    before = before[0] if column else before
    after = with_added_keys(before, style.random, values)

    def outcome() -> str:
        try:
            return patch(text, before, after, typing, column, style.newline)
        except PatchError as error:
            return f"refused: {error}"

    guessed = outcome()
    with mock.patch("krm_fn.yamltext.patch.with_added_entries", return_value=None):
        assert outcome() == guessed


def has_unusual_breaks(text: str) -> bool:
    """Whether there are line breaks in it that are such to YAML 1.1 only, as Kubernetes' readers are."""
    return any(mark in text for mark in "\x85\u2028\u2029")


def edited_config_map(seed: int, words_in_it: list[str]) -> tuple[str, Any]:
    """A ConfigMap with such values in a wild style, edited; its text and its data."""
    style = Style(seed, wild=True)
    style.marked = 0.0  # kustomize takes documents apart before it reads them, and directives with them
    data = {f"k{number}": word for number, word in enumerate(words_in_it)}
    before: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": f"n{seed}"},
        "data": data or {"k": "v"},
    }
    text = style.text(before)
    after = copy.deepcopy(before)
    for word in words_in_it[:2]:
        after["data"][style.random.choice(["new", "k0"])] = word + "'"
    after["metadata"]["annotations"] = {"note": style.random.choice(TRICKY)}
    return patch(text, before, after, KYAML, newline=style.newline), after


KUSTOMIZE = [["kustomize", "build"]] if shutil.which("kustomize") else [["kubectl", "kustomize"]]


@pytest.mark.skipif(not (shutil.which("kubectl") or shutil.which("kustomize")), reason="kustomize is not here")
def test_kustomize_reads_edited_texts_as_the_changed_data(tmp_path: Path) -> None:
    rng = random.Random(7)
    wanted = {}
    for seed in range(300):
        text, after = edited_config_map(seed, rng.sample(WORDS + TRICKY, rng.randint(0, 5)))
        (tmp_path / f"{seed}.yaml").write_bytes(text.encode())
        wanted[after["metadata"]["name"]] = after
    (tmp_path / "kustomization.yaml").write_text(json.dumps({"resources": [f"{seed}.yaml" for seed in range(300)]}))
    done = subprocess.run([*KUSTOMIZE[0], tmp_path], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    found = {
        document.data["metadata"]["name"]: document.data for document in read_documents(done.stdout.decode(), KYAML)
    }
    for name, after in wanted.items():
        folded = re.search(r">\d?\+", (tmp_path / f"{name[1:]}.yaml").read_text())
        assert folded or found[name] == after  # kustomize writes `>+` with a line break too many


@examples(60)
@given(nodes, st.integers(0, 2**32))
def test_equal_data_leaves_the_text_alone(data: Any, seed: int) -> None:
    text = Style(seed, wild=True).text(data)
    before = read_value(text, KYAML)
    assert patch(text, before, copy.deepcopy(before), KYAML) is text


@examples(60)
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
