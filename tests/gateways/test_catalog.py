"""The catalog is consistent in itself, and says what the shared fact base says where that is at hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from krm_fn.gateways import product as words
from krm_fn.gateways.addresses import ADDRESSES
from krm_fn.gateways.catalog import catalog, product, products_by_id, route_kinds
from krm_fn.gateways.classes import ATTACHMENTS
from krm_fn.gateways.detect import CONFIRMATIONS
from krm_fn.gateways.product import Product, Switch
from krm_fn.gateways.products.common import CHAIN, DIRECT_ACCESS, EXTERNAL_NAME
from krm_fn.gateways.references import SYNTAXES

ALL = pytest.mark.parametrize("entry", catalog(), ids=lambda entry: str(entry.id))
SWITCHES = [(entry, switch) for entry in catalog() for switch in entry.switches]
EACH_SWITCH = pytest.mark.parametrize(("entry", "switch"), SWITCHES, ids=lambda value: getattr(value, "id", ""))


def test_ids_are_unique_and_are_found() -> None:
    ids = [entry.id for entry in catalog()]
    assert len(ids) == len(set(ids)) == 34
    assert all(product(name) is products_by_id()[name] for name in ids)
    assert product("no-such-gateway") is None


@ALL
def test_words_are_from_their_sets(entry: Product) -> None:
    assert entry.family in words.FAMILIES
    assert entry.default_target in words.TARGETS
    assert entry.confidence in words.CONFIDENCES
    assert entry.host in ("client", "destination")
    assert set(entry.fallbacks) <= {DIRECT_ACCESS, EXTERNAL_NAME, CHAIN}
    assert set(entry.confirmed_by) <= set(CONFIRMATIONS)
    assert all(labels.role in words.ROLES for labels in entry.pod_labels)
    assert all(note.needed_on in words.ROLES for note in entry.ports_in + entry.ports_out)
    assert all(sign.role in words.ROLES for sign in entry.role_by_environment)


@ALL
def test_every_product_has_sources(entry: Product) -> None:
    assert entry.sources
    assert all(source.startswith("https://") for source in entry.sources)


@ALL
def test_images_carry_no_registry_tag_or_digest(entry: Product) -> None:
    for image in entry.proxy_images + entry.controller_images:
        assert ":" not in image
        assert "@" not in image
        assert "." not in image.partition("/")[0]
    assert set(entry.shared_images) <= set(entry.proxy_images)
    assert not set(entry.proxy_images) & set(entry.controller_images)


@ALL
def test_label_sets_are_not_empty(entry: Product) -> None:
    for alternative in entry.pod_labels:
        assert alternative.labels
        assert all(key and value for key, value in alternative.labels)


@ALL
def test_families_agree_with_switches(entry: Product) -> None:
    upstream = [switch for switch in entry.switches if switch.purpose == words.UPSTREAM]
    assert bool(upstream) == (entry.family == words.SWITCH)
    if entry.family == words.NOTHING:
        assert entry.default_target in ("service-dns", "configured")
    if entry.family == words.IMPOSSIBLE:
        assert not entry.mark_at


@ALL
def test_what_has_no_switch_names_a_way_around(entry: Product) -> None:
    if entry.family == words.DETOUR:
        assert entry.fallbacks


@EACH_SWITCH
def test_switches_are_well_formed(entry: Product, switch: Switch) -> None:
    assert switch.how in words.HOWS
    assert switch.purpose in words.PURPOSES
    assert switch.headless in words.HEADLESS
    assert (switch.headless == words.OVERRIDE) == bool(switch.headless_key)
    assert set(switch.routes) <= {route.kind for route in entry.routes}
    assert not switch.mode or switch.mode in {mode.id for mode in entry.modes}


@EACH_SWITCH
def test_a_setting_is_written_or_it_is_said_why_not(entry: Product, switch: Switch) -> None:
    if switch.purpose in (words.UPSTREAM, words.ALTERNATIVE):
        for_one_route = switch.how in (words.BY_ANNOTATION, words.BY_FIELD)
        assert for_one_route or switch.found_by or switch.left
        assert not (for_one_route or switch.preferred) or not switch.left
    else:
        assert not switch.found_by
        assert not switch.left


@EACH_SWITCH
def test_what_stands_in_pods_tells_how(entry: Product, switch: Switch) -> None:
    assert switch.found_by in ("", *words.FOUND_BY)
    assert switch.images or switch.found_by != words.OWN_PODS
    assert set(switch.images) <= {*entry.proxy_images, *entry.controller_images}
    if switch.argument:
        assert switch.argument.startswith("-")
        assert switch.found_by == words.OWN_PODS
        assert all(number.isdigit() for number in switch.since.split(".")), "a tag is compared with it"
    else:
        assert not switch.beside_argument
        assert not switch.not_with_arguments


@EACH_SWITCH
def test_releases_are_read_from_images(entry: Product, switch: Switch) -> None:
    if switch.headless_since:
        assert switch.images
        assert all(number.isdigit() for number in switch.headless_since.split("."))


@EACH_SWITCH
def test_what_is_generated_replaces_nothing(entry: Product, switch: Switch) -> None:
    assert bool(switch.version) == all(switch.merged_by)


@EACH_SWITCH
def test_annotations_are_strings_with_keys_that_kubernetes_takes(entry: Product, switch: Switch) -> None:
    if switch.how == words.BY_ANNOTATION:
        prefix, slash, name = switch.key.partition("/")
        assert slash
        assert prefix.count(".") >= 1
        assert name
        assert len(name) <= 63
        assert isinstance(switch.value, str)
        assert switch.object == "Service" or switch.object in {route.kind for route in entry.routes}


@EACH_SWITCH
def test_annotations_on_routes_name_their_own_route_kind(entry: Product, switch: Switch) -> None:
    if switch.how == words.BY_ANNOTATION and switch.purpose == words.UPSTREAM and switch.object != "Service":
        assert switch.routes == (switch.object,)


def test_the_annotation_that_kuma_writes_is_read_by_three_products() -> None:
    readers = {entry.id for entry, switch in SWITCHES if switch.kuma_writes}
    assert readers == {entry.id for entry in catalog() if entry.kuma_annotation_works}
    assert readers == {"kong-kic", "kong-operator", "haproxy-ingress"}


def test_route_kinds_are_readable() -> None:
    for route, owners in route_kinds():
        assert owners
        assert route.groups
        assert route.backends or route.kind in {address.kind for address in ADDRESSES}
        assert route.attach in ATTACHMENTS
        assert bool(route.flags) == (route.attach == "flag")
        assert all(path.syntax in SYNTAXES for path in route.backends)
        assert len(owners) == 1 or route.attach in ("ingress-class", "parent-gateway"), "only classes tell owners apart"


def test_kinds_of_udp_routes() -> None:
    found = {route.kind for entry in catalog() for route in entry.routes if route.udp}
    assert found == {"UDPRoute", "UDPIngress", "IngressRouteUDP"}


def test_products_find_their_own_routes() -> None:
    kong = products_by_id()["kong-kic"]
    assert kong.route("networking.k8s.io", "Ingress") is not None
    assert kong.route("voyager.appscode.com", "Ingress") is None


READ_IN_SOURCE = {
    "spec.highestRandomWeight.services[].nativeLB",
    "spec.failover.service.nativeLB",
    "spec.failover.fallback.nativeLB",
}
"""Settings of releases newer than the shared facts: pkg/provider/kubernetes/crd/kubernetes_http.go of Traefik 3.7."""
REFUTED = {"-kubernetes-force-service"}
"""Settings of the shared facts that no release has: config/config.go of Skipper 0.15 to 0.22 knows no such argument,
and docs/kubernetes/ingress-controller.md speaks of skipper.Options, which is for programs that embed it."""
MORE_ROUTES = {"haproxy-ingress": {"ConfigMap"}}
"""Kinds that the shared facts lack: pkg/converters/configmap/tcpservices.go of HAProxy Ingress 0.14."""
SHARED = Path(__file__).parents[3] / "shared" / "gateways" / "catalog.yaml"


def _shared() -> list[dict[str, Any]]:
    if not SHARED.exists():
        return []
    entries: list[dict[str, Any]] = yaml.safe_load(SHARED.read_text(encoding="utf-8"))["gateways"]
    return entries


@pytest.mark.skipif(not SHARED.exists(), reason="the shared fact base is not at hand")
class TestFidelity:
    """Literal facts equal those of the shared fact base."""

    def test_no_product_is_missing(self) -> None:
        assert {entry["id"] for entry in _shared()} == set(products_by_id())

    @pytest.mark.parametrize("fact", _shared(), ids=lambda fact: str(fact["id"]))
    def test_facts(self, fact: dict[str, Any]) -> None:
        entry = products_by_id()[fact["id"]]
        assert set(entry.proxy_images) == set(fact["proxyImages"])
        assert set(entry.controller_images) == set(fact["controllerOnlyImages"])
        assert set(entry.ingress_classes) == set(fact["ingressClasses"])
        assert set(entry.ingress_controllers) == {_pattern(name) for name in fact["controllerNames"]}
        assert set(entry.gateway_controllers) == set(fact["gatewayClassControllers"])
        assert set(entry.proxy_containers) == set(fact.get("proxyContainers", []))
        assert {(frozenset(a.labels), a.role) for a in entry.pod_labels} == {
            (frozenset(a["labels"].items()), a["role"]) for a in fact["podLabels"]
        }
        assert entry.default_target == fact["defaultTarget"]
        assert entry.confidence == fact["confidence"]
        assert set(entry.sources) == set(fact["sources"])
        assert entry.topology == tuple(fact["topology"])
        assert set(entry.fallbacks) == set(fact["fallback"])
        assert fact["hostHeader"]["default"].startswith(entry.host)
        assert entry.kuma_annotation_works == fact["kumaServiceAnnotationWorks"]
        assert [note.port for note in entry.ports_in] == [note["port"] for note in fact["inboundPortsToExclude"]]

    @pytest.mark.parametrize("fact", _shared(), ids=lambda fact: str(fact["id"]))
    def test_switches(self, fact: dict[str, Any]) -> None:
        entry = products_by_id()[fact["id"]]
        annotations = {
            (row["object"].rpartition("/")[2], row["annotation"], row["value"])
            for row in fact["upstream"]
            if row.get("annotation", "none") != "none"
        }
        own = [switch for switch in entry.switches if switch.how == words.BY_ANNOTATION]
        assert {(switch.object, switch.key, switch.value) for switch in own} == annotations
        fields = [row["field"] for row in fact["upstream"] if "field" in row]
        others = [switch.key for switch in entry.switches if switch.how not in (words.BY_ANNOTATION, "label")]
        assert all(any(key in field for field in fields) for key in others if key not in READ_IN_SOURCE)
        assert all(any(key in field for key in others) for field in fields if field not in REFUTED)

    @pytest.mark.parametrize("fact", _shared(), ids=lambda fact: str(fact["id"]))
    def test_routes(self, fact: dict[str, Any]) -> None:
        entry = products_by_id()[fact["id"]]
        theirs = {(row["apiVersion"].rpartition("/")[0], row["kind"]) for row in fact["routes"]}
        # What names hosts and no Service is no route of its own there: a backendRef leads to it.
        ours = {(group, route.kind) for route in entry.routes if route.backends for group in route.groups}
        assert theirs <= ours
        assert {kind for _, kind in theirs} | MORE_ROUTES.get(entry.id, set()) == {kind for _, kind in ours}
        for row in fact["routes"]:
            route = entry.route(row["apiVersion"].rpartition("/")[0], row["kind"])
            assert route is not None
            paths = {path.path for path in route.backends}
            for backend in row["backends"]:
                if "*" not in backend["path"] and "<" not in backend["path"]:
                    assert {p for p in backend["path"].split(" and ") if p not in paths} <= {
                        "spec.virtualHost.routes[].routeAction.single.upstream",
                        "metadata.name",
                    }


def _pattern(name: str) -> str:
    return name.partition("<")[0] + "*" if "<" in name else name
