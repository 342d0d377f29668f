"""The fast reader accepts exactly what the schema accepts: on every kind of value, and on whole configurations."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from krm_fn.config import strict
from krm_fn.config.configmap import KEYS
from krm_fn.config.explain import explain, validator
from krm_fn.config.load import load, schema_text
from krm_fn.config.meshsetup import MeshSetup
from krm_fn.config.problem import path_text
from tests.config.test_load import EVERYTHING, setup_of

SCHEMA: dict[str, Any] = json.loads(schema_text())

ODD_VALUES: list[Any] = [
    None,
    True,
    False,
    0,
    1,
    -1,
    65535,
    65536,
    80.0,
    80.5,
    float("inf"),
    float("nan"),
    10**30,
    "",
    " ",
    "a",
    "A",
    "7",
    "7a",
    "-",
    "-a",
    "a-",
    "a-b",
    "a--b",
    "a\n",
    "\n",
    "a.b",
    "a.b.",
    "a..b",
    ".a",
    ".",
    "a.-b",
    "a_b",
    "é",
    "aé",
    "\u0663",
    "²",
    "off",
    "auto",
    "none",
    "enabled",
    "spec.template",
    "spec/template",
    "http://",
    "http://a",
    "https://a:1/b?c",
    "http://a b",
    "http://\x7f",
    "ftp://a",
    "http://https://a",
    "2.9",
    "2.10",
    "2.14",
    "2.14.3",
    "2.8",
    2.14,
    2.1,
    "x" * 63,
    "x" * 64,
    "x." * 31 + "x",
    "x." * 32 + "x",
    "x" * 63 + ".a",
    "a." * 126 + "a",
    "a." * 127,
    "x" * 254,
    "x" * 1000,
    "x" * 1001,
    [],
    [None],
    ["a"],
    [1],
    [[]],
    [{}],
    ["auto"],
    {},
    {"a": "b"},
    {"a": 1},
    {"a": None},
    {1: "b"},
    {None: "b"},
    {None: 1},
    {2.5: None, True: []},
    {"name": "a"},
    {"port": 1},
    {"target": {}},
]


def verdicts(config: dict[str, Any]) -> tuple[bool, bool]:
    return strict.read(config) is not None, validator(schema_text()).is_valid(config)


def check_agreement(config: dict[str, Any]) -> bool:
    ours, theirs = verdicts(config)
    assert ours is theirs, config
    if not ours:
        assert list(explain(config, schema_text(), path_text)), config
    return ours


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths of all values below a value."""
    steps = (
        list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    )
    return [found for step, inner in steps for found in [(*path, step), *places(inner, (*path, step))]]


def parent_of(config: Any, path: tuple[Any, ...]) -> Any:
    for step in path[:-1]:
        config = config[step]
    return config


@pytest.mark.parametrize("setting", sorted(yaml.safe_load(EVERYTHING)))
def test_every_odd_value_in_every_place(setting: str) -> None:
    value = yaml.safe_load(EVERYTHING)[setting]
    if isinstance(value, list):
        value = value[:1] + value[-1:]
    config = setup_of("{}")
    config["spec"] = {setting: value}
    assert check_agreement(config)
    accepted = 0
    for path in places(config["spec"]):
        parent, last = parent_of(config["spec"], path), path[-1]
        before = parent[last]
        for odd in ODD_VALUES:
            parent[last] = odd
            ours, theirs = verdicts(config)
            assert ours is theirs, (path, odd)
            accepted += ours
        if isinstance(parent, dict):
            del parent[last]
            check_agreement(config)
            parent["unheardOf"] = before
            check_agreement(config)
            del parent["unheardOf"]
        parent[last] = before
    assert accepted or setting in ("kumaVersion", "results")


@pytest.mark.parametrize("odd", ODD_VALUES)
@pytest.mark.parametrize(
    "path", [("metadata",), ("metadata", "name"), ("spec",), ("kind",), ("apiVersion",), ("data",)]
)
def test_odd_values_around_the_spec(path: tuple[str, ...], odd: Any) -> None:
    config = setup_of("{mesh: default}", name="x")
    parent_of(config, path)[path[-1]] = odd
    check_agreement(config)


@pytest.mark.parametrize("field", ["apiVersion", "kind", "metadata", "spec"])
def test_left_out_fields_around_the_spec(field: str) -> None:
    config = setup_of("{mesh: default}", name="x")
    del config[field]
    assert check_agreement(config) is (field in ("metadata", "spec"))


def values_of(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Return a strategy for values that a schema accepts (of our schema, not of any)."""
    if "$ref" in schema:
        return values_of(SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]])
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "anyOf" in schema:
        return st.one_of([values_of(branch) for branch in schema["anyOf"]])
    kind = schema["type"] if isinstance(schema["type"], str) else schema["type"][0]
    if kind == "object":
        return objects_of(schema)
    if kind == "array":
        return st.lists(values_of(schema["items"]), min_size=schema.get("minItems", 0), max_size=2)
    if kind == "integer":
        return st.integers(schema["minimum"], schema["maximum"])
    if kind == "boolean":
        return st.booleans()
    if "pattern" in schema:
        matching = st.from_regex(schema["pattern"], fullmatch=True)
        return matching.filter(lambda text: len(text) <= schema.get("maxLength", 10**6) and not text.endswith("\n"))
    return st.text(min_size=schema.get("minLength", 0), max_size=20)


def objects_of(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    fields = {name: values_of(field) for name, field in schema.get("properties", {}).items()}
    if not fields:
        inner = schema.get("additionalProperties")
        return st.dictionaries(st.text(max_size=5), values_of(inner) if inner else st.integers(), max_size=2)
    required = set(schema.get("required", ()))

    def with_fields(names: set[str], without: set[str]) -> st.SearchStrategy[Any]:
        optional = {name: fields[name] for name in fields if name not in names | without}
        return st.fixed_dictionaries({name: fields[name] for name in sorted(names)}, optional=optional)

    choices = [branch["required"][0] for branch in schema.get("oneOf", ())]
    if not choices:
        return with_fields(required, set())
    return st.one_of([with_fields(required | {choice}, set(choices) - {choice}) for choice in choices])


CONFIGS = values_of(SCHEMA)


@settings(max_examples=200, deadline=None)
@given(CONFIGS)
def test_whatever_the_schema_allows_is_accepted(config: dict[str, Any]) -> None:
    assert check_agreement(config)


@settings(max_examples=200, deadline=None)
@given(CONFIGS, st.data())
def test_mutated_configurations_get_one_verdict(config: dict[str, Any], data: st.DataObject) -> None:
    config = copy.deepcopy(config)
    for _ in range(data.draw(st.integers(1, 3))):
        known = places(config)
        if not known:
            return
        path = data.draw(st.sampled_from(known))
        parent, last = parent_of(config, path), path[-1]
        action = data.draw(st.sampled_from(["replace", "delete", "add", "move"]))
        if action == "delete":
            del parent[last]
        elif action == "add" and isinstance(parent, dict):
            parent[data.draw(st.sampled_from(["name", "zone", "target", "rules", "Name", "x", 1]))] = "a"
        elif action == "move":
            source = data.draw(st.sampled_from(known))
            parent[last] = copy.deepcopy(parent_of(config, source)[source[-1]])
        else:
            parent[last] = copy.deepcopy(data.draw(st.sampled_from(ODD_VALUES)))
    check_agreement(config)
    said = load(config, ("kong",))
    assert isinstance(said, MeshSetup) or all(item.message for item in said)


@pytest.mark.parametrize("odd", ODD_VALUES)
def test_config_maps_with_odd_values_are_read_or_explained(odd: Any) -> None:
    config: dict[str, Any] = {"apiVersion": "v1", "kind": "ConfigMap", "data": {}}
    for field in ("data", "metadata", "binaryData", 7):
        assert load(config | {field: odd})
    for key in KEYS:
        assert load(config | {"data": {key.name: odd}})
