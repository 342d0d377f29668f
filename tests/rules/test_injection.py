from __future__ import annotations

import pytest

from krm_fn.rules.editing import NOT_A_MAPPING
from krm_fn.rules.injection import (
    MANIFEST_WINS,
    NAMESPACE_OUTSIDE,
    RULE_MATCHES_NOTHING,
    RULES_WITHOUT_INJECTION,
    injection,
)
from tests.rules.tools import check_edit, check_noop, codes, deployment, namespace, run_rule

INJECT_WEB = "injection: {rules: [{target: {kind: Deployment, name: web}, inject: true}]}"
LABEL = "kuma.io/sidecar-injection"
NO_RULES = "{}"


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        pytest.param(namespace(labels="") + deployment(), NO_RULES, id="no rules"),
        pytest.param(namespace() + deployment(labels=f"{LABEL}: enabled"), INJECT_WEB, id="labelled already"),
        pytest.param(namespace() + deployment(labels=f'{LABEL}: "yes"'), INJECT_WEB, id="another spelling of yes"),
        pytest.param(namespace() + deployment(labels=f"{LABEL}: disabled"), INJECT_WEB, id="the manifest wins"),
        pytest.param(
            namespace(labels=f"{LABEL}: disabled") + deployment(labels=f"{LABEL}: enabled"),
            INJECT_WEB,
            id="a disabled Namespace is seen by the webhook",
        ),
        pytest.param(
            deployment(labels=f"{LABEL}: enabled"),
            INJECT_WEB + "\nnamespaces: [{name: shop, labels: {kuma.io/sidecar-injection: disabled}}]",
            id="declared as labelled",
        ),
        pytest.param(
            deployment(),
            "injection: {rules: [{target: {kind: Namespace, name: shop}, inject: true}]}\n"
            "namespaces: [{name: shop, labels: {kuma.io/sidecar-injection: enabled}}]",
            id="the declaration says what the rule says",
        ),
        pytest.param(
            namespace("kube-system", labels="") + deployment(where="kube-system", labels=f"{LABEL}: enabled"),
            INJECT_WEB,
            id="kube-system is never seen",
        ),
    ],
)
def test_left_alone(text: str, spec: str) -> None:
    check_noop(injection, text, spec)


def test_a_workload_gets_the_label_on_its_template_and_its_namespace_becomes_visible() -> None:
    check_edit(
        injection,
        namespace(labels="") + deployment(),
        INJECT_WEB,
        namespace(labels=f"{LABEL}: disabled") + deployment(labels=f"{LABEL}: enabled"),
    )


def test_a_namespace_gets_the_label_itself() -> None:
    check_edit(
        injection,
        namespace(labels="") + deployment(),
        "injection: {rules: [{target: {kind: Namespace}, inject: true, mesh: payments}]}",
        namespace(labels=f"{LABEL}: enabled, kuma.io/mesh: payments") + deployment(),
    )


def test_the_first_matching_rule_counts() -> None:
    rules = "injection: {rules: [{target: {name: web}, inject: false}, {target: {kind: Deployment}, inject: true}]}"
    ruled = check_edit(
        injection, namespace() + deployment(), rules, namespace() + deployment(labels=f"{LABEL}: disabled")
    )
    assert codes(ruled.results) == [RULE_MATCHES_NOTHING]
    assert "{kind: Deployment}" in ruled.only(RULE_MATCHES_NOTHING).message


def test_override_lets_rules_win() -> None:
    before = namespace() + deployment(labels=f"{LABEL}: disabled")
    after = namespace() + deployment(labels=f"{LABEL}: enabled")
    rules = INJECT_WEB.replace("{rules", "{override: true, rules")
    check_edit(injection, before, rules, after)
    assert run_rule(injection, before, INJECT_WEB).only(MANIFEST_WINS).current == "disabled"


def test_a_null_label_counts_as_absent() -> None:
    check_edit(
        injection,
        namespace() + deployment(labels=f"{LABEL}: null"),
        INJECT_WEB,
        namespace() + deployment(labels=f"{LABEL}: enabled"),
    )


def test_an_unquoted_label_of_the_namespace_is_not_replaced() -> None:
    """It is refused by the API server, which the checks say; `disabled` would turn its meaning around."""
    ruled = run_rule(injection, namespace(labels=f"{LABEL}: true") + deployment(), INJECT_WEB)
    assert ruled.data[0]["metadata"]["labels"] == {LABEL: True}


def test_a_namespace_that_is_only_declared_cannot_be_labelled() -> None:
    ruled = run_rule(injection, deployment(), INJECT_WEB + "\nnamespaces: [{name: shop}]")
    assert codes(ruled.results) == [NAMESPACE_OUTSIDE]
    rule_for_it = "injection: {rules: [{target: {kind: Namespace, name: shop}, inject: true}]}\n"
    ruled = run_rule(injection, deployment(), rule_for_it + "namespaces: [{name: shop}]")
    assert codes(ruled.results) == [NAMESPACE_OUTSIDE]
    assert "kuma.io/sidecar-injection: enabled" in ruled.results[0].message


def test_of_a_namespace_that_nobody_knows_the_checks_tell() -> None:
    assert codes(run_rule(injection, deployment(), INJECT_WEB).results) == []


def test_rules_in_mode_none_are_without_effect() -> None:
    ruled = run_rule(injection, deployment(), INJECT_WEB.replace("{rules", "{mode: none, rules"))
    assert codes(ruled.results) == [RULES_WITHOUT_INJECTION]
    assert not ruled.edits


@pytest.mark.parametrize("labels", ["[]", "text", "7"])
def test_labels_that_are_no_mapping_are_not_run_over(labels: str) -> None:
    text = namespace() + deployment().replace("labels: {app: web}", f"labels: {labels}")
    ruled = run_rule(injection, text, INJECT_WEB)
    assert not ruled.edits
    assert ruled.only(NOT_A_MAPPING).field == "spec.template.metadata.labels"
