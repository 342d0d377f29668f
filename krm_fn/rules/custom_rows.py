"""Custom resources that an operator makes gateway pods of: the fields whose labels, annotations and volumes these get.

The pod template of such a gateway is in no workload of the package, so what Kuma reads on pods goes into the resource
(the catalog names the places for people, `Product.mark_at`). On k3s the installation of Traefik is a text of Helm
values inside a HelmChartConfig, so it goes into that text.
"""

from __future__ import annotations

from krm_fn.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    Fields = tuple[str, ...]

GATEWAY_GROUP = "gateway.networking.k8s.io"

OWN = "own"
CONTROLLER = "controller"
GATEWAYS = "gateways"
"""Where the pods run: beside the resource; beside the product's controller; beside each Gateway that names it."""


class Row(Record):
    """A kind of resource and what of it reaches the pods; all but `annotations` may be out of reach: an empty path.

    ``product`` is empty where the class of a Gateway tells; ``requires`` is a field that must be there for this row,
    ``forbids`` one that must not, ``only`` one that has this value or is absent and is then completed with it; ``text``
    a field that holds all of it as YAML text. ``spec`` is a pod spec laid over the operator's own, list entries by
    name, and ``container`` the proxy in it. ``room`` is how many entries the API server lets labels and annotations
    have. ``selects`` are labels that the operator itself gives the pods: ``{name}`` stands for the resource's name,
    ``{gateway}`` for the Gateway's.
    """

    groups: tuple[str, ...]
    kind: str
    annotations: Fields
    labels: Fields = ()
    volumes: Fields = ()
    spec: Fields = ()
    container: str = ""
    product: str = ""
    name: str = ""
    requires: Fields = ()
    forbids: Fields = ()
    only: tuple[Fields, str] | None = None
    text: Fields = ()
    runs: str = GATEWAYS
    host_network: Fields = ()
    room: int = 0
    selects: tuple[tuple[str, str], ...] = ()


_ENVOY_GATEWAY = ("gateway.envoyproxy.io",)
_ENVOY = ("spec", "provider", "kubernetes")
_NAME = "app.kubernetes.io/name"
_MANAGED_BY = "app.kubernetes.io/managed-by"
_OF_GATEWAY = ("gateway.networking.k8s.io/gateway-name", "{gateway}")
_KGATEWAY = (("kgateway", "kube-gateway"),)


def _kong(kind: str, *path: str) -> Row:
    """A resource with a whole pod template in it, which Kong Operator merges into its own."""
    metadata, spec = (*path, "podTemplateSpec", "metadata"), (*path, "podTemplateSpec", "spec")
    return Row(
        ("gateway-operator.konghq.com",),
        kind,
        (*metadata, "annotations"),
        (*metadata, "labels"),
        (*spec, "volumes"),
        spec,
        "proxy",
        product="kong-operator",
        host_network=(*spec, "hostNetwork"),
        selects=(("gateway-operator.konghq.com/managed-by", "dataplane"),),
    )


def _envoy(workload: str) -> Row:
    """An EnvoyProxy; labels are those of ``EnvoyAppLabel`` in the source of Envoy Gateway 1.9."""
    pod = (*_ENVOY, workload, "pod")
    return Row(
        _ENVOY_GATEWAY,
        "EnvoyProxy",
        (*pod, "annotations"),
        (*pod, "labels"),
        (*pod, "volumes"),
        product="envoy-gateway",
        only=(("spec", "provider", "type"), "Kubernetes"),
        runs=CONTROLLER,
        selects=((_NAME, "envoy"), ("app.kubernetes.io/component", "proxy"), (_MANAGED_BY, "envoy-gateway")),
    )


_DATA_PLANE = _kong("DataPlane", "spec", "deployment")
_POD = ("spec", "kube", "podTemplate")
_PARAMETERS = Row(
    ("gateway.kgateway.dev",),
    "GatewayParameters",
    (*_POD, "extraAnnotations"),
    (*_POD, "extraLabels"),
    product="kgateway",
    forbids=("spec", "selfManaged"),
    selects=_KGATEWAY,
)

ROWS: tuple[Row, ...] = (
    _DATA_PLANE.replace(runs=OWN, selects=(("app", "{name}"), *_DATA_PLANE.selects)),
    _kong("GatewayConfiguration", "spec", "dataPlaneOptions", "deployment"),
    _envoy("envoyDaemonSet").replace(requires=(*_ENVOY, "envoyDaemonSet")),
    _envoy("envoyDeployment").replace(forbids=(*_ENVOY, "envoyDaemonSet")),
    _PARAMETERS,
    _PARAMETERS.replace(groups=("gateway.gloo.solo.io",), product="gloo-edge", selects=()),
    Row(
        ("projectcontour.io",),
        "ContourDeployment",
        ("spec", "envoy", "podAnnotations"),
        volumes=("spec", "envoy", "extraVolumes"),
        product="contour",
        selects=(("app", "envoy-{gateway}"),),
    ),
    Row(
        (GATEWAY_GROUP,),
        "Gateway",
        ("spec", "infrastructure", "annotations"),
        ("spec", "infrastructure", "labels"),
        runs=OWN,
        room=8,
        selects=(_OF_GATEWAY,),
    ),
    Row(
        ("helm.cattle.io",),
        "HelmChartConfig",
        ("deployment", "podAnnotations"),
        ("deployment", "podLabels"),
        volumes=("deployment", "additionalVolumes"),
        product="traefik",
        name="traefik",
        text=("spec", "valuesContent"),
        runs=OWN,
        host_network=("hostNetwork",),
        selects=((_NAME, "traefik"),),
    ),
)
KINDS = tuple(dict.fromkeys(row.kind for row in ROWS))
