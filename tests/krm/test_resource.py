"""krm_fn.krm.resource: views over data whose shape nobody has checked."""

from __future__ import annotations

from typing import Any

import pytest

from krm_fn.krm.resource import CLUSTER_SCOPED, Item, ResourceId, Workload

GARBAGE: list[Any] = [None, True, 0, 1.5, "text", [], ["x"], {}, {1: 2}, {"name": ["x"]}]


def item(**fields: Any) -> Item:
    return Item(fields, 0, (), "home")


def test_identity() -> None:
    found = item(apiVersion="apps/v1", kind="Deployment", metadata={"name": "web", "namespace": "shop"})
    assert found.id == ResourceId("apps/v1", "Deployment", "shop", "web")
    assert found.key == ("apps", "Deployment", "shop", "web")
    assert found.words == "Deployment shop/web"


@pytest.mark.parametrize(
    ("api_version", "group"), [("v1", ""), ("apps/v1", "apps"), ("", ""), ("kuma.io/v1alpha1", "kuma.io"), (None, "")]
)
def test_group(api_version: object, group: str) -> None:
    assert item(apiVersion=api_version, kind="X").group == group


def test_an_item_without_namespace_lands_in_the_default_one_and_says_so_nowhere() -> None:
    found = item(apiVersion="v1", kind="Service", metadata={"name": "web"})
    assert found.namespace == "home"
    assert found.id.namespace == ""
    assert found.words == "Service home/web"


@pytest.mark.parametrize("scope", sorted(CLUSTER_SCOPED))
def test_cluster_scoped_kinds_have_no_namespace_whatever_they_say(scope: tuple[str, str]) -> None:
    group, kind = scope
    found = item(apiVersion=f"{group}/v1" if group else "v1", kind=kind, metadata={"name": "x", "namespace": "shop"})
    assert found.namespace == ""
    assert found.words == f"{kind} x"


def test_words_for_a_generated_name_and_for_none() -> None:
    assert item(kind="Job", metadata={"generateName": "migrate-"}).words == "Job home/migrate-"
    assert item(kind="Job").words == "Job home/(no name)"


@pytest.mark.parametrize(
    ("notes", "file", "index"),
    [
        ({}, "", None),
        ({"internal.config.kubernetes.io/path": "a.yaml", "internal.config.kubernetes.io/index": "2"}, "a.yaml", 2),
        ({"config.kubernetes.io/path": "a.yaml", "config.kubernetes.io/index": "0"}, "a.yaml", 0),
        ({"internal.config.kubernetes.io/path": "new.yaml", "config.kubernetes.io/path": "old.yaml"}, "new.yaml", None),
        ({"config.kubernetes.io/index": "-1"}, "", None),
        ({"config.kubernetes.io/index": "x"}, "", None),
        ({"config.kubernetes.io/index": "\u0663"}, "", None),
        ({"config.kubernetes.io/index": "9" * 5000}, "", None),
        ({"config.kubernetes.io/index": 1, "config.kubernetes.io/path": ["a"]}, "", None),
    ],
)
def test_where_it_was_read_from(notes: dict[str, Any], file: str, index: int | None) -> None:
    found = item(kind="X", metadata={"annotations": notes})
    assert (found.file, found.file_index) == (file, index)


@pytest.mark.parametrize("junk", GARBAGE)
def test_no_shape_breaks_an_item(junk: Any) -> None:
    shapes = [
        {"apiVersion": junk, "kind": junk, "metadata": junk, "spec": junk},
        {"kind": "X", "metadata": {"name": junk, "namespace": junk, "labels": junk, "annotations": junk}},
        {"kind": "X", "metadata": {"annotations": {"config.kubernetes.io/path": junk, junk.__class__: junk}}},
    ]
    for shape in shapes:
        found = Item(shape, 0, (), "home")
        assert isinstance(found.words, str)
        assert isinstance(found.file, str)
        assert all(isinstance(value, str) for value in {**found.labels, **found.annotations}.values())
        assert hash(found.key)
        assert isinstance(found.spec, dict)


def test_only_strings_are_labels() -> None:
    found = item(kind="X", metadata={"labels": {"a": "b", "n": 1, 2: "x", "t": True, "z": None}})
    assert found.labels == {"a": "b"}


@pytest.mark.parametrize("junk", GARBAGE)
def test_no_shape_breaks_a_workload(junk: Any) -> None:
    for path in [("spec", "template"), ("spec", "jobTemplate", "spec", "template"), ()]:
        for shape in [{"spec": junk}, {"spec": {"template": junk}}, {"spec": {"template": {"metadata": junk}}}]:
            template = Workload(Item(shape, 0, (), ""), path).template
            assert isinstance(template.labels, dict)
            assert isinstance(template.spec, dict)


def test_a_pod_is_its_own_template() -> None:
    pod = item(apiVersion="v1", kind="Pod", metadata={"labels": {"a": "b"}}, spec={"containers": []})
    template = Workload(pod, ()).template
    assert (template.labels, template.spec) == ({"a": "b"}, {"containers": []})
