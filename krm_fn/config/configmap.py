"""A ConfigMap as functionConfig: the settings of a MeshSetup as flat texts.

This is how functions of kpt are configured on the command line (``kpt fn eval --exec krm-fn -- mesh=default``).
KEYS lists every key that `data` may have. The ConfigMap is turned into the plain data of a MeshSetup and then read like
one, so both forms mean the same and are checked by the same code; only the places named in messages are the user's own.
"""

from __future__ import annotations

from krm_fn.config.meshsetup import API_VERSION, KIND
from krm_fn.config.problem import UNKNOWN_FIELD, WRONG_TYPE, WRONG_VALUE, listed, nearest, path_text, problem, shown
from krm_fn.config.strict import is_label, is_resource_name
from krm_fn.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from krm_fn.config.problem import ConfigProblem, Path

INJECTION_LABEL = "kuma.io/sidecar-injection"


class Key(Record):
    """One key of `data`: the setting it stands for, how its text is read, an example and what it means."""

    name: str
    path: tuple[str, ...]
    form: str
    example: str
    meaning: str = ""


TEXT, TRUTH, LIST, NAMESPACES, WORKLOADS, SERVICES, PRODUCTS = (
    "text",
    "true or false",
    "list",
    "namespaces",
    "workloads",
    "services",
    "products",
)

KEYS = (
    Key("kumaVersion", ("kumaVersion",), TEXT, "2.14"),
    Key("mesh", ("mesh",), TEXT, "default"),
    Key("zone", ("zone",), TEXT, "zone-1"),
    Key("default-namespace", ("defaultNamespace",), TEXT, "shop"),
    Key("system-namespace", ("controlPlane", "systemNamespace"), TEXT, "kuma-system"),
    Key("control-plane-address", ("controlPlane", "address"), TEXT, "https://kuma-control-plane.kuma-system:5678"),
    Key("control-plane-ca-cert", ("controlPlane", "caCert"), TEXT, "-----BEGIN CERTIFICATE----- ..."),
    Key("meshes", ("meshes",), LIST, "default,payments"),
    Key("injection-mode", ("injection", "mode"), TEXT, "webhook"),
    Key("injection-override", ("injection", "override"), TRUTH, "false"),
    Key(
        "meshed-namespaces",
        ("injection", "rules"),
        NAMESPACES,
        "shop,kong",
        "Names of Namespaces that are in the mesh. Each becomes an injection rule (`inject: true`) for that Namespace; "
        "where the Namespace is not part of the package, it is taken to carry the injection label on the cluster.",
    ),
    Key("gateway-detect", ("gateways", "detect"), TEXT, "report"),
    Key(
        "gateways",
        ("gateways", "rules"),
        WORKLOADS,
        "kong/proxy-kong",
        "Workloads that are gateways, as `namespace/name`, or `name` alone for any namespace. "
        "Each becomes a gateway rule.",
    ),
    Key("gateway-harden", ("gateways", "harden"), TEXT, "report"),
    Key("gateway-traffic-permissions", ("gateways", "trafficPermissions"), TEXT, "none"),
    Key("service-upstream", ("serviceUpstream", "enabled"), TRUTH, "true"),
    Key("service-upstream-scope", ("serviceUpstream", "scope"), TEXT, "mesh"),
    Key(
        "service-upstream-products",
        ("serviceUpstream", "products"),
        PRODUCTS,
        "kong,traefik",
        "`auto`, or the ids of gateway products.",
    ),
    Key("service-upstream-fallback", ("serviceUpstream", "fallback"), TEXT, "report"),
    Key(
        "service-upstream-exclude",
        ("serviceUpstream", "exclude"),
        SERVICES,
        "shop/legacy",
        "Services to leave alone, as `namespace/name`, or `name` alone for any namespace.",
    ),
    Key("dataplanes", ("dataplanes", "emit"), TEXT, "gateways"),
    Key("dataplanes-local-config", ("dataplanes", "localConfig"), TRUTH, "true"),
    Key("mark-applied", ("markApplied",), TRUTH, "false"),
    Key("results-level", ("results", "level"), TEXT, "warning"),
)
_BY_NAME = {key.name: key for key in KEYS}
_TOP_LEVEL = ("apiVersion", "kind", "metadata", "data", "immutable")


class Expansion(Record):
    """A ConfigMap turned into a MeshSetup's plain data, with what was wrong on the way."""

    config: dict[str, Any]
    problems: tuple[ConfigProblem, ...]

    def where(self, path: Path) -> str:
        """Name a place of the MeshSetup by the key of the ConfigMap from which it was made."""
        for key in KEYS:
            if path[1 : len(key.path) + 1] == key.path:
                return path_text(("data", key.name))
        return path_text(path)


def expand(config: dict[str, Any]) -> Expansion:
    """Return the MeshSetup that the `data` of a ConfigMap describes; keys that cannot be read are left out."""
    spec: dict[str, Any] = {}
    problems = [*_unknown_top_level(config)]
    data = config.get("data")
    if data is None:
        data = {}
    if not isinstance(data, dict):
        problems.append(problem(WRONG_TYPE, "data", data, f"{shown(data)} is not a map of settings"))
        data = {}
    for name, text in data.items():
        key = _BY_NAME.get(name)
        if key is None:
            problems.append(_unknown_key(str(name), text))
        elif not isinstance(text, str):
            fault = f"{shown(text)} is not text; values of a ConfigMap are written in quotes"
            problems.append(problem(WRONG_TYPE, path_text(("data", key.name)), text, fault))
        else:
            problems += _enter(spec, key, text)
    meshed = [name for name in _split(data.get("meshed-namespaces")) if is_label(name)]
    if meshed:
        spec["namespaces"] = [{"name": name, "labels": {INJECTION_LABEL: "enabled"}} for name in dict.fromkeys(meshed)]
    setup = {"apiVersion": API_VERSION, "kind": KIND, "spec": spec}
    if "metadata" in config:
        setup["metadata"] = config["metadata"]
    return Expansion(setup, tuple(problems))


def _unknown_top_level(config: dict[str, Any]) -> Iterator[ConfigProblem]:
    for name, value in config.items():
        if name not in _TOP_LEVEL:
            fault = f"a ConfigMap that is a functionConfig has no use for {shown(str(name))}"
            yield problem(
                UNKNOWN_FIELD, path_text((str(name),)), value, fault, listed(_TOP_LEVEL), nearest(str(name), ["data"])
            )


def _unknown_key(name: str, value: object) -> ConfigProblem:
    fault = f"there is no setting {shown(name)}"
    return problem(UNKNOWN_FIELD, path_text(("data", name)), value, fault, listed(_BY_NAME), nearest(name, _BY_NAME))


def _enter(spec: dict[str, Any], key: Key, text: str) -> Iterator[ConfigProblem]:
    """Put the value of one key into the spec, at its path."""
    value: Any = text
    if key.form == TRUTH:
        if text not in ("true", "false"):
            guess = nearest(text, ("true", "false"))
            allowed = '"true" or "false"'
            place = path_text(("data", key.name))
            yield problem(
                WRONG_VALUE, place, text, f"{shown(text)} is not allowed", allowed, shown(guess) if guess else ""
            )
            return
        value = text == "true"
    elif key.form in _ITEMS:
        reader = _ITEMS[key.form]
        items = _split(text)
        yield from _bad_items(key, reader, items)
        value = [reader.make(item) for item in items if reader.holds(item)]
    elif key.form == PRODUCTS:
        value = text if text.strip() == "auto" else _split(text)
    parent = spec
    for step in key.path[:-1]:
        parent = parent.setdefault(step, {})
    parent[key.path[-1]] = value


def _split(text: object) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()] if isinstance(text, str) else []


def _bad_items(key: Key, reader: Items, items: list[str]) -> Iterator[ConfigProblem]:
    for item in items:
        if not reader.holds(item):
            place = path_text(("data", key.name))
            yield problem(WRONG_VALUE, place, item, f"{shown(item)} is not allowed", reader.allowed)


def _literal(name: str) -> str:
    """Return the regular expression that matches just this name; no other operator than '.' can be in a name."""
    return name.replace(".", "\\.")


def _meshed_namespace(name: str) -> dict[str, Any]:
    return {"target": {"kind": "Namespace", "name": _literal(name)}, "inject": True}


def _is_reference(item: str) -> bool:
    namespace, slash, name = item.rpartition("/")
    return (is_label(namespace) or not slash) and is_resource_name(name)


def _named(item: str) -> dict[str, Any]:
    namespace, slash, name = item.rpartition("/")
    return {"namespace": namespace, "name": _literal(name)} if slash else {"name": _literal(name)}


def _gateway(item: str) -> dict[str, Any]:
    return {"target": _named(item)}


def _service(item: str) -> dict[str, Any]:
    return {"kind": "Service", **_named(item)}


class Items(Record):
    """How one item of a list is checked, and made into plain data."""

    make: Callable[[str], Any]
    holds: Callable[[str], bool] = bool
    allowed: str = ""


_REFERENCE = "a name, or a namespace and a name joined by '/'"
_ITEMS = {
    LIST: Items(str),
    NAMESPACES: Items(_meshed_namespace, is_label, "the name of a Namespace"),
    WORKLOADS: Items(_gateway, _is_reference, _REFERENCE),
    SERVICES: Items(_service, _is_reference, _REFERENCE),
}
