"""What a schema cannot say about a functionConfig.

The checks read plain data and tolerate any shape, so that they find what they can also in a configuration that the
schema refuses: all problems are reported at once, and each by one piece of code.
"""

from __future__ import annotations

from krm_fn.config.problem import (
    BAD_EXPRESSION,
    CONFLICT,
    MISSING_FIELD,
    WRONG_VALUE,
    listed,
    nearest,
    problem,
    shown,
)
from krm_fn.krm.fields import as_list, as_map, as_str, dig
from krm_fn.krm.target import Target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from krm_fn.config.problem import ConfigProblem, Path, Where

_TARGET_FIELDS = {
    "group": "group",
    "version": "version",
    "kind": "kind",
    "name": "name",
    "namespace": "namespace",
    "labelSelector": "label_selector",
    "annotationSelector": "annotation_selector",
}
_KEY_OF_FIELD = {field: key for key, field in _TARGET_FIELDS.items()}


def check(spec: object, where: Where, product_ids: tuple[str, ...] = ()) -> Iterator[ConfigProblem]:
    """Yield what is wrong with the `spec` of a MeshSetup beyond its schema.

    `where` turns a path into the words by which the user knows that place. Without `product_ids` any id is accepted.
    """
    yield from _check_rules(spec, where)
    for path, target in _targets(spec):
        yield from _check_target(target, path, where)
    yield from _check_external_names(dig(spec, "externalNames"), where)
    yield from _check_unique(spec, "namespaces", ("name",), where)
    yield from _check_unique(spec, "workloadKinds", ("group", "kind"), where)
    if product_ids:
        yield from _check_products(dig(spec, "serviceUpstream", "products"), product_ids, where)


def _targets(spec: object) -> Iterator[tuple[Path, object]]:
    for section in ("injection", "gateways"):
        for index, rule in enumerate(as_list(dig(spec, section, "rules"))):
            yield ("spec", section, "rules", index, "target"), dig(rule, "target")
    for index, target in enumerate(as_list(dig(spec, "serviceUpstream", "exclude"))):
        yield ("spec", "serviceUpstream", "exclude", index), target


def _check_target(value: object, path: Path, where: Where) -> Iterator[ConfigProblem]:
    fields = {_TARGET_FIELDS[k]: v for k, v in as_map(value).items() if k in _TARGET_FIELDS and isinstance(v, str)}
    target = Target(**fields)
    for field, reason in target.faults():
        text = fields[field]
        what = "a selector" if field.endswith("_selector") else "a regular expression"
        place = where((*path, _KEY_OF_FIELD[field]))
        yield problem(BAD_EXPRESSION, place, text, f"{shown(text)} cannot be used as {what}: {reason}")


def _check_rules(spec: object, where: Where) -> Iterator[ConfigProblem]:
    for index, rule in enumerate(as_list(dig(spec, "injection", "rules"))):
        if isinstance(rule, dict) and "target" in rule and not rule.keys() & {"inject", "mesh"}:
            fault = "the rule says nothing: give it inject, mesh or both"
            yield problem(MISSING_FIELD, where(("spec", "injection", "rules", index)), rule, fault)


def _check_unique(spec: object, section: str, keys: tuple[str, ...], where: Where) -> Iterator[ConfigProblem]:
    """Yield a problem for every entry of a list whose identity an earlier entry has."""
    seen: dict[tuple[str, ...], int] = {}
    for index, entry in enumerate(as_list(dig(spec, section))):
        identity = tuple(as_str(dig(entry, key)) for key in keys)
        if not identity[-1]:
            continue
        first = seen.setdefault(identity, index)
        if first != index:
            name = "/".join(filter(None, identity))
            fault = f'"{name}" was given before, in {where(("spec", section, first))}'
            yield problem(CONFLICT, where(("spec", section, index)), entry, fault)


def _check_external_names(entries: object, where: Where) -> Iterator[ConfigProblem]:
    yield from _check_unique({"externalNames": entries}, "externalNames", ("namespace", "name"), where)
    for index, entry in enumerate(as_list(entries)):
        path: Path = ("spec", "externalNames", index)
        hostname = as_str(dig(entry, "hostname"))
        if hostname.removesuffix(".").rpartition(".")[2].isdigit():
            fault = f"{shown(hostname)} is an address, not a name: an ExternalName Service cannot lead there"
            yield problem(WRONG_VALUE, where((*path, "hostname")), hostname, fault)
        yield from _check_ports(as_list(dig(entry, "ports")), (*path, "ports"), where)


def _check_ports(ports: list[object], path: Path, where: Where) -> Iterator[ConfigProblem]:
    for key in ("name", "port"):
        seen: set[str | int | float] = set()
        for index, entry in enumerate(ports):
            value = dig(entry, key)
            if value is None and key == "name" and len(ports) > 1 and isinstance(entry, dict):
                fault = "each of several ports needs a name"
                yield problem(MISSING_FIELD, where((*path, index, key)), None, fault)
            if not isinstance(value, str | int | float):
                continue
            if value in seen:
                fault = f"{shown(value)} is the {'name' if key == 'name' else 'number'} of an earlier port"
                yield problem(CONFLICT, where((*path, index, key)), value, fault)
            seen.add(value)


def _check_products(products: object, known: Iterable[str], where: Where) -> Iterator[ConfigProblem]:
    for index, product in enumerate(as_list(products)):
        if isinstance(product, str) and product not in known:
            path = where(("spec", "serviceUpstream", "products", index))
            fault = f"{shown(product)} is not a product of the gateway catalog"
            guess = nearest(product, known)
            yield problem(WRONG_VALUE, path, product, fault, listed(known), shown(guess) if guess else "")
