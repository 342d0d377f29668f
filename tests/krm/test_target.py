"""Targets (kustomize's patch target) and Kubernetes selectors."""

from __future__ import annotations

import re
from typing import Any

import pytest

from krm_fn.krm.patterns import PatternError
from krm_fn.krm.target import EVERYTHING, NOTHING, SelectorError, Target, parse_selector, selector_from_object

SELECTED = [
    ("", {}),
    ("  ", {"a": "1"}),
    ("app=web", {"app": "web"}),
    ("app==web", {"app": "web", "x": "y"}),
    ("app = web", {"app": "web"}),
    ("app!=web", {"app": "db"}),
    ("app!=web", {}),
    ("app", {"app": ""}),
    ("!app", {}),
    ("! app", {"x": "y"}),
    ("app=", {"app": ""}),
    ("app=,x", {"app": "", "x": ""}),
    ("app in (web,db)", {"app": "db"}),
    ("app in ( web , db )", {"app": "web"}),
    ("app in (web,)", {"app": ""}),
    ("app notin (web, db)", {"app": "x"}),
    ("app notin (web)", {}),
    ("app in (in, notin)", {"app": "in"}),
    ("app=in", {"app": "in"}),
    ("app in ()", {"app": ""}),
    ("app notin ()", {"app": "web"}),
    ("in, notin!=x", {"in": "a"}),
    ("app=web,tier!=db , !canary, example.com/x in (1)", {"app": "web", "example.com/x": "1"}),
    ("size>3", {"size": "10"}),
    ("size < 3", {"size": "2"}),
]

NOT_SELECTED = [
    ("app=web", {}),
    ("app=web", {"app": "Web"}),
    ("app=web", {"app": None}),
    ("app=web", {"app": ["web"]}),
    ("app!=web", {"app": "web"}),
    ("app", {"App": "web"}),
    ("!app", {"app": ""}),
    ("app=", {}),
    ("app in (web,db)", {}),
    ("app in (web,db)", {"app": "we"}),
    ("app notin (web,db)", {"app": "db"}),
    ("app=web,tier=db", {"app": "web"}),
    ("size>3", {"size": "3"}),
    ("size>3", {"size": "many"}),
    ("size>3", {"size": 10}),
    ("size>3", {}),
    ("size>3", {"size": "9223372036854775808"}),
    ("app notin ()", {"app": ""}),
]


@pytest.mark.parametrize(("text", "labels"), SELECTED)
def test_selector_selects(text: str, labels: dict[str, Any]) -> None:
    assert parse_selector(text).matches(labels)


@pytest.mark.parametrize(("text", "labels"), NOT_SELECTED)
def test_selector_leaves_alone(text: str, labels: dict[str, Any]) -> None:
    assert not parse_selector(text).matches(labels)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("app=web,", "the end stands where a key"),
        (",app", "',' stands where a key"),
        ("app=web tier=db", "'tier' stands where ','"),
        ("app web", "'web' stands where one of"),
        ("=web", "'=' stands where a key"),
        ("!", "the end stands where a key"),
        ("!app=web", "'=' stands where ','"),
        ("in (a)", "'(' stands where one of"),
        ("app in web", "need a list in parentheses"),
        ("app in (a", "the end stands where ',' or ')'"),
        ("app in (a b)", "'b' stands where ',' or ')'"),
        ("app=(a)", "'(' stands where a value"),
        ("app=web)", "')' stands where ','"),
        ("size>big", "needs a whole number"),
        ("size>9223372036854775808", "needs a whole number"),
        ("app=a/b", "'a/b' is not a label value"),
        ("-app=web", "'-app' is not a label key"),
        ("a/b/c", "'a/b/c' is not a label key"),
        ("Example.com/x", "is not a label key"),
        ("/x", "is not a label key"),
        ("app=" + "x" * 64, "is not a label value"),
    ],
)
def test_selector_refuses(text: str, reason: str) -> None:
    with pytest.raises(SelectorError, match=re.escape(reason)):
        parse_selector(text)


@pytest.mark.parametrize(
    ("value", "labels", "expected"),
    [
        ({}, {}, True),
        ({}, {"a": "b"}, True),
        ({"matchLabels": {"a": "b"}}, {"a": "b", "c": "d"}, True),
        ({"matchLabels": {"a": "b"}}, {"a": "c"}, False),
        ({"matchLabels": None, "matchExpressions": None}, {}, True),
        ({"matchExpressions": [{"key": "a", "operator": "In", "values": ["b", "c"]}]}, {"a": "c"}, True),
        ({"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["b"]}]}, {}, True),
        ({"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["b"]}]}, {"a": "b"}, False),
        ({"matchExpressions": [{"key": "a", "operator": "Exists"}]}, {"a": ""}, True),
        ({"matchExpressions": [{"key": "a", "operator": "Exists", "values": []}]}, {}, False),
        ({"matchExpressions": [{"key": "a", "operator": "DoesNotExist"}]}, {}, True),
        ({"matchLabels": {"a": "b"}, "matchExpressions": [{"key": "c", "operator": "Exists"}]}, {"a": "b"}, False),
        (None, {}, False),
        ("a=b", {"a": "b"}, False),
        ([], {}, False),
        ({"matchLabels": "a"}, {}, False),
        ({"matchLabels": {"a": 1}}, {"a": 1}, False),
        ({"matchLabels": {1: "a"}}, {}, False),
        ({"matchExpressions": {}}, {}, False),
        ({"matchExpressions": [None]}, {}, False),
        ({"matchExpressions": [{"key": "a", "operator": "Like", "values": ["b"]}]}, {"a": "b"}, False),
        ({"matchExpressions": [{"key": "a", "operator": "In"}]}, {"a": "b"}, False),
        ({"matchExpressions": [{"key": "a", "operator": "In", "values": [1]}]}, {"a": 1}, False),
        ({"matchExpressions": [{"key": "a", "operator": "Exists", "values": ["b"]}]}, {"a": "b"}, False),
        ({"matchExpressions": [{"operator": "Exists"}]}, {"a": "b"}, False),
        ({"matchExpressions": [{"key": ["a"], "operator": {}}]}, {"a": "b"}, False),
    ],
)
def test_selector_objects(value: object, labels: dict[str, Any], expected: bool) -> None:
    assert selector_from_object(value).matches(labels) is expected


def test_everything_and_nothing() -> None:
    assert parse_selector("") == selector_from_object({}) == EVERYTHING
    assert selector_from_object(None) == NOTHING
    assert NOTHING != EVERYTHING


LABELS = {"app": "proxy", "tier": "edge"}
ANNOTATIONS = {"team": "net"}


def _matches(target: Target) -> bool:
    return target.matches("apps/v1", "Deployment", "proxy-kong", "kong", LABELS, ANNOTATIONS)


@pytest.mark.parametrize(
    "target",
    [
        Target(),
        Target(kind="Deployment"),
        Target(kind="Deployment|DaemonSet"),
        Target(group="apps", version="v1", kind="Deployment", name="proxy-kong", namespace="kong"),
        Target(group="app.*", version="v[0-9]+"),
        Target(name="proxy-.*"),
        Target(name="^proxy-.*$"),
        Target(namespace="ko.g"),
        Target(label_selector="app=proxy,tier in (edge)"),
        Target(annotation_selector="team"),
        Target(kind="Deployment", label_selector="app", annotation_selector="!owner"),
    ],
)
def test_target_matches(target: Target) -> None:
    assert _matches(target)
    assert _matches(target), "the second question is answered from what the first one kept"


@pytest.mark.parametrize(
    "target",
    [
        Target(kind="deployment"),
        Target(kind="Deploy"),
        Target(group="app"),
        Target(group="extensions"),
        Target(version="v1beta1"),
        Target(name="proxy"),
        Target(name="kong"),
        Target(namespace="kon"),
        Target(namespace="kong2"),
        Target(kind="Deployment", namespace="shop"),
        Target(label_selector="app=db"),
        Target(annotation_selector="app=proxy"),
        Target(name="proxy-.*", label_selector="app!=proxy"),
    ],
)
def test_target_leaves_alone(target: Target) -> None:
    assert not _matches(target)


def test_core_group_is_empty() -> None:
    def matches_pod(target: Target) -> bool:
        return target.matches("v1", "Pod", "p", "", {}, {})

    assert matches_pod(Target(version="v1", kind="Pod"))
    assert matches_pod(Target(group=".*"))
    assert matches_pod(Target(group="()"))
    assert not matches_pod(Target(group="v1"))
    assert not matches_pod(Target(namespace="default"))


def test_asking_does_not_change_the_value() -> None:
    target = Target(name="a.*")
    _matches(target)
    assert target == Target(name="a.*")
    assert hash(target) == hash(Target(name="a.*"))
    assert target.replace(name="b").name == "b"
    assert not target.replace(name="b").matches("v1", "Pod", "abc", "", {}, {})


def test_faults_are_all_named() -> None:
    target = Target(kind="Pod", name="(", namespace="a.*", label_selector="a=b=c", annotation_selector="x")
    assert [field for field, _ in target.faults()] == ["name", "label_selector"]
    assert list(Target(name="a.*", label_selector="a in (b)").faults()) == []
    with pytest.raises(PatternError):
        _matches(target)
