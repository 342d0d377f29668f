"""The metrics block."""

from __future__ import annotations

from typing import Any

import pytest

from krm_fn.kuma.prometheus import metrics_of
from krm_fn.kuma.reading import KumaValueError

P = "prometheus.metrics.kuma.io/"


def app(name: str, **fields: Any) -> dict[str, Any]:
    return {"enabled": True, "name": name, "path": "/metrics", **fields}


@pytest.mark.parametrize(
    ("annotations", "conf"),
    [
        ({"path": "/m"}, {"path": "/m"}),
        ({"port": "1234"}, {"port": 1234}),
        ({"port": "0"}, {}),
        ({"aggregate-a-port": "1"}, {"aggregate": [app("a", port=1)]}),
        ({"aggregate-my-app-2-port": "1"}, {"aggregate": [app("my-app-2", port=1)]}),
        ({"aggregate-b-port": "2", "aggregate-a-port": "1"}, {"aggregate": [app("a", port=1), app("b", port=2)]}),
        (
            {"aggregate-a-port": "1", "aggregate-a-path": "/x", "aggregate-a-address": "::1"},
            {"aggregate": [app("a", port=1, path="/x", address="::1")]},
        ),
        ({"aggregate-a-enabled": "false"}, {"aggregate": [app("a", enabled=False)]}),
    ],
)
def test_block(annotations: dict[str, str], conf: dict[str, Any]) -> None:
    assert metrics_of({P + key: value for key, value in annotations.items()}) == {"conf": conf, "type": "prometheus"}


@pytest.mark.parametrize(
    "annotations",
    [
        {},
        {P + "path": ""},
        {P + "aggregate-a-address": "::1"},
        {P + "aggregate-port": "1"},
        {P + "aggregate-a.b-port": "1"},
        {P + "aggregate--port": "1"},
        {"prometheus.io/port": "1"},
    ],
)
def test_nothing_to_say(annotations: dict[str, str]) -> None:
    assert metrics_of(annotations) == {}


@pytest.mark.parametrize(
    ("annotations", "message"),
    [
        ({"port": "x"}, "failed to parse annotation"),
        ({"aggregate-a-path": "/x"}, "port needs to be specified for metrics scraping"),
        ({"aggregate-a-port": "1", "aggregate-a-enabled": "on"}, 'has wrong value "on"'),
        ({"aggregate-a-enabled": "false", "aggregate-a-port": "-1"}, "failed to parse annotation"),
    ],
)
def test_errors(annotations: dict[str, str], message: str) -> None:
    with pytest.raises(KumaValueError) as caught:
        metrics_of({P + key: value for key, value in annotations.items()})
    assert message in caught.value.message


def test_a_port_that_is_missing_is_named() -> None:
    with pytest.raises(KumaValueError) as caught:
        metrics_of({P + "aggregate-app-path": "/x"})
    assert caught.value.message == "port needs to be specified for metrics scraping"
    assert caught.value.key == "prometheus.metrics.kuma.io/aggregate-app-port"
