from __future__ import annotations

import pytest

from krm_fn.krm.outcome import Result, warning
from krm_fn.krm.resource import Item
from krm_fn.krm.resources import Resources
from krm_fn.suppressions import IGNORE, Suppression, Suppressions, parsed, written_in
from krm_fn.yamltext.read import read_documents
from krm_fn.yamltext.scalars import APPLY

KNOWN = frozenset({"host-network", "deprecated-annotation", "headless-backend", "unused-suppression"})
WEB = Item({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "shop"}}, 0, (), "default")


def pairs(text: str) -> list[tuple[tuple[str, ...], str]]:
    return [(each.codes, each.reason) for each in parsed(text, KNOWN, WEB, ("metadata", "annotations", IGNORE))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("host-network: why", [(("host-network",), "why")]),
        ("host-network : why: because", [(("host-network",), "why: because")]),
        ("host-network,headless-backend: why", [(("host-network", "headless-backend"), "why")]),
        (" host-network , headless-backend : why ", [(("host-network", "headless-backend"), "why")]),
        ("host-network: a; headless-backend: b", [(("host-network",), "a"), (("headless-backend",), "b")]),
        ("host-network: a\nheadless-backend: b\n", [(("host-network",), "a"), (("headless-backend",), "b")]),
        ("host-network: needed; see the ticket", [(("host-network",), "needed; see the ticket")]),
        ("host-network: needed,\n  by the agent", [(("host-network",), "needed, by the agent")]),
        ("host-network: needed\nhttps://example.com/1", [(("host-network",), "needed https://example.com/1")]),
        ("host-network", [(("host-network",), "")]),
        ("host-network:", [(("host-network",), "")]),
        ("host-network; headless-backend", [(("host-network",), ""), (("headless-backend",), "")]),
        ("host-network:\n  on the next line", [(("host-network",), "on the next line")]),
        ("no-such-code: why", [(("no-such-code",), "why")]),
        ("host-network: a\nno-such-code: why", [(("host-network",), "a"), (("no-such-code",), "why")]),
        ("It is needed", [(("It is needed",), "")]),
        (": why", [((": why",), "")]),
        ("*", [(("*",), "")]),
        ("", []),
        (" ;\n; ", []),
    ],
)
def test_the_annotation(text: str, expected: list[tuple[tuple[str, ...], str]]) -> None:
    assert pairs(text) == expected


def resources(text: str) -> Resources:
    return Resources.read([document.data for document in read_documents(text, APPLY)], "default")


def written(text: str) -> list[tuple[str, str]]:
    return [(each.item.words, each.field) for each in written_in(resources(text), KNOWN) if each.item is not None]


OBJECT = "apiVersion: v1\nkind: {kind}\nmetadata: {{name: web, annotations: {{fn.kuma.io/ignore: {value}}}}}\n"
CRON_JOB = """\
apiVersion: batch/v1
kind: CronJob
metadata: {name: tidy, annotations: {fn.kuma.io/ignore: "host-network: why"}}
spec: {jobTemplate: {spec: {template: {metadata: {annotations: {fn.kuma.io/ignore: "headless-backend: why"}}}}}}
"""
LIST = """\
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Service, metadata: {name: a, annotations: {fn.kuma.io/ignore: "host-network: why"}}}
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            OBJECT.format(kind="Service", value="'host-network: a'"),
            [("Service default/web", f"metadata.annotations[{IGNORE}]")],
        ),
        (
            OBJECT.format(kind="Pod", value="'host-network: a'"),
            [("Pod default/web", f"metadata.annotations[{IGNORE}]")],
        ),
        (
            CRON_JOB,
            [
                ("CronJob default/tidy", f"metadata.annotations[{IGNORE}]"),
                ("CronJob default/tidy", f"spec.jobTemplate.spec.template.metadata.annotations[{IGNORE}]"),
            ],
        ),
        (LIST, [("Service default/a", f"metadata.annotations[{IGNORE}]")]),
        (OBJECT.format(kind="Service", value="[a]"), []),
        (OBJECT.format(kind="Service", value="1"), []),
        ("apiVersion: v1\nkind: Service\nmetadata: {name: web, labels: {fn.kuma.io/ignore: host-network}}\n", []),
        ("a: b", []),
    ],
)
def test_where_it_is_read(text: str, expected: list[tuple[str, str]]) -> None:
    assert written(text) == expected


def about(item: Item | None, code: str = "host-network") -> Result:
    return warning(code, "message", item)


IN_SOURCE = Suppression(("host-network",), "why", WEB, "metadata.annotations")
OTHER = Item(WEB.data, 1, (), "default")
MEMBER = Item(WEB.data, 0, ("items", 0), "default")
GENERATED = Item(WEB.data, -1, (), "default")
CLUSTER_SCOPED = Item({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}, 2, (), "default")


@pytest.mark.parametrize("result", [about(WEB), about(Item({**WEB.data, "edited": True}, 0, (), "default"))])
def test_an_annotation_covers_its_own_item(result: Result) -> None:
    assert IN_SOURCE.covers(result)


@pytest.mark.parametrize(
    "result", [about(OTHER), about(MEMBER), about(GENERATED), about(None), about(WEB, "headless-backend")]
)
def test_an_annotation_covers_nothing_else(result: Result) -> None:
    assert not IN_SOURCE.covers(result)


@pytest.mark.parametrize(
    ("pattern", "item", "expected"),
    [
        ("", WEB, True),
        ("", None, True),
        ("Service/web", WEB, True),
        ("Service/web.shop", WEB, True),
        ("Service/*.shop", WEB, True),
        ("*/web", WEB, True),
        ("Service/web.default", WEB, False),
        ("service/web", WEB, False),
        ("Service/we", WEB, False),
        ("*", None, False),
        ("Service/web", GENERATED, True),
        ("Namespace/shop", CLUSTER_SCOPED, True),
        ("Namespace/shop.shop", CLUSTER_SCOPED, False),
    ],
)
def test_patterns_of_the_command_line(pattern: str, item: Item | None, expected: bool) -> None:
    option = Suppression(("host-network",), "--ignore", pattern=pattern, words="--ignore")
    assert option.covers(about(item)) is expected
    assert not option.covers(about(item, "headless-backend"))


def said(*suppressions: Suppression, results: tuple[Result, ...] = ()) -> list[tuple[str, str]]:
    asked = Suppressions(suppressions)
    for result in results:
        asked.of(result)
    problems = list(asked.problems(KNOWN))
    assert all(problem.severity == "warning" for problem in problems)
    assert asked.are_all_used is not any(problem.code == "unused-suppression" for problem in problems)
    return [(problem.code, problem.message.partition(":")[0]) for problem in problems]


OPTION = Suppression(("host-network",), "--ignore host-network", words="--ignore host-network")


def test_what_is_used_has_no_problem() -> None:
    assert said() == []
    assert said(IN_SOURCE, OPTION, results=(about(WEB),)) == [], "both accept it, so neither is idle"


def test_what_matches_nothing_is_reported() -> None:
    assert said(IN_SOURCE, OPTION) == [
        ("unused-suppression", "the suppression of 'host-network' matches no finding"),
        ("unused-suppression", "--ignore host-network matches no finding"),
    ]
    two = IN_SOURCE.replace(codes=("host-network", "headless-backend"))
    assert said(two, results=(about(WEB),)) == [
        ("unused-suppression", "the suppression of 'headless-backend' matches no finding")
    ]


def test_a_code_that_does_not_exist_is_reported() -> None:
    typo = IN_SOURCE.replace(codes=("host-netwrk",))
    assert said(typo) == [
        (
            "unused-suppression",
            "the suppression of 'host-netwrk' matches no finding, as there is no such code; did you mean host-network?",
        )
    ]


@pytest.mark.parametrize(
    "text", ["x" * 1_000_000, ";x" * 100_000, "x,y,z;" * 50_000, "host-network: a" + ";b c" * 200_000]
)
def test_a_large_annotation_takes_no_time_to_speak_of(text: str) -> None:
    problems = list(Suppressions(parsed(text, KNOWN, WEB, ("metadata",))).problems(KNOWN))
    assert problems
    assert max(len(problem.message) for problem in problems) < 300


def test_a_missing_reason_is_reported() -> None:
    assert [code for code, _ in said(IN_SOURCE.replace(reason=""), results=(about(WEB),))] == [
        "suppression-without-reason"
    ]


def test_the_annotation_that_accepts_comes_before_the_option() -> None:
    assert Suppressions([OPTION, IN_SOURCE]).of(about(WEB)) is IN_SOURCE
    assert Suppressions([OPTION, IN_SOURCE]).of(about(OTHER)) is OPTION
    assert Suppressions([IN_SOURCE]).of(about(OTHER)) is None
