"""Whether a Mesh lets a Dataplane in: `constraints.dataplaneProxy` of the Mesh.

Follows pkg/core/managers/apis/dataplane (membership_validator.go) of Kuma 2.14.3.
"""

from __future__ import annotations

from krm_fn.krm.fields import as_list, as_map, as_str, dig, string_map
from krm_fn.kuma.findings import Violation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

ANY_VALUE = "*"


def violates_constraints(
    dataplane: Mapping[str, Any], mesh: Mapping[str, Any], *, prefix: str = "spec."
) -> list[Violation]:
    """Return the tags of inbounds (or of the gateway) that fulfil no requirement, or match a restriction."""
    proxy = as_map(dig(mesh, "spec", "constraints", "dataplaneProxy"))
    requirements, restrictions = _tag_sets(proxy.get("requirements")), _tag_sets(proxy.get("restrictions"))
    if not requirements and not restrictions:
        return []
    refusal = f'dataplane cannot be a member of mesh "{as_str(dig(mesh, "metadata", "name"))}" because its tags'
    found = []
    for tags, path in _tags_of(dataplane, f"{prefix}networking"):
        start = f'{refusal} "{_shown(tags)}"'
        if requirements and not any(_fulfils(tags, wanted) for wanted in requirements):
            found.append(Violation(path, f"{start} does not fulfill any requirements defined on the Mesh"))
        for restricted in restrictions:
            if _fulfils(tags, restricted):
                message = f'{start} matches restricted tags "{_shown(restricted)}" defined on the Mesh'
                found.append(Violation(path, message))
    return found


def _tag_sets(rules: object) -> list[dict[str, str]]:
    return [string_map(as_map(rule).get("tags")) for rule in as_list(rules)]


def _tags_of(dataplane: Mapping[str, Any], path: str) -> Iterator[tuple[dict[str, str], str]]:
    networking = as_map(dig(dataplane, "spec", "networking"))
    if networking.get("gateway") is not None:
        yield string_map(as_map(networking["gateway"]).get("tags")), f"{path}.gateway"
        return
    for index, inbound in enumerate(as_list(networking.get("inbound"))):
        yield string_map(as_map(inbound).get("tags")), f"{path}.inbound[{index}]"


def _fulfils(tags: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    return all(tags.get(key) if value == ANY_VALUE else tags.get(key) == value for key, value in wanted.items())


def _shown(tags: Mapping[str, str]) -> str:
    return " ".join(f"{key}={value}" for key, value in sorted(tags.items()))
