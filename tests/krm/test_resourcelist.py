"""krm_fn.krm.resourcelist: the text of a ResourceList, taken apart and put together again."""

from __future__ import annotations

import json
from typing import Any

import pytest

from krm_fn.krm.resourcelist import API_VERSIONS, UNTOUCHED, ResourceList
from krm_fn.krm.source import InputError
from krm_fn.yamltext.patch import patch
from krm_fn.yamltext.read import read_value
from krm_fn.yamltext.scalars import KYAML

HEAD = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\n"
A = "{apiVersion: v1, kind: A, metadata: {name: a}}"
NEW: dict[str, Any] = {"kind": "New", "metadata": {"name": "new"}}
RESULTS: list[dict[str, Any]] = [{"message": "m", "severity": "info"}]


def block_items(indent: int, newline: str = "\n") -> str:
    """Two block items with dashes at this column, comments all around them."""
    lines = [
        "# before the first",
        "- kind: A # behind a kind",
        "  metadata:",
        "    name: a # behind the last line of a",
        "# between",
        "",
        "-   kind: B",
        "    metadata: {name: b}   # behind b",
        "# at the end",
    ]
    return newline.join([" " * indent + line if line else "" for line in lines]) + newline


def labelled(text: str, *entries: int) -> str:
    """The text after these items got a label each."""
    source = ResourceList(text)
    changed = {}
    for entry in entries:
        before = source.entries[entry]
        after = {**before, "metadata": {**before["metadata"], "labels": {"x": "z"}}}
        piece, column = source.slice(entry)
        changed[entry] = patch(piece, before, after, KYAML, column, source.newline)
    return source.rebuild(changed, (), ())


def data(text: str) -> Any:
    return read_value(text, KYAML)


# --- reading ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", API_VERSIONS)
def test_every_version_is_read(version: str) -> None:
    source = ResourceList(f"kind: ResourceList\napiVersion: {version}\nitems: [{A}]\nfunctionConfig: {{kind: C}}\n")
    assert source.api_version == version
    assert [entry["kind"] for entry in source.entries] == ["A"]
    assert source.function_config == {"kind": "C"}
    assert source.results is None


@pytest.mark.parametrize("items", ["", "items:\n", "items: null\n", "items: ~\n", "items: []\n", "items: # none\n"])
def test_a_list_without_items(items: str) -> None:
    source = ResourceList(HEAD + items)
    assert source.entries == []
    assert source.rebuild({}, (), ()) == HEAD + items


@pytest.mark.parametrize("text", ["---\n" + HEAD, "# c\n---\n" + HEAD + "...\n", "---\n---\n" + HEAD, HEAD + "---\n"])
def test_document_markers(text: str) -> None:
    source = ResourceList(text)
    assert source.rebuild({}, (), ()) == text
    assert data_of_only(source.rebuild({}, (), [NEW]))["items"] == [NEW]


def data_of_only(text: str) -> Any:
    return {"items": ResourceList(text).entries, "results": ResourceList(text).results}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no ResourceList"),
        ("# nothing\n", "no ResourceList"),
        ("- a\n", "no ResourceList"),
        ("text\n", "no ResourceList"),
        ("kind: Deployment\napiVersion: apps/v1\n", "its kind is 'Deployment'"),
        ("kind: ResourceList\n", "apiVersion None"),
        ("kind: ResourceList\napiVersion: config.kubernetes.io/v2\n", "config.kubernetes.io/v1beta1"),
        ("kind: ResourceList\napiVersion: [v1]\n", "apiVersion ['v1']"),
        ("kind: {a: b}\napiVersion: v1\n", "its kind is {'a': 'b'}"),
        (HEAD + "items: {a: b}\n", "`items` of the ResourceList must be a list, not a mapping"),
        (HEAD + "items: text\n", "must be a list, not a text"),
        (HEAD + "items: []\nitems: []\n", "the key 'items' stands twice"),
        (HEAD + "kind: ResourceList\n", "the key 'kind' stands twice"),
        (HEAD + "x: &x [{kind: A}]\nitems: *x\n", "neither an alias nor merged"),
        (HEAD + "x: &x {items: [{kind: A}]}\n<<: *x\n", "neither an alias nor merged"),
        (HEAD + "? items\n", "colon"),
        (HEAD + "---\n" + HEAD, "2 documents"),
        (HEAD + "items: [\n", "line 4"),
        (HEAD + "items:\n- a: b\n c: d\n", "indentation"),
        (HEAD + "items:\n\t- a\n", "tab"),
        (HEAD + "x: \0\n", "U+0000"),
        (HEAD + "x: *missing\n", "missing"),
    ],
)
def test_what_cannot_be_answered_is_refused(text: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        ResourceList(text)
    assert words in str(caught.value)


def test_duplicates_are_found_where_they_stand() -> None:
    text = HEAD + (
        "items:\n- a: 1\n- b: 1\n  b: 2\n- c: {d: 1, d: 2}\n"
        "functionConfig: {e: 1, e: 2}\nother: {f: 1, f: 2}\nresults:\n- {g: 1, g: 2}\n"
    )
    source = ResourceList(text)
    assert [(entry, found.key, found.line) for entry, found in source.duplicates] == [(1, "b", 6), (2, "d", 7)]
    assert [found.key for found in source.config_duplicates] == ["e"]


# --- items ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("indent", [0, 2, 4])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_edits_keep_every_other_line(indent: int, newline: str) -> None:
    text = HEAD.replace("\n", newline) + "items:" + newline + block_items(indent, newline) + "other: x" + newline
    pad = " " * indent
    behind_a, behind_b = "name: a # behind the last line of a", "metadata: {name: b}   # behind b"
    changed = labelled(text, 0, 1)
    assert changed == text.replace(behind_a, f"{behind_a}{newline}{pad}    labels:{newline}{pad}      x: z").replace(
        behind_b, "metadata: {name: b, labels: {x: z}}   # behind b"
    )


@pytest.mark.parametrize("indent", [0, 2, 4])
def test_added_items_stand_in_the_column_of_the_others(indent: int) -> None:
    text = HEAD + "items:\n" + block_items(indent)
    pad = " " * indent
    new = f"{pad}- kind: New\n{pad}  metadata:\n{pad}    name: new\n"
    assert ResourceList(text).rebuild({}, (), [NEW]) == text.replace(
        f"{pad}# at the end\n", f"{new}{pad}# at the end\n"
    )


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ("", "items:\n- kind: New\n  metadata:\n    name: new\n"),
        ("items:\n", "items:\n- kind: New\n  metadata:\n    name: new\n"),
        ("items: []\n", "items:\n- kind: New\n  metadata:\n    name: new\n"),
        ("items:   []\n", "items:  \n- kind: New\n  metadata:\n    name: new\n"),
        ("items: # none\n", "items: # none\n- kind: New\n  metadata:\n    name: new\n"),
        ("items: [] # see: there\n", "items: # see: there\n- kind: New\n  metadata:\n    name: new\n"),
        ("items: null\nother: x\n", "items:\n- kind: New\n  metadata:\n    name: new\nother: x\n"),
        ("items: &x []\n", "items:\n- kind: New\n  metadata:\n    name: new\n"),
        ("items: !!seq []\n", "items:\n- kind: New\n  metadata:\n    name: new\n"),
        ("items:\n  []\nother: x\n", "items:\n \n- kind: New\n  metadata:\n    name: new\nother: x\n"),
        ("items: []", "items:\n- kind: New\n  metadata:\n    name: new\n"),
        ("items:", "items:\n- kind: New\n  metadata:\n    name: new\n"),
        (
            "items: [{kind: A}, {kind: B}]\n",
            'items: [{kind: A}, {kind: B}, {"kind": "New", "metadata": {"name": "new"}}]\n',
        ),
        ("items: [{kind: A},]\n", 'items: [{kind: A},{"kind": "New", "metadata": {"name": "new"}},]\n'),
        ("items:\n- kind: A", "items:\n- kind: A\n- kind: New\n  metadata:\n    name: new\n"),
        ("items:\n- \n", "items:\n- \n- kind: New\n  metadata:\n    name: new\n"),
        ("items:\n-\n", "items:\n-\n- kind: New\n  metadata:\n    name: new\n"),
        ('"items":\n- kind: A\n', '"items":\n- kind: A\n- kind: New\n  metadata:\n    name: new\n'),
        ("? items\n: - kind: A\n", "? items\n: - kind: A\n  - kind: New\n    metadata:\n      name: new\n"),
    ],
)
def test_the_first_and_further_items_are_added(items: str, expected: str) -> None:
    text = ResourceList(HEAD + items).rebuild({}, (), [NEW])
    assert text == HEAD + expected
    assert ResourceList(text).entries[-1] == NEW


@pytest.mark.parametrize(
    "last",
    [
        "  text: |+\n    one\n\n\n",
        "  text: |\n    one\n\n\n",
        "  text: |-\n    one\n\n",
        "  text: >\n    one\n    two\n",
        "  text: |\n    one",
        "  text: |+\n    one",
        "  text: |2+\n    one",
        "  text: | # why\n    one",
        "  text: |-\n    one",
        "  text: >-\n    one",
        "  text: plain\n    over lines\n",
        '  text: "quoted\n    over lines"',
        "  text:",
    ],
)
def test_what_follows_an_item_adds_nothing_to_its_last_value(last: str) -> None:
    text = HEAD + "items:\n- kind: A\n" + last
    before = ResourceList(text)
    answer = before.rebuild({}, (), [NEW], RESULTS)
    after = ResourceList(answer)
    assert after.entries == [*before.entries, NEW]
    assert after.results == RESULTS
    if not text.endswith("    one"):  # a `-` goes into the header then
        assert set(text.splitlines()) <= set(answer.splitlines())


@pytest.mark.parametrize("gone", [{0}, {1}, {2}, {0, 1}, {1, 2}, {0, 2}, {0, 1, 2}])
@pytest.mark.parametrize("added", [[], [NEW]])
@pytest.mark.parametrize(
    "items",
    [
        "items:\n- kind: A\n- kind: B # b\n- kind: C\n",
        "items:\n- kind: A\n- kind: B # b\n- kind: C",
        "items: # - x\n  - kind: A\n    t: |+\n     x\n\n  -\n    kind: B\n  # - c\n  - # c\n    kind: C\n\nz: x\n",
        "items: [{kind: A}, {kind: B}, {kind: C}]\n",
        "items: [\n  {kind: A}, # a\n  {kind: B},\n  {kind: C},\n]\n",
        "items:\n- {kind: A}\n- {kind: B}\n- {kind: C}\n",
    ],
)
def test_items_are_taken_out(items: str, gone: set[int], added: list[dict[str, Any]]) -> None:
    before = ResourceList(HEAD + items)
    answer = before.rebuild({}, gone, added, RESULTS)
    after = ResourceList(answer)
    assert after.entries == [*(entry for i, entry in enumerate(before.entries) if i not in gone), *added]
    assert after.results == RESULTS
    assert "\n\n\n" not in answer


@pytest.mark.parametrize(
    ("gone", "expected"),
    [
        ({0}, "items:\n# of b\n- kind: B # b\n# of c\n- kind: C\n# end\n"),
        ({1}, "items:\n- kind: A\n# of b\n# of c\n- kind: C\n# end\n"),
        ({2}, "items:\n- kind: A\n# of b\n- kind: B # b\n# of c\n# end\n"),
        ({0, 1, 2}, "items: []\n# of b\n# of c\n# end\n"),
    ],
)
def test_comments_on_lines_of_their_own_stay(gone: set[int], expected: str) -> None:
    text = HEAD + "items:\n- kind: A\n# of b\n- kind: B # b\n# of c\n- kind: C\n# end\n"
    assert ResourceList(text).rebuild({}, gone, ()) == HEAD + expected


def test_an_item_in_flow_style_inside_a_block_list() -> None:
    text = HEAD + "items:\n- {kind: A, metadata: {name: a}} # a\n- kind: B\n  metadata: {name: b}\n"
    assert labelled(text, 0) == text.replace("{name: a}", "{name: a, labels: {x: z}}")


def test_the_last_item_may_end_without_a_line_end() -> None:
    text = HEAD + "items:\n- kind: A\n  metadata:\n    name: a"
    assert labelled(text, 0) == text + "\n    labels:\n      x: z"


@pytest.mark.parametrize("break_", ["\x85", "\u2028", "\u2029"])
def test_rare_line_breaks_are_lines_of_comments_too(break_: str) -> None:
    text = HEAD + f"items:\n- kind: A # one{break_}- kind: B\n"
    answer = ResourceList(text).rebuild({}, {1}, [NEW])
    assert ResourceList(answer).entries == [{"kind": "A"}, NEW]
    assert f"# one{break_}" in answer


# --- JSON -------------------------------------------------------------------------------------------------------------

PLAIN = {
    "apiVersion": "config.kubernetes.io/v1",
    "kind": "ResourceList",
    "items": [{"kind": k, "metadata": {"name": k.lower()}} for k in "ABC"],
    "functionConfig": None,
}


@pytest.mark.parametrize("indent", [None, 2, "\t"])
@pytest.mark.parametrize("gone", [set[int](), {0}, {2}, {0, 1, 2}])
def test_json_stays_json(indent: int | str | None, gone: set[int]) -> None:
    text = json.dumps(PLAIN, indent=indent)
    source = ResourceList(text)
    kept = [item for i, item in enumerate(PLAIN["items"] or ()) if i not in gone]
    answer = json.loads(source.rebuild({}, gone, [NEW, NEW], RESULTS))
    assert answer == {**PLAIN, "items": [*kept, NEW, NEW], "results": RESULTS}
    assert json.loads(labelled(text, 0, 2))["items"][2]["metadata"]["labels"] == {"x": "z"}


def test_pretty_json_grows_by_lines() -> None:
    text = json.dumps(PLAIN, indent=2) + "\n"
    answer = ResourceList(text).rebuild({}, (), [NEW], RESULTS)
    assert answer == text.replace(
        '"name": "c"\n      }\n    }\n',
        '"name": "c"\n      }\n    },\n    {"kind": "New", "metadata": {"name": "new"}}\n',
    ).replace(
        '"functionConfig": null\n',
        '"functionConfig": null,\n  "results": [{"message": "m", "severity": "info"}]\n',
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{%s}", "{%s, 'items': [N], 'results': [R]}"),
        ("{%s,}", "{%s, 'items': [N], 'results': [R],}"),
        ("{%s, items: }", "{%s, items: [N], 'results': [R] }"),
        ("{%s, items: null,}", "{%s, items: [N], 'results': [R],}"),
        ("{%s, 'items':[]}", "{%s, 'items': [N], 'results': [R]}"),
        ("{%s,'results':null}", "{%s,'results': [R],'items': [N]}"),
        ("{%s, items, results}", "{%s, items: [N], results: [R]}"),
        ("{%s, items : , 'results' : }", "{%s, items : [N], 'results' : [R] }"),
        ("{%s, x: }", "{%s, x: , 'items': [N], 'results': [R] }"),
        ("{%s, 'x':}", "{%s, 'x':, 'items': [N], 'results': [R]}"),
        ("{%s, x}", "{%s, x, 'items': [N], 'results': [R]}"),
        ("{%s, # one, two\n}", "{%s, 'items': [N], 'results': [R], # one, two\n}"),
        ("{%s # one,\n}", "{%s, 'items': [N], 'results': [R] # one,\n}"),
    ],
)
def test_a_list_in_flow_style_gets_its_first_items_and_results(text: str, expected: str) -> None:
    head = "apiVersion: config.kubernetes.io/v1, kind: ResourceList"
    answer = ResourceList(text.replace("%s", head)).rebuild({}, (), [NEW], RESULTS)
    after = ResourceList(answer)
    assert (after.entries, after.results) == ([NEW], RESULTS)
    shape = answer.replace(json.dumps(NEW), "N").replace(json.dumps(RESULTS[0]), "R").replace('"', "'")
    assert shape.replace(" ", "") == expected.replace("%s", head).replace(" ", "")


def test_one_long_line_is_edited_at_its_own_cost() -> None:
    items = [{"kind": "A", "metadata": {"name": f"a{i}"}} for i in range(300)]
    text = json.dumps({**PLAIN, "items": items})
    source = ResourceList(text)
    assert source.slice(299)[1] == 0
    assert json.loads(labelled(text, 299))["items"][:299] == items[:299]


# --- results ----------------------------------------------------------------------------------------------------------

WRITTEN = "results:\n- message: m\n  severity: info\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("items: []\n", "items: []\n" + WRITTEN),
        ("items: []", "items: []\n" + WRITTEN),
        ("items: []\n...\n", "items: []\n" + WRITTEN + "...\n"),
        ("items: []\n# end\n", "items: []\n" + WRITTEN + "# end\n"),
        ("results: []\nitems: []\n", WRITTEN + "items: []\n"),
        ("results:\nitems: []\n", WRITTEN + "items: []\n"),
        ("results:\n- message: old # x\n# y\nitems: []\n", WRITTEN + "# y\nitems: []\n"),
        ("results: {name: f, items: []} # x\nitems: []\n", WRITTEN + "items: []\n"),
        ("results: garbage\n", WRITTEN),
        ("items: []\nresults: |\n  a\n\n", "items: []\n" + WRITTEN + "\n"),
        ("items: []\n? results\n: - message: old\n", "items: []\n" + WRITTEN),
        ("items: []\nresults: []", "items: []\n" + WRITTEN),
    ],
)
def test_results_are_put_in_place(before: str, after: str) -> None:
    answer = ResourceList(HEAD + before).rebuild({}, (), (), RESULTS)
    assert answer == HEAD + after
    assert ResourceList(answer).results == RESULTS


@pytest.mark.parametrize("field", ["", "results: []\n", "results:\n", "results: {} # none\n"])
def test_no_results_leave_an_empty_field_alone(field: str) -> None:
    text = HEAD + field + "items: []\n"
    assert ResourceList(text).rebuild({}, (), (), None) == text


def test_results_that_are_no_more_are_taken_away() -> None:
    text = HEAD + "results:\n- {message: m}\nitems: []\n"
    assert ResourceList(text).rebuild({}, (), (), None) == HEAD + "items: []\n"
    flow = "{apiVersion: config.kubernetes.io/v1, kind: ResourceList, results: [{message: m}], items: []}"
    assert ResourceList(flow).rebuild({}, (), (), None) == flow.replace("[{message: m}]", "[]")


def test_equal_results_keep_their_text() -> None:
    text = HEAD + "results: [{severity: info, 'message': m}] # mine\n"
    assert ResourceList(text).rebuild({}, (), (), RESULTS) == text
    assert ResourceList(text).rebuild({}, (), (), UNTOUCHED) == text


@pytest.mark.parametrize("root", ["--- !!map\n", "--- &x\n", "---\n", "--- # c\n", "%YAML 1.1\n---\n"])
def test_fields_are_added_in_the_column_of_the_root(root: str) -> None:
    text = root + HEAD + "? x\n"
    assert ResourceList(text).rebuild({}, (), [NEW], RESULTS).count("\nresults:\n") == 1
    indented = root + "  " + HEAD.replace("\n", "\n  ").rstrip(" ")
    answer = ResourceList(indented).rebuild({}, (), [NEW], RESULTS)
    assert answer == indented + "  items:\n  - kind: New\n    metadata:\n      name: new\n" + WRITTEN_INDENTED


WRITTEN_INDENTED = "  results:\n  - message: m\n    severity: info\n"
