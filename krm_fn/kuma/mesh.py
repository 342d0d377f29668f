"""The mesh of a Pod: which of the places that may name one does, and whether any did.

Follows pkg/plugins/runtime/k8s/util/util.go (MeshOfByLabelOrAnnotation) of Kuma 2.14.3. Annotations are deprecated but
still read, each after the label of the same object.
"""

from __future__ import annotations

from krm_fn.kuma.names import KUMA_MESH
from krm_fn.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

POD_LABEL = "pod label"
POD_ANNOTATION = "pod annotation"
NAMESPACE_LABEL = "namespace label"
NAMESPACE_ANNOTATION = "namespace annotation"
DEFAULT = "default"
SOURCES = (POD_LABEL, POD_ANNOTATION, NAMESPACE_LABEL, NAMESPACE_ANNOTATION)
DEPRECATED_SOURCES = (POD_ANNOTATION, NAMESPACE_ANNOTATION)


class MeshChoice(Record):
    """A mesh by name, and where the name comes from: one of SOURCES, or DEFAULT."""

    name: str
    source: str = DEFAULT

    @property
    def explicit(self) -> bool:
        """Whether Pod or Namespace name the mesh; falling back to the default does not count."""
        return self.source != DEFAULT

    @property
    def deprecated(self) -> bool:
        """Whether an annotation names the mesh, where Kuma wants a label."""
        return self.source in DEPRECATED_SOURCES


def mesh_of(
    pod_labels: Mapping[str, str],
    pod_annotations: Mapping[str, str],
    namespace_labels: Mapping[str, str],
    namespace_annotations: Mapping[str, str],
    default: str = "default",
) -> MeshChoice:
    """Return the first mesh that is named; an empty string names none."""
    places = (pod_labels, pod_annotations, namespace_labels, namespace_annotations)
    for source, place in zip(SOURCES, places, strict=True):
        name = place.get(KUMA_MESH)
        if name:
            return MeshChoice(name, source)
    return MeshChoice(default)
