"""krm_fn.files.unified: diffs that `git apply` and `patch` turn into the very files."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from krm_fn.files import unified as module
from krm_fn.files.unified import unified


def text(*lines: str) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def test_a_changed_line_with_its_context() -> None:
    before = text(*"abcdefgh")
    after = before.replace(b"e\n", b"E\nF\n")
    assert b"".join(unified("x.yaml", before, after)).decode() == (
        "--- a/x.yaml\n+++ b/x.yaml\n@@ -2,7 +2,8 @@\n b\n c\n d\n-e\n+E\n+F\n f\n g\n h\n"
    )


@pytest.mark.parametrize(
    ("before", "after", "diff"),
    [
        (b"a\n", b"a\n", ""),
        (b"", b"", ""),
        (None, b"a\nb\n", "--- /dev/null\n+++ b/x\n@@ -0,0 +1,2 @@\n+a\n+b\n"),
        (b"a\n", None, "--- a/x\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n"),
        (b"a", b"b\n", "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n"),
        (b"a\n", b"b", "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n\\ No newline at end of file\n"),
        (b"a\r\n", b"b\r\n", "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\r\n+b\r\n"),
        (b"a\x0cb\n", b"a\x0cc\n", "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\x0cb\n+a\x0cc\n"),
    ],
)
def test_small_ones(before: bytes | None, after: bytes | None, diff: str) -> None:
    assert b"".join(unified("x", before, after)).decode() == diff


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("a b.yaml", b"--- a/a b.yaml\t\n"),
        ("é.yaml", "--- a/é.yaml\n".encode()),
        ("tab\t.yaml", b'--- "a/tab\\t.yaml"\n'),
        ("new\nline.yaml", b'--- "a/new\\nline.yaml"\n'),
        ('"q"\\.yaml', b'--- "a/\\"q\\"\\\\.yaml"\n'),
        ("\x1b[31m.yaml", b'--- "a/\\033[31m.yaml"\n'),
        ("\udcff.yaml", b"--- a/\xff.yaml\n"),
    ],
)
def test_names(name: str, header: bytes) -> None:
    assert unified(name, b"a\n", b"b\n")[0] == header


def test_changes_far_apart_are_hunks_of_their_own() -> None:
    before = text(*(f"line {i}" for i in range(40)))
    after = before.replace(b"line 3\n", b"x\n").replace(b"line 9\n", b"y\n").replace(b"line 30\n", b"")
    hunks = [line for line in unified("x", before, after) if line.startswith(b"@@")]
    assert hunks == [b"@@ -1,13 +1,13 @@\n", b"@@ -28,7 +28,6 @@\n"]


def test_a_document_is_compared_with_what_it_was() -> None:
    document = text("---", "kind: Deployment", "metadata:", "  name: N", "spec:", "  template: {}")
    before = b"".join(document.replace(b"N", f"n{i}".encode()) for i in range(200))
    after = before.replace(b"spec:\n", b"  labels: {}\nspec:\n")
    changed = [line for line in unified("x", before, after)[2:] if line[:1] in (b"-", b"+")]
    assert changed == [b"+  labels: {}\n"] * 200


def test_a_long_document_has_short_differences_too() -> None:
    before = text(*(f"- name: n{i // 3}" if i % 3 == 0 else "  value: same" for i in range(6000)))
    after = before.replace(b"n700\n", b"n700\n  more: 1\n").replace(b"n1500\n", b"other\n")
    changed = [line for line in unified("x", before, after)[2:] if line[:1] in (b"-", b"+")]
    assert changed == [b"+  more: 1\n", b"-- name: n1500\n", b"+- name: other\n"]


def applied(program: list[str], root: Path, names: list[str], befores: list[bytes | None], diff: bytes) -> None:
    for name, before in zip(names, befores, strict=True):
        if before is not None:
            (root / name).write_bytes(before)
    done = subprocess.run(program, cwd=root, input=diff, capture_output=True, check=False)
    assert done.returncode == 0, (done.stderr, diff)


CASES: list[tuple[bytes | None, bytes | None]] = [
    (text(*"abcdefgh"), text(*"abXdefgh")),
    (b"a\nb", b"a\nc"),
    (b"a\nb", b"a\nb\n"),
    (b"a\nb\n", b"a\nb"),
    (b"a: 1\r\nb: 2\r\n", b"a: 1\r\nx: 1\r\nb: 2\r\n"),
    (b"\xef\xbb\xbfa: 1\n", b"\xef\xbb\xbfa: 2\n"),
    (None, b"a: 1\n"),
    (None, b"a: 1"),
    (b"a: 1\n", None),
    (b"a: 1", None),
    (b"--- a\n+++ b\n-- c\n", b"--- a\n++ b\n-- c\n-- d\n"),
]


@pytest.mark.parametrize("program", [["git", "apply"], ["patch", "-p1", "--binary", "-s"]], ids=["git", "patch"])
@pytest.mark.parametrize("name", ["x.yaml", "a b.yaml", "é.yaml", "\udcff.yaml", 'q"\t.yaml'])
def test_they_apply(tmp_path: Path, program: list[str], name: str) -> None:
    if shutil.which(program[0]) is None:
        pytest.skip(f"{program[0]} is not here")
    names = [f"{number}{name}" for number in range(len(CASES))]
    diff = b"".join(b"".join(unified(n, *case)) for n, case in zip(names, CASES, strict=True))
    applied(program, tmp_path, names, [before for before, _ in CASES], diff)
    for each, (_, after) in zip(names, CASES, strict=True):
        path = tmp_path / each
        assert (path.read_bytes() if path.exists() else None) == after


def rebuilt(before: bytes, diff: list[bytes]) -> bytes:
    """What a diff makes of a text: each hunk at the very lines that it names."""
    old = module._lines(before)
    new: list[bytes] = []
    position = 0
    for line in b"".join(diff[2:]).replace(module.NO_NEWLINE, b"").split(b"\n")[:-1] if diff else []:
        if line.startswith(b"@@"):
            start, _, number = line.split(b" ")[1][1:].partition(b",")
            here = int(start) - (0 if number == b"0" else 1)
            new += old[position:here]
            position = here
        else:
            if line[:1] in b" -":
                assert old[position].rstrip(b"\n") == line[1:]
                position += 1
            if line[:1] in b" +":
                new.append(line[1:] + b"\n")
    return b"".join(new + old[position:])


LINES = st.lists(st.sampled_from(["---", "a", "b", "c", "- d", "+ e", "--- f"]), max_size=30)


@settings(max_examples=200, deadline=None)
@given(LINES, LINES, st.integers(0, 3))
def test_every_diff_makes_the_new_text_of_the_old(old: list[str], new: list[str], size: int) -> None:
    before, after = text(*old), text(*new)
    many, too_many = module.MANY_LINES, module.TOO_MANY_LINES
    try:
        module.MANY_LINES, module.TOO_MANY_LINES = [(many, too_many), (0, too_many), (4, 6), (0, 0)][size]
        diff = unified("x", before, after)
    finally:
        module.MANY_LINES, module.TOO_MANY_LINES = many, too_many
    assert bool(diff) is (before != after)
    assert rebuilt(before, diff) == after
