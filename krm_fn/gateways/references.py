"""Reading backend references out of route objects, as `BackendPath` records describe them.

One small interpreter serves every kind of route: it walks plain data along a path and hands each reference it meets to
the syntax in which that product writes names. Wrong types on the way mean that there is no reference.
"""

from __future__ import annotations

from krm_fn.memory import cache
from krm_fn.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from krm_fn.gateways.product import BackendPath

    Port = int | str | None
    HasService = Callable[[str, str], bool]
    Node = tuple[str, Any, Any]
    """Where a value stands, the value, and the mapping or list around it."""

_DEFAULT_PORTS = {"": 80, "http": 80, "https": 443, "h2c": 80, "tls": 443}


class Reference(Record):
    """A Service that a route names: where it does so, and which Service and port that is."""

    path: str
    namespace: str
    name: str
    port: Port = None


def references(data: object, backend: BackendPath, namespace: str, has_service: HasService) -> Iterator[Reference]:
    """Yield the Services that an object names along one path.

    ``namespace`` is the object's own; ``has_service`` tells whether the package holds a Service of that namespace and
    name, which decides where a name may as well be a host on the internet.
    """
    read = SYNTAXES[backend.syntax]
    for path, node, parent in walk(data, backend.path):
        if backend.when and not is_wanted(node, backend.when):
            continue
        text = _field(node, parent, backend.name) if backend.name else node
        if not isinstance(text, str) or not text:
            continue
        home = (_field(node, parent, backend.namespace) if backend.namespace else None) or namespace
        found = read(text, home if isinstance(home, str) else namespace, has_service)
        if found is not None:
            home, name, port = found
            yield Reference(path, home, name, port if port is not None else _port(node, parent, backend.port))


def walk(data: object, path: str) -> list[Node]:
    """Return the values that a path such as ``spec.rules[].http.paths[]`` leads to, each with its own concrete path."""
    nodes: list[Node] = [("", data, None)]
    for field, spread in _steps(path):
        reached: list[Node] = []
        for at, node, _ in nodes:
            value = node.get(field) if isinstance(node, dict) else None
            if value is None:
                continue
            here = f"{at}.{field}" if at else field
            if spread == "[]":
                if isinstance(value, list):
                    reached += [(f"{here}[{index}]", element, value) for index, element in enumerate(value)]
            elif spread == "{}":
                if isinstance(value, dict):
                    reached += [(f"{here}.{key}", element, value) for key, element in value.items()]
            else:
                reached.append((here, value, node))
        if not reached:
            return []
        nodes = reached
    return nodes


def pattern(path: str) -> str:
    """Return the path without positions: ``spec.routes[].services[]`` for ``spec.routes[0].services[1]``."""
    first, *rest = path.split("[")
    return first + "".join("[]" + part.partition("]")[2] for part in rest)


def concrete_steps(path: str) -> tuple[str | int, ...]:
    """Return the keys and positions of a concrete path such as ``spec.routes[0].services[1]``."""
    steps: list[str | int] = []
    for part in path.split("."):
        name, *positions = part.split("[")
        steps.append(name)
        for position in positions:
            number = position.removesuffix("]")
            steps.append(int(number) if number.isdecimal() else number)
    return tuple(steps)


def value_at(data: object, steps: tuple[str | int, ...]) -> object:
    """Return what stands at the end of the steps, None where they lead nowhere."""
    for step in steps:
        if isinstance(data, list):
            data = data[step] if isinstance(step, int) and step < len(data) else None
        else:
            data = data.get(step) if isinstance(data, dict) else None
    return data


@cache
def _steps(path: str) -> tuple[tuple[str, str], ...]:
    return tuple((step[:-2], step[-2:]) if step.endswith(("[]", "{}")) else (step, "") for step in path.split("."))


def _field(node: object, parent: object, path: str) -> Any:
    """Follow a dotted path from a reference, or from what is around it."""
    value = node
    if path.startswith("../"):
        value, path = parent, path[3:]
    for step in path.split("."):
        if not isinstance(value, dict):
            return None
        value = value.get(step)
    return value


def is_wanted(node: object, when: tuple[tuple[str, tuple[str, ...]], ...]) -> bool:
    """Whether a reference has the fields under which it names what is looked for (`BackendPath.when`)."""
    for field, values in when:
        value = _field(node, None, field)
        if ("" if value is None else value) not in values:
            return False
    return True


def _port(node: object, parent: object, fields: tuple[str, ...]) -> Port:
    for field in fields:
        value = _field(node, parent, field)
        if (isinstance(value, int) and not isinstance(value, bool)) or (isinstance(value, str) and value):
            return value
    return None


def _plain(text: str, namespace: str, _: HasService) -> tuple[str, str, Port]:
    return namespace, text, None


def _local(text: str, namespace: str, _: HasService) -> tuple[str, str, Port] | None:
    """A name that does not say ``@provider``: such objects are not in Kubernetes, or not under that name."""
    return None if "@" in text else (namespace, text, None)


def _namesake(text: str, namespace: str, has_service: HasService) -> tuple[str, str, Port] | None:
    """The Service that shares the object's name, if there is one."""
    return (namespace, text, None) if has_service(namespace, text) else None


def _prefixed(text: str, namespace: str, _: HasService) -> tuple[str, str, Port] | None:
    """``name`` or ``namespace/name``."""
    home, slash, name = text.rpartition("/")
    return (home if slash else namespace, name, None) if name else None


def _dotted(text: str, namespace: str, _: HasService) -> tuple[str, str, Port]:
    """``name`` or ``name.namespace``."""
    name, dot, home = text.partition(".")
    return home if dot else namespace, name, None


def _fqdn(text: str, namespace: str, _: HasService) -> tuple[str, str, Port] | None:
    """``name`` or ``name.namespace.svc...``; any other name with dots is taken literally, as a host elsewhere."""
    labels = text.split(".")
    if len(labels) == 1:
        return namespace, text, None
    return (labels[1], labels[0], None) if len(labels) > 2 and labels[2] == "svc" else None


def _url(text: str, namespace: str, has_service: HasService) -> tuple[str, str, Port] | None:
    """``[scheme://]name[.namespace[.svc...]][:port][/path]``.

    ``a.b`` may be a Service or a public host: it counts as a Service where the package has it.
    """
    scheme, separator, rest = text.partition("://")
    if not separator or "/" in scheme or "?" in scheme:  # a path or query may hold another URL
        scheme, rest = "", text
    authority = rest.partition("/")[0].partition("?")[0].rpartition("@")[2]
    host, colon, digits = authority.partition(":")
    labels = host.rstrip(".").split(".")
    if labels[0] in ("", "localhost") or labels[0][0] == "[" or (len(labels) > 2 and labels[2] != "svc"):
        return None
    home = labels[1] if len(labels) > 1 else namespace
    if len(labels) == 2 and not has_service(home, labels[0]):
        return None
    port = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 6 else None
    if not colon:
        port = _DEFAULT_PORTS.get(scheme.lower())
    return home, labels[0], port


def _stream(text: str, _: str, __: HasService) -> tuple[str, str, Port] | None:
    """``namespace/name:port[:PROXY...]``, as the ConfigMaps for TCP and UDP services hold it."""
    home, slash, rest = text.partition("/")
    name, colon, tail = rest.partition(":")
    if not (home and slash and name and colon):
        return None
    port = tail.partition(":")[0]
    return home, name, int(port) if port.isascii() and port.isdigit() and len(port) < 6 else port or None


SYNTAXES: dict[str, Callable[[str, str, HasService], tuple[str, str, Port] | None]] = {
    "plain": _plain,
    "local": _local,
    "namesake": _namesake,
    "prefixed": _prefixed,
    "dotted": _dotted,
    "fqdn": _fqdn,
    "url": _url,
    "stream": _stream,
}
"""How references write a Service: each takes the text, the default namespace and a look into the package."""
