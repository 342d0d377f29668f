"""README and docs: links lead somewhere, commands exist, YAML is right, and what is shown is what the demo prints."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import click
import pytest
import yaml

from krm_fn.commands import cli
from krm_fn.config.load import load, schema_text
from krm_fn.config.meshsetup import MeshSetup
from krm_fn.function import transform
from krm_fn.gateways.catalog import catalog, products_by_id
from krm_fn.kuma.versions import VERSIONS
from tests.docs.blocks import PAGES, SHELL, Block, all_blocks, blocks_of, prose_of, read

ROOT = Path(__file__).resolve().parent.parent
DEMO = ROOT / "fixtures" / "demo"
README = Path("README.md")
SCHEMA: dict[str, Any] = yaml.safe_load(schema_text())


# --- Links ------------------------------------------------------------------------------------------------------------


def anchors_of(path: Path) -> set[str]:
    """The anchors that GitHub makes of headings."""
    headings = re.findall(r"(?m)^#+ (.+)$", re.sub(r"(?ms)^```.*?^```$", "", path.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_relative_links_lead_somewhere(page: Path) -> None:
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", prose_of(page)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (ROOT / page).parent / path if path else ROOT / page
        if not file.exists() or (anchor and anchor not in anchors_of(file)):
            broken.append(target)
    assert broken == []


def test_every_page_of_docs_can_be_reached_from_the_readme() -> None:
    reached, waiting = set(), [ROOT / README]
    while waiting:
        page = waiting.pop()
        if page in reached or not page.exists():
            continue
        reached.add(page)
        for target in re.findall(r"\]\(([^)#\s]+\.md)", page.read_text(encoding="utf-8")):
            if "://" not in target:
                waiting.append((page.parent / target).resolve())
    assert [str(page) for page in PAGES if ROOT / page not in reached and page.parts[:2] != ("docs", "decisions")] == []


@pytest.mark.parametrize("page", ["functionconfig", "results", "injection", "service-upstream", "dataplanes"])
def test_the_readme_links_the_references(page: str) -> None:
    assert f"](docs/{page}.md)" in read(README)


# --- Commands ---------------------------------------------------------------------------------------------------------


def code_of(page: Path) -> Iterator[str]:
    """What a page shows as something to type: shell blocks line by line, and inline code."""
    for block in blocks_of(page):
        if block.language in SHELL:
            yield from (line.removeprefix("$ ") for line in block.text.replace("\\\n", " ").splitlines())
        if page.name == "commands.md":  # the examples in the help of each command
            yield from map(str.strip, block.text.splitlines())
    yield from re.findall(r"`([^`\n]+)`", prose_of(page))


def command_of(words: list[str]) -> click.Command | None:
    """The command that words name, also one below another."""
    command: click.Command | None = cli
    for word in words:
        if not isinstance(command, click.Group):
            break
        command = command.get_command(click.Context(command), word)
    return command


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_commands_and_their_options_exist(page: Path) -> None:
    unknown = []
    for code in code_of(page):
        for words, rest in re.findall(r"(?:^|[|;&] *)krm-fn +([a-z][a-z-]*(?: [a-z]+)?)(?![\w./-])([^|;]*)", code):
            command = command_of(words.split())
            options = {opt for param in command.params for opt in param.opts} if command else set()
            used = set(re.findall(r"(?<= )(?:--[a-z-]+|-[a-zA-Z](?= |$))", rest))
            if command is None or not used <= options | {"--help", "-h"}:
                unknown.append(code)
    assert unknown == []


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_make_targets_exist(page: Path) -> None:
    targets = set(re.findall(r"(?m)^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8")))
    asked = [found for code in code_of(page) for found in re.findall(r"^make ([a-z]+)\b", code)]
    assert set(asked) <= targets


def test_programs_of_the_project_that_are_named_exist() -> None:
    named = {path for page in PAGES for code in code_of(page) for path in re.findall(r"\b(?:bench|docs)/\w+\.py", code)}
    assert [path for path in named if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_directories_in_shell_commands_exist(page: Path) -> None:
    shell = [block.text for block in blocks_of(page) if block.language in SHELL]
    named = {path for text in shell for path in re.findall(r"(?<![\w/])fixtures/[\w/.-]+", text)}
    assert [path for path in named if not (ROOT / path).exists()] == []


# --- YAML -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("block", all_blocks("yaml"), ids=str)
def test_yaml_parses(block: Block) -> None:
    assert [document for document in yaml.safe_load_all(block.text) if document is not None]


def function_configs() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every functionConfig that a reader could copy: in pages, examples and the demo."""
    for block in all_blocks("yaml"):
        with contextlib.suppress(yaml.YAMLError):  # test_yaml_parses tells of it
            yield from ((str(block), document) for document in configs_in(block.text))
    files = [*DEMO.rglob("*.yaml"), *(ROOT / "fixtures/examples").rglob("*.yaml"), ROOT / "kustomization.example.yaml"]
    for file in files:
        for document in configs_in(file.read_text(encoding="utf-8")):
            yield str(file.relative_to(ROOT)), document


def configs_in(text: str) -> Iterator[dict[str, Any]]:
    for document in yaml.safe_load_all(text):
        if not isinstance(document, dict):
            continue
        if document.get("kind") == "MeshSetup":
            yield document
        for inner in document.get("transformers", ()):
            if "\n" in inner:
                yield from configs_in(inner)


CONFIGS = list(function_configs())


def test_there_are_function_configs_to_check() -> None:
    places = [place for place, _ in CONFIGS]
    assert any(place.startswith("README.md") for place in places)
    assert "fixtures/demo/package/mesh-setup.yaml" in places
    assert "kustomization.example.yaml" in places


@pytest.mark.parametrize(("place", "config"), CONFIGS, ids=[place for place, _ in CONFIGS])
def test_function_configs_are_valid(place: str, config: dict[str, Any]) -> None:
    found = load(config, tuple(products_by_id()))
    assert isinstance(found, MeshSetup), f"{place}: {found}"


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_settings_that_are_named_exist(page: Path) -> None:
    """`spec.a.b` in a page, if `a` is a setting of ours: other resources have a spec too."""
    unknown = []
    for path in re.findall(r"`spec\.([A-Za-z.]+)(?:\[\])?(?:: [^`]*)?`", prose_of(page)):
        here, known = SCHEMA["properties"]["spec"], True
        steps = path.split(".")
        if steps[0] not in here["properties"]:
            continue
        for step in steps:
            fields = {**here.get("properties", {}), **here.get("items", {}).get("properties", {})}
            known = known and step in fields
            here = fields.get(step, {})
        if not known and not here.get("additionalProperties"):
            unknown.append(path)
    assert unknown == []


# --- What the demo prints ---------------------------------------------------------------------------------------------


class Printed(NamedTuple):
    """What `make demo` prints: the hunks of each file, and what the function said."""

    files: dict[str, list[str]]
    said: list[str]


def hunks_by_file(diff: str) -> dict[str, list[str]]:
    files = {}
    for part in re.split(r"(?m)^(?=--- )", diff):
        head, *hunks = re.split(r"(?m)^(?=@@ )", part)
        if hunks:
            files[head] = [hunk.rstrip("\n") for hunk in hunks]
    return files


@pytest.fixture(scope="module")
def printed() -> Printed:
    done = subprocess.run(
        [sys.executable, DEMO / "run"], capture_output=True, text=True, encoding="utf-8", check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    diff, _, rest = done.stdout.partition("\n\n")
    said = [line for line in rest.splitlines() if line.startswith("krm-fn:")]
    return Printed(hunks_by_file(diff), said)


def test_the_demo_changes_files_of_the_package_and_adds_its_own(printed: Printed) -> None:
    for head in printed.files:
        before, after = re.findall(r"(?m)^(?:---|\+\+\+) (\S+)", head)
        path = after.removeprefix("b/")
        assert path.startswith("krm-fn/") if before == "/dev/null" else (DEMO / "package" / path).is_file(), head


def test_the_demo_keeps_comments(printed: Printed) -> None:
    removed = [
        line for hunks in printed.files.values() for hunk in hunks for line in hunk.splitlines() if line[0] == "-"
    ]
    assert removed == []


@pytest.mark.parametrize("block", all_blocks("diff"), ids=str)
def test_diffs_are_what_the_demo_prints(block: Block, printed: Printed) -> None:
    shown = hunks_by_file(block.text)
    assert shown
    for head, hunks in shown.items():
        assert head in printed.files
        assert [hunk for hunk in hunks if hunk not in printed.files[head]] == []


def test_the_readme_shows_a_diff_and_a_report(printed: Printed) -> None:
    assert [block for block in blocks_of(README) if block.language == "diff"]
    [report] = [block.text for block in blocks_of(README) if block.text.startswith("krm-fn: ")]
    assert report.splitlines() == printed.said


# --- Statements -------------------------------------------------------------------------------------------------------


def rows(page: str, heading: str) -> list[list[str]]:
    """The cells of the table under a heading."""
    section = read(Path(page)).partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_how_many_products_the_readme_promises() -> None:
    assert "[more than thirty](docs/gateways/README.md)" in read(README)
    assert len(catalog()) > 30


def test_the_table_of_versions() -> None:
    assert rows("README.md", "Versions") == [[name, version.release] for name, version in VERSIONS.items()]


@pytest.mark.parametrize(
    ("destination", "hostname", "port"),
    [row for row in rows("docs/external-names.md", "Destinations") if "as given" not in row],
)
def test_the_table_of_hostnames(destination: str, hostname: str, port: str) -> None:
    setting = destination.partition("`")[2].partition("`")[0]
    text = (
        "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nfunctionConfig:\n  apiVersion: fn.kuma.io/v1alpha1\n"
        "  kind: MeshSetup\n  spec:\n    externalNames:\n    - name: a\n      namespace: b\n"
        f"      {setting}\nitems: []\n"
    )
    [service] = yaml.safe_load(transform(text).text)["items"]
    assert f"`{service['spec']['externalName']}`" == hostname
    assert [entry["port"] for entry in service["spec"]["ports"]] == [int(port)]


BROKEN = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nfunctionConfig: {kind: Nonsense}\nitems: []\n"


@pytest.mark.parametrize(
    ("stdin", "code"), [(BROKEN.replace("{kind: Nonsense}", "null"), 0), (BROKEN, 1), ("a: [", 2), ("", 2)]
)
def test_the_table_of_exit_codes(stdin: str, code: int) -> None:
    done = subprocess.run([sys.executable, "-m", "krm_fn"], input=stdin, capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert str(code) in [row[0] for row in rows("README.md", "Results and exit codes")]
