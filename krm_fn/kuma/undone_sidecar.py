"""Taking a sidecar out again that krm-fn wrote, by the record beside it (``krm_fn.kuma.written_sidecar``).

Anything may have happened to the manifest since, and the record itself is input like any other: whatever does not fit
is left as it is, and said.
"""

from __future__ import annotations

from krm_fn.krm.fields import as_map, as_str
from krm_fn.kuma import names
from krm_fn.kuma.probes import HANDLERS, PROBES
from krm_fn.kuma.written_sidecar import CONTAINERS, FORMAT, KEY_OF, LISTS, MAPS, RECORD, checksum, put
from krm_fn.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any


class Undone(Record):
    """A pod template without its sidecar.

    `conflicts` say what has been edited by hand and is not in `template` any more, so that nobody takes that without
    asking; `kept` are the labels and annotations that were edited and stay as they are. With an `unreadable` record
    the template is as it came.
    """

    template: dict[str, Any]
    conflicts: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    unreadable: bool = False


def undone(template: Mapping[str, Any]) -> Undone:
    """Return the pod template as it was before krm-fn wrote the sidecar; what was edited since then is kept.

    Without a record, or with an unreadable one, the template comes back as it is; the latter is a conflict.
    """
    metadata, spec = as_map(template.get("metadata")), as_map(template.get("spec"))
    annotations = as_map(metadata.get("annotations"))
    if RECORD not in annotations:
        return Undone(dict(template))
    record = _read(annotations[RECORD])
    if record is None:
        return Undone(dict(template), (f"the annotation {RECORD} cannot be read",), (), True)
    empty = as_map(record.get("empty"))
    conflicts: list[str] = []
    new_spec = dict(spec)
    for part, added in as_map(record.get("add")).items():
        if part in LISTS:
            conflicts += _take_out(new_spec, part, as_map(added), empty)
    conflicts += _restore_probes(new_spec, as_map(record.get("probes")), annotations)
    new_metadata = dict(metadata)
    kept = _restore_keys(new_metadata, record, empty)
    result = {**template, "spec": new_spec}
    put(result, "metadata", new_metadata, empty)
    return Undone(result, tuple(conflicts), tuple(kept))


def _read(text: object) -> dict[str, Any] | None:
    from json import loads

    if not isinstance(text, str) or not text.startswith(FORMAT):
        return None
    try:
        record = loads(text[len(FORMAT) :])
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def _take_out(spec: dict[str, Any], part: str, added: Mapping[str, Any], empty: Mapping[str, Any]) -> Iterator[str]:
    """Take what was added out of a list of the spec; yield what has been edited since."""
    there = spec.get(part)
    if not isinstance(there, list):
        return
    left = []
    for entry in there:
        name = as_map(entry).get("name")
        if not isinstance(name, str) or name not in added:
            left.append(entry)
        elif checksum(entry) != added[name]:
            yield f"spec.{part}, {name}"
    put(spec, part, left, empty)


def _restore_probes(spec: dict[str, Any], probes: Mapping[str, Any], annotations: Mapping[str, Any]) -> Iterator[str]:
    """Give containers their probes back; yield those that have been edited and still lead to the sidecar."""
    ports = [annotations.get(names.APPLICATION_PROBE_PROXY_PORT), annotations.get(names.VIRTUAL_PROBES_PORT)]
    for part in CONTAINERS if probes else ():
        if not isinstance(spec.get(part), list):
            continue
        spec[part] = containers = list(spec[part])
        for index, container in enumerate(containers):
            name = as_map(container).get("name")
            recorded = probes.get(f"#{part}/{index}") or (probes.get(name) if isinstance(name, str) else None)
            for key, entry in as_map(recorded).items():
                probe = as_map(container).get(key)
                if key not in PROBES or not isinstance(probe, dict) or not isinstance(entry, list) or len(entry) != 2:
                    continue
                handler = probe.get("httpGet")
                if checksum(handler) == entry[1]:
                    containers[index] = {**containers[index], key: _with_handlers(probe, as_map(entry[0]))}
                elif str(as_map(handler).get("port")) in ports:
                    yield f"spec.{part}, {name}, {key}"


def _with_handlers(probe: Mapping[str, Any], handlers: Mapping[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in probe.items():
        if key == "httpGet":
            result.update(handlers)
        elif key not in HANDLERS:
            result[key] = value
    return result


def _restore_keys(metadata: dict[str, Any], record: Mapping[str, Any], empty: Mapping[str, Any]) -> list[str]:
    """Give labels and annotations back; return the keys of those that have been edited, which stay."""
    kept = []
    parts = {part: dict(as_map(metadata.get(part))) for part in MAPS}
    parts["annotations"].pop(RECORD, None)
    for mark in as_str(record.get("set")).split():
        part, key = KEY_OF.get(mark[0], ("", ""))
        if key not in parts.get(part, ()):
            continue
        values, was = parts[part], as_map(as_map(record.get("was")).get(part))
        if checksum(values[key]) != mark[1:]:
            kept.append(key)
        elif key in was:
            values[key] = was[key]
        else:
            del values[key]
    for part, values in parts.items():
        if values != metadata.get(part):
            put(metadata, part, values, empty)
    return kept
