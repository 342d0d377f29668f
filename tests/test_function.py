"""krm_fn.function: from text to text, the whole function."""

from __future__ import annotations

import json
from typing import Any

import pytest

from krm_fn.function import CANNOT_EDIT, DUPLICATE_KEY, Transformed, transform
from krm_fn.krm.generated import GENERATED_BY, NAME_TAKEN
from krm_fn.krm.resourcelist import ResourceList
from krm_fn.krm.source import InputError
from krm_fn.yamltext.changes import same

HEAD = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\n"
NAMESPACE = "{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {kuma.io/sidecar-injection: enabled}}}"
SERVICE = """\
- apiVersion: v1
  kind: Service
  metadata:
    name: web
    namespace: shop
  spec:
    ports: [{port: 80}]
"""
GATEWAY = """\
- apiVersion: apps/v1
  kind: Deployment
  metadata:
    name: edge
    namespace: shop
  spec:
    template:
      metadata:
        labels: {app: edge}
        annotations: {kuma.io/gateway: enabled}
      spec:
        containers: [{name: edge, image: edge, ports: [{containerPort: 80}]}]
- apiVersion: v1
  kind: Service
  metadata:
    name: edge
    namespace: shop
    annotations:
      ingress.kubernetes.io/service-upstream: "true"
      nginx.ingress.kubernetes.io/service-upstream: "true"
  spec:
    selector: {app: edge}
    ports: [{port: 80}]
"""
EDIT = """\
    annotations:
      ingress.kubernetes.io/service-upstream: "true"
      nginx.ingress.kubernetes.io/service-upstream: "true"
"""
CONFIG = "functionConfig: {apiVersion: fn.kuma.io/v1alpha1, kind: MeshSetup, metadata: {name: mesh-setup}}\n"


def package(*items: str, head: str = HEAD, tail: str = "") -> str:
    return f"{head}items:\n- {NAMESPACE}\n{''.join(items)}{tail}"


def edited(text: str) -> str:
    """The text with the annotations that the Service of these tests gets."""
    place = "    name: web\n    namespace: shop\n"
    return text.replace(place, place + EDIT)


def generated(name: str, annotations: str = "", owner: str = "mesh-setup") -> str:
    return (
        f"- apiVersion: kuma.io/v1alpha1\n  kind: Dataplane\n  mesh: default\n  metadata:\n    name: {name}\n"
        f"    namespace: shop\n    annotations:\n      {GENERATED_BY}: {owner}\n{annotations}"
        "  spec:\n    networking:\n      address: 192.0.2.1\n      gateway: {tags: {kuma.io/service: x}}\n"
    )


def run(text: str) -> Transformed:
    """Run twice: the second run must not change items any more."""
    once = transform(text)
    twice = transform(once.text)
    assert same(ResourceList(twice.text).entries, ResourceList(once.text).entries)
    return once


def codes(transformed: Transformed) -> list[str]:
    return [result.code for result in transformed.outcome.results if result.severity != "info"]


def errors(transformed: Transformed) -> list[str]:
    return [result.code for result in transformed.outcome.results if result.severity == "error"]


def refused(text: str) -> Transformed:
    """Run a package with errors: items must be byte-identical, and results written."""
    done = run(text)
    assert done.outcome.exit_code == 1
    assert (done.outcome.changed, done.outcome.removed, done.outcome.added) == ({}, frozenset(), ())
    before, after = ResourceList(text), ResourceList(done.text)
    assert [after.slice(i) for i in range(len(after.entries))] == [before.slice(i) for i in range(len(before.entries))]
    assert any(entry["severity"] == "error" for entry in after.results)
    return done


# --- text -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("version", ["v1", "v1beta1", "v1alpha1"])
@pytest.mark.parametrize("tail", ["", CONFIG, "unknown: {a: [1]} # kept\n", "functionConfig:\n", "# end\n", "...\n"])
def test_only_the_lines_of_the_edit_differ(tail: str, version: str, newline: str) -> None:
    head = HEAD.replace("/v1", f"/{version}")
    text = "# start\n---\n" + package(SERVICE, "# between\n- {kind: Other, n: 01}\n", head=head, tail=tail)
    text = text.replace("\n", newline)
    done = run(text)
    assert done.text == edited(text.replace(newline, "\n")).replace("\n", newline)
    assert done.outcome.exit_code == 0
    assert (done.outcome.summary.items, done.outcome.summary.changed) == (3, 1)


@pytest.mark.parametrize("indent", [None, 2])
def test_json_stays_json(indent: int | None) -> None:
    data: dict[str, Any] = {
        "apiVersion": "config.kubernetes.io/v1",
        "kind": "ResourceList",
        "items": ResourceList(package(SERVICE, GATEWAY)).entries,
    }
    answer = json.loads(run(json.dumps(data, indent=indent)).text)
    assert answer["items"][1]["metadata"]["annotations"]["ingress.kubernetes.io/service-upstream"] == "true"
    assert [item["kind"] for item in answer["items"]] == ["Namespace", "Service", "Deployment", "Service", "Dataplane"]


@pytest.mark.parametrize(
    "item",
    [
        "-",
        "- null",
        "- ~",
        "- text",
        "- 12345678901234567890123456789",
        "- [a, b]",
        "- []",
        "- {}",
        "- {a: b}",
        "- {kind: Service}",
        "- {apiVersion: v1, kind: Service, metadata: null}",
        "- {apiVersion: v1, kind: Service, metadata: [x], spec: x}",
        "- {apiVersion: v1, kind: [Service], metadata: {name: {a: b}}}",
        "- {apiVersion: batch/v1, kind: Job, metadata: {generateName: migrate-}, spec: {template: {spec: {}}}}",
        "- {apiVersion: kpt.dev/v1, kind: Kptfile, metadata: {name: p}, info: {description: d}}",
        "- {apiVersion: fn.kuma.io/v1alpha1, kind: MeshSetup, metadata: {name: mesh-setup}, spec: {zone: z}}",
        "- {apiVersion: v1, kind: ConfigMap, metadata: {name: function-input}, data: {mesh: m}}",
        "- {kind: ConfigMap, metadata: {name: l, annotations: {config.kubernetes.io/local-config: 'true'}}}",
        "- {kind: X, 1: one, true: yes, null: nothing, 1.5: f}",
        "- {kind: X, n: 123456789012345678901234567890, f: 1e400, o: 0o17, t: 2020-01-01, b: !!binary aGk=}",
        '- {kind: X, "tab\there": "\t", s: "\\u00e9"}',
        "- {kind: X, text: '*x'}",
        "- kind: X\n  text: |+\n    one\n\n\n",
        "- kind: X\n  text: >-\n    one\n    two\n\n",
        "- &whole\n  kind: X\n  a: &a {b: c}\n  d: *a\n  <<: *a",
        "- {kind: List, apiVersion: v1, items: [null, text, {}, {kind: List, items: [[], {kind: X}]}]}",
        "- {kind: List, apiVersion: v1, items: {a: b}}",
        "- {kind: List, apiVersion: v1}",
    ],
)
def test_items_that_mean_nothing_here_are_left_alone(item: str) -> None:
    for text in (package(item + "\n"), package(SERVICE, item + "\n", SERVICE.replace("web", "second"))):
        done = run(text)
        assert done.outcome.exit_code == 0
        assert item.rstrip("\n") in done.text
    text = f"{HEAD}items:\n{item}\n"
    assert run(text).text.startswith(text)


@pytest.mark.parametrize("items", ["", "items:\n", "items: []\n", "items: null\n"])
def test_an_empty_list_is_answered_with_itself(items: str) -> None:
    assert run(HEAD + items).text == HEAD + items


def test_an_item_ends_with_a_block_scalar() -> None:
    last = "  more: |+\n    one\n\n\n"
    text = package(SERVICE, last, "# c\n- {kind: X}\n")
    assert run(text).text == edited(text)
    text = package(SERVICE.replace("web", "first"), last, SERVICE)
    assert last + SERVICE[:20] in run(text).text


def test_items_are_indented() -> None:
    indented = "".join(f"  {line}\n" for line in package(SERVICE, GATEWAY).splitlines()[3:])
    text = HEAD + "items:\n" + indented
    done = run(text)
    start = done.text.index("  - apiVersion: kuma.io/v1alpha1\n    kind: Dataplane\n")
    assert done.text[:start] == text.replace(
        "      name: web\n      namespace: shop\n",
        "      name: web\n      namespace: shop\n" + "".join(f"  {line}\n" for line in EDIT.splitlines()),
    )


# --- duplicate keys, anchors ------------------------------------------------------------------------------------------


def test_a_duplicate_key_in_an_untouched_item_is_a_warning() -> None:
    text = package("- {kind: X, metadata: {name: x}, a: 1, a: 2}\n", SERVICE)
    done = run(text)
    assert codes(done) == [DUPLICATE_KEY]
    assert done.text.startswith(edited(text))
    [entry] = ResourceList(done.text).results
    assert entry["resourceRef"] == {"kind": "X", "name": "x"}
    assert "line 5" in entry["message"]


def test_an_item_with_a_duplicate_key_is_not_edited() -> None:
    done = refused(package(SERVICE.replace("  spec:", "  kind: Service\n  spec:")))
    assert errors(done) == [DUPLICATE_KEY]


def test_duplicate_keys_of_the_config_are_an_error_and_those_of_results_are_not() -> None:
    config = "functionConfig: {apiVersion: fn.kuma.io/v1alpha1, kind: MeshSetup, spec: {zone: a, zone: b}}\n"
    done = refused(package(SERVICE, tail=config))
    assert errors(done) == [DUPLICATE_KEY]
    assert done.outcome.results[0].field == "functionConfig"
    assert run(package(SERVICE, tail="results:\n- {message: x, message: y}\n")).outcome.exit_code == 0


def test_anchors_inside_one_item() -> None:
    text = package(SERVICE.replace("name: web", "name: &name web").replace("  spec:", "  spec:\n    x: *name"))
    place = "    name: &name web\n    namespace: shop\n"
    assert run(text).text == text.replace(place, place + EDIT)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("metadata: &m {name: web, namespace: shop}", "metadata: *m"),
        ("metadata: &m\n    name: web\n    namespace: shop", "metadata: *m"),
        ("metadata: &m {name: web, namespace: shop}", "metadata: {<<: *m}"),
        ("metadata: &m {name: web, namespace: shop}", "metadata: [*m]"),
    ],
)
def test_an_edit_never_reaches_another_item(one: str, other: str) -> None:
    service = f"- apiVersion: v1\n  kind: Service\n  {one}\n  spec: {{ports: [{{port: 80}}]}}\n"
    text = package(service, f"- kind: X\n  {other}\n")
    before = ResourceList(text).entries
    done = run(text)
    after = ResourceList(done.text).entries
    assert same(after[2], before[2])
    if done.outcome.exit_code:
        assert errors(done) == [CANNOT_EDIT]
        refused(text)
    else:
        assert "nginx.ingress.kubernetes.io/service-upstream" in after[1]["metadata"]["annotations"]


def test_an_edit_of_what_an_alias_stands_for() -> None:
    text = package("- kind: X\n  metadata: &m {name: web, namespace: shop}\n", SERVICE).replace(
        "  metadata:\n    name: web\n    namespace: shop\n", "  metadata: *m\n"
    )
    before = ResourceList(text).entries
    after = ResourceList(run(text).text).entries
    assert same(after[1], before[1])
    assert after[2]["metadata"]["annotations"]


def test_an_item_whose_anchor_is_needed_elsewhere_does_not_go() -> None:
    text = package(generated("gone").replace("spec:", "spec: &s"), "- kind: X\n  spec: *s\n")
    assert errors(refused(text)) == [CANNOT_EDIT]


def test_an_anchor_in_results_that_is_needed_elsewhere() -> None:
    text = HEAD + "results:\n- &r {message: m, tags: {function: krm-fn}}\nitems:\n- {kind: X, r: *r}\n"
    with pytest.raises(InputError, match="anchor in `results`"):
        transform(text)


def test_merge_keys() -> None:
    text = package(SERVICE.replace("  spec:\n", "  spec:\n    <<: {clusterIP: None}\n"))
    assert run(text).text == edited(text)
    text = package("- {kind: X, base: &b {namespace: shop, name: web}}\n", SERVICE).replace(
        "    name: web\n    namespace: shop\n", "    <<: *b\n"
    )
    after = ResourceList(run(text).text).entries
    assert after[2]["metadata"]["name"] == "web"
    assert after[2]["metadata"]["annotations"]
    assert "annotations" not in after[1]["base"]


# --- lists inside the list --------------------------------------------------------------------------------------------


def a_list(*members: str) -> str:
    lines = [line for member in members for line in member.splitlines()]
    return "- apiVersion: v1\n  kind: List\n  items:\n" + "".join(f"  {line}\n" for line in lines)


def test_members_of_a_list_are_edited_in_their_place() -> None:
    for listed in (a_list(SERVICE), a_list("- text", SERVICE, "- null"), a_list("- kind: X", a_list(SERVICE))):
        text = package(listed)
        done = run(text)
        added = [line for line in done.text.splitlines() if line not in text.splitlines()]
        assert [line.strip() for line in added] == [line.strip() for line in EDIT.splitlines()]


def test_generated_members_of_a_list() -> None:
    text = package(GATEWAY, a_list(generated("gone"), SERVICE, generated("edge"), generated("gone2")))
    done = run(text)
    [*_, listed] = ResourceList(done.text).entries
    assert [member["metadata"]["name"] for member in listed["items"]] == ["web", "edge"]
    assert done.outcome.summary.removed == 2
    assert done.outcome.summary.added == 0


def test_the_only_member_of_a_list_goes() -> None:
    done = run(package(a_list(generated("gone"))))
    assert ResourceList(done.text).entries[1] == {"apiVersion": "v1", "kind": "List", "items": []}


def test_a_list_that_says_it_was_generated_was_not() -> None:
    marked = f"  metadata:\n    annotations:\n      {GENERATED_BY}: mesh-setup\n"
    text = package(a_list(SERVICE).replace("  kind: List\n", "  kind: List\n" + marked))
    assert [entry["kind"] for entry in ResourceList(run(text).text).entries] == ["Namespace", "List"]


# --- generated items --------------------------------------------------------------------------------------------------


def test_generated_items_come_after_all_others_and_before_other_fields() -> None:
    text = package(GATEWAY, SERVICE, tail=CONFIG)
    done = run(text)
    assert [entry["kind"] for entry in ResourceList(done.text).entries][-1] == "Dataplane"
    assert done.text.endswith(CONFIG)
    assert done.text.startswith(edited(package(GATEWAY, SERVICE)))


def test_a_generated_item_is_brought_up_to_date_where_it_stands() -> None:
    note = "      reviewed-by: jane # stays\n"
    text = package(generated("edge", note), GATEWAY)
    done = run(text)
    entries = ResourceList(done.text).entries
    assert [entry["kind"] for entry in entries] == ["Namespace", "Dataplane", "Deployment", "Service"]
    assert entries[1]["spec"]["networking"]["address"] == "edge.shop.pod.invalid"
    assert entries[1]["metadata"]["annotations"]["reviewed-by"] == "jane"
    assert note in done.text
    assert done.outcome.summary.removed == 0


def test_dataplanes_become_ordinary_resources_when_asked() -> None:
    first = run(package(GATEWAY)).text
    config = CONFIG.replace("}}", "}, spec: {dataplanes: {localConfig: false}}}")
    second = ResourceList(run(first + config).text).entries[-1]
    assert second["kind"] == "Dataplane"
    assert list(second["metadata"]["annotations"]) == [GENERATED_BY]


@pytest.mark.parametrize(
    ("items", "left"),
    [
        ([generated("gone")], "items: []\n"),
        ([generated("gone"), "- {kind: X}\n"], "items:\n- {kind: X}\n"),
        (["- {kind: X}\n", generated("gone")], "items:\n- {kind: X}\n"),
        (
            ["- {kind: X}\n", generated("gone"), generated("gone2"), "- {kind: Z}\n"],
            "items:\n- {kind: X}\n- {kind: Z}\n",
        ),
    ],
)
def test_what_is_no_longer_wanted_is_taken_out(items: list[str], left: str) -> None:
    done = run(HEAD + "items:\n" + "".join(items) + "# end\n")
    assert done.text == HEAD + left + "# end\n"


def test_what_others_generated_stays() -> None:
    text = package(generated("gone", owner="team-b"))
    assert run(text).text == text


def test_a_name_that_is_taken_is_an_error() -> None:
    for foreign in (generated("edge", owner="team-b"), generated("edge").replace(GENERATED_BY, "note")):
        assert NAME_TAKEN in errors(refused(package(GATEWAY, SERVICE, foreign)))


@pytest.mark.parametrize("key", ["config.kubernetes.io/path", "internal.config.kubernetes.io/path"])
def test_new_items_have_a_path_where_others_have_one(key: str) -> None:
    places = f"metadata:\n    annotations: {{{key}: a.yaml, internal.config.kubernetes.io/package-path: /pkg/sub}}\n"
    text = package(
        GATEWAY.replace(
            "metadata:\n    name: edge\n    namespace: shop\n  spec:\n    t",
            places + "    name: edge\n    namespace: shop\n  spec:\n    t",
        )
    )
    notes = ResourceList(run(text).text).entries[-1]["metadata"]["annotations"]
    assert notes["internal.config.kubernetes.io/path"] == "krm-fn/dataplane_shop_edge.yaml"
    assert notes["internal.config.kubernetes.io/package-path"] == "/pkg/sub"
    assert not any("index" in note or note.endswith("/id") for note in notes)
    assert (
        "internal.config.kubernetes.io/path"
        not in ResourceList(run(package(GATEWAY)).text).entries[-1]["metadata"]["annotations"]
    )


def test_the_same_identity_twice_and_the_same_file_in_two_packages() -> None:
    def service(package_path: str) -> str:
        notes = f"    annotations:\n      config.kubernetes.io/path: s.yaml\n      x: {package_path}\n"
        return SERVICE.replace("  spec:", notes + "  spec:")

    text = package(service("/a"), service("/b"))
    done = run(text)
    assert done.outcome.summary.changed == 2
    assert done.text.count("nginx.ingress.kubernetes.io/service-upstream") == 2


# --- configuration and results ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("config", ["", "functionConfig:\n", "functionConfig: null\n", "functionConfig: {}\n", CONFIG])
def test_no_configuration_means_no_settings(config: str) -> None:
    text = package(SERVICE, tail=config)
    assert run(text).text == edited(text)


@pytest.mark.parametrize(
    "config",
    [
        "text",
        "7",
        "[a]",
        "true",
        "{kind: MeshSetup}",
        "{apiVersion: v1, kind: ConfigMap, data: text}",
        "{apiVersion: v1, kind: ConfigMap, data: {no-such-field: x}}",
        "{apiVersion: fn.kuma.io/v1alpha1, kind: MeshSetup, spec: text}",
        "{apiVersion: fn.kuma.io/v1alpha1, kind: MeshSetup, metadata: [], spec: {results: {level: [x]}}}",
        "{apiVersion: fn.kuma.io/v1alpha1, kind: MeshSetup, spec: {results: [x]}}",
        "{apiVersion: fn.kuma.io/v1alpha1, kind: MeshSetup, spec: {serviceUpstream: {products: [no-such]}}}",
        "{1: 2}",
    ],
)
def test_a_wrong_configuration_is_an_error_and_nothing_is_transformed(config: str) -> None:
    done = refused(package(SERVICE, a_list(SERVICE), tail=f"functionConfig: {config}\n"))
    assert done.outcome.summary.items == 3
    for result in done.outcome.results:
        assert result.field.startswith("functionConfig")


@pytest.mark.parametrize(
    ("results", "kept"),
    [
        ("results: garbage\n", []),
        ("results: 7\n", []),
        ("results: {a: b}\n", []),
        ("results: [x, null, {message: m, tags: x}]\n", ["x", None, {"message": "m", "tags": "x"}]),
        ("results:\n- {message: other}\n- {message: old, tags: {function: krm-fn}}\n", [{"message": "other"}]),
        ("results: {name: other, items: [{message: other}]}\n", [{"message": "other"}]),
    ],
)
def test_results_that_are_there(results: str, kept: list[Any]) -> None:
    config = "functionConfig: {apiVersion: fn.kuma.io/v1alpha1, kind: MeshSetup, spec: {results: {level: info}}}\n"
    for text in (package(SERVICE, tail=results + config), package(SERVICE, head=HEAD + results, tail=config)):
        done = run(text)
        found = ResourceList(done.text).results
        assert found[: len(kept)] == kept
        assert found[len(kept) :]
        assert all(entry["tags"]["function"] == "krm-fn" for entry in found[len(kept) :])
        assert transform(done.text).text == done.text


def test_results_of_others_stay_as_they_were_written() -> None:
    text = package(SERVICE, head=HEAD + "results: # theirs\n- {'message': other} # kept\n")
    assert run(text).text == edited(text)


# --- size -------------------------------------------------------------------------------------------------------------


def test_a_large_scalar_passes() -> None:
    blob = "x" * 50_000_000
    text = package(f"- {{kind: ConfigMap, data: {{blob: {blob}}}}}\n", SERVICE)
    assert transform(text).text == edited(text)


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "{? "])
def test_deep_nesting_is_refused_in_words(opening: str) -> None:
    with pytest.raises(InputError):
        transform(f"{HEAD}items:\n- {{kind: X, a: {opening * 100_000}")
    closing = "]" if opening == "[" else "}"
    with pytest.raises(InputError):
        transform(f"{HEAD}items: [{opening * 5000}x{closing * 5000}]\n")


def test_an_alias_bomb_is_refused_at_once() -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    bomb += "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 30))
    with pytest.raises(InputError, match="aliases"):
        transform(HEAD + bomb)
