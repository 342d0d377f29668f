"""Where nodes end whose events libyaml gave.

libyaml marks the end of a block collection at the next token, and the end of a block scalar past its blank lines; what
replaces or follows a node must stand directly after its last character.
"""

from __future__ import annotations

from krm_fn.yamltext.libyaml import ScalarEvent
from krm_fn.yamltext.spans import BLANKS, after_break, line_end

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def node_end(text: str, event: Any, key_event: Any) -> int:
    """Where a node ends whose last event with text is `event`; `key_event` is the last key before it, if any."""
    end: int = event.end_mark.index
    if type(event) is not ScalarEvent:
        return end
    if event.style in ("|", ">"):
        return block_scalar_end(text, event)
    if event.value == "" and key_event is not None and event.start_mark.index == end:
        # "? key" without a value: libyaml places the value at the next token
        written: int = key_event.end_mark.index
        return end if text[end - 1] in ":-" else written
    return end


def block_scalar_end(text: str, event: Any) -> int:
    """The end of a block scalar by its chomping.

    ``|-``: the end of its last line; ``|``: after that line's break; ``|+``: after the blank lines that follow it.
    """
    start: int = event.start_mark.index
    end: int = event.end_mark.index
    body = text[start:end]
    header = body.splitlines()[0].split(" #", 1)[0].rpartition(event.style)[2]
    last_line = event.value.removesuffix("\n").rpartition("\n")[2]
    if "+" in header or (event.value and not last_line.strip()):
        return end
    last = line_end(text, start + len(body.rstrip(BLANKS)), end)
    if "-" in header or not event.value or last == end:
        return last
    return after_break(text, last)
