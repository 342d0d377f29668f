"""What Argo CD tells a plugin: variables of the environment, the application's parameters among them.

``ARGOCD_APP_PARAMETERS`` is a JSON list of ``{name, string | array | map}``; variables that an application sets itself
come with the prefix ``ARGOCD_ENV_``, so that none of them can pass for one that the administrator set on the container.
"""

from __future__ import annotations

import json
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import click

from krm_fn.config.configmap import KEYS
from krm_fn.config.problem import nearest
from krm_fn.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    from krm_fn.config.configmap import Key

PARAMETERS = "ARGOCD_APP_PARAMETERS"
NAMESPACE = "ARGOCD_APP_NAMESPACE"
SOURCE_PATH = "ARGOCD_APP_SOURCE_PATH"
OWN_VARIABLES = "ARGOCD_ENV_KRM_FN_"
BUILD_OPTIONS = "KRM_FN_KUSTOMIZE_BUILD_OPTIONS"

CONFIG, KUSTOMIZE = "config", "kustomize"
AUTO, ALWAYS, NEVER = "auto", "always", "never"
OF_THE_PLUGIN = (CONFIG, KUSTOMIZE)
"""Parameters that are no settings of the function: the file with the functionConfig, and whether to run kustomize."""

FIXED = ("default-namespace", "dataplanes-local-config", "results-level")
"""Settings that are no parameters: Argo CD's destination namespace counts, nothing generated for review is applied, and
there is no list of results to write."""

SETTINGS: dict[str, Key] = {key.name: key for key in KEYS if key.name not in FIXED}


class ParameterError(click.ClickException):
    """What an application asks for cannot be; the message names the parameter."""

    exit_code = 2


class Environment(Record):
    """What an application asks for: the parameters that are set, as texts, and its destination namespace."""

    namespace: str = ""
    config: str = ""
    kustomize: str = AUTO
    settings: Mapping[str, str] = MappingProxyType({})


def read_environment(environ: Mapping[str, str], is_strict: bool = True) -> Environment:
    """Read the environment; raises ParameterError for parameters that do not exist, or hold what no parameter can.

    Not `is_strict`: what cannot be read counts as not set.
    """
    texts: dict[str, str] = {}
    problems: list[str] = []
    for name, value in (*_from_variables(environ), *_from_parameters(environ, problems)):
        known = (*OF_THE_PLUGIN, *SETTINGS)
        if name not in known:
            problems.append(_unknown(name, known))
        elif isinstance(value, str):
            texts[name] = value
        else:
            problems.append(f"parameter {name!r}: a text or a list of texts is needed")
    kustomize = texts.pop(KUSTOMIZE, "") or AUTO
    if kustomize not in (AUTO, ALWAYS, NEVER):
        problems.append(f"parameter {KUSTOMIZE!r}: {kustomize!r} is not one of {AUTO}, {ALWAYS}, {NEVER}")
        kustomize = AUTO
    if problems and is_strict:
        raise ParameterError("\n".join(problems))
    config = texts.pop(CONFIG, "")
    return Environment(environ.get(NAMESPACE, ""), config, kustomize, texts)


def _from_variables(environ: Mapping[str, str]) -> Iterator[tuple[str, object]]:
    """Parameters given as variables in ``plugin.env``."""
    names = {_as_variable(name): name for name in (*OF_THE_PLUGIN, *SETTINGS)}
    for variable in sorted(environ):
        if variable.startswith(OWN_VARIABLES):
            rest = variable.removeprefix(OWN_VARIABLES)
            yield names.get(rest, rest.lower()), environ[variable]


def _as_variable(name: str) -> str:
    """As Argo CD itself makes a variable of a parameter's name."""
    return "".join(c if c.isascii() and c.isalnum() else "_" for c in name.upper())


def _from_parameters(environ: Mapping[str, str], problems: list[str]) -> Iterator[tuple[str, object]]:
    text = environ.get(PARAMETERS, "")
    try:
        parameters = json.loads(text) if text.strip() else None
    except (ValueError, RecursionError) as error:
        problems.append(f"{PARAMETERS} is not JSON: {error}")
        return
    if parameters is None:
        return
    if not isinstance(parameters, list) or not all(isinstance(entry, dict) for entry in parameters):
        problems.append(f"{PARAMETERS} is not a list of parameters")
        return
    for entry in parameters:
        yield str(entry.get("name")), _value(entry)


def _value(entry: Mapping[str, Any]) -> object:
    """The value of a parameter as one text: that of a list has commas between, as the ConfigMap form has."""
    array = entry.get("array")
    if isinstance(array, list):
        return ",".join(array) if all(isinstance(element, str) for element in array) else array
    return entry.get("string")


def _unknown(name: str, known: Iterable[str]) -> str:
    guess = nearest(name, known)
    hint = f"; did you mean {guess!r}?" if guess else "; `krm-fn argocd parameters` lists those that do"
    return f"parameter {name!r} does not exist{hint}"


def directories_above(directory: Path, environ: Mapping[str, str]) -> Iterator[Path]:
    """The directory, and those above it inside the plugin server's copy of the repository.

    How far that reaches up, the application's path in its repository tells; by hand, the repository itself.
    """
    here = directory.resolve()
    yield here
    path = Path(environ.get(SOURCE_PATH, ""))
    names = [] if path.is_absolute() else [name for name in path.parts if name != "."]
    above = list(here.parents)
    levels = 0
    while levels < len(names) and levels < len(above) and (here, *above)[levels].name == names[-1 - levels]:
        levels += 1
    top = next((number for number, each in enumerate((here, *above)) if (each / ".git").exists()), 0)
    yield from above[: max(levels, top)]
