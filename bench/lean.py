"""The leanest pass that composes a YAML text to plain data from libyaml's events: the yardstick for the reader.

It types nothing, knows no positions, anchors, merges or limits: every scalar is its text. Run ``python bench/lean.py``
for the seconds that it, the bare event stream and the two readers take on 10,000 resources: the one on top of libyaml,
and the one that reads plain items by itself and leaves only the others to it.
"""

from __future__ import annotations

import gc
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from yaml._yaml import CParser

sys.path.insert(0, str(Path(__file__).parent))

from packages import package

from krm_fn.yamltext.piecewise import read_list
from krm_fn.yamltext.read import read_documents
from krm_fn.yamltext.scalars import KYAML

if TYPE_CHECKING:
    from collections.abc import Callable


def events(text: str) -> int:
    """Run through libyaml's events and do nothing with them; gives their number."""
    next_event = CParser(text).get_event
    count = 0
    while next_event() is not None:
        count += 1
    return count


def lean(text: str) -> Any:
    """Compose the one document of `text` to dicts, lists and strings."""
    next_event = CParser(text).get_event
    scalar, mapping, sequence = yaml.ScalarEvent, yaml.MappingStartEvent, yaml.SequenceStartEvent
    next_event()
    next_event()
    root = next_event()
    if type(root) is scalar:
        return root.value
    stack: list[Any] = []
    here: Any = {} if type(root) is mapping else []
    while True:
        if type(here) is dict:
            while True:
                event = next_event()
                if type(event) is not scalar:
                    break
                key = event.value
                event = next_event()
                if type(event) is scalar:
                    here[key] = event.value
                    continue
                new: Any = {} if type(event) is mapping else []
                here[key] = new
                break
        else:
            append = here.append
            while True:
                event = next_event()
                if type(event) is scalar:
                    append(event.value)
                    continue
                if type(event) is mapping or type(event) is sequence:
                    new = {} if type(event) is mapping else []
                    append(new)
                break
        if type(event) is mapping or type(event) is sequence:
            stack.append(here)
            here = new
        elif stack:
            here = stack.pop()
        else:
            return here


def seconds(work: Callable[[], object], rounds: int = 5) -> float:
    """The fastest of some rounds, with garbage collection off, in processor time of this process."""
    best = float("inf")
    for _ in range(rounds):
        gc.collect()
        gc.disable()
        start = time.process_time()
        result = work()
        best = min(best, time.process_time() - start)
        gc.enable()
        del result
    return best


def main() -> None:
    """Print the figures."""
    text = package(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
    print(f"text           {len(text) / 1e6:6.2f} MB")
    bare = seconds(lambda: events(text))
    print(f"bare events    {bare:6.3f} s")
    yardstick = seconds(lambda: lean(text))
    print(f"lean           {yardstick:6.3f} s")
    read = seconds(lambda: read_documents(text, KYAML, "items"))
    print(f"read_documents {read:6.3f} s   {read / yardstick:.2f} x lean")
    parts = seconds(lambda: read_list(text, KYAML, "items"))
    print(f"read_list      {parts:6.3f} s   {parts / yardstick:.2f} x lean")


if __name__ == "__main__":
    main()
