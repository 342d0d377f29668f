"""Hostile input: an answer or clear words, within bounds of memory and time that the operating system enforces.

KRM_FN_HOSTILE=full takes each input in its full size, which takes some minutes; the figures in docs/reliability.md are
of those. The limits are far above what is needed, so that a slow machine does not fail; what they catch is growth
without bounds.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from krm_fn.krm.resourcelist import ResourceList

from .inputs import CHANGED, EMPTIED, FILES, FUNCTION, KEPT, LIST, REFUSED, REPORTED, Hostile

FULL = os.environ.get("KRM_FN_HOSTILE") == "full"
MEMORY = (4 if FULL else 1) * 1024**3
SECONDS = 600 if FULL else 60
LONGEST_MESSAGE = 100_000
LARGEST_TO_READ = 20_000


class Answer(NamedTuple):
    """What a process answered, and what it took."""

    code: int
    out: bytes
    err: str
    seconds: float
    megabytes: int


def answer_to(hostile: Hostile, folder: Path) -> tuple[bytes, Answer]:
    """Run krm-fn on the input under limits; gives the input as well."""
    before, after = folder / "in", folder / "out"
    write(hostile, before)
    with before.open("rb") as source, after.open("wb") as target, (folder / "err").open("wb") as said:
        start = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-m", "krm_fn", *hostile.command],
            stdin=source,
            stdout=target,
            stderr=said,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
            preexec_fn=limit,
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = min(usage.ru_utime + usage.ru_stime, time.monotonic() - start)
    errors = (folder / "err").read_text("utf-8")
    return before.read_bytes(), Answer(process.returncode, after.read_bytes(), errors, seconds, usage.ru_maxrss // 1024)


def write(hostile: Hostile, path: Path) -> None:
    """Write the input; nothing of it stays in memory, where a child would inherit it."""
    made = hostile.make(hostile.full if FULL else hostile.size)
    path.write_bytes(made.encode() if isinstance(made, str) else made)


def limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def outcome(raw: bytes, answer: Answer, hostile: Hostile) -> str:
    """Which of the outcomes it is."""
    if answer.code == 2:
        return REFUSED
    if answer.code == 1:
        return REPORTED
    if answer.out == raw or hostile.command[:1] == ("check",):
        return KEPT
    if not answer.out and not raw.replace(b"-", b"").strip():
        return EMPTIED
    return CHANGED if is_complete(raw, answer.out) else "loses something"


def is_complete(before: bytes, after: bytes) -> bool:
    """Whether the answer has all items of the input; for large ones, whether it is as long at least."""
    if len(before) > LARGEST_TO_READ or not before.startswith(LIST.encode()):
        return len(after) >= len(before)
    items = [item for item in entries(before) if item.get("kind") != "List"]
    return len(entries(before)) <= len(entries(after)) and all(identity(item) in named(after) for item in items)


def entries(raw: bytes) -> list[Any]:
    return [item if isinstance(item, dict) else {} for item in ResourceList(raw.decode()).entries]


def named(raw: bytes) -> list[str]:
    return [identity(item) for item in entries(raw)]


def identity(item: Any) -> str:
    return f"{item.get('kind')} {item.get('metadata', {}).get('name')}"


@pytest.mark.parametrize("hostile", [*FUNCTION, *FILES], ids=lambda hostile: hostile.name.replace(" ", "-"))
def test_hostile_input_is_answered_or_refused_in_words_within_bounds(hostile: Hostile, tmp_path: Path) -> None:
    raw, answer = answer_to(hostile, tmp_path)

    assert answer.code in (0, 1, 2), answer.err[-2000:]
    assert "Traceback" not in answer.err
    assert outcome(raw, answer, hostile) in hostile.outcomes, answer.err[:500]
    assert hostile.words in answer.err + answer.out.decode()[-1_000_000:]
    if answer.code == 2:
        assert answer.err.startswith(("krm-fn: ", "Error: ")), "words, not a shrug"
        assert not answer.out
    assert len(answer.err) < max(LONGEST_MESSAGE, len(raw)), "more is said than was asked"


def test_full_sizes_are_not_smaller() -> None:
    assert all(hostile.size <= hostile.full for hostile in (*FUNCTION, *FILES))
