"""The house rules: every result code is documented and shown by a fixture, every rule has fixtures, nothing leaks.

Codes are collected from the source: the first argument of whatever makes a result. A constant is resolved by importing
the module that uses it; an argument that is only known at run time must be listed in INDIRECT, with where its codes
come from, so that a new way of making results cannot slip by unseen.
"""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

import krm_fn.rules
from krm_fn.config.problem import CODES as CONFIG_CODES
from krm_fn.yamltext.read import read_documents
from krm_fn.yamltext.scalars import KYAML

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "krm_fn"
FIXTURES = ROOT / "fixtures"
DOCUMENT = ROOT / "docs" / "results.md"

MAKERS = {"error", "warning", "info", "Result", "say"}
KUMA_MAKERS = {"Reason", "Refusal", "Remark"}
CHECKING = [PACKAGE / "commands" / "findings.py", PACKAGE / "suppressions.py"]  # what only `krm-fn check` says
SPEAKING = [
    PACKAGE / "function.py",
    PACKAGE / "krm" / "generated.py",
    *sorted((PACKAGE / "rules").glob("*.py")),
    *CHECKING,
]

INDIRECT = {
    "problem.code": "krm_fn.config.problem.CODES",
    "decision.code": "krm_fn.kuma.injection: reasons",
    "INVALID_LABEL.code": "krm_fn.kuma.injection: reasons",
    "refusal.code": "krm_fn.kuma.injection: refusals",
    "refused.code": "krm_fn.kuma.injection: refusals",
    "clash.code": "krm_fn.kuma.injection: refusals",
    "remark.code": "krm_fn.kuma: remarks",
    "code": "a constant of the same module, see CHOSEN",
    "event": "an event of Kuma's converter, see CHOSEN",
}
"""First arguments that are only known at run time, as they are written, and where their codes come from."""

CHOSEN = {
    "GATEWAY_TAGS_UNREADABLE",
    "INJECTION_ON_WORKLOAD",
    "DNS_ORDER",
    "HELPER_INJECTED",
    "LISTENERS_SKIPPED",
    "MESH_ON_WORKLOAD",
    "MESH_SERVICE_ELSEWHERE",
    "NO_MESH_SERVICE",
    "START_ORDER",
    "SWITCH_ELSEWHERE",
    "SWITCH_NONE",
}
"""Constants that reach a result through a variable."""

NEVER_SAID = {
    "mesh-missing": "the same is said as mesh-not-found, with advice",
    "init-container-with-sidecar-uid": "the same is said as init-container-sidecar-uid",
}
"""Codes of helpers in krm_fn.kuma that no rule hands on."""

WITHOUT_FIXTURE = {
    "not-applied": "only the command check says it: tests/commands/test_check.py",
    "suppression-without-reason": "only the command check says it: tests/commands/test_check.py",
    "unused-suppression": "only the command check says it: tests/commands/test_check.py",
}
"""Codes that no fixture can show, with the reason."""


# --- Result codes -----------------------------------------------------------------------------------------------------
def _module(path: Path) -> Any:
    return importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))


def _makes_results(function: ast.expr) -> bool:
    if isinstance(function, ast.IfExp):  # (warning if serious else info)(CODE, ...)
        return _makes_results(function.body) and _makes_results(function.orelse)
    return isinstance(function, ast.Name) and function.id in MAKERS


def _first_arguments(path: Path) -> list[ast.expr]:
    tree = ast.parse(path.read_text())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _makes_results(node.func)]
    return [call.args[0] for call in calls if call.args]


def _codes_of(path: Path) -> set[str]:
    found = set()
    for argument in _first_arguments(path):
        if isinstance(argument, ast.Constant):
            found.add(str(argument.value))
        elif isinstance(argument, ast.Name) and argument.id.isupper():
            found.add(getattr(_module(path), argument.id))
        else:
            assert ast.unparse(argument) in INDIRECT, f"{path.name}:{argument.lineno}: list it in INDIRECT"
    return found


def _chosen() -> set[str]:
    """The constants that reach a result through a variable."""
    values = set()
    for path in SPEAKING:
        module = _module(path)
        values |= {getattr(module, name) for name in CHOSEN if isinstance(getattr(module, name, None), str)}
    return values


def _kuma_codes() -> set[str]:
    """The codes of reasons, refusals and remarks of the injector."""
    trees = [ast.parse(path.read_text()) for path in sorted((PACKAGE / "kuma").glob("*.py"))]
    return {
        str(node.args[0].value)
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in KUMA_MAKERS
        and node.args
        and isinstance(node.args[0], ast.Constant)
    }


def all_codes() -> set[str]:
    """Every code that a run can report."""
    said = set().union(*(_codes_of(path) for path in SPEAKING))
    return (said | _chosen() | _kuma_codes() | set(CONFIG_CODES)) - NEVER_SAID.keys()


def _headings() -> list[str]:
    return re.findall(r"^### (.+)$", DOCUMENT.read_text(), re.MULTILINE)


def test_collecting_finds_codes_of_every_source() -> None:
    codes = all_codes()
    known = {"gateway-value", "name-taken", "cannot-edit", "config-wrong-type", "already-injected", "dataplane-failed"}
    assert known <= codes
    assert len(codes) > 60


def test_every_exception_is_still_one() -> None:
    written = {ast.unparse(argument) for path in SPEAKING for argument in _first_arguments(path)}
    assert sorted(INDIRECT.keys() - written) == []
    found = {name for path in SPEAKING for name in CHOSEN if hasattr(_module(path), name)}
    assert sorted(CHOSEN - found) == []
    assert sorted(NEVER_SAID.keys() - _kuma_codes()) == []


def test_codes_are_kebab_case() -> None:
    assert [code for code in sorted(all_codes()) if not re.fullmatch(r"[a-z]+(-[a-z0-9]+)*", code)] == []


def test_every_code_has_a_paragraph() -> None:
    assert sorted(all_codes() - set(_headings())) == []


def test_every_paragraph_has_a_code() -> None:
    assert sorted(set(_headings()) - all_codes()) == []


def test_no_paragraph_stands_twice_or_is_empty() -> None:
    headings = _headings()
    assert sorted(headings) == sorted(set(headings))
    for section in re.split(r"^### ", DOCUMENT.read_text(), flags=re.MULTILINE)[1:]:
        heading, _, text = section.partition("\n")
        assert len(text.partition("\n## ")[0].split()) >= 10, f"{heading} explains too little"


def test_every_code_is_shown_by_a_fixture() -> None:
    shown = {code for output in FIXTURES.rglob("output.yaml") for code in _reported(output)}
    assert sorted(all_codes() - shown - WITHOUT_FIXTURE.keys()) == []
    assert sorted(WITHOUT_FIXTURE.keys() & shown) == [], "take it out of WITHOUT_FIXTURE"


def test_fixtures_show_known_codes_only() -> None:
    codes = all_codes()
    for output in FIXTURES.rglob("output.yaml"):
        assert sorted(_reported(output) - codes) == [], output


def _reported(output: Path) -> set[str]:
    results = read_documents(output.read_text(encoding="utf-8-sig"), KYAML)[0].data.get("results") or []
    entries = results["items"] if isinstance(results, dict) else results
    ours = [entry for entry in entries if entry.get("tags", {}).get("function") == "krm-fn"]
    for entry in ours:
        assert entry["message"].endswith(f"[{entry['tags']['code']}]"), "kpt shows the message only"
    return {entry["tags"]["code"] for entry in ours}


# --- Fixtures ---------------------------------------------------------------------------------------------------------
AREAS = {
    "injection": "injection",
    "gateways": "gateways",
    "service_upstream": "service-upstream",
    "dataplanes": "dataplanes",
    "external_names": "external-names",
    "checks": "checks",
    "applied": "injection/mark-applied",
    "pristine": "manual",
}


@pytest.mark.parametrize("rule", krm_fn.rules.RULES, ids=lambda rule: rule.__name__)
def test_every_rule_has_fixtures(rule: Any) -> None:
    area = FIXTURES / AREAS.get(rule.__name__, rule.__name__.replace("_", "-"))
    assert list(area.rglob("input.yaml")), f"fixtures for {rule.__name__} belong into {area.relative_to(ROOT)}"


def test_most_products_with_an_annotation_have_fixtures() -> None:
    from krm_fn.gateways.catalog import catalog

    annotated = {p.id for p in catalog() if any(s.how == "annotation" and s.purpose == "upstream" for s in p.switches)}
    assert sorted(id for id in annotated if not list((FIXTURES / "products" / id).rglob("input.yaml"))) == []


def test_every_fixture_says_what_it_shows() -> None:
    silent = []
    for path in FIXTURES.rglob("input.yaml"):
        text = path.read_text(encoding="utf-8-sig")
        if not text.startswith("# ") and not text.startswith("{"):  # JSON has no comments
            silent.append(path.relative_to(FIXTURES))
    assert silent == []


def test_no_two_fixtures_are_the_same() -> None:
    seen: dict[str, Path] = {}
    for path in sorted(FIXTURES.rglob("input.yaml")):
        body = "\n".join(line for line in path.read_text().splitlines() if not line.startswith("#"))
        assert body not in seen, f"{path} repeats {seen[body]}"
        seen[body] = path


# --- What must not be in the repository -------------------------------------------------------------------------------
LOCAL = re.compile(
    r"(?<![\w.~-])/(?:work|home(?!/argocd)|root|Users|private)/\w|\bC:\\\\Users|pkg\.dev/.*/pypi|/artifactory/"
)


def _tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("no git checkout")
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def test_no_path_of_one_machine_is_written_down() -> None:
    found = []
    for path in _tracked():
        if path == Path(__file__).resolve():
            continue
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(ROOT)}: {match.group()}" for match in LOCAL.finditer(text)]
    assert found == []
