"""The readers that save time never differ from libyaml's: they say the same, or that they are not sure."""

from __future__ import annotations

from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from krm_fn.yamltext.changes import same
from krm_fn.yamltext.piecewise import read_list
from krm_fn.yamltext.plain import UNSURE, end_of_plain, read_plain
from krm_fn.yamltext.read import YamlError, read_documents
from krm_fn.yamltext.scalars import KYAML
from tests.properties.styles import Style

LINES = (
    *("a: 1", "b: x", "c:", "d: 'x'", 'e: "y"', "f: {}", "g: [x, {y: z}]", "i: x # c", "j:   # c", "r: -1", "1: 2"),
    *("- a", "- b: 1", "- c:", "- - d", "- 'q'", "- {a: b}", "-   l: m", "- x:y", "- z #d", "- true: 3", "null: 4"),
    *("# c", "", "text", "h: |", "x: y: z", "-", "? k", "- # c", "'n': o", "...", "---", "p: a:", "q: - b", "items:"),
    *("s: &x y", "t: *x", '- "a: b"', 'u: "a', 'v":', "w: [a,", "b]", "- x: 'a''b'", "a: b\x85c: d", "a:\tb", "<<: {}"),
)
"""Lines that are plain, nearly plain, or open something: by chance they make texts of every kind."""

LINE = st.builds(lambda indent, line: " " * indent + line, st.integers(0, 6), st.sampled_from(LINES))
TEXT = st.lists(LINE, min_size=1, max_size=9).map("\n".join)
LEAF = st.sampled_from(
    ("x", "y z", "", "true", "a: b", "- c", "#", "é\n", "x\ny\n", " lead", "http://a:80", 1, None, True)
)
DATA = st.recursive(
    LEAF, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abcdef"), inner, max_size=4)
)
STYLED = st.builds(lambda data, seed: Style(seed).text(data), DATA, st.integers(0, 2**32))
HEADS = st.sampled_from(
    ("", "kind: L\n", "---\n", "f:\n  a: {b: c}\n", "a: |\n  x\n", 'a: "\n', "%TAG ! t:x,2:\n---\n")
)
TAILS = st.sampled_from(
    ("", "results: []\n", "z:\n  y: 1\n", "...\n", "---\na: 1\n", "# c\n", "items: []\n", "w: |\n  k\n\n")
)
GAPS = st.sampled_from(("\n", "\n", "\n\n", "\n# c\n", ""))


@given(TEXT | STYLED)
@example("a:\n- b:\n  - c\n  d: e\n")
def test_plain_texts_read_as_libyaml_reads_them(text: str) -> None:
    data = read_plain(text, KYAML)
    if data is UNSURE:
        return
    [document] = read_documents(text, KYAML)
    assert same(data, document.data)
    assert not document.duplicates
    assert not document.has_anchors
    assert end_of_plain(text) in (-1, document.end)


@given(HEADS, st.lists(st.tuples(TEXT | STYLED, GAPS), min_size=1, max_size=3), TAILS, st.sampled_from((0, 0, 2)))
def test_lists_in_parts_read_as_the_whole(head: str, items: list[tuple[str, str]], tail: str, column: int) -> None:
    pad = "\n" + " " * (column + 2)
    listed = "".join(f"{' ' * column}- {item.replace(chr(10), pad)}{gap}" for item, gap in items)
    text = f"{head}items:\n{listed}{tail}"
    assert _answer(read_list, text) == _answer(read_documents, text)


def _answer(reader: Any, text: str) -> str:
    """All that a reader says: records show their fields, types of scalars included."""
    try:
        return repr(reader(text, KYAML, "items"))
    except YamlError as error:
        return f"{error}\n{error.context}"
