"""Waiting a moment for concurrent calls, so that they share one transaction or statement."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

_QUIET_ITERATIONS = 10
"""Iterations of the event loop without an arrival after which lingering ends: 0.1 ms of an idle loop."""

_QUIET_ITERATIONS_BELOW_EXPECTED = 40
"""The same while fewer callers wait than are expected."""

_LONGEST_SECONDS = 0.005

_SHORTEST_DELAY_SECONDS = 0.001


async def linger(callers: Callable[[], int], expected: int, size: Callable[[], int], limit: int) -> None:
    """Yield to the event loop until arrivals cease, `size` reaches `limit`, or 5 ms have passed.

    `callers` counts those that wait. While they are fewer than `expected`, a longer silence is awaited.
    `size` and `limit` are in the unit of the queue. Returns after one iteration when nobody waits.

    A call needs several iterations of the event loop to arrive. A transaction begun at once would find
    only the few calls that arrived during the one before. This is PostgreSQL's commit_delay, with hardly
    any delay for a lone caller.
    """
    await asyncio.sleep(0)
    ends = time.monotonic() + _LONGEST_SECONDS
    quiet = 0
    while (before := callers()) > 0 and size() < limit and time.monotonic() < ends:
        if quiet >= (_QUIET_ITERATIONS if before >= expected else _QUIET_ITERATIONS_BELOW_EXPECTED):
            return
        await asyncio.sleep(0)
        quiet = quiet + 1 if callers() == before else 0


@dataclass(frozen=True, slots=True)
class CommitDelay:
    """The time for which a batch waits for more callers, while many call at the same time.

    It grows with the callers that are expected: about as long as the process needs to serve so many. The
    wait ends when all of them have arrived, or `enough`: in a larger batch each item costs hardly less, and
    callers would wait for one another. This is PostgreSQL's commit_delay with its commit_siblings, for a
    queue whose items cost little each, but much for each transaction.
    """

    seconds_each: float
    longest_seconds: float
    enough: int

    def seconds(self, expected: int) -> float:
        """The delay while so many callers are expected; 0 where it would be less than a millisecond.

        The timers of the event loop have that resolution.
        """
        seconds = min(expected * self.seconds_each, self.longest_seconds)
        return seconds if seconds >= _SHORTEST_DELAY_SECONDS else 0.0

    def callers(self, expected: int) -> int:
        """The callers that are waited for, of those expected."""
        return min(expected, self.enough)
