"""How much a YAML text may stand for: levels of nesting, and what its aliases and merge keys add."""

from __future__ import annotations

from krm_fn.yamltext.errors import YamlError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAX_DEPTH = 500
MAX_ADDED_BY_ALIASES = 1_000_000


def refuse_bombs(data: Any, text: str, first_alias: int) -> None:
    """Count nodes and levels as if aliases were written out; each shared node is measured once. Raises YamlError."""
    measures: dict[int, tuple[int, int]] = {}  # of each container: nodes, levels
    written = 0
    stack = [(data, False)]
    while stack:
        node, children_done = stack.pop()
        if id(node) in measures or (type(node) is not dict and type(node) is not list):
            continue
        children = node.values() if type(node) is dict else node
        containers = [child for child in children if type(child) is dict or type(child) is list]
        if not children_done:
            stack.append((node, True))
            stack.extend((child, False) for child in containers)
            continue
        own = 1 + len(node) - len(containers)
        written += own
        inner = [measures[id(child)] for child in containers]
        nodes = own + sum(size for size, _ in inner)
        levels = 1 + max((depth for _, depth in inner), default=0)
        if levels > MAX_DEPTH:
            raise YamlError(f"its aliases nest more than {MAX_DEPTH} levels deep", text, first_alias)
        measures[id(node)] = nodes, levels
    if written and measures[id(data)][0] - written > MAX_ADDED_BY_ALIASES:
        raise YamlError("its aliases stand for too much data", text, first_alias)
