"""Laws of the whole function, with generated packages in generated YAML styles."""

from __future__ import annotations

import copy
import random
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from krm_fn.cli import _decoded
from krm_fn.function import Transformed, transform
from krm_fn.krm.resourcelist import API_VERSIONS, OLDEST, ResourceList
from krm_fn.krm.source import InputError
from krm_fn.yamltext.changes import same
from krm_fn.yamltext.read import read_value
from krm_fn.yamltext.scalars import KYAML

from .profiles import examples
from .styles import Style

Data = dict[str, Any]
unhurried = examples(80)

NAMES = ["shop", "kong", "edge"]
names = st.sampled_from(["web", "web", "proxy-kong", "x", "yes", "1e3"])
spaces = st.sampled_from(["shop", "shop", "shop", None, *NAMES])
images = st.sampled_from(
    ["web:1", "kong:3.9", "traefik:v3", "nginx", "registry.k8s.io/ingress-nginx/controller:v1.12.0"]
)
marks = st.dictionaries(
    st.sampled_from(["kuma.io/sidecar-injection", "kuma.io/mesh", "kuma.io/gateway", "app", "note"]),
    st.sampled_from(["enabled", "enabled", "enabled", "disabled", "web", "1e3"]),
    max_size=3,
)


def metadata(
    name: str, namespace: str | None = None, labels: Data | None = None, annotations: Data | None = None
) -> Data:
    fields = {"name": name, "namespace": namespace, "labels": labels, "annotations": annotations}
    return {key: value for key, value in fields.items() if value is not None}


@st.composite
def workloads(draw: st.DrawFn) -> Data:
    template = {
        "metadata": metadata("", None, {"app": draw(names), **draw(marks)}, draw(st.none() | marks)),
        "spec": {
            "containers": [{"name": "c", "image": draw(images), "ports": [{"containerPort": 80, "name": "http"}]}]
        },
    }
    del template["metadata"]["name"]
    kind = draw(st.sampled_from(["Deployment", "StatefulSet", "DaemonSet"]))
    spec = {"selector": {"matchLabels": {"app": "x"}}, "template": template}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": metadata(draw(names), draw(spaces)), "spec": spec}


@st.composite
def services(draw: st.DrawFn) -> Data:
    spec = {"selector": {"app": draw(names)}, "ports": [{"port": draw(st.sampled_from([80, 8080])), "name": "http"}]}
    about = metadata(draw(names), draw(spaces), None, draw(st.none() | marks))
    return {"apiVersion": "v1", "kind": "Service", "metadata": about, "spec": spec}


@st.composite
def config_maps(draw: st.DrawFn) -> Data:
    texts = st.sampled_from(["one\ntwo\n", "one\n\n\n", "last", "01", "  lead\nx", "#", "- a", "{", "é", ""])
    data = draw(st.dictionaries(st.sampled_from("abc"), texts | st.none() | st.integers() | st.floats(allow_nan=False)))
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata(draw(names), draw(spaces)), "data": data}


@st.composite
def ingresses(draw: st.DrawFn) -> Data:
    backend = {"service": {"name": draw(names), "port": {"number": 80}}}
    rule = {"host": "example.com", "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}
    spec = {"ingressClassName": draw(st.sampled_from(["kong", "nginx", "traefik"])), "rules": [rule]}
    about = metadata(draw(names), draw(spaces), None, draw(st.none() | marks))
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": about, "spec": spec}


namespaces = st.builds(
    lambda name, labels: {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata(name, None, labels)},
    st.sampled_from(NAMES),
    marks,
)
meshes = st.builds(
    lambda name, spec: {"apiVersion": "kuma.io/v1alpha1", "kind": "Mesh", "metadata": {"name": name}, "spec": spec},
    st.sampled_from(["default", "web"]),
    st.sampled_from([{}, {"meshServices": {"mode": "Exclusive"}}]),
)
resources = workloads() | services() | config_maps() | ingresses() | namespaces | meshes
lists = st.builds(
    lambda members: {"apiVersion": "v1", "kind": "List", "items": members}, st.lists(resources, max_size=3)
)
MESHED: Data = {
    "apiVersion": "v1",
    "kind": "Namespace",
    "metadata": metadata("shop", None, {"kuma.io/sidecar-injection": "enabled"}),
}
packages = st.builds(
    lambda meshed, items: [*meshed, *items],
    st.sampled_from([[], [MESHED], [MESHED]]),
    st.lists(resources | lists, max_size=6),
)
configs = st.none() | st.fixed_dictionaries(
    {},
    optional={
        "zone": st.just("east"),
        "injection": st.sampled_from(
            [{"mode": "webhook"}, {"mode": "none"}, {"rules": [{"target": {"kind": "Deployment"}, "inject": True}]}]
        ),
        "gateways": st.sampled_from([{"detect": "annotate"}, {"harden": "apply"}, {"detect": "off"}]),
        "dataplanes": st.sampled_from([{"emit": "all"}, {"emit": "all", "localConfig": False}, {"emit": "none"}]),
        "markApplied": st.booleans(),
        "results": st.sampled_from([{"level": "info"}, {"level": "error"}]),
    },
)
seeds = st.integers(0, 2**32)


def resource_list(items: list[Any], config: Data | None, seed: int) -> str:
    """The text of a ResourceList, its fields in any order and style."""
    style = Style(seed)
    fields: Data = {"kind": "ResourceList", "apiVersion": style.random.choice(API_VERSIONS)}
    if items or style.chance(0.5):
        fields["items"] = items
    if config is not None:
        identity = {"apiVersion": "fn.kuma.io/v1alpha1", "kind": "MeshSetup", "metadata": {"name": "mesh-setup"}}
        fields["functionConfig"] = {**identity, "spec": config}
    if style.chance(0.3):
        fields["other"] = {"kept": "as it is\n"}
    order = list(fields)
    style.random.shuffle(order)
    text = style.text({key: fields[key] for key in order})
    # A block scalar that stops with the text has another value than one with a line end, and others must follow it.
    return text if same(read_value(text, KYAML), fields) else text + style.newline


def flat(items: list[Any]) -> list[Any]:
    """The items with the members of Lists in their places."""
    return [member for item in items for member in (item["items"] if item["kind"] == "List" else [item])]


def unique(items: list[Any]) -> list[Any]:
    """The items without those whose kind and name came before."""
    seen: set[tuple[Any, ...]] = set()
    kept = []
    for item in items:
        key = (item["kind"], item["metadata"]["name"], item["metadata"].get("namespace"))
        if key not in seen:
            seen.add(key)
            kept.append(item)
    return kept


# --- the form of results ----------------------------------------------------------------------------------------------

TEXT = {"type": "string", "minLength": 1}
RESULT = {
    "type": "object",
    "required": ["message", "severity", "tags"],
    "additionalProperties": False,
    "properties": {
        "message": TEXT,
        "severity": {"enum": ["error", "warning", "info"]},
        "resourceRef": {"type": "object", "additionalProperties": {"anyOf": [TEXT, {"type": "object"}]}},
        "field": {
            "type": "object",
            "required": ["path"],
            "properties": {"path": TEXT, "currentValue": {}, "proposedValue": {}, "suggestedValue": {}},
            "additionalProperties": False,
        },
        "file": {
            "type": "object",
            "required": ["path"],
            "properties": {"path": TEXT, "index": {"type": "integer", "minimum": 0}},
            "additionalProperties": False,
        },
        "tags": {"type": "object", "additionalProperties": TEXT, "required": ["code", "function"]},
    },
}


def check(text: str, done: Transformed) -> ResourceList:
    """What holds for every answer; returns it."""
    before, after = ResourceList(text), ResourceList(done.text)
    outcome = done.outcome
    kept = [i for i in range(len(before.entries)) if i not in outcome.removed]
    assert len(after.entries) == len(kept) + len(outcome.added)
    for now, then in enumerate(kept):
        if then not in outcome.changed:
            assert after.slice(now)[0] == before.slice(then)[0]
            assert same(after.entries[now], before.entries[then])
    if outcome.exit_code:
        assert not outcome.changed
    assert same(after.function_config, before.function_config)
    results = after.results
    if results is not None and after.api_version == OLDEST:
        assert results["name"] == "krm-fn"
        results = results["items"]
    for result in results or []:
        jsonschema.validate(result, RESULT)
    return after


@unhurried
@given(packages, configs, seeds)
def test_untouched_items_keep_their_bytes_and_a_second_run_changes_nothing(
    items: list[Data], config: Data | None, seed: int
) -> None:
    text = resource_list(items, config, seed)
    once = transform(text)
    after = check(text, once)

    twice = transform(once.text)

    assert same(check(once.text, twice).entries, after.entries)
    assert (twice.outcome.changed, twice.outcome.removed, twice.outcome.added) == ({}, frozenset(), ())


@unhurried
@given(packages.map(flat), configs, seeds)
def test_the_order_of_items_decides_nothing(items: list[Data], config: Data | None, seed: int) -> None:
    items = unique(items)
    shuffled = items[:]
    random.Random(seed).shuffle(shuffled)

    def decided(order: list[Data]) -> dict[str, Any]:
        entries = ResourceList(transform(resource_list(order, config, seed)).text).entries
        return {f"{e['kind']} {e['metadata'].get('namespace')}/{e['metadata']['name']}": e for e in entries}

    assert decided(shuffled) == decided(items)


junk: st.SearchStrategy[Any] = st.sampled_from(
    [
        None,
        True,
        0,
        -1,
        1.5,
        "",
        "text",
        "\n",
        [],
        {},
        [None],
        ["x"],
        [[]],
        [{}],
        {"": None},
        {1: 2},
        {"name": []},
        10**30,
    ]
)


def spoiled(data: Any, rng: random.Random, values: list[Any]) -> Any:
    """A copy with a value of any type in a few places, or with a place gone."""
    root = [copy.deepcopy(data)]
    for value in values:
        places: list[tuple[Any, Any]] = []
        nodes: list[Any] = list(root[0])
        while nodes:
            node = nodes.pop()
            keys = list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
            places.extend((node, key) for key in keys)
            nodes.extend(node[key] for key in keys)
        if not places:
            break
        node, key = rng.choice(places)
        node[key] = copy.deepcopy(value)
    return root[0]


@examples(150)
@given(packages, configs, seeds, st.lists(junk, min_size=1, max_size=4))
def test_no_value_anywhere_in_an_item_breaks_anything(
    items: list[Data], config: Data | None, seed: int, values: list[Any]
) -> None:
    text = resource_list(spoiled(items, random.Random(seed), values), config, seed)
    once = transform(text)
    after = check(text, once)
    assert same(ResourceList(transform(once.text).text).entries, after.entries)


@unhurried
@given(
    st.lists(services(), max_size=2),
    st.recursive(junk, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)),
)
def test_no_value_of_other_fields_breaks_anything(items: list[Data], value: Any) -> None:
    for name in ("functionConfig", "results", "other"):
        text = Style(1).text({"kind": "ResourceList", "apiVersion": API_VERSIONS[0], "items": items, name: value})
        transform(text)


@unhurried
@given(st.binary() | st.text().map(str.encode) | st.text("{}[]-:,&*!|>'\"%@` \n\ta#?", max_size=30).map(str.encode))
def test_anything_else_is_refused_in_words(raw: bytes) -> None:
    with pytest.raises(InputError) as caught:
        transform(_decoded(raw)[0])
    assert str(caught.value)


@unhurried
@given(packages, seeds, st.data())
def test_broken_lists_are_refused_or_answered(items: list[Data], seed: int, data: st.DataObject) -> None:
    raw = resource_list(items, None, seed).encode()
    start = data.draw(st.integers(0, len(raw)))
    end = data.draw(st.integers(start, min(len(raw), start + 9)))
    broken = (
        raw[:start] + data.draw(st.binary(max_size=3) | st.sampled_from([b"\n", b": ", b"{", b"*a", b"- "])) + raw[end:]
    )
    try:
        text, _ = _decoded(broken)
        done = transform(text)
    except InputError:
        return
    check(text, done)
