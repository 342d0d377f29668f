"""No shape of any resource makes recognition or the walk over routes fail, or answer with something that is no name."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from krm_fn.gateways.catalog import catalog, route_kinds
from krm_fn.gateways.classes import Presence
from krm_fn.gateways.detect import gather, recognise_workload
from krm_fn.gateways.product import BackendPath
from krm_fn.gateways.routes import routes
from krm_fn.gateways.switches import SERVICE_STATES, wishes
from krm_fn.krm.resources import Resources

WORDS = (
    "web",
    "shop",
    "a/b",
    "a.b.svc",
    "http://x:80",
    "//",
    "::",
    "mesh",
    "nginx",
    "Service",
    "Gateway",
    "service",
    "",
)
FIELDS = ("name", "namespace", "kind", "group", "port", "number", "service", "serviceName", "host", "type", "ref")
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.sampled_from(WORDS))
ANYTHING: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(FIELDS), inner, max_size=4)),
    max_leaves=8,
)
KINDS = [
    (group, route.kind, backend) for route, _ in route_kinds() for group in route.groups for backend in route.backends
]
IMAGES = sorted({image for product in catalog() for image in product.proxy_images + product.controller_images})
LABELS = [dict(labels.labels) for product in catalog() for labels in product.pod_labels]


def around(path: str, leaf: Any) -> Any:
    """Wrap a value so that the path leads to it."""
    for step in reversed(path.split(".")):
        field = step.removesuffix("[]").removesuffix("{}")
        leaf = {field: [leaf] if step.endswith("[]") else {"x": leaf} if step.endswith("{}") else leaf}
    return leaf


@st.composite
def route_objects(draw: st.DrawFn) -> dict[str, Any]:
    kind: tuple[str, str, BackendPath] = draw(st.sampled_from(KINDS))
    group, name, backend = kind
    data = {"apiVersion": f"{group}/v1" if group else "v1", "kind": name, **around(backend.path, draw(ANYTHING))}
    data.setdefault("metadata", {"name": "x", "namespace": draw(ANYTHING), "annotations": draw(ANYTHING)})
    if isinstance(data.get("spec"), dict):
        for field in ("parentRefs", "ingressClassName", "gateways"):
            data["spec"][field] = draw(ANYTHING)
    return data


@st.composite
def workloads(draw: st.DrawFn) -> dict[str, Any]:
    container: dict[str, Any] = {"image": draw(st.sampled_from(IMAGES))}
    container |= {field: draw(ANYTHING) for field in ("name", "args", "command", "env")}
    labels = draw(st.one_of(ANYTHING, st.sampled_from(LABELS)))
    spec: dict[str, Any] = {"containers": [container, draw(ANYTHING)]}
    spec |= {field: draw(ANYTHING) for field in ("restartPolicy", "hostNetwork")}
    template = {"metadata": {"labels": labels, "annotations": draw(ANYTHING)}, "spec": spec}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x"}, "spec": {"template": template}}


@st.composite
def supporting_objects(draw: st.DrawFn) -> dict[str, Any]:
    group, kind = draw(
        st.sampled_from(
            [("gateway.networking.k8s.io", k) for k in ("Gateway", "GatewayClass", "ReferenceGrant", "ListenerSet")]
            + [("networking.k8s.io", "IngressClass")]
        )
    )
    fields = ("controller", "controllerName", "gatewayClassName", "parentRef", "from", "to")
    spec = draw(st.one_of(ANYTHING, st.fixed_dictionaries(dict.fromkeys(fields, ANYTHING))))
    return {"apiVersion": f"{group}/v1", "kind": kind, "metadata": {"name": "web"}, "spec": spec}


@given(
    st.lists(st.one_of(route_objects(), workloads(), supporting_objects()), max_size=5), st.sampled_from(SERVICE_STATES)
)
@settings(max_examples=100, deadline=None)
def test_any_shape_is_survived(entries: list[dict[str, Any]], state: str) -> None:
    resources = Resources.read(entries, "default")
    evidence = gather(resources)
    found = [(recognise_workload(workload, evidence), workload.item.namespace) for workload in resources.workloads]
    presence = Presence.of([(recognition, namespace) for recognition, namespace in found if recognition is not None])
    backends = routes(resources, presence)
    for backend in backends:
        assert backend.service
        assert all(isinstance(text, str) for text in (backend.service, backend.namespace, backend.path))
        assert backend.port is None or isinstance(backend.port, int | str)
    for wish in wishes(backends, lambda _namespace, _name: state):
        assert bool(wish.key) or bool(wish.reason)
