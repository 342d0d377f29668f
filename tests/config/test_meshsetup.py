"""Records and schema say the same; the reference page is what the schema says."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from krm_fn.config.configmap import KEYS
from krm_fn.config.load import load, schema_text
from krm_fn.config.meshsetup import (
    API_VERSION,
    KIND,
    KUMA_VERSIONS,
    ControlPlane,
    Dataplanes,
    ExternalName,
    GatewayRule,
    Gateways,
    Injection,
    InjectionRule,
    KnownNamespace,
    MeshExternalServiceRef,
    MeshMultiZoneServiceRef,
    MeshServiceRef,
    MeshSetup,
    NamedPort,
    ServiceUpstream,
    WorkloadKind,
)
from krm_fn.krm.target import Target
from krm_fn.record import Record

SCHEMA: dict[str, Any] = json.loads(schema_text())
SPEC: dict[str, Any] = SCHEMA["properties"]["spec"]["properties"]
DOCS = Path(__file__).parents[2] / "docs"
NO_DEFAULT = object()


def _items(name: str, *path: str) -> dict[str, Any]:
    schema = SPEC[name]
    for step in path:
        schema = schema["properties"][step]
    items: dict[str, Any] = schema["items"]
    return items


DESTINATIONS = _items("externalNames")["properties"]

PAIRS: list[tuple[type[Record], dict[str, Any]]] = [
    (ControlPlane, SPEC["controlPlane"]),
    (KnownNamespace, _items("namespaces")),
    (Injection, SPEC["injection"]),
    (InjectionRule, _items("injection", "rules")),
    (Gateways, SPEC["gateways"]),
    (GatewayRule, _items("gateways", "rules")),
    (ServiceUpstream, SPEC["serviceUpstream"]),
    (Dataplanes, SPEC["dataplanes"]),
    (MeshServiceRef, DESTINATIONS["meshService"]),
    (MeshMultiZoneServiceRef, DESTINATIONS["meshMultiZoneService"]),
    (MeshExternalServiceRef, DESTINATIONS["meshExternalService"]),
    (NamedPort, DESTINATIONS["ports"]["items"]),
    (WorkloadKind, _items("workloadKinds")),
    (Target, SCHEMA["$defs"]["target"]),
]


def snake(name: str) -> str:
    return "".join(f"_{char.lower()}" if char.isupper() else char for char in name)


def plain(value: object) -> object:
    """Return a default of a record as JSON would write it."""
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    return dict(value) if isinstance(value, Mapping) else value


@pytest.mark.parametrize(("record", "schema"), PAIRS)
def test_names_and_defaults_are_equal(record: type[Record], schema: dict[str, Any]) -> None:
    fields = {snake(name): field for name, field in schema["properties"].items()}
    assert set(fields) == set(record._fields)
    for name, field in fields.items():
        default = getattr(record, name, NO_DEFAULT)
        if "default" in field:
            assert plain(default) == field["default"], name
        elif snake(name) in map(snake, schema.get("required", ())):
            assert default is NO_DEFAULT, name
        else:
            assert default is None or record is Target, name
    required = {snake(name) for name in schema.get("required", ())}
    assert required == {name for name in record._fields if not hasattr(record, name)}


def test_meshsetup_itself() -> None:
    names = {snake(name) for name in SPEC} - {"results"}
    assert names | {"name", "results_level"} == set(MeshSetup._fields)
    assert MeshSetup.results_level == SPEC["results"]["properties"]["level"]["default"]
    assert MeshSetup.name == SCHEMA["properties"]["metadata"]["properties"]["name"]["default"]
    for name, field in SPEC.items():
        if "default" in field:
            assert plain(getattr(MeshSetup, snake(name))) == field["default"]


def test_external_name() -> None:
    choices = {branch["required"][0] for branch in _items("externalNames")["oneOf"]}
    assert {snake(name) for name in set(DESTINATIONS) - choices} | {"destination"} == set(ExternalName._fields)


def test_constants_are_equal() -> None:
    assert SCHEMA["properties"]["apiVersion"]["const"] == API_VERSION
    assert SCHEMA["properties"]["kind"]["const"] == KIND
    assert tuple(SPEC["kumaVersion"]["enum"]) == KUMA_VERSIONS
    assert MeshSetup.kuma_version == KUMA_VERSIONS[-1]


def schemas(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    yield path, schema
    for name, field in {**schema.get("properties", {}), **schema.get("$defs", {})}.items():
        yield from schemas(field, f"{path}.{name}")
    if isinstance(schema.get("items"), dict):
        yield from schemas(schema["items"], f"{path}[]")


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$id"] == "https://fn.kuma.io/v1alpha1/meshsetup.schema.json"


@pytest.mark.parametrize(("path", "schema"), [case for case in schemas(SCHEMA) if "properties" in case[1]])
def test_unknown_fields_are_refused_and_known_ones_described(path: str, schema: dict[str, Any]) -> None:
    assert path == ".metadata" or schema["additionalProperties"] is False
    assert [name for name, field in schema["properties"].items() if not field.get("description")] == []


@pytest.mark.parametrize(
    ("path", "schema"), [case for case in schemas(SCHEMA) if {"default", "examples"} & case[1].keys()]
)
def test_defaults_and_examples_are_valid(path: str, schema: dict[str, Any]) -> None:
    checker = Draft202012Validator({**schema, "$defs": SCHEMA["$defs"]})
    for value in [*schema.get("examples", ()), *([schema["default"]] if "default" in schema else ())]:
        assert checker.is_valid(value), path


def test_config_map_keys_lead_to_settings() -> None:
    for key in KEYS:
        schema = SCHEMA["properties"]["spec"]
        for step in key.path:
            schema = schema["properties"][step]
    assert len({key.name for key in KEYS}) == len({key.path for key in KEYS}) == len(KEYS)


def test_the_reference_page_is_up_to_date() -> None:
    done = subprocess.run([sys.executable, str(DOCS / "generate.py"), "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_examples_of_the_reference_page_are_accepted() -> None:
    blocks = (DOCS / "functionconfig.md").read_text(encoding="utf-8").split("```yaml\n")[1:]
    examples = [yaml.safe_load(block.split("```")[0]) for block in blocks]
    assert len(examples) >= 2
    for example in examples:
        assert isinstance(load(example), MeshSetup), load(example)
