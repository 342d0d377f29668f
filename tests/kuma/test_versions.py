"""The table of Kuma versions: what each minor does otherwise than the one before it."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from krm_fn.config.meshsetup import KUMA_VERSIONS
from krm_fn.function import transform
from krm_fn.kuma.controlplane import resolve
from krm_fn.kuma.reading import KumaValueError
from krm_fn.kuma.versions import (
    NEWEST,
    SUPPORTED,
    V2_9,
    V2_10,
    V2_11,
    V2_12,
    V2_13,
    V2_14,
    VERSIONS,
    KumaVersion,
)
from tests.kuma.worlds import conversion, dataplane, networking, pod, service

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "fixtures" / "versions"
ALL = tuple(VERSIONS.values())
TAGLESS = {"experimental": {"inboundTagsDisabled": True}}


def test_names_and_records_agree() -> None:
    assert tuple(VERSIONS) == SUPPORTED == KUMA_VERSIONS
    assert all(version.name == name and version.release.startswith(f"{name}.") for name, version in VERSIONS.items())


def test_the_newest_is_last() -> None:
    assert NEWEST.name == SUPPORTED[-1]
    assert sorted(SUPPORTED, key=lambda name: [int(part) for part in name.split(".")]) == list(SUPPORTED)


# --- Every difference shows -------------------------------------------------------------------------------------------
CHANGES = [
    (older, newer, field)
    for older, newer in pairwise(ALL)
    for field in KumaVersion._fields
    if field not in ("name", "release") and getattr(older, field) != getattr(newer, field)
]


@pytest.mark.parametrize(
    ("older", "newer", "field"), CHANGES, ids=[f"{newer.name}-{field}" for _, newer, field in CHANGES]
)
def test_every_difference_shows_in_a_fixture(
    older: KumaVersion, newer: KumaVersion, field: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = sorted(FIXTURES.glob(f"*-{newer.name}"))
    monkeypatch.setitem(VERSIONS, newer.name, newer.replace(**{field: getattr(older, field)}))
    assert [case.name for case in cases if changes_output(case)] != []


def changes_output(case: Path) -> bool:
    return transform((case / "input.yaml").read_text()).text != (case / "output.yaml").read_text()


def test_the_newest_has_no_reservations() -> None:
    assert NEWEST.unknown_settings == ()


def test_fixtures_come_in_pairs_that_differ_in_the_version_only() -> None:
    inputs: dict[str, set[str]] = {}
    for case in FIXTURES.iterdir():
        what, _, minor = case.name.rpartition("-")
        text = (case / "input.yaml").read_text()
        assert f'kumaVersion: "{minor}"' in text
        inputs.setdefault(what, set()).add(text.replace(f'kumaVersion: "{minor}"', ""))
        assert len(list(FIXTURES.glob(f"{what}-2.*"))) > 1
    assert {what for what, texts in inputs.items() if len(texts) > 1} == set()


# --- Dataplanes -------------------------------------------------------------------------------------------------------
def named(version: KumaVersion) -> str | None:
    port = {"port": 80, "targetPort": 8080, "name": "service"}
    name: str | None = networking(pod(), service("web", port), version=version)["inbound"][0].get("name")
    return name


def test_the_name_of_inbounds() -> None:
    assert [named(version) for version in ALL] == ["service"] + ["http"] * 5


def test_an_inbound_has_no_name_where_the_service_port_has_none() -> None:
    assert "name" not in networking(pod(), service(), version=V2_9)["inbound"][0]


@pytest.mark.parametrize("services", [(), (service(),)])
def test_the_protocol_of_inbounds(services: tuple[dict[str, Any], ...]) -> None:
    found = [networking(pod(), *services, version=version)["inbound"][0] for version in ALL]
    assert ["protocol" in inbound for inbound in found] == [False] * 5 + [True]
    assert all(inbound["tags"]["kuma.io/protocol"] == "tcp" for inbound in found)


@pytest.mark.parametrize("protocol", ["http", "http2", "tcp", "tls", "grpc", "kafka"])
def test_protocols_that_all_know(protocol: str) -> None:
    web = service("web", {"port": 80, "appProtocol": protocol})
    for version in ALL:
        assert networking(pod(), web, version=version)["inbound"][0]["tags"]["kuma.io/protocol"] == protocol


@pytest.mark.parametrize(
    ("mode", "counts"),
    [("Exclusive", [2, 2, 1, 1, 1, 2]), ("Everywhere", [2] * 6), ("Disabled", [2] * 6), ("ReachableBackends", [2] * 6)],
)
def test_deduplication(mode: str, counts: list[int]) -> None:
    services = (service("a"), service("b"))
    found = [networking(pod(), *services, mode=mode, version=version)["inbound"] for version in ALL]
    assert [len(inbounds) for inbounds in found] == counts


def test_without_tags_deduplication_is_back() -> None:
    inbounds = networking(pod(), service("a"), service("b"), mode="Exclusive", config=TAGLESS)["inbound"]
    assert len(inbounds) == 1


def test_settings_of_later_versions_are_ignored() -> None:
    config = {
        "Experimental": {"INBOUNDTAGSDISABLED": True, "kubeOutboundsAsVIPs": False},
        "runtime": {"kubernetes": {"workloadLabels": ["app"], "disallowMultipleMeshesPerNamespace": True}},
    }
    for version in ALL:
        resolved = resolve(config, version.defaults, version.unknown_settings)
        assert resolved.experimental.kube_outbounds_as_vips is False
        assert resolved.experimental.inbound_tags_disabled is (version is V2_14)
        knows_workloads = version in (V2_13, V2_14)
        assert bool(resolved.workload_labels) is knows_workloads
        assert resolved.runtime.kubernetes.disallow_multiple_meshes_per_namespace is knows_workloads


@pytest.mark.parametrize(
    "config", [{}, {"experimental": 3}, {"experimental": None}, {1: 2}, {"runtime": {"kubernetes": []}}]
)
def test_odd_configurations_are_judged_as_by_the_newest(config: dict[Any, Any]) -> None:
    def outcome(version: KumaVersion) -> str:
        try:
            return str(resolve(config, V2_14.defaults, version.unknown_settings))
        except KumaValueError as wrong:
            return str(wrong)

    assert outcome(V2_9) == outcome(V2_14)


def test_a_setting_that_is_ignored_may_have_any_type() -> None:
    config = {"runtime": {"kubernetes": {"workloadLabels": 7}}}
    assert resolve(config, V2_12.defaults, V2_12.unknown_settings) == V2_12.defaults


def test_defaults() -> None:
    assert [version.defaults.injector.virtual_probes_enabled for version in ALL] == [True] * 4 + [False] * 2
    assert [version.defaults.experimental.sidecar_containers for version in ALL] == [False] * 5 + [True]
    assert all(version.defaults.injector.application_probe_proxy_port == 9001 for version in ALL)


def test_the_mesh_must_exist() -> None:
    for version in (V2_9, V2_10):
        found = conversion(pod(), service("a"), service("b"), mode=None, version=version).dataplane
        assert found is not None
        assert len(found["spec"]["networking"]["inbound"]) == 2
    for version in (V2_11, V2_12, V2_13, V2_14):
        with pytest.raises(KumaValueError, match="not found"):
            conversion(pod(), mode=None, version=version)


def test_zone_proxies_of_a_mesh() -> None:
    zone_proxy = service("zone", labels={"k8s.kuma.io/zone-proxy-type": "anything"})
    for version in ALL[:-1]:
        found = conversion(pod(), zone_proxy, mode="Exclusive", version=version)
        assert found.events == ()
        assert found.dataplane is not None
        assert found.dataplane["spec"]["networking"].keys() == {"address", "inbound"}
    with pytest.raises(KumaValueError, match="allowed"):
        conversion(pod(), zone_proxy, mode="Exclusive", version=V2_14)


PROXYING = {"traffic.kuma.io/transparent-proxy-config": "{}", "kuma.io/direct-access-services": "*"}
PORTS = {f"kuma.io/transparent-proxying-{way}-port": "1500" for way in ("inbound", "outbound")}


def test_transparent_proxying_by_configuration() -> None:
    found = ["transparentProxying" in networking(pod(annotations=PROXYING), version=version) for version in ALL]
    assert found == [False, False, True, True, True, True]


def test_transparent_proxying_by_annotation() -> None:
    annotations = {**PROXYING, **PORTS, "kuma.io/transparent-proxying": "enabled"}
    blocks = [networking(pod(annotations=annotations), version=version)["transparentProxying"] for version in ALL]
    assert all(block == blocks[0] for block in blocks)
    assert blocks[0]["directAccessServices"] == ["*"]


# --- Labels -----------------------------------------------------------------------------------------------------------
BASIC = {
    "k8s.kuma.io/namespace": "shop",
    "kuma.io/env": "kubernetes",
    "kuma.io/mesh": "default",
    "kuma.io/origin": "zone",
    "kuma.io/zone": "east",
}
OF_POD = {**BASIC, "app": "web", "kuma.io/proxy-type": "sidecar"}
ACCOUNT = {"k8s.kuma.io/service-account": "sa"}


@pytest.mark.parametrize(
    ("version", "labels"),
    [
        (V2_9, BASIC),
        (V2_10, OF_POD),
        (V2_11, OF_POD),
        (V2_12, OF_POD | ACCOUNT),
        (V2_13, OF_POD | ACCOUNT | {"kuma.io/workload": "sa"}),
        (V2_14, OF_POD | ACCOUNT | {"kuma.io/workload": "sa"}),
    ],
    ids=SUPPORTED,
)
def test_labels(version: KumaVersion, labels: dict[str, str]) -> None:
    assert dataplane(pod(serviceAccountName="sa"), version=version)["metadata"]["labels"] == labels


def test_labels_of_an_older_dataplane_stay_underneath() -> None:
    existing = {"metadata": {"labels": {"kuma.io/listener-zoneegress": "enabled", "mine": "1", "app": "old"}}}
    for version in ALL:
        found = conversion(pod(), existing=existing, version=version).dataplane
        assert found is not None
        labels = found["metadata"]["labels"]
        assert labels["mine"] == "1"
        assert labels["app"] == ("old" if version is V2_9 else "web")
        assert ("kuma.io/listener-zoneegress" in labels) is (version is not V2_14)


def test_labels_of_a_pod_preset_nothing_in_the_oldest() -> None:
    preset = {"app": "web", "kuma.io/zone": "mine"}
    zones = [dataplane(pod(labels=preset), version=version)["metadata"]["labels"]["kuma.io/zone"] for version in ALL]
    assert zones == ["east"] + ["mine"] * 5


# --- The page ---------------------------------------------------------------------------------------------------------
def test_the_page_is_what_the_records_say() -> None:
    command = [sys.executable, str(ROOT / "docs" / "generate_versions.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
