"""From a functionConfig to a MeshSetup, or to all that is wrong with it.

A functionConfig is a MeshSetup, a ConfigMap with the same settings as flat texts (kpt's custom), or absent. Accepted
configurations never touch the schema: `strict` reads them. Only one that is refused is held against
`meshsetup.schema.json`, to say everything that is wrong at once.
"""

from __future__ import annotations

from krm_fn.config import strict
from krm_fn.config.checks import check
from krm_fn.config.meshsetup import API_VERSION, KIND, MeshSetup
from krm_fn.config.problem import ConfigProblem, path_text, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from krm_fn.config.problem import Where

__all__ = ["ConfigProblem", "load", "schema_text"]


def load(config: object, product_ids: tuple[str, ...] = ()) -> MeshSetup | list[ConfigProblem]:
    """Return the MeshSetup that the plain data of a functionConfig describes, or every problem it has.

    None and an empty map mean a MeshSetup without settings. `product_ids` are the ids that
    `serviceUpstream.products` may list; without any, ids are not checked.
    """
    if config is None or config == {}:
        return MeshSetup()
    if isinstance(config, dict):
        identity = (config.get("apiVersion"), config.get("kind"))
        if identity == (API_VERSION, KIND):
            return _settle(config, path_text, product_ids)
        if identity == ("v1", "ConfigMap"):
            from krm_fn.config.configmap import expand

            expansion = expand(config)
            return _settle(expansion.config, expansion.where, product_ids, expansion.problems)
    from krm_fn.config.explain import wrong_kind

    return [wrong_kind(config)]


def schema_text() -> str:
    """Return the JSON Schema of MeshSetup as it is shipped."""
    from importlib.resources import files

    return files("krm_fn.config").joinpath("meshsetup.schema.json").read_text(encoding="utf-8")


def _settle(
    config: dict[str, Any], where: Where, product_ids: tuple[str, ...], found: Iterable[ConfigProblem] = ()
) -> MeshSetup | list[ConfigProblem]:
    setup = strict.read(config)
    problems = list(found)
    if setup is None:
        from krm_fn.config.explain import explain

        problems += explain(config, schema_text(), where)
        if not problems:
            raise AssertionError("the schema accepts a configuration that cannot be read")
    problems += check(config.get("spec"), where, product_ids)
    if setup is not None and not problems:
        return setup
    return _first_of_each_value(problems)


def _first_of_each_value(problems: Iterable[ConfigProblem]) -> list[ConfigProblem]:
    """Drop what is said a second time about one scalar (of the wrong type, and also not in the list)."""
    kept: dict[tuple[str, str], ConfigProblem] = {}
    for item in problems:
        about = item.code if isinstance(item.value, dict | list) else shown(item.value)
        kept.setdefault((item.path, about), item)
    return list(kept.values())
