"""A rate limit by key: attempts that are allowed again over time."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable

_KEPT = 100_000
"""Keys kept; the one unused for longest is dropped first."""


class RateLimit:
    """`burst` attempts per key at once, and one more every `seconds` from then on.

    Counted per process: a caller that spreads its calls over n processes has n times as many. See
    `RateMeter` for the rates of callers, which hold over all processes.
    """

    def __init__(self, burst: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.burst = burst
        self._seconds = seconds
        self._tolerance = (burst - 1) * seconds
        self._clock = clock
        self._due: OrderedDict[Hashable, float] = OrderedDict()
        """The time at which all attempts of a key would be allowed again (GCRA)."""

    def wait(self, key: Hashable) -> float:
        """The seconds until one more attempt is allowed, 0 = now; none is spent."""
        return max(0.0, self._due.get(key, 0.0) - self._clock() - self._tolerance)

    def spend(self, key: Hashable) -> float:
        """The seconds until one more attempt is allowed; 0 = now, and it is spent."""
        now = self._clock()
        due = max(self._due.pop(key, now), now)
        wait = max(0.0, due - now - self._tolerance)
        self._due[key] = due if wait else due + self._seconds
        if len(self._due) > _KEPT:
            self._due.popitem(last=False)
        return wait
