"""Settings of a Pod or of the ConfigMap that do not take effect."""

from __future__ import annotations

from typing import Any

import pytest

from krm_fn.kuma.controlplane import resolve
from krm_fn.kuma.sidecar_warnings import config_map_warnings, injection_warnings
from krm_fn.kuma.transparent_proxy_config import parse_config_map

CONFIG = resolve({"runtime": {"kubernetes": {"injector": {"sidecarContainer": {"redirectPortInbound": 15106}}}}})
INBOUND, OUTBOUND = "kuma.io/transparent-proxying-inbound-port", "kuma.io/transparent-proxying-outbound-port"
PROXYING, UID, DNS = "kuma.io/transparent-proxying", "kuma.io/sidecar-uid", "kuma.io/builtin-dns"


@pytest.mark.parametrize(
    ("annotations", "by_config_map", "keys"),
    [
        ({}, False, []),
        ({INBOUND: "15106", OUTBOUND: "015001", PROXYING: "true"}, False, []),
        ({INBOUND: "15006", OUTBOUND: "15001", PROXYING: "no"}, False, [PROXYING, INBOUND]),
        ({OUTBOUND: "rubbish"}, False, [OUTBOUND]),
        ({UID: "1", DNS: "disabled"}, False, []),
        ({UID: "1", DNS: "disabled", INBOUND: "15006"}, True, [UID, INBOUND, DNS]),
        ({UID: "5678", DNS: "yes", f"{DNS}-port": "15053", PROXYING: "no"}, True, []),
        ({INBOUND: 15006}, False, []),
    ],
)
def test_annotations_without_effect(annotations: dict[str, Any], by_config_map: bool, keys: list[str]) -> None:
    found = injection_warnings(annotations, {}, CONFIG, by_config_map)
    assert [(remark.code, remark.key) for remark in found] == [("annotation-overridden", key) for key in keys]


def test_without_a_word_there_is_no_config_map() -> None:
    assert injection_warnings({UID: "1", DNS: "disabled"}, {}, CONFIG) == []


def test_an_annotation_without_effect_is_told_with_what_has_one() -> None:
    (remark,) = injection_warnings({INBOUND: "15006"}, {}, CONFIG)
    assert remark.message == (
        "The annotation kuma.io/transparent-proxying-inbound-port: 15006 has no effect; "
        "the control plane's 15106 is used."
    )
    assert remark.proposed == "15106"


@pytest.mark.parametrize(("on", "proposed"), [(True, "enabled"), (False, "disabled")])
def test_the_configured_dns_is_proposed_as_a_switch(on: bool, proposed: str) -> None:
    config = resolve({"runtime": {"kubernetes": {"injector": {"builtinDNS": {"enabled": on}}}}})
    (remark,) = injection_warnings({DNS: "disabled" if on else "enabled"}, {}, config, by_config_map=True)
    assert (remark.key, remark.proposed) == (DNS, proposed)


def test_an_init_container_with_the_sidecars_user() -> None:
    spec = {"initContainers": [{"name": "i", "securityContext": {"runAsUser": 5678}}, {"name": "j"}]}
    (remark,) = injection_warnings({}, spec, CONFIG)
    assert remark.code == "init-container-with-sidecar-uid"
    assert (remark.key, remark.proposed) == ("", None)
    assert remark.message == (
        "The init container i runs with the user id of the sidecar, 5678: its traffic bypasses the mesh."
    )


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("{}", []),
        ("kumaDPUser: '5678'\nredirect: {dns: {enabled: true}, inbound: {port: 15106}}", []),
        (
            "kumaDPUser: '1'\nredirect: {dns: {enabled: true, port: 53}, inbound: {port: 1}, outbound: {port: 2}}",
            ["kumaDPUser", "redirect.inbound.port", "redirect.outbound.port", "redirect.dns.port"],
        ),
        ("redirect: {dns: {enabled: true}, inbound: {port: 15006}}", []),
        ("redirect: {inbound: {port: 15005}}", ["redirect.inbound.port"]),
    ],
)
def test_fields_of_the_config_map(text: str, fields: list[str]) -> None:
    tproxy = parse_config_map("t", {"data": {"config.yaml": text}})
    found = config_map_warnings(tproxy, CONFIG)
    assert [remark.key for remark in found] == fields
    assert {remark.code for remark in found} <= {"transparent-proxy-config-differs"}


def test_a_field_that_differs_is_told_with_both_values() -> None:
    tproxy = parse_config_map("t", {"data": {"config.yaml": "redirect: {inbound: {port: 1}}"}})
    (remark,) = config_map_warnings(tproxy, CONFIG)
    assert remark.message == "The ConfigMap's redirect.inbound.port: 1 differs from the control plane's 15106."
    assert remark.proposed == "15106"
