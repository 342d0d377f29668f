"""What manifests tell about the Kuma that runs on the cluster: its minor, its zone, its namespace.

Evidence are Kuma's own images, the chart's labels, references to the chart (helmCharts of a kustomization, Flux's
HelmRelease, Argo CD's Application, dependencies of a Chart.yaml) with the values beside them, and settings of a control
plane in the package. Evidence that contradicts itself proves nothing.
"""

from __future__ import annotations

from krm_fn.config.meshsetup import KUMA_VERSIONS
from krm_fn.config.strict import is_resource_name
from krm_fn.gateways.marks import repository
from krm_fn.krm.fields import as_list, as_map, as_str
from krm_fn.kuma import names
from krm_fn.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from krm_fn.krm.resources import Resources

CHART = "kuma"
CHART_LABEL = "helm.sh/chart"
IMAGES = ("kuma-cp", "kuma-dp", "kuma-init", "kuma-cni", "kumactl")
CONTROL_PLANE_IMAGE = "kuma-cp"
ZONE_VARIABLE = "KUMA_MULTIZONE_ZONE_NAME"
SYSTEM_LABEL = "kuma.io/system-namespace"
DEEPEST = 12  # levels of a document that are looked through


class Fact(Record):
    """A value, and in words where it stands."""

    value: str
    why: str


class KumaFacts(Record):
    """What is evident; None where nothing is, or where evidence disagrees. `unsupported` is a minor unknown here."""

    version: Fact | None = None
    unsupported: Fact | None = None
    zone: Fact | None = None
    system_namespace: Fact | None = None


def kuma_facts(entries: Iterable[object], resources: Resources) -> KumaFacts:
    """Collect what a package says."""
    documents = list(entries)
    minor = _agreed([*_of_images(resources), *_of_labels(resources), *_of_charts(documents)])
    known = minor is not None and minor.value in KUMA_VERSIONS
    return KumaFacts(
        minor if known else None,
        None if known else minor,
        _agreed([*_zones_of_settings(resources), *_zones_of_labels(resources), *_zones_of_values(documents)]),
        _agreed(_system_namespaces(resources)),
    )


def _agreed(facts: Iterable[Fact]) -> Fact | None:
    found = list(facts)
    return found[0] if len({fact.value for fact in found}) == 1 else None


def minor_of(version: str) -> str:
    """The minor of a version such as ``v2.11.3``; empty for what is none."""
    parts = version.removeprefix("v").split(".")
    is_version = len(parts) >= 2 and all(part.isascii() and part.isdecimal() for part in parts[:2])
    return f"{int(parts[0])}.{int(parts[1])}" if is_version and len(version) < 40 else ""


# --- Version ----------------------------------------------------------------------------------------------------------
def _of_images(resources: Resources) -> Iterator[Fact]:
    for item_words, container in _containers(resources):
        image = as_str(container.get("image"))
        minor = minor_of(image.partition("@")[0].rpartition(":")[2])
        if repository(image).rpartition("/")[2] in IMAGES and minor:
            yield Fact(minor, f"image {image} of {item_words}")


def _containers(resources: Resources) -> Iterator[tuple[str, dict[str, Any]]]:
    for workload in resources.workloads:
        for key in ("containers", "initContainers"):
            for container in as_list(workload.template.spec.get(key)):
                yield workload.item.words, as_map(container)


def _of_labels(resources: Resources) -> Iterator[Fact]:
    for item in resources.items:
        name, dash, version = item.labels.get(CHART_LABEL, "").partition("-")
        if name == CHART and dash and minor_of(version):
            yield Fact(minor_of(version), f"label {CHART_LABEL} of {item.words}")


def _of_charts(documents: Iterable[object]) -> Iterator[Fact]:
    for data in documents:
        for part in _maps(data):
            version = as_str(part.get("version")) or as_str(part.get("targetRevision"))
            if CHART in (part.get("chart"), part.get("name")) and minor_of(version):
                yield Fact(minor_of(version), f"chart {CHART} {version} in {_words(data)}")


def _words(data: object) -> str:
    return as_str(as_map(data).get("kind")) or "Chart.yaml"


def _maps(data: object) -> Iterator[dict[str, Any]]:
    """Every mapping in a document."""
    waiting: list[tuple[object, int]] = [(data, 0)]
    while waiting:
        node, depth = waiting.pop()
        if isinstance(node, dict):
            yield node
        children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
        if depth < DEEPEST:
            waiting.extend((child, depth + 1) for child in children)


# --- Zone -------------------------------------------------------------------------------------------------------------
def _zones_of_settings(resources: Resources) -> Iterator[Fact]:
    for item_words, container in _containers(resources):
        for variable in as_list(container.get("env")):
            value = as_str(as_map(variable).get("value"))
            if as_map(variable).get("name") == ZONE_VARIABLE and is_resource_name(value):
                yield Fact(value, f"{ZONE_VARIABLE} of {item_words}")


def _zones_of_labels(resources: Resources) -> Iterator[Fact]:
    for item in resources.items:
        if is_resource_name(item.labels.get(names.ZONE, "")):
            yield Fact(item.labels[names.ZONE], f"label {names.ZONE} of {item.words}")


def _zones_of_values(documents: Iterable[object]) -> Iterator[Fact]:
    """The value ``controlPlane.zone`` beside a reference to the chart."""
    for data in documents:
        if any(_of_charts([data])):
            for part in _maps(data):
                zone = as_str(as_map(part.get("controlPlane")).get("zone"))
                if is_resource_name(zone):
                    yield Fact(zone, f"value controlPlane.zone of the chart in {_words(data)}")


# --- Namespace --------------------------------------------------------------------------------------------------------
def _system_namespaces(resources: Resources) -> Iterator[Fact]:
    for item in resources.of_kind("Namespace"):
        if item.labels.get(SYSTEM_LABEL) == "true":
            yield Fact(item.name, f"label {SYSTEM_LABEL} of {item.words}")
    for workload in resources.workloads:
        for container in as_list(workload.template.spec.get("containers")):
            image = repository(as_str(as_map(container).get("image")))
            if image.rpartition("/")[2] == CONTROL_PLANE_IMAGE and workload.item.metadata.get("namespace"):
                yield Fact(workload.item.namespace, f"{workload.item.words} is the control plane")
