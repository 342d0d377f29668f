"""Remembering what a function gave: ``functools.cache`` without ``functools``.

That module brings `collections` and more, which a run needs for nothing else: a tenth of its time on a small package.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from functools import cache

    __all__ = ["cache"]
else:

    def cache(function):
        """Call the function once for each tuple of arguments; all are positional and hashable."""
        known = {}

        def remembered(*arguments):
            try:
                return known[arguments]
            except KeyError:
                value = known[arguments] = function(*arguments)
                return value

        remembered.__name__ = function.__name__
        remembered.__doc__ = function.__doc__
        remembered.__wrapped__ = function
        remembered.cache_clear = known.clear
        return remembered
