"""The mesh of a Pod: every order of precedence."""

from __future__ import annotations

import pytest

from krm_fn.kuma.mesh import mesh_of

M = "kuma.io/mesh"


@pytest.mark.parametrize(
    ("pod_label", "pod_annotation", "namespace_label", "namespace_annotation", "name", "source"),
    [
        ("a", "b", "c", "d", "a", "pod label"),
        (None, "b", "c", "d", "b", "pod annotation"),
        ("", "b", "c", "d", "b", "pod annotation"),
        (None, None, "c", "d", "c", "namespace label"),
        (None, "", "c", "d", "c", "namespace label"),
        (None, None, None, "d", "d", "namespace annotation"),
        (None, None, "", "d", "d", "namespace annotation"),
        (None, None, None, None, "standard", "default"),
        ("", "", "", "", "standard", "default"),
        ("standard", None, None, None, "standard", "pod label"),
    ],
)
def test_first_place_that_names_a_mesh(
    pod_label: str | None,
    pod_annotation: str | None,
    namespace_label: str | None,
    namespace_annotation: str | None,
    name: str,
    source: str,
) -> None:
    places = (pod_label, pod_annotation, namespace_label, namespace_annotation)
    pod_labels, pod_annotations, namespace_labels, namespace_annotations = (
        {} if value is None else {M: value} for value in places
    )
    choice = mesh_of(pod_labels, pod_annotations, namespace_labels, namespace_annotations, "standard")
    assert (choice.name, choice.source) == (name, source)
    assert choice.explicit is (source != "default")
    assert choice.deprecated is source.endswith("annotation")


def test_the_default_is_the_mesh_that_kuma_makes() -> None:
    assert mesh_of({}, {}, {}, {}).name == "default"
