"""Write docs/functionconfig.md from the schema, so that the reference never says anything else than the program does.

python docs/generate.py           write the page
python docs/generate.py --check   exit 1 if the page is not what would be written
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from one_page import write_or_compare

from krm_fn.config.configmap import KEYS
from krm_fn.config.load import schema_text

PAGE = Path(__file__).with_name("functionconfig.md")
SCHEMA: dict[str, Any] = json.loads(schema_text())

INTRODUCTION = """\
<!-- Written by docs/generate.py from krm_fn/config/meshsetup.schema.json: change that file, then run the program. -->

# functionConfig

krm-fn is told what to do by one resource, the functionConfig: a `MeshSetup`, or a `ConfigMap` with the same settings as
flat texts. Without one, every setting has its default.

```yaml
apiVersion: fn.kuma.io/v1alpha1
kind: MeshSetup
metadata:
  name: mesh-setup
spec:
  zone: zone-1
  injection:
    rules:
    - target: {kind: Namespace, name: shop-.*}   # every Namespace whose name begins with shop-
      inject: true
  gateways:
    rules:
    - target: {kind: Deployment, namespace: kong, name: proxy-kong}
      service: kong-proxy
  dataplanes:
    emit: all
```

This puts the Namespaces `shop-...` into the mesh, declares Kong's proxy a gateway, annotates the Services so that the
gateway sends through the mesh, and generates for review the Dataplanes that the control plane will make. What differs
between the minors of Kuma that can be named stands in [Kuma versions](kuma-versions.md).

An unknown field, a wrong type or a value outside its set is an error. It names the place, the value, what is allowed
and the nearest valid spelling; all errors are reported together, and nothing is transformed then. A field without a
value (`zone:` with nothing after it) is an error as well: leave the field out.

Editors that know JSON Schema (for instance VS Code with the YAML extension) complete and check the file when its first
line is

```text
# yaml-language-server: $schema=<path to meshsetup.schema.json>
```
"""

TARGETS = """\
## Targets

`target`, and each entry of `spec.serviceUpstream.exclude`, selects resources as the `target` of a kustomize patch does.
All fields that are given must match; an empty field, like an empty target, matches everything.

The expressions are those of Go's `regexp` package (RE2) and must match from end to end: `shop` does not match
`shop-eu`, `shop.*` does. They run in time proportional to the length of the name, whatever the expression. Not
supported: `\\b`, `\\p{...}`, `\\Q...\\E`, octal escapes and the flag `m`; an expression has at most 1000 characters and
nests at most 50 groups.

Selectors are those of `kubectl --selector`: `key=value`, `key==value`, `key!=value`, `key in (a, b)`,
`key notin (a, b)`, `key` (is there), `!key` (is not there), `key>1`, `key<1`, joined by commas that mean "and". As in
Kubernetes, `!=` and `notin` also select what does not have the key.
"""

CONFIG_MAP = """\
## ConfigMap

kpt hands settings over as a `ConfigMap`, from `configMap` in a Kptfile or from the command line
(`kpt fn eval --exec krm-fn -- mesh=default zone=zone-1`). Its name takes the place of the MeshSetup's.

```yaml
apiVersion: v1
kind: ConfigMap
metadata:
  name: function-input
data:
  zone: zone-1
  meshed-namespaces: shop,kong
  gateways: kong/proxy-kong
  dataplanes: all
```

All values are text, so `"true"` and `"2.14"` stand in quotes. Lists are separated by commas; blanks around an item do
not count, and empty text is an empty list. Settings that are not listed here need a MeshSetup.
"""


def page() -> str:
    """Return the whole page."""
    spec = SCHEMA["properties"]["spec"]
    parts = [
        INTRODUCTION,
        "## Fields\n",
        *table_of(SCHEMA["properties"]["metadata"], "metadata"),
        *sections(spec, "spec"),
        TARGETS,
        *table_of(SCHEMA["$defs"]["target"], "target"),
        CONFIG_MAP,
        *config_map_table(spec),
    ]
    return "\n".join(parts).rstrip("\n") + "\n"


def sections(schema: dict[str, Any], path: str) -> Iterator[str]:
    """Yield a heading, a sentence and a table for an object, then the same for the objects in it."""
    yield f"### {path}\n"
    if "description" in schema:
        yield f"{schema['description']}\n"
    yield from table_of(schema, path)
    for name, field in schema["properties"].items():
        inner, suffix = (field["items"], "[]") if field.get("type") == "array" else (field, "")
        if "properties" in inner:
            described = {
                **inner,
                "description": " ".join(filter(None, [said_of_list(field), inner.get("description")])),
            }
            yield from sections(described, f"{path}.{name}{suffix}")


def said_of_list(field: dict[str, Any]) -> str:
    return str(field["description"]) if field.get("type") == "array" else ""


def table_of(schema: dict[str, Any], path: str) -> Iterator[str]:
    yield "| field | type | default | allowed | meaning |"
    yield "| --- | --- | --- | --- | --- |"
    required = schema.get("required", ())
    for name, field in schema["properties"].items():
        field = resolved(field)
        default = "**required**" if name in required else code(field["default"]) if "default" in field else ""
        cells = [f"`{path}.{name}`", type_of(field), default, allowed(field), meaning(field)]
        yield row(cells)
    yield ""


def resolved(field: dict[str, Any]) -> dict[str, Any]:
    """Lay the definition that a field refers to under the field."""
    name = field.get("$ref", "").rpartition("/")[2]
    return {**SCHEMA["$defs"][name], **field} if name else field


def type_of(field: dict[str, Any]) -> str:
    if field.get("$ref") == "#/$defs/target":
        return "[target](#targets)"
    if "anyOf" in field:
        return " or ".join(type_of(branch) for branch in field["anyOf"])
    if field.get("type") == "array":
        return f"list of {type_of(resolved(field['items']))}"
    names = {"object": "map", "boolean": "true or false", "integer": "number"}
    return names.get(field.get("type", "string"), "text")


def allowed(field: dict[str, Any]) -> str:
    if "anyOf" in field:
        return " or ".join(filter(None, map(allowed, field["anyOf"])))
    if "const" in field:
        return code(field["const"])
    if "enum" in field:
        return ", ".join(code(value) for value in field["enum"] if isinstance(value, str))
    if field.get("type") == "array":
        inner = "" if "properties" in field["items"] else allowed(resolved(field["items"]))
        return f"each {inner}" if inner and inner != "a target" else ""
    return "" if "properties" in field else str(field.get("title", ""))


def meaning(field: dict[str, Any]) -> str:
    examples = ", ".join(code(example) for example in field.get("examples", ()))
    return str(field["description"]) + (f" Example: {examples}." if examples else "")


def code(value: object) -> str:
    """Show a value as YAML in flow style."""
    return f"`{flow(value)}`"


def flow(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, str):
        return json.dumps(value) if not value or value[0].isdigit() or value == "off" else value
    return json.dumps(value)


def row(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def config_map_table(spec: dict[str, Any]) -> Iterator[str]:
    yield "| key of `data` | stands for | example | meaning |"
    yield "| --- | --- | --- | --- |"
    for key in KEYS:
        field = spec
        for step in key.path:
            field = field["properties"][step]
        yield row(
            [f"`{key.name}`", f"`spec.{'.'.join(key.path)}`", f"`{key.example}`", key.meaning or field["description"]]
        )
    yield ""


if __name__ == "__main__":
    sys.exit(write_or_compare(PAGE, page, "the schema says", __doc__))
