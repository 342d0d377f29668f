"""Records that describe a gateway product: how its Pods look, what routes through it, what makes it dial Services.

A delegated gateway keeps its own load balancer. The sidecar beside it knows Service addresses only, so a connection
that the gateway opens to a Pod address leaves the mesh. What turns that off, and where, differs from product to
product; these records hold the differences, so that the code around them needs to know no product by name.

Background: https://kuma.io/docs/latest/using-mesh/managing-ingress-traffic/delegated/
"""

from __future__ import annotations

from krm_fn.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

PROXY: Final = "proxy"
CONTROLLER: Final = "controller"
COMBINED: Final = "combined"
JOB: Final = "job"
ROLES: Final = (PROXY, CONTROLLER, COMBINED, JOB)
"""What a Pod of a product does: carries traffic, only configures, both in one Pod, or runs once and ends."""

NOTHING: Final = "nothing"
SWITCH: Final = "switch"
DETOUR: Final = "detour"
IMPOSSIBLE: Final = "impossible"
FAMILIES: Final = (NOTHING, SWITCH, DETOUR, IMPOSSIBLE)
"""Dials Service names as it is; has a setting for it; needs an extra object or direct access; cannot be in the mesh."""

TARGETS: Final = ("endpoints", "service-dns", "cluster-ip", "configured")
"""What a product dials by default: Pod addresses, the Service's DNS name, its ClusterIP, whatever a person wrote."""

CONFIDENCES: Final = ("verified-in-source", "documented", "reported")

BY_ANNOTATION: Final = "annotation"
BY_FIELD: Final = "field"
HOWS: Final = (BY_ANNOTATION, BY_FIELD, "policy", "proxy", "controller", "environment", "configuration", "label")
"""Where a switch is thrown: an annotation; a field of the route; a policy object; the object that describes the proxy
installation; a flag or ConfigMap of the controller; a container's environment; a static configuration; a label."""

UPSTREAM: Final = "upstream"
ALTERNATIVE: Final = "alternative"
FOR_DETOUR: Final = "detour"
GUARD: Final = "guard"
PURPOSES: Final = (UPSTREAM, ALTERNATIVE, GUARD, "harden", FOR_DETOUR, "generated")
"""Why a switch is listed: the product's way to dial Services; another way to the same; a setting that must not be
changed from what stands here; a cure for a known trap; part of a way around; what the product writes by itself."""

TOLERATES: Final = "tolerates"
LEAVE: Final = "leave"
VETO: Final = "veto"
OVERRIDE: Final = "override"
HEADLESS: Final = (TOLERATES, LEAVE, VETO, OVERRIDE)
"""A switch and a headless Service: the product copes; do not set it on that Service; do not set it on an object with
one such backend, because the configuration would be refused; set the overriding annotation on the Service instead."""


CLASS_PARAMETERS: Final = "class-parameters"
PARENT_PARAMETERS: Final = "parent-parameters"
TARGET_REFS: Final = "target-refs"
BY_FLAG: Final = "flag"
OWN_PODS: Final = "own-pods"
FOUND_BY: Final = (CLASS_PARAMETERS, PARENT_PARAMETERS, TARGET_REFS, BY_FLAG, OWN_PODS)
"""How a gateway comes to a setting that holds for many routes: the IngressClass names the object; the Gateway or
GatewayClass does; the object itself names routes or Gateways; an argument of the controller names it; it is an argument
or a variable of the product's own containers."""
CLASS_WIDE: Final = (CLASS_PARAMETERS, BY_FLAG, OWN_PODS)
"""Of these, the ones that leave no choice of routes: all of a class, or all that the product serves."""


DIRECT_ACCESS: Final = "direct-access"
EXTERNAL_NAME: Final = "externalname-service"
CHAIN: Final = "chain-second-gateway"
"""Ways around for a product without a switch: `Product.fallbacks` lists those that work, the better one first."""


class PodLabels(Record):
    """One set of Pod labels, all of which must match. `*` stands for any value, a trailing `*` for any ending.

    ``strong`` says that the labels are particular enough to confirm an image which also serves other ends; labels that
    anybody may have chosen (``app: envoy``) are not.
    """

    labels: tuple[tuple[str, str], ...]
    role: str
    strong: bool = True
    origin: str = ""


class Container(Record):
    """An environment variable that tells what a container of a shared image does."""

    variable: str
    value: str
    role: str


class Mode(Record):
    """A part of a product that is off unless a command line argument turns it on, and then serves further classes."""

    id: str
    argument: str
    ingress_classes: tuple[str, ...] = ()
    ingress_controllers: tuple[str, ...] = ()


class BackendPath(Record):
    """Where a route object names its backends, and how to read such a reference.

    ``path`` leads to the reference: ``[]`` after a field stands for each element of a list, ``{}`` for each value of a
    map. ``name``, ``namespace`` and ``port`` are fields of the reference, given as dotted paths; ``../`` starts at its
    parent. An empty ``name`` means that the reference itself is a string. Of several ports the first present counts.
    ``when`` lists fields and the values under which the reference names a Service ("" stands for an absent field).
    ``syntax`` is a key of `krm_fn.gateways.references.SYNTAXES`.
    """

    path: str
    name: str = "name"
    namespace: str = ""
    port: tuple[str, ...] = ("port",)
    when: tuple[tuple[str, tuple[str, ...]], ...] = ()
    syntax: str = "plain"


class RouteKind(Record):
    """A kind of object that routes traffic: its API groups, its backends and what attaches it to a gateway.

    ``attach`` is a key of `krm_fn.gateways.classes.ATTACHMENTS`: by ingress class, by parent Gateway, or by being of a
    kind that one product alone understands.
    ``wanted`` names a list that must hold an entry besides ``unwanted`` for the object to concern a gateway at all.
    ``flags`` are the controller arguments that name the object, where nothing in the object itself tells.
    ``external_names``: it may name a Service of type ExternalName, if its product takes those at all.
    """

    kind: str
    groups: tuple[str, ...]
    backends: tuple[BackendPath, ...]
    attach: str = "owner"
    wanted: str = ""
    unwanted: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    external_names: bool = True
    udp: bool = False
    note: str = ""


WINS: Final = "wins"
LOSES: Final = "loses"
HARMS: Final = "harms"
EFFECTS: Final = (WINS, LOSES, HARMS)
"""What comes of a conflict: the product does not look at the switch; the switch takes its place, which who wrote it may
not have meant; both count, and the route suffers."""


class Conflict(Record):
    """What may stand beside a switch and does not go together with it.

    ``key`` is an annotation of the Service (in lower case) where the switch is one, else a field of the mapping that
    holds the reference. It counts with ``value`` (empty: with any) and, where ``service_type`` is given, for such
    Services alone. ``effect`` is one of EFFECTS, and ``why`` says it in words.
    """

    key: str
    effect: str
    why: str
    value: str = ""
    service_type: str = ""


class Naming(Record):
    """A value that is the name of an object: whether the product then dials Services depends on the object's kind.

    ``kinds`` pairs the kinds with that, and ``built_in`` the names of objects that are there without a manifest; one of
    the package with such a name counts in its place. ``group`` is the API group of all of them.
    """

    group: str
    kinds: tuple[tuple[str, bool], ...]
    built_in: tuple[tuple[str, bool], ...]


class Switch(Record):
    """A setting of a product that has to do with dialling Services; see HOWS and PURPOSES.

    ``object`` is the kind (or, outside Kubernetes, the thing) that carries it and ``key`` the annotation key or field.
    ``routes`` are the route kinds for which the product looks at it, empty for all; ``mode`` a `Mode` it depends on.
    ``unless`` are annotations of the carrying object that forbid it, ``not_beside`` fields next to it that do, and
    ``conflicts`` what keeps krm-fn from writing it.

    For an object that holds for many routes, ``found_by`` (FOUND_BY) and ``flags`` tell how to find the one that
    counts, ``group`` its API group, and ``version`` the one to generate it in; ``preferred`` that it is the better
    place where all that it holds for is in the mesh.
    In the product's own pods it is ``argument`` (how ``key`` is spelt on the command line) or, without one, the
    variable ``key``, of the container with one of ``images``, whose tags are the releases that ``since`` speaks of: a
    switch for routes is not written beside an older one. The argument is read beside ``beside_argument`` only,
    and not with one of ``not_with_arguments``.
    ``headless_since``: the release since which ``headless`` is true (read from ``images``, where the package has them);
    older ones break such a backend. ``not_with_external_name``: why it must hold for no route with an ExternalName
    backend, empty where it may. ``merged_by``: a field and its value that let a policy of a route add to the one of its
    Gateway instead of replacing it; what is generated has it.
    ``shared``: routes to one Service have one upstream, and the setting of one of them decides for all; with
    ``shared_below`` that holds among the references to which one route leads, not between routes.
    ``naming``: what the names mean that a guard may hold; a guard of an object that is no route holds for all of them.
    ``prevails``: where it is on, nothing that a route or a Service says to the contrary is heard.
    ``left``: why nobody but a person makes it, where krm-fn never does. ``seen_at``: kinds and paths where the package
    may show that somebody did; a text there is a configuration file with a line for it.
    """

    how: str
    object: str
    key: str
    value: str | bool = "true"
    purpose: str = UPSTREAM
    routes: tuple[str, ...] = ()
    since: str = ""
    mode: str = ""
    headless: str = LEAVE
    headless_key: str = ""
    headless_value: str = "false"
    headless_since: str = ""
    not_with_external_name: str = ""
    merged_by: tuple[str, str] = ("", "")
    unless: tuple[tuple[str, str], ...] = ()
    not_beside: tuple[str, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    kuma_writes: bool = False
    found_by: str = ""
    flags: tuple[str, ...] = ()
    group: str = ""
    version: str = ""
    preferred: bool = False
    prevails: bool = False
    argument: str = ""
    images: tuple[str, ...] = ()
    beside_argument: str = ""
    not_with_arguments: tuple[str, ...] = ()
    shared: bool = False
    shared_below: bool = False
    note: str = ""
    naming: Naming | None = None
    left: str = ""
    seen_at: tuple[tuple[str, str], ...] = ()

    @property
    def is_class_wide(self) -> bool:
        """Whether it stands where one setting holds for all routes of a class or product, and is meant to be made."""
        return self.found_by in CLASS_WIDE and (self.preferred or self.purpose == UPSTREAM) and not self.left

    @property
    def released(self) -> bool:
        """Whether any release has it."""
        return not self.since.startswith("unreleased")


class PortNote(Record):
    """A port that must stay outside the mesh: why, and on Pods of which role."""

    port: int
    reason: str
    needed_on: str = PROXY


class Product(Record):
    """One gateway product. Texts are for people; what code decides on is a list, or a word from a set above."""

    id: str
    name: str
    family: str
    default_target: str
    confidence: str
    sources: tuple[str, ...]
    status: str = "active"
    topology: tuple[str, ...] = ()

    proxy_images: tuple[str, ...] = ()
    controller_images: tuple[str, ...] = ()
    shared_images: tuple[str, ...] = ()
    """Those of proxy_images that also serve other ends: alone they prove nothing."""
    confirmed_by: tuple[str, ...] = ("labels", "controller", "class", "container")
    """What may confirm a shared image; see `krm_fn.gateways.detect.CONFIRMATIONS`."""
    pod_labels: tuple[PodLabels, ...] = ()
    role_by_labels: bool = False
    """One image serves all roles, so that only the labels tell which."""
    role_by_environment: tuple[Container, ...] = ()
    pod_annotation: tuple[str, str] = ("", "")
    proxy_containers: tuple[str, ...] = ()
    controller_containers: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    """Beginnings of arguments (lower case) that only a gateway of this product is started with."""
    modes: tuple[Mode, ...] = ()

    ingress_classes: tuple[str, ...] = ()
    ingress_controllers: tuple[str, ...] = ()
    gateway_controllers: tuple[str, ...] = ()
    routes: tuple[RouteKind, ...] = ()
    dials_service_for: tuple[str, ...] = ()
    """Route kinds for which the product dials the Service without any switch."""

    switches: tuple[Switch, ...] = ()
    kuma_annotation_works: bool = False
    leave_routes: bool = False
    """What is attached to this product is nobody's business but its own."""
    fallbacks: tuple[str, ...] = ()
    mark_at: tuple[str, ...] = ()
    """Where the annotations of the proxy Pods have to be written."""
    host: str = "client"
    """The Host header backends see: the client's, or the name of the destination."""
    host_note: str = ""
    headless_note: str = ""
    external_name_note: str = ""
    external_names_since: tuple[str, str] = ("", "")
    """An image of the product, and its first release that sends to ExternalName Services; older routes end there."""
    limits: tuple[str, ...] = ()
    ports_in: tuple[PortNote, ...] = ()
    ports_out: tuple[PortNote, ...] = ()
    service_order: str = ""
    """Which Service would name the Dataplane by mistake."""
    token: str = ""
    """Whether the proxy Pods hold a ServiceAccount token."""

    def route(self, group: str, kind: str) -> RouteKind | None:
        """Return this product's route kind of that group and kind, if it serves it."""
        return next((r for r in self.routes if r.kind == kind and group in r.groups), None)
