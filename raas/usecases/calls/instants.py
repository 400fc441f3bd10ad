"""Instants of callers whose clock is ahead of the server's."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from raas.domain.errors import Reason, refuse

TOLERATED_SKEW = timedelta(seconds=1)
"""The most by which an instant may be ahead of the clock; the call waits for the clock to reach it."""


async def await_instant(instant: datetime, clock: datetime) -> bool:
    """Wait until a clock that shows `clock` now has reached the instant; returns whether it waited.

    Raises Refused VALUE_INVALID (FUTURE_INSTANT) at `at_time`, with the time of the server, for an instant
    beyond TOLERATED_SKEW.
    """
    ahead = instant - clock
    if ahead > TOLERATED_SKEW:
        server_time = clock.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        raise refuse(Reason.VALUE_INVALID, "at_time", "FUTURE_INSTANT", server_time=server_time)
    if ahead <= timedelta(0):
        return False
    await asyncio.sleep(ahead.total_seconds())
    return True
