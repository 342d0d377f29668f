"""Regular expressions that match a whole string, in time proportional to its length.

kustomize compiles the fields of a patch `target` with Go's regexp package (RE2 syntax) and anchors them at both ends.
Python's ``re`` speaks another dialect and backtracks: a pattern that Go answers at once, such as ``(a+)+b``, may keep
it busy for years on a name that somebody else chose. So patterns are read as RE2 reads them (`krm_fn.krm.re2syntax`),
and run as a set of states that advances one character at a time (https://swtch.com/~rsc/regexp/regexp1.html).
"""

from __future__ import annotations

from krm_fn.memory import cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from krm_fn.krm.re2syntax import Node

    State = frozenset[int]

MAX_LENGTH = 1000
MAX_STEPS = 4000
MAX_REMEMBERED = 5000

_OPERATORS = frozenset("\\.+*?()|[]{}^$")


class PatternError(ValueError):
    """A pattern that cannot be used; the text says why and where."""


@cache
def whole_match(pattern: str) -> Callable[[str], bool]:
    """Return a test that is true for the strings which the pattern matches from end to end.

    A pattern without operators (apart from ``\\.``) becomes a plain comparison. Raises PatternError.
    """
    if not _OPERATORS.isdisjoint(pattern.replace("\\.", "")):
        return _Machine(pattern).matches
    literal = pattern.replace("\\.", ".")
    if len(pattern) > MAX_LENGTH:
        raise PatternError(f"is longer than {MAX_LENGTH} characters")
    return lambda text: text == literal


def _in_set(node: Node, char: str) -> bool:
    _, ranges, negated, fold = node
    chars = {char, char.lower(), char.upper()} if fold else (char,)
    return any(low <= c <= high for c in chars for low, high in ranges) is not negated


class _Machine:
    """A pattern as numbered steps, run as the set of steps that may come next; sets met before are remembered."""

    def __init__(self, pattern: str) -> None:
        from krm_fn.krm.re2syntax import parse  # most patterns are plain names, which need no parser

        self.steps: list[Node] = []
        self._write(parse(pattern))
        self._add(("match",))
        self._start = self._reach([0], at_start=True)
        self._moves: dict[tuple[State, str], State] = {}

    def matches(self, text: str) -> bool:
        """Return whether the pattern matches the whole text."""
        if not text:
            return self._accepts([0], at_start=True)
        state, moves = self._start, self._moves
        for char in text:
            following = moves.get((state, char))
            if following is None:
                following = self._move(state, char)
            if not following:
                return False
            state = following
        return self._accepts(state)

    def _add(self, step: Node) -> int:
        if len(self.steps) >= MAX_STEPS:
            raise PatternError("is too large when its repetitions are written out")
        self.steps.append(step)
        return len(self.steps) - 1

    def _write(self, node: Node) -> None:
        kind = node[0]
        if kind == "cat":
            for part in node[1]:
                self._write(part)
        elif kind == "alt":
            self._write_alternatives(node[1])
        elif kind == "repeat":
            self._write_repeat(node[1], node[2], node[3])
        else:
            self._add(node)

    def _write_alternatives(self, branches: list[Node]) -> None:
        fork = self._add(("fork", []))
        ends = []
        for branch in branches:
            self.steps[fork][1].append(len(self.steps))
            self._write(branch)
            ends.append(self._add(("fork", [])))
        for end in ends:
            self.steps[end][1].append(len(self.steps))

    def _write_repeat(self, node: Node, least: int, most: int | None) -> None:
        for _ in range(least):
            self._write(node)
        if most is None:
            fork = self._add(("fork", [len(self.steps) + 1]))
            self._write(node)
            self._add(("fork", [fork]))
            self.steps[fork][1].append(len(self.steps))
            return
        forks = []
        for _ in range(most - least):
            forks.append(self._add(("fork", [len(self.steps) + 1])))
            self._write(node)
        for fork in forks:
            self.steps[fork][1].append(len(self.steps))

    def _reach(self, begin: Iterable[int], *, at_start: bool = False, at_end: bool = False) -> State:
        """Return the steps reached from these without reading a character."""
        seen: set[int] = set()
        waiting = list(begin)
        while waiting:
            number = waiting.pop()
            if number in seen:
                continue
            seen.add(number)
            step = self.steps[number]
            if step[0] == "fork":
                waiting += step[1]
            elif (step[0] == "start" and at_start) or (step[0] == "end" and at_end):
                waiting.append(number + 1)
        return frozenset(seen)

    def _move(self, state: State, char: str) -> State:
        steps = self.steps
        following = self._reach([n + 1 for n in state if steps[n][0] == "set" and _in_set(steps[n], char)])
        if len(self._moves) >= MAX_REMEMBERED:
            self._moves.clear()
        self._moves[state, char] = following
        return following

    def _accepts(self, state: Iterable[int], *, at_start: bool = False) -> bool:
        return len(self.steps) - 1 in self._reach(state, at_start=at_start, at_end=True)
