from __future__ import annotations

import pytest

from krm_fn.gateways.catalog import products_by_id
from krm_fn.gateways.product import OWN_PODS, Switch
from krm_fn.rules.own_pods import Carrier, image_before, in_own_pods
from tests.rules.tools import config, deployment, package

SKIPPER = "ghcr.io/zalando/skipper:v0.21.223"
TRAEFIK = "docker.io/library/traefik:v3.3.4"
FORCE = "-dial-services"
FLAG = Switch(
    "controller",
    "proxy flag",
    FORCE,
    since="0.13.260",
    found_by=OWN_PODS,
    argument=FORCE,
    images=("teapot/skipper", "zalando/skipper"),
)
"""An argument that no product has, to see how such a one is read and added whatever stands beside it."""


def found(product_id: str, container: str, key: str = "", kind: str = "Deployment", status: str = "") -> list[Carrier]:
    """What a workload with one container carries of the product's first setting in its own pods, else of FLAG."""
    product = products_by_id()[product_id]
    switch = next((s for s in product.switches if s.found_by == OWN_PODS and key in s.key), FLAG)
    spec = f"{{containers: [{{name: own, {container}}}]}}"
    body = f"spec: {spec}" if kind == "Pod" else f"spec: {{template: {{metadata: {{labels: {LABELS}}}, spec: {spec}}}}}"
    text = f"""
apiVersion: {"v1" if kind == "Pod" else "batch/v1" if kind == "Job" else "apps/v1"}
kind: {kind}
metadata: {{name: gate, namespace: edge, labels: {LABELS}}}
{body}
{status}
"""
    setup = config("")
    return list(in_own_pods(switch, product, package(text, setup)))


LABELS = "{app.kubernetes.io/name: traefik, application: skipper-ingress, gloo: gloo}"


def skipper(arguments: str, image: str = SKIPPER, more: str = "") -> Carrier:
    (carrier,) = found("skipper", f'image: "{image}", {more}{arguments}')
    return carrier


def test_an_argument_is_added_to_the_list() -> None:
    carrier = skipper("args: [skipper, -kubernetes]")
    assert carrier.path == ("spec", "template", "spec", "containers", 0, "args")
    assert (carrier.value, carrier.is_on, carrier.append, carrier.hindrance) == (None, False, True, "")
    assert carrier.wanted == f"{FORCE}=true"


@pytest.mark.parametrize(
    ("arguments", "is_on"),
    [
        (f"args: [{FORCE.upper()}]", True),
        (f"args: [{FORCE}]", True),
        (f"args: [-{FORCE}]", True),
        (f"args: [{FORCE}=true]", True),
        (f"args: [{FORCE}=TRUE]", True),
        (f"args: [{FORCE}=false]", False),
        (f"args: [{FORCE}=0]", False),
        (f"args: [{FORCE}, {FORCE}=false]", False),
        (f"command: [skipper, {FORCE}]", True),
        (f"command: [skipper, {FORCE}=false], args: [-kubernetes]", False),
        (f"args: [1, null, {{}}, {FORCE}]", True),
    ],
)
def test_what_the_arguments_say(arguments: str, is_on: bool) -> None:
    carrier = skipper(arguments)
    assert carrier.value is not None
    assert carrier.is_on is is_on
    assert isinstance(carrier.path[-1], int)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ("", "no list"),
        ("args: []", "no list"),
        ("args: -kubernetes", "no list"),
        ("args: {a: b}", "no list"),
        ("args: [-kubernetes, 1]", "no list"),
        ("args: [-kubernetes, null]", "no list"),
        ("command: [skipper, -kubernetes]", "no list"),
        ("command: [sh], args: [-c, skipper -kubernetes]", "shell"),
        ("command: [sh, -c], args: [skipper]", "shell"),
        ("args: [-kubernetes, --, more]", "nobody"),
    ],
)
def test_lists_to_which_nothing_is_added(arguments: str, word: str) -> None:
    carrier = skipper(arguments)
    assert carrier.value is None
    assert word in carrier.hindrance


@pytest.mark.parametrize(
    ("tag", "known"),
    [
        (":v0.13.260", True),
        (":0.13.260", True),
        (":v0.14", True),
        (":v1", True),
        (":v0.21.223-alpine", True),
        (":v0.21.223@sha256:0123", True),
        (":v0.13.259", False),
        (":v0.13", False),
        (":latest", False),
        (":main-223", False),
        (":v0.21.223-rc.1", False),
        (":v1.x", False),
        (":v99999999999", False),
        (":202401", False),
        (":20240", True),
        ("", False),
        ("@sha256:0123", False),
    ],
)
def test_the_release_that_the_tag_tells(tag: str, known: bool) -> None:
    carrier = skipper("args: [-kubernetes]", f"registry.example.com:5000/zalando/skipper{tag}")
    assert (carrier.hindrance == "") is known


def test_an_image_without_a_registry_and_a_path() -> None:
    (carrier,) = found("traefik", "image: traefik:v3, args: [--providers.kubernetesingress]")
    assert carrier.hindrance == ""


def test_a_short_tag_is_the_first_release_of_its_line() -> None:
    product = products_by_id()["skipper"]
    switch = FLAG.replace(since="0.14.1")
    text = deployment("gate", image="zalando/skipper:v0.14").replace("image:", "args: [-kubernetes], image:")
    (carrier,) = in_own_pods(switch, product, package(text))
    assert carrier.hindrance == (
        "the image zalando/skipper:v0.14 does not tell that it is release 0.14.1 or newer, which the argument needs"
    )


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ("--providers.kubernetesingress", ""),
        ("--providers.kubernetesIngress=true", ""),
        ("--providers.kubernetesingress.ingressclass=web", ""),
        ("--providers.kubernetesingress=false", "does not have"),
        ("--providers.kubernetesingressnginx", "does not have"),
        ("--providers.kubernetescrd", "does not have"),
        ("--providers.kubernetesingress, --configfile=/etc/t.yaml", "--configfile"),
        ("--providers.kubernetesingress, --configFile, /etc/t.yaml", "--configfile"),
    ],
)
def test_arguments_beside_which_it_is_read(arguments: str, word: str) -> None:
    (carrier,) = found("traefik", f'image: "{TRAEFIK}", args: [{arguments}]', "kubernetesIngress")
    assert word in carrier.hindrance
    assert bool(word) == bool(carrier.hindrance)


def test_an_image_from_a_mirror() -> None:
    image = "registry.example.com/mirrors/zalando/skipper:v0.21.223"
    assert skipper("args: [-kubernetes]", image).hindrance == ""
    assert found("skipper", 'image: "registry.example.com/not-zalando/skipper:v0.21.223", args: [-kubernetes]') == []


@pytest.mark.parametrize("image", ["ghcr.io/traefik/traefik-hub:v3.3.4", "docker.io/traefik/traefikee:v3.3.4"])
def test_products_with_releases_of_their_own(image: str) -> None:
    assert found("traefik", f'image: "{image}", args: [--providers.kubernetesingress]') == []


GLOO = 'image: "quay.io/solo-io/gloo:1.17.5"'
VARIABLE = "ENABLE_ISTIO_SIDECAR_ON_GATEWAY"


@pytest.mark.parametrize("env", ["", ", env: []", ", env: [{name: OTHER, value: x}]", ", env: [1, null, text]"])
def test_a_variable_is_added(env: str) -> None:
    (carrier,) = found("gloo-edge", GLOO + env)
    assert (carrier.value, carrier.is_on, carrier.append, carrier.hindrance) == (None, False, True, "")
    assert carrier.wanted == {"name": VARIABLE, "value": "true"}


@pytest.mark.parametrize(
    ("said", "value", "is_on"),
    [
        (', value: "true"', "true", True),
        (', value: "false"', "false", False),
        (", value: true", True, False),
        (", value: [text]", ["text"], False),
        (', value: ""', "", False),
        ("", "", False),
        (", valueFrom: {configMapKeyRef: {name: a, key: b}}", "another field", False),
    ],
)
def test_a_variable_that_somebody_set(said: str, value: object, is_on: bool) -> None:
    (carrier,) = found("gloo-edge", f"{GLOO}, env: [{{name: OTHER}}, {{name: {VARIABLE}{said}}}]")
    assert (carrier.value, carrier.is_on) == (value, is_on)
    assert carrier.path == ("spec", "template", "spec", "containers", 0, "env", 1, "value")


@pytest.mark.parametrize(("first", "last"), [("true", "false"), ("false", "true")])
def test_of_a_variable_that_is_there_twice_the_last_one_counts(first: str, last: str) -> None:
    values = f'{{name: {VARIABLE}, value: "{first}"}}, {{name: {VARIABLE}, value: "{last}"}}'
    (carrier,) = found("gloo-edge", f"{GLOO}, env: [{values}, {{name: OTHER}}]")
    assert (carrier.value, carrier.is_on) == (last, last == "true")
    assert carrier.path[-2:] == (1, "value")


@pytest.mark.parametrize(
    ("more", "hindrance"),
    [
        (
            "envFrom: [{configMapRef: {name: a}}]",
            "its container takes variables from elsewhere (envFrom), which may hold it",
        ),
        ("env: text", "its env is no list"),
        ("env: {A: b}", "its env is no list"),
    ],
)
def test_where_no_variable_is_added(more: str, hindrance: str) -> None:
    (carrier,) = found("gloo-edge", f"{GLOO}, {more}")
    assert carrier.hindrance == hindrance


def test_only_the_container_that_reads_it() -> None:
    assert found("gloo-edge", 'image: "quay.io/solo-io/discovery:1.17.5"') == []


def test_a_pod_that_a_cluster_reported_is_left() -> None:
    arguments = f'image: "{SKIPPER}", args: [-kubernetes]'
    assert len(found("skipper", arguments, kind="Pod")) == 1
    assert found("skipper", arguments, kind="Pod", status="status: {phase: Running}") == []


def test_what_is_left_keeps_no_other_workload_from_it() -> None:
    arguments = f'image: "{SKIPPER}", args: [-kubernetes]'
    product = products_by_id()["skipper"]
    text = deployment("other", image="haproxytech/kubernetes-ingress") + deployment("gate").replace(
        'image: "web:1"', arguments
    )
    assert [carrier.item.name for carrier in in_own_pods(FLAG, product, package(text))] == ["gate"]


def test_a_hindrance_in_words() -> None:
    assert skipper("").hindrance == "its container has no list of arguments to add one to"

    assert skipper("command: [sh], args: [-c, skipper]").hindrance == (
        "what is added to its arguments would be read by a shell, or by nobody"
    )


def test_an_argument_alone_means_yes() -> None:
    carrier = skipper(f"args: [{FORCE}]")
    assert (carrier.value, carrier.wanted) == ("true", f"{FORCE}=true")


def test_jobs_are_left() -> None:
    assert found("skipper", f'image: "{SKIPPER}", args: [-kubernetes]', kind="Job") == []


@pytest.mark.parametrize(
    ("image", "is_older"),
    [
        ("traefik:v2.9.10", True),
        ("traefik:2.9", True),
        ("traefik:v1.7-alpine", True),
        ("docker.io/library/traefik:v2.9.10@sha256:abc", True),
        ("rancher/mirrored-library-traefik:2.9.4", True),
        ("traefik:v2.10.0", False),
        ("traefik:v2.10", False),
        ("traefik:v2", False),
        ("traefik:v2.10.0-rc1", False),
        ("traefik:v3.6.0", False),
        ("traefik:latest", False),
        ("traefik", False),
        ("traefik@sha256:abc", False),
        ("traefik/traefik-hub:v2.9.0", False),
        ("example/other:v2.9.10", False),
    ],
)
def test_images_before_a_setting(image: str, is_older: bool) -> None:
    product = products_by_id()["traefik"]
    switch = next(s for s in product.switches if s.key == "traefik.ingress.kubernetes.io/service.nativelb")
    pods = deployment("gate", image=image).replace(
        "image: ", "name: traefik, args: [--providers.kubernetesingress], image: "
    )
    assert image_before(switch, product, package(pods, config(""))) == (image if is_older else "")
    assert image_before(switch.replace(images=()), product, package(pods, config(""))) == ""


def test_the_oldest_image_counts_wherever_it_stands() -> None:
    product = products_by_id()["traefik"]
    switch = next(s for s in product.switches if s.key == "traefik.ingress.kubernetes.io/service.nativelb")
    other = deployment("a", image="haproxytech/kubernetes-ingress:1.0")
    new, old = (
        deployment(name, image=f"traefik:v{tag}").replace(
            "image: ", "name: traefik, args: [--providers.kubernetesingress], image: "
        )
        for name, tag in (("new", "3.5.0"), ("old", "2.9.10"))
    )
    assert image_before(switch, product, package(other + new + old, config(""))) == "traefik:v2.9.10"
    job = old.replace("apps/v1", "batch/v1").replace("Deployment", "Job")
    assert image_before(switch, product, package(other + new + job, config(""))) == ""
