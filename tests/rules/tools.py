"""Verbs of the rule tests: a package from YAML text, one rule run on it, and what it may or must not say.

A package is multi-document YAML; a config is the ``spec`` of a MeshSetup as YAML text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from krm_fn.config.load import load
from krm_fn.config.meshsetup import MeshSetup
from krm_fn.gateways.catalog import products_by_id
from krm_fn.krm.outcome import Edit, Emit, Result
from krm_fn.krm.resource import WORKLOAD_KINDS, Namespace
from krm_fn.krm.resources import Resources
from krm_fn.rules import RULES

if TYPE_CHECKING:
    from krm_fn.rules import Rule

INJECTED = "kuma.io/sidecar-injection: enabled"


def config(spec: str = "") -> MeshSetup:
    """Read the spec of a MeshSetup; it must be valid."""
    document = {
        "apiVersion": "fn.kuma.io/v1alpha1",
        "kind": "MeshSetup",
        "metadata": {"name": "setup"},
        "spec": yaml.safe_load(spec) or {},
    }
    setup = load(document, tuple(products_by_id()))
    assert isinstance(setup, MeshSetup), setup
    return setup


def package(text: str, setup: MeshSetup | None = None) -> Resources:
    """Read documents as a package, beside the Namespaces that a config declares."""
    setup = setup or config()
    known = tuple(Namespace(n.name, dict(n.labels), dict(n.annotations)) for n in setup.namespaces)
    entries = [document for document in yaml.safe_load_all(text) if document is not None]
    further = {(kind.group, kind.kind): tuple(kind.pod_template.split(".")) for kind in setup.workload_kinds}
    return Resources.read(entries, setup.default_namespace, known, {**WORKLOAD_KINDS, **further})


class Ruled:
    """What rules said of a package, and what it became."""

    def __init__(self, resources: Resources, said: list[Edit | Emit | Result]) -> None:
        self.resources = resources
        self.edits = [one for one in said if isinstance(one, Edit)]
        self.emits = [one.data for one in said if isinstance(one, Emit)]
        self.results = [one for one in said if isinstance(one, Result)]

    @property
    def data(self) -> list[dict[str, Any]]:
        """The items as they are now."""
        return [item.data for item in self.resources.items]

    def of(self, code: str) -> list[Result]:
        """The results with a code."""
        return [result for result in self.results if result.code == code]

    def only(self, code: str) -> Result:
        """The one result with a code."""
        found = self.of(code)
        assert len(found) == 1, [result.code for result in self.results]
        return found[0]


def run_rule(rule: Rule, text: str, spec: str = "") -> Ruled:
    """Run one rule, and nothing before it."""
    return run_rules((rule,), text, spec)


def run_rules(rules: tuple[Rule, ...], text: str, spec: str = "") -> Ruled:
    """Run rules in order, each on what the one before left."""
    setup = config(spec)
    resources = package(text, setup)
    said: list[Edit | Emit | Result] = []
    for rule in rules:
        heard = list(rule(resources, setup))
        said += heard
        resources = resources.apply(one for one in heard if isinstance(one, Edit))
    return Ruled(resources, said)


def run_all(text: str, spec: str = "") -> Ruled:
    """Run every rule."""
    return run_rules(RULES, text, spec)


def codes(results: list[Result], *severities: str) -> list[str]:
    """The codes of results, sorted; of the severities only, by default of errors and warnings."""
    wanted = severities or ("error", "warning")
    return sorted(result.code for result in results if result.severity in wanted)


def check_noop(rule: Rule, text: str, spec: str = "") -> None:
    """The rule changes nothing, makes nothing, and warns of nothing."""
    ruled = run_rule(rule, text, spec)
    assert not ruled.edits
    assert not ruled.emits
    assert codes(ruled.results) == []


def check_edit(rule: Rule, before: str, spec: str, after: str) -> Ruled:
    """The rule turns one package into another, and leaves that alone."""
    ruled = run_rule(rule, before, spec)
    assert ruled.data == [document for document in yaml.safe_load_all(after) if document is not None]
    again = run_rule(rule, after, spec)
    assert again.data == ruled.data
    return ruled


# --- Packages ---------------------------------------------------------------------------------------------------------
def namespace(name: str = "shop", labels: str = INJECTED, annotations: str = "") -> str:
    """A Namespace; labels and annotations are the inside of a flow mapping."""
    return f"""
---
apiVersion: v1
kind: Namespace
metadata:
  name: {name}
  labels: {{{labels}}}
  annotations: {{{annotations}}}
"""


def deployment(
    name: str = "web",
    where: str = "shop",
    labels: str = "",
    annotations: str = "",
    spec: str = "",
    image: str = "web:1",
) -> str:
    """A Deployment whose pods carry ``app: <name>``; `spec` is further flow text of the pod spec."""
    return f"""
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: {where}}}
spec:
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata:
      labels: {{app: {name}{labels and ", "}{labels}}}
      annotations: {{{annotations}}}
    spec: {{containers: [{{name: {name}, image: "{image}"}}]{spec and ", "}{spec}}}
"""


def service(
    name: str = "web",
    where: str = "shop",
    app: str = "",
    labels: str = "",
    annotations: str = "",
    spec: str = "",
    port: int = 80,
) -> str:
    """A Service that selects ``app: <app or name>``; `spec` is further flow text."""
    return f"""
---
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: {where}, labels: {{{labels}}}, annotations: {{{annotations}}}}}
spec: {{selector: {{app: {app or name}}}, ports: [{{port: {port}}}]{spec and ", "}{spec}}}
"""


def ingress(
    name: str = "web", where: str = "shop", backend: str = "web", klass: str = "nginx", annotations: str = ""
) -> str:
    """An Ingress with one path to port 80 of a Service."""
    return f"""
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: {name}, namespace: {where}, annotations: {{{annotations}}}}}
spec:
  ingressClassName: {klass}
  rules:
  - http:
      paths:
      - {{path: /, pathType: Prefix, backend: {{service: {{name: {backend}, port: {{number: 80}}}}}}}}
"""


def kong_class(name: str = "kong", spec: str = "", parameters: str = "") -> str:
    """An IngressClass of Kong's with the parameters that it names; `spec` is flow text of these."""
    return f"""
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {{name: {name}}}
spec:
  controller: ingress-controllers.konghq.com/kong
  parameters:
    {{apiGroup: configuration.konghq.com, kind: IngressClassParameters, name: {parameters or name}, namespace: edge}}
---
apiVersion: configuration.konghq.com/v1alpha1
kind: IngressClassParameters
metadata: {{name: {name}, namespace: edge}}
spec: {{{spec}}}
"""


def mesh(name: str = "default", spec: str = "") -> str:
    """A Mesh."""
    return f"""
---
apiVersion: kuma.io/v1alpha1
kind: Mesh
metadata: {{name: {name}}}
spec: {{{spec}}}
"""
