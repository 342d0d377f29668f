"""What the surgeon costs: one annotation added to every item of a package, per item and against the lean reading.

``python bench/surgeon.py [items]`` prints the figures. The lean reading of the same texts, one by one, is the
yardstick: locating, splicing and reading again cannot be cheaper than reading once.
"""

from __future__ import annotations

import copy
import sys
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from lean import lean, seconds
from packages import package

from krm_fn.yamltext.patch import patch
from krm_fn.yamltext.read import read_documents, read_value
from krm_fn.yamltext.scalars import KYAML


def annotated(item: dict[str, Any]) -> dict[str, Any]:
    """The item with one more annotation."""
    changed = copy.deepcopy(item)
    changed["metadata"].setdefault("annotations", {})["ingress.kubernetes.io/service-upstream"] = "true"
    return changed


def labelled(item: dict[str, Any]) -> dict[str, Any]:
    """The item with one more label on its pod template; a namespace and a Service get it on themselves."""
    changed = copy.deepcopy(item)
    metadata = changed.get("spec", {}).get("template", changed)["metadata"]
    metadata.setdefault("labels", {})["kuma.io/sidecar-injection"] = "enabled"
    return changed


def patch_all(pairs: list[tuple[str, Any, Any]]) -> list[str]:
    """The patched texts."""
    return [patch(text, before, after, KYAML, 2) for text, before, after in pairs]


def main() -> None:
    """Print the figures."""
    text = package(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
    [document] = read_documents(text, KYAML, "items")
    slices = [text[entry.start : entry.end] for entry in document.entries]
    alone = [" " * 2 + piece for piece in slices]
    before = document.data["items"]
    count = len(slices)
    yardstick = seconds(lambda: [lean(piece) for piece in alone], 3)
    print(f"lean, one by one      {yardstick / count * 1e6:6.1f} µs/item")
    again = seconds(lambda: [read_value(piece, KYAML) for piece in alone], 3)
    print(f"read_value            {again / count * 1e6:6.1f} µs/item   {again / yardstick:.2f} x lean")
    for change in (annotated, labelled):
        after = [change(item) for item in before]
        pairs = list(zip(slices, before, after, strict=True))
        taken = seconds(partial(patch_all, pairs), 3)
        print(f"patch, {change.__name__:14} {taken / count * 1e6:6.1f} µs/item   {taken / yardstick:.2f} x lean")


if __name__ == "__main__":
    main()
