"""Taking a sidecar out again: what comes back, what stays because of edits, and records of any shape."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from krm_fn.kuma import names
from krm_fn.kuma.sidecar import Injected
from krm_fn.kuma.undone_sidecar import undone
from krm_fn.kuma.written_sidecar import RECORD, checksum, written

SIDECAR = {"name": "kuma-sidecar", "image": "kuma/kuma-dp:2.14.3"}
INIT = {"name": "kuma-init", "image": "kuma/kuma-init:2.14.3"}
VOLUME = {"name": "kuma-sidecar-tmp", "emptyDir": {}}
OLD_PROBE = {"periodSeconds": 3, "httpGet": {"path": "/health", "port": 8080}, "timeoutSeconds": 1}
NEW_PROBE = {"periodSeconds": 3, "httpGet": {"path": "/8080/health", "port": 9001}, "timeoutSeconds": 1}
TCP_PROBE = {"periodSeconds": 3, "tcpSocket": {"port": 1}, "timeoutSeconds": 1}
WEB = {"name": "web", "livenessProbe": OLD_PROBE}
BEFORE: dict[str, Any] = {
    "metadata": {"labels": {"app": "web"}, "annotations": {"a": "1", names.GATEWAY: "enabled"}},
    "spec": {"containers": [WEB], "nodeName": "n"},
}


def with_sidecar(before: dict[str, Any] = BEFORE, mesh: str = "default") -> dict[str, Any]:
    """The template with a sidecar, an init container, a volume, a label, annotations and a rewritten probe."""
    metadata, spec = before.get("metadata") or {}, before["spec"]
    labels = {**(metadata.get("labels") or {}), names.KUMA_MESH: mesh}
    annotations = {**(metadata.get("annotations") or {}), names.SIDECAR_INJECTED: "true"}
    annotations[names.APPLICATION_PROBE_PROXY_PORT] = "9001"
    containers = [
        {**entry, "livenessProbe": NEW_PROBE} if "livenessProbe" in entry else entry for entry in spec["containers"]
    ]
    added = {
        "initContainers": [INIT, *(spec.get("initContainers") or []), SIDECAR],
        "volumes": [*(spec.get("volumes") or []), VOLUME],
    }
    return written(before, Injected(labels, annotations, {**spec, "containers": containers, **added}))


def edited(*path: Any, to: Any) -> dict[str, Any]:
    """`with_sidecar()` in which somebody has set a field."""
    template = copy.deepcopy(with_sidecar())
    parent = template
    for key in path[:-1]:
        parent = parent[key]
    parent[path[-1]] = to
    return template


@pytest.mark.parametrize(
    "before",
    [
        BEFORE,
        {"spec": {"containers": [WEB]}},
        {"metadata": None, "spec": {"containers": []}},
        {"metadata": {}, "spec": {"containers": [WEB], "volumes": None, "initContainers": []}},
        {"metadata": {"labels": None, "annotations": {}}, "spec": {"containers": [WEB]}},
        {"metadata": {"labels": {names.KUMA_MESH: "other"}}, "spec": {"containers": [WEB, WEB]}},
        {
            "metadata": {"annotations": {names.SIDECAR_INJECTED: False}},
            "spec": {"containers": [{"name": "a", "livenessProbe": TCP_PROBE}], "volumes": [{}]},
        },
    ],
)
def test_there_and_back(before: dict[str, Any]) -> None:
    found = undone(with_sidecar(before))
    assert found.template == before
    assert (found.conflicts, found.kept, found.unreadable) == ((), (), False)


def test_the_handlers_come_back_in_their_place() -> None:
    spec = undone(with_sidecar()).template["spec"]
    assert list(spec["containers"][0]["livenessProbe"]) == ["periodSeconds", "httpGet", "timeoutSeconds"]


def test_what_is_given_is_not_changed() -> None:
    template = with_sidecar()
    as_it_was = copy.deepcopy(template)
    undone(template)
    assert template == as_it_was


@pytest.mark.parametrize(
    "template",
    [
        {},
        {"metadata": None, "spec": "x"},
        {"metadata": {"annotations": {"fn.kuma.io/inject": "enabled"}}, "spec": {"containers": [SIDECAR]}},
    ],
)
def test_without_a_record_all_stays(template: dict[str, Any]) -> None:
    found = undone(template)
    assert found.template == template
    assert (found.conflicts, found.kept, found.unreadable) == ((), (), False)


@pytest.mark.parametrize(
    "text", ["", "v1", "v2 {}", "{}", "v1 [", "v1 []", 'v1 "x"', "v1 " + "[" * 100_000, None, 7, {}]
)
def test_a_record_that_cannot_be_read_is_a_conflict(text: object) -> None:
    template = {"metadata": {"annotations": {RECORD: text}}, "spec": {"containers": [SIDECAR]}}
    found = undone(template)
    assert found.template == template
    assert found.conflicts == ("the annotation fn.kuma.io/injected cannot be read",)
    assert found.kept == ()
    assert found.unreadable is True


# --- Edits ------------------------------------------------------------------------------------------------------------
def test_an_edited_container_goes_but_is_told() -> None:
    found = undone(edited("spec", "initContainers", 1, "image", to="mine"))
    assert found.template == BEFORE
    assert found.conflicts == ("spec.initContainers, kuma-sidecar",)


def test_every_part_is_told() -> None:
    template = edited("spec", "initContainers", 0, "image", to="mine")
    template["spec"]["volumes"][0]["emptyDir"] = {"medium": "Memory"}
    template["spec"]["containers"][0]["livenessProbe"]["httpGet"]["path"] = "/8080/other"
    assert undone(template).conflicts == (
        "spec.initContainers, kuma-init",
        "spec.volumes, kuma-sidecar-tmp",
        "spec.containers, web, livenessProbe",
    )


@pytest.mark.parametrize("entry", [{"name": "mine"}, {"image": "nameless"}, "x", None, {"name": ["kuma-sidecar"]}])
def test_entries_of_others_stay(entry: Any) -> None:
    template = edited("spec", "volumes", to=[entry, VOLUME, entry])
    found = undone(template)
    assert found.template["spec"]["volumes"] == [entry, entry]
    assert found.conflicts == ()


@pytest.mark.parametrize("value", [None, "x", {}, 7])
def test_a_list_that_is_none_any_more_stays(value: Any) -> None:
    found = undone(edited("spec", "volumes", to=value))
    assert found.template["spec"]["volumes"] == value
    assert found.conflicts == ()


@pytest.mark.parametrize(
    ("part", "key", "kept"),
    [
        ("labels", names.KUMA_MESH, True),
        ("annotations", names.SIDECAR_INJECTED, True),
        ("annotations", "a", False),
        ("annotations", names.GATEWAY, False),
    ],
)
def test_edited_labels_and_annotations_stay(part: str, key: str, kept: bool) -> None:
    found = undone(edited("metadata", part, key, to="edited"))
    assert found.template["metadata"][part][key] == "edited"
    assert found.kept == ((key,) if kept else ())
    assert found.conflicts == ()


def test_other_keys_go_beside_an_edited_one() -> None:
    template = edited("metadata", "annotations", names.SIDECAR_INJECTED, to="edited")
    assert undone(template).template["metadata"]["annotations"] == {
        "a": "1",
        names.GATEWAY: "enabled",
        names.SIDECAR_INJECTED: "edited",
    }


def test_labels_and_annotations_that_somebody_took_away_are_not_missed() -> None:
    template = with_sidecar()
    del template["metadata"]["labels"]
    del template["metadata"]["annotations"][names.SIDECAR_INJECTED]
    found = undone(template)
    assert found.template == {**BEFORE, "metadata": {"annotations": BEFORE["metadata"]["annotations"]}}
    assert found.kept == ()


@pytest.mark.parametrize(
    ("probe", "conflict"),
    [
        # Somebody's own probe, which leads elsewhere, is theirs.
        ({"httpGet": {"path": "/mine", "port": 8080}}, False),
        ({"httpGet": {"path": "/mine", "port": "http"}}, False),
        ({"tcpSocket": {"port": 9001}}, False),
        ({"httpGet": "x"}, False),
        ({}, False),
        ("x", False),
        (None, False),
        # One that leads to the sidecar would fail without it.
        ({"httpGet": {"path": "/8080/mine", "port": 9001}}, True),
        ({"httpGet": {"path": "/8080/mine", "port": "9001"}}, True),
    ],
)
def test_edited_probes_stay(probe: Any, conflict: bool) -> None:
    found = undone(edited("spec", "containers", 0, "livenessProbe", to=probe))
    assert found.template["spec"]["containers"] == [{"name": "web", "livenessProbe": probe}]
    assert found.conflicts == (("spec.containers, web, livenessProbe",) if conflict else ())


def test_a_probe_that_leads_to_the_port_of_virtual_probes() -> None:
    template = edited("spec", "containers", 0, "livenessProbe", to={"httpGet": {"port": 9000}})
    template["metadata"]["annotations"][names.VIRTUAL_PROBES_PORT] = "9000"
    assert undone(template).conflicts == ("spec.containers, web, livenessProbe",)


def test_other_settings_of_a_rewritten_probe_are_kept() -> None:
    template = edited("spec", "containers", 0, "livenessProbe", "periodSeconds", to=60)
    probe = undone(template).template["spec"]["containers"][0]["livenessProbe"]
    assert probe == {**OLD_PROBE, "periodSeconds": 60}


def test_another_handler_beside_the_rewritten_one_goes() -> None:
    """Kubernetes allows one; the record says which."""
    template = edited("spec", "containers", 0, "livenessProbe", "exec", to={"command": ["x"]})
    assert undone(template).template == BEFORE


# --- Records of any shape ---------------------------------------------------------------------------------------------
def recorded(record: dict[str, Any], **spec: Any) -> dict[str, Any]:
    annotations = {RECORD: "v1 " + json.dumps(record), names.SIDECAR_INJECTED: "true"}
    return {"metadata": {"annotations": annotations}, "spec": {"containers": [WEB], **spec}}


NEW_SUM = checksum(NEW_PROBE["httpGet"])


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"add": 1, "set": 2, "was": 3, "empty": 4, "probes": 5},
        {"add": {"containers": ["web"]}},
        {"add": {"containers": {"other": "x"}}},
        {"add": {"nodeName": {"web": "x"}, "volumes": {"web": "x"}}},
        {"set": "z z0 ~"},
        {"set": f"0{checksum('true')}"},
        {"was": {"annotations": {"a": "2"}}},
        {"probes": {"web": "x"}},
        {"probes": {"web": {"livenessProbe": {}}}},
        {"probes": {"web": {"livenessProbe": []}}},
        {"probes": {"web": {"livenessProbe": [{}, NEW_SUM, 3]}}},
        {"probes": {"web": {"livenessProbe": [{}, NEW_SUM]}}},
        {"probes": {"web": {"image": [{}, checksum(None)]}}},
        {"probes": {"#containers/7": {"livenessProbe": [{}, checksum(OLD_PROBE["httpGet"])]}}},
        {"probes": {"#initContainers/0": {"livenessProbe": [{}, checksum(OLD_PROBE["httpGet"])]}}},
    ],
)
def test_a_record_that_does_not_fit_takes_nothing_away(record: dict[str, Any]) -> None:
    found = undone(recorded(record))
    assert found.template == {
        "metadata": {"annotations": {names.SIDECAR_INJECTED: "true"}},
        "spec": {"containers": [WEB]},
    }
    assert (found.conflicts, found.kept) == ((), ())


@pytest.mark.parametrize("empty", [{}, None])
def test_what_others_left_empty_stays(empty: Any) -> None:
    template = recorded({"set": f"2{checksum('true')}"})
    template["metadata"]["labels"] = empty
    assert undone(template).template.get("metadata") == (None if empty is None else {"labels": {}})


def test_a_record_for_two_containers_of_one_name_goes_by_place() -> None:
    probe = {"livenessProbe": NEW_PROBE}
    record = {"probes": {"#containers/1": {"livenessProbe": [{"exec": {"command": ["x"]}}, NEW_SUM]}}}
    template = recorded(record, containers=[{"name": "a", **probe}, {"name": "a", **probe}, "x"])
    assert undone(template).template["spec"]["containers"] == [
        {"name": "a", "livenessProbe": NEW_PROBE},
        {"name": "a", "livenessProbe": {"periodSeconds": 3, "exec": {"command": ["x"]}, "timeoutSeconds": 1}},
        "x",
    ]


@pytest.mark.parametrize("containers", [None, "x", {"name": "web"}])
def test_probes_of_containers_of_any_shape(containers: Any) -> None:
    record = {"probes": {"web": {"livenessProbe": [{}, NEW_SUM]}, "init": {"livenessProbe": [{}, NEW_SUM]}}}
    init = {"name": "init", "livenessProbe": NEW_PROBE}
    found = undone(recorded(record, containers=containers, initContainers=[{"name": ["web"]}, init]))
    assert found.template["spec"] == {
        "containers": containers,
        "initContainers": [
            {"name": ["web"]},
            {"name": "init", "livenessProbe": {"periodSeconds": 3, "timeoutSeconds": 1}},
        ],
    }


def test_later_probes_are_restored_after_one_that_does_not_fit() -> None:
    record = {"probes": {"web": {"image": [{}, ""], "x": 1, "livenessProbe": [{"exec": {}}, NEW_SUM]}}}
    template = recorded(record, containers=[{"name": "web", "livenessProbe": NEW_PROBE}])
    assert "exec" in undone(template).template["spec"]["containers"][0]["livenessProbe"]


def test_later_keys_are_restored_after_ones_that_are_not_there() -> None:
    record = {"set": f"0{checksum('x')} 3{checksum('x')} 2{checksum('true')}"}
    assert undone(recorded(record)).template == {"spec": {"containers": [WEB]}}
