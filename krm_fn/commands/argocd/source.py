"""What an application consists of: its manifests, as files or as kustomize builds them, and its functionConfig.

A file that is left out is a resource that Argo CD would prune, so whatever the commands for people only note
(templates, charts) is an error here.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from krm_fn.commands.argocd.environment import ALWAYS, NEVER, ParameterError, directories_above
from krm_fn.commands.argocd.kustomizing import build, is_kustomization
from krm_fn.config.meshsetup import API_VERSION, KIND
from krm_fn.files.configfile import CONFIG_NAME, Config, config_of, read_config
from krm_fn.files.find import CHART, FileError, find
from krm_fn.files.package import STDIN, UnreadableError, read_file, read_package
from krm_fn.krm.documents import Documents
from krm_fn.krm.fields import as_map
from krm_fn.krm.source import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from krm_fn.commands.argocd.environment import Environment
    from krm_fn.files.package import Package


def found_by(directory: Path, environ: Mapping[str, str]) -> Path | None:
    """The file that makes a directory one for krm-fn, None where there is none."""
    if (directory / CHART).is_file() and not is_kustomization(directory):
        return None
    for place in directories_above(directory, environ):
        if (place / CONFIG_NAME).is_file():
            return place / CONFIG_NAME
    return next(_with_setup(find(directory).files), None)


def application(directory: Path, environment: Environment, environ: Mapping[str, str]) -> tuple[Package, Config]:
    """The manifests of an application and their functionConfig.

    Raises FileError and UnreadableError (``krm_fn.files``), and ParameterError.
    """
    path = _config_path(directory, environment, environ)
    package = _package(directory, path, environment, environ)
    return package, read_config(path) if path else config_of(package)


def config_without_package(directory: Path, environment: Environment, environ: Mapping[str, str]) -> Config:
    """The functionConfig alone: the manifests are read only where it may be one of them."""
    path = _config_path(directory, environment, environ)
    return read_config(path) if path else config_of(read_package([str(directory)]))


def _package(directory: Path, config: Path | None, environment: Environment, environ: Mapping[str, str]) -> Package:
    if environment.kustomize == ALWAYS and not is_kustomization(directory):
        raise ParameterError(f"parameter 'kustomize' is {ALWAYS!r}, but the directory has no kustomization")
    if is_kustomization(directory) and environment.kustomize != NEVER:
        return read_package([STDIN], build(directory, environ, config), "kustomize build").with_root(directory)
    package = read_package([str(directory)])
    left_out = list(_left_out(package, directory))
    if left_out:
        raise UnreadableError([*left_out, "what is left out here, Argo CD would take for deleted"])
    return package


def _left_out(package: Package, directory: Path) -> Iterator[str]:
    """Files that may hold manifests and were not read as such."""
    if not package.notes:
        return
    taken = {file.path for file in package.files}
    for path in find(directory).files:
        if path.name == CHART and any((path.parent / name).is_dir() for name in ("templates", "charts")):
            yield f"{path.parent}: a Helm chart: render it, with kustomize for one, or list it in .krmignore"
        elif path not in taken and _may_be_manifest(read_file(path)):
            yield f"{path}: no YAML, but likely a template of a manifest: render it, or list it in .krmignore"


def _may_be_manifest(raw: bytes) -> bool:
    return b"apiVersion" in raw and b"kind" in raw


def _config_path(directory: Path, environment: Environment, environ: Mapping[str, str]) -> Path | None:
    """The file of the functionConfig, if it is one of its own: the one that the parameter names, else krm-fn.yaml.

    What kustomize builds holds no local-config items any more, so for a kustomization the files beside it count too.
    """
    places = list(directories_above(directory, environ))
    if environment.config:
        return _inside(directory / environment.config, places[-1], environment.config)
    for place in places:
        if (place / CONFIG_NAME).is_file():
            return _inside(place / CONFIG_NAME, places[-1], CONFIG_NAME)
    if not is_kustomization(directory) or environment.kustomize == NEVER:
        return None
    setups = list(_with_setup(path for path in find(directory).files if path.parent == directory))
    if len(setups) > 1:
        names = ", ".join(path.name for path in setups)
        raise FileError(f"there are several {KIND}s ({names}): name one with the parameter 'config'")
    return setups[0] if setups else None


def _inside(path: Path, top: Path, name: str) -> Path:
    if not path.resolve().is_relative_to(top):
        raise ParameterError(f"{name!r} leads out of the repository: a functionConfig has to be part of it")
    return path


def _with_setup(paths: Iterable[Path]) -> Iterator[Path]:
    """The files that hold a MeshSetup; one that cannot be read counts, so that somebody hears of it."""
    for path in paths:
        raw = read_file(path)
        if KIND.encode() not in raw:
            continue
        try:
            entries = Documents(raw.decode("utf-8-sig")).entries
        except (InputError, UnicodeDecodeError):
            yield path
            continue
        if any((as_map(e).get("apiVersion"), as_map(e).get("kind")) == (API_VERSION, KIND) for e in entries):
            yield path
