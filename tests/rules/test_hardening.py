from __future__ import annotations

import pytest

from krm_fn.krm.outcome import INFO, REMOVED, WARNING
from krm_fn.rules.check_pods import MESH_AS_ANNOTATION, NO_CREDENTIALS
from krm_fn.rules.check_services import MESH_SERVICE_ELSEWHERE, NO_MESH_SERVICE
from krm_fn.rules.gateways import GATEWAY_ON_CONTROLLER
from krm_fn.rules.hardening import hardening
from krm_fn.rules.traps import DNS_ORDER, HELPER_INJECTED, PORT_CURES, START_ORDER, TRAPS
from tests.rules.custom_tools import contour, dataplane
from tests.rules.tools import (
    INJECTED,
    check_edit,
    check_noop,
    config,
    deployment,
    ingress,
    mesh,
    namespace,
    run_all,
    run_rule,
    service,
)

MARK = "kuma.io/gateway: enabled"
APPLY = "gateways: {harden: apply}"
REPORT = "gateways: {harden: report}"
OFF = "gateways: {harden: 'off'}"
CONTROLLER = "kong/kubernetes-ingress-controller:3.4"
NGINX = "registry.k8s.io/ingress-nginx/controller:v1.11.3"
OLD_SIDECARS = "{gateways: {harden: apply}, controlPlane: {config: {experimental: {sidecarContainers: false}}}}"
NO_TOKEN = "automountServiceAccountToken: false"
SEVERAL_PORTS = "ports: [{name: http, port: 80}, {name: metrics, port: 9090}]"


def kong(env: str = "", more: str = "") -> str:
    """A proxy of Kong beside its chart's labels; `env` and `more` are flow text of its container."""
    return f"""
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: kong, namespace: edge}}
spec:
  selector: {{matchLabels: {{app: kong}}}}
  template:
    metadata:
      labels: {{app: kong, app.kubernetes.io/name: gateway, {INJECTED}}}
      annotations: {{{MARK}}}
    spec: {{containers: [{{name: proxy, image: "kong:3.9"{env and ", env: "}{env}{more}}}]}}
"""


def job(name: str = "create", labels: str = "") -> str:
    return f"""
---
apiVersion: batch/v1
kind: Job
metadata: {{name: {name}, namespace: edge}}
spec:
  template:
    metadata: {{labels: {{app: {name}{labels and ", "}{labels}}}}}
    spec: {{restartPolicy: OnFailure, containers: [{{name: {name}, image: "{NGINX}"}}]}}
"""


WEBHOOK = """
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: checks}
webhooks: [{name: a.example.com, clientConfig: {service: {namespace: edge, name: kic}}}, {clientConfig: {url: x}}, 7]
"""

EDGE = namespace("edge")
WEB = namespace() + deployment() + service(spec=SEVERAL_PORTS)
ROUTED = EDGE + WEB + ingress(klass="kong")
KIC = deployment("kic", "edge", image=CONTROLLER)
DISABLED = "kuma.io/sidecar-injection: disabled"


@pytest.mark.parametrize("spec", [APPLY, REPORT, OFF])
@pytest.mark.parametrize(
    "text",
    [
        pytest.param(namespace() + deployment() + service(), id="no gateway"),
        pytest.param(EDGE + deployment("kic", "edge", image=CONTROLLER, labels=DISABLED), id="a controller kept out"),
        pytest.param(EDGE + deployment("kic", "edge", image=CONTROLLER, labels=INJECTED), id="one that shall be in"),
        pytest.param(namespace("edge", labels="") + KIC + job(), id="helpers outside of the mesh"),
        pytest.param(ROUTED + kong("[{name: KONG_DNS_ORDER, value: A}]"), id="an order of names"),
        pytest.param(ROUTED + kong("[{name: KONG_NEW_DNS_CLIENT, value: 'on'}]"), id="the newer resolver"),
        pytest.param(ROUTED + kong(more=", envFrom: [{configMapRef: {name: kong}}]"), id="unknown variables"),
        pytest.param(EDGE + WEB + kong(), id="no route"),
        pytest.param(EDGE + WEB + kong() + ingress(klass="nginx"), id="a route of another product"),
        pytest.param(
            EDGE + namespace() + deployment() + service() + kong() + ingress(klass="kong"), id="a Service with one port"
        ),
        pytest.param(
            EDGE + namespace(labels="") + deployment() + service(spec=SEVERAL_PORTS) + kong() + ingress(klass="kong"),
            id="a Service outside of the mesh",
        ),
        pytest.param(EDGE + deployment("nginx", "edge", image=NGINX, annotations=MARK), id="native sidecars"),
    ],
)
def test_left_alone(text: str, spec: str) -> None:
    check_noop(hardening, text, spec)


def test_off_is_silent() -> None:
    assert run_rule(hardening, ROUTED + kong() + KIC + WEBHOOK, OFF).results == []


@pytest.mark.parametrize(
    "text",
    [
        ROUTED + kong() + KIC + job() + service("kic", "edge") + WEBHOOK,
        EDGE + deployment("kic", "edge", image=CONTROLLER, annotations=MARK),
        EDGE + deployment("edge", "edge", annotations=MARK, spec=NO_TOKEN),
        namespace(annotations="kuma.io/mesh: payments") + deployment() + service(),
        EDGE + namespace() + deployment(annotations="kuma.io/mesh: payments") + service() + mesh("payments"),
    ],
)
def test_apply_makes_the_edit_that_report_proposes_and_nothing_is_left(text: str) -> None:
    report = run_rule(hardening, text, REPORT)
    assert not report.edits
    applied = run_rule(hardening, text, APPLY)
    proposed = {(r.item and r.item.place, r.code): r.proposed for r in report.results}
    done = {(r.item and r.item.place, r.code): r.proposed for r in applied.results}
    assert proposed.items() <= done.items()
    assert {r.severity for r in applied.results} == {INFO}
    assert applied.edits
    assert list(hardening(applied.resources, config(APPLY))) == []


def test_a_resolver_that_takes_ports_from_dns() -> None:
    found = run_rule(hardening, ROUTED + kong("[{name: A, value: b}]"), REPORT).only(DNS_ORDER)
    assert found.severity == WARNING
    assert found.field == "spec.template.spec.containers[0].env"
    cure = PORT_CURES["kong-kic"]
    assert found.proposed == [{"name": "A", "value": "b"}, {"name": cure.variable, "value": cure.value}]
    assert "shop/web" in found.message


@pytest.mark.parametrize(
    "env", ["", "[{name: KONG_NEW_DNS_CLIENT, value: 'off'}]", "[{name: KONG_NEW_DNS_CLIENT}]", "[7]"]
)
def test_variables_that_do_not_cure_it(env: str) -> None:
    assert run_rule(hardening, ROUTED + kong(env), APPLY).of(DNS_ORDER)


def test_variables_of_an_odd_type_are_not_edited() -> None:
    assert not run_rule(hardening, ROUTED + kong("{a: b}"), APPLY).edits


def test_a_service_that_carries_the_annotation_is_dialled_by_name_too() -> None:
    annotated = service(spec=SEVERAL_PORTS, annotations="ingress.kubernetes.io/service-upstream: 'true'")
    text = EDGE + namespace(labels="") + deployment() + annotated + kong() + ingress(klass="kong")
    assert run_rule(hardening, text, REPORT).of(DNS_ORDER)


def test_a_controller_whose_webhook_is_called() -> None:
    text = EDGE + KIC + service("kic", "edge") + WEBHOOK
    assert run_rule(hardening, text).only(HELPER_INJECTED).severity == WARNING
    assert run_rule(hardening, EDGE + KIC).only(HELPER_INJECTED).severity == INFO
    check_edit(hardening, EDGE + KIC, APPLY, EDGE + deployment("kic", "edge", image=CONTROLLER, labels=DISABLED))


def test_a_job_never_ends_beside_an_ordinary_sidecar() -> None:
    ordinary = OLD_SIDECARS.replace("apply", "report")
    assert run_rule(hardening, EDGE + job(), ordinary).only(HELPER_INJECTED).severity == WARNING
    assert run_rule(hardening, EDGE + job()).only(HELPER_INJECTED).severity == INFO
    check_edit(hardening, EDGE + job(), OLD_SIDECARS, EDGE + job(labels=DISABLED))


def test_a_marked_controller_loses_the_mark() -> None:
    ruled = run_all(namespace("edge", labels="") + deployment("kic", "edge", image=CONTROLLER, annotations=MARK), APPLY)
    assert ruled.only(GATEWAY_ON_CONTROLLER).severity == INFO
    assert "annotations" not in ruled.data[1]["spec"]["template"]["metadata"]
    assert [r.code for r in ruled.results if r.severity != INFO] == []


def test_a_controller_that_a_rule_names_keeps_it() -> None:
    spec = "gateways: {harden: apply, rules: [{target: {kind: Deployment, name: kic}}]}"
    ruled = run_all(EDGE + KIC, spec)
    assert ruled.only(GATEWAY_ON_CONTROLLER).severity == WARNING
    assert not ruled.of(HELPER_INJECTED)


def test_other_annotations_stay_when_the_mark_goes() -> None:
    before = EDGE + deployment("kic", "edge", image=CONTROLLER, annotations=f"{MARK}, a: b")
    ruled = run_rule(hardening, before, APPLY)
    assert ruled.data[1]["spec"]["template"]["metadata"]["annotations"] == {"a": "b"}


def test_a_token_volume_comes_with_its_annotation() -> None:
    text = EDGE + deployment("edge", "edge", annotations=MARK, spec=NO_TOKEN)
    ruled = run_all(text, APPLY)
    assert ruled.only(NO_CREDENTIALS).severity == INFO
    template = ruled.data[1]["spec"]["template"]
    [volume] = template["spec"]["volumes"]
    assert template["metadata"]["annotations"]["kuma.io/service-account-token-volume"] == volume["name"]


def test_pods_that_are_no_gateway_are_told_of_only() -> None:
    ruled = run_all(EDGE + deployment("edge", "edge", spec=NO_TOKEN), APPLY)
    assert ruled.only(NO_CREDENTIALS).severity == WARNING
    assert "volumes" not in ruled.data[1]["spec"]["template"]["spec"]


def test_the_mesh_becomes_a_label() -> None:
    before = namespace(annotations="kuma.io/mesh: payments, a: b") + deployment()
    after = namespace(labels=f"{INJECTED}, kuma.io/mesh: payments", annotations="a: b") + deployment()
    check_edit(hardening, before, APPLY, after)
    ruled = run_rule(hardening, namespace() + deployment(annotations="kuma.io/mesh: payments"), APPLY)
    assert ruled.data[1]["spec"]["template"]["metadata"] == {"labels": {"app": "web", "kuma.io/mesh": "payments"}}
    assert [edit.value for edit in ruled.edits] == ["payments", REMOVED]
    assert ruled.only(MESH_AS_ANNOTATION).severity == INFO


def test_a_namespace_of_the_config_cannot_be_edited() -> None:
    spec = "{gateways: {harden: apply}, namespaces: [{name: shop, labels: {kuma.io/sidecar-injection: enabled}, "
    spec += "annotations: {kuma.io/mesh: payments}}]}"
    check_noop(hardening, deployment(), spec)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (namespace() + deployment(labels="kuma.io/mesh: payments") + service(), MESH_SERVICE_ELSEWHERE),
        (
            namespace(labels="kuma.io/sidecar-injection: disabled")
            + deployment(labels=f"{INJECTED}, kuma.io/mesh: payments")
            + service(),
            NO_MESH_SERVICE,
        ),
    ],
)
def test_a_service_gets_the_label_of_its_mesh(text: str, code: str) -> None:
    exclusive = mesh("payments", "meshServices: {mode: Exclusive}")
    ruled = run_all(text + exclusive, APPLY)
    assert ruled.only(code).severity == INFO
    assert ruled.data[2]["metadata"]["labels"] == {"kuma.io/mesh": "payments"}
    assert run_all(text + exclusive, REPORT).only(code).severity == WARNING


def test_combined_pods_wait_for_an_ordinary_sidecar() -> None:
    text = EDGE + deployment("nginx", "edge", image=NGINX, annotations=MARK)
    wait = "kuma.io/wait-for-dataplane-ready: 'true'"
    after = EDGE + deployment("nginx", "edge", image=NGINX, annotations=f"{MARK}, {wait}")
    check_edit(hardening, text, OLD_SIDECARS, after)
    assert run_rule(hardening, text, OLD_SIDECARS).only(START_ORDER).severity == INFO
    said = EDGE + deployment(
        "nginx", "edge", image=NGINX, annotations=f"{MARK}, kuma.io/wait-for-dataplane-ready: 'no'"
    )
    check_noop(hardening, said, OLD_SIDECARS)


def test_observed_pods_are_not_edited() -> None:
    pod = f"""
---
apiVersion: v1
kind: Pod
metadata: {{name: kic, namespace: edge, annotations: {{{MARK}}}}}
spec: {{containers: [{{name: kic, image: "{CONTROLLER}"}}]}}
status: {{phase: Running}}
"""
    check_noop(hardening, EDGE + pod, APPLY)


def test_without_detection_only_what_is_asked_for() -> None:
    text = EDGE + KIC + service("kic", "edge") + WEBHOOK
    assert run_rule(hardening, text, "gateways: {detect: 'off'}").results == []
    assert run_rule(hardening, text, "gateways: {detect: 'off', harden: apply}").of(HELPER_INJECTED)


def test_without_detection_pods_of_operators_are_mended_too_where_that_is_asked_for() -> None:
    text = EDGE + dataplane(f"{MARK}, kuma.io/mesh: payments")
    assert run_rule(hardening, text, "gateways: {detect: 'off'}").results == []
    assert run_rule(hardening, text, "gateways: {detect: 'off', harden: report}").results == []
    mended = run_rule(hardening, text, "gateways: {detect: 'off', harden: apply}")
    assert mended.edits
    assert mended.only(MESH_AS_ANNOTATION).severity == INFO


@pytest.mark.parametrize("spec", [APPLY, REPORT])
def test_what_is_to_be_taken_away_by_hand_has_no_proposed_value(spec: str) -> None:
    result = run_rule(hardening, EDGE + contour(f"{MARK}, kuma.io/mesh: payments"), spec).only(MESH_AS_ANNOTATION)
    assert result.severity == WARNING
    assert result.field == "spec.envoy.podAnnotations[kuma.io/mesh]"
    assert result.proposed is None
    assert result.message == (
        "the mesh of its pods is named by an annotation, which Kuma's next major version ignores. It passes no labels "
        "on: label the Namespace of the pods kuma.io/mesh: payments instead"
    )


def test_each_trap_has_its_own_code() -> None:
    assert len({trap.code for trap in TRAPS}) == len(TRAPS)


def test_odd_values_of_variables_and_volumes() -> None:
    odd = "[{name: [1], value: {a: b}}, {name: KONG_NEW_DNS_CLIENT, value: [1]}, 7]"
    assert not run_rule(hardening, ROUTED + kong(odd), APPLY).of(DNS_ORDER)
    volumes = f"{NO_TOKEN}, volumes: [{{name: [1]}}, x]"
    text = EDGE + deployment("edge", "edge", annotations=MARK, spec=volumes)
    assert run_rule(hardening, text, APPLY).of(NO_CREDENTIALS)
