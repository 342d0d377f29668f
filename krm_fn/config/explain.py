"""What is wrong with a functionConfig that was not accepted: the schema's verdict, in words a user can act on.

This module is imported only when something is wrong, because `jsonschema` takes longer to import than the function
takes to run. Every error of the validator becomes a ConfigProblem that says where, what stands there, what may stand
there, and what was probably meant.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from krm_fn.config.meshsetup import API_VERSION, KIND
from krm_fn.config.problem import (
    CONFLICT,
    MISSING_FIELD,
    UNKNOWN_FIELD,
    UNKNOWN_KIND,
    WRONG_TYPE,
    WRONG_VALUE,
    ConfigProblem,
    listed,
    nearest,
    problem,
    shown,
)
from krm_fn.krm.fields import as_list, as_map

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from krm_fn.config.problem import Path, Where

    Explain = Callable[[ValidationError, Path, Where], Iterator[ConfigProblem]]

MINORS = "x-minors"
"""The schema's own keyword for a field whose values are minor versions: says why there are no others."""

ACCEPTED_KINDS = {KIND: API_VERSION, "ConfigMap": "v1"}
_TYPE_WORDS = {
    "string": "text",
    "boolean": "true or false",
    "integer": "a whole number",
    "object": "a map",
    "array": "a list",
    "null": "nothing",
}


def wrong_kind(config: object) -> ConfigProblem:
    """Return the problem of a functionConfig that is neither a MeshSetup nor a ConfigMap."""
    allowed = listed(f"kind {kind} with apiVersion {version}" for kind, version in ACCEPTED_KINDS.items())
    if not isinstance(config, dict):
        return problem(UNKNOWN_KIND, "functionConfig", config, f"{shown(config)} is not a resource", allowed)
    kind, version = config.get("kind"), config.get("apiVersion")
    if isinstance(kind, str) and kind in ACCEPTED_KINDS:
        fault = f"{kind} is not known with {shown(version)}" if version else f"{kind} needs an apiVersion"
        return problem(UNKNOWN_KIND, "apiVersion", version, fault, allowed, ACCEPTED_KINDS[kind])
    fault = f"{shown(kind)} is not a kind of functionConfig" if kind else "there is no kind"
    guess = nearest(kind, ACCEPTED_KINDS) if isinstance(kind, str) else ""
    if not guess:
        guess = next((known for known, its_version in ACCEPTED_KINDS.items() if its_version == version), "")
    return problem(UNKNOWN_KIND, "kind", kind, fault, allowed, guess)


def explain(config: object, schema_text: str, where: Where) -> Iterator[ConfigProblem]:
    """Yield what the schema has to say against the plain data of a MeshSetup, in the order of its paths."""
    for error in sorted(validator(schema_text).iter_errors(config), key=_place):
        yield from _explain_error(error, tuple(error.absolute_path), where)


@lru_cache(maxsize=1)
def validator(schema_text: str) -> Draft202012Validator:
    """Return a validator whose patterns end where the text ends.

    Python's ``$`` also matches before a last line break, which no other implementation of JSON Schema does.
    """

    def whole(checker: Any, pattern: str, value: object, schema: object) -> Iterator[ValidationError]:
        if checker.is_type(value, "string") and not re.fullmatch(pattern, str(value)):
            yield ValidationError(f"{value!r} does not match {pattern!r}")

    kind = extend(Draft202012Validator, {"pattern": whole})  # type: ignore[no-untyped-call]  # its stub is untyped
    made: Draft202012Validator = kind(json.loads(schema_text))
    return made


def _place(error: ValidationError) -> list[tuple[int, int, str]]:
    return [(0, step, "") if isinstance(step, int) else (1, 0, str(step)) for step in error.absolute_path]


def _explain_error(error: ValidationError, path: Path, where: Where) -> Iterator[ConfigProblem]:
    if "propertyNames" in error.schema_path:
        yield problem(WRONG_TYPE, where(path), error.instance, f"the key {shown(error.instance)} is not text")
        return
    special = _SPECIAL.get(str(error.validator))
    if special is not None:
        yield from special(error, path, where)
        return
    schema: dict[str, Any] = dict(error.schema) if isinstance(error.schema, dict) else {}
    value = error.instance
    if value is None:
        fault = "there is no value (null); give one or leave the field out"
        yield problem(WRONG_TYPE, where(path), None, fault, _allowed(schema))
    elif error.validator == "type":
        fault = f"{shown(value)} is {_type_of(value)}"
        yield problem(WRONG_TYPE, where(path), value, fault, _allowed(schema), _retyped(value, schema))
    else:
        yield problem(WRONG_VALUE, where(path), value, _fault(value), _allowed(schema), _respelled(value, schema, path))


def _fault(value: object) -> str:
    return f"{shown(value)} is not allowed" if value or isinstance(value, bool | int) else f"{shown(value)} is empty"


def _unknown_fields(error: ValidationError, path: Path, where: Where) -> Iterator[ConfigProblem]:
    schema = error.schema if isinstance(error.schema, dict) else {}
    known = list(schema["properties"])
    given: dict[Any, Any] = as_map(error.instance)
    for key, value in given.items():
        if key in known:
            continue
        guess = nearest(str(key), known)
        if not guess and isinstance(key, str):
            guess = _elsewhere(key)
        place = where((*path, str(key)))
        yield problem(UNKNOWN_FIELD, place, value, f"there is no field {shown(str(key))}", listed(known), guess)


def _elsewhere(name: str) -> str:
    """Return the path of the only setting with this name, empty if there is none or several."""
    found = [path for path in _setting_paths() if path.rpartition(".")[2] == name]
    return found[0] if len(found) == 1 else ""


@lru_cache(maxsize=1)
def _setting_paths() -> tuple[str, ...]:
    from krm_fn.config.load import schema_text

    def walk(schema: dict[str, Any], path: str) -> Iterator[str]:
        for name, field in schema.get("properties", {}).items():
            yield f"{path}{name}"
            yield from walk(field, f"{path}{name}.")

    return tuple(walk(json.loads(schema_text()), ""))


def _missing_fields(error: ValidationError, path: Path, where: Where) -> Iterator[ConfigProblem]:
    for name in as_list(error.validator_value):
        if name not in as_map(error.instance):
            schema = error.schema if isinstance(error.schema, dict) else {}
            allowed = _allowed(_resolved(schema.get("properties", {}).get(name, {})))
            yield problem(MISSING_FIELD, where((*path, name)), None, f"{name} is required here", allowed)


def _exactly_one(error: ValidationError, path: Path, where: Where) -> Iterator[ConfigProblem]:
    choices = [branch["required"][0] for branch in as_list(error.validator_value)]
    given = [name for name in choices if name in as_map(error.instance)]
    if given:
        fault = f"{' and '.join(given)} are given, but only one of them can hold"
        yield problem(CONFLICT, where(path), error.instance, fault, f"one of {listed(choices)}")
    else:
        fault = "it is not said where the Service leads"
        yield problem(MISSING_FIELD, where(path), error.instance, fault, f"one of {listed(choices)}")


def _any_branch(error: ValidationError, path: Path, where: Where) -> Iterator[ConfigProblem]:
    """Explain by the branch whose type the value has, or name all of them."""
    deeper = [inner for inner in error.context or () if inner.path]
    for inner in deeper:
        yield from _explain_error(inner, tuple(inner.absolute_path), where)
    if deeper:
        return
    branches = as_list(error.validator_value)
    constants = [branch["const"] for branch in branches if "const" in branch]
    value = error.instance
    guess = nearest(value, constants) if isinstance(value, str) else ""
    if isinstance(value, str) and not guess:
        guess = f"[{value}]"
    code = WRONG_VALUE if isinstance(value, str) else WRONG_TYPE
    yield problem(code, where(path), value, _fault(value), listed(map(_allowed, branches)), guess)


_SPECIAL: dict[str, Explain] = {
    "additionalProperties": _unknown_fields,
    "required": _missing_fields,
    "oneOf": _exactly_one,
    "anyOf": _any_branch,
}


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a field's schema with the definition that it refers to laid under it."""
    from krm_fn.config.load import schema_text

    name = schema.get("$ref", "").rpartition("/")[2]
    return {**json.loads(schema_text())["$defs"][name], **schema} if name else schema


def _allowed(schema: dict[str, Any]) -> str:
    """Describe in words what a schema admits."""
    if "const" in schema:
        return shown(schema["const"])
    if "enum" in schema:
        values = listed(shown(value) for value in schema["enum"] if isinstance(value, str))
        return f"{values} ({schema[MINORS]})" if MINORS in schema else values
    if "title" in schema:
        return str(schema["title"])
    types = schema.get("type", ())
    return listed(_TYPE_WORDS[name] for name in ([types] if isinstance(types, str) else types)) if types else ""


def _type_of(value: object) -> str:
    if isinstance(value, bool):
        return "a truth value"
    if isinstance(value, int | float):
        return "a number"
    return "text" if isinstance(value, str) else "not what belongs here"


def _minor(text: str, choices: list[str]) -> str:
    """Return the minor that somebody who wrote another form of a version most likely meant, empty if there is none.

    That is the minor of a patch release, and the newest for a newer one; 2.1 is what YAML makes of an unquoted 2.10.
    """
    match = re.fullmatch(r"v?(\d{1,4}\.\d{1,4})(\..*)?", text.strip(), re.ASCII)
    if match is None:
        return ""
    minor = match[1] if match[1] in choices or match[2] else match[1] + "0"
    if minor in choices:
        return minor
    major, number = map(int, match[1].split("."))
    newest = tuple(map(int, choices[-1].split(".")))
    return choices[-1] if (major, number) > newest else ""


def _retyped(value: object, schema: dict[str, Any]) -> str:
    """Return how the value would be written so that it has the right type, empty if that is not clear."""
    wanted = schema.get("type")
    if wanted == "boolean" and isinstance(value, str):
        return {"true": "true", "yes": "true", "on": "true", "false": "false", "no": "false", "off": "false"}.get(
            value.lower(), ""
        )
    if wanted == "integer" and isinstance(value, str) and value.isascii() and value.isdigit():
        return value
    if wanted == "array" and isinstance(value, str) and value:
        return f"[{value}]"
    if wanted == "array" and isinstance(value, dict):
        return "a list with this one map"
    if wanted == "string" and isinstance(value, int | float):
        text = shown(value)
        choices = [choice for choice in schema.get("enum", ()) if isinstance(choice, str)]
        if MINORS in schema:
            guess = _minor(text, choices)
            return f'"{guess}" (in quotes)' if guess else ""
        return f'"{nearest(text, choices) or choices[-1]}" (in quotes)' if choices else f'"{text}" (in quotes)'
    return ""


def _respelled(value: object, schema: dict[str, Any], path: Path) -> str:
    """Return the nearest acceptable spelling of a text, empty if there is none."""
    if not isinstance(value, str):
        return ""
    choices = [choice for choice in (*schema.get("enum", ()), schema.get("const")) if isinstance(choice, str)]
    if choices:
        guess = _minor(value, choices) if MINORS in schema else nearest(value, choices)
        return shown(guess) if guess else ""
    joint = "." if path[-1:] == ("hostname",) else "-"
    plain = value.strip().strip("./")
    for guess in (plain, plain.lower(), plain.lower().replace("_", joint), plain.replace("/", ".")):
        if (
            guess != value
            and len(guess) <= schema.get("maxLength", 253)
            and re.fullmatch(schema.get("pattern", ""), guess)
        ):
            return shown(guess)
    return ""
