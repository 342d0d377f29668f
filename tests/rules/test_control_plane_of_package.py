"""The control plane's configuration: from the ConfigMap of the package, below what the functionConfig says."""

from __future__ import annotations

import json

import pytest

from krm_fn.kuma.reading import KumaValueError
from krm_fn.rules.dataplanes import is_local
from krm_fn.rules.membership import control_plane_of, members
from tests.rules.tools import config, deployment, namespace, package

CONFIG_MAP = """
---
apiVersion: v1
kind: ConfigMap
metadata: {name: kuma-control-plane-config, namespace: kuma-system}
data: {config.yaml: %s}
"""


def of_package(text: str) -> str:
    return CONFIG_MAP % json.dumps(text)


def settings(text: str, spec: str = "") -> tuple[int, str]:
    """The sidecar's user id and the image of the init container."""
    setup = config(spec)
    injector = control_plane_of(package(text, setup), setup).injector
    return injector.sidecar_container.uid, injector.init_container.image


def injector(container: str) -> str:
    return f"runtime: {{kubernetes: {{injector: {{{container}}}}}}}"


FILE = injector("sidecarContainer: {uid: 1}, initContainer: {image: file}")
GIVEN = "controlPlane: {config: {%s}}"
DEFAULT_UID, DEFAULT_IMAGE = 5678, "kuma/kuma-init:latest"


@pytest.mark.parametrize(
    ("text", "spec", "found"),
    [
        ("", "", (DEFAULT_UID, DEFAULT_IMAGE)),
        (of_package(FILE), "", (1, "file")),
        (of_package(FILE), GIVEN % injector("sidecarContainer: {uid: 2}"), (2, "file")),
        (of_package(FILE), GIVEN % injector("initContainer: {image: given}"), (1, "given")),
        # Case in keys does not matter, in none of the two.
        (of_package(FILE), GIVEN % injector("SidecarContainer: {UID: 2}"), (2, "file")),
        (of_package(FILE.replace("sidecarContainer", "SIDECARCONTAINER")), "", (1, "file")),
        (
            of_package(FILE.replace("runtime", "RUNTIME")),
            GIVEN % injector("sidecarContainer: {uid: 2}"),
            (2, "file"),
        ),
        (of_package("5: {a: b}\n" + FILE), GIVEN % injector("sidecarContainer: {uid: 2}"), (2, "file")),
        (
            of_package(FILE.replace("uid: 1", "uid: 1, UID: 3")),
            GIVEN % injector("sidecarContainer: {uid: 2}"),
            (2, "file"),
        ),
        (of_package(FILE), GIVEN % "1: {2: 3}, runtime: {4: 5}", (1, "file")),
        ("", GIVEN % injector("sidecarContainer: {uid: 2}"), (2, DEFAULT_IMAGE)),
        (of_package("[]"), GIVEN % injector("sidecarContainer: {uid: 2}"), (2, DEFAULT_IMAGE)),
        (of_package("text"), "", (DEFAULT_UID, DEFAULT_IMAGE)),
        (of_package(""), "", (DEFAULT_UID, DEFAULT_IMAGE)),
        (of_package(FILE).replace("kuma-system", "elsewhere"), "", (DEFAULT_UID, DEFAULT_IMAGE)),
        (of_package(FILE).replace("kuma-control-plane-config", "other"), "", (DEFAULT_UID, DEFAULT_IMAGE)),
        (of_package(FILE).replace("kind: ConfigMap", "kind: Secret"), "", (DEFAULT_UID, DEFAULT_IMAGE)),
        (of_package(FILE).replace("kuma-system", "mesh"), "controlPlane: {systemNamespace: mesh}", (1, "file")),
    ],
)
def test_what_counts(text: str, spec: str, found: tuple[int, str]) -> None:
    assert settings(text, spec) == found


def test_names_of_variables_are_told_apart_by_case() -> None:
    file = of_package(injector("sidecarContainer: {envVars: {HTTP_PROXY: file, NO_PROXY: file}}"))
    setup = config(GIVEN % injector("sidecarContainer: {envVars: {http_proxy: given, NO_PROXY: given}}"))
    variables = control_plane_of(package(file, setup), setup).injector.sidecar_container.env_vars
    assert dict(variables) == {"HTTP_PROXY": "file", "NO_PROXY": "given", "http_proxy": "given"}


def test_a_file_that_is_no_yaml_is_said() -> None:
    with pytest.raises(KumaValueError, match=r"ConfigMap kuma-system/kuma-control-plane-config cannot be read: \w+"):
        settings(of_package("a: ["))


# --- Pods that cannot have a sidecar ----------------------------------------------------------------------------------
POD = """
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, annotations: {kubernetes.io/config.source: file}}
spec: {containers: [{name: web}]}
"""


@pytest.mark.parametrize(
    ("text", "mode", "code"),
    [
        (POD, "manual", "static-pod"),
        (POD, "webhook", "injected-by-namespace-label"),
        (deployment(annotations="kubernetes.io/config.source: file"), "manual", "injected-by-namespace-label"),
        (
            deployment().replace(
                "metadata: {name", "metadata: {annotations: {kubernetes.io/config.source: file}, name"
            ),
            "manual",
            "injected-by-namespace-label",
        ),
        (deployment(spec="hostNetwork: true"), "manual", "host-network"),
    ],
)
def test_static_pods_are_pods(text: str, mode: str, code: str) -> None:
    setup = config(f"injection: {{mode: {mode}}}\ncontrolPlane: {{address: 'https://a:5678', caCert: x}}")
    (member,) = members(package(namespace() + text, setup), setup).values()
    assert member.decision.code == code


@pytest.mark.parametrize(
    ("kind", "annotations", "local"),
    [
        ("Dataplane", {"config.kubernetes.io/local-config": "true"}, True),
        ("Dataplane", {"config.kubernetes.io/local-config": "false"}, False),
        ("Dataplane", {}, False),
        ("Dataplane", None, False),
        ("Service", {"config.kubernetes.io/local-config": "true"}, False),
    ],
)
def test_items_for_review(kind: str, annotations: object, local: bool) -> None:
    assert is_local({"kind": kind, "metadata": {"annotations": annotations}}) is local
