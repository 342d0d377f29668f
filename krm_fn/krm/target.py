"""Which resources a setting means: kustomize targets and Kubernetes label selectors.

A target selects as the `target` of a kustomize patch does (kustomize api/types/selector.go): every field is a regular
expression that must match from end to end, an empty field matches everything, and selectors for labels and annotations
have the syntax of `kubectl --selector` (k8s.io/apimachinery/pkg/labels/selector.go).
"""

from __future__ import annotations

from krm_fn.krm.fields import as_list, as_str
from krm_fn.krm.patterns import PatternError, whole_match
from krm_fn.memory import cache
from krm_fn.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

_SYMBOLS = ("==", "!=", "=", "!", "(", ")", ",", ">", "<")
_SPECIAL = frozenset("=!(),><")
_BLANK = " \t\r\n"
_END = ""


class SelectorError(ValueError):
    """A selector expression that cannot be read; the text says why."""


class Requirement(Record):
    """One term of a selector; `operator` is one of in, notin, exists, absent, gt, lt."""

    key: str
    operator: str
    values: tuple[str, ...] = ()

    def matches(self, labels: Mapping[str, Any]) -> bool:
        """Return whether labels satisfy this term; an absent key satisfies notin, as in Kubernetes."""
        if self.key not in labels:
            return self.operator in ("notin", "absent")
        if self.operator in ("in", "notin"):
            return (labels[self.key] in self.values) is (self.operator == "in")
        if self.operator in ("gt", "lt"):
            return self._compares(labels[self.key])
        return self.operator == "exists"

    def _compares(self, value: object) -> bool:
        if not isinstance(value, str) or not _is_integer(value):
            return False
        bound = int(self.values[0])
        return int(value) > bound if self.operator == "gt" else int(value) < bound


class Selector(Record):
    """Terms that must all hold; without terms it matches everything, unless `nothing` is set."""

    requirements: tuple[Requirement, ...] = ()
    nothing: bool = False

    def matches(self, labels: Mapping[str, Any]) -> bool:
        """Return whether a map of labels (or annotations) satisfies every term."""
        return not self.nothing and all(term.matches(labels) for term in self.requirements)


EVERYTHING = Selector()
NOTHING = Selector(nothing=True)

_OBJECT_OPERATORS = {"In": "in", "NotIn": "notin", "Exists": "exists", "DoesNotExist": "absent"}


def selector_from_object(value: object) -> Selector:
    """Turn a Kubernetes LabelSelector ({matchLabels, matchExpressions}) into a Selector.

    An empty one matches everything; an absent one matches nothing, and so does one that the API server would refuse.
    """
    if not isinstance(value, dict):
        return NOTHING
    terms: list[Requirement] = []
    labels, expressions = value.get("matchLabels"), value.get("matchExpressions")
    if not isinstance(labels, dict | None) or not isinstance(expressions, list | None):
        return NOTHING
    for key, wanted in (labels or {}).items():
        if not isinstance(key, str) or not isinstance(wanted, str):
            return NOTHING
        terms.append(Requirement(key, "in", (wanted,)))
    for expression in expressions or ():
        term = _expression(expression)
        if term is None:
            return NOTHING
        terms.append(term)
    return Selector(tuple(terms))


def _expression(value: object) -> Requirement | None:
    if not isinstance(value, dict):
        return None
    key, values = as_str(value.get("key")), as_list(value.get("values"))
    operator = _OBJECT_OPERATORS.get(as_str(value.get("operator")))
    if not key or operator is None or not all(isinstance(v, str) for v in values):
        return None
    if bool(values) is not (operator in ("in", "notin")):
        return None
    return Requirement(key, operator, tuple(values))


@cache
def parse_selector(text: str) -> Selector:
    """Read a selector expression such as ``app=web, tier in (a, b), !canary``; empty text matches everything.

    Raises SelectorError.
    """
    return Selector(tuple(_SelectorParser(text).requirements()))


class _SelectorParser:
    def __init__(self, text: str) -> None:
        self.tokens = list(_tokens(text))
        self.at = 0

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else _END

    def take(self) -> str:
        token = self.peek()
        self.at += 1
        return token

    def requirements(self) -> Iterator[Requirement]:
        if self.peek() == _END:
            return
        while True:
            yield self.requirement()
            separator = self.take()
            if separator == _END:
                return
            if separator != ",":
                raise SelectorError(f"'{separator}' stands where ',' or the end is expected")

    def requirement(self) -> Requirement:
        absent = self.peek() == "!"
        self.at += absent
        key = self.take()
        if not _is_word(key):
            raise SelectorError(f"{_shown(key)} stands where a key is expected")
        if not _is_key(key):
            raise SelectorError(
                f"'{key}' is not a label key: [prefix/]name, the name of at most 63 letters, digits, - _ ."
            )
        if absent:
            return Requirement(key, "absent")
        if self.peek() in (",", _END):
            return Requirement(key, "exists")
        return self.comparison(key, self.take())

    def comparison(self, key: str, sign: str) -> Requirement:
        if sign in ("in", "notin"):
            return Requirement(key, sign, self.value_list())
        if sign not in ("=", "==", "!=", ">", "<"):
            raise SelectorError(f"'{sign}' stands where one of = == != in notin > < is expected")
        value = "" if self.peek() in (",", _END) else self.take()
        if value and not _is_word(value):
            raise SelectorError(f"'{value}' stands where a value is expected")
        _check_value(value)
        if sign in (">", "<"):
            if not _is_integer(value):
                raise SelectorError(f"'{key}{sign}' needs a whole number")
            return Requirement(key, "gt" if sign == ">" else "lt", (value,))
        return Requirement(key, "notin" if sign == "!=" else "in", (value,))

    def value_list(self) -> tuple[str, ...]:
        """Read a list in parentheses; an item may be missing and is empty text then, as is the one of ``()``."""
        if self.take() != "(":
            raise SelectorError("'in' and 'notin' need a list in parentheses")
        values: list[str] = []
        current = ""
        while True:
            token = self.take()
            if token in (",", ")"):
                values.append(current)
                if token == ")":
                    break
                current = ""
            elif _is_word(token) and not current:
                current = token
            else:
                raise SelectorError(f"{_shown(token)} stands where ',' or ')' is expected")
        for value in values:
            _check_value(value)
        return tuple(sorted(set(values)))


def _tokens(text: str) -> Iterator[str]:
    at = 0
    while at < len(text):
        if text[at] in _BLANK:
            at += 1
            continue
        token = next((symbol for symbol in _SYMBOLS if text.startswith(symbol, at)), None)
        if token is None:
            end = at
            while end < len(text) and text[end] not in _SPECIAL and text[end] not in _BLANK:
                end += 1
            token = text[at:end]
        yield token
        at += len(token)


def _is_word(token: str) -> bool:
    return token != _END and token not in _SYMBOLS


def _shown(token: str) -> str:
    return "the end" if token == _END else f"'{token}'"


def _check_value(value: str) -> None:
    if value and not _is_name(value):
        raise SelectorError(f"'{value}' is not a label value: at most 63 letters, digits, - _ .")


def _is_name(text: str) -> bool:
    """Return whether text is the name part of a label key, which is also what a label value must look like."""
    if not text.isascii() or not 0 < len(text) <= 63 or not (text[0].isalnum() and text[-1].isalnum()):
        return False
    return text.replace("-", "").replace("_", "").replace(".", "").isalnum()


def _is_key(text: str) -> bool:
    prefix, slash, name = text.rpartition("/")
    if not slash:
        return _is_name(name)
    parts = prefix.split(".")
    return _is_name(name) and len(prefix) <= 253 and prefix == prefix.lower() and all(_is_dns_part(p) for p in parts)


def _is_dns_part(text: str) -> bool:
    return text.isascii() and text.replace("-", "").isalnum() and text[0] != "-" and text[-1] != "-"


def _is_integer(text: str) -> bool:
    digits = text[1:] if text[:1] in ("+", "-") else text
    return digits.isascii() and digits.isdigit() and len(digits) <= 30 and -(2**63) <= int(text) < 2**63


class Target(Record):
    """A kustomize target: regular expressions for the identity, selectors for labels and annotations."""

    group: str = ""
    version: str = ""
    kind: str = ""
    name: str = ""
    namespace: str = ""
    label_selector: str = ""
    annotation_selector: str = ""

    def matches(
        self,
        api_version: str,
        kind: str,
        name: str,
        namespace: str,
        labels: Mapping[str, Any],
        annotations: Mapping[str, Any],
    ) -> bool:
        """Return whether all given fields fit the resource.

        `namespace` is the effective one: for a resource without, the namespace where it will land.
        Raises PatternError or SelectorError where `faults` has something to say.
        """
        group, _, version = api_version.rpartition("/")
        subject = (group, version, kind, name, namespace, labels, annotations)
        return all(test(subject[index]) for index, test in self._tests())

    def faults(self) -> Iterator[tuple[str, str]]:
        """Yield (field, reason) for every field whose expression cannot be used."""
        for field in self._fields:
            try:
                _test(field, getattr(self, field))
            except (PatternError, SelectorError) as error:
                yield field, str(error)

    def _tests(self) -> tuple[tuple[int, Callable[[Any], bool]], ...]:
        # Kept on the instance, past the record's lock: a target is asked once for every resource.
        tests: tuple[tuple[int, Callable[[Any], bool]], ...] | None = self.__dict__.get("_known_tests")
        if tests is None:
            given = ((index, field, getattr(self, field)) for index, field in enumerate(self._fields))
            tests = tuple((index, _test(field, text)) for index, field, text in given if text)
            self.__dict__["_known_tests"] = tests
        return tests


def _test(field: str, text: str) -> Callable[[Any], bool]:
    return parse_selector(text).matches if field.endswith("_selector") else whole_match(text)
