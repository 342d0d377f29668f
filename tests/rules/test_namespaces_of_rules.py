"""Injection rules and Namespaces: which become visible to the webhook, and those that only the config declares."""

from __future__ import annotations

from typing import Any

import pytest

from krm_fn.rules.injection import MANIFEST_WINS, NAMESPACE_OUTSIDE, RULE_MATCHES_NOTHING, injection
from tests.rules.tools import codes, deployment, namespace, run_rule

LABEL = "kuma.io/sidecar-injection"
INJECT = "injection: {rules: [{target: {kind: Deployment}, inject: true}]}"
OVERRIDE = INJECT.replace("{rules", "{override: true, rules")


def labels_of_namespaces(text: str, spec: str) -> dict[str, Any]:
    """The injection label of each Namespace after the rule."""
    found = run_rule(injection, text, spec).data
    return {
        item["metadata"]["name"]: item["metadata"]["labels"].get(LABEL) for item in found if item["kind"] == "Namespace"
    }


@pytest.mark.parametrize(
    ("label", "spec", "written"),
    [
        ("", INJECT, "disabled"),
        (f"{LABEL}: enabled", INJECT, "disabled"),
        (f"{LABEL}: 'yes'", INJECT, "disabled"),
        # The manifest wins, so nothing of the Namespace is to be injected.
        (f"{LABEL}: disabled", INJECT, None),
        (f"{LABEL}: 'no'", INJECT, None),
        (f"{LABEL}: 'on'", INJECT, None),
        (f"{LABEL}: disabled", OVERRIDE, "disabled"),
        ("", INJECT.replace("true", "false"), None),
        ("", "injection: {rules: [{target: {kind: Deployment}, mesh: pay}]}", None),
    ],
)
def test_a_namespace_becomes_visible_for_pods_that_will_be_injected(label: str, spec: str, written: str | None) -> None:
    text = namespace(labels="") + deployment(labels=label)
    assert labels_of_namespaces(text, spec) == {"shop": written}


def test_each_namespace_is_looked_at() -> None:
    text = (
        namespace("kube-system", labels="")
        + deployment("a", where="kube-system")
        + namespace("own", labels="kuma.io/sidecar-injection: enabled")
        + deployment("b", where="own")
        + deployment("c", where="unknown")
        + namespace("last", labels="")
        + deployment("d", where="last")
    )
    assert labels_of_namespaces(text, INJECT) == {"kube-system": None, "own": "enabled", "last": "disabled"}


def test_a_namespace_with_a_rule_of_its_own_is_left_to_it() -> None:
    rules = "[{target: {kind: Namespace}, inject: false}, {target: {kind: Deployment}, inject: true}]"
    spec = f"injection: {{rules: {rules}}}"
    assert labels_of_namespaces(namespace(labels="") + deployment(), spec) == {"shop": "disabled"}
    assert codes(run_rule(injection, namespace(labels="") + deployment(), spec).results) == []


# --- Namespaces that only the config declares -------------------------------------------------------------------------
def rule(target: str, wanted: str, declared: str) -> str:
    return f"injection: {{rules: [{{target: {target}, {wanted}}}]}}\nnamespaces: [{{name: shop{declared}}}]"


ENABLED, PAY = ", labels: {kuma.io/sidecar-injection: enabled}", ", labels: {kuma.io/mesh: pay}"
OF_SHOP = "{kind: Namespace, name: shop}"


@pytest.mark.parametrize(
    ("target", "wanted", "declared", "found"),
    [
        (OF_SHOP, "inject: true", "", [NAMESPACE_OUTSIDE]),
        (OF_SHOP, "inject: true", ENABLED, []),
        (OF_SHOP, "inject: true", ENABLED.replace("enabled", "'true'"), []),
        (OF_SHOP, "inject: true", ENABLED.replace("enabled", "disabled"), [NAMESPACE_OUTSIDE]),
        (OF_SHOP, "inject: false", ENABLED, [NAMESPACE_OUTSIDE]),
        (OF_SHOP, "mesh: pay", PAY, []),
        (OF_SHOP, "mesh: pay", "", [NAMESPACE_OUTSIDE]),
        (OF_SHOP, "mesh: pay", PAY.replace("pay", "other"), [NAMESPACE_OUTSIDE]),
        (OF_SHOP, "inject: true, mesh: pay", ENABLED, [NAMESPACE_OUTSIDE]),
        ("{kind: Namespace, name: other}", "inject: true", "", [RULE_MATCHES_NOTHING]),
        ("{kind: Namespace, group: apps}", "inject: true", "", [RULE_MATCHES_NOTHING]),
        ("{kind: Namespace, version: v1}", "inject: true", ENABLED, []),
        ("{kind: Namespace, version: v2}", "inject: true", ENABLED, [RULE_MATCHES_NOTHING]),
        ("{labelSelector: kuma.io/mesh=pay}", "mesh: pay", PAY, []),
        ("{labelSelector: kuma.io/mesh=pay}", "mesh: pay", "", [RULE_MATCHES_NOTHING]),
        ("{annotationSelector: team=a}", "mesh: pay", ", annotations: {team: a}", [NAMESPACE_OUTSIDE]),
        ("{annotationSelector: team=a}", "mesh: pay", "", [RULE_MATCHES_NOTHING]),
    ],
)
def test_a_rule_for_a_namespace_that_is_not_in_the_package(
    target: str, wanted: str, declared: str, found: list[str]
) -> None:
    assert codes(run_rule(injection, "", rule(target, wanted, declared)).results) == found


def test_what_is_said_of_it() -> None:
    result = run_rule(injection, "", rule(OF_SHOP, "inject: true, mesh: pay", "")).only(NAMESPACE_OUTSIDE)
    assert result.field == "functionConfig.spec.injection.rules[0].target"
    assert result.message == (
        "the rule asks for labels of the Namespace shop, which is declared in spec.namespaces but not in the package, "
        "so nothing is written: label it on the cluster (kuma.io/sidecar-injection: enabled, kuma.io/mesh: pay) and "
        "say so in spec.namespaces, or put it into the package"
    )


# --- What the manifest says already -----------------------------------------------------------------------------------
@pytest.mark.parametrize("spec", [INJECT, OVERRIDE])
def test_a_label_that_says_so_already_is_left_in_silence(spec: str) -> None:
    ruled = run_rule(injection, namespace() + deployment(labels=f"{LABEL}: enabled"), spec)
    assert not ruled.edits
    assert ruled.results == []


def test_another_spelling_says_the_same() -> None:
    assert run_rule(injection, namespace() + deployment(labels=f"{LABEL}: 'yes'"), INJECT).results == []


@pytest.mark.parametrize(
    ("label", "wanted", "words"),
    [
        (f"{LABEL}: 'no'", "inject: true", "rule 0 asks for enabled, the manifest says no and wins"),
        (f"{LABEL}: 'on'", "inject: true", "rule 0 asks for enabled, the manifest says on and wins"),
        ("kuma.io/mesh: other", "mesh: pay", "rule 0 asks for pay, the manifest says other and wins"),
    ],
)
def test_what_else_the_manifest_says_is_told(label: str, wanted: str, words: str) -> None:
    spec = f"injection: {{rules: [{{target: {{kind: Deployment}}, {wanted}}}]}}"
    result = run_rule(injection, namespace() + deployment(labels=label), spec).only(MANIFEST_WINS)
    assert result.message.startswith(words)
    assert result.severity == "info"
