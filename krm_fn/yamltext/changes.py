"""What differs between two trees of plain data, as a tree of changes for the surgeon.

`changes` compares strictly: True is not 1, and 1 is not 1.0. The order of keys does not count.
"""

from __future__ import annotations

from marshal import dumps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DEEPEST = 50
"""A difference deeper than this replaces the collection at this level: nobody edits there, and recursion stays low."""

_LONG_LIST = 200


class Unspliceable(Exception):
    """The change cannot be spliced into this text; the message says why."""


class Replace:
    """The node becomes `value`, whatever it was."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


class Remove(Replace):
    """The entry of a mapping goes."""

    __slots__ = ()


class EditMapping(Replace):
    """The mapping becomes `value`: some of its keys change or go (`edits`), others are `added` at its end."""

    __slots__ = ("added", "edits")

    def __init__(self, value: dict[Any, Any], edits: dict[Any, Replace], added: dict[Any, Any]) -> None:
        super().__init__(value)
        self.edits = edits
        self.added = added


class EditSequence(Replace):
    """The list becomes `value`.

    `edits` holds the changes of old items by index, `removed` the indices of those that go, and `inserted` the new
    items by the index of the old item after which they come (-1: at the front).
    """

    __slots__ = ("edits", "inserted", "removed")

    def __init__(
        self, value: list[Any], edits: dict[int, Replace], removed: set[int], inserted: dict[int, list[Any]]
    ) -> None:
        super().__init__(value)
        self.edits = edits
        self.removed = removed
        self.inserted = inserted


def same(first: Any, second: Any) -> bool:
    """Whether two trees of plain data are equal, types included; NaN equals NaN."""
    if first is second or _identical(first, second):
        return True
    pairs = [(first, second)]
    while pairs:
        a, b = pairs.pop()
        if a is b:
            continue
        kind = type(a)
        if kind is not type(b):
            return False
        if kind is dict:
            if len(a) != len(b):
                return False
            odd_keys = False
            for key, value in a.items():
                if key not in b:
                    return False
                odd_keys = odd_keys or type(key) is not str
                other = b[key]
                if value is other:
                    continue
                # A string equal to another is a string; everything else is looked at closely.
                if type(value) is not str or value != other:
                    pairs.append((value, other))
            if odd_keys and not _same_key_types(a, b):
                return False
        elif kind is list:
            if len(a) != len(b):
                return False
            pairs.extend(zip(a, b, strict=True))
        elif a != b and (a == a or b == b):
            return False
    return True


def _identical(first: Any, second: Any) -> bool:
    """Whether two trees are the same down to the order of keys: a fast yes, while a no says little.

    In this format marshal writes types, but neither identities nor which strings are interned.
    """
    try:
        return dumps(first, 2) == dumps(second, 2)
    except ValueError:  # nested too deep for it
        return False


def _same_key_types(a: dict[Any, Any], b: dict[Any, Any]) -> bool:
    """Whether equal keys have equal types: 1 and True are one key to Python."""
    return {(type(key), key) for key in a} == {(type(key), key) for key in b}


def changes(before: Any, after: Any, depth: int = 0) -> Replace | None:
    """The change that turns `before` into `after`; None where they are the same."""
    if before is after:
        return None
    kind = type(before)
    if kind is type(after) and before and after and depth < DEEPEST and (kind is dict or kind is list):
        if kind is dict:
            return _mapping_changes(before, after, depth)
        return _sequence_changes(before, after, depth)
    return None if same(before, after) else Replace(after)


def differ(before: Any, after: Any) -> bool:
    """Whether two trees are not the same; fast where they share what is alike, as a tree and its edited copy do."""
    return changes(before, after) is not None


def _mapping_changes(before: dict[Any, Any], after: dict[Any, Any], depth: int) -> Replace | None:
    if set(map(type, before)) != {str}:
        types = {key: type(key) for key in before}
        if any(types.get(key, type(key)) is not type(key) for key in after):
            return Replace(after)
    edits: dict[Any, Replace] = {}
    for key, old in before.items():
        if key not in after:
            edits[key] = Remove(None)
            continue
        new = after[key]
        if new is not old:
            change = changes(old, new, depth + 1)
            if change is not None:
                edits[key] = change
    gone = sum(type(edit) is Remove for edit in edits.values())
    added = {}
    if len(after) > len(before) - gone:
        added = {key: value for key, value in after.items() if key not in before}
    if len(added) == len(after):
        return Replace(after)
    return EditMapping(after, edits, added) if edits or added else None


def _sequence_changes(before: list[Any], after: list[Any], depth: int) -> Replace | None:
    edits: dict[int, Replace] = {}
    removed: set[int] = set()
    inserted: dict[int, list[Any]] = {}
    anchor = -1  # the last old item that stays
    for old_run, new_run in _alignment(before, after):
        for position, index in enumerate(old_run):
            if position >= len(new_run):
                removed.add(index)
                continue
            change = changes(before[index], after[new_run[position]], depth + 1)
            if change is not None:
                edits[index] = change
            anchor = index
        if len(new_run) > len(old_run):
            inserted.setdefault(anchor, []).extend(after[index] for index in new_run[len(old_run) :])
    if len(removed) == len(before):
        return Replace(after)
    return EditSequence(after, edits, removed, inserted) if edits or removed or inserted else None


def _alignment(before: list[Any], after: list[Any]) -> list[tuple[range, range]]:
    """Runs of old and new items that stand for each other, in order.

    Equal items at both ends are left out of the search; between them, items are matched that are equal or maps of the
    same name, as containers, ports and variables are.
    """
    shortest = min(len(before), len(after))
    head = 0
    while head < shortest and same(before[head], after[head]):
        head += 1
    tail = 0
    while tail < shortest - head and same(before[-1 - tail], after[-1 - tail]):
        tail += 1
    runs = [(range(head), range(head))]
    old, new = head, head
    old_end, new_end = len(before) - tail, len(after) - tail
    if old_end - old <= _LONG_LIST and new_end - new <= _LONG_LIST:
        for candidate in range(new, new_end):
            match = next((i for i in range(old, old_end) if _akin(before[i], after[candidate])), None)
            if match is not None:
                runs.append((range(old, match), range(new, candidate)))
                runs.append((range(match, match + 1), range(candidate, candidate + 1)))
                old, new = match + 1, candidate + 1
    runs.append((range(old, old_end), range(new, new_end)))
    runs.append((range(old_end, len(before)), range(new_end, len(after))))
    return runs


def _akin(old: Any, new: Any) -> bool:
    if type(old) is dict and type(new) is dict and type(old.get("name")) is str:
        return bool(old["name"] == new.get("name"))
    return same(old, new)
