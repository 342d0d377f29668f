from __future__ import annotations

import pytest

from krm_fn.rules.credentials import VOLUME_NAME, lacks_token, token_edits
from tests.rules.tools import deployment, package

OFF = "automountServiceAccountToken: false"
ACCOUNT = """
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: edge, namespace: shop}
automountServiceAccountToken: false
"""
MOUNT = "volumeMounts: [{name: t, mountPath: /var/run/secrets/kubernetes.io/serviceaccount}]"
ANNOTATION = ("spec", "template", "metadata", "annotations", "kuma.io/service-account-token-volume")


def lacks(text: str) -> bool:
    resources = package(text)
    return lacks_token(resources.workloads[0], resources)


@pytest.mark.parametrize(
    ("text", "lacking"),
    [
        (deployment(), False),
        (deployment(spec=OFF), True),
        (deployment(spec="serviceAccountName: edge") + ACCOUNT, True),
        (deployment(spec="serviceAccount: edge") + ACCOUNT, True),
        (deployment(spec="serviceAccountName: other") + ACCOUNT, False),
        (deployment() + ACCOUNT, False),
        (deployment() + ACCOUNT.replace("name: edge", "name: default"), True),
        (deployment() + ACCOUNT.replace("name: edge, namespace: shop", "name: default, namespace: far"), False),
        (deployment(spec="serviceAccountName: edge, automountServiceAccountToken: true") + ACCOUNT, False),
        (deployment(spec=OFF).replace('image: "web:1"', f'image: "web:1", {MOUNT}'), False),
        (deployment(spec="automountServiceAccountToken: 'no'"), False),
    ],
)
def test_lacks_token(text: str, lacking: bool) -> None:
    assert lacks(text) is lacking


def edits(spec: str) -> dict[tuple[str | int, ...], object]:
    return dict(token_edits(package(deployment(spec=spec)).workloads[0].template))


def test_a_new_volume_goes_behind_the_others() -> None:
    found = edits("volumes: [{name: tmp, emptyDir: {}}]")
    volumes = found["spec", "template", "spec", "volumes"]
    assert isinstance(volumes, list)
    assert [volume["name"] for volume in volumes] == ["tmp", VOLUME_NAME]
    assert found[ANNOTATION] == VOLUME_NAME


def test_a_taken_name_is_avoided() -> None:
    assert edits(f"volumes: [{{name: {VOLUME_NAME}, emptyDir: {{}}}}, 7]")[ANNOTATION] == f"{VOLUME_NAME}-2"


@pytest.mark.parametrize(
    ("source", "named"),
    [
        ("path: token", True),
        ("path: token, expirationSeconds: 600", True),
        ("path: other", False),
        ("path: token, audience: vault", False),
    ],
)
def test_a_projected_token_is_used(source: str, named: bool) -> None:
    found = edits(f"volumes: [{{name: mine, projected: {{sources: [{{serviceAccountToken: {{{source}}}}}]}}}}]")
    assert (found == {ANNOTATION: "mine"}) is named


def test_odd_volumes_are_left_alone() -> None:
    assert edits("volumes: {a: b}") == {}
