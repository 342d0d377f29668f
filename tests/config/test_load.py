"""Loading functionConfigs: what is accepted, and how what is wrong is named."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

import krm_fn
from krm_fn.config.configmap import KEYS
from krm_fn.config.load import ConfigProblem, load, schema_text
from krm_fn.config.meshsetup import (
    KUMA_VERSIONS,
    ExternalName,
    GatewayRule,
    Hostname,
    InjectionRule,
    KnownNamespace,
    MeshExternalServiceRef,
    MeshMultiZoneServiceRef,
    MeshServiceRef,
    MeshSetup,
    NamedPort,
    WorkloadKind,
)
from krm_fn.config.problem import CODES, nearest, path_text, shown
from krm_fn.krm.target import Target

EVERYTHING = """
kumaVersion: "2.14"
mesh: shop
zone: east
defaultNamespace: shop
controlPlane:
  systemNamespace: kuma
  address: http://kuma-control-plane.kuma:5681
  caCert: |
    -----BEGIN CERTIFICATE-----
  config: {experimental: {deltaXds: true}}
namespaces:
- name: shop
  labels: {kuma.io/sidecar-injection: enabled}
  annotations: {owner: us}
- name: bare
meshes: [shop, payments]
injection:
  mode: none
  rules:
  - target: {kind: Namespace, name: shop-.*}
    inject: true
    mesh: payments
  - target: {labelSelector: "app in (a, b)"}
    inject: false
  override: true
gateways:
  detect: annotate
  rules:
  - target: {group: apps, version: v1, kind: Deployment, namespace: kong, name: proxy-kong}
    service: kong-proxy
  - target: {annotationSelector: "!team"}
  harden: "off"
  trafficPermissions: none
serviceUpstream:
  enabled: false
  scope: namespace
  products: [kong]
  fallback: report
  exclude: [{kind: Service, name: legacy}]
dataplanes: {emit: all, localConfig: false}
externalNames:
- {name: a, namespace: kong, meshService: {name: backend, namespace: shop, port: 8080}}
- {name: b, namespace: kong, meshService: {name: backend, namespace: shop, port: 8080, zone: east}}
- {name: c, namespace: kong, meshMultiZoneService: {name: ledger, port: 8080}}
- {name: d, namespace: kong, meshExternalService: {name: cards, port: 443}}
- {name: e, namespace: kong, hostname: legacy.mesh, ports: [{port: 80}]}
- {name: e, namespace: shop, hostname: legacy.mesh., ports: [{name: http, port: 80}, {name: tls, port: 443}]}
markApplied: true
workloadKinds:
- {group: serving.example.com, kind: Runner, podTemplate: spec.template}
- {kind: Task, podTemplate: spec}
results: {level: info}
"""


def setup_of(spec: str, **metadata: Any) -> dict[str, Any]:
    return {
        "apiVersion": "fn.kuma.io/v1alpha1",
        "kind": "MeshSetup",
        "metadata": metadata,
        "spec": yaml.safe_load(spec),
    }


def config_map(**data: Any) -> dict[str, Any]:
    keys = {key.replace("__", "-"): value for key, value in data.items()}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "function-input"}, "data": keys}


def loaded(config: object) -> MeshSetup:
    setup = load(config)
    assert isinstance(setup, MeshSetup), setup
    return setup


def problems(config: object, product_ids: tuple[str, ...] = ()) -> list[ConfigProblem]:
    found = load(config, product_ids)
    assert isinstance(found, list), found
    assert found
    for item in found:
        assert item.code in CODES
        assert item.message.startswith(f"{item.path}: ")
        assert item.allowed in item.message
        assert item.suggestion in item.message
    return found


def test_every_field_arrives() -> None:
    setup = loaded(setup_of(EVERYTHING, name="mine"))
    assert (setup.name, setup.kuma_version, setup.mesh, setup.zone) == ("mine", "2.14", "shop", "east")
    assert setup.default_namespace == "shop"
    assert setup.control_plane.system_namespace == "kuma"
    assert setup.control_plane.address == "http://kuma-control-plane.kuma:5681"
    assert setup.control_plane.ca_cert == "-----BEGIN CERTIFICATE-----\n"
    assert setup.control_plane.config == {"experimental": {"deltaXds": True}}
    assert setup.namespaces == (
        KnownNamespace("shop", {"kuma.io/sidecar-injection": "enabled"}, {"owner": "us"}),
        KnownNamespace("bare"),
    )
    assert setup.meshes == ("shop", "payments")
    assert (setup.injection.mode, setup.injection.override) == ("none", True)
    assert setup.injection.rules == (
        InjectionRule(Target(kind="Namespace", name="shop-.*"), True, "payments"),
        InjectionRule(Target(label_selector="app in (a, b)"), False),
    )
    assert (setup.gateways.detect, setup.gateways.harden) == ("annotate", "off")
    assert setup.gateways.rules == (
        GatewayRule(Target("apps", "v1", "Deployment", "proxy-kong", "kong"), "kong-proxy"),
        GatewayRule(Target(annotation_selector="!team")),
    )
    assert (setup.service_upstream.enabled, setup.service_upstream.scope) == (False, "namespace")
    assert setup.service_upstream.products == ("kong",)
    assert setup.service_upstream.exclude == (Target(kind="Service", name="legacy"),)
    assert (setup.dataplanes.emit, setup.dataplanes.local_config) == ("all", False)
    assert setup.external_names == (
        ExternalName("a", "kong", MeshServiceRef("backend", "shop", 8080)),
        ExternalName("b", "kong", MeshServiceRef("backend", "shop", 8080, "east")),
        ExternalName("c", "kong", MeshMultiZoneServiceRef("ledger", 8080)),
        ExternalName("d", "kong", MeshExternalServiceRef("cards", 443)),
        ExternalName("e", "kong", Hostname("legacy.mesh"), (NamedPort(80),)),
        ExternalName("e", "shop", Hostname("legacy.mesh."), (NamedPort(80, "http"), NamedPort(443, "tls"))),
    )
    assert setup.mark_applied is True
    assert setup.workload_kinds == (
        WorkloadKind("Runner", "spec.template", "serving.example.com"),
        WorkloadKind("Task", "spec"),
    )
    assert setup.results_level == "info"


@pytest.mark.parametrize(
    "config",
    [
        None,
        {},
        {"apiVersion": "fn.kuma.io/v1alpha1", "kind": "MeshSetup"},
        {"apiVersion": "fn.kuma.io/v1alpha1", "kind": "MeshSetup", "spec": None},
        setup_of("{}"),
        setup_of("{controlPlane: {}, injection: {}, gateways: {rules: []}, dataplanes: {}, results: {}}"),
        setup_of("controlPlane: {caCert: ''}"),
        setup_of("{}", annotations={"config.kubernetes.io/function": "exec: {path: ./fn}"}, labels={"a": 1}),
    ],
)
def test_nothing_said_means_the_defaults(config: object) -> None:
    assert load(config) == MeshSetup()


def test_an_empty_list_of_meshes_is_complete() -> None:
    assert loaded(setup_of("meshes: []")).meshes == ()


def test_off_that_yaml_read_as_false() -> None:
    setup = loaded(setup_of("gateways: {detect: off, harden: off}"))
    assert (setup.gateways.detect, setup.gateways.harden) == ("off", "off")


def test_a_port_may_be_a_float_without_fraction() -> None:
    ports = "externalNames: [{name: a, namespace: b, hostname: c.mesh, ports: [{port: 80.0}]}]"
    [entry] = loaded(setup_of(ports)).external_names
    assert entry.ports == (NamedPort(80),)
    assert entry.ports is not None
    assert isinstance(entry.ports[0].port, int)


@pytest.mark.parametrize(
    ("spec", "path", "code", "suggestion"),
    [
        ("Zone: a", "spec.Zone", "config-unknown-field", "zone"),
        ("kuma-version: '2.14'", "spec.kuma-version", "config-unknown-field", "kumaVersion"),
        ("mode: webhook", "spec.mode", "config-unknown-field", "spec.injection.mode"),
        ("colour: red", "spec.colour", "config-unknown-field", ""),
        ("{1: 2}", 'spec["1"]', "config-unknown-field", ""),
        ("injection: {rule: []}", "spec.injection.rule", "config-unknown-field", "rules"),
        ("kumaVersion: 2.14", "spec.kumaVersion", "config-wrong-type", '"2.14" (in quotes)'),
        ("kumaVersion: 2.1", "spec.kumaVersion", "config-wrong-type", '"2.10" (in quotes)'),
        ("kumaVersion: 2.9", "spec.kumaVersion", "config-wrong-type", '"2.9" (in quotes)'),
        ("kumaVersion: 2.8", "spec.kumaVersion", "config-wrong-type", ""),
        ("kumaVersion: 2", "spec.kumaVersion", "config-wrong-type", ""),
        ("kumaVersion: '2.15'", "spec.kumaVersion", "config-wrong-value", '"2.14"'),
        ("kumaVersion: '3.0.1'", "spec.kumaVersion", "config-wrong-value", '"2.14"'),
        ("kumaVersion: '2.14.3'", "spec.kumaVersion", "config-wrong-value", '"2.14"'),
        ("kumaVersion: v2.10.2", "spec.kumaVersion", "config-wrong-value", '"2.10"'),
        ("kumaVersion: '2.1.4'", "spec.kumaVersion", "config-wrong-value", ""),
        ("kumaVersion: '2.8'", "spec.kumaVersion", "config-wrong-value", ""),
        ("kumaVersion: '2.8.14'", "spec.kumaVersion", "config-wrong-value", ""),
        ("kumaVersion: ''", "spec.kumaVersion", "config-wrong-value", ""),
        ("kumaVersion: latest", "spec.kumaVersion", "config-wrong-value", ""),
        ("mesh: Default", "spec.mesh", "config-wrong-value", '"default"'),
        ("mesh: ''", "spec.mesh", "config-wrong-value", ""),
        ("mesh:", "spec.mesh", "config-wrong-type", ""),
        ('zone: "east\\n"', "spec.zone", "config-wrong-value", '"east"'),
        ("zone: 7", "spec.zone", "config-wrong-type", '"7" (in quotes)'),
        ("defaultNamespace: a.b", "spec.defaultNamespace", "config-wrong-value", ""),
        ("controlPlane: {address: kuma}", "spec.controlPlane.address", "config-wrong-value", ""),
        ("controlPlane: {config: []}", "spec.controlPlane.config", "config-wrong-type", ""),
        ("controlPlane: x", "spec.controlPlane", "config-wrong-type", ""),
        ("namespaces: [shop]", "spec.namespaces[0]", "config-wrong-type", ""),
        ("namespaces: [{}]", "spec.namespaces[0].name", "config-missing-field", ""),
        (
            "namespaces: [{name: a, labels: {b: 1}}]",
            "spec.namespaces[0].labels.b",
            "config-wrong-type",
            '"1" (in quotes)',
        ),
        (
            "namespaces: [{name: a, labels: {x.io/b: true}}]",
            'spec.namespaces[0].labels["x.io/b"]',
            "config-wrong-type",
            '"true" (in quotes)',
        ),
        ("namespaces: [{name: a, labels: {1: b}}]", "spec.namespaces[0].labels", "config-wrong-type", ""),
        ("namespaces: [{name: a}, {name: b}, {name: a}]", "spec.namespaces[2]", "config-conflict", ""),
        ("meshes: default", "spec.meshes", "config-wrong-type", "[default]"),
        ("injection: {mode: webhok}", "spec.injection.mode", "config-wrong-value", '"webhook"'),
        ("injection: {mode: xyz}", "spec.injection.mode", "config-wrong-value", ""),
        ("injection: {override: 'yes'}", "spec.injection.override", "config-wrong-type", "true"),
        ("injection: {override: 0}", "spec.injection.override", "config-wrong-type", ""),
        ("injection: {rules: {target: {}}}", "spec.injection.rules", "config-wrong-type", "a list with this one map"),
        ("injection: {rules: [{inject: true}]}", "spec.injection.rules[0].target", "config-missing-field", ""),
        ("injection: {rules: [{target: {}}]}", "spec.injection.rules[0]", "config-missing-field", ""),
        (
            "injection: {rules: [{target: {nmae: a}, inject: true}]}",
            "spec.injection.rules[0].target.nmae",
            "config-unknown-field",
            "name",
        ),
        (
            "injection: {rules: [{target: {name: '('}, inject: true}]}",
            "spec.injection.rules[0].target.name",
            "config-bad-expression",
            "",
        ),
        (
            "gateways: {rules: [{target: {labelSelector: 'a b'}}]}",
            "spec.gateways.rules[0].target.labelSelector",
            "config-bad-expression",
            "",
        ),
        (
            "serviceUpstream: {exclude: [{kind: Service}, {annotationSelector: 'a=,'}]}",
            "spec.serviceUpstream.exclude[1].annotationSelector",
            "config-bad-expression",
            "",
        ),
        ("gateways: {detect: true}", "spec.gateways.detect", "config-wrong-value", ""),
        ("gateways: {detect: 0}", "spec.gateways.detect", "config-wrong-value", ""),
        ("serviceUpstream: {products: kong}", "spec.serviceUpstream.products", "config-wrong-value", "[kong]"),
        ("serviceUpstream: {products: Auto}", "spec.serviceUpstream.products", "config-wrong-value", "auto"),
        ("serviceUpstream: {products: 3}", "spec.serviceUpstream.products", "config-wrong-type", ""),
        (
            "serviceUpstream: {products: [3]}",
            "spec.serviceUpstream.products[0]",
            "config-wrong-type",
            '"3" (in quotes)',
        ),
        ("externalNames: [{name: a, namespace: b}]", "spec.externalNames[0]", "config-missing-field", ""),
        (
            "externalNames: [{name: a, namespace: b, hostname: c, meshExternalService: {name: c, port: 1}}]",
            "spec.externalNames[0]",
            "config-conflict",
            "",
        ),
        (
            "externalNames: [{name: a, namespace: b, hostname: a_b_svc_80.mesh}]",
            "spec.externalNames[0].hostname",
            "config-wrong-value",
            '"a.b.svc.80.mesh"',
        ),
        (
            "externalNames: [{name: a, namespace: b, hostname: 10.0.0.1}]",
            "spec.externalNames[0].hostname",
            "config-wrong-value",
            "",
        ),
        (
            "externalNames: [{name: a, namespace: b, hostname: c}, {name: a, namespace: b, hostname: d}]",
            "spec.externalNames[1]",
            "config-conflict",
            "",
        ),
        (
            "externalNames: [{name: a, namespace: b, meshMultiZoneService: {name: c, port: '80'}}]",
            "spec.externalNames[0].meshMultiZoneService.port",
            "config-wrong-type",
            "80",
        ),
        (
            "externalNames: [{name: a, namespace: b, meshExternalService: {name: c, port: 65536}}]",
            "spec.externalNames[0].meshExternalService.port",
            "config-wrong-value",
            "",
        ),
        (
            "externalNames: [{name: a, namespace: b, hostname: c, ports: []}]",
            "spec.externalNames[0].ports",
            "config-wrong-value",
            "",
        ),
        (
            "externalNames: [{name: a, namespace: b, hostname: c, ports: [{name: x, port: 1}, {port: 2}]}]",
            "spec.externalNames[0].ports[1].name",
            "config-missing-field",
            "",
        ),
        (
            "externalNames: [{name: a, namespace: b, hostname: c, ports: [{name: x, port: 1}, {name: x, port: 2}]}]",
            "spec.externalNames[0].ports[1].name",
            "config-conflict",
            "",
        ),
        (
            "externalNames: [{name: a, namespace: b, hostname: c, ports: [{name: x, port: 1}, {name: y, port: 1}]}]",
            "spec.externalNames[0].ports[1].port",
            "config-conflict",
            "",
        ),
        (
            "workloadKinds: [{kind: A, podTemplate: .spec.template}]",
            "spec.workloadKinds[0].podTemplate",
            "config-wrong-value",
            '"spec.template"',
        ),
        (
            "workloadKinds: [{kind: A, podTemplate: spec/template}]",
            "spec.workloadKinds[0].podTemplate",
            "config-wrong-value",
            '"spec.template"',
        ),
        (
            "workloadKinds: [{kind: A, podTemplate: a}, {kind: A, podTemplate: b}]",
            "spec.workloadKinds[1]",
            "config-conflict",
            "",
        ),
        ("results: warning", "spec.results", "config-wrong-type", ""),
        ("results: {level: Info}", "spec.results.level", "config-wrong-value", '"info"'),
        ("[]", "spec", "config-wrong-type", ""),
    ],
)
def test_one_problem(spec: str, path: str, code: str, suggestion: str) -> None:
    [found] = problems(setup_of(spec))
    assert (found.path, found.code, found.suggestion) == (path, code, suggestion)


def test_all_problems_at_once() -> None:
    config = setup_of("{zone: 1, injection: {mode: x, rules: [{target: {name: '('}}]}, meshes: [A, B], dataplane: {}}")
    config["metadata"] = {"name": ""}
    config["speck"] = {}
    assert {item.path for item in problems(config)} == {
        "speck",
        "metadata.name",
        "spec.zone",
        "spec.dataplane",
        "spec.injection.mode",
        "spec.injection.rules[0]",
        "spec.injection.rules[0].target.name",
        "spec.meshes[0]",
        "spec.meshes[1]",
    }


def test_a_message_says_everything() -> None:
    [found] = problems(setup_of("injection: {mode: webhok}"))
    assert found.message == (
        'spec.injection.mode: "webhok" is not allowed; allowed: "webhook", "manual" or "none"; did you mean "webhook"?'
    )
    assert found.value == "webhok"


def test_the_message_about_an_old_version_says_why_it_is_not_there() -> None:
    [found] = problems(setup_of("kumaVersion: '2.7'"))
    assert found.message == (
        'spec.kumaVersion: "2.7" is not allowed; allowed: "2.9", "2.10", "2.11", "2.12", "2.13" or "2.14" (no older '
        "ones: before 2.9 annotations name the mesh of a pod, not labels, and Dataplanes have no labels)"
    )


@pytest.mark.parametrize("version", KUMA_VERSIONS)
def test_every_supported_version_can_be_asked_for(version: str) -> None:
    assert loaded(setup_of(f"kumaVersion: '{version}'")).kuma_version == version


def test_product_ids() -> None:
    config = setup_of("serviceUpstream: {products: [kong, traefic]}")
    assert loaded(config).service_upstream.products == ("kong", "traefic")
    [found] = problems(config, ("kong", "traefik"))
    assert (found.path, found.suggestion) == ("spec.serviceUpstream.products[1]", '"traefik"')
    assert isinstance(load(config, ("kong", "traefic")), MeshSetup)
    assert isinstance(load(setup_of("serviceUpstream: {products: auto}"), ("kong",)), MeshSetup)


@pytest.mark.parametrize(
    ("config", "path", "suggestion"),
    [
        ({"apiVersion": "fn.kuma.io/v1alpha1", "kind": "Meshsetup"}, "kind", "MeshSetup"),
        ({"apiVersion": "fn.kuma.io/v1alpha1"}, "kind", "MeshSetup"),
        ({"apiVersion": "fn.kuma.io/v1", "kind": "MeshSetup"}, "apiVersion", "fn.kuma.io/v1alpha1"),
        ({"kind": "ConfigMap", "data": {}}, "apiVersion", "v1"),
        ({"apiVersion": "apps/v1", "kind": "Deployment"}, "kind", ""),
        ({"apiVersion": ["v1"], "kind": {"a": 1}}, "kind", ""),
        ({"a": "b"}, "kind", ""),
        ([], "functionConfig", ""),
        ("MeshSetup", "functionConfig", ""),
        (False, "functionConfig", ""),
    ],
)
def test_other_kinds_are_refused(config: object, path: str, suggestion: str) -> None:
    [found] = problems(config)
    assert (found.path, found.code, found.suggestion) == (path, "config-unknown-kind", suggestion)
    assert "MeshSetup" in found.allowed
    assert "ConfigMap" in found.allowed


def test_config_map() -> None:
    config = config_map(
        mesh="shop",
        zone="east",
        kumaVersion="2.14",
        injection__mode="none",
        meshed__namespaces="shop, kong,shop",
        service__upstream="false",
        service__upstream__scope="namespace",
        service__upstream__products="kong, traefik",
        service__upstream__exclude="shop/legacy",
        gateways="kong/proxy-kong,edge.v2",
        dataplanes="all",
        dataplanes__local__config="false",
        meshes="shop,payments",
        results__level="info",
    )
    meshed = {"kuma.io/sidecar-injection": "enabled"}
    setup = loaded(config)
    assert (setup.name, setup.mesh, setup.zone) == ("function-input", "shop", "east")
    assert setup.injection.mode == "none"
    assert setup.injection.rules[0] == InjectionRule(Target(kind="Namespace", name="shop"), True)
    assert setup.injection.rules[1] == InjectionRule(Target(kind="Namespace", name="kong"), True)
    assert setup.namespaces == (KnownNamespace("shop", meshed), KnownNamespace("kong", meshed))
    assert setup.gateways.rules == (
        GatewayRule(Target(namespace="kong", name="proxy-kong")),
        GatewayRule(Target(name=r"edge\.v2")),
    )
    upstream = setup.service_upstream
    assert (upstream.enabled, upstream.scope, upstream.products) == (False, "namespace", ("kong", "traefik"))
    assert upstream.exclude == (Target(kind="Service", namespace="shop", name="legacy"),)
    assert (setup.dataplanes.emit, setup.dataplanes.local_config) == ("all", False)
    assert (setup.meshes, setup.results_level) == (("shop", "payments"), "info")


@pytest.mark.parametrize("data", [{}, None])
def test_config_map_without_settings(data: object) -> None:
    assert load({"apiVersion": "v1", "kind": "ConfigMap", "data": data, "immutable": True}) == MeshSetup()
    assert load({"apiVersion": "v1", "kind": "ConfigMap"}) == MeshSetup()


def test_config_map_with_an_empty_list_of_meshes() -> None:
    assert loaded(config_map(meshes="")).meshes == ()


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.name)
def test_examples_of_config_map_keys_are_accepted(key: Any) -> None:
    assert isinstance(load(config_map(**{key.name: key.example})), MeshSetup)


@pytest.mark.parametrize(
    ("data", "path", "code", "suggestion"),
    [
        ({"Zone": "a"}, "data.Zone", "config-unknown-field", "zone"),
        ({"kuma-version": "2.14"}, "data.kuma-version", "config-unknown-field", "kumaVersion"),
        ({"injection.mode": "none"}, 'data["injection.mode"]', "config-unknown-field", "injection-mode"),
        ({"colour": "red"}, "data.colour", "config-unknown-field", ""),
        ({1: "red"}, 'data["1"]', "config-unknown-field", ""),
        ({"kumaVersion": 2.14}, "data.kumaVersion", "config-wrong-type", ""),
        ({"mark-applied": True}, "data.mark-applied", "config-wrong-type", ""),
        ({"mark-applied": "tru"}, "data.mark-applied", "config-wrong-value", '"true"'),
        ({"injection-mode": "webhok"}, "data.injection-mode", "config-wrong-value", '"webhook"'),
        ({"meshed-namespaces": "shop-.*"}, "data.meshed-namespaces", "config-wrong-value", ""),
        ({"gateways": "a/b/c"}, "data.gateways", "config-wrong-value", ""),
        ({"gateways": "/b"}, "data.gateways", "config-wrong-value", ""),
        ({"gateways": "a/(b"}, "data.gateways", "config-wrong-value", ""),
        ({"service-upstream-exclude": "A"}, "data.service-upstream-exclude", "config-wrong-value", ""),
        ({"meshes": "a,B"}, "data.meshes", "config-wrong-value", '"b"'),
    ],
)
def test_config_map_problems_name_its_keys(data: dict[Any, Any], path: str, code: str, suggestion: str) -> None:
    [found] = problems({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "data": data})
    assert (found.path, found.code, found.suggestion) == (path, code, suggestion)


def test_config_map_of_another_shape() -> None:
    found = problems({"apiVersion": "v1", "kind": "ConfigMap", "data": ["mesh=a"], "spec": {"mesh": "b"}})
    assert [item.path for item in found] == ["spec", "data"]
    [bad_name] = problems({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": 3}})
    assert bad_name.path == "metadata.name"


def test_several_bad_items_under_one_key_are_all_named() -> None:
    found = problems(config_map(meshes="A,B", gateways="/a,/b"))
    assert sorted(str(item.value) for item in found) == ["/a", "/b", "A", "B"]


def test_the_schema_is_shipped() -> None:
    assert yaml.safe_load(schema_text())["title"] == "MeshSetup"


def test_valid_configurations_do_not_load_what_is_slow() -> None:
    slow = {"jsonschema", "json", "typing", "dataclasses", "inspect", "pathlib", "difflib", "importlib.resources"}
    program = (
        "import sys\n"
        "from krm_fn.config.load import load\n"
        f"assert not isinstance(load({setup_of(EVERYTHING)!r}), list)\n"
        f"assert not isinstance(load({config_map(mesh='a', gateways='b/c')!r}), list)\n"
        f"sys.exit(', '.join({slow!r} & sys.modules.keys()) or 0)\n"
    )
    # Without `site`: what an editable install imports at start is not ours.
    paths = {"PYTHONPATH": str(Path(krm_fn.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-S", "-c", program], capture_output=True, text=True, env=paths)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "null"), (True, "true"), (3, "3"), ("a\nb", '"a\\nb"'), ({}, "a map"), ([1], "a list")],
)
def test_shown(value: object, text: str) -> None:
    assert shown(value) == text


def test_long_values_are_cut() -> None:
    assert len(shown("x" * 1000)) <= 80


def test_paths() -> None:
    assert path_text(()) == "functionConfig"
    assert path_text(("spec", "rules", 0, "a-b", "x.io/y")) == 'spec.rules[0].a-b["x.io/y"]'


def test_nearest() -> None:
    assert nearest("service_upstream", ["serviceUpstream", "services"]) == "serviceUpstream"
    assert nearest("zzz", ["serviceUpstream"]) == ""
