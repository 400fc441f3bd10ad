"""The pace of the stream: how long it pauses after a round, so that those who write keep their rate.

A message to a reader costs as much as a third of a single write. Sent one by one to a hundred readers,
mutations would take a busy process for themselves; sent together, a little later, they take a small part.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import thread_time


@dataclass(frozen=True, slots=True)
class PaceLimits:
    """What the stream may take of the event loop's thread."""

    busy: float = 0.9
    """The part of its time that is used without harm to anybody: the stream has what others leave of it."""
    least_share: float = 0.1
    """What the stream has in any case."""
    longest_seconds: float = 0.25
    """No pause is longer, whatever it takes."""
    few: int = 20
    """So many readers, or fewer, wait no longer than `few_seconds`."""
    few_seconds: float = 0.003
    seconds_per_round: float = 400e-6
    """What a round takes besides its messages."""
    seconds_per_message: float = 40e-6
    """What a message takes at least; where it takes more, that is measured."""


_LOOK_SECONDS = 0.1
"""Over so long is measured what others take."""

_LEARNING = 0.1
"""The weight of one measurement of a message, in which there is other work too."""


class Pace:
    """Learns what a message costs and what others take; to be used in the thread of the event loop."""

    def __init__(self, limits: PaceLimits) -> None:
        self._limits = limits
        self._seconds_per_message = limits.seconds_per_message
        self._looked_at, self._used = 0.0, thread_time()
        self._own = 0.0
        """What the stream has taken since it looked."""
        self._others = 0.0

    def took(self, seconds: float, messages: int) -> None:
        """Learn that so many messages, and what ran between them, took the process so long."""
        learned = (seconds / messages - self._seconds_per_message) * _LEARNING
        self._seconds_per_message = max(self._limits.seconds_per_message, self._seconds_per_message + learned)

    def pause(self, began: float, messages: int) -> float:
        """The seconds from the begin of a round that sent so many messages to that of the next one."""
        if not messages:
            return 0.0
        limits = self._limits
        cost = limits.seconds_per_round + messages * self._seconds_per_message
        self._own += cost
        self._look(began)
        pause = cost / max(limits.least_share, limits.busy - self._others)
        return min(pause, limits.few_seconds if messages <= limits.few else limits.longest_seconds)

    def _look(self, now: float) -> None:
        since = now - self._looked_at
        if since < _LOOK_SECONDS:
            return
        used = thread_time()
        self._others = (used - self._used - self._own) / since
        self._looked_at, self._used, self._own = now, used, 0.0
