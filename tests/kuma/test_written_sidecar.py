"""The record of a written sidecar: what stands in it, and what it refuses to record."""

from __future__ import annotations

import json
from typing import Any

import pytest

from krm_fn.kuma import names, written_sidecar
from krm_fn.kuma.sidecar import Injected
from krm_fn.kuma.written_sidecar import (
    KEYS,
    RECORD,
    Unrecordable,
    checksum,
    has_record,
    misshapen,
    put,
    written,
)

SIDECAR = {"name": "kuma-sidecar", "image": "kuma/kuma-dp:2.14.3"}
INIT = {"name": "kuma-init", "image": "kuma/kuma-init:2.14.3"}
VOLUME = {"name": "kuma-sidecar-tmp", "emptyDir": {}}
WEB = {"name": "web", "image": "web"}


@pytest.fixture(autouse=True)
def nothing_met_already(monkeypatch: pytest.MonkeyPatch) -> None:
    """Checksums are kept over a run; no test shall live on those of another."""
    monkeypatch.setattr(written_sidecar, "_CHECKSUMS", {})


def template(metadata: Any = None, **spec: Any) -> dict[str, Any]:
    return {"metadata": {} if metadata is None else metadata, "spec": {"containers": [WEB], **spec}}


def injected(labels: dict[str, Any] | None = None, annotations: dict[str, Any] | None = None, **spec: Any) -> Injected:
    return Injected(labels or {}, annotations or {}, {"containers": [WEB, SIDECAR], **spec})


def record_of(result: dict[str, Any]) -> dict[str, Any]:
    text = result["metadata"]["annotations"][RECORD]
    assert text.startswith("v1 ")
    record: dict[str, Any] = json.loads(text[3:])
    assert text[3:] == json.dumps(record, separators=(",", ":")), "no blanks, no escapes but those of JSON"
    return record


def recorded(before: dict[str, Any], after: Injected) -> dict[str, Any]:
    return record_of(written(before, after))


# --- What is written --------------------------------------------------------------------------------------------------
def test_the_template_with_all_that_was_added() -> None:
    before = {
        "kind": "PodTemplate",
        "metadata": {"name": "web", "labels": {"app": "web"}, "annotations": {"a": "1"}},
        "spec": {"containers": [WEB], "nodeName": "n"},
    }
    after = Injected(
        {"app": "web", "kuma.io/mesh": "default"},
        {"a": "1", "kuma.io/sidecar-injected": "true"},
        {"containers": [WEB], "nodeName": "n", "initContainers": [INIT, SIDECAR], "volumes": [VOLUME]},
    )
    result = written(before, after)
    record = result["metadata"]["annotations"].pop(RECORD)
    assert result == {
        "kind": "PodTemplate",
        "metadata": {
            "name": "web",
            "labels": {"app": "web", "kuma.io/mesh": "default"},
            "annotations": {"a": "1", "kuma.io/sidecar-injected": "true"},
        },
        "spec": {"containers": [WEB], "nodeName": "n", "initContainers": [INIT, SIDECAR], "volumes": [VOLUME]},
    }
    assert json.loads(record.removeprefix("v1 ")) == {
        "add": {
            "initContainers": {"kuma-init": checksum(INIT), "kuma-sidecar": checksum(SIDECAR)},
            "volumes": {"kuma-sidecar-tmp": checksum(VOLUME)},
        },
        "set": f"0{checksum('default')} 2{checksum('true')}",
    }


def test_nothing_that_was_given_is_changed() -> None:
    before = template({"labels": {"app": "web"}})
    copy = json.loads(json.dumps(before))
    written(before, injected({"app": "web"}, {names.SIDECAR_INJECTED: "true"}))
    assert before == copy


@pytest.mark.parametrize(
    ("metadata", "labels", "found"),
    [
        ({}, {}, None),
        ({"labels": {}}, {}, {}),
        ({}, {"kuma.io/mesh": "m"}, {"kuma.io/mesh": "m"}),
        ({"labels": None}, {}, {}),
    ],
)
def test_labels_stand_there_if_there_are_some_or_were(
    metadata: dict[str, Any], labels: dict[str, Any], found: dict[str, Any] | None
) -> None:
    assert written(template(metadata), injected(labels))["metadata"].get("labels") == found


def test_the_codes_of_keys_never_change() -> None:
    """They stand in manifests: a key of the middle that goes, or moves, would make those records lie."""
    assert [key for _, key in KEYS[:8]] == [
        "kuma.io/mesh",
        "kubectl.kubernetes.io/default-container",
        "kuma.io/sidecar-injected",
        "kuma.io/transparent-proxying",
        "kuma.io/sidecar-uid",
        "kuma.io/transparent-proxying-outbound-port",
        "kuma.io/transparent-proxying-inbound-port",
        "k8s.v1.cni.cncf.io/networks",
    ]
    assert [part for part, _ in KEYS] == ["labels"] + ["annotations"] * (len(KEYS) - 1)
    last = KEYS[-1]
    assert last == ("annotations", "traffic.kuma.io/transparent-proxy-config")
    set_last = recorded(template(), injected(annotations={last[1]: "x"}))["set"]
    assert set_last == f"q{checksum('x')}"


@pytest.mark.parametrize(
    ("before", "after", "marks", "was"),
    [
        ({}, "true", True, None),
        ({names.SIDECAR_INJECTED: "true"}, "true", False, None),
        ({names.SIDECAR_INJECTED: "false"}, "true", True, "false"),
        ({names.SIDECAR_INJECTED: True}, "true", True, True),
        # 1 == True, but the manifest did not say so.
        ({names.SIDECAR_INJECTED: 1}, True, True, 1),
        ({names.SIDECAR_INJECTED: ""}, "", False, None),
    ],
)
def test_values_that_were_overwritten(before: dict[str, Any], after: Any, marks: bool, was: Any) -> None:
    record = recorded(template({"annotations": before}), injected(annotations={names.SIDECAR_INJECTED: after}))
    assert record["set"] == (f"2{checksum(after)}" if marks else "")
    assert record.get("was") == (None if was is None else {"annotations": {names.SIDECAR_INJECTED: was}})


def test_equal_text_that_is_another_object_is_no_change() -> None:
    same = "".join(["tr", "ue"])
    record = recorded(
        template({"annotations": {names.SIDECAR_INJECTED: same}}),
        injected(annotations={names.SIDECAR_INJECTED: "".join(["t", "rue"])}),
    )
    assert record["set"] == ""


def test_later_keys_are_recorded_after_ones_that_stayed() -> None:
    before = {names.SIDECAR_INJECTED: "".join(["tr", "ue"]), names.SIDECAR_UID: "1"}
    after = {names.SIDECAR_INJECTED: "".join(["t", "rue"]), names.SIDECAR_UID: "1", names.BUILTIN_DNS: "true"}
    assert recorded(template({"annotations": before}), injected(annotations=after))["set"] == f"e{checksum('true')}"


@pytest.mark.parametrize(
    ("before", "empty"),
    [
        (template(), {"metadata": {}}),
        ({"spec": {"containers": [WEB]}}, None),
        ({"metadata": None, "spec": {"containers": [WEB]}}, {"metadata": None}),
        (template({"name": "x"}, volumes=None), {"volumes": None}),
        (template({"name": "x"}, volumes=[], initContainers=[]), {"volumes": [], "initContainers": []}),
        (template({"name": "x"}, volumes=[VOLUME]), None),
        (template({"labels": {}, "annotations": None}), {"labels": {}, "annotations": None}),
        (template({"labels": {"app": "web"}}), None),
    ],
)
def test_what_was_empty_is_recorded(before: dict[str, Any], empty: dict[str, Any] | None) -> None:
    volumes = before["spec"].get("volumes") or []
    after = injected(volumes=[*volumes, {"name": "new"}])
    assert recorded(before, after).get("empty") == empty


def test_a_list_that_stays_empty_is_what_it_was() -> None:
    for empty in (template(volumes=None), template(volumes=[])):
        assert written(empty, injected(volumes=[]))["spec"]["volumes"] == empty["spec"]["volumes"]
    assert "volumes" not in written(template(), injected(volumes=[]))["spec"]


# --- Entries of lists -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("before", "after", "added"),
    [
        ([WEB], [WEB], None),
        ([WEB], [WEB, SIDECAR], ["kuma-sidecar"]),
        ([WEB], [SIDECAR, WEB], ["kuma-sidecar"]),
        ([{"image": "nameless"}], [{"image": "nameless"}, SIDECAR], ["kuma-sidecar"]),
        ([None, "x", {"name": 1}], [None, "x", {"name": 1}, SIDECAR], ["kuma-sidecar"]),
        ([WEB, WEB], [WEB, WEB, INIT, SIDECAR], ["kuma-init", "kuma-sidecar"]),
    ],
)
def test_added_entries(before: list[Any], after: list[Any], added: list[str] | None) -> None:
    found = recorded(template(containers=before), injected(containers=after))["add"].get("containers")
    assert (None if found is None else list(found)) == added
    by_name = {entry["name"]: checksum(entry) for entry in (SIDECAR, INIT)}
    assert all(found[name] == by_name[name] for name in found or {})


@pytest.mark.parametrize(
    ("before", "after", "clash"),
    [
        ([VOLUME], [VOLUME, {**VOLUME, "emptyDir": {"medium": "Memory"}}], "kuma-sidecar-tmp"),
        ([VOLUME, {"name": "a"}], [VOLUME, {"name": "a"}, VOLUME, {"name": "a"}], "a, kuma-sidecar-tmp"),
        ([VOLUME, {"name": "a"}], [VOLUME, {"name": "a"}, {"name": "new"}, VOLUME], "kuma-sidecar-tmp"),
        ([{"name": "a"}, None], [{"name": "a"}, None, {"emptyDir": {}}], "without a name"),
        ([], [{"emptyDir": {}}], "without a name"),
        ([], [None], "without a name"),
        ([{"name": "a"}, {"name": "b"}], [{"name": "a"}, {"name": "a"}, {"name": "b"}], "a"),
    ],
)
def test_names_that_are_taken_cannot_be_recorded(before: list[Any], after: list[Any], clash: str) -> None:
    with pytest.raises(Unrecordable) as raised:
        written(template(volumes=before), injected(volumes=after))
    assert str(raised.value) == f"spec.volumes holds entries of the names that injection adds ({clash}): rename them"


# --- Probes -----------------------------------------------------------------------------------------------------------
OLD: dict[str, Any] = {"httpGet": {"path": "/health", "port": 8080}, "periodSeconds": 3}
NEW = {"httpGet": {"path": "/8080/health", "port": 9001}, "periodSeconds": 3}
TCP_OLD = {"tcpSocket": {"port": 5}}
TCP_NEW = {"httpGet": {"path": "/tcp/5", "port": 9001}}


def probed(part: str, before: list[Any], after: list[Any], **others: Any) -> dict[str, Any]:
    spec = {"containers": [], **others}
    template = {"metadata": {}, "spec": {**spec, part: before}}
    found: dict[str, Any] = recorded(template, Injected({}, {}, {**spec, part: after})).get("probes", {})
    return found


def test_rewritten_probes() -> None:
    before = {"name": "first", "livenessProbe": OLD, "readinessProbe": OLD, "startupProbe": TCP_OLD}
    after = {**before, "livenessProbe": NEW, "startupProbe": TCP_NEW}
    assert probed("containers", [before, WEB], [after, WEB]) == {
        "first": {
            "livenessProbe": [{"httpGet": OLD["httpGet"]}, checksum(NEW["httpGet"])],
            "startupProbe": [{"tcpSocket": {"port": 5}}, checksum(TCP_NEW["httpGet"])],
        }
    }


@pytest.mark.parametrize(
    ("name", "others", "key"),
    [
        ("web", {}, "web"),
        ("web", {"initContainers": [{"name": "init"}]}, "web"),
        ("web", {"initContainers": [{"name": "web"}]}, "#containers/1"),
        ("first", {}, "#containers/1"),
        (None, {}, "#containers/1"),
        (7, {}, "#containers/1"),
        ("#web", {}, "#containers/1"),
    ],
)
def test_containers_go_by_name_where_that_says_enough(name: Any, others: dict[str, Any], key: str) -> None:
    before = [{"name": "first"}, {"name": name, "livenessProbe": OLD}]
    after = [before[0], {"name": name, "livenessProbe": NEW}]
    assert list(probed("containers", before, after, **others)) == [key]


def test_probes_of_init_containers() -> None:
    before = [{"name": "a", "livenessProbe": OLD}, {"name": "a", "livenessProbe": OLD}]
    after = [before[0], {"name": "a", "livenessProbe": NEW}]
    assert list(probed("initContainers", before, after)) == ["#initContainers/1"]


def test_a_container_that_changed_elsewhere_has_no_record_of_probes() -> None:
    before = {"name": "web", "livenessProbe": OLD}
    assert probed("containers", [before], [{**before, "image": "other"}]) == {}


@pytest.mark.parametrize("handler", [{1: "a"}, {"httpHeaders": [{None: "x"}]}, {"deep": {"deeper": [[{True: 1}]]}}])
def test_keys_that_json_would_make_text_of(handler: Any) -> None:
    before = {"name": "web", "livenessProbe": {"httpGet": handler}}
    with pytest.raises(Unrecordable) as raised:
        probed("containers", [before], [{"name": "web", "livenessProbe": NEW}])
    assert str(raised.value) == "a probe has keys that are not text: quote them"


# --- Parts ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("wrong", "found"),
    [
        ({"metadata": [], "spec": {}}, (("metadata",), "a mapping")),
        ({"metadata": "", "spec": {}}, (("metadata",), "a mapping")),
        ({"spec": []}, (("spec",), "a mapping")),
        ({"metadata": {}}, (("spec",), "a mapping")),
        ({"metadata": {"labels": "a"}, "spec": {}}, (("metadata", "labels"), "a mapping")),
        ({"metadata": {"annotations": []}, "spec": {}}, (("metadata", "annotations"), "a mapping")),
        ({"spec": {"containers": {}}}, (("spec", "containers"), "a list")),
        ({"spec": {"initContainers": "x"}}, (("spec", "initContainers"), "a list")),
        ({"spec": {"volumes": {}}}, (("spec", "volumes"), "a list")),
        ({"spec": {"imagePullSecrets": "not written to"}}, None),
        ({"spec": {}}, None),
        ({"metadata": None, "spec": {"containers": None, "volumes": []}}, None),
        ({"metadata": {"labels": None, "annotations": {}}, "spec": {}}, None),
    ],
)
def test_misshapen(wrong: dict[str, Any], found: object) -> None:
    assert misshapen(wrong) == found


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"a": 1, "b": [{"c": 2, "d": 3}]}, {"b": [{"d": 3, "c": 2}], "a": 1}, True),
        ([1, 2], [2, 1], False),
        ({"a": 1}, {"a": "1"}, False),
        (None, "", False),
        ("true", "false", False),
    ],
)
def test_checksums(one: Any, other: Any, same: bool) -> None:
    assert (checksum(one) == checksum(other)) is same
    assert len(checksum(one)) == len(checksum(other)) == 8


def test_checksums_never_change() -> None:
    """They stand in manifests: CRC-32 of the text, or of the JSON with its keys in order and no blanks."""
    assert checksum("default") == "e35e00df"
    assert checksum({"b": [1, None, True], "a": "ä"}) == "cfead6b6"
    assert checksum("\ud800") == checksum("\ud800")


def test_checksums_are_kept_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(written_sidecar, "MOST_CHECKSUMS", 2)
    first = [checksum(value) for value in ("a", {"b": 1}, "c", {"b": 1})]
    assert len(written_sidecar._CHECKSUMS) == 2
    assert first == [checksum(value) for value in ("a", {"b": 1}, "c", {"b": 1})]
    assert first[1] == first[3]


def test_checksums_of_what_nobody_wrote() -> None:
    deep: list[Any] = []
    for _ in range(5000):
        deep = [deep]
    assert checksum(deep) == "-"
    assert checksum({1: "a", "1": "b"}) == "-"


@pytest.mark.parametrize(
    ("value", "empty", "after"),
    [
        ([1], {}, {"k": [1]}),
        ([1], {"k": None}, {"k": [1]}),
        ([], {}, {}),
        (None, {"other": None}, {}),
        ([], {"k": None}, {"k": None}),
        ({}, {"k": {}}, {"k": {}}),
    ],
)
def test_put(value: Any, empty: dict[str, Any], after: dict[str, Any]) -> None:
    for parent in ({}, {"k": "before"}):
        put(parent, "k", value, empty)
        assert parent == after


@pytest.mark.parametrize(
    ("found", "there"),
    [
        ({"metadata": {"annotations": {RECORD: "rubbish"}}}, True),
        ({"metadata": {"annotations": {RECORD: None}}}, True),
        ({"metadata": {"annotations": {"fn.kuma.io/inject": "x"}}}, False),
        ({"metadata": {"labels": {RECORD: "v1 {}"}}}, False),
        ({"metadata": {"annotations": [RECORD]}}, False),
        ({"metadata": None}, False),
        ({}, False),
    ],
)
def test_has_record(found: dict[str, Any], there: bool) -> None:
    assert has_record(found) is there
