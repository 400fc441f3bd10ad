"""Waiting for calls that are on their way in, so that many share what costs the same for one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

_QUIET_TURNS = 10
"""Turns of the event loop in which nobody came, after which nobody is on the way: 0.1 ms of an idle one."""

_LONGEST_SECONDS = 0.005


async def linger(waiting: Callable[[], int], enough: int) -> None:
    """While anybody waits, give up the event loop until nobody comes any more, or enough wait.

    A call needs several turns of the event loop to come in, and a transaction takes them from it: begun at
    once, each would find only the few that came during the one before, and the more callers there are, the
    more would be spent on transactions. It is what commit_delay is to PostgreSQL, but for a lone caller it
    is hardly a delay, and for nobody more than some milliseconds.
    """
    await asyncio.sleep(0)
    ends = time.monotonic() + _LONGEST_SECONDS
    quiet = 0
    while quiet < _QUIET_TURNS and 0 < (before := waiting()) < enough and time.monotonic() < ends:
        await asyncio.sleep(0)
        quiet = quiet + 1 if waiting() == before else 0
