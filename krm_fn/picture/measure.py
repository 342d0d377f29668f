"""Measures of the layout that know nothing of graphs: how wide a text is, where things in a row come to stand."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def text_width(text: str, size: float, bold: bool = False) -> float:
    """About how wide a text is in a sans-serif font: on the safe side, as no font is there to ask."""
    units = sum(0.36 if c in "iljtfrI.,:;'|!()[] " else 0.95 if c in "mwMW@%" or ord(c) > 0x2E7F else 0.6 for c in text)
    return units * size * (1.1 if bold else 1.0)


def spread(wanted: Sequence[float], step: float, low: float, high: float) -> list[float]:
    """Places as near to the wanted ones as can be (least squares), in order, `step` apart, from `low` to `high`."""
    blocks: list[tuple[float, int]] = []  # mean and size: pool adjacent violators
    for number, value in enumerate(wanted):
        mean, size = value - number * step, 1
        while blocks and blocks[-1][0] > mean:
            other, count = blocks.pop()
            mean, size = (mean * size + other * count) / (size + count), size + count
        blocks.append((mean, size))
    flat = [mean for mean, size in blocks for _ in range(size)]
    most = high - (len(flat) - 1) * step
    return [max(low, min(value, most)) + number * step for number, value in enumerate(flat)]
