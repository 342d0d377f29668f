from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from krm_fn.formats.explanations import Explanation, explanation, texts

ROOT = Path(__file__).resolve().parent.parent.parent


def test_the_file_says_what_the_page_says() -> None:
    done = subprocess.run([sys.executable, ROOT / "docs" / "generate_explanations.py", "--check"], check=False)
    assert done.returncode == 0, "run: python docs/generate_explanations.py"


def test_every_code_has_a_sentence() -> None:
    assert len(texts()) > 100
    assert sorted(code for code in texts() if len(explanation(code).first_sentence.split()) < 3) == []
    assert not [code for code in texts() if "](" in explanation(code).text]


@pytest.mark.parametrize(
    ("text", "severity", "first"),
    [
        ("Warning. A `b` is c. Do d.", "warning", "A b is c."),
        ("Error, with `--x`. The Y, e.g. of z,\nis wrong. Mend it.", "error", "The Y, e.g. of z, is wrong."),
        ("The label is bad. Mend it.", "", "The label is bad."),
        ("Information is lacking.", "", "Information is lacking."),
        ("", "", ""),
    ],
)
def test_severity_and_first_sentence(text: str, severity: str, first: str) -> None:
    told = Explanation(text)
    assert (told.severity, told.first_sentence) == (severity, first)


def test_an_unknown_code_has_none() -> None:
    assert explanation("no-such-code") == Explanation("")
