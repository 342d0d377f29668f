"""The Kuma minors whose behaviour krm-fn reproduces: one record each.

A field says what a version does; code reads fields and never compares versions. A later minor is the one before it with
what changed (`V2_14.replace(name="2.15", ...)`), so that the end of this file reads as a history.
"""

from __future__ import annotations

from krm_fn.kuma import names
from krm_fn.kuma.controlplane import DEFAULTS_2_14, ControlPlaneConfig
from krm_fn.record import Record


class KumaVersion(Record):
    """What one minor of Kuma does."""

    name: str
    """The minor, as `spec.kumaVersion` spells it."""

    release: str
    """The patch release whose behaviour was followed."""

    defaults: ControlPlaneConfig
    """What the control plane is configured with unless its file says otherwise."""

    webhook_needs_namespace_label: bool
    """Whether a Pod's own label counts for the webhook only in a Namespace that has the injection label at all."""

    webhook_namespace_values: tuple[str, ...]
    """Values of the Namespace label that send all Pods of the Namespace through the webhook."""

    webhook_pod_values: tuple[str, ...]
    """Values of the Pod label that send the Pod through the webhook."""

    webhook_zone_proxy_labels: tuple[str, ...]
    """Labels that, beside injection, bring a Pod of the system namespace to the webhook; none: nothing does."""

    refused_pod_labels: tuple[str, ...]
    """Labels that the validating webhook denies on a Pod."""


V2_14 = KumaVersion(
    name="2.14",
    release="2.14.3",
    defaults=DEFAULTS_2_14,
    webhook_needs_namespace_label=True,  # since 2.11
    webhook_namespace_values=(names.ENABLED, "true"),  # "true" since 2.6
    webhook_pod_values=(names.ENABLED,),
    webhook_zone_proxy_labels=(names.KUMA_MESH, names.ZONE_PROXY_TYPE),  # since 2.14
    refused_pod_labels=(names.WORKLOAD,),  # since 2.13
)

VERSIONS = {version.name: version for version in (V2_14,)}

SUPPORTED = tuple(VERSIONS)
"""The names of all minors, oldest first."""

NEWEST = V2_14
