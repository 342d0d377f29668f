"""How many examples each law gets: few by default; HYPOTHESIS_PROFILE=long for runs by hand, which take a while."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

FACTOR = 50 if os.environ.get("HYPOTHESIS_PROFILE") == "long" else 1


def examples(number: int) -> settings:
    """Settings for a law that is held against so many examples, or many times as many in the long profile."""
    checks = [HealthCheck.too_slow, HealthCheck.filter_too_much]
    return settings(deadline=None, max_examples=number * FACTOR, suppress_health_check=checks)
