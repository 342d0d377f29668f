"""What docs/results.md says of each code, at hand wherever the package is installed.

The paragraphs stand in explanations.json, which docs/generate_explanations.py writes; a test holds the two against
each other.
"""

from __future__ import annotations

import functools
import json
import re
from importlib.resources import files

from krm_fn.krm.outcome import SEVERITIES
from krm_fn.record import Record


class Explanation(Record):
    """The paragraph of a code in Markdown, empty where there is none, and the severity that it begins with, if any."""

    text: str = ""

    @property
    def severity(self) -> str:
        """The severity that the first sentence names; empty where it depends."""
        first = re.match(r"\w+", self.text)
        word = first[0].lower() if first else ""
        return word if word in SEVERITIES else ""

    @property
    def plain(self) -> str:
        """The paragraph without the marks of Markdown, on one line."""
        return re.sub(r"`+|\*\*", "", " ".join(self.text.split()))

    @property
    def first_sentence(self) -> str:
        """The sentence after the one that names the severity."""
        body = re.sub(rf"^(?:{'|'.join(SEVERITIES)})\b[^.]*\. +", "", self.plain, flags=re.IGNORECASE)
        return re.split(r"(?<=[.!?]) +(?=[A-Z])", body, maxsplit=1)[0]


def explanation(code: str) -> Explanation:
    """What is said of a code; an empty one for a code that nobody wrote about."""
    return Explanation(texts().get(code, ""))


@functools.cache
def texts() -> dict[str, str]:
    """The paragraphs of all codes, by code."""
    read: dict[str, str] = json.loads(files("krm_fn.formats").joinpath("explanations.json").read_text("utf-8"))
    return read
