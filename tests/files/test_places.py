"""krm_fn.files.places: file, line and column of what a result is about."""

from __future__ import annotations

from pathlib import Path

import pytest

from krm_fn.files.package import Package, read_package
from krm_fn.files.places import Place, Places, steps_of
from krm_fn.krm.outcome import error, field_path
from krm_fn.krm.resource import Item

TEXT = """\
# a comment
apiVersion: v1
kind: Service
metadata:
  name: a
---
apiVersion: v1
kind: Service
metadata:
  name: b
  annotations:
    a.b/c: "1"
spec:
  ports:
  - port: 80
  - {port: 81, name: x}
"""
LIST = "apiVersion: v1\nkind: List\nitems:\n- kind: Service\n  metadata:\n    name: m\n"


def item(package: Package, entry: int, *prefix: str | int) -> Item:
    data = package.entries[entry]
    for step in prefix:
        data = data[step]
    return Item(data, entry, prefix, "")


@pytest.mark.parametrize(
    ("field", "line", "column"),
    [
        ("", 7, 1),
        ("metadata.name", 10, 3),
        ("metadata.annotations[a.b/c]", 12, 5),
        ("spec.ports[0].port", 15, 5),
        ("spec.ports[1].name", 16, 16),
        ("spec.ports[7].name", 14, 3),  # not there: the nearest parent
        ("spec.selector.app", 13, 1),
        ("nothing", 7, 1),
        ("metadata.annotations[", 11, 3),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_fields(tmp_path: Path, field: str, line: int, column: int, newline: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(TEXT.replace("\n", newline).encode())
    package = read_package([str(path)])
    assert Places(package).of_field(item(package, 1), field) == Place(str(path), line, column)


def test_members_of_a_list(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(LIST)
    package = read_package([str(tmp_path)])
    place = Places(package).of_field(item(package, 0, "items", 0), "metadata.name")
    assert (place.line, place.column) == (6, 5)


def test_results(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(TEXT)
    package = read_package([str(tmp_path)])
    places = Places(package, "krm-fn.yaml")
    assert str(places.of(error("c", "m", item(package, 0), "metadata.name"))) == f"{tmp_path}/x.yaml:5"
    assert str(places.of(error("c", "m", None, "functionConfig.spec.zone"))) == "krm-fn.yaml"
    assert str(places.of(error("c", "m"))) == ""
    assert str(places.of(error("c", "m", Item({"kind": "Service"}, -1, (), "")))) == ""


@pytest.mark.parametrize(
    ("annotations", "name"),
    [
        ({}, "standard input:1"),
        ({"config.kubernetes.io/origin": "path: base/web.yaml\n"}, "base/web.yaml"),
        ({"config.kubernetes.io/origin": "repo: x\npath: 'a b.yaml'\n"}, "a b.yaml"),
        ({"config.kubernetes.io/origin": "configuredIn: x\n"}, "standard input:1"),
        ({"internal.config.kubernetes.io/path": "apps/web.yaml"}, "apps/web.yaml"),
    ],
)
def test_what_was_rendered_elsewhere_is_named_by_its_source(annotations: dict[str, str], name: str) -> None:
    notes = "".join(f"    {key}: {value!r}\n" for key, value in annotations.items()).replace("\\n", "\n\n")
    package = read_package(["-"], f"kind: X\nmetadata:\n  name: x\n  annotations:\n{notes}".encode())
    assert str(Places(package).of_field(item(package, 0), "")) == name


@pytest.mark.parametrize(
    "steps",
    [
        (),
        ("spec",),
        ("spec", "rules", 0, "host"),
        ("metadata", "labels", "kuma.io/mesh"),
        ("metadata", "annotations", "a.b/c", "d"),
        ("items", 12, 3),
    ],
)
def test_field_paths_are_read_as_they_are_written(steps: tuple[str | int, ...]) -> None:
    assert steps_of(field_path(*steps)) == steps
