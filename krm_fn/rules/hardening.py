"""``spec.gateways.harden``: report the traps of gateway products (`krm_fn.rules.traps`), or mend them.

``report`` tells of the edit, ``apply`` makes the same one. Traps that a check or the gateway rule tells of in any case
(`Trap.told`) are only mended here.
"""

from __future__ import annotations

from krm_fn.krm.fields import as_map, dig
from krm_fn.krm.outcome import REMOVED, WARNING, Edit, info, warning
from krm_fn.rules.custom_kinds import custom_pods
from krm_fn.rules.editing import set_text
from krm_fn.rules.traps import TRAPS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from krm_fn.config.meshsetup import MeshSetup
    from krm_fn.krm.outcome import Path, Result
    from krm_fn.krm.resources import Resources
    from krm_fn.rules.traps import Finding, Trap


def hardening(resources: Resources, setup: MeshSetup) -> Iterator[Edit | Result]:
    """Carry out ``spec.gateways.harden``."""
    if setup.gateways.harden == "off":
        return
    apply = setup.gateways.harden == "apply"
    of_operators: dict[tuple[int, Path], list[tuple[str, Finding]]] = {}
    for trap in TRAPS:
        for finding in _findings(trap, resources, setup):
            if not apply or finding.advice:
                yield _reported(trap.code, finding)
            elif finding.pods is not None:
                of_operators.setdefault(finding.item.place, []).append((trap.code, finding))
            else:
                yield from _mend(finding)
                yield _mended(trap.code, finding)
    for findings in of_operators.values():
        yield from _mend_pods(findings)


def _findings(trap: Trap, resources: Resources, setup: MeshSetup) -> Iterator[Finding]:
    """The cases of a trap; of pods that operators make no check tells."""
    if setup.gateways.harden == "apply" or not trap.told:
        yield from trap.finds(resources, setup)
    if custom_pods(resources) and (setup.gateways.detect != "off" or setup.gateways.harden == "apply"):
        from krm_fn.rules.custom_hardening import CUSTOM_TRAPS

        if trap.code in CUSTOM_TRAPS:
            yield from CUSTOM_TRAPS[trap.code](resources, setup)


def _mended(code: str, finding: Finding) -> Result:
    path, value = finding.edits[0]
    proposed = None if value is REMOVED else value
    return info(code, f"mended: {finding.why}", finding.item, finding.place_of(path), None, proposed)


def _reported(code: str, finding: Finding) -> Result:
    """What would be done, or is to be done by hand."""
    path, value = finding.edits[0]
    field, proposed = finding.place_of(path), None if value is REMOVED else value
    say = warning if finding.severity == WARNING else info
    if finding.advice:
        return say(code, f"{finding.why}. {finding.advice}", finding.item, field, None, proposed)
    also = "".join(f" {_edit_words(finding, *edit)}." for edit in finding.edits)
    words = f"{finding.why}.{also} spec.gateways.harden: apply does it"
    return say(code, words, finding.item, field, None, proposed)


def _mend(finding: Finding) -> Iterator[Edit | Result]:
    for path, value in finding.edits:
        if isinstance(value, str):
            yield from set_text(finding.item, path, value)
        elif value is REMOVED and len(as_map(dig(finding.item.data, *(str(step) for step in path[:-1])))) == 1:
            yield Edit(finding.item, path[:-1], value)  # no empty mapping stays behind
        else:
            yield Edit(finding.item, path, value)


def _mend_pods(findings: list[tuple[str, Finding]]) -> Iterator[Edit | Result]:
    """Mend all that is wrong with pods that an operator makes in one step: they may stand in one text."""
    from krm_fn.rules.custom_writing import write

    pods = findings[0][1].pods
    assert pods is not None
    said = list(write(pods, [edit for _, finding in findings for edit in finding.edits]))
    yield from said
    if any(isinstance(one, Edit) for one in said):
        for code, finding in findings:
            yield _mended(code, finding)


def _edit_words(finding: Finding, path: Path, value: object) -> str:
    field = finding.place_of(path)
    if value is REMOVED:
        return f"Take {field} away"
    return f"Set {field} to {value}" if isinstance(value, str) else f"Add to {field} what is proposed"
