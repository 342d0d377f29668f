"""The metrics block of a Dataplane, from the deprecated prometheus.metrics.kuma.io annotations.

Follows pkg/plugins/runtime/k8s/controllers/pod_converter.go (MetricsFor, MetricsAggregateFor) of Kuma 2.14.3. Kuma
lists the applications in random order; here they are sorted by name.
"""

from __future__ import annotations

from krm_fn.kuma.names import METRICS_AGGREGATE_PREFIX, METRICS_PATH, METRICS_PORT
from krm_fn.kuma.reading import KumaValueError, read_string, read_switch, read_uint32

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

FIELDS_THAT_MAKE_AN_APP = ("port", "path", "enabled")
APP_NAME_SYMBOLS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-")
DEFAULT_PATH = "/metrics"


def metrics_of(annotations: Mapping[str, str]) -> dict[str, Any]:
    """Return the block, empty if no annotation asks for one. Raise on numbers and booleans that Kuma cannot read."""
    path = read_string(annotations, METRICS_PATH)
    port = read_uint32(annotations, METRICS_PORT)
    aggregate = [_app(annotations, name) for name in app_names(annotations)]
    if not path and port is None and not aggregate:
        return {}
    values = {"aggregate": aggregate, "path": path, "port": port}
    return {"conf": {field: value for field, value in values.items() if value}, "type": "prometheus"}


def app_names(annotations: Mapping[str, str]) -> list[str]:
    """The applications that have a port, a path or a switch, sorted; an address alone does not make one."""
    found = set()
    for key in annotations:
        if key.startswith(METRICS_AGGREGATE_PREFIX):
            name, _, field = key.removeprefix(METRICS_AGGREGATE_PREFIX).rpartition("-")
            if name and field in FIELDS_THAT_MAKE_AN_APP and APP_NAME_SYMBOLS.issuperset(name):
                found.add(name)
    return sorted(found)


def _app(annotations: Mapping[str, str], name: str) -> dict[str, Any]:
    prefix = f"{METRICS_AGGREGATE_PREFIX}{name}-"
    enabled = read_switch(annotations, prefix + "enabled", default=True)
    port = read_uint32(annotations, prefix + "port")
    if port is None and enabled:
        raise KumaValueError("port needs to be specified for metrics scraping", prefix + "port")
    values = {
        "address": read_string(annotations, prefix + "address"),
        "enabled": enabled,
        "name": name,
        "path": read_string(annotations, prefix + "path", DEFAULT_PATH),
        "port": port,
    }
    return {field: value for field, value in values.items() if value or field == "enabled"}
