"""krm_fn.krm.generated: what becomes of the items that the function generates."""

from __future__ import annotations

from typing import Any

import pytest

from krm_fn.krm.generated import GENERATED_BY, NAME_TAKEN, NOT_KEPT, Settled, generated_by, settle
from krm_fn.krm.outcome import Emit
from krm_fn.krm.resource import PACKAGE_PATH, PATH, Item

OWNER = "mesh-setup"


def dataplane(
    name: str, annotations: dict[str, Any] | None = None, namespace: str = "shop", **fields: Any
) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": name}
    if namespace:
        metadata["namespace"] = namespace
    if annotations is not None:
        metadata["annotations"] = annotations
    return {"apiVersion": "kuma.io/v1alpha1", "kind": "Dataplane", "metadata": metadata, **fields}


def item(data: dict[str, Any], entry: int = 0) -> Item:
    return Item(data, entry, (), "home")


def earlier(name: str, entry: int = 0, more: dict[str, Any] | None = None, **fields: Any) -> Item:
    return item(dataplane(name, {GENERATED_BY: OWNER, **(more or {})}, **fields), entry)


def settled(*emits: dict[str, Any], there: tuple[Item, ...] = (), before: tuple[Item, ...] = ()) -> Settled:
    return settle(there, before, [Emit(data) for data in emits], OWNER, False, "home")


def names(found: Settled) -> list[str]:
    return [data["metadata"]["name"] for data in found.added]


def test_new_items_are_marked_and_come_in_order() -> None:
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a", "namespace": "a"}}
    found = settled(service, dataplane("b"), dataplane("a"), dataplane("z", namespace="kong"))
    assert names(found) == ["z", "a", "b", "a"]
    assert all(generated_by(item(data)) == OWNER for data in found.added)
    assert (found.changed, found.removed, found.conflicts) == ((), (), ())


def test_what_is_emitted_stays_as_it_is() -> None:
    data = dataplane("a", {"x": "y"})
    settled(data)
    assert data == dataplane("a", {"x": "y"})


def test_one_that_is_there_already_is_no_change() -> None:
    found = settled(dataplane("a"), before=(earlier("a"),))
    assert found == Settled((), (), (), ())


def test_one_that_changed_is_replaced_in_place_and_keeps_its_annotations() -> None:
    before = earlier("a", 3, {"reviewed-by": "jane", "config.k8s.io/id": "7", "odd": 1}, spec={"old": 1})
    found = settled(dataplane("a", {"x": "y"}, spec={"new": 1}), before=(before,))
    [(changed, data)] = found.changed
    assert changed is before
    notes = {GENERATED_BY: OWNER, "reviewed-by": "jane", "config.k8s.io/id": "7", "odd": 1, "x": "y"}
    assert data == dataplane("a", notes, spec={"new": 1})
    assert (found.added, found.removed) == ((), ())


@pytest.mark.parametrize("key", NOT_KEPT)
def test_whether_it_is_applied_is_decided_anew(key: str) -> None:
    [(_, data)] = settled(dataplane("a"), before=(earlier("a", 0, {key: "true"}),)).changed
    assert key not in data["metadata"]["annotations"]


def test_the_version_is_no_part_of_the_identity() -> None:
    before = earlier("a")
    [(changed, _)] = settled({**dataplane("a"), "apiVersion": "kuma.io/v2"}, before=(before,)).changed
    assert changed is before


def test_what_lands_in_the_default_namespace_is_found_again() -> None:
    before = earlier("a", namespace="")
    assert settled(dataplane("a", namespace=""), before=(before,)) == Settled((), (), (), ())
    assert settled(dataplane("a", namespace="home"), before=(before,)).changed[0][0] is before


def test_what_is_no_longer_wanted_goes() -> None:
    gone, kept = earlier("gone", 0), earlier("kept", 1)
    assert settled(dataplane("kept"), before=(gone, kept)).removed == (gone,)
    assert settled(before=(gone, kept)).removed == (gone, kept)


def test_of_two_generated_twins_the_first_stays() -> None:
    first, second = earlier("a", 0), earlier("a", 1)
    found = settled(dataplane("a"), before=(first, second))
    assert found == Settled((), (second,), (), ())


@pytest.mark.parametrize("notes", [None, {}, {GENERATED_BY: "team-b"}, {GENERATED_BY: 7}])
def test_the_name_of_another_is_a_conflict(notes: dict[str, Any] | None) -> None:
    foreign = item(dataplane("a", notes))
    found = settled(dataplane("a"), there=(foreign,))
    assert (found.added, found.changed) == ((), ())
    [conflict] = found.conflicts
    assert (conflict.code, conflict.severity, conflict.item) == (NAME_TAKEN, "error", foreign)
    assert "Dataplane shop/a" in conflict.message
    assert ("'team-b'" in conflict.message) is (notes == {GENERATED_BY: "team-b"})


def test_an_item_of_another_group_or_namespace_is_no_conflict() -> None:
    others = (
        item({**dataplane("a"), "apiVersion": "other.io/v1"}),
        item(dataplane("a", namespace="kong")),
        item({**dataplane("a"), "kind": "Zone"}),
    )
    assert names(settled(dataplane("a"), there=others)) == ["a"]


def test_what_is_emitted_twice_is_made_once() -> None:
    assert names(settled(dataplane("a"), dataplane("a"))) == ["a"]


def test_paths_only_where_items_have_them() -> None:
    [data] = settle((), (), [Emit(dataplane("a"))], OWNER, True).added
    assert data["metadata"]["annotations"] == {GENERATED_BY: OWNER, PATH: "krm-fn/dataplane_shop_a.yaml"}
    [data] = settle((), (), [Emit(dataplane("A", namespace=""))], OWNER, True).added
    assert data["metadata"]["annotations"][PATH] == "krm-fn/dataplane_a.yaml"
    [data] = settle((), (), [Emit(dataplane("a"))], OWNER, False).added
    assert data["metadata"]["annotations"] == {GENERATED_BY: OWNER}


@pytest.mark.parametrize(("package", "copied"), [("/tmp/pkg/sub", True), ("", False), (7, False), (None, False)])
def test_the_package_of_the_origin_is_copied(package: object, copied: bool) -> None:
    origin = item({"kind": "Deployment", "metadata": {"name": "web", "annotations": {PACKAGE_PATH: package}}})
    [data] = settle((), (), [Emit(dataplane("a"), origin)], OWNER, True).added
    assert data["metadata"]["annotations"].get(PACKAGE_PATH) == (package if copied else None)


@pytest.mark.parametrize("notes", [None, "text", [], {}, {GENERATED_BY: None}, {GENERATED_BY: ["x"]}])
def test_no_shape_of_annotations_means_generated(notes: object) -> None:
    assert generated_by(item({"kind": "X", "metadata": {"annotations": notes}})) == ""
