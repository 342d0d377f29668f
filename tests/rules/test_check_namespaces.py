from __future__ import annotations

import pytest

from krm_fn.rules.check_namespaces import INJECTION_AS_ANNOTATION, SYSTEM_NAMESPACE_INJECTED, UNKNOWN_NAMESPACE
from krm_fn.rules.checks import checks
from tests.rules.tools import check_noop, codes, deployment, namespace, run_rule, service

LABEL = "kuma.io/sidecar-injection"


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        (namespace() + deployment() + service(), "{}"),
        (deployment() + service(), "namespaces: [{name: shop}]"),
        (deployment(where="kube-system") + service(where="kuma-system"), "{}"),
        (namespace("kuma-system", labels=f"{LABEL}: disabled"), "{}"),
    ],
)
def test_nothing_to_say(text: str, spec: str) -> None:
    check_noop(checks, text, spec)


def test_an_unknown_namespace_is_told_of_once() -> None:
    text = deployment() + service() + deployment("b") + deployment(where="other")
    results = run_rule(checks, text).results
    assert codes(results) == [UNKNOWN_NAMESPACE] * 2
    assert any("spec.namespaces: [{name: shop" in result.message for result in results)


def test_one_in_which_pods_ask_for_a_sidecar() -> None:
    found = run_rule(checks, deployment(labels=f"{LABEL}: enabled")).only(UNKNOWN_NAMESPACE)
    assert "any value, disabled is enough" in found.message


@pytest.mark.parametrize("value", ["maybe", "'True'", "''", "enable"])
def test_a_wrong_label_is_one_error_of_the_namespace(value: str) -> None:
    text = namespace(labels=f"{LABEL}: {value}") + deployment() + deployment("b") + service()
    found = run_rule(checks, text).only("injection-label-invalid")
    assert found.item is not None
    assert (found.item.kind, found.severity) == ("Namespace", "error")


def test_a_wrong_label_in_a_declaration() -> None:
    found = run_rule(checks, deployment(), f"namespaces: [{{name: shop, labels: {{{LABEL}: maybe}}}}]")
    assert codes(found.results, "error") == ["injection-label-invalid"]


def test_the_key_as_an_annotation() -> None:
    text = namespace(labels="", annotations=f"{LABEL}: enabled")
    found = run_rule(checks, text).only(INJECTION_AS_ANNOTATION)
    assert found.proposed == {LABEL: "enabled"}


def test_the_system_namespace() -> None:
    assert codes(run_rule(checks, namespace("kuma-system")).results) == [SYSTEM_NAMESPACE_INJECTED]


# --- Namespaces that the functionConfig declares ----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("spec", "code"),
    [
        (f"namespaces: [{{name: shop, labels: {{{LABEL}: maybe}}}}]", "injection-label-invalid"),
        (f"namespaces: [{{name: shop, annotations: {{{LABEL}: enabled}}}}]", INJECTION_AS_ANNOTATION),
        (f"namespaces: [{{name: kuma-system, labels: {{{LABEL}: enabled}}}}]", SYSTEM_NAMESPACE_INJECTED),
    ],
)
def test_the_fault_of_a_declaration_stands_in_the_function_config(spec: str, code: str) -> None:
    found = run_rule(checks, service(where="kuma-system"), spec).only(code)
    assert (found.item, found.field) == (None, "functionConfig.spec.namespaces")


def test_the_fault_of_a_namespace_in_the_package_stands_in_it() -> None:
    assert run_rule(checks, namespace(labels=f"{LABEL}: maybe")).results[0].field == f"metadata.labels[{LABEL}]"
    text = namespace(labels="", annotations=f"{LABEL}: enabled")
    assert run_rule(checks, text).results[0].field == f"metadata.annotations[{LABEL}]"
    assert run_rule(checks, namespace("kuma-system")).results[0].field == f"metadata.labels[{LABEL}]"
