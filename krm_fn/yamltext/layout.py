"""How a text is indented, so that what is added to it looks like the rest."""

from __future__ import annotations


def seen_layout(source: str) -> tuple[int, int]:
    """The first step of a nested mapping and the first offset of dashes in the text; else two blanks, and none."""
    step = offset = key_column = -1
    for line in source.splitlines():
        text = line.lstrip(" ")
        if not text or text[0] == "#":
            continue
        column = len(line) - len(text)
        is_item = text.startswith("- ") or text == "-"
        if key_column >= 0:
            if is_item and offset < 0 and 0 <= column - key_column <= 8:
                offset = column - key_column
            elif not is_item and step < 0 and 1 <= column - key_column <= 8:
                step = column - key_column
            if step >= 0 and offset >= 0:
                break
        while text.startswith("- "):
            inner = text[1:].lstrip(" ")
            column += len(text) - len(inner)
            text = inner
        if " #" in text:
            text = text.split(" #", 1)[0]
        key_column = column if text.rstrip().endswith(":") else -1
    return (step if step > 0 else 2), max(offset, 0)
