"""What must hold for any input whatever: the laws that the fuzzer and the tests of its corpus hold inputs against.

`check` raises AssertionError where a law is broken; anything else it raises is a bug as well.
"""

from __future__ import annotations

import copy
import functools
import io
import random
import re
import warnings
import zlib
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import ReusedAnchorWarning
from ruamel.yaml.error import YAMLError as RuamelError

from krm_fn.cli import _decoded
from krm_fn.function import run, transform
from krm_fn.krm.documents import Documents
from krm_fn.krm.resourcelist import ResourceList
from krm_fn.krm.source import InputError
from krm_fn.uninject import uninject
from krm_fn.yamltext.changes import same
from krm_fn.yamltext.patch import PatchError, patch
from krm_fn.yamltext.piecewise import read_list
from krm_fn.yamltext.plain import UNSURE, end_of_plain, read_plain
from krm_fn.yamltext.read import Document, YamlError, read_documents, read_value
from krm_fn.yamltext.scalars import APPLY, KYAML
from krm_fn.yamltext.spans import BREAKS
from krm_fn.yamltext.write import flow

CONFIG = {
    "apiVersion": "fn.kuma.io/v1alpha1",
    "kind": "MeshSetup",
    "metadata": {"name": "mesh-setup"},
    "spec": {
        "zone": "east",
        "namespaces": [{"name": "shop", "labels": {"kuma.io/sidecar-injection": "enabled"}}],
        "injection": {"mode": "manual"},
        "controlPlane": {"address": "http://cp:5681"},
        "dataplanes": {"emit": "all"},
        "gateways": {"harden": "apply"},
        "markApplied": True,
    },
}
LARGEST_FOR_WITNESS = 8_000
VALUES: list[Any] = ["x", "true", "a: b # c", 7, 1.5, None, True, {"a": "b"}, ["x", {"y": [1]}], [], {}, "two\nlines\n"]


def must(law: object, message: str) -> None:
    """An assertion for places where a statement will not do."""
    if not law:
        raise AssertionError(message)


def check(raw: bytes) -> str:
    """Hold every law against an input; gives how far it came, as a word for statistics."""
    try:
        text, _ = _decoded(raw)
    except InputError as error:
        must(str(error), "refused without words")
        return "not UTF-8"
    documents = readers_agree(text)
    found = [document.data for document in documents or ()]
    if any(isinstance(data, dict) and data.get("kind") == "ResourceList" for data in found) or documents is None:
        reached = function_holds(text)
    else:
        reached = documents_hold(text)
    for number, document in enumerate(documents or ()):
        surgeon_holds(text, document, zlib.crc32(raw) + number)
    for data in found:
        if isinstance(data, dict) and not data.keys() & {"kind", "items"}:
            config_holds(data)
    return reached


# --- reading ----------------------------------------------------------------------------------------------------------


def readers_agree(text: str) -> list[Document] | None:
    """The fast readers say what libyaml says, and spans are what they claim to be; None where all refuse."""
    documents = None
    for typing in (APPLY, KYAML):
        try:
            documents = read_documents(text, typing, "items")
        except YamlError as error:
            documents = None
            said = str(error)
            must(error.message and error.line >= 1, "refused without words")
        try:
            parts = read_list(text, typing, "items")
        except YamlError as error:
            must(documents is None, f"read_list refuses what can be read: {error}")
            must(str(error) == said, f"{error} is not {said}")
            parts = None
        assert described(parts) == described(documents)
        plain = read_plain(text, typing)
        if plain is not UNSURE:
            assert documents is not None, "read_plain reads what libyaml refuses"
            assert len(documents) == 1
            assert same(plain, documents[0].data), (plain, documents[0].data)
            end = end_of_plain(text)
            assert end in (-1, documents[0].end)
        for document in documents or ():
            spans_hold(text, document, typing)
    return documents


def described(documents: list[Document] | None) -> str:
    if documents is None:
        return "refused"
    names = [name for name in Document._fields if name != "has_anchors"]  # asked for of whole texts only
    return repr([[getattr(document, name) for name in names] for document in documents])


def spans_hold(text: str, document: Document, typing: str) -> None:
    """What stands in a span reads alone as what it is the span of (unless it needs anchors from elsewhere)."""
    if document.data is None or "*" in text or "%" in text:
        return
    for entry, data in zip(document.entries, document.data["items"] if document.entries else (), strict=True):
        if not isinstance(data, (dict, list)):
            continue  # later lines of a scalar may stand left of its first one
        lead = "" if entry.flow else " " * entry.column
        if not entry.flow and entry.column >= 2:
            lead = " " * (entry.column - 2) + "- "
        found = read_value(lead + text[entry.start : entry.end], typing)
        found = found[0] if lead.endswith("- ") else found
        assert same(found, data), (text[entry.start : entry.end], found, data)


# --- the function -----------------------------------------------------------------------------------------------------


def function_holds(text: str) -> str:
    """The whole function: an answer that has everything, and that a second run leaves alone; or words."""
    try:
        done = transform(text)
    except InputError as error:
        must(str(error), "refused without words")
        return "refused"
    answer_holds(text, done.text, set(done.outcome.removed), set(done.outcome.changed), len(done.outcome.added))
    if done.outcome.exit_code:
        assert not done.outcome.changed
        assert not done.outcome.added
        assert not done.outcome.removed
    again = transform(done.text)
    assert same(ResourceList(again.text).entries, ResourceList(done.text).entries), "a second run changes the items"
    return f"answered {done.outcome.exit_code}"


def answer_holds(before_text: str, after_text: str, removed: set[int], changed: set[int], added: int) -> None:
    before, after = ResourceList(before_text), ResourceList(after_text)
    kept = [i for i in range(len(before.entries)) if i not in removed]
    assert len(after.entries) == len(kept) + added, "items are lost"
    for now, then in enumerate(kept):
        if then not in changed:
            # A block scalar that stops with the text gets a `-` in its header if anything follows: see `closed`.
            open_end = then == kept[-1] and before_text[-1] not in BREAKS
            assert open_end or after.slice(now)[0] == before.slice(then)[0], "an untouched item has other bytes"
            assert same(after.entries[now], before.entries[then]), "an untouched item has other data"
    assert same(after.function_config, before.function_config)
    read_before = witness(before_text)
    if read_before is not None and not before.duplicates:
        read_after = witnessed(after_text)
        assert read_after is not None, "the answer cannot be read by another reader, as the input could"
        theirs_before, theirs = (only(data).get("items") or [] for data in (read_before, read_after))
        assert len(theirs) == len(after.entries), "another reader finds other items"
        for now, then in enumerate(kept):
            if then not in changed:
                assert repr(theirs[now]) == repr(theirs_before[then]), "another reader finds an item changed"
        for ours, other in zip(after.entries, theirs, strict=True):
            assert agree(ours, other), (ours, other)


def only(documents: list[Any]) -> Any:
    """The one that is not empty."""
    return next(data for data in documents if data is not None)


def config_holds(spec: Any) -> None:
    """Any mapping as the spec of a functionConfig."""
    items = [{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "x", "namespace": "shop"}, "spec": {}}]
    listed = {"apiVersion": "config.kubernetes.io/v1", "kind": "ResourceList", "items": items}
    for config in (CONFIG | {"spec": spec}, spec, {"apiVersion": "v1", "kind": "ConfigMap", "data": spec}):
        text = flow(listed | {"functionConfig": config}, json=True)
        try:
            read_value(text, KYAML)
        except YamlError:  # a merge key, say
            return
        assert transform(text).outcome.exit_code in (0, 1)


def documents_hold(text: str) -> str:
    """A package of documents, as a plugin of kustomize gets it, and taking out what was put in."""
    source = Documents(text, KYAML)
    outcome = run(source, copy.deepcopy(CONFIG))
    if outcome.exit_code:
        assert not outcome.changed
        assert not outcome.added
    answer = source.rebuild(outcome.changed, outcome.removed, outcome.added)
    after = Documents(answer, KYAML)
    kept = [i for i in range(len(source.entries)) if i not in outcome.removed]
    untouched = [i for i in kept if i not in outcome.changed and source.entries[i] is not None]
    if not outcome.changed and not outcome.removed and not outcome.added:
        assert answer == text
    held = [data for data in after.entries if data is not None]
    wanted = [source.entries[i] for i in kept if source.entries[i] is not None]
    assert len(held) == len(wanted) + len(outcome.added), "documents are lost"
    for i in untouched:
        assert source.slice(i)[0] in answer
        assert same(held[sum(source.entries[j] is not None for j in kept if j < i)], source.entries[i])
    try:
        uninject(answer)
    except InputError as error:
        must(str(error), "refused without words")
    return f"documents {outcome.exit_code}"


# --- the surgeon ------------------------------------------------------------------------------------------------------


def surgeon_holds(text: str, document: Document, seed: int) -> None:
    """Edits of the document read back as what was meant, by us and by another reader, or are refused."""
    if not isinstance(document.data, (dict, list)) or not document.data or "%" in text:
        return
    rng = random.Random(seed)
    piece = text[document.start : document.end]
    column = document.start - (text.rfind("\n", 0, document.start) + 1)
    if document.flow or not 0 <= column < 40 or "\r" in text or text[document.start - column : document.start].strip():
        column = 0
    lead = " " * max(column - 2, 0) + "- " * bool(column >= 2) if column != 1 else " "
    try:
        before = read_value(lead + piece, KYAML)
    except YamlError:
        return  # tags or anchors of its own before it
    before = before[0] if column >= 2 else before
    if not same(before, document.data):
        return
    for _ in range(2):
        after = edited(before, rng)
        try:
            result = patch(piece, before, after, KYAML, column)
        except PatchError:
            continue
        found = read_value(lead + result, KYAML)
        assert same(found[0] if column >= 2 else found, after)
        if not document.duplicates and witness(lead + piece) is not None:
            theirs = witnessed(lead + result)
            assert theirs is not None, f"another reader cannot read {result!r}"
            assert len(theirs) == 1
            assert agree(found, theirs[0]), (result, found, theirs)


def edited(data: Any, rng: random.Random) -> Any:
    """A copy with one to three random edits."""
    root = [copy.deepcopy(data)]
    for _ in range(rng.randint(1, 3)):
        places: list[tuple[Any, Any]] = []
        work: list[Any] = [root]
        while work and len(places) < 1_000:
            node = work.pop()
            keys = list(node) if isinstance(node, dict) else range(len(node))
            places += [(node, key) for key in keys]
            work += [node[key] for key in keys if isinstance(node[key], (dict, list))]
        parent, place = rng.choice(places)
        node, value = parent[place], copy.deepcopy(rng.choice(VALUES))
        action = rng.choice(["set", "add", "add", "remove"])
        if action == "remove" and parent is not root:
            del parent[place]
        elif action == "add" and isinstance(node, dict):
            node[rng.choice(["new", "k: v", "8080", "y"])] = value
        elif action == "add" and isinstance(node, list):
            node.insert(rng.randint(0, len(node)), value)
        else:
            parent[place] = value
    return root[0]


# --- another reader ---------------------------------------------------------------------------------------------------


def witness(text: str) -> list[Any] | None:
    """What ruamel.yaml (its own parser, not libyaml) reads; None where it cannot, or where that would take long.

    Tags, directives, anchors with a colon in their name, byte order marks and the line breaks of YAML 1.1 mean other
    things to it.
    """
    if len(text) > LARGEST_FOR_WITNESS or any(mark in text for mark in "!%\x85\u2028\u2029\ufeff"):
        return None
    if _odd_anchor().search(text):
        return None
    return witnessed(text)


def witnessed(text: str) -> list[Any] | None:
    yaml = YAML(typ="safe", pure=True)
    yaml.allow_duplicate_keys = True
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ReusedAnchorWarning)
        try:
            return list(yaml.load_all(io.StringIO(text)))
        except (RuamelError, ValueError, TypeError, AttributeError, LookupError, RecursionError, NotImplementedError):
            return None  # it has bugs of its own


@functools.cache
def _odd_anchor() -> re.Pattern[str]:
    return re.compile(r"[&*][\w-]*[^\s\w,\]}-]")


def agree(ours: Any, theirs: Any) -> bool:
    """Whether two readers see the same tree and the same texts; plain scalars may be typed in two ways."""
    work = [(ours, theirs)]
    while work:
        left, right = work.pop()
        if isinstance(left, dict):
            if not isinstance(right, dict) or len(left) != len(right):
                return False
            work += [(left[key], right[key]) for key in left if isinstance(key, str) and key in right]
        elif isinstance(left, list):
            if not isinstance(right, list) or len(left) != len(right):
                return False
            work.extend(zip(left, right, strict=True))
        elif isinstance(left, str) and isinstance(right, str) and left != right:
            return False
    return True
