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

DOCUMENT: dict[str, Any] = {
    "name": "c",
    "args": ["a", "b", "c"],
    "env": [{"name": "X"}],
    "a/b": 1,
    "m~n": 2,
    "deep": {"er": {"k": 1}},
}
DOCUMENT |= {"rows": [{"cells": [1, 2, 3]}]}


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
        (add("/list/-1", "1"), {"list": [1]}),
        (add("/list/2", "1"), {"list": [None, None, 1]}),
        (add("/list/0/name", '"n"'), {"list": [{"name": "n"}]}),
        (add("/env/2/name", '"Z"'), {"env": [{"name": "X"}, None, {"name": "Z"}]}),
        (replace("/args/1", '"x"'), {"args": ["a", "x", "c"]}),
        (replace("/args/-1", '"x"'), {"args": ["a", "b", "x"]}),
        (replace("/args/-3", '"x"'), {"args": ["x", "b", "c"]}),
        (replace("/rows/0/cells/1", '"x"'), {"rows": [{"cells": [1, "x", 3]}]}),
        (replace("/a~1b", "5"), {"a/b": 5}),
        (replace("/m~0n", "5"), {"m~n": 5}),
        (replace("/name", "null"), {"name": None}),
        (remove("/args/0"), {"args": ["b", "c"]}),
        (remove("/args/-1"), {"args": ["a", "b"]}),
        (remove("/deep/er/k"), {"deep": {"er": {}}}),
        (remove("/rows/0/cells/2"), {"rows": [{"cells": [1, 2]}]}),
        (add("/rows/-1/cells/3", "4"), {"rows": [{"cells": [1, 2, 3, 4]}]}),
        (add("/rows/0/+1", "4"), {"rows": [{"cells": [1, 2, 3], "+1": 4}]}),
        (add("/args/+1", '"x"'), {"args": ["a", "x", "b", "c"]}),
        (shift("move", "/args/0", "/rows/0/cells/1"), {"args": ["b", "c"], "rows": [{"cells": [1, "a", 2, 3]}]}),
        (shift("copy", "/name", "/rows/0/cells/2"), {"rows": [{"cells": [1, 2, "c", 3]}]}),
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
    ("operation", "complaint"),
    [
        (add("/new", "text without quotes"), 'add "/new": its value is not JSON: text without quotes'),
        (add("/new", ""), 'add "/new": its value is not JSON: '),
        (add("/new", "NaN"), 'add "/new": its value is not JSON: NaN'),
        ({"op": "add", "path": "/new"}, 'add "/new": it has no value'),
        ({"op": "add", "path": "/new", "value": 5}, 'add "/new": it has no value'),
        (add("/args/4", '"x"'), 'add "/args/4": there is no element 4'),
        (add("/args/-5", '"x"'), 'add "/args/-5": there is no element -5'),
        (add("/args/one", '"x"'), 'add "/args/one": "one" is no index of a list'),
        (add("/name/x", '"x"'), 'add "/name/x": the path leads through a value that is neither object nor list'),
        (add("/list/-2", "1"), 'add "/list/-2": -2 is no index in a new list'),
        (add("/list/100000000", "1"), 'add "/list/100000000": the index 100000000 is too large'),
        (add("/env/99999999/name", "1"), 'add "/env/99999999/name": the index 99999999 is too large'),
        (replace("/missing", "1"), 'replace "/missing": there is no "missing"'),
        (replace("/args/3", '"x"'), 'replace "/args/3": there is no element 3'),
        (replace("/args/-", '"x"'), 'replace "/args/-": "-" is no index of a list'),
        (replace("/p/q", "1"), 'replace "/p/q": there is no "p"'),
        (remove("/missing"), 'remove "/missing": there is no "missing"'),
        (remove("/args/3"), 'remove "/args/3": there is no element 3'),
        (remove("/args/-4"), 'remove "/args/-4": there is no element -4'),
        (remove("/args/-"), 'remove "/args/-": "-" is no index of a list'),
        (remove(""), 'remove "": the path is empty'),
        (remove("/"), 'remove "/": there is no ""'),
        (shift("move", "/missing", "/name"), 'move "/name" from \'/missing\': there is no "missing"'),
        (shift("copy", "/args/9", "/name"), "copy \"/name\" from '/args/9': there is no element 9"),
        (shift("copy", "/nothing", "/name"), 'copy "/name" from \'/nothing\': there is no "nothing"'),
        (shift("copy", "/args/0", "/p/q"), 'copy "/p/q" from \'/args/0\': there is no "p"'),
        (shift("copy", "", "/p"), 'copy "/p": the path is empty'),
        ({"op": "test", "path": "/name", "value": '"c"'}, 'unknown operation "test"'),
        ({"op": "Add", "path": "/name", "value": '"c"'}, 'unknown operation "Add"'),
        ({}, 'unknown operation ""'),
        ("remove", 'unknown operation ""'),
        (None, 'unknown operation ""'),
        (add("/args/9999999999", "1"), 'add "/args/9999999999": "9999999999" is no index of a list'),
        (add("/args/1000000000", "1"), 'add "/args/1000000000": "1000000000" is no index of a list'),
        (
            shift("move", "/args/0", "/name/x"),
            "move \"/name/x\" from '/args/0': the path leads through a value that is neither object nor list",
        ),
        (shift("copy", "/args/0", ""), "copy \"\" from '/args/0': the path is empty"),
        (shift("copy", "/args/0", "/args/one"), 'copy "/args/one" from \'/args/0\': "one" is no index of a list'),
        (shift("move", "/args/0", "/args/9"), "move \"/args/9\" from '/args/0': there is no element 9"),
        (replace("/args/x", "1"), 'replace "/args/x": "x" is no index of a list'),
        (add("/list/10001", "1"), 'add "/list/10001": the index 10001 is too large'),
        (remove("/args/one"), 'remove "/args/one": "one" is no index of a list'),
        (add("/args/one/x", "1"), 'add "/args/one/x": "one" is no index of a list'),
        (add("/name/x/y", "1"), 'add "/name/x/y": the path leads through a value that is neither object nor list'),
        (replace("/name/x", "1"), 'replace "/name/x": the path leads through a value that is neither object nor list'),
    ],
)
def test_operations_that_fail(operation: object, complaint: str) -> None:
    with pytest.raises(PatchFailed) as caught:
        apply_operations(DOCUMENT, [operation])
    assert str(caught.value) == complaint


def test_lists_are_padded_up_to_a_limit() -> None:
    patched = apply_operations({}, [add("/list/10000", "1")])
    assert len(patched["list"]) == 10_001


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
        (
            {"livenessProbe": {"periodSeconds": 2**31}},
            "json: cannot unmarshal number into Go struct field Container.livenessProbe.periodSeconds of type int32",
        ),
        (
            {"livenessProbe": {"periodSeconds": -(2**31) - 1}},
            "json: cannot unmarshal number into Go struct field Container.livenessProbe.periodSeconds of type int32",
        ),
        (
            {"livenessProbe": {"periodSeconds": 1.5}},
            "json: cannot unmarshal number into Go struct field Container.livenessProbe.periodSeconds of type int32",
        ),
        (
            {"livenessProbe": {"httpGet": {"port": True}}},
            "json: cannot unmarshal bool into Go struct field Container.livenessProbe.httpGet.port of type intOrString",
        ),
        (
            {"securityContext": []},
            "json: cannot unmarshal array into Go struct field Container.securityContext of type struct",
        ),
        (
            {"securityContext": "x"},
            "json: cannot unmarshal string into Go struct field Container.securityContext of type struct",
        ),
        (
            {"resources": {"limits": {"cpu": []}}},
            "json: cannot unmarshal array into Go struct field Container.resources.limits of type quantity",
        ),
        (
            {"resources": {"limits": {"cpu": {}}}},
            "json: cannot unmarshal object into Go struct field Container.resources.limits of type quantity",
        ),
        (
            {"resources": {"limits": []}},
            "json: cannot unmarshal array into Go struct field Container.resources.limits of type map",
        ),
        ({"env": [[]]}, "json: cannot unmarshal array into Go struct field Container.env of type struct"),
        ({"name": {}}, "json: cannot unmarshal object into Go struct field Container.name of type string"),
        ([], "json: cannot unmarshal array into Go struct field Container of type struct"),
    ],
)
def test_a_value_of_the_wrong_type(given: object, complaint: str) -> None:
    with pytest.raises(KumaValueError) as caught:
        as_container(given)
    assert caught.value.message == complaint


def test_a_quantity_that_cannot_be_read() -> None:
    with pytest.raises(KumaValueError, match="quantities must match the regular expression"):
        as_container({"resources": {"limits": {"cpu": "lots"}}})


@pytest.mark.parametrize("number", [-(2**31), 2**31 - 1])
def test_numbers_at_their_limits(number: int) -> None:
    assert as_container({"livenessProbe": {"periodSeconds": number}})["livenessProbe"]["periodSeconds"] == number


def test_elements_that_are_null_have_the_value_zero() -> None:
    assert as_container({"args": ["a", None]}) == {"name": "", "args": ["a", ""]}


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
