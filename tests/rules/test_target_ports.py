from __future__ import annotations

import pytest

from krm_fn.rules.product_switches import SWITCH_ELSEWHERE
from krm_fn.rules.service_upstream import service_upstream
from krm_fn.rules.target_ports import TARGET_PORT_DIALLED
from tests.rules.tools import deployment, ingress, namespace, run_rule, service

FLAG = "-kubernetes-force-service"
BOTH = 'ingress.kubernetes.io/service-upstream: "true", nginx.ingress.kubernetes.io/service-upstream: "true"'


def package(ports: str, flag: str = "") -> str:
    """A Service in the mesh with such ports, behind Skipper."""
    skipper = deployment("gate", "edge", image="ghcr.io/zalando/skipper:v0.21.223")
    return (
        namespace()
        + namespace("edge", labels="")
        + deployment()
        + service(annotations=BOTH).replace("ports: [{port: 80}]", f"ports: {ports}")
        + skipper.replace('image: "', f'args: [skipper, -kubernetes{flag}], image: "')
        + ingress(klass="skipper")
    )


@pytest.mark.parametrize(
    "ports",
    [
        "[{port: 80}]",
        "[{port: 80, targetPort: 80}]",
        "[{port: 80, targetPort: 0}]",
        "[{port: 80, targetPort: {}}]",
        "[{name: admin, port: 81, targetPort: 9000}, {port: 80, targetPort: 80}]",
        "[{name: quic, port: 80, targetPort: 8443, protocol: UDP}, {port: 80, targetPort: 80}]",
        "[{port: eighty, targetPort: 81}, {port: 80}]",
    ],
)
def test_the_flag_is_written_where_the_address_answers_at_the_target_port(ports: str) -> None:
    ruled = run_rule(service_upstream, package(ports))
    assert [edit.value for edit in ruled.edits] == [["skipper", "-kubernetes", f"{FLAG}=true"]]
    assert run_rule(service_upstream, package(ports, f", {FLAG}")).of(TARGET_PORT_DIALLED) == []


@pytest.mark.parametrize(
    ("ports", "target", "index"),
    [
        ("[{port: 80, targetPort: 8080}]", 8080, 0),
        ("[{port: 80, targetPort: http}]", "http", 0),
        ('[{port: 80, targetPort: "80"}]', "80", 0),
        ("[{port: 81, targetPort: 81}, {port: 80, targetPort: 8080}]", 8080, 1),
    ],
)
def test_where_it_does_not_the_flag_is_held_back_or_told_of(ports: str, target: int | str, index: int) -> None:
    held_back = run_rule(service_upstream, package(ports))
    assert held_back.edits == []
    reason = f"answers at 80, while Skipper (Zalando) would dial its target port {target}"
    assert reason in held_back.only(SWITCH_ELSEWHERE).message

    result = run_rule(service_upstream, package(ports, f", {FLAG}")).only(TARGET_PORT_DIALLED)
    assert result.message == (
        f"Skipper (Zalando) is set ({FLAG}) to dial the address of this Service at the target port, {target}, and "
        "the address answers at 80: Ingress shop/web leads nowhere; give both ports the same number, or take the "
        "setting out"
    )
    assert (result.field, result.current) == (f"spec.ports[{index}].targetPort", target)
    assert result.item is not None
    assert result.item.kind == "Service"


def test_a_port_by_its_name() -> None:
    named = package("[{name: http, port: 80, targetPort: 8080}, {port: 81}]", f", {FLAG}")
    by_name = named.replace("port: {number: 80}", "port: {name: http}")
    assert run_rule(service_upstream, by_name).only(TARGET_PORT_DIALLED).current == 8080


def test_each_port_is_told_of_once() -> None:
    ports = "[{port: 80, targetPort: 8080}, {port: 81, targetPort: 8081}]"
    second = ingress("other", klass="skipper")
    third = ingress("third", klass="skipper").replace("number: 80", "number: 81")
    found = run_rule(service_upstream, package(ports, f", {FLAG}") + second + third).of(TARGET_PORT_DIALLED)
    assert [result.current for result in found] == [8080, 8081]


def test_a_headless_service_is_reached_by_its_name_at_the_target_port() -> None:
    headless = service("db", spec="clusterIP: None").replace("{port: 80}", "{port: 80, targetPort: 5432}")
    behind = headless + ingress("db", klass="skipper", backend="db")
    ruled = run_rule(service_upstream, package("[{port: 80}]") + behind)
    assert [edit.value[-1] for edit in ruled.edits if edit.item.kind == "Deployment"] == [f"{FLAG}=true"]
    assert run_rule(service_upstream, package("[{port: 80}]", f", {FLAG}") + behind).of(TARGET_PORT_DIALLED) == []


@pytest.mark.parametrize("ports", ["None", "{}", "[None]", "[[]]", "8080", "[{port: [80], targetPort: 8080}]"])
def test_ports_of_wrong_types(ports: str) -> None:
    assert run_rule(service_upstream, package(ports, f", {FLAG}")).of(TARGET_PORT_DIALLED) == []
