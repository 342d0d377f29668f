from __future__ import annotations

import pytest

from krm_fn.config.meshsetup import ExternalName, MeshMultiZoneServiceRef
from krm_fn.krm.outcome import ERROR, WARNING, Result
from krm_fn.rules.external_names import (
    EXTERNAL_NAME_DOUBTFUL,
    EXTERNAL_NAME_INVALID,
    EXTERNAL_NAME_PORT,
    LEGACY_HOSTNAME,
    external_names,
)
from tests.rules.tools import check_noop, codes, config, deployment, mesh, namespace, package, run_rule

EXCLUSIVE = "meshServices: {mode: Exclusive}"
LEGACY = "meshService: {name: backend, namespace: shop, port: 8080}"
EAST = "meshService: {name: backend, namespace: shop, port: 8080, zone: east}"


def wanted(destination: str, more: str = "") -> str:
    return f"externalNames: [{{name: backend, namespace: kong, {destination}{more}}}]\nnamespaces: [{{name: kong}}]"


@pytest.mark.parametrize(
    ("destination", "hostname", "ports"),
    [
        (LEGACY, "backend.shop.svc.8080.mesh", [80]),
        (EAST, "backend.shop.svc.east.mesh.local", [8080]),
        ("meshMultiZoneService: {name: ledger, port: 8080}", "ledger.mzsvc.mesh.local", [8080]),
        ("meshExternalService: {name: cards, port: 443}", "cards.extsvc.mesh.local", [443]),
        ("hostname: legacy.mesh", "legacy.mesh", [80]),
        ("hostname: legacy.mesh.", "legacy.mesh.", [80]),
        ("hostname: legacy.mesh, ports: [{name: a, port: 1}, {name: b, port: 2}]", "legacy.mesh", [1, 2]),
    ],
)
def test_each_form(destination: str, hostname: str, ports: list[int]) -> None:
    ruled = run_rule(external_names, "", wanted(destination))
    assert codes(ruled.results) == []
    (service,) = ruled.emits
    assert service["metadata"] == {"name": "backend", "namespace": "kong"}
    assert service["spec"]["type"] == "ExternalName"
    assert service["spec"]["externalName"] == hostname
    assert [port["port"] for port in service["spec"]["ports"]] == ports
    assert all(port["targetPort"] == port["port"] for port in service["spec"]["ports"])


def test_nothing_wanted() -> None:
    check_noop(external_names, mesh(spec=EXCLUSIVE))


@pytest.mark.parametrize(
    "text",
    [
        mesh(spec=EXCLUSIVE),
        namespace("kong", labels="kuma.io/mesh: payments") + mesh("payments", spec=EXCLUSIVE),
        namespace("kong")
        + deployment("kong", "kong", labels="kuma.io/mesh: payments", annotations="kuma.io/gateway: enabled")
        + mesh("payments", spec=EXCLUSIVE),
    ],
    ids=["default mesh", "mesh of the Namespace", "mesh of the gateway"],
)
def test_legacy_names_do_not_exist_in_an_exclusive_mesh(text: str) -> None:
    ruled = run_rule(external_names, text, wanted(LEGACY))
    assert codes(ruled.results, "error") == [LEGACY_HOSTNAME]
    assert not ruled.emits
    assert "meshService.zone" in ruled.results[0].message


@pytest.mark.parametrize("hostname", ["backend.shop.svc.8080.mesh", "backend.shop.svc.8080.mesh."])
def test_a_legacy_name_that_is_written_out_is_one_too(hostname: str) -> None:
    found = run_rule(external_names, mesh(spec=EXCLUSIVE), wanted(f"hostname: {hostname}")).only(LEGACY_HOSTNAME)
    assert (found.item and found.item.words, found.field, found.current) == ("Mesh default", "", hostname)


def test_a_control_plane_without_legacy_names_is_told_at_the_setting_where_the_package_has_no_mesh() -> None:
    config_of_zone = "\ncontrolPlane: {config: {dnsServer: {serviceVipEnabled: false}}}"
    found = run_rule(external_names, "", wanted(LEGACY) + config_of_zone).only(LEGACY_HOSTNAME)
    assert (found.item, found.field) == (None, "functionConfig.spec.externalNames[0]")
    assert found.current == "backend.shop.svc.8080.mesh"
    assert "(service-vips-disabled)" in found.message


@pytest.mark.parametrize(
    "text",
    [
        "",
        mesh(),
        mesh("other", spec=EXCLUSIVE),
        mesh(spec=EXCLUSIVE) + namespace("kong", labels="kuma.io/mesh: payments") + mesh("payments"),
        namespace("kong")
        + deployment("app", "kong", labels="kuma.io/mesh: payments")
        + mesh("payments", spec=EXCLUSIVE),
        namespace("kong", labels="")
        + deployment("kong", "kong", labels="kuma.io/mesh: payments", annotations="kuma.io/gateway: enabled")
        + mesh("payments", spec=EXCLUSIVE),
    ],
    ids=[
        "no Mesh in the package",
        "default mode",
        "another mesh",
        "mesh of the Namespace",
        "mesh of pods that are no gateway",
        "mesh of a gateway that has not joined",
    ],
)
def test_legacy_names_exist_elsewhere(text: str) -> None:
    assert codes(run_rule(external_names, text, wanted(LEGACY)).results) == []


def test_names_that_would_not_work() -> None:
    name = "backend.shop.svc.east.mesh.local"
    own_zone = run_rule(external_names, "", "zone: east\n" + wanted(EAST)).only(EXTERNAL_NAME_DOUBTFUL)
    assert own_zone.message == (
        f"the hostname {name} does not exist in its own zone east, where the Service is reached by its Kubernetes "
        "name: let routes name shop/backend itself"
    )
    assert (own_zone.severity, own_zone.item, own_zone.current) == (WARNING, None, name)
    assert own_zone.field == "functionConfig.spec.externalNames[0]"
    no_mesh_services = run_rule(external_names, mesh(), wanted(EAST)).only(EXTERNAL_NAME_DOUBTFUL)
    assert no_mesh_services.message == (
        f"the hostname {name} belongs to a MeshService, and Kuma makes none in the mesh default: set "
        "spec.meshServices.mode of the Mesh to Everywhere or Exclusive"
    )
    assert no_mesh_services.item is not None
    assert no_mesh_services.item.words == "Mesh default"
    assert (no_mesh_services.field, no_mesh_services.current) == ("spec.meshServices.mode", "Disabled")
    assert codes(run_rule(external_names, "", "zone: west\n" + wanted(EAST)).results) == []
    assert codes(run_rule(external_names, mesh(spec=EXCLUSIVE), wanted(EAST)).results) == []


def test_a_hostname_without_a_port() -> None:
    ruled = run_rule(external_names, "", wanted("hostname: a.example.com"))
    assert codes(ruled.results) == [EXTERNAL_NAME_PORT]
    assert "ports" not in ruled.emits[0]["spec"]


def test_a_name_that_kubernetes_refuses_is_not_made() -> None:
    destination = MeshMultiZoneServiceRef("Ledger", 80)
    setup = config().replace(external_names=(ExternalName("ledger", "kong", destination),))
    (said,) = external_names(package("", setup), setup)
    assert isinstance(said, Result)
    assert (said.code, said.severity) == (EXTERNAL_NAME_INVALID, ERROR)
