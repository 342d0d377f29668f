"""The sidecar's credentials: the token of the pods' ServiceAccount, mounted or named as a volume.

Kuma's injector copies the mount of the well-known path; where no container has it, the sidecar gets no token, and the
control plane refuses it. The annotation ``kuma.io/service-account-token-volume`` names a volume instead, and must name
one that exists: volume and annotation belong together. Follows pkg/plugins/runtime/k8s/webhooks/injector of Kuma 2.14.
"""

from __future__ import annotations

from krm_fn.krm.fields import as_list, as_map, as_str
from krm_fn.kuma import names
from krm_fn.kuma.sidecar_environment import TOKEN_PATH

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from krm_fn.krm.outcome import Path
    from krm_fn.krm.resource import PodTemplate, Workload
    from krm_fn.krm.resources import Resources

VOLUME_NAME = "kuma-service-account-token"
TOKEN_SECONDS = 3607
"""How long Kubernetes' own projected tokens last: it renews those of this lifetime quietly."""


def lacks_token(workload: Workload, resources: Resources) -> bool:
    """Whether no container mounts the ServiceAccount's token, and the kubelet does not either."""
    return not _automounts(workload, resources) and not mounts_token(workload.template.spec)


def token_edits(template: PodTemplate) -> tuple[tuple[Path, Any], ...]:
    """The fields of a pod template to set, and their values, so that the sidecar finds a token."""
    annotation = (*template.path, "metadata", "annotations", names.SERVICE_ACCOUNT_TOKEN_VOLUME)
    return token_changes(template.spec.get("volumes"), (*template.path, "spec", "volumes"), annotation)


def token_changes(listed: object, volumes_at: Path, annotation_at: Path) -> tuple[tuple[Path, Any], ...]:
    """The same for volumes and an annotation that stand anywhere; both in one step.

    Empty where something odd stands in the way.
    """
    if listed is not None and not isinstance(listed, list):
        return ()
    volumes = as_list(listed)
    suitable = next((as_str(as_map(v).get("name")) for v in volumes if _projects_token(v)), "")
    if suitable:
        return ((annotation_at, suitable),)
    taken = {as_str(as_map(volume).get("name")) for volume in volumes}
    name = next(n for n in (VOLUME_NAME, *(f"{VOLUME_NAME}-{i}" for i in range(2, len(taken) + 3))) if n not in taken)
    return ((volumes_at, [*volumes, _volume(name)]), (annotation_at, name))


def _volume(name: str) -> dict[str, Any]:
    """What the kubelet would mount by itself: token, certificate authority, namespace."""
    namespace = {"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}
    return {
        "name": name,
        "projected": {
            "sources": [
                {"serviceAccountToken": {"expirationSeconds": TOKEN_SECONDS, "path": "token"}},
                {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
                {"downwardAPI": {"items": [namespace]}},
            ]
        },
    }


def _projects_token(volume: object) -> bool:
    """Whether the volume holds a token for the API server as the file ``token``."""
    sources = as_list(as_map(as_map(volume).get("projected")).get("sources"))
    tokens = [as_map(as_map(source).get("serviceAccountToken")) for source in sources]
    return any(token.get("path") == "token" and not token.get("audience") for token in tokens)


def _automounts(workload: Workload, resources: Resources) -> bool:
    """What the pod says, else its ServiceAccount, else yes."""
    spec = workload.template.spec
    own = spec.get("automountServiceAccountToken")
    if isinstance(own, bool):
        return own
    name = as_str(spec.get("serviceAccountName")) or as_str(spec.get("serviceAccount")) or "default"
    account = resources.by_key.get(("", "ServiceAccount", workload.item.namespace, name))
    return account is None or account.data.get("automountServiceAccountToken") is not False


def mounts_token(spec: dict[str, Any]) -> bool:
    """Whether a container of a pod spec mounts the well-known path."""
    return any(
        as_map(mount).get("mountPath") == TOKEN_PATH
        for container in as_list(spec.get("containers"))
        for mount in as_list(as_map(container).get("volumeMounts"))
    )
