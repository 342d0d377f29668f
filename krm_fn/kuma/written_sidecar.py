"""The record of a sidecar that krm-fn wrote, by which it can be taken out again or brought up to date.

Injection mixes what it writes with what was there: it adds containers, volumes and annotations, overwrites some values
and rewrites probes. One annotation of the pod template, `RECORD`, holds what cannot be told from the result: the names
of what was added, checksums of it (so that later edits by hand are noticed and never thrown away), the values that were
overwritten, and the handlers of rewritten probes. It holds nothing that the manifest did not say before. The text is
``v1``, a blank (so that YAML needs no quotes around it) and JSON in a fixed order:

    {"add":{"containers":{"kuma-sidecar":"<checksum>"},...},         entries of lists of the pod spec, by name
     "set":"<code><checksum> ...",                                   labels and annotations, see KEYS
     "was":{"annotations":{"kuma.io/...":"<value before>"},...},     where something was overwritten
     "empty":{"volumes":null},                                       what was there, but empty
     "probes":{"web":{"livenessProbe":[{handlers before},"<checksum of the new one>"]}}}
"""

from __future__ import annotations

from marshal import dumps as marshal

from krm_fn.krm.fields import as_list, as_map
from krm_fn.kuma import names
from krm_fn.kuma.probes import HANDLERS, PROBES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from krm_fn.kuma.sidecar import Injected

RECORD = "fn.kuma.io/injected"
FORMAT = "v1 "

LISTS = ("containers", "initContainers", "volumes")
MAPS = ("labels", "annotations")
CONTAINERS = ("containers", "initContainers")

# What injection sets, as (part of the metadata, key). The position in this table is the code in the record: new ones
# go to the end, none is ever taken out.
KEYS: tuple[tuple[str, str], ...] = (
    ("labels", names.KUMA_MESH),
    ("annotations", names.DEFAULT_CONTAINER),
    ("annotations", names.SIDECAR_INJECTED),
    ("annotations", names.TRANSPARENT_PROXYING),
    ("annotations", names.SIDECAR_UID),
    ("annotations", names.TRANSPARENT_PROXYING_OUTBOUND_PORT),
    ("annotations", names.TRANSPARENT_PROXYING_INBOUND_PORT),
    ("annotations", names.CNI_NETWORKS),
    ("annotations", names.TRANSPARENT_PROXYING_EBPF),
    ("annotations", names.TRANSPARENT_PROXYING_EBPF_BPF_FS_PATH),
    ("annotations", names.TRANSPARENT_PROXYING_EBPF_CGROUP_PATH),
    ("annotations", names.TRANSPARENT_PROXYING_EBPF_TC_ATTACH_IFACE),
    ("annotations", names.TRANSPARENT_PROXYING_EBPF_PROGRAMS_SOURCE_PATH),
    ("annotations", names.TRANSPARENT_PROXYING_EBPF_INSTANCE_IP_ENV_VAR_NAME),
    ("annotations", names.BUILTIN_DNS),
    ("annotations", names.BUILTIN_DNS_PORT),
    ("annotations", names.BUILTIN_DNS_LOGGING),
    ("annotations", names.VIRTUAL_PROBES),
    ("annotations", names.VIRTUAL_PROBES_PORT),
    ("annotations", names.APPLICATION_PROBE_PROXY_PORT),
    ("annotations", names.TRAFFIC_EXCLUDE_INBOUND_PORTS),
    ("annotations", names.TRAFFIC_EXCLUDE_OUTBOUND_PORTS),
    ("annotations", names.TRAFFIC_EXCLUDE_INBOUND_IPS),
    ("annotations", names.TRAFFIC_EXCLUDE_OUTBOUND_IPS),
    ("annotations", names.TRANSPARENT_PROXYING_IP_FAMILY_MODE),
    ("annotations", names.ENVOY_ADMIN_PORT),
    ("annotations", names.TRAFFIC_TRANSPARENT_PROXY_CONFIG),
)
CODES = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
CODE_OF = {key: CODES[index] for index, key in enumerate(KEYS)}
KEY_OF = {code: key for key, code in CODE_OF.items()}

# Checksums of what has been met already: most pods of a package get the same sidecar.
_CHECKSUMS: dict[str | bytes, str] = {}
MOST_CHECKSUMS = 1000


class Unrecordable(Exception):
    """The pods cannot be given a sidecar that could be taken out again; Kubernetes refuses such pods, too."""


# --- Writing ----------------------------------------------------------------------------------------------------------
def written(template: Mapping[str, Any], injected: Injected) -> dict[str, Any]:
    """Return a pod template (or Pod) with what injection made of it, and the record.

    The template is the one that was injected, and well shaped: see `misshapen`. Raises Unrecordable.
    """
    from json import dumps

    metadata, spec = as_map(template.get("metadata")), as_map(template.get("spec"))
    record = _record(template, injected)
    annotations = {**injected.annotations, RECORD: FORMAT + dumps(record, separators=(",", ":"))}
    new_metadata = {**metadata, "annotations": annotations}
    if "labels" in metadata or injected.labels:
        new_metadata["labels"] = dict(injected.labels)
    new_spec = dict(injected.spec)
    for part in LISTS:
        if not new_spec.get(part):
            put(new_spec, part, None, spec)
    return {**template, "metadata": new_metadata, "spec": new_spec}


def misshapen(template: Mapping[str, Any]) -> tuple[tuple[str, ...], str] | None:
    """Return the path of a field that injection writes to and that has the wrong type, and the right one."""
    metadata, spec = template.get("metadata"), template.get("spec")
    if metadata is not None and not isinstance(metadata, dict):
        return ("metadata",), "a mapping"
    if not isinstance(spec, dict):
        return ("spec",), "a mapping"
    for part in MAPS:
        if not isinstance(as_map(metadata).get(part), dict | None):
            return ("metadata", part), "a mapping"
    for part in LISTS:
        if not isinstance(spec.get(part), list | None):
            return ("spec", part), "a list"
    return None


def _record(template: Mapping[str, Any], injected: Injected) -> dict[str, Any]:
    metadata, spec = as_map(template.get("metadata")), as_map(template.get("spec"))
    new_metadata = {"labels": injected.labels, "annotations": injected.annotations}
    record: dict[str, Any] = {"add": {}}
    kept: dict[str, list[Any]] = {}
    for part in LISTS:
        added, kept[part] = _added(part, as_list(spec.get(part)), as_list(injected.spec.get(part)))
        if added:
            record["add"][part] = added
    marks: list[str] = []
    was: dict[str, dict[str, Any]] = {}
    for part in MAPS:
        before = as_map(metadata.get(part))
        for key, value in new_metadata[part].items():
            if key in before and before[key] is value:
                continue
            if key in before:
                if type(before[key]) is type(value) and before[key] == value:
                    continue
                was.setdefault(part, {})[key] = before[key]
            marks.append(CODE_OF[part, key] + checksum(value))
    record["set"] = " ".join(marks)
    if was:
        record["was"] = was
    empty = {part: spec[part] for part in LISTS if part in spec and not spec[part]}
    empty |= {part: metadata[part] for part in MAPS if part in metadata and not metadata[part]}
    if "metadata" in template and not metadata:
        empty["metadata"] = template["metadata"]
    if empty:
        record["empty"] = empty
    probes = _rewritten(spec, kept)
    if probes:
        record["probes"] = probes
    return record


def _added(part: str, before: list[Any], after: list[Any]) -> tuple[dict[str, str], list[Any]]:
    """What was added to a list, by name, with checksums; and the entries that were there, as they are now."""
    if len(after) == len(before):
        return {}, after
    there = {name for entry in before if isinstance(name := as_map(entry).get("name"), str)}
    added: dict[str, str] = {}
    kept = []
    for entry in after:
        name = as_map(entry).get("name")
        if isinstance(name, str) and name not in there and len(added) < len(after) - len(before):
            added[name] = checksum(entry)
        else:
            kept.append(entry)
    if len(kept) != len(before):
        had, has = ([as_map(entry).get("name") for entry in entries] for entries in (before, kept))
        clash = ", ".join(sorted(name for name in there if has.count(name) > had.count(name))) or "without a name"
        raise Unrecordable(f"spec.{part} holds entries of the names that injection adds ({clash}): rename them")
    return added, kept


def _rewritten(spec: Mapping[str, Any], after: Mapping[str, list[Any]]) -> dict[str, Any]:
    """The handlers that rewritten probes had, by container and probe, and checksums of the new ones."""
    found: dict[str, Any] = {}
    for part in CONTAINERS:
        before = as_list(spec.get(part))
        for index, (old, new) in enumerate(zip(before, after[part], strict=True)):
            if old is new:
                continue
            probes = {}
            for key in PROBES:
                probe = new.get(key)
                if probe is not old.get(key):
                    handlers = {handler: old[key][handler] for handler in HANDLERS if handler in old[key]}
                    probes[key] = [_as_json(handlers), checksum(probe.get("httpGet"))]
            if probes:
                found[_key_of(part, index, old, spec)] = probes
    return found


def _key_of(part: str, index: int, container: Mapping[str, Any], spec: Mapping[str, Any]) -> str:
    """How the record calls a container: by its name; by its place where that says too little (`#` is in no name)."""
    name = container.get("name")
    everyone = [as_map(entry).get("name") for key in CONTAINERS for entry in as_list(spec.get(key))]
    if isinstance(name, str) and everyone.count(name) == 1 and not name.startswith("#"):
        return name
    return f"#{part}/{index}"


def _as_json(value: Any) -> Any:
    """The value, if JSON holds it unchanged, as all that Kubernetes accepts. Raises Unrecordable."""
    pairs = [value]
    while pairs:
        node = pairs.pop()
        if isinstance(node, dict):
            if not all(isinstance(key, str) for key in node):
                raise Unrecordable("a probe has keys that are not text: quote them")
            pairs.extend(node.values())
        elif isinstance(node, list):
            pairs.extend(node)
    return value


def checksum(value: Any) -> str:
    """Return eight characters that change when the value changes, and not with the order of its keys."""
    plain: str | bytes
    try:
        plain = value if isinstance(value, str) else marshal(value, 2)
    except ValueError:  # nested too deep for it
        return "-"
    known = _CHECKSUMS.get(plain)
    if known is not None:
        return known
    from json import dumps
    from zlib import crc32

    try:
        text = value if isinstance(value, str) else dumps(value, sort_keys=True, separators=(",", ":"))
        result = f"{crc32(text.encode(errors='surrogatepass')):08x}"
    except (TypeError, ValueError):  # keys of several types: nothing that was ever written
        result = "-"
    if len(_CHECKSUMS) < MOST_CHECKSUMS:
        _CHECKSUMS[plain] = result
    return result


def put(parent: dict[str, Any], key: str, value: Any, empty: Mapping[str, Any]) -> None:
    """Set a list or mapping; one that has become empty is what it was before, or goes."""
    if value:
        parent[key] = value
    elif key in empty:
        parent[key] = empty[key]
    else:
        parent.pop(key, None)


def has_record(template: Mapping[str, Any]) -> bool:
    """Whether krm-fn wrote a sidecar into the pod template."""
    return RECORD in as_map(as_map(template.get("metadata")).get("annotations"))
