"""Label and annotation keys that Kuma reads and writes on Kubernetes, and the values they may have.

One place for every literal, so that a key is spelled once. Follows pkg/plugins/runtime/k8s/metadata/annotations.go,
api/mesh/v1alpha1/dataplane_helpers.go and pkg/core/resources/apis/mesh/proto_helpers.go of Kuma 2.14.3.
"""

from __future__ import annotations

# --- Labels -----------------------------------------------------------------------------------------------------------
KUMA_MESH = "kuma.io/mesh"  # also an annotation, deprecated
SIDECAR_INJECTION = "kuma.io/sidecar-injection"
ZONE_PROXY_TYPE = "k8s.kuma.io/zone-proxy-type"
WORKLOAD = "kuma.io/workload"
ORIGIN = "kuma.io/origin"
ZONE = "kuma.io/zone"
ENV = "kuma.io/env"
PROXY_TYPE = "kuma.io/proxy-type"
LISTENER_ZONE_INGRESS = "kuma.io/listener-zoneingress"
LISTENER_ZONE_EGRESS = "kuma.io/listener-zoneegress"
SERVICE_ACCOUNT = "k8s.kuma.io/service-account"
DISPLAY_NAME = "kuma.io/display-name"
MANAGED_BY = "kuma.io/managed-by"
IS_HEADLESS_SERVICE = "k8s.kuma.io/is-headless-service"

# --- Tags (and labels of the same key) --------------------------------------------------------------------------------
SERVICE_TAG = "kuma.io/service"
PROTOCOL_TAG = "kuma.io/protocol"
INSTANCE_TAG = "kuma.io/instance"
ZONE_TAG = ZONE
KUBE_NAMESPACE = "k8s.kuma.io/namespace"
KUBE_SERVICE_NAME = "k8s.kuma.io/service-name"
KUBE_SERVICE_PORT = "k8s.kuma.io/service-port"
GATEWAY_SERVICE_NAME = "kuma.io/service-name"  # the tag of gateways whose annotation says "provided"
KUMA_DOMAIN = "kuma.io/"

# --- Annotations of Pods ----------------------------------------------------------------------------------------------
SIDECAR_INJECTED = "kuma.io/sidecar-injected"
GATEWAY = "kuma.io/gateway"  # also on Services
INGRESS = "kuma.io/ingress"
EGRESS = "kuma.io/egress"
INGRESS_PUBLIC_ADDRESS = "kuma.io/ingress-public-address"
INGRESS_PUBLIC_PORT = "kuma.io/ingress-public-port"
TAGS = "kuma.io/tags"
DIRECT_ACCESS_SERVICES = "kuma.io/direct-access-services"
REACHABLE_BACKENDS = "kuma.io/reachable-backends"
VIRTUAL_PROBES = "kuma.io/virtual-probes"
VIRTUAL_PROBES_PORT = "kuma.io/virtual-probes-port"
APPLICATION_PROBE_PROXY_PORT = "kuma.io/application-probe-proxy-port"
ENVOY_ADMIN_PORT = "kuma.io/envoy-admin-port"
ENVOY_LOG_LEVEL = "kuma.io/envoy-log-level"
ENVOY_COMPONENT_LOG_LEVEL = "kuma.io/envoy-component-log-level"
XDS_TRANSPORT_PROTOCOL_VARIANT = "kuma.io/xds-transport-protocol-variant"
SIDECAR_UID = "kuma.io/sidecar-uid"
SIDECAR_ENV_VARS = "kuma.io/sidecar-env-vars"
SIDECAR_PROXY_CONCURRENCY = "kuma.io/sidecar-proxy-concurrency"
SIDECAR_DRAIN_TIME = "kuma.io/sidecar-drain-time"
SERVICE_ACCOUNT_TOKEN_VOLUME = "kuma.io/service-account-token-volume"
CONTAINER_PATCHES = "kuma.io/container-patches"
WAIT_FOR_DATAPLANE_READY = "kuma.io/wait-for-dataplane-ready"
INIT_FIRST = "kuma.io/init-first"
SPIRE_SUPPORT = "k8s.kuma.io/spire-support"
BUILTIN_DNS = "kuma.io/builtin-dns"
BUILTIN_DNS_PORT = "kuma.io/builtin-dns-port"
BUILTIN_DNS_LOGGING = "kuma.io/builtin-dns-logging"
CNI_NETWORKS = "k8s.v1.cni.cncf.io/networks"
DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container"

TRANSPARENT_PROXYING = "kuma.io/transparent-proxying"
TRANSPARENT_PROXYING_INBOUND_PORT = "kuma.io/transparent-proxying-inbound-port"
TRANSPARENT_PROXYING_OUTBOUND_PORT = "kuma.io/transparent-proxying-outbound-port"
TRANSPARENT_PROXYING_IP_FAMILY_MODE = "kuma.io/transparent-proxying-ip-family-mode"
TRANSPARENT_PROXYING_REACHABLE_SERVICES = "kuma.io/transparent-proxying-reachable-services"
TRANSPARENT_PROXYING_EBPF = "kuma.io/transparent-proxying-ebpf"
TRANSPARENT_PROXYING_EBPF_BPF_FS_PATH = "kuma.io/transparent-proxying-ebpf-bpf-fs-path"
TRANSPARENT_PROXYING_EBPF_CGROUP_PATH = "kuma.io/transparent-proxying-ebpf-cgroup-path"
TRANSPARENT_PROXYING_EBPF_TC_ATTACH_IFACE = "kuma.io/transparent-proxying-ebpf-tc-attach-iface"
TRANSPARENT_PROXYING_EBPF_INSTANCE_IP_ENV_VAR_NAME = "kuma.io/transparent-proxying-ebpf-instance-ip-env-var-name"
TRANSPARENT_PROXYING_EBPF_PROGRAMS_SOURCE_PATH = "kuma.io/transparent-proxying-ebpf-programs-source-path"

TRAFFIC_EXCLUDE_INBOUND_PORTS = "traffic.kuma.io/exclude-inbound-ports"
TRAFFIC_EXCLUDE_OUTBOUND_PORTS = "traffic.kuma.io/exclude-outbound-ports"
TRAFFIC_EXCLUDE_OUTBOUND_PORTS_FOR_UIDS = "traffic.kuma.io/exclude-outbound-ports-for-uids"
TRAFFIC_EXCLUDE_INBOUND_IPS = "traffic.kuma.io/exclude-inbound-ips"
TRAFFIC_EXCLUDE_OUTBOUND_IPS = "traffic.kuma.io/exclude-outbound-ips"
TRAFFIC_DROP_INVALID_PACKETS = "traffic.kuma.io/drop-invalid-packets"
TRAFFIC_IPTABLES_LOGS = "traffic.kuma.io/iptables-logs"
TRAFFIC_TRANSPARENT_PROXY_CONFIG = "traffic.kuma.io/transparent-proxy-config"
TRAFFIC_TRANSPARENT_PROXY_CONFIGMAP_NAME = "traffic.kuma.io/transparent-proxy-configmap-name"

METRICS_PREFIX = "prometheus.metrics.kuma.io/"
METRICS_PORT = METRICS_PREFIX + "port"
METRICS_PATH = METRICS_PREFIX + "path"
METRICS_AGGREGATE_PREFIX = METRICS_PREFIX + "aggregate-"

# --- Annotations of Services ------------------------------------------------------------------------------------------
IGNORE = "kuma.io/ignore"
PORT_PROTOCOL_SUFFIX = ".service.kuma.io/protocol"  # behind the number of the Service port
INGRESS_SERVICE_UPSTREAM = "ingress.kubernetes.io/service-upstream"
NGINX_INGRESS_SERVICE_UPSTREAM = "nginx.ingress.kubernetes.io/service-upstream"

# --- Keys of Kubernetes -----------------------------------------------------------------------------------------------
ENDPOINT_SLICE_SERVICE = "kubernetes.io/service-name"
STATEFULSET_POD_NAME = "statefulset.kubernetes.io/pod-name"
POD_INDEX = "apps.kubernetes.io/pod-index"
JOB_NAME = "batch.kubernetes.io/job-name"
JOB_NAME_OLD = "job-name"

# --- Containers -------------------------------------------------------------------------------------------------------
SIDECAR_CONTAINER = "kuma-sidecar"
INIT_CONTAINER = "kuma-init"
VALIDATION_CONTAINER = "kuma-validation"

# --- Allowed values ---------------------------------------------------------------------------------------------------
ENABLED = "enabled"
DISABLED = "disabled"
GATEWAY_BUILTIN = "builtin"
GATEWAY_PROVIDED = "provided"
GATEWAY_TYPES = (ENABLED, GATEWAY_PROVIDED, GATEWAY_BUILTIN)
SWITCH_VALUES = {"true": True, "yes": True, "enabled": True, "false": False, "no": False, "disabled": False}
BOOLEAN_VALUES = {"true": True, "yes": True, "false": False, "no": False}
IP_FAMILY_MODES = {"dualstack": "DualStack", "ipv4": "IPv4"}  # annotation value -> value in the Dataplane
MYSQL = "mysql"
PROTOCOLS = frozenset({"http", "http2", "tcp", "tls", "grpc", "kafka", MYSQL})
ZONE_PROXY_TYPES = {"ingress": "ZoneIngress", "egress": "ZoneEgress"}  # label value -> listener type
MESH_SERVICES_MODES = ("Disabled", "Everywhere", "ReachableBackends", "Exclusive")
ENVOY_LOG_LEVELS = ("trace", "debug", "info", "warning", "warn", "error", "critical", "off")

# --- Deprecated -------------------------------------------------------------------------------------------------------
DEPRECATED_SWITCH_VALUES = {"yes": "true", "no": "false"}
SWITCH_KEYS = (
    BUILTIN_DNS,
    BUILTIN_DNS_LOGGING,
    GATEWAY,
    SIDECAR_INJECTION,
    INGRESS,
    EGRESS,
    SIDECAR_INJECTED,
    TRANSPARENT_PROXYING,
    TRANSPARENT_PROXYING_EBPF,
    VIRTUAL_PROBES,
    IGNORE,
    INIT_FIRST,
    WAIT_FOR_DATAPLANE_READY,
    TRAFFIC_DROP_INVALID_PACKETS,
    TRAFFIC_IPTABLES_LOGS,
)
"""The annotations in which Kuma warns about `yes` and `no`."""

REMOVED_BUILTIN_DNS = "kuma.io/builtindns"
REMOVED_BUILTIN_DNS_PORT = "kuma.io/builtindnsport"
DEPRECATED_ANNOTATIONS = {
    REMOVED_BUILTIN_DNS: f"is no longer supported and ignored; use {BUILTIN_DNS}",
    REMOVED_BUILTIN_DNS_PORT: f"is no longer supported and ignored; use {BUILTIN_DNS_PORT}",
    VIRTUAL_PROBES: "will be removed",
    VIRTUAL_PROBES_PORT: f"is being replaced by {APPLICATION_PROBE_PROXY_PORT}",
    SIDECAR_INJECTION: "has no effect as an annotation; use the label of that key",
    METRICS_PORT: "is deprecated; use a MeshMetric policy",
    METRICS_PATH: "is deprecated; use a MeshMetric policy",
}
"""Annotations of Pods that Kuma warns about, and why; also those that begin with METRICS_AGGREGATE_PREFIX."""
