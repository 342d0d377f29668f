"""The proxies of a gateway product in the package, and whether pods in a mesh take traffic from them.

A proxy in no mesh sends plain traffic, which pods refuse under strict mTLS; one in another mesh shows a certificate
that they do not trust. Decided here, for the checks and for `krm_fn.rules.coverage` alike.
"""

from __future__ import annotations

from krm_fn.record import Record
from krm_fn.rules.custom_kinds import custom_pods
from krm_fn.rules.membership import is_undeclared, members, selected_by
from krm_fn.rules.recognition import recognised

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from krm_fn.config.meshsetup import MeshSetup
    from krm_fn.krm.resources import Resources
    from krm_fn.rules.membership import Member

MOST_NAMED = 3
"""How many proxies a message names before it counts them."""


class Proxy(Record):
    """A workload that traffic passes through, or pods that an operator makes; these have no `member`.

    `mesh` is empty in none; `doubtful` where nobody declares the Namespace, so that the pods may well be in one.
    """

    words: str
    mesh: str
    doubtful: bool
    member: Member | None = None


class Standing(Record):
    """How the proxies of a product stand to the pods behind a Service.

    `meshes` are those that the pods are known to be in. `trusted` proxies are in one of them, or in any where none is
    known; `strangers` are in another, `outside` are in none; what the `doubtful` are in, the package does not show.
    """

    meshes: tuple[str, ...]
    trusted: tuple[Proxy, ...]
    strangers: tuple[Proxy, ...]
    outside: tuple[Proxy, ...]
    doubtful: tuple[Proxy, ...]

    @property
    def is_refused(self) -> bool:
        """Whether no proxy of the product can reach the pods through the mesh."""
        return bool(self.strangers or self.outside) and not (self.trusted or self.doubtful)

    @property
    def refusal(self) -> str:
        """Why the pods refuse the gateway, for people; empty where they need not."""
        if not self.is_refused:
            return ""
        alone = len(self.strangers) + len(self.outside) == 1
        said = []
        if self.outside:
            who = _are(self.outside, alone)
            said.append(f"{who} in no mesh: plain traffic, which strict mTLS refuses")
        for mesh, proxies in _by_mesh(self.strangers):
            pods = ", ".join(self.meshes)
            who = _are(proxies, alone)
            said.append(f"{who} in mesh {mesh}, the pods behind it in mesh {pods}, and no mesh trusts another")
        return "; ".join(said)

    @property
    def exceptions(self) -> str:
        """Which proxies cannot reach the pods where others do, or may; empty where there are none such."""
        if self.is_refused or not (self.strangers or self.outside):
            return ""
        said = [f"{_are(self.outside)} in no mesh"] if self.outside else []
        said += [f"{_are(proxies)} in mesh {mesh}" for mesh, proxies in _by_mesh(self.strangers)]
        return f"but of its proxies {', '.join(said)}"


def proxies_of(product: str, resources: Resources, setup: MeshSetup) -> tuple[Proxy, ...]:
    """The proxies of a product in the package, in its order; those that operators make come last."""

    def build() -> dict[str, list[Proxy]]:
        found: dict[str, list[Proxy]] = {}
        for name, proxy in (*_workloads(resources, setup), *_made_by_operators(resources, setup)):
            found.setdefault(name, []).append(proxy)
        return found

    return tuple(resources.memo("proxies", build).get(product, ()))


def standing_of(product: str, namespace: str, service: str, resources: Resources, setup: MeshSetup) -> Standing:
    """How the proxies of a product stand to the pods behind a Service."""

    def build() -> Standing:
        selected = selected_by(resources, setup).get((namespace, service), ())
        meshes = {member.mesh.name for member in selected if member.in_mesh}
        sorts: tuple[list[Proxy], list[Proxy], list[Proxy], list[Proxy]] = ([], [], [], [])
        trusted, strangers, outside, doubtful = sorts
        for proxy in proxies_of(product, resources, setup):
            if proxy.mesh:
                (trusted if not meshes or proxy.mesh in meshes else strangers).append(proxy)
            else:
                (doubtful if proxy.doubtful else outside).append(proxy)
        return Standing(tuple(sorted(meshes)), *(tuple(sort) for sort in sorts))

    return resources.memo(("standing", product, namespace, service), build)


def _workloads(resources: Resources, setup: MeshSetup) -> Iterator[tuple[str, Proxy]]:
    everyone = members(resources, setup)
    for place, (_, recognition) in recognised(resources).items():
        if recognition.carries_traffic:
            member = everyone[place]
            mesh = member.mesh.name if member.in_mesh else ""
            words = member.workload.item.words
            yield recognition.product, Proxy(words, mesh, not mesh and is_undeclared(member, setup), member)


def _made_by_operators(resources: Resources, setup: MeshSetup) -> Iterator[tuple[str, Proxy]]:
    if not custom_pods(resources):
        return
    from krm_fn.rules.custom_members import custom_members, is_known

    for made in custom_members(resources, setup).values():
        for member in made:
            mesh = member.mesh.name if member.in_mesh else ""
            words = f"{member.pods.item.words} in Namespace {member.home.namespace}"
            yield member.pods.product, Proxy(words, mesh, not mesh and not is_known(member, setup))


def _by_mesh(proxies: Sequence[Proxy]) -> list[tuple[str, list[Proxy]]]:
    found: dict[str, list[Proxy]] = {}
    for proxy in proxies:
        found.setdefault(proxy.mesh, []).append(proxy)
    return sorted(found.items())


def _are(proxies: Sequence[Proxy], alone: bool = False) -> str:
    """The proxies as a subject, with its verb; the only one needs no name."""
    if alone:
        return "the gateway itself is"
    named = [proxy.words for proxy in proxies[:MOST_NAMED]]
    more = len(proxies) - len(named)
    last = f"{more} more" if more else named.pop()
    return f"{', '.join(named)} and {last} are" if named else f"{last} is"
