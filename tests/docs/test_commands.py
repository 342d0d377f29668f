"""Each block of commands in the documentation does what its page says.

Blocks with clients (kustomize, kubectl, kpt) run in tests/e2e/test_docs.py. A block that runs nowhere says why, in a
comment above it: ``<!-- not run: needs a cluster -->``. ``<!-- run in: DIRECTORY -->`` and ``<!-- exit code: 1 -->``
tell what is unusual about others.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.blocks import ROOT, SHELL, Block, all_blocks, blocks_of
from tests.docs.running import environ, make_place, needs, needs_image, run, same

BLOCKS = all_blocks(*SHELL)
HERE = [block for block in BLOCKS if "not run" not in block.remarks and not needs(block)]
WORTHLESS = ("", "todo", "later", "slow")


@pytest.mark.parametrize("page", sorted({block.page for block in HERE}), ids=str)
def test_commands_do_what_the_page_says(page: Path, tmp_path: Path) -> None:
    run((block for block in HERE if block.page == page), make_place(tmp_path / "place"), environ())


def examples() -> list[str]:
    """What the help of the commands shows, without what needs other programs."""
    lines = [line.strip() for block in blocks_of(Path("docs/commands.md")) for line in block.text.splitlines()]
    found = [line for line in lines if re.match(r"(?:cd \S+ && (?:\w+=\w+ )?)?krm-fn [a-z]", line)]
    return [line for line in found if not needs(block(line)) and not re.search(r"\| (?:jq|dot|kpt) ", line)]


def test_examples_in_the_help_of_commands_work(tmp_path: Path) -> None:
    found = examples()
    assert len(found) > 20
    place = make_place(tmp_path / "place")
    for line in found:
        changes = line.startswith("krm-fn diff") and "|" not in line
        remarks = {"exit code": "1" if changes else "0"}
        if re.fullmatch(r"krm-fn init|krm-fn init .* \.", line):
            remarks["run in"] = "overlays/prod"  # where there is no functionConfig yet
        run([block(line + "\n")._replace(page=Path("docs/commands.md"), remarks=remarks)], place, environ())


def test_blocks_that_run_nowhere_say_why() -> None:
    silent = [block for block in BLOCKS if block.remarks.get("not run", "fine").strip().lower() in WORTHLESS]
    assert silent == []


def test_remarks_stand_above_commands_only() -> None:
    assert [str(block) for block in all_blocks("yaml", "text", "diff", "python") if block.remarks] == []


def test_the_page_of_the_commands_is_their_help() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "docs" / "generate_commands.py", "--check"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def block(text: str, language: str = "sh") -> Block:
    return Block(Path("page.md"), 1, language, text, {})


@pytest.mark.parametrize(
    ("text", "clients"),
    [
        ("krm-fn check apps/\n", set()),
        ("krm-fn install-kustomize-plugin\n", set()),
        ("cp -r kustomize a\n", set()),
        ("kustomize build . | krm-fn check -\n", {"kustomize"}),
        ("krm-fn render --kustomize overlays/prod\n", {"kustomize"}),
        ("krm-fn render -k overlays/prod\n", {"kustomize"}),
        ("krm-fn render . | kubectl apply -f -\n", {"kubectl"}),
        ("kpt fn source A | krm-fn | kpt fn sink B\n", {"kpt"}),
    ],
)
def test_which_clients_a_block_needs(text: str, clients: set[str]) -> None:
    assert needs(block(text)) == clients


@pytest.mark.parametrize(
    ("text", "image"),
    [
        ("kpt fn render PACKAGE\n", True),
        ("kpt fn render PACKAGE --allow-exec\n", False),
        ("kpt fn eval PACKAGE --exec krm-fn\n", False),
        ("kpt fn doc --image localhost/krm-fn:latest\n", True),
    ],
)
def test_which_blocks_need_the_image(text: str, image: bool) -> None:
    assert needs_image(block(text)) is image


@pytest.mark.parametrize(
    ("printed", "shown", "equal"),
    [
        ("a\nb\n", "a\nb\n", True),
        ("a\nb", "a\nb\n", True),
        ("a\nx\ny\nb\n", "a\n...\nb\n", True),
        ("a\nb\n", "a\n  ...\nb\n", True),
        ("a\nb\nc\n", "a\nb\n", False),
        ("a\n", "a\nb\n", False),
        ("a.c\n", "abc\n", False),
        ("abc\n", "a.c\n", False),
    ],
)
def test_output_is_compared(printed: str, shown: str, equal: bool) -> None:
    assert same(printed, shown) is equal


def test_a_wrong_exit_code_or_output_is_found(tmp_path: Path) -> None:
    wrong = [
        block("false\n"),
        block("false | true\n"),
        block("$ echo a\nb\n", "console"),
        block("true\n")._replace(remarks={"exit code": "1"}),
        block("echo a\n")._replace(output="b\n"),
    ]
    for each in wrong:
        with pytest.raises(AssertionError):
            run([each], tmp_path, environ())
    run(
        [block("$ echo a\na\n$ echo b >&2\nb\n", "console"), block("echo a\n")._replace(output="a\n")],
        tmp_path,
        environ(),
    )
