"""An application's manifests with its parameters counted in, ready to be applied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from krm_fn.commands.argocd.environment import ParameterError
from krm_fn.commands.argocd.source import application
from krm_fn.config.configmap import expand
from krm_fn.config.load import load
from krm_fn.config.meshsetup import API_VERSION, KIND, MeshSetup
from krm_fn.files.find import FileError
from krm_fn.files.preview import Preview
from krm_fn.function import run
from krm_fn.gateways.catalog import products_by_id
from krm_fn.krm.fields import as_map, dig
from krm_fn.krm.generated import GENERATED_BY

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any

    from krm_fn.commands.argocd.environment import Environment

RULES = ("rules", "exclude")  # lists of which the first match counts, so that a parameter's entries go before


class Applied(Preview):
    """A preview of which no generated Dataplane reaches a cluster, whatever the functionConfig says."""

    def left_out(self) -> frozenset[int]:
        """Also the Dataplanes that an earlier run wrote into the package as ordinary resources."""
        entries = enumerate(self.package.entries)
        return super().left_out() | {entry for entry, data in entries if _is_generated_dataplane(data)}


def _is_generated_dataplane(data: object) -> bool:
    return as_map(data).get("kind") == "Dataplane" and bool(dig(data, "metadata", "annotations", GENERATED_BY))


def generated(directory: Path, environment: Environment, environ: Mapping[str, str]) -> Applied:
    """Decide about the manifests in a directory.

    Raises FileError and UnreadableError (``krm_fn.files``), and ParameterError for a parameter with a wrong value.
    """
    package, config = application(directory, environment, environ)
    data = with_parameters(config.data, environment.settings, environment.namespace)
    return Applied(package, config.replace(data=data), run(package, data, config.duplicates))


def stream_of(found: Preview) -> bytes:
    """The documents to apply, empty only where errors are reported; raises FileError where there are none."""
    if found.package.is_resource_list:
        raise FileError(
            f"{found.package.files[0].name} is a ResourceList, which no cluster takes: Argo CD needs the manifests "
            "themselves"
        )
    stream = found.stream()
    if not found.outcome.exit_code and not _has_content(stream):
        raise FileError(
            "there is nothing to apply in this directory, and an empty answer would make Argo CD delete what it "
            "applied before: check the application's path; to delete its resources, delete the application"
        )
    return stream


def _has_content(stream: bytes) -> bool:
    """Whether anything but comments and document markers is there."""
    lines = (line.strip() for line in stream.splitlines())
    return any(line and not line.startswith((b"#", b"---")) for line in lines)


def with_parameters(config: Any, settings: Mapping[str, str], namespace: str) -> Any:
    """The functionConfig with an application's settings over it, and with what Argo CD itself decides.

    A functionConfig of an unknown kind stays as it is: the function says what is wrong with it. Raises ParameterError.
    """
    _check(settings)
    identity = (as_map(config).get("apiVersion"), as_map(config).get("kind"))
    if identity == ("v1", "ConfigMap"):
        fixed = {"dataplanes-local-config": "true", **({"default-namespace": namespace} if namespace else {})}
        data = config.get("data") or {}
        return {**config, "data": {**data, **settings, **fixed}} if isinstance(data, dict) else config
    if config is not None and config != {} and identity != (API_VERSION, KIND):
        return config
    setup = dict(config or {"apiVersion": API_VERSION, "kind": KIND})
    spec = setup.get("spec") or {}
    if not isinstance(spec, dict):
        return config
    setup["spec"] = _merged(spec, _as_spec(settings, namespace))
    return setup


def _check(settings: Mapping[str, str]) -> None:
    found = load(_as_config_map(settings), tuple(products_by_id()))
    if not isinstance(found, MeshSetup):
        names = [problem.path.removeprefix("data.") for problem in found]
        said = [problem.message.removeprefix(f"{problem.path}: ") for problem in found]
        raise ParameterError("\n".join(f"parameter {n!r}: {m}" for n, m in zip(names, said, strict=True)))


def _as_config_map(settings: Mapping[str, str]) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "data": dict(settings)}


def _as_spec(settings: Mapping[str, str], namespace: str) -> dict[str, Any]:
    spec: dict[str, Any] = expand(_as_config_map(settings)).config["spec"]
    spec.setdefault("dataplanes", {})["localConfig"] = True
    if namespace:
        spec["defaultNamespace"] = namespace
    return spec


def _merged(below: Any, above: Mapping[str, Any]) -> dict[str, Any]:
    """`above` over `below`: rules go before rules, Namespaces join those declared, other values take their place."""
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        if isinstance(value, dict) and isinstance(old, dict):
            merged[key] = _merged(old, value)
        elif isinstance(value, list) and isinstance(old, list) and key in RULES:
            merged[key] = value + old
        elif isinstance(value, list) and isinstance(old, list) and key == "namespaces":
            merged[key] = _joined(old, value)
        elif old is None or not isinstance(value, dict):  # a value of the wrong type stays, to be reported
            merged[key] = value
    return merged


def _joined(below: list[Any], above: list[dict[str, Any]]) -> list[Any]:
    """Declared Namespaces, each with the labels that a parameter adds to it."""
    added = {entry["name"]: entry for entry in above}
    joined = []
    for entry in below:
        extra = added.pop(as_map(entry).get("name"), None)
        joined.append(entry if extra is None else _merged(entry, extra))
    return [*joined, *added.values()]
