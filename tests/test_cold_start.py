"""The function is started anew for every build: modules that cost more than the work must stay away.

Of PyYAML only what libyaml's events need is loaded (``krm_fn.yamltext.libyaml``): the rest, with the standard library's
modules that it draws in, costs more than a run on a small package.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
HEAVY = (
    "argparse",
    "click",
    "collections",
    "dataclasses",
    "datetime",
    "decimal",
    "difflib",
    "enum",
    "functools",
    "importlib.resources",
    "inspect",
    "ipaddress",
    "json",
    "jsonschema",
    "logging",
    "pathlib",
    "re",
    "ruamel",
    "ruamel.yaml",
    "subprocess",
    "tempfile",
    "typing",
    "yaml.constructor",
    "yaml.loader",
)
PROGRAM = """
import sys
before = set(sys.modules)
from krm_fn.cli import run
code = run([])
sys.stdout.flush()
sys.stderr.write("\\nLOADED " + " ".join(sorted(set(sys.modules) - before)))
sys.exit(code)
"""


def _loaded(text: bytes, program: str = PROGRAM) -> tuple[int, set[str]]:
    """Run the function without site packages' start-up files, and tell what it loaded."""
    site = [path for path in sys.path if path]
    start = f"import sys; sys.path[:0] = {json.dumps([str(ROOT), *site])}\n"
    done = subprocess.run(
        [sys.executable, "-S", "-E", "-c", start + program], input=text, capture_output=True, check=False, timeout=60
    )
    modules = done.stderr.decode().rpartition("LOADED ")[2].split()
    assert modules, done.stderr.decode()
    return done.returncode, set(modules)


@pytest.fixture(scope="module")
def quickstart() -> bytes:
    return (ROOT / "bench" / "quickstart.yaml").read_bytes()


def test_a_run_loads_nothing_heavy(quickstart: bytes) -> None:
    code, loaded = _loaded(quickstart)
    assert code == 0
    assert "krm_fn.yamltext.plain" in loaded
    assert sorted(loaded & set(HEAVY)) == []


def test_libyaml_is_loaded_where_a_text_is_not_plain(quickstart: bytes) -> None:
    _, loaded = _loaded(quickstart)
    assert not any(name.startswith("yaml") for name in loaded)
    flow = b"items:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n"
    code, loaded = _loaded(quickstart.replace(b"items:\n", flow))
    assert code == 0
    assert "yaml._yaml" in loaded
    assert sorted(loaded & set(HEAVY)) == []


def test_the_catalog_is_loaded_where_it_is_needed(quickstart: bytes) -> None:
    _, loaded = _loaded(quickstart)
    assert any(name.startswith("krm_fn.gateways") for name in loaded)


def test_commands_for_people_are_loaded_for_people_only(quickstart: bytes) -> None:
    _, loaded = _loaded(quickstart)
    assert "krm_fn.commands" not in loaded


def test_explanations_are_loaded_for_wrong_configurations_only(quickstart: bytes) -> None:
    _, loaded = _loaded(quickstart)
    assert "krm_fn.config.explain" not in loaded
    wrong = quickstart.replace(b"kind: MeshSetup", b"kind: MeshSetups")
    code, loaded = _loaded(wrong)
    assert code == 1
    assert "krm_fn.config.explain" in loaded
