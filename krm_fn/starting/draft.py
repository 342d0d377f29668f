"""The text of a first functionConfig: what was found, with the reason beside each setting.

What is certain is written as a setting; what a person has to decide stands there as a comment, ready to be used.
"""

from __future__ import annotations

from string import punctuation

from krm_fn.config.meshsetup import API_VERSION, KIND, KUMA_VERSIONS
from krm_fn.report import shown
from krm_fn.yamltext.write import block, flow, scalar_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from krm_fn.krm.resource import Item
    from krm_fn.starting.survey import Gateway, Survey

NAME = "mesh-setup"
WIDTH = 118
WORKLOADS = "Deployment|StatefulSet|DaemonSet"
LONGEST_LIST = 6


def draft(found: Survey, function: dict[str, Any] | None = None) -> str:
    """The text of krm-fn.yaml; `function` is how kustomize shall start krm-fn, None where it does not."""
    lines = [
        *_comment("Settings of krm-fn for this package, as `krm-fn init` found them here. Every one is optional;", 0),
        *_comment("`krm-fn schema` describes all there are.", 0),
        f"apiVersion: {API_VERSION}",
        f"kind: {KIND}",
        "metadata:",
        f"  name: {NAME} # the owner of what is generated; two functionConfigs of one package need two names",
        "  annotations:",
        '    config.kubernetes.io/local-config: "true" # for tools only, never applied',
        *(_function(function) if function else []),
        "spec:",
        *_version(found),
        *_mesh(found),
        *_zone(found),
        *_default_namespace(found),
        *_control_plane(found),
        *_namespaces(found),
        *_meshes(found),
        *_injection(found),
        *_gateways(found),
        *_service_upstream(found),
        *_workload_kinds(found),
    ]
    return "".join(f"{line}\n" for line in lines)


def _function(function: dict[str, Any]) -> list[str]:
    text = "".join(f"{line}\n" for line in block(function))
    return block({"config.kubernetes.io/function": text}, 4)


def _comment(text: str, indent: int = 2) -> list[str]:
    """A comment in lines that are not too long; what came from manifests cannot leave it."""
    lines, line = [], ""
    for word in shown(text).split(" "):
        if line and indent + 2 + len(line) + 1 + len(word) > WIDTH:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return [f"{' ' * indent}# {each}" for each in [*lines, line]]


def _setting(name: str, value: str, why: str, indent: int = 2) -> list[str]:
    """A setting with the comment above it."""
    return [*_comment(why, indent), f"{' ' * indent}{name}: {scalar_text(value)}"]


def _proposal(lines: Sequence[str], why: str, indent: int = 2) -> list[str]:
    """A setting that is off: its lines are comments."""
    return [*_comment(why, indent), *(f"{' ' * indent}# {line}" for line in lines)]


# --- The installation -------------------------------------------------------------------------------------------------
def _version(found: Survey) -> list[str]:
    newest = KUMA_VERSIONS[-1]
    kuma = found.kuma
    if kuma.version:
        return [*_comment(kuma.version.why), f'  kumaVersion: "{kuma.version.value}"']
    why = "nothing here tells which Kuma the cluster runs, so the newest that krm-fn knows: correct it if need be"
    if kuma.unsupported:
        why = f"{kuma.unsupported.why}: krm-fn does not know Kuma {kuma.unsupported.value}, so the newest it knows"
    return [*_comment(why), f'  kumaVersion: "{newest}"']


def _mesh(found: Survey) -> list[str]:
    why = "the mesh of workloads for which neither pod nor namespace names one; Kuma takes this one"
    return _setting("mesh", "default", why)


def _zone(found: Survey) -> list[str]:
    if found.kuma.zone:
        return _setting("zone", found.kuma.zone.value, found.kuma.zone.why)
    return _proposal(["zone: zone-1"], "nothing here tells the zone; without it Dataplanes carry no zone tag")


def _default_namespace(found: Survey) -> list[str]:
    if not found.has_items_without_namespace:
        return []
    return _setting("defaultNamespace", "default", "where the items land that name no namespace: correct it if need be")


def _control_plane(found: Survey) -> list[str]:
    fact = found.kuma.system_namespace
    if fact is None or fact.value == "kuma-system":
        return []
    return ["  controlPlane:", *_setting("systemNamespace", fact.value, fact.why, 4)]


def _namespaces(found: Survey) -> list[str]:
    if not found.undeclared:
        return []
    lines = ["namespaces:"]
    for name in found.undeclared:
        lines += [f"- name: {scalar_text(name)}", "  labels: {kuma.io/sidecar-injection: enabled}"]
    why = "workloads live in these Namespaces, which are not in the package: say which labels they have on the cluster"
    return _proposal(lines, why)


def _meshes(found: Survey) -> list[str]:
    missing = [name for name in found.named_meshes if name not in found.meshes]
    if found.meshes and not missing:
        names = _listed(found.meshes)
        why = f"Mesh in the package: {names}. If the cluster has no others, this finds names that lead nowhere"
        return _proposal(["meshes: []"], why)
    if missing:
        why = (
            "meshes that are named here but are not in the package; listed, they are all that exist besides those in it"
        )
        return _proposal([f"meshes: {flow(missing)}"], why)
    return []


def _listed(words: Sequence[str]) -> str:
    """Words for a comment, which they cannot leave."""
    rest = len(words) - LONGEST_LIST
    return shown(", ".join(words[:LONGEST_LIST])) + (f" and {rest} more" if rest > 0 else "")


# --- Injection --------------------------------------------------------------------------------------------------------
def _injection(found: Survey) -> list[str]:
    lines = ["  injection:", *_setting("mode", found.mode, found.mode_why, 4)]
    rules = list(_rules(found))
    if rules:
        why = "nothing here says who is in the mesh, so everyone is: take out what shall stay outside"
        return [*lines, *_comment(why, 4), "    rules:", *rules]
    if found.in_mesh:
        lines += _comment(f"in the mesh by their labels: {_listed(found.in_mesh)}", 4)
    if found.asking:
        why = (
            "their pods ask for the mesh, but their Namespace lacks the label without which Kuma does not look at them"
        )
        lines += [*_comment(why, 4), "    rules:"]
        for target in _of_items(found.asking):
            lines += [f"    - target: {flow(target)}", "      inject: true"]
    if found.in_mesh or found.asking:
        lines += _outside(found)
    return lines


def _outside(found: Survey) -> list[str]:
    """Rules that are off, for who is in no mesh."""
    targets = [*_of_namespaces(found.outside_namespaces), *_of_items(found.outside)]
    if not targets:
        return []
    proposed = [line for target in targets[:LONGEST_LIST] for line in (f"- target: {flow(target)}", "  inject: true")]
    rest = len(targets) - LONGEST_LIST
    why = "in no mesh; these rules would take them in" + (f" ({rest} more are not listed)" if rest > 0 else "")
    return _proposal([*([] if found.asking else ["rules:"]), *proposed], why, 4)


def _of_namespaces(names: Sequence[str]) -> list[dict[str, str]]:
    return [{"kind": "Namespace", "name": "|".join(map(_literal, names))}] if names else []


def _of_items(items: Sequence[Item]) -> list[dict[str, str]]:
    """Targets that are just these items: one for those of a kind and a namespace."""
    names: dict[tuple[str, str], list[str]] = {}
    for item in items:
        names.setdefault((item.kind, item.namespace), []).append(_literal(item.name))
    targets = [{"kind": kind, "namespace": space, "name": "|".join(each)} for (kind, space), each in names.items()]
    return [{key: value for key, value in target.items() if value} for target in targets]


def _rules(found: Survey) -> Iterator[str]:
    mesh = found.meshes[0] if len(found.meshes) == 1 and found.meshes[0] != "default" else ""
    targets = _of_namespaces(found.to_inject)
    named = "|".join(name for name in found.to_inject_elsewhere if name)
    targets += [{"kind": WORKLOADS, "namespace": named}] if named else []
    targets += [{"kind": WORKLOADS}] if "" in found.to_inject_elsewhere else []
    for target in targets:
        yield f"    - target: {flow(target)}"
        yield "      inject: true"
        if mesh:
            yield f"      mesh: {scalar_text(mesh)} # the only Mesh of the package"


def _literal(name: str) -> str:
    """The regular expression for just this name: in a valid one only the dot means something else."""
    return "".join(f"\\{c}" if c in punctuation and c not in "-_" else c for c in name)


# --- Gateways ---------------------------------------------------------------------------------------------------------
def _gateways(found: Survey) -> list[str]:
    if not found.gateways:
        return []
    needing = [gateway for gateway in found.gateways if not gateway.is_marked or gateway.service]
    rest = [gateway for gateway in found.gateways if gateway not in needing]
    noted = [line for each in rest for line in _comment(f"{each.item.words} carries the gateway mark ({each.why})", 2)]
    if any(gateway.is_sure for gateway in needing):
        lines = ["  gateways:", "    rules: # these pods get the mark kuma.io/gateway: enabled"]
        return [*noted, *lines, *(line for gateway in needing for line in _gateway_rule(gateway))]
    for each in needing:
        rule = [f"    {line}" for line in _rule_of(each)]
        noted += _proposal(["gateways:", "  rules:", *rule], f"{each.item.words} is perhaps a gateway ({each.why})")
    return noted


def _gateway_rule(gateway: Gateway) -> list[str]:
    if not gateway.is_sure:
        return _proposal(_rule_of(gateway), f"perhaps {gateway.why}", 4)
    return [*_comment(gateway.why, 4), *(f"    {line}" for line in _rule_of(gateway))]


def _rule_of(gateway: Gateway) -> list[str]:
    rule = [f"- target: {flow(_of_items([gateway.item])[0])}"]
    if gateway.service:
        others = [name for name in gateway.services if name != gateway.service]
        named = scalar_text(gateway.service)
        return [*rule, f"  service: {named} # the gateway's name; Kuma shall not see {_listed(others)}"]
    if len(gateway.services) > 1:
        first = scalar_text(gateway.services[0])
        return [*rule, f"  # service: {first} # which of {_listed(gateway.services)} names the gateway?"]
    return rule


def _service_upstream(found: Survey) -> list[str]:
    if not found.without_switch:
        return []
    why = (
        f"{_listed(found.without_switch)} cannot be told to send to Services: allow a way around, directAccess or "
        "externalName, where one works"
    )
    return _proposal(["serviceUpstream: {fallback: directAccess}"], why)


def _workload_kinds(found: Survey) -> list[str]:
    if not found.unknown_kinds:
        return []
    kinds = [{"group": group, "kind": kind, "podTemplate": "spec.template"} for group, kind in found.unknown_kinds]
    lines = ["workloadKinds:", *(f"- {flow(kind)}" for kind in kinds)]
    return _proposal(lines, "kinds with what looks like a pod template; listed, they are taken for workloads")
