"""The pace of the feed: the pause after each round of messages, so that writers keep their rate.

A message to a subscriber costs as much as a third of a single write. Mutations sent one by one to a
hundred subscribers would occupy a busy process; sent together, a little later, they take a small share.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import thread_time


@dataclass(frozen=True, slots=True)
class PaceLimits:
    """The share of the event loop's thread that the feed may use."""

    busy: float = 0.9
    """The share of the thread's time for all work together; the feed gets the part that others leave."""
    least_share: float = 0.1
    """The share that the feed has in any case."""
    longest_seconds: float = 0.25
    """The longest pause."""
    few: int = 20
    """Up to this number of subscribers, the longest pause is `few_seconds`."""
    few_seconds: float = 0.003
    seconds_per_round: float = 400e-6
    """The cost of a round beside its messages."""
    seconds_per_message: float = 40e-6
    """The least cost of a message; a greater one is measured."""


_MEASURE_SECONDS = 0.1
"""The interval over which the time of others is measured."""

_WEIGHT = 0.1
"""The weight of one measurement of a message, which includes other work too."""


class Pace:
    """Measures the cost of a message and the time that others take; for the thread of the event loop only."""

    def __init__(self, limits: PaceLimits) -> None:
        self._limits = limits
        self._seconds_per_message = limits.seconds_per_message
        self._measured_at, self._used = 0.0, thread_time()
        self._own = 0.0
        """Seconds that the feed has used since the last measurement."""
        self._others = 0.0

    def measured(self, seconds: float, messages: int) -> None:
        """Adapt to messages that took the process these seconds, work of others between them included."""
        change = (seconds / messages - self._seconds_per_message) * _WEIGHT
        self._seconds_per_message = max(self._limits.seconds_per_message, self._seconds_per_message + change)

    def pause(self, began: float, messages: int) -> float:
        """Seconds from the begin of a round that sent these messages to the begin of the next one."""
        if not messages:
            return 0.0
        limits = self._limits
        cost = limits.seconds_per_round + messages * self._seconds_per_message
        self._own += cost
        self._measure_others(began)
        pause = cost / max(limits.least_share, limits.busy - self._others)
        return min(pause, limits.few_seconds if messages <= limits.few else limits.longest_seconds)

    def _measure_others(self, now: float) -> None:
        since = now - self._measured_at
        if since < _MEASURE_SECONDS:
            return
        used = thread_time()
        self._others = (used - self._used - self._own) / since
        self._measured_at, self._used, self._own = now, used, 0.0
