"""krm_fn.report: results for machines and for people."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from krm_fn import report
from krm_fn.krm.outcome import Result, error, info, warning
from krm_fn.krm.resource import Item

V1, V1BETA1, V1ALPHA1 = (f"config.kubernetes.io/{version}" for version in ("v1", "v1beta1", "v1alpha1"))
OTHER = {"message": "of another", "severity": "warning", "tags": {"function": "other"}}
OURS = {"message": "old", "tags": {"code": "x", "function": "krm-fn"}}


def item(entry: int = 0, file: str = "", index: str = "", name: str = "web", namespace: str = "shop") -> Item:
    notes = {"config.kubernetes.io/path": file, "config.kubernetes.io/index": index}
    metadata: dict[str, Any] = {"name": name, "annotations": {key: value for key, value in notes.items() if value}}
    if namespace:
        metadata["namespace"] = namespace
    return Item({"apiVersion": "v1", "kind": "Service", "metadata": metadata}, entry, (), "home")


# --- order ------------------------------------------------------------------------------------------------------------


def test_order_is_that_of_the_specification() -> None:
    wanted = [
        error("a", "no item"),
        error("a", "no file", item(5)),
        warning("a", "no item"),
        warning("a", "no file, item 1", item(1)),
        warning("a", "no file, item 2", item(2)),
        info("a", "no file", item(0)),
        error("a", "index 0", item(9, "a.yaml", "0")),
        info("a", "index 0", item(9, "a.yaml", "0")),
        error("a", "index 2", item(8, "a.yaml", "2")),
        error("a", "index 10", item(7, "a.yaml", "10")),
        error("a", "field 1", item(0, "b.yaml"), "a"),
        error("a", "field 2", item(0, "b.yaml"), "b"),
        error("b", "code", item(0, "b.yaml"), "b"),
    ]
    assert report.in_order(reversed(wanted)) == wanted
    assert report.in_order(wanted[5:] + wanted[:5]) == wanted


def test_items_of_one_name_in_one_file_of_two_packages_stay_apart() -> None:
    found = [warning("a", words, item(entry, "cm.yaml", "0")) for entry, words in ((0, "z"), (1, "a"))]
    assert report.in_order(reversed(found)) == found


def test_levels() -> None:
    results = [error("e", ""), warning("w", ""), info("i", "")]
    assert [[r.code for r in report.at_least(results, level)] for level in ("error", "warning", "info")] == [
        ["e"],
        ["e", "w"],
        ["e", "w", "i"],
    ]


# --- for machines -----------------------------------------------------------------------------------------------------


def test_an_entry_has_the_fields_of_the_specification_in_its_order() -> None:
    result = warning("a-code", "words", item(0, "a.yaml", "3"), "spec.x", [1], "two")
    [entry] = report.as_krm([result], V1, None)
    assert entry == {
        "message": "words [a-code]",
        "severity": "warning",
        "resourceRef": {"apiVersion": "v1", "kind": "Service", "name": "web", "namespace": "shop"},
        "field": {"path": "spec.x", "currentValue": [1], "proposedValue": "two"},
        "file": {"path": "a.yaml", "index": 3},
        "tags": {"code": "a-code", "function": "krm-fn"},
    }
    assert list(entry) == ["message", "severity", "resourceRef", "field", "file", "tags"]


def test_what_is_not_known_is_left_out() -> None:
    [bare, nameless] = report.as_krm([info("c", "w"), info("c", "w", item(name="", namespace=""))], V1, None)
    assert list(bare) == ["message", "severity", "tags"]
    assert nameless["resourceRef"] == {"apiVersion": "v1", "kind": "Service"}
    assert "file" not in nameless
    [entry] = report.as_krm([info("c", "w", None, "spec.x", False, 0)], V1, None)
    assert entry["field"] == {"path": "spec.x", "currentValue": False, "proposedValue": 0}


def test_the_oldest_version_has_a_form_of_its_own() -> None:
    found = report.as_krm([warning("c", "w", item(), "spec.x", 1, 2)], V1ALPHA1, None)
    assert found["name"] == "krm-fn"
    [entry] = found["items"]
    assert entry["resourceRef"] == {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web", "namespace": "shop"},
    }
    assert entry["field"] == {"path": "spec.x", "currentValue": 1, "suggestedValue": 2}


@pytest.mark.parametrize(
    ("version", "earlier", "expected"),
    [
        (V1, None, ["new"]),
        (V1, [], ["new"]),
        (V1, "garbage", ["new"]),
        (V1, 7, ["new"]),
        (V1, {"items": "garbage"}, ["new"]),
        (V1, [OTHER], [OTHER, "new"]),
        (V1, [OURS, OTHER, OURS], [OTHER, "new"]),
        (V1, [None, "x", {"tags": "x"}, {"tags": {"function": ["krm-fn"]}}], 4),
        (V1, {"name": "other", "items": [OTHER, OURS]}, [OTHER, "new"]),
        (V1BETA1, [OTHER], [OTHER, "new"]),
        (V1ALPHA1, {"name": "other", "items": [OTHER, OURS]}, {"name": "other", "items": [OTHER, "new"]}),
        (V1ALPHA1, {"name": "other", "items": [OURS]}, {"name": "krm-fn", "items": ["new"]}),
        (V1ALPHA1, {"name": ["x"], "items": [OTHER]}, {"name": "krm-fn", "items": [OTHER, "new"]}),
        (V1ALPHA1, [OTHER], {"name": "krm-fn", "items": [OTHER, "new"]}),
    ],
)
def test_results_of_others_are_kept(version: str, earlier: object, expected: Any) -> None:
    new = report.as_krm([info("c", "new")], V1, None)[0]
    found = report.as_krm([info("c", "new")], version, earlier)
    if isinstance(expected, int):
        assert found[:expected] == earlier
        return
    entries = expected["items"] if isinstance(expected, dict) else expected
    entries[:] = [new if entry == "new" else entry for entry in entries]
    assert found == expected


@pytest.mark.parametrize(
    ("earlier", "expected"),
    [(None, None), ([], None), ([OURS], None), ("garbage", None), ([OTHER, OURS], [OTHER])],
)
def test_no_results(earlier: object, expected: object) -> None:
    assert report.as_krm([], V1, earlier) == expected


# --- for people -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("result", "line"),
    [
        (error("c", "words"), "krm-fn: error: words [c]"),
        (warning("c", "words", None, "spec.x"), "krm-fn: warning: spec.x: words [c]"),
        (info("c", "words", item()), "krm-fn: info: Service shop/web: words [c]"),
        (error("c", "words", item(0, "a.yaml"), "x"), "krm-fn: error: Service shop/web (a.yaml): x: words [c]"),
        (error("c", "one\ntwo"), "krm-fn: error: one\nkrm-fn:   two [c]"),
        (error("c", "w", item(name="a\nkrm-fn: ok")), "krm-fn: error: Service shop/a\\nkrm-fn: ok: w [c]"),
        (
            error("c", "red \x1b[31m", item(name="\x1b]0;x\a")),
            "krm-fn: error: Service shop/\\x1b]0;x\\x07: red \\x1b[31m [c]",
        ),
        (
            error("c", "w\r\u202e", item(0, "a\r.yaml"), "x\0"),
            "krm-fn: error: Service shop/web (a\\r.yaml): x\\x00: w\\r\\u202e [c]",
        ),
        (error("c", "é 日本", item(name="é")), "krm-fn: error: Service shop/é: é 日本 [c]"),
    ],
)
def test_one_line_says_it_all_and_nothing_moves_the_cursor(result: Result, line: str) -> None:
    assert report.line(result) == line


def test_many_of_one_code_are_cut() -> None:
    results = [warning(code, str(i)) for code, i in itertools.product(["a", "b"], range(report.LINES_PER_CODE + 2))]
    results += [error("c", str(i)) for i in range(report.LINES_PER_CODE)]
    lines = list(report.lines(results))
    assert len(lines) == 3 * report.LINES_PER_CODE + 2
    assert lines[-2:] == ["krm-fn: ... and 2 more of [a]", "krm-fn: ... and 2 more of [b]"]


@pytest.mark.parametrize(
    ("results", "words"),
    [
        ([], ""),
        ([info("i", "")], ""),
        ([error("e", "")], "1 error"),
        ([warning("w", ""), error("e", ""), warning("w", "")], "1 error, 2 warnings"),
    ],
)
def test_findings(results: list[Result], words: str) -> None:
    assert report.findings(results) == words
