"""Kubernetes resources as views over plain data: Item, ResourceId, Workload, PodTemplate, Namespace.

Views wrap plain dictionaries and copy nothing. An item's shape is unchecked, so every reader here is tolerant: what has
the wrong type counts as absent (``krm_fn.krm.fields``).
"""

from __future__ import annotations

from krm_fn.krm.fields import as_map, as_str, dig, string_map
from krm_fn.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from krm_fn.krm.outcome import Path

# Where each workload kind keeps its pod template: (group, kind) -> path. A Pod is its own template.
WORKLOAD_KINDS: dict[tuple[str, str], tuple[str, ...]] = {
    ("", "Pod"): (),
    ("apps", "Deployment"): ("spec", "template"),
    ("apps", "ReplicaSet"): ("spec", "template"),
    ("apps", "StatefulSet"): ("spec", "template"),
    ("apps", "DaemonSet"): ("spec", "template"),
    ("batch", "Job"): ("spec", "template"),
    ("batch", "CronJob"): ("spec", "jobTemplate", "spec", "template"),
    ("", "ReplicationController"): ("spec", "template"),
    ("argoproj.io", "Rollout"): ("spec", "template"),
    ("", "PodTemplate"): ("template",),
}

# Kinds without a namespace that a package of mesh users may hold; `metadata.namespace` is ignored on them.
CLUSTER_SCOPED = frozenset(
    {
        ("", "Namespace"),
        ("", "Node"),
        ("", "PersistentVolume"),
        ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
        ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
        ("apiextensions.k8s.io", "CustomResourceDefinition"),
        ("gateway.networking.k8s.io", "GatewayClass"),
        ("networking.k8s.io", "IngressClass"),
        ("rbac.authorization.k8s.io", "ClusterRole"),
        ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
        ("scheduling.k8s.io", "PriorityClass"),
        ("storage.k8s.io", "StorageClass"),
        ("kuma.io", "Mesh"),
        ("kuma.io", "Zone"),
        ("kuma.io", "ZoneInsight"),
        ("kuma.io", "MeshInsight"),
        ("kuma.io", "MeshGatewayConfig"),
    }
)

ARGO_HOOK = "argocd.argoproj.io/hook"
LOCAL_CONFIG = "config.kubernetes.io/local-config"
PATH = "internal.config.kubernetes.io/path"
LEGACY_PATH = "config.kubernetes.io/path"
PACKAGE_PATH = "internal.config.kubernetes.io/package-path"
INDEX = "internal.config.kubernetes.io/index"
LEGACY_INDEX = "config.kubernetes.io/index"


class ResourceId(Record):
    """What names a resource; `namespace` is as the manifest has it, empty where it has none."""

    api_version: str
    kind: str
    namespace: str
    name: str


class Item:
    """One resource of the package: its data as it is now, and where it came from.

    `entry` is its position among the entries of the input (-1 for an item that a rule emitted), `prefix` the path
    inside that entry (not empty for a member of a ``kind: List``). `namespace` is the one that the resource lands in,
    empty for cluster-scoped kinds.
    """

    __slots__ = (
        "_annotations",
        "_labels",
        "api_version",
        "data",
        "entry",
        "group",
        "kind",
        "metadata",
        "name",
        "namespace",
        "place",
        "prefix",
    )

    def __init__(self, data: dict[str, Any], entry: int, prefix: Path, default_namespace: str) -> None:
        self.data = data
        self.entry = entry
        self.prefix = prefix
        # Stable through edits, so it identifies the item within a run.
        self.place: tuple[int, Path] = (entry, prefix)
        self._labels: dict[str, str] | None = None
        self._annotations: dict[str, str] | None = None
        self.api_version = api_version = as_str(data.get("apiVersion"))
        self.kind = kind = as_str(data.get("kind"))
        group, slash, _ = api_version.partition("/")
        self.group = group = group if slash else ""
        metadata = data.get("metadata")
        self.metadata: dict[str, Any] = metadata if isinstance(metadata, dict) else {}
        self.name = as_str(self.metadata.get("name"))
        if (group, kind) in CLUSTER_SCOPED:
            self.namespace = ""
        else:
            self.namespace = as_str(self.metadata.get("namespace")) or default_namespace

    @property
    def id(self) -> ResourceId:
        """The resource's identity, as results name it."""
        return ResourceId(self.api_version, self.kind, as_str(self.metadata.get("namespace")), self.name)

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What Kubernetes tells resources apart by: group, kind, namespace, name."""
        return (self.group, self.kind, self.namespace, self.name)

    @property
    def labels(self) -> dict[str, str]:
        """The entries of metadata.labels that are strings; not to be changed."""
        if self._labels is None:
            self._labels = string_map(self.metadata.get("labels"))
        return self._labels

    @property
    def annotations(self) -> dict[str, str]:
        """The entries of metadata.annotations that are strings; not to be changed."""
        if self._annotations is None:
            self._annotations = string_map(self.metadata.get("annotations"))
        return self._annotations

    @property
    def spec(self) -> dict[str, Any]:
        """The mapping ``spec``, or an empty one."""
        return as_map(self.data.get("spec"))

    @property
    def file(self) -> str:
        """The file it was read from, relative to its package; empty where no orchestrator said."""
        notes = as_map(self.metadata.get("annotations"))
        return as_str(notes.get(PATH)) or as_str(notes.get(LEGACY_PATH))

    @property
    def file_index(self) -> int | None:
        """Its position in that file."""
        notes = as_map(self.metadata.get("annotations"))
        text = as_str(notes.get(INDEX)) or as_str(notes.get(LEGACY_INDEX))
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None

    @property
    def is_local(self) -> bool:
        """Whether orchestrators keep it to themselves: it tells functions something, and is never applied."""
        return self.annotations.get(LOCAL_CONFIG) == "true"

    @property
    def words(self) -> str:
        """How messages call it: ``Deployment shop/web``."""
        name = self.name or as_str(self.metadata.get("generateName")) or "(no name)"
        return f"{self.kind} {self.namespace}/{name}" if self.namespace else f"{self.kind} {name}"

    def __repr__(self) -> str:
        return f"Item({self.words})"


class PodTemplate:
    """Labels, annotations and pod spec that a workload gives its pods, and the path where they stand in the item."""

    __slots__ = ("annotations", "labels", "metadata", "path", "spec")

    def __init__(self, data: dict[str, Any], path: Path) -> None:
        self.path = path
        self.metadata = as_map(data.get("metadata"))
        self.labels = string_map(self.metadata.get("labels"))
        self.annotations = string_map(self.metadata.get("annotations"))
        self.spec = as_map(data.get("spec"))


class Workload:
    """An item with a pod template."""

    __slots__ = ("item", "template")

    def __init__(self, item: Item, path: Path) -> None:
        self.item = item
        self.template = PodTemplate(as_map(dig(item.data, *path) if path else item.data), path)  # type: ignore[arg-type]  # paths to templates hold names only

    def __repr__(self) -> str:
        return f"Workload({self.item.words})"


class Namespace(Record):
    """A namespace as the package or the functionConfig declares it; `item` is None for one that lives elsewhere."""

    name: str
    labels: dict[str, str]
    annotations: dict[str, str]
    item: Item | None = None
