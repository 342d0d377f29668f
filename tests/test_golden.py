"""Every fixture through the function, byte for byte, and its output through it once more.

A case is a folder under ``fixtures/`` with an ``input.yaml`` (a ResourceList that begins with a comment saying what
the case shows) and ``output.yaml``, all of stdout; ``stderr.txt`` holds all of stderr where words matter: make it an
empty file to have it written. ``--update-golden`` writes expectations anew and still fails, so that somebody looks.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from krm_fn.krm.resourcelist import ResourceList

ROOT = Path(__file__).resolve().parent.parent
FIXTURES = ROOT / "fixtures"
CASES = sorted(path.parent for path in FIXTURES.rglob("input.yaml"))
KNOWN_FILES = {"input.yaml", "output.yaml", "stderr.txt"}


def run(text: bytes) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, "-m", "krm_fn"], input=text, capture_output=True, check=False, timeout=60)


def read(text: bytes) -> ResourceList:
    return ResourceList(text.decode("utf-8-sig"))


def severities(answer: ResourceList) -> list[str]:
    """The severities of the results that are the function's own."""
    results = answer.results["items"] if isinstance(answer.results, dict) else answer.results or []
    return [entry["severity"] for entry in results if entry.get("tags", {}).get("function") == "krm-fn"]


def test_there_are_cases() -> None:
    assert len(CASES) >= 150


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.relative_to(FIXTURES)))
def test_golden(case: Path, update_golden: bool) -> None:
    before = (case / "input.yaml").read_bytes()
    done = run(before)
    output, words = case / "output.yaml", case / "stderr.txt"
    if update_golden:
        expected = [(output, done.stdout)] + ([(words, done.stderr)] if words.exists() else [])
        changed = [path for path, text in expected if not path.exists() or path.read_bytes() != text]
        for path, text in expected:
            path.write_bytes(text)
        assert not changed, f"{case.relative_to(ROOT)} was written anew: look at the difference"
    assert done.stdout.decode() == output.read_bytes().decode()
    if words.exists():
        assert done.stderr.decode() == words.read_text()
    failed = "error" in severities(read(done.stdout))
    assert done.returncode == int(failed)
    if failed:
        assert read(done.stdout).entries == read(before).entries, "an error leaves every item as it came"


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.relative_to(FIXTURES)))
def test_second_run_changes_nothing(case: Path) -> None:
    first = (case / "output.yaml").read_bytes()
    second = run(first)
    assert read(second.stdout).entries == read(first).entries
    again = run(second.stdout)
    assert again.stdout.decode() == second.stdout.decode(), "results may settle in the second run, text must not drift"


def test_untouched_cases_outnumber_the_others() -> None:
    """Leaving alone is the harder half of the promise, so it needs the greater half of the cases."""
    untouched = [
        case
        for case in CASES
        if read((case / "input.yaml").read_bytes()).entries == read((case / "output.yaml").read_bytes()).entries
    ]
    assert len(untouched) * 2 > len(CASES)


def test_no_file_without_a_case() -> None:
    used = set(CASES)
    strays = [
        path
        for path in FIXTURES.rglob("*")
        if path.is_file()
        and not any(parent.name in ("demo", "examples") for parent in path.parents)
        and (path.parent not in used or path.name not in KNOWN_FILES)
    ]
    assert strays == []
