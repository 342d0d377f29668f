"""The parser, with and without the libyaml binding: the stand-in package must not be missed, nor stay behind."""

from __future__ import annotations

import subprocess
import sys

import pytest

from krm_fn.yamltext import libyaml

READ = """
from krm_fn.yamltext import libyaml
from krm_fn.yamltext.read import read_documents
get = libyaml.events_of("a: [1, *x]")
print(type(get()).__name__, type(get()).__name__)
try:
    libyaml.events_of("a: [")
    get = libyaml.events_of("a: [")
    for _ in range(9): get()
except libyaml.YAMLError as error:
    print(type(error).__name__)
import sys
import yaml
print(yaml.safe_load("a: 1"), "yaml.scanner" in sys.modules)
"""
BEFORE = {
    "the stand-in": "",
    "the package was imported before": "import yaml\n",
    "no binding": """
import sys
class Nothing:
    def find_spec(self, name, path=None, target=None):
        if name == "yaml._yaml":
            raise ImportError(name)
sys.meta_path.insert(0, Nothing())
""",
}


@pytest.mark.parametrize("before", BEFORE.values(), ids=BEFORE.keys())
def test_every_way_to_a_parser_reads_the_same(before: str) -> None:
    """In a process of its own, for the way is chosen at the import."""
    done = subprocess.run(
        [sys.executable, "-c", before + READ], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == ["StreamStartEvent DocumentStartEvent", "ParserError", "{'a': 1} True"]


def test_without_pyyaml_the_words_say_so() -> None:
    code = "import sys\nsys.modules['yaml'] = None\nimport krm_fn.yamltext.libyaml"
    done = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode != 0


def test_events_come_one_by_one() -> None:
    get = libyaml.events_of("a: 1")
    assert [type(get()) for _ in range(3)] == [
        libyaml.StreamStartEvent,
        libyaml.DocumentStartEvent,
        libyaml.MappingStartEvent,
    ]
    assert get().value == "a"


@pytest.mark.parametrize("text", ["a: [", "\t", "a: *x: y", "%YAML 9.9\n---\n"])
def test_errors_are_of_one_class(text: str) -> None:
    get = libyaml.events_of(text)
    with pytest.raises(libyaml.YAMLError):
        list(iter(get, None))
