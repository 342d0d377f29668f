"""Laws of manual mode: what is injected can be taken out, twice is once, and an update is as good as a fresh start."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from krm_fn.function import run, transform
from krm_fn.krm.documents import Documents
from krm_fn.krm.resourcelist import ResourceList
from krm_fn.kuma.written_sidecar import RECORD
from krm_fn.uninject import uninject
from krm_fn.yamltext.changes import same
from krm_fn.yamltext.scalars import KYAML
from krm_fn.yamltext.write import block

from .profiles import examples
from .styles import Style

Data = dict[str, Any]
unhurried = examples(60)

TPROXY = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "tproxy", "namespace": "kuma-system"},
    "data": {"config.yaml": "kumaDPUser: '5678'\nredirect: {dns: {enabled: true}}\n"},
}
NAMESPACE = {
    "apiVersion": "v1",
    "kind": "Namespace",
    "metadata": {"name": "shop", "labels": {"kuma.io/sidecar-injection": "enabled"}},
}
ports = st.sampled_from([8080, 81, "http", "nameless", 0])
handlers = st.one_of(
    st.fixed_dictionaries(
        {
            "httpGet": st.fixed_dictionaries(
                {"port": ports},
                optional={
                    "path": st.sampled_from(["/", "/ready", "ready", "", "/a: b #c"]),
                    "scheme": st.sampled_from(["HTTP", "HTTPS"]),
                    "host": st.just("example.com"),
                    "httpHeaders": st.lists(
                        st.sampled_from([{"name": "Host", "value": "x"}, {"name": "A", "value": '"q"'}]), max_size=2
                    ),
                },
            )
        }
    ),
    st.fixed_dictionaries({"tcpSocket": st.fixed_dictionaries({"port": ports})}),
    st.fixed_dictionaries(
        {"grpc": st.fixed_dictionaries({"port": st.sampled_from([9, 8080])}, optional={"service": st.just("s")})}
    ),
    st.fixed_dictionaries({"exec": st.just({"command": ["true"]})}),
    st.just({}),
    st.just({"exec": {"command": ["true"]}, "tcpSocket": {"port": 8080}}),
)
timings = st.fixed_dictionaries({}, optional={"timeoutSeconds": st.integers(0, 3), "periodSeconds": st.just(7)})
probes = st.builds(lambda handler, timing: {**handler, **timing}, handlers, timings)
PROBE_KEYS = ("livenessProbe", "readinessProbe", "startupProbe")


@st.composite
def containers(draw: st.DrawFn, probed: bool = True) -> list[Data]:
    found = []
    for name in draw(st.lists(st.sampled_from(["web", "side", "log"]), unique=True, max_size=3)):
        container: Data = {"name": name, "image": f"{name}:1"}
        if draw(st.booleans()):
            container["ports"] = [{"containerPort": 8080, "name": "http"}]
        if draw(st.booleans()):
            container["restartPolicy"] = "Always"
        for key in draw(st.sets(st.sampled_from(PROBE_KEYS))) if probed else ():
            container[key] = draw(probes)
        found.append(container)
    return found


notes = st.dictionaries(
    st.sampled_from(
        [
            "note",
            "kuma.io/sidecar-uid",
            "kuma.io/virtual-probes-port",
            "kuma.io/application-probe-proxy-port",
            "kuma.io/envoy-admin-port",
            "traffic.kuma.io/exclude-inbound-ports",
            "kuma.io/transparent-proxying-outbound-port",
        ]
    ),
    st.sampled_from(["9901", "1234", "0"]),
)
switches = st.dictionaries(
    st.sampled_from(["kuma.io/virtual-probes", "kuma.io/init-first", "kuma.io/builtin-dns", "kuma.io/gateway"]),
    st.sampled_from(["enabled", "disabled"]),
    max_size=1,
)
labels = st.dictionaries(st.sampled_from(["app", "kuma.io/mesh"]), st.sampled_from(["default", "web"]))
volumes = st.lists(st.just({"name": "data", "emptyDir": {}}), max_size=1)


def optional(draw: st.DrawFn, parent: Data, key: str, values: st.SearchStrategy[Any], empty: bool) -> None:
    """Leave the key out or give it a value; where that is asked for, the value may also be empty or null."""
    how = draw(st.sampled_from(["out", "null", "value", "value"]))
    value = None if how in ("out", "null") else draw(values)
    if how != "out" and (value or empty):
        parent[key] = value


@st.composite
def workloads(draw: st.DrawFn, rewritten: bool = True) -> Data:
    """Workloads; not `rewritten`: injection only adds to them, it changes no value."""
    metadata: Data = {}
    about = st.builds(lambda a, b: {**a, **b}, notes, switches) if rewritten else st.just({"note": "x"})
    optional(draw, metadata, "labels", labels if rewritten else st.just({"app": "web"}), rewritten)
    optional(draw, metadata, "annotations", about, rewritten)
    spec: Data = {}
    first = containers(rewritten).map(lambda found: [c | {"name": f"init-{c['name']}"} for c in found])
    optional(draw, spec, "containers", containers(rewritten), rewritten)
    optional(draw, spec, "initContainers", first, rewritten)
    optional(draw, spec, "volumes", volumes, rewritten)
    template: Data = {"spec": spec or {"restartPolicy": "Always"}}
    optional(draw, template, "metadata", st.just(metadata), rewritten)
    name = {"name": "web", "namespace": "shop"}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": name, "spec": {"template": template}}


@st.composite
def configs(draw: st.DrawFn) -> Data:
    """What `spec.controlPlane.config` says."""
    injector: Data = {
        "cniEnabled": draw(st.booleans()),
        "virtualProbesEnabled": draw(st.booleans()),
        "applicationProbeProxyPort": draw(st.sampled_from([9001, 0])),
        "sidecarContainer": {"image": draw(st.sampled_from(["kuma-dp:2", "kuma-dp:3"]))},
        "ebpf": {"enabled": draw(st.booleans())},
    }
    if draw(st.booleans()):
        injector["transparentProxyConfigMap"] = "tproxy"
    experimental = {"sidecarContainers": draw(st.booleans())}
    return {"runtime": {"kubernetes": {"injector": injector}}, "experimental": experimental}


def text_of(items: list[Data], config: Data, seed: int | None = None) -> str:
    """A ResourceList in some style."""
    control_plane = {"address": "http://cp:5681", "config": config}
    spec = {"injection": {"mode": "manual"}, "controlPlane": control_plane, "dataplanes": {"emit": "none"}}
    setup = {"apiVersion": "fn.kuma.io/v1alpha1", "kind": "MeshSetup", "metadata": {"name": "m"}, "spec": spec}
    data = {"apiVersion": "config.kubernetes.io/v1", "kind": "ResourceList", "items": items, "functionConfig": setup}
    return "\n".join(block(data)) + "\n" if seed is None else Style(seed).text(data)


def with_config(text: str, config: Data) -> str:
    items = list(ResourceList(text).entries)
    return text_of(items, config)


def items_of(text: str) -> list[Any]:
    return ResourceList(text).entries


@unhurried
@given(workloads(), configs(), st.none() | st.integers(0, 10_000))
def test_uninject_gives_the_data_back(workload: Data, config: Data, seed: int | None) -> None:
    before = text_of([NAMESPACE, TPROXY, workload], config, seed)
    done = transform(before)
    if done.outcome.exit_code:
        assert same(items_of(done.text), items_of(before))
        return
    injected = items_of(done.text)[2]["spec"]["template"]
    assert RECORD in injected["metadata"]["annotations"]
    back = uninject(done.text)
    assert (back.removed, back.left, back.notes) == (1, (), ())
    assert same(items_of(back.text), items_of(before))


@unhurried
@given(workloads(rewritten=False), configs(), st.integers(0, 10_000))
def test_uninject_gives_the_text_back(workload: Data, config: Data, seed: int) -> None:
    text = Style(seed).text(workload)
    source = Documents(text, KYAML)
    known = [{"name": "shop", "labels": {"kuma.io/sidecar-injection": "enabled"}}]
    setup = ResourceList(text_of([], config)).function_config
    setup["spec"] |= {"namespaces": known}
    outcome = run(source, setup)
    if outcome.exit_code:
        return
    injected = source.rebuild(outcome.changed, (), ())
    assert injected != text
    assert uninject(injected).text == text


@unhurried
@given(workloads(), configs(), configs())
def test_update_is_like_a_fresh_start(workload: Data, first: Data, second: Data) -> None:
    start = transform(text_of([NAMESPACE, TPROXY, workload], first))
    if start.outcome.exit_code:
        return
    again = transform(start.text)
    assert not again.outcome.changed, "nothing has changed, so nothing is written"
    updated = transform(with_config(start.text, second))
    fresh = transform(text_of([NAMESPACE, TPROXY, workload], second))
    assert updated.outcome.exit_code == fresh.outcome.exit_code
    if not fresh.outcome.exit_code:
        assert same(items_of(updated.text), items_of(fresh.text))


@unhurried
@given(workloads(), configs(), st.data())
def test_a_container_added_by_hand_survives(workload: Data, config: Data, data: st.DataObject) -> None:
    done = transform(text_of([NAMESPACE, TPROXY, workload], config))
    if done.outcome.exit_code:
        return
    items = copy.deepcopy(items_of(done.text))
    spec = items[2]["spec"]["template"]["spec"]
    own = {"name": "by-hand", "image": "x:1"}
    spec["containers"] = place = spec.get("containers") or []
    place.insert(data.draw(st.integers(0, len(place))), own)
    back = uninject(text_of(items, config))
    assert back.left == ()
    found = items_of(back.text)[2]["spec"]["template"]["spec"]
    assert own in found["containers"]
    found["containers"].remove(own)
    expected = copy.deepcopy(workload["spec"]["template"]["spec"])
    assert [c["name"] for c in found["containers"]] == [c["name"] for c in expected.get("containers") or []]
