"""krm_fn.krm.resources: all items of a package, and what edits make of them."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from krm_fn.krm.outcome import REMOVED, Edit
from krm_fn.krm.resource import Namespace
from krm_fn.krm.resources import LIST_DEPTH, Resources, is_list, with_value


def resource(kind: str, name: str, namespace: str = "shop", api_version: str = "v1", **fields: Any) -> dict[str, Any]:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name, "namespace": namespace}, **fields}


def a_list(*members: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "List", "items": list(members)}


def read(*entries: object) -> Resources:
    return Resources.read(entries, "home")


def test_entries_that_are_no_mappings_hold_no_item() -> None:
    found = read(None, "text", 1, ["x"], resource("Service", "web"), {})
    assert [(item.entry, item.kind) for item in found.items] == [(4, "Service"), (5, "")]


def test_members_of_a_list_follow_it() -> None:
    inner = a_list(resource("Service", "deep"))
    found = read(a_list(resource("Service", "a"), None, "junk", {"no": "kind"}, inner), resource("Service", "b"))
    assert [(item.name, item.place) for item in found.services] == [
        ("a", (0, ("items", 0))),
        ("deep", (0, ("items", 4, "items", 0))),
        ("b", (1, ())),
    ]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (a_list(), True),
        ({"kind": "DeploymentList", "items": []}, True),
        ({"kind": "List"}, False),
        ({"kind": "List", "items": None}, False),
        ({"kind": "List", "items": {"a": 1}}, False),
        ({"kind": "IPAllowList", "spec": {}}, False),
        ({"kind": "Deployment", "items": []}, False),
    ],
)
def test_what_a_list_is(data: dict[str, Any], expected: bool) -> None:
    assert is_list(read(data).items[0]) is expected


def test_lists_in_lists_are_followed_so_far_and_no_further() -> None:
    data = resource("Service", "deep")
    for _ in range(LIST_DEPTH + 1):
        data = a_list(data)
    assert read(data).services == ()
    assert len(read(data["items"][0]).services) == 1


def test_of_two_items_with_one_identity_the_first_counts() -> None:
    found = read(resource("Service", "web", spec={"a": 1}), resource("Service", "web", spec={"a": 2}))
    service = found.service("shop", "web")
    assert service is not None
    assert service.entry == 0
    assert len(found.services) == 2


def test_kinds_of_other_groups_are_others() -> None:
    found = read(
        resource("Service", "web", api_version="serving.knative.dev/v1"), resource("Mesh", "m", api_version="x/v1")
    )
    assert found.services == ()
    assert found.meshes == {}
    assert len(found.of_kind("Service")) == 1


def test_namespaces_of_the_package_win_over_those_that_are_declared() -> None:
    known = (Namespace("shop", {"from": "config"}, {}), Namespace("kong", {"from": "config"}, {}))
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": {"from": "package"}}}
    twin = {**namespace, "metadata": {"name": "shop", "labels": {"from": "twin"}}}
    found = Resources.read([namespace, twin], "home", known).namespaces
    assert {name: space.labels["from"] for name, space in found.items()} == {"shop": "package", "kong": "config"}
    assert found["kong"].item is None


def test_workloads_are_indexed_by_where_they_land() -> None:
    deployment = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": {}}
    found = read(deployment, resource("Pod", "p"), resource("Pod", "other", api_version="x/v1"))
    assert {space: len(there) for space, there in found.workloads_by_namespace.items()} == {"home": 1, "shop": 1}
    assert {space: len(there) for space, there in read(resource("Service", "a")).services_by_namespace.items()} == {
        "shop": 1
    }


def test_further_workload_kinds() -> None:
    found = Resources.read(
        [resource("Job", "j", api_version="my.io/v1")], "home", (), {("my.io", "Job"): ("spec", "pod")}
    )
    assert len(found.workloads) == 1


# --- edits ------------------------------------------------------------------------------------------------------------


def test_edits_give_the_next_resources_and_leave_these() -> None:
    entries = [resource("Namespace", "shop", ""), a_list(resource("Service", "web")), resource("Service", "b")]
    before = copy.deepcopy(entries)
    found = read(*entries)
    assert found.namespaces["shop"].labels == {}
    assert len(found.services) == 2
    edits = [
        Edit(found.items[0], ("metadata", "labels", "a"), "1"),
        Edit(found.items[0], ("metadata", "labels", "b"), "2"),
        Edit(
            found.services[0],
            (
                "spec",
                "ports",
            ),
            [1],
        ),
    ]
    edited = found.apply(edits)
    assert entries == before
    assert found.namespaces["shop"].labels == {}
    assert edited.namespaces["shop"].labels == {"a": "1", "b": "2"}
    assert edited.services[0].spec == {"ports": [1]}
    assert edited.services[1] is found.services[1]
    assert found.apply([]) is found


@pytest.mark.parametrize(
    ("entry", "path"),
    [
        (resource("Namespace", "shop", ""), ("metadata", "labels", "a")),
        (resource("Pod", "p"), ("metadata", "labels", "a")),
        (resource("Deployment", "p", api_version="apps/v1"), ("spec", "template", "metadata", "labels", "a")),
        (a_list(resource("Pod", "p")), ("metadata", "labels", "a")),
    ],
)
def test_no_view_outlives_an_edit_of_what_it_shows(entry: dict[str, Any], path: tuple[str, ...]) -> None:
    found = read(entry)
    item = found.items[-1]
    for view in (found.namespaces, found.workloads, found.workloads_by_namespace):
        assert view is not None
    edited = found.apply([Edit(item, path, "1")])
    labels = [dict(space.labels) for space in edited.namespaces.values()]
    labels += [workload.template.labels for workload in edited.workloads]
    labels += [workload.template.labels for there in edited.workloads_by_namespace.values() for workload in there]
    assert labels
    assert all(found == {"a": "1"} for found in labels)


def test_a_memo_lasts_as_long_as_the_data() -> None:
    found = read(resource("Service", "web"))
    assert found.memo("x", list) is found.memo("x", list)
    edited = found.apply([Edit(found.items[0], ("spec",), {})])
    assert edited.memo("x", list) is not found.memo("x", list)


def test_without() -> None:
    found = read(resource("Service", "a"), a_list(resource("Service", "b")))
    assert [item.name for item in found.without({(1, ("items", 0))}).services] == ["a"]


@pytest.mark.parametrize(
    ("data", "path", "value", "expected"),
    [
        ({}, ("a", "b"), 1, {"a": {"b": 1}}),
        ({"a": {"x": 0}}, ("a", "b"), 1, {"a": {"x": 0, "b": 1}}),
        ({"a": None}, ("a", "b"), 1, {"a": {"b": 1}}),
        ({"a": [{"x": 0}]}, ("a", 0, "x"), 1, {"a": [{"x": 1}]}),
        ({"a": [1, 2, 3]}, ("a", 1), REMOVED, {"a": [1, 3]}),
        ({"a": {"x": 0, "y": 1}}, ("a", "x"), REMOVED, {"a": {"y": 1}}),
        ({"a": {"y": 1}}, ("a", "x"), REMOVED, {"a": {"y": 1}}),
        ({"y": 1}, ("a", "x"), REMOVED, {"y": 1}),
        ({"a": "text"}, ("a", "x"), REMOVED, {"a": "text"}),
        ({"a": None}, ("a", "x"), REMOVED, {"a": None}),
        ({"a": 1}, (), {"b": 2}, {"b": 2}),
    ],
)
def test_with_value(data: Any, path: tuple[str | int, ...], value: Any, expected: Any) -> None:
    before = copy.deepcopy(data)
    assert with_value(data, path, value) == expected
    assert data == before
