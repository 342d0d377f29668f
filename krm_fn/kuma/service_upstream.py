"""Whether Kuma writes the two service-upstream annotations on a Service.

Follows pkg/plugins/runtime/k8s/controllers/service_controller.go of Kuma 2.14.3. The first row that applies decides:

| # | condition                                                            | outcome                |
| - | -------------------------------------------------------------------- | ---------------------- |
| 1 | Service annotation kuma.io/gateway is builtin                         | untouched              |
| 2 | its Namespace does not exist                                          | untouched              |
| 3 | Namespace label kuma.io/sidecar-injection has a wrong value           | error                  |
| 4 | that label is absent or off                                           | untouched              |
| 5 | the type is ExternalName                                              | untouched              |
| 6 | Service annotation kuma.io/ignore has a wrong value                   | error                  |
| 7 | that annotation is on                                                 | untouched              |
| 8 | otherwise                                                             | both annotations, true |
"""

from __future__ import annotations

from krm_fn.krm.fields import as_map, dig, string_map
from krm_fn.kuma.names import (
    GATEWAY,
    GATEWAY_BUILTIN,
    IGNORE,
    INGRESS_SERVICE_UPSTREAM,
    NGINX_INGRESS_SERVICE_UPSTREAM,
    SIDECAR_INJECTION,
)
from krm_fn.kuma.reading import read_switch
from krm_fn.kuma.services import EXTERNAL_NAME
from krm_fn.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

UPSTREAM_ANNOTATIONS = {INGRESS_SERVICE_UPSTREAM: "true", NGINX_INGRESS_SERVICE_UPSTREAM: "true"}
"""What Kuma writes, over any other value."""

BUILTIN_GATEWAY = "builtin-gateway"
NAMESPACE_MISSING = "namespace-missing"
NAMESPACE_NOT_INJECTED = "namespace-not-injected"
IS_EXTERNAL_NAME = "external-name"
IS_IGNORED = "ignored"
NAMESPACE_INJECTED = "namespace-injected"


class Decision(Record):
    """Whether to write the annotations, and the id of the row that says so."""

    write: bool
    reason: str


def decide_upstream(service: Mapping[str, Any], namespace: Mapping[str, Any] | None) -> Decision:
    """Decide for one Service. Raise KumaValueError for a wrong injection label or ignore annotation."""
    annotations = string_map(as_map(service.get("metadata")).get("annotations"))
    if annotations.get(GATEWAY) == GATEWAY_BUILTIN:
        return Decision(False, BUILTIN_GATEWAY)
    if namespace is None:
        return Decision(False, NAMESPACE_MISSING)
    if not read_switch(string_map(dig(namespace, "metadata", "labels")), SIDECAR_INJECTION):
        return Decision(False, NAMESPACE_NOT_INJECTED)
    if dig(service, "spec", "type") == EXTERNAL_NAME:
        return Decision(False, IS_EXTERNAL_NAME)
    if read_switch(annotations, IGNORE):
        return Decision(False, IS_IGNORED)
    return Decision(True, NAMESPACE_INJECTED)
