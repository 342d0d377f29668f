"""Long insertions: the short way of checking a patched text finds what the long way finds."""

from __future__ import annotations

from typing import Any

import pytest

from krm_fn.yamltext.chunks import SHORTEST, Chunk, restored, shortened
from krm_fn.yamltext.patch import patch
from krm_fn.yamltext.read import read_value
from krm_fn.yamltext.scalars import KYAML
from krm_fn.yamltext.write import block_entry, block_item

LONG = {f"key-{number}": number for number in range(SHORTEST)}


def chunk(value: Any, key: Any = "a", column: int = 0) -> Chunk:
    lines = block_item(value, column) if key is None else block_entry(key, value, column)
    return Chunk(lines, key, value, column)


def test_sound_lines_read_as_their_data() -> None:
    assert chunk(LONG).is_sound(KYAML)
    assert chunk(LONG, None, 4).is_sound(KYAML)
    assert chunk(LONG | {"last": "one\ntwo"}).is_sound(KYAML) is False, "it would take a comment below it in"


def test_lines_that_say_something_else_are_not_sound() -> None:
    assert not Chunk(["a:", "  b: 1"], "a", {"b": 2}, 0).is_sound(KYAML)
    assert not Chunk(["a: ["], "a", [], 0).is_sound(KYAML)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_stand_in_is_read_and_replaced(newline: str) -> None:
    found = chunk(LONG)
    text = newline.join(["x: 1", *found.lines, "y: 2", ""])
    short, stand_ins = shortened(text, [found], newline, KYAML)
    assert len(short) < len(text)
    assert restored(read_value(short, KYAML), stand_ins) == {"x": 1, "a": LONG, "y": 2}


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(chunk(LONG).lines),
        "\n".join(["", *chunk(LONG).lines, *chunk(LONG).lines]),
        "\n".join(["", *chunk(LONG).lines]) + " # comment",
        "\n".join(["stand-in-0-of-krm-fn: 1", *chunk(LONG).lines]),
    ],
)
def test_what_is_not_plain_is_read_as_a_whole(text: str) -> None:
    assert shortened(text, [chunk(LONG)], "\n", KYAML) == (text, {})


@pytest.mark.parametrize("tail", ["", "# end\n", "          # deep\n", "\n\n", "y: 2\n"])
@pytest.mark.parametrize("last", ["plain", "one\ntwo\n", "one\ntwo"])
def test_long_insertions_hold_the_law(tail: str, last: str) -> None:
    text = f"m:\n  l:\n  - name: a\n{tail}"
    before = read_value(text, KYAML)
    after = {
        **before,
        "m": {"l": [LONG | {"name": "b", "last": last}, *before["m"]["l"]], "new": {"x": LONG, "l": last}},
    }
    assert read_value(patch(text, before, after, KYAML), KYAML) == after
