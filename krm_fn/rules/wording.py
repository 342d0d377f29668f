"""Values as messages write them: the way a reader would write them in YAML."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from krm_fn.krm.target import Target


def target_words(target: Target) -> str:
    """A target as it stands in a functionConfig: ``{kind: Deployment, name: web-.*}``."""
    given = ((_key(field), getattr(target, field)) for field in target._fields)
    return "{" + ", ".join(f"{key}: {value}" for key, value in given if value) + "}"


def _key(field: str) -> str:
    first, *rest = field.split("_")
    return first + "".join(part.capitalize() for part in rest)


def shown(value: object) -> str:
    """A value: booleans in lower case."""
    return str(value).lower() if isinstance(value, bool) else str(value)
