"""The announcement of parameters: what Argo CD's UI offers, with the value that each has without the application's own.

Fields are those of ParameterAnnouncement in reposerver/repository/repository.proto of Argo CD.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from krm_fn.commands.argocd.environment import SETTINGS
from krm_fn.commands.argocd.source import config_without_package
from krm_fn.config.configmap import LIST, NAMESPACES, SERVICES, TRUTH, WORKLOADS
from krm_fn.config.load import schema_text
from krm_fn.krm.fields import as_map, dig

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any

    from krm_fn.commands.argocd.environment import Environment
    from krm_fn.config.configmap import Key

ARRAYS = (LIST, NAMESPACES, WORKLOADS, SERVICES)
IN_ADDITION = (NAMESPACES, WORKLOADS, SERVICES)


def announcements_json(directory: Path, environment: Environment, environ: Mapping[str, str]) -> str:
    """The JSON text that Argo CD reads; raises as `config_without_package`."""
    config = config_without_package(directory, environment, environ)
    return json.dumps(announcements(config.data), indent=2)


def announcements(config: Any) -> list[dict[str, Any]]:
    """One announcement for each setting."""
    schema = json.loads(schema_text())
    return [_announcement(key, config, _schema_of(key, schema)) for key in SETTINGS.values()]


def _announcement(key: Key, config: Any, schema: Mapping[str, Any]) -> dict[str, Any]:
    value = _current(key, config, schema)
    announced: dict[str, Any] = {
        "name": key.name,
        "title": ".".join(key.path),
        "tooltip": _tooltip(key, schema),
        "required": False,
        "itemType": "boolean" if key.form == TRUTH else "string",
        "collectionType": "array" if key.form in ARRAYS else "string",
    }
    return {**announced, ("array" if key.form in ARRAYS else "string"): value}


def _tooltip(key: Key, schema: Mapping[str, Any]) -> str:
    meaning = key.meaning or schema.get("description", "")
    if key.form in IN_ADDITION:
        meaning += " In addition to what the functionConfig says, and before it."
    return f"{meaning} Example: {key.example}".strip()


def _current(key: Key, config: Any, schema: Mapping[str, Any]) -> str | list[str]:
    if as_map(config).get("kind") == "ConfigMap":
        value = dig(config, "data", key.name)
        if key.form in ARRAYS and isinstance(value, str):
            value = [part.strip() for part in value.split(",") if part.strip()]
    else:
        value = None if key.form in IN_ADDITION else dig(config, "spec", *key.path)
    if value is None:
        value = schema.get("default")
    if key.form in ARRAYS:
        return [element for element in value if isinstance(element, str)] if isinstance(value, list) else []
    if isinstance(value, list):
        return ",".join(str(element) for element in value)
    return {True: "true", False: "false", None: ""}.get(value, str(value)) if not isinstance(value, dict) else ""


def _schema_of(key: Key, schema: Mapping[str, Any]) -> Mapping[str, Any]:
    here: Mapping[str, Any] = schema["properties"]["spec"]
    for step in key.path:
        here = as_map(as_map(here.get("properties")).get(step))
    return here
