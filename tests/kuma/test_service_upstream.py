"""The table of the service-upstream annotations."""

from __future__ import annotations

from typing import Any

import pytest

from krm_fn.kuma.reading import KumaValueError
from krm_fn.kuma.service_upstream import UPSTREAM_ANNOTATIONS, decide_upstream

ON = {"metadata": {"name": "shop", "labels": {"kuma.io/sidecar-injection": "enabled"}}}


def service(annotations: Any = None, **spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "s", "annotations": annotations}, "spec": spec}


def namespace(value: str) -> dict[str, Any]:
    return {"metadata": {"labels": {"kuma.io/sidecar-injection": value}}}


@pytest.mark.parametrize(
    ("data", "where", "write", "reason"),
    [
        (service(), ON, True, "namespace-injected"),
        (service(clusterIP="None"), namespace("yes"), True, "namespace-injected"),
        (service({"kuma.io/gateway": "enabled"}), ON, True, "namespace-injected"),
        (service({"kuma.io/ignore": "false"}), ON, True, "namespace-injected"),
        (service({"kuma.io/gateway": "builtin", "kuma.io/ignore": "on"}), ON, False, "builtin-gateway"),
        (service({"kuma.io/gateway": "builtin"}), namespace("on"), False, "builtin-gateway"),
        (service(), None, False, "namespace-missing"),
        (service(), namespace("disabled"), False, "namespace-not-injected"),
        (service({"kuma.io/ignore": "on"}), {"metadata": {}}, False, "namespace-not-injected"),
        (
            service(),
            {"metadata": {"annotations": {"kuma.io/sidecar-injection": "enabled"}}},
            False,
            "namespace-not-injected",
        ),
        (service({"kuma.io/ignore": "on"}, type="ExternalName"), ON, False, "external-name"),
        (service({"kuma.io/ignore": "yes"}), ON, False, "ignored"),
        ({"metadata": "x", "spec": []}, ON, True, "namespace-injected"),
        (service(), {"metadata": []}, False, "namespace-not-injected"),
    ],
)
def test_rows(data: dict[str, Any], where: dict[str, Any] | None, write: bool, reason: str) -> None:
    decision = decide_upstream(data, where)
    assert (decision.write, decision.reason) == (write, reason)


@pytest.mark.parametrize(
    ("data", "where", "key"),
    [
        (service(), namespace("on"), "kuma.io/sidecar-injection"),
        (service(type="ExternalName"), namespace(""), "kuma.io/sidecar-injection"),
        (service({"kuma.io/ignore": "on"}), ON, "kuma.io/ignore"),
    ],
)
def test_wrong_values(data: dict[str, Any], where: dict[str, Any], key: str) -> None:
    with pytest.raises(KumaValueError, match="has wrong value") as caught:
        decide_upstream(data, where)
    assert caught.value.key == key


def test_the_two_annotations() -> None:
    assert UPSTREAM_ANNOTATIONS == {
        "ingress.kubernetes.io/service-upstream": "true",
        "nginx.ingress.kubernetes.io/service-upstream": "true",
    }
