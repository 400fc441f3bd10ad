"""A rate limit: a budget of attempts that is refilled over time."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable

_KEPT = 100_000
"""Keys kept; the one unused for longest is dropped first."""


class RateLimit:
    """`burst` attempts per key at once, and one more every `seconds` from then on.

    Counted per process: a caller that spreads its calls over n workers has n budgets.
    """

    def __init__(self, burst: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._burst = burst
        self._seconds = seconds
        self._clock = clock
        self._spent: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()
        """Attempts spent, and the time of that count; the refill since then is computed when needed."""

    def left(self, key: Hashable) -> bool:
        """Whether one more attempt is allowed; none is spent."""
        return self._spent_by(key, self._clock()) + 1 <= self._burst

    def spend(self, key: Hashable) -> bool:
        """Whether one more attempt is allowed; if so it is spent."""
        now = self._clock()
        spent = self._spent_by(key, now)
        allowed = spent + 1 <= self._burst
        self._spent.pop(key, None)
        self._spent[key] = (spent + 1 if allowed else spent, now)
        if len(self._spent) > _KEPT:
            self._spent.popitem(last=False)
        return allowed

    def _spent_by(self, key: Hashable, now: float) -> float:
        spent, since = self._spent.get(key, (0.0, now))
        return max(0.0, spent - (now - since) / self._seconds)
