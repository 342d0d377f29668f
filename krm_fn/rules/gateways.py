"""The gateway mark: ``kuma.io/gateway: enabled`` on the pod templates of proxies.

Marked pods take incoming traffic past the sidecar. Rules name them; known products are recognised from the catalog
and reported or marked, with the evidence. Only a pod with the proxy in it is marked, never a mere controller: Kuma
would list it as a second, broken gateway (https://github.com/kumahq/kuma/issues/12765).
"""

from __future__ import annotations

from krm_fn.gateways.catalog import products_by_id
from krm_fn.gateways.detect import POSSIBLE
from krm_fn.gateways.product import CONTROLLER, IMPOSSIBLE, JOB
from krm_fn.krm.fields import as_map
from krm_fn.krm.outcome import Edit, field_path, info, warning
from krm_fn.kuma import names
from krm_fn.kuma.services import is_ignored
from krm_fn.rules.custom_kinds import custom_pods
from krm_fn.rules.editing import set_text
from krm_fn.rules.membership import is_delegated_gateway, is_undeclared, members, selected_by, services_of
from krm_fn.rules.recognition import recognised
from krm_fn.rules.wording import target_words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from krm_fn.config.meshsetup import GatewayRule, MeshSetup
    from krm_fn.gateways.detect import Recognition
    from krm_fn.krm.outcome import Path, Result
    from krm_fn.krm.resource import Item, Workload
    from krm_fn.krm.resources import Resources
    from krm_fn.rules.custom_pods import Pods

GATEWAY_RECOGNISED = "gateway-recognised"
GATEWAY_UNMARKED = "gateway-not-marked"
GATEWAY_NOT_MARKABLE = "gateway-not-markable"
GATEWAY_ON_CONTROLLER = "gateway-mark-on-controller"
GATEWAY_RULE_BUILTIN = "gateway-is-builtin"
GATEWAY_RULE_UNUSED = "rule-matches-nothing"
GATEWAY_SERVICE = "gateway-service-not-found"
GATEWAY_SERVICE_IGNORED = "gateway-service-ignored"

ON_HOST_NETWORK = "its pods use the host's network, where the sidecar's redirection would hit the whole node"


def gateways(resources: Resources, setup: MeshSetup) -> Iterator[Edit | Result]:
    """Carry out ``spec.gateways``: the rules first, then detection for what no rule names."""
    ruled: set[tuple[int, Path]] = set()
    for number, rule in enumerate(setup.gateways.rules):
        matched = [workload for workload in resources.workloads if _matches(rule, workload.item)]
        for workload in matched:
            if workload.item.place not in ruled:
                ruled.add(workload.item.place)
                yield from _mark_by_rule(workload, number)
                yield from _name_by_service(workload, rule, number, resources, setup)
        custom = [pods for pods in custom_pods(resources) if _matches(rule, pods.item)]
        for pods in custom:
            if pods.item.place not in ruled:
                ruled.add(pods.item.place)
                yield from _mark_by_operator(pods)
        if not matched and not custom:
            yield warning(
                GATEWAY_RULE_UNUSED,
                "no workload of the package matches the target: check kind, name and namespace (anchored regular "
                f"expressions): {target_words(rule.target)}",
                field=f"functionConfig.spec.gateways.rules[{number}].target",
            )
    if setup.gateways.detect == "off":
        return
    for workload, recognition in recognised(resources).values():
        yield from _detected(workload, recognition, workload.item.place in ruled, resources, setup)
    for pods in custom_pods(resources):
        if pods.item.place not in ruled:
            yield from _custom(pods, resources, setup)


def named_by_rules(resources: Resources, setup: MeshSetup) -> set[tuple[int, Path]]:
    """The places of the workloads that some rule of ``spec.gateways.rules`` names."""
    rules = setup.gateways.rules
    return {w.item.place for w in resources.workloads if any(_matches(rule, w.item) for rule in rules)}


def _matches(rule: GatewayRule, item: Item) -> bool:
    return rule.target.matches(item.api_version, item.kind, item.name, item.namespace, item.labels, item.annotations)


def mark_path(workload: Workload) -> Path:
    """Where the mark stands."""
    return (*workload.template.path, "metadata", "annotations", names.GATEWAY)


def _mark_by_rule(workload: Workload, number: int) -> Iterator[Edit | Result]:
    """Mark what a rule names; a value that somebody wrote stays, and is judged by the checks."""
    value = as_map(workload.template.metadata.get("annotations")).get(names.GATEWAY)
    if value is None:
        yield from set_text(workload.item, mark_path(workload), names.ENABLED)
    elif value == names.GATEWAY_BUILTIN:
        yield warning(
            GATEWAY_RULE_BUILTIN,
            f"rule {number} of spec.gateways.rules names a builtin gateway of Kuma's own, which is left alone: "
            "narrow the target",
            workload.item,
            field_path(*mark_path(workload)),
            value,
        )


def _name_by_service(
    workload: Workload, rule: GatewayRule, number: int, resources: Resources, setup: MeshSetup
) -> Iterator[Edit | Result]:
    """Take all Services but the one that shall name the gateway out of Kuma's sight."""
    if rule.service is None:
        return
    namespace, field = workload.item.namespace, f"functionConfig.spec.gateways.rules[{number}].service"
    selecting = [view.name for view in services_of(workload, resources, setup)]
    if rule.service not in selecting:
        why = _why_not(rule.service, namespace, selecting, resources)
        yield warning(GATEWAY_SERVICE, why, workload.item, field, rule.service)
        return
    for name in selecting:
        service = resources.service(namespace, name)
        if name != rule.service and service is not None and not service.is_local:
            yield from set_text(service, ("metadata", "annotations", names.IGNORE), "true")
            yield _ignored(service, workload, rule.service, resources, setup)


def _why_not(name: str, namespace: str, selecting: list[str], resources: Resources) -> str:
    """Why a Service cannot name a gateway."""
    service = resources.service(namespace, name)
    start = f"the Service {name} that shall name the gateway"
    if service is None:
        why = f"{start} is not in the package (namespace {namespace})"
    elif is_ignored(service.annotations):
        return f"{start} carries {names.IGNORE}, so that Kuma does not count it: take that annotation away"
    else:
        why = f"{start} does not select its pods"
    return why + (f"; those that do are {', '.join(selecting)}" if selecting else "")


def _ignored(service: Item, workload: Workload, named_by: str, resources: Resources, setup: MeshSetup) -> Result:
    """Tell of a Service that Kuma shall not see, and of other workloads that it leads to: they lose it too."""
    selected = selected_by(resources, setup).get((service.namespace, service.name), [])
    served = [m.workload for m in selected if m.in_mesh and m.workload.item.place != workload.item.place]
    others = [other.item.words for other in served if not is_delegated_gateway(other.template)]
    say, field = (warning if others else info), field_path("metadata", "annotations", names.IGNORE)
    also = f"; it also leads to {', '.join(others[:3])}, which the mesh no longer reaches by it" if others else ""
    return say(
        GATEWAY_SERVICE_IGNORED,
        f"taken out of Kuma's sight, so that the gateway {workload.item.name} is named by the Service {named_by}{also}",
        service,
        field,
        None,
        "true",
    )


def _detected(
    workload: Workload, recognition: Recognition, ruled: bool, resources: Resources, setup: MeshSetup
) -> Iterator[Edit | Result]:
    """Say what was recognised, and mark it if that is asked for and possible."""
    product = products_by_id()[recognition.product]
    item, template = workload.item, workload.template
    evidence = f"{product.name}, {recognition.role} ({recognition.confidence}: {'; '.join(recognition.evidence)})"
    path = field_path(*mark_path(workload))
    value = template.annotations.get(names.GATEWAY)
    if value == names.GATEWAY_BUILTIN:
        return
    if recognition.role in (CONTROLLER, JOB):
        if setup.gateways.harden == "apply" and not ruled:
            return  # krm_fn.rules.hardening takes it away, and says so
        if is_delegated_gateway(template) or (ruled and value is None):
            remedy = "narrow the target of the rule in spec.gateways.rules" if ruled else "take the annotation away"
            yield warning(
                GATEWAY_ON_CONTROLLER,
                f"recognised as {evidence}: no traffic passes through it, and the mark makes Kuma list it as a "
                f"second, broken gateway; {remedy}",
                item,
                path,
                names.ENABLED,
            )
        return
    if value is not None or ruled:
        yield info(GATEWAY_RECOGNISED, f"recognised as {evidence}", item, path, value)
        return
    obstacle = _obstacle(product.family, recognition)
    if obstacle:
        sure = recognition.confidence != POSSIBLE
        yield (warning if sure and _in_mesh(workload, resources, setup) else info)(
            GATEWAY_NOT_MARKABLE, f"recognised as {evidence}, but not to be marked: {obstacle}", item, path
        )
    elif _is_to_be_marked(workload, recognition, resources, setup):
        yield from set_text(item, mark_path(workload), names.ENABLED)
        yield info(GATEWAY_RECOGNISED, f"marked as gateway: recognised as {evidence}", item, path, None, names.ENABLED)
    else:
        sure = recognition.confidence != POSSIBLE
        remedy = "add a rule to spec.gateways.rules"
        if sure and setup.gateways.detect != "annotate":
            remedy += ", or set spec.gateways.detect to annotate"
        elif sure:
            remedy = f"let it join first (it is in no mesh, so that the mark would do nothing), or {remedy}"
        yield (warning if sure and _in_mesh(workload, resources, setup) else info)(
            GATEWAY_UNMARKED,
            f"recognised as {evidence}, but not marked as a gateway: in a mesh its sidecar takes incoming traffic too "
            f"and refuses clients outside of the mesh; if it is one, {remedy}",
            item,
            path,
            None,
            names.ENABLED,
        )


def _is_to_be_marked(workload: Workload, recognition: Recognition, resources: Resources, setup: MeshSetup) -> bool:
    """Whether detection marks a proxy unasked: it is sure, and the pods are in a mesh, or may be."""
    if setup.gateways.detect != "annotate" or recognition.confidence == POSSIBLE:
        return False
    member = members(resources, setup)[workload.item.place]
    return member.in_mesh or is_undeclared(member, setup)


# --- Custom resources -------------------------------------------------------------------------------------------------
def _mark_by_operator(pods: Pods) -> Iterator[Edit | Result]:
    """Write the mark where the operator copies it from; a value that stands there stays."""
    from krm_fn.rules.custom_writing import write

    if pods.marked is not None:
        return
    product, field = products_by_id()[pods.product], field_path(*pods.mark_path)
    if pods.on_host:
        why = f"{product.name} makes pods of it, not marked: {ON_HOST_NETWORK}"
        yield warning(GATEWAY_NOT_MARKABLE, why, pods.item, pods.place_of(*pods.row.host_network), True)
        return
    said = list(write(pods, [(pods.mark_path, names.ENABLED)]))
    yield from said
    if any(isinstance(one, Edit) for one in said):
        words = f"marked as gateway: {product.name} makes pods of it"
        yield info(GATEWAY_RECOGNISED, words, pods.item, field, None, names.ENABLED)


def _custom(pods: Pods, resources: Resources, setup: MeshSetup) -> Iterator[Edit | Result]:
    """Say what makes gateway pods, and mark it if that is asked for."""
    from krm_fn.rules.custom_members import may_be_in_mesh, members_of

    product, field = products_by_id()[pods.product], field_path(*pods.mark_path)
    if pods.marked is not None:
        if pods.marked in (names.ENABLED, names.GATEWAY_BUILTIN):
            yield info(GATEWAY_RECOGNISED, f"{product.name} makes pods of it", pods.item, field, pods.marked)
        else:
            yield warning(
                GATEWAY_UNMARKED,
                f"{product.name} makes pods of it, with a mark that does not work: write {names.ENABLED}",
                pods.item,
                field,
                pods.marked,
                names.ENABLED,
            )
        return
    annotates = setup.gateways.detect == "annotate"
    if annotates and may_be_in_mesh(pods, resources, setup):
        yield from _mark_by_operator(pods)
        return
    # Pods that run elsewhere may be in no mesh at all.
    found = members_of(pods, resources, setup)
    in_mesh = any(member.in_mesh for member in found)
    remedy = f"set {pods.place_of(*pods.mark_path)} to {names.ENABLED}, add a rule to spec.gateways.rules, or "
    if annotates:
        remedy += f"let them join a mesh, in which they would be marked: {found[0].decision.message}"
    else:
        remedy += "set spec.gateways.detect to annotate"
    yield (warning if in_mesh else info)(
        GATEWAY_UNMARKED,
        f"{product.name} makes pods of it that are not marked as a gateway: in a mesh their sidecar takes incoming "
        "traffic too and refuses clients outside of the mesh; if they are one, " + remedy,
        pods.item,
        field,
        None,
        names.ENABLED,
    )


def _obstacle(family: str, recognition: Recognition) -> str:
    if family == IMPOSSIBLE:
        return "this product cannot be a delegated gateway"
    if recognition.host_network:
        return ON_HOST_NETWORK
    return ""


def _in_mesh(workload: Workload, resources: Resources, setup: MeshSetup) -> bool:
    return members(resources, setup)[workload.item.place].in_mesh
