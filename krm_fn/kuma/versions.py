"""The Kuma minors whose behaviour krm-fn reproduces: one record each.

A field says what a version does; code reads fields and never compares versions. A minor is the one before it with what
changed, so that this file reads as a history of Kuma since labels, and no longer annotations, name the mesh. Sources:
Kuma's code at the first and last patch release of each minor, and its UPGRADE.md. A comment behind a line names the
patch release where that is not the first one.
"""

from __future__ import annotations

from krm_fn.kuma import names
from krm_fn.kuma.controlplane import DEFAULTS_2_9, DEFAULTS_2_13, DEFAULTS_2_14, ControlPlaneConfig
from krm_fn.record import Record


class KumaVersion(Record):
    """What one minor of Kuma does, as its last patch release did it when this was written.

    What no field tells of was read in the newest minor only, and is taken to be the same in all: the annotations and
    containers that the injector adds (with the ports of its own probes and of Envoy's admin interface), other settings
    of the control plane, the texts of refusals.
    """

    name: str
    """The minor, as `spec.kumaVersion` spells it."""

    release: str
    """The patch release whose behaviour was followed; `x` is the last one of a minor that gets no more of them."""

    # --- Admission of Pods --------------------------------------------------------------------------------------------
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

    metrics_annotations_deprecated: bool
    """Whether Kuma warns about the annotations `prometheus.metrics.kuma.io/...`."""

    # --- The control plane's configuration ----------------------------------------------------------------------------
    defaults: ControlPlaneConfig
    """What the control plane is configured with unless its file says otherwise."""

    unknown_settings: tuple[str, ...]
    """Settings of later minors, which this one ignores."""

    # --- Dataplanes ---------------------------------------------------------------------------------------------------
    dataplane_needs_mesh: bool
    """Whether a Dataplane is made only once its Mesh exists."""

    protocols: frozenset[str]
    """Application protocols that a Service port or an inbound may name."""

    inbound_named_after_service_port: bool
    """Whether an inbound has the name of the Service port, not that of the container port."""

    inbound_protocol_field: bool
    """Whether inbounds have a field `protocol` beside the tag `kuma.io/protocol`."""

    tagged_inbounds_deduplicated: bool
    """Whether only the first inbound of a port stays in a mesh of mode Exclusive; without tags, that is always so."""

    mesh_zone_proxies: bool
    """Whether the label `k8s.kuma.io/zone-proxy-type` of a Service gives listeners instead of inbounds."""

    proxying_by_config: bool
    """Whether `transparentProxying` is also written for a Pod that has only the annotation with the whole config."""

    pod_labels_copied: bool
    """Whether the Dataplane gets the labels of its Pod."""

    computed_labels: tuple[str, ...]
    """Labels that Kuma computes for a Dataplane, in its converter or its webhook."""

    # --- Validation of Dataplanes -------------------------------------------------------------------------------------
    inbound_or_gateway_required: bool
    """Whether a Dataplane that has neither inbounds nor a gateway is refused."""

    inbound_tags_required: bool
    """Whether an inbound without any tags is refused."""

    gateway_tags_required: bool
    """Whether a gateway without any tags is refused."""


V2_9 = KumaVersion(
    name="2.9",
    release="2.9.19",
    webhook_needs_namespace_label=False,
    webhook_namespace_values=(names.ENABLED, "true"),
    webhook_pod_values=(names.ENABLED,),
    webhook_zone_proxy_labels=(),
    refused_pod_labels=(),
    metrics_annotations_deprecated=False,
    defaults=DEFAULTS_2_9,
    unknown_settings=(
        "experimental.inboundTagsDisabled",
        "runtime.kubernetes.disallowMultipleMeshesPerNamespace",
        "runtime.kubernetes.workloadLabels",
    ),
    dataplane_needs_mesh=False,
    protocols=names.PROTOCOLS - {names.MYSQL},
    inbound_named_after_service_port=True,
    inbound_protocol_field=False,
    tagged_inbounds_deduplicated=False,
    mesh_zone_proxies=False,
    proxying_by_config=False,
    pod_labels_copied=False,
    computed_labels=(names.KUMA_MESH, names.ORIGIN, names.ZONE, names.ENV, names.KUBE_NAMESPACE),
    inbound_or_gateway_required=True,
    inbound_tags_required=True,
    gateway_tags_required=True,
)

V2_10 = V2_9.replace(
    name="2.10",
    release="2.10.x",
    protocols=names.PROTOCOLS,
    inbound_named_after_service_port=False,
    pod_labels_copied=True,
    computed_labels=(*V2_9.computed_labels, names.PROXY_TYPE),
)

V2_11 = V2_10.replace(
    name="2.11",
    release="2.11.18",
    webhook_needs_namespace_label=True,
    dataplane_needs_mesh=True,
    tagged_inbounds_deduplicated=True,
    proxying_by_config=True,
)

V2_12 = V2_11.replace(
    name="2.12",
    release="2.12.14",
    computed_labels=(*V2_11.computed_labels, names.SERVICE_ACCOUNT),
)

V2_13 = V2_12.replace(
    name="2.13",
    release="2.13.10",
    refused_pod_labels=(names.WORKLOAD,),
    defaults=DEFAULTS_2_13,
    unknown_settings=("experimental.inboundTagsDisabled",),
    computed_labels=(*V2_12.computed_labels, names.WORKLOAD),
)

V2_14 = V2_13.replace(
    name="2.14",
    release="2.14.3",
    webhook_zone_proxy_labels=(names.KUMA_MESH, names.ZONE_PROXY_TYPE),
    metrics_annotations_deprecated=True,
    defaults=DEFAULTS_2_14,
    unknown_settings=(),
    inbound_protocol_field=True,
    tagged_inbounds_deduplicated=False,  # 2.14.1
    mesh_zone_proxies=True,
    computed_labels=(*V2_13.computed_labels, names.LISTENER_ZONE_INGRESS, names.LISTENER_ZONE_EGRESS),
    inbound_or_gateway_required=False,
    inbound_tags_required=False,
    gateway_tags_required=False,  # 2.14.2
)

VERSIONS = {version.name: version for version in (V2_9, V2_10, V2_11, V2_12, V2_13, V2_14)}

SUPPORTED = tuple(VERSIONS)
"""The names of all minors, oldest first."""

NEWEST = V2_14
