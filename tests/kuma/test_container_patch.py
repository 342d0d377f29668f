"""JSON patches on containers: operations, and what is left after Kubernetes' types."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from krm_fn.kuma.container_patch import PatchFailed, apply_operations, missing_patches, patch_container
from krm_fn.kuma.container_schema import as_container
from krm_fn.kuma.reading import KumaValueError

DOCUMENT = {"name": "c", "args": ["a", "b", "c"], "env": [{"name": "X"}], "a/b": 1, "m~n": 2, "deep": {"er": {"k": 1}}}


def add(path: str, value: str) -> dict[str, str]:
    return {"op": "add", "path": path, "value": value}


def remove(path: str) -> dict[str, str]:
    return {"op": "remove", "path": path}


def replace(path: str, value: str) -> dict[str, str]:
    return {"op": "replace", "path": path, "value": value}


def shift(op: str, source: str, path: str) -> dict[str, str]:
    return {"op": op, "from": source, "path": path}


@pytest.mark.parametrize(
    ("operation", "changed"),
    [
        (add("/name", '"d"'), {"name": "d"}),
        (add("/new", "false"), {"new": False}),
        (add("/new", '{"k": [1]}'), {"new": {"k": [1]}}),
        (add("/args/0", '"x"'), {"args": ["x", "a", "b", "c"]}),
        (add("/args/3", '"x"'), {"args": ["a", "b", "c", "x"]}),
        (add("/args/-", '"x"'), {"args": ["a", "b", "c", "x"]}),
        (add("/args/-1", '"x"'), {"args": ["a", "b", "c", "x"]}),
        (add("/args/-2", '"x"'), {"args": ["a", "b", "x", "c"]}),
        (add("/env/0/value", '"v"'), {"env": [{"name": "X", "value": "v"}]}),
        (add("/p/q/r", "1"), {"p": {"q": {"r": 1}}}),
        (add("/list/-", "1"), {"list": [1]}),
        (add("/list/0", "1"), {"list": [1]}),
        (add("/list/2", "1"), {"list": [None, None, 1]}),
        (add("/list/0/name", '"n"'), {"list": [{"name": "n"}]}),
        (add("/env/2/name", '"Z"'), {"env": [{"name": "X"}, None, {"name": "Z"}]}),
        (replace("/args/1", '"x"'), {"args": ["a", "x", "c"]}),
        (replace("/args/-1", '"x"'), {"args": ["a", "b", "x"]}),
        (replace("/a~1b", "5"), {"a/b": 5}),
        (replace("/m~0n", "5"), {"m~n": 5}),
        (replace("/name", "null"), {"name": None}),
        (remove("/args/0"), {"args": ["b", "c"]}),
        (remove("/args/-1"), {"args": ["a", "b"]}),
        (remove("/deep/er/k"), {"deep": {"er": {}}}),
        (shift("move", "/args/0", "/args/-"), {"args": ["b", "c", "a"]}),
        (shift("move", "/deep/er", "/deep/est"), {"deep": {"est": {"k": 1}}}),
        (shift("copy", "/args/0", "/name"), {"name": "a"}),
        (shift("copy", "/deep/er", "/deep/est"), {"deep": {"er": {"k": 1}, "est": {"k": 1}}}),
    ],
)
def test_operations(operation: dict[str, str], changed: dict[str, Any]) -> None:
    before = copy.deepcopy(DOCUMENT)
    assert apply_operations(DOCUMENT, [operation]) == DOCUMENT | changed
    assert before == DOCUMENT


def test_a_copy_is_independent_of_its_source() -> None:
    operations = [shift("copy", "/deep/er", "/twin"), replace("/twin/k", "2")]
    assert apply_operations(DOCUMENT, operations) == DOCUMENT | {"twin": {"k": 2}}


def test_the_whole_document() -> None:
    assert apply_operations(DOCUMENT, [replace("", '{"name": "n"}')]) == {"name": "n"}


@pytest.mark.parametrize(
    "operation",
    [
        add("/new", "text without quotes"),
        add("/new", ""),
        add("/new", "NaN"),
        {"op": "add", "path": "/new"},
        {"op": "add", "path": "/new", "value": 5},
        add("/args/4", '"x"'),
        add("/args/-5", '"x"'),
        add("/args/one", '"x"'),
        add("/name/x", '"x"'),
        add("/list/-2", "1"),
        add("/list/100000000", "1"),
        add("/env/99999999/name", "1"),
        replace("/missing", "1"),
        replace("/args/3", '"x"'),
        replace("/args/-", '"x"'),
        replace("/p/q", "1"),
        remove("/missing"),
        remove("/args/3"),
        remove("/args/-4"),
        remove("/args/-"),
        remove(""),
        remove("/"),
        shift("move", "/missing", "/name"),
        shift("copy", "/args/0", "/p/q"),
        shift("copy", "", "/p"),
        {"op": "test", "path": "/name", "value": '"c"'},
        {"op": "Add", "path": "/name", "value": '"c"'},
        {},
        "remove",
        None,
    ],
)
def test_operations_that_fail(operation: object) -> None:
    with pytest.raises(PatchFailed):
        apply_operations(DOCUMENT, [operation])


PATCHES = {
    "one": {"sidecarPatch": [add("/args/-", '"--one"')]},
    "two": {"sidecarPatch": [add("/args/-", '"--two"')], "initPatch": [remove("/args")]},
    "broken": {"sidecarPatch": [remove("/nothing")], "initPatch": []},
    "hollow": {},
    "wrong": {"sidecarPatch": "no list"},
}
CONTAINER: dict[str, Any] = {"name": "kuma-sidecar", "args": ["run"]}


@pytest.mark.parametrize(
    ("field", "names", "args"),
    [
        ("sidecarPatch", ["one"], ["run", "--one"]),
        ("sidecarPatch", ["two", "one"], ["run", "--two", "--one"]),
        ("sidecarPatch", ["one", "one"], ["run", "--one", "--one"]),
        ("sidecarPatch", ["hollow", "wrong"], ["run"]),
        ("initPatch", ["one"], ["run"]),
        ("initPatch", ["one", "two"], None),
    ],
)
def test_patches_apply_in_order(field: str, names: list[str], args: list[str] | None) -> None:
    assert patch_container(CONTAINER, field, names, PATCHES).get("args") == args


def test_without_operations_the_container_is_the_same() -> None:
    container = {"name": "kuma-init", "unknown": 1}
    assert patch_container(container, "initPatch", ["one", "broken"], PATCHES) is container


def test_a_failure_names_the_patches_that_contributed() -> None:
    with pytest.raises(KumaValueError) as caught:
        patch_container(CONTAINER, "sidecarPatch", ["hollow", "one", "broken"], PATCHES)
    assert caught.value.message.startswith('could not apply patches ["one" "broken"]: remove "/nothing"')


def test_missing_patches_are_reported_together() -> None:
    text = missing_patches(["a", "one", "b"], PATCHES)
    assert text == 'it appears some expected container patches are missing: ["a" "b"]'
    assert missing_patches(["one"], PATCHES) == ""


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ({"name": "c", "nonsense": 1, "securityContext": {"priviledged": True}}, {"name": "c", "securityContext": {}}),
        ({"name": "c", "tty": False, "stdin": True, "args": []}, {"name": "c", "stdin": True}),
        ({"securityContext": {"privileged": False}}, {"securityContext": {"privileged": False}}),
        ({"securityContext": {"capabilities": {}}}, {"securityContext": {"capabilities": {}}}),
        (
            {"resources": {"limits": {"cpu": "1000m", "memory": "1024Mi"}, "requests": {"cpu": 1}}},
            {"resources": {"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "1"}}},
        ),
        (
            {"volumeMounts": [None, {"name": "v", "readOnly": False, "mountPath": "/"}]},
            {"volumeMounts": [{"name": "", "mountPath": ""}, {"name": "v", "mountPath": "/"}]},
        ),
        (
            {"env": [{"name": "M", "valueFrom": {"resourceFieldRef": {"resource": "limits.memory"}}}]},
            {"env": [{"name": "M", "valueFrom": {"resourceFieldRef": {"resource": "limits.memory", "divisor": "0"}}}]},
        ),
        (
            {"livenessProbe": {"httpGet": {"port": "http"}, "timeoutSeconds": 0, "periodSeconds": 5}},
            {"livenessProbe": {"httpGet": {"port": "http"}, "periodSeconds": 5}},
        ),
        (
            {"lifecycle": {"preStop": {"sleep": {"seconds": 5}}}, "livenessProbe": None},
            {"lifecycle": {"preStop": {"sleep": {"seconds": 5}}}},
        ),
    ],
)
def test_reading_as_a_container(given: dict[str, Any], read: dict[str, Any]) -> None:
    assert as_container(given) == {"name": ""} | {key: value for key, value in read.items() if value is not None}


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"args": "run"}, "json: cannot unmarshal string into Go struct field Container.args of type slice"),
        ({"args": [1]}, "json: cannot unmarshal number into Go struct field Container.args of type string"),
        (
            {"securityContext": {"privileged": "false"}},
            "json: cannot unmarshal string into Go struct field Container.securityContext.privileged of type bool",
        ),
        ({"livenessProbe": {"periodSeconds": 2**31}}, "of type int32"),
        ({"livenessProbe": {"periodSeconds": 1.5}}, "cannot unmarshal number"),
        ({"livenessProbe": {"httpGet": {"port": True}}}, "cannot unmarshal bool"),
        ({"resources": {"limits": {"cpu": "lots"}}}, "quantities must match the regular expression"),
        ({"resources": {"limits": {"cpu": []}}}, "cannot unmarshal array"),
        ({"env": [[]]}, "cannot unmarshal array"),
        ([], "cannot unmarshal array"),
    ],
)
def test_a_value_of_the_wrong_type(given: object, complaint: str) -> None:
    with pytest.raises(KumaValueError) as caught:
        as_container(given)
    assert complaint in caught.value.message


SEGMENTS = st.sampled_from(["args", "env", "0", "-", "-1", "7", "name", "value", "securityContext", "a~1b", "", "new"])
VALUES = st.sampled_from(["null", "1", "true", '"x"', "[]", "{}", '[null, {"a": 1}]', "no JSON", None, 5])
PATHS = st.one_of(st.lists(SEGMENTS, max_size=4).map(lambda parts: "".join(f"/{part}" for part in parts)), st.just(5))
OPERATIONS = st.fixed_dictionaries(
    {"op": st.sampled_from(["add", "remove", "replace", "move", "copy"]), "path": PATHS, "from": PATHS, "value": VALUES}
)


@given(st.lists(OPERATIONS, max_size=5))
def test_any_patch_gives_a_container_or_kumas_complaint(operations: list[dict[str, Any]]) -> None:
    container = {"name": "c", "args": ["a"], "env": [{"name": "X"}], "securityContext": {"runAsUser": 0}}
    before = copy.deepcopy(container)
    try:
        patched = patch_container(container, "sidecarPatch", ["p"], {"p": {"sidecarPatch": operations}})
    except KumaValueError:
        patched = {"name": ""}
    assert isinstance(patched["name"], str)
    assert container == before
