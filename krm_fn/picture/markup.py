"""Texts and numbers for markup. Manifests are not trusted: nothing of them may be read as a tag or an attribute."""

from __future__ import annotations

from html import escape

_FORBIDDEN = dict.fromkeys(
    (*range(9), 11, 12, *range(14, 32), 127, *range(0xD800, 0xE000), 0xFFFE, 0xFFFF), "\N{REPLACEMENT CHARACTER}"
)
"""Characters that XML has no way to write."""


def escaped(text: str) -> str:
    """A text for the content of an element, or for an attribute in double quotes."""
    return escape(text.translate(_FORBIDDEN))


def pixels(number: float) -> str:
    """A length or a coordinate, short."""
    return f"{number:.1f}".removesuffix(".0")
